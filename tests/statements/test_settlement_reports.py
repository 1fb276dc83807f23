"""A month of a provider's settlement report: orders, refunds, fees, equal lines, overlaps."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.messages import fill
from agentsys.payments.models import Payment
from agentsys.statements import importing
from agentsys.statements.layouts import layouts
from agentsys.statements.models import BankFile, Direction, FileState, IssueKind
from tests.payments.world import PRICE, World
from tests.statements.banking import Banking
from tests.statements.test_gateway_fees import HEADINGS

ORDERS = 24


def row(
    order: str, day: date, gross: int, *, kind: str = "Settlement", fee: int = 0, tax: int = 0
) -> str:
    """One line, as the dashboard's words have it."""
    net = (gross if kind == "Settlement" else -gross) - fee - tax
    return f"{order},{kind},qris,{day} 10:15:00,{gross}.00,{fee}.00,{tax}.00,{net}.00"


@pytest.fixture
def report(session: Session, vault: Vault) -> Banking:
    """The reports of an office that nobody has sent yet."""
    return Banking.of(World.build(session, vault), name="Gateway", provider="dict")


@pytest.fixture
def orders(report: Banking) -> list[Payment]:
    """Orders of as many workers, all settled; the last two were given back."""
    world = report.world
    made = [world.ask_for_another() for _ in range(ORDERS)]
    for payment in made:
        world.report(payment, PaymentState.SETTLED)
    for payment in made[-2:]:
        world.report(payment, PaymentState.REFUNDED)
    return made


def month(orders: list[Payment]) -> list[str]:
    """Thirty-three lines: settled, given back, charged without an order, and of another shop."""
    today = importing.today()
    lines = [
        row(payment.reference, today - timedelta(days=20 - number // 2), PRICE, fee=118, tax=13)
        for number, payment in enumerate(orders)
    ]
    last = today - timedelta(days=5)
    lines += [row(payment.reference, last, PRICE, kind="Refund") for payment in orders[-2:]]
    lines += [row("", last, 0, kind="Fee", fee=5_000, tax=550)] * 2  # truly equal
    lines += [row(f"TOKO-{number}", last, 9_000 + number, fee=63, tax=7) for number in range(3)]
    lines.append(row(orders[0].reference, last, PRICE, kind="Refund"))
    lines.append(row(orders[1].reference, last, PRICE, fee=118, tax=13))
    return lines


def send(report: Banking, lines: list[str], end: str = "\n") -> BankFile:
    """Upload a settlement report that consists of these lines."""
    return report.send(end.join([HEADINGS, *lines]).encode())


def why(file: BankFile) -> str:
    return fill(file.reason["text"], file.reason["values"])


def test_a_month_of_a_report_is_matched_line_by_line(
    report: Banking, orders: list[Payment]
) -> None:
    lines = month(orders)
    file = send(report, lines)

    assert len(lines) == 33
    assert (file.state, file.layout, file.new_lines) == (FileState.DONE, "midtrans_payout", 33)
    into = [m.thing_id for m in report.matches() if m.direction is Direction.IN]
    back = [m.thing_id for m in report.matches() if m.direction is Direction.OUT]
    assert sorted(into) == [payment.id for payment in orders]
    assert sorted(back) == [payment.id for payment in orders[-2:]]
    assert sorted(issue.kind for issue in report.issues()) == [
        IssueKind.DOUBLE,
        IssueKind.FEE_DIFFERENCE,
        IssueKind.FEE_DIFFERENCE,
        IssueKind.NO_ORDER,
        IssueKind.NO_ORDER,
        IssueKind.NO_ORDER,
        IssueKind.UNKNOWN_DEBIT,
    ]


def test_downloads_that_overlap_store_and_match_each_line_once(
    report: Banking, orders: list[Payment]
) -> None:
    lines = month(orders)
    pieces = [lines[:9], lines[4:20], lines[16:], lines]
    files = [
        send(report, piece, end) for piece, end in zip(pieces, ("\n", "\r\n") * 2, strict=True)
    ]

    assert {file.state for file in files} == {FileState.DONE}, [f.reason for f in files]
    assert sum(file.new_lines for file in files) == len(report.lines()) == 33
    assert len(report.matches()) == ORDERS + 2


def test_settled_here_and_on_no_report_of_its_days_is_an_exception_once(report: Banking) -> None:
    world = report.world
    payment = world.ask_for_another()
    world.report(payment, PaymentState.SETTLED)
    for days in (5, 6):
        with time_machine.travel(clock.now() + timedelta(days=days), tick=True):
            before = importing.today() - timedelta(days=40)
            send(report, [row("A", before, 9), row(f"B{days}", importing.today(), 9)])
    missed = [issue for issue in report.issues() if issue.kind is IssueKind.NOT_SETTLED]

    assert [(issue.thing_id, issue.amount_idr) for issue in missed] == [(payment.id, PRICE)]
    with time_machine.travel(clock.now() + timedelta(days=6), tick=True):
        send(
            report,
            [row("B6", importing.today(), 9), row(payment.reference, importing.today(), PRICE)],
        )
    assert not [issue for issue in report.issues() if issue.kind is IssueKind.NOT_SETTLED]


def test_a_net_sum_that_is_not_the_gross_less_the_fee_refuses_the_file(report: Banking) -> None:
    wrong = row("X", importing.today(), PRICE, fee=100).replace("16700.00", "16800.00")
    file = send(report, [row("Y", importing.today(), PRICE), wrong])

    assert file.state is FileState.REFUSED
    assert "Baris 3 tidak terbaca" in why(file)
    assert report.lines() == []


@pytest.mark.parametrize("kind", ["Payout", "", "SETTLEMENT?"])
def test_a_kind_of_line_that_is_not_known_refuses_the_file(report: Banking, kind: str) -> None:
    file = send(report, [row("X", importing.today(), PRICE).replace("Settlement", kind)])

    assert file.state is FileState.REFUSED


def test_the_layout_says_that_it_was_not_compared_and_from_which_day_it_is() -> None:
    layout = layouts()["midtrans_payout"]

    assert not layout.verified
    assert layout.from_on == date(2022, 4, 1)
    assert "no report was compared" in layout.source
