"""The sheets 数値目標 and KPI一覧: one KPI in two lines, milestone above and actual below.

Holds: the 17 columns. Does not hold: how a rate was computed (`basis`).
"""

from __future__ import annotations

from sousei.publication.book import trends
from sousei.publication.book.page import A3, Book, Cell, Column, Number, Page, height
from sousei.publication.book.told import NO_GOAL, Row, Told
from sousei.publication.book.words import (
    BASELINES,
    DIRECTIONS,
    KINDS,
    MILESTONES,
    NONE,
    UNKNOWN,
    WITHOUT_VALUE,
    digits,
    grade,
    marks,
    printed,
    short_goal,
)

HEADLINE = "数値目標"
_FIRST_YEAR = 8
"""Place of the first column of a fiscal year."""
_TRENDS = ((0, 1), (2, 2), (3, 3), (4, 6), (7, 8))
_ABOVE = 150.0
"""Height of the rows that are repeated at the top of a page, in points."""
_SAFE = 0.94
"""Part of a page that is filled: programs round the heights of rows differently."""


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
    breaks: list[int] = []
    goal, used, room = None, 0.0, (page.room() - _ABOVE) * _SAFE
    for one in rows:
        is_new = (one["basic_goal"] or NO_GOAL) != goal
        tall = _tall(page, heads, _fixed(told, one))
        if goal is not None and ((is_new and not headline) or used + 2 * tall + 20 * is_new > room):
            breaks.append(page.row)
            used = 0.0
        if is_new:
            goal = one["basic_goal"] or NO_GOAL
            page.band(goal)
        used += 2 * tall + 20 * is_new
        _two_lines(page, told, heads, one, tall)
    page.sheet.set_h_pagebreaks(breaks)
    if headline:
        trends.add(page, told, rows, _TRENDS, "数値目標の推移", breaks, beside=9)


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
        7: _baseline(told, kpi),
        last: _target(told, kpi, score),
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


def milestone(score: Row | None) -> Cell:
    """The milestone of a year; − where the year or the KPI has none."""
    value = score["milestone_value"] if score else None
    return NONE if value is None else Number(value)


def actual(score: Row | None) -> Cell:
    """The actual of a year with its state; a symbol where there is none, never 0."""
    if score is None:
        return NONE
    if score["milestone_state"]:
        return MILESTONES.get(score["milestone_state"], score["milestone_state"])
    if score["kind"] == "milestone" and score["actual_value"] is not None:
        return "達成" if score["actual_value"] else "未達"
    if score["actual_value"] is None:
        return WITHOUT_VALUE.get(score["value_status"], UNKNOWN)
    before, after = marks(score)
    return Number(score["actual_value"], before, after)


def rate(score: Row | None, name: str) -> Cell:
    """A rate in per cent, one decimal; − where it is not defined, … where the actual is missing."""
    if score is None:
        return NONE
    if score[name] is None:
        return UNKNOWN if score["value_status"] == "not_reported" else NONE
    reference = name == "attainment_pct" and score["is_attainment_reference"]
    return Number(score[name], after="（参考）" if reference else "", places=1)


def grade_of(told: Told, kpi: Row) -> str:
    """The grade of the year of the book, and that of the year before in brackets."""
    before = told.scores.get((kpi["kpi_id"], told.year - 1))
    return f"{grade(told.scores.get((kpi['kpi_id'], told.year)))}\n（前年 {grade(before)}）"


def _baseline(told: Told, kpi: Row) -> str:
    if kpi["baseline_value"] is None:
        kind = BASELINES.get(kpi["baseline_type"] or "none", kpi["baseline_type"])
        return NONE if kind == "なし" else f"{UNKNOWN}\n（{kind}）"
    said = [str(kpi["baseline_year"])] if kpi["baseline_year"] else []
    said.append(BASELINES.get(kpi["baseline_type"] or "", kpi["baseline_type"] or ""))
    said += [] if kpi["is_baseline_confirmed"] else ["未確認"]
    return f"{printed(kpi['baseline_value'], digits(kpi['baseline_value']))}\n（{'・'.join(filter(None, said))}）"


def _target(told: Told, kpi: Row, score: Row | None) -> str:
    value = score["target_value"] if score else kpi["target_value"]
    if kpi["kind"] == "milestone":
        text = "達成"
    elif value is None:
        return NONE
    else:
        text = printed(value, digits(value))
    year = score["target_fiscal_year"] if score else kpi["target_fiscal_year"]
    return text + (f"\n（{told.labels.get(year, (f'{year}年度',))[0]}）" if year else "")


def remarks(told: Told, kpi: Row, score: Row | None) -> str:
    """Section, source, why a grade is provisional or missing; open questions but in the public edition."""
    said = [kpi["section_ja"] or "担当課 未定"]
    source = told.sources.get((score or {}).get("source_id") or "")
    if source:
        said.append(f"出典：{source['statistic_ja'] or source['title_ja'] or source['file_name']}")
    elif kpi["likely_source_ja"]:
        said.append(f"出典（見込み）：{kpi['likely_source_ja']}")
    if score:
        if score["provisional_reason_ja"] and score["grade"]:
            said.append(f"暫定：{score['provisional_reason_ja']}")
        if score["not_computable_reason_ja"] and score["value_status"] != "not_reported":
            said.append(f"評価・率なし：{score['not_computable_reason_ja']}")
        if score["is_restated"]:
            said.append("実績は訂正後の値")
    if not told.is_public:
        if kpi["open_question_ja"]:
            said.append(f"要確認：{kpi['open_question_ja']}")
        if told.is_staff and kpi["reading_taken_ja"]:
            said.append(f"採った読み方：{kpi['reading_taken_ja']}")
    return "\n".join(said)
