"""Editing the rules that open cases."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.accounts.selectors import history_of
from apps.cases import services, words
from apps.cases.forms import RuleForm
from apps.cases.models import CaseRule
from apps.cases.services.ruling import FIELDS
from apps.cases.views.acting import add_errors
from apps.core.actor import Actor, Role
from apps.core.components import Crumb
from apps.core.errors import Invalid, Stale
from apps.core.htmx import redirect_or_refresh, render_page
from apps.feedback.models import Source


def _form(actor: Actor, *args: Any, **kwargs: Any) -> RuleForm:
    units = Unit.objects.visible_to(actor).filter(pk__in=actor.units(Role.CX_MANAGER))
    return RuleForm(*args, units=units, sources=Source.objects.visible_to(actor), **kwargs)


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """A new rule."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "cases.rule.edit")
    return _edit(request, None)


@login_required
def edit(request: HttpRequest, uid: Any) -> HttpResponse:
    """A rule: its conditions for everybody who sees it, a form for who may change it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "cases.rule.see")
    rows = CaseRule.objects.visible_to(actor).select_related("unit").prefetch_related("sources")
    return _edit(request, rows.the(uid=uid))


def _edit(request: HttpRequest, rule: CaseRule | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    answer = policy.can(actor, "cases.rule.edit", rule)
    if request.method != "POST":
        form = _form(actor, initial=_initial(rule)) if answer else None
        return _shown(request, rule, form, refused=getattr(answer, "reason", ""))
    policy.require(actor, "cases.rule.edit", rule)
    form = _form(actor, request.POST)
    if not form.is_valid():
        return _shown(request, rule, form, status=422)
    data = form.cleaned_data
    try:
        services.rule_save(
            actor=actor, now=timezone.now(), rule=rule, version=data["version"] if rule else None,
            sources=list(data["sources"]), **{name: data[name] for name in FIELDS},
        )  # fmt: skip
    except Invalid as error:
        add_errors(form, error)
        return _shown(request, rule, form, status=422)
    except Stale as error:
        assert rule is not None  # only an existing rule has a version
        typed = request.POST.copy()
        typed["version"] = str(CaseRule.objects.visible_to(actor).the(pk=rule.pk).version)
        form = _form(actor, typed)
        form.add_error(None, error.message)
        return _shown(request, rule, form, status=409)
    messages.success(request, _("The rule is saved."))
    return redirect_or_refresh(request, reverse("cases:rules"))


@login_required
@require_POST
def delete(request: HttpRequest, uid: Any) -> HttpResponse:
    """Ask once, then remove the rule; its cases stay."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "cases.rule.see")
    rule = CaseRule.objects.visible_to(actor).the(uid=uid)
    policy.require(actor, "cases.rule.edit", rule)
    if request.POST.get("sure") != "yes":
        from django import forms

        class Sure(forms.Form):
            sure = forms.CharField(widget=forms.HiddenInput, initial="yes")

        context = {
            "title": _("Delete the rule “%(rule)s”?") % {"rule": rule},
            "sentence": _("It will open no more cases. To pause it, switch it off instead."),
            "consequences": [_("Cases that it opened stay as they are, without a rule.")],
            "action_label": _("Delete the rule"),
            "cancel_url": rule.get_absolute_url(),
            "danger": True,
            "form": Sure(),
        }
        return render_page(request, "components/confirm_page.html", context)
    services.rule_delete(actor=actor, now=timezone.now(), rule=rule)
    messages.success(request, _("The rule is deleted."))
    return redirect_or_refresh(request, reverse("cases:rules"))


def _initial(rule: CaseRule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    found = {name: getattr(rule, name) for name in FIELDS}
    found["unit"] = rule.unit.key
    found["sources"] = [source.key for source in rule.sources.all()]
    return found | {"version": rule.version}


def _shown(
    request: HttpRequest, rule: CaseRule | None, form: Any, *, status: int = 200, refused: str = ""
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        "rule": rule,
        "form": form,
        "refused": refused,
        "title": rule.name if rule else _("New rule"),
        "sentence": words.conditions(rule) if rule else _("All conditions that are set must hold."),
        "act_url": rule.get_absolute_url() if rule else reverse("cases:rule_new"),
        "history": history_of(rule, actor) if rule else None,
        "crumbs": [
            Crumb(_("Cases"), reverse("cases:list")),
            Crumb(_("Rules"), reverse("cases:rules")),
            Crumb(rule.name if rule else _("New rule")),
        ],
    }
    return render_page(
        request, "cases/rule.html", context, fragments={"case-form": "cases/_rule_form.html"}, status=status
    )
