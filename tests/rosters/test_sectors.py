"""A list suggests a sector for new workers and never changes an answer."""

from __future__ import annotations

import pytest

from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.workers.models import Funding, Sector
from tests.factories import make_agent, make_worker
from tests.rosters.conftest import Import, workbook
from tests.rosters.imported import notes_of, only_worker

NIK = "6474011203800001"
TITLES = ["NIK", "NAMA", "TANGGAL LAHIR", "JENIS KELAMIN", "PEKERJAAN"]


def of_job(job: str) -> bytes:
    return workbook({"DAFTAR": [TITLES, [NIK, "Andi Baso", "12-03-1980", "L", job]]})


def said(roster) -> set[str]:
    return {note.problem for note in notes_of(roster)}


@pytest.mark.parametrize(
    ("answered", "job"), [(Sector.TRANSPORT, "Warung makan"), (Sector.OTHER, "Gojek")]
)
def test_the_answer_of_a_registered_worker_stays_and_is_pointed_out(
    bring_in: Import, office_id: int, vault: Vault, answered: Sector, job: str
) -> None:
    with transaction() as session:
        agent = make_agent(session, office_id=office_id)
        make_worker(session, vault, agent=agent, nik=NIK, name="Andi Baso", sector=answered, job="")

    roster = bring_in(of_job(job), funding=Funding.SELF)

    assert (only_worker().sector, only_worker().job) == (answered, job)
    assert "sector_on_file_differs" in said(roster)


def test_a_job_that_suggests_nothing_contradicts_no_answer(
    bring_in: Import, office_id: int, vault: Vault
) -> None:
    with transaction() as session:
        agent = make_agent(session, office_id=office_id)
        make_worker(session, vault, agent=agent, nik=NIK, sector=Sector.TRANSPORT)

    roster = bring_in(of_job("Wiraswasta"))

    assert "sector_on_file_differs" not in said(roster)
    assert only_worker().sector is Sector.TRANSPORT


@pytest.mark.parametrize(
    ("funding", "told"), [(Funding.SELF, True), (Funding.CSR, True), (Funding.APBD, False)]
)
def test_a_suggested_sector_that_may_lower_the_price_is_pointed_out(
    bring_in: Import, funding: Funding, told: bool
) -> None:
    roster = bring_in(of_job("Ojek pangkalan"), funding=funding)

    assert only_worker().sector is Sector.TRANSPORT
    assert ("sector_suggested" in said(roster)) is told
    db.session.rollback()
