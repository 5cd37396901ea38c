#!/usr/bin/env python3
"""Hostile input: lines that no one should send, policies and bundles that are cut or changed.

Each must be refused with a reason, or taken as what it says; never a crash, and what follows it goes on.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import random
import sys
from pathlib import Path
from typing import Iterator, Optional

import trials as t
from trials import Job, expect

REMIT, REMIT_ASAN = t.REMIT, t.REMIT_ASAN
PROGRAMS = {"release": REMIT, "sanitized": REMIT_ASAN}
DEEP = 100_000
LONG = 16 << 20
TIME = "2026-03-02T09:00:00+08:00"

# ---------------------------------------------------------------------------------------------------- lines


def members(**more: object) -> dict[str, object]:
    return {"specversion": "1.0", "id": "x", "source": "/t", "type": "claim.opened", "time": TIME,
            "data": {"claim": "K", "size": 1}, **more}


def line(**more: object) -> bytes:
    return json.dumps(members(**more), ensure_ascii=False).encode("utf-8", "surrogatepass")


def field(name: str, raw: str) -> bytes:
    """An event with a field as this JSON text."""
    return line()[:-2] + f', "{name}": {raw}}}}}'.encode()


def size(raw: str) -> bytes:
    return line().replace(b'"size": 1', b'"size": ' + raw.encode())


# What each line is, the line, and why it is refused (None: it is taken).
LINES: list[tuple[str, bytes, Optional[str]]] = [
    ("nothing but a brace", b"{", "malformed"),
    ("an array", b"[]", "malformed"),
    ("a text", b'"x"', "malformed"),
    ("a NUL byte", b"\0", "malformed"),
    ("a NUL byte in a text", line(id="a\0b").replace(b"\\u0000", b"\0"), "malformed"),
    ("NUL bytes behind the event", line(id="nul-behind") + b"\0\0\0", "malformed"),
    ("bytes that are not UTF-8", line(id="Q").replace(b"Q", b"\xff\xfe"), "malformed"),
    ("an overlong form", line(id="Q").replace(b"Q", b"\xc0\xaf"), "malformed"),
    ("a surrogate in UTF-8", line(id="\ud800"), "malformed"),
    ("half a pair escaped", line(id="Q").replace(b"Q", b"\\ud800"), "malformed"),
    ("a member twice", line(id="twice")[:-1] + b', "type": "claim.closed"}', "malformed"),
    ("a field twice", field("claim", '"L"'), "malformed"),
    ("a member twice, escaped once", line(id="twice2")[:-1] + b', "t\\u0079pe": "claim.closed"}', "malformed"),
    ("arrays a hundred thousand deep", b"[" * DEEP, "malformed"),
    ("objects a hundred thousand deep", b'{"a":' * DEEP, "malformed"),
    ("a field a thousand deep", field("note", "[" * 1000 + "]" * 1000), "malformed"),
    ("a byte order mark inside the file", b"\xef\xbb\xbf" + line(id="bom"), "malformed"),
    ("a comment", b"// x", "malformed"),
    ("a comma too many", line(id="comma")[:-1] + b",}", "malformed"),
    ("single quotes", b"{'id': 'x'}", "malformed"),
    ("a second event on the line", line(id="s1") + line(id="s2"), "malformed"),
    ("NaN", size("NaN"), "malformed"),
    ("a number with a plus", size("+1"), "malformed"),
    ("a number with a zero before it", size("01"), "malformed"),
    ("a number that ends with a point", size("1."), "malformed"),
    ("a whole number as a decimal", size("1.5"), "schema"),
    ("a whole number beyond its range", size("10"), "schema"),
    ("a whole number of 400 digits", size("9" * 400), "schema"),
    ("an exponent beyond all", size("1e400"), "schema"),
    ("an exponent of 400 digits", size("1e" + "9" * 400), "schema"),
    ("an exponent below all", size("1e-400"), "schema"),
    ("a number of a megabyte", size("1" * (1 << 20)), "schema"),
    ("an unknown field", field("siez", "1"), "schema"),
    ("an unknown type", line(type="claim.opend"), "schema"),
    ("an empty type", line(type=""), "malformed"),
    ("an empty id", line(id=""), "malformed"),
    ("an id that is a number", line(id=7), "malformed"),
    ("another version", line(specversion="2.0"), "malformed"),
    ("data that is a text", line(data="x"), "schema"),
    ("a type of a megabyte", line(type="a" * (1 << 20)), "malformed"),
    ("an instant without an offset", line(time="2026-03-02T09:00:00"), "malformed"),
    ("30 February", line(time="2026-02-30T09:00:00Z"), "malformed"),
    ("hour 24", line(time="2026-03-02T24:00:00Z"), "malformed"),
    ("year 10000", line(time="10000-03-02T09:00:00Z"), "malformed"),
    ("an offset of a day", line(time="2026-03-02T09:00:00+24:00"), "malformed"),
    ("an offset with 60 minutes", line(time="2026-03-02T09:00:00+08:60"), "malformed"),
    ("an id of more than 64 KiB", line(id="i" * 65537), "malformed"),
    ("a key of 64 KiB", line(id="key", data={"claim": "k" * 65536, "size": 1}), "failed"),
    ("a text of more than a megabyte", field("note", json.dumps("n" * ((1 << 20) + 1))), "schema"),
    ("a fraction without digits", line(time="2026-03-02T09:00:00.Z"), "malformed"),
]

# Lines that are taken, each with another claim, and what the event's field is then.
NUMBERS = [("0.1", "0.1"), ("0.30", "0.30"), ("100000000000000001", "100000000000000001"),
           ("123456789012345678", "123456789012345678"), ("1e3", "1000"), ("-0", "0"), ("0.000001", "0.000001")]


def accepted() -> Iterator[tuple[str, bytes]]:
    yield "an id of 64 KiB", line(id="i" * 65536, data={"claim": "A1", "size": 1})
    yield "a leap second", line(id="leap", time="2016-12-31T23:59:60Z", data={"claim": "A2", "size": 1})
    yield "nine digits of a second", line(id="nine", time=TIME.replace("00+", "00.123456789+"),
                                          data={"claim": "A3", "size": 1})
    yield "members in another order", json.dumps(dict(reversed(members(id="order").items()))).encode()
    yield "blanks around", b" \t" + line(id="blanks", data={"claim": "A4", "size": 1}) + b" \t"
    yield "all escapes", line(id="esc", data={"claim": "A5", "size": 1, "note": "\u0001\u001b[31m\"\\/\b\f\n\r\t\U0001f600"})
    yield "a byte order mark before the first line", b"\xef\xbb\xbf" + line(id="bom", data={"claim": "A0", "size": 1})
    yield "an unknown attribute", line(id="ext", data={"claim": "A6", "size": 1}, traceparent="00-x")
    for number, (raw, _) in enumerate(NUMBERS):
        yield f"the number {raw}", line(id=f"n{number}", data={"claim": f"N{number}", "size": 1})[:-2] + \
            f', "rate": {raw}}}}}'.encode()


def each_line_is_judged(folder: Path, program: str) -> None:
    """One file with all of them between good ones: each is kept with its place and reason, and the run goes on."""
    policy, events = folder / "p.remit", folder / "e.jsonl"
    policy.write_text(t.SMALL_POLICY, encoding="utf-8")
    raw, wanted, names = bytearray(), [], []
    for number, (name, bad, reason) in enumerate(LINES):
        if reason is not None:
            wanted.append((len(raw), reason))
            names.append(name)
        raw += bad + (b"\r\n" if number % 3 == 0 else b"\n")
        raw += b"\n" * (number % 2)
        raw += t.event("claim.opened", TIME, f"G{number}", size=1).encode() + b"\n"
    events.write_bytes(raw)
    job = Job(folder / "job", policy, [events], until=None, program=PROGRAMS[program])
    job.run()
    got = [(one["offset"], one["reason"]) for one in t.shown("rejected", job.ledger)]
    for name, have, want in zip(names, got, wanted):
        expect(have == want, f"{name}: {have}, not {want}")
    expect(len(got) == len(wanted), f"{len(got)} rejected, not {len(wanted)}")
    duties = {one["key"][0] for one in t.shown("duties", job.ledger)}
    expect({f"G{number}" for number in range(len(LINES))} <= duties, "a good line between them is lost")
    written = job.effects.read_bytes()
    for effect in written.splitlines():
        json.loads(effect.decode("utf-8"))
    state = t.digest(job.ledger)
    job.run()
    expect(t.digest(job.ledger) == state and job.effects.read_bytes() == written, "the second run adds something")


def good_lines_are_taken(folder: Path, program: str) -> None:
    policy, events = folder / "p.remit", folder / "e.jsonl"
    policy.write_text(t.SMALL_POLICY + "rule echo on claim.opened as c where c.size = 1 { emit claim.seen "
                      "{ claim: c.claim  rate: c.rate } }\nevent claim.seen { claim: id  rate: number? }\n",
                      encoding="utf-8")
    for name, one in accepted():
        events.write_bytes(one)  # and no line's end
        job = Job(folder / f"{len(list(folder.iterdir()))}", policy, [events], until=None, program=PROGRAMS[program])
        job.run()
        rejected = t.shown("rejected", job.ledger)
        expect(not rejected, f"{name}: {str(rejected)[:500]}")
        for raw, said in NUMBERS:
            if name == f"the number {raw}":
                expect(f'"rate":"{said}"' in t.text(job.effects.read_bytes()), f"{name}: {job.effects.read_bytes()!r}")


def the_longest_line_is_kept(folder: Path, program: str) -> None:
    """A line of just so many bytes as a line may have, and one that makes as much of itself as it can."""
    policy, events = folder / "p.remit", folder / "e.jsonl"
    copies = " ".join(f"a{n}: c.note" for n in range(40))
    policy.write_text(t.SMALL_POLICY + f"event much {{ {' '.join(f'a{n}: text?' for n in range(40))} }}\n"
                      f"rule multiply on claim.opened as c where c.size = 9 {{ emit much {{ {copies} }} }}\n")
    events.write_bytes(b"x" * (LONG - 1) + b"\n" + line(data={"claim": "M", "size": 9, "note": "n" * (1 << 20)}) +
                       b"\n" + t.event("claim.opened", TIME, "G", size=1).encode())
    job = Job(folder / "job", policy, [events], until=None, program=PROGRAMS[program])
    job.run()
    got = [one["reason"] for one in t.shown("rejected", job.ledger)]
    expect(got == ["malformed", "failed"], f"rejected are {got}")
    expect([one["key"] for one in t.shown("duties", job.ledger)] == [["G"]], "the good line is lost")


def long_lines_are_refused(folder: Path, program: str, form: str, what: str) -> None:
    """Longer than a line may be; its beginning is kept, and the good line behind it is taken."""
    policy, events = folder / "p.remit", folder / f"e.{form}"
    policy.write_text(t.SMALL_POLICY, encoding="utf-8")
    bad = {"blanks": b" " * (LONG + 5), "an event and blanks": line(id="long") + b" " * (LONG + 5),
           "an open text": b'{"id":"' + b"x" * (2 * LONG), "quotes": b'"' * (LONG + 7),
           "zeros": b"\0" * (LONG + 1)}[what]
    if form == "csv":
        events.write_bytes(b"id,source,type,time,claim,size\n" + bad + f"\ng,/t,claim.opened,{TIME},G,1\n".encode())
    else:
        events.write_bytes(bad + b"\n" + t.event("claim.opened", TIME, "G", size=1).encode())
    job = Job(folder / "job", policy, [events], until=None, program=PROGRAMS[program])
    job.run()
    rejected = t.shown("rejected", job.ledger)
    expect([one["reason"] for one in rejected] == ["malformed"], str(rejected)[:300])
    expect(len(rejected[0]["line"]) <= 4096, "all of it is kept")
    expect([one["key"] for one in t.shown("duties", job.ledger)] == [["G"]], "the good line behind it is lost")


def an_open_quote_takes_no_other_row(folder: Path, program: str) -> None:
    policy, events = folder / "p.remit", folder / "e.csv"
    policy.write_text(t.SMALL_POLICY, encoding="utf-8")
    row = f"/t,claim.opened,{TIME}"
    events.write_text(f'id,source,type,time,claim,size,note\na,{row},A,1,5" pipe\nb,{row},B,1,x\n'
                      f'c,{row},C,1,"never closed\nd,{row},D,1,y\ne,{row},E,1,z\n')
    job = Job(folder / "job", policy, [events], until=None, program=PROGRAMS[program])
    job.run()
    rejected = t.shown("rejected", job.ledger)
    lines = [t.kept_line(one) for one in rejected]
    expect(["5\" pipe" in line or "never closed" in line for line in lines] == [True, True] and
           all("\n" not in line for line in lines), str(rejected))
    expect(sorted(one["key"][0] for one in t.shown("duties", job.ledger)) == ["B", "D", "E"], "a good row is lost")


def csv_rows_are_judged(folder: Path, program: str) -> None:
    policy, events = folder / "p.remit", folder / "e.csv"
    policy.write_text(t.SMALL_POLICY, encoding="utf-8")
    rows: list[tuple[bytes, Optional[str]]] = [
        (b"b1,/t,claim.opened,%s,K1,3,x" % TIME.encode(), None),
        (b"b2,/t,claim.opened,%s,K2,3" % TIME.encode(), None),
        (b"b3,/t,claim.opened,%s,K3,3,x,y" % TIME.encode(), "malformed"),
        (b"b4,/t,claim.opened,%s,K4,0,x" % TIME.encode(), "schema"),
        (b"b5,/t,claim.opened,yesterday,K5,3,x", "malformed"),
        (b"b6,/t,claim.closed,%s,K1,,note" % TIME.encode(), "schema"),
        (b"b7,/t,claim.opened,%s,K7,3,a\"b" % TIME.encode(), "malformed"),
        (b"b8,/t,claim.opened,%s,K8,3,\xff\xfe" % TIME.encode(), "malformed"),
        (b"b9,/t,claim.opened,%s,K9,3,\0" % TIME.encode(), None),
        (b",,claim.opened,%s,K10,3," % TIME.encode(), None),
        (b"b11,/t,claim.opened,%s,K11,1e400," % TIME.encode(), "schema"),
        (b'"b12",/t,claim.opened,%s,K12,3,"two\r\nlines, ""quoted"""' % TIME.encode(), None),
        (b"", None), (b"\r", None),
        (b"b13,/t,claim.opened,%s,K13,3,the last" % TIME.encode(), None),
    ]
    events.write_bytes(b"\xef\xbb\xbfid,source,type,time,claim,size,note\r\n" + b"\n".join(row for row, _ in rows))
    job = Job(folder / "job", policy, [events], until=None, program=PROGRAMS[program])
    job.run()
    got = [one["reason"] for one in t.shown("rejected", job.ledger)]
    expect(got == [reason for _, reason in rows if reason], f"rejected for {got}")
    for effect in job.effects.read_bytes().splitlines():
        json.loads(effect.decode("utf-8"))


# ------------------------------------------------------------------------------------------ policies and bundles

def judge_many(jobs: list[tuple[bytes, str]], folder: Path, name: str, program: str, codes: set[int],
               *words: str, at_once: int = 2) -> dict[int, int]:
    """Writes each as a file and runs the program over it; counts the exit codes."""
    def one(number: int) -> int:
        path = folder / f"{number % 2}-{number}-{name}"
        path.write_bytes(jobs[number][0])
        done = t.call(words[0], *(str(path) if word == "@" else word for word in words[1:]), program=program)
        path.unlink()
        expect(done.returncode in codes, f"{jobs[number][1]}: exit {done.returncode}: {t.text(done.stderr)[:2000]}")
        expect(done.returncode == 0 or done.stderr or done.stdout, f"{jobs[number][1]}: no word of why")
        return done.returncode
    with concurrent.futures.ThreadPoolExecutor(max_workers=at_once) as pool:
        out = list(pool.map(one, range(len(jobs))))
    return {code: out.count(code) for code in sorted(set(out))}


def cuts(raw: bytes, step: int) -> list[tuple[bytes, str]]:
    every = 1 if os.environ.get("SURVIVE_ALL") else step
    return [(raw[:n], f"cut to {n} of {len(raw)} bytes") for n in range(t.SEED % every, len(raw), every)]


def policies_cut_anywhere(folder: Path, program: str, step: int) -> None:
    raw = t.SMALL_POLICY.encode()
    print(judge_many(cuts(raw, step), folder, "p.remit", PROGRAMS[program], {0, 1}, "check", "@"))


def sealed_again(bundle: bytes) -> bytes:
    """With the checksum that its other bytes have."""
    return bundle[:-32] + hashlib.sha256(bundle[:-32]).digest()


def bundles_cut_or_changed(folder: Path, program: str, step: int) -> None:
    """A cut or changed bundle is refused by its checksum; made anew, what it says is refused or runs clean."""
    policy, bundle, events = folder / "p.remit", folder / "p.remitc", folder / "e.jsonl"
    policy.write_text(t.SMALL_POLICY, encoding="utf-8")
    t.good("build", policy, "--output", bundle)
    events.write_text("\n".join(t.small_day()))
    raw = bundle.read_bytes()
    rng = random.Random(f"bundles {t.SEED}")
    print(judge_many(cuts(raw, step), folder, "b.remitc", PROGRAMS[program], {2}, "disasm", "@"))
    changed = []
    for _ in range(len(raw) // step):
        at = rng.randrange(len(raw))
        changed.append((raw[:at] + bytes([raw[at] ^ rng.randint(1, 255)]) + raw[at + 1:], f"byte {at} changed"))
    sealed = [(sealed_again(one), what) for one, what in changed if one[-32:] == raw[-32:]]
    for bundles, exits in ((changed, {2}), (sealed, {0, 2})):
        print(judge_many(bundles, folder, "b.remitc", PROGRAMS[program], exits, "decide", "--policy", "@", "--events",
                         str(events)))
    ledger = folder / "ledger"
    t.good("run", "--ledger", ledger, "--policy", bundle, "--events", events)
    before = t.good("show", "digest", "--ledger", ledger)
    # Sealed anew, one that is changed in its remarks alone may be given: the ledger goes on under its own.
    for bundles, exits in ((changed[:20], {2}), (sealed[:20], {0, 2})):
        print(judge_many(bundles, folder, "b.remitc", PROGRAMS[program], exits, "run", "--ledger", str(ledger),
                         "--policy", "@", "--events", str(events), at_once=1))
    expect(t.good("show", "digest", "--ledger", ledger) == before, "a changed bundle changed the ledger")
    expect(len(raw) > 1000 and changed, "nothing was tried")


def main() -> int:
    suite = t.Suite("hostile")
    for program in PROGRAMS:
        release = program == "release"
        suite.run(each_line_is_judged, program)
        suite.run(good_lines_are_taken, program)
        suite.run(csv_rows_are_judged, program)
        suite.run(an_open_quote_takes_no_other_row, program)
        suite.run(the_longest_line_is_kept, program)
        suite.run(policies_cut_anywhere, program, 12 if release else 60)
        suite.run(bundles_cut_or_changed, program, 150 if release else 400)
    suite.run(long_lines_are_refused, "release", "jsonl", "an event and blanks")
    suite.run(long_lines_are_refused, "release", "csv", "zeros")
    suite.run(long_lines_are_refused, "sanitized", "jsonl", "blanks")
    if os.environ.get("SURVIVE_ALL"):
        for what in ("blanks", "an open text", "quotes"):
            suite.run(long_lines_are_refused, "release", "jsonl", what)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
