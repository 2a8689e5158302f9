"""The one Dagster entry point, for the daemon and the web server.

Holds: the definitions of the home that SOUSEI_HOME names. Load it with `-m sousei.orchestration.definitions`. Does not
hold: what they consist of (job.py); `sousei refresh` takes them from there with the manifest that it has.
"""

from __future__ import annotations

from sousei.foundation.home import Home
from sousei.orchestration.job import definitions
from sousei.orchestration.warehouse import Warehouse

defs = definitions(Warehouse(Home.from_environment()).manifest)
