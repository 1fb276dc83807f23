"""Files for banks: widths, letters, totals and names hold, whatever people are called."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from agentsys.bank_files.layouts import Layout, LayoutProblem, all_layouts, parse
from agentsys.bank_files.rendering import Order, RenderedFile, Transfer, render
from agentsys.errors import Refused

DAY = date(2026, 12, 5)
ODD_NAMES = (
    "Nur'aini",
    "Muhammad Abdurrahman Wahid Al-Banjari Sidiq",  # 43 letters
    'Siti, "Ani" binti Ali',
    "José Ñandú Çelik",
    "Ani\nBudi\tCici",
    "😀 Dewi 😀",
    "=HYPERLINK(1)",
    "@Joko",
    "Ølav",
)
FIXED = """
label = "Lebar tetap"
source = "uji"
verified = false
format = "fixed"
file_name = "F{batch:02d}.txt"
[[header]]
text = "H"
width = 1
[[header]]
field = "count"
width = 5
pad = "0"
[[rows]]
field = "reference"
width = 12
[[rows]]
field = "account"
width = 16
pad = "0"
[[rows]]
field = "holder"
width = 20
upper = true
allowed = "A-Z ."
[[rows]]
field = "amount"
width = 13
pad = "0"
decimals = 2
[[trailer]]
field = "total"
width = 15
pad = "0"
"""


def transfer(number: int = 1, **values: object) -> Transfer:
    given = {
        "reference": f"KOM-{number}-1",
        "bank": "PT Bank BRI",
        "account": f"00{number:08d}",
        "holder": "Siti Aminah",
        "amount_idr": 1_000_350,
    } | values
    return Transfer(**given)  # type: ignore[arg-type]


def order(*transfers: Transfer, **values: object) -> Order:
    given = {"day": DAY, "number": 1, "transfers": transfers, "debit_account": "1230001"} | values
    return Order(**given)  # type: ignore[arg-type]


def records(layout: Layout, made: RenderedFile) -> list[list[str]]:
    text = made.content.decode(layout.encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter))


DELIMITED = [each for each in all_layouts().values() if each.format == "delimited"]


@pytest.mark.parametrize("layout", DELIMITED, ids=lambda layout: layout.name)
def test_bank_file_totals_names_and_widths_hold_for_odd_names(layout: Layout) -> None:
    wanted = [transfer(n, holder=name) for n, name in enumerate(ODD_NAMES, 1)]

    made = render(layout, order(*wanted))

    rows = records(layout, made)
    assert {len(row) for row in rows[1:]} == {len(layout.rows)}
    body = rows[1:]
    places = {column.field: place for place, column in enumerate(layout.rows) if column.field}
    assert len(body) == len(wanted)
    for row, each in zip(body, wanted, strict=True):
        assert row[places["account"]] == each.account  # zeros in front are kept
        assert row[places["reference"]] == each.reference
        assert int(row[places["amount"]].split(".")[0]) == each.amount_idr
        assert row[places["holder"]].isascii()
        assert row[places["holder"]].strip()
        assert not row[places["holder"]].startswith(("=", "+", "-", "@"))
        for column, cell in zip(layout.rows, row, strict=True):
            assert not column.most or len(cell) <= column.most
    if layout.header:
        assert rows[0] == ["P", "20261205", "1230001", "9", f"{9 * 1_000_350}.00"]
    assert made.sha256 == hashlib.sha256(made.content).hexdigest()


def test_second_file_of_a_day_has_another_name() -> None:
    for layout in all_layouts().values():
        names = {render(layout, order(transfer(), number=n)).name for n in (1, 2)}
        assert len(names) == 2


def test_a_workbook_keeps_numbers_as_text_and_amounts_as_they_are() -> None:
    made = render(all_layouts()["generic_xlsx"], order(transfer(), transfer(2)))

    rows = CalamineWorkbook.from_filelike(io.BytesIO(made.content)).get_sheet_by_index(0)
    cells = [str(cell) for row in rows.to_python() for cell in row]
    assert "0000000001" in cells
    assert "1000350" in cells


@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=60).filter(lambda name: any(map(str.isalnum, name))),
            st.integers(min_value=1, max_value=9_999_999_999),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_fixed_file_can_be_read_back(people: list[tuple[str, int]]) -> None:
    layout = parse("tetap", FIXED)
    wanted = []
    for number, (holder, amount_idr) in enumerate(people, 1):
        each = transfer(number, holder=f"A {holder}", amount_idr=amount_idr)
        wanted.append(each)

    lines = render(layout, order(*wanted)).content.decode("ascii").split("\r\n")

    assert lines[-1] == ""
    assert lines[0] == f"H{len(wanted):05d}"
    assert int(lines[-2]) == sum(each.amount_idr for each in wanted)
    for line, each in zip(lines[1:-2], wanted, strict=True):
        assert len(line) == 12 + 16 + 20 + 13
        assert line[:12].rstrip() == each.reference
        assert line[12:28].lstrip("0") == each.account.lstrip("0")
        assert line[48:] == f"{each.amount_idr}.00".rjust(13, "0")


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ([transfer(holder="文字")], "tidak dapat ditulis dengan huruf"),
        ([transfer(account="12A4")], "angka saja"),
        ([transfer(), transfer()], "referensi yang sama"),
        ([transfer(bank="Bank Antah Berantah")], "tidak ada di bentuk berkas"),
        ([transfer(bank="BCA Syariah")], "tidak ada di bentuk berkas"),
        ([transfer(bank="Bank Mandiri Taspen")], "tidak ada di bentuk berkas"),
        ([transfer(reference="X" * 20)], "lebih panjang dari 19"),
        ([], "paling sedikit satu"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(wanted: list[Transfer], says: str) -> None:
    with pytest.raises(Refused) as refused:
        render(all_layouts()["mandiri_mcm"], order(*wanted))

    assert says in refused.value.message.sentence()


def test_a_layout_takes_no_more_rows_than_the_bank_and_names_the_account_to_debit() -> None:
    layout = replace(all_layouts()["mandiri_mcm"], most_rows=1)

    with pytest.raises(Refused, match="paling banyak 1 transfer"):
        render(layout, order(transfer(1), transfer(2)))
    with pytest.raises(Refused, match="rekening kantor"):
        render(layout, order(transfer(1), debit_account=""))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('field = "account"', 'field = "acount"', "no field 'acount'"),
        ('format = "fixed"', 'format = "word"', "known: delimited"),
        ('source = "uji"', 'source = " "', "a source"),
        ("width = 20", "", "needs a width"),
        ("F{batch:02d}.txt", "F.txt", "{batch}"),
        ('field = "amount"', 'field = "remark"', "rows without amount"),
        ('pad = "0"', 'pad = "00"', "one letter"),
        ("[[trailer]]", "[[trailer", "not TOML"),
        ("upper = true", "lower = true", "unexpected keyword"),
    ],
)
def test_a_layout_that_cannot_be_used_says_why(before: str, after: str, says: str) -> None:
    assert before in FIXED

    with pytest.raises(LayoutProblem, match=".*".join(says.split("{")).replace("}", "")):
        parse("tetap", FIXED.replace(before, after, 1))


def test_what_nobody_verified_is_marked_and_every_layout_has_a_source() -> None:
    assert {name for name, each in all_layouts().items() if each.verified} == {
        "generic_csv",
        "generic_xlsx",
    }
    assert all(each.source for each in all_layouts().values())
