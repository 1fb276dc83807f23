"""Who pays for one worker, for the office's page of the worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.months import add_months
from agentsys.people.permissions import Permission
from agentsys.sponsors import payer_queries, queries
from agentsys.sponsors.payer_queries import Payer
from agentsys.web.texts import month
from agentsys.workers.queries import WorkerProfile

MONTHS_AHEAD = 12  # a year of an agreement


def payer_lines(found: Sequence[Payer]) -> list[str]:
    """Who pays for a worker, one sentence for each agreement that names him."""
    return [
        _(
            "%(sponsor)s, perjanjian %(number)s, sampai %(month)s",
            sponsor=payer.sponsor,
            number=payer.number,
            month=month(payer.last_month),
        )
        if payer.pays_from is not None
        else _(
            "%(sponsor)s (%(number)s) juga memuat pekerja ini, tetapi pihak lain didahulukan",
            sponsor=payer.sponsor,
            number=payer.number,
        )
        for payer in found
    ]


def about_payer(session: Session, found: WorkerProfile) -> dict[str, Any]:
    """For the office's page of a worker: who pays, and the agreements to choose from."""
    named = payer_queries.payers_of(session, worker_id=found.id)
    may = current_user.can(Permission.SPONSOR_RECORD)
    reads = current_user.can(Permission.SPONSOR_READ)
    taken = {payer.agreement_id for payer in named}
    return {
        "lines": list(zip(payer_lines(named), named, strict=True)),
        "linked": reads,
        "may_name": may,
        "choices": [
            row
            for row in queries.for_worker(session, current_user, worker_id=found.id)
            if row.id not in taken
        ]
        if may
        else [],
        "months": [add_months(clock.this_month(), ahead) for ahead in range(MONTHS_AHEAD + 1)],
    }
