"""Money that providers paid out to the bank account, and own money put into it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.extension.contract import Custody
from agentsys.ledger import accounts, journal
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payments import gateway_payouts as payouts
from agentsys.payments import payout_queries
from agentsys.payments.payout_queries import PayoutRow
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.transfers import queries as transfer_queries
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import (
    ExplainForm,
    OwnFundsForm,
    PayoutForm,
    ReturnForm,
    UnexplainedForm,
)
from agentsys.web.finance.offices import in_bank, offer_office, offer_offices
from agentsys.web.finance.transfers import MOST, waiting_transfers
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import why
from agentsys.web.texts import ago, day_and_time, lazy, rp

PAYOUTS = ListPage(
    endpoint="finance.gateway_payouts",
    title=lazy("Pencairan tercatat"),
    search=lazy("Referensi bank atau penyedia"),
    sorts={"recorded": lazy("Dicatat"), "amount": lazy("Jumlah"), "provider": lazy("Penyedia")},
    personal=False,
    dates=True,
    sums=True,
    filename="pencairan",
    columns=(
        (lazy("Referensi bank"), lambda row: row.bank_ref),
        (lazy("Penyedia"), lambda row: provider_label(row.provider)),
        (lazy("Dicatat"), lambda row: day_and_time(row.recorded_at)),
        (lazy("Oleh"), lambda row: row.recorded_by or _("otomatis")),
        (lazy("Masuk rekening"), lambda row: row.net_idr),
        (lazy("Biaya"), lambda row: row.fee_idr),
    ),
)


@finance.get("/pencairan")
@needs(Permission.PAYOUT_READ)
def gateway_payouts() -> Response | str:
    """The money that each provider still holds, and the recorded payouts."""
    return ListView(PAYOUTS).answer(_fetch, lambda view: page(db.session(), view=view))


@finance.post("/pencairan")
@needs(Permission.PAYOUT_RECORD)
def record_payout() -> Response | tuple[str, int]:
    """Book a payout as the bank statement shows it; one bank reference is booked once."""
    form = PayoutForm(request.form)
    form.provider.choices = provider_choices(db.session())
    offer_offices(db.session(), form.office)
    if not form.validate():
        return refused_page(None, form=form)
    net, fee = form.net_idr.data or 0, form.fee_idr.data or 0
    try:
        with transaction() as session:
            payouts.record_payout(
                session,
                provider=form.provider.data,
                bank_ref=form.bank_ref.data or "",
                amount_idr=net + fee,
                fee_idr=fee,
                actor_id=current_user.id,
                office_id=int(form.office.data) if form.office.data else None,
                sure=bool(form.sure.data),
            )
    except Refused as refused:
        return refused_page(refused, form=form)
    flash(_("Pencairan %(sum)s dicatat.", sum=rp(net)), "success")
    return redirect(url_for("finance.gateway_payouts"))


@finance.post("/dana-sendiri")
@needs(Permission.OWN_FUNDS_RECORD)
def record_own_funds() -> Response | tuple[str, int]:
    """Book own money that was put into the collection account, such as for gateway fees."""
    form = OwnFundsForm(request.form)
    offer_office(db.session(), form.own_office)
    if not form.validate():
        return refused_page(None, own_form=form)
    try:
        with transaction() as session:
            new = payouts.record_own_funds(
                session,
                bank_ref=form.own_ref.data or "",
                amount_idr=form.own_idr.data or 0,
                actor_id=current_user.id,
                office_id=int(form.own_office.data),
            )
    except Refused as refused:
        return refused_page(refused, own_form=form)
    if new:
        flash(_("Dana sendiri %(sum)s dicatat.", sum=rp(form.own_idr.data or 0)), "success")
    else:
        flash(_("Nomor referensi ini sudah dicatat sebelumnya; tidak ada yang berubah."), "info")
    return redirect(url_for("finance.gateway_payouts"))


def refused_page(refused: Refused | None, **sent: Any) -> tuple[str, int]:
    """The page with the refused form as it was sent, and a message if no field has the error."""
    if refused is not None:
        [form] = sent.values()
        form.form_errors.append(why(refused))
    asks = isinstance(refused, payouts.ProbablySame)
    return page(db.session(), **sent, asks_if_same=asks), 422


def provider_label(name: str) -> str:
    """A provider's name for display."""
    return name.replace("_", " ").title()


def _providers(session: Session) -> dict[str, int]:
    """Rupiah that each provider holds for us, by its name; installed providers included."""
    installed = {
        channel.clearing or channel.name: 0
        for channel in runtime().registry.channels.values()
        if channel.custody is Custody.PROVIDER
    }
    held: dict[str, int] = {}
    for account, amount in journal.balances(session, accounts.CLEARING).items():
        provider = accounts.provider_of(account)
        held[provider] = held.get(provider, 0) + amount
    return installed | {
        name: amount for name, amount in held.items() if amount or name in installed
    }


def provider_choices(session: Session) -> list[SelectChoice]:
    """The providers to choose from."""
    return [SelectChoice(name, provider_label(name)) for name in sorted(_providers(session))]


def page(
    session: Session,
    *,
    view: ListView | None = None,
    form: PayoutForm | None = None,
    own_form: OwnFundsForm | None = None,
    odd_form: UnexplainedForm | None = None,
    opened: int | None = None,
    return_form: ReturnForm | None = None,
    explain_form: ExplainForm | None = None,
    error: str = "",
    asks_if_same: bool = False,
) -> str:
    """The page; with a refused form, and the money that it was about, as they were sent."""
    form = form or PayoutForm(formdata=None)
    odd_form = odd_form or UnexplainedForm(formdata=None)
    own_form = own_form or OwnFundsForm(formdata=None)
    offer_office(session, own_form.own_office)
    offer_office(session, odd_form.odd_office)
    offer_offices(session, form.office)
    held = _providers(session)
    form.provider.choices = [SelectChoice(name, provider_label(name)) for name in sorted(held)]
    odd_form.odd_provider.choices = form.provider.choices
    if view is None:
        view = ListView(PAYOUTS)
        view.show(_fetch(view.request))
    return render_template(
        "finance/gateway_payouts.html",
        providers=_provider_rows(session, held),
        unexplained=[
            asdict(row) | {"provider": provider_label(row.provider)}
            for row in transfer_queries.open_unexplained(session, current_user, limit=MOST)
        ],
        waiting=waiting_transfers(session, unexplained_only=True),
        odd_form=odd_form,
        bank_idr=in_bank(session),
        books_url=_books(),
        listing=view,
        provider_label=provider_label,
        writable=current_user.can(Permission.PAYOUT_RECORD),
        asks_if_same=asks_if_same,
        form=form,
        own_form=own_form,
        opened=opened,
        return_form=return_form or ReturnForm(formdata=None),
        explain_form=explain_form or ExplainForm(formdata=None),
        error=error,
    )


def _provider_rows(session: Session, held: dict[str, int]) -> list[dict[str, Any]]:
    """The money that each provider holds, and the time of its last payout."""
    newest = payout_queries.newest_payouts(session)
    return [
        {
            "name": name,
            "label": provider_label(name),
            "clearing_idr": amount,
            "note": _("pencairan terakhir %(when)s", when=ago(newest[name]))
            if name in newest
            else _("belum pernah dicairkan"),
            "url": _books(),
        }
        for name, amount in sorted(held.items())
    ]


def _fetch(asked: ListRequest) -> Page[PayoutRow]:
    return payout_queries.payouts(db.session(), asked)


def _books() -> str:
    """Where the sums come from, for who may read the books."""
    return url_for("finance.books") if current_user.can(Permission.BOOKS_READ) else ""
