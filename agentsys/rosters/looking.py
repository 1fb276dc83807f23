"""Looking at the columns of an uploaded list, and choosing what they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Invalid
from agentsys.rosters import storage
from agentsys.rosters.failing import FILE_IS_GONE, SYSTEM_FAULT, fail
from agentsys.rosters.fields import FIELDS, PARTS
from agentsys.rosters.layout import SheetSeen, look
from agentsys.rosters.people import NO_NIK_NOR_NAME
from agentsys.rosters.transitions import RosterAction, opened
from agentsys.sheets.refusals import FileRefused
from agentsys.workers.models import Roster, RosterMapping, RosterStatus

NEEDED = ("nik", "name")
# What a column may hold.
KNOWN = (*FIELDS, *PARTS)


def look_at(*, vault: Vault, roster_id: int) -> Roster:
    """Look at the columns of an uploaded list: it is then checked, or waits for its sender.

    An entrypoint: it opens its own transactions. If the office has confirmed the same set of
    headings before, they are used at once.
    """
    with transaction() as session:
        roster = session.get_one(Roster, roster_id)
        if roster.status is not RosterStatus.UPLOADED:
            return roster
        content = storage.uploaded(session, vault=vault, roster_id=roster_id)
    try:
        if content is None:
            raise FileRefused(FILE_IS_GONE)
        seen = look(content)
        if not any(sheet.columns for sheet in seen):
            raise FileRefused(NO_NIK_NOR_NAME)  # a letter or a PDF, of which nothing can be matched
    except FileRefused as refused:
        fail(roster_id, str(refused))
    except Exception:
        fail(roster_id, SYSTEM_FAULT)
        raise
    else:
        with transaction() as session:
            note_columns(session, roster_id, seen)
    return db.session.get_one(Roster, roster_id)


def confirm_columns(
    session: Session,
    *,
    roster_id: int,
    mapping: Mapping[str, str],
    take_hidden: bool,
    actor_id: int,
    remember: bool = True,
) -> None:
    """Choose the field of each title, "" for none; the list is then checked.

    Invalid if NIK or name has no column, or if two columns of a sheet have one field: the message
    names both. With `remember` the office's next list with the same set of headings is read in the
    same way.
    """
    roster, to = opened(session, roster_id, RosterAction.CONFIRM, actor_id)
    chosen = _checked(roster.sheets, mapping)
    roster.mapping, roster.take_hidden = dict(chosen), take_hidden
    roster.status = to
    roster.proposed_by = roster.proposed_at = None
    roster.rows_done = roster.rows_total = 0
    if remember:
        _remember(session, roster, actor_id)
    trail.record(
        session,
        actor_id=actor_id,
        action="roster.columns_confirmed",
        subject=f"roster:{roster_id}",
        details={"fields": sorted(filter(None, chosen.values())), "hidden": take_hidden},
    )


def suggestion(sheets: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The field that each title seems to have; "" where nothing is suggested."""
    found: dict[str, str] = {}
    for sheet in read_sheets(sheets):
        for column in sheet["columns"]:
            if not found.get(column["title"]):
                found[column["title"]] = column["field"] or ""
    return {title: name if name in KNOWN else "" for title, name in found.items()}


def read_sheets(sheets: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The sheets that seem to be about people; all with titles if none does."""
    with_titles = [sheet for sheet in sheets if sheet["columns"]]
    about_people = [
        sheet
        for sheet in with_titles
        if sheet["clash"] or any(column["field"] in NEEDED for column in sheet["columns"])
    ]
    return about_people or with_titles


def without_samples(sheets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sheets without values of people."""
    return [
        {
            **sheet,
            "columns": [{**column, "samples": []} for column in sheet["columns"]],
        }
        for sheet in sheets
    ]


def note_columns(session: Session, roster_id: int, seen: Sequence[SheetSeen]) -> None:
    """Store what an uploaded list looks like; it then waits for its columns, or is checked."""
    roster = session.get_one(Roster, roster_id, with_for_update=True, populate_existing=True)
    if roster.status is not RosterStatus.UPLOADED:
        return
    roster.sheets = [asdict(sheet) for sheet in seen]
    roster.titles = _digest(roster.sheets)
    known = session.scalar(
        select(RosterMapping.mapping).where(
            RosterMapping.office_id == roster.office_id, RosterMapping.titles == roster.titles
        )
    )
    # Hidden rows and columns are not read unless the sender says so of this very list.
    if known is None or any(sheet.hidden_rows or sheet.hidden_columns for sheet in seen):
        roster.mapping = suggestion(roster.sheets) | (known or {})
        roster.status = RosterStatus.MAPPING
        return
    roster.mapping = dict(known)
    roster.status = RosterStatus.CHECKING


def _digest(sheets: Sequence[Mapping[str, Any]]) -> bytes:
    """Equal for lists that have the same headings, in whatever order."""
    headings = {column["title"] for sheet in read_sheets(sheets) for column in sheet["columns"]}
    return hashlib.sha256("\n".join(sorted(headings)).encode()).digest()


def _checked(sheets: Sequence[Mapping[str, Any]], mapping: Mapping[str, str]) -> dict[str, str]:
    read_from = read_sheets(sheets)
    chosen = {
        column["title"]: mapping.get(column["title"], "")
        for sheet in read_from
        for column in sheet["columns"]
    }
    for name in chosen.values():
        if name and name not in KNOWN:
            raise Invalid("Pilih isi kolom dari daftar.", about="columns")
    read = [fields for sheet in read_from if (fields := _titles_of(sheet, chosen))]
    for fields in read:
        for name, (first, *others) in fields.items():
            if others:
                raise Invalid(
                    "Kolom {first} dan {second} dipilih untuk isi yang sama. Satu isi hanya dari"
                    " satu kolom; kosongkan salah satunya.",
                    first=first,
                    second=others[0],
                    about=name,
                )
    if not any(all(name in fields for name in NEEDED) for fields in read):
        raise Invalid(
            "Pilih kolom NIK dan kolom nama. Tanpa keduanya daftar ini tidak dapat dibaca.",
            about="columns",
        )
    return chosen


def _titles_of(sheet: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, list[str]]:
    """The titles of each chosen field in one sheet."""
    found: dict[str, list[str]] = {}
    for column in sheet["columns"]:
        if name := chosen[column["title"]]:
            found.setdefault(name, []).append(column["title"])
    return found


def _remember(session: Session, roster: Roster, actor_id: int) -> None:
    if roster.titles is None:
        return
    values = {"mapping": roster.mapping, "saved_by": actor_id, "saved_at": clock.now()}
    session.execute(
        insert(RosterMapping)
        .values(office_id=roster.office_id, titles=roster.titles, **values)
        .on_conflict_do_update(index_elements=["office_id", "titles"], set_=values)
    )
