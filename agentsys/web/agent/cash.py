"""The agent's cash and deposits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Conflict, Refused
from agentsys.extension.contract import PayerKind
from agentsys.payments import cash_counts, counting, custody, shortage_queries, shortages
from agentsys.payments.cash import DepositAction, decide_deposit, declare_deposit
from agentsys.payments.deposit_models import DepositState
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.people.profiles import AgentProfile
from agentsys.scans.kinds import MOST_BYTES
from agentsys.web import channel_views, scan_files
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent.counting import (
    note,
    sent_count,
    sent_receipts,
    shown_count,
    still_blind,
)
from agentsys.web.agent.deposit_files import keep_file, own_files, sent_file
from agentsys.web.agent.own_account import account_news
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import said
from agentsys.web.texts import day_and_time, lazy, rp, sentence
from agentsys.web.view_models import channel_label

IN_HAND = ListPage(
    endpoint="agent.cash",
    title=lazy("Kuitansi yang disetor"),
    search=lazy("Nama pekerja atau nomor kuitansi"),
    sorts={"oldest": lazy("Tertua"), "worker": lazy("Pekerja"), "amount": lazy("Jumlah")},
    personal=False,
    dates=True,
    sums=True,
    filename="kuitansi-tunai",
    columns=(
        (lazy("Kuitansi"), lambda row: row.number),
        (lazy("Pekerja"), lambda row: row.worker_name),
        (lazy("Diterima"), lambda row: day_and_time(row.settled_at)),
        (lazy("Jumlah"), lambda row: row.amount_idr),
    ),
)
_NOTES = tuple(f"note_{rupiah}" for rupiah in counting.NOTES)
_TYPED = ("counted", "evidence", "receipts", "difference_reason", "police_report")
FEW = 10  # receipts that need no search


@agent.get("/setoran")
@needs(Permission.OWN_CASH_READ)
def cash() -> Response | str:
    """The cash that the agent holds, and the deposits; or a spreadsheet of the cash."""
    mine = scope.own_agent(db.session(), current_user)
    if still_blind(mine.id):  # the file has the sums, too
        return cash_page(db.session(), key=uuid.uuid4().hex)
    other = ListView(IN_HAND).redirect_or_file(
        lambda asked: custody.cash_in_hand(db.session(), mine.id, asked)
    )
    return cash_page(db.session(), key=uuid.uuid4().hex) if other is None else other


@agent.post("/setoran")
@needs(Permission.DEPOSIT_DECLARE)
def deposit() -> Response | tuple[str, int]:
    """Declare a deposit of all the cash; sending the same key again changes nothing."""
    form = request.form
    mine = scope.own_agent(db.session(), current_user)
    photo = sent_file()
    try:
        counted, counts = sent_count()
        sent_before = custody.is_declared(db.session(), form.get("key", ""))
        if counting.is_blind() and not form.get("police_report") and not sent_before:
            note(mine.id, counted, counts)
        with transaction() as session:
            declared = declare_deposit(
                session,
                key=form.get("key", ""),
                agent_id=mine.id,
                actor_id=current_user.id,
                evidence=form.get("evidence", ""),
                counted_idr=counted,
                receipts=sent_receipts(),
                difference_reason=form.get("difference_reason", ""),
                police_report=form.get("police_report", ""),
                counts=counts,
            )
            amount = declared.handed_idr
            if not sent_before:
                cash_counts.used(session, agent_id=mine.id, deposit_id=declared.id)
            if photo and declared.state is DepositState.DECLARED:
                keep_file(session, declared.id, photo)
    except Refused as refused:
        page = cash_page(
            db.session(),
            key=form.get("key", ""),
            error=sentence(refused.message),
            photo_error=_photo_error(refused, photo),
            typed={name: form.get(name, "") for name in (*_TYPED, *_NOTES)}
            | {"is_loss": "hilang" in request.args},
        )
        return page, 422
    flash(
        _(
            "Setoran %(sum)s dicatat. Keuangan akan menghitung dan mengonfirmasi.",
            sum=rp(amount),
        ),
        "success",
    )
    return redirect(url_for("agent.cash"))


@agent.post("/setoran/<int:deposit_id>/tarik")
@needs(Permission.DEPOSIT_DECLARE)
def withdraw_deposit(deposit_id: int) -> Response:
    """Withdraw a deposit that is not decided yet; the agent holds its cash again."""
    try:
        with transaction() as session:
            withdrawn = decide_deposit(
                session,
                deposit_id=deposit_id,
                action=DepositAction.WITHDRAW,
                actor=current_user,
            )
            amount = withdrawn.amount_idr
    except Conflict:
        flash(_("Setoran ini sudah diputuskan, jadi tidak dapat ditarik lagi."), "error")
        return redirect(url_for("agent.cash"))
    except Refused as refused:
        return said(refused, url_for("agent.cash"))
    flash(_("Setoran %(sum)s ditarik kembali. Uangnya di tangan Anda.", sum=rp(amount)), "success")
    return redirect(url_for("agent.cash"))


def cash_card(session: Session, mine: AgentProfile) -> dict[str, Any]:
    """The agent's cash for the pages: sum, ceiling, share of the ceiling, and age."""
    exposure = custody.cash_exposure(session, [mine.id])[mine.id]
    days = (clock.now() - exposure.oldest_at).days if exposure.oldest_at else 0
    waiting = exposure.held_idr - exposure.declared_idr
    nudge = ""
    if waiting and days >= custody.LONGEST:
        nudge = ngettext(
            "tertua %(num)d hari, setor hari ini", "tertua %(num)d hari, setor hari ini", days
        )
    elif exposure.declared_idr:
        nudge = _("menunggu konfirmasi")
    return {
        "held_idr": exposure.held_idr,
        "in_hand_idr": waiting,
        "declared_idr": exposure.declared_idr,
        "ceiling_idr": mine.cash_ceiling_idr,
        "level": exposure.level,
        "oldest_days": days,
        "max_days": custody.LONGEST,
        "nudge": nudge,
        "deadline": nudge
        or ngettext(
            "setor paling lambat %(num)d hari", "setor paling lambat %(num)d hari", custody.LONGEST
        ),
    }


def cash_page(
    session: Session,
    *,
    key: str,
    error: str = "",
    photo_error: str = "",
    typed: dict[str, Any] | None = None,
    bank: str = "",
    bank_error: str = "",
) -> str:
    """The page of the agent's cash, with what was sent and why it was refused."""
    mine = scope.own_agent(session, current_user)
    view = ListView(IN_HAND)
    count, total_idr = custody.to_hand_over(session, mine.id)
    now = clock.now()
    past = custody.newest_deposits(session, mine.id)
    banks = channel_views.channel_choices(
        session, with_cash=False, total_idr=total_idr, payer=PayerKind.AGENT
    )
    bank = channel_views.chosen_channel(banks, bank)
    unpaid = custody.unpaid_deposit(session, mine.id)
    standing = [row for row in past if row.state is not DepositState.WITHDRAWN]
    return render_template(
        "agent/cash.html",
        cash=cash_card(session, mine),
        news=account_news(session, mine) if current_user.agent_ended else [],
        listing=view.show(custody.cash_in_hand(session, mine.id, view.request)),
        age_days=lambda row: (now - row.settled_at).days,
        few=count <= FEW,
        count=count,
        total_idr=total_idr,
        short_idr=shortages.owed_by(session, mine.id),
        deductions=shortage_queries.deductions_of(session, mine.id),
        deposits=past,
        **_photos(session, past, photo_error),
        returned=standing[0] if standing and standing[0].state is DepositState.RETURNED else None,
        banks=channel_views.in_groups(banks, bank),
        bank=bank,
        bank_key=key,
        bank_error=bank_error,
        unpaid=unpaid and vars(unpaid) | {"channel_label": channel_label(unpaid.channel)},
        channel_label=channel_label,
        key=key,
        error=error,
        may_withdraw=current_user.can(Permission.DEPOSIT_DECLARE),
        typed=typed or {},
        **shown_count(mine.id, count),
        notes=counting.NOTES,
    )


def _photos(session: Session, deposits: Sequence[custody.OwnDeposit], error: str) -> dict[str, Any]:
    """The files of these deposits, and what the input for a photo says."""
    return {
        "files": own_files(session, [row.id for row in deposits]),
        "photo_error": error,
        "photo_hint": scan_files.HINT,
        "photo_bytes": MOST_BYTES,
    }


def _photo_error(refused: Refused, photo: bytes) -> str:
    """What is wrong with the photo, or that a browser does not keep the chosen one."""
    if refused.facts.get("about") == "scan":
        return sentence(refused.message)
    return _("Pilih fotonya sekali lagi.") if photo else ""
