"""A figure that is not used or not known is never read as nobody: its municipality is left out. Rows are synthetic."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from sousei.ingest.tables import schema_of
from sousei.projection import counted
from sousei.projection.published import published_cells

GROUPS = [(f"{age}-{age + 4}", age, age + 4) for age in range(0, 90, 5)] + [("90+", 90, None)]


def table(name: str, code: str, **told: object) -> pl.DataFrame:
    """All sexes and ages of one municipality: 10 persons in a cell."""
    rows = []
    for sex, persons in (("male", 10), ("female", 10), ("total", 20)):
        cells = [(*group, persons) for group in GROUPS] + [("total", None, None, persons * len(GROUPS))]
        for group, low, high, count in cells:
            rows.append(
                dict.fromkeys(schema_of(name))
                | {"area_code": code, "area_level": "municipality", "sex": sex, "age_group": group, "age_from": low}
                | {"age_to": high, "population_persons": count, "value_status": "final", "source_id": "s", "sheet": ""}
                | told
            )
    return pl.DataFrame(rows, schema=schema_of(name))


def without(frame: pl.DataFrame, code: str, sex: str, group: str, total: int | None = None) -> pl.DataFrame:
    """The same with one cell null, and with another total of that sex where one is given."""
    here = (pl.col("area_code") == code) & (pl.col("sex") == sex)
    value = pl.when(here & (pl.col("age_group") == group)).then(None).otherwise("population_persons")
    frame = frame.with_columns(value.alias("population_persons"))
    if total is None:
        return frame
    value = pl.when(here & (pl.col("age_group") == "total")).then(total).otherwise("population_persons")
    return frame.with_columns(value.alias("population_persons"))


def both(name: str, **told: object) -> pl.DataFrame:
    return pl.concat([table(name, code, **told) for code in ("01223", "03211")])


@pytest.mark.parametrize("group", ["25-29", "90+"])
def test_a_census_with_an_unknown_group_is_left_out_and_one_with_nobody_in_it_is_not(group: str) -> None:
    census = both("census_population", scope="total", as_of_date=dt.date(2020, 10, 1))
    assert set(counted.census_cells(census)["municipality_code"]) == {"01223", "03211"}
    unknown = counted.census_cells(without(census, "03211", "male", group))
    assert set(unknown["municipality_code"]) == {"01223"}
    total = without(census, "03211", "male", "total")
    cells = [counted.census_cells(frame).sort(pl.all()) for frame in (total, census)]
    assert cells[0].equals(cells[1]), "a total is no part of the cells"


def test_a_part_of_the_open_group_that_is_not_used_leaves_the_municipality_out() -> None:
    census = both("census_population", scope="total", as_of_date=dt.date(2020, 10, 1))
    parts = pl.concat(
        census.filter((pl.col("age_group") == "90+") & (pl.col("sex") != "total")).with_columns(
            pl.lit(group).alias("age_group"),
            pl.lit(low).cast(pl.Int16).alias("age_from"),
            pl.lit(high).cast(pl.Int16).alias("age_to"),
            pl.lit(persons).cast(pl.Int64).alias("population_persons"),
        )
        for group, low, high, persons in (("90-94", 90, 94, 7), ("95-99", 95, 99, 3), ("100+", 100, None, 0))
    )
    split = pl.concat([census.filter(pl.col("age_group") != "90+"), parts])
    whole = counted.census_cells(split)
    assert set(whole["municipality_code"]) == {"01223", "03211"}
    nobody = counted.census_cells(without(split, "03211", "male", "100+"))
    assert nobody.sort(pl.all()).equals(whole.sort(pl.all())), "'-' where the others make up the total is nobody"
    unknown = counted.census_cells(without(split, "03211", "male", "95-99"))
    assert set(unknown["municipality_code"]) == {"01223"}


def test_a_projection_with_an_unknown_cell_is_left_out() -> None:
    published = pl.concat(both("ipss_population", vintage="ipss_2018", year=year) for year in (2015, 2020))
    cells = published_cells(published, "ipss_2018")
    assert cells.height == 2 * 2 * 2 * len(GROUPS)
    some = published_cells(without(published, "03211", "female", "0-4"), "ipss_2018")
    assert set(some["municipality_code"]) == {"01223"} and some.height == cells.height / 2
    row_gone = published.filter(~((pl.col("area_code") == "03211") & (pl.col("year") == 2020)))
    assert set(published_cells(row_gone, "ipss_2018")["municipality_code"]) == {"01223"}


def test_a_registry_with_an_unknown_cell_is_left_out() -> None:
    registry = both("registry_population", scope="total", as_of_date=dt.date(2021, 1, 1))
    assert set(counted.registry_cells(registry)["municipality_code"]) == {"01223", "03211"}
    some = counted.registry_cells(without(registry, "03211", "male", "25-29"))
    assert set(some["municipality_code"]) == {"01223"}
