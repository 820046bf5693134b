# ruff: noqa: E501 - patterns are read one alternative at a time, and breaking them hides where one ends
"""What kind of thing a question asks for, and whether a text holds such a thing: money, time, a person, an amount.

A sentence about the right subject answers "how much" only if it names a sum.
"""

from __future__ import annotations

import re

_ASKED = {
    "contact": r"\b(?:phone|telephone|mobile|fax)\s+(?:number|line)\b(?!.*\bopen)|\b(?:e-?mail|postal|home) address of\b"
    r"|\b(?:telefon|handy|mobil)nummer\b|(?:电话|手机)号?码?(?:是多少|是什么)|手机号",
    "money": r"\bhow much (?!time|long|storage|space|coffee|caffeine|weight|discount|power|of|does .* weigh)|\bhow expensive\b"
    r"|\bwhat(?:'s| is| are| does| do| would)? .*\b(?:price|cost|costs|fee|fees|charge|deposit)\b|\bwhat .* cost\b"
    r"|\bfrom what amount\b|\bwas kostet\b|\bkosten\b.*\?|\bwie teuer\b|\bwelche gebühr|\bab welchem betrag\b"
    r"|\bcombien co[uû]te|\bcuánto cuesta|\bquanto costa|\bhoeveel kost|多少钱|什么价|价格|运费|多少费|要花多少|几块|满多少",
    "time": r"\bhow (?:long|soon|fast|quickly|often)\b|\bhow many (?:minutes|hours|days|weeks|months|years)\b|\bwhen (?:do|does|did|is|are|can|could|will|would|may|should|must)\b|^when\b"
    r"|\bwhat time\b|\bwhich days?\b|\bhow late\b|\bwie (?:lange|schnell|oft)\b|\b(?:bis|ab|seit)?\s?wann\b"
    r"|\ban welche[mn] tag|\bum wie viel uhr\b|\bquand\b|\bcombien de temps\b|\bcuándo\b|\bcuánto tiempo\b"
    r"|\bquanto tempo\b|\bquando\b|\bhoe lang\b|\bwanneer\b|多久|多长时间|什么时候|几点|几天|何时|哪天|几个月|几年",
    "person": r"\bwho(?:m|se)?\b(?! do i | should i | pays)|\bwer\b|\bwe[nm]\b|\bqui est\b|\bquién\b|\bchi è\b|\bquem\b|谁|哪位",
    "amount": r"\bhow (?:many|far|big|large|old|heavy|warm|hot|tall|wide)\b|\bhow much\b|\bwie (?:viele?|weit|groß|alt|heiß|schwer)\b"
    r"|\bcombien\b|\bcuántos\b|\bquanti\b|\bquantos\b|\bhoeveel\b|多少|几个|多大|多远|多高|几岁",
}
_MONEY = (
    r"[€$£¥]|\b(?:eur|euros?|dollars?|pounds?|francs?|franken|kron\w+|usd|gbp|percent|prozent)\b|元|块|欧|%|percent"
)
_FREE = (
    r"\b(?:free|no cost|pay nothing|kostenlos|kostenfrei|gratis|gratuit|gratuito|included|enthalten)\b|免费|包邮|免运费"
)
_TIME_UNIT = (
    r"(?:working |business |calendar )?(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|sekunden?|minuten?|stunden?"
    r"|(?:werk)?tage?n?|wochen?|monate?n?|jahre?n?|jours?|semaines?|mois|ans?|d[ií]as?|semanas?|meses|años?|giorni|mesi|anni"
    r"|dagen|weken|maanden|jaar)\b"
)
_NUMBER = (
    r"(?:\d+(?:[.,]\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|half an?|an?|zwei|drei|vier|fünf|sechs|sieben"
    r"|acht|zehn|zwölf|ein\w*|[一二两三四五六七八九十]+)"
)
_DAY = (
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:mon|diens|donners|frei|sams|sonn)tags?\b|\bmittwochs?\b"
    r"|\b(?:january|february|march|april|june|july|august|september|october|november|december|januar|februar|märz|juni|juli"
    r"|oktober|dezember)\b|周[一二三四五六日末]|星期|当天|次日|隔天|随时"
)
_HOLDS = {
    "contact": r"\+?\d[\d\s()-]{6,}|\S+@\S+",
    "money": rf"(?:\d|[一二两三四五六七八九十百千])[\d.,]*\s*(?:{_MONEY})|(?:{_MONEY})\s*\d|{_FREE}|折",
    "time": rf"\b{_NUMBER}[\s-]*(?:more |full )?{_TIME_UNIT}|\d{{1,2}}[:.]\d\d|\d\s?(?:am|pm|a\.m|p\.m|uhr|o'clock)|{_DAY}"
    r"|\b(?:same day|at once|immediately|sofort|at any time|jederzeit|never|daily|täglich)\b"
    r"|[\d一二两三四五六七八九十]+\s*(?:个?工作日|小时|分钟|天|日|周|个?月|年|点)",
    "person": r"(?<![.!?]\s)(?<!^)\b[A-ZÄÖÜ]\w+ (?:[A-ZÄÖÜ]\w+)|\b(?:Dr|Mrs?|Ms|Frau|Herr)\b|老师|教练|店长|经理|先生|女士|师傅|医生|客服",
    "amount": rf"\d|\b{_NUMBER}\b|unlimited|unbegrenzt|[一二两三四五六七八九十]",
}
_ASKED_PATTERNS = {kind: re.compile(pattern, re.I) for kind, pattern in _ASKED.items()}
_HOLDS_PATTERNS = {
    kind: re.compile(pattern, 0 if kind == "person" else re.I) for kind, pattern in _HOLDS.items()
}  # names are told by their capitals


def asked_for(question: str) -> str:
    """Return contact, money, time, person or amount, or empty where the question asks for none of them."""
    return next((kind for kind, pattern in _ASKED_PATTERNS.items() if pattern.search(question)), "")


def holds(text: str, kind: str) -> bool:
    """Tell whether `text` names a thing of that kind; true for an empty kind."""
    return not kind or bool(_HOLDS_PATTERNS[kind].search(text))
