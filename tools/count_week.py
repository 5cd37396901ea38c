#!/usr/bin/env python3
"""Counts what rules/department/complaints.remit makes of a week's lines, a second time, from the lines.

    count_week.py FILE [--until INSTANT] [--by owner]      prints one JSON object {figure: number}

It reads each line as what it is and plays the duties through one by one, by the rules in
dutycount.py and these (terms as in rules/department/complaints.remit, written out again below). The run is
taken to end with `--until` (default: the midnight after the seventh day of the first accepted
line).

Lines, in this order; exactly one of the figures in capitals each:
 1. MALFORMED: no UTF-8, no JSON object, or one of specversion "1.0", id, source, type, time missing
    or not of its form (an instant has an offset). Each such line is a reject of its own.
 2. SCHEMA: a type that is neither the policy's nor the engine's, a field that the type doesn't
    have, a required one missing, or a value that its type doesn't allow. Money is in CNY; a field
    of null is missing.
 3. REPEATS: the same source and id with the same content as an accepted line, or as a line already
    rejected for 2, 4, 5 or 6. Content is type, instant, actor and typed fields: order, spaces,
    escapes and the instant's offset don't matter.
 4. CONFLICT: the same source and id as an accepted line, other content.
 5. LATE: more than 30 days before the clock, which is the largest own time accepted so far.
 6. AUTHORITY: remit.reported for a duty that exists, by someone who is not its owner (for a team:
    has not joined it). It has moved the clock, as whatever gets this far.
 7. ACCEPTED, the rest. `unmatched` counts those acts among them that found no duty that ever
    existed with their key (a report: no duty of its kind begun by then). Rejects are 1, 2, 4, 5 and
    6.

Duties, by the fold of dutycount.py over what has come so far, each line at the clock that it makes:
 - Before a line is handled, all that is to come before the clock happens: rungs and breaches at
   R < clock, in the order of their instants; what is to come at the clock waits until it moves. At
   the end all at or before `until` does.
 - A line that raises a duty raises it at its own time; what is then already past happens at once.
   Raising again does nothing, neither while it runs nor after. Acts that come before the line that
   raises are unmatched for good.
 - A schedule's duty is raised at its instant when the clock moves past it; a report that lies
   before it has no effect.
 - DUTY.pauses and .resumes are counted when they are told: a pause that, among all that came so
   far, stops a running clock before the duty's end; a resume that starts it again. DUTY.stops
   counts the intervals in the end instead. They differ where something told late, or at the same
   instant, turns out to have come first.
 - DUTY.breaches counts the breaches recorded. A breach is taken back, and the duty open once more,
   when a late pause moves due to the clock or beyond (DUTY.rounds counts these); the rungs at and
   after due may then come again.
 - DUTY.corrected: such a taking back; a fulfilment in time, or a waiver at or before due, told
   after the breach was recorded (of fulfilments this is also DUTY.reported_late); and a line that
   changes which end, when or how late an ended duty had.
 - DUTY.in_time, .late, .waived, .breached, .open say how it ended, as in the other counts.
Notifications: notified.ADDRESSEE, once for each accepted complaint.opened that a rule fits, raised
again or not. emitted: the claim.flagged events.
"""

import argparse
import collections
import json
import re
import sys
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from dutycount import HOUR, MINUTE, Calendar, Figures, FixedZone, Fold, Rung, ms_of

DAY = 24 * HOUR
SHANGHAI = FixedZone(8)
# The office calendar's days around the weeks that are generated: 2026, as announced.
HOLIDAYS = set("""
    2026-01-01 2026-01-02 2026-01-03 2026-02-15 2026-02-16 2026-02-17 2026-02-18 2026-02-19
    2026-02-20 2026-02-21 2026-02-22 2026-02-23 2026-04-04 2026-04-05 2026-04-06 2026-05-01
    2026-05-02 2026-05-03 2026-05-04 2026-05-05 2026-06-19 2026-06-20 2026-06-21 2026-09-25
    2026-09-26 2026-09-27 2026-10-01 2026-10-02 2026-10-03 2026-10-04 2026-10-05 2026-10-06
    2026-10-07
""".split())
MAKEUP = {"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}
OFFICE = Calendar(SHANGHAI, [("09:00", "12:00"), ("13:00", "18:00")], HOLIDAYS, MAKEUP, 2025, 2027)


def hours(count):
    return lambda start: OFFICE.add(start, count * HOUR)


def minutes(count):
    return lambda start: OFFICE.add(start, count * MINUTE)


def days(count):
    return lambda start: OFFICE.add_days(start, count)


# -- the policy ------------------------------------------------------------------------------------

LEAD = "customer_service.lead"


def urgency(opened):
    """The table `urgency`."""
    return min(5, opened["severity"] + 1) if opened["repeated"] else opened["severity"]


def route(opened):
    """The table `route`: (owner, function from start to deadline)."""
    severity, value = urgency(opened), opened["order_value"]
    if opened["category"] == "fraud":
        return "director", hours(1)
    if (severity >= 4 and opened["vip"]) or severity == 5:
        return "customer_service", hours(2)
    if value > 10000 or severity == 4:
        return "customer_service", hours(4)
    return "customer_service", days(1)


def first_answer(opened):
    """The table `first_answer`."""
    if urgency(opened) >= 4:
        return minutes(30) if opened["vip"] else hours(1)
    return hours(1) if opened["vip"] else hours(2)


def handle_ladder(owner):
    return [Rung("remind", owner, percent=50), Rung("remind", LEAD, percent=80),
            Rung("escalate", LEAD), Rung("escalate", "director", after=hours(4)),
            Rung("escalate", "management", after=hours(16))]


FIRST_LADDER = [Rung("escalate", LEAD), Rung("escalate", "director", after=hours(4))]
FRAUD_LADDER = [Rung("escalate", "data_analytics.lead"),
                Rung("escalate", "director", after=hours(8))]
CLAIM_LADDER = [Rung("remind", LEAD, percent=50), Rung("escalate", "director")]
WEEKLY_LADDER = [Rung("remind", "data_analytics", percent=75),
                 Rung("escalate", "data_analytics.lead"),
                 Rung("escalate", "director", after=hours(4))]
QUALITY_LADDER = [Rung("escalate", LEAD), Rung("escalate", "director", after=hours(4))]

# What an act does to the duties of its complaint: type -> {duty: what}.
ACTS = {
    "complaint.answered": {"first_response": "fulfil"},
    "complaint.resolved": {"first_response": "fulfil", "handle_complaint": "fulfil",
                           "review_claim": "fulfil"},
    "complaint.withdrawn": {"first_response": "waive", "handle_complaint": "waive",
                            "review_claim": "waive"},
    "complaint.waiting_customer": {"handle_complaint": "pause"},
    "complaint.customer_replied": {"handle_complaint": "resume"},
}
# Reports: kind -> (duty, owner, weekday, hour, working hours, ladder).
SCHEDULES = {
    "weekly": ("weekly_report", "data_analytics", 0, 10, 4, WEEKLY_LADDER),
    "quality": ("service_quality_report", "customer_service", 4, 15, 3, QUALITY_LADDER),
}

# -- the lines -------------------------------------------------------------------------------------


class Bad(Exception):
    """A value that its type doesn't allow."""


def as_text(value):
    if not isinstance(value, str):
        raise Bad()
    return value


def as_key(value):
    return tuple(as_text(part) for part in value) if isinstance(value, list) else (as_text(value),)


def as_number(value):
    if isinstance(value, bool) or not isinstance(value, (Decimal, str)):
        raise Bad()
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise Bad() from None
    if not number.is_finite():
        raise Bad()
    return number


def as_severity(value):
    number = as_number(value)
    if number != number.to_integral_value() or not 1 <= number <= 5:
        raise Bad()
    return int(number)


def as_money(value):
    if isinstance(value, str) and value.endswith(" CNY"):
        value = value[:-4]
    return as_number(value)


def as_flag(value):
    if not isinstance(value, bool):
        raise Bad()
    return value


def as_instant(value):
    try:
        return ms_of(as_text(value))
    except ValueError:
        raise Bad() from None


def one_of(*names):
    def reader(value):
        if value not in names:
            raise Bad()
        return value
    return reader


def fields(optional="", **readers):
    return {name: (reader, name in optional.split()) for name, reader in readers.items()}


ONLY = fields(complaint=as_text)
SCHEMAS = {
    "complaint.opened": fields("vip repeated", complaint=as_text, severity=as_severity,
                               order_value=as_money, vip=as_flag, repeated=as_flag,
                               category=one_of("quality", "delivery", "refund", "fraud", "other")),
    "complaint.answered": ONLY,
    "complaint.waiting_customer": ONLY,
    "complaint.customer_replied": ONLY,
    "complaint.resolved": fields(complaint=as_text, outcome=as_text),
    "complaint.withdrawn": ONLY,
    "report.published": fields(report=as_text, kind=one_of("weekly", "quality", "monthly")),
    "remit.joined": fields(person=as_text, team=as_text),
    "remit.appointed": fields("from until", **{"person": as_text, "seat": as_text,
                                               "from": as_instant, "until": as_instant}),
    "remit.reported": fields("note", duty=as_text, key=as_key, note=as_text),
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def refuse_constant(name):
    raise ValueError("not JSON: " + name)


def read_line(line):
    """A CloudEvent's members with `ms` for its time, or None when the line is malformed."""
    try:
        event = json.loads(line.decode("utf-8"), parse_float=Decimal, parse_int=Decimal,
                           parse_constant=refuse_constant)
    except ValueError:
        return None
    if not isinstance(event, dict) or event.get("specversion") != "1.0":
        return None
    for name in ("id", "source", "type", "time"):
        if not isinstance(event.get(name), str) or not event[name]:
            return None
    if not INSTANT.fullmatch(event["time"]):
        return None
    try:
        event["ms"] = ms_of(event["time"])
    except ValueError:
        return None
    return event


def read_data(event):
    """The typed fields of an event. Raises Bad."""
    schema, data = SCHEMAS.get(event["type"]), event.get("data", {})
    if schema is None or not isinstance(data, dict) or not set(data) <= set(schema):
        raise Bad()
    typed = {}
    for name, (reader, optional) in schema.items():
        if data.get(name) is not None:
            typed[name] = reader(data[name])
        elif not optional:
            raise Bad()
    if event["type"] == "complaint.opened":
        typed.setdefault("vip", False)
        typed.setdefault("repeated", False)
    return typed


# -- the duties ------------------------------------------------------------------------------------


class Duty:
    """One duty with what has come about it, and what was told on the way."""

    def __init__(self, name, owner, raised, limit, ladder):
        self.name, self.owner, self.ladder = name, owner, ladder
        self.raised, self.limit = raised, limit
        self.acts = []
        self.fold = Fold(raised, limit, OFFICE, [])
        self.fired = set()          # numbers of rungs; 0 is the breach
        self.told = collections.Counter()

    def settle(self, clock, inclusive=False):
        """Lets happen what is to come before `clock`, at it too when inclusive.

        Nothing comes any more once an end is known, even if a resume that is told later makes it
        look as if a rung had come before that end.
        """
        if self.fold.end is not None:
            return
        until = clock if inclusive else clock - 1
        if 0 not in self.fired and self.fold.happens(self.fold.due, until):
            self.fired.add(0)
            self.told["breaches"] += 1
        for number, rung in enumerate(self.ladder, start=1):
            if number not in self.fired and self.fold.happens(self.fold.instant(rung), until):
                self.fired.add(number)
                what = "reminded" if rung.kind == "remind" else "escalated"
                self.told["%s.%d.%s" % (what, number, rung.to)] += 1

    def act(self, act, clock):
        """Handles (ms, what, reason, source, id) at `clock`; settle(clock) has been called."""
        before = self.fold
        self.acts.append(act)
        after = self.fold = Fold(self.raised, self.limit, OFFICE, self.acts)
        if before.end is not None:
            if (before.end, before.ended, before.late()) != (after.end, after.ended, after.late()):
                self.told["corrected"] += 1
        elif after.end is not None:
            if 0 in self.fired and not after.late():
                self.told["corrected"] += 1
                if after.ended == "fulfil":
                    self.told["reported_late"] += 1
        else:
            self.moved(before, after, act, clock)

    def moved(self, before, after, act, clock):
        """An act that left the duty running: a pause or a resume, or nothing."""
        ms, what = act[0], act[1]
        edge = 0 if what == "pause" else 1

        def edges(fold):
            return [stop[edge] for stop in fold.stopped]

        if ms in edges(after) and ms not in edges(before):
            self.told["pauses" if what == "pause" else "resumes"] += 1
        if 0 in self.fired and (after.due is None or after.due >= clock):
            self.told["corrected"] += 1
            self.told["rounds"] += 1
            self.fired = {n for n in self.fired if n and self.ladder[n - 1].percent is not None}

    def outcome(self):
        if self.fold.ended == "fulfil":
            return "late" if self.fold.late() else "in_time"
        if self.fold.ended == "waive":
            return "waived"
        return "breached" if 0 in self.fired else "open"


class Week:
    """The state while the lines are played through."""

    def __init__(self):
        self.count = Figures()
        self.clock = None
        self.first = None
        self.duties = {}            # (name, key) -> Duty, in the order they were raised
        self.schedules = []         # [(instant, kind)] not yet raised
        self.accepted = {}          # (source, id) -> content
        self.rejected = set()       # (source, id, content)
        self.teams = collections.defaultdict(set)
        self.seats = {}

    def line(self, line):
        """Takes one line."""
        self.count.add("lines")
        event = read_line(line)
        if event is None:
            self.count.add("rejected.malformed")
            return
        identity = (event["source"], event["id"])
        try:
            data = read_data(event)
        except Bad:
            raw = json.dumps(event.get("data"), sort_keys=True, default=str)
            self.reject("schema", identity, (event["type"], event["ms"], event.get("actor"), raw))
            return
        content = (event["type"], event["ms"], event.get("actor"), tuple(sorted(data.items())))
        if identity in self.accepted:
            if self.accepted[identity] == content:
                self.count.add("repeats")
            else:
                self.reject("conflict", identity, content)
        elif identity + (content,) in self.rejected:
            self.count.add("repeats")
        elif self.clock is not None and event["ms"] < self.clock - 30 * DAY:
            self.reject("late", identity, content)
        else:
            self.move(event["ms"])
            if self.handle(event, data):
                self.accepted[identity] = content
                self.count.add("accepted")
            else:
                self.reject("authority", identity, content)

    def reject(self, reason, identity, content):
        if identity + (content,) in self.rejected:
            self.count.add("repeats")
            return
        self.rejected.add(identity + (content,))
        self.count.add("rejected." + reason)

    def move(self, ms):
        """Moves the clock to `ms` if that is later; each duty settles when it is next looked at."""
        if self.clock is None:
            self.clock = self.first = ms
            self.plan(ms)
        self.clock = max(self.clock, ms)
        self.begin(self.clock)

    def plan(self, ms):
        """The schedules' instants of five weeks from the first clock."""
        wall = SHANGHAI.to_wall(ms)
        midnight = datetime(wall.year, wall.month, wall.day)
        for day in range(35):
            date = midnight + timedelta(days=day)
            for kind, (_, _, weekday, hour, _, _) in SCHEDULES.items():
                instant = SHANGHAI.to_utc(date + timedelta(hours=hour))
                if date.weekday() == weekday and instant >= ms:
                    self.schedules.append((instant, kind))

    def begin(self, clock, inclusive=False):
        """Raises the schedules' duties of instants before `clock`."""
        while self.schedules and (self.schedules[0][0] < clock
                                  or (inclusive and self.schedules[0][0] == clock)):
            instant, kind = self.schedules.pop(0)
            name, owner, _, _, count, ladder = SCHEDULES[kind]
            limit = OFFICE.add(instant, count * HOUR)
            self.duties[name, instant] = Duty(name, owner, instant, limit, ladder)

    def handle(self, event, data):
        """Handles an event at the clock. False: its actor may not do this."""
        kind, ms = event["type"], event["ms"]
        if kind == "complaint.opened":
            self.opened(ms, data)
        elif kind in ACTS:
            found = [self.act(name, data["complaint"], ms, what, event)
                     for name, what in ACTS[kind].items()]
            if not any(found):
                self.count.add("unmatched")
        elif kind == "report.published":
            self.published(ms, data["kind"], event)
        elif kind == "remit.joined":
            self.teams[data["team"]].add(data["person"])
        elif kind == "remit.appointed":
            self.seats[data["seat"]] = data["person"]
        elif kind == "remit.reported":
            return self.reported(ms, data, event)
        return True

    def opened(self, ms, data):
        key = data["complaint"]
        owner, deadline = route(data)
        self.oblige("first_response", key, "customer_service", ms, first_answer(data), FIRST_LADDER)
        self.oblige("handle_complaint", key, owner, ms, deadline, handle_ladder(owner))
        if data["category"] == "fraud":
            self.oblige("investigate_fraud", key, "data_analytics", ms, days(1), FRAUD_LADDER)
            self.count.add("notified.director")
        if data["order_value"] > 50000:
            self.count.add("emitted")
            self.oblige("review_claim", key, LEAD, ms, days(2), CLAIM_LADDER)
        if data["vip"] and urgency(data) == 5:
            self.count.add("notified." + LEAD)
            self.count.add("notified.director")

    def oblige(self, name, key, owner, ms, deadline, ladder):
        if (name, key) not in self.duties:
            self.duties[name, key] = Duty(name, owner, ms, deadline(ms), ladder)
            self.duties[name, key].settle(self.clock)

    def act(self, name, key, ms, what, event):
        """One act on one duty; False when there is none of that key."""
        duty = self.duties.get((name, key))
        if duty is None:
            return False
        duty.settle(self.clock)
        duty.act((ms, what, "customer", event["source"], event["id"]), self.clock)
        return True

    def published(self, ms, kind, event):
        """A report goes to the oldest running duty of its kind that had begun by its own time."""
        if kind in SCHEDULES:
            for (name, key), duty in self.duties.items():
                if name == SCHEDULES[kind][0] and duty.fold.end is None and duty.raised <= ms:
                    self.act(name, key, ms, "fulfil", event)
                    return
        self.count.add("unmatched")

    def reported(self, ms, data, event):
        name, key = data["duty"], data["key"][0]
        duty = self.duties.get((name, key))
        if duty is None or len(data["key"]) != 1:
            self.count.add("unmatched")
            return True
        actor = event.get("actor")
        if actor not in self.teams[duty.owner] and self.seats.get(duty.owner) != actor:
            return False
        return self.act(name, key, ms, "fulfil", event)

    def end(self, until):
        """Ends the run at `until`, if it lies after the clock: all at or before it happens."""
        until = max(until, self.clock)
        self.begin(until, inclusive=True)
        for duty in self.duties.values():
            duty.settle(until, inclusive=True)

    def figures(self, by_owner=False):
        """All figures. Call it once, after end()."""
        result = Figures(by_owner)
        result.update(self.count)
        for duty in self.duties.values():
            told = dict(duty.told)
            told["raised"] = 1
            told[duty.outcome()] = 1
            told["stops"] = len(duty.fold.stopped)
            if duty.outcome() == "open" and duty.fold.standing():
                told["standing"] = 1
            for what, number in told.items():
                if number:
                    result.add(duty.name + "." + what, duty.owner, number)
                    result.add("total." + what.split(".")[0], duty.owner, number)
        return result


def count_lines(lines, until=None, by_owner=False):
    """The figures of lines of bytes. until: ms, or None for the midnight after seven days."""
    week = Week()
    for line in lines:
        week.line(line.rstrip(b"\r\n"))
    if week.clock is None:
        return week.figures(by_owner)
    if until is None:
        wall = SHANGHAI.to_wall(week.first)
        until = SHANGHAI.to_utc(datetime(wall.year, wall.month, wall.day) + timedelta(days=7))
    week.end(until)
    return week.figures(by_owner)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--until")
    parser.add_argument("--by", choices=["owner"])
    options = parser.parse_args(arguments)
    try:
        with open(options.file, "rb") as lines:
            until = ms_of(options.until) if options.until else None
            figures = count_lines(lines, until, options.by == "owner")
    except FileNotFoundError:
        print("count_week: no such file: " + options.file, file=sys.stderr)
        return 2
    json.dump(figures, sys.stdout, indent=1, sort_keys=True)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
