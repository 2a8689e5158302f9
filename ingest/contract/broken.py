"""Sources that cannot be read because of a mistake in their own contract.yaml or reader.py.

Holds: which they are, where the mistake is, and what is said of a file that may be theirs. A mistake costs its source
and no other: what was read of it before stays in use (raw.py). Does not hold a fault in one file (problems.fault).
"""

from __future__ import annotations

import importlib
import traceback
from functools import cache
from pathlib import Path
from typing import Any

from sousei.ingest.contract import loading as contracts
from sousei.ingest.contract.model import Contract
from sousei.ingest.contract.yaml_lines import Mistake
from sousei.ingest.problems.record import Problem, problem

BROKEN = "source_broken"
"""Identifier of the problem; its `expected` is the source."""


@cache
def reader_of(source: str) -> Any:
    """The module with a source's own recognises() and read(). Raises Mistake."""
    path = contracts.FOLDER / source / "reader.py"
    try:
        reader = importlib.import_module(f"sousei.ingest.sources.{source}.reader")
    except SyntaxError as error:
        raise Mistake(path, error.lineno or 1, f"Python として読めません({error.msg})", error.msg) from None
    except Exception as error:
        raise in_reader(source, error) from None
    for names in (("recognises",), ("read", "read_workbook")):
        if not any(callable(getattr(reader, name, None)) for name in names):
            raise Mistake(path, 1, f"関数 {names[0]}() がありません", f"no function {names[0]}()")
    return reader


def in_reader(source: str, error: Exception) -> Mistake:
    """An error that a source's reader raised, with its place. What the error says may be a cell, so it is not told."""
    path = contracts.FOLDER / source / "reader.py"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name == path.name]
    kind = type(error).__name__
    return Mistake(path, (frames[-1].lineno or 1) if frames else 1, f"reader.py が失敗しました({kind})", kind)


def told(source: str, mistake: Mistake) -> Problem:
    """Said of a file that no sound source recognises, and of one that was read while this source was sound."""
    return problem("source_broken", source=source, where=mistake.where, why_ja=mistake.ja, why=mistake)


def of_contracts() -> list[Problem]:
    """One problem for each source whose contract cannot be used."""
    return [told(source, mistake) for source, mistake in contracts.mistakes().items()]


def readers(given: tuple[Contract, ...], form: str) -> tuple[list[tuple[Contract, Any, Any]], list[Problem]]:
    """((contract, layout, reader) of the sources with a reader for this form, what is said of those that fail)."""
    found: list[tuple[Contract, Any, Any]] = []
    problems: list[Problem] = []
    for contract in given:
        layouts = [layout for layout in contract.layouts if layout.reader and layout.form == form]
        if not layouts:
            continue
        try:
            reader = reader_of(contract.source)
        except Mistake as mistake:
            problems.append(told(contract.source, mistake))
        else:
            found += [(contract, layout, reader) for layout in layouts]
    return found, problems
