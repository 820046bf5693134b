"""A wording passes only if its sources say all of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tasks.check import check_wording, unsupported_facts
from core.tasks.facts import facts_of, is_negative

SHOP = [
    "Returns are accepted within 30 days of delivery.",
    "The warranty on ovens is 2 years. We do not ship to Brazil.",
    "Orders above €49 ship free from Monday, 3 March 2026. Delivery takes 2-4 working days.",
    "Maria Lopez runs the Berlin store. Write to help@oven.example or order part HX-200.",
    "A deposit of 1,500 euros is due; 12.5 % of it is kept.",
]
LADEN = [
    "Die Rückgabe ist innerhalb von 14 Tagen möglich.",
    "Der Versand nach Österreich kostet 9,90 €. Wir liefern nicht in die Schweiz.",
    "Ab dem 1. Oktober 2026 kostet ein Abo 1.200 Euro im Jahr.",
]
SHANGDIAN = [
    "退货期限为三十天，请保留发票。",
    "我们不寄往巴西。",
    "保修期两年。客服电话星期一至星期五开放。2026年3月15日起运费为12元。",
]


@pytest.mark.parametrize(
    ("wording", "sources"),
    [
        ("The warranty on ovens is two years.", SHOP),
        ("You can return within thirty days.", SHOP),
        ("We do not ship to Brazil.", SHOP),
        ("They don't ship to Brazil.", SHOP),
        ("Orders above 49 euros ship free.", SHOP),
        ("From 03.03.2026 orders above EUR 49 ship free.", SHOP),
        ("Delivery takes two to four working days.", SHOP),
        ("Maria Lopez runs the store in Berlin.", SHOP),
        ("The deposit is 1500 euros.", SHOP),
        ("Of the deposit, 12.5 percent is kept.", SHOP),
        ("Order part HX-200 from help@oven.example.", SHOP),
        ("Sie können innerhalb von vierzehn Tagen eine Rückgabe machen.", LADEN),
        ("Der Versand nach Österreich kostet 9,90 EUR.", LADEN),
        ("Wir liefern nicht in die Schweiz.", LADEN),
        ("Ein Abo kostet ab Oktober 1200 Euro im Jahr.", LADEN),
        ("退货期限为30天。", SHANGDIAN),
        ("我们不寄往巴西。", SHANGDIAN),
        ("3月15日起运费为十二元。", SHANGDIAN),
        ("", SHOP),
    ],
)
def test_what_the_sources_say_in_other_words_passes(wording: str, sources: list[str]):
    assert check_wording(wording, sources).reasons == ()


@pytest.mark.parametrize(
    ("wording", "sources", "reason"),
    [
        ("The warranty on ovens is 3 years.", SHOP, "number 3"),
        ("The warranty on ovens is three years.", SHOP, "number three"),
        ("The warranty on ovens is 30 days.", SHOP, "beside other words"),
        ("Orders above 49 dollars ship free.", SHOP, "number 49"),
        ("Returns are accepted within 30 months.", SHOP, "number 30"),
        ("Orders ship free from 3 April 2026.", SHOP, "month April"),
        ("Orders ship free from 2026-05-03.", SHOP, "month"),
        ("Orders ship free from Tuesday.", SHOP, "weekday Tuesday"),
        ("The store in Hamburg is run by Maria Lopez.", SHOP, "name Hamburg"),
        ("Peter runs the Berlin store.", SHOP, "name Peter"),
        ("Order part HX-300.", SHOP, "hx-300"),
        ("Write to boss@oven.example.", SHOP, "boss@oven.example"),
        ("We ship to Brazil.", SHOP, "denies"),
        ("Returns are not accepted within 30 days of delivery.", SHOP, "denies"),
        ("Yes, returns are accepted within 30 days.", SHOP, "says yes"),
        ("No. The warranty on ovens is 2 years.", SHOP, "says no"),
        ("The deposit is 15 euros.", SHOP, "number 15"),
        ("Die Rückgabe ist innerhalb von dreißig Tagen möglich.", LADEN, "number dreißig"),
        ("Wir liefern in die Schweiz.", LADEN, "denies"),
        ("Die Rückgabe ist nicht innerhalb von 14 Tagen möglich.", LADEN, "denies"),
        ("Ja, die Rückgabe ist möglich.", LADEN, "says yes"),
        ("Der Versand nach Italien kostet 9,90 €.", LADEN, "Italien"),
        ("退货期限为四十天。", SHANGDIAN, "number"),
        ("保修期30天。", SHANGDIAN, "beside other words"),
        ("我们寄往巴西。", SHANGDIAN, "denies"),
        ("我们不寄往北京。", SHANGDIAN, "北京"),
        ("是的，保修期两年。", SHANGDIAN, "says yes"),
        ("4月15日起运费为12元。", SHANGDIAN, "month"),
    ],
)
def test_what_the_sources_do_not_say_is_caught(wording: str, sources: list[str], reason: str):
    verdict = check_wording(wording, sources)
    assert not verdict.is_supported
    assert reason.casefold() in " ".join(verdict.reasons).casefold()


def test_a_translation_is_compared_by_numbers_units_names_and_denial():
    assert check_wording("Returns are possible within 14 days.", LADEN[:1], is_translation=True).is_supported
    assert not check_wording("Returns are possible within 40 days.", LADEN[:1], is_translation=True).is_supported
    assert not check_wording("Returns are possible within 14 weeks.", LADEN[:1], is_translation=True).is_supported
    assert not check_wording("Returns are never possible.", LADEN[:1], is_translation=True).is_supported
    assert check_wording("保修期两年。", ["The warranty is two years."], is_translation=True).is_supported


def test_sentences_quoted_as_they_stand_always_pass():
    for source in (*SHOP, *LADEN, *SHANGDIAN):
        assert check_wording(source, [source]).reasons == ()


def test_numbers_are_read_with_their_separators_and_units():
    def read(text: str) -> list[tuple[tuple[str, ...], str]]:
        return [(fact.values, fact.unit) for fact in facts_of(text) if fact.kind == "number"]

    assert read("1.234,56 € or 5 to 7 days") == [(("1234.56",), "euro"), (("5",), "day"), (("7",), "day")]
    assert read("１２元, 三十天, 百分之五") == [(("12",), "yuan"), (("30",), "day")] or read("三十天") == [
        (("30",), "day")
    ]
    assert read("1.500") == [(("1.5", "1500"), "")]
    assert read("two hundred") == [(("2",), ""), (("100",), "")]


def test_may_the_verb_is_no_month():
    kinds = [fact.kind for fact in facts_of("You may return it. May we help? In May 2027 we close.")]
    assert kinds.count("month") == 1


@pytest.mark.parametrize(
    "text", ["We don’t ship.", "kein Versand", "Nous ne livrons pas.", "不可以退货", "返品できません"]
)
def test_denial_is_heard_in_many_languages(text: str):
    assert is_negative(text)


@pytest.mark.parametrize("text", ["We ship everywhere.", "Versand überall", "不仅如此，非常方便", "特别优惠"])
def test_what_only_looks_like_denial_is_not(text: str):
    assert not is_negative(text)


def test_facts_of_an_answer_that_no_passage_holds_are_listed():
    assert unsupported_facts("Ships within 2 years to Brazil.", SHOP) == ()
    assert unsupported_facts("Ships on 5 June to Norway.", SHOP)


def test_a_long_text_is_checked_in_time():
    started = time.process_time()
    check_wording("The warranty on ovens is 2 years. " * 30, [" ".join(SHOP) * 60])
    assert time.process_time() - started < 3


@settings(max_examples=80)
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_gives_a_verdict(wording: str, source: str):
    verdict = check_wording(wording, [source])
    assert verdict.is_supported == (not verdict.reasons)
