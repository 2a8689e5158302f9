"""The skeleton of every page that people open: one file that loads nothing from elsewhere, without script unless the
page's own policy names its hash.

Holds: the environment that fills a room's templates, and what all pages share (document, table, style). Does not hold:
what stands on a page (the room's own templates), or charts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


def environment(templates: Path, **known: Any) -> Environment:
    """The environment of a room's templates, which may extend document.html.j2 and import table.html.j2.

    templates: the room's folder. known: names that all its templates see. Text is escaped; an unknown name is an error.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader([templates, Path(__file__).with_name("templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.globals.update(known)
    return made
