"""The pages of statements: upload, mapping, and the page of a line."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.people.models import RoleName
from agentsys.statements import importing
from agentsys.statements.models import BankFile, FileState, ThingKind
from agentsys.web.finance import statement_words
from tests.factories import make_office, make_user
from tests.payments.world import PRICE, World
from tests.statements.banking import Banking, Row, bisnis


@pytest.fixture
def bank(session: Session, vault: Vault) -> Banking:
    """The account of an office, whose agent handed in a month of cash."""
    world = World.build(session, vault)
    world.collect(world.months[:1])
    world.declare(PRICE, key="k" * 32, evidence="SLIP-0012")
    return Banking.of(world)


def today() -> str:
    return f"{importing.today():%d/%m/%Y}"


def newest(bank: Banking) -> BankFile:
    return bank.session.query(BankFile).order_by(BankFile.id.desc()).first()


def test_an_uploaded_statement_is_read_by_its_job_and_its_page_shows_what_it_brought(
    bank: Banking, visit: Any
) -> None:
    visitor = visit(bank.world.finance)
    content = bisnis([Row(today(), "SETOR SLIP-0012", PRICE), Row(today(), "BIAYA", -500)])

    answer = visitor.submit(
        "/keuangan/mutasi",
        account=str(bank.account.id),
        file=(io.BytesIO(content), "mutasi.csv"),
    )
    file = newest(bank)
    waiting = visitor.get(f"/keuangan/mutasi/berkas/{file.id}").get_data(as_text=True)
    importing.import_file(vault=bank.vault, file_id=file.id)
    bank.session.expire_all()
    done = visitor.get(f"/keuangan/mutasi/berkas/{file.id}").get_data(as_text=True)
    lines = visitor.get(f"/keuangan/mutasi/{bank.account.id}").get_data(as_text=True)

    assert answer.status_code == 302
    assert "Berkas sedang dibaca" in waiting
    assert "BCA Bisnis (CSV)" in done
    assert "BIAYA" in lines
    assert "SETOR" not in lines  # it was matched, and is in the other tab


def test_unknown_headings_are_asked_once_and_known_the_next_time(bank: Banking, visit: Any) -> None:
    visitor = visit(bank.world.finance)
    head = b"Tgl;Uraian;Keluar;Masuk;Sisa\n"
    file = bank.send(head + b"02/11/2026;SETOR;0,00;16.800,00;116.800,00\n")
    page = visitor.get(f"/keuangan/mutasi/berkas/{file.id}").get_data(as_text=True)

    answer = visitor.submit(
        f"/keuangan/mutasi/berkas/{file.id}",
        **{"kolom-0": "date", "kolom-1": "text", "kolom-2": "debit", "kolom-3": "credit"},
        **{"kolom-4": "balance", "days": "dd/mm/yyyy", "point": ","},
    )
    importing.import_file(vault=bank.vault, file_id=file.id)
    bank.session.expire_all()
    second = bank.send(head + b"03/11/2026;SETOR 2;0,00;500,00;117.300,00\n")

    assert "16.800,00" in page
    assert answer.status_code == 302
    assert [line.amount_idr for line in bank.lines()] == [16_800, 500]
    assert second.state is FileState.DONE


@pytest.mark.parametrize(
    ("holds", "sentence"),
    [
        (("", "text", "debit", "credit"), "Pilih kolom tanggal."),
        (("date", "text", "debit", ""), "Pilih satu kolom jumlah"),
        (("date", "date", "debit", "credit"), "Hanya keterangan"),
        (("date", "x", "debit", "credit"), "Pilih isi setiap kolom dari daftar."),
    ],
)
def test_columns_that_make_no_statement_are_refused(
    bank: Banking, visit: Any, holds: tuple[str, ...], sentence: str
) -> None:
    file = bank.send(b"Tgl;Uraian;Keluar;Masuk\n02/11/2026;SETOR;0,00;16.800,00\n")

    answer = visit(bank.world.finance).submit(
        f"/keuangan/mutasi/berkas/{file.id}",
        **{f"kolom-{n}": what for n, what in enumerate(holds)},
        days="dd/mm/yyyy",
        point=",",
    )

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert newest(bank).state is FileState.MAPPING


def test_a_line_is_matched_unmatched_and_closed_on_its_page(bank: Banking, visit: Any) -> None:
    bank.send(bisnis([Row(today(), "TRANSFER TANPA NOMOR", PRICE)]))
    [line] = bank.lines()
    visitor = visit(bank.world.finance)
    path = f"/keuangan/mutasi/baris/{line.id}"

    page = visitor.get(path).get_data(as_text=True)
    thing = re.search(r'name="thing"\s+value="(deposit:\d+)"', page)
    assert thing is not None
    matched = visitor.submit(path, action="match", thing=thing[1])
    [match] = bank.matches()
    again = visitor.submit(path, action="match", thing=thing[1])
    undone = visitor.submit(path, action="unmatch", reason="Salah baris")
    closed = visitor.submit(path, action="close", note="Setoran lain, dicatat nanti")

    assert "Jumlahnya sama." in page
    assert "SLIP-0012" in page
    assert (matched.status_code, again.status_code) == (302, 422)
    assert (match.kind, match.rule) == (ThingKind.DEPOSIT, "person")
    assert (undone.status_code, closed.status_code) == (302, 302)
    assert (bank.matches(), bank.issues()) == ([], [])
    assert "Salah baris" in visitor.get(path).get_data(as_text=True)


def test_a_line_of_another_office_does_not_exist(
    bank: Banking, visit: Any, session: Session
) -> None:
    bank.send(bisnis([Row(today(), "TRANSFER", PRICE)]))
    [line] = bank.lines()
    other = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    visitor = visit(other)

    assert visitor.get(f"/keuangan/mutasi/baris/{line.id}").status_code == 404
    assert visitor.submit(f"/keuangan/mutasi/baris/{line.id}", action="close").status_code == 404
    assert visitor.get(f"/keuangan/mutasi/{bank.account.id}").status_code == 404


@pytest.mark.parametrize(
    "thing", ["", "deposit", "deposit:", "deposit:x", "kucing:1", "deposit:" + "9" * 30]
)
def test_a_record_that_is_none_matches_nothing(bank: Banking, visit: Any, thing: str) -> None:
    bank.send(bisnis([Row(today(), "TRANSFER", PRICE)]))
    [line] = bank.lines()

    answer = visit(bank.world.finance).submit(
        f"/keuangan/mutasi/baris/{line.id}", action="match", thing=thing
    )

    assert answer.status_code in (404, 422)
    assert bank.matches() == []


def test_the_bank_stands_beside_the_deposit_that_waits_for_its_second_person(
    bank: Banking, visit: Any
) -> None:
    visitor = visit(bank.world.finance)
    before = visitor.get("/keuangan/setoran-agen").get_data(as_text=True)
    bank.send(bisnis([Row(today(), "SETOR SLIP-0012", PRICE)]))

    page = visitor.get("/keuangan/setoran-agen").get_data(as_text=True)

    assert "Bank menunjukkannya" not in before
    assert "Bank menunjukkannya: Rp16.800" in page
    [match] = bank.matches()
    assert f"/keuangan/mutasi/baris/{match.line_id}" in page
    assert "Periksa" in page  # it still waits


def test_every_kind_has_its_words() -> None:
    assert set(statement_words.KINDS) == set(ThingKind)
    assert set(statement_words.ISSUES) == set(statement_words.IssueKind)
    assert set(statement_words.STATES) == set(FileState)


def test_the_line_of_an_order_shows_its_fee_and_leads_to_its_correction(
    bank: Banking, visit: Any
) -> None:
    world = bank.world
    payment = world.ask_for_another()
    world.report(payment, PaymentState.SETTLED)
    report = Banking.of(world, name="Gateway", provider="dict")
    head = "Order ID,Transaction Type,Payment Type,Settlement Time,Gross Amount,Fee,VAT,Net Amount"
    cells = f"{payment.reference},Settlement,qris,{today()},{PRICE}.00,118.00,13.00,16669.00"
    report.send(f"{head}\n{cells}".encode())
    [line] = report.lines()
    visitor = visit(world.finance)

    page = visitor.get(f"/keuangan/mutasi/baris/{line.id}").get_data(as_text=True)
    [address] = re.findall(r'href="(/keuangan/koreksi\?[^"]*)"', page)
    correction = visitor.get(address.replace("&amp;", "&")).get_data(as_text=True)
    answer = visitor.submit(
        "/keuangan/koreksi", what="fee", subject_id=address.split("=")[-1], reason="salah"
    )
    wrong = visitor.submit("/keuangan/koreksi", what="fee", subject_id="999999", reason="salah")

    assert "Rp118" in page
    assert "Rp13" in page
    assert "Biaya ini sudah dibukukan." in page
    assert "PPN atas biaya penyedia pembayaran" in correction
    assert (answer.status_code, wrong.status_code) == (302, 404)
