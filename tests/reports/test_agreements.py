"""The report of an agreement is about its own people, bills and budget only."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.kinds import LeaveReason
from agentsys.benefits.models import Claim, ClaimKind, ClaimState
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.errors import NotFound
from agentsys.people.models import RoleName
from agentsys.reports import benefits, budget, covered, money, publication, replacements
from agentsys.reports.asked import Asked
from agentsys.sponsors import members
from agentsys.workers.kinds import Ecosystem
from agentsys.workers.models import Worker
from tests.factories import make_office, make_user
from tests.sponsors.world import PRICE, Sponsored


@pytest.fixture
def office(session: Session, vault: Vault) -> Sponsored:
    """An office whose workers have sponsors."""
    return Sponsored.build(session, vault)


def _asked(office: Sponsored, agreement_id: int | None = None) -> Asked:
    return Asked(
        office_id=office.office_id,
        first=office.month,
        last=office.month,
        agreement_id=agreement_id,
    )


def _named(office: Sponsored, count: int, **values: object) -> tuple[int, list[Worker]]:
    agreement = office.agreement(**values)
    people = [office.worker(kelurahan="Guntung") for _ in range(count)]
    office.name(agreement, *people)
    return agreement.id, people


def test_the_money_is_that_of_the_agreements_bills(office: Sponsored, session: Session) -> None:
    agreement_id, _people = _named(office, 3)
    other = office.agreement()
    office.name(other, office.worker())
    office.worker()  # pays for himself
    bill = office.bill(session.get_one(type(other), agreement_id))
    office.pay(bill, 2 * PRICE)

    [month] = money.months(session, _asked(office, agreement_id))
    [whole] = money.months(session, _asked(office))

    assert (month.billed, month.billed_idr) == (3, 3 * PRICE)
    assert (month.collected, month.collected_idr, month.confirmed) == (2, 2 * PRICE, 0)
    assert whole.billed == 5


def test_the_budget_goes_down_by_what_was_billed_and_says_how_long_it_lasts(
    office: Sponsored, session: Session
) -> None:
    agreement_id, _people = _named(office, 2, most_idr=7 * PRICE)
    agreement = session.get_one(type(office.agreement()), agreement_id)
    office.pay(office.bill(agreement), 2 * PRICE)
    office.bill(agreement, office.later(1))

    found = budget.burn_down(session, budget.facts(session, office.finance, agreement_id))

    assert [(m.people, m.billed_idr, m.paid_idr, m.left_idr) for m in found.months] == [
        (2, 2 * PRICE, 2 * PRICE, 5 * PRICE),
        (2, 2 * PRICE, 0, 3 * PRICE),
    ]
    assert (found.billed_idr, found.left_idr) == (4 * PRICE, 3 * PRICE)
    assert found.lasts_until == office.later(2)  # one more month of two people, and not two


def test_a_budget_that_lasts_to_the_end_or_has_no_ceiling_names_no_month(
    office: Sponsored, session: Session
) -> None:
    for ceiling in (100 * PRICE, None):
        agreement_id, _people = _named(office, 1, most_idr=ceiling)
        office.bill(session.get_one(type(office.agreement()), agreement_id))

        found = budget.burn_down(session, budget.facts(session, office.finance, agreement_id))

        assert found.lasts_until is None
        assert found.left_idr == (None if ceiling is None else 99 * PRICE)


def test_who_left_and_who_was_replaced_is_counted_by_reason(
    office: Sponsored, session: Session
) -> None:
    agreement_id, people = _named(office, 3)
    newcomer = office.worker()
    for leaver, new_id, why in (
        (people[0], newcomer.id, LeaveReason.MOVED),
        (people[1], None, LeaveReason.MOVED),
        (people[2], None, LeaveReason.WAGE_EARNER),
    ):
        members.replace(
            session,
            agreement_id=agreement_id,
            leaver_id=leaver.id,
            why=why,
            month=office.later(1),
            note="Surat kelurahan",
            new_id=new_id,
            actor_id=office.finance.id,
        )
    later = Asked(
        office_id=office.office_id,
        first=office.month,
        last=office.later(1),
        agreement_id=agreement_id,
    )

    assert replacements.leaving(session, _asked(office, agreement_id)) == []
    found = replacements.leaving(session, later)
    assert [(each.reason, each.people, each.replaced) for each in found] == [
        (LeaveReason.MOVED, 2, 1),
        (LeaveReason.WAGE_EARNER, 1, 0),
    ]


def test_benefits_are_those_of_its_members_while_it_paid(
    office: Sponsored, session: Session
) -> None:
    agreement_id, [member, *_others] = _named(office, 2)
    stranger = office.worker()
    for worker, happened in (
        (member, office.month),
        (member, office.later(-1)),  # before the agreement
        (stranger, office.month),
    ):
        session.add(
            Claim(
                worker_id=worker.id,
                office_id=office.office_id,
                kind=ClaimKind.ACCIDENT,
                happened_on=happened,
                state=ClaimState.PAID,
                amount_idr=1_000_000,
                paid_on=office.month,
            )
        )
    session.flush()

    [of_agreement] = benefits.paid(session, _asked(office, agreement_id))
    [of_office] = benefits.paid(session, _asked(office))

    assert (of_agreement.claims, of_agreement.amount_idr) == (1, 1_000_000)
    assert (of_office.claims, of_office.amount_idr) == (3, 3_000_000)


@pytest.mark.made_up_books
def test_covered_are_its_people_whose_month_bpjs_confirmed(
    office: Sponsored, session: Session
) -> None:
    agreement_id, people = _named(office, 3)
    people[0].ecosystem = Ecosystem.RENTAN
    stranger = office.worker()
    office.bill(session.get_one(type(office.agreement()), agreement_id))
    for worker in (people[0], people[1], stranger):
        month = session.get_one(Contribution, (worker.id, office.month))
        month.payment_id = month.remittance_id = 1
        month.confirmed_at = clock.now()
    session.flush()

    found = covered.covered(session, _asked(office, agreement_id))

    assert found.total.covered == 2
    assert {p.ecosystem: p.covered for p in found.ecosystems if p.covered} == {
        Ecosystem.RENTAN: 1,
        None: 1,
    }
    assert covered.covered(session, _asked(office)).total.covered == 3


def test_the_published_list_leaves_out_who_withdrew_and_who_pays_alone(
    office: Sponsored, session: Session
) -> None:
    agreement_id, people = _named(office, 3)
    people[0].consent_withdrawn_at = clock.now()
    people[1].erased_at = clock.now()
    office.worker()
    office.bill(session.get_one(type(office.agreement()), agreement_id))

    for asked in (_asked(office, agreement_id), _asked(office)):
        found = publication.people(session, asked)
        assert [(one.name, one.nik_masked) for one in found] == [
            (people[2].name, people[2].nik_masked)
        ]


def test_another_offices_agreement_is_not_found(office: Sponsored, session: Session) -> None:
    agreement_id, _people = _named(office, 1)
    stranger = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)

    with pytest.raises(NotFound):
        budget.facts(session, stranger, agreement_id)
