from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "apps.intake"
    label = "intake"
    verbose_name = _("Intake")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core import nav, topics

        topics.register("imports.work", work_on_import, queue="imports", lease_seconds=900, attempts=8)
        nav.register(
            nav.NavItem(
                key="intake",
                label=_("Imports"),
                url_name="intake:list",
                icon="upload",
                action="intake.import.see",
                order=90,
                section="data",
            )
        )


def work_on_import(**message: Any) -> None:
    """Handler of `imports.work`; the importers are loaded by the first worker that needs them."""
    from apps.intake.importers.jobs import job_handle

    job_handle(**message)
