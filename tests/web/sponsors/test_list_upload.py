"""Uploading a sponsor's list from the page of its agreement."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import select

from agentsys.agreements.kinds import VersionState
from agentsys.agreements.models import ListVersion
from agentsys.workers.kinds import Ecosystem
from agentsys.workers.models import Roster
from tests.rosters.conftest import person, sheet
from tests.sponsors.world import Sponsored


def send(client: Any, agreement_id: int, office: Sponsored, **changed: object) -> Any:
    return client.submit(
        f"/sponsor/perjanjian/{agreement_id}/daftar",
        **{
            "file": (io.BytesIO(sheet(person(1))), "daftar-sk.xlsx"),
            "decree": "SK 463/21",
            "decreed_on": f"{office.month:%Y-%m-%d}",
            "from_month": f"{office.month:%Y-%m}",
            "whole": "whole",
        }
        | changed,
    )


def test_an_admin_uploads_a_list_and_comes_to_its_check(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()
    admin = visit(office.admin)
    assert "Unggah daftar" in admin.get(f"/sponsor/perjanjian/{agreement.id}").text

    answer = send(admin, agreement.id, office)

    roster = office.session.scalars(select(Roster)).one()
    version = office.session.scalars(select(ListVersion)).one()
    assert answer.location.endswith(f"/daftar/{roster.id}")
    assert (roster.version_id, roster.funding) == (version.id, agreement.funding)
    assert (version.decree, version.whole) == ("SK 463/21", True)
    assert "Daftar sponsor (SK)" in admin.get(answer.location).text


def test_a_missing_file_or_month_is_said_at_its_field(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()

    answer = send(visit(office.admin), agreement.id, office, file="", from_month="")

    assert answer.status_code == 422
    assert office.session.scalars(select(ListVersion)).all() == []


def test_a_month_outside_the_agreement_is_refused(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()

    answer = send(visit(office.admin), agreement.id, office, from_month=f"{office.later(20):%Y-%m}")

    assert answer.status_code == 422
    assert "Perjanjian ini membayar mulai" in answer.text


def test_who_may_not_upload_lists_is_told_so(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()
    finance = visit(office.finance)

    assert "Unggah daftar" not in finance.get(f"/sponsor/perjanjian/{agreement.id}").text
    assert send(finance, agreement.id, office).status_code == 422


def test_after_a_cancelled_list_another_one_can_be_sent(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()
    admin = visit(office.admin)
    answer = send(admin, agreement.id, office)
    roster = office.session.scalars(select(Roster)).one()

    admin.submit(f"{answer.location}/langkah", action="cancel")

    office.session.expire_all()
    [version] = office.session.scalars(select(ListVersion)).all()
    assert (roster.status.value, version.state) == ("cancelled", VersionState.REFUSED)


def test_a_list_may_say_the_ecosystem_of_all_its_people(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()

    send(visit(office.admin), agreement.id, office, ecosystem="rentan")

    assert office.session.scalars(select(Roster)).one().ecosystem is Ecosystem.RENTAN
