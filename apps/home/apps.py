from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    name = "apps.home"
    label = "home"
    verbose_name = _("Home")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core import nav, panels
        from apps.home.panels import of_portfolio

        nav.register(nav.NavItem("home", _("My work"), "home:index", "home", "home.work.see", 10))
        panels.register(
            page="portfolio:overview",
            slot="main",
            key="cases",
            action="cases.case.see",
            render=of_portfolio,
            order=80,
        )
