"""Pages of feedback: one response, and the forms of its sources. The lists are in lists.py."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import policy
from apps.accounts.selectors import history_of
from apps.core import formatting
from apps.core.actor import Actor
from apps.core.components import Crumb, Item, Tab, TimelineEntry
from apps.core.formpage import FormPage
from apps.core.htmx import render_page
from apps.customers.models import Customer
from apps.feedback.forms import SourceForm
from apps.feedback.models import Response, Source
from apps.feedback.selectors import neighbours, score_text, tone_of_score
from apps.feedback.services import source_save


@login_required
def detail(request: HttpRequest, uid: Any) -> HttpResponse:
    """One response: the words, where and when, and what else this customer said."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "feedback.response.see")
    rows = Response.objects.visible_to(actor).defer("search")
    row = rows.select_related("source", "unit", "touchpoint__step__journey", "customer").the(uid=uid)
    tab = "history" if request.GET.get("tab") == "history" else "overview"
    context: dict[str, Any] = {
        "response": row,
        "tab": tab,
        "crumbs": [Crumb(_("Feedback"), reverse("feedback:list")), Crumb(_("Response"))],
        "tabs": [
            Tab(_("Overview"), "?", active=tab == "overview"),
            Tab(_("History"), "?tab=history", active=tab == "history"),
        ],
        "who": who(actor, row),
        "score": score_text(row),
        "score_tone": tone_of_score(row.score_norm),
        "now": timezone.now(),
    }
    if tab == "history":
        context["history"] = history_of(row, actor)
    else:
        context |= {
            "items": items(actor, row),
            "attributes": [
                Item(name.replace("_", " "), value) for name, value in sorted(row.attributes.items())
            ],
            "others": [entry(other) for other in neighbours(actor, row)],
        }
    return render_page(request, "feedback/detail.html", context)


def items(actor: Actor, row: Response) -> list[Item]:
    """What is known about a response, as terms and values; the customer is a link for those who may open it."""
    customer = None
    if row.customer_id is not None:
        customer = Customer.objects.visible_to(actor).filter(pk=row.customer_id).first()
    found = [
        Item(_("Customer"), who(actor, row), url=customer.get_absolute_url() if customer else ""),
        Item(_("Source"), f"{row.source} ({row.source.get_kind_display()})"),
        Item(_("Unit"), row.unit),
        Item(_("Touchpoint"), f"{row.touchpoint.step.journey} › {row.touchpoint}" if row.touchpoint else "–"),
        Item(_("Answered"), formatting.instant(row.responded_at)),
    ]
    if row.asked_at:
        found.append(Item(_("Asked"), formatting.instant(row.asked_at)))
    if row.language:
        found.append(Item(_("Language"), row.language))
    found.append(Item(_("Received"), formatting.instant(row.received_at)))
    found.append(Item(_("External id"), row.external_id))
    return found


def who(actor: Actor, row: Response) -> str:
    """The customer by name, for those who work with customers; else only that there is one."""
    if row.customer is None:
        return _("An unknown customer")
    return str(row.customer) if policy.can(actor, "customers.customer.see") else _("A customer")


def entry(row: Response) -> TimelineEntry:
    """Another response of the same customer."""
    return TimelineEntry(
        at=row.responded_at,
        title=str(row.source),
        text=" – ".join(part for part in (row.title, row.verbatim[:300]) if part),
        icon="message-2",
        tone=tone_of_score(row.score_norm),
        url=row.get_absolute_url(),
        meta=" · ".join(part for part in (score_text(row), str(row.touchpoint or "")) if part),
    )


class SourcePage(FormPage):
    """What adding and editing a source share."""

    form_class = SourceForm
    see = "feedback.source.edit"
    sentence = gettext_lazy("A source says where answers come from and on which scale they are scored.")

    def get_cancel_url(self) -> str:
        return reverse("feedback:sources")

    def get_form(self, *args: Any, **kwargs: Any) -> SourceForm:
        return SourceForm(*args, initial=self.get_initial(), actor=self.actor, **kwargs)

    def get_crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("Feedback"), reverse("feedback:list")),
            Crumb(_("Sources"), reverse("feedback:sources")),
            Crumb(self.get_title()),
        ]


class SourceNew(SourcePage):
    title = gettext_lazy("New source")
    draft = "source-new"

    def run(self, cleaned: dict[str, Any]) -> str:
        cleaned.pop("version")
        source_save(actor=self.actor, now=timezone.now(), **cleaned)
        return reverse("feedback:sources")


class SourceEdit(SourcePage):
    row: Source
    template_name = "feedback/source.html"

    def load(self) -> None:
        self.row = (
            Source.objects.visible_to(self.actor)
            .select_related("unit", "touchpoint")
            .the(uid=self.kwargs["uid"])
        )

    def get_title(self) -> str:
        return self.row.name

    def get_initial(self) -> dict[str, Any]:
        names = (
            "name",
            "kind",
            "score_kind",
            "scale_min",
            "scale_max",
            "unit",
            "touchpoint",
            "key",
            "is_active",
        )
        return {name: getattr(self.row, name) for name in (*names, "version")}

    def get_context(self) -> dict[str, Any]:
        return {"history": history_of(self.row, self.actor)}

    def run(self, cleaned: dict[str, Any]) -> str:
        source_save(actor=self.actor, now=timezone.now(), source=self.row, **cleaned)
        return reverse("feedback:sources")
