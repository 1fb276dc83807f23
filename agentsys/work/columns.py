"""The columns of every source of open work, in one order, for UNION ALL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Label,
    Select,
    String,
    bindparam,
    cast,
    literal,
    null,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]
Source = Select[Any]

NOW = bindparam("now", type_=DateTime(timezone=True))

_TYPES: dict[str, Any] = {
    "kind": String,
    "subject": String,
    "office_id": BigInteger,
    "agent_id": BigInteger,
    "worker_id": BigInteger,
    "about": String,
    "amount_idr": BigInteger,
    "since": DateTime(timezone=True),
    "due_at": DateTime(timezone=True),
    "not_by": BigInteger,
    "nor_by": BigInteger,
}


def waiting(
    kind: str | Expression,
    subject: Expression,
    *,
    since: Expression,
    about: Expression | str = "",
    **columns: Expression | None,
) -> Source:
    """The columns of a source.

    `office_id` NULL: the item belongs to no office and is shown to all users who may decide it.
    `agent_id` and `worker_id`: whom it is about. `due_at`: a due time from the row itself.
    `not_by` and `nor_by`: users who may not decide it, because they proposed it or earn from it.
    """
    given: dict[str, Expression | None] = {
        "kind": literal(kind) if isinstance(kind, str) else kind,
        "subject": subject,
        "about": literal(about) if isinstance(about, str) else about,
        "since": since,
        **columns,
    }
    unknown = given.keys() - _TYPES.keys()
    if unknown:
        raise TypeError(f"no column of a source: {', '.join(sorted(unknown))}")
    return select(*(_column(name, given.get(name)) for name in _TYPES))


def _column(name: str, given: Expression | None) -> Label[Any]:
    return cast(null() if given is None else given, _TYPES[name]).label(name)
