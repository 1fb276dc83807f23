"""Enrolling a worker by the form."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import func, select

from agentsys import clock
from agentsys.contributions import billing
from agentsys.money import format_idr
from agentsys.workers.models import Worker
from tests.factories import (
    invented_nik,
    make_agent,
    make_worker,
)
from tests.web.agent.due_workers import enrol_form


def test_a_worker_is_enrolled_with_consent_and_appears_in_the_portfolio(session, agent, phone):
    answer = phone.submit("/daftarkan", **enrol_form())

    worker = session.scalars(select(Worker)).one()
    assert answer.headers["Location"] == f"/pekerja/{worker.id}"
    assert worker.agent_id == agent.id
    assert worker.consent_at is not None
    assert worker.phone == "+6281234567890"
    page = phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)
    assert worker.nik_masked in page
    assert invented_nik(77, born=date(1990, 5, 17)) not in page


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"nik": "6474011203850000"}, "tidak mungkin 0000"),
        ({"nik": "123"}, "16 angka"),
        ({"nik": "6474013213850001"}, "NIK"),
        ({"consent": ""}, "Wajib"),
        ({"attestation": ""}, "Wajib"),
        ({"income_idr": "1,5"}, "tanpa koma"),
        ({"phone": "12"}, "Nomor HP"),
        ({"birth_date": "kemarin"}, "Tanggal"),
        ({"programmes": "JP"}, "Pilih"),
    ],
)
def test_what_is_wrong_in_the_form_is_said_beside_it_and_nothing_is_stored(
    session, phone, changed, sentence
):
    answer = phone.submit("/daftarkan", **enrol_form(**changed))

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(Worker)) == 0


@pytest.mark.parametrize("born", ["2099-01-01", "0990-05-17"])
def test_a_birth_date_that_cannot_be_is_refused_even_when_it_was_compared(session, phone, born):
    answer = phone.submit("/daftarkan", **enrol_form(birth_date=born), confirm_warnings="y")

    assert answer.status_code == 422
    assert "Tanggal lahir tidak masuk akal" in said_beside(answer, "birth_date")
    assert session.scalar(select(func.count()).select_from(Worker)) == 0


@pytest.mark.parametrize("field", ["phone", "name"])
def test_what_the_rules_refuse_is_said_beside_its_field(phone, field):
    answer = phone.submit("/daftarkan", **enrol_form(**{field: "12"}))

    assert "Tulis n" in said_beside(answer, field)
    assert not said_beside(answer, "nik")


def said_beside(answer, field):
    """The error messages of a field."""
    page = answer.get_data(as_text=True)
    [beside] = re.findall(rf'(?s)<div id="{field}-e">(.*?)</div>', page)
    return beside


def test_a_birth_date_that_differs_from_the_nik_is_asked_about_and_then_accepted(session, phone):
    form = enrol_form(birth_date="1990-05-18")

    asked = phone.submit("/daftarkan", **form)
    confirmed = phone.submit("/daftarkan", **form, confirm_warnings="y")

    assert asked.status_code == 422
    assert "berbeda" in asked.get_data(as_text=True)
    assert confirmed.status_code == 302


def test_a_nik_of_another_agent_is_refused_without_saying_whose_it_is(session, vault, agent, phone):
    other = make_agent(session, office_id=agent.office_id, name="Agen Tetangga")
    form = enrol_form()
    make_worker(session, vault, agent=other, nik=form["nik"], name="Rahasia Tetangga")

    answer = phone.submit("/daftarkan", **form)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "terdaftar" in page
    assert "Tetangga" not in page


def test_who_enrols_an_own_worker_again_is_led_to_the_worker(session, vault, agent, phone):
    form = enrol_form()
    worker = make_worker(session, vault, agent=agent, nik=form["nik"])

    answer = phone.submit("/daftarkan", **form)

    assert answer.status_code == 422
    assert f'href="/pekerja/{worker.id}">Buka datanya' in answer.get_data(as_text=True)


def check_enrolment(phone, **fields):
    return phone.submit("/daftarkan/periksa", **fields).get_data(as_text=True)


def test_the_price_is_shown_before_anything_is_saved(session, phone):
    choice = {"sector": "other", "programmes": "JKK+JKM", "income_idr": "1.000.000"}

    low, high = (
        check_enrolment(phone, **choice | {"income_idr": sum_})
        for sum_ in ("1.000.000", "6.000.000")
    )
    nothing = check_enrolment(phone, **choice | {"income_idr": ""})

    prices = [re.search(r"Rp[0-9.]+", page)[0] for page in (low, high)]
    assert prices[0] != prices[1]
    assert "Isi penghasilan" in nothing
    assert session.scalar(select(func.count()).select_from(Worker)) == 0


def test_a_nik_is_looked_at_as_soon_as_it_has_sixteen_digits(session, vault, agent, phone):
    own, theirs = invented_nik(31), invented_nik(32)
    worker = make_worker(session, vault, agent=agent, nik=own)
    make_worker(session, vault, agent=make_agent(session, office_id=agent.office_id), nik=theirs)

    known = check_enrolment(phone, nik=own)
    other, short = check_enrolment(phone, nik=theirs), check_enrolment(phone, nik=own[:15])
    wrong = check_enrolment(phone, nik="6474019999990001")

    assert f"/pekerja/{worker.id}" in known
    assert 'class="err"' in wrong
    assert other == short


def test_what_is_wrong_is_listed_on_top_with_a_link_to_each_field(phone):
    page = phone.submit("/daftarkan", **enrol_form(name="", job="")).get_data(as_text=True)

    summary = page[page.index("data-focus") : page.index("</ul>")]
    assert re.findall(r'href="#(\w+)"', summary) == ["name", "job"]


def test_the_sector_is_asked_and_not_taken_from_the_job(session, phone):
    answer = phone.submit("/daftarkan", **enrol_form(sector="", job="Ojek"))

    assert answer.status_code == 422
    assert said_beside(answer, "sector").strip()
    assert session.scalar(select(func.count()).select_from(Worker)) == 0


@pytest.mark.parametrize(("job", "answer"), [("Ojek", "other"), ("Warung sopir", "transport")])
def test_an_answer_that_the_job_contradicts_is_asked_again(session, phone, job, answer):
    form = enrol_form(job=job, sector=answer)

    asked = phone.submit("/daftarkan", **form)
    taken = phone.submit("/daftarkan", **form, confirm_warnings="y")

    assert (asked.status_code, taken.status_code) == (422, 302)
    assert session.scalars(select(Worker)).one().sector == answer


def test_the_reason_of_a_suggestion_is_shown_beside_the_price(phone):
    page = check_enrolment(
        phone, job="Mitra Grab", sector="transport", programmes="JKK+JKM", income_idr="1.000.000"
    )

    assert "“grab” biasanya transportasi" in page
    assert "Rp8.400" in page
    assert "keringanan PP 50/2025" in page
    assert "Mulai April 2027 menjadi Rp16.800" in page


def test_who_only_earns_wages_is_refused_with_the_reason(session, phone):
    answer = phone.submit("/daftarkan", **enrol_form(work="wages"), confirm_warnings="y")

    assert "pemberi kerjanya" in said_beside(answer, "work")
    assert session.scalar(select(func.count()).select_from(Worker)) == 0


def test_who_pays_others_needs_all_three_programmes(session, phone):
    two = phone.submit("/daftarkan", **enrol_form(work="employer"), confirm_warnings="y")
    three = phone.submit("/daftarkan", **enrol_form(work="employer", programmes="JKK+JKM+JHT"))

    assert "wajib ikut JHT" in said_beside(two, "programmes")
    assert three.status_code == 302


@pytest.mark.parametrize("sector", ["other", "transport"])
@pytest.mark.parametrize("programmes", ["JKK+JKM", "JKK+JKM+JHT"])
@pytest.mark.parametrize("income", ["1.000.000", "1.099.500", "2.750.000", "25.000.000"])
def test_the_price_before_enrolling_is_the_bills(session, phone, sector, programmes, income):
    form = enrol_form(sector=sector, programmes=programmes, income_idr=income, job="Wiraswasta")

    shown = phone.submit("/daftarkan/periksa", **form).get_data(as_text=True)
    told = re.search(r"Rp[0-9.]+", shown)[0]
    phone.submit("/daftarkan", **form, confirm_warnings="y")
    worker = session.scalars(select(Worker)).one()
    [billed] = billing.ensure_billed(session, worker_id=worker.id, months=[clock.this_month()])

    assert told == format_idr(billed.amount_idr)


def test_the_consent_names_who_keeps_the_data_and_for_how_long(agent, phone):
    page = " ".join(phone.get("/daftarkan").get_data(as_text=True).split())

    assert f"Saya setuju {agent.office.name} mencatat data saya" in page
    assert "BPJS Ketenagakerjaan dan penyedia pembayaran" in page
    assert "disimpan 10 tahun" in page
