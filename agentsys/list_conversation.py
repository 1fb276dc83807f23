"""A list of workers on the terminal: its columns, its check, a second person, its import."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.table import Table

from agentsys import list_jobs
from agentsys.console_texts import console_text as _
from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.rosters import deciding, importing, looking, shown, storage
from agentsys.rosters.queries import frequent_refusals
from agentsys.rosters.shown import ChangedRow, CheckRow
from agentsys.runtime import runtime
from agentsys.terminal import out, progress
from agentsys.workers.columns import PLAIN
from agentsys.workers.models import Roster, RosterStatus

EXAMPLES = 5  # of each kind
_S = RosterStatus
_PLAIN_LABELS = {column.name: column.label for column in PLAIN}
Progress = Callable[[int, int, str], None]


def go_on(roster_id: int, *, user_id: int, only_check: bool, rejects: Path | None) -> bool:
    """Take a list as far as one person can; whether it waits for a second one.

    The refused rows are written to `rejects`. Refused if the list cannot be read, or has ended.
    """
    roster = _checked(roster_id, user_id)
    if roster.status is _S.CHECKED:
        found = _show_check(roster_id)
        if only_check:
            _write_rejects(roster_id, rejects)
            how = f"agentsys import --list {roster_id} --as …"
            _tell(_("Ini pemeriksaan saja. Untuk mengimpornya: {command}", command=how))
            _tell_address(roster_id)
            return False
        if found.created + found.changed == 0 and roster.version_id is None:
            _write_rejects(roster_id, rejects)
            with transaction() as session:
                deciding.cancel(session, roster_id=roster_id, actor_id=user_id)
            _tell(_("Tidak ada yang baru atau berubah, jadi tidak ada yang diimpor."))
            return False
        with transaction() as session:
            deciding.ask_import(session, roster_id=roster_id, actor_id=user_id)
    elif only_check:
        _tell(_("Daftar {number} sudah lewat pemeriksaan.", number=roster_id))
        _tell_address(roster_id)
        return False
    return _decided(roster_id, user_id, rejects)


def _checked(roster_id: int, user_id: int) -> Roster:
    """The list, with its columns chosen and its rows checked, if that was still to do."""
    roster = looking.look_at(vault=runtime().vault, roster_id=roster_id)
    if roster.status is _S.MAPPING:
        _choose_columns(roster, user_id)
    roster = _fresh(roster_id)
    if roster.status is _S.CHECKING:
        with _shown_progress() as show:
            importing.check_roster(
                vault=runtime().vault,
                roster_id=roster_id,
                progress=show,
                row_limit=runtime().settings.roster_rows,
            )
    return _open(_fresh(roster_id))


def _choose_columns(roster: Roster, user_id: int) -> None:
    """Use the suggested columns of a list that this user sent; nobody is asked, so none is kept."""
    if roster.uploaded_by != user_id:
        _tell_address(roster.id)
        raise Refused("Kolom daftar ini belum dicocokkan. Cocokkan dulu di halamannya.")
    columns = shown.columns_of(db.session(), roster.id)
    read = [f"{row.title} → {row.field}" for row in columns.rows if row.field]
    _tell(_("Kolom yang dibaca: {columns}", columns=", ".join(read) or "-"))
    if other := [row.title for row in columns.rows if not row.field]:
        _tell(_("Kolom yang tidak dibaca: {columns}", columns=", ".join(other)))
    mapping = dict(roster.mapping)
    try:
        with transaction() as session:
            looking.confirm_columns(
                session,
                roster_id=roster.id,
                mapping=mapping,
                take_hidden=False,
                actor_id=user_id,
                remember=False,
            )
    except Invalid:
        _tell_address(roster.id)
        raise


def _open(roster: Roster) -> Roster:
    """The list, unless it has ended without an import; then Refused with the reason."""
    if roster.status is _S.FAILED:
        raise Refused(roster.error)
    if roster.status in (_S.CANCELLED, _S.UNDOING, _S.UNDONE):
        raise Refused("Daftar ini dibatalkan atau ditarik kembali. Kirim berkasnya lagi.")
    return roster


def _decided(roster_id: int, user_id: int, rejects: Path | None) -> bool:
    """Import a list that may be imported; whether a second person has to decide first."""
    roster = _fresh(roster_id)
    if roster.status is _S.PROPOSED:
        _write_rejects(roster_id, rejects)
        _tell(
            _("Daftar ini mengubah pekerja yang sudah terdaftar, jadi orang kedua memutuskannya.")
        )
        _tell_address(roster_id)
        return True
    if roster.status is _S.PAUSED:
        with transaction() as session:
            deciding.resume(session, roster_id=roster_id, actor_id=user_id)
    db.session.rollback()
    with _shown_progress() as show:
        done = importing.import_roster(
            vault=runtime().vault,
            roster_id=roster_id,
            progress=show,
            row_limit=runtime().settings.roster_rows,
        )
    if _open(done).status is not _S.DONE:
        raise Refused("Impor daftar ini dijeda. Lanjutkan dengan --list, atau di halamannya.")
    _tell(_summary(done))
    list_jobs.follow_import(roster_id)
    _write_rejects(roster_id, rejects)
    return False


def _show_check(roster_id: int) -> CheckRow:
    found = shown.check_of(db.session(), roster_id)
    assert found is not None
    table = Table(_("hasil pemeriksaan"), _("baris"), title=_("Daftar {n}", n=roster_id))
    for label, count in (
        (_("semua"), found.rows),
        (_("akan masuk"), found.created),
        (_("akan berubah"), found.changed),
        (_("sama"), found.unchanged),
        (_("diperbaiki"), found.repaired),
        (_("ditolak"), found.rejected),
        (_("bukan pekerja"), found.nobody),
        (_("tersembunyi, tidak dibaca"), found.hidden),
    ):
        table.add_row(label, str(count))
    out.print(table)
    for example in found.examples[:EXAMPLES]:
        _tell(
            _("baru: {name} ({nik}), baris {row}", name=example["name"],
              nik=example["nik_masked"], row=example["row"])
        )  # fmt: skip
    for changed in shown.changes_of(db.session(), roster_id, limit=EXAMPLES):
        who = _("berubah: {name} ({nik})", name=changed.name, nik=changed.nik_masked)
        _tell(f"{who}: {'; '.join(_fields(changed))}")
    for advice, count in frequent_refusals(db.session(), roster_id=roster_id)[:EXAMPLES]:
        _tell(_("ditolak {count} baris: {advice}", count=count, advice=_(advice)))
    db.session.rollback()
    return found


def _fields(row: ChangedRow) -> Iterator[str]:
    labels = _PLAIN_LABELS | {
        "name": _("Nama"), "phone": _("Nomor HP"), "birth_place": _("Tempat lahir"),
        "income_idr": _("Penghasilan"), "kpj": _("Nomor KPJ"), "ecosystem": _("Ekosistem"),
        "group_id": _("Kelompok"), "registration": _("Pendaftaran ke BPJS"),
    }  # fmt: skip
    for name, after in row.after.items():
        if name in labels:
            yield f"{_(labels[name])}: {row.before.get(name) or '-'} → {after}"
    if row.changes_kk:
        yield _("Nomor KK: nomor lain")
    if row.enrols:
        yield _("Kepesertaan dimulai")
    if row.agent:
        yield _("Agen: {name}", name=row.agent)


def _write_rejects(roster_id: int, target: Path | None) -> None:
    if target is None:
        return
    db.session.rollback()
    content = storage.refused_rows_of(vault=runtime().vault, roster_id=roster_id)
    if content is not None:
        target.write_bytes(content)
        _tell(_("Baris yang ditolak, dengan alasannya: {file}", file=target))


@contextmanager
def _shown_progress() -> Iterator[Progress]:
    labels = {
        "reading": _("membaca"),
        "checking": _("memeriksa"),
        "saving": _("menyimpan"),
        "done": _("selesai"),
    }
    with progress() as bar:
        task = bar.add_task(_("membaca"), total=None)

        def show(done: int, total: int, phase: str) -> None:
            bar.update(task, completed=done, total=total or None, description=labels[phase])

        yield show


def _fresh(roster_id: int) -> Roster:
    db.session.rollback()
    return db.session.get_one(Roster, roster_id, populate_existing=True)


def _tell_address(roster_id: int) -> None:
    _tell(_("Halamannya: {url}", url=f"{runtime().settings.base_url}/pembina/daftar/{roster_id}"))


def _tell(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def _summary(done: Roster) -> str:
    return _(
        "{rows} baris: {accepted} diterima ({created} baru, {changed} berubah,"
        " {unchanged} sama), {rejected} ditolak, {repaired} sel diperbaiki",
        rows=done.rows_total,
        accepted=done.accepted,
        created=done.created,
        changed=done.changed,
        unchanged=done.unchanged,
        rejected=done.rejected,
        repaired=done.repaired,
    )
