"""The bell, and the mails that were written."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.accounts import policy
from apps.core import lists
from apps.core.actor import Actor
from apps.core.components import Crumb
from apps.core.htmx import redirect_or_refresh, render_page
from apps.notifications import services
from apps.notifications.models import Mail, Notification


@login_required
def bell(request: HttpRequest) -> HttpResponse:
    """What happened that concerns me, newest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = Notification.objects.visible_to(actor)[:100]
    context = {"notifications": rows, "unread": Notification.objects.visible_to(actor).unread().count()}
    return render_page(request, "notifications/list.html", context)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    services.notifications_read(actor=request.actor, now=timezone.now())  # type: ignore[attr-defined]
    return redirect_or_refresh(request, reverse("notifications:list"))


@login_required
@require_POST
def follow(request: HttpRequest, uid: Any) -> HttpResponse:
    """Mark one as read and go where it points."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = Notification.objects.visible_to(actor).the(uid=uid)
    services.notifications_read(actor=actor, uids=[str(uid)], now=timezone.now())
    is_ours = row.url and url_has_allowed_host_and_scheme(row.url, allowed_hosts=None)
    return redirect(row.url if is_ours else "notifications:list")


class MailTable(lists.Table):
    subject = lists.Column(
        verbose_name=gettext_lazy("Subject"),
        linkify=lambda record: reverse("notifications:mail_detail", args=[record.uid]),
    )
    to = lists.Column(verbose_name=gettext_lazy("To"))
    state = lists.StateColumn(verbose_name=gettext_lazy("State"))
    created_at = lists.WhenColumn(verbose_name=gettext_lazy("Written"))

    class Meta(lists.Table.Meta):
        model = Mail
        fields = ("subject", "to", "state", "created_at")
        order_by = ("-created_at",)


class MailFilter(lists.ListFilter):
    primary = ("state",)
    state = django_filters.MultipleChoiceFilter(choices=Mail.State.choices, label=gettext_lazy("State"))

    class Meta:
        model = Mail
        fields = ("state",)


class Mails(lists.ListPage):
    title = gettext_lazy("Mail")
    page_key = "notifications.mail"
    see = "notifications.mail.see"
    table_class = MailTable
    filterset_class = MailFilter
    search_fields = ("subject", "to")
    empty_title = gettext_lazy("No mail yet")
    empty_text = gettext_lazy("Invitations, password links and notices appear here when they are written.")

    def get_queryset(self) -> Any:
        return Mail.objects.visible_to(self.actor)

    def get_sentence(self) -> str:
        return _(
            "Every mail that was written. Until a mail server is set (CX_SMTP_URL) they are kept here instead of sent."
        )


@login_required
def mail_detail(request: HttpRequest, uid: Any) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "notifications.mail.see")
    mail = Mail.objects.visible_to(actor).the(uid=uid)
    crumbs = [Crumb(_("Mail"), reverse("notifications:mail")), Crumb(mail.subject)]
    return render_page(request, "notifications/mail.html", {"mail": mail, "crumbs": crumbs})
