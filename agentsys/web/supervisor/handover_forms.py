"""The forms of hand-overs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask_babel import gettext as _
from wtforms import RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from agentsys.errors import Invalid
from agentsys.handovers.choosing import Receiver
from agentsys.handovers.planning import Chosen, Division
from agentsys.web.forms import Form, MonthField
from agentsys.web.texts import lazy, num

DIVISIONS = {
    Division.EQUAL: lazy("Sama banyak, tetangga tetap bersama"),
    Division.KELURAHAN: lazy("Menurut kelurahan, satu kelurahan satu agen"),
}
NO_PLACE = "-"  # a browser does not send an empty value


class TicksField(SelectMultipleField):
    """One tick for each choice."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse an unknown choice, with our own message."""
        known = {str(value) for value, *_rest in self.iter_choices()}
        if set(self.data or ()) - known:
            raise ValidationError(lazy("Pilih salah satu yang ada di daftar."))


class HandoverForm(Form):
    """Which workers of an agent go to whom, from which month on, and why."""

    kelurahan = TicksField(
        lazy("Hanya kelurahan ini"),
        description=lazy("Tanpa centang: semua pekerja agen ini."),
    )
    to_agents = TicksField(lazy("Agen penerima"))
    codes = StringField(
        lazy("Kode agen penerima"),
        validators=[Length(max=200)],
        description=lazy("Untuk agen kantor lain. Beberapa kode dipisah dengan koma."),
    )
    division = RadioField(
        lazy("Pembagian, bila penerimanya beberapa"),
        choices=[SelectChoice(each.value, label) for each, label in DIVISIONS.items()],
        default=Division.EQUAL.value,
    )
    from_month = MonthField(
        lazy("Mulai bulan"),
        validators=[InputRequired()],
        description=lazy("Bulan yang sudah dibayar tetap milik agen lama."),
    )
    reason = StringField(
        lazy("Alasan"),
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Misalnya: agen berhenti, atau wilayahnya dibagi."),
    )

    def offer(
        self, receivers: Sequence[Receiver], places: Sequence[tuple[str, int]]
    ) -> HandoverForm:
        """Fill in the agents and the kelurahan that can be chosen."""
        self.to_agents.choices = [
            SelectChoice(str(agent.id), " · ".join(filter(None, _about(agent))))
            for agent in receivers
        ]
        without = _("Tanpa kelurahan")
        self.kelurahan.choices = [
            SelectChoice(place or NO_PLACE, f"{place or without} ({num(workers)})")
            for place, workers in places
        ]
        return self

    def chosen(self, worker_id: int | None, ticked_by: int | None) -> Chosen:
        """The one worker, or those whom the user ticked, or of the ticked kelurahan, or all."""
        if worker_id is not None:
            return Chosen(worker_ids=[worker_id])
        if ticked_by is not None:
            return Chosen(ticked_by=ticked_by)
        ticked = [place if place != NO_PLACE else "" for place in self.kelurahan.data or ()]
        return Chosen(kelurahan=ticked)

    def typed_codes(self) -> list[str]:
        """The codes of agents that were typed."""
        return [code.upper() for code in re.split(r"[\s,;]+", self.codes.data or "") if code]


class UndoForm(Form):
    """Why a hand-over is undone."""

    reason = StringField(
        lazy("Alasan"),
        validators=[InputRequired(), Length(max=200)],
    )


def refuse_unknown(typed: Sequence[str], known: Sequence[str]) -> None:
    """Invalid if a typed code is that of no active agent."""
    unknown = [code for code in typed if code not in known]
    if unknown:
        raise Invalid(
            "Tidak ada agen aktif dengan kode {codes}. Periksa kodenya.",
            codes=", ".join(unknown),
            about="codes",
        )


def _about(agent: Receiver) -> tuple[str, str, str]:
    return agent.name, agent.code, agent.area
