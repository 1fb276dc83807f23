"""An office with a finance user, an admin, and sponsors who pay for its workers."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements import recording
from agentsys.agreements.kinds import PriceBasis, SponsorKind
from agentsys.agreements.models import Agreement, Bill, ListVersion
from agentsys.agreements.recording import SponsorDetails, Terms
from agentsys.contributions import billing
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.months import add_months
from agentsys.payments.cash import collect
from agentsys.payments.models import Payment
from agentsys.people.models import Agent, RoleName, User
from agentsys.plugins.cash import Cash
from agentsys.sponsors import bill_payments, bills, versions
from agentsys.workers.kinds import Programmes
from agentsys.workers.models import Enrolment, Worker
from tests.factories import make_agent, make_user, make_worker

PRICE = 16_800  # two programmes, the lowest income, no discount: a public budget pays


@dataclass
class Sponsored:
    """An office, its people, and what they do with sponsors."""

    session: Session
    vault: Vault
    agent: Agent
    finance: User
    admin: User

    @classmethod
    def build(cls, session: Session, vault: Vault) -> Sponsored:
        """An office with an agent, a finance user and an admin."""
        agent = make_agent(session)
        finance = make_user(session, RoleName.FINANCE, office_id=agent.office_id)
        admin = make_user(session, RoleName.ADMIN, office_id=agent.office_id)
        return cls(session, vault, agent, finance, admin)

    @property
    def office_id(self) -> int:
        """The office."""
        return self.agent.office_id

    @property
    def month(self) -> date:
        """This month."""
        return clock.this_month()

    def later(self, months: int) -> date:
        """So many months after this one."""
        return add_months(self.month, months)

    def worker(self, **values: object) -> Worker:
        """A worker of the agent, who pays for himself."""
        return make_worker(self.session, self.vault, agent=self.agent, **values)  # type: ignore[arg-type]

    def agreement(
        self, kind: SponsorKind = SponsorKind.CITY, *, approve: bool = True, **terms: object
    ) -> Agreement:
        """An agreement of a new sponsor, in force from this month for a year."""
        sponsor = recording.add_sponsor(
            self.session,
            office_id=self.office_id,
            details=SponsorDetails(kind=kind, name=f"Sponsor {secrets.token_hex(4)}"),
            actor_id=self.finance.id,
        )
        values = {
            "number": f"PKS/{secrets.token_hex(4)}",
            "signed_on": self.month,
            "programmes": Programmes.TWO,
            "price_basis": PriceBasis.LOWEST,
            "from_month": self.month,
            "last_month": self.later(11),
        } | terms
        agreement = recording.propose(
            self.session,
            sponsor_id=sponsor.id,
            terms=Terms(**values),  # type: ignore[arg-type]
            actor_id=self.finance.id,
        )
        if approve:
            recording.decide(
                self.session, agreement_id=agreement.id, approve=True, actor_id=self.admin.id
            )
        return agreement

    def version(
        self,
        agreement: Agreement,
        worker_ids: Collection[int],
        *,
        from_month: date | None = None,
        whole: bool = True,
        actor: User | None = None,
    ) -> ListVersion:
        """A version of an agreement's list that is not applied yet."""
        version = versions.begin(
            self.session,
            agreement_id=agreement.id,
            decree=f"SK/{secrets.token_hex(4)}",
            decreed_on=self.month,
            from_month=from_month or self.month,
            whole=whole,
            actor_id=(actor or self.finance).id,
        )
        versions.put_people(self.session, version_id=version.id, worker_ids=worker_ids)
        return version

    def name(
        self, agreement: Agreement, *workers: Worker, from_month: date | None = None
    ) -> ListVersion:
        """Workers added to an agreement's list by a version of it."""
        ids = [worker.id for worker in workers]
        version = self.version(agreement, ids, from_month=from_month, whole=False)
        return versions.apply(self.session, version_id=version.id, actor_id=self.finance.id)

    def payers(self, worker: Worker) -> list[tuple[date, int | None, date | None]]:
        """The periods of a worker's membership: from, the agreement that pays, until."""
        rows = self.session.execute(
            select(Enrolment.from_month, Enrolment.agreement_id, Enrolment.until_month)
            .where(Enrolment.worker_id == worker.id)
            .order_by(Enrolment.from_month)
        )
        return [(row.from_month, row.agreement_id, row.until_month) for row in rows]

    def bill(self, agreement: Agreement, month: date | None = None, *, send: bool = True) -> Bill:
        """The newest bill of an agreement's month, after billing it."""
        month = month or self.month
        billing.bill_month(
            self.session, month=month, actor_id=self.finance.id, office_id=self.office_id
        )
        bill = self.session.scalars(
            select(Bill)
            .where(Bill.agreement_id == agreement.id, Bill.month == month)
            .order_by(Bill.part.desc())
        ).first()
        assert bill is not None
        return bills.send(self.session, bill_id=bill.id, actor_id=self.finance.id) if send else bill

    def transfer(self, bill: Bill, amount_idr: int, reference: str = "") -> Payment:
        """A transfer that finance recorded for a bill."""
        return bill_payments.record(
            self.session,
            key=secrets.token_hex(16),
            bill_id=bill.id,
            amount_idr=amount_idr,
            bank_reference=reference or secrets.token_hex(6),
            received_on=self.month,
            actor_id=self.finance.id,
        )

    def pay(self, bill: Bill, amount_idr: int) -> bill_payments.Paid:
        """A transfer for a bill, recorded by finance and confirmed by the admin."""
        transfer = self.transfer(bill, amount_idr)
        return bill_payments.confirm(self.session, payment_id=transfer.id, actor_id=self.admin.id)

    def pays_cash(self, worker: Worker, *months: date) -> None:
        """The worker pays these months in cash to the agent."""
        billing.ensure_billed(self.session, worker_id=worker.id, months=months)
        collect(
            self.session,
            key=secrets.token_hex(16),
            channel=Cash(),
            worker_id=worker.id,
            months=months,
            actor_id=self.agent.user_id or 0,
            agent_id=self.agent.id,
        )

    def paid_months(self, worker: Worker) -> list[date]:
        """The worker's months that are paid."""
        return list(
            self.session.scalars(
                select(Contribution.month)
                .where(Contribution.worker_id == worker.id, Contribution.payment_id.is_not(None))
                .order_by(Contribution.month)
            )
        )
