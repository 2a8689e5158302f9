"""What is split as bytes is what is split as text, or nothing."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sousei.ingest.cells import csvtext, csvwords

CELLS = ["", "a", '""', '"a"', '"a,b"', "ソ", "表", '"ポ能"', "ｱ", "NA", "null", " "]
"""Fields in the plain forms; ソ, 表, ポ and 能 end with a byte of ASCII in CP932."""
ODD = [
    b'"', b'""', b",", b"\n", b"\r", b"\r\n", b" ", b"a", b"\x83", b"\x83\\", b"\x80", b"\xa0", b"\xb1", b"\xfd",
    b"\xff", b"\xe3\x81", b"\xef\xbb\xbf", b"\x81\x40",
]  # fmt: skip


def cells(columns: list[csvwords.Column]) -> list[list[str]]:
    return [column.words.gather(column.numbers).to_list() for column in columns]


def of_text(data: bytes, encoding: str) -> csvtext.Table:
    text = data.decode(encoding)
    csvtext.refuse_odd(text, encoding)
    return csvtext.table(text)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("text", "proved"),
    [
        ("あ,b\n,\nc, d \n", True),
        ('あ,b\n"c",d\n"e,f",""\n', True),
        ("ソ,表\nポ,ｱ\n", True),
        ("NA,null\n,\n", True),
        ("あ,b\nc\nd,e,f\n", False),  # as many commas as two records of two fields and one have
        ("a,b\nc\n", False),
        ("a,b\n\nc,d\n", False),
        ("a,b\nc,d,e\n", False),
        ('a,b\n"c""d",e\n', False),
        ('a,b\nc"d,e\n', False),
        ('a,b\n"c"d,e\n', False),
        ('a,b\n"c\nd",e\n', False),
        ('"a\nb",c\n', False),
        ("a,b\nc,d", False),
        ("a,b\nc\rc,d\n", False),
        ("a,b\n\rc,d\n", False),
        ("a\nb\n", False),
        ("\ufeffa,b\nc,d\n", False),
        ("a," + "b" * csvtext.MAX_LINE + "\n", False),
    ],
)
def test_plain_is_the_table_or_nothing(text: str, proved: bool, end: str, encoding: str) -> None:
    data = text.replace("\n", end).encode(encoding, "replace")
    found = csvwords.plain(data, encoding)
    if text.startswith("\ufeff") and encoding == "cp932":
        assert found is not None  # a question mark
        return
    assert (found is not None) == proved
    if found is not None:
        table = of_text(data, encoding)
        assert cells(found) == [column.to_list() for column in table.columns]
        assert (table.widths == 2).all()


@pytest.mark.parametrize(
    ("encoding", "bad"),
    [("utf-8", bad) for bad in (b"\x83", b"\xe3\x81", b"\xff")]
    + [("cp932", bad) for bad in (b"\x83", b"\x80", b"\xa0", b"\xfd", b"\xff")],
)
@pytest.mark.parametrize("after", [b",", b"\n", b"\r\n"])
def test_half_a_character_before_a_separator_is_none(bad: bytes, after: bytes, encoding: str) -> None:
    line = b"a" + bad + after + b"b\n" if after == b"," else b"b,a" + bad + after
    assert csvwords.plain(b"c,d\n" + line, encoding) is None
    assert csvwords.plain(b"c,d\n" + line.replace(bad, b"a"), encoding) is not None


@st.composite
def texts(draw: st.DrawFn) -> tuple[bytes, str]:
    """Records in the plain forms, with up to two odd bytes somewhere."""
    encoding = draw(st.sampled_from(["utf-8", "cp932"]))
    width = draw(st.integers(1, 3))
    record = st.lists(st.sampled_from(CELLS), min_size=width, max_size=width).map(",".join)
    ends = st.sampled_from(["\n", "\r\n"])
    data = "".join(draw(st.lists(st.tuples(record, ends).map("".join), min_size=1, max_size=4))).encode(encoding)
    for odd in draw(st.lists(st.sampled_from(ODD), max_size=2)):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + odd + data[at:]
    return data, encoding


@given(texts())
@example((b'"x\n,\n"\n', "utf-8"))
@settings(max_examples=400, deadline=None)
def test_odd_bytes_are_read_as_the_text_is_or_not_at_all(made: tuple[bytes, str]) -> None:
    data, encoding = made
    found = csvwords.plain(data, encoding)
    if found is not None:
        table = of_text(data, encoding)  # a refusal fails here too
        assert cells(found) == [column.to_list() for column in table.columns]
        assert (table.widths == len(found)).all()


def test_a_column_of_text_has_the_same_words() -> None:
    column = csvwords.of_cells(pl.Series(["a", "", "b", "a"]))
    assert (column.words.to_list(), column.numbers.tolist()) == (["a", "", "b"], [0, 1, 2, 0])
    rest = csvwords.without_first(csvwords.of_cells(pl.Series(["head", "b", "a", "b"])))
    assert (rest.words.to_list(), rest.numbers.tolist()) == (["b", "a"], [0, 1, 0])
    assert csvwords.without_first(csvwords.of_cells(pl.Series(["head"]))).words.is_empty()
