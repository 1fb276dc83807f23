"""What is still open when a month is to be closed: a registry of checks.

A package that has more to say adds a `Check` to `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from agentsys.closing import three_way
from agentsys.contributions.models import Contribution
from agentsys.corrections.models import Correction, CorrectionState
from agentsys.ledger import accounts, journal, proofs
from agentsys.ledger.balances import BALANCES
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Case, Payment, StoredCallback
from agentsys.payments.refund_models import LIVE, Refund
from agentsys.payments.reversal_models import CashReversal, ReversalState
from agentsys.people.models import Agent, Office
from agentsys.remittances.difference_models import RemittanceDifference
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.statements.models import BankIssue, BankLine
from agentsys.transfers.models import Transfer, TransferState

_UNDER_WAY = (RemittanceState.OPEN, RemittanceState.CODED, RemittanceState.CANCELLING)


@dataclass(frozen=True, kw_only=True)
class Found:
    """How many things are open, and their rupiah."""

    count: int
    amount_idr: int = 0


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the checklist: what must not be open, and the page that shows it."""

    key: str
    title: str
    endpoint: str
    find: Callable[[Session, int, datetime], Found]  # of an office, begun before that moment
    blocks: bool = False  # no reason helps: the month cannot be closed
    of_month: bool = False  # the page shows one office and month


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of the checklist with what it found."""

    check: Check
    found: Found

    @property
    def is_open(self) -> bool:
        """Whether something is missing."""
        return self.found.count > 0


def _rows(
    of: Any, amount: Any, *conditions: Callable[[int, datetime], ColumnElement[bool]]
) -> Callable[[Session, int, datetime], Found]:
    """A check that counts rows and sums their amounts."""

    def find(session: Session, office_id: int, until: datetime) -> Found:
        count, total = session.execute(
            select(func.count(), func.coalesce(func.sum(amount), 0))
            .select_from(of)
            .where(*(each(office_id, until) for each in conditions))
        ).one()
        return Found(count=count, amount_idr=int(total))

    return find


def _suspense(session: Session, office_id: int, until: datetime) -> Found:
    amount = journal.balance(session, accounts.suspense(office_id))
    return Found(count=int(amount != 0), amount_idr=abs(amount))


def _shortages(session: Session, office_id: int, until: datetime) -> Found:
    """Agents who handed in too little or too much, as of now: it is settled later, too."""
    amount = BALANCES.c.amount_idr
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(func.abs(amount)), 0))
        .select_from(Agent)
        .join(BALANCES, BALANCES.c.account == func.concat(accounts.SHORT, Agent.id))
        .where(Agent.office_id == office_id, amount != 0)
    ).one()
    return Found(count=count, amount_idr=int(total))


def _three_way(session: Session, office_id: int, until: datetime) -> Found:
    """Contributions for the month that are paid, and not the same on all three sides."""
    zone = ZoneInfo(session.get_one(Office, office_id).zone)
    last_day = until.astimezone(zone).date() - timedelta(days=1)
    found = three_way.match(session, office_id=office_id, month=last_day.replace(day=1))
    return Found(count=found.exceptions.count, amount_idr=found.exceptions.billed_idr)


def _audit(session: Session, office_id: int, until: datetime) -> Found:
    at = proofs.last_at(session)
    if at is None or at < until:
        return Found(count=1)
    return Found(count=sum(1 for each in proofs.last(session) if each.failures))


def _bank_issues(session: Session, office_id: int, until: datetime) -> Found:
    """Open differences of statements: of lines before the month ended, and of missing ones."""
    begun = func.coalesce(BankLine.booked_on < until.date(), BankIssue.opened_at < until)
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(func.abs(BankIssue.amount_idr)), 0))
        .select_from(BankIssue)
        .outerjoin(BankLine, BankLine.id == BankIssue.line_id)
        .where(
            or_(BankIssue.office_id == office_id, BankIssue.office_id.is_(None)),
            BankIssue.closed_at.is_(None),
            begun,
        )
    ).one()
    return Found(count=count, amount_idr=int(total))


CHECKS: tuple[Check, ...] = (
    Check(
        key="deposits",
        title="Setoran agen belum dikonfirmasi",
        endpoint="finance.deposits",
        find=_rows(
            Deposit,
            Deposit.amount_idr,
            lambda office_id, until: Deposit.office_id == office_id,
            lambda office_id, until: Deposit.declared_at < until,
            lambda office_id, until: Deposit.state == DepositState.DECLARED,
        ),
    ),
    Check(
        key="shortages",
        title="Selisih setoran agen belum dilunasi",
        endpoint="finance.shortages",
        find=_shortages,
    ),
    Check(
        key="reversals",
        title="Pembatalan kuitansi menunggu orang kedua",
        endpoint="reversals.index",
        find=_rows(
            CashReversal.__table__.join(
                Payment.__table__, Payment.id == CashReversal.__table__.c.payment_id
            ),
            Payment.amount_idr,
            lambda office_id, until: CashReversal.office_id == office_id,
            lambda office_id, until: CashReversal.proposed_at < until,
            lambda office_id, until: CashReversal.state == ReversalState.PROPOSED,
        ),
    ),
    Check(
        key="remittances",
        title="Setoran ke BPJS belum LUNAS",
        endpoint="finance.remittances",
        find=_rows(
            Remittance,
            Remittance.amount_idr,
            lambda office_id, until: Remittance.office_id == office_id,
            lambda office_id, until: Remittance.created_at < until,
            lambda office_id, until: Remittance.state.in_(_UNDER_WAY),
        ),
    ),
    Check(
        key="differences",
        title="Selisih dengan BPJS belum diselesaikan",
        endpoint="finance.remittances",
        find=_rows(
            RemittanceDifference,
            func.abs(RemittanceDifference.theirs_idr - RemittanceDifference.ours_idr),
            lambda office_id, until: RemittanceDifference.office_id == office_id,
            lambda office_id, until: RemittanceDifference.opened_at < until,
            lambda office_id, until: RemittanceDifference.settled_at.is_(None),
        ),
    ),
    Check(
        key="held",
        title="Iuran ditahan, belum diperbaiki",
        endpoint="finance.holds",
        find=_rows(
            Contribution,
            Contribution.amount_idr,
            lambda office_id, until: Contribution.office_id == office_id,
            lambda office_id, until: Contribution.held_at < until,
        ),
    ),
    Check(
        key="cases",
        title="Hal yang perlu diperiksa",
        endpoint="finance.cases",
        find=_rows(
            Case,
            Case.amount_idr,
            lambda office_id, until: or_(Case.office_id == office_id, Case.office_id.is_(None)),
            lambda office_id, until: Case.opened_at < until,
            lambda office_id, until: Case.closed_at.is_(None),
        ),
    ),
    Check(
        key="suspense",
        title="Uang yang ditahan, belum jelas",
        endpoint="finance.gateway_payouts",
        find=_suspense,
    ),
    Check(
        key="transfers",
        title="Transfer menunggu orang kedua",
        endpoint="finance.transfers",
        find=_rows(
            Transfer,
            Transfer.amount_idr,
            lambda office_id, until: Transfer.office_id == office_id,
            lambda office_id, until: Transfer.proposed_at < until,
            lambda office_id, until: Transfer.state == TransferState.PROPOSED,
        ),
    ),
    Check(
        key="corrections",
        title="Koreksi menunggu orang kedua",
        endpoint="finance.corrections",
        find=_rows(
            Correction,
            Correction.amount_idr,
            lambda office_id, until: or_(
                Correction.office_id == office_id, Correction.office_id.is_(None)
            ),
            lambda office_id, until: Correction.proposed_at < until,
            lambda office_id, until: Correction.state == CorrectionState.PROPOSED,
        ),
    ),
    Check(
        key="refunds",
        title="Pengembalian belum selesai",
        endpoint="finance.refunds",
        find=_rows(
            Refund,
            Refund.amount_idr,
            lambda office_id, until: Refund.office_id == office_id,
            lambda office_id, until: Refund.proposed_at < until,
            lambda office_id, until: Refund.state.in_(LIVE),
        ),
    ),
    Check(
        key="callbacks",
        title="Notifikasi gateway belum diproses",
        endpoint="finance.callbacks",
        find=_rows(
            StoredCallback.__table__.join(
                Payment.__table__, Payment.reference == StoredCallback.reference
            ),
            Payment.amount_idr,
            lambda office_id, until: Payment.office_id == office_id,
            lambda office_id, until: StoredCallback.received_at < until,
            lambda office_id, until: StoredCallback.next_try_at.is_not(None),
        ),
    ),
    Check(
        key="statements",
        title="Mutasi rekening belum cocok",
        endpoint="finance.statements",
        find=_bank_issues,
    ),
    Check(
        key="three_way",
        title="Pencocokan tiga arah belum cocok",
        endpoint="finance.three_way",
        find=_three_way,
        of_month=True,
    ),
    Check(
        key="audit",
        title="Pemeriksaan buku sesudah akhir bulan",
        endpoint="finance.books",
        find=_audit,
        blocks=True,
    ),
)


def look(session: Session, *, office_id: int, until: datetime) -> list[Item]:
    """The whole checklist of an office, for a month that ends at that moment."""
    return [Item(check=each, found=each.find(session, office_id, until)) for each in CHECKS]
