"""A deposit that was confirmed wrongly: its correction waits for a second person."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.corrections import corrections
from agentsys.corrections.models import Correctable
from agentsys.demo.city.staff import Staff
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.people.models import User


def play(session: Session, *, staff: Staff) -> None:
    """Propose it with the real service, for the newest deposit that can be corrected."""
    for office_id in (staff.other_id, staff.main_id):
        actor = session.get_one(User, staff.finance[office_id])
        newest = session.scalars(
            select(Deposit.id)
            .where(
                Deposit.office_id == office_id,
                Deposit.state == DepositState.CONFIRMED,
                Deposit.channel == "",
            )
            .order_by(Deposit.id.desc())
            .limit(40)
        ).all()
        for deposit_id in newest:
            what = Correctable.DEPOSIT
            if corrections.why_not(session, what=what, subject_id=deposit_id, actor=actor):
                continue
            corrections.propose(
                session,
                what=what,
                subject_id=deposit_id,
                reason="Uangnya dihitung untuk agen lain",
                actor_id=actor.id,
            )
            return
