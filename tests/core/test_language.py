"""What language a text is in, and when nobody can tell."""

from __future__ import annotations

import functools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.tasks import language
from core.tasks.language import LANGUAGES, guess_language

NINE = {
    "en": "Where can I change the address of my order?",
    "de": "Wo kann ich die Adresse meiner Bestellung ändern?",
    "fr": "Où puis-je modifier l'adresse de ma commande ?",
    "es": "¿Dónde puedo cambiar la dirección de mi pedido?",
    "pt": "Onde posso alterar a morada da minha encomenda?",
    "it": "Dove posso cambiare l'indirizzo del mio ordine?",
    "nl": "Waar kan ik het adres van mijn bestelling wijzigen?",
    "zh": "我在哪里可以更改订单的收货地址？",
    "ja": "注文の配送先はどこで変更できますか？",
}


@pytest.mark.parametrize(("code", "text"), NINE.items())
def test_a_plain_question_is_recognized_and_sure(code: str, text: str) -> None:
    guess = guess_language(text)
    assert (guess.code, guess.is_sure) == (code, True)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("ko", "주문 주소를 어디에서 변경할 수 있나요?"),
        ("ru", "Где я могу изменить адрес моего заказа?"),
        ("uk", "Де я можу змінити адресу мого замовлення?"),
        ("el", "Πού μπορώ να αλλάξω τη διεύθυνση;"),
        ("ar", "أين يمكنني تغيير عنوان طلبي؟"),
        ("sv", "Var kan jag ändra adressen för min beställning?"),
        ("pl", "Gdzie mogę zmienić adres mojego zamówienia?"),
    ],
)
def test_other_languages_are_named_too(code: str, text: str) -> None:
    assert guess_language(text).code == code


@pytest.mark.parametrize("text", ["", "   ", "12345 + 67", "😀😀😀", "\ud800", "https://example.org/a/b"])
def test_a_text_without_words_has_no_language(text: str) -> None:
    guess = guess_language(text)
    assert (guess.code, guess.is_sure) == ("", False)


@pytest.mark.parametrize("text", ["ok", "Hotel", "taxi bar", "Maria Gonzalez"])
def test_a_word_or_two_leave_it_unsure(text: str) -> None:
    assert not guess_language(text).is_sure


def test_an_even_mix_of_scripts_is_unsure() -> None:
    assert not guess_language("please send it 请把它寄给我们好吗").is_sure


def test_kana_make_it_japanese_and_a_quoted_kana_does_not() -> None:
    assert guess_language("東京都港区のホテルを予約したい").code == "ja"
    chinese = "我们去年在日本旅行的时候住在一家叫さ的很小的温泉旅馆里，那里的早餐非常丰盛，服务也特别周到"
    assert guess_language(chinese).code == "zh"


def test_capitals_do_not_hide_a_language() -> None:
    assert guess_language("DAS GERÄT IST NACH EINER WOCHE KAPUTT GEGANGEN").code == "de"


def test_addresses_and_placeholders_do_not_count() -> None:
    assert guess_language("Das ist der Link: https://the-best-of-the-web.example.com/and/that/is/all").code == "de"


def test_equal_texts_get_equal_answers_from_many_threads() -> None:
    texts = list(NINE.values()) * 20
    with ThreadPoolExecutor(8) as pool:
        guesses = list(pool.map(guess_language, texts))
    assert guesses == [guess_language(text) for text in texts]


def test_a_huge_text_costs_no_more_than_its_first_pages() -> None:
    assert guess_language("Das ist ein Satz. " * 200_000).code == "de"


def test_every_code_has_a_name() -> None:
    assert set(NINE) <= set(LANGUAGES)
    assert all(name[0].isupper() for name in LANGUAGES.values())


def test_all_who_come_first_wait_for_one_reading_of_the_profiles(monkeypatch):
    readings = []
    plain = language._read_profiles.__wrapped__

    def slowly(script):
        readings.append(script)
        time.sleep(0.05)
        return plain(script)

    monkeypatch.setattr(language, "_read_profiles", functools.lru_cache(maxsize=8)(slowly))
    threads = [threading.Thread(target=guess_language, args=("Привет, как дела?",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert readings == ["CYRILLIC"]
