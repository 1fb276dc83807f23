"""Commands print Indonesian if the locale is Indonesian, and English otherwise."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask

from agentsys.console_texts import language
from tests.commands import Run, runner

TRANSLATIONS = Path("agentsys/translations")
LOCALES = {"id": "id_ID.UTF-8", "en": "C.UTF-8"}
# Common words of each language that do not occur in output of the other one.
WORDS = {
    "id": r"\b(atau|bersih|baris|berkas|belum|dan|dengan|diisi|ditagih|kantor|kunci|pekerja|sudah"
    r"|semua|tidak|yang)\b",
    "en": r"\b(already|and|billed|checks|clean|does|events|exists|has|is|must|not|of|the|there"
    r"|with)\b",
}
# The help of every command and option, and the texts that Click adds.
HELP = """
import json, click
from agentsys.cli import cli, migrations, translate_libraries
translate_libraries(migrations)
texts, pages = [], []
def walk(command, name):
    texts.append(command.help)
    texts.extend(p.help for p in command.params if isinstance(p, click.Option))
    with click.Context(command, info_name=name) as context:
        pages.append(command.get_help(context))
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                walk(command.get_command(context, inner), f"{name} {inner}")
walk(cli, "agentsys")
print(json.dumps([texts, pages]))
"""


def catalogue(locale: str, domain: str) -> dict[str, str]:
    with (TRANSLATIONS / locale / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        found = read_po(file, locale=locale)
    return {m.id: m.string for m in found if m.id and isinstance(m.id, str)}


@pytest.fixture
def run(committed: Flask, database_url: str, tmp_path: Path) -> Run:
    return runner(database_url, tmp_path)


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({"LC_ALL": "id_ID.UTF-8", "LANG": "en_US.UTF-8"}, "id"),
        ({"LC_ALL": "", "LC_MESSAGES": "id", "LANG": "en_US.UTF-8"}, "id"),
        ({"LANG": "id_ID"}, "id"),
        ({"LC_MESSAGES": "en_GB.UTF-8", "LANG": "id_ID.UTF-8"}, "en"),
        ({"LANG": "idx_XX.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_first_locale_variable_that_is_set_decides(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], chosen: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert language() == chosen


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_help_of_every_command_is_in_one_language(language: str) -> None:
    ours, libraries = catalogue("en", "messages"), catalogue("id", "libraries")
    done = subprocess.run(
        [sys.executable, "-c", HELP],
        env=os.environ | {"LC_ALL": LOCALES[language]},
        capture_output=True,
        text=True,
        check=True,
    )
    texts, pages = json.loads(done.stdout)
    allowed = (
        {*ours, *libraries.values()} if language == "id" else {*ours.values(), *libraries.keys()}
    )
    other = WORDS["en" if language == "id" else "id"]

    assert len(pages) > 30
    assert [text for text in texts if text and " ".join(text.split()) not in allowed] == []
    assert all(text for text in texts[:1])
    assert [page for page in pages if re.search(other, page)] == []


@pytest.mark.parametrize("language", ["id", "en"])
def test_what_commands_print_is_in_one_language(run: Run, tmp_path: Path, language: str) -> None:
    roster, copy = tmp_path / "daftar.csv", tmp_path / "copy.dump"
    locale = {"LC_ALL": LOCALES[language], "AGENTSYS_NEW_PASSWORD": "kata-sandi-panjang-7"}
    commands: list[tuple[object, ...]] = [
        ("office", "add", "KOTA", "Balikpapan", "Balikpapan"),
        ("office", "add", "KOTA", "Balikpapan", "Balikpapan"),
        ("office", "list"),
        ("user", "add", "Sari", "--role", "admin", "--phone", "081200000007"),
        ("user", "add", "Sari", "--role", "admin", "--phone", "081200000007"),
        ("demo", "roster", roster, "--rows", "30"),
        ("import", roster, "--office", "DESA", "--as", "081200000007"),
        ("import", roster, "--office", "KOTA", "--as", "0812", "--from", "2062-11"),
        ("import", roster, "--office", "KOTA", "--as", "081299999999"),
        ("import", roster, "--office", "KOTA", "--as", "081200000007", "--from", "2062-11"),
        ("import", roster, "--office", "KOTA", "--as", "081200000007", "--check"),
        ("import", roster, "--office", "KOTA", "--as", "081200000007"),
        ("import", roster, "--office", "KOTA", "--as", "081200000007"),
        ("bill",),
        ("bill", "--month", "November"),
        ("commissions",),
        ("plugins",),
        ("keys", "status"),
        ("audit",),
        ("backup", copy),
        ("backup", copy),
        ("restore", copy),
        ("nothing",),
    ]
    other = WORDS["en" if language == "id" else "id"]

    said = {command: run(*command, **locale) for command in commands}
    broken = run("web", AGENTSYS_PORT="0", **locale)
    no_plugin = run("web", AGENTSYS_PLUGINS="cash,cash", **locale)

    for command, done in [*said.items(), (("web",), broken), (("web",), no_plugin)]:
        printed = (done.stdout + done.stderr).replace(str(tmp_path), "")
        assert "Traceback" not in printed, command
        assert printed.strip() or command == ("commissions",), command
        assert not re.search(other, printed), (command, printed)
