"""`sousei project`: the population vision at the desk, on a release.

Holds: arguments and printing of the desk's questions. Does not hold: the answers (projection.desk), nor any
writing into a home; charts go where the caller says.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sousei.foundation.home import Home

if TYPE_CHECKING:
    from sousei.publication.shelf import Release

READABLE = {
    "scenarios": (
        *("scenario_id", "label_ja", "year", "measure_ja", "persons", "low_persons", "high_persons"),
        *("implied_tfr", "net_migration_persons", "births", "deaths"),
    ),
    "goal": (
        *("scenario_id", "measure", "target_year", "target_persons", "without_persons", "profile_ja", "timing"),
        *("from_year", "units_a_year", "persons_a_year", "low_persons", "high_persons"),
    ),
    "arrivals": ("measure", "sex", "age_from", "value_persons"),
    "decompose": ("label_ja", "measure", "method", "difference_persons", "natural_persons", "social_persons"),
    "backtest": (
        *("method", "base_year", "year", "measure_ja", "projected_persons", "actual_persons", "error_pct"),
        *("band_low", "band_high", "coverage", "coverage_worst", "coverage_best", "n_bases", "basis", "size_class"),
    ),
    "probability": (
        *("label_ja", "base_ja", "year", "measure_ja", "persons", "p10_persons", "p50_persons", "p90_persons"),
        *("low_persons", "high_persons", "at_most_persons", "probability_at_most", "at_least_persons"),
        *("probability_at_least", "draws", "seed"),
    ),
}
"""Columns of the table for people; the other formats give every column, unrounded."""


def add(call: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the desk's questions below `sousei project`."""
    asked = call.add_subparsers(dest="question", required=True, metavar="QUESTION")
    desk = argparse.ArgumentParser(add_help=False)
    desk.add_argument(
        "--municipality", required=True, type=code, metavar="CODE", help="5桁の団体コード / five-digit code"
    )
    desk.add_argument("--release", default="current", metavar="RELEASE")
    desk.add_argument(
        "--scenarios",
        type=Path,
        metavar="CSV",
        help="自分のシナリオ表 / a scenario table of your own",
    )
    desk.add_argument(
        "--base",
        metavar="BASE",
        help="始まりの人口 / what to start from: census_2020, census_2025, registry_2023-01-01, ipss_2023, "
        "ipss_2023@census_2025",
    )
    desk.add_argument("--format", choices=("table", "csv", "json", "parquet"), default="table")

    def question(name: str, about: str, example: str) -> argparse.ArgumentParser:
        return asked.add_parser(
            name,
            parents=[common, desk],
            help=about,
            description=about,
            epilog=f"例 / example:  sousei project {name} --municipality 01223 {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    one = question(
        "scenarios", "シナリオ別の将来人口と誤差の幅 / scenarios with their bands", "--year 2040 --year 2060"
    )
    one.add_argument("--scenario", action="append", metavar="ID")
    one.add_argument("--year", action="append", type=int, metavar="YEAR")
    one = question("goal", "目標に届くのに毎年何人要るか / arrivals that reach a target", "--target 9345 --year 2060")
    one.add_argument("--target", type=float, required=True, metavar="PERSONS")
    one.add_argument("--year", type=int, required=True, metavar="YEAR", help="目標の年 / target year")
    one.add_argument("--from-year", type=int, default=2020, metavar="YEAR", help="始める年 / first year of arrivals")
    one.add_argument(
        "--measure", default="total", metavar="MEASURE", help="total, young, working_age, old, women_20_39"
    )
    one.add_argument("--timing", choices=("start", "mid", "end"), default="mid", help="来る時 / when in a period")
    one.add_argument("--scenario", action="append", metavar="ID")
    one = question("arrivals", "転入1人の目標年での値打ち / value of one arrival by sex and age", "--year 2060")
    one.add_argument("--year", type=int, required=True, metavar="YEAR")
    one.add_argument("--from-year", type=int, default=2020, metavar="YEAR")
    one.add_argument("--scenario", metavar="ID")
    one = question("decompose", "差を自然と社会に分ける / natural and social parts of a difference", "--year 2060")
    one.add_argument("--year", type=int, required=True, metavar="YEAR")
    one = question(
        "probability", "ある人数以下・以上になる確率 / how likely a figure is", "--year 2060 --at-most 8000 --seed 1"
    )
    one.add_argument("--year", type=int, required=True, metavar="YEAR")
    one.add_argument("--at-most", type=float, metavar="PERSONS", help="この人数以下 / at or below")
    one.add_argument("--at-least", type=float, metavar="PERSONS", help="この人数以上 / at or above")
    one.add_argument(
        "--measure", default="total", metavar="MEASURE", help="total, young, working_age, old, women_20_39"
    )
    one.add_argument("--draws", type=int, default=1000, metavar="N", help="試行の数 / number of draws")
    one.add_argument("--seed", type=int, default=1, metavar="N", help="乱数の種 / seed of the draws")
    one.add_argument("--scenario", metavar="ID")
    question("backtest", "これまでの推計はどれだけ外れたか / how far projections have been off", "")
    one = question("charts", "図（SVG、--png で PNG も） / charts as SVG, with --png also PNG", "--to charts --png")
    one.add_argument("--to", type=Path, required=True, metavar="DIR")
    one.add_argument("--png", action="store_true")


def run(arguments: argparse.Namespace) -> int:
    """Answer one question; 0 answered, 2 when it cannot be asked so."""
    import polars.selectors as cs

    from sousei.projection.desk import answers, sitting
    from sousei.projection.engine import ProjectionError
    from sousei.publication import formats, shelf
    from sousei.publication.query import query

    release = shelf.find(Home.from_environment(), arguments.release)

    def mart(name: str) -> Any:
        return query(f"from {name} where municipality_code = '{arguments.municipality}'", release)

    try:
        published = sitting.published_of_release(mart("mart_population_projection"))
        if arguments.question == "backtest":
            counted = sitting.counted_of_release(mart("fct_population"))
            frame = answers.backtest_table(counted, published, arguments.municipality)
        else:
            opened = _opened(arguments, release, published, mart)
            if arguments.question == "charts":
                return _charts(arguments, opened, mart)
            frame = _answer(arguments, opened)
    except ProjectionError as error:
        print(f"projection_refused: {error}", file=sys.stderr)
        return 2
    form = "json" if arguments.json else arguments.format
    if form == "table":
        shown = [name for name in READABLE[arguments.question] if name in frame.columns]
        frame = frame.select(shown).with_columns(cs.float().round(2, mode="half_away_from_zero"))
    sys.stdout.buffer.write(formats.formatted(frame, form))
    return 0


def _opened(arguments: argparse.Namespace, release: Release, published: Any, mart: Any) -> Any:
    from sousei.projection.desk import sitting

    assumed = _assumptions(arguments, release)
    if arguments.base is None:
        return sitting.open_desk(published, assumed, arguments.municipality)
    counted = mart("fct_population")
    return sitting.open_desk(
        published,
        assumed,
        arguments.municipality,
        base=arguments.base,
        census_population=sitting.counted_of_release(counted),
        registry_population=sitting.counted_of_release(counted, "resident_registry"),
        totals=sitting.totals_of_release(counted),
    )


def _assumptions(arguments: argparse.Namespace, release: Release) -> Any:
    """The scenario table: a planner's own, else that of the release with the scenarios of the municipality's plans."""
    import polars as pl

    from sousei.projection import scenarios
    from sousei.projection.engine import ProjectionError
    from sousei.publication.query import QueryError, query

    if arguments.scenarios is not None:
        try:
            return scenarios.read(arguments.scenarios)
        except pl.exceptions.PolarsError as error:
            raise ProjectionError(
                f"シナリオ表 {arguments.scenarios} を読めません（{next(iter(str(error).splitlines()), '')}）。"
                f"列 {'、'.join(scenarios.COLUMNS)} を持つ UTF-8 の CSV にしてください / the table of scenarios "
                "cannot be read; it must be a CSV in UTF-8 with these columns"
            ) from None
    code = arguments.municipality
    try:
        told = query(f"from dim_scenario where municipality_code in ('*', '{code}')", release)
    except QueryError:
        raise ProjectionError(
            "この公表版は推計の仮定（dim_scenario）を持たない古い版です。sousei refresh で新しい版を作るか、"
            "--scenarios で自分のシナリオ表を指定してください / "
            "this release is of before dim_scenario: make a new one, or give a table of your own by --scenarios"
        ) from None
    return scenarios.tidy(told.select(*scenarios.COLUMNS))


def _answer(arguments: argparse.Namespace, opened: Any) -> Any:
    from sousei.projection.desk import answers as desk

    if arguments.question == "scenarios":
        return desk.scenario_table(opened, arguments.scenario, years=arguments.year)
    if arguments.question == "goal":
        return desk.goal_seek(
            opened,
            target_persons=arguments.target,
            target_year=arguments.year,
            from_year=arguments.from_year,
            measure=arguments.measure,
            scenario_ids=arguments.scenario or (opened.basis,),
            timing=arguments.timing,
        )
    if arguments.question == "probability":
        from sousei.projection.desk.chances import chances

        return chances(
            opened,
            year=arguments.year,
            measure=arguments.measure,
            at_most=arguments.at_most,
            at_least=arguments.at_least,
            draws=arguments.draws,
            seed=arguments.seed,
            scenario_id=arguments.scenario,
        )
    if arguments.question == "arrivals":
        return desk.arrival_values(
            opened,
            target_year=arguments.year,
            from_year=arguments.from_year,
            scenario_id=arguments.scenario or opened.basis,
        )
    return desk.decomposition_table(opened, arguments.year)


def _charts(arguments: argparse.Namespace, opened: Any, mart: Any) -> int:
    import polars as pl

    from sousei.projection.desk.charts.png import png
    from sousei.projection.desk.drawn import draw

    counted = mart("fct_population").filter(
        (pl.col("scope") == "total") & (pl.col("sex") == "total") & (pl.col("age_group") == "total")
    )
    totals = counted.select(
        "municipality_code",
        "as_of_date",
        pl.when((pl.col("series") == "census") & (pl.col("value_status") == "preliminary"))
        .then(pl.lit("census_preliminary"))
        .otherwise("series")
        .alias("series"),
        pl.col("population_persons").cast(pl.Int64).alias("persons"),
    )
    printed = mart("mart_population_vision").filter((pl.col("scenario_id") == "plan") & pl.col("is_projection"))
    planned = printed.select("year", pl.col("total_persons").cast(pl.Float64).alias("persons")).drop_nulls()
    town = mart("dim_municipality").filter(pl.col("valid_to").is_null())
    arguments.to.mkdir(parents=True, exist_ok=True)
    drawn = draw(opened, name_ja=town["name_ja"][0], actual_totals=totals, plan_totals=planned)
    for name, svg in drawn.items():
        path = arguments.to / f"{arguments.municipality}_{name}.svg"
        path.write_text(svg, encoding="utf-8")
        print(path)
        if arguments.png:
            picture = path.with_suffix(".png")
            picture.write_bytes(png(svg))
            print(picture)
    return 0


def code(text: str) -> str:
    """A municipality code as an argument of the command: five digits, or six with the check digit."""
    if re.fullmatch(r"\d{6}", text):
        from sousei.ingest.vocabulary.codes import valid6

        if valid6(text):
            return text[:5]
    if not re.fullmatch(r"\d{5}", text):
        raise argparse.ArgumentTypeError(f"bad_code: {text!r} は5桁の団体コードではありません / not a five-digit code")
    return text
