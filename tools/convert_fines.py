#!/usr/bin/env python3
"""Turns a log of an Italian local police's traffic fines (CSV) into events for rules/fines.

    convert_fines.py [LOG] [--out FILE]

The events are CSV too: id, type, time, actor and one column a field, each event filling its own. An
entry becomes one event; the id is the fine's number and the entry's place in it. Times are dates in
the log, and stay midnights. Events are sorted by time; those of one instant keep the log's order of
fines and of entries. Entries of unknown activities, and without an instant or a number, are left
out and counted on stderr.
"""

import argparse
import collections
import csv
import io
import os
import sys

from eventlines import instant_ms

DEFAULT_LOG = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "..", "..", "shared", "data", "logs", "roadtraffic100traces.csv")

# Activity -> (the event's type, {field: the log's column}).
ACTIVITIES = {
    "Create Fine": ("fine.created", {"amount": "amount", "article": "article", "points": "points",
                                     "vehicle": "vehicleClass"}),
    "Send Fine": ("fine.sent", {"expense": "expense"}),
    "Insert Fine Notification": ("fine.notified", {}),
    "Add penalty": ("penalty.added", {"amount": "amount"}),
    "Payment": ("payment.made", {"amount": "paymentAmount"}),
    "Send for Credit Collection": ("collection.requested", {}),
    "Insert Date Appeal to Prefecture": ("appeal.filed", {}),
    "Send Appeal to Prefecture": ("appeal.forwarded", {}),
    "Receive Result Appeal from Prefecture": ("appeal.decided", {}),
    "Notify Result Appeal to Offender": ("appeal.told", {}),
}
WHOLE = ("article", "points")    # written as 157.0 in the log
COLUMNS = ("id", "type", "time", "actor", "fine", "amount", "article", "points", "vehicle",
           "expense")


def convert(stream):
    """Returns (rows in order, Counter of what was read and left out)."""
    count, places, events = collections.Counter(), {}, []
    for row in csv.DictReader(stream):
        count["entries"] += 1
        fine = row["case:concept:name"]
        place, position = places.setdefault(fine, [len(places), 0])
        places[fine][1] += 1
        kind, fields = ACTIVITIES.get(row["concept:name"], (None, None))
        time = row["time:timestamp"].replace(" ", "T", 1)
        try:
            ms = instant_ms(time)
        except ValueError:
            kind = None
        values = {} if kind is None else {field: row[column] for field, column in fields.items()}
        if kind is None or not all(values.values()):
            count["left out"] += 1
            continue
        for field in WHOLE:
            if field in values:
                values[field] = values[field].removesuffix(".0")
        count["used"] += 1
        events.append((ms, place, position, {
            "id": "%s/%d" % (fine, position + 1), "type": kind, "time": time, "fine": fine,
            "actor": row["org:resource"], **values}))
    count["fines"] = len(places)
    events.sort(key=lambda event: event[:3])
    return [event[3] for event in events], count


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", nargs="?", default=DEFAULT_LOG)
    parser.add_argument("--out", help="file for the events (default: standard output)")
    options = parser.parse_args(arguments)
    try:
        with open(options.log, encoding="utf-8", newline="") as stream:
            events, count = convert(stream)
    except FileNotFoundError:
        print("convert_fines: no such log: " + options.log, file=sys.stderr)
        return 2
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(events)
    if options.out:
        with open(options.out, "w", encoding="utf-8", newline="") as out:
            out.write(text.getvalue())
    else:
        sys.stdout.buffer.write(text.getvalue().encode("utf-8"))
    print("convert_fines: %d fines, %d entries: %d used, %d left out"
          % (count["fines"], count["entries"], count["used"], count["left out"]), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
