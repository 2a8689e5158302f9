"""Everything in a release that people and programs open besides the tables, in the order in which it is written.

Holds: workbooks and reports of every plan and municipality, ready queries, data package, site; what one that fails
costs. Does not hold: what stands in any of them (`book`, `package`, `site`), or sealing the release (`publish`).

    papers/<edition>/<code>/<code>_<plan>_<edition>.xlsx   a plan's workbook
    papers/<edition>/<code>/<code>_<edition>.html          the report of a municipality with all its plans
    papers/<edition>/<code>/<code>_<edition>_whatif.html   its population with sliders; the same in every edition
    papers/papers.json                                     every paper with its place, or why it could not be written
    office/*.csv                                           the tables for people, as a spreadsheet opens them
    queries/*.sql, datapackage.json, schema.csv, llms.txt, site/*.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sousei.foundation import duck
from sousei.publication import inventory, office, package
from sousei.publication.book import write as write_book
from sousei.publication.catalogue import describe_all
from sousei.publication.inventory import Paper
from sousei.publication.moved import Moved, moved, of_town
from sousei.publication.query import queries
from sousei.publication.ready import ready
from sousei.publication.report import page
from sousei.publication.report.page import Change
from sousei.publication.shelf import DATABASE
from sousei.publication.site import pages
from sousei.publication.told.read import EDITIONS, Reading, Told, all_told_of, told_of
from sousei.publication.whatif.release import Sittings

FOLDER = "papers"
LIST = "papers.json"


@dataclass(frozen=True)
class Unsealed:
    """A release's directory before it is sealed: what reads a release's database can read it."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / DATABASE


Maker = Callable[[Sequence[Told], Sequence[Change] | None], bytes]
"""What was read of the plans, and what moved since the last release -> the paper."""


def _book(plans: Sequence[Told], changes: Sequence[Change] | None) -> bytes:
    return write_book.written(plans[0])


def _report(plans: Sequence[Told], changes: Sequence[Change] | None) -> bytes:
    return page.rendered(list(plans), changes)


OF_A_PLAN: dict[str, Maker] = {"xlsx": _book}
OF_A_MUNICIPALITY: dict[str, Maker] = {"html": _report}
"""Suffix -> what makes the paper."""
WHATIF = "whatif"
"""Kind of the page with sliders, which no plan and no edition changes."""


def write(directory: Path) -> None:
    """Write all of it into the directory of an unsealed release.

    A paper that fails is told in papers.json and on the site; so are package, queries or site as a whole, in the list
    alone. None of them costs anything else. Raises OSError where the disk does.
    """
    release = Unsealed(directory)
    papers: list[Paper] = []
    problems = [
        said
        for said in (
            _tried("papers", lambda: papers.extend(_papers(directory, Reading(release), moved(release.database)))),
            _tried("whatif", lambda: papers.extend(_whatifs(directory, release, papers))),
            _tried("office", lambda: _office(release)),
            _tried("site", lambda: _about(release, papers)),
        )
        if said
    ]
    told = {"papers": [one._asdict() for one in papers], "problems": problems}
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


def _papers(directory: Path, read: Reading, found: Moved | None) -> Iterator[Paper]:
    towns: dict[str, list[str]] = {}
    for one in read.plans():
        towns.setdefault(one["municipality_code"], []).append(one["plan_id"])
    for code, plans in towns.items():
        changes = of_town(found, code)
        for edition in EDITIONS:
            for plan_id in plans:
                ask = partial(_plan, read, code, plan_id, edition)
                for suffix, make in OF_A_PLAN.items():
                    yield _paper(directory, Paper(edition, code, plan_id, suffix, None), ask, make, changes)
            ask = partial(all_told_of, read, code, edition)
            for suffix, make in OF_A_MUNICIPALITY.items():
                yield _paper(directory, Paper(edition, code, None, suffix, None), ask, make, changes)


def _whatifs(directory: Path, release: Unsealed, papers: Sequence[Paper]) -> list[Paper]:
    """The what-if page of every municipality that has papers and a table to run."""
    sittings, made = Sittings(release), []
    release_id = queries(["select release_id from meta_release"], release)[0].item()
    for code in dict.fromkeys(one.municipality_code for one in papers):
        found: list[bytes | None] = []
        problem = _tried("paper", partial(_kept, found, sittings, code, release_id))
        for edition in EDITIONS:
            paper = Paper(edition, code, None, WHATIF, None, problem)
            if found and found[0] is not None:
                place = f"{FOLDER}/{edition}/{code}/{code}_{edition}_whatif.html"
                to = directory / place
                to.parent.mkdir(parents=True, exist_ok=True)
                to.write_bytes(found[0])
                made.append(paper._replace(file=place))
            elif problem:
                made.append(paper)
    return made


def _kept(found: list[bytes | None], sittings: Sittings, code: str, release_id: str) -> None:
    found.append(sittings.page(code, release_id))


def _plan(read: Reading, code: str, plan_id: str, edition: str) -> list[Told]:
    return [told_of(read, code, plan_id, edition)]


def _paper(
    directory: Path, paper: Paper, ask: Callable[[], list[Told]], make: Maker, changes: Sequence[Change] | None
) -> Paper:
    """The paper with its place once it is written, or with the reason why it is not."""
    name = "_".join(part for part in (paper.municipality_code, paper.plan_id, paper.edition) if part)
    place = f"{FOLDER}/{paper.edition}/{paper.municipality_code}/{name}.{paper.kind}"
    made: list[bytes] = []
    if problem := _tried("paper", lambda: made.append(make(ask(), changes))):
        return paper._replace(problem_ja=problem)
    to = directory / place
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(made[0])
    return paper._replace(file=place)


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
