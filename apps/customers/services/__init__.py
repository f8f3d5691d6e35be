"""Verbs over customers, what they are called elsewhere, what happened to them and what they paid."""

from apps.customers.rules import normalise_email, normalise_phone
from apps.customers.selectors import customers_find, customers_match
from apps.customers.services._evidence import TOUCHED
from apps.customers.services.corrections import interaction_edit, purchase_edit
from apps.customers.services.dates import consent_record, key_date_add, key_date_edit, key_date_remove
from apps.customers.services.evidence import (
    interaction_record,
    interactions_bulk_record,
    interactions_forget,
    interactions_restore,
    purchase_record,
    purchases_bulk_record,
    purchases_forget,
    purchases_restore,
)
from apps.customers.services.people import (
    customer_edit,
    customer_record,
    customers_bulk_record,
    customers_forget,
    customers_restore,
    identity_add,
    identity_remove,
)
from apps.customers.services.values import customer_values_refresh

__all__ = [
    "TOUCHED",
    "consent_record",
    "customer_edit",
    "customer_record",
    "customer_values_refresh",
    "customers_bulk_record",
    "customers_find",
    "customers_forget",
    "customers_match",
    "customers_restore",
    "identity_add",
    "identity_remove",
    "interaction_edit",
    "interaction_record",
    "interactions_bulk_record",
    "interactions_forget",
    "interactions_restore",
    "key_date_add",
    "key_date_edit",
    "key_date_remove",
    "normalise_email",
    "normalise_phone",
    "purchase_edit",
    "purchase_record",
    "purchases_bulk_record",
    "purchases_forget",
    "purchases_restore",
]
