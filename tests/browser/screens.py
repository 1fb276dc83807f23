"""Finding the screens that a user can reach by links, and checking them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe()
# Of axe's rules only contrast depends on the colours, so that the others need to run once.
_SCHEMES: tuple[tuple[Literal["light", "dark"], list[str] | None], ...] = (
    ("light", None),
    ("dark", ["color-contrast"]),
)
# Files to take away are no screens, and neither is the other program that plays the gateway.
# What a finger or a reader of the page stumbles over, each with the elements that do it.
_STUMBLES = {
    "lower than 44 px": """() => [...document.querySelectorAll(
            'a.btn, a.back, a.brand, a.chip, .tabs a, .nav a, table a, button, summary, select')]
        .filter(e => e.checkVisibility() && !e.closest('.skip, .vh'))
        .filter(e => e.getBoundingClientRect().height < 43.5)""",
    "a table that must be pushed aside": """() => [...document.querySelectorAll('.tw')]
        .filter(e => e.scrollWidth > e.clientWidth + 1)""",
    "sticks out of its card": """() => [...document.querySelectorAll('.card *')]
        .filter(e => e.checkVisibility() && !e.closest('.tw, .tabs, .chips, .vh, .pop, svg'))
        .filter(e => e.getBoundingClientRect().right
            > e.closest('.card').getBoundingClientRect().right + 1)""",
}
_NO_SCREEN = re.compile(r"\.(xlsx|csv|pdf)$|^/static/|/unduh$|/berkas$")


def shape(path: str) -> str:
    """A path without numbers and codes: pages with the same shape count as one screen."""
    return re.sub(r"/(KW-[^/]+|[^/]*\d[^/]*|[A-Za-z0-9_-]{20,})(?=/|$)", "/…", path)


def reachable(page: Page, address: str) -> Iterator[str]:
    """The URLs of all screens that can be reached by links from the current page."""
    waiting = deque([page.url])
    known = {"/", shape(urlsplit(page.url).path)}
    while waiting:
        here = waiting.popleft()
        page.goto(here)
        yield here
        for link in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
            path = urlsplit(link).path
            if not link.startswith(f"{address}/") or _NO_SCREEN.search(path):
                continue
            if shape(path) not in known:
                known.add(shape(path))
                waiting.append(link)


def faults(page: Page, name: str) -> list[str]:
    """What axe finds in light and dark mode, and elements that are too small or cut off."""
    found = []
    for scheme, rules in _SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found += [f"{name} {scheme}: {violation}" for violation in _violations(page, rules)]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        found.append(f"{name}: {wide} px wider than the window: {_widest(page)}")
    for stumble, elements in _STUMBLES.items():
        shown = page.evaluate(f"({elements})().slice(0, 3).map(e => e.outerHTML.slice(0, 120))")
        found += [f"{name}: {stumble}: {html}" for html in shown]
    return found


def _violations(page: Page, rules: list[str] | None) -> list[str]:
    options: dict[str, object] = {"resultTypes": ["violations"]}
    answer = _AXE.run(page, options=options | ({"runOnly": rules} if rules else {}))
    return [
        f"axe {violation['id']}: {violation['help']}: "
        + "; ".join(str(node["html"])[:160] for node in violation["nodes"][:3])
        for violation in answer.response["violations"]
    ]


def _widest(page: Page) -> str:
    return str(
        page.evaluate(
            """() => {
                const over = [...document.querySelectorAll('body *')]
                    .filter(e => e.getBoundingClientRect().right > innerWidth + 1);
                return over.length ? over[over.length - 1].outerHTML.slice(0, 160) : '';
            }"""
        )
    )
