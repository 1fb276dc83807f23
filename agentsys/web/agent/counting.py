"""Counting an agent's cash: the count is recorded before the page shows the expected sum."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.money import rupiah
from agentsys.payments import cash_counts, counting, custody
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.responses import said


@agent.post("/setoran/hitung")
@needs(Permission.DEPOSIT_DECLARE)
def count_cash() -> Response:
    """Write down what the agent counted; the page then shows it beside the expected sum."""
    mine = scope.own_agent(db.session(), current_user)
    try:
        note(mine.id, *sent_count())
    except Refused as refused:
        return said(refused, url_for("agent.cash"))
    return redirect(url_for("agent.cash"))


def note(agent_id: int, counted_idr: int, counts: dict[str, int]) -> None:
    """Write a count down, in a transaction of its own: it stays whatever becomes of the deposit."""
    with transaction() as session:
        cash_counts.record(
            session,
            agent_id=agent_id,
            actor_id=current_user.id,
            counted_idr=counted_idr,
            counts=counts,
            receipts=sent_receipts(),
        )


def sent_count() -> tuple[int, dict[str, int]]:
    """What the form says was counted, in rupiah and by note; Invalid if it is no sum."""
    counts = counting.read(request.form)
    return (
        counting.total_of(counts) if counts else _rupiah(request.form.get("counted", ""))
    ), counts


def sent_receipts() -> int | None:
    """How many of the oldest receipts are deposited; None for all."""
    text = request.form.get("receipts", "").strip()
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise Invalid("Isi jumlah kuitansi yang disetor dengan angka.") from error


def shown_count(agent_id: int, receipts: int) -> dict[str, Any]:
    """For the page: the count that fits, and whether sums may be shown yet."""
    counted = cash_counts.latest(db.session(), agent_id) if counting.is_blind() else None
    return {
        "blind": bool(receipts) and counting.is_blind() and counted is None,
        "counted": counted,
    }


def still_blind(agent_id: int) -> bool:
    """Whether the agent has to count before any sum is shown; not if there is no cash."""
    in_hand, _ = custody.to_hand_over(db.session(), agent_id)
    return bool(shown_count(agent_id, in_hand)["blind"])


def _rupiah(text: str) -> int:
    try:
        return rupiah(text)
    except ValueError as error:
        raise Invalid(
            "Hitung uangnya, lalu isi jumlahnya dalam rupiah, misalnya 201.600."
        ) from error
