"""`sousei indicators`: the list of the seed without a release, one line on misuse, years in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sousei.orchestration.command import MISUSE, OK, main
from sousei.orchestration.command.indicators import spans


@pytest.fixture(autouse=True)
def _empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUSEI_HOME", str(tmp_path / "var"))


def test_the_list_needs_no_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["indicators", "--json"]) == OK
    listed = json.loads(capsys.readouterr().out)
    assert len(listed) > 40
    assert all(one["indicator_id"] and one["name_ja"] and one["unit"] and one["definition_ja"] for one in listed)


def test_a_word_is_looked_for_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["indicators", "--search", "冬期"]) == OK
    assert capsys.readouterr().out.splitlines()[0] == "tourism_winter_share_pct"
    assert main(["indicators", "--lang", "en", "--search", "Per Resident"]) == OK
    said = capsys.readouterr().out
    assert said.startswith(
        "furusato_jpy_per_resident\n    Furusato receipts per resident | unit: 円 | period: fiscal year"
    )


def test_the_definition_and_the_caution_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["indicators", "--search", "furusato_donation_count"]) == OK
    said = capsys.readouterr().out
    assert (
        "単位：件｜期間：年度｜出典：ふるさと納税に関する現況調査" in said
        and "寄附した人の数ではない" in said
        and "注意：" in said
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--search", "furusto"], "indicator_unknown: 「furusto」に当たる指標はありません。「furusato」のことですか。"),
        (["--municipality", "99999"], "municipality_unknown: 99999 という団体コードはありません。"),
    ],
)
def test_misuse_is_one_line(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["indicators", *arguments]) == MISUSE
    said = capsys.readouterr()
    assert said.out == "" and said.err == f"{line}\n"


def test_without_a_release_the_years_are_said_to_be_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["indicators", "--municipality", "01661", "--search", "marriages"]) == OK
    said = capsys.readouterr()
    assert said.out.startswith("marriages\n") and said.err.startswith("no_release: ")


def test_years_in_a_row_are_put_together() -> None:
    assert spans([2008, 2009, 2010, 2015]) == "2008-2010, 2015"
    assert spans([]) == ""
