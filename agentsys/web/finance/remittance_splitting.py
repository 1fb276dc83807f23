"""Splitting an open batch for BPJS, and merging two of one office."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.months import parse_month
from agentsys.people.permissions import Permission
from agentsys.remittances import splitting
from agentsys.remittances.splitting import SplitBy
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.remittances import own_remittance
from agentsys.web.responses import said
from agentsys.web.texts import num

_LONGEST_ID = 18


@finance.post("/setoran-bpjs/<int:remittance_id>/pisah")
@needs(Permission.REMITTANCE_MAKE)
def split_remittance(remittance_id: int) -> Response:
    """Move the chosen contributions into a new batch, or each month or payer into its own."""
    own_remittance(db.session(), remittance_id)
    here = url_for("finance.remittance", remittance_id=remittance_id)
    by = request.form.get("by", "")
    if by not in set(SplitBy):
        raise NotFound()
    chosen = {_contribution(text) for text in request.form.getlist("line")}
    try:
        with transaction() as session:
            made = splitting.split(
                session,
                remittance_id=remittance_id,
                by=SplitBy(by),
                chosen=chosen,
                actor_id=current_user.id,
            )
            count = len(made)
    except Refused as refused:
        return said(refused, here)
    flash(
        ngettext("%(n)s setoran dipisahkan.", "%(n)s setoran dipisahkan.", count, n=num(count)),
        "success",
    )
    return redirect(here if count == 1 else url_for("finance.remittances"))


@finance.post("/setoran-bpjs/<int:remittance_id>/gabung")
@needs(Permission.REMITTANCE_MAKE)
def merge_remittance(remittance_id: int) -> Response:
    """Put all of another open batch of the office into this one."""
    own_remittance(db.session(), remittance_id)
    other = request.form.get("other", "")
    if not (other.isascii() and other.isdecimal() and len(other) <= _LONGEST_ID):
        raise NotFound()
    here = url_for("finance.remittance", remittance_id=remittance_id)
    try:
        with transaction() as session:
            splitting.merge(
                session, into_id=remittance_id, from_id=int(other), actor_id=current_user.id
            )
    except Refused as refused:
        return said(refused, here)
    flash(_("Setoran #%(id)s digabungkan ke setoran ini.", id=other), "success")
    return redirect(here)


def _contribution(text: str) -> tuple[int, date]:
    """A worker and a month, as the page's boxes name them: 12:2026-11."""
    worker, _colon, month = text.partition(":")
    if not (worker.isascii() and worker.isdecimal() and len(worker) <= _LONGEST_ID):
        raise NotFound()
    try:
        return int(worker), parse_month(month)
    except ValueError as error:
        raise NotFound() from error
