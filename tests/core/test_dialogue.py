"""Conversations taken apart and told by somebody else: the same facts, with names in place of I and you."""

from __future__ import annotations

import pytest

from core.tasks.dialogue import find_statements, find_turns
from core.tasks.reporting import Roles, report, tidy

ANN_TO_BEN = Roles("Ann", "Ben")


def told(words: str, roles: Roles = ANN_TO_BEN) -> str | None:
    return report(tidy(words), roles)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("I need to stop eating so late.", "Ann needs to stop eating so late."),
        ("Well, I'm really sorry that I missed your call.", "Ann is really sorry that Ann missed Ben's call."),
        ("I've lost my keys, and I don't know where.", "Ann has lost Ann's keys, and Ann doesn't know where."),
        ("I'll bring it on Friday at 10:30.", "Ann will bring it on Friday at 10:30."),
        ("I'd like a table for two.", "Ann would like a table for two."),
        ("I always take the bus and buy a ticket.", "Ann always takes the bus and buys a ticket."),
        ("You have to fill in the form.", "Ann tells Ben that Ben has to fill in the form."),
        ("We close at six.", "Ann tells Ben they close at six."),
        ("It is broken.", "Ann tells Ben it is broken."),
        ("Do you have any allergies?", "Ann asks Ben if Ben has any allergies."),
        ("Where did you buy it?", "Ann asks Ben where Ben bought it."),
        ("What foods do you eat now?", "Ann asks Ben what foods Ben eats now."),
        ("What is your address?", "Ann asks Ben what Ben's address is."),
        ("Could you send me the bill?", "Ann asks Ben to send Ann the bill."),
        ("Can you swim?", "Ann asks Ben if Ben can swim."),
        ("Let's meet at noon.", "Ann suggests they meet at noon."),
        ("How about going out?", "Ann suggests going out."),
        ("Please call me back.", "Ann asks Ben to call Ann back."),
        ("Don't open the box.", "Ann tells Ben not to open the box."),
        ("Thank you for your help.", "Ann thanks Ben for Ben's help."),
        ("No, I can't make it today.", "Ann can't make it today."),
        ("Can I help you find something?", "Ann asks Ben if Ann can help Ben find something."),
    ],
)
def test_what_is_said_is_told_with_names(words: str, expected: str) -> None:
    assert told(words) == expected


@pytest.mark.parametrize(
    "words",
    [
        "I put it there.",  # now or yesterday?
        "I hurt myself.",
        'He said "I quit" and left.',
        "Really?",
        "At the museum.",
        "So how about it then?",
    ],
)
def test_what_the_rules_do_not_know_is_declined(words: str) -> None:
    assert told(words) is None


def test_you_may_be_anybody_among_three() -> None:
    assert told("You should go.", Roles("Ann")) is None
    assert told("I should go.", Roles("Ann")) == "Ann should go."


def test_a_form_of_address_is_no_part_of_what_is_said() -> None:
    assert tidy("Oh, hello, Mildred, this is ready.") == "this is ready."
    assert tidy("It is ready, sir.") == "It is ready."
    assert tidy("I live in Paris, Texas.") == "I live in Paris, Texas."
    assert tidy("I haven ' t seen it , sorry .") == "I haven't seen it, sorry."


def test_turns_hold_the_places_of_names_and_words() -> None:
    text = "Ann: Hi there.\nHow are you?\nBen: Fine.\nAnn: Good."
    turns = find_turns(text)
    assert [turn.speaker for turn in turns] == ["Ann", "Ben", "Ann"]
    assert text[turns[0].span.start : turns[0].span.end] == "Hi there.\nHow are you?\n"
    assert text[turns[1].label.start : turns[1].label.end] == "Ben"


@pytest.mark.parametrize(
    "text",
    [
        "[10:02] Ann: Hi.\n[10:03] Ben: Hello.\n[10:05] Ann: Bye.",
        "**Ann:** Hi.\n**Ben:** Hello.\n**Ann:** Bye.",
        "#Person1#: Hi. #Person2#: Hello. #Person1#: Bye.",
        "小明：你好。\n小红：你好。\n小明：再见。",
        "A: Hi.\nB: Hello.",
        "- Dr. Müller: Ja.\n- Frau Ott: Nein.\n- Dr. Müller: Gut.",
    ],
)
def test_many_ways_of_writing_a_conversation_are_known(text: str) -> None:
    assert len({turn.speaker for turn in find_turns(text)}) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A text about nothing. It has no names.",
        "Price: 3\nColour: red\nSize: L\nWeight: 5 kg",
        "Note: this is long.\nIt goes on.\nAnd on.\nAnd on.\nAnd on.\nAnd on.\nNote: the end.",
        "Only: me\nOnly: me\nOnly: me",
        "http://a.org\nhttp://b.org\nhttp://c.org",
        ":\n:\n:\n",
    ],
)
def test_lists_and_notes_are_no_conversation(text: str) -> None:
    assert find_turns(text) == []


def test_a_statement_rests_on_its_words_and_on_the_names_it_uses() -> None:
    text = "Ann: Hello.\nBen: Hi. I need your key, but I have no time."
    text += "\nAnn: Fine."
    statements = find_statements(text, find_turns(text))
    need, have = statements[0], statements[1]
    assert need.told == "Ben needs Ann's key."
    assert have.told == "Ben has no time."
    assert [text[span.start : span.end] for span in need.spans] == ["Ann", "Ben", "I need your key"]


def test_a_placeholder_gives_way_to_the_name_that_the_other_uses() -> None:
    text = "#Person1#: Hi, Karim. Are you ready?\n#Person2#: Yes, I am ready now.\n#Person1#: Good."
    statements = find_statements(text, find_turns(text))
    assert statements[1].told == "#Person1# asks Karim if Karim is ready."
    assert "Karim" in [text[span.start : span.end] for span in statements[1].spans]
    unsure = text.replace("Hi, Karim. Are", "Rats. Are")
    assert "#Person2#" in find_statements(unsure, find_turns(unsure))[1].told


def test_other_languages_are_quoted_not_told() -> None:
    text = "Anna: Ich brauche Milch.\nBen: Wir haben keine.\nAnna: Schade."
    assert find_statements(text, find_turns(text), "de")[0].told == "Anna: Ich brauche Milch."
