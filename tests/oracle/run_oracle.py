#!/usr/bin/env python3
"""Random policies and streams through `remit`, judged by the oracle.

    python3 run_oracle.py [--remit build/remit] [--seed N] [--cases K] [--kind wild|lawful] [--keep DIR]
                          [--ignore MEMBER,...]

Each case compares all effect lines to the byte and `show duties --json`. A wild case also runs with --batch 1, 7
and 1000 and once more over its own ledger: the same digest and the same effects. A lawful case runs the same
events in order, shuffled and in parts: the same `show digest --state`. Ends with `N passed, N failed`; exit 0 or 1.

--keep copies the files of the cases that fail; --ignore leaves members of `show duties` out of the comparison.
REMIT in the environment names the program, REMIT_SEED the first case. Without the program, or when it has no
`run` yet, nothing is judged: that is said, and the exit is 0.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator, Optional

import streams
import worktime as wt
from duties import Effect, Oracle, as_line, fill, first_difference

ROOT = Path(__file__).resolve().parents[2]
BATCHES = ("1", "7", "1000")
TIMEOUT = 120
AROUND = 3

PROBE = """policy "Probe" version "1" { zone "UTC" currency CNY }
role desk "Desk"
event a.opened { k: id }
event a.closed { k: id }
duty answer on a.opened as c { owed by desk  due within 1 hour  fulfilled by a.closed }
"""


class Failed(Exception):
    """What is not as it must be, in lines for the reader."""


class Lacking(Exception):
    """The program or a command of it is not there."""


class Remit:
    """The program under judgement."""

    def __init__(self, program: Path):
        self.program = program
        self.lacks: set[str] = set()

    def call(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run([str(self.program), *words], capture_output=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"no end after {TIMEOUT} s: remit {' '.join(words)}") from late

    @staticmethod
    def output(done: subprocess.CompletedProcess[bytes]) -> str:
        """What a call that must succeed wrote."""
        if done.returncode != 0:
            raise Failed(f"exit {done.returncode}: {' '.join(done.args)}\n{done.stderr.decode(errors='replace')}")
        return done.stdout.decode("utf-8")

    def show(self, ledger: Path, *what: str) -> Optional[str]:
        """A `show`; None, once with a note, when the program does not know it (exit 2)."""
        name = " ".join(what)
        if name in self.lacks:
            return None
        done = self.call("show", *what, "--ledger", str(ledger))
        if done.returncode == 2:
            print(f"note: `remit show {name}` is not there; what needs it is not compared")
            self.lacks.add(name)
            return None
        return self.output(done)

    def probe(self) -> None:
        """Raises Lacking when a plain run can't be called."""
        if not self.program.is_file():
            raise Lacking(f"{self.program} is not there")
        with tempfile.TemporaryDirectory() as folder:
            policy, events = Path(folder, "p.remit"), Path(folder, "e.jsonl")
            policy.write_text(PROBE)
            events.write_text("")
            try:
                done = self.call("run", "--ledger", f"{folder}/ledger", "--policy", str(policy), "--events",
                                 str(events), "--effects", f"{folder}/out", "--until", "2026-01-01T00:00:00Z")
            except OSError as fault:
                raise Lacking(str(fault)) from fault
            if done.returncode == 2:
                raise Lacking(f"`run` is not there: {done.stderr.decode(errors='replace').strip()}")


class Judge:
    """One case in a folder of its own."""

    def __init__(self, remit: Remit, case: streams.Case, folder: Path, ignore: frozenset[str]):
        self.remit, self.case, self.folder, self.ignore = remit, case, folder, ignore
        self.policy = folder / "policy.remit"
        self.policy.write_text(case.text, encoding="utf-8")

    def run(self, name: str, parts: list[streams.Part], batch: Optional[str] = None) -> tuple[Path, Path]:
        """The parts through one ledger; its folder and its effects."""
        ledger, effects = self.folder / f"{name}.ledger", self.folder / f"{name}.effects"
        for number, part in enumerate(parts):
            events = self.folder / f"{name}.{number}.jsonl"
            events.write_text("".join(line + "\n" for line in part.lines), encoding="utf-8")
            words = ["run", "--ledger", str(ledger), "--policy", str(self.policy), "--events", str(events),
                     "--effects", str(effects)]
            words += ["--until", wt.show_instant("UTC", part.until)] if part.until is not None else []
            words += ["--not-after", wt.show_instant("UTC", part.not_after)] if part.not_after is not None else []
            words += ["--batch", batch] if batch else []
            with open(self.folder / "commands", "a", encoding="utf-8") as file:
                file.write("remit " + " ".join(words) + "\n")
            self.remit.output(self.remit.call(*words))
        return ledger, effects

    def compare(self, name: str, parts: list[streams.Part], ledger: Path, effects: Path) -> None:
        """Effects and duties against the oracle's."""
        oracle = streams.follow(self.case, parts)
        got = read_lines(effects)
        (self.folder / f"{name}.expected").write_text(
            "".join(effect.text() + "\n" for effect in oracle.effects), encoding="utf-8")
        at = first_difference(oracle.effects, got)
        if at is not None:
            raise Failed("\n".join([f"{name}: effect line {at + 1}", *difference(oracle.effects, got, at, parts)]))
        self.compare_duties(name, oracle, ledger)

    def compare_duties(self, name: str, oracle: Oracle, ledger: Path) -> None:
        shown = self.remit.show(ledger, "duties", "--json")
        if shown is None:
            return
        got = sorted(self.kept(line) for line in shown.split("\n") if line)
        expected = sorted(self.kept(line) for line in oracle.show_duties())
        if got != expected:
            missing = [f"- {line}" for line in expected if line not in got]
            extra = [f"+ {line}" for line in got if line not in expected]
            raise Failed("\n".join([f"{name}: show duties (- the oracle's, + remit's)", *missing[:6], *extra[:6]]))

    def kept(self, line: str) -> str:
        if not self.ignore:
            return line
        return as_line({name: value for name, value in json.loads(line).items() if name not in self.ignore})

    def judge(self) -> None:
        """Raises Failed at the first law that does not hold."""
        if self.case.variants:
            self.lawful()
        else:
            self.wild()

    def wild(self) -> None:
        parts = self.case.parts
        ledger, effects = self.run("main", parts)
        self.compare("main", parts, ledger, effects)
        digest = self.remit.show(ledger, "digest")
        written = effects.read_bytes()
        for batch in BATCHES:
            other, lines = self.run(f"batch{batch}", parts, batch)
            if lines.read_bytes() != written:
                raise Failed(f"--batch {batch}: other effects")
            if self.remit.show(other, "digest") != digest:
                raise Failed(f"--batch {batch}: other digest")
        self.run("main", parts)
        if effects.read_bytes() != written:
            raise Failed("a second run over the ledger: other effects")
        if self.remit.show(ledger, "digest") != digest:
            raise Failed("a second run over the ledger: other digest")

    def lawful(self) -> None:
        states: dict[str, Optional[str]] = {}
        for number, (name, parts) in enumerate(self.case.variants.items()):
            ledger, effects = self.run(f"order{number}", parts)
            self.compare(f"order{number} ({name})", parts, ledger, effects)
            states[name] = self.remit.show(ledger, "digest", "--state")
        first = next(iter(states))
        for name, state in states.items():
            if state != states[first]:
                raise Failed(f"show digest --state: {name} {state!r}, {first} {states[first]!r}")


def read_lines(path: Path) -> list[str]:
    """Lines end with a line feed, nothing else."""
    text = path.read_bytes().decode("utf-8")
    if text and not text.endswith("\n"):
        raise Failed(f"{path.name} does not end with a line feed")
    return text.split("\n")[:-1]


def difference(expected: list[Effect], got: list[str], at: int, parts: list[streams.Part]) -> Iterator[str]:
    """The first difference for a reader: both lines, the members that differ, the input around it."""
    line = got[at] if at < len(got) else None
    if at >= len(expected):
        yield f"  the oracle has no more; remit: {line}"
        effect = expected[-1] if expected else None
    else:
        effect = expected[at]
        yield f"  oracle: {effect.text()}"
        yield f"  remit:  {line if line is not None else 'no more'}"
        if line is not None:
            yield from members_that_differ(effect, line)
    if effect is None:
        return
    run, number = effect.place
    part = parts[run]
    yield f"  in run {run + 1}" + ("" if number is not None else ", at its --until") + ", around this input:"
    middle = number if number is not None else len(part.lines) - 1
    for index in range(max(0, middle - AROUND), min(len(part.lines), middle + AROUND + 1)):
        yield f"  {'>' if index == number else ' '} {index + 1}: {part.lines[index]}"


def members_that_differ(effect: Effect, line: str) -> Iterator[str]:
    try:
        other = json.loads(line)
    except ValueError:
        yield "  remit's line is not JSON"
        return
    mine = fill(effect.members, other)
    names = [name for name in {**mine, **other} if mine.get(name) != other.get(name)]
    for name in names:
        yield f"  {name}: oracle {mine.get(name)!r}, remit {other.get(name)!r}"
    if not names:
        yield "  the same members: their order, white space or escapes differ"


def cases(seed: int, count: int, kind: Optional[str]) -> Iterator[tuple[str, streams.Case]]:
    """Two wild ones, one lawful, and so on."""
    for number in range(seed, seed + count):
        chosen = kind or ("lawful" if number % 3 == 2 else "wild")
        make = streams.make_lawful if chosen == "lawful" else streams.make_wild
        yield f"{chosen} {number}", make(number)


def judge_all(remit: Remit, options: argparse.Namespace) -> tuple[int, int]:
    passed = failed = 0
    ignore = frozenset(options.ignore.split(",")) if options.ignore else frozenset()
    for name, case in cases(options.seed, options.cases, options.kind):
        with tempfile.TemporaryDirectory(prefix="remit-oracle-") as folder:
            try:
                Judge(remit, case, Path(folder), ignore).judge()
                passed += 1
            except Failed as fault:
                failed += 1
                kind, number = name.split()
                print(f"FAIL {name}: {fault}\n  again: run_oracle.py --kind {kind} --seed {number} --cases 1")
                if options.keep:
                    kept = Path(options.keep, name.replace(" ", "-"))
                    shutil.rmtree(kept, ignore_errors=True)
                    shutil.copytree(folder, kept)
                    print(f"  kept in {kept}")
    return passed, failed


def main(arguments: Optional[list[str]] = None) -> int:
    parser = argparse.ArgumentParser(description="random policies and streams through remit, judged by the oracle")
    parser.add_argument("--remit", default=os.environ.get("REMIT", str(ROOT / "build" / "remit")))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("REMIT_SEED", "1")))
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--kind", choices=("wild", "lawful"))
    parser.add_argument("--keep", help="a folder for the files of the cases that fail")
    parser.add_argument("--ignore", default="", help="members of `show duties` not to compare")
    options = parser.parse_args(arguments)
    remit = Remit(Path(options.remit).resolve())
    try:
        remit.probe()
    except Lacking as lack:
        print(f"skipped: {lack}\n0 passed, 0 failed, 1 skipped")
        return 0
    passed, failed = judge_all(remit, options)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
