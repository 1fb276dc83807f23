"""The agent's pages: collecting, cash, enrolling, commission."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select, update

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.contributions.models import Contribution
from agentsys.db import db
from agentsys.extension.contract import PaymentReport, PaymentState, hookimpl
from agentsys.listing import request as list_request
from agentsys.months import add_months
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.links import make_link
from agentsys.payments.models import Deposit, PayLink, Payment, Receipt
from agentsys.runtime import KEY
from agentsys.workers import nik as identity
from agentsys.workers.kinds import Funding
from agentsys.workers.models import Enrolment, Worker
from tests.factories import (
    invented_nik,
    make_agent,
    make_contribution,
    make_payment,
    make_worker,
)


@pytest.fixture
def agent(session):
    return make_agent(session, name="Sari")


@pytest.fixture
def phone(agent, visit):
    return visit(agent.user)


def make_due(session, vault, agent, *, late: int = 0, **values):
    """A worker with this month's contribution open, and some months before it."""
    worker = make_worker(session, vault, agent=agent, **values)
    for back in range(late, -1, -1):
        make_contribution(session, worker, add_months(clock.this_month(), -back))
    return worker


def this_month() -> str:
    return f"{clock.this_month():%Y-%m}"


def statements(phone, path) -> int:
    """The number of database statements of a page."""
    seen = []
    listener = lambda *arguments: seen.append(arguments[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listener)
    phone.get(path)
    event.remove(db.engine, "before_cursor_execute", listener)
    return len([text for text in seen if "SAVEPOINT" not in text])


def collect(phone, worker, *, key=None, months=None, channel="cash"):
    return phone.submit(
        f"/tagih/{worker.id}",
        key=key or uuid.uuid4().hex,
        months=months or [this_month()],
        channel=channel,
    )


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


def test_the_cash_page_asks_equally_often_for_two_and_for_twenty_receipts(
    session, vault, agent, phone
):
    for _ in range(2):
        collect(phone, make_due(session, vault, agent))
    phone.get("/setoran")
    few = statements(phone, "/setoran")
    for _ in range(18):
        collect(phone, make_due(session, vault, agent))

    assert statements(phone, "/setoran") == few


def test_the_cash_page_shows_all_receipts_page_by_page(session, vault, agent, phone, monkeypatch):
    monkeypatch.setattr(list_request, "SIZE", 5)
    for number in range(8):
        collect(phone, make_due(session, vault, agent, name=f"Pekerja ke-{number:02d}"))

    first = phone.get("/setoran").get_data(as_text=True)
    following = re.search(r'href="([^"]+)" rel="next"', first)
    second = phone.get(following[1].replace("&amp;", "&")).get_data(as_text=True)

    shown = [set(re.findall(r"Pekerja ke-\d\d", page)) for page in (first, second)]
    assert [len(names) for names in shown] == [5, 3]
    assert not shown[0] & shown[1]
    for page in (first, second):
        assert "Rp134.400" in page
    assert 'rel="next"' not in second


def test_cash_is_collected_with_a_numbered_receipt(session, vault, agent, phone):
    worker = make_due(session, vault, agent, name="Slamet Riyadi")

    answer = collect(phone, worker)

    receipt = session.scalars(select(Receipt)).one()
    assert answer.headers["Location"] == f"/kuitansi/{receipt.number}"
    page = phone.get(answer.headers["Location"]).get_data(as_text=True)
    assert receipt.number in page
    assert "Rp16.800" in page


def test_a_second_tap_collects_nothing_more(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    key = uuid.uuid4().hex

    first, second = collect(phone, worker, key=key), collect(phone, worker, key=key)

    assert first.headers["Location"] == second.headers["Location"]
    assert session.scalar(select(func.count()).select_from(Payment)) == 1


def test_a_payment_whose_plugin_is_disabled_offers_no_button_that_cannot_work(
    session, vault, agent, phone
):
    worker = make_due(session, vault, agent)
    (owed,) = session.scalars(select(Contribution))
    payment = make_payment(session, worker, [owed], channel="kupon")
    pending = PaymentReport(
        reference=payment.reference, state=PaymentState.PENDING, amount_idr=payment.amount_idr
    )
    apply_report(session, report=pending, by="test")

    page = phone.get(f"/pembayaran/{payment.id}").get_data(as_text=True)
    answer = phone.submit(f"/pembayaran/{payment.id}/periksa")

    assert "kupon" in page
    assert "sedang tidak aktif" in page
    assert "/periksa" not in page
    assert "/batal" not in page
    assert answer.status_code == 422
    assert "sedang tidak aktif" in answer.get_data(as_text=True)
    assert payment.state is PaymentState.PENDING


def test_an_older_month_cannot_be_skipped_and_the_page_says_so(session, vault, agent, phone):
    worker = make_due(session, vault, agent, late=1)

    answer = collect(phone, worker, months=[this_month()])

    assert answer.status_code == 422
    assert "paling lama" in answer.get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(Payment)) == 0


def test_over_the_ceiling_cash_is_closed_and_says_deposit_first(session, vault, agent, phone):
    agent.cash_ceiling_idr = 20_000
    first, second = make_due(session, vault, agent), make_due(session, vault, agent)
    collect(phone, first)

    sheet = phone.get(f"/tagih/{second.id}").get_data(as_text=True)
    answer = collect(phone, second)

    assert "Setor dulu" in sheet
    assert answer.status_code == 422
    assert "Setor dulu" in answer.get_data(as_text=True)


def test_coming_months_are_offered_with_their_price_and_billed_when_they_are_paid(
    session, vault, agent, phone
):
    worker = make_worker(session, vault, agent=agent, enrolled_from=clock.this_month())

    page = phone.get(f"/tagih/{worker.id}").get_data(as_text=True)
    billed_by_looking = session.scalar(select(func.count()).select_from(Contribution))
    offered = re.findall(r'name="months"\s+value="([0-9-]+)"', page)
    phone.submit(f"/tagih/{worker.id}", key=uuid.uuid4().hex, months=offered[:2], channel="cash")

    assert (len(offered), billed_by_looking) == (3, 0)
    paid = session.scalars(select(Contribution).order_by(Contribution.month)).all()
    assert [f"{c.month:%Y-%m}" for c in paid if c.payment_id] == offered[:2]
    assert len(paid) == 2


def test_a_coming_month_cannot_be_skipped_either(session, vault, agent, phone):
    worker = make_worker(session, vault, agent=agent, enrolled_from=clock.this_month())
    third = f"{add_months(clock.this_month(), 2):%Y-%m}"

    answer = collect(phone, worker, months=[third])

    assert answer.status_code == 422
    assert "paling lama" in answer.get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(Payment)) == 0


@pytest.mark.parametrize("ahead", [1, 5, 200])
def test_a_refused_collection_bills_no_coming_month(session, vault, agent, phone, ahead):
    agent.cash_ceiling_idr = 1_000
    worker = make_due(session, vault, agent)
    last = f"{add_months(clock.this_month(), ahead):%Y-%m}"

    answer = collect(phone, worker, months=[this_month(), last])

    assert answer.status_code == 422
    assert session.scalar(select(func.count()).select_from(Contribution)) == 1


def test_no_month_is_offered_after_a_membership_has_ended(session, vault, agent, phone):
    worker = make_worker(
        session, vault, agent=agent, enrolled_from=add_months(clock.this_month(), -2)
    )
    session.execute(update(Enrolment).values(until_month=clock.this_month()))

    page = phone.get(f"/tagih/{worker.id}")

    assert page.status_code == 200
    assert 'name="months"' not in page.get_data(as_text=True)


def test_a_refused_collection_keeps_what_the_agent_had_chosen(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    make_contribution(session, worker, add_months(clock.this_month(), -1))
    agent.cash_ceiling_idr = 1_000

    answer = phone.submit(
        f"/tagih/{worker.id}",
        key=uuid.uuid4().hex,
        months=[f"{add_months(clock.this_month(), -1):%Y-%m}"],
        channel="cash",
    )

    page = answer.get_data(as_text=True)
    boxes = re.findall(r'name="months"\s+value="([0-9-]+)"[^>]*?(\bchecked\s*)?>', page)
    assert answer.status_code == 422
    assert [bool(checked) for _month, checked in boxes] == [True, False]


@pytest.mark.parametrize("months", [["2026-13"], ["x"], []])
def test_months_that_are_none_get_a_sentence(session, vault, agent, phone, months):
    worker = make_due(session, vault, agent)

    answer = phone.submit(
        f"/tagih/{worker.id}", key=uuid.uuid4().hex, months=months, channel="cash"
    )

    assert answer.status_code == 422
    assert "Pilih" in answer.get_data(as_text=True)


def test_all_cash_is_handed_over_when_the_count_agrees(session, vault, agent, phone):
    for _ in range(2):
        collect(phone, make_due(session, vault, agent))

    wrong = phone.submit("/setoran", key=uuid.uuid4().hex, evidence="SLIP-1", counted="33.000")
    right = phone.submit("/setoran", key=uuid.uuid4().hex, evidence="SLIP-1", counted="Rp33.600")

    assert wrong.status_code == 422
    assert right.status_code == 302
    assert session.scalars(select(Deposit)).one().amount_idr == 33_600


def enrol_form(**changed):
    values = {
        "nik": invented_nik(77, born=date(1990, 5, 17)),
        "name": "Ni Luh Ayu",
        "birth_date": "1990-05-17",
        "sex": "L",
        "phone": "0812 3456 7890",
        "address": "Gang Melati 3",
        "kelurahan": "Muara",
        "job": "Pedagang sayur",
        "sector": "other",
        "income_idr": "1.500.000",
        "programmes": "JKK+JKM",
        "consent": "y",
        "attestation": "y",
    }
    return values | changed


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
    assert "Tanggal lahir tidak mungkin" in said_beside(answer, "birth_date")
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


def test_the_sheet_says_that_a_bill_is_waiting_already(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    owed = list(session.scalars(select(Contribution)))
    payment = make_payment(session, worker, owed, channel="cash")

    page = phone.get(f"/tagih/{worker.id}").get_data(as_text=True)

    assert "masih menunggu" in page
    assert f"/pembayaran/{payment.id}/batal" in page


def test_a_script_that_sent_a_collection_gets_the_address_of_the_receipt(
    session, vault, agent, phone
):
    worker, key = make_due(session, vault, agent), uuid.uuid4().hex
    sent = {
        "csrf_token": phone.token(),
        "key": key,
        "months": [this_month()],
        "channel": "cash",
    }

    first, again = (
        phone.post(f"/tagih/{worker.id}", headers={"X-Fragment": "1"}, data=sent) for _ in range(2)
    )

    receipt = session.scalars(select(Receipt)).one()
    assert first.status_code == again.status_code == 204
    assert first.headers["Location"] == again.headers["Location"] == f"/kuitansi/{receipt.number}"
    assert "diterima. Kuitansi" in phone.get(first.headers["Location"]).get_data(as_text=True)


@pytest.mark.made_up_books
def test_a_worker_is_never_called_active_while_not_covered(session, vault, agent, phone):
    began = add_months(clock.this_month(), -2)
    worker = make_worker(session, vault, agent=agent, enrolled_from=began, phone="+628123450001")
    paid = make_contribution(session, worker, began)
    paid.payment_id = make_payment(session, worker, [paid]).id
    paid.remittance_id, paid.confirmed_at = 1, clock.now()
    session.flush()

    page = phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)

    assert "Tidak terlindungi sejak" in page
    assert "Aktif" not in page
    assert 'href="tel:+628123450001"' in page
    assert 'href="https://wa.me/628123450001"' in page


def test_a_month_that_was_paid_to_the_agent_is_told_and_covers_nobody(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    collect(phone, worker)

    page = phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)

    assert "sudah dibayar, menunggu LUNAS dari BPJS" in page
    assert "Belum terlindungi" in page
    assert page.count(session.scalars(select(Receipt)).one().number) >= 1


def test_the_page_of_somebody_a_sponsor_pays_for_asks_for_no_money(session, vault, agent, phone):
    worker = make_worker(session, vault, agent=agent, funding=Funding.APBD)

    page = phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)

    assert "Jangan menagih" in page
    assert f"/tagih/{worker.id}" not in page


def test_a_receipt_offers_whatsapp_to_the_payer_and_the_next_worker(session, vault, agent, phone):
    worker = make_due(session, vault, agent, phone="+628123450001")
    next_one = make_due(session, vault, agent, name="SITI AMINAH", late=1)

    page = phone.get(collect(phone, worker).location).get_data(as_text=True)

    assert "https://wa.me/628123450001?text=" in page
    assert f'href="/tagih/{next_one.id}"' in page
    assert "Tagih berikutnya: Siti Aminah Rp33.600" in page
    assert page.index("wa.me") < page.index("/tagih/") < page.index("Perjalanan iuran")


def test_cash_that_waits_to_be_counted_is_not_in_the_agents_hands(session, vault, agent, phone):
    collect(phone, make_due(session, vault, agent))
    phone.submit("/setoran", key=uuid.uuid4().hex, counted="16.800", evidence="slip 1")

    page = phone.get("/setoran").get_data(as_text=True)

    in_hand, waiting = re.findall(r"Rp[0-9.]+", page[page.index("Di tangan Anda") :])[:2]
    assert (in_hand, waiting) == ("Rp0", "Rp16.800")
    assert "Semua uang tunai sudah disetor" not in page
    assert "menunggu dihitung" in page


def test_looking_at_a_nik_is_recorded_with_who_looked(session, vault, agent, phone):
    nik = invented_nik(31)
    worker = make_due(session, vault, agent, nik=nik)

    page = phone.submit(f"/pekerja/{worker.id}/nik").get_data(as_text=True)

    event_ = session.scalars(select(AuditEvent).where(AuditEvent.action == "nik.revealed")).one()
    assert nik in page
    assert (event_.actor_id, event_.subject) == (agent.user_id, f"worker:{worker.id}")
    assert identity.mask(nik) in phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)


def test_a_pay_link_opens_for_the_worker_without_signing_in(session, vault, agent, phone, client):
    worker = make_due(session, vault, agent, name="Yohana Wenda")
    phone.submit(f"/pekerja/{worker.id}/tautan")
    token = session.scalars(select(PayLink)).one().token

    page = client.get(f"/bayar/{token}").get_data(as_text=True)

    assert "Yohana W." in page
    assert "Wenda" not in page
    assert "Rp16.800" in page


def test_the_pay_link_of_somebody_never_billed_does_not_say_paid(session, vault, agent, client):
    token = make_link(session, worker_id=make_worker(session, vault, agent=agent).id, actor_id=None)

    page = client.get(f"/bayar/{token.token}").get_data(as_text=True)

    assert "Belum ada tagihan" in page
    assert "sudah dibayar" not in page


def test_the_pay_link_of_somebody_who_paid_says_so(session, vault, agent, phone, client):
    worker = make_due(session, vault, agent)
    collect(phone, worker)
    token = make_link(session, worker_id=worker.id, actor_id=None).token

    assert "Iuran sudah dibayar" in client.get(f"/bayar/{token}").get_data(as_text=True)


def test_an_expired_pay_link_says_why_and_whom_to_call(session, vault, agent, client):
    link = make_link(session, worker_id=make_worker(session, vault, agent=agent).id, actor_id=None)
    session.get_one(PayLink, link.token).expires_at = clock.now() - timedelta(days=1)
    session.flush()
    session.flush()

    expired, unknown = client.get(f"/bayar/{link.token}"), client.get("/bayar/terpotong")

    assert expired.status_code == unknown.status_code == 404
    page = expired.get_data(as_text=True)
    assert f'href="tel:{agent.user.phone}"' in page
    assert "lewat waktu" in page
    assert "tidak dikenal" in unknown.get_data(as_text=True)
    for answer in (expired, unknown):
        assert "/masuk" not in answer.get_data(as_text=True)


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
    assert "Belum bayar pertama" in today
    assert "tab=first" in today
    assert "Rp8.400/bulan" in own
    assert "Rp8.400/bulan" in sheet


def test_who_has_a_waiting_bill_is_looked_at_and_not_billed_again(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    payment = make_payment(session, worker, list(session.scalars(select(Contribution))))

    page = phone.get("/hari-ini").get_data(as_text=True)

    assert f"/pembayaran/{payment.id}" in page
    assert f"/tagih/{worker.id}" not in page


def test_a_receipt_can_be_checked_by_anybody_and_tells_no_identity(
    session, vault, agent, phone, client
):
    worker = make_due(session, vault, agent, name="Slamet Riyadi")
    collect(phone, worker)
    code = session.scalars(select(Receipt)).one().code

    page = client.get(f"/k/{code}").get_data(as_text=True)

    assert "Slamet R." in page
    assert "Riyadi" not in page
    assert worker.nik_masked not in page
    assert client.get("/k/AAAAAAAAAA").status_code == 404


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
