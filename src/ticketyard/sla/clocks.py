"""Pure: a ticket's history becomes its clocks, and each clock can say why it stands where it stands.

Three clocks. *First response*: from the opening to the desk's first action. *Next response*: from the
requester's first word after an answer to the desk's next reply, a cycle each time. *Resolution*: from
the opening to the end of the work; taken up again, it goes on where it stood.

Whether a clock ran or stood still is settled when it happens, by the policy then in force, and never
changes afterwards: that is the ledger. Target and calendar are those of the policy in force now, for
the whole of a clock that runs; one that has stopped keeps what it was judged by. All instants count
by the whole second they lie in, and stopping in the very second a clock is due is in time.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from ticketyard.sla.calendars import Calendar, due_after, epoch, instant, worked
from ticketyard.sla.policies import CLOCKS, Labels, Policy, RuleBook, Rules
from ticketyard.tickets.lifecycle import is_finished

State = Literal["running", "paused", "met", "missed", "cancelled"]
Kind = Literal["status", "labels", "asked", "answered", "responded", "merged", "rules"]


@dataclass(frozen=True)
class Moment:
    """Something that happened to the ticket. asked: the requester wrote; answered: the desk replied;
    responded: the desk acted for the first time. why: in words, for whoever asks."""

    at: datetime
    kind: Kind
    why: str = ""
    status: str = ""
    labels: Labels | None = None


@dataclass(frozen=True)
class History:
    """What happened to one ticket, in the order in which it was stored."""

    opened_at: datetime
    status: str
    labels: Labels
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True)
class Entry:
    """From this instant on the clock was in this state, and why."""

    at: datetime
    state: State
    why: str


@dataclass(frozen=True)
class Clock:
    """One clock as it stands. rules and policy are what it is judged by.

    elapsed: working time in seconds.  due_at: when the target is or was reached, or would have been;
    None while it stands still before that, and where nothing is promised.
    """

    clock: str
    cycle: int
    entries: tuple[Entry, ...]
    rules: Rules
    policy: Policy | None
    calendar: Calendar
    target: int | None
    elapsed: int
    due_at: datetime | None
    warn_at: datetime | None
    breached: bool

    @property
    def state(self) -> State:
        """How it stands."""
        return self.entries[-1].state

    @property
    def is_live(self) -> bool:
        """Whether it may still run on."""
        return self.state in ("running", "paused")

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return self.entries[0].at

    @property
    def stopped_at(self) -> datetime | None:
        """When it stopped, if it did."""
        return None if self.is_live else self.entries[-1].at

    @property
    def remaining(self) -> int | None:
        """Working seconds left of the target; below zero when it is overdrawn."""
        return None if self.target is None else self.target - self.elapsed


def run_clocks(history: History, book: RuleBook, now: datetime) -> list[Clock]:
    """Every clock of a ticket as it stands at `now`, in the order of CLOCKS and cycles. What happened
    by the clock of another machine that is ahead has happened."""
    recorder = _Recorder(book, history)
    now = _floor(now)
    for moment in _in_order(history, book, now):
        recorder.record(moment)
        now = max(now, moment.at)
    return [recorder.read(tape, now) for tape in sorted(recorder.tapes, key=_place)]


@dataclass
class _Tape:
    """One clock while it is recorded. runs: from and to, of the last one perhaps only from."""

    clock: str
    cycle: int
    entries: list[Entry] = field(default_factory=list)
    runs: list[list[datetime]] = field(default_factory=list)
    judged: "Clock | None" = None

    @property
    def is_live(self) -> bool:
        return self.entries[-1].state in ("running", "paused")

    def set(self, state: State, at: datetime, why: str) -> None:
        if self.entries and self.entries[-1].state == state:
            return
        if self.runs and len(self.runs[-1]) == 1:
            self.runs[-1].append(at)
        if state == "running":
            self.runs.append([at])
        self.entries.append(Entry(at, state, why))


def _place(tape: _Tape) -> tuple[int, int]:
    return CLOCKS.index(tape.clock), tape.cycle


def _in_order(history: History, book: RuleBook, now: datetime) -> list[Moment]:
    """The moments with the changes of rules between them, by whole seconds and never back in time:
    of two transactions that waited for each other, the later one may have begun first."""
    latest = _floor(history.opened_at)
    changes = [
        Moment(rules.since, "rules", "The service levels were changed")
        for rules in reversed(book.pages[1:])
        if latest < rules.since <= now
    ]
    found: list[Moment] = []
    for moment in history.moments:
        latest = max(latest, _floor(moment.at))
        while changes and changes[-1].at < latest:
            found.append(changes.pop())
        found.append(replace(moment, at=latest))
    return [*found, *reversed(changes)]


class _Recorder:
    """Plays a history onto tapes."""

    def __init__(self, book: RuleBook, history: History) -> None:
        self.book = book
        self.status = history.status
        self.labels = history.labels
        self.responded = False
        self.asked = False
        self.merged = False
        self.tapes: list[_Tape] = []
        self._cycles = 0
        at = _floor(history.opened_at)
        self._start("first_response", at, "The ticket was opened")
        self._start("resolution", at, "The ticket was opened")
        if is_finished(self.status):
            self._finish(at, "It was opened with its work done")

    def record(self, moment: Moment) -> None:
        """Let one moment pass."""
        if self.merged:
            return
        at = moment.at
        if moment.kind == "status":
            self._move(moment.status, at, moment.why)
        elif moment.kind in ("labels", "rules"):
            self.labels = moment.labels or self.labels
            self._settle(at, moment.why)
        elif moment.kind == "asked":
            self._ask(at, moment.why)
        elif moment.kind == "answered":
            self.asked = False
            self._stop("next_response", at, moment.why)
        elif moment.kind == "responded":
            self.responded = True
            self._stop("first_response", at, moment.why)
        else:
            self.merged = True
            for tape in self._live():
                self._end(tape, at, moment.why, in_time="cancelled")

    def _move(self, status: str, at: datetime, why: str) -> None:
        was_finished = is_finished(self.status)
        self.status = status
        if is_finished(status):
            if not was_finished:
                self._finish(at, why)
            return
        if was_finished:
            self.tapes[1].set(self._running_or_paused(at), at, why)
            if self.asked:
                self._start("next_response", at, why)
        self._settle(at, why)

    def _finish(self, at: datetime, why: str) -> None:
        self.responded, self.asked = True, False
        for clock in CLOCKS:
            self._stop(clock, at, why)

    def _ask(self, at: datetime, why: str) -> None:
        # Before the first response that clock already runs for the requester.
        if not self.responded or self.asked:
            return
        self.asked = True
        if not is_finished(self.status):
            self._start("next_response", at, why)

    def _start(self, clock: str, at: datetime, why: str) -> None:
        if clock == "next_response":
            self._cycles += 1
        tape = _Tape(clock, self._cycles if clock == "next_response" else 1)
        tape.set("running" if is_finished(self.status) else self._running_or_paused(at), at, why)
        self.tapes.append(tape)

    def _settle(self, at: datetime, why: str) -> None:
        for tape in self._live():
            tape.set(self._running_or_paused(at), at, why)

    def _running_or_paused(self, at: datetime) -> State:
        policy = self.book.at(at).policy_for(self.labels)
        return "paused" if policy and self.status in policy.pauses else "running"

    def _stop(self, clock: str, at: datetime, why: str) -> None:
        for tape in self._live():
            if tape.clock == clock:
                self._end(tape, at, why, in_time="met")

    def _end(self, tape: _Tape, at: datetime, why: str, *, in_time: State) -> None:
        """Stop it, judged by what is in force at this instant. What is broken stays broken, also
        where the ticket is merged away."""
        judged = _judge(tape, self.book.at(at), self.labels, at)
        tape.set("missed" if judged.breached else in_time, at, why)
        tape.judged = replace(judged, entries=tuple(tape.entries))

    def _live(self) -> list[_Tape]:
        return [tape for tape in self.tapes if tape.is_live]

    def read(self, tape: _Tape, now: datetime) -> Clock:
        """The clock on a tape: one that runs by the rules of now, else by those it stopped under."""
        if not tape.is_live and tape.judged is not None:
            return tape.judged
        return _judge(tape, self.book.at(now), self.labels, now)


def _judge(tape: _Tape, rules: Rules, labels: Labels, at: datetime) -> Clock:
    """The clock as it stands at an instant, by these rules."""
    policy = rules.policy_for(labels)
    calendar = rules.calendar_of(policy)
    target = policy.target(tape.clock, labels.priority) if policy else None
    warn_after = _share(target, policy.warn_percent) if policy and target else None
    due_at = _reached(tape, calendar, target, at)
    return Clock(
        clock=tape.clock,
        cycle=tape.cycle,
        entries=tuple(tape.entries),
        rules=rules,
        policy=policy,
        calendar=calendar,
        target=target,
        elapsed=sum(worked(calendar, *_ends(run, at)) for run in tape.runs),
        due_at=due_at,
        warn_at=_reached(tape, calendar, warn_after, at),
        breached=due_at is not None and at > due_at,
    )


def _share(target: int, percent: int | None) -> int | None:
    return None if percent is None else max(1, -(-target * percent // 100))


def _reached(tape: _Tape, calendar: Calendar, seconds: int | None, at: datetime) -> datetime | None:
    """When so much working time had or will have passed; None while it stands still before that."""
    if seconds is None:
        return None
    passed = before_last = 0
    for run in tape.runs:
        before_last = passed
        passed += worked(calendar, *_ends(run, at))
        if passed >= seconds:
            return due_after(calendar, run[0], seconds - before_last)
    if tape.entries[-1].state == "paused" or not tape.runs:
        return None
    return due_after(calendar, tape.runs[-1][0], seconds - before_last)


def _ends(run: list[datetime], at: datetime) -> tuple[datetime, datetime]:
    return run[0], run[1] if len(run) == 2 else at


def _floor(at: datetime) -> datetime:
    return instant(epoch(at))
