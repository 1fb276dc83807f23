"""A worker agrees to auto-debit on the own phone: nobody else can, and nothing else counts."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from agentsys import clock
from agentsys.extension.contract import MandateState
from agentsys.payments import links
from agentsys.payments.link_models import LinkKind, PayLink
from agentsys.payments.mandate_models import Mandate, Relation
from agentsys.payments.mandates import invitations
from agentsys.workers.models import Enrolment, Funding
from tests.factories import make_agent
from tests.payments.mandates.auto import AutoDebit
from tests.web.own.phone import Phone


def mandate(auto: AutoDebit) -> Mandate:
    return auto.world.session.scalars(select(Mandate).order_by(Mandate.id.desc()).limit(1)).one()


def count(auto: AutoDebit) -> int:
    return auto.world.session.scalar(select(func.count()).select_from(Mandate)) or 0


def test_the_agent_invites_and_the_worker_agrees_on_the_providers_page(
    auto: AutoDebit, visit: Any, client: Any
) -> None:
    agent = visit(auto.world.agent.user)
    page = f"/pekerja/{auto.world.worker.id}"

    assert "Ajak debit otomatis" in agent.get(page).get_data(as_text=True)
    agent.submit(f"{page}/debit/ajak")
    invited = agent.get(page).get_data(as_text=True)
    token = re.search(r"/saya/([\w-]{32})", invited)
    assert token
    phone = Phone(auto, client, token[1])
    assert phone.agree().status_code == 302
    asked = phone.page()
    auto.reference = mandate(auto).reference
    auto.ask_provider()
    ready = phone.page()
    auto.consent()
    agreed = phone.page()

    assert "Menyiapkan halaman DictDebit" in asked
    assert f"https://consent.example/{auto.reference}" in ready
    assert "Hentikan debit otomatis" in agreed
    assert "Berjalan" in agent.get(page).get_data(as_text=True)


def test_what_was_agreed_is_kept_with_the_place_and_the_version_of_the_text(phone: Phone) -> None:
    phone.agree(relation="spouse", cap_idr="50.000", debit_day="5")

    kept = mandate(phone.auto)
    assert kept.asked_by is None
    assert (kept.cap_idr, kept.month_cap_idr, kept.debit_day) == (50_000, 60_000, 5)
    assert [covered.relation for covered in kept.workers] == [Relation.SPOUSE]
    assert kept.asked_from["text"] == kept.consent_text
    assert kept.asked_from["address"]
    assert kept.return_url.endswith(f"{phone.path}/kembali")


def test_nobody_who_is_signed_in_can_agree_or_read_for_a_worker(
    auto: AutoDebit, phone: Phone, visit: Any
) -> None:
    phone.browser = visit(auto.world.agent.user)

    answers = [
        phone.agree(),
        phone.press("kode", code="123456"),
        phone.press("kabar/1"),
        phone.press("berhenti"),
        phone.press("jeda", months="1"),
        phone.press("lanjut"),
        phone.press("tanggal", new_day="3"),
    ]

    assert {answer.status_code for answer in answers} == {409}
    assert "HP pekerja sendiri" in answers[0].get_data(as_text=True)
    assert count(auto) == 0


def test_the_agents_page_never_shows_the_providers_page(
    auto: AutoDebit, phone: Phone, visit: Any
) -> None:
    phone.agree()
    auto.reference = mandate(auto).reference
    auto.ask_provider()
    agent = visit(auto.world.agent.user)

    page = agent.get(f"/pekerja/{auto.world.worker.id}").get_data(as_text=True)
    opened = agent.get(phone.path).get_data(as_text=True)

    assert "consent.example" not in page + opened
    assert "Anda tidak dapat menyetujuinya" in page


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"agree": ""}, "Centang bila Anda setuju"),
        ({"phone": "12"}, "Isi nomor HP akun"),
        ({"holder_name": ""}, "Wajib diisi"),
        ({"debit_day": "31"}, "Pilih tanggal debit 1 sampai 28"),
        ({"cap_idr": "70.000"}, "Batas sebulan harus paling sedikit"),
        ({"cap_idr": "1,5"}, "Tulis rupiah tanpa koma"),
        ({"channel": "nobody"}, "Pilih salah satu"),
    ],
)
def test_a_wrong_answer_is_told_and_what_was_typed_stays(
    phone: Phone, wrong: dict[str, str], told: str
) -> None:
    answer = (
        phone.agree(holder_name="Siti R", **wrong)
        if "holder_name" not in wrong
        else (phone.agree(**wrong))
    )

    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in text
    assert "0812 3456 7890" in text or "phone" in wrong
    assert count(phone.auto) == 0


def test_a_form_that_is_sent_twice_asks_once(phone: Phone) -> None:
    key = secrets.token_hex(16)

    phone.agree(key=key)
    phone.agree(key=key)

    assert count(phone.auto) == 1


def test_another_browser_begins_again_and_does_not_see_the_first_consent_page(
    auto: AutoDebit, phone: Phone, app: Any
) -> None:
    phone.agree()
    auto.reference = mandate(auto).reference
    auto.ask_provider()
    other = Phone(auto, app.test_client(), phone.token)

    seen = other.page()
    other.agree()

    assert "consent.example" not in seen
    assert "dimulai di peramban lain" in seen
    states = auto.world.session.scalars(select(Mandate.state).order_by(Mandate.id)).all()
    assert states == [MandateState.ENDED, MandateState.ASKED]


def test_a_provider_is_asked_a_limited_number_of_times_a_day(phone: Phone) -> None:
    for _ in range(invitations.MOST_A_DAY):
        assert phone.agree().status_code == 302

    answer = phone.agree()

    assert answer.status_code == 422
    assert "terlalu sering" in answer.get_data(as_text=True)


def test_a_sponsored_worker_is_not_asked_to_agree(
    auto: AutoDebit, phone: Phone, visit: Any
) -> None:
    session = auto.world.session
    for enrolment in session.scalars(
        select(Enrolment).where(Enrolment.worker_id == auto.world.worker.id)
    ):
        enrolment.funding = Funding.APBD
    session.flush()
    agent = visit(auto.world.agent.user)

    assert "dibayar APBD" in phone.page()
    assert phone.agree().status_code == 422
    page = agent.get(f"/pekerja/{auto.world.worker.id}").get_data(as_text=True)
    assert "Ajak debit otomatis" not in page


def test_a_withdrawn_or_old_link_opens_nothing_and_names_the_agent(
    auto: AutoDebit, phone: Phone, visit: Any
) -> None:
    session = auto.world.session
    old = links.make_link(session, worker_id=auto.world.worker.id, actor_id=None, kind=LinkKind.OWN)
    session.get_one(PayLink, old.token).expires_at = clock.now() - timedelta(days=1)
    agent = visit(auto.world.agent.user)

    agent.submit(f"/pekerja/{auto.world.worker.id}/debit/tarik")
    withdrawn = phone.browser.get(phone.path)
    expired = phone.browser.get(f"/saya/{old.token}")

    assert (withdrawn.status_code, expired.status_code) == (404, 404)
    assert "Minta tautan baru kepada" in withdrawn.get_data(as_text=True)
    assert phone.agree().status_code == 404


def test_a_pay_link_does_not_open_the_own_page_nor_the_other_way_round(
    auto: AutoDebit, phone: Phone
) -> None:
    pay = links.make_link(auto.world.session, worker_id=auto.world.worker.id, actor_id=None)

    assert phone.browser.get(f"/saya/{pay.token}").status_code == 404
    assert phone.browser.get(f"/bayar/{phone.token}").status_code == 404


def test_returning_from_the_provider_asks_it_again_and_believes_nothing_else(
    auto: AutoDebit, phone: Phone
) -> None:
    phone.agree()
    auto.reference = mandate(auto).reference
    auto.ask_provider()

    answer = phone.browser.get(f"{phone.path}/kembali?status=success")

    assert answer.location == phone.path
    assert mandate(auto).state is MandateState.PENDING
    assert mandate(auto).next_check_at == clock.now()


def test_an_agent_of_other_workers_invites_nobody(
    auto: AutoDebit, visit: Any, session: Any
) -> None:

    stranger = visit(make_agent(session, office_id=auto.world.office_id).user)

    assert stranger.submit(f"/pekerja/{auto.world.worker.id}/debit/ajak").status_code == 404
