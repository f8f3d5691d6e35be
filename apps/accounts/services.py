"""Verbs over people, units, roles, keys and the organisation."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import zoneinfo
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.actors import actor_for as actor_for
from apps.accounts.models import ApiKey, Department, Membership, Organisation, SavedView, Scope, Unit, User
from apps.audit import services as audit
from apps.core.actor import Actor, Role
from apps.core.errors import Conflict, Denied, Invalid, NotVisible, check_version
from apps.core.locks import lock_until_commit

ORGANISATION_FIELDS = (
    "name", "currency", "time_zone", "language", "fiscal_year_start", "discount_rate", "minute_rate", "horizon_months",
)  # fmt: skip
PROFILE_FIELDS = ("name", "time_zone", "language", "number_format", "theme", "is_present")


def _check_zone(zone: str) -> None:
    if zone and zone not in zoneinfo.available_timezones():
        raise Invalid(
            fields={
                "time_zone": [
                    _("“%(zone)s” is not a time zone; an example is Europe/Berlin.") % {"zone": zone}
                ]
            }
        )


def _assign(row: Any, values: dict[str, Any], allowed: tuple[str, ...]) -> audit.Changes:
    """Set the allowed fields and return what changed."""
    unknown = set(values) - set(allowed)
    if unknown:
        raise Invalid(fields={name: [_("This cannot be changed here.")] for name in sorted(unknown)})
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.clean_fields(exclude=[f.name for f in row._meta.fields if f.name not in values])
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from None
    return audit.diff(before, {name: getattr(row, name) for name in values})


@transaction.atomic
def organisation_setup(
    *, actor: Actor, now: dt.datetime, name: str, currency: str, time_zone: str, language: str = "en-gb",
    fiscal_year_start: int = 1, admin_email: str, admin_name: str, admin_password: str | None, is_demo: bool = False,
) -> Organisation:  # fmt: skip
    """Create the organisation, its root unit and the first administrator. Only once: afterwards a `Conflict`."""
    policy.require(actor, "accounts.organisation.setup")
    lock_until_commit("organisation.setup")
    if Organisation.objects.exists():
        raise Conflict(_("The organisation is set up already."))
    _check_zone(time_zone)
    company = Organisation(is_demo=is_demo)
    values = {"name": name, "currency": currency.upper(), "time_zone": time_zone, "language": language,
              "fiscal_year_start": fiscal_year_start}  # fmt: skip
    changes = _assign(company, values, ORGANISATION_FIELDS)
    company.save(force_insert=True)
    root = Unit.objects.add_root({"key": "company", "name": name})
    admin = User.objects.create_user(admin_email, admin_password, name=admin_name)
    EmailAddress.objects.create(user=admin, email=admin.email, verified=True, primary=True)
    Membership.objects.create(user=admin, role=Role.ADMINISTRATOR, unit=root)
    audit.record(actor=actor, action="accounts.organisation.set_up", obj=company, now=now, changes=changes)
    return company


@transaction.atomic
def organisation_edit(*, actor: Actor, now: dt.datetime, version: int | None, **values: Any) -> Organisation:
    """Change the organisation's settings; amounts already stored keep their own currency."""
    policy.require(actor, "accounts.organisation.edit")
    company = Organisation.objects.select_for_update().get(pk=1)
    check_version(version, company.version)
    _check_zone(str(values.get("time_zone") or ""))
    logo = values.pop("logo", None)
    changes = _assign(company, values, ORGANISATION_FIELDS)
    if logo is not None:
        company.logo = logo or ""
        changes["logo"] = [None, getattr(logo, "name", "")]
    if changes:
        company.version += 1
        company.save()
        audit.record(
            actor=actor, action="accounts.organisation.edited", obj=company, now=now, changes=changes
        )
    return company


@transaction.atomic
def unit_add(*, actor: Actor, now: dt.datetime, parent: Unit, key: str, name: str) -> Unit:
    """Add a unit below `parent`."""
    policy.require(actor, "accounts.units.manage")
    if Unit.objects.filter(key=key).exists():
        raise Invalid(fields={"key": [_("This key is taken.")]})
    lock_until_commit("units.tree")  # treebeard computes the next path from its siblings
    unit = Unit.objects.add_child(Unit.objects.get(pk=parent.pk), {"key": key, "name": name})
    audit.record(
        actor=actor,
        action="accounts.unit.added",
        obj=unit,
        now=now,
        changes={"key": key, "name": name},
        unit_id=unit.pk,
    )
    return unit


@transaction.atomic
def unit_edit(
    *, actor: Actor, now: dt.datetime, uid: Any, version: int | None, name: str, is_active: bool = True
) -> Unit:
    """Rename a unit, or close it: a closed unit keeps its past and takes nothing new."""
    policy.require(actor, "accounts.units.manage")
    unit = Unit.objects.visible_to(actor).select_for_update(of=("self",)).the(uid=uid)
    check_version(version, unit.version)
    changes = audit.diff(
        {"name": unit.name, "is_active": unit.is_active}, {"name": name, "is_active": is_active}
    )
    if changes:
        unit.name, unit.is_active, unit.version = name, is_active, unit.version + 1
        unit.save()
        audit.record(
            actor=actor, action="accounts.unit.edited", obj=unit, now=now, changes=changes, unit_id=unit.pk
        )
    return unit


@transaction.atomic
def department_save(
    *, actor: Actor, now: dt.datetime, key: str, name: str, is_active: bool = True
) -> Department:
    """Add a department, or rename the one of this key."""
    policy.require(actor, "accounts.units.manage")
    department, _created = Department.objects.update_or_create(
        key=key, defaults={"name": name, "is_active": is_active}
    )
    audit.record(
        actor=actor,
        action="accounts.department.saved",
        obj=department,
        now=now,
        changes={"name": name, "is_active": is_active},
    )
    return department


@transaction.atomic
def person_invite(
    *,
    actor: Actor,
    now: dt.datetime,
    email: str,
    name: str,
    role: str,
    unit: Unit,
    password: str | None = None,
) -> User:
    """Add a person with a first role. Without a password they choose one by the link of the invitation's mail."""
    policy.require(actor, "accounts.people.manage")
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(fields={"email": list(error.messages)}) from None
    lock_until_commit(f"user:{email.lower()}")
    if User.objects.filter(email__iexact=email).exists():
        raise Invalid(fields={"email": [_("Somebody with this address is here already.")]})
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Membership.objects.create(user=user, role=Role(role), unit=unit)
    audit.record(
        actor=actor,
        action="accounts.person.invited",
        obj=user,
        now=now,
        changes={"role": role, "unit": unit.name},
        unit_id=unit.pk,
    )
    return user


@transaction.atomic
def person_edit(
    *,
    actor: Actor,
    now: dt.datetime,
    uid: Any,
    version: int | None,
    name: str | None = None,
    is_active: bool | None = None,
) -> User:
    """Rename a person or bar them from signing in (their sessions end at once). Nobody bars themselves or the last administrator."""
    policy.require(actor, "accounts.people.manage")
    user = User.objects.visible_to(actor).locked().the(uid=uid)
    check_version(version, user.version)
    if is_active is False and user.pk == actor.user_id:
        raise Denied(_("You cannot bar yourself; another administrator can."))
    values = {
        key: value for key, value in {"name": name, "is_active": is_active}.items() if value is not None
    }
    changes = _assign(user, values, ("name", "is_active"))
    if changes:
        user.version += 1
        user.save()
        if is_active is False:
            ApiKey.objects.filter(owner=user, revoked_at__isnull=True).update(revoked_at=now)
        audit.record(actor=actor, action="accounts.person.edited", obj=user, now=now, changes=changes)
    return user


@transaction.atomic
def membership_grant(*, actor: Actor, now: dt.datetime, user: User, role: str, unit: Unit) -> Membership:
    """Give a role on a unit and everything below it; giving it twice changes nothing."""
    policy.require(actor, "accounts.people.manage")
    membership, created = Membership.objects.get_or_create(user=user, role=Role(role), unit=unit)
    if created:
        audit.record(
            actor=actor,
            action="accounts.membership.granted",
            obj=user,
            now=now,
            changes={"role": role, "unit": unit.name},
            unit_id=unit.pk,
        )
    return membership


@transaction.atomic
def membership_revoke(*, actor: Actor, now: dt.datetime, pk: int) -> None:
    """Take a role back; the last administrator stays."""
    policy.require(actor, "accounts.people.manage")
    lock_until_commit("memberships.administrators")
    membership = Membership.objects.visible_to(actor).select_related("user", "unit").the(pk=pk)
    if membership.role == Role.ADMINISTRATOR:
        others = Membership.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True).exclude(
            user=membership.user
        )
        if not others.exists():
            raise Denied(_("Somebody has to remain administrator."))
    changes = {"role": membership.role, "unit": membership.unit.name}
    audit.record(
        actor=actor,
        action="accounts.membership.revoked",
        obj=membership.user,
        now=now,
        changes=changes,
        unit_id=membership.unit_id,
    )
    membership.delete()


@transaction.atomic
def apikey_create(
    *, actor: Actor, now: dt.datetime, name: str, scopes: list[str], expires_at: dt.datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key for oneself. Returns the row and the secret, which is shown this once and never stored."""
    policy.require(actor, "accounts.apikey.manage")
    wrong = set(scopes) - set(Scope.values)
    if wrong or not scopes:
        raise Invalid(
            fields={
                "scopes": [_("Choose at least one of: %(scopes)s.") % {"scopes": ", ".join(Scope.values)}]
            }
        )
    if actor.user_id is None:
        raise Denied(_("Only a person can own a key."))
    if expires_at is not None and expires_at <= now:
        raise Invalid(fields={"expires_at": [_("This is in the past.")]})
    prefix = secrets.token_hex(4)
    secret = f"cx_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        owner_id=actor.user_id, name=name, prefix=prefix, digest=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=sorted(set(scopes)), expires_at=expires_at,
    )  # fmt: skip
    audit.record(
        actor=actor, action="accounts.apikey.created", obj=key, now=now, changes={"scopes": key.scopes}
    )
    return key, secret


@transaction.atomic
def apikey_revoke(*, actor: Actor, now: dt.datetime, uid: Any) -> ApiKey:
    """End a key at once: one's own, or anybody's as administrator."""
    key = ApiKey.objects.visible_to(actor).locked().the(uid=uid)
    policy.require(
        actor, "accounts.apikey.manage" if key.owner_id == actor.user_id else "accounts.apikey.revoke", key
    )
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        audit.record(actor=actor, action="accounts.apikey.revoked", obj=key, now=now)
    return key


def apikey_touch(*, key: ApiKey, now: dt.datetime) -> None:
    """Remember when a key was last used, at most once a minute (a write per request would be waste)."""
    # not a verb: bookkeeping of the sign-in itself, before there is an actor
    if key.last_used_at is None or now - key.last_used_at > dt.timedelta(minutes=1):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


@transaction.atomic
def profile_edit(*, actor: Actor, now: dt.datetime, version: int | None, **values: Any) -> User:
    """Change one's own name, zone, language, number format, appearance or presence."""
    policy.require(actor, "accounts.profile.edit")
    user = User.objects.select_for_update().filter(pk=actor.user_id).first()
    if user is None:
        raise NotVisible
    check_version(version, user.version)
    _check_zone(str(values.get("time_zone") or ""))
    changes = _assign(user, values, PROFILE_FIELDS)
    if changes:
        user.version += 1
        user.save()
        audit.record(actor=actor, action="accounts.profile.edited", obj=user, now=now, changes=changes)
    return user


@transaction.atomic
def savedview_save(
    *, actor: Actor, now: dt.datetime, page_key: str, name: str, query: str, is_shared: bool = False
) -> SavedView:
    """Keep a list's filters under a name; the same name again replaces them."""
    policy.require(actor, "accounts.savedview.save")
    if not name.strip():
        raise Invalid(fields={"name": [_("Give the view a name.")]})
    if actor.user_id is None:
        raise Denied(_("Only a person keeps views."))
    view, _created = SavedView.objects.update_or_create(
        user_id=actor.user_id,
        page_key=page_key,
        name=name.strip()[:60],
        defaults={"query": query[:2000], "is_shared": is_shared},
    )
    audit.record(
        actor=actor, action="accounts.savedview.saved", obj=view, now=now, changes={"query": query[:500]}
    )
    return view


@transaction.atomic
def savedview_delete(*, actor: Actor, now: dt.datetime, uid: Any) -> None:
    """Forget one of one's own views."""
    view = SavedView.objects.visible_to(actor).locked().the(uid=uid)
    policy.require(actor, "accounts.savedview.save", view)
    audit.record(actor=actor, action="accounts.savedview.deleted", obj=view, now=now)
    view.delete()
