#!/usr/bin/env python3
"""Random policies of entities against a model of them (model.py): what they hold in the end, what was said on the way,
which events were refused; in batches of any size, in several runs, and after kills.

REMIT_SEED seeds all that is random.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "survive"))

import model
import trials as t
from trials import Job, expect

CASES = int(os.environ.get("ENTITY_CASES", "60"))
EVENTS = 120
BEGIN = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)


def lines_of(events: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
    return [json.dumps({"specversion": "1.0", "id": name, "source": "/e", "type": kind,
                        "time": (BEGIN + timedelta(minutes=i)).isoformat(), "data": data})
            for i, (name, kind, data) in enumerate(events)]


def job_of(folder: Path, name: str, policy: model.Policy, parts: list[list[str]], batch: int = 0) -> Job:
    path = folder / "p.remit"
    path.write_text(policy.text(), encoding="utf-8")
    files = []
    for number, part in enumerate(parts):
        files.append(folder / f"part{len(parts)}-{number}.jsonl")  # where a refused line stood is kept too
        files[-1].write_text("".join(line + "\n" for line in part), encoding="utf-8")
    return Job(folder / name, path, files, until=None, batch=batch)


def held(job: Job, policy: model.Policy) -> model.State:
    out: model.State = {}
    for row in t.shown("entities", job.ledger):
        entity = next(e for e in policy.entities if e.name == row["entity"])
        key = tuple(row["fields"]["k%d" % i] for i in range(len(entity.keys)))
        out[(entity.name, key)] = {f.name: row["fields"].get(f.name) for f in entity.fields}
    return out


def outcome(job: Job, policy: model.Policy) -> model.Outcome:
    effects = [json.loads(line) for line in job.effects.read_text(encoding="utf-8").splitlines()]
    return model.Outcome(held(job, policy),
                         [e["data"]["text"] for e in effects if e["type"] == "remit.notified"],
                         [e["data"]["id"] for e in effects if e["type"] == "remit.event.rejected"])


def cases(folder: Path, count: int) -> Any:
    for number in range(count):
        rng = random.Random(f"entities {t.SEED} {number}")
        one = folder / str(number)
        one.mkdir()
        policy = model.policy(rng)
        yield f"case {number} of seed {t.SEED}", one, rng, policy, model.stream(rng, EVENTS)


def same(what: str, wanted: model.Outcome, got: model.Outcome) -> None:
    expect(got.refused == wanted.refused, f"{what}: refused {got.refused}\nnot {wanted.refused}")
    for i in range(max(len(wanted.said), len(got.said))):
        expect(got.said[i:i + 1] == wanted.said[i:i + 1],
               f"{what}: said {i} is {got.said[i:i + 1]}, not {wanted.said[i:i + 1]}")
    for at in sorted(set(wanted.state) | set(got.state), key=str):
        expect(got.state.get(at) == wanted.state.get(at), f"{what}: {at} is {got.state.get(at)}, not {wanted.state.get(at)}")


def as_the_model_says(folder: Path) -> None:
    seen: Counter[str] = Counter()
    for what, one, _, policy, events in cases(folder, CASES):
        wanted = model.run(policy, events)
        job = job_of(one, "run", policy, [lines_of(events)])
        job.run()
        same(what, wanted, outcome(job, policy))
        seen.update(refused=len(wanted.refused), said=len(wanted.said), held=len(wanted.state))
    print(", ".join(f"{n} {name}" for name, n in sorted(seen.items())))
    expect(seen["refused"] > CASES and seen["said"] > CASES and seen["held"] > CASES, "hardly anything happened")


def batches_and_kills_leave_no_trace(folder: Path) -> None:
    kills = 0
    for what, one, rng, policy, events in cases(folder, max(6, CASES // 6)):
        lines = lines_of(events)
        whole = job_of(one, "whole", policy, [lines])
        whole.run()
        wanted = whole.result()
        for batch in (1, 7):
            job = job_of(one, f"batch{batch}", policy, [lines], batch)
            job.run()
            t.same_end(f"{what}, --batch {batch}", job, wanted)
        cut = sorted(rng.randint(0, len(lines)) for _ in range(2))
        job = job_of(one, "parts", policy, [lines[:cut[0]], lines[cut[0]:cut[1]], lines[cut[1]:]], 3)
        parts = job.events
        for part in parts:
            job.events = [part]
            job.run()
        t.same_end(f"{what}, in several runs", job, wanted, places=False)
        job = job_of(one, "killed", policy, [lines], rng.choice((1, 2, 5)))
        kills += sum(job.killed(rng) for _ in range(3))
        job.run()
        t.same_end(f"{what}, after kills", job, wanted)
    print(f"{kills} kills")
    expect(kills > 0, "no kill came in time")


def main() -> int:
    suite = t.Suite("entities")
    suite.run(as_the_model_says)
    suite.run(batches_and_kills_leave_no_trace)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
