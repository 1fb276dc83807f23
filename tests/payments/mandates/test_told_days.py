"""The notice of a debit names the days on which it is tried again for lack of funds."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select

from agentsys.payments.debit_models import DebitState, DebitTry, NoticeKind
from agentsys.payments.mandates import own_page
from agentsys.payments.mandates.rules import further_tries, rules_for
from tests.payments.mandates.auto import AutoDebit, agreed

OFFICE = ZoneInfo("Asia/Makassar")
RULES = rules_for(date(2026, 11, 1))


def test_the_further_tries_come_on_the_days_that_the_notice_named(auto: AutoDebit) -> None:
    agreed(auto)
    session, worker_id = auto.world.session, auto.world.worker.id
    told = next(
        row
        for row in own_page.notices_of(session, worker_id=worker_id)
        if row.kind is NoticeKind.DEBIT
    )
    auto.account.balance_idr = 0
    auto.until(date(2026, 11, 20))

    tried = session.scalars(select(DebitTry.at).order_by(DebitTry.try_no))
    days = [at.astimezone(OFFICE).date() for at in tried]
    assert len(days) == 3
    assert days == [told.debit_on, *told.again_on]
    assert auto.debit.state is DebitState.GIVEN_UP


def test_a_debit_late_in_the_month_has_fewer_tries_and_none_is_on_a_closed_day() -> None:
    def days(due: date) -> list[date]:
        return further_tries(due, due, 0, RULES, last_on=date(2026, 11, 27))

    assert days(date(2026, 11, 10)) == [date(2026, 11, 13), date(2026, 11, 17)]
    assert days(date(2026, 11, 23)) == [date(2026, 11, 26)]
    assert days(date(2026, 11, 26)) == []


def test_a_debit_that_was_put_off_is_never_tried_twice_on_a_day() -> None:
    first, due = date(2026, 11, 10), date(2026, 11, 18)

    days = further_tries(first, due, 0, RULES, last_on=date(2026, 11, 27))
    assert days == [date(2026, 11, 19), date(2026, 11, 20)]
