"""What is only told by the words before it: a date of birth, a number that is somebody's, in nine languages.

Without such words a date or a row of digits is an order, a price or a delivery, and stays.
"""

# ruff: noqa: E501 - a pattern or a sentence broken in two is harder to read
from __future__ import annotations

import re
from collections.abc import Iterator

from core.privacy.checksums import digits_of
from core.privacy.kinds import BIRTH, ID_NUMBER, PHONE

_MONTHS = (
    "jan(?:uary|uar|vier|eiro|uari)?|feb(?:ruary|ruar|braio|rero|ruari)?|f[ée]v(?:rier|ereiro)?|mar(?:ch|s|zo|ço)?|märz|"
    "maart|mrt|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|ma[iy]|mayo|maio|maggio|mei|mag|june?|juni|juin|junio|junho|giugno|"
    "giu|july?|juli|juillet|juil|julio|julho|luglio|lug|aug(?:ust|ustus)?|août|ago(?:sto)?|sept?(?:ember|embre|iembre)?|"
    "set(?:tembre|embro)?|o[ck]t(?:ober|obre|ubre)?|octobre|ott(?:obre)?|out(?:ubro)?|nov(?:ember|embre|iembre|embro)?|"
    "de[cz](?:ember|embre|iembre|embro)?|dic(?:embre|iembre)?|déc(?:embre)?"
)
_DATE = re.compile(
    r"(?<![\d.,/-])(?:(?:18|19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}|\d{1,2} ?[./-] ?\d{1,2} ?[./-] ?(?:(?:18|19|20)\d\d|\d\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|º|ª|°|\.|ste|e)? ?(?:(?:of|de|di|van) )?(?:{_MONTHS})\b\.?,? ?(?:(?:de|del|of|van) )?(?:18|19|20)\d\d"
    rf"|(?:{_MONTHS})\b\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:18|19|20)\d\d"
    r"|(?:(?:18|19|20)\d\d|(?:昭和|平成|令和|大正) ?(?:\d{1,2}|元)) ?年 ?\d{1,2} ?月(?: ?\d{1,2} ?[日号])?)(?!\d|[./-]\d)",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"(?:\bborn\b|\bbirth|\bd\.?o\.?b\b|\bgeb(?:oren|urts\w{0,8})?\b|\bnée?\b|\bnaissance\b|\banniversaire\b|\bnac[íi]\b"
    r"|\bnació\b|\bnacid[oa]\b|\bnacimiento\b|\bcumpleaños\b|\bnat[oa]\b|\bnascita\b|\bcompleanno\b|\bnasc(?:i|eu|id[oa]|imento)\b"
    r"|\baniversário\b|\bgeboorte\w{0,6}\b|\bverjaardag\b|\bjarig\b|出生|生日|生于|生於|生年月日|生まれ|誕生日)[^\d\n]{0,30}\n?[^\d\n]{0,4}\Z",
    re.IGNORECASE,
)
_BORN_AFTER = re.compile(
    r"[ ,]{0,2}(?:に|の)?(?:geboren\b|born\b|geboren\b|出生|生まれ|生れ|nac[íi]\b|nasci\b)", re.IGNORECASE
)
_BEFORE, _AFTER = 60, 14

_GAP = r"[^\d\n+(]{0,24}"
_ID_WORDS = re.compile(
    r"(?:\bSSN|\bsocial security(?: n\w{0,6})?|\bnational insurance(?: n\w{0,6})?|\bNHS(?: n\w{0,6})?|\bpassport(?: n\w{0,6})?"
    r"|\bdriv\w{1,4} licen[cs]e(?: n\w{0,6})?|\btax(?:payer)? id\w{0,8}|\bsteuer-?(?:id\w{0,20}|nummer)|\bpersonalausweis\w{0,8}"
    r"|\breisepass\w{0,8}|\bsozialversicherungs\w{0,8}|\bidentifikationsnummer|\bausweisnummer|\bsécurité sociale|\bpasseport"
    r"|\bcarte d'identité|\bNIR\b|\bnuméro fiscal|\bDNI\b|\bNIE\b|\bNIF\b|\bpasaporte|\bseguridad social|\bcodice fiscale|\bC\.F\."
    r"|\bpassaporto|\bcarta d'identità|\bCPF\b|\bcontribuinte|\bpassaporte|\bcartão de cidadão|\bsegurança social|\bBSN\b"
    r"|\bburgerservicenummer|\bpaspoort\w{0,6}|\brijbewijs\w{0,6}|身份证|护照|證件|证件|社保号|マイナンバー|個人番号|旅券番号|免許証|パスポート番号)"
    rf"{_GAP}((?:[A-Z]{{1,4}}[ -]?)?\d[A-Z0-9]{{0,20}}(?:[ .-][A-Z0-9]{{1,10}}){{0,8}})",
    re.IGNORECASE,
)
_PHONE_WORDS = re.compile(
    r"(?:\b(?:tele)?phone(?: number)?\b|\btel\b\.?|\bmobile(?: number)?\b|\bcell(?: ?phone)?\b|\bfax\b"
    r"|\bmy (?:new )?(?:number|digits)\b|\bcall me\b|\b(?:text|ring|reach) me\b|\bwhatsapp\b|\btelefon\w{0,8}\b|\bhandy\w{0,8}\b|\bmobil\w{0,8}\b"
    r"|\bmeine (?:neue )?(?:nummer|rufnummer)\b|\brufnummer\b|\bruf\w{0,2} mich\b|\btéléphone\b|\btél\b\.?|\bportable\b|\bmon (?:nouveau )?numéro\b"
    r"|\bappelez\b|\bteléfono\b|\bmóvil\b|\bcelular\b|\bmi (?:nuevo )?número\b|\bll[aá]me\w{0,5}\b|\btelefono\b|\bcellulare\b"
    r"|\bmio (?:nuovo )?numero\b|\bchiam\w{1,6}\b|\btelefone\b|\btelem[óo]vel\b|\bmeu (?:novo )?número\b|\blig(?:ue|uem|a|ar)\b"
    r"|\btelefoon\w{0,8}\b|\bmobiel\w{0,8}\b|\bmijn (?:nieuwe )?nummer\b|\bbel(?:t|len)?\b|电话|電話|手机|手機|联系方式|我的号码|打给我|携帯|番号は|私の番号|ＴＥＬ)"
    r"[^\d\n+(]{0,30}(\+?\(?\d{1,5}\)?(?:[ ./()-]{0,3}\d{1,12}){1,6}(?: ?(?:x|ext\.?|#) ?\d{1,6})?)(?!\d)",
    re.IGNORECASE,
)
_NOT_A_PHONE = re.compile(
    r"order|bestell|commande|pedido|ordine|encomenda|invoice|rechnung|facture|訂|订单|注文|受付|请求|請求|[%€$£]|\b(?:uhr|h|am|pm)\b",
    re.I,
)
_DATE_ALONE = re.compile(r"(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})\Z")


def announced(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the kind, start and end of each number or date that the words around it tell of."""
    for match in _ID_WORDS.finditer(text):
        if 6 <= len(digits_of(match[1])) <= 16 or (len(match[1]) >= 8 and len(digits_of(match[1])) >= 5):
            yield ID_NUMBER, *_trimmed(text, *match.span(1))
    for match in _DATE.finditer(text):
        start, end = match.span()
        if _BORN.search(text[max(0, start - _BEFORE) : start]) or _BORN_AFTER.match(text[end : end + _AFTER]):
            yield BIRTH, start, end
    for match in _PHONE_WORDS.finditer(text):
        number = match[1]
        between = text[max(0, match.start() - 14) : match.start(1)]
        if 7 <= len(digits_of(number)) <= 21 and not _NOT_A_PHONE.search(between) and not _DATE_ALONE.match(number):
            yield PHONE, *match.span(1)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Let go of a word after the number: only parts with a digit, or of one letter, belong to it."""
    kept = end
    for part in reversed(list(re.finditer(r"[A-Za-z0-9]+", text[start:end]))):
        if any(one.isdigit() for one in part[0]) or len(part[0]) == 1:
            break
        kept = start + part.start()
    return start, len(text[start:kept].rstrip(" .-")) + start
