"""Statements about many rows at once whose text does not grow with the rows.

The text of a statement with a parameter for each value is read anew each time, by the driver and by
the database. With one array for each column it is prepared once.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    any_,
    cast,
    func,
    insert,
    inspect,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import Insert, Update
from sqlalchemy.types import TypeEngine

from agentsys.db import Model

_NOT_SYNCHRONISED = {"synchronize_session": False}
_JSON_NULL = cast(literal("null", Text), JSONB)


def among(column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column has one of many values; like `in_`, but with one parameter."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def insert_all(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> Insert:
    """Insert rows that have the same columns; the others get their defaults, once for all rows."""
    columns = model.__table__.columns
    values = [_listed(name, columns[name].type, [row[name] for row in rows]) for name in rows[0]]
    return insert(model).from_select(list(rows[0]), select(*values))


def update_all(session: Session, changed: Sequence[Model]) -> None:
    """Write the changes of loaded rows of one table; one statement for rows with equal columns."""
    alike: defaultdict[tuple[str, ...], list[Any]] = defaultdict(list)
    for row in changed:
        before = inspect(row).committed_state
        other = [name for name, value in before.items() if getattr(row, name) != value]
        alike[tuple(sorted(other))].append(row)
    for names, rows in alike.items():
        if names:
            with session.no_autoflush:  # it would write the same, row by row
                session.execute(_update(names, rows), execution_options=_NOT_SYNCHRONISED)
        for row in rows:
            for name in names:
                set_committed_value(row, name, getattr(row, name))


def _update(names: Sequence[str], rows: Sequence[Any]) -> Update:
    model = type(rows[0])
    columns = model.__table__.columns
    new = select(
        *(
            _listed(name, columns[name].type, [getattr(row, name) for row in rows])
            for name in ("id", *names)
        )
    ).subquery("new")
    values = {name: new.c[name] for name in names}
    return update(model).where(columns["id"] == new.c.id).values(values)


def _listed(name: str, kind: TypeEngine[Any], values: list[Any]) -> ColumnElement[Any]:
    if isinstance(kind, JSONB):
        # In an array, the quotation marks of each text would be escaped one by one.
        whole = cast(literal(json.dumps(values, default=date.isoformat), Text), JSONB)
        return func.nullif(func.jsonb_array_elements(whole), _JSON_NULL).label(name)
    return func.unnest(literal(values, ARRAY(kind))).label(name)
