#!/usr/bin/env python3
"""The words of grammar/expected/: how many of the parser's states have some, and whether what they show can be typed.

    run_expected.py [--show]

Each piece between backticks, in either language, must be read by the parser in its place: behind some beginning of a
mistake of its paragraph, up to an ellipsis. --show prints where each one was read.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REMIT = os.environ.get("REMIT", os.path.join(ROOT, "build/remit"))
PROGRAM = os.path.join(os.path.dirname(os.path.abspath(REMIT)), "gen_expected")
LEAST = 95  # percent of the states
WITHIN_A_TOKEN = {":", ","}  # with the name beside them


class Paragraph:
    def __init__(self, place, words, mistakes):
        self.place, self.words, self.mistakes = place, words, mistakes


def paragraphs(path):
    found, lines, first = [], [], 0
    with open(path, encoding="utf-8") as f:
        text = f.read().split("\n") + [""]
    for number, line in enumerate(text, 1):
        if line.startswith("#"):
            continue
        if line.strip():
            first = first or number
            lines.append(line)
        elif lines:
            found.append(Paragraph(f"{os.path.basename(path)}:{first}", [w for w in lines if w[0] != " "],
                                   [w.strip() for w in lines if w[0] == " "]))
            lines, first = [], 0
    return found


def beginnings(mistake):
    """The mistake without its wrong end, and without more of its words: what an example may stand behind."""
    cuts = {0} | {m.end() for m in re.finditer(r"\s+|(?<=[([{,:.=<>/*+-])(?=\S)|(?=[({,.])", mistake)}
    return [mistake[:c] for c in sorted(cuts, reverse=True)]


def readable(texts):
    """Those of the texts that the parser takes whole."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as f:
        f.write("".join(f"  {t}\n" for t in texts))
        f.flush()
        run = subprocess.run([PROGRAM, "--try", f.name], capture_output=True, text=True, check=True)
    return {line.split("\t", 1)[1] for line in run.stdout.splitlines() if line.startswith("-1\t")}


def examples(paragraph):
    for words in paragraph.words:
        for piece in re.findall(r"`([^`]+)`", words):
            shown = piece.split("…")[0].strip()
            if shown and shown not in WITHIN_A_TOKEN:
                yield piece, shown


def places(paragraph, shown):
    """Texts in which the example stands behind a beginning of a mistake."""
    for mistake in paragraph.mistakes:
        for start in beginnings(mistake):
            yield f"{start}{shown}".strip()
            yield f"{start.rstrip()} {shown}".strip()
            yield f"{start.rstrip()}{shown}".strip()


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--show", action="store_true")
    options = args.parse_args()
    files = sorted(glob.glob(os.path.join(ROOT, "grammar", "expected", "*.txt")))
    all_paragraphs = [p for path in files for p in paragraphs(path)]
    wanted = [(p, piece, list(places(p, shown))) for p in all_paragraphs for piece, shown in examples(p)]
    read = readable({t for _, _, texts in wanted for t in texts})
    passed = failed = 0
    for p in all_paragraphs:    # in a file of the other language its examples are shown
        if len(p.words) == 2 and p.words[0].count("`") != p.words[1].count("`"):
            print(f"grammar/expected/{p.place}: not as many examples in both languages")
            failed += 1
    for p, piece, texts in wanted:
        good = next((t for t in texts if t in read), None)
        passed, failed = passed + (good is not None), failed + (good is None)
        if good is None:
            print(f"grammar/expected/{p.place}: `{piece}` cannot be read where its mistakes stand")
        elif options.show:
            print(f"{p.place}: `{piece}` in: {good}")
    share = subprocess.run([sys.executable, os.path.join(ROOT, "tools", "expected.py"), "--program", PROGRAM,
                            "--least", str(LEAST)], capture_output=True, text=True, check=False)
    print(share.stdout.strip() or share.stderr.strip())
    if share.returncode != 0:
        print(f"at least {LEAST}% are wanted: tools/expected.py --missing drafts the rest")
        failed += 1
    else:
        passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
