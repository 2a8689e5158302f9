"""Persons as they are published: whole millionths, so that what is added up adds up exactly.

Holds: the type of a published figure, and the way from the method's floats to it. Does not hold: whole persons
(`integers`), or which figures are published.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from sousei.projection.engine import Array

MICRO = 1_000_000
PERSONS = pl.Decimal(18, 6)


def exact(values: Array) -> Array:
    """Persons as whole millionths (int64): what is published adds up exactly, because it is added as integers."""
    return np.rint(values * MICRO).astype(np.int64)


def decimals(micro: Array) -> pl.Series:
    """Whole millionths to Decimal(18, 6), exact below nine billion persons."""
    return pl.Series(micro.reshape(-1) / MICRO).cast(PERSONS)
