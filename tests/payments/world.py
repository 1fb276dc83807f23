"""Test data: an agent, a worker with three bills, a wallet and cash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentChannel, PaymentReport, PaymentState
from agentsys.ledger.accounts import owed_to_worker
from agentsys.months import add_months
from agentsys.payments.cash import DepositAction, collect, decide_deposit, declare_deposit
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Outcome, Payment
from agentsys.payments.requests import ask
from agentsys.people.models import Agent, RoleName, User
from agentsys.plugins.cash import Cash
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_user, make_worker
from tests.payments.provider import DictPay

PRICE = 16_800


@dataclass
class World:
    """An agent, a worker, and actions on their payments."""

    session: Session
    vault: Vault
    agent: Agent
    worker: Worker
    finance: User
    months: list[date]
    wallet: DictPay = field(default_factory=DictPay)
    cash: Cash = field(default_factory=Cash)

    @property
    def office_id(self) -> int:
        """The agent's office, and so the worker's."""
        return self.agent.office_id

    @classmethod
    def build(cls, session: Session, vault: Vault, months: int = 3) -> World:
        """An agent with one worker who owes some months of Rp16.800."""
        agent = make_agent(session)
        finance = make_user(session, RoleName.FINANCE, office_id=agent.office_id)
        worker = make_worker(session, vault, agent=agent, name="Siti Rahmawati")
        first = add_months(clock.this_month(), 1 - months)
        owed = [add_months(first, count) for count in range(months)]
        for month in owed:
            make_contribution(session, worker, month)
        return cls(session, vault, agent, worker, finance, owed)

    def ask(self, months: int = 1, *, channel: PaymentChannel | None = None) -> Payment:
        """A stored payment for the first months."""
        return ask(
            self.session,
            key=secrets.token_hex(16),
            channel=channel or self.wallet,
            worker_id=self.worker.id,
            months=self.months[:months],
            actor_id=self.agent.user_id,
            agent_id=self.agent.id,
        )

    def ask_for_another(self) -> Payment:
        """A stored payment of another worker, who owes one month."""
        worker = make_worker(self.session, self.vault, agent=self.agent)
        make_contribution(self.session, worker, self.months[0])
        return ask(
            self.session,
            key=secrets.token_hex(16),
            channel=self.wallet,
            worker_id=worker.id,
            months=self.months[:1],
            actor_id=self.agent.user_id,
            agent_id=self.agent.id,
        )

    def repay(self, amount_idr: int) -> None:
        """Transfer to the worker what is owed; two people book it."""
        accountant = make_user(self.session, RoleName.FINANCE, office_id=self.agent.office_id)
        proposed = propose(
            self.session,
            account=owed_to_worker(self.worker.id),
            amount_idr=amount_idr,
            bank_ref=f"TRF-{accountant.id}",
            note="Kelebihan bayar",
            actor_id=self.finance.id,
        )
        decide_transfer(
            self.session,
            transfer_id=proposed.id,
            action=TransferAction.BOOK,
            actor_id=accountant.id,
        )

    def collect(self, months: list[date], key: str = "") -> Payment:
        """A cash payment for these months."""
        assert self.agent.user_id is not None
        return collect(
            self.session,
            key=key or secrets.token_hex(16),
            channel=self.cash,
            worker_id=self.worker.id,
            months=months,
            actor_id=self.agent.user_id,
            agent_id=self.agent.id,
        )

    def declare(
        self,
        counted_idr: int = PRICE,
        *,
        key: str = "setoran-1",
        evidence: str = "Slip BRI 0042",
        actor_id: int | None = None,
    ) -> Deposit:
        """The agent, or this person, says that the agent's cash was handed over."""
        by = self.agent.user_id if actor_id is None else actor_id
        assert by is not None
        return declare_deposit(
            self.session,
            key=key,
            agent_id=self.agent.id,
            actor_id=by,
            evidence=evidence,
            counted_idr=counted_idr,
        )

    def decide(
        self, deposit: Deposit, action: DepositAction, actor: User | None = None, **more: object
    ) -> Deposit:
        """Finance, or this person, decides about a deposit."""
        return decide_deposit(
            self.session,
            deposit_id=deposit.id,
            action=action,
            actor=actor or self.finance,
            **more,  # type: ignore[arg-type]
        )

    def confirm(self, deposit: Deposit) -> Deposit:
        """Finance counts the same sum."""
        counted_idr = deposit.amount_idr
        return self.decide(deposit, DepositAction.CONFIRM, counted_idr=counted_idr)

    def report(
        self,
        payment: Payment,
        state: PaymentState,
        amount_idr: int | None = None,
        for_a_person: str = "",
    ) -> Outcome:
        """Apply what a provider says about a payment."""
        report = PaymentReport(
            reference=payment.reference,
            state=state,
            amount_idr=payment.amount_idr if amount_idr is None else amount_idr,
            for_a_person=for_a_person,
        )
        return apply_report(self.session, report=report, by="test")
