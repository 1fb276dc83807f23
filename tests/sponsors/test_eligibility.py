"""What agreements ask, and the end that is told to those who lost it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from agentsys import clock
from agentsys.agreements.kinds import Certainty, FactKind, LeaveReason
from agentsys.agreements.models import AgreementMember
from agentsys.db import db, transaction
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.listing.request import ListRequest
from agentsys.people.models import RoleName
from agentsys.sponsors import conversion, eligibility, facts
from agentsys.sponsors.eligibility import Standing
from tests.factories import make_office, make_user
from tests.sponsors.facts_world import asks, deciles, end, loaded, named, nik_of, sheet_of, standing
from tests.sponsors.test_races import together
from tests.sponsors.world import Sponsored


def test_a_list_that_is_not_applied_does_not_count(office: Sponsored) -> None:
    agreement, [one, *_] = named(office)
    asks(office, agreement, "4")

    made = deciles(office, {one: 9}, apply=False)
    assert standing(office, agreement) == (0, 0, 3)
    facts.apply(office.session, list_id=made.id, actor_id=office.finance.id)

    assert standing(office, agreement) == (0, 1, 2)


def test_the_newest_data_decide_whatever_was_uploaded_last(office: Sponsored) -> None:
    agreement, [one, two, three] = named(office)
    asks(office, agreement, "4")

    deciles(office, {one: 3, two: 8})
    deciles(office, {one: 9, two: 2, three: 2}, data_on=office.later(-3))

    assert standing(office, agreement) == (2, 1, 0)


def test_doubtful_data_make_nobody_lose_a_sponsor(office: Sponsored) -> None:
    agreement, workers = named(office)
    asks(office, agreement, "4")

    deciles(office, dict.fromkeys(workers, 10), certainty=Certainty.DOUBTFUL)

    assert standing(office, agreement) == (0, 0, 3)


def test_each_of_several_criteria_must_be_met(office: Sponsored) -> None:
    agreement, [one, two, three] = named(office)
    asks(office, agreement, "5")
    asks(office, agreement, "yes", FactKind.POOR)
    asks(office, agreement, "Nelayan, petani", FactKind.OCCUPATION)
    nik = [nik_of(office, each) for each in (one, two, three)]

    loaded(
        office,
        sheet_of(
            [1, nik[0], 5, "YA", "Petani"],
            [2, nik[1], 5, "TIDAK", "Petani"],
            [3, nik[2], 5, "YA", ""],
        ),
    )

    assert standing(office, agreement) == (1, 1, 1)


def test_an_agreement_that_asks_nothing_has_nobody_who_lost_it(office: Sponsored) -> None:
    agreement, workers = named(office)
    deciles(office, dict.fromkeys(workers, 10))
    assert standing(office, agreement) == (3, 0, 0)
    asks(office, agreement, "4")
    assert standing(office, agreement) == (0, 3, 0)

    asks(office, agreement, "")

    assert standing(office, agreement) == (3, 0, 0)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (FactKind.DECILE, "0"),
        (FactKind.DECILE, "11"),
        (FactKind.DECILE, "empat"),
        (FactKind.POOR, "no"),
        (FactKind.POOR, "mungkin"),
        (FactKind.OCCUPATION, ", ,"),
        (FactKind.OCCUPATION, "x" * 61),
    ],
)
def test_a_criterion_that_cannot_be_is_refused(
    office: Sponsored, kind: FactKind, wanted: str
) -> None:
    with pytest.raises(Invalid):
        asks(office, office.agreement(), wanted, kind)


def test_who_lost_it_is_paid_for_until_the_announced_month_and_told_by_the_agent(
    office: Sponsored,
) -> None:
    agreement, [one, two, three] = named(office)
    asks(office, agreement, "4")
    deciles(office, {one: 9, two: 2})
    assert office.payers(one) == [(office.month, agreement.id, None)]

    people = end(office, agreement, shown=1)

    month = office.later(2)
    assert people == 1
    assert office.payers(one) == [(office.month, agreement.id, month)]
    assert office.payers(two) == office.payers(three) == [(office.month, agreement.id, None)]
    member = office.session.scalars(
        select(AgreementMember).where(AgreementMember.worker_id == one.id)
    ).one()
    assert (member.until_month, member.why_left) == (month, LeaveReason.NOT_ELIGIBLE)
    [told] = conversion.former(office.session, office.agent.user, ListRequest(size=10)).rows
    assert (told.worker_id, told.until_month, told.is_coming) == (one.id, month, True)
    assert standing(office, agreement) == (1, 0, 1)


def test_nobody_is_stopped_in_this_month_or_without_a_reason(office: Sponsored) -> None:
    agreement, [one, *_] = named(office)
    asks(office, agreement, "4")
    deciles(office, {one: 9})

    for wrong in (
        {"month": office.month},
        {"month": office.later(-1)},
        {"month": office.later(12)},
        {"month": office.later(2).replace(day=2)},
        {"note": " "},
    ):
        with pytest.raises(Invalid):
            end(office, agreement, shown=1, **wrong)  # type: ignore[arg-type]

    assert office.payers(one) == [(office.month, agreement.id, None)]


def test_more_people_than_were_seen_are_not_ended(office: Sponsored) -> None:
    agreement, [one, two, _] = named(office)
    asks(office, agreement, "4")
    deciles(office, {one: 9, two: 9})

    with pytest.raises(Conflict, match="2 orang"):
        end(office, agreement, shown=1)

    end(office, agreement, shown=2)
    with pytest.raises(Conflict):
        end(office, agreement, shown=0)


def test_who_has_another_sponsor_goes_on_with_that_one(office: Sponsored) -> None:
    agreement, [one, *_] = named(office)
    other = office.agreement()
    office.name(other, one)
    asks(office, agreement, "4")
    deciles(office, {one: 9})

    end(office, agreement, shown=1)

    month = office.later(2)
    assert office.payers(one) == [(office.month, agreement.id, month), (month, other.id, None)]


def test_only_finance_of_the_office_uploads_decides_asks_and_ends(office: Sponsored) -> None:
    agreement, [one, *_] = named(office)
    asks(office, agreement, "4")
    waiting = deciles(office, {one: 9}, apply=False)
    content = sheet_of([1, nik_of(office, one), 3])
    stranger = make_user(office.session, RoleName.FINANCE, office_id=make_office(office.session).id)
    auditor = make_user(office.session, RoleName.AUDITOR, office_id=office.office_id)

    for actor, error in ((stranger, NotFound), (auditor, Forbidden)):
        for act in (
            lambda who: loaded(office, content, apply=False, actor_id=who),
            lambda who: facts.apply(office.session, list_id=waiting.id, actor_id=who),
            lambda who: facts.drop(office.session, list_id=waiting.id, actor_id=who),
            lambda who: end(office, agreement, shown=1, actor_id=who),
            lambda who: eligibility.set_criterion(
                office.session,
                agreement_id=agreement.id,
                kind=FactKind.POOR,
                wanted="yes",
                actor_id=who,
            ),
        ):
            with pytest.raises(error):
                act(actor.id)


def test_two_who_announce_the_end_at_once_announce_it_once(
    committed: Flask, stored_office: Sponsored
) -> None:
    office = stored_office
    with transaction():
        agreement, [one, *_] = named(office)
        asks(office, agreement, "4")
        deciles(office, {one: 9})
        agreement_id, worker_id, month = agreement.id, one.id, office.later(2)
    actors = [office.finance.id, office.admin.id]

    outcomes = together(
        committed,
        *(
            lambda actor_id=actor_id: eligibility.end_lost(
                db.session(),
                agreement_id=agreement_id,
                month=month,
                note="Surat 1",
                shown=1,
                actor_id=actor_id,
            )
            for actor_id in actors
        ),
    )

    assert sorted(outcomes) == ["Conflict", "done"]
    untils = db.session.scalars(
        select(AgreementMember.until_month).where(AgreementMember.worker_id == worker_id)
    ).all()
    assert untils == [month]


def test_a_standing_counts_everybody_once(office: Sponsored) -> None:
    agreement, [one, two, _three] = named(office)
    asks(office, agreement, "4")
    deciles(office, {one: 1, two: 9})

    found = eligibility.standing(office.session, agreement.id)

    assert found == Standing(met=1, lost=1, unknown=1)
    page = eligibility.lost(office.session, agreement.id, ListRequest(size=5))
    assert [(row.worker_id, row.decile) for row in page.rows] == [(two.id, "9")]
    assert clock.this_month() == office.month
