"""`sousei indicators`: what a plan register can name, and for which years a municipality has it.

Holds: reading the seed, or the last release where there is one, and printing. Does not hold: what an indicator means
(dbt_project/seeds/indicators.csv) or its values (the warehouse).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from sousei.foundation.home import SEEDS, Home
from sousei.orchestration.command.words import MISUSE, OK, complain, emit

if TYPE_CHECKING:
    from sousei.publication.shelf import Release

_SHOWN = (
    "indicator_id",
    "name_ja",
    "name_en",
    "definition_ja",
    "definition_en",
    "unit",
    "period_basis",
    "count_basis",
    "source",
    "statistic_ja",
    "series",
    "reference_rule_ja",
    "caveat_ja",
)
_PERIODS_EN = {"時点": "date", "年度": "fiscal year", "暦年": "calendar year", "5年間": "five years"}


def indicators_call(arguments: argparse.Namespace) -> int:
    """List what can be named."""
    release = _release()
    if arguments.municipality and not _is_known(arguments.municipality):
        complain(
            arguments,
            f"municipality_unknown: {arguments.municipality} という団体コードはありません。",
            f"municipality_unknown: there is no municipality {arguments.municipality}.",
        )
        return MISUSE
    every = _of_release(release, arguments.municipality) if release else _of_seed()
    found = [one for one in every if _matches(one, arguments.search or "")]
    if not found:
        from sousei.ingest.forms.cells import near

        hint = near(
            arguments.search, {part for one in every for part in (one["indicator_id"], *one["indicator_id"].split("_"))}
        )
        complain(
            arguments,
            f"indicator_unknown: 「{arguments.search}」に当たる指標はありません。{hint}",
            f"indicator_unknown: no indicator has {arguments.search} in its id, name, definition or source.",
        )
        return MISUSE
    if arguments.municipality and not release:
        complain(
            arguments,
            "no_release: 公表版がないので、値のある年は示せません。",
            "no_release: there is no release, so the years with values are not known.",
        )
    if arguments.json:
        emit(found)
        return OK
    for one in found:
        _print(arguments, one)
    return OK


def _release() -> Release | None:
    """The last release, where it has the tables of indicators."""
    from sousei.publication import shelf
    from sousei.publication.query import query

    release = shelf.current(Home.from_environment())
    if release is None:
        return None
    tables = query(
        "select table_name from duckdb_tables() where table_name in ('dim_indicator', 'fct_indicator')", release
    )
    return release if tables.height == 2 else None


def _is_known(code: str) -> bool:
    from sousei.ingest.areas.register import register

    return code in register().names_of


def _of_seed() -> list[dict[str, Any]]:
    import polars as pl

    rows = pl.read_csv(SEEDS / "indicators.csv", infer_schema=False).select(_SHOWN).to_dicts()
    return sorted(rows, key=lambda one: str(one["indicator_id"]))


def _of_release(release: Release, code: str | None) -> list[dict[str, Any]]:
    """Rows of dim_indicator; with a municipality only its own composed indicators, and its fiscal years."""
    from sousei.publication.query import query

    columns = ", ".join(_SHOWN)
    where = f"municipality_code is null or municipality_code = '{code}'" if code else "true"
    rows = query(
        f"select {columns}, municipality_code, plan_id, first_period_end, last_period_end, n_municipalities "  # noqa: S608
        f"from dim_indicator where {where} order by indicator_id",
        release,
    ).to_dicts()
    if code:
        years = query(
            "select indicator_id, list(distinct fiscal_year order by fiscal_year) as years from fct_indicator "  # noqa: S608
            f"where municipality_code = '{code}' group by indicator_id",
            release,
        )
        held = dict(years.iter_rows())
        rows = [{**one, "fiscal_years": list(held.get(one["indicator_id"], []))} for one in rows]
    return rows


def _matches(one: dict[str, Any], word: str) -> bool:
    from sousei.ingest.vocabulary.text import squeeze

    said = ("indicator_id", "name_ja", "name_en", "definition_ja", "definition_en", "statistic_ja", "source")
    return squeeze(word).lower() in squeeze(" ".join(str(one[name] or "") for name in said)).lower()


def _print(arguments: argparse.Namespace, one: dict[str, Any]) -> None:
    is_english = arguments.lang == "en"
    name = (one["name_en"] if is_english else None) or one["name_ja"]
    told = (one["definition_en"] if is_english else None) or one["definition_ja"] or ""
    period, unit = one["period_basis"] or "", one["unit"] or ""
    if is_english:
        short = next((en for ja, en in _PERIODS_EN.items() if period.startswith(ja)), period)
        print(f"{one['indicator_id']}\n    {name} | unit: {unit} | period: {short} | source: {one['statistic_ja']}")
    else:
        print(f"{one['indicator_id']}\n    {name}｜単位：{unit}｜期間：{period}｜出典：{one['statistic_ja']}")
    if told:
        print(f"    {told}")
    if one["caveat_ja"] and not is_english:
        print(f"    注意：{one['caveat_ja']}")
    if "fiscal_years" in one:
        years = spans(one["fiscal_years"])
        if is_english:
            print(f"    {arguments.municipality}: fiscal years {years or 'none'}")
        else:
            print(f"    {arguments.municipality}：{f'{years} 年度' if years else '値なし'}")


def spans(years: list[int]) -> str:
    """Years in order as text, runs put together: 2008-2011, 2015."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)
