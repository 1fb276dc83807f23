"""Finance's figure of debits that were not made: each with a reason, and a link to its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.payments.debit_models import DebitRun
from agentsys.people.models import RoleName
from tests.factories import make_user
from tests.payments.mandates.auto import BEGIN, AutoDebit
from tests.payments.world import World

REASON = "Pemberitahuan belum dibaca"
LINE = re.compile(r'<a href="(/keuangan/debit/hari/[^"]+)">([^<]+)</a>: (\d+)')


@pytest.fixture
def unread(session: Session, vault: Vault) -> Iterator[AutoDebit]:
    """A debit whose notice nobody reads: on the lists of the 10th, the 11th and the 12th."""
    with time_machine.travel(BEGIN, tick=False) as now:
        auto = AutoDebit(World.build(session, vault), vault, now)
        auto.ask()
        auto.consent()
        auto.until(date(2026, 11, 12))
        yield auto


def lines(page: str) -> list[tuple[str, str, str]]:
    return [(url.replace("&amp;", "&"), words, many) for url, words, many in LINE.findall(page)]


def test_a_debit_on_the_lists_of_many_days_has_a_reason_on_each(unread: AutoDebit) -> None:
    unread.world.session.expire_all()
    days = unread.world.session.scalars(select(DebitRun).order_by(DebitRun.day)).all()

    assert [day.day.day for day in days] == [10, 11, 12]
    assert [day.skipped for day in days] == [1, 1, 1]
    assert [day.by_why for day in days] == [{"notice_not_opened": 1}] * 3


def test_each_reason_leads_to_the_debits_that_it_counts(unread: AutoDebit, visit: Any) -> None:
    finance = visit(unread.world.finance)
    page = finance.get("/keuangan/debit").get_data(as_text=True)
    found = lines(page)
    rows = [finance.get(url).get_data(as_text=True) for url, _words, _many in found]

    assert [(words, many) for _url, words, many in found] == [(REASON, "1")] * 3
    assert all("Siti Rahmawati" in each and REASON in each for each in rows)


def test_reasons_of_a_past_day_stay_when_the_debit_is_made_later(
    unread: AutoDebit, visit: Any
) -> None:
    unread.open_notice()
    unread.until(date(2026, 11, 16))
    finance = visit(unread.world.finance)
    found = lines(finance.get("/keuangan/debit").get_data(as_text=True))
    tenth = finance.get(found[-1][0]).get_data(as_text=True)

    assert len(unread.channel.calls) == 1
    assert found[-1][1:] == (REASON, "1")
    assert "Siti Rahmawati" in tenth
    assert "Terdebit" in tenth


def test_what_has_no_reason_is_a_line_of_its_own(unread: AutoDebit, visit: Any) -> None:
    unread.world.session.execute(text("UPDATE listed_debits SET why = ''"))
    unread.world.session.execute(text("UPDATE debit_runs SET by_why = '{}'"))
    finance = visit(unread.world.finance)
    found = lines(finance.get("/keuangan/debit").get_data(as_text=True))
    rows = finance.get(found[0][0]).get_data(as_text=True)

    assert {words for _url, words, _many in found} == {"Belum ada alasan tercatat"}
    assert "Siti Rahmawati" in rows


def test_another_offices_list_is_not_found(unread: AutoDebit, visit: Any) -> None:
    run = unread.world.session.scalars(select(DebitRun)).first()
    assert run is not None
    stranger = visit(make_user(unread.world.session, RoleName.FINANCE))

    assert stranger.get(f"/keuangan/debit/hari/{run.id}").status_code == 404
