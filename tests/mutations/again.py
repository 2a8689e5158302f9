"""A pytest plugin: after each test, the same test again without one check that saw something in it.

Holds: the repeating, and the record of it (a line of JSON per check and test). A check is proven once a test fails
in its own lines without it and is green with it again. Does not hold: which checks there are (blind).

Set MUTATIONS_GROUP (a group of `blind.names`) and MUTATIONS_RECORD (the file of the record) in the environment.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutations import blind

MOST_TRIES = {True: 12, False: 4}
"""Tests that are tried for one check that none of them misses: of those that name it, and of others."""
ONLY_NAMED = os.environ["MUTATIONS_GROUP"] == "tables"
"""Tests of the tables take seconds each: those that name no check that is still to be proven are left out."""
RECORD = Path(os.environ["MUTATIONS_RECORD"])

_tries: dict[tuple[str, bool], int] = {}
_proven: set[str] = set()


class _Sibling:
    """Stands for a next test beside this one, so that what both share is not taken down."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def listchain(self) -> list[Any]:
        return self._item.listchain()[:-1]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """The plants of single rows come first: they are quick and prove most checks of the tables."""
    session.items.sort(key=lambda item: "test_rows_of_marts" not in item.nodeid)
    blind.watch()


@cache
def _group() -> set[str]:
    return blind.names(os.environ["MUTATIONS_GROUP"])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    group = _group()
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    if ONLY_NAMED and not any(_names(item, name) for name in group - _proven):
        item.session._setupstate.teardown_exact(nextitem)
        return True
    started = time.monotonic()
    blind.saw.clear()
    first = runtestprotocol(item, nextitem=_Sibling(item), log=True)  # type: ignore[arg-type]
    seconds = time.monotonic() - started
    if all(report.passed for report in first):
        for name in sorted(blind.saw & group - _proven):
            kind = (name, _names(item, name))
            if (kind[1] or not ONLY_NAMED) and _tries.get(kind, 0) < MOST_TRIES[kind[1]]:
                _tries[kind] = _tries.get(kind, 0) + 1
                _tried(item, name, seconds)
    item.session._setupstate.teardown_exact(nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@cache
def _text(item: Any) -> str:
    return f"{inspect.getsource(item.function)} {getattr(getattr(item, 'callspec', None), 'params', {})}"


def _names(item: Any, check: str) -> bool:
    """Whether a test's own text, or what it is given, names the check: a mart's own check by the mart, and by the rule
    where it is about one; a problem by its id."""
    name, _, rule = check.partition("/")
    name = name.removesuffix("_rows_are_sound").partition(".")[0]
    return re.search(rf"\b{name}(_rows_are_sound)?\b", _text(item)) is not None and rule in _text(item)


def _tried(item: pytest.Item, name: str, seconds: float) -> None:
    with blind.blind(name):
        said = _outcome(item)
    if said == "red" and _outcome(item) != "green":
        said = "not repeatable"
    if said == "red":
        _proven.add(name)
    with RECORD.open("a", encoding="utf-8") as stream:
        line = {"check": name, "test": item.nodeid, "said": said, "seconds": round(seconds, 1)}
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")


def _outcome(item: pytest.Item) -> str:
    """green, red (the test failed in its own lines), or broken (anything else went wrong)."""
    item._initrequest()  # type: ignore[attr-defined]
    reports: list[Any] = runtestprotocol(item, nextitem=_Sibling(item), log=False)  # type: ignore[arg-type]
    failed = [report for report in reports if report.failed]
    if not failed:
        return "green"
    crash = getattr(failed[0].longrepr, "reprcrash", None)
    message = crash.message if crash else str(failed[0].longrepr)
    is_of_test = failed[0].when == "call" and crash is not None and "/tests/" in crash.path
    return "red" if is_of_test else f"broken: {message[:200]}"
