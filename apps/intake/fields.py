"""What can be imported: the fields of each kind, their types, usual column names and an example."""

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ATTRIBUTE = "attributes."
"""Prefix of free fields: `attributes.state` is kept on the record under `state`."""

Words = str | Promise


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: `column` is its name in the template file, `unless` lists fields that may stand in for it."""

    name: str
    type: str
    label: Words
    column: str = ""
    required: bool = False
    unless: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    example: str = ""
    choices: tuple[str, ...] = ()
    help: Words = ""
    length: int = 200

    def __post_init__(self) -> None:
        object.__setattr__(self, "column", self.column or self.name)


@dataclass(frozen=True, slots=True)
class KindSpec:
    kind: str
    label: Words
    help: Words
    fields: tuple[FieldSpec, ...]
    by_name: dict[str, FieldSpec] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update({each.name: each for each in self.fields})

    def field(self, name: str) -> FieldSpec | None:
        """The field of this name; any `attributes.<name>` is a free text field."""
        if name.startswith(ATTRIBUTE):
            rest = name.removeprefix(ATTRIBUTE)
            if not rest or len(rest) > 60 or "\x00" in rest:
                return None
            return FieldSpec(name=name, type="attribute", label=rest)
        return self.by_name.get(name)


def _customer_fields(*, ref: bool = True) -> tuple[FieldSpec, ...]:
    """How a row finds its customer: by an identity, by e-mail or phone, or by an earlier record it refers to."""
    found: tuple[FieldSpec, ...] = (
        FieldSpec(
            "customer_key", "code", _("Customer key"), example="C-1001",
            synonyms=("customer", "customer_id", "customer_number", "client_id", "member_id"),
            help=_("The customer's number in the source system."),
        ),
        FieldSpec(
            "customer_system", "code", _("Customer key system"), example="crm",
            help=_("The system that gave the key; usually the same for the whole file."),
        ),
        FieldSpec("email", "email", _("E-mail"), synonyms=("e-mail", "customer_email", "mail"), example="ana@example.org"),
        FieldSpec("phone", "text", _("Phone"), synonyms=("mobile", "telephone", "customer_phone"), length=40),
    )  # fmt: skip
    if ref:
        found += (
            FieldSpec(
                "ref", "code", _("Refers to"), synonyms=("order_id", "order_ref", "ticket_id"), example="O-77",
                help=_("External id of an earlier record (an order, a visit): the row takes its customer."),
            ),
            FieldSpec(
                "ref_system", "code", _("System it refers to"), example="shop", length=60,
                help=_("The source of that earlier record; the row's own source unless stated."),
            ),
        )  # fmt: skip
    return found


_UNIT = FieldSpec(
    "unit",
    "code",
    _("Unit"),
    synonyms=("unit_code", "store", "store_id", "branch", "region"),
    example="S-012",
)
_TOUCHPOINT = FieldSpec(
    "touchpoint", "code", _("Touchpoint"), synonyms=("touchpoint_key", "step"), example="delivery-web"
)
_CURRENCY = FieldSpec(
    "currency", "currency", _("Currency"), synonyms=("currency_code",), example="EUR", length=3
)

_CUSTOMERS = KindSpec(
    "customers",
    _("Customers"),
    _("People or companies, each with their number in the source system."),
    (
        FieldSpec(
            "customer_key", "code", _("Customer key"), required=True, example="C-1001",
            synonyms=("customer_unique_id", "customer_id", "customer", "customer_number", "client_id", "member_id"),
        ),
        FieldSpec("customer_system", "code", _("Customer key system"), example="crm", synonyms=("system",)),
        FieldSpec("name", "text", _("Name"), synonyms=("customer_name", "full_name"), example="Ana Prado"),
        FieldSpec("email", "email", _("E-mail"), synonyms=("e-mail", "customer_email", "mail"), example="ana@example.org"),
        FieldSpec("phone", "text", _("Phone"), synonyms=("mobile", "telephone"), example="+49 30 1234567", length=40),
        _UNIT,
        FieldSpec("segment", "text", _("Segment"), synonyms=("customer_segment", "tier"), example="gold", length=60),
        FieldSpec("since", "day", _("Customer since"), synonyms=("customer_since", "joined", "created"), example="2024-05-01"),
        FieldSpec("language", "text", _("Language"), synonyms=("lang", "locale"), example="de", length=10),
    ),
)  # fmt: skip

_IDENTITIES = KindSpec(
    "identities",
    _("Identities"),
    _("Further numbers under which a known customer appears in other systems."),
    (
        FieldSpec(
            "customer_key", "code", _("Customer key"), required=True, example="C-1001",
            synonyms=("customer_unique_id", "customer", "customer_number"),
        ),
        FieldSpec("customer_system", "code", _("Customer key system"), example="crm"),
        FieldSpec("system", "code", _("System of the new identity"), required=True, example="webshop"),
        FieldSpec(
            "value", "code", _("New identity"), required=True, example="shop-88",
            synonyms=("identity", "external_id", "customer_id", "alias"),
        ),
    ),
)  # fmt: skip

_INTERACTIONS = KindSpec(
    "interactions",
    _("Interactions"),
    _("What happened between the customer and us: visits, orders, deliveries, calls."),
    (
        FieldSpec(
            "external_id", "code", _("External id"), required=True, example="O-77",
            synonyms=("interaction_id", "order_id", "visit_id", "event_id", "id"),
        ),
        FieldSpec(
            "occurred_at", "instant", _("When"), required=True, example="2026-03-01 10:00",
            synonyms=("date", "timestamp", "happened_at", "order_purchase_timestamp", "created_at"),
        ),
        *_customer_fields(),
        FieldSpec("type", "text", _("Type"), synonyms=("interaction_type", "event", "kind"), example="delivery", length=40),
        FieldSpec("channel", "text", _("Channel"), example="web", length=60),
        _TOUCHPOINT,
        _UNIT,
        FieldSpec("source", "code", _("Source"), example="shop"),
        FieldSpec("summary", "text", _("Summary"), synonyms=("description", "note", "order_status"), example="Parcel handed over", length=500),
        FieldSpec("is_failure", "truth", _("Something went wrong"), synonyms=("failed", "failure"), example="no"),
        FieldSpec("minutes", "number", _("Minutes"), synonyms=("duration",), example="6.5"),
    ),
)  # fmt: skip

_FEEDBACK = KindSpec(
    "feedback",
    _("Feedback"),
    _("Answers to surveys, complaints, posts, contact notes, app reviews."),
    (
        FieldSpec(
            "external_id", "code", _("External id"), column="source_id", required=True, example="r-1",
            synonyms=("response_id", "review_id", "id", "ticket_id"),
        ),
        FieldSpec(
            "answered_at", "instant", _("Answered at"), column="responded_at", required=True, example="2026-03-01T10:00:00Z",
            synonyms=("review_answer_timestamp", "date", "timestamp", "created_at", "submitted_at"),
        ),
        FieldSpec("asked_at", "instant", _("Asked at"), synonyms=("review_creation_date", "sent_at", "invited_at")),
        FieldSpec("score", "score", _("Score"), synonyms=("rating", "review_score", "nps", "stars"), example="9"),
        FieldSpec("scale_min", "number", _("Lowest score"), help=_("The low end of the scale; 0 unless stated.")),
        FieldSpec("scale_max", "number", _("Highest score"), help=_("The high end of the scale; 10 unless stated.")),
        FieldSpec("title", "long_text", _("Title"), synonyms=("subject", "review_comment_title"), length=300),
        FieldSpec(
            "verbatim", "long_text", _("Words"), example="Great service",
            synonyms=("comment", "text", "message", "review_comment_message", "feedback", "answer"), length=100_000,
        ),
        FieldSpec("language", "text", _("Language"), synonyms=("lang",), length=10),
        FieldSpec("source", "code", _("Source"), synonyms=("survey", "survey_name"), example="store-survey"),
        FieldSpec(
            "source_kind", "choice", _("Kind of source"), synonyms=("source_type",),
            choices=("survey", "complaint", "social", "note", "review"),
        ),
        *_customer_fields(),
        _TOUCHPOINT,
        _UNIT,
        FieldSpec("revenue", "money", _("Amount of the purchase"), example="10.50", help=_("Kept as a purchase of the same row.")),
        _CURRENCY,
    ),
)  # fmt: skip

_PURCHASES = KindSpec(
    "purchases",
    _("Purchases"),
    _("What customers paid: the outcome side of the picture."),
    (
        FieldSpec(
            "external_id", "code", _("External id"), required=True, example="P-9",
            synonyms=("purchase_id", "payment_id", "invoice_id", "id"),
        ),
        FieldSpec(
            "occurred_at", "instant", _("When"), required=True, unless=("ref",), example="2026-03-01 10:00",
            synonyms=("date", "purchased_at", "paid_at", "timestamp"),
        ),
        FieldSpec("amount", "money", _("Amount"), required=True, example="59.90", synonyms=("value", "payment_value", "revenue", "total")),
        _CURRENCY,
        *_customer_fields(),
        _UNIT,
        FieldSpec("source", "code", _("Source"), example="shop"),
        FieldSpec("product_line", "text", _("Product line"), synonyms=("category", "product"), example="broadband", length=80),
        FieldSpec("margin", "money", _("Margin"), synonyms=("contribution", "gross_margin"), example="21.00"),
        _TOUCHPOINT,
    ),
)  # fmt: skip

_KPIS = KindSpec(
    "kpi_observations",
    _("KPI observations"),
    _("Measured values of a KPI, per unit or segment and period."),
    (
        FieldSpec("kpi", "code", _("KPI key"), required=True, synonyms=("kpi_key", "metric"), example="csat"),
        FieldSpec("period", "period", _("Period"), required=True, synonyms=("date", "month", "week", "start"), example="2026-03-02"),
        FieldSpec("value", "number", _("Value"), required=True, synonyms=("observation", "result"), example="82.5"),
        _UNIT,
        FieldSpec("segment", "text", _("Segment"), example="gold", length=80),
        FieldSpec("n", "whole", _("Number of answers"), synonyms=("answers", "count", "base"), example="120"),
        FieldSpec("se", "number", _("Standard error"), synonyms=("standard_error", "std_err"), example="1.2"),
    ),
)  # fmt: skip

_INITIATIVES = KindSpec(
    "initiatives",
    _("Initiatives"),
    _("The register of what is done for customers."),
    (
        FieldSpec("key", "code", _("Key"), required=True, synonyms=("initiative", "id", "initiative_key"), example="INI-7"),
        FieldSpec("name", "text", _("Name"), required=True, synonyms=("title",), example="Faster delivery"),
        FieldSpec("unit", "code", _("Unit"), synonyms=("unit_code", "region"), example="R-1"),
        FieldSpec("owner", "email", _("Owner (e-mail)"), synonyms=("owner_email", "responsible"), example="cx@example.org"),
        FieldSpec("investment_class", "text", _("Investment class"), synonyms=("class",), example="reactive_service"),
        FieldSpec("summary", "long_text", _("What is done"), synonyms=("description", "objective", "goal"), length=4_000, example="Deliver on the promised day"),
        FieldSpec("nature", "text", _("Fix or enhancement"), synonyms=("fix_or_enhancement",), example="fix"),
        FieldSpec("treated_unit", "code", _("Treated unit"), synonyms=("treated",), example="S-012"),
        FieldSpec("starts_on", "day", _("Starts on"), synonyms=("start", "start_date"), example="2026-01-05"),
        FieldSpec("ends_on", "day", _("Ends on"), synonyms=("end", "end_date")),
        FieldSpec("budget", "money", _("Budget"), example="120000"),
        _CURRENCY,
    ),
)  # fmt: skip

_COSTS = KindSpec(
    "cost_lines",
    _("Cost lines"),
    _("What initiatives cost, planned and actual."),
    (
        FieldSpec("initiative", "code", _("Initiative key"), required=True, synonyms=("initiative_key",), example="INI-7"),
        FieldSpec("external_id", "code", _("External id"), synonyms=("cost_id", "line_id", "id"), example="K-1"),
        FieldSpec("label", "text", _("What for"), required=True, synonyms=("description", "name", "item"), example="Extra drivers"),
        FieldSpec("plan", "text", _("Planned or actual"), synonyms=("kind", "planned_or_actual"), example="actual"),
        FieldSpec("pattern", "text", _("One-off or running"), synonyms=("recurrence", "one_off_or_running"), example="running"),
        FieldSpec("spend", "text", _("Capex or opex"), synonyms=("capex_opex",), example="opex"),
        FieldSpec("starts_on", "day", _("From"), required=True, synonyms=("date", "month", "start", "start_date"), example="2026-01-01"),
        FieldSpec("ends_on", "day", _("Until"), synonyms=("end", "end_date")),
        FieldSpec("amount", "money", _("Amount (per month when running)"), required=True, synonyms=("cost", "value"), example="4200"),
        _CURRENCY,
    ),
)  # fmt: skip

KINDS: dict[str, KindSpec] = {
    each.kind: each
    for each in (_CUSTOMERS, _IDENTITIES, _INTERACTIONS, _FEEDBACK, _PURCHASES, _KPIS, _INITIATIVES, _COSTS)
}


def kind_spec(kind: str) -> KindSpec:
    """The kind of this name; FileRefused names those there are."""
    from django.utils.translation import gettext

    from apps.intake.reading.faults import FileRefused

    try:
        return KINDS[kind]
    except KeyError:
        raise FileRefused(
            "kind",
            gettext("There is no kind %(kind)s.") % {"kind": str(kind)[:40]},
            remedy=gettext("Kinds: %(kinds)s.") % {"kinds": ", ".join(KINDS)},
        ) from None
