# ruff: noqa: E501 - patterns are read one alternative at a time, and breaking them hides where one ends
"""Whether to answer at all: is the question one for the documents, and does what was found answer it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

# Orders to the program, not questions to the documents, in the languages that the app serves. Each group is one trick.
_TRICKS = (
    # setting rules aside
    r"\b(?:ignore|disregard|forget|override|bypass|skip|drop|delete)\b.{0,40}\b(?:instructions?|rules?|prompts?|guidelines?"
    r"|handbook|manual|documents?|everything|polic(?:y|ies)|previous|training|restrictions?|limits|what (?:you|i) (?:were|was|said))\b",
    r"\b(?:ignorier\w*|vergiss|vergessen sie|missachte\w*|umgeh\w*|übergeh\w*)\b.{0,40}\b(?:anweisung\w*|regeln?|handbuch"
    r"|vorgaben?|alles|dokument\w*|richtlinien?|einschränkung\w*|bisherige\w*)\b",
    r"(?:忽略|无视|忘掉|忘记|不要管|不用管|跳过|绕过|抛开).{0,12}(?:指令|规则|手册|提示|设定|说明|限制|文档|要求|一切|内容)",
    r"\b(?:ignore[zs]?|oublie[zs]?|ignora|olvida|esqueça|dimentica|negeer|vergeet)\b.{0,40}\b(?:instructions?|règles?|"
    r"instrucciones|reglas|istruzioni|regole|instruções|regras|instructies|regels)\b",
    r"\b(?:new|updated|special) (?:instructions?|rules?|orders?)\s*:|^\W*(?:system\s+)?override\b|\bneue (?:anweisung|regel)\w*\s*:|新(?:指令|规则)[:：]",
    r"\bno (?:rules|restrictions|limits|filters?)\b|\bstop (?:being|acting)\b|\bhör auf\b.{0,20}\bzu sein\b|没有(?:任何)?限制",
    # asking for what lies behind
    r"\bsystem[ -]?prompts?\b|\bdeveloper mode\b|\bjailbreak|\bDAN\b(?= and| mode|,|\.|$)|系统提示|提示词|开发者模式|内部指令",
    r"\b(?:reveal|show|print|output|repeat|display|dump|list|expose|leak|disclose|tell me|give me|share|what (?:is|are|do))\b"
    r".{0,30}\b(?:hidden|secret|internal|initial|your(?: own)?)\s(?:\w+\s)?(?:prompts?|instructions?|rules|configuration|config"
    r"|settings|password|api key|guidelines|system message|training data)\b",
    r"\b(?:translate|summari[sz]e|explain|repeat|show|print|reveal|what are)\b.{0,15}\byour (?:rules|prompt|instructions|orders|guidelines)\b"
    r"|\b(?:admin|root|master|database) (?:password|login|access|credentials)\b|\ba secret about\b|\bpasswords?\b.{0,20}\bread\b",
    r"\b(?:geheime[nr]?|versteckte[nr]?|interne[nr]?|deine[nr]?)\s(?:\w+\s)?(?:anweisung\w*|regeln|prompts?|konfiguration"
    r"|vorgaben|einstellungen|passw\w+)\b",
    r"(?:隐藏|内部|秘密|机密|你的|最初).{0,4}(?:规则|指令|设定|配置|密码|提示|系统消息)",
    r"\b(?:list|show|give|send|export)\b.{0,25}\b(?:all|every|other|the)\s(?:\w+\s)?(?:customers?|users?|clients?|patients?|guests?"
    r"|members?)\b.{0,30}\b(?:e-?mails?|address\w*|names|data|numbers|passwords?|details|list)\b",
    # playing another part
    r"\b(?:you are now|you're now|act as|acting as|pretend|role-?play|from now on|imagine (?:that )?you|behave (?:like|as))\b",
    r"\b(?:tu so|tun sie so|du bist (?:jetzt|nun|ab sofort)|stell dir vor|spiel(?:e|en sie)? (?:die rolle|einen?|eine)|ab jetzt bist)\b",
    r"假装|扮演|你现在是|从现在(?:起|开始)|假设你是|角色扮演",
    r"\b(?:as|i am|i'm) (?:the|an?|your) (?:administrator|admin|developer|owner|boss|root|ceo|system)\b.{0,30}\b(?:order|command"
    r"|demand|require|authori[sz]e|instruct|allow|so|and)\b|\bals (?:administrator|admin|entwickler|chef)\b|我是(?:管理员|老板|开发者|店长)",
    # putting words into the mouth
    r"(?:^|[.!?,;:]\s*|\band\s|\bplease\s|\bthen\s)(?:just|simply|only|please)?\s*(?:say|confirm|answer|reply|respond|promise|agree|state"
    r"|admit|approve|acknowledge|write|guarantee|tell me)\b\s*(?:me\s|to me\s|back\s)?(?:simply\s|only\s|just\s|with\s)?"
    r"(?:[\"'“]|yes\b|no\b|ok\b|that\b|i (?:get|will|am)\b|my\b|\w+:)",
    r"\b(?:you (?:must|have to|will|should|need to)|i (?:order|command|want|need) you to) (?:say|answer|agree|confirm|reply|promise|obey|tell me)\b"
    r"|^\W*(?:confirm|approve|grant|authori[sz]e|promise)\b|\b(?:give|grant|send|get) me (?:\w+ ){0,3}(?:free|discount|refund|voucher|coupon)\b.{0,20}(?:now|immediately|anyway|!)"
    r"|\band (?:promise|guarantee|swear)\b|\blet'?s play\b|\bswear at\b|\b(?:act|talk|speak|behave|answer|write) like (?:an?|you|shakespeare)\b",
    r"\b(?:du musst|sie müssen|ich befehle)\b.{0,20}\b(?:sagen|antworten|bestätigen|zustimmen|ja)\b|^\W*(?:bestätig|genehmig|versprich|versprech)\w*\b"
    r"|\blass uns spielen\b|你(?:必须|得|要)(?:回答|说|同意|答应|承认)|承诺给我|给我.{0,6}(?:免费|全额退款)(?!吗)",
    r"\blegally binding\b|\byou (?:agreed|promised|told me|said)\b.{0,40}\b(?:refund|free|discount|pay me|give me)\b"
    r"|\b(?:give|grant|offer|sell) (?:me|us)\b.{0,60}\b(?:or i (?:will|'ll)|for (?:one|1|zero|0) (?:euro|dollar|pound|cent)|right now)\b",
    r"\brepeat after me\b|\bpromise me\b|\bwithout checking\b|\banswer only with\b|\bno matter what\b",
    r"\b(?:sag|sage|sagen sie|bestätig\w*|antworte\w*|schreib\w*|versprich|versprechen sie|gib zu|behaupte)\b\s*(?:mir\s)?"
    r"(?:einfach\s|nur\s|bitte\s|mal\s|mit\s)*(?:ja\b|nein\b|dass\b|zu\b|[\"„])|\bsprich mir nach\b",
    r"直接(?:回答|说|回复|告诉我是)|(?:只|只需|只要|就)(?:回答|说|回复)|^请?(?:确认|保证|承诺|答应|同意)|答应(?:给)?我|跟我(?:重复|念|说)|说[“\"]",
    r"\b(?:dis|dites|confirme[zr]?|di|confirma|diga|bevestig|zeg)\b.{0,12}\b(?:oui|que|sí|sim|ja|dat)\b",
    # another errand
    r"\b(?:write|tell|compose|sing|make up|give|generate|create)\b(?: me| us)? (?:an? |some |the |your )?(?:\w+ ){0,2}(?:poem|joke|story|song"
    r"|essay|code|script|haiku|limerick|rap|python|program|sql)\b",
    r"\b(?:schreib\w*|erzähl\w*|sing\w*|dichte\w*|programmier\w*)\b.{0,25}\b(?:gedicht|witz|geschichte|lied|aufsatz|code|programm)\b",
    r"(?:讲|说|写|编|唱|来).{0,4}(?:笑话|故事|诗|歌|代码|程序|作文)",
    r"\b(?:select|drop|insert|delete)\b.+\b(?:from|table|into)\b|<\s*script|\bsudo\b|\{\{.*\}\}|</?(?:system|instructions?)>|\[/?INST\]",
)
_TRICK = re.compile("|".join(f"(?:{trick})" for trick in _TRICKS), re.I)

# Logistic rules, one a retriever: intercept and weights of `Found.evidence`. Fitted by `tests/benchmarks/fit_support.py`
# on eleven small handbooks; the benchmark reports what such rules reach on a handbook left out of the fit.
RULES: dict[str, dict[str, float]] = {
    "english": {
        "": -10.3428,
        "margin": 6.5694,
        "near_words": 9.3549,
        "passage_similarity": 7.0162,
        "unknown_names": -3.6598,
    },
    "multilingual": {"": -7.3992, "margin": 5.6462, "near_coverage": 4.8059, "similarity": 12.5538},
    "words": {"": -8.6289, "kind": 3.6479, "margin": 5.0265, "near_coverage": 4.1507, "similarity": 4.4709},
}


def is_manipulative(question: str) -> bool:
    """Tell whether a message gives orders to the program (new rules, a role, words to repeat) instead of asking."""
    return bool(_TRICK.search(question))


def answerable_probability(retriever: str, evidence: Mapping[str, float]) -> float:
    """Return how likely the found passages answer the question, by the logistic rule of the retriever."""
    rule = RULES[retriever]
    total = rule[""] + sum(weight * evidence.get(name, 0.0) for name, weight in rule.items() if name)
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
