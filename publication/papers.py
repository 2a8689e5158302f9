"""Everything in a release that people and programs open besides the tables, in the order in which it is written.

Holds: workbooks and reports of every plan and municipality, ready queries, data package, site; what one that fails
costs. Does not hold: what stands in any of them (`book`, `package`, `site`), or sealing the release (`publish`).

    papers/<edition>/<code>/<code>_<plan>_<edition>.xlsx   a plan's workbook
    papers/papers.json                                     every paper with its place, or why it could not be written
    queries/*.sql, datapackage.json, llms.txt, site/*.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sousei.publication import inventory, package
from sousei.publication.book.told import EDITIONS, Reading, told_of
from sousei.publication.book.write import written
from sousei.publication.inventory import Change, Paper
from sousei.publication.ready import ready
from sousei.publication.shelf import DATABASE
from sousei.publication.site import pages

FOLDER = "papers"
LIST = "papers.json"


@dataclass(frozen=True)
class Unsealed:
    """A release's directory before it is sealed: what reads a release's database can read it."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / DATABASE


Maker = Callable[[Reading, str, str, str], bytes]
"""What was read, municipality, plan ('' for a paper of the whole municipality), edition -> the paper."""


def _book(read: Reading, municipality: str, plan_id: str, edition: str) -> bytes:
    return written(told_of(read, municipality, plan_id, edition))


OF_A_PLAN: dict[str, Maker] = {"xlsx": _book}
OF_A_MUNICIPALITY: dict[str, Maker] = {}
"""Suffix -> what makes the paper: the HTML report goes here, as "html"."""


def write(directory: Path, changes: Sequence[Change] | None = None) -> None:
    """Write all of it into the directory of an unsealed release.

    changes: what moved since the last release; None where nobody compared. A paper, page or file that fails is told in
    papers.json and on the site and costs nothing else. Raises OSError where the disk does.
    """
    release = Unsealed(directory)
    read = Reading(release)
    papers = list(_papers(directory, read))
    held = replace(inventory.take(directory), papers=papers, changes=None if changes is None else list(changes))
    _save(directory / FOLDER / LIST, _listed(papers))
    for one in ready():
        _save(directory / "queries" / one.file_name, one.text)
    _save(directory / package.NAME, package.datapackage(held))
    _save(directory / package.LLMS, package.llms(held))
    for name, text in pages.pages(held, pages.answers(release)).items():
        _save(directory / "site" / f"{name}.html", text)


def listed(directory: Path) -> list[Paper]:
    """The papers of a release as it lists them; none where it is older than papers."""
    path = directory / FOLDER / LIST
    return [Paper(**one) for one in json.loads(path.read_text("utf-8"))] if path.is_file() else []


def _papers(directory: Path, read: Reading) -> Iterator[Paper]:
    towns: dict[str, list[str]] = {}
    for one in read.plans():
        towns.setdefault(one["municipality_code"], []).append(one["plan_id"])
    for code, plans in towns.items():
        for edition in EDITIONS:
            for suffix, make in OF_A_MUNICIPALITY.items():
                yield _paper(directory, read, make, suffix, edition, code, None)
        for plan_id in plans:
            for edition in EDITIONS:
                for suffix, make in OF_A_PLAN.items():
                    yield _paper(directory, read, make, suffix, edition, code, plan_id)


def _paper(
    directory: Path, read: Reading, make: Maker, suffix: str, edition: str, code: str, plan_id: str | None
) -> Paper:
    name = "_".join(part for part in (code, plan_id, edition) if part)
    place = f"{FOLDER}/{edition}/{code}/{name}.{suffix}"
    try:
        data = make(read, code, plan_id or "", edition)
    except Exception as error:  # a fault in one paper must not cost the release
        said = next(iter(str(error).splitlines()), "")[:200]
        problem = f"paper_failed: 作成できませんでした（{type(error).__name__}: {said}）。開発元に知らせてください。"
        return Paper(edition, code, plan_id, suffix, None, problem)
    to = directory / place
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(data)
    return Paper(edition, code, plan_id, suffix, place)


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def _listed(papers: Sequence[Paper]) -> str:
    return json.dumps([one._asdict() for one in papers], ensure_ascii=False, indent=1) + "\n"
