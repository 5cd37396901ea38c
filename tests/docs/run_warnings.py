#!/usr/bin/env python3
"""docs/guide/warnings.md lists every warning and nothing else. Ends with `N passed, N failed`."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    table = (ROOT / "engine" / "syntax" / "diag.def").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "guide" / "warnings.md").read_text(encoding="utf-8")
    warnings = set(re.findall(r"^DIAG\((E\d{4}), \w+, WARNING,", table, re.M))
    listed = re.findall(r"^\| \[(E\d{4})\]\(\.\./errors/\1\.md\) \| ", page, re.M)
    wrong = sorted(warnings ^ set(listed)) + [code for code in set(listed) if listed.count(code) > 1]
    for code in wrong:
        print(f"FAIL {code}: {'is not listed' if code in warnings else 'is no warning'}, or is listed twice")
    if len(warnings) < 10:
        print("FAIL the table of diagnostics could not be read")
        wrong.append("table")
    print(f"{len(warnings) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
