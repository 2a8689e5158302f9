"""For all tests: a home of their own, so that nothing is read from or left in the checkout."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_HOME = tempfile.mkdtemp(prefix="sousei-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["SOUSEI_HOME"] = _HOME
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
os.environ.pop("DAGSTER_HOME", None)
