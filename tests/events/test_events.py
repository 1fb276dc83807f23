"""Events: typed, written in the transaction of their change, delivered to plugins afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.events import delivery, record
from agentsys.events.models import EventDelivery, StoredEvent
from agentsys.extension import events
from agentsys.extension.contract import Event, hookimpl
from agentsys.extension.events import KINDS, Happened, PaymentSettled, WorkerEnrolled
from agentsys.extension.registry import Registry
from agentsys.plugins import event_log
from agentsys.runtime import KEY
from tests.payments.world import World

A_PAYMENT = PaymentSettled(
    office_id=1, agent_id=2, worker_id=3, reference="AG1", channel="cash", amount_idr=16_800
)
AN_ENROLMENT = WorkerEnrolled(
    office_id=1, agent_id=2, worker_id=3, month=date(2026, 11, 1), programmes="jkk_jkm"
)


def count(session: Session, model: Any) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_every_kind_of_event_has_a_name_of_its_own() -> None:
    classes = [
        found
        for found in vars(events).values()
        if isinstance(found, type) and issubclass(found, Happened) and found is not Happened
    ]

    assert {found.kind for found in classes} == set(KINDS)
    assert len(KINDS) == len(classes)


def test_what_is_read_equals_what_was_written(session: Session) -> None:
    record.record(session, AN_ENROLMENT, actor_id=7)
    record.record(session, A_PAYMENT)

    newest, oldest = record.of_worker(session, worker_id=3)

    assert (newest.what, oldest.what) == (A_PAYMENT, AN_ENROLMENT)
    assert (newest.actor_id, oldest.actor_id) == (None, 7)
    assert [event.what for event in record.of_agent(session, agent_id=2)] == [
        A_PAYMENT,
        AN_ENROLMENT,
    ]
    assert record.of_worker(session, worker_id=3, before=oldest.id) == []


def test_a_change_that_is_undone_has_no_event(session: Session) -> None:
    with session.begin_nested() as undone:
        record.record(session, A_PAYMENT)
        undone.rollback()

    assert (count(session, StoredEvent), count(session, EventDelivery)) == (0, 0)


def test_cash_that_is_collected_deposited_and_confirmed_is_told(world: World) -> None:
    payment = world.collect(world.months[:1])

    told = record.of_worker(world.session, worker_id=world.worker.id)

    [settled] = [event.what for event in told if isinstance(event.what, PaymentSettled)]
    assert settled.reference == payment.reference
    assert settled.amount_idr == payment.amount_idr
    assert settled.office_id == payment.office_id


class Listener:
    """A plugin that records its events, and fails a given number of times."""

    def __init__(self, failures: int = 0) -> None:
        self.got: list[Event] = []
        self.failures = failures

    @hookimpl
    def on_event(self, event: Event) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("away")
        self.got.append(event)


def with_plugins(committed: Flask, **plugins: object) -> Registry:
    registry = Registry({}, ())
    for name, plugin in plugins.items():
        registry.register(plugin, name, {})
    with committed.app_context(), transaction() as session:
        record.record(session, A_PAYMENT)
    return registry


def test_every_plugin_gets_an_event_once(committed: Flask) -> None:
    one, other = Listener(), Listener()
    registry = with_plugins(committed, one=one, other=other)

    with committed.app_context():
        tried = [delivery.deliver_waiting(transaction, registry.deliver) for _ in range(2)]

    assert tried == [1, 0]
    assert [event.what for event in one.got] == [event.what for event in other.got] == [A_PAYMENT]


def test_a_plugin_that_failed_gets_the_event_again_and_the_others_do_not(committed: Flask) -> None:
    broken, fine = Listener(failures=1), Listener()
    registry = with_plugins(committed, broken=broken, fine=fine)

    with committed.app_context():
        delivery.deliver_waiting(transaction, registry.deliver)
        at_once = delivery.deliver_waiting(transaction, registry.deliver)
        with time_machine.travel(clock.now() + delivery.RETRY_AFTER[0] + timedelta(seconds=1)):
            delivery.deliver_waiting(transaction, registry.deliver)
        left = count(db.session(), EventDelivery)

    assert (at_once, left) == (0, 0)
    assert (len(broken.got), len(fine.got)) == (1, 1)


def test_a_plugin_that_always_fails_is_given_up_in_the_end(committed: Flask) -> None:
    registry = with_plugins(committed, broken=Listener(failures=100))
    at = clock.now()

    with committed.app_context():
        for _ in range(len(delivery.RETRY_AFTER) + 2):
            with time_machine.travel(at):
                delivery.deliver_waiting(transaction, registry.deliver)
            at += timedelta(hours=12)
        left, kept = count(db.session(), EventDelivery), count(db.session(), StoredEvent)

    assert (left, kept) == (0, 1)


def test_what_a_killed_worker_had_taken_is_delivered_by_another(committed: Flask) -> None:
    listener = Listener()
    registry = with_plugins(committed, listener=listener)

    class Killed(BaseException):
        pass

    def dies(event: Event, plugin: str) -> Mapping[str, Exception]:
        raise Killed

    with committed.app_context():
        with pytest.raises(Killed):
            delivery.deliver_waiting(transaction, dies)
        too_early = delivery.deliver_waiting(transaction, registry.deliver)
        with time_machine.travel(clock.now() + delivery.LEASE + timedelta(seconds=1)):
            delivery.deliver_waiting(transaction, registry.deliver)

    assert too_early == 0
    assert len(listener.got) == 1


def test_the_event_log_writes_a_line_for_each_event(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    settings = {event_log.SETTING: str(path)}
    registry = Registry(settings, ("event_log",))
    event = Event(id=5, at=clock.now(), actor_id=None, what=AN_ENROLMENT)

    assert registry.deliver(event) == registry.deliver(event) == {}

    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert first == second
    assert (first["id"], first["kind"], first["month"]) == (5, "worker.enrolled", "2026-11-01")


def test_without_its_setting_the_event_log_is_idle(app: Flask) -> None:
    [status] = [s for s in app.extensions[KEY].registry.statuses() if s.name == "event_log"]

    assert status.state == "idle"
    assert event_log.SETTING in status.why
