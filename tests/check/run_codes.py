#!/usr/bin/env python3
"""Each diagnostic code: what it says, where, what it suggests and what applying that gives, in both languages.

    python3 run_codes.py [--bless CODE...]

Of each code in engine/syntax/diag.def the first wrong policy of its page in docs/errors and in docs/errors/zh that gives
it is checked, and, where another golden's policy is mended by `remit check --fix`, the first of those. What the program
says of it with --json must be what tests/golden/codes/CODE.txt holds: place, message and hint in English and Chinese,
what is replaced, and what is left when it has been applied. What was mended must not be said again and nothing new may
be, so a page whose every mistake has a suggestion ends without an error. Each code of engine/vm/trap.def is given by a
command of both of its pages, or the page says why no policy gives it.
REMIT in the environment names the program. Ends with `N passed, N failed`.
"""

import argparse
import concurrent.futures
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REMIT = os.path.abspath(os.environ.get("REMIT", str(ROOT / "build" / "remit")))
CODES = ROOT / "tests" / "golden" / "codes"
FENCE = re.compile(r"^```(\w*)(?: file=(\S+))?[^\n]*\n(.*?)^```$", re.M | re.S)
CHECK = re.compile(r"remit check((?: (?!--fix|--json|--format|\|)[\w./-]+)+)$")
NO_POLICY = {"": "No policy that `remit check` passes gives this code", "zh": "通过检查的政策不会给出此代码"}


def table(path, macro):
    """[(code, severity)] of the rows of a table."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.findall(rf"^{macro}\((E\d{{4}}), \w+, (\w+|\"[^\"]*\")", text, re.M)


def remit(folder, *words):
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC"}
    done = subprocess.run([REMIT, "check", *words], cwd=folder, env=environment, capture_output=True, timeout=60,
                          check=False)
    assert done.returncode in (0, 1), done.stderr.decode(errors="replace")
    return done.stdout.decode()


def said(folder, paths, language="en"):
    return [json.loads(line) for line in remit(folder, "--json", "--lang", language, *paths).splitlines()]


def shell(folder, line):
    path = f"{os.path.dirname(REMIT)}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-c", line], cwd=folder, env={"PATH": path, "LANG": "C.UTF-8", "TZ": "UTC"},
                   capture_output=True, timeout=60, check=False)


def walk(page, folder):
    """Writes the files of a page into the folder one after another and yields the paths of each `remit check` at its
    place. What stands before it in a console is run, for it may write files, too."""
    text = page.read_text(encoding="utf-8")
    folder.mkdir()
    for names in re.findall(r"^<!-- golden: with (.*?) -->$", text, re.M):
        for name in names.split():
            shutil.copytree(ROOT / name, folder / name)
    for kind, name, block in FENCE.findall(text):
        if name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(block, encoding="utf-8")
        for line in re.findall(r"^\$ (.*)", block, re.M) if kind == "console" else ():
            found = CHECK.fullmatch(line)
            if found:
                yield [path for path in re.sub(r" --\S+ \S+", "", found[1]).split() if (folder / path).exists()]
            elif not line.startswith("remit ") or ">" in line:
                shell(folder, line)


def replacements(error):
    return [s for s in error["suggestions"] if "replacement" in s]


def certain(error):
    return any(s.get("certain") for s in error["suggestions"])


def place(d):
    return f"{d['file']} {d['line']}:{d['column']}-{d['end_line']}:{d['end_column']}"


def shown(folder, d):
    """The text at a place of a file, its columns counted in characters, on one line."""
    lines = (folder / d["file"]).read_text(encoding="utf-8", errors="replace").split("\n")
    lines = lines[d["line"] - 1:d["end_line"]]
    if not lines:
        return ""
    lines[-1] = lines[-1][:d["end_column"] - 1]
    lines[0] = lines[0][d["column"] - 1:]
    return " ".join(" ".join(lines).split())


def described(folder, code, paths):
    """What is said of one policy under this code, and what is wrong with what is suggested; None: the code is not."""
    before, chinese = said(folder, paths), said(folder, paths, "zh")
    if not any(d["code"] == code for d in before):
        return None
    out, wrong = [f"remit check {' '.join(paths)}"], []
    if [(d["code"], place(d)) for d in before] != [(d["code"], place(d)) for d in chinese]:
        wrong.append("the two languages say other things")
    for d, zh in zip(before, chinese):
        if d["code"] != code:
            out.append(f"  also {d['code']}: {d['message']}")
            continue
        out += [f"  {d['severity']} at {place(d)}: {shown(folder, d)}", f"    {d['message']}", f"    {zh['message']}"]
        for s, t in zip(d["suggestions"], zh["suggestions"]):
            out += [f"    = {s['text']}", f"    = {t['text']}"]
            if "replacement" in s:
                out.append(f"    put {json.dumps(s['replacement'], ensure_ascii=False)} at {place(s)}: {shown(folder, s)}")
        if not re.search("[\u3400-\u9fff]", zh["message"]):
            wrong.append("the Chinese message is not Chinese")
    if any(map(certain, before)):
        remit(folder, "--fix", *paths)
        after = said(folder, paths)
        wrong += unmended(before, after)
        out += [f"  left: {d['code']} at {place(d)}: {d['message']}" for d in after] or ["  mended: nothing is left"]
    return out, wrong


def unmended(before, after):
    """What was certain and is still said; what nobody said before."""
    same = lambda d: (d["code"], d["message"])  # noqa: E731  (a place moves with what is put before it)
    mended = [same(d) for d in before if certain(d)]
    left = [same(d) for d in before if not certain(d)]
    for d in after:
        if same(d) in left:
            left.remove(same(d))
        elif same(d) in mended or d["severity"] == "error":
            yield f"after --fix it says {d['code']} {d['message']}"


def policies(page):
    """A copy of the folder and the paths of each `remit check` of a page; the copy may be changed."""
    with tempfile.TemporaryDirectory(prefix="remit-codes-") as name:
        for paths in walk(page, Path(name) / "page"):
            with tempfile.TemporaryDirectory(prefix="remit-codes-") as copy:
                folder = Path(copy) / "page"
                shutil.copytree(Path(name) / "page", folder)
                if paths:
                    yield folder, paths


def is_mended(out):
    return any(line.startswith("    put ") for line in out)


@functools.cache
def mended_in_goldens():
    """{code: (page, what is said)}: the first policy of the checker's goldens in which a code has a replacement."""
    found = {}
    for page in sorted((ROOT / "tests" / "golden" / "check").glob("*.md")):
        for folder, paths in policies(page):
            files = folder.with_name("files")
            for code in sorted({d["code"] for d in said(folder, paths) if replacements(d)} - set(found)):
                shutil.copytree(folder, files)
                found[code] = page.relative_to(ROOT), described(files, code, paths)
                shutil.rmtree(files)
    return found


def of_page(page, code):
    return next(filter(None, (described(folder, code, paths) for folder, paths in policies(ROOT / page))), None)


def golden_of(code):
    """The text of tests/golden/codes/CODE.txt as the program gives it now, and what is wrong."""
    out, wrong = [], []
    pages = [Path("docs/errors") / folder / f"{code}.md" for folder in ("", "zh")]
    found = [(page, of_page(page, code)) for page in pages]
    wrong += [f"no `remit check` of {page} gives it" for page, what in found if what is None]
    found = [(page, what) for page, what in found if what is not None]
    if not any(is_mended(what[0]) for _, what in found) and code in mended_in_goldens():
        found.append(mended_in_goldens()[code])
    for page, (lines, faults) in found:
        out += [f"{page}: {lines[0]}", *lines[1:], ""]
        wrong += [f"{page}: {fault}" for fault in faults]
    return "\n".join(out), wrong


def judge(code, bless):
    now, wrong = golden_of(code)
    path = CODES / f"{code}.txt"
    if code in bless:
        path.write_text(now, encoding="utf-8")
    was = path.read_text(encoding="utf-8") if path.exists() else ""
    if was != now:
        a, b = was.split("\n"), now.split("\n")
        i = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        wrong.append(f"{path.relative_to(ROOT)}:{i + 1}: said is now {b[i] if i < len(b) else 'nothing'!r}; read it, "
                     f"then: tests/check/run_codes.py --bless {code}")
    return wrong


def judge_trap(code):
    """A code of the VM is in what a command of both pages prints, or the pages say why it cannot be."""
    for folder, why in NO_POLICY.items():
        page = ROOT / "docs" / "errors" / folder / f"{code}.md"
        text = page.read_text(encoding="utf-8")
        blocks = "".join(block for kind, _, block in FENCE.findall(text) if kind == "console")
        if code not in blocks and why not in text:
            yield f"{page.relative_to(ROOT)} neither shows it nor says why no policy gives it"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bless", nargs="+", default=[], metavar="CODE")
    arguments = p.parse_args()
    codes = [code for code, _ in table("engine/syntax/diag.def", "DIAG")]
    traps = [code for code, _ in table("engine/vm/trap.def", "TRAP")]
    passed, failed = 0, 0
    if not arguments.bless:
        mended_in_goldens()  # before the threads, for all of them
    CODES.mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        tried = arguments.bless or codes
        judged = list(zip(tried, pool.map(lambda code: judge(code, arguments.bless), tried)))
    if not arguments.bless:
        judged += [(code, list(judge_trap(code))) for code in traps]
        judged += [(path.stem, ["is no code of the table"]) for path in CODES.iterdir() if path.stem not in codes]
    for code, wrong in judged:
        passed += not wrong
        failed += bool(wrong)
        for line in wrong:
            print(f"FAIL {code}: {line}")
    if len(codes) < 100 or len(traps) < 10:
        print("FAIL the tables could not be read")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
