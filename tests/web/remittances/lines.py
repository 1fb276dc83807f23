"""SHARED Pages of batches for BPJS, from making them to the result PAID."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution, ContributionState


def states(session: Session) -> set[ContributionState]:
    session.expire_all()
    return set(session.scalars(select(Contribution.state)))
