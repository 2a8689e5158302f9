"""`sousei report`: the page of a municipality, parsed and compared with the release."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from sousei.foundation.home import Home
from sousei.publication import shelf
from sousei.publication.query import query
from sousei.publication.report.page import Change, page, rendered
from sousei.publication.report.parts import ident
from sousei.publication.report.pdf import BrowserError, printed_pdf
from sousei.publication.shelf import Release
from sousei.publication.told.figures import actual, shown
from sousei.publication.told.read import NotThereError, Told, told_of_all
from tests.integration.conftest import run_sousei

pytestmark = pytest.mark.slow

NEMURO, KAMAISHI = "01223", "03211"
EDITIONS = ("staff", "council", "public")
_VOID = {"meta", "br", "col", "input", "link", "img"}


@dataclass
class Element:
    tag: str
    given: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(one if isinstance(one, str) else one.text for one in self.inside)

    def all(self, *tags: str) -> list[Element]:
        found = [self] if self.tag in tags else []
        return found + [one for part in self.inside if isinstance(part, Element) for one in part.all(*tags)]

    def every(self) -> list[Element]:
        return [self, *(one for part in self.inside if isinstance(part, Element) for one in part.every())]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("root", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(made)
        if tag not in _VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, (tag, self.open[-1].tag, self.getpos())
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def parsed(html: bytes) -> Element:
    parser = _Parser()
    parser.feed(html.decode())
    parser.close()
    assert parser.open == [parser.root]
    return parser.root


@pytest.fixture(scope="module")
def release(published: Path) -> Release:
    return shelf.find(Home(published))


@pytest.fixture(scope="module")
def pages(release: Release) -> dict[tuple[str, str], bytes]:
    return {(town, edition): page(release, town, edition) for town in (NEMURO, KAMAISHI) for edition in EDITIONS}


@pytest.fixture(scope="module")
def staff(release: Release) -> list[Told]:
    return told_of_all(release, NEMURO, "staff")


def by_id(root: Element) -> dict[str, Element]:
    return {one.given["id"]: one for one in root.every() if "id" in one.given}


def test_the_page_stands_alone_and_its_policy_names_its_script(pages: dict[tuple[str, str], bytes]) -> None:
    for html in pages.values():
        root = parsed(html)
        for one in root.every():
            for name in ("src", "href", "action", "data", "poster", "srcset", "xlink:href"):
                assert one.given.get(name, "#").startswith("#"), one.given
            assert not [name for name in one.given if name.startswith("on")]
        assert not re.search(r"https?:|@import", html.decode())
        assert set(re.findall(r"url\((.)", html.decode())) <= {"#"}
        policy = next(one.given["content"] for one in root.all("meta") if "http-equiv" in one.given)
        (script,) = root.all("script")
        digest = base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()
        assert policy.startswith("default-src 'none'; ") and f"script-src 'sha256-{digest}'" in policy
        assert not root.all("link", "iframe", "object", "img")


def test_links_lead_somewhere_and_ids_are_unique(pages: dict[tuple[str, str], bytes]) -> None:
    for html in pages.values():
        root = parsed(html)
        ids = [one.given["id"] for one in root.every() if "id" in one.given]
        assert len(ids) == len(set(ids))
        named = [one.given["href"][1:] for one in root.all("a")]
        named += [part for one in root.every() for part in one.given.get("aria-labelledby", "").split()]
        assert named and not set(named) - set(ids)


def test_headings_tables_and_language_are_told_to_who_does_not_see_them(pages: dict[tuple[str, str], bytes]) -> None:
    for html in pages.values():
        root = parsed(html)
        assert root.all("html")[0].given["lang"] == "ja" and root.all("title")[0].text
        levels = [int(one.tag[1]) for one in root.all("h1", "h2", "h3", "h4", "h5")]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        for table in root.all("table"):
            assert table.all("caption")[0].text and table.all("thead")
            assert all(one.given.get("scope") for one in table.all("th"))
        regions = [one for one in root.all("div") if one.given.get("role") == "region"]
        assert len(regions) >= len(root.all("table"))
        assert all(one.given["tabindex"] == "0" for one in regions)
        for chart in root.all("svg"):
            assert chart.given["role"] == "img" and chart.all("title")[0].text and chart.all("desc")[0].text


@pytest.mark.parametrize("town", [NEMURO, KAMAISHI])
def test_every_kpi_of_every_plan_with_every_actual_that_leads_to_its_basis(
    release: Release, pages: dict[tuple[str, str], bytes], town: str
) -> None:
    found = by_id(parsed(pages[town, "council"]))
    number = 0
    for about in told_of_all(release, town, "council"):
        for kpi in about.kpis:
            row = found[ident("kpi", about.plan["plan_id"], kpi["kpi_id"])]
            assert kpi["kpi_name_ja"] in row.text
            register = about.sources[kpi["source_id"]]["file_name"]
            assert f"{register}　シート {kpi['source_sheet']}　行 {kpi['source_row']}" in (
                found[ident("basis", about.plan["plan_id"], kpi["kpi_id"])].text
            )
            cells = row.all("td")[2 : 2 + len(about.years)]
            for cell, year in zip(cells, about.years, strict=True):
                score = about.scores.get((kpi["kpi_id"], year))
                (printed,) = [one for one in cell.all("span") if one.given["class"] == "actual"]
                assert printed.text == f"実績 {shown(actual(score))}"
                if score is None or score["actual_value"] is None:
                    assert not printed.all("a") and not re.search(r"実績 .*\d", printed.text)
                    continue
                basis = found[printed.all("a")[0].given["href"][1:]]
                source = about.sources.get(score["source_id"], {})
                assert basis.all("td")[0].text == printed.all("a")[0].text
                assert str(source.get("file_name") or score["source_id"]) in basis.text
                assert source.get("sha256", "")[:12] in basis.text
                number += 1
    assert number == query(
        f"select count(*) as n from mart_kpi_scorecard where municipality_code = '{town}' and actual_value is not null",
        release,
    ).item(0, 0)


def test_the_basis_has_the_formula_with_its_numbers(pages: dict[tuple[str, str], bytes]) -> None:
    row = by_id(parsed(pages[NEMURO, "public"]))[ident("basis", "nemuro_strategy_2", "n2-g2-1", 2021)]
    assert "進捗率＝（実績－基準）÷（目標－基準）＝（2.522327－2.44）÷（2－2.44）＝▲18.7106％" in row.text


def test_the_first_page_counts_what_the_mart_counts(release: Release, pages: dict[tuple[str, str], bytes]) -> None:
    found = by_id(parsed(pages[NEMURO, "council"]))
    heads = [one.text for one in found["counts"].all("thead")[0].all("th")]
    rows = [[one.text for one in row.all("th", "td")] for row in found["counts"].all("tbody")[0].all("tr")]
    sums = query(
        "select row_class_ja, grade_class, sum(n_kpi) as n from mart_kpi_summary where "
        "(plan_id = 'nemuro_strategy_2' and fiscal_year = 2024) or (plan_id = 'nemuro_vision_2019' "
        "and fiscal_year = 2025) group by all",
        release,
    )
    for word, name, number in sums.rows():
        row = next(one for one in rows if one[1].startswith(word))
        assert int(row[heads.index(name)]) == number
    assert sum(int(row[heads.index("計")]) for row in rows) == 53
    for row in rows:
        assert int(row[heads.index("計")]) == sum(int(one) for one in row[2 : heads.index("計")])


def test_the_first_page_says_what_would_have_happened_anyway(pages: dict[tuple[str, str], bytes]) -> None:
    cards = {
        one.all("h3")[0].text: one.text
        for one in by_id(parsed(pages[NEMURO, "council"]))["summary"].all("section")
        if one.given.get("class") == "card"
    }
    assert list(cards) == ["約束したこと", "いまの状況", "何もしなければ", "確かでないこと"]
    assert "数値目標 7、KPI 40" in cards["約束したこと"]
    assert "対象の47指標のうち2に評価がある" in cards["いまの状況"] and "1,252人下回る" in cards["いまの状況"]
    assert "22,006人（社人研 平成30年推計）" in cards["何もしなければ"] and "805人少ない" in cards["何もしなければ"]
    assert "21指標では、何も変わらなくても達成率は中央値86％、16指標で80％以上" in cards["何もしなければ"]
    assert "5は暫定" in cards["確かでないこと"] and "速報" in cards["確かでないこと"]
    kamaishi = by_id(parsed(pages[KAMAISHI, "council"]))["summary"].text
    assert "第六次釜石市総合計画」の指標は、計画台帳にまだない" in kamaishi
    assert "28,012人（速報）" in kamaishi and "目安に届いたのは" not in kamaishi


def test_population_series_are_never_in_one_line(pages: dict[tuple[str, str], bytes]) -> None:
    chart = by_id(parsed(pages[NEMURO, "council"]))["population"].all("svg")[0]
    lines = [one for one in chart.all("path") if one.given.get("fill") == "none" and "L" in one.given["d"]]
    assert len(lines) == 6
    strokes = {(one.given["stroke"], one.given.get("stroke-dasharray")) for one in lines}
    assert len(strokes) == 6
    for name in (
        "社人研 平成30年推計",
        "社人研 令和5年推計",
        "準拠推計（2025年国勢調査から）",
        "計画（目標）",
        "実績（国勢調査）",
        "実績（住民基本台帳）",
    ):
        assert name in chart.text


def test_the_public_edition_holds_no_staff_notes(pages: dict[tuple[str, str], bytes], release: Release) -> None:
    for town in (NEMURO, KAMAISHI):
        html = parsed(pages[town, "public"])
        said = html.text + "".join(value for one in html.every() for value in one.given.values())
        kpis = query(f"select * from dim_kpi where municipality_code = '{town}'", release)
        for name in ("open_question_ja", "reading_taken_ja", "note_ja", "note_en"):
            texts = [one for one in kpis[name].drop_nulls() if len(one) > 5]
            assert texts and not [one for one in texts if one in said]
        missing = query(
            f"select action_ja, detail_ja from mart_kpi_missing where municipality_code = '{town}'", release
        )
        for column in missing.columns:
            assert not [one for one in missing[column].drop_nulls().unique() if one in said]
        assert "要確認：" not in said and "採った読み方" not in said
    council, public = (parsed(pages[NEMURO, edition]).text for edition in ("council", "public"))
    assert "要確認：" in council and "採った読み方" not in council
    assert "（暫定）" in public and "… 未報告" in public


def test_an_evaluation_is_shown_to_whom_it_may_be(release: Release, staff: list[Told]) -> None:
    """Synthetic evaluation."""
    node = staff[0].measures[0]["node_id"]
    found = {
        "subject_id": node,
        "subject_ja": "施策",
        "evaluation_state": "draft",
        "evaluation_state_ja": "下書き",
        "machine_grade": None,
        "confirmed_grade": "B",
        "achievements_ja": "研修会を開いた。\n二回目も開いた。",
        "cause_ja": None,
        "issues_ja": None,
        "improvement_ja": None,
        "committee_opinion_ja": "委員の意見",
        "future_direction_ja": "継続",
        "source_id": None,
    }
    html = parsed(rendered([replace(staff[0], evaluations={node: found}), *staff[1:]]))
    (shown_one,) = [one for one in html.all("section") if one.given.get("class") == "evaluation"]
    assert "研修会を開いた。二回目も開いた。" in shown_one.text and "委員の意見" in shown_one.text
    outside = parsed(rendered([replace(staff[0], evaluations={"goal": found | {"subject_id": "goal"}})]))
    assert "委員の意見" in outside.text


@pytest.mark.promise("D4")
def test_hostile_text_stays_text(staff: list[Told]) -> None:
    """Synthetic names."""
    hostile = "</style></script><script>alert(1)</script><img src=x onerror=a()> & \"'`=cmd|' /C calc'!A0 {{ 7*7 }}"
    first = staff[0]
    about = replace(
        first,
        town=hostile,
        plan=first.plan | dict.fromkeys(("plan_name_ja", "secretariat_ja", "term_label_ja"), hostile),
        kpis=[
            {name: hostile if isinstance(value, str) and name not in _KEYS else value for name, value in one.items()}
            for one in first.kpis
        ],
        measures=[one | {"measure_ja": hostile, "section_ja": hostile} for one in first.measures],
        projects=[one | {"printed_name_ja": hostile} for one in first.projects],
        sources={name: one | {"file_name": hostile, "credit_ja": hostile} for name, one in first.sources.items()},
        scores={
            key: one | {"provisional_reason_ja": hostile, "source_sheet": hostile} for key, one in first.scores.items()
        },
    )
    html = parsed(rendered([about], [Change(hostile, hostile, hostile, hostile, hostile)]))
    calm = parsed(rendered([first], [Change("a", "b", "c", "d", "e")]))
    assert len(html.all("script")) == 1 and not html.all("img")
    assert not [one for one in html.every() if any(name.startswith("on") for name in one.given)]
    assert html.all("h1")[0].text == f"{hostile}　計画の進捗管理報告" and "49" not in html.all("title")[0].text
    assert hostile in by_id(html)["changes"].text
    assert len(html.all("style")) == len(calm.all("style")) == 1
    assert {one.tag for one in html.every()} == {one.tag for one in calm.every()}


_KEYS = {"kpi_id", "plan_id", "kind", "direction", "row_class_ja", "node_id", "source_id", "benchmark_column"}


def test_figures_that_moved_are_shown_only_where_they_are_given(staff: list[Told]) -> None:
    """Synthetic change."""
    change = Change("総人口 令和7年", "21,201", "21,200", "公表者の訂正", "census_2025.csv 行2")
    without, none, one = (parsed(rendered(staff, rows)) for rows in (None, [], [change]))
    assert "changes" not in by_id(without)
    assert "前回の公表から動いた数値はない" in by_id(none)["changes"].text
    row = by_id(one)["changes"].all("tbody")[0].all("tr")[0]
    assert [cell.text for cell in row.all("th", "td")] == list(change)
    assert "動いた数値は1件" in by_id(one)["summary"].text


def test_the_same_bytes_twice(pages: dict[tuple[str, str], bytes], release: Release) -> None:
    for edition in EDITIONS:
        assert page(release, NEMURO, edition) == pages[NEMURO, edition]


def test_a_municipality_without_plan_is_told(release: Release) -> None:
    with pytest.raises(NotThereError):
        page(release, "01661", "public")


def test_a_browser_that_fails_is_told_with_its_last_line(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho first >&2\necho no display >&2\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(BrowserError, match=r"^no display$"):
        printed_pdf(b"<p>", program, date(2026, 4, 1))
    program.write_text("#!/bin/sh\nsleep 60\n")
    with pytest.raises(BrowserError, match=r"^0\.2 s$"):
        printed_pdf(b"<p>", program, date(2026, 4, 1), seconds=0.2)
    with pytest.raises(BrowserError):
        printed_pdf(b"<p>", tmp_path / "none", date(2026, 4, 1))


def test_the_command_writes_and_says_what_is_wrong(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: dict[tuple[str, str], bytes]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    to = tmp_path / "report.html"

    def call(*changed: str) -> tuple[int, str, str]:
        asked = {"--municipality": "012238", "--to": str(to)}
        asked |= dict(zip(changed[::2], changed[1::2], strict=True))
        said = run_sousei(published, "report", *(part for one in asked.items() for part in one))
        return said.returncode, said.stdout, said.stderr

    assert call()[0] == 0 and to.read_bytes() == pages[NEMURO, "public"]
    code, _, said = call()
    assert code == 1 and said.startswith("file_exists: ") and said.count("\n") == 1
    for changed, word in (
        (("--municipality", "99999"), "municipality_unknown"),
        (("--municipality", "01661"), "no_plan"),
        (("--to", str(tmp_path / "報告.html")), "not_a_report_name"),
        (("--to", str(tmp_path / "report.docx")), "not_a_report_name"),
        (("--to", str(tmp_path / "report.pdf")), "no_browser"),
        (("--to", "/proc/nowhere/report.html"), "place_not_usable"),
    ):
        code, _, said = call(*(("--to", str(tmp_path / "other.html")) if "--to" not in changed else ()), *changed)
        assert code == 2 and said.startswith(f"{word}: ") and said.count("\n") == 1, (changed, said)
    forced = run_sousei(
        published, "report", "--municipality", NEMURO, "--edition", "staff", "--to", str(to), "--force", "--json"
    )
    assert json.loads(forced.stdout)["size_bytes"] == to.stat().st_size
    assert to.read_bytes() == pages[NEMURO, "staff"]
