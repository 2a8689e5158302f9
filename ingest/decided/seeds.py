"""The tables in dbt_project/seeds that people edit: are they as every reader of theirs takes them?

Holds: the check of each CSV against the columns and types of seeds.yml before a night begins, and the rewriting of one
that a spreadsheet saved (`python -m sousei.ingest.decided.seeds`). dbt, the projection and the register of areas each
read these files on their own, so a seed has one form: UTF-8, the header of seeds.yml, 2026-04-01, five-digit codes.
What is certain is rewritten, never read in two ways. Does not hold: what the lines mean (dbt tests).
"""

from __future__ import annotations

import csv
import io
import re
import sys
from pathlib import Path

import polars as pl
import yaml

from sousei.foundation.files import write_bytes
from sousei.ingest.areas.register import SEEDS
from sousei.ingest.cells import csvtext
from sousei.ingest.decided import registers
from sousei.ingest.decided.registers import Fault, Kind, RegisterError
from sousei.ingest.problems.record import Refusal

_KINDS: dict[str, Kind] = {
    "varchar": "text",
    "date": "date",
    "integer": "integer",
    "boolean": "flag",
    "double": "number",
}
_CODES = {"municipality_code", "old_code", "new_code"}
_REGISTER = ("municipalities", "municipality_changes", "ward_changes")
"""Seeds that say which codes there are."""
_CODE = re.compile(r"\d{4}[0-9A-Z]|\*?")
_MEND_JA = "`python -m sousei.ingest.decided.seeds` で直せます（確かに読める欄だけを書き直します）。"


def columns(folder: Path = SEEDS) -> dict[str, dict[str, Kind]]:
    """Seed -> column -> kind, in the order of seeds.yml. Raises RegisterError where that file cannot be read."""
    path = folder / "seeds.yml"
    try:
        given = {
            seed["name"]: seed["config"]["column_types"] for seed in yaml.safe_load(path.read_text("utf-8"))["seeds"]
        }
        return {seed: {name: _kind(seed, name, said) for name, said in types.items()} for seed, types in given.items()}
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        mark = getattr(error, "problem_mark", None)
        row = mark.line + 1 if mark else None
        en = f"not the form of seeds.yml ({type(error).__name__})"
        wrong = Fault(row, "", "seeds.yml の形ではありません", en, "字下げと列の型を直してください。")
        raise RegisterError(path.name, [wrong]) from None


def _kind(seed: str, column: str, said: str) -> Kind:
    if column in _CODES and seed not in _REGISTER:
        return "code"
    return "number" if said.startswith("decimal") else _KINDS[said]


def check(folder: Path = SEEDS) -> list[RegisterError]:
    """One error for each seed that not every reader takes as it is; each is one line with file, row and column."""
    found = []
    try:
        every = columns(folder)
    except RegisterError as error:
        return [error]
    for seed, kinds in every.items():
        path = folder / f"{seed}.csv"
        try:
            if not path.is_file():
                raise RegisterError(
                    path.name, [Fault(None, "", "ファイルがありません", "no such file", "戻してください。")]
                )
            faults = _scanned(path, kinds).faults or _form(path, kinds)
            if faults:
                raise RegisterError(path.name, faults)
        except RegisterError as error:
            found.append(error)
            if seed in _REGISTER:
                break  # without the register no code can be judged
    return found


def _scanned(path: Path, kinds: dict[str, Kind]) -> registers.Scanned:
    """As registers.scan; a code may be `*`, all municipalities, where a seed knows that word."""
    plain: dict[str, Kind] = {name: "text" if kind == "code" else kind for name, kind in kinds.items()}
    found = registers.scan(path, plain)
    faults = list(found.faults)
    frame = found.frame
    for name, kind in kinds.items():
        if kind == "code" or (name in _CODES and path.stem in _REGISTER):
            texts = frame[name].to_list()
            wide = any(len(text) == 6 for text in texts)
            cells = [_code(text, kind, wide) for text in texts]
            for line, (_, why) in zip(frame["line_number"], cells, strict=True):
                if why:
                    faults.append(
                        Fault(
                            line,
                            name,
                            why[0],
                            f"line {line}, column {name}: {why[1]}",
                            "5桁の団体コードにしてください。",
                        )
                    )
            frame = frame.with_columns(pl.Series(name, [code for code, _ in cells], dtype=pl.String))
    return registers.Scanned(frame, sorted(faults, key=lambda fault: fault.row or 0))


def _code(text: str | None, kind: Kind, wide: bool) -> tuple[str | None, tuple[str, str] | None]:
    if text is None or not text or text == "*":
        return text, None
    if kind == "code":
        return registers.code(text, wide)
    return (text, None) if _CODE.fullmatch(text) else (None, ("5桁の団体コードではありません", "is no five-digit code"))


def _form(path: Path, kinds: dict[str, Kind]) -> list[Fault]:
    """Where a seed that can be read right is not in the one form."""
    text, encoding = csvtext.decode(path.read_bytes())
    if encoding not in {"utf-8", "utf-8-sig"}:
        return [
            Fault(None, "", f"文字コードが UTF-8 ではありません（{encoding}）", f"is {encoding}, not UTF-8", _MEND_JA)
        ]
    rows, lines = csvtext.records(text.removeprefix("\ufeff"))
    if rows[0] != list(kinds):
        return [Fault(lines[0], "", "見出しの順か書き方が違います", "the header is in another order or form", _MEND_JA)]
    faults = []
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) != len(kinds) or not any(cell.strip() for cell in row):
            faults.append(
                Fault(line, "", "空の行か、空の列のある行です", f"line {line} is empty or too wide", _MEND_JA)
            )
            continue
        for (name, kind), cell in zip(kinds.items(), row, strict=True):
            if kind != "text" and cell and not _plain(cell, kind):
                faults.append(
                    Fault(
                        line,
                        name,
                        "読み取り側の決まりの書き方ではありません（2026-04-01、01223、57177 など）",
                        f"line {line}, column {name}: not in the plain form",
                        _MEND_JA,
                    )
                )
    return faults


_PLAIN = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "code": _CODE,
    "number": re.compile(r"-?\d+(?:\.\d+)?"),
    "integer": re.compile(r"-?\d+"),
    "flag": re.compile("true|false", re.IGNORECASE),
}


def _plain(cell: str, kind: Kind) -> bool:
    return bool(_PLAIN[kind].fullmatch(cell))


def mended(path: Path, kinds: dict[str, Kind]) -> bytes:
    """A seed in the one form. Raises RegisterError where something in it is not certain."""
    found = _scanned(path, kinds)
    if found.faults:
        raise RegisterError(path.name, found.faults)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(kinds)
    for row in found.frame.drop("line_number").iter_rows():
        writer.writerow([registers.canonical(value) for value in row])
    return out.getvalue().encode()


def main() -> int:
    """Rewrite the seeds that need it and print what was done; 1 where one is not certain."""
    kinds = columns()
    wrong = 0
    for error in check():
        path = SEEDS / error.file
        try:
            write_bytes(path, mended(path, kinds[path.stem]))
            print(f"{error.file}: 書き直しました / rewritten")
        except (RegisterError, Refusal, OSError) as still:
            wrong = 1
            print(still, file=sys.stderr)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
