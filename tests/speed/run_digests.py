#!/usr/bin/env python3
"""Remit, the hand-written program of the benchmark and, where they are there, the peers' programs take the
same decisions on the same events; in whatever form an event is written, the same comes out. Nothing is timed."""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
import work  # noqa: E402

REMIT = os.environ.get("REMIT", str(work.ROOT / "build" / "remit"))
SEED = int(os.environ.get("REMIT_SEED", "1"))
EVENTS = 20000
SERIES = 12  # of W3: so few that so many events fill several windows
results = {"passed": 0, "failed": 0, "skipped": 0}


def check(name, good, why=""):
    results["passed" if good else "failed"] += 1
    if not good:
        print(f"{name}: {why}")


def skip(name, why):
    results["skipped"] += 1
    print(f"{name}: skipped, {why}")


def remit(*arguments):
    done = subprocess.run([REMIT, *map(str, arguments)], capture_output=True)
    if done.returncode != 0:
        sys.exit(f"remit {arguments[0]} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def program(*command):
    return work.last_line(subprocess.run(list(map(str, command)), capture_output=True, check=True, text=True).stdout)


def run(folder, name, events, policy="w2"):
    """The ledger's digest and effects after all events."""
    ledger = folder / name
    remit("run", "--ledger", ledger, "--policy", work.POLICY[policy], "--events", events, "--quiet")
    return remit("show", "digest", "--ledger", ledger), list(work.effects_of(REMIT, ledger))


def rewrite(line, rng):
    """The same event in another form: other order, white space, numbers for strings, escapes."""
    event = json.loads(line)
    data = list(event["data"].items())
    rng.shuffle(data)
    if rng.random() < 0.5 and "order_value" in event["data"]:
        data = [(k, 0) if k == "order_value" else (k, v) for k, v in data]
    event["data"] = dict(data)
    members = list(event.items())
    rng.shuffle(members)
    space = rng.choice(["", " ", "  "])
    text = json.dumps(dict(members), separators=("," + space, ":" + space))
    if '"order_value":' + space + "0" in text:
        value = json.loads(line)["data"]["order_value"]
        text = text.replace('"order_value":' + space + "0", '"order_value":' + space + value)
    return text.replace("complaint.opened", "complaint\\u002eopened", rng.randrange(2))


def rewritten(events, to, seed):
    rng = random.Random(seed)
    with open(events) as lines, open(to, "w") as out:
        for line in lines:
            out.write(rewrite(line, rng) + "\n")
    return to


def both_forms(folder, w1, w2, effects, digest, decided):
    other = rewritten(w1, folder / "other1", SEED)
    got = remit("decide", "--policy", work.POLICY["w1"], "--events", other)
    check("decisions do not depend on the form of an event", got == decided, "other bytes came out")
    other = rewritten(w2, folder / "other2", SEED + 1)
    again, lines = run(folder, "other", other)
    check("a ledger does not depend on the form of events", again == digest, f"{again} and {digest}")
    check("effects do not depend on the form of events", lines == effects, "other bytes came out")


def hand_again(folder, hand, name, events, want):
    """The hand-written program, stopped and begun again, decides the same: what it keeps is what it needs."""
    ledger = folder / f"hand_again_{events.name}"
    program(hand, name, events, ledger, "-l", EVENTS // 3)
    got = program(hand, name, events, ledger, "-r")
    check(f"{name} by hand goes on where it stopped", got == want, f"{got} and {want}")


def refunds(folder, hand, events, ledger):
    """W3 as the program written by hand: what that said, and Remit's effects."""
    count = work.without_ties(events)
    want = program(hand, "w3", events, folder / f"hand_{ledger}")
    _, effects = run(folder, ledger, events, "w3")
    check("W3 has its events", want["events"] == count, f"{want} and {count}")
    check("W3 as by hand", work.digest_w3(effects) == want["digest"], f"{ledger}: the digests differ")
    return want, effects


def own_refunds(folder, own):
    for seed in (SEED, SEED + 1):
        events = folder / f"w3_{seed}"
        work.generate(own["gen"], "w3", EVENTS, seed, events, False, SERIES)
        want, effects = refunds(folder, own["hand"], events, f"ledger3_{seed}")
        ends = sum(b"remit.kpi.cleared" in line for line in effects)
        check("W3 has what it should", ends > 5 and len(effects) - ends > 5, f"{ends} ends, {len(effects)} effects")
        hand_again(folder, own["hand"], "w3", events, want)


def peer_refunds(folder, shared, own, seed):
    events = folder / "peer3"
    work.generate(shared["gen"], "w3", EVENTS, seed, events, True)
    want, _ = refunds(folder, own["hand"], events, f"peer_ledger3_{seed}")
    return program(shared["w3"], events, folder / f"peer_db3_{seed}")["digest"], want["digest"]


def peers(folder, own):
    shared = work.build_shared(folder)
    if shared is None:
        return skip("the peers' programs agree", "they are not here, or cannot be built")
    for seed in (SEED % 1000, SEED % 1000 + 1):
        events = folder / "peer1"
        work.generate(shared["gen"], "w1", EVENTS, seed, events, True)
        theirs = program(shared["w1"], events)["digest"]
        lines = remit("decide", "--policy", work.POLICY["w1"], "--events", events).splitlines()
        check("W1 as the peers", work.digest_w1(lines) == (EVENTS, theirs), "the digests differ")
        check("W1 by hand as the peers", program(own["hand"], "w1", events)["digest"] == theirs, "they differ")
        both = peer_refunds(folder, shared, own, seed)
        check("W3 as the peers", both[0] == both[1], f"seed {seed}: {both}")
        events = folder / "peer2"
        work.generate(shared["gen"], "w2", EVENTS, seed, events, True)
        theirs = program(shared["w2"], events, folder / f"peer_db{seed}", "-m", "packed")["digest"]
        ours = program(own["hand"], "w2", events, folder / f"own_db{seed}")["digest"]
        check("W2 by hand as the peers", ours == theirs, f"{ours} and {theirs}")
        if work.waits_and_replies_at_once(events):
            skip(f"W2 as the peers, seed {seed}", "a wait and its answer fall on one second")
            continue
        _, lines = run(folder, f"peer_ledger{seed}", events)
        check("W2 as the peers", work.digest_w2(lines) == theirs, f"seed {seed}: the digests differ")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = work.build(folder)
        w1, w2 = folder / "w1", folder / "w2"
        work.generate(own["gen"], "w1", EVENTS, SEED, w1, False)
        work.generate(own["gen"], "w2", EVENTS, SEED, w2, False)
        decided = remit("decide", "--policy", work.POLICY["w1"], "--events", w1)
        want = program(own["hand"], "w1", w1)
        got = work.digest_w1(decided.splitlines())
        check("W1 as by hand", got == (want["events"], want["digest"]), f"{got} and {want}")
        digest, effects = run(folder, "ledger", w2)
        want = program(own["hand"], "w2", w2, folder / "hand_db")
        got = work.digest_w2(effects)
        check("W2 as by hand", got == want["digest"], f"{got} and {want}")
        check("W2 has what it should", len(effects) > EVENTS, f"{len(effects)} effects")
        hand_again(folder, own["hand"], "w2", w2, want)
        own_refunds(folder, own)
        both_forms(folder, w1, w2, effects, digest, decided)
        peers(folder, own)
    print(f"{results['passed']} passed, {results['failed']} failed, {results['skipped']} skipped")
    return 1 if results["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
