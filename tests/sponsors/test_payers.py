"""One payer for each worker and month: decided by priority, held by the database."""

from __future__ import annotations

import random
from datetime import date

import pytest
from sqlalchemy import func, select

from agentsys.agreements.kinds import LeaveReason, SponsorKind
from agentsys.agreements.models import Agreement
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Invalid
from agentsys.months import add_months
from agentsys.sponsors import members, payers
from agentsys.sponsors.members import CeilingReached
from agentsys.workers.kinds import EndReason, Funding
from agentsys.workers.models import Enrolment, Worker
from tests.factories import make_contribution
from tests.sponsors.world import PRICE, Sponsored


def replace(
    office: Sponsored,
    agreement: Agreement,
    leaver: Worker,
    new: Worker | None = None,
    *,
    why: LeaveReason = LeaveReason.MOVED,
    month: date | None = None,
) -> None:
    members.replace(
        office.session,
        agreement_id=agreement.id,
        leaver_id=leaver.id,
        why=why,
        month=month or office.later(1),
        note="Surat kelurahan 12",
        new_id=new.id if new else None,
        actor_id=office.finance.id,
    )


def test_a_self_payer_is_paid_for_from_the_lists_month(office: Sponsored) -> None:
    worker = office.worker(enrolled_from=office.later(-3))
    agreement = office.agreement()

    office.name(agreement, worker)

    assert office.payers(worker) == [
        (office.later(-3), None, office.month),
        (office.month, agreement.id, None),
    ]


def test_months_that_the_worker_paid_ahead_stay_his(office: Sponsored) -> None:
    worker = office.worker()
    office.pays_cash(worker, office.month, office.later(1))
    agreement = office.agreement()

    office.name(agreement, worker)

    assert office.payers(worker) == [
        (office.month, None, office.later(2)),
        (office.later(2), agreement.id, None),
    ]


def test_an_unpaid_bill_of_the_worker_becomes_the_sponsors(office: Sponsored) -> None:
    worker = office.worker()
    make_contribution(office.session, worker, office.month)
    agreement = office.agreement()

    office.name(agreement, worker)

    line = office.session.get_one(Contribution, (worker.id, office.month), populate_existing=True)
    assert (line.funding, line.amount_idr, line.bill_id is None) == (Funding.APBD, PRICE, False)


def test_two_sponsors_one_nik_one_payer_per_month(office: Sponsored) -> None:
    worker = office.worker()
    city = office.agreement(SponsorKind.CITY)
    province = office.agreement(SponsorKind.PROVINCE)
    office.name(city, worker)

    office.name(province, worker, from_month=office.later(2))

    assert office.payers(worker) == [
        (office.month, city.id, office.later(2)),
        (office.later(2), province.id, None),
    ]


def test_where_the_first_sponsor_leaves_off_the_second_one_goes_on(office: Sponsored) -> None:
    worker = office.worker()
    city = office.agreement(SponsorKind.CITY, last_month=office.later(2))
    donor = office.agreement(SponsorKind.DONOR)
    office.name(donor, worker)

    office.name(city, worker)

    assert office.payers(worker) == [
        (office.month, city.id, office.later(3)),
        (office.later(3), donor.id, None),
    ]


def test_an_agreement_that_ends_alone_stops_nobody_silently(office: Sponsored) -> None:
    worker = office.worker()
    agreement = office.agreement(last_month=office.later(2))

    office.name(agreement, worker)

    assert office.payers(worker) == [(office.month, agreement.id, None)]


def test_who_leaves_the_list_is_no_member_after_that_month(office: Sponsored) -> None:
    worker, stays = office.worker(), office.worker()
    agreement = office.agreement()
    office.name(agreement, worker, stays)

    replace(office, agreement, worker, why=LeaveReason.OWN_WISH)

    enrolment = office.session.get_one(Enrolment, (worker.id, office.month))
    assert (enrolment.until_month, enrolment.end_reason) == (
        office.later(1),
        EndReason.SPONSOR_ENDED,
    )
    assert office.payers(stays) == [(office.month, agreement.id, None)]


def test_a_place_is_given_once_and_within_the_ceiling(office: Sponsored) -> None:
    leaver, new, other = (office.worker() for _ in range(3))
    agreement = office.agreement(most_people=1)
    office.name(agreement, leaver)
    with (
        pytest.raises(CeilingReached, match="paling banyak 1 orang"),
        office.session.begin_nested(),
    ):
        office.name(agreement, other)

    replace(office, agreement, leaver, new)

    assert office.payers(new)[-1] == (office.later(1), agreement.id, None)
    with pytest.raises(Conflict, match="tidak ada lagi"):
        replace(office, agreement, leaver, other)


def test_a_replacement_needs_a_reason_and_its_evidence(office: Sponsored) -> None:
    worker = office.worker()
    agreement = office.agreement()
    office.name(agreement, worker)

    with pytest.raises(Invalid):
        replace(office, agreement, worker, why=LeaveReason.OFF_LIST)


def test_deciding_again_changes_nothing(office: Sponsored) -> None:
    worker = office.worker()
    office.name(office.agreement(), worker)
    before = office.payers(worker)

    again = payers.settle(office.session, worker_ids=[worker.id], since=office.month, actor_id=None)

    assert again.workers == 0
    assert office.payers(worker) == before


def test_the_dead_are_not_paid_for_again(office: Sponsored) -> None:
    worker = office.worker(enrolled_from=office.later(-2))
    enrolment = office.session.get_one(Enrolment, (worker.id, office.later(-2)))
    enrolment.until_month, enrolment.end_reason = office.later(-1), EndReason.DIED
    enrolment.ended_at = worker.created_at
    before = office.payers(worker)

    office.name(office.agreement(), worker)

    assert office.payers(worker) == before


@pytest.mark.parametrize("seed", range(12))
def test_the_order_in_which_agreements_name_people_makes_no_difference(
    office: Sponsored, seed: int
) -> None:
    rng = random.Random(seed)
    kinds = (SponsorKind.PROVINCE, SponsorKind.CITY, SponsorKind.COMPANY)
    agreements = [
        office.agreement(kind, last_month=office.later(rng.randint(3, 9))) for kind in kinds
    ]
    claims = [
        (agreement, office.later(rng.randint(0, 3)))
        for agreement in agreements
        if rng.random() < 0.8
    ]
    one, two = office.worker(), office.worker()

    for agreement, month in claims:
        office.name(agreement, one, from_month=month)
    for agreement, month in reversed(claims):
        office.name(agreement, two, from_month=month)

    for ahead in range(12):
        month = office.later(ahead)
        wanted = [
            agreement for agreement, first in claims if first <= month < agreement.until_month
        ]
        best = min(wanted, key=lambda agreement: agreement.priority, default=None)
        for worker in (one, two):
            if best is not None:
                assert _payer(office, worker, month) == best.id
            assert _payers(office, worker, month) <= 1


def _payer(office: Sponsored, worker: Worker, month: date) -> int | None:
    for first, agreement_id, until in office.payers(worker):
        if first <= month and (until is None or month < until):
            return agreement_id
    return None


def _payers(office: Sponsored, worker: Worker, month: date) -> int:
    return (
        office.session.scalar(
            select(func.count()).where(
                Enrolment.worker_id == worker.id,
                Enrolment.from_month <= month,
                Enrolment.until_month.is_(None) | (Enrolment.until_month > month),
            )
        )
        or 0
    )


@pytest.mark.parametrize("seed", range(8))
def test_joining_and_leaving_at_random_leaves_one_payer_for_each_month(
    office: Sponsored, seed: int
) -> None:
    rng = random.Random(100 + seed)
    agreements = [office.agreement(kind) for kind in (SponsorKind.STATE, SponsorKind.VILLAGE)]
    worker = office.worker()
    named: dict[int, list[tuple[date, date | None]]] = {each.id: [] for each in agreements}
    for _step in range(8):
        agreement = rng.choice(agreements)
        month = office.later(rng.randint(0, 6))
        periods = named[agreement.id]
        if periods and periods[-1][1] is None:
            if month < periods[-1][0]:
                continue
            members.leave(
                office.session,
                agreement_id=agreement.id,
                worker_ids=[worker.id],
                month=month,
                why=LeaveReason.OWN_WISH,
            )
            periods[-1] = (periods[-1][0], month)
        else:
            if periods and month < (periods[-1][1] or month):
                continue
            if periods and month == periods[-1][0]:
                periods.pop()
            office.name(agreement, worker, from_month=month)
            periods.append((month, None))
        payers.settle(office.session, worker_ids=[worker.id], since=office.month, actor_id=None)
    for ahead in range(8):
        month = add_months(office.month, ahead)
        wanted = [
            each
            for each in agreements
            if any(
                first <= month and (until is None or month < until)
                for first, until in named[each.id]
            )
        ]
        assert _payers(office, worker, month) <= 1
        if wanted:
            best = min(wanted, key=lambda each: each.priority)
            assert _payer(office, worker, month) == best.id
