"""The sheet 総括表: how many KPI have which grade, per basic goal, beside the year before, with a chart.

Holds: three tables of counts and the chart. Does not hold: counting (mart_kpi_summary). A class that no KPI of a goal
has is counted 0; a year that was not scored is printed −.
"""

from __future__ import annotations

from sousei.publication.book.page import DEFAULT_ROW, FONT, Book, Column, Page
from sousei.publication.told.figures import NOT_A_GRADE, Cell, Key, Number, classes, counts, is_general, keys
from sousei.publication.told.words import NONE, short_goal

_PATTERNS = (
    *(
        "dark_horizontal",
        "wide_upward_diagonal",
        "percent_50",
        "small_grid",
        "light_vertical",
        "wide_downward_diagonal",
    ),
    *("light_horizontal", "percent_20"),
)
_GREYS = ("#1F3864", "#2F5597", "#5B7DB1", "#8FAADC", "#B4C7E7", "#7F7F7F", "#BFBFBF", "#D9D9D9")


def add(book: Book) -> None:
    """Add 総括表."""
    told, names = book.told, classes(book.told)
    heads = [
        *(Column("基本目標", 52), Column("区分", 20)),
        *(Column(name, 9, "right") for name in names),
        *(Column("計", 8, "right"), Column("うち暫定", 10, "right"), Column("評価のある\n割合（％）", 12, "right")),
    ]
    page = Page(book, "総括表", "基本目標ごとの評価の数", [one.width for one in heads], size=9.5)
    now, before = counts(told, told.year), counts(told, told.year - 1)
    found = keys(told, told.year)
    if not found:
        page.line("この計画には、この年度に評価する指標がありません。")
        return
    words = "、".join(
        dict.fromkeys(f"{one['grade']} {one['grade_label_ja'] or ''}".strip() for one in told.rules if is_general(one))
    )
    page.paragraph(
        f"評価：{words}。「評価不能」は実績があるが評価できないもの、「未報告」は実績のないもの。どちらも計（分母）に含む。"
    )
    page.line(f"１　{told.fiscal_year(told.year)}（指標の数）", bold=True, font_size=11)
    page.header(heads)
    first = page.row
    provisional = dict.fromkeys(found, 0)
    for one in told.summary:
        if one["fiscal_year"] == told.year:
            provisional[one["basic_goal"], one["row_class_ja"]] += one["n_kpi_provisional"]
    for key in found:
        page.cells(heads, [*_names(key), *_numbers(now[key], names, provisional[key])])
    whole = {name: sum(now[key].get(name, 0) for key in found) for name in names}
    page.cells(heads, ["計", "", *_numbers(whole, names, sum(provisional.values()))], bold=True, bg_color="#F7F7F7")
    page.gap()
    _chart(page, names, first, [now[key] for key in found])
    page.line(f"２　前年度：{told.fiscal_year(told.year - 1)}（指標の数）", bold=True, font_size=11)
    page.header(heads)
    for key in found:
        page.cells(heads, [*_names(key), *_numbers(before.get(key), names, None)])
    page.gap()
    page.line("３　前年度からの増減（指標の数）", bold=True, font_size=11)
    page.header(heads)
    for key in found:
        page.cells(heads, [*_names(key), *_changes(now[key], before.get(key), names)])


def _names(key: Key) -> list[Cell]:
    return [key[0], f"{short_goal(key[0])} {key[1]}"]


def _numbers(found: dict[str, int] | None, names: list[str], provisional: int | None) -> list[Cell]:
    if found is None:
        return [NONE] * (len(names) + 3)
    every, graded = sum(found.values()), sum(n for name, n in found.items() if name not in NOT_A_GRADE)
    share = Number(100 * graded / every, places=1) if every else NONE
    return [*(found.get(name, 0) for name in names), every, NONE if provisional is None else provisional, share]


def _changes(now: dict[str, int], before: dict[str, int] | None, names: list[str]) -> list[Cell]:
    if before is None:
        return [NONE] * (len(names) + 3)
    return [
        *(now.get(name, 0) - before.get(name, 0) for name in names),
        sum(now.values()) - sum(before.values()),
        NONE,
        NONE,
    ]


def _chart(page: Page, names: list[str], first: int, found: list[dict[str, int]]) -> None:
    """A stacked bar of the counts, told apart by pattern too; the next table starts a page."""
    last = first + len(found) - 1
    chart = page.book.file.add_chart({"type": "bar", "subtype": "stacked"})
    for place, name in enumerate(names):
        column = 2 + place
        chart.add_series(
            {
                "name": [page.name, first - 1, column],
                "categories": [page.name, first, 1, last, 1],
                "values": [page.name, first, column, last, column],
                "pattern": {
                    "pattern": _PATTERNS[place % len(_PATTERNS)],
                    "fg_color": _GREYS[place % len(_GREYS)],
                    "bg_color": "#FFFFFF",
                },
                "border": {"color": "#404040", "width": 0.75},
                "data_labels": {
                    "value": True,
                    "font": {"size": 8, "bold": True},
                    "fill": {"color": "#FFFFFF"},
                    "custom": [{} if one.get(name) else {"delete": True} for one in found],
                },
                "gap": 60,
            }
        )
    font = {"name": FONT["font_name"], "size": 8}
    chart.set_title({"name": "評価の数（指標の数）", "name_font": {**font, "size": 11}, "overlay": False})
    chart.set_y_axis({"reverse": True, "num_font": font})
    chart.set_x_axis(
        {
            "num_font": font,
            "num_format": "0",
            "min": 0,
            "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
        }
    )
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_size({"width": 1000, "height": 110 + 36 * len(found)})
    about = f"基本目標ごとの評価の数の積み上げ横棒。数値は表１のとおり（{len(found)}行）"
    page.sheet.insert_chart(page.row, 0, chart, {"description": about, "object_position": 1})
    page.row += -(-(110 + 36 * len(found)) // DEFAULT_ROW) + 1
    page.turn()
