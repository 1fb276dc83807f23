"""The worker's own page: notices count when read, stopping needs nobody, and a code opens more."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.errors import Conflict
from agentsys.extension.contract import MandateEnd, MandateState
from agentsys.payments import page_codes
from agentsys.payments.debit_models import DebitState, Notice, NoticeKind, NoticeState
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.page_codes import Answer, make_code, try_code
from tests.payments.mandates.auto import AutoDebit
from tests.web.own.phone import Phone


@pytest.fixture
def announced(auto: AutoDebit) -> AutoDebit:
    """The payer consented, and the debit of the 10th is announced."""
    auto.ask()
    auto.consent()
    auto.until(date(2026, 11, 3))
    return auto


def notice(auto: AutoDebit) -> Notice:
    auto.world.session.expire_all()
    return auto.world.session.scalars(
        select(Notice).where(Notice.kind == NoticeKind.DEBIT).order_by(Notice.id.desc())
    ).first() or pytest.fail("no notice")


def mandate(auto: AutoDebit) -> Mandate:
    auto.world.session.expire_all()
    return auto.world.session.scalars(select(Mandate).order_by(Mandate.id.desc()).limit(1)).one()


def test_looking_at_the_page_is_no_reading_but_pressing_the_button_is(
    announced: AutoDebit, phone: Phone
) -> None:
    page = phone.page()
    looked = notice(announced).state
    phone.press(f"kabar/{notice(announced).id}")

    assert "Rp50.400" in page
    assert "10 Nov 2026" in page
    assert looked is NoticeState.PREPARED
    assert notice(announced).state is NoticeState.CONFIRMED
    announced.until(date(2026, 11, 10))
    assert announced.debit.state is DebitState.COLLECTED


def test_a_worker_confirms_no_notice_of_somebody_else(announced: AutoDebit, phone: Phone) -> None:
    assert phone.press("kabar/999999").status_code == 404


def test_stopping_needs_the_link_alone_and_takes_effect_at_once(
    announced: AutoDebit, phone: Phone
) -> None:
    phone.press("berhenti")

    assert mandate(announced).end is MandateEnd.REVOKED_BY_US
    assert announced.debit.state is DebitState.WITHDRAWN
    assert "Debit otomatis berakhir" in phone.page()
    announced.until(date(2026, 11, 27))
    assert announced.channel.calls == []


def test_a_pause_keeps_the_month_from_being_debited_and_can_be_ended(
    announced: AutoDebit, phone: Phone
) -> None:
    phone.press(f"kabar/{notice(announced).id}")
    phone.press("jeda", months="1")
    paused = phone.page()
    announced.until(date(2026, 11, 12))
    assert announced.channel.calls == []
    assert "tidak ada debit sebelum 1 Des 2026" in paused

    phone.press("lanjut")
    announced.until(date(2026, 11, 16))

    assert len(announced.channel.calls) == 1


@pytest.mark.parametrize("months", ["0", "4", "banyak"])
def test_a_pause_of_another_length_is_refused(
    announced: AutoDebit, phone: Phone, months: str
) -> None:
    phone.press("jeda", months=months)

    assert mandate(announced).paused_until in (None, date(2026, 12, 1))
    assert (mandate(announced).paused_until is None) == months.isdecimal()


def test_history_receipts_cover_and_the_day_are_opened_by_a_code(
    announced: AutoDebit, phone: Phone
) -> None:
    phone.press(f"kabar/{notice(announced).id}")
    announced.until(date(2026, 11, 10))
    closed = phone.page()
    refused = phone.press("tanggal", new_day="5")
    phone.type_code()
    opened = phone.page()
    phone.press("tanggal", new_day="5")

    assert "KW-" not in closed
    assert refused.status_code == 409
    assert "KW-" in opened
    assert "Perlindungan" in opened
    assert "Terdebit" in opened
    assert mandate(announced).debit_day == 5


def test_a_code_opens_one_browser_for_half_an_hour(
    announced: AutoDebit, phone: Phone, app: Any
) -> None:
    phone.type_code()
    other = Phone(announced, app.test_client(), phone.token)

    assert "Ganti akun" in phone.page()
    assert "Ganti akun" not in other.page()
    announced.now.shift(page_codes.OPEN_FOR + timedelta(seconds=1))
    assert "Ganti akun" not in phone.page()


def test_the_page_is_closed_when_the_worker_says_so(announced: AutoDebit, phone: Phone) -> None:
    phone.type_code()
    phone.press("kunci")

    assert "Ganti akun" not in phone.page()


def test_typing_a_right_code_opens_the_notices(announced: AutoDebit, phone: Phone) -> None:
    phone.type_code()

    assert notice(announced).state is NoticeState.OPENED


def test_a_wrong_code_is_told_and_five_wrong_ones_end_it(auto: AutoDebit, phone: Phone) -> None:
    world = auto.world
    code = make_code(world.session, worker_id=world.worker.id, actor_id=None, vault=auto.vault)
    wrong = f"{(int(code) + 1) % 10**6:06}"

    answers = [phone.press("kode", code=wrong) for _ in range(page_codes.MOST_TRIES)]
    late = phone.press("kode", code=code)

    assert {answer.status_code for answer in [*answers, late]} == {422}
    assert "Kode salah" in answers[0].get_data(as_text=True)
    assert wrong in answers[0].get_data(as_text=True)
    assert "tidak berlaku lagi" in late.get_data(as_text=True)


def test_a_code_is_short_lived_used_once_and_stored_as_a_hash(auto: AutoDebit) -> None:
    world = auto.world
    who = {"worker_id": world.worker.id, "vault": auto.vault}

    first = make_code(world.session, actor_id=None, **who)
    second = make_code(world.session, actor_id=None, **who)
    assert try_code(world.session, code=first, **who) is Answer.WRONG
    assert try_code(world.session, code=second, **who) is Answer.RIGHT
    assert try_code(world.session, code=second, **who) is Answer.NONE_OPEN
    third = make_code(world.session, actor_id=None, **who)
    auto.now.shift(page_codes.VALID_FOR)
    assert try_code(world.session, code=third, **who) is Answer.NONE_OPEN
    stored = world.session.scalars(select(page_codes.PageCode.code_hash)).all()
    assert not {code.encode() for code in (first, second, third)} & set(stored)


def test_only_some_codes_are_made_in_an_hour(auto: AutoDebit) -> None:
    who = {"worker_id": auto.world.worker.id, "vault": auto.vault, "actor_id": None}
    for _ in range(page_codes.MOST_CODES):
        make_code(auto.world.session, **who)

    with pytest.raises(Conflict):
        make_code(auto.world.session, **who)
    auto.now.shift(timedelta(hours=1, seconds=1))
    make_code(auto.world.session, **who)


def test_the_agent_prepares_a_code_and_it_is_shown_once(
    auto: AutoDebit, phone: Phone, visit: Any
) -> None:
    agent, page = visit(auto.world.agent.user), f"/pekerja/{auto.world.worker.id}"

    made = agent.submit(f"{page}/debit/kode").get_data(as_text=True)
    code = re.search(r'data-copy="(\d{6})"', made)

    assert code
    assert code[1] not in agent.get(page).get_data(as_text=True)
    assert phone.press("kode", code=code[1]).status_code == 302


def test_another_account_is_agreed_to_with_a_code_and_the_old_one_goes_on_until_then(
    announced: AutoDebit, phone: Phone
) -> None:
    before = announced.reference

    refused = phone.agree(phone="0813 1111 2222")
    phone.type_code()
    phone.agree(phone="0813 1111 2222")
    states = list(announced.world.session.scalars(select(Mandate.state).order_by(Mandate.id)))

    assert refused.status_code == 422
    assert states == [MandateState.ACTIVE, MandateState.ASKED]
    announced.reference = mandate(announced).reference
    announced.ask_provider()
    announced.consent()
    states = list(announced.world.session.scalars(select(Mandate.state).order_by(Mandate.id)))
    assert states == [MandateState.ENDED, MandateState.ACTIVE]
    assert before != announced.reference


def test_the_agent_sends_a_notice_and_may_say_that_it_was_read_only_afterwards(
    announced: AutoDebit, phone: Phone, visit: Any
) -> None:
    announced.world.worker.phone = "+6281200001111"
    agent = visit(announced.world.agent.user)
    sent = notice(announced)
    page = agent.get(f"/pekerja/{announced.world.worker.id}").get_data(as_text=True)

    agent.submit(f"/kabar-debit/{sent.id}/terbaca")
    too_early = notice(announced).state
    agent.submit(f"/kabar-debit/{sent.id}/kirim")
    handed_over = notice(announced).state
    agent.submit(f"/kabar-debit/{sent.id}/terbaca")

    assert "wa.me" in page
    assert phone.token in page
    assert too_early is NoticeState.PREPARED
    assert handed_over is NoticeState.HANDED_OVER
    assert notice(announced).state is NoticeState.CONFIRMED
    recorded = announced.world.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "notice.confirmed")
    ).one()
    assert recorded.actor_id == announced.world.agent.user_id
    assert notice(announced).counted_at == clock.now()
