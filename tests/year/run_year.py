#!/usr/bin/env python3
"""A short simulated year (tools/year.py): it agrees with its second count, and the count notices what is wrong.

    REMIT_SEED=N run_year.py
"""
import filecmp
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stdout

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = os.path.join(ROOT, "tools")
PROGRAM = os.path.abspath(os.environ.get("REMIT", os.path.join(ROOT, "build", "remit")))
SEED = int(os.environ.get("REMIT_SEED", "1")) % (1 << 31)
EVENTS = 20000
TIME_LIMIT_S = 300
sys.dont_write_bytecode = True
sys.path.insert(0, TOOLS)
import year  # noqa: E402


def run(name, *arguments):
    return subprocess.run([sys.executable, "-B", os.path.join(TOOLS, name), *arguments], capture_output=True, text=True,
                          timeout=TIME_LIMIT_S, encoding="utf-8")


class TheYear(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = cls.temporary.name
        cls.done = run("year.py", "--folder", cls.folder, "--program", PROGRAM, "--events", str(EVENTS),
                       "--seed", str(SEED))

    def path(self, name):
        return os.path.join(self.folder, name)

    def line(self, word):
        return next(line for line in self.done.stdout.splitlines() if line.startswith(word))

    def counted(self, *arguments):
        done = run("count_year.py", self.path("events"), "--until", year.UNTIL, "--duties", self.path("again.tsv"),
                   *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), year.counted_duties(self.path("again.tsv"))

    def shown(self):
        return year.shown_duties(subprocess.run(
            [PROGRAM, "show", "duties", "--ledger", self.path("first"), "--json"], capture_output=True, text=True,
            timeout=TIME_LIMIT_S, check=True, encoding="utf-8").stdout)

    def test_remit_and_the_second_count_agree(self):
        self.assertEqual(self.done.returncode, 0, self.done.stdout + self.done.stderr)
        self.assertTrue(self.done.stdout.endswith("The second count agrees.\n"), self.done.stdout[-300:])

    def test_a_killed_run_was_killed(self):
        self.assertRegex(self.line("again"), r"killed [1-9]")

    def test_both_versions_have_duties_and_some_were_moved(self):
        self.assertRegex(self.line("versions"), r"[1-9]\d* under 2026\.2, [1-9]\d* under 2026\.3; [1-9]\d* moved")

    def test_each_kind_has_duties_under_both(self):
        figures, _ = self.counted("--adopted", year.ADOPTED, "--migrated", str(year.MIGRATED_AFTER))
        for kind in ("answer_question", "first_response", "handle_complaint", "analyse_feedback", "collect",
                     "refund_return", "restore_service"):
            for version in (1, 2):
                for state in ("in_time", "late"):
                    self.assertGreater(figures.get("%s@%d.%s" % (kind, version, state), 0), 0, (kind, version, state))
        self.assertGreaterEqual(sum(1 for name in figures if name.startswith("kpi.error_rate.critical/")), 2)

    def test_the_count_notices_another_instant_of_the_version(self):
        _, counted = self.counted("--adopted", "2026-06-25T00:00:00+08:00", "--migrated", str(year.MIGRATED_AFTER))
        differing = year.compare_duties(self.shown(), counted)
        self.assertTrue(differing)
        for (_, _), said, other in differing:
            self.assertTrue(said[0] == 2 and other[0] == 1, (said, other))

    def test_the_count_notices_that_nothing_was_moved(self):
        _, counted = self.counted("--adopted", year.ADOPTED)
        self.assertEqual({name for (name, _), _, _ in year.compare_duties(self.shown(), counted)}, {year.MIGRATED})

    def test_the_count_notices_a_line_that_is_gone(self):
        name = self.path("events/week-20.jsonl")
        with open(name, "rb") as file:
            whole = file.read()
        lines = whole.splitlines(keepends=True)
        gone = next(n for n, line in enumerate(lines) if b'"question.asked"' in line)
        try:
            with open(name, "wb") as file:
                file.writelines(lines[:gone] + lines[gone + 1:])
            _, counted = self.counted("--adopted", year.ADOPTED, "--migrated", str(year.MIGRATED_AFTER))
        finally:
            with open(name, "wb") as file:
                file.write(whole)
        self.assertEqual(len(year.compare_duties(self.shown(), counted)), 1)

    def test_the_same_seed_makes_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as other:
            done = run("gen_year.py", "--out", other, "--events", str(EVENTS), "--seed", str(SEED))
            self.assertEqual(done.returncode, 0, done.stderr)
            names = sorted(os.listdir(self.path("events")))
            self.assertEqual(sorted(os.listdir(other)), names)
            self.assertEqual(filecmp.cmpfiles(other, self.path("events"), names, shallow=False)[0], names)


class WhatMustHoldOfEffects(unittest.TestCase):
    """One wrong effect in a run that is right is noticed."""

    @staticmethod
    def effect(verb, time="2026-03-02T09:00:00+08:00", **data):
        return {"type": "remit.duty." + verb, "subject": "duty/d/1", "time": time, "policy": "2026.2",
                "data": dict({"duty": "d", "key": ["1"], "owner": "o"}, **data)}

    def wrong(self, *effects):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
            file.write("".join(json.dumps(one) + "\n" for one in effects))
            file.flush()
            found = year.Effects()
            found.read(file.name)
        return found.wrong

    def test_a_duty_that_ends_once_is_right(self):
        self.assertEqual(self.wrong(self.effect("opened"), self.effect("fulfilled")), [])

    def test_two_ends_are_not(self):
        self.assertEqual(len(self.wrong(self.effect("opened"), self.effect("fulfilled"), self.effect("waived"))), 1)

    def test_nor_is_what_is_opened_twice(self):
        self.assertEqual(len(self.wrong(self.effect("opened"), self.effect("opened"))), 1)

    def test_nor_a_breach_of_which_nobody_hears(self):
        told = self.effect("escalated", rung=1, to="lead")
        self.assertEqual(self.wrong(self.effect("opened"), self.effect("breached"), told), [])
        self.assertEqual(len(self.wrong(self.effect("opened"), self.effect("breached"))), 1)


def main():
    print("seed %d" % SEED)
    names = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case)
                               for case in (TheYear, WhatMustHoldOfEffects))
    said = io.StringIO()
    with redirect_stdout(said):
        result = unittest.TextTestRunner(stream=sys.stderr).run(names)
    failed = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.testsRun - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
