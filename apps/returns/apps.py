from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReturnsConfig(AppConfig):
    name = "apps.returns"
    label = "returns"
    verbose_name = _("Returns")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core import panels, topics
        from apps.returns.panels import return_panel, sentence
        from apps.returns.recompute import LEASE, item_work, nudge

        lease = int(LEASE.total_seconds())
        topics.register("returns.nudge", nudge, queue="returns", lease_seconds=lease, attempts=12)
        topics.register("returns.item", item_work, queue="returns", lease_seconds=lease, attempts=12)
        page, see = "initiatives:detail", "returns.return.see"
        panels.register(page=page, slot="sentence", key="returns", action=see, render=sentence)
        panels.register(page=page, slot="return", key="returns", action=see, render=return_panel)
