#!/usr/bin/env python3
"""No English is left in what `remit why` and `remit show` say in Chinese.

The pages of goldens about them are run with their policies put into Chinese keywords, and each of these commands once more with
--lang zh. What then stands in Latin letters must be a name, a value or a text of the page's files, a type, a subject, or a message
that the ledger keeps."""

import glob
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REMIT = os.path.abspath(os.environ.get("REMIT", os.path.join(ROOT, "build/remit")))
PAGES = ("tests/golden/audit/*.md", "tests/golden/cli/why.md", "tests/golden/cli/show.md", "tests/golden/run/rotations.md",
         "tests/golden/run/approval-signers.md", "tests/golden/run/approval-returned.md", "tests/golden/run/kpi-sessions.md",
         "tests/golden/run/kpis-compared.md", "tests/golden/run/alarms-*.md", "tests/golden/run/prohibitions.md",
         "tests/golden/run/entities.md", "tests/golden/run/retry.md", "tests/golden/run/sums-fulfil.md")
sys.dont_write_bytecode = True
SPEC = importlib.util.spec_from_file_location("run_goldens", os.path.join(ROOT, "tests/golden/run_goldens.py"))
goldens = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(goldens)

WORD = re.compile(r"[A-Za-z][A-Za-z_]*")
# types, subjects, instants, codes, amounts, lines of JSON, digests, fields of the engine's own events, other commands
FORMS = re.compile(r"\{\".*\}$|\b[0-9a-f]{64}\b|^ +[a-z]+ = |remit[.:][a-z_.]+|\d{4}-\d\d-\d\dT[\d:.+Z-]*|\b[A-Z]\d{4}\b|(?<=\d )[A-Z]{3}\b|"
                   r"\b(?:duty|approval|kpi|entity|event|rule|digest|person)/\S*|remit (?:log|show)(?: --?\w+)*|\.members\b|\bremit$")


def words(text):
    return set(WORD.findall(text))


def values(data):
    """All texts among the values of JSON."""
    if isinstance(data, dict):
        return set().union(*map(values, data.values()))
    if isinstance(data, list):
        return set().union(*map(values, data))
    return words(data) if isinstance(data, str) else set()


def words_of_file(name, lines):
    """What a file of the page brings: of events their values, of a policy and anything else all words."""
    found = words(name)
    if name.endswith((".jsonl", ".json")):
        for line in lines:
            try:
                found |= values(json.loads(line))
            except ValueError:
                found |= words(line)
        return found
    body = lines[1:] if name.endswith(".csv") else lines
    return found | words("\n".join(body))


def messages(folder, env, command):
    """The texts that effects of the ledger have as the engine wrote them once."""
    ledger = re.search(r"--ledger[ =](\S+)", command)
    if not ledger:
        return set()
    log = subprocess.run([REMIT, "log", "effects", "--ledger", ledger[1]], cwd=folder, env=env, capture_output=True, text=True,
                         timeout=60).stdout
    found = set()
    for line in log.splitlines():
        data = json.loads(line).get("data", {})
        found |= words(str(data.get("message", ""))) | words(str(data.get("text", ""))) | words(str(data.get("field", "")))
    return found


def asked(command):
    """The command in Chinese, without what cuts its answer, or None: it asks nothing of a ledger in text."""
    if not re.match(r"remit (why|show) ", command) or "--json" in command or "--lang" in command:
        return None
    return command.split(" | ")[0] + " --lang zh"


def left(line, known):
    return sorted(words(FORMS.sub(" ", line)) - known)


def run_page(path):
    """(commands asked, what is left of English in their answers)."""
    blocks, copies = goldens.blocks_of(path, goldens.read(path))
    known, wrong, count = set(), [], 0
    with tempfile.TemporaryDirectory() as top:
        folder, programs = os.path.join(top, "work"), os.path.join(top, "bin")
        os.mkdir(folder)
        os.mkdir(programs)
        os.symlink(REMIT, os.path.join(programs, "remit"))
        goldens.copy_in(path, copies, folder)
        for name in glob.glob(os.path.join(folder, "**/*.remit"), recursive=True):
            with open(name, encoding="utf-8") as f:
                known |= words(re.sub(r"--[^\n]*", "", f.read())) if "calendar" in name else set()
        env = goldens.environment(folder, programs)
        for block in blocks:
            name = goldens.file_name(path, block)
            if name is not None:
                goldens.write_file(os.path.join(folder, name), block.lines)
                if name.endswith(".remit"):
                    subprocess.run([REMIT, "fmt", "--keywords", "zh", name], cwd=folder, env=env, capture_output=True, timeout=60)
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    known |= words_of_file(name, f.read().split("\n"))
            elif goldens.is_console(path, block):
                for command in goldens.commands_of(path, block):
                    text = asked(command.text)
                    goldens.output_of(command.text, folder, env, 60)
                    if text is None:
                        continue
                    lines = goldens.output_of(text, folder, env, 60)
                    if lines and lines[0].startswith("remit: "):
                        continue
                    count += 1
                    here = known | messages(folder, env, text)
                    wrong += [f"{path}: {text}: {line.strip()}: {' '.join(left(line, here))}" for line in lines if left(line, here)]
    return count, wrong


def main():
    passed, failed = 0, 0
    for path in sorted({os.path.relpath(p, ROOT) for pattern in PAGES for p in glob.glob(os.path.join(ROOT, pattern))}):
        count, wrong = run_page(path)
        print(*wrong[:10], sep="\n", end="\n" if wrong else "")
        passed, failed = passed + (count > 0 and not wrong), failed + bool(wrong)
    if passed + failed < 10:
        print("fewer than 10 pages ask anything in Chinese")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
