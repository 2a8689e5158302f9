"""An older program's night and then this one's on the same home: nothing that was published or decided is lost.

The older program is a commit of this repository, installed as a wheel and then replaced by this one's wheel, as
docs/operation.ja.md says. A copy without its history has no older program: then these tests are skipped and say so.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sousei.foundation.home import PROJECT_ROOT
from tests.synthetic.installed import beside_a_wheel
from wheelhouse.__main__ import build

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]
OLDER = "b339e15e5f1eb85386342e2c3fdb76d8905eefba"
"""A program of before: marts without bases, bands' errors, peers and words of codes; decisions of steps in a seed."""
SOURCES = ("census", "plan_register", "section_report", "resident_registry", "tourism")
WITHDRAWN = "city202305.csv"


@dataclass(frozen=True)
class Upgraded:
    """A home after both nights. old: the release of the first. before: path below the home -> hash, of what the older
    program left."""

    home: Path
    sousei: str
    old: str
    before: dict[str, str]

    def run(self, *words: str) -> str:
        """What a call of the new program says."""
        return called(self.home, self.sousei, *words)

    def rows(self, sql: str, release: str = "current") -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home / "var" / "releases" / release / "sousei.duckdb"), read_only=True) as one:
            return one.execute(sql).fetchall()


def called(folder: Path, *command: str) -> str:
    """Output of a program that is installed beside nothing of this checkout; it must end well."""
    names = ("PYTHONPATH", "SOUSEI_HOME", "DAGSTER_HOME")
    given = {name: text for name, text in os.environ.items() if name not in names}
    done = subprocess.run([*command], cwd=folder, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout


def older(folder: Path) -> Path:
    """The wheel of the older program."""
    there = subprocess.run(
        ["git", "cat-file", "-e", f"{OLDER}^{{commit}}"], cwd=PROJECT_ROOT, capture_output=True, check=False
    )
    if there.returncode:
        pytest.skip(f"the history of this copy does not reach back to {OLDER[:12]}")
    source = folder / "source"
    source.mkdir()
    archive = subprocess.run(["git", "archive", OLDER], cwd=PROJECT_ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(source)], input=archive.stdout, check=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(source)], check=True, capture_output=True)
    (wheel,) = folder.glob("sousei-*.whl")
    shutil.rmtree(source)
    return wheel


def digests(home: Path, *places: str) -> dict[str, str]:
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for place in places
        for path in (home / place).rglob("*")
        if path.is_file() and path.name != "landing.json" and "current" not in path.parts
    }


def decide(home: Path) -> None:
    """Synthetic decisions of every kind that the older program knows."""
    withdrawn = hashlib.sha256((home / "landing" / "tourism" / WITHDRAWN).read_bytes()).hexdigest()[:16]
    lines = {
        "withdrawals.csv": "source_id,decision,decided_by,decided_at,reason_ja\n"
        f"tourism-{withdrawn},withdrawn,統計課長,2026-11-21T09:00:00+09:00,見本\n",
        "go_aheads.csv": "rule,fact,decided_by,decided_on,reason_ja\n"
        "deliveries_did_not_shrink,01223:0123456789ab,統計課長,2026-11-21,見本\n",
        "corrections.csv": "raw_table,row_key,as_published,corrected,reason_ja,provider,status,declared_on,evidence\n"
        "tourism_visitors,area_code=01223 month=2022-07-01 form=yearly,19805,19806,"
        "見本,統計課長,declared,2026-11-21,見本\n",
        "small_numbers.csv": "below,decided_by,decided_on,reason_ja\n5,総務課長,2026-04-01,見本\n",
    }
    (home / "decisions").mkdir()
    for name, text in lines.items():
        (home / "decisions" / name).write_text(text, "utf-8")
    (home / "alerts").mkdir()
    (home / "alerts" / "settings.yaml").write_text("when: new\n", "utf-8")


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Upgraded:
    place = tmp_path_factory.mktemp("upgrade")
    (place / "old").mkdir()
    (place / "new").mkdir()
    wheel = older(place / "old")
    sousei = str(beside_a_wheel(place / "env", wheel) / "sousei")
    run, home = place / "run", place / "run" / "var"
    for source in SOURCES:
        shutil.copytree(PROJECT_ROOT / "samples" / "landing" / source, home / "landing" / source)
    decide(home)
    first = json.loads(called(run, sousei, "refresh", "--json", "--as-of", "2026-11-22"))
    before = digests(home, "releases", "decisions", "snapshots", "landing", "alerts")
    new = build(place / "new")
    command = [str(place / "env" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--force-reinstall", str(new)], check=True, capture_output=True)
    second = json.loads(called(run, sousei, "refresh", "--json", "--as-of", "2026-11-22"))
    assert (first["state"], second["state"]) == ("published", "published")
    return Upgraded(run, sousei, Path(first["release"]).name, before)


def test_what_the_older_program_left_is_as_it_was(upgraded: Upgraded) -> None:
    """Its release to the byte, every decision, every delivery with its receipts: nothing was received again."""
    after = digests(upgraded.home / "var", "releases", "decisions", "snapshots", "landing", "alerts")
    assert {name: text for name, text in after.items() if name in upgraded.before} == upgraded.before
    new = {name.split("/")[0] for name in after.keys() - upgraded.before.keys()}
    assert new <= {"releases", "decisions"}
    assert {name.split("/")[1] for name in after.keys() - upgraded.before.keys() if name[:9] == "decisions"} == {"kept"}


def test_the_older_release_is_read_compared_and_used_again(upgraded: Upgraded) -> None:
    old = upgraded.old
    assert "健全です" in upgraded.run("verify", old, "--inputs")
    assert upgraded.rows("select count(*) from fct_tourism_visitors", old)[0][0] > 50
    changes = json.loads(upgraded.run("diff", old, "current", "--json"))
    assert changes["a"] == old and changes["changes"]
    assert {cause for one in changes["changes"] for cause in one["causes"].split()} == {"code"}
    new = json.loads(upgraded.run("status", "--json"))["release_id"]
    upgraded.run("release", "use", old)
    assert json.loads(upgraded.run("status", "--json"))["release_id"] == old
    upgraded.run("release", "use", new)


def test_decisions_plans_and_reports_hold_in_the_new_release(upgraded: Upgraded) -> None:
    old = upgraded.old
    for sql in (
        "select kind, rule, subject, decided_by, decided_on, reason_ja from meta_decision order by all",
        "select raw_table, row_key, published_value, corrected_value, reason_ja from meta_correction order by all",
        "select plan_id, municipality_code from dim_plan order by all",
        "select kpi_id, plan_id from dim_kpi order by all",
        "select plan_id, kpi_id, fiscal_year, actual_value, source_id from fct_kpi_actual "
        "where source_id like 'section_report%' order by all",
        "select source_id, verdict, received_at from meta_source order by all",
        "select municipality_code, month, visitors, source_id from fct_tourism_visitors order by all",
    ):
        released = upgraded.rows(sql, old)
        assert released and upgraded.rows(sql) == released, sql
    assert upgraded.rows("select kind from meta_decision order by kind") == [("go_ahead",), ("withdrawal",)]


def test_the_home_is_well_after_it(upgraded: Upgraded) -> None:
    facts = json.loads(upgraded.run("status", "--json"))
    assert facts["healthy"] and facts["release_id"] != upgraded.old
    assert [one["file_name"] for one in facts["last_refresh"]["not_used"]] == [WITHDRAWN]
    assert json.loads(upgraded.run("refresh", "--json", "--as-of", "2026-11-22"))["state"] == "nothing_new"
