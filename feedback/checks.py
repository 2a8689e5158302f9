"""The rules of machine readability that a table, or the way a workbook is built, can show.

Holds one plain function per rule or pair of rules, from a table to findings. Does not hold opening files
(examine.py), finding the table (table.py) or the rules' names and mending (rules.yaml).
A finding names cells and counts, never what a cell holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from sousei.feedback.table import EMPTY, NUMBER, NUMERAL, SYMBOL, WORD, Table
from sousei.ingest.cells.grid import Grid
from sousei.ingest.recognise.headers import UNITS
from sousei.ingest.vocabulary.codes import valid6
from sousei.ingest.vocabulary.text import squeeze, squeeze_column

NAMED = 20
"""Ranges that a finding names; the rest are in its count."""


class Finding(NamedTuple):
    """One rule on one sheet.

    rule: L1-01 ... L3-09. result: broken / doubtful. addresses: (A1 range, cells, rows or columns
    in it), NAMED at most.
    total: all of them. counted_ja: what is counted.
    """

    rule: str
    result: str
    sheet: str
    addresses: list[tuple[str, int]]
    total: int
    counted_ja: str
    message_ja: str
    message_en: str


def letters(column: int) -> str:
    """Name of a 0-based column as spreadsheets show it: 0 -> A, 26 -> AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _box(top: int, left: int, bottom: int, right: int) -> str:
    first, last = f"{letters(left)}{top + 1}", f"{letters(right)}{bottom + 1}"
    return first if first == last else f"{first}:{last}"


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """(first, last) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(start), int(stop) - 1) for start, stop in edges.reshape(-1, 2)]


def ranges(mask: np.ndarray) -> tuple[list[tuple[str, int]], int]:
    """(the first NAMED rectangles of True cells with their size, the number of True cells)."""
    done: list[list[int]] = []
    open_boxes: dict[tuple[int, int], list[int]] = {}
    for column in np.flatnonzero(mask.any(axis=0)):
        runs = _runs(mask[:, column])[:2_000]
        still: dict[tuple[int, int], list[int]] = {}
        for run in runs:
            box = open_boxes.pop(run, None)
            if box is not None and box[3] == column - 1:
                box[3] = int(column)
            else:
                box = [run[0], int(column), run[1], int(column)]
                done.append(box)
            still[run] = box
        open_boxes = still
    done.sort()
    named = [(_box(*box), (box[2] - box[0] + 1) * (box[3] - box[1] + 1)) for box in done[:NAMED]]
    return named, int(mask.sum())


def _cells(rule: str, result: str, table: Table, mask: np.ndarray, ja: str, en: str) -> Iterator[Finding]:
    """A finding about the cells of a mask, if there are any."""
    if mask.any():
        addresses, count = ranges(mask)
        yield Finding(rule, result, table.sheet, addresses, count, "セル", ja, en)


def _rows(mask: np.ndarray) -> list[tuple[str, int]]:
    return [(f"{first + 1}:{last + 1}", last - first + 1) for first, last in _runs(mask)]


def _columns(mask: np.ndarray) -> list[tuple[str, int]]:
    return [(f"{letters(first)}:{letters(last)}", last - first + 1) for first, last in _runs(mask)]


def _blank(table: Table) -> np.ndarray:
    return np.zeros(table.kinds.shape, dtype=bool)


def several_tables(table: Table) -> Iterator[Finding]:
    """L1-02, L1-03: a second header below or beside; blank rows and columns."""
    filled = table.kinds != EMPTY
    header = [squeeze(cell) for cell in table.head[table.first]] if table.first < len(table.head) else []
    other, same = _blank(table), _blank(table)
    for row in table.again:
        cells = [squeeze(table.grid.cells(column, row, row + 1)[0]) for column in range(table.grid.width)]
        where = filled[row]
        if cells == header:
            same[row, where] = True
        elif filled[row - 1].sum() < 2:
            other[row, where] = True
    used = filled[table.first : table.last + 1].any(axis=0)
    right = len(used) - 1 - int(np.argmax(used[::-1]))
    blocks = _runs(used) if table.body > table.first else []
    heads = [{label for label in table.labels[first : last + 1] if label} for first, last in blocks]
    for (first, last), words, before in zip(blocks[1:], heads[1:], heads, strict=False):
        if last > first and len(words & before) * 2 > len(words):
            other[table.first, first : last + 1] = filled[table.first, first : last + 1]
    yield from _cells(
        "L1-02", "broken", table, other, "別の表の項目名らしい行があります。", "A second table's header on the sheet."
    )
    yield from _cells(
        "L1-03", "broken", table, same, "項目名の行が途中で繰り返されています。", "The header row is repeated."
    )
    blank_rows = ~filled.any(axis=1)
    if table.grid.widths is None:  # a sheet's used range may go on below; a CSV's records are really there
        blank_rows[table.bottom + 1 :] = False
    blank_columns = ~filled.any(axis=0)
    blank_columns[right + 1 :] = False
    rows, columns = _rows(blank_rows), _columns(blank_columns)
    if rows or columns:
        count = int(blank_rows.sum() + blank_columns.sum())
        ja = f"空の行が {int(blank_rows.sum())}、空の列が {int(blank_columns.sum())} あります。"
        en = f"{int(blank_rows.sum())} blank rows, {int(blank_columns.sum())} blank columns."
        yield Finding("L1-03", "broken", table.sheet, [*columns, *rows][:NAMED], count, "行・列", ja, en)


def remarks(table: Table) -> Iterator[Finding]:
    """L1-04: rows of words only, below the data or in it."""
    if not table.figures:
        return
    filled = table.kinds != EMPTY
    data = np.isin(table.kinds[:, table.figures], (NUMBER, NUMERAL, SYMBOL)).any(axis=1)
    rows = filled.any(axis=1) & ~data & (filled.sum(axis=1) <= max(2, table.grid.width // 4))
    rows[: table.body] = False
    rows[table.again] = False
    mask = filled & rows[:, None]
    below = int(rows[table.last + 1 :].sum())
    ja = f"データではない行(注記・見出し)が表の中に {int(rows.sum()) - below}、表の下に {below} あります。"
    en = f"Rows without data: {int(rows.sum()) - below} inside the table, {below} below it."
    yield from _cells("L1-04", "broken", table, mask, ja, en)


_VAGUE = re.compile(r"[\W_]*|列\d+|column\d+|unnamed.*", re.I)


def headers(table: Table) -> Iterator[Finding]:
    """L1-05, L2-03, L3-01: names of columns, their rows, their place."""
    filled = table.kinds != EMPTY
    used = filled[table.body : table.last + 1].any(axis=0)
    mask = _blank(table)
    if table.body == table.first:
        mask[table.first] = filled[table.first]
        yield from _cells("L1-05", "broken", table, mask, "項目名の行が見当たりません。", "No header row was found.")
        return
    last_row = table.body - 1
    named = np.zeros(table.grid.width, dtype=bool)
    for cells in table.head[table.first : table.body]:
        named |= [_VAGUE.fullmatch(cell) is None for cell in cells]
    mask[last_row, np.flatnonzero(used & ~named)] = True
    yield from _cells("L1-05", "broken", table, mask, "項目名のない列があります。", "Columns without a name.")
    if table.body - table.first > 1:
        mask = _blank(table)
        mask[table.first : table.body] = filled[table.first : table.body]
        rows = table.body - table.first
        ja, en = f"項目名が {rows} 行に分かれています。", f"The header takes {rows} rows."
        yield from _cells("L2-03", "broken", table, mask, ja, en)
    else:
        seen: dict[str, int] = {}
        for label in table.labels:
            seen[label] = seen.get(label, 0) + 1
        mask = _blank(table)
        for column, label in enumerate(table.labels):
            mask[table.first, column] = bool(label) and seen[label] > 1
        yield from _cells("L2-03", "broken", table, mask, "同じ項目名の列があります。", "Columns of the same name.")
    if table.first > 0:
        mask = _blank(table)
        mask[: table.first] = filled[: table.first]
        ja = f"項目名の行が {table.first + 1} 行目にあり、その上に表題・説明・空白があります。"
        addresses, count = ranges(mask)
        en = f"The header is in row {table.first + 1}."
        yield Finding("L3-01", "broken", table.sheet, addresses or [("1:1", 1)], count or 1, "セル", ja, en)


_PADDING = r"^\s|\s$|[ 　]{2,}"
_WIDE_BLANK = r"^.{0,20}　.{0,20}$"


def padding(table: Table) -> Iterator[Finding]:
    """L1-06, and L1-14 for the line ends inside a CSV field."""
    mask, breaks = _blank(table), _blank(table)
    for column in range(table.grid.width):
        breaks[:, column] = table.where(column, r"[\r\n]")
        mask[:, column] = table.where(column, _PADDING) | table.where(column, _WIDE_BLANK)
    mask[: table.first] = False
    if table.grid.widths is not None:
        yield from _cells(
            "L1-14", "broken", table, breaks, "値の中に改行があります。", "Line ends inside a field's value."
        )
    else:
        breaks[: table.first] = False
        mask |= breaks
    ja, en = "前後・字間の空白かセル内の改行で体裁を整えています。", "Blanks or line breaks are used for layout."
    yield from _cells("L1-06", "broken", table, mask, ja, en)


def _figures(table: Table) -> list[int]:
    return [column for column in table.figures if not table.is_code(column)]


def _body(table: Table, mask: np.ndarray) -> np.ndarray:
    mask[: table.body] = False
    mask[table.last + 1 :] = False
    if table.again:
        mask[table.again] = False
    return mask


def _rows_of(table: Table, rows: np.ndarray) -> np.ndarray:
    rows[: table.body] = False
    rows[table.last + 1 :] = False
    return rows


def numbers(table: Table) -> Iterator[Finding]:
    """L1-07, L1-09, L2-01, L3-03: what stands in the columns of figures besides numbers."""
    figures = _figures(table)
    if not figures:
        return
    several, spelled, signs, blanks = (_blank(table) for _ in range(4))
    wide, commas, triangles, units = 0, 0, 0, 0
    for column in figures:
        several[:, column] = (table.kinds[:, column] == WORD) & table.where(
            column, r"\d[\d,.]*\s*[/、・;\n(~]\s*\d", squeezed=True
        )
        spelled[:, column] = table.kinds[:, column] == NUMERAL
        signs[:, column] = table.kinds[:, column] == SYMBOL
        rows = _body(table, spelled)[:, column]
        wide += int((rows & table.where(column, "[０-９]")).sum())
        commas += int((rows & table.where(column, "[,，]")).sum())
        triangles += int((rows & table.where(column, "[△▲(（]")).sum())
        units += int((rows & table.where(column, r"[^\d\s,.，．０-９+\-△▲()（）－−]")).sum())
    data = np.isin(table.kinds[:, figures], (NUMBER, NUMERAL)).any(axis=1)
    for column in figures:
        blanks[:, column] = (table.kinds[:, column] == EMPTY) & data
    yield from _cells(
        "L1-07",
        "broken",
        table,
        _body(table, several),
        "一つのセルに複数の数値があります。",
        "Several numbers in a cell.",
    )
    ja, en = "数値の列に空欄があります(0 か、値がないのか区別できません)。", "Blank cells in columns of figures."
    yield from _cells("L1-09", "doubtful", table, _body(table, blanks), ja, en)
    causes = [("桁区切り", commas), ("△▲や括弧の負号", triangles), ("全角数字", wide), ("単位・注の印", units)]
    named = "、".join(f"{name} {count}" for name, count in causes if count) or "文字として保存された数"
    ja, en = f"数値が文字で入っています({named})。", "Numbers stored as text."
    yield from _cells("L2-01", "broken", table, _body(table, spelled), ja, en)
    if not _legend(table):
        ja, en = "数値の列に記号がありますが、意味の説明が同じシートにありません。", "Signs without a legend."
        yield from _cells("L3-03", "doubtful", table, _body(table, signs), ja, en)


def _legend(table: Table) -> bool:
    """The sheet says, outside its data, what a sign means."""
    rows = [*range(min(table.first, len(table.head))), *range(table.last + 1, table.grid.height)]
    for row in rows[:200]:
        cells = [squeeze(table.grid.cells(column, row, row + 1)[0]) for column in range(table.grid.width)]
        text = " ".join(cell for cell in cells if cell)
        if re.search(
            r"(\*{1,3}|[「『\"]?[-xX][」』\"]?|\.\.\.|皆[増減]|秘匿|不詳|該当)[^。]{0,12}(もの|示す|表す|ない|秘匿|不詳|数値)",
            text,
        ):
            return True
    return False


def left_out(table: Table) -> Iterator[Finding]:
    """L2-02: cells left blank, or with a ditto mark, because the row above says it."""
    if not table.figures:
        return
    ditto, blanks = _blank(table), _blank(table)
    data = np.isin(table.kinds[:, table.figures], (NUMBER, NUMERAL, SYMBOL)).any(axis=1)
    for column in range(min(_figures(table), default=table.grid.width)):  # the columns that say what a row is about
        if column in table.figures or table.words[column] is None:
            continue
        ditto[:, column] = table.where(column, r"^\s*([〃″”々]+|同上|\"+)\s*$")
        kinds = table.kinds[:, column]
        above = np.maximum.accumulate(np.where(np.arange(len(kinds)) >= table.body, kinds != EMPTY, False))
        words = (kinds[table.body : table.last + 1] == WORD).sum()
        if words * 20 >= table.last + 1 - table.body:  # a column that is nearly empty is a column of remarks
            blanks[:, column] = (kinds == EMPTY) & above & data
    ja, en = "「〃」「同上」などで上の行の値を省いています。", "Values are left out with ditto marks."
    yield from _cells("L2-02", "broken", table, _body(table, ditto), ja, en)
    ja, en = "地域名や区分の列に空欄があります(上の行と同じなら省略です)。", "Blank cells in columns of names."
    yield from _cells("L2-02", "doubtful", table, _body(table, blanks), ja, en)


def choices(table: Table) -> Iterator[Finding]:
    """L2-04, L2-05: the same choice in several spellings; details next to その他."""
    spellings, others = _blank(table), _blank(table)
    for column, words in enumerate(table.words):
        if words is None:
            continue
        body = words[table.body : table.last + 1]
        given = body.drop_nulls()
        if len(given) < 5 or given.n_unique() * 2 > len(given):
            continue
        plain = squeeze_column(body)
        frame = pl.DataFrame({"raw": body, "plain": plain})
        counts = frame.drop_nulls().group_by("plain").agg(pl.col("raw").n_unique().alias("n"), pl.col("raw").mode())
        mixed = counts.filter(pl.col("n") > 1)
        if len(mixed):
            usual = frame.join(mixed.select("plain", usual=pl.col("raw").list.min()), on="plain", how="left")
            odd = (usual["raw"] != usual["usual"]).fill_null(False).to_numpy()
            spellings[table.body : table.last + 1, column] = odd
        others[:, column] = table.where(column, r"^その他\s*[(（:：、].+")
    ja, en = "全角・半角や空白だけが違う選択肢があります。", "One choice in several spellings."
    yield from _cells("L2-04", "broken", table, spellings, ja, en)
    ja, en = "「その他」に続けて詳細が書かれています。", "Details written after その他."
    yield from _cells("L2-05", "broken", table, _body(table, others), ja, en)


_SAFE = frozenset("～∥－￠￡￢—‖−〜¢£¬―")
"""Signs that CP932 and JIS X 0208 map differently but everybody can show."""


def _is_dependent(char: str) -> bool:
    """Not in JIS X 0201/0208: NEC and IBM extensions, Mac signs, private use, emoji, invisible characters."""
    if char in _SAFE or char in "\r\n\t":
        return False
    try:
        return not char.encode("shift_jis")
    except UnicodeEncodeError:
        return True


def characters(table: Table, is_cp932: bool) -> Iterator[Finding]:
    """L1-08. Signs break the rule in a CP932 file; in Unicode, and for kanji of names, they are doubtful."""
    signs, kanji = _blank(table), _blank(table)
    for column, words in enumerate(table.words):
        if words is None:
            continue
        bad = {char for char in set("".join(words.drop_nulls().unique().to_list())) if _is_dependent(char)}
        names = {
            char for char in bad if "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char > "\uffff"
        }
        for mask, chars in ((signs, bad - names), (kanji, names)):
            if chars:
                mask[:, column] = table.where(column, "[" + "".join(map(re.escape, sorted(chars))) + "]")
    ja, en = "丸数字・ローマ数字・組文字などの機種依存文字があります。", "Platform-dependent signs."
    yield from _cells("L1-08", "broken" if is_cp932 else "doubtful", table, signs, ja, en)
    ja, en = "JIS X 0208 にない漢字があります(固有名詞ならそのままで構いません)。", "Kanji outside JIS X 0208."
    yield from _cells("L1-08", "doubtful", table, kanji, ja, en)


_IMPLIED = re.compile(r"人口|人数|人員|世帯|件数|回数|金額|面積|率|割合|構成比|比重|男$|女$|歳|(者|人|戸|泊|台|社)数")
_NO_UNIT = re.compile(r"コード|code|番号|No\b|ID\b|年|月|日|順位|区分|別$|指数|指標|フラグ|階級", re.I)
_BRACKETED = re.compile(
    r"[(【\[][^)】\]]*(" + "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True)) + r")[)】\]]"
)


def units(table: Table) -> Iterator[Finding]:
    """L3-04: columns of figures for which neither header nor title names a unit."""
    if table.body == table.first:
        return
    above = " ".join(cell for row in table.head[: table.first] for cell in row)
    if "単位" in above or _BRACKETED.search(above):
        return
    mask = _blank(table)
    for column in _figures(table):
        label = table.labels[column]
        if not re.search(r"[^\W\d_]", label):  # a column without a name is L1-05
            continue
        named = _BRACKETED.search(label) or _IMPLIED.search(label) or _NO_UNIT.search(label)
        if not named and not any(level in UNITS for level in label.split("/")):
            mask[table.body - 1, column] = True
    ja, en = "単位の書かれていない数値の列があります。", "Columns of figures without a unit."
    yield from _cells("L3-04", "doubtful", table, mask, ja, en)


_ERA = r"((明治|大正|昭和|平成|令和)(元|\d{1,2})|[MTSHR]\d{1,2}[./年])"
_WESTERN = r"(18|19|20)\d\d"
_TIME = re.compile(r"年|月|日|時点|期")


def time_axis(table: Table) -> Iterator[Finding]:
    """L3-05: years of Japanese eras without the western year, in headers, in the data, in the title."""
    era, western = re.compile(r"(?<![A-Za-z])" + _ERA), re.compile(_WESTERN)
    mask, title = _blank(table), _blank(table)
    head = table.head[table.first : table.body]
    both = [any(western.search(cells[column]) for cells in head) for column in range(table.grid.width)]
    for row, cells in enumerate(table.head[: table.body]):
        for column, cell in enumerate(cells):
            if era.search(cell) and not western.search(cell) and not (row >= table.first and both[column]):
                (mask if row >= table.first else title)[row, column] = True
    for column in range(table.grid.width):
        if column in table.figures:
            continue
        shape = rf"^{_ERA}" if _TIME.search(table.labels[column]) else rf"^{_ERA}年?度?(\d{{1,2}}月)?(\d{{1,2}}日)?$"
        found = table.where(column, shape, squeezed=True) & ~table.where(column, _WESTERN, squeezed=True)
        mask[:, column] |= _rows_of(table, found)
    ja, en = "西暦のない和暦が時間軸に使われています。", "Era years without the western year."
    yield from _cells("L3-05", "broken", table, mask, ja, en)
    if not mask.any():
        ja, en = "表題の時点が和暦だけです。", "The title gives its date in era years only."
        yield from _cells("L3-05", "doubtful", table, title, ja, en)


_SAMPLE = 400
"""Rows by which a column of codes or names of areas is known."""
_SURE = 4
"""Different numbers of six digits that all have a right check digit: by chance once in 10,000 columns."""


def areas(table: Table) -> Iterator[Finding]:
    """L3-06: names of areas without a column of codes; codes that lost their leading zeros."""
    body = slice(table.body, table.last + 1)
    names: list[int] = []
    codes: list[int] = []
    short: list[int] = []
    for column in range(table.grid.width):
        cells = squeeze_column(table.grid.texts(column, body.start, min(body.stop, body.start + _SAMPLE)))
        cells = cells.filter(cells != "")
        if len(cells) < 3:
            continue
        if float(cells.str.contains(r"^\D+[都道府県市区町村]$").mean() or 0) > 0.5:  # type: ignore[arg-type]
            names.append(column)
        like = cells.filter(cells.str.contains(r"^\d{4,6}$"))
        if len(like) * 10 < len(cells) * 6:
            continue
        sixes = like.filter(like.str.len_chars() == 6).unique().to_list()
        if table.is_code(column) or (len(sixes) >= _SURE and all(map(valid6, sixes))):
            codes.append(column)
            # codes below 10 prefectures begin with 0: of five or six digits, or shorter where the 0 was lost
            if like.str.len_chars().n_unique() > 1 or like.str.len_chars().max() == 4:
                short.append(column)
    if names and not codes:
        mask = _blank(table)
        mask[table.body - 1 if table.body > table.first else table.body, names] = True
        ja, en = "地域名の列がありますが、地域コードの列がありません。", "Names of areas without codes."
        yield from _cells("L3-06", "doubtful", table, mask, ja, en)
    if names and short:
        mask = _blank(table)
        mask[body, short] = table.kinds[body, short] != EMPTY
        ja, en = (
            "地域コードの桁がそろっていません(数値になり先頭の 0 が落ちています)。",
            "Codes lost their leading zero.",
        )
        yield from _cells("L3-06", "doubtful", table, mask, ja, en)


_ACROSS = (
    ("年", re.compile(rf"^(({_WESTERN}|(明治|大正|昭和|平成|令和)(元|\d{{1,2}}))年?度?|[SHR]\d{{1,2}}年度?)$")),
    ("年齢", re.compile(r"^\d{1,3}(歳|才)?[~-]\d{1,3}(歳|才)?|^\d{1,3}(歳|才)(以上)?$")),
    ("月", re.compile(r"^\d{1,2}月$")),
)


def wide(table: Table) -> Iterator[Finding]:
    """L3-09: years, ages or months as columns."""
    for name, pattern in _ACROSS:
        mask = _blank(table)
        different = set()
        for row in range(table.first, min(table.body, len(table.head))):
            for column, cell in enumerate(table.head[row]):
                if cell and pattern.search(cell.split("/")[0]):
                    mask[row, column] = True
                    different.add(cell)
        if len(different) >= 3:
            ja = f"{name}が列に並んでいます(横持ち)。"
            yield from _cells("L3-09", "broken", table, mask, ja, "Repeated items are laid out as columns.")


def csv_records(table: Table) -> Iterator[Finding]:
    """L1-15: records of another width than the header."""
    if table.grid.widths is None:
        return
    widths = np.array(table.grid.widths)
    rows = (widths != widths[table.first]) & (table.kinds != EMPTY).any(axis=1)
    rows[: table.first] = False
    if rows.any():
        ja = f"列数が項目名の行({widths[table.first]} 列)と違う行があります。"
        en = f"Rows with more or fewer fields than the header ({widths[table.first]})."
        yield Finding("L1-15", "broken", "", _rows(rows)[:NAMED], int(rows.sum()), "行", ja, en)


def looks(table: Table, marked: list[list[Any]]) -> Iterator[Finding]:
    """L1-11: cells of a column that look different from most of it."""
    height, width = table.kinds.shape
    seen = np.zeros((height, width), dtype=np.int32)
    for number, (_, rows, columns) in enumerate(marked, start=1):
        at, over = np.array(rows), np.array(columns)
        inside = (at >= 0) & (at < height) & (over >= 0) & (over < width)
        seen[at[inside], over[inside]] = number
    mask = _blank(table)
    for column in range(width):
        filled = (table.kinds[:, column] != EMPTY) & (np.arange(height) >= table.body)
        filled &= np.arange(height) <= table.last
        values, counts = np.unique(seen[filled, column], return_counts=True)
        if len(values) > 1:
            mask[:, column] = filled & (seen[:, column] != values[counts.argmax()])
    kinds = [
        name
        for place, name in enumerate(("塗りつぶし", "文字の色", "太字", "斜体", "取り消し線"))
        if any(look[place] for number, (look, *_) in enumerate(marked, start=1) if (seen[mask] == number).any())
    ]
    named = "・".join(kinds) or "書式なし"
    ja = f"同じ列の中で書式({named})が違うセルがあります。意味を持たせていないか確かめてください。"
    yield from _cells(
        "L1-11", "doubtful", table, mask, ja, "Cells of one column look different: does that mean something?"
    )


_OBJECTS_JA = {"picture": "画像", "shape": "図形", "chart": "グラフ", "comment": "コメント", "control": "部品"}


def make(sheet: dict[str, Any], grid: Grid | None) -> Iterator[Finding]:
    """L1-10, L1-12, L1-13, L2-06: what a workbook's own description of a sheet says."""
    name = sheet["name"]
    if sheet["kind"] == "chartsheet":
        yield Finding(
            "L1-10", "broken", name, [], 1, "シート", "グラフだけのシートです。", "The sheet holds only a chart."
        )
    objects = [*sheet.get("objects", []), *([["control", None, None]] * sheet.get("controls", 0))]
    if objects:
        kinds = {kind: sum(one[0] == kind for one in objects) for kind in dict.fromkeys(one[0] for one in objects)}
        spots = dict.fromkeys((row, column) for _, row, column in objects if row is not None and column is not None)
        ja = "、".join(f"{_OBJECTS_JA.get(kind, kind)} {count}" for kind, count in kinds.items()) + " があります。"
        addresses = [(_box(row, column, row, column), 1) for row, column in list(spots)[:NAMED]]
        yield Finding(
            "L1-10", "broken", name, addresses, len(objects), "個", ja, "Pictures or shapes lie over the cells."
        )
    if sheet.get("merged"):
        boxes = sorted(sheet["merged"])
        ja, en = f"結合されたセルが {len(boxes)} か所あります。", f"{len(boxes)} merged ranges."
        yield Finding("L1-12", "broken", name, [(_box(*box), 1) for box in boxes[:NAMED]], len(boxes), "か所", ja, en)
    height, width = (grid.height, grid.width) if grid else (0, 0)
    hidden = np.zeros(height, dtype=bool)
    hidden[[row for row in sheet.get("hidden_rows", []) if 0 <= row < height]] = True
    across = np.zeros(width, dtype=bool)
    for first, last in sheet.get("hidden_columns", []):
        across[max(0, first) : last + 1] = True
    whole = sheet["state"] != "visible"
    if hidden.any() or across.any() or whole:
        parts = [f"行 {int(hidden.sum())}", f"列 {int(across.sum())}", *(["このシート全体"] if whole else [])]
        ja, en = (
            f"非表示のもの: {'、'.join(parts)}。",
            f"Hidden: {int(hidden.sum())} rows, {int(across.sum())} columns.",
        )
        count = int(hidden.sum() + across.sum()) + whole
        addresses = [*_columns(across), *_rows(hidden)][:NAMED]
        yield Finding("L1-13", "broken", name, addresses, count, "行・列・シート", ja, en)
    if formulas := sheet.get("formulas"):
        # named are those among the sheet's cells; others have no value, and may stand a million rows below
        at = np.unique(np.array(formulas), axis=0)
        within = at[(at[:, 0] < height) & (at[:, 1] < width)]
        mask = np.zeros((height, width), dtype=bool)
        mask[within[:, 0], within[:, 1]] = True
        addresses, _ = ranges(mask)
        ja, en = "数式が残っています。", "Cells with formulas."
        yield Finding("L2-06", "broken", name, addresses, len(at), "セル", ja, en)


TABLE_CHECKS = (
    several_tables, remarks, headers, padding, numbers, left_out, choices, units, time_axis, areas, wide, csv_records
)  # fmt: skip
