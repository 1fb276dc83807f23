"""Commission terms as typed values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from agentsys.people.models import Office, User
from agentsys.people.queries import names_of
from agentsys.terms.models import (
    CommissionFunding,
    CommissionTerms,
    TaxPeriod,
    TermsState,
    Withholder,
)

SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class TermsRow:
    """Terms that somebody proposed, and what became of them."""

    id: int
    office: str  # empty: all offices
    valid_from: date
    funding: CommissionFunding
    agent_tax_by: Withholder
    office_tax_by: Withholder
    tax_period: TaxPeriod
    minimum_idr: int
    basis: str
    state: TermsState
    proposed_by: int
    proposer: str
    decider: str
    reason: str


def newest(session: Session, user: User) -> Sequence[TermsRow]:
    """The newest terms that apply in the user's reach, those that wait first."""
    mine = (
        true()
        if user.sees_all_offices
        else or_(CommissionTerms.office_id == user.office_id, CommissionTerms.office_id.is_(None))
    )
    found = session.execute(
        select(CommissionTerms, Office.name)
        .outerjoin(Office, Office.id == CommissionTerms.office_id)
        .where(mine)
        .order_by(CommissionTerms.state != TermsState.PROPOSED, CommissionTerms.id.desc())
        .limit(SHOWN)
    ).all()
    names = names_of(
        session,
        {by for row, _name in found for by in (row.proposed_by, row.decided_by) if by is not None},
    )
    return [
        TermsRow(
            id=row.id,
            office=office or "",
            valid_from=row.valid_from,
            funding=row.funding,
            agent_tax_by=row.agent_tax_by,
            office_tax_by=row.office_tax_by,
            tax_period=row.tax_period,
            minimum_idr=row.minimum_idr,
            basis=row.basis,
            state=row.state,
            proposed_by=row.proposed_by,
            proposer=names.get(row.proposed_by, ""),
            decider=names.get(row.decided_by or 0, ""),
            reason=row.reason,
        )
        for row, office in found
    ]
