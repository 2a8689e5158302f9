"""Which source, layout and period a grid is, by what it says.

Holds: matching contracts to grids, the variables that title and headers state, the proposal of contract lines where a
column is unknown. Does not hold the reading of figures (melt.py). The file's name plays no part, except that it is
compared with the content at the end.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from ingest.ages import parse_age
from ingest.contracts import Column, Contract, Layout
from ingest.dates import calendar_period, fiscal_period, parse_date, parse_flow, parse_year
from ingest.grid import Grid
from ingest.headers import Header, Label, find
from ingest.problems import Problem, problem
from ingest.text import squeeze

_POWERS = "十百千万億"
NEAR = 0.5
"""Share of a layout's required columns that a file without a title must show to be called a changed layout of it."""


class Bound(NamedTuple):
    """A column of the grid and the contract column that it is; groups: what the header says (age, year ...)."""

    place: int
    label: Label
    column: Column
    groups: dict[str, str]


class Recognised(NamedTuple):
    """A grid read as one layout of one source. said: variables of the title; problems: empty when it can be read."""

    contract: Contract
    layout: Layout
    header: Header
    columns: list[Bound]
    said: dict[str, str]
    problems: list[Problem]


def recognise(grid: Grid, form: str, contracts: tuple[Contract, ...]) -> Recognised | None:
    """The layout that a grid has, or the nearest one with the problems that keep it from being read, or None."""
    headers: dict[str, Header | None] = {}
    whole: list[Recognised] = []
    near: list[tuple[float, Recognised]] = []
    for contract in contracts:
        for layout in contract.layouts:
            if layout.form != form or layout.reader:
                continue
            if layout.anchor not in headers:
                headers[layout.anchor] = find(grid, layout.anchor_pattern)
            header = headers[layout.anchor]
            if header is None or (said := _said(layout, header.title)) is None:
                continue
            found, share = _bind(grid, contract, layout, header, said)
            if not found.problems:
                whole.append(found)
            elif layout.says or share >= NEAR:
                near.append((share, found))
    if whole:
        fitting = [found for found in whole if (day := day_of(found)) is None or found.layout.covers(day)]
        if not fitting:
            return whole[0]._replace(problems=[_outside(grid, whole)])
        if len(fitting) > 1:
            return fitting[0]._replace(problems=[_ambiguous(grid, fitting)])
        return fitting[0]
    return max(near, key=lambda item: item[0])[1] if near else None


def _said(layout: Layout, title: str) -> dict[str, str] | None:
    said: dict[str, str] = {}
    for saying in layout.says_patterns:
        found = saying.search(title)
        if not found:
            return None
        said |= {name: text for name, text in found.groupdict().items() if text is not None}
    return said


def _bind(
    grid: Grid, contract: Contract, layout: Layout, header: Header, said: dict[str, str]
) -> tuple[Recognised, float]:
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
    problems, said = _metadata(grid, layout, header, said)
    problems += [_unknown(grid, layout, header, place, contract) for place in unknown]
    problems += [_missing(grid, layout, column, contract) for column in missing]
    found = Recognised(contract, layout, header, columns, said, problems)
    if not problems:
        problems += [*_contradictions(grid, found), *_units(grid, found), *_twice(grid, found)]
        problems += _age_gaps(grid, found)
    wanted = sum(column.required for column in layout.columns) or 1
    return found, (wanted - len(missing)) / wanted - len(unknown) / max(len(header.labels), 1)


def _metadata(grid: Grid, layout: Layout, header: Header, said: dict[str, str]) -> tuple[list[Problem], dict[str, str]]:
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
        problems.append(
            problem(
                "unknown_metadata",
                "gate",
                f"表の範囲を決める行「{name} {rest[:40]}」が契約に{'ない値' if known else 'ない'}か、"
                "ほかの行と食い違います。",
                f"A line that limits the table is not in the contract or contradicts another: {name} {rest[:40]}.",
                sheet=grid.sheet,
                row=grid.line(row),
                column_label=name,
                expected="metadata of the contract",
                found=rest[:40],
                action_ja="この行の意味(男女・国籍・地域の範囲など)を確かめ、契約の metadata に加えてください: "
                f"'{re.escape(name[:-1])}': '{re.escape(rest[:40])}'",
            )
        )
    return problems, said


def _cells_match(grid: Grid, place: int, body: int, cells: str) -> bool:
    words = [word for word in grid.words(place, body) if word]
    return bool(words) and all(re.fullmatch(cells, word) for word in words)


def _empty(grid: Grid, place: int, body: int) -> bool:
    return not grid.filled([place], body, grid.height).any()


def as_of(found: Recognised, day: str = "10-01") -> dt.date | None:
    """Date of the stock that the title or the contract states."""
    said = found.layout.constants | found.said
    try:
        if "as_of" in said:
            return parse_date(said["as_of"])
        if "as_of_year" in said:
            return dt.date.fromisoformat(f"{parse_year(said['as_of_year'])}-{said.get('as_of_day', day)}")
    except ValueError:
        return None
    return None


def day_of(found: Recognised) -> dt.date | None:
    """A day of the file's period, to choose the dated layout by; None where the content names none."""
    if (day := as_of(found)) is not None:
        return day
    said = found.layout.constants | found.said
    for name in ("flow", "fiscal_year", "year"):
        if name in said:
            try:
                year = parse_year(said[name])
            except ValueError:
                return None
            return (fiscal_period(year) if name == "fiscal_year" else calendar_period(year)).start
    return None


def _contradictions(grid: Grid, found: Recognised) -> list[Problem]:
    """The title's year against the years in the headers, and western years against 元号 years."""
    problems = []
    stock = as_of(found)
    flow = parse_flow(found.said["flow"]).start.year if "flow" in found.said else None
    for bound in found.columns:
        for name, expected in (("as_of_year", stock.year if stock else None), ("flow_year", flow)):
            texts = [bound.groups[key] for key in (name, name.replace("_year", "_western")) if key in bound.groups]
            for text in texts:
                if expected is not None and parse_year(text) != expected:
                    problems.append(
                        problem(
                            "period_contradiction",
                            "gate",
                            f"表題の年は {expected} 年、見出しの年は {text} です。",
                            f"The title says {expected}, the header says {text}.",
                            sheet=grid.sheet,
                            row=grid.line(found.header.first),
                            column_label=bound.label.full,
                            expected=expected,
                            found=text,
                            action_ja="表題と見出しのどちらが正しいかを作成元に確かめ、正しい表を入れ直してください。",
                        )
                    )
    return problems[:3]


def _units(grid: Grid, found: Recognised) -> list[Problem]:
    """Units that the file names against the contract's."""
    problems = []
    for bound in found.columns:
        column = bound.column
        if column.role != "measure" or column.unit is None:
            continue
        bare = column.unit.lstrip(_POWERS)
        alike = [unit for unit in found.header.units if unit.lstrip(_POWERS) == bare]
        stated = bound.label.unit
        if alike and column.unit not in alike:
            stated = alike[0]  # the title says another unit, whatever the column says
        stated = stated or (alike[0] if alike else None)
        if stated is None and not column.unit_stated:
            continue
        if stated != column.unit:
            problems.append(
                problem(
                    "unit_mismatch",
                    "gate",
                    f"単位が契約と違います。契約は「{column.unit}」、ファイルは「{stated or '記載なし'}」です。",
                    f"Unit differs: the contract says {column.unit}, the file says {stated or 'nothing'}.",
                    sheet=grid.sheet,
                    row=grid.line(found.header.first),
                    column_label=bound.label.full,
                    expected=column.unit,
                    found=stated or "",
                    action_ja="表の単位を確かめ、単位を書いた正しい表を入れ直してください。契約が古ければ契約を直します。",
                )
            )
    return problems[:3]


def _twice(grid: Grid, found: Recognised) -> list[Problem]:
    """Two columns that claim to be the same figure or the same key."""
    seen: dict[tuple, Bound] = {}
    problems = []
    for bound in found.columns:
        if bound.column.role in {"ignore", "check"}:
            continue
        said = tuple(sorted((name, squeeze(text)) for name, text in bound.groups.items()))
        key = (bound.column.role, bound.column.to, tuple(sorted(bound.column.set.items())), said)
        if key in seen:
            problems.append(
                problem(
                    "column_twice",
                    "gate",
                    f"同じ意味の列が二つあります:「{seen[key].label.full}」と「{bound.label.full}」。",
                    f"Two columns mean the same: {seen[key].label.full!r} and {bound.label.full!r}.",
                    sheet=grid.sheet,
                    row=grid.line(found.header.first),
                    column_label=bound.label.full,
                    expected="one column",
                    found="two columns",
                    action_ja="余分な列を除いた表を入れ直すか、契約に列の違いを書いてください。",
                )
            )
        seen[key] = bound
    return problems[:3]


def _age_gaps(grid: Grid, found: Recognised) -> list[Problem]:
    """Age classes across columns reach from 0 to an open class without a gap or an overlap; a class that is gone would
    look like people whose age is not known."""
    spans: dict[str, list[tuple[int, int | None, str]]] = {}
    total = False
    for bound in found.columns:
        if bound.column.role == "measure" and "age" in bound.groups:
            try:
                age = parse_age(bound.groups["age"])
            except ValueError:
                return [_no_age(grid, found, bound.label.full)]
            total |= age.group == "total"
            if age.low is not None:
                spans.setdefault(bound.groups.get("sex", ""), []).append((age.low, age.high, bound.label.full))
    total |= any("age" in bound.column.set for bound in found.columns)
    if spans and not total:
        return [_no_total(grid, found)]
    for classes in spans.values():
        due: int | None = 0
        for low, high, label in sorted(classes, key=lambda item: item[0]):
            if low != due:
                return [_gap(grid, found, due, label)]
            due = None if high is None else high + 1
        if due is not None:
            return [_gap(grid, found, due, "")]
    return []


def _no_total(grid: Grid, found: Recognised) -> Problem:
    return problem(
        "missing_column",
        "gate",
        "年齢の総数の列がないため、内訳を確かめられません。",
        "Age classes without a column of their total.",
        sheet=grid.sheet,
        row=grid.line(found.header.first),
        expected="総数",
        found="",
        action_ja="総数の列がある表を入れ直してください。",
    )


def _no_age(grid: Grid, found: Recognised, label: str) -> Problem:
    return problem(
        "unknown_age",
        "gate",
        f"年齢階級として読めない見出しです:「{label[:20]}」。",
        f"Not an age class: {label[:20]}.",
        sheet=grid.sheet,
        row=grid.line(found.header.first),
        column_label=label,
        expected="0～4歳, 80歳以上 ...",
        found=label[:20],
        action_ja="見出しの年齢を確かめ、直した表を入れ直してください。",
    )


def _gap(grid: Grid, found: Recognised, due: int | None, label: str) -> Problem:
    what = f"{due}歳からの階級" if due is not None else "最後の階級"
    return problem(
        "missing_column",
        "gate",
        f"年齢階級の列が続いていません:{what}がありません{f'(次の列は「{label}」)' if label else ''}。",
        f"Age classes have a gap or overlap: the class from {due} is not there.",
        sheet=grid.sheet,
        row=grid.line(found.header.first),
        column_label=label,
        expected=f"age class from {due}",
        found=label,
        action_ja="抜けた列のある元の表を入れ直してください。",
    )


def _proposal(path: str) -> str:
    """A header pattern for a contract: years become placeholders, the rest is taken literally."""
    text = re.escape(path).replace(r"\ /\ ", " / ").replace(r"\~", "~")
    text = re.sub(r"(明治|大正|昭和|平成|令和)(元|\d{1,2})年度?( / \d{4}年度?)?", "{year}", text)
    return text.replace("'", "''")


def _unknown(grid: Grid, layout: Layout, header: Header, place: int, contract: Contract) -> Problem:
    label = header.labels[place]
    unit = f", unit: {label.unit}" if label.unit else ""
    lines = f"- {{role: ignore, required: false, header: '{_proposal(label.path)}'{unit}}}"
    return problem(
        "unknown_column",
        "gate",
        f"契約にない列です:「{label.full or '見出しなし'}」({place + 1} 列目)。",
        f"A column that the contract does not know: {label.full or 'no header'} (column {place + 1}).",
        sheet=grid.sheet,
        row=grid.line(header.first),
        column_label=label.full,
        expected=f"{contract.source}/{layout.layout} の列",
        found=label.full,
        action_ja=(
            f"列の意味を確かめ、ingest/sources/{contract.source}/contract.yaml の {layout.layout} の columns に"
            f"加えてください(数値なら role: measure と set を書く): {lines}"
        ),
    )


def _missing(grid: Grid, layout: Layout, column: Column, contract: Contract) -> Problem:
    return problem(
        "missing_column",
        "gate",
        f"契約にある列がありません:「{column.header}」({column.role})。",
        f"A column of the contract is not there: {column.header} ({column.role}).",
        sheet=grid.sheet,
        column_label=column.header,
        expected=column.header,
        found="",
        action_ja=(
            f"列が本当になくなったかを確かめ、なくなったなら ingest/sources/{contract.source}/contract.yaml の"
            f" {layout.layout} のこの列に required: false と書いてください。"
        ),
    )


def _outside(grid: Grid, whole: list[Recognised]) -> Problem:
    day = day_of(whole[0])
    names = "、".join(found.layout.layout for found in whole)
    return problem(
        "no_layout_for_period",
        "gate",
        f"{day} の時点に使う様式が契約にありません(形が合う様式: {names})。",
        f"No layout of the contract covers {day} (same shape: {names}).",
        sheet=grid.sheet,
        expected="; ".join(f"{f.layout.layout}: {f.layout.valid_from}..{f.layout.valid_to}" for f in whole),
        found=day,
        action_ja="表題の年月日を確かめてください。正しければ契約の様式の valid_from / valid_to を広げます。",
    )


def _ambiguous(grid: Grid, fitting: list[Recognised]) -> Problem:
    names = "、".join(f"{found.contract.source}/{found.layout.layout}" for found in fitting)
    return problem(
        "ambiguous_layout",
        "gate",
        f"二つ以上の様式に合います: {names}。",
        f"More than one layout fits: {names}.",
        sheet=grid.sheet,
        expected="one layout",
        found=names,
        action_ja="契約の says か valid_from / valid_to で様式を区別してください。",
    )
