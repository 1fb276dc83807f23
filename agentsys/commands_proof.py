"""The commands that audit, back up and restore."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click
from flask.cli import with_appcontext
from rich.markup import escape

from agentsys import backup, config, jobs
from agentsys.audit import trail
from agentsys.console_texts import console_text as _
from agentsys.console_texts import language
from agentsys.db import db, transaction
from agentsys.ledger import proofs
from agentsys.retention import destroying
from agentsys.runtime import runtime
from agentsys.terminal import out
from agentsys.workers import keys as sealing


@click.command(
    "audit", help=_("Periksa pembukuan dan jejak audit; kode keluar 1 bila ada yang tidak cocok.")
)
@click.option(
    "--head",
    default="",
    help=_("Ujung jejak dari pemeriksaan terdahulu; periksa apakah masih ada."),
)
@click.option(
    "--full", is_flag=True, help=_("Baca semuanya lagi, bukan hanya perubahan sejak yang terakhir.")
)
@with_appcontext
def audit(head: str, full: bool) -> None:
    """Check the journal and the audit trail; exit code 1 if there is an error."""
    jobs.seal_trail()  # so that the head covers everything up to now
    with transaction() as session:
        click.echo(
            _(
                "jejak: {count} kejadian, ujung {head}",
                count=trail.length(session),
                head=trail.head(session) or "-",
            )
        )
    began = time.monotonic()
    found = proofs.prove(transaction, by="agentsys audit", full=full, progress=_say_proven)
    with transaction() as session:
        lost = bool(head) and not trail.holds(session, head)
        # Opening what is sealed is slow on purpose: after a whole audit fewer are opened.
        sample = sealing.SAMPLE if any(proven.whole for proven in found) else sealing.FEW
        swapped = sealing.mismatches(session, vault=runtime().vault, sample=sample)
    for worker_id in swapped:
        told = _("pekerja {worker_id}: NIK tersegel bukan NIK indeksnya", worker_id=worker_id)
        out.print(f"[bold red]✗[/] {told}", highlight=False)
    failed = sum(bool(proven.failures) for proven in found)
    if lost:
        told = _("ujung itu tidak ada lagi di jejak")
        out.print(f"[bold red]✗[/] {told}", highlight=False)
    seconds = _seconds(time.monotonic() - began, digits=1)
    if failed or lost or swapped:
        told = _(
            "{failed} dari {total} pemeriksaan menemukan masalah, {seconds}",
            failed=failed,
            total=len(found),
            seconds=seconds,
        )
        out.print(told, highlight=False)
        sys.exit(1)
    told = _("{total} pemeriksaan: bersih, {seconds}", total=len(found), seconds=seconds)
    out.print(told, highlight=False)


def _say_proven(proven: proofs.Proven) -> None:
    """Print a line for a check, and below it what it found."""
    mark = "[bold red]✗[/]" if proven.failures else "[green]✓[/]"
    reach = _("semua") if proven.whole else _("sejak pemeriksaan terakhir")
    took = _seconds(proven.seconds, digits=2)
    out.print(f"{mark} {proven.name} {took}, {reach}", highlight=False)
    for row in proven.failures:
        sentence = escape(f"{_(proofs.sentence_of(proven.name))} {row}")
        out.print(f"  {sentence}", highlight=False, soft_wrap=True)


@click.command(
    "retention", help=_("Hapus data yang masa simpannya sudah lewat, dan catat penghapusannya.")
)
@click.option("--dry-run", is_flag=True, help=_("Hanya tunjukkan apa yang akan dihapus."))
@with_appcontext
def retention(*, dry_run: bool) -> None:
    """Destroy what is kept no longer; each night a job does the same."""
    if dry_run:
        with transaction() as session:
            found = destroying.would_destroy(session)
    else:
        found = destroying.destroy_old(transaction, by="agentsys retention")
    for each in found:
        told = _(
            "{kind}: sebelum {day}, {rows} baris, {bytes} byte",
            kind=each.kind.value,
            day=each.before_on.isoformat(),
            rows=each.rows,
            bytes=each.bytes,
        )
        if dry_run:
            told += _(", {held} ditahan", held=each.held)
        out.print(told, highlight=False)
    if not found:
        out.print(_("Tidak ada yang perlu dihapus."), highlight=False)


@click.command(
    "backup", help=_("Tulis salinan seluruh basis data ke berkas baru, selagi sistem dipakai.")
)
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def back_up(file: Path) -> None:
    """Write a copy of the whole database to a new file, while people go on working."""
    size = backup.back_up(_address(), file)
    out.print(f"{file}: {size / 1_000_000:.1f} MB", highlight=False)


@click.command(
    "restore",
    help=_(
        "Isi basis data kosong di AGENTSYS_DATABASE_URL dari cadangan, atau hanya uji cadangan itu."
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--check",
    is_flag=True,
    help=_("Pulihkan ke basis data sementara, periksa, lalu hapus."),
)
@with_appcontext
def restore(file: Path, check: bool) -> None:
    """Fill the empty database of AGENTSYS_DATABASE_URL from a backup, or only prove the backup."""
    if check:
        out.print(
            backup.prove(_address(), file, os.environ | _keys()), highlight=False, markup=False
        )
        return
    backup.restore(_address(), file)
    told = _("{file}: sudah dipulihkan. Sekarang jalankan agentsys audit.", file=file)
    out.print(told, highlight=False)


def _seconds(value: float, *, digits: int) -> str:
    text = f"{value:.{digits}f} s"
    return text.replace(".", ",") if language() == "id" else text


def _keys() -> dict[str, str]:
    """The keys of this system as settings, also if they were generated."""
    settings = runtime().settings
    return {
        f"{config.PREFIX}{name.upper()}": getattr(settings, name).get_secret_value()
        for name in config.KEYS
    }


def _address() -> str:
    return db.engine.url.render_as_string(hide_password=False)
