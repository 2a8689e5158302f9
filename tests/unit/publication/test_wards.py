"""Wards are found in the tables of the night that made a release, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from sousei.foundation.home import Home
from sousei.projection.desk.sitting import open_desk
from sousei.projection.scenarios import read
from sousei.publication.wards import CANDIDATE, published_of_ward
from tests.unit.projection import frames
from tests.unit.projection.towns import town

RUN, WARD = "2026-11-30-abc", "14101"


def night(tmp_path: Path, level: str) -> Home:
    """A home with the tables of one night, in which one area of a level has a table."""
    ages = pl.col("age_from").cast(pl.String)
    cells = town(1).with_columns(
        pl.lit(WARD).alias("area_code"),
        pl.lit("ipss_2018").alias("vintage"),
        pl.when(pl.col("age_from") == 90)
        .then(pl.lit("90+"))
        .otherwise(pl.concat_str(ages, pl.lit("-"), (pl.col("age_from") + 4).cast(pl.String)))
        .alias("age_group"),
    )
    table = frames.raw(cells, "ipss_population", "ipss_projection-made-up")
    table = table.with_columns(pl.lit(level).alias("area_level"))
    home = Home(tmp_path)
    (home.runs / RUN).mkdir(parents=True)
    with duckdb.connect(str(home.runs / RUN / CANDIDATE)) as connection:
        connection.execute("create schema in_force")
        connection.register("given", table)
        connection.execute("create table in_force.ipss_population as from given")
    return home


def test_a_ward_opens_at_the_desk_like_a_municipality(tmp_path: Path) -> None:
    found = published_of_ward(night(tmp_path, "ward"), RUN, WARD)
    desk = open_desk(found, read(frames.SCENARIOS), WARD)
    assert desk.code == WARD and desk.run.population.shape[0] == 11


def test_what_is_no_ward_or_of_a_night_that_is_gone_is_not_found(tmp_path: Path) -> None:
    home = night(tmp_path, "municipality")
    assert published_of_ward(home, RUN, WARD).is_empty()
    assert published_of_ward(home, RUN, "14999").is_empty()
    assert published_of_ward(home, "2026-11-29-def", WARD).is_empty()
