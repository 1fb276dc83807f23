"""What a debit could not collect, paid by the worker without waiting for the agent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import redirect, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import transaction
from agentsys.extension.contract import Decline, MandateChannel
from agentsys.payments import links
from agentsys.payments.mandates.last_look import Why
from agentsys.payments.mandates.left_open import LeftOpen, left_open
from agentsys.runtime import runtime
from agentsys.web.own import visit
from agentsys.web.own.blueprint import own
from agentsys.web.texts import lazy

_TO_READ_AND_PAY = timedelta(hours=1)
# For the payer; what is not here needs no explanation, or has none.
_WHY: dict[str, Any] = {
    Decline.FUNDS: lazy("Saldo akun Anda kurang."),
    Decline.NEEDS_PAYER: lazy("Penyedia meminta PIN atau tindakan Anda di aplikasinya."),
    Decline.ENDED: lazy("Akun Anda tidak terhubung lagi."),
    Why.MONTH_IS_OVER: lazy("Pemberitahuannya belum dibaca sampai hari terakhir."),
}


@own.post("/<token>/bayar")
def pay_now(token: str) -> Response:
    """Lead to the page for paying, with what the debit was to pay and its account chosen.

    That page makes an ordinary payment, or refuses while a debit is under way.
    """
    visit.refuse_staff()
    with transaction() as database:
        worker_id = visit.worker_of(database, token)
        wanted = left_open(database, worker_id=worker_id)
        pay_token = _pay_token(database, worker_id)
    chosen: dict[str, Any] = {}
    if wanted is not None:
        months = [f"{month:%Y-%m}" for month in wanted.months]
        chosen = {"months": months, "channel": _by_hand(wanted)}
    return redirect(url_for("public.pay", token=pay_token, **chosen))


def to_pay(database: Session, worker_id: int) -> dict[str, Any] | None:
    """What the worker's page offers to pay now."""
    found = left_open(database, worker_id=worker_id)
    if found is None:
        return None
    return {
        "months": found.months,
        "amount_idr": found.amount_idr,
        "why": str(_WHY.get(found.why, "")) or _("Penyedia menolak debitnya."),
    }


def _by_hand(wanted: LeftOpen) -> str:
    """The channel that asks the owner of the same account; empty if there is none."""
    channel = runtime().registry.channels.get(wanted.channel)
    return channel.by_hand if isinstance(channel, MandateChannel) else ""


def _pay_token(database: Session, worker_id: int) -> str:
    link = links.newest_link(database, worker_id=worker_id)
    if link is None or link.expires_at < clock.now() + _TO_READ_AND_PAY:
        link = links.make_link(database, worker_id=worker_id, actor_id=None)
    return link.token
