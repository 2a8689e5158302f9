"""Papers, data package and site of a release: whole, sound, the same from the same inputs, harmless where one fails."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import sys
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from sousei.feedback.examine import Lookers
from sousei.foundation.home import Home
from sousei.orchestration import run as runs
from sousei.orchestration.command import nights
from sousei.publication import beside, making, papers, shelf
from sousei.publication.formats import FORMULA_START
from sousei.publication.inventory import take
from sousei.publication.publish import publish, remove
from sousei.publication.shelf import Release
from sousei.publication.site.pages import PAGES
from sousei.publication.verify import verify
from tests.alike import alike
from tests.browser import PHONE, SCREEN, look_at, needs_chromium
from tests.machine_readable import csv_faults, workbook_faults

pytestmark = pytest.mark.slow

PLANS = {
    "01223": ["nemuro_vision_2019", "nemuro_strategy_2"],
    "03211": ["kamaishi_open_city_2", "kamaishi_comprehensive_6"],
}
EDITIONS = ["staff", "council", "public"]
TYPES = {"string": "VARCHAR", "integer": "BIGINT", "boolean": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMPTZ"}


@pytest.fixture(scope="module")
def release(published: Path) -> Release:
    return shelf.find(Home(published))


@pytest.fixture(scope="module")
def descriptor(release: Release) -> dict[str, Any]:
    return dict(json.loads((release.path / "datapackage.json").read_text("utf-8")))


@pytest.fixture
def unsealed(release: Release, tmp_path: Path) -> Path:
    """A copy of the release with its tables only, as the papers find it."""
    directory = tmp_path / "unsealed"
    directory.mkdir()
    shutil.copy(release.database, directory / shelf.DATABASE)
    for kind in ("csv", "parquet"):
        shutil.copytree(release.path / kind, directory / kind, copy_function=shutil.copyfile)
    return directory


def _bytes(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name not in (shelf.DATABASE, shelf.MANIFEST)
    }


def test_every_plan_has_a_workbook_and_every_municipality_a_report_in_each_edition(release: Release) -> None:
    expected = {
        f"papers/{edition}/{code}/{code}_{plan}_{edition}.xlsx"
        for edition in EDITIONS
        for code, plans in PLANS.items()
        for plan in plans
    } | {
        f"papers/{edition}/{code}/{code}_{edition}{kind}.html"
        for edition in EDITIONS
        for code in PLANS
        for kind in ("", "_whatif")
    }
    listed, problems = papers.listed(release.path)
    assert problems == [] and {one.file for one in listed} == expected
    assert not [one for one in listed if one.problem_ja]
    assert expected <= release.manifest.files.keys()
    assert all((release.path / file).stat().st_size < 3_000_000 for file in expected)
    assert {f"site/{page}.html" for page in PAGES} | {"datapackage.json", "llms.txt"} <= release.manifest.files.keys()
    assert verify(release).sound


@pytest.mark.exhaustive
def test_two_builds_of_one_candidate_are_the_same_to_the_byte(published: Path, tmp_path: Path) -> None:
    home, found = Home(published), []
    run = runs.load(home)
    for name in ("one", "two"):
        other = Home(tmp_path / name)
        made = publish(other, home.building / "candidate.duckdb", run, run.created, extras=papers.write)
        found.append(_bytes(made.path))
        remove(other.root)
    assert found[0] == found[1]
    kinds = {path.rpartition(".")[2] for path in found[0]}
    assert kinds == {"parquet", "csv", "xlsx", "html", "json", "txt", "sql", "md"}


@pytest.mark.exhaustive
def test_a_fault_in_one_paper_costs_that_paper_and_is_told(unsealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = making.OF_A_PLAN["xlsx"]

    def broken(plans: Any, changes: Any) -> bytes:
        if (plans[0].plan["plan_id"], plans[0].edition) == ("nemuro_strategy_2", "public"):
            raise ZeroDivisionError("<b>planted</b>\nsecond line")
        return book(plans, changes)

    monkeypatch.setattr(beside, "LEAST", sys.maxsize)  # what is planted here is not known to another process
    monkeypatch.setitem(making.OF_A_PLAN, "xlsx", broken)
    papers.write(unsealed)
    listed, _ = papers.listed(unsealed)
    (failed,) = [one for one in listed if one.problem_ja]
    assert (failed.municipality_code, failed.plan_id, failed.edition, failed.file) == (
        *("01223", "nemuro_strategy_2", "public"),
        None,
    )
    assert all((unsealed / one.file).is_file() for one in listed if one.file)
    page = (unsealed / "site" / "index.html").read_text("utf-8")
    assert "paper_failed" in page and "ZeroDivisionError" in page and "second line" not in page
    assert "<b>planted" not in page and "作成できなかった資料 1 件" in page
    (unsealed / shelf.MANIFEST).touch()
    assert not _dangling(unsealed)


def test_a_fault_in_the_site_costs_the_site_and_is_told(unsealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("planted")

    monkeypatch.setattr("sousei.publication.site.pages.pages", broken)
    papers.write(unsealed)
    listed, problems = papers.listed(unsealed)
    assert len(problems) == 1 and problems[0].startswith("site_failed: ") and "KeyError" in problems[0]
    assert len(listed) == 24 and all((unsealed / (one.file or "-")).is_file() for one in listed)


def test_a_failed_paper_is_told_after_the_refresh(
    unsealed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (unsealed / "papers").mkdir()
    failed = papers.Paper("public", "01223", "p1", "xlsx", None, "paper_failed: 作成できませんでした（x）。")
    told = {"papers": [failed._asdict()], "problems": ["site_failed: 作成できませんでした（y）。"]}
    (unsealed / "papers" / "papers.json").write_text(json.dumps(told), "utf-8")
    monkeypatch.setattr(shelf, "read", lambda path: None)
    monkeypatch.setattr("sousei.publication.summary.lines", lambda release, lang: [])
    for lang, words in (("ja", "作成できませんでした（x）"), ("en", "could not be written")):
        nights._print_release(argparse.Namespace(lang=lang), unsealed)
        said = capsys.readouterr()
        assert words in said.err and "01223 p1 public xlsx" in said.err and "site_failed" in said.err
        assert "index.html" in said.out


@pytest.mark.exhaustive
def test_what_moved_stands_on_the_site_and_in_the_report_of_its_municipality(unsealed: Path) -> None:
    with duckdb.connect(str(unsealed / shelf.DATABASE)) as connection:
        connection.execute("update main.meta_release set not_compared_ja = null, previous_release_id = '2026-11-21.1'")
        connection.execute(
            "insert into main.meta_change by name select * from (values "
            "(1, 'mart_kpi_scorecard', '01223', '根室市 <総人口> 2025年度', '実績値', '1', '2', '人', '新しい資料', "
            "'a.csv', 1), "
            "(2, 'fct_population', null, '全市区町村', null, null, null, null, '改定', 'b.csv', 300)) t(change_no, "
            "table_name, municipality_code, key_ja, column_ja, value_before, value_after, unit, cause_ja, sources_ja, "
            "n_rows)"
        )
    papers.write(unsealed)
    assert papers.listed(unsealed)[1] == []
    page = (unsealed / "site" / "changes.html").read_text("utf-8")
    assert "根室市 &lt;総人口&gt; 2025年度 実績値" in page and "1人" in page and "2人" in page
    assert "全市区町村（300行）" in page and "変わった値 2 件" in page
    nemuro, kamaishi = (
        (unsealed / f"papers/public/{code}/{code}_public.html").read_text("utf-8") for code in ("01223", "03211")
    )
    assert "a.csv" in nemuro and "a.csv" not in kamaishi and "b.csv" not in nemuro


def test_a_full_disk_is_no_fault_of_a_paper(unsealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        papers.write(unsealed)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        self.tags.append(tag)
        self.ids |= {told["id"] or ""} if "id" in told else set()
        if tag == "a":
            self.links.append(told["href"] or "")
        self.loaded += [value or "" for name, value in attributes if name in ("src", "srcset", "action", "data")]
        self.loaded += [told.get("href") or ""] if tag in ("link", "base", "use", "image") else []


def _read(path: Path) -> _Page:
    return _Page(path.read_text("utf-8"))


def _dangling(directory: Path) -> list[tuple[str, str]]:
    """(page, link) of every link of the site that leads to no file, or no place, of the release."""
    found = []
    for path in sorted((directory / "site").glob("*.html")):
        for link in _read(path).links:
            where = urllib.parse.urlsplit(link)
            target = (path.parent / urllib.parse.unquote(where.path)).resolve() if where.path else path
            inside = target.is_relative_to(directory.resolve()) and target.is_file()
            if (
                where.scheme
                or where.netloc
                or not inside
                or (where.fragment and where.fragment not in _read(target).ids)
            ):
                found.append((path.name, link))
    return found


@pytest.mark.exhaustive
def test_every_link_of_the_site_leads_to_a_file_of_the_release(release: Release) -> None:
    assert _dangling(release.path) == []
    links = {link for path in (release.path / "site").glob("*.html") for link in _read(path).links}
    linked = {urllib.parse.unquote(link.partition("#")[0]).removeprefix("../") for link in links}
    assert {one.file for one in papers.listed(release.path)[0]} <= linked
    assert {f"{kind}/{table}.{kind}" for kind in ("csv", "parquet") for table in release.manifest.tables} <= linked


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stands_alone(release: Release, name: str) -> None:
    text = (release.path / "site" / f"{name}.html").read_text("utf-8")
    page = _Page(text)
    assert page.loaded == [] and "script" not in page.tags and "@import" not in text and "url(" not in text
    assert "default-src 'none'" in text and '<html lang="ja">' in text
    assert page.tags.count("h1") == 1 and page.tags.count("table") == page.tags.count("caption")
    assert release.release_id in text


def test_the_first_page_says_what_the_release_says(release: Release) -> None:
    text = (release.path / "site" / "index.html").read_text("utf-8")
    assert "令和8年11月22日" in text and "根室市" in text and "釜石市" in text
    with duckdb.connect(str(release.database), read_only=True) as connection:
        failed = connection.execute(
            "select check_id, owner, action_ja from meta_check_outcome where passed is not true"
        ).fetchall()
        credits = connection.execute("select distinct credit_ja, licence from meta_source where verdict = 'taken'")
        sources = (release.path / "site" / "sources.html").read_text("utf-8")
        for credit, licence in credits.fetchall():
            assert credit in sources and licence in sources
        assert "2008～2025年度" in sources and "2021-01～2026-06" in sources
    assert failed
    for told in failed:
        assert all(one in text for one in told)


@needs_chromium
@pytest.mark.parametrize("name", alike(PAGES))
def test_a_page_in_a_browser(release: Release, name: str, tmp_path: Path) -> None:
    for width in (SCREEN, PHONE):
        seen = look_at(release.path / "site" / f"{name}.html", tmp_path, width)
        assert seen.console == [] and seen.faults == [] and seen.too_wide <= 0, width


def test_parquet_files_say_what_they_are(release: Release) -> None:
    held = take(release.path)
    for table, described in held.tables.items():
        schema = pq.read_schema(release.path / "parquet" / f"{table}.parquet")
        ja, _, en = (described.description or "").partition(" / ")
        told = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
        assert told["description_ja"] == ja and told["description_en"] == en
        assert told["grain"].split(",") == held.keys[table]
        assert len(schema) == len(described.columns)
        for number, column in enumerate(described.columns):
            field = schema.field(number)
            said = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
            assert field.name == column.name and said["description_ja"] == (column.description or "").split(" / ")[0]
            assert said.get("unit") == column.unit
            place = held.keys[table].index(column.name) + 1 if column.name in held.keys[table] else None
            assert said.get("grain") == (None if place is None else str(place))


def test_every_amount_has_a_unit_that_agrees_with_its_name(release: Release) -> None:
    suffixes = {"_persons": "人", "_jpy": "円", "_yen": "円", "_pct": "％", "_years": "年", "_bytes": "バイト"}
    held, checked = take(release.path), 0
    for table, described in held.tables.items():
        for column in described.columns:
            if column.type.startswith(("DECIMAL", "BIGINT")):
                assert column.unit, (table, column.name)
            for suffix, unit in suffixes.items():
                if column.is_number and column.name.endswith(suffix):
                    checked += 1
                    assert column.unit == unit, (table, column.name)
    assert checked > 50


def test_parquet_read_back_is_the_mart(release: Release) -> None:
    with duckdb.connect(str(release.database), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for table in release.manifest.tables:
            path = release.path / "parquet" / f"{table}.parquet"
            mart = connection.execute(f"from main.{table}").to_arrow_table()
            assert pq.read_table(path).replace_schema_metadata().equals(mart), table
            assert pl.read_parquet(path).equals(connection.sql(f"from main.{table}").pl()), table
            read = pd.read_parquet(path)
            assert list(read.columns) == mart.column_names and len(read) == mart.num_rows
            for name in mart.column_names:
                wanted = [None if pd.isna(one) else one for one in mart[name].to_pandas()]
                assert [None if pd.isna(one) else one for one in read[name]] == wanted, (table, name)


@pytest.mark.exhaustive
def test_csv_read_back_by_its_descriptor_is_the_mart(release: Release, descriptor: dict[str, Any]) -> None:
    """Each reader gets names and types from datapackage.json alone; text that would run as a formula carries a mark."""
    with duckdb.connect(str(release.database), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for one in (one for one in descriptor["resources"] if one["format"] == "csv"):
            table, path = one["name"], release.path / one["path"]
            kinds = {column.name: column.type for column in release.manifest.tables[table].columns}
            types = {
                field["name"]: kinds[field["name"]] if field["type"] == "number" else TYPES[field["type"]]
                for field in one["schema"]["fields"]
            }
            columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
            text = f"read_csv('{path}', header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
            text += f"columns = {{{columns}}}, allow_quoted_nulls = false)"
            bare = ", ".join(
                f"case when starts_with(\"{name}\", '''') and regexp_matches(\"{name}\"[2:], '{FORMULA_START}') "
                f'then "{name}"[2:] else "{name}" end as "{name}"'
                if kind == "VARCHAR"
                else f'"{name}"'
                for name, kind in types.items()
            )
            for left, right in ((f"select {bare} from {text}", f"from main.{table}"),
                                (f"from main.{table}", f"select {bare} from {text}")):  # fmt: skip
                assert connection.execute(f"({left}) except all ({right})").fetchall() == [], table
            texts = ", ".join(f'"{name}"::varchar' for name in types)
            mart = connection.execute(f"select {texts} from main.{table}")
            wanted = [["" if cell is None else cell for cell in row] for row in mart.fetchall()]
            as_text = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig").values.tolist()
            by_polars = pl.read_csv(path, infer_schema=False).fill_null("").rows()
            moments = [name.startswith("TIMESTAMP") for name in types.values()]
            for rows in (as_text, by_polars):
                for row, expected in zip(rows, wanted, strict=True):
                    for cell, known, is_moment in zip(row, expected, moments, strict=True):
                        assert is_moment or cell in (known, f"'{known}")


def test_the_package_is_a_frictionless_data_package(release: Release, descriptor: dict[str, Any]) -> None:
    """The profile's rules: names, paths, hashes, licences, sources; fields, keys and missing values of each schema."""
    assert descriptor["resources"] and re.fullmatch(r"[-a-z0-9._/]+", descriptor["name"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+]\d\d:\d\d", descriptor["created"])
    assert all(one.get("name") or one.get("path") for one in descriptor["licenses"])
    assert descriptor["sources"] and all(one["title"] and one["licence"] for one in descriptor["sources"])
    names = [one["name"] for one in descriptor["resources"]]
    assert len(set(names)) == len(names) == 2 * len(release.manifest.tables)
    by_name = {one["name"]: one for one in descriptor["resources"]}
    for one in descriptor["resources"]:
        path = release.path / one["path"]
        assert re.fullmatch(r"[-a-z0-9._/]+", one["name"]) and not one["path"].startswith(("/", "."))
        assert one["bytes"] == path.stat().st_size
        assert one["hash"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        assert one["description"] and one["mediatype"]
        if one["format"] == "parquet":
            continue
        assert one["profile"] == "tabular-data-resource" and one["encoding"] == "utf-8"
        schema = one["schema"]
        fields = [field["name"] for field in schema["fields"]]
        assert fields == [column.name for column in release.manifest.tables[one["name"]].columns]
        assert {field["type"] for field in schema["fields"]} <= {*TYPES, "number"}
        assert all(field["description"] for field in schema["fields"])
        assert schema["missingValues"] == [""] and set(schema.get("primaryKey", [])) <= set(fields)
        for key in schema.get("foreignKeys", []):
            assert set(key["fields"]) <= set(fields)
            parent = by_name[key["reference"]["resource"]]["schema"]
            assert key["reference"]["fields"] == parent["primaryKey"] and len(key["fields"]) == len(
                parent["primaryKey"]
            )


def test_keys_of_the_package_hold_in_the_data(release: Release, descriptor: dict[str, Any]) -> None:
    with duckdb.connect(str(release.database), read_only=True) as connection:
        keyed = 0
        for one in (one for one in descriptor["resources"] if one["format"] == "csv"):
            table, schema = one["name"], one["schema"]
            if key := schema.get("primaryKey"):
                keyed += 1
                names = ", ".join(key)
                twice = f"select 1 from {table} group by {names} having count(*) > 1"
                assert connection.execute(twice).fetchall() == [], table
                empty = " or ".join(f"coalesce({name}::varchar, '') = ''" for name in key)
                assert connection.execute(f"select 1 from {table} where {empty}").fetchall() == [], table
            for foreign in schema.get("foreignKeys", []):
                own, reference = ", ".join(foreign["fields"]), foreign["reference"]
                given = " and ".join(f"{name} is not null" for name in foreign["fields"])
                lost = (
                    f"select {own} from {table} where {given} "
                    f"except select {', '.join(reference['fields'])} from {reference['resource']}"
                )
                assert connection.execute(lost).fetchall() == [], (table, foreign)
        assert keyed == len(release.manifest.tables)
    foreign = {
        (one["name"], key["reference"]["resource"])
        for one in descriptor["resources"]
        for key in one.get("schema", {}).get("foreignKeys", [])
    }
    assert {("dim_kpi", "dim_plan"), ("fct_indicator", "dim_indicator"), ("fct_population", "meta_source")} <= foreign


@pytest.mark.exhaustive
def test_csv_and_machine_sheets_keep_the_rule_of_machine_readability(release: Release) -> None:
    found = []
    with Lookers() as lookers:
        for path in sorted((release.path / "csv").glob("*.csv")):
            found += csv_faults(path.stem, path.read_bytes(), lookers)
        sheets = {"data_kpi_long": "mart_kpi_long", "data_codebook": "mart_kpi_codebook"}
        for code, plans in PLANS.items():
            for plan in plans:
                book = release.path / f"papers/staff/{code}/{code}_{plan}_staff.xlsx"
                found += workbook_faults(book.read_bytes(), sheets, lookers)
    assert found == []


def test_llms_txt_leads_to_files_and_names_every_table(release: Release) -> None:
    text = (release.path / "llms.txt").read_text("utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 60 and all((release.path / link).is_file() for link in links)
    assert {Path(link).stem for link in links if link.startswith("parquet/")} == set(release.manifest.tables)
