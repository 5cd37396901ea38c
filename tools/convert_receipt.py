#!/usr/bin/env python3
"""Turns a Dutch municipality's log of permit applications (CSV) into events for rules/receipt.

    convert_receipt.py [LOG] [--out FILE]          LOG defaults to ../shared/data/logs/receipt.csv

The log: 1,434 cases of October 2010 to January 2012 with 8,577 entries, instants with their offset,
to the millisecond, ordered within a case, no two at one instant. Each row repeats what is known of
its case: start date, planned end, deadline, end (missing for 105 cases that were still running),
channel, department.

What becomes of it:
- Each entry becomes one event; its type follows from its activity (ACTIVITIES below).
- Each case also gets `application.received` from its start date, and `application.closed` from its
  end date where it has one. The start date stands about three weeks before the first entry (median
  18 days): it is when the application came in, and eight weeks (56 days, the statutory term) lie
  between it and most planned ends. Four cases show something earlier than their start date (two a
  first entry, two an end date): an application can't be worked on before it has come in, so it is
  received at the earliest instant that its case shows.
- `planned` and `deadline` of the case go with `application.received` as instants. The deadline lies
  10 or 20 ms before the planned end in most cases, and days or weeks after it where the term was
  extended.
- Ids: CASE/POSITION, the position counted from 1 within the case; CASE/0 is `application.received`,
  CASE/end is `application.closed`. Actor: org:resource.
- Order: by instant; events of one instant by the case's place in the log, then received, entries by
  position, closed.

An entry that can't be used (unknown activity or department, no or bad instant, earlier than the
entry before it) is left out and counted with its reason on stderr. The last line on stderr sums up.
"""

import argparse
import collections
import csv
import os
import sys

from eventlines import event_line, instant_ms

DEFAULT_LOG = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "..", "..", "shared", "data", "logs", "receipt.csv")
SOURCE = "log:receipt"
LAST = 1 << 30    # the position of application.closed: after every entry

# The first word of an activity -> the event's type. T09-1 to T09-4 are the answers of four parties.
ACTIVITIES = {
    "Confirmation": "application.registered",
    "T02": "confirmation.checked",
    "T03": "confirmation.adjusted",
    "T04": "confirmation.determined",
    "T05": "confirmation.sent",
    "T06": "stop_advice.weighed",
    "T07-1": "advice.drafted",
    "T07-2": "advice.drafted",
    "T07-3": "advice.drafted",
    "T07-4": "advice.drafted",
    "T07-5": "advice.drafted",
    "T08": "advice.requested",
    "T09-1": "advice.received",
    "T09-2": "advice.received",
    "T09-3": "advice.received",
    "T09-4": "advice.received",
    "T10": "stop_indication.weighed",
    "T11": "exemption.drafted",
    "T12": "exemption.checked",
    "T13": "exemption.adjusted",
    "T14": "exemption.determined",
    "T15": "exemption.printed",
    "T16": "hold.reported",
    "T17": "hold.checked",
    "T18": "hold.adjusted",
    "T19": "hold.determined",
    "T20": "hold.printed",
}
DEPARTMENTS = {"General": "general", "Experts": "experts", "Customer contact": "customer_contact"}


class Left(Exception):
    """An entry that is left out; its text is the reason."""


def rfc3339(text):
    """The log's `2011-10-11 13:45:40.276000+02:00` as RFC 3339 with at most milliseconds."""
    day, _, rest = text.partition(" ")
    clock, offset = rest[:-6], rest[-6:]
    whole, _, fraction = clock.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > 3:
        raise ValueError("finer than a millisecond: " + text)
    tail = "." + fraction.ljust(3, "0") if fraction else ""
    return day + "T" + whole + tail + offset


def moment(row, column, missing):
    """(milliseconds, RFC 3339 text) of an instant in a row. Raises Left."""
    try:
        text = rfc3339(row[column])
        return instant_ms(text), text
    except ValueError:
        raise Left(missing) from None


def entry_event(case, row):
    """(milliseconds, time's text, type, data) of one entry. Raises Left."""
    word = row["concept:name"].split(" ", 1)[0]
    kind = ACTIVITIES.get(word)
    if kind is None:
        raise Left("unknown activity")
    ms, time = moment(row, "time:timestamp", "no instant")
    data = {"application": case}
    if kind in ("advice.drafted", "advice.received"):
        data["part"] = int(word.split("-")[1])
    return ms, time, kind, data


def case_events(case, row, first):
    """[(milliseconds, position, line)] that stand for the case as a whole. Raises Left.

    `first` is (milliseconds, text) of the case's first entry.
    """
    department = DEPARTMENTS.get(row["case:department"])
    if department is None:
        raise Left("unknown department")
    start = moment(row, "case:startdate", "no start date")
    _, planned = moment(row, "case:enddate_planned", "no planned end")
    _, deadline = moment(row, "case:deadline", "no deadline")
    shown = [start, first]
    events = []
    if row["case:enddate"]:
        end, time = moment(row, "case:enddate", "a bad end date")
        shown.append((end, time))
        events.append((end, LAST, event_line(
            case + "/end", SOURCE, "application.closed", time, {"application": case})))
    received, time = min(shown)
    data = {"application": case, "channel": row["case:channel"].lower().replace("-", ""),
            "department": department, "planned": planned, "deadline": deadline}
    events.append((received, 0, event_line(
        case + "/0", SOURCE, "application.received", time, data, row["case:responsible"])))
    return events


def convert(stream):
    """Returns (events in order, Counter of what was read and left out).

    An event is (milliseconds, case's place, position, line).
    """
    cases, count = {}, collections.Counter()
    for row in csv.DictReader(stream):
        count["entries"] += 1
        cases.setdefault(row["case:concept:name"], []).append(row)
    count["cases"] = len(cases)
    events = []
    for place, (case, rows) in enumerate(cases.items()):
        before = None
        for position, row in enumerate(rows, start=1):
            try:
                ms, time, kind, data = entry_event(case, row)
                if before is not None and ms < before:
                    raise Left("earlier than the entry before it")
                whole = case_events(case, row, (ms, time)) if before is None else []
            except Left as reason:
                count["left out: " + str(reason)] += 1
                continue
            before = ms
            count["used"] += 1
            count["of cases"] += len(whole)
            events += [(at, place, rank, line) for at, rank, line in whole]
            events.append((ms, place, position, event_line(
                "%s/%d" % (case, position), SOURCE, kind, time, data, row["org:resource"])))
    events.sort(key=lambda event: event[:3])
    return events, count


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", nargs="?", default=DEFAULT_LOG)
    parser.add_argument("--out", help="file for the events (default: standard output)")
    options = parser.parse_args(arguments)
    try:
        with open(options.log, encoding="utf-8", newline="") as stream:
            events, count = convert(stream)
    except FileNotFoundError:
        print("convert_receipt: no such log: " + options.log, file=sys.stderr)
        return 2
    text = "".join(line + "\n" for _, _, _, line in events).encode("utf-8")
    if options.out:
        with open(options.out, "wb") as out:
            out.write(text)
    else:
        sys.stdout.buffer.write(text)
    for reason in sorted(key for key in count if key.startswith("left out: ")):
        print("convert_receipt: %d entries %s" % (count[reason], reason), file=sys.stderr)
    print("convert_receipt: %d cases, %d entries: %d used, %d left out; "
          "with %d of whole cases %d events"
          % (count["cases"], count["entries"], count["used"], count["entries"] - count["used"],
             count["of cases"], len(events)), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
