"""What several machines are given (wheelhouse/prefecture): its files agree with each other, the lock with the extra."""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from sousei.foundation.home import PROJECT_ROOT
from wheelhouse import lock

GIVEN = PROJECT_ROOT / "wheelhouse" / "prefecture"
LOCK = (PROJECT_ROOT / "requirements-prefecture.lock").read_text("utf-8")
PROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRA = PROJECT["optional-dependencies"]["prefecture"]


def _command(unit: Path) -> list[str]:
    return next(
        one.removeprefix("ExecStart=").split() for one in unit.read_text("utf-8").splitlines() if "ExecStart=/" in one
    )


def test_compose_file_and_units_start_the_same_programs() -> None:
    compose = yaml.safe_load((GIVEN / "compose.yaml").read_text("utf-8"))
    worker, night = _command(GIVEN / "sousei-worker.service"), _command(GIVEN / "sousei-by-prefecture.conf")
    assert compose["services"]["worker"]["command"] == [one for one in worker if one not in ("-n", "%l")]
    assert (
        compose["services"]["coordinator"]["command"]
        == night
        == ["/opt/sousei/bin/sousei", "refresh", "--by-prefecture"]
    )
    assert compose["networks"]["inside"]["internal"] is True
    assert not any("ports" in service for service in compose["services"].values())
    for name in ("worker", "coordinator"):
        assert "home:/var/lib/sousei" in compose["services"][name]["volumes"]


def test_every_setting_that_is_asked_for_is_in_the_file_of_settings() -> None:
    said = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (GIVEN / "prefecture.env").read_text("utf-8"), re.M))
    asked = {
        name
        for file in ("dagster.yaml", "celery.yaml")
        for name in re.findall(r"env: ([A-Z_]+)", (GIVEN / file).read_text("utf-8"))
    }
    assert asked == {"SOUSEI_BROKER", "SOUSEI_RUN_STORE"}
    assert {*asked, "PGPASSFILE", "SOUSEI_DUCKLAKE", "SOUSEI_DUCKLAKE_DATA"} == set(said)
    compose = yaml.safe_load((GIVEN / "compose.yaml").read_text("utf-8"))["services"]
    assert set(said) <= set(compose["coordinator"]["environment"])
    for url in (said["SOUSEI_RUN_STORE"], compose["worker"]["environment"]["SOUSEI_RUN_STORE"]):
        assert url.startswith("postgresql+psycopg2://"), "the plain scheme asks for a driver that is not there"
    assert "password" not in said["SOUSEI_DUCKLAKE"]
    settings = yaml.safe_load((GIVEN / "celery.yaml").read_text("utf-8"))
    assert settings["execution"]["config"]["config_source"]["task_acks_late"] is True
    assert yaml.safe_load((GIVEN / "dagster.yaml").read_text("utf-8"))["telemetry"] == {"enabled": False}


def test_the_lock_of_the_extra_adds_to_the_lock_and_names_no_address() -> None:
    base = {name for name, _ in lock.entries((PROJECT_ROOT / "requirements.lock").read_text("utf-8"))}
    own = dict(lock.entries(LOCK))
    assert "://" not in LOCK and "(/" not in LOCK and not base & set(own)
    assert all("--hash=sha256:" in text for text in own.values())
    for one in EXTRA:
        name, _, version = one.partition("==")
        if version:
            assert own[name].startswith(f"{name}=={version}")
    (duckdb,) = [one for one in PROJECT["dependencies"] if one.startswith("duckdb==")]
    pins = {one.partition("==")[2] for one in (duckdb, *EXTRA) if "duckdb" in one}
    assert len(pins) == 1, "an extension is of one version of DuckDB"


@pytest.mark.skipif(find_spec("dagster_celery") is None, reason="needs the extra `prefecture`")
def test_the_locks_have_all_that_the_extra_needs() -> None:
    both = {name for name, _ in lock.entries((PROJECT_ROOT / "requirements.lock").read_text("utf-8") + LOCK)}
    assert lock.needed(EXTRA) - both == set()
