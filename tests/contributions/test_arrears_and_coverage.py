"""What is open, and until when somebody is covered."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import arrears
from agentsys.contributions.coverage import Cover, coverage, coverage_of, coverages
from agentsys.crypto import Vault
from agentsys.months import add_months
from tests.factories import make_agent, make_contribution, make_payment, make_worker

NOVEMBER = date(2026, 11, 1)


def back(count: int) -> date:
    """The month that many months before November 2026."""
    return add_months(NOVEMBER, -count)


def run(first: int, last: int) -> list[date]:
    """The months from that many months ago until that many months ago."""
    return [back(count) for count in range(first, last - 1, -1)]


def test_open_months_come_oldest_first_and_arrears_are_before_this_month(
    session: Session, vault: Vault
) -> None:
    worker = make_worker(session, vault, agent=make_agent(session), enrolled_from=back(3))
    months = {count: make_contribution(session, worker, back(count)) for count in (0, 2, -1, 1, 3)}
    payment = make_payment(session, worker, [months[3]])
    months[3].payment_id = payment.id
    session.flush()

    open_ = arrears.open_months(session, worker_id=worker.id)
    overdue = arrears.arrears(session, worker_id=worker.id)

    assert [c.month for c in open_] == [back(2), back(1), back(0), back(-1)]
    assert [c.month for c in overdue] == [back(2), back(1)]
    session.rollback()


def test_money_that_was_only_collected_or_remitted_covers_nobody(
    session: Session, vault: Vault
) -> None:
    worker = make_worker(session, vault, agent=make_agent(session))
    contribution = make_contribution(session, worker)
    payment = make_payment(session, worker, [contribution])
    contribution.payment_id, contribution.remittance_id = payment.id, 1
    session.flush()

    collected = coverage_of(session, worker_id=worker.id)
    contribution.confirmed_at = clock.now()
    session.flush()
    confirmed = coverage_of(session, worker_id=worker.id)

    assert (collected.state, collected.paid_until) == (Cover.NEVER, None)
    assert (confirmed.state, confirmed.paid_until) == (Cover.COVERED, date(2026, 11, 30))
    session.rollback()


def test_the_cover_of_many_takes_one_query(session: Session, vault: Vault) -> None:
    ids = [make_worker(session, vault).id for _ in range(3)]

    assert {found.state for found in coverages(session, worker_ids=ids).values()} == {Cover.NEVER}
    assert set(coverages(session, worker_ids=ids)) == set(ids)


@pytest.mark.parametrize(
    ("months", "state", "until", "in_a_row"),
    [
        ([], Cover.NEVER, None, 0),
        (run(5, 0), Cover.COVERED, date(2026, 11, 30), 6),
        (run(5, -2), Cover.COVERED, date(2027, 1, 31), 8),
        (run(9, 7) + run(5, 0), Cover.COVERED, date(2026, 11, 30), 6),
        (run(5, 1), Cover.GRACE, date(2026, 10, 31), 5),
        (run(5, 3), Cover.GRACE, date(2026, 8, 31), 3),
        (run(6, 4), Cover.ENDED, date(2026, 7, 31), 3),
        (run(3, 1) + run(-1, -3), Cover.GRACE, date(2026, 10, 31), 3),
        (run(-1, -3), Cover.NEVER, None, 0),
    ],
)
def test_cover_follows_the_months_without_a_gap(
    months: list[date], state: Cover, until: date | None, in_a_row: int
) -> None:
    found = coverage(months, NOVEMBER)

    assert (found.state, found.paid_until, found.months_in_a_row) == (state, until, in_a_row)


def test_the_last_day_to_pay_is_three_months_after_the_cover_ended() -> None:
    found = coverage(run(5, 2), NOVEMBER)

    assert found.pay_before == date(2026, 12, 31)
    assert found.warning is not None
    assert "sejak 1 Okt 2026" in found.warning.sentence()
    assert "paling lambat 31 Des 2026" in found.warning.sentence()


def test_who_is_in_arrears_for_too_long_is_told_that_the_office_can_resume() -> None:
    found = coverage(run(9, 6), NOVEMBER)

    assert found.pay_before is None
    assert found.warning is not None
    assert "Kantor dapat mengaktifkannya lagi" in found.warning.sentence()


def test_a_new_member_is_told_that_the_full_benefit_comes_later() -> None:
    new, old = coverage(run(2, -9), NOVEMBER), coverage(run(3, -9), NOVEMBER)

    assert new.warning is not None
    assert "bulan ke-3" in new.warning.sentence()
    assert old.warning is None


def test_a_new_member_is_told_when_the_last_paid_month_runs_too() -> None:
    found = coverage(run(1, 0), NOVEMBER)

    assert found.warning is not None
    assert "LUNAS di BPJS sampai 30 Nov 2026" in found.warning.sentence()
    assert "Peserta baru (bulan ke-2 dari 3)" in found.warning.sentence()


def test_somebody_covered_is_told_when_the_last_paid_month_runs() -> None:
    found = coverage(run(8, 0), NOVEMBER)

    assert found.warning is not None
    assert found.warning.sentence().startswith("LUNAS di BPJS sampai 30 Nov 2026")


@given(months=st.sets(st.integers(-12, 24).map(back)))
def test_nobody_is_covered_in_a_month_that_was_not_confirmed(months: set[date]) -> None:
    found = coverage(months, NOVEMBER)

    assert found.is_covered == (NOVEMBER in months)
    if found.paid_until is not None:
        assert found.paid_until.replace(day=1) in months
        assert (found.paid_until >= NOVEMBER) == found.is_covered


def test_somebody_whose_first_month_is_paid_ahead_is_told_when_cover_begins() -> None:
    cover = coverage([date(2027, 1, 1), date(2026, 12, 1)], date(2026, 11, 1))

    assert (cover.state, cover.paid_until) == (Cover.NEVER, None)
    assert cover.warning is not None
    assert "perlindungan mulai 1 Des 2026" in cover.warning.sentence()
