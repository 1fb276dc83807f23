"""Transfers between the bank account and workers: two users, and never more than is owed."""

from __future__ import annotations

import secrets

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import db
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.people.models import RoleName, User
from agentsys.remittances.batches import make_batch
from agentsys.transfers.models import Direction, Transfer, TransferState
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose
from tests.factories import make_office, make_user
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World

BANK = 10 * PRICE


def overpaid(world: World) -> str:
    """A worker paid one month twice, and the bank has money; the account with our debt."""
    twice = [world.ask(), world.ask()]
    for payment in twice:
        world.report(payment, PaymentState.SETTLED)
    world.months = world.months[1:]
    record_own_funds(
        world.session,
        office_id=world.office_id,
        bank_ref="MODAL",
        amount_idr=BANK,
        actor_id=world.finance.id,
    )
    return accounts.owed_to_worker(world.worker.id)


def second_person(world: World) -> User:
    """Another person in finance of the same office."""
    return make_user(world.session, RoleName.FINANCE, office_id=world.agent.office_id)


def proposed(
    world: World, account: str, amount_idr: int = PRICE, bank_ref: str = "FT-1"
) -> Transfer:
    """A proposed transfer."""
    return propose(
        world.session,
        account=account,
        amount_idr=amount_idr,
        bank_ref=bank_ref,
        note="Siti, BRI 0021",
        actor_id=world.finance.id,
    )


def decide(world: World, transfer: Transfer, action: TransferAction, actor: User) -> Transfer:
    """Decide about a proposed transfer."""
    return decide_transfer(world.session, transfer_id=transfer.id, action=action, actor_id=actor.id)


def test_what_a_worker_paid_too_much_goes_back_when_a_second_person_books_it(
    world: World,
) -> None:
    account = overpaid(world)

    transfer = proposed(world, account)

    assert (transfer.direction, journal.balance(world.session, account)) == (Direction.OUT, -PRICE)
    decide(world, transfer, TransferAction.BOOK, second_person(world))
    assert journal.balance(world.session, account) == 0
    assert journal.balance(world.session, accounts.bank(world.office_id)) == BANK - PRICE


def test_what_a_worker_owes_us_comes_into_the_bank(world: World) -> None:
    payment = world.ask()
    world.report(payment, PaymentState.SETTLED)
    make_batch(world.session, office_id=world.agent.office_id, actor_id=world.finance.id)
    world.report(payment, PaymentState.REFUNDED)
    account = accounts.claim_on_worker(world.worker.id)

    transfer = proposed(world, account)
    decide(world, transfer, TransferAction.BOOK, second_person(world))

    assert transfer.direction is Direction.IN
    assert journal.balance(world.session, account) == 0
    assert journal.balance(world.session, accounts.bank(world.office_id)) == PRICE


def test_who_proposed_does_not_book_but_may_take_it_back(world: World) -> None:
    account = overpaid(world)
    transfer = proposed(world, account)

    with pytest.raises(Forbidden, match="orang kedua"):
        decide(world, transfer, TransferAction.BOOK, world.finance)
    decide(world, transfer, TransferAction.REFUSE, world.finance)

    assert transfer.state is TransferState.REFUSED
    assert journal.balance(world.session, account) == -PRICE
    proposed(world, account)  # the same bank reference with the right amount


def test_the_database_wants_two_people(world: World) -> None:
    transfer = proposed(world, overpaid(world))

    with pytest.raises(IntegrityError, match="four_eyes"):
        world.session.execute(
            text(
                "UPDATE transfers SET state = 'booked', decided_by = proposed_by,"
                " decided_at = now() WHERE id = :id"
            ),
            {"id": transfer.id},
        )


def test_one_proposal_waits_at_a_time_and_one_bank_reference_is_used_once(world: World) -> None:
    account = overpaid(world)
    transfer = proposed(world, account, 1_000)

    with pytest.raises(Conflict, match="menunggu orang kedua"):
        proposed(world, account, 1_000, "FT-2")
    decide(world, transfer, TransferAction.BOOK, second_person(world))
    with pytest.raises(Conflict, match="FT-1"):
        proposed(world, account, 1_000, " FT-1 ")


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"amount_idr": PRICE + 1}, Refused),
        ({"amount_idr": 0}, Invalid),
        ({"bank_ref": "  "}, Invalid),
        ({"bank_ref": "9" * 81}, Invalid),
        ({"note": " "}, Invalid),
        ({"account": "bank:collection:1"}, NotFound),
        ({"account": "owed:worker:999999999"}, NotFound),
    ],
)
def test_what_cannot_be_is_not_proposed(
    world: World, changed: dict[str, object], kind: type[Refused]
) -> None:
    form: dict[str, object] = {
        "account": overpaid(world),
        "amount_idr": PRICE,
        "bank_ref": "FT-1",
        "note": "Siti",
    }

    with pytest.raises(kind):
        propose(world.session, actor_id=world.finance.id, **(form | changed))  # type: ignore[arg-type]


def test_other_roles_and_other_offices_neither_propose_nor_book(world: World) -> None:
    account = overpaid(world)
    supervisor = make_user(world.session, RoleName.SUPERVISOR, office_id=world.agent.office_id)
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    transfer = proposed(world, account)

    for person, kind in ((supervisor, Forbidden), (stranger, NotFound)):
        with pytest.raises(kind):
            decide(world, transfer, TransferAction.BOOK, person)
        with pytest.raises(kind):
            propose(
                world.session,
                account=account,
                amount_idr=1,
                bank_ref="X",
                note="x",
                actor_id=person.id,
            )


def test_a_balance_that_shrank_since_the_proposal_is_not_overdrawn(world: World) -> None:
    account = overpaid(world)
    transfer = proposed(world, account)
    journal.post(
        world.session,
        kind="worker.repaid",
        source="case:1",
        at=transfer.proposed_at,
        lines={account: 1, accounts.bank(world.office_id): -1},
    )

    with pytest.raises(Refused, match="terlalu banyak"):
        decide(world, transfer, TransferAction.BOOK, second_person(world))


def test_money_that_is_not_in_the_bank_does_not_leave_it(world: World) -> None:
    account = overpaid(world)
    transfer = proposed(world, account)
    journal.post(
        world.session,
        kind="test",
        source="KELUAR",
        at=transfer.proposed_at,
        lines={
            accounts.bank(world.office_id): -BANK,
            accounts.own_funds(world.office_id): BANK,
        },
    )

    with pytest.raises(Refused, match="tidak cukup"):
        decide(world, transfer, TransferAction.BOOK, second_person(world))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["propose", "book", "book", "refuse", "overpay"]),
        st.integers(0, 1),
        st.integers(1, 3 * PRICE),
    ),
    max_size=20,
)


def test_whatever_two_people_do_nothing_is_repaid_twice(session: Session, vault: Vault) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=STEPS)
    def story(steps: list[tuple[str, int, int]]) -> None:
        savepoint = session.begin_nested()
        world = World.build(session, vault, months=6)
        account = overpaid(world)
        people = [world.finance, second_person(world)]
        owed, repaid, transfers = PRICE, 0, list[Transfer]()
        for step, who, amount in steps:
            inner = session.begin_nested()
            try:
                if step == "overpay":
                    if len(world.months) == 1:
                        continue
                    for payment in (world.ask(), world.ask()):
                        world.report(payment, PaymentState.SETTLED)
                    world.months = world.months[1:]
                    owed += PRICE
                elif step == "propose":
                    world.finance = people[who]
                    transfers.append(proposed(world, account, amount, secrets.token_hex(8)))
                elif transfers:
                    done = decide(world, transfers[-1], TransferAction(step), people[who])
                    repaid += done.amount_idr if done.state is TransferState.BOOKED else 0
                inner.commit()
            except Refused:
                inner.rollback()
            assert repaid <= owed
            assert journal.balance(session, account) == repaid - owed
        session.expunge_all()
        savepoint.rollback()

    story()


def test_eight_people_at_once_book_one_transfer_once(committed: Flask) -> None:
    made: list[int] = []
    people: list[int] = []

    def build(world: World) -> None:
        made.append(proposed(world, overpaid(world)).id)
        people.append(second_person(world).id)

    world = committed_world(committed, build)

    def work(session: Session) -> str:
        return decide_transfer(
            session, transfer_id=made[0], action=TransferAction.BOOK, actor_id=people[0]
        ).state

    assert at_once(committed, work, 8) == {"booked": 1, "Conflict": 7}
    with committed.app_context():
        account = accounts.owed_to_worker(world.worker.id)
        assert journal.balance(db.session(), account) == 0
