#!/usr/bin/env python3
"""The laws of `remit fmt`, over every policy of the tree, every example of the documentation, and each of them with blanks, ends
of lines and remarks put in at random (REMIT_SEED).

Laid out twice it is as laid out once; to Chinese and back, and to English and back, it is the same; no remark is lost; no line of more
than 100 columns could have been broken; and what is compiled is the same code.

    run_formatting.py [--show]      --show prints what differs
"""
import difflib
import glob
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REMIT = os.environ.get("REMIT", os.path.join(ROOT, "build/remit"))
SEED = int(os.environ.get("REMIT_SEED", "20261201"))
SHOW = "--show" in sys.argv
VARIANTS = 3
COLUMNS = 100
BLOCK = re.compile(r"^```remit[^\n]*\n(.*?)^```", re.M | re.S)
# A text, a remark, blanks, or anything else up to them.
PART = re.compile(r'"(?:[^"\\\n]|\\.)*"|“[^”\n]*”|--[^\n]*|[ \t\r\n]+|(?:(?!--)[^ \t\r\n"“])+|.', re.S)
PAGES = ["README.md", "docs/**/*.md", "tests/golden/**/*.md"]

passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print("%s: failed" % name)
        if SHOW and detail:
            print(detail)


def differ(a, b):
    return "".join(list(difflib.unified_diff(a.splitlines(True), b.splitlines(True)))[:40])


def texts():
    """Every policy and every example, by where it is from."""
    found = {}
    for pattern in ("rules/**/*.remit", "stdlib/**/*.remit", "tests/**/*.remit"):
        for path in glob.glob(os.path.join(ROOT, pattern), recursive=True):
            with open(path, encoding="utf-8") as f:
                found[os.path.relpath(path, ROOT)] = f.read()
    for pattern in PAGES:
        for path in glob.glob(os.path.join(ROOT, pattern), recursive=True):
            with open(path, encoding="utf-8", newline="") as f:
                for i, block in enumerate(BLOCK.finditer(f.read())):
                    found["%s#%d" % (os.path.relpath(path, ROOT), i)] = block[1]
    return found


def shaken(rng, text):
    """The same with other blanks, ends of lines and remarks."""
    out = []
    rate = rng.choice([0.02, 0.2, 0.9])
    for part in PART.findall(text):
        if not part.isspace() or rng.random() > rate:
            out.append(part)
            continue
        line = "\n" in part
        kind = rng.random()
        if kind < 0.1:
            out.append("  -- remark %d\n" % rng.randrange(1000))
        elif kind < 0.15:
            out.append("\n\n\n   -- remark %d  \n%s" % (rng.randrange(1000), "\n" * rng.randrange(3)))
        elif kind < 0.35 or line:
            out.append("\n" * rng.randrange(1, 4) + " " * rng.randrange(12))
        else:
            out.append(" " * rng.randrange(1, 6))
    return "".join(out)


def remarks(text):
    return [p.rstrip() for p in PART.findall(text) if p.startswith("--")]


def columns(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class Folder:
    """Texts as files of one folder, so that one call lays out all."""

    def __init__(self, all_texts):
        self.dir = tempfile.TemporaryDirectory()
        self.names = {"%05d.remit" % i: name for i, name in enumerate(all_texts)}
        for file, name in self.names.items():
            self.write(file, all_texts[name])

    def path(self, file):
        return os.path.join(self.dir.name, file)

    def write(self, file, text):
        with open(self.path(file), "w", encoding="utf-8", newline="") as f:
            f.write(text)

    def read(self):
        out = {}
        for file, name in self.names.items():
            with open(self.path(file), encoding="utf-8", newline="") as f:
                out[name] = f.read()
        return out

    def drop_faulty(self):
        """Removes what has mistakes, which is told with the file's name, as often as it takes."""
        while True:
            done = subprocess.run([REMIT, "fmt", "--check", "--json", self.dir.name], capture_output=True)
            wrong = set(re.findall(r"/(\d{5}\.remit)\"", done.stderr.decode()))
            if not wrong:
                return done.returncode
            for file in wrong:
                os.remove(self.path(file))
                del self.names[file]

    def fmt(self, *options):
        done = subprocess.run([REMIT, "fmt", *options, self.dir.name], capture_output=True)
        check("fmt %s" % " ".join(options), done.returncode == 0, done.stderr.decode()[:2000])
        return self.read()


def same(law, a, b):
    for name in a:
        check("%s: %s" % (law, name), a[name] == b[name], differ(a[name], b[name]))


def laws(all_texts):
    """Every law over these texts; what they are laid out."""
    folder = Folder(all_texts)
    folder.drop_faulty()
    before = folder.read()
    once = folder.fmt()
    same("twice is once", once, folder.fmt())
    for name, text in once.items():
        check("remarks: %s" % name, remarks(before[name]) == remarks(text))
        wide = [line for line in text.split("\n") if too_long(line)]
        check("width: %s" % name, not wide, "\n".join(wide))
    restore(folder, before)
    english = folder.fmt("--keywords", "en")
    restore(folder, before)
    chinese = folder.fmt("--keywords", "zh")
    same("English again", english, folder.fmt("--keywords", "en"))
    same("Chinese again", chinese, folder.fmt("--keywords", "zh"))
    return before, once, chinese


def restore(folder, all_texts):
    for file, name in folder.names.items():
        folder.write(file, all_texts[name])


def too_long(line):
    """A line that has a remark, one long text or the cells of a table may be long, and so may what stands deep."""
    if columns(line) <= COLUMNS or "--" in line or "|" in line or "=>" in line:
        return False
    return max(columns(w) for w in PART.findall(line)) < 40 and len(line) - len(line.lstrip()) < 40


# ---- what is compiled

def code(folder):
    """The code of a policy, without the numbers of lines."""
    done = subprocess.run([REMIT, "disasm", folder], capture_output=True)
    text = re.sub(r"^ *(\d+ +)?(\d+)  ", r"\2  ", done.stdout.decode(), flags=re.M)
    return done.returncode, text


def compiled(all_texts):
    """Each folder of rules/, as it stands, laid out, shaken and laid out, and in Chinese: the same code, and its tests pass."""
    folders = sorted({os.path.dirname(name) for name in all_texts if name.startswith("rules/")})
    rng = random.Random(SEED)
    for folder in folders:
        inside = {n: t for n, t in all_texts.items() if os.path.dirname(n) == folder}
        with tempfile.TemporaryDirectory() as tmp:
            def put(texts_of):
                for name, text in texts_of.items():
                    with open(os.path.join(tmp, os.path.basename(name)), "w", encoding="utf-8") as f:
                        f.write(text)
            for path in glob.glob(os.path.join(ROOT, folder, "*.csv")):
                with open(path, "rb") as f, open(os.path.join(tmp, os.path.basename(path)), "wb") as out:
                    out.write(f.read())
            put(inside)
            wanted = code(tmp)
            check("%s compiles" % folder, wanted[0] == 0)
            for how in ("keep", "zh", "en", "shaken"):
                if how == "shaken":
                    put({n: shaken(rng, t) for n, t in inside.items()})
                options = [] if how == "shaken" else ["--keywords", how]
                done = subprocess.run([REMIT, "fmt", *options, tmp], capture_output=True)
                if how == "shaken" and done.returncode == 1:
                    continue  # two values that a comma should part came onto one line
                found = code(tmp)
                check("%s, %s: the code" % (folder, how), found == wanted, differ(wanted[1], found[1]))
                done = subprocess.run([REMIT, "test", tmp], capture_output=True)
                check("%s, %s: the tests" % (folder, how), done.returncode == 0, done.stdout.decode()[-2000:])


def main():
    rng = random.Random(SEED)
    found = texts()
    laws(found)
    compiled(found)
    for i in range(VARIANTS):
        laws({name: shaken(rng, text) for name, text in sorted(found.items())})
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
