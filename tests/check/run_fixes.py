#!/usr/bin/env python3
"""What diagnostics suggest, applied: `remit check --fix` on every wrong policy of the pages and goldens.

    python3 run_fixes.py

Of each policy that a page checks and that has a suggestion: what had one is mended by it, no mistake of syntax is made,
and a policy of a page of `remit explain` whose one error had one is free of errors. What is mended a second time stays as it is. REMIT in the environment names the program.
Ends with `N passed, N failed`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REMIT = os.environ.get("REMIT", str(ROOT / "build" / "remit"))
FENCE = re.compile(r"^```(\w*)(?: file=(\S+))?[^\n]*\n(.*?)^```$", re.M | re.S)
LEAST = 60  # policies with a suggestion


def pages():
    yield from sorted((ROOT / "docs" / "errors").rglob("*.md"))
    yield from sorted((ROOT / "tests" / "golden" / "check").glob("*.md"))


def checks(page):
    """(files, arguments) of each `remit check` of a page: the files as they are at that point."""
    files = {}
    for kind, name, text in FENCE.findall(page.read_text(encoding="utf-8")):
        if name:
            files[name] = text
        for line in text.splitlines() if kind == "console" else ():
            found = re.fullmatch(r"\$ remit check((?: [\w./-]+)+?)(?: --lang zh)?", line)
            if found and all(part in files or any(n.startswith(part + "/") for n in files) for part in found[1].split()):
                yield dict(files), found[1].split()


def run(folder, *words):
    done = subprocess.run([REMIT, "check", *words], cwd=folder, capture_output=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr.decode(errors="replace")
    return done


def errors(folder, paths):
    out = run(folder, "--json", *paths).stdout.decode()
    return [d for d in map(json.loads, out.splitlines()) if d.get("severity") == "error"]


def replaced(error):
    return any(s.get("certain") for s in error["suggestions"])


def texts(folder, files):
    return {name: (folder / name).read_bytes() for name in files}


def judge(page, files, paths):
    """What is wrong with how this policy is mended, or None; and whether anything was suggested."""
    with tempfile.TemporaryDirectory(prefix="remit-fixes-") as name:
        folder = Path(name)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        before = errors(folder, paths)
        if not any(map(replaced, before)):
            return None, False
        run(folder, "--fix", *paths)
        after, once = errors(folder, paths), texts(folder, files)
        run(folder, "--fix", *paths)
        if texts(folder, files) != once:
            return "mended twice it is another", True
        mended = {(d["code"], d["message"], d["line"]) for d in before if replaced(d)}
        left = [d for d in after if (d["code"], d["message"], d["line"]) in mended]
        made = [d for d in after if d["code"].startswith("E01") and not any(d["code"] == b["code"] for b in before)]
        if left or made:
            worst = (left or made)[0]
            return f"a suggestion {'did not mend' if left else 'made'} {worst['code']} {worst['message']}", True
        if len(before) == 1 and after and page.parent.name == "errors":
            return f"its one error was mended, and this is there: {after[0]['code']} {after[0]['message']}", True
        return None, True


def main():
    passed, failed, seen = 0, 0, set()
    for page in pages():
        for files, paths in checks(page):
            key = json.dumps([files, paths], sort_keys=True)
            if key in seen:
                continue
            seen.add(key)
            wrong, suggested = judge(page, files, paths)
            passed += suggested and wrong is None
            failed += wrong is not None
            if wrong is not None:
                print(f"FAIL {page.relative_to(ROOT)} {' '.join(paths)}: {wrong}")
    if passed + failed < LEAST:
        print(f"FAIL only {passed + failed} policies had a suggestion, of {len(seen)}")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
