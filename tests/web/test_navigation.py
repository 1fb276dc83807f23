"""The menu: groups by object, at most seven entries in view, and one name for one page."""

from __future__ import annotations

import re
from typing import Any

import pytest

from agentsys.payments.cash import declare_deposit
from agentsys.people.models import RoleName
from agentsys.people.permissions import Permission
from agentsys.web.access import guard_of
from agentsys.web.pages import PAGES, entry_of
from tests.factories import give, make_user
from tests.payments.world import PRICE, World
from tests.web.access_world import make_world, roles_of, routes

_MENU = re.compile(r'<nav class="nav" aria-label="Utama">(.*?)</nav>', re.S)
_LINK = re.compile(r"<a\s")
_GROUP = re.compile(r'<details class="fold" data-fold="(\w+)"\s*(open)?\s*>(.*?)</details>', re.S)


def menu(visitor: Any, path: str) -> str:
    found = _MENU.search(visitor.get(path).get_data(as_text=True))
    assert found is not None, path
    return found[1]


def groups(visitor: Any, path: str) -> dict[str, bool]:
    """The groups of the menu, and whether each is open."""
    return {name: bool(is_open) for name, is_open, _ in _GROUP.findall(menu(visitor, path))}


def in_view(shown: str) -> int:
    """Entries that stand alone, and groups."""
    alone = _GROUP.sub("", shown)
    return len(_LINK.findall(alone)) + len(_GROUP.findall(shown))


@pytest.mark.made_up_books
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.endpoint)
def test_a_page_is_named_as_its_entry_and_marked_in_the_menu(app, session, vault, visit, page):
    world = make_world(session, vault)
    role = min(roles_of(app, page.endpoint), key=list(RoleName).index)
    visitor = visit(world.users[role])
    [rule] = [r for r in app.url_map.iter_rules(page.endpoint) if "GET" in (r.methods or ())]

    text = visitor.get(rule.rule).get_data(as_text=True)

    heading = re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", text, re.S)
    assert heading is not None
    assert heading[1].startswith(str(page.label))
    shown = re.search(r'<nav class="nav".*?</nav>', text, re.S)
    assert shown is not None
    assert re.search(rf'href="{rule.rule}"\s+aria-current="page"', shown[0])


def test_every_guarded_page_belongs_to_an_entry(app):
    with app.app_context():
        homeless = {
            endpoint
            for _, endpoint, _ in routes(app)
            if isinstance(guard_of(app, endpoint), Permission) and entry_of(endpoint) is None
        }

    assert homeless == set()


@pytest.mark.made_up_books
@pytest.mark.parametrize("role", list(RoleName))
def test_at_most_seven_entries_are_in_view(session, vault, visit, role):
    visitor = visit(make_world(session, vault).users[role])
    start = visitor.get("/").location

    assert 1 <= in_view(menu(visitor, start)) <= 7


def test_a_group_opens_around_the_page_that_is_shown(session, visit):
    visitor = visit(make_user(session, RoleName.ADMIN))

    assert groups(visitor, "/keuangan/buku")["check"] is True
    assert sum(groups(visitor, "/keuangan/buku").values()) == 1


def test_groups_stay_as_they_were_left(session, visit):
    visitor = visit(make_user(session, RoleName.ADMIN))
    visitor.set_cookie("menu", "money_in.-check")

    left = groups(visitor, "/keuangan/buku")

    assert (left["money_in"], left["check"], left["people"]) == (True, False, False)


def test_what_waits_is_counted_at_its_entry_its_group_and_the_button_of_the_menu(
    session, vault, visit
):
    world = World.build(session, vault)
    world.collect(world.months[:1])
    declare_deposit(
        session,
        key="setoran-1",
        agent_id=world.agent.id,
        actor_id=world.agent.user_id,
        evidence="Slip 42",
        counted_idr=PRICE,
    )
    visitor = visit(world.finance)

    text = visitor.get("/keuangan/buku").get_data(as_text=True)

    one = r'<span class="num">1</span>\s*<span class="vh">\s*menunggu</span>'
    assert re.search(
        rf'data-fold="money_in"\s*>\s*<summary\s*>[^§]*?badge warn all">\s*{one}', text
    )
    assert re.search(rf'Setoran agen</span><b class="badge warn ?">\s*{one}', text)
    # The count of the button includes the work queue.
    assert re.search(
        r'<summary class="btn icon"[^§]*?badge warn dot">\s*<span class="num">[1-9]', text
    )


@pytest.mark.made_up_books
def test_an_agent_who_is_supervisor_too_has_tabs_and_the_other_entries_behind_the_button(
    session, vault, visit
):
    world = make_world(session, vault)
    user = world.users[RoleName.AGENT]
    give(session, user, RoleName.SUPERVISOR)
    visitor = visit(user)

    assert visitor.get("/").location == "/kotak-kerja/"
    tabs = menu(visitor, "/hari-ini")
    assert len(_LINK.findall(tabs)) == 4
    assert "/pembina/tim" not in tabs
    page = visitor.get("/hari-ini").get_data(as_text=True)
    assert '<body class="phone"' in page
    assert 'href="/pembina/tim"' in page
    assert "field" in groups(visitor, "/pembina/")


@pytest.mark.made_up_books
def test_who_is_nothing_but_an_agent_has_no_second_menu(session, vault, visit):
    page = visit(make_world(session, vault).users[RoleName.AGENT]).get("/hari-ini")

    assert 'aria-label="Menu"' not in page.get_data(as_text=True)
