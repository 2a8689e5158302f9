"""A town that has only some of the sources publishes what it can: every subset of the six statistics on a fresh home,
and its own plan and reports alone and beside them."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from sousei.orchestration.inputs import SAMPLES
from tests.nights import town

OWN_FORMS = ("plan_register", "section_report")
SOURCES = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir() and path.name not in OWN_FORMS)
SUBSETS = [subset for size in range(1, len(SOURCES) + 1) for subset in itertools.combinations(SOURCES, size)]
ONE_OR_ALL_BUT_ONE = {1, len(SOURCES) - 1, len(SOURCES)}
"""How many sources: each alone, each missing, all."""
MARTS = {
    "census": "fct_population",
    "resident_registry": "fct_population_change",
    "furusato_nozei": "fct_furusato_donation",
    "tourism": "fct_tourism_visitors",
    "ipss_projection": "mart_population_projection",
    "reference_series": "fct_population_change",
}


def chosen() -> set[tuple[str, ...]]:
    """Subsets in which every three sources are there and missing in each of their eight combinations."""
    found = [subset for subset in SUBSETS if len(subset) in ONE_OR_ALL_BUT_ONE]
    open_ = {row for three in TRIPLES for row in itertools.product([three], itertools.product((True, False), repeat=3))}
    open_ -= {row for subset in [(), *found] for row in covered(subset)}
    while open_:
        best = max(SUBSETS, key=lambda subset: len(open_ & covered(subset)))
        found.append(best)
        open_ -= covered(best)
    return set(found)


def covered(subset: tuple[str, ...]) -> set[tuple[tuple[str, ...], tuple[bool, ...]]]:
    return {(three, tuple(source in subset for source in three)) for three in TRIPLES}


TRIPLES = list(itertools.combinations(SOURCES, 3))
CHOSEN = chosen()
NIGHTS = [
    pytest.param(subset, id="+".join(subset), marks=[] if subset in CHOSEN else [pytest.mark.exhaustive])
    for subset in SUBSETS
]


def test_there_are_six_sources_and_every_three_of_them_meet_in_every_way() -> None:
    assert (SOURCES, len(SUBSETS)) == (sorted(MARTS), 63)
    assert len(set().union(*map(covered, [(), *CHOSEN]))) == len(TRIPLES) * 8
    assert 13 <= len(CHOSEN) <= 30


@pytest.mark.slow
@pytest.mark.parametrize("others", [(), ("census",), ("ipss_projection",), ("furusato_nozei", "tourism")])
@pytest.mark.parametrize("own", [OWN_FORMS[:1], OWN_FORMS[1:], OWN_FORMS], ids="+".join)
def test_plans_and_reports_are_published_alone_and_beside_some(
    tmp_path: Path, own: tuple[str, ...], others: tuple[str, ...]
) -> None:
    """A report without its plan waits; a plan without reports has no values; neither stops the night."""
    one = town(tmp_path / "home")
    for source in (*own, *others):
        shutil.copytree(SAMPLES / source, one.landing / source)
    one.publishes()
    ((kpis,), (values,)) = (one.query(f"select count(*) from {mart}")[0] for mart in ("dim_kpi", "fct_kpi_actual"))
    assert (kpis > 0) == ("plan_register" in own)
    assert values > 0 or own != OWN_FORMS


@pytest.mark.slow
@pytest.mark.parametrize("subset", NIGHTS)
def test_every_subset_of_the_sources_is_published_on_a_fresh_home(tmp_path: Path, subset: tuple[str, ...]) -> None:
    """Marts without inputs are empty and nothing stops; what was delivered is there."""
    one = town(tmp_path / "home")
    for source in subset:
        shutil.copytree(SAMPLES / source, one.landing / source)
    one.publishes()
    ((n_taken, n_others),) = one.query(
        "select count(*) filter (where verdict = 'taken'), count(*) filter (where verdict <> 'taken') from meta_source"
    )
    assert (n_taken, n_others) == (sum(1 for path in one.landing.rglob("*") if path.is_file()), 0)
    for source, mart in MARTS.items():
        own = "" if mart != "fct_population_change" else f"where source_id like '{source}-%'"
        own = own if mart != "mart_population_projection" else "where vintage like 'ipss%'"
        ((rows,),) = one.query(f"select count(*) from {mart} {own}")
        if source in subset:
            assert rows > 0, (source, mart)
        elif mart in ("fct_furusato_donation", "fct_tourism_visitors") or source in ("resident_registry",):
            assert rows == 0, (source, mart)
    shutil.rmtree(tmp_path / "home")
