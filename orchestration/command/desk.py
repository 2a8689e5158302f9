"""`sousei project`: the population vision at the desk, on a release.

Holds: arguments and printing of the desk's questions. Does not hold: the answers (projection.desk), nor any
writing into a home; charts go where the caller says.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Any

from sousei.foundation.home import Home
from sousei.orchestration.command import desk_asked, desk_yearly

if TYPE_CHECKING:
    from sousei.publication.shelf import Release


def add(call: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the desk's questions below `sousei project`."""
    desk_asked.add(call, common, code)


def run(arguments: argparse.Namespace) -> int:
    """Answer one question; 0 answered, 1 something is in the place of a page, 2 when it cannot be asked so."""
    from sousei.projection.desk import answers, sitting
    from sousei.projection.engine import ProjectionError
    from sousei.publication import formats, shelf
    from sousei.publication.query import query
    from sousei.publication.whatif.release import Sittings

    release = shelf.find(Home.from_environment(), arguments.release)
    opened = None

    def mart(name: str) -> Any:
        return query(f"from {name} where municipality_code = '{arguments.municipality}'", release)

    try:
        published = sitting.published_of_release(mart("mart_population_projection"))
        if published.is_empty():
            published = _published_of_ward(arguments, release)
        if arguments.question == "backtest":
            counted = sitting.counted_of_release(mart("fct_population"))
            frame = answers.backtest_table(counted, published, arguments.municipality)
            if frame.is_empty():
                raise ProjectionError(_no_census(arguments.municipality, published))
        else:
            if published.is_empty():
                raise ProjectionError(_no_table(arguments.municipality))
            if arguments.question == "page" and arguments.base is None and arguments.scenarios is None:
                newest = Sittings(release, arguments.municipality).newest(arguments.municipality)
                if newest is not None:
                    return _page(arguments, newest, published, release)
            opened = _opened(arguments, published, _assumptions(arguments, release), mart)
            if arguments.question == "page":
                return _page(arguments, opened, published, release)
            if arguments.question == "charts":
                return _charts(arguments, opened, published, mart)
            frame = _answer(arguments, opened)
    except ProjectionError as error:
        print(f"projection_refused: {error}", file=sys.stderr)
        return 2
    form = "json" if arguments.json else arguments.format
    below: list[str] = []
    if form == "table":
        frame, below = _readable(arguments, frame, opened)
    sys.stdout.buffer.write(formats.formatted(frame, form))
    sys.stdout.flush()
    for line in below:
        print(line)
    return 0


def _opened(arguments: argparse.Namespace, published: Any, assumptions: Any, mart: Any) -> Any:
    """The sitting on the base that was asked for."""
    from sousei.projection.desk import sitting

    if arguments.base is None:
        return sitting.open_desk(published, assumptions, arguments.municipality)
    counted = mart("fct_population")
    return sitting.open_desk(
        published,
        assumptions,
        arguments.municipality,
        base=arguments.base,
        census_population=sitting.counted_of_release(counted),
        registry_population=sitting.counted_of_release(counted, "resident_registry"),
        totals=sitting.totals_of_release(counted),
    )


def _readable(arguments: argparse.Namespace, frame: Any, opened: Any) -> tuple[Any, list[str]]:
    """The table for people, and what it presumes, to be printed below it."""
    from sousei.orchestration.command import desk_shown
    from sousei.projection.conventions import PROFILE_LABELS

    lang = arguments.lang
    below = [] if opened is None else [_base_line(opened, lang)]
    if "changed_ja" in frame.columns:
        names = [name for name in frame.columns if name not in ("changed_ja", "measure_ja")]
        labels = {name: PROFILE_LABELS.get(name, name) if lang == "ja" else name for name in names}
        return desk_shown.spread(frame, labels, lang), [*below, _WHAT_IF[lang]]
    if arguments.question == "goal":
        first = frame.row(0, named=True)
        for row in frame.unique("scenario_id", keep="first", maintain_order=True).iter_rows(named=True):
            path = row["tfr_path_ja"]
            below.append(
                f"{row['scenario_id']}: TFR {path.replace('年', '').replace('、', ', ') if lang == 'en' else path}"
            )
        said = {"ja": ("約束ごと", first["conventions_ja"]), "en": ("Conventions", first["conventions_en"])}[lang]
        below.append(": ".join(said))
        below.append(_RANGE[lang])
    if arguments.question in ("goal", "whatif"):
        below.append(_WHAT_IF[lang])
    if arguments.question == "yearly":
        return desk_yearly.readable(arguments, frame, below)
    return desk_shown.shown(frame, arguments.question, lang), below


def _base_line(opened: Any, lang: str) -> str:
    """What the runs stand on, below their table."""
    if lang == "en":
        return f"Base: {opened.base.base_id or opened.base.years[0]}, rates of {opened.edition}"
    return f"基準: {opened.base_ja}（率は{'平成30年' if opened.edition == 'ipss_2018' else '令和5年'}推計）"


_WHAT_IF = {
    "ja": "これは試算（そうしたらどうなるか）で、見込みではありません。",
    "en": "This is a what-if: what would follow, not what is to be expected.",
}
_RANGE = {
    "ja": "最小・最大は、来る時・転出のしかた・期末に来た母の数え方を変えた答え（一つずつは --conventions）。",
    "en": "Lowest and highest: over when they come, whether they leave, who is a mother. One at a time: --conventions.",
}


def _no_table(municipality: str) -> str:
    """Why there is no published table of a code: it is nobody's, it was not published, or it was not delivered."""
    name = _name_of(municipality)
    if municipality.startswith("07"):
        return (
            f"{name}（{municipality}）の表はありません：平成30年推計は福島県を県計だけで公表しています。令和5年推計の"
            "結果表が届けば --base ipss_2023 で聞けます / the 2018 projection was published for Fukushima as a whole; "
            "with the 2023 edition ask with --base ipss_2023"
        )
    return (
        f"{name}（{municipality}）の社人研推計（男女・5歳階級別）はこの公表版にありません。"
        "この団体を含む表を landing に納品してください / "
        f"this release has no published table of {municipality}"
    )


def _no_census(municipality: str, published: Any) -> str:
    return (
        f"{_name_of(municipality, published)}（{municipality}）の国勢調査（男女・5歳階級別）が5年おきに3回以上"
        "そろっていないので、過去の推計と比べられません / too few censuses by sex and age to test past projections"
    )


def _published_of_ward(arguments: argparse.Namespace, release: Release) -> Any:
    """The published table of a ward of a designated city; empty where the code is none."""
    from sousei.publication.wards import published_of_ward

    return published_of_ward(Home.from_environment(), release.manifest.run_id, arguments.municipality)


def _name_of(municipality: str, published: Any = None) -> str:
    """The name of a code in the register of areas, of a ward its code. Raises ProjectionError where it is nobody's."""
    from sousei.ingest.areas.register import register
    from sousei.projection.engine import ProjectionError

    if names := register().names_of.get(municipality):
        return sorted(names)[-1]
    if published is not None and not published.is_empty():
        return f"区 {municipality}"
    raise ProjectionError(
        f"{municipality} という市区町村はありません。政令指定都市の区は、区の表を含む社人研推計が届いていれば"
        f"聞けます / there is no municipality {municipality}; wards can be asked for where their table was delivered"
    )


def _assumptions(arguments: argparse.Namespace, release: Release) -> Any:
    """The scenario table: a planner's own, else that of the release with the scenarios of the municipality's plans."""
    import polars as pl

    from sousei.projection import scenarios
    from sousei.projection.desk import sitting
    from sousei.projection.engine import ProjectionError
    from sousei.publication.query import QueryError, query

    if arguments.scenarios is not None:
        try:
            return scenarios.read(arguments.scenarios)
        except pl.exceptions.PolarsError as error:
            raise ProjectionError(
                f"シナリオ表 {arguments.scenarios} を読めません（{next(iter(str(error).splitlines()), '')}）。"
                f"列 {'、'.join(scenarios.COLUMNS)} を持つ UTF-8 の CSV にしてください / the table of scenarios "
                "cannot be read; it must be a CSV in UTF-8 with these columns"
            ) from None
    code = arguments.municipality
    try:
        told = query(f"from dim_scenario where municipality_code in ('*', '{code}')", release)
    except QueryError:
        raise ProjectionError(
            "この公表版は推計の仮定（dim_scenario）を持たない古い版です。sousei refresh で新しい版を作るか、"
            "--scenarios で自分のシナリオ表を指定してください / "
            "this release is of before dim_scenario: make a new one, or give a table of your own by --scenarios"
        ) from None
    return sitting.assumptions_of_release(told)


def _answer(arguments: argparse.Namespace, opened: Any) -> Any:
    from sousei.projection.conventions import PROFILES
    from sousei.projection.desk import answers, goals, whatif

    if arguments.question == "scenarios":
        return answers.scenario_table(opened, arguments.scenario, years=arguments.year)
    if arguments.question == "yearly":
        return desk_yearly.answered(arguments, opened)
    if arguments.question == "goal":
        ids = arguments.scenario or [opened.basis]
        for scenario_id in ids if arguments.tfr else ():
            opened = goals.with_tfr(opened, scenario_id, arguments.tfr)
        chosen = arguments.profile or list(PROFILES)
        own: dict[str, Any] = dict(one if isinstance(one, tuple) else (one, PROFILES.get(one)) for one in chosen)
        asked = {
            "target_persons": arguments.target,
            "target_year": arguments.year,
            "from_year": arguments.from_year,
            "to_year": arguments.to_year,
            "measure": arguments.measure,
            "profiles": own,
            "timing": arguments.timing,
            "leaving": arguments.leaving,
            "end_mothers": arguments.end_mothers == "yes",
        }
        if arguments.conventions:
            return goals.conventions_table(opened, scenario_id=ids[0], **asked)
        return goals.goal_seek(opened, scenario_ids=ids, **asked)
    if arguments.question == "whatif":
        found = whatif.whatif_table(opened, setting(arguments, opened))
        return found if arguments.year is None else whatif.of_years(opened, found, arguments.year)
    if arguments.question == "probability":
        from sousei.projection.desk.chances import chances

        return chances(
            opened,
            year=arguments.year,
            measure=arguments.measure,
            at_most=arguments.at_most,
            at_least=arguments.at_least,
            draws=arguments.draws,
            seed=arguments.seed,
            scenario_id=arguments.scenario,
        )
    if arguments.question == "arrivals":
        return goals.arrival_values(
            opened,
            target_year=arguments.year,
            from_year=arguments.from_year,
            scenario_id=arguments.scenario,
            measures=arguments.measure or ["total"],
        )
    return answers.decomposition_table(opened, arguments.year)


def setting(arguments: argparse.Namespace, opened: Any) -> Any:
    """The what-if of the arguments."""
    from sousei.projection.desk import goals, whatif

    profile = arguments.profile
    return whatif.Setting(
        arguments.from_year or goals.first_year(opened),
        arguments.tfr,
        arguments.tfr_year,
        arguments.tfr_shape,
        dict(arguments.migration or ()),
        arguments.arrivals,
        profile[1] if isinstance(profile, tuple) else profile,
        arguments.timing,
    )


def _page(arguments: argparse.Namespace, opened: Any, published: Any, release: Release) -> int:
    """Write the page of what-ifs; without a base that was asked for it stands on the newest."""
    from sousei.foundation.files import write_bytes
    from sousei.orchestration.command.books import not_usable, taken
    from sousei.orchestration.command.words import emit, say
    from sousei.publication.whatif.page import page

    if refusal := taken(arguments):
        return refusal
    made = page(opened, name_ja=_name_of(arguments.municipality, published), release_id=release.release_id)
    try:
        write_bytes(arguments.to, made)
    except OSError as error:
        return not_usable(arguments, error)
    if arguments.json:
        emit({"file": arguments.to, "municipality_code": arguments.municipality, "size_bytes": len(made)})
        return 0
    say(
        arguments,
        f"{arguments.to}: 団体 {arguments.municipality} の試算のページ（{len(made):,}バイト）。"
        "ブラウザーで開いてください。",
        f"{arguments.to}: what-if page of {arguments.municipality} ({len(made):,} bytes); open it in a browser.",
    )
    return 0


def _charts(arguments: argparse.Namespace, opened: Any, published: Any, mart: Any) -> int:
    import polars as pl

    from sousei.projection.counted import census_cells
    from sousei.projection.desk import sitting
    from sousei.projection.desk.charts.png import png
    from sousei.projection.desk.drawn import draw

    counted, code = mart("fct_population"), arguments.municipality
    printed = mart("mart_population_vision").filter((pl.col("scenario_id") == "plan") & pl.col("is_projection"))
    planned = printed.select("year", pl.col("total_persons").cast(pl.Float64).alias("persons")).drop_nulls()
    arguments.to.mkdir(parents=True, exist_ok=True)
    drawn = draw(
        opened,
        name_ja=_name_of(code, published),
        actual_totals=sitting.totals_of_release(counted),
        plan_totals=planned,
        edition_totals=sitting.totals_of_editions(published),
        newest_census=census_cells(sitting.counted_of_release(counted)),
    )
    for name, svg in drawn.items():
        path = arguments.to / f"{arguments.municipality}_{name}.svg"
        path.write_text(svg, encoding="utf-8")
        print(path)
        if arguments.png:
            picture = path.with_suffix(".png")
            picture.write_bytes(png(svg))
            print(picture)
    return 0


def code(text: str) -> str:
    """A municipality code as an argument of the command: five digits, or six with the check digit."""
    if re.fullmatch(r"\d{6}", text):
        from sousei.ingest.vocabulary.codes import valid6

        if valid6(text):
            return text[:5]
    if not re.fullmatch(r"\d{5}", text):
        raise argparse.ArgumentTypeError(f"bad_code: {text!r} は5桁の団体コードではありません / not a five-digit code")
    return text
