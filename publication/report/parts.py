"""The parts of the report that are of one plan: what its tables and charts show.

Holds: rows of KPI, basis, measures and evaluations as the templates take them. Does not hold: layout (templates), words
and figures (told), the first page (`summary`).

Links: `kpi-PLAN-KPI` a KPI, `basis-PLAN-KPI-YEAR` the basis of a figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from sousei.publication.report.charts import Line, Point, bar_chart, line_chart, said
from sousei.publication.told.figures import (
    HEADLINE,
    Cell,
    Key,
    Number,
    actual,
    baseline,
    classes,
    computed,
    counts,
    keys,
    milestone,
    rate,
    reasons,
    remarks,
    shown,
    target,
)
from sousei.publication.told.read import NO_GOAL, Row, Told
from sousei.publication.told.tables import WAYS
from sousei.publication.told.words import (
    DIRECTIONS,
    KINDS,
    NONE,
    STATUS,
    UNKNOWN,
    era_day,
    grade,
    short_goal,
)

EVALUATION = {
    "achievements_ja": "取組内容・成果",
    "cause_ja": "要因分析",
    "issues_ja": "課題",
    "improvement_ja": "改善点",
    "committee_opinion_ja": "外部評価（委員意見）",
    "future_direction_ja": "今後の方向性",
}
MILESTONE_METHODS = {
    "linear": "基準から最終目標までを期間の年数で割った直線",
    "manual": "年度ごとに定めた値",
    "plan": "計画の中間の目標",
}
NO_CLASS = "対象外"
"""Class of a KPI that is not scored in the year."""


def ident(*parts: object) -> str:
    """An id that stands in a link as it is."""
    return "-".join(re.sub(r"[^0-9A-Za-z_.]", lambda found: f"_{ord(found[0]):x}", str(part)) for part in parts)


def plan_name(told: Told) -> str:
    """The name of the plan without its years in brackets."""
    name: str = told.plan["plan_name_ja"]
    return re.sub(r"（[^（）]*）$", "", name) or name


def with_unit(score: Row, unit: str | None) -> str:
    """An actual with its unit before the words about its state: 21,201人（速報）."""
    cell = actual(score)
    return shown(cell._replace(after=(unit or "") + cell.after)) if isinstance(cell, Number) else shown(cell)


def grade_class(score: Row | None) -> str:
    """The grade, 評価不能 or 未報告, as the summary counts it; 対象外 in a year without a score."""
    if score is None:
        return NO_CLASS
    return score["grade"] or ("未報告" if score["value_status"] == "not_reported" else "評価不能")


def plan_part(told: Told) -> Row:
    """One plan: its counts by goal, its goals, and what stands outside of them."""
    plan_id = told.plan["plan_id"]
    goals = [_goal(told, number, goal) for number, goal in enumerate(told.goals(), 1)]
    known = {one["node_id"] for one in told.measures}
    used = known | {one["kpi_id"] for one in told.kpis}
    return {
        "id": ident("plan", plan_id),
        "name": told.plan["plan_name_ja"],
        "term": told.plan["term_label_ja"] or "",
        "year": told.fiscal_year(told.year),
        "years": [
            (era, western.strip("（）"))
            for era, western in (told.labels.get(year, (f"{year}年度", "")) for year in told.years)
        ],
        "counts": (found := counted(told)),
        "chart": _counts_chart(told, found) if len(goals) > 1 else "",
        "classes": [*classes(told), NO_CLASS],
        "goals": goals,
        "loose_projects": _projects([one for one in told.projects if one["node_id"] not in known]),
        "other_evaluations": [_evaluation(told, one) for key, one in told.evaluations.items() if key not in used],
        "basis": [_basis(told, kpi) for kpi in told.kpis],
    }


def counted(told: Told) -> Row:
    """Counts of grades by goal and class of row, with the whole and what is provisional."""
    names, found = classes(told), counts(told, told.year)
    order = keys(told, told.year)
    provisional: dict[Key, int] = {}
    for one in told.summary:
        if one["fiscal_year"] == told.year:
            key = (one["basic_goal"], one["row_class_ja"])
            provisional[key] = provisional.get(key, 0) + one["n_kpi_provisional"]
    rows = [{"goal": key[0], "class": key[1], "counts": found[key], "provisional": provisional[key]} for key in order]
    whole = {name: sum(found[key].get(name, 0) for key in order) for name in names}
    return {"names": names, "rows": rows, "whole": whole, "provisional": sum(provisional.values())}


def _counts_chart(told: Told, found: Row) -> Markup:
    rows = [(f"{short_goal(one['goal'])} {one['class']}", one["counts"]) for one in found["rows"]]
    about = "。".join(f"{name}：" + "、".join(f"{key} {n}" for key, n in counts.items()) for name, counts in rows)
    return bar_chart(ident("chart", told.plan["plan_id"]), "基本目標ごとの評価の数", about, rows, found["names"])


def _goal(told: Told, number: int, goal: str) -> Row:
    plan_id = told.plan["plan_id"]
    kpis = [one for one in told.kpis if (one["basic_goal"] or NO_GOAL) == goal]
    targets = [one for one in kpis if one["row_class_ja"] == HEADLINE]
    others = [one for one in kpis if one["row_class_ja"] != HEADLINE]
    tables = [
        {
            "id": ident("table", plan_id, number, place),
            "caption": f"{short_goal(goal)}　{word}",
            "title": word,
            "rows": [_kpi(told, one) for one in rows],
            "charts": [chart for one in rows if (chart := kpi_chart(told, one)) is not None],
        }
        for place, (word, rows) in enumerate((("数値目標", targets), (_word(others), others)))
        if rows
    ]
    measures = [one for one in told.measures if one["basic_goal"] == goal]
    return {
        "id": ident("goal", plan_id, number),
        "name": goal,
        "short": short_goal(goal),
        "tables": tables,
        "measures": [_measure(told, one, kpis) for one in measures],
        "evaluations": [
            _evaluation(told, told.evaluations[key], label)
            for key, label in _subjects(measures, kpis)
            if key in told.evaluations
        ],
    }


def _word(rows: list[Row]) -> str:
    """重要業績評価指標（KPI）, or the classes that the plan has."""
    found = list(dict.fromkeys(one["row_class_ja"] for one in rows))
    return "・".join("重要業績評価指標（KPI）" if one == "KPI" else one for one in found)


def _subjects(measures: list[Row], kpis: list[Row]) -> Iterable[tuple[str, str]]:
    for one in measures:
        yield one["node_id"], f"施策：{one['measure_ja']}"
    for one in kpis:
        yield one["kpi_id"], f"指標：{one['kpi_no'] or one['kpi_id']} {one['kpi_name_ja']}"


def _kpi(told: Told, kpi: Row) -> Row:
    plan_id, kpi_id = told.plan["plan_id"], kpi["kpi_id"]
    score = told.scores.get((kpi_id, told.year))

    def link(year: int) -> str:
        one = told.scores.get((kpi_id, year))
        return ident("basis", plan_id, kpi_id, year) if one and one["actual_value"] is not None else ""

    def figure(name: str) -> Row:
        cell = rate(score, name)
        return {
            "text": shown(cell),
            "value": str(cell.value) if isinstance(cell, Number) else "",
            "href": link(told.year) if isinstance(cell, Number) else "",
        }

    years = []
    for year in told.years:
        one = told.scores.get((kpi_id, year))
        years.append({"milestone": shown(milestone(one)), "actual": shown(actual(one)), "href": link(year)})
    return {
        "id": ident("kpi", plan_id, kpi_id),
        "basis": ident("basis", plan_id, kpi_id),
        "no": kpi["kpi_no"] or kpi_id,
        "name": kpi["kpi_name_ja"] + ("" if kpi["row_class_ja"] in {"KPI", HEADLINE} else f"［{kpi['row_class_ja']}］"),
        "place": kpi["measure"] or "",
        "kind": KINDS.get(kpi["kind"], kpi["kind"]),
        "direction": DIRECTIONS.get(kpi["direction"], NONE),
        "way": WAYS.get(kpi["direction"], "向きなし"),
        "unit": kpi["unit"] or NONE,
        "baseline": baseline(told, kpi),
        "years": years,
        "target": target(told, kpi, score),
        "attainment": figure("attainment_pct"),
        "progress": figure("progress_pct"),
        "grade": grade(score),
        "before": grade(told.scores.get((kpi_id, told.year - 1))),
        "class": grade_class(score),
        "remarks": remarks(told, kpi, score).split("\n"),
    }


def _axis(told: Told, year: int) -> str:
    """令和6 of 令和6年度."""
    return told.labels.get(year, (str(year), ""))[0].removesuffix("年度")


def kpi_chart(told: Told, kpi: Row) -> Row | None:
    """The chart of a KPI: actual, milestones, target and projection by fiscal year.

    None where there is nothing to compare: no actual, or a single one without target and milestone. Values of another
    series, and proxies, are not joined to the others.
    """
    scores = [
        one
        for (kpi_id, year), one in sorted(told.scores.items())
        if kpi_id == kpi["kpi_id"] and year <= told.year and kpi["kind"] != "milestone"
    ]
    actuals = [one for one in scores if one["actual_value"] is not None]
    alike = [one for one in actuals if one["fit"] == "same"]
    goal = next((one["target_value"] for one in reversed(scores) if one["target_value"] is not None), None)
    if not actuals or (len(alike) < 2 and (goal is None or not alike)):
        return None

    def point(one: Row, name: str) -> Point:
        mark = {"proxy": "代理", "context": "参考"}.get(one["fit"]) or STATUS.get(one["value_status"])
        label = "" if one["fit"] == "same" and one["value_status"] == "final" else f"（{mark}）"
        return Point(
            one["fiscal_year"],
            float(one[name]),
            said(one[name]) + label if name == "actual_value" else "",
            one["fit"] != "same",
        )

    runs: list[list[Point]] = []
    before: Row | None = None
    for one in scores:
        if one["actual_value"] is None:
            before = None
            continue
        joined = before is not None and all(before[name] == one[name] for name in ("actual_series", "fit"))
        if joined:
            runs[-1].append(point(one, "actual_value"))
        else:
            runs.append([point(one, "actual_value")])
        before = one
    lines = [Line("実績", "actual", runs)]
    first, last = scores[0]["fiscal_year"], scores[-1]["fiscal_year"]
    for name, word, look in (("milestone_value", "目安", "milestone"), ("benchmark_value", "推計", "benchmark")):
        points = [point(one, name) for one in scores if one[name] is not None]
        if len(points) > 1 or (points and look == "benchmark"):
            lines.append(Line(word, look, [points]))
    if goal is not None:
        lines.append(Line(f"目標 {said(goal)}", "target", [[Point(first, float(goal)), Point(last, float(goal))]]))
    name = f"{kpi['kpi_no'] or kpi['kpi_id']} {kpi['kpi_name_ja']}"
    told_of = "、".join(
        f"{told.labels.get(one['fiscal_year'], (str(one['fiscal_year']),))[0]} {shown(actual(one))}" for one in actuals
    )
    svg = line_chart(
        ident("chart", told.plan["plan_id"], kpi["kpi_id"]),
        f"{name}の推移",
        f"実績：{told_of}。" + (f"目標 {said(goal)}{kpi['unit'] or ''}。" if goal is not None else ""),
        lines,
        years={one["fiscal_year"]: _axis(told, one["fiscal_year"]) for one in scores},
        unit=kpi["unit"] or "",
    )
    return {"name": name, "href": ident("kpi", told.plan["plan_id"], kpi["kpi_id"]), "svg": svg}


def _basis(told: Told, kpi: Row) -> Row:
    plan_id, kpi_id = told.plan["plan_id"], kpi["kpi_id"]
    about = [f"定義：{kpi['definition_ja']}"] if kpi["definition_ja"] else []
    about += [f"計画の文言：{kpi['text_quote']}"] if kpi["text_quote"] else []
    plan = told.sources.get(kpi["source_id"] or "", {}).get("file_name") or kpi["source_id"] or NONE
    row = f"　行 {kpi['source_row']:,}" if kpi["source_row"] is not None else ""
    method = MILESTONE_METHODS.get(kpi["milestone_method"])
    about.append(
        "　".join(
            [
                *([f"数え方：{kpi['count_basis']}"] if kpi["count_basis"] else []),
                *([f"目安値：{method}"] if method else []),
                f"計画台帳：{plan}　シート {kpi['source_sheet'] or NONE}{row}",
            ]
        )
    )
    found = [one for year in told.years if (one := told.scores.get((kpi_id, year))) and one["actual_value"] is not None]
    return {
        "id": ident("basis", plan_id, kpi_id),
        "kpi": ident("kpi", plan_id, kpi_id),
        "no": kpi["kpi_no"] or kpi_id,
        "name": kpi["kpi_name_ja"],
        "unit": kpi["unit"] or "",
        "about": about,
        "likely": kpi["likely_source_ja"] or "",
        "rows": [_basis_row(told, kpi, one) for one in found],
    }


def _basis_row(told: Told, kpi: Row, score: Row) -> Row:
    source = told.sources.get(score["source_id"] or "", {})
    return {
        "id": ident("basis", told.plan["plan_id"], kpi["kpi_id"], score["fiscal_year"]),
        "period": list(dict.fromkeys(filter(None, (told.fiscal_year(score["fiscal_year"]), score["period_ja"])))),
        "actual": shown(actual(score)),
        "computed": computed(told, score).split("\n"),
        "reasons": reasons(told, score).split("\n"),
        "source": "・".join(filter(None, (source.get("statistic_ja"), source.get("publisher_ja")))) or NONE,
        "file": source.get("file_name") or score["source_id"] or NONE,
        "sheet": score["source_sheet"] or NONE,
        "row": NONE if score["source_row"] is None else f"{score['source_row']:,}",
        "sha256": (source.get("sha256") or NONE)[:12],
    }


def _measure(told: Told, measure: Row, kpis: list[Row]) -> Row:
    mine = [one for one in kpis if one["node_id"] == measure["node_id"]]
    found = told.evaluations.get(measure["node_id"])
    sections = list(dict.fromkeys(one["section_ja"] for one in mine if one["section_ja"]))
    machine = measure["grades_ja"] if measure["graded_fiscal_year"] == told.year else ""
    return {
        "name": measure["measure_ja"]
        if measure["measure_ja"].startswith(measure["node_no"] or "")
        else f"{measure['node_no']} {measure['measure_ja']}",
        "area": measure["policy_area"] or "",
        "section": measure["section_ja"] or "、".join(sections) or "未定",
        "kpis": [
            {"no": one["kpi_no"] or one["kpi_id"], "href": ident("kpi", told.plan["plan_id"], one["kpi_id"])}
            for one in mine
        ],
        "projects": _projects([one for one in told.projects if one["node_id"] == measure["node_id"]]),
        "machine": (found["machine_grade"] if found and found["machine_grade"] else machine) or NONE,
        "state": (found["evaluation_state_ja"] or found["evaluation_state"]) if found else "",
        "confirmed": (found["confirmed_grade"] or f"{UNKNOWN} 未定") if found else UNKNOWN,
        "direction": (found["future_direction_ja"] or f"{UNKNOWN} 未定") if found else UNKNOWN,
    }


def _projects(rows: list[Row]) -> list[str]:
    """Names with their marks, as the plan prints them."""
    out = []
    for one in rows:
        marks = "・".join(filter(None, (one["mark_ja"], "再掲" if one["is_repeated"] else None)))
        out.append((one["printed_name_ja"] or one["project_name_ja"]) + (f"（{marks}）" if marks else ""))
    return out


def _evaluation(told: Told, found: Row, label: str = "") -> Row:
    source = told.sources.get(found["source_id"] or "", {})
    return {
        "label": label or found["subject_ja"] or found["subject_id"],
        "state": found["evaluation_state_ja"] or found["evaluation_state"],
        "machine": found["machine_grade"] or NONE,
        "confirmed": found["confirmed_grade"] or f"{UNKNOWN} 未定",
        "texts": [(head, found[name].split("\n")) for name, head in EVALUATION.items() if found[name]],
        "source": f"{source.get('file_name') or found['source_id'] or NONE}　{era_day(told.as_of)}現在",
    }


def cells(rows: Sequence[Sequence[Cell]]) -> list[list[tuple[list[str], bool]]]:
    """Rows of cells as lines of text, and whether each stands in a column of numbers."""
    (found,) = cells_of([rows])
    return found


def cells_of(bodies: Sequence[Sequence[Sequence[Cell]]]) -> list[list[list[tuple[list[str], bool]]]]:
    """The same for a table in several bodies: a column of numbers is one in all of them, also where it has none."""
    whole = [row for rows in bodies for row in rows]
    numbers = [any(not isinstance(cell, str) for cell in column) for column in zip(*whole, strict=True)]
    return [
        [[(shown(cell).split("\n"), number) for cell, number in zip(row, numbers, strict=True)] for row in rows]
        for rows in bodies
    ]
