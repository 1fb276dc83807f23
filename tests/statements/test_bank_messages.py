"""MT940, CAMT.053 and a provider's report are statements like the others."""

from __future__ import annotations

from datetime import date

import pytest

from tests.statements.test_layouts import read, why


def mt940(count: int = 32, closing: int | None = None) -> bytes:
    lines = [":20:STMT-1", ":25:BCA/0350001234", ":28C:1/1", ":60F:C260930IDR1000000,00"]
    balance = 1_000_000
    for n in range(count):
        amount, mark = (16_800 + n, "C") if n % 3 else (500 + n, "D")
        balance += amount if mark == "C" else -amount
        day = f"2610{1 + n % 31:02d}"
        lines += [
            f":61:{day}{day[2:]}{mark}{amount},00NTRFSLIP{n:04d}//BANK{n}",
            f":86:SETORAN {n}",
        ]
    return "\n".join([*lines, f":62F:C261031IDR{closing or balance},00", "-"]).encode()


def camt(count: int = 32, extra: str = "") -> bytes:
    entries = []
    for n in range(count):
        amount, mark = (16_800 + n, "CRDT") if n % 3 else (500 + n, "DBIT")
        entries.append(
            f'<Ntry><Amt Ccy="IDR">{amount}.00</Amt><CdtDbtInd>{mark}</CdtDbtInd>'
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-10-{1 + n % 31:02d}</Dt></BookgDt>"
            f"<NtryDtls><TxDtls><Refs><EndToEndId>SLIP-{n}</EndToEndId></Refs>"
            f"<RmtInf><Ustrd>SETORAN {n}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        )
    return (
        '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">'
        "<BkToCstmrStmt><Stmt><Acct><Id><Othr><Id>0350001234</Id></Othr></Id></Acct>"
        f"{''.join(entries)}{extra}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


@pytest.mark.parametrize(("content", "name"), [(mt940(), "mt940"), (camt(), "camt053")])
def test_a_message_of_a_bank_is_read_line_by_line(content: bytes, name: str) -> None:
    lines, summary, found = read(content)

    assert found == name
    assert len(lines) == 32
    assert lines[1].sen == 1_680_100
    assert lines[0].sen == -50_000
    assert lines[1].reference.replace("-", "").replace("000", "") == "SLIP1"
    assert "SETORAN 1" in lines[1].text
    assert lines[31].booked_on == date(2026, 10, 1)
    assert (summary.from_on, summary.until_on) == (date(2026, 10, 1), date(2026, 10, 31))


def test_a_closing_balance_that_the_lines_do_not_reach_refuses_the_message() -> None:
    assert "saldo akhir di berkas Rp7" in why(mt940(closing=7))


def test_an_announced_entry_of_camt_is_pending() -> None:
    pending = (
        '<Ntry><Amt Ccy="IDR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>'
    )

    lines, summary, _name = read(camt(2, pending))

    assert lines[-1].booked_on is None
    assert summary.pending == 1


@pytest.mark.parametrize(
    "content",
    [
        camt(2).replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "aaaa">]>', 1),
        camt(2)[:-20],
        camt(2).replace(b'Ccy="IDR"', b'Ccy="USD"'),
        mt940(2).replace(b"IDR", b"USD"),
        mt940(2) + b"\n" + mt940(2).replace(b"0350001234", b"0350009999"),
    ],
    ids=["declaration", "cut off", "dollars", "dollars of mt940", "two accounts"],
)
def test_a_damaged_or_foreign_message_is_refused(content: bytes) -> None:
    assert "rusak, bukan dalam rupiah" in why(content)


def test_a_providers_report_has_an_order_and_a_fee_in_each_line() -> None:
    rows = ["Order ID,Transaction ID,Payment Type,Settlement Time,Gross Amount,Fee"]
    rows += [
        f"AG261001-{n:014d},t{n},gopay,2026-10-{1 + n % 31:02d} 10:00:00,{16800 + n}.00,{n}.00"
        for n in range(32)
    ]

    lines, summary, name = read("\n".join(rows).encode(), gateway=True)

    assert name == "midtrans_settlement"
    assert summary.lines == 32
    assert lines[3].reference == "AG261001-00000000000003"
    assert (lines[3].sen, lines[3].fee_sen) == (1_680_300, 300)
