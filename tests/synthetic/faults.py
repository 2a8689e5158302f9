"""Plants one synthetic fault in a copy of `samples/landing` and says what must be found.

Holds: one function per fault, `FAULTS` (all of them by name) and `fresh_landing`.
Does not hold: assertions. Each function changes or adds one file below the landing folder that it is given and returns
a `Planted` record: the file, the rows as a person counts them (first = 1), the severity that the delivery deserves and
the problem in words. Call them on copies only, never on `samples/`.

Severity: `gate` stops publication; `warn` is reported while the night goes on; `taken` means that the delivery is sound
for the reader, and another rule (a check over time, an exporter) must deal with what it holds.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineWorkbook

from samples.writers.figures import CITIES
from samples.writers.layouts import Cell, Merge, write_text, write_workbook

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "landing"

Rows = list[list[Cell]]
Sheets = dict[str, tuple[Rows, list[Merge]]]


@dataclass(frozen=True)
class Planted:
    """A planted fault: where it is, and what a sound product says about it."""

    path: Path
    severity: str
    problem: str
    sheet: str = ""
    rows: tuple[int, ...] = ()

    @property
    def file_name(self) -> str:
        return self.path.name


def fresh_landing(to: Path) -> Path:
    """A writable copy of the samples below `to`, ready for one fault; returns the landing folder."""
    landing = to / "landing"
    shutil.copytree(SAMPLES, landing)
    return landing


# ---------------------------------------------------------------- tools


def read_workbook(path: Path) -> Sheets:
    """All sheets of a workbook as rows (top left = first cell) and merged ranges."""
    book = CalamineWorkbook.from_path(str(path))
    sheets: Sheets = {}
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        merges = [(first[0], first[1], last[0], last[1]) for first, last in sheet.merged_cell_ranges or []]
        sheets[name] = ([list(row) for row in sheet.to_python(skip_empty_area=False)], merges)
    return sheets


def edit_workbook(path: Path, edit: Callable[[Rows], None]) -> str:
    """Rewrite the first sheet of a workbook after `edit`; returns the sheet's name."""
    sheets = read_workbook(path)
    name = next(iter(sheets))
    edit(sheets[name][0])
    write_workbook(path, dict(sheets))
    return name


def row_where(rows: Sequence[Sequence[Cell]], *values: Cell) -> int:
    """Index (0 = first) of the first row that holds all the values; KeyError where there is none."""
    for index, row in enumerate(rows):
        if all(value in row for value in values):
            return index
    raise KeyError(values)


def edit_lines(path: Path, encoding: str, edit: Callable[[list[str]], None]) -> None:
    """Rewrite a text file line by line in its encoding."""
    lines = path.read_bytes().decode(encoding).splitlines()
    edit(lines)
    write_text(path, lines, encoding)


def line_where(lines: Sequence[str], *texts: str) -> int:
    """Index (0 = first) of the first line that holds all the texts; KeyError where there is none."""
    for index, line in enumerate(lines):
        if all(text in line for text in texts):
            return index
    raise KeyError(texts)


# ---------------------------------------------------------------- totals that do not match their parts


def registry_age_total_mismatch(landing: Path) -> Planted:
    """One age cell of 根室市 (計, 20歳～24歳, 1 January 2021) is 100 too high.

    Expected: a total does not match its parts (総数 is not the sum of the ages; 計 is not 男 + 女); refused whole.
    """
    path = landing / "resident_registry" / "2104ssnen.xlsx"
    found: list[int] = []

    def edit(rows: Rows) -> None:
        column = rows[1].index("20歳～24歳")
        index = row_where(rows, "012238", "計")
        rows[index][column] = float(rows[index][column]) + 100
        found.append(index + 1)

    sheet = edit_workbook(path, edit)
    return Planted(path, "gate", "total does not match its parts", sheet, tuple(found))


def registry_dynamics_total_mismatch(landing: Path) -> Planted:
    """The population of 根室市 on 1 January 2021 is printed 10 too low, below 男 + 女.

    (Residents with no sex recorded may make a total higher than 男 + 女; nothing makes it lower.)
    Expected: a total does not match its parts; refused whole.
    """
    path = landing / "resident_registry" / "2103ssjin.xlsx"
    found: list[int] = []

    def edit(rows: Rows) -> None:
        column = rows[4].index("計")
        index = row_where(rows, "012238")
        rows[index][column] = float(rows[index][column]) - 10
        found.append(index + 1)

    sheet = edit_workbook(path, edit)
    return Planted(path, "gate", "total does not match its parts", sheet, tuple(found))


def census_total_mismatch(landing: Path) -> Planted:
    """The census total of 根室市 2020 is 24,626 instead of 24,636, its ages are untouched.

    Expected: a total does not match its parts; refused whole.
    """
    path = landing / "census" / "census_2020_sex_age.csv"
    found: list[int] = []

    def edit(lines: list[str]) -> None:
        index = line_where(lines, '"01223"', '"24,636"')
        lines[index] = lines[index].replace('"24,636"', '"24,626"', 1)
        found.append(index + 1)

    edit_lines(path, "utf-8-sig", edit)
    return Planted(path, "gate", "total does not match its parts", rows=tuple(found))


def ipss_total_mismatch(landing: Path) -> Planted:
    """The projected total of 釜石市 2030 is 1,000 too high against its ages.

    Expected: a total does not match its parts; refused whole.
    """
    path = landing / "ipss_projection" / "ipss_2018_age_sex_wide.csv"
    found: list[int] = []

    def edit(lines: list[str]) -> None:
        index = line_where(lines, "釜石市,2030年")
        cells = lines[index].split(",")
        cells[5] = str(int(cells[5]) + 1000)
        lines[index] = ",".join(cells)
        found.append(index + 1)

    edit_lines(path, "utf-8-sig", edit)
    return Planted(path, "gate", "total does not match its parts", rows=tuple(found))


# ---------------------------------------------------------------- codes, keys, places


def wrong_check_digit(landing: Path) -> Planted:
    """The code of 根室市 reads 012239 (check digit 8 is right).

    Expected: a municipality code whose check digit is wrong; refused whole, naming code and row.
    """
    path = landing / "resident_registry" / "2203ssjin.xlsx"
    found: list[int] = []

    def edit(rows: Rows) -> None:
        index = row_where(rows, "012238")
        rows[index][0] = "012239"
        found.append(index + 1)

    sheet = edit_workbook(path, edit)
    return Planted(path, "gate", "municipality code with a wrong check digit", sheet, tuple(found))


def code_and_name_disagree(landing: Path) -> Planted:
    """The row with the code of 釜石市 (valid) carries the name 大船渡市.

    Expected: code and name disagree; refused, naming both.
    """
    path = landing / "resident_registry" / "2204ssnen.xlsx"
    found: list[int] = []

    def edit(rows: Rows) -> None:
        for index, row in enumerate(rows):
            if row[0] == "032115":
                row[2] = "大船渡市"
                found.append(index + 1)

    sheet = edit_workbook(path, edit)
    return Planted(path, "gate", "municipality code and name disagree", sheet, tuple(found))


def duplicated_key_other_value(landing: Path) -> Planted:
    """根室市 2024-05 stands twice in one yearly tourism file, with two different numbers.

    Expected: the same key with another value; refused whole, naming both lines.
    """
    path = landing / "tourism" / "city2024.csv"
    found: list[int] = []

    def edit(lines: list[str]) -> None:
        index = line_where(lines, "2024,5,", ",1223,")
        head, value = lines[index].rsplit(",", 1)
        lines.append(f"{head},{int(value) + 7}")
        found.extend((index + 1, len(lines)))

    edit_lines(path, "utf-8-sig", edit)
    return Planted(path, "gate", "duplicated key with another value", rows=tuple(found))


def duplicated_row(landing: Path) -> Planted:
    """The three rows of 根室市 stand twice, cell by cell the same, in an age workbook.

    Expected: a duplicated key; never counted twice. Same key with the same value: a warning at least.
    """
    path = landing / "resident_registry" / "2304ssnen.xlsx"
    found: list[int] = []

    def edit(rows: Rows) -> None:
        first = row_where(rows, "012238", "計")
        again = [list(row) for row in rows[first : first + 3]]
        rows[first + 3 : first + 3] = again
        found.extend(range(first + 1, first + 7))

    sheet = edit_workbook(path, edit)
    return Planted(path, "warn", "duplicated key with the same value", sheet, tuple(found))


# ---------------------------------------------------------------- units


def furusato_detail_thousands_as_yen(landing: Path, header_says_yen: bool = True) -> Planted:
    """A detail workbook of FY2020 (layout of FY2019) whose amounts are in 千円 although the form is in 円.

    The counts are the true ones, the amounts the true ones divided by 1,000 (12,545,868,840 yen -> 12,545,869), so that
    a donation would be worth 17 yen. `header_says_yen` adds （円） to the column's name; the real form prints no unit.
    Expected: amounts look a thousand times too small (yen per donation; against the series); refused, with the unit
    that would fit.
    """
    path = landing / "furusato_nozei" / "R2_gain.xlsx"
    sheets = read_workbook(landing / "furusato_nozei" / "R1_gain.xlsx")
    sheet = next(iter(sheets))
    rows = sheets[sheet][0]
    for row in rows:
        for column, value in enumerate(row):
            if isinstance(value, str):
                row[column] = value.replace("令和２年３月31日", "令和３年３月31日").replace("令和元年度", "令和2年度")
    if header_says_yen:
        header = row_where(rows, "寄附件数", "寄附金額")
        rows[header][rows[header].index("寄附金額")] = "寄附金額（円）"
    found = []
    for code6, count, thousands in (("012238", 723336, 12_545_869), ("032115", 50500, 722_990)):
        index = row_where(rows, code6)
        rows[index][3:5] = [count, thousands]
        found.append(index + 1)
    write_workbook(path, dict(sheets))
    return Planted(path, "gate", "thousand-yen amounts read as yen", sheet, tuple(found))


def furusato_series_yen_as_thousands(landing: Path) -> Planted:
    """The series workbook says 千円 while every amount in it is in 円 (a thousand times too high).

    Expected: amounts look a thousand times too large (yen per donation; against the detail workbooks); refused.
    """
    path = landing / "furusato_nozei" / "total_gain.xlsx"

    def edit(rows: Rows) -> None:
        for row in rows[4:]:
            for column in range(2, len(row), 2):
                row[column] = round(float(row[column]) * 1000)

    sheet = edit_workbook(path, edit)
    return Planted(path, "gate", "yen amounts read as thousand-yen", sheet, (5, 6))


def furusato_series_says_yen(landing: Path) -> Planted:
    """The series workbook keeps its 千円 numbers while its unit line says （単位：円、件）.

    Expected: amounts look a thousand times too small, or the unit is not the contract's; refused.
    """
    path = landing / "furusato_nozei" / "total_gain.xlsx"

    def edit(rows: Rows) -> None:
        rows[0][rows[0].index("（単位：千円、件）")] = "（単位：円、件）"

    sheet = edit_workbook(path, edit)
    return Planted(path, "gate", "thousand-yen amounts read as yen", sheet, (1, 2, 5, 6))


# ---------------------------------------------------------------- structure


def unknown_column(landing: Path) -> Planted:
    """A tourism file with a tenth column 延べ宿泊者数 that no contract knows.

    Expected: an unknown column, named; refused rather than dropped in silence.
    """
    path = landing / "tourism" / "city2023.csv"

    def edit(lines: list[str]) -> None:
        lines[0] += ",延べ宿泊者数"
        lines[1:] = [f"{line},0" for line in lines[1:]]

    edit_lines(path, "utf-8-sig", edit)
    return Planted(path, "gate", "unknown column", rows=(1,))


def missing_column(landing: Path) -> Planted:
    """An age workbook without the column 45歳～49歳.

    Expected: a missing column, named; refused whole.
    """
    path = landing / "resident_registry" / "2104ssnen.xlsx"

    def edit(rows: Rows) -> None:
        column = rows[1].index("45歳～49歳")
        for row in rows[1:]:
            if len(row) > column:
                del row[column]

    sheet = edit_workbook(path, edit)
    return Planted(path, "gate", "missing column", sheet, (2,))


def shifted_column(landing: Path) -> Planted:
    """One census line has an empty field too many before its numbers: every value sits one column to the right.

    Expected: a line with another number of fields than the header; refused whole, naming the line.
    """
    path = landing / "census" / "census_2020_sex_age.csv"
    found: list[int] = []

    def edit(lines: list[str]) -> None:
        index = line_where(lines, '"男"', '"03211"')
        lines[index] = lines[index].replace('"釜石市","",', '"釜石市","","",', 1)
        found.append(index + 1)

    edit_lines(path, "utf-8-sig", edit)
    return Planted(path, "gate", "line with another number of fields than the header", rows=tuple(found))


def shifted_column_same_width(landing: Path) -> Planted:
    """The same shift with the last field cut off, so that the line is as wide as the header.

    Expected: a total does not match its parts (the total is empty, or an age); refused whole, naming the line.
    """
    path = landing / "census" / "census_2020_sex_age.csv"
    found: list[int] = []

    def edit(lines: list[str]) -> None:
        index = line_where(lines, '"男"', '"03211"')
        lines[index] = lines[index].replace('"釜石市","",', '"釜石市","","",', 1).rsplit(",", 1)[0]
        found.append(index + 1)

    edit_lines(path, "utf-8-sig", edit)
    return Planted(path, "gate", "total does not match its parts, or a number is missing", rows=tuple(found))


def not_a_number(landing: Path) -> Planted:
    """A visitor count reads 八千.

    Expected: a value that is no number and no declared sign; refused whole, naming line and column.
    """
    path = landing / "tourism" / "city202503.csv"
    found: list[int] = []

    def edit(lines: list[str]) -> None:
        index = line_where(lines, ",1223,")
        lines[index] = lines[index].rsplit(",", 1)[0] + ",八千"
        found.append(index + 1)

    edit_lines(path, "utf-8-sig", edit)
    return Planted(path, "gate", "value is not a number", rows=tuple(found))


def negative_count(landing: Path) -> Planted:
    """A visitor count reads -3692.

    Expected: a negative count of persons; refused whole, naming line and column.
    """
    path = landing / "tourism" / "city202412.csv"
    found: list[int] = []

    def edit(lines: list[str]) -> None:
        index = line_where(lines, ",1223,")
        head, value = lines[index].rsplit(",", 1)
        lines[index] = f"{head},-{value}"
        found.append(index + 1)

    edit_lines(path, "utf-8-sig", edit)
    return Planted(path, "gate", "negative count", rows=tuple(found))


def invalid_bytes(landing: Path) -> Planted:
    """A CP932 census file with two bytes in it that are no CP932 character.

    Expected: bytes that no declared encoding can hold, with their place; refused, never replaced by a substitute.
    """
    path = landing / "census" / "census_2015_sex_age_cp932.csv"
    data = path.read_bytes()
    name = "根室市".encode("cp932")
    at = data.index(name)
    path.write_bytes(data[:at] + b"\xfd\xff" + data[at + 2 :])
    return Planted(path, "gate", "bytes that are not of the declared encoding", rows=(data[:at].count(b"\n") + 1,))


def empty_workbook(landing: Path) -> Planted:
    """A workbook of no bytes.

    Expected: an empty file; reported, never read as 'no figures'.
    """
    path = landing / "resident_registry" / "2304ssnen.xlsx"
    path.write_bytes(b"")
    return Planted(path, "warn", "empty file")


def empty_csv(landing: Path) -> Planted:
    """A CSV that holds its header line only.

    Expected: a delivery without a row; refused, never read as 'nobody came'.
    """
    path = landing / "tourism" / "city2022.csv"
    edit_lines(path, "utf-8-sig", lambda lines: lines.__delitem__(slice(1, None)))
    return Planted(path, "gate", "no data rows", rows=(1,))


def truncated_workbook(landing: Path) -> Planted:
    """The first half of a workbook, as a broken copy leaves it (the zip directory at the end is missing).

    Expected: an unreadable workbook; reported by name, the others are read.
    """
    path = landing / "resident_registry" / "2204ssnen.xlsx"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return Planted(path, "warn", "workbook cannot be read")


def unrecognised_file(landing: Path) -> Planted:
    """A note that somebody left in the folder.

    Expected: a file that no source recognises; a warning, the night goes on.
    """
    path = landing / "tourism" / "memo.csv"
    write_text(path, ["連絡事項,担当", "来週届きます,総務"], "utf-8")
    return Planted(path, "warn", "file that no source recognises")


# ---------------------------------------------------------------- period, revision, coverage


def wrong_year_in_title(landing: Path) -> Planted:
    """A file named 2104ssnen.xlsx whose title says 令和4年 while its figures are those of 令和3年.

    Expected: name and content disagree about the year, or two deliveries claim one period with other figures; it must
    never pass as the figures of 2022 in silence.
    """
    path = landing / "resident_registry" / "2104ssnen.xlsx"

    def edit(rows: Rows) -> None:
        rows[0][0] = str(rows[0][0]).replace("令和3年", "令和4年")

    sheet = edit_workbook(path, edit)
    return Planted(path, "gate", "period in the title is not the period of the file", sheet, (1,))


def last_years_values(landing: Path) -> Planted:
    """The age workbook of January 2023 holds, to the cell, the figures of January 2022.

    Expected: values equal the year before to the row; a check over time must stop or review it.
    """
    path = landing / "resident_registry" / "2304ssnen.xlsx"
    old = next(iter(read_workbook(landing / "resident_registry" / "2204ssnen.xlsx").values()))[0]

    def edit(rows: Rows) -> None:
        rows[1:] = old[1:]

    sheet = edit_workbook(path, edit)
    return Planted(path, "taken", "values equal those of the year before", sheet, (4, 5, 6, 7, 8, 9))


def shrunken_delivery(landing: Path) -> Planted:
    """A new version of the age workbook of January 2023 without the rows of 釜石市.

    Expected: coverage shrank against what had been delivered; publication must not lose a municipality in silence.
    """
    path = landing / "resident_registry" / "2304ssnen.xlsx"

    def edit(rows: Rows) -> None:
        rows[:] = [row for row in rows if row[0] != "032115"]

    sheet = edit_workbook(path, edit)
    return Planted(path, "taken", "coverage shrank", sheet)


def ten_times_too_many(landing: Path) -> Planted:
    """Visitors of 根室市 in 2025-08 with one zero too many, in the yearly and in the monthly file.

    Expected: a jump against the same month of the year before; review, not a refusal.
    """
    found: list[int] = []

    def edit(lines: list[str]) -> None:
        index = line_where(lines, "2025,8,", ",1223,")
        lines[index] += "0"
        found.append(index + 1)

    for name in ("city202508.csv", "city2025.csv"):
        edit_lines(landing / "tourism" / name, "utf-8-sig", edit)
    return Planted(landing / "tourism" / "city2025.csv", "taken", "jump against the year before", rows=(found[-1],))


# ---------------------------------------------------------------- hostile files


def zip_bomb(landing: Path, expanded_bytes: int = 64 << 20) -> Planted:
    """A workbook of some 60 KB whose sheet unpacks to `expanded_bytes` (64 MiB) of blanks.

    Expected: unsafe: the unpacked size or ratio is over the limit; refused from the zip directory, before unpacking.
    """
    path = landing / "resident_registry" / "bomb.xlsx"
    with zipfile.ZipFile(landing / "resident_registry" / "2304ssnen.xlsx") as good:
        parts = {part.filename: good.read(part.filename) for part in good.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bad:
        for name, data in parts.items():
            if name != "xl/worksheets/sheet1.xml":
                bad.writestr(name, data)
                continue
            with bad.open(name, "w", force_zip64=True) as sheet:
                sheet.write(data.replace(b"</worksheet>", b""))
                for _ in range(expanded_bytes >> 20):
                    sheet.write(b" " * (1 << 20))
                sheet.write(b"</worksheet>")
    return Planted(path, "warn", "unsafe file: unpacks to more than the limit")


def entity_bomb(landing: Path) -> Planted:
    """A workbook whose sheet declares XML entities that grow a thousandfold when expanded.

    Expected: unsafe: a document type declaration inside a workbook; refused.
    """
    path = landing / "resident_registry" / "entities.xlsx"
    entities = b'<!ENTITY a0 "x">' + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 8))
    with (
        zipfile.ZipFile(landing / "resident_registry" / "2304ssnen.xlsx") as good,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for part in good.infolist():
            data = good.read(part.filename)
            if part.filename == "xl/sharedStrings.xml":
                head, _, rest = data.partition(b"<sst")
                data = head + b"<!DOCTYPE sst [" + entities + b"]><sst" + rest.replace(b"<t>", b"<t>&a7;", 1)
            bad.writestr(part.filename, data)
    return Planted(path, "warn", "unsafe file: document type declaration in a workbook")


def personal_number_column(landing: Path) -> Planted:
    """A list with a column 個人番号. Its numbers are synthetic: 00000000001n, with the check digit left wrong.

    Expected: a column of personal numbers; not stored at all, refused with column and count, and no value is shown.
    """
    path = landing / "reference_series" / "list_with_numbers.csv"
    lines = ["municipality_code,個人番号,value"]
    lines += [f"01223,{number:011}{(my_number_check_digit(number) + 5) % 10},1" for number in range(1, 21)]
    write_text(path, lines, "utf-8")
    return Planted(path, "warn", "column of personal numbers", rows=(1,))


def personal_numbers_under_another_name(landing: Path) -> Planted:
    """A column 管理番号 in which all twenty values pass the check digit of a personal number (counted up from 1).

    Expected: as above, found by the share of valid check digits (by chance one in ten would pass); no value is shown.
    """
    path = landing / "reference_series" / "list_with_codes.csv"
    lines = ["municipality_code,管理番号,value"]
    lines += [f"01223,{number:011}{my_number_check_digit(number)},1" for number in range(1, 21)]
    write_text(path, lines, "utf-8")
    return Planted(path, "warn", "column of personal numbers", rows=(1,))


def my_number_check_digit(first_eleven: int) -> int:
    """Check digit of a personal number (weights from the right 2-7, then 2-6; remainder 0 or 1 gives 0)."""
    digits = [int(digit) for digit in f"{first_eleven:011}"][::-1]
    remainder = sum(d * (n + 2 if n < 6 else n - 4) for n, d in enumerate(digits)) % 11
    return 0 if remainder <= 1 else 11 - remainder


def formula_text(landing: Path) -> Planted:
    """Texts that a spreadsheet would run: =HYPERLINK, +, -, @ and full-width ＝ in the source column of our own series.

    Expected: kept as text; no workbook of ours holds a formula cell, and no CSV of ours a cell that starts with one of
    these signs unless it is a number.
    """
    path = landing / "reference_series" / "migration.csv"
    attacks = [
        '=HYPERLINK("http://attack.invalid","押す")',
        "+1+1",
        "-2+3",
        "@SUM(1)",
        "＝1＋1",
        "\t=1+1",
    ]

    def edit(lines: list[str]) -> None:
        for index, attack in enumerate(attacks, start=1):
            cells = next(csv.reader([lines[index]]))
            cells[-1] = attack
            out = io.StringIO()
            csv.writer(out, lineterminator="").writerow(cells)
            lines[index] = out.getvalue()

    edit_lines(path, "utf-8", edit)
    return Planted(path, "taken", "text that a spreadsheet would run", rows=tuple(range(2, len(attacks) + 2)))


def symlink(landing: Path) -> Planted:
    """A link in landing to a sound workbook outside of it.

    Expected: unsafe: no regular file; not followed, not stored, the night goes on.
    """
    outside = landing.parent / "outside.xlsx"
    (landing / "resident_registry" / "2304ssnen.xlsx").replace(outside)
    path = landing / "resident_registry" / "2304ssnen.xlsx"
    path.symlink_to(outside)
    return Planted(path, "warn", "unsafe file: not a regular file")


def symlinked_folder(landing: Path) -> Planted:
    """A folder in landing that is a link to a folder outside of it, with a sound file in it.

    Expected: unsafe: not followed, nothing of it stored, the night goes on.
    """
    outside = landing.parent / "outside"
    (landing / "tourism").replace(outside)
    path = landing / "tourism"
    path.symlink_to(outside, target_is_directory=True)
    return Planted(path, "warn", "unsafe file: not a regular file")


def hard_link(landing: Path) -> Planted:
    """A second name for a file outside of landing (st_nlink = 2).

    Expected: unsafe: more than one link; not stored, the night goes on.
    """
    outside = landing.parent / "outside.csv"
    path = landing / "tourism" / "city202606.csv"
    path.replace(outside)
    path.hardlink_to(outside)
    return Planted(path, "warn", "unsafe file: more than one link")


def fifo(landing: Path) -> Planted:
    """A named pipe that nobody writes to: opening it for reading would wait for ever.

    Expected: unsafe: no regular file; never opened in a way that waits, the night goes on.
    """
    path = landing / "tourism" / "city202607.csv"
    os.mkfifo(path)
    return Planted(path, "warn", "unsafe file: not a regular file")


def odd_file_name(landing: Path) -> Planted:
    """A sound tourism file under a name with a line break, an HTML tag and a quotation mark.

    Expected: taken by its content; the name does no harm in a log, an SQL text, a report or a path.
    """
    path = landing / "tourism" / "city\n<b>'2026'--.csv"
    (landing / "tourism" / "city202606.csv").replace(path)
    return Planted(path, "taken", "file name with control characters or markup")


Plant = Callable[[Path], Planted]

FAULTS: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        registry_age_total_mismatch,
        registry_dynamics_total_mismatch,
        census_total_mismatch,
        ipss_total_mismatch,
        wrong_check_digit,
        code_and_name_disagree,
        duplicated_key_other_value,
        duplicated_row,
        furusato_detail_thousands_as_yen,
        furusato_series_yen_as_thousands,
        furusato_series_says_yen,
        unknown_column,
        missing_column,
        shifted_column,
        shifted_column_same_width,
        not_a_number,
        negative_count,
        invalid_bytes,
        empty_workbook,
        empty_csv,
        truncated_workbook,
        unrecognised_file,
        wrong_year_in_title,
        last_years_values,
        shrunken_delivery,
        ten_times_too_many,
        zip_bomb,
        entity_bomb,
        personal_number_column,
        personal_numbers_under_another_name,
        formula_text,
        symlink,
        symlinked_folder,
        hard_link,
        fifo,
        odd_file_name,
    )
}

assert {code6 for code6, _, _ in CITIES.values()} == {"012238", "032115"}, "the faults above name these two codes"
