"""Refusals are shown in the language of the page, with formatted values."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.messages import format_month
from agentsys.remittances import batches, codes
from tests.payments.world import PRICE, World

KEY = "k" * 32
PAYOUTS = "/keuangan/pencairan"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker whose last three months are open."""
    return World.build(session, vault)


@pytest.fixture(params=["id", "en"])
def language(request: pytest.FixtureRequest) -> str:
    """Each of the two languages."""
    return str(request.param)


def enter(visit: Any, user: Any, language: str) -> Any:
    """A visitor who reads that language."""
    visitor = visit(user)
    visitor.submit("/bahasa", lang=language, next="/akun")
    return visitor


def collected(world: World, visitor: Any, count: int, skip: int = 0) -> str:
    """The page after collecting some months in cash."""
    months = [f"{month:%Y-%m}" for month in world.months[skip : skip + count]]
    answer = visitor.submit(f"/tagih/{world.worker.id}", key=KEY, months=months, channel="cash")
    assert answer.status_code == 422
    return str(answer.get_data(as_text=True))


def test_a_month_is_named_as_the_page_names_months(world: World, visit: Any, language: str) -> None:
    page = collected(world, enter(visit, world.agent.user, language), 1, skip=1)

    oldest = format_month(world.months[0], language)
    told = {
        "id": f"Bayar mulai dari bulan yang paling lama ({oldest}), tanpa melompat.",
        "en": f"Pay from the oldest month ({oldest}) on, without skipping any.",
    }
    assert told[language] in page


def test_months_that_are_paid_are_all_named(world: World, visit: Any, language: str) -> None:
    world.report(world.ask(2), PaymentState.SETTLED)

    page = collected(world, enter(visit, world.agent.user, language), 2)

    paid = ", ".join(format_month(month, language) for month in world.months[:2])
    told = {
        "id": f"Iuran {paid} sudah dibayar atau belum ditagihkan.",
        "en": f"The contributions for {paid} are paid already or not billed",
    }
    assert told[language] in page


def test_rupiah_are_grouped_as_the_page_groups_them(
    world: World, visit: Any, language: str
) -> None:
    world.agent.cash_ceiling_idr = 2 * PRICE - 1
    world.session.flush()

    page = collected(world, enter(visit, world.agent.user, language), 2)

    told = {
        "id": "Titipan di tangan Rp0, batasnya Rp33.599. Setor dulu, lalu terima Rp33.600 ini.",
        "en": "Cash in hand is Rp0, the limit is Rp33,599. Make a deposit first, then accept these"
        " Rp33,600.",
    }
    assert told[language] in page


def test_braces_that_somebody_typed_come_back_as_they_were_typed(
    world: World, visit: Any, language: str
) -> None:
    typed = "FT {amount_idr} {0} %(x)s {"
    world.report(world.ask(2), PaymentState.SETTLED)
    finance = enter(visit, world.finance, language)
    finance.submit(PAYOUTS, provider="dict", bank_ref=typed, net_idr="10.000")

    answer = finance.submit(PAYOUTS, provider="dict", bank_ref=typed, net_idr="20.000")

    told = {
        "id": f"Nomor referensi {typed} sudah dicatat dengan jumlah lain.",
        "en": f"Reference number {typed} is recorded already, with another amount.",
    }
    assert answer.status_code == 422
    assert told[language] in answer.get_data(as_text=True)


def test_lines_of_bpjs_results_are_answered_in_the_language_of_the_page(
    world: World, visit: Any, language: str
) -> None:
    world.report(world.ask(2), PaymentState.SETTLED)
    batch = batches.make_batch(
        world.session, office_id=world.agent.office_id, actor_id=world.finance.id
    )
    codes.set_code(
        world.session, remittance_id=batch.id, kode_iuran="26110001", actor_id=world.finance.id
    )

    page = (
        enter(visit, world.finance, language)
        .submit(
            f"/keuangan/setoran-bpjs/{batch.id}/hasil",
            results="KODE IURAN\tSTATUS\tJUMLAH\n26110001\tPAID\t50.000\n26119999\tPAID\t1\n",
        )
        .get_data(as_text=True)
    )

    told = {
        "id": (
            "Jumlah di BPJS Rp50.000, setoran kantor Rp33.600. Periksa isi setoran di EPS",
            "Kode iuran 26119999 tidak ada di sini. Isi dulu pada setorannya.",
        ),
        "en": (
            "sum is Rp50,000, the remittance",
            "There is no payment code 26119999 here. Enter it in its remittance first.",
        ),
    }
    for sentence in told[language]:
        assert sentence in page
