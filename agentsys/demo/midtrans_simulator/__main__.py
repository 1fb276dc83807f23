"""`python -m agentsys.demo.midtrans_simulator`: the simulator as a separate process."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from types import FrameType

import click

from agentsys.console_texts import console_text as _
from agentsys.demo.midtrans_simulator.context import SERVER_KEY
from agentsys.demo.midtrans_simulator.engine.store import Store
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway
from agentsys.demo.midtrans_simulator.service import MERCHANT, create_simulator, server_of


@click.command(help=_("Jalankan simulator Midtrans sampai dihentikan."))
@click.option("--port", type=int, default=8090, show_default=True, help=_("Port simulator."))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help=_("Alamat simulator; simulator tidak meminta kata sandi."),
)
@click.option("--server-key", default=SERVER_KEY, show_default=True, help=_("Kunci server."))
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
def main(
    *,
    port: int,
    host: str,
    server_key: str,
    notify_url: str,
    public_url: str,
    merchant: str,
    state: Path | None,
) -> None:
    """Simulate Midtrans until interrupted."""
    store, closing = Store(state), Event()
    gateway = Gateway(
        server_key=server_key, notify_url=notify_url, public_url=public_url, store=store
    )
    app = create_simulator(gateway, closing=closing, merchant=merchant)
    server = server_of(app, host=host, port=port)
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


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
