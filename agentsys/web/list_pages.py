"""What one list page offers, and its filters in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from agentsys.listing.request import ListRequest
from agentsys.web.texts import day, rp

Labels = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """The options of one list: labels of its sorts and filters, columns of its spreadsheet.

    Names are those of the domain's `Listing`. An empty label means that the option is not offered.
    `personal`: the search text may be a person's NIK or phone number.
    """

    endpoint: str
    title: Any
    search: Any = ""
    sorts: Labels = field(default_factory=dict)
    tabs: Labels = field(default_factory=dict)
    states: Labels = field(default_factory=dict)
    states_label: Any = ""
    personal: bool = True
    keeps: Sequence[str] = ()  # parameters that choose the list, and stay whatever is filtered
    agent: bool = False
    letter: bool = False
    ecosystems: Labels = field(default_factory=dict)
    groups: bool = False  # the view says which ones: `ListView.groups`
    dates: bool = False
    sums: bool = False
    filename: str = ""
    columns: Sequence[tuple[Any, Callable[[Any], str | int]]] = ()


def described(
    about: ListPage, asked: ListRequest, groups: Sequence[tuple[Any, Sequence[Any]]] = ()
) -> str:
    """The active filters as text, for the first line of a spreadsheet.

    `groups` are those of the filter by group, under their labels.
    """
    parts = [str(about.title)]
    if asked.tab in about.tabs:
        parts.append(str(about.tabs[asked.tab]))
    if asked.query and about.search:
        parts.append(_("cari: %(words)s", words=asked.query))
    if asked.state in about.states:
        parts.append(_("status: %(state)s", state=about.states[asked.state]))
    if asked.ecosystem in about.ecosystems:
        parts.append(str(about.ecosystems[asked.ecosystem]))
    found = (group for _kind, of_kind in groups for group in of_kind)
    parts += [group.name for group in found if group.id == asked.group]
    if asked.agent and about.agent:
        parts.append(_("agen: %(agent)s", agent=asked.agent))
    if asked.letter and about.letter:
        parts.append(_("huruf awal: %(letter)s", letter=asked.letter))
    return " · ".join([*parts, *_between(about, asked)])


def _between(about: ListPage, asked: ListRequest) -> Iterator[str]:
    if asked.since and about.dates:
        yield _("dari %(day)s", day=day(asked.since))
    if asked.until and about.dates:
        yield _("sampai %(day)s", day=day(asked.until))
    if asked.at_least_idr is not None and about.sums:
        yield _("paling sedikit %(sum)s", sum=rp(asked.at_least_idr))
    if asked.at_most_idr is not None and about.sums:
        yield _("paling banyak %(sum)s", sum=rp(asked.at_most_idr))
