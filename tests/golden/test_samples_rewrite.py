"""The samples against ../shared: same bytes when rewritten, same lines as in the published files.

Skips where ../shared is missing; the product never needs it.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from samples.write_samples import write_samples
from samples.writers.figures import FiguresDisagreeError

ROOT = Path(__file__).resolve().parents[2]
LANDING = ROOT / "samples" / "landing"
SHARED = ROOT.parent / "shared"
FIGURES = SHARED / "data" / "figures"
EXTRACTS = SHARED / "data" / "extracts"

OWN_FORMS = ("plan_register/", "section_report/")
"""What people fill in; tests/contract/test_sample_registers.py looks at it."""
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FIGURES.is_dir(), reason="../shared/data/figures is not here"),
]


def contents(folder: Path) -> dict[str, bytes]:
    """Relative path -> bytes of every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_rewriting_the_samples_gives_the_committed_bytes(tmp_path: Path) -> None:
    write_samples(FIGURES, tmp_path)
    rewritten, committed = contents(tmp_path), contents(LANDING)
    committed = {name: data for name, data in committed.items() if not name.startswith(OWN_FORMS)}
    assert rewritten.keys() == committed.keys()
    assert [name for name in committed if rewritten[name] != committed[name]] == []


def test_figures_that_do_not_add_up_are_not_written(tmp_path: Path) -> None:
    figures = tmp_path / "figures"
    figures.mkdir()
    for path in FIGURES.iterdir():
        text = path.read_bytes()
        if path.name == "census_age_sex_1980_2020.csv":
            text = text.replace(
                "01223,根室市,2020,total,総数,24636".encode(), "01223,根室市,2020,total,総数,24637".encode()
            )
        (figures / path.name).write_bytes(text)
    with pytest.raises(FiguresDisagreeError, match="24637"):
        write_samples(figures, tmp_path / "landing")


@pytest.mark.parametrize(
    ("sample", "published"),
    [
        ("census/census_2020_sex_age.csv", "census/census_2020_age_sex_estat.csv"),
        ("ipss_projection/ipss_2018_age_sex_wide.csv", "ipss_projection/ipss_2018_age_sex_wide.csv"),
        *((f"tourism/city{year}.csv", f"tourism/city{year}.csv") for year in (2021, 2022, 2023, 2024, 202412)),
    ],
)
def test_every_line_stands_so_in_the_published_file(sample: str, published: str) -> None:
    lines = (LANDING / sample).read_bytes().split(b"\n")
    real = set((EXTRACTS / published).read_bytes().split(b"\n"))
    assert [line.decode() for line in lines if line not in real] == []


@pytest.mark.parametrize(
    ("sample", "width"),
    [
        ("resident_registry/2104ssnen.xlsx", None),
        ("resident_registry/2212gsnen.xlsx", None),
        ("ipss_projection/ipss_2023_totals_kekkahyo1.xlsx", None),
        ("furusato_nozei/H28_gain.xlsx", 5),
        ("furusato_nozei/H30_gain.xlsx", 5),
        ("furusato_nozei/R1_gain.xlsx", 5),
    ],
)
def test_every_row_stands_so_in_the_published_workbook(sample: str, width: int | None) -> None:
    books = [CalamineWorkbook.from_path(str(folder / sample)) for folder in (LANDING, EXTRACTS)]
    assert books[0].sheet_names == books[1].sheet_names
    ours, real = (book.get_sheet_by_index(0).to_python(skip_empty_area=False) for book in books)
    printed = {tuple(row[:width]) for row in real}
    assert [row for row in ours if tuple(row) not in printed] == []


def test_the_series_has_the_published_sheet_headers_and_rows() -> None:
    published = SHARED / "data" / "extracts_more"
    books = [
        CalamineWorkbook.from_path(str(folder / "furusato_nozei" / "total_gain.xlsx"))
        for folder in (LANDING, published)
    ]
    assert books[0].sheet_names == books[1].sheet_names
    ours, real = (book.get_sheet_by_index(0).to_python(skip_empty_area=False) for book in books)
    width = len(real[0])
    # FY2008 to FY2020; later years go on in the same form. The publisher writes 令和２年度 with a wide digit
    heads = [[unicodedata.normalize("NFKC", str(cell)) for cell in row] for row in real[1:4]]
    assert [row[:width] for row in ours[1:4]] == heads
    assert {cell for cell in ours[0] if cell} == {cell for cell in real[0] if cell} and ours[0][-1] == real[0][-1]
    printed = {tuple(row) for row in real}
    assert [row for row in ours[4:] if tuple(row[:width]) not in printed] == []


def test_narrowed_layouts_are_columns_of_the_published_ones() -> None:
    ours, real = (
        CalamineWorkbook.from_path(str(folder / "resident_registry" / "2103ssjin.xlsx"))
        .get_sheet_by_index(0)
        .to_python(skip_empty_area=False)
        for folder in (LANDING, EXTRACTS)
    )
    columns = [*range(3), *(column for column in range(3, len(real[4])) if real[4][column] in ours[4][3:])]
    printed = {tuple(row[column] for column in columns) for row in real}
    assert [row for row in ours[1:] if tuple(row) not in printed] == []
    assert ours[0][0] == real[0][0]

    for name in ("final", "preliminary"):
        file = f"census/census_2015_population_{name}_cp932.csv"
        ours_lines = (LANDING / file).read_bytes().decode("cp932").splitlines()
        real_lines = (EXTRACTS / file).read_bytes().decode("cp932").splitlines()
        for city in ("根室市", "釜石市"):
            line = next(line for line in ours_lines if city in line)
            tail = line[line.index('"' + city) :]
            assert any(tail in other for other in real_lines)
