"""What must not be in a web process, and what must not be in the environment."""

import importlib.util
import subprocess
import sys

from tests.architecture.layers import ROOT

LOAD_THE_SITE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "cxplatform.settings"
import cxplatform.wsgi
from django.urls import get_resolver
get_resolver().url_patterns
heavy = sorted({"pandas", "numpy", "scipy", "sklearn", "openpyxl"} & set(sys.modules))
sys.exit(f"loaded: {heavy}" if heavy else 0)
"""


def test_web_processes_load_no_heavy_library():
    answer = subprocess.run(
        [sys.executable, "-c", LOAD_THE_SITE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr[-2000:]


def test_the_engine_loads_without_django():
    code = "import apps.engine, sys; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_psycopg_3_is_absent():
    assert importlib.util.find_spec("psycopg") is None, "Django would silently prefer it to psycopg2"
