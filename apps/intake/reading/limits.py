"""What a file may cost. The figures are those of the reliability design (sections 2.1 and 3.3)."""

MEGABYTE = 1024 * 1024

MAX_FILE_BYTES = 200 * MEGABYTE
MAX_COLUMNS = 500
MAX_CELL_CHARS = 100_000
# One record longer than this is not a row of a table: reading it would cost more memory than a batch.
MAX_RECORD_CHARS = 16 * MEGABYTE

XLSX_MAX_PACKED_BYTES = 50 * MEGABYTE
XLSX_MAX_UNPACKED_BYTES = 500 * MEGABYTE
XLSX_MAX_MEMBERS = 200

GUESS_ROWS = 1_000
"""Rows looked at when decimal sign, date order or score scale are guessed."""
