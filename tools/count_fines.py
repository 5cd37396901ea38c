#!/usr/bin/env python3
"""Counts what rules/fines makes of the log of traffic fines, a second time, from the log.

    count_fines.py [LOG] [--until INSTANT] [--by owner]   prints one JSON object {figure: number}

It reads the log's rows (not the converted events) and counts by the rules in dutycount.py, with the
terms of rules/fines/fines.remit written out again below. Figures are DUTY.WHAT and total.WHAT (see
count_in_order), with --by owner also DUTY.WHAT/OWNER. The run is taken to end with `--until`
(default 2014-01-01T00:00:00+01:00).

send_fine        raised by "Create Fine"; ended by "Send Fine", waived by "Payment".
notify_offender  raised by "Create Fine"; ended by "Insert Fine Notification", waived by "Payment".
pay              raised by "Insert Fine Notification"; ended by "Payment"; paused from "Insert Date
                 Appeal to Prefecture" until "Receive Result Appeal from Prefecture".
collect          raised by "Add penalty"; ended by "Send for Credit Collection", waived by
                 "Payment".
What stands before the raising entry counts for nothing, at one instant too.
"""

import argparse
import calendar
import csv
import json
import os
import sys
from decimal import Decimal

from dutycount import (CentralEurope, Figures, Fold, RealTime, Rung, add_calendar_days,
                       count_in_order, ms_of)

DEFAULT_LOG = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "..", "..", "shared", "data", "logs", "roadtraffic100traces.csv")
UNTIL = "2014-01-01T00:00:00+01:00"
ROME = CentralEurope()


def days(count):
    return lambda start: add_calendar_days(ROME, start, count)


def months(count):
    """`count` months later: the same day and wall time, or the last day of a shorter month."""
    def add(start):
        wall = ROME.to_wall(start)
        year, month = divmod(wall.year * 12 + wall.month - 1 + count, 12)
        day = min(wall.day, calendar.monthrange(year, month + 1)[1])
        return ROME.to_utc(wall.replace(year=year, month=month + 1, day=day))
    return add


def dispatch(row):
    """The table `urgency`."""
    if Decimal(row["points"]) > 0:
        return days(90)
    return days(100) if Decimal(row["amount"]) >= 60 else days(110)


CREATED, NOTIFIED, PENALTY = "Create Fine", "Insert Fine Notification", "Add penalty"
PAID = "Payment"
# Duty: (owner, the entry that raises it, its term by that entry's row, what ends or pauses it, ladder).
DUTIES = {
    "send_fine": ("notices", CREATED, dispatch, {"Send Fine": "fulfil", PAID: "waive"},
                  [Rung("remind", "notices", percent=80), Rung("escalate", "notices.lead")]),
    "notify_offender": ("notices", CREATED, lambda row: days(150),
                        {NOTIFIED: "fulfil", PAID: "waive"},
                        [Rung("remind", "notices.lead", percent=90), Rung("escalate", "chief"),
                         Rung("escalate", "collection.lead", after=days(30))]),
    "pay": ("offender", NOTIFIED, lambda row: days(60),
            {PAID: "fulfil", "Insert Date Appeal to Prefecture": "pause",
             "Receive Result Appeal from Prefecture": "resume"},
            [Rung("remind", "offender", percent=75), Rung("escalate", "collection"),
             Rung("escalate", "collection.lead", after=months(6))]),
    "collect": ("collection", PENALTY, lambda row: months(12),
                {"Send for Credit Collection": "fulfil", PAID: "waive"},
                [Rung("remind", "collection", percent=50), Rung("escalate", "collection.lead"),
                 Rung("escalate", "chief", after=months(12))]),
}


def count_fine(figures, rows, until):
    """Adds one fine's duties. rows: [(milliseconds, row)] by time, then in the log's order."""
    for duty, (owner, begin, term, meaning, ladder) in DUTIES.items():
        place = next((n for n, (_, row) in enumerate(rows) if row["concept:name"] == begin), None)
        if place is None:
            continue
        start, first = rows[place]
        acts = [(ms, meaning[row["concept:name"]], "", "", "%06d" % n)
                for n, (ms, row) in enumerate(rows) if n > place and row["concept:name"] in meaning]
        fold = Fold(start, term(first)(start), RealTime, acts)
        count_in_order(figures, duty, owner, fold, ladder, until)


def count_log(lines, until, by_owner=False):
    """The figures of a whole log, given as lines of CSV. until: milliseconds."""
    figures, fines = Figures(by_owner), {}
    for row in csv.DictReader(lines):
        figures.add("entries")
        ms = ms_of(row["time:timestamp"])
        if ms <= until:
            fines.setdefault(row["case:concept:name"], []).append((ms, row))
    for rows in fines.values():
        figures.add("fines")
        count_fine(figures, sorted(rows, key=lambda entry: entry[0]), until)
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
        print("count_fines: no such log: " + options.log, file=sys.stderr)
        return 2
    json.dump(figures, sys.stdout, indent=1, sort_keys=True)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
