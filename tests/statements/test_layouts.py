"""Each bank's layout is read by itself, with its traps; sums are exact."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime

import pytest
import xlsxwriter

from agentsys.messages import fill
from agentsys.sheets.refusals import FileRefused
from agentsys.statements.amounts import sen_in
from agentsys.statements.layouts import headings_key, layouts, mapped
from agentsys.statements.lines import Line, Summary, Totals
from agentsys.statements.reading import opened
from tests.statements.banking import OPENING, Row, bisnis, grouped

TODAY = date(2026, 11, 30)


def read(
    content: bytes, *, today: date = TODAY, gateway: bool = False
) -> tuple[list[Line], Summary, str]:
    """All lines of a statement, and what it says about itself."""
    totals, lines = Totals(), []
    with opened(content, gateway=gateway, known={}, today=today) as statement:
        for line in statement.lines():
            totals.add(line)
            lines.append(line)
        return lines, totals.finish(statement.declared, today=today), statement.name


def why(content: bytes, **options: object) -> str:
    with pytest.raises(FileRefused) as refused:
        read(content, **options)  # type: ignore[arg-type]
    return fill(refused.value.message.text, refused.value.message.values)


def month(style: str, count: int = 32) -> list[Row]:
    """A month of invented lines, every third of which left the account."""
    return [
        Row(
            f"{date(2026, 10, 1 + n % 31):{style}}",
            f"SETORAN AGEN {n}" if n % 3 else f"TRSF E-BANKING DB {n}/FTFVA/WS95051 CR PALSU",
            (16_800 + n) if n % 3 else -(500 + n),
        )
        for n in range(count)
    ]


def personal(rows: Sequence[Row], opening: int = OPENING) -> bytes:
    lines = ["Account No.,=,'0111221234", "Name,=,KANTOR CONTOH", "Currency,=,IDR", "",
             "Date,Description,Branch,Amount,,Balance"]  # fmt: skip
    balance = opening
    for row in rows:
        pending = row.day in ("PEND", "NEXT")
        balance += 0 if pending else row.amount
        mark = "CR" if row.amount >= 0 else "DB"
        day = row.day if pending else f"'{row.day}"
        said = "0.00" if pending else f"{balance}.00"
        lines.append(f"{day},{row.text},'0998,{abs(row.amount)}.00,{mark},{said}")
    booked = [row.amount for row in rows if row.day not in ("PEND", "NEXT")]
    lines += [
        f"Starting Balance,=,{opening}.00",
        f"Credit,=,{sum(a for a in booked if a > 0)}.00",
        f"Debet,=,{-sum(a for a in booked if a < 0) or ''}",
        f"Ending Balance,=,{balance}.00",
    ]
    return "\n".join(lines).encode()


def mandiri(rows: Sequence[Row]) -> bytes:
    heading = "Account No,Date,Val. Date,Transaction Code,Description,Description,Reference No.,"
    lines = [heading + "Debit,Credit"]
    for row in rows:
        debit, credit = (
            (grouped(row.amount), ".00") if row.amount < 0 else (".00", grouped(row.amount))
        )
        lines.append(
            f'0060003911234,{row.day},{row.day},6902,"{row.text}","MCM ",,"{debit}","{credit}"'
        )
    return "\n".join([*lines, "", ""]).encode()


def preview(rows: Sequence[Row]) -> bytes:
    lines, balance = ["No\tTanggal\tKeterangan\tDebit\tKredit\tSaldo"], OPENING
    for number, row in enumerate(rows, start=1):
        balance += row.amount
        debit, credit = (grouped(row.amount), "") if row.amount < 0 else ("", grouped(row.amount))
        lines.append(f"{number}\t{row.day}\t{row.text}\t{debit}\t{credit}\t{grouped(balance)}")
    return "\n".join(lines).encode()


MAKERS = {
    "bca_personal": (personal, "%d/%m/%Y"),
    "bca_bisnis": (bisnis, "%d/%m/%Y"),
    "bca_pratinjau": (preview, "%d/%m/%Y"),
    "mandiri_mcm": (mandiri, "%d/%m/%y"),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_month_of_a_layout_is_read_line_by_line(name: str) -> None:
    make, style = MAKERS[name]
    rows = month(style)

    lines, summary, found = read(make(rows))

    assert found == name
    assert [line.sen for line in lines] == [row.amount * 100 for row in rows]
    assert [line.booked_on for line in lines] == [date(2026, 10, 1 + n % 31) for n in range(32)]
    assert all(row.text in line.text for row, line in zip(rows, lines, strict=True))
    assert (summary.from_on, summary.until_on) == (date(2026, 10, 1), date(2026, 10, 31))
    assert summary.checked_by == {"bca_pratinjau": "balances", "mandiri_mcm": ""}.get(
        name, "footer"
    )


def test_every_layout_names_its_source_and_whether_it_was_compared() -> None:
    assert set(MAKERS) < set(layouts())
    for layout in layouts().values():
        assert layout.source
        assert layout.from_on is not None
        assert layout.verified is False  # no own file of a bank was at hand


@pytest.mark.parametrize(
    ("text", "sen"),
    [
        ("287,490.00", 28_749_000),
        ("807400.00", 80_740_000),
        (".00", 0),
        ("", 0),
        ("0.59", 59),
        ("-6,116,726,869.59", -611_672_686_959),
        ("1,000", 100_000),
    ],
)
def test_an_amount_is_read_by_the_layout_and_never_by_the_locale(text: str, sen: int) -> None:
    assert sen_in(text, point=".") == sen


@pytest.mark.parametrize(
    "text", ["1.234,56", "1.234", "1,23", "12,34,567.00", "=1+1", "1e5", "-5-", "٣", "1" * 17]
)
def test_an_amount_of_another_style_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        sen_in(text, point=".")


def test_an_amount_of_another_style_refuses_the_file_and_names_its_row() -> None:
    content = bisnis([Row("02/10/2026", "A", 16_800)]).replace(b"16,800.00 CR", b"16.800,00 CR")

    assert "Baris 5 tidak terbaca" in why(content)


def test_a_comma_within_an_unquoted_text_stays_in_the_text() -> None:
    [line], _summary, _name = read(personal([Row("02/10/2026", "SETORAN, AGEN, RUDI", 16_800)]))

    assert line.text == "SETORAN,AGEN,RUDI"


def test_a_balance_may_be_negative() -> None:
    lines, summary, _name = read(bisnis([Row("02/10/2026", "A", 16_800)], opening=-100_000))

    assert lines[0].balance_sen == -8_320_000
    assert summary.closing_sen == -8_320_000


def test_a_balance_without_a_heading_is_the_balance() -> None:
    content = bisnis(month("%d/%m/%Y")).replace(b'"Jumlah","Saldo"', b'"Jumlah"')

    lines, _summary, name = read(content)

    assert name == "bca_bisnis"
    assert all(line.balance_sen is not None for line in lines)


@pytest.mark.parametrize(
    ("footer", "sentence"),
    [
        ({"in_idr": 1}, "Jumlah uang masuk di kaki berkas"),
        ({"out_idr": 1}, "Jumlah uang keluar di kaki berkas"),
        ({"ins": 33}, "Kaki berkas menyebut 33 baris"),
        ({"outs": 1}, "Kaki berkas menyebut 1 baris"),
        ({"closing": 7}, "tetapi saldo akhir di berkas Rp7"),
    ],
)
def test_rows_that_do_not_sum_to_the_footer_refuse_the_file(
    footer: dict[str, int], sentence: str
) -> None:
    assert sentence in why(bisnis(month("%d/%m/%Y"), **footer))


def test_a_missing_row_breaks_the_chain_of_balances() -> None:
    lines = preview(month("%d/%m/%Y")).splitlines()
    del lines[10]

    assert "tidak sama dengan saldo sebelumnya" in why(b"\n".join(lines))


def test_a_statement_with_the_newest_line_first_is_read_the_other_way() -> None:
    head, *rows = preview(month("%d/%m/%Y", 31)).splitlines()

    _lines, summary, _name = read(b"\n".join([head, *reversed(rows)]))

    assert summary.descending
    assert summary.opening_sen == OPENING * 100


def test_statement_over_new_year_without_years() -> None:
    rows = [Row("30/12", "A", 100), Row("31/12", "B", 200), Row("02/01", "C", 300)]

    lines, _summary, _name = read(personal(rows), today=date(2027, 1, 3))

    assert [line.booked_on for line in lines] == [
        date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 2),
    ]  # fmt: skip


def test_years_are_those_of_the_period_when_it_is_uploaded_later() -> None:
    content = bisnis([Row("30/12", "A", 100), Row("02/01", "B", 200)],
                     period="30/12/2024 - 02/01/2025")  # fmt: skip

    lines, _summary, _name = read(content)

    assert [line.booked_on for line in lines] == [date(2024, 12, 30), date(2025, 1, 2)]


def test_a_day_that_has_not_come_refuses_the_file() -> None:
    assert "Baris 5 tidak terbaca" in why(bisnis([Row("15/12/2026", "A", 100)]))


def test_a_line_outside_the_period_refuses_the_file() -> None:
    content = bisnis([Row("02/10/2026", "A", 100)], period="05/10/2026 - 09/10/2026")

    assert "di luar periode" in why(content)


def test_pending_lines_count_in_no_sum() -> None:
    lines, summary, _name = read(
        personal([Row("02/10/2026", "A", 100), Row("PEND", "B", 700), Row("NEXT", "C", -5)])
    )

    assert [line.mark for line in lines] == ["", "PEND", "NEXT"]
    assert (summary.lines, summary.pending) == (1, 2)


def test_a_workbook_with_dates_and_numbers_is_read_by_a_persons_mapping() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet, days = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
    titles = ["Tgl", "Uraian", "Keluar", "Masuk"]
    sheet.write_row(0, 0, titles)
    for number in range(1, 33):
        sheet.write_datetime(number, 0, datetime(2026, 10, 1 + number % 31), days)
        sheet.write_string(number, 1, f"SETOR {number}")
        sheet.write_number(number, 3, 16_800.5 + number)
    book.close()
    mapping = {"holds": ["date", "text", "debit", "credit"], "days": "dd/mm/yyyy", "point": ","}
    known = {headings_key(titles): mapped(titles, mapping)}

    with opened(out.getvalue(), gateway=False, known=known, today=TODAY) as statement:
        lines = list(statement.lines())

    assert len(lines) == 32
    assert lines[0] == lines[0]._replace(booked_on=date(2026, 10, 2), sen=1_680_150, text="SETOR 1")
