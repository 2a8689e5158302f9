"""`sousei pull` and `sousei meeting`: one folder, of one release, also while releases come and go."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import threading
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import polars as pl
import pytest

from sousei.foundation.home import Home
from sousei.publication import bundle, publish, shelf
from sousei.publication.book.write import Meeting, meeting_papers
from sousei.publication.pull import for_meeting, pull
from sousei.publication.told.read import NotThereError, told
from tests.integration.conftest import run_sousei

pytestmark = pytest.mark.slow

CODE, PLAN = "01223", "nemuro_strategy_2"
MEETING = Meeting("第1回創生有識者会議", date(2026, 10, 15))


@pytest.fixture(scope="module")
def whole(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The staff edition as the command writes it."""
    to = tmp_path_factory.mktemp("pulled") / "nemuro"
    said = run_sousei(published, "pull", "--municipality", CODE, "--to", str(to))
    assert said.returncode == 0, said.stderr
    assert "公表版" in said.stdout
    return to


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_file_is_listed_with_its_hash(whole: Path) -> None:
    listed = dict(
        reversed(line.split("  ", 1)) for line in (whole / bundle.SUMS).read_text("utf-8").splitlines()
    )  # fmt: skip
    there = {name: hashlib.sha256(data).hexdigest() for name, data in files(whole).items() if name != bundle.SUMS}
    assert listed == there
    checked = subprocess.run(["sha256sum", "-c", "--quiet", bundle.SUMS], cwd=whole, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout
    (whole.parent / "copy").mkdir()
    copied = shutil.copytree(whole, whole.parent / "copy" / "x")
    assert bundle.changed(copied) == []
    (copied / "README.txt").write_bytes(b"")
    assert bundle.changed(copied) == ["README.txt"]


def test_the_readme_says_what_it_is(whole: Path, published: Path) -> None:
    text = (whole / "README.txt").read_text("utf-8-sig")
    release = shelf.find(Home(published)).release_id
    for said in ("根室市", "庁内版", release, "令和8年11月22日", "nemuro_strategy_2", "nemuro_vision_2019"):
        assert said in text


def test_tables_are_cut_to_the_municipality_and_complete(whole: Path, published: Path) -> None:
    with duckdb.connect(str(shelf.find(Home(published)).database), read_only=True) as connection:
        for path in sorted((whole / "csv").glob("*.csv")):
            name, frame = path.stem, pl.read_csv(path, infer_schema=False)
            columns = [row[0] for row in connection.execute(f"describe {name}").fetchall()]
            assert frame.columns == columns
            if "municipality_code" in columns:
                asked = f"select count(*) from {name} where municipality_code = '{CODE}' or municipality_code is null"
                assert frame.height == connection.execute(asked).fetchall()[0][0]
                assert set(frame["municipality_code"].drop_nulls()) <= {CODE}
        names = pl.read_csv(whole / "csv" / "meta_source.csv", infer_schema=False)["file_name"]
    assert not [name for name in names if "kamaishi" in name.lower() or "釜石" in name]


def test_the_public_edition_has_what_its_workbook_holds_and_nothing_else(published: Path) -> None:
    found = pull(Home(published), CODE, "public")
    tables = {name for name in found.files if name.startswith("csv/")}
    assert tables == {"csv/nemuro_strategy_2_kpi_long.csv", "csv/nemuro_vision_2019_kpi_long.csv", "csv/codebook.csv"}
    about = told(shelf.find(Home(published)), CODE, PLAN, "public")
    frame = pl.read_csv(io.BytesIO(found.files["csv/nemuro_strategy_2_kpi_long.csv"]), infer_schema=False)
    assert frame.columns == about.long.columns and "note" not in frame.columns and frame.height == about.long.height
    papers = [name for name in found.files if name.startswith("papers/")]
    books = [f"papers/{CODE}_{PLAN}_public.xlsx", f"papers/{CODE}_nemuro_vision_2019_public.xlsx"]
    assert sorted(papers) == [*books, f"papers/{CODE}_public.html", f"papers/{CODE}_public_whatif.html"]


def test_papers_that_the_release_holds_are_copied(own_home: Path) -> None:
    release = shelf.find(Home(own_home))
    place = f"papers/council/{CODE}/{CODE}_{PLAN}_council.xlsx"
    _add(release.path, place, b"as published")
    found = pull(Home(own_home), CODE, "council", PLAN)
    assert found.files[f"papers/{CODE}_{PLAN}_council.xlsx"] == b"as published"
    assert [name for name in found.files if name.endswith(".xlsx")] == [f"papers/{CODE}_{PLAN}_council.xlsx"]


def _add(folder: Path, name: str, data: bytes) -> None:
    """Put a file into a release, and into its manifest."""
    for path in (folder, folder / "manifest.json", (folder / name).parent):
        path.chmod(0o755)
    (folder / name).unlink()
    (folder / name).write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data), "rows": None}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.mark.exhaustive
def test_a_folder_in_its_place_is_replaced_only_when_it_was_made_here(published: Path, tmp_path: Path) -> None:
    to = tmp_path / "set"
    asked = ("pull", "--municipality", CODE, "--edition", "public", "--to", str(to))
    assert run_sousei(published, *asked).returncode == 0
    before = files(to)
    refused = run_sousei(published, *asked)
    assert refused.returncode == 1 and "target_not_empty" in refused.stderr
    assert run_sousei(published, *asked, "--force").returncode == 0
    assert files(to) == before
    (to / "memo.txt").write_text("手書き", "utf-8")
    kept = run_sousei(published, *asked, "--force")
    assert kept.returncode == 1 and "not_a_folder_of_ours" in kept.stderr
    assert (to / "memo.txt").read_text("utf-8") == "手書き"
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    here = run_sousei(published, *asked[:-1], ".", "--force")
    assert here.returncode == 1 and "not_a_folder_of_ours" in here.stderr and "Traceback" not in here.stderr


def test_what_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle.put(tmp_path / "set", {"a.txt": b"1"})

    def full(path: Path, data: bytes) -> None:
        if path.name == "c.txt":
            raise OSError(28, "No space left on device")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    monkeypatch.setattr(bundle, "_write", full)
    with pytest.raises(OSError, match="No space"):
        bundle.put(tmp_path / "set", {"b.txt": b"2", "c.txt": b"3"}, force=True)
    assert files(tmp_path) == {"set/a.txt": b"1", f"set/{bundle.SUMS}": (tmp_path / "set" / bundle.SUMS).read_bytes()}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--municipality", "13101"), "no_plan"),
        (("--municipality", CODE, "--plan", "kamaishi_open_city_2"), "no_plan"),
        (("--municipality", CODE, "--release", "2020-01-01.1"), "release_unknown"),
    ],
)
def test_what_is_not_there_is_told(published: Path, tmp_path: Path, asked: tuple[str, ...], said: str) -> None:
    done = run_sousei(published, "pull", *asked, "--to", str(tmp_path / "set"))
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "set").exists()


def _twin(home: Home, name: str, of: Path) -> Path:
    """A release of another number, whose every file of a set says so."""
    to = home.releases / name
    half = home.releases / f".tmp-{name}"
    shutil.copytree(of, half)
    for path in [half, *half.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(half / "papers", ignore_errors=True)  # those of another number; a set makes its own
    manifest = json.loads((half / "manifest.json").read_text("utf-8").replace(of.name, name))
    manifest["files"] = {one: said for one, said in manifest["files"].items() if not one.startswith("papers/")}
    (half / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with duckdb.connect(str(half / shelf.DATABASE)) as connection:
        connection.execute("update meta_release set release_id = ?", [name])
    half.rename(to)
    return to


@pytest.mark.promise("A1")
def test_every_set_is_of_one_release_while_releases_come_and_go(own_home: Path) -> None:
    """A publisher moves `current` on and retires what is older, as fast as it can; every set says one release."""
    home = Home(own_home)
    first = shelf.find(home).path
    stop, moved, faults = threading.Event(), [first.name], []

    def publisher() -> None:
        number = 1
        while not stop.is_set():
            number += 1
            try:
                _twin(home, f"{first.name[:10]}.{number}", home.current.resolve())
                publish._point(home.releases, "current", f"{first.name[:10]}.{number}")
                moved.append(f"{first.name[:10]}.{number}")
                publish.retire(home, keep=1)
            except Exception as error:  # told at the end: a thread's error would pass unseen
                faults.append(error)
                return

    beside = threading.Thread(target=publisher)
    beside.start()
    try:
        seen = set()
        for _ in range(40):
            found = pull(home, CODE, "public", PLAN)
            book = openpyxl.load_workbook(io.BytesIO(found.files[f"papers/{CODE}_{PLAN}_public.xlsx"]), read_only=True)
            cells = {cell for row in book["表紙"].iter_rows(values_only=True) for cell in row if cell}
            assert found.release_id in cells
            assert found.release_id in found.files["README.txt"].decode("utf-8-sig")
            seen.add(found.release_id)
            if len(seen) > 3:
                break
    finally:
        stop.set()
        beside.join()
    assert not faults and len(seen) > 1 and seen <= set(moved)
    assert [path.name for path in shelf.ordered(home)] == [moved[-1]]


# --- the papers of a meeting ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def papers(published: Path) -> dict[str, bytes]:
    return for_meeting(Home(published), CODE, PLAN, "council", MEETING).files


def test_the_papers_of_a_meeting(papers: dict[str, bytes]) -> None:
    assert list(papers) == [
        "20261015_1_summary.xlsx",
        "20261015_2_kpi.xlsx",
        "20261015_3_evaluation.xlsx",
        "20261015_4_basis.xlsx",
        "README.txt",
    ]
    assert sum(map(len, papers.values())) < 5_000_000
    sheets = {name: openpyxl.load_workbook(io.BytesIO(data)) for name, data in papers.items() if "xlsx" in name}
    assert [book.sheetnames for book in sheets.values()][:2] == [
        ["表紙", "総括表", "人口"],
        ["表紙", "数値目標", "KPI一覧", "ほかの団体との比較", "注記・凡例"],
    ]
    assert [book.sheetnames for book in sheets.values()][3] == ["表紙", "算定根拠", "変更履歴"]
    third = sheets["20261015_3_evaluation.xlsx"].sheetnames
    assert third[0] == "表紙" and third[-1] == "交付金効果検証" and len(third) == 19
    for number, book in zip(("資料１", "資料２", "資料３", "参考資料"), sheets.values(), strict=True):
        cover = [cell for row in book["表紙"].iter_rows(values_only=True) for cell in row if cell]
        assert {"第1回創生有識者会議", "令和8年10月15日", number} <= set(cover)
        assert all(number in (sheet.oddHeader.right.text or "") for sheet in book)
    assert "第1回創生有識者会議（令和8年10月15日）" in papers["README.txt"].decode("utf-8-sig")


def test_a_paper_has_the_sheets_of_the_whole_workbook(papers: dict[str, bytes], published: Path) -> None:
    """No second truth: each sheet but the cover is that of `sousei book`."""
    from sousei.publication.book.write import workbook

    whole = openpyxl.load_workbook(io.BytesIO(workbook(shelf.find(Home(published)), CODE, PLAN, "council")))
    for name in (one for one in papers if one.endswith(".xlsx")):
        for sheet in openpyxl.load_workbook(io.BytesIO(papers[name])):
            if sheet.title != "表紙":
                told_there = [list(row) for row in whole[sheet.title].iter_rows(values_only=True)]
                assert [list(row) for row in sheet.iter_rows(values_only=True)] == told_there


def test_the_papers_of_a_meeting_are_the_same_bytes_again(papers: dict[str, bytes], published: Path) -> None:
    again = meeting_papers(shelf.find(Home(published)), CODE, PLAN, "council", MEETING)
    assert {name: data for name, data in papers.items() if name != "README.txt"} == again


def test_the_command_writes_the_papers(published: Path, tmp_path: Path, papers: dict[str, bytes]) -> None:
    asked = ("meeting", "--municipality", CODE, "--plan", PLAN, "--date", "2026-10-15", "--name", MEETING.name_ja)
    done = run_sousei(published, *asked, "--to", str(tmp_path / "set"))
    assert done.returncode == 0, done.stderr
    assert {name: data for name, data in files(tmp_path / "set").items() if name != bundle.SUMS} == papers
    wrong = run_sousei(published, *asked[:4], "nothing", *asked[5:], "--to", str(tmp_path / "other"))
    assert wrong.returncode == 2 and PLAN in wrong.stderr
    with pytest.raises(NotThereError):
        for_meeting(Home(published), CODE, "nothing", "council", MEETING)
