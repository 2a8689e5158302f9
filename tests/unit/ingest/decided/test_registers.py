"""Registers as people and spreadsheets save them: read right, or one line with file, row and column.

The rows are synthetic.
"""

from __future__ import annotations

import datetime as dt
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.areas import register as areas
from sousei.ingest.areas import typed_codes
from sousei.ingest.decided import corrections, registers, seeds
from sousei.ingest.vocabulary.codes import check_digit

SHARED = PROJECT_ROOT.parent / "shared" / "cases"
COLUMNS: dict[str, registers.Kind] = {
    "rule": "text", "municipality_code": "code", "decided_on": "date", "value": "number", "year": "integer",
    "is_final": "flag",
}  # fmt: skip
HEADER = ",".join(COLUMNS)
ROW = "magnitude,01223,2026-11-28,57177.5,2026,true"
TRUTH = ("magnitude", "01223", dt.date(2026, 11, 28), Decimal("57177.5"), 2026, True)


def saved(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "go_aheads.csv"
    path.write_bytes(text.encode(encoding))
    return path


def refused(path: Path) -> registers.RegisterError:
    with pytest.raises(registers.RegisterError) as refusal:
        registers.read(path, COLUMNS, filled=["rule"])
    assert str(refusal.value).startswith("register_not_read: go_aheads.csv") and "\n" not in str(refusal.value)
    assert refusal.value.problems[0]["action_ja"]
    return refusal.value


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\n{ROW}\n",
        f"{HEADER}\r\n{ROW}\r\n",
        f"{HEADER}\n{ROW}",
        f"{HEADER}\n{ROW}\n\n\n",
        f"{HEADER},,\n{ROW},,\n,,,,,,,\n,,,,,,,\n",
        f"\n{HEADER}\n\n{ROW}\n",
        "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in (HEADER, ROW)) + "\n",
        f" {HEADER.replace(',', ' ,')}\n{ROW.replace(',', ' , ')}\n",
        f"{','.join(reversed(COLUMNS))}\n{','.join(reversed(ROW.split(',')))}\n",
        f'{HEADER}\nmagnitude,1223,2026/11/28,"57,177.5","2,026",TRUE\n',
        f"{HEADER}\nmagnitude,012238,令和8年11月28日,57177.50,2026.0,True\n",
        f"{HEADER}\nmagnitude,０１２２３,R8.11.28,５７１７７．５,２０２６,true\n",
        f"{HEADER}\nmagnitude,01223,2026-11-28 00:00:00,+57177.5,2026,true\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_what_a_spreadsheet_does_to_a_register_is_read_right(tmp_path: Path, text: str, encoding: str) -> None:
    frame = registers.read(saved(tmp_path, text, encoding), COLUMNS, filled=["rule"])
    assert frame.drop("line_number").rows() == [TRUTH]
    assert frame.drop("line_number").columns == list(COLUMNS)


def test_a_blank_cell_is_no_value(tmp_path: Path) -> None:
    frame = registers.read(saved(tmp_path, f"{HEADER}\nmagnitude,,,,,\n"), COLUMNS)
    assert frame.rows() == [(2, "magnitude", None, None, None, None, None)]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("municipality_code", "99999"),
        ("municipality_code", "012239"),
        ("municipality_code", "根室市"),
        ("decided_on", "46354"),
        ("decided_on", "11/28/2026"),
        ("decided_on", "26/11/28"),
        ("decided_on", "11月28日"),
        ("decided_on", "2026-11"),
        ("decided_on", "2026-11-31"),
        ("decided_on", "########"),
        ("value", "1.46909E+10"),
        ("value", "12.3%"),
        ("value", "57177人"),
        ("value", "57.177.000"),
        ("value", "#REF!"),
        ("value", "0.123456789"),
        ("year", "2026.5"),
        ("year", "令和8年"),
        ("is_final", "はい"),
        ("is_final", "1"),
        ("rule", ""),
        ("rule", "#N/A"),
    ],
)
def test_a_cell_that_is_not_certain_is_one_line_with_row_and_column(tmp_path: Path, column: str, cell: str) -> None:
    values = dict(zip(COLUMNS, ROW.split(","), strict=True)) | {column: cell}
    error = refused(saved(tmp_path, f"{HEADER}\n{ROW}\n{','.join(values.values())}\n", "utf-8-sig"))
    assert [(fault.row, fault.column) for fault in error.faults] == [(3, column)]
    assert "3行目" in str(error) and column in str(error)


def test_every_faulty_cell_is_kept_and_the_line_names_how_many(tmp_path: Path) -> None:
    error = refused(saved(tmp_path, f"{HEADER}\nx,0,46354,many,soon,perhaps\n"))
    assert [fault.column for fault in error.faults] == list(COLUMNS)[1:]
    assert "ほかに 4 か所" in str(error) and len(error.problems) == 5


@pytest.mark.parametrize(
    ("text", "row", "word"),
    [
        ("", None, "空のファイル"),
        (f"{HEADER.replace(',', ';')}\n{ROW.replace(',', ';')}\n", 1, "セミコロン"),
        (f"{HEADER.replace(',', chr(9))}\n{ROW.replace(',', chr(9))}\n", 1, "タブ"),
        (f"{HEADER.replace('decided_on', 'decidedon')}\n{ROW}\n", 1, "decided_on の誤り"),
        (f"{HEADER},note\n{ROW},\n", 1, "知らない列: note"),
        (f"{HEADER.removesuffix(',is_final')}\n{ROW.removesuffix(',true')}\n", 1, "ない列: is_final"),
        (f"{HEADER},rule\n{ROW},x\n", 1, "二つ"),
        (f"{HEADER}\n{ROW}\n{ROW},x\n", 3, "項目の数"),
        (f"{HEADER}\nmagnitude,01223,2026-11-28\n", 2, "項目の数"),
        (f"{HEADER},\n{ROW},x\n", 2, "見出しのない列"),
        (f'{HEADER}\nmagni"tude,01223,2026-11-28,1,2026,true\n', 2, "引用符"),
        (f"{HEADER}\r{ROW}\r", None, "RFC 4180"),
    ],
)
def test_a_file_that_is_no_such_register_is_one_line(tmp_path: Path, text: str, row: int | None, word: str) -> None:
    error = refused(saved(tmp_path, text))
    assert word in str(error)
    assert row is None or error.faults[0].row == row


def test_characters_of_no_known_code_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "go_aheads.csv"
    path.write_bytes(f"{HEADER}\n".encode() + b"\xff\xfe\xfd\xa0\n")
    assert "文字ではありません" in str(refused(path))


def test_a_zero_lost_beside_codes_of_six_digits_may_be_another_towns_code(tmp_path: Path) -> None:
    lines = [ROW.replace("01223", code) for code in ("131016", "12238")]
    assert "01223" in str(refused(saved(tmp_path, "\n".join([HEADER, *lines]) + "\n")))
    alone = registers.read(saved(tmp_path, f"{HEADER}\n{lines[1]}\n"), COLUMNS)
    assert alone["municipality_code"].to_list() == ["12238"]
    lost = registers.read(saved(tmp_path, "\n".join([HEADER, ROW.replace("01223", "32115")]) + "\n"), COLUMNS)
    assert lost["municipality_code"].to_list() == ["03211"], "釜石市 with its check digit; no area has the code 32115"


def test_every_code_of_today_is_told_by_its_name_in_all_its_spellings() -> None:
    """12 of the 490 codes of prefectures 01 to 09 are another area's five digits once their zero is lost."""
    known = areas.register()
    names = {code: next(iter(known.names_of[code])) for code in known.current}
    north = [code for code in known.current if code < "10"]
    collide = [code for code in north if f"{code[1:]}{check_digit(code)}" in known.current]
    assert (len(north), len(collide)) == (490, 12)
    for code, name in names.items():
        for text in (code, code.lstrip("0"), code + check_digit(code), (code + check_digit(code)).lstrip("0")):
            assert typed_codes.of_name(text, name, known) == code, text
    for code in collide:
        assert typed_codes.alone((code + check_digit(code))[1:], known) is None


@pytest.mark.shared
@pytest.mark.parametrize("name", ["tourism_corrections_cp932.csv", "tourism_corrections_slash_date.csv"])
def test_the_case_of_corrections_saved_by_a_spreadsheet(tmp_path: Path, name: str) -> None:
    if not SHARED.is_dir():
        pytest.skip("the cases of ../shared are not here")
    (tmp_path / "tourism").mkdir()
    shutil.copy(SHARED / "seeds_in_cp932" / name, tmp_path / "tourism" / "corrections.csv")
    (line,) = corrections.declared(tmp_path).to_dicts()
    assert line["fault"] is None
    assert (line["corrected"], line["declared_on"], line["provider"]) == (31737, dt.date(2026, 11, 28), "総合政策部")


@pytest.mark.parametrize(
    ("key", "same"),
    [
        ("area_code=1223 month=2026/5/1 form=monthly", True),
        ("area_code=01223 month=令和8年5月1日 form=monthly", True),
        ("area_code=01223 month=2026-05-01 form=yearly", False),
    ],
)
def test_the_key_of_a_correction_may_be_typed(tmp_path: Path, key: str, same: bool) -> None:
    (tmp_path / "tourism").mkdir()
    line = f"tourism_visitors,{key},31736,31737,見本,総合政策部,declared,2026/11/28,見本の資料\r\n"
    (tmp_path / "tourism" / "corrections.csv").write_bytes((",".join(corrections.LINE) + "\r\n" + line).encode("cp932"))
    found = corrections.declared(tmp_path)["row_key"].to_list()
    assert (found == ["area_code=01223 month=2026-05-01 form=monthly"]) == same


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "seeds"
    shutil.copytree(areas.SEEDS, copy)
    return copy


def test_the_projects_own_seeds_are_in_the_one_form(folder: Path) -> None:
    assert seeds.check(folder) == []
    assert set(seeds.columns(folder)) == {path.stem for path in folder.glob("*.csv")}


@pytest.mark.sampled(8)
@pytest.mark.parametrize("seed", sorted(seeds.columns()))
@pytest.mark.parametrize("how", ["cp932", "utf-16", "empty rows", "no header", "other header", "cut"])
def test_a_seed_that_not_every_reader_takes_is_one_line(folder: Path, seed: str, how: str) -> None:
    path = folder / f"{seed}.csv"
    text = path.read_text("utf-8")
    path.write_bytes(
        {
            "cp932": (text + "―" * text.isascii()).encode("cp932", "ignore"),
            "utf-16": text.encode("utf-16"),
            "empty rows": (text + "," * text.split("\n")[0].count(",") + "\n").encode(),
            "no header": text.partition("\n")[2].encode(),
            "other header": text.replace(text.partition(",")[0], "x", 1).encode(),
            "cut": text.encode()[:-3] + b'\xe3"',
        }[how]
    )
    errors = [str(error) for error in seeds.check(folder)]
    assert errors and errors[0].startswith(f"register_not_read: {seed}.csv") and "\n" not in errors[0]


@pytest.mark.parametrize("broken", ["seeds: [", "seeds: 3", "seeds:\n  - name: plans", "seeds: \u3042".encode("cp932")])
def test_a_broken_list_of_columns_is_one_line(folder: Path, broken: str | bytes) -> None:
    (folder / "seeds.yml").write_bytes(broken if isinstance(broken, bytes) else broken.encode())
    (error,) = seeds.check(folder)
    assert str(error).startswith("register_not_read: seeds.yml") and "\n" not in str(error)


DATED = """\
municipality_code,opened_on,note_ja
01234,2023-03-01,球場の開業。
17202,2024-01-01,地震。
"""
"""A synthetic seed of codes and days."""


def dated(folder: Path) -> Path:
    listed = folder / "seeds.yml"
    types = "{municipality_code: varchar, opened_on: date, note_ja: varchar}"
    listed.write_text(
        f"{listed.read_text('utf-8')}  - name: dated\n    config:\n      column_types: {types}\n", "utf-8"
    )
    path = folder / "dated.csv"
    path.write_text(DATED, "utf-8")
    return path


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
@pytest.mark.parametrize("day", ["2024/1/1", "令和6年1月1日", "R6.1.1"])
def test_a_seed_saved_by_a_spreadsheet_is_told_and_mended(folder: Path, encoding: str, day: str) -> None:
    path = dated(folder)
    truth = path.read_bytes()
    text = truth.decode().replace("2024-01-01", day).replace("01234,", "1234,").replace("\n", "\r\n")
    path.write_bytes(text.encode(encoding))
    (error,) = seeds.check(folder)
    assert error.file == path.name and "python -m sousei.ingest.decided.seeds" in str(error)
    path.write_bytes(seeds.mended(path, seeds.columns(folder)[path.stem]))
    assert seeds.check(folder) == [] and path.read_bytes() == truth


@pytest.mark.parametrize("day", ["1/1/2024", "24/1/1", "45292", "2024-01", "########"])
def test_a_seeds_uncertain_day_is_not_mended(folder: Path, day: str) -> None:
    path = dated(folder)
    path.write_text(path.read_text("utf-8").replace("2024-01-01", day), "utf-8")
    (error,) = seeds.check(folder)
    assert (error.faults[0].row, error.faults[0].column) == (3, "opened_on")
    with pytest.raises(registers.RegisterError):
        seeds.mended(path, seeds.columns(folder)[path.stem])


def test_mending_a_sound_seed_changes_no_figure(folder: Path) -> None:
    for seed, kinds in seeds.columns(folder).items():
        path = folder / f"{seed}.csv"
        before = registers.read(path, {name: "text" if kind == "code" else kind for name, kind in kinds.items()})
        path.write_bytes(seeds.mended(path, kinds))
        after = registers.read(path, {name: "text" if kind == "code" else kind for name, kind in kinds.items()})
        assert before.drop("line_number").equals(after.drop("line_number")), seed
    assert seeds.check(folder) == []
