"""The step: invariants, two other forms of the same arithmetic, and the way from frames and back."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousei.projection.engine import ProjectionError, accounts, age_groups, give, project, step_matrix, take
from sousei.projection.recover import recover

AGES = 19


def world(seed: int, keys: int = 3, steps: int = 4) -> dict[str, np.ndarray]:
    """Random but plausible inputs of a run."""
    random = np.random.default_rng(seed)
    survival = random.uniform(0.4, 1.0, (steps, 2, AGES - 1, keys))
    return {
        "base": random.uniform(0, 3000, (2, AGES, keys)),
        "survival": survival,
        "migration": random.uniform(-0.3, 0.3, (steps, 2, AGES - 1, keys)),
        "child_woman_ratio": random.uniform(0.05, 0.6, (steps, keys)),
        "male_share": random.uniform(0.5, 0.53, (steps, keys)),
        "birth_survival": random.uniform(0.95, 1.0, (steps, 2, keys)),
        "arrivals_start": random.uniform(0, 20, (steps, 2, AGES, keys)),
        "arrivals_end": random.uniform(0, 20, (steps, 2, AGES, keys)),
    }


def run(w: dict[str, np.ndarray], arrivals: bool = False, migration: float = 1.0) -> np.ndarray:
    extra = {k: w[k] for k in ("arrivals_start", "arrivals_end")} if arrivals else {}
    return project(
        w["base"], w["survival"] + migration * w["migration"], w["child_woman_ratio"], w["male_share"], **extra
    )


def polars_oracle(w: dict[str, np.ndarray]) -> pl.DataFrame:
    """The same projection in plain sorted-shift polars, one step after the other."""
    steps, _, _, keys = w["survival"].shape
    ratio = w["survival"] + w["migration"]
    rows = [(k, s, x, float(w["base"][s, x, k])) for k in range(keys) for s in range(2) for x in range(AGES)]
    now = pl.DataFrame(rows, schema=["key", "sex", "age", "persons"], orient="row")
    out = [now.with_columns(pl.lit(0).alias("t"))]
    for t in range(steps):
        rates = pl.DataFrame(
            [
                (k, s, min(x, AGES - 2), x, float(ratio[t, s, min(x, AGES - 2), k]))
                for k in range(keys)
                for s in range(2)
                for x in range(AGES)
            ],
            schema=["key", "sex", "_", "age", "ratio"],
            orient="row",
        ).drop("_")
        moved = now.join(rates, on=["key", "sex", "age"]).sort("key", "sex", "age")
        moved = moved.with_columns((pl.col("persons") * pl.col("ratio")).alias("next"))
        aged = moved.with_columns(
            pl.when(pl.col("age") == AGES - 1)
            .then(pl.col("next") + pl.col("next").shift(1))
            .otherwise(pl.col("next").shift(1))
            .alias("next")
        ).with_columns(pl.when(pl.col("age") == 0).then(None).otherwise(pl.col("next")).alias("next"))
        women = (
            aged.filter((pl.col("sex") == 1) & pl.col("age").is_between(3, 9))
            .group_by("key")
            .agg(pl.col("next").sum().alias("women"))
        )
        births = women.join(
            pl.DataFrame({"key": list(range(keys)), "cwr": w["child_woman_ratio"][t], "h": w["male_share"][t]}),
            on="key",
        ).select("key", (pl.col("women") * pl.col("cwr")).alias("children"), "h")
        now = (
            aged.join(births, on="key")
            .with_columns(
                pl.when(pl.col("age") > 0)
                .then(pl.col("next"))
                .otherwise(
                    pl.col("children") * pl.when(pl.col("sex") == 0).then(pl.col("h")).otherwise(1 - pl.col("h"))
                )
                .alias("persons")
            )
            .select("key", "sex", "age", "persons")
        )
        out.append(now.with_columns(pl.lit(t + 1).alias("t")))
    return pl.concat(out).sort("t", "sex", "age", "key")


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_the_array_step_equals_plain_polars(seed):
    w = world(seed)
    assert np.allclose(run(w).reshape(-1), polars_oracle(w)["persons"].to_numpy(), rtol=1e-12, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_the_leslie_form_equals_the_step_form(seed):
    w = world(seed, keys=1)
    stepwise = run(w)[..., 0]
    ratio = (w["survival"] + w["migration"])[..., 0]
    state = w["base"][..., 0].reshape(-1)
    for t in range(len(ratio)):
        state = step_matrix(ratio[t], w["child_woman_ratio"][t, 0], w["male_share"][t, 0]) @ state
        assert np.allclose(state, stepwise[t + 1].reshape(-1), rtol=1e-12, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_change_is_natural_plus_social(seed, arrivals):
    w = world(seed)
    population = run(w, arrivals)
    extra = {k: w[k] for k in ("arrivals_start", "arrivals_end")} if arrivals else {}
    found = accounts(population, w["survival"], w["migration"], w["birth_survival"], **extra)
    change = np.diff(population.sum(axis=(1, 2)), axis=0)
    assert np.allclose(change, found.natural + found.social, rtol=0, atol=1e-7)
    assert np.allclose(found.natural, found.births - found.deaths)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_a_closed_run_has_no_social_change(seed):
    w = world(seed)
    population = run(w, migration=0.0)
    assert (accounts(population, w["survival"], w["migration"] * 0.0, w["birth_survival"]).social == 0).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 1000))
def test_scaling_the_base_scales_the_result(seed, factor):
    w = world(seed)
    scaled = run(w | {"base": w["base"] * factor})
    assert np.allclose(scaled, run(w) * factor, rtol=1e-10)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_a_municipality_does_not_depend_on_its_neighbours(seed):
    w = world(seed, keys=4)
    alone = {k: v[..., 2:3] for k, v in w.items()}
    assert np.array_equal(run(w)[..., 2:3], run(alone))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_recovered_rates_give_any_table_back(seed):
    random = np.random.default_rng(seed)
    table = random.integers(0, 4, (4, 2, AGES, 5)).astype(float)  # tiny and with empty cohorts: villages
    found = recover(table)
    again = project(
        table[0], found.ratio, found.child_woman_ratio[1:], found.male_share[1:], arrivals_end=found.residual
    )
    assert np.allclose(again, table, atol=1e-9)


def long(values: list[int]) -> pl.DataFrame:
    ages = list(range(0, 95, 5))
    return pl.DataFrame(
        {
            "municipality_code": ["01223"] * 38,
            "year": [2015] * 38,
            "sex": ["female"] * 19 + ["male"] * 19,
            "age_from": ages * 2,
            "population_persons": values,
        },
        schema_overrides={"year": pl.Int32, "age_from": pl.Int16},
    )


def test_frame_to_array_and_back_keeps_every_cell():
    frame = long(list(range(38))).sample(fraction=1.0, shuffle=True, seed=1)
    years, names, array = take(frame, ["municipality_code"])
    assert array[0, 0, 0, 0] == 19
    assert array[0, 1, 18, 0] == 18
    back = give(array, years, names).with_columns(pl.col("municipality_code", "sex").cast(pl.String))
    joined = frame.join(back, on=["municipality_code", "year", "sex", "age_from"], suffix="_back")
    assert joined.height == 38
    assert (joined["population_persons"] == joined["population_persons_back"]).all()


@pytest.mark.parametrize("fault", ["missing", "doubled", "null", "other_sex"])
def test_an_incomplete_table_is_refused_and_named(fault):
    frame = long(list(range(38)))
    broken = {
        "missing": frame.head(37),
        "doubled": pl.concat([frame.head(37), frame.head(1)]),
        "null": frame.with_columns(
            pl.when(pl.col("age_from") == 5)
            .then(None)
            .otherwise(pl.col("population_persons"))
            .alias("population_persons")
        ),
        "other_sex": frame.with_columns(pl.lit("total").alias("sex")),
    }[fault]
    with pytest.raises(ProjectionError, match=r"01223|38 cells"):
        take(broken, ["municipality_code"])


def test_age_labels_follow_the_contract():
    assert age_groups()[0] == "0-4"
    assert age_groups()[-2:] == ["85-89", "90+"]
    assert len(age_groups(95)) == 20
