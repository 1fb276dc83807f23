"""Taking a worker off an agreement, and giving the place to another one."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.agreements.kinds import LeaveReason
from agentsys.db import db, transaction
from agentsys.months import add_months
from agentsys.people.permissions import Permission
from agentsys.sponsors import member_queries, members, queries
from agentsys.sponsors.member_queries import Candidate
from agentsys.sponsors.queries import AgreementRow
from agentsys.web.access import needs
from agentsys.web.responses import blaming
from agentsys.web.searching import is_private
from agentsys.web.sponsors.agreement import here
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.forms import ReplaceForm

LONGEST = 60  # letters of a name that is searched for


@sponsors.route("/perjanjian/<int:agreement_id>/ganti/<int:worker_id>", methods=["GET", "POST"])
@needs(Permission.SPONSOR_RECORD)
def replace(agreement_id: int, worker_id: int) -> Response | tuple[str, int]:
    """A form with the reason, the evidence, the month, and who takes the place."""
    agreement = queries.agreement_in_scope(db.session(), current_user, agreement_id)
    leaver = member_queries.member(db.session(), agreement.id, worker_id)
    form = ReplaceForm(request.form if request.method == "POST" else None)
    if request.method == "GET":
        form.month.data = f"{add_months(clock.this_month(), 1):%Y-%m}"
    elif form.validate() and form.month.month is not None:
        with blaming(form):
            with transaction() as session:
                members.replace(
                    session,
                    agreement_id=agreement.id,
                    leaver_id=leaver.worker_id,
                    why=LeaveReason(form.why.data),
                    month=form.month.month,
                    note=form.note.data or "",
                    new_id=form.new_id.data,
                    actor_id=current_user.id,
                )
            flash(_("%(name)s keluar dari daftar.", name=leaver.name), "success")
            return redirect(here(agreement.id))
    words = " ".join(request.args.get("cari", "").split())[:LONGEST]
    page = render_template(
        "sponsors/replace.html",
        agreement=agreement,
        leaver=leaver,
        form=form,
        words="" if is_private(words) else words,
        found=_candidates(agreement, words),
        this_month=f"{clock.this_month():%Y-%m}",
    )
    return page, 422 if form.errors else 200


def _candidates(agreement: AgreementRow, words: str) -> Sequence[Candidate]:
    """Workers with that name who may take the place; NIKs are not searched for in addresses."""
    if not words or is_private(words):
        return []
    return member_queries.candidates(
        db.session(), office_id=agreement.office_id, agreement_id=agreement.id, words=words
    )
