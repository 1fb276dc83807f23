"""The page of a list that waits says what becomes of its new people."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete

from agentsys.agreements.models import ListVersion
from agentsys.people.models import RoleName
from agentsys.sponsors import versions
from agentsys.workers.models import Enrolment
from tests.factories import make_user
from tests.sponsors.world import Sponsored


def waiting(office: Sponsored) -> ListVersion:
    """A list without two of three people, and with two who never were members."""
    agreement = office.agreement()
    known = [office.worker() for _ in range(3)]
    office.name(agreement, *known)
    new = [office.worker().id for _ in range(2)]
    office.session.execute(delete(Enrolment).where(Enrolment.worker_id.in_(new)))
    version = office.version(agreement, [known[0].id, *new])
    return versions.apply(office.session, version_id=version.id, actor_id=office.finance.id)


def text(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def test_who_decides_reads_that_its_new_people_are_not_billed_yet(
    office: Sponsored, visit: Any
) -> None:
    version = waiting(office)

    page = text(visit(office.admin).get(f"/sponsor/daftar/{version.id}"))

    assert "2 orang baru sudah tercatat, tetapi belum menjadi peserta" in page
    assert "Tidak ada yang ditagih untuknya sampai daftar ini diterapkan" in page


def test_after_the_refusal_it_says_that_they_stay_without_a_payer(
    office: Sponsored, visit: Any
) -> None:
    version = waiting(office)
    admin = visit(office.admin)

    admin.submit(f"/sponsor/daftar/{version.id}/tolak", note="salah kirim")

    page = text(admin.get(f"/sponsor/daftar/{version.id}"))
    assert "2 orang dari daftar ini tetap tercatat, tanpa kepesertaan" in page
    assert "tarik kembali impor berkasnya" in page


def test_once_it_is_applied_nothing_of_that_is_said(office: Sponsored, visit: Any) -> None:
    version = waiting(office)
    admin = visit(make_user(office.session, RoleName.ADMIN, office_id=office.office_id))

    admin.submit(f"/sponsor/daftar/{version.id}/terapkan")

    page = text(admin.get(f"/sponsor/daftar/{version.id}"))
    assert "Diterapkan" in page
    assert "belum menjadi peserta" not in page
    assert "tetap tercatat" not in page
