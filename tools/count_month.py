#!/usr/bin/env python3
"""Counts what rules/shop makes of a month's lines, a second time, from the lines.

    count_month.py FILE [--until INSTANT] [--by owner]      prints one JSON object {figure: number}

It reads each line as what it is and plays the duties through one by one, by the rules in
dutycount.py and these, the approvals by the rules in approvalcount.py, the KPIs by those in
kpicount.py (terms as in rules/shop, written out again below). The run is taken to end with `--until` (default: the
first midnight of the month after that of the first accepted line).

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
 6. AUTHORITY: remit.reported for a duty that exists, by someone who is not its owner at the event's
    own time (for a team: neither belongs to it nor holds one of its seats); a vote or withdrawal by
    someone who may not. It has moved the clock, as whatever gets this far.
 7. ACCEPTED, the rest. `unmatched` counts those acts among them that found no duty that ever
    existed with their key (a report: no duty of its kind begun by then), nor an open approval, and
    are of a type that raises nothing. Rejects are 1, 2, 4, 5 and 6.

Duties, by the fold of dutycount.py over what has come so far, each line at the clock that it makes:
 - Before a line is handled, all that is to come before the clock happens: rungs and breaches at
   R < clock, in the order of their instants; what is to come at the clock waits until it moves. At
   the end all at or before `until` does.
 - A line that raises a duty raises it at its own time; what is then already past happens at once.
   Raising again does nothing, neither while it runs nor after. Acts that come before the line that
   raises are unmatched for good.
 - A rung whose addressee's seat is vacant (was held and isn't) tells that of the next rung in its
   place, and so on; DUTY.vacant.N.SEAT counts each seat passed over.
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
Notifications: notified.ADDRESSEE, once for each accepted event that a rule fits, raised again or
not, for each end of an approval that tells somebody, each breach and each level of a KPI that does.
emitted: the events that rules, approvals and breaches make.

What the report shows beside that:
 - approval.NAME.END/GROUP: the group is that of the approval's first seat.
 - kpi.* as in kpicount.py; alarmed.LEVEL/GROUP by the group that a KPI calls.
 - day.breached.DD/GROUP: the breaches by their day of the month.
 - climbed.N.DUTY: how many of the duties that are overdue have climbed to management (0), to the
   director (1), to others or nobody (2). worst.DUTY: of these the highest, and then the first due.
 - people.joined, .left/TEAM: after the first instant; vacancy.SEAT: when nobody held it.
"""

import argparse
import collections
import heapq
import json
import re
import sys
from datetime import datetime
from decimal import Decimal, InvalidOperation

from approvalcount import Approval, Need, Organisation
from dutycount import (HOUR, MINUTE, Calendar, Figures, FixedZone, Fold, RealTime, Rung,
                       add_calendar_days, instant_text, ms_of)
from kpicount import Bound, Kpi, Kpis

DAY = 24 * HOUR
SHANGHAI = FixedZone(8)
# The office calendar's days around the months that are generated: 2026, as announced.
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


def remind(to, percent=None, after=None):
    return Rung("remind", to, percent, after)


def escalate(to, after=None):
    return Rung("escalate", to, None, after)


def elapsed(count):
    return lambda start: start + count * HOUR


CHANNELS = {"chat": minutes(10), "phone": minutes(30), "email": hours(4)}


def incident_level(incident):
    """The table `incident_level`."""
    checkout, users = incident["system"] == "checkout", incident["users"]
    if incident["sales_stopped"] or users >= (1000 if checkout else 10000):
        return 1
    return 2 if checkout or users >= 500 else 3


RESTORE = {1: 2, 2: 8, 3: 48}

# Duty -> (owner, deadline, ladder). None where it hangs on the event.
TERMS = {
    "first_response": ("customer_service", None, [escalate(LEAD), escalate("director", hours(4))]),
    "investigate_fraud": ("data_analytics", days(1), [
        escalate("data_analytics.lead"), escalate("director", hours(8))]),
    "review_claim": (LEAD, days(2), [remind(LEAD, 50), escalate("director")]),
    "weekly_report": ("data_analytics", hours(4), [
        remind("data_analytics", 75), escalate("data_analytics.lead"),
        escalate("director", hours(4))]),
    "service_quality_report": ("customer_service", hours(3), [
        escalate(LEAD), escalate("director", hours(4))]),
    "monthly_report": ("data_analytics", days(2), [
        remind("data_analytics", 50), escalate("director"), escalate("management", hours(8))]),
    "answer_question": ("customer_service", None, [
        remind("customer_service", after=minutes(30)), escalate(LEAD, hours(4))]),
    "analyse_feedback": ("product_ops", days(3), [
        remind("product_ops", 75), escalate("product_ops.lead"), escalate("director", hours(16))]),
    "restore_service": ("product_ops", None, [
        remind("product_ops.lead", 50), escalate("product_ops.lead"),
        escalate("director", elapsed(2)), escalate("management", elapsed(8))]),
    "explain_incident": ("product_ops", days(3), [
        escalate("product_ops.lead"), escalate("director", hours(16))]),
    "pay_refund": ("customer_service", days(1), [
        remind("customer_service", 75), escalate(LEAD), escalate("director", hours(8))]),
    "start_campaign": ("marketing_ops", days(3), [
        remind("marketing_ops", 75), escalate("marketing_ops.lead")]),
    "review_campaign": ("marketing_ops", days(3), [
        remind("marketing_ops", 50), escalate("marketing_ops.lead"),
        escalate("director", hours(8))]),
    "gather_needs": ("product_ops", days(5), [
        remind("product_ops", 50), escalate("product_ops.lead"), escalate("director", days(2))]),
    "test_launch": ("product_ops", days(5), [
        escalate("product_ops.lead"), escalate("director", days(2))]),
    "publish_launch": ("product_ops.lead", days(5), [
        remind("product_ops.lead", 75), escalate("director"), escalate("management", hours(16))]),
    "document_launch": ("product_ops", days(2), [
        escalate("product_ops.lead"), escalate("director", hours(16))]),
    "reviewed_launch": ("product_ops.lead", lambda start: start + MINUTE, []),
    "explain_launch": ("product_ops.lead", days(1), [escalate("director")]),
    "look_into": ("product_ops", days(1), [
        escalate("product_ops.lead"), escalate("director", hours(8))]),
    "improve_service": ("customer_service", days(5), [remind(LEAD, 75), escalate("director")]),
}
for source in ("orders", "traffic", "service"):
    TERMS["collect_" + source] = ("data_analytics", elapsed(2), [
        escalate("data_analytics.lead"), escalate("director", elapsed(2))])
# Duties in hours of the clock or in days of the calendar.
REAL = {"restore_service", "train_employee", "reviewed_launch", "collect_orders", "collect_traffic",
        "collect_service"}
# Duties whose breach has consequences.
REACTS = {"first_response": "missed", "reviewed_launch": "unreviewed"}

# What an act does to the duties of its key: type -> {duty: what}.
ACTS = {
    "complaint.answered": {"first_response": "fulfil"},
    "complaint.resolved": {"first_response": "fulfil", "handle_complaint": "fulfil",
                           "review_claim": "fulfil"},
    "complaint.withdrawn": {"first_response": "waive", "handle_complaint": "waive",
                            "review_claim": "waive"},
    "complaint.waiting_customer": {"handle_complaint": "pause"},
    "complaint.customer_replied": {"handle_complaint": "resume"},
    "question.answered": {"answer_question": "fulfil"},
    "feedback.analysed": {"analyse_feedback": "fulfil"},
    "incident.resolved": {"restore_service": "fulfil"},
    "order.refunded": {"pay_refund": "fulfil"},
    "refund.dropped": {"pay_refund": "waive"},
    "campaign.started": {"start_campaign": "fulfil"},
    "campaign.dropped": {"start_campaign": "waive"},
    "campaign.reviewed": {"review_campaign": "fulfil"},
    "launch.specified": {"gather_needs": "fulfil"},
    "launch.tested": {"test_launch": "fulfil"},
    "launch.cancelled": {"gather_needs": "waive", "test_launch": "waive", "publish_launch": "waive"},
    "launch.published": {"publish_launch": "fulfil"},
    "launch.documented": {"document_launch": "fulfil"},
    "employee.examined": {"train_employee": "fulfil"},
}
# Which approval an event withdraws, by the same key.
WITHDRAWS = {"refund.dropped": "refund_amount", "campaign.dropped": "campaign_budget",
             "launch.cancelled": "product_launch"}
# The events whose key isn't named as their type begins.
KEYS = {"order.refunded": "refund"}
# What a scheduled duty hangs on: (weekday | day of the month | every day, hour).
SCHEDULES = (
    ("weekly_report", lambda date: date.weekday() == 0, 10),
    ("service_quality_report", lambda date: date.weekday() == 4, 15),
    ("collect_orders", lambda date: True, 6),
    ("collect_traffic", lambda date: True, 6),
    ("collect_service", lambda date: True, 6),
    ("monthly_report", lambda date: date.day == 3, 9),
)
REPORTS = {"weekly": "weekly_report", "quality": "service_quality_report",
           "monthly": "monthly_report"}

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


def whole(low, high):
    def reader(value):
        number = as_number(value)
        if number != number.to_integral_value() or not low <= number <= high:
            raise Bad()
        return int(number)
    return reader


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


GOODS = one_of("clothing", "food", "electronics", "home", "gifts")
ONLY = fields(complaint=as_text)
SPAN = {"from": as_instant, "until": as_instant}
SCHEMAS = {
    "complaint.opened": fields("vip repeated", complaint=as_text, severity=whole(1, 5),
                               order_value=as_money, vip=as_flag, repeated=as_flag,
                               category=one_of("quality", "delivery", "refund", "fraud", "other")),
    "complaint.answered": ONLY,
    "complaint.waiting_customer": ONLY,
    "complaint.customer_replied": ONLY,
    "complaint.resolved": fields(complaint=as_text, outcome=as_text),
    "complaint.withdrawn": ONLY,
    "report.published": fields(report=as_text, kind=one_of("weekly", "quality", "monthly")),
    "question.asked": fields(question=as_text, channel=one_of("chat", "phone", "email")),
    "question.answered": fields(question=as_text),
    "feedback.received": fields(feedback=as_text, about=one_of("defect", "wish", "praise")),
    "feedback.analysed": fields(feedback=as_text),
    "incident.reported": fields("sales_stopped", incident=as_text, users=whole(0, 10000000),
                                sales_stopped=as_flag,
                                system=one_of("checkout", "search", "app", "warehouse")),
    "incident.resolved": fields(incident=as_text),
    "order.paid": fields(order=as_text, amount=as_money, goods=GOODS),
    "order.refunded": fields(refund=as_text, order=as_text, goods=GOODS, amount=as_money),
    "refund.requested": fields(refund=as_text, order=as_text, goods=GOODS, amount=as_money,
                               agent=as_text),
    "refund.dropped": fields(refund=as_text),
    "survey.returned": fields(survey=as_text, score=whole(1, 5)),
    "check.run": fields(check=as_text, service=one_of("checkout", "app", "search"), failed=as_flag),
    "goods.looked_into": fields(goods=GOODS),
    "campaign.proposed": fields(campaign=as_text, budget=as_money, proposer=as_text),
    "launch.proposed": fields(launch=as_text, requester=as_text, budget=as_money),
    "launch.review_requested": fields("customers_data", launch=as_text, requester=as_text,
                                      budget=as_money, customers_data=as_flag),
    "data.collected": fields(run=as_text, source=one_of("orders", "traffic", "service")),
    "employee.hired": fields(employee=as_text, team=as_text),
    "employee.examined": fields(employee=as_text),
    "remit.joined": fields(person=as_text, team=as_text),
    "remit.appointed": fields("from until", person=as_text, seat=as_text, **SPAN),
    "remit.left": fields("seat", person=as_text, seat=as_text),
    "remit.delegated": fields("seat from until", person=as_text, seat=as_text, **SPAN),
    "remit.decided": fields("note seat", approval=as_text, key=as_key, vote=one_of("yes", "no"),
                            note=as_text, seat=as_text),
    "remit.withdrawn": fields(approval=as_text, key=as_key),
    "remit.reported": fields("note", duty=as_text, key=as_key, note=as_text),
}
for name in ("dropped", "started", "ended", "reviewed"):
    SCHEMAS["campaign." + name] = fields(campaign=as_text)
for name in ("specified", "tested", "cancelled", "published", "documented"):
    SCHEMAS["launch." + name] = fields(launch=as_text)
NEEDS_ACTOR = ("remit.delegated", "remit.decided", "remit.withdrawn", "remit.reported")
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
    if event["type"] in NEEDS_ACTOR and not event.get("actor"):
        raise Bad()
    if schema is None or not isinstance(data, dict) or not set(data) <= set(schema):
        raise Bad()
    typed = {}
    for name, (reader, optional) in schema.items():
        if data.get(name) is not None:
            typed[name] = reader(data[name])
        elif not optional:
            raise Bad()
    for name, (reader, optional) in schema.items():
        if reader is as_flag and optional:
            typed.setdefault(name, False)
    return typed


# -- the duties ------------------------------------------------------------------------------------


def group_of(party):
    """The group of a party: its team, or the director's office."""
    return "office" if party in ("director", "management") else party.split(".")[0]


HEIGHT = {"management": 0, "director": 1}


class Duty:
    """One duty with what has come about it, and what was told on the way."""

    def __init__(self, name, owner, raised, limit, ladder, vacant=lambda seat, ms: False, key=None):
        self.name, self.owner, self.ladder, self.key = name, owner, ladder, key
        self.raised, self.limit = raised, limit
        self.measure = RealTime if name in REAL else OFFICE
        self.vacant = vacant
        self.acts = []
        self.fold = Fold(raised, limit, self.measure, [])
        self.fired = set()          # numbers of rungs; 0 is the breach
        self.told = collections.Counter()
        self.breaches = []          # their instants
        self.reached = 2            # how high it has climbed: 0 is management, 1 the director

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
            self.breaches.append(self.fold.due)
        for number, rung in enumerate(self.ladder, start=1):
            instant = self.fold.instant(rung)
            if number not in self.fired and self.fold.happens(instant, until):
                self.fired.add(number)
                self.climb(number, rung, instant)

    def climb(self, number, rung, instant):
        """Tells the addressee of a rung, or of the next one whose seat isn't vacant."""
        what = "reminded" if rung.kind == "remind" else "escalated"
        gone = set()
        for to in (higher.to for higher in self.ladder[number - 1:]):
            if not self.vacant(to, instant):
                self.told["%s.%d.%s" % (what, number, to)] += 1
                if rung.kind == "escalate":
                    self.reached = min(self.reached, HEIGHT.get(to, 2))
                return
            if to not in gone:
                gone.add(to)
                self.told["vacant.%d.%s" % (number, to)] += 1

    def act(self, act, clock):
        """Handles (ms, what, reason, source, id) at `clock`; settle(clock) has been called."""
        before = self.fold
        self.acts.append(act)
        after = self.fold = Fold(self.raised, self.limit, self.measure, self.acts)
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


class Month:
    """The state while the lines are played through."""

    def __init__(self, by_owner=False):
        self.count = Figures(by_owner)
        self.clock = None
        self.first = None
        self.duties = {}            # (name, key) -> Duty, in the order they were raised
        self.scheduled = collections.defaultdict(list)      # name -> [Duty], not known to be over
        self.schedules = []         # [(instant, name)] not yet raised
        self.approvals = {}         # (name, key) -> Approval: the last one, if asked for again
        self.timers = []            # heap of (instant, number, Duty): deadlines that have consequences
        self.cleared = {}           # launch -> [instant at which a review was granted]
        self.kpis = Kpis(self.count, self.alarm)
        self.running = []           # those of them that are open
        self.accepted = {}          # (source, id) -> content
        self.rejected = set()       # (source, id, content)
        self.people = Organisation()

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
        self.look(self.clock)
        self.expire(self.clock)
        self.kpis.run(self.clock)

    def expire(self, clock, inclusive=False):
        """What follows from the breaches of instants before `clock`."""
        while self.timers and (self.timers[0][0] < clock or (inclusive and self.timers[0][0] == clock)):
            instant, _, duty = heapq.heappop(self.timers)
            duty.settle(clock, inclusive)
            if duty.breaches:
                getattr(self, REACTS[duty.name])(duty.key, instant, instant)

    def missed(self, key, ms, told):
        self.count.add("emitted")
        self.kpis.sample(LATE_ANSWERS, "", 0, 1, ms, told)

    def alarm(self, kpi, what, group, episode, ms):
        """What follows from a level of a KPI that was raised or cleared."""
        home, told = CALLS[kpi]
        if what != "cleared":
            self.count.add("alarmed." + what, home)
        for who in told.get(what, ()):
            self.count.add("notified." + who)
        if what == "warning" and kpi == "refund_rate":
            key = (group, str(episode))
            self.oblige("look_into", key, ms)
            self.scheduled["look_into " + group].append(self.duties["look_into", key])
        if what == "warning" and kpi == "satisfaction":
            self.oblige("improve_service", str(episode), ms)

    def unreviewed(self, key, ms, told):
        self.count.add("notified.director")
        self.count.add("notified.management")
        self.oblige("explain_launch", key, ms)

    def plan(self, ms):
        """The schedules' instants of 65 days from the first clock."""
        wall = SHANGHAI.to_wall(ms)
        midnight = datetime(wall.year, wall.month, wall.day)
        for day in range(65):
            date = midnight + day * ONE_DAY
            for name, fits, hour in SCHEDULES:
                instant = SHANGHAI.to_utc(date.replace(hour=hour))
                if fits(date) and instant >= ms:
                    self.schedules.append((instant, name))
        self.schedules.sort()

    def begin(self, clock, inclusive=False):
        """Raises the schedules' duties of instants before `clock`."""
        while self.schedules and (self.schedules[0][0] < clock
                                  or (inclusive and self.schedules[0][0] == clock)):
            instant, name = self.schedules.pop(0)
            self.oblige(name, instant, instant, settle=False)
            self.scheduled[name].append(self.duties[name, instant])

    def look(self, clock, inclusive=False):
        """Lets approvals lapse, or turn out to be unattainable, before `clock`."""
        while True:
            planned = [a for a in self.running
                       if a.next < clock or (inclusive and a.next == clock)]
            if not planned:
                return
            first = min(planned, key=lambda a: a.next)
            first.pass_by(first.next)
            self.ended(first, first.next)

    def ended(self, approval, ms):
        """What follows from how an approval stands now."""
        if approval.state == "open":
            return
        self.running.remove(approval)
        self.count.add("approval.%s.%s" % (approval.name, approval.state), approval.group)
        told, emits = approval.reactions.get(approval.state, ((), None))
        for who in told:
            if who.startswith("escalate "):
                self.count.add("approval.%s.escalated.%s" % (approval.name, who[len("escalate "):]),
                               approval.group)
            else:
                self.count.add("notified." + who)
        if emits:
            self.count.add("emitted")
            self.oblige(emits, approval.key, ms)
            if approval.name == "product_launch":
                self.cleared.setdefault(approval.key, []).append(ms)
                self.act("reviewed_launch", approval.key, ms, "fulfil", {"source": "", "id": ""})

    def handle(self, event, data):
        """Handles an event at the clock. False: its actor may not do this."""
        kind, ms = event["type"], event["ms"]
        acted = None                # whether an act found what it is for
        if kind in RAISES:
            getattr(self, RAISES[kind])(ms, data, event)
        if kind in ACTS:
            key = data[KEYS.get(kind, kind.split(".")[0])]
            found = [self.act(name, key, ms, what, event) for name, what in ACTS[kind].items()]
            if kind in WITHDRAWS:
                found.append(self.withdraw(WITHDRAWS[kind], key, ms))
            acted = any(found)
        elif kind == "report.published":
            acted = self.published(REPORTS[data["kind"]], ms, event)
        elif kind == "goods.looked_into":
            acted = self.published("look_into " + data["goods"], ms, event)
        elif kind == "data.collected":
            acted = self.published("collect_" + data["source"], ms, event, each=True)
        elif kind in ("remit.joined", "remit.appointed", "remit.left", "remit.delegated"):
            self.people.event(kind, ms, data, event.get("actor"))
            for approval in list(self.running):
                approval.judge(ms)
                self.ended(approval, ms)
        elif kind == "remit.reported":
            acted = self.reported(ms, data, event)
        elif kind in ("remit.decided", "remit.withdrawn"):
            acted = self.decided(kind, ms, data, event["actor"])
        if acted is False and kind not in RAISES:
            self.count.add("unmatched")
        if kind in SAMPLES:
            for kpi, group, part, value in SAMPLES[kind](data):
                self.kpis.sample(kpi, group, part, value, ms, self.clock)
        return acted != "authority"

    # What raises something. Each rule and duty sees the event once, raised again or not.

    def opened(self, ms, data, event):
        key = data["complaint"]
        owner, deadline = route(data)
        self.oblige("first_response", key, ms, deadline=first_answer(data))
        self.oblige("handle_complaint", key, ms, owner, deadline, handle_ladder(owner))
        if data["category"] == "fraud":
            self.oblige("investigate_fraud", key, ms)
            self.count.add("notified.director")
        if data["order_value"] > 50000:
            self.count.add("emitted")
            self.oblige("review_claim", key, ms)
        if data["vip"] and urgency(data) == 5:
            self.count.add("notified." + LEAD)
            self.count.add("notified.director")

    def asked(self, ms, data, event):
        self.oblige("answer_question", data["question"], ms, deadline=CHANNELS[data["channel"]])

    def received(self, ms, data, event):
        if data["about"] != "praise":
            self.oblige("analyse_feedback", data["feedback"], ms)

    def incident(self, ms, data, event):
        level = incident_level(data)
        self.oblige("restore_service", data["incident"], ms, deadline=elapsed(RESTORE[level]))
        if level == 1:
            self.count.add("notified.director")
            self.count.add("notified.management")
            self.oblige("explain_incident", data["incident"], ms)

    def hired(self, ms, data, event):
        team = data["team"]
        self.oblige("train_employee", data["employee"], ms, team,
                    lambda start: add_calendar_days(SHANGHAI, start, 14),
                    [remind(team, 50), escalate("director")])

    def ended_campaign(self, ms, data, event):
        self.oblige("review_campaign", data["campaign"], ms)

    def proposed(self, ms, data, event):
        self.oblige("gather_needs", data["launch"], ms)

    def specified(self, ms, data, event):
        self.oblige("test_launch", data["launch"], ms)

    def published_launch(self, ms, data, event):
        launch = data["launch"]
        self.oblige("document_launch", launch, ms)
        if ("reviewed_launch", launch) not in self.duties:
            self.oblige("reviewed_launch", launch, ms, settle=False)
            if any(ms - 90 * DAY <= cleared <= ms for cleared in self.cleared.get(launch, ())):
                # It looks back as it is raised, before anything can have become due.
                self.duties["reviewed_launch", launch].act((ms, "fulfil", "", event["source"], event["id"]), self.clock)
            self.settle(self.duties["reviewed_launch", launch])

    def refund(self, ms, data, event):
        key, amount, agent = data["refund"], data["amount"], data["agent"]
        if amount <= 500:
            self.count.add("emitted")
            self.oblige("pay_refund", key, ms)
            return
        needs = [Need(1, [LEAD, "director"])] + [Need(1, ["director"])] * (amount > 5000)
        self.ask("refund_amount", key, ms, event, hours(8)(ms), needs, [agent], {
            "granted": ((), "pay_refund"), "refused": ((agent,), None),
            "lapsed": ((LEAD, "escalate director"), None)})

    def campaign(self, ms, data, event):
        budget, proposer = data["budget"], data["proposer"]
        needs = [Need(1, ["marketing_ops.lead", "director"])]
        needs += [Need(1, ["director"])] * (budget > 50000)
        needs += [Need(1, ["management"])] * (budget > 500000)
        self.ask("campaign_budget", data["campaign"], ms, event, days(2)(ms), needs, [proposer], {
            "granted": ((), "start_campaign"), "refused": ((proposer,), None),
            "lapsed": (("escalate director",), None),
            "unattainable": ((proposer, "management"), None)})

    def review(self, ms, data, event):
        needs = [Need(1, ["product_ops.lead"]),
                 Need(2, ["customer_service", "marketing_ops", "data_analytics"])]
        needs += [Need(1, ["data_analytics.lead"])] * data["customers_data"]
        needs += [Need(1, ["director"])] * (data["budget"] > 500000)
        needs += [Need(1, ["management"])] * (data["budget"] > 5000000)
        asker = data["requester"]
        self.ask("product_launch", data["launch"], ms, event, days(2)(ms), needs, [asker], {
            "granted": ((), "publish_launch"), "refused": ((asker, "product_ops"), None),
            "lapsed": (("escalate director",), None), "unattainable": (("director",), None)})

    def oblige(self, name, key, ms, owner=None, deadline=None, ladder=None, settle=True):
        if (name, key) in self.duties:
            return
        if name in TERMS:
            terms = TERMS[name]
            owner, deadline, ladder = terms[0], deadline or terms[1], terms[2]
        duty = Duty(name, owner, ms, deadline(ms), ladder, self.people.vacant, key)
        self.duties[name, key] = duty
        if settle:
            self.settle(duty)

    def settle(self, duty):
        """What is past already when a duty is raised; what follows from its deadline when that comes."""
        duty.settle(self.clock)
        if duty.name in REACTS and duty.fold.end is None:
            if duty.breaches:
                getattr(self, REACTS[duty.name])(duty.key, duty.fold.due, self.clock)
            else:
                heapq.heappush(self.timers, (duty.fold.due, len(self.duties), duty))

    def ask(self, name, key, ms, event, due, needs, excluded, reactions):
        before = self.approvals.get((name, key))
        if before and (before.state == "open" or name not in AGAIN):
            return
        approval = Approval(name, key, ms, event.get("actor"), due, needs, excluded, self.people)
        approval.reactions = reactions
        self.approvals[name, key] = approval
        self.running.append(approval)
        approval.group = group_of(needs[0].seats[0])
        self.count.add("approval.%s.opened" % name, approval.group)
        approval.judge(ms)
        self.ended(approval, ms)
        self.look(self.clock)

    # What acts on something.

    def act(self, name, key, ms, what, event):
        """One act on one duty; False when there is none of that key."""
        duty = self.duties.get((name, key))
        if duty is None:
            return False
        duty.settle(self.clock)
        duty.act((ms, what, "customer", event["source"], event["id"]), self.clock)
        return True

    def published(self, name, ms, event, each=False):
        """It goes to the oldest running duty of its kind that had begun by its own time; or to each."""
        found = False
        for duty in list(self.scheduled[name]):
            if duty.fold.end is None and duty.raised <= ms and (each or not found):
                found = self.act(duty.name, duty.key, ms, "fulfil", event)
                self.scheduled[name].remove(duty)
        return found

    def reported(self, ms, data, event):
        name, key = data["duty"], data["key"][0]
        duty = self.duties.get((name, key))
        if duty is None or len(data["key"]) != 1:
            return False
        if not self.people.holds(event["actor"], duty.owner, ms):
            return "authority"
        return self.act(name, key, ms, "fulfil", event)

    def decided(self, kind, ms, data, actor):
        approval = self.approvals.get((data["approval"], data["key"][0]))
        if approval is None or len(data["key"]) != 1 or approval.state != "open" \
                or ms < approval.raised:
            return False
        if kind == "remit.withdrawn":
            if actor != approval.asker:
                return "authority"
            approval.state = "withdrawn"
        elif not approval.vote(actor, data["vote"], ms, data.get("seat")):
            return "authority"
        else:
            self.count.add("approval.%s.voted.%s" % (approval.name, data["vote"]), approval.group)
        self.ended(approval, ms)
        return True

    def withdraw(self, name, key, ms):
        approval = self.approvals.get((name, key))
        if approval is None or approval.state != "open" or ms < approval.raised:
            return False
        approval.state = "withdrawn"
        self.ended(approval, ms)
        return True

    def end(self, until):
        """Ends the run at `until`, if it lies after the clock: all at or before it happens."""
        until = max(until, self.clock)
        self.clock = until
        self.begin(until, inclusive=True)
        self.look(until, inclusive=True)
        self.expire(until, inclusive=True)
        self.kpis.end(until)
        for duty in self.duties.values():
            duty.settle(until, inclusive=True)

    def figures(self):
        """All figures. Call it once, after end()."""
        result = self.count
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
            for ms in duty.breaches:
                result.add("day.breached.%02d" % SHANGHAI.to_wall(ms).day, group_of(duty.owner))
        for approval in self.running:
            result.add("approval.%s.open" % approval.name, approval.group)
        self.worst(result)
        self.comings(result)
        return result

    def worst(self, result):
        """The worst of the duties that are overdue."""
        def named(duty):
            key = duty.key if isinstance(duty.key, str) else "/".join(
                part if isinstance(part, str) else instant_text(SHANGHAI, part)
                for part in (duty.key if isinstance(duty.key, tuple) else (duty.key,)))
            return duty.reached, duty.fold.due, duty.name + "/" + key
        for reached, due, name in sorted(
                named(duty) for duty in self.duties.values() if duty.outcome() == "breached"):
            kind = name.partition("/")[0]
            result.add("climbed.%d.%s" % (reached, kind))
            if "worst." + kind not in result:
                result["worst." + kind] = "%s %s %d" % (name, instant_text(SHANGHAI, due), reached)

    def comings(self, result):
        """Who came and went after the first instant, and which seats nobody held for a time."""
        for seat, people in self.people.held.items():
            spans = sorted(span for spans in people.values() for span in spans)
            for begin, end in spans:
                if begin > self.first:
                    result.add("people.joined", seat)
                if end <= self.clock:
                    result.add("people.left", seat)
            gaps, last = [], None
            for begin, end in spans + [(self.clock, None)]:
                if last is not None and last < begin:
                    gaps.append("%s..%s" % (instant_text(SHANGHAI, last), instant_text(SHANGHAI, begin)
                                            if end is not None else ""))
                last = end if last is None or end is None else max(last, end)
            if gaps:
                result["vacancy." + seat] = " ".join(gaps)


# Approvals that may be asked for again once they have ended.
AGAIN = ("product_launch", "campaign_budget")


# -- the KPIs --------------------------------------------------------------------------------------


def whole_days(count):
    return lambda ms: add_calendar_days(SHANGHAI, ms, count)


REFUND_RATE = Kpi("refund_rate", whole_days(7), {
    "warning": (Bound("above", "0.05", 2 * HOUR), Bound("below", "0.04")),
    "critical": (Bound("above", "0.08"), None)}, least=5)
LATE_ANSWERS = Kpi("late_answers", whole_days(1), {
    "warning": (Bound("at least", "0.3"), Bound("at most", "0.15")),
    "critical": (Bound("at least", "0.5"), Bound("at most", "0.25"))}, least=10, empty="clear")
ERROR_RATE = Kpi("error_rate", lambda ms: ms + HOUR, {
    "critical": (Bound("above", "0.5", 20 * MINUTE), Bound("at most", "0.25", 20 * MINUTE))},
    least=3, step=10 * MINUTE)
SATISFACTION = Kpi("satisfaction", whole_days(7), {
    "warning": (Bound("below", "3.5", DAY), None)}, least=5, empty="alert", shape="average")
# What an event adds: type -> function from its data to [(kpi, group, part, value)].
SAMPLES = {
    "order.paid": lambda data: [(REFUND_RATE, data["goods"], 1, data["amount"])],
    "order.refunded": lambda data: [(REFUND_RATE, data["goods"], 0, data["amount"])],
    "complaint.opened": lambda data: [(LATE_ANSWERS, "", 1, 1)],
    "check.run": lambda data: [(ERROR_RATE, data["service"], part, 1)
                               for part in ((0, 1) if data["failed"] else (1,))],
    "survey.returned": lambda data: [(SATISFACTION, "", 0, data["score"])],
}
# KPI -> the group that it calls, {level: who is notified}.
CALLS = {
    "refund_rate": ("product_ops", {"critical": ("product_ops.lead", "director"),
                                    "cleared": ("product_ops.lead",)}),
    "late_answers": ("customer_service", {"warning": (LEAD,), "critical": (LEAD, "director")}),
    "error_rate": ("product_ops", {"critical": ("product_ops.lead", "director")}),
    "satisfaction": ("customer_service", {}),
}


# What raises something: type -> method of Month.
RAISES = {"complaint.opened": "opened", "question.asked": "asked", "feedback.received": "received",
          "incident.reported": "incident", "employee.hired": "hired",
          "campaign.proposed": "campaign", "campaign.ended": "ended_campaign",
          "refund.requested": "refund", "launch.proposed": "proposed",
          "launch.specified": "specified", "launch.review_requested": "review",
          "launch.published": "published_launch"}
ONE_DAY = datetime(1970, 1, 2) - datetime(1970, 1, 1)


def count_lines(lines, until=None, by_owner=False):
    """The figures of lines of bytes. until: ms, or None for the end of the month."""
    month = Month(by_owner)
    for line in lines:
        month.line(line.rstrip(b"\r\n"))
    if month.clock is None:
        return month.figures()
    if until is None:
        wall = SHANGHAI.to_wall(month.first)
        until = SHANGHAI.to_utc(datetime(wall.year + wall.month // 12, wall.month % 12 + 1, 1))
    month.end(until)
    return month.figures()


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
        print("count_month: no such file: " + options.file, file=sys.stderr)
        return 2
    json.dump(figures, sys.stdout, indent=1, sort_keys=True)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
