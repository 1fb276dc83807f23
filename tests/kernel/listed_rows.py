"""A table of rows, and a list of them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Integer,
    String,
    column,
)
from sqlalchemy import table as table_of

from agentsys.listing.pages import Listing, Sort, states_of

ROWS = table_of(
    "listed_rows",
    column("id", BigInteger),
    column("name", String),
    column("sum_idr", BigInteger),
    column("day", Date),
    column("at", DateTime(timezone=True)),
    column("state", String),
    column("rank", Integer),
)

C = ROWS.c

LIST = Listing(
    id=C.id,
    sorts={
        "name": Sort(C.name),
        "sum": Sort(C.sum_idr, descending=True),
        "day": Sort(C.day),
        "at": Sort(C.at, descending=True),
    },
    search=lambda words: C.name.icontains(words, autoescape=True),
    tabs={"large": C.sum_idr >= 2},
    states=states_of(C.state, ("open", "closed")),
    agent=lambda words: C.name == words,
    at=C.at,
    amount=C.sum_idr,
)
