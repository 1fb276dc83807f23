"""A consent, a notice, a day, a debit: each month once, and only with permission and notice."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.errors import Conflict
from agentsys.extension.contract import Decline, MandateEnd, MandateState
from agentsys.payments import sweep
from agentsys.payments.mandates import charging, consent, following, notices, planning
from agentsys.payments.mandates.models import Debit, DebitState, Mandate, NoticeState, Relation
from agentsys.payments.models import Payment
from agentsys.people.models import Office
from tests.payments.mandates.account import Account, DictDebit
from tests.payments.world import PRICE, World

D = DebitState
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

    def ask(self, **changes: object) -> Mandate:
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
            key=secrets.token_hex(16),
            channel=self.channel,
            wish=consent.Wish(**wish),  # type: ignore[arg-type]
            vault=self.vault,
            actor_id=None,
        )
        self.reference = mandate.reference
        consent.start_mandate(
            self.channel,
            mandate.reference,
            phone="+6281234567890",
            return_url="https://agentsys.example/",
            by="payer",
        )
        return mandate

    def consent(self) -> None:
        """The payer consents on the provider's page, and we learn it."""
        self.account.state = MandateState.ACTIVE
        consent.check_mandate(self.channel, self.reference, by="callback")

    def look(self) -> None:
        """One round of the jobs."""
        local = clock.now() + timedelta(hours=8)
        planning.plan(self.world.session, today=local.date())
        charging.charge_due({self.channel.name: self.channel})
        sweep.recheck_silent({self.channel.name: self.channel})
        following.follow_tries(self.world.session)

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


@pytest.fixture
def auto(session, vault: Vault) -> Iterator[AutoDebit]:
    """On 2 November, a worker who owes September to November."""
    with time_machine.travel(BEGIN, tick=False) as now:
        yield AutoDebit(World.build(session, vault), vault, now)


def agreed(auto: AutoDebit) -> AutoDebit:
    """The payer consented, a debit is planned and its notice was opened."""
    auto.ask()
    auto.consent()
    auto.until(date(2026, 11, 3))
    auto.open_notice()
    return auto


def test_a_worker_who_said_yes_once_is_debited_on_the_day_and_every_month_is_paid(auto) -> None:
    agreed(auto)
    auto.until(date(2026, 11, 9))
    assert auto.channel.calls == []
    auto.until(date(2026, 11, 10))
    assert auto.debit.state is D.COLLECTED
    assert auto.paid() == 3
    assert len(auto.channel.calls) == 1
    auto.until(date(2026, 11, 27))
    assert len(auto.channel.calls) == 1


def test_nothing_is_debited_before_the_payer_consented(auto) -> None:
    auto.ask()
    auto.until(date(2026, 11, 12))
    assert auto.channel.calls == []
    assert auto.world.session.scalar(select(func.count()).select_from(Debit)) == 0


def test_a_notice_that_nobody_opened_allows_no_debit(auto) -> None:
    auto.ask()
    auto.consent()
    auto.until(date(2026, 11, 27))
    assert auto.channel.calls == []


def test_a_notice_opened_on_the_day_itself_waits_for_24_hours(auto) -> None:
    auto.ask()
    auto.consent()
    auto.until(date(2026, 11, 10))
    auto.open_notice()
    opened = clock.now()
    while not auto.channel.calls:
        auto.now.shift(timedelta(hours=1))
        auto.look()
    assert clock.now() - opened >= timedelta(hours=24)


def test_no_debit_without_a_notice_for_this_very_amount(auto) -> None:
    agreed(auto)
    contribution = auto.world.session.get_one(
        Contribution, (auto.world.worker.id, auto.world.months[0])
    )
    contribution.jkk_idr += 1_000  # such as a tariff that changed between notice and debit
    auto.world.session.flush()
    auto.until(date(2026, 11, 13))
    assert auto.channel.calls == []
    assert auto.debit.amount_idr == 3 * PRICE + 1_000
    auto.open_notice()
    auto.until(date(2026, 11, 16))
    assert len(auto.channel.calls) == 1
    assert auto.debit.state is D.COLLECTED


def test_too_little_money_is_tried_again_and_recovered(auto) -> None:
    agreed(auto)
    auto.account.balance_idr = 0
    auto.until(date(2026, 11, 10))
    assert auto.debit.decline is Decline.FUNDS
    assert auto.debit.state is D.ANNOUNCED
    auto.open_notice()
    auto.account.balance_idr = 1_000_000
    auto.until(date(2026, 11, 13))
    assert auto.debit.state is D.COLLECTED
    assert auto.debit.tries == 2


def test_after_the_last_try_the_month_is_given_up_and_not_debited_any_more(auto) -> None:
    agreed(auto)
    auto.account.balance_idr = 0
    for day in (10, 13, 17, 20, 24, 27):
        auto.until(date(2026, 11, day))
        if auto.debit.state is D.ANNOUNCED:
            auto.open_notice()
    assert auto.debit.state is D.GIVEN_UP
    assert len(auto.channel.calls) == 3


@pytest.mark.parametrize("decline", [Decline.NEEDS_PAYER, Decline.ENDED, Decline.UNKNOWN])
def test_only_lack_of_funds_and_technical_faults_are_tried_again(auto, decline) -> None:
    agreed(auto)
    auto.account.refuses = decline
    auto.until(date(2026, 11, 27))
    assert auto.debit.state is D.GIVEN_UP
    assert auto.debit.decline is decline
    assert len(auto.channel.calls) == 1


def test_unknown_try_blocks_every_further_try(auto) -> None:
    agreed(auto)
    auto.account.loses_answers = True
    auto.until(date(2026, 11, 10))
    assert len(auto.channel.calls) == 1
    auto.until(date(2026, 11, 11))
    assert auto.debit.state is D.COLLECTED  # the sweep asked, and the money had come
    assert len(auto.channel.calls) == 1


def test_cash_paid_while_a_debit_is_announced_withdraws_the_debit(auto) -> None:
    agreed(auto)
    auto.world.collect(auto.world.months)
    auto.until(date(2026, 11, 12))
    assert auto.channel.calls == []
    assert auto.debit.state is D.WITHDRAWN


def test_a_debit_waits_while_another_payment_of_its_month_is_under_way(auto) -> None:
    agreed(auto)
    auto.world.ask()
    auto.until(date(2026, 11, 10))
    assert auto.channel.calls == []
    assert auto.debit.why == "money_in_flight"


def test_revoked_a_second_before_and_a_second_after_the_charge(auto) -> None:
    agreed(auto)
    auto.until(date(2026, 11, 9))
    consent.revoke(auto.world.session, reference=auto.reference, by="payer")
    auto.until(date(2026, 11, 12))
    assert auto.channel.calls == []
    assert auto.debit.state is D.WITHDRAWN


def test_revoking_after_the_call_leaves_that_debit_and_stops_the_next(auto) -> None:
    agreed(auto)
    auto.until(date(2026, 11, 10))
    consent.revoke(auto.world.session, reference=auto.reference, by="payer")
    assert auto.debit.state is D.COLLECTED
    mandate = auto.world.session.scalars(select(Mandate)).one()
    assert mandate.end is MandateEnd.REVOKED_BY_US


def test_a_pause_stops_the_debit_until_its_day(auto) -> None:
    agreed(auto)
    consent.pause(auto.world.session, reference=auto.reference, until=date(2026, 11, 16))
    auto.until(date(2026, 11, 13))
    assert auto.channel.calls == []
    auto.until(date(2026, 11, 16))
    assert len(auto.channel.calls) == 1


def test_a_sum_above_the_cap_is_never_debited(auto) -> None:
    auto.ask(cap_idr=3 * PRICE - 1)
    auto.consent()
    auto.look()
    auto.until(date(2026, 11, 27))
    assert auto.channel.calls == []


def test_a_worker_has_one_mandate_at_a_time(auto) -> None:
    auto.ask()
    with pytest.raises(Conflict):
        auto.ask()


def test_a_day_without_any_worker_is_made_up_and_nothing_is_skipped(auto) -> None:
    agreed(auto)
    auto.now.move_to(datetime(2026, 11, 17, 1, tzinfo=UTC))
    auto.look()
    assert auto.debit.state is D.COLLECTED


def test_a_debit_still_pending_is_seen_when_the_plan_is_made_again(auto) -> None:
    agreed(auto)
    first = auto.debit.id
    auto.world.session.scalars(select(Mandate)).one().debit_day = 20
    auto.look()
    assert auto.debit.id == first
    assert auto.world.session.scalar(select(func.count()).select_from(Debit)) == 1


def test_each_try_has_an_order_id_of_its_own(auto) -> None:
    agreed(auto)
    auto.account.refuses = Decline.TRY_LATER
    for day in (10, 13, 17):
        auto.until(date(2026, 11, day))
        if auto.debit.state is D.ANNOUNCED:
            auto.open_notice()
    assert len(auto.channel.calls) == len(set(auto.channel.calls)) > 1
    references = auto.world.session.scalars(select(Payment.reference)).all()
    assert set(auto.channel.calls) == set(references)


def test_the_office_has_the_zone_of_its_day(auto) -> None:
    office = auto.world.session.get_one(Office, auto.world.office_id)
    office.zone = "Asia/Jayapura"
    agreed(auto)
    auto.now.move_to(datetime(2026, 11, 9, 15, 1, tzinfo=UTC))  # the 10th, 00:01 in Jayapura
    auto.look()
    assert len(auto.channel.calls) == 1
