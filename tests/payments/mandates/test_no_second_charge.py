"""Killed workers, stalled copies and a database that takes nothing: each debit is made once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from agentsys import clock, locks
from agentsys.db import db
from agentsys.extension.contract import (
    ChannelUnavailable,
    MandateChannel,
    PaymentReport,
    PaymentRequest,
)
from agentsys.payments.debit_models import Debit, DebitState, DebitTry
from agentsys.payments.mandates import calling, charging, rounds
from agentsys.payments.mandates.last_look import Why
from agentsys.payments.models import Payment
from tests.payments.mandates.account import DictDebit
from tests.payments.mandates.auto import AutoDebit, agreed
from tests.payments.mandates.many import many_due

D = DebitState
MORNING = datetime(2026, 11, 10, 2, tzinfo=UTC)  # at night no debit is made


@pytest.fixture(autouse=True)
def by_day() -> Iterator[None]:
    with time_machine.travel(MORNING):
        yield


class Killed(BaseException):
    """The process dies here."""


class Dying(DictDebit):
    """Kills its process before or after the first debit."""

    when = ""

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Raise Killed at the first call, before or after the debit as `when` says."""
        moment, self.when = self.when, ""
        if moment == "before":
            raise Killed
        report = super().start(request)
        if moment == "after":
            raise Killed
        return report


@pytest.mark.parametrize(("when", "calls"), [("before", 0), ("after", 1)])
def test_kill_between_commit_and_call_and_between_call_and_apply(
    auto: AutoDebit, when: str, calls: int
) -> None:
    auto.channel = Dying()
    agreed(auto)
    auto.until(date(2026, 11, 9))
    auto.now.shift(timedelta(days=1))
    auto.channel.when = when
    with pytest.raises(Killed):
        auto.make()
    assert len(auto.channel.calls) == calls
    assert auto.debit.state is D.CALLING

    auto.now.shift(timedelta(minutes=1))  # its claim has ended
    auto.ask_about_payments()
    auto.until(date(2026, 11, 16))

    assert auto.debit.state is D.COLLECTED
    assert auto.paid() == 3
    assert auto.account.balance_idr == 1_000_000 - auto.debit.amount_idr
    assert len(auto.channel.calls) == 1


def test_order_id_is_not_reused_after_an_expired_unknown_try(auto: AutoDebit) -> None:
    auto.channel = Dying()
    agreed(auto)
    auto.until(date(2026, 11, 9))
    auto.now.shift(timedelta(days=1))
    auto.channel.when = "before"
    with pytest.raises(Killed):
        auto.make()
    auto.until(date(2026, 11, 16))

    references = auto.world.session.scalars(select(Payment.reference).order_by(Payment.id)).all()
    assert len(references) == len(set(references)) == 2
    assert auto.channel.calls == [references[-1]]


def test_a_process_that_stood_still_makes_no_call_any_more(auto: AutoDebit) -> None:
    call = calling.Call(
        payment_id=1,
        channel=auto.channel.name,
        request=PaymentRequest(
            reference="D-1", amount_idr=1, payer_name="", description="", mandate="x"
        ),
        written_at=clock.now() - calling.CALL_WITHIN - timedelta(seconds=1),
    )

    with pytest.raises(ChannelUnavailable):
        calling._start(auto.channel, call, {})

    assert auto.channel.calls == []


def test_two_workers_and_a_stalled_copy_charge_each_row_once(committed) -> None:
    channel = many_due(committed, 30)
    together = threading.Barrier(3)

    def one() -> None:
        with committed.app_context():
            together.wait(20)
            while charging.charge_due({channel.name: channel}, limit=4)[Why.ALLOWED]:
                pass

    workers = [threading.Thread(target=one) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    with committed.app_context():
        states = db.session.execute(select(Debit.state, func.count()).group_by(Debit.state)).all()
        assert [tuple(row) for row in states] == [(D.COLLECTED, 30)]
        assert db.session.scalar(select(func.count()).select_from(DebitTry)) == 30
    assert len(channel.calls) == len(set(channel.calls)) == 30


def test_database_read_only_after_the_charge_stops_the_run(committed, monkeypatch) -> None:
    channel = many_due(committed, 30)
    refused = threading.Event()
    begin = channel.start

    def start(request: PaymentRequest) -> PaymentReport:
        if channel.calls:
            refused.wait(30)
        return begin(request)

    def read_only(work: object) -> None:
        refused.set()
        raise OperationalError("", {}, Exception("cannot execute UPDATE in a read-only database"))

    monkeypatch.setattr(channel, "start", start)
    monkeypatch.setattr(calling, "THREADS", 2)
    monkeypatch.setattr(calling, "in_transaction", read_only)

    with committed.app_context(), pytest.raises(OperationalError):
        rounds.make_debits({channel.name: channel})

    assert len(channel.calls) <= 4
    monkeypatch.undo()
    with committed.app_context():
        rounds.make_debits({channel.name: channel})
        assert len(channel.calls) <= 4  # what was written down is only asked about


def test_no_transaction_is_open_while_a_provider_is_called(committed, monkeypatch) -> None:
    channel = many_due(committed, 2)
    open_then: list[bool] = []

    def make_calls(channels: object, calls: list[calling.Call]) -> None:
        open_then.append(db.session().in_transaction())

    monkeypatch.setattr(charging, "make_calls", make_calls)

    with committed.app_context():
        charging.charge_due({channel.name: channel})

    assert open_then == [False]


def test_no_more_debits_are_made_in_a_minute_than_the_setting_allows(committed: Flask) -> None:
    with time_machine.travel(MORNING, tick=False) as now:
        channel = many_due(committed, 5)
        channels: dict[str, MandateChannel] = {channel.name: channel}
        with committed.app_context():
            assert charging.charge_due(channels, most_per_minute=3)[Why.ALLOWED] == 3
            assert charging.charge_due(channels, most_per_minute=3).total() == 0
            now.shift(timedelta(seconds=61))
            assert charging.charge_due(channels, most_per_minute=3)[Why.ALLOWED] == 2
    assert len(channel.calls) == 5


def test_a_job_waits_for_another_that_decides_longer_than_rows_are_locked(
    committed: Flask,
) -> None:
    channel = many_due(committed, 2)
    decided = threading.Event()

    def decide() -> None:
        with committed.app_context(), db.engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(locks.DECIDING_DEBITS)))
            decided.set()
            connection.execute(select(func.pg_sleep(3.3)))  # rows are waited for 3 seconds

    other = threading.Thread(target=decide)
    other.start()
    assert decided.wait(10)
    with committed.app_context():
        assert charging.charge_due({channel.name: channel})[Why.ALLOWED] == 2
        assert db.session.scalar(select(func.current_setting("lock_timeout"))) == "3s"
    other.join()
