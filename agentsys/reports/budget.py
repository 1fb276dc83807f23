"""How far the money of an agreement goes: its ceiling against what was billed and paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys.agreements.models import Agreement, AgreementMember, Sponsor
from agentsys.errors import NotFound
from agentsys.months import add_months
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.people.permissions import Permission

_MONTHS = text("""
SELECT c.month, count(*) AS people, sum(c.amount_idr) AS billed_idr,
    coalesce(sum(c.amount_idr) FILTER (WHERE c.payment_id IS NOT NULL), 0) AS paid_idr
FROM bills b JOIN contributions c ON c.bill_id = b.id AND c.month = b.month
WHERE b.agreement_id = :agreement_id
GROUP BY c.month ORDER BY c.month
""")


@dataclass(frozen=True, kw_only=True)
class AgreementFacts:
    """An agreement, as the head of its report says it."""

    id: int
    office_id: int
    office_name: str
    number: str
    sponsor_name: str
    from_month: date
    until_month: date  # the first month that it does not pay
    most_people: int | None
    most_idr: int | None
    members: int  # for whom it pays now

    @property
    def last_month(self) -> date:
        """The last month that it pays."""
        return add_months(self.until_month, -1)


@dataclass(frozen=True, kw_only=True)
class BudgetMonth:
    """What one month took from the budget, and what is left after it (None without a ceiling)."""

    month: date
    people: int
    billed_idr: int
    paid_idr: int
    left_idr: int | None


@dataclass(frozen=True, kw_only=True)
class Budget:
    """All months of an agreement so far, and how long the rest lasts."""

    most_idr: int | None
    months: Sequence[BudgetMonth]
    lasts_until: date | None  # at the last month's bill; None if it lasts to the end, or no ceiling

    @property
    def billed_idr(self) -> int:
        """What was billed in all months."""
        return sum(month.billed_idr for month in self.months)

    @property
    def left_idr(self) -> int | None:
        """What is left of the ceiling; None without one."""
        return None if self.most_idr is None else self.most_idr - self.billed_idr


def facts(session: Session, user: User, agreement_id: int) -> AgreementFacts:
    """An agreement of the user's offices; NotFound for any other."""
    members = (
        select(func.count())
        .where(AgreementMember.agreement_id == Agreement.id, AgreementMember.until_month.is_(None))
        .scalar_subquery()
    )
    row = session.execute(
        select(
            Agreement.id,
            Agreement.office_id,
            Office.name.label("office_name"),
            Agreement.number,
            Sponsor.name.label("sponsor_name"),
            Agreement.from_month,
            Agreement.until_month,
            Agreement.most_people,
            Agreement.most_idr,
            members.label("members"),
        )
        .join(Sponsor, Sponsor.id == Agreement.sponsor_id)
        .join(Office, Office.id == Agreement.office_id)
        .where(
            Agreement.id == agreement_id,
            scope.of_office(user, Agreement.office_id),
        )
    ).one_or_none()
    if row is None or not user.can(Permission.REPORT_READ):
        raise NotFound()
    return AgreementFacts(**row._mapping)


def burn_down(session: Session, of: AgreementFacts) -> Budget:
    """The budget month by month; closed bills, which nobody pays, take nothing from it."""
    left = of.most_idr
    months = []
    for row in session.execute(_MONTHS, {"agreement_id": of.id}):
        left = None if left is None else left - int(row.billed_idr)
        months.append(
            BudgetMonth(
                month=row.month,
                people=row.people,
                billed_idr=int(row.billed_idr),
                paid_idr=int(row.paid_idr),
                left_idr=left,
            )
        )
    return Budget(most_idr=of.most_idr, months=months, lasts_until=_lasts_until(of, months))


def _lasts_until(of: AgreementFacts, months: Sequence[BudgetMonth]) -> date | None:
    """The last month that the rest pays for, if that is before the agreement's end."""
    if not months or months[-1].left_idr is None or not months[-1].billed_idr:
        return None
    more = max(months[-1].left_idr, 0) // months[-1].billed_idr
    last = add_months(months[-1].month, more)
    return last if last < of.last_month else None
