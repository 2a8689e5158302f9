"""The two ways to read a CSV give the same table, or both refuse."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousei.ingest.cells import csvtext
from sousei.ingest.problems.record import Refusal

PIECES = [
    '"',
    '""',
    ",",
    "\n",
    "\r\n",
    "\r",
    "\0",
    " ",
    "人",
    "髙",
    "1",
    "-",
    "'",
    ";",
    "\t",
    "\x0b",
    "\x85",
    "\u2028",
    "a",
]
SEED = '都道府県,コード,名称,人口\n北海道,1101,札幌市,"1,973,395"\n,,,\n岩手県,03211,釜石市,32078\n'


def strictly(text: str) -> list[list[str]] | None:
    try:
        return csvtext.records(text)[0]
    except Refusal:
        return None


def whole(text: str) -> tuple[list[list[str]], list[int]] | None:
    """Records and line numbers of the quick way, None where it does not prove the structure."""
    table = csvtext.split_whole(text)
    if table is None:
        return None
    columns = [column.to_list() for column in table.columns]
    rows = [[column[row] for column in columns] for row in range(len(table.widths))]
    for row, width in zip(rows, table.widths, strict=True):
        assert all(cell == "" for cell in row[width:])
    return [row[:width] for row, width in zip(rows, table.widths, strict=True)], list(table.lines)


def agree(text: str) -> bool:
    """True where the quick way took the text; fails where it took it otherwise than the strict way."""
    quick = whole(text)
    if quick is None:
        return False
    assert quick[0] == strictly(text)
    assert quick[1] == csvtext.records(text)[1]
    return True


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=24))
def test_both_ways_agree_on_any_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    quick = whole(text)
    assert quick is None or quick == csvtext.records(text), "a refusal by the strict way fails here too"


@pytest.mark.exhaustive
@pytest.mark.promise("C3")
def test_both_ways_agree_on_mutations_of_a_table() -> None:
    dice = random.Random(20261122)
    taken = 0
    for _ in range(12_000):
        text = SEED if dice.random() < 0.5 else SEED.replace("\n", "\r\n")
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(text) + 1)
            text = text[:at] + dice.choice(PIECES) + text[at + dice.randint(0, 2) :]
        taken += agree(text)
    assert 1_000 < taken < 11_000  # both outcomes are really tried


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n",
        "a",
        "a,",
        ",",
        '""',
        '"",""\n',
        '"a,b",c\n',
        '"a,b"\r\nc,d\r\n',
        "a,b\r\n\r\nc\n",
        'x,"y"',
        "\n".join(["注"] * 3 + ["a,b,c"] * 4),
        "\n".join(["a,b,c"] * 4 + ["注,x"] + [""] * 2),
        "\n".join(["a,b", "1,2,3,4"] + ['"x",""'] * 3 + ["c,d,e"]),
        "\ufeffa,b\n1,2\n",  # a mark that is left after decoding is part of the first field
        "注\n" + "\ufeffa,b\n" * 3,
        "a,b\n" * 3 + "x" * 150_000 + "\n",
        " a , b \n#1,2\nnull,NA\n",
    ],
)
def test_plain_forms_take_the_quick_way(text: str) -> None:
    assert agree(text)


@pytest.mark.parametrize(
    "text", ['a"b\n', '"a"b,c\n', '"a\n', '"a""b"\n', '"a\nb",c\n', 'a,"b\r\n"\n', "a\rb\n", "x" * 200_001, ' "a",b\n']
)
def test_what_cannot_be_proved_goes_record_by_record(text: str) -> None:
    assert csvtext.split_whole(text) is None


@pytest.mark.promise("C2")
@pytest.mark.parametrize("odd", [b"\x80", b"\xa0", b"\xfd", b"\xfe", b"\xff"])
def test_bytes_that_are_no_cp932_are_refused_with_their_offset(odd: bytes) -> None:
    data = "釜石市,".encode("cp932") + odd + b",1\n" + odd
    with pytest.raises(Refusal) as refusal:
        csvtext.decode(data)
    assert refusal.value.problems[0]["found"] == "byte offset 7"
