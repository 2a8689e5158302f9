"""The committed samples: size, encodings, layouts and a handful of figures known from the publications.

Holds checks with the standard library and calamine alone, so that they do not share a mistake with ingest/. Does not
hold the comparison with the figures' folder (tests/golden/test_samples_rewrite.py).
"""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
LANDING = SAMPLES / "landing"
FILES = sorted(path for path in LANDING.rglob("*") if path.is_file())
CITIES = {"01223": ("012238", "根室市"), "03211": ("032115", "釜石市")}
FOUR_YEARS = ("令和3年度", "令和4年度", "令和5年度", "令和6年度")


def csv_rows(name: str, encoding: str) -> list[list[str]]:
    """Rows of a sample CSV, decoded strictly."""
    return list(csv.reader((LANDING / name).read_bytes().decode(encoding).splitlines(), strict=True))


def sheet_rows(name: str) -> list[list[object]]:
    """Rows of the first sheet of a sample workbook."""
    return CalamineWorkbook.from_path(str(LANDING / name)).get_sheet_by_index(0).to_python(skip_empty_area=False)


def number(text: str) -> int:
    """An e-Stat number: `24,636`, or `-` for none."""
    return 0 if text == "-" else int(text.replace(",", ""))


def test_samples_are_small_and_of_known_sources() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 2_000_000
    sources = {"plan_register", "section_report"} | {
        "census",
        "resident_registry",
        "furusato_nozei",
        "tourism",
        "ipss_projection",
        "reference_series",
    }
    assert {path.relative_to(LANDING).parts[0] for path in FILES} == sources
    assert {path.suffix for path in FILES} == {".csv", ".xlsx"}


def test_readme_names_every_sample() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    missing = [path.name for path in FILES if path.name not in readme and not is_in_a_range(path.name, readme)]
    assert not missing


def is_in_a_range(name: str, readme: str) -> bool:
    """Whether the README names the file in a range such as `city202301.csv`～`city202606.csv`."""
    for first, last in re.findall(r"`([a-z]+\d+\.csv)`～`([a-z]+\d+\.csv)`", readme):
        if first <= name <= last and len(first) == len(name):
            return True
    return False


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".csv"], ids=lambda p: p.name)
def test_csv_has_the_encoding_of_its_publisher(path: Path) -> None:
    data = path.read_bytes()
    has_mark = data.startswith(b"\xef\xbb\xbf")
    if path.name.endswith("_cp932.csv"):
        assert not has_mark
        assert "根室市" in data.decode("cp932")
        with pytest.raises(UnicodeDecodeError):
            data.decode("utf-8")
    else:
        assert has_mark == (path.parent.name != "reference_series")
        assert data.decode("utf-8-sig").endswith("\n")
    assert b"\r" not in data


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".xlsx"], ids=lambda p: p.name)
def test_workbook_carries_no_moment_and_no_formula(path: Path) -> None:
    with zipfile.ZipFile(path) as book:
        assert len({part.date_time for part in book.infolist()} & {(2000, 1, 1, 0, 0, 0), (1980, 1, 1, 0, 0, 0)}) == 1
        assert len({part.date_time for part in book.infolist()}) == 1
        sheets = [book.read(part) for part in book.namelist() if part.startswith("xl/worksheets/")]
        assert b"2000-01-01T00:00:00Z" in book.read("docProps/core.xml")
    assert sheets
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)


def test_census_2020_figures() -> None:
    rows = csv_rows("census/census_2020_sex_age.csv", "utf-8-sig")
    header = next(row for row in rows if row and row[0].startswith("表章事項"))
    first = header.index("総数")
    last = header.index("年齢「不詳」")
    data = {(row[5], row[8]): [number(cell) for cell in row[first:]] for row in rows if row and row[0] == "2020_01"}
    assert len(data) == 6
    assert data[("総数", "01223")][0] == 24_636
    assert data[("総数", "03211")][0] == 32_078
    for cells in data.values():
        assert cells[0] == sum(cells[1 : last - first + 1])
    for code in CITIES:
        assert data[("総数", code)] == [m + f for m, f in zip(data[("男", code)], data[("女", code)], strict=True)]


def test_census_2015_final_and_preliminary_are_a_revision_pair() -> None:
    final = csv_rows("census/census_2015_population_final_cp932.csv", "cp932")
    preliminary = csv_rows("census/census_2015_population_preliminary_cp932.csv", "cp932")
    assert {row[0]: number(row[3]) for row in final if row and row[0] in CITIES} == {"01223": 26_917, "03211": 36_802}
    found = {row[2]: number(row[5]) for row in preliminary if len(row) > 5 and row[2] in CITIES}
    assert found == {"01223": 26_919, "03211": 36_812}
    ages = csv_rows("census/census_2015_sex_age_cp932.csv", "cp932")
    totals = {row[8]: number(row[11]) for row in ages if row and row[0] == "020" and row[5] == "総数"}
    assert totals == {"01223": 26_917, "03211": 36_802}


def test_registry_figures() -> None:
    rows = sheet_rows("resident_registry/2103ssjin.xlsx")
    assert str(rows[0][0]).startswith("令和3年1月1日住民基本台帳人口")
    nemuro = dict(zip(rows[4], next(row for row in rows if row[0] == "012238"), strict=True))
    assert (nemuro["計"], nemuro["世帯数"], nemuro["出生者数"], nemuro["死亡者数"]) == (24_858, 12_469, 120, 388)
    totals = {
        year: {str(row[0]): row[4] for row in sheet_rows(f"resident_registry/{year}04ssnen.xlsx") if row[3] == "計"}
        for year in (21, 22, 23)
    }
    assert totals == {
        21: {"012238": 24_858, "032115": 32_176},
        22: {"012238": 24_231, "032115": 31_413},
        23: {"012238": 23_546, "032115": 30_624},
    }


def test_furusato_four_years_of_nemuro_are_59_billion_yen() -> None:
    rows = sheet_rows("furusato_nozei/total_gain.xlsx")
    years, nemuro = rows[1], next(row for row in rows if row[1] == "根室市")
    columns = [years.index(year) for year in FOUR_YEARS]
    assert sum(round(float(str(nemuro[column])) * 1000) for column in columns) == 59_462_373_021
    assert sum(int(float(str(nemuro[column + 1]))) for column in columns) == 2_808_772
    assert len([year for year in years if str(year).endswith("年度")]) == 18
    assert rows[0][-1] == "（単位：千円、件）"


@pytest.mark.parametrize(
    ("name", "header_row", "nemuro_yen", "kamaishi_yen"),
    [
        ("H28_gain.xlsx", 5, 3_307_433_737, 58_681_000),
        ("H30_gain.xlsx", 5, 4_957_077_467, 187_412_035),
        ("R1_gain.xlsx", 16, 6_589_106_736, 549_796_292),
    ],
)
def test_furusato_detail_is_exact_to_the_yen(name: str, header_row: int, nemuro_yen: int, kamaishi_yen: int) -> None:
    rows = sheet_rows(f"furusato_nozei/{name}")
    assert rows[header_row - 1][3:5] == ["寄附件数", "寄附金額"]
    yen = {row[0]: row[4] for row in rows if row[0] in ("012238", "032115")}
    assert yen == {"012238": nemuro_yen, "032115": kamaishi_yen}
    assert any(row[0] == "市区町村\n団体コード" for row in rows)


def test_tourism_yearly_and_monthly_files_differ_only_where_the_publisher_revised() -> None:
    yearly: dict[tuple[str, ...], int] = {}
    monthly: dict[tuple[str, ...], int] = {}
    for path in sorted((LANDING / "tourism").iterdir()):
        rows = csv_rows(f"tourism/{path.name}", "utf-8-sig")
        assert rows[0][6] == "地域コード"
        target = yearly if len(path.stem) == len("city2021") else monthly
        for row in rows[1:]:
            target[(row[0], row[1], row[6])] = int(row[8])
    assert len(yearly) == 5 * 12 * 2
    assert len(monthly) == 42 * 2
    differing = {key for key in yearly.keys() & monthly.keys() if yearly[key] != monthly[key]}
    assert differing == {("2024", "1", "3211"), ("2024", "2", "3211"), ("2025", "1", "1223"), ("2025", "2", "1223")}
    assert (yearly[("2023", "12", "3211")], yearly[("2024", "1", "3211")]) == (4_106, 22_359)


def test_projection_figures() -> None:
    rows = csv_rows("ipss_projection/ipss_2018_age_sex_wide.csv", "utf-8-sig")
    totals = {(row[0], row[4]): int(row[5]) for row in rows[1:]}
    assert totals[("1223", "2025年")] == 22_005
    assert totals[("1223", "2030年")] == 19_610
    book = sheet_rows("ipss_projection/ipss_2023_totals_kekkahyo1.xlsx")
    nemuro = next(row for row in book if row[3] == "根室市")
    assert nemuro[0] == 1223
    assert nemuro[4] == 24_636
    assert nemuro[10] == 12_344
    assert nemuro[17] == pytest.approx(12_344 / 24_636 * 100, rel=1e-15)


def test_every_line_of_the_reference_series_names_its_primary_source() -> None:
    seen = 0
    for path in sorted((LANDING / "reference_series").iterdir()):
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), strict=True))
        assert rows
        keys = [(r["municipality_code"], r["indicator_id"], r["series"], r["period_start"]) for r in rows]
        assert len(keys) == len(set(keys))
        for row in rows:
            assert CITIES[row["municipality_code"]][1] == row["municipality_name"]
            assert len(row["primary_source_ja"]) > 10
            assert row["period_start"] <= row["period_end"]
            float(row["value"])
        seen += len(rows)
    assert seen == 4 + 2 + 4 + 42 + 78 + 24
    census = csv_rows("reference_series/census_2025_preliminary.csv", "utf-8")
    assert {row[0]: row[7] for row in census[1:]} == {"01223": "21201", "03211": "28012"}
    assert {row[9] for row in census[1:]} == {"preliminary"}
