#!/usr/bin/env python3
"""Counts what the department's policy makes of a simulated year, a second time, from the raw lines.

    count_year.py FOLDER --until INSTANT [--adopted INSTANT] [--migrated WEEK] [--duties FILE]

FOLDER is one of gen_year.py. Prints one JSON object {figure: number}; --duties writes a line for each duty
that was worked out: kind, key, version (1 or 2), raised, due, how it stands. Nothing of Remit takes part: tables
and terms of rules/department are written out again here, the calendars, pauses and ends are those of
dutycount.py, the KPIs those of kpicount.py, whose rules of counting hold here too.

Lines are read in the order in which they came: a week's events, then its orders. Each is malformed (the same bytes in another file are a repeat), against
the schema (of the types that are known here), a repeat, a conflict, too late (over 30 days behind the clock, the
greatest own time that was accepted) or accepted. A line that raises a duty raises it at its own time under the
version of that time: the second from --adopted on. An act counts by its own time if it comes after the line
that raises. With --migrated feedback's analyses that are neither done nor past due when that week is over are of
the second version from then on.

Of duties: KIND@VERSION.raised, .in_time, .late, .waived, .cancelled, .breached and .open; as `rungs`, of the
kinds in `laddered`, how often one was past due and each rung of its ladder came: at R, if what ends the duty was
told when the clock stood beyond R, or not at all. Of the KPIs in `measured`: kpi.NAME.LEVEL/GROUP, how often that
level was raised. `launches` are those that were published.
"""

import argparse
import bisect
import csv
import glob
import json
import os
import sys
from collections import Counter
from fractions import Fraction

from count_month import OFFICE, SHANGHAI
from dutycount import HOUR, MINUTE, Calendar, Figures, Fold, RealTime, instant_text, ms_of
from kpicount import Bound, Kpi, Kpis

DAY = 24 * HOUR
LATEST = 30 * DAY


# The service desk is open each day, so each is written as one that is worked.
EACH_DAY = {"%d-%02d-%02d" % (year, month, day) for year in (2025, 2026, 2027)
            for month in range(1, 13) for day in range(1, 32)}
DESK = Calendar(SHANGHAI, [("08:00", "22:00")], set(), EACH_DAY, 2025, 2027)


# ---- terms: what a duty may take, as (calendar or RealTime, function from its start to its deadline)

def hours(count):
    return OFFICE, lambda start: OFFICE.add(start, count * HOUR)


def minutes(count):
    return OFFICE, lambda start: OFFICE.add(start, count * MINUTE)


def days(count):
    return OFFICE, lambda start: OFFICE.add_days(start, count)


def desk(count):
    return DESK, lambda start: DESK.add(start, count * MINUTE)


def elapsed(count):
    return RealTime, lambda start: start + count * HOUR


def answer_terms(version, event, ms):
    """The table `answer_terms`: by channel, and slower from seven in the evening on."""
    evening = (ms + 8 * HOUR) % DAY >= 19 * HOUR
    if event["via"] == "chat":
        return desk(6 if evening else 3 if version == 1 else 2)
    if event["via"] == "phone":
        return desk(20)
    return desk(240 if evening else 120)


def urgency(severity, earlier):
    """The table `urgency`."""
    if severity == 5 or (severity == 4 and earlier):
        return 5
    return severity + min(earlier, 2)


def first_answer(version, event, ms):
    """The table `first_answer`."""
    vip, grave = event.get("vip") or False, event["level"] >= 4
    if vip:
        return minutes(30) if grave else hours(1)
    return hours(1) if grave else hours(2)


def solution(version, event, ms):
    """The table `route`, of which only the time counts here."""
    level = event["level"]
    if event["category"] == "fraud":
        return hours(1)
    if level == 5 or (level == 4 and event.get("vip")):
        return hours(2)
    if Fraction(event["order_value"].split()[0]) > 10000 or level == 4:
        return hours(4)
    return days(1) if version == 1 else hours(6)


def restore_terms(version, event, ms):
    """The tables `incident_level` and `restore_terms`."""
    checkout, users = event["system"] == "checkout", event["users"]
    if event.get("sales_stopped") or users >= (1000 if checkout else 10000):
        return elapsed(2)
    return elapsed(8 if checkout or users >= 500 else 48)


def feedback_terms(version, event, ms):
    if version == 1:
        return days(1 if event["kind"] == "defect" else 3)
    return hours(6) if event["kind"] == "defect" else days(5)


ANSWER = {1: minutes(15), 2: minutes(30), 3: hours(2), 4: days(1), 5: days(2)}
REPAIR = {1: hours(4), 2: days(1), 3: days(3), 4: days(5), 5: days(10)}
ASKED = {"urgent": hours(4), "normal": days(2), "low": days(5)}


class Kind:
    """A kind of duty: the event that raises it, its key's field, its terms, what ends it.

    ends: [(event, how: fulfil, waive or cancel, condition or None)]; pauses: (event, event) or None; ladder:
    [(number, addressee, term after due or None)] of the rungs that escalate.
    """

    def __init__(self, name, event, key, terms, *ends, when=None, pauses=None, ladder=()):
        self.name, self.event, self.key, self.terms, self.ends = name, event, key, terms, ends
        self.when, self.pauses, self.ladder = when, pauses, ladder


def fixed(term):
    return lambda version, event, ms: term


STAGE = ((2, "product_ops.lead", None), (3, "director", days(2)))
COLLECT = Kind("collect", None, None, fixed(elapsed(2)),
               ladder=((2, "data_analytics.lead", None), (3, "director", elapsed(2))))

KINDS = (
    Kind("answer_question", "question.asked", "question", answer_terms,
         ("question.answered", "fulfil", None), ("question.dropped", "waive", None),
         ladder=((2, "customer_service.lead", desk(15)), (3, "director", desk(120)))),
    Kind("first_response", "complaint.opened", "complaint", first_answer,
         ("complaint.answered", "fulfil", None), ("complaint.resolved", "fulfil", None),
         ("complaint.withdrawn", "waive", None),
         ladder=((1, "customer_service.lead", None), (2, "director", hours(4)))),
    Kind("handle_complaint", "complaint.opened", "complaint", solution,
         ("complaint.resolved", "fulfil", None), ("complaint.withdrawn", "waive", None),
         pauses=("complaint.waiting_customer", "complaint.customer_replied")),
    Kind("refund_return", "return.received", "return",
         lambda version, event, ms: elapsed(48 if event["sealed"] else 7 * 24),
         ("return.refunded", "fulfil", None), ("return.rejected", "cancel", None),
         ladder=((2, "customer_service.lead", None), (3, "director", elapsed(24)))),
    Kind("restore_service", "incident.reported", "incident", restore_terms, ("incident.resolved", "fulfil", None),
         ladder=((2, "product_ops.lead", None), (3, "director", elapsed(2)), (4, "management", elapsed(8)))),
    Kind("gather_needs", "launch.proposed", "launch", fixed(days(5)),
         ("launch.specified", "fulfil", None), ("launch.cancelled", "cancel", None), ladder=STAGE),
    Kind("test_launch", "launch.specified", "launch", fixed(days(5)),
         ("launch.tested", "fulfil", lambda event: event["passed"]), ("launch.cancelled", "cancel", None),
         ladder=STAGE),
    Kind("analyse_feedback", "feedback.received", "feedback", feedback_terms,
         ("feedback.analysed", "fulfil", None), when=lambda event: event["kind"] != "praise"),
    Kind("review_campaign", "campaign.ended", "campaign", fixed(days(3)), ("campaign.reviewed", "fulfil", None),
         ladder=((2, "marketing_ops.lead", None), (3, "director", hours(8)))),
    Kind("publish_minutes", "meeting.held", "meeting", fixed(days(1)), ("minutes.published", "fulfil", None),
         ladder=((2, "director", None),)),
    Kind("answer_request", "cooperation.requested", "request", lambda version, event, ms: ASKED[event["urgency"]],
         ("cooperation.answered", "fulfil", None), ("cooperation.withdrawn", "waive", None)),
    Kind("acknowledge_suggestion", "suggestion.made", "suggestion", fixed(days(1)),
         ("suggestion.acknowledged", "fulfil", None), ("suggestion.decided", "fulfil", None),
         ("suggestion.withdrawn", "waive", None), ladder=((1, "director", None),)),
    Kind("decide_suggestion", "suggestion.made", "suggestion", fixed(days(10)),
         ("suggestion.decided", "fulfil", None), ("suggestion.withdrawn", "waive", None)),
    Kind("analyse_anomaly", "anomaly.found", "anomaly", lambda version, event, ms: REPAIR[event["severity"]],
         ("anomaly.explained", "fulfil", lambda event: event["finding"] != ""), ("anomaly.dismissed", "waive", None)),
    Kind("tool_faults.answer", "tool.fault", "fault", lambda version, event, ms: ANSWER[event["severity"]],
         ("tool.fault_answered", "fulfil", None)),
)
# What is asked of the fields of the one type whose lines may be out of shape.
ANOMALY = {"anomaly", "severity"}


class Duty:
    def __init__(self, kind, key, event, ms, version):
        self.kind, self.key, self.event, self.raised, self.version = kind, key, event, ms, version
        self.acts = []
        self.told = None            # the clock when the first line came that ends it

    def end(self, ms, how, source, ident, clock):
        """An act that ends it, unless it lies before its start."""
        self.acts.append((ms, "fulfil" if how == "fulfil" else "waive", how, source, ident))
        if ms >= self.raised and self.told is None:
            self.told = clock

    def rungs(self, clock):
        """What came of its ladder by the clock: `breaches` and `escalated.N.WHO`."""
        due = self.fold().due
        last = clock if self.told is None else min(clock, self.told)
        if due < last:
            yield "breaches"
        for number, who, term in self.kind.ladder:
            if (due if term is None else term[1](due)) < last:
                yield "escalated.%d.%s" % (number, who)

    def fold(self):
        measure, limit = self.kind.terms(self.version, self.event, self.raised)
        return Fold(self.raised, limit(self.raised), measure, self.acts)

    def state(self, clock):
        """(how it stands when the clock has got there, due or None)."""
        fold = self.fold()
        if fold.ended == "fulfil":
            return ("late" if fold.late() else "in_time"), fold.due
        if fold.ended == "waive":       # a cancelling is a waiver whose reason says so
            return ("cancelled" if (fold.end, "cancel") in self.ways() else "waived"), fold.due
        if fold.due is not None and fold.due < clock:
            return "breached", fold.due
        return "open", fold.due

    def ways(self):
        return {(ms, reason) for ms, what, reason, _, _ in self.acts if what == "waive"}


class Kpiside:
    """The KPIs that are measured again."""

    def __init__(self, figures):
        def percent(number):
            return Fraction(number) / 100
        wait = 10 * MINUTE
        table = (
            ("error_rate", HOUR, 5, {
                "warning": (Bound("above", percent(5), wait), Bound("below", percent(3))),
                "critical": (Bound("above", percent(20)), Bound("below", percent(10)))}),
            ("payments.rate", HOUR, 20, {
                "warning": (Bound("above", percent(3), 5 * MINUTE), Bound("below", percent(2))),
                "critical": (Bound("above", percent(10)), None)}),
            ("completeness", 7 * DAY, 0, {
                "warning": (Bound("below", percent(99)), Bound("at least", Fraction("0.995"))),
                "critical": (Bound("below", percent(90)), None)}),
            ("inaccuracy", 7 * DAY, 0, {
                "warning": (Bound("above", Fraction("0.005")), Bound("below", Fraction("0.003"))),
                "critical": (Bound("above", percent(2)), None)}))
        self.kpis, self.sides = {}, {}
        for name, window, least, levels in table:
            self.kpis[name] = Kpi(name, lambda ms, window=window: ms + window, levels, least)
            self.sides[name] = Kpis(Figures(), self.count)
        self.told = figures

    def count(self, kpi, what, group, episode, ms):
        if what != "cleared":
            self.told.add("kpi.%s.%s/%s" % (kpi, what, group))

    def add(self, name, group, part, value, ms, clock):
        self.sides[name].run(clock)
        self.sides[name].sample(self.kpis[name], group, part, value, ms, clock)

    def take(self, kind, event, ms, clock):
        if kind == "check.run":
            self.add("error_rate", event["service"], 1, 1, ms, clock)
            if event["failed"]:
                self.add("error_rate", event["service"], 0, 1, ms, clock)
        elif kind in ("payment.attempted", "payment.failed"):
            self.add("payments.rate", "", int(kind == "payment.attempted"), 1, ms, clock)
        elif kind == "data.collected":
            name = event["name"]
            self.add("completeness", name, 0, event["rows"], ms, clock)
            self.add("completeness", name, 1, event["expected"], ms, clock)
            self.add("inaccuracy", name, 0, event["wrong"], ms, clock)
            self.add("inaccuracy", name, 1, event["rows"], ms, clock)

    def end(self, clock):
        for side in self.sides.values():
            side.run(clock)


class Count:
    def __init__(self, adopted, migrated):
        self.adopted, self.migrated = adopted, migrated
        self.figures = Figures()
        self.known = {}             # (source, id) -> what was said, of accepted and refused lines
        self.unread = Counter()     # lines of the file that are no events
        self.clock = None
        self.duties = {}            # (kind, key) -> Duty
        self.raises, self.ends, self.pauses = {}, {}, {}
        self.customers, self.launches, self.kpis = {}, [], Kpiside(self.figures)
        self.sources, self.collected = {}, {}
        for kind in KINDS:
            self.raises.setdefault(kind.event, []).append(kind)
            for event, how, when in kind.ends:
                self.ends.setdefault(event, []).append((kind, how, when))
            if kind.pauses:
                for event, how in zip(kind.pauses, ("pause", "resume")):
                    self.pauses[event] = kind, how

    # -- lines -------------------------------------------------------------------------------------

    def line(self, line):
        try:
            event = json.loads(line)
            source, ident, kind = event["source"], event["id"], event["type"]
            ms = ms_of(event["time"])
        except (ValueError, KeyError, TypeError):
            return self.unreadable(line)
        said = hash((kind, ms, event.get("actor"), json.dumps(event.get("data"), sort_keys=True)))
        before = self.known.get((source, ident))
        if before is not None and before[0] == said:
            return self.figures.add("repeated")
        data = event["data"]
        if before is not None and before[1]:
            return self.figures.add("conflict")
        if not self.fits(kind, data):
            self.known[source, ident] = said, False
            return self.figures.add("schema")
        return self.take(kind, data, ms, source, ident, said)

    def unreadable(self, line):
        """A line that is no event is known by its bytes, and by how often it has come in its file."""
        self.unread[line] += 1
        known = line, self.unread[line]
        self.figures.add("repeated" if known in self.known else "malformed")
        self.known[known] = None, False

    @staticmethod
    def fits(kind, data):
        if kind == "anomaly.fuond":
            return False
        if kind == "anomaly.found":
            return set(data) == ANOMALY and 1 <= data["severity"] <= 5
        return True

    def take(self, kind, data, ms, source, ident, said):
        if self.clock is not None and ms < self.clock - LATEST:
            self.known[source, ident] = said, False
            return self.figures.add("late")
        self.known[source, ident] = said, True
        self.clock = ms if self.clock is None else max(self.clock, ms)
        self.act(kind, data, ms, source, ident)
        for raised in self.raises.get(kind, ()):
            self.open(raised, data, ms)
        self.kpis.take(kind, data, ms, self.clock)
        if kind == "source.registered":
            self.sources[data["name"]] = ms
        elif kind == "data.collected":
            self.collected.setdefault(data["name"], []).append((ms, source, ident, self.clock))
        elif kind == "launch.published":
            self.launches.append(data["launch"])
        self.figures.add("taken")

    def orders(self, rows):
        for row in rows:
            self.clock = max(self.clock, ms_of(row["支付时间"] + "+08:00"))
            self.figures.add("taken")
            self.figures.add("orders")

    # -- duties ------------------------------------------------------------------------------------

    def open(self, kind, data, ms):
        key = data[kind.key]
        if (kind.name, key) in self.duties or (kind.when and not kind.when(data)):
            return
        if kind.event == "complaint.opened":
            data = dict(data, level=self.level(data, ms))
        self.duties[kind.name, key] = Duty(kind, key, data, ms, self.version(ms))

    def version(self, ms):
        return 2 if self.adopted is not None and ms >= self.adopted else 1

    def level(self, data, ms):
        """How urgent a complaint is, by what its customer complained of in the 30 days before. Both duties
        of it ask before it counts itself."""
        if "level" not in data:
            times = self.customers.setdefault(data["customer"], [])
            earlier = sum(1 for one in times if ms - LATEST < one <= ms)
            bisect.insort(times, ms)
            data["level"] = urgency(data["severity"], earlier)
        return data["level"]

    def act(self, kind, data, ms, source, ident):
        for raised, how, when in self.ends.get(kind, ()):
            duty = self.duties.get((raised.name, data[raised.key]))
            if duty is not None and (when is None or when(data)):
                duty.end(ms, how, source, ident, self.clock)
        if kind in self.pauses:
            raised, how = self.pauses[kind]
            duty = self.duties.get((raised.name, data[raised.key]))
            if duty is not None:
                duty.acts.append((ms, how, "waiting", source, ident))

    def migrate(self):
        """The analyses that run now are of the second version from here on."""
        for (name, _), duty in self.duties.items():
            if name == "analyse_feedback" and duty.version == 1 and duty.state(self.clock)[0] == "open":
                duty.version = 2
                self.figures.add("migrated")

    def collect(self):
        """The collections of each day, from each source's first six o'clock on. Each is done by the first one
        since midnight, or on a later day."""
        for name, since in self.sources.items():
            acts = sorted(self.collected.get(name, ()))
            told = [act[3] for act in acts]
            for n in range(len(told) - 1, 0, -1):
                told[n - 1] = min(told[n - 1], told[n])
            for ms in range(since - (since + 8 * HOUR) % DAY + 6 * HOUR, self.clock, DAY):
                if ms >= since:
                    key = "%s/%s" % (name, instant_text(SHANGHAI, ms))
                    duty = self.duties["collect", key] = Duty(COLLECT, key, None, ms, self.version(ms))
                    first = bisect.bisect_left(acts, (ms - 6 * HOUR,))
                    if first < len(acts):
                        done, source, ident, _ = acts[first]
                        duty.end(max(done, ms), "fulfil", source, ident, max(ms, told[first]))

    # -- all of it ---------------------------------------------------------------------------------

    def read(self, folder):
        weeks = sorted(glob.glob(os.path.join(folder, "week-*.jsonl")))
        for number, name in enumerate(weeks, start=1):
            self.unread.clear()
            with open(name, "rb") as lines:
                for line in lines:
                    self.line(line)
            with open(name.replace("week-", "orders-").replace(".jsonl", ".csv"), encoding="utf-8", newline="") as f:
                self.orders(csv.DictReader(f))
            if self.migrated == number:
                self.migrate()

    def finish(self, until, out):
        """All up to `until`, that instant included. The figures."""
        self.clock = until + 1
        self.collect()
        self.kpis.end(self.clock)
        rungs, laddered = Figures(), {kind.name for kind in KINDS + (COLLECT,) if kind.ladder}
        for (name, key), duty in sorted(self.duties.items()):
            state, due = duty.state(self.clock)
            label = "%s@%d." % (name, duty.version)
            self.figures.add(label + "raised")
            self.figures.add(label + state)
            if name in laddered:
                for what in duty.rungs(self.clock):
                    rungs.add("%s.%s" % (name, what))
            print(name, key, duty.version, instant_text(SHANGHAI, duty.raised),
                  "-" if due is None else instant_text(SHANGHAI, due), state, sep="\t", file=out)
        return dict(self.figures, rungs=rungs, laddered=sorted(laddered), launches=self.launches,
                    measured=sorted(self.kpis.kpis))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--until", required=True, help="the last instant that counts")
    parser.add_argument("--adopted", help="the instant from which the second version applies")
    parser.add_argument("--migrated", type=int, help="after which week feedback's analyses were moved to it")
    parser.add_argument("--duties", default=os.devnull, help="where a line for each duty goes")
    options = parser.parse_args()
    count = Count(ms_of(options.adopted) if options.adopted else None, options.migrated)
    count.read(options.folder)
    with open(options.duties, "w", encoding="utf-8") as out:
        figures = count.finish(ms_of(options.until), out)
    json.dump(figures, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
