"""Everything in a release that people and programs open besides the tables, in the order in which it is written.

Holds: the files of workbooks and reports, ready queries, data package, site; what one that fails costs. Does not hold:
how a paper is made (`making`), by a second process too (`beside`), what stands in the others (`office`, `package`,
`site`), or sealing the release (`publish`).

    papers/<edition>/<code>/<code>_<plan>_<edition>.xlsx   a plan's workbook
    papers/<edition>/<code>/<code>_<edition>.html          the report of a municipality with all its plans
    papers/<edition>/<code>/<code>_<edition>_whatif.html   its population with sliders; the same in every edition
    papers/papers.json                                     every paper with its place, or why it could not be written
    office/*.csv                                           the tables for people, as a spreadsheet opens them
    queries/*.sql, datapackage.json, schema.csv, llms.txt, site/*.html
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sousei.foundation import duck
from sousei.publication import beside, inventory, office, package
from sousei.publication.catalogue import describe_all
from sousei.publication.inventory import Paper
from sousei.publication.making import WHATIF, Asked, Making, Unsealed
from sousei.publication.moved import moved
from sousei.publication.ready import ready
from sousei.publication.site import pages

FOLDER = "papers"
LIST = "papers.json"


def write(directory: Path) -> None:
    """Write all of it into the directory of an unsealed release, whose database nobody has open for writing.

    A paper that fails is told in papers.json and on the site; so are package, queries or site as a whole, in the list
    alone. None of them costs anything else. Raises OSError where the disk does.
    """
    release = Unsealed(directory)
    making, asked, papers = Making(release), list[Asked](), list[Paper]()
    problems = [
        _tried("papers", lambda: asked.extend(making.papers())),
        _tried("whatif", lambda: asked.extend(making.whatifs(asked))),
    ]
    left = deque(asked)
    with beside.asked(release, left) as answers:
        problems.append(_tried("office", lambda: _office(release)))
        papers.extend(_papers(directory, making, asked, left, answers))
    problems.append(_tried("site", lambda: _about(release, papers)))
    told = {"papers": [one._asdict() for one in papers], "problems": [said for said in problems if said]}
    _save(directory / FOLDER / LIST, json.dumps(told, ensure_ascii=False, indent=1) + "\n")


def listed(directory: Path) -> tuple[list[Paper], list[str]]:
    """The papers of a release and what failed besides, as it lists them; none where it is older than papers."""
    path = directory / FOLDER / LIST
    told = json.loads(path.read_text("utf-8")) if path.is_file() else {"papers": [], "problems": []}
    return [Paper(**one) for one in told["papers"]], list(told["problems"])


def _about(release: Unsealed, papers: list[Paper]) -> None:
    """Queries, data package and site."""
    directory, found = release.path, moved(release.database)
    changes = None if found is None else [change for _, _, change in found]
    held = replace(inventory.take(directory), papers=papers, changes=changes)
    for one in ready():
        _save(directory / "queries" / one.file_name, one.text)
    _save(directory / package.NAME, package.datapackage(held))
    (directory / package.SCHEMA).write_bytes(
        package.schema({name: one for name, one in held.tables.items() if held.has_csv(name)})
    )
    _save(directory / package.LLMS, package.llms(held))
    for name, text in pages.pages(held, pages.answers(release)).items():
        _save(directory / "site" / f"{name}.html", text)


def _office(release: Unsealed) -> None:
    """The tables as CSV for people."""
    with duck.connect(release.database, read_only=True) as connection:
        ((database,),) = connection.execute("select current_database()").fetchall()
        office.write(release.path, connection, describe_all(connection, database))


def _papers(
    directory: Path, making: Making, asked: Sequence[Asked], left: deque[Asked], answers: deque[beside.Answer]
) -> Iterator[Paper]:
    """Every paper in the order in which it was asked for, whoever made it: what is left is made here from its
    beginning, and in the end what was taken from it and not answered."""
    found: dict[Asked, list[Paper]] = {}
    while True:
        while answers:
            one, made = answers.popleft()
            found[one] = _written(directory, one, made)
        mine = _first(left)
        if mine is None:
            break
        found[mine] = _made(directory, making, mine)
    for one in asked:
        yield from found[one] if one in found else _made(directory, making, one)


def _first(left: deque[Asked]) -> Asked | None:
    try:
        return left.popleft()
    except IndexError:  # also where the other one took the last meanwhile
        return None


def _made(directory: Path, making: Making, asked: Asked) -> list[Paper]:
    """The papers with their places once they are written, or with the reason why they are not."""
    made: list[bytes | None] = []
    if problem := _tried("paper", lambda: made.append(making.made(asked))):
        return [one._replace(problem_ja=problem) for one in _listed(asked)]
    return _written(directory, asked, made[0])


def _written(directory: Path, asked: Asked, made: bytes | None) -> list[Paper]:
    """The papers with their places, written; none where there is nothing to print."""
    if made is None:
        return []
    papers = [one._replace(file=_place(one)) for one in _listed(asked)]
    for one in papers:
        to = directory / (one.file or "")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(made)
    return papers


def _listed(asked: Asked) -> list[Paper]:
    return [Paper(edition, asked.municipality_code, asked.plan_id, asked.kind, None) for edition in asked.editions]


def _place(paper: Paper) -> str:
    name = "_".join(part for part in (paper.municipality_code, paper.plan_id, paper.edition) if part)
    suffix = "_whatif.html" if paper.kind == WHATIF else f".{paper.kind}"
    return f"{FOLDER}/{paper.edition}/{paper.municipality_code}/{name}{suffix}"


def _tried(what: str, work: Callable[[], object]) -> str | None:
    """What went wrong, where it did: a fault in what is made of the tables must not cost them. Raises OSError."""
    try:
        work()
    except OSError:
        raise
    except Exception as error:
        said = next(iter(str(error).splitlines()), "")[:200]
        return f"{what}_failed: 作成できませんでした（{type(error).__name__}: {said}）。開発元に知らせてください。"
    return None


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
