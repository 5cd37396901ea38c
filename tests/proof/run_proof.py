#!/usr/bin/env python3
"""Journals, checkpoints and proofs against an independent verifier (verifier.py), which knows docs/journal.md alone. What
is done to them is in run_changed.py. REMIT_SEED seeds all that is random.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Optional

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "survive"))

import mixed  # noqa: E402
import trials as t  # noqa: E402
from trials import expect, good, refused  # noqa: E402

import verifier as v  # noqa: E402

PAGE = ROOT / "docs" / "journal.md"
NAME = "example.com/small"


# ----------------------------------------------------------------------------------------------------- the page

def page_effects() -> dict[int, tuple[str, list[str]]]:
    """The table of effects on the page."""
    out = {}
    rows = PAGE.read_text(encoding="utf-8").split("<!-- effects")[1].split("\n\n")[0]
    for number, kind, data in re.findall(r"^\| (\d+) \| (.*?) \| (.*?) \|$", rows, re.M):
        out[int(number)] = (kind.strip("`"), [name for name in data.split(", ") if name])
    return out


def engine_effects() -> dict[int, tuple[str, list[str]]]:
    """The engine's own table, to hold the page against."""
    names, rows, numbers = {}, {}, {}
    attributes = re.findall(r"^ATTRIBUTE\(\w+, \w+, \w+, (\w+),", (ROOT / "grammar/keywords.def").read_text("utf-8"), re.M)
    for line in (ROOT / "engine/run/effect.def").read_text("utf-8").splitlines():
        if found := re.match(r'EFFECT\((\w+), (\d+), "(.*?)", \w+\)', line):
            numbers[found[1]], names[found[1]], rows[found[1]] = int(found[2]), found[3] or "an emitted event", []
        elif found := re.match(r'DATA\((\w+), \w+, "(.*?)", \w+\)', line):
            rows[found[1]].append(found[2])
        elif found := re.match(r"#define ATTRIBUTE.* DATA\((\w+),", line):
            rows[found[1]] += attributes
    return {numbers[name]: (names[name], rows[name]) for name in numbers}


def the_page_has_all_effects(_folder: Path) -> None:
    expect(page_effects() == engine_effects(), "docs/journal.md has another table of effects than engine/run/effect.def")


# ------------------------------------------------------------------------------------------------------ ledgers

def quick(*words: Any) -> subprocess.CompletedProcess[bytes]:
    """As trials.call, without its bounds: for thousands of calls."""
    return subprocess.run([t.REMIT, *map(str, words)], capture_output=True, check=False, timeout=60)


class Case:
    """A ledger, its exported journal, a checkpoint, and the keys."""

    def __init__(self, folder: Path, policy: str, lines: list[str], until: str = "") -> None:
        folder.mkdir(parents=True)
        self.folder, self.ledger = folder, folder / "ledger"
        (folder / "p.remit").write_text(policy, encoding="utf-8")
        self.key, self.witness = folder / "key", folder / "witness"
        good("key", "make", self.key, "--name", NAME)
        good("key", "make", self.witness, "--name", "w.example/1", "--witness")
        self.add(lines, until)

    def add(self, lines: list[str], until: str = "") -> None:
        """Runs more events, then exports and signs anew."""
        events = self.folder / "e.jsonl"
        events.write_text("\n".join(lines) + "\n", encoding="utf-8")
        more = ["--until", until] if until else []
        good("run", "--ledger", self.ledger, "--policy", self.folder / "p.remit", "--events", events, "--quiet", *more)
        self.journal, self.checkpoint = self.folder / "journal", self.folder / "checkpoint"
        good("log", "export", "--ledger", self.ledger, self.journal)
        good("log", "checkpoint", "--ledger", self.ledger, "--key", self.key, "--out", self.checkpoint)
        self.read()

    def read(self) -> None:
        self.raw = self.journal.read_bytes()
        self.parts = v.journal_read(self.raw)
        self.entries = self.parts.entries()
        self.public = v.key_read(self.pub().read_text(encoding="utf-8"))
        self.signed = v.checkpoint_read(self.checkpoint.read_bytes())

    def pub(self) -> Path:
        return self.folder / "key.pub"

    def verify(self, raw: Optional[bytes] = None, *more: Any) -> tuple[int, list[dict[str, Any]]]:
        """What `remit log verify` finds in a file of these bytes, beside its exit code."""
        path = self.journal
        if raw is not None:
            path = self.folder / "changed"
            path.write_bytes(raw)
        done = quick("log", "verify", path, "--checkpoint", self.checkpoint, "--key", self.pub(), "--json", *more)
        expect(done.returncode in (0, 1), f"exit {done.returncode}: {t.text(done.stderr)}")
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return done.returncode, [one for one in found if "finding" in one]


def small(folder: Path) -> Case:
    return Case(folder / "small", t.SMALL_POLICY, t.small_day())


def large(folder: Path) -> Case:
    """Some 700 entries: three blocks, the last of which is not full."""
    lines = [t.event("claim.opened", f"2026-03-02T09:{n // 4:02}:{n % 4}0+08:00", f"C{n}", size=n % 9 + 1) for n in range(230)]
    return Case(folder / "large", t.SMALL_POLICY, lines)


def mixed_case(folder: Path, seed: int) -> Case:
    made = mixed.make(seed, 120, False)
    return Case(folder / f"mixed{seed}", made.policy, made.lines, made.until)


# ---------------------------------------------------------------------------------------------- what is whole

def shows_the_same(case: Case) -> None:
    """The entries, decoded by the page, say what `remit log` says."""
    reader = v.Entries(page_effects())
    shown = [json.loads(line) for line in good("log", "--ledger", case.ledger, "--json").splitlines()]
    expect(len(shown) == len(case.entries), f"{len(shown)} entries are shown, {len(case.entries)} exported")
    for said, raw in zip(shown, case.entries):
        entry, what = reader.read(raw), f"entry {said['index']}"
        expect(entry["kind"] == said["kind"], f"{what}: {entry['kind']}, not {said['kind']}")
        for name in ("id", "source"):
            if name in said:
                value = entry[name].decode("utf-8", "replace") if isinstance(entry[name], bytes) else entry[name]
                expect(value == said[name], f"{what}: {name} is {value}")
        if entry["kind"] == "reject":
            expect(entry["line"].decode("utf-8", "replace") == said["line"], f"{what}: another line")
            expect(entry["reason"] == said["reason"], f"{what}: another reason")
        if entry["kind"] == "effect" and entry["type"] != "an emitted event":
            effect = said["effect"]
            expect(entry["type"] == effect["type"], f"{what}: {entry['type']}")
            if entry["cause"] and entry["cause"][0] == 1:
                by = reader.read(case.entries[entry["cause"][1]])
                name = by["id"].decode("utf-8", "replace") if isinstance(by["id"], bytes) else by["id"]
                expect(name == effect["cause"], f"{what}: caused by {by['id']}")
        if entry["kind"] == "genesis":
            expect(entry == {key: said[key] for key in entry}, f"{what}: {entry}")


def is_whole(case: Case) -> None:
    v.journal_whole(case.parts)
    v.checkpoint_verify(case.signed, case.public, [], 0)
    expect(case.signed.size == len(case.entries) and case.signed.root == case.parts.root, "the checkpoint is of another root")
    expect(v.journal_write(v.journal_of(case.entries)) == case.raw, "the file is not the one that the page describes")
    expect(case.verify() == (0, []), "it is not whole")
    more = ["--checkpoint", case.checkpoint, "--key", case.pub()]
    expect(b"whole: " in good("log", "verify", "--ledger", case.ledger, *more), "the ledger is not whole")


def proofs_hold(case: Case, rng: random.Random, most: int) -> None:
    """Proofs of inclusion and of consistency, read by the other verifier."""
    size, hashes = len(case.entries), [v.entry_hash(entry) for entry in case.entries]
    where = ["--ledger", case.ledger, "--checkpoint", case.checkpoint]
    for index in rng.sample(range(size), min(most, size)):
        path = case.folder / "proof"
        good("log", "prove", "inclusion", "--index", index, *where, "--out", path)
        proof = v.proof_read(path.read_bytes())
        expect(proof.number == index and proof.entry == case.entries[index], f"the proof of {index} is of another entry")
        v.inclusion_verify(proof, case.signed)
        good("log", "verify", path, "--key", case.pub())
    for old in rng.sample(range(size + 1), min(most, size + 1)):
        to = rng.randint(max(old, 1), size)
        told = json.loads(good("log", "prove", "consistency", "--from", old, "--to", to, "--ledger", case.ledger, "--json"))
        proof = v.Proof(old, None, [v.base64_read(hash) for hash in told["hashes"]], None)
        now = v.Checkpoint(case.signed.note, "", to, v.root_of(hashes[:to]))
        v.consistency_verify(proof, v.root_of(hashes[:old]), now)
        expect(told["size"] == to, "of another size")


def journals_are_what_the_page_says(folder: Path) -> None:
    rng = random.Random(f"proofs {t.SEED}")
    kinds = set()
    cases = [small(folder), large(folder)] + [mixed_case(folder, t.SEED % 1000 + n) for n in range(3)]
    for number, case in enumerate(cases):
        is_whole(case)
        shows_the_same(case)
        proofs_hold(case, rng, 1000 if number == 0 else 6)
        kinds |= {v.Entries(page_effects()).read(entry)["kind"] for entry in case.entries}
    expect(kinds >= {"genesis", "clock", "event", "tick", "reject", "effect", "change"}, f"only {sorted(kinds)} were seen")


def a_retry_is_in_the_journal(folder: Path) -> None:
    case = Case(folder / "retry", t.SMALL_POLICY, t.small_day())
    before = len(case.entries)
    text = (case.folder / "p.remit").read_text(encoding="utf-8")
    lines = [t.event("claim.opened", "2026-03-05T09:00:00+08:00", "LATE1", size=2)]
    events = case.folder / "late.jsonl"
    events.write_text("\n".join(lines) + "\n", encoding="utf-8")
    call = ["--ledger", case.ledger, "--policy", case.folder / "p.remit"]
    done = t.call("run", *call, "--events", events, "--quiet", "--not-after", "2026-03-04T00:00:00+08:00")
    expect(done.returncode == 0 and text, "the run failed")
    good("retry", *call)
    good("log", "export", "--ledger", case.ledger, case.journal)
    entries = [v.Entries(page_effects()).read(entry) for entry in v.journal_read(case.journal.read_bytes()).entries()]
    kinds = [entry["kind"] for entry in entries[before:]]
    expect("reject" in kinds and kinds[-1] == "retried", f"{kinds}")
    expect(entries[-1]["reject"] == before + kinds.index("reject"), "it names another reject")


# ---------------------------------------------------------------------------------------- whatever is done to them

def entry_places(case: Case) -> list[tuple[int, int]]:
    """Where each entry's bytes stand in the file."""
    out, at = [], len(v.HEAD)
    for part in case.parts.parts:
        raw = v.journal_write(v.Journal([part]))[len(v.HEAD):-2]
        if isinstance(part, bytes):
            out.append((at + len(raw) - len(part), at + len(raw)))
        at += len(raw)
    return out


def named(case: Case, found: list[dict[str, Any]], kinds: tuple[str, ...], index: int) -> bool:
    """Whether a finding of one of the kinds names the entry, or one of the same bytes."""
    for one in found:
        if one["finding"] not in kinds:
            continue
        for at in (one["from"], one["to"]):
            if at == index or (at < len(case.entries) and index < len(case.entries) and case.entries[at] == case.entries[index]):
                return True
    return False


def within(found: list[dict[str, Any]], index: int) -> bool:
    return any(one["from"] <= index <= one["to"] for one in found if one["finding"] in ("within", "root", "rewritten", "short"))


def flipped_bytes_are_found(folder: Path) -> None:
    case, rng = small(folder), random.Random(f"flips {t.SEED}")
    places = entry_places(case)
    for at in range(t.SEED % 23, len(case.raw), 23):  # all of them: tests/unit/test_judge.c
        raw = bytearray(case.raw)
        raw[at] ^= rng.randint(1, 255)
        code, found = case.verify(bytes(raw))
        expect(code == 1 and found, f"byte {at} of {len(raw)}, changed to {raw[at]}, is not found")
        index = next((n for n, (begin, end) in enumerate(places) if begin <= at < end), None)
        if index is not None:
            expect(named(case, found, ("changed",), index) and len(found) == 1, f"byte {at}, of entry {index}: {found}")
        elif len(v.HEAD) <= at < places[-1][1]: # tag and length of a record
            index = next(n for n, (begin, _) in enumerate(places) if at < begin)
            expect(any(one["from"] <= index <= one["to"] for one in found), f"byte {at}, before entry {index}: {found}")


def bytes_of_large_ones_are_found(folder: Path) -> None:
    case, rng = large(folder), random.Random(f"large {t.SEED}")
    places, single = entry_places(case), 0
    for _ in range(30):
        raw, at = bytearray(case.raw), rng.randrange(len(case.raw))
        raw[at] ^= rng.randint(1, 255)
        code, found = case.verify(bytes(raw))
        expect(code == 1 and found, f"byte {at} of {len(raw)}, changed to {raw[at]}, is not found")
        single += len(found) == 1
        index = next((n for n, (begin, end) in enumerate(places) if begin <= at < end), None)
        if index is not None:
            expect(named(case, found, ("changed",), index) and len(found) == 1, f"byte {at}, of entry {index}: {found}")
    expect(single > 25, f"only {single} of 30 have one finding")


def block_of(parts: list[Any], index: int) -> int:
    """The place among the parts of the seal behind the entry."""
    seen = -1
    for at, part in enumerate(parts):
        seen += isinstance(part, bytes)
        if seen >= index and not isinstance(part, bytes):
            return at
    raise AssertionError(index)


def place_of(parts: list[Any], index: int) -> int:
    return [at for at, part in enumerate(parts) if isinstance(part, bytes)][index]


Change = Callable[[Case, int, random.Random], Optional[tuple[list[Any], tuple[str, ...], list[int]]]]


def changed(case: Case, index: int, rng: random.Random) -> Any:
    parts, entry = list(case.parts.parts), bytearray(case.entries[index])
    entry[rng.randrange(len(entry))] ^= rng.randint(1, 255)
    parts[place_of(parts, index)] = bytes(entry)
    return parts, ("changed",), [index]


def lengthened(case: Case, index: int, _rng: random.Random) -> Any:
    parts = list(case.parts.parts)
    parts[place_of(parts, index)] = case.entries[index] + b"\0"
    return parts, ("changed",), [index]


def dropped(case: Case, index: int, _rng: random.Random) -> Any:
    parts = list(case.parts.parts)
    del parts[place_of(parts, index)]
    return parts, ("dropped",), [index]


def copied(case: Case, index: int, _rng: random.Random) -> Any:
    parts = list(case.parts.parts)
    parts.insert(place_of(parts, index), case.entries[index])
    return parts, ("added",), [index, index + 1]


def invented(case: Case, index: int, _rng: random.Random) -> Any:
    parts = list(case.parts.parts)
    parts.insert(place_of(parts, index), b"\2\1\0")
    return parts, ("added",), [index]


def swapped(case: Case, index: int, rng: random.Random) -> Any:
    """With the next one, or any other of the file."""
    other = index + 1 if rng.random() < 0.5 else rng.randrange(len(case.entries))
    if other >= len(case.entries) or case.entries[other] == case.entries[index]:
        return None
    parts = list(case.parts.parts)
    a, b = place_of(parts, index), place_of(parts, other)
    parts[a], parts[b] = parts[b], parts[a]
    return parts, ("moved",), [index, other]


def moved(case: Case, index: int, rng: random.Random) -> Any:
    """To another place of its block."""
    first = index // 256 * 256
    to = rng.randrange(first, min(first + 255, len(case.entries) - 1))
    between = case.entries[min(index, to):max(index, to) + 1]
    if len(set(between)) != len(between) or len(between) < 3:
        return None
    parts = list(case.parts.parts)
    entry = parts.pop(place_of(parts, index))
    parts.insert(place_of(parts, to), entry)
    return parts, ("moved",), [index]


def dropped_with_hash(case: Case, index: int, _rng: random.Random) -> Any:
    parts = list(case.parts.parts)
    at = block_of(parts, index)
    hashes = list(parts[at].hashes)
    del hashes[index - parts[at].first]
    if not hashes:
        return None
    parts[at] = replace(parts[at], hashes=hashes)
    del parts[place_of(parts, index)]
    return parts, (), []


def changed_with_hash(case: Case, index: int, _rng: random.Random) -> Any:
    parts = list(case.parts.parts)
    at, entry = block_of(parts, index), case.entries[index] + b"!"
    hashes = list(parts[at].hashes)
    hashes[index - parts[at].first] = v.entry_hash(entry)
    parts[at] = replace(parts[at], hashes=hashes)
    parts[place_of(parts, index)] = entry
    return parts, (), []


KINDS: list[Change] = [changed, lengthened, dropped, copied, invented, swapped, moved, dropped_with_hash, changed_with_hash]


def each_entry(case: Case, rng: random.Random, step: int) -> None:
    tried = 0
    for index in range(0, len(case.entries), step):
        for kind in KINDS:
            made = kind(case, index, rng)
            if made is None:
                continue
            parts, said, where = made
            code, found = case.verify(v.journal_write(replace(case.parts, parts=parts)))
            what = f"entry {index} of {len(case.entries)}, {kind.__name__}: {found}"
            expect(code == 1 and found, what)
            if said:
                expect(any(named(case, found, said, at) for at in where), what)
            else:
                expect(within(found, index), what)
            tried += 1
    expect(tried > len(case.entries) // step * 6, f"only {tried} were tried")


def entries_of_a_small_ledger(folder: Path) -> None:
    each_entry(small(folder), random.Random(f"each {t.SEED}"), 2)  # all of them: tests/unit/test_judge.c


def entries_of_a_large_ledger(folder: Path) -> None:
    each_entry(large(folder), random.Random(f"some {t.SEED}"), 67)


def a_file_written_anew_is_found(folder: Path) -> None:
    """Right in itself, but not what was signed; with an older checkpoint it is known up to where it is whole."""
    case = large(folder)
    older = case.folder / "older"
    shutil.copy(case.checkpoint, older)
    old = len(case.entries)
    case.add([t.event("claim.opened", f"2026-03-03T10:00:{n:02}+08:00", f"D{n}", size=2) for n in range(40)])
    for index in (3, 255, 256, old - 1, old, len(case.entries) - 1):
        for entries in (case.entries[:index] + case.entries[index + 1:],
                        case.entries[:index] + [case.entries[index] + b"?"] + case.entries[index + 1:],
                        case.entries[:index] + [b"\2\1\0"] + case.entries[index:]):
            code, found = case.verify(v.journal_write(v.journal_of(entries)), "--checkpoint", older)
            expect(code == 1, f"entry {index}: it is whole")
            spans = [one for one in found if one["finding"] in ("rewritten", "short")]
            expect(any(one["from"] <= index <= one["to"] or one["finding"] == "short" for one in spans), f"{index}: {found}")
            if index >= old:
                expect(all(one["from"] >= old for one in spans), f"{index}: what the older checkpoint covers is whole: {found}")
    code, found = case.verify(v.journal_write(v.journal_of(case.entries[:-5])))
    expect(code == 1 and found[0]["finding"] == "short", f"{found}")


def blocks_and_ends(folder: Path) -> None:
    """Whole blocks dropped or exchanged, files cut anywhere, bytes behind the end."""
    case, rng = large(folder), random.Random(f"blocks {t.SEED}")
    parts = case.parts.parts
    cut = parts[:257] + parts[514:]
    code, found = case.verify(v.journal_write(replace(case.parts, parts=cut)))
    expect(code == 1 and found[0] | {"message": ""} ==
           {"finding": "dropped", "from": 256, "to": 511, "message": ""}, f"a block dropped: {found}")
    turned = parts[257:514] + parts[:257] + parts[514:]
    code, found = case.verify(v.journal_write(replace(case.parts, parts=turned)))
    expect(code == 1 and found, "blocks turned round")
    code, found = case.verify(case.raw + b"!")
    expect(code == 1 and found[0]["finding"] == "trailing", f"bytes behind the end: {found}")
    for _ in range(30):
        code, found = case.verify(case.raw[:rng.randrange(len(case.raw))])
        expect(code == 1 and found, "a cut file")
        expect(any(one["finding"] in ("end", "head", "short") for one in found), f"a cut file: {found}")


def bytes_of_evidence(folder: Path) -> None:
    """Each byte of a checkpoint and of proofs: what is changed proves nothing."""
    case, rng = small(folder), random.Random(f"evidence {t.SEED}")
    older = case.folder / "older"
    shutil.copy(case.checkpoint, older)
    case.add([t.event("claim.opened", "2026-03-03T10:00:00+08:00", "D", size=2)])
    where = ["--ledger", case.ledger, "--checkpoint", case.checkpoint]
    proof, longer = case.folder / "proof", case.folder / "longer"
    good("log", "prove", "inclusion", "--index", 4, *where, "--out", proof)
    good("log", "prove", "consistency", "--from", v.checkpoint_read(older.read_bytes()).size, *where, "--out", longer)
    key = ["--key", case.pub()]
    for path, words in ((case.checkpoint, [case.journal, "--checkpoint", case.checkpoint]), (proof, [proof]),
                        (longer, [longer, "--checkpoint", older]), (older, [longer, "--checkpoint", older])):
        raw = path.read_bytes()
        good("log", "verify", *words, *key)
        for at in range(rng.randrange(9), len(raw), 9):
            changed_raw = bytearray(raw)
            changed_raw[at] ^= rng.randint(1, 255)
            path.write_bytes(changed_raw)
            refused_quietly(1, "log", "verify", *words, *key)
        path.write_bytes(raw)


def refused_quietly(code: int, *words: Any) -> None:
    done = quick(*words)
    expect(done.returncode == code, f"exit {done.returncode}, not {code}, of {' '.join(map(str, words))}")


# --------------------------------------------------------------------------------------------------- who signs what

def a_key_signs_one_history(folder: Path) -> None:
    case = small(folder)
    mode = stat.S_IMODE(case.key.stat().st_mode)
    expect(mode == 0o600, f"the private key's mode is {mode:o}")
    refused(3, "key", "make", case.key, "--name", NAME, says="there is such a file")
    saved = case.folder / "saved"
    shutil.copytree(case.ledger, saved)
    case.add([t.event("claim.opened", "2026-03-03T10:00:00+08:00", "D", size=2)])
    sign = ["log", "checkpoint", "--key", case.key, "--ledger"]
    refused(1, *sign, saved, says="set back")
    other = Case(folder / "other", t.SMALL_POLICY, t.small_day()[:-1] +
                 [t.event("claim.opened", f"2026-03-04T1{n}:00:00+08:00", f"E{n}", size=2) for n in range(9)])
    refused(1, *sign, other.ledger, says="not those that this key has signed")
    good(*sign, case.ledger)


def witnesses_look(folder: Path) -> None:
    case = small(folder)
    log, second = v.key_read(case.pub().read_text("utf-8")), case.folder / "witness2"
    good("key", "make", second, "--name", "w.example/2", "--witness")
    pubs = [case.folder / "witness.pub", case.folder / "witness2.pub"]
    publics = [v.key_read(pub.read_text("utf-8")) for pub in pubs]
    sign = ["log", "cosign", case.checkpoint, "--log", case.pub(), "--at", "2026-03-09T00:00:00Z"]
    good(*sign, "--key", case.witness, "--out", case.checkpoint)
    needs = ["log", "verify", case.journal, "--checkpoint", case.checkpoint, "--key", case.pub(), "--key", pubs[0],
             "--key", pubs[1], "--witnesses"]
    good(*needs, 1)
    refused_quietly(1, *needs, 2)
    good(*sign, "--key", second, "--out", case.checkpoint)
    good(*needs, 2)
    v.checkpoint_verify(v.checkpoint_read(case.checkpoint.read_bytes()), log, publics, 2)
    before = v.checkpoint_read(case.checkpoint.read_bytes())
    older = case.folder / "older"
    shutil.copy(case.checkpoint, older)
    # The log goes on: a proof, the exported journal or the ledger shows it; without any it is not signed.
    case.add([t.event("claim.opened", "2026-03-03T10:00:00+08:00", "D", size=2)])
    proof = case.folder / "proof"
    good("log", "prove", "consistency", "--from", before.size, "--ledger", case.ledger, "--out", proof)
    refused(2, *sign, "--key", case.witness, says="consistency proof from there")
    for shown in (["--proof", proof], ["--journal", case.journal], ["--ledger", case.ledger]):
        seen = (case.folder / "witness.seen").read_bytes()
        note = v.checkpoint_read(good(*sign, "--key", case.witness, *shown))
        v.checkpoint_verify(note, log, publics[:1], 1)
        (case.folder / "witness.seen").write_bytes(seen)
    good(*sign, "--key", case.witness, "--ledger", case.ledger)
    # Another history under the same key, and an older checkpoint.
    (case.folder / "key.seen").unlink()
    other = Case(folder / "other", t.SMALL_POLICY, [t.event("claim.opened", f"2026-03-04T0{n}:00:00+08:00", f"E{n}", size=2)
                                                   for n in range(1, 10)] * 1)
    good("log", "checkpoint", "--ledger", other.ledger, "--key", case.key, "--out", other.checkpoint)
    forked = ["log", "cosign", other.checkpoint, "--log", case.pub(), "--key", case.witness]
    said = refused(1, *forked, "--ledger", other.ledger)
    expect("not those" in said or "set back" in said, said)
    refused(1, "log", "cosign", older, "--log", case.pub(), "--key", case.witness, says="set back")
    refused(1, "log", "cosign", older, "--log", pubs[1], "--key", case.witness, says="not signed by the log's key")


def keys_give_way(folder: Path) -> None:
    case = small(folder)
    first = case.folder / "first"
    shutil.copy(case.checkpoint, first)
    size, old = len(case.entries), case.public
    keys = [case.key]
    rotations: list[Path] = []
    for n in (2, 3):
        key, rotation = case.folder / f"key{n}", case.folder / f"rotation{n}"
        good("key", "make", key, "--name", NAME)
        good("key", "rotate", keys[-1], f"{key}.pub", "--from", size + n - 2, "--out", rotation)
        at, old = v.rotation_read(rotation.read_bytes(), old)
        expect(at == size + n - 2, "of another size")
        keys.append(key)
        rotations.append(rotation)
    case.add([t.event("claim.opened", "2026-03-03T10:00:00+08:00", "D", size=2)])  # signed by the first key still
    by_first = ["log", "verify", case.journal, "--key", case.pub(), "--checkpoint"]
    chain = ["--rotation", rotations[1], "--rotation", rotations[0]]
    good(*by_first, case.checkpoint)
    refused_quietly(1, *by_first, case.checkpoint, *chain)  # it had been replaced by then
    newest = case.folder / "newest"
    good("log", "checkpoint", "--ledger", case.ledger, "--key", keys[2], "--out", newest)
    refused_quietly(1, *by_first, newest)
    good(*by_first, newest, *chain)
    refused_quietly(1, *by_first, newest, "--rotation", rotations[1])  # a link of the chain is missing
    v.checkpoint_verify(v.checkpoint_read(newest.read_bytes()), old, [], 0)
    refused(2, "key", "rotate", keys[2], case.folder / "witness.pub", "--from", 9, says="the new key must be")


# ------------------------------------------------------------------------------------------------ a ledger's folder

def a_changed_ledger_is_found(folder: Path) -> None:
    """Each entry changed where it stands in data.mdb; and any byte, which may crash LMDB but not the verification."""
    case, rng = large(folder), random.Random(f"ledger {t.SEED}")
    data = case.ledger / "data.mdb"
    raw = data.read_bytes()
    words = ["log", "verify", "--ledger", case.ledger, "--checkpoint", case.checkpoint, "--key", case.pub(), "--json"]
    tried = 0
    for index, entry in enumerate(case.entries):
        if index % 12 != 0 or len(entry) < 12 or raw.count(entry) == 0:
            continue
        changed_raw = bytearray(raw)
        at = -1
        while (at := raw.find(entry, at + 1)) >= 0:  # pages that LMDB has freed may hold it too
            changed_raw[at + len(entry) // 2] ^= rng.randint(1, 255)
        data.write_bytes(changed_raw)
        done = t.call(*words)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        expect(done.returncode == 1, f"entry {index}: exit {done.returncode}: {t.text(done.stderr)}")
        expect(any(one["from"] <= index <= one["to"] for one in found if "finding" in one), f"entry {index}: {found}")
        tried += 1
    expect(tried > 20, f"only {tried} entries were changed")
    seen = {0: 0, 1: 0}
    for _ in range(60):
        changed_raw = bytearray(raw)
        for _ in range(rng.choice((1, 1, 20))):
            at = rng.randrange(len(raw))
            changed_raw[at - at % 4096 + rng.randrange(24) if rng.random() < 0.5 else at] ^= rng.randint(1, 255)
        data.write_bytes(changed_raw)
        done = t.call(*words, limit=20)
        expect(done.returncode in seen, f"exit {done.returncode}: {t.text(done.stderr)}")
        seen[done.returncode] += 1
    data.write_bytes(raw)
    print(f"of 60 changed ledgers {seen[1]} are found not whole")
    expect(seen[1] > 10, "few are found")


def calls_that_are_wrong(folder: Path) -> None:
    case = small(folder)
    key = ["--key", case.pub()]
    checkpoint = ["--checkpoint", case.checkpoint]
    refused(2, "log", "verify", case.folder / "gone", *key, *checkpoint, says="gone")
    refused(2, "log", "verify", case.journal, *key, says="a checkpoint is needed")
    refused(2, "log", "verify", case.journal, *checkpoint, says="--key")
    refused(2, "log", "verify", case.journal, *checkpoint, "--key", case.key, says="private key")
    refused(2, "log", "verify", case.journal, *checkpoint, *key, "--witnesses", 1, says="witnesses")
    refused(2, "log", "prove", "inclusion", "--ledger", case.ledger, "--index", len(case.entries), says="none with number")
    refused(2, "log", "prove", "consistency", "--ledger", case.ledger, "--from", len(case.entries) + 1, says="not fewer")
    refused(2, "log", "checkpoint", "--ledger", case.ledger, "--key", case.witness, says="witness's key")
    refused(2, "log", "cosign", case.checkpoint, "--log", case.pub(), "--key", case.key, says="log's key")
    refused(2, "log", "checkpoint", "--ledger", case.folder / "none", "--key", case.key, says="no ledger")
    refused(2, "key", "make", case.folder / "k", "--name", "a name", says="no name of a key")
    good("log", "verify", case.journal, "--unsigned")


WHOLE = (the_page_has_all_effects, journals_are_what_the_page_says, a_retry_is_in_the_journal, a_key_signs_one_history,
         witnesses_look, keys_give_way, calls_that_are_wrong)
CHANGED = (flipped_bytes_are_found, bytes_of_large_ones_are_found, entries_of_a_small_ledger, entries_of_a_large_ledger,
           a_file_written_anew_is_found, blocks_and_ends, bytes_of_evidence, a_changed_ledger_is_found)


def main() -> int:
    suite = t.Suite("proof")
    for test in WHOLE:
        suite.run(test)
    return suite.end()


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    sys.exit(main())
