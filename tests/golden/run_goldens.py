#!/usr/bin/env python3
"""Runs the goldens: markdown pages whose commands must print exactly what the page says.

    run_goldens.py [FILE...] [--program PATH] [--slow] [--drawn] [--part I/N] [--bless FILE]

--drawn leaves out two of three pages of docs/errors, which ones by REMIT_SEED: for a slow program.
--part 2/3 runs every third page, from the second on.

A page is read from top to bottom, with one temporary folder for it:
  ```remit file=NAME     writes the block to NAME there (any language; a block of the same name
                         overwrites)
  ```console             runs each line that opens with `$ ` by bash in that folder and compares what
                         it prints, stdout and stderr in the order written, with the lines up to the
                         next command. A status other than 0 is the last line `[exit N]`; output that
                         does not end a line is followed by `[no newline]`. A command goes on in the
                         next line after a backslash at its end.
  ```console skip        is not run
  <!-- golden: with rules stdlib -->   copies these from the repository first
Each console block is a case, called after the heading above it. Commands see a fixed environment (no
terminal, LANG=C.UTF-8, TZ=UTC, COLUMNS=80, NO_COLOR unset) with the program first on PATH, and have
20 seconds. Pages: README.md, docs/*.md and all below docs/errors, docs/guide and tests/golden.
"""
import argparse
import concurrent.futures
import difflib
import glob
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGES = ("README.md", "docs/*.md", "docs/guide/**/*.md", "docs/errors/**/*.md", "tests/golden/**/*.md")
TIME_LIMIT_S = 20
OUTPUT_LIMIT = 4 << 20
FENCE = re.compile(r"^( {0,8})(`{3,}|~{3,})\s*(.*?)\s*$")
WITH = re.compile(r"^<!-- golden: with (.*?) -->$")


class PageError(Exception):
    """A page that is not of the form; the text says where and why."""


class Block:
    """A fenced block: lines[first - 1] of the page is its first line inside (counted from 1)."""

    def __init__(self, info, first, indent):
        self.info, self.first, self.indent = info, first, indent
        self.lines, self.heading = [], ""


class Command:
    """Page lines [start, end) hold the expected output; `text` is what bash runs."""

    def __init__(self, text, shown):
        self.text, self.shown, self.expected = text, shown, []


# ---- reading pages

def blocks_of(path, text):
    """The page's fenced blocks and what it asks to have copied, in order."""
    found, copies, heading, fence, block = [], [], "", None, None
    for number, line in enumerate(text.split("\n"), 1):
        mark = FENCE.match(line)
        if block is not None:
            if mark and mark[2][0] == fence[0] and len(mark[2]) >= len(fence) and not mark[3]:
                found.append(block)
                block = None
            else:
                block.lines.append(cut_indent(line, block.indent))
        elif mark and not (mark[2][0] == "`" and "`" in mark[3]):
            fence, block = mark[2], Block(mark[3], number + 1, len(mark[1]))
            block.heading = heading
        elif line.startswith("#"):
            heading = line.lstrip("#").strip()
        elif WITH.match(line.strip()):
            copies += WITH.match(line.strip())[1].split()
    if block is not None:
        raise PageError(f"{path}:{block.first - 1}: this block is not closed")
    return found, copies


def cut_indent(line, n):
    return line[n:] if line[:n].isspace() else line


def file_name(path, block):
    """The NAME of file=NAME, or None for other blocks."""
    names = [w[len("file="):] for w in block.info.split()[1:] if w.startswith("file=")]
    if not names:
        return None
    parts = names[0].split("/")
    if len(names) > 1 or names[0].startswith("/") or any(p in ("", ".", "..") for p in parts):
        raise PageError(f"{path}:{block.first - 1}: file={names[-1]} must stay in the folder")
    return names[0]


def is_console(path, block):
    words = block.info.split()
    if not words or words[0] != "console" or words[1:] == ["skip"]:
        return False
    if words[1:]:
        raise PageError(f"{path}:{block.first - 1}: `{' '.join(words[1:])}` is not known after "
                        "`console`; only `skip` is")
    return True


def commands_of(path, block):
    """The commands of a console block with the output that each should have."""
    commands, open_line = [], False
    for number, line in enumerate(block.lines, block.first):
        if open_line:
            commands[-1].text += "\n" + line
            commands[-1].shown.append(line)
        elif line.startswith("$ "):
            commands.append(Command(line[2:], [line]))
        elif not commands:
            raise PageError(f"{path}:{number}: output before the first command")
        else:
            commands[-1].expected.append(line)
            continue
        open_line = commands[-1].shown[-1].endswith("\\")
    if not commands or open_line:
        raise PageError(f"{path}:{block.first}: a console block needs a whole command: `$ ...`")
    return commands


# ---- running

def environment(folder, programs):
    """All that a command sees, and the sanitizers' options, which the program under test obeys."""
    fixed = {"PATH": f"{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
             "HOME": folder, "LANG": "C.UTF-8", "TZ": "UTC", "COLUMNS": "80", "TERM": "dumb"}
    kept = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    return {**kept, **fixed}


def output_of(command, folder, env, limit):
    """The lines that the page should show for this command."""
    with tempfile.TemporaryFile() as sink:
        p = subprocess.Popen(["bash", "--norc", "--noprofile", "-c", command], cwd=folder, env=env,
                             stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
                             start_new_session=True)
        try:
            status = p.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
        kill_group(p)
        sink.seek(0)
        raw = sink.read(OUTPUT_LIMIT + 1)
    lines = raw[:OUTPUT_LIMIT].decode("utf-8", "backslashreplace").split("\n")
    if lines[-1] == "":
        lines.pop()
    else:
        lines.append("[no newline]")
    if len(raw) > OUTPUT_LIMIT:
        lines.append(f"[cut after {OUTPUT_LIMIT} bytes]")
    if status is None:
        lines.append(f"[not done after {limit} s]")
    elif status != 0:
        lines.append(f"[exit {status if status > 0 else 128 - status}]")
    return lines


def kill_group(p):
    """Ends what the command left running behind it."""
    try:
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    p.wait()


class Case:
    """A console block after its run: what it says and what came out."""

    def __init__(self, block, commands, outputs):
        self.block, self.commands, self.outputs = block, commands, outputs

    def passed(self):
        return all(c.expected == o for c, o in zip(self.commands, self.outputs))

    def lines(self, outputs):
        return [x for c, o in zip(self.commands, outputs) for x in c.shown + o]

    def diff(self, path):
        before = self.lines(c.expected for c in self.commands)
        after = self.lines(self.outputs)
        return "\n".join(difflib.unified_diff(before, after, f"{path} (as written)",
                                              f"{path} (as it came out)", lineterm="", n=3))


class Runner:
    """The program under test and how long one command may take."""

    def __init__(self, program, limit):
        self.program, self.limit = os.path.abspath(program), limit
        self.unwritten = not (os.path.exists(program) or
                              glob.glob(os.path.join(ROOT, "engine/cli/*.c")))

    def runs(self, text):
        """Whether a command can run: until engine/cli has sources, those that call it cannot."""
        return not (self.unwritten and re.search(r"\bremit\b", text))

    def left(self, path, folder):
        """Called with what a page's commands have left behind: for those who look at it."""

    def page(self, path, text):
        """(cases run, cases skipped) of one page."""
        blocks, copies = blocks_of(path, text)
        cases, skipped = [], 0
        with tempfile.TemporaryDirectory(prefix="golden-") as top:
            folder, programs = os.path.join(top, "work"), os.path.join(top, "bin")
            os.mkdir(folder)
            os.mkdir(programs)
            os.symlink(self.program, os.path.join(programs, "remit"))
            copy_in(path, copies, folder)
            env = environment(folder, programs)
            for block in blocks:
                name = file_name(path, block)
                if name is not None:
                    write_file(os.path.join(folder, name), block.lines)
                elif is_console(path, block):
                    commands = commands_of(path, block)
                    if not all(self.runs(c.text) for c in commands):
                        skipped += 1
                        continue
                    outputs = [output_of(c.text, folder, env, self.limit) for c in commands]
                    cases.append(Case(block, commands, outputs))
            self.left(path, folder)
        if path.startswith("tests/golden/") and not cases and not skipped:
            raise PageError(f"{path}:1: no console block here is run")
        return cases, skipped


def copy_in(path, names, folder):
    for name in names:
        source = os.path.normpath(os.path.join(ROOT, name))
        target = os.path.join(folder, name)
        if not source.startswith(ROOT + os.sep) or not os.path.exists(source):
            raise PageError(f"{path}:1: `golden: with {name}`: there is no such thing here")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)


def write_file(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write("".join(line + "\n" for line in lines))


# ---- pages as a whole

def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", newline="") as f:
        return f.read()


def has_cases(path):
    """Below tests/golden every page but a README is a golden; elsewhere those with a console block."""
    if path.startswith("tests/golden/"):
        return os.path.basename(path) != "README.md"
    return re.search(r"^ {0,8}(`{3,}|~{3,})\s*console\s*$", read(path), re.M) is not None


def all_files():
    found = {os.path.relpath(p, ROOT) for pattern in PAGES
             for p in glob.glob(os.path.join(ROOT, pattern), recursive=True)}
    return sorted(p for p in found if has_cases(p))


def drawn(files):
    """All but two of three pages of diagnostics; another third each time."""
    draw = random.Random(os.environ.get("REMIT_SEED", "1"))
    return [f for f in files if not f.startswith("docs/errors/") or draw.randrange(3) == 0]


def files_named(names):
    """Pages whose path holds one of the names, or which show a diagnostic of that code."""
    codes = [n for n in names if re.fullmatch(r"[A-Z]\d{4}", n)]
    return [p for p in all_files() if any(n in p for n in names) or
            (codes and any(c in read(p) for c in codes))]


def run_page(runner, path):
    """(passed, failed, skipped, report)."""
    try:
        cases, skipped = runner.page(path, read(path))
    except (PageError, UnicodeDecodeError) as e:
        return 0, 1, 0, f"{e}\n"
    wrong = [c for c in cases if not c.passed()]
    report = "".join(f"{path}:{c.block.first}: {c.block.heading}\n{c.diff(path)}\n" for c in wrong)
    if wrong:
        report += f"repeat: ./dev test {path}\nif it is right so: ./dev test --bless {path}\n"
    return len(cases) - len(wrong), len(wrong), skipped, report


def blessed(path, text, cases):
    """The page with the output that came out."""
    lines = text.split("\n")
    for case in reversed(cases):
        new = case.lines(case.outputs)
        for line in (x for o in case.outputs for x in o):
            if line.startswith("$ ") or FENCE.match(line):
                raise PageError(f"{path}:{case.block.first}: a page cannot hold the output "
                                f"line `{line}`")
        indent = " " * case.block.indent
        at = case.block.first - 1
        lines[at:at + len(case.block.lines)] = [indent + x if x else x for x in new]
    return "\n".join(lines)


def bless(runner, path):
    """Writes what comes out into the page, and runs it again: what varies is no golden."""
    text = read(path)
    cases, _ = runner.page(path, text)
    new = blessed(path, text, cases)
    if new != text:
        with open(os.path.join(ROOT, path), "w", encoding="utf-8", newline="") as f:
            f.write(new)
    again, _ = runner.page(path, new)
    if not all(c.passed() for c in again):
        raise PageError(f"{path}: its output varies from run to run")
    print(f"{path}: {'written; read the git diff' if new != text else 'as it was'}")


def bless_all(runner, files):
    failed = 0
    for path in files:
        try:
            bless(runner, path)
        except (PageError, OSError, UnicodeDecodeError) as e:
            print(e)
            failed += 1
    print(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed else 0


def part_of(files, part):
    """Every N-th page from the I-th on, by "I/N"."""
    number, of = map(int, part.split("/"))
    if not 1 <= number <= of:
        sys.exit(f"--part {part}: I/N, with I from 1 to N")
    return files[number - 1::of]


def from_root(path):
    return os.path.relpath(os.path.abspath(path), ROOT)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--program", default=os.path.join(ROOT, "build/remit"))
    parser.add_argument("--slow", action="store_true", help="three times the time for each command")
    parser.add_argument("--drawn", action="store_true", help="a third of the pages of diagnostics")
    parser.add_argument("--part", default="1/1", metavar="I/N", help="every N-th page, from the I-th on")
    parser.add_argument("--bless", action="append", metavar="FILE", default=[])
    options = parser.parse_args()
    runner = Runner(options.program, TIME_LIMIT_S * (3 if options.slow else 1))
    if options.bless:
        return bless_all(runner, [from_root(p) for p in options.bless])
    if not runner.unwritten and not os.path.exists(runner.program):
        sys.exit(f"{runner.program} is not there: ./dev build")
    files = [from_root(p) for p in options.files] or all_files()
    files = part_of(drawn(files) if options.drawn else files, options.part)
    sums = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        for passed, failed, skipped, report in pool.map(lambda p: run_page(runner, p), files):
            sums = [a + b for a, b in zip(sums, (passed, failed, skipped))]
            print(report, end="")
    if sums[2]:
        print("engine/cli has no program yet: cases that call it were skipped")
    print(f"{sums[0]} passed, {sums[1]} failed" + (f", {sums[2]} skipped" if sums[2] else ""))
    return 1 if sums[1] else 0


if __name__ == "__main__":
    sys.exit(main())
