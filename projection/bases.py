"""What a run starts from: the population of a base and the rates of an edition carried on from there.

Holds: names of bases, the population of a base by sex and age, the baseline that starts there. Does not hold: the rates
of an edition (vision), which scenario asks for which base (scenarios), files.

    base                 population on 1 October of its grid year
    (blank)              the edition's own base: ipss_2018 the census of 2015, ipss_2023 that of 2020
    census_YYYY          the census by sex and age, unknown ages shared out in proportion; where only a total has been
                         published (preliminary count), the ages of the resident registry brought to that total; where
                         there is no registry by age either, the edition's own ages of that year brought to it
    registry_YYYY-01-01  residents registered on that day (another definition than the census, left as it is), carried
                         to the next 1 October of the grid on a straight line of the edition's step; up to three months
                         after one, read between it and the year before

An edition before `@` names whose rates are used: `ipss_2023@census_2025`; without it those of the 2018 edition.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.projection.counted import allocate_unknown, census_cells, registry_cells
from sousei.projection.engine import STEP_YEARS, Array, ProjectionError, project, take
from sousei.projection.national import tfr_of
from sousei.projection.recover import k_factor, recover
from sousei.projection.vision import Baseline

EDITIONS = ("ipss_2018", "ipss_2023")
BASE = re.compile(r"^(?:census_(?P<census>\d{4})|registry_(?P<registry>\d{4}-01-01))$")
OWN_BASE = {"ipss_2018": "census_2015", "ipss_2023": "census_2020"}
REGISTRY_REACH_YEARS = 5
"""A registry older than this says nothing about the ages at a census."""


class Start(NamedTuple):
    """base_id; year of the grid (1 October); codes n; population (2, 19, n); age_basis n: census / registry_DATE /
    edition, where the ages come from; total_basis n: census / census_preliminary / registry."""

    base_id: str
    year: int
    codes: list[str]
    population: Array
    age_basis: list[str]
    total_basis: list[str]


def parsed(text: str) -> tuple[str, str | None]:
    """Edition and base of `[EDITION@]BASE`; the base is None for the edition's own. Raises ProjectionError."""
    edition, at, base = text.partition("@")
    if not at:
        edition, base = (text, "") if text in EDITIONS else (EDITIONS[0], text)
    if not text or (at and not base) or edition not in EDITIONS or (base and not BASE.match(base)):
        raise ProjectionError(
            f"基準「{text}」は使えません。期待: census_2020、census_2025、registry_2023-01-01、ipss_2018、ipss_2023、"
            f"ipss_2023@census_2025 など / unknown base {text!r}"
        )
    return edition, None if base in ("", OWN_BASE[edition]) else base


def label_ja(base: str, age_basis: str = "census", total_basis: str = "census") -> str:
    """A base as it stands in a title: 令和7年国勢調査速報（年齢は住民基本台帳 2023-01-01）."""
    found = BASE.match(base)
    if not found:
        return base
    if found["registry"]:
        return f"住民基本台帳 {found['registry']}"
    preliminary = "速報" if total_basis == "census_preliminary" else ""
    ages = {"census": "", "edition": "（年齢構成は社人研推計）"}.get(
        age_basis, f"（年齢構成は住民基本台帳 {age_basis.removeprefix('registry_')}）"
    )
    return f"{found['census']}年国勢調査{preliminary}{ages}"


def start(
    base_id: str,
    edition: Baseline,
    census_population: pl.DataFrame,
    registry_population: pl.DataFrame,
    totals: pl.DataFrame,
) -> Start:
    """The population of `base_id` for the municipalities of `edition` that it is known for.

    census_population, registry_population: of in_force. totals: municipality_code, as_of_date, series (census /
    census_preliminary), persons. Raises ProjectionError where the base is known for none of them, saying what is there.
    """
    found = BASE.match(base_id)
    if not found:
        raise ProjectionError(f"基準「{base_id}」は使えません（census_2025、registry_2023-01-01 など）/ unknown base")
    mine = pl.col("area_code").is_in(edition.codes)

    def registry(first: date, last: date) -> dict[date, dict[str, Array]]:
        return _by_date(registry_cells(registry_population.filter(mine & pl.col("as_of_date").is_between(first, last))))

    if found["registry"]:
        day = date.fromisoformat(found["registry"])
        parts = _of_registry(day, edition, registry(date(day.year - 1, 1, 1), date(day.year + 1, 1, 1)))
    else:
        year = int(found["census"])
        _on_grid(year, edition, base_id)
        counted = census_cells(census_population.filter(mine & (pl.col("as_of_date") == date(year, 10, 1))))
        parts = _of_census(base_id, year, edition, counted, registry, totals)
    if not parts.codes:
        known = "、".join(sorted({f"registry_{day}" for day in registry(date(1900, 1, 1), date(2999, 1, 1))}))
        what = "この日の住民基本台帳" if found["registry"] else "国勢調査（男女・年齢別か速報の総数）"
        raise ProjectionError(
            f"基準 {base_id} の人口がありません。{what}が届いていません。使える台帳: {known or 'なし'} / "
            f"no population of the base {base_id}; registry dates at hand: {known or 'none'}"
        )
    return parts


def rebase(edition: Baseline, begin: Start) -> Baseline:
    """The edition's rates from the year of `begin` on, started from its population: codes are those of `begin`.

    The child-woman ratio of the base year is that of the base itself; later ones are the edition's (k x national).
    """
    i = edition.years.index(begin.year)
    place = {code: n for n, code in enumerate(edition.codes)}
    at = np.array([place[code] for code in begin.codes], dtype=np.intp)
    found = recover(np.stack([begin.population, begin.population]))
    nat = type(edition.national)(
        edition.national.child_woman_ratio[i:],
        edition.national.tfr[i:],
        edition.national.male_share[i:],
        edition.national.survival[i:],
        edition.national.birth_survival[i:],
    )
    ratio = edition.child_woman_ratio[i:].take(at, axis=1)
    ratio[0] = found.child_woman_ratio[0]
    residual = None if edition.residual is None else edition.residual[i:].take(at, axis=-1)
    return Baseline(
        edition.years[i:],
        max(edition.published - i, 1),
        list(begin.codes),
        begin.population,
        edition.survival[i:],
        edition.birth_survival[i:],
        edition.migration[i:].take(at, axis=-1),
        residual if residual is not None and residual.any() else None,
        ratio,
        tfr_of(ratio, nat),
        k_factor(ratio, nat.child_woman_ratio),
        edition.male_share[i:].take(at, axis=1),
        nat,
        edition.basis,
        begin.base_id,
        tuple(label_ja(begin.base_id, a, t) for a, t in zip(begin.age_basis, begin.total_basis, strict=True)),
    )


def _on_grid(year: int, edition: Baseline, base_id: str) -> None:
    if year not in edition.years[:-1]:
        raise ProjectionError(
            f"基準 {base_id} の年は推計の期の境にありません。使える年: {'、'.join(map(str, edition.years[:-1]))} / "
            f"the base {base_id} is not at the end of a step"
        )


def _by_date(cells: pl.DataFrame) -> dict[date, dict[str, Array]]:
    """(2, 19) arrays by date and code."""
    out: dict[date, dict[str, Array]] = {}
    for (day,), part in cells.group_by("as_of_date"):
        _, names, population = take(
            part.with_columns(pl.col("as_of_date").dt.year().alias("year")), ["municipality_code"]
        )
        out[day] = {code: population[0, ..., n] for n, code in enumerate(names.get_column("municipality_code"))}
    return out


def _years_between(day: date, year: int) -> float:
    return (date(year, 10, 1) - day).days / 365.25


def _at(day: date, year: int, edition: Baseline, n: int, code: str, registry: dict[date, dict[str, Array]]) -> Array:
    """Residents of `day` on 1 October of `year`."""
    here, gap = registry[day][code], _years_between(day, year)
    other = date(day.year + (1 if gap > 0 else -1), 1, 1)
    if abs(gap) < 1 and code in registry.get(other, {}) and (gap > 0) != (_years_between(other, year) > 0):
        weight = abs(gap) / abs((other - day).days / 365.25)
        return here + (registry[other][code] - here) * weight
    if gap <= 0:
        return here
    step = max(edition.years.index(year) - 1, 0)
    ratio = edition.survival[step] + edition.migration[step, ..., n]
    later = np.empty_like(here)
    later[:, 1:-1] = here[:, :-2] * ratio[:, :-1]
    later[:, -1] = (here[:, -2] + here[:, -1]) * ratio[:, -1]
    children = later[1, 3:10].sum() * edition.child_woman_ratio[step + 1, n]
    later[0, 0] = children * edition.male_share[step, n]
    later[1, 0] = children - later[0, 0]
    return here + (later - here) * (gap / STEP_YEARS)


def _of_registry(day: date, edition: Baseline, registry: dict[date, dict[str, Array]]) -> Start:
    year = day.year + (-day.year) % STEP_YEARS
    if (day.year - 1) % STEP_YEARS == 0:
        year = day.year - 1
    base_id = f"registry_{day}"
    _on_grid(year, edition, base_id)
    known = [(n, code) for n, code in enumerate(edition.codes) if code in registry.get(day, {})]
    arrays = [_at(day, year, edition, n, code, registry) for n, code in known]
    return _start(base_id, year, [code for _, code in known], arrays, [base_id] * len(known), ["registry"] * len(known))


def _of_census(
    base_id: str,
    year: int,
    edition: Baseline,
    counted: pl.DataFrame,
    registry_between: Callable[[date, date], dict[date, dict[str, Array]]],
    totals: pl.DataFrame,
) -> Start:
    by_age: dict[str, Array] = {}
    if counted.height:
        _, names, population = take(allocate_unknown(counted), ["municipality_code"])
        by_age = {code: population[0, ..., n] for n, code in enumerate(names.get_column("municipality_code"))}
    day = (pl.col("as_of_date") == date(year, 10, 1)) & pl.col("series").is_in(["census", "census_preliminary"])
    total = {
        code: (series, float(persons))
        for code, series, persons in totals.filter(day).select("municipality_code", "series", "persons").rows()
    }
    ageless = [code for code in edition.codes if code not in by_age]
    registry = {}
    if total and ageless:
        registry = registry_between(date(year - REGISTRY_REACH_YEARS, 1, 1), date(year + 1, 1, 1))
    dates = sorted(
        (d for d in registry if -1 < _years_between(d, year) < REGISTRY_REACH_YEARS),
        key=lambda d: abs(_years_between(d, year)),
    )
    step = edition.years.index(year)
    line: Array | None = None
    codes, arrays, ages, wholes = [], [], [], []
    for n, code in enumerate(edition.codes):
        if code in by_age:
            array, basis, whole = by_age[code], "census", "census"
        elif code in total:
            whole, persons = total[code]
            near = next((d for d in dates if code in registry[d]), None)
            if near is not None:
                array, basis = _at(near, year, edition, n, code, registry), f"registry_{near}"
            else:
                line = _line(edition, step) if line is None else line
                array, basis = line[..., n], "edition"
            array = np.round(array * (persons / array.sum()), 6)  # as published, so that the total is the counted one
            array.flat[array.argmax()] += persons - array.sum()
        else:
            continue
        codes.append(code)
        arrays.append(array)
        ages.append(basis)
        wholes.append(whole)
    return _start(base_id, year, codes, arrays, ages, wholes)


def _line(edition: Baseline, step: int) -> Array:
    """The edition's own population after `step` steps."""
    return project(
        edition.base,
        edition.survival[:step, ..., None] + edition.migration[:step],
        edition.child_woman_ratio[1 : step + 1],
        edition.male_share[:step],
        arrivals_end=None if edition.residual is None else edition.residual[:step],
    )[-1]


def _start(base_id: str, year: int, codes: list[str], arrays: list[Array], ages: list[str], totals: list[str]) -> Start:
    stacked = np.stack(arrays, axis=-1) if arrays else np.empty((2, 19, 0))
    return Start(base_id, year, codes, stacked, ages, totals)
