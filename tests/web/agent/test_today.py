"""Today's list: who is due, found, told apart and paged."""

from __future__ import annotations

import re

from sqlalchemy import select

from agentsys import clock
from agentsys.contributions import tariff
from agentsys.contributions.models import Contribution
from agentsys.extension.contract import hookimpl
from agentsys.listing import request as list_request
from agentsys.runtime import KEY
from agentsys.workers.kinds import Funding, Programmes
from tests.factories import (
    invented_nik,
    make_agent,
    make_payment,
    make_worker,
)
from tests.web.agent.due_workers import make_due, statements


def look_for(phone, query):
    return phone.submit("/hari-ini", list=1, q=query, follow_redirects=True)


def addresses_in(page: str) -> list[str]:
    return re.findall(r'(?:href|action|data-\w+)="([^"]*)"', page)


def after_of(page: str) -> dict[str, str]:
    """The value that the button for the next page sends."""
    form = next(form for form in page.split("<form") if 'name="page"' in form)
    fields = dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', form))
    return {name: fields[name] for name in ("list", "q", "page")}


def test_the_oldest_arrears_stand_on_top_of_todays_list(session, vault, agent, phone):
    make_due(session, vault, agent, name="Tepat Waktu")
    make_due(session, vault, agent, name="Menunggak Tiga", late=3)

    page = phone.get("/hari-ini").get_data(as_text=True)

    assert page.index("Menunggak Tiga") < page.index("Tepat Waktu")
    assert "Rp67.200" in page


def test_a_worker_is_found_by_a_part_of_the_name_and_by_the_whole_nik(session, vault, agent, phone):
    nik = invented_nik(4711)
    make_due(session, vault, agent, name="Halimah Saptorini", nik=nik)
    make_due(session, vault, agent, name="Orang Lain")

    for query in ("saptor", nik, nik[-4:], f"{nik[:6]} {nik[6:12]}.{nik[12:]}"):
        page = look_for(phone, query).get_data(as_text=True)
        assert "Halimah Saptorini" in page
        assert "Orang Lain" not in page


def test_no_address_holds_the_digits_that_somebody_searched_for(
    session, vault, agent, phone, monkeypatch
):
    monkeypatch.setattr(list_request, "SIZE", 1)
    for number in (1, 2):
        make_due(session, vault, agent, name=f"Pekerja {number}", phone=f"+628123456700{number}")

    first = look_for(phone, "081234567")
    following = phone.submit("/hari-ini", **after_of(first.get_data(as_text=True)))

    for answer in (first, following):
        page = answer.get_data(as_text=True)
        assert [a for a in addresses_in(page) if re.search(r"81234", a)] == []
        assert answer.status_code == 200
    assert "Pekerja 1" in first.get_data(as_text=True)
    assert "Pekerja 2" in following.get_data(as_text=True)
    assert "Pekerja 1" not in following.get_data(as_text=True)


def test_digits_in_an_address_are_not_searched_for(session, vault, agent, phone):
    make_due(session, vault, agent, phone="+6281234567001")

    answer = phone.get("/hari-ini", query_string={"q": "0812 3456"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/hari-ini")


def test_a_name_that_is_searched_for_stays_in_the_address_so_that_back_works(phone):
    answer = phone.submit("/hari-ini", list=1, q="Halimah")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/hari-ini?q=Halimah")


def test_whether_somebody_elses_nik_is_registered_cannot_be_found_out(session, vault, agent, phone):
    theirs, nobodys = invented_nik(11), invented_nik(12)
    colleague = make_agent(session, office_id=agent.office_id)
    make_due(session, vault, colleague, nik=theirs)

    pages = [look_for(phone, nik).get_data(as_text=True) for nik in (theirs, nobodys)]

    shown = [
        re.sub(r'(nonce|value)="[^"]*"', "", page.replace(nik, ""))
        for page, nik in zip(pages, (theirs, nobodys), strict=True)
    ]
    assert shown[0] == shown[1]


def test_the_list_asks_the_database_equally_often_for_five_and_for_thirty(
    session, vault, agent, phone
):
    for _ in range(5):
        make_due(session, vault, agent)
    phone.get("/hari-ini")
    few = statements(phone, "/hari-ini")
    for _ in range(25):
        make_due(session, vault, agent)

    assert statements(phone, "/hari-ini") == few


def test_two_people_of_one_name_are_told_apart_by_village_and_the_niks_end(
    session, vault, agent, phone
):
    one = make_due(session, vault, agent, name="Agus", kelurahan="Loktuan", nik=invented_nik(1))
    other = make_due(session, vault, agent, name="Agus", kelurahan="Guntung", nik=invented_nik(2))

    page = phone.get("/hari-ini").get_data(as_text=True)

    for worker in (one, other):
        assert f"{worker.kelurahan} · {worker.nik_masked[-4:]}" in page


def test_a_new_worker_is_to_be_collected_from_at_the_price_of_the_month(
    session, vault, agent, phone
):
    worker = make_worker(session, vault, agent=agent, name="Baru Daftar")

    today = phone.get("/hari-ini").get_data(as_text=True)
    own, sheet = (
        phone.get(f"/{page}/{worker.id}").get_data(as_text=True) for page in ("pekerja", "tagih")
    )

    assert "Baru Daftar" in today
    assert "Belum membayar iuran pertama" in today
    assert "tab=first" in today
    price = tariff.price(  # which has a discount in some months
        month=clock.this_month(),
        income_idr=worker.income_idr,
        programmes=Programmes.TWO,
        sector=worker.sector,
        funding=Funding.SELF,
    )
    a_month = f"Rp{price.amount_idr:,}/bulan".replace(",", ".")
    assert a_month in own
    assert a_month in sheet


def test_who_has_a_waiting_bill_is_looked_at_and_not_billed_again(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    payment = make_payment(session, worker, list(session.scalars(select(Contribution))))

    page = phone.get("/hari-ini").get_data(as_text=True)

    assert f"/pembayaran/{payment.id}" in page
    assert f"/tagih/{worker.id}" not in page


class FailingRule:
    """A rule that fails."""

    @hookimpl
    def commission_lines(self, month):
        raise ZeroDivisionError


def test_a_rule_that_fails_takes_only_the_estimate_from_the_agents_page(app, phone):
    manager = app.extensions[KEY].registry.manager
    manager.register(FailingRule(), "gagal")
    try:
        answer = phone.get("/komisi")
    finally:
        manager.unregister(name="gagal")

    assert answer.status_code == 200
    assert "belum dapat dihitung" in answer.get_data(as_text=True)
    assert "Laporan komisi" in answer.get_data(as_text=True)
