"""A year ahead, on the agent's sheet and on the pay link: each month at its own price."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import func, select, text, update

from agentsys.contributions.models import Contribution
from agentsys.payments.link_models import PayLink
from agentsys.payments.links import make_link
from agentsys.payments.models import Payment
from agentsys.runtime import KEY
from agentsys.workers.kinds import Sector
from agentsys.workers.models import Worker
from tests.factories import make_contribution, make_worker
from tests.payments.provider import QrPay
from tests.web.agent.due_workers import collect

# Half of JKK and JKM is paid by all until December 2026, by drivers until March 2027.
NOVEMBER = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)
TOTAL = re.compile(r"data-total>(Rp[0-9.]+)<")


@pytest.fixture
def november():
    """The time of these tests."""
    with time_machine.travel(NOVEMBER, tick=False):
        yield


@pytest.fixture
def worker(november, session, vault, agent):
    """Somebody who owes November, the first month of the membership."""
    worker = make_worker(session, vault, agent=agent, enrolled_from=date(2026, 11, 1))
    make_contribution(session, worker, date(2026, 11, 1), jkk_idr=5_000, jkm_idr=3_400, jht_idr=0)
    session.execute(update(Contribution).values(tariff="PP 44/2015, PP 50/2025"))
    return worker


def offered(page: str) -> dict[str, int]:
    """The months that a page offers, each with the price beside it."""
    found = re.findall(r'name="shown" value="([0-9-]+):([0-9]+)"', page)
    return {month: int(price) for month, price in found}


def ticked(page: str) -> list[str]:
    """The months that a page has chosen."""
    return re.findall(r'name="months"\s+value="([0-9-]+)"[^>]*?\bchecked\s*>', page)


def shown(prices: dict[str, int], months: list[str]) -> list[str]:
    """What the page sends about the prices that it showed."""
    return [f"{month}:{prices[month]}" for month in months]


def test_the_sheet_offers_a_year_ahead_each_month_at_its_own_price(worker, phone):
    page = phone.get(f"/tagih/{worker.id}").get_data(as_text=True)

    prices = offered(page)
    assert next(iter(prices)) == "2026-11"
    assert list(prices)[-1] == "2027-11"
    assert list(prices.values()) == [8_400] * 2 + [16_800] * 11
    assert ticked(page) == ["2026-11"]
    assert page.count("iuran berubah mulai bulan ini") == 1
    assert page.count("keringanan PP 50/2025") == 2


def test_a_driver_keeps_the_discount_of_his_sector_in_the_months_ahead(session, worker, phone):
    session.execute(update(Worker).values(sector=Sector.TRANSPORT))

    prices = offered(phone.get(f"/tagih/{worker.id}").get_data(as_text=True))

    assert [month for month, price in prices.items() if price == 8_400] == [
        "2026-11",
        "2026-12",
        "2027-01",
        "2027-02",
        "2027-03",
    ]


@pytest.mark.parametrize(
    ("count", "total"), [(1, 8_400), (3, 33_600), (6, 84_000), (12, 184_800), (5, 67_200)]
)
def test_so_many_months_are_chosen_by_one_tap_with_their_total(worker, phone, count, total):
    page = phone.get(f"/tagih/{worker.id}?bulan={count}").get_data(as_text=True)

    assert len(ticked(page)) == count
    assert TOTAL.search(page).group(1) == f"Rp{total:,}".replace(",", ".")


@pytest.mark.parametrize("count", ["0", "x", "-1", "999", "²"])
def test_a_number_that_is_none_chooses_what_is_owed(worker, phone, count):
    page = phone.get(f"/tagih/{worker.id}", query_string={"bulan": count})

    assert page.status_code == 200
    assert ticked(page.get_data(as_text=True)) == ["2026-11"]


def test_twelve_months_are_paid_at_once_and_each_keeps_its_price(session, worker, phone):
    prices = offered(phone.get(f"/tagih/{worker.id}").get_data(as_text=True))
    months = list(prices)[:12]

    answer = phone.submit(
        f"/tagih/{worker.id}",
        key=uuid.uuid4().hex,
        months=months,
        shown=shown(prices, months),
        channel="cash",
    )

    assert answer.status_code == 302
    paid = session.scalars(select(Contribution).order_by(Contribution.month)).all()
    assert {f"{c.month:%Y-%m}": c.amount_idr for c in paid if c.payment_id} == {
        month: prices[month] for month in months
    }
    assert session.scalars(select(Payment)).one().amount_idr == 184_800


def test_arrears_and_a_whole_year_ahead_fit_into_one_payment(
    november, session, vault, agent, phone
):
    worker = make_worker(session, vault, agent=agent, enrolled_from=date(2026, 9, 1))
    for month in (9, 10, 11):
        make_contribution(session, worker, date(2026, month, 1))
    prices = offered(phone.get(f"/tagih/{worker.id}").get_data(as_text=True))

    collect(phone, worker, months=list(prices))

    assert len(prices) == 15
    assert (
        session.scalar(
            select(func.count())
            .select_from(Contribution)
            .where(Contribution.payment_id.is_not(None))
        )
        == 15
    )


def test_a_price_that_changed_since_it_was_shown_asks_again_and_keeps_the_choice(
    session, worker, phone
):
    prices = offered(phone.get(f"/tagih/{worker.id}").get_data(as_text=True))
    months, key = ["2026-11", "2026-12"], uuid.uuid4().hex
    session.execute(update(Worker).values(income_idr=3_000_000))  # December is not billed yet
    form = {"key": key, "months": months, "channel": "cash"}

    answer = phone.submit(f"/tagih/{worker.id}", **form, shown=shown(prices, months))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "tadi Rp16.800, sekarang Rp26.550" in page
    assert ticked(page) == months
    assert f'name="key" value="{key}"' in page
    assert session.scalar(select(func.count()).select_from(Payment)) == 0
    assert session.scalar(select(func.count()).select_from(Contribution)) == 1

    again = phone.submit(f"/tagih/{worker.id}", **form, shown=shown(offered(page), months))

    assert again.status_code == 302
    assert session.scalars(select(Payment)).one().amount_idr == 26_550


def test_a_page_sent_again_after_the_price_changed_finds_its_first_receipt(session, worker, phone):
    prices = offered(phone.get(f"/tagih/{worker.id}").get_data(as_text=True))
    months, key = ["2026-11", "2026-12"], uuid.uuid4().hex
    form = {"key": key, "months": months, "shown": shown(prices, months), "channel": "cash"}

    first = phone.submit(f"/tagih/{worker.id}", **form)
    session.execute(update(Worker).values(income_idr=3_000_000))
    second = phone.submit(f"/tagih/{worker.id}", **form)

    assert first.headers["Location"] == second.headers["Location"]
    assert session.scalar(select(func.count()).select_from(Payment)) == 1


@pytest.fixture
def wallet(app, session):
    """A channel that payers use by themselves, and a worker process that starts its payments."""
    session.execute(text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())"))
    channels, channel = app.extensions[KEY].registry.channels, QrPay()
    channels[channel.name] = channel
    yield channel.name
    del channels[channel.name]


def link_of(session, worker) -> str:
    """A new pay link of a worker."""
    make_link(session, worker_id=worker.id, actor_id=None)
    return f"/bayar/{session.scalars(select(PayLink)).one().token}"


def test_the_pay_link_offers_a_year_ahead_and_bills_it_when_it_is_asked(
    session, worker, client, wallet
):
    link = link_of(session, worker)
    page = client.get(f"{link}?bulan=12").get_data(as_text=True)
    months = ticked(page)

    billed_by_looking = session.scalar(select(func.count()).select_from(Contribution))
    answer = client.submit(
        link,
        key=uuid.uuid4().hex,
        months=months,
        shown=shown(offered(page), months),
        channel=wallet,
    )

    assert (billed_by_looking, len(months)) == (1, 12)
    assert answer.status_code == 302
    assert session.scalars(select(Payment)).one().amount_idr == 184_800


def test_the_pay_link_asks_again_when_the_price_changed(session, worker, client, wallet):
    link = link_of(session, worker)
    prices = offered(client.get(link).get_data(as_text=True))
    session.execute(update(Worker).values(income_idr=3_000_000))
    months = ["2026-11", "2026-12"]

    answer = client.submit(
        link,
        key=uuid.uuid4().hex,
        months=months,
        shown=shown(prices, months),
        channel=wallet,
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "sekarang Rp26.550" in page
    assert ticked(page) == months
    assert session.scalar(select(func.count()).select_from(Payment)) == 0


def test_who_has_paid_is_thanked_and_may_pay_ahead(session, worker, phone, client):
    collect(phone, worker, months=["2026-11"])

    page = client.get(link_of(session, worker)).get_data(as_text=True)

    assert "Iuran sudah dibayar" in page
    assert "Bayar di muka, sampai 12 bulan" in page
    assert next(iter(offered(page))) == "2026-12"
    assert len(offered(page)) == 12
