"""Nobody is told to change a publisher's file; the office mends its own."""

from __future__ import annotations

import ast
import re

import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.contract.model import all_contracts
from sousei.ingest.problems import problem
from sousei.ingest.reading import advice
from sousei.ingest.reading import delivery as reading

INGEST = PROJECT_ROOT / "ingest"
ELSEWHERE = {
    "persons",
    "personal",
    "advice",
    "intake",
    "kinds",
    "dry_run",
    "raw",
    "corrections",
    "problems",
}
"""Rooms whose problems are of the office's own files, or of no contract."""
FORBIDDEN = re.compile(
    r"(?<!取り)(?<!し)直した|除いた|揃えた|埋めた|書いた表|保存し直して|書き出し直|作り直|示して入れ直|欄を直|表を直|行を直"
)
PUBLISHER = next(contract for contract in all_contracts() if contract.source == "census")
OFFICE = next(contract for contract in all_contracts() if contract.made_by == "office")


def actions() -> list[tuple[str, str]]:
    """(module:line, text) of every advice that a rule gives; what is filled in is left out."""
    found = []
    for path in sorted(INGEST.rglob("*.py")):
        if path.stem in ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "action_ja":
                words = [one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
                found.append((f"{path.stem}:{node.value.lineno}", "".join(w for w in words if isinstance(w, str))))
    return found


ACTIONS = [one for one in actions() if one[1]]


def test_the_rules_advice_is_found() -> None:
    assert len(ACTIONS) > 40


@pytest.mark.parametrize("row", [7, None])
@pytest.mark.parametrize(("where", "text"), ACTIONS, ids=[where for where, _ in ACTIONS])
def test_no_advice_asks_to_change_a_publishers_file(where: str, text: str, row: int | None) -> None:
    given = problem("total_differs_from_parts", "gate", "x", "x", action_ja=text, row=row)
    (told,) = advice.advised([given], PUBLISHER)
    said = re.sub(r"庁内で作った[^。]*。", "", told["action_ja"])  # what is said of the office's own files
    assert not FORBIDDEN.search(said), said


def test_the_office_is_told_to_mend_its_own_table() -> None:
    assert OFFICE.source == "reference_series"
    given = problem("blank_value", "gate", "x", "x", action_ja="この欄を埋めた表を入れ直してください。", row=2)
    assert advice.advised([given], OFFICE) == [given]


def test_a_line_to_paste_stays_beside_the_advice() -> None:
    line = "契約に加えてください: - {role: ignore, header: 'a'}"
    given = problem("x", "gate", "x", "x", action_ja="この欄を確かめ、直した表を入れ直してください。" + line, row=2)
    (told,) = advice.advised([given], PUBLISHER)
    assert told["action_ja"].endswith(line) and "corrections.csv" in told["action_ja"]


def test_a_real_refusal_speaks_of_the_publisher() -> None:
    sample = INGEST.parent / "samples" / "landing" / "tourism" / "city2021.csv"
    text = sample.read_text("utf-8-sig").replace("2221", "二千")
    (found,) = reading.read(text.encode(), "x.csv").problems
    assert "公表元のファイルは書き換えません" in found["action_ja"]
