"""Working time and wall time by the definitions, the slow and plain way.

A calendar here is the list of its open intervals, written out date by date in milliseconds since 1970 (UTC);
every question is answered by walking along that list. Zones come from the machine's tz database through
`zoneinfo`, which is right for a judge and would be wrong for the engine. Nothing here is shared with the engine.

    python3 worktime.py        the self-test; with ../shared/data beside the project, all of its rows too
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Iterator, Optional
from zoneinfo import ZoneInfo

Interval = tuple[int, int]  # half open, milliseconds since 1970
Pauses = list[tuple[int, Optional[int]]]  # half open; None: has not ended

HOUR = 3_600_000
MINUTE = 60_000
DAY = 24 * HOUR
FOREVER = 1 << 60
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_WALK = 366 * 60  # dates; a calendar that is shut for longer is refused

# Mainland China's public holidays and make-up working days as the State Council published them.
CN_HOLIDAYS = """2024-01-01 2024-02-10..2024-02-17 2024-04-04..2024-04-06 2024-05-01..2024-05-05 2024-06-10
    2024-09-15..2024-09-17 2024-10-01..2024-10-07 2025-01-01 2025-01-28..2025-02-04 2025-04-04..2025-04-06
    2025-05-01..2025-05-05 2025-05-31..2025-06-02 2025-10-01..2025-10-08 2026-01-01..2026-01-03
    2026-02-15..2026-02-23 2026-04-04..2026-04-06 2026-05-01..2026-05-05 2026-06-19..2026-06-21
    2026-09-25..2026-09-27 2026-10-01..2026-10-07"""
CN_WORKDAYS = """2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12
    2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11 2026-01-04 2026-02-14 2026-02-28 2026-05-09
    2026-09-20 2026-10-10"""


def dates_of(text: str) -> list[str]:
    """`2026-01-01 2026-02-15..2026-02-23` as single dates."""
    out = []
    for word in text.split():
        first, _, last = word.partition("..")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            out.append(day.isoformat())
            day += timedelta(days=1)
    return out


# ---------------------------------------------------------------------------------------------- wall time


def instant_of(moment: datetime) -> int:
    """Milliseconds since 1970 of a datetime that knows its offset."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def naive_ms(wall: datetime) -> int:
    """A wall time as if it were UTC, for arithmetic."""
    return (wall - datetime(1970, 1, 1)) // timedelta(milliseconds=1)


def from_naive_ms(ms: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(milliseconds=ms)


def offset_at(zone: str, t: int) -> int:
    """The offset in force at t, in milliseconds."""
    moment = EPOCH + timedelta(seconds=t // 1000)
    delta = moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert delta is not None
    return delta // timedelta(milliseconds=1)


@lru_cache(maxsize=None)
def changes_in_year(zone: str, year: int) -> tuple[int, ...]:
    """The instants of that UTC year at which the zone's offset changes: each hour is looked at, then halved."""
    start = instant_of(datetime(year, 1, 1, tzinfo=timezone.utc))
    end = instant_of(datetime(year + 1, 1, 1, tzinfo=timezone.utc))
    found = []
    before = offset_at(zone, start)
    for t in range(start, end, HOUR):
        after = offset_at(zone, t + HOUR)
        if after != before:
            low, high = t, t + HOUR  # offset(low) is the old one, offset(high) another
            while high - low > 1000:
                middle = (low + high) // 2000 * 1000
                if offset_at(zone, middle) == before:
                    low = middle
                else:
                    high = middle
            found.append(high)
        before = after
    return tuple(found)


@lru_cache(maxsize=None)
def wall_to_instant(zone: str, wall: datetime) -> int:
    """The first instant at which the zone's wall clock shows `wall` or later."""
    as_utc = naive_ms(wall)
    begin, end = as_utc - 2 * DAY, as_utc + 2 * DAY
    years = range(from_naive_ms(begin).year, from_naive_ms(end).year + 1)
    cuts = [t for year in years for t in changes_in_year(zone, year) if begin < t < end]
    edges = [begin, *cuts, end]
    for low, high in zip(edges, edges[1:]):
        t = max(low, as_utc - offset_at(zone, low))
        if t < high:
            return t
    raise ValueError(f"{wall} does not come in {zone}")


def instant_to_wall(zone: str, t: int) -> datetime:
    return from_naive_ms(t + offset_at(zone, t))


def add_days(zone: str, t: int, n: int) -> int:
    """The same wall time n days later."""
    return wall_to_instant(zone, instant_to_wall(zone, t) + timedelta(days=n))


def add_months(zone: str, t: int, n: int) -> int:
    """The same wall time n months later, on the month's last day where it is shorter."""
    wall = instant_to_wall(zone, t)
    index = wall.year * 12 + wall.month - 1 + n
    year, month = index // 12, index % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return wall_to_instant(zone, wall.replace(year=year, month=month, day=min(wall.day, last)))


def show_instant(zone: str, t: int) -> str:
    """RFC 3339 with the zone's offset; milliseconds only when not 0."""
    offset = offset_at(zone, t)
    wall = from_naive_ms(t + offset)
    minutes = abs(offset) // MINUTE
    text = wall.strftime("%Y-%m-%dT%H:%M:%S")
    if t % 1000:
        text += f".{t % 1000:03d}"
    return f"{text}{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


# ------------------------------------------------------------------------------------------- working time


class Calendar:
    """Open hours by date.

    From a dict as in worktime-calendars.json: zone, week {mon: [["09:00", "12:00"], ...]}, holidays, makeup
    (dates), makeup_hours; and beyond it: workdays {date: [[from, to], ...]} for make-up days with their own
    hours, published (the last year whose holidays are known, or None).
    """

    def __init__(self, spec: dict):
        self.zone: str = spec["zone"]
        self.published: Optional[int] = spec.get("published")
        self._week = spec["week"]
        self._holidays = set(spec.get("holidays", ()))
        self._makeup = {day: spec["makeup_hours"] for day in spec.get("makeup", ())}
        self._makeup.update(spec.get("workdays", {}))
        self._days: dict[date, list[Interval]] = {}

    def hours_of(self, day: date) -> list[list[str]]:
        """The spans of a date, as text."""
        text = day.isoformat()
        if text in self._makeup:
            return self._makeup[text]
        if text in self._holidays:
            return []
        return self._week.get(WEEK[day.weekday()], [])

    def intervals(self, day: date) -> list[Interval]:
        """The open intervals of a date; a span that a gap swallows is not among them."""
        if day not in self._days:
            found = []
            for span in self.hours_of(day):
                begin, end = (self._wall(day, clock) for clock in span)
                if begin < end:
                    found.append((begin, end))
            self._days[day] = found
        return self._days[day]

    def _wall(self, day: date, clock: str) -> int:
        hour, minute = (int(part) for part in clock.split(":"))
        midnight = datetime(day.year, day.month, day.day)
        return wall_to_instant(self.zone, midnight + timedelta(hours=hour, minutes=minute))

    def open_from(self, t: int) -> Iterator[Interval]:
        """The open intervals from t on, in order, the first cut at t."""
        day = instant_to_wall(self.zone, t).date() - timedelta(days=1)
        quiet = 0
        while quiet < LONGEST_WALK:
            quiet += 1
            for begin, end in self.intervals(day):
                if end > t:
                    quiet = 0
                    yield max(begin, t), end
            day += timedelta(days=1)
        raise ValueError("the calendar does not open again")

    def open_before(self, t: int) -> Iterator[Interval]:
        """The open intervals before t, backwards, the first cut at t."""
        day = instant_to_wall(self.zone, t).date() + timedelta(days=1)
        quiet = 0
        while quiet < LONGEST_WALK:
            quiet += 1
            for begin, end in reversed(self.intervals(day)):
                if begin < t:
                    quiet = 0
                    yield begin, min(end, t)
            day -= timedelta(days=1)
        raise ValueError("the calendar was never open before")

    def worked(self, t: int, u: int) -> int:
        """The working time in [t, u)."""
        total = 0
        for begin, end in self.open_from(t):
            if begin >= u:
                break
            total += min(end, u) - begin
        return total

    def add(self, t: int, amount: int) -> int:
        """The earliest instant by which `amount` has been worked since t."""
        return advance(self.open_from(t), t, amount)  # type: ignore[return-value]

    def subtract(self, t: int, amount: int) -> int:
        """The latest instant since which `amount` has been worked until t."""
        if amount == 0:
            return t
        for begin, end in self.open_before(t):
            if end - begin >= amount:
                return end - amount
            amount -= end - begin
        raise AssertionError("open_before ends by an error")

    def add_working_days(self, t: int, n: int) -> int:
        """The same wall time on the n-th working day after, clamped into its hours."""
        start, _ = next(self.open_from(t))
        wall = instant_to_wall(self.zone, start)
        day = self._date_of(start)
        while n > 0:
            day += timedelta(days=1)
            if self.intervals(day):
                n -= 1
        aim = wall_to_instant(self.zone, datetime.combine(day, wall.time()))
        for begin, end in self.intervals(day):
            if aim < end:
                return max(aim, begin)
        return self.intervals(day)[-1][1]

    def _date_of(self, t: int) -> date:
        near = instant_to_wall(self.zone, t).date()
        for shift in (-1, 0, 1):
            day = near + timedelta(days=shift)
            if any(begin <= t < end for begin, end in self.intervals(day)):
                return day
        raise AssertionError("t is inside working time")

    def assumed(self, t: int) -> bool:
        """Whether t lies past the last year whose holidays are published."""
        return self.published is not None and instant_to_wall(self.zone, t).year > self.published


def real_time_from(t: int) -> Iterator[Interval]:
    """Elapsed time as an open interval without end."""
    yield t, FOREVER


def without(spans: Iterator[Interval], pauses: Pauses) -> Iterator[Interval]:
    """The spans with what lies in a pause cut out; ends where a pause without end begins."""
    for begin, end in spans:
        for stop, go in pauses:  # in order, and they do not overlap
            if stop >= end:
                break
            if go is not None and go <= begin:
                continue
            if begin < stop:
                yield begin, stop
            if go is None:
                return
            begin = go
            if begin >= end:
                break
        if begin < end:
            yield begin, end


def advance(spans: Iterator[Interval], t: int, amount: int) -> Optional[int]:
    """The earliest instant at or after t by which the spans have given `amount`; None if they end before."""
    if amount == 0:
        return t
    for begin, end in spans:
        if end - begin >= amount:
            return begin + amount
        amount -= end - begin
    return None


def within(spans: Iterator[Interval], u: int) -> int:
    """How much the spans give before u."""
    total = 0
    for begin, end in spans:
        if begin >= u:
            break
        total += min(end, u) - begin
    return total


def part_of(amount: int, percent: int) -> int:
    """p% of an amount, rounded up to the millisecond: the earliest instant has all of it."""
    return -(-amount * percent // 100)


CN_OFFICE = {
    "zone": "Asia/Shanghai",
    "week": {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in WEEK[:5]},
    "holidays": dates_of(CN_HOLIDAYS),
    "makeup": dates_of(CN_WORKDAYS),
    "makeup_hours": [["09:00", "12:00"], ["13:00", "18:00"]],
    "published": 2026,
}


# ---------------------------------------------------------------------------------------------- self-test

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

# The examples of the definitions, in cn.office: from, plus, is.
EXAMPLES = (
    ("2026-03-06 17:00", "1h", "2026-03-06 18:00"),
    ("2026-03-06 17:00", "2h", "2026-03-09 10:00"),
    ("2026-02-13 17:00", "2h", "2026-02-14 10:00"),
    ("2026-03-02 10:30", "1d", "2026-03-03 10:30"),
    ("2026-03-02 12:20", "1d", "2026-03-03 13:00"),
    ("2026-03-02 18:00", "1d", "2026-03-04 09:00"),
    ("2026-03-07 15:00", "1d", "2026-03-10 09:00"),
    ("2026-02-14 20:00", "1d", "2026-02-25 09:00"),
)


def parse_utc(text: str) -> int:
    return instant_of(datetime.fromisoformat(text.replace("Z", "+00:00")))


def check_examples() -> int:
    calendar = Calendar(CN_OFFICE)
    for start, plus, expected in EXAMPLES:
        t = wall_to_instant("Asia/Shanghai", datetime.fromisoformat(start))
        n = int(plus[:-1])
        got = calendar.add(t, n * HOUR) if plus.endswith("h") else calendar.add_working_days(t, n)
        shown = instant_to_wall("Asia/Shanghai", got).strftime("%Y-%m-%d %H:%M")
        assert shown == expected, f"{start} + {plus}: {shown}, not {expected}"
    gap = wall_to_instant("America/New_York", datetime(2026, 3, 8, 2, 30))
    assert gap == parse_utc("2026-03-08T07:00:00Z")
    return len(EXAMPLES) + 1


def check_sums(calendars: dict[str, Calendar]) -> int:
    rows = 0
    with open(DATA / "worktime.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            calendar, t, n = calendars[row["calendar"]], parse_utc(row["start"]), int(row["n"])
            unit = HOUR if row["op"].startswith("hours") else MINUTE
            if row["op"] == "days":
                got = calendar.add_working_days(t, n)
            elif row["op"].endswith("_before"):
                got = calendar.subtract(t, n * unit)
            else:
                got = calendar.add(t, n * unit)
            assert got == parse_utc(row["expected"]), f"{row['id']}: {show_instant('UTC', got)}"
            rows += 1
    return rows


def check_spans(calendars: dict[str, Calendar]) -> int:
    rows = 0
    with open(DATA / "worktime-between.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            calendar, t, u = calendars[row["calendar"]], parse_utc(row["from"]), parse_utc(row["to"])
            worked = calendar.worked(t, u)
            assert worked == int(row["working_seconds"]) * 1000, f"{row['id']}: {worked}"
            if row["half"]:
                half = calendar.add(t, part_of(worked, 50))
                assert half == parse_utc(row["half"]), f"{row['id']}: {show_instant('UTC', half)}"
            rows += 1
    return rows


def check_walls() -> int:
    rows = 0
    with open(DATA / "time" / "wall_to_utc.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            wall = row.get("wall") or row.get("local")
            assert wall is not None, f"columns {list(row)}"
            got = wall_to_instant(row["zone"], datetime.fromisoformat(wall))
            assert got == parse_utc(row["utc"]), f"{row}: {show_instant('UTC', got)}"
            rows += 1
    return rows


def check_cn() -> int:
    with open(DATA / "calendar" / "cn.csv", encoding="utf-8") as file:
        rows = [(row["kind"], row["date"]) for row in csv.DictReader(file)]
    own = [("holiday", day) for day in dates_of(CN_HOLIDAYS)]
    own += [("workday", day) for day in dates_of(CN_WORKDAYS)]
    assert sorted(rows) == sorted(own)
    return len(rows)


def self_test() -> list[str]:
    """One line a check; an AssertionError names what failed."""
    lines = [f"{check_examples()} examples of the definitions"]
    if not (DATA / "worktime.csv").exists():
        return lines + ["../shared/data is absent: its rows were skipped"]
    with open(DATA / "worktime-calendars.json", encoding="utf-8") as file:
        calendars = {name: Calendar(spec) for name, spec in json.load(file).items()}
    lines.append(f"{check_sums(calendars)} rows of worktime.csv")
    lines.append(f"{check_spans(calendars)} rows of worktime-between.csv")
    lines.append(f"{check_walls()} rows of time/wall_to_utc.csv")
    lines.append(f"{check_cn()} rows of calendar/cn.csv")
    return lines


if __name__ == "__main__":
    for line in self_test():
        print(f"ok: {line}")
    sys.exit(0)
