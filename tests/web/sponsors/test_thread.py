"""The whole thread by the pages: sponsor, agreement, list, bill, transfer, batch, PAID."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select, text

from agentsys import jobs
from agentsys.agreements.kinds import AgreementState, BillState, VersionState
from agentsys.agreements.models import Agreement, Bill, ListVersion, Sponsor
from agentsys.contributions.models import Contribution, ContributionState
from agentsys.remittances.models import Remittance
from tests.sponsors.world import PRICE, Sponsored


def _page(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def _key(page: str) -> str:
    found = re.search(r'name="key" value="([0-9a-f]{32})"', page)
    assert found is not None
    return found[1]


def _run_billing(office: Sponsored) -> None:
    queue = "SELECT args FROM procrastinate_jobs WHERE task_name = 'bill_month'"
    for args in office.session.scalars(text(queue)).all():
        jobs.bill_month(**args)


def _agreement(office: Sponsored, finance: Any, admin: Any) -> Agreement:
    """A city's agreement, recorded by finance and put in force by the admin."""
    added = finance.submit(
        "/sponsor/pemberi/baru",
        office=office.office_id,
        kind="city",
        name="Pemerintah Kota Samarinda",
        treasurer="Bendahara Disnaker",
    )
    sponsor = office.session.scalars(select(Sponsor)).one()
    assert added.location == f"/sponsor/pemberi/{sponsor.id}"
    finance.submit(
        f"{added.location}/perjanjian",
        number="PKS/12/2026",
        signed_on=f"{office.month:%Y-%m-%d}",
        programmes="JKK+JKM",
        price_basis="lowest",
        from_month=f"{office.month:%Y-%m}",
        last_month=f"{office.later(11):%Y-%m}",
        most_people="1.000",
        most_idr="900.000.000",
    )
    agreement = office.session.scalars(select(Agreement)).one()
    assert (agreement.most_people, agreement.most_idr) == (1_000, 900_000_000)
    here = f"/sponsor/perjanjian/{agreement.id}"
    assert finance.submit(f"{here}/putuskan", action="approve").status_code == 403
    admin.submit(f"{here}/putuskan", action="approve")
    assert agreement.state is AgreementState.IN_FORCE
    return agreement


def _pay(office: Sponsored, bill: Bill, finance: Any, admin: Any) -> None:
    """Send the bill; a transfer, sent twice by finance and confirmed once by the admin."""
    paper = f"/sponsor/tagihan/{bill.id}"
    finance.submit(f"{paper}/kirim")
    transfer = {
        "key": _key(_page(finance.get(paper))),
        "amount": "50.400",
        "reference": "FT26-0001",
        "received_on": f"{office.month:%Y-%m-%d}",
    }
    for _ in range(2):
        finance.submit(f"{paper}/transfer", **transfer)
    [payment_id] = office.session.scalars(text("SELECT id FROM payments")).all()
    assert finance.submit(f"{paper}/transfer/pastikan", transfer_id=payment_id).status_code == 403
    told = admin.submit(f"{paper}/transfer/pastikan", transfer_id=payment_id, follow_redirects=True)
    assert "3 pekerja dibayar" in _page(told)
    assert office.session.get_one(Bill, bill.id).state is BillState.PAID


def test_a_city_agrees_lists_is_billed_pays_and_is_remitted(office: Sponsored, visit: Any) -> None:
    finance, admin = visit(office.finance), visit(office.admin)
    workers = [office.worker() for _ in range(3)]
    agreement = _agreement(office, finance, admin)

    version = office.version(agreement, [worker.id for worker in workers])
    finance.submit(f"/sponsor/daftar/{version.id}/terapkan")
    assert office.session.get_one(ListVersion, version.id).state is VersionState.APPLIED
    listed = _page(finance.get(f"/sponsor/perjanjian/{agreement.id}")).lower()
    assert all(worker.name.lower() in listed for worker in workers)

    finance.submit("/sponsor/tagihan", month=f"{office.month:%Y-%m}")
    _run_billing(office)
    bill = office.session.scalars(select(Bill)).one()
    assert "Rp50.400" in _page(finance.get(f"/sponsor/tagihan/{bill.id}"))
    _pay(office, bill, finance, admin)

    finance.submit("/keuangan/setoran-bpjs", office_id=office.office_id)
    batch = office.session.scalars(select(Remittance)).one()
    at = f"/keuangan/setoran-bpjs/{batch.id}"
    finance.submit(f"{at}/kode", kode_iuran="261100012345")
    told = f"KODE IURAN\tSTATUS\tJUMLAH\n261100012345\tPAID\t{3 * PRICE}\n"
    finance.submit(f"{at}/hasil", results=told)

    states = office.session.scalars(select(Contribution.state)).all()
    assert states == [ContributionState.CONFIRMED] * 3
    assert "LUNAS di BPJS" in _page(finance.get(f"/sponsor/tagihan/{bill.id}"))
