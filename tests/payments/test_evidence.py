"""A slip's photo stays with its deposit, sealed, and only those who see the deposit see it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Refused
from agentsys.payments import evidence
from agentsys.payments.cash import DepositAction, decide_deposit
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.evidence_models import EvidenceFile
from agentsys.people.models import RoleName
from agentsys.scans.kinds import ScanKind
from agentsys.workers import seals
from tests.factories import make_agent, make_office, make_user
from tests.payments.world import PRICE, World
from tests.scans.pictures import PDF, jpeg, opened

KEY = "setoran-0001"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent with a month in cash."""
    world = World.build(session, vault)
    world.collect(world.months[:1])
    return world


def sent(photo: bytes = b"", **more: Any) -> dict[str, Any]:
    """What the form of a deposit sends."""
    values: dict[str, Any] = {"key": KEY, "counted": str(PRICE), "evidence": "Slip 17"}
    if photo:
        values["photo"] = (io.BytesIO(photo), "slip.jpg")
    return values | more


def stored(session: Session) -> list[EvidenceFile]:
    """All files, in the order in which they came."""
    return list(session.scalars(select(EvidenceFile).order_by(EvidenceFile.id)))


def acts(session: Session, action: str) -> list[int | None]:
    """Who did this."""
    found = select(AuditEvent.actor_id).where(AuditEvent.action == action).order_by(AuditEvent.id)
    return list(session.scalars(found))


def test_a_photo_sent_with_the_deposit_is_seen_by_finance_and_the_own_agent(
    session: Session, world: World, visit: Any, vault: Vault
) -> None:
    phone, finance = visit(world.agent.user), visit(world.finance)
    photo = jpeg(3000, 2000, with_place=True)

    assert phone.submit("/setoran", **sent(photo)).status_code == 302

    (file,) = stored(session)
    content = vault.open_bytes(file.sealed, seals.evidence_of(file.key))
    assert opened(content).size == (1600, 1067)
    assert content not in file.sealed
    assert b"Exif" not in content
    path = f"{file.deposit_id}/bukti/{file.id}"
    assert f"/keuangan/setoran-agen/{path}" in finance.get("/keuangan/setoran-agen").text
    assert f"/setoran/{path}" in phone.get("/setoran").text
    for visitor, address in (
        (finance, f"/keuangan/setoran-agen/{path}"),
        (phone, f"/setoran/{path}"),
    ):
        answer = visitor.get(address)
        assert (answer.data, answer.mimetype) == (content, "image/jpeg")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    assert acts(session, "deposit.scan_opened") == [world.finance.id, world.agent.user_id]
    assert acts(session, "deposit.evidence_added") == [world.agent.user_id]


def test_other_agents_other_offices_and_other_deposits_do_not_have_it(
    session: Session, world: World, visit: Any
) -> None:
    visit(world.agent.user).submit("/setoran", **sent(jpeg()))
    (file,) = stored(session)
    colleague = make_agent(session, office_id=world.agent.office_id)
    elsewhere = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    session.commit()
    path = f"{file.deposit_id}/bukti/{file.id}"

    assert visit(colleague.user).get(f"/setoran/{path}").status_code == 404
    assert visit(elsewhere).get(f"/keuangan/setoran-agen/{path}").status_code == 404
    assert visit(world.agent.user).get(f"/keuangan/setoran-agen/{path}").status_code == 403
    wrong = f"/keuangan/setoran-agen/{file.deposit_id}/bukti/{file.id + 1}"
    assert visit(world.finance).get(wrong).status_code == 404
    assert acts(session, "deposit.scan_opened") == []


def test_without_a_photo_and_sent_twice(session: Session, world: World, visit: Any) -> None:
    phone = visit(world.agent.user)
    phone.submit("/setoran", **sent())
    assert stored(session) == []
    deposit = session.scalars(select(Deposit)).one()
    for _ in range(2):
        phone.submit(f"/setoran/{deposit.id}/bukti", photo_file=(io.BytesIO(PDF), "slip.pdf"))
    phone.submit("/setoran", **sent(jpeg()))

    assert [file.kind for file in stored(session)] == [ScanKind.PDF, ScanKind.JPEG]
    answer = phone.get(f"/setoran/{deposit.id}/bukti/{stored(session)[0].id}")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_wrong_file_says_what_to_do_and_keeps_what_was_typed(
    session: Session, world: World, visit: Any
) -> None:
    phone = visit(world.agent.user)

    answer = phone.submit("/setoran", **sent(b"<html>", difference_reason="Robek"))

    assert answer.status_code == 422
    assert "berkas PDF yang utuh" in answer.text
    for typed in ("Slip 17", "Robek", KEY):
        assert typed in answer.text
    assert (stored(session), session.scalars(select(Deposit)).all()) == ([], [])
    other = phone.submit("/setoran", **sent(jpeg(), counted="1"))
    assert other.status_code == 422
    assert "Pilih fotonya sekali lagi" in other.text


def test_a_loss_has_its_report(session: Session, world: World, visit: Any) -> None:
    phone = visit(world.agent.user)
    loss = {"counted": "0", "police_report": "LP/7", "difference_reason": "Dirampok"}

    phone.submit("/setoran?hilang=1", **sent(b"", **loss, photo_file=(io.BytesIO(PDF), "lp.pdf")))

    deposit = session.scalars(select(Deposit)).one()
    assert deposit.police_report == "LP/7"
    assert [file.deposit_id for file in stored(session)] == [deposit.id]


def test_a_decided_deposit_takes_no_more_and_four_are_enough(
    session: Session, world: World, vault: Vault
) -> None:
    deposit = world.declare()

    def add(content: bytes) -> EvidenceFile:
        return evidence.add_to_deposit(
            session,
            vault=vault,
            deposit_id=deposit.id,
            content=content,
            actor_id=world.agent.user_id or 0,
        )

    for side in range(evidence.MOST_FILES):
        add(jpeg(20 + side, 20))
    assert add(jpeg(20, 20)) is stored(session)[0]
    with pytest.raises(Refused, match="Paling banyak"):
        add(jpeg(90, 20))
    decide_deposit(
        session,
        deposit_id=deposit.id,
        action=DepositAction.CONFIRM,
        actor=world.finance,
        counted_idr=PRICE,
    )
    with pytest.raises(Conflict):
        add(jpeg(91, 20))
    assert len(stored(session)) == evidence.MOST_FILES
