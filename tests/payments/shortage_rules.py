"""Rules of random stories: shortages, robberies, corrections, months closed and opened again."""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import func, select

from agentsys import clock
from agentsys.closing import checklist, closings, reopening
from agentsys.closing.models import MonthClosing
from agentsys.corrections import corrections
from agentsys.corrections.corrections import CorrectionAction, decide_correction
from agentsys.corrections.models import Correctable
from agentsys.extension.contract import Custody, PaymentState
from agentsys.ledger import accounts, journal
from agentsys.months import add_months
from agentsys.payments import deductions
from agentsys.payments.cash import DepositAction, collect, declare_deposit
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.deposit_moves import cash_of
from agentsys.payments.fee_models import GatewayFee
from agentsys.payments.models import Payment
from agentsys.payments.payout_models import GatewayPayout
from agentsys.payments.shortages import owed_by
from agentsys.people.models import Office, User
from agentsys.transfers.models import Transfer
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose_with_agent
from tests.factories import make_contribution, make_worker
from tests.payments.mistake_rules import Mistakes

MOST_MONTHS = 2  # that one story closes
_SUBJECTS = {
    Correctable.DEPOSIT: Deposit,
    Correctable.TRANSFER: Transfer,
    Correctable.PAYOUT: GatewayPayout,
    Correctable.FEE: GatewayFee,
}
# The audit commits; the story checks all invariants at each step instead.
_CHECKS = tuple(each for each in checklist.CHECKS if each.key != "audit")


class Owing(Mistakes):
    """What agents owe, what people undo, and months that are closed and opened again."""

    second: User
    clock: time_machine.Traveller | None = None
    clock_of: time_machine.travel | None = None

    @rule(part=st.integers(1, 3), action=st.sampled_from(TransferAction))
    def pay_a_shortage_off(self, part: int, action: TransferAction) -> None:
        """The agent transfers a part of a shortage, or gets a surplus back."""
        self._hand_in(short_idr=2_800)
        agent = self.world.agent
        amount = abs(owed_by(self.session, agent.id)) // part
        with self.unless_refused():
            transfer = propose_with_agent(
                self.session,
                agent_id=agent.id,
                amount_idr=amount,
                bank_ref=secrets.token_hex(6),
                note="Pelunasan",
                actor_id=self.world.finance.id,
            )
            decide_transfer(
                self.session, transfer_id=transfer.id, action=action, actor_id=self.second.id
            )

    @rule(agreed=st.booleans())
    def deduct_a_shortage(self, agreed: bool) -> None:
        """The agent asks to have a shortage deducted, and finance decides."""
        self._hand_in(short_idr=2_800)
        agent = self.world.agent
        action = deductions.DeductionAction.AGREE if agreed else deductions.DeductionAction.REFUSE
        assert agent.user is not None
        with self.unless_refused():
            asked = deductions.ask(
                self.session,
                agent_id=agent.id,
                amount_idr=owed_by(self.session, agent.id),
                note="Dari komisi",
                actor=agent.user,
            )
            deductions.decide_deduction(
                self.session,
                deduction_id=asked.id,
                action=action,
                actor=self.second,
                reason="belum",
            )

    @rule(receipts=st.integers(1, 2), left=st.sampled_from([0, 0, 5_000]))
    def be_robbed(self, receipts: int, left: int) -> None:
        """The cash of the oldest receipts is gone, all or most of it."""
        self._take_cash()
        agent = self.world.agent
        held = cash_of(self.session, agent.id)[:receipts]
        with self.unless_refused():
            deposit = declare_deposit(
                self.session,
                key=secrets.token_hex(8),
                agent_id=agent.id,
                actor_id=agent.user_id or 0,
                evidence="",
                counted_idr=left,
                receipts=len(held),
                difference_reason="Dirampok",
                police_report="LP/1",
            )
            self.world.decide(deposit, DepositAction.CONFIRM, counted_idr=left)

    @rule(
        what=st.sampled_from(Correctable),
        which=st.integers(0, 3),
        action=st.sampled_from([CorrectionAction.APPROVE] * 3 + [CorrectionAction.REFUSE]),
    )
    def undo_what_was_confirmed(
        self, what: Correctable, which: int, action: CorrectionAction
    ) -> None:
        """Two persons undo a deposit, a transfer or a payout, if possible."""
        if what is Correctable.TRANSFER:
            self.pay_a_shortage_off(1, TransferAction.BOOK)
        elif what is Correctable.DEPOSIT:
            self._hand_in(short_idr=(0, 2_800, -2_800, 0)[which])
        table = _SUBJECTS[what]
        found = self.session.scalars(select(table.id).order_by(table.id.desc())).all()
        if not found:
            return
        with self.unless_refused():
            made = corrections.propose(
                self.session,
                what=what,
                subject_id=found[which % len(found)],
                reason="salah",
                actor_id=self.world.finance.id,
            )
            decide_correction(
                self.session, correction_id=made.id, action=action, actor_id=self.second.id
            )

    @rule(goes_on=st.booleans())
    def close_the_month(self, goes_on: bool) -> None:
        """The month ends, and finance closes it with a reason for what is open."""
        count = self.session.scalar(select(func.count()).select_from(MonthClosing)) or 0
        if not goes_on or count >= MOST_MONTHS:
            return
        office = self.session.get_one(Office, self.world.office_id)
        zone = ZoneInfo(office.zone)
        month = clock.now().astimezone(zone).date().replace(day=1)
        self._travel(datetime.combine(add_months(month, 1), time(10), zone) + timedelta(days=2))
        with self.unless_refused(), patch.object(checklist, "CHECKS", _CHECKS):
            locked = closings.lock(
                self.session,
                office_id=office.id,
                month=month,
                note="Dilanjutkan bulan depan",
                actor_id=self.world.finance.id,
            )
            closings.seal(self.session, closing_id=locked.id)

    @rule(approve=st.booleans())
    def reopen_the_month(self, approve: bool) -> None:
        """Two persons open the newest closed month again."""
        self.close_the_month(True)
        newest = self.session.scalar(
            select(MonthClosing.id)
            .where(MonthClosing.reopened_at.is_(None))
            .order_by(MonthClosing.month.desc())
            .limit(1)
        )
        if newest is None:
            return
        with self.unless_refused():
            reopening.ask(
                self.session,
                closing_id=newest,
                reason="Ada setoran yang salah",
                actor_id=self.world.finance.id,
            )
            reopening.decide(
                self.session, closing_id=newest, approve=approve, actor_id=self.second.id
            )

    def _take_cash(self) -> None:
        """A new worker pays a month in cash, unless the agent may not take it."""
        world = self.world
        worker = make_worker(self.session, world.vault, agent=world.agent)
        make_contribution(self.session, worker, world.months[-1])
        with self.unless_refused():
            collect(
                self.session,
                key=secrets.token_hex(16),
                channel=world.cash,
                worker_id=worker.id,
                months=world.months[-1:],
                actor_id=world.agent.user_id or 0,
                agent_id=world.agent.id,
            )

    def _hand_in(self, *, short_idr: int) -> None:
        """The agent hands all cash in, with too little or too much."""
        self._take_cash()
        agent = self.world.agent
        counted = sum(amount for _, amount in cash_of(self.session, agent.id)) - short_idr
        with self.unless_refused():
            deposit = declare_deposit(
                self.session,
                key=secrets.token_hex(8),
                agent_id=agent.id,
                actor_id=agent.user_id or 0,
                evidence="Slip",
                counted_idr=counted,
                difference_reason="Salah hitung" if short_idr else "",
            )
            self.world.decide(deposit, DepositAction.CONFIRM, counted_idr=counted)

    @invariant()
    def custody_is_cash_in_less_deposits_and_shortages(self) -> None:
        """An agent's cash and shortage are what came in, less what was handed over and void."""
        agent_id = self.world.agent.id
        cash = Payment.agent_id == agent_id, Payment.custody == Custody.AGENT
        came = self._sum(Payment.amount_idr, *cash, Payment.state == PaymentState.SETTLED)
        void = self._sum(
            Payment.amount_idr,
            *cash,
            Payment.state == PaymentState.REFUNDED,
            Payment.deposit_id.is_not(None),
        )
        confirmed = Deposit.agent_id == agent_id, Deposit.state == DepositState.CONFIRMED
        receipts = self._sum(Deposit.amount_idr, *confirmed)
        short = self._sum(Deposit.short_idr, *confirmed)
        paid = -sum(
            amount
            for account, amount in self._booked_by_transfers().items()
            if account == accounts.short_of(agent_id)
        )

        held = journal.balance(self.session, accounts.cash_of(agent_id))
        assert held == came + void - receipts
        assert owed_by(self.session, agent_id) == short - paid

    def back_to_now(self) -> None:
        """Let the clock run as before."""
        if self.clock_of is not None:
            self.clock_of.stop()
            self.clock_of = self.clock = None

    def _travel(self, moment: datetime) -> None:
        if self.clock is None:
            self.clock_of = time_machine.travel(moment, tick=True)
            self.clock = self.clock_of.start()
        else:
            self.clock.move_to(moment)

    def _sum(self, column: object, *conditions: object) -> int:
        query = select(func.coalesce(func.sum(column), 0)).where(*conditions)  # type: ignore[arg-type]
        return int(self.session.scalar(query) or 0)

    def _booked_by_transfers(self) -> dict[str, int]:
        """What transfers with agents that count changed, by account."""
        rows = self.session.execute(
            select(Transfer.account, Transfer.direction, Transfer.amount_idr).where(
                Transfer.agent_id.is_not(None), Transfer.state == "booked"
            )
        )
        found: dict[str, int] = {}
        for account, direction, amount in rows:
            found[account] = found.get(account, 0) + (-amount if direction == "in" else amount)
        return found
