"""Help by screen and the glossary: data, so that they are searched, translated and tested like the rest."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Topic:
    """Help for one screen: its name, its address (a URL name), who sees it (a policy action), what to do there."""

    title: str
    url_name: str
    action: str
    text: str


def topics() -> list[Topic]:
    """In the order of the navigation."""
    return [
        Topic(
            _("My work"), "home:index", "home.work.see",
            _("Begin with the first case: overdue ones come first, then what is due soon by the customer's value. Open it, call, log the contact, resolve, ask the customer, close."),
        ),
        Topic(
            _("Cases"), "cases:list", "cases.case.see",
            _("Search by number, customer or words. Filters stay in the address, so a link shows a colleague the same rows; save them as a view. Select rows to assign several at once."),
        ),
        Topic(
            _("Case rules"), "cases:rules", "cases.rule.see",
            _("The first active rule in order that matches opens the case. Example: score at most 2 on the delivery survey, first contact within 24 hours, resolved within 120."),
        ),
        Topic(
            _("Feedback"), "feedback:list", "feedback.response.see",
            _("Every answer with its score on its own scale. Search finds words by their beginning: “deliv” finds delivery and delivered."),
        ),
        Topic(
            _("Customers"), "customers:list", "customers.customer.see",
            _("Found by name, e-mail, phone or any identity of a source system. The page shows one timeline of all that happened."),
        ),
        Topic(
            _("Journeys"), "journeys:list", "journeys.journey.see",
            _("Journey, steps, and touchpoints (a step in one channel). Mark the moments of truth; feedback and events are mapped to touchpoints when they arrive."),
        ),
        Topic(
            _("KPIs"), "kpis:list", "kpis.kpi.see",
            _("The dictionary of metrics: definition, how to read it, values with their uncertainty. Values come by import, by API, or are computed from feedback and events."),
        ),
        Topic(
            _("Initiatives"), "initiatives:list", "initiatives.initiative.see",
            _("What is done, where and from when, what it costs and which KPIs it should move. Without treated units, dates and a KPI with a value in money no return can be computed."),
        ),
        Topic(
            _("Portfolio"), "portfolio:overview", "portfolio.overview.see",
            _("What was invested, what came back with which range, and how much of it is proven by comparison. Every figure opens its arithmetic."),
        ),
        Topic(
            _("Imports"), "intake:list", "intake.import.see",
            _("Upload a file, check the guessed columns, look at the preview, confirm. Rejected rows can be downloaded with reasons; the same file again changes nothing; an import can be undone."),
        ),
    ]  # fmt: skip


def glossary() -> list[tuple[str, str]]:
    """Word and meaning, in alphabetical order of the present language."""
    words = [
        (_("Case"), _("One customer's matter, from the first word to the customer's answer that it is solved.")),
        (_("First contact"), _("The moment at which the customer was reached. An attempt is documented but does not count.")),
        (_("Target"), _("By when first contact and resolution are due. Counted from when the case was opened.")),
        (_("Overdue"), _("What is to be done next should have been done by now.")),
        (_("Unconfirmed"), _("Closed after documented attempts without the customer's answer; counted apart from confirmed.")),
        (_("Goodwill"), _("Money or gifts given to a customer to make up for a failure; an investment that is counted.")),
        (_("Originating department"), _("Where a failure was caused, which need not be where it was repaired.")),
        (_("Touchpoint"), _("A step of a journey in one channel: where evidence lands.")),
        (_("Moment of truth"), _("A step that makes or breaks the relationship.")),
        (_("KPI"), _("A figure that is followed over time: perceptive (felt), operational (happens) or outcome (pays).")),
        (_("Value model"), _("What one unit of a KPI is worth in money: margin, not revenue; signed by finance before it counts.")),
        (_("Initiative"), _("Something the program invests in, with units, dates, costs and the KPIs it should move.")),
        (_("Return"), _("The money an initiative brought, attributed by comparison with units or times without it.")),
        (_("Range"), _("Where the true value lies with 95 % confidence, given the data.")),
        (_("Evidence grade"), _("A to E: how strong the comparison behind a figure is. A is a random trial, E a plan.")),
        (_("Save and make"), _("Avoided cost or loss, against additional margin; always shown apart and together.")),
        (_("Stale"), _("Something a figure depends on has changed since it was computed.")),
    ]  # fmt: skip
    return sorted(words, key=lambda pair: pair[0].casefold())
