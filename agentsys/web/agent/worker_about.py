"""What the agent's page says about one worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import advance, changes
from agentsys.contributions.arrears import OpenMonth
from agentsys.memberships import lapsing
from agentsys.memberships import queries as membership_queries
from agentsys.memberships.queries import Standing
from agentsys.payments import links, worker_money
from agentsys.payments.worker_money import MonthStanding
from agentsys.runtime import runtime
from agentsys.sponsors import payer_queries
from agentsys.web import view_models
from agentsys.web.cover import membership_line
from agentsys.web.texts import month, rp
from agentsys.web.workers.consent_words import consent_words
from agentsys.web.workers.group_words import place_of
from agentsys.workers.columns import PLAIN
from agentsys.workers.queries import WorkerProfile


def about(
    session: Session, found: WorkerProfile, open_: Sequence[OpenMonth], now: MonthStanding
) -> dict[str, Any]:
    """The worker's details, cover and amount due, and whether the agent may collect."""
    this_month = clock.this_month()
    monthly_idr = now.amount_idr
    if monthly_idr is None:
        monthly_idr = advance.price_by_tariff(session, worker_id=found.id)
    owed_idr = worker_money.owed(session, worker_id=found.id)
    change = changes.change_of(session, worker_id=found.id)
    membership = membership_queries.membership_of(session, worker_id=found.id)
    lapses = membership.standing is Standing.LAPSING and lapsing.lapses_tonight(
        session, worker_id=found.id
    )
    due_idr = sum(c.amount_idr for c in open_ if c.month <= this_month and c.own)
    runs = membership.standing is not Standing.ENDED
    return {
        "id": found.id,
        "name": found.name,
        "job": found.plain["job"],
        "sector": _("Transportasi") if found.sector == "transport" else _("Lainnya"),
        "programmes": found.programmes.value.replace("+", " + "),
        "payer": _payer(session, found),  # empty if the worker pays
        "price_certain": advance.is_certain(session, worker_id=found.id),
        "change": change if change and change.rises else None,
        "cover": membership_line(membership, month_paid=now.paid, lapses=lapses),
        "collectable": not lapses and bool(due_idr or (runs and not found.funding.short)),
        "phone": found.phone,
        "phone_digits": found.phone.removeprefix("+"),
        "nik_masked": found.nik_masked,
        "kpj": found.kpj,
        "plain": [(_(c.label), found.plain[c.name]) for c in PLAIN if c.on_page] + place_of(found),
        "monthly_idr": monthly_idr,
        "due_idr": due_idr,
        "owed_idr": owed_idr,
        "owed_url": _owed_url(found, owed_idr),
        "enrolled_on": found.created_at,
        **_pay_link(session, found),
        "consent_at": found.consent_at,
        "consent_text": found.consent_text,
        "agreed_text": consent_words(found.consent_text, found),
        "refused": membership_queries.refusal_of(session, worker_id=found.id),
    }


def _payer(session: Session, found: WorkerProfile) -> str:
    """Which sponsor pays, and until when; a short word for a payer without an agreement."""
    if not found.funding.short:
        return ""
    for payer in payer_queries.payers_of(session, worker_id=found.id):
        if payer.pays_from is not None:
            last = month(payer.last_month)
            return _("%(sponsor)s sampai %(month)s", sponsor=payer.sponsor, month=last)
    return found.funding.short


def _owed_url(found: WorkerProfile, owed_idr: int) -> str:
    """A message about money that is the worker's."""
    return view_models.whatsapp(
        _(
            "Iuran BPJS Ketenagakerjaan Anda terbayar lebih. %(sum)s adalah uang Anda, dan"
            " kantor mengembalikannya kepada Anda.",
            sum=rp(owed_idr),
        ),
        found.phone,
    )


def _pay_link(session: Session, found: WorkerProfile) -> dict[str, Any]:
    """The newest pay link, if one is valid, and a message with it."""
    link = links.newest_link(session, worker_id=found.id)
    if link is None:
        return {"pay_link": "", "pay_link_until": None, "share_url": ""}
    address = runtime().settings.base_url + url_for("public.pay", token=link.token)
    told = _("Bayar iuran BPJS Ketenagakerjaan Anda di sini: %(url)s", url=address)
    return {
        "pay_link": address,
        "pay_link_until": link.expires_at,
        "share_url": view_models.whatsapp(told, found.phone),
    }
