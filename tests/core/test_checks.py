"""What the checks hold back, and that they leave ordinary corrections in nine languages alone."""

from __future__ import annotations

import pytest

from core.learning.checks import Candidate, check, duplicate, key_of, share_of
from core.types import Task

# Written for this test: (language, question, output, correction), the way visitors correct answers.
ORDINARY = [
    ("en", "How long may I return a lamp?", "30 days.", "You may return it within 60 days of delivery."),
    ("en", "Do you ship to Norway?", "We ship within the EU.", "Yes, to Norway too; it takes five to seven days."),
    ("en", "Who pays for the return?", "You pay for the return.", "We do."),
    ("en", "Is there a warranty?", "The warranty is one year.", "Two years on all lamps, one on bulbs."),
    ("en", "When do you open?", "We open at 9:00.", "At 8:30 on weekdays, 10:00 on Saturdays."),
    ("en", "Can I pay by invoice?", "You can pay by card.", "Companies can pay by invoice within 14 days."),
    ("en", "What is the Kvikk series?", "I did not find this.", "Kvikk is our series of wall lamps."),
    ("de", "Wie lange ist die Garantie?", "Ein Jahr.", "Zwei Jahre ab dem Kaufdatum, auf Leuchtmittel sechs Monate."),
    ("de", "Wann kommt mein Paket?", "In drei Tagen.", "Zwischen Dienstag und Donnerstag nächster Woche."),
    ("de", "Wer zahlt den Versand?", "Sie zahlen.", "Ab fünfzig Euro zahlen wir den Rückversand."),
    ("de", "Was heißt Abstellgenehmigung?", "Nichts gefunden.", "Der Paketzusteller darf es vor der Tür abstellen."),
    ("de", "Gibt es Ersatzteile?", "Nein.", "Ja, Lampenschirme und Netzteile über den Kundendienst."),
    ("de", "Angst vor Kurzschluss?", "Nein.", "Schutzschalter verhindern einen Kurzschluss."),
    ("de", "Wie reinige ich sie?", "Mit Wasser.", "Bitte trocken, mit einem weichen Tuch."),
    ("fr", "Quand arrive mon colis ?", "Demain.", "Votre colis arrive jeudi, entre neuf heures et midi."),
    ("fr", "Puis-je payer par chèque ?", "Oui.", "Non, uniquement par carte ou par virement bancaire."),
    ("fr", "Qui paie le retour ?", "Le client.", "Le retour est gratuit pendant soixante jours."),
    ("fr", "Livrez-vous en Corse ?", "Non.", "Oui, avec deux jours de plus et sans supplément."),
    ("fr", "La lampe est cassée.", "Dommage.", "Envoyez-nous une photo, nous la remplaçons aussitôt."),
    ("fr", "Où est la facture ?", "Dans le colis.", "Vous la trouvez dans votre espace client."),
    ("fr", "C'est étanche ?", "Je ne sais pas.", "Oui, pour une salle de bains, pas pour le jardin."),
    ("es", "¿Cuánto tarda el envío?", "Tres días.", "Entre cuatro y seis días laborables a las islas."),
    ("es", "¿Puedo cambiar el color?", "No.", "Sí, dentro de los treinta días y sin coste."),
    ("es", "¿Dónde está mi pedido?", "En camino.", "Salió ayer del almacén de Zaragoza."),
    ("es", "¿Hay garantía?", "Un año.", "Tres años desde la fecha de compra."),
    ("es", "¿Se puede lavar?", "No.", "La pantalla se limpia con un paño húmedo."),
    ("es", "¿Quién llama?", "Nadie.", "Le llamará un compañero de atención al cliente."),
    ("es", "¿Qué bombilla lleva?", "E14.", "Lleva una bombilla de rosca pequeña, incluida."),
    ("pt", "Quanto custa o envio?", "Cinco euros.", "É grátis acima de quarenta euros."),
    ("pt", "Posso devolver a lâmpada?", "Não.", "Sim, até sessenta dias depois da entrega."),
    ("pt", "Onde fica a loja?", "Em Lisboa.", "Fica na rua do Ouro, perto da estação."),
    ("pt", "Há garantia?", "Um ano.", "Dois anos, mas as lâmpadas têm seis meses."),
    ("pt", "Como limpo?", "Com água.", "Com um pano seco e macio, sem produtos."),
    ("pt", "Chegou partida.", "Lamento.", "Mande uma fotografia e enviamos outra amanhã."),
    ("pt", "Quem paga?", "O cliente.", "Pagamos nós a devolução."),
    ("it", "Quanto dura la garanzia?", "Un anno.", "Due anni dalla data di acquisto."),
    ("it", "Spedite in Sardegna?", "No.", "Sì, con due giorni in più e senza costi aggiuntivi."),
    ("it", "Posso pagare a rate?", "No.", "Sì, in tre rate senza interessi."),
    ("it", "Come si pulisce?", "Con acqua.", "Con un panno asciutto e morbido."),
    ("it", "Dov'è il mio pacco?", "In viaggio.", "È partito ieri dal magazzino di Bologna."),
    ("it", "La lampada è rotta.", "Mi dispiace.", "Ci mandi una foto e ne spediamo un'altra."),
    ("it", "Chi paga il reso?", "Il cliente.", "Lo paghiamo noi."),
    ("nl", "Hoe lang is de garantie?", "Eén jaar.", "Twee jaar vanaf de aankoopdatum."),
    ("nl", "Wanneer komt mijn pakje?", "Morgen.", "Donderdag tussen negen en twaalf uur."),
    ("nl", "Kan ik ruilen?", "Nee.", "Ja, binnen zestig dagen en gratis."),
    ("nl", "Wie betaalt de retour?", "De klant.", "Wij betalen de retourzending."),
    ("nl", "Hoe maak ik hem schoon?", "Met water.", "Met een droge, zachte doek."),
    ("nl", "Is hij waterdicht?", "Weet ik niet.", "Ja, voor de badkamer, niet voor buiten."),
    ("nl", "Waar is de factuur?", "In de doos.", "Die staat in uw account onder bestellingen."),
    ("zh", "保修期多长？", "一年。", "所有灯具保修两年，灯泡保修六个月。"),
    ("zh", "什么时候到货？", "明天。", "预计周四上午送到。"),
    ("zh", "谁付退货运费？", "客户。", "六十天内退货免运费。"),
    ("zh", "可以开发票吗？", "可以。", "可以，发票会发到您的邮箱里。"),
    ("zh", "怎么清洁？", "用水。", "请用干的软布擦拭。"),
    ("zh", "灯坏了。", "抱歉。", "请发一张照片，我们马上换新的。"),
    ("zh", "有货吗？", "没有。", "有货，今天就能发出。"),
    ("ja", "保証期間は？", "一年です。", "すべての照明は二年間保証します。"),
    ("ja", "いつ届きますか？", "明日です。", "木曜日の午前中に届く予定です。"),
    ("ja", "返品の送料は？", "お客様負担です。", "六十日以内の返品は無料です。"),
    ("ja", "領収書は？", "箱の中です。", "マイページの注文履歴から印刷できます。"),
    ("ja", "掃除の仕方は？", "水で。", "乾いた柔らかい布で拭いてください。"),
    ("ja", "壊れていました。", "すみません。", "写真を送ってください。すぐに交換します。"),
    ("ja", "在庫はありますか？", "ありません。", "はい、今日発送できます。"),
    ("en", "Translate: Feierabend", "Evening", "Knocking-off time"),
    ("de", "Translate: broken", "gebrochen", "kaputt"),
    ("en", "Summary?", "They talk.", "Anna moves the meeting to Friday because of the strike."),
]


@pytest.mark.parametrize(("language", "asked", "output", "corrected"), ORDINARY)
def test_an_ordinary_correction_is_not_held(language: str, asked: str, output: str, corrected: str) -> None:
    assert check(Candidate(Task.SUPPORT, asked, output, corrected)) == ()


def kinds(corrected: str, output: str = "You may return a lamp within 30 days.", **changes: str) -> list[str]:
    asked = changes.pop("asked", "How long may I return a lamp?")
    return [one.kind for one in check(Candidate(Task.SUPPORT, asked, output, corrected, **changes))]


@pytest.mark.promise("R12")
@pytest.mark.parametrize(
    "text",
    [
        "asdfghjkl",
        "sdfkjh skdjfh wekjrh",
        "qwertz uiopü yxcvb",
        "aaaaaaaaaaaaaaa",
        "ha ha ha ha ha ha ha ha",
        "好好好好好好好好好好好好好",
    ],
)
def test_keys_struck_at_random_are_gibberish(text: str) -> None:
    assert "gibberish" in kinds(text)


def test_another_language_than_the_question_and_the_answer_is_told() -> None:
    corrected = "Sie können eine Lampe innerhalb von sechzig Tagen zurückgeben."
    (found,) = check(
        Candidate(Task.SUPPORT, "How long may I return a lamp?", "Within thirty days of delivery.", corrected)
    )
    assert found.sentence == "It is in German; the answer should be in English."


def test_a_translation_must_be_in_the_language_that_was_asked_for() -> None:
    german = "Vielen Dank für Ihre Bestellung, sie geht morgen an Sie ab."
    english = "Thank you very much for your order, it leaves tomorrow."
    asked = "Thank you for your order. It goes out tomorrow."
    output = "Danke für die Bestellung. Sie geht morgen raus."
    assert check(Candidate(Task.TRANSLATE, asked, output, german, "de")) == ()
    assert [one.kind for one in check(Candidate(Task.TRANSLATE, asked, output, english, "de"))] == ["language"]


def test_far_too_short_and_far_too_long_are_told() -> None:
    long = "You may return every lamp within thirty days of delivery if it is unused and in its box, at our cost. "
    assert kinds("No.", long) == ["length"]
    assert kinds(
        "We take it back within thirty days. Then there is more to say of it, and more. " * 4 + "End.",
        "Yes, of course.",
    ) == ["length"]
    assert kinds("Within sixty days, unused, in its box.", long) == []


def test_nothing_but_punctuation_changed_is_a_near_copy() -> None:
    assert kinds("you may return a lamp within 30 days") == ["near-copy"]
    assert kinds("You may return a lamp within 30 days.") == ["near-copy"]
    assert kinds("You may return a lamp within 60 days.") == []


def test_personal_data_is_told_by_kind_and_not_repeated() -> None:
    (found,) = check(Candidate(Task.SUPPORT, "Who?", "Ask us.", "Write to anna@example.org or to bob@example.org."))
    assert found.kind == "personal data"
    assert "2 x email" in found.sentence
    assert "anna" not in found.sentence


def test_a_sentiment_is_one_of_three_labels() -> None:
    assert check(Candidate(Task.SENTIMENT, "So so.", "positive", "neutral")) == ()
    assert [one.kind for one in check(Candidate(Task.SENTIMENT, "So so.", "positive", "meh"))] == ["label"]
    assert [one.kind for one in check(Candidate(Task.SENTIMENT, "So so.", "positive", "positive"))] == ["near-copy"]


def test_one_visitor_may_not_fill_the_queue() -> None:
    assert share_of(9, 9) is None
    assert share_of(20, 100) is None
    found = share_of(21, 100)
    assert found is not None
    assert found.sentence == "One visitor gave 21 of 100 corrections of this kind (21 %)."


def test_duplicates_are_of_the_same_visitor_or_of_what_is_approved() -> None:
    assert duplicate(False, False) is None
    assert "this visitor" in str(duplicate(True, False)).casefold()
    assert "approved already" in str(duplicate(True, True))


def test_a_key_forgets_case_width_and_punctuation_only() -> None:
    assert key_of("How  long may I return a LAMP?") == key_of("how long may i return a lamp")
    assert key_of("ＡＢＣ１") == key_of("abc1")
    assert key_of("30 days") != key_of("60 days")
    assert key_of("…!") == ""
