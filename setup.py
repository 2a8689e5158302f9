"""The wheel: every room of the house under the one name `sousei`, so that nobody's site-packages gets an `ingest`.

Holds: the mapping of the top-level folders onto `sousei.<room>`. Does not hold: anything else; see pyproject.toml.
"""

from setuptools import find_namespace_packages, setup

ROOMS = ("foundation", "ingest", "feedback", "projection", "expectations", "publication", "outside", "orchestration")
DATA = ("dbt_project", "samples")

if __name__ == "__main__":
    found = find_namespace_packages(include=[name for room in (*ROOMS, *DATA) for name in (room, f"{room}.*")])
    setup(
        packages=[f"sousei.{name}" for name in found if not name.endswith("__pycache__")],
        package_dir={f"sousei.{room}": room for room in (*ROOMS, *DATA)},
    )
