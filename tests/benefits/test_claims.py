"""Heirs, and how claims go on."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.benefits import claim_queries, claims, explaining, heirs
from agentsys.benefits.claims import ClaimAction
from agentsys.benefits.models import Claim, ClaimKind, ClaimState, Heir, HeirRelation
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.memberships.ending import end
from agentsys.people.models import RoleName, User
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_earlier, make_user, make_worker

pytestmark = pytest.mark.made_up_books
DIED = date(2026, 11, 20)


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A member since September."""
    agent = make_agent(session)
    return make_worker(
        session, vault, agent=agent, enrolled_from=date(2026, 9, 1), kelurahan="Loktuan"
    )


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Somebody of finance of the worker's office."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


def test_a_recorded_death_opens_the_claim_once(
    session: Session, worker: Worker, clerk: User
) -> None:
    _die(session, worker, clerk)

    claim = session.scalars(select(Claim)).one()
    assert (claim.kind, claim.happened_on, claim.state) == (
        ClaimKind.DEATH,
        DIED,
        ClaimState.REPORTED,
    )
    again = claims.after_death(session, worker_id=worker.id, died_on=DIED, actor_id=clerk.id)
    assert again.id == claim.id


def test_another_end_opens_no_claim(session: Session, worker: Worker, clerk: User) -> None:
    end(
        session,
        worker_id=worker.id,
        reason=EndReason.WISHED,
        happened_on=DIED,
        note="Surat",
        actor_id=clerk.id,
    )

    assert session.scalars(select(Claim)).all() == []


def test_a_claim_is_followed_until_it_is_paid(
    session: Session, worker: Worker, clerk: User
) -> None:
    claim = _die(session, worker, clerk)

    claims.move(session, claim_id=claim, action=ClaimAction.HAND_IN, actor=clerk)
    with pytest.raises(Invalid):
        claims.move(session, claim_id=claim, action=ClaimAction.PAID, actor=clerk)
    claims.move(
        session,
        claim_id=claim,
        action=ClaimAction.PAID,
        actor=clerk,
        amount_idr=42_000_000,
        on=date(2026, 11, 22),
    )

    [paid] = claim_queries.paid_by_kelurahan(session, clerk, year=2026)
    assert (paid.kelurahan, paid.claims, paid.amount_idr) == ("Loktuan", 1, 42_000_000)
    assert claim_queries.paid_by_kelurahan(session, clerk, year=2025) == []
    with pytest.raises(Conflict):
        claims.move(session, claim_id=claim, action=ClaimAction.DROP, actor=clerk, note="x")


def test_a_refused_claim_keeps_why_and_can_be_handed_in_again(
    session: Session, worker: Worker, clerk: User
) -> None:
    claim = _die(session, worker, clerk)
    claims.move(session, claim_id=claim, action=ClaimAction.HAND_IN, actor=clerk)

    with pytest.raises(Invalid):
        claims.move(session, claim_id=claim, action=ClaimAction.REFUSED, actor=clerk)
    claims.move(
        session, claim_id=claim, action=ClaimAction.REFUSED, actor=clerk, note="Berkas kurang"
    )
    again = claims.move(session, claim_id=claim, action=ClaimAction.HAND_IN, actor=clerk)

    assert (again.state, again.note) == (ClaimState.PAPERS, "Berkas kurang")


def test_an_accident_is_reported_once(session: Session, worker: Worker, clerk: User) -> None:
    _accident(session, worker, clerk)

    with pytest.raises(Conflict):
        _accident(session, worker, clerk)


def test_heirs_come_in_the_order_of_bpjs_and_removed_ones_are_kept(
    session: Session, worker: Worker, clerk: User
) -> None:
    for name, relation in (
        ("Budi", HeirRelation.CHILD),
        ("Ibu Ani", HeirRelation.PARENT),
        ("Sari", HeirRelation.SPOUSE),
    ):
        heirs.add(
            session,
            worker_id=worker.id,
            name=name,
            relation=relation,
            phone="0812 3456 7890",
            actor=clerk,
        )
    found = heirs.of_worker(session, worker_id=worker.id)
    heirs.remove(session, worker_id=worker.id, heir_id=found[0].id, actor=clerk)

    assert [heir.name for heir in found] == ["Sari", "Budi", "Ibu Ani"]
    assert found[0].phone == "+6281234567890"
    assert [heir.name for heir in heirs.of_worker(session, worker_id=worker.id)] == [
        "Budi",
        "Ibu Ani",
    ]
    assert session.get_one(Heir, found[0].id).removed_by == clerk.id


def test_an_heir_of_another_worker_is_not_removed(
    session: Session, vault: Vault, worker: Worker, clerk: User
) -> None:
    other = make_worker(session, vault)
    heir = heirs.add(
        session,
        worker_id=other.id,
        name="Sari",
        relation=HeirRelation.SPOUSE,
        phone="",
        actor=clerk,
    )

    with pytest.raises(NotFound):
        heirs.remove(session, worker_id=worker.id, heir_id=heir.id, actor=clerk)


def test_an_auditor_records_neither_heirs_nor_claims(session: Session, worker: Worker) -> None:
    auditor = make_user(session, RoleName.AUDITOR, office_id=worker.office_id)

    with pytest.raises(Forbidden):
        _accident(session, worker, auditor)
    with pytest.raises(Forbidden):
        heirs.add(
            session,
            worker_id=worker.id,
            name="Sari",
            relation=HeirRelation.SPOUSE,
            phone="",
            actor=auditor,
        )


def test_a_family_is_told_by_the_months_that_bpjs_has(session: Session, worker: Worker) -> None:
    for month in (date(2026, 10, 1), date(2026, 11, 1)):
        make_contribution(
            session,
            worker,
            month,
            payment_id=1,
            remittance_id=1,
            confirmed_at=worker.created_at,
            jht_idr=20_000,
        )
    new = explaining.explain(session, worker_id=worker.id)
    make_earlier(session, worker, date(2023, 11, 1), date(2026, 10, 1))
    old = explaining.explain(session, worker_id=worker.id)

    assert (new.member_month, new.today_idr, new.has_scholarships) == (2, 10_000_000, False)
    assert (old.member_month, old.today_idr, old.has_scholarships) == (37, 42_000_000, True)
    assert new.jht_idr == 40_000


def _die(session: Session, worker: Worker, clerk: User) -> int:
    end(
        session,
        worker_id=worker.id,
        reason=EndReason.DIED,
        happened_on=DIED,
        note="Akta kematian 12/2026",
        actor_id=clerk.id,
    )
    return session.scalars(select(Claim.id).where(Claim.worker_id == worker.id)).one()


def _accident(session: Session, worker: Worker, by: User) -> Claim:
    return claims.report(
        session,
        worker_id=worker.id,
        kind=ClaimKind.ACCIDENT,
        happened_on=DIED,
        note="Jatuh dari motor",
        actor=by,
    )
