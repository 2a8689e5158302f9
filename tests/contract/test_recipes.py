"""The recipes of the README ("How to add"), followed in a copy of the checkout: no file more than they name is touched.

All that is added here is synthetic.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sousei.foundation.fingerprint import ROOMS
from sousei.foundation.home import PROJECT_ROOT
from tests.contract import test_warehouse_contract as rules
from tests.golden import pages

README = (PROJECT_ROOT / "README.md").read_text("utf-8")

CONTRACT = """
source: harbour_landings
publisher_ja: 合成水産試験場
statistic_ja: 合成水揚統計
licence: 合成
credit_ja: 出典：合成
disclosure: published
layouts:
  - layout: landings_2021
    raw_table: harbour_landing
    form: csv
    about: 水揚量
    anchor: 月
    columns:
      - {role: year, header: '年', cells: '\\d{4}'}
      - {role: month, header: '月', cells: '[1-9]|1[0-2]'}
      - {role: ignore, header: 'データ区分', cells: '水揚量'}
      - {role: area_code, header: '地域コード', digits: 5}
      - {role: area_name, header: '地域名称'}
      - {role: measure, header: '水揚量', unit: トン}
"""
TABLES = """
harbour_landing:
  description: "水揚量。1行＝1団体・月 / Landings; one row = one area and month."
  key: [area_code, month]
  figure: landed_tonnes
  columns:
    - area
    - {name: month, type: date, description: "月の初日 / First day of the month."}
    - {name: landed_tonnes, type: bigint, description: "水揚量（トン） / Tonnes landed."}
    - provenance
"""
SAMPLE = """年,月,データ区分,地域コード,地域名称,水揚量
2024,1,水揚量,1223,根室市,120
2024,2,水揚量,1223,根室市,95
"""
STAGING = """select
    area_code as municipality_code,
    area_level,
    month,
    landed_tonnes,
    value_status,
    source_id,
    sheet as source_sheet,
    "row" as source_row,
    column_label as source_column,
    settled_rank,
    value_rank,
    version_rank
from {{ source('delivered', 'harbour_landing') }}
"""
PART = """
union all
select
    'harbour_landing' as raw_table,
    null as series,
    'landed' as counted,
    municipality_code,
    area_level,
    month as period,
    'landed_tonnes' as measure,
    null as sex,
    null as age_group,
    cast(landed_tonnes as decimal(28, 4)) as amount,
    null as unit_ja,
    concat_ws(' ', municipality_code, month) as figure,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('stg_harbour_landings__landing') }}
"""
STAGING_YAML = """version: 2

sources:
  - name: delivered
    schema: delivered
    tables:
      - name: harbour_landing
        description: "水揚量（月別） / Landings by month."

models:
  - name: stg_harbour_landings__landing
    description: "水揚量。raw と一対一 / Landings, one to one with raw."
"""
CHECK = """{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '来訪者数が1人もいない月があります',
        'subject': 'stg_tourism__visitors',
        'owner_ja': '観光担当',
        'action_ja': '公表元のファイルを確かめる',
        'threshold_reason': '合成の規則',
    },
) }}
select
    source_id as file_name,
    source_sheet as sheet,
    source_row as row_number,
    municipality_code,
    '1人以上' as expected,
    cast(visitors as varchar) as found,
    '来訪者が0人' as reason_ja
from {{ ref('stg_tourism__visitors') }}
where visitors = 0
"""
MART = """select
    municipality_code,
    cast(sum(visitors) as bigint) as visitors
from {{ ref('stg_tourism__visitors') }}
where version_rank = 1
group by municipality_code
"""
MART_YAML = """version: 2

models:
  - name: mart_visitors_ever
    description: "1行＝一つの団体の全期間の来訪者数 / One row = visitors of one municipality over all months."
    config:
      meta:
        grain: [municipality_code]
    columns:
      - name: municipality_code
        data_type: varchar
        description: "{{ doc('municipality_code') }}"
      - name: visitors
        data_type: bigint
        description: "来訪者数（人） / Visitors (persons)."
    data_tests:
      - sound_rows:
          name: mart_visitors_ever_rows_are_sound
          arguments:
            required: [visitors]
            rules:
              - {holds: "visitors >= 0", ja: "来訪者数が負です"}
          config:
            severity: error
            meta:
              severity: gate
              message_ja: 行が約束を破っています
              subject: main.mart_visitors_ever
              owner_ja: 統計担当
              action_ja: 示された行を原資料と照合する
              threshold_reason: 合成の規則
"""
BUILD = """
import datetime as dt, json, sys
from pathlib import Path
import duckdb
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import raw
from sousei.ingest.receive import intake
from dbt.cli.main import dbtRunner

root, landing, select = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
home = Home(root / "home")
snapshots = intake.take(home, landing, dt.datetime(2026, 11, 22, 2, tzinfo=dt.UTC), "landing")
result = raw.read(home, snapshots, dt.date(2026, 11, 22))
path = root / "candidate.duckdb"
with duckdb.connect(str(path)) as connection:
    raw.expose(connection, result.files, result.frames())
project = str(PROJECT_ROOT / "dbt_project")
done = dbtRunner().invoke(
    ["build", "--project-dir", project, "--profiles-dir", project, "--target-path", str(root / "target"),
     "--log-path", str(root / "logs"), "--quiet", "--exclude-resource-type", "unit_test",
     "--indirect-selection", "buildable", "--select", *select]
)
print("ANSWER", json.dumps({
    "deliveries": result.deliveries.select("source", "verdict", "rows_read").rows(),
    "problems": result.problems["problem_id"].to_list(),
    "results": {one.node.name: str(one.status) for one in done.result.results} if done.result else str(done.exception),
    "said": [str(one.message) for one in done.result.results] if done.result else [],
}))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the program is made of, importable as `sousei`."""
    copy = tmp_path / "checkout"
    for room in ROOMS:
        shutil.copytree(
            PROJECT_ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__", "target", "logs")
        )
    named = copy / "build" / "sousei"
    named.mkdir(parents=True)
    for room in ROOMS:
        (named / room).symlink_to(copy / room)
    return copy


def add(checkout: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = checkout / name
        assert not path.exists(), "a recipe adds files and edits none"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), "utf-8")


def build(checkout: Path, landing: Path, *select: str) -> dict[str, Any]:
    """Deliveries of `landing` -> raw -> the selected part of the warehouse, by the program of the copy."""
    root = checkout.parent / "built"
    root.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(root), str(landing), *select],
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join([str(checkout / "build"), str(checkout)]),
            "SOUSEI_BUILD_DB": str(root / "candidate.duckdb"),
        },
        cwd=checkout.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    assert done.returncode == 0 and said, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(said[0].removeprefix("ANSWER "))
    assert isinstance(answer["results"], dict), answer["results"]
    return answer | {
        "manifest": json.loads((root / "target" / "manifest.json").read_text("utf-8")),
        "database": root / "candidate.duckdb",
    }


def rows(built: dict[str, Any], sql: str) -> list[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect(str(built["database"]), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def recipe(of: str) -> str:
    """The README's words for one recipe."""
    found = re.search(rf"^- \*\*{of}\*\*:(.*?)(?=^- \*\*|^$)", README, re.M | re.S)
    assert found, f"the README has no recipe for {of}"
    return " ".join(found[1].split())


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_source_is_its_folder_a_sample_and_one_staging_model_with_its_part_of_the_union(checkout: Path) -> None:
    said = recipe("A source")
    assert all(
        word in said for word in ("ingest/sources/<source>/", "contract.yaml", "tables.yaml", "sample", "staging")
    )
    add(
        checkout,
        {
            "ingest/sources/harbour_landings/contract.yaml": CONTRACT,
            "ingest/sources/harbour_landings/tables.yaml": TABLES,
            "samples/landing/harbour_landings/landings2024.csv": SAMPLE,
            "dbt_project/models/staging/stg_harbour_landings__landing.sql": STAGING,
            "dbt_project/models/staging/stg_harbour_landings__landing.yml": STAGING_YAML,
        },
    )
    union = checkout / "dbt_project/models/intermediate/int_figure__delivered.sql"
    union.write_text(union.read_text("utf-8") + PART.lstrip(), "utf-8")
    landing = checkout / "samples" / "landing" / "harbour_landings"
    built = build(checkout, landing, "stg_harbour_landings__landing", "+int_figure__delivered")
    assert built["deliveries"] == [["harbour_landings", "taken", 2]] and built["problems"] == []
    found = "select municipality_code, month::varchar, landed_tonnes, value_status, source_row, version_rank from "
    assert rows(built, found + "staging.stg_harbour_landings__landing order by 2") == [
        ("01223", "2024-01-01", 120, "final", 2, 1),
        ("01223", "2024-02-01", 95, "final", 3, 1),
    ]
    assert rows(built, "select sum(amount) from intermediate.int_figure__delivered") == [(215,)]
    rules.test_every_other_model_and_seed_is_explained_in_both_languages(built["manifest"])


@pytest.mark.exhaustive
@pytest.mark.slow
def test_a_check_is_one_sql_and_its_test(checkout: Path, tmp_path: Path) -> None:
    said = recipe("A check")
    assert "dbt_project/tests/" in said and "two files" in said
    add(checkout, {"dbt_project/tests/every_month_has_visitors.sql": CHECK})
    landing = tmp_path / "landing"
    landing.mkdir()
    text = (PROJECT_ROOT / "samples" / "landing" / "tourism" / "city2021.csv").read_text("utf-8-sig")
    (landing / "city2021.csv").write_text(re.sub(r"(根室市),2221\b", r"\1,0", text), "utf-8")
    built = build(checkout, landing, "stg_tourism__visitors", "every_month_has_visitors")
    assert built["results"]["every_month_has_visitors"] == "fail"
    rules.test_every_check_names_owner_action_and_reason(built["manifest"])


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_mart_is_its_sql_and_the_yaml_beside_it(checkout: Path) -> None:
    said = recipe("A mart")
    assert "dbt_project/models/marts/" in said and "two files" in said and "make pages" in said
    add(
        checkout,
        {
            "dbt_project/models/marts/mart_visitors_ever.sql": MART,
            "dbt_project/models/marts/mart_visitors_ever.yml": MART_YAML,
        },
    )
    landing = PROJECT_ROOT / "samples" / "landing" / "tourism"
    built = build(checkout, landing, "stg_tourism__visitors", "mart_visitors_ever")
    assert set(built["results"].values()) <= {"success", "pass"}, built["said"]
    assert len(rows(built, "select * from main.mart_visitors_ever")) == 2
    manifest = built["manifest"]
    rules.test_marts_and_their_columns_are_explained_in_both_languages_in_the_database(manifest)
    rules.test_every_mart_has_a_row_count_and_grain_check_that_gates(manifest)
    assert "| mart_visitors_ever | visitors of one municipality over all months |" in pages.marts(manifest)
