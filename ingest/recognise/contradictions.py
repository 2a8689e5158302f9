"""What a recognised grid says twice, and not the same way: years, scopes, units, columns, age classes.

Holds: title against headers, headers against each other. Does not hold recognising (match.py) or figures against
figures (across.py, sums.py).
"""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise

from sousei.ingest.areas import shown
from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.recognise.recognised import Bound, Recognised, as_of, parsed, year_of
from sousei.ingest.vocabulary.ages import parse_age
from sousei.ingest.vocabulary.dates import ERA_YEAR, Period, fiscal_period, parse_date, parse_flow, parse_year
from sousei.ingest.vocabulary.text import squeeze

_POWERS = "十百千万億"
_SURVEYED = re.compile(rf"({ERA_YEAR}度)(?:\([^)\n]*\))?の決算見込の状況")
"""A note above the header that says which year a survey is of."""


def contradictions(grid: Grid, found: Recognised) -> list[Problem]:
    """Whatever a grid that fits a layout says twice and not the same way, or leaves out between two columns."""
    problems = [*_periods_and_scope(grid, found), *_units(grid, found), *_twice(grid, found)]
    return [*problems, *_years_across(grid, found), *_age_gaps(grid, found)]


def _periods_and_scope(grid: Grid, found: Recognised) -> list[Problem]:
    """The title's year against the years in the headers, western years against 元号 years, and the title's scope
    against columns that only tables of another scope have."""
    problems = _scopes_apart(grid, found)
    stated = {"as_of": parse_date, "as_of_year": parse_year, "fiscal_year": parse_year, "year": parse_year}
    for name, parse in stated.items():
        if name in found.said and parsed(parse, found.said[name]) is None:
            return [*problems, no_period(grid, found, found.said[name], "")]
    stock = as_of(found)
    if stock is not None and "as_of_year" in found.said:
        problems += _other_years(grid, found, stock.year)
    period: Period | None = None
    if "flow" in found.said:
        try:
            period = parse_flow(found.said["flow"])
        except ValueError:
            return [*problems, _no_flow(grid, found)]
    if period and stock and not dt.timedelta(0) <= stock - period.end <= dt.timedelta(days=1):
        problems.append(_period(grid, found, f"{stock.year} 年、動態の終わりは {period.end}", "", stock, period.end))
    for bound in found.columns:
        for name, expected in (
            ("as_of_year", stock.year if stock else None),
            ("flow_year", period.start.year if period else None),
            ("fiscal_year", year_of(bound.groups.get("fiscal_year", ""))),
        ):
            texts = [bound.groups[key] for key in (name, name.replace("_year", "_western")) if key in bound.groups]
            for text in texts:
                if expected is not None and year_of(text) != expected:
                    words = f"{expected} 年、見出しの年は {text}"
                    problems.append(_period(grid, found, words, bound.label.shown, expected, text))
        header = bound.groups.get("flow_year", "")
        if period and header and header.endswith("度") != (period.basis == "fiscal_year"):
            title = found.said["flow"]
            problems.append(_period(grid, found, f"{title}、見出しは {header}", bound.label.shown, title, header))
    return problems[:3]


def _scopes_apart(grid: Grid, found: Recognised) -> list[Problem]:
    """The title's scope against the sheet's name and against columns that only tables of another scope have."""
    problems = []
    said = found.layout.constants | found.said
    named = found.layout.sheet_pattern.search(squeeze(grid.name)) if found.layout.sheet_pattern else None
    pairs = [(name, text, f"シート名「{grid.sheet}」") for name, text in (named.groupdict() if named else {}).items()]
    for bound in found.columns:
        pairs += [(name, text, f"列「{bound.label.shown}」") for name, text in bound.column.only.items()]
    for name, wanted, where in pairs:
        if name in said and not re.fullmatch(wanted, said[name]):
            problems.append(
                problem(
                    "title_contradiction",
                    sheet=grid.sheet,
                    row=grid.line(found.header.first),
                    said=said[name],
                    where_ja=where,
                    wanted=wanted,
                )
            )
    return problems


def _years_across(grid: Grid, found: Recognised) -> list[Problem]:
    """Years in headers lie in the layout's span and stand at even steps: a slip of the era breaks one of the two."""
    years: set[int] = set()
    for bound in found.columns:
        text = bound.groups.get("fiscal_year") or bound.groups.get("year")
        if bound.column.role != "measure" or text is None:
            continue
        year = year_of(text)
        if year is None:
            return [no_period(grid, found, text, bound.label.shown)]
        years.add(year)
        if "fiscal_year" in bound.groups and not found.layout.covers(fiscal_period(year).start):
            span = f"{found.layout.valid_from}～{found.layout.valid_to or ''}"
            return [_period(grid, found, f"{span}、見出しは {text}", bound.label.shown, span, text)]
    steps = {late - early for early, late in pairwise(sorted(years))}
    if len(steps) < 2:
        return _one_survey(grid, found)
    shown = " ".join(map(str, sorted(years)))
    return [_period(grid, found, f"等間隔のはずで、見出しの年は {shown}", "", "even steps", shown)]


def _one_survey(grid: Grid, found: Recognised) -> list[Problem]:
    """The fiscal years that headers and notes name: each measure has the same ones, and those of a survey of one year
    are the year of its question and of the notes above."""
    asked = [bound for bound in found.columns if "survey_year" in bound.groups and "fiscal_year" in bound.groups]
    for bound in asked:
        question, header = bound.groups["survey_year"], bound.groups["fiscal_year"]
        if year_of(question) != year_of(header):
            return [_period(grid, found, f"{question}(設問)、見出しは {header}", bound.label.shown, question, header)]
    years: dict[int, set[int | None]] = {}
    labels: dict[int, str] = {}
    for bound in found.columns:
        if bound.column.role == "measure" and "fiscal_year" in bound.groups:
            years.setdefault(id(bound.column), set()).add(year_of(bound.groups["fiscal_year"]))
            labels[id(bound.column)] = bound.label.shown
    for one, other in pairwise(years):
        if apart := years[one] ^ years[other]:
            words = f"列ごとに同じはずで、一方の列にしかない年度は {_listed(apart)}"
            return [_period(grid, found, words, labels[other], _listed(years[one]), _listed(years[other]))]
    whole = set().union(*years.values())
    for note in _SURVEYED.findall(found.header.title) if len(whole) == 1 else []:
        if year_of(note) not in whole:
            shown = _listed(whole)
            return [_period(grid, found, f"{note}(表の上の注記)、見出しは {shown}", "", note, shown)]
    return []


def _listed(years: set[int | None]) -> str:
    return " ".join(sorted(map(str, years)))


def _other_years(grid: Grid, found: Recognised, year: int) -> list[Problem]:
    """Rows of another year than the survey's: figures of an earlier count, perhaps re-cut to today's borders."""
    problems = []
    for bound in found.columns:
        words = grid.words(bound.place, found.header.body) if bound.column.role == "year" else []
        others = sorted(word for word in words if re.match(r"\d{4}", word) and year_of(word) != year)
        if others:
            said = f"{year} 年、行の年は {others[0]}"
            problems.append(_period(grid, found, said, bound.label.shown, year, others[0]))
    return problems


def _period(grid: Grid, found: Recognised, words: str, label: str, expected: object, other: object) -> Problem:
    return problem(
        "period_contradiction",
        sheet=grid.sheet,
        row=grid.line(found.header.first),
        column_label=label,
        words_ja=shown.label(words),
        expected=expected,
        found=shown.label(str(other)),
    )


def no_period(grid: Grid, found: Recognised, text: str, label: str) -> Problem:
    """A year or date that never was. label: of the column that says it; '' for the title."""
    return problem(
        "no_period.no_such_day",
        sheet=grid.sheet,
        row=grid.line(found.header.first if label else 0),
        column_label=label,
        text=text[:20],
    )


def _no_flow(grid: Grid, found: Recognised) -> Problem:
    return problem("unknown_period", sheet=grid.sheet, row=grid.line(0), text=shown.label(found.said["flow"][:40]))


def _units(grid: Grid, found: Recognised) -> list[Problem]:
    """Units that the file names against the contract's."""
    problems = []
    for bound in found.columns:
        column = bound.column
        if column.role != "measure" or column.unit is None:
            continue
        bare = column.unit.lstrip(_POWERS)
        alike = [unit for unit in found.header.units if unit.lstrip(_POWERS) == bare]
        stated = bound.label.unit
        if alike and column.unit not in alike:
            stated = alike[0]  # the title says another unit, whatever the column says
        stated = stated or (alike[0] if alike else None)
        if stated is None and not column.unit_stated:
            continue
        if stated != column.unit:
            problems.append(
                problem(
                    "unit_mismatch",
                    sheet=grid.sheet,
                    row=grid.line(found.header.first),
                    column_label=bound.label.shown,
                    unit=column.unit,
                    stated_ja=stated or "記載なし",
                    stated=stated or "nothing",
                    found=stated or "",
                )
            )
    return problems[:3]


def _twice(grid: Grid, found: Recognised) -> list[Problem]:
    """Two columns that claim to be the same figure or the same key."""
    seen: dict[tuple, Bound] = {}
    problems = []
    for bound in found.columns:
        if bound.column.role in {"ignore", "check"}:
            continue
        said = tuple(sorted((name, squeeze(text)) for name, text in bound.groups.items()))
        key = (bound.column.role, bound.column.to, tuple(sorted(bound.column.set.items())), said)
        if key in seen:
            problems.append(
                problem(
                    "column_twice",
                    sheet=grid.sheet,
                    row=grid.line(found.header.first),
                    column_label=bound.label.shown,
                    other=seen[key].label.shown,
                )
            )
        seen[key] = bound
    return problems[:3]


def _age_gaps(grid: Grid, found: Recognised) -> list[Problem]:
    """Age classes across columns reach from 0 to an open class without a gap or an overlap; a class that is gone would
    look like people whose age is not known."""
    spans: dict[str, list[tuple[int, int | None, str]]] = {}
    total = False
    for bound in found.columns:
        if bound.column.role == "measure" and "age" in bound.groups:
            try:
                age = parse_age(bound.groups["age"])
            except ValueError:
                return [_no_age(grid, found, bound.label.shown)]
            total |= age.group == "total"
            if age.low is not None:
                spans.setdefault(bound.groups.get("sex", ""), []).append((age.low, age.high, bound.label.shown))
    total |= any("age" in bound.column.set for bound in found.columns)
    if spans and not total:
        return [_no_total(grid, found)]
    for classes in spans.values():
        due: int | None = 0
        for low, high, label in sorted(classes, key=lambda item: item[0]):
            if low != due:
                return [_gap(grid, found, due, label)]
            due = None if high is None else high + 1
        if due is not None:
            return [_gap(grid, found, due, "")]
    return []


def _no_total(grid: Grid, found: Recognised) -> Problem:
    return problem("missing_column.of_total", sheet=grid.sheet, row=grid.line(found.header.first))


def _no_age(grid: Grid, found: Recognised, label: str) -> Problem:
    return problem(
        "unknown_age.header", sheet=grid.sheet, row=grid.line(found.header.first), column_label=label, label=label[:20]
    )


def _gap(grid: Grid, found: Recognised, due: int | None, label: str) -> Problem:
    row = grid.line(found.header.first)
    if due is None:
        return problem("missing_column.of_last_age", sheet=grid.sheet, row=row, column_label=label)
    return problem(
        "missing_column.of_age" if label else "missing_column.of_age_at_end",
        sheet=grid.sheet,
        row=row,
        column_label=label,
        age=due,
    )
