"""A release and a municipality -> the bytes of its page.

Holds: filling the templates, the policy that the page carries. Does not hold: what stands on it (`summary`, `parts`),
layout (templates). The page is one file and loads nothing; its script only filters and sorts, and the policy names
its hash.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sousei.publication.query import Readable
from sousei.publication.report.charts import Band, Line, Point, line_chart
from sousei.publication.report.parts import cells, cells_of, ident, plan_part
from sousei.publication.report.summary import first_page
from sousei.publication.told import peers, tables
from sousei.publication.told.read import EDITIONS, Told, told_of_all
from sousei.publication.told.words import NONE, SERIES, STATUS, era_day, printed

MEETINGS = {"staff": "庁内資料", "council": "有識者会議・議会 資料", "public": "公表資料"}
_LOOKS = {"ipss_2018": "benchmark", "ipss_2023": "benchmark_2", "ipss_2018_from_2025": "rebased", "plan": "plan"}


class Change(NamedTuple):
    """A figure that differs from the last release: as printed before and after, why, and the source named for it."""

    figure_ja: str
    before: str
    after: str
    cause_ja: str
    source_ja: str


def page(release: Readable, municipality: str, edition: str, changes: Sequence[Change] | None = None) -> bytes:
    """The page of a municipality with all its plans; the same bytes for the same arguments.

    municipality: five digits. edition: staff, council (without readings taken) or public (also without open questions
    and evaluations that are not published). changes: None leaves their section out; empty says that no figure moved.
    Raises NotThereError (told) where the release has no plan of it, QueryError where it lacks a table.
    """
    return rendered(told_of_all(release, municipality, edition), changes)


def rendered(plans: list[Told], changes: Sequence[Change] | None = None) -> bytes:
    """The page of what was read; one Told a plan, all of one municipality and edition."""
    first = plans[0]
    script = _environment().get_template("script.js.j2").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = [{**plan_part(one), **_annexes(one)} for one in plans]
    html = (
        _environment()
        .get_template("report.html.j2")
        .render(
            town=first.town,
            edition=EDITIONS[first.edition],
            meeting=MEETINGS[first.edition],
            release_id=first.release_id,
            as_of=era_day(first.as_of),
            as_of_iso=first.as_of.isoformat(),
            office=" ".join(filter(None, (first.town, next((one.plan["secretariat_ja"] for one in plans), "")))),
            summary=first_page(plans, None if changes is None else len(changes)),
            population=_population(first),
            among=_among(first),
            plans=parts,
            rules=_rules(parts),
            symbols=tables.SYMBOLS,
            rounding=tables.ROUNDING,
            grant_heads=tables.GRANT,
            history_heads=tables.HISTORY,
            credits=list(dict.fromkeys(credit for one in plans for credit in tables.credits(one))),
            changes=changes,
            script=Markup(script),
            script_hash=digest,
            footer={
                "left": _css(f"{first.town} 進捗管理報告 {EDITIONS[first.edition]}"),
                "right": _css(f"{era_day(first.as_of)}作成　{first.release_id}"),
            },
        )
    )
    return html.encode()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(nothing=NONE)
    made.filters["people"] = _people
    return made


def _people(value: Decimal) -> str:
    return printed(value, 0)


def _css(text: str) -> Markup:
    """A text inside a string of a style sheet."""
    return Markup("".join(char if char.isalnum() else f"\\{ord(char):06x}" for char in text))


def _annexes(told: Told) -> dict[str, Any]:
    """Grants, rule, history and ambition of a plan."""
    rule = told.rules[0] if told.rules else None
    return {
        "grants": cells(tables.grant_rows(told)),
        "history": cells(tables.history_rows(told)),
        "about": tables.about_paper(told),
        "ambition": {
            "heads": peers.AMBITION,
            "rows": cells(peers.ambition_rows(told)),
            "sentences": peers.ambition_sentences(told),
            "limits": peers.AMBITION_LIMITS,
            "not_compared": peers.not_compared(told),
        },
        "rule": None
        if rule is None
        else {
            "label": f"{rule['rule_label_ja']}（{rule['grade_rule_id']}）",
            "bands": tables.bands(told),
            "text": rule["rule_text_ja"] or "",
            "source": rule["source_ja"] or NONE,
        },
    }


def _rules(parts: list[dict[str, Any]]) -> list[tuple[dict[str, Any] | None, list[dict[str, Any]]]]:
    """Each rule once, with the plans that it grades."""
    found: list[tuple[dict[str, Any] | None, list[dict[str, Any]]]] = []
    for plan in parts:
        same = next((plans for rule, plans in found if rule == plan["rule"]), None)
        if same is None:
            found.append((plan["rule"], [plan]))
        else:
            same.append(plan)
    return found


def _among(told: Told) -> dict[str, Any]:
    """The municipality among others: ranks with their spread, degrees of impact."""
    rows = peers.standing_rows(told)
    return {
        "heads": peers.STANDING,
        "rows": cells(rows) if rows else [],
        "limits": peers.STANDING_LIMITS,
        "groups": peers.groups_used(told),
        "impact": peers.impact_table(told),
    }


def _population(told: Told) -> dict[str, Any]:
    """Chart and tables of the population; every series apart."""
    lines: list[Line] = []
    band = None
    for name, label in tables.LINES.items():
        rows = [one for one in told.vision if one["scenario_id"] == name and one["total_persons"] is not None]
        if not rows:
            continue
        last = len(rows) - 1
        points = [
            Point(one["year"], float(one["total_persons"]), printed(one["total_persons"], 0) if place == last else "")
            for place, one in enumerate(rows)
        ]
        lines.append(Line(label, _LOOKS[name], [points]))
        wide = [one for one in rows if one["total_lower_persons"] is not None]
        if wide:
            band = Band(
                f"80％の幅（{label}）",
                [(one["year"], float(one["total_lower_persons"]), float(one["total_upper_persons"])) for one in wide],
            )
    for series, look in (("census", "actual"), ("resident_registry", "registry")):
        rows = [one for one in told.counted if one["series"] == series]
        if rows:
            points = [
                Point(
                    one["as_of_date"].year + (one["as_of_date"].month - 10) / 12,
                    float(one["actual_persons"]),
                    ""
                    if series != "census" or one is not rows[-1]
                    else printed(one["actual_persons"], 0)
                    + ("" if one["value_status"] == "final" else f"（{STATUS[one['value_status']]}）"),
                )
                for one in rows
            ]
            lines.append(Line(f"実績（{SERIES[series]}）", look, [points]))
    at = [point.x for line in lines for run in line.runs for point in run]
    counts = [point.x for line in lines if line.name.startswith("実績") for run in line.runs for point in run]
    bounds = [(max(counts), "← 実績｜推計・目標 →")] if counts else []
    chart = (
        line_chart(
            ident("chart", "population"),
            "総人口の推計・目標・実績",
            "総人口の推計・目標・実績の折れ線。数値は表のとおり",
            lines,
            years={year: str(year) for year in range(-(-int(min(at)) // 5) * 5, int(max(at)) + 1, 5)},
            unit="人",
            size=(900, 380),
            band=band,
            from_zero=True,
            bounds=bounds,
        )
        if lines
        else ""
    )
    return {
        "chart": chart,
        "vision_heads": tables.VISION,
        "vision": cells_of([*tables.vision_rows(told).values()]),
        "counted_heads": tables.COUNTED,
        "counted": cells_of([*tables.counted_rows(told).values()]),
        "apart": tables.SERIES_APART,
    }
