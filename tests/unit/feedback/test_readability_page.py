"""The maker's page: escaping, accessibility, its workbook twin, the pages of a run and their cache."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook

from sousei.feedback import examine as readability
from sousei.feedback import html, pages
from sousei.feedback.examine import examine, findings, results
from sousei.feedback.pages import page_of, write_all
from sousei.feedback.report import Delivery, Report, report_of
from sousei.feedback.workbook import xlsx
from sousei.foundation import html as skeleton
from sousei.foundation.home import Home
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.tables import schema_of

HOSTILE = [
    '=HYPERLINK("http://x",1)',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "＝1+1",
    "\u202egnp",
]


def messy(title: str = "表１") -> bytes:
    """A workbook that breaks many rules."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    sheet.append(["令和2年 人口"])
    sheet.append([])
    sheet.append(["市町村", "人口", None, "備考"])
    sheet.append([None, "男", "女", None])
    for name in (*HOSTILE, "根　室　市"):
        sheet.append([name, "1,000", "=1+1", "①"])
    sheet.merge_cells("B3:C3")
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def report(data: bytes, file_name: str = "人口.xlsx") -> Report:
    problems = [
        {
            "problem_id": "total_mismatch",
            "severity": "gate",
            "sheet": "表１",
            "row": 7,
            "column_label": "計",
            "message_ja": "男女の計が総数と合いません。",
            "message_en": "Men and women do not add up.",
            "expected": "3",
            "found": "=4",
            "action_ja": "表を直してください。",
        }
    ]
    delivery = Delivery(file_name, "demo-0123456789abcdef", verdict="refused", period="2020")
    return report_of(examine(data), problems, delivery)


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "col", "br", "link", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_text_of_a_file_stays_text_in_the_page() -> None:
    nasty = report(messy("'=1<b>&"), '<script>alert("x")</script>.xlsx')
    nasty.problems[0] = nasty.problems[0]._replace(found="<img src=x onerror=alert(1)>")
    page = html.page(nasty)
    seen = Page(page)
    assert not seen.open
    assert not {"script", "img", "b", "iframe", "link"} & {tag for tag, _ in seen.tags}
    assert "&lt;script&gt;" in page
    assert not any(name.startswith("on") for _, attributes in seen.tags for name in attributes)
    for text in HOSTILE:  # cells' values are not shown at all
        assert text not in page


def test_a_page_is_whole_in_itself_and_can_be_read_aloud() -> None:
    page = html.page(report(messy()))
    seen = Page(page)
    assert ("html", {"lang": "ja"}) in seen.tags
    tables = [tag for tag, _ in seen.tags].count("table")
    assert tables >= 4 and [tag for tag, _ in seen.tags].count("caption") == tables
    assert all(attributes.get("scope") in {"col", "row"} for tag, attributes in seen.tags if tag == "th")
    assert not re.findall(r"(?:src|href)=[\"'](?!#)", page) and "@import" not in page and "url(" not in page
    assert "size: A4" in page


PHONE_REM = 24
"""Width of the text on a phone of 390 pixels."""


def test_no_column_collapses_on_a_phone() -> None:
    made = report(messy())
    for page in (html.page(made), html.index([("demo", made)])):
        least = [(int(n), int(rem)) for n, rem in re.findall(r"nth-child\((\d+)\)\) \{ min-width: (\d+)rem", page)]
        assert len(least) == 2 and "main { overflow-x: auto; }" in page
        for columns in re.findall(r"<colgroup>(.*?)</colgroup>", page):
            widths = re.findall(r"width:([^\"]+)", columns)
            whole = max([PHONE_REM, *(rem for n, rem in least if len(widths) >= n)])
            fixed = sum(float(one[:-3]) for one in widths if one.endswith("rem"))
            shared = sum(float(one[:-1]) for one in widths if one.endswith("%")) / 100
            assert (whole * (1 - shared) - fixed) / widths.count("auto") >= 5, widths


def test_contrast_of_all_text_is_at_least_4_5() -> None:
    def light(colour: str) -> float:
        colour = colour if len(colour) == 6 else "".join(c * 2 for c in colour)
        parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    style = (Path(skeleton.__file__).parent / "templates" / "style.css").read_text("utf-8")
    assert style in html.page(report(messy()))
    inks = re.findall(r"(?<![-\w])color: #([0-9a-f]+)", style)
    grounds = re.findall(r"background: #([0-9a-f]+)", style)
    assert len(inks) >= 6 and len(grounds) >= 3
    for ink in inks:
        for ground in grounds:
            dark, bright = sorted((light(ink), light(ground)))
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_the_summary_counts_every_rule_once() -> None:
    made = report(messy())
    summary = made.counts_by_level
    assert {level: sum(counts.values()) for level, counts in summary.items()} == {"L1": 15, "L2": 6, "L3": 9}
    broken = {one.rule.id for one in made.findings if one.found.result == "broken"}
    assert {"L1-06", "L1-12", "L2-01", "L2-03", "L2-06", "L3-01"} <= broken
    assert sum(counts["broken"] for counts in summary.values()) == len(broken) == made.counts["broken"]


def test_old_workbooks_are_told_what_cannot_be_seen(tmp_path: Path) -> None:
    seen = examine(messy())._replace(form="xls", unseen={"L2-06": "旧形式(.xls)の数式はこの検査では見えません。"})
    seen.findings[:] = [one for one in seen.findings if one.rule != "L2-06"]
    assert "旧形式(.xls)の数式はこの検査では見えません。" in html.page(report_of(seen, [], Delivery()))


def test_the_workbook_twin_keeps_the_rules_that_it_reports_on() -> None:
    twin = xlsx(report(messy()))
    assert findings(twin) == []
    assert set(results(examine(twin)).values()) <= {"kept", "unseen", "not_applicable"}
    none = report_of(examine(b"a\n")._replace(findings=[]), [], Delivery("人口.csv"))
    assert findings(xlsx(none)) == []


def test_the_workbook_twin_holds_every_finding_and_problem_and_no_formula() -> None:
    made = report(messy("'=1+1"), "=cmd|'/c calc'!A1.xlsx")
    twin = xlsx(made)
    with zipfile.ZipFile(io.BytesIO(twin)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    rows = list(load_workbook(io.BytesIO(twin))["指摘一覧"].iter_rows(values_only=True))
    head, body = rows[0], rows[1:]
    count = head.index("件数（件）")
    for rule in {one.rule.id for one in made.findings}:
        told = sum(row[count] for row in body if row[1] == rule)  # type: ignore[misc]
        assert told == sum(one.found.total for one in made.findings if one.rule.id == rule)
    assert [row[1] for row in body if row[0] == "取り込み"] == ["total_mismatch"]


def test_the_same_report_gives_the_same_bytes() -> None:
    made = report(messy())
    assert xlsx(made) == xlsx(made) and html.page(made) == html.page(made)
    with zipfile.ZipFile(io.BytesIO(xlsx(made))) as book:
        assert b"2000-01-01T00:00:00Z</dcterms:created>" in book.read("docProps/core.xml")


def test_places_that_are_not_named_are_counted_in_both_forms() -> None:
    rows = "".join(f"{n},{'１' if n % 2 else 1}\r\n" for n in range(100))
    made = report_of(examine(f"番号,人口（人）\r\n{rows}".encode()), [], Delivery("x.csv"))
    (one,) = [one for one in made.findings if one.rule.id == "L2-01"]
    assert len(one.found.addresses) == 20 and one.found.total == 50
    assert "ほか 30 セル" in html.page(made)
    body = list(load_workbook(io.BytesIO(xlsx(made)))["指摘一覧"].iter_rows(min_row=2, values_only=True))
    assert [(row[6], row[7]) for row in body if row[1] == "L2-01"][-1] == ("上記以外", 30)


# --- the pages of a run -----------------------------------------------------------------------------------------------

NOW = dt.datetime(2026, 11, 1, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))


def delivered(home: Home, name: str, data: bytes | None) -> dict[str, object]:
    sha = hashlib.sha256(data).hexdigest() if data is not None else ""
    if data is not None:
        (home.snapshots / sha).mkdir(parents=True, exist_ok=True)
        (home.snapshots / sha / "bytes").write_bytes(data)
    row: dict[str, object] = dict.fromkeys(schema_of("delivery").names())
    source_id = f"demo-{sha[:16]}" if sha else "unknown-not-stored"
    verdict = "taken" if sha else "refused"
    return row | {
        "source_id": source_id, "file_name": name, "sha256": sha, "received_at": NOW, "size_bytes": 1,
        "verdict": verdict,
    }  # fmt: skip


def frames(rows: list[dict[str, object]], problems: list[dict[str, object]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    return (
        pl.DataFrame(problems, schema=schema_of("problem"), orient="row"),
        pl.DataFrame(rows, schema=schema_of("delivery"), orient="row"),
    )


def refused(name: str, said: Problem) -> dict[str, object]:
    return {**said, "source_id": "unknown-not-stored", "file_name": name}


def test_every_delivery_has_its_pages_and_the_index_lists_them(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    rows = [
        delivered(home, "表.xlsx", messy()),
        delivered(home, "表.csv", "地域コード,市町村,人口（人）\r\n01223,根室市,24636\r\n".encode()),
        delivered(home, "名簿.csv", None),
        delivered(home, "<b>.fifo", None),
    ]
    problems = [
        refused("名簿.csv", problem("personal_data.column", column_label="氏名", word="氏名", rows=2)),
        refused("<b>.fifo", problem("not_regular")),
    ]
    to = tmp_path / "pages"
    paths = write_all(home, *frames(rows, problems), to)
    assert sorted(path.name for path in paths) == sorted(path.name for path in to.iterdir())
    assert len(paths) == 2 * 4 + 1
    listing = (to / "index.html").read_text("utf-8")
    assert "<b>" not in listing and "&lt;b&gt;.fifo" in listing and "名簿.csv" in listing
    for target in re.findall(r'href="([^"#]+)"', listing):
        assert (to / target).is_file()
    personal = next(text for path in to.glob("unknown*.html") if "名簿" in (text := path.read_text("utf-8")))
    assert "個人の情報がある" in personal and "personal_data" in personal


def test_a_file_is_looked_at_once_per_checker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    given = frames([delivered(home, "表.xlsx", messy())], [])
    first = {path.name: path.read_bytes() for path in write_all(home, *given, tmp_path / "a")}

    def never(data: bytes, lookers: object) -> None:
        raise AssertionError("looked at again")

    real = readability.examine
    monkeypatch.setattr(readability, "examine", never)
    second = {path.name: path.read_bytes() for path in write_all(home, *given, tmp_path / "b")}
    assert first == second
    looks: list[int] = []
    monkeypatch.setattr(readability, "examine", lambda *asked: looks.append(1) or real(*asked))
    monkeypatch.setattr(pages, "checker_version", lambda: "another")
    write_all(home, *given, tmp_path / "c")
    assert looks == [1]


def test_a_check_that_fails_costs_its_page_and_not_the_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")

    def fails(data: bytes, lookers: object) -> None:
        raise ZeroDivisionError("根室太郎")

    monkeypatch.setattr(readability, "examine", fails)
    paths = write_all(home, *frames([delivered(home, "表.xlsx", messy())], []), tmp_path / "a")
    page = next(path for path in paths if path.name.startswith("demo") and path.suffix == ".html").read_text("utf-8")
    assert "検査が途中で止まりました(ZeroDivisionError)" in page and "根室太郎" not in page
    assert not (home.raw / "readability").exists()  # the next night tries again


def test_page_of_a_file_before_it_is_delivered(tmp_path: Path) -> None:
    path = tmp_path / "人口.xlsx"
    path.write_bytes(messy())
    made = page_of(path)
    assert made.delivery.file_name == "人口.xlsx" and made.delivery.verdict == "refused"
    assert [(one.rule.id, one.found.total) for one in made.findings if one.found.result == "broken"] == [
        (one.rule, one.total) for one in findings(path.read_bytes()) if one.result == "broken"
    ]
    assert html.page(made) and xlsx(made)
    assert sorted(tmp_path.iterdir()) == [path]


def test_page_of_what_intake_would_not_open_does_not_open_it(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link.csv"
    os.mkfifo(pipe)
    (tmp_path / "real.csv").write_text("a,b\n1,2\n")
    link.symlink_to(tmp_path / "real.csv")
    for path, problem_id in ((pipe, "not_regular"), (link, "symbolic_link")):
        made = page_of(path)
        assert [one.problem_id for one in made.problems] == [problem_id]
        assert {one.result for one in made.rules[1:]} == {"unseen", "not_applicable"}
    with pytest.raises(FileNotFoundError):
        page_of(tmp_path / "none.csv")
