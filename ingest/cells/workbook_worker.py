"""The child process that opens workbooks: a script on its own, run with `python -I`.

Holds: limits on itself, the parse of one workbook at a time from stdin, its cells on stdout. Does not hold: any import
of ours, any write, any judgement. It dies with its parent's pipe; the parent kills it when it takes too long.

The library gives cells of an error (#N/A, #REF!) and formulas without a stored result as empty ones, and leaves out
formulas in records of other versions. None of them is a blank: while the library parses, a second thread looks for them
in the bytes.

One file on purpose: `-I` keeps every folder of ours off the path, so that no import can change what the child runs, and
all that opens bytes of strangers is read in one place.

Request: 8 bytes length, then the workbook. Answer: 8 bytes length of JSON, 8 bytes length of numbers, JSON, numbers.
JSON: {"sheets": [{name, visible, height, width, texts: [[rows, cells] per column]}]} or {"error": kind, "detail": ...}.
Numbers: per sheet and column `height` little-endian doubles, NaN where the cell is not a number.
"""

import array
import datetime
import gc
import io
import math
import posixpath
import re
import resource
import struct
import sys
import threading
import zipfile
import zlib
from xml.parsers import expat

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
ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
NOT_CALCULATED = "="
"""Text of a formula whose result was never stored: the program that made the file does not calculate."""
NOT_A_NUMBER = "NaN"
"""Text of a number that is none; NaN itself is how a cell without a number goes over."""
CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})$")
NO_RESULT = re.compile(rb"<f[^<>]*/></c>|(?:</f>|<f[^<>]*/>)<v ?(?:/>|></v>)</c>")
"""A formula that shares another's text and has no result, or one whose result is an empty element."""
VALUE = re.compile(rb"<v[^<>]*>([^<]*)</v>")
ATTRIBUTE = re.compile(rb'\s([rt])="([^"]*)"')
END_OF_CHAIN = 0xFFFFFFFA
PASSWORD = 0x002F
FORMULA, END, SHEET, BOOLEAN_OR_ERROR, BEGIN = 0x0006, 0x000A, 0x0085, 0x0205, 0x0809
WATCHED = {FORMULA, END, PASSWORD, SHEET, BOOLEAN_OR_ERROR, BEGIN, 0x0206, 0x0406}
"""Records of an .xls that are looked at; the last two are formulas of older versions."""


class Refused(Exception):
    """The workbook is not what its form says."""


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
    middle = column[start:stop]
    if set(map(type, middle)) <= NUMBERS:
        numbers.extend([NAN] * start)
        numbers.extend(middle)
        numbers.extend([NAN] * (size - stop))
        cells = list(enumerate(column[:start]))
        cells += zip(range(stop, size), column[stop:], strict=True)
        total = sum(middle)
    else:
        numbers.extend([cell if cell.__class__ is float else NAN for cell in column])
        cells = [(i, cell) for i, cell in enumerate(column) if cell.__class__ is not float]
        total = sum(cell for cell in column if cell.__class__ is float)
    if total != total:
        cells += [(i, NOT_A_NUMBER) for i, cell in enumerate(column) if cell != cell]
    cells = [pair for pair in cells if pair[1] != ""]
    if set(map(type, [cell for _, cell in cells])) - {str}:
        for i, cell in cells:
            if cell.__class__ is int:
                numbers[i - size] = cell
        cells = [(i, text_of(cell)) for i, cell in cells if cell.__class__ is not int]
    return [[i for i, _ in cells], [cell for _, cell in cells]]


def parse(part, start, end=None, text=None):
    """Feed a part of an .xlsx to the handlers: start(local name, attributes), end(local name), text(characters)."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_):
        raise Refused("doctype")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    if end:
        parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    if text:
        parser.CharacterDataHandler = text
    parser.Parse(part, True)


def relations(book, names, part):
    """Relationship id -> (last word of its type, part's plain name) of a part, both by their plain names."""
    folder, base = posixpath.split(part)
    path = posixpath.join(folder, "_rels", f"{base}.rels")
    found = {}

    def start(tag, attributes):
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, plain(attributes.get("Target", ""))))[1:]
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], target)

    if path in names:
        parse(book.read(names[path]), start)
    return found


def place(ref):
    """(row, column), 0-based, of a cell such as B3."""
    match = CELL.match(ref)
    if not match:
        raise Refused("cell_reference")
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def meant(kind, value, has_formula, has_result):
    """Text of a cell that the library wrongly gives as empty; '' for the others. kind: attribute t of the cell."""
    if kind == "e":
        return value or "#N/A"
    if kind not in {"str", "inlineStr"} and not value:  # an empty text is a result, an empty number is none
        has_result = False
    return NOT_CALCULATED if has_formula and not has_result else ""


def errors_of_part(part):
    """[(row, column, text)] of the cells of a worksheet's XML that the library wrongly gives as empty.

    They are few, so the XML is searched for their signs; one that is not written as all programs do is parsed whole.
    """
    at = part.find(b"sheetData")
    if part[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16
        return parsed_errors_of_part(part)
    if at < 0:
        return []
    if part[at - 1 : at] == b":" or b"='" in part[part.find(b"?>", 0, 200) + 1 : at + 4096]:
        return parsed_errors_of_part(part)
    spots: list = []
    signs = [b't="e"']
    if b"</f>" in part:  # formulas that share another's text stand below that one
        spots += [match.start() for match in NO_RESULT.finditer(part)]
        signs.append(b"</f></c>")
    for sign in signs:
        spot = part.find(sign)
        while spot >= 0:
            spots.append(spot)
            spot = part.find(sign, spot + 1)
    found = []
    for start, spot in {part.rfind(b"<c ", 0, spot): spot for spot in spots}.items():
        stop = part.find(b"</c>", start)
        cell = part[start:stop]
        said = dict(ATTRIBUTE.findall(cell[: cell.find(b">")]))
        if start < 0 or stop < spot or b"r" not in said:
            return parsed_errors_of_part(part)
        value = VALUE.search(cell)
        text = meant(
            said.get(b"t", b"n").decode(),
            value[1].decode().strip() if value else "",
            b"<f" in cell,
            b"<v" in cell or b"<is" in cell,
        )
        if text:
            found.append((*place(said[b"r"].decode()), text))
    return found


def parsed_errors_of_part(part):
    """The same, by parsing all of the XML."""
    found: list = []
    words: list = []
    held: set = set()
    row = column = -1
    kind, value = "n", ""

    def start(tag, attributes):
        nonlocal row, column, kind, value
        if tag == "row":
            row, column = int(attributes.get("r", row + 2)) - 1, -1
        elif tag == "c":
            row, column = place(attributes["r"]) if "r" in attributes else (row, column + 1)
            kind, value = attributes.get("t", "n"), ""
            held.clear()
        words.clear()
        held.add(tag)

    def end(tag):
        nonlocal value
        if tag == "v":
            value = "".join(words).strip()
        elif tag == "c" and (text := meant(kind, value, "f" in held, bool(held & {"v", "is"}))):
            found.append((row, column, text))

    parse(part, start, end, words.append)
    return found


def plain(name):
    """A part's name as it is looked for."""
    return name.replace("\\", "/").lower()


def content(data, book, entry):
    """A part's bytes in one piece, which leaves the library's thread alone; its checksum is the library's matter."""
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        return book.read(entry)
    start = entry.header_offset + 30 + sum(struct.unpack_from("<HH", data, entry.header_offset + 26))
    stream = zlib.decompressobj(-15)
    part = stream.decompress(memoryview(data)[start : start + entry.compress_size], entry.file_size + 1)
    if len(part) != entry.file_size:
        raise Refused("part_size")
    return part


def errors_of_xlsx(data):
    """(number of sheets, {sheet's place: [(row, column, text)]}) of an .xlsx; nothing where there are no errors."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = {plain(entry.filename): entry for entry in book.infolist()}
        parts = {name: entry for name, entry in names.items() if name.endswith(".xml")}
        held = {name: errors_of_part(content(data, book, entry)) for name, entry in parts.items()}
        if not any(held.values()):
            return 0, {}
        main = next((part for kind, part in relations(book, names, "").values() if kind == "officeDocument"), "")
        if main not in names:
            raise Refused("no_workbook_part")
        idents = []

        def start(tag, attributes):
            if tag == "sheet":
                idents.append(next((value for key, value in attributes.items() if key.endswith(":id")), ""))

        parse(book.read(names[main]), start)
        related = relations(book, names, main)
        sheets = [related.get(ident, ("", ""))[1] for ident in idents]
        if not all(name in names for name in sheets):
            raise Refused("no_sheet_part")
        return len(sheets), {place: held[name] for place, name in enumerate(sheets) if held.get(name)}


def stream_of(data):
    """The stream of cells in an OLE file. Raises Refused where there is none."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    if size not in (512, 4096):
        raise Refused("sector_size")
    count, first = struct.unpack_from("<II", data, 44)
    smallest, first_small = struct.unpack_from("<II", data, 56)
    more, rest = struct.unpack_from("<II", data, 68)

    def sector(number):
        return data[(number + 1) * size : (number + 2) * size]

    def words(piece):
        return struct.unpack(f"<{len(piece) // 4}I", piece[: len(piece) // 4 * 4])

    def chain(number, following):
        numbers: list = []
        while number < len(following) and len(numbers) < len(following):
            numbers.append(number)
            number = following[number]
        return numbers

    def joined(number):
        return b"".join(map(sector, chain(number, following)))

    table = list(struct.unpack_from("<109I", data, 76))
    for _ in range(min(rest, len(data) // size)):
        *part, more = words(sector(more)) or (END_OF_CHAIN,)
        table += part
    following = [word for number in table[:count] if number < END_OF_CHAIN for word in words(sector(number))]
    folder = joined(first)
    streams: dict = {}
    for at in range(0, len(folder) - 127, 128):
        length = max(0, struct.unpack_from("<H", folder, at + 64)[0] - 2)
        name = folder[at : at + length].decode("utf-16-le", "replace").lower()
        streams.setdefault("" if at == 0 else name, struct.unpack_from("<II", folder, at + 116))
    start, length = streams.get("workbook") or streams.get("book") or (None, None)
    if start is None:
        raise Refused("no_workbook_stream")
    if length >= smallest:
        return joined(start)[:length]
    small, after = joined(streams[""][0]), words(joined(first_small))
    return b"".join(small[number * 64 : number * 64 + 64] for number in chain(start, after))[:length]


def errors_of_xls(data):
    """(number of sheets, {sheet's place: [(row, column, text)]}) of an .xls. Charts within sheets have cells of their
    own, which are none of the sheet's.

    Raises Refused where a password scrambles the cells (the library minds some kinds only), and where formulas stand in
    records of another version than the file's, which the library leaves out.
    """
    stream = stream_of(data)
    record = struct.Struct("<HH").unpack_from
    found: dict = {}
    starts: list = []
    at, end = 0, len(stream) - 3
    place, depth = None, 0
    while at < end:
        kind, size = record(stream, at)
        if kind in WATCHED:
            text = ""
            if kind == BEGIN:
                depth += 1
                if at in starts:
                    depth, place = 1, starts.index(at)
                if depth == 1 and stream[at + 6 : at + 8] != b"\x10\x00":
                    place = None
            elif kind == END:
                depth -= 1
            elif kind == PASSWORD:
                raise Refused("password")
            elif kind == SHEET:
                starts.append(struct.unpack_from("<I", stream, at + 4)[0])
            elif place is None or depth != 1 or at + 18 > end + 3:
                pass
            elif kind == BOOLEAN_OR_ERROR:
                text = ERRORS.get(stream[at + 10], "#N/A") if stream[at + 11] == 1 else ""
            elif kind == FORMULA:
                if stream[at + 16 : at + 18] == b"\xff\xff" and stream[at + 10] == 2:
                    text = ERRORS.get(stream[at + 12], "#N/A")
            else:
                raise Refused(f"formula_record_{kind:04x}")
            if text:
                row, column = record(stream, at + 4)
                found.setdefault(place, []).append((row, column, text))
        at += 4 + size
    return len(starts), found


def has_password(data):
    """True where an .xls is encrypted; the library only says that it does not know its form."""
    try:
        stream = stream_of(data)
        at = 0
        while (record := struct.unpack_from("<HH", stream, at))[0] != END:
            if record[0] == PASSWORD:
                return True
            at += 4 + record[1]
    except (Refused, struct.error, IndexError):
        return False
    return False


def look_for_errors(data, box):
    """Put (number of sheets, {sheet's place: errors}) into the box, or the name of what went wrong."""
    try:
        box.append(errors_of_xlsx(data) if data[:2] == b"PK" else errors_of_xls(data))
    except BaseException as error:
        box.append(str(error) if isinstance(error, Refused) else type(error).__name__)


def add_errors(sheets, count, found):
    """Set the errors in the cells that the library left empty. Raises Refused where there are no such cells."""
    if found and count != len(sheets):
        raise Refused("sheets_differ")
    for place, errors in found.items():
        sheet = sheets[place]
        for row, column, text in errors:
            if row >= sheet["height"] or column >= sheet["width"]:
                if text == NOT_CALCULATED:  # beyond all that is written, so no label names it
                    continue
                raise Refused("error_outside")
            rows, cells = sheet["texts"][column]
            rows.append(row)
            cells.append(text)


def read(data):
    """(answer, numbers) of one workbook."""
    box: list = []
    looker = threading.Thread(target=look_for_errors, args=(data, box), daemon=True)
    looker.start()
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = []
    numbers = array.array("d")
    cells = 0
    if len(set(book.sheet_names)) < len(book.sheet_names):  # the library finds sheets by their names
        return {"error": "sheets_of_one_name"}, b""
    for meta in book.sheets_metadata:
        if str(meta.typ) != "SheetTypeEnum.WorkSheet":
            sheets.append({"name": meta.name, "visible": False, "height": 0, "width": 0, "texts": []})
            continue
        sheet = book.get_sheet_by_name(meta.name)
        cells += sheet.total_height * sheet.total_width
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
    looker.join()
    if isinstance(box[0], str):
        return {"error": box[0], "detail": box[0]}, b""
    add_errors(sheets, *box[0])
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
            detail = "password" if data[:2] != b"PK" and has_password(data) else str(error)[:200]
            answer, numbers = {"error": type(error).__name__, "detail": detail}, b""
        body = orjson.dumps(answer)
        sink.write(len(body).to_bytes(8, "little") + len(numbers).to_bytes(8, "little"))
        sink.write(body)
        sink.write(numbers)
        sink.flush()


main()
