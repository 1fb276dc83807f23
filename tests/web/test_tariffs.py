"""The pages of tariff tables: upload, screen, preview, and the second person."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.contributions.tariff_models import TariffState, TariffTable
from agentsys.crypto import Vault
from agentsys.people.models import RoleName, User
from tests.factories import make_agent, make_user, make_worker

PAGE = "/tarif/"
HEAD = "instrument,valid_from,valid_until,certainty,income_from,base_idr,amount_idr\n"
RAISED = HEAD + "PP 1/2027,2027-01,,sourced,0,,7000\n"


@pytest.fixture(autouse=True)
def november() -> Any:
    """The time of these tests."""
    with time_machine.travel(datetime(2026, 11, 10, 4, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def admin(session: Session, visit: Any) -> Any:
    """An admin of all offices, who proposes."""
    return visit(make_user(session, RoleName.ADMIN))


@pytest.fixture
def finance(session: Session, visit: Any) -> Any:
    """The second person."""
    office = make_agent(session).office_id
    return visit(make_user(session, RoleName.FINANCE, office_id=office))


def send(visitor: Any, content: str = RAISED, **form: str) -> Any:
    """Upload a table of JKM."""
    file = (io.BytesIO(content.encode()), "jkm.csv")
    return visitor.submit(PAGE, **({"kind": "jkm", "source": "LN 2027/1", "file": file} | form))


def words(answer: Any) -> str:
    """The text of a page on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def only(session: Session) -> TariffTable:
    """The one table of the test."""
    session.expire_all()
    return session.scalars(select(TariffTable)).one()


def seen(page: str) -> str:
    """The version that a page was made with."""
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_a_file_is_proposed_previewed_and_released_by_a_second_person(
    session: Session, vault: Vault, admin: Any, finance: Any
) -> None:
    make_worker(session, vault, agent=make_agent(session), enrolled_from=date(2026, 11, 1))

    answer = send(admin)
    table = only(session)
    own = admin.get(answer.headers["Location"])
    shown = finance.get(f"/tarif/{table.id}")

    assert 'value="release"' not in own.text
    assert 'value="withdraw"' in own.text
    assert "Yang berubah pada Januari 2027" in words(shown)
    assert "Rp16.800 Rp17.000 Rp200" in words(shown)
    assert "Januari 2027 1 pekerja Rp16.800 → Rp17.000" in words(shown)

    done = finance.submit(f"/tarif/{table.id}", action="release", seen=seen(shown.text))

    assert done.status_code == 302
    assert only(session).state is TariffState.RELEASED
    assert "PP 1/2027" in words(admin.get(f"{PAGE}?bulan=2027-01"))


def test_wrong_rows_are_listed_with_what_to_do_and_nothing_is_kept(
    session: Session, admin: Any
) -> None:
    answer = send(admin, RAISED + "PP 1/2027,2027-01,,sourced,lima,,7000\n")

    assert answer.status_code == 422
    assert "Baris 3 income_from bukan jumlah rupiah. Tulis seperti 1100000." in words(answer)
    assert 'value="LN 2027/1"' in answer.text
    assert session.scalar(select(func.count()).select_from(TariffTable)) == 0


@pytest.mark.parametrize("content", ["", "a;b\n", "\0\0", "<html>"])
def test_a_file_that_is_no_table_is_refused(session: Session, admin: Any, content: str) -> None:
    answer = send(admin, content)

    assert answer.status_code == 422
    assert session.scalar(select(func.count()).select_from(TariffTable)) == 0


def test_the_same_file_twice_is_proposed_once(session: Session, admin: Any) -> None:
    send(admin)
    answer = send(admin)

    assert answer.status_code == 422
    assert "sudah diusulkan" in words(answer)
    assert only(session).state is TariffState.PROPOSED


def test_the_screen_begins_with_what_is_in_force_and_proposes_what_was_typed(
    session: Session, admin: Any
) -> None:
    page = admin.get("/tarif/baru?jenis=jkk&bulan=2027-01").text
    bounds = re.findall(r'name="income_from"\s+value="(\d+)"', page)
    amounts = re.findall(r'name="amount_idr"\s+value="(\d+)"', page)
    assert (len(bounds), amounts[0]) == (33, "10000")

    answer = admin.submit(
        "/tarif/baru",
        kind="jkk",
        instrument="PP 1/2027",
        valid_from="2027-01",
        valid_until="",
        certainty="secondary",
        source="berita",
        income_from=[*bounds, ""],
        base_idr=[""] * 34,
        amount_idr=["11.000", *amounts[1:], ""],
    )

    assert answer.status_code == 302
    table = only(session)
    assert (len(table.rows), table.rows[0]["amount_idr"]) == (33, 11_000)
    assert table.certainty.value == "secondary"


def test_a_discount_is_written_on_the_screen(session: Session, admin: Any) -> None:
    page = admin.get("/tarif/baru?jenis=discount&bulan=2026-12")
    assert page.text.count('name="percent_to_pay"') == 10

    answer = admin.submit(
        "/tarif/baru",
        kind="discount",
        instrument="PP 2/2027",
        valid_from="2027-01",
        valid_until="2027-12",
        certainty="sourced",
        source="LN",
        sector=["other"],
        funding=["self"],
        programmes=["JKK+JKM"],
        percent_to_pay=["50"],
        applies=["yes"],
        row_certainty=["unsure"],
        why=["perpanjangan"],
    )

    assert answer.status_code == 302
    assert only(session).rows[0]["certainty"] == "unsure"


def test_what_was_typed_comes_back_with_the_row_that_is_wrong(session: Session, admin: Any) -> None:
    answer = admin.submit(
        "/tarif/baru",
        kind="jkm",
        instrument="PP 1/2027",
        valid_from="2027-01",
        certainty="sourced",
        source="LN",
        income_from=["0"],
        base_idr=[""],
        amount_idr=["tujuh ribu"],
    )

    assert answer.status_code == 422
    assert "Baris 1 amount_idr bukan jumlah rupiah" in words(answer)
    assert 'value="tujuh ribu"' in answer.text
    assert 'value="PP 1/2027"' in answer.text


def test_what_is_in_force_is_downloaded_and_can_be_uploaded_again(
    session: Session, admin: Any
) -> None:
    content = admin.get("/tarif/berkas.csv?jenis=jht&bulan=2026-12").get_data(as_text=True)
    assert content.count("\n") == 34

    answer = send(admin, content.replace("2021-02", "2027-01"), kind="jht")

    assert answer.status_code == 302
    assert only(session).kind.value == "jht"


def test_a_refusal_needs_its_reason_and_the_trail_keeps_it(
    session: Session, admin: Any, finance: Any
) -> None:
    send(admin)
    here = f"/tarif/{only(session).id}"

    without = finance.submit(here, action="refuse", reason="")
    finance.submit(here, action="refuse", reason="Bukan JKM")

    assert without.status_code == 422
    assert only(session).state is TariffState.REFUSED
    assert "Bukan JKM" in words(admin.get(here))


def test_the_proposer_withdraws(session: Session, admin: Any) -> None:
    send(admin)

    admin.submit(f"/tarif/{only(session).id}", action="withdraw")

    assert only(session).state is TariffState.WITHDRAWN


def test_a_release_by_an_old_page_shows_the_new_preview(
    session: Session, admin: Any, finance: Any
) -> None:
    send(admin)
    first = only(session).id
    send(admin, RAISED.replace("2027-01", "2027-02"))
    second = session.scalars(select(TariffTable.id).where(TariffTable.id > first)).one()
    old = seen(finance.get(f"/tarif/{second}").text)
    finance.submit(f"/tarif/{first}", action="release", seen=old)

    answer = finance.submit(f"/tarif/{second}", action="release", seen=old)

    assert answer.status_code == 422
    assert "Baca pratinjau yang baru" in words(answer)
    again = finance.submit(f"/tarif/{second}", action="release", seen=seen(answer.text))
    assert again.status_code == 302


@pytest.mark.parametrize("role", [RoleName.AGENT, RoleName.SUPERVISOR])
def test_who_has_nothing_to_do_with_prices_does_not_open_the_page(
    session: Session, visit: Any, role: RoleName
) -> None:
    agent = make_agent(session)
    user: User | None = agent.user if role is RoleName.AGENT else agent.supervisor

    assert visit(user).get(PAGE).status_code == 403


def test_an_auditor_reads_and_decides_nothing(session: Session, visit: Any, admin: Any) -> None:
    send(admin)
    here = f"/tarif/{only(session).id}"
    auditor = visit(make_user(session, RoleName.AUDITOR))

    assert auditor.get(here).status_code == 200
    assert 'name="action"' not in auditor.get(here).text
    assert auditor.submit(here, action="release").status_code == 403


def test_the_work_queue_names_it_for_the_second_person(
    session: Session, admin: Any, finance: Any
) -> None:
    send(admin)

    assert "Tabel iuran menunggu orang kedua" in words(finance.get("/kotak-kerja/?tab=bpjs"))


@pytest.mark.parametrize("kind", ["", "x", "JKK"])
def test_a_kind_that_is_none_is_not_found(admin: Any, kind: str) -> None:
    assert admin.get("/tarif/baru", query_string={"jenis": kind}).status_code == 404
    assert admin.get("/tarif/berkas.csv", query_string={"jenis": kind}).status_code == 404
