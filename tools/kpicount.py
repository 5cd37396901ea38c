"""A second way to count KPIs, for checking the demo's figures: exact, plain, not the engine's.

Times are whole milliseconds since 1970 UTC, values fractions of whole numbers. Only Python's
standard library is used.

Rules:
 1. A sample belongs to a series by its group. It counts from the instant at which it is told, or its
    own if that is later, until its own time and the window have passed. A window in days ends at the
    same wall time. One that is told only after that never counts.
 2. In a window with steps a sample counts from the end of its step, or from the first end of a step
    at or after it is told, and leaves as if it had come at the end of its step.
 3. What is measured is one number or a quotient of two; an average is the quotient of a sum and a
    number of samples. A quotient by nothing is absent. With fewer samples than the least (of a
    quotient: below the line) the levels see it as absent, too.
 4. Levels are looked at once at each instant at which a sample comes or leaves or a wait is over,
    after all that happens at it. A level is raised when its condition has held as long as it must,
    and cleared when its other condition has (by default: the first one doesn't hold). An absent
    value leaves levels alone, clears them at once (`clear`), or counts as one that raises (`alert`).
 5. Each raising begins an episode of its level, numbered from 1.
"""

import heapq
from fractions import Fraction

from dutycount import EPOCH, timedelta


class Bound:
    """A condition on the value, and for how long it has to hold."""

    TESTS = {"above": lambda a, b: a > b, "below": lambda a, b: a < b,
             "at least": lambda a, b: a >= b, "at most": lambda a, b: a <= b}

    def __init__(self, side, value, hold=0):
        self.side, self.value, self.hold = side, Fraction(value), hold

    def fits(self, value):
        return self.TESTS[self.side](value, self.value)


class Kpi:
    """What is measured.

    shape: of what the samples add, the ratio of part 0 to part 1, or the sum or average of part 0.
    leaves: a function from a sample's time to when it leaves. step: ms, or 0. levels: {name: (Bound,
    Bound or None)}.
    """

    def __init__(self, name, leaves, levels, least=0, empty="hold", step=0, shape="ratio"):
        self.name, self.leaves, self.levels, self.least = name, leaves, levels, least
        self.empty, self.step, self.shape = empty, step, shape


class Level:
    def __init__(self):
        self.raised, self.since, self.episode = False, None, 0


class Series:
    def __init__(self, kpi, group):
        self.kpi, self.group = kpi, group
        self.levels = {name: Level() for name in kpi.levels}
        self.changes = []               # heap of (instant, part, value, +1 or -1)
        self.sums, self.counts = [Fraction(0), Fraction(0)], [0, 0]

    def sample(self, part, value, ms, told):
        kpi = self.kpi
        if kpi.step:
            ends = ms - ms % kpi.step + kpi.step
            come, gone = max(ends, -(-told // kpi.step) * kpi.step), kpi.leaves(ends)
        else:
            come, gone = max(ms, told), kpi.leaves(ms)
        if come < gone:
            heapq.heappush(self.changes, (come, part, value, 1))
            heapq.heappush(self.changes, (gone, part, value, -1))

    def value(self):
        """(the value or None, the number of samples that counts)."""
        if self.kpi.shape == "sum":
            return self.sums[0], self.counts[0]
        if self.kpi.shape == "average":
            return (self.sums[0] / self.counts[0] if self.counts[0] else None), self.counts[0]
        return (self.sums[0] / self.sums[1] if self.sums[1] else None), self.counts[1]

    def next(self):
        """The next instant at which to look, or None."""
        found = [self.changes[0][0]] if self.changes else []
        for name, level in self.levels.items():
            if level.since is not None:
                found.append(level.since + self.hold(name))
        return min(found, default=None)

    def hold(self, name):
        bound, clear = self.kpi.levels[name]
        if not self.levels[name].raised:
            return bound.hold
        return clear.hold if clear else 0

    def look(self, ms, tell):
        while self.changes and self.changes[0][0] <= ms:
            _, part, value, sign = heapq.heappop(self.changes)
            self.sums[part] += sign * value
            self.counts[part] += sign
        value, count = self.value()
        absent = value is None or count < self.kpi.least
        for name, level in self.levels.items():
            bound, clear = self.kpi.levels[name]
            if absent:
                holds = self.kpi.empty == ("clear" if level.raised else "alert")
            elif not level.raised:
                holds = bound.fits(value)
            else:
                holds = clear.fits(value) if clear else not bound.fits(value)
            if not holds:
                level.since = None
                continue
            level.since = ms if level.since is None else level.since
            if ms - level.since >= (0 if absent and level.raised else self.hold(name)):
                level.raised, level.since = not level.raised, None
                level.episode += level.raised
                tell(self, name, level, ms, value)


class Kpis:
    """All series, and what was told of them as figures (see episode_figures).

    react(kpi, level or "cleared", group, episode, ms) is called for each raising and clearing.
    """

    def __init__(self, figures, react=lambda kpi, what, group, episode, ms: None):
        self.series, self.figures, self.react = {}, figures, react

    def sample(self, kpi, group, part, value, ms, told):
        """A sample of part 0 (above the line) or 1 (below), of time `ms`, told at `told`."""
        key = kpi.name, group
        if key not in self.series:
            self.series[key] = Series(kpi, group)
        self.series[key].sample(part, Fraction(value), ms, told)

    def run(self, clock, inclusive=False):
        """Looks at all series at their instants before `clock`, at it too when inclusive."""
        while True:
            found = [(series.next(), n) for n, series in enumerate(self.series.values())]
            found = [(ms, n) for ms, n in found
                     if ms is not None and (ms < clock or (inclusive and ms == clock))]
            if not found:
                return
            ms, n = min(found)
            list(self.series.values())[n].look(ms, self.tell)

    def tell(self, series, name, level, ms, value):
        episode_figures(self.figures, series.kpi.name, name, series.group, level.episode,
                        level.raised, ms, value)
        self.react(series.kpi.name, name if level.raised else "cleared", series.group, level.episode, ms)

    def end(self, until):
        """All up to `until`, and figures of how the levels stand then."""
        self.run(until, inclusive=True)
        for (kpi, group), series in self.series.items():
            for name, level in series.levels.items():
                if level.raised:
                    self.figures.add("kpi.%s.%s.stands" % (kpi, name), group)


def notifying(figures, calls):
    """A reaction that notifies. calls: {(kpi, level or "cleared"): [addressee]}."""
    def react(kpi, what, group, episode, ms):
        for who in calls.get((kpi, what), ()):
            figures.add("notified." + who)
    return react


def episode_figures(figures, kpi, level, group, episode, raised, ms, value):
    """The figures of one raising or clearing: how many there were, and this one's instant and value."""
    what = "raised" if raised else "cleared"
    figures.add("kpi.%s.%s.%s" % (kpi, level, what), group)
    instant = EPOCH + timedelta(milliseconds=ms)
    figures["kpi.%s.%s.%d.%s/%s" % (kpi, level, episode, what, group)] = "%s %s" % (
        instant.isoformat(timespec="milliseconds"), "absent" if value is None else value)
