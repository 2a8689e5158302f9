"""Text of a delivery -> what a message may show of it.

Holds the one rule for every message, page and log: figures, signs and the field's own words are shown, any other text
is shown as its length only, since it may be about a person. Row and column say where it stands; a sheet whose name is
not of the field is told by its number. Does not hold which texts are wrong.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sousei.ingest.areas.register import plain_name, register
from sousei.ingest.vocabulary.text import squeeze

_INGEST = Path(__file__).resolve().parents[1]
MASK = "＊"
_SAID = """
人 千人 百人 世帯 円 千円 百万円 億円 件 千件 回 台 率 歳 才 歳以上 歳未満 以上 未満 年 月 日 年度 年度末 月末 年月 平成
令和 昭和
男 女 計 総数 総計 合計 小計 男女計 皆増 皆減 不詳 総人口 日本人 外国人 日本人住民 外国人住民 全国 total male female
X x E e H R S N A REF DIV VALUE NAME NUM NULL TRUE FALSE nan NaN inf null None
"""
_WORDS = frozenset(_SAID.split())
_LETTERS = re.compile(r"[^\W\d_]+")
_JAPANESE = re.compile(r"[\u4e00-\u9fff\u30a0-\u30ff\u3005]+")
_KANA = re.compile(r"[\u3041-\u309f]+")
_LATIN = re.compile(r"[A-Za-z]+")
_RUNS = re.compile(rf"{_JAPANESE.pattern}|{_KANA.pattern}|{_LATIN.pattern}|.", re.DOTALL)
_SINGLE = frozenset("年月日人口数率計額件円男女歳以上未満市区町村都道府県国内外等者比合総別名表式及")
"""Characters that stand alone in a header."""
_ALSO = """
訪日 客数 来訪 観光 宿泊 日帰 外国 国籍 在留 特例 指定 寄附 寄附金 受入 控除
経費 返礼 申告 通勤 通学 就業 従業 産業 職業 世帯 単独 核家族 配偶 未婚 死別
離別 施設 速報 確報 集計 推計 補正 補完 備考 注記 摘要 区分 分類 項目 事項
単位 前年 前月 同月 増減 割合 比率 順位 面積 密度 昼間 夜間 流入 流出 特別
永住 地域 圏域 支庁 振興局 参考 資料 統計 調査 結果 一覧 内訳 年次 月次 平均
最大 最小 延べ 実人員 について してください ください お答えください 記入 回答 および
"""
"""Words of headers that no contract has yet."""
_OF_THE_FIELD = ("sources/*/*.yaml", "forms/*.yaml", "recognise/*.py", "vocabulary/*.py")
_NUMBER_OF_SOMEBODY = re.compile(r"\d(?:[-‐ー－\s]?\d){8,}")
"""Nine digits and more in a row or parted by hyphens: a telephone, account or personal number, not a figure."""


def cell(text: str, length: int = 24) -> str:
    """A cell that should have been a figure, a code, an age or one of a few words."""
    whole = squeeze(text)
    # a number that the end would cut short is no figure either
    ends = [found.end() for found in _NUMBER_OF_SOMEBODY.finditer(whole) if found.start() < length]
    plain = _LETTERS.sub(lambda run: run[0] if run[0] in _WORDS else MASK * len(run[0]), whole[: max([length, *ends])])
    return _NUMBER_OF_SOMEBODY.sub("<9桁以上の数字>", plain)


def name(text: str) -> str:
    """A cell that should have been the name of an area: shown where some area has, or had, this name."""
    return text if plain_name(text) in _names() else cell(text)


def label(text: str) -> str:
    """A header or a title: each run of letters is shown where it is made of words that the contracts use."""
    return "".join(part if is_shown else _masked(part) for part, is_shown in parts(text))


def parts(text: str) -> list[tuple[str, bool]]:
    """A header or a title in pieces, each with whether it may be shown."""
    if plain_name(text) in _names():
        return [(text, True)]
    found: list[tuple[str, bool]] = []
    last = 0
    for number in [*_NUMBER_OF_SOMEBODY.finditer(text), None]:
        until = number.start() if number else len(text)
        found += [(run, not _LETTERS.match(run) or _is_of_the_field(run)) for run in _runs(text[last:until])]
        if number:
            found.append((number[0], False))
            last = number.end()
    return found


def _masked(part: str) -> str:
    return MASK * len(part) if _LETTERS.match(part) else "<9桁以上の数字>"


def is_known(text: str) -> bool:
    """Whether all of a header, title or sheet name may be shown."""
    return all(is_shown for _, is_shown in parts(text))


def sheet(text: str, number: int) -> str:
    """The name of a sheet, or its number (first = 1) where the name is not made of the field's words."""
    return text if is_known(text) else f"{number}枚目のシート"


def _runs(text: str) -> list[str]:
    """Letters in runs of one script, and every other character."""
    return _RUNS.findall(text)


@cache
def _is_of_the_field(run: str) -> bool:
    """A word of the field, or several of them in a row: parts of at least two letters, and a few that stand alone.
    Kana says nothing of a person in up to two letters (の, べ)."""
    if run in _WORDS or run.lower() in _pieces() or (_KANA.fullmatch(run) and len(run) <= 2):
        return True
    if not _JAPANESE.fullmatch(run):
        return False
    reached = {0}
    for end in range(1, len(run) + 1):
        if (run[end - 1] in _SINGLE and end - 1 in reached) or any(
            start in reached and run[start:end] in _pieces() for start in range(end - 1)
        ):
            reached.add(end)
    return len(run) in reached


@cache
def _pieces() -> frozenset[str]:
    """Every word that contracts, forms and recognition are written with, and its parts of at least two letters."""
    found = set(_ALSO.split())
    for place in _OF_THE_FIELD:
        for path in sorted(_INGEST.glob(place)):
            text = path.read_text("utf-8-sig")
            found |= set(_KANA.findall(text))
            for run in set(_JAPANESE.findall(text)):
                found |= {run} | {run[start:end] for start in range(len(run)) for end in range(start + 2, len(run) + 1)}
            found |= {run.lower() for run in set(_LATIN.findall(text))}
    return frozenset(found)


@cache
def _names() -> frozenset[str]:
    known = register()
    names = {name for names in known.names_of.values() for name in names}
    return frozenset(names | {plain_name(name) for name in known.prefecture_of.values()})
