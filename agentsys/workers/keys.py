"""Checking that the configured keys fit the data, and encrypting the data with new keys.

The database has a known encrypted value and its index. agentsys refuses to start with other keys:
with another index key, known workers would be stored a second time; with other field keys, no NIK
could be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from agentsys.crypto import Unreadable, Vault
from agentsys.errors import Refused
from agentsys.workers import seals
from agentsys.workers.models import KeyCheck

BATCH = 500
SAMPLE = 200
FEW = 20  # size of the sample if most of the data was checked before
_KNOWN = "agentsys"


@dataclass(frozen=True)
class _Column:
    """An encrypted column, and how the place of a value is made from another column of its row."""

    table: str
    key: str
    name: str
    identity: str
    place: Callable[[Any], bytes]


# All encrypted columns.
_SEALED = (
    _Column("workers", "id", "nik_sealed", "nik_index", seals.nik_of),
    _Column("workers", "id", "kk_sealed", "nik_index", seals.kk_of),
    _Column("earlier_niks", "id", "nik_sealed", "nik_index", seals.earlier_nik_of),
    _Column("worker_changes", "id", "nik_sealed", "nik_index", seals.proposed_nik_of),
    _Column("roster_files", "roster_id", "sealed", "roster_id", seals.file_of),
    _Column("bank_file_contents", "file_id", "sealed", "file_id", seals.bank_file_of),
    _Column("agent_papers", "id", "scan_sealed", "scan_key", seals.scan_of),
    _Column("mandates", "id", "phone_sealed", "reference", seals.mandate_phone_of),
    _Column("office_accounts", "id", "number_sealed", "reference", seals.office_account_of),
    _Column("agent_accounts", "id", "number_sealed", "reference", seals.agent_account_of),
    _Column("agent_accounts", "id", "npwp_sealed", "reference", seals.agent_npwp_of),
    _Column("agent_accounts", "id", "scan_sealed", "reference", seals.account_scan_of),
    _Column("payout_files", "batch_id", "content_sealed", "batch_id", seals.payout_file_of),
    _Column("evidence_files", "id", "sealed", "key", seals.evidence_of),
    _Column("key_checks", "id", "sealed", "id", seals.key_check),
)
# A random sample of workers: each random number selects the next existing id.
_SOME = text("""
    SELECT DISTINCT w.id, w.nik_sealed, w.nik_index
    FROM (SELECT min(id) AS first, max(id) AS last FROM workers) ids
    CROSS JOIN LATERAL (
        SELECT ids.first + floor(random() * (ids.last - ids.first + 1))::bigint AS place
        FROM generate_series(1, :sample)
    ) places
    CROSS JOIN LATERAL (
        SELECT id, nik_sealed, nik_index FROM workers
        WHERE id >= places.place ORDER BY id LIMIT 1
    ) w
    ORDER BY w.id
""")


@dataclass(frozen=True, kw_only=True)
class Status:
    """The number of sealed values by the id of their key, and of those that know no place."""

    by_key: Counter[int]
    unbound: int  # sealed by version 0.1.0: they open in any row


class WrongFieldKeys(Refused):
    """The field keys do not open what is stored."""

    text = (
        "AGENTSYS_FIELD_KEYS tidak membuka data yang tersimpan. Pakai kunci yang dulu; kunci lama"
        " baru boleh dihapus sesudah `agentsys keys reseal` selesai."
    )


class WrongIndexKey(Refused):
    """The index key is not the one with which the data was stored."""

    text = (
        "AGENTSYS_INDEX_KEY bukan kunci yang dipakai data ini, jadi setiap orang akan tersimpan dua"
        " kali. Pakai kunci yang dulu; kunci ini tidak pernah berganti."
    )


def confirm(session: Session, *, vault: Vault) -> None:
    """Raise WrongFieldKeys or WrongIndexKey if the keys do not fit; store the known value once.

    In a database without the known value, the keys are checked with workers before storing it.
    """
    known = session.scalar(select(KeyCheck))
    if known is not None:
        _compare(vault, known.sealed, seals.key_check(known.id), known.fingerprint, _KNOWN)
        return
    for _worker_id, sealed, fingerprint in _sample(session, SAMPLE):
        _compare(vault, sealed, seals.nik_of(fingerprint), fingerprint)
    sealed = vault.seal(_KNOWN, seals.key_check(1))
    session.add(KeyCheck(id=1, sealed=sealed, fingerprint=vault.index(_KNOWN)))
    session.flush()


def has_known_value(session: Session) -> bool:
    """Whether the database is new enough to keep a known value."""
    return session.scalar(text("SELECT to_regclass('key_checks')")) is not None


def mismatches(session: Session, *, vault: Vault, sample: int = SAMPLE) -> list[int]:
    """Workers of a random sample whose encrypted NIK and index do not agree."""
    wrong = []
    for worker_id, sealed, fingerprint in _sample(session, sample):
        try:
            _compare(vault, sealed, seals.nik_of(fingerprint), fingerprint)
        except Refused:
            wrong.append(worker_id)
    return wrong


def status(session: Session) -> Status:
    """How many sealed values there are, by key, and how many of them are not bound to their row."""
    by_key: Counter[int] = Counter()
    unbound = 0
    for column in _SEALED:
        rows = session.execute(
            text(
                f"SELECT get_byte({column.name}, 0) <> 0, {_key_of(column)}, count(*)"  # noqa: S608
                f" FROM {column.table} WHERE {column.name} IS NOT NULL GROUP BY 1, 2"
            )
        )
        for without_place, number, count in rows:
            by_key[number] += count
            unbound += count if without_place else 0
    return Status(by_key=by_key, unbound=unbound)


def waiting(session: Session, *, vault: Vault) -> int:
    """How many values `reseal` would seal anew."""
    return sum(
        session.scalar(
            text(f"SELECT count(*) FROM {column.table} WHERE {_is_old(column)}"),  # noqa: S608
            {"newest": vault.newest},
        )
        or 0
        for column in _SEALED
    )


def reseal(
    transaction: Callable[[], AbstractContextManager[Session]], *, vault: Vault, batch: int = BATCH
) -> Iterator[int]:
    """Encrypt anew, in batches, what has not the newest key or is not bound to its row.

    Yields the size of each batch. Each batch is its own transaction. An interrupted run can be
    repeated: values that are done are skipped.
    """
    for column in _SEALED:
        after = 0
        while True:
            with transaction() as session:
                done, after = _reseal_batch(session, vault, column, after, batch)
            if not done:
                break
            yield done


def _key_of(column: _Column) -> str:
    """SQL for the id of the key of a sealed value, which may be bound to its place or not."""
    name = column.name
    return f"CASE get_byte({name}, 0) WHEN 0 THEN get_byte({name}, 1) ELSE get_byte({name}, 0) END"


def _is_old(column: _Column) -> str:
    """SQL for a value that is not under the newest key, or not bound to its row."""
    is_bound = f"get_byte({column.name}, 0) = 0"
    return f"{column.name} IS NOT NULL AND NOT ({is_bound} AND {_key_of(column)} = :newest)"


def _reseal_batch(
    session: Session, vault: Vault, column: _Column, after: int, batch: int
) -> tuple[int, int]:
    table, key, name = column.table, column.key, column.name
    rows = session.execute(
        text(
            f"SELECT {key}, {column.identity}, {name} FROM {table}"  # noqa: S608  # our own names
            f" WHERE {key} > :after AND {_is_old(column)}"
            f" ORDER BY {key} LIMIT :batch FOR NO KEY UPDATE"
        ),
        {"after": after, "newest": vault.newest, "batch": batch},
    ).all()
    if not rows:
        return 0, after
    session.execute(
        text(f"UPDATE {table} SET {name} = :made WHERE {key} = :place").bindparams(  # noqa: S608
            bindparam("made"), bindparam("place")
        ),
        [
            {"place": number, "made": _anew(vault, sealed, column.place(identity))}
            for number, identity, sealed in rows
        ],
    )
    return len(rows), rows[-1][0]


def _anew(vault: Vault, sealed: bytes, place: bytes) -> bytes:
    try:
        return vault.seal_bytes(vault.open_bytes(bytes(sealed), place), place)
    except Unreadable as error:
        raise WrongFieldKeys() from error


def _sample(session: Session, size: int) -> list[tuple[int, bytes, bytes]]:
    rows: Any = session.execute(_SOME, {"sample": size}).all()
    return [(worker_id, bytes(sealed), bytes(index)) for worker_id, sealed, index in rows]


def _compare(
    vault: Vault, sealed: bytes, place: bytes, fingerprint: bytes, expected: str | None = None
) -> None:
    """Raise an error unless the text can be decrypted, is the expected one, and has this index."""
    try:
        opened = vault.open(sealed, place)
    except Unreadable as error:
        raise WrongFieldKeys() from error
    if expected is not None and opened != expected:
        raise WrongFieldKeys()
    if vault.index(opened) != fingerprint:
        raise WrongIndexKey()
