"""The base class of forms, our texts for WTForms' messages, fields for rupiah and months."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext, ngettext
from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from wtforms import Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import Select, TextInput

from agentsys.money import format_idr, rupiah
from agentsys.months import parse_month
from agentsys.web.texts import lazy

# WTForms has no Indonesian catalogue: these are its messages that our forms can show.
_WORDS = {
    "This field is required.": lazy("Wajib diisi."),
    "Not a valid choice.": lazy("Pilih salah satu yang ada di daftar."),
    "Invalid Choice: could not coerce.": lazy("Pilih salah satu yang ada di daftar."),
    "Not a valid date value.": lazy("Tanggal belum benar. Contoh: 1985-03-12."),
    "Not a valid integer value.": lazy("Isi dengan angka."),
    "Invalid email address.": lazy("Alamat e-mail belum benar."),
    "File does not have an approved extension.": lazy("Jenis berkas ini tidak diterima."),
    "Field must be between %(min)d and %(max)d characters long.": lazy(
        "Isi dengan %(min)d sampai %(max)d huruf."
    ),
    "Invalid input.": lazy("Isian belum benar."),
}


class _Words:
    """WTForms' messages in the language of the page."""

    def gettext(self, text: str) -> str:
        """One message."""
        known = _WORDS.get(text)
        return str(known) if known is not None else gettext(text)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The translation of a message that contains a count."""
        if "at most" in singular or "longer than" in singular:
            return (
                gettext("Terlalu panjang: paling banyak %(max)d huruf.")
                if "%(max)" in singular
                else singular
            )
        return ngettext(singular, plural, number)


class Form(FlaskForm):
    """A form with a CSRF token and our messages."""

    class Meta(FlaskForm.Meta):
        """Where WTForms finds its messages."""

        def get_translations(self, form: Any) -> _Words:
            """Our texts instead of WTForms' catalogues."""
            return _Words()

        def render_field(self, field: Any, render_kw: dict[str, Any]) -> Any:
            """A field's control; a choice that cannot be left empty is not marked as required."""
            if isinstance(field, SelectField):
                if not _first_is_empty(field):
                    render_kw = {"required": False} | render_kw
                if type(field.widget) is Select:
                    field.widget = _DropDown(multiple=field.widget.multiple)
            return super().render_field(field, render_kw)


class _DropDown(Select):
    """WTForms' list of choices; a choice without attributes of its own is written directly."""

    @classmethod
    def render_option(cls, choice: SelectChoice, **attributes: Any) -> Markup:
        """One choice, as WTForms writes it: a page with all agents has two hundred of them."""
        if choice.render_kw or attributes or isinstance(choice.value, bool):
            return super().render_option(choice, **attributes)
        selected = "selected " if choice.selected else ""
        value, label = escape(choice.value), escape(choice.label or choice.value)
        return Markup(f'<option {selected}value="{value}">{label}</option>')  # noqa: S704  # escaped


def _first_is_empty(field: SelectField) -> bool:
    return next((not value for value, *_rest in field.iter_choices()), True)


class RupiahField(Field):
    """An amount as people type it."""

    widget = TextInput()
    data: int | None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return format_idr(self.data).removeprefix("Rp") if self.data is not None else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the amount; an error message if it is ambiguous."""
        self.data = None
        if valuelist and str(valuelist[0]).strip():
            try:
                self.data = rupiah(str(valuelist[0]))
            except ValueError as error:
                raise ValueError(gettext("Tulis rupiah tanpa koma, misalnya 1.500.000.")) from error


class MonthField(StringField):
    """A contribution month, typed or picked as 2026-11."""

    month: date | None = None

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Read the month once the other checks are done."""
        if self.data and not validation_stopped:
            try:
                self.month = parse_month(self.data)
            except ValueError as error:
                raise ValidationError(gettext("Tulis bulan seperti 2026-11.")) from error
