"""A worker with three open months, an account that can be debited, and a clock to move."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import time_machine
from sqlalchemy import func, select

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.extension.contract import MandateState
from agentsys.payments import provider_calls, sweep
from agentsys.payments.debit_models import Debit, NoticeState
from agentsys.payments.mandate_models import Mandate, Relation
from agentsys.payments.mandates import consent, following, linking, notices, rounds
from tests.payments.mandates.account import Account, DictDebit
from tests.payments.world import World

BEGIN = datetime(2026, 11, 2, 1, tzinfo=UTC)  # a Monday, 09:00 at the office


@dataclass
class AutoDebit:
    """A worker with three open months whose mandate debits on the 10th."""

    world: World
    vault: Vault
    now: time_machine.Coordinates
    channel: DictDebit = field(default_factory=DictDebit)
    reference: str = ""

    @property
    def account(self) -> Account:
        """The payer's account."""
        return self.channel.accounts[self.reference]

    @property
    def debit(self) -> Debit:
        """The worker's newest debit."""
        return self.world.session.scalars(select(Debit).order_by(Debit.id.desc()).limit(1)).one()

    def ask_again(self, **changes: object) -> Mandate:
        """Another one, which is to replace the one that the worker has."""
        return self.ask(replace=True, **changes)

    def ask(self, *, key: str = "", replace: bool = False, **changes: object) -> Mandate:
        """A mandate that waits for the payer's consent."""
        wish = {
            "workers": {self.world.worker.id: Relation.SELF},
            "holder_name": "Siti Rahmawati",
            "phone": "+6281234567890",
            "cap_idr": 100_000,
            "month_cap_idr": 200_000,
            "debit_day": 10,
        } | changes
        mandate = consent.ask_mandate(
            self.world.session,
            key=key or secrets.token_hex(16),
            channel=self.channel,
            wish=consent.Wish(**wish),  # type: ignore[arg-type]
            vault=self.vault,
            actor_id=None,
            replace=replace,
        )
        self.reference = mandate.reference
        self.ask_provider()
        return mandate

    def ask_provider(self) -> None:
        """The job asks the provider about mandates that are due."""
        linking.ask_providers({self.channel.name: self.channel}, vault=self.vault)

    def consent(self) -> None:
        """The payer consents on the provider's page, and we learn it."""
        self.account.state = MandateState.ACTIVE
        linking.ask_about(self.world.session, handle=self.reference, channel=self.channel.name)
        self.ask_provider()

    def look(self) -> None:
        """Run each job of auto-debit once."""
        channels = {self.channel.name: self.channel}
        rounds.plan()
        self.make()
        sweep.recheck_silent(channels)
        following.follow_tries(self.world.session)

    def make(self) -> None:
        """Run the job that makes the debits that are due."""
        self.world.session.commit()
        rounds.make_debits({self.channel.name: self.channel})

    def ask_about_payments(self) -> None:
        """The job asks providers about payments, as long as something is due."""
        while provider_calls.ask_next({self.channel.name: self.channel}):
            pass

    def open_notice(self) -> None:
        """The payer opens the notice on the own page."""
        notice = notices.current(self.world.session, debit_id=self.debit.id)
        assert notice is not None
        notices.count(self.world.session, notice_id=notice.id, state=NoticeState.OPENED)

    def until(self, day: date) -> None:
        """Every hour passes, with the jobs, to the morning of a day."""
        end = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
        while clock.now() < end:
            self.now.shift(timedelta(hours=3))
            self.look()

    def paid(self) -> int:
        """The months that are paid."""
        return (
            self.world.session.scalar(
                select(func.count()).where(Contribution.payment_id.is_not(None))
            )
            or 0
        )


def agreed(auto: AutoDebit) -> AutoDebit:
    """The payer consented, a debit is planned and its notice was opened."""
    auto.ask()
    auto.consent()
    auto.until(date(2026, 11, 3))
    auto.open_notice()
    return auto
