"""The history of a payment's state changes, for its page."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agentsys.payments import payment_queries
from agentsys.payments.payment_queries import PaymentDetail
from agentsys.web import view_models
from agentsys.web.state_words import state_word


def summary(payment: PaymentDetail) -> dict[str, Any]:
    """A short description of the payment."""
    return {
        "id": payment.id,
        "reference": payment.reference,
        "worker_name": payment.worker_name,
        "amount_idr": payment.amount_idr,
        "state": payment.state.value,
        "channel_label": view_models.channel_label(payment.channel),
    }


def events(session: Session, payment_id: int) -> list[Any]:
    """The payment's changes of state, newest first, with who or what made them."""
    return [
        {
            "at": move.at,
            "text": word.text,
            "who": move.person or _machines().get(move.by, ""),
            "icon": word.icon,
        }
        for move in payment_queries.moves_of(session, payment_id)
        for word in [state_word("payment", move.to_state)]
    ]


def _machines() -> dict[str, str]:
    return {
        "callback": _("notifikasi penyedia"),
        "sweep": _("pemeriksaan berkala"),
        "start": _("jawaban penyedia"),
    }
