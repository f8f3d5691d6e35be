"""What a customer was worth in the last twelve months, and which third that is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from apps.accounts import policy
from apps.accounts.selectors import the_organisation
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.customers import rules

# Twelve months back from `now`; purchases of merged customers count for the one they were merged into (one step: merging
# again points the older ones at the new one). Each currency is summed apart; the organisation's own counts, else the one
# with most purchases.
SUMS = """
WITH spent AS (
  SELECT coalesce(c.merged_into_id, c.id) AS customer_id, p.currency, sum(p.amount) AS amount, count(*) AS purchases
  FROM customers_purchase p JOIN customers_customer c ON c.id = p.customer_id
  WHERE p.happened_at > %(start)s AND p.happened_at <= %(now)s {only_spent}
  GROUP BY 1, 2
), chosen AS (
  SELECT DISTINCT ON (customer_id) customer_id, currency, amount FROM spent
  ORDER BY customer_id, (currency = %(currency)s) DESC, purchases DESC, currency
), fresh AS (
  SELECT c.id, coalesce(chosen.amount, 0) AS amount, coalesce(chosen.currency, '') AS currency
  FROM customers_customer c LEFT JOIN chosen ON chosen.customer_id = c.id WHERE c.merged_into_id IS NULL {only}
)
UPDATE customers_customer c SET value_12m = fresh.amount, value_currency = fresh.currency
FROM fresh WHERE fresh.id = c.id AND (c.value_12m, c.value_currency) IS DISTINCT FROM (fresh.amount, fresh.currency)
"""
# Thirds of those who bought, per currency, by value: equal values are in the same band. Who bought nothing is low; of fewer than
# three buyers nobody can be said to be in a third.
BANDS = """
WITH limits AS (
  SELECT value_currency, percentile_cont(1/3.0) WITHIN GROUP (ORDER BY value_12m) AS low,
         percentile_cont(2/3.0) WITHIN GROUP (ORDER BY value_12m) AS high
  FROM customers_customer WHERE value_12m > 0 AND merged_into_id IS NULL GROUP BY value_currency HAVING count(*) >= 3
), fresh AS (
  SELECT c.id, CASE WHEN c.value_12m <= 0 THEN 'low' WHEN limits.low IS NULL THEN '' WHEN c.value_12m > limits.high THEN 'high'
                    WHEN c.value_12m > limits.low THEN 'medium' ELSE 'low' END AS band
  FROM customers_customer c LEFT JOIN limits USING (value_currency)
  WHERE c.value_12m IS NOT NULL AND c.merged_into_id IS NULL {only}
)
UPDATE customers_customer c SET value_band = fresh.band FROM fresh WHERE fresh.id = c.id AND c.value_band <> fresh.band
"""


@transaction.atomic
def customer_values_refresh(
    *, actor: Actor, now: dt.datetime, customer_ids: Iterable[int] | None = None
) -> int:
    """Bring `value_12m` and `value_band` of these customers (None: of all) up to date; returns how many changed.

    Value = sum of purchases in (now - 12 months, now], in one currency per customer. Band = thirds of all who bought
    in that currency: high above the upper limit (2/3 quantile), medium above the lower (1/3 quantile), else low; none where fewer than three bought.
    Two statements whatever the number; running it again changes nothing.
    """
    policy.require(actor, "customers.purchase.record")
    ids = None if customer_ids is None else sorted(set(customer_ids))
    if ids == []:
        return 0
    start = rules.twelve_months_before(now)
    values: dict[str, Any] = {"start": start, "now": now, "currency": the_organisation().currency, "ids": ids}
    only = "" if ids is None else "AND c.id = ANY(%(ids)s)"
    only_spent = "" if ids is None else "AND coalesce(c.merged_into_id, c.id) = ANY(%(ids)s)"
    with connection.cursor() as cursor:
        cursor.execute(SUMS.format(only=only, only_spent=only_spent), values)
        changed = cursor.rowcount
        cursor.execute(BANDS.format(only=only), values)
        changed = max(changed, cursor.rowcount)
    if changed:
        audit.record(
            actor=actor, action="customers.values.refreshed", now=now, changes={"customers": changed}, label="customers"
        )  # fmt: skip
    return changed
