"""Reopening a closed month: one user of finance asks, another one decides."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.closing import reopening
from agentsys.db import transaction
from agentsys.errors import NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.closing import closed_page
from agentsys.web.finance.forms import ReopenMonthForm
from agentsys.web.responses import blaming, said


@finance.post("/tutup-bulan/<int:closing_id>/buka")
@needs(Permission.MONTH_REOPEN)
def ask_to_reopen(closing_id: int) -> Response | tuple[str, int]:
    """Ask that the month be reopened, with a reason."""
    form = ReopenMonthForm(request.form)
    if form.validate():
        with blaming(form):
            with transaction() as session:
                reopening.ask(
                    session,
                    closing_id=closing_id,
                    reason=form.reason.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Permintaan disimpan. Orang kedua memutuskannya."), "success")
            return redirect(url_for("finance.closed_month", closing_id=closing_id))
    return closed_page(closing_id, form), 422


@finance.post("/tutup-bulan/<int:closing_id>/keputusan")
@needs(Permission.MONTH_REOPEN)
def decide_reopening(closing_id: int) -> Response:
    """Reopen the month as a second person, or refuse it."""
    action = request.form.get("action", "")
    if action not in ("approve", "refuse"):
        raise NotFound()
    here = url_for("finance.closed_month", closing_id=closing_id)
    try:
        with transaction() as session:
            reopening.decide(
                session,
                closing_id=closing_id,
                approve=action == "approve",
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, here)
    flash(_("Bulan dibuka lagi.") if action == "approve" else _("Permintaan ditolak."), "success")
    return redirect(here)
