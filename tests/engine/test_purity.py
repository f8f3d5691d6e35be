"""The engine stands alone: no framework, no clock, no module that reaches into the application."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "apps" / "engine"


def test_no_module_pulls_in_django_or_the_application():
    names = sorted(path.stem for path in ENGINE.glob("*.py") if path.stem not in ("__init__", "__main__"))
    imports = "; ".join(f"import apps.engine.{name}" for name in names)
    foreign = "('django', 'celery', 'rest_framework', 'psycopg2', 'cxplatform')"
    found = f"[m for m in sys.modules if m.split('.')[0] in {foreign} or m.startswith('apps.') and m.split('.')[1] != 'engine']"
    code = f"import sys; {imports}; print({found})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_package_costs_nothing():
    code = "import sys, apps.engine; print([m for m in ('numpy', 'pandas', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
    assert (ENGINE / "__init__.py").read_text() == ""


def test_no_clock_and_no_random_numbers():
    for path in ENGINE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("today", "now", "utcnow", "default_rng", "urandom"), (
                    f"{path.name}:{node.lineno}"
                )
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                assert not {"time", "random", "secrets"} & set(names), f"{path.name}:{node.lineno}"
