"""Until when a worker is covered: only months that BPJS has count, not collected money."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import earlier
from agentsys.contributions.cover_rules import Answer, rules_in
from agentsys.contributions.models import Contribution
from agentsys.extension.contract import Message
from agentsys.months import add_months

# As in the open rows of `tables/cover.csv`; a test compares them.
GRACE_MONTHS = 3  # of arrears that can still be paid
WAITING_MONTHS = 3  # a death in the first 3 months pays 10 instead of 42 million rupiah


class Cover(StrEnum):
    """The state of a worker's cover."""

    NEVER = "never"  # no past or current month is confirmed
    COVERED = "covered"
    GRACE = "grace"  # one to three months in arrears; paying them continues the membership
    ENDED = "ended"  # more than three months in arrears


NOT_YET = "Belum terlindungi: iuran pertama belum dinyatakan lunas oleh BPJS."
# By what the table knows about an event within the months of arrears.
IN_ARREARS = {
    Answer.UNKNOWN: "Iuran sejak {since} belum LUNAS di BPJS, jadi perlindungan tidak dapat"
    " dipastikan. Lunasi tunggakan paling lambat {pay_before}; setelah itu kepesertaan berakhir."
    " Bila terjadi musibah, tetap lapor ke BPJS Ketenagakerjaan (175).",
    Answer.YES: "Iuran sejak {since} belum LUNAS di BPJS. Perlindungan masih berlaku. Lunasi"
    " tunggakan paling lambat {pay_before}; setelah itu kepesertaan berakhir.",
    Answer.NO: "Iuran sejak {since} belum LUNAS di BPJS, jadi pekerja tidak terlindungi. Lunasi"
    " tunggakan paling lambat {pay_before}; setelah itu kepesertaan berakhir.",
}
# By what it knows about a membership that lapsed.
AFTER_LAPSE = {
    Answer.UNKNOWN: "Kepesertaan berakhir: iuran menunggak lebih dari 3 bulan sejak {since}. Bulan"
    " lama tidak ditagih lagi. Kantor dapat mengaktifkannya lagi; masa kepesertaan mungkin dihitung"
    " dari awal (tanyakan ke BPJS).",
    Answer.YES: "Kepesertaan berakhir: iuran menunggak lebih dari 3 bulan sejak {since}. Bulan lama"
    " tidak ditagih lagi. Kantor dapat mengaktifkannya lagi; masa kepesertaan dilanjutkan.",
    Answer.NO: "Kepesertaan berakhir: iuran menunggak lebih dari 3 bulan sejak {since}. Bulan lama"
    " tidak ditagih lagi. Kantor dapat mengaktifkannya lagi; masa kepesertaan dihitung dari awal.",
}
NEW_MEMBER = (
    "Peserta baru (bulan ke-{months} dari 3): bila meninggal bukan karena kecelakaan kerja, ahli"
    " waris menerima Rp10 juta; setelah 3 bulan kepesertaan Rp42 juta. Kecelakaan kerja dijamin"
    " sejak awal."
)
NEW_MEMBER_LAST_MONTH = (
    "LUNAS di BPJS sampai {paid_until}. Bayar sebelum itu agar tidak terputus. Peserta baru"
    " (bulan ke-{months} dari 3): bila meninggal bukan karena kecelakaan kerja, ahli waris menerima"
    " Rp10 juta; setelah 3 bulan kepesertaan Rp42 juta. Kecelakaan kerja dijamin sejak awal."
)
BEGINS_LATER = "Belum terlindungi: iuran pertama lunas di BPJS, perlindungan mulai {starts}."
LAST_MONTH = "LUNAS di BPJS sampai {paid_until}. Bayar sebelum itu agar tidak terputus."


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """A worker's cover: its last day, the months without a gap, and warnings."""

    state: Cover
    paid_until: date | None
    months_in_a_row: int
    member_month: int  # the number of this month in them; 0 if this month is not covered
    pay_before: date | None  # the last day on which arrears continue the membership
    warning: Message | None

    @property
    def is_covered(self) -> bool:
        """Whether BPJS confirmed the current month."""
        return self.state is Cover.COVERED


def coverage_of(session: Session, *, worker_id: int) -> Coverage:
    """The cover of one worker today."""
    return coverages(session, worker_ids=[worker_id])[worker_id]


def coverages(session: Session, *, worker_ids: Collection[int]) -> dict[int, Coverage]:
    """The cover today of each of these workers, in two queries."""
    months: dict[int, list[date]] = {worker_id: [] for worker_id in worker_ids}
    rows = session.execute(
        select(Contribution.worker_id, Contribution.month).where(
            Contribution.worker_id.in_(months), Contribution.confirmed_at.is_not(None)
        )
    )
    for worker_id, month in rows:
        months[worker_id].append(month)
    for worker_id, elsewhere in earlier.counted(session, worker_ids=months).items():
        months[worker_id] += elsewhere
    now = clock.this_month()
    return {worker_id: coverage(confirmed, now) for worker_id, confirmed in months.items()}


def coverage(confirmed: Iterable[date], this_month: date) -> Coverage:
    """The cover that these months give in the current month; a pure function.

    They are the months that BPJS confirmed through us, and those recorded as paid elsewhere.
    """
    months = sorted(set(confirmed))
    run = _current_run(months, this_month)
    if not run:
        later = Message(text=BEGINS_LATER, values={"starts": months[0]}) if months else None
        return Coverage(
            state=Cover.NEVER,
            paid_until=None,
            months_in_a_row=0,
            member_month=0,
            pay_before=None,
            warning=later or Message(text=NOT_YET),
        )
    paid_until = _last_day(run[-1])
    rules = rules_in(this_month)
    last_chance = add_months(run[-1], rules.grace_months)
    so_far = sum(month <= this_month for month in run) if run[-1] >= this_month else 0
    if run[-1] >= this_month:
        state = Cover.COVERED
        warning = _warning_while_covered(so_far, paid_until, run[-1] == this_month)
    else:
        state = Cover.GRACE if this_month <= last_chance else Cover.ENDED
        since = paid_until + timedelta(days=1)
        values = {"since": since, "pay_before": _last_day(last_chance)}
        text = IN_ARREARS[rules.in_arrears]
        if state is Cover.ENDED:
            text = AFTER_LAPSE[rules.after_lapse]
        warning = Message(text=text, values=values)
    return Coverage(
        state=state,
        paid_until=paid_until,
        months_in_a_row=len(run),
        member_month=so_far,
        pay_before=None if state is Cover.ENDED else _last_day(last_chance),
        warning=warning,
    )


def _current_run(months: list[date], this_month: date) -> list[date]:
    # Months paid ahead of a gap do not cover the gap: the run that holds today decides,
    # else the last one before today. A run that begins later covers nobody today.
    runs: list[list[date]] = []
    for month in months:
        if runs and month == add_months(runs[-1][-1], 1):
            runs[-1].append(month)
        else:
            runs.append([month])
    begun = [run for run in runs if run[0] <= this_month]
    return begun[-1] if begun else []


def _warning_while_covered(so_far: int, paid_until: date, ends_now: bool) -> Message | None:
    if so_far <= WAITING_MONTHS and ends_now:
        values = {"months": so_far, "paid_until": paid_until}
        return Message(text=NEW_MEMBER_LAST_MONTH, values=values)
    if so_far <= WAITING_MONTHS:
        return Message(text=NEW_MEMBER, values={"months": so_far})
    if ends_now:
        return Message(text=LAST_MONTH, values={"paid_until": paid_until})
    return None


def _last_day(month: date) -> date:
    return add_months(month, 1) - timedelta(days=1)
