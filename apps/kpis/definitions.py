"""The shipped metric dictionary as data: definition, formula, how to read. Currency comes from the organisation."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


def definitions(currency: str) -> list[dict[str, Any]]:
    """All shipped definitions as fields of `Kpi`; the derived ones are computed from what is imported."""
    own_currency = {"field": "currency", "op": "=", "value": currency}
    return [
        # outcomes: what it does to the business -----------------------------------------------------------------
        {
            "key": "visit-frequency",
            "name": _("Visit frequency"),
            "kind": "outcome", "statistic": "mean", "direction": "up", "grain": "month", "unit_label": _("visits"),
            "definition": _("How often a buying customer came in a month: days with a purchase, per customer who bought."),
            "formula": _("days with a purchase ÷ customers who bought"),
            "how_to_read": _("Rises when customers come back sooner. Look at it together with value per visit."),
            "derived": {"from": "purchases", "per": "customer", "measure": "days"},
        },
        {
            "key": "value-per-visit",
            "name": _("Value per visit"),
            "kind": "outcome", "statistic": "mean", "direction": "up", "grain": "month", "unit_label": currency,
            "definition": _("What a purchase is worth on average."),
            "formula": _("sum of purchase amounts ÷ number of purchases"),
            "how_to_read": _("Revenue, not margin. A few large purchases move it: look at the interval."),
            "derived": {"from": "purchases", "measure": "amount", "where": [own_currency]},
        },
        {
            "key": "repurchase",
            "name": _("Repurchase"),
            "kind": "outcome", "statistic": "share", "direction": "up", "grain": "month", "unit_label": "%",
            "definition": _("Share of a month's buyers who bought on two or more days of it."),
            "formula": _("customers with ≥ 2 buying days ÷ customers who bought"),
            "how_to_read": _("For long buying cycles measure over a longer period and import it instead."),
            "derived": {"from": "purchases", "per": "customer", "measure": "days", "hit": {"field": "measure", "op": ">=", "value": 2}},
        },
        {
            "key": "product-lines",
            "name": _("Product lines per customer"),
            "kind": "outcome", "statistic": "mean", "direction": "up", "grain": "month", "unit_label": _("lines"),
            "definition": _("From how many different product lines a buying customer bought in a month."),
            "formula": _("different product lines ÷ customers who bought"),
            "how_to_read": _("Rises when customers trust us with more of their needs."),
            "derived": {"from": "purchases", "per": "customer", "measure": "product_lines", "where": [{"field": "product_line", "op": "set"}]},
        },
        {
            "key": "share-of-budget",
            "name": _("Share of budget"),
            "kind": "outcome", "statistic": "share", "direction": "up", "grain": "month", "unit_label": "%",
            "definition": _("Which part of what customers spend in our category they spend with us."),
            "formula": _("spend with us ÷ spend in the category, asked in a panel or bought from market research"),
            "how_to_read": _("Growth in a growing market is not growth: this tells the two apart."),
        },
        {
            "key": "premium-mix",
            "name": _("Premium mix"),
            "kind": "outcome", "statistic": "share", "direction": "up", "grain": "month", "unit_label": "%",
            "definition": _("Share of purchases that are of a premium line (attribute “premium” of the purchase)."),
            "formula": _("premium purchases ÷ purchases that say which they are"),
            "how_to_read": _("Happy customers buy better, not only more."),
            "derived": {"from": "purchases", "hit": {"field": "attributes.premium", "op": "=", "value": True}},
        },
        {
            "key": "referrals",
            "name": _("Referred customers"),
            "kind": "outcome", "statistic": "count", "direction": "up", "grain": "month", "unit_label": _("customers"),
            "definition": _("New customers who say that another customer sent them."),
            "formula": _("number of new customers with a referral"),
            "how_to_read": _("What recommendation intent promises, this shows."),
        },
        {
            "key": "churn",
            "name": _("Churn"),
            "kind": "outcome", "statistic": "share", "direction": "down", "grain": "month", "unit_label": "%",
            "definition": _("Share of the customers at the start of the month who left during it."),
            "formula": _("customers lost ÷ customers at the start"),
            "how_to_read": _("Compare customers of the same age: new ones leave more often."),
        },
        # perceptive: what customers (and employees) feel --------------------------------------------------------
        {
            "key": "trust",
            "name": _("Trust"),
            "kind": "perceptive", "statistic": "mean", "direction": "up", "grain": "month", "unit_label": _("points"),
            "definition": _("Mean agreement with “I trust this company to do what is right for me”."),
            "formula": _("sum of scores ÷ answers"),
            "how_to_read": _("Moves slowly. A sudden fall has an event behind it."),
        },
        {
            "key": "advocacy",
            "name": _("Advocacy"),
            "kind": "perceptive", "statistic": "share", "direction": "up", "grain": "month", "unit_label": "%",
            "definition": _("Share of customers who did recommend us in the last three months (not: would)."),
            "formula": _("customers who recommended ÷ customers asked"),
            "how_to_read": _("Asks for the deed, where a recommendation score asks for the intent."),
        },
        {
            "key": "nps",
            "name": _("Net promoter score"),
            "kind": "perceptive", "statistic": "nps", "direction": "up", "grain": "week", "unit_label": _("points"),
            "definition": _("Willingness to recommend on a scale from 0 to 10."),
            "formula": _("% of scores 9–10 less % of scores 0–6"),
            "how_to_read": _("One metric among others. Wide intervals: 100 answers give about ±15 points."),
            "derived": {"from": "feedback", "where": [{"field": "score_kind", "op": "=", "value": "nps"}]},
        },
        {
            "key": "csat",
            "name": _("Satisfaction (CSAT)"),
            "kind": "perceptive", "statistic": "share", "direction": "up", "grain": "week", "unit_label": "%",
            "definition": _("Share of survey answers in the upper quarter of their scale (4 and 5 of 5)."),
            "formula": _("answers of at least 75 % of the scale ÷ answers"),
            "how_to_read": _("Compares across scales. Compare like with like: the same question at the same touchpoint."),
            "derived": {
                "from": "feedback",
                "where": [{"field": "source_kind", "op": "=", "value": "survey"}],
                "hit": {"field": "score_norm", "op": ">=", "value": 0.75},
            },
        },
        {
            "key": "ces",
            "name": _("Effort (CES)"),
            "kind": "perceptive", "statistic": "mean", "direction": "up", "grain": "week", "unit_label": _("points"),
            "definition": _("Mean agreement with “the company made it easy for me”."),
            "formula": _("sum of scores ÷ answers"),
            "how_to_read": _("Higher is easier. Turn the scale round before import if yours asks for effort."),
        },
        {
            "key": "employee-engagement",
            "name": _("Employee engagement"),
            "kind": "perceptive", "statistic": "mean", "direction": "up", "grain": "month", "unit_label": _("points"),
            "definition": _("Mean engagement score of the employees of a unit."),
            "formula": _("sum of scores ÷ answers"),
            "how_to_read": _("Fewer issues and happier customers raise it; it is a benefit even where no money is put on it."),
        },
        # operational: what happens ------------------------------------------------------------------------------
        {
            "key": "first-contact-resolution",
            "name": _("First contact resolution"),
            "kind": "operational", "statistic": "share", "direction": "up", "grain": "week", "unit_label": "%",
            "definition": _("Share of contacts that settled the matter (attribute “resolved” of the interaction)."),
            "formula": _("contacts with resolved = yes ÷ contacts that say so"),
            "how_to_read": _("Each percent saves repeat contacts."),
            "derived": {"from": "interactions", "hit": {"field": "attributes.resolved", "op": "=", "value": True}},
        },
        {
            "key": "right-first-time",
            "name": _("Right first time"),
            "kind": "operational", "statistic": "share", "direction": "up", "grain": "week", "unit_label": "%",
            "definition": _("Share of events in which nothing went wrong."),
            "formula": _("interactions without failure ÷ interactions"),
            "how_to_read": _("What customers feel next month starts here."),
            "derived": {"from": "interactions", "hit": {"field": "is_failure", "op": "=", "value": False}},
        },
        {
            "key": "contacts-per-customer",
            "name": _("Contacts per customer"),
            "kind": "operational", "statistic": "mean", "direction": "down", "grain": "month", "unit_label": _("contacts"),
            "definition": _("How often a customer who had to contact us did so in a month (calls, chats, mails)."),
            "formula": _("contacts ÷ customers with a contact"),
            "how_to_read": _("Fewer is better when nothing is hidden: look at complaints beside it."),
            "derived": {
                "from": "interactions",
                "where": [{"field": "kind", "op": "in", "value": ["call", "chat", "email", "contact"]}],
                "per": "customer",
                "measure": "rows",
            },
        },
    ]  # fmt: skip
