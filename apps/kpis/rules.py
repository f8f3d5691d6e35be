"""Pure: the language in which a derived KPI says what it is computed from. A new metric is a row, never code (R 2.11).

    {"from": "feedback",                                      # feedback | interactions | purchases
     "where": [{"field": "source", "op": "=", "value": "olist"}],
     "measure": "score",                                      # mean, sum; see MEASURES
     "per": "row",                                            # row (default) or customer: first add up per customer
     "hit": {"field": "attributes.days_late", "op": ">", "value": 0},          # share, rate
     "split": {"field": "attributes.days_late", "op": ">", "value": 0, "labels": ["late", "on time"]}}
                                                              # or {"field": "language"}: each value is a segment

Rows for which the measure or the hit cannot be told (attribute absent or not a number) do not count. Per customer the
measure may be `rows`, `days` (different days), `product_lines` or a number that is added up, and `hit` is about the
field `measure`. `parse` checks everything and names each fault by path and code; nothing of a rule ever becomes SQL
text (`rollup_sql.py` maps allow-listed names, values are bound).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

TEXT, NUMBER, FLAG, ANY = "text", "number", "flag", "any"
ATTRIBUTE = "attributes."
ROWS, DAYS, LINES, MEASURE = "rows", "days", "product_lines", "measure"

FIELDS: dict[str, dict[str, str]] = {
    "feedback": {
        "source": TEXT,
        "source_kind": TEXT,
        "score_kind": TEXT,
        "touchpoint": TEXT,
        "language": TEXT,
        "score": NUMBER,
        "score_norm": NUMBER,
        "answer_hours": NUMBER,
        "has_words": FLAG,
        "has_customer": FLAG,
    },
    "interactions": {
        "system": TEXT,
        "kind": TEXT,
        "touchpoint": TEXT,
        "minutes": NUMBER,
        "is_failure": FLAG,
        "has_customer": FLAG,
    },
    "purchases": {
        "system": TEXT,
        "currency": TEXT,
        "touchpoint": TEXT,
        "product_line": TEXT,
        "amount": NUMBER,
        "margin": NUMBER,
        "has_customer": FLAG,
    },
}
ORIGINS = tuple(FIELDS)
MONEY = {"amount", "margin"}
OPERATORS = {
    TEXT: ("=", "!=", "in", "not_in", "set", "not_set"),
    NUMBER: ("=", "!=", "<", "<=", ">", ">=", "set", "not_set"),
    FLAG: ("=",),
    ANY: ("=", "!=", "<", "<=", ">", ">=", "in", "not_in", "set", "not_set"),
}
BARE = ("set", "not_set")  # take no value
LISTS = ("in", "not_in")
KEYS = {"from", "where", "measure", "per", "hit", "split"}
MAX_CONDITIONS, MAX_LIST, MAX_TEXT, MAX_LABEL = 20, 100, 200, 80

Scalar = str | float | int | bool


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: a path such as `where.0.op`, a code of `wording.py`, and what the words speak of."""

    path: str
    code: str
    about: str = ""


class RuleError(ValueError):
    """A rule that cannot be meant; `faults` says why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.code} {fault.about}".strip() for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Condition:
    """`field op value`; `kind` says how it is compared (text, number or flag)."""

    field: str
    op: str
    value: Scalar | tuple[Scalar, ...] | None
    kind: str


@dataclass(frozen=True, slots=True)
class Split:
    """Segments: the two `labels` of a condition (true, false), or each value of a field."""

    field: str
    condition: Condition | None = None
    labels: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked rule."""

    origin: str
    statistic: str
    where: tuple[Condition, ...] = ()
    measure: str = ""
    per_customer: bool = False
    hit: Condition | None = None
    split: Split | None = None


def kind_of(origin: str, field: str) -> str | None:
    """How a field of this origin compares; None for a field that is not there."""
    if field.startswith(ATTRIBUTE):
        name = field.removeprefix(ATTRIBUTE)
        return ANY if 0 < len(name) <= MAX_LABEL and "\x00" not in name else None
    return FIELDS.get(origin, {}).get(field)


def measures_of(origin: str, *, per_customer: bool) -> list[str]:
    """What may be measured (besides attributes.…)."""
    numbers = [name for name, kind in FIELDS[origin].items() if kind == NUMBER]
    if not per_customer:
        return numbers
    return [ROWS, DAYS, *([LINES] if origin == "purchases" else []), *numbers]


def parse(data: Any, statistic: str) -> Rule:
    """The rule that `data` (as in the module's head) means for this statistic; raises `RuleError`."""
    faults: list[Fault] = []
    if not isinstance(data, dict):
        raise RuleError([Fault("", "not_an_object")])
    faults += [Fault(str(key), "unknown_key", str(key)) for key in sorted(set(map(str, data)) - KEYS)]
    origin = data.get("from")
    if not isinstance(origin, str) or origin not in ORIGINS:
        raise RuleError([*faults, Fault("from", "unknown_origin", str(origin or ""))])
    per = data.get("per") or "row"
    if per not in ("row", "customer"):
        faults.append(Fault("per", "unknown_per", str(per)))
    per_customer = per == "customer"
    where = _where(data.get("where"), origin, faults)
    measure = _measure(data.get("measure"), origin, statistic, per_customer, faults)
    hit = _hit(data.get("hit"), origin, statistic, per_customer, faults)
    split = _split(data.get("split"), origin, faults)
    if measure in MONEY and not any(c.field == "currency" and c.op == "=" for c in where):
        faults.append(Fault("where", "currency_needed", measure))
    if faults:
        raise RuleError(faults)
    return Rule(origin, statistic, where, measure, per_customer, hit, split)


def _where(given: Any, origin: str, faults: list[Fault]) -> tuple[Condition, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        faults.append(Fault("where", "not_a_list"))
        return ()
    if len(given) > MAX_CONDITIONS:
        faults.append(Fault("where", "too_many", str(MAX_CONDITIONS)))
        return ()
    found = [_condition(item, origin, f"where.{position}", faults) for position, item in enumerate(given)]
    return tuple(condition for condition in found if condition is not None)


def _measure(given: Any, origin: str, statistic: str, per_customer: bool, faults: list[Fault]) -> str:
    if statistic == "nps":
        if origin != "feedback" or per_customer:
            faults.append(Fault("from", "nps_from_feedback"))
        if given not in (None, "", "score"):
            faults.append(Fault("measure", "nps_measure"))
        return "score"
    needed = statistic in ("mean", "sum") or (per_customer and statistic in ("share", "rate"))
    if given in (None, ""):
        if needed:
            faults.append(Fault("measure", "measure_needed"))
        return ""
    if not needed:
        faults.append(Fault("measure", "measure_unused"))
        return ""
    if not isinstance(given, str):
        faults.append(Fault("measure", "unknown_measure", str(given)))
        return ""
    if given.startswith(ATTRIBUTE) and kind_of(origin, given):
        return given
    if given not in measures_of(origin, per_customer=per_customer):
        faults.append(Fault("measure", "unknown_measure", given))
        return ""
    return given


def _hit(
    given: Any, origin: str, statistic: str, per_customer: bool, faults: list[Fault]
) -> Condition | None:
    needed = statistic in ("share", "rate")
    if given is None:
        if needed:
            faults.append(Fault("hit", "hit_needed"))
        return None
    if not needed:
        faults.append(Fault("hit", "hit_unused"))
        return None
    if per_customer and (not isinstance(given, dict) or given.get("field") != MEASURE):
        faults.append(Fault("hit.field", "hit_is_about_measure"))
        return None
    condition = _condition(given, origin, "hit", faults)
    if condition is not None and condition.op in BARE and per_customer:
        faults.append(Fault("hit.op", "unknown_operator", condition.op))
    return condition


def _split(given: Any, origin: str, faults: list[Fault]) -> Split | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        faults.append(Fault("split", "not_an_object"))
        return None
    faults += [
        Fault(f"split.{key}", "unknown_key", str(key))
        for key in sorted(set(map(str, given)) - {"field", "op", "value", "labels"})
    ]
    field = given.get("field")
    kind = kind_of(origin, field) if isinstance(field, str) else None
    if kind is None or not isinstance(field, str):
        faults.append(Fault("split.field", "unknown_field", str(field or "")))
        return None
    if "op" not in given:
        if kind == NUMBER:
            faults.append(Fault("split.op", "split_needs_condition", field))
        return Split(field)
    condition = _condition(
        {k: v for k, v in given.items() if k in ("field", "op", "value")}, origin, "split", faults
    )
    labels = given.get("labels")
    if (
        not isinstance(labels, list)
        or len(labels) != 2
        or not all(isinstance(label, str) and 0 < len(label.strip()) <= MAX_LABEL for label in labels)
        or labels[0].strip() == labels[1].strip()
    ):
        faults.append(Fault("split.labels", "two_labels"))
        return None
    return None if condition is None else Split(field, condition, (labels[0].strip(), labels[1].strip()))


def _condition(given: Any, origin: str, path: str, faults: list[Fault]) -> Condition | None:
    if not isinstance(given, dict):
        faults.append(Fault(path, "not_an_object"))
        return None
    unknown = sorted(set(map(str, given)) - {"field", "op", "value"})
    if unknown:
        faults.append(Fault(path, "unknown_key", unknown[0]))
        return None
    field, op, value = given.get("field"), given.get("op", "="), given.get("value")
    kind = (
        NUMBER
        if field == MEASURE and path == "hit"
        else kind_of(origin, field)
        if isinstance(field, str)
        else None
    )
    if kind is None or not isinstance(field, str):
        faults.append(Fault(f"{path}.field", "unknown_field", str(field or "")))
        return None
    if not isinstance(op, str) or op not in OPERATORS[kind]:
        faults.append(Fault(f"{path}.op", "unknown_operator", str(op)))
        return None
    if op in BARE:
        if value is not None:
            faults.append(Fault(f"{path}.value", "value_unused"))
        return Condition(field, op, None, TEXT if kind == ANY else kind)
    if op in LISTS:
        if not isinstance(value, list) or not 0 < len(value) <= MAX_LIST or not all(map(_is_text, value)):
            faults.append(Fault(f"{path}.value", "list_of_texts", str(MAX_LIST)))
            return None
        return Condition(field, op, tuple(value), TEXT)
    kind = _kind_of_value(kind, op, value)
    if not _fits(kind, value):
        faults.append(Fault(f"{path}.value", f"value_{kind}"))
        return None
    return Condition(field, op, value, kind)


def _kind_of_value(kind: str, op: str, value: Any) -> str:
    if kind != ANY:
        return kind
    if isinstance(value, bool):
        return FLAG
    return NUMBER if op in ("<", "<=", ">", ">=") or isinstance(value, (int, float)) else TEXT


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT and "\x00" not in value


def _fits(kind: str, value: Any) -> bool:
    if kind == FLAG:
        return isinstance(value, bool)
    if kind == NUMBER:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and isfinite(value) and abs(value) < 1e15
    return _is_text(value)
