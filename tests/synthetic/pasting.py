"""A person who pastes what a refusal proposes: into the text of a copy of the contracts, line by line.

Holds the pasting only. Which line is right is the tests' matter.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sousei.ingest.contract import loading as contracts
from sousei.ingest.contract.model import Contract
from sousei.ingest.problems.record import Problem

_ENTRY = re.compile(r"ingest/sources/(\w+)/contract\.yaml の (\w+) の")
_LINE = re.compile(r"- \{.*?\}(?= 「|$)")


def copied(folder: Path) -> Path:
    """A copy of the sources' folders."""
    shutil.copytree(contracts.FOLDER, folder)
    return folder


def proposed(problem: Problem) -> list[str]:
    """The lines that a problem offers, the last one last."""
    action = str(problem["action_ja"])
    if problem["problem_id"] == "unknown_metadata" or "symbols" in action:
        return re.findall(r"加えてください: (.+)$", action)
    return _LINE.findall(action)


def paste(folder: Path, problems: list[Problem]) -> bool:
    """Paste the lines that the problems of one delivery offer; a new name comes before the omission of the old one.
    False where there is nothing to paste."""
    edits: list[tuple[Path, int, str, bool]] = []
    renamed: set[str] = set()
    for problem in problems:
        entry = _ENTRY.search(str(problem["action_ja"]))
        lines = proposed(problem)
        if not lines or entry is None:
            continue
        path = folder / entry[1] / "contract.yaml"
        action, replaces = str(problem["action_ja"]), problem["problem_id"] == "missing_column"
        at = re.search(r"\((\d+) 行目(?:から)?\)", action)
        if name := re.search(
            r"「([^「」]*)」の新しい名前なら(?:、その列の行(?:\((\d+) 行目\))?を次の行に(替え))?", action
        ):
            at, replaces = (re.search(r"(\d+)", name[2]) if name[2] else None, True) if name[3] else (at, False)
            renamed |= {name[1]} if name[3] else set()
        if problem["problem_id"] == "missing_column" and problem["expected"] in renamed:
            continue  # its new name is in its line by now
        edits.append((path, int(at[1]) if at else 0, lines[-1], replaces))
    done: set[tuple[Path, int, str]] = set()
    for path, number, line, replaces in sorted(edits, key=lambda edit: -edit[1]):
        text = path.read_text("utf-8").splitlines()
        if (path, number, line) in done:
            continue
        done.add((path, number, line))
        if replaces:
            at_line = number or _stated(text, line)
            text[at_line - 1] = _indent(text[at_line - 1]) + line
        elif "layout:" in line:
            text.append("  " + line)
        elif ("symbols" in text[number - 1] or text[number - 1].lstrip().startswith("signs")) and "{" in text[
            number - 1
        ]:
            text[number - 1] = re.sub(r"(symbols|signs): (&\w+ )?\{", rf"\1: \2{{{line}, ", text[number - 1])
        elif line.startswith("symbols:"):
            text.insert(number, _indent(text[number - 1]) + "  " + line)
        else:
            text.insert(number, _indent(text[number - 1]) + line)
        path.write_text("\n".join(text) + "\n", "utf-8")
    return bool(done)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _stated(text: list[str], line: str) -> int:
    header = re.search(r"header: ('(?:[^']|'')*')", line)
    assert header is not None, line
    return next(number for number, one in enumerate(text, start=1) if header[1] in one or header[1].strip("'") in one)


def loaded(folder: Path) -> tuple[Contract, ...]:
    """The contracts of a folder as they stand now. Raises Mistake where one has a mistake."""
    return tuple(contracts.load(path) for path in sorted(folder.glob("*/contract.yaml")))
