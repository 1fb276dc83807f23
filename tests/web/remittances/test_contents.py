"""What is in a batch: on its page, and as a list for EPS."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from agentsys.audit.models import AuditEvent
from agentsys.listing import request as list_request
from agentsys.people.models import RoleName
from agentsys.remittances.models import Remittance, RemittanceState
from tests.factories import make_office, make_user, nik_of
from tests.payments.world import PRICE, World

LIST = "/keuangan/setoran-bpjs"


def _sheet(answer: Any) -> list[list[Any]]:
    content = io.BytesIO(answer.get_data())
    return CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()


def test_the_list_for_eps_has_whole_niks_and_its_export_is_recorded(
    world: World, batch: Remittance, visit: Any
) -> None:
    world.worker.name = "=1+1"

    rows = _sheet(visit(world.finance).get(f"{LIST}/{batch.id}/daftar.xlsx"))

    nik = nik_of(world.vault, world.worker)
    assert [row[0] for row in rows[3:]] == [nik, nik]
    assert rows[3][2] == "=1+1"
    assert [row[-1] for row in rows[3:]] == [PRICE, PRICE]
    event = world.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "remittance.exported")
    ).one()
    assert event.actor_id == world.finance.id
    assert event.details == {"count": 2, "whole_nik": True}


def test_an_auditor_gets_masked_niks(world: World, batch: Remittance, visit: Any) -> None:
    auditor = visit(make_user(world.session, RoleName.AUDITOR))

    rows = _sheet(auditor.get(f"{LIST}/{batch.id}/daftar.xlsx"))

    assert [row[0] for row in rows[3:]] == [world.worker.nik_masked] * 2


def test_a_batch_of_another_office_is_like_none(
    world: World, batch: Remittance, visit: Any
) -> None:
    stranger = visit(
        make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    )

    for key in (batch.id, 999_999):
        assert stranger.get(f"{LIST}/{key}").status_code == 404
        assert stranger.get(f"{LIST}/{key}/daftar.xlsx").status_code == 404
        assert stranger.submit(f"{LIST}/{key}/kode", kode_iuran="2611").status_code == 404
        assert stranger.submit(f"{LIST}/{key}/hasil", results="x").status_code == 404
        assert stranger.submit(f"{LIST}/{key}/bongkar").status_code == 404
    assert stranger.submit(LIST, office_id=world.agent.office_id).status_code == 404
    assert batch.state is RemittanceState.OPEN


def test_a_long_batch_is_shown_page_by_page(
    world: World, batch: Remittance, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 1)
    finance = visit(world.finance)
    first = finance.get(f"{LIST}/{batch.id}").get_data(as_text=True)
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None

    second = finance.get(unescape(following[1])).get_data(as_text=True)

    assert "1 dari 2" in first
    assert "2 dari 2" in second
    assert 'rel="next"' not in second
    assert world.worker.nik_masked in second
    assert "1 dari 2" in finance.get(f"{LIST}/{batch.id}?page=x:y").get_data(as_text=True)
