"""Batches of some months or payers, split and merged while nothing of them was entered in EPS."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.db import db
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import invariants
from agentsys.payments.models import Payment
from agentsys.people.models import RoleName
from agentsys.remittances import line_queries
from agentsys.remittances.batches import cancel, make_batch
from agentsys.remittances.choosing import Choice, Payer
from agentsys.remittances.codes import set_code
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.splitting import SplitBy, merge, split
from tests.factories import make_office, make_user
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World


def ready(world: World) -> None:
    """Three months of a worker are paid and in the bank."""
    world.report(world.ask(3), PaymentState.SETTLED)


def batch(world: World, choice: Choice | None = None) -> Remittance:
    """A batch of what is ready, or of what is chosen of it."""
    given = {"choice": choice} if choice else {}
    return make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id, **given)


def contents(world: World, made: Remittance) -> tuple[int, int, list[int]]:
    """The count, the sum and the months of a batch, by their place among the worker's."""
    found = world.session.scalars(
        select(Contribution.month)
        .where(Contribution.remittance_id == made.id)
        .order_by(Contribution.month)
    )
    return made.count, made.amount_idr, [world.months.index(month) for month in found]


def parted(world: World, made: Remittance, by: SplitBy, *places: int) -> list[Remittance]:
    """Split a batch; the chosen months by their place."""
    chosen = [(world.worker.id, world.months[place]) for place in places]
    found = split(
        world.session,
        remittance_id=made.id,
        by=by,
        chosen=chosen,
        actor_id=world.finance.id,
    )
    return list(found)


@pytest.mark.parametrize(
    ("first", "last", "inside"), [(1, None, [1, 2]), (None, 1, [0, 1]), (1, 1, [1])]
)
def test_a_batch_can_be_of_some_months(
    world: World, first: int | None, last: int | None, inside: list[int]
) -> None:
    ready(world)
    months = [None if place is None else world.months[place] for place in (first, last)]

    made = batch(world, Choice(first_month=months[0], last_month=months[1]))

    assert contents(world, made) == (len(inside), len(inside) * PRICE, inside)
    assert (made.first_month, made.last_month) == (
        world.months[inside[0]],
        world.months[inside[-1]],
    )
    rest = batch(world)
    assert rest.count == 3 - len(inside)


def test_a_batch_can_be_of_one_kind_of_payer(world: World) -> None:
    ready(world)

    with pytest.raises(Refused, match="cocok dengan pilihan"):
        batch(world, Choice(payer=Payer.SPONSOR))

    assert batch(world, Choice(payer=Payer.SELF)).count == 3


def test_chosen_contributions_move_into_a_batch_of_their_own(world: World) -> None:
    ready(world)
    made = batch(world)

    [new] = parted(world, made, SplitBy.CHOSEN, 1)

    assert contents(world, made) == (2, 2 * PRICE, [0, 2])
    assert contents(world, new) == (1, PRICE, [1])
    assert new.created_by == world.finance.id
    assert invariants.check(world.session) == []


def test_each_month_gets_its_own_batch(world: World) -> None:
    ready(world)
    made = batch(world)

    new = parted(world, made, SplitBy.MONTH)

    assert [contents(world, each)[2] for each in (made, *new)] == [[0], [1], [2]]


def test_what_sponsors_paid_is_split_from_the_workers_own_money(world: World) -> None:
    ready(world)
    made = batch(world)

    with pytest.raises(Invalid, match="sama"):
        parted(world, made, SplitBy.PAYER)


def test_two_open_batches_become_one(world: World) -> None:
    ready(world)
    made = batch(world)
    [other] = parted(world, made, SplitBy.CHOSEN, 0, 1)

    merge(world.session, into_id=made.id, from_id=other.id, actor_id=world.finance.id)

    assert contents(world, made) == (3, 3 * PRICE, [0, 1, 2])
    assert made.first_month == world.months[0]
    assert other.state is RemittanceState.CANCELLED
    assert other.cancel_reason == f"Digabung ke setoran #{made.id}"
    assert invariants.check(world.session) == []


def test_what_was_refunded_while_it_waited_stays_undone_through_split_and_merge(
    world: World,
) -> None:
    ready(world)
    made = batch(world)
    payment = next(
        each.payment_id for each in world.session.scalars(select(Contribution)) if each.payment_id
    )
    world.report(world.session.get_one(Payment, payment), PaymentState.REFUNDED)
    [new] = parted(world, made, SplitBy.CHOSEN, 1)
    merge(world.session, into_id=new.id, from_id=made.id, actor_id=world.finance.id)

    cancel(world.session, remittance_id=new.id, actor_id=world.finance.id)

    found = world.session.scalars(select(Contribution)).all()
    assert all(each.payment_id is None for each in found)
    assert invariants.check(world.session) == []


def test_a_batch_with_a_code_is_neither_split_nor_merged(world: World) -> None:
    ready(world)
    made = batch(world)
    [other] = parted(world, made, SplitBy.CHOSEN, 0)
    set_code(world.session, remittance_id=made.id, kode_iuran="901234", actor_id=world.finance.id)

    with pytest.raises(Conflict, match="kode iuran"):
        parted(world, made, SplitBy.CHOSEN, 1)
    for into, emptied in ((made, other), (other, made)):
        with pytest.raises(Conflict, match="kode iuran"):
            merge(
                world.session,
                into_id=into.id,
                from_id=emptied.id,
                actor_id=world.finance.id,
            )


def test_bad_choices_change_nothing(world: World) -> None:
    ready(world)
    made = batch(world)

    with pytest.raises(Invalid, match="Centang"):
        parted(world, made, SplitBy.CHOSEN)
    nested = world.session.begin_nested()
    with pytest.raises(Invalid, match="Sisakan"):
        parted(world, made, SplitBy.CHOSEN, 0, 1, 2)
    nested.rollback()
    with pytest.raises(Invalid, match="lain"):
        merge(world.session, into_id=made.id, from_id=made.id, actor_id=world.finance.id)
    assert contents(world, made)[2] == [0, 1, 2]


def test_only_finance_of_the_office_splits_and_merges(world: World) -> None:
    ready(world)
    made = batch(world)
    boss = make_user(world.session, RoleName.SUPERVISOR, office_id=world.office_id)
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    given = {"remittance_id": made.id, "by": SplitBy.MONTH}

    with pytest.raises(Forbidden):
        split(world.session, actor_id=boss.id, **given)
    with pytest.raises(NotFound):
        split(world.session, actor_id=stranger.id, **given)


def test_batches_of_two_offices_are_not_merged(world: World) -> None:
    ready(world)
    made = batch(world)
    other = Remittance(
        office_id=make_office(world.session).id, count=1, amount_idr=1, created_by=None
    )
    world.session.add(other)
    world.session.flush()
    admin = make_user(world.session, RoleName.ADMIN, office_id=None)

    nested = world.session.begin_nested()
    with pytest.raises(Refused):
        merge(world.session, into_id=made.id, from_id=other.id, actor_id=admin.id)
    nested.rollback()
    world.session.delete(other)
    world.session.flush()


def test_six_people_split_one_batch_and_each_month_is_in_one(committed: Flask) -> None:
    world = committed_world(committed, lambda world: (ready(world), batch(world)))
    with committed.app_context():
        made = db.session.scalars(select(Remittance.id)).one()

    def work(session: Session) -> int:
        return len(split(session, remittance_id=made, by=SplitBy.MONTH, actor_id=world.finance.id))

    assert at_once(committed, work, 6) == {"2": 1, "Invalid": 5}
    with committed.app_context():
        assert invariants.check(db.session()) == []


def test_two_people_merge_two_batches_both_ways_and_one_is_left(committed: Flask) -> None:
    def two(world: World) -> None:
        ready(world)
        parted(world, batch(world), SplitBy.CHOSEN, 0)

    world = committed_world(committed, two)
    with committed.app_context():
        one, other = db.session.scalars(select(Remittance.id)).all()
    ways = [(one, other), (other, one)]

    def work(session: Session) -> str:
        into, emptied = ways.pop()
        return merge(session, into_id=into, from_id=emptied, actor_id=world.finance.id).state

    assert at_once(committed, work, 2) == {"open": 1, "Conflict": 1}
    with committed.app_context():
        assert invariants.check(db.session()) == []


def test_a_long_list_for_eps_comes_in_files(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_queries, "ROWS_OF_A_FILE", 2)
    ready(world)
    made = batch(world)

    assert line_queries.parts(made.count) == 2
    lists = [
        [line.month for line in line_queries.export_lines(world.session, made.id, part=part)]
        for part in (1, 2)
    ]
    assert lists == [world.months[:2], world.months[2:]]


def test_the_number_of_files_keeps_below_the_rows_of_a_sheet() -> None:
    assert line_queries.ROWS_OF_A_FILE < 1_048_576
    assert line_queries.parts(0) == line_queries.parts(1) == 1
    assert line_queries.parts(2_500_000) == 25
