"""What says who somebody is, in nine languages, and what only looks like it."""

from __future__ import annotations

import time

import pytest

from core.privacy import masked, personal_data

FOUND = [
    ("email", "Write to jane.doe+lamp@example.co.uk, please.", "Write to [email], please."),
    ("email", "请发到 wang.wei@example.com。谢谢", "请发到 [email]。谢谢"),
    ("email", "联系我：ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "联系我：[email]"),
    ("email", "Schreib an jürgen@müller-lampen.de wegen der Rechnung", "Schreib an [email] wegen der Rechnung"),
    ("phone", "Call me at (415) 555-2671 after six.", "Call me at [phone] after six."),
    ("phone", "Ruf mich an: +49 (0)30 901820 oder später.", "Ruf mich an: [phone] oder später."),
    ("phone", "Meine Nummer ist 0171 2345678.", "Meine Nummer ist [phone]."),
    ("phone", "Appelez le 06 12 34 56 78 demain.", "Appelez le [phone] demain."),
    ("phone", "Llámame al 612 345 678, gracias.", "Llámame al [phone], gracias."),
    ("phone", "Il mio numero è 06 6982 1234.", "Il mio numero è [phone]."),
    ("phone", "Ligue para (11) 91234-5678 hoje.", "Ligue para [phone] hoje."),
    ("phone", "Bel 020-6241111 na vijven.", "Bel [phone] na vijven."),
    ("phone", "我的电话是13912345678，请打给我", "我的电话是[phone]，请打给我"),
    ("phone", "電話は０９０－１２３４－５６７８です", "電話は[phone]です"),
    ("phone", "Reach us under 0044 20 7946 0958.", "Reach us under [phone]."),
    ("iban", "Konto DE89 3704 0044 0532 0130 00, danke", "Konto [iban], danke"),
    ("iban", "Rekening NL91ABNA0417164300.", "Rekening [iban]."),
    ("iban", "Mon IBAN : FR14 2004 1010 0505 0001 3M02 606", "Mon IBAN : [iban]"),
    ("card", "My card is 4111 1111 1111 1111.", "My card is [card]."),
    ("ip address", "It came from 203.0.113.77 yesterday.", "It came from [ip address] yesterday."),
    ("ip address", "from 2001:db8::ff00:42:8329 again", "from [ip address] again"),
    (
        "link with a key",
        "Open https://shop.example/reset?user=4&token=9f8a7b6c5d now",
        "Open [link with a key] now",
    ),
    ("link with a key", "see https://bob:hunter2@git.example/repo", "see [link with a key]"),
    ("key", "use sk-proj-abcdefghijklmnopqrstuvwx12 for it", "use [key] for it"),
    ("id number", "身份证号11010519491231002X。", "身份证号[id number]。"),
    ("id number", "Steuer-ID 86 095 742 719 steht drauf", "Steuer-ID [id number] steht drauf"),
    ("id number", "Mi DNI es 12345678Z.", "Mi DNI es [id number]."),
    ("id number", "NIE X-1234567-L", "NIE [id number]"),
    ("id number", "Codice fiscale RSSMRA85T10A562S", "Codice fiscale [id number]"),
    ("id number", "O CPF é 529.982.247-25.", "O CPF é [id number]."),
    ("id number", "NIR 2 55 08 14 168 025 38", "NIR [id number]"),
    ("id number", "My social is 219-09-9999", "My social is [id number]"),
]


@pytest.mark.parametrize(("kind", "text", "without"), FOUND)
def test_what_says_who_somebody_is_gets_found_and_masked(kind: str, text: str, without: str) -> None:
    assert [one.kind for one in personal_data(text)] == [kind]
    assert masked(text) == without


@pytest.mark.parametrize(
    "text",
    [
        "Order 100234567 was sent on 2026-05-04 at 14:30 for 1,299.00 EUR.",
        "You may return a lamp within 30 days; call between 9:00 and 17:30.",
        "Die Lieferung am 04.05.2026 kostet 4,90 € und dauert 2-3 Werktage.",
        "Version 1.4.2 of the app, build 20260504, model LX-2000-40.",
        "La garantía es de 24 meses y cuesta 1.250.000 pesos.",
        "订单号2026050412345已发货，共3件，价格99.50元。",
        "注文番号は20260504001です。10:30に届きます。",
        "Read https://shop.example/help/returns?lang=en#days for more.",
        "Card 4111 1111 1111 1112 is not a card, and DE00 3704 0044 0532 0130 00 no account.",
        "It costs 12345678 A, at :memory: or 12:30:45.",
        "positive",
        "",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert personal_data(text) == ()
    assert masked(text) == text


def test_spans_hold_in_the_text_as_it_was_typed() -> None:
    text = "Ｍａｉｌ： ａ＠ｂ．ｄｅ, or +44 20 7946 0958 — both"
    found = {one.kind: text[one.span.start : one.span.end] for one in personal_data(text)}
    assert found == {"email": "ａ＠ｂ．ｄｅ", "phone": "+44 20 7946 0958"}


def test_masking_twice_changes_nothing_more() -> None:
    once = masked("Mail a@example.org, call 0171 2345678")
    assert masked(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "0 " * 10_000,
        "a." * 10_000 + "@",
        "https://" + "a/" * 10_000,
        "1-" * 10_000,
        ":" * 20_000,
        "A1" * 10_000,
        "é@" * 9_000,
    ],
)
def test_no_text_makes_the_search_slow(text: str) -> None:
    began = time.process_time()
    personal_data(text)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("Anna Keller called about her lamp.", "[name] called about her lamp."),
        ("I gave it to Thomas and never saw it again.", "I gave it to [name] and never saw it again."),
        ("please ask stefanie lehmann about it", "please ask [name] about it"),
        ("Das Paket liegt bei Stefanie Lehmann im Flur.", "Das Paket liegt bei [name] im Flur."),
        ("Hier, c'est Élodie Moreau qui a répondu.", "Hier, c'est [name] qui a répondu."),
        ("我把灯送给了陈晓红，她很喜欢。", "我把灯送给了[name]，她很喜欢。"),
        ("昨日、鈴木一郎が電話しました。", "昨日、[name]が電話しました。"),
    ],
)
def test_people_whom_no_word_announces_are_masked(text: str, without: str) -> None:
    assert masked(text) == without


@pytest.mark.parametrize(
    "text",
    [
        "In May and April the shops in Paris, Berlin and San Francisco are open.",
        "Der Koch und der Schneider wohnen im Keller, der Müller hat Winter und Sommer auf.",
        "La rosa y la flor del campo dan paz.",
        "马上就要过年了，周末高兴地用上了，金色和白色都很安静。",
        "Visa, Klarna and PayPal; General Terms apply.",
    ],
)
def test_words_that_are_names_too_stay_where_they_name_nobody(text: str) -> None:
    assert masked(text) == text
