"""Offices: added, changed, and recorded in the audit trail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.errors import Invalid, NotFound
from agentsys.listing.request import ListRequest
from agentsys.people import offices, queries
from agentsys.people.models import OfficeKind, RoleName
from tests.factories import make_office, make_user

WORDS = {"code": " kota ", "name": "Kantor  Kota", "city": "Kota Contoh", "zone": "Asia/Makassar"}


@pytest.fixture
def admin(session):
    """An admin of all offices."""
    return make_user(session, RoleName.ADMIN)


def told(session, action):
    events = session.scalars(select(AuditEvent).where(AuditEvent.action == action))
    return [(event.actor_id, event.subject, event.details) for event in events]


def test_a_new_office_is_tidied_and_in_the_trail(session, admin):
    office = offices.add_office(session, **WORDS, actor_id=admin.id)

    kept = {"code": "KOTA", "name": "Kantor Kota", "city": "Kota Contoh", "zone": "Asia/Makassar"}
    assert {field: getattr(office, field) for field in kept} == kept
    assert told(session, "office.added") == [(admin.id, f"office:{office.id}", kept)]


def test_a_changed_office_is_in_the_trail_before_and_after(session, admin):
    office = offices.add_office(session, **WORDS, actor_id=admin.id)

    for _twice in range(2):  # the second time there is nothing new
        offices.change_office(
            session,
            office_id=office.id,
            **WORDS | {"name": "Kantor Timur", "zone": "Asia/Jayapura"},
            actor_id=admin.id,
        )

    changed = {"name": ["Kantor Kota", "Kantor Timur"], "zone": ["Asia/Makassar", "Asia/Jayapura"]}
    assert told(session, "office.changed") == [(admin.id, f"office:{office.id}", changed)]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"code": " "}, "kode kantor"),
        ({"code": "K" * 21}, "kode kantor"),
        ({"name": "\0"}, "nama kantor"),
        ({"city": ""}, "kota atau kabupaten"),
        ({"zone": "Europe/Paris"}, "zona waktu"),
    ],
)
def test_what_is_wrong_with_an_office_is_said(session, admin, wrong, sentence):
    with pytest.raises(Invalid, match=sentence):
        offices.add_office(session, **WORDS | wrong, actor_id=admin.id)

    assert told(session, "office.added") == []


def test_a_code_belongs_to_one_office_however_it_is_typed(session, admin):
    first = offices.add_office(session, **WORDS, actor_id=admin.id)
    other = make_office(session)

    with pytest.raises(offices.OfficeCodeTaken):
        offices.add_office(session, **WORDS | {"code": "KoTa"}, actor_id=admin.id)
    with pytest.raises(offices.OfficeCodeTaken):
        offices.change_office(session, office_id=other.id, **WORDS, actor_id=admin.id)
    assert offices.change_office(session, office_id=first.id, **WORDS, actor_id=admin.id) is first


def test_an_office_that_is_not_there_is_not_changed(session, admin):
    with pytest.raises(NotFound):
        offices.change_office(session, office_id=987_654, **WORDS, actor_id=admin.id)


def test_the_list_says_how_many_people_an_office_has(session):
    office = make_office(session)
    admin = make_user(session, RoleName.ADMIN, office_id=office.id)

    page = queries.office_list(session, admin, ListRequest())

    assert [(row.code, row.users, row.agents) for row in page.rows] == [(office.code, 1, 0)]


DETAILS = offices.OfficeDetails(
    kind=OfficeKind.BRANCH,
    contact_name=" Budi  Santoso ",
    contact_phone="0812 3456 7890",
    controller="Koperasi Melati",
    pks_number="PER/12",
    pks_from=date(2026, 1, 1),
    pks_until=date(2026, 12, 31),
)


def test_details_are_tidied_and_kept_before_and_after(session, admin):
    office = offices.add_office(session, **WORDS, actor_id=admin.id)

    offices.change_office(session, office_id=office.id, **WORDS, details=DETAILS, actor_id=admin.id)

    [(_, _, changed)] = told(session, "office.changed")
    assert changed["contact_name"] == ["", "Budi Santoso"]
    assert changed["contact_phone"] == ["", "+6281234567890"]
    assert changed["pks_until"] == [None, "2026-12-31"]
    assert changed["kind"] == ["wadah", "branch"]


@pytest.mark.parametrize(
    ("wrong", "about"),
    [
        ({"contact_phone": "12"}, "contact_phone"),
        ({"contact_email": "budi@"}, "contact_email"),
        ({"address": "x" * 201}, "address"),
        ({"pks_until": date(2025, 1, 1)}, "pks_until"),
        ({"parent_id": 987_654}, "parent"),
    ],
)
def test_a_wrong_detail_is_said_at_its_field(session, admin, wrong, about):
    with pytest.raises(Invalid) as refused:
        offices.add_office(session, **WORDS, details=replace(DETAILS, **wrong), actor_id=admin.id)

    assert refused.value.facts["about"] == about


def test_an_office_is_not_below_itself(session, admin):
    above = make_office(session)
    below = make_office(session, parent_id=above.id)

    for parent in (above, below):
        with pytest.raises(Invalid, match="kantor induk"):
            offices.change_office(
                session,
                office_id=above.id,
                **WORDS,
                details=offices.OfficeDetails(parent_id=parent.id),
                actor_id=admin.id,
            )


def test_the_end_of_an_agreement_is_announced_in_time(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 30, tzinfo=UTC))

    left = [
        offices.pks_days_left(until)
        for until in (None, date(2027, 3, 1), date(2026, 12, 10), date(2026, 11, 29))
    ]

    assert left == [None, None, 10, -1]


def test_the_office_itself_answers_for_the_data_if_nobody_else_does(session):
    alone = make_office(session, name="Kantor Kota")
    other = make_office(session, controller="Koperasi Melati")

    assert offices.controller_of(session, alone.id) == "Kantor Kota"
    assert offices.controller_of(session, other.id) == "Koperasi Melati"
