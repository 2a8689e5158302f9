"""Arguments of the command as people type them."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from sousei.orchestration.command import desk, main, words
from sousei.orchestration.command.desk import code
from sousei.projection.engine import ProjectionError
from sousei.publication import query, shelf


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


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ([], "次の引数が要ります: CALL。 / "),
        (["nope"], "CALL に 'nope' は選べません。"),
        (["verify", "a", "b"], "ない引数です: b。 / "),
        (["query", "--format"], "--format に値がありません。 / "),
        (["query", "--list=3"], "--list は値をとりません: '3'。 / "),
        (["project", "goal", "--municipality", "01223", "--target", "x"], "--target は数で書いてください: 'x'。 / "),
        (["aggregate", "x", "--years", "x"], "--years"),
        (["status", "--max-age-hours", "0"], "argument --max-age-hours: 0: 正の数で書いてください / a positive"),
    ],
)
def test_a_wrong_argument_is_told_in_both_languages(
    line: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line)
    told = capsys.readouterr().err
    assert ended.value.code == 2 and f"wrong_use: {said}" in told
    assert "--help で例を示します" in told


@pytest.mark.parametrize("place", ["none.csv", "none/none.csv"])
def test_an_extract_of_persons_that_is_not_there_is_told_and_not_sent_to_landing(
    tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["--municipality", "01223", "--as-of", "2026-10-01", "--to", str(tmp_path / "out.csv")]
    assert main(["aggregate", str(tmp_path / place), *line]) == 2
    told = capsys.readouterr().err
    assert told.startswith("not_found: ") and "がありません" in told and "landing" not in told
    (tmp_path / "link.csv").symlink_to(tmp_path / "none.csv")
    assert main(["aggregate", str(tmp_path / "link.csv"), *line]) in (1, 2)
    assert "landing" not in capsys.readouterr().err


def test_a_fault_that_looks_like_a_missing_name_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fault(*_: object) -> None:
        raise KeyError("column")

    monkeypatch.setenv("SOUSEI_HOME", str(tmp_path))
    monkeypatch.setattr(shelf, "list_releases", fault)
    assert main(["releases"]) == 1 and capsys.readouterr().err.startswith("internal_error: ")


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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--landing", "nowhere"], "landing_not_found"),
        (["--as-of", "2999-04-01"], "as_of_in_the_future"),
    ],
)
def test_a_night_that_is_asked_for_wrongly_is_told_and_touches_nothing(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUSEI_HOME", str(tmp_path / "home"))
    assert main(["refresh", *words]) == 2
    assert told in capsys.readouterr().err and not (tmp_path / "home").exists()
