"""The child process that looks at how a workbook is built: a script on its own, run with `python -I`.

Holds: limits on itself; merged ranges, hidden rows, columns and sheets, formulas, objects and looks of cells of one
workbook at a time from stdin, as JSON on stdout. Does not hold: any import of ours, any cell's value, any judgement.
XML with a document type declaration is refused, so that no entity is ever expanded.

Request: 8 bytes length, then the workbook. Answer: 8 bytes length of JSON, 8 bytes of zero, then JSON, see `of_xlsx`
and `of_xls` (foundation/child.py).
"""

import io
import json
import posixpath
import re
import resource
import sys
import zipfile
from typing import Any
from xml.parsers import expat

MEMORY = int(sys.argv[1]) if len(sys.argv) > 1 else 2 << 30
MAX_PART = int(sys.argv[2]) if len(sys.argv) > 2 else 256 << 20
MAX_CELLS = 500_000
"""Cells with a look or a formula that are kept, per look; the rest are left out."""
MAX_LISTED = 100_000
"""Merged ranges, hidden rows, hidden columns and objects that are kept, each per sheet; the rest are left out."""

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})$")
_OBJECTS = {"pic": "picture", "sp": "shape", "cxnSp": "shape", "graphicFrame": "chart", "contentPart": "shape"}


class Refused(Exception):
    """The workbook's XML is not what a workbook holds."""


def place(ref):
    """(row, column), 0-based, of a cell such as B3; None where a sheet has no such cell."""
    match = _CELL.match(ref)
    if not match:
        return None
    row, column = int(match[2]) - 1, 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return (row, column - 1) if 0 <= row < 1_048_576 and column <= 16_384 else None


def area(ref):
    """(first row, first column, last row, last column) of a range such as B3:D3."""
    first, _, last = ref.partition(":")
    start, stop = place(first), place(last or first)
    return [*start, *stop] if start and stop else None


def yes(value):
    """An XML boolean."""
    return value in ("1", "true", "on")


def number(value, default=0):
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return default


def parse(book, name, start, end=None, text=None):
    """Feed a part to the handlers: start(local name, attributes), end(local name), text(characters)."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_):
        raise Refused("doctype")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    if end:
        parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    if text:
        parser.CharacterDataHandler = text
    fed = 0
    with book.open(name) as part:
        while piece := part.read(1 << 20):
            fed += len(piece)
            if fed > MAX_PART:
                raise Refused("part_too_large")
            parser.Parse(piece, False)
    parser.Parse(b"", True)


def relations(book, names, part):
    """Relationship id -> (last word of its type, part) of a part."""
    folder, _, base = part.rpartition("/")
    path = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
    found = {}
    if path in names:

        def start(tag, attributes):
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                target = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], target)

        parse(book, path, start)
    return found


def looks_of(book, names, part):
    """Cell style -> look: [fill, font colour, bold, italic, strike]; None where it is plain."""
    fonts, fills, looks = [], [], []
    inside = []

    def start(tag, attributes):
        inside.append(tag)
        above = inside[-2] if len(inside) > 1 else ""
        if tag == "font" and above == "fonts":
            fonts.append(["", False, False, False])
        elif above == "font" and inside[-3] == "fonts":
            on = attributes.get("val", "1") not in ("0", "false", "off")
            if tag == "color":
                colour = colour_of(attributes)
                fonts[-1][0] = "" if colour in ("theme1", "indexed8", "indexed64", "FF000000", "00000000") else colour
            elif tag in ("b", "i", "strike"):
                fonts[-1][{"b": 1, "i": 2, "strike": 3}[tag]] = on
        elif tag == "fill" and above == "fills":
            fills.append("")
        elif tag == "patternFill" and above == "fill" and inside[-3] == "fills":
            fills[-1] = "" if attributes.get("patternType", "none") == "none" else attributes["patternType"]
        elif tag == "fgColor" and above == "patternFill" and inside[-4] == "fills":
            colour = colour_of(attributes)
            if fills[-1] == "solid":
                fills[-1] = "" if colour in ("FFFFFFFF", "00FFFFFF", "theme0", "indexed9", "indexed64") else colour
        elif tag == "xf" and above == "cellXfs":
            font, fill = number(attributes.get("fontId")), number(attributes.get("fillId"))
            colour, bold, italic, strike = fonts[font] if 0 <= font < len(fonts) else ["", False, False, False]
            shade = fills[fill] if 0 <= fill < len(fills) else ""
            look = [shade, colour, bold, italic, strike]
            looks.append(look if any(look) else None)

    if part in names:
        parse(book, part, start, end=lambda tag: inside.pop())
    return looks


def colour_of(attributes):
    """One word for a colour."""
    for key in ("rgb", "theme", "indexed"):
        if key in attributes:
            tint = attributes.get("tint", "")
            return (attributes[key].upper() if key == "rgb" else key + attributes[key]) + (f"t{tint}" if tint else "")
    return ""


def sheet_of(book, part, looks):
    """What a worksheet's XML says: merged, hidden_rows, hidden_columns, formulas, looks, controls."""
    found: Any = {"merged": [], "hidden_rows": [], "hidden_columns": [], "formulas": [], "marked": [], "controls": 0}
    marks: dict[str, list] = {}
    row = column = -1
    style = ""

    def room(kind):
        return len(found[kind]) < MAX_LISTED

    def start(tag, attributes):
        nonlocal row, column, style
        if tag == "c":
            ref = attributes.get("r")
            at = place(ref) if ref else None
            row, column = at or (row, column + 1)
            style = attributes.get("s", "")
            if style in marked and len(marks.setdefault(style, [])) < MAX_CELLS:
                marks[style].append((row, column))
        elif tag == "f":
            # a sheet's extensions (sparklines, rules) have formulas that stand in no cell
            if column >= 0 and len(found["formulas"]) < MAX_CELLS:
                found["formulas"].append((row, column))
        elif tag == "extLst":
            column = -1
        elif tag == "row":
            row = number(attributes.get("r"), row + 2) - 1
            column = -1
            if (yes(attributes.get("hidden")) or attributes.get("ht") in ("0", "0.0")) and room("hidden_rows"):
                found["hidden_rows"].append(row)
        elif tag == "col":
            first, last = number(attributes.get("min"), 1) - 1, number(attributes.get("max"), 1) - 1
            if (yes(attributes.get("hidden")) or attributes.get("width") in ("0", "0.0")) and room("hidden_columns"):
                found["hidden_columns"].append((first, min(last, 16383)))
        elif tag == "mergeCell":
            if (box := area(attributes.get("ref", ""))) and room("merged"):
                found["merged"].append(box)
        elif tag in ("oleObject", "control"):
            found["controls"] += 1

    marked = {str(place) for place, look in enumerate(looks) if look}
    parse(book, part, start)
    found["marked"] = [[looks[int(style)], *zip(*cells, strict=True)] for style, cells in marks.items()]
    return found


def objects_of(book, names, part):
    """[kind, row or None, column or None] of everything that lies over a sheet's cells."""
    found: list = []
    for kind, target in relations(book, names, part).values():
        if target not in names:
            continue
        if kind == "drawing":
            drawing(book, target, found)
        elif kind in ("comments", "threadedComment"):

            def comment(tag, attributes):
                if tag in ("comment", "threadedComment"):
                    found.append(["comment", *(place(attributes.get("ref", "")) or (None, None))])

            if kind == "comments" or not any(one[0] == "comment" for one in found):
                parse(book, target, comment)
    return found[:MAX_LISTED]


def drawing(book, part, found):
    """Add the pictures, shapes and charts of a drawing, each at its anchor's first cell."""
    at: list = [None, None]
    inside: list = []
    words: list = []

    def start(tag, attributes):
        inside.append(tag)
        words.clear()
        if tag.endswith("Anchor"):
            at[:] = [None, None]
        elif tag in _OBJECTS:
            found.append([_OBJECTS[tag], *at])

    def end(tag):
        if "from" in inside and tag in ("row", "col"):
            at[tag == "col"] = number("".join(words))
        inside.pop()

    parse(book, part, start, end, words.append)


def of_xlsx(data):
    """{"sheets": [{name, state, kind, merged, hidden_rows, hidden_columns, formulas, marked, controls, objects}],
    "links": n}.

    Rows and columns are 0-based. marked: [look, rows, columns] per look that is not plain. links: other workbooks.
    """
    book = zipfile.ZipFile(io.BytesIO(data))
    names = set(book.namelist())
    main = next((part for kind, part in relations(book, names, "").values() if kind == "officeDocument"), None)
    if main is None or main not in names:
        raise Refused("no_workbook_part")
    sheets = []

    def start(tag, attributes):
        if tag == "sheet":
            ident = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), attributes.get("state", "visible"), ident))

    parse(book, main, start)
    parts = relations(book, names, main)
    styles = next((part for kind, part in parts.values() if kind == "styles"), "")
    looks = looks_of(book, names, styles)
    answer = []
    for name, state, ident in sheets:
        kind, part = parts.get(ident, ("", ""))
        made = {"merged": [], "hidden_rows": [], "hidden_columns": [], "formulas": [], "marked": [], "controls": 0}
        if part in names and kind == "worksheet":
            made = sheet_of(book, part, looks)
        over = objects_of(book, names, part) if part in names else []
        answer.append({"name": name, "state": state, "kind": kind, "objects": over, **made})
    return {"sheets": answer, "links": sum(kind == "externalLink" for kind, _ in parts.values())}


def of_xls(data):
    """{"sheets": [{name, state, kind, merged}], "links": 0}: what the reader of old workbooks tells."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    answer = []
    for meta in book.sheets_metadata:
        merged = []
        if str(meta.typ).endswith("WorkSheet"):
            ranges = book.get_sheet_by_name(meta.name).merged_cell_ranges or []
            merged = [[*first, *last] for first, last in ranges]
        state = "visible" if str(meta.visible).endswith(".Visible") else "hidden"
        answer.append({"name": meta.name, "state": state, "kind": "worksheet", "merged": merged})
    return {"sheets": answer, "links": 0}


def main():
    """Serve until stdin closes."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(8)) == 8:
        data = source.read(int.from_bytes(head, "little"))
        try:
            answer = of_xlsx(data) if data[:2] == b"PK" else of_xls(data)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # the reader's panics are BaseException
            kind = str(error) if isinstance(error, Refused) else type(error).__name__
            answer = {"error": kind}
        body = json.dumps(answer, separators=(",", ":")).encode()
        sink.write(len(body).to_bytes(8, "little") + bytes(8) + body)
        sink.flush()


if __name__ == "__main__":
    main()
