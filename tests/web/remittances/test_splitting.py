"""Choosing, splitting and merging on the pages of batches."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from agentsys.remittances.models import Remittance, RemittanceState
from tests.payments.world import PRICE, World

LIST = "/keuangan/setoran-bpjs"


def batches(world: World) -> list[Remittance]:
    """All batches, oldest first."""
    return list(world.session.scalars(select(Remittance).order_by(Remittance.id)))


def test_a_batch_of_one_month_is_made_from_the_list(world: World, visit: Any) -> None:
    month = f"{world.months[1]:%Y-%m}"

    visit(world.finance).submit(
        LIST, office_id=world.office_id, first_month=month, last_month=month, payer="self"
    )

    [made] = batches(world)
    assert (made.count, made.first_month) == (1, world.months[1])


def test_a_month_that_is_none_makes_no_batch(world: World, visit: Any) -> None:
    finance = visit(world.finance)

    answer = finance.submit(LIST, office_id=world.office_id, first_month="2026-13")

    assert batches(world) == []
    assert "Tulis bulan seperti" in finance.get(answer.location).get_data(as_text=True)


def test_boxes_of_the_page_split_a_batch_and_the_list_merges_it(
    world: World, batch: Remittance, visit: Any
) -> None:
    finance = visit(world.finance)
    page = finance.get(f"{LIST}/{batch.id}").get_data(as_text=True)
    box = f"{world.worker.id}:{world.months[1]:%Y-%m}"

    finance.submit(f"{LIST}/{batch.id}/pisah", by="chosen", line=box)
    other = batches(world)[1]
    apart = (batch.count, other.count)
    offered = finance.get(f"{LIST}/{batch.id}").get_data(as_text=True)
    finance.submit(f"{LIST}/{batch.id}/gabung", other=other.id)

    assert f'value="{box}"' in page
    assert apart == (1, 1)
    assert f'<option value="{other.id}">' in offered
    assert (batch.count, batch.amount_idr) == (2, 2 * PRICE)
    assert other.state is RemittanceState.CANCELLED


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("pisah", {"by": "x"}),
        ("pisah", {"by": "chosen", "line": "1"}),
        ("pisah", {"by": "chosen", "line": "1:2026-99"}),
        ("pisah", {"by": "chosen", "line": "9" * 30 + ":2026-11"}),
        ("gabung", {"other": "x"}),
        ("gabung", {"other": "999999"}),
    ],
)
def test_made_up_choices_are_like_none(
    world: World, batch: Remittance, visit: Any, path: str, sent: dict[str, str]
) -> None:
    answer = visit(world.finance).submit(f"{LIST}/{batch.id}/{path}", **sent)

    assert answer.status_code == 404
    assert (batch.count, len(batches(world))) == (2, 1)


def test_a_file_beyond_the_last_one_is_not_found(
    world: World, batch: Remittance, visit: Any
) -> None:
    finance = visit(world.finance)

    assert finance.get(f"{LIST}/{batch.id}/daftar.xlsx?bagian=1").status_code == 200
    assert finance.get(f"{LIST}/{batch.id}/daftar.xlsx?bagian=2").status_code == 404
    assert finance.get(f"{LIST}/{batch.id}/daftar.xlsx?bagian=-1").status_code == 404
