"""Addresses by their grammar: a street with its number and what follows it, in nine languages. Every run is bounded."""

# ruff: noqa: E501 - a pattern or a sentence broken in two is harder to read
from __future__ import annotations

import re
from collections.abc import Iterator

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĻĽŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŴŶŹŻŽ"
_WORD = rf"[{_UPPER}][^\W\d_]{{0,24}}\.?(?:['’-][^\W\d_]{{1,24}}){{0,4}}"
_SMALL = r"(?:de la|de las|de los|de|del|della|delle|dei|degli|di|da|do|dos|das|du|des|d'|l'|la|le|les|el|los|van den|van der|van de|van|von der|von|der|den|ter|aan den|aan de|en|am|an der|im|in|vorm|ob der|ob|sur|sous|upon|on|of|the|e|y|und|op|bij)"
_WORDS = rf"{_WORD}(?:[ -](?:{_SMALL}[ ]){{0,2}}{_WORD}){{0,4}}"
# The town and its postal code, before or after it, with what may stand between.
_CODE = (
    r"(?:[A-Z]{1,2}-)?(?:\d{5}(?:-\d{3,4})?|\d{4}-\d{3}|\d{4} ?[A-Z]{2}|\d{4}|\d{8}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})"
)
_TOWN = rf"(?:, ?|\n| )(?:{_WORDS}(?:, ?|\n| )){{0,2}}{_CODE}(?:(?:, ?|\n| ){_WORDS}(?: ?\([A-Z]{{2}}\)| ?[/-] ?[A-Z]{{2}}\b)?)?"
_ONLY_TOWN = rf"(?:, ?|\n){_WORDS}(?:, [A-Z]{{2}} \d{{5}}(?:-\d{{4}})?)?"
_UNIT = r"(?:,? ?(?:Apt|Apartment|Suite|Ste|Unit|Flat|Studio|Floor|Fl|Room|Stock|Etage|Wohnung|Whg|Apto|Apartado|Piso|Piano|Interno|Appartamento|Scala|Puerta|Esc|Bloco|Lote|Andar|Bis|bis|ter|hs|bus|#)\.?,? ?#?\d{0,5}[A-Za-zªº]?\b){0,3}"
_NUMBER = r"\d{1,6}(?: ?[A-Za-z]\b)?(?: ?[/-] ?\d{1,5}[A-Za-z]?)?"

# Number first (en, fr).
_EN_KINDS = (
    "Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Close|Crescent|Parkway|Pkwy"
    "|Highway|Hwy|Row|Mews|Hill|Park|Gardens?|Grove|Walk|Circle|Trail|Plaza|Alley|Route|Loop|Path|Run|Green|Heights|Meadows?|Ridge|View|Villages?|Points?"
)
_FR_KINDS = "rue|avenue|av\\.|boulevard|bd|chemin|place|allée|impasse|quai|cours|route|square|passage|sentier|voie|ruelle|esplanade|faubourg"
_ES_KINDS = (
    "calle|c/|avenida|avda\\.?|av\\.?|plaza|paseo|pasaje|pasadizo|ronda|camino|carretera|callejón|cañada|cuesta|glorieta|rambla|travesía|urbanización|vial"
    "|alameda|acceso|via|vía|rúa|rua|praça|travessa|largo|estrada|rodovia|r\\.|viaduto|ladeira|quadra|loteamento|conjunto|condomínio|residencial|favela|parque|jardim|lagoa|morro"
    "|núcleo|passarela|recanto|setor|trecho|trevo|vale|vereda|vila|campo|chácara|colônia|distrito|esplanada|estação|feira|fazenda|área|aeroporto|beco|bairro|azinhaga|calçada"
    "|viale|piazza|piazzale|corso|vicolo|strada|borgo|contrada|incrocio|rotonda|canale|stretto|largo|lungotevere|salita|galleria|viottolo|rue"
)
_DE_KINDS = (
    "stra(?:ß|ss)e|str\\.|weg|platz|allee|gasse|ring|ufer|damm|steig|stieg|pfad|markt|hof|berg|chaussee|promenade"
)
_NL_KINDS = "straat|laan|weg|plein|pad|dreef|steeg|gracht|kade|singel|hof|baan|boulevard|ring|dijk|park|burg|haven"

_LATIN = (
    re.compile(
        rf"(?<![\w/.-])(?:(?:Flat|Studio|Unit|Suite|Apt|Apartment) \d{{1,4}}[A-Za-z]?,? )?\d{{1,6}}[A-Za-z]?(?:-\d{{1,5}})? (?:[NSEW]\.? )?(?:{_WORD} ){{1,4}}(?:{_EN_KINDS})\b\.?{_UNIT}(?:{_TOWN}|{_ONLY_TOWN})?"
    ),
    # England's flats and houses: the line of a street may have no number, but the code says where it is.
    re.compile(
        rf"(?<![\w/.-])(?:(?:Flat|Studio|Unit|Suite|Apt) \d{{1,4}}[A-Za-z]?|\d{{1,5}}[A-Za-z]?)[, ]{{1,2}}(?:{_WORDS}, ){{0,3}}{_WORDS}[, ]{{1,2}}[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}\b"
    ),
    re.compile(
        rf"(?<![\w/.-])(?:{_NUMBER},? (?:bis |ter )?)?(?i:{_FR_KINDS}) (?:{_SMALL} ?){{0,2}}{_WORDS}{_UNIT}(?:{_TOWN})"
        rf"|(?<![\w/.-]){_NUMBER},? (?:bis,? |ter,? )?(?i:{_FR_KINDS}) (?:{_SMALL} ?){{0,2}}{_WORDS}"
    ),
    re.compile(
        rf"(?<![\w/.-])(?i:{_ES_KINDS}) (?:{_SMALL} ?){{0,2}}(?:{_WORDS})(?:,? (?:n[.ºo°]{{0,2}} ?)?{_NUMBER}){_UNIT}(?:,? \d{{1,3}}[ªºA-Z]\b)?(?:{_TOWN}|{_ONLY_TOWN},? \d{{5}}\b)?"
        rf"|(?<![\w/.-])(?i:{_ES_KINDS}) (?:{_SMALL} ?){{0,2}}(?:{_WORDS}),? (?:s/n)?{_TOWN}"
    ),
    re.compile(
        rf"(?<![\w/.-])(?:(?:Am|An der|An den|Auf der|Auf dem|Im|In der|In den|Zum|Zur|Unter den|Alte|Neue|Großer?|Kleiner?) )?(?:{_WORD}[ -]){{0,4}}(?:{_WORD})?(?<=[^\W\d_])(?i:{_DE_KINDS}|{_NL_KINDS}) ?{_NUMBER}(?:{_TOWN}|{_ONLY_TOWN})?"
    ),
    re.compile(rf"(?<![\w/.-])(?:{_WORD}[ -]){{1,4}}(?i:{_DE_KINDS}|{_NL_KINDS}) {_NUMBER}(?:{_TOWN}|{_ONLY_TOWN})?"),
    # A street of any kind, where number, code and town follow.
    re.compile(
        rf"(?<![\w/.-]){_WORDS},? {_NUMBER}{_UNIT},? ?\n?(?:[A-Z]{{1,2}}-)?(?:\d{{5}}|\d{{4}} ?[A-Z]{{2}}|\d{{4}}-\d{{3}}),? {_WORDS}(?: ?\([A-Z]{{2}}\))?"
    ),
)

_HAN = "[\u4e00-\u9fff]"
_CHINESE = re.compile(
    rf"(?:{_HAN}{{2,7}}?(?:省|自治区|特别行政区|特別行政區))?(?:{_HAN}{{1,7}}?[市州县區区]){{0,3}}{_HAN}{{0,8}}?(?:路|街|道|巷|弄|胡同|大道|村|镇|里|园|小区)"
    r"[\u4e00-\u9fff0-9A-Za-z\-－]{0,12}?[0-9A-Za-z一二三四五六七八九十]{1,5}(?:号|號|座|室|楼|栋|单元|弄|层)(?:[0-9A-Za-z一-九\-－]{1,6}(?:号|室|楼|栋|单元|层|座)){0,4}(?:[ 　]?\d{6}(?!\d))?"
)
_CHINESE_START = re.compile(
    r"(?:北京|上海|天津|重庆|香港|澳门|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆)"
    r"(?:市|省|自治区|特别行政区|壮族自治区|回族自治区|维吾尔自治区)?[\u4e00-\u9fff]{0,24}?[0-9A-Za-z一二三四五六七八九十]{1,5}(?:号|座|室|楼|栋|单元)(?:[0-9A-Za-z\-]{1,6}(?:号|室|楼|栋|单元|层)){0,3}(?:[ 　]?\d{6}(?!\d))?"
)
_PREFECTURES = (
    "北海道|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|東京都|神奈川県|新潟県|富山県|石川県|福井県|山梨県|長野県|岐阜県|静岡県|愛知県|三重県"
    "|滋賀県|京都府|大阪府|兵庫県|奈良県|和歌山県|鳥取県|島根県|岡山県|広島県|山口県|徳島県|香川県|愛媛県|高知県|福岡県|佐賀県|長崎県|熊本県|大分県|宮崎県|鹿児島県|沖縄県"
)
_JA_NUMBER = r"[0-9０-９一二三四五六七八九十]{1,4}(?:丁目|番地|番|号|-|－|ー|の)?"
_JAPANESE = re.compile(
    rf"(?:〒? ?\d{{3}}-\d{{4}}[ 　]?)?(?:{_PREFECTURES})[\u3040-\u30ff\u4e00-\u9fff々ヶ]{{1,24}}?{_JA_NUMBER}(?:{_JA_NUMBER}){{0,4}}"
    r"(?:[ 　](?:[\u30a0-\u30ff\u4e00-\u9fffA-Za-z々]{1,16})(?:[\u3041-\u3096]{2,4}(?=\d))?[ 　]?\d{1,4}(?:号室)?)?"
)
_JAPANESE_SHORT = re.compile(
    r"(?:[\u4e00-\u9fff々ヶ]{1,6}[市区町村郡]){1,2}[\u3040-\u30ff\u4e00-\u9fff々ヶ]{1,12}?[0-9０-９]{1,4}(?:丁目|番地|番|-|－)(?:[0-9０-９]{1,4}(?:番地|番|号|-|－)?){0,3}"
)


def places(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each address."""
    for pattern in (*_LATIN, _CHINESE_START, _CHINESE, _JAPANESE, _JAPANESE_SHORT):
        for match in pattern.finditer(text):
            if any(one.isdigit() or one in "一二三四五六七八九十" for one in match[0]):
                yield match.span()


_LEFT = re.compile(rf"(?:(?:{_WORD})(?:[ -](?:{_SMALL} )?)){{0,4}}\Z")
_RIGHT = re.compile(
    rf"(?:[ -](?:{_SMALL}[ ]){{0,2}}{_WORD}|(?<=\d)[ ,]{{1,2}}(?:[A-Z]{{2}}\b|{_WORD})){{0,4}}(?: ?\([A-Z]{{2}}\)| ?/ ?[A-Z]{{2}}\b)?"
)


def whole_address(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return a stretch that a tagger found with the words of its street and town, or None where it is no address.

    An address has a number, and beside it two words, or as many characters as a Chinese or Japanese one needs.
    """
    if (
        text[start].isdigit()
        and not _NUMBER_FIRST.match(text, start)
        and (left := _LEFT.search(text, max(0, start - 80), start))
    ):
        start = left.start()
    if right := _RIGHT.match(text, end):
        end = right.end()
    found = text[start:end]
    if not any(one.isdigit() or one in "一二三四五六七八九十" for one in found):
        return None
    if len(_WIDE.findall(found)) >= 5:
        return start, end
    return (start, end) if len(_LONG_WORD.findall(found)) >= 2 and "\n|" not in found else None


_NUMBER_FIRST = re.compile(r"\d{1,6}[a-z]?,? (?:bis |ter )?[A-Za-zÀ-ÿ]")
_LONG_WORD = re.compile(r"[^\W\d_]{3,}")
_WIDE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
