"""Cancelling a batch for BPJS: at once while it has no kode iuran, after that by two people."""

from __future__ import annotations

from functools import partial

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.remittances import batches, cancelling
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import ReasonForm
from agentsys.web.finance.remittance import changed
from agentsys.web.finance.remittances import own_remittance
from agentsys.web.responses import said


@finance.post("/setoran-bpjs/<int:remittance_id>/bongkar")
@needs(Permission.REMITTANCE_CANCEL)
def cancel_remittance(remittance_id: int) -> Response:
    """Cancel a batch; its contributions can be batched again."""
    own_remittance(db.session(), remittance_id)
    try:
        with transaction() as session:
            batches.cancel(session, remittance_id=remittance_id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, url_for("finance.remittance", remittance_id=remittance_id))
    flash(
        _("Setoran #%(id)s dibatalkan. Iurannya dapat disusun lagi.", id=remittance_id), "success"
    )
    return redirect(url_for("finance.remittances"))


@finance.post("/setoran-bpjs/<int:remittance_id>/usul-bongkar")
@needs(Permission.REMITTANCE_CANCEL)
def ask_to_cancel(remittance_id: int) -> Response | tuple[str, int]:
    """Ask a second person to cancel a batch that has its kode iuran."""
    form = ReasonForm(request.form)
    reason = form.reason.data or ""
    return changed(
        remittance_id,
        form,
        partial(cancelling.ask_to_cancel, reason=reason),
        _("Usul disimpan. Orang kedua memutuskan apakah setoran ini dibatalkan."),
        reason=reason,
    )


@finance.post("/setoran-bpjs/<int:remittance_id>/batal-bongkar")
@needs(Permission.REMITTANCE_CANCEL)
def keep_remittance(remittance_id: int) -> Response:
    """Keep a batch despite the request to cancel it."""
    here = url_for("finance.remittance", remittance_id=remittance_id)
    own_remittance(db.session(), remittance_id)
    try:
        with transaction() as session:
            cancelling.keep(session, remittance_id=remittance_id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here)
    flash(_("Setoran #%(id)s tidak jadi dibatalkan.", id=remittance_id), "success")
    return redirect(here)
