#!/usr/bin/env python3
"""What can happen to files from outside: ledgers cut or changed on disk, effects files spoiled, disks that are full,
outputs that are closed, two writers, readers beside a writer.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Optional

import trials as t
from trials import Job, expect, good, refused

REMIT = t.REMIT
SHOP = t.ROOT / "rules" / "shop"
FLIPS = int(os.environ.get("SURVIVE_FLIPS", "60"))
SUBJECT = "duty/answer/C1"


def small_job(folder: Path) -> Job:
    policy, events = folder / "p.remit", folder / "e.jsonl"
    policy.write_text(t.SMALL_POLICY, encoding="utf-8")
    events.write_text("\n".join(t.small_day()) + "\n", encoding="utf-8")
    return Job(folder / "job", policy, [events], batch=2)


# --------------------------------------------------------------------------------------------------- ledgers

def questions(ledger: Path) -> list[list[str]]:
    where = ["--ledger", str(ledger)]
    return [["show", "digest", *where], ["show", "duties", "--json", *where], ["show", "rejected", "--json", *where],
            ["why", SUBJECT, *where], ["log", "--json", *where], ["log", "effects", *where]]


def judge(what: str, words: list[str], wanted: Optional[bytes]) -> bool:
    """Asks a ledger that may be damaged: it answers as it should, or says what is wrong. True: refused."""
    done = t.call(*words, limit=20)
    said = t.text(done.stderr)
    expect(done.returncode in (0, 3), f"{what}: exit {done.returncode} of {' '.join(words)}: {said}")
    if done.returncode == 0:
        expect(wanted is None or done.stdout == wanted, f"{what}: another answer to {' '.join(words)}")
        return False
    named = ("damaged", "not a ledger", "version", "not the one that its journal names")
    expect(any(words_of in said for words_of in named), f"{what}: {' '.join(words)} says {said}")
    return True


def ledgers_changed_on_disk(folder: Path, most: int) -> None:
    """One byte of data.mdb is another; or it is cut."""
    rng = random.Random(f"flips {t.SEED}")
    job = small_job(folder)
    job.run()
    data = job.ledger / "data.mdb"
    raw, saved = data.read_bytes(), folder / "saved"
    shutil.copytree(job.ledger, saved)
    answers = [good(*words) for words in questions(job.ledger)]
    effects, refusals, used = job.effects.read_bytes(), 0, used_bytes(raw)
    for number in range(most):
        at = rng.choice(used) if number % 8 else rng.randrange(len(raw))
        changed = bytearray(raw)
        changed[at] ^= rng.randint(1, 255)
        what = f"byte {at} changed from {raw[at]} to {changed[at]}"
        if number % 10 == 9:
            changed = changed[: at - at % rng.choice((1, 512, 4096))]
            what = f"cut to {len(changed)} bytes"
        data.write_bytes(changed)
        pick = rng.randrange(len(answers))
        refused_one = judge(what, questions(job.ledger)[pick], answers[pick])
        judge(what, questions(job.ledger)[0], answers[0])
        # A writer: what it says is right, or it says what is wrong and leaves the effects alone.
        if not judge(what, job.words(), None):
            expect(t.digest(job.ledger) == answers[0].decode().strip(), f"{what}: another digest after a run")
        expect(job.effects.read_bytes() == effects, f"{what}: other effects after a run")
        refusals += refused_one
        shutil.rmtree(job.ledger)
        shutil.copytree(saved, job.ledger)
    print(f"{refusals} of {most} refused")
    expect(refusals > most // 12, f"only {refusals} of {most} are seen")


def used_bytes(raw: bytes) -> list[int]:
    """Places of bytes that are not 0: most of those that say something."""
    return [at for at, byte in enumerate(raw) if byte]


def big_ledgers_changed_on_disk(folder: Path, most: int) -> None:
    """One whose pages are too many to be all checked at once."""
    rng = random.Random(f"big {t.SEED}")
    lines = [t.event("claim.opened", f"2026-03-{2 + n // 4000:02}T09:00:00+08:00", f"C{n}", size=1, note="x" * 900)
             for n in range(16000)]
    policy, events = folder / "p.remit", folder / "e.jsonl"
    policy.write_text(t.SMALL_POLICY, encoding="utf-8")
    events.write_text("\n".join(lines) + "\n", encoding="utf-8")
    job = Job(folder / "job", policy, [events])
    job.run()
    data = job.ledger / "data.mdb"
    raw = data.read_bytes()
    expect(len(raw) > 4096 * 4096, f"{len(raw)} bytes are few")
    answers = [good(*words) for words in questions(job.ledger)]
    refusals = 0
    with open(data, "r+b") as file:
        for number in range(most):
            at = rng.randrange(len(raw))
            at -= at % 4096 if number % 2 else 0  # the head of a page, every other time
            at += rng.randrange(24) if number % 2 else 0
            file.seek(at)
            file.write(bytes([raw[at] ^ rng.randint(1, 255)]))
            file.flush()
            pick = rng.randrange(len(answers))
            refusals += judge(f"byte {at} changed", questions(job.ledger)[pick], answers[pick])
            file.seek(at)
            file.write(raw[at:at + 1])
            file.flush()
    print(f"{refusals} of {most} refused")


# ---------------------------------------------------------------------------------------------- effects files

def spoiled_effects_are_mended(folder: Path) -> None:
    job = small_job(folder)
    job.run()
    wanted, state = job.effects.read_bytes(), t.digest(job.ledger)
    first = wanted.split(b"\n")[0] + b"\n"
    spoilt = {"gone": None, "empty": b"", "a line less": wanted[: wanted[:-1].rfind(b"\n") + 1],
              "in the middle of a line": wanted[:-7], "without its last line feed": wanted[:-1],
              "with something behind": wanted + b"more\n", "with half a line behind": wanted + b"{\"specv",
              "with a changed line behind": wanted + first.replace(b"C1", b"C7"),
              "with NUL bytes behind": wanted + b"\0" * 70000, "of something else": b"x\n" * 100}
    for what, raw in spoilt.items():
        if raw is None:
            job.effects.unlink()
        else:
            job.effects.write_bytes(raw)
        job.run()
        expect(job.effects.read_bytes() == wanted, f"an effects file {what}: it is not mended")
        expect(t.digest(job.ledger) == state, f"an effects file {what}: another digest")
    for n in range(t.SEED % 300, len(wanted), 300):
        job.effects.write_bytes(wanted[:n])
        job.run()
        expect(job.effects.read_bytes() == wanted, f"an effects file cut to {n} bytes: it is not mended")


def effects_that_are_no_file(folder: Path) -> None:
    job = small_job(folder)
    words = job.words()
    place = words.index("--effects") + 1

    def to(path: Path) -> list[str]:
        return words[:place] + [str(path)] + words[place + 1:]
    (folder / "dir").mkdir()
    refused(2, *to(folder / "dir"), says="plain file")
    refused(2, *to(Path("/dev/null")), says="plain file")
    refused(2, *to(job.events[0]), says="overwrite")
    refused(2, *to(job.policy), says="overwrite")
    refused(2, *to(folder / "none" / "effects"), says="none")
    expect(job.events[0].read_text().count("\n") == len(t.small_day()), "the events are overwritten")
    real, link = folder / "real", folder / "link"
    link.symlink_to(real)
    good(*to(link))
    expect(link.is_symlink() and real.read_bytes().count(b"\n") > 5, "effects through a link")
    if os.geteuid() != 0:
        real.chmod(0o444)
        refused(3, *to(real), says="real")


# ------------------------------------------------------------------------------------------------ full disks

def a_file_limit_loses_nothing(folder: Path, most: int) -> None:
    """Writes fail at some size of files, as on a full disk: exit 3, and the run once more ends as it should."""
    rng = random.Random(f"limits {t.SEED}")
    events = t.month(folder, 300, t.SEED % 1000)
    wanted = Job(folder / "wanted", SHOP, [events])
    wanted.run()
    end, sizes = wanted.result(), (wanted.ledger / "data.mdb").stat().st_size
    failed = 0
    for number in range(most):
        job = Job(folder / str(number), SHOP, [events], batch=rng.choice((7, 50)))
        for _ in range(2):
            done = t.call(*job.words(), fsize=rng.randrange(1, sizes))
            expect(done.returncode in (0, 3), f"exit {done.returncode}: {t.text(done.stderr)}")
            expect(done.returncode == 0 or done.stderr, "no word of why")
            failed += done.returncode == 3
        job.run()
        t.same_end(f"after file limits {number}", job, end)
    expect(failed > most // 2, f"only {failed} runs failed")


def a_full_disk_loses_nothing(folder: Path) -> Optional[str]:
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode != 0:
        return "a small file system can't be mounted here"
    try:
        events = t.month(folder, 300, t.SEED % 1000)
        wanted = Job(folder / "wanted", SHOP, [events])
        wanted.run()
        job = Job(small / "job", SHOP, [events], batch=20)
        said = refused(3, *job.words())
        expect("space" in said or "full" in said, f"nothing of a full disk in: {said}")
        subprocess.run(["mount", "-o", "remount,size=40m", str(small)], check=True)
        job.run()
        t.same_end("after a full disk", job, wanted.result())
    finally:
        subprocess.run(["umount", str(small)], check=False)
    return None


# ----------------------------------------------------------------------------------------------- closed outputs

def closed_outputs_lose_nothing(folder: Path) -> None:
    job = small_job(folder)
    job.run()
    wanted, state = job.effects.read_bytes(), t.digest(job.ledger)
    for name, shell, code in (("closed", '"$@" >&-', 3), ("full", '"$@" >/dev/full', 3),
                              ("all-closed", '"$@" <&- >&- 2>&-', 3), ("head", '"$@" | head -1', 0)):
        ledger = folder / name
        words = ["run", "--ledger", str(ledger), "--policy", str(job.policy), "--events", str(job.events[0]), "--until",
                 t.END, "--batch", "1", "--quiet"]
        done = subprocess.run(["bash", "-c", shell, "-", REMIT, *words], capture_output=True, timeout=60, check=False)
        expect(done.returncode == code, f"{name}: exit {done.returncode}: {t.text(done.stderr)}")
        good(*words)
        expect(t.digest(ledger) == state, f"{name}: another digest")
        expect(good("log", "effects", "--ledger", ledger) == wanted, f"{name}: log effects gives others")
        index = wanted.splitlines()[3].split(b'"')[7].decode()
        rest = b"".join(line + b"\n" for line in wanted.splitlines()[3:])
        expect(good("log", "effects", "--from", index, "--ledger", ledger) == rest, f"{name}: --from {index}")


# ----------------------------------------------------------------------------------------- writers and readers

def one_writer_and_many_readers(folder: Path) -> None:
    """A second writer is refused; readers see whole batches only, and don't hold the writer up."""
    events = t.month(folder, 1500, t.SEED % 1000)
    job = Job(folder / "job", SHOP, [events], batch=5)
    writer = subprocess.Popen([REMIT, *job.words()], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    refusals = looks = 0
    try:
        while writer.poll() is None and job.size() == 0:
            time.sleep(0.002)
        while writer.poll() is None:
            done = t.call(*job.words())
            if done.returncode == 3:
                refusals += f"process {writer.pid} " in t.text(done.stderr)
            shown = t.call("log", "effects", "--ledger", job.ledger)
            expect(shown.returncode == 0, f"a reader: exit {shown.returncode}: {t.text(shown.stderr)}")
            expect(not shown.stdout or shown.stdout.endswith(b"\n"), "a reader sees half a line")
            expect(good("show", "digest", "--ledger", job.ledger), "no digest beside a writer")
            looks += 1
    finally:
        said = writer.communicate()[1]
    expect(writer.returncode == 0, f"the writer: exit {writer.returncode}: {t.text(said)}")
    expect(refusals and looks, f"{refusals} refusals and {looks} looks while it ran")
    expect(good("log", "effects", "--ledger", job.ledger) == job.effects.read_bytes(), "log effects at the end")


def main() -> int:
    suite = t.Suite("damage")
    suite.run(ledgers_changed_on_disk, FLIPS)
    suite.run(spoiled_effects_are_mended)
    suite.run(effects_that_are_no_file)
    suite.run(a_file_limit_loses_nothing, int(os.environ.get("SURVIVE_LIMITS", "6")))
    suite.run(a_full_disk_loses_nothing)
    suite.run(closed_outputs_lose_nothing)
    suite.run(one_writer_and_many_readers)
    if os.environ.get("SURVIVE_ALL"):
        suite.run(big_ledgers_changed_on_disk, 300)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
