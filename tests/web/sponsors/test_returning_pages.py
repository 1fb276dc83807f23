"""Returning a sponsor's money on the agreement's page, by two persons."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from agentsys.agreements.models import Agreement
from agentsys.people.models import RoleName
from agentsys.transfers.models import Transfer
from tests.factories import make_office, make_user
from tests.sponsors.world import PRICE, Sponsored

FORM = {"what": "owed", "amount": "16.800", "bank_ref": "FT-2201", "note": "Surat 900/12"}


def text(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


@pytest.fixture
def agreement(office: Sponsored) -> Agreement:
    """An agreement whose sponsor paid two months of a worker too much."""
    made = office.agreement()
    office.name(made, office.worker())
    office.pay(office.bill(made), 3 * PRICE)
    office.session.commit()
    return made


def proposals(office: Sponsored) -> int:
    return office.session.scalar(select(func.count()).select_from(Transfer)) or 0


def test_finance_proposes_and_an_admin_books_on_the_same_page(
    office: Sponsored, visit: Any, agreement: Agreement
) -> None:
    here = f"/sponsor/perjanjian/{agreement.id}"
    finance, admin = visit(office.finance), visit(office.admin)
    assert "Rp33.600" in text(finance.get(here))

    answer = finance.submit(f"{here}/transfer", **FORM, follow_redirects=True)

    page = text(answer)
    assert "Orang kedua membukukannya" in page
    assert "Tarik usul" in page
    assert 'value="book"' not in page
    transfer = office.session.scalars(select(Transfer)).one()
    assert 'value="book"' in admin.get(here).text
    done = admin.submit("/keuangan/transfer", transfer_id=transfer.id, action="book")
    assert done.location.endswith(here)
    assert "Rp16.800" in text(admin.get(here))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"amount": "33.601"}, "terlalu banyak"),
        ({"amount": "0"}, "lebih dari nol"),
        ({"amount": "sejuta"}, "rupiah"),
        ({"bank_ref": ""}, "Wajib diisi"),
        ({"note": " "}, "Isi catatan"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(
    office: Sponsored, visit: Any, agreement: Agreement, changed: dict[str, str], told: str
) -> None:
    answer = visit(office.finance).submit(
        f"/sponsor/perjanjian/{agreement.id}/transfer", **FORM | changed
    )

    page = text(answer)
    assert answer.status_code == 422
    assert told in page
    if "bank_ref" not in changed:
        assert "FT-2201" in page
    assert proposals(office) == 0


def test_another_account_than_the_sponsors_is_not_found(
    office: Sponsored, visit: Any, agreement: Agreement
) -> None:
    answer = visit(office.finance).submit(
        f"/sponsor/perjanjian/{agreement.id}/transfer", **FORM | {"what": "bank"}
    )

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("role", "elsewhere", "status"), [("auditor", False, 403), ("finance", True, 404)]
)
def test_who_may_not_propose_transfers_of_the_office_cannot(
    office: Sponsored, visit: Any, agreement: Agreement, role: str, elsewhere: bool, status: int
) -> None:
    office_id = make_office(office.session).id if elsewhere else office.office_id
    user = make_user(office.session, RoleName(role), office_id=office_id)
    office.session.commit()

    answer = visit(user).submit(f"/sponsor/perjanjian/{agreement.id}/transfer", **FORM)

    assert answer.status_code == status
    assert proposals(office) == 0
