"""An object of another office or team looks like a missing one."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pytest
from flask import Flask

from agentsys.people.models import Office, RoleName
from tests.web.access_world import (
    PEOPLE,
    World,
    call,
    make_world,
    path_of,
    person,
    roles_of,
    routes,
)

# A month or a rule belongs to no user, and a tariff table counts for all offices.
NO_OBJECT_OF_AN_OFFICE = {"bulan", "tariff_id", "rule_name"}
# Sponsors pay for workers of the whole office, so all its supervisors see them.
OF_THE_WHOLE_OFFICE = {
    "sponsor_id",
    "agreement_id",
    "version_id",
    "bill_id",
    "facts_id",
    "group_id",
}


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

    visitor = visit(person(mine, roles))
    found = told_apart(app, visitor, roles, mine, other, shared=OF_THE_WHOLE_OFFICE)
    assert found == []


def told_apart(
    app: Flask,
    visitor: Any,
    roles: tuple[RoleName, ...],
    mine: World,
    other: World,
    *,
    shared: Collection[str] = (),
) -> list[Any]:
    """The routes whose answer differs between another's object and a missing one.

    Objects with a URL parameter in `shared` are not another's.
    """
    missing = {
        name: 999_999_999 if isinstance(value, int) else "tidak-ada"
        for name, value in mine.ids.items()
    }
    wrong = []
    for method, endpoint, rule in routes(app):
        names = set(rule.arguments)
        entered = roles_of(app, endpoint, method) & set(roles)
        if not entered or not names or names & NO_OBJECT_OF_AN_OFFICE.union(shared):
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
