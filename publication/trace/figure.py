"""From a figure of the scorecard back to the cells of the files that it was made from.

Holds: which KPI is asked for, its value with the formula and the numbers put in, its cells and the rows of the plan's
register. Does not hold: formulas of rates (`book.formulas`), which cells a value is made of (mart_kpi_input).

A sum or quotient of cells is told only where it gives the published value again; what cannot be told is said.
"""

from __future__ import annotations

from decimal import Decimal

from sousei.foundation.duck import quoted
from sousei.publication.shelf import Release
from sousei.publication.told.formulas import RATES, rate, steps
from sousei.publication.told.words import STATUS, era_day, grade, marks, printed
from sousei.publication.trace.record import (
    Row,
    Trace,
    TraceError,
    ask,
    named,
    of_row,
    rows_of,
    tables_of,
    text_of,
    with_files,
)

SCORECARD = "mart_kpi_scorecard"
SUMMED = frozenset({"cumulative_total", "increment_over_term"})
"""Kinds whose actual is the sum of the years since the term began."""
OF_THE_PLAN = frozenset(
    {
        *("target_value", "target_fiscal_year", "target_version", "baseline_value", "baseline_type", "kind"),
        *("direction", "unit", "benchmark_value", "term_years", "kpi_name_ja", "milestone_value"),
    }
)
"""Columns of the scorecard that the plan's register sets."""
_CLOSE = Decimal("0.0000001")


def kpi(
    release: Release,
    kpi_id: str,
    year: int,
    municipality: str | None = None,
    plan: str | None = None,
    column: str = "actual_value",
) -> Trace:
    """The trace of a figure of the scorecard: a KPI (id, number or name) in a fiscal year.

    Raises TraceError where that is not there or more than one.
    """
    found = rows_of(release, "select municipality_code, plan_id, kpi_id, kpi_no, kpi_name_ja from dim_kpi order by all")
    names = [one for one in found if kpi_id in {one["kpi_id"], one["kpi_no"], one["kpi_name_ja"]}]
    for asked, name in ((municipality, "municipality_code"), (plan, "plan_id")):
        names = [one for one in names if asked is None or one[name] == asked] or names
    if not names:
        near = [
            one for one in found if municipality in {None, one["municipality_code"]} and plan in {None, one["plan_id"]}
        ]
        listed = dict.fromkeys(one["kpi_id"] for one in near or found)
        raise TraceError(
            "kpi_unknown",
            f"指標 {kpi_id} はありません。ある指標: {named(listed)}",
            f"there is no KPI {kpi_id}; there are: {', '.join(listed)}",
        )
    names = _only(names, "municipality_code", municipality, "団体", "--municipality")
    names = _only(names, "plan_id", plan, "計画", "--plan")
    names = _only(names, "kpi_id", None, "指標", "KPI")
    key = {name: names[0][name] for name in ("municipality_code", "plan_id", "kpi_id")}
    where = " and ".join(f"{name} = {quoted(value)}" for name, value in key.items())
    years = rows_of(release, f"select * from {SCORECARD} where {where} order by fiscal_year")  # noqa: S608
    score = next((one for one in years if one["fiscal_year"] == year), None)
    if score is None:
        there = named(one["fiscal_year"] for one in years) or "なし"
        raise TraceError(
            "year_unknown",
            f"指標 {key['kpi_id']} の {year} 年度は評価の表にありません。ある年度: {there}",
            f"the scorecard has no {year} of {key['kpi_id']}; there are: {there}",
        )
    if column not in score:
        raise TraceError(
            "column_unknown",
            f"列 {column} は {SCORECARD} にありません。ある列: {'、'.join(score)}",
            f"{SCORECARD} has no column {column}; there are: {', '.join(score)}",
        )
    return _of_score(release, score, key | {"fiscal_year": year}, column, where)


def _only(rows: list[Row], column: str, asked: str | None, what_ja: str, option: str) -> list[Row]:
    """The rows of the one that is asked for; where none is, of the only one there is.

    Raises TraceError with what is there.
    """
    there = sorted({one[column] for one in rows})
    if asked is None and len(there) == 1:
        return rows
    if asked is None:
        raise TraceError(
            f"{column}_not_named",
            f"{what_ja}が一つに決まりません。{option} で選んでください。ある{what_ja}: {named(there)}",
            f"name one with {option}: {', '.join(map(str, there))}",
        )
    if asked not in there:
        raise TraceError(
            f"{column}_unknown",
            f"{what_ja} {asked} はありません。ある{what_ja}: {named(there)}",
            f"there is no {asked}; there are: {', '.join(map(str, there))}",
        )
    return [one for one in rows if one[column] == asked]


def _of_score(release: Release, score: Row, key: Row, column: str, where: str) -> Trace:
    year = key["fiscal_year"]
    version = int(score["target_version"] or 0)
    has_cells = "mart_kpi_input" in tables_of(release)
    (target,), latest, set_in, cells = ask(
        release,
        f"select * from dim_kpi where {where} order by target_version is not distinct from {version} desc, "  # noqa: S608
        "is_current desc limit 1",
        f"select * from fct_kpi_actual where {where} and is_latest order by fiscal_year",  # noqa: S608
        f"select * from mart_kpi_history where {where} and event_kind like 'target_%' "  # noqa: S608
        f"and revision is not distinct from {version} order by event_no desc limit 1",
        f"select * from mart_kpi_input where {where} order by fiscal_year, input_no"  # noqa: S608
        if has_cells
        else "select 1 where false",
    )
    actuals = {one["fiscal_year"]: one for one in latest}
    first = target["first_fiscal_year"] or year
    years = [one for one in actuals if one == year or (score["kind"] in SUMMED and first <= one < year)]
    of_plan = column in OF_THE_PLAN
    inputs = [] if of_plan else [_cell(one) for one in cells if one["fiscal_year"] in years]
    formulas, is_recomputed = ([], None) if of_plan else _value(score, target, actuals, cells, years)
    if column in RATES:
        formulas += [line for line in (rate(score, column),) if line]
    elif not of_plan:
        formulas += steps(score, {} if inputs else actuals.get(year, {}))
    limits = []
    if score["actual_value"] is None and not of_plan:
        limits.append("実績がないため、値の算定はない。")
    elif not of_plan and not inputs:
        limits.append("値のもとになった欄はこの公表版に記録されていない。資料と行は下の出典のとおり。")
        inputs = [of_row(score, column)]
    elif is_recomputed is False:
        limits.append("下の欄だけでは公表値を再計算できない（構成指標、途中の合計などによる）。")
    inputs, decisions = with_files(release, [*inputs, *_of_register(target, set_in)])
    return Trace(
        *(release.release_id, SCORECARD, key, column, score[column], _about(score, target, column)),
        *(formulas, inputs, decisions, is_recomputed, limits),
    )


def _of_register(target: Row, set_in: list[Row]) -> list[Row]:
    """The rows of the plan's register: of the KPI, and of its target."""
    kpi: Row = {"role": "plan", "sign": 1, "what": "計画台帳（指標・基準・数え方）", "value": None, "column": None}
    kpi |= {"source_id": target["source_id"], "sheet": target["source_sheet"], "row": target["source_row"]}
    kpi |= {"fiscal_year": None}
    return [kpi] + [
        kpi
        | {"what": "計画台帳（目標値）", "column": "目標値", "value": one["value_after"]}
        | {"source_id": one["source_id"], "sheet": one["source_sheet"], "row": one["source_row"]}
        for one in set_in
    ]


def _about(score: Row, target: Row, column: str) -> list[tuple[str, str]]:
    value = score[column]
    before, after = marks(score) if column == "actual_value" else ("", "")
    unit = score["unit"] if column.endswith("_value") else "％" if column.endswith("_pct") else ""
    decided = f"　決定 {era_day(target['decided_on'])}" if target["decided_on"] else ""
    said = [
        ("指標", f"{target['kpi_no'] or ''} {score['kpi_name_ja']}".strip()),
        ("計画", str(score["plan_name_ja"])),
        ("年度", str(score["period_ja"] or score["fiscal_year"])),
        (f"値（{column}）", before + text_of(value) + (unit or "") + after if value is not None else "なし"),
        ("確定度", STATUS.get(score["value_status"], str(score["value_status"]))),
        ("時点・期間", score["period_label_ja"] or era_day(score["as_of_date"])),
        ("評価", grade(score)),
        ("評価の理由", score["not_computable_reason_ja"] or score["provisional_reason_ja"] or ""),
        ("評価規則", f"{score['grade_rule_id']}：{score['grade_rule_label_ja']}" if score["grade_rule_id"] else ""),
        (
            "目標",
            f"第{score['target_version']}版 {printed(score['target_value'])}{score['unit'] or ''}"
            f"（{score['target_fiscal_year']}年度）{decided}"
            if score["target_value"] is not None
            else "",
        ),
        ("要確認", score["open_question_ja"] or ""),
        ("採る読み", score["reading_taken_ja"] or ""),
    ]
    return [(head, text) for head, text in said if text]


def _value(
    score: Row, target: Row, actuals: dict[int, Row], cells: list[Row], years: list[int]
) -> tuple[list[str], bool | None]:
    """The formulas of the actual, year by year, and whether they give it again."""
    if score["actual_value"] is None:
        return [], None
    said, sure = [], True
    for year in years:
        line, is_given = _of_year(actuals[year], [one for one in cells if one["fiscal_year"] == year], target)
        said.append(f"{year}年度の値＝{line}")
        sure = sure and is_given
    if len(years) > 1:
        parts = [actuals[year]["actual_value"] for year in years]
        added = sum(parts) if all(part is not None for part in parts) else None
        if added == score["actual_value"]:
            said.append(f"実績＝期間の初めからの和＝{'＋'.join(map(text_of, parts))}＝{text_of(added)}")
        else:
            said.append(f"実績＝{text_of(score['actual_value'])}（期間の初めからの累計。報告された累計による）")
            sure = False
    elif years and actuals[years[0]]["actual_value"] != score["actual_value"]:
        said.append(f"実績＝{text_of(score['actual_value'])}（期間の初めからの累計）")
        sure = False
    return said, sure if years else False


def _of_year(actual: Row, cells: list[Row], target: Row) -> tuple[str, bool]:
    """The formula of a year's value from its cells, and whether it gives the value."""
    value = actual["actual_value"]
    sides = {role: [one for one in cells if one["role"] == role] for role in ("value", "numerator", "denominator")}
    if value is None:
        return "なし", True
    if sides["numerator"] and sides["denominator"]:
        n, d = (sum(one["sign"] * one["cell_value"] for one in sides[role]) for role in ("numerator", "denominator"))
        for times in (1, 100, 1000):
            if d and abs(Decimal(n) * times / Decimal(d) - value) <= _CLOSE:
                words = f"×{times:,}" if times > 1 else ""
                return (
                    f"分子÷分母{words}＝（{_added(sides['numerator'])}）÷（{_added(sides['denominator'])}）{words}"
                    f"＝{text_of(n)}÷{text_of(d)}{words}＝{text_of(value)}",
                    True,
                )
    elif sides["value"]:
        total = sum(one["sign"] * one["cell_value"] for one in sides["value"])
        line = _added(sides["value"]) + (f"＝{text_of(total)}" if len(sides["value"]) > 1 else "")
        for scale in (1, 1_000, 10_000, 1_000_000, 100_000_000):
            if abs(Decimal(total) / scale - value) <= _CLOSE:
                return line + (f"、÷{scale:,}（{target['unit'] or ''}）＝{text_of(value)}" if scale > 1 else ""), True
    return text_of(value), False


def _added(cells: list[Row]) -> str:
    said = "".join(f"{'＋' if one['sign'] > 0 else '－'}{text_of(one['cell_value'])}" for one in cells)
    return said.removeprefix("＋")


def _cell(one: Row) -> Row:
    return {
        "role": one["role"],
        "sign": one["sign"],
        "what": one["cell_ja"],
        "value": one["cell_value"],
        "source_id": one["source_id"],
        "sheet": one["source_sheet"],
        "row": one["source_row"],
        "column": one["source_column"],
        "fiscal_year": one["fiscal_year"],
    }
