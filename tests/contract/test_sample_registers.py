"""The sample registers say what the two strategy documents say, whole, and agree with themselves.

Does not hold: what is computed from them (tests/integration/test_warehouse_build.py).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sousei.foundation.home import PROJECT_ROOT
from tests import registers

SHARED = PROJECT_ROOT.parent / "shared"


@pytest.fixture(scope="module")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the two documents of ../shared are not here")
    return SHARED


def kpis() -> dict[str, dict[str, Any]]:
    return {row["kpi_id"]: row for row in registers.rows("plan_register_kpi")}


def targets() -> dict[str, dict[str, Any]]:
    return {row["kpi_id"]: row for row in registers.rows("plan_register_target")}


def squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def test_the_registers_hold_every_target_and_observation_once() -> None:
    found = registers.rows("plan_register_kpi")
    assert Counter(row["row_class_ja"] for row in found) == {
        "数値目標": 7,
        "KPI": 40,
        "人口目標": 6,
        "観測値": 22,
        "マイルストーン": 2,
    }
    assert Counter(row["municipality_code"] for row in found) == {"01223": 53, "03211": 24}
    assert len({(row["plan_id"], row["kpi_id"]) for row in found}) == len(found)
    strategy = [row["kind"] for row in found if row["plan_id"] == "nemuro_strategy_2"]
    assert Counter(strategy) == {
        "level_at_end": 6,
        "annual_level": 5,
        "cumulative_total": 11,
        "increment_over_term": 10,
        "ratio_percent": 12,
        "maintain_at_least": 1,
        "suppress_decline": 1,
        "relative_to_benchmark": 1,
    }


def test_the_two_documents_are_whole() -> None:
    """17 measures, 28 directions, 117 project lines of 93 projects and 24 repeats; agreements, donors and dates."""
    levels = Counter((row["plan_id"], row["level"]) for row in registers.rows("plan_register_node"))
    assert levels["nemuro_strategy_2", "measure"] == 17 and levels["nemuro_strategy_2", "direction"] == 28
    lines = [row for row in registers.rows("plan_register_project_link") if row["plan_id"] == "nemuro_strategy_2"]
    assert (len(lines), sum(bool(row["is_repeated"]) for row in lines)) == (117, 24)
    projects = [row for row in registers.rows("plan_register_project") if row["plan_id"] == "nemuro_strategy_2"]
    assert len(projects) == 93 == len({row["project_id"] for row in lines})
    assert len(registers.rows("section_report_agreement")) == 13
    donations = registers.rows("section_report_donation")
    assert Counter(row["is_undisclosed"] for row in donations) == {False: 8, True: 1}
    assert sum(row["amount_yen"] for row in donations if row["amount_yen"] is not None) == 28_200_000
    assert len(registers.rows("section_report_event")) == 5
    assert len([row for row in registers.rows("plan_register_project") if row["municipality_code"] == "03211"]) == 5
    assert {row["plan_id"] for row in registers.rows("plan_register_plan") if row["municipality_code"] == "03211"} == {
        "kamaishi_open_city_2",
        "kamaishi_comprehensive_6",
    }


def test_every_row_says_its_place_in_the_document() -> None:
    for name in ("plan_register_project_link", "plan_register_fund", "plan_register_figure"):
        assert all(row["place_ja"] for row in registers.rows(name)), name
    for name in ("section_report_agreement", "section_report_donation", "section_report_event", "section_report_flow"):
        assert all(row["place_ja"] for row in registers.rows(name)), name
    assert all(row["heading_ja"] for row in registers.rows("plan_register_kpi"))


def test_only_strategy_targets_with_a_printed_baseline_have_one() -> None:
    strategy = [row for row in kpis().values() if row["plan_id"] == "nemuro_strategy_2"]
    assert sum(row["baseline_value"] is not None or row["baseline_type"] == "current_value" for row in strategy) == 21
    assert not any(row["is_baseline_confirmed"] for row in strategy if row["baseline_type"] in ("implied", "undecided"))


def test_every_ambiguity_has_its_question_with_a_reading_in_both_languages() -> None:
    asked = {row["kpi_id"] for row in registers.rows("plan_register_question")}
    for row in kpis().values():
        assert bool(row["note_ja"]) == bool(row["note_en"]), row["kpi_id"]
        assert not row["ambiguity_code"] or row["note_ja"], row["kpi_id"]
    readings = Counter((row["plan_id"], row["question_id"]) for row in registers.rows("plan_register_reading"))
    assert min(readings.values()) >= 2, "a question with one answer is none"
    assert len(asked) > 40


def test_observations_belong_to_the_catalogue_and_keep_their_mark() -> None:
    slides = "kamaishi_slides"
    observed = {row["kpi_id"]: row for row in registers.rows("section_report_value") if row["source_id"] == slides}
    catalogue = {row["kpi_id"] for row in kpis().values() if row["row_class_ja"] == "観測値"}
    assert set(observed) <= catalogue and len(catalogue - set(observed)) == 4
    assert (observed["k2-01"]["comparator"], observed["k2-01"]["reported_value"]) == (">", 95)
    assert observed["k2-18"]["reported_value"] + observed["k2-19"]["reported_value"] == 28_200_000
    assert observed["k2-16"]["reported_value"] == 28_200_000


def test_population_figures_of_the_plan_add_up() -> None:
    value = {row["figure_id"]: row["plan_value"] for row in registers.rows("plan_register_figure")}
    for groups in ("census_2015", "ipss_2060", "plan_2060"):
        parts = sum(value[f"{groups}_{age}_persons"] for age in ("old", "working_age", "young"))
        assert parts == value[f"{groups}_total_persons"], groups
    assert value["gain_natural_2060"] + value["gain_social_2060"] == value["gain_2060_total_persons"] == 987
    assert value["migration_only_2060_total_persons"] + value["gain_natural_2060"] == value["plan_2060_total_persons"]
    assert value["ipss_2060_total_persons"] + value["gain_social_2060"] == value["migration_only_2060_total_persons"]
    for age in ("total", "old", "working_age", "young", "women_20_39"):
        gain = value[f"plan_2060_{age}_persons"] - value[f"ipss_2060_{age}_persons"]
        assert gain == value[f"gain_2060_{age}_persons"], age
    assert (
        value["plan_2025_total_persons"] - value["ipss_2025_total_persons"] == value["gain_2025_total_persons"] == 447
    )


def test_population_targets_and_printed_figures_are_one_truth() -> None:
    figures = {row["figure_id"]: row["plan_value"] for row in registers.rows("plan_register_figure")}
    for kpi, year in (("n2-p-4", 2025), ("n2-p-5", 2035), ("n2-p-6", 2060)):
        assert targets()[kpi]["target_value"] == figures[f"plan_{year}_total_persons"]
    for kpi in ("n2-p-4", "n2-p-6"):
        assert kpis()[kpi]["benchmark_value"] == figures[f"ipss_{kpis()[kpi]['benchmark_year']}_total_persons"]


@pytest.mark.shared
def test_the_registers_say_what_the_checked_catalogue_says(shared: Path) -> None:
    with (shared / "domain/kpi_catalogue.csv").open(encoding="utf-8", newline="") as file:
        theirs = {row["kpi_id"]: row for row in csv.DictReader(file)}
    ours, aims = kpis(), targets()
    assert set(ours) == set(theirs)
    for kpi, row in theirs.items():
        for name in ("kpi_name_ja", "kind", "direction", "unit", "text_quote"):
            assert (ours[kpi][name] or "") == row[name], (kpi, name)
        numbers = {"baseline_value": ours[kpi]["baseline_value"]}
        numbers |= {name: aims.get(kpi, {}).get(name) for name in ("target_value", "delta_value")}
        for name, value in numbers.items():
            stated = row["delta" if name == "delta_value" else name]
            assert value == (Decimal(stated) if stated else None), (kpi, name)


@pytest.mark.shared
def test_names_stand_in_the_document_as_the_register_has_them(shared: Path) -> None:
    text = squeezed((shared / "seeds/nemuro_strategy_2021_2024.txt").read_text("utf-8"))
    for row in registers.rows("plan_register_project"):
        if row["plan_id"] == "nemuro_strategy_2":
            assert squeezed(row["project_name_ja"]) in text, row["project_name_ja"]
    slides = squeezed((shared / "seeds/kamaishi_open_city_slides.txt").read_text("utf-8"))
    for row in registers.rows("section_report_donation"):
        assert row["is_undisclosed"] or squeezed(row["donor_ja"]) in slides
    for row in registers.rows("section_report_agreement"):
        assert re.sub("[、,]", "", squeezed(row["partner_ja"]))[:6] in re.sub("[、,]", "", slides)
