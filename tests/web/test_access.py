"""Access to every route by every role, with own objects and those of others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask
from sqlalchemy import select

from agentsys import clock
from agentsys.commissions.models import CommissionRun, Statement
from agentsys.db import db
from agentsys.extension.contract import PaymentState
from agentsys.payments.models import (
    Case,
    CaseKind,
    Deposit,
    Outcome,
    PayLink,
    Payment,
    Receipt,
    StoredCallback,
)
from agentsys.people import sessions
from agentsys.people.models import Agent, Office, RoleName, User, UserSession
from agentsys.people.permissions import Permission, roles_with
from agentsys.remittances.models import Remittance
from agentsys.web import access
from agentsys.web.access import ANYBODY, SIGNED_IN, blueprint_for, guard_of, needs
from agentsys.workers.models import Funding, Programmes, Roster
from tests.factories import (
    give,
    make_agent,
    make_contribution,
    make_office,
    make_payment,
    make_user,
    make_worker,
)

# Pages without a login: a new one must be added here.
OPEN = {
    "callbacks.receive",
    "health.alive",
    "health.metrics",
    "health.ready",
    "public.pay",
    "public.pay_status",
    "public.receipt",
    "web.home",
    "web.language",
}
# These are asked for inside a view or a service, where the page itself asks for less.
# The second decides whose work queue shows something.
USED_IN_VIEWS_ONLY = {Permission.REMITTANCE_EXPORT, Permission.TEAM_LEAD}
# One person with several roles, as small offices have them.
COMBINED = [
    (RoleName.AGENT, RoleName.SUPERVISOR),
    (RoleName.AGENT, RoleName.FINANCE),
    (RoleName.SUPERVISOR, RoleName.FINANCE),
    (RoleName.FINANCE, RoleName.ADMIN),
    (RoleName.AGENT, RoleName.SUPERVISOR, RoleName.FINANCE, RoleName.ADMIN),
]
PEOPLE = [*[(role,) for role in RoleName], *COMBINED]
NO_OBJECT_OF_AN_OFFICE = {"bulan"}  # a month belongs to no user


@dataclass
class World:
    """One office with one of everything, and the people who work there."""

    users: dict[RoleName, User]
    ids: dict[str, Any]


def _of_agent(agent: Agent, office: Office, run: CommissionRun) -> dict[str, Any]:
    return {
        "deposit_id": Deposit(
            key=f"deposit-{agent.id}",
            agent_id=agent.id,
            office_id=office.id,
            amount_idr=1,
            evidence="slip",
            declared_by=agent.user_id,
        ),
        "roster_id": Roster(
            office_id=office.id,
            agent_id=agent.id,
            filename="daftar.xlsx",
            sha256=agent.id.to_bytes(32),
            programmes=Programmes.TWO,
            funding=Funding.APBD,
            from_month=clock.this_month(),
        ),
        "remittance_id": Remittance(office_id=office.id, count=1, amount_idr=1),
        "statement_id": Statement(
            agent_id=agent.id,
            office_id=office.id,
            month=clock.this_month(),
            lines_hash=bytes(32),
            run_id=run.id,
        ),
    }


def _of_payment(payment: Payment) -> dict[str, Any]:
    return {
        "case_id": Case(
            kind=CaseKind.PAID_LATE,
            subject=payment.reference,
            payment_id=payment.id,
            office_id=payment.office_id,
            facts={},
        ),
        "callback_id": StoredCallback(
            channel="gopay",
            digest=payment.reference.encode(),
            reference=payment.reference,
            headers={},
            body=b"{}",
            received_at=clock.now(),
            outcome=Outcome.NOTHING_NEW,
            settled_at=clock.now(),
        ),
        "receipt": Receipt(
            payment_id=payment.id,
            number=f"KW-{payment.agent_id}",
            code=f"KODE{payment.agent_id:06d}",
        ),
        "link": PayLink(
            token=f"token-{payment.agent_id}",
            worker_id=payment.worker_id,
            expires_at=clock.now() + timedelta(days=1),
        ),
    }


def make_world(session, vault, *, office: Office | None = None) -> World:
    office = office or make_office(session)
    agent = make_agent(session, office_id=office.id)
    users = {
        RoleName.AGENT: agent.user,
        RoleName.SUPERVISOR: agent.supervisor,
        **{
            role: make_user(session, role, office_id=office.id)
            for role in (RoleName.FINANCE, RoleName.ADMIN, RoleName.AUDITOR)
        },
    }
    worker = make_worker(session, vault, agent=agent)
    payment = make_payment(
        session, worker, [make_contribution(session, worker)], state=PaymentState.CREATED
    )
    sessions.begin(session, user_id=agent.user_id, client="", remember=False)
    signed_in = session.scalars(
        select(UserSession).where(UserSession.user_id == agent.user_id)
    ).one()
    run = CommissionRun(month=clock.this_month(), failures={})
    session.add(run)
    session.flush()
    things = _of_agent(agent, office, run) | _of_payment(payment)
    session.add_all(things.values())
    session.flush()
    ids = {name: thing.id for name, thing in things.items() if name.endswith("_id")}
    ids |= {
        "office_id": office.id,
        "agent_id": agent.id,
        "worker_id": worker.id,
        "payment_id": payment.id,
        "user_id": users[RoleName.FINANCE].id,
        "session_id": signed_in.id,
        "receipt_no": things["receipt"].number,
        "token": things["link"].token,
        "channel": "cash",
        "bulan": f"{clock.this_month():%Y-%m}",
        "kind": "deposit.declared",
        "subject": str(things["deposit_id"].id),
    }
    return World(users, ids)


def routes(app: Flask) -> list[tuple[str, str, Any]]:
    """Every (method, endpoint, rule) of the app."""
    return [
        (method, rule.endpoint, rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not rule.endpoint.startswith("security.")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def roles_of(app: Flask, endpoint: str, method: str = "GET") -> frozenset[RoleName]:
    """The roles that may use it; none for public pages."""
    guard = guard_of(app, endpoint, method)
    if guard is ANYBODY:
        return frozenset()
    return roles_with(guard) if isinstance(guard, Permission) else frozenset(RoleName)


def person(world: World, roles: tuple[RoleName, ...]) -> User:
    """The user with the first role, who also gets the others."""
    user = world.users[roles[0]]
    give(db.session(), user, *roles[1:])
    return user


def path_of(rule: Any, ids: dict[str, Any]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(ids[match[1]]), rule.rule)


def call(visitor: Any, method: str, path: str) -> Any:
    return visitor.get(path) if method == "GET" else visitor.submit(path)


def test_the_open_routes_are_those_that_are_listed(app):
    found = {endpoint for _, endpoint, _ in routes(app) if not roles_of(app, endpoint)}

    assert found == OPEN


def test_a_view_that_does_not_say_who_may_enter_stops_the_start(make_app):
    app = make_app()
    silent = blueprint_for("silent", __name__)
    silent.get("/diam")(lambda: "")
    app.register_blueprint(silent)

    with pytest.raises(RuntimeError, match=r"declare who may enter: silent\."):
        access.refuse_undeclared(app)


def test_a_blueprint_of_flasks_own_kind_stops_the_start(make_app):
    app = make_app()
    foreign = Blueprint("foreign", __name__)
    foreign.get("/asing", endpoint="page")(lambda: "")
    app.register_blueprint(foreign)

    with pytest.raises(RuntimeError, match=r"declare who may enter: foreign\.page"):
        access.refuse_undeclared(app)


@pytest.mark.parametrize("declared", [needs(Permission.BOOKS_READ), None])
def test_a_view_that_writes_with_a_right_to_read_stops_the_start(make_app, declared):
    app = make_app()
    loose = blueprint_for("loose", __name__, permission=None if declared else Permission.CASE_READ)

    def write() -> str:
        return ""

    loose.post("/tulis")(declared(write) if declared else write)
    app.register_blueprint(loose)

    with pytest.raises(RuntimeError, match=r"right to read: loose\.write"):
        access.refuse_undeclared(app)


def test_every_permission_guards_something(app):
    guards = {guard_of(app, endpoint, method) for method, endpoint, _ in routes(app)}

    assert set(Permission) - guards == USED_IN_VIEWS_ONLY
    assert guards - set(Permission) == {ANYBODY, SIGNED_IN}


@pytest.mark.made_up_books
@pytest.mark.parametrize("roles", PEOPLE)
def test_a_person_enters_what_one_of_the_roles_may_enter_and_nothing_else(
    app, session, vault, visit, roles
):
    world = make_world(session, vault)
    visitor = visit(person(world, roles))
    wrong = []

    for method, endpoint, rule in routes(app):
        allowed = roles_of(app, endpoint, method)
        status = call(visitor, method, path_of(rule, world.ids)).status_code
        if status >= 500:
            wrong.append((method, endpoint, status, "fails"))
        may = bool(allowed & set(roles))
        if allowed and not may and status != 403:
            wrong.append((method, endpoint, status, "should be shut"))
        if may and status in (401, 403):
            wrong.append((method, endpoint, status, "should be open"))

    assert wrong == []


def only_searches(app, endpoint):
    """Whether the endpoint's POST only looks for something."""
    declared = getattr(app.view_functions[endpoint], "needs", None)
    return declared is not None and declared.searches


@pytest.mark.made_up_books
def test_an_auditor_writes_nothing_but_the_own_account(app, session, vault, visit):
    world = make_world(session, vault)
    visitor = visit(world.users[RoleName.AUDITOR])

    written = {
        endpoint
        for method, endpoint, rule in routes(app)
        if method != "GET"
        and roles_of(app, endpoint, method)
        and not only_searches(app, endpoint)
        and call(visitor, method, path_of(rule, world.ids)).status_code != 403
    }

    own = {"account.end_session", "account.end_other_sessions"}
    assert written == {access.OWN_PASSWORD} | own


@pytest.mark.made_up_books
@pytest.mark.parametrize("role", list(RoleName))
def test_with_a_password_that_an_admin_gave_only_the_page_that_changes_it_opens(
    app, session, vault, visit, role
):
    world = make_world(session, vault)
    world.users[role].must_change_password = True
    visitor = visit(world.users[role])
    wrong = []

    for method, endpoint, rule in routes(app):
        if endpoint in OPEN:
            continue
        answer = call(visitor, method, path_of(rule, world.ids))
        if endpoint == access.OWN_PASSWORD:
            right = answer.status_code == (200 if method == "GET" else 422)
        else:
            right = answer.status_code == 302 and answer.location == "/akun/sandi"
        if not right:
            wrong.append((method, endpoint, answer.status_code))

    assert wrong == []


@pytest.mark.made_up_books
def test_a_stranger_is_sent_to_the_sign_in_page_or_refused(app, session, vault, client):
    world = make_world(session, vault)
    wrong = []

    for method, endpoint, rule in routes(app):
        answer = call(client, method, path_of(rule, world.ids))
        if roles_of(app, endpoint):
            sent_away = answer.status_code == 302 and "/masuk" in answer.headers["Location"]
            if not (sent_away if method == "GET" else answer.status_code == 401):
                wrong.append((method, endpoint, answer.status_code))

    assert wrong == []


@pytest.mark.made_up_books
@pytest.mark.parametrize("roles", PEOPLE)
def test_anothers_object_looks_exactly_like_a_missing_one(app, session, vault, visit, roles):
    mine, other = make_world(session, vault), make_world(session, vault)

    assert told_apart(app, visit(person(mine, roles)), roles, mine, other) == []


@pytest.mark.made_up_books
@pytest.mark.parametrize(
    "roles",
    [(RoleName.AGENT,), (RoleName.SUPERVISOR,), (RoleName.AGENT, RoleName.SUPERVISOR)],
)
def test_an_object_of_another_team_of_the_office_looks_like_a_missing_one(
    app, session, vault, visit, roles
):
    mine = make_world(session, vault)
    office = session.get(Office, mine.users[roles[0]].office_id)
    other = make_world(session, vault, office=office)

    assert told_apart(app, visit(person(mine, roles)), roles, mine, other) == []


def told_apart(
    app: Flask, visitor: Any, roles: tuple[RoleName, ...], mine: World, other: World
) -> list[Any]:
    """The routes whose answer differs between another office's object and a missing one."""
    missing = {
        name: 999_999_999 if isinstance(value, int) else "tidak-ada"
        for name, value in mine.ids.items()
    }
    wrong = []
    for method, endpoint, rule in routes(app):
        names = set(rule.arguments)
        entered = roles_of(app, endpoint, method) & set(roles)
        if not entered or not names or names & NO_OBJECT_OF_AN_OFFICE:
            continue
        theirs = call(visitor, method, path_of(rule, other.ids))
        nobodys = call(visitor, method, path_of(rule, missing))
        same = _without_reference(theirs) == _without_reference(nobodys)
        if theirs.status_code != 404 or nobodys.status_code != 404 or not same:
            wrong.append((method, endpoint, theirs.status_code, nobodys.status_code))
    return wrong


def _without_reference(answer: Any) -> str:
    """The page without what differs each time: nonces, tokens, request ids."""
    text = answer.get_data(as_text=True)
    text = re.sub(r'(nonce|value)="[^"]*"', "", text)
    return re.sub(r"\b[0-9a-f]{12}\b", "", text)
