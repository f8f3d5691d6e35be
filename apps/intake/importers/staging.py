"""Many new rows in one go: COPY into an unlogged (temporary) staging table, then INSERT … SELECT … ON CONFLICT."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

M = TypeVar("M", bound=models.Model)

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _cell(value: Any) -> str:
    """One value in COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (dict, list)):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).translate(_ESCAPES)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value)


def _written(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The columns an insert fills: not the key, not what the database computes."""
    return [
        field
        for field in model._meta.concrete_fields
        if not field.primary_key and not field.generated and field.db_default is models.NOT_PROVIDED
    ]


def rows_insert(instances: Sequence[M], *, key: Sequence[str], keeps_order: bool = False) -> list[M]:
    """Insert the instances whose unique `key` (attribute names) is new; gives those, with their primary keys set.

    Rows that another transaction or an earlier run stored under the same key are left alone. Instances of one
    model; keys must be distinct among them. One COPY and one INSERT, whatever their number. `keeps_order`: primary
    keys grow in the order given, instead of the order of the keys.
    """
    if not instances:
        return []
    model = type(instances[0])
    fields = _written(model)
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = ", ".join(quote(str(field.column)) for field in fields)
    digest = hashlib.sha256(columns.encode()).hexdigest()[:8]
    stage = quote(f"stage_{model._meta.db_table}_{digest}"[:60])
    by_attname = {field.attname: quote(str(field.column)) for field in fields}
    returned = ", ".join(by_attname[name] for name in key)
    buffer = io.StringIO()
    for instance in instances:
        buffer.write("\t".join(_cell(field.pre_save(instance, add=True)) for field in fields))
        buffer.write("\n")
    buffer.seek(0)
    with connection.cursor() as cursor:
        # Names come from the model, quoted; values only travel through COPY.
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {stage} AS SELECT {columns} FROM {table} WITH NO DATA"  # noqa: S608
        )
        cursor.execute(f"TRUNCATE {stage}")
        with connection.wrap_database_errors:  # COPY goes around Django's cursor, its errors must not
            cursor.cursor.copy_expert(f"COPY {stage} ({columns}) FROM STDIN", buffer)
        # In one order for everybody: two imports of the same rows wait for each other instead of deadlocking.
        order = "ctid" if keeps_order else returned
        chosen = f"SELECT {columns} FROM {stage} ORDER BY {order}"  # noqa: S608
        key_column = quote(str(model._meta.pk.column))
        cursor.execute(
            f"INSERT INTO {table} ({columns}) {chosen} ON CONFLICT DO NOTHING RETURNING {key_column}, {returned}"
        )
        ids = {tuple(row[1:]): row[0] for row in cursor.fetchall()}
    added = []
    for instance in instances:
        pk = ids.get(tuple(getattr(instance, name) for name in key))
        if pk is not None:
            instance.pk = pk
            instance._state.adding = False
            added.append(instance)
    return added
