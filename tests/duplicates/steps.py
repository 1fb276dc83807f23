"""Two records of one person, for tests of merging."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.duplicates import merging, undoing
from agentsys.duplicates.merge_effects import MergeEffect
from agentsys.duplicates.merge_models import WorkerMerge
from agentsys.extension.contract import PaymentState
from agentsys.memberships.ending import end
from agentsys.payments.cash import collect
from agentsys.people.models import Agent, RoleName, User
from agentsys.plugins.cash import Cash
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Worker
from tests.debit_factories import make_mandate
from tests.factories import make_agent, make_contribution, make_payment, make_user, make_worker

SEPTEMBER, NOVEMBER = date(2026, 9, 1), date(2026, 11, 1)
# Everything of two workers that merging may change.
_ROWS = (
    "SELECT 'w', to_jsonb(w) FROM workers w WHERE id IN (:one, :other)",
    "SELECT 'e', to_jsonb(e) FROM enrolments e WHERE worker_id IN (:one, :other)",
    "SELECT 'a', to_jsonb(a) FROM assignments a WHERE worker_id IN (:one, :other)",
    "SELECT 'c', to_jsonb(c) FROM contributions c WHERE worker_id IN (:one, :other)",
    "SELECT 'l', to_jsonb(l) - 'id' FROM closed_contributions l WHERE worker_id IN (:one, :other)",
    "SELECT 'p', to_jsonb(p) FROM pay_links p WHERE worker_id IN (:one, :other)",
    "SELECT 'b', to_jsonb(b) FROM earlier_periods b WHERE worker_id IN (:one, :other)"
    " AND state <> 'taken_back'",
)


def rows_of(session: Session, one: Worker, other: Worker) -> list[str]:
    """All rows of both, as texts."""
    session.flush()
    query = text(" UNION ALL ".join(_ROWS))
    rows = session.execute(query, {"one": one.id, "other": other.id})
    return sorted(f"{kind} {row}" for kind, row in rows)


@dataclass
class TwoRecords:
    """Two workers of two agents of one office, members since September, and two who decide."""

    session: Session
    vault: Vault
    kept: Worker
    merged: Worker
    clerk: User
    boss: User

    @classmethod
    def build(cls, session: Session, vault: Vault) -> TwoRecords:
        """Make them."""
        first = make_agent(session)
        second = make_agent(session, office_id=first.office_id)
        kept, merged = (
            make_worker(session, vault, agent=agent, enrolled_from=SEPTEMBER, name="Siti Aminah")
            for agent in (first, second)
        )
        clerk, boss = (
            make_user(session, RoleName.FINANCE, office_id=first.office_id) for _ in range(2)
        )
        return cls(session, vault, kept, merged, clerk, boss)

    def another(self) -> Worker:
        """A third record of the person."""
        agent = self.session.get_one(Agent, self.kept.agent_id)
        return make_worker(self.session, self.vault, agent=agent, enrolled_from=SEPTEMBER)

    def bill(self, worker: Worker, *months: date) -> list[Contribution]:
        """Open bills."""
        return [make_contribution(self.session, worker, month) for month in months]

    def confirm(self, worker: Worker, *months: date) -> None:
        """Months that were paid and that BPJS confirmed."""
        owed = self.bill(worker, *months)
        payment = make_payment(
            self.session, worker, owed, state=PaymentState.SETTLED, settled_at=clock.now()
        )
        batch = Remittance(
            office_id=worker.office_id,
            count=len(owed),
            amount_idr=sum(each.amount_idr for each in owed),
            state=RemittanceState.CONFIRMED,
            kode_iuran=f"26{payment.id:09d}",
            confirmed_at=clock.now(),
        )
        self.session.add(batch)
        self.session.flush()
        for each in owed:
            each.payment_id, each.remittance_id = payment.id, batch.id
            each.confirmed_at = clock.now() - timedelta(days=1)
        self.session.flush()

    def preview(self, *, kept: Worker | None = None, merged: Worker | None = None) -> MergeEffect:
        """What merging would do."""
        return merging.preview(
            self.session,
            kept_id=(kept or self.kept).id,
            merged_id=(merged or self.merged).id,
        )

    def propose(self, *, kept: Worker | None = None, merged: Worker | None = None) -> WorkerMerge:
        """A proposal of the clerk, who was shown the effect."""
        kept, merged = kept or self.kept, merged or self.merged
        return merging.propose_merge(
            self.session,
            kept_id=kept.id,
            merged_id=merged.id,
            seen=self.preview(kept=kept, merged=merged).version,
            reason="Satu KTP",
            actor_id=self.clerk.id,
        )

    def merge(self) -> WorkerMerge:
        """A merge that the boss approved."""
        merge = self.propose()
        made = merging.approve_merge(
            self.session,
            merge_id=merge.id,
            seen=self.preview().version,
            actor_id=self.boss.id,
        )
        self.session.expire_all()
        return made

    def undo(self, merge: WorkerMerge) -> None:
        """Undo it."""
        undoing.undo_merge(
            self.session, merge_id=merge.id, reason="Salah orang", actor_id=self.boss.id
        )

    def open_months(self, worker: Worker) -> list[date]:
        """The worker's open months."""
        return list(
            self.session.scalars(
                select(Contribution.month)
                .where(Contribution.worker_id == worker.id, Contribution.payment_id.is_(None))
                .order_by(Contribution.month)
            )
        )

    def leave_unconfirmed(self) -> None:
        """The merged worker's cash is in the agent's hand."""
        self.bill(self.merged, NOVEMBER)
        agent = self.session.get_one(Agent, self.merged.agent_id)
        values: Any = {"actor_id": agent.user_id, "agent_id": agent.id}
        collect(
            self.session,
            key="k" * 32,
            channel=Cash(),
            worker_id=self.merged.id,
            months=[NOVEMBER],
            **values,
        )

    def leave_mandate(self) -> None:
        """The merged worker has a mandate."""
        make_mandate(self.session, self.merged)

    def leave_payment(self) -> None:
        """A payment through a provider waits."""
        owed = self.bill(self.merged, NOVEMBER)
        make_payment(self.session, self.merged, owed, state=PaymentState.PENDING, channel="gopay")

    def leave_died(self) -> None:
        """The merged worker died."""
        self._end(self.merged, EndReason.DIED)

    def leave_kept_ended(self) -> None:
        """The kept worker's membership ended in October."""
        self._end(self.kept, EndReason.WISHED, date(2026, 9, 30))

    def _end(self, worker: Worker, reason: EndReason, on: date | None = None) -> None:
        end(
            self.session,
            worker_id=worker.id,
            reason=reason,
            happened_on=on or clock.now().date(),
            note="Akta",
            actor_id=self.boss.id,
        )
