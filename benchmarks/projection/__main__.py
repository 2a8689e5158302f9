"""All municipalities at once, beside a bare numpy loop and a pandas script: `python -m benchmarks.projection`.

Holds: the contestants, their check against each other, one table of times from one run. Does not hold: published
figures; the table is made up in the shape of the 2018 vintage (1,682 municipalities, 38 cells, seven years).

    floor   arrays in, arrays out: nothing but the arithmetic of ten steps
    step    projection.engine.project on the same numbers
    frames  polars frame of the base population in, rates as the floor has them, long polars frame out
    run     projection.vision.run: rates at hand -> scenarios read and expanded, ten steps, births, deaths, moves
    whole   polars frame of the published table in -> rates recovered, scenarios read -> ten steps -> long frame out
    full    the same with births, deaths, natural and social change
    pandas  a per-municipality pandas script of the usual kind (rates at hand), on a few municipalities, scaled up
    rebased frames from a base two steps later (eight steps), the same rates and scenarios, beside eight steps of floor
    both    frames of two editions, beside twice the floor
    draws   1,000 probabilistic draws of 1,741 municipalities to 2060, and the bare numpy loop of the same sums
Bars: draws under 1 GB; frames (rebased and both too) at most 3 x floor and at least 20 x faster than pandas; growth
over scenarios no worse than linear. whole and full do more than the floor (they find the rates first); they are
printed so that nobody mistakes one for another.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from benchmarks.process import peak_rss_mb
from sousei.projection import bases, engine, probability, vision
from sousei.projection.scenarios import COLUMNS, tidy

MUNICIPALITIES, SCENARIOS, STEPS = 1_682, 4, 10
PANDAS_MUNICIPALITIES = 10
REPEATS = 7


def made_up_table(municipalities: int) -> pl.DataFrame:
    """A table in the shape of a published one: municipality_code, year, sex, age_from, population_persons."""
    random = np.random.default_rng(20181001)
    size = np.exp(random.normal(9.5, 1.3, municipalities)) / 38
    shape = np.interp(np.arange(19), [0, 13, 18], [0.7, 1.6, 0.5])
    cells = size * shape[:, None] * random.uniform(0.8, 1.2, (7, 2, 19, municipalities))
    cells *= np.power(random.uniform(0.88, 0.99, municipalities), np.arange(7)[:, None])[:, None, None, :]
    codes = pl.DataFrame({"municipality_code": [f"{i:05d}" for i in range(1, municipalities + 1)]})
    frame = engine.give(np.rint(cells) + 1, range(2015, 2046, 5), codes)
    return frame.select(
        pl.col("municipality_code", "sex").cast(pl.String),
        "year",
        "age_from",
        pl.col("population_persons").cast(pl.Int64),
    ).sample(fraction=1.0, shuffle=True, seed=1)


def made_up_scenarios(count: int) -> pl.DataFrame:
    """`count` scenarios on the baseline: TFR rising to other levels and migration cut by other shares."""
    empty = dict.fromkeys(COLUMNS)
    rows = [
        empty
        | {
            "scenario_id": "ipss_2018_extended",
            "municipality_code": "*",
            "item": "scenario",
            "basis": "ipss_2018",
            "year_from": 2015,
            "year_to": 2065,
        }
    ]
    for i in range(1, count):
        mine = empty | {"scenario_id": f"s{i}", "municipality_code": "*", "year_from": 2015, "year_to": 2065}
        rows += [
            mine | {"item": "scenario", "basis": "ipss_2018_extended"},
            mine
            | {"item": "tfr", "year_from": 2030, "year_to": None, "value": 1.5 + 0.6 * i / count, "shape": "linear"},
            mine | {"item": "migration_multiplier", "value": 1.0 - i / count},
        ]
    return tidy(pl.DataFrame(rows, schema=COLUMNS, orient="row", strict=False))


def floor(base: np.ndarray, ratio: np.ndarray, cwr: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The plain loop: (n, S, 2, 19) base, (T, n, S, 2, 18) ratio, (T, n, S) child-woman ratio and male share."""
    out = np.empty((len(ratio) + 1, *base.shape))
    out[0] = base
    for t in range(len(ratio)):
        now, then = out[t], out[t + 1]
        then[..., 1:-1] = now[..., :-2] * ratio[t, ..., :-1]
        then[..., -1] = (now[..., -2] + now[..., -1]) * ratio[t, ..., -1]
        children = then[..., 1, 3:10].sum(axis=-1) * cwr[t]
        then[..., 0, 0] = children * share[t]
        then[..., 1, 0] = children * (1 - share[t])
    return out


def pandas_script(table, rates, births, municipalities: list[str], scenarios: int):
    """What a planner's notebook does: one municipality, one scenario, one step, one age group at a time."""
    import pandas as pd

    out = []
    for code in municipalities:
        mine = table[table.municipality_code == code]
        for scenario in range(scenarios):
            now = mine.set_index(["sex", "age_from"]).population_persons
            ratio = rates[(rates.municipality_code == code) & (rates.scenario == scenario)]
            birth = births[(births.municipality_code == code) & (births.scenario == scenario)].set_index("step")
            for step in range(STEPS):
                r = ratio[ratio.step == step].set_index(["sex", "age_from"]).ratio
                then = {}
                for sex in ("male", "female"):
                    for age in range(0, 85, 5):
                        then[sex, age + 5] = now[sex, age] * r[sex, age]
                    then[sex, 90] = (now[sex, 85] + now[sex, 90]) * r[sex, 85]
                children = sum(then["female", age] for age in range(15, 50, 5)) * birth.loc[step, "cwr"]
                then["male", 0] = children * birth.loc[step, "share"]
                then["female", 0] = children - then["male", 0]
                now = pd.Series(then)
                out.append(
                    pd.DataFrame({"persons": now, "step": step, "scenario": scenario, "municipality_code": code})
                )
    return pd.concat(out)


def frames(base: pl.DataFrame, given: vision.Inputs, years: range = range(2015, 2066, 5)) -> pl.DataFrame:
    """What the floor does, from a polars frame and back to one."""
    _, _, start = engine.take(base, ["municipality_code"])
    population = engine.project(
        start[0].take(given.municipality, axis=-1), given.ratio, given.child_woman_ratio, given.male_share
    )
    return engine.give(population, years, given.keys)


def whole(table: pl.DataFrame, scenarios: pl.DataFrame) -> pl.DataFrame:
    """Frame in, frame out: the population of every scenario."""
    base = vision.baseline(table)
    inputs = vision.inputs(base, scenarios)
    population = engine.project(
        inputs.base,
        inputs.ratio,
        inputs.child_woman_ratio,
        inputs.male_share,
        newcomers=inputs.newcomers,
        arrivals_end=inputs.arrivals_end,
    )
    return engine.give(population, base.years, inputs.keys)


def full(table: pl.DataFrame, scenarios: pl.DataFrame) -> pl.DataFrame:
    """The same with the accounts."""
    base = vision.baseline(table)
    result = vision.run(base, scenarios)
    return engine.give(result.population, result.years, result.keys)


def print_bases(
    base: vision.Baseline, scenarios: pl.DataFrame, first: pl.DataFrame, plain: dict[str, np.ndarray], repeats: int
) -> float:
    """A rebase and two editions, from frame to frame, beside as many steps of the floor; returns the worst ratio."""
    line = engine.project(
        base.base, base.survival[:2, ..., None] + base.migration[:2], base.child_woman_ratio[1:3], base.male_share[:2]
    )[-1]
    count = len(base.codes)
    begin = bases.Start("census_2025", 2025, base.codes, line, ["census"] * count, ["census"] * count)
    based = scenarios.with_columns(pl.when(pl.col("item") == "scenario").then(pl.lit("census_2025")).alias("base"))
    moved = vision.inputs(bases.rebase(base, begin), based)
    ours = vision.inputs(base, scenarios)
    later = engine.give(line[None], [2015], pl.DataFrame({"municipality_code": base.codes}))
    assert frames(later, moved, range(2025, 2066, 5)).height == 9 * 38 * moved.keys.height
    rest = {name: array if name == "base" else array[2:] for name, array in plain.items()}
    found = timed(
        {
            "floor8": lambda: floor(**rest),
            "rebased": lambda: frames(later, moved, range(2025, 2066, 5)),
            "floor2": lambda: (floor(**plain), floor(**plain)),
            "both": lambda: (frames(first, ours), frames(first, ours)),
        },
        repeats,
    )
    middle = {name: statistics.median(seconds) for name, seconds in found.items()}
    ratios = {"rebased": middle["rebased"] / middle["floor8"], "both": middle["both"] / middle["floor2"]}
    for name, ratio in ratios.items():
        print(f"{name:7s} median {middle[name] * 1e3:7.1f} ms  {ratio:6.2f} x as many steps of floor")
    return max(ratios.values())


DRAWN, DRAWS = 1_741, 1_000


def draw_all() -> None:
    """Every municipality's draws, ours."""
    base = vision.baseline(made_up_table(DRAWN))
    keys = pl.DataFrame({"municipality_code": base.codes, "scenario_id": [base.basis] * DRAWN})
    before = time.perf_counter()
    probability.summary(base, made_up_scenarios(1), keys, [2060], draws=DRAWS, seed=1, at_most={"total": 8000})
    print(time.perf_counter() - before, peak_rss_mb())


def draw_loop() -> None:
    """The bare loop: one municipality at a time, random numbers, nine steps, the total and its quantiles."""
    base = vision.baseline(made_up_table(DRAWN))
    ratio = (base.survival[..., None] + base.migration).astype(np.float32)
    random = np.random.default_rng(1)
    before = time.perf_counter()
    for m in range(DRAWN):
        now = np.repeat(base.base[..., m, None], DRAWS, axis=-1).astype(np.float32)
        lasting, summed = random.standard_normal((3, DRAWS), dtype=np.float32), np.zeros((3, DRAWS), dtype=np.float32)
        for t in range(9):
            summed += random.standard_normal((3, DRAWS), dtype=np.float32)
            shock = 0.05 * lasting + 0.02 * summed
            factor = np.exp(np.linspace(0, 1, 18, dtype=np.float32)[:, None] * shock[0] + shock[1] * 0.5)
            change = ratio[t, ..., m, None] * factor
            then = np.empty_like(now)
            then[:, 1:-1] = now[:, :-2] * change[:, :-1]
            then[:, -1] = (now[:, -2] + now[:, -1]) * change[:, -1]
            children = then[1, 3:10].sum(axis=0) * np.float32(base.child_woman_ratio[t + 1, m]) * np.exp(shock[2])
            then[0, 0] = children * np.float32(base.male_share[t, m])
            then[1, 0] = children - then[0, 0]
            now = then
        both = now.sum(axis=0)
        for part in (both, both[:3], both[3:13], both[13:], now[1, 4:8]):
            values = part.sum(axis=0)
            np.quantile(values, [0.1, 0.5, 0.9]), (values <= 8000).mean()
    print(time.perf_counter() - before, peak_rss_mb())


def print_draws() -> float:
    """Seconds and peak memory of both, each in a process of its own; returns our peak in MB."""
    found = {}
    for name in ("draw_all", "draw_loop"):
        code = f"from benchmarks.projection.__main__ import *\n{name}()"
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        found[name] = (float(told[0]), float(told[1]))
    (ours, memory), (loop, loop_memory) = found["draw_all"], found["draw_loop"]
    print(
        f"draws  {DRAWS} x {DRAWN} municipalities {ours:.1f} s, peak {memory:.0f} MB; bare numpy loop {loop:.1f} s, "
        f"peak {loop_memory:.0f} MB; {ours / loop:.2f} x"
    )
    return memory


def timed(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Wall seconds; the order of the contestants turns from round to round."""
    names = list(calls)
    found: dict[str, list[float]] = {n: [] for n in names}
    for r in range(repeats):
        for name in names[r % len(names) :] + names[: r % len(names)]:
            gc.collect()
            start = time.perf_counter()
            calls[name]()
            found[name].append(time.perf_counter() - start)
    return found


def peak_mb(scenarios: int) -> float:
    """Peak memory of a fresh process that runs `full`, in MB, everything included."""
    code = (
        "from benchmarks.projection.__main__ import *\n"
        f"frame = full(made_up_table({MUNICIPALITIES}), made_up_scenarios({scenarios}))\n"
        "print(peak_rss_mb())"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--no-pandas", action="store_true", help="leave out the slow contestant")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.2f}; {MUNICIPALITIES} municipalities x {SCENARIOS} scenarios x {STEPS} steps")
    table, scenarios = made_up_table(MUNICIPALITIES), made_up_scenarios(SCENARIOS)
    base = vision.baseline(table)
    inputs = vision.inputs(base, scenarios)
    side = (MUNICIPALITIES, SCENARIOS)

    def turned(array: np.ndarray) -> np.ndarray:  # (..., K) with K = scenario-major to (n, S, ...)
        return np.ascontiguousarray(
            np.moveaxis(
                array.reshape(*array.shape[:-1], SCENARIOS, MUNICIPALITIES), (-1, -2), (-array.ndim - 1, -array.ndim)
            )
        )

    plain = {
        "base": turned(inputs.base),
        "ratio": np.stack([turned(r) for r in inputs.ratio]),
        "cwr": np.stack([turned(c) for c in inputs.child_woman_ratio]),
        "share": np.stack([turned(c) for c in inputs.male_share]),
    }
    assert plain["base"].shape == (*side, 2, 19)
    expected = floor(**plain)
    first = table.filter(pl.col("year") == 2015)
    frame = frames(first, inputs)
    assert abs(whole(table, scenarios).get_column("population_persons").sum() / expected.sum() - 1) < 1e-12
    total = frame.get_column("population_persons").sum()
    assert abs(total / expected.sum() - 1) < 1e-12, "contestants disagree"
    assert frame.height == (STEPS + 1) * 38 * MUNICIPALITIES * SCENARIOS
    calls: dict[str, Callable[[], object]] = {
        "floor": lambda: floor(**plain),
        "step": lambda: engine.project(inputs.base, inputs.ratio, inputs.child_woman_ratio, inputs.male_share),
        "frames": lambda: frames(first, inputs),
        "run": lambda: vision.run(base, scenarios),
        "whole": lambda: whole(table, scenarios),
        "full": lambda: full(table, scenarios),
    }
    times = timed(calls, options.repeats)
    best = {n: statistics.median(t) for n, t in times.items()}
    for name, seconds in times.items():
        print(
            f"{name:6s} median {best[name] * 1e3:8.1f} ms  (min {min(seconds) * 1e3:.1f}, max {max(seconds) * 1e3:.1f})"
            f"  {best[name] / best['floor']:6.2f} x floor"
        )
    if not options.no_pandas:
        best["pandas"] = against_pandas(base, inputs, scenarios) * MUNICIPALITIES / PANDAS_MUNICIPALITIES
        print(
            f"pandas {best['pandas'] * 1e3:15.0f} ms  (measured on {PANDAS_MUNICIPALITIES} municipalities, scaled)  "
            f"frames {best['pandas'] / best['frames']:.0f} x, whole {best['pandas'] / best['whole']:.0f} x faster"
        )
    moved = print_bases(base, scenarios, first, plain, options.repeats)
    drawn = print_draws()
    counts = (1, 4, 8, 16, 32)
    grown = timed({str(n): (lambda n=n: full(table, made_up_scenarios(n))) for n in counts}, 3)
    medians = [statistics.median(grown[str(n)]) for n in counts]
    slope = np.polyfit(np.log(counts[1:]), np.log(medians[1:]), 1)[0]
    print(
        "full, scenarios " + ", ".join(f"{n}: {m * 1e3:.0f} ms" for n, m in zip(counts, medians, strict=True)), end=""
    )
    print(f"  growth exponent {slope:.2f} (1 = linear)")
    print(f"peak memory of a fresh process, full, 4 scenarios {peak_mb(4):.0f} MB, 16 scenarios {peak_mb(16):.0f} MB")
    print(f"this process {peak_rss_mb():.0f} MB")
    held = (
        moved <= 3
        and drawn < 1000
        and best["frames"] <= 3 * best["floor"]
        and best.get("pandas", np.inf) >= 20 * best["frames"]
        and slope <= 1.05
    )
    print("bars held" if held else "BARS NOT HELD")
    if options.json:
        print(json.dumps({**best, "slope": slope, "most": medians[-1], "drawn": drawn}))
    return 0 if held else 1


def against_pandas(base: vision.Baseline, inputs: vision.Inputs, scenarios: pl.DataFrame) -> float:
    """Seconds of the pandas script on the first municipalities; its result must equal ours."""
    import pandas as pd

    codes = base.codes[:PANDAS_MUNICIPALITIES]
    where = inputs.keys.with_row_index("_i").filter(pl.col("municipality_code").is_in(codes))
    ids = scenarios.filter(pl.col("item") == "scenario").get_column("scenario_id").to_list()
    rates, births, start = [], [], []
    for row in where.iter_rows(named=True):
        i, s = row["_i"], ids.index(row["scenario_id"])
        for t in range(STEPS):
            births.append((row["municipality_code"], s, t, inputs.child_woman_ratio[t, i], inputs.male_share[t, i]))
            rates += [
                (row["municipality_code"], s, t, sex, 5 * x, inputs.ratio[t, k, x, i])
                for k, sex in enumerate(engine.SEXES)
                for x in range(18)
            ]
        if s == 0:
            start += [
                (row["municipality_code"], sex, 5 * x, inputs.base[k, x, i])
                for k, sex in enumerate(engine.SEXES)
                for x in range(19)
            ]
    tables = (
        pd.DataFrame(start, columns=["municipality_code", "sex", "age_from", "population_persons"]),
        pd.DataFrame(rates, columns=["municipality_code", "scenario", "step", "sex", "age_from", "ratio"]),
        pd.DataFrame(births, columns=["municipality_code", "scenario", "step", "cwr", "share"]),
    )
    begin = time.perf_counter()
    found = pandas_script(*tables, codes, SCENARIOS)
    seconds = time.perf_counter() - begin
    ours = engine.project(inputs.base, inputs.ratio, inputs.child_woman_ratio, inputs.male_share)[1:]
    picked = ours[..., where.get_column("_i").to_numpy()].sum()
    assert abs(found.persons.sum() / picked - 1) < 1e-12, "pandas disagrees"
    return seconds


if __name__ == "__main__":
    sys.exit(main())
