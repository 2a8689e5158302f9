"""The sheets 数値目標 and KPI一覧: one KPI in two lines, milestone above and actual below.

Holds: the 17 columns. Does not hold: how a rate was computed (`basis`).
"""

from __future__ import annotations

from sousei.publication.book import trends
from sousei.publication.book.page import A3, Book, Column, Page, height
from sousei.publication.told.figures import HEADLINE, Cell, actual, baseline, grade_of, milestone, rate, remarks, target
from sousei.publication.told.read import NO_GOAL, Row, Told
from sousei.publication.told.words import DIRECTIONS, KINDS, NONE, short_goal

_FIRST_YEAR = 8
"""Place of the first column of a fiscal year."""
_TRENDS = ((0, 1), (2, 2), (3, 3), (4, 6), (7, 8))
_BAND = 20
"""Height in points of the row that names a basic goal."""


def columns(told: Told) -> list[Column]:
    """The 17 columns; ⑨ to ⑫ are one for each fiscal year shown."""
    years = [
        Column("\n".join((*told.labels.get(year, (f"{year}年度", "")), "上段 目安", "下段 実績")), 15, "right")
        for year in told.years
    ]
    return [
        Column("No", 9),
        Column("基本目標", 11),
        Column("政策・施策", 24),
        Column("指標名", 26),
        Column("種別", 6, "center"),
        Column("方向", 5, "center"),
        Column("単位", 9, "center"),
        Column("基準値\n（年度・種類）", 14, "right"),
        *years,
        Column("最終目標値\n（年度）", 14, "right"),
        Column("達成率\n（％）", 11, "right"),
        Column("進捗率\n（％）", 11, "right"),
        Column("評価\n（前年）", 17),
        Column("担当課・出典" + ("" if told.is_public else "・備考"), 42),
    ]


def add(book: Book, name: str, *, headline: bool) -> None:
    """Add a list: the numeric targets (`headline`) or all other rows of the plan."""
    told = book.told
    rows = [one for one in told.kpis if (one["row_class_ja"] == HEADLINE) is headline]
    heads = columns(told)
    about = "数値目標の進捗" if headline else "重要業績評価指標（KPI）の進捗"
    page = Page(book, name, about, [one.width for one in heads], paper=A3, size=9.0)
    if not rows:
        page.line(f"この計画には{'数値目標' if headline else 'KPI'}がありません。")
        return
    page.line("各年度の上段は目安値、下段は実績値。評価の言葉・記号・端数は「注記・凡例」、計算は「算定根拠」にある。")
    page.header(heads)
    page.repeat_from_top()
    page.sheet.freeze_panes(page.row, 4)
    goal = None
    for one in rows:
        is_new = (one["basic_goal"] or NO_GOAL) != goal
        tall = _tall(page, heads, _fixed(told, one))
        if goal is not None and is_new and not headline:
            page.turn()
        page.keep(2 * tall + _BAND * is_new)
        if is_new:
            goal = one["basic_goal"] or NO_GOAL
            page.band(goal)
        _two_lines(page, told, heads, one, tall)
    if headline:
        trends.add(page, told, rows, _TRENDS, "数値目標の推移", beside=9)


def _fixed(told: Told, kpi: Row) -> dict[int, Cell]:
    """Cells that stand over both lines: place -> cell."""
    score = told.scores.get((kpi["kpi_id"], told.year))
    last = _FIRST_YEAR + len(told.years)
    return {
        0: kpi["kpi_no"] or kpi["kpi_id"],
        1: short_goal(kpi["basic_goal"]),
        2: "\n".join(part for part in (kpi["policy_area"], kpi["measure"]) if part),
        3: kpi["kpi_name_ja"] + ("" if kpi["row_class_ja"] in {"KPI", HEADLINE} else f"［{kpi['row_class_ja']}］"),
        4: KINDS.get(kpi["kind"], kpi["kind"]),
        5: DIRECTIONS.get(kpi["direction"], NONE),
        6: kpi["unit"] or NONE,
        7: baseline(told, kpi),
        last: target(told, kpi, score),
        last + 1: rate(score, "attainment_pct"),
        last + 2: rate(score, "progress_pct"),
        last + 3: grade_of(told, kpi),
        last + 4: remarks(told, kpi, score),
    }


def _tall(page: Page, heads: list[Column], fixed: dict[int, Cell]) -> float:
    """Height of each of the two lines, in points."""
    texts = [(cell, heads[place].width) for place, cell in fixed.items() if isinstance(cell, str)]
    return max(height(texts, page.size, 2, 2) / 2, height([], page.size))


def _two_lines(page: Page, told: Told, heads: list[Column], kpi: Row, tall: float) -> None:
    for line in (0, 1):
        page.sheet.set_row(page.row + line, tall)
    for place, cell in _fixed(told, kpi).items():
        page.put(page.row, place, cell, heads[place].align, down=1)
    for place, year in enumerate(told.years, _FIRST_YEAR):
        scored = told.scores.get((kpi["kpi_id"], year))
        page.put(page.row, place, milestone(scored), "right", font_color="#404040", valign="vcenter")
        page.put(page.row + 1, place, actual(scored), "right", bold=True, valign="vcenter")
    page.row += 2
