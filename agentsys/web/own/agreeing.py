"""A worker's consent: what is agreed here, and then the provider's own page."""

from __future__ import annotations

from flask import render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.db import db, transaction
from agentsys.errors import Conflict, Invalid, Refused
from agentsys.payments.mandate_models import Relation
from agentsys.payments.mandates import consent, invitations, own_page
from agentsys.runtime import runtime
from agentsys.web.addresses import client_network
from agentsys.web.own import visit
from agentsys.web.own.blueprint import own
from agentsys.web.own.contents import contents, mandate_channels
from agentsys.web.own.forms import ConsentForm
from agentsys.web.responses import why
from agentsys.workers.phone import normalise_phone


@own.post("/<token>/setuju")
def agree(token: str) -> Response | tuple[str, int]:
    """Ask the provider for its page; nothing is agreed before the payer consents there."""
    visit.refuse_staff()
    database = db.session()
    worker_id = visit.worker_of(database, token)
    form = ConsentForm()
    form.channel.choices = [SelectChoice(name) for name in mandate_channels()]
    error = ""
    if form.validate_on_submit():
        try:
            visit.asked_here(_ask(token, worker_id, form))
        except Refused as refused:
            error = why(refused)
        else:
            return visit.to_page(token)
    database = db.session()
    found = contents(database, token, worker_id, form=form, error=error)
    return render_template("own/page.html", **found), 422


def _ask(token: str, worker_id: int, form: ConsentForm) -> str:
    channel = mandate_channels().get(form.channel.data or "")
    if channel is None:
        raise Invalid("Pilih akun yang didebit.")
    wish = consent.Wish(
        workers={worker_id: Relation(form.relation.data)},
        holder_name=form.holder_name.data or "",
        phone=normalise_phone(form.phone.data or "") or "",
        cap_idr=form.cap_idr.data or 0,
        month_cap_idr=form.month_cap_idr.data or 0,
        debit_day=form.debit_day.data or 0,
    )
    with transaction() as database:
        agreed = own_page.agreed_mandate(database, worker_id=worker_id)
        if agreed is not None and not visit.has_code(token):
            raise Conflict("Masukkan kode lebih dahulu untuk mengganti akun.")
        invitations.check_limit(database, worker_id=worker_id)
        mandate = consent.ask_mandate(
            database,
            key=form.key.data or "",
            channel=channel,
            wish=wish,
            vault=runtime().vault,
            actor_id=None,
            return_url=runtime().settings.base_url + url_for("own.returned", token=token),
            place={
                "address": client_network(),
                "device": (request.user_agent.string or "")[:200],
                "text": consent.CONSENT_TEXT,
            },
            replace=True,
        )
        return mandate.reference
