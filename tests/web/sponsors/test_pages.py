"""Pages of sponsors: who sees and does what, errors of forms, and what is told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from agentsys.agreements.kinds import AgreementState, SponsorKind, VersionState
from agentsys.agreements.models import Agreement, AgreementMember, ListVersion, Sponsor
from agentsys.people.models import RoleName
from agentsys.workers.kinds import Programmes
from agentsys.workers.models import Enrolment
from tests.factories import make_office, make_user
from tests.sponsors.world import Sponsored


def text(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def terms(office: Sponsored, **changed: str) -> dict[str, str]:
    return {
        "number": "PKS/1",
        "signed_on": f"{office.month:%Y-%m-%d}",
        "programmes": "JKK+JKM",
        "price_basis": "lowest",
        "from_month": f"{office.month:%Y-%m}",
        "last_month": f"{office.later(5):%Y-%m}",
    } | changed


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        (RoleName.AGENT, 403, 403),
        (RoleName.SUPERVISOR, 200, 403),
        (RoleName.FINANCE, 200, 200),
        (RoleName.ADMIN, 200, 200),
        (RoleName.AUDITOR, 200, 403),
    ],
)
def test_each_role_reads_and_writes_what_it_may(
    office: Sponsored, visit: Any, role: RoleName, reads: int, writes: int
) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    bill = office.bill(agreement)
    visitor = visit(make_user(office.session, role, office_id=office.office_id))

    for path in (
        "/sponsor/",
        "/sponsor/pemberi",
        "/sponsor/tagihan",
        f"/sponsor/perjanjian/{agreement.id}",
        f"/sponsor/perjanjian/{agreement.id}/rangkap",
        f"/sponsor/tagihan/{bill.id}",
        f"/sponsor/tagihan/{bill.id}/tagihan.xlsx",
        f"/sponsor/tagihan/{bill.id}/tagihan.pdf",
    ):
        assert visitor.get(path).status_code == reads, path
    assert visitor.get("/sponsor/pemberi/baru").status_code == writes


def test_another_offices_sponsors_are_not_there(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    bill = office.bill(agreement)
    elsewhere = make_office(office.session).id
    stranger = visit(make_user(office.session, RoleName.FINANCE, office_id=elsewhere))

    assert agreement.number not in text(stranger.get("/sponsor/"))
    for path in (
        f"/sponsor/pemberi/{agreement.sponsor_id}",
        f"/sponsor/perjanjian/{agreement.id}",
        f"/sponsor/tagihan/{bill.id}",
        f"/sponsor/tagihan/{bill.id}/tagihan.pdf",
    ):
        assert stranger.get(path).status_code == 404
    assert stranger.submit(f"/sponsor/tagihan/{bill.id}/kirim").status_code == 404


def test_a_sponsor_is_added_once_and_its_data_corrected(office: Sponsored, visit: Any) -> None:
    finance = visit(office.finance)
    values = {"office": office.office_id, "kind": "village", "name": "Desa Uji"}
    made = finance.submit("/sponsor/pemberi/baru", **values).location

    again = finance.submit("/sponsor/pemberi/baru", **values)
    assert again.status_code == 422
    assert "sudah ada di kantor ini" in text(again)
    finance.submit(made, kind="village", name="Desa Uji Baru", treasurer="Kaur Keuangan")

    sponsor = office.session.scalars(select(Sponsor)).one()
    assert (sponsor.name, sponsor.treasurer) == ("Desa Uji Baru", "Kaur Keuangan")


def test_a_sponsor_of_another_office_cannot_be_added(office: Sponsored, visit: Any) -> None:
    other = make_office(office.session).id
    answer = visit(office.finance).submit(
        "/sponsor/pemberi/baru", office=other, kind="city", name="Kota"
    )

    assert answer.status_code == 422
    assert office.session.scalar(select(func.count()).select_from(Sponsor)) == 0


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"last_month": "2020-01"}, "Bulan terakhir harus sesudah bulan mulai"),
        ({"from_month": "kapan-kapan"}, "Tulis bulan seperti 2026-11"),
        ({"most_people": "0"}, "paling sedikit 1"),
        ({"most_people": "banyak"}, "Isi dengan angka"),
        ({"most_idr": "1,5"}, "Tulis rupiah tanpa koma"),
        ({"number": ""}, "Wajib diisi"),
        ({"signed_on": "31-02-2026"}, "Tanggal belum benar"),
    ],
)
def test_terms_that_cannot_be_are_refused_with_words(
    office: Sponsored, visit: Any, changed: dict[str, str], told: str
) -> None:
    sponsor_id = office.agreement(approve=False).sponsor_id
    answer = visit(office.finance).submit(
        f"/sponsor/pemberi/{sponsor_id}/perjanjian", **terms(office, **changed)
    )

    assert answer.status_code == 422
    assert told in text(answer)
    assert office.session.scalar(select(func.count()).select_from(Agreement)) == 1


def test_an_agreement_is_refused_or_withdrawn(office: Sponsored, visit: Any) -> None:
    refused, withdrawn = office.agreement(approve=False), office.agreement(approve=False)
    finance, admin = visit(office.finance), visit(office.admin)

    admin.submit(f"/sponsor/perjanjian/{refused.id}/putuskan", action="refuse")
    assert admin.submit(f"/sponsor/perjanjian/{withdrawn.id}/tarik").status_code == 404
    finance.submit(f"/sponsor/perjanjian/{withdrawn.id}/tarik")

    assert refused.state is AgreementState.REFUSED
    assert withdrawn.state is AgreementState.WITHDRAWN
    unknown = admin.submit(f"/sponsor/perjanjian/{refused.id}/putuskan", action="entahlah")
    assert unknown.status_code == 404


def test_an_end_is_announced_with_a_reason_and_taken_back(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()
    finance = visit(office.finance)
    here = f"/sponsor/perjanjian/{agreement.id}"
    month = f"{office.later(2):%Y-%m}"

    assert finance.submit(f"{here}/akhiri", month=month, note="").status_code == 422
    finance.submit(f"{here}/akhiri", month=month, note="Surat 7")
    assert agreement.ends_month == office.later(2)
    assert "Sponsor berhenti: bulan terakhir" in text(finance.get(here))
    finance.submit(f"{here}/lanjutkan")

    assert agreement.ends_month is None


def test_a_worker_is_replaced_by_one_who_is_searched_for(office: Sponsored, visit: Any) -> None:
    leaver, new = office.worker(), office.worker(name="Nurhayati Ganti")
    agreement = office.agreement(most_people=1)
    office.name(agreement, leaver)
    path = f"/sponsor/perjanjian/{agreement.id}/ganti/{leaver.id}"
    finance = visit(office.finance)
    assert f'value="{new.id}"' in text(finance.get(f"{path}?cari=nurhayati"))
    form = {"why": "moved", "month": f"{office.later(1):%Y-%m}", "new_id": new.id}

    assert finance.submit(path, note="", **form).status_code == 422
    finance.submit(path, note="Surat kelurahan 3", **form)

    assert office.payers(new)[-1] == (office.later(1), agreement.id, None)
    assert finance.get(path).status_code == 404  # no longer on the list


def test_a_list_that_loses_a_third_waits_and_is_decided_by_another(
    office: Sponsored, visit: Any
) -> None:
    agreement = office.agreement()
    workers = [office.worker() for _ in range(3)]
    office.name(agreement, *workers)
    version = office.version(agreement, [worker.id for worker in workers[:2]])
    finance, admin = visit(office.finance), visit(office.admin)
    path = f"/sponsor/daftar/{version.id}"
    assert "33.3% dari daftar sebelumnya" in text(finance.get(path))

    finance.submit(f"{path}/terapkan")
    assert office.session.get_one(ListVersion, version.id).state is VersionState.WAITING
    assert finance.submit(f"{path}/terapkan").status_code == 403
    assert workers[2].name.split()[0].lower() in text(admin.get(path)).lower()
    admin.submit(f"{path}/terapkan")

    assert office.session.get_one(ListVersion, version.id).state is VersionState.APPLIED
    left = office.session.scalars(
        select(AgreementMember.worker_id).where(AgreementMember.until_month.is_not(None))
    ).all()
    assert left == [workers[2].id]
    kept = text(admin.get(f"/sponsor/perjanjian/{agreement.id}?tab=left"))
    assert "Tidak ada dalam daftar baru" in kept


def test_a_refused_list_needs_a_reason_and_changes_nothing(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()
    version = office.version(agreement, [office.worker().id])
    finance = visit(office.finance)

    assert finance.submit(f"/sponsor/daftar/{version.id}/tolak", note="").status_code == 422
    finance.submit(f"/sponsor/daftar/{version.id}/tolak", note="Salah berkas")

    assert office.session.get_one(ListVersion, version.id).state is VersionState.REFUSED
    assert office.session.scalar(select(func.count()).select_from(AgreementMember)) == 0


def test_who_has_two_payers_is_told_with_the_reason(office: Sponsored, visit: Any) -> None:
    both, ahead = office.worker(), office.worker()
    before = office.worker(enrolled_from=office.later(-2))
    old = office.session.get_one(Enrolment, (before.id, office.later(-2)))
    old.programmes = Programmes.THREE
    office.session.flush()
    office.pays_cash(ahead, office.month)
    province = office.agreement(SponsorKind.PROVINCE)
    city = office.agreement(SponsorKind.CITY)
    office.name(province, both)
    office.name(city, both, ahead, before)
    finance = visit(office.finance)

    note = text(finance.get(f"/sponsor/perjanjian/{city.id}"))
    assert "1 pekerja juga dalam perjanjian lain." in note
    told = text(finance.get(f"/sponsor/perjanjian/{city.id}/rangkap"))

    assert f"({province.number}): Provinsi (APBD) didahulukan sebelum" in told
    assert "Sudah dibayar sendiri sampai" in told
    assert "Sebelumnya membayar JHT sendiri" in told
    own = text(finance.get(f"/sponsor/perjanjian/{province.id}/rangkap"))
    assert "Perjanjian ini membayar, bukan" in own


def test_a_worker_is_put_on_an_agreement_from_the_workers_page(
    office: Sponsored, visit: Any
) -> None:
    worker, agreement = office.worker(), office.agreement()
    finance = visit(office.finance)
    page = f"/kantor/pekerja/{worker.id}"
    assert "Masukkan ke perjanjian" in text(finance.get(page))
    form = {"agreement": agreement.id, "from_month": f"{office.month:%Y-%m}"}

    finance.submit(f"/sponsor/pekerja/{worker.id}/perjanjian", **form)
    again = finance.submit(
        f"/sponsor/pekerja/{worker.id}/perjanjian", follow_redirects=True, **form
    )

    assert office.payers(worker) == [(office.month, agreement.id, None)]
    assert "sudah ada dalam daftar perjanjian itu" in text(again)
    assert f"perjanjian {agreement.number}, sampai" in text(finance.get(page))


def test_without_an_agreement_the_workers_page_says_where_to_add_one(
    office: Sponsored, visit: Any
) -> None:
    worker = office.worker()

    page = text(visit(office.finance).get(f"/kantor/pekerja/{worker.id}"))

    assert "Belum ada perjanjian sponsor yang berlaku." in page
    assert 'href="/sponsor/"' in page


def test_the_agent_reads_which_sponsor_pays_and_until_when(office: Sponsored, visit: Any) -> None:
    worker, agreement = office.worker(), office.agreement()
    office.name(agreement, worker)
    sponsor = office.session.get_one(Sponsor, agreement.sponsor_id)

    page = text(visit(office.agent.user).get(f"/pekerja/{worker.id}"))

    assert f"Iurannya dibayar {sponsor.name} sampai" in page
    assert "Jangan menagih pekerja ini" in page
