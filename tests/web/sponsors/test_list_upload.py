"""Uploading a sponsor's list from the page of its agreement."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import select

from agentsys.agreements.kinds import VersionState
from agentsys.agreements.models import ListVersion
from agentsys.people.models import RoleName
from agentsys.rosters.uploading import store_upload
from agentsys.workers.kinds import Ecosystem
from agentsys.workers.models import Funding, Programmes, Roster, RosterStatus
from tests.factories import make_agent, make_user
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


def test_finance_uploads_a_sponsors_list_and_takes_its_steps(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()
    finance = visit(office.finance)
    assert "Unggah daftar" in finance.get(f"/sponsor/perjanjian/{agreement.id}").text

    answer = send(finance, agreement.id, office)

    roster = office.session.scalars(select(Roster)).one()
    assert answer.location.endswith(f"/daftar/{roster.id}")
    finance.submit(f"{answer.location}/langkah", action="cancel")
    office.session.expire_all()
    assert roster.status is RosterStatus.CANCELLED


def test_finance_takes_no_step_of_a_list_that_is_no_sponsors(office: Sponsored, visit: Any) -> None:
    roster_id = store_upload(
        office.session,
        vault=office.vault,
        office_id=office.office_id,
        agent_id=None,
        filename="daftar.xlsx",
        content=sheet(person(1)),
        programmes=Programmes.TWO,
        funding=Funding.SELF,
        from_month=office.month,
        actor_id=office.admin.id,
    ).id
    office.session.commit()
    finance = visit(office.finance)

    for path, fields in (
        ("langkah", {"action": "cancel"}),
        ("selesai", {}),
        ("tarik", {"note": "Salah kirim"}),
    ):
        answer = finance.submit(f"/pembina/daftar/{roster_id}/{path}", **fields)
        assert answer.status_code == 404
    uploaded = finance.submit("/pembina/daftar", file=(io.BytesIO(sheet(person(2))), "x.xlsx"))

    assert uploaded.status_code == 403
    assert "Daftar sponsor (SK) diunggah dari" in finance.get("/pembina/daftar").text
    roster = office.session.get_one(Roster, roster_id, populate_existing=True)
    assert roster.handled_at is None
    assert roster.status is RosterStatus.WAITING


def test_who_may_not_record_sponsors_cannot_upload_their_lists(
    office: Sponsored, visit: Any
) -> None:
    agreement = office.agreement()
    for role in (RoleName.SUPERVISOR, RoleName.AUDITOR):
        user = make_user(office.session, role, office_id=office.office_id)
        office.session.commit()
        assert send(visit(user), agreement.id, office).status_code == 403


def test_a_list_may_be_one_agents(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()

    send(
        visit(office.finance),
        agreement.id,
        office,
        agents="one",
        agent_code=office.agent.code.lower(),
    )

    roster = office.session.scalars(select(Roster)).one()
    assert (roster.agent_id, roster.by_kelurahan) == (office.agent.id, False)


@pytest.mark.parametrize("of_another_office", [True, False])
def test_an_agent_who_is_not_of_the_agreements_office_is_refused(
    office: Sponsored, visit: Any, of_another_office: bool
) -> None:
    agreement = office.agreement()
    code = make_agent(office.session).code if of_another_office else "X-999"

    answer = send(visit(office.finance), agreement.id, office, agents="one", agent_code=code)

    assert answer.status_code == 422
    assert "Tidak ada agen aktif dengan kode itu" in answer.text
    assert office.session.scalars(select(ListVersion)).all() == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"agents": "one", "agent_code": " "}, "Isi kode agennya"),
        ({"agents": "none", "agent_code": "A-1"}, "bukan untuk satu agen"),
        ({"agents": "all"}, "agents"),
    ],
)
def test_a_code_and_a_choice_that_do_not_fit_are_refused(
    office: Sponsored, visit: Any, fields: dict[str, str], told: str
) -> None:
    agreement = office.agreement()

    answer = send(visit(office.finance), agreement.id, office, **fields)

    assert answer.status_code == 422
    assert told in answer.text
    assert office.session.scalars(select(Roster)).all() == []


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
