"""PNG from the SVG of a chart.

Holds: rendering, and where a Japanese font lies. Does not hold: any chart.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from sousei.projection.engine import ProjectionError

FONT_FILES = (  # where a Japanese font lies when no package brings one
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
    "/System/Library/Fonts/ヒラギノ角ゴシック W3.ttc",
)


def png(svg: str, *, zoom: float = 2.0, font_file: str | Path | None = None) -> bytes:
    """The same picture as PNG bytes, white ground, rendered by resvg without a browser, a display or the network.

    font_file: a Japanese font; default: $SOUSEI_FONT, the font package, or the system's. Raises ProjectionError
    where the renderer or a Japanese font is missing (a picture with boxes for letters is not handed out).
    """
    try:
        import resvg_py
    except ModuleNotFoundError as error:
        raise ProjectionError(
            "PNG には resvg-py が要ります（pip install 'sousei[png]'）。SVG はそのまま使えます / "
            "PNG needs resvg-py; SVG does not"
        ) from error
    found = str(font_file) if font_file else font()
    if found is None or not Path(found).exists():
        raise ProjectionError(
            "日本語フォントが見つかりません。SOUSEI_FONT にフォントファイルを指定するか、pip install 'sousei[png]' / "
            "no Japanese font found: set SOUSEI_FONT"
        )
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            background="#ffffff",
            zoom=zoom,
            skip_system_fonts=True,
            font_files=[found],
            languages=["ja"],
        )
    )


def font() -> str | None:
    """A file with a Japanese font: $SOUSEI_FONT, the font package, or the system's; None where there is none."""
    named = os.environ.get("SOUSEI_FONT")
    if named:
        return named
    spec = find_spec("noto_cjk_sans_jp_regular")
    if spec is not None and spec.submodule_search_locations:
        return str(Path(next(iter(spec.submodule_search_locations))) / "NotoSansCJKjp-Regular.otf")
    return next((f for f in FONT_FILES if Path(f).exists()), None)
