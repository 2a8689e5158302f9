"""デジタル観光統計オープンデータ: its layout.

Holds: its one writer. Does not hold the figures or how bytes are written.
"""

from __future__ import annotations

from pathlib import Path

from samples.writers.figures import CITIES, Row, whole
from samples.writers.layouts import write_text


def tourism(figures: list[Row], to: Path) -> None:
    """デジタル観光統計オープンデータ: one CSV per year 2021-2025 and per month 2023-01..2026-06, UTF-8 with BOM.

    Codes are integers without leading zero. Yearly and monthly files overlap, and differ where the publisher revised.
    """
    header = "年,月,地域区分,データ区分,都道府県コード,都道府県名,地域コード,地域名称,人数"
    files: dict[str, list[Row]] = {}
    for row in figures:
        files.setdefault(row["file"], []).append(row)
    for name, rows in sorted(files.items()):
        rows.sort(key=lambda row: (int(row["year"]), int(row["month"]), row["municipality_code5"]))
        lines = [header]
        for row in rows:
            code = row["municipality_code5"]
            _, prefecture, city = CITIES[code]
            area = f"{int(code[:2])},{prefecture},{int(code)},{city}"
            lines.append(
                f"{int(row['year'])},{int(row['month'])},市区町村,観光来訪者数,{area},{whole(row['visitors'])}"
            )
        write_text(to / name, lines, "utf-8-sig")
