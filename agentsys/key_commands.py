"""`agentsys keys`: fresh keys, how many values each key seals, and sealing under the newest key."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from agentsys import config
from agentsys.app import create_app
from agentsys.config import Settings
from agentsys.db import db, transaction
from agentsys.processes import CannotRun
from agentsys.runtime import runtime
from agentsys.terminal import out, progress
from agentsys.workers import keys as sealing


@click.group("keys", cls=AppGroup, invoke_without_command=True)
@click.pass_context
def keys(context: click.Context) -> None:
    """Print fresh keys for the settings of a production system, or look after those in use."""
    if context.invoked_subcommand is None:
        for name, value in config.fresh_keys().items():
            click.echo(f"AGENTSYS_{name.upper()}={value}")


@keys.command("status")
def status() -> None:
    """How many sealed values there are under each key."""
    vault = runtime().vault
    found = sealing.status(db.session())
    for number in sorted({*found, *vault.keys}):
        notes = [
            "seals new values" if number == vault.newest else "",
            "" if number in vault.keys else "NOT CONFIGURED: cannot be read",
            "may be removed" if number in vault.keys and not found[number] else "",
        ]
        told = "; ".join(filter(None, notes if number != vault.newest else notes[:1]))
        click.echo(f"key {number}: {found[number]} values{f' ({told})' if told else ''}")


@keys.command("reseal")
def reseal() -> None:
    """Seal everything under the newest key; safe to stop and to start again."""
    vault = runtime().vault
    with transaction() as session:
        sealing.confirm(session, vault=vault)
        found = sealing.status(session)
    old, done = found.total() - found[vault.newest], 0
    with progress() as bar:
        task = bar.add_task(f"key {vault.newest}", total=old)
        for count in sealing.reseal(transaction, vault=vault):
            done += count
            bar.update(task, completed=done)
    out.print(f"{done} values sealed anew under key {vault.newest}", highlight=False)


def confirm_keys() -> None:
    """Refuse to go on with keys that are not those of the data; in an app's context."""
    try:
        with transaction() as session:
            if sealing.has_known_value(session):
                sealing.confirm(session, vault=runtime().vault)
    except OperationalError as away:
        raise CannotRun(
            "Basis data tidak menjawab, jadi kunci tidak dapat diperiksa. Jalankan lagi nanti."
        ) from away


def app_with_its_keys(settings: Settings | None = None) -> Flask:
    """The app, once its keys are known to be those of the data; no connection stays open."""
    app = create_app(settings)
    with app.app_context():
        confirm_keys()
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    return app
