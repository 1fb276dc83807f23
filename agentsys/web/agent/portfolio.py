"""Today's list, and one worker's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.contributions import advance, arrears, coverage
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.payments import links, portfolio
from agentsys.payments.models import PayLink, Payment, Receipt
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent.cash import cash_card
from agentsys.web.agent.collecting import own_worker, programmes_of
from agentsys.web.searching import is_private, query_in
from agentsys.web.texts import sentence
from agentsys.workers import registry
from agentsys.workers.models import Worker

PAGE = 30


@agent.get("/hari-ini")
@needs(Permission.PORTFOLIO_READ)
def today() -> str | Response:
    """Who to collect from, the oldest arrears first."""
    query = query_in(request.args)
    if is_private(query):
        return redirect(url_for("agent.today"))
    return _today(query, request.args)


@agent.post("/hari-ini")
@needs(Permission.PORTFOLIO_READ, searches=True)
def search() -> str | Response:
    """The same for what is searched; only a name may stand in the address."""
    query = query_in(request.form)
    if not is_private(query):
        return redirect(url_for("agent.today", q=query or None), 303)
    return _today(query, request.form)


def _today(query: str, asked: Mapping[str, str]) -> str:
    session = db.session()
    mine = scope.own_agent(session, current_user)
    # Who looks for somebody by name looks among all, those who have paid included.
    usual = "all" if query else "todo"
    chosen = asked.get("f", usual)
    chosen = chosen if chosen in portfolio.FILTERS else usual
    page = portfolio.portfolio(
        session,
        agent_id=mine.id,
        vault=runtime().vault,
        filter=chosen,
        query=query,
        after=asked.get("after", ""),
        limit=PAGE,
    )
    counts = portfolio.counts(session, agent_id=mine.id, vault=runtime().vault, query=query)
    labels = {
        "todo": _("Perlu ditagih"),
        "arrears": _("Menunggak"),
        "first": _("Bayar pertama"),
        "due": _("Jatuh tempo"),
        "paid": _("Lunas"),
        "sponsored": _("Dibayar sponsor"),
        "all": _("Semua"),
    }
    shown_query = None if is_private(query) else query or None
    collected, target = _this_month(session, mine.id)
    return render_template(
        "agent/today.html",
        month=clock.this_month(),
        collected_idr=collected,
        target_idr=target,
        cash=cash_card(session, mine),
        q=query,
        private=is_private(query),
        state=chosen,
        chips=[
            {
                "name": name,
                "label": labels[name],
                "count": counts[name],
                "url": url_for("agent.today", f=name, q=shown_query),
                "current": name == chosen,
            }
            for name in labels
            if counts[name] or name in ("todo", "all", chosen)
        ],
        workers=[_row(entry) for entry in page.entries],
        after=page.next,
        next_url=url_for("agent.today", f=chosen, q=shown_query, after=page.next)
        if page.next
        else "",
    )


@agent.get("/pekerja/<int:worker_id>")
@needs(Permission.PORTFOLIO_READ)
def worker(worker_id: int) -> str:
    """One worker: months, payments, own data."""
    return _worker_page(own_worker(db.session(), worker_id))


@agent.post("/pekerja/<int:worker_id>/nik")
@needs(Permission.NIK_REVEAL)
def reveal_nik(worker_id: int) -> str:
    """The worker's page with the NIK in full; looking is recorded."""
    found = own_worker(db.session(), worker_id)
    with transaction() as session:
        nik = registry.reveal_nik(
            session,
            vault=runtime().vault,
            worker_id=found.id,
            actor_id=current_user.id,
            reason="halaman pekerja",
        )
    return _worker_page(own_worker(db.session(), worker_id), nik=nik)


@agent.post("/pekerja/<int:worker_id>/tautan")
@needs(Permission.PAYMENT_COLLECT)
def pay_link(worker_id: int) -> Response:
    """Make a link by which the worker pays alone."""
    found = own_worker(db.session(), worker_id)
    with transaction() as session:
        links.make_link(session, worker_id=found.id, actor_id=current_user.id)
    flash(_("Tautan bayar dibuat. Salin, lalu kirim ke HP pekerja sendiri."), "success")
    return redirect(url_for("agent.worker", worker_id=worker_id))


def _row(entry: portfolio.Entry) -> dict[str, Any]:
    return {
        "id": entry.worker_id,
        "name": entry.name,
        "job": entry.job,
        "programmes": entry.programmes.value.replace("+", " + "),
        "place": " · ".join(filter(None, (entry.kelurahan, entry.last_four))),
        "standing": entry.standing.value,
        "never_paid": entry.never_paid,
        "due_idr": entry.due_idr or entry.first_idr,
        "arrears_months": entry.arrears_months,
        "paid_until": entry.paid_until,
        "covered": entry.paid_until is not None and entry.paid_until >= clock.this_month(),
        "waiting_id": entry.waiting_id,
        "collectable": entry.collectable,
    }


def _this_month(session: Session, agent_id: int) -> tuple[int, int]:
    """Rupiah collected of this month's bills, and their sum."""
    row = session.execute(
        select(
            func.coalesce(
                func.sum(Contribution.amount_idr).filter(Contribution.payment_id.is_not(None)), 0
            ),
            func.coalesce(func.sum(Contribution.amount_idr), 0),
        ).where(Contribution.agent_id == agent_id, Contribution.month == clock.this_month())
    ).one()
    return int(row[0]), int(row[1])


def _worker_page(found: Worker, *, nik: str = "") -> str:
    session = db.session()
    months = _months_of(session, found)
    monthly_idr = advance.monthly_price(session, worker=found)
    return render_template(
        "agent/worker.html",
        worker=_about(session, found) | {"nik": nik, "monthly_idr": monthly_idr},
        months=months,
        payments=[
            {
                "id": p.id,
                "at": p.created_at,
                "amount_idr": p.amount_idr,
                "channel_label": view_models.channel_label(p.channel),
                "state": p.state.value,
            }
            for p in session.scalars(
                select(Payment)
                .where(Payment.worker_id == found.id)
                .order_by(Payment.id.desc())
                .limit(12)
            )
        ],
    )


def _about(session: Session, found: Worker) -> dict[str, Any]:
    """Who the worker is, how the cover stands, and what is due."""
    cover = coverage.coverage_of(session, worker_id=found.id)
    open_ = arrears.open_months(session, worker_id=found.id)
    this_month = clock.this_month()
    late = sum(c.month < this_month for c in open_)
    return {
        "id": found.id,
        "name": found.name,
        "job": found.job,
        "sector": _("Transportasi") if found.sector == "transport" else _("Lainnya"),
        "programmes": programmes_of(session, found).programmes.value.replace("+", " + "),
        "state": _state(cover.state, late),
        "phone": found.phone,
        "nik_masked": found.nik_masked,
        "kpj": found.kpj,
        "address": found.address,
        "kelurahan": found.kelurahan,
        "paid_until": cover.paid_until if cover.is_covered else None,
        "due_idr": sum(c.amount_idr for c in open_ if c.month <= this_month),
        "arrears_months": late,
        "enrolled_on": found.created_at,
        "pay_link": _pay_link(session, found),
        "lapse_note": sentence(cover.warning) if cover.warning else "",
        "consent_at": found.consent_at,
        "consent_text": found.consent_text,
    }


def _pay_link(session: Session, found: Worker) -> str:
    token = session.scalar(
        select(PayLink.token)
        .where(PayLink.worker_id == found.id, PayLink.expires_at > clock.now())
        .order_by(PayLink.created_at.desc())
        .limit(1)
    )
    return runtime().settings.base_url + url_for("public.pay", token=token) if token else ""


def _months_of(session: Session, found: Worker) -> list[dict[str, Any]]:
    """The newest two years, each with its receipt if there is one."""
    rows = session.execute(
        select(Contribution, Receipt.number)
        .outerjoin(Receipt, Receipt.payment_id == Contribution.payment_id)
        .where(Contribution.worker_id == found.id)
        .order_by(Contribution.month.desc())
        .limit(24)
    )
    return [
        {
            "month": c.month,
            "amount_idr": c.amount_idr,
            "state": c.state.value,
            "receipt_no": number,
            "discount": _("diskon PP 50/2025") if "50/2025" in c.tariff else "",
        }
        for c, number in rows
    ]


def _state(cover: coverage.Cover, late: int) -> str:
    if cover is coverage.Cover.NEVER:
        return "new"
    if cover is coverage.Cover.ENDED:
        return "lapsed"
    return "arrears" if late else "active"
