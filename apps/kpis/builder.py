"""The rule builder: what people type into a form as a rule, and a rule as what stands in the form."""

from __future__ import annotations

import json
from typing import Any

from apps.kpis.rules import BARE, FIELDS, FLAG, LISTS, NUMBER, kind_of

CONDITIONS = 4
YES, NO = {"true", "yes", "ja", "1"}, {"false", "no", "nein", "0"}


def value_of(origin: str, field: str, op: str, text: str) -> Any:
    """What the typed value means for this field: a list, a number, yes or no, or text."""
    text = text.strip()
    if op in BARE:
        return None
    if op in LISTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    kind = NUMBER if field == "measure" else kind_of(origin, field)
    if kind == FLAG:
        return True if text.lower() in YES else False if text.lower() in NO else text
    if kind == "text":
        return text
    if kind != NUMBER and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        number = json.loads(text)
    except ValueError:
        return text
    return number if isinstance(number, (int, float)) and not isinstance(number, bool) else text


def condition(origin: str, given: tuple[str, str, str] | None) -> dict[str, Any] | None:
    """One row of the builder as a condition; None for an empty row."""
    field, op, text = given or ("", "", "")
    if not field.strip():
        return None
    made: dict[str, Any] = {"field": field.strip(), "op": op or "="}
    value = value_of(origin, made["field"], made["op"], text)
    return made if value is None else {**made, "value": value}


def build(data: dict[str, Any]) -> dict[str, Any] | None:
    """The rule of a cleaned form; None when the KPI is fed by import. `advanced` wins over the builder."""
    if data.get("advanced") is not None:
        return dict(data["advanced"])
    origin = data.get("origin") or ""
    if not origin:
        return None
    rule: dict[str, Any] = {"from": origin}
    where = [condition(origin, data.get(f"where_{number}")) for number in range(CONDITIONS)]
    if any(where):
        rule["where"] = [item for item in where if item]
    if data.get("per") == "customer":
        rule["per"] = "customer"
    if data.get("measure"):
        rule["measure"] = data["measure"].strip()
    if hit := condition(origin, data.get("hit")):
        rule["hit"] = hit
    split = condition(origin, data.get("split"))
    if split is not None:
        labels = [data.get("split_yes", "").strip(), data.get("split_no", "").strip()]
        if split["op"] == "=" and split.get("value") == "" and not any(labels):
            split = {"field": split["field"]}
        else:
            split["labels"] = labels
        rule["split"] = split
    return rule


def _row(given: dict[str, Any] | None) -> tuple[str, str, str]:
    if not given:
        return ("", "=", "")
    value = given.get("value")
    if isinstance(value, list):
        text = ", ".join(map(str, value))
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = "" if value is None else str(value)
    return (str(given.get("field", "")), str(given.get("op", "=")), text)


def initial(rule: dict[str, Any] | None) -> dict[str, Any]:
    """What stands in the form for a stored rule; a rule the builder cannot hold stands under `advanced`."""
    if rule is None:
        return {"origin": ""}
    where = rule.get("where") or []
    found: dict[str, Any] = {
        "origin": rule.get("from", ""),
        "measure": rule.get("measure", ""),
        "per": rule.get("per", "row"),
        "hit": _row(rule.get("hit")),
        "split": _row(rule.get("split")),
    }
    labels = (rule.get("split") or {}).get("labels") or ["", ""]
    found["split_yes"], found["split_no"] = labels[0], labels[1]
    for number, item in enumerate(where[:CONDITIONS]):
        found[f"where_{number}"] = _row(item)
    if len(where) > CONDITIONS:
        found["advanced"] = json.dumps(rule, ensure_ascii=False, indent=2)
    return found


def field_names() -> list[str]:
    """All fields a condition may be about, for the suggestions of the form."""
    return sorted({name for fields in FIELDS.values() for name in fields})
