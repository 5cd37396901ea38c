#!/usr/bin/env python3
"""The tools that judge the tests are judged here: the golden runner, the suites' sums, `./dev`.

    run_house_tests.py [NAME...]     those whose names hold one of NAME
"""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True


def load(name, path):
    loader = importlib.machinery.SourceFileLoader(name, os.path.join(ROOT, path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


goldens = load("remit_goldens", "tests/golden/run_goldens.py")
suites = load("remit_suites", "tools/run_tests")

PROGRAM = """#!/bin/bash
case $1 in
  cat) cat "$2" ;;
  both) echo out; echo err >&2; echo out again ;;
  fail) echo wrong >&2; exit 3 ;;
  env) env | sort | cut -d= -f1 | tr '\\n' ' '; echo; echo "$LANG $TZ $COLUMNS ${NO_COLOR-unset}"; [ -t 1 ] || echo no terminal ;;
  count) n=$(cat ~/../n 2>/dev/null || echo 0); echo $((n + 1)) | tee ~/../n ;;
esac
"""


class Goldens(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.addCleanup(setattr, goldens, "ROOT", goldens.ROOT)
        goldens.ROOT = self.root
        self.write("build/remit", PROGRAM)
        os.chmod(os.path.join(self.root, "build/remit"), 0o755)
        self.runner = goldens.Runner(os.path.join(self.root, "build/remit"), 20)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)

    def page(self, text, path="tests/golden/cli/x.md"):
        self.write(path, text)
        return goldens.run_page(self.runner, path)

    def passes(self, text, cases=1):
        self.assertEqual(self.page(text), (cases, 0, 0, ""))

    def fails(self, text, *said):
        passed, failed, _, report = self.page(text)
        self.assertEqual((passed, failed), (0, 1))
        for words in said:
            self.assertIn(words, report)

    def test_files_and_output(self):
        self.passes("# A\n```remit file=a/b.remit\none\n\ntwo\n```\n```console\n$ remit cat a/b.remit\none\n\ntwo\n```\n")

    def test_a_file_is_overwritten(self):
        self.passes("```remit file=a\n1\n```\n```console\n$ remit cat a\n1\n```\n"
                    "```csv file=a\n2\n```\n```console\n$ remit cat a\n2\n$ ls\na\n```\n", cases=2)

    def test_both_streams_in_order(self):
        self.passes("```console\n$ remit both\nout\nerr\nout again\n```\n")

    def test_status(self):
        self.passes("```console\n$ remit fail\nwrong\n[exit 3]\n$ true\n$ kill -SEGV $$\n[exit 139]\n```\n")

    def test_status_that_is_not_said(self):
        self.fails("```console\n$ remit fail\nwrong\n```\n", "+[exit 3]")

    def test_status_that_did_not_come(self):
        self.fails("```console\n$ true\n[exit 1]\n```\n", "-[exit 1]")

    def test_other_output(self):
        self.fails("# Top\n## Case\n```console\n$ echo a\nb\n```\n", "cli/x.md:4: Case", "-b\n+a\n",
                   "repeat: ./dev test tests/golden/cli/x.md", "./dev test --bless")

    def test_more_output(self):
        self.fails("```console\n$ printf 'a\\n\\n'\na\n```\n")

    def test_spaces_at_the_end(self):
        self.fails("```console\n$ echo 'a '\na\n```\n")

    def test_no_newline(self):
        self.passes("```console\n$ printf abc\nabc\n[no newline]\n```\n")
        self.fails("```console\n$ printf abc\nabc\n```\n")

    def test_bytes_that_are_no_text(self):
        self.passes("```console\n$ printf '\\377\\n'\n\\xff\n```\n")

    def test_a_long_command(self):
        self.passes("```console\n$ echo a \\\n    b\na b\n```\n")

    def test_environment(self):
        os.environ["NO_COLOR"] = "1"
        self.addCleanup(os.environ.pop, "NO_COLOR")
        self.passes("```console\n$ remit env | grep -v PATH\nC.UTF-8 UTC 80 unset\nno terminal\n"
                    "$ remit env | grep -c REMIT\n0\n[exit 1]\n```\n")

    def test_time_limit(self):
        self.runner.limit = 0.2
        self.fails("```console\n$ sleep 9\n```\n", "[not done after 0.2 s]")

    def test_skip(self):
        self.assertEqual(self.page("```console skip\n$ false\n```\n", "docs/x.md"), (0, 0, 0, ""))

    def test_an_example_of_a_golden_is_none(self):
        self.passes("~~~~markdown\n```console\n$ false\n```\n~~~~\n```console\n$ true\n```\n")

    def test_a_block_in_a_list(self):
        self.passes("1. first\n\n   ```console\n   $ printf 'a\\n  b\\n'\n   a\n     b\n   ```\n")

    def test_copies_from_the_repository(self):
        self.write("rules/a.remit", "rule\n")
        self.passes("<!-- golden: with rules -->\n```console\n$ remit cat rules/a.remit\nrule\n```\n")

    def test_pages_not_of_the_form(self):
        for text, said in [("```console\n$ true\n", "is not closed"),
                           ("```console\nb\n$ true\n```\n", "x.md:2: output before the first command"),
                           ("```console\n```\n", "a console block needs a whole command"),
                           ("```console skipp\n$ true\n```\n", "`skipp` is not known"),
                           ("```x file=../a\n```\n```console\n$ true\n```\n", "must stay in the folder"),
                           ("```x file=/a\n```\n```console\n$ true\n```\n", "must stay in the folder"),
                           ("# only words\n", "no console block here is run"),
                           ("<!-- golden: with gone -->\n```console\n$ true\n```\n", "no such thing")]:
            self.fails(text, said)

    def test_pages_that_are_found(self):
        block = "```console\n$ true\n```\n"
        for path in ("README.md", "docs/a.md", "docs/guide/a.md", "docs/errors/E0203.md",
                     "tests/golden/a/b.md"):
            self.write(path, block)
        self.write("docs/plain.md", "```sh\ntrue\n```\n")
        self.write("tests/golden/README.md", "words\n")
        self.assertEqual(goldens.all_files(), ["README.md", "docs/a.md", "docs/errors/E0203.md",
                                               "docs/guide/a.md", "tests/golden/a/b.md"])
        self.assertEqual(goldens.files_named(["guide"]), ["docs/guide/a.md"])

    def test_pages_named_by_code(self):
        self.write("tests/golden/a.md", "```console\n$ echo E0203\nE0203\n```\n")
        self.assertEqual(goldens.files_named(["E0203"]), ["tests/golden/a.md"])

    def test_before_there_is_a_program(self):
        os.remove(os.path.join(self.root, "build/remit"))
        self.runner = goldens.Runner(os.path.join(self.root, "build/remit"), 20)
        self.assertEqual(self.page("```console\n$ remit both\n```\n")[:3], (0, 0, 1))
        self.write("engine/cli/main.c", "")
        self.runner = goldens.Runner(os.path.join(self.root, "build/remit"), 20)
        self.assertEqual(self.page("```console\n$ remit both\n```\n")[:3], (0, 1, 0))

    def bless(self, text):
        self.write("docs/x.md", text)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            status = goldens.bless_all(self.runner, ["docs/x.md"])
        return status, goldens.read("docs/x.md"), said.getvalue()

    def test_bless(self):
        before = ("# A\n```console\n$ echo a\n$ remit fail\nold\n[exit 1]\n```\nwords\n  ```console\n"
                  "  $ echo b\n  old\n  ```\n```console skip\n$ echo c\n```\n")
        after = ("# A\n```console\n$ echo a\na\n$ remit fail\nwrong\n[exit 3]\n```\nwords\n  ```console\n"
                 "  $ echo b\n  b\n  ```\n```console skip\n$ echo c\n```\n")
        self.assertEqual(self.bless(before)[:2], (0, after))
        self.assertEqual(self.bless(after)[:2], (0, after))
        self.assertEqual(goldens.run_page(self.runner, "docs/x.md"), (2, 0, 0, ""))

    def test_bless_refuses_what_varies(self):
        self.assertIn("varies", self.bless("```console\n$ echo $RANDOM$RANDOM\n```\n")[2])

    def test_bless_refuses_what_a_page_cannot_hold(self):
        text = "```console\n$ echo '$ a'\n```\n"
        self.assertEqual(self.bless(text)[:2], (1, text))


class Suites(unittest.TestCase):
    def judge(self, command, suite=None):
        status, out = suites.run_command(["bash", "-c", command], limit=5)
        return suites.judge(status, out, suite)

    def test_sums_are_read(self):
        self.assertEqual(self.judge("echo 3 passed, 0 failed"), (3, 0, 0, ""))
        self.assertEqual(self.judge("echo 3 passed, 2 failed, 1 skipped; exit 1"), (3, 2, 1, ""))
        self.assertEqual(self.judge("echo 0 passed, 0 failed, 1 skipped"), (0, 0, 1, ""))

    def test_what_does_not_count_as_passed(self):
        for command, said in [("true", "no line of result"),
                              ("echo 3 passed, 0 failed; echo more", "no line of result"),
                              ("echo 3 passed, 0 failed; exit 1", "status 1 though none failed"),
                              ("echo 3 passed, 0 failed; kill -ABRT $$", "status -6"),
                              ("echo 3 passed, 1 failed", "status 0 though some failed"),
                              ("echo 0 passed, 0 failed", "ran no test"),
                              ("gone", "status 127")]:
            _, failed, _, wrong = self.judge(command)
            self.assertEqual(failed, 1, command)
            self.assertIn(said, wrong)

    def test_a_law_may_leave_the_sum_out(self):
        law = suites.Suite("prop/x", [], source="tests/prop/prop_x.c")
        self.assertEqual(self.judge("echo all agree", law), (1, 0, 0, ""))
        self.assertEqual(self.judge("echo 1 differs; exit 1", law)[1], 1)
        self.assertEqual(self.judge("echo 0 passed, 0 failed", law)[1], 1)

    def test_a_law_gets_the_seed(self):
        report = suites.Report()
        law = suites.Suite("prop/x", ["bash", "-c", 'echo "$0 $1 $REMIT_SEED"; exit 1'],
                           source="tests/prop/prop_x.c")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            suites.run_suite(law, suites.environment(77), report)
        self.assertIn("--seed 77 77\n", said.getvalue())
        self.assertIn("repeat: ./dev test prop/x --seed 77", said.getvalue())

    def test_time_limit(self):
        status, out = suites.run_command(["bash", "-c", "echo a; sleep 60 & sleep 60"], limit=0.3)
        self.assertEqual((status, out), (None, "a\n"))
        self.assertEqual(suites.judge(status, out, None)[1], 1)

    def test_a_broken_build_fails_its_suites(self):
        report = suites.Report()
        with contextlib.redirect_stdout(io.StringIO()) as said:
            suites.run_all([suites.Suite("a", ["false"], ["asan"]),
                            suites.Suite("b", ["echo", "2 passed, 0 failed"])], {"asan"},
                           suites.environment(1), report)
        self.assertEqual(report.result(), "2 passed, 1 failed")
        self.assertIn("its build failed", said.getvalue())

    def test_names(self):
        self.assertEqual([s.name for s in suites.chosen(["unit/test_civil"], False)], ["unit/test_civil"])
        inside = suites.chosen(["varints_come"], False)
        self.assertEqual([s.command[-1] for s in inside], ["varints_come"])
        self.assertEqual(suites.chosen(["no such thing"], False), [])
        self.assertIn("lint", [s.name for s in suites.chosen([], False)])

    def test_builds(self):
        everything = suites.all_suites(False)
        self.assertEqual(suites.presets_for(everything, True, True)[0][:1], ["release"])
        self.assertIn("debug", suites.presets_for(everything, True, False)[0])
        self.assertEqual(suites.presets_for([suites.Suite("a", [], ["asan"])], False, False), (["asan"], []))


class Dev(unittest.TestCase):
    def dev(self, *args):
        p = subprocess.run(["./dev", *args], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
                           text=True)
        return p.returncode, p.stdout, p.stderr

    def test_help(self):
        status, out, _ = self.dev("help")
        self.assertEqual(status, 0)
        for command in "deps build demo test bench fuzz torture fmt lint".split():
            self.assertRegex(out, rf"\n  {command}\b")

    def test_no_such_command(self):
        status, _, err = self.dev("gone")
        self.assertEqual(status, 2)
        self.assertIn("no such command: gone", err)

    def test_no_such_test(self):
        self.assertEqual(self.dev("test", "no such test")[0], 2)

    def test_a_rule_of_lint(self):
        status, out, _ = self.dev("lint", "opening")
        self.assertEqual((status, out.splitlines()[-1]), (0, "1 passed, 0 failed"))
        self.assertEqual(self.dev("lint", "no-such-rule")[0], 2)

    def test_ci_does_not_bless(self):
        p = subprocess.run(["./dev", "test", "--bless", "README.md"], cwd=ROOT, capture_output=True,
                           text=True, env={**os.environ, "CI": "true"})
        self.assertEqual(p.returncode, 1)
        self.assertIn("CI never blesses", p.stderr)


def main(names):
    loader = unittest.defaultTestLoader
    found = [t for case in (Goldens, Suites, Dev) for t in loader.loadTestsFromTestCase(case)
             if not names or any(n in t.id() for n in names)]
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(unittest.TestSuite(found))
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
