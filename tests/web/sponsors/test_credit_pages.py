"""Paying a bill with what its agreement has left, on the bill's page."""

from __future__ import annotations

from typing import Any

import pytest

from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.people.models import RoleName
from tests.factories import make_office, make_user
from tests.sponsors.world import PRICE, Sponsored


def text(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


@pytest.fixture
def bill(office: Sponsored) -> Bill:
    """A bill of two workers, and a surplus of five."""
    agreement = office.agreement()
    office.name(agreement, office.worker(), office.worker())
    office.pay(office.bill(agreement), 7 * PRICE)
    following = office.bill(agreement, office.later(1))
    office.session.commit()
    return following


def test_finance_pays_the_bill_by_one_button(office: Sponsored, visit: Any, bill: Bill) -> None:
    browser = visit(office.finance)
    here = f"/sponsor/tagihan/{bill.id}"
    page = text(browser.get(here))
    assert "Sisa Rp84.000 cukup untuk tagihan ini" in page
    assert "Siapkan nomornya" not in page

    answer = browser.submit(f"{here}/sisa", follow_redirects=True)

    page = text(answer)
    assert "Masih tersisa Rp50.400" in page
    assert "Rp33.600 dibayar dengan sisa transfer sebelumnya" in page
    assert "Lunasi tagihan" not in page
    office.session.refresh(bill)
    assert bill.state is BillState.PAID


def test_the_button_pressed_again_says_that_the_bill_is_paid(
    office: Sponsored, visit: Any, bill: Bill
) -> None:
    browser = visit(office.finance)
    browser.submit(f"/sponsor/tagihan/{bill.id}/sisa")

    answer = browser.submit(f"/sponsor/tagihan/{bill.id}/sisa", follow_redirects=True)

    assert "Tagihan ini sudah lunas" in text(answer)
    assert bill.paid_people == 2


@pytest.mark.parametrize(
    ("role", "elsewhere", "status"), [("auditor", False, 403), ("finance", True, 404)]
)
def test_who_may_not_record_payments_of_the_office_cannot_use_it(
    office: Sponsored, visit: Any, bill: Bill, role: str, elsewhere: bool, status: int
) -> None:
    office_id = make_office(office.session).id if elsewhere else office.office_id
    user = make_user(office.session, RoleName(role), office_id=office_id)
    office.session.commit()

    answer = visit(user).submit(f"/sponsor/tagihan/{bill.id}/sisa")

    assert answer.status_code == status
    assert bill.paid_people == 0
