"""Pages of imports: upload, map, check, confirm, watch, undo."""

from apps.intake.views.arriving import map_columns, new
from apps.intake.views.jobs import cancel, check, confirm, detail, progress, undo
from apps.intake.views.saved import mapping_detail, mapping_forget, template_file, templates

__all__ = [
    "cancel",
    "check",
    "confirm",
    "detail",
    "map_columns",
    "mapping_detail",
    "mapping_forget",
    "new",
    "progress",
    "template_file",
    "templates",
    "undo",
]
