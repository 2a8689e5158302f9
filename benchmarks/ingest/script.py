"""What an office does instead: a pandas and openpyxl script that reads the same deliveries, each by its known layout.

Holds: four hand-written readers, one per kind of file, with positions and names fixed for the years at hand. Does not
hold any check; that is the point of the comparison. Its figures must equal ours before a time is printed.
"""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas

Figures = dict[tuple[str, ...], int]


def tourism(path: Path, encoding: str = "utf-8-sig") -> Figures:
    """(area code, month) -> visitors."""
    table = pandas.read_csv(path, encoding=encoding, dtype=str)
    table = table.dropna(how="all")
    months = table["年"] + "-" + table["月"].str.zfill(2) + "-01"
    return dict(zip(zip(table["地域コード"].str.zfill(5), months, strict=True), table["人数"].astype(int), strict=True))


def ipss_2018(path: Path, encoding: str = "utf-8-sig") -> Figures:
    """(area code, year, sex, age group) -> persons."""
    table = pandas.read_csv(path, encoding=encoding, dtype=str)
    keys = ["コード", "市などの別", "都道府県", "市区町村", "年"]
    long = table.melt(id_vars=keys, var_name="group", value_name="persons")
    label = long["group"].where(long["group"] != "総数", "総数/a").str.split("/", expand=True)
    age = label[0].str.replace("歳以上", "+").str.replace("歳", "").str.replace("～", "-").str.replace("総数", "total")
    sex = label[1].map({"a": "total", "m": "male", "f": "female"})
    columns = [long["コード"].str.zfill(5), long["年"].str.rstrip("年"), sex, age]
    return dict(zip(zip(*columns, strict=True), long["persons"].astype(int), strict=True))


def registry_by_age(path: Path) -> Figures:
    """(six-digit code, sex, number of the age column) -> persons, of the layout of 2021 and later."""
    sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
    figures: Figures = {}
    for row in sheet.iter_rows(values_only=True):
        code, sex = row[0], row[3]
        if not isinstance(code, str | int) or not str(code).isdigit() or sex not in {"計", "男", "女"}:
            continue
        for place, value in enumerate(row[4:]):
            if isinstance(value, int | float):
                figures[str(code).zfill(6), {"計": "total", "男": "male", "女": "female"}[sex], str(place)] = int(value)
    return figures
