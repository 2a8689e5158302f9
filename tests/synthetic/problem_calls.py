"""Every call of `problem(...)` in the product's code, with the entries of the catalogue that it may name.

Holds the reading of the source text. Does not hold what must be true of the calls (test_problem_catalogue.py).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.problems.catalogue import PLACE

ROOMS = ("foundation", "ingest", "projection", "feedback", "expectations", "publication", "outside", "orchestration")
_CONSTANTS = {"TO_PASTE"}
"""Names of entries that stand in record.py, since others compare with them."""


_HAND_ON = {"sheets", "reported"}
"""Modules whose own functions make the problem of a row from a name that their callers give."""


class Call(NamedTuple):
    """where: module:line. names: entries that it may name. given: its keywords. plain: no * or ** and one name."""

    where: str
    module: str
    names: tuple[str, ...]
    given: frozenset[str]
    plain: bool


def calls() -> list[Call]:
    """All calls, in the order of files and lines. Raises ValueError where a name cannot be read from the text."""
    record = _constants(ast.parse((PROJECT_ROOT / "ingest/problems/record.py").read_text("utf-8")))
    shared = {name: record[name] for name in _CONSTANTS}
    return [one for room in ROOMS for path in sorted((PROJECT_ROOT / room).rglob("*.py")) for one in _of(path, shared)]


def _of(path: Path, shared: dict[str, tuple[str, ...]]) -> Iterator[Call]:
    tree = ast.parse(path.read_text("utf-8"))
    known = shared | _constants(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if (place := _of_a_row(node)) is not None:
            told = node.args[place]
            if isinstance(told, ast.Attribute):  # a cell's own fault, handed on
                continue
            given = frozenset(word.arg for word in node.keywords if word.arg is not None) | PLACE
            plain = all(word.arg is not None for word in node.keywords)
            where = f"{path.relative_to(PROJECT_ROOT)}:{node.lineno}"
            yield Call(where, path.stem, _names(told, known, where), given, plain)
            continue
        if not isinstance(node.func, ast.Name) or node.func.id != "problem":
            continue
        if path.stem in _HAND_ON and isinstance(node.args[0], ast.Name):
            continue
        where = f"{path.relative_to(PROJECT_ROOT)}:{node.lineno}"
        plain = len(node.args) == 1 and all(word.arg is not None for word in node.keywords)
        given = frozenset(word.arg for word in node.keywords if word.arg is not None)
        yield Call(where, path.stem, _names(node.args[0], known, where) if node.args else (), given, plain)


def _of_a_row(node: ast.Call) -> int | None:
    """Which argument names the entry of a problem of a row of a form: table.tell(name, ...), tell(row, name, ...) or
    Wrong(name, ...); None for other calls."""
    if isinstance(node.func, ast.Attribute) and node.func.attr in {"tell", "note"}:
        return 0
    if isinstance(node.func, ast.Name) and node.func.id == "tell":
        return 1
    return 0 if isinstance(node.func, ast.Name) and node.func.id == "Wrong" else None


def _constants(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Texts of a module's constants: of a text itself, of a dict of texts its values."""
    found: dict[str, tuple[str, ...]] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
        texts = [one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if texts and len(texts) == len(values):
            found[node.targets[0].id] = tuple(texts)
    return found


def _names(node: ast.expr, known: dict[str, tuple[str, ...]], where: str) -> tuple[str, ...]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.IfExp):
        return _names(node.body, known, where) + _names(node.orelse, known, where)
    name = node.value if isinstance(node, ast.Subscript) else node
    if isinstance(name, ast.Name) and name.id in known:
        return known[name.id]
    raise ValueError(f"{where}: the entry is not named by a text, a choice of two texts or a constant of the module")
