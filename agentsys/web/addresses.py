"""Where a request comes from, and where its answer may send a visitor."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network

from flask import request

# What browsers read as another site (//host, /\host, a tab between) has no letter after the slash.
_OURS = re.compile(r"/([0-9A-Za-z?][!-\[\]-~]*)?")
_ONE_LINE = 64  # bits of an IPv6 address that the provider gives; the rest is the customer's


def client_network() -> str:
    """The address that a request comes from; all IPv6 addresses of one line are one."""
    given = (request.remote_addr or "").strip("[]")
    try:
        address = ip_address(given)
    except ValueError:
        return given[:45]
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), _ONE_LINE), strict=False))


def own_page(wanted: str) -> str:
    """The wanted address if it is surely a page of ours, or else the first page."""
    return wanted.rstrip("?") if _OURS.fullmatch(wanted) else "/"
