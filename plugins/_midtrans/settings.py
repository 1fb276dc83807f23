"""The settings of every Midtrans channel, read once and refused when they contradict each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from agentsys.extension.contract import ChannelNotConfigured, Fee, Message

SERVER_KEY = "AGENTSYS_MIDTRANS_SERVER_KEY"
IS_PRODUCTION = "AGENTSYS_MIDTRANS_IS_PRODUCTION"
BASE_URL = "AGENTSYS_MIDTRANS_BASE_URL"
STATUS_TIMEOUT_S = "AGENTSYS_MIDTRANS_STATUS_TIMEOUT_S"
CHARGE_TIMEOUT_S = "AGENTSYS_MIDTRANS_CHARGE_TIMEOUT_S"
PAYER_FEES = "AGENTSYS_MIDTRANS_PAYER_FEES"
CARD_DEBIT_MAX = "AGENTSYS_MIDTRANS_CARD_DEBIT_MAX_IDR"

YES = {"1", "true", "yes", "on"}
NO = {"", "0", "false", "no", "off"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, kw_only=True)
class MidtransSettings:
    """The merchant's keys, the gateway's address, and the timeouts."""

    server_keys: tuple[str, ...] = field(
        repr=False
    )  # the first signs our calls; callbacks may use any
    is_production: bool = False
    base_url: str = ""
    status_timeout_s: float = 4.0
    charge_timeout_s: float = 15.0
    payer_fees: Mapping[str, Fee] = field(default_factory=dict)  # by channel
    card_debit_max_idr: int = 0  # without the holder of the card; 0: cards are not debited

    @property
    def is_loopback(self) -> bool:
        """Whether the gateway is a simulator on this very machine."""
        return urlsplit(self.base_url).hostname in LOOPBACK


def midtrans_settings(settings: Mapping[str, Any]) -> MidtransSettings:
    """The settings by their names; ChannelNotConfigured says which one is missing or wrong."""
    is_production = _yes_or_no(settings)
    return MidtransSettings(
        server_keys=_server_keys(settings, is_production),
        is_production=is_production,
        base_url=_base_url(settings, is_production),
        status_timeout_s=_seconds(settings, STATUS_TIMEOUT_S, 4.0),
        charge_timeout_s=_seconds(settings, CHARGE_TIMEOUT_S, 15.0),
        payer_fees=_payer_fees(settings),
        card_debit_max_idr=_rupiah(settings, CARD_DEBIT_MAX),
    )


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    return "" if value is None else str(value).strip()


def _yes_or_no(settings: Mapping[str, Any]) -> bool:
    word = _text(settings, IS_PRODUCTION).lower()
    if word not in YES | NO:
        raise ChannelNotConfigured(
            Message(text="{setting} harus true atau false", values={"setting": IS_PRODUCTION})
        )
    return word in YES


def _server_keys(settings: Mapping[str, Any], is_production: bool) -> tuple[str, ...]:
    keys = tuple(k for k in (p.strip() for p in _text(settings, SERVER_KEY).split(",")) if k)
    if not keys:
        raise ChannelNotConfigured(
            Message(text="{setting} belum diisi", values={"setting": SERVER_KEY})
        )
    if not all(re.fullmatch(r"[\x21-\x7e]+", key) for key in keys):
        raise ChannelNotConfigured(
            Message(
                text="{setting} berisi tanda yang tidak ada di kunci server",
                values={"setting": SERVER_KEY},
            )
        )
    # Sandbox keys stand in public documentation: whoever knows one could sign callbacks.
    if is_production and any(key.startswith("SB-") for key in keys):
        raise ChannelNotConfigured(
            Message(
                text="{setting} berisi kunci sandbox, tetapi {other} bernilai true",
                values={"setting": SERVER_KEY, "other": IS_PRODUCTION},
            )
        )
    return keys


def _base_url(settings: Mapping[str, Any], is_production: bool) -> str:
    url = _text(settings, BASE_URL).rstrip("/")
    if not url:
        return ""
    if is_production:
        raise ChannelNotConfigured(
            Message(
                text="{setting} hanya untuk simulator, tetapi {other} bernilai true",
                values={"setting": BASE_URL, "other": IS_PRODUCTION},
            )
        )
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ChannelNotConfigured(
            Message(
                text="{setting} harus diawali http:// atau https://", values={"setting": BASE_URL}
            )
        )
    return url


def _seconds(settings: Mapping[str, Any], name: str, default: float) -> float:
    text = _text(settings, name)
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", text) or not float(text):
        raise ChannelNotConfigured(
            Message(text="{setting} harus jumlah detik di atas nol", values={"setting": name})
        )
    return float(text)


def _rupiah(settings: Mapping[str, Any], name: str) -> int:
    text = _text(settings, name) or "0"
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ChannelNotConfigured(
            Message(text="{setting} harus rupiah bulat, hanya angka", values={"setting": name})
        )
    return int(text)


def _payer_fees(settings: Mapping[str, Any]) -> dict[str, Fee]:
    """What Midtrans adds for the payer, as `bca_va=4000,gopay=2%`."""
    fees = {}
    for part in filter(None, (p.strip() for p in _text(settings, PAYER_FEES).split(","))):
        match = re.fullmatch(r"([a-z_]+) ?= ?(?:([0-9]{1,6})|([0-9]{1,2}(?:\.[0-9]{1,2})?)%)", part)
        if match is None:
            raise ChannelNotConfigured(
                Message(
                    text="{setting} ditulis seperti bca_va=4000,gopay=2%, bukan {part}",
                    values={"setting": PAYER_FEES, "part": part[:40]},
                )
            )
        name, flat, percent = match.groups()
        points = int(Decimal(percent or 0) * 100)
        fees[name] = Fee(flat_idr=int(flat or 0), basis_points=points)
    return fees
