#!/usr/bin/env python3
"""docs/semantics.md answers each of its numbered questions, in order, and each answer is shown by pages that are there,
are run by the tests, and run something.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = "docs/semantics.md"
RUN = ("docs/guide/", "tests/golden/")  # what run_goldens.py runs


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def faults(number, title, text):
    """What is wrong with a section."""
    heading = re.match(r"%d\. \S" % number, title)
    if heading is None:
        yield f"is not numbered {number}"
    shown = text.split("Shown by", 1)
    if len(shown) < 2 or len(shown[0].split()) < 10:
        yield "does not say what happens and what shows it"
        return
    links = [os.path.normpath(os.path.join("docs", link)) for link in re.findall(r"\]\(([^)]+)\)", shown[1])]
    pages = [link for link in links if link.startswith(RUN)]
    if not pages:
        yield "is shown by no page that the tests run"
    for link in links + re.findall(r"`(tests/[^`]+)`", shown[1]):
        if not os.path.isfile(os.path.join(ROOT, link)):
            yield f"names {link}, which is not there"
        elif link in pages and not re.search(r"^```console\n\$ ", read(link), re.M):
            yield f"names {link}, which runs nothing"


def main():
    sections = re.split(r"^## ", read(PAGE), flags=re.M)[1:]
    failed = 0
    for number, section in enumerate(sections, 1):
        title, text = section.split("\n", 1)
        for fault in faults(number, title, text):
            failed += 1
            print(f"FAIL {PAGE}: `{title}` {fault}")
    print(f"{len(sections) - failed} passed, {failed} failed")
    return 1 if failed or not sections else 0


if __name__ == "__main__":
    sys.exit(main())
