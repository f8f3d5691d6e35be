from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "apps.cases"
    label = "cases"
    verbose_name = _("Cases")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.cases import panels as own
        from apps.core import nav, panels
        from apps.customers.panels import timeline_register

        nav.register(
            nav.NavItem(
                "cases", _("Cases"), "cases:list", "heart-handshake", "cases.case.see", 20, badge=own.badge
            )
        )
        action = "cases.case.see"
        panels.register(
            page="customers:detail", slot="side", key="cases", action=action, render=own.of_customer, order=20
        )
        panels.register(
            page="feedback:detail", slot="side", key="cases", action=action, render=own.of_response, order=20
        )
        timeline_register(key="cases", label=_("Cases"), action=action, provide=own.timeline, order=40)
