"""What a worker's membership says about the agreement that pays for it."""

from __future__ import annotations

from sqlalchemy.orm import object_session

from agentsys.agreements.kinds import PriceBasis
from agentsys.agreements.models import Agreement
from agentsys.workers.models import Enrolment


def prices_by_lowest(enrolment: Enrolment) -> bool:
    """Whether an agreement pays for it by the lowest income of the table."""
    session = object_session(enrolment)
    if enrolment.agreement_id is None or session is None:
        return False
    agreement = session.get_one(Agreement, enrolment.agreement_id)
    return agreement.price_basis is PriceBasis.LOWEST
