"""A town that has only some of the sources publishes what it can: of the six statistics any three there or not on a
fresh home, and its own plan and reports alone and beside them."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from sousei.orchestration.command import main
from sousei.orchestration.inputs import SAMPLES
from tests.nights import town

OWN_FORMS = ("plan_register", "section_report")
SOURCES = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir() and path.name not in OWN_FORMS)
SUBSETS = [subset for size in (1, 5, 6) for subset in itertools.combinations(SOURCES, size)]
"""One alone, all but one, all: among them every way in which any three are there or not."""
MARTS = {
    "census": "fct_population",
    "resident_registry": "fct_population_change",
    "furusato_nozei": "fct_furusato_donation",
    "tourism": "fct_tourism_visitors",
    "ipss_projection": "mart_population_projection",
    "reference_series": "fct_population_change",
}


OWN = [
    pytest.param(own, others, id="+".join([*own, *others]))
    for own in (OWN_FORMS[:1], OWN_FORMS[1:], OWN_FORMS)
    for others in ((), ("furusato_nozei", "tourism"))
]


def test_there_are_six_sources_and_any_three_are_there_or_not() -> None:
    assert sorted(MARTS) == SOURCES
    for three in itertools.combinations(SOURCES, 3):
        ways = {tuple(one in subset for one in three) for subset in SUBSETS}
        assert ways == set(itertools.product((False, True), repeat=3))


@pytest.mark.slow
@pytest.mark.parametrize(("own", "others"), OWN)
@pytest.mark.exhaustive
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
@pytest.mark.exhaustive
@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_any_of_the_sources_are_published_on_a_fresh_home(
    tmp_path: Path, subset: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Marts without inputs are empty and nothing stops; what was delivered is there and answers without a plan."""
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
    if subset == ("census",):
        monkeypatch.setenv("SOUSEI_HOME", str(one.home.root))
        capfd.readouterr()
        asked = ["query", "--name", "population_by_age", "--format", "csv"]
        assert main(asked) == 0
        out, told = capfd.readouterr()
        assert len(out.splitlines()) == 1 and told.startswith("no_plan: ") and "--municipality" in told
        assert main([*asked, "--municipality", "012238"]) == 0
        out, told = capfd.readouterr()
        assert "01223,census,2020-10-01" in out and not told
    shutil.rmtree(tmp_path / "home")
