"""PAID: a line counts only if its code, its amount and the bank balance agree."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select

from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.payments.models import Outcome, Payment, Receipt
from agentsys.payments.receipts import progress_of
from agentsys.people.models import RoleName
from agentsys.remittances.batches import make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import Verdict
from agentsys.remittances.models import RemittanceState
from tests.factories import make_office, make_user
from tests.payments.world import PRICE, World
from tests.remittances.pasting import CODE, coded, confirmed, paste, verdicts


def test_a_paid_line_confirms_its_contributions_and_takes_the_money_from_the_bank(
    world: World,
) -> None:
    made = coded(world)

    results = paste(world, f"{CODE}\tPAID\t33.600\tREF-9\n")

    assert verdicts(results) == [Verdict.CONFIRMED]
    assert (made.state, made.bpjs_ref) == (RemittanceState.CONFIRMED, "REF-9")
    assert made.confirmed_by == world.finance.id
    assert confirmed(world) == [True, True, False]
    assert not any(journal.balances(world.session).values())


def test_the_receipts_page_says_lunas_only_after_every_month_was_confirmed(world: World) -> None:
    coded(world)
    code = world.session.scalars(select(Receipt.code)).one()
    before = progress_of(world.session, code)

    paste(world, f"{CODE}\tPAID\t33600\t\n")

    after = progress_of(world.session, code)
    assert before.steps[-1].at is None
    assert after.steps[-1].at is not None
    assert after.confirmed_months == tuple(world.months[:2])


def test_a_receipt_is_not_lunas_for_a_month_that_another_payment_paid(world: World) -> None:
    again = world.ask(2)
    first = world.ask(1)
    world.report(first, PaymentState.SETTLED)
    world.report(again, PaymentState.SETTLED)
    finance = world.finance.id
    record_own_funds(
        world.session,
        office_id=world.office_id,
        bank_ref="TRF-1",
        amount_idr=2 * PRICE,
        actor_id=finance,
    )
    made = make_batch(world.session, office_id=world.agent.office_id, actor_id=finance)
    set_code(world.session, remittance_id=made.id, kode_iuran=CODE, actor_id=finance)

    paste(world, f"{CODE}\tPAID\t33600\t\n")

    lunas = {
        payment.id: progress_of(world.session, payment.receipt.code).steps[-1].at is not None
        for payment in (first, again)
        if payment.receipt
    }
    assert lunas == {first.id: True, again.id: False}


def test_pasting_the_same_results_again_changes_nothing(world: World) -> None:
    made = coded(world)
    text = f"{CODE}\tPAID\t33600\tREF-9\n"
    paste(world, text)
    moment = made.confirmed_at

    again = paste(world, text * 2)

    assert verdicts(again) == [Verdict.ALREADY, Verdict.ALREADY]
    assert made.confirmed_at == moment


def test_a_refund_of_what_bpjs_has_is_a_claim_and_the_cover_stays(world: World) -> None:
    coded(world)
    paste(world, f"{CODE}\tPAID\t33600\t\n")
    payment = world.session.scalars(select(Payment)).one()

    outcome = world.report(payment, PaymentState.REFUNDED)

    assert outcome is Outcome.TO_CHECK
    assert confirmed(world) == [True, True, False]
    assert journal.balance(world.session, f"claim:worker:{world.worker.id}") == 2 * PRICE
    assert journal.balance(world.session, f"clearing:dict:{world.office_id}") == -2 * PRICE


def test_one_line_twice_in_one_paste_confirms_once(world: World) -> None:
    coded(world)

    assert verdicts(paste(world, f"{CODE}\tPAID\t33600\t\n" * 2)) == [
        Verdict.CONFIRMED,
        Verdict.ALREADY,
    ]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (f"{CODE}\tUNPAID\t33600\t", Verdict.NOT_PAID),
        (f"{CODE}\t\t33600\t", Verdict.NOT_PAID),
        (f"{CODE}\tNOT PAID\t33600\t", Verdict.NOT_PAID),
        (f"{CODE}\tPAID\t33601\t", Verdict.OTHER_AMOUNT),
        (f"{CODE}\tPAID\t16800\t", Verdict.OTHER_AMOUNT),
        (f"{CODE}\tPAID\t33600,50\t", Verdict.OTHER_AMOUNT),
        (f"{CODE}\tPAID\tbanyak\t", Verdict.OTHER_AMOUNT),
        ("999999999999\tPAID\t33600\t", Verdict.UNKNOWN_CODE),
    ],
)
def test_a_line_that_does_not_agree_confirms_nothing(
    world: World, line: str, verdict: Verdict
) -> None:
    made = coded(world)

    (result,) = paste(world, line)

    assert result.verdict is verdict
    assert len(result.reason.sentence()) > 20
    assert result.reason.holes() == []
    assert made.state is RemittanceState.CODED
    assert confirmed(world) == [False, False, False]


def test_money_that_is_not_in_the_bank_cannot_have_been_paid(world: World) -> None:
    made = coded(world, in_bank=False)

    (result,) = paste(world, f"{CODE}\tPAID\t33600\t")

    assert result.verdict is Verdict.NO_MONEY
    assert "Rp33.600" in result.reason.sentence()
    assert made.state is RemittanceState.CODED


def test_a_good_line_counts_beside_a_bad_one(world: World) -> None:
    coded(world)

    results = paste(world, f"111111\tPAID\t5\t\n{CODE}\tPAID\t33600\t\n222222\tPAID\t5\t\n")

    assert verdicts(results) == [Verdict.UNKNOWN_CODE, Verdict.CONFIRMED, Verdict.UNKNOWN_CODE]


def test_the_bank_pays_each_line_of_a_paste_only_from_what_the_lines_before_left(
    world: World,
) -> None:
    coded(world)
    world.months = world.months[2:]
    world.report(world.ask(), PaymentState.SETTLED)
    finance = world.finance.id
    other = make_batch(world.session, office_id=world.agent.office_id, actor_id=finance)
    set_code(world.session, remittance_id=other.id, kode_iuran="777777", actor_id=finance)

    results = paste(world, f"{CODE}\tPAID\t33600\t\n777777\tPAID\t16800\t\n")

    assert verdicts(results) == [Verdict.CONFIRMED, Verdict.NO_MONEY]


def test_a_long_paste_reads_the_banks_balance_once_and_sums_no_postings(world: World) -> None:
    coded(world)
    sums = []

    @event.listens_for(world.session.connection(), "before_cursor_execute")
    def count(*told: Any) -> None:
        sums.append(("FROM balances" in told[2], "FROM postings" in told[2]))

    paste(world, f"{CODE}\tPAID\t33600\t\n" * 50)

    assert [sum(kind) for kind in zip(*sums, strict=True)] == [1, 0]


def test_only_finance_of_the_office_confirms(world: World) -> None:
    made = coded(world)
    supervisor = make_user(world.session, RoleName.SUPERVISOR, office_id=world.agent.office_id)
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    line = f"{CODE}\tPAID\t33600\t"

    assert verdicts(paste(world, line, supervisor.id)) == [Verdict.NOT_NOW]
    assert verdicts(paste(world, line, stranger.id)) == [Verdict.UNKNOWN_CODE]
    assert made.state is RemittanceState.CODED
