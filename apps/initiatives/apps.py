from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InitiativesConfig(AppConfig):
    name = "apps.initiatives"
    label = "initiatives"
    verbose_name = _("Initiatives")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core import nav

        nav.register(
            nav.NavItem(
                "initiatives",
                _("Initiatives"),
                "initiatives:list",
                "rocket",
                "initiatives.initiative.see",
                70,
            )
        )
