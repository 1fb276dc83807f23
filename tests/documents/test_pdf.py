"""PDF documents show what they are given, on as many pages as that needs."""

from __future__ import annotations

from agentsys.documents import pdf
from agentsys.documents.pdf import Column, Table
from tests.documents.reading import lines_of, texts_on

COLUMNS = (Column("Nama", 3), Column("NIK", 2), Column("Iuran", 1, right=True))


def people(count: int) -> Table:
    rows = [(f"Pekerja {n}", f"6474••••••••{n:04d}", "Rp16.800") for n in range(count)]
    return Table(columns=COLUMNS, rows=rows, heading="Pekerja", total=("Jumlah", "", "Rp1"))


def test_every_row_is_there_once_and_in_order():
    made = pdf.document(title="Tagihan", tables=[people(500)])

    shown = [line for page in lines_of(made) for line in page if "6474" in line]
    assert shown == [f"Pekerja {n} | 6474••••••••{n:04d} | Rp16.800" for n in range(500)]


def test_each_page_has_the_header_and_its_number():
    pages = lines_of(pdf.document(title="Tagihan", tables=[people(150)]))

    assert len(pages) == 3
    for number, lines in enumerate(pages, 1):
        assert "Nama | NIK | Iuran" in lines
        assert lines[-1] == f"Tagihan · Halaman {number} dari 3"


def test_the_title_its_lines_and_the_closing_stand_around_the_table():
    made = pdf.document(
        title="Tagihan", lines=["Perjanjian 7"], tables=[people(1)], closing=["Terima kasih"]
    )

    [lines] = lines_of(made)
    assert lines[0] == "Tagihan"
    assert lines[1:4] == ["Perjanjian 7", "Pekerja", "Nama | NIK | Iuran"]
    assert lines[-3:] == ["Jumlah |  | Rp1", "Terima kasih", "Tagihan · Halaman 1 dari 1"]


def test_a_long_text_is_broken_and_nothing_is_lost():
    long = "Muhammad Abdurrahman Wahid Kusumawardhana Prawiranegara Sastroamidjojo bin Ahmad"
    table = Table(columns=(Column("Nama", 1), Column("Alamat", 3)), rows=[(long, "x" * 400)])

    texts = [text for _x, _y, text in texts_on(pdf.document(title="T", tables=[table]))[0]]

    names = [text for text in texts if text and text in long]
    assert len(names) > 1
    assert " ".join(names) == long
    assert "".join(text for text in texts if set(text) == {"x"}) == "x" * 400


def test_no_text_leaves_the_page():
    table = Table(columns=COLUMNS, rows=[("W" * 90, "6" * 60, "Rp" + "9" * 30)] * 40)

    for page in texts_on(pdf.document(title="W" * 200, tables=[table])):
        assert all(0 < x < 595 and 30 < y < 842 for x, y, _text in page)


def test_amounts_end_at_one_edge():
    table = Table(
        columns=(Column("Iuran", 1, right=True), Column("", 9)), rows=[("Rp1", ""), ("Rp111", "")]
    )

    found = {text: x for x, _y, text in texts_on(pdf.document(title="T", tables=[table]))[0]}

    # Digits are equally wide, so two more of them begin two digits further to the left.
    assert round(found["Rp1"] - found["Rp111"], 2) == round(2 * 0.556 * 8, 2)


def test_brackets_accents_and_odd_letters_are_shown():
    odd = "Siti (Nu'mah) \\ José ʼĀisyah ş\n安"
    table = Table(columns=(Column("Nama", 1),), rows=[(odd,)])

    assert (
        "Siti (Nu'mah) \\ José 'Aisyah s ?" in lines_of(pdf.document(title="T", tables=[table]))[0]
    )


def test_the_same_content_is_the_same_file():
    assert pdf.document(title="T", tables=[people(9)]) == pdf.document(
        title="T", tables=[people(9)]
    )


def test_a_table_without_rows_has_its_header():
    made = pdf.document(title="T", tables=[Table(columns=COLUMNS, rows=[])])

    assert "Nama | NIK | Iuran" in lines_of(made)[0]
