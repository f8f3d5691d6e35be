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
# with most purchases. Bands are thirds of those who bought, per currency, by value: equal values are in the same band. Who
# bought nothing is low; of fewer than three buyers nobody can be said to be in a third. `{others}` adds the customers that
# are not refreshed, with their stored values: their thirds count too. One statement, so that each row is written once.
# MATERIALIZED: before the planner has statistics (a first start, a large import) it would compute parts once per row.
REFRESH = """
WITH spent AS MATERIALIZED (
  SELECT coalesce(c.merged_into_id, c.id) AS customer_id, p.currency, sum(p.amount) AS amount, count(*) AS purchases
  FROM customers_purchase p JOIN customers_customer c ON c.id = p.customer_id
  WHERE p.happened_at > %(start)s AND p.happened_at <= %(now)s {only_spent}
  GROUP BY 1, 2
), chosen AS MATERIALIZED (
  SELECT DISTINCT ON (customer_id) customer_id, currency, amount FROM spent
  ORDER BY customer_id, (currency = %(currency)s) DESC, purchases DESC, currency
), fresh AS MATERIALIZED (
  SELECT c.id, coalesce(chosen.amount, 0) AS amount, coalesce(chosen.currency, '') AS currency
  FROM customers_customer c LEFT JOIN chosen ON chosen.customer_id = c.id WHERE c.merged_into_id IS NULL {only}
), everybody AS (
  SELECT amount, currency FROM fresh {others}
), limits AS MATERIALIZED (
  SELECT currency, percentile_cont(1/3.0) WITHIN GROUP (ORDER BY amount) AS low,
         percentile_cont(2/3.0) WITHIN GROUP (ORDER BY amount) AS high
  FROM everybody WHERE amount > 0 GROUP BY currency HAVING count(*) >= 3
), banded AS MATERIALIZED (
  SELECT fresh.*, CASE WHEN fresh.amount <= 0 THEN 'low' WHEN limits.low IS NULL THEN ''
                       WHEN fresh.amount > limits.high THEN 'high' WHEN fresh.amount > limits.low THEN 'medium'
                       ELSE 'low' END AS band
  FROM fresh LEFT JOIN limits USING (currency)
)
UPDATE customers_customer c SET value_12m = banded.amount, value_currency = banded.currency, value_band = banded.band
FROM banded WHERE banded.id = c.id
  AND (c.value_12m, c.value_currency, c.value_band) IS DISTINCT FROM (banded.amount, banded.currency, banded.band)
"""
OTHERS = """UNION ALL SELECT value_12m, value_currency FROM customers_customer
  WHERE value_12m > 0 AND merged_into_id IS NULL AND NOT id = ANY(%(ids)s)"""


@transaction.atomic
def customer_values_refresh(
    *, actor: Actor, now: dt.datetime, customer_ids: Iterable[int] | None = None
) -> int:
    """Bring `value_12m` and `value_band` of these customers (None: of all) up to date; returns how many changed.

    Value = sum of purchases in (now - 12 months, now], in one currency per customer. Band = thirds of all who bought
    in that currency: high above the upper limit (2/3 quantile), medium above the lower (1/3 quantile), else low; none where fewer than three bought.
    One statement whatever the number; running it again changes nothing.
    """
    policy.require(actor, "customers.purchase.record")
    ids = None if customer_ids is None else sorted(set(customer_ids))
    if ids == []:
        return 0
    start = rules.twelve_months_before(now)
    values: dict[str, Any] = {"start": start, "now": now, "currency": the_organisation().currency, "ids": ids}
    parts = {"only": "", "only_spent": "", "others": ""}
    if ids is not None:
        parts = {
            "only": "AND c.id = ANY(%(ids)s)",
            "only_spent": "AND coalesce(c.merged_into_id, c.id) = ANY(%(ids)s)",
            "others": OTHERS,
        }
    with connection.cursor() as cursor:
        cursor.execute(REFRESH.format(**parts), values)
        changed = cursor.rowcount
    if changed:
        audit.record(
            actor=actor, action="customers.values.refreshed", now=now, changes={"customers": changed}, label="customers"
        )  # fmt: skip
    return changed
