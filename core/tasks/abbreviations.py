"""Words whose point does not end a sentence, for the languages written in Latin letters; all in lower case."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Something always follows: titles, "for example", "between".
NEVER_END = _words(
    # English
    "mr mrs ms mx dr prof rev hon gen col capt lt sgt gov sen rep pres messrs mt ft vs e.g i.e eg ie cf viz approx "
    "st dept est ca gov al "
    # German
    "hr fr frl dipl ing z.b bzw d.h u.a s.o vgl z.t sog ggf evtl inkl exkl zzgl bspw geb o.ä i.d.r u.u "
    # French
    "mme mlle mm mgr me p.ex env boul "
    # Spanish and Portuguese
    "sra srta dra d.ª ud uds p.ej exmo exma av avda "
    # Italian and Dutch
    "sig sigg dott dott.ssa avv arch on es ecc.t dhr mevr mw drs ir bijv d.w.z o.a m.b.t i.v.m t.a.v"
)

# A number follows; before anything else the point ends the sentence ("No. I was there").
BEFORE_NUMBERS = _words(
    "no nos nr nrn num n.º nº fig figs eq sec ch chap vol pp p pg para art abs s bd abb tab kap núm cap pág págs "
    "jan feb mar apr jun jul aug sep sept oct nov dec okt dez tel ext ver v § lit zeile"
)

# May also stand at the end of a sentence: a capital after it decides.
MAY_END = _words("etc inc ltd co corp jr sr esq bros usw ecc enz a.m p.m am pm u.s u.k u.n e.u ph.d m.d b.a m.a")

# After an initial or "U.S." only these words are sure to open a new sentence.
STARTERS = _words(
    "The This That These Those It He She We They I You There Here In On At If When While After Before But And So "
    "However What Why How Who Where Then Now My Our Your His Her Their Its As For To No Yes "
    "Der Die Das Es Er Sie Wir Ich Ein Eine Im Am Aber Und Wenn Le La Les Il Elle Nous Je Un Une Mais Et "
    "El Los Las Ella Ellos Pero Y En O A Os As Ele Ela Mas E No Lo Gli I Ma De Het Een Hij Zij Wij Maar En"
)

MONTHS = _words(
    "Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember "
    "januari februari maart april mei juni juli augustus september oktober november december Quartal Jahrhundert"
)

GERMAN_BEFORE_ORDINALS = _words("am der die das den dem des vom zum zur im bis seit ab beim")
