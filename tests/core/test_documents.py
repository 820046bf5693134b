"""Files become documents with headings, documents become passages, passages become what can be quoted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import HearbackError, UnsupportedFile
from core.knowledge.documents import read_document
from core.knowledge.passages import PASSAGE_CHARACTERS, split_passages
from core.knowledge.units import blocks_of, sentences_of, units_of
from tests.core.test_files import make_pdf, make_word

GUIDE = """---
draft: true
---
# Shipping guide

Orders leave within **two days**. See [our map](https://example.org/map).

## Prices

| Country | Standard |
| --- | --- |
| Germany | 4.90 euros |
| Norway | 12.90 euros |

### What we cannot send

We cannot send:

- batteries,
- gift cards.

```
# not a heading
```
"""


def test_markdown_keeps_the_path_of_headings_and_the_title():
    document = read_document("guide.md", GUIDE.encode())
    assert (document.document, document.title) == ("guide", "Shipping guide")
    assert [section.heading for section in document.sections] == [
        "Shipping guide",
        "Shipping guide > Prices",
        "Shipping guide > Prices > What we cannot send",
    ]


def test_marks_of_markdown_are_not_part_of_the_text():
    text = read_document("guide.md", GUIDE.encode()).sections[0].text
    assert text == "Orders leave within two days. See our map."


def test_passages_carry_their_document_language_and_place():
    passages = split_passages(read_document("guide.md", GUIDE.encode()), "en")
    assert [passage.position for passage in passages] == [0, 1, 2]
    assert {(p.document, p.title, p.language) for p in passages} == {("guide", "Shipping guide", "en")}
    assert len({passage.passage_id for passage in passages}) == 3


def test_a_list_stays_with_the_line_that_leads_to_it():
    passage = split_passages(read_document("guide.md", GUIDE.encode()))[2]
    items = [unit for unit in units_of(passage.text) if unit.kind == "item"]
    assert [(unit.lead_in, unit.text) for unit in items] == [
        ("We cannot send:", "batteries,"),
        ("We cannot send:", "gift cards."),
    ]


def test_a_table_row_is_read_with_the_names_of_its_columns():
    rows = [unit.text for unit in units_of(split_passages(read_document("g.md", GUIDE.encode()))[1].text)]
    assert rows == ["Germany – Standard: 4.90 euros", "Norway – Standard: 12.90 euros"]


def test_plain_text_shows_its_headings_by_their_shape():
    text = "Harbour Hotel\n\nCheck-in\nRooms are ready at 3 p.m.\n\nParking\nA space costs 12 pounds a night.\n"
    document = read_document("hotel.txt", text.encode())
    assert document.title == "Harbour Hotel"
    assert [(s.heading.split(" > ")[-1], s.text) for s in document.sections] == [
        ("Check-in", "Rooms are ready at 3 p.m."),
        ("Parking", "A space costs 12 pounds a night."),
    ]


def test_chinese_text_shows_its_headings_too():
    document = read_document("说明.txt", "茶店\n\n配送范围\n我们配送至大陆各省。\n\n退货\n15天内可退。\n".encode())
    assert [section.heading for section in document.sections] == ["茶店 > 配送范围", "茶店 > 退货"]


def test_questions_and_answers_in_text_become_sections():
    document = read_document("faq.txt", b"FAQ\n\nQ: Is parking free?\nA: Yes, for two hours.\n\nQ: Pets?\nA: No.\n")
    assert [(s.heading.split(" > ")[-1], s.text) for s in document.sections] == [
        ("Is parking free?", "Yes, for two hours."),
        ("Pets?", "No."),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "question,answer\nHow long?,Three days\n",
        "Frage;Antwort\nHow long?;Three days\n",
        "id\tQuestion\tAnswer\n1\tHow long?\tThree days\n",
        '"How long?","Three days"\n"Where?","Here, there"\n',
    ],
)
def test_a_table_of_questions_makes_each_question_a_heading(content: str):
    section = read_document("faq.csv", content.encode()).sections[0]
    assert (section.heading, section.text) == ("How long?", "Three days")


def test_any_other_table_keeps_its_columns():
    passages = split_passages(read_document("prices.csv", b"item,price\nlamp,12 euros\nbulb,3 euros\n"))
    assert [unit.text for unit in units_of(passages[0].text)] == ["lamp – price: 12 euros", "bulb – price: 3 euros"]


def test_pdf_and_word_files_have_sections_as_well():
    pdf = read_document("w.pdf", make_pdf([("Warranty", 22), ("Lamps are covered for 5 years, and bulbs too.", 11)]))
    assert pdf.sections[0].heading.endswith("Warranty")
    word = read_document("s.docx", make_word())
    assert word.title == "Shipping"
    assert "Germany – Days: 3" in [unit.text for unit in units_of(word.sections[0].text)]


def test_long_sections_are_cut_between_sentences_and_nothing_is_lost():
    text = "# Long\n\n" + " ".join(f"Sentence number {n} says something." for n in range(300))
    passages = split_passages(read_document("long.md", text.encode()))
    assert len(passages) > 5
    assert all(len(passage.text) <= PASSAGE_CHARACTERS for passage in passages)
    assert sum(passage.text.count("Sentence number") for passage in passages) == 300


def test_a_long_table_repeats_its_head_in_each_part():
    rows = "\n".join(f"| item {n} | {n} euros and a long description of it |" for n in range(80))
    passages = split_passages(read_document("t.md", f"# T\n\n| Item | Price |\n| --- | --- |\n{rows}\n".encode()))
    assert len(passages) > 1
    assert all(passage.text.startswith("| Item | Price |") for passage in passages)


def test_a_word_without_end_does_not_make_a_passage_without_end():
    passages = split_passages(read_document("x.txt", b"a" * 20_000))
    assert max(len(passage.text) for passage in passages) <= PASSAGE_CHARACTERS


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It costs 3.50 euros, e.g. in France. Call Dr. Lee. Thanks!", 3),
        ("Am 3. Oktober ist zu. Wir öffnen am 5. Mai.", 2),
        ("保修两年。请保留发票！好吗？", 3),
        ("Open 9 a.m. to 5 p.m. on weekdays", 1),
    ],
)
def test_sentences_end_where_they_end(text: str, count: int):
    assert len(sentences_of(text)) == count


def test_a_sentence_that_leans_on_the_one_before_brings_it_along():
    units = units_of("The deposit is 50 euros. It is released when the bike comes back.")
    assert units[1].lead_in == "The deposit is 50 euros."


def test_another_kind_of_file_is_refused():
    with pytest.raises(UnsupportedFile, match="csv"):
        read_document("song.mp3", b"abc")


def test_a_file_of_only_headings_has_no_passages():
    assert split_passages(read_document("h.md", b"# One\n\n## Two\n")) == ()


@settings(max_examples=80)
@given(st.sampled_from(["a.md", "a.txt", "a.csv"]), st.text(max_size=300))
def test_any_text_gives_passages_or_a_sentence_of_ours(name: str, text: str):
    try:
        passages = split_passages(read_document(name, text.encode("utf-8", "surrogatepass")))
    except HearbackError:
        return
    for passage in passages:
        assert passage.text.strip()
        assert all(unit.text for unit in units_of(passage.text))
        assert list(blocks_of(passage.text))
