"""Reading statements that are messages between banks: SWIFT MT940 and ISO 20022 CAMT.053."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

import mt940
from defusedxml.ElementTree import iterparse

from agentsys.names import visible
from agentsys.statements.lines import (
    LONGEST_RAW,
    LONGEST_REFERENCE,
    LONGEST_TEXT,
    Declared,
    Line,
)

MT940, CAMT = "mt940", "camt053"
TITLES = {MT940: "MT940", CAMT: "CAMT.053"}
_MARKS = (b"\n:61:", b"\n:60F:", b":20:", b"{1:F01")
_NO_REFERENCE = {"NONREF", "NOTPROVIDED", "NOREF"}
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


class Unreadable(Exception):
    """The message cannot be read; the argument says where, for the log."""


def kind_of(content: bytes) -> str:
    """Which message it is; empty if it is none."""
    head = content[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith((b"<?xml", b"<Document")) and b"camt.05" in head:
        return CAMT
    if head.startswith((b":20:", b"{1:")) and any(mark in content for mark in _MARKS[:2]):
        return MT940
    return ""


def read_message(content: bytes, kind: str) -> Iterator[Line | Declared]:
    """The lines, and last what the message declares; Unreadable if it is damaged."""
    try:
        yield from (_camt(content) if kind == CAMT else _mt940(content))
    except Unreadable:
        raise
    except Exception as error:  # whatever a parser thinks of it
        raise Unreadable(type(error).__name__) from error


def _mt940(content: bytes) -> Iterator[Line | Declared]:
    statements = mt940.parse_statements(_decoded(content))
    declared, place = Declared(), 0
    for number, statement in enumerate(statements):
        data = statement.data
        _one_account(declared, str(data.get("account_identification", "")))
        opening, closing = data.get("final_opening_balance"), data.get("final_closing_balance")
        if opening is not None:
            if number and declared.closing_sen not in (None, _sen(opening.amount.amount)):
                raise Unreadable("two statements with a gap")
            _rupiah_only(opening.amount.currency)
            if declared.opening_sen is None:
                declared.opening_sen = _sen(opening.amount.amount)
        if closing is not None:
            declared.closing_sen = _sen(closing.amount.amount)
        for transaction in statement:
            place += 1
            yield _of_mt940(place, transaction.data)
    yield declared


def _of_mt940(place: int, data: dict[str, Any]) -> Line:
    booked = data.get("entry_date") or data["date"]
    _rupiah_only(data.get("currency"))
    customer = str(data.get("customer_reference") or "")
    reference = customer if customer.upper() not in _NO_REFERENCE else ""
    reference = reference or str(data.get("bank_reference") or "")
    details = [str(data.get(name) or "") for name in ("transaction_details", "extra_details")]
    text = visible(" ".join(details))
    return Line(
        place=place,
        booked_on=date(booked.year, booked.month, booked.day),
        mark="",
        sen=_sen(data["amount"].amount),
        text=text[:LONGEST_TEXT],
        reference=visible(reference)[:LONGEST_REFERENCE],
        fee_sen=0,
        balance_sen=None,
        raw=f"{data['date']}\t{data['amount']}\t{customer}\t{text}"[:LONGEST_RAW],
    )


def _camt(content: bytes) -> Iterator[Line | Declared]:
    declared, place, path = Declared(), 0, []
    events = iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True)
    for event, element in events:
        name = _name(element)
        if event == "start":
            path.append(name)
            continue
        path.pop()
        if path[-1:] != ["Stmt"] and path[-1:] != ["Rpt"]:
            continue
        if name == "Bal":
            _balance(element, declared)
        elif name == "Acct":
            _one_account(declared, _first(element, "IBAN") or _first(element, "Id/Othr/Id"))
        elif name == "Ntry":
            place += 1
            yield _of_camt(place, element)
            element.clear()
    yield declared


def _of_camt(place: int, entry: Element) -> Line:
    amount = _of(entry, "Amt")
    if amount is None or not amount.text:
        raise Unreadable("an entry without an amount")
    _rupiah_only(amount.get("Ccy"))
    sen = _sen(Decimal(amount.text.strip()))
    if _first(entry, "CdtDbtInd") == "DBIT":
        sen = -sen
    status = _first(entry, "Sts/Cd") or _first(entry, "Sts")
    pending = status == "PDNG"
    day = _first(entry, "BookgDt/Dt") or _first(entry, "BookgDt/DtTm")
    if not day and not pending:
        raise Unreadable("a booked entry without a day")
    reference = next(
        (found for name in ("EndToEndId", "NtryRef", "AcctSvcrRef")
         if (found := _first(entry, name)) and found.upper() not in _NO_REFERENCE),
        "",
    )  # fmt: skip
    parts = [_first(entry, "Ustrd"), _first(entry, "AddtlNtryInf"), _first(entry, "Dbtr/Nm")]
    text = visible(" ".join(filter(None, parts)))
    return Line(
        place=place,
        booked_on=None if pending else date.fromisoformat(day[:10]),
        mark="PDNG" if pending else "",
        sen=sen,
        text=text[:LONGEST_TEXT],
        reference=visible(reference)[:LONGEST_REFERENCE],
        fee_sen=0,
        balance_sen=None,
        raw=f"{day}\t{sen}\t{reference}\t{text}"[:LONGEST_RAW],
    )


def _balance(element: Element, declared: Declared) -> None:
    code = _first(element, "Tp/CdOrPrtry/Cd")
    amount = _of(element, "Amt")
    if amount is None or not amount.text:
        return
    sen = _sen(Decimal(amount.text.strip()))
    if _first(element, "CdtDbtInd") == "DBIT":
        sen = -sen
    if code in _OPENING and declared.opening_sen is None:
        declared.opening_sen = sen
    elif code in _CLOSING:
        declared.closing_sen = sen


def _one_account(declared: Declared, number: str) -> None:
    digits = re.sub(r"\D", "", number)
    if declared.number and digits and declared.number != digits:
        raise Unreadable("two accounts")
    declared.number = declared.number or digits


def _rupiah_only(currency: str | None) -> None:
    if currency and currency != "IDR":
        raise Unreadable("another currency")


def _sen(amount: Decimal) -> int:
    hundredths = amount * 100
    if hundredths != hundredths.to_integral_value() or abs(hundredths) > 10**17:
        raise Unreadable("an amount that is no rupiah")
    return int(hundredths)


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _of(element: Element, path: str) -> Element | None:
    """The first element at the end of this path, anywhere below, in whatever namespace."""
    first, _, rest = path.partition("/")
    for found in element.iter():
        if found is not element and _name(found) == first:
            if not rest:
                return found
            deeper = _of(found, rest)
            if deeper is not None:
                return deeper
    return None


def _first(element: Element, path: str) -> str:
    found = _of(element, path)
    return (found.text or "").strip() if found is not None else ""


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
