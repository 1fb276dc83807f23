"""The last look before a debit allows it only when nothing speaks against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.extension.contract import MandateState
from agentsys.payments.mandates.last_look import (
    DebitNow,
    MonthNow,
    NoticeNow,
    Verdict,
    Why,
    last_look,
)

NOW = datetime(2026, 11, 10, 2, tzinfo=UTC)
TODAY = date(2026, 11, 10)
MONTH = date(2026, 11, 1)

ALLOWED = DebitNow(
    now=NOW,
    today=TODAY,
    due_on=TODAY,
    announce_from=TODAY - timedelta(days=7),
    last_on=date(2026, 11, 27),
    opens_at=None,
    months=[MonthNow(month=MONTH, planned_idr=16_800, owed_idr=16_800, in_flight=False)],
    mandate=MandateState.ACTIVE,
    paused_until=None,
    cap_idr=50_000,
    month_cap_idr=100_000,
    without_pin_idr=50_000,
    debited_this_month_idr=0,
    notice=NoticeNow(amount_idr=16_800, debit_on=TODAY, counted_at=NOW - timedelta(days=3)),
    notice_hours=24,
    earlier_try_unknown=False,
    stopped=False,
)


def _month(**changes):
    return [replace(ALLOWED.months[0], **changes)]


def _notice(**changes):
    return replace(ALLOWED.notice, **changes)


def test_a_debit_is_allowed_when_nothing_speaks_against_it():
    assert last_look(ALLOWED) == (Verdict.CHARGE, Why.ALLOWED)


@pytest.mark.parametrize(
    ("changes", "verdict", "why"),
    [
        ({"earlier_try_unknown": True}, Verdict.ASK_PROVIDER, Why.EARLIER_TRY_UNKNOWN),
        ({"mandate": MandateState.ENDED}, Verdict.WITHDRAW, Why.MANDATE_ENDED),
        ({"mandate": MandateState.SUSPENDED}, Verdict.WAIT, Why.MANDATE_NOT_ACTIVE),
        ({"mandate": MandateState.UNCLEAR}, Verdict.WAIT, Why.MANDATE_NOT_ACTIVE),
        ({"mandate": MandateState.PENDING}, Verdict.WAIT, Why.MANDATE_NOT_ACTIVE),
        ({"mandate": MandateState.ASKED}, Verdict.WAIT, Why.MANDATE_NOT_ACTIVE),
        ({"months": _month(owed_idr=0)}, Verdict.WITHDRAW, Why.ALL_PAID),
        ({"months": _month(owed_idr=16_900)}, Verdict.ANNOUNCE, Why.SUM_CHANGED),
        ({"months": _month(in_flight=True)}, Verdict.WAIT, Why.MONEY_IN_FLIGHT),
        ({"cap_idr": 16_799}, Verdict.ASK_PAYER, Why.ABOVE_CAP),
        ({"debited_this_month_idr": 83_201}, Verdict.ASK_PAYER, Why.ABOVE_MONTHS_CAP),
        ({"without_pin_idr": 16_799}, Verdict.ASK_PAYER, Why.ABOVE_PIN_LIMIT),
        ({"notice": None}, Verdict.ANNOUNCE, Why.NO_NOTICE),
        ({"notice": _notice(amount_idr=16_799)}, Verdict.ANNOUNCE, Why.NOTICE_FOR_ANOTHER_SUM),
        (
            {"notice": _notice(debit_on=TODAY + timedelta(days=1))},
            Verdict.WAIT,
            Why.TOO_EARLY,
        ),
        ({"notice": _notice(counted_at=None)}, Verdict.WAIT, Why.NOTICE_NOT_OPENED),
        ({"announce_from": TODAY + timedelta(days=1)}, Verdict.WAIT, Why.TOO_EARLY),
        (
            {"notice": _notice(counted_at=NOW - timedelta(hours=24) + timedelta(seconds=1))},
            Verdict.WAIT,
            Why.NOTICE_TOO_FRESH,
        ),
        ({"paused_until": TODAY + timedelta(days=1)}, Verdict.WAIT, Why.PAUSED),
        ({"due_on": TODAY + timedelta(days=1)}, Verdict.WAIT, Why.TOO_EARLY),
        ({"last_on": TODAY - timedelta(days=1)}, Verdict.WITHDRAW, Why.MONTH_IS_OVER),
        ({"opens_at": NOW + timedelta(hours=9)}, Verdict.WAIT, Why.AT_NIGHT),
        ({"stopped": True}, Verdict.WAIT, Why.STOPPED),
    ],
)
def test_each_reason_alone_stops_a_debit(changes, verdict, why):
    assert last_look(replace(ALLOWED, **changes)) == (verdict, why)


def test_a_notice_of_exactly_the_required_age_allows_the_debit():
    counted = NOW - timedelta(hours=24)
    assert last_look(replace(ALLOWED, notice=_notice(counted_at=counted)))[0] is Verdict.CHARGE


@pytest.mark.parametrize(
    ("changes", "fit"),
    [
        ({"cap_idr": 40_000}, 2),
        ({"cap_idr": 33_600}, 2),
        ({"cap_idr": 33_599}, 1),
        ({"month_cap_idr": 50_000, "debited_this_month_idr": 20_000}, 1),
        ({"without_pin_idr": 16_800}, 1),
    ],
)
def test_arrears_that_are_too_much_become_fewer_months_the_oldest_first(changes, fit):
    arrears = [_month(month=date(2026, number, 1))[0] for number in (9, 10, 11)]
    debit = replace(ALLOWED, months=arrears, notice=None, **changes)
    assert last_look(debit)[0] is Verdict.FEWER_MONTHS
    assert debit.fitting == arrears[:fit]


def test_a_pause_ends_on_its_day():
    assert last_look(replace(ALLOWED, paused_until=TODAY))[0] is Verdict.CHARGE


_amounts = st.sampled_from([0, 16_800, 16_900])
_days = st.integers(-2, 2).map(lambda days: TODAY + timedelta(days=days))
_months = st.lists(
    st.builds(
        MonthNow,
        month=st.just(MONTH),
        planned_idr=st.sampled_from([16_800, 16_900]),
        owed_idr=_amounts,
        in_flight=st.booleans(),
    ),
    min_size=1,
    max_size=3,
)
_notices = st.none() | st.builds(
    NoticeNow,
    amount_idr=st.sampled_from([16_800, 33_600, 16_900]),
    debit_on=_days,
    counted_at=st.none() | st.integers(0, 50).map(lambda hours: NOW - timedelta(hours=hours)),
)
_debits = st.builds(
    DebitNow,
    now=st.just(NOW),
    today=st.just(TODAY),
    due_on=_days,
    announce_from=_days,
    last_on=_days,
    opens_at=st.none() | st.just(NOW + timedelta(hours=9)),
    months=_months,
    mandate=st.sampled_from(MandateState),
    paused_until=st.none() | _days,
    cap_idr=st.sampled_from([16_800, 50_000]),
    month_cap_idr=st.sampled_from([20_000, 100_000]),
    without_pin_idr=st.sampled_from([None, 16_800, 100_000]),
    debited_this_month_idr=st.sampled_from([0, 16_800]),
    notice=_notices,
    notice_hours=st.just(24),
    earlier_try_unknown=st.booleans(),
    stopped=st.booleans(),
)


@given(_debits)
def test_no_debit_without_permission_money_owed_notice_and_under_the_cap(debit):
    if last_look(debit)[0] is not Verdict.CHARGE:
        return
    assert debit.mandate is MandateState.ACTIVE
    assert not debit.earlier_try_unknown
    assert not debit.stopped
    assert debit.opens_at is None
    assert debit.due_on <= TODAY <= debit.last_on
    assert all(m.owed_idr == m.planned_idr and not m.in_flight for m in debit.months)
    assert 0 < debit.amount_idr <= debit.cap_idr
    assert debit.amount_idr + debit.debited_this_month_idr <= debit.month_cap_idr
    assert debit.notice is not None
    assert debit.notice.amount_idr == debit.amount_idr
    assert debit.notice.counted_at is not None
    assert NOW - debit.notice.counted_at >= timedelta(hours=24)
    assert debit.notice.debit_on <= TODAY
    assert debit.paused_until is None or debit.paused_until <= TODAY
