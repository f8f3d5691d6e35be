"""A digest of inputs that does not depend on the order of rows and is exact to the last bit of a float."""

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence, Set
from decimal import Decimal
from enum import Enum

import numpy as np


def canonical(value: object) -> object:
    """A JSON-ready form with one spelling per value: floats in hexadecimal, sets and mappings sorted.

    A list or tuple keeps its order; pass a frozenset, or sort, where order means nothing. Decimals are normalised, -0.0
    equals 0.0 and an integer-valued float differs from the integer. Raises TypeError for anything else.
    """
    match value:
        case None | bool() | str():
            return value
        case Enum():
            return canonical(value.value)
        case np.ndarray() if value.dtype.kind == "f":
            exact = (value.astype("<f8") + 0.0).tobytes()
            return ["floats", list(value.shape), hashlib.sha256(exact).hexdigest()]
        case np.ndarray():
            return ["array", list(value.shape), [canonical(item) for item in value.ravel().tolist()]]
        case np.generic():
            return canonical(value.item())
        case int():
            return ["i", str(value)]
        case float():
            return ["f", (value + 0.0).hex()]
        case Decimal():
            return ["d", format(value.normalize() + 0, "f")]
        case dt.datetime() | dt.date():
            return ["t", value.isoformat()]
        case Mapping():
            pairs = [[canonical(key), canonical(item)] for key, item in value.items()]
            return ["m", sorted(pairs, key=_sort_key)]
        case Set():
            return ["s", sorted((canonical(item) for item in value), key=_sort_key)]
        case Sequence():
            return ["l", [canonical(item) for item in value]]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return canonical({name: getattr(value, name) for name in names})
    raise TypeError(f"no canonical form for {type(value).__name__}")


def digest_of(*values: object) -> str:
    """The sha-256 (64 hexadecimal digits) of the canonical form of the values."""
    text = json.dumps(canonical(values), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def digest_of_lines(lines: Iterable[str]) -> str:
    """The sha-256 of lines in sorted order: the quick road for large tables whose rows are already canonical text."""
    hasher = hashlib.sha256()
    for line in sorted(lines):
        hasher.update(line.encode("utf-8", "surrogatepass"))
        hasher.update(b"\n")
    return hasher.hexdigest()


def _sort_key(item: object) -> str:
    return json.dumps(item, ensure_ascii=True)
