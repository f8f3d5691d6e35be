"""What the journeys do again and again: read a figure as shown, fill in a form by its words, stop and look around."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from playwright.sync_api import expect

from tests.e2e.conftest import violations


def stop_at(page: Any, heading: str | re.Pattern[str]) -> None:
    """The page with this heading is open, complains of nothing, fits its window, and axe finds nothing serious."""
    expect(page.locator("h1")).to_contain_text(heading)
    assert violations(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url
    assert page.complaints == [], page.url


def tile(page: Any, label: str) -> Any:
    """The figure with this label."""
    return page.locator(".cx-stat").filter(
        has=page.locator(".cx-stat-label", has_text=re.compile(f"^{label}$"))
    )


def amount(page: Any, label: str) -> Decimal:
    """The full figure behind the short one that is shown, as it stands in its title."""
    full = tile(page, label).first.locator(".cx-stat-value [title]").get_attribute("title")
    found = re.search(r"[-−]?[\d,]+(\.\d+)?", full or "")
    assert found, full
    return Decimal(found[0].replace(",", "").replace("−", "-"))


def outcome(page: Any) -> dict[str, int]:
    """The rows of an import by what becomes of them, as its page counts them."""
    return {
        stat.locator(".cx-stat-label").inner_text().lower(): int(
            stat.locator(".cx-stat-value").inner_text().replace(",", "")
        )
        for stat in page.locator(".cx-stats .cx-stat").all()
    }


def column(page: Any, name: str) -> Any:
    """The choice of what a column of an import's file is read into."""
    return page.get_by_label(name, exact=True)
