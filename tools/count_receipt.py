#!/usr/bin/env python3
"""Counts what rules/receipt makes of the log of permit applications, a second time, from the log.

    count_receipt.py [LOG] [--until INSTANT] [--by owner]   prints one JSON object {figure: number}

It reads the CSV's rows (not the converted events) and counts by the rules in dutycount.py and kpicount.py, with the
terms of rules/receipt/receipt.remit written out again below. Figures are DUTY.WHAT and total.WHAT
(see count_in_order), with --by owner also DUTY.WHAT/OWNER. The run is taken to end with `--until`
(default 2012-02-01T00:00:00+01:00).

An application is received at the earliest of its start date, its first entry and its end date.

register             raised when received, owed by intake; ended by "Confirmation of receipt", the
                     first entry.
confirm_receipt      raised by "Confirmation of receipt", owed by intake; ended by T05 (confirmation
                     printed and sent).
decide               raised when received, owed by the case's department; due by the case's
                     deadline, an instant (so it runs in real time); ended by the case's end date;
                     paused from T08 (advice asked for) until any T09 (advice come).
advise               raised by the first T08, owed by advisers; ended by the first T09. More T08 of
                     a case while it runs or after it raise nothing.
"""

import argparse
import csv
import json
import os
import sys

from dutycount import (HOUR, Calendar, CentralEurope, Figures, Fold, RealTime, Rung,
                       add_calendar_days, count_in_order, ms_of)
from kpicount import Bound, Kpi, Kpis, notifying

DEFAULT_LOG = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "..", "..", "shared", "data", "logs", "receipt.csv")
UNTIL = "2012-02-01T00:00:00+01:00"

# New year, Good Friday, Easter Monday, Queen's day, liberation, Ascension, Whit Monday, Christmas
# (two days).
HOLIDAYS = set("""
    2010-01-01 2010-04-02 2010-04-05 2010-04-30 2010-05-05 2010-05-13 2010-05-24 2010-12-25
    2010-12-26 2011-01-01 2011-04-22 2011-04-25 2011-04-30 2011-05-05 2011-06-02 2011-06-13
    2011-12-25 2011-12-26 2012-01-01 2012-04-06 2012-04-09 2012-04-30 2012-05-05 2012-05-17
    2012-05-28 2012-12-25 2012-12-26
""".split())
AMSTERDAM = CentralEurope()
OFFICE = Calendar(AMSTERDAM, [("08:30", "17:00")], HOLIDAYS, set(), 2009, 2015)


def working_days(count):
    return lambda start: OFFICE.add_days(start, count)


def days(count):
    return lambda start: add_calendar_days(AMSTERDAM, start, count)


INTAKE = [Rung("escalate", "intake.lead")]
REGISTER = INTAKE + [Rung("escalate", "head_of_permits", after=working_days(10))]
CONFIRM = [Rung("remind", "intake", percent=50)] + INTAKE + [
    Rung("escalate", "head_of_permits", after=working_days(5))]
ADVISE = [Rung("escalate", "advisers.lead"),
          Rung("escalate", "head_of_permits", after=lambda start: OFFICE.add(start, 17 * HOUR))]


def decide_ladder(owner):
    return [Rung("remind", owner, percent=75), Rung("escalate", owner + ".lead"),
            Rung("escalate", "head_of_permits", after=days(14)),
            Rung("escalate", "town_clerk", after=days(56))]


LATE_ANSWERS = Kpi("late_answers", days(30), {
    "warning": (Bound("above", "0.33", 24 * HOUR), Bound("below", "0.25")),
    "critical": (Bound("above", "0.5"), Bound("at most", "0.33"))}, least=10, empty="clear")
MISSED_TERMS = Kpi("missed_terms", days(7), {
    "warning": (Bound("at least", 8), Bound("below", 4)),
    "critical": (Bound("at least", 12), Bound("below", 8))}, shape="sum")
CALLS = {("late_answers", "warning"): ("intake.lead",),
         ("late_answers", "critical"): ("intake.lead", "head_of_permits"),
         ("missed_terms", "warning"): ("head_of_permits",),
         ("missed_terms", "critical"): ("head_of_permits", "town_clerk")}


def acts(times, what):
    return [(ms, what, "advice", "", "%06d" % n) for n, ms in enumerate(times)]


def count_case(figures, rows, until, kpis):
    """Adds one case's duties, and what KPIs measure of it. rows: the case's rows in the log's order."""
    def times(prefix):
        return [ms for ms, row in entries if row["concept:name"].startswith(prefix)]

    def missed(kpi, group, fold):
        if fold.happens(fold.due, until):
            figures.add("emitted")
            kpis.sample(kpi, group, 0, 1, fold.due, max(fold.due, fold.raised))

    entries = [(ms_of(row["time:timestamp"]), row) for row in rows]
    head = rows[0]
    end = ms_of(head["case:enddate"]) if head["case:enddate"] else None
    received = min([ms_of(head["case:startdate"]), entries[0][0]] + ([] if end is None else [end]))
    entries = [entry for entry in entries if entry[0] <= until]
    closed = [end] if end is not None and end <= until else []
    if received > until:
        return
    owner = head["case:department"].lower().replace(" ", "_")
    registered, asked, come = times("Confirmation of receipt"), times("T08"), times("T09")

    fold = Fold(received, OFFICE.add_days(received, 20), OFFICE, acts(registered, "fulfil"))
    count_in_order(figures, "register", "intake", fold, REGISTER, until)
    fold = Fold(received, ms_of(head["case:deadline"]), RealTime,
                acts(closed, "fulfil") + acts(asked, "pause") + acts(come, "resume"))
    count_in_order(figures, "decide", owner, fold, decide_ladder(owner), until)
    missed(MISSED_TERMS, owner, fold)
    if registered:
        start = registered[0]
        fold = Fold(start, OFFICE.add_days(start, 2), OFFICE, acts(times("T05"), "fulfil"))
        count_in_order(figures, "confirm_receipt", "intake", fold, CONFIRM, until)
        kpis.sample(LATE_ANSWERS, "", 1, 1, start, start)
        missed(LATE_ANSWERS, "", fold)
    if asked:
        start = asked[0]
        fold = Fold(start, OFFICE.add_days(start, 15), OFFICE, acts(come, "fulfil"))
        count_in_order(figures, "advise", "advisers", fold, ADVISE, until)


def count_log(lines, until, by_owner=False):
    """The figures of a whole log, given as lines of CSV. until: milliseconds."""
    figures, cases = Figures(by_owner), {}
    kpis = Kpis(figures, notifying(figures, CALLS))
    for row in csv.DictReader(lines):
        cases.setdefault(row["case:concept:name"], []).append(row)
        figures.add("entries")
    for rows in cases.values():
        figures.add("cases")
        count_case(figures, rows, until, kpis)
    kpis.end(until)
    return figures


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", nargs="?", default=DEFAULT_LOG)
    parser.add_argument("--until", default=UNTIL)
    parser.add_argument("--by", choices=["owner"])
    options = parser.parse_args(arguments)
    try:
        with open(options.log, encoding="utf-8", newline="") as lines:
            figures = count_log(lines, ms_of(options.until), options.by == "owner")
    except FileNotFoundError:
        print("count_receipt: no such log: " + options.log, file=sys.stderr)
        return 2
    json.dump(figures, sys.stdout, indent=1, sort_keys=True)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
