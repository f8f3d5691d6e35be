"""What a query lets through and what the policy says are the same roles."""

from apps.accounts.policy import RULES
from apps.customers.querysets import MONEY_SEERS, SEERS


def test_the_query_and_the_policy_name_the_same_roles():
    assert set(MONEY_SEERS) == RULES["customers.value.see"].roles
    assert set(SEERS) == RULES["customers.customer.see"].roles
