"""The sheets 算定根拠 and 変更履歴: where each figure is from, how it was computed, what became of it.

Holds: one row per KPI and fiscal year with a value; one row per event. Does not hold: the formulas (`formulas`).
"""

from __future__ import annotations

from sousei.publication.book.page import A3, Book, Column, Page
from sousei.publication.told.figures import Number, actual, computed, reasons
from sousei.publication.told.tables import HISTORY, history_rows
from sousei.publication.told.words import NONE

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
    """Add 変更履歴: revisions of targets, restatements, corrections, and what was first reported."""
    told = book.told
    page = Page(book, "変更履歴", "目標・実績の設定と訂正の履歴", [c.width for c in _HISTORY], paper=A3, size=8.5)
    if not told.history:
        page.line("この計画の指標には、目標の設定も実績の報告もありません。")
        return
    page.header(_HISTORY)
    page.repeat_from_top()
    for row in history_rows(told):
        page.cells(_HISTORY, row)
