"""The pages of cases."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.models import Case, CaseKind
from agentsys.people.models import RoleName
from agentsys.remittances.models import Remittance, RemittanceState
from tests.factories import make_office, make_user
from tests.payments.world import PRICE, World

LIST = "/keuangan/kasus"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker with bills."""
    return World.build(session, vault)


@pytest.fixture
def case(world: World) -> Case:
    """The provider holds more than was asked for."""
    world.report(world.ask(1), PaymentState.SETTLED, PRICE + 3_200)
    return world.session.scalars(select(Case)).one()


def reference(case: Case) -> str:
    """The reference of the payment that the case is about."""
    assert case.payment is not None
    return case.payment.reference


def test_a_case_says_what_happened_and_what_can_be_decided(
    world: World, case: Case, visit: Any
) -> None:
    finance = visit(world.finance)

    listed = finance.get(LIST).get_data(as_text=True)
    page = finance.get(f"{LIST}/{case.id}").get_data(as_text=True)

    assert reference(case) in listed
    assert world.worker.name in page
    assert "jumlah yang berbeda dari tagihan" in page
    assert "Rp20.000" in page
    assert 'value="to_worker"' in page
    assert 'value="repaid"' not in page


def test_closing_a_case_books_what_was_decided(world: World, case: Case, visit: Any) -> None:
    finance = visit(world.finance)

    answer = finance.submit(f"{LIST}/{case.id}", choice="accept", note="Dicek di dasbor")

    assert answer.location == LIST
    assert case.closed_by == world.finance.id
    assert journal.balance(world.session, accounts.owed_bpjs(world.office_id)) == -PRICE
    owed = accounts.owed_to_worker(world.worker.id)
    assert journal.balance(world.session, owed) == -3_200
    page = finance.get(f"{LIST}/{case.id}").get_data(as_text=True)
    assert "Dicek di dasbor" in page
    assert "Terima sebagai pembayaran" in page
    assert reference(case) in finance.get(f"{LIST}?tab=closed").get_data(as_text=True)
    assert reference(case) not in finance.get(LIST).get_data(as_text=True)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"choice": "accept", "note": "  "}, "Isi catatan"),
        ({"choice": "repaid", "note": "Sudah dicek"}, "tidak berlaku"),
        ({"choice": "noted", "note": "Sudah dicek"}, "Uangnya masih ditahan"),
        ({"choice": "hapus", "note": "Sudah dicek"}, "Pilih salah satu yang ada di daftar."),
        ({"note": "Sudah dicek"}, "Pilih salah satu yang ada di daftar."),
    ],
)
def test_a_decision_that_does_not_fit_closes_nothing_and_keeps_the_note(
    world: World, case: Case, visit: Any, sent: dict[str, str], sentence: str
) -> None:
    answer = visit(world.finance).submit(f"{LIST}/{case.id}", **sent)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    assert sent["note"].strip() in page
    assert case.closed_at is None


def test_a_case_is_closed_once_and_the_second_persons_note_is_not_lost(
    world: World, case: Case, visit: Any
) -> None:
    finance = visit(world.finance)
    finance.submit(f"{LIST}/{case.id}", choice="to_worker", note="Milik pekerja")

    answer = finance.submit(f"{LIST}/{case.id}", choice="accept", note="Terima")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert case.resolution == "to_worker"
    assert "sudah ditutup orang lain" in page
    assert 'Belum disimpan:</b> <span class="kept">Terima</span>' in page


@pytest.mark.parametrize("kind", list(CaseKind))
def test_every_kind_of_case_has_its_words(world: World, visit: Any, kind: CaseKind) -> None:
    batch = Remittance(
        office_id=world.agent.office_id, count=1, amount_idr=1, state=RemittanceState.CANCELLED
    )
    world.session.add(batch)
    world.session.flush()
    subject = f"remittance:{batch.id}"
    found = Case(kind=kind, subject=subject, facts={"reported": "expired", "was": "failed"})
    world.session.add(found)
    world.session.flush()

    page = visit(world.finance).get(f"{LIST}/{found.id}")

    assert page.status_code == 200
    assert 'name="choice"' in page.get_data(as_text=True)


def test_the_worker_and_the_agent_of_a_case_can_be_called(
    world: World, case: Case, visit: Any
) -> None:
    world.worker.phone = "+6281234500001"
    assert world.agent.user is not None
    world.agent.user.phone = "+6281234500002"
    world.session.flush()

    page = visit(world.finance).get(f"{LIST}/{case.id}").get_data(as_text=True)

    assert 'href="tel:+6281234500001"' in page
    assert 'href="tel:+6281234500002"' in page
    assert world.agent.name in page


def test_the_next_open_case_follows_a_closed_one(world: World, case: Case, visit: Any) -> None:
    world.report(world.ask(2), PaymentState.SETTLED, 2 * PRICE + 1_000)
    following = world.session.scalars(select(Case).where(Case.id != case.id)).one()
    finance = visit(world.finance)

    answer = finance.submit(f"{LIST}/{case.id}", choice="accept", note="Dicek di dasbor")
    last = finance.submit(f"{LIST}/{following.id}", choice="to_worker", note="Dicek di dasbor")

    assert answer.location == f"{LIST}/{following.id}"
    assert last.location == LIST


def test_cases_begin_with_their_kind_and_are_sorted_and_filtered(
    world: World, case: Case, visit: Any
) -> None:
    world.report(world.ask(2), PaymentState.SETTLED, 2 * PRICE + 1_000)
    other = world.session.scalars(select(Case).where(Case.id != case.id)).one()
    finance = visit(world.finance)

    def numbers(query: str) -> list[int]:
        page = finance.get(f"{LIST}?{query}").get_data(as_text=True)
        return [int(number) for number in re.findall(rf'href="{LIST}/(\d+)"', page)]

    assert numbers("") == [case.id, other.id]
    assert numbers("sort=-amount") == [other.id, case.id]
    assert numbers(f"q={reference(other)}") == [other.id]
    assert numbers(f"q={world.worker.name[:4]}") == [case.id, other.id]
    assert numbers("state=paid_twice") == []
    assert numbers(f"min={PRICE + 3_201}") == [other.id]
    assert numbers(f"agent={world.agent.code}") == [case.id, other.id]


def test_a_case_of_another_office_is_like_none(world: World, case: Case, visit: Any) -> None:
    stranger = visit(
        make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    )

    assert reference(case) not in stranger.get(LIST).get_data(as_text=True)
    for key in (case.id, 999_999):
        assert stranger.get(f"{LIST}/{key}").status_code == 404
        answer = stranger.submit(f"{LIST}/{key}", choice="to_worker", note="x")
        assert answer.status_code == 404
    assert case.closed_at is None


def test_an_auditor_sees_a_case_without_a_form(world: World, case: Case, visit: Any) -> None:
    auditor = visit(make_user(world.session, RoleName.AUDITOR))

    page = auditor.get(f"{LIST}/{case.id}").get_data(as_text=True)

    assert reference(case) in page
    assert 'name="note"' not in page
