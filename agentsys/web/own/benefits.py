"""What BPJS would pay the family, on the worker's own page."""

from __future__ import annotations

from flask import render_template

from agentsys.db import db
from agentsys.payments import receipts
from agentsys.web.benefit_words import benefits_of
from agentsys.web.own import visit
from agentsys.web.own.blueprint import own
from agentsys.workers import queries as workers


@own.get("/<token>/manfaat")
def benefits(token: str) -> str:
    """What the family would get; sums that rest on the income need the code."""
    database = db.session()
    worker_id = visit.worker_of(database, token)
    return render_template(
        "own/benefits.html",
        token=token,
        name=receipts.short_name(workers.profile(database, worker_id).name),
        benefits=benefits_of(database, worker_id=worker_id),
        show_income=visit.has_code(token),
    )
