from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from apps.accounts.selectors import organisation


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are invited by an administrator; nobody signs up alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The mails speak in the organisation's name."""
        super().send_mail(template_prefix, email, {**context, "organisation": organisation()})

    def save_user(self, *args: Any, **kwargs: Any) -> Any:
        raise PermissionError("sign-up is closed")
