"""An agent who pays deposits to a provider."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.extension.contract import PayerKind, PaymentChannel, PaymentReport, PaymentState
from agentsys.months import add_months
from agentsys.payments import provider_deposits, provider_queue
from agentsys.payments.custody import to_hand_over
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Outcome, Payment
from agentsys.people.models import Agent, User
from tests.factories import make_contribution, make_worker
from tests.payments.provider import DictPay
from tests.payments.world import World


class DictBank(DictPay):
    """A bank whose numbers agents have, too."""

    name: ClassVar[str] = "dictbank"
    label = "Bank Kamus"
    payers = frozenset({PayerKind.WORKER, PayerKind.AGENT})


@dataclass
class Depositing:
    """The world's agent, and a bank that takes deposits."""

    world: World
    channel: DictBank = field(default_factory=DictBank)

    @property
    def session(self) -> Session:
        """The session of the test."""
        return self.world.session

    @property
    def agent(self) -> Agent:
        """The agent who deposits."""
        return self.world.agent

    @property
    def user(self) -> User:
        """The person who is the agent."""
        return self.session.get_one(User, self.agent.user_id)

    def collect(self, months: int) -> Payment:
        """Cash of a new worker for so many months."""
        world = self.world
        world.worker = make_worker(self.session, world.vault, agent=self.agent)
        owed = [add_months(world.months[0], count) for count in range(months)]
        for month in owed:
            make_contribution(self.session, world.worker, month)
        return world.collect(owed)

    def declare(
        self,
        *,
        key: str = "",
        shown_idr: int | None = None,
        channel: PaymentChannel | None = None,
    ) -> Deposit:
        """The agent chooses a bank for all cash that is in hand."""
        assert self.agent.user_id is not None
        held = to_hand_over(self.session, self.agent.id)[1]
        return provider_deposits.declare_by_provider(
            self.session,
            key=key or secrets.token_hex(16),
            channel=channel or self.channel,
            agent_id=self.agent.id,
            actor_id=self.agent.user_id,
            shown_idr=held if shown_idr is None else shown_idr,
        )

    def cancel(self, deposit: Deposit) -> None:
        """The agent does not want to pay it any more."""
        provider_deposits.cancel(self.session, deposit_id=deposit.id, actor=self.user)

    def payment_of(self, deposit: Deposit) -> Payment:
        """What the provider is asked for."""
        return self.session.scalars(
            select(Payment).where(Payment.for_deposit_id == deposit.id)
        ).one()

    def start(self, deposit: Deposit) -> None:
        """A job asked the provider, which waits for the agent now."""
        provider_queue.claim(self.session)
        self.report(deposit, PaymentState.PENDING)

    def report(
        self, deposit: Deposit, state: PaymentState, amount_idr: int | None = None, **more: Any
    ) -> Outcome:
        """The provider says how the payment of a deposit stands."""
        payment = self.payment_of(deposit)
        outcome = apply_report(
            self.session,
            report=PaymentReport(
                reference=payment.reference,
                state=state,
                amount_idr=payment.amount_idr if amount_idr is None else amount_idr,
                **more,
            ),
            by="callback",
        )
        self.session.flush()
        return outcome
