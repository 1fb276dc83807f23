"""Where a request comes from, and where its answer may send a visitor."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import request

# What browsers read as another site (//host, /\host, a tab between) has no letter after the slash.
_OURS = re.compile(r"/([0-9A-Za-z?][!-\[\]-~]*)?")
_ONE_LINE = 64  # bits of an IPv6 address that the provider gives; the rest is the customer's
_OF_A_PROXY = ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")


def client_network() -> str:
    """The address that a request comes from; all IPv6 addresses of one line are one."""
    address = _client()
    if address is None:
        return (request.remote_addr or "")[:45]
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), _ONE_LINE), strict=False))
    return str(address)


def from_this_machine() -> bool:
    """Whether the request comes from a program on this machine, and not through a proxy."""
    address = _client()
    passed_on = any(name in request.headers for name in _OF_A_PROXY)
    return address is not None and address.is_loopback and not passed_on


def own_page(wanted: str) -> str:
    """The wanted address if it is surely a page of ours, or else the first page."""
    return wanted.rstrip("?") if _OURS.fullmatch(wanted) else "/"


def _client() -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address((request.remote_addr or "").strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
