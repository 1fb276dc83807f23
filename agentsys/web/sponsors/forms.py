"""The forms of sponsors, agreements and bills."""

from __future__ import annotations

from typing import Any

from flask_wtf.file import FileRequired
from wtforms import DateField, FileField, HiddenField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from agentsys.agreements.kinds import SponsorKind
from agentsys.agreements.recording import SponsorDetails, Terms
from agentsys.sponsors.members import REASONS as CHOICES
from agentsys.web.forms import Form, MonthField, RupiahField
from agentsys.web.sponsors.words import KINDS, PRICES, REASONS
from agentsys.web.texts import lazy
from agentsys.web.workers.change_words import PROGRAMMES
from agentsys.web.workers.group_words import ECOSYSTEM, ecosystem_choices
from agentsys.workers.kinds import Programmes

_BANK_HINT = lazy("Seperti tertulis di rekening koran.")


class CountField(IntegerField):
    """A whole number of people; what people type as `34.782` is read too."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the number without its separators."""
        typed = [str(value).strip() for value in valuelist]
        if typed and not typed[0]:
            return
        super().process_formdata([value.replace(".", "") for value in typed])


class SponsorForm(Form):
    """What is known about a sponsor."""

    office = SelectField(lazy("Kantor"))
    kind = SelectField(
        lazy("Jenis sponsor"),
        choices=[SelectChoice("", lazy("Pilih jenisnya"))]
        + [SelectChoice(kind.value, label) for kind, label in KINDS.items()],
        validators=[InputRequired()],
        description=lazy("Menentukan urutan pembayar dan harga iurannya."),
    )
    name = StringField(lazy("Nama sponsor"), validators=[InputRequired(), Length(max=160)])
    address = StringField(lazy("Alamat"), validators=[Length(max=200)])
    contact_name = StringField(lazy("Nama kontak"), validators=[Length(max=120)])
    contact_phone = StringField(lazy("Telepon kontak"), validators=[Length(max=30)])
    contact_email = StringField(lazy("E-mail kontak"), validators=[Length(max=254)])
    treasurer = StringField(
        lazy("Bendahara"),
        validators=[Length(max=120)],
        description=lazy("Nama orang yang membayar tagihan."),
    )

    def details(self) -> SponsorDetails:
        """What was typed."""
        return SponsorDetails(
            kind=SponsorKind(self.kind.data),
            name=self.name.data or "",
            address=self.address.data or "",
            contact_name=self.contact_name.data or "",
            contact_phone=self.contact_phone.data or "",
            contact_email=self.contact_email.data or "",
            treasurer=self.treasurer.data or "",
        )


class TermsForm(Form):
    """What a sponsor and the office agreed."""

    number = StringField(lazy("Nomor perjanjian"), validators=[InputRequired(), Length(max=80)])
    signed_on = DateField(lazy("Tanggal ditandatangani"), validators=[InputRequired()])
    programmes = SelectField(
        lazy("Program"),
        choices=[SelectChoice(kind.value, PROGRAMMES[kind]) for kind in Programmes],
        validators=[InputRequired()],
    )
    price_basis = SelectField(
        lazy("Dasar harga"),
        choices=[SelectChoice(kind.value, label) for kind, label in PRICES.items()],
        validators=[InputRequired()],
    )
    from_month = MonthField(lazy("Bulan pertama yang dibayar"), validators=[InputRequired()])
    last_month = MonthField(lazy("Bulan terakhir yang dibayar"), validators=[InputRequired()])
    most_people = CountField(
        lazy("Batas orang"),
        validators=[Optional()],
        description=lazy("Orang pada waktu yang sama. Pengganti memakai tempat yang kosong."),
    )
    most_idr = RupiahField(
        lazy("Batas rupiah"),
        validators=[Optional()],
        description=lazy("Untuk semua bulan bersama."),
    )
    note = StringField(lazy("Catatan"), validators=[Length(max=200)])

    def terms(self) -> Terms:
        """What was typed; call it once the form was validated."""
        assert self.signed_on.data is not None
        assert self.from_month.month is not None
        assert self.last_month.month is not None
        return Terms(
            number=self.number.data or "",
            signed_on=self.signed_on.data,
            programmes=Programmes(self.programmes.data),
            price_basis=self.price_basis.data,
            from_month=self.from_month.month,
            last_month=self.last_month.month,
            most_people=self.most_people.data,
            most_idr=self.most_idr.data,
            note=self.note.data or "",
        )


class MoneyForm(Form):
    """A transfer that gives a sponsor money back, or that takes what the sponsor owes."""

    amount = RupiahField(lazy("Jumlah"), validators=[InputRequired()])
    bank_ref = StringField(
        lazy("Nomor referensi bank"), validators=[InputRequired(), Length(max=80)]
    )
    note = StringField(
        lazy("Catatan"),
        id="catatan-transfer",  # beside the form of an agreement's end
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Misalnya nomor surat permintaan sponsor dan rekening tujuannya."),
    )


class EndForm(Form):
    """From which month a sponsor stops, and why."""

    month = MonthField(
        lazy("Bulan pertama yang tidak dibayar"),
        validators=[InputRequired()],
    )
    note = StringField(
        lazy("Alasan"),
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Misalnya nomor surat sponsor."),
    )


class ReplaceForm(Form):
    """Why a worker leaves an agreement, and who takes the place."""

    why = SelectField(
        lazy("Alasan keluar"),
        choices=[SelectChoice("", lazy("Pilih alasannya"))]
        + [SelectChoice(reason.value, REASONS[reason]) for reason in CHOICES],
        validators=[InputRequired()],
    )
    month = MonthField(
        lazy("Bulan pertama tanpa pembayaran"),
        validators=[InputRequired()],
        description=lazy("Pengganti dibayari mulai bulan yang sama."),
    )
    note = StringField(
        lazy("Bukti"),
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Misalnya nomor surat kelurahan atau akta kematian."),
    )
    new_id = IntegerField(lazy("Penggantinya"), validators=[Optional()])


class AddForm(Form):
    """One more worker whom an agreement is to pay for."""

    agreement = IntegerField(lazy("Perjanjian"), validators=[InputRequired()])
    from_month = MonthField(lazy("Mulai bulan"), validators=[InputRequired()])


class RefuseForm(Form):
    """Which transfer is refused, and why."""

    transfer_id = IntegerField(widget=HiddenInput())
    note = StringField(lazy("Alasan"), validators=[InputRequired(), Length(max=200)])


class TransferForm(Form):
    """A transfer of a sponsor, as the bank statement shows it."""

    key = HiddenField()
    amount = RupiahField(lazy("Jumlah yang masuk"), validators=[InputRequired()])
    reference = StringField(
        lazy("Nomor referensi bank"),
        validators=[InputRequired(), Length(min=4, max=40)],
        description=_BANK_HINT,
    )
    received_on = DateField(lazy("Tanggal masuk"), validators=[InputRequired()])


class ListForm(Form):
    """A sponsor's list, and the SK that names its people."""

    file = FileField(lazy("Berkas"), validators=[FileRequired()])
    decree = StringField(lazy("Nomor SK"), validators=[InputRequired(), Length(max=80)])
    decreed_on = DateField(lazy("Tanggal SK"), validators=[InputRequired()])
    from_month = MonthField(lazy("Mulai bulan iuran"), validators=[InputRequired()])
    whole = SelectField(
        lazy("Isi daftar"),
        choices=[
            SelectChoice("more", lazy("Hanya tambahan")),
            SelectChoice("whole", lazy("Daftar lengkap")),
        ],
        description=lazy("Pada daftar lengkap, yang tidak ada di dalamnya keluar dari perjanjian."),
    )
    agents = SelectField(
        lazy("Agen pekerja baru"),
        choices=[
            SelectChoice("none", lazy("Tanpa agen; ditetapkan kemudian")),
            SelectChoice("kelurahan", lazy("Menurut kelurahan")),
            SelectChoice("one", lazy("Satu agen, dengan kode di bawah")),
        ],
        default="none",
        description=lazy(
            "Komisi agen mulai bulan iuran daftar ini. Bila agennya ditetapkan kemudian, komisi"
            " hanya dari iuran yang belum dibayar saat itu."
        ),
    )
    agent_code = StringField(lazy("Kode agen"), validators=[Length(max=20)])
    ecosystem = SelectField(
        ECOSYSTEM,
        choices=ecosystem_choices(),
        validators=[Optional()],
        description=lazy("Untuk baris yang tidak menyebutnya."),
    )
