"""The verbs of the door for outside data."""

from apps.intake.services.arrivals import batch_receive, feedback_receive
from apps.intake.services.imports import (
    bundle_submit,
    import_cancel,
    import_confirm,
    import_map,
    import_preview,
    import_submit,
    import_undo,
)
from apps.intake.services.mappings import mapping_delete, mapping_save

__all__ = [
    "batch_receive",
    "bundle_submit",
    "feedback_receive",
    "import_cancel",
    "import_confirm",
    "import_map",
    "import_preview",
    "import_submit",
    "import_undo",
    "mapping_delete",
    "mapping_save",
]
