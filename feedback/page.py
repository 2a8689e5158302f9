"""The page for the maker of a delivery: what to mend, in Japanese, as HTML and as a workbook.

Holds: the report of one delivery (findings by the rule of machine readability, problems of reading), its two forms, the
pages of a run with their index. Does not hold the checks (feedback.examine) or the reading (ingest.raw). A page shows
cells' addresses and counts, never what a cell holds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import re
import stat
import unicodedata
from collections import Counter
from html import escape
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from sousei.feedback import examine as readability
from sousei.feedback.checks.form import cannot_be_opened
from sousei.feedback.findings import Examination, Finding
from sousei.feedback.rules import rule_book
from sousei.foundation.files import sync_folder, write_bytes, write_json
from sousei.foundation.fingerprint import fingerprint
from sousei.foundation.home import Home
from sousei.ingest.dry_run import describe
from sousei.ingest.receive.intake import MAX_BYTES, display_name

Report = dict[str, Any]
"""file_name, source_id, sha256, size_bytes, statistic_ja, publisher_ja, period, received, verdict, form_ja, notes_ja,
edition, source_ja, source_url; rules: [{rule, level, name, severity, result, reason}]; summary: level -> result -> how
many rules; findings: [Finding's fields and level, severity, meaning_ja, mend_ja]; problems: rows of raw.problem."""

RESULTS = {
    "broken": "不適合",
    "doubtful": "要確認",
    "kept": "適合",
    "unseen": "確認できない",
    "not_applicable": "対象外",
}
SEVERITIES = {"fatal": "致命的", "critical": "重大", "major": "中", "minor": "軽微"}
LEVELS = {
    "L1": "L1 人と機械が読める形",
    "L2": "L2 計算や集計に使える形",
    "L3": "L3 自動で処理できる形",
}
FORMS = {
    "xlsx": "Excel ブック(.xlsx)",
    "xls": "旧形式の Excel ブック(.xls)",
    "csv": "CSV",
    "json": "JSON",
    "other": "開けない形式",
}
ACTIONS = {"gate": "公開を止めました", "warn": "使いませんでした", "review": "確認してください"}
NOTHING = "該当なし"
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|[\ud800-\udfff]"
)


def shown(value: object) -> str:
    """A text from a file for people: control, direction and broken characters as '?', runs of white space as one."""
    return " ".join(_UNSAFE.sub("?", "" if value is None else str(value)).split())[:500]


def report_of(examination: Examination, problems: list[dict[str, Any]], facts: dict[str, Any]) -> Report:
    """The report of one file. facts: the keys of Report up to `verdict`, missing ones become ''."""
    book = rule_book()
    rules = {rule.id: rule for rule in book.rules}
    results = readability.results(examination)
    names = ("file_name", "source_id", "sha256", "size_bytes", "statistic_ja", "publisher_ja", "period", "received")
    return {
        **{name: shown(facts.get(name)) for name in (*names, "verdict")},
        "form_ja": FORMS[examination.form],
        "notes_ja": examination.notes_ja,
        "edition": book.edition,
        "source_ja": book.source_ja,
        "source_url": book.source_url,
        "rules": [
            {
                "rule": rule.id,
                "level": rule.level,
                "name": rule.name,
                "severity": rule.severity,
                "result": results[rule.id],
                "reason": _reason(rule.id, results[rule.id], examination),
            }
            for rule in book.rules
        ],
        "summary": {
            level: dict(Counter(results[rule.id] for rule in book.rules if rule.level == level)) for level in LEVELS
        },
        "findings": [
            {
                **one._asdict(),
                "sheet": shown(one.sheet),
                "message_ja": shown(one.message_ja),
                "message_en": shown(one.message_en),
                "level": rules[one.rule].level,
                "severity": rules[one.rule].severity,
                "meaning_ja": rules[one.rule].meaning,
                "mend_ja": rules[one.rule].mend,
            }
            for one in sorted(examination.findings, key=lambda one: (one.result != "broken", one.rule))
        ],
        "problems": [
            {name: value if isinstance(value, int) else shown(value) for name, value in one.items()} for one in problems
        ],
    }


def _reason(rule: str, result: str, examination: Examination) -> str:
    if result == "unseen":
        return examination.unseen[rule]
    if result == "not_applicable":
        return "この形式には当てはまりません。"
    partly = examination.unseen.get(rule, "")
    return f"見える範囲での判定です。{partly}" if partly and result != "kept" else ""


def page_of(path: Path) -> Report:
    """The report of a file that was not delivered yet, for `sousei check FILE`. Writes nothing.

    Raises FileNotFoundError where there is no such file. A file that intake would not open is not opened here either.
    """
    said = describe(path)
    data = _bytes(path)
    try:
        examination = _looked_at(data)[0] if data is not None else _closed(said["problems"])
    finally:
        readability.close()
    facts = {
        **said,
        "file_name": display_name(path.name),
        "sha256": hashlib.sha256(data).hexdigest() if data is not None else "",
        "verdict": "taken" if said["would_be_taken"] else "refused",
    }
    return report_of(examination, said["problems"], facts)


def _bytes(path: Path) -> bytes | None:
    """Contents of a regular file of a size that intake takes; None of anything else."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or not 0 < found.st_size <= MAX_BYTES:
            return None
        return file.read(MAX_BYTES)


def _looked_at(data: bytes) -> tuple[Examination, bool]:
    """What was found in a file, and whether the look came to its end: a page for its maker must not stop the night, and
    says itself that it is not whole."""
    try:
        return readability.examine(data, ""), True
    except Exception as error:
        note = f"検査が途中で止まりました({type(error).__name__})。"
        return Examination("other", [], [note], {rule.id: note for rule in rule_book().rules}), False


def _closed(problems: list[dict[str, Any]]) -> Examination:
    """The examination of a file that was refused before it was stored: its problems say why."""
    said = problems[0] if problems else {"message_ja": "受け取れないファイルです。", "message_en": "Refused."}
    finding = Finding("L1-01", "", *cannot_be_opened(said))
    if any(one["problem_id"] == "personal_data" for one in problems):
        reason, findings = "個人の情報があるため保存しておらず、判定していません。", []
    else:
        reason, findings = "受け取れないファイルのため判定していません。", [finding]
    return Examination("other", findings, [], {rule.id: reason for rule in rule_book().rules})


# --- HTML -------------------------------------------------------------------------------------------------------------

_STYLE = """
:root { color: #1a1a1a; background: #fff; font-family: "Yu Gothic", YuGothic, Meiryo, "Noto Sans CJK JP", sans-serif;
  font-size: 15px; line-height: 1.6; }
body { margin: 0 auto; max-width: 78rem; padding: 1rem 1.5rem 3rem; }
.skip { position: absolute; left: -999rem; } .skip:focus { position: static; }
h1 { font-size: 1.5rem; margin: .3rem 0; }
h2 { font-size: 1.15rem; margin: 1.8rem 0 .4rem; border-bottom: 2px solid #1f4e79; }
p, ul { margin: .4rem 0; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1rem; table-layout: fixed; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th, td { border: 1px solid #767676; padding: .3rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
thead th { background: #dce6f1; } tbody th { background: #f3f6fa; font-weight: normal; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.id { white-space: nowrap; overflow-wrap: normal; }
.broken { color: #9c0006; font-weight: bold; } .doubtful { color: #7a4b00; font-weight: bold; }
.kept { color: #1e5c1e; }
.unseen, .not_applicable, .small { color: #505050; } .small { font-size: .87rem; }
a { color: #1f4e79; }
@page { size: A4 landscape; margin: 12mm; }
@media print { :root { font-size: 9.5pt; } body { max-width: none; padding: 0 1px; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; } .page { break-before: page; }
  h2 { break-after: avoid; } caption { break-after: avoid; } .skip { display: none; } }
"""


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="ja">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">本文へ</a>\n<main id="main">\n'
        f"<h1>{escape(title)}</h1>\n{body}</main>\n</body>\n</html>\n"
    )


class _Html(str):
    """HTML that is safe already."""


def _cell(value: object) -> str:
    return value if isinstance(value, _Html) else escape(str(value))


def _table(caption: str, heads: list[tuple[str, str]], rows: list[list[object]], classes: list[str]) -> str:
    """A table. heads: (header, width). The first cell of each row heads the row. classes: of the cells, by column."""
    columns = "".join(f'<col style="width:{width}">' for _, width in heads)
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head, _ in heads)
    lines = []
    for row in rows:
        first, *rest = [
            f' class="{kind}">{_cell(cell)}' if kind else f">{_cell(cell)}"
            for cell, kind in zip(row, classes, strict=True)
        ]
        lines.append(f'<tr><th scope="row"{first}</th>' + "".join(f"<td{cell}</td>" for cell in rest) + "</tr>\n")
    return (
        f"<table>\n<caption>{escape(caption)}</caption>\n<colgroup>{columns}</colgroup>\n"
        f"<thead><tr>{top}</tr></thead>\n<tbody>\n{''.join(lines)}</tbody>\n</table>\n"
    )


def _mark(result: str) -> _Html:
    return _Html(f'<span class="{result}">{RESULTS[result]}</span>')


def _where(one: dict[str, Any]) -> str:
    named = ", ".join(address for address, _ in one["addresses"])
    rest = one["total"] - sum(size for _, size in one["addresses"])
    return named + (f" ほか {rest:,} {one['counted_ja']}" if rest > 0 and named else "")


def html(report: Report) -> str:
    """The page of one delivery: one file, no script, nothing loaded from elsewhere."""
    file_name = report["file_name"]
    broken = [one for one in report["rules"] if one["result"] == "broken"]
    facts = [
        ("統計・発行者", " / ".join(filter(None, (report["statistic_ja"], report["publisher_ja"]))) or "不明"),
        ("時点", report["period"] or "不明"),
        ("形式", " ".join([report["form_ja"], *report["notes_ja"]])),
        ("取り込み", {"taken": "取り込みました", "refused": "取り込みませんでした"}.get(report["verdict"], "")),
        ("受け取り", report["received"] or "これから"),
        ("配布物の番号", report["source_id"] or NOTHING),
    ]
    refused = (
        report["verdict"] == "refused"
    )  # then the reasons come first: what must be mended before what would be better
    reasons = [f"<h2>{'取り込めなかった理由' if refused else '取り込みで見つかったこと'}</h2>\n", _problems(report)]
    parts = [
        f"<p><strong>{escape(file_name)}</strong> を作成された方へ。表を機械でも読める形にするために、"
        "直すと良い所をまとめました。数字・符号・この分野の語のほかは、セルの値を載せていません。</p>\n",
        _table("ファイル", [("項目", "12rem"), ("内容", "auto")], [list(pair) for pair in facts], ["", ""]),
        *(reasons if refused else []),
        "<h2>まとめ</h2>\n",
        f"<p>{escape(_in_short(report, broken))}</p>\n",
        _table(
            f"段階ごとのルールの数({report['edition']})",
            [("段階", "16rem"), *((label, "auto") for label in RESULTS.values())],
            [[LEVELS[level], *(report["summary"][level].get(key, 0) for key in RESULTS)] for level in LEVELS],
            ["", *(["n"] * len(RESULTS))],
        ),
        '<h2 class="page">ルールによる指摘</h2>\n',
        _findings(report),
        *([] if refused else reasons),
        "<h2>ルールごとの判定</h2>\n",
        _table(
            "全 30 ルール" if len(report["rules"]) == 30 else "全ルール",
            [
                ("ルール", "5rem"),
                ("名称", "auto"),
                ("判定", "7.5rem"),
                ("重大度", "5rem"),
                ("判定できない理由", "auto"),
            ],
            [
                [one["rule"], one["name"], _mark(one["result"]), SEVERITIES[one["severity"]], one["reason"]]
                for one in report["rules"]
            ],
            ["id", "", "", "", "small"],
        ),
        f'<p class="small">出典: {escape(report["source_ja"])} {escape(report["source_url"])}。'
        "名称はルールのとおり、説明と直し方は当方によるものです。重大度は同庁の判定ツール(Harunobu)の区分に合わせました。"
        "CSV の番地は、表計算ソフトで開いたときのものです。「要確認」は、意図があるかを人が確かめるものです。</p>\n",
    ]
    return _document(f"機械可読性の確認結果 {file_name}", "".join(parts))


def _in_short(report: Report, broken: list[dict[str, Any]]) -> str:
    doubtful = sum(one["result"] == "doubtful" for one in report["rules"])
    said = f"{len(report['rules'])} のルールのうち、不適合が {len(broken)}、要確認が {doubtful} です。"
    if report["problems"]:
        said += f"取り込みでは {len(report['problems'])} 件の問題がありました。"
    if report["verdict"] == "refused":
        return said + "まず、取り込めなかった理由を直してください。"
    order = list(SEVERITIES)
    first = sorted(broken, key=lambda one: (order.index(one["severity"]), one["rule"]))[:3]
    return said + ("まず " + "、".join(one["rule"] for one in first) + " から直してください。" if first else "")


def _findings(report: Report) -> str:
    if not report["findings"]:
        return "<p>指摘はありません。</p>\n"
    names = {one["rule"]: one["name"] for one in report["rules"]}
    rows: list[list[object]] = []
    for one in report["findings"]:
        rule = _Html(
            f'<span class="id">{escape(one["rule"])}</span><br><span class="small">{escape(names[one["rule"]])}</span>'
        )
        what = _Html(f'{escape(one["message_ja"])}<br><span class="small">{escape(one["meaning_ja"])}</span>')
        count = f"{one['total']:,} {one['counted_ja']}"
        rows.append(
            [
                rule,
                _mark(one["result"]),
                SEVERITIES[one["severity"]],
                one["sheet"],
                _where(one),
                count,
                what,
                one["mend_ja"],
            ]
        )
    heads = [("ルール", "16%"), ("判定", "5rem"), ("重大度", "4.5rem"), ("シート", "9%"), ("場所", "15%")]
    heads += [("数", "6.5rem"), ("内容", "auto"), ("直し方", "auto")]
    return _table("不適合を先に、ルールの順", heads, rows, ["", "", "", "", "", "n id", "", ""])


def _problems(report: Report) -> str:
    if not report["problems"]:
        return "<p>取り込みでの問題はありません。</p>\n"
    rows: list[list[object]] = [
        [
            one["problem_id"],
            ACTIONS.get(one["severity"], one["severity"]),
            one.get("sheet") or "",
            one.get("row") or "",
            one.get("column_label") or "",
            one["message_ja"],
            one.get("expected") or "",
            one.get("found") or "",
            one["action_ja"],
        ]
        for one in report["problems"]
    ]
    heads = [("種類", "11%"), ("扱い", "6rem"), ("シート", "9%"), ("行", "4rem"), ("列", "11%"), ("内容", "auto")]
    heads += [("あるべき値", "10%"), ("実際の値", "10%"), ("直し方", "18%")]
    return _table("行は表計算ソフトの行番号", heads, rows, ["", "", "", "n", "", "", "", "", ""])


# --- workbook ---------------------------------------------------------------------------------------------------------

_SHEET = "指摘一覧"
_COLUMNS = [
    ("区分", 11),
    ("番号", 12),
    ("判定", 11),
    ("重大度", 10),
    ("ファイル名", 18),
    ("シート", 14),
    ("場所", 12),
    ("件数（件）", 11),
    ("内容", 40),
    ("直し方", 44),
    ("あるべき値", 16),
    ("実際の値", 16),
]


def xlsx(report: Report) -> bytes:
    """The same as a clean table: one sheet, one header row, one place a row: it keeps the rules that it reports on."""
    rows = [*_finding_rows(report), *_problem_rows(report)]
    if not rows:
        rows = [
            [
                "ルール",
                NOTHING,
                "指摘なし",
                NOTHING,
                NOTHING,
                NOTHING,
                0,
                "指摘はありません。",
                NOTHING,
                NOTHING,
                NOTHING,
            ]
        ]
    sink = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(sink, options)
    book.set_properties({"title": "機械可読性の確認結果", "created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - same bytes
    sheet = book.add_worksheet(_SHEET)
    header = book.add_format(
        {
            "bold": True,
            "text_wrap": True,
            "align": "left",
            "valign": "top",
            "indent": 1,
            "bottom": 1,
            "bg_color": "#DCE6F1",
        }
    )
    body = book.add_format({"text_wrap": True, "align": "left", "valign": "top", "indent": 1, "bottom": 4})
    count = book.add_format({"align": "right", "valign": "top", "num_format": "#,##0", "bottom": 4})
    for column, (name, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, header)
    for line, row in enumerate(rows, start=1):
        row.insert(4, report["file_name"] or NOTHING)
        lines = max(_columns_of(str(value)) // (width - 4) + 1 for value, (_, width) in zip(row, _COLUMNS, strict=True))
        sheet.set_row(line, 15 * min(lines, 20))
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(line, column, value, count)
            else:
                sheet.write_string(line, column, value or NOTHING, body)
    sheet.autofilter(0, 0, len(rows), len(_COLUMNS) - 1)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(0.4, 0.4, 0.5, 0.5)
    sheet.set_footer("&C&P / &N")
    book.close()
    return sink.getvalue()


def _columns_of(text: str) -> int:
    """Width of a text on the screen, in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def _finding_rows(report: Report) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for one in report["findings"]:
        places = [(address, size) for address, size in one["addresses"]]
        rest = one["total"] - sum(size for _, size in places)
        if rest > 0:
            places.append(("上記以外" if places else "全体", rest))
        kind = [one["rule"], RESULTS[one["result"]], SEVERITIES[one["severity"]], one["sheet"]]
        for address, size in places:
            rows.append(["ルール", *kind, address, size, one["message_ja"], one["mend_ja"], "", ""])
    return rows


def _problem_rows(report: Report) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for one in report["problems"]:
        row, column = one.get("row"), one.get("column_label")
        place = " ".join(filter(None, (f"{row} 行" if row else "", f"列「{column}」" if column else ""))) or "全体"
        action = ACTIONS.get(one["severity"], one["severity"])
        what = [one["message_ja"], one["action_ja"], one.get("expected") or "", one.get("found") or ""]
        rows.append(["取り込み", one["problem_id"], action, NOTHING, one.get("sheet") or "", place, 1, *what])
    return rows


# --- the pages of a run -----------------------------------------------------------------------------------------------


def checker_version() -> str:
    """Hash of what decides the findings: the checker with its rules, and the readers below it."""
    return fingerprint("feedback", "ingest", "foundation")


def write_all(home: Home, problems: pl.DataFrame, deliveries: pl.DataFrame, to: Path) -> list[Path]:
    """Write <source_id>.html and .xlsx of every delivery, and index.html, below `to`; give the paths.

    problems, deliveries: raw.problem and raw.delivery of the run. What a file holds is looked at once per checker: the
    findings are kept in raw/readability/<sha256>.json. A delivery that was not stored has a page from its problems.
    """
    to.mkdir(parents=True, exist_ok=True)
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in problems.iter_rows(named=True):
        found.setdefault((one["source_id"], one["file_name"]), []).append(one)
    written: list[Path] = []
    listed: list[tuple[str, Report]] = []
    try:
        for delivery in deliveries.unique(["source_id", "file_name"], maintain_order=True).iter_rows(named=True):
            said = found.get((delivery["source_id"], delivery["file_name"]), [])
            received = delivery["received_at"]
            facts = delivery | {"received": f"{received:%Y-%m-%d %H:%M}" if received else ""}
            report = report_of(_examined(home, delivery["sha256"], said), said, facts)
            name = _page_name(delivery)
            listed.append((name, report))
            for suffix, data in (("html", html(report).encode()), ("xlsx", xlsx(report))):
                written.append(to / f"{name}.{suffix}")
                write_bytes(written[-1], data, sync=False)
    finally:
        readability.close()
    written.append(to / "index.html")
    write_bytes(written[-1], index(listed).encode(), sync=False)
    sync_folder(to)
    return written


def _page_name(delivery: dict[str, Any]) -> str:
    """The source_id; for deliveries that were not stored, which share one, with a hash of the file's name."""
    name = re.sub(r"[^0-9A-Za-z_.-]", "_", delivery["source_id"])
    if delivery["sha256"]:
        return name
    return f"{name}-{hashlib.sha256(delivery['file_name'].encode('utf-8', 'replace')).hexdigest()[:8]}"


def _examined(home: Home, sha256: str, problems: list[dict[str, Any]]) -> Examination:
    stored = home.snapshots / sha256 / "bytes"
    if not re.fullmatch(r"[0-9a-f]{64}", sha256) or not stored.is_file():
        return _closed(problems)
    kept = home.raw / "readability" / f"{sha256}.json"
    if kept.exists():
        known = json.loads(kept.read_text("utf-8"))
        if known["checker"] == checker_version():
            findings = [Finding(*fields) for fields in known["findings"]]
            return Examination(known["form"], findings, known["notes_ja"], known["unseen"])
    examination, whole = _looked_at(stored.read_bytes())
    if not whole:
        return examination
    write_json(kept, {"checker": checker_version(), **examination._asdict()}, sync=False)
    return examination


def index(listed: list[tuple[str, Report]]) -> str:
    """The list of all deliveries with their counts. listed: (name of the page without suffix, report)."""
    rows: list[list[object]] = []
    for name, report in sorted(
        listed, key=lambda one: [one[1][key] for key in ("statistic_ja", "period", "file_name")]
    ):
        results = Counter(one["result"] for one in report["rules"])
        pages = _Html(f'<a href="{escape(name)}.html">HTML</a> <a href="{escape(name)}.xlsx">Excel</a>')
        rows.append(
            [
                report["file_name"],
                report["statistic_ja"] or "不明",
                report["period"] or "不明",
                {"taken": "取り込みました", "refused": "取り込みませんでした"}.get(report["verdict"], ""),
                results["broken"],
                results["doubtful"],
                results["unseen"],
                len(report["problems"]),
                pages,
            ]
        )
    heads = [("ファイル", "22%"), ("統計", "auto"), ("時点", "12%"), ("取り込み", "9rem"), ("不適合", "4.5rem")]
    heads += [("要確認", "4.5rem"), ("確認できない", "6rem"), ("取り込みの問題", "6rem"), ("ページ", "7rem")]
    table = _table(
        f"配布物 {len(rows)} 件(数はルールの数、問題の数)", heads, rows, ["", "", "", "", "n", "n", "n", "n", ""]
    )
    said = "<p>各ページは、そのファイルを作成した方にそのまま渡せます。数字が 0 でない所から確かめてください。</p>\n"
    return _document("機械可読性の確認結果の一覧", said + table)
