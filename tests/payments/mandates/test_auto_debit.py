"""A consent, a notice, a day, a debit: each month once, and only with permission and notice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict
from agentsys.extension.contract import Decline, MandateEnd
from agentsys.ledger import invariants
from agentsys.payments.debit_models import Debit, DebitRun, DebitState, Notice, NoticeKind
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates import wishes
from agentsys.payments.models import Payment
from agentsys.people.models import Office
from tests.payments.mandates.auto import agreed
from tests.payments.world import PRICE

D = DebitState


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
    wishes.revoke(auto.world.session, reference=auto.reference, by="payer")
    auto.until(date(2026, 11, 12))
    assert auto.channel.calls == []
    assert auto.debit.state is D.WITHDRAWN


def test_revoking_after_the_call_leaves_that_debit_and_stops_the_next(auto) -> None:
    agreed(auto)
    auto.until(date(2026, 11, 10))
    wishes.revoke(auto.world.session, reference=auto.reference, by="payer")
    assert auto.debit.state is D.COLLECTED
    mandate = auto.world.session.scalars(select(Mandate)).one()
    assert mandate.end is MandateEnd.REVOKED_BY_US


def test_a_pause_stops_the_debit_until_its_day(auto) -> None:
    agreed(auto)
    wishes.pause(auto.world.session, reference=auto.reference, until=date(2026, 11, 16))
    auto.until(date(2026, 11, 13))
    assert auto.channel.calls == []
    auto.until(date(2026, 11, 16))
    assert len(auto.channel.calls) == 1


def test_a_sum_above_the_cap_is_never_debited(auto) -> None:
    auto.ask(cap_idr=PRICE - 1)
    auto.consent()
    auto.look()
    auto.until(date(2026, 11, 27))
    assert auto.debit.state is D.GIVEN_UP
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


def test_the_office_has_the_zone_of_its_day_and_nobody_is_debited_at_night(auto) -> None:
    office = auto.world.session.get_one(Office, auto.world.office_id)
    office.zone = "Asia/Jayapura"
    agreed(auto)
    auto.now.move_to(datetime(2026, 11, 9, 15, 1, tzinfo=UTC))  # the 10th, 00:01 in Jayapura
    auto.look()
    assert auto.channel.calls == []
    assert auto.debit.why == "at_night"
    assert auto.debit.look_at == datetime(2026, 11, 9, 21, tzinfo=UTC)
    auto.now.move_to(datetime(2026, 11, 9, 21, tzinfo=UTC))
    auto.look()
    assert len(auto.channel.calls) == 1


def test_a_technical_fault_is_tried_again_within_the_hour_without_a_message(auto) -> None:
    agreed(auto)
    auto.until(date(2026, 11, 9))
    auto.account.refuses = Decline.TRY_LATER
    auto.now.move_to(datetime(2026, 11, 10, 1, tzinfo=UTC))
    for minutes, calls in ((0, 1), (14, 1), (1, 2), (59, 2), (1, 3), (300, 3)):
        auto.now.shift(timedelta(minutes=minutes))
        auto.look()
        assert len(auto.channel.calls) == calls
    assert _messages(auto) == [date(2026, 11, 11)]  # only the last one puts it off to another day
    auto.account.refuses = None
    auto.until(date(2026, 11, 11))
    assert auto.debit.state is D.COLLECTED
    assert auto.debit.tries == 4


def test_one_counter_limits_tries_for_whatever_reason(auto) -> None:
    agreed(auto)
    auto.account.refuses = Decline.TRY_LATER
    auto.now.move_to(datetime(2026, 11, 10, 1, tzinfo=UTC))
    for _ in range(14):
        auto.look()
        auto.now.shift(timedelta(hours=6))
    assert len(auto.channel.calls) == 5
    assert auto.debit.state is D.GIVEN_UP
    assert invariants.check(auto.world.session) == []
    days = auto.world.session.scalars(select(DebitRun).order_by(DebitRun.day)).all()
    assert [(day.planned, day.refused, day.skipped) for day in days] == [(1, 1, 0)] * 3


def test_arrears_above_the_cap_are_debited_as_fewer_whole_months(auto) -> None:
    auto.ask(cap_idr=3 * PRICE - 1)
    auto.consent()
    auto.until(date(2026, 11, 3))
    assert auto.debit.amount_idr == 2 * PRICE
    auto.open_notice()
    auto.until(date(2026, 11, 10))
    assert auto.debit.state is D.COLLECTED
    paid = auto.world.session.scalars(
        select(Contribution.month).where(Contribution.payment_id.is_not(None))
    ).all()
    assert sorted(paid) == sorted(auto.world.months)[:2]


def _messages(auto) -> list[date | None]:
    """The days of the next try in the messages about failed tries."""
    failed = select(Notice.debit_on).where(Notice.kind == NoticeKind.FAILED).order_by(Notice.id)
    return list(auto.world.session.scalars(failed))
