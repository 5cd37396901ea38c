"""What the suites of survive/ and torture/ share: calling the program, a summary of tests, small inputs."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Optional

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))

REMIT = os.environ.get("REMIT", str(ROOT / "build" / "remit"))
REMIT_ASAN = os.environ.get("REMIT_ASAN", str(ROOT / "build-asan" / "remit"))
SEED = int(os.environ.get("REMIT_SEED", "1"))
LIMIT_S = 120
END = "2026-04-01T00:00:00+08:00"

SMALL_POLICY = """policy "Small" version "1" { zone "Asia/Shanghai" currency CNY }
role director "Director"
team desk "Desk" under director { role lead  role agent }
event claim.opened {
  claim: id
  size: integer 1..9
  rate: number?
  cost: money?
  note: text?
  due: date?
  at: instant?
  rush: flag = no
}
event claim.closed { claim: id }
event claim.held { claim: id }
event claim.freed { claim: id }
duty answer on claim.opened as c {
  owed by desk
  due within 4 hours
  fulfilled by claim.closed
  paused from claim.held until claim.freed
  escalate { at 50% remind desk  at due to desk.lead  after 2 hours to director }
}
rule tell on claim.opened as c where c.size > 7 { notify director }
"""


class Failed(Exception):
    """What is not as it must be."""


def expect(holds: Any, what: str) -> None:
    if not holds:
        raise Failed(what)


def call(*words: Any, program: str = REMIT, stdin: bytes = b"", limit: float = LIMIT_S,
         fsize: Optional[int] = None) -> subprocess.CompletedProcess[bytes]:
    """Runs the program. `fsize` bounds the size of the files that it writes."""
    def bound() -> None:
        if fsize is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (fsize, fsize))
    return subprocess.run([program, *map(str, words)], input=stdin, capture_output=True, timeout=limit, check=False,
                          preexec_fn=bound)


def good(*words: Any, **how: Any) -> bytes:
    """The standard output of a call that must succeed."""
    done = call(*words, **how)
    expect(done.returncode == 0, f"exit {done.returncode} of {' '.join(map(str, words))}: {text(done.stderr)}")
    return done.stdout


def refused(code: int, *words: Any, says: str = "", **how: Any) -> str:
    """The messages of a call that must end with `code` and say something."""
    done = call(*words, **how)
    said = text(done.stderr)
    expect(done.returncode == code, f"exit {done.returncode}, not {code}, of {' '.join(map(str, words))}: {said}")
    expect(says in said and said.strip(), f"nothing of {says!r} in what {' '.join(map(str, words))} says: {said}")
    return said


def text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def digest(ledger: Path, *more: str) -> str:
    return text(good("show", "digest", "--ledger", ledger, *more)).strip()


def shown(what: str, ledger: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in good("show", what, "--ledger", ledger, "--json").splitlines()]


def kept_line(reject: dict[str, Any]) -> str:
    """The line that was refused: of a CSV file it is kept with the names of its columns."""
    try:
        kept = json.loads(reject["line"])
    except ValueError:
        return str(reject["line"])
    return str(kept["record"]) if isinstance(kept, dict) and set(kept) == {"columns", "record"} else str(reject["line"])


def event(kind: str, when: str, claim: str, id: Optional[str] = None, **data: Any) -> str:
    members = {"specversion": "1.0", "id": id or f"{kind}-{claim}-{when}", "source": "/t", "type": kind, "time": when,
               "data": {"claim": claim, **data}}
    return json.dumps(members, ensure_ascii=False)


def small_day() -> list[str]:
    """A few claims with all that may happen to them."""
    return [event("claim.opened", "2026-03-02T09:00:00+08:00", "C1", size=3, rate="0.1", cost="12.50 CNY"),
            event("claim.opened", "2026-03-02T09:30:00+08:00", "C2", size=8, note="wichtig – 投诉"),
            event("claim.held", "2026-03-02T10:00:00+08:00", "C1"),
            event("claim.opened", "2026-03-02T10:05:00+08:00", "C3", size=1, due="2026-03-04"),
            event("claim.closed", "2026-03-02T11:00:00+08:00", "C2"),
            event("claim.freed", "2026-03-02T12:00:00+08:00", "C1"),
            event("claim.closed", "2026-03-02T15:00:00+08:00", "C3"),
            event("claim.closed", "2026-03-02T18:00:00+08:00", "C9")]


SMALL_CSV = ("id,source,type,time,claim,size,note\r\n"
             "a1,/t,claim.opened,2026-03-02T09:00:00+08:00,C1,3,\"one, \"\"two\"\"\"\r\n"
             "a2,/t,claim.opened,2026-03-02T09:30:00+08:00,C2,8,\r\n"
             "a3,/t,claim.closed,2026-03-02T11:00:00+08:00,C1,,\r\n"
             "a4,/t,claim.held,2026-03-02T11:30:00+08:00,C2,,\r\n").encode()


def month(folder: Path, count: int, seed: int) -> Path:
    """A generated month for rules/shop, of few events."""
    out = folder / f"month-{seed}-{count}.jsonl"
    if not out.exists():
        subprocess.run([sys.executable, str(ROOT / "tools" / "gen_month.py"), "--events", str(count), "--seed",
                        str(seed), "--out", str(out)], check=True, stderr=subprocess.DEVNULL)
    return out


class Job:
    """One `remit run` over one ledger in a folder of its own, as often as one likes."""

    def __init__(self, folder: Path, policy: Path, events: list[Path], until: Optional[str] = END,
                 batch: int = 0, program: str = REMIT):
        folder.mkdir(parents=True)
        self.folder, self.policy, self.events, self.until = folder, policy, events, until
        self.batch, self.program = batch, program
        self.ledger, self.effects = folder / "ledger", folder / "effects"

    def words(self) -> list[str]:
        words = ["run", "--ledger", str(self.ledger), "--policy", str(self.policy), "--effects", str(self.effects)]
        for one in self.events:
            words += ["--events", str(one)]
        words += ["--until", self.until] if self.until else []
        return words + (["--batch", str(self.batch)] if self.batch else [])

    def run(self) -> None:
        good(*self.words(), program=self.program)

    def result(self) -> tuple[str, bytes, bytes]:
        """The digest, the effects, and what was kept of refused lines, their places among it."""
        return (digest(self.ledger), self.effects.read_bytes(),
                good("show", "rejected", "--ledger", self.ledger, "--json"))

    def killed(self, rng: random.Random) -> bool:
        """Starts the run and kills it at some moment; False when it ended before. A third of the kills come
        just after the start, the others soon after some commits."""
        process = subprocess.Popen([self.program, *self.words()], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        if rng.random() < 0.3:
            time.sleep(rng.random() * 0.03)
        else:
            size, more = self.size(), rng.choice((1, 1, 2000, 20000))
            give_up = time.monotonic() + rng.random() * 0.6
            while process.poll() is None and self.size() < size + more and time.monotonic() < give_up:
                time.sleep(0.0005)
            time.sleep(rng.random() * 0.004)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        said = process.communicate()[1]
        expect(process.returncode in (0, -signal.SIGKILL), f"exit {process.returncode}: {text(said)}")
        return process.returncode != 0

    def size(self) -> int:
        try:
            return self.effects.stat().st_size
        except FileNotFoundError:
            return 0


def same_end(what: str, job: Job, wanted: tuple[str, bytes, bytes], places: bool = True) -> None:
    got = job.result()
    expect(got[0] == wanted[0], f"{what}: another digest")
    expect(got[1] == wanted[1], f"{what}: other effects")
    expect(not places or got[2] == wanted[2], f"{what}: other places of refused lines")


class Suite:
    """Runs tests one after another, each with a new folder, and prints the summary."""

    def __init__(self, prefix: str):
        self.prefix = prefix
        self.passed = self.failed = self.skipped = 0

    def run(self, test: Callable[..., Optional[str]], *arguments: Any) -> None:
        """A test returns None, or why it was skipped."""
        name = test.__name__ + "".join(f" {one}" for one in arguments)
        folder = Path(tempfile.mkdtemp(prefix=f"remit-{self.prefix}-"))
        start = time.monotonic()
        try:
            skipped = test(folder, *arguments)
            if skipped:
                self.skipped += 1
                print(f"skipped {name}: {skipped}")
            else:
                self.passed += 1
                print(f"ok {name} ({time.monotonic() - start:.1f} s)")
        except Failed as why:
            self.failed += 1
            print(f"FAIL {name}: {why}")
        except Exception:  # the next test shall run all the same
            self.failed += 1
            print(f"FAIL {name}:\n{traceback.format_exc()}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        sys.stdout.flush()

    def end(self) -> int:
        tail = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{tail}")
        return 1 if self.failed else 0
