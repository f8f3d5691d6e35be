"""Value models: versions, four eyes, and nobody without a right to money."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import Conflict, Denied, Invalid, NotVisible, Stale
from apps.kpis.models import Kpi, ValueModel
from apps.kpis.services import value_model_edit, value_model_retire, value_model_sign
from tests.kpis.factories import NOW, make_kpi, make_value_model

pytestmark = pytest.mark.django_db


def test_finance_signs_what_another_wrote(cast):
    row = make_value_model(make_kpi(), cast.cx_manager)
    with pytest.raises(Denied):
        value_model_sign(actor=cast.actor("cx_manager"), now=NOW, value_model=row)
    signed = value_model_sign(actor=cast.actor("finance"), now=NOW, value_model=row, version=1)
    assert (signed.signed_by, signed.signed_at) == (cast.finance, NOW)


def test_nobody_signs_their_own(cast):
    row = make_value_model(make_kpi(), cast.finance)
    with pytest.raises(Denied, match="Four eyes"):
        value_model_sign(actor=cast.actor("finance"), now=NOW, value_model=row)
    assert ValueModel.objects.get().signed_at is None


def test_a_new_version_leaves_the_old_as_it_was_and_needs_its_own_signature(cast):
    row = make_value_model(make_kpi(), cast.cx_manager)
    row = value_model_sign(actor=cast.actor("finance"), now=NOW, value_model=row)
    before = Kpi.objects.get().data_version
    new = value_model_edit(
        actor=cast.actor("finance"), now=NOW, value_model=row, version=row.version, amount=Decimal("14")
    )
    row.refresh_from_db()
    assert (row.amount, row.signed_at) == (Decimal("12.5"), NOW)
    assert (new.supersedes, new.signed_at, new.author, new.amount) == (row, None, cast.finance, 14)
    assert list(ValueModel.objects.current()) == [new]
    assert Kpi.objects.get().data_version == before + 1
    with pytest.raises(Conflict):
        value_model_edit(actor=cast.actor("finance"), now=NOW, value_model=row, amount=Decimal("15"))


def test_a_stale_version_writes_nothing(cast):
    row = make_value_model(make_kpi(), cast.cx_manager)
    value_model_sign(actor=cast.actor("finance"), now=NOW, value_model=row)
    with pytest.raises(Stale):
        value_model_edit(
            actor=cast.actor("cx_manager"), now=NOW, value_model=row, version=1, amount=Decimal(1)
        )
    assert ValueModel.objects.count() == 1


def test_who_sees_no_money_finds_no_value_model(cast):
    row = make_value_model(make_kpi(), cast.cx_manager)
    for who in ("team_lead", "frontline", "administrator", "nobody"):
        assert not ValueModel.objects.visible_to(cast.actor(who)).exists()
        with pytest.raises(NotVisible):
            value_model_retire(actor=cast.actor(who), now=NOW, value_model=row)
    assert value_model_retire(actor=cast.actor("cx_manager"), now=NOW, value_model=row).is_active is False


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"currency": "eur"}, "currency"),
        ({"amount_sd": Decimal(-1)}, "amount_sd"),
        ({"amount": Decimal("NaN")}, "amount"),
        ({"exposure": "fixed"}, "exposure_fixed"),
        ({"side": "save", "basis": "revenue"}, "basis"),
        ({"name": " "}, "name"),
    ],
)
def test_what_cannot_be_meant_is_refused(cast, fields, field):
    with pytest.raises(Invalid) as error:
        make_value_model(make_kpi(), **fields)
    assert list(error.value.fields) == [field]
