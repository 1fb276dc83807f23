"""The database's host stops answering: web and worker recover by themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import requests
from sqlalchemy import make_url

from agentsys.config import fresh_keys
from agentsys.postgres import EmbeddedPostgres
from tests.crash.actions import await_started, collection, order_of, simulator, state_of
from tests.crash.client import Visitor
from tests.crash.notifying import burst, signed_callback
from tests.servers import server_home
from tests.silent_proxy import SilentProxy
from tests.tree import SARI, Tree, wait_for

pytestmark = pytest.mark.xdist_group("silence")

BACK_WITHIN_S = 60
HOLE_S = 6
PAYMENTS, CALLBACKS_EACH = 3, 4
DATABASE = "agentsys_silence"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """PostgreSQL with an empty database."""
    found = EmbeddedPostgres(server_home(tmp_path_factory), durable=False)
    found.start()
    found.create_database(DATABASE)
    yield found
    found.drop_database(DATABASE)
    found.discard()


@pytest.fixture(scope="module")
def proxy(server: EmbeddedPostgres) -> Iterator[SilentProxy]:
    """The proxy between agentsys and its database."""
    address = make_url(server.url(DATABASE))
    made = SilentProxy(host=str(address.query["host"]), port=int(str(address.query["port"])))
    yield made
    made.close()


@pytest.fixture(scope="module")
def tree(server: EmbeddedPostgres, proxy: SilentProxy) -> Iterator[Tree]:
    """`agentsys run` behind the proxy; at the end the audit must pass."""
    address = make_url(server.url(DATABASE))
    running = Tree(
        workers=120,
        database=address.set(drivername="postgresql").render_as_string(hide_password=False),
        AGENTSYS_DATABASE_URL=f"postgresql://{address.username}@127.0.0.1:{proxy.port}/{DATABASE}",
        AGENTSYS_DEMO="1",
        **{f"AGENTSYS_{name.upper()}": value for name, value in fresh_keys().items()},
    )
    running.start()
    yield running
    audit = running.command("audit")
    assert running.stop() == 0
    assert audit.returncode == 0, audit.stdout + audit.stderr


def pending_orders(tree: Tree) -> list[str]:
    """Pending payments about which the gateway sends no callbacks by itself."""
    sari = Visitor(tree.url, SARI)
    forms = [collection(sari, "gopay", place) for place in range(PAYMENTS)]
    for path, form in forms:
        sari.submit(path, form)
    orders = [order_of(tree, form) for _path, form in forms]
    for order in orders:
        await_started(tree, order)
    simulator(tree, "/knobs", {"drop": True})
    for order in orders:
        simulator(tree, f"/pay/{order}")
    return orders


def look(tree: Tree, path: str) -> tuple[int, str]:
    """The status of an endpoint; 0 if it does not answer in time."""
    try:
        answer = requests.get(tree.url + path, timeout=30)
    except requests.RequestException:
        return 0, ""
    return answer.status_code, answer.text


def vanish(tree: Tree, proxy: SilentProxy) -> None:
    """The host disappears until that is noticed; then a new server has its address."""
    proxy.swallow()
    proxy.lose_connections()
    wait_for(lambda: look(tree, "/readyz") == (503, "database not available\n"), "it is noticed")
    assert "agentsys_database_up 0.0" in look(tree, "/metrics")[1]
    proxy.forward()


def swallow_for_a_while(_: Tree, proxy: SilentProxy) -> None:
    """The proxy drops all bytes for a while; afterwards the same connections continue."""
    proxy.swallow()
    time.sleep(HOLE_S)
    proxy.forward()


@pytest.mark.parametrize("fall_silent", [vanish, swallow_for_a_while])
def test_web_and_worker_are_back_and_every_acknowledged_callback_is_settled(
    tree: Tree, proxy: SilentProxy, fall_silent: Callable[[Tree, SilentProxy], None]
) -> None:
    orders = pending_orders(tree)
    bodies = [
        signed_callback(tree, order, turn) for turn in range(CALLBACKS_EACH) for order in orders
    ]

    with burst(f"{tree.url}/callbacks/gopay", bodies) as await_acknowledged:
        await_acknowledged(1)
        fall_silent(tree, proxy)
        began = time.monotonic()
        await_acknowledged(len(bodies))
    wait_for(
        lambda: {state_of(tree, order) for order in orders} == {"settled"},
        "all are settled",
        limit_s=began + BACK_WITHIN_S - time.monotonic(),
    )
    wait_for(
        lambda: look(tree, "/readyz") == (200, "ready\n"),
        "it says that it is ready",
        limit_s=began + BACK_WITHIN_S - time.monotonic(),
    )

    stored = tree.query("SELECT body FROM callbacks WHERE reference = ANY(%s)", orders)
    assert set(bodies) <= {bytes(body) for (body,) in stored}
