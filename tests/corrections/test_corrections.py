"""What was confirmed wrongly is undone by a counter-entry of two persons, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys.corrections import subjects
from agentsys.corrections.corrections import CorrectionAction, decide_correction, propose
from agentsys.corrections.models import Correctable, Correction, CorrectionState
from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.ledger import accounts, journal
from agentsys.ledger.invariants import check
from agentsys.ledger.models import Entry, Posting
from agentsys.payments.deposit_models import DepositState
from agentsys.payments.gateway_payouts import record_payout
from agentsys.payments.payout_models import GatewayPayout
from agentsys.payments.shortages import owed_by
from agentsys.payments.unexplained_models import Unexplained
from agentsys.people.models import RoleName
from agentsys.remittances.batches import cancel, make_batch
from agentsys.transfers.models import TransferState
from tests.corrections import steps
from tests.corrections.steps import decide, proposal
from tests.factories import make_agent, make_user
from tests.payments.races import at_once, committed_world
from tests.payments.reversing import void
from tests.payments.world import PRICE, World

D, T, P = Correctable.DEPOSIT, Correctable.TRANSFER, Correctable.PAYOUT
MAKE: dict[str, tuple[Correctable, Callable[[World], int]]] = {
    "deposit": (D, lambda world: steps.deposited(world).id),
    "short deposit": (D, lambda world: steps.deposited(world, 2_800).id),
    "deposit with too much": (D, lambda world: steps.deposited(world, -5_000).id),
    "repayment": (T, lambda world: steps.repaid(world).id),
    "paid shortage": (T, lambda world: steps.shortage_paid(world).id),
    "returned money": (T, lambda world: steps.returned(world).id),
    "payout": (P, steps.paid_out),
    "payout with a fee": (P, lambda world: steps.paid_out(world, 300)),
}


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent, a worker, and finance."""
    return World.build(session, vault)


@pytest.mark.parametrize("name", MAKE)
def test_whatever_is_reversed_negates_the_original_lines_exactly(world: World, name: str) -> None:
    session = world.session
    what, make = MAKE[name]
    subject_id = make(world)
    lines = subjects.lines_of(session, what, subject_id)
    assert lines

    correction = decide(world, proposal(world, what, subject_id))

    counter = journal.lines_of(
        session, kind="correction.booked", source=f"correction:{correction.id}"
    )
    assert counter == {account: -amount for account, amount in lines.items()}
    assert subjects.lines_of(session, what, subject_id) == lines  # nothing was edited
    assert check(session) == []


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.lists(st.tuples(st.sampled_from(sorted(MAKE)), st.booleans()), max_size=4))
def test_in_any_order_corrected_things_leave_nothing_and_the_books_are_right(
    session: Session, vault: Vault, data: list[tuple[str, bool]]
) -> None:
    savepoint = session.begin_nested()
    try:
        world = World.build(session, vault)
        corrected = []
        for name, undo in data:
            what, make = MAKE[name]
            if name.startswith("payout"):
                subject_id = steps.paid_out(world, ref=f"CAIR-{len(corrected)}-{undo}-{name}")
                corrected += [None]
            else:
                subject_id = make(world)
            if undo:
                corrected.append(decide(world, proposal(world, what, subject_id)))
        for correction in filter(None, corrected):
            source = f"{correction.what.value}:{correction.subject_id}"
            left = session.execute(
                select(Posting.account)
                .join(Entry, Entry.id == Posting.entry_id)
                .where(Entry.source.in_((source, f"correction:{correction.id}")))
                .group_by(Posting.account)
                .having(text("sum(amount_idr) <> 0"))
            )
            assert left.all() == []
        assert check(session) == []
    finally:
        session.expunge_all()
        savepoint.rollback()


def test_the_receipts_of_a_wrong_deposit_are_with_the_agent_again(world: World) -> None:
    deposit = steps.deposited(world, 2_800)

    decide(world, proposal(world, D, deposit.id))

    assert deposit.state is DepositState.RETURNED
    assert deposit.reason == "Salah hitung"
    assert owed_by(world.session, world.agent.id) == 0
    assert journal.balance(world.session, accounts.cash_of(world.agent.id)) == PRICE
    assert world.confirm(world.declare(key="setoran-ulang")).state is DepositState.CONFIRMED
    assert check(world.session) == []


def test_money_on_its_way_to_bpjs_says_what_is_possible(world: World) -> None:
    deposit = steps.deposited(world)
    batch = make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id)

    with pytest.raises(Refused, match=f"#{batch.id} ke BPJS"):
        proposal(world, D, deposit.id)
    cancel(world.session, remittance_id=batch.id, actor_id=world.finance.id)

    assert decide(world, proposal(world, D, deposit.id)).state is CorrectionState.APPROVED


def test_a_deposit_with_a_void_receipt_is_not_undone(world: World) -> None:
    payment = world.collect(world.months[:1])
    deposit = world.confirm(world.declare())
    void(world, payment)

    with pytest.raises(Refused, match="sudah dibatalkan"):
        proposal(world, D, deposit.id)


def test_a_payout_is_recorded_again_with_the_same_reference(world: World) -> None:
    payout_id = steps.paid_out(world, 300)
    decide(world, proposal(world, P, payout_id))
    assert world.session.get_one(GatewayPayout, payout_id).reversed_at is not None

    again = record_payout(
        world.session,
        provider="dict",
        bank_ref="cair 1",
        amount_idr=PRICE,
        fee_idr=0,
        actor_id=world.finance.id,
    )

    assert again.id != payout_id
    assert check(world.session) == []


def test_money_that_was_spent_is_not_taken_back(world: World) -> None:
    payout_id = steps.paid_out(world)
    correction = proposal(world, P, payout_id)
    world.session.execute(
        text(
            "WITH e AS (INSERT INTO entries (kind, source, at) VALUES ('x', 'x', now())"
            " RETURNING id) INSERT INTO postings SELECT e.id, l.a, l.m FROM e, (VALUES"
            f" ('bank:collection:{world.office_id}', -{PRICE}),"
            f" ('suspense:{world.office_id}', {PRICE})) l (a, m)"
        )
    )

    with pytest.raises(Refused, match="sudah dipakai"):
        decide(world, correction)
    world.session.rollback()


def test_unexplained_money_that_did_not_go_back_waits_again(world: World) -> None:
    transfer = steps.returned(world)

    decide(world, proposal(world, T, transfer.id))

    assert transfer.state is TransferState.REVERSED
    odd = world.session.get_one(Unexplained, transfer.unexplained_id)
    world.session.refresh(odd)
    assert (odd.outcome, odd.closed_at) == (None, None)


def test_who_may_propose_decide_and_withdraw(world: World) -> None:
    session = world.session
    deposit = steps.deposited(world)
    stranger = make_user(session, RoleName.FINANCE, office_id=make_agent(session).office_id)
    correction = proposal(world, D, deposit.id)

    with pytest.raises(Conflict, match="sudah diusulkan"):
        proposal(world, D, deposit.id)
    with pytest.raises(Forbidden, match="orang kedua"):
        decide(world, correction, world.finance)
    with pytest.raises(NotFound):
        decide(world, correction, stranger)
    with pytest.raises(NotFound):
        decide(world, correction, steps.colleague(world), CorrectionAction.WITHDRAW)
    own = make_user(session, RoleName.FINANCE, RoleName.AGENT, office_id=world.office_id)
    was, world.agent.user_id = world.agent.user_id, own.id
    session.flush()
    with pytest.raises(Forbidden, match="orang kedua"):
        decide(world, correction, own)
    world.agent.user_id = was
    decide(world, correction, world.finance, CorrectionAction.WITHDRAW)
    assert correction.state is CorrectionState.WITHDRAWN
    refused = decide(world, proposal(world, D, deposit.id), action=CorrectionAction.REFUSE)
    assert refused.state is CorrectionState.REFUSED
    assert deposit.state is DepositState.CONFIRMED


def test_a_reason_is_needed_and_what_is_not_booked_is_not_corrected(world: World) -> None:
    world.collect(world.months[:1])
    declared = world.declare()
    with pytest.raises(Conflict):
        proposal(world, D, declared.id)
    with pytest.raises(NotFound):
        proposal(world, P, 999_999)
    with pytest.raises(NotFound):
        proposal(world, D, 999_999)
    world.confirm(declared)
    with pytest.raises(Invalid, match="alasan"):
        propose(
            world.session, what=D, subject_id=declared.id, reason=" \0 ", actor_id=world.finance.id
        )


def test_an_entry_of_a_correction_that_sql_changed_is_found(world: World) -> None:
    deposit = steps.deposited(world)
    decide(world, proposal(world, D, deposit.id))

    world.session.execute(text("UPDATE corrections SET subject_id = subject_id + 1"))

    assert "correction_negates_its_entry" in {each.check for each in check(world.session)}


def test_two_persons_at_once_book_one_correction_once(committed: Flask) -> None:
    made: list[int] = []
    people: list[int] = []

    def build(world: World) -> None:
        made.append(proposal(world, D, steps.deposited(world).id).id)
        people.extend(steps.colleague(world).id for _ in range(2))

    committed_world(committed, build)
    left = list(people)

    def approve(session: Session) -> str:
        decided = decide_correction(
            session,
            correction_id=made[0],
            action=CorrectionAction.APPROVE,
            actor_id=left.pop(),
        )
        return str(decided.state)

    assert at_once(committed, approve, 2) == {"approved": 1, "Conflict": 1}
    with committed.app_context(), transaction() as session:
        assert check(session) == []


def test_a_correction_that_is_killed_halfway_leaves_nothing(committed: Flask) -> None:
    made: list[int] = []
    people: list[int] = []

    def build(world: World) -> None:
        made.append(proposal(world, D, steps.deposited(world).id).id)
        people.append(steps.colleague(world).id)

    committed_world(committed, build)
    with committed.app_context(), transaction() as session:
        decide_correction(
            session, correction_id=made[0], action=CorrectionAction.APPROVE, actor_id=people[0]
        )
        session.rollback()
    with committed.app_context(), transaction() as session:
        assert session.get_one(Correction, made[0]).state is CorrectionState.PROPOSED
        assert check(session) == []
        decide_correction(
            session, correction_id=made[0], action=CorrectionAction.APPROVE, actor_id=people[0]
        )
        assert check(session) == []
