"""A CSV -> the different words of each column, and of each record their numbers.

Holds: the plain forms of a CSV, split as bytes by a library's reader that numbers the words of a column while it reads,
and the same of a table that was split otherwise. Does not hold: what else a CSV may be, and what is refused
(csvtext.py).

Neither a comma nor a quote, nor the end of a line, is a byte of a longer character of CP932 or UTF-8. So a text is
split before it is decoded, and only the words that differ are: one that is no text makes the whole none, too.
"""

from __future__ import annotations

import codecs
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from sousei.ingest.cells import csvtext

_COMMA, _QUOTE, _LINE_FEED, _RETURN = b',"\n\r'
_NUMBERED = pa.dictionary(pa.int32(), pa.binary())

pa.set_memory_pool(pa.system_memory_pool())
"""The library's own reserves a gigabyte of address space at its first word, and a command may have no more than two
(benchmarks/ceilings)."""


class Column(NamedTuple):
    """words: the different cells, as text. numbers: of each record the place of its cell among them."""

    words: pl.Series
    numbers: np.ndarray


def of_cells(cells: pl.Series) -> Column:
    """A column that is text already."""
    numbered = cells.to_arrow().dictionary_encode()
    words = pl.Series(pl.from_arrow(numbered.dictionary), dtype=pl.String)
    return Column(words, numbered.indices.to_numpy().astype(np.intp))


def without_first(column: Column) -> Column:
    """The column below its first record, with the words that are there."""
    numbers = column.numbers[1:]
    used = np.zeros(len(column.words), dtype=bool)
    used[numbers] = True
    return Column(column.words.filter(pl.Series(used)), (np.cumsum(used) - 1)[numbers])


def plain(data: bytes, encoding: str) -> list[Column] | None:
    """The columns of a text in utf-8 or cp932.

    None where not everything can be proved at once: all records of as many fields as the first, two at least; no
    carriage return but before a line feed; every quote opens a field right after a separator or closes one right before
    a separator; no line end inside quotes; no line longer than csvtext.MAX_LINE; nothing that is no character. Then
    csvtext says what there is.
    """
    if not data.endswith(b"\n") or data.startswith(codecs.BOM_UTF8):
        return None
    symbols = np.frombuffer(data, dtype=np.uint8)
    ends = symbols == _LINE_FEED
    returns = symbols == _RETURN
    if np.count_nonzero(returns) != np.count_nonzero(returns[:-1] & ends[1:]):
        return None
    half = csvtext.MAX_LINE // 2  # without a line end in one of these stretches a line may be too long
    if any(data.find(b"\n", at, at + half) < 0 for at in range(0, len(data) - half, half)):
        return None
    quoted = b'"' in data
    if quoted and not _quotes_at_edges(symbols):
        return None
    try:
        split = _split(data, quoted)
        if split is None or split.num_rows != np.count_nonzero(ends):
            return None
        return [_decoded(column.chunk(0), encoding) for column in split.columns]
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None


def _quotes_at_edges(symbols: np.ndarray) -> bool:
    quotes = np.flatnonzero(symbols == _QUOTE)
    opening, closing = quotes[0::2], quotes[1::2]
    if len(opening) != len(closing):
        return False
    before, after = symbols[opening[opening > 0] - 1], symbols[closing + 1]
    return bool(
        ((before == _COMMA) | (before == _LINE_FEED)).all()
        and ((after == _COMMA) | (after == _LINE_FEED) | (after == _RETURN)).all()
    )


def _split(data: bytes, quoted: bool) -> pa.Table | None:
    """The cells of records. Raises pyarrow.ArrowInvalid where they are not of as many fields."""
    first = data[: data.index(b"\n")]
    width = 1 + sum(unquoted.count(b",") for unquoted in first.split(b'"')[::2])
    if not 2 <= width <= csvtext.MAX_FIELDS:
        return None
    names = [str(place) for place in range(width)]
    return pyarrow.csv.read_csv(
        pa.BufferReader(data),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
        parse_options=pyarrow.csv.ParseOptions(
            quote_char='"' if quoted else False, double_quote=False, newlines_in_values=False, ignore_empty_lines=True
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            check_utf8=False, column_types=dict.fromkeys(names, _NUMBERED), null_values=[], strings_can_be_null=False
        ),
    )


def _decoded(cells: pa.DictionaryArray, encoding: str) -> Column:
    """Raises UnicodeDecodeError, or pyarrow.ArrowInvalid, where a word is no text."""
    words, numbers = cells.dictionary, cells.indices.to_numpy().astype(np.intp)
    if encoding != "utf-8":
        # the end of a line is no byte of a longer character: what decodes together decodes apart
        lines = pyarrow.compute.binary_join(pa.ListArray.from_arrays([0, len(words)], words), b"\n")[0].as_py()
        if not lines.isascii():
            text = lines.decode(encoding)
            csvtext.refuse_odd(text, encoding)
            return Column(pl.Series([text]).str.split("\n").explode(), numbers)
    return Column(pl.Series(pl.from_arrow(words.cast(pa.string())), dtype=pl.String), numbers)
