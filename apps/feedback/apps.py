from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "apps.feedback"
    label = "feedback"
    verbose_name = _("Feedback")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.core import nav
        from apps.customers import panels
        from apps.feedback.selectors import timeline

        nav.register(
            nav.NavItem("feedback", _("Feedback"), "feedback:list", "message-2", "feedback.response.see", 30)
        )
        panels.timeline_register(
            key="feedback", label=_("Feedback"), action="feedback.response.see", provide=timeline, order=20
        )
