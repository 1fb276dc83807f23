"""Auto-debit from the consent to the receipt, against the simulator, over real HTTP."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from agentsys import clock, jobs
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.demo.midtrans_simulator import SERVER_KEY, Simulator
from agentsys.extension.contract import Decline, MandateEnd, MandateState
from agentsys.payments.debit_models import Debit, DebitMonth, DebitState, Notice, NoticeState
from agentsys.payments.mandate_models import Mandate, Relation
from agentsys.payments.mandates import consent, notices, rounds, wishes
from agentsys.payments.models import Receipt
from agentsys.plugins import autodebit
from agentsys.runtime import KEY, runtime
from tests.factories import make_agent, make_contribution, make_worker

D = DebitState
PHONE = "+6281234567890"


@dataclass
class Story:
    """One worker, the jobs and the gateway."""

    gateway: Simulator
    worker_id: int = 0

    def ask(self) -> None:
        """The worker asks for auto-debit on the own page."""
        channel = rounds.mandate_channels(runtime().registry.channels)["gopay_debit"]
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

    def tell(self, client, status: str) -> int:
        """The gateway's notice about the account, which anybody could send."""
        body = {"account_id": self.mandate.handle, "account_status": status}
        sent = client.post(
            "/callbacks/gopay_debit",
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        jobs.ask_about_mandates()
        return sent.status_code

    def announce_and_open(self) -> None:
        """A debit is planned for today, and its notice was opened two days ago."""
        today, moment = clock.now().date(), clock.now()
        month = today.replace(day=1)
        with transaction() as session:
            amount = session.get_one(Contribution, (self.worker_id, month)).amount_idr
            mandate = session.scalars(select(Mandate)).one()
            debit = Debit(
                mandate_id=mandate.id,
                worker_id=self.worker_id,
                office_id=mandate.office_id,
                period=month,
                first_on=today,
                due_on=today,
                last_on=today + timedelta(days=9),
                amount_idr=amount,
                state=D.ANNOUNCED,
                look_at=moment,
            )
            session.add(debit)
            session.flush()
            debit.months.append(
                DebitMonth(worker_id=self.worker_id, month=month, amount_idr=amount)
            )
            mandate.consented_at = moment - timedelta(days=5)
            session.flush()
            notices.prepare_all(session, [debit])
            session.execute(
                update(Notice).values(
                    state=NoticeState.OPENED, counted_at=moment - timedelta(days=2)
                )
            )


@pytest.fixture
def story(committed) -> Iterator[Story]:
    """A worker who owes this month; the app debits through the simulator."""
    with (
        time_machine.travel(datetime(2026, 11, 10, 3, tzinfo=UTC)),
        Simulator() as gateway,
        committed.app_context(),
    ):
        settings = {
            "AGENTSYS_MIDTRANS_SERVER_KEY": SERVER_KEY,
            "AGENTSYS_MIDTRANS_BASE_URL": gateway.url,
        }
        channels = runtime().registry.channels
        before = dict(channels)
        for channel in autodebit.register_payment_channels(settings):
            channels[channel.name] = channel
        try:
            with transaction() as session:
                vault = committed.extensions[KEY].vault
                worker = make_worker(session, vault, agent=make_agent(session))
                make_contribution(session, worker, clock.this_month())
                worker_id = worker.id
            yield Story(gateway, worker_id)
        finally:
            channels.clear()
            channels.update(before)


def test_linked_announced_debited_and_receipted(story: Story, client) -> None:
    story.ask()
    assert story.mandate.state is MandateState.PENDING
    assert story.mandate.consent_url.startswith(story.gateway.url)
    story.gateway.do("link", story.mandate.handle)

    assert story.tell(client, "ENABLED") == 200

    assert story.mandate.state is MandateState.ACTIVE
    story.announce_and_open()
    jobs.make_debits()
    assert story.debit.state is D.COLLECTED
    assert db.session.scalars(select(Receipt)).one().payment_id == story.debit.payment_id


def test_a_forged_notice_about_an_account_changes_nothing(story: Story, client) -> None:
    story.ask()

    assert story.tell(client, "ENABLED") == 200

    assert story.mandate.state is MandateState.PENDING


def test_revoked_at_the_provider_the_mandate_ends_and_nothing_is_debited(
    story: Story, client
) -> None:
    story.ask()
    story.gateway.do("link", story.mandate.handle)
    story.tell(client, "ENABLED")
    story.announce_and_open()
    story.gateway.do("unlink", story.mandate.handle)

    story.tell(client, "DISABLED")
    jobs.make_debits()

    assert story.mandate.end is MandateEnd.REVOKED_BY_PAYER
    assert story.debit.state is D.WITHDRAWN
    assert story.debit.tries == 0


def test_revoked_silently_the_next_debit_finds_it_out(story: Story, client) -> None:
    story.ask()
    story.gateway.do("link", story.mandate.handle)
    story.tell(client, "ENABLED")
    story.announce_and_open()
    story.gateway.do("unlink", story.mandate.handle)

    jobs.make_debits()
    jobs.ask_about_mandates()

    assert (story.debit.state, story.debit.decline) == (D.GIVEN_UP, Decline.ENDED)
    assert story.mandate.state is MandateState.ENDED


def test_without_money_it_is_tried_again_and_recovered(story: Story, client) -> None:
    story.ask()
    story.gateway.do("link", story.mandate.handle)
    story.tell(client, "ENABLED")
    story.announce_and_open()
    story.gateway.do("account", story.mandate.handle, wallet_idr=0)
    jobs.make_debits()
    assert story.debit.decline is Decline.FUNDS
    story.gateway.do("account", story.mandate.handle, wallet_idr=100_000)

    with transaction() as session:  # its day has come
        today = clock.now().date()
        session.execute(
            update(Debit).values(
                state=D.ANNOUNCED, due_on=today, look_at=clock.now(), ended_at=None
            )
        )
    jobs.make_debits()

    assert story.debit.state is D.COLLECTED
    assert story.debit.tries == 2


def test_stopped_by_us_the_account_is_unlinked_there_too(story: Story, client) -> None:
    story.ask()
    story.gateway.do("link", story.mandate.handle)
    story.tell(client, "ENABLED")
    with transaction() as session:
        wishes.revoke(session, reference=story.mandate.reference, by="payer")
    assert story.mandate.state is MandateState.ENDED

    jobs.ask_about_mandates()

    channel = runtime().registry.channels["gopay_debit"]
    assert channel.check_mandate(story.mandate.handle).state is MandateState.ENDED
    assert story.mandate.next_check_at is None
