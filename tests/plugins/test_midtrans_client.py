"""Every possible answer of Midtrans, over real HTTP, has one of three outcomes."""

import threading

import midtransclient
import pytest
import requests

from agentsys.demo.midtrans_simulator import Simulator
from agentsys.extension.contract import (
    ChannelNotConfigured,
    ChannelStopped,
    ChannelUnavailable,
    PaymentState,
)
from agentsys.plugins._midtrans.client import GatewayRefused, Midtrans
from agentsys.plugins._midtrans.settings import midtrans_settings
from agentsys.plugins._midtrans.vocabulary import report_of

KEY = "SB-Mid-server-contoh"
FAULTS = [
    "500",
    "500_says_404",
    "503",
    "429",
    "html_502",
    "null",
    "list",
    "empty",
    "bytes",
    "redirect",
    "bad_status_code",
]


@pytest.fixture
def sim():
    with Simulator() as sim:
        yield sim


def client(url, **more):
    settings = {
        "AGENTSYS_MIDTRANS_SERVER_KEY": "SB-Mid-server-simulator",
        "AGENTSYS_MIDTRANS_BASE_URL": url,
        "AGENTSYS_MIDTRANS_STATUS_TIMEOUT_S": "5",
        "AGENTSYS_MIDTRANS_CHARGE_TIMEOUT_S": "5",
    }
    return Midtrans(midtrans_settings(settings | more))


@pytest.fixture
def midtrans(sim):
    return client(sim.url)


def a_charge(order_id="A-1", amount_idr=16_800):
    return {
        "payment_type": "qris",
        "transaction_details": {"order_id": order_id, "gross_amount": amount_idr},
    }


def test_a_charge_and_its_status_are_answered(midtrans):
    charged = midtrans.charge(a_charge(), idempotency_key="k")

    asked = midtrans.status("A-1")

    assert charged["transaction_status"] == asked["transaction_status"] == "pending"
    assert charged["transaction_id"] == asked["transaction_id"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", ["charge", "status", "cancel", "expire"])
def test_an_answer_that_cannot_be_understood_means_that_we_do_not_know(
    sim, midtrans, fault, operation
):
    midtrans.charge(a_charge(), idempotency_key="k")
    sim.knobs(fault=fault)
    calls = {
        "charge": lambda: midtrans.charge(a_charge("A-2"), idempotency_key="k2"),
        "status": lambda: midtrans.status("A-1"),
        "cancel": lambda: midtrans.cancel("A-1"),
        "expire": lambda: midtrans.expire("A-1"),
    }

    with pytest.raises(ChannelUnavailable):
        calls[operation]()


def test_a_gateway_that_hangs_is_left_after_the_time_that_is_set(sim):
    impatient = client(sim.url, AGENTSYS_MIDTRANS_STATUS_TIMEOUT_S="0.2")
    sim.knobs(fault="hang", fault_on="status", hang_s=3)

    with pytest.raises(ChannelUnavailable, match="TooLate"):
        impatient.status("A-1")


def test_a_redirect_is_not_followed(sim, midtrans):
    # Followed, it would come to a 404 that looks like the gateway's own.
    sim.knobs(fault="redirect", fault_times=1)

    with pytest.raises(ChannelUnavailable):
        midtrans.charge(a_charge(), idempotency_key="k")


def test_a_gateway_that_is_not_there_means_that_we_do_not_know():
    with pytest.raises(ChannelUnavailable, match="Connection"):
        client("http://127.0.0.1:1").status("A-1")


def test_another_merchants_key_says_nothing_about_the_payment(sim):
    stranger = client(sim.url, AGENTSYS_MIDTRANS_SERVER_KEY="SB-another")

    with pytest.raises(ChannelStopped, match="menolak kunci server"):
        stranger.status("A-1")


@pytest.mark.parametrize("as_http_200", [False, True])
@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda m: m.status("A-404"), "404"),
        (lambda m: m.charge(a_charge("A-1"), idempotency_key="other"), "406"),
        (lambda m: m.charge(a_charge("A-2", 0), idempotency_key="k2"), "400"),
        (lambda m: m.cancel("A-1"), "412"),
    ],
    ids=["unknown", "duplicate", "invalid", "too late"],
)
def test_a_definite_no_keeps_its_code_whatever_http_says(sim, midtrans, call, code, as_http_200):
    midtrans.charge(a_charge(), idempotency_key="k")
    sim.pay("A-1")
    sim.knobs(errors_as_http_200=as_http_200)

    with pytest.raises(GatewayRefused) as refused:
        call(midtrans)

    assert refused.value.code == code


def test_a_refusal_says_why_in_the_gateways_words(midtrans):
    with pytest.raises(GatewayRefused) as refused:
        midtrans.charge(a_charge(amount_idr=0), idempotency_key="k")

    assert refused.value.words == ("transaction_details.gross_amount must be between 1 - 10000000")


@pytest.mark.parametrize("as_http_407", [False, True])
def test_an_expire_that_succeeded_is_an_answer(sim, midtrans, as_http_407):
    sim.knobs(expire_as_http_407=as_http_407)
    midtrans.charge(a_charge(), idempotency_key="k")

    answer = midtrans.expire("A-1")

    assert (answer["status_code"], answer["transaction_status"]) == ("407", "expire")
    assert midtrans.status("A-1")["status_code"] == "407"


def test_a_not_found_without_a_code_in_its_body_is_somebody_elses():
    with Simulator() as sim:
        proxied = client(f"{sim.url}/nowhere")

        with pytest.raises(ChannelUnavailable):
            proxied.status("A-1")


def test_an_order_id_cannot_walk_to_another_address(sim, midtrans):
    midtrans.charge(a_charge(), idempotency_key="k")

    with pytest.raises((GatewayRefused, ChannelUnavailable)):
        midtrans.status("x/../A-1")


def test_an_idempotency_key_stays_with_its_own_call(sim, midtrans):
    midtrans.charge(a_charge("A-1"), idempotency_key="one")
    midtrans.charge(a_charge("A-2"), idempotency_key="two")

    assert len(sim.transactions()) == 2
    assert midtransclient.CoreApi().api_config.custom_headers == {}


def test_each_thread_has_a_connection_of_its_own(sim, midtrans):
    sessions = set()

    def call(order_id):
        midtrans.charge(a_charge(order_id), idempotency_key=order_id)
        sessions.add(midtrans._session())

    threads = [threading.Thread(target=call, args=(f"A-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sessions) == len(sim.transactions()) == 4


def test_a_proxy_of_the_environment_is_not_asked_for_a_simulator_here(sim, midtrans, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)

    answer = midtrans.charge(a_charge(), idempotency_key="k")

    assert answer["transaction_status"] == "pending"


def test_the_server_key_is_in_no_message(sim):
    secret = client(sim.url, AGENTSYS_MIDTRANS_SERVER_KEY="SB-very-secret")

    with pytest.raises(ChannelUnavailable) as unknown:
        secret.status("A-1")

    assert "very-secret" not in f"{unknown.value!r} {secret._settings!r}"


def test_the_simulators_answers_are_understood_as_well(sim):
    requests.post(
        f"{sim.url}/v2/charge", json=a_charge(), auth=(sim.server_key, ""), timeout=10
    ).raise_for_status()
    words = []
    for move in ("expire", "settlement"):
        sim.knobs(late_settlement=True)
        sim.gateway.move("A-1", move)
        words.append(report_of(client(sim.url).status("A-1"), "A-1").state)

    assert words == [PaymentState.EXPIRED, PaymentState.SETTLED]


def test_without_a_server_key_nothing_is_configured():
    with pytest.raises(ChannelNotConfigured, match="AGENTSYS_MIDTRANS_SERVER_KEY"):
        midtrans_settings({})


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"AGENTSYS_MIDTRANS_SERVER_KEY": " , "}, "SERVER_KEY"),
        ({"AGENTSYS_MIDTRANS_SERVER_KEY": "ключ"}, "SERVER_KEY"),
        ({"AGENTSYS_MIDTRANS_IS_PRODUCTION": "maybe"}, "IS_PRODUCTION"),
        ({"AGENTSYS_MIDTRANS_IS_PRODUCTION": "true"}, "kunci sandbox"),
        (
            {
                "AGENTSYS_MIDTRANS_SERVER_KEY": "Mid-server-x",
                "AGENTSYS_MIDTRANS_IS_PRODUCTION": "true",
                "AGENTSYS_MIDTRANS_BASE_URL": "http://127.0.0.1:1",
            },
            "BASE_URL",
        ),
        ({"AGENTSYS_MIDTRANS_BASE_URL": "file:///etc"}, "BASE_URL"),
        ({"AGENTSYS_MIDTRANS_STATUS_TIMEOUT_S": "0"}, "STATUS_TIMEOUT_S"),
        ({"AGENTSYS_MIDTRANS_CHARGE_TIMEOUT_S": "soon"}, "CHARGE_TIMEOUT_S"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(wrong, named):
    with pytest.raises(ChannelNotConfigured, match=named):
        midtrans_settings({"AGENTSYS_MIDTRANS_SERVER_KEY": KEY} | wrong)


def test_production_talks_to_production():
    settings = midtrans_settings(
        {
            "AGENTSYS_MIDTRANS_SERVER_KEY": "Mid-server-x",
            "AGENTSYS_MIDTRANS_IS_PRODUCTION": "TRUE",
        }
    )

    core = Midtrans(settings)._core(1.0)

    assert core.api_config.get_core_api_base_url() == "https://api.midtrans.com"
