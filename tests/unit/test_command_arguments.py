"""Arguments of the command as people type them."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from sousei.orchestration.command import desk, main, words
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


def test_a_night_with_too_little_address_space_is_told_and_touches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(words, "address_space", lambda: 1 << 30)
    monkeypatch.setenv("SOUSEI_HOME", str(tmp_path / "home"))
    assert main(["refresh", "--as-of", "2026-11-22"]) == 1
    assert "too_little_memory" in capsys.readouterr().err
    counts = tmp_path / "counts.csv"
    assert main(["aggregate", str(tmp_path / "x.csv"), "--as-of", "2026-11-22", "--to", str(counts)]) == 1
    assert "too_little_memory" in capsys.readouterr().err
    assert not (tmp_path / "home").exists() and not counts.exists()
