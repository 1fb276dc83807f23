"""Auditors and admins read the audit trail, each of the own office."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy.orm import Session

import agentsys
from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.people.models import RoleName, User
from agentsys.web.trail_words import AREAS, has_words
from agentsys.workers.models import Worker
from agentsys.workers.registry import reveal_nik
from tests.factories import make_agent, make_user, make_worker

_ACT = re.compile(r'action="([a-z_]+\.[a-z_]+)"')
SOURCE = Path(agentsys.__file__).parent


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    return make_worker(session, vault, agent=make_agent(session), name="Siti Rahmawati")


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Somebody of the worker's office, whose acts are read."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id, name="Wahyu Pratama")


@pytest.fixture
def auditor(session: Session, worker: Worker) -> User:
    return make_user(session, RoleName.AUDITOR, office_id=worker.office_id)


def record(
    session: Session, actor: User | None, subject: str, action: str = "agent.changed"
) -> None:
    trail.record(
        session,
        actor_id=actor.id if actor else None,
        action=action,
        subject=subject,
        details={"area": ["Berebas", "Tanjung Laut"]},
    )


def read(visit, user: User, query: str = "") -> str:
    return visit(user).get(f"/jejak/{query}").get_data(as_text=True)


def test_an_act_is_shown_with_who_what_and_its_values_before_and_after(
    session: Session, visit, auditor: User, clerk: User, worker: Worker
) -> None:
    record(session, clerk, f"agent:{worker.agent_id}")

    page = read(visit, auditor)

    assert "Wahyu Pratama" in page
    assert "Agen: Diubah" in page
    assert "Berebas → Tanjung Laut" in page


def test_what_a_job_did_to_a_worker_belongs_to_the_office_of_the_worker(
    session: Session, visit, auditor: User, worker: Worker
) -> None:
    record(session, None, f"worker:{worker.id}", "pay_links.withdrawn")

    assert "Tautan bayar ditarik" in read(visit, auditor)


def test_acts_of_another_office_are_not_shown(session: Session, visit, clerk: User) -> None:
    other = make_user(session, RoleName.AUDITOR, office_id=make_agent(session).office_id)
    record(session, clerk, "books")

    assert "Wahyu Pratama" not in read(visit, other)


def test_an_admin_of_no_office_sees_the_acts_of_all(session: Session, visit, clerk: User) -> None:
    record(session, clerk, "books")

    assert "Wahyu Pratama" in read(visit, make_user(session, RoleName.ADMIN))


@pytest.mark.parametrize("role", [RoleName.AGENT, RoleName.SUPERVISOR, RoleName.FINANCE])
def test_other_roles_do_not_read_the_trail(session: Session, visit, worker, role) -> None:
    user = make_user(session, role, office_id=worker.office_id)

    assert visit(user).get("/jejak/").status_code == 403
    assert visit(user).get("/jejak/nik").status_code == 403


def test_the_trail_is_found_by_person_object_area_and_day(
    session: Session, visit, auditor: User, clerk: User, worker: Worker
) -> None:
    other = make_user(session, RoleName.FINANCE, office_id=worker.office_id, name="Rina Utami")
    with time_machine.travel(clock.now() - timedelta(days=9), tick=False):
        record(session, other, f"agent:{worker.agent_id}")
    record(session, clerk, f"office:{worker.office_id}", "office.changed")
    week_ago = (clock.now() - timedelta(days=7)).date().isoformat()

    def shown(query: str) -> set[str]:
        page = read(visit, auditor, query).partition("<tbody>")[2]
        return {name for name in ("Wahyu Pratama", "Rina Utami") if name in page}

    assert shown("") == {"Wahyu Pratama", "Rina Utami"}
    assert shown("?q=rina") == {"Rina Utami"}
    assert shown(f"?q=agent:{worker.agent_id}") == {"Rina Utami"}
    assert shown("?state=office") == {"Wahyu Pratama"}
    assert shown(f"?from={week_ago}") == {"Wahyu Pratama"}
    assert shown(f"?to={week_ago}") == {"Rina Utami"}


def test_the_trail_can_be_downloaded(
    session: Session, visit, auditor: User, clerk: User, worker: Worker
) -> None:
    record(session, clerk, f"agent:{worker.agent_id}")

    answer = visit(auditor).get("/jejak/?as=xlsx")

    assert answer.mimetype.endswith("spreadsheetml.sheet")
    assert "jejak-audit" in answer.headers["Content-Disposition"]


def test_looks_at_niks_are_counted_for_each_person(
    session: Session, visit, vault: Vault, auditor: User, clerk: User, worker: Worker
) -> None:
    def look() -> None:
        reveal_nik(session, vault=vault, worker_id=worker.id, actor_id=clerk.id, reason="cek")

    look()
    with time_machine.travel(clock.now() - timedelta(days=3), tick=False):
        look()
    with time_machine.travel(clock.now() - timedelta(days=40), tick=False):
        look()
    trail.record(
        session,
        actor_id=clerk.id,
        action="remittance.exported",
        subject="remittance:1",
        details={"count": 120, "whole_nik": True},
    )
    trail.record(
        session,
        actor_id=clerk.id,
        action="remittance.exported",
        subject="remittance:1",
        details={"count": 500, "whole_nik": False},
    )

    page = visit(auditor).get("/jejak/nik").get_data(as_text=True)

    cells = page.partition("<tbody>")[2].partition("</tr>")[0].split('class="num" data-l=')[1:]
    assert [cell.partition(">")[2].partition("<")[0] for cell in cells[:4]] == [
        "1",
        "2",
        "2",
        "120",
    ]


def test_every_page_of_an_object_exists(app) -> None:
    shown = {(area.endpoint, area.argument) for area in AREAS.values() if area.endpoint}

    pages = {
        (rule.endpoint, argument)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        for argument in rule.arguments
    }
    assert shown - pages == set()


def test_every_act_that_the_code_names_has_words() -> None:
    named = set()
    for path in SOURCE.rglob("*.py"):
        if "migrations" not in path.parts:
            named |= set(_ACT.findall(path.read_text()))

    assert len(named) > 30
    assert sorted(name for name in named if not has_words(name)) == []
