"""Common responses of pages when a rule refuses something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from agentsys.errors import Forbidden, Invalid, NotFound, Refused, Unavailable
from agentsys.web.forms import Form
from agentsys.web.texts import sentence

PAGE = 25


def why(refused: Refused) -> str:
    """The message of a refusal; refusals with an error page (403, 404, 503) are raised again.

    The view renders its page again with the typed input and 422, so that no input is lost.
    """
    if isinstance(refused, (NotFound, Forbidden, Unavailable)):
        raise refused
    return sentence(refused.message)


def onward(url: str) -> Response:
    """Go to the next page: a redirect, or only the URL for a form that a script sent."""
    if request.headers.get("X-Fragment"):
        return Response(status=204, headers={"Location": url})
    return redirect(url)


def said(refused: Refused, url: str) -> Response:
    """Redirect to a page with an error message, if there is no form input to keep."""
    flash(why(refused), "error")
    return redirect(url)


@contextmanager
def blaming(form: Form) -> Iterator[None]:
    """Show a refusal at the field that it is about, or above the form."""
    try:
        yield
    except Refused as refused:
        text = why(refused)
        field = {each.short_name: each for each in form}.get(str(refused.facts.get("about", "")))
        if field is None:
            form.form_errors.append(text)
        else:
            field.errors = [*field.errors, text]


def check(form: Form) -> None:
    """Invalid with the first field's message, for forms whose page shows one message."""
    if not form.validate():
        wrong = [field for field in form if field.errors]
        if not wrong:
            raise Invalid()
        field, message = str(wrong[0].label.text), str(wrong[0].errors[0])
        raise Invalid("{field}: {message}", field=field, message=message)
