"""Names that the words around them tell of: forms of address, greetings, partings, and "my name is" in nine languages."""

# ruff: noqa: E501 - a pattern or a sentence broken in two is harder to read
from __future__ import annotations

import re
from collections.abc import Iterator

from core.privacy.listed import DETERMINER, has_article, is_first
from core.privacy.names import DOUBT, KANA, PARTICLE, classes_of, lists
from core.privacy.surnames import CHINESE, JAPANESE

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĻĽŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŴŶŹŻŽ"
_WORD = rf"[{_UPPER}][^\W\d_]{{0,24}}(?:['’-][^\W\d_]{{1,24}}){{0,3}}|[{_UPPER}]\."
_PARTICLE = rf"{PARTICLE} "
_NAME = rf"(?:{_PARTICLE}){{0,3}}(?:{_WORD})(?:[ \u3000](?:{_PARTICLE}){{0,3}}(?:{_WORD})){{0,3}}"
_TITLES = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Lady|Herrn?|Frau|Doktor|Monsieur|Madame|Mademoiselle|Mme|Mlle|Me|MM?|Docteur"
    r"|[Ss]eñora?|[Ss]eñorita|Sra?|Srta|[Dd]on|[Dd]oña|[Dd]octora?|[Ss]ignora?|[Ss]ignorina|[Ss]ig(?:\.ra|\.na|ra)?|[Dd]ott(?:oressa|ore|\.ssa|or)?|Ing|Avv"
    r"|[Ss]enhora?|Sr\.?ª|Dona|[Dd]outora?|[Mm]eneer|[Mm]evrouw|[Mm]evr|[Dd]hr|[Mm]w|[Dd]e heer|[Hh]eer|[Jj]uffrouw|Fam|Familie)"
)
_AFTER_TITLE = re.compile(rf"(?<![\w.]){_TITLES}\.? (?:(?:Dr|Prof|Dott|Dra?)\.? )?({_NAME})")
# Of what is called so, the name may be written small.
_SAID = re.compile(
    r"(?i:(?<!\w)(?:my (?:full )?name(?: is|'s|:)|(?:in|under|by) the name(?: of)?|on behalf of|i am called|i'm called|this is|i am|i'm"
    r"|mein(?:en)? name(?:n)?(?: ist|:)?|auf (?:den|meinen) namen|ich hei(?:ß|ss)e|unter dem namen|hier (?:ist|spricht|schreibt)|ich bin"
    r"|je m['’]appelle|mon nom est|au nom de|je suis|ici|me llamo|mi nombre es|a nombre de|soy|mi chiamo|il mio nome è|a nome di|sono"
    r"|chamo-me|me chamo|(?:o )?meu nome é|em nome d[eao]|sou(?: [oa])?|ik heet|mijn naam is|op naam van|met|ik ben"
    r"|(?:full |first |last |customer |contact )?name|nach-?name|vorname|ansprechpartner(?:in)?|nom|prénom|nombre|apellidos?|nome|cognome|apelido|naam|"
    r"kunde|kundin|client(?:e|a)?|customer|klant|contact|recipient|empfänger|destinataire|destinatari[oa]|ontvanger)[ :]{1,3})"
    rf"({_NAME})"
)
_KIN = re.compile(
    r"(?i:(?<!\w)(?:(?:my|our|his|her) (?:colleague|neighbou?r|friend|husband|wife|partner|son|daughter|brother|sister|boss|manager|assistant|flatmate|roommate|landlord)"
    r"|(?:mein|meine|meinen|meinem|meiner|unser|unsere|unserem) (?:kollegen?|kollegin|nachbarn?|nachbarin|freundin|freund|mann|frau|partnerin|partner|sohn|tochter|bruder|schwester|chefin|chef|vermieter|mitbewohner)"
    r"|(?:mon|ma|notre) (?:collègue|voisine?|amie?|mari|femme|fils|fille|frère|sœur|soeur|patronne?|chef|compagnon|compagne)"
    r"|(?:mi|nuestr[oa]) (?:compañer[oa]|vecin[oa]|amig[oa]|marido|mujer|esposa|hij[oa]|herman[oa]|jef[ea]|coleg[a])"
    r"|(?:mi[oa]|il mio|la mia|nostr[oa]) (?:collega|vicin[oa]|amic[oa]|marito|moglie|figli[oa]|fratello|sorella|capo|compagn[oa])"
    r"|(?:meu|minha|nosso|nossa) (?:colega|vizinh[oa]|amig[oa]|marido|mulher|esposa|filh[oa]|irmão|irmã|chefe|companheir[oa])"
    r"|(?:mijn|onze) (?:collega|buurman|buurvrouw|vriendin|vriend|man|vrouw|zoon|dochter|broer|zus|baas|partner))),? "
    rf"({_NAME})"
)
_GREETED = re.compile(
    r"(?:(?<=\n)|^)[ ]{0,3}(?:Dear|Hello|Hi|Hey|Hallo|Liebe[rs]?|Guten Tag|Moin|Bonjour|Salut|Chère?|Hola|Estimad[oa]|Querid[oa]|Ciao|Buongiorno"
    rf"|Gentile|Car[oa]|Olá|Oi|Prezad[oa]|Beste|Hoi|Dag|Geachte|Lieve),? ({_NAME})(?=[ ]?[,!:\n.]|$)"
)
_PARTED = re.compile(
    r"(?i:regards|wishes|sincerely|faithfully|truly|thanks(?: a lot| again)?|thank you|cheers|best|grüßen?|gruß|grüsse|dank|danke|cordialement|salutations|merci"
    r"|bien à vous|amicalement|saludos?|atentamente|cordialmente|gracias|saluti|grazie|cumprimentos|atenciosamente|abraços?|obrigad[oa]"
    rf"|groet(?:en)?|bedankt|hoogachtend)[ ]?[,.!]?[ ]?(?:\n[ ]?\n?|(?<=,) )({_NAME})[ ]?(?=\n|$|[.,])"
)
# The words of a greeting, a form or a shop that begin with a capital and are nobody.
_NOBODY_WORDS = """
    sir madam all everyone everybody team customer client customers support service shop store sirs there folks
    guys friend friends damen herren kunde kundin kunden kundenservice zusammen alle freunde sie ihr ihre das
    die der wir monsieur madame cliente clients tous toutes équipe messieurs mesdames señor señora señores
    clientes todos equipo atención amigos usted signori signore signora clienti tutti servizio senhor senhora
    senhores equipa equipe serviço heer mevrouw klant klantenservice ein eine ich er es the a an my your our i
    we it and or of monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag
    freitag samstag sonntag january february march april may june july august september october november
    december
"""
_NOBODY = frozenset(_NOBODY_WORDS.split())

_HAN = "[\u4e00-\u9fff]"
_TITLED_ZH = re.compile(rf"({_HAN}{{1,4}}?)(?:先生|女士|小姐|太太|老师|医生|经理|师傅|同志|阿姨)")
_SAID_ZH = re.compile(
    rf"(?:我叫|名叫|我是|叫做|姓名|名字(?:是|叫)?|联系人|收件人|收货人|寄件人|客户|顾客|户名|签名|此致|祝好|谢谢！?|同事|朋友|邻居|丈夫|妻子|太太|老公|老婆|儿子|女儿|老板|签收的人是|用)"
    rf"[：:，, \n]{{0,3}}({_HAN}{{2,4}})"
)
_JA = "[\u4e00-\u9fff々ヶ]"
_JA_NAME = rf"{_JA}{{1,4}}[ \u3000]?(?:{_JA}{{1,3}}|[\u3040-\u309f]{{2,4}}|[\u30a0-\u30ff]{{2,5}})?"
_TITLED_JA = re.compile(rf"({_JA_NAME})(?:様|さま|さん|氏|先生|君|くん|ちゃん|殿)")
_NOT_TITLED_JA = re.compile(
    r"(?:お客|客|皆|お母|母|お父|父|お子|子|奥|お医者|お兄|お姉|兄|姉|神|王|店員|業者|患者|御一同|各位|担当者|管理者|利用者|係|弟|妹|娘|息子|旦那|嫁|社長|部長|課長|店長|お疲れ|仕|模|同|多|一|王|異|多様|有|各|両|先|彼|何|上|下|本|大|小|外|屋|八百屋|本屋|魚屋|花屋|肉屋|パン屋)\Z"
)


def people(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each name that is announced."""
    for pattern in (_AFTER_TITLE, _SAID, _KIN, _GREETED, _PARTED):
        for match in pattern.finditer(text):
            start, end = match.span(1)
            words = re.findall(r"[^\W\d_]+", match[1].lower())
            # Nobody of these words alone, and no name begins with one.
            if words and words[0] not in _NOBODY and not (pattern is _SAID and _is_thing(text, match)):
                yield start, end
    yield from _chinese(text)
    yield from _japanese(text)


# After these a capital says little: whoever "is" something may be from somewhere, and a label may be a shop's.
_WEAK = re.compile(
    r"(?i:this is|i am|i'm|ich bin|hier ist|je suis|ici|soy|sono|sou(?: [oa])?|met|ik ben|name|nom|nombre|nome|naam|kunde|kundin"
    r"|client[ea]?|customer|klant|contact|au nom de|on behalf of|in the name of|a nombre de|a nome di|em nome d[eao]|op naam van|by the name)[ :]{1,3}\Z"
)


def _is_thing(text: str, match: re.Match[str]) -> bool:
    """Return whether a weak announcement is followed by less than two capital words, and by no label's colon."""
    said = text[match.start() : match.start(1)]
    if not _WEAK.search(said) or ":" in said:
        return False
    return len(re.findall(rf"(?<![^\W\d_])[{_UPPER}]", match[1])) < 2


def _chinese(text: str) -> Iterator[tuple[int, int]]:
    for match in _TITLED_ZH.finditer(text):
        # The nearest character before the form of address with which a surname begins, at most three before it.
        for length in (1, 2, 3):
            start = match.end(1) - length
            if start >= 0 and text[start] in CHINESE and text[start : match.end(1)] not in ("有些", "马上"):
                yield start, match.end(1)
                break
    for match in _SAID_ZH.finditer(text):
        name = match[1]
        if name[0] in CHINESE and not _AFTER_ZH.match(name, 1):
            yield match.start(1), match.start(1) + _given_end(name)


# Words that follow a name, none of which is likely in one.
_AFTER_ZH = re.compile("[的了在是有说和与跟给从到把被让也都就不没已还要想能会可，。、们收来去住买打送付签用叫]")


def _given_end(name: str) -> int:
    """Return how many characters belong to a name that begins with a surname: two or three, four at most."""
    found = _AFTER_ZH.search(name, 2)
    return min(found.start() if found else len(name), 3)


def _japanese(text: str) -> Iterator[tuple[int, int]]:
    for match in _TITLED_JA.finditer(text):
        name = match[1]
        if _NOT_TITLED_JA.search(name) or len(name) < 2:
            continue
        if any(name.startswith(one) for one in (name[:1], name[:2], name[:3]) if one in JAPANESE) or len(name) >= 2:
            yield match.span(1)


# A word alone is a name only where the tagger has hardly a doubt; a shop's and a day's begin with a capital too.
_ALONE = 0.985
_ARTICLE = re.compile(
    r"(?i)(?<!\w)(?:der|die|das|den|dem|des|eine?[nmrs]?|the|an?|le|la|el|il|o|a|de|het|een|um|uma|une?|una?) \Z"
)
_ON = re.compile(rf"(?:[ -](?:{_PARTICLE}){{0,3}}(?:{_WORD})){{1,3}}")
_GIVEN_JA = re.compile(
    r"[ \u3000]?(?:[\u4e00-\u9fff々]{1,3}|[\u3041-\u3096]{2,3}|[\u30a1-\u30fa\u30fc]{2,5})(?=[のにがはをとでへも、。様さ：:,\s]|から|です|$)"
)


def whole_name(text: str, start: int, end: int, sure: float) -> tuple[int, int] | None:
    """Return a stretch that a tagger found with the parts of the name beside it, or None where that is too little."""
    if "\u3040" <= text[end - 1] <= "\u9fff":
        return _whole_wide(text, start, end, sure) if is_japanese(text, start) else None  # for Chinese see `chinese`
    if text[start:end].lower() in _NOBODY:
        return None
    words = re.findall(r"[^\W\d_]+", text[start:end])
    if all(word.isupper() for word in words) and not any(classes_of(word) for word in words if len(word) > 2):
        return None  # such as DNI, IBAN, LED, or somebody who shouts
    if all(word.lower() in lists().ordinary and not classes_of(word) for word in words):
        return None  # such as Visa, General Terms
    # Whoever has an article is a trade: "der Koch".
    is_trade = classes_of(words[0]) & DOUBT and _ARTICLE.search(text, max(0, start - 6), start) if words else False
    if words and DETERMINER.fullmatch(words[0]):
        return None
    if words and not any(classes_of(word) for word in words) and has_article(text, start):
        return None  # no list knows them, and a German article stands before: nouns
    if len(words) == 1 and (is_trade or is_first(text, start)) and not _ON.match(text, end):
        return None
    if more := _ON.match(text, end):
        end = more.end()
    if re.search(r"[^\W\d_][ '’.,-]{1,2}[^\W\d_]", text[start:end]) or sure >= _ALONE:
        return start, end
    return None


def is_japanese(text: str, place: int) -> bool:
    """Return whether the line around a place has kana."""
    return (
        KANA.search(text, text.rfind("\n", 0, place) + 1, (text.find("\n", place) + 1 or len(text) + 1) - 1) is not None
    )


def _whole_wide(text: str, start: int, end: int, sure: float) -> tuple[int, int] | None:
    for begin in (start, start - 1, start - 2):
        for length in (3, 2):
            is_inside = begin >= 0 and start <= begin + length <= len(text)
            if is_inside and text[begin : begin + length] in JAPANESE:
                given = _GIVEN_JA.match(text, begin + length)
                return begin, max(end, given.end() if given else 0)
    return (start, end) if end - start >= 2 and sure >= 0.95 else None
