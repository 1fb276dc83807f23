"""Who holds a personal link opens the page, so the link stays where it was sent."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest

from agentsys.payments import links, page_codes
from agentsys.payments.link_models import LinkKind
from agentsys.payments.page_codes import make_code
from tests.payments.mandates.auto import AutoDebit
from tests.web.own.phone import Phone

PATHS = ("", "/keadaan", "/kembali")
FORMS = ("periksa", "setuju", "kode", "berhenti", "jeda", "lanjut", "tanggal")


def guess(token: str) -> str:
    """A link that differs from one that exists in its last letter."""
    return token[:-1] + ("A" if token[-1] != "A" else "B")


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_kept_by_no_cache_and_named_to_no_other_site(phone: Phone, path: str) -> None:
    answer = phone.browser.get(phone.path + path)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_search_engines_are_told_to_leave_it_out(phone: Phone) -> None:
    assert '<meta name="robots" content="noindex">' in phone.page()


@pytest.mark.parametrize("kind", ["guessed", "of paying", "withdrawn", "expired"])
def test_other_links_open_nothing_and_name_no_worker(
    auto: AutoDebit, phone: Phone, kind: str
) -> None:
    world = auto.world
    token = phone.token
    if kind == "guessed":
        token = guess(token)
    elif kind == "of paying":
        token = links.make_link(world.session, worker_id=world.worker.id, actor_id=None).token
    elif kind == "withdrawn":
        links.withdraw_links(
            world.session,
            worker_id=world.worker.id,
            actor_id=world.agent.user_id,
            kind=LinkKind.OWN,
        )
    else:
        auto.now.shift(timedelta(days=366))

    other = Phone(auto, phone.browser, token)

    answers = [other.browser.get(other.path + path) for path in PATHS]
    assert {answer.status_code for answer in answers} == {404}
    for answer in answers:
        assert world.worker.name.split()[0] not in answer.get_data(as_text=True)


def test_a_guessed_link_does_nothing(auto: AutoDebit, phone: Phone) -> None:
    other = Phone(auto, phone.browser, guess(phone.token))
    hidden = phone.hidden()

    for form in FORMS:
        assert other.press(form, **hidden).status_code in (404, 405), form


def test_a_page_that_pays_is_not_opened_by_the_own_link(phone: Phone) -> None:
    assert phone.browser.get(f"/bayar/{phone.token}").status_code == 404


def test_refusals_and_bugs_are_logged_without_the_link(
    auto: AutoDebit, phone: Phone, logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_args, **_more):
        raise RuntimeError(f"/saya/{phone.token}")

    phone.browser.get(f"/saya/{guess(phone.token)}/keadaan")
    monkeypatch.setattr(links, "find_link", bug)
    phone.browser.application.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        assert phone.browser.get(phone.path).status_code == 500
    finally:
        phone.browser.application.config["PROPAGATE_EXCEPTIONS"] = None

    assert "/saya/" in logged()
    assert phone.token[:-1] not in logged()


def test_a_stranger_with_the_link_cannot_try_all_codes(auto: AutoDebit, phone: Phone) -> None:
    """At most 25 of a million codes in an hour, however often the agent is asked for one."""
    world, tried = auto.world, 0
    for _ in range(page_codes.MOST_CODES):
        right = make_code(world.session, worker_id=world.worker.id, actor_id=None, vault=auto.vault)
        for _ in range(page_codes.MOST_TRIES + 3):
            wrong = f"{(int(right) + 1 + secrets.randbelow(900_000)) % 1_000_000:06}"
            answer = phone.press("kode", **phone.hidden(), code=wrong)
            tried += "Kode salah" in answer.get_data(as_text=True)
        assert phone.press("kode", **phone.hidden(), code=right).status_code == 422

    assert tried < page_codes.MOST_CODES * page_codes.MOST_TRIES
