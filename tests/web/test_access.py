"""Access to every route by every role, with own objects and those of others."""

from __future__ import annotations

import pytest
from flask import Blueprint

from agentsys.people.models import RoleName
from agentsys.people.permissions import Permission
from agentsys.web import access
from agentsys.web.access import ANYBODY, SIGNED_IN, blueprint_for, guard_of, needs
from tests.web.access_world import (
    PEOPLE,
    call,
    make_world,
    path_of,
    person,
    roles_of,
    routes,
)

# Pages without a login: a new one must be added here.
OPEN = {
    "callbacks.receive",
    "health.alive",
    "health.metrics",
    "health.ready",
    *(
        f"own.{page}"
        for page in (
            "agree",
            "benefits",
            "change_day",
            "enter_code",
            "lock",
            "look_again",
            "page",
            "pause",
            "pay_now",
            "read_notice",
            "resume",
            "returned",
            "status",
            "stop",
        )
    ),
    *(f"public.{page}" for page in ("pay", "pay_again", "pay_status", "receipt", "withdraw")),
    "setup.code",
    "setup.first",
    "web.home",
    "web.language",
}

# These are asked for inside a view or a service, where the page itself asks for less.
# The second decides whose work queue shows something.
USED_IN_VIEWS_ONLY = {
    Permission.COMMISSION_APPROVE,
    Permission.COMMISSION_APPROVE_LAST,
    Permission.COMMISSION_APPROVE_SECOND,
    Permission.MERGE_APPROVE,
    Permission.REMITTANCE_EXPORT,
    Permission.SHORTAGE_APPROVE,
    Permission.TEAM_LEAD,
}


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
