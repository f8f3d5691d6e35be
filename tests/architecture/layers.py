"""The order of the apps, read from the import contract in pyproject.toml: written once, used by all tests here."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ROOT / "apps"


def layers() -> list[set[str]]:
    """Sets of apps from the top (demo) to the bottom (engine); apps that do not exist yet included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {contract["id"]: contract for contract in project["tool"]["importlinter"]["contracts"]}
    return [{name.strip(" ()") for name in line.split("|")} for line in contracts["app-dag"]["layers"]]


def heights() -> dict[str, int]:
    """App name -> height; a line may use only lower ones."""
    return {name: -row for row, names in enumerate(layers()) for name in names}
