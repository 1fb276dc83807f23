"""`agentsys simulator`: the simulator as a process of its own, without a database."""

from __future__ import annotations

import http.client
import json
import signal
import socket
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import click

from agentsys.clock import VirtualTime
from agentsys.console_texts import console_text as _
from agentsys.demo.midtrans_simulator.context import (
    APPROVER_KEY,
    CLIENT_KEY,
    CREATOR_KEY,
    SERVER_KEY,
    Keys,
)
from agentsys.demo.midtrans_simulator.engine.store import Store
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway
from agentsys.demo.midtrans_simulator.scenarios.player import Player
from agentsys.demo.midtrans_simulator.scenarios.script import Step, steps_of_file
from agentsys.demo.midtrans_simulator.service import MERCHANT, create_simulator, server_of


class _Setting(click.ParamType[Any]):
    name = "NAMA=NILAI"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        name, _equals, text = str(value).partition("=")
        try:
            return name, json.loads(text)
        except ValueError:
            return name, text


class _Script(click.ParamType[Any]):
    name = "FILE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[Step]:
        try:
            return steps_of_file(Path(value))
        except OSError as error:
            self.fail(f"{value}: {error.strerror}", param, ctx)
        except ValueError as error:
            self.fail(f"{value}: {error}", param, ctx)


class _Accounts(click.ParamType[Any]):
    name = "FILE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[Any]:
        try:
            found = json.loads(Path(value).read_text("utf-8"))
        except OSError as error:
            self.fail(f"{value}: {error.strerror}", param, ctx)
        except ValueError as error:
            self.fail(f"{value}: {error}", param, ctx)
        if not isinstance(found, list):
            self.fail(f"{value}: accounts are a list", param, ctx)
        return found


def _keys(function: Any) -> Any:
    for option, default, text in (
        ("--approver-key", APPROVER_KEY, _("Kunci Iris pemberi izin.")),
        ("--creator-key", CREATOR_KEY, _("Kunci Iris pembuat.")),
    ):
        function = click.option(option, default=default, show_default=True, help=text)(function)
    function = click.option(
        "--client-key",
        default=[CLIENT_KEY],
        show_default=True,
        multiple=True,
        help=_("Kunci klien; boleh beberapa."),
    )(function)
    return click.option(
        "--server-key",
        default=[SERVER_KEY],
        show_default=True,
        multiple=True,
        help=_("Kunci server; boleh beberapa, yang pertama menandatangani."),
    )(function)


@click.command(
    "simulator",
    help=_("Jalankan simulator Midtrans sampai dihentikan; tidak memerlukan basis data."),
)
@click.option("--port", type=int, default=8090, show_default=True, help=_("Port simulator."))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help=_("Alamat simulator; simulator tidak meminta kata sandi."),
)
@_keys
@click.option("--notify-url", default="", help=_("Tujuan pemberitahuan; kosong: tidak dikirim."))
@click.option(
    "--public-url", default="", help=_("Alamat di tautan; kosong: alamat yang dipanggil.")
)
@click.option("--merchant", default=MERCHANT, show_default=True, help=_("Nama yang tampil di HP."))
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("Berkas keadaan; tanpa berkas semuanya hilang saat berhenti."),
)
@click.option(
    "--virtual-time",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("Berkas dengan detik yang dimajukan, untuk program lain yang memakai jam yang sama."),
)
@click.option(
    "--accounts",
    type=_Accounts(),
    help=_("Berkas akun GoPay yang sudah terhubung (JSON), seperti milik kota contoh."),
)
@click.option("--script", type=_Script(), help=_("Berkas skenario (TOML)."))
@click.option(
    "--set", "settings", type=_Setting(), multiple=True, help=_("Ubah satu pengaturan; boleh lagi.")
)
def simulator(
    *,
    port: int,
    host: str,
    server_key: tuple[str, ...],
    client_key: tuple[str, ...],
    creator_key: str,
    approver_key: str,
    notify_url: str,
    public_url: str,
    merchant: str,
    state: Path | None,
    virtual_time: Path | None,
    accounts: list[Any] | None,
    script: list[Step] | None,
    settings: tuple[tuple[str, Any], ...],
) -> None:
    """Simulate Midtrans until interrupted."""
    first, *more = server_key
    keys = Keys(
        server=first,
        more_servers=tuple(more),
        clients=client_key,
        creator=creator_key,
        approver=approver_key,
    )
    store = Store(state)
    gateway = Gateway(
        server_key=first,
        keys=keys,
        notify_url=notify_url,
        public_url=public_url,
        store=store,
        virtual_time=VirtualTime(virtual_time) if virtual_time else None,
    )
    try:
        gateway.knobs.turn(dict(settings))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--set") from None
    try:
        gateway.accounts.add(accounts or (), base_url=public_url or f"http://{host}:{port}")
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--accounts") from None
    player = Player(gateway)
    player.play(script or ())
    _serve(gateway, player, store, host=host, port=port, merchant=merchant)


def _serve(
    gateway: Gateway, player: Player, store: Store, *, host: str, port: int, merchant: str
) -> None:
    # The real gateway reads more than Python's hundred headers, and clients send them.
    http.client._MAXHEADERS = 1_000  # type: ignore[attr-defined]
    closing = Event()
    app = create_simulator(gateway, closing=closing, merchant=merchant, player=player)
    server = server_of(app, host=host, port=_free(host, port))
    signal.signal(signal.SIGTERM, _interrupt)
    gateway.notifier.start(gateway.run_due)
    url = f"http://{host}:{server.server_port}/"
    click.echo(_("Simulator Midtrans: {url}", url=url))
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        closing.set()
    finally:
        gateway.notifier.stop()
        store.close()


def _free(host: str, port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            told = _(
                "Port {port} di {host} tidak dapat dipakai. Pilih port lain dengan --port.",
                port=str(port),
                host=host,
            )
            raise click.ClickException(told) from None
    return port


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
