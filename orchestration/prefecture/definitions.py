"""The Dagster entry point for the web page of a home that workers read for: the night, and the readings by prefecture.

Holds: the definitions of the home that SOUSEI_HOME names (`-m sousei.orchestration.prefecture.definitions`).
Does not hold: what they consist of.
"""

from __future__ import annotations

import dagster as dg

from sousei.foundation.home import Home
from sousei.orchestration import job
from sousei.orchestration.prefecture import readings
from sousei.orchestration.warehouse import Warehouse

defs = dg.Definitions.merge(
    job.definitions(Warehouse(Home.from_environment()).manifest),
    readings.definitions(),
)
