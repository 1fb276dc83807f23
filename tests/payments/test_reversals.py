"""A cash receipt typed wrongly is voided by two persons, and the journal takes it all back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from agentsys import clock
from agentsys.contributions.models import Contribution, ContributionState
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.ledger.invariants import check
from agentsys.months import add_months
from agentsys.payments import receipts, reversal_queries
from agentsys.payments.cash import DepositAction
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.payments.models import Payment
from agentsys.payments.reversal_models import ReversalState, ReversalWhy
from agentsys.payments.reversal_rules import TooLate, hours
from agentsys.payments.reversals import ReversalAction, propose
from agentsys.people import second_person
from agentsys.people.models import AccessChangeKind, RoleName
from agentsys.people.second_person import NotYet
from agentsys.remittances import batches, codes
from agentsys.remittances.confirmations import confirm
from agentsys.remittances.results import ResultRow
from agentsys.workers.kinds import EndReason
from tests.factories import make_agent, make_user
from tests.payments.reversing import decide, proposal, void
from tests.payments.world import PRICE, World


def test_an_approved_reversal_negates_the_lines_and_opens_the_months(world: World) -> None:
    payment = world.collect(world.months[:2])
    before = journal.lines_of(world.session, kind="payment.settled", source=payment.reference)

    reversal = void(world, payment)

    after = journal.lines_of(world.session, kind="payment.refunded", source=payment.reference)
    assert after == {account: -amount for account, amount in before.items()}
    assert payment.state is PaymentState.REFUNDED
    assert not any(journal.balances(world.session).values())
    assert set(world.session.scalars(select(Contribution.state))) == {ContributionState.BILLED}
    assert reversal.number is not None
    assert reversal.number.startswith("KB-")
    assert not reversal.credited
    assert check(world.session) == []


def test_the_months_of_a_void_receipt_are_collected_again(world: World) -> None:
    void(world, world.collect(world.months[:1]))

    again = world.collect(world.months[:1])

    assert again.state is PaymentState.SETTLED
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == PRICE


def _paid_again(world: World) -> Payment:
    """Cash that was taken for a month which a wallet had paid meanwhile."""
    asked = world.ask(channel=world.cash)
    world.report(world.ask(), PaymentState.SETTLED)
    world.report(asked, PaymentState.SETTLED)
    return asked


def test_a_surplus_goes_with_the_receipt_it_came_with(world: World) -> None:
    twice = _paid_again(world)

    void(world, twice)

    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == 0
    assert journal.balance(world.session, f"owed:worker:{world.worker.id}") == 0
    assert check(world.session) == []


def test_a_receipt_whose_surplus_was_repaid_stays_valid(world: World) -> None:
    twice = _paid_again(world)
    record_own_funds(
        world.session,
        office_id=world.office_id,
        bank_ref="MODAL",
        amount_idr=PRICE,
        actor_id=world.finance.id,
    )
    world.repay(PRICE)

    with pytest.raises(Refused, match="sudah dikembalikan"):
        proposal(world, twice)


def test_the_worker_reads_on_the_receipt_that_it_is_void_and_why(world: World) -> None:
    payment = world.collect(world.months[:1])
    assert payment.receipt is not None

    reversal = void(world, payment)

    shown = receipts.progress_of(world.session, payment.receipt.code)
    assert shown.refunded
    assert shown.void == receipts.Void(
        number=reversal.number or "", why=ReversalWhy.WRONG_WORKER, at=reversal.decided_at
    )


def test_a_refused_proposal_changes_nothing_and_another_may_follow(world: World) -> None:
    payment = world.collect(world.months[:1])

    refused = decide(world, proposal(world, payment), action=ReversalAction.REFUSE)

    assert refused.state is ReversalState.REFUSED
    assert payment.state is PaymentState.SETTLED
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == PRICE
    assert void(world, payment).serial == 1


def test_a_receipt_is_proposed_once_and_voided_once(world: World) -> None:
    payment = world.collect(world.months[:1])
    reversal = proposal(world, payment)

    with pytest.raises(Conflict, match="sudah diusulkan"):
        proposal(world, payment)
    decide(world, reversal)
    with pytest.raises(Conflict):
        decide(world, reversal)
    with pytest.raises(Conflict, match="sudah dibatalkan"):
        proposal(world, payment)


def test_nobody_approves_the_own_proposal_nor_cash_that_he_took(world: World) -> None:
    session = world.session
    payment = world.collect(world.months[:1])
    by_finance = proposal(world, payment, world.finance.id)

    with pytest.raises(Forbidden, match="orang kedua"):
        decide(world, by_finance, world.finance.id)
    boss = make_user(session, RoleName.SUPERVISOR, RoleName.FINANCE, office_id=world.office_id)
    world.agent.user_id = boss.id
    session.flush()
    with pytest.raises(Forbidden, match="orang kedua"):
        decide(world, by_finance, boss.id)


def test_who_made_the_proposers_account_waits_to_be_the_second_person(world: World) -> None:
    reversal = proposal(world, world.collect(world.months[:1]))
    assert world.agent.supervisor_id is not None
    second_person.record_change(
        world.session,
        user_id=world.agent.user_id or 0,
        kind=AccessChangeKind.MADE,
        actor_id=world.agent.supervisor_id,
    )

    with pytest.raises(NotYet):
        decide(world, reversal)


def test_only_the_own_supervisor_and_the_own_office_decide(world: World) -> None:
    session = world.session
    reversal = proposal(world, world.collect(world.months[:1]))
    strangers = [
        make_user(session, RoleName.SUPERVISOR, office_id=world.office_id),
        make_user(session, RoleName.FINANCE, office_id=make_agent(session).office_id),
    ]

    for stranger in strangers:
        with pytest.raises(NotFound):
            decide(world, reversal, stranger.id)
    colleague = make_user(session, RoleName.FINANCE, office_id=world.office_id)
    assert decide(world, reversal, colleague.id).state is ReversalState.APPROVED


def test_an_agent_proposes_only_own_receipts_and_only_for_some_hours(world: World) -> None:
    session = world.session
    payment = world.collect(world.months[:1])
    colleague = make_agent(session, office_id=world.office_id)

    with pytest.raises(NotFound):
        proposal(world, payment, colleague.user_id)
    payment.settled_at = clock.now() - timedelta(hours=hours(), minutes=1)
    session.flush()
    with pytest.raises(TooLate, match="24 jam"):
        proposal(world, payment)
    assert proposal(world, payment, world.finance.id).state is ReversalState.PROPOSED


def test_a_reason_is_needed_and_a_wallet_is_not_cash(world: World) -> None:
    payment = world.collect(world.months[:1])
    with pytest.raises(Invalid, match="alasan"):
        propose(
            world.session,
            payment_id=payment.id,
            why=ReversalWhy.OTHER,
            reason=" \0 ",
            actor_id=world.finance.id,
        )
    world.months.pop(0)
    asked = world.ask_for_another()
    world.report(asked, PaymentState.SETTLED)
    with pytest.raises(Refused, match="uang tunai"):
        proposal(world, asked)


def test_cash_in_a_declared_deposit_is_taken_out_first(world: World) -> None:
    payment = world.collect(world.months[:1])
    deposit = world.declare(PRICE)

    with pytest.raises(Refused, match="Tarik"):
        proposal(world, payment)
    world.decide(deposit, DepositAction.WITHDRAW, world.agent.user)

    assert void(world, payment).state is ReversalState.APPROVED


def test_a_deposit_declared_after_the_proposal_refuses_its_approval(world: World) -> None:
    payment = world.collect(world.months[:1])
    reversal = proposal(world, payment)
    world.declare(PRICE)

    with pytest.raises(Refused, match="belum dihitung"):
        decide(world, reversal)


def test_cash_that_the_office_counted_becomes_the_workers_money(world: World) -> None:
    payment = world.collect(world.months[:1])
    other = world.collect(world.months[1:2])
    world.confirm(world.declare(2 * PRICE))

    reversal = void(world, payment)

    session = world.session
    assert reversal.credited
    assert journal.balances(session) == {
        f"bank:collection:{world.office_id}": 2 * PRICE,
        f"cash:agent:{world.agent.id}": 0,
        f"owed:bpjs:{world.office_id}": -PRICE,
        f"owed:worker:{world.worker.id}": -PRICE,
    }
    assert other.state is PaymentState.SETTLED
    assert check(session) == []
    world.repay(PRICE)
    assert journal.balance(session, f"owed:worker:{world.worker.id}") == 0
    assert check(session) == []


def test_a_month_on_its_way_to_bpjs_says_what_is_possible(world: World) -> None:
    session, finance = world.session, world.finance.id
    payment = world.collect(world.months[:1])
    world.confirm(world.declare(PRICE))
    reversal = proposal(world, payment)
    batch = batches.make_batch(session, office_id=world.office_id, actor_id=finance)

    with pytest.raises(Refused, match=f"#{batch.id} ke BPJS"):
        decide(world, reversal)
    codes.set_code(session, remittance_id=batch.id, kode_iuran="901234", actor_id=finance)
    confirm(session, rows=[ResultRow(1, "901234", True, "PAID", PRICE, "R")], actor_id=finance)
    with pytest.raises(Refused, match="kantor cabang BPJS"):
        decide(world, reversal)

    assert payment.state is PaymentState.SETTLED


def test_a_month_after_the_end_of_the_membership_is_not_owed_again(world: World) -> None:
    payment = world.collect(world.months[:1])
    month = world.months[0]
    world.session.execute(
        text(
            "UPDATE enrolments SET from_month = :start, until_month = :month,"
            " end_reason = :why, ended_at = now() WHERE worker_id = :worker"
        ),
        {
            "start": add_months(month, -1),
            "month": month,
            "why": EndReason.WISHED.value,
            "worker": world.worker.id,
        },
    )
    world.session.execute(text("DELETE FROM contributions WHERE payment_id IS NULL"))
    world.session.expire_all()

    void(world, payment)

    assert world.session.scalars(select(Contribution)).all() == []
    assert check(world.session) == []


def test_the_rate_of_each_agent_is_shown_to_the_own_supervisor(world: World) -> None:
    session = world.session
    for month in world.months[:2]:
        payment = world.collect([month])
    void(world, payment)
    assert world.agent.supervisor is not None

    [rate] = reversal_queries.rates(session, world.agent.supervisor)

    assert (rate.agent_id, rate.receipts, rate.reversed) == (world.agent.id, 2, 1)
    stranger = make_user(session, RoleName.SUPERVISOR, office_id=world.office_id)
    assert reversal_queries.rates(session, stranger) == []
