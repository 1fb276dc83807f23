"""Seeding: the same seed gives the same city, at any time of a month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.config import fresh_keys, load
from agentsys.db import db
from agentsys.demo import city
from agentsys.demo.city.staff import WORKERS_PER_AGENT
from agentsys.errors import Invalid
from agentsys.ledger import invariants
from agentsys.payments.models import CaseKind
from agentsys.people.accounts import add_user
from agentsys.people.models import Role, User
from agentsys.people.permissions import RoleName
from agentsys.remittances.models import RemittanceState
from agentsys.work import counts
from tests.demo.conftest import Seeded
from tests.factories import make_worker

Seed = Callable[..., Seeded]
# Encrypted with a random nonce, unguessable by design, or numbered in an order that the database
# chooses with its plan.
_RANDOM = {
    **{"workers": {"nik_sealed"}, "roster_files": {"sealed"}, "mandates": {"phone_sealed"}},
    **{"agent_papers": {"scan_key"}, "receipts": {"code"}, "pay_links": {"token"}},
    **{"balance_changes": {"id"}, "payout_files": {"content_sealed"}},
    **{"agent_accounts": {"number_sealed", "npwp_sealed"}, "audit_seals": {"previous", "hash"}},
}
_BY_A_START = {"key_checks"}  # written when a process starts, not by the seed


# Tests and people who try the demo find these at any time.
ALWAYS_OPEN = {
    *("agreement.ending", "agreement.proposed", "bill.late"),
    *("list_version.waiting", "sponsor_payment.recorded"),
    "change.proposed",
    "list.proposed",
    "list.unfinished",
    "claim.open",
    "bank.issue",
    "contribution.held",
    "data.request",
    "deposit.declared",
    "earlier.proposed",
    "handover.proposed",
    "paper.ending",
    "remittance.cancelling",
    "remittance.coded",
    "remittance.open",
    "remittance.ready",
    "statement.submitted",
    "worker.owed",
    "worker.owes",
    *(f"case.{kind.value}" for kind in CaseKind),
}


def _first_user(session: Session, role: RoleName) -> User:
    """The user of that role in the first office."""
    named = select(User).join(User.roles).where(Role.name == role)
    return session.scalars(named.order_by(User.id)).unique().all()[0]


def content(session: Session) -> dict[str, set[tuple[Any, ...]]]:
    """The rows of all tables, without values that are random by design."""
    found = {}
    for name, table in db.metadata.tables.items():
        if name in _BY_A_START:
            continue
        shown = ", ".join(
            f'"{c.name}"::text' for c in table.columns if c.name not in _RANDOM.get(name, ())
        )
        rows = session.execute(text(f"SELECT {shown} FROM {name}"))
        found[name] = {tuple(row) for row in rows}
    return found


@time_machine.travel(datetime(2026, 11, 22, 9, 30, tzinfo=UTC), tick=False)
def test_the_same_seed_at_the_same_moment_gives_the_same_world(
    seed: Seed, session: Session
) -> None:
    seed(seed=3)
    first = content(session)
    city.reset(session, allowed=True)

    seed(seed=3)

    again = content(session)
    assert {name for name in first if first[name] != again[name]} == set()


@time_machine.travel(datetime(2026, 11, 22, 9, 30, tzinfo=UTC), tick=False)
def test_another_seed_gives_other_people(seed: Seed, session: Session) -> None:
    seed(seed=3)
    names = "SELECT array_agg(name ORDER BY id) FROM workers"
    first = session.scalar(text(names))
    city.reset(session, allowed=True)

    seed(seed=4)

    assert session.scalar(text(names)) != first


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 1, 1, 0, tzinfo=UTC),
        datetime(2026, 3, 1, 23, 59, tzinfo=UTC),
        datetime(2027, 1, 31, 16, 59, tzinfo=UTC),
        datetime(2026, 2, 28, 17, 1, tzinfo=UTC),  # already March in the head office's time zone
        datetime(2026, 12, 31, 17, 5, tzinfo=UTC),  # the new month is not an hour old
        datetime(2026, 11, 12, 7, 30, tzinfo=UTC),
        datetime(2026, 11, 30, 2, 30, tzinfo=UTC),  # few people pay at the end of a month
    ],
)
def test_the_city_is_whole_at_any_time_of_a_month(
    seed: Seed, session: Session, now: datetime
) -> None:
    with time_machine.travel(now, tick=False):
        town = seed(workers=120, months=12)
        open_work = {
            kind.key
            for role in (RoleName.ADMIN, RoleName.FINANCE, RoleName.SUPERVISOR)
            for kind, number in counts.numbers(session, _first_user(session, role)).items()
            if number
        }

    assert invariants.check(session) == []
    assert trail.broken_links(session) == []
    assert town.words("SELECT kind FROM cases WHERE closed_at IS NULL") == set(CaseKind)
    assert open_work >= ALWAYS_OPEN
    assert town.rows("SELECT 1 FROM contributions WHERE billed_at > :now", now=now) == []
    assert town.rows("SELECT count(*) FROM billing_runs") == [(12,)]
    assert town.words("SELECT DISTINCT state FROM remittances") == set(RemittanceState)
    states = "SELECT DISTINCT c.state FROM contributions c JOIN workers w ON w.id = c.worker_id"
    sari = town.words(f"{states} WHERE w.agent_id = 1 AND w.name < 'Arifz'")
    assert {"billed", "collected", "confirmed"} <= sari
    assert town.rows("SELECT count(*) FROM payments WHERE state = 'pending' AND agent_id = 1") == [
        (1,)
    ]


@pytest.mark.parametrize("day", [1, 12, 28])
def test_somebody_has_paid_in_advance_on_any_day(seed: Seed, day: int) -> None:
    with time_machine.travel(datetime(2027, 3, day, 0, 30, tzinfo=UTC), tick=False):
        town = seed(workers=400)

    assert town.rows("SELECT 1 FROM contributions WHERE month > '2027-03-01' AND payment_id > 0")


@pytest.mark.parametrize("months", [1, 2, 12])
def test_a_history_may_be_short_or_long(seed: Seed, session: Session, months: int) -> None:
    town = seed(workers=120, months=months)

    assert town.world.months == months
    assert invariants.check(session) == []


def test_in_a_larger_city_agents_pay_deposits_to_a_bank(seed: Seed, session: Session) -> None:
    town = seed(workers=5 * WORKERS_PER_AGENT, months=3)

    query = "SELECT DISTINCT clearing FROM payments WHERE for_deposit_id > 0 AND channel = 'bri_va'"
    assert town.words(query) == {"midtrans"}
    assert invariants.check(session) == []


def test_a_database_with_workers_is_refused(seed: Seed, session: Session, vault: Any) -> None:
    make_worker(session, vault)

    with pytest.raises(city.WorldExists, match="--reset"):
        seed()

    assert session.scalar(text("SELECT count(*) FROM workers")) == 1


@pytest.mark.parametrize("wrong", [{"workers": 10}, {"months": 0}, {"months": 25}])
def test_a_city_without_people_or_time_is_refused(seed: Seed, wrong: dict[str, int]) -> None:
    with pytest.raises(Invalid, match="paling sedikit"):
        seed(**wrong)


def test_reset_is_refused_where_the_data_is_not_a_demo(seed: Seed, session: Session) -> None:
    seed()

    with pytest.raises(city.NotAllowed, match="AGENTSYS_DEMO"):
        city.reset(session, allowed=False)

    assert session.scalar(text("SELECT count(*) FROM workers")) == 150


def test_reset_empties_every_table(seed: Seed, session: Session) -> None:
    seed()

    city.reset(session, allowed=True)

    filled = [
        name
        for name in db.metadata.tables
        if session.scalar(text(f"SELECT EXISTS (SELECT FROM {name})"))
    ]
    assert filled == []


def test_every_login_that_is_shown_signs_in(seed: Seed, client: Any) -> None:
    world = seed().world

    assert [login.role for login in world.logins] == [
        "Agen", "Agen", "Penyelia", "Penyelia", "Keuangan", "Admin", "Auditor",
    ]  # fmt: skip
    for login in world.logins:
        answer = client.post(
            "/masuk",
            data={
                "email": login.identity,
                "password": login.password,
                "csrf_token": client.token(),
            },
        )
        assert answer.status_code == 302, login
        client.delete_cookie("agentsys")


def test_a_seeded_world_is_known_again(seed: Seed, session: Session) -> None:
    assert city.known_world(session) is None

    world = seed().world

    known = city.known_world(session)
    assert known is not None
    assert known.logins == world.logins
    assert known.workers == world.workers


def test_what_comes_after_goes_on_with_fresh_ids(seed: Seed, session: Session, vault: Any) -> None:
    seed()
    highest = session.scalar(text("SELECT max(id) FROM workers"))

    worker = make_worker(session, vault)

    assert worker.id == highest + 1


def test_progress_is_told_from_nothing_to_all(seed: Seed) -> None:
    told: list[tuple[int, int, str]] = []

    seed(progress=lambda *step: told.append(step))

    done = [step[0] for step in told]
    assert done == sorted(done)
    assert done[0] == 0
    assert told[-1][0] == told[-1][1]


def test_only_the_demos_own_people_are_taken_for_a_demo(seed: Seed, session: Session) -> None:
    alone = [city.is_alone(session)]
    seed()
    alone.append(city.is_alone(session))
    add_user(
        session,
        name="Orang Sungguhan",
        roles=[RoleName.ADMIN],
        phone="0812-7000-0001",
        email="",
        password="kalimat yang cukup panjang",
        office_id=None,
        actor_id=None,
    )
    alone.append(city.is_alone(session))

    assert alone == [True, True, False]


@pytest.mark.parametrize(
    ("settings", "tried"),
    [
        ({}, True),
        ({"host": "0.0.0.0"}, False),
        ({"public_url": "https://agen.contoh.id"}, False),
        ({"database_url": "postgresql://db/agentsys"}, False),
        ({"database_url": "postgresql://db/agentsys", "demo": True}, True),
        ({"public_url": "https://coba.contoh.id", "demo": True}, True),
    ],
)
def test_public_secrets_come_only_where_nobody_else_comes_in(
    settings: dict[str, Any], tried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "DEMO", "HOST", "PUBLIC_URL"):
        monkeypatch.delenv(f"AGENTSYS_{name}", raising=False)

    assert load(**fresh_keys(), **settings).is_for_trying is tried
