from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortfolioConfig(AppConfig):
    name = "apps.portfolio"
    label = "portfolio"
    verbose_name = _("Portfolio")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core import nav

        nav.register(
            nav.NavItem(
                "portfolio",
                _("Portfolio"),
                "portfolio:overview",
                "report-money",
                "portfolio.overview.see",
                80,
            )
        )
