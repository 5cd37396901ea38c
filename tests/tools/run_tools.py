#!/usr/bin/env python3
"""Tests of the tools that make, convert and count the demo's input.

    run_tools.py [NAME...]      runs the tests whose names contain a NAME, or all

Tests on the published logs and cases in ../shared/data are skipped, and say so, where that folder
is absent. The last line is `N passed, N failed[, N skipped]`; the exit code is 1 when any failed.
"""

import collections
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from datetime import date, datetime, timedelta

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOLS = os.path.join(ROOT, "tools")
DATA = os.path.join(ROOT, "..", "shared", "data")
sys.path.insert(0, TOOLS)
sys.dont_write_bytecode = True

import convert_fines       # noqa: E402  (after the path is set)
import convert_helpdesk    # noqa: E402
import convert_receipt     # noqa: E402
import count_fines         # noqa: E402
import count_helpdesk      # noqa: E402
import count_receipt       # noqa: E402
import count_month         # noqa: E402
import eventlines          # noqa: E402
import gen_month           # noqa: E402
import kpicount            # noqa: E402
from approvalcount import Approval, Need, Organisation    # noqa: E402
from dutycount import (HOUR, MINUTE, Calendar, CentralEurope, Figures, FixedZone, Fold,    # noqa: E402
                       RealTime, Rung, count_in_order, ms_of)

TESTS = []


class Skipped(Exception):
    """The test needs what isn't there; its text says what."""


def test(function):
    TESTS.append(function)
    return function


def equal(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s\n    found    %r\n    expected %r" % (what, found, expected))


def subset(figures, expected):
    """Every figure of `expected` is so, 0 meaning that it isn't there."""
    for name, number in expected.items():
        equal(figures.get(name, 0), number, name)


def only(figures, prefix, expected):
    """The figures under `prefix.` are exactly `expected`."""
    found = {name[len(prefix) + 1:]: number for name, number in figures.items()
             if name.startswith(prefix + ".")}
    equal(found, expected, prefix)


def data(*parts):
    path = os.path.join(DATA, *parts)
    if not os.path.exists(path):
        raise Skipped("needs ../shared/data/" + "/".join(parts))
    return path


def at(text):
    """`2026-03-02 09:00[:00[.000]]` in Shanghai -> ms."""
    return ms_of(text + "+08:00" if ":" in text else text + " 00:00+08:00")


# -- the generator ---------------------------------------------------------------------------------

@test
def random_numbers_are_splitmix64():
    r = gen_month.Random(1234567)
    equal([r.next() for _ in range(3)],
          [6457827717110365317, 3203168211198807973, 9817491932198370423])


# SHA-256 of all lines, by seed and least number of lines.
MONTHS = {
    (1, 20000): "ec0db51425a1ae77820855f25aaed7a21aca4b5cdf0add462aada2134022709d",
    (7, 2000): "d8c1d4bfae7d08e0ad8fd93709811adf2a2c9efff71b7d99b815e5a442a65a2b",
}


@test
def month_gives_the_same_bytes_for_a_seed():
    for (seed, events), digest in MONTHS.items():
        lines, _ = gen_month.generate(seed, events)
        assert len(lines) >= events, (seed, events, len(lines))
        equal(hashlib.sha256(b"\n".join(lines)).hexdigest(), digest, "seed %d" % seed)


@test
def month_hangs_on_no_hash_order():
    found = set()
    for hash_seed in ("0", "1", "12345"):
        run = subprocess.run([sys.executable, os.path.join(TOOLS, "gen_month.py"), "--events", "1500"],
                             env=dict(os.environ, PYTHONHASHSEED=hash_seed, LC_ALL="C", TZ="America/New_York"),
                             capture_output=True, check=True)
        found.add(run.stdout)
    equal(len(found), 1)


@test
def months_of_other_seeds_differ_and_have_enough_lines():
    found = set()
    for seed in (1, 2, 3):
        for events in (500, 5000):
            lines, _ = gen_month.generate(seed, events)
            assert events <= len(lines) <= events * 12, (seed, events, len(lines))
            found.add(b"\n".join(lines))
    equal(len(found), 6)


@test
def month_keeps_to_its_days_and_has_its_mess():
    """What the generator says it made is what an own reading of the lines finds."""
    lines, made = gen_month.generate(3, 20000)
    times = [event["ms"] for event in map(count_month.read_line, lines) if event]
    inside = [ms for ms in times if at("2026-03-01") <= ms < at("2026-04-01")]
    equal(len(times) - len(inside), made["too late"], "the lines that are 40 days late")
    figures = count_month.count_lines(lines)
    subset(figures, {
        "lines": len(lines),
        "rejected.malformed": made["malformed"],
        "rejected.schema": made["unknown type"] + made["unknown field"] + made["out of range"],
        "rejected.conflict": made["conflicts"],
        "rejected.late": made["too late"],
        "repeats": made["repeats, same bytes"] + made["repeats, other order"],
    })
    equal(figures["accepted"] + figures["repeats"] + sum(
        number for name, number in figures.items() if name.startswith("rejected.")), len(lines))
    assert figures["rejected.authority"] > 20, figures["rejected.authority"]
    assert figures["unmatched"] > made["unmatched"], "some openings come after their acts"
    assert made["repeats, same bytes"] > 20 and made["repeats, other order"] > 20, made
    equal(sum(n - 1 for n in collections.Counter(lines).values()), made["repeats, same bytes"])
    identities = {(e["id"], e["source"]) for e in filter(None, map(count_month.read_line, lines))}
    assert len(identities) > len({ident for ident, _ in identities}), "sources share ids"


@test
def month_has_its_rhythm():
    lines, _ = gen_month.generate(1, 20000)
    hours, days, late, clock = collections.Counter(), collections.Counter(), 0, 0
    for event in filter(None, map(count_month.read_line, lines)):
        late += event["ms"] < clock
        clock = max(clock, event["ms"])
        if event["type"] == "complaint.opened":
            wall = FixedZone(8).to_wall(event["ms"])
            hours[wall.hour] += 1
            days[wall.day] += 1
    assert 0.005 < late / len(lines) < 0.05, late
    assert sum(hours[h] for h in range(9, 21)) > 0.8 * sum(hours.values()), hours
    assert min(days[d] for d in gen_month.RUSH) > 1.5 * max(days[d] for d in days if d not in gen_month.RUSH), days


@test
def month_brings_what_the_rules_ask_for():
    lines, _ = gen_month.generate(1, 20000)
    figures = count_month.count_lines(lines, by_owner=True)
    for name in count_month.TERMS:
        assert figures.get(name + ".raised", 0) > 0, name
    for what in ("in_time", "late", "breached", "waived", "open", "reminded", "escalated", "vacant",
                 "pauses", "rounds", "corrected", "reported_late"):
        assert figures.get("total." + what, 0) > 0, what
    assert figures["handle_complaint.pauses"] != figures["handle_complaint.stops"]
    for name in ("refund_amount", "campaign_budget", "product_launch"):
        for state in ("granted", "refused", "lapsed"):
            assert figures.get("approval.%s.%s" % (name, state), 0) > 0, (name, state)
    for state in ("withdrawn", "unattainable", "open"):
        assert any(figures.get("approval.%s.%s" % (name, state), 0) for name in (
            "refund_amount", "campaign_budget", "product_launch")), state
    opened = sum(n for name, n in figures.items() if re.fullmatch(r"approval\.\w+\.opened", name))
    ends = sum(n for name, n in figures.items() if re.fullmatch(
        r"approval\.\w+\.(granted|refused|lapsed|withdrawn|unattainable|open)", name))
    equal(ends, opened)
    for name in ("people.joined/customer_service", "people.left/data_analytics", "vacancy.product_ops.lead",
                 "alarmed.warning/customer_service", "alarmed.critical/product_ops", "worst.handle_complaint"):
        assert name in figures, name


@test
def month_sets_off_each_kpi():
    for seed in (1, 2, 3):
        lines, _ = gen_month.generate(seed, 20000)
        figures = count_month.count_lines(lines, by_owner=True)
        for name in ("refund_rate.warning", "refund_rate.critical", "late_answers.warning",
                     "error_rate.critical", "satisfaction.warning"):
            for what in ("raised", "cleared"):
                assert figures.get("kpi.%s.%s" % (name, what), 0) > 0, (seed, name, what)
        assert figures.get("kpi.refund_rate.warning.raised/clothing", 0) > 0, seed
        equal([name for name in figures if name.startswith("kpi.refund_rate") and "gifts" in name], [],
              "gifts are too few")


# -- time ------------------------------------------------------------------------------------------

def cn_days():
    """(holidays, make-up days) as sets of ISO dates, from the standard library's calendar."""
    return calendar_days(os.path.join(ROOT, "stdlib", "calendar", "cn.remit"))


def calendar_days(path):
    with open(path, encoding="utf-8") as stream:
        text = re.sub(r"--[^\n]*", "", stream.read())
    found = {"holiday": set(), "workday": set()}
    for what, first, last in re.findall(r"\b(holiday|workday) (\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?", text):
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last or first):
            assert day.isoformat() not in found[what], "twice: %s" % day
            found[what].add(day.isoformat())
            day += timedelta(days=1)
    return found["holiday"], found["workday"]


def easter(year):
    """Easter Sunday, by the anonymous Gregorian computation."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    n = h + k - 7 * m + 114
    return date(year, n // 31, n % 31 + 1)


@test
def chinas_calendar_is_the_published_one():
    with open(data("calendar", "cn.csv"), encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    holidays, makeup = cn_days()
    equal(holidays, {row["date"] for row in rows if row["kind"] == "holiday"})
    equal(makeup, {row["date"] for row in rows if row["kind"] == "workday"})


@test
def counters_and_policies_have_the_same_holidays():
    holidays, makeup = cn_days()
    equal(count_month.HOLIDAYS, {day for day in holidays if day[:4] == "2026"})
    equal(count_month.MAKEUP, {day for day in makeup if day[:4] == "2026"})
    rules = os.path.join(ROOT, "rules")
    equal(calendar_days(os.path.join(rules, "helpdesk", "helpdesk.remit"))[0], count_helpdesk.HOLIDAYS)
    equal(calendar_days(os.path.join(rules, "receipt", "receipt.remit"))[0], count_receipt.HOLIDAYS)


@test
def movable_feasts_follow_easter():
    for year in range(2010, 2015):
        monday = (easter(year) + timedelta(days=1)).isoformat()
        assert monday in count_helpdesk.HOLIDAYS, monday
    for year in range(2010, 2013):
        for offset in (-2, 1, 39, 50):
            day = (easter(year) + timedelta(days=offset)).isoformat()
            assert day in count_receipt.HOLIDAYS, day


@test
def working_time_agrees_with_the_published_cases():
    holidays, makeup = cn_days()
    office = Calendar(FixedZone(8), [("09:00", "12:00"), ("13:00", "18:00")], holidays, makeup, 2023, 2027)
    cases = 0
    with open(data("worktime.csv"), encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["calendar"] != "cn.office" or row["op"] not in ("days", "hours", "minutes"):
                continue
            start, count = ms_of(row["start"]), int(row["n"])
            if row["op"] == "days":
                found = office.add_days(start, count)
            else:
                found = office.add(start, count * (HOUR if row["op"] == "hours" else MINUTE))
            equal(found, ms_of(row["expected"]), row["id"])
            cases += 1
    with open(data("worktime-between.csv"), encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["calendar"] == "cn.office":
                found = office.between(ms_of(row["from"]), ms_of(row["to"]))
                equal(found, int(row["working_seconds"]) * 1000, row["id"])
                cases += 1
    assert cases > 400, cases


@test
def europes_clock_changes():
    zone = CentralEurope()
    equal(zone.to_utc(datetime(2011, 3, 27, 1, 59)), ms_of("2011-03-27T00:59:00Z"))
    equal(zone.to_utc(datetime(2011, 3, 27, 2, 30)), ms_of("2011-03-27T01:00:00Z"), "in the gap")
    equal(zone.to_utc(datetime(2011, 3, 27, 3, 0)), ms_of("2011-03-27T01:00:00Z"))
    equal(zone.to_utc(datetime(2011, 10, 30, 2, 30)), ms_of("2011-10-30T00:30:00Z"), "the first of two")
    equal(zone.to_utc(datetime(2011, 10, 30, 3, 0)), ms_of("2011-10-30T02:00:00Z"))
    equal(zone.to_wall(ms_of("2011-10-30T01:30:00Z")), datetime(2011, 10, 30, 2, 30))


@test
def instants_are_written_as_they_are_read():
    for text in ("2026-03-02T09:00:00+08:00", "2026-03-02T09:00:00.007+08:00"):
        equal(eventlines.instant_text(eventlines.instant_ms(text), 480), text)
    equal(eventlines.instant_ms("2026-03-02T09:00:00.0000001+00:00".replace("0000001", "000001")) % 1000, 1)
    equal(ms_of("1970-01-01T00:00:00.000001Z"), 1, "finer digits round up")


# -- one duty --------------------------------------------------------------------------------------

def slow_reach(measure, acts, raised, start, amount, horizon):
    """The earliest minute by which `amount` is active, by walking; None within the horizon."""
    fold = Fold(raised, raised + MINUTE, RealTime, acts)
    ms, left = start, amount
    while ms < horizon:
        if left <= 0:
            return ms
        stopped = any(stop <= ms and (go is None or ms < go) for stop, go in fold.stopped)
        if not stopped:
            left -= measure.between(ms, ms + MINUTE)
        ms += MINUTE
    return None


@test
def pauses_agree_with_walking_minute_by_minute():
    r = gen_month.Random(99)
    office = count_month.OFFICE
    start = at("2026-03-05")
    for _ in range(150):
        raised = start + r.below(48 * 60) * MINUTE
        acts = [(raised + r.below(60 * 60) * MINUTE, r.pick(("pause", "resume")), r.pick("ab"), "s", str(n))
                for n in range(r.below(7))]
        limit = office.add(raised, r.between(1, 12) * HOUR)
        fold = Fold(raised, limit, office, acts)
        horizon = raised + 9 * gen_month.DAY
        slow = slow_reach(office, acts, raised, raised, office.between(raised, limit), horizon)
        if fold.due is None or fold.due >= horizon:
            equal(slow, None)
            continue
        equal(max(slow, limit), fold.due, "due")
        rung = Rung("escalate", "x", after=lambda due: office.add(due, 4 * HOUR))
        slow = slow_reach(office, acts, raised, fold.due, 4 * HOUR, horizon)
        found = fold.instant(rung)
        equal(None if found is None or found >= horizon else found, slow, "a rung after due")
        half = fold.instant(Rung("remind", "x", percent=50))
        equal(half, slow_reach(office, acts, raised, raised, fold.length // 2, horizon), "a rung at half")


@test
def a_fold_takes_acts_by_own_time_then_by_kind():
    raised, office = at("2026-03-02 09:00"), count_month.OFFICE
    limit = office.add_days(raised, 1)
    when = at("2026-03-02 11:00")
    fold = Fold(raised, limit, office, [(when, "pause", "a", "s", "1"), (when, "resume", "a", "s", "2")])
    equal(fold.stopped, [[when, None]], "resume before pause")
    fold = Fold(raised, limit, office, [(when, "pause", "a", "s", "1"), (when, "waive", "", "s", "2"),
                                        (when, "fulfil", "", "s", "3")])
    equal((fold.ended, fold.stopped), ("fulfil", []), "fulfil before waive before pause")
    fold = Fold(raised, limit, office, [(raised - 1, "fulfil", "", "s", "1")])
    equal(fold.end, None, "before its start")
    fold = Fold(raised, limit, office, [(raised, "fulfil", "", "s", "1")])
    equal(fold.end, raised, "at its start")


@test
def order_of_arrival_does_not_change_the_end():
    """A duty raised once ends the same in whatever order its acts come, and so do played and counted figures."""
    r = gen_month.Random(4)
    raised = at("2026-03-02 10:00")
    limit = count_month.OFFICE.add_days(raised, 1)
    until = at("2026-03-20")
    for _ in range(200):
        acts, used = [], set()
        for n in range(r.between(1, 6)):
            ms = raised + r.below(5 * 24 * 60) * MINUTE
            if ms not in used:
                used.add(ms)
                acts.append((ms, r.weighted((("pause", 4), ("resume", 4), ("fulfil", 2), ("waive", 1))),
                             "customer", "s", str(n)))
        ends = set()
        for turn in range(4):
            order = sorted(acts) if turn == 0 else r.shuffled(acts)
            duty = count_month.Duty("d", "o", raised, limit, count_month.handle_ladder("o"))
            clock = raised
            for act in order:
                clock = max(clock, act[0])
                duty.settle(clock)
                duty.act(act, clock)
            duty.settle(until, inclusive=True)
            ends.add((duty.outcome(), duty.fold.end, duty.fold.due))
            if turn == 0:
                plain = Figures()
                count_in_order(plain, "d", None, duty.fold, duty.ladder, until)
                told = {"d." + name: number for name, number in duty.told.items()}
                for name in set(plain) | set(told):
                    if name.split(".")[1] in ("breaches", "reminded", "escalated", "pauses", "resumes"):
                        if name.startswith("d."):
                            equal(told.get(name, 0), plain.get(name, 0), name)
        equal(len(ends), 1, str(acts))


# -- the counter of KPIs ---------------------------------------------------------------------------

def share_kpi(**more):
    """Above 50% for ten minutes of an hour's samples; clear below 30%."""
    return kpicount.Kpi("k", lambda ms: ms + HOUR, {"warning": (
        kpicount.Bound("above", "0.5", 10 * MINUTE), kpicount.Bound("below", "0.3"))}, **more)


def played(kpi, *samples, until):
    """Figures of samples (minute, part, value[, minute told]) of one series, up to a minute."""
    figures = Figures()
    kpis = kpicount.Kpis(figures)
    for minute, part, value, *told in samples:
        told = told[0] if told else minute
        kpis.run(told * MINUTE)
        kpis.sample(kpi, "g", part, value, minute * MINUTE, told * MINUTE)
    kpis.end(until * MINUTE)
    return figures


def at_minute(minute, value):
    return "1970-01-01T%02d:%02d:00.000 %s" % (minute // 60, minute % 60, value)


@test
def a_level_waits_and_is_raised_at_its_own_instant():
    base = ((0, 1, 10), (5, 0, 6))
    equal(played(share_kpi(), *base, until=14), {})
    equal(played(share_kpi(), *base, until=15), {
        "kpi.k.warning.raised": 1, "kpi.k.warning.stands": 1,
        "kpi.k.warning.1.raised/g": at_minute(15, "3/5")})
    equal(played(share_kpi(), (0, 1, 10), (5, 0, 5), until=50), {}, "a half is not above a half")
    figures = played(share_kpi(), *base, (12, 1, 10), (13, 0, 6), until=22)
    equal(figures, {}, "what was interrupted waits anew")
    figures = played(share_kpi(), *base, (12, 1, 10), (13, 0, 6), until=23)
    equal(figures["kpi.k.warning.1.raised/g"], at_minute(23, "3/5"))


@test
def a_level_flaps_not_and_samples_that_leave_count():
    figures = played(share_kpi(), (0, 1, 10), (5, 0, 6), (20, 1, 5), (30, 0, 2), (40, 1, 12), until=59)
    equal(figures["kpi.k.warning.raised"], 1)
    assert "kpi.k.warning.cleared" in figures, "8 of 27 is below 30%"
    equal(figures["kpi.k.warning.1.cleared/g"], at_minute(40, "8/27"))
    # When the 10 of minute 0 have left, 3 of 4 remain.
    figures = played(share_kpi(), (0, 1, 10), (20, 1, 4), (20, 0, 3), until=70)
    equal(figures["kpi.k.warning.1.raised/g"], at_minute(70, "3/4"))


@test
def few_samples_are_absent_and_empty_says_what_that_means():
    base = ((0, 1, 10), (5, 0, 6))
    equal(played(share_kpi(least=2), *base, until=50), {}, "one order is too few")
    figures = played(share_kpi(empty="clear"), *base, until=60)
    equal(figures["kpi.k.warning.1.cleared/g"], at_minute(60, "absent"))
    figures = played(share_kpi(), *base, until=90)
    equal(figures["kpi.k.warning.stands"], 1, "hold")
    figures = played(share_kpi(empty="alert"), (0, 1, 10), until=70)
    equal(figures["kpi.k.warning.1.raised/g"], at_minute(70, "absent"))


@test
def a_late_sample_counts_from_when_it_is_told():
    figures = played(share_kpi(), (0, 1, 10), (5, 0, 6, 30), until=45)
    equal(figures["kpi.k.warning.1.raised/g"], at_minute(40, "3/5"))
    equal(played(share_kpi(), (70, 1, 10), (5, 0, 6, 70), until=200), {}, "it has left before it came")


@test
def steps_count_when_they_are_over():
    kpi = kpicount.Kpi("k", lambda ms: ms + HOUR, {"critical": (kpicount.Bound("at least", 1), None)},
                       step=10 * MINUTE)
    figures = played(kpi, (1, 1, 1), (2, 0, 1), until=80)
    equal(figures["kpi.k.critical.1.raised/g"], at_minute(10, "1"))
    assert "kpi.k.critical.1.cleared/g" not in figures, "absent holds"
    figures = played(kpi, (1, 1, 1), (2, 0, 1), (31, 1, 1), until=80)
    equal(figures["kpi.k.critical.1.cleared/g"], at_minute(40, "1/2"))
    figures = played(kpi, (1, 1, 1), (2, 0, 1, 35), until=80)
    equal(figures["kpi.k.critical.1.raised/g"], at_minute(40, "1"))


@test
def sums_and_averages_are_exact():
    level = {"warning": (kpicount.Bound("at least", "0.3"), None)}
    kpi = kpicount.Kpi("k", lambda ms: ms + HOUR, level, shape="sum")
    figures = played(kpi, (1, 0, "0.1"), (2, 0, "0.2"), until=5)
    equal(figures["kpi.k.warning.1.raised/g"], at_minute(2, "3/10"))
    kpi = kpicount.Kpi("k", lambda ms: ms + HOUR, level, shape="average")
    figures = played(kpi, (1, 0, "0.1"), (2, 0, "0.5"), until=90)
    equal(figures["kpi.k.warning.1.raised/g"], at_minute(2, "3/10"))
    equal(figures["kpi.k.warning.raised"], 1)


# -- the counter of the month ----------------------------------------------------------------------

def week(*lines, until=None):
    """Figures of hand-written events: (time, type, data[, id[, actor]]); bytes go in as they are."""
    made = []
    for n, line in enumerate(lines):
        if isinstance(line, tuple):
            time, kind, fields = line[:3]
            ident = line[3] if len(line) > 3 and line[3] else "e%d" % n
            actor = line[4] if len(line) > 4 else None
            line = eventlines.event_line(ident, "test", kind, time.replace(" ", "T") + "+08:00", fields,
                                         actor).encode("utf-8")
        made.append(line)
    return count_month.count_lines(made, at(until) if until else None)


def opened(key, **more):
    return dict({"complaint": key, "category": "quality", "severity": 2, "order_value": "80.00"}, **more)


@test
def week_in_time_to_the_millisecond():
    base = ("2026-03-02 09:00:00", "complaint.opened", opened("C1"))
    answer = ("2026-03-02 11:00:00", "complaint.answered", {"complaint": "C1"})
    figures = week(base, answer, ("2026-03-03 09:00:00", "complaint.resolved",
                                  {"complaint": "C1", "outcome": "好"}), until="2026-03-09")
    only(figures, "handle_complaint", {"raised": 1, "in_time": 1, "reminded.1.customer_service": 1,
                                       "reminded.2.customer_service.lead": 1})
    only(figures, "first_response", {"raised": 1, "in_time": 1})
    figures = week(base, answer, ("2026-03-03 09:00:00.001", "complaint.resolved",
                                  {"complaint": "C1", "outcome": "好"}), until="2026-03-09")
    only(figures, "handle_complaint", {"raised": 1, "late": 1, "reminded.1.customer_service": 1,
                                       "reminded.2.customer_service.lead": 1, "breaches": 1,
                                       "escalated.3.customer_service.lead": 1})


@test
def week_whole_ladder():
    figures = week(("2026-03-02 09:00:00", "complaint.opened", opened("C1")), until="2026-03-04 18:00")
    only(figures, "handle_complaint", {
        "raised": 1, "breached": 1, "breaches": 1, "reminded.1.customer_service": 1,
        "reminded.2.customer_service.lead": 1, "escalated.3.customer_service.lead": 1,
        "escalated.4.director": 1, "escalated.5.management": 1})
    only(figures, "first_response", {"raised": 1, "breached": 1, "breaches": 1,
                                     "escalated.1.customer_service.lead": 1, "escalated.2.director": 1})
    only(figures, "weekly_report", {"raised": 1, "breached": 1, "breaches": 1,
                                    "reminded.1.data_analytics": 1,
                                    "escalated.2.data_analytics.lead": 1, "escalated.3.director": 1})
    figures = week(("2026-03-02 09:00:00", "complaint.opened", opened("C1")), until="2026-03-04 17:59")
    equal(figures.get("handle_complaint.escalated.5.management", 0), 0, "a minute before the last rung")


@test
def week_who_complains_again_has_a_shorter_term():
    line = ("2026-03-02 10:00:00", "complaint.opened", opened("C1", severity=3, repeated=True))
    subset(week(line, until="2026-03-02 10:59"), {"first_response.open": 1})
    subset(week(line, until="2026-03-02 15:00"), {"first_response.breached": 1, "handle_complaint.breached": 1})
    line = ("2026-03-02 10:00:00", "complaint.opened", opened("C1", severity=5, repeated=True, vip=True))
    subset(week(line, until="2026-03-02 12:00"), {"handle_complaint.breached": 1, "notified.director": 1})


@test
def week_pause_over_a_weekend():
    lines = (("2026-03-06 16:00:00", "complaint.opened", opened("C1")),
             ("2026-03-06 17:00:00", "complaint.waiting_customer", {"complaint": "C1"}),
             ("2026-03-10 14:00:00", "complaint.customer_replied", {"complaint": "C1"}))
    subset(week(*lines, until="2026-03-11 11:59"), {"handle_complaint.open": 1, "handle_complaint.pauses": 1,
                                                    "handle_complaint.resumes": 1})
    subset(week(*lines, until="2026-03-11 12:00"), {"handle_complaint.breached": 1})
    subset(week(*lines[:2], until="2026-03-31"), {"handle_complaint.open": 1, "handle_complaint.standing": 1})


@test
def week_fulfilment_told_late():
    figures = week(("2026-03-02 09:00:00", "complaint.opened", opened("C1")),
                   ("2026-03-03 15:00:00", "complaint.opened", opened("C2")),
                   ("2026-03-03 08:00:00", "complaint.resolved", {"complaint": "C1", "outcome": "好"}),
                   until="2026-03-03 15:00")
    subset(figures, {"handle_complaint.in_time": 1, "handle_complaint.breaches": 1,
                     "handle_complaint.reported_late": 1, "handle_complaint.corrected": 1,
                     "handle_complaint.escalated.3.customer_service.lead": 1,
                     "handle_complaint.escalated.4.director": 1, "handle_complaint.escalated.5.management": 0})


@test
def week_nothing_comes_after_an_end_that_is_known():
    # The answer comes while the clock stands still. That the customer had replied before it, and half
    # of the time had passed then, is told afterwards: an ended duty reminds nobody.
    lines = (("2026-03-02 09:00:00", "complaint.opened", opened("C1")),
             ("2026-03-02 10:00:00", "complaint.waiting_customer", {"complaint": "C1"}),
             ("2026-03-03 16:00:00", "complaint.resolved", {"complaint": "C1", "outcome": ""}),
             ("2026-03-03 09:00:00", "complaint.customer_replied", {"complaint": "C1"}))
    subset(week(*lines, until="2026-03-31"), {"handle_complaint.in_time": 1,
                                              "handle_complaint.reminded.1.customer_service": 0})
    subset(week(*lines[:2], lines[3], lines[2], until="2026-03-31"),
           {"handle_complaint.in_time": 1, "handle_complaint.reminded.1.customer_service": 1})


@test
def week_late_pause_takes_a_breach_back():
    lines = (("2026-03-02 09:00:00", "complaint.opened", opened("C1")),
             ("2026-03-03 10:00:00", "report.published", {"report": "R", "kind": "monthly"}),
             ("2026-03-02 10:00:00", "complaint.waiting_customer", {"complaint": "C1"}),
             ("2026-03-03 09:30:00", "complaint.customer_replied", {"complaint": "C1"}))
    # One of eight hours was used, seven go on from Tuesday 09:30: 2.5, and 4.5 until 17:30.
    subset(week(*lines, until="2026-03-03 17:29"), {
        "handle_complaint.breaches": 1, "handle_complaint.rounds": 1, "handle_complaint.corrected": 1,
        "handle_complaint.open": 1})
    subset(week(*lines, until="2026-03-03 17:30"), {
        "handle_complaint.breaches": 2, "handle_complaint.escalated.3.customer_service.lead": 2,
        "handle_complaint.reminded.1.customer_service": 1})


@test
def week_due_moved_to_the_very_clock():
    # The reply is told before the waiting: both together move due to 10:00 on Tuesday, which is the clock.
    figures = week(("2026-03-02 09:00:00", "complaint.opened", opened("C1")),
                   ("2026-03-03 10:00:00", "report.published", {"report": "R", "kind": "monthly"}),
                   ("2026-03-02 11:00:00", "complaint.customer_replied", {"complaint": "C1"}),
                   ("2026-03-02 10:00:00", "complaint.waiting_customer", {"complaint": "C1"}),
                   until="2026-03-03 10:00")
    subset(figures, {"handle_complaint.rounds": 1, "handle_complaint.breaches": 2,
                     "handle_complaint.pauses": 1, "handle_complaint.resumes": 0,
                     "handle_complaint.stops": 1})


@test
def week_repeats_conflicts_rejects():
    first = ("2026-03-02 09:00:00", "complaint.opened", opened("C1"), "x")
    again = (b'{"data":{"severity":2,"order_value":"80.00","category":"quality","complaint":"C1"},"type":'
             b'"complaint.opened","time":"2026-03-02T01:00:00Z","source":"test","id":"x","specversion":"1.0"}')
    other = ("2026-03-02 09:00:00", "complaint.opened", opened("C1", severity=3), "x")
    bad = ("2026-03-02 09:00:00", "complaint.opened", opened("C9", severity=6), "y")
    mended = ("2026-03-02 09:00:00", "complaint.opened", opened("C9", severity=5), "y")
    figures = week(first, again, other, other, bad, bad, mended, b"nonsense", b"\xff",
                   ("2026-01-20 09:00:00", "complaint.opened", opened("C7")),
                   ("2026-03-02 09:00:00", "complaint.opend", opened("C8")),
                   ("2026-03-02 09:00:00", "complaint.opened", opened("C8", colour="red")),
                   ("2026-03-02 09:00:00", "complaint.resolved", {"complaint": "C0", "outcome": "-"}))
    subset(figures, {"lines": 13, "accepted": 3, "repeats": 3, "rejected.conflict": 1, "rejected.schema": 3,
                     "rejected.malformed": 2, "rejected.late": 1, "unmatched": 1,
                     "handle_complaint.raised": 2})


@test
def week_fraud_claims_and_authority():
    figures = week(
        ("2026-03-02 09:00:00", "remit.joined", {"person": "zhou", "team": "data_analytics"}),
        ("2026-03-02 09:00:00", "remit.appointed", {"person": "li", "seat": "customer_service.lead"}),
        ("2026-03-02 10:00:00", "complaint.opened",
         opened("C1", category="fraud", order_value="60000.00 CNY", vip=True, severity=5)),
        ("2026-03-02 11:00:00", "remit.reported", {"duty": "investigate_fraud", "key": "C1"}, None, "li"),
        ("2026-03-02 12:00:00", "remit.reported", {"duty": "investigate_fraud", "key": "C1"}, None, "zhou"),
        ("2026-03-02 13:00:00", "remit.reported", {"duty": "review_claim", "key": ["C1"]}, None, "li"),
        ("2026-03-02 14:00:00", "remit.reported", {"duty": "review_claim", "key": "C2"}, None, "li"),
        ("2026-03-02 14:30:00", "complaint.opened", opened("C3", order_value=50000)),
        until="2026-03-02 15:00")
    subset(figures, {"rejected.authority": 1, "unmatched": 1, "emitted": 2, "notified.director": 2,
                     "notified.customer_service.lead": 1, "investigate_fraud.in_time": 1,
                     "review_claim.in_time": 1, "handle_complaint.reminded.1.director": 1,
                     "handle_complaint.breached": 1, "handle_complaint.open": 1})


@test
def week_reports_of_a_schedule():
    first = ("2026-03-02 09:00:00", "report.published", {"report": "R0", "kind": "weekly"})
    figures = week(first, ("2026-03-02 15:00:00", "report.published", {"report": "R1", "kind": "weekly"}),
                   ("2026-03-06 18:00:00.001", "report.published", {"report": "Q", "kind": "quality"}))
    subset(figures, {"unmatched": 1, "weekly_report.raised": 5, "weekly_report.in_time": 1,
                     "weekly_report.breached": 4, "service_quality_report.raised": 4,
                     "service_quality_report.late": 1, "service_quality_report.breaches": 4,
                     "collect_orders.raised": 29, "monthly_report.raised": 1})
    subset(week(first, until="2026-03-02 09:59"), {"weekly_report.raised": 0})
    subset(week(first, until="2026-03-02 10:00"), {"weekly_report.raised": 1, "weekly_report.open": 1})


# -- approvals --------------------------------------------------------------------------------------

def seats(**held):
    """An organisation whose seats are held from the begin on; `__` in a name stands for a dot."""
    people = Organisation()
    for seat, person in held.items():
        people.event("remit.appointed", 0, {"person": person, "seat": seat.replace("__", ".")}, None)
    return people


def approval(people, needs, *votes, excluded=(), due=100):
    """The state after votes of (ms, person[, ballot[, seat]]) on an approval of instant 10."""
    made = Approval("a", "k", 10, "x", due, [Need(count, names) for count, names in needs], excluded, people)
    made.judge(10)
    taken = [made.vote(vote[1], (vote + ("yes",))[2], vote[0], vote[3] if len(vote) > 3 else None)
             for vote in votes if made.state == "open"]
    return made.state, taken


@test
def approval_fills_seats_in_any_order():
    people = seats(director="d", desk__lead="l", shop__lead="s")
    needs = [(1, ["desk.lead", "director"]), (1, ["director"])]
    equal(approval(people, needs, (11, "d"), (12, "l")), ("granted", [True, True]))
    equal(approval(people, needs, (11, "l"), (12, "d")), ("granted", [True, True]))
    equal(approval(people, needs, (11, "d"), (12, "d")), ("open", [True, False]))
    equal(approval(people, [(2, ["desk", "shop", "director"])], (11, "s"), (12, "l")), ("granted", [True, True]))
    equal(approval(people, needs, (11, "l", "no")), ("refused", [True]))
    equal(approval(people, needs, (11, "s"), (12, "l", "yes", "director"), (13, "l", "yes", "desk.lead")),
          ("open", [False, False, True]))


@test
def approval_knows_who_may_not_and_when_it_is_past_hope():
    people = seats(director="d", desk__lead="l")
    needs = [(1, ["desk.lead", "director"])]
    equal(approval(people, needs, (11, "l"), (12, "d"), excluded=["l"]), ("granted", [False, True]))
    equal(approval(people, needs + [(1, ["director"])], excluded=["l"])[0], "unattainable")
    equal(approval(seats(director="d"), [(1, ["director"]), (1, ["desk.lead"])])[0], "open",
          "a seat that was never held")
    people.event("remit.delegated", 5, {"person": "l", "seat": "director", "until": 50}, "d")
    equal(approval(people, needs, (11, "d"), excluded=["l"])[0], "unattainable",
          "for whom one who is excluded acts is excluded too")
    equal(approval(people, [(1, ["director"])], (11, "l")), ("granted", [True]))
    later = seats(director="d")
    later.event("remit.delegated", 5, {"person": "p", "seat": "director", "from": 100}, "d")
    equal(approval(later, [(1, ["director"]), (1, ["director"])])[0], "unattainable",
          "the holder's authority counts once, be it by a deputy")
    equal(approval(later, [(1, ["director"])])[0], "open")
    equal(approval(people, [(1, ["director"])], (50, "l"), (50, "d")), ("granted", [False, True]))


@test
def approval_ends_with_time_and_with_those_who_leave():
    people = seats(director="d", desk__lead="l")
    made = Approval("a", "k", 10, "x", 100, [Need(1, ["desk"])], (), people)
    made.judge(10)
    equal((made.state, made.next), ("open", 100))
    made.pass_by(100)
    equal(made.state, "lapsed")
    made = Approval("a", "k", 10, "x", 100, [Need(1, ["desk"])], (), people)
    people.event("remit.appointed", 20, {"person": "m", "seat": "desk.lead", "from": 60}, None)
    people.event("remit.left", 20, {"person": "l"}, None)
    made.judge(20)
    equal(made.state, "open", "somebody comes in time")
    equal((people.vacant("desk.lead", 30), people.vacant("desk.lead", 60), people.vacant("shop", 60)),
          (True, False, False))
    people.event("remit.left", 30, {"person": "m"}, None)
    made.judge(30)
    equal(made.state, "unattainable")


# -- the help desk ---------------------------------------------------------------------------------

def helpdesk_log(*tickets):
    """A log in XES: each ticket is (severity, service level, workgroup, [(time, activity)])."""
    out = ['<?xml version="1.0" encoding="utf-8" ?>\n<log xmlns="http://www.xes-standard.org/">\n']
    for number, (severity, level, group, entries) in enumerate(tickets, start=1):
        out.append('<trace>\n<string key="concept:name" value="Case %d" />\n' % number)
        for time, activity in entries:
            values = [("concept:name", activity), ("org:resource", "Value 7"), ("seriousness", "Value 1"),
                      ("customer", "Value 3"), ("product", "Value 2"), ("seriousness_2", "Value %d" % severity),
                      ("service_level", "Value %d" % level), ("service_type", "Value 1"),
                      ("workgroup", "Value %d" % group)]
            out.append("<event>\n")
            out += ['<string key="%s" value="%s" />\n' % pair for pair in values]
            out.append('<date key="time:timestamp" value="%s" />\n</event>\n' % (time.replace(" ", "T") + "+00:00"))
        out.append("</trace>\n")
    return "".join(out + ["</log>\n"])


TAKE, SOLVE, CLOSED = "Take in charge ticket", "Resolve ticket", "Closed"


@test
def helpdesk_converts_in_order_of_time():
    log = helpdesk_log((1, 2, 1, [("2012-10-09 14:50:17", "Assign seriousness"), ("2012-10-09 14:51:01", TAKE),
                                  ("2012-10-09 14:00:00", "Wait"), ("2012-10-10 09:00:00", "Dance"),
                                  ("2012-10-11 09:00:00", SOLVE)]),
                       (4, 1, 3, [("2012-10-09 14:51:01", TAKE)]))
    events, count = convert_helpdesk.convert(io.BytesIO(log.encode("utf-8")))
    found = [json.loads(line) for _, _, _, line in events]
    equal([(e["id"], e["type"]) for e in found], [
        ("case-1/0", "ticket.opened"), ("case-1/1", "ticket.assessed"), ("case-1/2", "ticket.taken"),
        ("case-2/0", "ticket.opened"), ("case-2/1", "ticket.taken"), ("case-1/5", "ticket.resolved")])
    equal(found[0]["data"], {"ticket": "case-1", "severity": 1, "service_level": 2, "service_type": 1,
                             "workgroup": 1, "customer": "customer-3", "product": "product-2"})
    equal(found[5]["data"], {"ticket": "case-1", "workgroup": 1})
    equal(found[5]["time"], "2012-10-11T09:00:00+00:00")
    equal(dict(count), {"tickets": 2, "entries": 6, "used": 4, "opened": 2,
                        "left out: unknown activity": 1, "left out: earlier than the entry before it": 1})


def helpdesk(*tickets, until="2012-12-31T00:00:00+01:00"):
    return count_helpdesk.count_log(helpdesk_log(*tickets).splitlines(True), ms_of(until))


@test
def helpdesk_in_time_and_late():
    # Rome is at +02:00 in October: 07:00Z is the opening at 09:00.
    figures = helpdesk((4, 2, 1, [("2012-10-08 07:00:00", "Assign seriousness"), ("2012-10-08 09:00:00", TAKE),
                                  ("2012-10-09 07:00:00", SOLVE), ("2012-10-20 08:00:00", CLOSED)]))
    only(figures, "respond", {"raised": 1, "in_time": 1})
    only(figures, "resolve", {"raised": 1, "in_time": 1, "reminded.1.group_1": 1})
    only(figures, "close_ticket", {"raised": 1, "in_time": 1})
    figures = helpdesk((4, 2, 1, [("2012-10-08 07:00:00", "Assign seriousness"), ("2012-10-08 09:00:01", TAKE),
                                  ("2012-10-11 07:00:01", SOLVE), ("2012-10-20 08:00:00", CLOSED)]))
    only(figures, "respond", {"raised": 1, "late": 1, "breaches": 1, "escalated.1.group_1.lead": 1})
    only(figures, "resolve", {"raised": 1, "late": 1, "breaches": 1, "reminded.1.group_1": 1,
                              "escalated.2.group_1.lead": 1, "escalated.3.manager": 1})


@test
def helpdesk_two_reasons_of_pause():
    entries = [("2012-10-08 07:00:00", "Assign seriousness"), ("2012-10-08 08:00:00", "Wait"),
               ("2012-10-08 08:30:00", "Wait"), ("2012-10-08 09:00:00", "Require upgrade"),
               ("2012-10-10 07:00:00", TAKE)]
    figures = helpdesk((4, 2, 2, entries), until="2012-10-10T16:59:59+02:00")
    only(figures, "resolve", {"raised": 1, "open": 1, "pauses": 1, "resumes": 1, "reminded.1.group_2": 1})
    figures = helpdesk((4, 2, 2, entries), until="2012-10-10T17:00:00+02:00")
    subset(figures, {"resolve.breached": 1, "resolve.escalated.2.group_2.lead": 1})
    figures = helpdesk((4, 2, 2, entries[:3]))
    only(figures, "resolve", {"raised": 1, "open": 1, "standing": 1, "pauses": 1})


@test
def helpdesk_closing_again_and_anomalies():
    figures = helpdesk((2, 2, 1, [
        ("2012-08-01 07:00:00", SOLVE), ("2012-08-01 07:00:00", SOLVE), ("2012-08-03 07:00:00", TAKE),
        ("2012-08-03 08:00:00", "Create SW anomaly"), ("2012-08-05 07:00:00", SOLVE),
        ("2012-08-06 07:00:00", "Resolve SW anomaly"), ("2012-09-19 07:00:01", CLOSED)]))
    only(figures, "close_ticket", {"raised": 2, "waived": 1, "late": 1, "breaches": 1, "reminded.1.group_1": 1,
                                   "escalated.2.group_1.lead": 1})
    only(figures, "fix_anomaly", {"raised": 1, "in_time": 1})
    only(figures, "resolve", {"raised": 1, "in_time": 1})
    figures = helpdesk((2, 2, 1, [("2012-08-01 07:00:00", "Create SW anomaly"),
                                  ("2012-08-02 07:00:00", "RESOLVED"), ("2012-08-02 07:00:00", "INVALID")]))
    only(figures, "fix_anomaly", {"raised": 1, "in_time": 1})
    figures = helpdesk((2, 2, 1, [("2012-08-01 07:00:00", "Create SW anomaly"),
                                  ("2012-08-02 07:00:00", "INVALID"), ("2012-08-03 07:00:00", "RESOLVED")]))
    only(figures, "fix_anomaly", {"raised": 1, "waived": 1})


@test
def helpdesk_log_loses_nothing():
    with convert_helpdesk.open_log(data("logs", "helpdesk.xes.gz")) as stream:
        events, count = convert_helpdesk.convert(stream)
    equal(dict(count), {"tickets": 4580, "entries": 21348, "used": 21348, "opened": 4580})
    found = [json.loads(line) for _, _, _, line in events]
    equal(len({e["id"] for e in found}), 25928)
    equal([e["time"] for e in found], sorted(e["time"] for e in found))
    kinds = collections.Counter(e["type"] for e in found)
    equal((kinds["ticket.taken"], kinds["ticket.resolved"], kinds["ticket.closed"], kinds["ticket.waiting"],
           kinds["anomaly.reported"]), (5060, 4983, 4574, 1463, 67))


@test
def helpdesk_figures_stand():
    out = io.StringIO()
    path = data("logs", "helpdesk.xes.gz")
    with redirect_stdout(out):
        equal(count_helpdesk.main([path, "--by", "owner"]), 0)
    figures = json.loads(out.getvalue())
    subset(figures, {"tickets": 4580, "entries": 21348, "respond.raised": 4580, "resolve.raised": 4580,
                     "close_ticket.raised": 4726, "fix_anomaly.raised": 58})
    for duty in ("respond", "resolve", "close_ticket", "fix_anomaly"):
        equal(sum(figures.get("%s.%s" % (duty, end), 0)
                  for end in ("in_time", "late", "waived", "breached", "open")), figures[duty + ".raised"], duty)
        equal(sum(number for name, number in figures.items() if name.startswith(duty + ".raised/")),
              figures[duty + ".raised"], duty + " by owner")


# -- the permit applications -----------------------------------------------------------------------

HEAD = ("case:channel,case:concept:name,case:deadline,case:department,case:enddate,case:enddate_planned,"
        "case:group,case:responsible,case:startdate,concept:instance,concept:name,lifecycle:transition,"
        "org:group,org:resource,time:timestamp")


def receipt_log(*cases):
    """A log in CSV: each case is (start, deadline, end or "", department, [(time, activity)])."""
    out = [HEAD]
    for number, (start, deadline, end, department, entries) in enumerate(cases, start=1):
        for time, activity in entries:
            out.append(",".join(("e-mail", "case-%d" % number, deadline, department, end, deadline, "", "Resource1",
                                 start, "task-1", activity, "complete", "Group 1", "Resource2", time)))
    return [line + "\n" for line in out]


CONFIRM, SENT = "Confirmation of receipt", "T05 Print and send confirmation of receipt"
ASK, COME = "T08 Draft and send request for advice", "T09-3 Process or receive external advice from party 3"


@test
def receipt_converts_in_order_of_time():
    log = receipt_log(("2011-10-10 00:00:00.010000+02:00", "2011-12-05 00:00:00+01:00",
                       "2011-10-10 00:00:00.000000+02:00", "Customer contact",
                       [("2011-10-12 09:00:00.123000+02:00", CONFIRM), ("2011-10-12 08:00:00+02:00", SENT),
                        ("2011-10-13 09:00:00.120000+02:00", COME), ("2011-10-14 09:00:00+02:00", "T99 Sing")]))
    events, count = convert_receipt.convert(log)
    found = [json.loads(line) for _, _, _, line in events]
    equal([(e["id"], e["type"], e["time"]) for e in found], [
        ("case-1/0", "application.received", "2011-10-10T00:00:00+02:00"),
        ("case-1/end", "application.closed", "2011-10-10T00:00:00+02:00"),
        ("case-1/1", "application.registered", "2011-10-12T09:00:00.123+02:00"),
        ("case-1/3", "advice.received", "2011-10-13T09:00:00.120+02:00")])
    equal(found[0]["data"], {"application": "case-1", "channel": "email", "department": "customer_contact",
                             "planned": "2011-12-05T00:00:00+01:00", "deadline": "2011-12-05T00:00:00+01:00"})
    equal(found[3]["data"], {"application": "case-1", "part": 3})
    equal(dict(count), {"cases": 1, "entries": 4, "used": 2, "of cases": 2,
                        "left out: unknown activity": 1, "left out: earlier than the entry before it": 1})


def receipt(*cases, until="2012-02-01T00:00:00+01:00"):
    return count_receipt.count_log(receipt_log(*cases), ms_of(until))


@test
def receipt_in_time_and_late():
    case = ("2011-10-10 09:00:00+02:00", "2011-12-05 09:00:00+01:00", "2011-12-05 09:00:00+01:00", "Experts",
            [("2011-10-12 09:00:00+02:00", CONFIRM), ("2011-10-14 09:00:00+02:00", SENT)])
    figures = receipt(case)
    only(figures, "register", {"raised": 1, "in_time": 1})
    only(figures, "confirm_receipt", {"raised": 1, "in_time": 1, "reminded.1.intake": 1})
    only(figures, "decide", {"raised": 1, "in_time": 1, "reminded.1.experts": 1})
    case = case[:2] + ("2012-01-30 09:00:00.001+01:00",) + case[3:]
    only(receipt(case), "decide", {"raised": 1, "late": 1, "reminded.1.experts": 1, "breaches": 1,
                                   "escalated.2.experts.lead": 1, "escalated.3.head_of_permits": 1,
                                   "escalated.4.town_clerk": 1})
    case = case[:2] + ("",) + case[3:]
    subset(receipt(case), {"decide.breached": 1})
    subset(receipt(case, until="2011-12-05T08:59:59.999+01:00"), {"decide.open": 1})


@test
def receipt_waits_for_advice():
    case = ("2011-10-10 09:00:00+02:00", "2011-12-05 09:00:00+01:00", "2011-12-09 09:00:00+01:00", "General",
            [("2011-10-12 09:00:00+02:00", CONFIRM), ("2011-11-04 16:00:00+01:00", ASK),
             ("2011-11-08 16:00:00+01:00", COME), ("2011-11-08 17:00:00+01:00", COME)])
    figures = receipt(case)
    only(figures, "decide", {"raised": 1, "in_time": 1, "reminded.1.general": 1, "pauses": 1, "resumes": 1})
    only(figures, "advise", {"raised": 1, "in_time": 1})
    only(figures, "confirm_receipt", {"raised": 1, "breached": 1, "breaches": 1, "reminded.1.intake": 1,
                                      "escalated.2.intake.lead": 1, "escalated.3.head_of_permits": 1})


@test
def receipt_log_loses_nothing():
    with open(data("logs", "receipt.csv"), encoding="utf-8", newline="") as stream:
        events, count = convert_receipt.convert(stream)
    equal(dict(count), {"cases": 1434, "entries": 8577, "used": 8577, "of cases": 2763})
    found = [json.loads(line) for _, _, _, line in events]
    equal(len({e["id"] for e in found}), 11340)
    times = [ms_of(e["time"]) for e in found]
    equal(times, sorted(times))
    begun = set()
    for event in found:
        if event["type"] == "application.received":
            begun.add(event["data"]["application"])
        assert event["data"]["application"] in begun, event["id"]
    deadlines = [(ms_of(e["data"]["deadline"]), ms_of(e["time"])) for e in found if "deadline" in e["data"]]
    assert all(deadline > received for deadline, received in deadlines)


@test
def receipt_figures_stand():
    out = io.StringIO()
    path = data("logs", "receipt.csv")
    with redirect_stdout(out):
        equal(count_receipt.main([path, "--by", "owner"]), 0)
    figures = json.loads(out.getvalue())
    subset(figures, {"cases": 1434, "entries": 8577, "register.raised": 1434, "decide.raised": 1434,
                     "confirm_receipt.raised": 1434, "advise.raised": 15})
    for duty in ("register", "confirm_receipt", "decide", "advise"):
        equal(sum(figures.get("%s.%s" % (duty, end), 0)
                  for end in ("in_time", "late", "waived", "breached", "open")), figures[duty + ".raised"], duty)


# -- the traffic fines -----------------------------------------------------------------------------

FINES_HEAD = ("amount,article,case:concept:name,concept:name,expense,org:resource,paymentAmount,points,"
              "time:timestamp,vehicleClass")


def fines_log(*entries):
    """Lines of CSV. An entry: "FINE, activity, date and time[, amount]"."""
    lines = [FINES_HEAD]
    for entry in entries:
        fine, activity, time, amount = (entry.split(", ") + [""])[:4]
        made = activity == "Create Fine"
        lines.append(",".join((
            "" if activity in ("Payment", "Send Fine") else amount, "157.0" if made else "", fine, activity,
            amount if activity == "Send Fine" else "", "537" if made else "",
            amount if activity == "Payment" else "", "0.0" if made else "", time, "A" if made else "")))
    return lines


@test
def fines_convert_in_order_of_time():
    rows, count = convert_fines.convert(fines_log(
        "A1, Create Fine, 2005-10-01 00:00:00+02:00, 35.0", "A1, Send Fine, 2005-11-01 00:00:00+01:00, 11.0",
        "A2, Create Fine, 2005-10-01 00:00:00+02:00, 60.0", "A2, Sing Fine, 2005-10-02 00:00:00+02:00",
        "A2, Payment, 2005-10-20 00:00:00+02:00", "A2, Payment, 2005-10-19 00:00:00+02:00, 33.6",
        "A3, Payment, yesterday, 33.6"))
    equal(dict(count), {"fines": 3, "entries": 7, "used": 4, "left out": 3})
    equal([row["id"] for row in rows], ["A1/1", "A2/1", "A2/4", "A1/2"])
    equal(rows[0], {"id": "A1/1", "type": "fine.created", "time": "2005-10-01T00:00:00+02:00", "fine": "A1",
                    "actor": "537", "amount": "35.0", "article": "157", "points": "0", "vehicle": "A"})
    equal(rows[2]["amount"], "33.6")


def fines(*entries, until="2014-01-01T00:00:00+01:00"):
    return count_fines.count_log(fines_log(*entries), ms_of(until))


@test
def fines_in_time_to_the_day_and_late():
    # 110 days from 1 October are 19 January, over the change of the clocks.
    made, told = "A1, Create Fine, 2005-10-01 00:00:00+02:00, 35.0", "A1, Insert Fine Notification, "
    sent = "A1, Send Fine, 2006-01-19 %s+01:00, 11.0"
    only(fines(made, sent % "00:00:00"), "send_fine",
         {"raised": 1, "in_time": 1, "reminded.1.notices": 1})
    only(fines(made, sent % "00:00:01"), "send_fine",
         {"raised": 1, "late": 1, "breaches": 1, "reminded.1.notices": 1, "escalated.2.notices.lead": 1})
    figures = fines(made, told + "2006-01-10 00:00:00+01:00", "A1, Payment, 2006-03-11 00:00:00+01:00, 46")
    only(figures, "pay", {"raised": 1, "in_time": 1, "reminded.1.offender": 1})
    only(figures, "notify_offender", {"raised": 1, "in_time": 1})
    # A larger one has 100 days.
    subset(fines(made.replace("35.0", "60.0"), sent % "00:00:00"), {"send_fine.late": 1})
    subset(fines(made, "A1, Payment, 2005-10-02 00:00:00+02:00, 35"),
           {"send_fine.waived": 1, "notify_offender.waived": 1, "pay.raised": 0})


@test
def fines_count_months_and_stand_still_for_an_appeal():
    told = "A1, Insert Fine Notification, 2006-01-10 00:00:00+01:00"
    appeal = ("A1, Insert Date Appeal to Prefecture, 2006-01-20 00:00:00+01:00",
              "A1, Receive Result Appeal from Prefecture, 2006-12-20 00:00:00+01:00")
    subset(fines(told, *appeal, until="2007-02-07T23:59:59+01:00"), {"pay.open": 1, "pay.breaches": 0})
    subset(fines(told, *appeal, until="2007-02-08T00:00:00+01:00"), {"pay.breached": 1, "pay.pauses": 1})
    equal(count_fines.months(1)(ms_of("2007-01-31T12:00:00+01:00")), ms_of("2007-02-28T12:00:00+01:00"))
    equal(count_fines.months(14)(ms_of("2006-12-31T00:00:00+01:00")), ms_of("2008-02-29T00:00:00+01:00"))
    penalty = "A1, Add penalty, 2006-03-11 00:00:00+01:00, 71.5"
    only(fines(penalty, "A1, Send for Credit Collection, 2008-03-11 00:00:00+01:00"), "collect",
         {"raised": 1, "late": 1, "breaches": 1, "reminded.1.collection": 1, "escalated.2.collection.lead": 1})


@test
def fines_log_loses_nothing():
    with open(data("logs", "roadtraffic100traces.csv"), encoding="utf-8", newline="") as stream:
        rows, count = convert_fines.convert(stream)
    equal(dict(count), {"fines": 100, "entries": 390, "used": 390})
    equal(len({row["id"] for row in rows}), 390)
    with open(data("logs", "roadtraffic100traces.csv"), encoding="utf-8", newline="") as stream:
        figures = count_fines.count_log(stream, ms_of(count_fines.UNTIL))
    subset(figures, {"fines": 100, "entries": 390, "send_fine.raised": 100, "pay.raised": 57, "collect.raised": 57})


@test
def missing_logs_are_named():
    for tool in (convert_fines, convert_helpdesk, convert_receipt, count_fines, count_helpdesk,
                 count_receipt, count_month):
        err = io.StringIO()
        with redirect_stderr(err):
            equal(tool.main(["/nowhere/at-all"]), 2)
        assert "/nowhere/at-all" in err.getvalue(), err.getvalue()


def main():
    passed = failed = skipped = 0
    for function in TESTS:
        if len(sys.argv) > 1 and not any(name in function.__name__ for name in sys.argv[1:]):
            continue
        try:
            function()
            passed += 1
        except Skipped as reason:
            skipped += 1
            print("skipped %s: %s" % (function.__name__, reason))
        except Exception:
            failed += 1
            print("FAILED %s" % function.__name__)
            traceback.print_exc(file=sys.stdout)
    print("%d passed, %d failed" % (passed, failed) + (", %d skipped" % skipped if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
