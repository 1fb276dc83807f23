"""`python -m agentsys.demo.midtrans_simulator`: the simulator as a process of its own."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from types import FrameType

import click

from agentsys.demo.midtrans_simulator.gateway import Gateway
from agentsys.demo.midtrans_simulator.handle import SERVER_KEY
from agentsys.demo.midtrans_simulator.service import MERCHANT, create_simulator, server_of
from agentsys.demo.midtrans_simulator.store import Store


@click.command()
@click.option("--port", type=int, default=8090, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="It asks for no password.")
@click.option("--server-key", default=SERVER_KEY, show_default=True)
@click.option("--notify-url", default="", help="Where notifications go; empty: nowhere.")
@click.option("--public-url", default="", help="Written into links; empty: as we were called.")
@click.option("--merchant", default=MERCHANT, show_default=True, help="Shown on the phone.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file that outlives the process; without it everything is forgotten.",
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
    gateway.bell.start(gateway.expire_overdue)
    click.echo(f"Midtrans simulator: http://{host}:{server.server_port}/")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        closing.set()
    finally:
        gateway.bell.stop()
        store.close()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
