#!/usr/bin/env python3
"""Backups: made while a run goes on, killed at random moments, with bytes changed; what is restored runs on as the
ledger would have.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "survive"))

import trials as t  # noqa: E402
from trials import Job, expect, good, refused  # noqa: E402

KILLS = int(os.environ.get("KEEP_KILLS", "12"))
FLIPS = int(os.environ.get("KEEP_FLIPS", "60"))


def job_of(folder: Path, lines: list[str], until: bool = True) -> Job:
    policy, events = folder / "p.remit", folder / "e.jsonl"
    policy.write_text(t.SMALL_POLICY, encoding="utf-8")
    events.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Job(folder / "job", policy, [events], until=t.END if until else None, batch=20)


def many(count: int) -> list[str]:
    return [t.event("claim.opened", f"2026-03-{2 + n // 400:02}T{9 + n // 50 % 8:02}:{n % 50:02}:00+08:00", f"C{n}",
                    size=n % 9 + 1, note="x" * 200) for n in range(count)]


def entries(ledger: Path) -> list[bytes]:
    return good("log", "--json", "--ledger", ledger).splitlines()


def leftovers(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir() if one.name.startswith("remit-")]


def the_restored_ledger_runs_on(folder: Path) -> None:
    """Same digest; the events since then given again lead to the same entries and the same file of effects."""
    lines = t.small_day()
    job = job_of(folder, lines[:4], until=False)
    job.run()
    was = t.digest(job.ledger)
    backup = folder / "b"
    good("backup", "--ledger", job.ledger, "--to", backup)
    job.events[0].write_text("\n".join(lines) + "\n", encoding="utf-8")
    job.until = t.END
    job.run()
    wanted = job.result()
    for how in ([], ["--rebuild"]):
        shutil.rmtree(job.ledger)
        good("restore", "--from", backup, "--ledger", job.ledger, *how)
        expect(t.digest(job.ledger) == was, f"another digest {how}")
        refused(2, "restore", "--from", backup, "--ledger", job.ledger, says="already")
        job.run()
        t.same_end(f"restored {how}", job, wanted, places=False)
    expect(not leftovers(folder) and not leftovers(job.folder), "folders are left behind")


def backups_beside_a_run(folder: Path) -> None:
    """Each is a moment of the run: its entries are the first ones of all. Run or backup are killed now and then."""
    rng = random.Random(f"keep {t.SEED}")
    job = job_of(folder, many(1500))
    wanted = job_of(folder / "whole", many(1500)) if (folder / "whole").mkdir() is None else job
    wanted.run()
    all_entries = entries(wanted.ledger)
    made = killed = inside = 0
    run = subprocess.Popen([t.REMIT, *job.words()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for number in range(KILLS):
        if run.poll() is not None:
            shutil.rmtree(job.ledger)
            job.effects.unlink()
            run = subprocess.Popen([t.REMIT, *job.words()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not job.size() and run.poll() is None:
            time.sleep(0.001)
        time.sleep(rng.random() * 0.05)
        name = folder / f"b{number}"
        backup = subprocess.Popen([t.REMIT, "backup", "--ledger", str(job.ledger), "--to", str(name)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if number % 2:
            time.sleep(rng.random() * 0.12)
            (backup if number % 4 == 1 else run).send_signal(signal.SIGKILL)
        said = t.text(backup.communicate(timeout=60)[1])
        expect(backup.returncode in ((0, -signal.SIGKILL) if number % 4 == 1 else (0,)),
               f"exit {backup.returncode}: {said}")
        killed += backup.returncode != 0
        expect(name.exists() or backup.returncode != 0, "no backup, and no word of it")
        if not name.exists():
            continue
        made += 1
        good("restore", "--from", name, "--ledger", folder / f"r{number}")
        got = entries(folder / f"r{number}")
        expect(got == all_entries[: len(got)], f"backup {number}: other entries than the ledger's")
        inside += len(got) < len(all_entries)
    run.kill()
    run.wait()
    print(f"{made} made, {inside} amid the run, {killed} killed")
    expect(inside > 0, "none was made amid the run")


def bytes_changed(folder: Path) -> None:
    """One byte of a backup is another: it is refused and nothing made, or nothing that counts was changed."""
    rng = random.Random(f"keep flips {t.SEED}")
    job = job_of(folder, t.small_day())
    job.run()
    was, shown = t.digest(job.ledger), entries(job.ledger)
    backup, ledger = folder / "b", folder / "r"
    good("backup", "--ledger", job.ledger, "--to", backup)
    raw = backup.read_bytes()
    used = [at for at, byte in enumerate(raw) if byte]
    refusals = 0
    for number in range(FLIPS):
        at = rng.choice(used) if number % 4 else rng.randrange(len(raw))
        changed = bytearray(raw)
        changed[at] ^= rng.randint(1, 255)
        backup.write_bytes(changed)
        done = t.call("restore", "--from", backup, "--ledger", ledger)
        what = f"byte {at} changed from {raw[at]} to {changed[at]}"
        expect(done.returncode in (0, 1), f"{what}: exit {done.returncode}: {t.text(done.stderr)}")
        if done.returncode == 0:
            expect(t.digest(ledger) == was and entries(ledger) == shown, f"{what}: another ledger")
            shutil.rmtree(ledger)
        else:
            expect(done.stdout.strip(), f"{what}: refused without a word")
            expect(not ledger.exists(), f"{what}: refused, and a ledger made")
        refusals += done.returncode
    print(f"{refusals} of {FLIPS} refused")
    expect(refusals > FLIPS // 3, "few are seen")
    expect(not leftovers(folder), "folders are left behind")


def the_doctor_sees_bytes_changed(folder: Path) -> None:
    """One byte of a ledger is another: a finding, or nothing that counts was changed. It always ends by itself."""
    rng = random.Random(f"keep doctor {t.SEED}")
    job = job_of(folder, t.small_day())
    job.run()
    was, shown, data = t.digest(job.ledger), entries(job.ledger), job.ledger / "data.mdb"
    good("doctor", "--ledger", job.ledger, "--replay")
    raw = data.read_bytes()
    used = [at for at, byte in enumerate(raw) if byte]
    findings = 0
    for number in range(FLIPS):
        at = rng.choice(used) if number % 4 else rng.randrange(len(raw))
        changed = bytearray(raw)
        changed[at] ^= rng.randint(1, 255)
        data.write_bytes(changed)
        done = t.call("doctor", "--ledger", job.ledger)
        what = f"byte {at} changed from {raw[at]} to {changed[at]}"
        expect(done.returncode in (0, 1), f"{what}: exit {done.returncode}: {t.text(done.stderr)}")
        expect(done.stdout.strip(), f"{what}: no word of it")
        if done.returncode == 0:
            expect(t.digest(job.ledger) == was and entries(job.ledger) == shown, f"{what}: not seen")
        findings += done.returncode
    print(f"{findings} of {FLIPS} seen")
    expect(findings > FLIPS // 5, "few are seen")


def main() -> int:
    suite = t.Suite("keep")
    suite.run(the_restored_ledger_runs_on)
    suite.run(backups_beside_a_run)
    suite.run(bytes_changed)
    suite.run(the_doctor_sees_bytes_changed)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
