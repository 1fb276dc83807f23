"""Lines are stored once, however often and in whatever pieces their statement is sent."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.errors import Forbidden, NotFound
from agentsys.people.models import RoleName
from agentsys.statements import importing, loading, uploading
from agentsys.statements.models import BankFile, BankFileContent, BankPending, FileState
from tests.factories import make_office, make_user
from tests.payments.world import World
from tests.statements.banking import OPENING, Banking, Row, bisnis, reason

NOON = datetime.datetime(2026, 11, 30, 5, tzinfo=datetime.UTC)


@pytest.fixture
def bank(session: Session, vault: Vault) -> Banking:
    """An account without statements, on the last of November."""
    with time_machine.travel(NOON, tick=False):
        yield Banking.of(World.build(session, vault))


def row(day: int, text: str, amount: int = 16_800, month: int = 11) -> Row:
    return Row(f"{day:02d}/{month:02d}/2026", text, amount)


def pending(bank: Banking) -> list[str]:
    return list(bank.session.scalars(select(BankPending.text).order_by(BankPending.place)))


def test_same_days_downloaded_twice_with_other_bytes_book_once(bank: Banking) -> None:
    equal = [row(3, "SETORAN AGEN"), row(3, "SETORAN AGEN")]
    first = bank.send(bisnis([row(2, "A"), *equal, row(4, "B")]))
    again = bisnis([row(2, "A"), *equal, row(4, "B")], period="02/11/2026 - 04/11/2026")

    second = bank.send(again.replace(b'"SETORAN AGEN"', b'"SETORAN   AGEN "'))

    assert (first.state, first.new_lines) == (FileState.DONE, 4)
    assert (second.state, second.new_lines) == (FileState.DONE, 0), reason(second)
    assert [line.nth for line in bank.lines()] == [1, 1, 2, 1]


def test_a_day_of_which_more_is_known_later_gets_only_what_is_new(bank: Banking) -> None:
    bank.send(bisnis([row(2, "A"), row(3, "B")]))

    later = bank.send(
        bisnis([row(3, "B"), row(3, "B"), row(3, "C"), row(4, "D")], opening=OPENING + 16_800)
    )

    assert later.new_lines == 3
    assert [line.text for line in bank.lines()] == ["A", "B", "B", "C", "D"]
    assert bank.account.closing_sen == (OPENING + 5 * 16_800) * 100


def test_an_older_download_of_the_same_day_brings_nothing(bank: Banking) -> None:
    bank.send(bisnis([row(2, "A"), row(3, "B"), row(3, "C")]))

    older = bank.send(bisnis([row(2, "A"), row(3, "B")]))

    assert (older.state, older.new_lines) == (FileState.DONE, 0)
    assert bank.account.closing_sen == (OPENING + 3 * 16_800) * 100


def test_a_day_with_other_lines_is_refused_and_both_sides_are_counted(bank: Banking) -> None:
    bank.send(bisnis([row(2, "A"), row(3, "B")]))

    other = bank.send(bisnis([row(2, "A"), row(3, "B, DIUBAH")]))

    assert other.state is FileState.REFUSED
    assert "Mutasi 3 Nov 2026 di berkas ini lain" in reason(other)
    assert len(bank.lines()) == 2


def test_a_filtered_download_is_refused(bank: Banking) -> None:
    bank.send(bisnis([row(2, "A"), row(2, "KELUAR", -500), row(3, "B")]))

    filtered = bank.send(bisnis([row(2, "A"), row(3, "B")]))

    assert "tidak memuat 1 baris 2 Nov 2026" in reason(filtered)


@pytest.mark.parametrize(
    ("days", "opening", "sentence"),
    [
        ((10,), OPENING + 99, "Ada mutasi yang belum diunggah: saldo terakhir yang tercatat"),
        ((3, 4), OPENING + 99, "bertumpuk dengan hari yang sudah tercatat"),
        ((1,), OPENING - 99, "berkas ini berakhir dengan saldo"),
    ],
    ids=["gap behind", "overlap", "gap before"],
)
def test_a_statement_that_does_not_go_on_where_ours_ended_says_so(
    bank: Banking, days: tuple[int, ...], opening: int, sentence: str
) -> None:
    bank.send(bisnis([row(2, "2"), row(3, "3")]))

    file = bank.send(bisnis([row(day, str(day)) for day in days], opening=opening))

    assert sentence in reason(file)
    assert [line.text for line in bank.lines()] == ["2", "3"]


def test_what_follows_without_a_gap_is_taken_also_before_the_first_day(bank: Banking) -> None:
    bank.send(bisnis([row(2, "2"), row(3, "3")]))
    after = bank.send(bisnis([row(10, "10")], opening=OPENING + 2 * 16_800))
    before = bank.send(bisnis([row(1, "1")], opening=OPENING - 16_800))
    both = bank.send(bisnis([row(1, "1"), row(2, "2")], opening=OPENING - 16_800, period="x"))

    assert [file.state for file in (after, before, both)] == [FileState.DONE] * 3
    account = bank.account
    assert (account.known_from, account.known_until) == (date(2026, 11, 1), date(2026, 11, 10))
    assert account.opening_sen == (OPENING - 16_800) * 100
    assert account.closing_sen == (OPENING + 3 * 16_800) * 100


def test_pend_row_later_booked_is_one_line(bank: Banking) -> None:
    bank.send(bisnis([row(28, "A"), Row("PEND", "TARIKAN", -500)]))
    seen = pending(bank)

    bank.send(bisnis([row(28, "A"), row(29, "TARIKAN", -500)], period=" "))

    assert seen == ["TARIKAN"]
    assert pending(bank) == []
    assert [(line.text, line.amount_idr) for line in bank.lines()] == [
        ("A", 16_800),
        ("TARIKAN", -500),
    ]


def test_a_pending_line_is_shown_and_waits_for_nobody(bank: Banking) -> None:
    bank.send(bisnis([row(28, "A"), Row("NEXT", "TARIKAN", -500)]))

    assert pending(bank) == ["TARIKAN"]
    assert [issue.amount_idr for issue in bank.issues()] == [16_800]


def test_an_older_statement_does_not_bring_back_what_it_announced(bank: Banking) -> None:
    bank.send(bisnis([row(28, "A"), row(29, "TARIKAN", -500)]))

    bank.send(bisnis([row(28, "A"), Row("PEND", "TARIKAN", -500)]))

    assert pending(bank) == []


def test_a_statement_of_another_account_is_refused(bank: Banking) -> None:
    bank.send(bisnis([row(2, "A")]))

    other = bank.send(
        bisnis([row(3, "B")], opening=OPENING + 16_800).replace(b"0350001234", b"0350009999")
    )

    assert "nomornya berakhir 9999, rekening ini 1234" in reason(other)


def test_hundredths_are_kept_and_never_matched_by_rule(bank: Banking) -> None:
    content = bisnis([row(2, "BUNGA", 16_800)]).replace(b"16,800.00", b"16,800.37")
    content = content.replace(b"1,016,800.00", b"1,016,800.37")

    file = bank.send(content)

    assert file.state is FileState.DONE, reason(file)
    [line] = bank.lines()
    assert (line.amount_idr, line.sen) == (16_800, 37)
    assert bank.matches() == []


def test_stored_lines_are_never_changed_nor_removed(bank: Banking) -> None:
    bank.send(bisnis([row(2, "A")]))

    for statement in ("UPDATE bank_lines SET amount_idr = 1", "DELETE FROM bank_lines"):
        with pytest.raises(DBAPIError), bank.session.begin_nested():
            bank.session.execute(text(statement))


def test_the_bytes_of_a_statement_are_sealed_and_dropped_when_it_was_read(bank: Banking) -> None:
    file = uploading.upload(
        bank.session, vault=bank.vault, account_id=bank.account.id, filename="m.csv",
        content=bisnis([row(2, "RAHASIA")]), actor_id=bank.world.finance.id,
    )  # fmt: skip
    sealed = bank.session.get_one(BankFileContent, file.id).sealed
    bank.session.commit()

    importing.import_file(vault=bank.vault, file_id=file.id)
    importing.import_file(vault=bank.vault, file_id=file.id)

    bank.session.expire_all()
    assert b"RAHASIA" not in sealed
    assert bank.session.get(BankFileContent, file.id) is None
    assert len(bank.lines()) == 1


def test_the_same_bytes_again_are_the_same_file(bank: Banking) -> None:
    first = bank.send(bisnis([row(2, "A")]))

    assert bank.send(bisnis([row(2, "A")])).id == first.id
    assert bank.session.scalar(select(BankFile.id).where(BankFile.id != first.id)) is None


def test_an_import_that_is_killed_stores_nothing_and_begins_anew(
    bank: Banking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(importing.matching, "match_new", killed)
        with pytest.raises(KeyboardInterrupt):
            bank.send(bisnis([row(2, "A")]))
    bank.session.expire_all()
    halfway = len(bank.lines())

    file = bank.send(bisnis([row(2, "A")]))

    assert halfway == 0
    assert (file.state, file.new_lines) == (FileState.DONE, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01\x02\xff" * 5_000,
        b"<html><body>login</body></html>",
        b"PK\x03\x04" + b"\x00" * 100,
        b"a,b\n" * 10,
        (",".join(["Tanggal"] * 10_000) + "\n").encode(),
        b'"Tanggal Transaksi","Keterangan","Cabang","Jumlah","Saldo"\n',
        b'"Tanggal Transaksi","Keterangan","Cabang","Jumlah","Saldo"\n"' + b"x" * 50_000,
        bisnis([row(2, "A")]).decode().encode("utf-16-le")[1:],
        b":20:X\n:61:" + b"9" * 100_000,
        b"\xff" * 10_000,
    ],
    ids=["binary", "web page", "zip", "no headings", "10,000 columns", "no lines", "endless cell",
         "half a code unit", "endless field", "no text"],
)  # fmt: skip
def test_a_hostile_file_is_refused_with_a_reason_and_stores_nothing(
    bank: Banking, content: bytes
) -> None:
    file = bank.send(content)

    assert file.state is FileState.REFUSED
    assert len(reason(file)) > 20
    assert bank.lines() == []


def test_another_encoding_is_the_same_statement(bank: Banking) -> None:
    bank.send(bisnis([row(2, "TOKO CAFÉ")]))

    for encoding in ("cp1252", "utf-16", "utf-8-sig"):
        content = bisnis([row(2, "TOKO CAFÉ")]).decode().encode(encoding)
        assert bank.send(content).new_lines == 0, encoding


def test_a_formula_stays_the_text_of_its_line(bank: Banking) -> None:
    bank.send(bisnis([row(2, "=HYPERLINK(A1)\u202e\x07")]))

    assert [line.text for line in bank.lines()] == ["=HYPERLINK(A1)"]


def test_more_announced_lines_than_anybody_has_are_cut(bank: Banking) -> None:
    many = [Row("PEND", f"P{n}", 1) for n in range(loading.MOST_PENDING + 5)]

    bank.send(bisnis([row(2, "A"), *many]))

    assert len(pending(bank)) == loading.MOST_PENDING


def test_only_finance_of_the_office_sends_a_statement(bank: Banking) -> None:
    session = bank.session
    elsewhere = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    supervisor = make_user(session, RoleName.SUPERVISOR, office_id=bank.world.office_id)

    for user, refusal in ((elsewhere, NotFound), (supervisor, Forbidden)):
        with pytest.raises(refusal):
            uploading.upload(
                session, vault=bank.vault, account_id=bank.account.id, filename="m.csv",
                content=b"x", actor_id=user.id,
            )  # fmt: skip
