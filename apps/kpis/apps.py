from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KpisConfig(AppConfig):
    name = "apps.kpis"
    label = "kpis"
    verbose_name = _("KPIs")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core import nav, topics
        from apps.customers.services import TOUCHED
        from apps.kpis.services import TOPIC, evidence_handle, rollup_handle

        topics.register(TOPIC, rollup_handle, lease_seconds=900)
        topics.register(TOUCHED, evidence_handle)
        nav.register(nav.NavItem("kpis", _("KPIs"), "kpis:list", "gauge", "kpis.kpi.see", 60))
