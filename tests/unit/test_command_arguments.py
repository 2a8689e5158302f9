"""Arguments of the command as people type them."""

from __future__ import annotations

import argparse

import pytest

from sousei.orchestration.command import desk
from sousei.orchestration.command.desk import code
from sousei.projection.engine import ProjectionError
from sousei.publication import query


@pytest.mark.parametrize("text", ["01223", "012238"])
def test_a_municipality_is_named_by_five_digits_or_six(text: str) -> None:
    assert code(text) == "01223"


@pytest.mark.parametrize("text", ["012239", "1223", "根室市", "0122388"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="bad_code"):
        code(text)


def test_a_release_of_before_the_table_of_scenarios_is_told_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise query.QueryError("query_failed: dim_scenario")

    monkeypatch.setattr(query, "query", gone)
    asked = argparse.Namespace(scenarios=None, municipality="01223")
    with pytest.raises(ProjectionError, match="--scenarios"):
        desk._assumptions(asked, None)  # type: ignore[arg-type]
