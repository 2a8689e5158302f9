"""The contestants of W3, each one process: an extract of persons -> counts by municipality, sex and age.

floor     the strict codec, and polars reading every column of each block as text while the next are decoded; nothing
          is checked, nothing counted
ours      `sousei aggregate`: checked strictly, counted by municipality, town, event, month, sex and single age
polars    the file transcoded to UTF-8, then scan_csv, streaming
duckdb    the file transcoded to UTF-8, then read_csv
pandas    read_csv of the whole file
postgres  COPY into a table of a cluster of its own, as durable as the package sets it up, then GROUP BY

Prints one JSON line: seconds, and the hash of `code,sex,age,persons` in order (the floor has none).

Usage: python -m benchmarks.registry.contestants NAME FILE
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from benchmarks.process import peak_rss_mb
from benchmarks.registry.made_up import AS_OF

_COLUMNS = ("code", "born", "sex", "area", "event", "moved", "kind")
_BLOCK = 16 << 20
_AGE = "2026 - {year} - ({month} * 100 + {day} > 102)::int"
"""Years of age on AS_OF by law: birthdays until the day after, 2 January 2026."""


def hashed(rows: Iterable[tuple[str, str, int, int]]) -> str:
    """rows: five-digit code, male / female, age, persons, in any order."""
    return hashlib.sha256("".join(f"{c},{s},{a},{n}\n" for c, s, a, n in sorted(rows)).encode()).hexdigest()


def blocks(path: Path) -> Iterable[bytes]:
    """The rows of a file as UTF-8, cut at line ends."""
    with path.open("rb") as file:
        file.readline()
        rest = b""
        while piece := file.read(_BLOCK):
            rest += piece
            cut = rest.rfind(b"\n") + 1
            yield rest[:cut].decode("cp932").encode()
            rest = rest[cut:]


def transcoded(path: Path, folder: str) -> Path:
    made = Path(folder) / "utf8.csv"
    with made.open("wb") as out:
        for block in blocks(path):
            out.write(block)
    return made


def floor(path: Path) -> None:
    import polars as pl

    names = dict.fromkeys(_COLUMNS, pl.String)
    reading: deque[Future[pl.DataFrame]] = deque()
    with ThreadPoolExecutor(2) as workers:
        for block in blocks(path):
            reading.append(workers.submit(pl.read_csv, block, has_header=False, schema=names))
            if len(reading) > 2:
                reading.popleft().result()
        for one in reading:
            one.result()


def ours(path: Path) -> str:
    import polars as pl

    from sousei.orchestration.command import main

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / "counts.csv"
        asked = ["aggregate", str(path), "--as-of", AS_OF.isoformat(), "--years", "1", "--to", str(made), "--json"]
        if main(asked) != 0:
            sys.exit("sousei aggregate refused")
        counts = pl.scan_csv(made, schema_overrides={"municipality_code": pl.String})
        keys = ["municipality_code", "sex", "age"]
        return hashed(counts.group_by(keys).agg(pl.col("persons").sum()).collect().rows())


def polars(path: Path) -> str:
    import polars as pl

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        read = pl.scan_csv(transcoded(path, folder), has_header=False, new_columns=list(_COLUMNS), infer_schema=False)
        born = pl.col("born").cast(pl.Int32)
        age = 2026 - born // 10000 - (born % 10000 > 102).cast(pl.Int32)
        sex = pl.when(pl.col("sex") == "男").then(pl.lit("male")).otherwise(pl.lit("female"))
        counted = read.group_by(pl.col("code").str.head(5), sex.alias("sex"), age.alias("age")).agg(pl.len())
        return hashed(counted.collect(engine="streaming").rows())


_SEX = "case sex when '男' then 'male' else 'female' end"


def duckdb(path: Path) -> str:
    import duckdb as duck

    with tempfile.TemporaryDirectory(dir=path.parent) as folder, duck.connect() as connection:
        parts = {"year": "born[:4]::int", "month": "born[5:6]::int", "day": "born[7:8]::int"}
        return hashed(
            connection.execute(
                f"select code[:5], {_SEX}, {_AGE.format(**parts)}, count(*) from read_csv(?, header = false, "
                f"all_varchar = true, names = {list(_COLUMNS)}, quote = '') group by all",
                [str(transcoded(path, folder))],
            ).fetchall()
        )


def pandas(path: Path) -> str:
    import pandas as pd

    table = pd.read_csv(path, encoding="cp932", dtype=str, header=0, names=list(_COLUMNS))
    born = table["born"].astype(int)
    table["age"] = 2026 - born // 10000 - (born % 10000 > 102)
    table["code"] = table["code"].str[:5]
    table["sex"] = table["sex"].map({"男": "male", "女": "female"})
    counted = table.groupby(["code", "sex", "age"]).size()
    return hashed((code, sex, int(age), int(n)) for (code, sex, age), n in counted.items())


def postgres(path: Path) -> str:
    from benchmarks.registry.cluster import cluster

    parts = {"year": "left(born, 4)::int", "month": "substr(born, 5, 2)::int", "day": "right(born, 2)::int"}
    with cluster(path.parent) as ask:
        ask(f"create table person ({', '.join(f'{name} text' for name in _COLUMNS)})")
        with subprocess.Popen(["tail", "-n", "+2", str(path)], stdout=subprocess.PIPE) as rows:
            ask("copy person from stdin (format csv, encoding 'SJIS')", rows.stdout)
        said = ask(f"copy (select left(code, 5), {_SEX}, {_AGE.format(**parts)}, count(*) from person "
                   "group by 1, 2, 3) to stdout (format csv)")  # fmt: skip
    rows_of = (line.split(",") for line in said.splitlines())
    return hashed((code, sex, int(age), int(n)) for code, sex, age, n in rows_of)


CONTESTANTS = {one.__name__: one for one in (floor, ours, polars, duckdb, pandas, postgres)}


if __name__ == "__main__":
    start = time.perf_counter()
    result = CONTESTANTS[sys.argv[1]](Path(sys.argv[2]))
    taken = time.perf_counter() - start
    print(json.dumps({"seconds": taken, "hash": result, "memory_mb": peak_rss_mb()}))
