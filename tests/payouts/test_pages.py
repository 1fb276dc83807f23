"""The pages of paying commissions, from BPJS' payment to the bank's result."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select

from agentsys.payouts.models import LineState, PayoutBatch
from agentsys.payouts.receipt_models import CommissionReceipt, ReceiptState
from agentsys.people.models import RoleName
from tests.factories import make_office, make_user
from tests.payouts.builders import earn, earner, finance, line_of

# The contributions have no payments behind them; the fixture `books` checks the rest.
pytestmark = pytest.mark.made_up_books
EARNED, OFFICE = 600_000, 60_000


@pytest.fixture
def office(session):
    """An office through which BPJS pays."""
    return make_office(session)


@pytest.fixture
def people(session, office):
    return finance(session, office)


@pytest.fixture
def agent(session, vault, office):
    found = earner(session, vault, office)
    earn(session, vault, found, EARNED)
    return found


def receipt(office, **values):
    return {
        "office_id": str(office.id),
        "month": "2026-11",
        "total_idr": f"{EARNED + OFFICE}",
        "tax_idr": "",
        "office_idr": "",
        "bank_ref": "BNI 77",
        "received_on": "2026-12-04",
        "lines": "",
    } | values


def text(client, path):
    return client.get(path).get_data(as_text=True)


def test_the_way_of_a_commission_from_bpjs_to_the_agent(session, visit, office, people, agent):
    first, second = (visit(each) for each in people)
    answer = first.submit("/keuangan/insentif-bpjs", **receipt(office))
    assert answer.status_code == 302
    found = session.scalars(select(CommissionReceipt)).one()
    assert "BNI 77" in text(second, "/keuangan/insentif-bpjs")
    second.submit(f"/keuangan/insentif-bpjs/{found.id}", action="confirm")
    session.expire_all()
    assert found.state is ReceiptState.CONFIRMED

    assert "Rp585.000" in text(first, "/keuangan/bayar-komisi/belum-dibayar")
    first.submit("/keuangan/bayar-komisi", office_id=str(office.id), layout="generic_csv")
    batch = session.scalars(select(PayoutBatch)).one()
    here = f"/keuangan/bayar-komisi/{batch.id}"
    assert "Setujui Rp585.000" not in text(first, here)
    assert "Setujui Rp585.000" in text(second, here)
    second.submit(here, action="approve")
    first.submit(f"{here}/berkas")
    file = first.submit(f"{here}/unduh")
    rows = list(csv.DictReader(io.StringIO(file.get_data(as_text=True)), delimiter=";"))
    line = line_of(session, agent)
    assert [(row["referensi"], row["jumlah_rupiah"]) for row in rows] == [(line.key, "585000")]
    assert rows[0]["nomor_rekening"] == f"00{agent.id:08d}"

    first.submit(
        f"/keuangan/bayar-komisi/hasil/{line.id}",
        result="succeeded",
        bank_ref="BRI9",
        paid_on="2026-12-04",
        reason="",
    )
    session.expire_all()
    assert line.state is LineState.SUCCEEDED
    assert "BRI9" in text(first, here)


def test_pasted_amounts_of_bpjs_are_read_and_a_wrong_line_is_named(
    session, visit, office, people, agent
):
    client = visit(people[0])
    wrong = client.submit(
        "/keuangan/insentif-bpjs", **receipt(office, lines=f"{agent.code} 590.000\nsalah")
    )
    assert wrong.status_code == 422
    page = wrong.get_data(as_text=True)
    assert "Baris 2 tidak terbaca" in page
    assert "590.000" in page  # what was typed is still there

    total = 590_000 + OFFICE
    client.submit(
        "/keuangan/insentif-bpjs",
        **receipt(office, lines=f"{agent.code};590.000\n\n", total_idr=str(total)),
    )
    found = session.scalars(select(CommissionReceipt)).one()
    assert found.gross_idr == total
    visit(people[1]).submit(f"/keuangan/insentif-bpjs/{found.id}", action="confirm")
    assert "BPJS membayar jumlah lain" in text(client, "/keuangan/insentif-bpjs")


def test_the_file_with_account_numbers_is_for_those_who_send_it(
    session, visit, office, people, agent
):
    auditor = make_user(session, RoleName.AUDITOR, office_id=office.id)
    batch = PayoutBatch(office_id=office.id, layout="generic_csv", prepared_by=people[0].id)
    session.add(batch)
    session.flush()

    for path in (f"{batch.id}/berkas", f"{batch.id}/unduh"):
        answer = visit(auditor).submit(f"/keuangan/bayar-komisi/{path}")
        assert answer.status_code == 403
    assert visit(people[0]).submit(f"/keuangan/bayar-komisi/{batch.id}/unduh").status_code == 404
    session.delete(batch)
    session.flush()
