"""Pages of journeys: look at one, build it, order its steps."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import policy
from apps.accounts.selectors import history_of
from apps.core.actor import Actor
from apps.core.components import Action, Crumb, Tab
from apps.core.formpage import FormPage
from apps.core.htmx import redirect_or_refresh
from apps.journeys import forms, services
from apps.journeys.models import Journey, Step, Touchpoint

EDIT = "journeys.journey.edit"


def _steps(actor: Actor) -> Any:
    places = Touchpoint.objects.visible_to(actor).select_related("owner_unit").order_by("channel")
    steps = Step.objects.visible_to(actor).select_related("owner_unit", "journey").order_by("position", "id")
    return steps.prefetch_related(Prefetch("touchpoints", places))


@login_required
@require_safe
def detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One journey: its steps across in order, each with channels, expectation and experience."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "journeys.journey.see")
    journey = Journey.objects.visible_to(actor).select_related("owner").the(uid=uid)
    tab = "history" if request.GET.get("tab") == "history" else "map"
    refusal = getattr(policy.can(actor, EDIT), "reason", "")
    steps = list(_steps(actor).filter(journey=journey)) if tab == "map" else []
    context = {
        "journey": journey,
        "crumbs": [Crumb(_("Journeys"), reverse("journeys:list")), Crumb(str(journey))],
        "actions": [
            Action(_("Add a step"), reverse("journeys:step_add", args=[uid]), icon="plus", primary=True, denied=refusal),
            Action(_("Edit the journey"), reverse("journeys:edit", args=[uid]), icon="edit", denied=refusal),
        ],
        "tab": tab,
        "tabs": [Tab(_("Map"), "?tab=map", active=tab == "map"), Tab(_("History"), "?tab=history", active=tab == "history")],
        "steps": steps,
        "truths": sum(step.is_moment_of_truth for step in steps),
        "may_edit": not refusal,
        "history": history_of(journey, actor) if tab == "history" else [],
    }  # fmt: skip
    return render(request, "journeys/detail.html", context)


class JourneyPage(FormPage):
    """A form about a journey or a part of it; goes back to the journey's page, to the part."""

    see = EDIT
    journey: Journey | None = None
    at = ""

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        return self.form_class(*args, initial=self.get_initial(), actor=self.actor, **kwargs)

    def back(self) -> str:
        """Where the journey is, and in it the part."""
        return f"{self.journey.get_absolute_url()}{self.at}" if self.journey else reverse("journeys:list")

    def get_cancel_url(self) -> str:
        return self.back()

    def get_crumbs(self) -> list[Crumb]:
        here = [Crumb(str(self.journey), self.journey.get_absolute_url())] if self.journey else []
        return [Crumb(_("Journeys"), reverse("journeys:list")), *here, Crumb(self.title)]

    def verb(self, **values: Any) -> Any:
        """The verb of this form; may return the journey to go to."""
        raise NotImplementedError

    def run(self, cleaned: dict[str, Any]) -> str:
        made = self.verb(actor=self.actor, now=timezone.now(), **cleaned)
        if isinstance(made, Step):
            self.at = f"#step-{made.key}"
        return made.get_absolute_url() if isinstance(made, Journey) else self.back()


class JourneyNew(JourneyPage):
    title = gettext_lazy("New journey")
    sentence = gettext_lazy("A path your customers walk, seen with their eyes.")
    form_class = forms.NewJourneyForm
    draft = "journey-new"

    def verb(self, **values: Any) -> Journey:
        return services.journey_create(**values)


class JourneyEdit(JourneyPage):
    title = gettext_lazy("Edit the journey")
    form_class = forms.JourneyForm

    def load(self) -> None:
        self.journey = (
            Journey.objects.visible_to(self.actor).select_related("owner").the(uid=self.kwargs["uid"])
        )

    def get_initial(self) -> dict[str, Any]:
        names = ("name", "summary", "key", "is_active", "version")
        owner = self.journey.owner
        return {name: getattr(self.journey, name) for name in names} | {"owner": owner.uid if owner else None}

    def verb(self, **values: Any) -> Journey:
        return services.journey_edit(journey=self.journey, **values)


class StepAdd(JourneyPage):
    title = gettext_lazy("Add a step")
    sentence = gettext_lazy("It comes last; move it from the map.")
    form_class = forms.NewStepForm

    def load(self) -> None:
        self.journey = Journey.objects.visible_to(self.actor).the(uid=self.kwargs["uid"])

    def verb(self, **values: Any) -> Step:
        return services.step_add(journey=self.journey, **values)


class StepPage(JourneyPage):
    """A form about one step."""

    def load(self) -> None:
        steps = Step.objects.visible_to(self.actor).select_related("journey", "owner_unit")
        self.step = steps.the(uid=self.kwargs["uid"])
        self.journey, self.at = self.step.journey, f"#step-{self.step.key}"


class StepEdit(StepPage):
    title = gettext_lazy("Edit the step")
    form_class = forms.StepForm

    def get_initial(self) -> dict[str, Any]:
        names = ("name", "key", "is_moment_of_truth", "expected", "experienced", "version")
        unit = self.step.owner_unit
        return {name: getattr(self.step, name) for name in names} | {"owner_unit": unit.key if unit else None}

    def verb(self, **values: Any) -> Step:
        return services.step_edit(step=self.step, **values)


class TouchpointAdd(StepPage):
    title = gettext_lazy("Add a channel")
    sentence = gettext_lazy("Where else can customers do this step? Each channel is a touchpoint of its own.")
    form_class = forms.NewTouchpointForm

    def verb(self, **values: Any) -> None:
        services.touchpoint_add(step=self.step, **values)


class TouchpointEdit(JourneyPage):
    title = gettext_lazy("Edit the touchpoint")
    form_class = forms.TouchpointForm
    template_name = "journeys/touchpoint.html"

    def load(self) -> None:
        rows = Touchpoint.objects.visible_to(self.actor).select_related("step__journey", "owner_unit")
        self.touchpoint = rows.the(uid=self.kwargs["uid"])
        self.journey, self.at = self.touchpoint.step.journey, f"#step-{self.touchpoint.step.key}"

    def get_initial(self) -> dict[str, Any]:
        unit = self.touchpoint.owner_unit
        names = ("channel", "key", "is_active", "version")
        return {name: getattr(self.touchpoint, name) for name in names} | {
            "owner_unit": unit.key if unit else None
        }

    def get_context(self) -> dict[str, Any]:
        return {"touchpoint": self.touchpoint}

    def verb(self, **values: Any) -> None:
        services.touchpoint_edit(touchpoint=self.touchpoint, **values)


@login_required
@require_POST
def step_move(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One place earlier or later (`by` = -1 or 1)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    step = Step.objects.visible_to(actor).select_related("journey").the(uid=uid)
    by = -1 if request.POST.get("by") == "-1" else 1
    moved = services.step_move(actor=actor, now=timezone.now(), step=step, by=by)
    messages.success(
        request,
        _("“%(step)s” is now step %(position)s.") % {"step": moved.name, "position": moved.position},
    )
    return redirect_or_refresh(request, f"{step.journey.get_absolute_url()}#step-{step.key}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def step_delete(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Ask, then delete a step with its touchpoints."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, EDIT)
    step = Step.objects.visible_to(actor).select_related("journey").the(uid=uid)
    if request.method == "POST":
        services.step_delete(actor=actor, now=timezone.now(), step=step)
        messages.success(request, _("“%(step)s” is deleted.") % {"step": step.name})
        return redirect_or_refresh(request, step.journey.get_absolute_url())
    count = Touchpoint.objects.visible_to(actor).filter(step=step).count()
    gone = ngettext("%(count)s touchpoint goes with it.", "%(count)s touchpoints go with it.", count)
    context = {
        "title": _("Delete “%(step)s”?") % {"step": step.name},
        "sentence": _("This cannot be undone. A step to which evidence is mapped cannot be deleted."),
        "consequences": [gone % {"count": count}],
        "action_label": _("Delete the step"),
        "cancel_url": step.journey.get_absolute_url(),
        "danger": True,
    }
    return render(request, "components/confirm_page.html", context)


@login_required
@require_POST
def touchpoint_delete(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = Touchpoint.objects.visible_to(actor).select_related("step__journey").the(uid=uid)
    services.touchpoint_delete(actor=actor, now=timezone.now(), touchpoint=row)
    messages.success(request, _("The touchpoint is deleted."))
    return redirect_or_refresh(request, f"{row.step.journey.get_absolute_url()}#step-{row.step.key}")
