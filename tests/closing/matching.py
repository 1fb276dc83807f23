"""A month whose contributions are paid, settled, remitted and confirmed by the real routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select

from agentsys import clock
from agentsys.closing import three_way
from agentsys.closing.three_way import MatchClass, ThreeWay
from agentsys.contributions.models import Contribution
from agentsys.extension.contract import PaymentState
from agentsys.listing.request import ListRequest
from agentsys.months import HEAD_OFFICE
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.payments.models import Payment
from agentsys.remittances.batches import make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import confirm
from agentsys.remittances.models import Remittance
from agentsys.remittances.results import ResultRow
from tests.payments.world import World
from tests.statements.banking import Banking

HEADINGS = "Order ID,Payment Type,Settlement Time,Gross Amount,Fee"


@dataclass
class Month:
    """One office with gateway payments, and what the three sides say about them."""

    world: World
    provider: str = "dict"
    reports: list[Banking] = field(default_factory=list)

    @property
    def month(self) -> date:
        """The month of the contributions that are paid first."""
        return self.world.months[0]

    def pay(self) -> Payment:
        """Another worker pays the month by wallet, and the provider reports it."""
        payment = self.world.ask_for_another()
        self.world.report(payment, PaymentState.SETTLED)
        return payment

    def batch(self) -> Remittance:
        """Finance batches what can be remitted, with a code."""
        finance = self.world.finance.id
        made = make_batch(self.world.session, office_id=self.world.office_id, actor_id=finance)
        set_code(
            self.world.session,
            remittance_id=made.id,
            kode_iuran=f"90{made.id:08d}",
            actor_id=finance,
        )
        return made

    def confirm(self, made: Remittance | None = None, *, off: int = 0) -> Remittance:
        """BPJS confirms the batch, or a new one, with our sum or with another."""
        made = made or self.batch()
        assert made.kode_iuran
        self.fund(made.amount_idr + abs(off))
        confirm(
            self.world.session,
            rows=[ResultRow(1, made.kode_iuran, True, "", made.amount_idr + off, f"R{made.id}")],
            actor_id=self.world.finance.id,
            difference_note="tarif lain" if off else "",
        )
        assert made.confirmed_at is not None
        return made

    def fund(self, amount_idr: int) -> None:
        """The office's own money is in the bank, so that BPJS can be paid before a payout."""
        record_own_funds(
            self.world.session,
            bank_ref=f"MODAL {clock.now().timestamp()}",
            amount_idr=amount_idr,
            actor_id=self.world.finance.id,
            office_id=self.world.office_id,
        )

    def settle(self, *payments: Payment, more: Sequence[str] = (), off: int = 0) -> Banking:
        """The provider's report of today has these payments."""
        if not self.reports:
            self.reports.append(Banking.of(self.world, name="Gateway", provider=self.provider))
        [report] = self.reports
        day = clock.now().astimezone(HEAD_OFFICE).date()
        rows = [f"{p.reference},gopay,{day},{p.amount_idr + off}.00,0.00" for p in payments]
        report.send("\n".join([HEADINGS, *rows, *more]).encode())
        assert report.files[-1].state == "done", report.files[-1].reason
        return report

    def let_days_pass_without(self) -> None:
        """The provider's reports go on, from before this month to days later, without a line."""
        day = clock.now().astimezone(HEAD_OFFICE).date()
        lines = [
            f"LAIN-{number},gopay,{day + timedelta(days=days)},5000.00,0.00"
            for number, days in enumerate((-40, 0))
        ]
        self.settle(more=lines)

    def found(self) -> ThreeWay:
        """The match now."""
        self.world.session.flush()
        return three_way.match(self.world.session, office_id=self.world.office_id, month=self.month)

    def classes(self) -> dict[str, MatchClass]:
        """The class of each paid or ordered contribution, by the reference of its payment."""
        session, found = self.world.session, {}
        session.flush()
        for tab in MatchClass:
            page = three_way.exceptions(
                session,
                office_id=self.world.office_id,
                month=self.month,
                asked=ListRequest(tab=tab.value, size=1000),
            )
            for row in page.rows:
                assert row.kind is tab
                assert row.reference not in found or not row.reference
                found[row.reference] = row.kind
        return found

    def contribution(self, payment: Payment) -> Contribution:
        """What a payment paid."""
        return self.world.session.scalars(
            select(Contribution).where(Contribution.payment_id == payment.id)
        ).one()
