"""An office's bank account changes only when a second admin approves it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.queries import about
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.people import second_person
from agentsys.people.models import AccessChangeKind, Office, RoleName, User
from agentsys.transfers import office_accounts
from agentsys.transfers.account_models import OfficeAccount
from tests.factories import make_office, make_user

NUMBER = "1234 5678 90"


@pytest.fixture
def office(session: Session) -> Office:
    """An office."""
    return make_office(session)


@pytest.fixture
def andi(session: Session) -> User:
    """An admin of all offices."""
    return make_user(session, RoleName.ADMIN, name="Andi")


@pytest.fixture
def budi(session: Session) -> User:
    """Another one."""
    return make_user(session, RoleName.ADMIN, name="Budi")


def propose(session, vault, office, by, **changed):
    values = {"bank": "BRI", "holder": "Koperasi Melati", "number": NUMBER} | changed
    return office_accounts.propose(
        session, vault=vault, office_id=office.id, actor_id=by.id, **values
    )


def decide(session, account, by, *, approve=True):
    return office_accounts.decide(
        session,
        office_id=account.office_id,
        account_id=account.id,
        approve=approve,
        actor_id=by.id,
    )


def current(session, office):
    return office_accounts.current(session, office_id=office.id)


def test_the_old_account_counts_until_another_admin_approves_the_new_one(
    session, vault, office, andi, budi
):
    decide(session, propose(session, vault, office, andi), budi)
    newer = propose(session, vault, office, andi, number="0987654321")

    assert current(session, office).number == "••••••7890"
    with pytest.raises(Forbidden, match="admin lain"):
        decide(session, newer, andi)
    decide(session, newer, budi)

    assert current(session, office).number == "••••••4321"
    assert [event.action for event in about(session, f"office:{office.id}")] == [
        "office.account_approved",
        "office.account_proposed",
    ] * 2


def test_a_refused_or_withdrawn_proposal_changes_nothing(session, vault, office, andi, budi):
    for by in (andi, budi):
        decide(session, propose(session, vault, office, andi), by, approve=False)

    assert current(session, office) is None


def test_the_number_is_sealed_for_its_row_and_whole_only_for_who_decides(
    session, vault, office, andi
):
    account = propose(session, vault, office, andi)

    assert b"1234567890" not in account.number_sealed
    assert account.number_masked == "••••••7890"
    waiting = office_accounts.waiting(session, vault=vault, office_id=office.id)
    assert waiting.number == "1234567890"
    assert "1234567890" not in str(about(session, f"office:{office.id}")[0].details)


def test_one_proposal_waits_at_a_time_and_only_what_was_shown_is_decided(
    session, vault, office, andi, budi
):
    first = propose(session, vault, office, andi)
    with pytest.raises(Conflict, match="menunggu admin lain"):
        propose(session, vault, office, budi)
    decide(session, first, andi, approve=False)
    propose(session, vault, office, andi)

    with pytest.raises(Conflict):
        decide(session, first, budi)


@pytest.mark.parametrize(
    ("wrong", "about_field"),
    [
        ({"bank": " "}, "bank"),
        ({"holder": ""}, "holder"),
        ({"number": "12345"}, "number"),
        ({"number": "1" * 21}, "number"),
        ({"number": "12345a7890"}, "number"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(session, vault, office, andi, wrong, about_field):
    with pytest.raises(Invalid) as refused:
        propose(session, vault, office, andi, **wrong)

    assert refused.value.facts["about"] == about_field


def test_others_than_admins_of_the_office_change_nothing(session, vault, office, andi):
    finance = make_user(session, RoleName.FINANCE, office_id=office.id)
    elsewhere = make_user(session, RoleName.ADMIN, office_id=make_office(session).id)

    with pytest.raises(Forbidden):
        propose(session, vault, office, finance)
    with pytest.raises(NotFound):
        propose(session, vault, office, elsewhere)


def test_an_admin_made_by_the_proposer_approves_only_after_some_days(
    session: Session, vault: Vault, visit: Any, office: Office, andi: User, budi: User
) -> None:
    kind = AccessChangeKind.MADE
    second_person.record_change(session, user_id=budi.id, kind=kind, actor_id=andi.id)
    page = f"/admin/kantor/{office.id}/rekening"

    assert visit(andi).submit(page, bank="BRI", holder="Melati", number=NUMBER).location == page
    shown = re.sub(r"\s+", " ", visit(budi).get(page).get_data(as_text=True))
    account = session.scalars(select(OfficeAccount)).one()
    refused = visit(budi).submit(f"{page}/putuskan", seen=account.id, action="approve")

    assert "tidak menjadi orang kedua satu sama lain" in shown
    assert 'value="approve"' not in shown
    assert refused.location == page
    assert account.is_approved is None

    third = make_user(session, RoleName.ADMIN)
    assert 'value="approve"' in visit(third).get(page).get_data(as_text=True)
    visit(third).submit(f"{page}/putuskan", seen=account.id, action="approve")
    assert account.is_approved
