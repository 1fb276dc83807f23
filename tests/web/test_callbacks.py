"""Every outcome of a callback, against the simulator, over real HTTP and real commits."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import make_server

from agentsys import jobs
from agentsys.contributions.models import Contribution, ContributionState
from agentsys.db import db, transaction
from agentsys.demo.midtrans_simulator import SERVER_KEY, Simulator
from agentsys.extension.contract import PaymentState
from agentsys.ledger.models import Entry
from agentsys.payments import requests
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, PaymentMove, StoredCallback
from agentsys.runtime import KEY, runtime
from tests.factories import make_agent, make_contribution, make_worker


@dataclass
class Shop:
    """The app behind a real port, and the gateway that sends callbacks to it."""

    app: Flask
    gateway: Simulator

    def start_payment(self) -> str:
        """A pending payment of Rp16.800; gives its reference."""
        with self.app.app_context():
            with transaction() as session:
                worker = make_worker(
                    session, self.app.extensions[KEY].vault, agent=make_agent(session)
                )
                contribution = make_contribution(session, worker)
                payment = requests.ask(
                    session,
                    key=f"key-{worker.id:06d}",
                    channel=runtime().registry.channels["qris"],
                    worker_id=worker.id,
                    months=[contribution.month],
                    actor_id=None,
                    agent_id=worker.agent_id,
                )
                reference = payment.reference
            requests.start(runtime().registry.channels["qris"], reference, by="test")
            db.session.remove()
        return reference

    def process(self) -> None:
        """Process the stored callbacks, as the worker does."""
        with self.app.app_context():
            jobs.process_callbacks()
            db.session.remove()

    def payment(self, reference: str) -> Payment:
        """The payment as it is now."""
        with self.app.app_context():
            found = db.session.scalars(select(Payment).where(Payment.reference == reference)).one()
            db.session.expunge(found)
            return found

    def count(self, model, *conditions) -> int:
        """How many rows there are."""
        with self.app.app_context():
            query = select(func.count()).select_from(model).where(*conditions)
            return int(db.session.scalar(query) or 0)


@pytest.fixture
def shop(committed, make_app):
    """The app on a real port, with the simulator as its gateway."""
    with Simulator(
        server_key=SERVER_KEY, notify_url="http://127.0.0.1:9/", auto_deliver=False
    ) as gateway:
        app = make_app(
            plugin_settings={
                "AGENTSYS_MIDTRANS_SERVER_KEY": SERVER_KEY,
                "AGENTSYS_MIDTRANS_BASE_URL": gateway.url,
                "AGENTSYS_MIDTRANS_STATUS_TIMEOUT_S": "2",
            }
        )
        server = make_server("127.0.0.1", 0, app, threaded=True)
        gateway.knobs(notify_url=f"http://127.0.0.1:{server.server_port}/callbacks/gopay")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(server.serve_forever)
            yield Shop(app, gateway)
            server.shutdown()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


def test_a_payment_is_settled_by_the_bell_and_the_contribution_with_it(shop):
    reference = shop.start_payment()
    shop.gateway.pay(reference)

    assert set(shop.gateway.deliver_all()) == {"200"}
    shop.process()

    assert shop.payment(reference).state is PaymentState.SETTLED
    assert shop.count(Contribution, Contribution.state == ContributionState.COLLECTED) == 1
    assert shop.count(Entry, Entry.source == reference) == 1


def test_a_forged_callback_is_refused_and_leaves_nothing(shop):
    reference = shop.start_payment()
    forged = {
        "order_id": reference,
        "status_code": "200",
        "gross_amount": "16800.00",
        "transaction_status": "settlement",
        "signature_key": "0" * 128,
    }

    answer = shop.app.test_client().post("/callbacks/gopay", data=json.dumps(forged))
    shop.process()

    assert answer.status_code == 403
    assert shop.count(StoredCallback) == 0
    assert shop.payment(reference).state is PaymentState.PENDING


def test_fifty_equal_callbacks_at_once_are_stored_once_and_applied_once(shop):
    reference = shop.start_payment()
    shop.gateway.knobs(duplicate=50)
    shop.gateway.pay(reference)

    delivered = Counter(shop.gateway.deliver_all(parallel=16))
    shop.process()

    assert set(delivered) == {"200"}
    assert delivered["200"] >= 50
    with shop.app.app_context():
        settled = db.session.scalars(
            select(StoredCallback).where(StoredCallback.reference == reference)
        ).all()
        assert max(callback.deliveries for callback in settled) >= 50
    assert shop.count(PaymentMove, PaymentMove.to_state == PaymentState.SETTLED) == 1
    assert shop.count(Entry, Entry.source == reference) == 1


def test_a_pending_bell_after_the_settlement_moves_nothing_back(shop):
    reference = shop.start_payment()
    shop.gateway.knobs(reorder=True)
    shop.gateway.pay(reference)

    shop.gateway.deliver_all()
    shop.process()
    shop.gateway.notify(reference, status="pending")
    shop.gateway.deliver_all()
    shop.process()

    assert shop.payment(reference).state is PaymentState.SETTLED
    assert shop.count(PaymentMove, PaymentMove.to_state == PaymentState.SETTLED) == 1
    assert shop.count(Entry, Entry.source == reference) == 1


def test_a_relabelled_bell_is_only_a_bell(shop):
    reference = shop.start_payment()
    shop.gateway.knobs(relabel="settlement")
    shop.gateway.notify(reference, status="pending")

    assert set(shop.gateway.deliver_all()) == {"200"}
    shop.process()

    assert shop.payment(reference).state is PaymentState.PENDING
    assert shop.count(Entry) == 0


def test_a_payment_after_its_time_is_booked_and_opens_a_case(shop):
    reference = shop.start_payment()
    shop.gateway.advance(3600)
    shop.gateway.deliver_all()
    shop.process()
    assert shop.payment(reference).state is PaymentState.EXPIRED

    shop.gateway.knobs(late_settlement=True)
    shop.gateway.pay(reference)
    shop.gateway.deliver_all()
    shop.process()

    assert shop.payment(reference).state is PaymentState.SETTLED
    assert shop.count(Case, Case.kind == CaseKind.PAID_LATE) == 1


def test_a_bell_for_an_order_that_is_not_ours_is_answered_and_counted(shop):
    shop.gateway.notify_test()

    assert set(shop.gateway.deliver_all()) == {"200"}
    shop.process()

    assert shop.count(StoredCallback, StoredCallback.outcome == Outcome.FOREIGN) == 1
    assert shop.count(Case) == 0


def test_another_amount_is_kept_aside_and_opens_a_case(shop):
    reference = shop.start_payment()
    shop.gateway.knobs(status_fields={"gross_amount": "17800.00"})
    shop.gateway.pay(reference)
    shop.gateway.deliver_all()
    shop.process()

    payment = shop.payment(reference)
    assert payment.state is PaymentState.PENDING
    assert payment.aside_idr == 17_800
    assert shop.count(Case, Case.kind == CaseKind.OTHER_AMOUNT) == 1
    assert shop.count(Contribution, Contribution.payment_id.is_not(None)) == 0


def test_while_the_gateway_is_away_callbacks_wait_and_nothing_is_lost(shop):
    reference = shop.start_payment()
    shop.gateway.pay(reference)
    shop.gateway.deliver_all()
    shop.gateway.knobs(status_down=True)
    shop.process()
    waiting = shop.count(StoredCallback, StoredCallback.outcome.is_(None))
    state_meanwhile = shop.payment(reference).state

    shop.gateway.knobs(status_down=False)
    with shop.app.app_context():
        with transaction() as session:
            for callback in session.scalars(select(StoredCallback)):
                callback.next_try_at = callback.received_at
        db.session.remove()
    shop.process()

    assert waiting >= 1
    assert state_meanwhile is PaymentState.PENDING
    assert shop.payment(reference).state is PaymentState.SETTLED


def test_a_lost_callback_is_made_good_by_the_sweep(shop):
    shop.gateway.knobs(drop=True)
    reference = shop.start_payment()
    shop.gateway.pay(reference)
    shop.gateway.deliver_all()
    with shop.app.app_context():
        with transaction() as session:
            silent = session.scalars(select(Payment).where(Payment.reference == reference)).one()
            silent.next_check_at = silent.created_at
        db.session.remove()
        jobs.recheck_silent()
        db.session.remove()

    assert shop.count(StoredCallback) == 0
    assert shop.payment(reference).state is PaymentState.SETTLED


def test_a_callback_while_the_database_is_away_is_asked_to_come_again(shop, make_app):
    nowhere = make_app(
        settings={"database_url": "postgresql://agentsys@127.0.0.1:9/none"},
        plugin_settings={"AGENTSYS_MIDTRANS_SERVER_KEY": SERVER_KEY},
    )
    shop.gateway.notify_test()
    body = shop.gateway.notifications()[-1]["body"]

    answer = nowhere.test_client().post(
        "/callbacks/gopay", data=body if isinstance(body, str) else json.dumps(body)
    )

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("path", "size", "status"), [("gopay", 70_000, 413), ("tidak_ada", 10, 404)]
)
def test_what_is_too_large_or_for_no_channel_is_turned_away(shop, path, size, status):
    answer = shop.app.test_client().post(f"/callbacks/{path}", data=b"x" * size)

    assert answer.status_code == status
    assert shop.count(StoredCallback) == 0
