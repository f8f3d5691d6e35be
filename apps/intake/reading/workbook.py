"""Excel workbooks, read as a stream and only when unpacking them is affordable."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from apps.intake.reading import limits
from apps.intake.reading.faults import FileRefused


def affordable(path: Path) -> None:
    """Refuse an archive that is too big packed, too big unpacked, or has too many members, before unpacking any."""
    remedy = _("Save only the sheet you need, or save it as CSV.")
    if path.stat().st_size > limits.XLSX_MAX_PACKED_BYTES:
        raise FileRefused(
            "too_big",
            _("The workbook is larger than %(limit)d MB.")
            % {"limit": limits.XLSX_MAX_PACKED_BYTES // limits.MEGABYTE},
            remedy=remedy,
        )
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError) as broken:
        raise FileRefused(
            "not_xlsx", _("The workbook is damaged."), remedy=_("Save it again from Excel.")
        ) from broken
    if len(members) > limits.XLSX_MAX_MEMBERS:
        raise FileRefused("zip_bomb", _("The workbook has too many parts."), remedy=remedy)
    if sum(member.file_size for member in members) > limits.XLSX_MAX_UNPACKED_BYTES:
        raise FileRefused(
            "zip_bomb",
            _("The workbook unpacks to more than %(limit)d MB.")
            % {"limit": limits.XLSX_MAX_UNPACKED_BYTES // limits.MEGABYTE},
            remedy=remedy,
        )


def _open(path: Path) -> Any:
    import openpyxl  # heavy, and needed for workbooks only

    affordable(path)
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as broken:  # openpyxl raises whatever the damaged part makes it raise
        raise FileRefused(
            "not_xlsx", _("The workbook cannot be read."), remedy=_("Save it again from Excel.")
        ) from broken


def sheet_names(path: Path) -> list[str]:
    book = _open(path)
    try:
        return [sheet.title for sheet in book.worksheets]
    finally:
        book.close()


def rows(path: Path, sheet: str = "") -> Iterator[tuple[int, list[Any]]]:
    """(line, cells) of one sheet, the first when none is named. Numbers and dates keep their types."""
    book = _open(path)
    try:
        by_name = {each.title: each for each in book.worksheets}
        if sheet and sheet not in by_name:
            raise FileRefused(
                "sheet",
                _("There is no sheet named %(name)s.") % {"name": sheet},
                remedy=_("Sheets: %(names)s.") % {"names": ", ".join(by_name)},
            )
        if not by_name:
            raise FileRefused(
                "not_xlsx", _("The workbook has no sheet."), remedy=_("Save it again from Excel.")
            )
        chosen = by_name[sheet] if sheet else book.worksheets[0]
        # The stored dimensions are only a claim; trusting them truncates or pads.
        chosen.reset_dimensions()
        line = 0
        try:
            for line, row in enumerate(chosen.iter_rows(values_only=True), start=1):
                yield line, list(row[: limits.MAX_COLUMNS + 1])
        except (ValueError, KeyError, TypeError, SyntaxError, zipfile.BadZipFile) as broken:
            raise FileRefused(
                "not_xlsx",
                _("The sheet cannot be read further."),
                remedy=_("Save it again from Excel."),
                line=line + 1,
            ) from broken
    finally:
        book.close()
