"""A sponsor who pays bills to a bank's virtual account."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.agreements.models import Agreement, Bill
from agentsys.extension.contract import (
    Limits,
    PayCode,
    PayerKind,
    PaymentChannel,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)
from agentsys.ledger import invariants, journal
from agentsys.payments.case_closing import close_case
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Case, Outcome, Payment, Resolution
from agentsys.people.models import User
from agentsys.sponsors import virtual_accounts
from agentsys.workers.models import Worker
from tests.payments.provider import DictPay
from tests.sponsors.world import Sponsored


class DictBank(DictPay):
    """A bank whose numbers sponsors have."""

    name: ClassVar[str] = "sponsorbank"
    label = "Bank Sponsor"
    payers = frozenset({PayerKind.SPONSOR})
    limits = Limits(max_idr=10**10)

    def start(self, request: PaymentRequest) -> PaymentReport:
        """The number of a payment."""
        report = super().start(request)
        if report.state is not PaymentState.PENDING:
            return report
        code = PayCode(label="Nomor virtual account", value="90000012")
        self.says(request.reference, report.state, report.amount_idr, codes=(code,))
        return self.check(request.reference)


class OtherBank(DictBank):
    """Another one."""

    name: ClassVar[str] = "otherbank"
    label = "Bank Lain"


@dataclass
class Banking:
    """An office whose sponsor has a bill of some workers, and a bank."""

    office: Sponsored
    people: int = 3
    channel: DictBank = field(default_factory=DictBank)
    agreement: Agreement = field(init=False)
    workers: list[Worker] = field(init=False)
    bill: Bill = field(init=False)

    def __post_init__(self) -> None:
        """Name the workers, and send the bill."""
        self.agreement = self.office.agreement()
        self.workers = [self.office.worker() for _ in range(self.people)]
        self.office.name(self.agreement, *self.workers)
        self.bill = self.office.bill(self.agreement)

    @property
    def session(self) -> Session:
        """The session of the test."""
        return self.office.session

    def needed(self, bill: Bill | None = None) -> int:
        """What the page shows as the sum of a bill."""
        return virtual_accounts.needed_idr(
            self.session, bill_id=(bill or self.bill).id, credit_idr=self.credit()
        )

    def credit(self) -> int:
        """What the agreement has left."""
        account = f"owed:sponsor:{self.agreement.id}:{self.office.office_id}"
        return -journal.balance(self.session, account)

    def ask(
        self,
        *,
        key: str = "",
        channel: PaymentChannel | None = None,
        bill: Bill | None = None,
        actor: User | None = None,
        shown_idr: int | None = None,
    ) -> Payment:
        """Finance chooses a bank for a bill."""
        return virtual_accounts.ask(
            self.session,
            key=key or secrets.token_hex(16),
            channel=channel or self.channel,
            bill_id=(bill or self.bill).id,
            actor_id=(actor or self.office.finance).id,
            shown_idr=self.needed(bill) if shown_idr is None else shown_idr,
        )

    def report(
        self, payment: Payment, state: PaymentState, amount_idr: int | None = None, **more: Any
    ) -> Outcome:
        """The provider says how a payment stands."""
        said = PaymentReport(
            reference=payment.reference,
            state=state,
            amount_idr=payment.amount_idr if amount_idr is None else amount_idr,
            **more,
        )
        outcome = apply_report(self.session, report=said, by="callback")
        self.session.flush()
        return outcome

    def paid(self) -> list[int]:
        """Which of the workers, by their place in the list, are paid for this month."""
        month = self.office.month
        return [
            place
            for place, worker in enumerate(self.workers)
            if month in self.office.paid_months(worker)
        ]

    def balances(self) -> dict[str, int]:
        """The balances that are not at zero, by kind; the books must be in order."""
        self.session.flush()
        assert invariants.check(self.session) == []
        found = journal.balances(self.session)
        return {
            ":".join(part for part in name.split(":") if not part.isdigit()): amount
            for name, amount in found.items()
            if amount
        }

    def case(self) -> Case:
        """The only open case."""
        return self.session.scalars(select(Case).where(Case.closed_at.is_(None))).one()

    def close(self, resolution: Resolution) -> None:
        """Finance decides about the only open case."""
        close_case(
            self.session,
            case_id=self.case().id,
            actor_id=self.office.finance.id,
            note="Bendahara sudah dihubungi.",
            resolution=resolution,
        )
