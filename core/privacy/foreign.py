"""Foreign names in Chinese or Japanese letters: their parts are written by sound, with a point between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.privacy.names import DOUBT, GIVEN, classes_of

# The characters that foreign names are written with by sound: a closed class, by the tables that news agencies keep.
_BY_SOUND = (
    "阿埃艾爱安昂奥澳巴白班邦包鲍贝本比彼毕宾波伯玻博布查柴达戴丹当道德登邓迪底蒂丁杜顿厄恩尔耳法凡范方菲费芬佛夫"
    "弗福富盖甘冈高戈哥格葛根贡古瓜圭哈海汉豪赫黑亨洪胡华怀惠霍基吉加佳贾简杰捷金津卡凯坎康考柯科克肯孔库夸奎昆拉"
    "腊莱赖兰朗劳勒雷蕾黎里理利莉莲连廉良列林琳隆娄卢鲁路露伦罗洛马玛迈麦曼芒毛梅门蒙米密明缪摩莫默姆木穆拿娜纳奈"
    "内南楠尼妮涅宁努诺欧帕潘庞佩彭皮匹平珀普奇齐恰乔切琴丘热荣茹儒瑞若萨赛塞桑瑟森沙珊莎山尚绍舍申施史什斯丝思司"
    "松苏索塔泰坦汤唐陶特滕提田廷图托脱瓦万旺威韦维魏温文翁沃乌吴武西希锡喜夏香肖谢辛欣休许雪雅亚扬耶叶伊易因英尤"
    "约泽扎詹珍朱兹宗佐黛丽薇萝芙芭蓓茜娅蜜妲媞愛瑪華納爾達萊蘭倫羅馬麥盧魯貝賓傑凱勞維亞葉約薩賽絲蘇湯圖韋溫烏吳"
    "謝許楊澤諾歐龐喬熱榮費翰得历席保茨逊顺舒祖臻曾绪盛茵蕊大治雨"
)
_CHINESE = re.compile(rf"[{_BY_SOUND}]{{2,6}}(?:[·•‧][{_BY_SOUND}]{{1,6}}){{1,3}}")
_PART = "[\u30a1-\u30fa\u30fc]{2,10}"
_JAPANESE = re.compile(rf"({_PART})(?:[・＝=]{_PART}){{1,3}}")
_TITLE = re.compile("さん|様|さま|氏|先生|君|くん|ちゃん|殿")
# Given names that are frequent in Europe and America, where the lists have those of Japan alone.
_GIVEN_WORDS = """
    アダム アナ アレクサンダー アレックス アンソニー アントニオ アンドリュー アンドレ アンドレア アンドレアス
    アンヌ イザベル イネス ウィリアム エドワード エマ エミリー エリザベス エレナ オリバー オリビア カタリナ
    カルロス カレン カール クラウス クララ クリス クリスティーナ グレース ケビン サミュエル サラ サンドラ シモン
    ジェシカ ジェニファー ジェームズ ジャック ジャン ジュリア ジュリアン ジョアン ジョセフ ジョルジュ ジョン
    ジョージ スティーブ スティーブン ステファン スーザン ソフィア ソフィー ダニエル ダビド チャールズ デイビッド
    デビッド トム トーマス ニコラ ニコラス ニコール ハンス ハンナ バーバラ パウロ パトリック ピエール ピータ
    ピーター フアン フランク フランソワ フランチェスコ ヘレン ベンジャミン ペドロ ペーター ポール マイク
    マイケル マイヤ マテオ マリオ マリー マルコ マルタ マーガレット マーク マーティン ミゲル ミシェル ミヒャエル
    メアリー ヤン ヨハネス ヨハン ラウラ リサ リチャード ルイ ルイス ルカ ルーカス レオ ロバート ロベルト ローラ
    ヴィクトリア
"""
_GIVEN = frozenset(_GIVEN_WORDS.split())


def foreign(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each name."""
    for match in _CHINESE.finditer(text):
        yield match.span()
    for match in _JAPANESE.finditer(text):
        # Things in a list have such points as well: a person is addressed, or has a given name.
        if _TITLE.match(text, match.end()) or match[1] in _GIVEN or _is_given(match[1]):
            yield match.span()


def _is_given(word: str) -> bool:
    found = classes_of(word)
    return bool(found & GIVEN) and not found & DOUBT
