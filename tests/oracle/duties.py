"""The oracle of duties: what a policy owes, said a second time, slowly.

From a small description of a policy and the input lines it tells every effect, the duties at the end and the
state that no order of arrival may change. A duty is folded anew from all its acts whenever one more comes, and
every timer is looked at on every step: nothing is kept up to date, so little can go stale.

Where the specification leaves a choice, READINGS says which one is taken here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Iterable, Iterator, Optional, Union
from urllib.parse import quote

import events as ce
import worktime as wt

READINGS = (
    # leaves
    "L1 A reject is two leaves: the input's, then that of remit.event.rejected.",
    "L2 A reject's time is the event's own if it could be read, else the clock, else left out; seen is the clock"
    " wherever it differs from time, also when time is ahead of it.",
    "L3 Repeats write no leaf; unmatched acts and accepted events without effect write their one leaf.",
    "L4 A tick that moves the clock is a clock leaf, the timers' effects, the tick's leaf; one that does not"
    " move it writes no clock leaf. A tick at or before the last tick writes nothing.",
    "L5 When an event moves the clock: clock leaf, the effects of the timers before the new clock (their seen is"
    " the new clock), the event's leaf, its effects, the timers it found.",
    "L6 --until T with T before the clock, later than the last tick: the tick's leaf alone.",
    # rejects
    "R1 Order of checks: CloudEvents form (malformed), type and fields (schema), a reject seen before (repeat),"
    " a tick at or before the last one (repeat), identity (repeat, conflict), lateness (late), --not-after (future).",
    "R2 malformed: not JSON, a member twice, an attribute missing or against CloudEvents 1.0, no offset in time."
    " schema: unknown type (field `type`), unknown, missing, ill-typed or out-of-range field (its name).",
    "R3 data.source and data.id are the line's own when both can be read; otherwise the feed's name and the made"
    " id, which is also the cause. message is free text and is not compared, nor field but for schema.",
    "R4 Two equal lines without a readable id in one file are two rejects (occurrence 1 and 2); the same line"
    " first in another file is occurrence 1 again, so a repeat.",
    "R5 In a reject's subject SOURCE and ID are encoded like parts of a key.",
    "R6 The horizon of 30 days is 30 x 24 hours before the clock as it was; exactly 30 days late is accepted.",
    "R7 `by`: the actor, left out without one; so too for acts by the policy's own clauses.",
    # acts
    "A1 Within one event: duties in text order; in each first the acts (fulfil, waive, resume, pause), then raising."
    " Each act is folded in and gives its effects before the next.",
    "A2 An act whose own time is before the duty was raised changes nothing, now or later.",
    "A3 paused (resumed) is said when the act stops (starts) the clock at its own time in the new fold: after that"
    " instant a reason holds that without it did not (none holds any more); unless the duty had ended. Its time is the act's own, seen the"
    " clock. Other acts that begin or cease to count because of it say nothing.",
    "A4 left of paused: L less the active time up to the pause's own time, at least 0, in the largest unit that"
    " divides it exactly ('6 working hours', '133 working minutes', '0 hours'); working when the deadline's family"
    " is. A breached duty's paused says 0.",
    "A5 resumed.due (and due in reminded, escalated, fulfilled, was, is, show) is the due instant of the whole"
    " fold; left out while it is unknown because a reason still holds before L is used up.",
    "A6 due of a duty that has ended is computed from the pauses before its end; ended while paused: left out.",
    "A7 late: the end's own time is after due, for a waiver as for a fulfilment; unknown due: not late.",
    "A8 reported_late: fulfilled, not late, and a breach stands recorded in the present round.",
    "A9 A fulfilled clause that names no field of the key takes the oldest instance that was raised at or before the"
    " event's own time and had not ended then. A fulfilment that it comes before is offered again, as when it came; where it"
    " fulfils another it counts no more for the first.",
    "A10 An end of a duty that had not ended says fulfilled or waived, then corrected if it is in time and a"
    " breach stands. On an ended duty a late act says corrected alone, when kind, time or lateness of the end"
    " changed; the rest is folded in silently.",
    # prohibitions
    "P1 A prohibition holds from its raising (inclusive) to its end (exclusive), its pauses excepted: the deadline,"
    " or before it an `until` or a waiver. What lies after the deadline changes nothing, not even as an end.",
    "P2 At one instant: waive, resume, pause, until, violation.",
    "P3 Rungs at and after due count from the first violation; without one they do not come.",
    "P4 breached says violation, how many there are now, and by; of several that one act uncovers it is said once.",
    "Q1 A rung that lies in quiet hours comes at their end, when the clocks first show that they are over.",
    "P6 A violation that names no field of the key is an act on every instance raised by then, on those that seem"
    " over too, since a late pause may move their end; not on one whose end lies behind the horizon.",
    "P5 An end says fulfilled without a violation, else ended with violations; corrected follows when a breach"
    " goes, or when state or time of an end that was said changes.",
    # corrections
    "K1 remit.corrected: no actor is schema, no duty that may be corrected is authority, both before the clock moves;"
    " then, with the clock moved and no leaf of the event: an unknown target or a correction is schema, a target"
    " beyond the horizon late, a touched duty without the power authority. Its id is not taken then.",
    "K2 Touched is a duty that the target raised or acted on at or after its raising, in order of creation. One that"
    " it raised is cancelled at the instant of its raising, before all else; of another its acts are left out.",
    "K3 What changed is said by corrected, at the correction's own time, when state, due, at or late differ. A breach"
    " stands unless due has come to lie at the clock or beyond: then as T5.",
    # timers and rounds
    "T1 As soon as an event has been handled whole, all timers strictly before the clock fire, in order; one at"
    " the clock waits until it moves past, unless a tick has already been there: then it fires too.",
    "T2 At one instant: schedules in text order, then duties in order of creation; in a duty the breach, then"
    " its rungs in policy order.",
    "T3 A p% rung is at ceil(L * p / 100) milliseconds of active time.",
    "T4 A rung `after X` counts X in X's own family: working X in working time outside pauses, hours and days in"
    " real time outside pauses; days are turned into time from due on, as for a deadline, and not before due + X.",
    "T5 A breach is taken back when a late pause moves due later, to the clock or beyond (or to unknown): round"
    " + 1; rungs at and after due come again. Else what has fired stays fired.",
    "T6 assumed: the deadline is of working family and its due, in the calendar's zone, is after the last year"
    " published; hours that run out at the midnight that ends it are its own.",
    # corrected
    "C1 was is the duty as folded before the act, is as folded after it. Members: state, due (if known), at"
    " (breach: the due instant; an end: its own time; open, paused: left out), late (always; only an end is late).",
    "C2 to: those to whom rungs of kind escalate went, in all rounds, in order, once each; may be [].",
    "C3 corrected has the act's own time, seen the clock, and the act as cause.",
    # show
    "S1 show duties: state breached wins over paused; left only when paused; due left out when paused; rung the"
    " number of the rung that fired last in this round (left out: none); round always; rung and round stay"
    " after the end.",
    "S2 show duties lists all duties, ended ones too; its order is not compared.",
    "S3 key in data is the plain strings, in subjects percent-encoded; integers in decimal.",
    # schedules
    "D1 A schedule raises at its wall time in the policy's zone, from the first clock on, that instant included;"
    " its opened has time and cause SUBJECT@INSTANT of that instant.",
)

Condition = tuple[str, Any]


@dataclass(frozen=True)
class Span:
    """`4 working hours`: a number and the singular name of a unit."""

    n: int
    unit: str

    def text(self) -> str:
        return f"{self.n} {self.unit}" + ("" if self.n == 1 else "s")


ELAPSED = {"millisecond": 1, "second": 1000, "minute": wt.MINUTE, "hour": wt.HOUR}
WORKING = {"working second": 1000, "working minute": wt.MINUTE, "working hour": wt.HOUR}
DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def is_working(span: Span) -> bool:
    return span.unit.startswith("working")


@dataclass(frozen=True)
class Clause:
    """An event type and what makes it fit. pairs: (its field, the trigger's field), all of the key's; None: the
    fields named like the key's. conditions: (its field, the value it must have). wide: it names no field of the key
    and fits every instance."""

    event: str
    pairs: Optional[tuple[tuple[str, str], ...]] = None
    conditions: tuple[Condition, ...] = ()
    wide: bool = False


@dataclass(frozen=True)
class Pause:
    begin: Clause
    end: Clause


@dataclass(frozen=True)
class Rung:
    """verb remind or to; at: a percentage, "due", or a Span after it."""

    at: Union[int, str, Span]
    verb: str
    to: str


@dataclass
class Duty:
    name: str
    owner: str
    due: Span
    on: Optional[str] = None
    key: tuple[str, ...] = ()
    weekly: Optional[tuple[int, str]] = None  # 0 is Monday; "10:00"
    fulfilled: tuple[Clause, ...] = ()
    waived: tuple[Clause, ...] = ()
    pauses: tuple[Pause, ...] = ()
    rungs: tuple[Rung, ...] = ()
    quiet: Optional[tuple[str, str]] = None  # from and to: no rung comes between
    forbidden: tuple[Clause, ...] = ()  # a prohibition
    until: tuple[Clause, ...] = ()


@dataclass
class Policy:
    name: str
    version: str
    zone: str
    events: dict[str, list[ce.Field]]
    duties: list[Duty]
    calendar: Optional[wt.Calendar] = None
    horizon: int = 30 * wt.DAY
    correctors: dict[str, str] = field(default_factory=dict)  # of a duty: who may correct it


# -------------------------------------------------------------------------------------------------- effects


@dataclass(frozen=True)
class Unknown:
    """A value that the specification leaves free: anything that fits the pattern, perhaps nothing."""

    pattern: str = ".*"
    optional: bool = False


HEX = "[0-9a-f]{64}"
ORDER = ("specversion", "id", "source", "type", "subject", "time", "cause", "seen", "policy", "data")


@dataclass
class Effect:
    """One effect's members; place: which run, and which line of it (None: --until) brought it."""

    members: dict[str, Any]
    place: tuple[int, Optional[int]] = (0, None)

    def text(self) -> str:
        """The line, with `*` for what is left free."""
        return as_line(self.members)

    def differs(self, line: str) -> bool:
        """Whether a line of the engine's is anything but this effect."""
        try:
            got = json.loads(line)
        except ValueError:
            return True
        return as_line(fill(self.members, got)) != line

    def __getitem__(self, name: str) -> Any:
        return self.members[name]


def as_line(members: dict[str, Any]) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), default=lambda unknown: "*")


def fill(expected: Any, got: Any) -> Any:
    """The expected value with what it leaves free taken from `got` where that fits."""
    if not isinstance(expected, dict) or not isinstance(got, dict):
        return expected
    out = {}
    for name, value in expected.items():
        if not isinstance(value, Unknown):
            out[name] = fill(value, got.get(name))
        elif name not in got and value.optional:
            continue
        elif isinstance(got.get(name), str) and re.fullmatch(value.pattern, got[name], re.DOTALL):
            out[name] = got[name]
        else:
            out[name] = "*"
    return out


def encode_part(text: str) -> str:
    """Only %, /, # and bytes up to 0x20."""
    return "".join(f"%{ord(c):02X}" if ord(c) <= 0x20 or c in "%/#" else c for c in text)


def subject_of(kind: str, *parts: str) -> str:
    return "/".join([kind, *(encode_part(part) for part in parts)])


def compact(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def show_amount(ms: int, working: bool) -> str:
    for name, size in (("hour", wt.HOUR), ("minute", wt.MINUTE), ("second", 1000), ("millisecond", 1)):
        if ms % size == 0:
            return Span(ms // size, ("working " if working else "") + name).text()
    raise AssertionError("a millisecond divides all")


# ----------------------------------------------------------------------------------------------------- fold

RANK = {"unraise": -1, "fulfil": 0, "waive": 1, "resume": 2, "pause": 3, "expire": 4, "violate": 5}
STATE = {"fulfil": "fulfilled", "waive": "waived", "expire": "fulfilled", "unraise": "cancelled"}


@dataclass(frozen=True)
class Act:
    kind: str
    clause: int  # of the paused clauses; 0 for ends
    time: int
    source: str
    id: str
    actor: Optional[str]

    def order(self) -> tuple[int, int, str, str, int]:
        return self.time, RANK[self.kind], self.source, self.id, self.clause


@dataclass
class Fold:
    """What a duty's acts come to."""

    end: Optional[Act] = None
    pauses: wt.Pauses = field(default_factory=list)  # the clock stood still
    reasons: list[tuple[int, int, Optional[int]]] = field(default_factory=list)  # clause, from, until
    holding: frozenset[int] = frozenset()
    counted: list[Act] = field(default_factory=list)  # acts that changed something
    due: Optional[int] = None
    violations: list[int] = field(default_factory=list)  # of a prohibition: their times

    @property
    def late(self) -> bool:
        return self.end is not None and self.due is not None and self.end.time > self.due


@dataclass
class Instance:
    number: int
    duty: Duty
    key: tuple[str, ...]
    subject: str
    raised: int
    limit: int  # the unpaused deadline
    length: int  # L
    acts: list[Act] = field(default_factory=list)
    breached: bool = False  # a breach stands recorded
    cause: Optional[tuple[str, str]] = None  # the event that raised it
    edits: int = 0  # how often acts were left out
    over: bool = False  # the time of a prohibition is over, which was said
    round: int = 1
    fired: list[int] = field(default_factory=list)  # of this round, in order of firing
    escalated: list[str] = field(default_factory=list)
    known: Optional[tuple[tuple[int, int, bool], Fold, list[Optional[int]]]] = None  # the fold of so many acts, its rungs


class Times:
    """Deadlines, shares and rungs in one policy's zone and calendar."""

    def __init__(self, policy: Policy):
        self.zone = policy.zone
        self.calendar = policy.calendar

    def plus(self, t: int, span: Span) -> int:
        if span.unit in ELAPSED:
            return t + span.n * ELAPSED[span.unit]
        if span.unit in DAYS:
            return wt.add_days(self.zone, t, span.n * DAYS[span.unit])
        if span.unit in MONTHS:
            return wt.add_months(self.zone, t, span.n * MONTHS[span.unit])
        assert self.calendar is not None
        if span.unit in WORKING:
            return self.calendar.add(t, span.n * WORKING[span.unit])
        assert span.unit == "working day"
        return self.calendar.add_working_days(t, span.n)

    def spans(self, span: Span, t: int) -> Iterator[wt.Interval]:
        """The time that counts for a span's family, from t on."""
        if not is_working(span):
            return wt.real_time_from(t)
        assert self.calendar is not None
        return self.calendar.open_from(t)

    def passed(self, span: Span, t: int, amount: int, pauses: wt.Pauses) -> Optional[int]:
        return wt.advance(wt.without(self.spans(span, t), pauses), t, amount)

    def until(self, span: Span, t: int, pauses: wt.Pauses) -> Optional[int]:
        """The instant by which all of the span is active time since t, not before its unpaused end."""
        end = self.plus(t, span)
        used_up = self.passed(span, t, wt.within(self.spans(span, t), end), pauses)
        return None if used_up is None else max(end, used_up)

    def fold(self, one: Instance, acts: Iterable[Act]) -> Fold:
        """The acts by own time; what lies before the start or after the end changes nothing."""
        out = Fold()
        since: dict[int, int] = {}
        stopped = None
        for act in sorted(acts, key=Act.order):
            if act.time < one.raised:
                continue
            if act.kind == "violate":
                continue
            if act.kind in STATE:
                out.end = act
                out.counted.append(act)
                break
            if (act.kind == "pause") == (act.clause in since):
                continue
            out.counted.append(act)
            if act.kind == "pause":
                if not since:
                    stopped = act.time
                since[act.clause] = act.time
            else:
                out.reasons.append((act.clause, since.pop(act.clause), act.time))
                if not since:
                    assert stopped is not None
                    out.pauses.append((stopped, act.time))
        out.holding = frozenset(since)
        out.reasons += [(clause, begin, None) for clause, begin in since.items()]
        if since:
            assert stopped is not None
            out.pauses.append((stopped, None))
        out.due = self.until(one.duty.due, one.raised, out.pauses)
        return out

    def forbid(self, one: Instance, acts: Iterable[Act]) -> Fold:
        """The fold of a prohibition: what comes after its time is left out before anything else."""
        due = self.fold(one, acts).due
        acts = sorted((act for act in acts if due is None or act.time <= due), key=Act.order)
        out = self.fold(one, acts)
        for act in acts:
            if act is out.end:
                break
            paused = any(begin <= act.time and (end is None or act.time < end) for begin, end in out.pauses)
            if act.kind == "violate" and one.raised <= act.time and act.time != out.due and not paused:
                out.violations.append(act.time)
        if out.end is None and one.over and out.due is not None:
            out.end = Act("expire", 0, out.due, "", "", None)
        return out

    def heard(self, one: Instance, t: Optional[int]) -> Optional[int]:
        """The end of the quiet hours in which a rung lies, found minute by minute from its own minute on."""
        if t is None or one.duty.quiet is None:
            return t
        begin, end = one.duty.quiet

        def quiet(at: int) -> bool:
            clock = wt.instant_to_wall(self.zone, at).strftime("%H:%M")
            return begin <= clock < end if begin < end else clock >= begin or clock < end

        if not quiet(t):
            return t
        at = t - t % wt.MINUTE
        while quiet(at):
            at += wt.MINUTE
        return at

    def rung(self, one: Instance, fold: Fold, rung: Rung) -> Optional[int]:
        """A rung's instant; None while it can't be known."""
        if isinstance(rung.at, int):
            share = wt.part_of(one.length, rung.at)
            return self.passed(one.duty.due, one.raised, share, fold.pauses)
        breach = fold.due
        if one.duty.forbidden:
            breach = fold.violations[0] if fold.violations else None
        if breach is None or rung.at == "due":
            return breach
        assert isinstance(rung.at, Span)
        return self.until(rung.at, breach, fold.pauses)

    def left(self, one: Instance, fold: Fold, t: int) -> str:
        """What is left of the deadline at t."""
        spans = wt.without(self.spans(one.duty.due, one.raised), fold.pauses)
        active = wt.within(spans, t)
        return show_amount(max(0, one.length - active), is_working(one.duty.due))


# --------------------------------------------------------------------------------------------------- oracle


@dataclass(order=True)
class Timer:
    time: int
    number: int  # schedules come before duties
    rung: int  # -1: the breach, or a schedule
    subject: Any = field(compare=False)  # an Instance, or a schedule's Duty


class Oracle:
    """A ledger's life: feed it files in order, then read `effects`, `show_duties()` and `state()`."""

    def __init__(self, policy: Policy, ledger: str = "main", feed: str = "remit:input"):
        self.policy = policy
        self.times = Times(policy)
        self.source = f"remit:{ledger}/{quote(policy.name, safe='')}"
        self.feed = feed
        self.clock: Optional[int] = None
        self.ticked: Optional[int] = None
        self.leaves = 1  # genesis
        self.journal: list[str] = ["genesis"]
        self.effects: list[Effect] = []
        self.instances: list[Instance] = []
        self.seen: dict[tuple[str, str], str] = {}
        self.rejected: set[tuple[str, str, str]] = set()
        self.schedules = [duty for duty in policy.duties if duty.weekly is not None]
        self.next_at: list[Optional[int]] = [None] * len(self.schedules)
        self.repeats = 0
        self.fulfilments: dict[tuple[str, str], ce.Event] = {}  # events that fulfilled, by identity
        self.unmatched: list[str] = []
        self.came: dict[tuple[str, str], ce.Event] = {}
        self.told_at: Optional[int] = None  # the time of a correction, while it is handled
        self.place: tuple[int, Optional[int]] = (-1, None)

    # input

    def run(self, lines: Iterable[str], until: Optional[int] = None, not_after: Optional[int] = None) -> None:
        """One `remit run`: one file of lines, then --until."""
        occurrences: dict[str, int] = {}
        run = self.place[0] + 1
        for number, line in enumerate(lines):
            self.place = (run, number)
            occurrences[line] = occurrences.get(line, 0) + 1
            self._line(line, occurrences[line], not_after)
        self.place = (run, None)
        if until is not None:
            self._tick(until)

    def _line(self, line: str, occurrence: int, not_after: Optional[int]) -> None:
        try:
            event = ce.read(line, self.policy.events)
        except ce.Fault as fault:
            self._reject(fault, line, occurrence)
            return
        identity = (event.source, event.id)
        known = self.seen.get(identity)
        if known == event.content or (*identity, event.content) in self.rejected:
            self.repeats += 1
        elif event.type == ce.TICK and self.ticked is not None and event.time <= self.ticked:
            self.repeats += 1
        elif known is not None:
            self._reject(self._fault("conflict", event), line, occurrence)
        elif self.clock is not None and event.time < self.clock - self.policy.horizon:
            self._reject(self._fault("late", event), line, occurrence)
        elif not_after is not None and event.time > not_after:
            self._reject(self._fault("future", event), line, occurrence)
        elif event.type == ce.TICK:
            self.seen[identity] = event.content
            self._tick(event.time)
        elif event.type == ce.CORRECTED and (event.actor is None or not self.policy.correctors):
            self._reject(self._fault("schema" if event.actor is None else "authority", event, "actor"), line, occurrence)
        else:
            self._move_clock(event.time)
            fault = self._correction_fault(event) if event.type == ce.CORRECTED else None
            if fault is not None:
                self._reject(fault, line, occurrence)
                return
            self.seen[identity] = event.content
            self.came[identity] = event
            self._leaf(f"event {event.id}")
            if event.type == ce.CORRECTED:
                self._correction(event)
            else:
                self._handle(event)
            self._fire(self._now(), inclusive=self.ticked == self.clock)

    @staticmethod
    def _fault(reason: str, event: ce.Event, where: Optional[str] = None) -> ce.Fault:
        return ce.Fault(reason, where, event.source, event.id, event.time, event.content)

    def _reject(self, fault: ce.Fault, line: str, occurrence: int) -> None:
        readable = fault.source is not None and fault.id is not None
        if readable:
            assert fault.source is not None and fault.id is not None
            mark = (fault.source, fault.id, fault.content)
            source: Any = fault.source
            id: Any = fault.id
            subject: Any = subject_of("event", source, id)
        else:
            mark = (self.feed, f"{line}\0{occurrence}", "")
            source, id = self.feed, Unknown(HEX)
            subject = Unknown(f"event/{re.escape(encode_part(self.feed))}/{HEX}")
        if mark in self.rejected:
            self.repeats += 1
            return
        self.rejected.add(mark)
        self._leaf(f"reject {fault.reason}")
        where: Any = fault.field if fault.reason == "schema" else Unknown(optional=True)
        data = {"reason": fault.reason, "field": where, "message": Unknown(".+"), "source": source, "id": id}
        time = fault.time if fault.time is not None else self.clock
        self._effect("remit.event.rejected", subject, time, id, data)

    # clock and leaves

    def _now(self) -> int:
        assert self.clock is not None
        return self.clock

    def _leaf(self, what: str) -> int:
        self.leaves += 1
        self.journal.append(what)
        return self.leaves - 1

    def _move_clock(self, t: int) -> None:
        """The clock leaf and the timers before t; nothing when t is not later than the clock."""
        if self.clock is not None and t <= self.clock:
            return
        first = self.clock is None
        self.clock = t
        self._leaf(f"clock {self._show(t)}")
        if first:
            self.next_at = [self._schedule_from(duty, t) for duty in self.schedules]
        self._fire(t, inclusive=False)

    def _tick(self, t: int) -> None:
        """Fire all that is due at or before t."""
        if self.ticked is not None and t <= self.ticked:
            self.repeats += 1
            return
        self._move_clock(t)
        self.ticked = t
        self._fire(t, inclusive=True)
        self._leaf(f"tick {self._show(t)}")

    # timers

    def _schedule_from(self, duty: Duty, t: int) -> int:
        """The schedule's first instant at or after t."""
        assert duty.weekly is not None
        weekday, clock = duty.weekly
        day = wt.instant_to_wall(self.policy.zone, t).date() - timedelta(days=2)
        for _ in range(12):
            if day.weekday() == weekday:
                at = wt.wall_to_instant(self.policy.zone, datetime.fromisoformat(f"{day} {clock}"))
                if at >= t:
                    return at
            day += timedelta(days=1)
        raise AssertionError("a weekday comes within a week")

    def waiting(self) -> Iterator[Timer]:
        """All timers to come, in no order."""
        for index, at in enumerate(self.next_at):
            if at is not None:
                yield Timer(at, index - len(self.next_at), -1, self.schedules[index])
        for one in self.instances:
            fold, rungs = self._folded(one)
            if fold.end is not None:
                continue
            if fold.due is not None and (one.duty.forbidden or not one.breached):
                yield Timer(fold.due, one.number, -1, one)
            for index, at in enumerate(rungs):
                if at is not None and index not in one.fired:
                    yield Timer(at, one.number, index, one)

    def _folded(self, one: Instance) -> tuple[Fold, list[Optional[int]]]:
        """A duty's fold and its rungs' instants, made once for so many acts."""
        if one.known is None or one.known[0] != (len(one.acts), one.edits, one.over):
            fold = (self.times.forbid if one.duty.forbidden else self.times.fold)(one, one.acts)
            rungs = [self.times.heard(one, self.times.rung(one, fold, rung)) for rung in one.duty.rungs]
            one.known = ((len(one.acts), one.edits, one.over), fold, rungs)
        return one.known[1], one.known[2]

    def _fire(self, limit: int, inclusive: bool) -> None:
        """All timers before the limit (and at it), the earliest first, each seeing what those before did."""
        while True:
            timer = min(self.waiting(), default=None)
            if timer is None or timer.time > limit or (timer.time == limit and not inclusive):
                return
            if isinstance(timer.subject, Duty):
                index = timer.number + len(self.next_at)
                self.next_at[index] = self._schedule_from(timer.subject, timer.time + 1)
                self._raise(timer.subject, (self._show(timer.time),), timer.time, None)
            elif timer.rung < 0 and timer.subject.duty.forbidden:
                timer.subject.over = True
                self._let_go(timer.subject, timer.time, None, None)
            elif timer.rung < 0:
                self._breach(timer.subject, timer.time)
            else:
                self._climb(timer.subject, timer.rung, timer.time)

    def _breach(self, one: Instance, t: int) -> None:
        one.breached = True
        self._say(one, "breached", t, None, {"due": self._show(t), "round": self._round(one)})

    def _climb(self, one: Instance, index: int, t: int) -> None:
        rung = one.duty.rungs[index]
        one.fired.append(index)
        if rung.verb == "to":
            one.escalated.append(rung.to)
        due = self._maybe(self._folded(one)[0].due)
        own = self.times.rung(one, self._folded(one)[0], rung)
        held = self._maybe(own) if own != t else None
        data = {"to": rung.to, "rung": index + 1, "due": due, "round": self._round(one), "held": held}
        self._say(one, "reminded" if rung.verb == "remind" else "escalated", t, None, data)

    @staticmethod
    def _round(one: Instance) -> Optional[int]:
        return one.round if one.round > 1 else None

    # corrections

    def _target(self, event: ce.Event) -> Optional[ce.Event]:
        source = event.data.get("source")
        return self.came.get((source if source is not None else event.source, event.data["id"]))

    def _touched(self, target: ce.Event) -> list[Instance]:
        mark = (target.source, target.id)
        return [one for one in self.instances if one.duty.name in self.policy.correctors and (
            one.cause == mark or any((act.source, act.id) == mark and act.time >= one.raised for act in one.acts))]

    def _correction_fault(self, event: ce.Event) -> Optional[ce.Fault]:
        target = self._target(event)
        if target is None or target.type == ce.CORRECTED:
            return self._fault("schema", event, "id")
        if target.time < self._now() - self.policy.horizon:
            return self._fault("late", event)
        if any(self.policy.correctors[one.duty.name] != event.actor for one in self._touched(target)):
            return self._fault("authority", event)
        return None

    def _correction(self, event: ce.Event) -> None:
        target = self._target(event)
        assert target is not None
        mark = (target.source, target.id)
        touched = self._touched(target)
        self.told_at = event.time
        changed = False
        for one in touched:
            if one.cause != mark:
                changed = self._without(one, mark, event) or changed
            elif not any(act.kind == "unraise" for act in one.acts):
                changed = True
                self._act(one, Act("unraise", 0, one.raised, event.source, event.id, event.actor))
        self.told_at = None
        if not changed:
            self.unmatched.append(event.id)

    def _without(self, one: Instance, mark: tuple[str, str], event: ce.Event) -> bool:
        before, _ = self._folded(one)
        was = self._said(one, before)
        one.acts = [act for act in one.acts if (act.source, act.id) != mark]
        one.edits += 1
        after, _ = self._folded(one)
        if one.over and not self._past(after.due):
            one.over = False
            after, _ = self._folded(one)
        cause = Act("correct", 0, event.time, event.source, event.id, event.actor)
        more = len(after.violations) > len(before.violations)
        gone = (bool(before.violations) and not after.violations) if one.duty.forbidden else (
            one.breached and not self._past(after.due))
        if gone and after.end is None:
            one.breached = False
            one.round += 1
            one.fired = [index for index in one.fired if isinstance(one.duty.rungs[index].at, int)]
        if more:
            self._say(one, "breached", event.time, event.id,
                      {"due": self._maybe(after.due), "round": self._round(one),
                       "violation": len(after.violations), "by": event.actor})
        differs = self._said(one, after) != was
        if one.duty.forbidden:
            ends = [fold.end and fold.end.time for fold in (before, after)]
            ended = before.end is not None and (self._state(one, after) != was["state"] or ends[0] != ends[1])
            differs = ended or (bool(before.violations) and not after.violations) or (not more and differs)
        if differs:
            self._correct(one, cause, was, after)
        return True

    # events

    def _handle(self, event: ce.Event) -> None:
        acted = matched = False
        for duty in self.policy.duties:
            for kind, index, clause in self._acts(duty):
                if clause.event != event.type:
                    continue
                acted = True
                found = self._wide(duty, clause, event) if clause.wide else self._find(duty, clause, event)
                for one in found:
                    matched = True
                    self._act_and_offer(one, Act(kind, index, event.time, event.source, event.id, event.actor), event)
            if duty.on == event.type:
                self._raise(duty, tuple(str(event.data[name]) for name in duty.key), event.time, event.id,
                            (event.source, event.id))
        if acted and not matched:
            self.unmatched.append(event.id)

    def _act_and_offer(self, one: Instance, act: Act, event: ce.Event) -> None:
        """Acts, then offers again what had fulfilled the instance until this ended it before."""
        if act.kind == "fulfil":
            self.fulfilments[act.source, act.id] = event
        ended = self._folded(one)[0].end
        self._act(one, act)
        now = self._folded(one)[0].end
        if ended is None or now is None or ended is now or ended.kind != "fulfil":
            return
        again = self.fulfilments.get((ended.source, ended.id))
        for clause in one.duty.fulfilled if again is not None else ():
            if clause.event != again.type or self._by_key(one.duty, clause):
                continue
            for other in self._find(one.duty, clause, again):
                one.acts.remove(ended)
                one.edits += 1
                self._act_and_offer(other, Act("fulfil", 0, again.time, again.source, again.id, again.actor), again)
                return

    @staticmethod
    def _acts(duty: Duty) -> list[tuple[str, int, Clause]]:
        """A duty's clauses in the order in which one event goes through them."""
        out = [("fulfil", 0, clause) for clause in duty.fulfilled]
        out += [("waive", 0, clause) for clause in duty.waived]
        out += [("resume", index, pause.end) for index, pause in enumerate(duty.pauses)]
        out += [("pause", index, pause.begin) for index, pause in enumerate(duty.pauses)]
        out += [("expire", 0, clause) for clause in duty.until]
        out += [("violate", 0, clause) for clause in duty.forbidden]
        return out

    def _find(self, duty: Duty, clause: Clause, event: ce.Event) -> list[Instance]:
        for name, value in clause.conditions:
            if event.data.get(name) != value:
                return []
        pairs = self._by_key(duty, clause)
        for one in self.instances:
            if one.duty is not duty:
                continue
            if pairs:
                if all(own in event.data and str(event.data[own]) == one.key[duty.key.index(its)]
                       for own, its in pairs):
                    return [one]
            end = None if pairs else self._folded(one)[0].end
            if not pairs and (end is None or end.time > event.time) and one.raised <= event.time:
                return [one]
        return []

    def _by_key(self, duty: Duty, clause: Clause) -> Any:
        """Which fields of the event are which of the key, if it has any."""
        if clause.pairs is None and not clause.conditions:
            declared = {kind.name for kind in self.policy.events[clause.event]}
            return tuple((name, name) for name in duty.key if name in declared)
        return clause.pairs

    def _wide(self, duty: Duty, clause: Clause, event: ce.Event) -> list[Instance]:
        """All that were there at the event's time, but for those whose end no late event can move any more."""
        if any(event.data.get(name) != value for name, value in clause.conditions):
            return []
        kept = self._now() - self.policy.horizon
        ends = [(one, self._folded(one)[0].end) for one in self.instances if one.duty is duty]
        return [one for one, end in ends
                if one.raised <= event.time and (end is None or end.time > event.time or end.time >= kept)]

    def _raise(self, duty: Duty, key: tuple[str, ...], t: int, cause: Optional[str],
               by: Optional[tuple[str, str]] = None) -> None:
        if any(one.duty is duty and one.key == key for one in self.instances):
            return
        limit = self.times.plus(t, duty.due)
        length = wt.within(self.times.spans(duty.due, t), limit)
        one = Instance(len(self.instances), duty, key, subject_of("duty", duty.name, *key), t, limit, length)
        one.cause = by
        self.instances.append(one)
        calendar = self.policy.calendar
        last = limit - 1 if duty.due.unit in WORKING else limit  # hours that end at midnight are those of the day before
        assumed = is_working(duty.due) and calendar is not None and calendar.assumed(last)
        self._say(one, "opened", t, cause, {"due": self._show(limit), "assumed": assumed})

    def _let_go(self, one: Instance, t: int, cause: Optional[str], by: Optional[str]) -> None:
        """Says the end of a prohibition."""
        fold, _ = self._folded(one)
        assert fold.end is not None
        if fold.end.kind in ("waive", "unraise"):
            self._say(one, "waived" if fold.end.kind == "waive" else "cancelled", t, cause, {"by": by})
        elif fold.violations:
            self._say(one, "ended", t, cause, {"violations": len(fold.violations), "by": by})
        else:
            self._say(one, "fulfilled", t, cause,
                      {"due": self._maybe(fold.due), "late": False, "reported_late": False, "by": by})

    def _past(self, t: Optional[int]) -> bool:
        return t is not None and (t < self._now() or (t == self._now() and self.ticked == self.clock))

    def _act_on_forbidden(self, one: Instance, act: Act) -> None:
        before, _ = self._folded(one)
        was = self._said(one, before)
        one.acts.append(act)
        after, _ = self._folded(one)
        if one.over and not self._past(after.due):
            one.over = False
            after, _ = self._folded(one)
        cleared = bool(before.violations) and not after.violations
        if cleared and after.end is None:
            one.round += 1
            one.fired = [index for index in one.fired if isinstance(one.duty.rungs[index].at, int)]
        if before.end is None and after.end is not None:
            self._let_go(one, act.time, act.id, act.actor)
        elif before.end is None and act.kind in ("pause", "resume") and self._turns(one, act):
            if act.kind == "pause":
                self._say(one, "paused", act.time, act.id, {"left": self.times.left(one, after, act.time)})
            else:
                self._say(one, "resumed", act.time, act.id, {"due": self._maybe(after.due)})
        if len(after.violations) > len(before.violations):
            self._say(one, "breached", act.time, act.id,
                      {"due": self._maybe(after.due), "round": self._round(one),
                       "violation": len(after.violations), "by": act.actor})
        ends = [fold.end and fold.end.time for fold in (before, after)]
        changed = self._state(one, after) != was["state"] or ends[0] != ends[1]
        if cleared or (before.end is not None and changed):
            self._correct(one, act, was, after)

    def _act(self, one: Instance, act: Act) -> None:
        if one.duty.forbidden:
            self._act_on_forbidden(one, act)
            return
        before, _ = self._folded(one)
        was = self._said(one, before)
        one.acts.append(act)
        after, _ = self._folded(one)
        if before.end is not None:
            if self._outcome(before) != self._outcome(after):
                self._correct(one, act, was, after)
            return
        if act not in after.counted:
            return
        if act.kind in STATE:
            self._end(one, act, after)
            if one.breached and not after.late:
                self._correct(one, act, was, after)
            return
        if not self._turns(one, act):
            pass
        elif act.kind == "pause":
            data: dict[str, Any] = {"left": self.times.left(one, after, act.time)}
            self._say(one, "paused", act.time, act.id, data)
        else:
            self._say(one, "resumed", act.time, act.id, {"due": self._maybe(after.due)})
        if one.breached and self._taken_back(before, after):
            one.breached = False
            one.round += 1
            one.fired = [index for index in one.fired if isinstance(one.duty.rungs[index].at, int)]
            self._correct(one, act, was, after)

    @staticmethod
    def _turns(one: Instance, act: Act) -> bool:
        """Whether, after its instant, the act makes the clock stand still (a pause) or go on (a resume)."""
        stands = []
        for left_out in (act, None):
            reasons: set[int] = set()
            for other in sorted(one.acts, key=Act.order):
                if other is left_out or other.time < one.raised or other.time > act.time:
                    continue
                if other.kind == "pause":
                    reasons.add(other.clause)
                elif other.kind == "resume":
                    reasons.discard(other.clause)
            stands.append(bool(reasons))
        return stands == ([False, True] if act.kind == "pause" else [True, False])

    def _taken_back(self, before: Fold, after: Fold) -> bool:
        if after.due is None:
            return True
        assert before.due is not None
        past = after.due < self._now() or (after.due == self._now() and self.ticked == self.clock)
        return after.due > before.due and not past

    @staticmethod
    def _outcome(fold: Fold) -> tuple[str, int, bool]:
        assert fold.end is not None
        return fold.end.kind, fold.end.time, fold.late

    def _end(self, one: Instance, act: Act, fold: Fold) -> None:
        if act.kind in ("waive", "unraise"):
            self._say(one, "waived" if act.kind == "waive" else "cancelled", act.time, act.id, {"by": act.actor})
            return
        data = {"due": self._maybe(fold.due), "late": fold.late,
                "reported_late": self._reported_late(one, fold), "by": act.actor}
        self._say(one, "fulfilled", act.time, act.id, data)

    @staticmethod
    def _reported_late(one: Instance, fold: Fold) -> bool:
        return fold.end is not None and fold.end.kind == "fulfil" and not fold.late and one.breached

    def _correct(self, one: Instance, act: Act, was: dict[str, Any], after: Fold) -> None:
        to, now = list(dict.fromkeys(one.escalated)), self._said(one, after)
        if now != was:
            self._say(one, "corrected", act.time, act.id, {"was": was, "is": now, "to": to})

    def _said(self, one: Instance, fold: Fold) -> dict[str, Any]:
        """A duty's state as `corrected` tells it."""
        state = self._state(one, fold)
        at = None
        if fold.violations and state == "breached":
            at = self._show(fold.violations[0])
        elif fold.end is not None:
            at = self._show(fold.end.time)
        elif state == "breached":
            at = self._maybe(fold.due)
        return compact({"state": state, "due": self._maybe(fold.due), "at": at, "late": fold.late})

    @staticmethod
    def _state(one: Instance, fold: Fold) -> str:
        if fold.violations and (fold.end is None or fold.end.kind == "expire"):
            return "breached"
        if fold.end is not None:
            return STATE[fold.end.kind]
        if one.breached:
            return "breached"
        return "paused" if fold.holding else "open"

    # output

    def _show(self, t: int) -> str:
        return wt.show_instant(self.policy.zone, t)

    def _maybe(self, t: Optional[int]) -> Optional[str]:
        return None if t is None else self._show(t)

    def _say(self, one: Instance, kind: str, t: int, cause: Optional[str], data: dict[str, Any]) -> None:
        t = t if self.told_at is None else self.told_at
        head = {"duty": one.duty.name, "key": list(one.key), "owner": one.duty.owner}
        cause = cause if cause is not None else f"{one.subject}@{self._show(t)}"
        self._effect(f"remit.duty.{kind}", one.subject, t, cause, {**head, **data})

    def _effect(self, kind: str, subject: Any, t: Optional[int], cause: Any, data: dict[str, Any]) -> None:
        index = self._leaf(kind)
        seen = self._maybe(self.clock) if self.clock is not None and t != self.clock else None
        values = ("1.0", str(index), self.source, kind, subject, self._maybe(t), cause, seen,
                  self.policy.version, compact(data))
        self.effects.append(Effect(compact(dict(zip(ORDER, values))), self.place))

    def show_duties(self) -> list[str]:
        """The lines of `show duties --json`, in order of creation."""
        lines = []
        for one in self.instances:
            fold, _ = self._folded(one)
            state = self._state(one, fold)
            paused = state == "paused"
            lines.append(as_line(compact({
                "duty": one.duty.name, "key": list(one.key), "state": state, "owner": one.duty.owner,
                "raised": self._show(one.raised), "due": None if paused else self._maybe(fold.due),
                "left": self.times.left(one, fold, self._now()) if paused else None,
                "late": fold.late, "reported_late": self._reported_late(one, fold),
                "rung": one.fired[-1] + 1 if one.fired else None, "round": one.round,
                "policy": self.policy.version})))
        return lines

    def state(self) -> list[dict[str, Any]]:
        """What `show digest --state` covers: the same for every order of arrival."""
        out = []
        for one in sorted(self.instances, key=lambda one: one.subject):
            fold, _ = self._folded(one)
            out.append({
                "rule": one.duty.name, "key": one.key, "owner": one.duty.owner, "raised": one.raised,
                "due": fold.due, "pauses": sorted(fold.reasons, key=lambda reason: reason[:2]),
                "state": self._state(one, fold), "end": fold.end and fold.end.time, "late": fold.late})
        return out


def first_difference(expected: list[Effect], got: list[str]) -> Optional[int]:
    """The index of the first line that is not as expected, or None."""
    for index, (effect, line) in enumerate(zip(expected, got)):
        if effect.differs(line):
            return index
    return None if len(expected) == len(got) else min(len(expected), len(got))
