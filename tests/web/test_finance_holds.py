"""The page of contributions that are held back from BPJS."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.listing import request as list_request
from agentsys.people.models import RoleName
from agentsys.remittances import batches
from tests.factories import make_office, make_user, nik_of
from tests.payments.world import World

PAGE = "/keuangan/setoran-bpjs/ditahan"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker paid two months through a provider."""
    found = World.build(session, vault, months=2)
    found.report(found.ask(2), PaymentState.SETTLED)
    return found


def _held(session: Session) -> list[str | None]:
    rows = session.scalars(select(Contribution.hold_reason).order_by(Contribution.month))
    return list(rows)


def test_a_contribution_is_held_by_nik_shown_with_its_reason_and_let_go(
    world: World, visit: Any
) -> None:
    finance = visit(world.finance)
    month = f"{world.months[0]:%Y-%m}"
    nik = nik_of(world.vault, world.worker)

    answer = finance.submit(PAGE, nik=nik, month=month, reason="NIK ditolak")

    page = finance.get(answer.location).get_data(as_text=True)
    assert "NIK ditolak" in page
    assert world.worker.name in page
    assert nik not in page
    ready = finance.get("/keuangan/setoran-bpjs").get_data(as_text=True)
    assert "Iuran yang ditahan</a><small>1 iuran" in ready
    finance.submit(f"{PAGE}/lepas", worker_id=world.worker.id, month=month)
    assert _held(world.session) == [None, None]


def test_a_row_of_an_open_batch_is_taken_out(world: World, visit: Any) -> None:
    finance = visit(world.finance)
    made = batches.make_batch(
        world.session, office_id=world.agent.office_id, actor_id=world.finance.id
    )
    batch = finance.get(f"/keuangan/setoran-bpjs/{made.id}").get_data(as_text=True)

    finance.submit(
        PAGE, worker_id=world.worker.id, month=f"{world.months[1]:%Y-%m}", reason="NIK ditolak"
    )

    assert "Tahan iuran" in batch
    assert (made.count, _held(world.session)) == (1, [None, "NIK ditolak"])


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"reason": ""}, "Wajib diisi."),
        ({"nik": "123"}, "NIK harus 16 angka"),
        ({"month": "2020-01"}, "Tidak ada iuran bulan itu"),
        ({"month": "kapan"}, "Tulis bulan seperti 2026-11."),
    ],
)
def test_what_cannot_be_held_is_refused_and_stays_on_the_page(
    world: World, visit: Any, sent: dict[str, str], sentence: str
) -> None:
    form = {
        "nik": nik_of(world.vault, world.worker),
        "month": f"{world.months[0]:%Y-%m}",
        "reason": "NIK ditolak",
    }

    answer = visit(world.finance).submit(PAGE, **(form | sent))

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert _held(world.session) == [None, None]


def test_another_office_neither_holds_nor_sees_nor_lets_go(world: World, visit: Any) -> None:
    form = {"worker_id": world.worker.id, "month": f"{world.months[0]:%Y-%m}", "reason": "NIK"}
    stranger = visit(
        make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    )

    assert stranger.submit(PAGE, **form).status_code == 422
    visit(world.finance).submit(PAGE, **form)

    assert world.worker.name not in stranger.get(PAGE).get_data(as_text=True)
    assert stranger.submit(f"{PAGE}/lepas", **form).status_code == 404


def test_the_list_goes_on_page_by_page(
    world: World, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 1)
    finance = visit(world.finance)
    for month in world.months:
        finance.submit(
            PAGE, worker_id=world.worker.id, month=f"{month:%Y-%m}", reason=f"Alasan {month:%m}"
        )

    first = finance.get(PAGE).get_data(as_text=True)
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    second = finance.get(unescape(following[1])).get_data(as_text=True)

    assert f"Alasan {world.months[0]:%m}" in first
    assert f"Alasan {world.months[1]:%m}" not in first
    assert f"Alasan {world.months[1]:%m}" in second
    assert "2 dari 2" in second
    assert finance.get(f"{PAGE}?page=x:y").get_data(as_text=True).count("1 dari 2") == 1
