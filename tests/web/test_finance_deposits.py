"""The page on which a second person counts an agent's cash."""

from __future__ import annotations

import io
import re
import secrets
from html import unescape
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.ledger import accounts, journal
from agentsys.listing import request as list_request
from agentsys.payments import custody
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.people.models import RoleName
from tests.factories import make_office, make_user
from tests.payments.world import PRICE, World


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent who collected two months in cash."""
    found = World.build(session, vault)
    found.collect(found.months[:2])
    return found


def declared(world: World, evidence: str) -> Deposit:
    """The agent says that all cash was handed over."""
    _count, held_idr = custody.to_hand_over(world.session, world.agent.id)
    return world.declare(held_idr, key=secrets.token_hex(16), evidence=evidence)


@pytest.fixture
def deposit(world: World) -> Deposit:
    """The agent says that the cash was handed over."""
    return world.declare(2 * PRICE, key=secrets.token_hex(16), evidence="SLIP-0099")


def test_finance_sees_the_deposits_that_wait(world: World, deposit: Deposit, visit: Any) -> None:
    page = visit(world.finance).get("/keuangan/setoran-agen").get_data(as_text=True)

    assert "SLIP-0099" in page
    assert world.agent.name in page
    assert "Rp33.600" not in page  # counted first
    assert "1 setoran" in page


def test_the_counted_sum_confirms_a_deposit_and_brings_the_cash_to_the_bank(
    world: World, deposit: Deposit, visit: Any
) -> None:
    answer = visit(world.finance).submit(
        f"/keuangan/setoran-agen/{deposit.id}", action="confirm", counted_idr="33.600"
    )

    assert answer.status_code == 302
    assert deposit.state is DepositState.CONFIRMED
    assert journal.balance(world.session, accounts.bank(world.office_id)) == 2 * PRICE
    assert journal.balance(world.session, accounts.cash_of(world.agent.id)) == 0


@pytest.mark.parametrize(
    ("counted", "sentence"),
    [
        ("30.000", "kurang Rp3.600"),
        ("", "Isi jumlah yang dihitung."),
        ("33,6", "Tulis rupiah tanpa koma"),
    ],
)
def test_another_count_confirms_nothing_and_is_kept_on_the_page(
    world: World, deposit: Deposit, visit: Any, counted: str, sentence: str
) -> None:
    answer = visit(world.finance).submit(
        f"/keuangan/setoran-agen/{deposit.id}", action="confirm", counted_idr=counted
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    assert f'value="{counted}"' in page
    assert f'<dialog id="d{deposit.id}" aria-labelledby="d{deposit.id}-h" open>' in page
    assert deposit.state is DepositState.DECLARED


def test_a_count_that_differs_is_kept_on_the_page_that_the_deposit_is_on(
    world: World, deposit: Deposit, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.collect(world.months[2:])
    second = declared(world, "SLIP-0100")
    monkeypatch.setattr(list_request, "SIZE", 1)
    finance = visit(world.finance)
    first = finance.get("/keuangan/setoran-agen").get_data(as_text=True)
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    page = finance.get(unescape(following[1])).get_data(as_text=True)
    action = re.search(r'action="(/keuangan/setoran-agen/[^"]+)"', page)
    assert action is not None

    answer = finance.submit(unescape(action[1]), action="confirm", counted_idr="7.000")

    again = answer.get_data(as_text=True)
    assert f'<dialog id="d{second.id}" aria-labelledby="d{second.id}-h" open>' in again
    assert 'value="7.000"' in again


def test_a_returned_deposit_tells_the_agent_why(world: World, deposit: Deposit, visit: Any) -> None:
    finance = visit(world.finance)
    refused = finance.submit(f"/keuangan/setoran-agen/{deposit.id}", action="return")
    answer = finance.submit(
        f"/keuangan/setoran-agen/{deposit.id}", action="return", reason="Slip tidak terbaca"
    )

    assert refused.status_code == 422
    assert answer.status_code == 302
    assert deposit.state is DepositState.RETURNED
    page = finance.get("/keuangan/setoran-agen?tab=returned").get_data(as_text=True)
    assert "Slip tidak terbaca" in page


def test_a_reason_that_was_typed_before_it_was_confirmed_is_told_to_nobody(
    world: World, deposit: Deposit, visit: Any
) -> None:
    visit(world.finance).submit(
        f"/keuangan/setoran-agen/{deposit.id}",
        action="confirm",
        counted_idr="33.600",
        reason="Slip tidak terbaca",
    )

    assert (deposit.state, deposit.reason) == (DepositState.CONFIRMED, "")


def test_a_deposit_is_decided_once_and_the_second_persons_reason_is_not_lost(
    world: World, deposit: Deposit, visit: Any
) -> None:
    finance = visit(world.finance)
    finance.submit(f"/keuangan/setoran-agen/{deposit.id}", action="confirm", counted_idr="33600")

    answer = finance.submit(
        f"/keuangan/setoran-agen/{deposit.id}", action="return", reason="Terlambat"
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert deposit.state is DepositState.CONFIRMED
    assert "Data sudah berubah" in page
    assert 'Belum disimpan:</b> <span class="kept">Terlambat</span>' in page


def test_a_deposit_of_another_office_is_like_none(
    world: World, deposit: Deposit, visit: Any
) -> None:
    stranger = visit(
        make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    )

    listed = stranger.get("/keuangan/setoran-agen").get_data(as_text=True)
    answers = [
        stranger.submit(f"/keuangan/setoran-agen/{key}", action="confirm", counted_idr="33600")
        for key in (deposit.id, 999_999)
    ]

    assert "SLIP-0099" not in listed
    assert [answer.status_code for answer in answers] == [404, 404]
    assert deposit.state is DepositState.DECLARED


def test_an_auditor_reads_and_changes_nothing(world: World, deposit: Deposit, visit: Any) -> None:
    auditor = visit(make_user(world.session, RoleName.AUDITOR))

    page = auditor.get("/keuangan/setoran-agen")
    answer = auditor.submit(
        f"/keuangan/setoran-agen/{deposit.id}", action="confirm", counted_idr="33600"
    )

    assert "SLIP-0099" in page.get_data(as_text=True)
    assert '<dialog id="d' not in page.get_data(as_text=True)
    assert answer.status_code == 403
    assert deposit.state is DepositState.DECLARED


def test_deposits_are_searched_filtered_and_taken_away_as_shown(
    world: World, deposit: Deposit, visit: Any
) -> None:
    world.collect(world.months[2:])
    declared(world, "SLIP-0100")
    path = "/keuangan/setoran-agen"
    auditor = visit(make_user(world.session, RoleName.AUDITOR))

    def slips(query: str) -> list[str]:
        return re.findall(r"SLIP-\d+", auditor.get(f"{path}?{query}").get_data(as_text=True))

    assert slips("") == ["SLIP-0099", "SLIP-0100"]
    assert slips("sort=-amount") == ["SLIP-0099", "SLIP-0100"]
    assert slips("q=slip-0100") == ["SLIP-0100"]
    assert slips("tab=confirmed") == []
    assert slips("min=33600") == ["SLIP-0099"]
    assert slips("to=2020-01-01") == []
    assert slips(f"agent={world.agent.code}") == ["SLIP-0099", "SLIP-0100"]
    assert slips("agent=nobody") == []
    file = auditor.get(f"{path}?min=33600&as=xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(file.data)).get_sheet_by_index(0).to_python()
    assert sheet[0][0] == "Setoran agen · paling sedikit Rp33.600"
    assert [row[2] for row in sheet[3:]] == ["SLIP-0099"]


def test_after_a_decision_the_filter_and_the_place_are_kept(
    world: World, deposit: Deposit, visit: Any
) -> None:
    finance = visit(world.finance)
    finance.get("/keuangan/setoran-agen?min=100&sort=amount")

    answer = finance.submit(
        f"/keuangan/setoran-agen/{deposit.id}", action="confirm", counted_idr="33.600"
    )

    assert answer.location == "/keuangan/setoran-agen?min=100&sort=amount"


def test_no_agent_may_open_the_pages_of_finance(world: World, visit: Any) -> None:
    agent = visit(world.agent.user)

    assert agent.get("/keuangan/setoran-agen").status_code == 403
    assert agent.get("/keuangan/buku").status_code == 403
    assert agent.get("/admin/pengguna").status_code == 403
