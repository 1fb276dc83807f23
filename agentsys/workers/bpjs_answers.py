"""BPJS' answers on whether a NIK is new to BPU; recorded by an office, not by the paid agent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Forbidden, Invalid, NotFound
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.workers.models import NewToBpu, Worker
from agentsys.workers.nik import NikRefused, normalise, parse

MOST_LINES = 5_000
_ANSWERS = {
    "BARU": NewToBpu.YES,
    "BELUM PERNAH": NewToBpu.YES,
    "TIDAK PERNAH": NewToBpu.YES,
    "PERNAH": NewToBpu.NO,
    "SUDAH PERNAH": NewToBpu.NO,
}
_YES_OR_NO = {"YA", "TIDAK"}  # an answer needs a question above it
_ASKS_WHETHER_NEW = re.compile(r"\b(BARU|BELUM|TIDAK|BUKAN)\b")
_ASKS_WHETHER_KNOWN = re.compile(r"\b(PERNAH|TERDAFTAR|SUDAH|LAMA)\b")
_NOT = r"\b(BELUM|TIDAK|BUKAN)\s{1,3}((PESERTA|BPU)\s{1,3})?"
_NEVER = re.compile(_NOT + r"(PERNAH\b(\s{1,3}TERDAFTAR\b)?|TERDAFTAR\b|LAMA\b)")
_NOT_NEW = re.compile(_NOT + r"BARU\b")
_LONGEST_LINE = 200  # a NIK or KPJ and a word are shorter
_SEPARATORS = re.compile(r"[\s;,|]+")
_KPJ_DIGITS = 11
_NONE_UNDER_WAY = text("SELECT pg_try_advisory_lock(:key) AND pg_advisory_unlock(:key)")


class Verdict(StrEnum):
    """The outcome of one pasted line."""

    RECORDED = "recorded"
    SAME = "same"  # it was recorded so before; nothing changed
    NOT_FOUND = "not_found"
    SEVERAL = "several"  # two workers have that KPJ
    CONTRADICTED = "contradicted"  # another line has the other answer about that worker
    OWN = "own"  # the user would earn from the answer
    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"  # YA or TIDAK without a heading that says which question it answers


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line's verdict, with a message that says what to do; the line itself is not stored."""

    number: int
    verdict: Verdict
    sentence: str


@dataclass(frozen=True, kw_only=True)
class _Line:
    number: int
    answer: NewToBpu
    nik_index: bytes | None = None
    kpj: str = ""


_OWN = (
    "Pekerja ini tanggungan Anda sendiri sebagai agen."
    " Mintalah orang lain mencatat jawaban BPJS tentangnya."
)
_SENTENCES = {
    Verdict.RECORDED: "Jawaban dicatat.",
    Verdict.SAME: "Sudah tercatat begitu; tidak ada yang berubah.",
    Verdict.NOT_FOUND: "Tidak ada pekerja Anda dengan nomor itu. Periksa lagi NIK atau KPJ-nya.",
    Verdict.SEVERAL: "Beberapa pekerja memakai KPJ itu. Tempel NIK-nya.",
    Verdict.CONTRADICTED: "Baris lain menjawab sebaliknya tentang orang ini. Sisakan yang benar.",
    Verdict.OWN: _OWN,
    Verdict.UNREADABLE: "Tulis NIK atau KPJ, lalu BARU atau PERNAH.",
    Verdict.AMBIGUOUS: "YA atau TIDAK bisa berarti dua hal. Tulis BARU (belum pernah terdaftar)"
    " atau PERNAH, atau tempel juga judul kolomnya.",
}


def record_answer(session: Session, *, worker_id: int, new: bool, actor: User) -> Worker:
    """Record BPJS' answer about a worker; NotFound if the user may not see the worker."""
    _check_permission(actor)
    say_under_way(session)
    worker = session.scalar(
        select(Worker)
        .where(Worker.id == worker_id, _in_scope(actor))
        .with_for_update(of=Worker, key_share=True)
        .execution_options(populate_existing=True)
    )
    if worker is None:
        raise NotFound()
    if worker.agent_id is not None and worker.agent_id == _own_agent_id(session, actor):
        raise Forbidden(_OWN)
    _record(session, [(worker, NewToBpu.YES if new else NewToBpu.NO)], actor)
    return worker


def record_pasted(session: Session, *, vault: Vault, pasted: str, actor: User) -> list[Result]:
    """Record pasted answers: lines with a NIK or KPJ, and BARU (new) or PERNAH (known before).

    YA and TIDAK need a heading with the question above them; without one they are refused.
    """
    _check_permission(actor)
    lines = [_read(number, line, yes, vault) for number, line, yes in _numbered(pasted)]
    say_under_way(session)
    readable = [line for line in lines if isinstance(line, _Line)]
    by_nik, by_kpj = _found(session, readable, actor)
    found = {
        line.number: by_nik.get(line.nik_index, []) if line.nik_index else by_kpj.get(line.kpj, [])
        for line in readable
    }
    own = _own_agent_id(session, actor)
    said: dict[int, set[NewToBpu]] = {}
    for read in readable:
        if len(found[read.number]) == 1:
            said.setdefault(found[read.number][0].id, set()).add(read.answer)
    results: list[Result] = []
    changed: dict[int, tuple[Worker, NewToBpu]] = {}
    for line in lines:
        if isinstance(line, Result):
            results.append(line)
            continue
        workers = found[line.number]
        verdict = Verdict.RECORDED
        if len(workers) != 1:
            verdict = Verdict.SEVERAL if workers else Verdict.NOT_FOUND
        elif own is not None and workers[0].agent_id == own:
            verdict = Verdict.OWN
        elif len(said[workers[0].id]) > 1:
            verdict = Verdict.CONTRADICTED
        elif workers[0].new_to_bpu is line.answer:
            verdict = Verdict.SAME
        else:
            changed[workers[0].id] = (workers[0], line.answer)
        results.append(_result(line.number, verdict))
    _record(session, list(changed.values()), actor)
    return results


def under_way(session: Session) -> bool:
    """Whether another transaction is recording answers that are not committed yet."""
    return not session.scalar(_NONE_UNDER_WAY, {"key": locks.BPJS_ANSWERS})


def say_under_way(session: Session) -> None:
    """Tell commission runs that something about workers is being recorded in this transaction."""
    session.execute(select(func.pg_advisory_xact_lock_shared(locks.BPJS_ANSWERS)))


def _check_permission(actor: User) -> None:
    if not actor.can(Permission.BPJS_ANSWER_RECORD):
        raise Forbidden(permission=Permission.BPJS_ANSWER_RECORD.value)


def _own_agent_id(session: Session, actor: User) -> int | None:
    """The id of the user's own agent, who earns from answers about his or her workers."""
    return session.scalar(select(Agent.id).where(Agent.user_id == actor.id))


def _in_scope(actor: User) -> ColumnElement[bool]:
    return scope.of_agent(actor, Worker.agent_id, Worker.office_id)


def left_over(pasted: str, results: Sequence[Result]) -> list[tuple[Result | None, str]]:
    """The pasted lines of these results, with the headings above them."""
    lines = pasted.replace("\0", "").splitlines()
    kept: list[tuple[Result | None, str]] = []
    of_line = {result.number: result for result in results}
    for number, line in enumerate(lines, 1):
        if number in of_line or (_is_heading(line) and line.strip()):
            kept.append((of_line.get(number), line))
    return kept if results else []


def _is_heading(line: str) -> bool:
    return not any(letter.isdigit() for letter in line)


def _numbered(pasted: str) -> list[tuple[int, str, NewToBpu | None]]:
    """The lines with a number, each with the meaning of YA by the heading above it."""
    lines: list[tuple[int, str, NewToBpu | None]] = []
    yes: NewToBpu | None = None
    for number, line in enumerate(pasted.replace("\0", "").splitlines(), 1):
        if not _is_heading(line):
            lines.append((number, line, yes))
        elif line.strip():
            yes = _meaning_of_yes(line)
    if not lines:
        raise Invalid("Tempel paling sedikit satu baris: NIK atau KPJ, lalu BARU atau PERNAH.")
    if len(lines) > MOST_LINES:
        raise Invalid("Paling banyak 5.000 baris sekali tempel. Bagi menjadi beberapa kali.")
    return lines


def _meaning_of_yes(heading: str) -> NewToBpu | None:
    """The meaning of YA under a heading; None if the heading is no clear question."""
    asked = heading[:_LONGEST_LINE].upper()
    never, not_new = bool(_NEVER.search(asked)), bool(_NOT_NEW.search(asked))
    rest = _NOT_NEW.sub(" ", _NEVER.sub(" ", asked))
    whether_new = never or bool(_ASKS_WHETHER_NEW.search(rest))
    whether_known = not_new or bool(_ASKS_WHETHER_KNOWN.search(rest))
    if whether_new is whether_known:
        return None
    return NewToBpu.YES if whether_new else NewToBpu.NO


def _read(number: int, line: str, yes: NewToBpu | None, vault: Vault) -> _Line | Result:
    if len(line) > _LONGEST_LINE:
        return _result(number, Verdict.UNREADABLE)
    parts = [part for part in _SEPARATORS.split(line) if part]
    words: list[str] = []
    while parts and parts[-1].isalpha():
        words.insert(0, parts.pop().upper())
    word = " ".join(words)
    answer = _ANSWERS.get(word)
    if word in _YES_OR_NO:
        if yes is None:
            return _result(number, Verdict.AMBIGUOUS)
        no = NewToBpu.NO if yes is NewToBpu.YES else NewToBpu.YES
        answer = yes if word == "YA" else no
    if answer is None:
        return _result(number, Verdict.UNREADABLE)
    given = " ".join(parts)
    key = normalise(given)
    if len(key) == _KPJ_DIGITS and key.isdecimal():
        return _Line(number=number, answer=answer, kpj=key)
    try:
        return _Line(number=number, answer=answer, nik_index=vault.index(parse(given).text))
    except NikRefused as refused:
        return Result(number=number, verdict=Verdict.UNREADABLE, sentence=str(refused))


def _found(
    session: Session, lines: Sequence[_Line], actor: User
) -> tuple[dict[bytes | None, list[Worker]], dict[str, list[Worker]]]:
    """The workers whom the lines are about, locked in the order of their ids."""
    niks = {line.nik_index for line in lines if line.nik_index}
    kpjs = {line.kpj for line in lines if line.kpj}
    workers = session.scalars(
        select(Worker)
        .where(_in_scope(actor), Worker.nik_index.in_(niks) | Worker.kpj.in_(kpjs))
        .order_by(Worker.id)
        .with_for_update(of=Worker, key_share=True)
        .execution_options(populate_existing=True)
    )
    by_nik: dict[bytes | None, list[Worker]] = {}
    by_kpj: dict[str, list[Worker]] = {}
    for worker in workers:
        by_nik.setdefault(worker.nik_index, []).append(worker)
        by_kpj.setdefault(worker.kpj, []).append(worker)
    return by_nik, by_kpj


def _record(session: Session, answers: Sequence[tuple[Worker, NewToBpu]], actor: User) -> None:
    """Store the new answers, and add one event with the old values to the audit trail."""
    told: dict[str, list[str]] = {}
    for worker, answer in answers:
        if worker.new_to_bpu is not answer:
            told.setdefault(answer.value, []).append(f"{worker.id} ({worker.new_to_bpu})")
            worker.new_to_bpu = answer
            worker.bpu_answered_at = worker.updated_at = clock.now()
    session.flush()
    if told:
        trail.record(
            session,
            actor_id=actor.id,
            action="worker.bpu_answered",
            subject=f"worker:{answers[0][0].id}" if len(answers) == 1 else "workers",
            details=told,
        )


def _result(number: int, verdict: Verdict) -> Result:
    return Result(number=number, verdict=verdict, sentence=_SENTENCES[verdict])
