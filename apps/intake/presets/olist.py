"""The public sample of the Brazilian marketplace Olist: customers, orders, payments, reviews.

People are `customer_unique_id`; `customer_id` is one per order and becomes an identity. The order is the record that
payments and reviews refer to: from it they take their customer, the date (payments) and how late it was (reviews).
Late is counted by calendar day, because the promise is a date. All reviews lie on one touchpoint.
"""

from __future__ import annotations

from apps.intake.presets.bundle import Bundle, BundleStep
from apps.intake.presets.olist_setup import olist_setup

ZONE = "America/Sao_Paulo"
READING = {"encoding": "utf-8", "delimiter": ",", "decimal_sign": ".", "date_order": "ymd", "zone": ZONE}
CUSTOMERS = "olist_customers_dataset.csv"
ORDERS = "olist_orders_dataset.csv"
PAYMENTS = "olist_order_payments_dataset.csv"
REVIEWS = "olist_order_reviews_dataset.csv"

EVENTS = (
    ("approved", "order_approved_at", "payment_approved", "olist-pay-marketplace"),
    ("carrier", "order_delivered_carrier_date", "handed_over", "olist-hand-over-marketplace"),
    ("delivered", "order_delivered_customer_date", "delivered", "olist-deliver-marketplace"),
)


def _event(name: str, column: str, kind: str, touchpoint: str) -> BundleStep:
    """One further dated event of each order; orders it has not happened to are left out."""
    return BundleStep(
        ORDERS,
        "interactions",
        {
            **READING,
            "columns": {"order_id": "external_id", "customer_id": "customer_key", column: "occurred_at"},
            "constants": {
                "source": f"olist-{name}", "customer_system": "olist-customer", "channel": "marketplace",
                "type": kind, "touchpoint": touchpoint,
            },
            "skip_when_empty": [column],
        },
        what=name,
    )  # fmt: skip


_LATE = {
    "field": "attributes.days_late",
    "days_between": ["order_estimated_delivery_date", "order_delivered_customer_date"],
    "by": "calendar_day",
}

OLIST = Bundle(
    key="olist",
    name="Olist sample",
    help=__doc__.splitlines()[0],
    setup=olist_setup,
    steps=(
        BundleStep(
            CUSTOMERS,
            "customers",
            {
                **READING,
                "columns": {
                    "customer_unique_id": "customer_key",
                    "customer_state": "attributes.state",
                    "customer_city": "attributes.city",
                    "customer_zip_code_prefix": "attributes.zip",
                },
                "constants": {"customer_system": "olist", "language": "pt"},
            },
        ),
        BundleStep(
            CUSTOMERS,
            "identities",
            {
                **READING,
                "columns": {"customer_unique_id": "customer_key", "customer_id": "value"},
                "constants": {"customer_system": "olist", "system": "olist-customer"},
            },
            what="one per order",
        ),
        BundleStep(
            ORDERS,
            "interactions",
            {
                **READING,
                "columns": {
                    "order_id": "external_id",
                    "customer_id": "customer_key",
                    "order_purchase_timestamp": "occurred_at",
                    "order_status": ["summary", "attributes.order_status"],
                },
                "constants": {
                    "source": "olist", "customer_system": "olist-customer", "channel": "marketplace",
                    "type": "order", "touchpoint": "olist-order-marketplace",
                },
                "derived": [
                    _LATE,
                    {"field": "attributes.delivered", "present": "order_delivered_customer_date"},
                    {
                        "field": "attributes.lateness", "choose": "attributes.days_late", "above": 0,
                        "then": "late", "else": "on time",
                    },
                ],
            },
            what="orders",
        ),
        *(_event(*event) for event in EVENTS),
        BundleStep(
            PAYMENTS,
            "purchases",
            {
                **READING,
                "columns": {
                    "payment_value": "amount",
                    "order_id": "ref",
                    "payment_type": "attributes.payment_type",
                },
                "constants": {"source": "olist", "currency": "BRL"},
                "derived": [
                    {"field": "external_id", "concat": ["order_id", "payment_sequential"], "separator": "+"}
                ],
                "inherit": ["occurred_at"],
            },
        ),
        BundleStep(
            REVIEWS,
            "feedback",
            {
                **READING,
                "columns": {
                    "review_score": "score",
                    "review_comment_title": "title",
                    "review_comment_message": "verbatim",
                    "review_creation_date": "asked_at",
                    "review_answer_timestamp": "answered_at",
                    "order_id": "ref",
                },
                "constants": {
                    "source": "olist-reviews", "source_kind": "review", "ref_system": "olist", "language": "pt",
                    "scale_min": 1, "scale_max": 5, "touchpoint": "olist-review-marketplace",
                },
                "derived": [{"field": "external_id", "concat": ["review_id", "order_id"], "separator": "+"}],
                "inherit": [
                    "attributes.days_late", "attributes.delivered", "attributes.lateness", "attributes.order_status"
                ],
            },
        ),
    ),
)  # fmt: skip
