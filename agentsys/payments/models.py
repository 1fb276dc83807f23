"""Tables of payments, their state changes, callbacks, receipts and cases."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.agreements.models import Bill
from agentsys.db import BigId, Model, text_of, words
from agentsys.extension.contract import Custody, PaymentState
from agentsys.people.models import Agent
from agentsys.workers.models import Worker


class Outcome(StrEnum):
    """The outcome of processing a callback."""

    MOVED = "moved"  # the payment changed
    NOTHING_NEW = "nothing_new"  # late or repeated, no effect
    UNKNOWN = "unknown"  # unknown payment; a case was opened
    FOREIGN = "foreign"  # about an order of another system that uses the same account
    TO_CHECK = "to_check"  # a person must look: other amount, paid twice, reversal ...


class CaseKind(StrEnum):
    """Why a person must look."""

    OTHER_AMOUNT = "other_amount"  # the provider holds a different amount than we asked for
    PAID_TWICE = "paid_twice"  # a month that was paid already was paid again
    PAID_AGAIN = "paid_again"  # the provider took money twice for one order
    PAID_LATE = "paid_late"  # the money came after the payment had expired or failed
    NO_CASH = "no_cash"  # an agent paid a deposit, and no longer holds that cash
    UNKNOWN_ORDER = "unknown_order"  # a callback arrived for a payment that we never started
    REVERSED = "reversed"  # the provider reversed a payment that it had reported as settled
    REFUNDED_AFTER_REMITTED = "refunded_after_remitted"  # refunded, but BPJS has the money
    REFUNDED_AFTER_REPAID = "refunded_after_repaid"  # refunded, but the bank had repaid it before
    CHANGED_AFTER_DECISION = "changed_after_decision"  # a new report contradicts a person
    UNCLEAR = "unclear"  # the provider's report needs a person's judgement
    UNANSWERED = "unanswered"  # a callback arrived, but the provider could not be asked about it
    PAID_THOUGH_CANCELLED = "paid_though_cancelled"  # BPJS was paid for a cancelled batch


class Resolution(StrEnum):
    """How a case was resolved."""

    NOTED = "noted"  # looked at; the books are right as they are
    TO_WORKER = "to_worker"  # the money is the payer's: owed until it is paid back
    ACCEPT = "accept"  # accept the different amount as the payment; owe the surplus to the worker
    REPAID = "repaid"  # old closed cases only; repaying now takes a transfer of two persons
    TAKEN_BACK = "taken_back"  # the provider took its money back: undo the payment
    FOLLOW = "follow"  # book what the provider holds; owe what exceeds the payment to the worker
    ANSWERED = "answered"  # closed by the system: the provider's report arrived later


def _partial(name: str, *columns: Any, where: str, unique: bool = False) -> Index:
    """An index of the rows that meet a condition."""
    return Index(name, *columns, unique=unique, postgresql_where=text(where))


class Payment(Model):
    """One attempt to collect; `reference` is ours and is the provider's order id.

    It is for a worker's months, for an agent's deposit at a provider, or for a sponsor's bill.
    """

    __tablename__ = "payments"

    id: Mapped[BigId]
    reference: Mapped[str] = mapped_column(text_of(50), unique=True)
    key: Mapped[str] = mapped_column(text_of(64), unique=True)  # of the client: idempotency
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    worker_id: Mapped[int | None] = mapped_column(ForeignKey("workers.id"), index=True)
    for_deposit_id: Mapped[int | None] = mapped_column(ForeignKey("deposits.id"))
    for_bill_id: Mapped[int | None] = mapped_column(ForeignKey("bills.id"))  # a sponsor's
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    channel: Mapped[str] = mapped_column(text_of(30))
    custody: Mapped[Custody] = mapped_column(words(Custody))
    clearing: Mapped[str] = mapped_column(  # who holds the money until it is paid out
        text_of(30), default=lambda context: context.get_current_parameters()["channel"]
    )
    amount_idr: Mapped[int]
    aside_idr: Mapped[int] = mapped_column(default=0)  # in suspense until a person decides
    state: Mapped[PaymentState] = mapped_column(words(PaymentState), default=PaymentState.CREATED)
    provider_ref: Mapped[str] = mapped_column(text_of(80), default="")
    pay_url: Mapped[str] = mapped_column(text_of(500), default="")
    qr_string: Mapped[str] = mapped_column(text_of(1000), default="")
    codes: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    inputs: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    reason: Mapped[str] = mapped_column(text_of(200), default="")
    expires_at: Mapped[datetime | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]
    reversal_s: Mapped[int] = mapped_column(server_default="0")  # the channel's figure on that day
    final_at: Mapped[datetime | None]  # until then the provider may take the money back
    checks: Mapped[int] = mapped_column(default=0)
    next_check_at: Mapped[datetime | None]  # when the sweep asks the provider again
    deposit_id: Mapped[int | None] = mapped_column(ForeignKey("deposits.id"))  # cash is in it
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))  # a debit's

    worker: Mapped[Worker | None] = relationship()
    bill: Mapped[Bill | None] = relationship()
    agent: Mapped[Agent | None] = relationship()
    months: Mapped[list[PaymentMonth]] = relationship(order_by="PaymentMonth.month")
    receipt: Mapped[Receipt | None] = relationship()

    @property
    def payer_id(self) -> int:
        """The worker whose months it is for; an error for a deposit and for a sponsor's bill."""
        if self.worker_id is None:
            raise ValueError(f"{self.reference} is not for a worker")
        return self.worker_id

    @property
    def shows_how_to_pay(self) -> bool:
        """Whether there is anything to pay with."""
        return bool(self.pay_url or self.qr_string or self.codes)

    __table_args__ = (
        CheckConstraint("amount_idr > 0", name="asks_for_money"),
        CheckConstraint("aside_idr >= 0", name="aside_not_negative"),
        CheckConstraint(
            "num_nonnulls(worker_id, for_deposit_id, for_bill_id) = 1", name="is_for_one_thing"
        ),
        CheckConstraint(
            "(custody IN ('bank', 'credit')) <= (for_bill_id IS NOT NULL)",
            name="only_sponsors_pay_by_bank",
        ),
        # One transfer on the bank's statement pays once.
        _partial(
            "uq_payments_bank_ref_key",
            "office_id",
            text("ref_key(provider_ref)"),
            unique=True,
            where="custody = 'bank' AND state IN ('created', 'settled')",
        ),
        # One number at a time that a sponsor can pay a bill to.
        _partial(
            "uq_payments_live_for_bill",
            "for_bill_id",
            unique=True,
            where="custody = 'provider' AND state IN ('created', 'pending')",
        ),
        _partial("ix_payments_never_paid", "id", where="state IN ('expired', 'failed')"),
        _partial("ix_payments_for_bill_id", "for_bill_id", where="for_bill_id IS NOT NULL"),
        CheckConstraint(
            "for_deposit_id IS NULL OR (custody = 'provider' AND agent_id IS NOT NULL)",
            name="deposit_goes_to_a_provider",
        ),
        CheckConstraint("custody <> 'agent' OR agent_id IS NOT NULL", name="cash_is_with_an_agent"),
        CheckConstraint("deposit_id IS NULL OR custody = 'agent'", name="only_cash_is_deposited"),
        CheckConstraint(
            "(settled_at IS NOT NULL) = (state IN ('settled', 'refunded'))",
            name="settled_has_a_time",
        ),
        Index(None, "agent_id", "created_at"),
        _partial("ix_payments_silent", "next_check_at", where="next_check_at IS NOT NULL"),
        Index(
            "ix_payments_settled_by_provider",
            "clearing",
            "settled_at",
            postgresql_where=text("custody = 'provider' AND settled_at IS NOT NULL"),
        ),
        Index("ix_payments_aside", "office_id", postgresql_where=text("aside_idr <> 0")),
        Index(
            "ix_payments_in_hand",
            "agent_id",
            "settled_at",
            postgresql_include=["amount_idr"],
            postgresql_where=text("custody = 'agent' AND deposit_id IS NULL AND state = 'settled'"),
        ),
        _partial(
            "ix_payments_undeposited", "agent_id", where="custody = 'agent' AND deposit_id IS NULL"
        ),
        _partial(
            "uq_payments_for_deposit_id",
            "for_deposit_id",
            unique=True,
            where="for_deposit_id IS NOT NULL",
        ),
        _partial("ix_payments_deposit_id", "deposit_id", where="deposit_id IS NOT NULL"),
    )


class PaymentMonth(Model):
    """One contribution that a payment is meant for, with the price that was asked."""

    __tablename__ = "payment_months"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    worker_id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    amount_idr: Mapped[int]
    live: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    __table_args__ = (
        # No foreign key to contributions: one that is closed moves to another table.
        Index(None, "worker_id", "month"),
        Index("uq_live_months", "worker_id", "month", unique=True, postgresql_where=text("live")),
    )


class PaymentMove(Model):
    """One change of a payment's state: append-only, and each state is entered once."""

    __tablename__ = "payment_moves"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    to_state: Mapped[PaymentState] = mapped_column(words(PaymentState), primary_key=True)
    from_state: Mapped[PaymentState | None] = mapped_column(
        words(PaymentState, name="from_paymentstate")
    )
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by: Mapped[str] = mapped_column(text_of(40))  # "start", "callback", "sweep", "user:7"
    report: Mapped[dict[str, Any]]


class StoredCallback(Model):
    """A callback as received: stored once; repeats are counted, the body is never changed."""

    __tablename__ = "callbacks"

    id: Mapped[BigId]
    channel: Mapped[str] = mapped_column(text_of(30))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    reference: Mapped[str] = mapped_column(text_of(80), index=True)
    attempt: Mapped[str] = mapped_column(text_of(80), default="", server_default="")
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    deliveries: Mapped[int] = mapped_column(default=1)
    outcome: Mapped[Outcome | None] = mapped_column(words(Outcome))
    note: Mapped[str] = mapped_column(text_of(200), default="", server_default="")
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[datetime | None]  # null once it has an outcome
    processed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("channel", "digest"),
        _partial("ix_callbacks_waiting", "next_try_at", where="next_try_at IS NOT NULL"),
        Index("ix_callbacks_foreign", "id", postgresql_where=text("outcome = 'foreign'")),
        Index("ix_callbacks_undecided", "id", postgresql_where=text("outcome IS NULL")),
        Index(
            "ix_callbacks_to_check",
            "id",
            postgresql_where=text("outcome IN ('to_check', 'unknown')"),
        ),
        CheckConstraint("(outcome IS NULL) = (next_try_at IS NOT NULL)", name="waits_or_is_done"),
    )


class Receipt(Model):
    """A numbered receipt (kuitansi); anybody with its code can verify it."""

    __tablename__ = "receipts"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    number: Mapped[str] = mapped_column(text_of(30), unique=True)
    code: Mapped[str] = mapped_column(text_of(20), unique=True)
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)


class Case(Model):
    """An exception for a person to resolve; the same kind, subject and facts open one case."""

    __tablename__ = "cases"

    id: Mapped[BigId]
    kind: Mapped[CaseKind] = mapped_column(words(CaseKind, 30))
    subject: Mapped[str] = mapped_column(text_of(80))  # payment reference, or callback
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    callback_id: Mapped[int | None] = mapped_column(ForeignKey("callbacks.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))  # None: every office
    amount_idr: Mapped[int | None]
    facts: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    resolution: Mapped[str] = mapped_column(text_of(20), default="")  # what the person decided
    note: Mapped[str] = mapped_column(text_of(500), default="")

    payment: Mapped[Payment | None] = relationship()

    __table_args__ = (
        UniqueConstraint("kind", "subject", "facts"),
        CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)"
            " OR (kind IN ('unanswered', 'unclear') AND closed_by IS NULL)",
            name="closed_by_somebody",
        ),
        CheckConstraint("payment_id IS NULL OR office_id IS NOT NULL", name="payment_has_office"),
        _partial("ix_cases_callback_id", "callback_id", where="callback_id IS NOT NULL"),
        Index("ix_cases_open", "opened_at", postgresql_where=text("closed_at IS NULL")),
    )
