"""The lines after a refresh say how sure a grade is, and in Japanese nothing but Japanese (synthetic figures)."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from sousei.publication import summary

ROW: dict[str, Any] = {
    "municipality_code": "01223",
    "name_ja": "根室市",
    "kpi_name_ja": "総人口",
    "kpi_name_en": "Total population",
    "period_basis": "時点",
    "unit": "人",
    "fiscal_year": 2025,
    "actual_value": Decimal("21201"),
    "value_status": "preliminary",
    "target_value": Decimal("22453"),
    "attainment_pct": Decimal("94.42"),
    "progress_pct": Decimal("-180.09"),
    "grade": "D",
    "grade_is_provisional": True,
    "not_computable_reason": None,
    "not_computable_reason_ja": None,
}
OPEN = {
    "actual_value": None,
    "value_status": "not_reported",
    "attainment_pct": None,
    "progress_pct": None,
    "grade": None,
}
REASON = {"not_computable_reason": "no_actual", "not_computable_reason_ja": "実績が未報告のため"}


@pytest.mark.parametrize(
    ("changes", "ja", "en"),
    [
        ({}, "実績 21,201人（速報） 目標 22,453人 達成率 94.4% 進捗率 ▲180.1% 評価 D（暫定）", "grade D (provisional)"),
        ({"grade_is_provisional": False}, "進捗率 ▲180.1% 評価 D", "grade D"),
        (
            OPEN | REASON,
            "実績 …（未報告） 目標 22,453人 達成率 … 進捗率 … 評価 なし（実績が未報告のため）",
            "grade no_actual",
        ),
    ],
)
def test_a_line_says_grade_and_how_sure_it_is(
    changes: dict[str, Any], ja: str, en: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "query", lambda sql, release: pl.DataFrame([ROW | changes]))
    verdict = SimpleNamespace(gate_passed=1, gate_failed=0, warn_failed=0, review_failed=0)
    release: Any = SimpleNamespace(manifest=SimpleNamespace(verdict=verdict))
    assert summary.lines(release, "ja")[0].endswith(ja)
    assert summary.lines(release, "en")[0].endswith(en)
    said = summary.lines(release, "ja")[0].split("評価")[1]
    assert not any(word in said for word in ("no_actual", "provisional"))
