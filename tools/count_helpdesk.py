#!/usr/bin/env python3
"""Counts what rules/helpdesk makes of the help desk's log, a second time and straight from the log.

    count_helpdesk.py [LOG] [--until INSTANT] [--by owner]   prints one JSON object {figure: number}

It reads the XES file by its lines (not the converted events) and counts by the rules in
dutycount.py and kpicount.py, with the terms of rules/helpdesk/helpdesk.remit written out again below. Figures are
DUTY.WHAT and total.WHAT (see count_in_order), with --by owner also DUTY.WHAT/OWNER. The run is
taken to end with `--until` (default 2014-02-01T00:00:00+01:00).

A ticket begins with its first entry. `severity` is its seriousness_2, with service_level and
workgroup, as that first entry has them; a later change of them changes nothing. Positions in the
log decide nothing but who comes first at one instant.

respond       raised by a ticket; ended by the first "Take in charge ticket" or "Resolve ticket"
              (one of them may be the first entry itself: then it is in time at once).
resolve       raised by a ticket; ended by the first "Resolve ticket"; paused by "Wait" (one reason)
              and "Require upgrade" (another), both ended by "Take in charge ticket".
close_ticket  raised by "Resolve ticket", unless one is open, and owed by that entry's group; ended
              by "Closed", waived by "Take in charge ticket" (work goes on); then the next "Resolve
              ticket" raises it again, so a ticket may have several.
fix_anomaly   raised by the first "Create SW anomaly" of a ticket; ended by "Resolve SW anomaly" or
              RESOLVED; waived by INVALID, DUPLICATE or "Closed". At one instant the fulfilment
              counts before the waiver.
"""

import argparse
import gzip
import json
import os
import re
import sys

from dutycount import (HOUR, Calendar, CentralEurope, Figures, Fold, RealTime, Rung,
                       add_calendar_days, count_in_order, ms_of)
from kpicount import Bound, Kpi, Kpis, notifying

DEFAULT_LOG = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "..", "..", "shared", "data", "logs", "helpdesk.xes.gz")
UNTIL = "2014-02-01T00:00:00+01:00"

# Easter Mondays, the days of fixed date, and 17 March 2011 (150 years of the state, that year
# only).
FIXED = ("01-01", "01-06", "04-25", "05-01", "06-02", "08-15", "11-01", "12-08", "12-25", "12-26")
HOLIDAYS = ({"%d-%s" % (year, day) for year in range(2010, 2015) for day in FIXED}
            | {"2010-04-05", "2011-04-25", "2012-04-09", "2013-04-01", "2014-04-21", "2011-03-17"})
ROME = CentralEurope()
DESK = Calendar(ROME, [("09:00", "13:00"), ("14:00", "18:00")], HOLIDAYS, set(), 2009, 2017)


def working_hours(count):
    return lambda start: DESK.add(start, count * HOUR)


def working_days(count):
    return lambda start: DESK.add_days(start, count)


def terms(severity, service_level):
    """The table `terms`: (respond, resolve), each a function from the start to the deadline."""
    if severity == 4:
        return working_hours(2), working_days(1)
    if severity == 3:
        return working_hours(8), working_days(5)
    if service_level >= 3:
        return working_days(1), working_days(8)
    if severity == 2:
        return working_days(2), working_days(12)
    return working_days(2), working_days(8)


def ladders(owner):
    """The ladders of the duties of one group."""
    lead = owner + ".lead"
    return {
        "respond": [Rung("escalate", lead), Rung("escalate", "manager", after=working_hours(8))],
        "resolve": [Rung("remind", owner, percent=75), Rung("escalate", lead),
                    Rung("escalate", "manager", after=working_hours(16)),
                    Rung("escalate", "director", after=working_hours(80))],
        "close_ticket": [Rung("remind", owner, percent=80), Rung("escalate", lead)],
    }


ANOMALY_LADDER = [Rung("remind", "development", percent=80), Rung("escalate", "development.lead"),
                  Rung("escalate", "director", after=working_hours(80))]

LATE_ANSWERS = Kpi("late_answers", lambda ms: add_calendar_days(ROME, ms, 28), {
    "warning": (Bound("above", "0.4", 24 * HOUR), Bound("below", "0.33")),
    "critical": (Bound("above", "0.6"), Bound("at most", "0.4"))}, least=10, empty="clear")
CALLS = {("late_answers", "warning"): ("manager",),
         ("late_answers", "critical"): ("manager", "director")}

ATTRIBUTE = re.compile(r'<(?:string|date) key="([^"]*)" value="([^"]*)"')


def tickets(lines):
    """Yields each ticket as a list of entries {attribute: value}, from the file's lines."""
    entries, entry = [], None
    for line in lines:
        if "<trace>" in line:
            entries = []
        elif "<event>" in line:
            entry = {}
        elif "</event>" in line:
            entries.append(entry)
            entry = None
        elif "</trace>" in line:
            yield entries
        elif entry is not None:
            found = ATTRIBUTE.search(line)
            if found:
                entry[found.group(1)] = found.group(2)


def value(entry, key):
    return int(entry[key].split()[1])


def group(entry):
    """The team that an entry's workgroup names."""
    return "group_%d" % value(entry, "workgroup")


def acts_of(steps, meaning):
    """The acts of a duty: `meaning` maps an activity to [(what, reason), ...]."""
    return [(ms, what, reason, "", str(n)) for n, (ms, activity) in enumerate(steps)
            for what, reason in meaning.get(activity, ())]


RESPOND = {"Take in charge ticket": [("fulfil", "")], "Resolve ticket": [("fulfil", "")]}
RESOLVE = {"Resolve ticket": [("fulfil", "")], "Wait": [("pause", "customer")],
           "Require upgrade": [("pause", "upgrade")],
           "Take in charge ticket": [("resume", "customer"), ("resume", "upgrade")]}
ANOMALY = {"Resolve SW anomaly": [("fulfil", "")], "RESOLVED": [("fulfil", "")],
           "INVALID": [("waive", "")], "DUPLICATE": [("waive", "")], "Closed": [("waive", "")]}
CLOSE = {"Closed": "fulfil", "Take in charge ticket": "waive"}


def closings(steps):
    """The occurrences of close_ticket: [(place in steps, the act that ended it in a list)]."""
    found, running = [], False
    for place, (ms, activity) in enumerate(steps):
        if activity == "Resolve ticket" and not running:
            found.append((place, []))
            running = True
        elif activity in CLOSE and running:
            found[-1][1].append((ms, CLOSE[activity], "", "", ""))
            running = False
    return found


def count_ticket(figures, entries, until, kpis):
    """Adds one ticket's duties, and what KPIs measure of it."""
    steps = [(ms_of(entry["time:timestamp"]), entry["concept:name"]) for entry in entries]
    steps = [step for step in steps if step[0] <= until]
    if not steps:
        return
    start = steps[0][0]
    owner = group(entries[0])
    respond, resolve = terms(value(entries[0], "seriousness_2"), value(entries[0], "service_level"))

    def count(duty, bearer, fold, rungs):
        count_in_order(figures, duty, bearer, fold, rungs, until)

    fold = Fold(start, respond(start), DESK, acts_of(steps, RESPOND))
    count("respond", owner, fold, ladders(owner)["respond"])
    desk = owner[-1]
    kpis.sample(LATE_ANSWERS, desk, 1, 1, start, start)
    if fold.happens(fold.due, until):
        figures.add("emitted")
        kpis.sample(LATE_ANSWERS, desk, 0, 1, fold.due, fold.due)
    fold = Fold(start, resolve(start), DESK, acts_of(steps, RESOLVE))
    count("resolve", owner, fold, ladders(owner)["resolve"])
    for place, acts in closings(steps):
        raised, closer = steps[place][0], group(entries[place])
        fold = Fold(raised, add_calendar_days(ROME, raised, 45), RealTime, acts)
        count("close_ticket", closer, fold, ladders(closer)["close_ticket"])
    reported = [ms for ms, activity in steps if activity == "Create SW anomaly"]
    if reported:
        limit = DESK.add_days(reported[0], 10)
        fold = Fold(reported[0], limit, DESK, acts_of(steps, ANOMALY))
        count("fix_anomaly", "development", fold, ANOMALY_LADDER)


def count_log(lines, until, by_owner=False):
    """The figures of a whole log, given as lines of text. until: milliseconds."""
    figures = Figures(by_owner)
    kpis = Kpis(figures, notifying(figures, CALLS))
    for entries in tickets(lines):
        figures.add("tickets")
        figures.add("entries", count=len(entries))
        count_ticket(figures, entries, until, kpis)
    kpis.end(until)
    return figures


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", nargs="?", default=DEFAULT_LOG)
    parser.add_argument("--until", default=UNTIL)
    parser.add_argument("--by", choices=["owner"])
    options = parser.parse_args(arguments)
    opener = gzip.open if options.log.endswith(".gz") else open
    try:
        with opener(options.log, "rt", encoding="utf-8") as lines:
            figures = count_log(lines, ms_of(options.until), options.by == "owner")
    except FileNotFoundError:
        print("count_helpdesk: no such log: " + options.log, file=sys.stderr)
        return 2
    json.dump(figures, sys.stdout, indent=1, sort_keys=True)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
