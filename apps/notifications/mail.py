from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from apps.notifications.services import mail_add


class OutboxBackend(BaseEmailBackend):
    """Django's mail door: every mail (password resets and invitations too) becomes a row in the caller's transaction."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        now = timezone.now()
        count = 0
        for message in email_messages:
            html = ""
            if isinstance(message, EmailMultiAlternatives):
                html = next(
                    (str(part.content) for part in message.alternatives if part.mimetype == "text/html"), ""
                )
            for to in message.recipients():
                mail_add(
                    to=to,
                    subject=str(message.subject),
                    text=str(message.body),
                    html=html,
                    now=now,
                    sender=message.from_email,
                )
                count += 1
        return count
