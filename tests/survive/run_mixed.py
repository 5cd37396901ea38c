#!/usr/bin/env python3
"""The laws of run_survive for streams in which approvals, KPIs and duties set each other off (mixed.py): kills, batch
sizes, repeats, files and parts leave no trace; ballots of one instant may come in any order.

REMIT_SEED seeds all that is random.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import trials as t
from trials import Job, expect

import mixed

KILLS = int(os.environ.get("SURVIVE_KILLS", "20"))
CASES = max(12, KILLS // 4)
LEAST = {"remit.duty.corrected": 1}  # needs an event that mattered, a mistake and somebody who may correct
OFTEN = ["remit.approval." + what for what in ("opened", "voted", "granted", "lapsed", "unattainable")] + \
        ["remit.kpi.cleared", "remit.duty.opened", "remit.duty.progressed", "remit.duty.corrected", "remit.event.rejected"]
SAID = ["remit.approval." + what for what in
        ("opened", "advanced", "voted", "granted", "refused", "lapsed", "withdrawn", "unattainable", "escalated",
         "signer_added", "returned")] + \
       ["remit.kpi." + what for what in ("warning", "critical", "cleared")] + \
       ["remit.duty." + what for what in ("progressed", "corrected", "reassigned", "ended")] + \
       ["remit.duty.opened", "remit.event.rejected", "remit.notified", "remit.alert", "alarm", "done"]


def job_of(folder: Path, name: str, case: mixed.Mixed, files: list[list[str]], batch: int = 0) -> Job:
    policy = folder / "p.remit"
    policy.write_text(case.policy, encoding="utf-8")
    paths = [file_of(folder, lines) for lines in files]
    return Job(folder / name, policy, paths, until=case.until, batch=batch)


def file_of(folder: Path, lines: list[str]) -> Path:
    """A file of these lines; the same ones are in the same file."""
    raw = "".join(line + "\n" for line in lines).encode("utf-8")
    path = folder / f"{hashlib.sha256(raw).hexdigest()[:16]}.jsonl"
    path.write_bytes(raw)
    return path


def ran(*job: Any, **how: Any) -> Job:
    out = job_of(*job, **how)
    out.run()
    return out


def new(folder: Path, name: object) -> Path:
    out = folder / str(name)
    out.mkdir()
    return out


def cases(folder: Path, count: int, length: int, lawful: bool = False) -> Any:
    """(what it is called, its folder, the case) of several seeds."""
    for seed in range(t.SEED % 1000000, t.SEED % 1000000 + count):
        yield f"case {seed}", new(folder, seed), mixed.make(seed, length, lawful)


def cut(rng: random.Random, lines: list[str], most: int) -> list[list[str]]:
    places = sorted(rng.randint(0, len(lines)) for _ in range(rng.randint(1, most)))
    return [lines[low:high] for low, high in zip([0, *places], [*places, len(lines)])]


# ---------------------------------------------------------------------------------------------------- laws

def killed(job: Job, rng: random.Random, effects: int) -> bool:
    """One run that is killed at its start, or as soon as it has written so many bytes of effects."""
    process = subprocess.Popen([job.program, *job.words()], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if rng.random() < 0.2:
        time.sleep(rng.random() * 0.02)
    else:
        size = rng.randint(job.size(), effects)
        while process.poll() is None and job.size() < size:
            time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    said = process.communicate()[1]
    expect(process.returncode in (0, -signal.SIGKILL), f"exit {process.returncode}: {t.text(said)}")
    return process.returncode != 0


def kills_leave_no_trace(folder: Path) -> None:
    rng = random.Random(f"mixed kills {t.SEED}")
    kills = inside = seed = 0
    while kills < KILLS:
        expect(seed < 10 + KILLS, f"only {kills} kills in {seed} streams")
        one = new(folder, seed)
        case = mixed.make(t.SEED % 1000000 + seed, 120, False)
        batch = rng.choice((1, 2, 5, 5))
        wanted = ran(one, "whole", case, [case.lines], 100).result()
        job = job_of(one, "killed", case, [case.lines], batch)
        for _ in range(rng.randint(3, 6)):
            if job.size() < len(wanted[1]) and killed(job, rng, len(wanted[1])):
                kills += 1
                inside += 0 < job.size() < len(wanted[1])
        job.run()
        t.same_end(f"seed {seed} after kills with --batch {batch}", job, wanted)
        seed += 1
    print(f"{kills} kills in {seed} streams, {inside} of them when some effects were written")
    expect(inside > 0, "no kill came between two commits")


def batches_repeats_and_files(folder: Path) -> None:
    rng = random.Random(f"mixed batches {t.SEED}")
    said: Counter[str] = Counter()
    for what, one, case in cases(folder, CASES, 110):
        job = ran(one, "whole", case, [case.lines])
        wanted = job.result()
        said.update(json.loads(line)["type"] for line in wanted[1].splitlines())
        job.run()
        t.same_end(f"{what}, once more", job, wanted)
        written_again(what, job, rng, wanted)
        for batch in (1, 7):
            t.same_end(f"{what}, --batch {batch}", ran(one, f"batch{batch}", case, [case.lines], batch), wanted)
        twice: list[tuple[float, str]] = []
        for number, line in enumerate(case.lines):
            twice += [(number, line), (number + rng.choice((0.1, rng.random() * 40)), line)]
        twice.sort(key=lambda pair: pair[0])
        job = ran(one, "twice", case, [[line for _, line in twice]], rng.choice((3, 20, 1000)))
        t.same_end(f"{what}, every line twice", job, wanted, places=False)
        job = ran(one, "files", case, cut(rng, case.lines, 4), rng.choice((3, 20, 1000)))
        t.same_end(f"{what}, in several files", job, wanted, places=False)
        several_runs(what, one, case, rng, wanted)
    hardly = [kind for kind in (SAID if CASES > 40 else OFTEN) if said[kind] < LEAST.get(kind, 3)]
    print(", ".join(f"{kind} {said[kind]}" for kind in SAID))
    expect(not hardly, f"hardly ever said: {', '.join(hardly)}")


def written_again(what: str, job: Job, rng: random.Random, wanted: tuple[str, bytes, bytes]) -> None:
    """What is cut off the file of effects comes again out of the ledger: both tell the same."""
    for size in (0, rng.randint(0, len(wanted[1]))):
        job.effects.write_bytes(wanted[1][:size])
        job.run()
        t.same_end(f"{what}, effects cut at {size} and written again", job, wanted)


def several_runs(what: str, folder: Path, case: mixed.Mixed, rng: random.Random,
                 wanted: tuple[str, bytes, bytes]) -> None:
    """A part of the stream in each call, the last of which ticks."""
    job = job_of(folder, "parts", case, cut(rng, case.lines, 4), rng.choice((3, 20, 1000)))
    parts, until = job.events, job.until
    for number, part in enumerate(parts):
        job.events, job.until = [part], until if number == len(parts) - 1 else None
        job.run()
    t.same_end(f"{what}, in several runs", job, wanted, places=False)


def bare(effects: bytes, *without: str) -> list[str]:
    """Effects without what is counted (their ids, and causes that are ids of others) and without these members."""
    out = []
    for line in effects.splitlines():
        effect = json.loads(line)
        counted = ["cause"] if effect["cause"].isdigit() else []
        for member in ("id", *counted, *without):
            effect.pop(member, None)
        out.append(json.dumps(effect, sort_keys=True, ensure_ascii=False))
    return out


def ticks_between_do_not_show(folder: Path) -> None:
    """The clock is moved on by ticks where the next event would move it on: what is said is the same at the same
    instants; only when it was found differs. What grows stale depends on just that, so nothing does here."""
    rng = random.Random(f"mixed ticks {t.SEED}")
    for what, one, case in cases(folder, CASES, 90):
        case.policy = re.sub(r" stale after \d+ [a-z]+", "", case.policy)
        wanted = ran(one, "whole", case, [case.lines]).result()
        job = job_of(one, "ticks", case, [case.lines])
        last, clock = job.until, None
        part: list[str] = []
        for line in case.lines:
            at = datetime.fromisoformat(json.loads(line)["time"])
            # a line that is rejected does not move the clock
            if clock is not None and at > clock and "bad" not in line and rng.random() < 0.25:
                tick = clock + (at - clock) * rng.choice((0, 0.25, 0.5, 0.999))
                run_part(job, one, part, mixed.text(tick))
                part = []
            if "bad" not in line:
                clock = at if clock is None else max(clock, at)
            part.append(line)
        run_part(job, one, part, last)
        same_lines(what, bare(wanted[1], "seen"), bare(job.result()[1], "seen"))


def run_part(job: Job, folder: Path, lines: list[str], until: str) -> None:
    job.events, job.until = [file_of(folder, lines)], until
    job.run()


def same_lines(what: str, wanted: list[str], got: list[str]) -> None:
    for number in range(max(len(wanted), len(got))):
        pair = wanted[number:number + 1], got[number:number + 1]
        expect(pair[0] == pair[1], f"{what}: effect {number + 1} is\n  {pair[1]}\nnot\n  {pair[0]}")


def votes_in_any_order(folder: Path) -> None:
    """Ballots of one instant in another order: the same outcomes at the same instants, and what follows from them."""
    moved = granted = 0
    for what, one, case in cases(folder, CASES, 110, lawful=True):
        plain = [line for line in case.lines]
        results = []
        for name, lines in (("plain", plain), ("mixed", case.votes_shuffled)):
            job = ran(one, name, case, [lines])
            approvals = [{name: row.get(name) for name in ("approval", "key", "occurrence", "state", "raised", "due")}
                         for row in t.shown("approvals", job.ledger)]
            said = [line for line in bare(job.effects.read_bytes(), "cause", "seen")
                    if '"remit.approval.voted"' not in line and '"remit.event.rejected"' not in line]
            results.append((t.digest(job.ledger, "--state"), approvals, sorted(said)))
        moved += plain != case.votes_shuffled
        granted += sum(row["state"] == "granted" for row in results[0][1])
        same_lines(what, results[0][2], results[1][2])
        expect(results[0][1] == results[1][1], f"{what}: other approvals")
        expect(results[0][0] == results[1][0], f"{what}: another state")
    print(f"{moved} streams with votes in another order, {granted} granted")
    expect(moved > CASES // 2 and granted > 0, f"only {moved} streams, {granted} granted")


def main() -> int:
    suite = t.Suite("mixed")
    suite.run(kills_leave_no_trace)
    suite.run(batches_repeats_and_files)
    suite.run(ticks_between_do_not_show)
    suite.run(votes_in_any_order)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
