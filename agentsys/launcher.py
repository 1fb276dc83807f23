"""`agentsys run`: database, gateway simulator, worker and web on one machine."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import requests
from flask import Flask
from flask_migrate import upgrade
from rich.console import Console

from agentsys import create_app
from agentsys.clock import VirtualTime
from agentsys.commands_people import setup_told
from agentsys.config import PREFIX, VIRTUAL_TIME, Settings
from agentsys.console_texts import console_text as _
from agentsys.db import db, transaction
from agentsys.demo import city
from agentsys.demo.world import print_logins
from agentsys.people import first_setup, queries
from agentsys.ports import different_ports_or_explain, free_port_or_explain, only_one
from agentsys.postgres import EmbeddedPostgres
from agentsys.processes import ProcessSpec, run_tree
from agentsys.runtime import KEY, Runtime
from agentsys.terminal import err

MONTHS = 6
SIMULATOR_KEY = "SB-Mid-server-simulator"
_KEY_SETTING = PREFIX + "MIDTRANS_SERVER_KEY"
_BASE_SETTING = PREFIX + "MIDTRANS_BASE_URL"
_CARD_SETTING = PREFIX + "MIDTRANS_CARD_DEBIT_MAX_IDR"
_DEMO_SETTING = PREFIX + "DEMO"
_SIMULATOR_SETTING = PREFIX + "SIMULATOR_PORT"

# The simulator's key and the demo passwords are public: they are in this repository.
_FOR_REAL = (
    "Dijalankan tanpa kota contoh dan tanpa simulator gateway, karena dapat dicapai dari luar atau"
    " memakai basis data lain. AGENTSYS_DEMO=1 berarti sistem ini hanya untuk mencoba."
)


def run(settings: Settings, *, workers: int) -> None:
    """Start everything, print its address and logins, and keep it running until a signal."""
    with only_one(settings.instance.absolute(), settings.base_url):
        free_port_or_explain(settings.host, settings.port)
        tried = settings.is_for_trying
        workers = workers if tried else 0
        has_key = bool(os.environ.get(_KEY_SETTING))
        simulated = bool(settings.simulator_port) and tried and not has_key
        if simulated:
            _check_simulator_port(settings)
        if workers:
            os.environ[_DEMO_SETTING] = "1"
        if not tried:
            err.print(_(_FOR_REAL), highlight=False)
        err.print(_("Menyiapkan basis data …"), style="dim")
        file = settings.instance.absolute() / VIRTUAL_TIME
        if simulated and workers and not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            VirtualTime(file).write(timedelta())
        app = create_app(settings)
        # The first output should be the address, not the log of the migrations.
        logging.getLogger("alembic").setLevel(logging.WARNING)
        world = _prepare(app, workers)
        code = "" if world else _setup_code(app)
        embedded = app.extensions[KEY].embedded
        specs = _processes(app, settings, simulated)

        def announce() -> None:
            out = Console()
            out.print(
                _("\n[bold]agentsys[/] berjalan di [bold]{url}[/]", url=settings.base_url),
                highlight=False,
            )
            if simulated:
                out.print(
                    _("Simulator gateway dan HP pelanggan: {url}", url=_simulator(settings)),
                    highlight=False,
                )
            if world:
                print_logins(world, out)
            if code:
                out.print(setup_told(settings.base_url, code), highlight=False, soft_wrap=True)
            out.print(_("Ctrl-C menghentikan semuanya; data tetap ada."), style="dim")

        run_tree(specs, watch=_kept_up(embedded) if embedded else None, on_ready=announce)


def _check_simulator_port(settings: Settings) -> None:
    host, port = "127.0.0.1", settings.simulator_port
    different_ports_or_explain(host, settings.port, port, setting=_SIMULATOR_SETTING)
    free_port_or_explain(host, port, setting=_SIMULATOR_SETTING)


def _setup_code(app: Flask) -> str:
    """A code to set the system up; empty if it has users already."""
    with app.app_context():
        try:
            with transaction() as session:
                return first_setup.make_code(session)
        except first_setup.HasUsers:
            return ""


def _prepare(app: Flask, workers: int) -> city.World | None:
    parts: Runtime = app.extensions[KEY]
    with app.app_context():
        upgrade()
        session = db.session()
        empty = not queries.anybody(session)
        session.rollback()
        if not workers:
            return None
        if empty:
            with transaction() as writing:
                return city.seed(
                    writing,
                    vault=parts.vault,
                    workers=workers,
                    months=MONTHS,
                    seed=1,
                    progress=lambda *_: None,
                )
        return city.known_world(session)


def _accounts_file(settings: Settings) -> Path:
    return settings.instance.absolute() / "simulator-accounts.json"


def _write_accounts(app: Flask, settings: Settings) -> None:
    """Let the simulator know the accounts that are linked already."""
    parts: Runtime = app.extensions[KEY]
    with app.app_context(), transaction() as session:
        city.write_accounts(session, vault=parts.vault, file=_accounts_file(settings))


def _processes(app: Flask, settings: Settings, simulated: bool) -> list[ProcessSpec]:
    base = settings.local_url
    env: dict[str, str] = {}
    specs = []
    me = [sys.executable, "-m", "agentsys"]
    if simulated:
        env = {
            _KEY_SETTING: SIMULATOR_KEY,
            _BASE_SETTING: _simulator(settings),
            _CARD_SETTING: "500000",
        }
        _write_accounts(app, settings)
        state = settings.instance.absolute() / "simulator.sqlite"
        specs.append(
            ProcessSpec(
                name="simulator",
                argv=[
                    sys.executable, "-m", "agentsys.demo.midtrans_simulator",
                    "--port", str(settings.simulator_port),
                    "--server-key", SIMULATOR_KEY,
                    "--notify-url", f"{base}/callbacks/midtrans",
                    "--state", str(state),
                    *(["--virtual-time", str(file)] if (file := settings.virtual_time()) else []),
                    "--accounts", str(_accounts_file(settings)),
                ],
                ready=lambda: _answers(_simulator(settings) + "/"),
            )
        )  # fmt: skip
    specs.append(ProcessSpec(name="worker", argv=[*me, "worker"], env=env))
    specs.append(
        ProcessSpec(
            name="web", argv=[*me, "web"], env=env, ready=lambda: _answers(base + "/healthz")
        )
    )
    return specs


def _kept_up(database: EmbeddedPostgres) -> Callable[[], None]:
    """A function that restarts the database when it stopped, and prints both events once."""
    is_down = False

    def watch() -> None:
        nonlocal is_down
        if not is_down and not database.is_running():
            is_down = True
            err.print(_("Basis data berhenti; dijalankan lagi."), highlight=False)
        database.start()
        if is_down:
            is_down = False
            err.print(_("Basis data berjalan lagi."), highlight=False)

    return watch


def _simulator(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.simulator_port}"


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
