"""A new case by hand, and many cases given to one person."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.cases import services
from apps.cases.forms import BulkGiveForm, NewCaseForm, find_customer
from apps.cases.models import Case
from apps.cases.selectors import assignees
from apps.cases.services.teamwork import MOST_AT_ONCE
from apps.cases.views.acting import add_errors
from apps.core.actor import Actor, Role
from apps.core.components import Crumb
from apps.core.errors import Conflict, Invalid
from apps.core.htmx import redirect_or_refresh, render_page


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Open a case by hand."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "cases.case.open")
    reach = actor.units(Role.FRONTLINE, Role.TEAM_LEAD, Role.CX_MANAGER)
    units = Unit.objects.visible_to(actor).filter(pk__in=reach, is_active=True)
    if request.method != "POST":
        home = units.filter(pk=actor.home_unit_id).first() or units.first()
        initial = {"unit": home.key if home else None, "customer": request.GET.get("customer", "")[:254]}
        return _new_shown(request, NewCaseForm(units=units, initial=initial))
    form = NewCaseForm(request.POST, units=units)
    if not form.is_valid():
        return _new_shown(request, form, status=422)
    data = form.cleaned_data
    customer = find_customer(actor, data["customer"]) if data["customer"].strip() else None
    if data["customer"].strip() and customer is None:
        form.add_error(
            "customer", _("Nobody, or more than one, was found under this. Try the e-mail address.")
        )
        return _new_shown(request, form, status=422)
    try:
        case = services.case_open(
            actor=actor, now=timezone.now(), unit=data["unit"], subject=data["subject"], wish=data["wish"],
            customer=customer, priority=data["priority"],
        )  # fmt: skip
    except Invalid as error:
        add_errors(form, error)
        return _new_shown(request, form, status=422)
    except Conflict as error:
        form.add_error(None, error.message)
        return _new_shown(request, form, status=409)
    messages.success(request, _("The case is open."))
    return redirect_or_refresh(request, case.get_absolute_url())


def _new_shown(request: HttpRequest, form: Any, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "title": _("New case"),
        "sentence": _(
            "For what a customer tells you in person; feedback and events open cases by themselves."
        ),
        "act_url": reverse("cases:new"),
        "act_label": _("Open the case"),
        "crumbs": [Crumb(_("Cases"), reverse("cases:list")), Crumb(_("New case"))],
    }
    return render_page(
        request, "cases/act.html", context, fragments={"case-form": "cases/_form.html"}, status=status
    )


@login_required
@require_POST
def bulk_assign(request: HttpRequest) -> HttpResponse:
    """First the page that asks to whom (from the list's checkboxes), then the deed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "cases.case.bulk")
    ids = request.POST.getlist("ids")[:MOST_AT_ONCE]
    rows = Case.objects.visible_to(actor).filter(uid__in=_valid(ids)).select_related("unit")
    cases = list(rows.order_by("pk"))
    if not cases:
        messages.error(request, _("Choose at least one case."))
        return redirect_or_refresh(request, reverse("cases:list"))
    people = assignees(actor, sorted({case.unit_id for case in cases}))
    form = BulkGiveForm(request.POST if "to" in request.POST else None, people=people)
    if not form.is_bound or not form.is_valid():
        context = {
            "form": form,
            "cases": cases,
            "title": ngettext("Assign %(count)s case", "Assign %(count)s cases", len(cases))
            % {"count": len(cases)},
            "crumbs": [Crumb(_("Cases"), reverse("cases:list")), Crumb(_("Assign"))],
            "has_people": people.exists(),
        }
        return render_page(
            request,
            "cases/bulk.html",
            context,
            fragments={"case-form": "cases/_bulk_form.html"},
            status=422 if form.is_bound else 200,
        )
    outcome = services.cases_bulk_assign(
        actor=actor, now=timezone.now(), uids=[case.uid for case in cases], to=form.cleaned_data["to"],
        note=form.cleaned_data["note"],
    )  # fmt: skip
    messages.success(
        request,
        ngettext("%(count)s case is assigned.", "%(count)s cases are assigned.", outcome.assigned)
        % {"count": outcome.assigned},
    )
    for case, reason in list(outcome.refused.items())[:5]:
        messages.warning(request, f"{case}: {reason}")
    if len(outcome.refused) > 5:
        messages.warning(request, _("and %(count)s more not assigned") % {"count": len(outcome.refused) - 5})
    return redirect_or_refresh(request, reverse("cases:list"))


def _valid(ids: list[str]) -> list[str]:
    import uuid

    found = []
    for text in ids:
        try:
            found.append(str(uuid.UUID(text)))
        except ValueError:
            continue
    return found
