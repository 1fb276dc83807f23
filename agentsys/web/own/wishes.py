"""What a worker changes on the own page: stop, pause, resume, another day."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Conflict, Invalid
from agentsys.months import add_months
from agentsys.payments.mandates import own_page, wishes
from agentsys.payments.mandates.queries import MandateView
from agentsys.web.own import visit
from agentsys.web.own.blueprint import own
from agentsys.web.own.contents import contents
from agentsys.web.own.forms import DayForm
from agentsys.web.responses import said

MOST_MONTHS = 3  # of a pause; whoever wants more may stop


@own.post("/<token>/berhenti")
def stop(token: str) -> Response:
    """End the mandate at once; the link alone is enough, so that no agent is needed."""
    visit.refuse_staff()
    with transaction() as database:
        for mandate in own_page.open_mandates(database, worker_id=visit.worker_of(database, token)):
            wishes.revoke(database, reference=mandate.reference, by="payer")
    flash(_("Debit otomatis dihentikan. Tidak ada lagi yang didebit."), "success")
    return visit.to_page(token)


@own.post("/<token>/jeda")
def pause(token: str) -> Response:
    """Debit nothing for some months; the link alone is enough."""
    visit.refuse_staff()
    months = request.form.get("months", 1, type=int)
    if not 1 <= months <= MOST_MONTHS:
        return said(Invalid("Pilih jeda 1 sampai 3 bulan."), url_for("own.page", token=token))
    until = add_months(clock.this_month(), months)
    with transaction() as database:
        wishes.pause(database, reference=_agreed(database, token).reference, until=until)
    flash(_("Debit otomatis dijeda."), "success")
    return visit.to_page(token)


@own.post("/<token>/lanjut")
def resume(token: str) -> Response:
    """Debit again, after a pause."""
    visit.refuse_staff()
    with transaction() as database:
        wishes.pause(database, reference=_agreed(database, token).reference, until=None)
    flash(_("Debit otomatis berjalan lagi."), "success")
    return visit.to_page(token)


@own.post("/<token>/tanggal")
def change_day(token: str) -> Response | tuple[str, int]:
    """Debit on another day of the month."""
    visit.refuse_staff()
    worker_id = visit.worker_of(db.session(), token)
    if not visit.has_code(token):
        raise Conflict("Masukkan kode lebih dahulu untuk mengganti tanggal.")
    form = DayForm()
    if form.validate_on_submit():
        with transaction() as database:
            wishes.change_day(
                database,
                reference=_agreed(database, token).reference,
                debit_day=form.new_day.data or 0,
            )
        flash(_("Tanggal debit diganti."), "success")
        return visit.to_page(token)
    found = contents(db.session(), token, worker_id, day_form=form)
    return render_template("own/page.html", **found), 422


def _agreed(database: Session, token: str) -> MandateView:
    mandate = own_page.agreed_mandate(database, worker_id=visit.worker_of(database, token))
    if mandate is None:
        raise Conflict("Belum ada debit otomatis yang berjalan.")
    return mandate
