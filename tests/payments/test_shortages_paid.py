"""Shortages that agents pay by transfer or from commission, surpluses, and cash that was lost."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.db import transaction
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.ledger import accounts, journal
from agentsys.ledger.invariants import check
from agentsys.listing.request import ListRequest
from agentsys.payments import deductions, deposit_queries, shortage_queries, shortages
from agentsys.payments.cash import DepositAction, declare_deposit
from agentsys.payments.deduction_models import Deduction, DeductionState
from agentsys.payments.deductions import DeductionAction, decide_deduction
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.shortages import owed_by
from agentsys.people.models import RoleName, User
from agentsys.transfers.models import Transfer, TransferState
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose_with_agent
from tests.factories import make_agent, make_user
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World

WHY = "Salah memberi kembalian"


def hand_in(
    world: World, counted_idr: int, *, why: str = WHY, report: str = "", actor: User | None = None
) -> Deposit:
    """The agent hands in so much for all receipts, and it is counted."""
    deposit = declare_deposit(
        world.session,
        key=f"setoran-{counted_idr}-{len(why)}",
        agent_id=world.agent.id,
        actor_id=world.agent.user_id or 0,
        evidence="" if report else "Slip 42",
        counted_idr=counted_idr,
        difference_reason=why,
        police_report=report,
    )
    return world.decide(deposit, DepositAction.CONFIRM, actor, counted_idr=counted_idr)


def short(world: World, missing_idr: int = 2_800) -> None:
    """The agent hands in so much too little."""
    world.collect(world.months[:1])
    hand_in(world, PRICE - missing_idr)


def transferred(world: World, amount_idr: int, ref: str = "TRF 77") -> Transfer:
    """Finance saw a transfer with the agent on the statement."""
    return propose_with_agent(
        world.session,
        agent_id=world.agent.id,
        amount_idr=amount_idr,
        bank_ref=ref,
        note="Pelunasan kekurangan",
        actor_id=world.finance.id,
    )


def book(world: World, transfer: Transfer, actor: User | None = None) -> None:
    """A second person books it."""
    second = actor or make_user(world.session, RoleName.FINANCE, office_id=world.office_id)
    decide_transfer(
        world.session, transfer_id=transfer.id, action=TransferAction.BOOK, actor_id=second.id
    )


def asked(world: World, amount_idr: int = 2_800) -> Deduction:
    """The agent asks to have it deducted."""
    assert world.agent.user is not None
    return deductions.ask(
        world.session,
        agent_id=world.agent.id,
        amount_idr=amount_idr,
        note="Dari komisi Desember",
        actor=world.agent.user,
    )


def decide(
    world: World, deduction: Deduction, action: DeductionAction, actor: User, reason: str = "ada"
) -> Deduction:
    """This person decides."""
    return decide_deduction(
        world.session, deduction_id=deduction.id, action=action, actor=actor, reason=reason
    )


def test_a_transfer_of_two_persons_pays_a_shortage(world: World) -> None:
    short(world)
    transfer = transferred(world, 2_000)
    assert owed_by(world.session, world.agent.id) == 2_800  # nobody has confirmed it yet

    with pytest.raises(Forbidden, match="orang kedua"):
        book(world, transfer, world.finance)
    book(world, transfer)

    assert owed_by(world.session, world.agent.id) == 800
    assert journal.balance(world.session, accounts.bank(world.office_id)) == PRICE - 800
    assert journal.lines_of(
        world.session, kind="shortage.paid", source=f"transfer:{transfer.id}"
    ) == {
        accounts.bank(world.office_id): 2_000,
        accounts.short_of(world.agent.id): -2_000,
    }
    assert check(world.session) == []


def test_more_than_is_short_and_a_used_reference_are_refused(world: World) -> None:
    short(world)

    with pytest.raises(Refused, match=r"tinggal Rp2\.800"):
        transferred(world, 2_801)
    book(world, transferred(world, 1_000, "trf-0099 x"))
    with pytest.raises(Conflict, match="sudah dipakai"):
        transferred(world, 1_000, "TRF 0099X")


def test_the_agent_does_not_book_the_own_transfer_nor_another_office(world: World) -> None:
    session = world.session
    short(world)
    transfer = transferred(world, 2_800)
    own = make_user(session, RoleName.FINANCE, RoleName.AGENT, office_id=world.office_id)
    stranger = make_user(session, RoleName.FINANCE, office_id=make_agent(session).office_id)
    was, world.agent.user_id = world.agent.user_id, own.id
    session.flush()

    with pytest.raises(Forbidden, match="bukan agennya"):
        book(world, transfer, own)
    with pytest.raises(NotFound):
        book(world, transfer, stranger)
    with pytest.raises(NotFound):
        propose_with_agent(
            session,
            agent_id=world.agent.id,
            amount_idr=1,
            bank_ref="R1",
            note="x",
            actor_id=stranger.id,
        )
    world.agent.user_id = was


def test_a_surplus_goes_back_to_the_agent_by_a_transfer(world: World) -> None:
    world.collect(world.months[:1])
    hand_in(world, PRICE + 5_000)
    assert owed_by(world.session, world.agent.id) == -5_000

    book(world, transferred(world, 5_000))

    assert owed_by(world.session, world.agent.id) == 0
    assert journal.balance(world.session, accounts.bank(world.office_id)) == PRICE
    assert check(world.session) == []


def test_an_entry_of_a_payoff_that_sql_changed_is_found(world: World) -> None:
    short(world)
    book(world, transferred(world, 2_800))

    world.session.execute(text("UPDATE transfers SET amount_idr = 2799"))

    failed = {failure.check for failure in check(world.session)}
    assert {"booked_transfer_has_its_entry", "shortage_is_what_deposits_lacked"} <= failed


def test_the_agent_asks_and_the_office_agrees_to_deduct(world: World) -> None:
    short(world)
    before = journal.balances(world.session)

    deduction = asked(world)
    [row] = shortage_queries.shortages(world.session, world.finance, ListRequest()).rows
    assert (row.balance_idr, row.deduction_idr) == (2_800, 2_800)
    decide(world, deduction, DeductionAction.AGREE, world.finance)

    assert deduction.state is DeductionState.AGREED
    assert journal.balances(world.session) == before  # the payout books it, not the agreement
    with pytest.raises(Conflict):
        asked(world)
    decide(world, deduction, DeductionAction.END, world.finance, "Sudah ditransfer")
    assert deduction.state is DeductionState.ENDED


def test_who_may_decide_about_a_deduction(world: World) -> None:
    session = world.session
    short(world)
    deduction = asked(world)
    assert world.agent.user is not None
    stranger = make_user(session, RoleName.FINANCE, office_id=make_agent(session).office_id)

    with pytest.raises(NotFound):
        decide(world, deduction, DeductionAction.AGREE, stranger)
    with pytest.raises(NotFound):
        decide(world, deduction, DeductionAction.WITHDRAW, world.finance)
    with pytest.raises(Forbidden):
        decide(world, deduction, DeductionAction.AGREE, world.agent.user)
    with pytest.raises(Invalid, match="alasan"):
        decide(world, deduction, DeductionAction.REFUSE, world.finance, " ")
    decide(world, deduction, DeductionAction.WITHDRAW, world.agent.user, "")
    assert deduction.state is DeductionState.WITHDRAWN
    assert asked(world).state is DeductionState.ASKED


@pytest.mark.parametrize(("amount_idr", "error"), [(0, Invalid), (-5, Invalid), (2_801, Refused)])
def test_a_deduction_is_not_more_than_the_shortage(
    world: World, amount_idr: int, error: type[Exception]
) -> None:
    short(world)

    with pytest.raises(error):
        asked(world, amount_idr)


def test_a_large_deduction_needs_an_admin(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    short(world)
    deduction = asked(world)
    monkeypatch.setattr(shortages, "alone_idr", lambda: 2_799)

    with pytest.raises(Forbidden, match="pengelola"):
        decide(world, deduction, DeductionAction.AGREE, world.finance)
    admin = make_user(world.session, RoleName.ADMIN, office_id=world.office_id)
    assert decide(world, deduction, DeductionAction.AGREE, admin).state is DeductionState.AGREED


def test_robbed_cash_is_reported_with_the_police_report_and_nothing_may_be_left(
    world: World,
) -> None:
    world.collect(world.months[:2])
    with pytest.raises(Invalid, match="laporan polisi"):
        hand_in(world, 0, why="Dirampok di jalan")

    deposit = hand_in(world, 0, why="Dirampok di jalan", report=" LP/123/XII/2026 ")

    row = deposit_queries.deposit(world.session, world.finance, deposit.id)
    assert (row.police_report, row.evidence) == ("LP/123/XII/2026", "LP/123/XII/2026")
    assert owed_by(world.session, world.agent.id) == 2 * PRICE
    assert journal.balance(world.session, accounts.cash_of(world.agent.id)) == 0
    assert journal.balance(world.session, accounts.bank(world.office_id)) == 0
    assert check(world.session) == []


def test_a_large_loss_is_approved_by_an_admin_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortages, "alone_idr", lambda: 10_000)
    world.collect(world.months[:1])

    with pytest.raises(Forbidden, match="pengelola"):
        hand_in(world, 0, why="Dirampok", report="LP/1")
    admin = make_user(world.session, RoleName.ADMIN, office_id=world.office_id)
    [deposit] = deposit_queries.deposits(world.session, world.finance, ListRequest()).rows
    world.decide(
        world.session.get_one(Deposit, deposit.id), DepositAction.CONFIRM, admin, counted_idr=0
    )
    assert owed_by(world.session, world.agent.id) == PRICE


def test_two_transfers_booked_at_once_pay_a_shortage_once(committed: Flask) -> None:
    made: list[int] = []

    def build(world: World) -> None:
        short(world)
        made.append(transferred(world, 2_800).id)

    world = committed_world(committed, build)
    with committed.app_context(), transaction() as session:
        people = [
            make_user(session, RoleName.FINANCE, office_id=world.agent.office_id).id
            for _ in range(2)
        ]

    def take(session: Session) -> str:
        decided = decide_transfer(
            session, transfer_id=made[0], action=TransferAction.BOOK, actor_id=people.pop()
        )
        return str(decided.state)

    assert at_once(committed, take, 2) == {TransferState.BOOKED.value: 1, "Conflict": 1}
    with committed.app_context(), transaction() as session:
        assert owed_by(session, world.agent.id) == 0
        assert check(session) == []
