"""Rules for two people compare users: a user with all roles cannot decide own matters."""

from __future__ import annotations

import pytest

from agentsys import clock
from agentsys.commissions import approval
from agentsys.commissions.approving import voice
from agentsys.commissions.models import Statement, StatementState
from agentsys.errors import Forbidden, NotFound
from agentsys.extension.contract import PaymentState
from agentsys.ledger.accounts import owed_to_worker
from agentsys.payments.case_closing import close_case
from agentsys.payments.cash import DepositAction, decide_deposit
from agentsys.payments.deposit_models import DepositState
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.payments.models import Case, CaseKind, Resolution
from agentsys.people.models import RoleName, User
from agentsys.remittances import batches, cancelling, codes
from agentsys.transfers.models import TransferState
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose
from agentsys.workers.bpjs_answers import Verdict, record_answer, record_pasted
from agentsys.workers.models import NewToBpu
from tests.commissions.builders import confirm, fee, offer, run, statement_of
from tests.factories import give, invented_nik, make_user, make_worker
from tests.payments.world import PRICE, World

pytestmark = pytest.mark.made_up_books
WORKING = (RoleName.AGENT, RoleName.SUPERVISOR, RoleName.FINANCE, RoleName.ADMIN)


@pytest.fixture
def world(session, vault) -> World:
    """An agent with one worker who owes three months, and a person in finance."""
    return World.build(session, vault)


@pytest.fixture
def everything(world: World) -> User:
    """The agent, who also has every other role of a small office."""
    user = world.agent.user
    assert user is not None
    give(world.session, user, *WORKING[1:])
    return user


def test_nobody_confirms_cash_that_he_or_she_handed_over(world: World, everything: User) -> None:
    world.collect(world.months[:1])
    deposit = world.declare(actor_id=everything.id)
    values = {"deposit_id": deposit.id, "action": DepositAction.CONFIRM, "counted_idr": PRICE}

    with pytest.raises(Forbidden, match="orang kedua"):
        decide_deposit(world.session, actor=everything, **values)
    assert deposit.state is DepositState.DECLARED

    decide_deposit(world.session, actor=world.finance, **values)
    assert deposit.state is DepositState.CONFIRMED


def test_an_agents_cash_that_another_declared_is_not_confirmed_by_the_agent(
    world: World, everything: User
) -> None:
    world.collect(world.months[:1])
    deposit = world.declare(actor_id=world.finance.id)

    for actor in (everything, world.finance):
        with pytest.raises(Forbidden, match="orang kedua"):
            decide_deposit(
                world.session,
                deposit_id=deposit.id,
                action=DepositAction.CONFIRM,
                actor=actor,
                counted_idr=PRICE,
            )


def computed(world: World, actor_id: int | None) -> Statement:
    """The agent's statement of this month."""
    month = clock.this_month()
    worker = make_worker(world.session, world.vault, agent=world.agent)
    confirm(world.session, worker, month, confirmed_at=clock.now())
    run(world.session, hook=offer(uji=fee()), month=month, actor_id=actor_id)
    statement = statement_of(world.session, world.agent, month)
    assert statement is not None
    return statement


def test_nobody_approves_a_commission_that_he_or_she_earns_or_computed(
    world: World, everything: User
) -> None:
    session, leader = world.session, world.agent.supervisor
    assert leader is not None
    give(session, leader, RoleName.FINANCE)
    statement = computed(world, actor_id=leader.id)
    values = {
        "statement_id": statement.id,
        "action": approval.Action.APPROVE,
        "seen_hash": statement.lines_hash,
    }

    with pytest.raises(voice.OwnCommission):
        approval.decide(session, actor=everything, **values)
    with pytest.raises(voice.OwnComputation):
        approval.decide(session, actor=leader, **values)
    assert statement.state is StatementState.SUBMITTED


def test_an_admin_who_leads_another_team_approves_nothing_of_this_one(world: World) -> None:
    session = world.session
    other = make_user(session, RoleName.SUPERVISOR, RoleName.ADMIN, office_id=world.agent.office_id)
    statement = computed(world, actor_id=None)

    with pytest.raises(NotFound):
        approval.decide(
            session,
            statement_id=statement.id,
            action=approval.Action.APPROVE,
            actor=other,
            seen_hash=statement.lines_hash,
        )


def test_nobody_books_a_transfer_that_he_or_she_proposed(world: World, everything: User) -> None:
    session = world.session
    record_own_funds(
        session,
        bank_ref="MODAL",
        amount_idr=PRICE,
        actor_id=world.finance.id,
        office_id=world.office_id,
    )
    for payment in [world.ask(), world.ask()]:  # the same month, paid twice
        world.report(payment, PaymentState.SETTLED)
    transfer = propose(
        session,
        account=owed_to_worker(world.worker.id),
        amount_idr=PRICE,
        bank_ref="TRF-1",
        note="Kelebihan bayar",
        actor_id=everything.id,
    )
    values = {"transfer_id": transfer.id, "action": TransferAction.BOOK}

    with pytest.raises(Forbidden, match="orang kedua"):
        decide_transfer(session, actor_id=everything.id, **values)
    decide_transfer(session, actor_id=world.finance.id, **values)
    assert transfer.state is TransferState.BOOKED


def test_nobody_takes_a_coded_batch_apart_alone(world: World, everything: User) -> None:
    session = world.session
    world.report(world.ask(), PaymentState.SETTLED)
    made = batches.make_batch(session, office_id=world.agent.office_id, actor_id=everything.id)
    codes.set_code(session, remittance_id=made.id, kode_iuran="901234", actor_id=everything.id)
    cancelling.ask_to_cancel(
        session, remittance_id=made.id, reason="Kedaluwarsa", actor_id=world.finance.id
    )

    for actor in (
        everything,
        world.finance,
    ):  # the user who made the batch, and the one who requested the cancellation
        with pytest.raises(Forbidden, match="orang kedua"), session.begin_nested():
            batches.cancel(session, remittance_id=made.id, actor_id=actor.id)


def test_nobody_closes_a_case_about_money_that_he_or_she_collected(
    world: World, everything: User
) -> None:
    session, payment = world.session, world.ask()
    case = Case(
        kind=CaseKind.PAID_LATE,
        subject=payment.reference,
        payment_id=payment.id,
        office_id=payment.office_id,
        facts={},
    )
    session.add(case)
    session.flush()
    values = {"case_id": case.id, "note": "Diperiksa", "resolution": Resolution.NOTED}

    with pytest.raises(Forbidden, match="tanggungan Anda sendiri"):
        close_case(session, actor_id=everything.id, **values)
    close_case(session, actor_id=world.finance.id, **values)
    assert case.closed_by == world.finance.id


def test_nobody_records_an_answer_from_which_he_or_she_earns(
    world: World, everything: User
) -> None:
    nik = invented_nik(4_242)
    mine = make_worker(world.session, world.vault, agent=world.agent, nik=nik)

    with pytest.raises(Forbidden, match="tanggungan Anda sendiri"):
        record_answer(world.session, worker_id=mine.id, new=True, actor=everything)
    [result] = record_pasted(
        world.session, vault=world.vault, pasted=f"{nik} BARU", actor=everything
    )

    assert result.verdict is Verdict.OWN
    assert "tanggungan Anda sendiri" in result.sentence
    assert mine.new_to_bpu is NewToBpu.UNKNOWN
