"""Random policies and event streams from a seed: as Remit text for the engine, as a description for the oracle.

`make_wild(seed)` is one case with everything in it: ties, disorder, repeats, conflicts, lines that must be refused,
several runs with --until between. `make_lawful(seed)` is one set of events in several orders and cuts, all of
which must end in the same state.

    python3 streams.py SEED        prints the wild case
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Optional

import events as ce
import worktime as wt
from duties import Clause, Duty, Oracle, Pause, Policy, Rung, Span

SHANGHAI, ROME, YORK = "Asia/Shanghai", "Europe/Rome", "America/New_York"

# Windows begin near a change of the clock, a holiday, the end of a month or of the published years.
STARTS = {
    SHANGHAI: ("2026-02-11", "2026-02-27", "2026-03-02", "2026-04-30", "2026-09-18", "2026-09-29", "2026-12-27"),
    ROME: ("2026-03-26", "2026-03-28", "2026-10-22", "2026-10-24", "2026-01-30", "2026-12-30", "2026-05-04"),
    YORK: ("2026-03-05", "2026-03-07", "2026-10-29", "2026-10-31", "2026-01-30", "2026-12-30", "2026-07-01"),
}
WORDS = ("claim", "parcel", "visit", "ticket")
KEYS = ("C1", "C2", "b 7", "x/y", "50%", "a#1", "投诉3", "_")
SEATS = ("desk", "desk.lead", "yard", "yard.lead", "yard.agent", "director", "management")
OWNERS = ("desk", "yard", "director")
SOURCES = ("/crm", "/web", "urn:desk:1", "https://a.example/x?y=1#z")
ACTORS = ("ann", "bob", "李雷")
HORIZON = 30 * wt.DAY
ORGANISATION = """role management "Management"
role director "Director" under management
team desk "Desk" under director { role lead  role agent }
team yard "Yard" under director { role lead  role agent }
"""


@dataclass
class Part:
    """One `remit run`: a file of lines, then --until."""

    lines: list[str]
    until: Optional[int] = None
    not_after: Optional[int] = None


@dataclass
class Case:
    seed: int
    policy: Policy
    text: str
    parts: list[Part]
    variants: dict[str, list[Part]] = field(default_factory=dict)


@dataclass
class Draft:
    """An event before it is a line."""

    type: str
    time: int
    data: dict[str, Any]
    raises: bool = False
    id: str = ""
    source: str = ""
    actor: Optional[str] = None


def follow(case: Case, parts: list[Part]) -> Oracle:
    """The oracle after these runs."""
    oracle = Oracle(case.policy)
    for part in parts:
        oracle.run(part.lines, part.until, part.not_after)
    return oracle


# ------------------------------------------------------------------------------------------------ calendars


def week_of(rng: random.Random, kind: str) -> dict[str, list[list[str]]]:
    if kind == "night":
        return {day: [["00:00", "06:00"], ["22:00", "24:00"]] for day in wt.WEEK}
    if kind == "plain":
        return {day: [["09:00", "17:00"]] for day in wt.WEEK[:5]}
    hours = rng.choice(([["09:30", "17:30"]], [["08:00", "12:00"], ["13:30", "18:15"]], [["10:00", "20:00"]]))
    week = {day: hours for day in wt.WEEK[:5]}
    week["sat"] = [["10:00", "16:00"]]
    if rng.random() < 0.3:
        week["fri"] = [["09:00", "12:30"]]
    return week


DAY_NAMES = dict(zip(wt.WEEK, ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")))


def hours_text(hours: list[list[str]]) -> str:
    return ", ".join(f"{begin}..{end}" for begin, end in hours)


def week_text(week: dict[str, list[list[str]]]) -> list[str]:
    """Runs of equal days as `monday to friday`."""
    lines: list[str] = []
    days = [day for day in wt.WEEK if day in week]
    while days:
        run = [days.pop(0)]
        while days and week[days[0]] == week[run[0]] and wt.WEEK.index(days[0]) == wt.WEEK.index(run[-1]) + 1:
            run.append(days.pop(0))
        span = DAY_NAMES[run[0]] if len(run) == 1 else f"{DAY_NAMES[run[0]]} to {DAY_NAMES[run[-1]]}"
        lines.append(f"  {span} {hours_text(week[run[0]])}")
    return lines


def make_calendar(rng: random.Random, zone: str, start: date) -> tuple[str, str, wt.Calendar]:
    """Its name, its declaration, and itself."""
    if rng.random() < 0.35:
        return "cn.office", "use std.calendar.cn\n", wt.Calendar(wt.CN_OFFICE)
    kind = rng.choice(("plain", "shop", "shop", "night"))
    name = {"plain": "plain.week", "shop": "shop.hours", "night": "night.watch"}[kind]
    week = week_of(rng, kind)
    spec: dict[str, Any] = {"zone": zone, "week": week, "holidays": [], "workdays": {}}
    lines = [f'calendar {name} {{', f'  zone "{zone}"', *week_text(week)]
    if kind != "plain" or rng.random() < 0.5:
        lines += special_days(rng, spec, start)
    if rng.random() < 0.6:
        spec["published"] = 2026
        lines.append("  published 2024..2026")
    return name, "\n".join([*lines, "}", ""]), wt.Calendar(spec)


def special_days(rng: random.Random, spec: dict[str, Any], start: date) -> list[str]:
    """Holidays and make-up days of a calendar, put into the spec and told as text."""
    lines = []
    first = start + timedelta(days=rng.randint(1, 8))
    last = first + timedelta(days=rng.choice((0, 0, 1, 3, 8)))
    while first <= last and rng.random() < 0.9:
        taken = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
        spec["holidays"] += taken
        lines.append(f"  holiday {taken[0]}" + ("" if len(taken) == 1 else f"..{taken[-1]}") + ' "Feast"')
        first = last = last + timedelta(days=rng.randint(2, 9))
    usual = [["09:00", "12:00"], ["13:00", "18:00"]]
    if rng.random() < 0.5:
        usual = [["10:00", "15:00"]]
        lines.append(f"  workdays {hours_text(usual)}")
    else:
        usual = spec["week"]["mon"]
    for n in rng.sample(range(0, 14), rng.randint(0, 2)):
        day = (start + timedelta(days=n)).isoformat()
        if day in spec["holidays"]:
            continue
        own = rng.random() < 0.5
        spec["workdays"][day] = [["09:00", "12:00"], ["13:00", "18:00"]] if own else usual
        lines.append(f"  workday {day}" + (f" {hours_text(spec['workdays'][day])}" if own else ""))
    return lines


# ------------------------------------------------------------------------------------------------- policies


class PolicyMaker:
    """One policy; `events` grows as its duties name them."""

    def __init__(self, rng: random.Random, lawful: bool):
        self.rng = rng
        self.lawful = lawful
        self.zone = rng.choice((SHANGHAI, SHANGHAI, ROME, YORK))
        self.start = date.fromisoformat(rng.choice(STARTS[self.zone]))
        self.events: dict[str, list[ce.Field]] = {}
        self.duties: list[Duty] = []
        self.aliases: dict[str, str] = {}
        self.calendar: Optional[wt.Calendar] = None

    def make(self, name: str) -> tuple[Policy, str]:
        rng = self.rng
        calendar_name = declaration = ""
        if rng.random() < 0.85:
            calendar_name, declaration, self.calendar = make_calendar(rng, self.calendar_zone(), self.start)
        words = rng.sample(WORDS, rng.randint(1, 3))
        for word in words:
            self.word(word)
        if rng.random() < 0.35:
            self.schedule()
        rng.shuffle(self.duties)
        version = rng.choice(("1", "2026.1"))
        policy = Policy(name, version, self.zone, self.events, self.duties, self.calendar)
        if rng.random() < 0.7:
            able = [duty.name for duty in self.duties if rng.random() < 0.8]
            policy.correctors = {duty: rng.choice(("director",) * 9 + ("yard.lead",)) for duty in able}
        head = [f'policy "{name}" version "{version}" {{', f'  zone "{self.zone}"']
        head += [f"  calendar {calendar_name}"] if calendar_name else []
        head += ["  currency CNY", "}", ""]
        text = "\n".join(head) + declaration + ORGANISATION
        text += "".join(event_text(kind, fields) for kind, fields in self.events.items())
        text += "".join(self.duty_text(duty) for duty in self.duties)
        text += "".join(f"{who} may correct {duty}\n" for duty, who in policy.correctors.items())
        return policy, text

    def calendar_zone(self) -> str:
        return self.zone if self.rng.random() < 0.75 else self.rng.choice((SHANGHAI, ROME, YORK))

    # declarations

    def word(self, word: str) -> None:
        """The events about one thing and one or two duties on them."""
        rng = self.rng
        key = (word,) if rng.random() < 0.8 else (word, "line")
        base = [ce.Field(word, "id")]
        if len(key) == 2:
            base.append(ce.Field("line", "integer", low=1, high=9))
        trigger = base + [ce.Field("severity", "integer", low=1, high=5),
                          ce.Field("colour", "one of", members=("red", "green", "blue")),
                          ce.Field("note", "text", optional=True), ce.Field("vip", "flag", default=False)]
        self.events[f"{word}.opened"] = trigger
        self.events[f"{word}.seen"] = base
        for n in range(rng.choice((1, 1, 2))):
            name = ("handle_", "inspect_")[n] + word
            self.duties.append(self.duty(name, word, key, base))
        if rng.random() < 0.4:
            self.duties.append(self.prohibition(word, key, base))

    def duty(self, name: str, word: str, key: tuple[str, ...], base: list[ce.Field]) -> Duty:
        rng = self.rng
        duty = Duty(name, rng.choice(OWNERS), self.deadline(), on=f"{word}.opened", key=key)
        duty.fulfilled = (self.ending(rng.choice((f"{word}.closed", f"{word}.settled")), key, base),)
        if rng.random() < 0.5:
            duty.waived = (self.ending(f"{word}.dropped", key, base),)
        pauses = [Pause(self.plain(f"{word}.held", base), self.plain(f"{word}.freed", base)),
                  Pause(self.plain(f"{word}.asked", base), self.plain(f"{word}.told", base))]
        duty.pauses = tuple(pauses[: rng.choice((0, 1, 1, 2, 2))])
        if not self.lawful and rng.random() < 0.1:
            duty.pauses += (Pause(self.plain(f"{word}.freed", base), self.plain(f"{word}.told", base)),)
        duty.rungs = self.ladder()
        if duty.rungs and rng.random() < 0.25:
            duty.quiet = rng.choice((("22:00", "07:00"), ("02:15", "02:45"), ("12:00", "13:30"), ("01:00", "03:00")))
        return duty

    def prohibition(self, word: str, key: tuple[str, ...], base: list[ce.Field]) -> Duty:
        rng = self.rng
        duty = self.duty("leave_" + word, word, key, base)
        duty.fulfilled = ()
        duty.forbidden = (self.ending(f"{word}.touched", key, base),)
        if rng.random() < 0.3:
            duty.forbidden += (self.ending(f"{word}.moved", key, base),)
        if rng.random() < 0.5:
            self.events[f"{word}.leaked"] = [*base, ce.Field("outcome", "one of", members=("done", "undone"))]
            duty.forbidden += (Clause(f"{word}.leaked", (), (("outcome", "done"),), wide=True),)
        if rng.random() < 0.7:
            duty.until = (self.ending(rng.choice((f"{word}.ended", f"{word}.closed")), key, base),)
        return duty

    def plain(self, event: str, base: list[ce.Field]) -> Clause:
        self.events.setdefault(event, base)
        return Clause(event)

    def ending(self, event: str, key: tuple[str, ...], base: list[ce.Field]) -> Clause:
        """A clause by names, by its own field names, or with a condition; by names when the event is known."""
        rng = self.rng
        pairs = tuple((name, name) for name in key)
        if event in self.events:
            names = {kind.name for kind in self.events[event]}
            if key[0] not in names:
                pairs = (("ref", key[0]), *pairs[1:])
            return Clause(event, pairs)
        pick = rng.random()
        if pick < 0.35:
            return self.plain(event, base)
        if pick < 0.55:
            self.events[event] = [ce.Field("ref", "id"), *base[1:]]
            return Clause(event, (("ref", key[0]), *pairs[1:]))
        if pick < 0.75:
            self.events[event] = [*base, ce.Field("outcome", "one of", members=("done", "undone"))]
            return Clause(event, pairs, (("outcome", "done"),))
        self.events[event] = base
        return Clause(event, pairs)

    def deadline(self) -> Span:
        rng = self.rng
        spans = [Span(rng.randint(1, 72), "hour"), Span(rng.randint(10, 600), "minute"), Span(rng.randint(1, 5), "day")]
        if self.calendar is not None:
            spans += [Span(rng.randint(1, 20), "working hour"), Span(rng.randint(30, 600), "working minute"),
                      Span(rng.randint(1, 4), "working day"), Span(rng.randint(1, 3), "working day")]
        if not self.lawful and rng.random() < 0.1:
            return Span(1, "month")
        return rng.choice(spans)

    def after(self) -> Span:
        rng = self.rng
        spans = [Span(rng.randint(1, 30), "hour"), Span(rng.randint(1, 3), "day"), Span(45, "minute")]
        if self.calendar is not None:
            spans += [Span(rng.randint(1, 12), "working hour"), Span(rng.randint(1, 2), "working day")]
        return rng.choice(spans)

    def ladder(self) -> tuple[Rung, ...]:
        rng = self.rng
        shares = sorted(rng.sample((10, 25, 33, 50, 75, 90), rng.choice((0, 1, 1, 2))))
        rungs = [Rung(share, "remind", rng.choice(SEATS)) for share in shares]
        rungs += [Rung("due", "to", rng.choice(SEATS)) for _ in range(rng.choice((0, 1, 1, 2)))]
        rungs += [Rung(self.after(), "to", rng.choice(SEATS)) for _ in range(rng.choice((0, 1, 1, 2)))]
        if rng.random() < 0.3:
            rng.shuffle(rungs)
        return tuple(rungs)

    def schedule(self) -> None:
        """A weekly duty; its report is never sent in a lawful case."""
        rng = self.rng
        weekly = (rng.randint(0, 6), rng.choice(("10:00", "09:30", "00:00", "18:00")))
        if rng.random() < 0.4:
            weekly = (6, "02:30")
        fields = [ce.Field("kind", "one of", members=("weekly", "other"))]
        self.events["report.sent"] = fields
        clause = Clause("report.sent", None, (("kind", "weekly"),)) if rng.random() < 0.5 else Clause("report.sent")
        duty = Duty("weekly_report", rng.choice(OWNERS), self.deadline(), weekly=weekly, fulfilled=(clause,))
        duty.rungs = self.ladder()
        self.duties.append(duty)

    # text

    def duty_text(self, duty: Duty) -> str:
        rng = self.rng
        if duty.weekly is not None:
            weekday, clock = duty.weekly
            head = f"duty {duty.name} every {DAY_NAMES[wt.WEEK[weekday]]} at {clock} {{"
        else:
            head = f"duty {duty.name} on {duty.on} as c {{"
        lines = [f"  owed by {duty.owner}", f"  due within {duty.due.text()}"]
        if len(duty.key) > 1:
            lines.append(f"  key ({', '.join('c.' + name for name in duty.key)})")
        lines += [f"  fulfilled by {clause_text(clause)}" for clause in duty.fulfilled]
        ends = [f" until {clause_text(clause)}" for clause in duty.until]
        lines += [f"  must not {clause_text(clause)}" + (ends.pop() if ends else "") for clause in duty.forbidden]
        lines += [f"  waived by {clause_text(clause)}" for clause in duty.waived]
        lines += [f"  paused from {pause.begin.event} until {pause.end.event}" for pause in duty.pauses]
        if duty.quiet is not None:
            lines.append(f"  quiet from {duty.quiet[0]} to {duty.quiet[1]}")
        if duty.rungs:
            lines.append("\n".join(["  escalate {", *(f"    {rung_text(rung)}" for rung in duty.rungs), "  }"]))
        if rng.random() < 0.5:
            rng.shuffle(lines)
        return "\n".join([head, *lines, "}", ""])


def clause_text(clause: Clause) -> str:
    terms = [f"it.{own} = c.{its}" for own, its in clause.pairs or ()]
    terms += [f"it.{name} = {value}" for name, value in clause.conditions]
    return clause.event + (" where " + " and ".join(terms) if terms else "")


def rung_text(rung: Rung) -> str:
    if isinstance(rung.at, int):
        when = f"at {rung.at}%"
    else:
        when = "at due" if isinstance(rung.at, str) else f"after {rung.at.text()}"
    return f"{when} {rung.verb} {rung.to}"


def event_text(kind: str, fields: list[ce.Field]) -> str:
    return f"event {kind} {{ {'  '.join(field_text(one) for one in fields)} }}\n"


def field_text(one: ce.Field) -> str:
    kind = one.type
    if kind == "one of":
        kind += " " + ", ".join(one.members)
    if one.low is not None:
        kind += f" {one.low}..{one.high}"
    if one.optional:
        kind += "?"
    return f"{one.name}: {kind}" + (" = no" if one.default is False else "")


# --------------------------------------------------------------------------------------------------- events


class EventMaker:
    """Drafts about a policy's duties between two instants."""

    def __init__(self, rng: random.Random, policy: Policy, begin: int, end: int):
        self.rng, self.policy, self.begin, self.end = rng, policy, begin, end
        self.grain = rng.choice((wt.MINUTE, 5 * wt.MINUTE, 30 * wt.MINUTE, wt.HOUR))
        keyed = [duty for duty in policy.duties if duty.on is not None]
        self.keys = {duty.on: rng.sample(KEYS, rng.randint(1, 4)) for duty in keyed}

    def moment(self, low: int, high: int) -> int:
        """A time on the grain, seldom a second or a millisecond beside it."""
        rng = self.rng
        t = low + (rng.randint(0, max(0, high - low)) // self.grain) * self.grain
        pick = rng.random()
        return t + (rng.randint(-59, 59) * 1000 if pick < 0.06 else rng.choice((-1, 1, 500)) if pick < 0.08 else 0)

    def data_for(self, event: str, duty: Duty, key: dict[str, Any]) -> dict[str, Any]:
        rng = self.rng
        data: dict[str, Any] = {}
        for one in self.policy.events[event]:
            if one.name in key:
                data[one.name] = key[one.name]
            elif one.name == "ref":
                data[one.name] = key[duty.key[0]]
            elif one.type == "one of":
                data[one.name] = rng.choice(one.members if rng.random() < 0.3 else one.members[:1])
            elif one.type == "integer":
                data[one.name] = rng.choice((rng.randint(1, 5), str(rng.randint(1, 5))))
            elif rng.random() < 0.5:
                note = rng.choice(("", "a \"note\"\\", "备注"))
                data[one.name] = note if one.type == "text" else rng.random() < 0.5
        return data

    def key_of(self, duty: Duty) -> dict[str, Any]:
        key: dict[str, Any] = {duty.key[0]: self.rng.choice(self.keys[duty.on])}
        if len(duty.key) == 2:
            key["line"] = self.rng.randint(1, 2)
        return key

    def raising(self, duty: Duty, key: dict[str, Any], t: int) -> Draft:
        assert duty.on is not None
        return Draft(duty.on, t, self.data_for(duty.on, duty, key), raises=True)

    def acts(self, duty: Duty, key: dict[str, Any], t: int, count: int) -> list[Draft]:
        """Acts on a duty raised at t: pauses and resumes for the most part, nested, overlapping or alone."""
        rng = self.rng
        begins = [pause.begin.event for pause in duty.pauses]
        ends = [pause.end.event for pause in duty.pauses]
        finals = [clause.event for clause in (*duty.fulfilled, *duty.until, *duty.waived)]
        finals = finals or [clause.event for clause in duty.forbidden]
        begins += [clause.event for clause in duty.forbidden]
        high = min(self.end, t + rng.choice((2, 6, 12)) * wt.DAY)
        out = []

        def add(event: str, when: int) -> None:
            out.append(Draft(event, when, self.data_for(event, duty, key)))

        for _ in range(count):
            if duty.pauses and rng.random() < 0.5:
                pause, begin = rng.choice(duty.pauses), self.moment(t, high)
                add(pause.begin.event, begin)
                add(pause.end.event, self.moment(begin, begin + rng.choice((2, 8, 30)) * wt.HOUR))
            else:
                add(rng.choice(begins * 3 + ends * 3 + finals * (rng.random() < 0.5) or finals), self.moment(t, high))
        if rng.random() < 0.6:
            add(rng.choice(finals), self.moment(t, high))
        return out

    def story(self, most: int) -> list[Draft]:
        """Events about some keys of each duty."""
        rng = self.rng
        out: list[Draft] = []
        for duty in self.policy.duties:
            if duty.on is None:
                continue
            for _ in range(rng.randint(1, most)):
                key = self.key_of(duty)
                t = self.moment(self.begin, self.begin + (self.end - self.begin) * 2 // 3)
                out.append(self.raising(duty, key, t))
                out += self.acts(duty, key, t, rng.choice((0, 1, 2, 4, 6)))
        return out

    def reports(self) -> list[Draft]:
        if "report.sent" not in self.policy.events:
            return []
        return [Draft("report.sent", self.moment(self.begin, self.end),
                      {"kind": self.rng.choice(("weekly", "weekly", "other"))}) for _ in range(self.rng.randint(0, 5))]

    def ties(self, drafts: list[Draft], count: int) -> list[Draft]:
        """Acts at the very instants of the timers that the drafts so far make fire."""
        rng = self.rng
        oracle = Oracle(self.policy)
        lines = [plain_line(index, draft) for index, draft in enumerate(sorted(drafts, key=lambda d: d.time))]
        oracle.run(lines, self.end)
        fired = [effect for effect in oracle.effects if "@" in effect["cause"]]
        out = []
        for effect in rng.sample(fired, min(count, len(fired))):
            duty = next(duty for duty in self.policy.duties if duty.name == effect["data"]["duty"])
            if duty.on is None:
                continue
            parts = effect["data"]["key"]
            key = {name: int(part) if name == "line" else part for name, part in zip(duty.key, parts)}
            t = ce.parse_instant(effect["time"])
            assert t is not None
            kinds = [clause.event for clause in (*duty.fulfilled, *duty.waived, *duty.forbidden, *duty.until)]
            kinds += [event for pause in duty.pauses for event in (pause.begin.event, pause.end.event)]
            event = rng.choice(kinds)
            out.append(Draft(event, t + rng.choice((0, 0, 0, 0, 1, -1, 1000)), self.data_for(event, duty, key)))
        return out


def corrections(rng: random.Random, policy: Policy, drafts: list[Draft], most: int, lawful: bool) -> list[Draft]:
    """Corrections of some of the drafts, which have their ids; a lawful one comes at the very end."""
    out = []
    picked = rng.sample(drafts, min(most if policy.correctors else 1, len(drafts)))
    for number, draft in enumerate(draft for draft in picked if not (lawful and draft.raises)):
        data: dict[str, Any] = {"id": draft.id, "source": draft.source}
        if not lawful and rng.random() < 0.1:
            data["id"] = "nobody's"
        if rng.random() < 0.3:
            data["note"] = "a slip"
        own = draft.source if rng.random() < 0.5 else rng.choice(SOURCES)
        if own == draft.source and rng.random() < 0.5:
            del data["source"]
        after = max(one.time for one in drafts) if lawful else draft.time
        actor = "director" if lawful or rng.random() < 0.8 else rng.choice(("ann", "yard.lead", None))
        out.append(Draft(ce.CORRECTED, after + rng.choice((0, 1, 3, 48)) * wt.HOUR, data, id=f"mend {number}",
                         source=own, actor=actor))
    return out


def plain_line(index: int, draft: Draft) -> str:
    return json.dumps({"specversion": "1.0", "id": str(index), "source": "/t", "type": draft.type,
                       "time": wt.show_instant("UTC", draft.time), "data": draft.data})


# ---------------------------------------------------------------------------------------------------- lines


def identify(rng: random.Random, drafts: list[Draft]) -> None:
    """Ids and sources, so that ties in the fold are broken either way."""
    numbers = list(range(len(drafts)))
    rng.shuffle(numbers)
    for draft, number in zip(drafts, numbers):
        draft.source = rng.choice(SOURCES)
        draft.id = rng.choice(("e{}", "{}", "投诉-{}", "e {}")).format(number)
        draft.actor = rng.choice(ACTORS) if rng.random() < 0.3 else None


def time_text(rng: random.Random, zone: str, t: int) -> str:
    text = wt.show_instant(rng.choice((zone, zone, "UTC", "Asia/Kolkata")), t)
    if text.endswith("+00:00") and rng.random() < 0.7:
        text = text[:-6] + "Z"
    if "." not in text and rng.random() < 0.1:
        text = text[:19] + rng.choice((".0", ".000", ".000000000")) + text[19:]
    return text


def members_of(rng: random.Random, zone: str, draft: Draft) -> dict[str, Any]:
    members = {"specversion": "1.0", "id": draft.id, "source": draft.source, "type": draft.type,
               "time": time_text(rng, zone, draft.time)}
    if draft.actor is not None:
        members["actor"] = draft.actor
    return {**members, "data": draft.data}


def render(rng: random.Random, members: dict[str, Any]) -> str:
    """A line: members in some order, white space, escapes."""
    items = list(members.items())
    if rng.random() < 0.4:
        rng.shuffle(items)
    separators = rng.choice(((",", ":"), (",", ":"), (", ", ": "), (" ,\t", " : ")))
    return json.dumps(dict(items), ensure_ascii=rng.random() < 0.5, separators=separators)


def spoil(rng: random.Random, members: dict[str, Any]) -> str:
    """A line that must be refused."""
    data = dict(members["data"])
    bad = {**members, "id": members["id"] + "!", "data": data}
    name = rng.choice(list(data))
    pick = rng.randint(0, 11)
    if pick == 0:
        bad["type"] = "nobody.knows"
    elif pick == 1:
        data["unheard_of"] = 1
    elif pick == 2:
        del data[next(iter(data))]  # the first declared field is required
    elif pick == 3 and "severity" in data:
        data["severity"] = rng.choice((0, 6, "6", -1))
    elif pick == 4:
        data[name] = rng.choice(([], {}, True if name != "vip" else 5))
    elif pick == 5:
        bad["time"] = rng.choice(("yesterday", bad["time"][:19], "2026-02-30T00:00:00Z", "2026-03-02T25:00:00Z"))
    elif pick == 6:
        del bad[rng.choice(("id", "source", "type", "time", "specversion"))]
    elif pick == 7:
        return render(rng, bad)[:-1]
    elif pick == 8:
        return rng.choice(("not json", "[]", "{}", '"line"', "{\"specversion\":\"1.0\",}"))
    elif pick == 9:
        bad["specversion"] = "0.3"
    elif pick == 10:
        line = json.dumps(bad)
        return line[:-1] + ', "type": "twice"}'
    else:
        bad["Extra"] = "x"
    return render(rng, bad)


# ---------------------------------------------------------------------------------------------------- cases


def window(rng: random.Random, maker: PolicyMaker, days: int) -> tuple[int, int]:
    midnight = datetime(maker.start.year, maker.start.month, maker.start.day)
    begin = wt.wall_to_instant(maker.zone, midnight) + rng.randint(0, 24) * wt.HOUR
    return begin, begin + days * wt.DAY


def make_wild(seed: int) -> Case:
    """One case with everything in it."""
    rng = random.Random(f"wild {seed}")
    maker = PolicyMaker(rng, lawful=False)
    policy, text = maker.make(f"Oracle wild {seed}")
    begin, end = window(rng, maker, rng.choice((2, 5, 12, 20)))
    if maker.zone == SHANGHAI and rng.random() < 0.25:
        end = begin + 45 * wt.DAY  # beyond the horizon; elsewhere a change of the clock would blur its edge
    stories = EventMaker(rng, policy, begin, end)
    drafts = stories.story(rng.choice((1, 3, 5))) + stories.reports()
    if not drafts:
        drafts = [Draft("report.sent", begin, {"kind": "other"})]
    drafts += stories.ties(drafts, rng.choice((0, 2, 5)))
    identify(rng, drafts)
    if rng.random() < 0.6:
        drafts += corrections(rng, policy, drafts, rng.choice((1, 5, 12)), lawful=False)
    drafts = disorder(rng, drafts)
    lines = noisy_lines(rng, maker.zone, drafts, begin)
    return Case(seed, policy, text, cut(rng, policy, lines, drafts, end))


def disorder(rng: random.Random, drafts: list[Draft]) -> list[Draft]:
    """By time, ties in any order; then some come later than they should, or all but the first."""
    rng.shuffle(drafts)
    if rng.random() < 0.15:
        return sorted(drafts, key=lambda draft: not draft.raises)
    drafts.sort(key=lambda draft: draft.time)
    share = rng.choice((0.0, 0.05, 0.2, 0.5))
    places = [(index + (rng.choice((1.5, 3.5, 20.5)) if rng.random() < share else 0), index)
              for index in range(len(drafts))]
    return [drafts[index] for _, index in sorted(places)]


def noisy_lines(rng: random.Random, zone: str, drafts: list[Draft], begin: int) -> list[str]:
    """The drafts as lines, with repeats, conflicts and lines to be refused between them."""
    lines: list[str] = []
    sent: list[dict[str, Any]] = []
    clock = None
    noise = rng.choice((0.0, 0.1, 0.3))
    for index, draft in enumerate(drafts):
        members = members_of(rng, zone, draft)
        lines.append(render(rng, members))
        sent.append(members)
        clock = draft.time if clock is None else max(clock, draft.time)
        while rng.random() < noise:
            pick = rng.randint(0, 7)
            if pick == 0:
                lines.append(rng.choice(lines))
            elif pick == 1:
                lines.append(render(rng, retold(rng.choice(sent))))
            elif pick == 2:
                lines.append(render(rng, conflicting(rng, rng.choice(sent))))
            elif pick == 3:
                lines.append(render(rng, too_late(rng, zone, rng.choice(sent), clock, f"late {index}")))
            elif pick == 4:
                lines.append(render(rng, tick(rng, zone, clock, f"tick {index}")))
            else:
                lines.append(spoil(rng, rng.choice(sent)))
    return lines


def retold(members: dict[str, Any]) -> dict[str, Any]:
    """The same content in other words."""
    t = members["time"]
    return {**members, "time": t[:-1] + "+00:00" if t.endswith("Z") else t}


def conflicting(rng: random.Random, members: dict[str, Any]) -> dict[str, Any]:
    """The same identity with other content."""
    if rng.random() < 0.5:
        return {**members, "actor": "eve"}
    t = ce.parse_instant(members["time"])
    assert t is not None
    return {**members, "time": wt.show_instant("UTC", t + wt.MINUTE)}


def too_late(rng: random.Random, zone: str, members: dict[str, Any], clock: int, id: str) -> dict[str, Any]:
    """Beyond the horizon; in a zone without changes of the clock also at its very edge."""
    back = HORIZON + rng.choice((0, 1, 1000, wt.DAY)) if zone == SHANGHAI else HORIZON + 2 * wt.DAY
    return {**members, "id": id, "time": wt.show_instant("UTC", clock - back)}


def tick(rng: random.Random, zone: str, clock: int, id: str) -> dict[str, Any]:
    t = clock + rng.choice((0, 0, -wt.HOUR, wt.MINUTE, wt.HOUR))
    return {"specversion": "1.0", "id": id, "source": "/clock", "type": ce.TICK,
            "time": wt.show_instant(zone, t), "data": {}}


def cut(rng: random.Random, policy: Policy, lines: list[str], drafts: list[Draft], end: int) -> list[Part]:
    """One to three runs; --until before, at and after the clock, often at a timer's instant."""
    places = sorted(rng.randint(0, len(lines)) for _ in range(rng.choice((0, 0, 1, 2))))
    pieces = [lines[low:high] for low, high in zip([0, *places], [*places, len(lines)])]
    not_after = end - wt.DAY if rng.random() < 0.1 else None
    parts = []
    oracle = Oracle(policy)
    for index, piece in enumerate(pieces):
        oracle.run(piece, None, not_after)
        last = index == len(pieces) - 1
        until = None
        if rng.random() < (0.85 if last else 0.6):
            clock = oracle.clock if oracle.clock is not None else drafts[0].time
            waiting = sorted({timer.time for timer in oracle.waiting() if timer.time >= clock})
            choices = [clock, clock - wt.HOUR, clock + wt.HOUR, clock + 3 * wt.DAY, *waiting[:3] * 2]
            until = rng.choice(choices + [end + 20 * wt.DAY] * 6 if last else choices)
            oracle.run((), until)
        parts.append(Part(piece, until, not_after))
    return parts


def make_lawful(seed: int) -> Case:
    """One set of events: in order, shuffled behind those that raise, in parts with --until between."""
    rng = random.Random(f"lawful {seed}")
    maker = PolicyMaker(rng, lawful=True)
    policy, text = maker.make(f"Oracle law {seed}")
    begin, end = window(rng, maker, rng.choice((3, 8, 14)))
    stories = EventMaker(rng, policy, begin, end)
    drafts = stories.story(rng.choice((1, 3)))
    drafts += stories.ties(drafts, rng.choice((0, 3)))
    identify(rng, drafts)
    drafts.sort(key=lambda draft: (draft.time, not draft.raises))
    written = [(draft, render(rng, members_of(rng, maker.zone, draft))) for draft in drafts]
    raising = [line for draft, line in written if draft.raises]
    acts = [line for draft, line in written if not draft.raises]
    last = rng.choice((end + 12 * wt.DAY, end + wt.DAY))
    mends = corrections(rng, policy, drafts, rng.choice((0, 5, 12)), lawful=True) if drafts else []
    mends.sort(key=lambda draft: draft.time)
    mended = [(draft, render(rng, members_of(rng, maker.zone, draft))) for draft in mends]
    written += mended
    ordered = [line for _, line in written]
    tail = [line for _, line in mended]
    variants = {"in time order": [Part(ordered, last)]}
    for number in (1, 2):
        shuffled = acts[:]
        rng.shuffle(shuffled)
        variants[f"shuffled {number}"] = [Part(raising + shuffled + tail, last)]
    variants["backwards"] = [Part(raising + acts[::-1] + tail, last)]
    variants["in parts"] = in_parts(rng, written, last)
    return Case(seed, policy, text, variants["in time order"], variants)


def in_parts(rng: random.Random, written: list[tuple[Draft, str]], last: int) -> list[Part]:
    """Cuts in time order, the ticks before, at and after the next event."""
    places = sorted(rng.sample(range(1, len(written)), min(3, len(written) - 1)))
    parts = []
    for low, high in zip([0, *places], [*places, len(written)]):
        until = written[high - 1][0].time + rng.choice((0, wt.MINUTE, wt.HOUR, wt.DAY))
        parts.append(Part([line for _, line in written[low:high]], min(until, last)))
    parts.append(Part([], last))
    return parts


if __name__ == "__main__":
    shown = make_wild(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    print(shown.text)
    for part in shown.parts:
        print(*part.lines, f"-- until {part.until and wt.show_instant('UTC', part.until)}", sep="\n")
    for effect in follow(shown, shown.parts).effects:
        print(effect.text())
