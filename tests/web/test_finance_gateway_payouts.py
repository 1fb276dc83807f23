"""The page on which payouts of providers are recorded."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.payout_models import GatewayPayout
from agentsys.people.models import RoleName
from tests.factories import make_user
from tests.payments.world import PRICE, World

PAGE = "/keuangan/pencairan"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker paid three months through the provider called dict."""
    found = World.build(session, vault)
    found.report(found.ask(3), PaymentState.SETTLED)
    return found


def _payouts(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(GatewayPayout)) or 0


def test_no_two_parts_of_the_page_have_the_same_id(world: World, visit: Any) -> None:
    page = visit(world.finance).get(PAGE).get_data(as_text=True)

    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) > 5
    assert [name for name, times in Counter(ids).items() if times > 1] == []


def test_a_payout_brings_the_net_sum_to_the_bank_and_books_the_fee(
    world: World, visit: Any
) -> None:
    finance = visit(world.finance)

    answer = finance.submit(
        PAGE, provider="dict", bank_ref="FT-77", net_idr="50.000", fee_idr="400"
    )

    assert answer.status_code == 302
    assert journal.balance(world.session, accounts.bank(world.office_id)) == 50_000
    assert journal.balance(world.session, accounts.gateway_fee(world.office_id)) == 400
    assert (
        journal.balance(world.session, accounts.clearing("dict", world.office_id))
        == 3 * PRICE - 50_400
    )
    page = finance.get(PAGE).get_data(as_text=True)
    assert "FT-77" in page
    assert world.finance.name in page


def test_one_bank_reference_is_booked_once(world: World, visit: Any) -> None:
    finance = visit(world.finance)
    for _again in range(2):
        finance.submit(PAGE, provider="dict", bank_ref="FT-77", net_idr="10.000", fee_idr="")

    assert _payouts(world.session) == 1
    assert journal.balance(world.session, accounts.bank(world.office_id)) == 10_000


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"net_idr": "60.000"}, "tidak mungkin dicairkan"),
        ({"net_idr": "0"}, "lebih dari nol"),
        ({"net_idr": "1,5"}, "Tulis rupiah tanpa koma"),
        ({"net_idr": ""}, "Wajib diisi."),
        ({"provider": "bank-hantu"}, "Pilih salah satu yang ada di daftar."),
    ],
)
def test_what_cannot_be_is_refused_and_stays_on_the_page(
    world: World, visit: Any, sent: dict[str, str], sentence: str
) -> None:
    answer = visit(world.finance).submit(
        PAGE, **({"provider": "dict", "bank_ref": "FT-88", "net_idr": "10.000"} | sent)
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    assert 'value="FT-88"' in page
    assert _payouts(world.session) == 0


def test_own_funds_are_booked_once(world: World, visit: Any) -> None:
    finance = visit(world.finance)

    answers = [
        finance.submit("/keuangan/dana-sendiri", own_ref="TRX-1", own_idr="250.000")
        for _again in range(2)
    ]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert journal.balance(world.session, accounts.bank(world.office_id)) == 250_000
    assert "tidak ada yang berubah" in finance.get(PAGE).get_data(as_text=True)


def test_own_money_that_is_refused_is_still_in_the_form(world: World, visit: Any) -> None:
    finance = visit(world.finance)
    finance.submit("/keuangan/dana-sendiri", own_ref="TRX-1", own_idr="250.000")

    answer = finance.submit("/keuangan/dana-sendiri", own_ref="TRX-1", own_idr="260.000")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "TRX-1 sudah dicatat dengan jumlah lain" in page
    assert 'value="260.000"' in page
    assert journal.balance(world.session, accounts.bank(world.office_id)) == 250_000


def test_an_auditor_sees_payouts_and_no_form(world: World, visit: Any) -> None:
    auditor = visit(make_user(world.session, RoleName.AUDITOR))

    page = auditor.get(PAGE).get_data(as_text=True)

    assert "Rp50.400" in page
    assert 'name="bank_ref"' not in page
    assert auditor.submit(PAGE, provider="dict", bank_ref="X", net_idr="1").status_code == 403
