from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReturnsConfig(AppConfig):
    name = "apps.returns"
    label = "returns"
    verbose_name = _("Returns")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core import topics
        from apps.returns.recompute import nudge

        topics.register("returns.nudge", nudge, queue="returns", attempts=12)
