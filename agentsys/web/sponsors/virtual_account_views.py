"""The virtual account of a bill as pages and files show it."""

from __future__ import annotations

import uuid
from typing import Any

from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.agreements.kinds import BillState
from agentsys.extension.contract import PayerKind
from agentsys.payments import payment_lookup
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.sponsors import transfer_queries, virtual_accounts
from agentsys.sponsors.bill_queries import BillRow
from agentsys.web import channel_views, payment_views
from agentsys.web.view_models import channel_label

_UNPAID = (BillState.SENT, BillState.PART_PAID)


def around(session: Session, bill: BillRow, *, credit_idr: int) -> dict[str, Any]:
    """What a bill's page shows of its virtual accounts: the open one, the banks, and the others."""
    if bill.state is BillState.OPEN:
        return {"va": None, "banks": [], "past_accounts": []}
    current = state(session, bill)
    past = transfer_queries.virtual_accounts(session, bill.id)
    shown = current if current and current["shown"] else None
    needed = virtual_accounts.needed_idr(session, bill_id=bill.id, credit_idr=credit_idr)
    may_ask = bill.state in _UNPAID and current_user.can(Permission.SPONSOR_PAYMENT_RECORD)
    banks = _banks(session, needed) if may_ask and not shown and needed else []
    return {
        "va": shown,
        "va_needed_idr": needed,
        "va_key": uuid.uuid4().hex,
        "banks": channel_views.in_groups(banks, ""),
        "bank": channel_views.chosen_channel(banks, ""),
        "past_accounts": [row for row in past if shown is None or row.id != shown["id"]],
        "channel_label": channel_label,
    }


def state(session: Session, bill: BillRow) -> dict[str, Any] | None:
    """The newest virtual account of a bill with its number and state; nothing if it has none."""
    found = payment_lookup.virtual_account_of(session, bill.id)
    if found is None:
        return None
    shown = payment_views.payment_state(session, found)
    may = current_user.can(Permission.SPONSOR_PAYMENT_RECORD)
    return shown | {
        "bill_id": bill.id,
        "payer": bill.sponsor_name,
        "may_act": may and shown["channel_runs"],
        # One that is over is only in the list of all, unless somebody must look at it.
        "shown": shown["polls"] or shown["waiting"] or shown["review"],
    }


def to_pay_to(session: Session, bill: BillRow) -> dict[str, Any] | None:
    """The number that a bill can be paid to now; nothing if there is none."""
    found = state(session, bill)
    return found if found and found["waiting"] and found["codes"] else None


def _banks(session: Session, needed_idr: int) -> list[dict[str, Any]]:
    """The banks that take such a sum from a sponsor."""
    channels = runtime().registry.channels
    return [
        choice
        for choice in channel_views.channel_choices(
            session, with_cash=False, total_idr=needed_idr, payer=PayerKind.SPONSOR
        )
        for limits in (channels[choice["name"]].limits,)
        if virtual_accounts.takes_bills(channels[choice["name"]])
        and limits.min_idr <= needed_idr <= limits.max_idr
    ]
