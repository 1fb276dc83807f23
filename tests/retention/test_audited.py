"""The audit does not miss what was destroyed because it was too old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from agentsys import clock, locks
from agentsys.db import db, held_lock, transaction
from agentsys.demo import city
from agentsys.extension.contract import PaymentState
from agentsys.ledger import counted
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import ProviderRequest
from agentsys.retention import destroying
from agentsys.retention.settings import Kept, retention
from tests.ledger.month_end import close_month
from tests.ledger.test_proofs import all_is_over, audit, failing
from tests.payments.races import committed_world
from tests.payments.world import World

__all__ = ["all_is_over"]


def with_an_expired_payment(world: World) -> None:
    """The books of a month, and a payment that was never made."""
    close_month(world)
    payment = world.ask_for_another()
    world.report(payment, PaymentState.EXPIRED)
    # The job has sent it.
    world.session.execute(delete(ProviderRequest).where(ProviderRequest.payment_id == payment.id))


@pytest.fixture
def old(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An expired payment that is too old by now; emptied after the test."""
    months = retention(Kept.EXPIRED_PAYMENT, clock.now().date()).months
    later = clock.now() + timedelta(days=31 * months + 60)
    try:
        committed_world(app, with_an_expired_payment)
        with app.app_context(), monkeypatch.context() as time:
            time.setattr(clock, "now", lambda: later)
            yield
    finally:
        with app.app_context():
            db.session.rollback()
            city.reset(db.session(), allowed=True)
            db.session.commit()


def expired() -> list[int]:
    """The expired payments."""
    with transaction() as session:
        found = select(Payment.id).where(Payment.state == PaymentState.EXPIRED)
        return list(session.scalars(found))


@pytest.mark.usefixtures("old", "all_is_over")
@pytest.mark.parametrize("large", [0, counted.LARGE], ids=["large tables", "small tables"])
def test_an_audit_after_the_destruction_of_payments_reads_only_what_changed(
    large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "LARGE", large)
    audit(full=True)
    assert expired()

    destroying.destroy_old(transaction, by="test")

    assert expired() == []
    found = audit()
    assert failing(found) == set()
    assert not found["entries_sum_to_zero"].whole


@pytest.mark.usefixtures("old", "all_is_over")
def test_a_payment_that_somebody_deleted_is_missed_as_before() -> None:
    audit(full=True)
    destroying.destroy_old(transaction, by="test")
    with transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("DELETE FROM payment_moves"))

    found = audit()

    assert found["entries_sum_to_zero"].whole
    assert "state_is_the_last_move" in failing(found)


@pytest.mark.usefixtures("old")
def test_no_payment_is_destroyed_while_an_audit_runs() -> None:
    with held_lock(locks.AUDITING) as alone:
        assert alone
        destroying.destroy_old(transaction, by="test")
        assert expired()

    destroying.destroy_old(transaction, by="test")

    assert expired() == []
