#!/usr/bin/env python3
"""Turns the log of an Italian help desk (XES, gzipped or not) into events for rules/helpdesk.

    convert_helpdesk.py [LOG] [--out FILE]       LOG defaults to ../shared/data/logs/helpdesk.xes.gz

The log: 4,580 tickets (traces) of 2010 to 2014 with 21,348 entries; instants in UTC, to the second,
ordered within a ticket; all values but the activities' names are anonymised as "Value N".

What becomes of it:
- Each entry becomes one event; its type follows from its activity (ACTIVITIES below).
- Each ticket also gets a `ticket.opened`, at the instant of its first entry and just before it,
  with what the first entry says of the ticket. Most tickets begin with "Assign seriousness" or
  "Insert ticket", 78 with some later activity; the log has no activity that opens a ticket.
- "Value N" becomes the number N. `seriousness` is "Value 1" throughout, so `severity` is
  `seriousness_2`.
- Ids: TICKET/POSITION, the position counted from 1 within the ticket; TICKET/0 is the
  `ticket.opened`. "Case 17" is ticket "case-17". Actor: "value-N" of org:resource.
- Order: by instant; entries of one instant by the ticket's place in the log, then by position.

An entry that can't be used (unknown activity, no or bad instant, a value that is not "Value N",
earlier than the entry before it) is left out and counted with its reason on stderr. The last line
on stderr sums up.
"""

import argparse
import collections
import gzip
import os
import sys
import xml.etree.ElementTree as ElementTree

from eventlines import event_line, instant_ms

DEFAULT_LOG = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "..", "..", "shared", "data", "logs", "helpdesk.xes.gz")
SOURCE = "log:helpdesk"

ACTIVITIES = {
    "Assign seriousness": "ticket.assessed",
    "Insert ticket": "ticket.inserted",
    "Take in charge ticket": "ticket.taken",
    "Wait": "ticket.waiting",
    "Require upgrade": "ticket.upgrade_required",
    "Schedule intervention": "ticket.intervention_scheduled",
    "Resolve ticket": "ticket.resolved",
    "Closed": "ticket.closed",
    "Create SW anomaly": "anomaly.reported",
    "Resolve SW anomaly": "anomaly.fixed",
    # The states of a tracker for software anomalies, in capitals in the log.
    "RESOLVED": "anomaly.judged",
    "VERIFIED": "anomaly.judged",
    "INVALID": "anomaly.judged",
    "DUPLICATE": "anomaly.judged",
}


class Left(Exception):
    """An entry that is left out; its text is the reason."""


def traces(stream):
    """Yields (ticket's name, [entry as a dict of its attributes]), holding one ticket at a time."""
    name, entries = None, []
    in_event = False
    for step, node in ElementTree.iterparse(stream, events=("start", "end")):
        tag = node.tag.rsplit("}", 1)[-1]
        if step == "start":
            if tag == "trace":
                name, entries = None, []
            elif tag == "event":
                in_event = True
        elif tag == "event":
            entries.append({child.get("key"): child.get("value") for child in node})
            in_event = False
            node.clear()
        elif tag == "trace":
            yield name, entries
            node.clear()
        elif tag == "string" and node.get("key") == "concept:name" and not in_event:
            name = node.get("value")


def number(entry, key):
    """The N of an attribute "Value N"."""
    word, _, digits = (entry.get(key) or "").partition(" ")
    if word != "Value" or not digits.isdigit():
        raise Left("%s is not `Value N`" % key)
    return int(digits)


def entry_event(ticket, entry):
    """(milliseconds, time's text, type, data, actor) of one entry. Raises Left."""
    kind = ACTIVITIES.get(entry.get("concept:name"))
    if kind is None:
        raise Left("unknown activity")
    time = entry.get("time:timestamp")
    try:
        ms = instant_ms(time or "")
    except ValueError:
        raise Left("no instant") from None
    data = {"ticket": ticket}
    if kind == "ticket.assessed":
        data["severity"] = number(entry, "seriousness_2")
    elif kind == "ticket.resolved":
        data["workgroup"] = number(entry, "workgroup")
    elif kind == "anomaly.judged":
        data["verdict"] = entry["concept:name"].lower()
    return ms, time, kind, data, "value-%d" % number(entry, "org:resource")


def opened_data(ticket, entry):
    """What the ticket's first entry says of the ticket. Raises Left."""
    return {
        "ticket": ticket,
        "severity": number(entry, "seriousness_2"),
        "service_level": number(entry, "service_level"),
        "service_type": number(entry, "service_type"),
        "workgroup": number(entry, "workgroup"),
        "customer": "customer-%d" % number(entry, "customer"),
        "product": "product-%d" % number(entry, "product"),
    }


def convert(stream):
    """Returns (events in order, Counter of what was read and left out).

    An event is (milliseconds, ticket's place, position, line).
    """
    events, count = [], collections.Counter()
    for place, (name, entries) in enumerate(traces(stream)):
        count["tickets"] += 1
        ticket = (name or "ticket-%d" % (place + 1)).lower().replace(" ", "-")
        opened, before = False, None
        for position, entry in enumerate(entries, start=1):
            count["entries"] += 1
            try:
                ms, time, kind, data, actor = entry_event(ticket, entry)
                if before is not None and ms < before:
                    raise Left("earlier than the entry before it")
                head = None if opened else opened_data(ticket, entry)
            except Left as reason:
                count["left out: " + str(reason)] += 1
                continue
            before = ms
            if not opened:
                opened = True
                events.append((ms, place, 0, event_line(
                    ticket + "/0", SOURCE, "ticket.opened", time, head)))
                count["opened"] += 1
            events.append((ms, place, position, event_line(
                "%s/%d" % (ticket, position), SOURCE, kind, time, data, actor)))
            count["used"] += 1
    events.sort(key=lambda event: event[:3])
    return events, count


def open_log(path):
    """The log's bytes, unpacked when the name ends in .gz."""
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", nargs="?", default=DEFAULT_LOG)
    parser.add_argument("--out", help="file for the events (default: standard output)")
    options = parser.parse_args(arguments)
    try:
        with open_log(options.log) as stream:
            events, count = convert(stream)
    except FileNotFoundError:
        print("convert_helpdesk: no such log: " + options.log, file=sys.stderr)
        return 2
    text = "".join(line + "\n" for _, _, _, line in events).encode("utf-8")
    if options.out:
        with open(options.out, "wb") as out:
            out.write(text)
    else:
        sys.stdout.buffer.write(text)
    for reason in sorted(key for key in count if key.startswith("left out: ")):
        print("convert_helpdesk: %d entries %s" % (count[reason], reason), file=sys.stderr)
    print("convert_helpdesk: %d tickets, %d entries: %d used, %d left out; "
          "with %d ticket.opened %d events"
          % (count["tickets"], count["entries"], count["used"], count["entries"] - count["used"],
             count["opened"], len(events)), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
