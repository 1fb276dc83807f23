"""Statements about many rows at once whose text does not grow with the rows.

The text of a statement with a parameter for each value is read anew each time, by the driver and by
the database. With one array for each column it is prepared once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    any_,
    cast,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from agentsys.db import Model


def among(column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column has one of many values; like `in_`, but with one parameter."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def insert_all(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> Insert:
    """Insert rows that have the same columns; the others get their defaults, once for all rows."""
    columns = model.__table__.columns
    values = [_listed(name, columns[name].type, [row[name] for row in rows]) for name in rows[0]]
    return insert(model).from_select(list(rows[0]), select(*values))


def _listed(name: str, kind: TypeEngine[Any], values: list[Any]) -> ColumnElement[Any]:
    if isinstance(kind, JSONB):
        texts = [None if value is None else json.dumps(value) for value in values]
        return cast(func.unnest(literal(texts, ARRAY(Text))), JSONB).label(name)
    return func.unnest(literal(values, ARRAY(kind))).label(name)
