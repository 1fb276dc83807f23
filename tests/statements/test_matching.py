"""Lines of the bank are matched with what agents handed in, and nothing is guessed."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.payments import cash, custody
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.people.models import RoleName
from agentsys.statements import importing
from agentsys.statements.models import FileState, IssueKind, ThingKind
from tests.factories import make_user
from tests.payments.world import PRICE, World
from tests.statements.banking import OPENING, Banking, Row, bisnis


@pytest.fixture
def bank(session: Session, vault: Vault) -> Banking:
    """The account of an office, with an agent who can collect three months."""
    return Banking.of(World.build(session, vault))


def deposit(bank: Banking, evidence: str, months: int = 1) -> Deposit:
    """What the agent collects in cash, handed in with this slip."""
    world = bank.world
    world.collect([world.months.pop(0) for _ in range(months)])
    _count, held_idr = custody.to_hand_over(world.session, world.agent.id)
    return world.declare(held_idr, key=secrets.token_hex(16), evidence=evidence)


def day() -> str:
    return f"{importing.today():%d/%m/%Y}"


def test_a_line_with_the_slip_and_the_sum_is_the_deposit(bank: Banking) -> None:
    declared = deposit(bank, "SLIP-0012")

    file = bank.send(bisnis([Row(day(), "SETOR TUNAI slip 0012 RUDI", PRICE)]))

    assert file.state is FileState.DONE, file.reason
    [match] = bank.matches()
    assert (match.kind, match.thing_id) == (ThingKind.DEPOSIT, declared.id)
    assert match.rule == "reference_in_text"
    assert declared.state is DepositState.DECLARED
    assert bank.issues() == []


def test_another_sum_is_not_the_deposit(bank: Banking) -> None:
    deposit(bank, "SLIP-0012")

    bank.send(bisnis([Row(day(), "SETOR SLIP-0012", PRICE - 800)]))

    assert bank.matches() == []
    [issue] = bank.issues()
    assert (issue.kind, issue.difference_idr) == (IssueKind.SHORT, -800)


def test_two_equal_bank_lines_match_two_deposits_and_a_re_upload_matches_none(
    bank: Banking,
) -> None:
    first, second = deposit(bank, "AGEN RUDI"), deposit(bank, "AGEN RUDI")
    rows = [Row(day(), "SETORAN AGEN RUDI", PRICE)] * 2

    bank.send(bisnis(rows))
    again = bank.send(bisnis(rows) + b"\r\n")

    assert [match.thing_id for match in bank.matches()] == [first.id, second.id]
    assert len({match.line_id for match in bank.matches()}) == 2
    assert (again.new_lines, again.matched, len(bank.lines())) == (0, 0, 2)


def test_one_line_that_fits_two_deposits_waits_for_a_person(bank: Banking) -> None:
    deposit(bank, "AGEN RUDI"), deposit(bank, "AGEN RUDI")

    bank.send(bisnis([Row(day(), "SETORAN AGEN RUDI", PRICE)]))

    assert bank.matches() == []
    assert [issue.kind for issue in bank.issues()] == [IssueKind.AMBIGUOUS]


def test_the_second_of_two_equal_lines_for_one_deposit_is_double(bank: Banking) -> None:
    only = deposit(bank, "SLIP-0012")

    bank.send(bisnis([Row(day(), "SETORAN SLIP-0012", PRICE)] * 2))

    assert [match.thing_id for match in bank.matches()] == [only.id]
    assert [issue.kind for issue in bank.issues()] == [IssueKind.DOUBLE]


def test_what_was_confirmed_and_is_not_on_the_statement_of_its_days_is_missed(
    bank: Banking,
) -> None:
    confirmed, session = deposit(bank, "SLIP-0012"), bank.session
    counted = make_user(session, RoleName.FINANCE, office_id=bank.world.office_id)
    cash.decide_deposit(
        session,
        deposit_id=confirmed.id,
        action=cash.DepositAction.CONFIRM,
        actor=counted,
        counted_idr=PRICE,
        reason="",
    )
    confirmed.declared_at = clock.now() - timedelta(days=10)
    session.flush()
    early = importing.today() - timedelta(days=20)

    bank.send(bisnis([Row(f"{early:%d/%m/%Y}", "LAIN", 5), Row(day(), "LAIN", 5)]))
    missed = [issue for issue in bank.issues() if issue.kind is IssueKind.NOT_COLLECTED]
    bank.send(bisnis([Row(day(), "LAIN", 5), Row(day(), "LAIN 2", 5)], opening=OPENING + 5))

    assert [(issue.thing_kind, issue.thing_id) for issue in missed] == [
        (ThingKind.DEPOSIT, confirmed.id)
    ]
    assert [issue.id for issue in bank.issues() if issue.line_id is None] == [missed[0].id]


def test_an_order_of_a_provider_is_its_payment_whatever_case_it_is_written_in(
    bank: Banking,
) -> None:
    world = bank.world
    paid, other = world.ask(), world.ask_for_another()
    for payment in (paid, other):
        world.report(payment, PaymentState.SETTLED)
    report = Banking.of(world, name="Gateway", provider=paid.clearing)
    rows = ["Order ID,Payment Type,Settlement Time,Gross Amount,Fee"]
    for order, amount in (
        (paid.reference.lower().replace("-", " "), PRICE),
        (other.reference, PRICE + 1),
        (paid.reference, PRICE),
        ("LAIN-1", PRICE),
    ):
        rows.append(f"{order},gopay,{importing.today():%Y-%m-%d},{amount}.00,100.00")

    file = report.send("\n".join(rows).encode())

    assert file.state is FileState.DONE, file.reason
    [match] = report.matches()
    assert (match.kind, match.thing_id) == (ThingKind.PAYMENT, paid.id)
    assert [issue.kind for issue in report.issues()] == [
        IssueKind.OVER, IssueKind.DOUBLE, IssueKind.NO_ORDER,
    ]  # fmt: skip


def test_own_funds_with_the_banks_reference_are_their_line(bank: Banking) -> None:
    record_own_funds(
        bank.session,
        bank_ref="FT 26/11-77",
        amount_idr=50_000,
        actor_id=bank.world.finance.id,
        office_id=bank.world.office_id,
    )

    bank.send(bisnis([Row(day(), "SETORAN MODAL ft261177", 50_000)]))

    assert [match.kind for match in bank.matches()] == [ThingKind.OWN_FUNDS]


def test_the_bank_has_what_was_handed_over_and_not_the_sum_of_the_receipts(bank: Banking) -> None:
    declared = deposit(bank, "SLIP-0012")
    declared.short_idr, declared.short_reason = 2_800, "Uang kembalian"
    bank.session.flush()

    bank.send(bisnis([Row(day(), "SETOR SLIP-0012", PRICE - 2_800)]))

    assert [match.thing_id for match in bank.matches()] == [declared.id]
    assert bank.issues() == []
