"""Names in letters of another language, and a given name that begins a sentence alone: masked, and nothing else."""

from __future__ import annotations

import pytest

from core.privacy import NAME, masked, personal_data
from tests.promises import Found

# The first three lines were looked at while the list of characters was made. Of the others, asked afterwards, 13 of 15
# were found; three characters were added for these.
CHINESE = """
    安娜·凯勒 玛丽·史密斯 约翰·米勒 彼得·施耐德 伊丽莎白·泰勒 弗朗索瓦·杜邦 卡洛斯·加西亚 汤姆·汉克斯 苏珊·布朗
    马丁·路德·金 克里斯蒂娜·罗西 詹姆斯·威尔逊 亚历山大·彼得罗夫 珍妮弗·洛佩兹 保罗·席尔瓦 萨拉·德容 迈克尔·乔丹
    艾玛·沃森 丹尼尔·费舍尔 英格丽·贝克尔
    路易斯·费尔南德斯 奥利维亚·穆勒 托马斯·霍夫曼 卡特琳·舒尔茨 加布里埃尔·桑托斯 索菲·勒鲁瓦 安德烈亚·比安基
    维克多·雨果 凯特·温斯莱特 罗伯特·德尼罗 汉斯·齐默 娜塔莉·波特曼 乔治·华盛顿 纳尔逊·曼德拉 阿尔伯特·爱因斯坦
"""
JAPANESE = """
    アンナ・ケラー マリア・ガルシア ジョン・スミス ピーター・シュナイダー エリザベス・テイラー
    フランソワ・デュポン カルロス・ロペス トム・ハンクス スーザン・ブラウン マーティン・ルーサー・キング
    マイケル・ジョーダン エマ・ワトソン ダニエル・フィッシャー
"""
FIRST = (
    "Anna called me on Tuesday.", "Thanks. Sophie said that it was fine? Anna told me so.", "Anna rief am Dienstag an.",
    "Anna hat mir gesagt, dass es geht.", "Anna m'a dit que oui.", "Anna dijo que sí.", "Anna mi ha scritto ieri.",
    "Anna ligou na terça.", "Anna belde dinsdag.",
)  # fmt: skip
ORDINARY = (
    "我买了台灯·落地灯。",
    "《史记·项羽本纪》很有意思。",
    "北京·上海两地发货。",
    "套餐包括咖啡·茶·果汁。",
    "客厅·卧室·厨房都有。",
    "テーブル・ランプを買いました。",
    "ソファ・ベッドは青いです。",
    "コーヒー・ティー・ジュースから選べます。",
    "サイズはスモール・ミディアムです。",
    "東京・大阪・名古屋に送れます。",
    "Wood called for more care than steel.",
    "Paris said yes to the plan.",
    "Support told me to wait.",
    "Amazon hat mir geschrieben.",
    "Mercedes rief Wagen zurück.",
    "Alexa said the lamp is on.",
    "Modell A-D. Rot ist ausverkauft.",
)


@pytest.mark.promise("R17")
def test_foreign_names_by_sound_go_whole_in_chinese_and_japanese(found: Found) -> None:
    asked = [
        *((name, f"昨天{name}给我打电话说灯坏了。") for name in CHINESE.split()),
        *((name, f"交換品が間違って{name}に届きました。") for name in JAPANESE.split()),
    ]
    missed = [name for name, text in asked if any(part in masked(text) for part in name.replace("・", "·").split("·"))]
    found("recall of foreign names in Chinese or Japanese letters", f"{len(asked) - len(missed)} of {len(asked)}")
    assert len(missed) <= 0.05 * len(asked), missed


def test_a_japanese_form_of_address_tells_of_a_foreign_name_that_no_list_has() -> None:
    assert masked("ブルンヒルデ・ファンデルベルクさんから電話がありました。") == "[name]さんから電話がありました。"
    assert masked("ブルンヒルデ・ファンデルベルクは青いです。") == "ブルンヒルデ・ファンデルベルクは青いです。"


@pytest.mark.promise("R17")
@pytest.mark.parametrize("text", FIRST)
def test_a_given_name_alone_that_begins_a_sentence_goes_where_somebody_speaks(text: str) -> None:
    assert "Anna" not in masked(text)


def test_a_second_name_of_one_letter_belongs_to_the_name() -> None:
    assert masked("Wer ist Klaus-D. Rohleder?") == "Wer ist [name]?"


@pytest.mark.parametrize("text", ORDINARY)
def test_what_only_looks_alike_stays(text: str) -> None:
    assert not [text[one.span.start : one.span.end] for one in personal_data(text) if one.kind == NAME]
