"""Towns that do not exist: smooth tables of 2015-2045, so that a test needs no delivery. Holds no test."""

from __future__ import annotations

import numpy as np
import polars as pl

CODE = "99999"


def town(seed: int, *, size: float = 600) -> pl.DataFrame:
    """The cells of a published table: municipality_code, year, sex, age_from, population_persons."""
    chance = np.random.default_rng(seed)
    ages = np.arange(19)
    base = np.repeat((size * np.exp(-ages / 30)[None, :] * chance.uniform(0.8, 1.2, (2, 19)))[None], 7, axis=0)
    base *= np.power(chance.uniform(0.85, 0.97), np.arange(7))[:, None, None]
    rows = [
        (CODE, 2015 + 5 * t, sex, int(5 * x), round(float(base[t, s, x])))
        for t in range(7)
        for s, sex in enumerate(("male", "female"))
        for x in range(19)
    ]
    return pl.DataFrame(
        rows, schema=["municipality_code", "year", "sex", "age_from", "population_persons"], orient="row"
    )
