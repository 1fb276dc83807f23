"""Output of commands: results on stdout, problems and progress on stderr."""

from __future__ import annotations

import gettext
import os

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from agentsys.console_texts import CATALOGUES, language

_LIBRARIES = "libraries"

out = Console()
err = Console(stderr=True)


def progress() -> Progress:
    """Show a progress bar with phase, count and time; it is removed at the end."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )


def translate_libraries(group: click.Group) -> None:
    """Translate Click's texts, and the help of a library's commands, to this run's language."""
    if language() == "en":
        return
    os.environ["LANGUAGE"] = language()  # the library's gettext reads this variable first
    gettext.bindtextdomain(_LIBRARIES, CATALOGUES)
    gettext.textdomain(_LIBRARIES)
    for command in (group, *group.commands.values()):
        command.help = _translated(command.help)
        for option in command.params:
            if isinstance(option, click.Option):
                option.help = _translated(option.help)


def _translated(text: str | None) -> str | None:
    if not text:
        return text
    line = " ".join(text.split())
    return gettext.gettext(line)
