"""The environment of whoever starts a night: whatever stands in it, the night works or says why it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sousei.foundation.child import same_code
from sousei.foundation.environment import changed
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.orchestration.warehouse import Warehouse

SAMPLES = PROJECT_ROOT / "samples" / "landing"
OF_DBT = {
    "DBT_PROFILES_DIR": "/no/such",
    "DBT_PROJECT_DIR": "/no/such",
    "DBT_TARGET": "prod",
    "DBT_PROFILE": "prod",
    "DBT_TARGET_PATH": "/no/such",
    "DBT_LOG_PATH": "/no/such",
    "DBT_FULL_REFRESH": "true",
    "DBT_WARN_ERROR": "true",
    "DBT_WARN_ERROR_OPTIONS": '{"error": "all"}',
    "DBT_LOG_LEVEL": "debug",
    "DBT_LOG_FORMAT": "json",
    "DBT_QUIET": "false",
    "DBT_DEFER": "true",
    "DBT_STATE": "/no/such",
    "DBT_EMPTY": "true",
    "DBT_FAIL_FAST": "true",
    "DBT_PARTIAL_PARSE": "not a truth value",
    "DBT_ENGINE_WARN_ERROR": "true",
}
"""Variables of somebody who works with dbt for another project, each wrong for ours."""


def sousei(home: Path, cwd: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as it is installed: nothing is imported from the working directory."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "sousei.orchestration.command", *arguments],
        cwd=cwd,
        env=same_code(SOUSEI_HOME=str(home)) | variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=570,
        check=False,
    )


@pytest.mark.promise("C11", "D4")
@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_night_works_in_an_environment_full_of_traps(tmp_path: Path) -> None:
    home, cwd = tmp_path / '運用 it\'s "a" home' / "var", tmp_path / "cwd"
    cwd.mkdir()
    for name in ("tourism/city2024.csv", "plan_register/nemuro_strategy_2.xlsx"):
        (home / "landing" / name).parent.mkdir(parents=True)
        shutil.copy(SAMPLES / name, home / "landing" / name)
    for name in ("json", "polars", "great_expectations", "pandas", "sousei"):
        (cwd / f"{name}.py").write_text("raise RuntimeError('imported from the working directory')")
    more = {"DAGSTER_HOME": "/no/such", "PYTHONIOENCODING": "ascii", "SOUSEI_BUILD_DB": "/no/such"}
    more |= {"LC_ALL": "C", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"}
    said = sousei(home, cwd, "refresh", "--as-of", "2026-11-22", **OF_DBT, **more)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "公表しました" in said.stdout and "検査: 必須" in said.stdout
    assert "Traceback" not in said.stderr
    (warning,) = [line for line in said.stderr.splitlines() if line.startswith("run_history_not_kept")]
    assert "/no/such" in warning and "公表には影響しません" in warning
    assert (home / "releases" / "current" / "manifest.json").is_file()
    assert (home / "runs" / "building" / "pages" / "index.html").is_file(), "the makers' pages were written too"
    status = sousei(home, cwd, "status", **OF_DBT, **more)
    assert status.returncode == 0 and "前回の更新: 公表" in status.stdout


@pytest.mark.exhaustive
def test_dbt_sees_none_of_the_users_variables_and_they_are_given_back(tmp_path: Path) -> None:
    with changed(**OF_DBT):
        before = dict(os.environ)
        manifest = Warehouse(Home(tmp_path)).manifest
        assert dict(os.environ) == before
    assert {one["resource_type"] for one in manifest["nodes"].values()} >= {"model", "seed", "test"}
    assert (tmp_path / "dbt" / "target" / "manifest.json").is_file()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("encoding", ["ascii", "cp932", "euc_jp", "latin-1"])
def test_status_is_told_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "sousei.orchestration.command", "status"],
        env=same_code(SOUSEI_HOME=str(tmp_path), PYTHONIOENCODING=encoding),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    assert "公表版はまだありません" in done.stdout.decode("utf-8" if encoding in ("ascii", "latin-1") else encoding)


def test_a_home_that_is_a_file_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "var"
    path.write_text("x")
    said = sousei(path, tmp_path, "refresh")
    assert said.returncode == 2
    assert said.stderr.startswith("place_not_usable: ") and said.stderr.count("\n") == 1 and str(path) in said.stderr


def test_a_home_whose_name_is_no_text_is_told_in_one_line(tmp_path: Path) -> None:
    """As in a locale that has no Japanese, or of a folder named in another encoding."""
    for home, more in (("運用", {"LC_ALL": "C", "PYTHONUTF8": "0"}), (os.fsdecode("運用".encode("cp932")), {})):
        said = sousei(tmp_path / home, tmp_path, "refresh", **more)
        assert said.returncode == 2 and said.stderr.count("\n") == 1, said.stderr
        assert said.stderr.startswith("place_not_usable: SOUSEI_HOME") and "LANG=C.UTF-8" in said.stderr
    assert not list(tmp_path.iterdir())


def test_variables_are_set_and_hidden_for_a_block_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_TARGET", "prod")
    monkeypatch.setenv("SOUSEI_ONE", "before")
    monkeypatch.delenv("SOUSEI_TWO", raising=False)
    before = dict(os.environ)
    with pytest.raises(ZeroDivisionError), changed(without=("DBT_",), SOUSEI_ONE="1", SOUSEI_TWO="2", DBT_OURS="3"):
        assert {name: text for name, text in os.environ.items() if name.startswith(("DBT_", "SOUSEI_ONE"))} == {
            "SOUSEI_ONE": "1",
            "DBT_OURS": "3",
        }
        assert os.environ["SOUSEI_TWO"] == "2"
        raise ZeroDivisionError
    assert dict(os.environ) == before
