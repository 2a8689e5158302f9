"""What the product promises, the tests that prove each promise, and how they ended the last time.

Holds: the promises A1 to E3 in words for their users, the marker `promise` found in the tests (a function's, or its
module's), the page docs/promises.ja.md, and the results that a run with `--run-date` leaves in build/promises.json.
Does not hold: any proof.

Usage: python -m tests.promises    prints the page with the last results (`make promises`).
"""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import yaml

from sousei.foundation.home import PROJECT_ROOT

RESULTS = PROJECT_ROOT / "build" / "promises.json"
"""{node id: [outcome, date of the run]}; made by test runs, not kept in the repository."""

PROMISES: dict[str, dict[str, str]] = yaml.safe_load((PROJECT_ROOT / "tests" / "promises.yaml").read_text("utf-8"))
"""Promise -> title_ja, and means_ja: what it means to its user."""

HEAD = """# 約束と、それを確かめる試験

`make pages` が `tests/promises.yaml` と試験の目印（`promise`）から書く。手で直さない。最後の結果は `make promises`
で見る（`make test-all` が `build/promises.json` に残す。実行していない試験は「未実行」と出る）。

"""
EXHAUSTIVE = "pytest.mark.exhaustive"
JA = {"passed": "合格", "failed": "不合格", "skipped": "飛ばした"}


class Marked(NamedTuple):
    """A test that proves promises.

    can_fail: it asserts, itself or in a function beside it. exhaustive: none of its cases is in every run.
    """

    node: str
    promises: tuple[str, ...]
    can_fail: bool
    exhaustive: bool = False


def _promises(decorators: Iterable[ast.expr]) -> tuple[str, ...]:
    return tuple(
        str(argument.value)
        for one in decorators
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "promise"
        for argument in one.args
        if isinstance(argument, ast.Constant)
    )


def _can_fail(test: ast.FunctionDef, beside: Mapping[str, ast.FunctionDef]) -> bool:
    """It asserts, or a function of its module that it calls does."""
    return any(
        isinstance(one, ast.Assert)
        or (isinstance(one, ast.Attribute) and ast.unparse(one) in ("pytest.raises", "pytest.fail"))
        or (isinstance(one, ast.Name) and one.id.startswith("assert_"))
        or (isinstance(one, ast.Name) and one.id in beside and _can_fail(beside[one.id], {}))
        for one in ast.walk(test)
    )


def marked(text: str, name: str) -> list[Marked]:
    """The tests of one module that bear the marker; name: its path, as pytest's node ids have it."""
    tree = ast.parse(text)
    of_module: tuple[str, ...] = ()
    is_exhaustive = False
    for one in tree.body:
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "pytestmark":
            of_module = _promises(ast.walk(one.value))  # type: ignore[arg-type]
            is_exhaustive = EXHAUSTIVE in map(ast.unparse, [one.value, *getattr(one.value, "elts", [])])
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    found = [
        Marked(
            f"{name}::{test}",
            (*of_module, *_promises(one.decorator_list)),
            _can_fail(one, functions),
            is_exhaustive or EXHAUSTIVE in map(ast.unparse, one.decorator_list),
        )
        for test, one in functions.items()
        if test.startswith("test")
    ]
    return [one for one in found if one.promises]


def all_marked() -> list[Marked]:
    """The tests of the project that bear the marker, by path."""
    return [
        one
        for path in sorted((PROJECT_ROOT / "tests").rglob("test_*.py"))
        if "promise(" in (text := path.read_text("utf-8"))
        for one in marked(text, path.relative_to(PROJECT_ROOT).as_posix())
    ]


def page(tests: list[Marked], results: Mapping[str, list[str]] | None = None) -> str:
    """The page; with results, how each test ended the last time."""
    lines = [HEAD]
    for name, said in PROMISES.items():
        lines.append(f"## {name} {said['title_ja']}\n\n{said['means_ja']}。\n\n")
        for one in tests:
            if name in one.promises:
                lines.append(f"- `{one.node}`{'' if results is None else f': {told(one.node, results)}'}\n")
        lines.append("\n")
    return "".join(lines).rstrip("\n") + "\n"


def told(node: str, results: Mapping[str, list[str]]) -> str:
    """How a test (all its parameters) ended the last time, and when."""
    mine = [result for name, result in results.items() if name.partition("[")[0] == node]
    if not mine:
        return "未実行"
    counts = Counter(outcome for outcome, _ in mine)
    days = sorted({day for _, day in mine})
    said = "・".join(f"{ja} {counts[outcome]}" for outcome, ja in JA.items() if counts[outcome])
    return f"{said}（{days[0] if len(days) == 1 else f'{days[0]}～{days[-1]}'}）"


def worse(before: str | None, outcome: str) -> str:
    """Of the phases of a test (set-up, call, tear-down) the one that counts: failed, then skipped, then passed."""
    return max((before or outcome, outcome), key=("passed", "skipped", "failed").index)


def kept(before: Mapping[str, list[str]], ended: Mapping[str, str], day: str) -> dict[str, list[str]]:
    """The results after a run: what was run anew replaces what was known of it."""
    return dict(sorted({**before, **{node: [outcome, day] for node, outcome in ended.items()}}.items()))


def known() -> dict[str, list[str]]:
    """The results kept so far; none before the first run."""
    return dict(json.loads(RESULTS.read_text("utf-8"))) if RESULTS.is_file() else {}


if __name__ == "__main__":
    sys.stdout.write(page(all_marked(), known()))
