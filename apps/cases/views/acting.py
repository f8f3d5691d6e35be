"""What is done with one case: each action is a page with a form, works without JavaScript, and loses no typed word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Department
from apps.cases import forms as shapes
from apps.cases import services, transitions, words
from apps.cases.models import Case
from apps.cases.selectors import assignees, case_parts
from apps.core.actor import Actor
from apps.core.components import Crumb
from apps.core.errors import Conflict, DomainError, IllegalTransition, Invalid, Stale
from apps.core.htmx import redirect_or_refresh, render_page

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One action: its form, its verb, what of the form the verb takes, and the words around it."""

    move: str
    action: str
    form: type[forms.Form]
    verb: Callable[..., Any]
    values: Callable[[Any], Values]
    title: Callable[[], str]
    done: Callable[[], str]


def _contact(form: shapes.ContactForm) -> Values:
    data = form.cleaned_data
    return {
        "channel": data["channel"], "is_reached": data["is_reached"] == "yes", "text": data["text"],
        "wish": data["wish"], **form.cost(),
    }  # fmt: skip


def _resolve(form: shapes.ResolveForm) -> Values:
    names = ("cause", "department", "resolution")
    return {**{name: form.cleaned_data[name] for name in names}, **form.cost()}


def _pick(*names: str) -> Callable[[Any], Values]:
    return lambda form: {name: form.cleaned_data[name] for name in names}


ACTS: dict[str, Act] = {
    "take": Act(
        "take", "cases.case.take", shapes.TakeForm, services.case_take, _pick(),
        lambda: _("Take the case"), lambda: _("The case is yours."),
    ),
    "contact": Act(
        "reach", "cases.case.work", shapes.ContactForm, services.case_log_contact, _contact,
        lambda: _("Log a contact"), lambda: _("The contact is logged."),
    ),
    "resolve": Act(
        "resolve", "cases.case.work", shapes.ResolveForm, services.case_resolve, _resolve,
        lambda: _("Resolve"), lambda: _("Resolved. Ask the customer whether it is."),
    ),
    "close": Act(
        "close", "cases.case.work", shapes.CloseForm, services.case_close, _pick("outcome", "score_after", "note"),
        lambda: _("Close with the customer's answer"), lambda: _("The case is closed."),
    ),
    "reopen": Act(
        "reopen", "cases.case.reopen", shapes.ReopenForm, services.case_reopen, _pick("reason"),
        lambda: _("Take up again"), lambda: _("The case is taken up again."),
    ),
    "note": Act(
        "note", "cases.case.work", shapes.NoteForm, services.case_note, _pick("text"),
        lambda: _("Add a note"), lambda: _("The note is added."),
    ),
    "assign": Act(
        "assign", "cases.case.assign", shapes.GiveForm, services.case_assign, _pick("to", "note"),
        lambda: _("Assign"), lambda: _("The case is assigned."),
    ),
    "hand_over": Act(
        "hand_over", "cases.case.work", shapes.GiveForm, services.case_hand_over, _pick("to", "note"),
        lambda: _("Hand over"), lambda: _("The case is handed over."),
    ),
}  # fmt: skip
BY_MOVE = {act.move: name for name, act in ACTS.items()}


def build(act: Act, actor: Actor, case: Case, data: QueryDict | None = None) -> Any:
    """The form of an action for this case, filled in or fresh."""
    extra: Values = {}
    if act.form is shapes.GiveForm:
        extra["people"] = assignees(actor, [case.unit_id])
    elif act.form is shapes.ResolveForm:
        extra["departments"] = Department.objects.visible_to(actor).filter(is_active=True)
    if data is not None:
        return act.form(data, **extra)
    return act.form(initial={"version": case.version, "wish": case.wish}, **extra)


def form_for(move: str, case: Case, actor: Actor) -> Any:
    """The form of the next useful action, for the case's own page."""
    return build(ACTS[BY_MOVE[move]], actor, case)


@login_required
def act_on(request: HttpRequest, uid: Any, name: str) -> HttpResponse:
    """GET: the form of one action. POST: do it; a stale version or an impossible move keeps the text and shows both."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    act = ACTS[name]
    policy.require(actor, "cases.case.see")
    rows = Case.objects.visible_to(actor).select_related("customer", "unit", "owner")
    case = rows.the(uid=uid)
    policy.require(actor, act.action, case)
    if request.method != "POST":
        return _shown(request, case, act, name, build(act, actor, case))
    form = build(act, actor, case, request.POST)
    if not form.is_valid():
        return _shown(request, case, act, name, form, status=422)
    values = act.values(form)
    if "version" in form.cleaned_data:
        values["version"] = form.cleaned_data["version"]
    try:
        act.verb(actor=actor, now=timezone.now(), case=case, **values)
    except Invalid as error:
        add_errors(form, error)
        return _shown(request, case, act, name, form, status=422)
    except (Stale, IllegalTransition, Conflict) as error:
        return _conflict(request, uid, act, name, error)
    messages.success(request, act.done())
    return redirect_or_refresh(request, after(request, case))


def after(request: HttpRequest, case: Case) -> str:
    """Where one goes on: the case itself."""
    return case.get_absolute_url()


def add_errors(form: Any, error: Invalid) -> None:
    """A verb's refusal beside the fields it is about."""
    for field, texts in error.fields.items():
        for text in texts:
            form.add_error(field if field in form.fields else None, text)


def _conflict(request: HttpRequest, uid: Any, act: Act, name: str, error: DomainError) -> HttpResponse:
    """409: what is typed, filled in again with the version of now, beside what somebody else did meanwhile."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = Case.objects.visible_to(actor).select_related("customer", "unit", "owner").the(uid=uid)
    data = request.POST.copy()
    data["version"] = str(case.version)
    form = build(act, actor, case, data)
    form.is_valid()
    meanwhile = {
        "message": error.message,
        "events": case_parts(actor, case).events[:5],
        "possible": case.state in transitions.TABLE[act.move],
    }
    return _shown(request, case, act, name, form, status=409, meanwhile=meanwhile)


def _shown(
    request: HttpRequest,
    case: Case,
    act: Act,
    name: str,
    form: Any,
    *,
    status: int = 200,
    meanwhile: Any = None,
) -> HttpResponse:
    context = {
        "case": case,
        "form": form,
        "title": act.title(),
        "sentence": words.next_sentence(case, timezone.now()),
        "act_url": reverse(f"cases:{name}", args=[case.uid]),
        "act_label": act.title(),
        "meanwhile": meanwhile,
        "crumbs": [
            Crumb(_("Cases"), reverse("cases:list")),
            Crumb(str(case), case.get_absolute_url()),
            Crumb(act.title()),
        ],
    }
    return render_page(
        request, "cases/act.html", context, fragments={"case-form": "cases/_form.html"}, status=status
    )
