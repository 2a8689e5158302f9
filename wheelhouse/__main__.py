"""`make wheelhouse`: the folder that is carried to a machine without a network.

Holds: the order of the steps and what goes into the folder. Does not hold: the reading of the lock (lock.py), or the
bill of materials (bill.py).

The folder is for one version of Python and this kind of machine: those of the interpreter that runs this.
"""

from __future__ import annotations

import argparse
import hashlib
import runpy
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from wheelhouse import bill, lock

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = "sousei"
_NO_COPY = shutil.ignore_patterns("__pycache__", "target", "logs")
_CARRIED = {
    "wheelhouse/install.sh": "install.sh",
    "docs/operation.ja.md": "operation.ja.md",
    "docs/prefecture.ja.md": "prefecture.ja.md",
    "orchestration/dagster.yaml": "dagster.yaml",
    "NOTICE": "NOTICE",
    "LICENSE": "LICENSE",
}


def main() -> None:
    """Make the folder anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--to", type=Path, default=ROOT / "build" / f"wheelhouse-{_python()}")
    parser.add_argument("--with", choices=["prefecture"], dest="extra", help="also for several machines")
    arguments = parser.parse_args()
    folder = arguments.to
    if folder.exists():
        if not (folder / "SHA256SUMS").is_file() and any(folder.iterdir()):
            sys.exit(f"{folder} holds other files")
        shutil.rmtree(folder)
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    own = build(wheels)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = lock.for_running((ROOT / "requirements.lock").read_text("utf-8"), project["dependencies"])
    if arguments.extra:
        text += (ROOT / f"requirements-{arguments.extra}.lock").read_text("utf-8")
    requirements = folder / "requirements.txt"
    requirements.write_text(text, "utf-8")
    _pip(
        "download",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "-r",
        str(requirements),
        "-d",
        str(wheels),
    )
    finish(folder, own, text + f"{PRODUCT}=={project['version']}")


def finish(folder: Path, own: Path, requirements: str) -> None:
    """All that goes beside the wheels. requirements: of everything, ours last and without its hash."""
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    (folder / "requirements.txt").write_text(f"{requirements} --hash=sha256:{digest}\n", "utf-8")
    found = bill.parts(folder / "wheels")
    (folder / "sbom.cdx.json").write_text(bill.cyclonedx(found, PRODUCT), "utf-8")
    (folder / "LICENCES.csv").write_text(bill.licences(found), "utf-8-sig")
    (folder / "PYTHON").write_text(f"{_python()}\n", "utf-8")
    for name, there in _CARRIED.items():
        shutil.copy(ROOT / name, folder / there)
    for name in ("units", "prefecture"):
        shutil.copytree(ROOT / "wheelhouse" / name, folder / name)
    _sum_up(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {len(found)} wheels, {size / (1 << 20):.0f} MiB. Carry it over; there: sh install.sh /opt/sousei")


def build(wheels: Path) -> Path:
    """Our own wheel, built from a copy, so that nothing of an older build gets into it. Returns its path."""
    layout = runpy.run_path(str(ROOT / "setup.py"), run_name="layout")
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / PRODUCT
        copy.mkdir()
        for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE"):
            shutil.copy(ROOT / name, copy / name)
        for room in (*layout["ROOMS"], *layout["DATA"]):
            shutil.copytree(ROOT / room, copy / room, ignore=_NO_COPY)
        _pip("wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(wheels), str(copy))
    (own,) = wheels.glob(f"{PRODUCT}-*.whl")
    return own


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", arguments[0], "--quiet", "--disable-pip-version-check", *arguments[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        sys.exit("\n".join(["pip failed:", *told]))


def _sum_up(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


if __name__ == "__main__":
    main()
