"""A second way to count duties, for checking the demo's figures: slow, plain, not the engine's.

Times are whole milliseconds since 1970 UTC. A calendar is a plain list of its open intervals, made
date by date; a duty is worked out from the complete list of its events every time. Only Python's
standard library is used; the zones are written out below, so that no zone data of the machine takes
part.

Rules of counting, the same for all three counters:
 1. In time is at or before the deadline. A rung or a breach at T happens when the duty had not
    ended at or before T, and T is at or before `until`, the last instant counted.
 2. n working hours sum open time; the deadline is the earliest instant by which they are used up. n
    working days go to the same wall time on the n-th working day after, from the next opening when
    started in closed time, clamped into that day's hours. n days go to the same wall time n dates
    later.
 3. L, the length of a duty, is the active time from its raising to the deadline as it would be
    without pauses: open time for a deadline in working time, real time else. Active time stands
    still while at least one reason of pause holds. `at p%` is the earliest instant by which p% of L
    is active (rounded up to a millisecond). Due is the earliest instant, not before the deadline
    without pauses, by which all of L is active. `after X` counts active time on from due.
 4. A duty's events are taken by their own time; at one instant fulfil, waive, resume, pause; then
    source, id. What lies before its start has no effect, what lies after its end none either. The
    first fulfilment or waiver ends it. It is late when its own time is after due.
 5. A pause counts when it stops a running clock, a resume when it starts a standing one; pausing
    twice for one reason counts once. So does a pause for a second reason while the first holds.
"""

from bisect import bisect_right
from datetime import date, datetime, timedelta, timezone

HOUR = 3600 * 1000
MINUTE = 60 * 1000
UTC = timezone.utc
EPOCH = datetime(1970, 1, 1)
ORDER = {"fulfil": 0, "waive": 1, "resume": 2, "pause": 3}


def ms_of(text):
    """RFC 3339 text, with `T` or a blank, -> milliseconds; finer digits round up."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("no offset: " + text)
    micro = (moment.astimezone(UTC).replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1)
    return -(-micro // 1000)


def wall_ms(wall):
    """A wall time, read as if it were UTC."""
    return (wall - EPOCH) // timedelta(milliseconds=1)


def instant_text(zone, ms):
    """RFC 3339 text in a zone, milliseconds only when there are any."""
    offset = (wall_ms(zone.to_wall(ms)) - ms) // MINUTE
    moment = datetime.fromtimestamp(0, timezone(timedelta(minutes=offset))) + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds")


def last_sunday(year, month):
    """01:00 UTC on the last Sunday of a month of 31 days: when Europe changes its clocks."""
    day = date(year, month, 31)
    return wall_ms(datetime(year, month, 31 - (day.weekday() + 1) % 7, 1))


class FixedZone:
    """A zone that has one offset, as Asia/Shanghai since 1991."""

    def __init__(self, hours):
        self.shift = hours * HOUR

    def to_utc(self, wall):
        return wall_ms(wall) - self.shift

    def to_wall(self, ms):
        return EPOCH + timedelta(milliseconds=ms + self.shift)


class CentralEurope:
    """Europe/Rome and Europe/Amsterdam since 1996: UTC+1, from March to October UTC+2."""

    def offset(self, ms):
        year = (EPOCH + timedelta(milliseconds=ms)).year
        return 2 * HOUR if last_sunday(year, 3) <= ms < last_sunday(year, 10) else HOUR

    def to_utc(self, wall):
        """The first instant at which the clock shows `wall` or later."""
        for offset in (2 * HOUR, HOUR):
            ms = wall_ms(wall) - offset
            if self.offset(ms) == offset:
                return ms
        return last_sunday(wall.year, 3)    # in the gap: the instant of the jump

    def to_wall(self, ms):
        return EPOCH + timedelta(milliseconds=ms + self.offset(ms))


class RealTime:
    """The measure of deadlines in calendar time: every millisecond counts."""

    @staticmethod
    def between(start, end):
        return end - start

    @staticmethod
    def add(start, amount):
        return start + amount


class Calendar:
    """Open time: `hours` on Monday to Friday, none on holidays, `hours` on make-up days.

    zone: one of the zones above. hours: [("09:00", "12:00"), ...]. holidays, makeup: ISO dates.
    first, last: the years that the list covers, to be wider than all that is asked.
    """

    def __init__(self, zone, hours, holidays, makeup, first, last):
        self.zone = zone
        self.hours = [tuple(timedelta(hours=int(t[:2]), minutes=int(t[3:])) for t in span)
                      for span in hours]
        self.days = []      # working dates, in order
        self.opens, self.closes, self.before = [], [], []   # open intervals; open time before each
        total = 0
        day = date(first, 1, 1)
        while day.year <= last:
            name = day.isoformat()
            if (day.weekday() < 5 and name not in holidays) or name in makeup:
                self.days.append(day)
                midnight = datetime(day.year, day.month, day.day)
                for start, end in self.hours:
                    self.opens.append(zone.to_utc(midnight + start))
                    self.closes.append(zone.to_utc(midnight + end))
                    self.before.append(total)
                    total += self.closes[-1] - self.opens[-1]
            day += timedelta(days=1)

    def sum_to(self, ms):
        """Open time from the list's begin to `ms`."""
        i = bisect_right(self.opens, ms) - 1
        if i < 0:
            raise ValueError("before the calendar")
        return self.before[i] + min(ms, self.closes[i]) - self.opens[i]

    def between(self, start, end):
        return self.sum_to(end) - self.sum_to(start)

    def add(self, start, amount):
        """The earliest instant not before `start` by which `amount` of open time has passed."""
        if amount == 0:
            return start
        target = self.sum_to(start) + amount
        i = 0
        low, high = 0, len(self.before)
        while low < high:               # the last interval that begins with less than `target`
            middle = (low + high) // 2
            if self.before[middle] < target:
                i, low = middle, middle + 1
            else:
                high = middle
        result = self.opens[i] + target - self.before[i]
        if result > self.closes[i]:
            raise ValueError("after the calendar")
        return result

    def next_open(self, start):
        """The first instant at or after `start` that is inside an open interval."""
        i = bisect_right(self.opens, start) - 1
        if i >= 0 and start < self.closes[i]:
            return start
        return self.opens[i + 1]

    def add_days(self, start, count):
        """`start` plus `count` working days, count >= 1."""
        wall = self.zone.to_wall(self.next_open(start))
        midnight = datetime(wall.year, wall.month, wall.day)
        day = self.days[self.days.index(wall.date()) + count]
        time = wall - midnight
        for begin, end in self.hours:
            if time < begin:
                time = begin
                break
            if time < end:
                break
        else:
            time = self.hours[-1][1]
        return self.zone.to_utc(datetime(day.year, day.month, day.day) + time)


def add_calendar_days(zone, start, count):
    """`start` plus `count` days: the same wall time `count` dates later."""
    return zone.to_utc(zone.to_wall(start) + timedelta(days=count))


class Rung:
    """One step of a ladder. kind: remind or escalate; to: the addressee's name.

    Exactly one of percent (of the length), after (a function of due to the rung without pauses) or
    neither: at due.
    """

    def __init__(self, kind, to, percent=None, after=None):
        self.kind, self.to, self.percent, self.after = kind, to, percent, after


class Fold:
    """A duty worked out from its events.

    raised: its start. limit: its deadline without pauses. measure: Calendar or RealTime. acts:
    [(ms, what, reason, source, id)] with `what` a key of ORDER and `reason` naming the pause's
    clause. Gives: end, ended (fulfil or waive; None while it runs), due (None: stands still for
    good), stopped: the intervals [from, to) of no active time (to None: still standing).
    """

    def __init__(self, raised, limit, measure, acts):
        self.raised, self.limit, self.measure = raised, limit, measure
        self.end = self.ended = None
        self.stopped = []
        reasons = set()
        for ms, what, reason, _, _ in sorted(acts, key=lambda a: (a[0], ORDER[a[1]], a[3], a[4])):
            if ms < raised:
                continue
            if what in ("fulfil", "waive"):
                self.end, self.ended = ms, what
                break
            if what == "pause":
                if not reasons:
                    self.stopped.append([ms, None])
                reasons.add(reason)
            elif reason in reasons:
                reasons.discard(reason)
                if not reasons:
                    self.stopped[-1][1] = ms
        self.length = measure.between(raised, limit)
        due = self.reach(raised, self.length)
        self.due = None if due is None else max(due, limit)

    def reach(self, start, amount):
        """When `amount` of active time has passed since `start`: the earliest instant, or None."""
        at = start
        for stop, go in self.stopped:
            if stop > at:
                running = self.measure.between(at, stop)
                if amount <= running:
                    return self.measure.add(at, amount)
                amount -= running
            if go is None:
                return None
            at = max(at, go)
        return self.measure.add(at, amount)

    def instant(self, rung):
        """When a rung is to come, or None."""
        if rung.percent is not None:
            return self.reach(self.raised, -(-self.length * rung.percent // 100))
        if self.due is None or rung.after is None:
            return self.due
        limit = rung.after(self.due)
        reached = self.reach(self.due, self.measure.between(self.due, limit))
        return None if reached is None else max(reached, limit)

    def happens(self, instant, until):
        """Whether what is to come at `instant` does, seen from `until`."""
        return instant is not None and instant <= until and (self.end is None or self.end > instant)

    def late(self):
        """Of a fulfilled duty: whether it was late."""
        return self.due is not None and self.end > self.due

    def standing(self):
        """Whether the clock stands still now."""
        return bool(self.stopped) and self.stopped[-1][1] is None


class Figures(dict):
    """{figure: number}, with the same figures by owner as figure/OWNER when `by_owner`."""

    def __init__(self, by_owner=False):
        super().__init__()
        self.by_owner = by_owner

    def add(self, name, owner=None, count=1):
        self[name] = self.get(name, 0) + count
        if self.by_owner and owner is not None:
            split = name + "/" + owner
            self[split] = self.get(split, 0) + count


def count_in_order(figures, duty, owner, fold, ladder, until):
    """Adds one duty whose events all came in the order of their times.

    DUTY.raised; then exactly one of DUTY.in_time, .late (fulfilled), .waived, .breached (not ended
    by `until` and past due), .open (not ended, not past due; .standing of them were paused); and
    what happened to it on the way: DUTY.breaches (past due, whatever came then), DUTY.reminded.N.TO
    and DUTY.escalated.N.TO by rung and addressee, DUTY.pauses, DUTY.resumes; and the same summed
    over all duties as total.*.
    """
    def add(what, rung=""):
        figures.add(duty + "." + what + rung, owner)
        figures.add("total." + what, owner)

    add("raised")
    past_due = fold.happens(fold.due, until)
    if fold.ended == "fulfil":
        add("late" if fold.late() else "in_time")
    elif fold.ended == "waive":
        add("waived")
    elif past_due:
        add("breached")
    else:
        add("open")
        if fold.standing():
            add("standing")
    if past_due:
        add("breaches")
    for number, rung in enumerate(ladder, start=1):
        if fold.happens(fold.instant(rung), until):
            add("reminded" if rung.kind == "remind" else "escalated", ".%d.%s" % (number, rung.to))
    for _, go in fold.stopped:
        add("pauses")
        if go is not None:
            add("resumes")
