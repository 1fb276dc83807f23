"""How a payment got where it is, as the desk shows it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.payments.models import Payment, PaymentMove
from agentsys.people.models import User
from agentsys.web import view_models
from agentsys.web.state_words import state_word


def summary(payment: Payment) -> dict[str, Any]:
    """The payment in a few words."""
    return {
        "id": payment.id,
        "reference": payment.reference,
        "worker_name": payment.worker.name,
        "amount_idr": payment.amount_idr,
        "state": payment.state.value,
        "channel_label": view_models.channel_label(payment.channel),
    }


def events(session: Session, payment: Payment) -> list[Any]:
    """The payment's moves, newest first, with who or what made them."""
    moves = session.scalars(
        select(PaymentMove).where(PaymentMove.payment_id == payment.id).order_by(PaymentMove.at)
    ).all()
    ids = {int(move.by[5:]) for move in moves if move.by.startswith("user:")}
    names = {
        user_id: name
        for user_id, name in session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    }
    rows = [
        {
            "at": move.at,
            "text": word.text,
            "who": _who(move.by, names),
            "icon": word.icon,
        }
        for move in moves
        for word in [state_word("payment", move.to_state)]
    ]
    return rows[::-1]


def _who(by: str, names: dict[int, str]) -> str:
    if by.startswith("user:"):
        return names.get(int(by[5:]), "")
    words = {
        "callback": _("kabar penyedia"),
        "sweep": _("pemeriksaan berkala"),
        "start": _("jawaban penyedia"),
    }
    return words.get(by, "")
