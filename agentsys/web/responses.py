"""What pages answer in the same way: refusals, and the address of the next page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from agentsys.errors import Forbidden, Invalid, NotFound, Refused, Unavailable
from agentsys.web.forms import Form
from agentsys.web.texts import sentence

PAGE = 25
_LARGEST_ID = 2**63 - 1

Row = TypeVar("Row")


def after_id() -> int | None:
    """The id after which the page goes on; None for the first page."""
    given = request.args.get("after", "")
    # Python itself refuses to read a number of thousands of digits.
    found = int(given) if re.fullmatch(r"[0-9]{1,19}", given) else 0
    return found if 0 < found <= _LARGEST_ID else None


def cut(
    rows: Sequence[Row], endpoint: str, key: str = "id", **values: Any
) -> tuple[list[Row], str]:
    """One page of rows that were asked for with one more, and the next page's address, if any."""
    shown = list(rows[:PAGE])
    if len(rows) <= PAGE:
        return shown, ""
    return shown, url_for(endpoint, after=getattr(shown[-1], key), **values)


def why(refused: Refused) -> str:
    """The sentence for the page that was refused; what has its own page (403, 404, 503) is raised.

    A page that somebody typed into is made again with it and 422, so that nothing typed is lost.
    """
    if isinstance(refused, (NotFound, Forbidden, Unavailable)):
        raise refused
    return sentence(refused.message)


def onward(url: str) -> Response:
    """To the page after a form: a redirect, or only its address for a form that a script sent."""
    if request.headers.get("X-Fragment"):
        return Response(status=204, headers={"Location": url})
    return redirect(url)


def said(refused: Refused, url: str) -> Response:
    """Back to a page that says why not, where nobody had typed anything."""
    flash(why(refused), "error")
    return redirect(url)


def check(form: Form) -> None:
    """Invalid with the first field's message, for forms whose page shows one message."""
    if not form.validate():
        wrong = [field for field in form if field.errors]
        if not wrong:
            raise Invalid()
        field, message = str(wrong[0].label.text), str(wrong[0].errors[0])
        raise Invalid("{field}: {message}", field=field, message=message)
