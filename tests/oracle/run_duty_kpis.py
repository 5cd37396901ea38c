#!/usr/bin/env python3
"""What KPIs measure of duties, against a model that keeps nothing: at each instant that is looked at, every duty is
told anew from its events, and every measure from all duties.

    run_duty_kpis.py [--remit build/remit] [--seed N] [--cases K]

Ends with `N passed, N failed`; exit 0 or 1.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

sys.dont_write_bytecode = True
BEGIN = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
LIMIT, WINDOW = 60 * MINUTE, 180 * MINUTE
KINDS, DESKS = ("red", "blue"), ("north", "south")

POLICY = """policy "D" version "1" { zone "UTC" }
role chief
team north { role lead }
team south { role lead }
event given { k: id  kind: one of red, blue  desk: party }
event done { k: id }
event halted { k: id }
event resumed { k: id }
event asked { n: id  desk: party }
duty job on given as g { owed by g.desk  due within 60 minutes  fulfilled by done  paused from halted until resumed }
chief may reassign job
kpi open_now by owner { measure count(open duty job) }
kpi unfinished by owner, kind { measure count(open, paused, breached duty job) }
kpi overdue { measure count(breached duty job) / count(open, paused, breached duty job) }
kpi red_done { measure count(fulfilled duty job where it.kind = red) }
kpi took by kind { measure average(job.elapsed) over 180 minutes }
kpi middle by owner { measure percentile(50, job.elapsed) over 180 minutes }
kpi late { measure count(job where it.late) / count(job) over 180 minutes }
rule busy on asked as a where open_now(a.desk) at least 2 { notify chief "busy" }
rule slow on asked as a where average(job.elapsed where it.owner = a.desk) over 180 minutes above 30 minutes { notify chief "slow" }
"""


@dataclass
class Job:
    key: str
    kind: str
    raised: datetime
    owners: list  # (from when, who)
    acts: list = field(default_factory=list)  # (when, done | halted | resumed)


def owner_at(job, at):
    return [who for when, who in job.owners if when <= at][-1]


def told(job, at):
    """(state, when it ended, how long it took, whether late) at an instant, once the clock has moved past it."""
    used, since, deadline, over = timedelta(0), job.raised, None, False
    for when, what in job.acts:
        if when > at:
            break
        if what == "done":
            took = used + (when - since if since is not None else timedelta(0))
            return "fulfilled", when, took, took > LIMIT or over
        if what == "halted" and since is not None:
            used, since = used + (when - since), None
            over = used >= LIMIT  # a pause at the very deadline comes too late to move it
        elif what == "resumed" and since is None:
            since = when
    if since is not None:
        deadline = since + (LIMIT - used)
    if over:
        return "breached", None, None, None
    if deadline is not None and deadline <= at:
        return "breached", None, None, None
    return ("open" if since is not None else "paused"), None, None, None


def span(ms):
    for unit, size in (("hours", 3600000), ("minutes", 60000), ("seconds", 1000)):
        if ms % size == 0:
            return "%d %s" % (ms // size, unit if ms != size else unit[:-1])
    return "%d milliseconds" % ms


def ms_of(delta):
    return delta // timedelta(milliseconds=1)


def value(text):
    """A measured value as the program writes it, as a number: durations in ms."""
    if isinstance(text, dict):
        return value(text["num"]) / value(text["den"])
    if isinstance(text, str):
        number, unit = text.split()
        return Fraction(number) * {"hour": 3600000, "minute": 60000, "second": 1000, "millisecond": 1}[unit.rstrip("s")]
    return Fraction(text)


def measures(jobs, at):
    """All series of the policy at an instant: (kpi, group) -> value, None where there is nothing."""
    states = [(j, *told(j, at)) for j in jobs if j.raised <= at]
    now = {}
    for desk in DESKS:
        now["open_now", desk] = Fraction(sum(s == "open" and owner_at(j, at) == desk for j, s, *_ in states))
        for kind in KINDS:
            now["unfinished", desk + "/" + kind] = Fraction(
                sum(s in ("open", "paused", "breached") and owner_at(j, at) == desk and j.kind == kind
                    for j, s, *_ in states))
    left = sum(s in ("open", "paused", "breached") for _, s, *_ in states)
    now["overdue", ""] = Fraction(sum(s == "breached" for _, s, *_ in states), left) if left else None
    now["red_done", ""] = Fraction(sum(s == "fulfilled" and j.kind == "red" for j, s, *_ in states))
    held = [(j, end, took, late) for j, s, end, took, late in states if s == "fulfilled" and at < end + WINDOW]
    for kind in KINDS:
        mine = [ms_of(took) for j, _, took, _ in held if j.kind == kind]
        now["took", kind] = Fraction(sum(mine), len(mine)) if mine else None
    for desk in DESKS:
        mine = sorted(ms_of(took) for j, end, took, _ in held if owner_at(j, end) == desk)
        now["middle", desk] = Fraction(mine[(len(mine) + 1) // 2 - 1]) if mine else None
    now["late", ""] = Fraction(sum(x[3] for x in held), len(held)) if held else None
    return now


def make(rng):
    """Events in order of time, no two at one instant: (when, type, data, actor)."""
    jobs, events, at, number = [], [], BEGIN, 0
    for _ in range(rng.randint(20, 70)):
        at += rng.choice((1, 2, 5, 10, 30, 60)) * MINUTE + rng.choice((0, 7)) * timedelta(seconds=1)
        open_jobs = [j for j in jobs if told(j, at)[0] != "fulfilled"]
        what = rng.choice(("given", "given", "done", "done", "halted", "resumed", "moved", "asked"))
        number += 1
        if what == "given" or (not open_jobs and what != "asked"):
            job = Job("J%d" % number, rng.choice(KINDS), at, [(at, rng.choice(DESKS))])
            jobs.append(job)
            events.append((at, "given", {"k": job.key, "kind": job.kind, "desk": job.owners[0][1]}, None))
        elif what == "asked":
            events.append((at, "asked", {"n": "A%d" % number, "desk": rng.choice(DESKS)}, None))
        elif what == "moved":
            job = rng.choice(open_jobs)
            to = rng.choice(DESKS)
            if to == owner_at(job, at):
                continue
            job.owners.append((at, to))
            events.append((at, "remit.reassigned", {"duty": "job", "key": job.key, "to": to}, "chief"))
        else:
            job = rng.choice(open_jobs)
            job.acts.append((at, what))
            events.append((at, what, {"k": job.key}, None))
    return jobs, events


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def run(remit, *words):
    done = subprocess.run([remit, *map(str, words)], capture_output=True, timeout=60, check=False, text=True)
    if done.returncode != 0:
        raise AssertionError("exit %d: %s\n%s" % (done.returncode, " ".join(map(str, words)), done.stderr))
    return done.stdout


def shown(remit, ledger):
    out = {}
    for line in run(remit, "show", "kpis", "--ledger", ledger, "--json").splitlines():
        row = json.loads(line)
        out[row["kpi"], "/".join(row["group"].values())] = value(row["value"]) if "value" in row else None
    return out


def check(what, wanted, got):
    for key in wanted.keys() | got.keys():
        a, b = wanted.get(key), got.get(key)
        if a != b and not (key not in got and a in (None, 0)):
            raise AssertionError("%s: %s is %s, not %s" % (what, "/".join(key), b, a))


def case(remit, seed, folder):
    rng = random.Random(seed)
    jobs, events = make(rng)
    folder.joinpath("p.remit").write_text(POLICY, encoding="utf-8")
    looked, said, lines = 0, [], []
    for n, (at, kind, data, actor) in enumerate(events):
        if kind == "asked":
            before = measures(jobs, at - timedelta(milliseconds=1))
            still = {j.key: j for j in jobs if j.raised <= at}
            held = [ms_of(t) for j in still.values() for s, end, t, _ in [told(j, at)]
                    if s == "fulfilled" and end < at < end + WINDOW and owner_at(j, end) == data["desk"]]
            if before["open_now", data["desk"]] >= 2:
                said.append((stamp(at), "busy"))
            if held and Fraction(sum(held), len(held)) > 30 * 60000:
                said.append((stamp(at), "slow"))
        event = {"specversion": "1.0", "id": "e%d" % n, "source": "/t", "type": kind, "time": stamp(at), "data": data}
        if actor:
            event["actor"] = actor
        lines.append(json.dumps(event) + "\n")
    told_of, ledger, begin = [], folder / "ledger", 0
    cuts = sorted(rng.sample(range(1, len(events)), min(6, len(events) - 1))) + [len(events)]
    for cut in cuts:
        until = events[cut - 1][0] + rng.choice((0, 1, 59, 60, 200)) * MINUTE
        if cut < len(events) and until >= events[cut][0]:
            until = events[cut - 1][0]
        part = folder / "part.jsonl"
        part.write_text("".join(lines[begin:cut]), encoding="utf-8")
        told_of += run(remit, "run", "--quiet", "--ledger", ledger, "--policy", folder / "p.remit", "--events", part,
                       "--until", stamp(until)).splitlines()
        check("at " + stamp(until), measures(jobs, until), shown(remit, ledger))
        begin, looked = cut, looked + 1
    got = [(e["time"].replace("+00:00", "Z"), e["data"]["text"]) for e in map(json.loads, told_of)
           if e["type"] == "remit.notified"]
    if got != said:
        raise AssertionError("said %s, not %s" % (got, said))
    whole = folder / "all.jsonl"
    whole.write_text("".join(lines), encoding="utf-8")
    digests = set()
    for batch in ("1", "5", "1000"):
        run(remit, "run", "--quiet", "--ledger", folder / ("b" + batch), "--policy", folder / "p.remit", "--events", whole,
            "--until", stamp(until), "--batch", batch)
        check("batch " + batch, measures(jobs, until), shown(remit, folder / ("b" + batch)))
        digests.add(run(remit, "show", "digest", "--ledger", folder / ("b" + batch)))
    if len(digests) != 1:
        raise AssertionError("digests differ with the batch")
    return looked, len(said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--remit", default=os.environ.get("REMIT", "build/remit"))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("REMIT_SEED", "1")))
    parser.add_argument("--cases", type=int, default=15)
    options = parser.parse_args()
    passed = failed = looked = said = 0
    for seed in range(options.seed, options.seed + options.cases):
        with tempfile.TemporaryDirectory() as name:
            try:
                more = case(options.remit, seed, Path(name))
                looked, said, passed = looked + more[0], said + more[1], passed + 1
            except AssertionError as wrong:
                failed += 1
                print("FAILED seed %d: %s\nrepeat: tests/oracle/run_duty_kpis.py --seed %d --cases 1" % (seed, wrong, seed))
    print("%d looks, %d answers of conditions" % (looked, said))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not said else 0


if __name__ == "__main__":
    sys.exit(main())
