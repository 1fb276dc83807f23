"""Bad input to every form gets a message that says what to do, never an internal error."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from agentsys.db import db
from agentsys.payments.models import StoredCallback
from agentsys.people.models import RoleName
from agentsys.plugins._midtrans.signature import expected_signature
from tests.factories import make_agent, make_user
from tests.web.access_world import roles_of
from tests.web.full_office import full_office
from tests.web.hostile_values import IN_A_PATH, TYPED, Form, filled, read
from tests.web.no_forms import FOR_ALL_OFFICES, NO_FORM
from tests.web.walking import Walk

# Each page is visited as the first of these roles that may; None is a visitor without a login.
WALKERS = (None, RoleName.AGENT, RoleName.SUPERVISOR, RoleName.FINANCE, RoleName.ADMIN)
SERVER_KEY = "kunci-uji"


@pytest.mark.parametrize("value", TYPED.values(), ids=TYPED)
def test_the_check_while_somebody_enrols_answers_bad_input(session, visit, value):
    agent = visit(make_agent(session).user)
    fields = ("nik", "income_idr", "programmes", "sector", "birth_date")

    answer = agent.submit("/daftarkan/periksa", **dict.fromkeys(fields, value))

    assert answer.status_code in (200, 400, 413, 422)


ALWAYS = (
    "nothing",
    "ten thousand letters",
    "more than any number",
    "a superscript",
    "markup",
    "half a letter",
)
MORE = 3  # the number of further values for each control; the choice is repeatable
MULTIPART = "multipart/form-data"
SHAPES: dict[str, dict[str, Any]] = {
    "nothing at all": {},
    "plain text": {"data": b"halo", "content_type": "text/plain"},
    "JSON": {"json": {"csrf_token": [1, {"a": None}]}},
    "an unknown multipart": {"data": b"--x", "content_type": MULTIPART},
    "a broken multipart": {"data": b"--x\r\nContent-D", "content_type": f"{MULTIPART}; boundary=x"},
    "too many parts": {"data": {f"f{n}": "1" for n in range(1_100)}, "content_type": MULTIPART},
    "a text too long": {"data": {"csrf_token": "x" * 1_200_000}, "content_type": MULTIPART},
    "a body too long": {"data": b"x", "content_length": 10**10},
}


@pytest.fixture(scope="module")
def app(app: Flask, make_app: Any) -> Iterator[Flask]:
    """The app with an unreachable gateway."""
    made = make_app(
        plugin_settings={
            "AGENTSYS_MIDTRANS_SERVER_KEY": SERVER_KEY,
            "AGENTSYS_MIDTRANS_BASE_URL": "http://127.0.0.1:9",
        }
    )
    yield made
    with made.app_context():
        db.engine.dispose()


def enter(
    app: Flask, session: Any, vault: Any, client: Any, visit: Any, role: RoleName | None
) -> tuple[Walk, dict[str, list[Any]]]:
    """The walker in an office where every page has something to show."""
    office = full_office(session, vault)
    return Walk(app, visit(office.users[role]) if role else client), office.ids


def owner(app: Flask, endpoint: str, method: str) -> RoleName | None:
    """The role as which an endpoint is visited."""
    if endpoint == "security.logout":
        return RoleName.AGENT
    if endpoint.startswith("security.") or endpoint == "static":
        return None
    allowed = roles_of(app, endpoint, method)
    return next(role for role in WALKERS if (role in allowed if allowed else role is None))


def rules(app: Flask, role: RoleName | None, method: str) -> list[Any]:
    """The addresses that are this walker's."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ()) and owner(app, rule.endpoint, method) is role
    ]


def paths(rule: Any, ids: dict[str, list[Any]]) -> list[str]:
    """The addresses of a rule in this office."""
    found = [rule.rule]
    for name in rule.arguments:
        part = re.compile(rf"<(?:\w+:)?{name}>")
        found = [part.sub(str(value), path) for path in found for value in ids[name]]
    return found


def forms(walk: Walk, role: RoleName | None, ids: dict[str, list[Any]]) -> dict[Any, Form]:
    """The forms on all pages that this role may see."""
    found: dict[Any, Form] = {}
    for rule in walk.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.endswith("static"):
            continue
        for path in paths(rule, ids):
            for form in walk.page(path).forms:
                endpoint = walk.endpoint(form.action, "POST")
                if form.method.lower() == "post" and owner(walk.app, endpoint, "POST") is role:
                    found.setdefault((endpoint, form.shape()), form)
    return found


def bad_for(place: str, more: int = MORE) -> dict[str, Any]:
    """The bad values for one field: some always, others chosen at random."""
    others = [what for what in TYPED if what not in ALWAYS]
    chosen = [*ALWAYS, *random.Random(place).sample(others, more)]
    return {what: TYPED[what] for what in chosen}


def attack(walk: Walk, form: Form) -> None:
    """Send a form with bad values in one field at a time, and good ones in the others."""
    good = filled(form)
    for name, control in form.fields.items():
        if name == "csrf_token":
            continue
        for what, bad in bad_for(form.action + name, MORE if control.typed else 1).items():
            walk.submit(f"{name}: {what}", form, good | {name: [bad]})
        walk.submit(f"without {name}", form, {n: v for n, v in good.items() if n != name})
        walk.submit(f"{name} twice", form, good | {name: ["lain", *good[name]]})
    for what, options in SHAPES.items():
        walk.send(what, form.action, method="POST", **options)


@pytest.mark.parametrize("role", WALKERS)
def test_every_form_answers_bad_input_with_a_sentence(
    app, session, vault, client, visit, logged, role
):
    walk, ids = enter(app, session, vault, client, visit, role)

    found = forms(walk, role, ids)
    for form in found.values():
        attack(walk, form)

    asked = {rule.endpoint for rule in rules(app, role, "POST")}
    assert asked - {endpoint for endpoint, _ in found} <= NO_FORM
    assert walk.faults == {}
    assert '"event": "bug"' not in logged()


def test_the_forms_of_admins_of_all_offices_answer_bad_input(app, session, vault, visit, logged):
    ids = full_office(session, vault).ids
    walk = Walk(app, visit(make_user(session, RoleName.ADMIN)))

    found = {
        endpoint: form
        for (endpoint, _), form in forms(walk, RoleName.ADMIN, ids).items()
        if endpoint in FOR_ALL_OFFICES
    }
    for form in found.values():
        attack(walk, form)

    assert found.keys() == FOR_ALL_OFFICES
    assert walk.faults == {}
    assert '"event": "bug"' not in logged()


@pytest.mark.parametrize("role", WALKERS)
def test_every_address_answers_bad_parts_with_a_sentence(
    app, session, vault, client, visit, logged, role
):
    walk, ids = enter(app, session, vault, client, visit, role)

    for method in ("GET", "POST"):
        token = walk.visitor.token()
        for rule in rules(app, role, method):
            for what, bad in IN_A_PATH.items() if rule.arguments else ():
                path = re.sub(r"<(?:\w+:)?\w+>", lambda _, bad=bad: bad, rule.rule)
                sent = {"method": method, "data": {"csrf_token": token}}
                walk.send(what, path, **(sent if method == "POST" else {}))
    for rule in rules(app, role, "GET"):
        path = paths(rule, ids)[-1]
        for name in sorted({"after", *names_in(walk, path)}):
            for what, bad in bad_for(path + name).items():
                walk.send(f"{name}: {what}", f"{path}?{urlencode({name: bad})}")

    assert walk.faults == {}
    assert '"event": "bug"' not in logged()


def names_in(walk: Walk, path: str) -> set[str]:
    """What a page asks itself for in its address: filters, tabs, searches."""
    page = walk.page(path)
    named = {
        name
        for link in page.links
        if urlsplit(link).path == path
        for name, _value in parse_qsl(urlsplit(link).query)
    }
    return named.union(*(form.fields for form in page.forms if form.method.lower() == "get"))


@pytest.mark.parametrize("role", [None, RoleName.AGENT, RoleName.FINANCE])
def test_who_reads_english_is_told_in_english(app, session, vault, client, visit, role):
    walk, ids = enter(app, session, vault, client, visit, role)
    walk.visitor.submit("/bahasa", lang="en", next="/")
    walk.language = "en"

    for form in forms(walk, role, ids).values():
        good = filled(form)
        for bad in ("", TYPED["ten thousand letters"]):
            spoilt = {n: [bad] if form.fields[n].typed else values for n, values in good.items()}
            walk.submit(bad[:1] or "nothing", form, spoilt)

    assert walk.faults == {}


@pytest.mark.parametrize(
    "more",
    [
        f', "x": {"[" * 30_000}{"]" * 30_000}}}',
        ', "x": ' + "9" * 60_000 + "}",
        ', "x": [1e99999, NaN, -Infinity]}',
        r', "x": "\u0000\ud800", "\udfff": 1}',
        ', "order_id": "AG-2"}',
        ', "order_id": null}',
        "",
    ],
)
def test_a_callback_is_refused_or_kept_and_shown_whatever_else_it_says(
    session, client, visit, more
):
    signature = expected_signature("AG-1", "200", "1.00", SERVER_KEY)
    signed = (
        '{"order_id": "AG-1", "status_code": "200", "gross_amount": "1.00",'
        f' "signature_key": "{signature}"{more}'
    )

    answer = client.post("/callbacks/gopay", data=signed)

    kept = list(session.scalars(select(StoredCallback)))
    finance = visit(make_user(session, RoleName.FINANCE))
    assert answer.status_code == (200 if kept else 403)
    for callback in kept:
        assert callback.reference == "AG-1"
        assert finance.get(f"/keuangan/kabar/{callback.id}").status_code == 200


def test_a_page_is_read_as_a_browser_reads_it():
    page = read(
        '<form id="a" method="post"><select name="s"><option value="1"><option value="2" selected>'
        '</select><textarea name="t">\n&lt;x</textarea><input type="checkbox" name="c" value="9">'
        '</form><button form="a" name="b" value="go">',
        "/here",
    )

    [form] = page.forms
    assert form.action == "/here"
    assert filled(form) == {"s": ["2"], "t": ["<x"], "c": ["9"], "b": ["go"]}
