"""What the rules of eligibility say, in a form: errors of fields, and warnings to be confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from agentsys.web.forms import Form
from agentsys.web.texts import lazy, translated
from agentsys.workers.eligibility import UNSURE, Finding

CONFIRM = lazy(
    "Peringatan di atas sudah saya periksa pada KTP dan tanyakan kepada pekerja: datanya benar"
)


def warnings(form: Form, findings: Sequence[Finding]) -> list[str]:
    """What a person has to look at once more; what is refused becomes an error of the form."""
    told = []
    for finding in findings:
        said = translated(finding.sentence)
        if not finding.refuses:
            told.append(said)
            continue
        if finding.about in form:
            field = form[finding.about]
            field.errors = [*field.errors, said]
        else:
            form.form_errors.append(said)
        if not finding.certain:
            told.append(_(UNSURE))
    return told
