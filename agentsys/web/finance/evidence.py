"""Looking at what proves a deposit or a transfer to BPJS, and keeping the proof of a transfer."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.payments import deposit_queries, evidence
from agentsys.people.permissions import Permission
from agentsys.remittances import evidence as transfers
from agentsys.runtime import runtime
from agentsys.web import scan_files
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.remittance import refused_page
from agentsys.web.finance.remittances import own_remittance
from agentsys.web.forms import Form
from agentsys.web.responses import check
from agentsys.web.texts import lazy


class TransferForm(Form):
    """The bank's reference of a transfer to BPJS, and its day."""

    bank_ref = StringField(
        lazy("Nomor referensi bank"), validators=[InputRequired(), Length(max=80)]
    )
    on_day = DateField(lazy("Tanggal transfer"), validators=[InputRequired()])


@finance.get("/setoran-agen/<int:deposit_id>/bukti/<int:evidence_id>")
@needs(Permission.DEPOSIT_READ)
def deposit_file(deposit_id: int, evidence_id: int) -> Response:
    """A photo or PDF of an agent's deposit; that is recorded."""
    deposit_queries.deposit(db.session(), current_user, deposit_id)
    return _opened({"deposit_id": deposit_id}, evidence_id, f"setoran-{deposit_id}-{evidence_id}")


@finance.get("/setoran-bpjs/<int:remittance_id>/bukti/<int:proof_id>")
@needs(Permission.REMITTANCE_READ)
def transfer_file(remittance_id: int, proof_id: int) -> Response:
    """The proof of a transfer to BPJS; looking at it is recorded."""
    own_remittance(db.session(), remittance_id)
    return _opened({"remittance_id": remittance_id}, proof_id, f"bpjs-{remittance_id}-{proof_id}")


@finance.post("/setoran-bpjs/<int:remittance_id>/bukti")
@needs(Permission.REMITTANCE_CONFIRM)
def add_transfer(remittance_id: int) -> Response | tuple[str, int]:
    """Keep the proof of the batch's transfer to BPJS."""
    own_remittance(db.session(), remittance_id)
    form = TransferForm(request.form)
    try:
        check(form)
        with transaction() as session:
            transfers.add_transfer(
                session,
                vault=runtime().vault,
                remittance_id=remittance_id,
                reference=form.bank_ref.data or "",
                on_day=form.on_day.data,
                content=scan_files.sent(request.files.get("proof")),
                actor=current_user,
            )
    except Refused as refused:
        typed = {name: request.form.get(name, "") for name in ("bank_ref", "on_day")}
        return refused_page(remittance_id, refused, transfer=typed)
    flash(_("Bukti transfer ke BPJS disimpan."), "success")
    return redirect(url_for("finance.remittance", remittance_id=remittance_id))


def _opened(of: dict[str, int], file_id: int, name: str) -> Response:
    with transaction() as session:
        content, kind = evidence.opened(
            session, vault=runtime().vault, of=of, file_id=file_id, actor_id=current_user.id
        )
    return scan_files.shown(name, content, kind)
