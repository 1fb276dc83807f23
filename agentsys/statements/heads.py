"""What stands around the lines of a table: the account and the period above, the sums below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from agentsys.sheets.refusals import FileRefused
from agentsys.sheets.tables import word
from agentsys.statements.amounts import day_in, sen_in
from agentsys.statements.layouts import Layout
from agentsys.statements.lines import Declared

_DAY = re.compile(r"[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{4}")
_COUNT = re.compile(r"[0-9]{1,9}")


def head_in(rows: Sequence[Sequence[str]], layout: Layout) -> Declared:
    """The account's number and the period, from the lines above the headings."""
    declared = Declared()
    for row in rows:
        label, values = _labelled(row)
        if not label or not values:
            continue
        if label == word(layout.head.get("number", "")):
            declared.number = re.sub(r"\D", "", values[0])
        elif label == word(layout.head.get("period", "")):
            days = [day_in(found, styles=("dd/mm/yyyy",), latest=date.max)
                    for found in _DAY.findall(" ".join(values))]  # fmt: skip
            if days:
                declared.from_on, declared.until_on = days[0], days[-1]
    return declared


def footer_in(row: Sequence[str], layout: Layout, declared: Declared, number: int) -> bool:
    """Whether the line belongs to the footer; what it says is then in `declared`."""
    if not layout.footer:
        return False
    label, values = _labelled(row)
    what = next((what for what, title in layout.footer.items() if word(title) == label), "")
    if not what:
        return False
    try:
        sen = sen_in(values[0] if values else "", point=layout.point)
    except ValueError as error:
        raise FileRefused(
            "Jumlah di kaki berkas, baris {row}, tidak terbaca. Jangan ubah berkasnya; unduh lagi"
            " dari bank.",
            row=number,
        ) from error
    count = int(values[1]) if len(values) > 1 and _COUNT.fullmatch(values[1]) else None
    match what:
        case "opening":
            declared.opening_sen = sen
        case "closing":
            declared.closing_sen = sen
        case "credit":
            declared.in_sen, declared.in_count = sen, count
        case "debit":
            declared.out_sen, declared.out_count = sen, count
    return True


def _labelled(row: Sequence[str]) -> tuple[str, list[str]]:
    """The label of `Label : value` or `Label,=,value`, and the values behind it."""
    cells = [cell for cell in row if cell]
    if not cells:
        return "", []
    label, colon, value = cells[0].partition(":")
    rest = [cell.lstrip("'") for cell in cells[1:] if cell != "="]
    return word(label), ([value.strip()] if colon and value.strip() else []) + rest
