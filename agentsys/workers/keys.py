"""Checking that the configured keys fit the data, and encrypting the data with new keys.

The database has a known encrypted value and its index. agentsys refuses to start with other keys:
with another index key, known workers would be stored a second time; with other field keys, no NIK
could be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from agentsys.crypto import Unreadable, Vault
from agentsys.errors import Refused
from agentsys.workers.models import KeyCheck

BATCH = 500
SAMPLE = 200
FEW = 20  # size of the sample if most of the data was checked before
_KNOWN = "agentsys"

# All encrypted columns: table, key, column.
_SEALED = (
    ("workers", "id", "nik_sealed"),
    ("workers", "id", "kk_sealed"),
    ("roster_files", "roster_id", "sealed"),
    ("key_checks", "id", "sealed"),
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
        _compare(vault, known.sealed, known.fingerprint, _KNOWN)
        return
    for _worker_id, sealed, fingerprint in _sample(session, SAMPLE):
        _compare(vault, sealed, fingerprint)
    session.add(KeyCheck(id=1, sealed=vault.seal(_KNOWN), fingerprint=vault.index(_KNOWN)))
    session.flush()


def has_known_value(session: Session) -> bool:
    """Whether the database is new enough to keep a known value."""
    return session.scalar(text("SELECT to_regclass('key_checks')")) is not None


def mismatches(session: Session, *, vault: Vault, sample: int = SAMPLE) -> list[int]:
    """Workers of a random sample whose encrypted NIK and index do not agree."""
    wrong = []
    for worker_id, sealed, fingerprint in _sample(session, sample):
        try:
            _compare(vault, sealed, fingerprint)
        except Refused:
            wrong.append(worker_id)
    return wrong


def status(session: Session) -> Counter[int]:
    """The number of sealed values by the id of their key."""
    found: Counter[int] = Counter()
    for table, _key, column in _SEALED:
        rows = session.execute(
            text(
                f"SELECT get_byte({column}, 0), count(*) FROM {table}"  # noqa: S608  # our own names
                f" WHERE {column} IS NOT NULL GROUP BY 1"
            )
        )
        found.update({number: count for number, count in rows})
    return found


def reseal(
    transaction: Callable[[], AbstractContextManager[Session]], *, vault: Vault, batch: int = BATCH
) -> Iterator[int]:
    """Encrypt everything with the newest key, in batches; yield the size of each batch.

    Each batch is its own transaction. An interrupted run can be repeated: values that have the
    newest key are skipped.
    """
    for table, key, column in _SEALED:
        after = 0
        while True:
            with transaction() as session:
                done, after = _reseal_batch(session, vault, (table, key, column), after, batch)
            if not done:
                break
            yield done


def _reseal_batch(
    session: Session, vault: Vault, place: tuple[str, str, str], after: int, batch: int
) -> tuple[int, int]:
    table, key, column = place
    rows = session.execute(
        text(
            f"SELECT {key}, {column} FROM {table}"  # noqa: S608  # our own names
            f" WHERE {key} > :after AND {column} IS NOT NULL AND get_byte({column}, 0) <> :newest"
            f" ORDER BY {key} LIMIT :batch FOR NO KEY UPDATE"
        ),
        {"after": after, "newest": vault.newest, "batch": batch},
    ).all()
    if not rows:
        return 0, after
    session.execute(
        text(f"UPDATE {table} SET {column} = :made WHERE {key} = :place").bindparams(  # noqa: S608
            bindparam("made"), bindparam("place")
        ),
        [{"place": number, "made": _anew(vault, sealed)} for number, sealed in rows],
    )
    return len(rows), rows[-1][0]


def _anew(vault: Vault, sealed: bytes) -> bytes:
    try:
        return vault.seal_bytes(vault.open_bytes(bytes(sealed)))
    except Unreadable as error:
        raise WrongFieldKeys() from error


def _sample(session: Session, size: int) -> list[tuple[int, bytes, bytes]]:
    rows: Any = session.execute(_SOME, {"sample": size}).all()
    return [(worker_id, bytes(sealed), bytes(index)) for worker_id, sealed, index in rows]


def _compare(vault: Vault, sealed: bytes, fingerprint: bytes, expected: str | None = None) -> None:
    """Raise an error unless the text can be decrypted, is the expected one, and has this index."""
    try:
        opened = vault.open(sealed)
    except Unreadable as error:
        raise WrongFieldKeys() from error
    if expected is not None and opened != expected:
        raise WrongFieldKeys()
    if vault.index(opened) != fingerprint:
        raise WrongIndexKey()
