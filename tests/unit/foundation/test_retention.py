"""What the operator may set is read, and what cannot be is told by name before anything is done."""

from __future__ import annotations

import pytest

from sousei.foundation.retention import VARIABLES, Retention, from_environment
from sousei.foundation.told import ToldError


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)


def test_the_defaults_hold_where_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_environment() == Retention(14, 5, 100)
    monkeypatch.setenv("SOUSEI_KEEP_RELEASES", " ")
    assert from_environment() == Retention(14, 5, 100)


def test_a_setting_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUSEI_KEEP_RELEASES", "60")
    monkeypatch.setenv("SOUSEI_KEEP_RUNS", "1")
    monkeypatch.setenv("SOUSEI_KEEP_DECISIONS", "20")
    assert from_environment() == Retention(60, 1, 20)


@pytest.mark.parametrize("text", ["0", "-1", "14 days", "1.5", "10001", "１４"])
def test_what_is_no_number_of_releases_is_told(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SOUSEI_KEEP_RELEASES", text)
    with pytest.raises(ToldError, match="setting_invalid: 環境変数 SOUSEI_KEEP_RELEASES"):
        from_environment()
