"""The portfolio as JSON: the same selector as the page, the command and the export."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import policy
from apps.core.errors import Invalid
from apps.initiatives.models import Initiative
from apps.portfolio.lists import PortfolioFilter
from apps.portfolio.selectors import portfolio_overview
from apps.portfolio.wire import as_json


class RangeShape(serializers.Serializer[Any]):
    low = serializers.FloatField(allow_null=True)
    mid = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class TotalsShape(serializers.Serializer[Any]):
    currency = serializers.CharField(max_length=3)
    initiatives = serializers.IntegerField()
    judged = serializers.IntegerField()
    invested = serializers.FloatField(allow_null=True)
    returned = RangeShape()
    net = RangeShape()
    roi = serializers.FloatField(allow_null=True)
    npv = serializers.FloatField(allow_null=True)
    payback_months = serializers.FloatField(allow_null=True)
    share_proven = serializers.FloatField(allow_null=True)
    proven = RangeShape()
    unproven = RangeShape()
    by_ledger = serializers.DictField(child=serializers.FloatField())
    by_cash = serializers.DictField(child=serializers.FloatField())


class LineShape(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=160)
    investment_class = serializers.CharField(max_length=20, help_text="Written as “class”.")
    stage = serializers.CharField(max_length=10)
    currency = serializers.CharField(max_length=3)
    invested = serializers.FloatField(allow_null=True)
    returned = RangeShape()
    roi = serializers.FloatField(allow_null=True)
    npv = serializers.FloatField(allow_null=True)
    payback_months = serializers.FloatField(allow_null=True)
    grade = serializers.CharField(max_length=1, allow_null=True)
    verdict = serializers.CharField(max_length=20)
    stale = serializers.BooleanField()
    snapshot = serializers.UUIDField(allow_null=True)


class PortfolioShape(serializers.Serializer[Any]):
    as_of = serializers.DateField(allow_null=True)
    currency = serializers.CharField(max_length=3)
    horizon_months = serializers.IntegerField()
    totals = TotalsShape()
    initiatives = LineShape(many=True)
    other_currencies = TotalsShape(many=True)


class PortfolioView(APIView):
    """What was invested and what came back. Filters are those of the page; narrowed, loop closing is left out."""

    @extend_schema(
        responses=PortfolioShape,
        parameters=[OpenApiParameter(name, str, many=False) for name in PortfolioFilter.base_filters],
    )
    def get(self, request: Request) -> Response:
        actor = request.actor  # type: ignore[attr-defined]
        policy.require(actor, "portfolio.overview.see")
        filters = PortfolioFilter(
            request.query_params, queryset=Initiative.objects.visible_to(actor), request=request
        )
        unknown = set(request.query_params) - set(filters.filters)
        if unknown:
            raise Invalid(fields={name: [_("This filter is not known here.")] for name in sorted(unknown)})
        if not filters.is_valid():
            raise Invalid(
                fields={name: [str(text) for text in texts] for name, texts in filters.errors.items()}
            )
        narrowed = any(request.query_params.values())
        found = portfolio_overview(
            actor=actor, now=timezone.now(), initiatives=filters.qs, with_loop=not narrowed
        )
        return Response(as_json(found))
