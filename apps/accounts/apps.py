from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.accounts import policy
        from apps.accounts.savedviews import Keeper
        from apps.core import judge, nav
        from apps.core.lists import saved

        judge.register(policy.can)
        saved.register(Keeper())
        entries = [
            ("accounts-people", _("People"), "accounts:people", "users", "accounts.people.see", 100),
            ("accounts-units", _("Units"), "accounts:units", "sitemap", "accounts.units.see", 101),
            (
                "accounts-organisation",
                _("Organisation"),
                "accounts:organisation",
                "settings",
                "accounts.organisation.edit",
                102,
            ),
            ("audit", _("Audit log"), "audit:log", "history", "audit.log.see", 103),
            ("notifications-mail", _("Mail"), "notifications:mail", "mail", "notifications.mail.see", 104),
        ]
        for key, label, url_name, icon, action, order in entries:
            nav.register(nav.NavItem(key, label, url_name, icon, action, order, section="admin"))
