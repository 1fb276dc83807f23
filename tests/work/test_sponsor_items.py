"""Work about sponsors: what waits, for whom, until when, and when it is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.agreements import recording
from agentsys.agreements.models import Bill
from agentsys.crypto import Vault
from agentsys.ledger import invariants
from agentsys.people.models import User
from agentsys.sponsors import bill_payments, endings, versions
from agentsys.work import counts
from tests.sponsors.banking import Banking
from tests.sponsors.world import PRICE, Sponsored


@pytest.fixture
def office(session: Session, vault: Vault) -> Sponsored:
    """An office with an agent, a finance user and an admin."""
    return Sponsored.build(session, vault)


def waits(office: Sponsored, user: User) -> dict[str, int]:
    return {
        kind.key: number for kind, number in counts.numbers(office.session, user).items() if number
    }


def test_a_proposed_agreement_waits_for_the_second_person_only(office: Sponsored) -> None:
    agreement = office.agreement(approve=False)
    assert "agreement.proposed" not in waits(office, office.finance)
    assert waits(office, office.admin)["agreement.proposed"] == 1

    recording.decide(
        office.session, agreement_id=agreement.id, approve=True, actor_id=office.admin.id
    )

    assert "agreement.proposed" not in waits(office, office.admin)


def test_a_list_that_loses_many_waits_for_the_second_person_only(office: Sponsored) -> None:
    agreement = office.agreement()
    workers = [office.worker() for _ in range(3)]
    office.name(agreement, *workers)
    version = office.version(agreement, [workers[0].id])
    versions.apply(office.session, version_id=version.id, actor_id=office.finance.id)

    assert "list_version.waiting" not in waits(office, office.finance)
    assert waits(office, office.admin)["list_version.waiting"] == 1
    versions.apply(office.session, version_id=version.id, actor_id=office.admin.id)
    assert "list_version.waiting" not in waits(office, office.admin)


def test_an_agreement_warns_ahead_of_its_end_until_the_next_one_is_proposed(
    office: Sponsored, visit: Any
) -> None:
    office.agreement(last_month=office.later(11))
    assert "agreement.ending" not in waits(office, office.finance)
    ending = office.agreement(last_month=office.month)
    office.name(ending, office.worker(), office.worker())
    office.bill(ending)
    assert waits(office, office.finance)["agreement.ending"] == 1
    page = visit(office.finance).get("/kotak-kerja/").get_data(as_text=True)
    assert "2 pekerja, dibayar sampai" in page
    assert f"Rp{2 * PRICE:,}".replace(",", ".") in page

    terms = recording.Terms(
        number="PKS/LANJUT",
        signed_on=office.month,
        programmes=ending.programmes,
        price_basis=ending.price_basis,
        from_month=office.later(1),
        last_month=office.later(12),
    )
    recording.propose(
        office.session, sponsor_id=ending.sponsor_id, terms=terms, actor_id=office.finance.id
    )

    assert "agreement.ending" not in waits(office, office.finance)


def test_an_announced_end_warns_too(office: Sponsored) -> None:
    agreement = office.agreement()
    endings.announce(
        office.session,
        agreement_id=agreement.id,
        month=office.later(1),
        note="Surat",
        actor_id=office.finance.id,
    )

    assert waits(office, office.finance)["agreement.ending"] == 1


def test_two_transfers_of_one_bill_are_one_item_for_who_did_not_record_them(
    office: Sponsored,
) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker(), office.worker())
    bill = office.bill(agreement)
    transfers = [office.transfer(bill, PRICE) for _ in range(2)]

    assert "sponsor_payment.recorded" not in waits(office, office.finance)
    assert waits(office, office.admin)["sponsor_payment.recorded"] == 1
    for transfer in transfers:
        bill_payments.confirm(office.session, payment_id=transfer.id, actor_id=office.admin.id)
    assert "sponsor_payment.recorded" not in waits(office, office.admin)


def test_a_virtual_account_that_was_asked_for_hides_no_transfer(office: Sponsored) -> None:
    banking = Banking(office)
    banking.ask()
    office.transfer(banking.bill, PRICE)

    assert waits(office, office.admin)["sponsor_payment.recorded"] == 1


def test_a_bill_waits_from_its_due_date_until_it_is_paid(office: Sponsored) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    bill = office.bill(agreement)
    assert "bill.late" not in waits(office, office.finance)
    found = office.session.get_one(Bill, bill.id)
    assert found.due_on is not None
    found.due_on -= timedelta(days=40)
    office.session.flush()
    assert waits(office, office.finance)["bill.late"] == 1

    office.pay(bill, PRICE)

    assert "bill.late" not in waits(office, office.finance)


def test_the_plan_of_invitations_uses_the_index_of_those_whose_sponsor_left(
    office: Sponsored,
) -> None:
    office.session.execute(text("SET LOCAL enable_seqscan = off"))
    # Rows that earlier tests took back are in the indexes still, and would choose the plan.
    office.session.execute(text("REINDEX TABLE enrolments"))
    office.session.execute(text("ANALYZE enrolments"))
    plan = "\n".join(
        office.session.scalars(
            text(
                "EXPLAIN SELECT worker_id FROM enrolments WHERE end_reason = 'sponsor_ended'"
                " AND until_month >= date '2026-09-01'"
            )
        )
    )

    assert "ix_enrolments_sponsor_ended" in plan


def test_the_audit_finds_nothing_while_a_transfer_waits(office: Sponsored) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    office.transfer(office.bill(agreement), PRICE)

    assert invariants.check(office.session) == []
