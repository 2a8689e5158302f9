"""Figures of a release as cells: what is printed for each, by workbook and report alike.

Holds: a number with its words, the cells of a KPI and a year, its computation in words, grades in order. Does not hold:
symbols and words (`words`), whole tables (`tables`), how a cell looks (book, report).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from sousei.publication.told.formulas import steps
from sousei.publication.told.read import NO_GOAL, Row, Told
from sousei.publication.told.words import (
    BASELINES,
    MILESTONES,
    NONE,
    UNKNOWN,
    WITHOUT_VALUE,
    digits,
    grade,
    marks,
    printed,
)

HEADLINE = "数値目標"
NOT_A_GRADE = ["評価不能", "未報告"]

Key = tuple[str, str]
"""Basic goal and class of row."""


class Number(NamedTuple):
    """A number of a cell with words before and after it. places: decimals; None as many as it has, at most `most`.

    is_year: a year, without commas.
    """

    value: Decimal | float | int
    before: str = ""
    after: str = ""
    places: int | None = None
    most: int = 2
    is_year: bool = False


Cell = str | int | Decimal | float | Number | None


def shown(cell: Cell) -> str:
    """A cell as text, as its number format prints it; '' for a blank."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    one = cell if isinstance(cell, Number) else Number(cell)
    places = digits(one.value, one.most) if one.places is None else one.places
    exact = Decimal(str(one.value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    number = f"{abs(exact):f}" if one.is_year else f"{abs(exact):,f}"
    return f"{one.before}{'▲ ' if Decimal(str(one.value)) < 0 else ''}{number}{one.after}"


def keys(told: Told, year: int) -> list[Key]:
    """Basic goals and classes of row that are counted in a year, in the order of the plan, numeric targets first."""
    goals = [*told.goals(), NO_GOAL]
    return sorted(
        counts(told, year),
        key=lambda key: (goals.index(key[0]) if key[0] in goals else len(goals), key[1] != HEADLINE, key[1]),
    )


def classes(told: Told) -> list[str]:
    """Grades from best to worst as the rule orders them, then 評価不能 and 未報告."""
    general = [one["grade"] for one in told.rules if is_general(one)]
    others = [one["grade"] for one in told.rules if one["grade"]] + [
        one["grade_class"] for one in told.summary if one["is_grade"]
    ]
    return [*dict.fromkeys(general + others), *NOT_A_GRADE]


def is_general(band: Row) -> bool:
    """Whether a band is for all KPI, not for a kind alone."""
    return bool(band["grade"]) and band["applies_to"] not in {"maintain", "milestone", "limit"}


def counts(told: Told, year: int) -> dict[Key, dict[str, int]]:
    """(basic goal, class of row) -> grade -> number of KPI, of a year that is scored."""
    found: dict[Key, dict[str, int]] = {}
    for one in told.summary:
        if one["fiscal_year"] == year:
            found.setdefault((one["basic_goal"], one["row_class_ja"]), {})[one["grade_class"]] = one["n_kpi"]
    return found


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


def baseline(told: Told, kpi: Row) -> str:
    """The baseline with its year and what it is."""
    if kpi["baseline_value"] is None:
        kind = BASELINES.get(kpi["baseline_type"] or "none", kpi["baseline_type"])
        return NONE if kind == "なし" else f"{UNKNOWN}\n（{kind}）"
    said = [str(kpi["baseline_year"])] if kpi["baseline_year"] else []
    said.append(BASELINES.get(kpi["baseline_type"] or "", kpi["baseline_type"] or ""))
    said += [] if kpi["is_baseline_confirmed"] else ["未確認"]
    return f"{printed(kpi['baseline_value'], digits(kpi['baseline_value']))}\n（{'・'.join(filter(None, said))}）"


def target(told: Told, kpi: Row, score: Row | None) -> str:
    """The target in force in the year of the score, with its fiscal year."""
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


def computed(told: Told, score: Row) -> str:
    """The ratio behind the value and each rate, a line each."""
    return "\n".join(steps(score, told.parts.get((score["kpi_id"], score["fiscal_year"]), {}))) or NONE


def reasons(told: Told, score: Row) -> str:
    """The grade and what it stands on or is missing for."""
    said = [grade(score)]
    if score["grade"] and score["provisional_reason_ja"]:
        said.append(f"暫定：{score['provisional_reason_ja']}")
    if score["not_computable_reason_ja"]:
        said.append(score["not_computable_reason_ja"])
    if score["open_question_ja"] and not told.is_public:
        said.append(f"要確認：{score['open_question_ja']}")
    return "\n".join(said)


def changed(event: Row, name: str, status: str) -> Cell:
    """A value of an event, or what stands for a status without one."""
    value = event[name]
    if value is None:
        return WITHOUT_VALUE.get(event[status], NONE)
    return Number(value)
