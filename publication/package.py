"""A release described for programs: datapackage.json (Frictionless Data Package) and llms.txt.

Holds: both texts from what a release holds. Does not hold: the files that they describe (`contents`), or any fact of
its own but how our CSV is written.

Each mart is two resources: its CSV, a Tabular Data Resource with fields, types, units, keys, and its Parquet of the
same rows; one of more than 25,000 rows is Parquet alone, with the fields there. Empty cells of the CSV are
missing values. Descriptions are Japanese; `description_en`, `unit`, `rows`,
`licence` and `credit` are properties of our own, which the profile allows.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sousei.foundation.files import sha256_of
from sousei.publication.catalogue import Column, Described, words
from sousei.publication.formats import OF_TOOLS, SMALL_OF_TOOLS
from sousei.publication.inventory import Inventory
from sousei.publication.ready import ready

NAME = "datapackage.json"
LLMS = "llms.txt"
SCHEMA = "schema.csv"
SHOWN_TOWNS = 50
"""Municipalities that llms.txt names."""
_DIALECT = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True}
_CSV_NOTE = (
    "UTF-8、BOM あり、改行は LF。空のセルは値なし。表計算ソフトが数式とみなす文字列の先頭には ' を付けています。"
    "値をそのまま使うプログラムは Parquet を読んでください。"
)


def field_type(column: Column) -> dict[str, str]:
    """Type and format of a column of our CSV, in the words of Table Schema."""
    if column.type.startswith(("DECIMAL", "DOUBLE")):
        return {"type": "number"}
    if column.is_number:
        return {"type": "integer"}
    if column.type.startswith("TIMESTAMP"):
        return {"type": "datetime", "format": "any"}
    return {"type": {"BOOLEAN": "boolean", "DATE": "date"}.get(column.type, "string")}


def descriptor(held: Inventory) -> dict[str, Any]:
    """The content of datapackage.json. The files of the marts must lie in the release's directory already."""
    release = held.release
    known = {one["source"]: _source(one) for one in held.sources}
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "profile": "data-package",
        "name": "sousei",
        "title": f"創生 公表版 {release['release_id']}",
        "description": "市区町村の地方創生の指標：計画・KPI・人口・観光・ふるさと納税。値は出典の行まで遡れます。",
        "version": release["release_id"],
        "created": release["created_at"].isoformat(),
        "licenses": [{"path": "site/sources.html", "title": "出典ごとの利用条件（sources にも記載）"}],
        "sources": list(known.values()),
        "resources": [one for table in held.tables for one in _resources(held, table, known)],
    }


def _source(one: dict[str, Any]) -> dict[str, str]:
    said = {
        "title": f"{one['publisher_ja']}「{one['statistic_ja']}」",
        "name": one["source"],
        "licence": one["licence"],
        "credit": one["credit_ja"],
    }
    return {key: text for key, text in said.items() if text}


def _resources(held: Inventory, table: str, known: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    ja, en = words(held.tables[table].description)
    sources = [known[one] for one in held.feeds[table] if one in known]
    about = {"title": table, "description": ja, "description_en": en, "rows": held.rows[table]}
    about |= {"sources": sources} if sources else {}
    text, parquet = (held.directory / kind / f"{table}.{kind}" for kind in ("csv", "parquet"))
    as_parquet = {
        "name": f"{table}.parquet",
        "profile": "data-resource",
        "path": f"parquet/{table}.parquet",
        **about,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        **_file(parquet),
    }
    if not held.has_csv(table):
        return [as_parquet | {"name": table, "schema": _schema(held, table)}]
    return [
        {
            "name": table,
            "profile": "tabular-data-resource",
            "path": f"csv/{table}.csv",
            **about,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "encoding_note": _CSV_NOTE,
            **_file(text),
            "dialect": _DIALECT,
            "schema": _schema(held, table),
        },
        as_parquet,
    ]


def _file(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "hash": f"sha256:{sha256_of(path)}"}


def _schema(held: Inventory, table: str) -> dict[str, Any]:
    key = held.keys.get(table, [])
    made: dict[str, Any] = {
        "fields": [_field(column, column.name in key) for column in held.tables[table].columns],
        "missingValues": [""],
    }
    if key:
        made["primaryKey"] = key
    if foreign := held.foreign[table]:
        made["foreignKeys"] = [
            {"fields": columns, "reference": {"resource": parent, "fields": held.keys[parent]}}
            for columns, parent in foreign
        ]
    return made


def _field(column: Column, is_key: bool) -> dict[str, Any]:
    ja, en = words(column.description)
    said = {"name": column.name, **field_type(column), "description": ja, "description_en": en, "unit": column.unit}
    made: dict[str, Any] = {name: text for name, text in said.items() if text}
    return made | ({"constraints": {"required": True}} if is_key else {})


def schema(tables: Mapping[str, Described]) -> bytes:
    """schema.csv: a row for each column of our CSV, with its type for pandas, polars and R (formats.OF_TOOLS)."""
    lines = []
    for table, about in tables.items():
        for column in about.columns:
            kind = field_type(column)["type"]
            of_tools = SMALL_OF_TOOLS if column.type in ("INTEGER", "SMALLINT") else OF_TOOLS[kind]
            ja, en = words(column.description)
            lines.append([table, column.name, kind, *of_tools, column.unit or "", ja, en])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "column", "type", "pandas", "polars", "r", "unit", "description_ja", "description_en"])
    writer.writerows(lines)
    return text.getvalue().encode()


def datapackage(held: Inventory) -> str:
    """The text of datapackage.json."""
    return json.dumps(descriptor(held), ensure_ascii=False, indent=1) + "\n"


def llms(held: Inventory) -> str:
    """The text of llms.txt: how a program or a language model reads this release rightly."""
    release = held.release
    towns = "、".join(f"{code} {name}" for code, name in sorted(held.towns.items())[:SHOWN_TOWNS])
    towns += f" ほか（全{len(held.towns)}団体）" if len(held.towns) > SHOWN_TOWNS else ""
    lines = [
        f"# 創生 公表版 {release['release_id']}",
        "",
        "> 市区町村の地方創生の指標（計画・KPI・人口・将来推計・観光・ふるさと納税）。検査に合格した表だけがあります。"
        f"基準日 {release['as_of_date'].isoformat()}。計画のある団体：{towns or 'なし'}。",
        "",
        "`sousei.duckdb` を DuckDB で読み取り専用で開くか、`parquet/` を読んでください。",
        "`csv/` は同じ表で（2万5千行を超える表は Parquet だけ）、列の型は schema.csv。",
        "`office/` は人が表計算ソフトで開く表です。",
        "列の意味と単位は DuckDB の comment、Parquet のメタデータ、datapackage.json、site/codebook.html にあります。",
        "",
        "読み方の約束",
        "- municipality_code は5桁の文字列（先頭の0を落とさない）。",
        "- fiscal_year は西暦の年度（4月から翌年3月）。和暦は dim_time。",
        "- 値がないことは空（null）で、0 ではない。理由は value_status と not_computable_reason_ja。",
        "- 系列（series：国勢調査、住民基本台帳など）を一本の線につながない。comparable_from より前とは比べない。",
        "- 行の粒度は meta_grain。出典は source_id（meta_source）、source_sheet、source_row。",
        "- 合格しなかった検査と担当は meta_check_outcome。",
        "",
        "## 入口",
        "- [公表版のページ](site/index.html): 資料、検査、出典",
        "- [表と列の説明](site/codebook.html)",
        "- [datapackage.json](datapackage.json): 型、単位、キー、ハッシュ値",
        "",
        "## 表（1行の意味）",
        *(
            f"- [{name}](parquet/{name}.parquet): {words(one.description)[0]}（{held.rows[name]:,}行）"
            for name, one in held.tables.items()
        ),
        "",
        "## 問い合わせの例",
        *(f"- [{one.name}](queries/{one.file_name}): {one.question_ja}" for one in ready()),
    ]
    return "\n".join(lines) + "\n"
