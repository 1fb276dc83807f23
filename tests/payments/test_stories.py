"""Stories that hypothesis makes up about a worker's money; the books are checked at each step."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.errors import Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, invariants, journal
from agentsys.payments.case_closing import close_case
from agentsys.payments.case_effects import RESOLUTIONS
from agentsys.payments.cash import DepositAction, collect, decide_deposit, declare_deposit
from agentsys.payments.gateway_payouts import record_payout
from agentsys.payments.models import Case, Deposit, DepositState, Payment
from agentsys.payments.requests import ask
from agentsys.people.models import RoleName
from agentsys.remittances.batches import cancel, make_batch, set_code
from agentsys.remittances.cancelling import ask_to_cancel
from agentsys.remittances.confirmations import confirm
from agentsys.remittances.holds import hold, release
from agentsys.remittances.models import Remittance
from agentsys.remittances.results import ResultRow
from agentsys.transfers.repayments import (
    TransferAction,
    decide_transfer,
    propose,
    propose_return,
)
from agentsys.transfers.unexplained import book, explain
from tests.factories import make_user
from tests.payments.world import PRICE, World

HEARD = st.sampled_from([state for state in PaymentState if state is not PaymentState.CREATED])
AMOUNTS = st.sampled_from([None, None, None, PRICE, 2 * PRICE, 5_000])


class Network(RuleBasedStateMachine):
    """One office: whatever people and providers do, the books stay right."""

    session: ClassVar[Session]
    vault: ClassVar[Vault]
    payments = Bundle("payments")

    def __init__(self) -> None:
        """A fresh world, which is undone when the story ends."""
        super().__init__()
        self.savepoint = self.session.begin_nested()
        self.world = World.build(self.session, self.vault, months=4)
        self.second = make_user(
            self.session, RoleName.FINANCE, office_id=self.world.agent.office_id
        )
        self.given: dict[str, int] = {}

    def teardown(self) -> None:
        """Undo the story."""
        self.session.expunge_all()
        self.savepoint.rollback()

    @contextmanager
    def unless_refused(self) -> Iterator[None]:
        """Do it, or nothing of it."""
        nested = self.session.begin_nested()
        try:
            yield
        except Refused:
            nested.rollback()
        else:
            nested.commit()

    @rule(target=payments, first=st.sampled_from([0, 0, 0, 1]), count=st.integers(1, 2))
    def ask_by_wallet(self, first: int, count: int) -> str:
        """Ask for the oldest months; what is not allowed is refused and changes nothing."""
        try:
            return ask(
                self.session,
                key=secrets.token_hex(16),
                channel=self.world.wallet,
                worker_id=self.world.worker.id,
                months=self.world.months[first : first + count],
                actor_id=self.world.agent.user_id,
                agent_id=self.world.agent.id,
            ).reference
        except Refused:
            return ""

    @rule(first=st.integers(0, 3))
    def collect_cash(self, first: int) -> None:
        """Take one month in cash."""
        world = self.world
        try:
            collect(
                self.session,
                key=secrets.token_hex(16),
                channel=world.cash,
                worker_id=world.worker.id,
                months=[world.months[first]],
                actor_id=world.agent.user_id or 0,
                agent_id=world.agent.id,
            )
        except Refused:
            return

    @rule(reference=payments, state=HEARD, amount=AMOUNTS)
    def report_anything(self, reference: str, state: PaymentState, amount: int | None) -> None:
        """A provider says something about a payment, true or not."""
        self.report(reference, state, amount)

    @rule(reference=payments, left=st.sampled_from([0, 5_000, PRICE, 2 * PRICE]))
    def report_what_a_person_must_judge(self, reference: str, left: int) -> None:
        """A part of the money went back, or all of it."""
        payment = self.session.scalar(select(Payment).where(Payment.reference == reference))
        if payment is not None:
            self.world.report(payment, PaymentState.SETTLED, left, "Sebagian uang kembali.")

    def report(self, reference: str, state: PaymentState, amount: int | None) -> None:
        """Apply a report, if there is such a payment."""
        payment = self.session.scalar(select(Payment).where(Payment.reference == reference))
        if payment is not None:
            self.world.report(payment, state, amount)

    @rule(reference=payments)
    def report_of_money(self, reference: str) -> None:
        """The payer paid what was asked."""
        self.report(reference, PaymentState.SETTLED, None)

    @rule(action=st.sampled_from(DepositAction))
    def hand_cash_over(self, action: DepositAction) -> None:
        """The agent deposits what he or she holds, and withdraws it or finance decides."""
        world = self.world
        held = journal.balance(self.session, accounts.cash_of(world.agent.id))
        if not held:
            return
        deposit = declare_deposit(
            self.session,
            key=secrets.token_hex(8),
            agent_id=world.agent.id,
            actor_id=world.agent.user_id or 0,
            evidence="Slip",
            counted_idr=held,
        )
        decide_deposit(
            self.session,
            deposit_id=deposit.id,
            action=action,
            actor=world.agent.user if action is DepositAction.WITHDRAW else world.finance,
            counted_idr=held,
            reason="diperiksa",
        )

    @rule(share=st.integers(1, 4), fee=st.integers(0, 300))
    def pay_out(self, share: int, fee: int) -> None:
        """The provider pays out a part of what it holds."""
        amount = (
            journal.balance(self.session, accounts.clearing("dict", self.world.office_id)) // share
        )
        if amount > fee:
            record_payout(
                self.session,
                provider="dict",
                bank_ref=secrets.token_hex(6),
                amount_idr=amount,
                fee_idr=fee,
                actor_id=self.world.finance.id,
            )

    @rule(coded=st.sampled_from([True, True, False]))
    def batch(self, coded: bool) -> None:
        """Finance batches what can be remitted, and mostly goes on to its code."""
        finance = self.world.finance.id
        try:
            made = make_batch(self.session, office_id=self.world.agent.office_id, actor_id=finance)
        except Refused:
            return
        if not coded:
            return
        set_code(
            self.session,
            remittance_id=made.id,
            kode_iuran=f"90{made.id:06d}",
            actor_id=finance,
        )

    @rule(off=st.sampled_from([0, 0, 1]), paid=st.booleans())
    def report_from_bpjs(self, off: int, paid: bool) -> None:
        """Finance pastes what BPJS says about every batch."""
        rows = [
            ResultRow(1, remittance.kode_iuran, paid, "", remittance.amount_idr + off, "R")
            for remittance in self.session.scalars(select(Remittance))
            if remittance.kode_iuran
        ]
        confirm(self.session, rows=rows, actor_id=self.world.finance.id)

    @rule()
    def take_a_batch_apart(self) -> None:
        """Two people of finance cancel the newest batch, if it can be cancelled."""
        newest = self.session.scalar(select(Remittance.id).order_by(Remittance.id.desc()).limit(1))
        actor = self.world.finance.id
        try:
            if newest and self.session.get_one(Remittance, newest).kode_iuran:
                ask_to_cancel(self.session, remittance_id=newest, reason="salah", actor_id=actor)
            cancel(self.session, remittance_id=newest or 0, actor_id=self.second.id)
        except Refused:
            return

    @rule(which=st.integers(0, 3))
    def hold_back_or_let_go(self, which: int) -> None:
        """Finance holds a contribution back, or lets it go."""
        found = self.session.scalars(
            select(Contribution).order_by(Contribution.worker_id, Contribution.month)
        ).all()
        one = found[which % len(found)]
        key: dict[str, Any] = {"worker_id": one.worker_id, "month": one.month}
        try:
            if one.held_at is None:
                hold(self.session, **key, reason="NIK ditolak", actor_id=self.world.finance.id)
            else:
                release(self.session, **key, actor_id=self.world.finance.id)
        except Refused:
            return

    @rule(amount=st.sampled_from([PRICE, 5_000]), action=st.sampled_from(TransferAction))
    def settle_with_the_worker(self, amount: int, action: TransferAction) -> None:
        """Finance pays back what the worker is owed, or takes in what the worker owes."""
        worker = self.world.worker.id
        for account in (accounts.owed_to_worker(worker), accounts.claim_on_worker(worker)):
            with self.unless_refused():
                made = propose(self.session, account=account, amount_idr=amount, **self.seen())
                decide_transfer(
                    self.session, transfer_id=made.id, action=action, actor_id=self.second.id
                )

    @rule(amount=st.integers(1, 9_000), back=st.booleans())
    def report_of_unknown_orders(self, amount: int, back: bool) -> None:
        """The provider holds money of another shop, which is explained or given back."""
        by = {"actor_id": self.world.finance.id, "office_id": self.world.office_id}
        with self.unless_refused():
            odd = book(self.session, provider="dict", amount_idr=amount, reason="lain", **by)
            if back:
                made = propose_return(self.session, unexplained_id=odd.id, **self.seen())
                action = TransferAction.BOOK
                decide_transfer(
                    self.session, transfer_id=made.id, action=action, actor_id=self.second.id
                )
            else:
                explain(
                    self.session, unexplained_id=odd.id, note="AG", actor_id=self.world.finance.id
                )

    def seen(self) -> dict[str, Any]:
        """What finance sees on the bank statement."""
        ref = secrets.token_hex(6)
        return {"bank_ref": ref, "note": "transfer", "actor_id": self.world.finance.id}

    @rule(choice=st.integers(0, 2))
    def close_a_case(self, choice: int) -> None:
        """A person decides about the oldest open case."""
        case = self.session.scalar(select(Case).where(Case.closed_at.is_(None)).order_by(Case.id))
        if case is None:
            return
        possible = RESOLUTIONS[case.kind]
        with self.unless_refused():
            close_case(
                self.session,
                case_id=case.id,
                actor_id=self.world.finance.id,
                note="diperiksa",
                resolution=possible[choice % len(possible)],
            )

    @invariant()
    def the_books_are_right(self) -> None:
        """No invariant is broken, and the journal sums to zero."""
        self.session.flush()
        assert invariants.check(self.session) == []
        assert sum(journal.balances(self.session).values()) == 0
        assert not self.session.scalars(
            select(Deposit).where(Deposit.state == DepositState.DECLARED)
        ).all()


def test_no_story_breaks_the_books(session: Session, vault: Vault) -> None:
    Network.session, Network.vault = session, vault

    run_state_machine_as_test(
        Network,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
