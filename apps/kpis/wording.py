"""The words for faults of a rule, and a rule told in a sentence."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kpis import rules
from apps.kpis.rules import Condition, Fault, Rule

FAULTS: dict[str, str | Promise] = {
    "not_an_object": gettext_lazy("A JSON object is needed here."),
    "not_a_list": gettext_lazy("A list of conditions is needed here."),
    "unknown_key": gettext_lazy("“%(about)s” is not part of a rule."),
    "unknown_origin": gettext_lazy("A KPI is computed from feedback, interactions or purchases."),
    "unknown_per": gettext_lazy("Count per row or per customer."),
    "too_many": gettext_lazy("At most %(about)s conditions."),
    "unknown_field": gettext_lazy(
        "The field “%(about)s” is not known there. Further attributes are written attributes.name."
    ),
    "unknown_operator": gettext_lazy("“%(about)s” cannot be asked of this field."),
    "unknown_measure": gettext_lazy("“%(about)s” cannot be measured there."),
    "measure_needed": gettext_lazy("Say what is measured, for example score."),
    "measure_unused": gettext_lazy("This statistic counts rows: leave the measure out."),
    "hit_needed": gettext_lazy("Say which rows count as favourable, for example score ≥ 4."),
    "hit_unused": gettext_lazy("Only shares and rates have favourable rows."),
    "hit_is_about_measure": gettext_lazy(
        "Per customer, the favourable ones are told by the field “measure”."
    ),
    "nps_from_feedback": gettext_lazy("A net promoter score is computed from single feedback responses."),
    "nps_measure": gettext_lazy("A net promoter score measures the score (0–10)."),
    "currency_needed": gettext_lazy(
        "Amounts of different currencies do not add up: add the condition currency = …"
    ),
    "split_needs_condition": gettext_lazy(
        "Each number would be a segment: split by a condition, for example score ≥ 4."
    ),
    "two_labels": gettext_lazy("Give two different labels: one for “yes”, one for “no”."),
    "value_unused": gettext_lazy("This comparison takes no value."),
    "list_of_texts": gettext_lazy("Give a list of 1 to %(about)s texts."),
    "value_text": gettext_lazy("Give a text of at most 200 characters."),
    "value_number": gettext_lazy("Give a number."),
    "value_flag": gettext_lazy("Give true or false."),
}
OPERATORS: dict[str, str | Promise] = {
    "=": gettext_lazy("is"),
    "!=": gettext_lazy("is not"),
    "<": "<",
    "<=": "≤",
    ">": ">",
    ">=": "≥",
    "in": gettext_lazy("is one of"),
    "not_in": gettext_lazy("is none of"),
    "set": gettext_lazy("is given"),
    "not_set": gettext_lazy("is not given"),
}
FIELDS: dict[str, str | Promise] = {
    "source": gettext_lazy("source"),
    "source_kind": gettext_lazy("kind of source"),
    "score_kind": gettext_lazy("kind of score"),
    "touchpoint": gettext_lazy("touchpoint"),
    "language": gettext_lazy("language"),
    "score": gettext_lazy("score"),
    "score_norm": gettext_lazy("score on 0–1"),
    "answer_hours": gettext_lazy("hours from asking to answer"),
    "has_words": gettext_lazy("has words"),
    "has_customer": gettext_lazy("customer is known"),
    "system": gettext_lazy("system"),
    "kind": gettext_lazy("kind"),
    "minutes": gettext_lazy("minutes"),
    "is_failure": gettext_lazy("something went wrong"),
    "currency": gettext_lazy("currency"),
    "product_line": gettext_lazy("product line"),
    "amount": gettext_lazy("amount"),
    "margin": gettext_lazy("margin"),
    "rows": gettext_lazy("number of rows"),
    "days": gettext_lazy("number of different days"),
    "product_lines": gettext_lazy("number of different product lines"),
    "measure": gettext_lazy("the customer's measure"),
}
ORIGINS: dict[str, str | Promise] = {
    "feedback": gettext_lazy("feedback"),
    "interactions": gettext_lazy("interactions"),
    "purchases": gettext_lazy("purchases"),
}


def fault(given: Fault) -> str:
    """A fault as a sentence."""
    words = str(FAULTS[given.code]) % {"about": given.about}
    return f"{given.path}: {words}" if given.path else words


def field(name: str) -> str:
    """A field in words; an attribute by its own name."""
    return str(FIELDS.get(name, name.removeprefix(rules.ATTRIBUTE)))


def condition(given: Condition) -> str:
    """A condition in words: “score ≥ 4”."""
    if given.kind == rules.FLAG:
        return field(given.field) if given.value else _("not: %(what)s") % {"what": field(given.field)}
    value = ", ".join(map(str, given.value)) if isinstance(given.value, tuple) else given.value
    parts = [field(given.field), str(OPERATORS[given.op]), "" if value is None else str(value)]
    return " ".join(part for part in parts if part)


def sentence(rule: Rule) -> str:
    """The rule in one sentence, for the KPI's page."""
    about = {
        "origin": ORIGINS[rule.origin],
        "measure": field(rule.measure) if rule.measure else "",
        "hit": condition(rule.hit) if rule.hit else "",
    }
    per = _("customers in") if rule.per_customer else _("rows of")
    templates = {
        "mean": _("Mean of “%(measure)s” over %(per)s %(origin)s"),
        "sum": _("Sum of “%(measure)s” over %(per)s %(origin)s"),
        "share": _("Share of %(per)s %(origin)s with: %(hit)s"),
        "rate": _("Per 1,000 %(per)s %(origin)s, how many with: %(hit)s"),
        "nps": _("Share of scores 9–10 less share of scores 0–6 over %(per)s %(origin)s"),
        "count": _("Number of %(per)s %(origin)s"),
    }
    text = templates[rule.statistic] % {**about, "per": per}
    if rule.per_customer and rule.measure and rule.statistic in ("share", "rate"):
        text += " " + _("(measure: %(measure)s)") % about
    if rule.where:
        text += ", " + _("where %(what)s") % {"what": "; ".join(condition(item) for item in rule.where)}
    if rule.split and rule.split.condition and rule.split.labels:
        text += ". " + _("Split: %(what)s → %(yes)s, else %(no)s") % {
            "what": condition(rule.split.condition), "yes": rule.split.labels[0], "no": rule.split.labels[1],
        }  # fmt: skip
    elif rule.split:
        text += ". " + _("Split by %(what)s") % {"what": field(rule.split.field)}
    return text + "."
