"""The oracle of KPIs: what they measure and say, told a second time, slowly, from the specification alone.

Nothing is kept up to date: at every instant at which anything could change, the value of every series is counted
anew from all samples that there ever were, in exact fractions. Policies are the small descriptions below; random
ones and their streams are made by `make`.

Readings of the specification that it takes:
  K1 A sample counts in a sliding window at T when it was handled at or before T and T is before the instant at which
     it leaves: s + W, in days the same wall time so many days later.
  K2 A stepped window's value at an end of a pane is that of the whole panes of the W before, and stands until the next.
  K3 `at least N samples` looks at the samples of a ratio's denominator.
  K4 `empty: alert` takes an absent value for one at which a level is raised; `clear` clears what stands.
  K5 KPIs are judged in the order of the text but for those that measure what others emit, which come after them.
  K6 What a KPI emits at T counts from the next judgement at or after T.
  K7 A window of the calendar lasts from a midnight to the next one, Monday's, or that of the month's, quarter's or year's
     first day. What comes when it is
     over counts no more, but the window is judged again, once the clock moves past the instant at which it came: from
     how the levels stood when the window began to its end, a sample counting from when it was handled or, if that was
     after the end, from its own time. So is a window in steps that is as long as its step; its samples count from the
     beginning of the step in which its value stands.
  K9 A rule that asks what is measured sees it as it was before its event, at the clock. A comparison does not hold
     where there is nothing, or there are too few samples.
  K10 A measure that is compared is held against the measure as it was, with what had come by then, at the last instant at
     which it may have changed that lies so long before; there was nothing before the first sample.
  K11 A session at T is the last of those that the samples handled at or before T make, in order of their own times, no two
     neighbours further apart than the gap; it counts if T is before its last sample and the gap. A rule asks before T is
     judged, so what ends at T still counts for it. A sample came too late if its session, as it was known then, was over
     when it was handled; that session is judged again as a window of the calendar is, from its first sample to its end,
     that instant included, with the samples known from when they were handled or, if they came too late, from their own
     time.
  K12 A threshold from a table is that of the group and of the first day of the period that is measured, else of the day;
     a series with one is judged whenever such a period begins.
  K8 An episode is restated if it would not have been, or was not and would have been, or if the instant of its raising
     or clearing before the window's end is another. Episodes with samples of the window's own time have the numbers that
     were said; others are the same if they overlap, in order.
"""

import copy
import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

BEGIN = datetime(2026, 3, 27, 6, tzinfo=timezone.utc)  # Berlin's clocks change on the 29th
GROUPS = ("red", "green", "blue")
NEVER = None
MINUTE = timedelta(minutes=1)
ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe",
         "Africa/Casablanca", "Asia/Kathmandu")
FIELDS = "amount: number?  big: flag  price: money?  took: duration in minutes?  who: text?"
# Texts that differ in the first place, at the end only, in white space, in what a long one is kept by.
WHO = ("", "a", "b", "A", "a ", "x" * 200 + "1", "x" * 200 + "2", "\u957f" * 100, "\u957f" * 101, "x" * 64, "x" * 65)
SPANS = {"hour": 3600000, "minute": 60000, "second": 1000, "millisecond": 1}
UNITS = {"amount": "%s", "price": "%s CNY", "took": "%s minutes"}  # of the fields


@dataclass
class Bound:
    side: str
    value: Fraction
    text: str
    hold: int = 0  # minutes
    goal: bool = False  # of the table below, by the group and the period; else `value`

    def holds(self, value, goal=None):
        bar = goal if self.goal else self.value
        return {"above": value > bar, "below": value < bar, "at least": value >= bar, "at most": value <= bar}[self.side]

    def said(self):
        return "%s %s%s" % (self.side, self.text, " for %d minutes" % self.hold if self.hold else "")


@dataclass
class Aggregate:
    what: str
    event: str  # gain, loss or alarm
    only: bool = False  # where it.big
    field: str = "amount"
    share: str = ""  # of a percentile

    def said(self):
        of = self.event if self.what == "count" else self.event + "." + self.field
        return "%s(%s%s%s)" % (self.what, self.share + ", " if self.share else "", of,
                               " where it.big" if self.only else "")


@dataclass
class Kpi:
    name: str
    aggregates: list
    by: bool
    window: tuple  # (minutes, 0, 0), (0, days, 0), (minutes, 0, step), ("day", 0, 0), ("session", gap, 0)
    samples: int
    empty: str
    levels: dict  # name -> (Bound, Bound or None)
    emits: bool
    compare: tuple = ()  # (change, multiple, difference or a unit of a rate, minutes, days)

    def calendar(self):
        return isinstance(self.window[0], str) and not self.session()

    def session(self):
        return self.window[0] == "session"

    def over(self):
        first, second, step = self.window
        if self.session():
            return "over sessions with a gap of %d minutes" % second
        return "per " + first if self.calendar() else "over %d days" % second if second else "over %d minutes" % first

    def keeps(self):
        """Late samples change windows that are over."""
        tumbles = bool(self.window[2]) and self.window[0] == self.window[2]
        return bool(self.levels) and not self.compare and (self.calendar() or self.session() or tumbles)

    def compared(self):
        if not self.compare:
            return ""
        how, minutes, days = self.compare
        form = {"change": "change from", "multiple": "multiple of", "difference": "difference from"}.get(
            how, "change per %s from" % how)
        return " as %s %s before" % (form, "%d days" % days if days else "%d minutes" % minutes)

    def said(self):
        minutes, days, step = self.window
        out = ["kpi %s%s {" % (self.name, " by colour" if self.by else ""),
               "  measure %s %s%s" % (" / ".join(a.said() for a in self.aggregates),
                                      self.over(),
                                      " by %d minutes" % step if step else "") + self.compared()]
        if self.samples:
            out.append("  at least %d samples" % self.samples)
        if self.empty:
            out.append("  empty: %s" % self.empty)
        for level, (bound, clear) in self.levels.items():
            out.append("  %s %s%s" % (level, bound.said(), ", clear %s" % clear.said() if clear else ""))
        colour = "colour" if self.by else "red"
        if self.emits:
            out.append("  when warning { emit alarm { colour: %s } notify chief \"at \" + value }" % colour)
            out.append("  when cleared { notify chief }")
        return "\n".join(out + ["}"])


@dataclass
class Probe:
    """A rule that asks, at each event of a kind, what was measured before it."""
    name: str
    event: str  # gain or loss
    kpi: Kpi  # one of the policy's, or a measure of its own
    own: bool
    bound: Bound

    def said(self):
        kpi = self.kpi
        if self.own:
            aggregate = kpi.aggregates[0]
            of = aggregate.event if aggregate.what == "count" else aggregate.event + "." + aggregate.field
            where = " and ".join((["it.colour = x.colour"] if kpi.by else []) + (["it.big"] if aggregate.only else []))
            asked = "%s(%s%s%s) %s" % (aggregate.what, aggregate.share + ", " if aggregate.share else "", of,
                                       " where " + where if where else "",
                                       kpi.over())
        else:
            asked = "%s(%s)" % (kpi.name, "x.colour" if kpi.by else "")
        return "rule %s on %s as x where %s %s %s { notify chief \"%s\" }" % (
            self.name, self.event, asked, self.bound.side, self.bound.text, self.name)


GOALS = """table goal(colour: one of red, green, blue, month: integer 1..12, day: date) first -> g: number {
  red  | 3 | -             => 2
  blue | - | < 2026-03-30  => 1
  -    | 4 | -             => 3
  -    | - | >= 2026-03-29 => 5
  -    | - | -             => 2.5
}"""


def goal_of(colour, day):
    """The same, told once more."""
    if colour == "red" and day.month == 3:
        return Fraction(2)
    if colour == "blue" and (day.year, day.month, day.day) < (2026, 3, 30):
        return Fraction(1)
    if day.month == 4:
        return Fraction(3)
    return Fraction(5) if (day.year, day.month, day.day) >= (2026, 3, 29) else Fraction(5, 2)


def policy_text(kpis, zone, probes=()):
    kept = "accept events up to 26 hours late" if len(kpis) % 2 else ""  # none comes later than 25
    return "\n".join(['policy "K" version "1" { zone "%s" currency CNY %s }' % (zone, kept), "role chief",
                      "event gain { colour: one of red, green, blue  %s }" % FIELDS,
                      "event loss { colour: one of red, green, blue  %s }" % FIELDS,
                      "event alarm { colour: one of red, green, blue }", GOALS] + [k.said() for k in kpis] +
                     [p.said() for p in probes]) + "\n"


@dataclass
class Sample:
    aggregate: int
    time: datetime
    handled: datetime
    value: Fraction
    scale: int


@dataclass
class Level:
    raised: bool = False
    waits: object = NEVER
    episode: int = 0
    since: object = NEVER


@dataclass
class Series:
    kpi: Kpi
    colour: object
    samples: list = field(default_factory=list)
    levels: dict = field(default_factory=dict)
    judged: object = NEVER
    stood: list = field(default_factory=list)  # (instant, judged before, levels) before each judgement


def shared(share, values):
    """The nearest rank: the least of the values of which at least so many percent are no greater."""
    return min(v for v in values if 100 * sum(w <= v for w in values) >= Fraction(share) * len(values))


def digits(value, scale):
    n = value * 10 ** scale
    assert n.denominator == 1
    sign, text = "-" if n < 0 else "", str(abs(n.numerator)).rjust(scale + 1, "0")
    return sign + (text[:-scale] + "." + text[-scale:] if scale else text)


def in_units(field, value, scale):
    """A value of a field as JSON has it: with its unit."""
    if field == "price":
        return digits(value, scale) + " CNY"
    if field == "took":
        for unit, ms in (("hours", 3600000), ("minutes", 60000), ("seconds", 1000)):
            if value % ms == 0:
                return "%d %s" % (value // ms, unit if value != ms else unit[:-1])
        return "%d milliseconds" % value
    return digits(value, scale)


def without_units(field, value, scale):
    return value.numerator if field == "took" else digits(value, scale)


def half_even(value):
    """A share as a percentage with two places."""
    return digits(Fraction(round(value * 10000), 10000) * 100, 2) + "%"


class Oracle:
    def __init__(self, kpis, zone, probes=()):
        self.kpis, self.zone, self.probes = kpis, ZoneInfo(zone), probes
        self.measured = kpis + [p.kpi for p in probes if p.own]
        self.clock = self.ticked = None
        self.left = {}
        self.series, self.lines, self.leaf = [], [], 1
        self.judged = BEGIN - timedelta(days=400)
        self.order, rest = [], list(kpis)
        while rest:  # the first in the text of those to which nothing leads any more
            one = next(k for k in rest if all(a.event != "alarm" for a in k.aggregates) or not any(x.emits for x in rest))
            self.order.append(one)
            rest.remove(one)

    # ---- time
    def wall(self, at):
        return at.astimezone(self.zone).replace(tzinfo=None)

    def instant(self, wall):
        """The first instant at which the zone's clock shows this or later."""
        at = wall.replace(tzinfo=timezone.utc) - timedelta(hours=30)
        while self.wall(at + timedelta(hours=1)) < wall:
            at += timedelta(hours=1)
        while self.wall(at) < wall:
            at += timedelta(seconds=1) if wall.second else MINUTE
        return at

    def text(self, at):
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def begins(self, kpi, time):
        """The first instant of the day, week, month, quarter or year."""
        day = self.wall(time).replace(hour=0, minute=0, second=0, microsecond=0)
        if kpi.window[0] == "week":
            day -= timedelta(days=day.weekday())
        if kpi.window[0] in MONTHS:
            day = day.replace(month=day.month - (day.month - 1) % MONTHS[kpi.window[0]], day=1)
        return self.instant(day)

    def ends(self, kpi, time):
        day = self.wall(self.begins(kpi, time))
        if kpi.window[0] in MONTHS:
            months = MONTHS[kpi.window[0]]
            return self.instant((day + timedelta(days=31 * months + 4)).replace(day=1))
        return self.instant(day + timedelta(days=7 if kpi.window[0] == "week" else 1))

    def leaves(self, kpi, time):
        if (kpi.window, time) not in self.left:
            self.left[kpi.window, time] = self.leaves_at(kpi, time)
        return self.left[kpi.window, time]

    def leaves_at(self, kpi, time):
        minutes, days, step = kpi.window
        if kpi.session():
            return time  # for the order among equals alone
        if kpi.calendar():
            return self.ends(kpi, time)
        if days:
            return self.instant(self.wall(time) + timedelta(days=days))
        if step:
            return self.pane(kpi, time) + step * MINUTE + minutes * MINUTE
        return time + minutes * MINUTE

    @staticmethod
    def pane(kpi, time):
        step = kpi.window[2] * MINUTE
        epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
        return time - (time - epoch) % step

    def pane_end(self, kpi, time):
        """The first end of a pane at or after an instant."""
        start = self.pane(kpi, time)
        return start if start == time else start + kpi.window[2] * MINUTE

    def enters(self, kpi, s):
        if not kpi.window[2]:
            return s.handled
        return max(self.pane(kpi, s.time) + kpi.window[2] * MINUTE, self.pane_end(kpi, s.handled))

    # ---- values
    def value(self, series, at, asking=False):
        """(fraction or None, how JSON has it, samples) of a series at an instant."""
        if series.kpi.compare:
            return self.compared(series, at)
        return self.plainly(series, at, asking)

    @staticmethod
    def sessions(kpi, times):
        """From the first to the last of each, in order."""
        out = []
        for t in sorted(times):
            if out and t - out[-1][1] <= kpi.window[1] * MINUTE:
                out[-1][1] = t
            else:
                out.append([t, t])
        return out

    def latest(self, kpi, known, at, asking=False):
        """The samples, of pairs of when they are known and themselves, that count at an instant."""
        spans = self.sessions(kpi, [s.time for t, s in known if t <= at])
        if not spans:
            return []
        first, last = spans[-1]
        end = last + kpi.window[1] * MINUTE
        if at > end or (at == end and not asking):
            return []
        return [s for t, s in known if t <= at and first <= s.time <= last]

    def plainly(self, series, at, asking=False):
        if series.kpi.session():
            return self.value_of(series, self.latest(series.kpi, [(s.handled, s) for s in series.samples], at, asking))
        return self.value_of(series, [s for s in series.samples
                                      if self.enters(series.kpi, s) <= at < self.leaves(series.kpi, s.time)])

    def later(self, kpi, at):
        """When what was measured at an instant is what was before."""
        _, minutes, days = kpi.compare
        return self.instant(self.wall(at) + timedelta(days=days)) if days else at + minutes * MINUTE

    def turning(self, series):
        """When what is measured may change."""
        return {t for s in series.samples for t in (self.enters(series.kpi, s), self.ceases(series.kpi, s.time))}

    def ceases(self, kpi, time):
        """When it may count no more."""
        return time + kpi.window[1] * MINUTE if kpi.session() else self.leaves(kpi, time)

    def compared(self, series, at):
        """K10: against what was measured at the last instant that lies so long before."""
        kpi = series.kpi
        how, minutes, days = kpi.compare
        now, _, count = self.plainly(series, at)
        before = None
        first = min((self.enters(kpi, s) for s in series.samples), default=at)
        for t in sorted(self.turning(series)):
            if first <= t <= at and self.later(kpi, t) <= at:
                exact, _, n = self.plainly(series, t)
                before = exact if n >= kpi.samples else None
        if count < kpi.samples:
            now = None
        if now is None or before is None or (how in ("change", "multiple") and before == 0):
            return None, None, count
        if how == "difference":
            out = now - before
            return out, out.numerator, count
        out = {"change": (now - before) / abs(before) if before else None,
               "multiple": now / before if before else None}.get(how)
        if how not in ("change", "multiple"):
            unit = {"hour": 60, "minute": 1, "day": 1}[how]
            out = (now - before) * Fraction(unit, days if days else minutes)
        return out, self.ratio(out.numerator, out.denominator, out), count

    def value_of(self, series, held):
        kpi, parts = series.kpi, []
        for n, aggregate in enumerate(kpi.aggregates):
            mine = [s for s in held if s.aggregate == n]
            total, scale = sum((s.value for s in mine), Fraction(0)), max((s.scale for s in mine), default=0)
            if aggregate.what == "count":
                parts.append((Fraction(len(mine)), 1, 0, True))
            elif aggregate.what == "sum":
                parts.append((total, 1, scale, False))
            elif aggregate.what == "average":
                parts.append((total, len(mine), scale, False))
            elif aggregate.what == "distinct":
                parts.append((Fraction(len({s.value for s in mine})), 1, 0, True))
            elif aggregate.what == "percentile" and mine:
                parts.append((shared(aggregate.share, [s.value for s in mine]), 1, scale, False))
            elif mine:
                best = (min if aggregate.what == "min" else max)(s.value for s in mine)
                # of equal ones the one that leaves first, then the one that came first
                one = min((s for s in mine if s.value == best),
                          key=lambda s: (self.leaves(kpi, s.time), series.samples.index(s)))
                parts.append((best, 1, one.scale, False))
            else:
                parts.append((Fraction(0), 0, 0, False))
        count = len([s for s in held if s.aggregate == len(kpi.aggregates) - 1])
        number, by, scale, whole = parts[0]
        fields = ["amount" if a.what in ("count", "distinct") else a.field for a in kpi.aggregates]
        if len(parts) == 1 and kpi.aggregates[0].what != "average":
            json_value = number.numerator if whole else in_units(fields[0], number, scale)
            return (number, json_value, count) if by else (None, None, count)
        if len(parts) == 1:
            if not by:
                return None, None, count
            if fields[0] != "amount":
                return number / by, {"num": in_units(fields[0], number, scale), "den": by}, count
            return number / by, self.ratio(digits(number, scale), by, number / by), count
        below, under, scale2, whole2 = parts[1]
        if not by or not under or below == 0:
            return None, None, count
        num, den = number * under, below * by
        above = num.numerator if whole else without_units(fields[0], num, scale)
        under = den.numerator if whole2 else without_units(fields[1], den, scale2)
        if whole2 and fields[0] != "amount":
            return num / den, {"num": in_units(fields[0], num, scale), "den": under}, count
        return num / den, self.ratio(above, under, num / den), count

    @staticmethod
    def ratio(num, den, share):
        return {"num": num, "den": den, "percent": half_even(share)}

    @staticmethod
    def fraction_for_people(aggregates, value):
        """A share of two aggregates of one kind is a percentage, of others a decimal, of durations whole minutes or seconds."""
        number, _, unit = str(value["num"]).partition(" ")
        if unit not in ("", "CNY"):
            ms = Fraction(number) * SPANS[unit.rstrip("s")] / value["den"]
            size = 60000 if abs(ms) >= 3600000 else 1000 if abs(ms) >= 60000 else 1
            return in_units("took", Fraction(round(ms / size) * size), 0)
        if len(aggregates) == 2 and aggregates[0].what == aggregates[1].what and not unit:
            return value["percent"]
        mean = Fraction(number) / Fraction(str(value["den"]))
        return digits(Fraction(round(mean * 100), 100), 2) + (" " + unit if unit else "")

    # ---- what is said
    def say(self, kind, series, at, data):
        subject = "kpi/" + series.kpi.name + ("/" + series.colour if series.kpi.by else "")
        line = {"specversion": "1.0", "id": str(self.leaf), "source": "remit:main/K", "type": kind, "subject": subject,
                "time": self.text(at), "cause": "%s@%s" % (subject, self.text(at))}
        if at != self.clock:
            line["seen"] = self.text(self.clock)
        line.update({"policy": "1", "data": data})
        self.lines.append(json.dumps(line, separators=(",", ":")))
        self.leaf += 1

    def react(self, series, at, level, value):
        if not series.kpi.emits:
            return []
        shown = "absent" if value is None else str(value)
        if isinstance(value, dict):
            shown = self.fraction_for_people(series.kpi.aggregates, value)
            if series.kpi.compare:
                share = Fraction(value["num"], value["den"])
                shown = value["percent"] if series.kpi.compare[0] == "change" else \
                    digits(Fraction(round(share * 100), 100), 2)
        if level == "cleared":
            self.say("remit.notified", series, at, {"to": ["chief"]})
            return []
        if level != "warning":
            return []
        colour = series.colour if series.kpi.by else "red"
        self.say("alarm", series, at, {"colour": colour})
        self.say("remit.notified", series, at, {"to": ["chief"], "text": "at " + shown})
        return [colour]

    def goal(self, series, at):
        """What the table says for a series at an instant."""
        day = self.wall(self.begins(series.kpi, at) if series.kpi.calendar() else at)
        return goal_of(series.colour if series.kpi.by else "red", day)

    def period_end(self, series, at):
        """When the next period begins, where there are goals; else None."""
        if not any(b.goal for b, _ in series.kpi.levels.values()):
            return None
        if series.kpi.calendar():
            return self.ends(series.kpi, at)
        return self.instant(self.wall(at).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1))

    def turns(self, series, level, name, at, exact, count):
        """Whether a level is raised or cleared now; else it waits or does not."""
        bound, clear = series.kpi.levels[name]
        counts = exact is not None and count >= series.kpi.samples
        hold = 0
        if not level.raised:
            holds, hold = bound.holds(exact, self.goal(series, at)) if counts else series.kpi.empty == "alert", bound.hold
        elif not counts:
            holds = series.kpi.empty == "clear"
        else:
            holds = clear.holds(exact) if clear else not bound.holds(exact, self.goal(series, at))
            hold = clear.hold if clear else 0
        if not holds:
            level.waits = NEVER
            return False
        level.waits = level.waits or at
        if at < level.waits + hold * MINUTE:
            return False
        level.waits = NEVER
        level.raised = not level.raised
        level.episode += level.raised
        if level.raised:
            level.since = at
        return True

    def judge_level(self, series, name, at):
        level = series.levels[name]
        exact, shown, count = self.value(series, at)
        if not self.turns(series, level, name, at, exact, count):
            return []
        data = {"kpi": series.kpi.name, "level": name,
                "group": {"colour": series.colour} if series.kpi.by else {}, "episode": level.episode}
        if shown is not None:
            data["value"] = shown
        kind = name if level.raised else "cleared"
        self.say("remit.kpi." + kind, series, at, data)
        return self.react(series, at, kind, shown)

    # ---- windows that are over
    def window(self, kpi, leaves):
        """(from when on its value is looked at, its end) of the window whose samples leave then."""
        before = leaves - timedelta(milliseconds=1)
        return (self.begins(kpi, before) if kpi.calendar() else leaves - kpi.window[2] * MINUTE), leaves

    def again(self, series, start, end, before):
        """The episodes of each level with what was handled before an instant (late samples), all told anew."""
        kpi = series.kpi
        counted = []
        for s in series.samples:
            if self.leaves(kpi, s.time) != end:
                continue
            enters = self.enters(kpi, s)
            if enters < end:
                counted.append((enters, s))
            elif enters < before:
                counted.append((max(s.time, start), s))
        known = [t for t, _ in counted]
        return self.retell(series, start, end, known, known, lambda at: [s for t, s in counted if t <= at])

    def retell(self, series, start, end, known, turning, held):
        """The episodes of each level from start to end; held: what counts at an instant."""
        kpi = series.kpi
        stood = next(((judged, levels) for at, judged, levels in series.stood if at >= start), None)
        judged, levels = copy.deepcopy(stood)
        out = {name: [[level.since, NEVER, NEVER, level.episode]] if level.raised else [] for name, level in levels.items()}
        at = start if judged else min(known, default=end)
        while at < end or (at == end and kpi.session()):
            exact, shown, count = self.value_of(series, held(at))
            times = list(turning)
            for name, level in levels.items():
                if self.turns(series, level, name, at, exact, count):
                    if level.raised:
                        out[name].append([at, NEVER, shown, level.episode])
                    else:
                        out[name][-1][1] = at
                if level.waits:
                    bound, clear = kpi.levels[name]
                    times.append(level.waits + ((clear.hold if clear else 0) if level.raised else bound.hold) * MINUTE)
            times.append(self.period_end(series, at) or at)
            at = min([t for t in times if t > at] + [end if at < end else end + MINUTE])
        return out

    @staticmethod
    def meet(a, b):
        return a[0] == b[0] or ((b[1] is NEVER or a[0] < b[1]) and (a[1] is NEVER or b[0] < a[1]))

    def numbered(self, said, episodes):
        rest = list(said)
        for e in episodes:
            e[3] = NEVER
            for k, other in enumerate(rest):
                if self.meet(e, other):
                    e[3], rest = other[3], rest[k + 1:]
                    break
        return episodes

    def shown_episode(self, e):
        out = {}
        if e:
            out["raised"] = self.text(e[0])
            if e[1]:
                out["cleared"] = self.text(e[1])
            if e[2] is not NEVER:
                out["value"] = e[2]
        return out

    def too_late(self, series, s):
        """Whether the session of a sample was over when it came."""
        spans = self.sessions(series.kpi, [x.time for x in series.samples if x.handled <= s.handled])
        return next(last for first, last in spans if first <= s.time <= last) + series.kpi.window[1] * MINUTE <= s.handled

    def session_again(self, series, first, last, before):
        kpi = series.kpi
        known = [(s.time if s.handled < before and self.too_late(series, s) else s.handled, s)
                 for s in series.samples if first <= s.time <= last]
        turning = [t for t, _ in known] + [self.ceases(kpi, s.time) for _, s in known]
        return self.retell(series, first, self.ceases(kpi, last), [t for t, _ in known], turning,
                           lambda at: self.latest(kpi, known, at))

    def restate_sessions(self, series, at):
        late = [s.time for s in series.samples if s.handled == at and self.too_late(series, s)]
        for first, last in self.sessions(series.kpi, [s.time for s in series.samples if s.handled <= at]):
            if any(first <= t <= last for t in late):
                self.restated(series, at, *(self.session_again(series, first, last, t) for t in (
                    BEGIN - timedelta(days=4000), at, at + timedelta(days=4000))))

    def restate(self, series, at):
        kpi = series.kpi
        if kpi.session():
            self.restate_sessions(series, at)
            return
        late = [self.leaves(kpi, s.time) for s in series.samples
                if self.enters(kpi, s) == at and self.leaves(kpi, s.time) <= at]
        for leaves in sorted(set(late)):
            start, end = self.window(kpi, leaves)
            self.restated(series, at, *(self.again(series, start, end, t) for t in (
                BEGIN - timedelta(days=4000), at, at + timedelta(days=4000))))

    def restated(self, series, at, said, was, now):
        """What is said of how episodes were and are."""
        kpi = series.kpi
        for name in ("warning", "critical"):
            if name not in kpi.levels:
                continue
            old, new = (self.numbered(said[name], x[name]) for x in (was, now))
            pairs, used = [], []
            for e in old:
                other = next((x for x in new if x[3] == e[3] and (e[3] is not NEVER or self.meet(x, e))), None)
                pairs.append((e, other))
                used.append(other)
            for x in new:
                if not any(e[3] == x[3] and (x[3] is not NEVER or self.meet(x, e)) for e in old):
                    pairs.append((None, x))
            for a, b in pairs:
                if a and b and a[:2] == b[:2]:
                    continue
                data = {"kpi": kpi.name, "level": name, "group": {"colour": series.colour} if kpi.by else {}}
                if (a or b)[3] is not NEVER:
                    data["episode"] = (a or b)[3]
                data.update({"was": self.shown_episode(a), "is": self.shown_episode(b)})
                self.say("remit.kpi.restated", series, at, data)

    def judge_all(self, at):
        for kpi in self.order:
            for series in [s for s in self.series if s.kpi is kpi]:
                if min(self.enters(kpi, s) for s in series.samples) > at:
                    continue  # its first pane has not ended: it has no value yet
                emitted = []
                series.stood.append((at, series.judged is not NEVER, copy.deepcopy(series.levels)))
                if kpi.keeps():
                    self.restate(series, at)
                series.judged = at
                for name in ("warning", "critical"):
                    if name in kpi.levels:
                        emitted += self.judge_level(series, name, at)
                for colour in emitted:
                    self.sample("alarm", {"colour": colour}, at, at)

    def instants(self, until):
        """The next instant after the last judgement at which anything could change."""
        found = []
        for series in self.series:
            for s in series.samples:
                found += [self.enters(series.kpi, s), self.ceases(series.kpi, s.time)]
            if min(self.enters(series.kpi, s) for s in series.samples) <= self.judged:
                found.append(self.period_end(series, self.judged) or self.judged)
            if series.kpi.compare:
                found += [self.later(series.kpi, t) for t in self.turning(series) if t <= self.judged]
            for name, level in series.levels.items():
                if level.waits:
                    bound, clear = series.kpi.levels[name]
                    hold = (clear.hold if clear else 0) if level.raised else bound.hold
                    found.append(level.waits + hold * MINUTE)
        later = [t for t in found if self.judged < t and t < until]
        return min(later, default=None)

    def run_to(self, until):
        """Judges whatever is before an instant."""
        at = self.instants(until)
        while at is not None:
            self.judge_all(at)
            self.judged = at
            at = self.instants(until)

    # ---- what comes in
    def sample(self, event, data, time, now):
        for kpi in self.measured:
            for n, aggregate in enumerate(kpi.aggregates):
                amount = data.get(aggregate.field)
                if aggregate.event != event or (aggregate.only and not data["big"]) or \
                        (aggregate.what != "count" and amount is None):
                    continue
                if aggregate.what == "count":
                    number = "1"
                else:
                    number = str(WHO.index(amount)) if aggregate.field == "who" else amount.split()[0]
                value = Fraction(number) * (60000 if aggregate.field == "took" and aggregate.what != "count" else 1)
                scale = len(number.partition(".")[2])
                s = Sample(n, time, now, value, scale)
                if self.ceases(kpi, time) <= self.enters(kpi, s) and not kpi.keeps() and not kpi.session():
                    continue
                colour = data["colour"] if kpi.by else None
                series = next((x for x in self.series if x.kpi is kpi and x.colour == colour), None)
                if series is None:
                    series = Series(kpi, colour, levels={name: Level() for name in kpi.levels})
                    self.series.append(series)
                series.samples.append(s)

    def ask(self, name, event, data, time):
        """What the rules say that ask before the event counts."""
        for probe in self.probes:
            kpi = probe.kpi
            if probe.event != event:
                continue
            colour = data["colour"] if kpi.by else None
            series = next((x for x in self.series if x.kpi is kpi and x.colour == colour), Series(kpi, colour))
            exact, _, count = self.value(series, self.clock, True)
            if exact is None or count < kpi.samples or not probe.bound.holds(exact):
                continue
            line = {"specversion": "1.0", "id": str(self.leaf), "source": "remit:main/K", "type": "remit.notified",
                    "subject": "event/%2Ft/" + name, "time": self.text(time), "cause": name}
            if time != self.clock:
                line["seen"] = self.text(self.clock)
            line.update({"policy": "1", "data": {"to": ["chief"], "text": probe.name}})
            self.lines.append(json.dumps(line, separators=(",", ":")))
            self.leaf += 1

    def take(self, name, event, data, time):
        if self.clock is None or time > self.clock:
            self.clock = time
            self.leaf += 1
            self.run_to(time)
        self.leaf += 1
        self.ask(name, event, data, time)
        self.sample(event, data, time, self.clock)

    def tick(self, until):
        if self.clock is None or until > self.clock:
            self.clock = until
            self.leaf += 1
        self.run_to(until + timedelta(milliseconds=1))
        self.leaf += 1


# ---- random policies and streams

def make_bound(rng, field, up, hold=True):
    """field: what the measure is in; "share": a quotient without a unit."""
    number = rng.randint(1, 12)
    share = field == "share"
    text = "%d%%" % number if share else UNITS[field] % number
    value = Fraction(number, 100 if share else 1) * (60000 if field == "took" else 1)
    side = rng.choice(("above", "at least") if up else ("below", "at most"))
    return Bound(side, value, text, rng.choice((0, 0, 10, 25)) if hold else 0)


def move_bound(bound, field, by):
    """The bound at another value: by so many percent or units."""
    size = Fraction(1, 100) if field == "share" else Fraction(60000 if field == "took" else 1)
    bound.value += by * size
    bound.text = "%d%%" % (bound.value * 100) if field == "share" else UNITS[field] % (bound.value / size)


def make_kpi(rng, n, windows):
    shape = rng.randrange(8)
    field = rng.choice(("amount", "amount", "price", "took"))
    one = lambda what, only=False: Aggregate(what, rng.choice(("gain", "loss")), only, field)
    ratio = shape in (0, 1)
    if shape == 0:
        aggregates = [Aggregate("sum", "loss", False, field), Aggregate("sum", "gain", False, field)]
    elif shape == 1:
        aggregates = [Aggregate("count", "gain", True), Aggregate("count", "gain")]
    elif shape == 6:
        aggregates = [Aggregate("count", "alarm")]
    elif shape == 7:
        aggregates = [Aggregate("sum", "gain", False, field), Aggregate("count", "loss")]
    else:
        aggregates = [one(("count", "average", "min", "max")[shape - 2], rng.random() < 0.3)]
    if shape in (2, 3, 4) and rng.random() < 0.5:
        aggregates[0].what = rng.choice(("distinct", "percentile"))
        if aggregates[0].what == "distinct":
            aggregates[0].field = rng.choice(("amount", "price", "took", "who"))
        else:
            aggregates[0].share = rng.choice(("50", "95", "99.9", "100", "12.5", "0.001"))
    if shape == 1 and rng.random() < 0.3:
        aggregates[0] = Aggregate("distinct", "gain", False, "who")
    window = rng.choice(windows)
    levels = {}
    up = rng.random() < 0.7
    if ratio:
        field = "share"
    if shape == 6 or aggregates[0].what in ("count", "distinct"):
        field = "share" if ratio else "amount"
    for name in ("warning", "critical"):
        if rng.random() < 0.8:
            bound, clear = make_bound(rng, field, up), None
            if rng.random() < 0.5:
                clear = make_bound(rng, field, not up)
                gap = rng.randint(1, 3)
                clear.value, clear.text = bound.value, bound.text
                move_bound(clear, field, -gap if up else gap)
                if field == "took" and clear.value < 0:
                    clear.value, clear.text = Fraction(0), UNITS[field] % 0
            levels[name] = (bound, clear)
    return Kpi("k%d" % n, aggregates, rng.random() < 0.7, window, rng.choice((0, 0, 1, 3)),
               rng.choice(("", "hold", "clear", "alert")), levels, "warning" in levels and shape != 6)


def make_probe(rng, n, kpis):
    own = rng.random() < 0.6
    field = rng.choice(("amount", "price", "took"))
    what = rng.choice(("count", "count", "sum", "average", "min", "max", "distinct", "percentile"))
    aggregate = Aggregate(what, rng.choice(("gain", "loss")), rng.random() < 0.3, field)
    if what == "percentile":
        aggregate.share = rng.choice(("50", "90"))
    kpis = [k for k in kpis if not k.compare]
    kpi = Kpi("m%d" % n, [aggregate], rng.random() < 0.7, rng.choice(((60, 0, 0), (45, 0, 0), (0, 1, 0), ("day", 0, 0), ("session", 30, 0))),
              0, "", {}, False) if own else rng.choice(kpis)
    first = kpi.aggregates[0]
    plain = first.what in ("count", "distinct")
    if len(kpi.aggregates) == 2:
        field = first.field if kpi.aggregates[1].what == "count" and not plain and first.what != "distinct" else "share"
    else:
        field = "amount" if plain else first.field
    bound = make_bound(rng, field, rng.random() < 0.6, False)
    if field == "amount" and rng.random() < 0.5:
        bound.value, bound.text = Fraction(2), "2"
    return Probe("p%d" % n, rng.choice(("gain", "loss")), kpi, own, bound)


def add_rank(seed, kpis):
    """A percentile in some cases, with levels where its values lie: its place goes to and fro."""
    rng = random.Random(seed * 13 + 1)
    if rng.random() < 0.6:
        return
    one = Aggregate("percentile", "gain", False, "amount", rng.choice(("50", "50", "75", "90")))
    bound = Bound("at least", Fraction(5, 2), "2.5")
    clear = Bound("below", Fraction(1), "1") if rng.random() < 0.3 else None
    kpis.append(Kpi("k%d" % len(kpis), [one], False, rng.choice(((60, 0, 0), (45, 0, 0), (60, 0, 10), ("day", 0, 0), ("session", 30, 0))), 0, "",
                    {"warning": (bound, clear), "critical": (Bound("at least", Fraction(3), "3"), None)}, False))


def add_compared(seed, kpis):
    """One more KPI in some cases, which compares."""
    rng = random.Random(seed * 11 + 5)
    if rng.random() < 0.5:
        return
    what = rng.choice(("count", "sum", "average", "min", "percentile", "distinct"))
    one = Aggregate(what, rng.choice(("gain", "loss")), rng.random() < 0.2)
    one.share = "50" if what == "percentile" else ""
    how = rng.choice(("change", "change", "multiple", "difference", "hour", "day"))
    if how == "difference" and what not in ("count", "distinct"):
        how = "change"
    minutes, days = (0, 1) if how == "day" else rng.choice(((30, 0), (60, 0), (45, 0))) if how == "hour" else \
        rng.choice(((30, 0), (60, 0), (90, 0), (0, 1), (0, 2)))
    up = rng.random() < 0.6
    bound = make_bound(rng, "share" if how == "change" else "amount", up)
    if how == "change":
        bound.value, bound.text = bound.value * 10, "%d%%" % (bound.value * 1000)
    if not up:
        bound.value, bound.text = -bound.value, "-" + bound.text
    kpis.append(Kpi("k%d" % len(kpis), [one], rng.random() < 0.7,
                    rng.choice(((60, 0, 0), (45, 0, 0), (0, 1, 0), (60, 0, 10), (30, 0, 30), ("day", 0, 0), ("session", 30, 0))),
                    rng.choice((0, 0, 2)), rng.choice(("", "clear", "alert")), {"warning": (bound, None)},
                    rng.random() < 0.7, (how, minutes, days)))


def add_goals(seed, kpis):
    """Thresholds from the table in some cases, where a measure is a plain number."""
    rng = random.Random(seed * 17 + 9)
    for kpi in kpis:
        plain = kpi.aggregates[0].what in ("count", "distinct") or kpi.aggregates[0].field == "amount"
        if len(kpi.aggregates) > 1 or kpi.compare or not plain or rng.random() < 0.5:
            continue
        for name, (bound, clear) in kpi.levels.items():
            if rng.random() < 0.7:
                bound.goal, bound.text = True, "goal(%s, month, day)" % ("colour" if kpi.by else "red")
                kpi.levels[name] = (bound, None)  # where both hold, a level turns at every look


def make_probes(seed, kpis):
    rng = random.Random(seed * 7 + 3)
    return [make_probe(rng, n, kpis) for n in range(rng.choice((0, 0, 1, 2, 3)))]


MONTHS = {"month": 1, "quarter": 3, "year": 12}
SESSIONS = (("session", 30, 0), ("session", 15, 0), ("session", 60, 0), ("session", 5, 0))
WINDOWS = ((60, 0, 0), (45, 0, 0), (0, 1, 0), (60, 0, 10), (30, 0, 30), (30, 0, 30), ("day", 0, 0), ("day", 0, 0),
           *SESSIONS, ("week", 0, 0), ("month", 0, 0), ("quarter", 0, 0), ("year", 0, 0))


def make(seed):
    """(kpis, zone, events): events as (id, type, time, data), in the order in which they come."""
    rng = random.Random(seed)
    windows = SESSIONS if seed % 4 == 1 else WINDOWS  # what is late joins most there
    kpis = [make_kpi(rng, n, windows) for n in range(rng.randint(1, 4))]
    zone = rng.choice(ZONES)
    dense = seed % 5 == 0  # so many samples that leave together that they fill more than one record
    events, clock = [], BEGIN
    for n in range(rng.randint(400, 500) if dense else rng.randint(5, 60)):
        clock += rng.choice((0,) * 30 + (1, 5) if dense else (0, 0, 0, 5, 5, 10, 15, 30, 60, 1440)) * MINUTE
        late = rng.choice((0,) * 30 + (1, 30) if dense else (0, 0, 0, 0, 5, 10, 30, 45, 60, 1500)) * MINUTE
        data = {"colour": rng.choice(GROUPS[:1 if dense else rng.randint(1, 3)]), "big": rng.random() < 0.3}
        for name, unit in UNITS.items():
            number = rng.choice(("1", "12", "0", "90") if name == "took" else
                                ("1", "2.5", "2.50", "3.00", "0", "-1", "12", "0.25", None))
            if number is not None:
                data[name] = unit % number
        if rng.random() < 0.8:
            data["who"] = rng.choice(WHO)
        events.append(("e%d" % n, rng.choice(("gain", "gain", "loss")), clock - late, data))
    return kpis, zone, events
