"""Plants figures that are wrong although each file is sound: exchanged, doubled, relabelled, shifted, of another town.

Holds: one function per fault and `WRONG_FIGURES` (all of them by name). Like those of `faults`, each changes a copy of
`samples/landing` in place and returns a `Planted` record; a fault that would contradict another file of the same
figures (a year and its months) is planted in all of them, so that only independent figures can tell. Does not hold:
faults inside one file (`faults`), or what must be found (tests/faults/test_wrong_figures.py).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.synthetic.faults import Plant, Planted, Rows, edit_lines, edit_workbook, read_workbook, row_where, write_text

NEMURO, KAMAISHI = "1223", "3211"


# ---------------------------------------------------------------- tools


def _cells(line: str) -> list[str]:
    return next(csv.reader([line]))


def _line(cells: Sequence[str], *, quoted: bool = False) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="", quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerow(cells)
    return out.getvalue()


def _visitors(
    landing: Path, months: Callable[[int, int], bool], change: Callable[[dict[str, int]], dict[str, int]]
) -> Path:
    """Change {area code: visitors} of the chosen months in the yearly and the monthly files; a code left out is gone.

    Returns the last file that was changed.
    """
    last = landing
    for path in sorted((landing / "tourism").glob("city*.csv")):
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
        rows = [_cells(line) for line in lines[1:]]
        chosen = sorted({(int(row[0]), int(row[1])) for row in rows if months(int(row[0]), int(row[1]))})
        if not chosen:
            continue
        for month in chosen:
            mine = {row[6]: row for row in rows if (int(row[0]), int(row[1])) == month}
            new = change({code: int(row[8]) for code, row in mine.items()})
            for code, row in mine.items():
                row[8] = str(new[code]) if code in new else ""
        write_text(path, [lines[0], *(_line(row) for row in rows if row[8])], "utf-8-sig")
        last = path
    return last


def _exchanged(visitors: dict[str, int]) -> dict[str, int]:
    return {NEMURO: visitors[KAMAISHI], KAMAISHI: visitors[NEMURO]}


def _columns(path: Path, one: str, other: str, header: int, first: int) -> Planted:
    """Exchange the values below two headers of a workbook."""

    def edit(rows: Rows) -> None:
        left, right = rows[header].index(one), rows[header].index(other)
        for row in rows[first:]:
            if row[0]:
                row[left], row[right] = row[right], row[left]

    sheet = edit_workbook(path, edit)
    return Planted(path, "taken", f"{one} and {other} exchanged", sheet, (first + 1, first + 2))


TOWN, INDICATOR, START, VALUE = 0, 2, 5, 7
"""Places of columns in our own form of hand-typed figures."""


def _series(landing: Path, name: str, change: Callable[[list[list[str]]], None], problem: str) -> Planted:
    path = landing / "reference_series" / name

    def edit(lines: list[str]) -> None:
        rows = [_cells(line) for line in lines[1:]]
        change(rows)
        lines[1:] = [_line(row) for row in rows]

    edit_lines(path, "utf-8", edit)
    return Planted(path, "taken", problem, rows=(2,))


def _indicators_exchanged(one: str, other: str, years: Callable[[str], bool]) -> Callable[[list[list[str]]], None]:
    def change(rows: list[list[str]]) -> None:
        held = {(row[TOWN], row[INDICATOR], row[START]): row for row in rows}
        for (town, indicator, start), row in held.items():
            if indicator == one and years(start):
                twin = held[town, other, start]
                row[VALUE], twin[VALUE] = twin[VALUE], row[VALUE]

    return change


# ---------------------------------------------------------------- visitors


def visitors_of_a_month_exchanged(landing: Path) -> Planted:
    """The two cities of August 2023, in both files: 24,222 and 10,640 (the level of Kamaishi breaks in 2024)."""
    path = _visitors(landing, lambda year, month: (year, month) == (2023, 8), _exchanged)
    return Planted(path, "taken", "visitors of two cities exchanged")


def visitors_of_a_year_exchanged(landing: Path) -> Planted:
    """The two cities through all of 2023."""
    path = _visitors(landing, lambda year, month: year == 2023, _exchanged)
    return Planted(path, "taken", "visitors of two cities exchanged")


def visitors_of_the_newest_month_exchanged(landing: Path) -> Planted:
    """The two cities of June 2026."""
    path = _visitors(landing, lambda year, month: (year, month) == (2026, 6), _exchanged)
    return Planted(path, "taken", "visitors of two cities exchanged")


def month_relabelled_as_the_next(landing: Path) -> Planted:
    """The file of June 2026 holds the visitors of May."""
    path = landing / "tourism" / "city202606.csv"
    before = (landing / "tourism" / "city202605.csv").read_bytes().decode("utf-8-sig").splitlines()
    write_text(path, [before[0], *(line.replace("2026,5,", "2026,6,", 1) for line in before[1:])], "utf-8-sig")
    return Planted(path, "taken", "values of another month")


def newest_month_delivered_as_the_next(landing: Path) -> Planted:
    """A file of July 2026 that holds the visitors of June."""
    path = landing / "tourism" / "city202607.csv"
    before = (landing / "tourism" / "city202606.csv").read_bytes().decode("utf-8-sig").splitlines()
    write_text(path, [before[0], *(line.replace("2026,6,", "2026,7,", 1) for line in before[1:])], "utf-8-sig")
    return Planted(path, "taken", "values of another month")


def month_doubled(landing: Path) -> Planted:
    """Both cities twice as many in October 2025."""
    path = _visitors(
        landing, lambda year, month: (year, month) == (2025, 10), lambda v: {k: 2 * n for k, n in v.items()}
    )
    return Planted(path, "taken", "visitors doubled")


def newest_month_doubled(landing: Path) -> Planted:
    """Both cities twice as many in June 2026."""
    path = _visitors(
        landing, lambda year, month: (year, month) == (2026, 6), lambda v: {k: 2 * n for k, n in v.items()}
    )
    return Planted(path, "taken", "visitors doubled")


def visitors_of_a_year_tenfold(landing: Path) -> Planted:
    """Both cities through all of 2025 with a zero too many."""
    path = _visitors(landing, lambda year, month: year == 2025, lambda v: {k: 10 * n for k, n in v.items()})
    return Planted(path, "taken", "visitors tenfold")


def newest_month_tenfold(landing: Path) -> Planted:
    """Both cities of June 2026 with a zero too many."""
    path = _visitors(
        landing, lambda year, month: (year, month) == (2026, 6), lambda v: {k: 10 * n for k, n in v.items()}
    )
    return Planted(path, "taken", "visitors tenfold")


def town_missing_from_the_newest_month(landing: Path) -> Planted:
    """June 2026 without 釜石市."""
    path = _visitors(landing, lambda year, month: (year, month) == (2026, 6), lambda v: {NEMURO: v[NEMURO]})
    return Planted(path, "taken", "a municipality is missing")


def town_missing_from_a_month_between(landing: Path) -> Planted:
    """March 2026 without 根室市."""
    path = _visitors(landing, lambda year, month: (year, month) == (2026, 3), lambda v: {KAMAISHI: v[KAMAISHI]})
    return Planted(path, "taken", "a municipality is missing")


# ---------------------------------------------------------------- registry


def births_and_deaths_exchanged(landing: Path) -> Planted:
    """出生者数 and 死亡者数 of 2021 in the registry's flows."""
    return _columns(landing / "resident_registry" / "2203ssjin.xlsx", "出生者数", "死亡者数", 4, 6)


def in_and_out_migrants_exchanged(landing: Path) -> Planted:
    """転入者数 and 転出者数 of 2021 in the registry's flows."""
    return _columns(landing / "resident_registry" / "2203ssjin.xlsx", "転入者数（計）", "転出者数（計）", 4, 6)


def households_above_population(landing: Path) -> Planted:
    """世帯数 of 2022 is twice the population."""
    path = landing / "resident_registry" / "2203ssjin.xlsx"

    def edit(rows: Rows) -> None:
        column, people = rows[4].index("世帯数"), rows[4].index("計")
        for row in rows[6:8]:
            row[column] = 2 * float(row[people])

    sheet = edit_workbook(path, edit)
    return Planted(path, "taken", "more households than people", sheet, (7, 8))


def towns_of_the_registry_exchanged(landing: Path) -> Planted:
    """The ages of 2023 of the two cities stand in each other's rows."""
    path = landing / "resident_registry" / "2304ssnen.xlsx"

    def edit(rows: Rows) -> None:
        start, other = row_where(rows, "012238", "計"), row_where(rows, "032115", "計")
        for offset in range(3):
            left, right = rows[start + offset], rows[other + offset]
            left[4:], right[4:] = right[4:], left[4:]

    sheet = edit_workbook(path, edit)
    return Planted(path, "taken", "two municipalities exchanged", sheet, (4, 7))


def _ages(landing: Path, move: Callable[[list[object]], list[object]], problem: str) -> Planted:
    path = landing / "resident_registry" / "2304ssnen.xlsx"

    def edit(rows: Rows) -> None:
        for row in rows[3:9]:
            row[5:] = move(list(row[5:]))  # type: ignore[assignment]

    sheet = edit_workbook(path, edit)
    return Planted(path, "taken", problem, sheet, (4, 5, 6, 7, 8, 9))


def age_groups_exchanged(landing: Path) -> Planted:
    """65-69 and 75-79 of 2023 under each other's label."""
    return _columns(landing / "resident_registry" / "2304ssnen.xlsx", "65歳～69歳", "75歳～79歳", 1, 3)


def far_age_groups_exchanged(landing: Path) -> Planted:
    """10-14 and 60-64 of 2023 under each other's label."""
    return _columns(landing / "resident_registry" / "2304ssnen.xlsx", "10歳～14歳", "60歳～64歳", 1, 3)


def age_groups_shifted(landing: Path) -> Planted:
    """All ages of 2023 one column to the right, the last one first."""
    return _ages(landing, lambda cells: [cells[-1], *cells[:-1]], "ages shifted by a column")


def age_groups_reversed(landing: Path) -> Planted:
    """All ages of 2023 from the oldest to the youngest."""
    return _ages(landing, lambda cells: cells[::-1], "ages in the wrong order")


# ---------------------------------------------------------------- census


def _census(landing: Path, places: int) -> Planted:
    path = landing / "census" / "census_2020_sex_age.csv"
    found: list[int] = []

    def edit(lines: list[str]) -> None:
        for index, line in enumerate(lines):
            cells = _cells(line)
            if len(cells) > 33 and cells[0] == "2020_01":
                ages = cells[12:33]
                cells[12:33] = ages[-places:] + ages[:-places]
                # the publisher's own sums follow, so that the file contradicts itself nowhere
                groups = [int(cell.replace(",", "")) if cell not in ("-", "***") else 0 for cell in cells[12:33]]
                sums = (groups[:3], groups[3:13], groups[13:], groups[15:], groups[17:], groups[3:12])
                if len(cells) >= 40:
                    cells[34:40] = [f"{sum(group):,}" for group in sums]
                lines[index] = _line(cells, quoted=True)
                found.append(index + 1)

    edit_lines(path, "utf-8-sig", edit)
    return Planted(path, "taken", "census ages rotated", rows=tuple(found))


def census_ages_rotated(landing: Path) -> Planted:
    """The age groups of the census of 2020 moved on by one, the last one first."""
    return _census(landing, 1)


def census_ages_rotated_by_five(landing: Path) -> Planted:
    """The age groups of the census of 2020 moved on by five."""
    return _census(landing, 5)


def census_without_its_last_digit(landing: Path) -> Planted:
    """根室市 has 2,120 people in the census of 2025."""

    def change(rows: list[list[str]]) -> None:
        rows[0][VALUE] = rows[0][VALUE][:-1]

    return _series(landing, "census_2025_preliminary.csv", change, "a tenth of the people")


def census_of_the_other_town(landing: Path) -> Planted:
    """根室市 has the people of 釜石市 in the census of 2025."""

    def change(rows: list[list[str]]) -> None:
        rows[0][VALUE] = rows[1][VALUE]

    return _series(landing, "census_2025_preliminary.csv", change, "the people of another town")


def census_of_two_towns_exchanged(landing: Path) -> Planted:
    """根室市 and 釜石市 have each other's people in the census of 2025."""

    def change(rows: list[list[str]]) -> None:
        rows[0][VALUE], rows[1][VALUE] = rows[1][VALUE], rows[0][VALUE]

    return _series(landing, "census_2025_preliminary.csv", change, "two towns exchanged")


# ---------------------------------------------------------------- reference series


def series_of_births_and_deaths_exchanged(landing: Path) -> Planted:
    """Births and deaths of all years of the vital statistics."""
    change = _indicators_exchanged("births", "deaths", lambda start: True)
    return _series(landing, "vital_statistics.csv", change, "births and deaths exchanged")


def newest_births_and_deaths_exchanged(landing: Path) -> Planted:
    """Births and deaths of 2022 alone."""
    change = _indicators_exchanged("births", "deaths", lambda start: start == "2022-01-01")
    return _series(landing, "vital_statistics.csv", change, "births and deaths exchanged")


def series_of_migrants_exchanged(landing: Path) -> Planted:
    """In- and out-migrants of all years of the migration report."""
    change = _indicators_exchanged("in_migrants", "out_migrants", lambda start: True)
    return _series(landing, "migration.csv", change, "in- and out-migrants exchanged")


def newest_migrants_exchanged(landing: Path) -> Planted:
    """In- and out-migrants of 2023 alone."""
    change = _indicators_exchanged("in_migrants", "out_migrants", lambda start: start == "2023-01-01")
    return _series(landing, "migration.csv", change, "in- and out-migrants exchanged")


def fertility_tenfold(landing: Path) -> Planted:
    """A total fertility rate of 13.6."""

    def change(rows: list[list[str]]) -> None:
        rows[1][VALUE] = "13.6"

    return _series(landing, "tfr_bayes.csv", change, "fertility rate tenfold")


# ---------------------------------------------------------------- donations


def _donations(landing: Path, factors: tuple[int, int]) -> Planted:
    path = landing / "furusato_nozei" / "total_gain.xlsx"

    def edit(rows: Rows) -> None:
        for row in rows[4:6]:
            row[-2:] = [float(row[-2]) * factors[0], float(row[-1]) * factors[1]]

    sheet = edit_workbook(path, edit)
    return Planted(path, "taken", "donations threefold", sheet, (5, 6))


def newest_donations_threefold(landing: Path) -> Planted:
    """Amounts and numbers of FY2025 three times too high."""
    return _donations(landing, (3, 3))


def newest_amounts_threefold(landing: Path) -> Planted:
    """Amounts of FY2025 three times too high, the numbers as they are."""
    return _donations(landing, (3, 1))


def donation_year_relabelled(landing: Path) -> Planted:
    """The survey of FY2019 under the name of FY2020 (and no other survey of FY2019)."""
    old, path = landing / "furusato_nozei" / "R1_gain.xlsx", landing / "furusato_nozei" / "R2_gain.xlsx"
    old.rename(path)

    def edit(rows: Rows) -> None:
        for row in rows:
            for column, value in enumerate(row):
                if isinstance(value, str):
                    row[column] = value.replace("令和２年３月31日", "令和３年３月31日").replace(
                        "令和元年度", "令和2年度"
                    )

    sheet = edit_workbook(path, edit)
    return Planted(path, "taken", "donations of another year", sheet, (17, 18))


def donations_of_two_towns_exchanged(landing: Path) -> Planted:
    """Amounts and numbers of FY2024 of the two cities in each other's rows, in the series of all years."""
    path = landing / "furusato_nozei" / "total_gain.xlsx"
    names = read_workbook(path)
    sheet = next(iter(names))
    column = names[sheet][0][2].index("令和6年度")

    def edit(rows: Rows) -> None:
        left, right = rows[4], rows[5]
        left[column : column + 2], right[column : column + 2] = right[column : column + 2], left[column : column + 2]

    edit_workbook(path, edit)
    return Planted(path, "taken", "donations of two towns exchanged", sheet, (5, 6))


WRONG_FIGURES: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        visitors_of_a_month_exchanged,
        visitors_of_a_year_exchanged,
        visitors_of_the_newest_month_exchanged,
        month_relabelled_as_the_next,
        newest_month_delivered_as_the_next,
        month_doubled,
        newest_month_doubled,
        visitors_of_a_year_tenfold,
        newest_month_tenfold,
        town_missing_from_the_newest_month,
        town_missing_from_a_month_between,
        births_and_deaths_exchanged,
        in_and_out_migrants_exchanged,
        households_above_population,
        towns_of_the_registry_exchanged,
        age_groups_exchanged,
        far_age_groups_exchanged,
        age_groups_shifted,
        age_groups_reversed,
        census_ages_rotated,
        census_ages_rotated_by_five,
        census_without_its_last_digit,
        census_of_the_other_town,
        census_of_two_towns_exchanged,
        series_of_births_and_deaths_exchanged,
        newest_births_and_deaths_exchanged,
        series_of_migrants_exchanged,
        newest_migrants_exchanged,
        fertility_tenfold,
        newest_donations_threefold,
        newest_amounts_threefold,
        donation_year_relabelled,
        donations_of_two_towns_exchanged,
    )
}
