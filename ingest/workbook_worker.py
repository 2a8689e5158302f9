"""The child process that opens workbooks: a script on its own, run with `python -I`.

Holds: limits on itself, the parse of one workbook at a time from stdin, its cells on stdout. Does not hold: any import
of ours, any write, any judgement. It dies with its parent's pipe; the parent kills it when it takes too long.

Request: 8 bytes length, then the workbook. Answer: 8 bytes length of JSON, 8 bytes length of numbers, JSON, numbers.
JSON: {"sheets": [{name, visible, height, width, texts: [[rows, cells] per column]}]} or {"error": kind, "detail": ...}.
Numbers: per sheet and column `height` little-endian doubles, NaN where the cell is not a number.
"""

import array
import datetime
import gc
import io
import math
import resource
import sys

MEMORY = int(sys.argv[1]) if len(sys.argv) > 1 else 2 << 30
MAX_CELLS = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000_000

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

import orjson  # noqa: E402
from python_calamine import CalamineWorkbook  # noqa: E402

gc.disable()  # cells hold no cycles; each workbook's are freed when its answer is sent
NAN = math.nan
NUMBERS = {float, int}


def text_of(cell):
    """Text of a cell that is not a number; dates in ISO form, midnight left out."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat()
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


def take(column, numbers):
    """[rows, texts] of a column's cells that are no numbers; its numbers go to the end of `numbers`.

    The usual column is text above, numbers, text below: its middle goes over in one piece.
    """
    size = len(column)
    start = next((i for i, cell in enumerate(column) if cell.__class__ is float), size)
    stop = next((i for i in range(size, start, -1) if column[i - 1].__class__ is float), start)
    if set(map(type, column[start:stop])) <= NUMBERS:
        numbers.extend([NAN] * start)
        numbers.extend(column[start:stop])
        numbers.extend([NAN] * (size - stop))
        cells = list(enumerate(column[:start]))
        cells += zip(range(stop, size), column[stop:], strict=True)
    else:
        numbers.extend([cell if cell.__class__ is float else NAN for cell in column])
        cells = [(i, cell) for i, cell in enumerate(column) if cell.__class__ is not float]
    cells = [pair for pair in cells if pair[1] != ""]
    if set(map(type, [cell for _, cell in cells])) - {str}:
        for i, cell in cells:
            if cell.__class__ is int:
                numbers[i - size] = cell
        cells = [(i, text_of(cell)) for i, cell in cells if cell.__class__ is not int]
    return [[i for i, _ in cells], [cell for _, cell in cells]]


def read(data):
    """(answer, numbers) of one workbook."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = []
    numbers = array.array("d")
    cells = 0
    for meta in book.sheets_metadata:
        if str(meta.typ) != "SheetTypeEnum.WorkSheet":
            sheets.append({"name": meta.name, "visible": False, "height": 0, "width": 0, "texts": []})
            continue
        sheet = book.get_sheet_by_name(meta.name)
        cells += sheet.height * sheet.width
        if cells > MAX_CELLS:
            return {"error": "too_many_cells", "detail": f"{cells} > {MAX_CELLS}"}, b""
        rows = sheet.to_python(skip_empty_area=False)
        texts = [take(column, numbers) for column in zip(*rows, strict=True)]
        sheets.append(
            {
                "name": meta.name,
                "visible": str(meta.visible) == "SheetVisibleEnum.Visible",
                "height": len(rows),
                "width": len(texts),
                "texts": texts,
            }
        )
    return {"sheets": sheets}, numbers.tobytes()


def main():
    """Serve until stdin closes."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(8)) == 8:
        data = source.read(int.from_bytes(head, "little"))
        try:
            answer, numbers = read(data)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # the parser's panics are BaseException
            answer, numbers = {"error": type(error).__name__, "detail": str(error)[:200]}, b""
        body = orjson.dumps(answer)
        sink.write(len(body).to_bytes(8, "little") + len(numbers).to_bytes(8, "little"))
        sink.write(body)
        sink.write(numbers)
        sink.flush()


main()
