"""The sheets 交付金効果検証, 人口, 未報告・要確認 and 注記・凡例.

Holds: what each shows. Does not hold: figures or rules (marts).
"""

from __future__ import annotations

from collections.abc import Sequence

from sousei.publication.book.page import A3, FONT, Book, Column, Page
from sousei.publication.told.figures import Cell
from sousei.publication.told.read import NO_GOAL, Row
from sousei.publication.told.tables import (
    COUNTED,
    GRANT,
    LINES,
    ROUNDING,
    SERIES_APART,
    SYMBOLS,
    VISION,
    about_paper,
    bands,
    counted_rows,
    credits,
    grant_rows,
    vision_rows,
)
from sousei.publication.told.words import NONE, SERIES, era_day, short_goal

_GRANT = [
    Column(head, width, align)
    for head, (width, align) in zip(
        GRANT,
        (
            *((24, "left"), (13, "left"), (15, "right"), (4, "right"), (24, "left"), (8, "left"), (12, "right")),
            *((11, "right"), (11, "right"), (11, "right"), (11, "right"), (9, "right"), (18, "left"), (18, "left")),
            *((30, "left"), (30, "left")),
        ),
        strict=True,
    )
]
_MISSING = [
    *(Column("No", 9), Column("基本目標", 11), Column("指標名", 26), Column("求める相手", 15), Column("理由", 14)),
    *(Column("年度", 12), Column("いつから", 17), Column("何が足りないか", 46)),
]
_TO_DO = [Column("どうすればよいか", 46), Column("台帳・報告のファイル", 30)]
_LOOKS = {
    LINES["ipss_2018"]: ("dash", "diamond", "#595959"),
    LINES["ipss_2023"]: ("round_dot", "triangle", "#595959"),
    LINES["ipss_2018_from_2025"]: ("square_dot", "plus", "#595959"),
    LINES["plan"]: ("long_dash", "square", "#000000"),
    f"実績（{SERIES['census']}）": ("solid", "circle", "#000000"),
    f"実績（{SERIES['resident_registry']}）": ("solid", "x", "#404040"),
}
"""Series -> dash, marker (as in report.charts), shade."""
_VISION_WIDTHS = (30, 8, 13, 13, 13, 13, 13, 13, 22)
_COUNTED_WIDTHS = (30, 8, 13, 13, 13, 13, 13, 13, 22)


def add_grants(book: Book) -> None:
    """Add 交付金効果検証: increments of the year and totals, of each KPI of a project of the national grant."""
    told = book.told
    page = Page(book, "交付金効果検証", "交付金事業の効果検証", [c.width for c in _GRANT], paper=A3, size=9.0)
    if not told.grants:
        page.line("この計画には、交付金事業の報告がありません。")
        return
    page.header(_GRANT)
    page.repeat_from_top()
    for row in grant_rows(told):
        page.cells(_GRANT, row)


def add_population(book: Book) -> None:
    """Add 人口: projections and plan by year, counts beside them, a chart. Census and registry stay apart."""
    lines, counts = vision_rows(book.told), counted_rows(book.told)
    page = Page(book, "人口", "人口の推計・目標・実績", _VISION_WIDTHS)
    if not lines and not counts:
        page.line("この団体の人口の推計・実績は、公表版にありません。")
        return
    page.line("１　推計と目標（各年10月1日）", bold=True, font_size=11)
    spans = _table(page, _columns(VISION, _VISION_WIDTHS), lines)
    page.turn()
    page.line("２　実績と、同じ日の推計・目標（推計の年の間は直線で結んだ値）", bold=True, font_size=11)
    if counts:
        spans += _table(page, _columns(COUNTED, _COUNTED_WIDTHS), counts)
        page.line(SERIES_APART)
    else:
        page.line("推計の基準年より後の実績は、公表版にありません。")
    page.gap()
    _chart(page, spans)


def _columns(heads: Sequence[str], widths: Sequence[float]) -> list[Column]:
    """Name, year, figures, and words in the last columns."""
    words = {"系列", "備考", "確定度", "時点"}
    return [
        Column(head, width, "left" if head in words else "center" if head == "年" else "right")
        for head, width in zip(heads, widths, strict=True)
    ]


def _table(page: Page, heads: list[Column], series: dict[str, list[list[Cell]]]) -> list[tuple[str, int, int, int]]:
    """Write a table of series; name, first and last row and column of figures of each."""
    page.header(heads)
    spans = []
    for label, rows in series.items():
        first = page.row
        for row in rows:
            page.cells(heads, row)
        spans.append((label, first, page.row - 1, 2))
    return spans


def _chart(page: Page, spans: list[tuple[str, int, int, int]]) -> None:
    """One line a series, told apart by dash and marker."""
    chart = page.book.file.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    for label, first, last, column in spans:
        dash, marker, grey = _LOOKS[label]
        chart.add_series(
            {
                "name": label,
                "categories": [page.name, first, 1, last, 1],
                "values": [page.name, first, column, last, column],
                "line": {"color": grey, "width": 2 if dash == "solid" else 1.5, "dash_type": dash},
                "marker": {
                    "type": marker,
                    "size": 6,
                    "border": {"color": grey},
                    "fill": {"color": grey if marker == "circle" else "#FFFFFF"},
                },
            }
        )
    font = {"name": FONT["font_name"], "size": 9}
    chart.set_title({"name": "総人口（人）", "name_font": {**font, "size": 11}})
    told = page.book.told
    years = [one["year"] for one in told.vision if one["scenario_id"] in LINES]
    years += [one["as_of_date"].year for one in told.counted]
    five = {"min": min(years) // 5 * 5, "max": -(-max(years) // 5) * 5, "major_unit": 5}
    chart.set_x_axis({"num_font": font, "num_format": "0", "major_gridlines": {"visible": False}, **five})
    chart.set_y_axis(
        {
            "num_font": font,
            "num_format": "#,##0",
            "min": 0,
            "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
        }
    )
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_size({"width": 960, "height": 380})
    page.sheet.insert_chart(
        page.row,
        0,
        chart,
        {"description": "総人口の推計・目標・実績の折れ線。数値は表１と表２のとおり", "object_position": 1},
    )


def add_missing(book: Book) -> None:
    """Add 未報告・要確認: what is asked for. Never in the public edition; what is to be done only for the staff."""
    told = book.told
    heads = [*_MISSING, *(_TO_DO if told.is_staff else ())]
    page = Page(
        book, "未報告・要確認", "報告のない指標と確認を要する事項", [c.width for c in heads], paper=A3, size=9.0
    )
    if not told.missing:
        page.line("未報告・要確認の事項はありません。")
        return
    kpis = {one["kpi_id"]: one for one in told.kpis}
    order = {name: place for place, name in enumerate(kpis)}
    page.line(f"{len(told.missing)}件")
    page.header(heads)
    page.repeat_from_top()
    for one in sorted(
        told.missing, key=lambda row: (row["reason"], order.get(row["kpi_id"], len(order)), row["fiscal_year"] or 0)
    ):
        kpi: Row = kpis.get(one["kpi_id"], {})
        said: list[Cell] = [
            kpi.get("kpi_no") or one["kpi_id"] or NONE,
            short_goal(kpi.get("basic_goal") or NO_GOAL) if kpi else NONE,
            one["kpi_name_ja"] or NONE,
            one["asked_of_ja"] or NONE,
            one["reason_ja"],
            "\n".join(told.labels.get(one["fiscal_year"], (NONE,))),
            era_day(one["missing_since"]) or NONE,
            one["detail_ja"] or NONE,
        ]
        page.cells(heads, said + ([one["action_ja"] or NONE, one["file_name"] or NONE] if told.is_staff else []))


def add_notes(book: Book) -> None:
    """Add 注記・凡例: the rule in full, symbols, kinds, rounding, sources."""
    told = book.told
    heads = [Column("区分", 22), Column("意味", 84)]
    page = Page(book, "注記・凡例", "評価の規則、記号、端数、出典", [c.width for c in heads], landscape=False)
    conditions = [Column("評価", 22), Column("条件", 84)]
    rule = told.rules[0] if told.rules else None
    page.line("１　評価の規則", bold=True, font_size=11)
    if rule is None:
        page.line("この計画の評価規則は、公表版にありません。")
    else:
        page.paragraph(f"{rule['rule_label_ja']}（{rule['grade_rule_id']}）。上から順に当てはめる。")
        page.header(conditions)
        for band in bands(told):
            page.cells(conditions, band)
        page.paragraph(f"規則の全文：{rule['rule_text_ja']}")
        page.paragraph(f"規則の出典：{rule['source_ja'] or told.plan['document_ja'] or NONE}")
    page.gap()
    page.line("２　記号と言葉", bold=True, font_size=11)
    page.header(heads)
    for symbol, meaning in SYMBOLS:
        page.cells(heads, [symbol, meaning])
    page.gap()
    page.line("３　端数と計算", bold=True, font_size=11)
    for text in ROUNDING:
        page.paragraph(text)
    page.gap()
    page.line("４　この資料", bold=True, font_size=11)
    page.paragraph(about_paper(told))
    for credit in credits(told):
        page.paragraph(credit)
