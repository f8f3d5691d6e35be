"""Bundles of files that belong together, with the mapping of each and what must exist before they come in."""

from __future__ import annotations

from apps.intake.presets.bundle import Bundle, BundleStep
from apps.intake.presets.olist import OLIST
from apps.intake.reading.faults import FileRefused

PRESETS: dict[str, Bundle] = {OLIST.key: OLIST}


def preset_named(key: str) -> Bundle:
    """The preset of this key; FileRefused names those there are."""
    from django.utils.translation import gettext as _

    try:
        return PRESETS[key]
    except KeyError:
        raise FileRefused(
            "preset",
            _("There is no preset %(key)s.") % {"key": key[:40]},
            remedy=_("Presets: %(keys)s.") % {"keys": ", ".join(PRESETS)},
        ) from None


__all__ = ["PRESETS", "Bundle", "BundleStep", "preset_named"]
