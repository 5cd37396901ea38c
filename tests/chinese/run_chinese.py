#!/usr/bin/env python3
"""What people read under `--lang zh` is Chinese: the help of every command and option, and what each command says. And when it is
that language: --lang, REMIT_LANG, at a terminal the locale; what programs read is the same whatever the environment says."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REMIT = os.path.abspath(os.environ.get("REMIT", os.path.join(ROOT, "build/remit")))
SUMS = {"passed": 0, "failed": 0}
CLEAN = {k: v for k, v in os.environ.items() if k not in ("REMIT_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS")}


def check(name, fine, shown=""):
    SUMS["passed" if fine else "failed"] += 1
    if not fine:
        print(f"{name}\n{shown}")


def remit(*words, folder=None, **environment):
    done = subprocess.run([REMIT, *words], capture_output=True, text=True, timeout=60, cwd=folder, stdin=subprocess.DEVNULL,
                          env={**CLEAN, **environment})
    return done.stdout + done.stderr


def at_terminal(*words, columns=80, **environment):
    """The same at a terminal of its own, so many columns wide."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(REMIT, [REMIT, *words], {**CLEAN, "TERM": "xterm", **environment})
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    out = b""
    while True:
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    os.close(fd)
    os.waitpid(pid, 0)
    return out.decode().replace("\r\n", "\n")


def is_chinese(text):
    return re.search("[\u4e00-\u9fff]", text) is not None


def columns_of(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def english_left(text):
    """Three words in a row that stand in no quotes: a sentence."""
    return re.findall(r"(?<![\w./=|\[-])(?:[A-Za-z]?[a-z']+[,;:]? ){2,}[a-z']+", text)


def commands():
    return re.findall(r"^  ([a-z]+) ", remit("--help"), re.M)


def helps():
    whole = remit("--lang", "zh", "help")
    check("help of all", all(is_chinese(line) for line in whole.splitlines() if line), whole)
    check("help of all, English left", not english_left(whole), english_left(whole))
    for command in commands():
        english, text = remit("help", command), remit("--lang", "zh", "help", command)
        synopsis, _, rest = text.partition("\n")
        check(f"{command}: one synopsis", synopsis == english.partition("\n")[0], text)
        check(f"{command}: the same options", re.findall(r"^  --\S+", english, re.M) == re.findall(r"^  --\S+", rest, re.M), text)
        rows = re.split(r"\n(?=  --)", rest)
        check(f"{command}: each option in Chinese", len(rows) > 4 and all(is_chinese(row) for row in rows), text)
        check(f"{command}: English left", not english_left(re.sub(r"remit \S+( \S+)*", "", rest)), english_left(rest))
        for width in (80, 140):
            for language in ("en", "zh"):
                lines = remit("help", command, "--lang", language, COLUMNS=str(width)).splitlines()
                check(f"{command}: {width} columns, {language}", all(columns_of(line) <= width for line in lines[1:]), "\n".join(lines))
        check(f"{command}: --help is help", remit(command, "--lang", "zh", "--help") == text)


def languages():
    """Who says which language it is."""
    first = "哪个政策？"
    wrong = ("schema",)
    said = {
        "no word": (False, {}), "REMIT_LANG": (True, {"REMIT_LANG": "zh"}), "its locale's form": (True, {"REMIT_LANG": "zh_CN.UTF-8"}),
        "REMIT_LANG=en": (False, {"REMIT_LANG": "en"}), "a language that is none": (False, {"REMIT_LANG": "zhx"}),
        "a locale, but no terminal": (False, {"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"}),
    }
    for name, (chinese, environment) in said.items():
        out = remit(*wrong, **environment)
        check(name, (first in out) == chinese and is_chinese(out) == chinese, out)
    locales = {
        "LANG": (True, {"LANG": "zh_CN.UTF-8"}), "utf8": (True, {"LANG": "zh_CN.utf8"}), "LC_MESSAGES": (True, {"LC_MESSAGES": "zh_HK.UTF-8"}),
        "LC_ALL goes first": (False, {"LANG": "zh_CN.UTF-8", "LC_ALL": "de_DE.UTF-8"}), "another encoding": (False, {"LANG": "zh_CN.GBK"}),
        "REMIT_LANG goes before": (False, {"LANG": "zh_CN.UTF-8", "REMIT_LANG": "en"}), "no locale": (False, {}),
    }
    for name, (chinese, environment) in locales.items():
        out = at_terminal(*wrong, **environment)
        check(f"at a terminal: {name}", is_chinese(out) == chinese, out)
    out = at_terminal(*wrong, "--lang", "en", LANG="zh_CN.UTF-8", REMIT_LANG="zh")
    check("--lang goes before all", not is_chinese(out), out)
    for words in (("--lang", "zh", "schema"), ("--lang=zh", "schema"), ("schema", "--lang", "zh"), ("schema", "--lang=zh"),
                  ("schema", "--nope", "--lang", "zh"), ("nope", "--lang", "zh"), ("--lang", "zh", "nope")):
        check(" ".join(words), is_chinese(remit(*words)), remit(*words))


def programs():
    """What programs read does not change with the environment, and does with --lang where it did."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "p.remit"), "w") as f:
            f.write('policy "P" version "1" { zone "UTC" }\nteam desk\nevent asked { ticket: id }\n'
                    "duty answer on asked as a { owed by dsk due within 2 hours }\n")
        for form in (("--json",), ("--format", "json"), ("--format", "sarif")):
            plain = remit("check", "p.remit", *form, folder=folder)
            check(f"{form}: REMIT_LANG", plain == remit("check", "p.remit", *form, folder=folder, REMIT_LANG="zh"), plain)
            check(f"{form}: --lang", is_chinese(remit("check", "p.remit", *form, "--lang", "zh", folder=folder)))
        for shell in ("bash", "zsh", "fish"):
            check(f"completion {shell}", remit("completion", shell) == remit("completion", shell, "--lang", "zh"))


helps()
languages()
programs()
print(f"{SUMS['passed']} passed, {SUMS['failed']} failed")
sys.exit(SUMS["failed"] > 0)
