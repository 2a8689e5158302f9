"""Rules over the dbt manifest: the marts keep the public contract, every table and column is explained in both
languages, every check names its owner, its action and its reason.

Does not hold: figures (tests/integration/test_warehouse_build.py).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sousei.expectations.suites import kpi
from sousei.ingest.tables import FIGURES, FILLED_IN, RAW_TABLES
from sousei.projection.night.tables import PROJECTION_TABLES

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"

PROMISED_TEXT = """
dim_municipality: municipality_code code6 name_ja kana prefecture_name_ja valid_from valid_to successor_code
dim_kpi: plan_id kpi_id municipality_code kpi_name_ja basic_goal measure kind direction unit delta_unit accumulation
    count_basis period_basis baseline_value baseline_year baseline_type target_value target_fiscal_year how_measured
    note_ja
fct_population: municipality_code series scope as_of_date sex age_group age_from age_to population_persons
    value_status source_id
fct_population_change: municipality_code series period_start period_end period_basis component persons source_id
fct_tourism_visitors: municipality_code month visitors count_basis value_status comparable_from
    replaced_visitors visitors_year_before of_year_before_pct level_state level_reason_ja level_reason_en source_id
fct_furusato_donation: municipality_code fiscal_year donation_jpy donation_count source_id
fct_kpi_actual: kpi_id fiscal_year actual_value numerator denominator value_status as_of_date revision is_latest
    source_id
mart_kpi_scorecard: municipality_code plan_id kpi_id kpi_name_ja kind direction unit fiscal_year baseline_value
    baseline_type milestone_value actual_value value_status target_value attainment_pct progress_pct grade
    grade_rule_id not_computable_reason source_id
mart_population_projection: municipality_code scenario_id vintage year sex age_group age_from age_to
    population_persons is_projection
mart_population_vision: municipality_code scenario_id vintage year total_persons young_persons working_age_persons
    old_persons women_20_39_persons young_share_pct working_age_share_pct old_share_pct births deaths natural_change
    social_change implied_tfr gap_to_target_persons
mart_vision_reconciliation: municipality_code plan_id figure_id label_ja year plan_value official_value
    recomputed_value difference tolerance verdict
meta_source: source_id source file_name sha256 received_at period publisher_ja licence rows_read rows_quarantined
"""
PROMISED = {
    table: columns.split()
    for table, columns in (line.split(": ") for line in PROMISED_TEXT.replace("\n    ", " ").strip().splitlines())
}
TRACED = ("fct_population", "fct_population_change", "fct_tourism_visitors", "fct_furusato_donation", "fct_kpi_actual")
SEVERITIES = {"gate": "error", "warn": "warn", "review": "warn"}
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
ENGLISH = re.compile(r"[A-Za-z]{2,}")


def nodes(manifest: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == kind]


def marts(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in nodes(manifest, "model") if node["schema"] == "main"}


def in_both_languages(text: str) -> bool:
    japanese, slash, english = text.partition(" / ")
    return bool(slash and JAPANESE.search(japanese) and ENGLISH.search(english) and not JAPANESE.search(english[:1]))


@pytest.mark.parametrize("table", sorted(PROMISED))
def test_mart_has_the_promised_columns(manifest: dict[str, Any], table: str) -> None:
    mart = marts(manifest)[table]
    assert set(PROMISED[table]) <= set(mart["columns"])
    assert mart["config"]["contract"]["enforced"] is True
    assert mart["config"]["materialized"] == "table"
    assert all(column["data_type"] for column in mart["columns"].values())


@pytest.mark.parametrize("table", TRACED)
def test_every_figure_is_traceable_to_file_and_row(manifest: dict[str, Any], table: str) -> None:
    assert {"source_id", "source_sheet", "source_row"} <= set(marts(manifest)[table]["columns"])


def test_marts_and_their_columns_are_explained_in_both_languages_in_the_database(manifest: dict[str, Any]) -> None:
    for name, mart in marts(manifest).items():
        assert mart["config"]["persist_docs"] == {"relation": True, "columns": True}, name
        assert in_both_languages(mart["description"]), name
        assert re.search(r"one row =", mart["description"], re.IGNORECASE), f"{name} does not say what one row is"
        assert "1行＝" in mart["description"], f"{name} does not say in Japanese what one row is"
        wordless = [c["name"] for c in mart["columns"].values() if not in_both_languages(c["description"])]
        assert wordless == [], name


def test_every_number_says_its_unit(manifest: dict[str, Any]) -> None:
    unit = re.compile(r"（[^）]*(人|円|件|世帯|％|行|バイト|単位)|（％）|unit")
    for name, mart in marts(manifest).items():
        numbers = [c for c in mart["columns"].values() if re.match(r"bigint|decimal", c["data_type"])]
        assert [c["name"] for c in numbers if not unit.search(c["description"])] == [], name


def test_every_other_model_and_seed_is_explained_in_both_languages(manifest: dict[str, Any]) -> None:
    every = nodes(manifest, "model") + nodes(manifest, "seed") + list(manifest["sources"].values())
    assert [node["name"] for node in every if not in_both_languages(node["description"])] == []


def test_every_model_is_explained_beside_its_sql_and_nowhere_else(manifest: dict[str, Any]) -> None:
    for model in nodes(manifest, "model"):
        beside = Path(model["original_file_path"]).with_suffix(".yml").as_posix()
        assert model["patch_path"] == f"{manifest['metadata']['project_name']}://{beside}"


def test_every_check_names_owner_action_and_reason(manifest: dict[str, Any]) -> None:
    tests = nodes(manifest, "test")
    assert len(tests) > 20
    for test in tests:
        meta = test["config"]["meta"]
        missing = {"severity", "subject", "owner_ja", "action_ja", "threshold_reason"} - {
            k for k, v in meta.items() if v
        }
        assert not missing, (test["name"], missing)
        assert SEVERITIES[meta["severity"]] == test["config"]["severity"].lower(), test["name"]


def test_every_mart_says_once_which_of_its_columns_identify_a_row(manifest: dict[str, Any]) -> None:
    for name, mart in marts(manifest).items():
        grain = mart["config"]["meta"]["grain"]
        assert grain and len(set(grain)) == len(grain), name
        assert set(grain) <= set(mart["columns"]), name
    arguments = {test["name"]: (test.get("test_metadata") or {}).get("kwargs", {}) for test in nodes(manifest, "test")}
    twice = [name for name, given in arguments.items() if "grain" in given]
    assert twice == []


def test_every_mart_has_a_row_count_and_grain_check_that_gates(manifest: dict[str, Any]) -> None:
    gated = {
        test["attached_node"].rsplit(".", 1)[-1]
        for test in nodes(manifest, "test")
        if (test.get("test_metadata") or {}).get("name") == "sound_rows"
        and test["config"]["meta"]["severity"] == "gate"
    }
    assert gated == set(marts(manifest))


def test_failing_rows_of_every_check_say_file_row_and_reason(manifest: dict[str, Any]) -> None:
    columns = ("file_name", "sheet", "row_number", "municipality_code", "expected", "found", "reason_ja")
    for path in [*(PROJECT / "tests").glob("*.sql"), PROJECT / "tests/generic/sound_rows.sql"]:
        text = path.read_text(encoding="utf-8")
        assert [column for column in columns if column not in text] == [], path.name


def test_a_check_with_an_order_of_its_own_leaves_no_two_rows_in_either_order(manifest: dict[str, Any]) -> None:
    """Ties came in another order each night, and findings with them."""
    last = {"figures_to_look_at": ("found.expected", "found.found"), "redeliveries_to_look_at": ("raw_table",)}
    ordered = {}
    for path in sorted((PROJECT / "tests").glob("*.sql")):
        if found := re.search(r"^order by\b.*", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            ordered[path.stem] = found[0]
    assert ordered.keys() == last.keys()
    for name, terms in last.items():  # with what it is grouped by, or with every column that a finding shows
        assert all(re.search(rf"{re.escape(term)}\b", ordered[name]) for term in terms), name


def test_sources_are_the_relations_that_the_other_rooms_declare(manifest: dict[str, Any]) -> None:
    declared = {
        "raw": {*RAW_TABLES, "run"},
        "delivered": {*FIGURES, *FILLED_IN},
        "in_force": set(FILLED_IN),
        "projection": {*PROJECTION_TABLES, "plan_fault"},
    }
    for source in manifest["sources"].values():
        assert source["identifier"] in declared[source["schema"]]
        assert not source["external"] and not source["config"].get("external_location")


def test_what_is_taken_over_reads_deliveries_by_the_source_id_of_its_rows(manifest: dict[str, Any]) -> None:
    """A key sees those deliveries only that the rows of its sources name (orchestration.taken_over)."""
    looked_up = re.compile(
        r"(?:left|inner) join {{ source\('raw', 'delivery'\) }} as (\w+)\s+on\s+\w+\.\w*source_\w+ = \1\.source_id"
    )
    flagged = {node["original_file_path"] for node in manifest["nodes"].values() if reads_all(node)}
    assert flagged == {
        "models/marts/meta_source.sql",
        "models/marts/meta_upstream.sql",
        "tests/redeliveries_to_look_at.sql",
    }
    seen = 0
    for path in sorted(PROJECT.rglob("*.sql")):
        text = path.read_text(encoding="utf-8")
        uses = text.count("source('raw', 'delivery')")
        if path.relative_to(PROJECT).as_posix() not in flagged:
            assert len(looked_up.findall(text)) == uses, path.name
        seen += uses
    assert seen > 40


def reads_all(node: dict[str, Any]) -> bool:
    return bool(node["config"].get("meta", {}).get("reads_every_delivery"))


def test_of_the_run_nodes_read_the_columns_that_their_source_names(manifest: dict[str, Any]) -> None:
    reads = {
        source["name"]: set(source["config"]["meta"]["reads"])
        for source in manifest["sources"].values()
        if source["identifier"] == "run"
    }
    assert reads == {"as_of": {"as_of_date"}, "fiscal_year": {"fiscal_year"}}
    for path in sorted(PROJECT.rglob("*.sql")):
        text = path.read_text(encoding="utf-8")
        allowed = set[str]().union(*(reads[name] for name in reads if f"source('raw', '{name}')" in text))
        if allowed:
            assert len(re.findall(r"source\('raw', '(?:as_of|fiscal_year)'\) }} as run\b", text)) == len(
                re.findall(r"source\('raw', '(?:as_of|fiscal_year)'\)", text)
            ), path.name
            assert set(re.findall(r"\brun\.(\w+)", text)) == allowed, path.name


def test_data_flows_one_way(manifest: dict[str, Any]) -> None:
    order = {"staging": 0, "intermediate": 1, "peers": 2, "main": 2, "checks": 3}  # peers: between marts, unpublished
    for node in nodes(manifest, "model"):
        for parent in node["depends_on"]["nodes"]:
            upstream = manifest["nodes"].get(parent) or manifest["sources"][parent]
            if upstream["schema"] in order:
                assert node["schema"] != "staging", f"{node['name']} reads {upstream['name']}"
                assert order[upstream["schema"]] <= order[node["schema"]], f"{node['name']} reads {upstream['name']}"
            if parent.startswith("source.") and node["schema"] != "staging":
                # what is no statistic: the lists of deliveries, corrections and decisions, the run; and the projection,
                # which is finished, and the sheets of our own forms, which are typed and named as models want them: a
                # staging view over each of these tables would only say its columns once more
                assert (
                    upstream["identifier" if parent.startswith("source.") else "name"]
                    in {"delivery", "correction", "decision", "level_step", "run", "problem", "row_aside", *FILLED_IN}
                    or upstream["schema"] == "projection"
                ), node["name"]


def test_every_indicator_is_one_model_that_the_list_of_indicators_names(manifest: dict[str, Any]) -> None:
    indicators = {node["unique_id"] for node in nodes(manifest, "model") if node["fqn"][2] == "indicators"}
    (measured,) = (node for node in nodes(manifest, "model") if node["name"] == "int_indicator__of_sources")
    assert len(indicators) > 5
    assert set(measured["depends_on"]["nodes"]) == indicators


def test_the_project_is_self_contained_and_silent() -> None:
    assert not [name for name in ("packages.yml", "dependencies.yml", "package-lock.yml") if (PROJECT / name).exists()]
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["flags"]["send_anonymous_usage_stats"] is False
    assert project["flags"]["partial_parse"] is True
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    assert profile["sousei"]["outputs"]["build"]["path"] == "{{ env_var('SOUSEI_BUILD_DB') }}"


def test_models_never_ask_for_the_time() -> None:
    clock = re.compile(
        r"\b(now|current_date|current_timestamp|today|get_current_timestamp)\b\s*(\(|,|$)", re.IGNORECASE
    )
    for path in (PROJECT / "models").rglob("*.sql"):
        assert not clock.search(path.read_text(encoding="utf-8")), f"{path.name}: same input must give the same release"


KEY_CLAUSE = re.compile(
    r"\b(?:partition by|group by|on|using)\b(.*?)"
    r"(?=\b(?:order by|partition by|group by|where|having|qualify|window|select|union|join|inner|left|cross|anti|on"
    r"|rows|range)\b|\Z)",
    re.IGNORECASE | re.DOTALL,
)
LISTED_ALONE = re.compile(r"\b(\w+\.)?(kpi_id|plan_id)\s+(not\s+)?in\s*\(", re.IGNORECASE)


def half_keys(sql: str) -> list[str]:
    """Joins and groupings that know a KPI by less than municipality, plan and id, or a plan by less than both."""
    told = re.sub(r"--[^\n]*|\{#.*?#\}", "", sql, flags=re.DOTALL)
    found = [match[0] for match in LISTED_ALONE.finditer(told)]
    for clause in KEY_CLAUSE.findall(told):
        of_kpi, of_plan, of_town = (
            re.search(rf"\b{name}\b", clause) for name in ("kpi_id", "plan_id", "municipality_code")
        )
        if (of_kpi and not of_plan) or (of_plan and not of_town):
            found.append(" ".join(clause.split()))
    return found


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 from a inner join b on a.kpi_id = b.kpi_id and b.is_current where x",
        "select 1 from a left join b using (plan_id, kpi_id)",
        "select sum(x) over (partition by kpi_id order by fiscal_year) from a",
        "select kpi_id from a group by kpi_id, fiscal_year",
        "select 1 from a where a.kpi_id not in (select kpi_id from b)",
        "select 1 from a inner join p on a.plan_id = p.plan_id",
    ],
)
def test_half_a_key_is_seen(sql: str) -> None:
    assert half_keys(sql)


def test_a_kpi_is_known_by_municipality_plan_and_id_everywhere(manifest: dict[str, Any]) -> None:
    """Two plans may use one id, and two plans of one municipality may overlap in time."""
    written = {node["name"]: node["raw_code"] for node in (*nodes(manifest, "model"), *nodes(manifest, "test"))}
    assert sum("kpi_id" in sql for sql in written.values()) > 8
    suites = {frame.name: frame.sql for frame in (kpi.KPI, kpi.KPI_ACTUAL, kpi.SCORECARD, kpi.SCORECARD_COVERAGE)}
    half = {name: half_keys(sql) for name, sql in {**written, **suites}.items()}
    assert {name: found for name, found in half.items() if found} == {}
    grains = {name: mart["config"]["meta"]["grain"] for name, mart in marts(manifest).items()}
    whole = {"municipality_code", "plan_id", "kpi_id"}
    assert [name for name, grain in grains.items() if "kpi_id" in grain and not whole <= set(grain)] == []


def test_a_sum_of_five_years_says_so_in_its_name(manifest: dict[str, Any]) -> None:
    summed = {
        name
        for mart in marts(manifest).values()
        for name, column in mart["columns"].items()
        if re.search(r"5年間の(出生|死亡|自然増減|社会増減)", column["description"])
        and "旧名" not in column["description"]
    }
    assert summed == {"births_5y", "deaths_5y", "natural_change_5y", "social_change_5y"}
