"""Rules of random stories about BPJS: differences with it, explained and settled."""

from __future__ import annotations

import secrets

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from agentsys.people.models import User
from agentsys.remittances.difference_models import RemittanceDifference, SettlementWay
from agentsys.remittances.differences import propose
from agentsys.remittances.settling import SettlementAction, decide_settlement
from tests.payments.mistake_rules import Mistakes


class Remitting(Mistakes):
    """What BPJS says otherwise than we expect."""

    second: User

    @rule(way=st.sampled_from(SettlementWay), action=st.sampled_from(SettlementAction))
    def settle_a_difference(self, way: SettlementWay, action: SettlementAction) -> None:
        """Finance explains the oldest difference, and another user of it decides."""
        found = self.session.scalar(
            select(RemittanceDifference)
            .where(RemittanceDifference.settlement_id.is_(None))
            .order_by(RemittanceDifference.id)
            .limit(1)
        )
        if found is None:
            return
        with self.unless_refused():
            made = propose(
                self.session,
                remittance_id=found.remittance_id,
                difference_ids=[found.id],
                way=way,
                reason="diperiksa",
                bank_ref=secrets.token_hex(6),
                actor_id=self.world.finance.id,
            )
            decide_settlement(
                self.session, settlement_id=made.id, action=action, actor_id=self.second.id
            )
