"""The what-if page: what it computes in a browser is what the engine computes, to a person, whatever is set."""

from __future__ import annotations

import html
import json
import math
import random
import re
import unicodedata
from pathlib import Path

import polars as pl
import pytest

from sousei.projection import scenarios, vision
from sousei.projection.conventions import PROFILES, TIMINGS
from sousei.projection.desk import whatif
from sousei.projection.desk.sitting import Desk
from sousei.publication.whatif.page import base_argument, most, page
from tests.browser import PHONE, SCREEN, _chromium, look_at, needs_chromium
from tests.unit.projection import frames
from tests.unit.projection.towns import town

REAL = "01223 03211 01100 13360 13382 14100 20304 23100 26100 27100 30425 33643 39302 40130 47375 47201 13104 01484"
COLUMNS = ("total", "young", "working_age", "old", "women_20_39")
_DRIVEN = """
window.onload = () => {
  const asked = JSON.parse(document.getElementById("asked").textContent), found = [];
  document.querySelectorAll("iframe").forEach((frame, place) => {
    const there = frame.contentDocument, put = (id, value) => { there.getElementById(id).value = value; };
    found.push(asked[place].map(one => {
      for (const [id, value] of Object.entries(one.put)) put(id, value);
      there.getElementById("tfr-on").checked = one.tfr_on;
      there.getElementById("arrivals").dispatchEvent(new Event("input", { bubbles: true }));
      const read = id => there.getElementById(id).textContent;
      return one.years.map(year => one.columns.map(name => read(name + "-" + year)));
    }));
  });
  const told = document.createElement("pre");
  told.id = "found";
  told.textContent = JSON.stringify(found);
  document.body.append(told);
};
"""


def desks(count: int) -> list[Desk]:
    """Municipalities of the published table where it is at hand (large and small, islands, with empty cohorts), else
    made-up towns."""
    table = scenarios.read(frames.SCENARIOS)
    if frames.SHARED.exists():
        cells = frames.all_municipalities_2018()
        known = set(cells["municipality_code"])
        codes = [code for code in REAL.split() if code in known]
        codes += [code for code in sorted(known) if code not in codes][:: len(known) // 40][: count - len(codes)]
        tables = [cells.filter(pl.col("municipality_code") == code) for code in codes[:count]]
    else:
        tables = [town(seed) for seed in range(count)]
    made = []
    for one in tables:
        base = vision.baseline(one)
        made.append(Desk(base, table, vision.run(base, table)))
    return made


def settings(desk: Desk, count: int, seed: int) -> list[whatif.Setting]:
    """Random settings as the page's controls can be put."""
    chance = random.Random(seed)
    top = most(float(desk.base.base.sum()))
    years = desk.run.years
    return [
        whatif.Setting(
            chance.choice(years[:-1]),
            chance.choice([None, round(chance.randint(50, 300) / 100, 2)]),
            chance.choice(years[1:]),
            chance.choice(["linear", "step"]),
            {band: chance.randint(0, 40) * 5 / 100 for band in whatif.BANDS},
            chance.choice([0, chance.randint(0, 2 * top) / 2 if top <= 100 else chance.randint(0, top)]),
            chance.choice(list(PROFILES)),
            chance.choice(list(TIMINGS)),
        )
        for _ in range(count)
    ]


def engine(desk: Desk, asked: list[whatif.Setting]) -> list[list[list[str]]]:
    """What the page must print: setting -> year -> column."""
    rows = [
        whatif.rows(desk, one).with_columns(pl.lit(f"s{number}").alias("scenario_id"))
        for number, one in enumerate(asked)
    ]
    keys = pl.DataFrame({"municipality_code": desk.code, "scenario_id": [f"s{n}" for n in range(len(asked))]})
    run = vision.run(desk.base, scenarios.tidy(pl.concat(rows)), keys=keys)
    found = vision.measures(run.population)
    return [
        [[f"{math.floor(found[name][t, n] + 0.5):,}" for name in COLUMNS] for t in range(len(run.years))]
        for n in range(len(asked))
    ]


def driven(pages: list[bytes], asked: list[list[whatif.Setting]], years: list[list[int]], folder: Path) -> list:
    """The pages in Chromium, their controls put as asked; what their tables then print."""
    orders = [
        [
            {
                "put": {"tfr-year": one.tfr_year, "tfr-shape": one.tfr_shape, "from-year": one.from_year}
                | {"profile": one.profile, "timing": one.timing, "arrivals": one.arrivals}
                | {f"m-{band}": round(factor * 100) for band, factor in one.migration.items()}
                | ({} if one.tfr is None else {"tfr": one.tfr}),
                "tfr_on": one.tfr is not None,
                "years": of_run,
                "columns": COLUMNS,
            }
            for one in settings
        ]
        for settings, of_run in zip(asked, years, strict=True)
    ]
    framed = "".join(
        f'<iframe srcdoc="{html.escape(re.sub("<meta http-equiv[^>]*>", "", text.decode()))}"></iframe>'
        for text in pages
    )
    path = folder / "driven.html"
    path.write_text(
        f'<!doctype html><meta charset="utf-8"><body><script type="application/json" id="asked">{json.dumps(orders)}'
        f"</script>{framed}<script>{_DRIVEN}</script></body>",
        "utf-8",
    )
    told = _chromium("--dump-dom", "--virtual-time-budget=60000", url=path)
    found = re.search(r'<pre id="found">(.*?)</pre>', told.stdout, re.S)
    assert found, told.stderr[-2000:]
    return json.loads(html.unescape(found[1]))


def compared(count: int, each: int, folder: Path) -> tuple[dict, dict]:
    """What the pages of so many municipalities print in so many settings each, and what the engine gives, by place of
    the municipality and setting."""
    sittings = desks(count)
    asked = [settings(desk, each, seed) for seed, desk in enumerate(sittings)]
    pages = [page(desk, name_ja="架空市", release_id="2026-11-30.1") for desk in sittings]
    found = driven(pages, asked, [desk.run.years for desk in sittings], folder)
    printed, due = {}, {}
    for place, (desk, mine, theirs) in enumerate(zip(sittings, asked, found, strict=True)):
        for number, (one, got) in enumerate(zip(engine(desk, mine), theirs, strict=True)):
            due[place, number], printed[place, number] = one, got
    return printed, due


@needs_chromium
def test_the_page_is_equal_to_the_engine_in_two_hundred_settings_of_twenty_municipalities(tmp_path: Path) -> None:
    printed, due = compared(20, 10, tmp_path)
    assert len(due) == 200
    assert printed == due


@pytest.fixture(scope="module")
def desk() -> Desk:
    base = vision.baseline(town(3))
    table = scenarios.read(frames.SCENARIOS)
    return Desk(base, table, vision.run(base, table))


@pytest.mark.sampled
@needs_chromium
@pytest.mark.parametrize("width", [SCREEN, PHONE])
def test_the_page_opens_alone_fits_the_window_and_can_be_read_by_everyone(
    desk: Desk, tmp_path: Path, width: int
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(page(desk, name_ja="架空市<&>", release_id="2026-11-30.1"))
    seen = look_at(path, tmp_path, width)
    assert not seen.console, "the policy lets its script run, and nothing else is asked for"
    assert not seen.faults
    assert seen.too_wide <= 0


def test_the_page_is_one_small_file_that_loads_nothing(desk: Desk) -> None:
    made = page(desk, name_ja="架空市", release_id="2026-11-30.1")
    assert len(made) < 150_000
    text = made.decode()
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert made == page(desk, name_ja="架空市", release_id="2026-11-30.1")


def test_no_choice_is_longer_than_its_field(desk: Desk) -> None:
    """A field of the column (24 rem less frame and arrow) shows 20 full-width characters; what is longer is cut."""
    options = re.findall(
        r"<option[^>]*>([^<]+)</option>", page(desk, name_ja="架空市", release_id="2026-11-30.1").decode()
    )
    assert len(options) > 20
    wide = {text: sum(1 if unicodedata.east_asian_width(sign) in "WFA" else 0.56 for sign in text) for text in options}
    assert {text for text, width in wide.items() if width > 20} == set()


def test_the_page_says_its_base_its_edition_and_what_it_is_not(desk: Desk) -> None:
    text = page(desk, name_ja="架空市", release_id="2026-11-30.1").decode()
    for said in ("見込みでも目標でもありません", desk.base_ja, "平成30年推計", "公表は2045年まで", "元に戻す"):
        assert said in text, said


def test_a_name_of_the_base_for_the_command_is_empty_where_it_is_the_commands_own(desk: Desk) -> None:
    assert base_argument(desk) == ""
    other = desk._replace(base=desk.base._replace(base_id="census_2025"))
    assert base_argument(other) == "census_2025"
    assert base_argument(desk._replace(base=desk.base._replace(basis="ipss_2023_extended"))) == "ipss_2023"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"from_year": 2021}, "2021"),
        ({"from_year": 2065}, "2065"),
        ({"tfr": 1.8, "tfr_year": 2031}, "2031"),
        ({"tfr": 9.0}, "9.0"),
        ({"tfr": float("nan")}, "nan"),
        ({"migration": {"15-20": 1.0}}, "15-20"),
        ({"migration": {"15-24": float("inf")}}, "inf"),
        ({"arrivals": -1.0}, "-1.0"),
        ({"arrivals": 3.0, "profile": "nobody"}, "nobody"),
        ({"timing": "later"}, "later"),
    ],
)
def test_what_cannot_be_set_is_refused_by_its_name(desk: Desk, changed: dict, named: str) -> None:
    from sousei.projection.engine import ProjectionError

    with pytest.raises(ProjectionError, match=named):
        whatif.whatif_table(desk, whatif.Setting(**({"from_year": 2020} | changed)))


def test_nothing_set_is_the_line_that_it_stands_on(desk: Desk) -> None:
    found = whatif.whatif_table(desk, whatif.Setting(2020))
    assert found["difference_persons"].abs().max() < 1e-6
    assert found["year"].unique().sort().to_list() == desk.run.years
