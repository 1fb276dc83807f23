"""Network addresses of requests, and safe targets of redirects."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import request

# URLs that browsers read as another site (//host, /\host) have no letter after the first slash.
_OURS = re.compile(r"/([0-9A-Za-z?][!-\[\]-~]*)?")
_ONE_LINE = 64  # the part of an IPv6 address that a provider assigns to one customer
_OF_A_PROXY = ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")


def client_network() -> str:
    """The network address of a request; all IPv6 addresses of one customer count as one."""
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
    """The wanted URL if it is certainly a page of ours, or else the first page."""
    return wanted.rstrip("?") if _OURS.fullmatch(wanted) else "/"


def _client() -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address((request.remote_addr or "").strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
