"""List pages: reading a list request, and the parts around the rows of every list.

The filter and the page are in the URL, so that links, Back and a reload keep them. A search with
digits may be a NIK or phone number, so it is sent by POST, and so are its further pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response, redirect, request, url_for
from flask import session as browser
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response as AnyResponse

from agentsys.audit import trail
from agentsys.db import transaction
from agentsys.listing.pages import Page
from agentsys.listing.request import NAMES, ListRequest, asked_in, read_request
from agentsys.web import sheets
from agentsys.web.list_pages import ListPage as ListPage  # noqa: PLC0414
from agentsys.web.list_pages import described
from agentsys.web.searching import is_private
from agentsys.web.texts import num, translated, zone_name

MOST_ROWS = 10_000  # of a spreadsheet
_FILTERS = ("state", "agent", "letter", "ecosystem", "group", "from", "to", "min", "max")
_REMEMBERED = 6  # lists whose filter and page the session remembers


class ListView:
    """One list request and its page of rows, for templates."""

    def __init__(self, about: ListPage, **values: Any) -> None:
        """Read the request; the values are URL parameters of the route, such as an id."""
        self.about = about
        self.values = values
        sent = request.form if is_list_post() else request.args
        self._asked = asked_in(sent)
        self.private = about.personal and _private(self._asked)
        self._leaked = self.private and not is_list_post()
        if self._leaked:
            # NIKs and phone numbers must not be in a URL, so a search with one is ignored there.
            self._asked.pop("q", None)
            self._asked.pop("agent", None)
            self.private = False
        self.request: ListRequest = read_request(self._asked, zone=zone_name())
        self.wants_file: bool = sent.get("as") == "xlsx" and bool(about.columns)
        self.page: Page[Any] | None = None
        # For the filter by group: pairs of a label and the groups under it, with id and name.
        self.groups: Sequence[tuple[Any, Sequence[Any]]] = ()

    def show(self, page: Page[Any]) -> ListView:
        """Set the page of rows, and remember its URL for links back; return this view."""
        self.page = page
        if request.method == "GET" or self.private:
            remember(self.about.endpoint, {} if self.private else self._asked)
        return self

    def answer(
        self, fetch: Callable[[ListRequest], Page[Any]], render: Callable[[ListView], str]
    ) -> AnyResponse | str:
        """The response of a list page: a redirect, a spreadsheet, or the rendered page."""
        if (other := self.redirect_or_file(fetch)) is not None:
            return other
        return render(self.show(fetch(self.request)))

    def redirect_or_file(self, fetch: Callable[[ListRequest], Page[Any]]) -> AnyResponse | None:
        """The response if it is a redirect or a file; None if the page must be rendered.

        A posted filter form is redirected to a URL, unless it has a search with digits. A
        spreadsheet has the rows that the filter shows.
        """
        if self.wants_file and not self._leaked:
            return self.download(fetch)
        if self._leaked:
            return redirect(self.url())
        if is_list_post() and not self.private:
            return redirect(self.url(page=None), 303)
        return None

    def asked(self, **changes: str | None) -> dict[str, str]:
        """The parameters with changes; a change of anything but the page goes to the first page."""
        kept = self._asked if "page" in changes else {**self._asked, "page": ""}
        both = {**kept, **changes}
        return {name: value for name in (*NAMES, "as") if (value := both.get(name))}

    def url(self, **changes: str | None) -> str:
        """The URL of this list with changed parameters."""
        values: dict[str, Any] = {**self.asked(**changes)}
        return url_for(self.about.endpoint, **self.values, **values)

    def url_of(self, endpoint: str) -> str:
        """The URL of another endpoint with the parameters of this list."""
        values: dict[str, Any] = {**self.asked(page=self.value("page"))}
        return url_for(endpoint, **self.values, **values)

    def value(self, name: str) -> str:
        """One parameter, as it was typed."""
        return self._asked.get(name, "")

    @property
    def kept(self) -> dict[str, str]:
        """The parameters for URLs back to this page; none if the search is private."""
        return {} if self.private else self.asked(page=self.value("page"))

    @property
    def action(self) -> str:
        """The URL to which the filter form is sent."""
        return url_for(self.about.endpoint, **self.values)

    @property
    def here(self) -> str:
        """The URL of the present page."""
        return self.url(page=self.value("page"))

    @property
    def tab(self) -> str:
        """The name of the selected tab; the first one if the name is unknown."""
        known = self.about.tabs
        return self.request.tab if self.request.tab in known else next(iter(known), "")

    @property
    def cleared(self) -> str:
        """The URL of the list without filters, in the same tab."""
        return self.url(**(dict.fromkeys(NAMES) | {"tab": self.value("tab")}))

    @property
    def problems(self) -> list[str]:
        """Messages about invalid filters."""
        return [translated(problem) for problem in self.request.problems]

    @property
    def filters_used(self) -> int:
        """The number of active filters, without search and tab."""
        return sum(bool(self.value(name)) for name in _FILTERS)

    @property
    def narrowed(self) -> bool:
        """Whether a search or filter is active."""
        return bool(self.filters_used or self.request.query)

    @property
    def has_filters(self) -> bool:
        """Whether the list offers more than a search."""
        about = self.about
        return bool(
            about.sorts
            or about.states
            or about.agent
            or about.letter
            or about.dates
            or about.sums
            or about.ecosystems
            or about.groups
        )

    @property
    def shown(self) -> str:
        """The range of rows and their total: `1–30 dari 1.514`."""
        page = self.page
        if page is None or not page.rows:
            return ""
        first, last = page.first, page.first + len(page.rows) - 1
        total = num(page.total) + "+" if page.more_than_counted else num(page.total)
        if first == last:
            return _("%(row)s dari %(total)s", row=num(first), total=total)
        return _("%(first)s–%(last)s dari %(total)s", first=num(first), last=num(last), total=total)

    def tabs(self, counts: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
        """The list's tabs for the macro; the first one has no name in the URL."""
        first = next(iter(self.about.tabs), "")
        return [
            {
                "label": label,
                "count": (counts or {}).get(name),
                "url": self.url(tab=None if name == first else name),
                "current": name == self.tab,
            }
            for name, label in self.about.tabs.items()
        ]

    def sort_choices(self) -> list[dict[str, Any]]:
        """Each sort in both directions, for a select."""
        page = self.page
        return [
            {
                "value": sign + name,
                "label": _("%(column)s, naik", column=label)
                if not sign
                else _("%(column)s, turun", column=label),
                "current": page is not None and (page.sort, page.descending) == (name, bool(sign)),
            }
            for name, label in self.about.sorts.items()
            for sign in ("", "-")
        ]

    def direction(self, name: str) -> str:
        """The value of aria-sort for a column; empty for one that does not sort the list."""
        if self.page is None or self.page.sort != name:
            return ""
        return "descending" if self.page.descending else "ascending"

    def sort_url(self, name: str) -> str:
        """The URL that sorts by a column, or reverses the direction."""
        return self.url(sort=("-" if self.direction(name) == "ascending" else "") + name)

    def download(self, fetch: Callable[[ListRequest], Page[Any]]) -> Response:
        """All rows that match the filter, as a spreadsheet; the download is recorded."""
        page = fetch(replace(self.request, cursor="", size=MOST_ROWS))
        title = described(self.about, self.request, self.groups)
        if page.next:
            title += " · " + _("hanya %(num)s baris pertama", num=num(MOST_ROWS))
        with transaction() as session:
            trail.record(
                session,
                actor_id=current_user.id,
                action="list.exported",
                subject=f"list:{self.about.filename}",
                # The search text may be a person's name.
                details={"rows": len(page.rows), "filters": sorted(self.asked(page=None))},
            )
        columns = self.about.columns
        return sheets.download(
            f"{self.about.filename}.xlsx",
            title,
            [str(label) for label, _of in columns],
            ([of(row) for _label, of in columns] for row in page.rows),
        )


def is_list_post() -> bool:
    """Whether the request comes from a list's filter form or pager (the macro `posted`)."""
    return request.method == "POST" and "list" in request.form


def remember(endpoint: str, asked: Mapping[str, str]) -> None:
    """Store the filter and the page of a list in the session, for links back."""
    known: dict[str, dict[str, str]] = dict(browser.get("lists", {}))
    if known.get(endpoint, {}) == asked:
        return
    known.pop(endpoint, None)
    if asked:
        known[endpoint] = {name: value[:200] for name, value in asked.items()}
    browser["lists"] = dict(list(known.items())[-_REMEMBERED:])


def back_to(endpoint: str, **values: Any) -> str:
    """The URL of a list as this browser saw it last."""
    asked = browser.get("lists", {}).get(endpoint, {})
    return url_for(endpoint, **values, **{k: v for k, v in asked.items() if k in NAMES})


def _private(asked: Mapping[str, str]) -> bool:
    # An agent's code has digits as well, but fewer than a NIK or phone number.
    digits = sum(letter.isdecimal() for letter in asked.get("agent", ""))
    return is_private(asked.get("q", "")) or digits > 6
