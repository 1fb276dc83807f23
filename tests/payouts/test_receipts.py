"""What BPJS paid for commissions: an expectation becomes money, and differences stay visible."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.payouts import differences, due, receipts
from agentsys.payouts.differences import DifferenceAction
from agentsys.payouts.receipt_models import CommissionReceipt, DifferenceWay, ReceiptState
from agentsys.payouts.receipts import Paid, ReceiptAction
from agentsys.people.models import Agent, Office, User
from tests.commissions.builders import NOVEMBER, OCTOBER
from tests.factories import make_office
from tests.payouts.builders import balances_of, earn, earner, finance

FIRST, SECOND = 600_000, 300_000
OFFICE = 90_000  # ten percent on top
ALL = FIRST + SECOND + OFFICE


@pytest.fixture
def office(session: Session) -> Office:
    """An office through which BPJS pays, as the package's terms say."""
    return make_office(session)


@pytest.fixture
def people(session: Session, office: Office) -> list[User]:
    """Two people of its finance."""
    return finance(session, office)


@pytest.fixture
def agents(session: Session, vault: Vault, office: Office) -> list[Agent]:
    """Two agents with an approved November."""
    found = [earner(session, vault, office) for _each in range(2)]
    for agent, amount_idr in zip(found, (FIRST, SECOND), strict=True):
        earn(session, vault, agent, amount_idr)
    return found


def record(session: Session, office: Office, actor: User, **values: object) -> CommissionReceipt:
    given = {
        "month": NOVEMBER,
        "by_agent": {},
        "office_idr": None,
        "total_idr": ALL,
        "tax_idr": 0,
        "bank_ref": "BNI 77/1",
        "received_on": date(2026, 12, 4),
    } | values
    return receipts.record(
        session,
        office_id=office.id,
        paid=Paid(**given),  # type: ignore[arg-type]
        actor_id=actor.id,
    )


def confirm(session: Session, found: CommissionReceipt, actor: User) -> None:
    receipts.decide_receipt(
        session, receipt_id=found.id, action=ReceiptAction.CONFIRM, actor_id=actor.id
    )


def owed(session: Session, agent: Agent) -> int:
    return due.due_of(session, agent).gross_idr


def test_what_bpjs_paid_can_be_paid_out_once_a_second_person_confirmed(
    session: Session, office: Office, people: list[User], agents: list[Agent]
) -> None:
    assert [owed(session, agent) for agent in agents] == [0, 0]

    found = record(session, office, people[0], tax_idr=1_800)
    with pytest.raises(Forbidden, match="orang kedua"):
        confirm(session, found, people[0])
    assert [owed(session, agent) for agent in agents] == [0, 0]
    confirm(session, found, people[1])

    assert [owed(session, agent) for agent in agents] == [FIRST, SECOND]
    rest = balances_of(session, agents[0])
    assert rest == {
        f"bank:commission:{office.id}": ALL - 1_800,
        f"tax:prepaid:{office.id}": 1_800,
        f"owed:commission:agent:{agents[0].id}": -FIRST,
        f"owed:commission:office:{office.id}": -OFFICE,
    }
    with pytest.raises(Conflict):
        confirm(session, found, people[1])
    with pytest.raises(Refused, match="Tidak ada laporan komisi"):
        record(session, office, people[0], bank_ref="lain")


def test_what_bpjs_paid_too_little_stays_expected_until_two_people_settle_it(
    session: Session, office: Office, people: list[User], agents: list[Agent]
) -> None:
    found = record(
        session,
        office,
        people[0],
        by_agent={agents[0].code: FIRST - 50_000, agents[1].code: SECOND + 20_000},
        total_idr=ALL - 30_000,
    )
    confirm(session, found, people[1])

    assert [owed(session, agent) for agent in agents] == [FIRST - 50_000, SECOND + 20_000]
    open_now = {
        each.statement_id: each
        for each in differences.open_differences(session, office_id=office.id)
    }
    assert sorted(each.open_idr for each in open_now.values()) == [-50_000, 20_000]
    less = next(each for each in open_now.values() if each.open_idr < 0)
    more = next(each for each in open_now.values() if each.open_idr > 0)
    for each, way in ((less, DifferenceWay.OFFICE_BEARS), (more, DifferenceWay.BPJS_COUNTS)):
        proposal = differences.propose(
            session,
            statement_id=each.statement_id,
            way=way,
            reason="BPJS menghitung bulan lain",
            actor_id=people[0].id,
        )
        with pytest.raises(Forbidden, match="orang kedua"):
            differences.decide_difference(
                session,
                difference_id=proposal.id,
                action=DifferenceAction.BOOK,
                actor_id=people[0].id,
            )
        differences.decide_difference(
            session, difference_id=proposal.id, action=DifferenceAction.BOOK, actor_id=people[1].id
        )

    assert differences.open_differences(session, office_id=office.id) == []
    assert [owed(session, agent) for agent in agents] == [FIRST, SECOND + 20_000]
    rest = balances_of(session, agents[0])
    assert rest[f"expense:commission:{office.id}"] == 50_000
    assert not any(name.startswith(("claim:", "expected:")) for name in rest)


def test_the_office_bears_only_what_lacks(
    session: Session, office: Office, people: list[User], agents: list[Agent]
) -> None:
    given = {agents[0].code: FIRST + 10_000, agents[1].code: SECOND}
    confirm(
        session,
        record(session, office, people[0], by_agent=given, total_idr=ALL + 10_000),
        people[1],
    )
    (more,) = differences.open_differences(session, office_id=office.id)

    with pytest.raises(Invalid, match="hanya menanggung"):
        differences.propose(
            session,
            statement_id=more.statement_id,
            way=DifferenceWay.OFFICE_BEARS,
            reason="x",
            actor_id=people[0].id,
        )


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"total_idr": ALL - 1}, "Tempel rincian BPJS per agen"),
        ({"bank_ref": "  "}, "nomor referensi bank"),
        ({"received_on": date(2026, 12, 5)}, "belum tiba"),
        ({"tax_idr": ALL}, "harus lebih kecil"),
        ({"by_agent": {"TIDAK-ADA": 5}, "total_idr": 5 + OFFICE}, "TIDAK-ADA"),
        ({"month": OCTOBER}, "Tidak ada laporan komisi"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(
    session: Session,
    office: Office,
    people: list[User],
    agents: list[Agent],
    values: dict[str, object],
    says: str,
) -> None:
    with pytest.raises(Refused) as refused:
        record(session, office, people[0], **values)

    assert says in refused.value.message.sentence()


def test_a_reference_counts_once_and_a_refusal_needs_a_reason(
    session: Session, office: Office, people: list[User], agents: list[Agent]
) -> None:
    found = record(session, office, people[0])
    with pytest.raises(Invalid, match="sudah dicatat"):
        record(session, office, people[0], bank_ref="bni-77-1")
    with pytest.raises(Invalid, match="alasan"):
        receipts.decide_receipt(
            session, receipt_id=found.id, action=ReceiptAction.REFUSE, actor_id=people[1].id
        )
    stranger = finance(session, make_office(session))[0]
    with pytest.raises(NotFound):
        confirm(session, found, stranger)

    receipts.decide_receipt(
        session,
        receipt_id=found.id,
        action=ReceiptAction.REFUSE,
        actor_id=people[1].id,
        reason="salah rekening",
    )

    assert found.state is ReceiptState.REFUSED
    confirm(session, record(session, office, people[0]), people[1])


def test_of_two_records_of_one_month_only_the_first_is_booked(
    session: Session, office: Office, people: list[User], agents: list[Agent]
) -> None:
    both = [record(session, office, people[0], bank_ref=ref) for ref in ("A1", "B2")]
    confirm(session, both[0], people[1])

    with pytest.raises(Refused, match="menurut catatan lain"), session.begin_nested():
        confirm(session, both[1], people[1])

    session.expire_all()
    assert both[1].state is ReceiptState.RECORDED
    assert [owed(session, agent) for agent in agents] == [FIRST, SECOND]
