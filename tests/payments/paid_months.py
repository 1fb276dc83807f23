"""What a payment left: cases, and months that are paid."""

from __future__ import annotations

from sqlalchemy import select

from agentsys.contributions.models import Contribution
from agentsys.payments.models import Case, CaseKind, Payment
from tests.payments.world import World


def cases(world: World) -> set[CaseKind]:
    """The kinds of the open cases."""
    return set(world.session.scalars(select(Case.kind)))


def paid_months(world: World, payment: Payment) -> list[object]:
    """The months that a payment paid."""
    return list(
        world.session.scalars(
            select(Contribution.month)
            .where(Contribution.payment_id == payment.id)
            .order_by(Contribution.month)
        )
    )
