"""What is kept no longer is destroyed in lots, with a record; money and what is open stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.payments.models import PaymentMove
from agentsys.people.models import RoleName
from agentsys.retention import destroying
from agentsys.retention.kinds import PLANS
from agentsys.retention.models import Destruction
from agentsys.retention.settings import Kept, SettingMissing, retention
from tests.factories import make_user
from tests.payments.world import World
from tests.retention.rows import make

FOR_EVER = {
    "account_balances", "audit_events", "audit_seals", "bank_lines", "bank_matches",
    "closed_balances", "consents", "contributions", "deposits", "destructions", "entries",
    "evidence_files", "gateway_payouts", "mandates", "month_closings", "postings", "receipts",
    "refunds", "remittances", "transfers", "workers",
}  # fmt: skip


class Killed(Exception):
    """The process ended."""


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent with a worker."""
    return World.build(session, vault)


def opener(session: Session, *, commits: int | None = None) -> Any:
    """Opens transactions inside of the test's; after so many commits the process is killed."""
    left = [commits]

    @contextmanager
    def open_() -> Iterator[Session]:
        with session.begin_nested():
            yield session
            session.flush()
            if left[0] == 0:
                raise Killed
            left[0] = left[0] - 1 if left[0] is not None else None

    return open_


def run(session: Session, *, lot: int = 100, commits: int | None = None) -> list[Kept]:
    """Destroy what is due; the kinds of which there was something."""
    found = destroying.destroy_old(opener(session, commits=commits), by="test", lot=lot)
    session.expire_all()
    return [each.kind for each in found]


def left(session: Session, rows: list[Any]) -> list[bool]:
    """Which of these rows are still there."""
    places = [(type(row), inspect(row).identity) for row in rows]
    session.expunge_all()
    return [session.get(model, key) is not None for model, key in places]


def records(session: Session) -> list[Destruction]:
    """All records, in their order."""
    return list(session.scalars(select(Destruction).order_by(Destruction.id)))


@pytest.mark.made_up_books
@pytest.mark.parametrize("kind", list(Kept))
def test_old_rows_go_and_young_and_open_ones_stay(
    session: Session, world: World, kind: Kept
) -> None:
    rows = make(kind, world)
    dry = {each.kind: each for each in destroying.would_destroy(session)}[kind]
    assert (dry.rows, dry.held) == (len(rows.due), len(rows.held))

    assert kind in run(session)

    (record,) = [each for each in records(session) if each.kind is kind]
    assert record.rows == len(rows.due)
    assert record.bytes == pytest.approx(dry.bytes, rel=0.1)  # a row is packed in two ways
    assert record.bytes > 0
    assert record.finished_at is not None
    assert (record.before_on, record.months) == (dry.before_on, retention(kind, _today()).months)
    assert left(session, rows.due) == [False] * len(rows.due)
    assert left(session, rows.young + rows.held) == [True] * len(rows.young + rows.held)


@pytest.mark.made_up_books
@pytest.mark.parametrize("kind", list(Kept))
def test_a_second_run_destroys_nothing_and_leaves_no_record(
    session: Session, world: World, kind: Kept
) -> None:
    make(kind, world)
    run(session)
    before = len(records(session))

    assert run(session) == []
    assert len(records(session)) == before


@pytest.mark.made_up_books
@pytest.mark.parametrize("kind", list(Kept))
@pytest.mark.parametrize("commits", [0, 1, 2])
def test_a_run_that_was_killed_goes_on_and_counts_each_row_once(
    session: Session, world: World, kind: Kept, commits: int
) -> None:
    rows = make(kind, world)
    others = [each for each in Kept if each is not kind]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(destroying, "Kept", (kind,))
        with pytest.raises(Killed):
            run(session, lot=1, commits=commits)
        session.expire_all()
        written = [(each.rows, each.finished_at) for each in records(session)]
        gone = left(session, rows.due).count(False)
        assert written == ([(gone, None)] if gone else [])

        run(session, lot=1)

    (record,) = records(session)
    assert (record.kind, record.rows) == (kind, len(rows.due))
    assert record.finished_at is not None
    assert record.kind not in others
    assert left(session, rows.due) == [False] * len(rows.due)


@pytest.mark.made_up_books
def test_the_trail_names_the_record(session: Session, world: World) -> None:
    make(Kept.EVENT, world)
    run(session)

    (record,) = [each for each in records(session) if each.kind is Kept.EVENT]
    event = session.scalars(
        select(AuditEvent).where(AuditEvent.subject == f"destruction:{record.id}")
    ).one()

    assert event.action == "destruction.finished"
    assert (event.details["rows"], event.details["kind"]) == (2, "event")


@pytest.mark.made_up_books
def test_a_finished_record_is_never_changed(session: Session, world: World) -> None:
    make(Kept.EVENT, world)
    run(session)

    for wrong in ("UPDATE destructions SET rows = 0", "DELETE FROM destructions"):
        with pytest.raises(IntegrityError, match="never changed"), session.begin_nested():
            session.execute(text(wrong))


def test_moves_of_payments_are_removed_only_by_the_job_and_only_if_nothing_was_paid(
    session: Session, world: World
) -> None:
    world.collect(world.months[:1])
    moves = len(session.scalars(select(PaymentMove)).all())
    for setting in ("off", "on"):
        session.execute(text(f"SET LOCAL agentsys.destroys = '{setting}'"))
        with pytest.raises(IntegrityError, match="never changed"), session.begin_nested():
            session.execute(text("DELETE FROM payment_moves"))

    assert len(session.scalars(select(PaymentMove)).all()) == moves > 0


def test_no_plan_touches_money_consents_or_the_trail() -> None:
    for plan in PLANS.values():
        words = set(" ".join(plan.deletes).replace("(", " ").split())
        assert not words & FOR_EVER


def test_each_kind_has_one_setting_with_its_source() -> None:
    for kind in Kept:
        found = retention(kind, _today())
        assert found.months > 0
        assert found.source
    with pytest.raises(SettingMissing):
        retention(Kept.EVENT, date(1999, 1, 1))


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 12, 1), 3, date(2026, 9, 1)),
        (date(2027, 5, 31), 3, date(2027, 3, 1)),  # no 31 February
        (date(2027, 1, 15), 24, date(2025, 1, 15)),
        (date(2028, 2, 29), 12, date(2027, 3, 1)),
    ],
)
def test_months_count_by_the_calendar(day: date, months: int, before: date) -> None:
    assert destroying._months_before(day, months) == before


@pytest.mark.made_up_books
def test_admins_and_auditors_read_what_was_destroyed(
    session: Session, world: World, visit: Any
) -> None:
    make(Kept.CALLBACK, world)
    run(session)
    session.commit()
    office = world.office_id
    for role in (RoleName.ADMIN, RoleName.AUDITOR):
        page = visit(make_user(session, role, office_id=office)).get("/masa-simpan/")
        assert page.status_code == 200
        assert "Kabar dari penyedia" in page.text
        assert "24 bulan" in page.text
        assert "Belum ada yang dihapus" not in page.text
    assert visit(world.finance).get("/masa-simpan/").status_code == 403


def _today() -> date:
    return clock.now().date()
