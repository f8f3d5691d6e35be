"""Who gets what at the addresses of the portfolio."""

from __future__ import annotations

from tests.matrix_rows.initiatives import API_SEE, SEE

ROWS: dict[str, dict[str, int]] = {"portfolio:overview": SEE}
API_ROWS: dict[str, dict[str, int]] = {"api-portfolio": API_SEE}
