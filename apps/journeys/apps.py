from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneysConfig(AppConfig):
    name = "apps.journeys"
    label = "journeys"
    verbose_name = _("Journeys")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core import nav

        nav.register(
            nav.NavItem("journeys", _("Journeys"), "journeys:list", "route", "journeys.journey.see", 50)
        )
