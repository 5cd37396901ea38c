#!/usr/bin/env python3
"""What is committed stays, whatever stops a run and however its input is cut: kills, batch sizes, repeats, parts.

REMIT_SEED seeds all that is random. The long versions are in tests/torture.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import trials as t
from trials import Job, expect  # puts the oracle on the path

import streams
import worktime as wt

REMIT = t.REMIT
SHOP = t.ROOT / "rules" / "shop"
KILLS = int(os.environ.get("SURVIVE_KILLS", "60"))


# ---------------------------------------------------------------------------------------------------- kills

def kill_until_done(job: Job, rng: random.Random, most: int) -> int:
    """Kills runs of one job until `most` kills or until one ends by itself; then lets it end."""
    kills = 0
    while kills < most and job.killed(rng):
        kills += 1
    job.run()
    return kills


def kills_leave_no_trace(folder: Path) -> None:
    rng = random.Random(f"kills {t.SEED}")
    events = t.month(folder, 900, t.SEED % 1000)
    undisturbed = Job(folder / "undisturbed", SHOP, [events])
    undisturbed.run()
    wanted, kills, rounds = undisturbed.result(), 0, 0
    while kills < KILLS:
        expect(rounds < 40 + KILLS, f"only {kills} kills in {rounds} rounds")
        batch = rng.choice((1, 3, 7, 20, 100))
        job = Job(folder / f"round{rounds}", SHOP, [events], batch=batch)
        kills += kill_until_done(job, rng, 10)
        t.same_end(f"after kills with --batch {batch}", job, wanted)
        job.run()
        t.same_end(f"run once more with --batch {batch}", job, wanted)
        rounds += 1
    print(f"{kills} kills in {rounds} rounds")


def kills_among_wild_streams(folder: Path) -> None:
    rng = random.Random(f"wild kills {t.SEED}")
    kills = 0
    for number in range(6):
        case = streams.make_wild(t.SEED % 100000 + number)
        one = folder / str(number)
        policy, parts = write_case(one, case)
        wanted = None
        for name, disturbed in (("plain", False), ("killed", True)):
            ledger, effects = one / f"{name}.ledger", one / f"{name}.effects"
            for words in part_words(policy, parts, ledger, effects, batch=1):
                if disturbed:
                    kills += kill_words(words, rng)
                t.good(*words)
            result = (t.digest(ledger), effects.read_bytes())
            expect(wanted is None or result == wanted, f"case {case.seed}: kills show")
            wanted = result
    print(f"{kills} kills")


def write_case(folder: Path, case: streams.Case) -> tuple[Path, list[tuple[Path, streams.Part]]]:
    folder.mkdir(parents=True, exist_ok=True)
    policy = folder / "policy.remit"
    policy.write_text(case.text, encoding="utf-8")
    return policy, write_parts(folder, "events", case.parts)


def write_parts(folder: Path, name: str, parts: list[streams.Part]) -> list[tuple[Path, streams.Part]]:
    out = []
    for number, part in enumerate(parts):
        path = folder / f"{name}.{number}.jsonl"
        path.write_text("".join(line + "\n" for line in part.lines), encoding="utf-8")
        out.append((path, part))
    return out


def part_words(policy: Path, parts: list[tuple[Path, streams.Part]], ledger: Path, effects: Path,
               batch: int = 0) -> list[list[str]]:
    out = []
    for path, part in parts:
        words = ["run", "--ledger", str(ledger), "--policy", str(policy), "--events", str(path), "--effects",
                 str(effects)]
        words += ["--until", wt.show_instant("UTC", part.until)] if part.until is not None else []
        words += ["--not-after", wt.show_instant("UTC", part.not_after)] if part.not_after is not None else []
        out.append(words + (["--batch", str(batch)] if batch else []))
    return out


def kill_words(words: list[str], rng: random.Random) -> int:
    """A few kills of one run."""
    kills = 0
    for _ in range(rng.randint(1, 3)):
        process = subprocess.Popen([REMIT, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.random() * 0.04)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    return kills


# ----------------------------------------------------------------------------------------- batches, repeats

def batch_size_does_not_show(folder: Path) -> None:
    events = t.month(folder, 400, t.SEED % 1000 + 1)
    wanted = None
    for batch in (1, 7, 1000, 10**9):  # the last is all of it
        job = Job(folder / f"batch{batch}", SHOP, [events], batch=batch)
        job.run()
        wanted = wanted or job.result()
        t.same_end(f"--batch {batch}", job, wanted)


def has_id(line: str) -> bool:
    """Whether the line is an event with an identity of its own."""
    try:
        members = json.loads(line)
    except ValueError:
        return False
    return isinstance(members, dict) and "id" in members and "source" in members


def sent_twice(lines: list[str], how: str, rng: random.Random) -> list[str]:
    if how == "at once":
        return [line for one in lines for line in ([one, one] if has_id(one) else [one])]
    if how == "later":
        out: list[tuple[float, int, str]] = []
        for index, one in enumerate(lines):
            out.append((index, 0, one))
            if has_id(one):
                out.append((index + rng.random() * len(lines) / 3 + 0.5, 1, one))
        return [line for *_, line in sorted(out)]
    return lines + [one for one in lines if has_id(one)]


def what_comes_twice_counts_once(folder: Path) -> None:
    rng = random.Random(f"twice {t.SEED}")
    plain = t.month(folder, 900, t.SEED % 1000 + 2)
    lines = plain.read_text(encoding="utf-8").splitlines()
    once = Job(folder / "once", SHOP, [plain])
    once.run()
    wanted = once.result()
    for how in ("at once", "later", "at the end"):
        path = folder / f"{how}.jsonl".replace(" ", "-")
        path.write_text("\n".join(sent_twice(lines, how, rng)) + "\n", encoding="utf-8")
        job = Job(folder / how.replace(" ", "-"), SHOP, [path], batch=rng.choice((7, 100, 1000)))
        job.run()
        t.same_end(f"every event twice, {how}", job, wanted, places=False)  # another file
    again = folder / "again.jsonl"
    again.write_text("\n".join(line for line in lines if has_id(line)) + "\n", encoding="utf-8")
    once.events = [again]  # after a restart
    once.run()
    t.same_end("every event once more after a restart", once, wanted)


# ---------------------------------------------------------------------------------------------- the two laws

def parts_in_order(folder: Path, count: int) -> None:
    """One run in time order, and many over parts of it, each with an --until before the next part's first event."""
    rng = random.Random(f"parts {t.SEED}")
    case = streams.make_lawful(t.SEED % 100000)
    policy, _ = write_case(folder, case)
    ordered = case.variants["in time order"][0]
    lines, last = ordered.lines, ordered.until
    times = [streams.ce.parse_instant(json.loads(line)["time"]) for line in lines]
    wanted = None
    for number in range(count + 1):
        places = sorted(rng.sample(range(1, len(lines)), min(rng.randint(1, 8), len(lines) - 1))) if number else []
        parts = []
        for low, high in zip([0, *places], [*places, len(lines)]):
            if high == len(lines):
                until = last
            elif times[high] > times[high - 1]:
                until = rng.choice((times[high - 1], times[high] - 1, rng.randint(times[high - 1], times[high] - 1)))
                until = min(until, last)  # an event that is refused moves no clock, and may lie behind the end
            else:
                until = None  # the next part's first event is of the same instant
            parts.append(streams.Part(lines[low:high], until))
        ledger, effects = folder / f"{number}.ledger", folder / f"{number}.effects"
        for words in part_words(policy, write_parts(folder, str(number), parts), ledger, effects):
            t.good(*words)
        state = t.digest(ledger, "--state")
        wanted = wanted or state
        expect(state == wanted, f"case {case.seed}, cut at {places}: another state")


def shuffled_acts(folder: Path, count: int) -> None:
    """Acts on duties in any order, after the events that raise them and before what corrects them: the same state."""
    rng = random.Random(f"shuffle {t.SEED}")
    for seed in range(t.SEED % 100000, t.SEED % 100000 + count):
        case = streams.make_lawful(seed)
        one = folder / str(seed)
        policy, _ = write_case(one, case)
        ordered = case.variants["in time order"][0]
        raised_by = {duty.on for duty in case.policy.duties}
        raising = [line for line in ordered.lines if json.loads(line)["type"] in raised_by]
        mends = [line for line in ordered.lines if json.loads(line)["type"] == "remit.corrected"]
        acts = [line for line in ordered.lines if line not in raising and line not in mends]
        wanted = None
        for number in range(4):
            some = acts[:]
            if number:
                rng.shuffle(some)
            part = streams.Part(raising + some + mends, ordered.until)
            ledger, effects = one / f"{number}.ledger", one / f"{number}.effects"
            for words in part_words(policy, write_parts(one, str(number), [part]), ledger, effects,
                                    batch=rng.choice((1, 5, 1000))):
                t.good(*words)
            state = t.digest(ledger, "--state")
            wanted = wanted or state
            expect(state == wanted, f"case {seed}: shuffled acts end in another state")


# -------------------------------------------------------------------------------------------- cut anywhere

def cut_anywhere(folder: Path, form: str) -> None:
    """A run over the beginning of a file, then the whole file: all ends well, and as the whole file alone
    would but for what was kept of the cut line. Every byte is tried in tests/fault/fault_run.c."""
    policy = folder / "p.remit"
    policy.write_text(t.SMALL_POLICY, encoding="utf-8")
    whole = t.SMALL_CSV if form == "csv" else ("\n".join(t.small_day()[:4]) + "\n").encode()
    events = folder / f"e.{form}"
    events.write_bytes(whole)
    alone = Job(folder / "alone", policy, [events])
    alone.run()
    state = t.digest(alone.ledger, "--state")
    rng = random.Random(f"cuts {t.SEED}")
    few = sorted(rng.sample(range(len(whole)), 16))
    for length in range(len(whole)) if os.environ.get("SURVIVE_ALL") else few:
        cut_and_mended(folder / str(length), policy, whole, length, form, state)


def cut_and_mended(folder: Path, policy: Path, whole: bytes, length: int, form: str, state: str) -> None:
    folder.mkdir()
    events = folder / f"e.{form}"
    events.write_bytes(whole[:length])
    job = Job(folder / "job", policy, [events], until=None)
    done = t.call(*job.words())
    header_cut = form == "csv" and b"\n" not in whole[:length]
    last = whole[:length].split(b"\n")[-1]
    if header_cut and done.returncode != 0:  # a header that does not name type and time
        expect(done.returncode in (1, 2, 3) and done.stderr, f"cut at {length}: exit {done.returncode}")
        kept: list[bytes] = []
    else:
        expect(done.returncode == 0, f"cut at {length}: exit {done.returncode}: {t.text(done.stderr)}")
        rejected = t.shown("rejected", job.ledger)
        shown = last.rstrip(b"\r").decode("utf-8", "replace")
        kept = [t.kept_line(one).encode() for one in rejected if t.kept_line(one).rstrip("\ufffd") == shown.rstrip("\ufffd")]
        expect(len(rejected) == len(kept) <= 1, f"cut at {length}: rejected are {rejected}")
        if form == "jsonl":
            expect(len(kept) == (1 if last and whole[length:length + 1] != b"\n" else 0), f"cut at {length}: {rejected}")
        if kept:
            expect(rejected[0]["offset"] == length - len(last), f"cut at {length}: offset {rejected[0]['offset']}")
    events.write_bytes(whole)
    job.until = t.END
    job.run()
    if form == "csv" and last and not kept:  # a row that was cut inside a value is another event
        reasons = [one["reason"] for one in t.shown("rejected", job.ledger)]
        expect(reasons in ([], ["conflict"]), f"cut at {length}, then whole: rejected for {reasons}")
    else:
        rejected = [t.kept_line(one).encode() for one in t.shown("rejected", job.ledger)]
        expect(rejected == kept, f"cut at {length}, then whole: rejected are {rejected}, not {kept}")
        expect(t.digest(job.ledger, "--state") == state, f"cut at {length}, then whole: another state")


def main() -> int:
    suite = t.Suite("survive")
    suite.run(kills_leave_no_trace)
    suite.run(kills_among_wild_streams)
    suite.run(batch_size_does_not_show)
    suite.run(what_comes_twice_counts_once)
    suite.run(parts_in_order, 20)
    suite.run(shuffled_acts, 6)
    suite.run(cut_anywhere, "jsonl")
    suite.run(cut_anywhere, "csv")
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
