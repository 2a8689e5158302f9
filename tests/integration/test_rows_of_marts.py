"""Each mart's own check (sound_rows) sees what it is for: no row, a row twice, a blank, an unknown word, each rule.

Holds: the plants that every mart has in common; those of the single rules are listed (tests/synthetic/broken_rows.py).
Does not hold: whether the marts of the samples are sound (test_warehouse_build.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import parsed
from tests.synthetic.broken_rows import BROKEN_ROWS
from tests.warehouse import Warehouse

VOCABULARIES = ("value_status",)
FED = {"meta_correction": ("insert into raw.correction default values",)}
"""Mart -> what it is made of, where the samples have none: without any of that it may be empty."""
MARTS: dict[str, dict[str, Any]] = {
    node["attached_node"].rsplit(".", 1)[-1]: {
        "check": node["name"],
        "grain": parsed.manifest()["nodes"][node["attached_node"]]["config"]["meta"]["grain"],
    }
    | node["test_metadata"]["kwargs"]
    for node in parsed.manifest()["nodes"].values()
    if (node.get("test_metadata") or {}).get("name") == "sound_rows"
}
"""Mart -> its check by name, the columns that identify a row, and the arguments of the check."""


@contextmanager
def only(warehouse: Warehouse, mart: str, *statements: str) -> Iterator[None]:
    """The mart with nothing but what the statements put there; nothing that is made of it is made again."""
    warehouse.connection.execute("begin")
    try:
        for statement in (f"delete from main.{mart}", *statements):
            warehouse.connection.execute(statement)
        yield
    finally:
        warehouse.connection.execute("rollback")


def said(warehouse: Warehouse, mart: str) -> list[str]:
    return [str(row["reason_ja"]) for row in warehouse.node(MARTS[mart]["check"])]


def blank(mart: str) -> str:
    return f"insert into main.{mart} default values"


@pytest.mark.promise("E1")
@pytest.mark.parametrize("mart", sorted(MARTS))
def test_a_mart_without_rows_is_seen(mart: str, warehouse: Warehouse) -> None:
    with only(warehouse, mart, *FED.get(mart, ())):
        found = said(warehouse, mart)
    assert found == ([] if MARTS[mart].get("may_be_empty") else [f"{mart} に行がありません"])


@pytest.mark.promise("E1")
@pytest.mark.parametrize("mart", sorted(MARTS))
def test_a_row_that_is_there_twice_is_seen(mart: str, warehouse: Warehouse) -> None:
    with only(warehouse, mart, blank(mart), blank(mart)):
        found = said(warehouse, mart)
    assert sum(text.startswith("同じキーの行が重なっています") for text in found) == 1


@pytest.mark.promise("E1")
@pytest.mark.parametrize("mart", sorted(MARTS))
def test_a_blank_in_what_is_required_is_seen(mart: str, warehouse: Warehouse) -> None:
    with only(warehouse, mart, blank(mart)):
        found = said(warehouse, mart)
    required = {*MARTS[mart]["grain"], *MARTS[mart].get("required", [])}
    assert {text.partition(" が空欄です")[0] for text in found if " が空欄です" in text} == required


@pytest.mark.promise("E1")
@pytest.mark.parametrize("mart", sorted(mart for mart, given in MARTS.items() if given.get("allowed")))
def test_a_word_out_of_the_list_is_seen(mart: str, warehouse: Warehouse) -> None:
    allowed = MARTS[mart]["allowed"]
    assert {column for column, words in allowed.items() if words == "vocabulary"} <= {*VOCABULARIES}
    planted = ", ".join(f"{column} = '?'" for column in allowed)
    with only(warehouse, mart, blank(mart), f"update main.{mart} set {planted}"):
        found = said(warehouse, mart)
    assert {text.partition(" が用語表にない値です")[0] for text in found if "用語表にない" in text} == set(allowed)


@pytest.mark.promise("E1")
@pytest.mark.parametrize(("mart", "rule"), [(mart, rule) for mart, rules in BROKEN_ROWS.items() for rule in rules])
def test_a_row_that_breaks_a_rule_is_seen(mart: str, rule: str, warehouse: Warehouse) -> None:
    planted = f"update main.{mart} set {BROKEN_ROWS[mart][rule]}"
    with only(warehouse, mart, blank(mart), planted):
        found = said(warehouse, mart)
    assert [text for text in found if text.startswith(f"{rule}: ")]
