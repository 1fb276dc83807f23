"""What a provider charges for an order is an entry of its own, once, and can be undone."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.corrections.corrections import CorrectionAction, decide_correction, propose
from agentsys.corrections.models import Correctable
from agentsys.crypto import Vault
from agentsys.errors import Refused
from agentsys.extension.contract import PaymentState
from agentsys.fee_rates import read_rates
from agentsys.ledger import accounts, invariants, journal
from agentsys.payments.fee_models import GatewayFee
from agentsys.payments.gateway_payouts import record_payout
from agentsys.payments.models import Payment
from agentsys.people.models import RoleName
from agentsys.statements import deciding, importing, matching
from agentsys.statements.models import BankFile, FileState, IssueKind
from tests.factories import make_user
from tests.payments.world import PRICE, World
from tests.statements.banking import Banking

HEADINGS = "Order ID,Transaction Type,Payment Type,Settlement Time,Gross Amount,Fee,VAT,Net Amount"
RATES = read_rates("dict:qris:2020-01-01=0+70+1100,dict:qris:2026-01-01=100+0+1000")


def line(
    order: str, amount: int = PRICE, fee: int = 100, tax: int = 10, kind: str = "Settlement"
) -> str:
    """One line of a report; what went out is written without a sign."""
    sign = 1 if kind == "Settlement" else -1
    net = sign * amount - fee - tax
    day = importing.today()
    return f"{order},{kind},qris,{day},{amount}.00,{fee}.00,{tax}.00,{net}.00"


@pytest.fixture
def report(session: Session, vault: Vault) -> Banking:
    """A gateway account of an office, to which reports of the provider are uploaded."""
    return Banking.of(World.build(session, vault), name="Gateway", provider="dict")


def paid(report: Banking) -> Payment:
    """An order of another worker that the provider settled."""
    payment = report.world.ask_for_another()
    report.world.report(payment, PaymentState.SETTLED)
    return payment


def send(report: Banking, *lines: str) -> BankFile:
    """A report with these lines, read as the job reads it."""
    file = report.send("\n".join([HEADINGS, *lines]).encode())
    assert file.state is FileState.DONE, file.reason
    return file


def fees(report: Banking) -> list[GatewayFee]:
    return list(report.session.scalars(select(GatewayFee).order_by(GatewayFee.id)))


def held(report: Banking) -> dict[str, int]:
    """What the provider holds, and what it cost, by account."""
    office = report.world.office_id
    names = {
        "clearing": accounts.clearing("dict", office),
        "fee": accounts.gateway_fee(office),
        "vat": accounts.gateway_vat(office),
        "bank": accounts.bank(office),
    }
    return {name: journal.balance(report.session, account) for name, account in names.items()}


def test_fee_and_tax_of_a_settled_order_are_an_entry_of_their_own(report: Banking) -> None:
    payment = paid(report)
    send(report, line(payment.reference))

    [fee] = fees(report)
    assert (fee.payment_id, fee.office_id) == (payment.id, report.world.office_id)
    assert journal.lines_of(report.session, kind="gateway_fee.charged", source=f"fee:{fee.id}") == {
        accounts.gateway_fee(report.world.office_id): 100,
        accounts.gateway_vat(report.world.office_id): 10,
        accounts.clearing("dict", report.world.office_id): -110,
    }


def test_gross_goes_to_clearing_net_to_the_bank_and_the_fee_to_the_costs(report: Banking) -> None:
    payment = paid(report)
    send(report, line(payment.reference))
    record_payout(
        report.session,
        provider="dict",
        bank_ref="FT-1",
        amount_idr=PRICE - 110,
        fee_idr=0,
        actor_id=report.world.finance.id,
    )

    assert held(report) == {"clearing": 0, "fee": 100, "vat": 10, "bank": PRICE - 110}


def test_a_fee_that_was_booked_from_the_report_is_not_typed_again(report: Banking) -> None:
    payment = paid(report)
    send(report, line(payment.reference))
    with pytest.raises(Refused, match="laporan penyelesaiannya"):
        record_payout(
            report.session,
            provider="dict",
            bank_ref="FT-1",
            amount_idr=PRICE - 200,
            fee_idr=110,
            actor_id=report.world.finance.id,
        )


def test_a_fee_that_was_typed_with_a_payout_is_not_booked_again(report: Banking) -> None:
    payment = paid(report)
    record_payout(
        report.session,
        provider="dict",
        bank_ref="FT-1",
        amount_idr=PRICE,
        fee_idr=110,
        actor_id=report.world.finance.id,
    )
    send(report, line(payment.reference))

    assert fees(report) == []
    assert held(report) == {"clearing": 0, "fee": 110, "vat": 0, "bank": PRICE - 110}


def test_the_same_report_downloaded_again_books_nothing(report: Banking) -> None:
    first, second = paid(report), paid(report)
    send(report, line(first.reference))
    send(report, line(first.reference), line(second.reference))
    matching.match_again(report.session, account=report.account)

    assert [fee.payment_id for fee in fees(report)] == [first.id, second.id]
    assert held(report)["clearing"] == 2 * (PRICE - 110)


def test_a_fee_without_an_order_is_booked_and_shown(report: Banking) -> None:
    payment = paid(report)
    send(report, line(payment.reference), line("", 0, 5_000, 550, kind="Fee"))

    assert held(report)["fee"] == 5_100
    assert [(i.kind, i.difference_idr) for i in report.issues()] == [
        (IssueKind.FEE_DIFFERENCE, 5_550)
    ]


def test_a_fee_of_all_offices_is_divided_by_what_the_provider_holds(
    session: Session, vault: Vault
) -> None:
    world, other = World.build(session, vault), World.build(session, vault)
    world.finance = everywhere = make_user(session, RoleName.ADMIN)
    shared = Banking.of(
        world, name="Gateway", provider="dict", office_id=None, actor_id=everywhere.id
    )
    for each in (world, other):
        payment = each.ask_for_another()
        each.report(payment, PaymentState.SETTLED)
    send(shared, line("", 0, 1_000, 100, kind="Fee"))

    costs = [journal.balance(session, accounts.gateway_fee(w.office_id)) for w in (world, other)]
    assert costs == [500, 500]


@pytest.mark.parametrize(("fee", "differs"), [(100, False), (101, False), (140, True), (50, True)])
def test_a_fee_that_differs_from_the_rate_of_its_day_is_an_exception(
    report: Banking, fee: int, differs: bool
) -> None:
    payment = paid(report)
    content = "\n".join([HEADINGS, line(payment.reference, fee=fee)]).encode()
    file = report.upload(content)
    importing.import_file(vault=report.vault, file_id=file.id, rates=RATES)
    report.session.expire_all()

    found = [(issue.kind, issue.difference_idr) for issue in report.issues()]
    assert found == ([(IssueKind.FEE_DIFFERENCE, fee - 100)] if differs else [])
    report.send(content + b"\n")
    assert len(report.issues()) == len(found)


def test_the_rate_of_the_day_is_the_newest_one_before_it() -> None:
    with pytest.raises(ValueError, match="not a rate"):
        read_rates("midtrans:qris=1+2")
    assert [rate.from_on.year for rate in RATES] == [2020, 2026]


def test_a_wrong_fee_is_undone_by_two_persons_and_its_match_can_be_undone_then(
    report: Banking,
) -> None:
    payment = paid(report)
    send(report, line(payment.reference))
    [match], [fee] = report.matches(), fees(report)
    finance = report.world.finance.id
    with pytest.raises(Refused, match=f"#{fee.id}"):
        deciding.unmatch(report.session, match_id=match.id, reason="salah", actor_id=finance)
    made = propose(
        report.session,
        what=Correctable.FEE,
        subject_id=fee.id,
        reason="salah pesanan",
        actor_id=finance,
    )
    second = make_user(report.session, RoleName.FINANCE, office_id=report.world.office_id)
    decide_correction(
        report.session,
        correction_id=made.id,
        action=CorrectionAction.APPROVE,
        actor_id=second.id,
    )
    deciding.unmatch(report.session, match_id=match.id, reason="salah", actor_id=finance)

    assert held(report) == {"clearing": PRICE, "fee": 0, "vat": 0, "bank": 0}
    assert invariants.check(report.session) == []
    send(report, line(payment.reference))
    assert held(report)["fee"] == 0  # what two persons undid stays undone


def test_a_line_that_a_person_matches_books_its_fee(report: Banking) -> None:
    payment = paid(report)
    send(report, line(payment.reference, PRICE - 1_000))
    [stored] = report.lines()
    before = len(fees(report))
    deciding.match(
        report.session,
        line_id=stored.id,
        kind=report.issues()[0].thing_kind or "",  # type: ignore[arg-type]
        thing_id=payment.id,
        actor_id=report.world.finance.id,
    )

    assert (before, len(fees(report))) == (0, 1)


def test_an_import_that_is_killed_while_booking_fees_stores_nothing(
    report: Banking, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paid(report)
    report.session.commit()

    def killed(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(importing.fees.journal, "post_all", killed)
        with pytest.raises(KeyboardInterrupt):
            send(report, line(payment.reference))
    report.session.expire_all()
    halfway = len(report.lines()), len(fees(report))
    send(report, line(payment.reference))

    assert halfway == (0, 0)
    assert held(report)["clearing"] == PRICE - 110
