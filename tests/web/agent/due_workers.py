"""Workers who owe, and what pages say about them."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import event

from agentsys import clock
from agentsys.db import db
from agentsys.months import add_months
from tests.factories import (
    invented_nik,
    make_contribution,
    make_worker,
)


def make_due(session, vault, agent, *, late: int = 0, **values):
    """A worker with this month's contribution open, and some months before it."""
    worker = make_worker(session, vault, agent=agent, **values)
    for back in range(late, -1, -1):
        make_contribution(session, worker, add_months(clock.this_month(), -back))
    return worker


def this_month() -> str:
    return f"{clock.this_month():%Y-%m}"


def statements(phone, path) -> int:
    """The number of database statements of a page."""
    seen = []
    listener = lambda *arguments: seen.append(arguments[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listener)
    phone.get(path)
    event.remove(db.engine, "before_cursor_execute", listener)
    return len([text for text in seen if "SAVEPOINT" not in text])


def collect(phone, worker, *, key=None, months=None, channel="cash"):
    return phone.submit(
        f"/tagih/{worker.id}",
        key=key or uuid.uuid4().hex,
        months=months or [this_month()],
        channel=channel,
    )


def enrol_form(**changed):
    values = {
        "nik": invented_nik(77, born=date(1990, 5, 17)),
        "name": "Ni Luh Ayu",
        "birth_date": "1990-05-17",
        "sex": "L",
        "phone": "0812 3456 7890",
        "address": "Gang Melati 3",
        "kelurahan": "Muara",
        "job": "Pedagang sayur",
        "sector": "other",
        "income_idr": "1.500.000",
        "programmes": "JKK+JKM",
        "consent": "y",
        "attestation": "y",
    }
    return values | changed
