#!/usr/bin/env python3
"""The demo: it runs, agrees with its second count, notices when it does not, and invites to what works.

    run_demo.py [NAME...]     those whose names hold one of NAME

The published logs take part where ../shared/data/logs is; else that part is skipped, and said to be.
"""
import importlib.machinery
import importlib.util
import io
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("REMIT", os.path.join(ROOT, "build", "remit")))
LOGS = os.path.join(ROOT, "..", "shared", "data", "logs")
HAVE_LOGS = all(os.path.exists(os.path.join(LOGS, log)) for log in (
    "receipt.csv", "helpdesk.xes.gz", "roadtraffic100traces.csv"))
ESCAPE = re.compile(r"\x1b\[[0-9]+m")
sys.dont_write_bytecode = True


def load():
    loader = importlib.machinery.SourceFileLoader("remit_demo", os.path.join(ROOT, "tools", "demo"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("remit_demo", loader))
    loader.exec_module(module)
    return module


demo = load()


def readme_excerpt():
    """The lines of the README's block of what the demo prints."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        return re.search(r"^```text\n(.*?)^```", f.read(), re.M | re.S).group(1).splitlines()


class Demo(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_demo(self, *arguments, root=ROOT, logs="no/such/folder", **environment):
        return subprocess.run(
            [sys.executable, os.path.join(root, "tools", "demo"), "--program", PROGRAM, "--folder",
             self.folder, "--logs", logs, *arguments],
            env={**os.environ, **environment}, capture_output=True, text=True, timeout=200)

    def copy_of_project(self):
        """A copy of what the demo reads, to be tampered with."""
        root = os.path.join(self.folder, "project")
        for name in ("tools", "rules"):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(root, name))
        return root

    def tamper(self, root, path, old, new):
        full = os.path.join(root, path)
        with open(full, encoding="utf-8") as f:
            text = f.read()
        self.assertEqual(text.count(old), 1, old)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))

    def test_it_agrees_and_its_invitations_work(self):
        done = self.run_demo()
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertIn("A second, independent count agrees in all", done.stdout)
        self.assertEqual(done.stdout.count("left out: the log"), 3)
        self.assertNotIn("\x1b", done.stdout)
        self.assertTrue(done.stdout.isascii())
        for line in readme_excerpt():
            self.assertIn("\n" + line, "\n" + done.stdout)
        report, _, invitations = done.stdout.partition("\n# ")
        for line in report.splitlines():
            self.assertLessEqual(len(line), demo.WIDTH, line)
        commands = [part.split("\n", 1)[1] for part in invitations.split("\n\n# ")]
        self.assertEqual(len(commands), 3)
        outputs = []
        for command in commands:
            ran = subprocess.run(["bash", "-ec", command], cwd=ROOT, capture_output=True, text=True,
                                 timeout=60)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            outputs.append((ran.stdout, ran.stderr))
        self.assertIn("What happened", outputs[0][0])
        self.assertIn("breached", outputs[1][0])
        # The edited rule, with twice the time, is broken less often.
        overdue = [int(re.search(r"([\d,]+) breached", text).group(1).replace(",", ""))
                   for text in (outputs[2][1], self.summary("rules/shop"))]
        self.assertLess(overdue[0], overdue[1])
        # Again in the same folder: as the first time, speed apart.
        again = self.run_demo()
        speed = re.compile(r" *[\d,]+ a second|in \d+\.\d\d s")
        self.assertEqual(speed.sub("", again.stdout), speed.sub("", done.stdout))

    def test_a_month_of_any_seed_agrees(self):
        seed = int(os.environ.get("REMIT_SEED", "1")) % 1000000
        done = self.run_demo("--seed", str(seed), "--events", "3000")
        self.assertEqual((done.returncode, done.stderr), (0, ""), "seed %d: %s" % (seed, done.stdout))

    def summary(self, policy):
        return subprocess.run(
            [PROGRAM, "run", "--ledger", os.path.join(self.folder, "plain"), "--policy", policy,
             "--events", os.path.join(self.folder, "month.jsonl"), "--effects",
             os.path.join(self.folder, "plain.jsonl"), "--until", "2026-04-01T00:00:00+08:00"],
            cwd=ROOT, capture_output=True, text=True, timeout=60).stderr

    @unittest.skipUnless(HAVE_LOGS, "needs ../shared/data/logs")
    def test_the_published_logs_agree(self):
        done = self.run_demo("--events", "500", logs=LOGS)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertNotIn("left out", done.stdout)
        for line in ("11,340 events, 11,340 taken", "25,928 events, 25,928 taken, 4 unmatched",
                     "390 events, 390 taken"):
            self.assertIn(line, done.stdout)

    def test_another_rule_than_the_one_counted_is_noticed(self):
        root = self.copy_of_project()
        self.tamper(root, "rules/shop/complaints.remit", "after 16 working hours",
                    "after 15 working hours")
        done = self.run_demo("--events", "2000", root=root)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("handle_complaint.escalated.5.management", done.stdout)
        self.assertIn("does not agree", done.stdout)
        self.assertNotIn("agrees in all", done.stdout)

    def test_another_approval_than_the_one_counted_is_noticed(self):
        root = self.copy_of_project()
        self.tamper(root, "rules/shop/launch.remit", "2 of customer_service,",
                    "1 of customer_service,")
        done = self.run_demo("--events", "2000", root=root)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("approval.product_launch.voted.yes", done.stdout)
        self.assertNotIn("agrees in all", done.stdout)

    def test_another_kpi_than_the_one_counted_is_noticed(self):
        root = self.copy_of_project()
        self.tamper(root, "rules/shop/kpis.remit", "above 5% for 2 hours", "above 5% for 3 hours")
        done = self.run_demo("--events", "8000", root=root)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("kpi.refund_rate.warning.1.raised/", done.stdout)
        self.assertNotIn("agrees in all", done.stdout)

    def test_a_tampered_count_is_noticed(self):
        root = self.copy_of_project()
        self.tamper(root, "tools/count_month.py", 'self.count.add("repeats")\n            else:',
                    'self.count.add("repeats", None, 2)\n            else:')
        done = self.run_demo("--events", "500", root=root)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, r"\n  repeats +\d+ +\d+\n")

    def test_what_does_not_run_is_said(self):
        root = self.copy_of_project()
        self.tamper(root, "rules/shop/complaints.remit", "duty first_response on",
                    "duty first_response no")
        done = self.run_demo("--events", "500", root=root)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("complaints.remit", done.stderr)
        self.assertIn("ended with 1", done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_every_figure_is_compared(self):
        said = {"a.raised": 3, "a.late": 0, "total.raised/x": 2, "b.stops": 1}
        self.assertEqual(demo.differences(said, {"a.raised": 3, "total.raised/x": 2, "entries": 9}),
                         (3, []))
        self.assertEqual(demo.differences(said, {"a.raised": 4, "c.open": 1}),
                         (4, [("a.raised", 3, 4), ("c.open", 0, 1), ("total.raised/x", 2, 0)]))

    def test_a_share_fills_its_width(self):
        look = demo.Look(io.StringIO())
        self.assertEqual(look.share((98, 1, 1, 0), 9), "=======~!")
        self.assertEqual(look.share((0, 0, 0, 5), 9), ".........")
        self.assertEqual(look.share((0, 0, 0, 0), 9), "")
        for parts in ((1, 1, 1, 1), (1000, 1, 1, 1), (3, 0, 7, 0)):
            self.assertEqual(len(look.share(parts, 9)), 9, parts)

    def test_each_day_has_its_mark(self):
        look = demo.Look(io.StringIO())
        self.assertEqual(look.days("red", [0, 1, 4, 8, 0], 8), " .=@ ")
        self.assertEqual(look.days("red", [1, 1], 1), "@@")
        self.assertEqual(look.days("red", [1, 1000, 0], 1000), ".@ ")

    def test_groups(self):
        self.assertEqual([demo.named(demo.group_of(party)) for party in (
            "director", "management", "customer_service.lead", "product_ops")],
            ["director's office", "director's office", "customer service", "product ops"])

    def test_columns_are_those_of_a_terminal(self):
        self.assertEqual(demo.width("投诉 C1"), 7)
        self.assertEqual(demo.width("e\u0301"), 1)
        self.assertEqual(demo.fit("投诉处理", 5), "投诉 ")
        self.assertEqual(demo.fit("投诉", 6) + "|", "投诉  |")
        self.assertEqual(demo.wrapped(["投诉投诉", "ab", "c"], 12), ["投诉投诉,", "ab, c"])

    def test_each_day_shows_its_worst_level(self):
        day = "2026-03-%02dT10:00:00+08:00"
        spans = [("warning", day % 2, None, day % 4), ("critical", day % 3, None, day % 3),
                 ("warning", day % 6, None, None)]
        self.assertEqual(demo.alarm_days(spans, 7), [0, 1, 2, 1, 0, 1, 1])

    def test_lengths_are_said_in_their_greatest_unit(self):
        self.assertEqual([demo.length_of(n) for n in (59, 3599, 3600, 7200, 86400, 1e6)],
                         ["0 min", "59 min", "1 hour", "2 hours", "1 day", "11 days"])

    def test_keys_are_short(self):
        self.assertEqual([demo.shown_key(key) for key in (
            ["2026-03-30T10:00:00+08:00"], ["home", "2"], ["C-2026-00001"])],
            ["2026-03-30 10:00", "home/2", "C-2026-00001"])

    def test_what_climbed_highest_is_the_worst(self):
        stream = demo.Stream("x", "x", "x", "2026-04-01T00:00:00+08:00")
        stream.duties = [{"duty": "d", "key": [key], "due": "2026-03-%02dT10:00:00+08:00" % day,
                          "state": state} for key, day, state in (
            ("old", 2, "breached"), ("high", 9, "breached"), ("done", 1, "fulfilled"), ("new", 8, "breached"))]
        stream.effects = [{"type": "remit.duty.escalated", "subject": "duty/d/high", "data": {"to": "director"}}]
        self.assertEqual([one[2] for one in demo.worst(stream)], ["d/high", "d/old", "d/new"])

    def on_a_terminal(self, **environment):
        """What the demo prints to a terminal."""
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, os.path.join(ROOT, "tools", "demo"), "--program", PROGRAM, "--folder",
             self.folder, "--logs", "no/such/folder", "--events", "500"],
            env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, "TERM": "xterm",
                 "PYTHONIOENCODING": "utf-8", **environment}, stdout=slave, stderr=slave)
        os.close(slave)
        text, until = b"", time.monotonic() + 100
        while time.monotonic() < until:
            if not select.select([master], [], [], 1)[0]:
                continue
            try:
                piece = os.read(master, 65536)
            except OSError:    # the other side is closed
                break
            if not piece:
                break
            text += piece
        os.close(master)
        self.assertEqual(process.wait(timeout=100), 0, text)
        return text.decode().replace("\r\n", "\n")

    def test_colour_on_a_terminal(self):
        coloured = self.on_a_terminal()
        self.assertIn("\x1b[31m", coloured)
        self.assertIn("█", coloured)
        self.assertEqual(coloured.count("\x1b[0m") * 2, len(ESCAPE.findall(coloured)))
        for line in ESCAPE.sub("", coloured).partition("\n# ")[0].splitlines():
            self.assertLessEqual(len(line), demo.WIDTH, line)
        plain = self.on_a_terminal(NO_COLOR="1")
        self.assertNotIn("\x1b", plain)


def main(names):
    found = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    tests = [t for group in found for t in group if not names or any(n in t.id() for n in names)]
    result = unittest.TextTestRunner(stream=sys.stderr).run(unittest.TestSuite(tests))
    bad = len(result.failures) + len(result.errors)
    print("%d passed, %d failed, %d skipped" % (result.testsRun - bad - len(result.skipped), bad,
                                                len(result.skipped)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
