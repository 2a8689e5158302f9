"""The comparisons in print: what is asked in words, numbers with their period, nothing where nothing can be said."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from sousei.publication.told import peers
from sousei.publication.told.read import Told


def asked(kind: str = "nearest", **said: Any) -> dict[str, Any]:
    """Synthetic: a target to raise a share by half a point in four years, reached by 3 of 20."""
    return {
        "subject_kind": "kpi", "subject_id": "k1", "compares": "change", "group_kind": kind, "group_id": kind,
        "label_ja": "年少人口割合", "unit": "％", "direction": "higher_is_better", "change_unit": "ポイント",
        "start_basis": "measured", "start_value": Decimal("9.5"), "start_year": 2020, "target_value": Decimal(10),
        "target_year": 2024, "asked_years": 4, "asked_change": Decimal("0.5"), "is_scaled": False, "window_years": 4,
        "window_start": dt.date(2016, 1, 1), "window_end": dt.date(2020, 1, 1), "threshold_value": Decimal("0.5"),
        "own_value": Decimal("-1"), "median_value": Decimal("-0.8"), "n_measured": 20, "n_reached": 3,
        "share_reached_pct": Decimal(15), "withheld_reason": None, "withheld_reason_ja": None,
    } | said  # fmt: skip


def told(**said: Any) -> Told:
    empty = {"kpis": [{"kpi_id": "k1"}], "ambition": [], "standing": [], "groups": [], "degrees": [], "impact": []}
    return cast(Told, SimpleNamespace(**(empty | {"peer_measures": [{"measure_id": "m", "limits_ja": "限界"}]} | said)))


def test_a_sentence_says_what_is_asked_how_many_did_it_of_how_many_and_when() -> None:
    nation = asked("nation", n_measured=1737, n_reached=88, share_reached_pct=Decimal("5.0662"))
    assert peers.ambition_sentences(told(ambition=[nation, asked()])) == [
        "「年少人口割合」は4年で0.5ポイント増やす目標である。2016年1月から2020年1月までにこれに届いたのは、"
        "ほかの団体では人口と年齢構成の近い20団体のうち3団体（15％）、全国の1,737団体のうち88団体（5.1％）。"
    ]


def test_a_decline_is_asked_to_be_held_and_a_pace_is_told() -> None:
    one = asked(
        change_unit="％", unit="人", asked_change=Decimal("-14.6"), asked_years=10, is_scaled=True, window_years=5,
        threshold_value=Decimal("-7.6"),
    )  # fmt: skip
    (sentence,) = peers.ambition_sentences(told(ambition=[one]))
    assert "10年で14.6％の減少までに抑える目標である（5年の速さに直して7.6％の減少までに抑える）" in sentence
    falling = asked(direction="lower_is_better", asked_change=Decimal("-0.4"))
    assert "0.4ポイント下げる目標" in peers.ambition_sentences(told(ambition=[falling]))[0]


def test_what_cannot_be_compared_is_named_with_its_reason_and_has_no_row() -> None:
    one = asked(withheld_reason="no_window", share_reached_pct=None, n_reached=None, n_measured=0)
    about = told(ambition=[one])
    assert peers.ambition_rows(about) == peers.ambition_sentences(about) == []
    assert peers.not_compared(about) == ["ほかの市区町村の値が、比べられる2時点で10団体以上届いていない：年少人口割合"]


def test_a_rank_stands_with_its_number_its_interval_and_what_it_does_not_say() -> None:
    one = {
        "measure_id": "m", "label_ja": "出生率", "unit": "‰", "period_start": dt.date(2020, 1, 1),
        "period_end": dt.date(2020, 12, 31), "measured_value": Decimal("4.8274"), "value_rank": 1131,
        "n_measured": 1741, "value_rank_from": 779, "value_rank_to": 1399, "withheld_reason_ja": None,
        "noise_reason": "small_place",
        "lower_quartile_value": Decimal("4.1"), "median_value": Decimal("-0.01"),
        "upper_quartile_value": Decimal("4.7"),
    }  # fmt: skip
    rows = peers.standing_rows(told(standing=[one | {"group_kind": "nation"}, one | {"group_kind": "nearest"}]))
    (name, notes, period, _, in_class, _, nation, spread) = rows[0]
    assert (name, period, in_class) == ("出生率", "2020年", "−")
    assert notes == "人口3千人未満で動きやすい。限界"
    assert nation == "1,131／1,741\n（779～1,399）"
    assert spread == "0.0\n（4.1～4.7）", "what rounds to nothing is not printed as a negative"
    withheld = one | {"group_kind": "nation", "value_rank": None, "withheld_reason_ja": "少ない"}
    assert peers.standing_rows(told(standing=[withheld])) == []
