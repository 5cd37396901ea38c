#!/usr/bin/env python3
"""The guide's index names every page of the guide, and every link within it leads somewhere: to a page that is there, to a heading that
it has."""

import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INDEX = "docs/guide/README.md"


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def anchors(path):
    """The headings of a page as links name them; what stands in blocks is none."""
    text = re.sub(r"^(`{3,}|~{3,}).*?^\1", "", read(path), flags=re.S | re.M)
    heads = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}


def broken(path):
    text = re.sub(r"^(`{3,}|~{3,}).*?^\1", "", read(path), flags=re.S | re.M)
    for target, _, anchor in re.findall(r"\]\(([^)#\s:]*)(#([^)\s]*))?\)", text):
        page = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        if not os.path.exists(os.path.join(ROOT, page)):
            yield f"{path}: there is no {target}"
        elif anchor and page.endswith(".md") and anchor not in anchors(page):
            yield f"{path}: {page} has no heading #{anchor}"


def main():
    pages = sorted(os.path.relpath(p, ROOT) for p in glob.glob(os.path.join(ROOT, "docs/guide/**/*.md"), recursive=True))
    linked = {os.path.normpath(os.path.join("docs/guide", t)) for t in re.findall(r"\]\(([^)#\s]+)", read(INDEX))}
    missing = [f"{p} is not in {INDEX}" for p in pages if p != INDEX and p not in linked]
    wrong = [fault for p in [*pages, "README.md", "editors/README.md"] for fault in broken(p)]
    for fault in missing + wrong:
        print(fault)
    failed = bool(missing) + bool(wrong)
    print(f"{2 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
