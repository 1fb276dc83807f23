"""Reading a tariff table: the layout of the packaged files, and what is wrong in each row."""

from __future__ import annotations

from importlib.resources import files

import pytest

from agentsys.contributions.tariff_models import TariffCertainty, TariffKind
from agentsys.documents.xlsx import Sheet, workbook
from agentsys.errors import Invalid
from agentsys.sheets.refusals import FileRefused
from agentsys.tariffs import reading
from agentsys.tariffs.reading import RowsWrong
from tests.tariffs.steps import month

HEAD = "instrument,valid_from,valid_until,certainty,income_from,base_idr,amount_idr"
GROUPS = (
    "instrument,valid_from,valid_until,certainty,sector,funding,programmes,percent_to_pay,"
    "applies,why"
)
RIGHT = "PP 1/2027,2027-01,,sourced,0,1000000,10000"


def read(*lines: str, head: str = HEAD, kind: TariffKind = TariffKind.JKK) -> reading.Table:
    return reading.from_file(kind, "\n".join([head, *lines]).encode())


def wrong(*lines: str, **how: str) -> list[tuple[int, str]]:
    """What is said about each wrong row."""
    with pytest.raises(RowsWrong) as refused:
        read(*lines, **how)
    return [(number, message.sentence()) for number, message in refused.value.rows]


@pytest.mark.parametrize("kind", [TariffKind.JKK, TariffKind.JKM, TariffKind.JHT])
def test_the_files_of_the_package_can_be_uploaded_as_they_are(kind: TariffKind) -> None:
    content = (files("agentsys.contributions") / "tables" / f"{kind.value}.csv").read_bytes()

    table = reading.from_file(kind, content)

    assert table.valid_from == month("2021-02")
    assert len(table.rows) == content.count(b"\n") - 1


def test_a_workbook_is_read_as_its_csv_is() -> None:
    head, row = HEAD.split(","), ["PP 1/2027", "2027-01", "", "sourced", 0, 1_000_000, 10_000]
    book = workbook(Sheet("", "Tabel", head, [row]))

    assert reading.from_file(TariffKind.JKK, book) == read(RIGHT)


def test_brackets_may_stand_in_any_order_and_sums_be_written_as_people_do() -> None:
    table = read(
        "PP 1/2027,2027-01,2027-12,secondary,1.100.000,,12.000",
        "PP 1/2027,2027-01,2027-12,secondary,0,,Rp10.000",
    )

    assert [row["amount_idr"] for row in table.rows] == [10_000, 12_000]
    assert (table.valid_until, table.certainty) == (month("2027-12"), TariffCertainty.SECONDARY)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (RIGHT.replace("PP 1/2027", ""), "Isi instrument"),
        (RIGHT.replace("PP 1/2027", "x" * 41), "Isi instrument"),
        (RIGHT.replace("2027-01", "2027-13"), "valid_from bukan bulan"),
        (RIGHT.replace("2027-01", "Januari"), "valid_from bukan bulan"),
        (RIGHT.replace("2027-01,", "2027-05,2027-04"), "sesudah valid_from"),
        (RIGHT.replace("sourced", "pasti"), "Isi certainty"),
        (RIGHT.replace(",10000", ",-1"), "amount_idr bukan jumlah rupiah"),
        (RIGHT.replace(",10000", ",999999999999"), "amount_idr bukan jumlah rupiah"),
        (RIGHT.replace(",10000", ","), "amount_idr bukan jumlah rupiah"),
        (RIGHT.replace(",0,", ",nol,"), "income_from bukan jumlah rupiah"),
        (RIGHT.replace(",0,", ",5,"), "mulai dari 0"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_what_to_do(line: str, said: str) -> None:
    [(number, text)] = wrong(line)

    assert number == 2
    assert said in text


def test_every_wrong_row_is_named_at_once() -> None:
    found = wrong(RIGHT, RIGHT.replace(",0,", ",x,"), RIGHT.replace("10000", "banyak"))

    assert [number for number, _text in found] == [3, 4]


def test_two_rows_for_one_bracket_are_refused() -> None:
    assert wrong(RIGHT, RIGHT.replace("10000", "11000")) == [
        (3, "Baris ini sama dengan baris 2. Hapus salah satunya.")
    ]


@pytest.mark.parametrize("other", ["PP 9/2027,2027-01", "PP 1/2027,2027-02"])
def test_one_file_holds_one_table(other: str) -> None:
    second = RIGHT.replace("PP 1/2027,2027-01", other).replace(",0,", ",1100000,")

    [(number, text)] = wrong(RIGHT, second)

    assert number == 3
    assert "Satu berkas berisi satu tabel" in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"other": "sawah"}, "Isi sector"),
        ({"self": "saya"}, "Isi funding"),
        ({"JKK+JKM": "JP"}, "Isi programmes"),
        ({"JKK+JKM": "JKK+JKK"}, "Isi programmes"),
        ({",50,": ",101,"}, "dari 0 sampai 100"),
        ({",50,": ",separuh,"}, "dari 0 sampai 100"),
        ({"yes": "ya"}, "Isi applies"),
        ({"sourced": ""}, "Isi certainty"),
    ],
)
def test_a_discount_that_cannot_be_used_is_named(changes: dict[str, str], said: str) -> None:
    line = "PP 2/2027,2027-01,,sourced,other,self,JKK+JKM,50,yes,"
    for old, new in changes.items():
        line = line.replace(old, new)

    found = wrong(line, head=GROUPS, kind=TariffKind.DISCOUNT)

    assert any(said in text for _number, text in found)


@pytest.mark.parametrize("content", [b"", b"\0\1", b"a;b\n1;2\n", b"PK\x03\x04", HEAD.encode()])
def test_a_file_that_is_no_table_is_refused_with_what_it_should_be(content: bytes) -> None:
    with pytest.raises((Invalid, FileRefused)) as refused:
        reading.from_file(TariffKind.JKK, content)

    assert str(refused.value)


def test_the_same_content_is_known_again_and_another_is_not() -> None:
    assert read(RIGHT).digest == read(RIGHT).digest
    assert read(RIGHT).digest != read(RIGHT.replace("10000", "10001")).digest
