"""docs/tutorial-channel.md: its plugin is found, and its tests pass, as they stand in the text."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from agentsys.extension.faults import fault_of

BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def blocks(here: Path) -> dict[str, list[str]]:
    """The blocks of the document by their language."""
    text = (here / "docs/tutorial-channel.md").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for language, block in BLOCK.findall(text):
        found.setdefault(language, []).append(block)
    return found


@pytest.fixture(scope="module")
def folder(blocks: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the tutorial."""
    made = tmp_path_factory.mktemp("nagari")
    plugin, tests = blocks["python"]
    (made / "pyproject.toml").write_text(blocks["toml"][0])
    (made / "agentsys_nagari.py").write_text(plugin)
    (made / "test_nagari.py").write_text(tests)
    return made


def test_the_tests_of_the_tutorial_pass(folder: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_nagari.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert passed
    assert int(passed[1]) > 25


def test_the_plugin_is_named_as_it_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    points = project["project"]["entry-points"]["agentsys"]
    assert points == {"nagari": "agentsys_nagari"}

    monkeypatch.syspath_prepend(str(folder))
    settings = {"AGENTSYS_NAGARI_URL": "http://127.0.0.1:9", "AGENTSYS_NAGARI_KEY": "invented"}
    [channel] = __import__("agentsys_nagari").register_payment_channels(settings)
    assert fault_of(channel) == ""
    monkeypatch.delitem(sys.modules, "agentsys_nagari")


def test_every_name_of_the_last_table_is_in_the_contract(here: Path) -> None:
    text = (here / "docs/tutorial-channel.md").read_text(encoding="utf-8")
    contract = "".join(
        (here / f"agentsys/extension/{name}.py").read_text()
        for name in ("contract", "callback", "paying")
    )
    table = text.partition("## What else a channel can say")[2]
    names = {name.rpartition(".")[2] for name in re.findall(r"`([\w.]+)`", table)}

    assert len(names) > 10
    assert [name for name in names if not re.search(rf"\b{name}\b", contract)] == []
