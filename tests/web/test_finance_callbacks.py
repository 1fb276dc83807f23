"""The finance pages of received callbacks."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.extension.contract import Callback, PaymentState
from agentsys.payments import callback_store
from agentsys.payments.models import Outcome, StoredCallback
from agentsys.people.models import RoleName
from agentsys.web.finance.callback_body import HIDDEN, masked_body
from tests.factories import make_office, make_user
from tests.payments.world import World

LIST = "/keuangan/kabar"
PHONE = "081234567890"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker with bills."""
    return World.build(session, vault)


def add_callback(
    session: Session, reference: str, outcome: Outcome | None = None
) -> StoredCallback:
    """A stored callback with an outcome."""
    body = {"order_id": reference, "transaction_status": "settlement", "phone": PHONE}
    key = callback_store.store(
        session,
        channel="gopay",
        callback=Callback(headers={"user-agent": "Veritrans"}, body=json.dumps(body).encode()),
        reference=reference,
    )
    found = session.get(StoredCallback, key)
    assert found is not None
    if outcome is not None:
        found.outcome, found.next_try_at, found.processed_at = outcome, None, clock.now()
    session.flush()
    return found


def test_callbacks_are_listed_by_what_came_of_them(world: World, visit: Any) -> None:
    add_callback(world.session, "AG-WAITS")
    add_callback(world.session, "AG-MOVED", Outcome.MOVED)
    add_callback(world.session, "AG-CHECK", Outcome.TO_CHECK)
    finance = visit(world.finance)

    pages = {
        tab: finance.get(f"{LIST}?tab={tab}").get_data(as_text=True)
        for tab in ("all", "waiting", "to_check", "applied")
    }

    seen = {
        tab: {name for name in ("AG-WAITS", "AG-MOVED", "AG-CHECK") if name in page}
        for tab, page in pages.items()
    }
    assert seen == {
        "all": {"AG-WAITS", "AG-MOVED", "AG-CHECK"},
        "waiting": {"AG-WAITS"},
        "to_check": {"AG-CHECK"},
        "applied": {"AG-MOVED"},
    }


def test_a_callback_shows_the_channel_of_its_payment(world: World, visit: Any) -> None:
    payment = world.ask(1)
    payment.channel = "gone_wallet"
    stored = add_callback(world.session, payment.reference)
    finance = visit(world.finance)

    for path in (LIST, f"{LIST}/{stored.id}"):
        page = finance.get(path).get_data(as_text=True)
        assert "gone_wallet" in page
        assert "GoPay" not in page


def test_a_callback_is_found_by_its_payments_number(world: World, visit: Any) -> None:
    add_callback(world.session, "AG-ONE")
    add_callback(world.session, "AG-TWO")

    page = visit(world.finance).get(f"{LIST}?q=AG-TWO").get_data(as_text=True)

    assert ">AG-TWO<" in page
    assert ">AG-ONE<" not in page


def test_a_callbacks_page_shows_our_payment_and_hides_the_payer(world: World, visit: Any) -> None:
    payment = world.ask(1)
    world.report(payment, PaymentState.SETTLED)
    found = add_callback(world.session, payment.reference, Outcome.MOVED)

    page = visit(world.finance).get(f"{LIST}/{found.id}").get_data(as_text=True)

    assert "settlement" in page
    assert PHONE not in page
    assert HIDDEN in page
    assert world.worker.name in page
    assert "Uang diterima" in page


@pytest.mark.parametrize(
    "body",
    [
        {"customer_details": {"first_name": "Budi", "phone": PHONE}},
        {"va_numbers": [{"va_number": PHONE}]},
        {PHONE + " Budi": "settlement"},
        {"order_id": {"name": "Budi", "phone": PHONE}},
        ["Budi", PHONE],
    ],
)
def test_only_known_fields_of_a_body_are_shown(body: Any) -> None:
    shown = masked_body(json.dumps(body).encode())

    assert "Budi" not in shown
    assert PHONE not in shown
    assert HIDDEN in shown


def test_a_body_that_is_not_json_is_not_shown() -> None:
    assert "Budi" not in masked_body(b"name=Budi&phone=" + PHONE.encode())
    assert "bukan JSON" in masked_body(b"[" * 60_000)
    assert "bukan JSON" in masked_body(b"\xff\xfe")


def test_replaying_lets_a_callback_wait_again_and_is_recorded(world: World, visit: Any) -> None:
    found = add_callback(world.session, "AG-AGAIN", Outcome.UNKNOWN)
    world.session.execute(text("DELETE FROM procrastinate_jobs"))

    answer = visit(world.finance).submit(f"{LIST}/{found.id}/ulang")

    assert answer.location == f"{LIST}/{found.id}"
    assert (found.outcome, found.tries) == (None, 0)
    assert found.next_try_at is not None
    queued = world.session.scalars(text("SELECT task_name FROM procrastinate_jobs")).all()
    assert queued == [callback_store.TASK]
    actions = world.session.scalars(select(AuditEvent.action)).all()
    assert "callback.replayed" in actions


def test_a_callback_that_was_put_off_for_long_is_replayed_now(world: World, visit: Any) -> None:
    found = add_callback(world.session, "AG-WAITS")
    found.next_try_at = clock.now() + timedelta(days=400)
    finance = visit(world.finance)

    page = finance.get(f"{LIST}/{found.id}").get_data(as_text=True)
    finance.submit(f"{LIST}/{found.id}/ulang")

    assert f"{LIST}/{found.id}/ulang" in page
    assert found.next_try_at is not None
    assert found.next_try_at <= clock.now()


def test_times_are_written_as_html_knows_them(world: World, visit: Any) -> None:
    found = add_callback(world.session, "AG-WHEN")
    found.received_at = found.received_at.replace(microsecond=123_456)

    page = visit(world.finance).get(f"{LIST}/{found.id}").get_data(as_text=True)

    times = re.findall(r'datetime="([^"]+)"', page)
    assert times
    assert all(re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\+00:00", moment) for moment in times)


def test_a_callback_that_waits_is_not_replayed(world: World, visit: Any) -> None:
    found = add_callback(world.session, "AG-WAITS")
    finance = visit(world.finance)

    answer = finance.submit(f"{LIST}/{found.id}/ulang")

    assert "masih menunggu giliran" in finance.get(answer.location).get_data(as_text=True)
    actions = world.session.scalars(select(AuditEvent.action)).all()
    assert "callback.replayed" not in actions


def test_a_callback_about_another_office_is_like_none(world: World, visit: Any) -> None:
    found = add_callback(world.session, world.ask(1).reference, Outcome.MOVED)
    nobodys = add_callback(world.session, "AG-NOBODYS", Outcome.UNKNOWN)
    stranger = visit(
        make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    )

    listed = stranger.get(LIST).get_data(as_text=True)

    assert found.reference not in listed
    assert nobodys.reference in listed
    assert stranger.get(f"{LIST}/{found.id}").status_code == 404
    assert stranger.submit(f"{LIST}/{found.id}/ulang").status_code == 404
    assert stranger.get(f"{LIST}/{nobodys.id}").status_code == 200
    assert found.outcome is Outcome.MOVED
