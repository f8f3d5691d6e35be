"""The permission table: default deny, roles reach down the tree, scopes narrow keys."""

import dataclasses

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.core.actor import Actor


def test_an_action_without_a_row_is_denied_to_everybody(cast):
    for role in ("administrator", "executive", "cx_manager"):
        assert not policy.can(cast.actor(role), "nothing.like.this")


def test_nobody_signed_in_may_do_nothing():
    assert all(not policy.can(Actor.anonymous(), action) for action in policy.RULES)


def test_a_role_reaches_its_unit_and_everything_below(cast):
    lead = cast.actor("team_lead")
    assert policy.can(lead, "cases.case.assign", cast.store)
    assert policy.can(lead, "cases.case.assign", cast.north)
    assert not policy.can(lead, "cases.case.assign", cast.other_store)
    assert not policy.can(lead, "cases.case.assign", Unit.objects.get(pk=cast.company.pk))


def test_the_refusal_names_the_roles_it_takes(cast):
    answer = policy.can(cast.actor("frontline"), "initiatives.initiative.create")
    assert not answer
    assert "CX manager" in answer.reason


def test_a_key_does_only_what_its_scopes_allow(cast):
    person = cast.actor("cx_manager")
    key = dataclasses.replace(person, scopes=frozenset({"read"}))
    assert policy.can(person, "initiatives.initiative.create")
    assert policy.can(key, "initiatives.initiative.see")
    assert not policy.can(key, "initiatives.initiative.create")


def test_money_is_hidden_from_frontline_leads_and_administrators(cast):
    seers = {
        role
        for role in (
            "frontline",
            "team_lead",
            "cx_manager",
            "analyst",
            "finance",
            "executive",
            "administrator",
        )
        if policy.sees_money(cast.actor(role))
    }
    assert seers == {"cx_manager", "analyst", "finance", "executive"}


def test_codes_of_the_audit_log_are_read_as_words():
    from apps.accounts.selectors import in_words

    assert in_words("cases.case.closed") == "Case closed"
    assert in_words("cases.first_contact.missed") == "First contact missed"
