"""CSV files as the child reads them: encodings, delimiters, and what it refuses."""

from __future__ import annotations

import pytest

from agentsys.sheets.child import Refusal, csv_rows, encoding_of

TITLES = ("NIK", "NAMA")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_files_are_read_in_the_encodings_of_offices(encoding: str, delimiter: str) -> None:
    content = f"NIK{delimiter}NAMA\r\n1{delimiter}André\r\n".encode(encoding)

    assert list(csv_rows(content, TITLES)) == [["NIK", "NAMA"], ["1", "André"]]


def test_the_header_tells_the_delimiter_and_not_a_title_full_of_commas() -> None:
    content = b"Kelurahan A, B, C, D, E\nNIK;NAMA\n1;Andi, S.E., M.M.\n"

    assert list(csv_rows(content, TITLES))[1:] == [["NIK", "NAMA"], ["1", "Andi, S.E., M.M."]]


@pytest.mark.parametrize("sign", [";", ",", "|", "\t"])
def test_a_separator_line_of_excel_is_obeyed_and_counted(sign: str) -> None:
    content = f"sep={sign}\r\nNIK{sign}NAMA\r\n".encode()

    assert list(csv_rows(content)) == [[], ["NIK", "NAMA"]]


@pytest.mark.parametrize("sign", ["", "ab", "#", '"', ";;"])
def test_a_separator_line_that_names_no_known_sign_is_a_row_like_others(sign: str) -> None:
    rows = list(csv_rows(f"sep={sign}\nNIK,NAMA\n".encode(), TITLES))

    assert rows[1:] == [["NIK", "NAMA"]]


def test_quoted_cells_may_hold_delimiters_and_line_ends() -> None:
    rows = list(csv_rows(b'NIK,NAMA,ALAMAT\n1,Andi,"Jl. A,\nNo. 2"\n'))

    assert rows[1] == ["1", "Andi", "Jl. A,\nNo. 2"]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(Refusal, match="no table"):
        encoding_of(bytes(range(256)) * 20)


def test_a_quote_that_never_closes_is_refused() -> None:
    with pytest.raises(Refusal, match="broken csv"):
        list(csv_rows(b'NIK,NAMA\n1,"' + b"x" * 50_000))
