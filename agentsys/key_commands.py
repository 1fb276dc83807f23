"""`agentsys keys`: new keys, how many values each key seals, and sealing with the newest key."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from agentsys import config
from agentsys.app import create_app
from agentsys.config import Settings
from agentsys.console_texts import console_text as _
from agentsys.db import db, transaction
from agentsys.ports import CannotRun
from agentsys.runtime import runtime
from agentsys.terminal import out, progress
from agentsys.workers import keys as sealing


@click.group(
    "keys",
    cls=AppGroup,
    invoke_without_command=True,
    help=_("Cetak kunci baru untuk sistem produksi, atau urus kunci yang sedang dipakai."),
)
@click.pass_context
def keys(context: click.Context) -> None:
    """Print new keys for a production system, or check and replace those in use."""
    if context.invoked_subcommand is None:
        for name, value in config.fresh_keys().items():
            click.echo(f"AGENTSYS_{name.upper()}={value}")


@keys.command("status", help=_("Jumlah nilai tersegel dengan setiap kunci."))
def status() -> None:
    """Print how many values are encrypted with each key."""
    vault = runtime().vault
    found = sealing.status(db.session())
    by_key = found.by_key
    for number in sorted({*by_key, *vault.keys}):
        notes = [
            _("menyegel nilai baru") if number == vault.newest else "",
            "" if number in vault.keys else _("TIDAK ADA DI SETELAN: tidak dapat dibaca"),
            _("boleh dibuang") if number in vault.keys and not by_key[number] else "",
        ]
        note = "; ".join(filter(None, notes if number != vault.newest else notes[:1]))
        line = _("kunci {key_id}: {count} nilai", key_id=number, count=by_key[number])
        click.echo(f"{line} ({note})" if note else line)
    if found.unbound:
        told = _(
            "{count} nilai dari versi 0.1.0 belum terikat pada barisnya. Jalankan"
            " agentsys keys reseal.",
            count=found.unbound,
        )
        click.echo(told)


@keys.command(
    "reseal", help=_("Segel ulang semua dengan kunci terbaru; boleh dihentikan dan diulang.")
)
def reseal() -> None:
    """Encrypt everything with the newest key; safe to stop and to start again."""
    vault = runtime().vault
    with transaction() as session:
        sealing.confirm(session, vault=vault)
        old = sealing.waiting(session, vault=vault)
    done = 0
    with progress() as bar:
        task = bar.add_task(_("kunci {key_id}", key_id=vault.newest), total=old)
        for count in sealing.reseal(transaction, vault=vault):
            done += count
            bar.update(task, completed=done)
    told = _("{done} nilai disegel ulang dengan kunci {key_id}", done=done, key_id=vault.newest)
    out.print(told, highlight=False)


def confirm_keys() -> None:
    """Raise an error if the keys do not fit the data; in an app's context."""
    try:
        with transaction() as session:
            if sealing.has_known_value(session):
                sealing.confirm(session, vault=runtime().vault)
    except OperationalError as away:
        raise CannotRun(
            _("Basis data tidak menjawab, jadi kunci tidak dapat diperiksa. Jalankan lagi nanti.")
        ) from away


def app_with_its_keys(settings: Settings | None = None) -> Flask:
    """The app, after checking that its keys fit the data; no connection stays open."""
    app = create_app(settings)
    with app.app_context():
        confirm_keys()
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    return app
