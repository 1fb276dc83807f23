"""Who pays for one worker, and putting a worker on an agreement without a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.sponsors import members, payer_queries, queries
from agentsys.sponsors.payer_queries import Payer
from agentsys.web.access import needs
from agentsys.web.responses import check, said
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.forms import AddForm
from agentsys.web.texts import month
from agentsys.workers.queries import WorkerProfile, profile_in_scope


@sponsors.post("/pekerja/<int:worker_id>/perjanjian")
@needs(Permission.SPONSOR_RECORD)
def name_worker(worker_id: int) -> Response:
    """Name one worker on an agreement that is in force."""
    found = profile_in_scope(db.session(), current_user, worker_id, to=Permission.SPONSOR_RECORD)
    form = AddForm(request.form)
    here = url_for("workers.show", worker_id=found.id)
    try:
        check(form)
        assert form.from_month.month is not None
        with transaction() as session:
            members.name_one(
                session,
                agreement_id=form.agreement.data or 0,
                worker_id=found.id,
                from_month=form.from_month.month,
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, here)
    flash(_("%(name)s dimasukkan ke perjanjian.", name=found.name), "success")
    return redirect(here)


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
        "this_month": f"{clock.this_month():%Y-%m}",
    }
