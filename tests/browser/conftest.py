"""A running agentsys and a browser, once for all tests here; skipped where there is no Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import Browser, expect, sync_playwright

from tests.tree import Tree

# Without these switches Chromium connects to hosts of its maker at every start.
_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
_PATIENCE_MS = 20_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine."""
    program = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
    )
    if not program or not _driver_runs():
        pytest.skip(
            "no Chromium on this machine, or no library of its driver: NO SCREEN WAS TESTED"
            " (apt-get install chromium libatomic1)"
        )
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=program, args=list(_SWITCHES))
        yield browser
        browser.close()


def _driver_runs() -> bool:
    """Whether Playwright's Node starts: a minimal Debian lacks a library that it needs."""
    node, _ = compute_driver_executable()
    return subprocess.run([node, "--version"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="session")
def tree(chromium: Browser) -> Iterator[Tree]:
    """`agentsys run` with a small demo world."""
    running = Tree(workers=600)
    running.start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def pictures() -> Path | None:
    """The folder for screenshots (AGENTSYS_SCREENSHOTS), or None."""
    wanted = os.environ.get("AGENTSYS_SCREENSHOTS", "")
    if not wanted:
        return None
    folder = Path(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
