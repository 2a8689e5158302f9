"""The sheets 算定根拠 and 変更履歴: where each figure is from, how it was computed, what became of it.

Holds: one row per KPI and fiscal year with a value; one row per event. Does not hold: the formulas (`formulas`).
"""

from __future__ import annotations

import re
from decimal import Decimal

from sousei.publication.book.page import A3, Book, Column, Page
from sousei.publication.changes.words import KINDS
from sousei.publication.told.figures import Cell, Number, actual, computed, reasons
from sousei.publication.told.read import Told
from sousei.publication.told.tables import HISTORY, history_rows
from sousei.publication.told.words import NONE, STATUS

_BASIS = [
    *(
        Column("No", 9),
        Column("指標名", 20),
        Column("年度・期間", 18),
        Column("実績", 13, "right"),
        Column("単位", 8, "center"),
    ),
    *(
        Column("算定（式と数値。率は丸めない値を小数4桁で示す）", 58),
        Column("評価と理由", 32),
        Column("出典（統計・公表者）", 22),
    ),
    *(Column("ファイル", 21), Column("シート", 12), Column("行", 6, "right"), Column("sha256", 24)),
]
_CHANGED = (
    *("No", "指標名", "変更", "年度", "列数", "項目", "前回の値", "今回の値", "単位", "理由の確かさ", "前回の公表版"),
    *("理由", "表", "資料"),
)
"""Headers of what moved since the last release, in the widths of _HISTORY."""
_TABLES = {"mart_kpi_scorecard": "実績・評価", "dim_kpi": "指標・目標"}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_HISTORY = [
    Column(head, width, align)
    for head, (width, align) in zip(
        HISTORY,
        (
            *((9, "left"), (26, "left"), (13, "left"), (13, "left"), (5, "right"), (16, "left"), (15, "right")),
            *((15, "right"), (9, "center"), (12, "left"), (14, "left"), (36, "left"), (17, "left"), (34, "left")),
        ),
        strict=True,
    )
]


def add_basis(book: Book) -> None:
    """Add 算定根拠."""
    told = book.told
    page = Page(book, "算定根拠", "実績・率・評価の算定と出典", [c.width for c in _BASIS], paper=A3, size=9.0)
    found = [
        (kpi, score)
        for kpi in told.kpis
        for year in told.years
        if (score := told.scores.get((kpi["kpi_id"], year))) and score["actual_value"] is not None
    ]
    if not found:
        page.line("この計画には、示した年度に実績のある指標がありません。")
        return
    page.line("実績のある指標と年度だけを載せる。未報告の指標は「KPI一覧」に「… 未報告」とある。")
    page.header(_BASIS)
    page.repeat_from_top()
    for kpi, score in found:
        source = told.sources.get(score["source_id"] or "", {})
        page.cells(
            _BASIS,
            [
                kpi["kpi_no"] or kpi["kpi_id"],
                kpi["kpi_name_ja"],
                "\n".join(dict.fromkeys(filter(None, (told.fiscal_year(score["fiscal_year"]), score["period_ja"])))),
                actual(score),
                kpi["unit"],
                computed(told, score),
                reasons(told, score),
                "・".join(filter(None, (source.get("statistic_ja"), source.get("publisher_ja")))) or NONE,
                source.get("file_name") or score["source_id"] or NONE,
                score["source_sheet"] or NONE,
                Number(score["source_row"]) if score["source_row"] is not None else NONE,
                source.get("sha256") or NONE,
            ],
        )


def add_history(book: Book) -> None:
    """Add 変更履歴: revisions of targets, restatements, corrections, and what was first reported; below it what moved
    since the last release."""
    told = book.told
    page = Page(book, "変更履歴", "目標・実績の設定と訂正の履歴", [c.width for c in _HISTORY], paper=A3, size=8.5)
    page.line(_since(told))
    if told.history:
        _events(page, told)
    else:
        page.line("この計画の指標には、目標の設定も実績の報告もありません。")
    if told.changes:
        page.gap()
        page.line("前回公表からの変更", bold=True, font_size=11)
        _moved(page, told)


def _since(told: Told) -> str:
    """What the changes since the last release are, in one line."""
    if told.previous["not_compared_ja"]:
        return f"前回公表からの変更：{told.previous['not_compared_ja']}"
    before = f"前回公表（{told.previous['previous_release_id']}）からの変更："
    if not told.changes:
        return f"{before}この計画の指標に、動いた数値はありません。"
    return f"{before}{len(told.changes)}件。履歴の下に「前回公表からの変更」として載せる。"


def _moved(page: Page, told: Told) -> None:
    kpis = {one["kpi_id"]: one for one in told.kpis}
    heads = [Column(name, one.width, one.align) for name, one in zip(_CHANGED, _HISTORY, strict=True)]
    page.header(heads)
    for one in told.changes:
        kpi = kpis.get(one["kpi_id"], {})
        page.cells(
            heads,
            [
                kpi.get("kpi_no") or one["kpi_id"],
                kpi.get("kpi_name_ja") or one["key_ja"],
                KINDS[one["change"]],
                "\n".join(told.labels.get(one["fiscal_year"], (NONE,))),
                Number(one["n_columns"]) if one["change"] == "changed" else NONE,
                one["column_ja"] or NONE,
                _moved_value(one["value_before"]),
                _moved_value(one["value_after"]),
                one["unit"] or NONE,
                "特定" if one["is_established"] else "不明" if one["causes"] == "unknown" else "可能性",
                one["previous_release_id"],
                "\n".join(filter(None, (one["cause_ja"], None if told.is_public else one["hint_ja"]))),
                _TABLES.get(one["table_name"], one["table_name"]),
                one["sources_ja"] or NONE,
            ],
        )


def _moved_value(text: str | None) -> Cell:
    """A value of meta_change: a number where it is one."""
    if text is None:
        return NONE
    return Number(Decimal(text)) if _NUMBER.fullmatch(text) else STATUS.get(text, text)


def _events(page: Page, told: Told) -> None:
    page.header(_HISTORY)
    page.repeat_from_top()
    for row in history_rows(told):
        page.cells(_HISTORY, row)
