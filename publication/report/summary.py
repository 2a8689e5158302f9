"""The first page: what was promised, where we are, what would have happened anyway, what is unsure.

Holds: the sentences and short lists, each made from figures of the release by counting and subtraction. Does not hold:
grades, rates or projections (warehouse), layout (templates).
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from sousei.publication.report.charts import bar_chart
from sousei.publication.report.parts import grade_class, ident, plan_name, with_unit
from sousei.publication.told.figures import HEADLINE, NOT_A_GRADE, classes, milestone, shown
from sousei.publication.told.read import Row, Told
from sousei.publication.told.tables import LINES
from sousei.publication.told.words import SERIES, STATUS, era_day, grade, printed

ROOM = 9
"""Rows of all lists on the first page together; what is over is said in a line."""
COMPARED = 3
"""Rows of the comparison with projections on the first page."""
SECTIONS = 6
"""Sections named on the first page."""
NAMED = 3
"""Plans and KPI named in a sentence of the first page."""
_UNSETTLED = {"preliminary", "estimated", "revised", "projected"}


class Anyway(NamedTuple):
    """A count beside the projection of the same day: persons. target: '' where there is none."""

    what: str
    when: str
    counted: str
    projection: str
    projected: Decimal
    difference: Decimal
    target: str
    short_of_target: Decimal | None


def first_page(plans: list[Told], changes: int | None) -> Row:
    """All that the first page shows. changes: how many figures moved since the last release; None where not known."""
    missed, unable, reached = _judged(plans)
    known = _last_known(plans)
    shown_of_each = shares([len(missed), len(unable), len(known)], ROOM)
    anyway = compared(plans)
    return {
        "promised": _promised(plans),
        "now": _now(plans, reached, anyway),
        "anyway": _anyway(plans, anyway),
        "unsure": _unsure(plans, changes),
        "compared": anyway,
        "counts": counts_of(plans),
        "chart": _chart(plans),
        "missed": _listed(missed, shown_of_each[0]),
        "unable": _listed(unable, shown_of_each[1]),
        "unreported": _unreported(plans),
        "last_known": _listed(known, shown_of_each[2]),
        "sections": SECTIONS,
    }


def shares(wanted: list[int], room: int) -> list[int]:
    """How many rows each list gets, one after the other in turn, until the room or the lists are used up."""
    given = [0] * len(wanted)
    while room and any(got < want for got, want in zip(given, wanted, strict=True)):
        for place, want in enumerate(wanted):
            if room and given[place] < want:
                given[place], room = given[place] + 1, room - 1
    return given


def _listed(rows: list[Row], most: int) -> Row:
    return {"number": len(rows), "rows": rows[:most], "more": len(rows) - most}


def _scored(told: Told) -> list[tuple[Row, Row]]:
    """KPI with their score of the year of the paper."""
    found = ((kpi, told.scores.get((kpi["kpi_id"], told.year))) for kpi in told.kpis)
    return [(kpi, score) for kpi, score in found if score is not None]


def _named(told: Told, kpi: Row, score: Row) -> Row:
    return {
        "no": kpi["kpi_no"] or kpi["kpi_id"],
        "name": kpi["kpi_name_ja"],
        "href": ident("kpi", told.plan["plan_id"], kpi["kpi_id"]),
        "year": told.labels.get(score["fiscal_year"], (f"{score['fiscal_year']}年度",))[0],
        "actual": with_unit(score, kpi["unit"]),
        "milestone": shown(milestone(score)),
        "grade": grade(score),
        "reason": score["not_computable_reason_ja"] or "",
    }


def _is_reached(score: Row) -> bool | None:
    """Whether the milestone of the year (in the last year the target) is reached; None where nobody can say yet."""
    if score["milestone_pct"] is not None:
        return bool(score["milestone_pct"] >= 100)
    return None if score["is_target_reached"] is None else bool(score["is_target_reached"])


def _judged(plans: list[Told]) -> tuple[list[Row], list[Row], list[Row]]:
    """KPI that have a grade and miss the milestone of the year; with a value and no grade; that reach it."""
    missed: list[Row] = []
    unable: list[Row] = []
    reached: list[Row] = []
    for told in plans:
        for kpi, score in _scored(told):
            kind = grade_class(score)
            if kind == "評価不能":
                unable.append(_named(told, kpi, score))
            elif kind != "未報告" and (is_reached := _is_reached(score)) is not None:
                (reached if is_reached else missed).append(_named(told, kpi, score))
    return missed, unable, reached


def _promised(plans: list[Told]) -> list[str]:
    said = []
    for told in plans[:NAMED]:
        number = Counter(one["row_class_ja"] for one in told.kpis)
        parts = "、".join(f"{word} {number[word]}" for word in sorted(number, key=lambda word: word != HEADLINE))
        name = plan_name(told)
        if not number:
            said.append(f"「{name}」の指標は、計画台帳にまだない。")
            continue
        with_target = sum(one["target_value"] is not None or one["kind"] == "milestone" for one in told.kpis)
        said.append(f"「{name}」は{len(told.kpis)}の指標を掲げる（{parts}）。目標のあるものは{with_target}。")
    if len(plans) > NAMED:
        said.append(f"ほか{len(plans) - NAMED}計画。")
    goals = [
        (one["target_fiscal_year"], told.labels.get(one["target_fiscal_year"], ("",))[0], one["target_value"])
        for told in plans
        for one in told.kpis
        if one["benchmark_column"] == "total_persons" and one["target_value"] is not None
    ]
    if goals:
        said.append(
            "総人口の目標は、"
            + "、".join(
                f"{era.removesuffix('度')}（{year}年）{printed(value)}人" for year, era, value in sorted(set(goals))
            )
            + "。"
        )
    return said


def _now(plans: list[Told], reached: list[Row], anyway: list[Anyway]) -> list[str]:
    said = []
    for told in plans[:NAMED]:
        number: Counter[str] = Counter()
        for row in told.summary:
            if row["fiscal_year"] == told.year:
                number[row["grade_class"]] += row["n_kpi"]
        if not number:
            continue
        graded = number.total() - sum(number[name] for name in NOT_A_GRADE)
        letters = "、".join(
            f"{name} {number[name]}" for name in classes(told) if number[name] and name not in NOT_A_GRADE
        )
        whose = f"{plan_name(told)}の" if len(plans) > 1 else ""
        said.append(
            f"{whose}{told.labels.get(told.year, (f'{told.year}年度',))[0]}は、対象の{number.total()}指標のうち"
            f"{graded}に評価がある"
            + (f"（{letters}）" if letters else "")
            + f"。評価不能{number['評価不能']}、未報告{number['未報告']}も母数に含む。"
        )
    if reached:
        names = "、".join(one["name"] for one in reached[:NAMED])
        said.append(f"目安に届いたのは{len(reached)}：{names}{' ほか' if len(reached) > NAMED else ''}。")
    if anyway and anyway[0].short_of_target is not None:
        one, gap = anyway[0], anyway[0].short_of_target
        way = f"を{printed(abs(gap))}人{'下回る' if gap < 0 else '上回る'}" if gap else "と同じ"
        said.append(f"{one.what}は{one.when} {one.counted}で、目安{one.target}人{way}。")
    return said


def _anyway(plans: list[Told], anyway: list[Anyway]) -> list[str]:
    said = []
    for one in anyway[:1]:
        gap = printed(abs(one.difference))
        way = f"それより{gap}人{'少ない' if one.difference < 0 else '多い'}" if one.difference else "それと同じ"
        said.append(
            f"これまでの傾向が続いた場合、{one.what}は{one.when} {printed(one.projected)}人（{one.projection}）。"
            f"実際の{one.counted}は、{way}。"
        )
    shares = [share for told in plans for kpi in told.kpis if (share := _from_baseline(kpi)) is not None]
    if shares:
        high = sum(share >= 80 for share in shares)
        said.append(
            f"基準値からの変化を目標とする{len(shares)}指標では、何も変わらなくても達成率は"
            f"中央値{printed(median(shares), 0)}％、{high}指標で80％以上になる。達成率だけでは判断できない。"
        )
    return said or ["比べる推計・基準値は、公表版にない。"]


def _from_baseline(kpi: Row) -> Decimal | None:
    """Attainment in per cent if the value stays at the baseline; None where the target asks for no change from one."""
    start, end = kpi["baseline_value"], kpi["target_value"]
    if not start or not end or start <= 0 or end <= 0 or kpi["kind"] in {"maintain_at_least", "suppress_decline"}:
        return None
    ratio: Decimal = end / start if kpi["direction"] == "lower_is_better" else start / end
    return 100 * ratio if ratio < 1 else None


def _unsure(plans: list[Told], changes: int | None) -> list[str]:
    scores = [score for told in plans for _, score in _scored(told)]
    provisional = sum(bool(one["grade_is_provisional"]) for one in scores)
    graded = sum(one["grade"] is not None for one in scores)
    said = [
        f"評価のある{graded}指標のうち{provisional}は暫定（計画の読み方・基準値・数え方・実績が未確定）。"
        if graded
        else "評価のある指標がまだない。"
    ]
    number = Counter(
        one["value_status"]
        for told in plans
        for one in told.scores.values()
        if one["value_status"] in _UNSETTLED and one["fiscal_year"] in told.years
    )
    marks = [f"{STATUS[name]} {number[name]}" for name in STATUS if number[name]]
    marks += [
        f"国勢調査の{STATUS[one['value_status']]} {one['as_of_date'].year}年"
        for one in plans[0].counted
        if one["value_status"] in _UNSETTLED and one["series"] == "census"
    ]
    if marks:
        said.append(f"確定していない実績：{'、'.join(marks)}。")
    if not plans[0].is_public:
        asked = sum(bool(one["open_question_ja"]) for told in plans for one in told.kpis)
        if asked:
            said.append(f"計画の読み方を確認中の指標が{asked}ある（備考の「要確認」）。")
    band = _band(plans[0])
    if band:
        said.append(band)
    if changes is not None:
        said.append(f"前回の公表から動いた数値は{changes}件（末尾に理由）。")
    return said


def _band(told: Told) -> str:
    """The band of the newest projection in its first years to come."""
    for name in reversed([name for name in LINES if name != "plan"]):
        for one in told.vision:
            if one["scenario_id"] == name and one["total_lower_persons"] is not None and one["year"] > told.as_of.year:
                return (
                    f"推計には幅がある：{LINES[name]}の{one['year']}年は{printed(one['total_lower_persons'], 0)}～"
                    f"{printed(one['total_upper_persons'], 0)}人（80％の幅）。"
                )
    return ""


def compared(plans: list[Told]) -> list[Anyway]:
    """Counts beside what was projected for their day, the latest of each subject, total population first.

    A plan's own KPI beside the projection that it stands on (of several with one subject that with the nearest target),
    then the last census beside each other IPSS projection.
    """
    found: dict[str, tuple[tuple[int, int], Anyway]] = {}
    for told in plans:
        for kpi in told.kpis:
            for year in told.years:
                score = told.scores.get((kpi["kpi_id"], year))
                column = kpi["benchmark_column"]
                if not column or score is None or score["progress_pct"] is None or score["benchmark_value"] is None:
                    continue
                place = (year, -abs((score["target_fiscal_year"] or year) - year))
                if column not in found or found[column][0] < place:
                    found[column] = place, _of_kpi(kpi, score)
    total = found.pop("total_persons", None)
    out = [total[1]] if total else []
    census = [one for one in plans[0].counted if one["series"] == "census"]
    if census:
        last = census[-1]
        for name in ("ipss_2018", "ipss_2023"):
            value = last[f"{name}_persons"]
            if value is None or (total and LINES[name] == total[1].projection):
                continue
            out.append(_of_census(last, LINES[name], value))
    return (out + [one for _, one in found.values()])[:COMPARED]


def _of_kpi(kpi: Row, score: Row) -> Anyway:
    what = kpi["kpi_name_ja"].split("（")[0]
    goal = score["milestone_value"]
    return Anyway(
        what,
        era_day(score["as_of_date"]) or f"{score['fiscal_year']}年",
        with_unit(score, "人"),
        LINES.get(score["benchmark_vintage"], "社人研推計"),
        score["benchmark_value"],
        score["actual_value"] - score["benchmark_value"],
        printed(goal, 0) if goal is not None else "",
        score["actual_value"] - goal if goal is not None else None,
    )


def _of_census(last: Row, name: str, value: Decimal) -> Anyway:
    mark = "" if last["value_status"] == "final" else f"（{STATUS[last['value_status']]}）"
    goal = last["plan_persons"]
    return Anyway(
        f"総人口（{SERIES['census']}）",
        era_day(last["as_of_date"]),
        printed(last["actual_persons"], 0) + "人" + mark,
        name,
        value,
        last["actual_persons"] - value,
        printed(goal, 0) if goal is not None else "",
        last["actual_persons"] - goal if goal is not None else None,
    )


def counts_of(plans: list[Told]) -> Row:
    """Counts of grades by plan and class of row, 評価不能 and 未報告 apart and in the whole."""
    names = list(dict.fromkeys(name for told in plans for name in classes(told) if name not in NOT_A_GRADE))
    names += NOT_A_GRADE
    rows = []
    for told in plans:
        found: dict[str, Counter[str]] = {}
        provisional: Counter[str] = Counter()
        for one in told.summary:
            if one["fiscal_year"] == told.year:
                found.setdefault(one["row_class_ja"], Counter())[one["grade_class"]] += one["n_kpi"]
                provisional[one["row_class_ja"]] += one["n_kpi_provisional"]
        for word in sorted(found, key=lambda word: word != HEADLINE):
            rows.append(
                {
                    "plan": plan_name(told),
                    "href": ident("plan", told.plan["plan_id"]),
                    "class": word,
                    "year": told.labels.get(told.year, (f"{told.year}年度",))[0],
                    "counts": dict(found[word]),
                    "provisional": provisional[word],
                }
            )
    return {"names": names, "rows": rows}


def _chart(plans: list[Told]) -> str:
    counts = counts_of(plans)
    if not counts["rows"]:
        return ""
    rows = [(f"{one['class']} {one['year'].removesuffix('年度')}", one["counts"]) for one in counts["rows"]]
    about = "。".join(f"{name}：" + "、".join(f"{k} {v}" for k, v in found.items()) for name, found in rows)
    return bar_chart("chart-grades", "評価の数（指標の数）", about, rows, counts["names"])


def _unreported(plans: list[Told]) -> list[tuple[str, int]]:
    """Sections with the number of KPI whose value of the year is not there, most first."""
    number = Counter(
        kpi["section_ja"] or "担当課 未定"
        for told in plans
        for kpi, score in _scored(told)
        if grade_class(score) == "未報告"
    )
    return sorted(number.items(), key=lambda one: (-one[1], one[0]))


def _last_known(plans: list[Told]) -> list[Row]:
    """KPI without a value in the year of the paper: the last value that is known, with its own year."""
    out = []
    for told in plans:
        for kpi in told.kpis:
            score = told.scores.get((kpi["kpi_id"], told.year))
            if score is not None and score["actual_value"] is not None:
                continue
            for year in reversed(told.years):
                before = told.scores.get((kpi["kpi_id"], year))
                if before is not None and before["actual_value"] is not None:
                    out.append(_named(told, kpi, before))
                    break
    return out
