"""Which source, layout and period a grid is, by what it says.

Holds: matching contracts to grids, the variables that title and headers state. Does not hold the lines that a misfit
proposes (proposals.py), what a file is like that nothing recognises (nearest.py) or the reading of figures (melt.py).
The file's name plays no part, except that it is compared with the content at the end.
"""

from __future__ import annotations

import csv
import re
from typing import NamedTuple

import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.cells.grid import HEAD, Grid
from sousei.ingest.contract.model import Column, Contract, Layout
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.recognise import proposals
from sousei.ingest.recognise.contradictions import contradictions, no_period
from sousei.ingest.recognise.headers import Header, find
from sousei.ingest.recognise.recognised import Bound, Recognised, day_of, parsed
from sousei.ingest.vocabulary.dates import ERA_YEAR, parse_date

NEAR = 0.5
"""Share of a layout's required columns that a file without a title must show to be called a changed layout of it."""

SHORT = 8
"""Characters of a title below which it says nothing that a contract could hold on to."""

_SEPARATORS = {"\t": ("タブ", "tabs"), ";": ("セミコロン(;)", "semicolons")}


class _Fit(NamedTuple):
    """How far a layout fits. found: its problems leave out columns; unknown: places that it does not know; missing:
    columns that the grid does not have; share: of the layout's columns that are there, less what is unknown."""

    found: Recognised
    unknown: list[int]
    missing: list[Column]
    share: float

    @property
    def whole(self) -> bool:
        return not (self.found.problems or self.unknown or self.missing)


def recognise(grid: Grid, form: str, contracts: tuple[Contract, ...]) -> Recognised | None:
    """The layout that a grid has, or the nearest one with the problems that keep it from being read, or None. Of the
    text above its header only the line of the layout's title is kept: the rest may be about anybody."""
    found = _recognised(grid, form, contracts)
    if found is None and form == "csv":
        found = _parted_otherwise(grid, contracts)
    return None if found is None else found._replace(header=found.header._replace(title=_title_of(found)))


def _title_of(found: Recognised) -> str:
    lines = found.header.title.split("\n")
    return next((line for line in lines if any(says.search(line) for says in found.layout.says_patterns)), "")


def _recognised(grid: Grid, form: str, contracts: tuple[Contract, ...]) -> Recognised | None:
    headers: dict[str, Header | None] = {}
    whole: list[Recognised] = []
    near: list[_Fit] = []
    for contract in contracts:
        for layout in contract.layouts:
            if layout.form != form or layout.reader:
                continue
            if layout.anchor not in headers:
                headers[layout.anchor] = find(grid, layout.anchor_pattern)
            header = headers[layout.anchor]
            if header is None or (said := _said(layout, header.title)) is None:
                continue
            fit = _bind(grid, contract, layout, header, said)
            if fit.whole:
                whole.append(fit.found)
            elif layout.says or fit.share >= NEAR or _about(layout, header, grid):
                near.append(fit)
    if not whole and not any(fit.found.layout.says for fit in near):
        near = _retitled(grid, form, contracts, headers) or near
    if whole:
        fitting = [found for found in whole if (day := day_of(found)) is None or found.layout.covers(day)]
        if not fitting:
            return whole[0]._replace(problems=[_outside(grid, whole)])
        if len(fitting) > 1:
            return fitting[0]._replace(problems=[_ambiguous(grid, fitting)])
        return fitting[0]
    return _explained(grid, max(near, key=_nearness)) if near else None


def _parted_otherwise(grid: Grid, contracts: tuple[Contract, ...]) -> Recognised | None:
    """The layout that a text would have if tabs or semicolons parted its fields; nothing is read from it."""
    top = min(HEAD, grid.height)
    columns = [grid.cells(place, 0, top) for place in range(grid.width)]
    lines = [",".join(cell or "" for cell in row).rstrip(",") for row in zip(*columns, strict=True)]
    for sign, (name_ja, name) in _SEPARATORS.items():
        if sum(sign in line for line in lines) < 2:
            continue
        try:
            rows = list(csv.reader([" ".join(line.splitlines()) for line in lines], delimiter=sign))
        except csv.Error:
            continue
        width = max(map(len, rows))
        texts = zip(*[row + [""] * (width - len(row)) for row in rows], strict=True)
        parted = Grid("", len(rows), columns=[pl.Series(text, dtype=pl.String) for text in texts], lines=grid.lines)
        found = _recognised(parted, "csv", contracts)
        if found is None or (found.problems and not any(p["severity"] == "gate" for p in found.problems)):
            continue
        separator = problem(
            "wrong_separator",
            row=grid.line(found.header.first),
            statistic_ja=found.contract.statistic_ja,
            layout=f"{found.contract.source}/{found.layout.layout}",
            separator_ja=name_ja,
            separator=name,
        )
        return found._replace(problems=[separator])
    return None


def _nearness(fit: _Fit) -> tuple[float, bool, int]:
    """Of layouts with as many columns in common, the one of the file's date, then the one with the fewest problems."""
    day = day_of(fit.found)
    covers = day is not None and fit.found.layout.covers(day)
    return fit.share, covers, -len(fit.found.problems) - len(fit.unknown) - len(fit.missing)


def _explained(grid: Grid, fit: _Fit) -> Recognised:
    """The layout with a problem for each column that it does not know or does not find."""
    found = fit.found
    labels = found.header.labels
    paths = {place: labels[place].path for place in fit.unknown}
    units = {place: labels[place].unit for place in fit.unknown}
    renamed = proposals.renamed_columns(paths, fit.missing, units, (found.contract, found.layout))
    passed = {place: _passed(grid, found, place) for place in fit.unknown}
    gone = [column for column in fit.missing if all(column is not one.column for one in renamed.values())]
    optional = {id(column): proposals.optional_column(found.contract, found.layout, column) for column in fit.missing}
    # lines are offered where the file can be read once all of them are pasted, and else none
    works = all(place in renamed or passed[place] for place in fit.unknown)
    works &= all(optional[id(column)] for column in gone)
    works &= any(bound.column.role == "measure" for bound in found.columns) or any(
        one.column.role == "measure" for one in renamed.values()
    )
    apart = [] if found.problems or not works else contradictions(grid, found)
    works &= not apart
    unknown = [
        _unknown(grid, found, place, passed[place] if works else None, renamed.get(place) if works else None)
        for place in fit.unknown
    ]
    missing = [_missing(grid, found, column, optional[id(column)] if works else None) for column in fit.missing]
    return found._replace(problems=[*found.problems, *apart, *unknown, *missing])


def _passed(grid: Grid, found: Recognised, place: int) -> str | None:
    label, body = found.header.labels[place], found.header.body
    return proposals.ignored_column(label.path, label.unit, [word for word in grid.words(place, body) if word])


def _about(layout: Layout, header: Header, grid: Grid) -> bool:
    """The file's words are those of the layout's series, whatever its columns."""
    if layout.about_pattern is None:
        return False
    words = [header.title, *(label.full for label in header.labels)]
    words += [cell for cells in grid.head[header.body : header.body + 1] for cell in cells]
    return any(layout.about_pattern.search(word) for word in words)


def _retitled(grid: Grid, form: str, contracts: tuple[Contract, ...], headers: dict[str, Header | None]) -> list[_Fit]:
    """Layouts that have every column of the grid and miss only its title: a new year's wording, or another table."""
    found = []
    for contract in contracts:
        for layout in contract.layouts:
            if layout.form != form or layout.reader or not layout.says:
                continue
            header = headers.get(layout.anchor)
            if header is None or len(header.title) < SHORT or _said(layout, header.title) is not None:
                continue
            fit = _bind(grid, contract, layout, header, {})
            if fit.whole:
                found.append(fit._replace(found=fit.found._replace(problems=[_unknown_title(grid, fit.found)])))
    # of equals, the layout in use on the title's day, then the newest
    found.reverse()
    return sorted(found, key=lambda fit: not _titled_in(fit))


def _titled_in(fit: _Fit) -> bool:
    """Whether the title names a day on which the layout was in use."""
    days = [parsed(parse_date, day) for day in re.findall(rf"{ERA_YEAR}\d+月\d+日", fit.found.header.title)]
    return any(day is not None and fit.found.layout.covers(day) for day in days)


def _said(layout: Layout, title: str) -> dict[str, str] | None:
    said: dict[str, str] = {}
    for saying in layout.says_patterns:
        found = saying.search(title)
        if not found:
            return None
        said |= {name: text for name, text in found.groupdict().items() if text is not None}
    return said


def _bind(grid: Grid, contract: Contract, layout: Layout, header: Header, said: dict[str, str]) -> _Fit:
    columns: list[Bound] = []
    unknown: list[int] = []
    seen: dict[int, list[str]] = {}
    bare = header.body >= grid.height
    # fields beyond a CSV's own header are not columns: a record that has them is refused as ragged
    width = len(header.labels) if grid.widths is None else int(grid.widths[header.body - 1])
    for place, label in enumerate(header.labels[:width]):
        for column in layout.columns:
            groups = column.header_pattern.fullmatch(label.path)
            fits = column.cells is None or (bare and bool(label.full))
            if groups and (fits or _cells_match(grid, place, header.body, column.cells or "")):
                seen.setdefault(id(column), []).append(label.path)
                stated = {name: text for name, text in groups.groupdict().items() if text is not None}
                columns.append(Bound(place, label, column, stated))
                break
        else:
            if label.full or not _empty(grid, place, header.body):
                unknown.append(place)
    missing = [column for column in layout.columns if column.required and id(column) not in seen]
    problems, said = _metadata(grid, contract, layout, header, said)
    other = layout.excludes_pattern.search(header.title) if layout.excludes_pattern else None
    problems += [_other_statistic(grid, contract, layout, other[0])] if other else []
    for bound in columns:
        if bound.column.keep and not any(
            re.fullmatch(bound.column.keep, word) for word in grid.words(bound.place, header.body)
        ):
            problems.append(_other_statistic(grid, contract, layout, bound.label.shown))
    found = Recognised(contract, layout, header, columns, said, problems)
    if not problems and not unknown and not missing:
        problems += contradictions(grid, found)
    wanted = sum(column.required for column in layout.columns) or 1
    return _Fit(found, unknown, missing, (wanted - len(missing)) / wanted - len(unknown) / max(len(header.labels), 1))


def _metadata(
    grid: Grid, contract: Contract, layout: Layout, header: Header, said: dict[str, str]
) -> tuple[list[Problem], dict[str, str]]:
    """Problems of the metadata lines above the table, and what they say besides the title."""
    problems: list[Problem] = []
    if not layout.metadata:
        return problems, said
    for row, cells in enumerate(grid.head[: header.first]):
        name, rest = cells[0], "|".join(cell for cell in cells[1:] if cell)
        if not name.endswith(":") or not rest:
            continue
        known = [value.fullmatch(rest) for named, value in layout.metadata_patterns if named.fullmatch(name[:-1])]
        found = next((match for match in known if match), None)
        groups = {key: text for key, text in found.groupdict().items() if text} if found else {}
        if found and all(said.get(key, text) == text for key, text in groups.items()):
            said = said | groups
            continue
        other = next((value for named, value in layout.metadata_patterns if named.fullmatch(name[:-1])), None)
        line = proposals.metadata_line(name[:-1], rest[:200], None if found else other)
        problems.append(
            problem(
                "unknown_metadata.value" if known else "unknown_metadata.line",
                sheet=grid.sheet,
                row=grid.line(row),
                column_label=shown.label(name),
                text=shown.label(rest[:40]),
                entry_ja=f"{proposals.entry_of(contract, layout)} metadata"
                f"{proposals.place_of(contract, layout, 'metadata')}",
                line=line,
            )
        )
    return problems, said


HIDDEN = (
    "契約の言葉でない文字は、個人に関わるかもしれないため示しません。元のファイルのその場所の文字を見て加えてください。"
)
"""In place of a proposal that would print text of the delivery."""


def _other_statistic(grid: Grid, contract: Contract, layout: Layout, words: str) -> Problem:
    return problem(
        "other_statistic",
        sheet=grid.sheet,
        row=grid.line(0),
        layout=f"{contract.source}/{layout.layout}",
        statistic_ja=contract.statistic_ja,
        words=shown.label(words[:60]),
    )


def _cells_match(grid: Grid, place: int, body: int, cells: str) -> bool:
    """Whether all cells of a column are of a kind. Records of another width than the header (a file that was cut) say
    nothing about a column: they are refused as ragged."""

    def match(words: list[str]) -> bool:
        words = [word for word in words if word]
        return bool(words) and all(re.fullmatch(cells, word) for word in words)

    if match(grid.words(place, body)) or grid.widths is None:
        return match(grid.words(place, body))
    whole = pl.Series(grid.widths[body : grid.height] == grid.widths[body - 1], dtype=pl.Boolean)
    return not whole.all() and match(grid.squeezed(place, body).filter(whole).unique().to_list())


def _empty(grid: Grid, place: int, body: int) -> bool:
    return not grid.filled([place], body, grid.height).any()


def _unknown(grid: Grid, found: Recognised, place: int, line: str | None, renamed: proposals.Renamed | None) -> Problem:
    contract, layout, header = found.contract, found.layout, found.header
    label = header.labels[place]
    passed = f"読まなくてよい列なら: {line}" if line else "この列を読まずに済ませるだけでは、この表は読めません。"
    other = ""
    if renamed:
        at = f"({renamed.number} 行目)" if renamed.number else ""
        put = ":" if renamed.number is None else f"、その列の行{at}を次の行に替えてください:"
        other = f" 「{renamed.column.header}」の新しい名前なら{put} {renamed.line}"
    return problem(
        "unknown_column",
        sheet=grid.sheet,
        row=grid.line(header.first),
        column_label=label.shown,
        header_ja=label.shown or "見出しなし",
        header=label.shown or "no header",
        place=place + 1,
        layout=f"{contract.source}/{layout.layout}",
        entry_ja=f"{proposals.entry_of(contract, layout)} columns{proposals.place_of(contract, layout, 'columns')}",
        lines_ja=f"{passed}{other}",
    )


def _missing(grid: Grid, found: Recognised, column: Column, line: tuple[int, str] | None) -> Problem:
    replaced, label = "", proposals.label_of(column.header)
    if line:
        at = f"({line[0]} 行目)" if line[0] else ""
        entry = proposals.entry_of(found.contract, found.layout)
        replaced = f"なくなったなら {entry} この列{at}を次の行に替えてください: {line[1]}"
    return problem(
        "missing_column.of_contract",
        sheet=grid.sheet,
        row=grid.line(found.header.first),
        column_label=label or proposals.ROLES[column.role],
        meaning_ja=proposals.meaning_of(column),
        meaning=f"{label or column.role} ({column.role})",
        header=column.header or column.role,
        entry_ja=replaced or "公表元もこの列なしなら、この様式では読めません。",
    )


def _unknown_title(grid: Grid, found: Recognised) -> Problem:
    title = found.header.title.split("\n")[0]
    for day in re.findall(rf"{ERA_YEAR}\d+月\d+日", title):
        if parsed(parse_date, day) is None:
            return no_period(grid, found, day, "")
    line = proposals.retitled_layout(found.contract, found.layout, title, day_of(found))
    entry = f"同じなら {proposals.entry_of(found.contract, found.layout)}あとに加えてください: {line}"
    return problem(
        "unknown_title",
        sheet=grid.sheet,
        row=grid.line(0),
        layout=f"{found.contract.source}/{found.layout.layout}",
        title=shown.label(title[:60]),
        says=" / ".join(found.layout.says),
        entry_ja=(entry if shown.is_known(title[:120]) else HIDDEN)
        if line
        else "同じなら、表題にない区分を constants に書いた様式を契約に加えます。",
    )


def _outside(grid: Grid, whole: list[Recognised]) -> Problem:
    day = day_of(whole[0])
    assert day is not None  # a layout without a day covers the file
    nearest = min(whole, key=lambda found: found.layout.days_off(day))
    line = proposals.dated_layout(nearest.contract, nearest.layout, day)
    names = "、".join(found.layout.layout for found in whole)
    return problem(
        "no_layout_for_period",
        sheet=grid.sheet,
        day=day,
        layouts=names,
        spans="; ".join(f"{f.layout.layout}: {f.layout.valid_from}..{f.layout.valid_to}" for f in whole),
        entry_ja=proposals.entry_of(nearest.contract, nearest.layout),
        line=line,
    )


def _ambiguous(grid: Grid, fitting: list[Recognised]) -> Problem:
    return problem(
        "ambiguous_layout",
        sheet=grid.sheet,
        layouts="、".join(f"{found.contract.source}/{found.layout.layout}" for found in fitting),
    )
