"""What the content policy, the offline promise and the sprite ask of the front end's source files."""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
VENDOR = ROOT / "static" / "vendor"
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "tabler-icons" / "sprite.svg").read_text()))
# Template comments may name what they forbid.
COMMENT = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", re.S)
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.I),
    "an inline style": re.compile(r"<style|\sstyle\s*=", re.I),
    "an inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.I),
    "hx-on": re.compile(r"\bhx-on", re.I),
    "a foreign address": re.compile(r"(src|href)\s*=\s*[\"'](https?:)?//", re.I),
    "a javascript address": re.compile(r"javascript:", re.I),
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_hold_nothing_that_the_content_policy_refuses(template):
    text = COMMENT.sub("", template.read_text())
    assert [name for name, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_icon_named_in_a_template_is_in_the_sprite(template):
    names = re.findall(r'{%\s*icon\s+"([^"]+)"', template.read_text()) + re.findall(
        r'icon_name="([^"]+)"', template.read_text()
    )
    assert set(names) <= SPRITE


def test_every_icon_named_in_python_is_in_the_sprite():
    wrong = {}
    for path in (ROOT / "apps").rglob("*.py"):
        names = set(
            re.findall(
                r'\b(?:icon|empty_icon|icon_name)(?:: ClassVar\[str\]|: str)?\s*=\s*"([^"]+)"',
                path.read_text(),
            )
        )
        if names - SPRITE:
            wrong[str(path.relative_to(ROOT))] = sorted(names - SPRITE)
    assert wrong == {}


@pytest.mark.parametrize(
    "path", [p for p in VENDOR.rglob("*") if p.suffix in {".js", ".css"}], ids=lambda p: p.name
)
def test_vendored_files_name_no_source_map(path):
    assert "sourceMappingURL" not in path.read_text()


def test_vendored_files_are_those_of_the_list():
    listed = dict(re.findall(r"\| `([^`]+)` \| ([0-9a-f]{64}) \|", (VENDOR / "README.md").read_text()))
    assert listed
    assert {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in listed} == listed


@pytest.mark.parametrize("folder", ["tabler", "tabler-icons", "echarts", "inter"])
def test_vendored_packages_carry_their_licence(folder):
    assert (VENDOR / folder / "LICENSE").stat().st_size > 500


def test_the_lock_of_the_build_names_versions_and_hashes_but_no_registry():
    lock = json.loads((ROOT / "tools" / "vendor" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())


def test_the_style_sheets_use_no_foreign_address():
    for path in (ROOT / "static" / "css").glob("*.css"):
        assert not re.search(r"url\(|@import", path.read_text()), path.name
