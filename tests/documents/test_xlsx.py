"""Spreadsheets hold texts and numbers, never formulas."""

from __future__ import annotations

import io

from python_calamine import CalamineWorkbook

from agentsys.documents.xlsx import Sheet, workbook


def test_a_text_that_looks_like_a_formula_stays_a_text():
    evil = "=1+1"

    made = workbook(Sheet("A", "Judul", ["Nama", "Jumlah"], [(evil, 5)]))

    rows = CalamineWorkbook.from_filelike(io.BytesIO(made)).get_sheet_by_index(0).to_python()
    assert rows == [["Judul", ""], ["", ""], ["Nama", "Jumlah"], [evil, 5.0]]


def test_each_sheet_has_its_name():
    made = workbook(Sheet("Satu", "1", [], []), Sheet("Dua", "2", [], []))

    assert CalamineWorkbook.from_filelike(io.BytesIO(made)).sheet_names == ["Satu", "Dua"]
