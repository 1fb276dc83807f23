"""Deposits of agents' cash: a second person counts it, or a provider reports that it has it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payments import cash, cash_counts, counting, deposit_queries, evidence
from agentsys.payments.deposit_models import DepositState
from agentsys.payments.deposit_queries import DepositRow, WaitingDeposits
from agentsys.people.permissions import Permission
from agentsys.statements import proofs
from agentsys.statements.models import ThingKind
from agentsys.web.access import needs
from agentsys.web.bank_evidence import shown_by_bank
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import DepositForm
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import check, why
from agentsys.web.second_persons import waits
from agentsys.web.texts import ago, day_and_time, lazy, rp
from agentsys.web.view_models import channel_label

OLD_DAYS = 1  # a deposit that waits longer keeps contributions from BPJS
STATES = {
    DepositState.DECLARED: lazy("Menunggu"),
    DepositState.CONFIRMED: lazy("Dikonfirmasi"),
    DepositState.RETURNED: lazy("Dikembalikan"),
    DepositState.WITHDRAWN: lazy("Ditarik"),
}
DEPOSITS = ListPage(
    endpoint="finance.deposits",
    title=lazy("Setoran agen"),
    search=lazy("Bukti atau nama agen"),
    sorts={"declared": lazy("Diajukan"), "agent": lazy("Agen"), "amount": lazy("Jumlah")},
    tabs={
        deposit_queries.WAITING: STATES[DepositState.DECLARED],
        deposit_queries.UNPAID: lazy("Belum dibayar"),
        "confirmed": STATES[DepositState.CONFIRMED],
        "returned": STATES[DepositState.RETURNED],
        "withdrawn": STATES[DepositState.WITHDRAWN],
    },
    personal=False,
    agent=True,
    dates=True,
    sums=True,
    filename="setoran-agen",
    columns=(
        (lazy("Agen"), lambda row: row.agent_name),
        (lazy("Wilayah"), lambda row: row.area),
        (lazy("Bukti"), lambda row: row.evidence),
        (lazy("Diajukan"), lambda row: day_and_time(row.declared_at)),
        (lazy("Kuitansi"), lambda row: row.receipts),
        (lazy("Jumlah"), lambda row: row.amount_idr),
        (lazy("Status"), lambda row: str(STATES[row.state])),
        (lazy("Alasan"), lambda row: row.reason),
        (lazy("Lewat"), lambda row: channel_label(row.channel) if row.channel else ""),
    ),
)


@finance.get("/setoran-agen")
@needs(Permission.DEPOSIT_READ)
def deposits() -> Response | str:
    """The deposits that wait for a second person, the oldest first; and the others."""
    opened = request.args.get("periksa", type=int)
    return ListView(DEPOSITS).answer(_fetch, lambda view: _render(view, opened=opened))


@finance.post("/setoran-agen/<int:deposit_id>")
@needs(Permission.DEPOSIT_CONFIRM)
def decide_deposit(deposit_id: int) -> Response | tuple[str, int]:
    """Confirm a deposit with the counted sum, or return it with a reason."""
    form = DepositForm(request.form)
    name = deposit_queries.deposit(db.session(), current_user, deposit_id).agent_name
    try:
        check(form)
        counts = counting.read(request.form)
        with transaction() as session:
            decided = cash.decide_deposit(
                session,
                deposit_id=deposit_id,
                action=cash.DepositAction(form.action.data),
                actor=current_user,
                counted_idr=counting.total_of(counts) if counts else form.counted_idr.data,
                counts=counts,
                reason=form.reason.data or "",
            )
            confirmed, amount = decided.state is DepositState.CONFIRMED, decided.amount_idr
    except Refused as refused:
        view = ListView(DEPOSITS)
        view.show(_fetch(view.request))
        return _render(view, opened=deposit_id, form=form, error=why(refused)), 422
    text = (
        _("Setoran %(sum)s dari %(name)s dikonfirmasi.", sum=rp(amount), name=name)
        if confirmed
        else _("Setoran %(sum)s dikembalikan kepada %(name)s.", sum=rp(amount), name=name)
    )
    flash(text, "success")
    return redirect(back_to("finance.deposits"))


def _fetch(asked: ListRequest) -> Page[DepositRow]:
    return deposit_queries.deposits(db.session(), current_user, asked)


def _render(
    view: ListView, *, opened: int | None, form: DepositForm | None = None, error: str = ""
) -> str:
    session = db.session()
    waiting = deposit_queries.waiting_deposits(session, current_user)
    assert view.page is not None
    people = {each for row in view.page.rows for each in (row.declared_by, row.agent_user_id)}
    not_yet = waits(people)
    return render_template(
        "finance/deposits.html",
        kpis=_kpis(session, waiting),
        listing=view,
        tabs=view.tabs({deposit_queries.WAITING: waiting.count}),
        decidable=current_user.can(Permission.DEPOSIT_CONFIRM),
        channel_label=channel_label,
        is_own=lambda row: row.is_own_of(current_user),
        not_yet=lambda row: not_yet.get(row.declared_by) or not_yet.get(row.agent_user_id, ""),
        seen=shown_by_bank(session, ThingKind.DEPOSIT, [row.id for row in view.page.rows]),
        used=proofs.used_before(session, [row.id for row in view.page.rows]),
        times=cash_counts.numbers(session, [row.id for row in view.page.rows]),
        files=_files(session, [row.id for row in view.page.rows]),
        opened=opened,
        form=form or DepositForm(formdata=None),
        error=error,
        blind=counting.is_blind(),
        notes=counting.NOTES,
        typed=request.form,
    )


def _files(session: Session, deposit_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found = evidence.files_of_deposits(session, deposit_ids)
    return {
        deposit_id: [
            {
                "row": row,
                "url": url_for("finance.deposit_file", deposit_id=deposit_id, evidence_id=row.id),
            }
            for row in rows
        ]
        for deposit_id, rows in found.items()
    }


def _kpis(session: Session, waiting: WaitingDeposits) -> list[dict[str, Any]]:
    held = deposit_queries.undeposited_cash(session, current_user)
    oldest = waiting.oldest_at
    late = oldest is not None and (clock.now() - oldest).days > OLD_DAYS
    return [
        {
            "label": _("Menunggu dihitung"),
            "value": ngettext("%(num)s setoran", "%(num)s setoran", waiting.count)
            if counting.is_blind()
            else rp(waiting.amount_idr),
            "sub": ""
            if counting.is_blind()
            else ngettext("%(num)s setoran", "%(num)s setoran", waiting.count),
            "tone": "",
        },
        {
            "label": _("Menunggu paling lama"),
            "value": ago(oldest) if oldest else "–",
            "sub": "",
            "tone": "warn" if late else "",
        },
        {
            "label": _("Masih di tangan agen"),
            "value": rp(held),
            "sub": _("belum diajukan"),
            "tone": "",
        },
    ]
