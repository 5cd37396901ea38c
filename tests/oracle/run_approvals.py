#!/usr/bin/env python3
"""Random approvals and streams: the engine's effects equal the oracle's (approvals.py) to the byte but for the words of
rejections, whatever the batches and wherever the stream is cut; the input again changes nothing.
"""
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta

from approvals import Need, Oracle, Policy, Seat, Stage, ZONE, lines, text

REMIT = os.environ["REMIT"]
BEGIN = datetime(2026, 3, 2, 8, tzinfo=ZONE)
STEP = timedelta(minutes=30)
PERSONS = ["p%d" % i for i in range(1, 9)]
PARTIES = {"director": None, "a.lead": "a", "a.member": "a", "b.lead": "b", "b.member": "b"}
TEAMS = {"a": "a.lead", "b": "b.member"}
HEAD = """policy "A" version "1" { zone "Asia/Shanghai" }
role director
team a under director { role lead role member }
team b under director { role lead role member votes member }
event ask { k: id  n: integer  who: party  with: party  them: list of party }
event stop { k: id }
event done { k: id }
"""
REACTIONS = """  withdrawn by stop where it.k = q.k
  when granted { emit done { k: q.k } }
  when lapsed { escalate to director }
  when refused { notify director "refused" }
  when withdrawn { notify director "withdrawn" }
  when unattainable { notify director "unattainable" }
}
"""


def any_seat(r):
    kind = r.randrange(12)
    if kind == 0:
        return Seat("", "with")
    if kind < 3:
        return Seat(r.choice(["a", "b"]), members=True)
    return Seat(r.choice(["director", "a.lead", "a.member", "b.lead", "a", "b"]))


def any_points(r, stage, above):
    seats = [any_seat(r) for _ in range(r.randint(1, 3))]
    for seat in seats:
        seat.weight = r.randint(1, 3)
    total = sum(s.weight for s in seats) + (2 if any(s.members for s in seats) else 0)
    return Need("points", seats, r.randint(1, total if any(s.members for s in seats) else sum(s.weight for s in seats)), above, stage)


def any_need(r, stage):
    above = r.choice([None, None, 5])
    kind = r.choice(["one", "count", "any", "all", "one", "count", "any", "all", "share", "majority", "given", "points", "points"])
    if kind == "points":
        return any_points(r, stage, above)
    seats = [any_seat(r) for _ in range(r.choice([1, 2, 2, 3]))]
    if kind in ("all", "count", "any") and r.random() < 0.15:
        seats = seats[:r.choice([0, 1, 1])] + [Seat("", "them")]
    if kind == "all" and any(s.members for s in seats):
        kind = "any"
    if kind == "one":
        seats = seats[:1]
    most = 3 if any(s.members or s.name == "them" for s in seats) else len(seats)
    count = {"one": 1, "any": 1, "all": len(seats), "count": r.choice([1, 1, min(2, most), most]), "share": r.choice([10, 34, 50, 50, 75])}.get(kind) or r.randint(1, most)
    if kind == "given":
        seats.append(Seat(r.choice(["a", "b"]), members=True))
    return Need(kind, seats, count, above, stage)


def ways(needs):
    """In how many ways the points of all requirements may be reached, as the check counts them: each seat as far as it helps."""
    return math.prod(1 + (-(-n.count // s.weight) if s.members else 1) for n in needs if n.kind == "points" for s in n.seats)


def any_policy(r):
    count = r.choice([1, 2, 2, 3])
    stages = [Stage("s%d" % i, r.choice([None, None, 1, 2, 4]), r.choice([None, None, 5])) for i in range(count)]
    if count == 1:
        stages = [Stage("", r.choice([None, None, 1, 2, 4]))]
    needs = [any_need(r, i) for i in range(count) for _ in range(r.randint(1, 3) if count == 1 else r.choice([1, 1, 2]))]
    while ways(needs) > 10_000:  # the limit
        many = next(n for n in needs if n.kind == "points")
        needs[needs.index(many)] = Need("one", [Seat("director")], 1, many.above, many.stage)
    return Policy(PARTIES, TEAMS, needs, r.choice([[], [], ["who"], ["a"], ["who", "b.lead"]]), stages, r.random() < 0.4,
                  r.choice(["any", "any", "majority", "majority", "2"]), r.choice([None, None, 0, 1, 2]),
                  r.sample([("director", "b.lead"), ("a.member", "director"), ("b", "a.lead"), ("a.lead", "b")], r.choice([0, 0, 1, 2])),
                  ["a", "director"])


def source(p):
    def seat(s):
        name = (s.party or "q." + s.name) + (".members" if s.members else "")
        return name + (" %d" % s.weight if s.weight else "")

    def line(n):
        words = {"one": "", "any": "one of ", "all": "all of ", "count": "%d of " % n.count, "share": "%d%% of " % n.count,
                 "majority": "majority of ", "given": "q.n of ", "points": "%d points of " % n.count}[n.kind]
        when = "" if n.above is None else " when q.n > %d" % n.above
        return "    %s%s%s\n" % (words, ", ".join(seat(s) for s in n.seats), when)
    text_of = HEAD + "approval ok on ask as q {\n  requires {\n"
    for i, stage in enumerate(p.stages):
        body = "".join(line(n) for n in p.needs if n.stage == i)
        if stage.name:
            within = "" if stage.hours is None else "    each within %d hours\n" % stage.hours
            when = "" if stage.above is None else " when q.n > %d" % stage.above
            body = "  stage %s%s {\n%s%s  }\n" % (stage.name, when, within, body)
        text_of += body
    text_of += "  }\n"
    if p.excluding:
        text_of += "  excluding %s\n" % ", ".join("q.who" if x == "who" else x for x in p.excluding)
    if not p.stages[0].name and p.stages[0].hours is not None:
        text_of += "  each within %d hours\n" % p.stages[0].hours
    text_of += "" if p.refused == "any" else "  refused by %s\n" % p.refused
    if p.resubmits is not None:
        text_of += "  resubmit%s\n" % (" at most %d times" % p.resubmits if p.resubmits else "")
    elif p.again:
        text_of += "  again\n"
    lines_of = ["deputy of %s is %s\n" % d for d in p.deputies]
    lines_of += ["%s may %s ok\n" % (", ".join(p.powers), verb) for verb in
                 ("add signers to", "remove signers from", "transfer", "return", "urge")]
    return text_of + REACTIONS + "".join(lines_of)


def span(r, at, d):
    if r.random() < 0.3:
        d["from"] = text(at + STEP * r.randint(-3, 4))
    if r.random() < 0.4:
        d["until"] = text(at + STEP * r.randint(0, 8))
    return d


def likely(r, oracle, key, at):
    """Somebody who may vote now, if there is anybody."""
    a = oracle.find(at, key)
    some = [] if a is None else [x for x in PERSONS if all(v.by != x for v in a.standing()) and not oracle.excluded(a, x, at)
                                 and any(a.of_stage(s) == a.stage for _, s in oracle.pairs(a, x, at))]
    return r.choice(some or PERSONS)


def any_signer(r):
    return {"person": r.choice(PERSONS)} if r.random() < 0.5 else {"seat": r.choice(list(PARTIES) + ["a", "b"])}


def any_office(r, oracle, key, at, d):
    may = [x for x in PERSONS if oracle.may(x, at)]
    who, kind = r.choice(may or PERSONS) if r.random() < 0.8 else r.choice(PERSONS), r.randrange(8)
    if kind < 2:
        place = r.choice([{}, {"place": "before"}, {"place": "after"}, {"place": "with"}])
        return "remit.signer_added", {**d, **any_signer(r), **place}, who
    if kind < 4:
        return "remit.signer_removed", {**d, **any_signer(r)}, who
    if kind < 6:
        seat = {"seat": r.choice(list(PARTIES) + ["a"])} if r.random() < 0.2 else {}
        if r.random() < 0.7:  # most who hand on have something to hand on
            who = likely(r, oracle, key, at)
        return "remit.transferred", {**d, "to": r.choice(PERSONS), **seat}, who
    if kind < 7:
        return "remit.returned", {**d, **r.choice([{}, {}, {"stage": "s0"}, {"stage": "s1"}, {"stage": "ok"}])}, who
    return "remit.urged", {**d, **r.choice([{}, {"note": "now"}])}, who


def any_event(r, at, oracle):
    key, who = r.choice(["K1", "K1", "K2"]), r.choice(PERSONS)
    kind = r.random() * r.choice([1, 2, 3])
    under_way = [a.key for a in oracle.approvals if a.state == "open"]
    if r.random() < 0.8:  # most events find something to act on
        key = r.choice(under_way or ["K1", "K2"])
        kind = kind if under_way or kind < 0.30 else 0.40
    if kind < 0.09:
        return "remit.appointed", span(r, at, {"person": who, "seat": r.choice(list(PARTIES))}), None
    if kind < 0.12:
        return "remit.joined", {"person": who, "team": r.choice(["a", "b"])}, None
    if kind < 0.17:
        return "remit.left", {"person": who, **({"seat": r.choice(list(PARTIES))} if r.random() < 0.7 else {})}, None
    if kind < 0.23:
        return ("remit.absent", span(r, at, {"person": who}), None) if r.random() < 0.7 else ("remit.present", {"person": who}, None)
    if kind < 0.30:
        d = span(r, at, {"person": r.choice([p for p in PERSONS if p != who])})
        if r.random() < 0.4:
            d = {"person": d.pop("person"), "seat": r.choice(list(PARTIES) + ["a"]), **d}
        return "remit.delegated", d, who
    if kind < 0.44:
        return "ask", {"k": key, "n": r.choice([1, 1, 2, 2, 3, 6, 7, -1]), "who": r.choice(PERSONS), "with": r.choice(PERSONS + ["a", "b.lead"]),
                       "them": r.sample(PERSONS + ["a.lead", "director"], r.randint(0, 3))}, who
    if kind < 0.46:
        return "stop", {"k": key}, r.choice([who, None])
    d = {"approval": "ok", "key": key}
    if kind < 0.48:
        return "remit.withdrawn", d, who
    if kind < 0.85:
        return any_office(r, oracle, key, at, d)
    d["vote"] = r.choice(["yes"] * 5 + ["no"])
    if r.random() < 0.1:
        d["note"] = "so"
    if r.random() < 0.1:
        d["seat"] = r.choice(list(PARTIES) + ["a", "b"])
    return "remit.decided", d, likely(r, oracle, key, at) if r.random() < 0.8 else r.choice(PERSONS * 5 + ["director", "a", "b.member"])


def any_stream(r, oracle):
    """Events, as the oracle takes them: most of them are what can be done then."""
    at, events = BEGIN, []

    def add(kind, when, data, actor):
        e = {"specversion": "1.0", "id": "e%d" % len(events), "source": "s", "type": kind, "time": text(when)}
        e.update({"actor": actor} if actor else {})
        e["data"] = data
        events.append(e)
        oracle.take(e)
    for party in PARTIES:  # most seats are held from the beginning
        for person in r.sample(PERSONS, r.choice([0, 2, 3, 3, 4])):
            add("remit.appointed", at, {"person": person, "seat": party}, None)
    for _ in range(r.choice([0, 0, 3, 6])):  # who act for one another, some in one seat alone
        who = r.choice(PERSONS)
        d = {"person": r.choice([p for p in PERSONS if p != who])}
        add("remit.delegated", at, {**d, "seat": r.choice(list(PARTIES))} if r.random() < 0.4 else d, who)
    for _ in range(r.randint(10, 45)):
        at += STEP * r.choice([0, 0, 0, 0, 1, 1, 2])
        kind, data, actor = any_event(r, at, oracle)
        late = kind == "remit.decided" and r.random() < 0.1
        add(kind, at - STEP * r.randint(1, 3) if late else at, data, actor)
    return events, at + STEP * r.randint(0, 9)


def run(folder, ledger, events, until, batch):
    with open(os.path.join(folder, "in.jsonl"), "w", encoding="utf-8") as f:
        f.writelines(json.dumps(e) + "\n" for e in events)
    done = subprocess.run([REMIT, "run", "--ledger", ledger, "--policy", "p.remit", "--events", "in.jsonl", "--quiet",
                           "--batch", str(batch)] + (["--until", text(until)] if until else []),
                          cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError("status %d: %s" % (done.returncode, done.stderr))
    return done.stdout.splitlines()


def without_words(line):
    e = json.loads(line)
    if e["type"] in ("remit.event.rejected", "remit.alert"):
        e["data"]["message"] = ""
    return json.dumps(e, ensure_ascii=False, separators=(",", ":"))


def differs(what, policy, events, wanted, got):
    for i in range(max(len(wanted), len(got))):
        w, g = (wanted[i] if i < len(wanted) else "nothing"), (got[i] if i < len(got) else "nothing")
        if w != g:
            return "%s: effect %d\n  oracle %s\n  engine %s\n%s%s" % (
                what, i + 1, w, g, policy, "".join(json.dumps(e) + "\n" for e in events))
    return None


def trial(seed, counts):
    r = random.Random(seed)
    p = any_policy(r)
    oracle = Oracle(p)
    events, until = any_stream(r, oracle)
    oracle.tick(until)
    wanted = lines(oracle.out)
    for e in oracle.out:
        counts[e["type"]] = counts.get(e["type"], 0) + 1
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "p.remit"), "w", encoding="utf-8") as f:
            f.write(source(p))
        whole = [without_words(x) for x in run(folder, "one", events, until, 1000)]
        cut = r.randint(0, len(events))
        parts = run(folder, "two", events[:cut], None, 1) + run(folder, "two", events[cut:], until, r.randint(2, 5))
        again = run(folder, "two", events, until, 3)
    wrong = differs("whole", source(p), events, wanted, whole)
    wrong = wrong or differs("in parts", source(p), events, wanted, [without_words(x) for x in parts])
    return wrong or ("again: %s" % again[0] if again else None)


def main():
    seed = int(os.environ.get("REMIT_SEED", "1"))
    trials = int(os.environ.get("TRIALS", "120"))
    print("seed %d" % seed)
    counts, failed = {}, 0
    for i in range(trials):
        try:
            wrong = trial(seed + i, counts)
        except AssertionError as why:
            wrong = str(why)
        if wrong:
            failed += 1
            print("trial %d (seed %d): %s" % (i, seed + i, wrong))
            if failed >= 3:
                break
    wanted = ["remit.approval." + x for x in
              ("opened", "advanced", "voted", "granted", "refused", "lapsed", "withdrawn", "unattainable", "escalated",
               "signer_added", "signer_removed", "transferred", "returned")]
    missing = [x for x in wanted + ["remit.event.rejected"] if counts.get(x, 0) < 3]
    if missing and trials >= 100:
        print("hardly ever happened: %s" % ", ".join(missing))
    print("effects: %s" % ", ".join("%s %d" % (k, v) for k, v in sorted(counts.items())))
    print("%d passed, %d failed" % (trials - failed + (not missing), failed + bool(missing)))
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
