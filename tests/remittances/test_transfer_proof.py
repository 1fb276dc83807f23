"""The proof of a transfer to BPJS stays with its batch, sealed."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.months import HEAD_OFFICE
from agentsys.payments.evidence_models import EvidenceFile
from agentsys.people.models import RoleName, User
from agentsys.remittances import batches
from agentsys.remittances.codes import set_code
from agentsys.remittances.evidence import add_transfer
from agentsys.remittances.models import Remittance
from tests.factories import make_office, make_user
from tests.payments.world import World
from tests.remittances.pasting import coded
from tests.scans.pictures import PDF, jpeg


def add(world: World, vault: Vault, batch: Remittance, **changed: Any) -> EvidenceFile:
    """Finance keeps the proof of today's transfer, unless changed."""
    values: dict[str, Any] = {
        "reference": "TRF 2612/0001",
        "on_day": clock.now().astimezone(HEAD_OFFICE).date(),
        "content": jpeg(),
        "actor": world.finance,
    } | changed
    return add_transfer(world.session, vault=vault, remittance_id=batch.id, **values)


def test_the_page_keeps_it_and_shows_it_to_who_may_see_the_batch(
    session: Session, world: World, visit: Any
) -> None:
    batch = coded(world)
    session.commit()
    finance, here = visit(world.finance), f"/keuangan/setoran-bpjs/{batch.id}"
    today = clock.now().astimezone(HEAD_OFFICE).date().isoformat()

    sent = finance.submit(
        f"{here}/bukti", bank_ref="TRF-1", on_day=today, proof=(io.BytesIO(PDF), "a.pdf")
    )

    assert sent.status_code == 302
    file = session.scalars(select(EvidenceFile)).one()
    page = finance.get(here).text
    assert "TRF-1" in page
    assert f"{here}/bukti/{file.id}" in page
    auditor = make_user(session, RoleName.AUDITOR, office_id=batch.office_id)
    elsewhere = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    session.commit()
    assert visit(auditor).get(f"{here}/bukti/{file.id}").data == PDF
    assert visit(elsewhere).get(f"{here}/bukti/{file.id}").status_code == 404
    assert visit(auditor).submit(f"{here}/bukti").status_code == 403
    opened = select(AuditEvent.actor_id).where(AuditEvent.action == "remittance.scan_opened")
    assert list(session.scalars(opened)) == [auditor.id]


def test_what_is_wrong_is_said_and_what_was_typed_stays(
    session: Session, world: World, visit: Any
) -> None:
    batch = coded(world)
    session.commit()
    here = f"/keuangan/setoran-bpjs/{batch.id}/bukti"
    today = clock.now().astimezone(HEAD_OFFICE).date().isoformat()

    answer = visit(world.finance).submit(
        here, bank_ref="TRF-17", on_day=today, proof=(io.BytesIO(b"<html>"), "a.pdf")
    )

    assert answer.status_code == 422
    assert "berkas PDF yang utuh" in answer.text
    assert 'value="TRF-17"' in answer.text
    assert f'value="{today}"' in answer.text
    assert session.scalars(select(EvidenceFile)).all() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"reference": " -/- "},
        {"reference": "x" * 81},
        {"on_day": None},
        {"on_day": clock.now().date() + timedelta(days=2)},
        {"on_day": clock.now().date() - timedelta(days=400)},
        {"content": b""},
        {"content": b"text"},
    ],
)
def test_a_proof_has_a_reference_a_day_and_a_file(
    world: World, vault: Vault, changed: dict[str, Any]
) -> None:
    batch = coded(world)

    with pytest.raises(Invalid):
        add(world, vault, batch, **changed)


def test_a_batch_without_a_code_cannot_have_been_transferred(world: World, vault: Vault) -> None:
    world.report(world.ask(1), PaymentState.SETTLED)
    made = batches.make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id)

    with pytest.raises(Refused, match="kode iuran"):
        add(world, vault, made)


def test_only_finance_of_the_office_adds_one(session: Session, world: World, vault: Vault) -> None:
    batch = coded(world)
    others: list[tuple[User, type[Exception]]] = [
        (world.agent.user, Forbidden),
        (make_user(session, RoleName.FINANCE, office_id=make_office(session).id), NotFound),
    ]

    for actor, error in others:
        with pytest.raises(error):
            add(world, vault, batch, actor=actor)


def test_the_same_file_twice_is_one(session: Session, world: World, vault: Vault) -> None:
    batch = coded(world)

    assert add(world, vault, batch) is add(world, vault, batch)
    assert len(session.scalars(select(EvidenceFile)).all()) == 1


def test_another_batch_with_the_same_reference_is_named(
    session: Session, world: World, vault: Vault, visit: Any
) -> None:
    first = coded(world)
    world.report(world.ask_for_another(), PaymentState.SETTLED)
    second = batches.make_batch(session, office_id=world.office_id, actor_id=world.finance.id)
    set_code(session, remittance_id=second.id, kode_iuran="901234567899", actor_id=world.finance.id)
    add(world, vault, first, reference="trf.2612 0001")
    add(world, vault, second, content=PDF)
    session.commit()

    page = visit(world.finance).get(f"/keuangan/setoran-bpjs/{second.id}").text

    assert "juga ada di setoran lain" in page
    assert f"#{first.id}</a>" in page
