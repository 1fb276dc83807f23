"""One worker, the jobs and the simulated gateway, from the consent to the receipt."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import time_machine
from flask import Flask
from sqlalchemy import select, update

from agentsys import clock, jobs
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.demo.midtrans_simulator import SERVER_KEY, Simulator
from agentsys.payments.debit_models import Debit, DebitState
from agentsys.payments.mandate_models import Mandate, Relation
from agentsys.payments.mandates import consent, rounds
from agentsys.plugins import autodebit
from agentsys.runtime import KEY, runtime
from tests.debit_factories import make_due_debit
from tests.factories import make_agent, make_contribution, make_worker

PHONE = "+6281234567890"
ADDRESS = "http://agentsys.example/callbacks/midtrans"
D = DebitState


@dataclass
class Story:
    """One worker, the jobs and the gateway."""

    gateway: Simulator
    worker_id: int = 0

    def ask(self, name: str = "gopay_debit") -> None:
        """The worker asks for auto-debit on the own page."""
        channel = rounds.mandate_channels(runtime().registry.channels)[name]
        with transaction() as session:
            consent.ask_mandate(
                session,
                key=secrets.token_hex(16),
                channel=channel,
                wish=consent.Wish(
                    workers={self.worker_id: Relation.SELF},
                    holder_name="Siti Rahmawati",
                    phone=PHONE,
                    cap_idr=50_000,
                    month_cap_idr=100_000,
                    debit_day=1,
                ),
                vault=runtime().vault,
                actor_id=None,
            )
        jobs.ask_about_mandates()

    @property
    def mandate(self) -> Mandate:
        """The mandate as it is stored."""
        db.session.expire_all()
        return db.session.scalars(select(Mandate)).one()

    @property
    def debit(self) -> Debit:
        """The debit as it is stored."""
        db.session.expire_all()
        return db.session.scalars(select(Debit)).one()

    def tell(self, client, status: str, *, address: str = "midtrans") -> int:
        """The gateway's notice about the account, which anybody could send."""
        body = {"account_id": self.mandate.handle, "account_status": status}
        sent = client.post(
            f"/callbacks/{address}",
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        jobs.ask_about_mandates()
        return sent.status_code

    def announce_and_open(self) -> None:
        """A debit is planned for today, and its notice was opened two days ago."""
        month = clock.now().date().replace(day=1)
        with transaction() as session:
            owed = session.get_one(Contribution, (self.worker_id, month))
            mandate = session.scalars(select(Mandate)).one()
            mandate.consented_at = clock.now() - timedelta(days=5)
            make_due_debit(session, mandate, owed)

    def pass_on(self, client) -> list[int]:
        """Bring the gateway's notices to the address of the provider; our answers."""
        answers = [
            client.post("/callbacks/midtrans", data=n["body"], content_type="application/json")
            for n in self.gateway.notifications()
        ]
        jobs.process_callbacks()
        jobs.ask_about_mandates()
        return [answer.status_code for answer in answers]

    def save_card(self) -> str:
        """The worker saves a card on the gateway's page; its token."""
        self.ask("card_debit")
        self.gateway.do("choose", self.mandate.reference, method="credit_card")
        self.gateway.pay(self.mandate.reference)
        with transaction() as session:
            session.execute(update(Mandate).values(next_check_at=clock.now()))
        jobs.ask_about_mandates()
        return str(self.mandate.handle.partition("/")[2])

    def days_later(self) -> None:
        """The day of the next try has come."""
        with transaction() as session:
            session.execute(
                update(Debit).values(
                    state=D.ANNOUNCED,
                    due_on=clock.now().date(),
                    look_at=clock.now(),
                    ended_at=None,
                )
            )


@contextmanager
def told(committed: Flask) -> Iterator[Story]:
    """A worker who owes this month; the app debits through the simulator."""
    with (
        time_machine.travel(datetime(2026, 11, 10, 3, tzinfo=UTC)),
        Simulator() as gateway,
        committed.app_context(),
    ):
        settings = {
            "AGENTSYS_MIDTRANS_SERVER_KEY": SERVER_KEY,
            "AGENTSYS_MIDTRANS_BASE_URL": gateway.url,
            "AGENTSYS_MIDTRANS_CARD_DEBIT_MAX_IDR": "500000",
        }
        gateway.knobs(notify_url=ADDRESS, account_notify_url=ADDRESS)
        registry = runtime().registry
        channels, before = registry.channels, dict(registry.channels)
        for channel in autodebit.register_payment_channels(settings):
            channels[channel.name] = channel
        registry._providers["midtrans"] = channels["gopay_debit"]
        try:
            with transaction() as session:
                vault = committed.extensions[KEY].vault
                worker = make_worker(session, vault, agent=make_agent(session))
                make_contribution(session, worker, clock.this_month())
                worker_id = worker.id
            yield Story(gateway, worker_id)
        finally:
            del registry._providers["midtrans"]
            channels.clear()
            channels.update(before)
