"""Rules of random stories about mistakes: void receipts, and deposits in part or short."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.errors import Refused
from agentsys.extension.contract import Custody
from agentsys.payments.cash import DepositAction, declare_deposit
from agentsys.payments.deposit_moves import cash_of
from agentsys.payments.models import Payment
from agentsys.payments.reversals import ReversalAction
from agentsys.workers.models import Worker
from tests.payments.reversing import decide, proposal
from tests.payments.world import World


class Mistakes(RuleBasedStateMachine):
    """What people undo, and cash that is missing."""

    session: Session
    world: World

    @contextmanager
    def unless_refused(self) -> Iterator[None]:
        """Do it, or roll it back if it is refused."""
        nested = self.session.begin_nested()
        try:
            yield
        except Refused:
            nested.rollback()
        else:
            nested.commit()

    @rule(which=st.integers(0, 3), action=st.sampled_from(ReversalAction))
    def void_a_receipt(self, which: int, action: ReversalAction) -> None:
        """The agent proposes to void a cash receipt, and the supervisor decides."""
        cash = self.session.scalars(
            select(Payment).where(Payment.custody == Custody.AGENT).order_by(Payment.id)
        ).all()
        if cash:
            with self.unless_refused():
                decide(self.world, proposal(self.world, cash[which % len(cash)]), action=action)

    @rule(which=st.integers(0, 3), same=st.booleans(), withdrawn=st.sampled_from([0, 0, 1]))
    def move_a_receipt(self, which: int, same: bool, withdrawn: int) -> None:
        """The cash was another worker's, or is for other months of the same one."""
        cash = self.session.scalars(
            select(Payment).where(Payment.custody == Custody.AGENT).order_by(Payment.id)
        ).all()
        if not cash:
            return
        payment = cash[which % len(cash)]
        other = self.session.scalar(
            select(Worker.id).where(Worker.id != payment.payer_id).order_by(Worker.id.desc())
        )
        action = ReversalAction.WITHDRAW if withdrawn else ReversalAction.APPROVE
        by = self.world.agent.user_id if withdrawn else None
        with self.unless_refused():
            to = payment.payer_id if same or other is None else other
            decide(self.world, proposal(self.world, payment, to_worker_id=to), by, action)

    @rule(receipts=st.integers(1, 3), short=st.sampled_from([0, 2_800, -2_800]))
    def hand_a_part_over(self, receipts: int, short: int) -> None:
        """The agent deposits the oldest receipts, with too little or too much cash."""
        agent = self.world.agent
        held = cash_of(self.session, agent.id)[:receipts]
        if not held:
            return
        counted = sum(amount_idr for _, amount_idr in held) - short
        deposit = declare_deposit(
            self.session,
            key=secrets.token_hex(8),
            agent_id=agent.id,
            actor_id=agent.user_id or 0,
            evidence="Slip",
            counted_idr=counted,
            receipts=len(held),
            difference_reason="Salah memberi kembalian",
        )
        self.world.decide(deposit, DepositAction.CONFIRM, counted_idr=counted)
