"""For all tests: a home of their own, so that nothing is read from or left in the checkout."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sousei.feedback import examine as readability
from sousei.ingest.cells import contents, workbook
from tests import promises, shared
from tests.alike import mark_sampled

_HOME = tempfile.mkdtemp(prefix="sousei-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["SOUSEI_HOME"] = _HOME
if shared.PLACE not in os.environ:  # not in the workers, which find it there
    os.environ[shared.PLACE] = str(Path(_HOME).with_name(f"{Path(_HOME).name}-shared"))
    Path(os.environ[shared.PLACE]).mkdir(mode=0o700)
    atexit.register(shutil.rmtree, os.environ[shared.PLACE], ignore_errors=True)
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
os.environ.pop("DAGSTER_HOME", None)


@pytest.fixture(scope="session", autouse=True)
def _a_failing_reader_is_an_error() -> Iterator[None]:
    """At night a fault of the reader is a problem of one file; in a test it is an error."""

    def fail(error: Exception) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        for module in ("reading.delivery", "receive.intake", "dry_run"):
            patch.setattr(f"sousei.ingest.{module}.fault", fail)
        yield


_ENDED: dict[str, str] = {}
"""How each test that proves a promise ended in this run."""
_PROVING = {one.node for one in promises.all_marked()}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-date", help="keep how the promises fared under this date (YYYY-MM-DD)")


@pytest.hookimpl(tryfirst=True, specname="pytest_collection_modifyitems")
def pytest_sampled_are_marked(items: list[pytest.Item]) -> None:
    """Before `-m` looks at the markers."""
    mark_sampled(items)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with the longest tests come first: a worker that begins one at the end makes the other wait."""
    last = {"exhaustive": 0, "slow": 1}
    place: dict[str, int] = {}
    for item in items:
        mine = min((last[one.name] for one in item.iter_markers() if one.name in last), default=2)
        place[item.location[0]] = min(place.get(item.location[0], 2), mine)
    items.sort(key=lambda item: place[item.location[0]])


SHARED = {
    "the warehouse of the samples": "warehouse",
    "the release of the samples": "published|own_home|first_refresh",
}
"""What is made once -> the fixtures that give it; a file that asks for both goes with the last."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file goes to one worker, and all that read what is made once of the samples (tests/integration/conftest.py),
    a release or a warehouse, go to the same, which makes it."""
    from xdist.scheduler import LoadFileScheduling

    tests = Path(__file__).parent
    reading = {
        str(path.relative_to(tests.parent)): made
        for path in tests.rglob("test_*.py")
        for made, fixtures in SHARED.items()
        if re.search(rf"\b({fixtures}): ", path.read_text("utf-8"))
    }

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return reading.get(file, file)

    return Together(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.nodeid.partition("[")[0] in _PROVING:
        _ENDED[report.nodeid] = promises.worse(_ENDED.get(report.nodeid), report.outcome)


def pytest_sessionfinish(session: pytest.Session) -> None:
    day = session.config.getoption("--run-date")
    if day and _ENDED and not hasattr(session.config, "workerinput"):  # a worker's reports come to its controller
        promises.RESULTS.parent.mkdir(exist_ok=True)
        text = json.dumps(promises.kept(promises.known(), _ENDED, day), ensure_ascii=False, indent=1)
        promises.RESULTS.write_text(text, "utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why tests were skipped, in one line: a run without ../shared must not look like a whole one."""
    skipped = [report.longrepr for report in terminalreporter.getreports("skipped")]
    why = Counter(str(told[-1]).removeprefix("Skipped: ") for told in skipped if isinstance(told, tuple))
    if why:
        reasons = "; ".join(f"{count} {reason}" for reason, count in why.most_common())
        terminalreporter.write_line(f"skipped {sum(why.values())}: {reasons}")


class _Kept(readability.Lookers):
    def close(self) -> None:
        """The next test asks it again; `end` ends it."""

    def end(self) -> None:
        super().close()


@pytest.fixture(scope="session", autouse=True)
def _children_are_shared() -> Iterator[None]:
    """A call that is given no opener starts a child of its own: for the thousands of workbooks of the tests, one
    serves all."""
    lookers = _Kept()
    with workbook.Parser() as parser, pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents, "Opener", partial(contents.Opener, parser))
        patch.setattr(readability, "Lookers", lambda: lookers)
        yield
    lookers.end()
