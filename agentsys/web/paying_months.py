"""The months that an agent's sheet and a pay link offer: the open ones, and a year ahead.

Each month has its own price. The page sends the prices that it showed along with what was chosen,
so that nobody pays another sum than the one that was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from agentsys import clock
from agentsys.contributions import arrears, billing
from agentsys.contributions.advance import ComingMonth, coming_months
from agentsys.contributions.arrears import OpenMonth
from agentsys.errors import Invalid
from agentsys.months import parse_month
from agentsys.web import view_models

IN_ADVANCE = 12  # months that are not billed yet and can be paid
QUICK = (1, 3, 6, 12)  # numbers of months that are chosen by one tap


def offered(session: Session, *, worker_id: int) -> list[OpenMonth | ComingMonth]:
    """The months that a worker may pay, oldest first; empty if a sponsor pays all of them."""
    open_ = arrears.own_months(session, worker_id=worker_id)
    return [*open_, *coming_months(session, worker_id=worker_id, count=IN_ADVANCE)]


def choices(
    months: Sequence[OpenMonth | ComingMonth], sent: MultiDict[str, str]
) -> list[dict[str, Any]]:
    """The months as `macros/collect.html` takes them; `sent` ticks some, or names how many."""
    chosen = sent.getlist("months")
    count = sent.get("bulan", "")
    if not chosen and count.isascii() and count.isdigit() and len(count) <= 2:
        chosen = [f"{found.month:%Y-%m}" for found in months[: int(count)]]
    return view_models.month_choices(months, chosen)


def wanted(form: MultiDict[str, str]) -> list[date]:
    """The chosen months of a form; Invalid if one is no month."""
    try:
        return [parse_month(month) for month in form.getlist("months")]
    except ValueError as error:
        raise Invalid("Pilih bulan iuran yang dibayar.") from error


def shown_idr(form: MultiDict[str, str]) -> int | None:
    """The sum of the chosen months as the page showed it; None if it did not show all of them."""
    shown = dict(text.split(":", 1) for text in form.getlist("shown") if ":" in text)
    prices = [shown.get(month, "") for month in sorted(set(form.getlist("months")))]
    if not all(price.isascii() and price.isdigit() and len(price) < 12 for price in prices):
        return None
    return sum(int(price) for price in prices) or None


def bill_ahead(session: Session, *, worker_id: int, months: Sequence[date]) -> None:
    """Bill what no run has billed yet up to the last chosen month, so that it can be paid.

    It is done in the payment's transaction, so a refused payment bills nothing. Earlier months
    that were not chosen are billed too, because no month may be skipped.
    """
    ahead = {month for month in months if month >= clock.this_month()}
    if not ahead:
        return
    billed = {found.month for found in arrears.own_months(session, worker_id=worker_id)}
    coming = coming_months(session, worker_id=worker_id, count=IN_ADVANCE)
    before = {found.month for found in coming if found.month <= max(ahead)}
    missing = (ahead | before) - billed
    if missing:
        billing.ensure_billed(session, worker_id=worker_id, months=missing)
