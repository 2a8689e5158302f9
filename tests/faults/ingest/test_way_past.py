"""One bad row of a national file: the refusal prints lines of corrections, and with these lines pasted the file is
taken, equal to the file but for what is named.

Synthetic edits of the publishers' own files where ../shared is at hand, of the samples elsewhere. Does not hold which
errors are found (test_sums.py and others).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from sousei.foundation.home import Home
from sousei.ingest import raw
from sousei.ingest.decided import corrections, named
from sousei.ingest.problems.record import TO_PASTE
from sousei.ingest.reading import delivery as reading
from sousei.ingest.receive import intake
from sousei.ingest.tables import figure_of, key_of
from tests.faults.ingest.test_sums import EXTRACTS, SAMPLES, Rows, data_of, rows_of, sound

AGES, FLOWS = "resident_registry/2104ssnen.xlsx", "resident_registry/2103ssjin.xlsx"
DONATIONS, TOURISM = "furusato_nozei/R1_gain.xlsx", "tourism/city2021.csv"
IPSS, TOTALS = "ipss_projection/ipss_2018_age_sex_wide.csv", "ipss_projection/ipss_2023_totals_kekkahyo1.xlsx"
CENSUS, COUNT = "census/census_2020_age_sex_estat.csv", "census/census_2015_population_final_cp932.csv"
SERIES = "furusato_nozei/total_gain.xlsx"
shared = [
    pytest.mark.shared,
    pytest.mark.skipif(not EXTRACTS.is_dir(), reason="the publishers' files are not at hand (../shared)"),
]
KAMAISHI = {
    AGES: lambda row: str(row[0]) == "032115" and row[3] == "男",
    FLOWS: lambda row: str(row[0]) == "032115",
    DONATIONS: lambda row: str(row[2]) == "釜石市",
    TOURISM: lambda row: row[6] == "3211",
    IPSS: lambda row: row[0] == "3211" and row[4] == "2030年",
    TOTALS: lambda row: row[3] == "釜石市",
    CENSUS: lambda row: row[8] == "03211",
    COUNT: lambda row: row[0] == "03211",
    SERIES: lambda row: "釜石市" in row,
}  # fmt: skip
"""The row that is edited: Kamaishi's first one (of men, of 2030, of January)."""


def place_of(rows: Rows, name: str) -> int:
    return next(at for at, row in enumerate(rows) if len(row) > 3 and KAMAISHI[name](row))


def cell(column: int, change: Callable[[Any], Any]) -> Callable[[Rows, int], None]:
    def edit(rows: Rows, at: int) -> None:
        rows[at][column] = change(rows[at][column])

    return edit


def number(cell_text: Any, more: int) -> Any:
    text = str(cell_text).replace(",", "")
    return str(int(float(text)) + more) if isinstance(cell_text, str) else int(float(text)) + more


def put(column: int, text: Any) -> Callable[[Rows, int], None]:
    return cell(column, lambda _: text)


def add(column: int, more: int = 50) -> Callable[[Rows, int], None]:
    return cell(column, lambda text: number(text, more))


def again(column: int) -> Callable[[Rows, int], None]:
    """The row once more at the end, with another figure."""

    def edit(rows: Rows, at: int) -> None:
        row = list(rows[at])
        row[column] = number(row[column], 1)
        rows.append(row)

    return edit


def slipped(first: int) -> Callable[[Rows, int], None]:
    def edit(rows: Rows, at: int) -> None:
        rows[at][first:] = [rows[at][-1], *rows[at][first:-1]]

    return edit


def gone(count: int) -> Callable[[Rows, int], None]:
    def edit(rows: Rows, at: int) -> None:
        del rows[at : at + count]

    return edit


IN_EVERY_RUN = {TOTALS, TOURISM, COUNT}
"""Files of whose edits one is in every run; the tables of every age and each municipality take long."""


_LEFT = set(IN_EVERY_RUN)


def one_of(name: str, kind: str, edit: Callable[[Rows, int], None], folder: Path = EXTRACTS) -> Any:
    marks = [] if folder == SAMPLES else shared if name in _LEFT else [*shared, pytest.mark.exhaustive]
    _LEFT.discard(name)
    return pytest.param(name, folder, edit, id=f"{kind} {Path(name).name}", marks=marks)


CASES = [
    # a cell: no figure, no figure that can be
    *(one_of(AGES, f"cell {text!r}", put(10, text)) for text in ("12a", "", -5, 12.5, 999_999_999_999)),
    one_of(FLOWS, "cell", put(13, "x")),
    one_of(DONATIONS, "cell", put(3, "多数")),
    one_of(IPSS, "cell", put(8, "abc")),
    one_of(IPSS, "blank", put(8, "")),
    one_of(TOURISM, "cell", put(8, "-")),
    one_of(TOURISM, "blank", put(8, "")),
    one_of(COUNT, "cell", put(3, "不明")),
    one_of(CENSUS, "cell", put(15, "9o9")),
    # whose row it is
    one_of(AGES, "check digit", put(0, "032116")),
    one_of(AGES, "code of another", put(0, "032131")),
    one_of(AGES, "name of another", put(2, "盛岡市")),
    one_of(AGES, "sex", put(3, "不明")),
    one_of(DONATIONS, "name of another", put(2, "盛岡市")),
    one_of(IPSS, "name of another", put(3, "盛岡市")),
    one_of(TOURISM, "unknown code", put(6, "99999")),
    one_of(TOURISM, "ragged", lambda rows, at: rows[at].append("7")),
    one_of(COUNT, "name of another", put(2, "盛岡市")),
    # the same key twice
    one_of(AGES, "twice", again(5)),
    one_of(DONATIONS, "twice", again(3)),
    one_of(IPSS, "twice", again(8)),
    one_of(TOURISM, "twice", again(8)),
    # sums and sizes
    one_of(AGES, "class", add(10)),
    one_of(AGES, "zero", put(6, 0)),
    one_of(AGES, "slipped", slipped(5)),
    one_of(AGES, "without a row", gone(1)),
    *(one_of(FLOWS, f"item {column}", add(column)) for column in (3, 4, 5, 6, 7, 9, 10, 11, 12, 16, 18, 19, 21, 23)),
    one_of(DONATIONS, "count 0", put(3, 0)),
    one_of(DONATIONS, "count tenthousandfold", cell(3, lambda text: number(text, 0) * 100_000)),
    one_of(IPSS, "class", add(8)),
    one_of(IPSS, "total", add(5)),
    one_of(TOTALS, "total", add(6, 500)),
    one_of(TOTALS, "index", put(13, 7.5)),
    one_of(COUNT, "population", put(3, "99,999")),
    one_of(COUNT, "slipped", slipped(3)),
    one_of(CENSUS, "class", put(15, "9,999")),
    # without the publishers' files
    one_of(TOURISM, "cell of a sample", put(8, "x"), SAMPLES),
    one_of(SERIES, "cell of a sample", put(6, "x"), SAMPLES),
]


def pasted(problems: list[dict[str, Any]], folder: Path) -> pl.DataFrame:
    """The lines of a refusal, filled in as a person does, as they are read from an installation's own file."""
    (told,) = [p for p in problems if p["problem_id"] == TO_PASTE]
    assert told["severity"] == "gate"
    text = ",".join(corrections.LINE) + "\n" + told["action_ja"].split("\n", 1)[1]
    left = folder / "left.csv"
    left.write_text(text + "\n", "utf-8")
    assert corrections.declared(folder, left)["fault"].null_count() == 0, "a line that nobody decided does nothing"
    filled = {"reason_ja": "作成元の誤り", "provider": "企画課長", "declared_on": "2026-04-01"}
    for name, placeholder in corrections.PLACEHOLDERS.items():
        text = text.replace(f",{placeholder},", f",{filled[name]},")
    file = folder / "corrections.csv"
    file.write_text(text + "\n", "utf-8")
    lines = corrections.declared(folder, file)
    assert 1 <= lines.height <= 20
    assert lines["fault"].null_count() == lines.height, lines
    return lines


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(("name", "folder", "edit"), CASES)
def test_the_lines_of_a_refusal_let_the_rest_be_taken(
    name: str, folder: Path, edit: Callable[[Rows, int], None], tmp_path: Path
) -> None:
    rows = rows_of(name, folder)
    assert sound(name, folder).taken
    edit(rows, place_of(rows, name))
    data = data_of(name, rows)
    refused = reading.read_or_propose(data, "delivery", digest_of(data), [])
    assert not refused.taken
    lines = pasted(refused.problems, tmp_path)
    found = reading.read(data, "delivery", lines=named.whole(lines))
    assert found.taken, [p for p in found.problems if p["severity"] == "gate"]
    ((table, before),) = sound(name, folder).tables.items()
    after = found.tables[table]
    keys, value = key_of(table), figure_of(table)
    source_id = f"{refused.contract.source if refused.contract else ''}-{digest_of(data)[:16]}"
    used = in_use(table, after, source_id, lines)
    assert (used["value_status"] == "not_reported").sum() - (before["value_status"] == "not_reported").sum() <= (
        found.unused
    )
    both = before.with_columns(pl.col(*keys).cast(pl.String)).join(
        used.with_columns(pl.col(*keys).cast(pl.String)),
        on=[*keys, "area_name"],
        how="left",
        suffix="_used",
        nulls_equal=True,
    )
    changed = both.filter(pl.col(value).ne_missing(pl.col(f"{value}_used")))
    assert changed.filter(pl.col(f"{value}_used").is_not_null()).is_empty(), "a figure that is used is the true one"
    assert set(changed["area_code"].str.slice(0, 2)) <= {"03"}, "other prefectures equal the file"
    if not any("area_total_differs" in why for why in lines["evidence"]):
        assert set(changed["area_code"]) <= {"03211"}, "other areas equal the file"


def in_use(table: str, rows: pl.DataFrame, source_id: str, lines: pl.DataFrame) -> pl.DataFrame:
    """The rows as warehouse and projection see them; the lines do the same in SQL as they did while it was read."""
    whole = [line for line in named.whole(lines) if line.delivery in {"", source_id[-16:]}]
    marked = named.applied(rows, table, whole)
    with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw.in_force, "expose", lambda connection: None)  # what is in force is not looked at here
        patch.setattr(raw.breakdowns, "hide", lambda *told: None)
        frame = rows.with_columns(pl.lit(source_id).alias("source_id")).select(corrections.schema_of(table).names())
        raw.expose(connection, {}, {table: frame}, lines=lines)
        used = connection.execute(f"from corrected.{table}").pl()
    value = figure_of(table)
    columns = ["row", "column_label", value, "value_status"]
    order = ["row", "column_label", "value_raw"]
    assert used.sort(order).select(columns).equals(marked.sort(order).select(columns)), "one meaning in both places"
    return used


@pytest.mark.parametrize("name", [pytest.param(AGES, marks=shared)])
def test_there_is_no_way_past_a_table_that_is_wrong_as_a_whole(name: str) -> None:
    """Men and women exchanged in the whole table: no lines are proposed."""
    rows = rows_of(name, EXTRACTS)
    words = {"男": "女", "女": "男"}
    for row in rows:
        row[3] = words.get(str(row[3]), row[3])
    data = data_of(name, rows)
    refused = reading.read_or_propose(data, "delivery", digest_of(data), [])
    assert not refused.taken
    assert TO_PASTE not in {p["problem_id"] for p in refused.problems}


NIGHT = dt.datetime(2026, 4, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=9)))


def night(home: Home) -> raw.RawResult:
    return raw.read(home, intake.take(home, home.landing, NIGHT, "landing"), NIGHT.date())


def test_pasted_lines_are_read_at_once_and_cost_no_other_file_a_reading(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    rows = rows_of(TOURISM, SAMPLES)
    at = place_of(rows, TOURISM)
    rows[at][8] = "x"
    home.landing.mkdir(parents=True)
    (home.landing / "city2021.csv").write_bytes(data_of(TOURISM, rows))
    (home.landing / "city2022.csv").write_bytes((SAMPLES / "tourism" / "city2022.csv").read_bytes())
    first = night(home)
    verdicts = {"city2021.csv": "refused", "city2022.csv": "taken"}
    assert dict(first.deliveries.select("file_name", "verdict").iter_rows()) == verdicts
    lines = home.corrections
    lines.parent.mkdir(exist_ok=True)
    pasted(first.problems.to_dicts(), tmp_path)
    lines.write_bytes((tmp_path / "corrections.csv").read_bytes())
    stamps = {path.name: path.stat().st_mtime_ns for path in (home.raw / "readings").iterdir()}
    second = night(home)
    assert not second.refused
    taken = second.deliveries.filter(pl.col("file_name") == "city2021.csv")
    assert taken.select("verdict", "rows_quarantined").rows() == [("taken", 1)]
    (told,) = second.problems.filter(pl.col("problem_id") == "figures_not_used").to_dicts()
    assert told["severity"] == "warn" and "釜石市" in told["message_ja"] and "2 行目" in told["message_ja"]
    assert "この行を外して" in told["action_ja"], "the advice outlives the one that is given for publishers' files"
    again = {path.name for path in (home.raw / "readings").iterdir() if path.stat().st_mtime_ns != stamps[path.name]}
    assert again == {f"{taken['sha256'][0]}.json"}
    frame = pl.read_parquet(second.files["tourism_visitors"])
    assert frame.filter(pl.col("value_raw") == "x")["visitors"].to_list() == [None], "the row stays as it came"
    assert frame.filter(pl.col("value_raw") != "x")["visitors"].null_count() == 0
    assert night(home).problems.equals(second.problems)
    lines.unlink()
    assert night(home).refused, "without its line the file is refused again"


MORE = EXTRACTS.with_name("extracts_more")


@pytest.mark.exhaustive
@pytest.mark.shared
@pytest.mark.skipif(not MORE.is_dir(), reason="the publishers' files are not at hand (../shared)")
def test_the_ages_of_1995_are_taken_without_nagasaki(tmp_path: Path) -> None:
    """The classes of 長崎県 have slipped: 45-49 stands under 80 and over, and each class from 50-54 one too low."""
    file = MORE / "resident_registry" / "9504snen.xls"
    data = file.read_bytes()
    refused = reading.read_or_propose(data, file.name, digest_of(data), [])
    lines = pasted(refused.problems, tmp_path)
    assert lines["row_key"].to_list() == [f"delivery={digest_of(data)[:16]} area_code=42*"]
    found = reading.read(data, file.name, lines=named.whole(lines))
    assert found.taken and (found.unused, found.aside) == (87 * 54, 0)
    rows = found.tables["registry_population"]
    used = in_use("registry_population", rows, f"resident_registry-{digest_of(data)[:16]}", lines)
    order = ["row", "column_label"]
    rows, used = rows.sort(order), used.sort(order)
    slipped = rows["area_code"].str.starts_with("42").fill_null(False)
    assert used.filter(slipped)["population_persons"].null_count() == slipped.sum() == 4698
    assert used.filter(~slipped)["population_persons"].equals(rows.filter(~slipped)["population_persons"])
