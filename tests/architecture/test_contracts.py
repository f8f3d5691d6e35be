"""The import contracts hold, and they do notice a fault."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.layers import ROOT

CONFIG = (ROOT / "pyproject.toml").read_text()


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Path:
    """A tiny project with our contracts and one fault: the lowest app imports a higher one and the framework."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "pyproject.toml").write_text(CONFIG)
    (folder / "cxplatform").mkdir()
    (folder / "cxplatform" / "__init__.py").touch()
    for app in sorted(path.name for path in (ROOT / "apps").iterdir() if (path / "__init__.py").exists()):
        (folder / "apps" / app).mkdir(parents=True)
        (folder / "apps" / app / "__init__.py").touch()
    (folder / "apps" / "__init__.py").touch()
    (folder / "apps" / "engine" / "__init__.py").write_text("import django\n")
    (folder / "apps" / "core" / "__init__.py").write_text("import apps.cases\n")
    return folder


def test_a_planted_fault_breaks_the_contracts(planted):
    answer = lint_imports(planted)
    assert answer.returncode != 0
    assert "apps.core is not allowed to import apps.cases" in answer.stdout
    assert "apps.engine is not allowed to import django" in answer.stdout


def test_a_new_app_must_be_placed(planted):
    (planted / "apps" / "homeless").mkdir()
    (planted / "apps" / "homeless" / "__init__.py").touch()
    answer = lint_imports(planted)
    assert "apps.homeless" in answer.stdout + answer.stderr
    assert answer.returncode != 0


def test_the_contracts_hold():
    answer = lint_imports(ROOT)
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-1000:]
