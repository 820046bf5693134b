"""Words that checks of meaning look at, in nine languages: denials, numbers, months, units, words that only bind."""

from __future__ import annotations

import re
import unicodedata


def _set(words: str) -> frozenset[str]:
    return frozenset(words.casefold().split())


NEGATIONS = _set(
    """not no never none nobody nothing nowhere neither nor cannot without unable unless except don't doesn't didn't
    won't can't isn't aren't wasn't weren't couldn't shouldn't wouldn't hasn't haven't hadn't mustn't ain't
    nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder außer nirgends
    ne pas jamais aucun aucune sans rien ni non nunca sin ningún ninguna ninguno nada nadie tampoco
    senza nessun nessuno nessuna niente não sem nenhum nenhuma ninguém niet geen nooit zonder niemand niets"""
)
CHINESE_NEGATION = re.compile(
    r"不(?!仅|但|同|过|少|断|管|论|久)|没有?|無法|无法|无需|无(?!论)|未(?!来)|勿|禁止|谢绝|(?<![特区分差级类性个])别(?!人|的)|非(?!常)"
)
JAPANESE_NEGATION = re.compile(r"ない|ません|なかった|ず(?:に|、|。)|禁止|不可|無(?!料)")

YES = frozenset(
    {
        "yes",
        "yeah",
        "yep",
        "sure",
        "ja",
        "jawohl",
        "oui",
        "si",
        "sí",
        "sì",
        "sim",
        "是",
        "是的",
        "对",
        "可以",
        "能",
        "会",
        "有",
        "はい",
    }
)
NO = frozenset({"no", "nope", "nein", "non", "não", "nee", "不", "不是", "不可以", "不能", "不会", "没有", "いいえ"})

_NUMBER_WORDS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty",
    "de": "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn zwanzig",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
    "dix-huit dix-neuf vingt",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
    "diecisiete dieciocho diecinueve veinte",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
    "diciassette diciotto diciannove venti",
    "pt": "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete "
    "dezoito dezenove vinte",
    "nl": "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien "
    "zeventien achttien negentien twintig",
}
_TENS = {
    "en": "thirty forty fifty sixty seventy eighty ninety",
    "de": "dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "trente quarante cinquante soixante soixante-dix quatre-vingts quatre-vingt-dix",
    "es": "treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "pt": "trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "nl": "dertig veertig vijftig zestig zeventig tachtig negentig",
}
_OTHER_NUMBERS = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "hundert": 100, "tausend": 1000, "dozen": 12, "cent": 100,
    "cien": 100, "ciento": 100, "mil": 1000, "mille": 1000, "cento": 100, "honderd": 100, "duizend": 1000,
    "eins": 1, "zwo": 2, "twice": 2, "once": 1, "half": 0.5, "first": 1, "second": 2, "third": 3, "fourth": 4,
    "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip
# Words that also mean something else ("one of them", "ein Haus", "six" is safe): a 1 is read only from digits, and
# these are no numbers unless the language of the text makes them so.
_AMBIGUOUS = _set(
    "one ein un uno um een once second sei nove half elf onze six dix cinco mil cent cento mille null zero third"
) - {"six", "cinco", "zero"}

NUMBER_WORDS: dict[str, float] = {}
for _language, _line in _NUMBER_WORDS.items():
    NUMBER_WORDS.update({_word.casefold(): float(_value) for _value, _word in enumerate(_line.split())})
    NUMBER_WORDS.update({_word.casefold(): 30.0 + 10 * _place for _place, _word in enumerate(_TENS[_language].split())})
NUMBER_WORDS.update(_OTHER_NUMBERS)
for _word in _AMBIGUOUS:
    NUMBER_WORDS.pop(_word, None)

_MONTHS = """january january|januar|jänner|janvier|enero|gennaio|janeiro|januari|jan
february|februar|février|febrero|febbraio|fevereiro|februari|feb
march|märz|mars|marzo|março|maart
april|avril|abril|aprile|apr
may|mai|mayo|maggio|maio|mei
june|juni|juin|junio|giugno|junho|jun
july|juli|juillet|julio|luglio|julho|jul
august|août|agosto|augustus|aug
september|septembre|septiembre|settembre|setembro|sep|sept
october|oktober|octobre|octubre|ottobre|outubro|oct|okt
november|novembre|noviembre|novembro|nov
december|dezember|décembre|diciembre|dicembre|dezembro|dec|dez"""
MONTHS = {
    word: number for number, line in enumerate(_MONTHS.splitlines(), 1) for word in line.replace(" ", "|").split("|")
}
_WEEKDAYS = """monday|montag|lundi|lunes|lunedì|segunda-feira|maandag|星期一|周一|月曜日
tuesday|dienstag|mardi|martes|martedì|terça-feira|dinsdag|星期二|周二|火曜日
wednesday|mittwoch|mercredi|miércoles|mercoledì|quarta-feira|woensdag|星期三|周三|水曜日
thursday|donnerstag|jeudi|jueves|giovedì|quinta-feira|donderdag|星期四|周四|木曜日
friday|freitag|vendredi|viernes|venerdì|sexta-feira|vrijdag|星期五|周五|金曜日
saturday|samstag|samedi|sábado|sabato|zaterdag|星期六|周六|土曜日
sunday|sonntag|dimanche|domingo|domenica|zondag|星期日|星期天|周日|日曜日"""
WEEKDAYS = {word: number for number, line in enumerate(_WEEKDAYS.splitlines(), 1) for word in line.split("|")}

_UNITS = {
    "day": "day days tag tage tagen tages werktag werktage werktagen jour jours día días giorno giorni dia dias dag "
    "dagen 天 日 日間",
    "week": "week weeks woche wochen semaine semaines semana semanas settimana settimane weken 周 星期 週間",
    "month": "month months monat monate monaten monats mois mes meses mese mesi mês maand maanden 个月 月 ヶ月 か月",
    "year": "year years jahr jahre jahren jahres ans année années año años anno anni ano anos jaar jaren 年 年間",
    "hour": "hour hours stunde stunden uhr heure heures hora horas ora ore uur uren 小时 时 点 時間 時",
    "minute": "minute minutes minuten minuto minutos minuti minuut 分钟 分",
    "euro": "€ eur euro euros 欧元 ユーロ",
    "dollar": "$ usd dollar dollars dólares 美元 ドル",
    "pound sterling": "£ gbp pound pounds pfund 英镑",
    "yuan": "¥ cny rmb yuan 元 块 人民币",
    "percent": "% percent prozent pourcent procent 百分之 パーセント",
    "kilogram": "kg kilogram kilograms kilogramm kilo kilos 公斤 千克",
    "watt": "w watt watts 瓦",
    "metre": "m metre metres meter meters 米",
}
UNITS = {word: unit for unit, line in _UNITS.items() for word in line.split()}

# Words that bind a sentence and carry no fact of their own: they may be added or left out freely.
BINDING = _set(
    """a an the this that these those it its they them their there here he she his her him we our us you your yours i my
    me and or but if then than so as at by for from in into of off on onto out over to up with within about after
    before during until while when where which who whom whose what why how is are was were be been being am do does
    did have has had having will would can could shall should may might must also just only very more most much many
    some any all each every both either such same other another own per via too well even still yet already please
    however therefore because since though although through between among against under above below again once ever
    get got make made let lets say says said tell
    der die das den dem des ein eine einen einem einer eines und oder aber wenn dann als so wie zu zum zur im in am an
    auf aus bei mit nach von vom vor für über unter um durch bis seit während ist sind war waren sein bin bist wird
    werden wurde wurden hat haben hatte hatten kann können konnte soll sollen muss müssen darf dürfen will wollen möchte
    ich du er sie es wir ihr ihnen ihre ihren ihrem ihrer mein meine meinen meiner unser unsere unseren sich mir mich
    dir dich uns euch man auch noch nur schon sehr mehr da dort hier dass ob was wer wo wann warum welche welcher
    welches welchen diese dieser dieses diesen diesem jede jeder jedes jeden etwa bitte denn doch mal gibt
    le la les un une des du de et ou mais si que qui quoi où quand comment est sont était être avec pour dans sur par
    ce cette ces il elle ils elles nous vous je tu mon ma mes votre vos notre nos au aux
    el los las una unos y o pero es son era ser con para en por su sus este esta estos yo tú él nosotros del al
    il lo gli i e ma è sono con per nel della di da che questo questa
    o os as um uma é são com em no na do
    het een en of maar als dan is zijn was met voor op in aan van door bij deze dit ik jij wij"""
)

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af]")
CJK_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af]+")

# Longest first; the single letters also undo what the longer ones leave ("ordered", "order", "orders": "ord").
_ENDINGS = ("ations", "ation", "ments", "ment", "ingen", "ungen", "ung", "ing", "ies", "ied", "ed", "es", "en", "er")
_LAST_LETTERS = ("em", "s", "e", "y", "n", "t")


def root_of(word: str) -> str:
    """Cut the endings that most change with number, case and tense: enough to compare, not to read."""
    word = unicodedata.normalize("NFKD", word.casefold())
    word = "".join(c for c in word if not unicodedata.combining(c)).split("'")[0].split("’")[0]
    shorter = True
    while shorter:
        ending = next((end for end in _ENDINGS + _LAST_LETTERS if word.endswith(end) and len(word) - len(end) >= 3), "")
        word, shorter = word.removesuffix(ending), bool(ending)
    return word[:7]


def roots_of(text: str) -> frozenset[str]:
    """Return the content words of `text` cut to their roots; for Chinese and Japanese, pairs of characters."""
    roots = {root_of(word) for word in words_of(text) if word not in BINDING and not CJK.search(word)}
    for run in CJK_RUN.findall(text):
        roots.update(run[place : place + 2] for place in range(max(1, len(run) - 1)))
    return frozenset(roots)


def words_of(text: str) -> list[str]:
    """Return the words of `text` in reading order, casefolded."""
    return [match.group().casefold() for match in WORD.finditer(text)]
