"""Files that lie beside the tables: each is told as what it is, stops nothing, and litter is passed over in silence.

All of it is made here; nothing is a real file.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import raw
from sousei.ingest.dry_run import describe
from sousei.ingest.problems.causes import one_line
from sousei.ingest.reading import delivery as reading
from sousei.ingest.receive import intake
from tests.synthetic.books import book

SAMPLES = PROJECT_ROOT / "samples" / "landing"
NIGHT = dt.datetime(2026, 11, 22, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
VISITORS = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig")
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
NOISE = random.Random(8).randbytes(3000)


def zipped(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, text in parts.items():
            made.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return out.getvalue()


def office(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr(name, "<x/>")
    return out.getvalue()


def open_document(kind: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        made.writestr("content.xml", "<x/>")
    return out.getvalue()


def ole(stream: str) -> bytes:
    return OLE + b"\0" * 500 + stream.encode("utf-16-le") + NOISE


HTML = '<!DOCTYPE html>\n<html lang="ja"><body><table><tr><td>団体コード</td><td>人口</td></tr></table></body></html>'
KINDS: dict[str, tuple[str, bytes, str]] = {
    "pdf": ("表.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "PDF"),
    "pdf with NUL": ("表.pdf", b"%PDF-1.4\n" + NOISE + b"\0", "PDF"),
    "pdf named csv": ("city2024.csv", b"%PDF-1.4\nxref\n", "PDF"),
    "html": ("index.html", HTML.encode(), "HTML"),
    "html named xls": ("2404ssnen.xls", HTML.encode("cp932"), "HTML"),
    "html named xlsx": ("2404ssnen.xlsx", b"\xef\xbb\xbf" + HTML.encode(), "HTML"),
    "html in utf-16": ("a.xls", HTML.encode("utf-16"), "HTML"),
    "html after blanks": ("a.csv", b"\r\n\r\n  " + HTML.encode(), "HTML"),
    "html table only": ("a.xls", b"<table border=1><tr><td>1</td></tr></table>", "HTML"),
    "xml of excel 2003": (
        "a.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "XML",
    ),
    "docx": ("説明.docx", office("word/document.xml"), "Word"),
    "docx named xlsx": ("説明.xlsx", office("word/document.xml"), "Word"),
    "pptx": ("資料.pptx", office("ppt/presentation.xml"), "PowerPoint"),
    "ods": ("表.ods", open_document("spreadsheet"), "OpenDocument"),
    "odt": ("表.odt", open_document("text"), "OpenDocument"),
    "zip": ("全部.zip", zipped(a_dot_csv="x", b_dot_xlsx="y"), "zip"),
    "doc": ("a.doc", ole("WordDocument"), "Word"),
    "ppt": ("a.ppt", ole("PowerPoint Document"), "PowerPoint"),
    "msg": ("a.msg", ole("__properties_version1.0"), "メール"),
    "png": ("図.png", b"\x89PNG\r\n\x1a\n" + NOISE, "画像"),
    "jpeg": ("図.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF" + NOISE, "画像"),
    "gif": ("図.gif", b"GIF89a" + NOISE, "画像"),
    "webp": ("図.webp", b"RIFF\0\0\0\0WEBPVP8 " + NOISE, "画像"),
    "tiff": ("図.tif", b"II*\0" + NOISE, "画像"),
    "gzip": ("a.csv.gz", gzip.compress(VISITORS.encode()), "gzip"),
    "7z": ("a.7z", b"7z\xbc\xaf\x27\x1c" + NOISE, "7z"),
    "rar": ("a.rar", b"Rar!\x1a\x07\x01\0" + NOISE, "RAR"),
    "rtf": ("a.rtf", b"{\\rtf1\\ansi x}", "RTF"),
    "sqlite": ("a.db", b"SQLite format 3\0" + NOISE, "SQLite"),
    "parquet": ("a.parquet", b"PAR1" + NOISE, "Parquet"),
    "mail": ("a.eml", b"From: a\r\nSubject: b\r\nMIME-Version: 1.0\r\n\r\nx", "メール"),
    "lock file": (
        "開いている表.xlsx", bytes([4]) + b"abcd" + b" " * 49 + b"\x04\0" + b"a\0b\0c\0d\0" + b"\0" * 101, "ロック",
    ),
}  # fmt: skip


def night(landing: Path, home: Home) -> raw.RawResult:
    return raw.read(home, intake.take(home, landing, NIGHT, "landing"), NIGHT.date())


def landing_with(tmp_path: Path, **files: bytes) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.sampled(10)
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_no_table_is_named_and_stops_nothing(tmp_path: Path, kind: str) -> None:
    name, data, word = KINDS[kind]
    landing, home = landing_with(tmp_path, **{name: data, "good.csv": VISITORS.encode()}), Home(tmp_path / "home")
    for _ in range(2):
        result = night(landing, home)
        assert not result.refused
        assert result.deliveries.filter(result.deliveries["verdict"] == "taken")["file_name"].to_list() == ["good.csv"]
        (problem,) = result.problems.to_dicts()
        assert (problem["problem_id"], problem["severity"], problem["file_name"]) == ("not_a_table", "warn", name)
        assert word in problem["message_ja"] and problem["action_ja"]
        assert word in one_line([problem])[0]
    stored = [path for path in home.snapshots.rglob("bytes") if path.read_bytes() == data]
    assert stored == []  # it may hold anything, and nobody looked through it
    assert [p["problem_id"] for p in describe(landing / name)["problems"]] == ["not_a_table"]


@pytest.mark.parametrize("data", [
    b"BM,1\n2,3\n", b"MZ,1\n2,3\n", b"ID3,1\n2,3\n", "ＰＤＦ,数\n%PDF,3\n".encode(), b"a,<html>\n1,2\n",
    b"Subject,From\n1,2\n", b"Rar,1\n2,3\n",
])  # fmt: skip
def test_a_text_that_only_begins_like_another_kind_is_still_a_text(data: bytes) -> None:
    assert [p["problem_id"] for p in reading.read(data, "x.csv").problems] == ["not_recognised"]


LITTER = [
    "Thumbs.db", "thumbs.db", "ehthumbs.db", "desktop.ini", "Desktop.ini", ".DS_Store", "._city2021.csv", "~$表.xlsx",
    ".~lock.表.xlsx#", "city.csv:Zone.Identifier",
    "Icon\r", "表.csv~", "#表.csv#", "表.xlsx.tmp", "表.csv.part", "表.csv.crdownload", ".表.csv.swp",
    "表 - ショートカット.lnk", "公表元.url", "~WRL0001.tmp", "表.csv.filepart", "Thumbs.db:encryptable",
]  # fmt: skip
FOLDERS = ["__MACOSX", "$RECYCLE.BIN", "System Volume Information", ".Trash-1000", "@eaDir", "lost+found", ".git"]


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", LITTER)
def test_litter_is_passed_over_in_silence_however_often_it_changes(tmp_path: Path, name: str) -> None:
    landing, home = landing_with(tmp_path, **{"good.csv": VISITORS.encode()}), Home(tmp_path / "home")
    before = night(landing, home)
    for content in (OLE + NOISE, b"[.ShellClassInfo]\r\n", VISITORS.encode() + b"1"):
        (landing / name).write_bytes(content)
        after = night(landing, home)
        assert after.deliveries.equals(before.deliveries) and after.problems.is_empty()


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_of_systems_are_passed_over(tmp_path: Path, name: str) -> None:
    landing = landing_with(tmp_path, **{"good.csv": VISITORS.encode()})
    (landing / name).mkdir()
    (landing / name / "city2022.csv").write_bytes(b"x")
    result = night(landing, Home(tmp_path / "home"))
    assert result.deliveries.height == 1 and result.problems.is_empty()


@pytest.mark.parametrize("name", ["~$表.xlsx", ".~lock.表.xlsx#", "Thumbs.db", "desktop.ini"])
def test_check_says_what_litter_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(OLE + NOISE)
    (problem,) = describe(tmp_path / name)["problems"]
    assert problem["problem_id"] == "left_alone" and "ロックファイル" in problem["message_ja"]


@pytest.mark.parametrize("name", ["合計.csv", "tmp.csv", "lock.csv", "desktop.csv", "urls.csv", "表~1.csv", "part.csv"])
def test_a_table_with_a_name_like_litter_is_read(tmp_path: Path, name: str) -> None:
    landing = landing_with(tmp_path, **{name: VISITORS.encode()})
    assert night(landing, Home(tmp_path / "home")).deliveries["verdict"].to_list() == ["taken"]


PREFECTURES = [("北海道", "1000", "010006"), ("岩手県", "3000", "030007"), ("東京都", "13000", "130001")]


def _visitors(head: str, rows: list[str]) -> bytes:
    return ("\n".join([head, *rows]) + "\n").encode()


PLACE = "市区町村,観光来訪者数,1,北海道,1223,根室市,9"


def _registry(kind: str) -> bytes:
    rows: list[list[object]] = [
        [f"令和5年1月1日住民基本台帳年齢階級別人口（{kind}）（総計）"],
        ["団体コード", "都道府県名", "性別", "総数", "0歳～4歳", "5歳～9歳"],
        *[[code, name, sex, 30, 10, 20] for name, _, code in PREFECTURES for sex in ("計", "男", "女")],
    ]
    return book(rows)


HEAD = "年,月,地域区分,データ区分,都道府県コード,都道府県名,地域コード,地域名称,人数"
SIBLINGS: dict[str, tuple[bytes, str]] = {
    "visitors of prefectures": (
        _visitors(HEAD, [f"2024,1,都道府県,観光来訪者数,{c[:-3]},{name},{c},{name},999" for name, c, _ in PREFECTURES]),
        "都道府県別",
    ),
    "visitors of prefectures, without 地域": (
        _visitors("年,月,地域区分,データ区分,都道府県コード,都道府県名,人数",
                  [f"2024,1,都道府県,観光来訪者数,{code[:-3]},{name},999" for name, code, _ in PREFECTURES]),
        "都道府県別",
    ),
    "registry of prefectures": (_registry("都道府県別"), "都道府県別"),
    "visitors by week": (
        _visitors(HEAD.replace("月,", "週,"), [f"2024,{week},{PLACE}" for week in range(1, 9)]),
        "週ごと",
    ),
    "visitors by month and week": (
        _visitors(HEAD.replace("月,", "月,週,"), [f"2024,1,{week},{PLACE}" for week in (1, 2)]),
        "週ごと",
    ),
    "visitors by day": (
        _visitors(HEAD.replace("年,月,", "年月日,"), [f"2024-01-0{day},{PLACE}" for day in range(1, 9)]),
        "日ごと",
    ),
    "visitors by hour": (
        _visitors(HEAD.replace("月,", "月,時間帯,"), [f"2024,1,{h},{PLACE}" for h in range(1, 9)]),
        "日ごと",
    ),
    "migration by month": (
        "住民基本台帳人口移動報告 月報\n地域コード,地域,年月,転入者数\n01223,根室市,2024年3月,20\n".encode(), "月ごと",
    ),
    "population by month across": (
        "地域コード,地域,2024年1月,2024年2月,2024年3月\n01223,根室市,20,21,22\n".encode(), "月ごと",
    ),
    "by quarter": ("市区町村名,年度,四半期,売上\n根室市,2024,1,20\n".encode(), "四半期ごと"),
    "a note": ("このフォルダの説明\n\n表は公表元から取る。\n".encode(), "説明やメモ"),
    "a note in CP932 with quotes": ('これは"説明"です。\n次の"行"です。\n'.encode("cp932"), "説明やメモ"),
    "a note of markdown": ("# 説明\n\n- 一つ目, 二つ目\n- 三つ目\n".encode(), "説明やメモ"),
    "persons by mail": ("誰,連絡\nア,kanaria@example.jp\nイ,kanaria2@example.jp\n,3\n".encode(), "名簿"),
    "persons by three of their columns": ("番,住所,電話番号,性別\n1,架空町,1,男\n".encode(), "名簿"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SIBLINGS)
def test_a_table_beside_a_sources_own_is_told_as_what_it_is_and_stops_nothing(tmp_path: Path, kind: str) -> None:
    data, word = SIBLINGS[kind]
    landing, home = landing_with(tmp_path, **{"x.dat": data, "good.csv": VISITORS.encode()}), Home(tmp_path / "home")
    result = night(landing, home)
    assert not result.refused
    (problem,) = result.problems.to_dicts()
    assert (problem["problem_id"], problem["severity"]) == ("not_recognised", "warn")
    assert word in problem["message_ja"]
    assert "- {" not in problem["action_ja"]  # nothing to paste: it must not become the table
    assert "架空" not in json.dumps(result.problems.to_dicts(), ensure_ascii=False, default=str)


@pytest.mark.parametrize("text", [
    "氏名,所属\n架空太郎,総務課\n", "職員番号,氏名,役職\n1,架空太郎,主事\n", "名前,電話番号\n架空太郎,090-5555-0199\n",
    "担当者名,メールアドレス\n架空太郎,kanaria@example.jp\n", "No.,お名前,住所\n1,架空太郎,架空町\n",
])  # fmt: skip
def test_a_list_of_persons_is_named_and_not_stored(tmp_path: Path, text: str) -> None:
    landing, home = landing_with(tmp_path, **{"x.csv": text.encode()}), Home(tmp_path / "home")
    result = night(landing, home)
    assert [(p["problem_id"], p["severity"]) for p in result.problems.to_dicts()] == [("personal_data", "warn")]
    assert not list(home.snapshots.rglob("bytes"))
    assert "架空" not in json.dumps(result.problems.to_dicts(), ensure_ascii=False, default=str)


@pytest.mark.parametrize(
    "text", ["名前,人口\n根室市,3\n", "自治体の名前,性別,年齢,人数\n根室市,男,0,3\n", "住所地,人数\n根室市,3\n"]
)
def test_a_table_of_counts_is_no_list_of_persons(text: str) -> None:
    (problem,) = reading.read(text.encode(), "x.csv").problems
    assert problem["problem_id"] == "not_recognised" and "名簿" not in problem["message_ja"]


def test_a_table_that_nothing_is_like_is_told_by_its_size_the_fields_words_and_what_is_accepted() -> None:
    rows: list[list[object]] = [
        ["団体コード", "市区町村名", "財政力指数", "架空花子"],
        ["012238", "根室市", 0.31, "架空町"],
    ]
    (problem,) = reading.read(book(rows, "指数"), "x.xlsx").problems
    assert "シート「指数」は 2 行 4 列" in problem["message_ja"] and problem["sheet"] == "指数"
    assert all(f"「{word}」" in problem["message_ja"] for word in ("団体コード", "市区町村名", "財政力指数"))
    assert all(name in problem["action_ja"] for name in ("国勢調査(CSV)", "ふるさと納税に関する現況調査(Excel)"))
    assert "架空" not in json.dumps(problem, ensure_ascii=False)


CUT: list[tuple[str, Callable[[str], str]]] = [
    ("without a column", lambda text: "\n".join(line.rpartition(",")[0] for line in text.splitlines())),
    ("with a column more", lambda text: "\n".join(line + ",x" for line in text.splitlines())),
]


@pytest.mark.parametrize(("what", "change"), CUT, ids=[what for what, _ in CUT])
def test_a_table_of_municipalities_that_is_broken_still_stops_the_night(
    what: str, change: Callable[[str], str]
) -> None:
    found = reading.read(change(VISITORS).encode(), "x.csv")
    assert found.contract is not None and "gate" in {p["severity"] for p in found.problems}, what


@pytest.mark.parametrize("cells", ["5688.1,2143.8", "2024.5,2023.7", "2024年1月,9", "1月1日,9"])
def test_figures_and_a_single_day_make_no_table_of_months(cells: str) -> None:
    (problem,) = reading.read(f"市区町村名,値,他\n根室市,{cells}\n".encode(), "x.csv").problems
    assert "ごとの表" not in problem["message_ja"]
