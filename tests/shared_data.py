"""Real sample files that lie beside the repository, where there are any."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    """The path of a sample file, e.g. `dirty/00_clean.csv`; the calling test is skipped where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"shared/data/{name} is not beside this checkout")
    return path
