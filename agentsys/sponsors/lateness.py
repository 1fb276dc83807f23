"""Late money of a sponsor: until when the whole list can still be paid for.

A membership lapses after more than three unpaid months in a row (Perdir 22/2022, 12a; the number is
a dated rule in `contributions/tables/cover.csv`). A sponsor that pays late lets its whole list
lapse at once, on one day. For that case 12c knows a procedure of BPJS' branch and regional office;
its text is not complete in what we have, so pages only say that it exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.agreements import rules
from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.contributions.cover_rules import rules_in
from agentsys.months import add_months


@dataclass(frozen=True, kw_only=True)
class Lateness:
    """How late the oldest unpaid bill of an agreement is."""

    month: date  # of that bill
    last_day: date  # on which BPJS must have its money, so that nobody's membership lapses
    people: int  # whose months of that bill are not paid
    days_left: int  # negative once the day has passed

    @property
    def is_over(self) -> bool:
        """Whether the list cannot be saved by paying any more."""
        return self.days_left < 0


def last_day(month: date) -> date:
    """The last day on which an unpaid month can still be paid, if the months before it are paid."""
    grace = rules_in(month).grace_months
    return add_months(month, grace) - timedelta(days=1)


def of_agreement(session: Session, agreement_id: int, *, today: date) -> Lateness | None:
    """How late an agreement's oldest unpaid bill is; None if it is early enough not to warn."""
    row = session.execute(
        select(Bill.month, func.sum(Bill.people - Bill.paid_people))
        .where(
            Bill.agreement_id == agreement_id,
            Bill.state.in_((BillState.SENT, BillState.PART_PAID)),
        )
        .group_by(Bill.month)
        .order_by(Bill.month)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    month, people = row
    until = last_day(month)
    left = (until - today).days
    if left > rules.setting(rules.Rule.WARN_DAYS, today).value:
        return None
    return Lateness(month=month, last_day=until, people=int(people), days_left=left)
