"""Spellings of one name that publishers use side by side, as tables that a person can edit.

Holds the reading of two files beside this one: spelling_characters.csv (a character and the one that it is compared
as: ヶ = ケ, 驒 = 騨) and spelling_names.csv (names that publishers print and the list of municipalities spells
otherwise or has forgotten: みよし町, 本郷町). A new spelling is one row there. Does not hold the list of municipalities
or the comparison (register.py), or the signs that no spelling has (text.py takes variation selectors away).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from pathlib import Path

CHARACTERS = Path(__file__).with_name("spelling_characters.csv")
NAMES = Path(__file__).with_name("spelling_names.csv")


@cache
def characters(path: Path = CHARACTERS) -> dict[int, str]:
    """Code point of a character -> the character that it is compared as, for str.translate.

    Raises ValueError naming file and line: not one character each, a character twice, or one that leads on to another.
    """
    pairs: dict[str, str] = {}
    for line, row in _rows(path, ("character", "compared_as", "example_ja")):
        written, standard = row["character"], row["compared_as"]
        for word in (written, standard):
            if len(word) != 1 or unicodedata.normalize("NFKC", word) != word:
                raise _fault(path, line, f"「{word}」は(NFKC で変わらない)1 文字ではありません", "not one character")
        if written == standard or written in pairs:
            raise _fault(path, line, f"「{written}」は自分自身か、2 行あります", "itself, or given twice")
        pairs[written] = standard
    for line, row in _rows(path, ("character", "compared_as", "example_ja")):
        if row["compared_as"] in pairs:
            onward = pairs[row["compared_as"]]
            raise _fault(path, line, f"compared_as は「{onward}」としてください", "leads on to another character")
    return {ord(written): standard for written, standard in pairs.items()}


@cache
def names(path: Path = NAMES) -> tuple[tuple[str, str], ...]:
    """(five-digit code, name) that go together beside the list of municipalities and its changes.

    Raises ValueError naming file and line where a code, a name or the reason is not one.
    """
    found: list[tuple[str, str]] = []
    for line, row in _rows(path, ("municipality_code", "name_ja", "reason_ja")):
        code, name = row["municipality_code"], row["name_ja"]
        if not re.fullmatch(r"\d{5}", code):
            raise _fault(path, line, f"「{code}」は 5 桁の団体コードではありません", "not a five-digit code")
        if not re.search(r"[市町村区]$", name) or not row["reason_ja"]:
            raise _fault(path, line, "市区町村の名前か理由が書かれていません", "no municipality's name, or no reason")
        if (code, name) in found:
            raise _fault(path, line, f"「{code} {name}」が 2 行あります", "given twice")
        found.append((code, name))
    return tuple(found)


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """(line number, row) of a table with exactly these columns."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise _fault(path, 1, "UTF-8 で保存してください", "not UTF-8") from None
    reader = csv.DictReader(text.splitlines(), strict=True)
    if tuple(reader.fieldnames or ()) != columns:
        raise _fault(path, 1, f"列は {','.join(columns)} でなければなりません", f"columns are not {','.join(columns)}")
    rows = []
    try:
        for row in reader:
            if None in row or None in row.values():
                raise _fault(path, reader.line_num, "項目の数が見出しと違います", "fields differ from the header")
            rows.append((reader.line_num, {name: text.strip() for name, text in row.items()}))
    except csv.Error:
        raise _fault(path, reader.line_num, "CSV として読めません", "not CSV") from None
    return rows


def _fault(path: Path, line: int, ja: str, en: str) -> ValueError:
    return ValueError(f"spelling_table: ingest/areas/{path.name} {line} 行目: {ja} / line {line}: {en}")
