#!/usr/bin/env python3
"""Feeds against a model in Python, on random exports; then exports that were damaged, read again, grown, and runs that were killed.

    REMIT=build/remit tests/feeds/run_feeds.py [--seed N]

- What `remit feed` prints and refuses is what the model says, for CSV and for JSON, in file order and sorted by time.
- No damage to a file crashes, and no row is lost: each gives its event or is refused.
- `remit run --feed` and `remit run --events` on what `remit feed` prints end with the same digest, for any batch size.
- A file read again changes nothing; grown and changed, it brings what is new, once.
- A run, and a retry of rejects, killed at any time and called again, ends as one that was not."""

from __future__ import annotations

import datetime
import decimal
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import zoneinfo

REMIT = os.path.abspath(os.environ.get("REMIT", "build/remit"))
ROME, SHANGHAI = zoneinfo.ZoneInfo("Europe/Rome"), zoneinfo.ZoneInfo("Asia/Shanghai")
COLUMNS = '''columns {
    nr "Ticket No": id
    prio "Prio": one of low, high  reads "P1" as high, "P2" as low
    opened "Opened": instant
    closed "Closed": instant?  reads "-" as absent
    refund: money?  from "Amount" + "Cur"
    hours "Hours": number = 0
    share: percent?
    vip "VIP?": flag = no
    tags: list of text?
    agent: text?
  }
  only where nr != "Total"
  at opened ticket.opened { ticket: nr  priority: prio  refund: refund  vip: vip  tags: tags else []  share: share }
  at closed ticket.closed { ticket: nr  hours: hours } by agent where hours >= 0'''
POLICY = '''policy "Desk" version "1" { zone "Asia/Shanghai"  currency EUR }
team desk { role lead }
event ticket.opened { ticket: id  priority: one of low, high  refund: money?  vip: flag  tags: list of text  share: percent? }
event ticket.closed { ticket: id  hours: number 0..100 }
duty answer on ticket.opened as t { key (t.ticket)  owed by desk  due within 2 days  fulfilled by ticket.closed where it.ticket = t.ticket
  escalate { at 50%% remind desk  at due to desk.lead } }
feed plain from csv { zone "Europe/Rome"  separator ";"  source "/tickets"  dates "DD.MM.YYYY hh:mm", "D/M/YY h:mm PM"  numbers "1.234,56"
  in file order
  %s }
feed sorted from csv { zone "Europe/Rome"  separator ";"  source "/tickets"  dates "DD.MM.YYYY hh:mm", "D/M/YY h:mm PM"  numbers "1.234,56"
  sorted by time
  %s }
feed nested from json { zone "Europe/Rome"  rows at "data.rows"  source "/tickets"  dates "DD.MM.YYYY hh:mm", "D/M/YY h:mm PM"  numbers "1.234,56"
  in file order
  %s }
event seen { line: text }
feed lines from csv { columns { line: text  day: date = 2026-03-02 }  at day seen { line: line } }
feed objects from json { columns { line: text  day: date = 2026-03-02 }  at day seen { line: line } }
''' % (COLUMNS, COLUMNS, COLUMNS)
NAMES = ["Ticket No", "Prio", "Opened", "Closed", "Amount", "Cur", "Hours", "share", "VIP?", "tags", "agent"]


class Bad(Exception):
    pass


# ---- the model

def moment(text, zone):
    m = re.fullmatch(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d)", text)
    if m:
        d, mo, y, h, mi = map(int, m.groups())
    else:
        m = re.fullmatch(r"(\d\d?)/(\d\d?)/(\d\d) (\d\d?):(\d\d) (AM|PM|am|pm)", text)
        if not m or not 1 <= int(m[4]) <= 12:
            raise Bad
        d, mo, y, h, mi = int(m[1]), int(m[2]), int(m[3]), int(m[4]) % 12 + (12 if m[6].lower() == "pm" else 0), int(m[5])
        y += 2000 if y < 69 else 1900
    try:
        wall = datetime.datetime(y, mo, d, h, mi)
    except ValueError:
        raise Bad from None
    # the first instant at which the wall clock shows it or later
    early = wall.replace(tzinfo=zone, fold=0).astimezone(datetime.timezone.utc)
    if early.astimezone(zone).replace(tzinfo=None) == wall:
        return early
    step = early - datetime.timedelta(hours=3)
    while step.astimezone(zone).replace(tzinfo=None) < wall:
        step += datetime.timedelta(minutes=1)
    return step


def number(text):
    if not re.fullmatch(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?", text):
        raise Bad
    return decimal.Decimal(text.replace(".", "").replace(",", "."))


def optional(text, read):
    return None if text == "" else read(text)


def money(text):
    m = re.fullmatch(r"(.*?) ?([A-Z]{3})?", text)
    if m[2] not in (None, "EUR"):
        raise Bad
    return number(m[1])


def percent(text):
    if not text.endswith("%"):
        raise Bad
    return number(text[:-1].strip())


def row_events(row, zone=ROME):
    """The events of a row of texts, as (type, time, actor, fields). Raises Bad."""
    row = {k: (v or "").strip() for k, v in row.items()}
    if not any(row.values()):
        return []
    if row["Ticket No"] == "Total":
        return []
    prio = {"P1": "high", "P2": "low"}.get(row["Prio"], row["Prio"])
    if prio not in ("low", "high") or row["Ticket No"] == "" or row["Opened"] == "":
        raise Bad
    opened = moment(row["Opened"], zone)
    closed = None if row["Closed"] in ("", "-") else moment(row["Closed"], zone)
    refund = optional(" ".join(x for x in (row["Amount"], row["Cur"]) if x), money)
    hours = optional(row["Hours"], number) or decimal.Decimal(0)
    share = optional(row["share"], percent)
    if row["VIP?"] not in ("", "yes", "no", "true", "false", "是", "否"):
        raise Bad
    tags = [t.strip() for t in row["tags"].split(";")] if row["tags"] else []
    out = [("ticket.opened", opened, None, {"ticket": row["Ticket No"], "priority": prio, "refund": refund,
                                            "vip": row["VIP?"] in ("yes", "true", "是"), "tags": tags, "share": share})]
    if closed is not None and hours >= 0:
        if hours > 100:
            raise Bad
        out.append(("ticket.closed", closed, row["agent"] or None, {"ticket": row["Ticket No"], "hours": hours}))
    return out


# ---- exports

def when(r):
    t = datetime.datetime(2026, 3, 1) + datetime.timedelta(minutes=r.randrange(60 * 24 * 60))
    if r.random() < .1:
        return r.choice(["29.03.2026 02:30", "25.10.2026 02:30", "31.02.2026 10:00", "01.03.2026", "2026-03-02 09:00", "1/3/26 12:05 am", "1/3/26 13:05 pm", "never"])
    return t.strftime("%d.%m.%Y %H:%M") if r.random() < .7 else "%d/%d/26 %d:%02d %s" % (t.day, t.month, t.hour % 12 or 12, t.minute, "PM" if t.hour > 11 else "AM")


def make_row(r, i):
    row = {"Ticket No": "T%d" % (i if r.random() < .95 else r.randrange(i + 1)), "Prio": r.choice(["low", "high", "P1", "P2", "low", "high", "P3" if r.random() < .2 else "low"]),
           "Opened": when(r), "Closed": r.choice(["", "-", when(r), when(r)]), "Amount": r.choice(["", "12", "1.234,50", "-3,5", "12,5 EUR", "1,234.5" if r.random() < .2 else "7"]),
           "Cur": "", "Hours": r.choice(["", "1", "2,5", "-1", "101" if r.random() < .2 else "3", "x" if r.random() < .1 else "4"]),
           "share": r.choice(["", "", "5%", "12,5 %", "5" if r.random() < .1 else "6%"]), "VIP?": r.choice(["", "yes", "no", "y" if r.random() < .1 else "true"]),
           "tags": r.choice(["", "", "a;b", "a; ü \"q\"", "x\ny"]), "agent": r.choice(["", "anna", "bo li"])}
    if row["Amount"] and "EUR" not in row["Amount"] and r.random() < .5:
        row["Cur"] = "EUR" if r.random() < .9 else "USD"
    if r.random() < .02:
        row["Ticket No"] = r.choice(["", "Total"])
    if r.random() < .02:
        row = dict.fromkeys(row, "")
    return row


def cell(text):
    return '"%s"' % text.replace('"', '""') if any(c in text for c in ';"\n') else text


def csv_text(rows, order):
    out = io.StringIO()
    out.write(";".join(map(cell, order)) + "\n")
    for row in rows:
        out.write(";".join(cell(row.get(c, "more" if any(row.values()) else "")) for c in order) + "\n")
    return out.getvalue()


def nest(rows):
    return json.dumps({"n": len(rows), "data": {"rows": [{k: (v if v or i % 2 else None) for k, v in row.items()} for i, row in enumerate(rows)]}, "x": "]"}, ensure_ascii=False)


# ---- running

def call(*arguments, **more):
    return subprocess.run([REMIT, *arguments], capture_output=True, **more)


def feed(folder, name, path):
    done = call("feed", name, path, "--policy", folder + "/p.remit", "--quiet")
    if done.returncode != 0:
        raise SystemExit("remit feed %s: exit %d\n%s" % (name, done.returncode, done.stderr.decode(errors="replace")))
    events = [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]
    return events, done.stderr.decode(errors="replace").split("\n")[:-1]


def normal(event):
    data = dict(event["data"])
    for name in ("refund", "share", "hours"):
        if isinstance(data.get(name), str):
            data[name] = decimal.Decimal(data[name].removesuffix(" EUR").removesuffix("%"))
        elif name in data:
            data[name] = decimal.Decimal(str(data[name]))
    return event["type"], datetime.datetime.fromisoformat(event["time"]), event.get("actor"), data


def expected(rows):
    events, bad = [], 0
    for row in rows:
        try:
            events += [(k, t, a, {n: v for n, v in d.items() if v is not None}) for k, t, a, d in row_events(row)]
        except Bad:
            bad += 1
    return events, bad


failures = []


def expect(what, ok, detail=""):
    if not ok:
        failures.append(what)
        print("FAILED: %s %s" % (what, detail))


def against_model(folder, r):
    rows = [make_row(r, i) for i in range(400)]
    order = NAMES + ["Comment"]
    r.shuffle(order)
    want, bad = expected(rows)
    for name in ("plain", "sorted"):
        path = folder + "/a.csv"
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(("\ufeff" if name == "plain" else "") + csv_text(rows, order))
        got, told = feed(folder, name, path)
        wanted = want if name == "plain" else sorted(want, key=lambda e: e[1])
        expect("csv, %s: events" % name, [normal(e) for e in got] == wanted, "%d, %d" % (len(got), len(wanted)))
        expect("csv, %s: refused rows" % name, len(told) == bad, "%d, %d" % (len(told), bad))
        expect("ids differ", len({(e["source"], e["id"]) for e in got}) == len(got))
    path = folder + "/a.json"
    with open(path, "w", encoding="utf-8") as f:
        f.write(nest(rows))
    got, told = feed(folder, "nested", path)
    expect("json: events", [normal(e) for e in got] == want, "%d, %d" % (len(got), len(want)))
    expect("json: refused rows", len(told) >= bad, "%d, %d" % (len(told), bad))


def records(data, separator=b",", quote=b'"'):
    """The records of a CSV file, as RFC 4180 splits them; a quote that is never closed takes no other line along."""
    out, at = [], 0
    while at < len(data):
        i, begins, quoted, end = at, True, False, None
        while i < len(data):
            c = data[i:i + 1]
            if quoted:
                quoted, begins = c != quote, c == quote
            elif c == b"\n":
                end = i + 1
                break
            else:
                quoted, begins = c == quote and begins, c == separator
            i += 1
        if end is None:
            end = len(data) if not quoted else (data.find(b"\n", at) + 1 or len(data))
        out.append(data[at:end])
        at = end
    return out


def blank(record):
    text = record.strip(b"\r\n")
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.strip(b" \t\r\n") == b""
    return re.fullmatch(rb'(?:[ \t\r\n,]|(?:(?<=,)|^)"[ \t\r\n]*"(?=,|$))*', text) is not None


def damaged(folder, r):
    for i in range(60):
        body = bytearray("".join("row %d,%s\n" % (k, r.choice(["2026-03-02", "", "\"2026-03-02\""])) for k in range(40)).encode())
        for _ in range(r.randrange(1, 12)):
            at = r.randrange(len(body))
            body[at:at + r.choice([0, 1, 1, 5])] = r.choice([b'"', b"\n", b",", b"\xff", b"", b"\x00", b'"\n"', b"\r", bytes([r.randrange(256)])])
        path = folder + "/d.csv"
        with open(path, "wb") as f:
            f.write(b"line,day\n" + body)
        got, told = feed(folder, "lines", path)
        want = sum(not blank(x) for x in records(bytes(body)))
        expect("damaged csv %d: no row is lost" % i, len(got) + len(told) == want, "%d + %d, %d rows" % (len(got), len(told), want))
        text = bytearray("".join('{"line":"row %d","day":"2026-03-02"}\n' % k for k in range(40)).encode())
        for _ in range(r.randrange(1, 8)):
            at = r.randrange(1, len(text))
            text[at:at + r.choice([0, 1, 5])] = r.choice([b'"', b"\n", b"{", b"}", b"\xff", b"", b"\x00", b"[", b"\\"])
        path = folder + "/d.json"
        with open(path, "wb") as f:
            f.write(text)
        got, told = feed(folder, "objects", path)
        want = sum(x.strip(b" \t\r\n") != b"" for x in bytes(text).split(b"\n"))
        expect("damaged json %d: no row is lost" % i, len(got) + len(told) == want, "%d + %d, %d rows" % (len(got), len(told), want))
        whole = bytearray(nest([make_row(r, k) for k in range(20)]).encode())
        for _ in range(r.randrange(1, 4)):
            whole[r.randrange(len(whole))] = r.randrange(256)
        path = folder + "/w.json"
        with open(path, "wb") as f:
            f.write(whole[:r.randrange(1, len(whole) + 1)])
        done = call("feed", "nested", path, "--policy", folder + "/p.remit", "--quiet")
        expect("damaged document %d" % i, done.returncode in (0, 2), str(done.returncode))


def digest(ledger, *more):
    return call("show", "digest", "--ledger", ledger, *more).stdout


def run(folder, ledger, *more):
    done = call("run", "--ledger", ledger, "--policy", folder + "/p.remit", "--effects", ledger + ".jsonl", "--json", *more)
    if done.returncode != 0:
        raise SystemExit(done.stderr.decode())
    return json.loads(done.stderr.decode().splitlines()[0])


def same_digest(folder, r):
    rows = [row for row in (make_row(r, i) for i in range(300))]
    path = folder + "/b.csv"
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(csv_text(rows, NAMES))
    run(folder, folder + "/one", "--feed", "sorted=" + path)
    for batch in ("1", "7"):
        run(folder, folder + "/b" + batch, "--feed", "sorted=" + path, "--batch", batch)
        expect("batch %s: digest" % batch, digest(folder + "/one") == digest(folder + "/b" + batch))
    events, _ = feed(folder, "sorted", path)
    with open(folder + "/b.jsonl", "w", encoding="utf-8") as f:
        f.write("".join(json.dumps(e, ensure_ascii=False) + "\n" for e in events))
    run(folder, folder + "/two", "--events", folder + "/b.jsonl")
    expect("fed and sent: the same state", digest(folder + "/one", "--state") == digest(folder + "/two", "--state"))
    before = digest(folder + "/one")
    again = run(folder, folder + "/one", "--feed", "sorted=" + path)
    expect("read again: nothing", again["events"] == 0 and digest(folder + "/one") == before)
    grown = rows + [make_row(r, 300 + i) for i in range(50)]
    for row in grown[:100]:
        if row["Closed"] in ("", "-") and row["Opened"]:
            row["Closed"] = "20.04.2026 10:00"
    r.shuffle(grown)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(csv_text(grown, NAMES))
    told, _ = feed(folder, "sorted", path)
    new = {(e["source"], e["id"]) for e in told} - {(e["source"], e["id"]) for e in events}
    more = run(folder, folder + "/one", "--feed", "sorted=" + path)
    late = more["rejected"]["late"]
    expect("grown: what is new, once", more["events"] + late == len(new), "%d + %d, %d" % (more["events"], late, len(new)))


def killed(folder, r):
    rows = [make_row(r, i) for i in range(1500)]
    path = folder + "/k.csv"
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(csv_text(rows, NAMES))
    calls = {"run": ["--feed", "sorted=" + path, "--not-after", "2026-03-25T00:00:00Z"], "retry": ["--reason", "future"]}

    def line(ledger, verb):
        return [REMIT, verb, "--ledger", ledger, "--policy", folder + "/p.remit", "--effects", ledger + ".jsonl", "--batch", "20", "--quiet", *calls[verb]]

    kills = 0
    for verb in ("run", "retry"):
        begun = time.monotonic()
        subprocess.run(line(folder + "/whole", verb), check=True)
        took = time.monotonic() - begun
        for _ in range(200):
            process = subprocess.Popen(line(folder + "/cut", verb))
            try:
                process.wait(timeout=r.random() * took * .8)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                kills += 1
            if process.wait() == 0:
                break
        else:
            subprocess.run(line(folder + "/cut", verb), check=True)
        expect("%s, killed: digest" % verb, digest(folder + "/whole") == digest(folder + "/cut"))
        with open(folder + "/whole.jsonl", "rb") as a, open(folder + "/cut.jsonl", "rb") as b:
            expect("%s, killed: effects" % verb, a.read() == b.read())
    print("run_feeds: killed %d times" % kills)


def published(folder, _):
    """The logs as they are published, through the feeds of rules/: what the scripts make of them, but for the four cases whose
    start lies behind something of theirs, which the script moves."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    logs = os.path.join(root, "..", "shared", "data", "logs")
    if not os.path.isdir(logs):
        print("run_feeds: the published logs are not here")
        return
    for name, log, events, alike in (("fines", "roadtraffic100traces.csv", 390, True), ("receipt", "receipt.csv", 11340, False)):
        path, sent = os.path.join(logs, log), folder + "/" + name + (".csv" if alike else ".jsonl")
        tool = os.path.join(root, "tools", "convert_%s.py" % name)
        subprocess.run([sys.executable, tool, path, "--out", sent], check=True, capture_output=True)
        for kind, more in (("fed", ["--feed", "log=" + path]), ("sent", ["--events", sent])):
            done = call("run", "--ledger", folder + "/" + name + kind, "--policy", os.path.join(root, "rules", name), "--json",
                        "--effects", folder + "/" + name + kind + ".jsonl", *more)
            expect("%s, %s: events" % (name, kind), json.loads(done.stderr.splitlines()[0])["events"] == events)
        duties = [call("show", "duties", "--ledger", folder + "/" + name + kind, "--json").stdout.splitlines() for kind in ("fed", "sent")]
        differ = len(set(duties[0]) - set(duties[1]))
        expect("%s: duties" % name, len(duties[0]) == len(duties[1]) and differ == (0 if alike else 8), str(differ))


def main():
    arguments = sys.argv[1:]
    seed = int(arguments[arguments.index("--seed") + 1]) if "--seed" in arguments else int(os.environ.get("REMIT_SEED", "1"))
    r = random.Random(seed)
    parts = (against_model, damaged, same_digest, killed, published)
    for part in parts:
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/p.remit", "w", encoding="utf-8") as f:
                f.write(POLICY)
            part(folder, r)
    print("run_feeds: seed %d" % seed)
    print("%d passed, %d failed" % (len(parts) - min(len(failures), len(parts)), len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
