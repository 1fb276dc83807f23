"""The page of a batch takes results that name workers, and shows whom BPJS refused."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import select

from agentsys.contributions.models import Contribution
from agentsys.remittances.models import Remittance, RemittanceState
from tests.factories import nik_of
from tests.payments.world import PRICE, World

LIST = "/keuangan/setoran-bpjs"


def told(world: World) -> str:
    """BPJS refused the first month of the worker, and took the second one."""
    nik, (first, second) = nik_of(world.vault, world.worker), world.months
    return (
        "KODE IURAN;NIK;BULAN;STATUS;JUMLAH;NO REF;KETERANGAN\n"
        f"26110001;{nik};{first:%m/%Y};DITOLAK;{PRICE};;Nama berbeda\n"
        f"26110001;{nik};{second:%m/%Y};LUNAS;{PRICE};NTPN-9;\n"
    )


def test_a_csv_file_with_a_refused_worker_is_applied_and_shown(
    world: World, coded: Remittance, visit: Any
) -> None:
    finance = visit(world.finance)
    file = (io.BytesIO(told(world).encode()), "hasil.csv")

    answer = finance.submit(f"{LIST}/{coded.id}/hasil", file=file)

    page = answer.get_data(as_text=True)
    assert coded.state is RemittanceState.CONFIRMED
    assert "keluar dari setoran ini dan ditahan" in page
    assert "Ditolak BPJS: Nama berbeda" in page
    assert "Perlu diperbaiki" in page
    assert nik_of(world.vault, world.worker) not in page
    held = world.session.scalars(
        select(Contribution).where(Contribution.held_at.is_not(None))
    ).one()
    assert held.month == world.months[0]
    assert "Ditolak BPJS: Nama berbeda" in finance.get(f"{LIST}/ditahan").get_data(as_text=True)


def test_a_file_that_is_no_result_says_what_it_must_hold(
    world: World, coded: Remittance, visit: Any
) -> None:
    file = (io.BytesIO(b"NAMA;ALAMAT\nSiti;Samarinda\n"), "daftar.csv")

    answer = visit(world.finance).submit(f"{LIST}/{coded.id}/hasil", file=file)

    assert answer.status_code == 422
    assert "KODE IURAN, STATUS, JUMLAH, NO REF" in answer.get_data(as_text=True)
    assert coded.state is RemittanceState.CODED
