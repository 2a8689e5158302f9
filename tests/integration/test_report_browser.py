"""The report in a real browser: accessibility, console, requests, script, paper. Skips with a reason where the browser
or axe-core is missing."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from sousei.foundation.home import Home
from sousei.publication import shelf
from sousei.publication.report.page import page
from sousei.publication.report.pdf import browser, printed_pdf
from tests.alike import alike

TOWNS = ("01223", "03211")
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_RUN = """<script>addEventListener("load", () => {
  const say = (found) => {
    const box = document.createElement("pre");
    box.id = "said";
    box.textContent = JSON.stringify(found);
    document.body.replaceChildren(box);
  };
  %s
});</script></body>"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser() is None, reason="no Chromium, Chrome or Edge on this machine"),
]


@pytest.fixture(scope="module")
def pages(published: Path) -> dict[tuple[str, str], str]:
    release = shelf.find(Home(published))
    asked = [*((town, "council") for town in TOWNS), ("03211", "public")]
    return {(town, edition): page(release, town, edition).decode() for town, edition in asked}


def opened(html: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The document after the browser ran it, and its console."""
    source = folder / "page.html"
    source.write_text(html, encoding="utf-8")
    return subprocess.run(
        [
            *(
                str(browser()),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--enable-logging=stderr",
            ),
            *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=60000", *options),
            *("--dump-dom", source.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )


def said(html: str, folder: Path, script: str, library: str = "") -> object:
    """What `script`, run in a copy of the page without its policy, gives to say()."""
    copy = _POLICY.sub("", html).replace("</body>", (f"<script>{library}</script>" if library else "") + _RUN % script)
    found = re.search(r'<pre id="said">(.*?)</pre>', opened(copy, folder).stdout, re.DOTALL)
    assert found
    return json.loads(unescape(found[1]))


@pytest.mark.exhaustive
@pytest.mark.parametrize("town", alike(TOWNS))
def test_axe_finds_nothing_that_bars_a_reader(pages: dict[tuple[str, str], str], tmp_path: Path, town: str) -> None:
    spec = importlib.util.find_spec("axe_core_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-core-python is not installed")
    library = Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")
    script = (
        "axe.run(document).then((found) => say({passes: found.passes.length, violations: found.violations.map((one) => "
        "[one.id, one.impact, one.nodes.map((node) => node.html.slice(0, 200))])}))"
    )
    found = said(pages[town, "council"], tmp_path, script, library)
    assert isinstance(found, dict) and found["passes"] > 30
    assert found["violations"] == []


def test_no_console_message_and_no_request(pages: dict[tuple[str, str], str], tmp_path: Path) -> None:
    log = tmp_path / "net.json"
    for html in (pages["01223", "council"], pages["03211", "public"]):
        done = opened(html, tmp_path, f"--log-net-log={log}")
        assert "↕" in done.stdout
        assert "CONSOLE" not in done.stderr, done.stderr
        assert not re.search(r'"url":"(?!file:|chrome|devtools|data:|about:)[a-z]+://[^"]*page', log.read_text())
    broken = opened(pages["03211", "public"].replace("</body>", "<script>x()</script></body>"), tmp_path)
    assert "CONSOLE" in broken.stderr


def test_nothing_is_lost_without_script(pages: dict[tuple[str, str], str], tmp_path: Path) -> None:
    html = pages["01223", "council"]
    script = """
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-same-origin";
  frame.width = 1280;
  frame.addEventListener("load", () => {
    const inside = frame.contentDocument;
    const rows = [...inside.querySelectorAll("table.kpis tbody tr")];
    say({seen: rows.filter((one) => one.offsetHeight > 10).length, text: inside.body.innerText.length,
      links: inside.querySelectorAll("table.kpis a").length,
      buttons: inside.querySelectorAll("button, select, input").length});
  });
  frame.srcdoc = PAGE;
  document.body.append(frame);""".replace("PAGE", json.dumps(html).replace("</", "<\\/"))
    outer = f"<!doctype html><html><body>{_RUN.replace('%s', script)}</html>"
    found = re.search(r'<pre id="said">(.*?)</pre>', opened(outer, tmp_path).stdout)
    assert found
    told = json.loads(found[1])
    assert told["seen"] == len(re.findall(r'<tr id="kpi-', html)) == 53
    assert told["buttons"] == 0 and told["links"] > 53 and told["text"] > 20_000


def test_the_table_is_filtered_and_sorted_and_prints_whole(pages: dict[tuple[str, str], str], tmp_path: Path) -> None:
    script = """
  const rows = () => [...document.querySelectorAll("#table-nemuro_strategy_2-3-1 tbody tr")];
  const seen = () => rows().filter((one) => getComputedStyle(one).display !== "none").length;
  const before = rows().map((one) => one.id);
  const button = document.querySelector("#table-nemuro_strategy_2-3-1 th[data-sort=number] button");
  const first = [];
  for (const time of [1, 2, 3]) { button.click(); first.push(rows()[0].querySelector("th").innerText.split("\\n")[0]); }
  const select = document.querySelector(".tools select");
  select.value = "S";
  select.dispatchEvent(new Event("input"));
  const told = document.querySelector(".tools output").textContent;
  const filtered = seen();
  location.hash = "#" + before[0];
  setTimeout(() => say({
    first, filtered, told, after: seen(), same: rows().every((one, place) => one.id === before[place]),
    paper: [...document.styleSheets].flatMap((one) => [...one.cssRules]).filter((one) => one.cssText.includes("tr.off"))
      .map((one) => one.conditionText),
  }), 100);"""
    found = said(pages["01223", "council"], tmp_path, script)
    assert isinstance(found, dict)
    assert (
        found["first"][0] == "根室市へふるさと納税をした人数"
        and found["first"][1] == "ふるさと納税制度を活用した寄附受納額"
    )
    assert found["first"][2] == "市民活動に関する相談件数" and found["same"]
    assert found["filtered"] == 1 and found["told"].startswith("47指標のうち1を表示")
    assert found["after"] == 2
    assert found["paper"] == ["screen"]


@pytest.mark.parametrize("town", alike(TOWNS))
def test_at_phone_width_only_tables_scroll(pages: dict[tuple[str, str], str], tmp_path: Path, town: str) -> None:
    (tmp_path / "inner.html").write_text(
        _POLICY.sub("", pages[town, "council"]).replace(
            "</body>",
            _RUN % "const page = document.documentElement; "
            'parent.postMessage([page.scrollWidth, page.clientWidth, innerWidth], "*");',
        ),
        encoding="utf-8",
    )
    outer = """<!doctype html><html><body><iframe src="inner.html" style="width:390px;height:900px;border:0"></iframe>
<script>addEventListener("message", (one) => { const box = document.createElement("pre"); box.id = "said";
box.textContent = JSON.stringify(one.data); document.body.append(box); });</script></body></html>"""
    found = re.search(r'<pre id="said">(.*?)</pre>', opened(outer, tmp_path).stdout)
    assert found
    needed, there, phone = json.loads(found[1])
    assert needed == there <= phone == 390


@pytest.mark.exhaustive
@pytest.mark.parametrize("town", alike(TOWNS))
def test_on_paper(pages: dict[tuple[str, str], str], tmp_path: Path, town: str) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler) is not installed")
    program = browser()
    assert program is not None
    html = pages[town, "council"].encode()
    pdf = printed_pdf(html, program, date(2026, 11, 22))
    assert town != TOWNS[1] or pdf == printed_pdf(html, program, date(2026, 11, 22))
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf)
    about = subprocess.run(["pdfinfo", str(file)], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Page size: +841\.\d+ x 59\d\.\d+ pts \(A4\)", about) and re.search(r"Tagged: +yes", about)
    text = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    sheets = [re.sub(r"\s", "", one) for one in text.split("\f")[:-1]]
    assert "総括" in sheets[0] and "確かでないこと" in sheets[0] and "最後に分かる実績" in sheets[0]
    assert sheets[1].startswith("人口")
    assert all(f"{place}／{len(sheets)}" in one for place, one in enumerate(sheets, 1))
    rows = [one for one in sheets if re.search(r"累計↑|率↑|参考↑", one)]
    assert rows and all("指標名" in one and "達成率" in one and "No" in one for one in rows)
    basis = [one for one in sheets if re.search(r"(達成|進捗)率(（参考）)?＝|示した年度に実績がない。", one)]
    assert basis and all("算定（式と数値）" in one for one in basis)
    assert not any("↕" in one or "語で絞る" in one for one in sheets)
