#!/usr/bin/env python3
"""Feeds in each encoding, held against Python's codecs.

    REMIT=build/remit tests/feeds/run_encodings.py [--seed N]

- Each character of GB 18030, of two bytes and of four, is what Python and the edition of 2022 say; what is none is refused.
- One table in seven encodings gives the same events with the same ids, in file order and sorted by time, from a file and from
  standard input, and the same digest.
- Bytes that are not of the encoding refuse their row, at its place; no other row is lost, and what is kept is what stood there."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile

REMIT = os.path.abspath(os.environ.get("REMIT", "build/remit"))
ENCODINGS = {  # of a policy: (Python's codec, mark)
    "utf-8": ("utf-8", b"\xef\xbb\xbf"), "gbk": ("gb18030", b""), "gb18030": ("gb18030", b""), "gb2312": ("gb18030", b""),
    "utf-16le": ("utf-16-le", b""), "utf-16be": ("utf-16-be", b""), "utf-16": ("utf-16-be", b"\xfe\xff")}
# Pairs that the editions after the first moved from private characters.
MOVED = dict(zip("A6D9 A6DA A6DB A6DC A6DD A6DE A6DF A6EC A6ED A6F3 A8BC FE59 FE61 FE66 FE67 FE6D FE7E FE90 FEA0".split(),
                 "︐︒︑︓︔︕︖︗︘︙ḿ龴龵龶龷龸龹龺龻"))
failures = []


def expect(what, ok, detail=""):
    if not ok:
        failures.append(what)
        print("FAILED: %s %s" % (what, detail))


def policy(name):
    lines = ['policy "Desk" version "1" { zone "Asia/Shanghai" }', "event seen { row: id  line: text }"]
    for order in ("in file order", "sorted by time"):
        lines.append('feed f%s from csv { encoding "%s"  separator "|"  %s  columns { row "号": id  day "日期": date  line "内容": text }'
                     "  at day seen { row: row  line: line } }" % (order[0], name, order))
    lines.append('feed lines from csv { encoding "%s"  without header  quote "~"  separator "^"' % name)
    lines.append("  columns { line \"1\": text  day \"2\": date = 2026-03-02 }  at day seen { row: line  line: line } }")
    return "\n".join(lines) + "\n"


def feed(folder, name, path, data=None):
    done = subprocess.run([REMIT, "feed", name, path, "--policy", folder + "/p.remit", "--quiet"], capture_output=True, input=data)
    expect("remit feed ends", done.returncode == 0, "%d %s" % (done.returncode, done.stderr[-500:]))
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode(errors="replace").splitlines()


def put(path, data):
    with open(path, "wb") as f:
        f.write(data)


def gb18030(data):
    """Python's decoder, but for what moved, and the euro sign of Windows; None: it is none."""
    text = ""
    while data:
        pair = data[:2].hex().upper()
        n = 1 if data[0] <= 0x80 else 4 if 0x30 <= (data[1:2] or b"\0")[0] <= 0x39 else 2
        if pair in MOVED or data[0] == 0x80:
            text += MOVED.get(pair, "€")
        elif data[:4] == b"\x81\x35\xf4\x37":
            text += "\ue7c7"  # what the pair A8BC stood for
        else:
            try:
                text += data[:n].decode("gb18030")
            except UnicodeDecodeError:
                return None
        data = data[n:]
    return text


def characters(folder, _):
    """A row for each; those of one byte that mean something to the form are left out."""
    codes = [bytes([a, b]) for a in range(0x80, 0x100) for b in range(0x30, 0x100) if chr(b) not in "^~"]
    codes += [bytes([a, b, c, d]) for a in (0x81, 0x83, 0x84, 0x85, 0x8F, 0x90, 0x95, 0xE3, 0xE4, 0xFE) for b in range(0x30, 0x3A)
              for c in range(0x81, 0xFF) for d in range(0x30, 0x3A)]
    codes += [b"\x80", b"\xff", b"\x81", b"\x81\x30", b"\x81\x30\x81", b"\x81\x30\xff\x30", b"\x81\x30\x81\x2f"]
    put(folder + "/p.remit", policy("gb18030").encode())
    put(folder + "/a.csv", b"".join(b"x%dx" % i + code + b"\n" for i, code in enumerate(codes)))
    got, told = feed(folder, "lines", folder + "/a.csv")
    got = {e["data"]["line"] for e in got}
    want = set()
    for i, code in enumerate(codes):
        text = gb18030(code)
        if text is not None:
            want.add("x%dx" % i + text)
    expect("characters of GB 18030", got == want, "%d, %d: %s" % (len(got), len(want), sorted(got ^ want)[:6]))
    expect("what is none is refused", len(told) == len(codes) - len(want), "%d, %d" % (len(told), len(codes) - len(want)))


def letters(r, n):
    """Text of all planes; no low byte of it is a mark of the form."""
    out = ""
    while len(out) < n:
        c = chr(r.choice([r.randrange(0x61, 0x7B), r.randrange(0x4E00, 0x9FA6), r.randrange(0xA1, 0x250), r.randrange(0x20000, 0x2A6D7)]))
        if not set(c.encode("utf-16-le")) & set(b"\n\r|^~\" "):
            out += c
    return out


def alike(folder, r):
    rows = [["号", "日期", "内容"]]
    rows += [["甲%d" % i, "2026-03-%02d" % r.randrange(1, 29), letters(r, r.randrange(1, 90)) + r.choice(["", "\n第二行", '""', "|镾"])]
             for i in range(700)]
    table = "".join("|".join('"%s"' % c if '"' in c or "\n" in c or "|" in c else c for c in row) + r.choice(["\n", "\r\n"]) for row in rows)
    first = {}
    for name, (codec, mark) in ENCODINGS.items():
        put(folder + "/p.remit", policy(name).encode())
        data = mark + table.encode(codec)
        put(folder + "/a.csv", data)
        for order in "is":
            got, told = feed(folder, "f" + order, folder + "/a.csv")
            first.setdefault(order, got)
            expect("%s, %s: events" % (name, order), len(got) == 700 and got == first[order] and not told, "%d %s" % (len(got), told[:2]))
        expect("%s: standard input" % name, feed(folder, "fi", "-", data)[0] == first["i"])
        ledger = "%s/%s" % (folder, name)
        subprocess.run([REMIT, "run", "--ledger", ledger, "--policy", folder + "/p.remit", "--feed", "fs=" + folder + "/a.csv",
                        "--effects", ledger + ".jsonl", "--quiet"], check=True)
        log = subprocess.run([REMIT, "log", "--ledger", ledger], capture_output=True, check=True).stdout
        expect("%s: journal" % name, log == first.setdefault("log", log))


def decoded(row, codec):
    try:
        return gb18030(row) if codec == "gb18030" else row.decode(codec)
    except UnicodeDecodeError:
        return None


def ascii_of(text):
    return [c for c in text if ord(c) < 0x80]


def damaged(folder, r):
    for name in ("gbk", "utf-16le", "utf-16be", "utf-8"):
        codec = ENCODINGS[name][0]
        end = "\n".encode(codec)
        put(folder + "/p.remit", policy(name).encode())
        for trial in range(12):
            body = bytearray("".join("%d %s\n" % (i, letters(r, 12)) for i in range(60)).encode(codec))
            for _ in range(r.randrange(1, 30)):
                body[r.randrange(len(body))] = r.choice([0xFF, 0x80, 0x81, 0xD8, 0xDC, 0x30, 0x0A, 0xC4])
            if name == "utf-16le" and trial % 2 == 0:
                body += b"x"
            rows, at = [], 0
            while at < len(body):
                to = at
                while to < len(body) and body[to:to + len(end)] != end:
                    to += len(end)
                rows.append((at, bytes(body[at:to])))
                at = to + len(end)
            good, bad = [], []
            for at, row in rows:
                text = decoded(row, codec)
                if text is None:
                    bad.append((at, row))
                elif text.strip(" \t\r\n"):
                    good.append(text.strip(" \t\r\n"))
            put(folder + "/d.csv", body)
            ledger = "%s/%s%d" % (folder, name, trial)
            subprocess.run([REMIT, "run", "--ledger", ledger, "--policy", folder + "/p.remit", "--feed", "lines=" + folder + "/d.csv",
                            "--effects", ledger + ".jsonl", "--quiet"], check=True)
            shown = subprocess.run([REMIT, "show", "rejected", "--ledger", ledger, "--json"], capture_output=True, check=True).stdout
            rejects = [json.loads(line) for line in shown.splitlines()]
            got, _ = feed(folder, "lines", folder + "/d.csv")
            expect("%s %d: events" % (name, trial), [e["data"]["line"] for e in got] == good, "%d, %d" % (len(got), len(good)))
            expect("%s %d: places" % (name, trial), [x["offset"] for x in rejects] == [at for at, _ in bad],
                   "%s, %s" % ([x["offset"] for x in rejects][:5], bad[:3]))
            expect("%s %d: bytes" % (name, trial), all("its byte" in x["message"] for x in rejects))
            expect("%s %d: what is kept" % (name, trial), [ascii_of(x["line"]) for x in rejects] == [ascii_of(map(chr, row)) for _, row in bad])


def main():
    arguments = sys.argv[1:]
    seed = int(arguments[arguments.index("--seed") + 1]) if "--seed" in arguments else int(os.environ.get("REMIT_SEED", "1"))
    r = random.Random(seed)
    parts = (characters, alike, damaged)
    for part in parts:
        with tempfile.TemporaryDirectory() as folder:
            part(folder, r)
    print("run_encodings: seed %d" % seed)
    print("%d passed, %d failed" % (len(parts) - min(len(failures), len(parts)), len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
