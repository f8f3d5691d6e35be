"""What is true in the demo world: who does what, where, from when, and what it really changes.

Aster Mobile is invented. Twelve initiatives overlap on purpose: some work, some do nothing, one harms, two cannot be told
apart, one starts everywhere at once, one has only just begun, and one is analysis that moves no KPI by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

WEEKS = 78  # eighteen months

REGIONS: dict[str, tuple[str, list[str]]] = {
    "north": ("North", ["Hamburg Altona", "Hamburg Wandsbek", "Bremen Mitte", "Kiel Holtenau", "Lübeck Altstadt",
                        "Rostock Markt", "Oldenburg Lange Straße", "Flensburg Holm"]),
    "west": ("West", ["Köln Ehrenfeld", "Köln Neumarkt", "Düsseldorf Kö", "Essen Rathaus", "Dortmund Westenhellweg",
                      "Bochum Ruhrpark", "Aachen Dom", "Münster Prinzipalmarkt"]),
    "south": ("South", ["München Stachus", "München Pasing", "Stuttgart Königstraße", "Nürnberg Lorenz", "Augsburg City",
                        "Freiburg Kajo", "Ulm Münster", "Regensburg Arcaden"]),
    "east": ("East", ["Berlin Mitte", "Berlin Steglitz", "Leipzig Markt", "Dresden Altmarkt", "Potsdam Brandenburger",
                      "Magdeburg Ulrichplatz", "Erfurt Anger", "Halle Leipziger Straße"]),
    "centre": ("Centre", ["Frankfurt Zeil", "Wiesbaden Kirchgasse", "Mainz Römer", "Kassel Königsplatz", "Mannheim Planken",
                          "Karlsruhe Kaiserstraße", "Saarbrücken Bahnhof", "Koblenz Löhr"]),
}  # fmt: skip


def store_keys() -> list[str]:
    """`north-1` … `centre-8`, in a fixed order."""
    return [
        f"{region}-{number}"
        for region, (_name, stores) in REGIONS.items()
        for number in range(1, len(stores) + 1)
    ]


@dataclass(frozen=True)
class KpiPlan:
    """A weekly KPI per store: level, weekly noise, season, and drift shared by all stores."""

    key: str
    name: str
    kind: str
    statistic: str
    direction: str
    unit_label: str
    level: float
    between: float
    noise: float
    season: float
    answers: int | None
    definition: str
    formula: str
    how_to_read: str
    target: float | None = None


KPIS = [
    KpiPlan("service-contacts", "Service contacts", "operational", "count", "down", "contacts a week", 420, 60, 16, 14, None,
            "Calls, chats and store visits about a problem, per week.", "count of contacts with a service reason",
            "Fewer is better: each contact costs money and a customer's patience.", 15_200),
    KpiPlan("repeat-contacts", "Repeat contacts", "operational", "count", "down", "contacts a week", 96, 16, 6.5, 3, None,
            "Contacts by somebody who already asked about the same matter within 14 days.", "count of repeated contacts",
            "Fewer is better: the first answer did not solve it.", 3_200),
    KpiPlan("customers-lost", "Customers lost", "outcome", "count", "down", "customers a week", 21, 3.2, 2.1, 0.8, None,
            "Contracts that ended and were not renewed, per week.", "count of ended contracts",
            "Fewer is better. Each lost customer takes future margin along.", 720),
    KpiPlan("store-margin", "Sales margin", "outcome", "sum", "up", "EUR a week", 24_500, 3_400, 950, 1_300, None,
            "Margin of everything sold in the week.", "sum of (price − cost of goods)",
            "More is better. It is margin, not revenue.", 1_040_000),
    KpiPlan("visit-satisfaction", "Satisfaction after a visit", "perceptive", "mean", "up", "points of 5", 3.9, 0.14, 0.135, 0.02, 60,
            "“How satisfied were you with your visit?” from 1 to 5.", "mean of the answers",
            "Higher is better; with 60 answers a week a change of less than 0.25 may be chance.", 4.2),
]  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """The true change of a KPI per store and week once the ramp is over."""

    kpi: str
    size: float
    ramp_weeks: int = 4
    value_model: str | None = None
    expected: float | None = None
    expected_sd: float | None = None


@dataclass(frozen=True)
class Cost:
    label: str
    amount: float
    start: int
    rhythm: str = "once"
    plan: str = "actual"
    is_capex: bool = False


@dataclass(frozen=True)
class InitiativePlan:
    """`stores` maps a store key to the week in which it starts there."""

    key: str
    name: str
    summary: str
    investment_class: str
    investment_type: str
    nature: str
    objective: str
    stage: str
    return_types: tuple[str, ...]
    stores: dict[str, int]
    effects: tuple[Effect, ...]
    costs: tuple[Cost, ...]
    budget: float
    stays: tuple[int, int, int]
    trust_risk: str
    truth: str
    assignment: str = "other"
    end: int | None = None
    quick_win: bool = False
    customer_gain: str = ""
    company_gain: str = ""
    months_to_effect: int = 3
    extra: dict[str, str] = field(default_factory=dict)


def _waves(numbers: dict[int, list[str]]) -> dict[str, int]:
    return {key: week for week, keys in numbers.items() for key in keys}


def _stores(region: str, *numbers: int) -> list[str]:
    return [f"{region}-{number}" for number in numbers]


INITIATIVES = [
    InitiativePlan(
        "outage-sms", "Tell customers about outages first",
        "A text message within ten minutes of a network fault: what happened, until when, what we do. Nobody has to call to find out.",
        "people_process", "streamlining", "fix", "lovable", "tracking", ("cost_to_serve", "retention"),
        _waves({30: _stores("north", 1, 2, 3, 4), 36: _stores("west", 1, 2, 3), 42: _stores("east", 1, 2, 3, 4)}),
        (Effect("service-contacts", -46, 3, "contact-cost", -40, 25),),
        (Cost("Message platform, set-up", 68_000, 26, is_capex=True), Cost("Messages and operation", 3_900, 30, "monthly")),
        150_000, (90, 80, 65), "low", "works", quick_win=True,
        customer_gain="Knows what is going on without queuing.", company_gain="Fewer calls in every outage.",
    ),
    InitiativePlan(
        "first-time-right", "Right first time at the counter",
        "Checklists, rights and training so that a matter is solved in one visit; causes of repeats are removed weekly.",
        "people_process", "root-cause-analysis", "fix", "lovable", "tracking", ("cost_to_serve", "repeat_purchase"),
        _waves({34: _stores("north", 3, 4, 5, 6), 40: _stores("south", 1, 2, 3), 46: _stores("centre", 1, 2)}),
        (Effect("repeat-contacts", -19, 6, "repeat-cost", -15, 10), Effect("visit-satisfaction", 0.17, 6, None, 0.2, 0.15)),
        (Cost("Root-cause team, first year", 84_000, 30), Cost("Weekly improvement hours", 5_200, 34, "monthly")),
        190_000, (95, 90, 80), "low", "works",
        customer_gain="One visit is enough.", company_gain="Half a day of work a week in each store.",
    ),
    InitiativePlan(
        "store-coaching", "Coaching on the shop floor",
        "An experienced coach works two days a month in the store: listening, advising, simple words.",
        "people_process", "development", "enhancement", "irresistible", "tracking", ("premium_mix", "product_lines"),
        _waves({32: _stores("west", 2, 3, 4, 5), 44: _stores("south", 2, 3, 4)}),
        (Effect("store-margin", 1_250, 8, "margin-direct", 1_000, 800), Effect("visit-satisfaction", 0.12, 8, None, 0.1, 0.1)),
        (Cost("Coaches", 11_500, 32, "monthly"), Cost("Material and training of coaches", 26_000, 28)),
        210_000, (75, 50, 25), "low", "works",
        customer_gain="Advice that fits, in plain words.", company_gain="More suitable offers taken up.",
    ),
    InitiativePlan(
        "callback-promise", "Call-back within two hours",
        "Whoever waits longer than five minutes is called back within two hours, by name.",
        "reactive_service", "remedial-service", "fix", "lovable", "live", ("retention",),
        _waves({38: _stores("east", 3, 4, 5, 6), 50: _stores("north", 1, 2, 5)}),
        (Effect("customers-lost", -2.4, 4, "customer-value", -2.5, 1.5), Effect("service-contacts", -14, 4, "contact-cost", -10, 15)),
        (Cost("Two call-back desks", 14_200, 38, "monthly"), Cost("Telephone software", 31_000, 34, is_capex=True)),
        260_000, (40, 15, 0), "low", "works",
        customer_gain="No queue, and a person who knows the matter.", company_gain="Fewer customers lost after a bad week.",
    ),
    InitiativePlan(
        "welcome-box", "Welcome box for new customers",
        "A gift box with a handwritten card for each new contract.",
        "enticement", "loyalty-programs", "enhancement", "irresistible", "live", ("retention", "referrals"),
        _waves({36: _stores("centre", 3, 4, 5), 48: _stores("west", 6, 7)}),
        (Effect("customers-lost", 0.0, 1, "customer-value", -1.5, 1.5),),
        (Cost("Boxes and cards", 6_800, 36, "monthly"), Cost("Design", 12_000, 33)),
        120_000, (10, 0, 0), "medium", "does nothing",
        customer_gain="A nice surprise.", company_gain="Hoped for: loyalty in the first year.",
    ),
    InitiativePlan(
        "upsell-script", "Up-sell script in every service call",
        "After each service call the agent offers one more product, by script, with a daily target.",
        "enticement", "campaigns", "enhancement", "irresistible", "live", ("product_lines",),
        _waves({40: _stores("south", 5, 6, 7), 46: _stores("east", 7, 8)}),
        (Effect("customers-lost", 2.7, 3, "customer-value", -0.5, 1.5),),
        (Cost("Script, training and targets", 18_500, 38), Cost("Campaign tool", 2_400, 40, "monthly")),
        60_000, (0, 0, 0), "high", "harms",
        customer_gain="None that a customer would name.", company_gain="Hoped for: one more product in ten calls.",
    ),
    InitiativePlan(
        "evening-hours", "Open until nine on Thursdays",
        "Eight more opening hours a month for people who work by day.",
        "enticement", "deals", "enhancement", "irresistible", "live", ("repeat_purchase",),
        _waves({45: _stores("centre", 6, 7, 8)}),
        (Effect("store-margin", 800, 2, "margin-direct", 900, 700),),
        (Cost("Wages for evening hours", 7_900, 45, "monthly"),),
        90_000, (0, 0, 0), "low", "works, but cannot be told apart from the queue tickets",
        customer_gain="Comes after work.", company_gain="More visits that sell.",
    ),
    InitiativePlan(
        "queue-tickets", "Numbered tickets instead of a queue",
        "A ticket machine and a screen: people sit, look around, and are called.",
        "people_process", "streamlining", "fix", "lovable", "live", ("repeat_purchase",),
        _waves({45: _stores("centre", 6, 7, 8)}),
        (Effect("store-margin", 550, 2, "margin-direct", 400, 500),),
        (Cost("Machines and screens", 24_000, 44, is_capex=True), Cost("Service contract", 450, 45, "monthly")),
        40_000, (100, 95, 90), "low", "works, but cannot be told apart from the evening hours", quick_win=True,
        customer_gain="Waits sitting down.", company_gain="Calmer stores.",
    ),
    InitiativePlan(
        "app-renewal", "One-tap renewal in the app",
        "Renewing a contract takes one tap. Switched on for everybody on the same day.",
        "people_process", "systems-thinking", "enhancement", "lovable", "live", ("retention",),
        dict.fromkeys(store_keys(), 52),
        (Effect("customers-lost", -0.7, 2, "customer-value", -1.0, 0.8),),
        (Cost("Development", 140_000, 40, is_capex=True), Cost("Operation", 2_900, 52, "monthly")),
        200_000, (100, 100, 95), "low", "works, but started everywhere at once: no comparison",
        customer_gain="Renews in ten seconds.", company_gain="Fewer contracts that lapse by accident.",
    ),
    InitiativePlan(
        "listening-hours", "Leaders listen: an hour of calls a week",
        "Each manager listens to an hour of customer calls a week and removes one cause a month.",
        "people_process", "accountability", "fix", "lovable", "running", ("cost_to_serve",),
        _waves({77: _stores("west", 4, 8) + _stores("south", 8)}),
        (Effect("repeat-contacts", -9, 8, "repeat-cost", -8, 6),),
        (Cost("Hours of managers", 3_100, 76, "monthly"),),
        40_000, (80, 60, 40), "low", "has only just begun", months_to_effect=4,
        customer_gain="Heard by people who can change things.", company_gain="Causes found in weeks, not years.",
    ),
    InitiativePlan(
        "journey-maps", "Journey maps of joining and moving house",
        "Workshops and maps of two journeys, with customers in the room.",
        "analysis", "journey-maps", "fix", "lovable", "done", (),
        {}, (),
        (Cost("Workshops and agency", 72_000, 20), Cost("Follow-up interviews", 14_000, 33)),
        90_000, (0, 0, 0), "low", "analysis: moves nothing by itself",
        customer_gain="None yet.", company_gain="Knows where to start.",
        extra={"transformation": "The steps “move house” and “first bill” are rebuilt by next summer."},
    ),
    InitiativePlan(
        "bill-plain-words", "The bill in plain words",
        "One page, no jargon, every change explained, tested with customers.",
        "people_process", "organisational-learning", "fix", "lovable", "tracking", ("cost_to_serve", "retention"),
        _waves({28: _stores("east", 5, 6, 7), 35: _stores("south", 4, 5), 41: _stores("north", 7, 8)}),
        (Effect("service-contacts", -31, 5, "contact-cost", -25, 20), Effect("repeat-contacts", -5, 5, "repeat-cost", -4, 6)),
        (Cost("Rewriting and testing", 39_000, 24), Cost("Care of the texts", 1_200, 28, "monthly")),
        70_000, (100, 95, 90), "low", "works", quick_win=True,
        customer_gain="Understands the bill at once.", company_gain="Fewer calls in the week after the bill.",
    ),
]  # fmt: skip


@dataclass(frozen=True)
class ValuePlan:
    key: str
    kpi: str
    name: str
    stream: str
    amount: float
    sd: float
    side: str
    is_cash: bool
    basis: str
    evidence: str
    is_signed: bool = True


VALUES = [
    ValuePlan("contact-cost", "service-contacts", "Cost of a service contact", "service-contacts", -6.4, 0.6, "save", True, "cost",
              "Contact-centre accounts: 4.9 M EUR for 766,000 contacts last year; the variable part only."),
    ValuePlan("repeat-cost", "repeat-contacts", "Cost of a repeated contact", "repeat-contacts", -9.8, 1.2, "save", False, "cost",
              "Time study of 14 days: 14 minutes at 0.70 EUR. Not cash until shifts change."),
    ValuePlan("customer-value", "customers-lost", "Margin lost with a customer", "customer-lifetime", -312, 38, "save", True, "margin",
              "Margin of 11.40 EUR a month, survival from three years of contracts, discounted at 8 %."),
    ValuePlan("margin-direct", "store-margin", "Margin counts as it is", "store-margin", 1.0, 0.0, "make", True, "margin",
              "Measured margin: one euro is one euro."),
]  # fmt: skip
