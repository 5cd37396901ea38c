"""The benchmark's work: its programs built, its events made, and the digest of what Remit decided."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "bench" / "src"
POLICY = {"w1": HERE / "routing.remit", "w2": HERE / "duties.remit", "w3": HERE / "refunds.remit"}
START = int(datetime(2026, 3, 2, tzinfo=timezone.utc).timestamp())
OWNERS = [
    b"management", b"director", b"customer_service_lead", b"customer_service", b"finance",
    b"product_ops", b"logistics",
]
CC = os.environ.get("CC", "cc")
FLAGS = ["-std=gnu17", "-O2"]


def compile_c(source, to, *libraries):
    """Whether it could be built; says why not."""
    done = subprocess.run(
        [CC, *FLAGS, "-w", "-o", str(to), str(source), *libraries], capture_output=True, text=True
    )
    if done.returncode != 0:
        print(f"{source.name}: cannot be built: {done.stderr.strip().splitlines()[:1]}", file=sys.stderr)
    return done.returncode == 0


def build(folder):
    """This project's own generator and hand-written program: paths by name."""
    made = {"gen": folder / "gen", "hand": folder / "hand"}
    if not compile_c(HERE / "gen.c", made["gen"]) or not compile_c(HERE / "hand.c", made["hand"], "-llmdb"):
        sys.exit("the benchmark's own programs cannot be built")
    return made


def build_shared(folder):
    """The peers' generator and programs, where they are there and can be built; else None."""
    made = {name: folder / f"shared_{name}" for name in ("gen", "w1", "w2", "w3")}
    if not (SHARED / "gen.c").exists():
        return None
    good = (
        compile_c(SHARED / "gen.c", made["gen"])
        and compile_c(SHARED / "w1.c", made["w1"])
        and compile_c(SHARED / "w2.c", made["w2"], "-llmdb", "-lxxhash")
        and compile_c(SHARED / "w3.c", made["w3"], "-llmdb", "-lxxhash")
    )
    return made if good else None


def generate(program, work, events, seed, to, shared, *more):
    arguments = ["-n", str(events), "-s", str(seed)] if shared else [str(events), str(seed), *map(str, more)]
    with open(to, "wb") as out:
        subprocess.run([str(program), work, *arguments], stdout=out, check=True)


def last_line(text):
    return json.loads(text.strip().splitlines()[-1])


# ---- what was decided

def feed(digest, number):
    return (digest * 1000003 + number) % 4294967291


ROUTED = re.compile(rb'"data":\{"owner":"([a-z_]+)","sla":(\d+)\}\}$')


def digest_w1(lines):
    """(events, digest) of the lines of `remit decide`: of each, 100,000 times its owner and its sla."""
    number = {name: i for i, name in enumerate(OWNERS)}
    digest = events = 0
    digest = 1
    for line in lines:
        found = ROUTED.search(line.rstrip(b"\n"))
        if found is None:
            sys.exit(f"not a routed complaint: {line[:200]!r}")
        digest = feed(digest, number[found[1]] * 100000 + int(found[2]))
        events += 1
    return events, digest


TIME = rb'"time":"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)\+00:00"'
EFFECT = re.compile(rb'"type":"remit\.duty\.([a-z]+)","subject":"duty/handle_complaint/([^"]+)",' + TIME)
LEVEL = re.compile(rb'"type":"remit\.kpi\.(warning|cleared)","subject":"kpi/refund_rate/cat-(\d+)",' + TIME)
START_OF = {}


def second(found):
    """An effect's time, in seconds since the epoch of the digests."""
    day = found[3]
    if day not in START_OF:
        at = datetime.strptime(day.decode(), "%Y-%m-%d").replace(tzinfo=timezone.utc)
        START_OF[day] = int(at.timestamp()) - START
    return START_OF[day] + int(found[4]) * 3600 + int(found[5]) * 60 + int(found[6])


def digest_w2(lines):
    """The digest of a run's effects: of each rung and end, its second, its duty's number, and what it is."""
    numbers = {}
    digest = 1
    for line in lines:
        found = EFFECT.search(line)
        if found is None:
            sys.exit(f"not an effect of a duty: {line[:200]!r}")
        kind, key = found[1], found[2]
        if kind == b"opened":
            numbers[key] = len(numbers) + 1
            continue
        if kind == b"reminded":
            what = 1
        elif kind == b"escalated":
            what = 2 if b'"rung":2,' in line else 3
        elif kind == b"fulfilled":
            what = 5 if b'"late":true' in line else 4
        elif kind in (b"breached", b"paused", b"resumed"):
            continue
        else:
            sys.exit(f"an effect that is not of this work: {line[:200]!r}")
        for number in (second(found), numbers[key], what):
            digest = feed(digest, number)
    return digest


def digest_w3(lines):
    """The digest of a run's effects: of each warning and clearing its second, its series' number, and what it is.
    At one instant Remit goes by the order in which the series came to be; here they are put in that of their
    numbers, as the other programs go. A series does at most one of these at an instant."""
    all_of_it = []
    for line in lines:
        found = LEVEL.search(line)
        if found is None:
            sys.exit(f"not a warning or its end: {line[:200]!r}")
        all_of_it.append((second(found), int(found[2]), 1 if found[1] == b"warning" else 2))
    digest = 1
    for effect in sorted(all_of_it):
        for number in effect:
            digest = feed(digest, number)
    return digest


def effects_of(remit, ledger):
    """The lines of all effects of a ledger."""
    child = subprocess.Popen([remit, "log", "effects", "--ledger", str(ledger), "--json"], stdout=subprocess.PIPE)
    yield from child.stdout
    if child.wait() != 0:
        sys.exit("remit log effects failed")


ACT = re.compile(rb'"id":"([^"]+)".*"type":"complaint\.([a-z_]+)","time":"([^"]+)","data":\{"complaint":"([^"]+)"')


def waits_and_replies_at_once(events):
    """Whether a customer is asked and answers within one second, in this order. Remit puts what ends a pause
    before what begins one (language: order at one instant), the peers' programs go by the file."""
    asked = {}
    with open(events, "rb") as lines:
        for line in lines:
            found = ACT.search(line)
            if found is None or found[2] not in (b"waiting_customer", b"customer_replied"):
                continue
            if found[2] == b"waiting_customer":
                asked[found[4]] = found[3]
            elif asked.get(found[4]) == found[3]:
                return True
    return False


ARRIVAL = re.compile(rb'"time":"([^"]+)"')


def without_ties(events):
    """Leaves out what comes late while the clock stands on a full minute, and ends the file before the last full
    minute if the clock would stop there. Remit judges a minute that has ended when the clock moves past its end
    (language: order at one instant), the other programs when the clock gets there. Gives the number of events left."""
    clock, stands, count, counted, other = b"", 0, 0, 0, f"{events}.new"
    with open(events, "rb") as lines, open(other, "wb") as out:
        for line in lines:
            at = ARRIVAL.search(line)[1]
            if at < clock and clock.endswith(b":00Z"):
                continue
            if at > clock:
                clock, stands, counted = at, out.tell(), count
            out.write(line)
            count += 1
        if clock.endswith(b":00Z"):
            out.truncate(stands)
            count = counted
    os.replace(other, events)
    return count
