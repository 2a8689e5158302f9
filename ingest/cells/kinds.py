"""What kind of file some bytes are, where they are no table that can be read: PDF, a page of HTML, a text document.

Holds: the kinds, by their first bytes, and what is said of them. Does not hold which table a readable file is
(match.py, nearest.py). The file's name says only what is left
alone: the litter of programs, and files that are still on their way.
"""

from __future__ import annotations

import io
import re
import zipfile

from sousei.ingest.problems.record import Problem, Refusal, problem

NOT_A_TABLE = "not_a_table"
"""Identifier of the problem that such a file has."""
_STARTS = (
    (b"%PDF-", "PDF", "PDF"), (b"\x89PNG", "画像(PNG)", "an image"), (b"\xff\xd8\xff", "画像(JPEG)", "an image"),
    (b"GIF8", "画像(GIF)", "an image"), (b"BM", "画像(BMP)", "an image"), (b"II*\0", "画像(TIFF)", "an image"),
    (b"MM\0*", "画像(TIFF)", "an image"), (b"{\\rtf", "文書(RTF)", "a document (RTF)"),
    (b"%!PS", "PostScript", "PostScript"), (b"\x1f\x8b", "圧縮ファイル(gzip)", "an archive (gzip)"),
    (b"7z\xbc\xaf", "圧縮ファイル(7z)", "an archive (7z)"), (b"Rar!", "圧縮ファイル(RAR)", "an archive (RAR)"),
    (b"BZh", "圧縮ファイル(bzip2)", "an archive (bzip2)"), (b"\xfd7zXZ", "圧縮ファイル(xz)", "an archive (xz)"),
    (b"PAR1", "Parquet", "Parquet"), (b"SQLite format 3", "データベース(SQLite)", "a database (SQLite)"),
    (b"MZ", "プログラム(EXE)", "a program"), (b"L\0\0\0\x01\x14\x02\0", "ショートカット", "a shortcut"),
    (b"ID3", "音声", "a sound"), (b"OggS", "音声", "a sound"),
)  # fmt: skip
_INSIDE = ((b"ftyp", 4, "動画・画像", "a film or image"), (b"WEBP", 8, "画像(WebP)", "an image"),
           (b"ustar", 257, "書庫(tar)", "an archive (tar)"))  # fmt: skip
_PARTS = (
    ("word/", "Word の文書", "a Word document"), ("ppt/", "PowerPoint の資料", "PowerPoint slides"),
    ("visio/", "Visio の図", "a Visio drawing"),
)  # fmt: skip
_STREAMS = (
    ("WordDocument", "Word の文書", "a Word document"),
    ("PowerPoint Document", "PowerPoint の資料", "PowerPoint slides"),
    ("__properties_version1.0", "Outlook のメール", "an Outlook message"),
    ("Catalog", "縮小画像の控え(Thumbs.db)", "Thumbs.db"),
)  # fmt: skip
_BOOKS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book", "EncryptedPackage"))
_OPEN_DOCUMENT = re.compile(rb"application/vnd\.oasis\.opendocument\.(\w+)")
_OPEN_KINDS = {b"spreadsheet": "OpenDocument の表計算(.ods)", b"text": "OpenDocument の文書(.odt)"}
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|div|meta)\b", re.I | re.S
)
_MAIL = re.compile(r"(?:MIME-Version|Return-Path|Received|Message-ID|From|Subject):\s", re.I)
LITTER = re.compile(
    r"^(?:[.~].*|thumbs\.db(?::.*)?|ehthumbs(?:_vista)?\.db|desktop\.ini|icon\r|__macosx|\$recycle\.bin|recycler"
    r"|system volume information|lost\+found|@eadir|@tmp|#recycle|#.*#|.*~)$"
    r"|:zone\.identifier$|\.(?:tmp|temp|part|partial|crdownload|filepart|download|opdownload|swp|swo|lnk|url|webloc|lock|lck|ds_store)$",
    re.I,
)
"""Names of files and folders that programs leave beside tables, and of files that are still on their way."""


def refuse(data: bytes) -> None:
    """Raises Refusal where the bytes are of a known kind that is no table."""
    if told := _of_start(data) or _of_zip(data) or _of_ole(data) or _of_text(data):
        raise Refusal(told)


def _other(kind_ja: str, kind: str) -> Problem:
    return problem("not_a_table.other", kind_ja=kind_ja, kind=kind)


def _of_start(data: bytes) -> Problem | None:
    if b"%PDF-" in data[:1024] and not data[:1024].split(b"%PDF-")[0].strip(b"\xef\xbb\xbf \t\r\n\0"):
        return _other("PDF", "a PDF")
    for start, ja, en in _STARTS:
        # two letters alone may begin a text
        if data.startswith(start) and (len(start) > 3 or b"\0" in data[:64] or start in {b"\xff\xd8\xff", b"\x1f\x8b"}):
            return _other(ja, en)
    for sign, at, ja, en in _INSIDE:
        if data[at : at + len(sign)] == sign and b"\0" in data[:300]:
            return _other(ja, en)
    lock = data[:1].isascii() and 0 < len(data) <= 165 and 1 <= data[0] <= 54 and data[1 : 1 + data[0]].strip() != b""
    if lock and len(data) in {54, 162, 165} and not data[1 + data[0] : 54].strip(b"\0 "):
        return problem("not_a_table.lock_file")
    return None


def _of_zip(data: bytes) -> Problem | None:
    if not data.startswith(b"PK"):
        return None
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, RuntimeError, EOFError):
        return None  # told as a broken workbook
    if found := _OPEN_DOCUMENT.search(data[:200]):
        return problem("not_a_table.open_document", kind_ja=_OPEN_KINDS.get(found[1], "OpenDocument の資料"))
    for start, ja, en in _PARTS:
        if any(name.startswith(start) for name in names) and not any(name.startswith("xl/") for name in names):
            return _other(ja, en)
    if not any(name == "[Content_Types].xml" or name.startswith(("xl/", "/", "..")) for name in names):
        tables = sum(name.lower().endswith((".xlsx", ".xls", ".csv", ".json")) for name in names)
        if tables:
            return problem("not_a_table.archive_of_tables", tables=tables)
        return _other("圧縮ファイル(zip)", "an archive (zip)")
    return None


def _of_ole(data: bytes) -> Problem | None:
    if not data.startswith(bytes.fromhex("d0cf11e0a1b11ae1")) or any(name in data for name in _BOOKS):
        return None
    for name, ja, en in _STREAMS:
        if name.encode("utf-16-le") in data:
            return _other(ja, en)
    return None  # told as an unreadable workbook


def _of_text(data: bytes) -> Problem | None:
    start = data[:4096]
    utf16 = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = start.decode("utf-16" if utf16 else "utf-8", "ignore").lstrip("\ufeff")
    if _HTML.match(text):
        return problem("not_a_table.web_page")
    if text.lstrip().startswith("<?xml") or text.lstrip().startswith("<Workbook"):
        book = "urn:schemas-microsoft-com:office:spreadsheet" in text
        return problem(
            "not_a_table.xml",
            kind_ja="Excel 2003 の XML" if book else "XML",
            kind="XML of Excel 2003" if book else "XML",
        )
    if len([line for line in text.splitlines()[:12] if _MAIL.match(line)]) >= 3:
        return problem("not_a_table.mail")
    return None
