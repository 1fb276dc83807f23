"""Workers go to another office only if a person there agrees; the books of both stay right."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.handovers import consent, moving
from agentsys.handovers.models import Handover, HandoverState
from agentsys.handovers.undoing import undo
from agentsys.ledger import invariants
from agentsys.listing.request import ListRequest
from agentsys.people.models import RoleName, User
from agentsys.work.queries import waiting as work_of
from tests.debit_factories import make_mandate
from tests.factories import make_agent, make_user
from tests.handovers.steps import DECEMBER, NOVEMBER, OCTOBER, Two, picture
from tests.memberships.steps import take_cash
from tests.payments.world import World


@pytest.fixture
def two(session: Session, vault: Vault) -> Two:
    """Two agents of different offices, and a worker of the first."""
    made = Two.build(session, vault)
    made.new = make_agent(session, name="Andi Baso")
    return made


@pytest.fixture
def there(session: Session, two: Two) -> User:
    """The supervisor of the receiving agent."""
    assert two.new.supervisor is not None
    return two.new.supervisor


def proposed(session: Session, two: Two, **how: object) -> Handover:
    """A hand-over that waits for the receiving office."""
    handover_id = two.draft(**how)  # type: ignore[arg-type]
    consent.propose(session, handover_id=handover_id, actor_id=two.actor.id)
    return session.get_one(Handover, handover_id)


def test_it_is_not_carried_out_without_that_office(session: Session, two: Two) -> None:
    with pytest.raises(Invalid, match="menunggu persetujuan orang kedua"):
        moving.carry_out(session, handover_id=two.draft(), actor_id=two.actor.id)


def test_open_months_change_the_office_and_paid_ones_do_not(
    session: Session, two: Two, there: User
) -> None:
    take_cash(session, two.worker, [OCTOBER])
    waiting = proposed(session, two)

    consent.accept(session, handover_id=waiting.id, actor_id=there.id)

    assert waiting.state is HandoverState.DONE
    rows = session.execute(
        select(Contribution.month, Contribution.office_id, Contribution.agent_id).order_by(
            Contribution.month
        )
    ).all()
    assert rows == [
        (OCTOBER, two.old.office_id, two.old.id),
        (NOVEMBER, two.new.office_id, two.new.id),
    ]
    assert two.worker.office_id == two.new.office_id
    take_cash(session, two.worker, [NOVEMBER])
    assert invariants.check(session) == []


def test_it_is_undone_exactly(session: Session, two: Two, there: User) -> None:
    before = picture(session)
    waiting = proposed(session, two)
    consent.accept(session, handover_id=waiting.id, actor_id=there.id)
    assert picture(session) != before

    undo(session, handover_id=waiting.id, reason="Salah kantor", actor_id=two.actor.id)

    assert picture(session) == before


def test_who_proposed_it_does_not_accept_it(session: Session, two: Two) -> None:
    two.actor = make_user(session, RoleName.ADMIN)  # of all offices
    waiting = proposed(session, two)

    with pytest.raises(Forbidden, match="orang kedua"):
        consent.accept(session, handover_id=waiting.id, actor_id=two.actor.id)


def test_nobody_of_the_giving_office_accepts_it(session: Session, two: Two) -> None:
    waiting = proposed(session, two)
    colleague = make_user(session, RoleName.ADMIN, office_id=two.old.office_id)

    for act in (consent.accept, consent.refuse):
        with pytest.raises(NotFound):
            act(session, handover_id=waiting.id, actor_id=colleague.id)


def test_a_refused_one_moves_nothing(session: Session, two: Two, there: User) -> None:
    before = picture(session)
    waiting = proposed(session, two)

    consent.refuse(session, handover_id=waiting.id, actor_id=there.id)

    assert waiting.state is HandoverState.REFUSED
    assert picture(session) == before
    with pytest.raises(Conflict):
        consent.accept(session, handover_id=waiting.id, actor_id=there.id)


def test_an_accepted_one_of_a_later_month_is_planned(
    session: Session, two: Two, there: User
) -> None:
    waiting = proposed(session, two, from_month=DECEMBER)

    consent.accept(session, handover_id=waiting.id, actor_id=there.id)

    assert waiting.state is HandoverState.PLANNED


def test_who_may_still_get_money_in_the_old_office_stays_there(
    session: Session, vault: Vault
) -> None:
    world = World.build(session, vault)
    new = make_agent(session)
    two = Two(session, vault, world.agent, new, world.worker, world.finance, world.finance)
    two.actor = make_user(session, office_id=world.office_id)
    world.ask()

    with pytest.raises(Conflict, match="1 pekerja masih punya"):
        proposed(session, two)


def test_a_worker_with_auto_debit_stays_in_the_old_office(session: Session, two: Two) -> None:
    make_mandate(session, two.worker)

    with pytest.raises(Conflict, match="debit otomatis"):
        proposed(session, two)


def test_it_waits_as_work_of_the_receiving_office(session: Session, two: Two, there: User) -> None:
    proposed(session, two)
    stranger = make_user(session, RoleName.SUPERVISOR, office_id=two.new.office_id)

    assert "handover.proposed" in kinds(session, there)
    assert "handover.proposed" not in kinds(session, two.actor)
    assert "handover.proposed" not in kinds(session, stranger)


def kinds(session: Session, user: User) -> set[str]:
    """The kinds of work that a user may decide now."""
    return {item.kind.key for item in work_of(session, user, ListRequest()).rows}


def test_the_receiving_office_decides_on_the_screen(
    session: Session, visit, two: Two, there: User
) -> None:
    waiting = proposed(session, two)
    visitor = visit(there)
    page = visitor.get(f"/pembina/serah-terima/{waiting.id}").get_data(as_text=True)
    assert "Terima pekerja" in page

    answer = visitor.submit(f"/pembina/serah-terima/{waiting.id}/terima", follow_redirects=True)

    assert "Serah terima disetujui." in answer.get_data(as_text=True)
    session.expire_all()
    assert two.worker.office_id == two.new.office_id
    assert session.scalar(select(func.count()).select_from(Handover)) == 1


def test_an_agent_of_another_office_is_named_by_the_code(session: Session, visit, two: Two) -> None:
    boss = two.old.supervisor
    assert boss is not None
    visitor = visit(boss)
    answer = visitor.submit(
        f"/pembina/tim/{two.old.id}/serah-terima",
        codes=two.new.code.lower(),
        division="equal",
        from_month="2026-11",
        reason="Pindah kota",
        follow_redirects=True,
    )
    assert "Ajukan ke kantor penerima" in answer.get_data(as_text=True)
    made = session.scalars(select(Handover)).one()

    done = visitor.submit(f"/pembina/serah-terima/{made.id}/ajukan", follow_redirects=True)

    assert "memutuskannya." in done.get_data(as_text=True)
