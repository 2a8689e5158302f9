"""One delivery, bytes to raw rows, without touching the disk.

Holds the order of the steps: decode or unpack, recognise, melt, check. Does not hold storing (intake.py, raw.py).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.cells import csvtext, grid
from sousei.ingest.cells.contents import Contents, Opener, using
from sousei.ingest.cells.grid import Grid
from sousei.ingest.consistency import sums
from sousei.ingest.contract import broken
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.contract.model import Contract, Layout
from sousei.ingest.decided.named import Line, alike, as_published, concerning
from sousei.ingest.problems.record import Problem, Refusal, fault, problem
from sousei.ingest.reading.advice import advised
from sousei.ingest.reading.result import Proposal, Reading
from sousei.ingest.reading.sheet import read_sheet
from sousei.ingest.reading.trial import with_symbols
from sousei.ingest.reading.way_past import beside, propose
from sousei.ingest.recognise.match import recognise
from sousei.ingest.recognise.nearest import not_recognised
from sousei.ingest.recognise.recognised import Recognised, as_of
from sousei.ingest.recognise.siblings import sibling, without_figures
from sousei.ingest.rows.coded import plain, together
from sousei.ingest.tables import figure_of, schema_of

_FIELD_OF_FIGURES = re.compile(rb'(?m)(?:^|[,;\t])[ "]*-?\d[\d.]*[ "]*(?:[,;\t\r]|$)')


def read(
    data: bytes,
    file_name: str,
    contracts: tuple[Contract, ...] | None = None,
    digest: str = "",
    lines: Sequence[Line] = (),
    opener: Opener | None = None,
) -> Reading:
    """Read one delivery. Never raises for what the file holds: problems say why it is refused. lines: of the
    corrections (named.whole); those for other deliveries and tables do nothing. opener: None for one of its own."""
    reading = read_coded(data, file_name, contracts, digest, lines, opener)
    return reading._replace(tables={table: plain(rows) for table, rows in reading.tables.items()})


def read_coded(
    data: bytes,
    file_name: str,
    contracts: tuple[Contract, ...] | None = None,
    digest: str = "",
    lines: Sequence[Line] = (),
    opener: Opener | None = None,
) -> Reading:
    """The same with the texts of the tables coded (coded.py), ready for `write_raw`."""
    try:
        own = concerning(lines, hashlib.sha256(data).hexdigest()) if lines else []
        with using(opener) as opens:
            contents = opens.open(data, digest)
        return read_contents(contents, file_name, contracts or all_contracts(), own)
    except Refusal as refusal:
        return _broken(data, refusal.problems, contracts or all_contracts())
    except Exception as error:  # a fault of ours costs this one file, not the night and every night after it
        return Reading(None, [], {}, [fault(error)], "", "", None)


def read_or_propose(
    data: bytes, file_name: str, digest: str, lines: Sequence[Line], opener: Opener | None = None
) -> Reading:
    """The same as `read_coded`; where the delivery is refused for single rows, its problems end with the lines of
    corrections with which the rest of it is taken (way_past.py)."""
    reading = read_coded(data, file_name, digest=digest, lines=lines, opener=opener)
    if reading.taken or not reading.proposed:
        return reading
    with using(opener) as opens:
        contents = opens.open(data)
    own = concerning(lines, digest)
    try:
        return beside(reading, lambda more: read_contents(contents, file_name, all_contracts(), [*own, *more]), digest)
    except Exception as error:  # a fault of ours in the trial costs the proposal, not the reasons of the refusal
        return reading._replace(problems=[*reading.problems, {**fault(error), "severity": "review"}])


def _broken(data: bytes, problems: list[Problem], contracts: tuple[Contract, ...]) -> Reading:
    """A text that cannot be read strictly: its head says whose it is, so that a known source's broken delivery stops
    the night while an unknown file does not. Nothing is read from it."""
    if problems[0]["problem_id"] in {csvtext.NOT_DECODABLE, csvtext.NOT_CSV}:
        found = recognise(grid.of_head(data), "csv", contracts)
        if found is not None:
            problems = advised([{**p, "severity": "gate"} for p in problems], found.contract)
            return Reading(
                found.contract, [found.layout.layout], {}, problems, shown.label(found.header.title[:200]), "", None
            )
        if problems[0]["problem_id"] == csvtext.NOT_CSV and not _FIELD_OF_FIGURES.search(data):
            problems = [note] if (note := without_figures(grid.of_head(data))) else problems
    return Reading(None, [], {}, problems, "", "", None)


def read_contents(
    contents: Contents, file_name: str, contracts: tuple[Contract, ...], lines: Sequence[Line] = ()
) -> Reading:
    """Read one delivery from its contents; the texts of its tables are coded. lines: those that concern it."""
    found = _read_contents(contents, file_name, contracts, lines)
    return found._replace(problems=advised(found.problems, found.contract))


def _read_contents(
    contents: Contents, file_name: str, contracts: tuple[Contract, ...], lines: Sequence[Line]
) -> Reading:
    readers, failing = broken.readers(contracts, contents.form)
    for contract, layout, reader in readers:
        try:
            documents = [one for one in contents.grids or [contents.document] if reader.recognises(one)]
            if documents:
                return _read_by(reader, documents, contract, layout, contents.grids)
        except Refusal:
            raise
        except Exception as error:  # costs this source; another one may well know the file
            failing.append(broken.told(contract.source, broken.in_reader(contract.source, error)))
    found = _read_grids(contents.form, contents.grids, file_name, contracts, lines)
    if found.contract is None:
        found.problems[:0] = [*broken.of_contracts(), *failing]
    return found


def _read_by(reader: Any, documents: list[Any], contract: Contract, layout: Layout, grids: list[Grid]) -> Reading:
    """Read the documents (sheets, or one JSON) of a source that has a reader of its own. One that reads a workbook as
    a whole has a function for it."""
    if hasattr(reader, "read_workbook"):
        filled = reader.read_workbook(grids)
        return Reading(
            contract,
            [layout.layout],
            filled.tables,
            filled.problems,
            filled.title,
            filled.period,
            None,
            filled.subject,
            aside=filled.aside,
            unused=filled.aside,
        )
    frames, problems, titles, periods = [], [], [], []
    for document in documents:
        rows, found, title, period = reader.read(document)
        frames += [rows] if len(rows) else []
        problems += found
        titles.append(title)
        periods.append(period)
    tables = {layout.raw_table: pl.concat(frames)} if frames else {}
    problems += [_sheet_not_read(grid) for grid in grids if grid not in documents and grid.sheet]
    return Reading(contract, [layout.layout], tables, problems, titles[0], periods[0], None, titles[0])


def _read_grids(
    form: str, grids: list[Grid], file_name: str, contracts: tuple[Contract, ...], lines: Sequence[Line]
) -> Reading:
    """Read one delivery from its grids."""
    recognised = [(sheet, found) for sheet in grids if (found := recognise(sheet, form, contracts))]
    others = {id(sheet): told for sheet, found in recognised if found.problems and (told := sibling(sheet, found))}
    recognised = [(sheet, found) for sheet, found in recognised if id(sheet) not in others]
    if not recognised:
        why = [*others.values()] or [not_recognised(grids, form, contracts)]
        return Reading(None, [], {}, why, "", "", None)
    contract = recognised[0][1].contract
    recognised = [(sheet, found) for sheet, found in recognised if not _is_side_sheet(sheet, recognised)]
    recognised, problems = _seen(recognised)
    tables: dict[str, list[pl.DataFrame]] = {}
    days: list[dt.date] = []
    proposed: list[Proposal] = []
    unused = aside = 0
    for sheet, found in recognised:
        if found.problems:
            problems += found.problems
            continue
        page = read_sheet(sheet, found, lines)
        problems += with_symbols(sheet, found, page.problems, lines)
        proposed += propose(sheet, found, page, several=len(recognised) > 1)
        unused, aside = unused + page.unused + page.aside, aside + page.aside
        if not page.whole or page.rows.is_empty():
            continue
        problems += _name_against_content(file_name, found, page.rows)
        tables.setdefault(found.layout.raw_table, []).append(page.rows)
        days += page.observed
    for table, frames in tables.items():
        if len(frames) > 1:
            layout = next(found.layout for _, found in recognised if found.layout.raw_table == table)
            rows, again = sums.twice(together(alike(frames, table)), layout, figure_of(table))
            problems += again
            tables[table] = [rows]
        tables[table] = [as_published(rows, table) for rows in tables[table]]
    problems += _other_sheets(grids, recognised)
    title = next((found.header.title for _, found in recognised if found.header.title), "")
    return Reading(
        contract,
        [found.layout.layout for _, found in recognised],
        {table: together(frames) for table, frames in tables.items()},
        problems,
        shown.label(title.split("\n")[0].replace("|", " ")[:200]),
        _period(recognised, tables),
        (min(days), max(days)) if days else None,
        _subject(recognised, tables),
        unused,
        aside,
        tuple(dict.fromkeys(proposed)),
    )


def _seen(recognised: list[tuple[Grid, Recognised]]) -> tuple[list[tuple[Grid, Recognised]], list[Problem]]:
    """The sheets that a person sees, where there are any. A hidden table may be last year's: it is not read."""
    seen = [(sheet, found) for sheet, found in recognised if sheet.visible]
    hidden = [sheet for sheet, _ in recognised if not sheet.visible]
    problems = [
        problem("hidden_table.beside_others" if seen else "hidden_table.alone", sheet=sheet.sheet, rows=sheet.height)
        for sheet in hidden
    ]
    return seen or recognised, problems


def _is_side_sheet(sheet: Grid, recognised: list[tuple[Grid, Recognised]]) -> bool:
    return len(recognised) > 1 and any(
        found.layout.side_sheets_pattern.search(sheet.name) for other, found in recognised if other is not sheet
    )


def _other_sheets(grids: list[Grid], recognised: list[tuple[Grid, Recognised]]) -> list[Problem]:
    read = {id(sheet) for sheet, _ in recognised}
    return [
        _sheet_not_read(sheet)
        for sheet in grids
        if id(sheet) not in read
        and sheet.sheet
        and sheet.visible
        and not any(found.layout.side_sheets_pattern.search(sheet.name) for _, found in recognised)
    ]


def _sheet_not_read(sheet: Grid) -> Problem:
    return problem("sheet_not_read", sheet=sheet.sheet, rows=sheet.height)


def _subject(recognised: list[tuple[Grid, Recognised]], tables: dict[str, list[pl.DataFrame]]) -> str:
    words = [found.said.get(name, "") for _, found in recognised for name in ("scope", "sex")]
    for rows in (rows for frames in tables.values() for rows in frames):
        for name in ("form", "series", "indicator_id"):
            if name in rows.columns:
                words.append("+".join(sorted(map(str, rows[name].unique().to_list()))))
    return "/".join(words)


def _period(recognised: list[tuple[Grid, Recognised]], tables: dict[str, list[pl.DataFrame]]) -> str:
    """The delivery's period for people: 2021-01-01, FY2019, FY2008-FY2025, 2024, 2024-12, 2015-2045."""
    texts: list[str] = []
    for _, found in recognised:
        if (day := as_of(found)) is not None:
            texts.append(day.isoformat())
    for frames in tables.values():
        for rows in frames:
            if "fiscal_year" in rows.columns:
                years = rows["fiscal_year"].unique().sort().to_list()
                texts += [f"FY{years[0]}", f"FY{years[-1]}"]
            elif "month" in rows.columns:
                first, last = rows["month"].min(), rows["month"].max()
                assert isinstance(first, dt.date) and isinstance(last, dt.date)
                texts += [f"{first:%Y-%m}", f"{last:%Y-%m}"]
            elif "year" in rows.columns:
                texts += [str(rows["year"].min()), str(rows["year"].max())]
            elif "period_start" in rows.columns and "indicator_id" in rows.columns:
                texts += [str(rows["period_start"].min()), str(rows["period_end"].max())]
            elif not texts and "as_of_date" in rows.columns:
                texts += [str(rows["as_of_date"].min()), str(rows["as_of_date"].max())]
    parts = list(dict.fromkeys(texts))
    return parts[0] if len(parts) == 1 else "..".join([parts[0], parts[-1]]) if parts else ""


_SCOPES = {"s": "total", "n": "japanese", "g": "foreign"}


def _name_against_content(file_name: str, found: Recognised, rows: pl.DataFrame) -> list[Problem]:
    """The publisher's own file names say a period and a table; where they disagree with the content, both are named."""
    wanted = found.layout.file_name_pattern
    said = wanted.match(file_name) if wanted else None
    if not said:
        return []
    stated = {name: text for name, text in said.groupdict().items() if text}
    day = as_of(found)
    pairs: list[tuple[str, str]] = []
    if "yy" in stated and day:
        pairs.append((stated["yy"], f"{day.year % 100:02d}"))
    if "scope" in stated and "scope" in rows.columns:
        pairs.append((_SCOPES.get(stated["scope"], stated["scope"]), str(rows["scope"][0])))
    if "table" in stated:
        pairs.append((stated["table"], "nen" if "age_group" in schema_of(found.layout.raw_table) else "jin"))
    if "fiscal" in stated and "fiscal_year" in rows.columns:
        letter, number = stated["fiscal"][0], int(stated["fiscal"][1:])
        pairs.append((str({"H": 1988, "R": 2018}[letter] + number), str(rows["fiscal_year"][0])))
    if "month" in rows.columns:
        months = rows["month"].unique().sort().to_list()
        if "year" in stated:
            pairs.append((stated["year"], "/".join(sorted({str(month.year) for month in months}))))
        if "month" in stated:
            pairs.append((stated["month"], "/".join(f"{month.month:02d}" for month in months)))
    wrong = [(by_name, by_content) for by_name, by_content in pairs if by_name != by_content]
    return [problem("name_content_disagree", by_name=by_name, by_content=by_content) for by_name, by_content in wrong]
