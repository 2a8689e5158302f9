"""Every call of the command with every kind of wrong argument, in homes broken in every way: an exit code of the
contract and words, never a traceback or a fault of ours."""

from __future__ import annotations

import argparse
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from sousei.orchestration.command import main
from sousei.orchestration.command.parser import parser
from sousei.publication.publish import remove
from tests.alike import alike

SLOW = {"--samples"}
"""Arguments that start a whole night."""
JAPANESE, ANYTHING = re.compile("[ぁ-ん]"), re.compile(r"\w")
DRAWS = 3
"""Command lines per call and home."""

TEXTS = [
    "",
    " ",
    "根室市",
    "x" * 3000,
    "a\nb",
    "\x00",
    "'; drop table x; --",
    "../../etc/passwd",
    "=1+1",
    "-1",
    "０１２２３",
]
CODES = ["01223", "012238", "1223", "99999", "01000", "", "根室", "01223 ", "012239"]
NUMBERS = ["0", "-1", "1e400", "nan", "2024", "99999999999999999999", "x", ""]
DAYS = ["2026-11-22", "2026-13-01", "9999-12-31", "0001-01-01", "昨日", ""]
RELEASES = ["current", "stable", "2026-11-22.1", "2026-11-22.99", "..", "", "current/../current"]
QUERIES = ["select 1", "select * from nowhere", "drop table dim_kpi", "", "select '", "select 1; select 2", "\x00"]


def _broken(home: Path, name: str, data: bytes | None) -> None:
    """One file of the current release, rewritten or gone."""
    path = home / "releases" / "current" / name
    path.parent.resolve().chmod(0o755)
    path.chmod(0o644)
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)


def _no_pointer(home: Path) -> None:
    (home / "releases" / "current").unlink()


def _pointer_to_nothing(home: Path) -> None:
    _no_pointer(home)
    (home / "releases" / "current").symlink_to("2026-11-22.7")


def _is_a_file(home: Path) -> None:
    remove(home)
    home.write_text("x")


def _folders_are_files(home: Path) -> None:
    for name in ("landing", "snapshots", "runs", "decisions"):
        remove(home / name)
        (home / name).write_text("x")


def _garbage(home: Path) -> None:
    (home / "runs" / "last.json").write_bytes(b"\xff{")
    (home / "decisions").mkdir(exist_ok=True)
    for name in ("go_aheads.csv", "corrections.csv", "withdrawals.csv"):
        (home / "decisions" / name).write_bytes(b"\xff\xfe\x00a,b\n1")
    (home / "seals.csv").write_bytes(b"\xff")


HOMES: dict[str, Callable[[Path], None]] = {
    "sound": lambda home: None,
    "empty": remove,
    "a file": _is_a_file,
    "no pointer": _no_pointer,
    "pointer to nothing": _pointer_to_nothing,
    "truncated manifest": lambda home: _broken(home, "manifest.json", b'{"release_id": "2026'),
    "manifest of lists": lambda home: _broken(home, "manifest.json", b"[]"),
    "manifest without keys": lambda home: _broken(home, "manifest.json", b"{}"),
    "no database": lambda home: _broken(home, "sousei.duckdb", None),
    "truncated database": lambda home: _broken(home, "sousei.duckdb", b"DUCK" * 1000),
    "folders are files": _folders_are_files,
    "garbage": _garbage,
}


def leaves(
    one: argparse.ArgumentParser, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], list[argparse.Action]]]:
    """Every call, with its own arguments."""
    nested = [action for action in one._actions if isinstance(action, argparse._SubParsersAction)]
    for action in nested:
        for name, child in action.choices.items():
            yield from leaves(child, (*path, name))
    if not nested:
        yield path, [action for action in one._actions if action.dest not in ("help", "run")]


LEAVES = dict(leaves(parser()))


def values(action: argparse.Action, files: Path) -> list[str]:
    """What somebody may give for an argument, right and wrong."""
    if action.choices is not None:
        return [*map(str, action.choices), "no such choice"]
    if action.type is Path:
        return [
            str(files / name)
            for name in ("missing", "folder", "empty", "text.csv", "empty/below", "new.out", "本.xlsx")
        ]
    if action.dest == "sql":
        return QUERIES
    if action.dest in ("release", "a", "b"):
        return RELEASES
    if action.dest in ("municipality", "municipalities"):
        return CODES
    if getattr(action.type, "__name__", "") == "_day":
        return DAYS
    return (NUMBERS if action.type is not None and action.type is not str else TEXTS) + ["2024", "nemuro_strategy_2"]


def command_line(call: tuple[str, ...], chance: random.Random, files: Path) -> list[str]:
    line = list(call)
    for action in LEAVES[call]:
        if not action.option_strings:
            line.append(chance.choice(values(action, files)))
        elif (action.required or chance.random() < 0.4) and not SLOW & set(action.option_strings):
            line.append(action.option_strings[-1])
            if action.nargs != 0:
                line.append(chance.choice(values(action, files)))
    if call == ("check",) and "--quick" not in line:
        line.append("--quick")
    if call == ("rebuild",):  # a whole night, where it is not stopped at once
        line += ["--to", str(files / "folder")]
    if chance.random() < 0.1:
        line.append(chance.choice(["--no-such-option", "extra", "--json", "--lang=xx"]))
    return line


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "folder").mkdir(parents=True)
    (folder / "empty").write_bytes(b"")
    (folder / "text.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (folder / "本.xlsx").write_bytes(b"PK\x03\x04no workbook")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("state", alike(HOMES))
def test_no_traceback_on_any_command_line_in_any_home(
    published: Path,
    files: Path,
    tmp_path: Path,
    state: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "var"
    shutil.copytree(published, home, symlinks=True)
    HOMES[state](home)
    monkeypatch.setenv("SOUSEI_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    chance = random.Random(f"fuzz {state}")
    wrong = []
    for call in LEAVES:
        for _ in range(DRAWS):
            line = command_line(call, chance, files)
            try:
                code = main(line)
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else -1
            said = capfd.readouterr()
            told = said.out + said.err
            if (
                code not in (0, 1, 2, 3)
                or "Traceback" in told
                or "internal_error" in told
                or (code and not (ANYTHING if {"en", "--json"} & set(line) else JAPANESE).search(told))
            ):
                wrong.append((line, code, told[-600:], _trace(home)))
            remove(files / "new.out")
    assert not wrong, "\n\n".join(f"{line}: {code}\n{told}\n{trace}" for line, code, told, trace in wrong)


def _trace(home: Path) -> str:
    path = home / "runs" / "failure.txt"
    return path.read_text(encoding="utf-8")[-1500:] if path.is_file() else ""


QUESTIONS = [
    "scenarios",
    "goal --target 9345 --year 2060",
    "goal --target 9345 --year 2060 --base census_2025 --tfr 2030=1.8:linear --conventions",
    "whatif --tfr 1.8 --tfr-year 2030 --migration 15-24=0.8 --arrivals 5 --base census_2020",
    "decompose --year 2040",
    "backtest",
    "arrivals --year 2040",
    "charts --to {place}",
    "yearly --base census_2025 --scenario sim1 --scenario closed",
    "yearly --base ipss_2023 --ages --year 2031 --lang en",
]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_of_the_desk_is_answered(
    published: Path, tmp_path: Path, question: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOUSEI_HOME", str(published))
    line = question.format(place=tmp_path / "charts").split()
    assert main(["project", *line, "--municipality", "012238"]) == 0
    assert len(capfd.readouterr().out.splitlines()) > 3


REFUSALS = [
    ("scenarios --year 2058", "2058"),
    ("scenarios --scenario sim9", "sim9"),
    ("scenarios --base census_1999", "census_1999"),
    ("decompose --year 2058", "2058"),
    ("arrivals --year 2060 --measure men", "men"),
    ("goal --target nan --year 2060", "nan"),
    ("goal --target -1 --year 2060", "-1"),
    ("goal --target 9345 --year 2061", "2061"),
    ("goal --target 9345 --year 2060 --measure men", "men"),
    ("goal --target 9345 --year 2060 --profile nobody", "nobody"),
    ("whatif --migration 15-20=1", "15-20"),
    ("scenarios --base registry_2019-01-01", "registry_2019-01-01"),
    ("probability --year 2060 --at-most nan", "nan"),
    ("probability --year 2060 --at-least -5", "-5"),
    ("probability --year 2060 --at-most 8000 --scenario sim9", "sim9"),
    ("probability --year 2060 --at-most 8000 --measure men", "men"),
    ("yearly --year 1999", "1999"),
    ("yearly --scenario sim9", "sim9"),
    ("yearly --ages", "--year"),
    ("yearly --single-ages nosuch.csv", "nosuch.csv"),
]


def test_a_wrong_word_is_refused_by_its_name_with_nothing_on_paper(
    published: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOUSEI_HOME", str(published))
    for line, named in REFUSALS:
        assert main(["project", *line.split(), "--municipality", "01223"]) == 2, line
        out, told = capfd.readouterr()
        assert not out and named in told and "納品" not in told, (line, told)


def test_counts_of_the_offices_own_register_divide_the_base(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An extract counted by `sousei aggregate`: synthetic, three residents of each age and sex, one of 59."""
    monkeypatch.setenv("SOUSEI_HOME", str(published))
    extract, counts = tmp_path / "extract.csv", tmp_path / "counts.csv"
    people = [age for age in range(96) for _ in range(1 if age == 59 else 3)]
    rows = [f"{age},{sex},本町,,,日本人" for age in people for sex in ("男", "女")]
    extract.write_text("\n".join(["年齢,性別,町字,異動事由,異動日,住民種別", *rows]) + "\n", "utf-8")
    made = ["aggregate", str(extract), "--municipality", "01223", "--as-of", "2025-10-01", "--years", "1"]
    assert main([*made, "--to", str(counts)]) == 0
    capfd.readouterr()
    asked = ["project", "yearly", "--municipality", "01223", "--base", "census_2025", "--year", "2026", "--ages"]
    assert main([*asked, "--single-ages", str(counts), "--format", "csv"]) == 0
    told = pl.read_csv(capfd.readouterr().out.encode(), schema_overrides={"age_group": pl.String})
    persons = dict(zip(told["age_group"], told["persons"], strict=True))
    assert persons["60"] == pytest.approx(persons["59"] / 3, abs=1)
    assert main(["project", "yearly", "--municipality", "01223", "--single-ages", str(counts)]) == 2
    assert "5年を超えて" in capfd.readouterr().err, "the base of 2015 is too far from the counts"


def test_a_code_that_is_nobodys_and_a_table_that_was_not_published_are_told_apart(
    published: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOUSEI_HOME", str(published))
    for municipality, said in (("99999", "99999 という市区町村はありません"), ("07203", "県計だけ"), ("01100", "納品")):
        assert main(["project", "scenarios", "--municipality", municipality]) == 2
        assert said in capfd.readouterr().err


def test_the_what_if_page_stands_on_the_newest_census_and_keeps_what_is_in_its_place(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOUSEI_HOME", str(published))
    line = ["project", "page", "--municipality", "01223", "--to", str(tmp_path / "page.html")]
    assert main(line) == 0
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "2025年国勢調査速報" in text and '"base":"census_2025"' in text
    assert main(line) == 1 and "file_exists" in capfd.readouterr().err
    assert main([*line, "--force", "--base", "census_2020"]) == 0
    assert "2020年国勢調査" in (tmp_path / "page.html").read_text("utf-8")
