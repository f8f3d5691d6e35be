"""Pages about people, units, keys, the organisation and oneself."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.accounts import forms, policy, services
from apps.accounts.models import ApiKey, Membership, Unit, User
from apps.accounts.selectors import history_of, organisation, the_organisation
from apps.core.actor import Actor
from apps.core.components import Crumb
from apps.core.errors import DomainError, NotVisible
from apps.core.formpage import FormPage
from apps.core.htmx import redirect_or_refresh, render_page


class Settings(FormPage):
    title = gettext_lazy("Organisation")
    sentence = gettext_lazy("What every page and every calculation of this organisation starts from.")
    form_class = forms.OrganisationForm
    see = "accounts.organisation.edit"

    def load(self) -> None:
        self.company = the_organisation()

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.company, name) for name in (*services.ORGANISATION_FIELDS, "version")}

    def run(self, cleaned: dict[str, Any]) -> str:
        services.organisation_edit(actor=self.actor, now=timezone.now(), **cleaned)
        return reverse("accounts:organisation")


class Profile(FormPage):
    title = gettext_lazy("Your profile")
    form_class = forms.ProfileForm
    see = "accounts.profile.edit"
    template_name = "accounts/profile.html"

    def load(self) -> None:
        self.user = User.objects.visible_to(self.actor).the(pk=self.actor.user_id)

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.user, name) for name in (*services.PROFILE_FIELDS, "version")}

    def get_context(self) -> dict[str, Any]:
        return {
            "memberships": Membership.objects.visible_to(self.actor)
            .filter(user=self.user)
            .select_related("unit")
        }

    def run(self, cleaned: dict[str, Any]) -> str:
        services.profile_edit(actor=self.actor, now=timezone.now(), **cleaned)
        return reverse("accounts:profile")


class Invite(FormPage):
    title = gettext_lazy("Invite a person")
    form_class = forms.InviteForm
    see = "accounts.people.manage"
    submit_label = gettext_lazy("Invite")
    draft = "invite"

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("People"), reverse("accounts:people")), Crumb(_("Invite"))]

    def get_form(self, *args: Any, **kwargs: Any) -> forms.InviteForm:
        return forms.InviteForm(*args, units=Unit.objects.visible_to(self.actor), **kwargs)

    def run(self, cleaned: dict[str, Any]) -> str:
        user = services.person_invite(actor=self.actor, now=timezone.now(), **cleaned)
        send_password_link(self.request, user)
        return reverse("accounts:person", args=[user.uid])


def send_password_link(request: HttpRequest, user: User) -> None:
    """Mail the link by which a person chooses their first or next password."""
    form = ResetPasswordForm({"email": user.email})
    if form.is_valid():
        form.save(request)  # writes: allauth sends its mail, no row of ours changes


@login_required
def person(request: HttpRequest, uid: Any) -> HttpResponse:
    """One person: roles, keys and history."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "accounts.people.see")
    user = User.objects.visible_to(actor).the(uid=uid)
    tab = request.GET.get("tab", "roles")
    context = {
        "person": user,
        "tab": tab,
        "crumbs": [Crumb(_("People"), reverse("accounts:people")), Crumb(str(user))],
        "memberships": Membership.objects.visible_to(actor).filter(user=user).select_related("unit"),
        "form": forms.PersonForm(
            initial={"name": user.name, "is_active": user.is_active, "version": user.version}
        ),
        "membership_form": forms.MembershipForm(units=Unit.objects.visible_to(actor)),
        "keys": ApiKey.objects.visible_to(actor).filter(owner=user),
        "history": history_of(user, actor) if tab == "history" else [],
    }
    return render_page(request, "accounts/person.html", context)


def _act(request: HttpRequest, where: str, verb: Any, done: str, **kwargs: Any) -> HttpResponse:
    """Run one verb from a plain button or small form; a refusal becomes a message on the page it came from."""
    try:
        verb(actor=request.actor, now=timezone.now(), **kwargs)  # type: ignore[attr-defined]
    except NotVisible:
        raise
    except DomainError as error:
        if error.status == 403:
            raise
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect_or_refresh(request, where)


@login_required
@require_POST
def person_edit(request: HttpRequest, uid: Any) -> HttpResponse:
    form = forms.PersonForm(request.POST)
    where = reverse("accounts:person", args=[uid])
    policy.require(request.actor, "accounts.people.manage")  # type: ignore[attr-defined]
    if not form.is_valid():
        messages.error(request, " ".join(text for texts in form.errors.values() for text in texts))
        return redirect_or_refresh(request, where)
    return _act(request, where, services.person_edit, _("Saved."), uid=uid, **form.cleaned_data)


@login_required
@require_POST
def person_link(request: HttpRequest, uid: Any) -> HttpResponse:
    """Send the password link again."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "accounts.people.manage")
    send_password_link(request, User.objects.visible_to(actor).the(uid=uid))
    messages.success(request, _("The link is on its way."))
    return redirect_or_refresh(request, reverse("accounts:person", args=[uid]))


@login_required
@require_POST
def membership_add(request: HttpRequest, uid: Any) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "accounts.people.manage")
    user = User.objects.visible_to(actor).the(uid=uid)
    form = forms.MembershipForm(request.POST, units=Unit.objects.visible_to(actor))
    where = reverse("accounts:person", args=[uid])
    if not form.is_valid():
        messages.error(request, _("Choose a role and a unit."))
        return redirect_or_refresh(request, where)
    return _act(
        request, where, services.membership_grant, _("The role is given."), user=user, **form.cleaned_data
    )


@login_required
@require_POST
def membership_remove(request: HttpRequest, pk: int) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "accounts.people.manage")
    membership = Membership.objects.visible_to(actor).select_related("user").the(pk=pk)
    where = reverse("accounts:person", args=[membership.user.uid])
    return _act(request, where, services.membership_revoke, _("The role is taken back."), pk=pk)


class UnitAdd(FormPage):
    title = gettext_lazy("Add a unit")
    form_class = forms.UnitForm
    see = "accounts.units.manage"

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Units"), reverse("accounts:units")), Crumb(_("Add"))]

    def get_form(self, *args: Any, **kwargs: Any) -> forms.UnitForm:
        return forms.UnitForm(*args, units=Unit.objects.visible_to(self.actor), **kwargs)

    def run(self, cleaned: dict[str, Any]) -> str:
        services.unit_add(actor=self.actor, now=timezone.now(), **cleaned)
        return reverse("accounts:units")


class UnitEdit(FormPage):
    title = gettext_lazy("Edit a unit")
    form_class = forms.UnitEditForm
    see = "accounts.units.manage"

    def load(self) -> None:
        self.unit = Unit.objects.visible_to(self.actor).the(uid=self.kwargs["uid"])

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Units"), reverse("accounts:units")), Crumb(str(self.unit))]

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.unit.name, "is_active": self.unit.is_active, "version": self.unit.version}

    def run(self, cleaned: dict[str, Any]) -> str:
        services.unit_edit(actor=self.actor, now=timezone.now(), uid=self.unit.uid, **cleaned)
        return reverse("accounts:units")


class KeyNew(FormPage):
    title = gettext_lazy("New API key")
    sentence = gettext_lazy("A key acts for you, with your rights narrowed to what you tick.")
    form_class = forms.ApiKeyForm
    see = "accounts.apikey.manage"
    submit_label = gettext_lazy("Create key")

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("API keys"), reverse("accounts:keys")), Crumb(_("New"))]

    def run(self, cleaned: dict[str, Any]) -> HttpResponse:
        day = cleaned.pop("expires_on")
        expires_at = dt.datetime.combine(day, dt.time(23, 59), tzinfo=self.actor.zone) if day else None
        key, secret = services.apikey_create(
            actor=self.actor, now=timezone.now(), expires_at=expires_at, **cleaned
        )
        # Shown in this answer only: it is in no address, no message and no row.
        return render(self.request, "accounts/key_made.html", {"key": key, "secret": secret})


@login_required
@require_POST
def key_revoke(request: HttpRequest, uid: Any) -> HttpResponse:
    return _act(request, reverse("accounts:keys"), services.apikey_revoke, _("The key is revoked."), uid=uid)


@login_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the appearance that the toggle chose."""
    chosen = request.POST.get("theme", "")
    services.profile_edit(
        actor=request.actor,  # type: ignore[attr-defined]
        now=timezone.now(),
        version=None,
        theme=chosen if chosen in {"light", "dark"} else "",
    )
    return HttpResponse(status=204) if request.htmx else redirect("accounts:profile")  # type: ignore[attr-defined]


def logo(request: HttpRequest) -> FileResponse:
    """The organisation's logo (also on the sign-in page)."""
    company = organisation()
    if company is None or not company.logo:
        raise NotVisible
    kind = "image/png" if company.logo.name.endswith(".png") else "image/jpeg"
    return FileResponse(company.logo.open("rb"), content_type=kind, headers={"Cache-Control": "max-age=300"})


class Setup(FormPage):
    """The first run; closed for good as soon as there is an organisation."""

    title = gettext_lazy("Welcome: set up your organisation")
    sentence = gettext_lazy("This takes a minute and can be changed later.")
    form_class = forms.SetupForm
    submit_label = gettext_lazy("Set up")
    template_name = "accounts/setup.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if organisation() is not None:
            raise NotVisible
        return super(FormPage, self).dispatch(request, *args, **kwargs)

    def run(self, cleaned: dict[str, Any]) -> str:
        services.organisation_setup(actor=Actor.system("first run"), now=timezone.now(), **cleaned)
        return reverse("account_login")
