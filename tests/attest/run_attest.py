#!/usr/bin/env python3
"""Attestations: an independent reader (attested.py) and the program say the same of them; whatever is changed is found and
named, entry by entry; what somebody with the key makes up is run again and does not follow. REMIT_SEED seeds all that is
random.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any, Optional

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "proof"))

import attested as a  # noqa: E402
import run_proof as p  # noqa: E402
import trials as t  # noqa: E402
import verifier as v  # noqa: E402
from trials import expect, good, refused  # noqa: E402


class Attested(p.Case):
    """A ledger and an attestation of all of it. What `verify` finds is what the program finds in one of these bytes."""

    def read(self) -> None:
        super().read()
        self.path = self.folder / "attest"
        self.raw_attest = self.attest()

    def attest(self, *more: Any) -> bytes:
        good("attest", "--ledger", self.ledger, "--key", self.key, "--output", self.path, *more)
        return self.path.read_bytes()

    def check(self, raw: bytes, *more: Any) -> tuple[int, list[dict[str, Any]]]:
        path = self.folder / "changed"
        path.write_bytes(raw)
        done = p.quick("verify", path, "--key", self.pub(), "--json", *more)
        expect(done.returncode in (0, 1), f"exit {done.returncode}: {t.text(done.stderr)}")
        said = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode == 1 and not said:  # its first line is another
            expect(b"neither an exported journal" in done.stderr, t.text(done.stderr))
            said = [{"finding": "head", "from": 0, "to": 0, "message": t.text(done.stderr)}]
        return done.returncode, said

    def found(self, raw: bytes, *more: Any) -> list[dict[str, Any]]:
        """What is wrong with a file that is not whole."""
        code, said = self.check(raw, *more)
        found = [one for one in said if "finding" in one]
        expect((code == 1) == bool(found), f"exit {code}, and {found}")
        return found

    def private(self) -> str:
        return self.key.read_text(encoding="utf-8")


def small(folder: Path) -> Attested:
    return Attested(folder / "small", t.SMALL_POLICY, t.small_day(), "2026-03-03T00:00:00+08:00")


def mixed_case(folder: Path, seed: int) -> Attested:
    made = p.mixed.make(seed, 120, False)
    return Attested(folder / f"mixed{seed}", made.policy, made.lines, made.until)


def versions(folder: Path) -> Attested:
    """A ledger that went on under a second version."""
    case = small(folder)
    later = case.folder / "p.remit"
    later.write_text(t.SMALL_POLICY.replace('version "1"', 'version "2"').replace("4 hours", "3 hours"), encoding="utf-8")
    good("adopt", "--ledger", case.ledger, "--policy", later, "--from", "2026-03-04T00:00:00+08:00")
    case.add([t.event("claim.opened", "2026-03-04T09:00:00+08:00", "N1", size=2)], "2026-03-05T00:00:00+08:00")
    return case


def input_ends(case: Attested, reader: v.Entries) -> list[int]:
    """The last entries of all that follows from an input, by the page."""
    ends, moved = [], False
    for index, entry in enumerate(case.entries):
        kind = reader.read(entry)["kind"]
        if kind == "clock" or (kind in ("event", "tick", "reject", "retried", "policy", "migrate") and not moved):
            ends.append(index - 1)
        if kind in ("clock", "event", "tick", "reject", "retried", "policy", "migrate"):
            moved = kind == "clock"
    return ends + [len(case.entries) - 1]


# ---------------------------------------------------------------------------------------------------- what is whole

def attestations_are_what_the_page_says(folder: Path) -> None:
    for case in [small(folder), versions(folder / "v")] + [mixed_case(folder, t.SEED % 1000 + n) for n in range(2)]:
        file = a.verify(case.raw_attest, case.public)
        entries = v.journal_read(file.journal).entries()
        expect(entries == case.entries, "other entries than the exported journal")
        expect(a.write(file.policies, entries, case.public, case.private()).split(b"\n\n", 1)[1].split(b"\n\n", 1)[1]
               == case.raw_attest.split(b"\n\n", 1)[1].split(b"\n\n", 1)[1], "the page describes another file")
        code, said = case.check(case.raw_attest)
        expect(code == 0 and said[-1] == {"whole": True, "entries": len(entries)}, f"{said}")
        expect(said[-2]["same"] and said[-2]["again"] == len(entries), f"{said}")


def ranges_end_where_an_input_does(folder: Path) -> None:
    case = versions(folder)
    ends = input_ends(case, v.Entries(p.page_effects()))
    for to in range(t.SEED % 2, len(case.entries), 2):
        file = a.verify(case.attest("--to", to), case.public)
        expect(file.last == min(end for end in ends if end >= to), f"to {to}: it ends at {file.last}, of {ends}")
        good("verify", case.path, "--key", case.pub(), "--checkpoint", case.checkpoint)
    refused(2, "attest", "--ledger", case.ledger, "--key", case.key, "--to", len(case.entries), says="there is no entry")
    refused(2, "attest", "--ledger", case.ledger, "--key", case.key, "--from", 3, says="begins with")


def a_key_or_unsigned(folder: Path) -> None:
    case = small(folder)
    refused(2, "verify", case.path, says="whose signature?")
    said = t.text(good("verify", case.path, "--unsigned"))
    expect("nobody vouches for it: " + case.pub().read_text(encoding="utf-8").strip() in said, said)
    other = folder / "other"
    good("key", "make", other, "--name", p.NAME)
    done = t.call("verify", case.path, "--key", f"{other}.pub")
    expect(done.returncode == 1 and b"not signed by a key that is trusted" in done.stdout, t.text(done.stdout))
    good("key", "make", folder / "next", "--name", p.NAME)
    rotation = folder / "rotation"
    good("key", "rotate", case.key, folder / "next.pub", "--from", len(case.entries), "--out", rotation)
    case.key = folder / "next"
    case.attest()
    good("verify", case.path, "--key", folder / "small" / "key.pub", "--rotation", rotation)


def witnesses_and_older_checkpoints(folder: Path) -> None:
    case = small(folder)
    older = case.folder / "older"
    older.write_bytes(case.checkpoint.read_bytes())
    good("log", "cosign", case.checkpoint, "--key", case.witness, "--log", case.pub(), "--out", case.checkpoint)
    keys = ["--key", case.pub(), "--key", f"{case.witness}.pub", "--witnesses", 1]
    done = t.call("verify", case.path, *keys)
    expect(done.returncode == 1 and b"too few witnesses" in done.stdout, t.text(done.stdout))
    case.attest("--checkpoint", case.checkpoint)
    good("verify", case.path, *keys)
    case.add([t.event("claim.opened", "2026-03-05T09:00:00+08:00", "N1", size=2)])
    good("verify", case.path, "--key", case.pub(), "--checkpoint", older)
    forged = [entry if n != 3 else entry + b"!" for n, entry in enumerate(case.entries)]
    raw = a.write(a.read(case.raw_attest).policies, forged, case.public, case.private())
    expect(any(one["finding"] == "root" for one in case.found(raw, "--checkpoint", older)), "the older checkpoint is not held against it")


# ------------------------------------------------------------------------------------------------ what is changed

def part_of(file: a.Attest, at: int) -> tuple[str, int]:
    """The part in which a byte stands, and its number among those of its kind."""
    policies = 0
    for kind, begin, end in file.places:
        if begin <= at < end:
            return kind, policies
        policies += kind == "policy"
    return "head", 0


def named(found: list[dict[str, Any]], kind: str, number: int) -> bool:
    if kind == "head":
        return found[0]["finding"] in ("head", "signature")
    if kind == "policy":
        return found[0]["finding"] == "policy" and f"number {number} " in found[0]["message"]
    if kind == "proof":
        return found[0]["finding"] == "proof"
    return found[0]["finding"] not in ("policy", "proof", "head", "signature") or "the head is not" in found[0]["message"]


def bytes_changed_dropped_and_added(folder: Path) -> None:
    case, rng = versions(folder), random.Random(f"bytes {t.SEED}")
    raw, file = case.raw_attest, a.verify(case.raw_attest, case.public)
    places = [(begin + file.places[-1][1], end + file.places[-1][1]) for begin, end in p.entry_places(case)]
    picks = sorted(set(rng.sample(range(len(raw)), 70)) | set(range(t.SEED % 23, a.head_end(raw) + 2, 23)))
    for at in picks:
        kind, number = part_of(file, at)
        flipped = raw[:at] + bytes([raw[at] ^ rng.randint(1, 255)]) + raw[at + 1:]
        found = case.found(flipped)
        expect(found and named(found, kind, number), f"byte {at} of {kind} {number} changed: {found}")
        index = next((n for n, (begin, end) in enumerate(places) if begin <= at < end), None)
        if index is not None:
            expect(len(found) == 1 and p.named(case, found, ("changed",), index), f"byte {at} of entry {index}: {found}")
        found = case.found(raw[:at] + raw[at + 1:])
        expect(found and (named(found, kind, number) or part_of(file, at + 1) != (kind, number)), f"byte {at} of {kind} dropped: {found}")
        found = case.found(raw[:at] + bytes([rng.randrange(256)]) + raw[at:])
        expect(found and (kind == "journal" or len(found) < 3), f"a byte before {at} of {kind} added: {found}")
    expect(case.found(raw + b"!"), "a byte behind the end is not found")
    for cut in rng.sample(range(len(raw)), 20):
        expect(case.found(raw[:cut]), f"it is cut at {cut}")


def entries_changed_dropped_added_moved(folder: Path) -> None:
    case, rng = versions(folder), random.Random(f"entries {t.SEED}")
    begin = a.verify(case.raw_attest, case.public).places[-1][1]
    tried = 0
    for index in range(len(case.entries)):
        for kind in rng.sample(p.KINDS, 4):
            made = kind(case, index, rng)
            if made is None:
                continue
            parts, said, where = made
            found = case.found(case.raw_attest[:begin] + v.journal_write(p.replace(case.parts, parts=parts)))
            what = f"entry {index} of {len(case.entries)}, {kind.__name__}: {found}"
            if said:
                expect(any(p.named(case, found, said, at) for at in where), what)
            else:
                expect(p.within(found, index), what)
            tried += 1
    expect(tried > len(case.entries) * 2, f"only {tried} were tried")


# ------------------------------------------------------------------------------------------- what is made up

def first_difference(case: Attested, policies: list[bytes], entries: list[bytes]) -> Optional[int]:
    """Of a file that its owner signed, where what follows is another."""
    raw = a.write(policies, entries, case.public, case.private())
    found = case.found(raw)
    follows = [one for one in found if one["finding"] == "follows"]
    expect(bool(found) == bool(follows), f"{found}")
    return follows[0]["from"] if follows else None


def what_is_made_up_does_not_follow(folder: Path) -> None:
    """The owner of the key signs what he likes; the policy and the inputs say otherwise."""
    case, rng = versions(folder), random.Random(f"made up {t.SEED}")
    file = a.verify(case.raw_attest, case.public)
    kinds = [v.Entries(p.page_effects()).read(entry)["kind"] for entry in case.entries]
    expect(first_difference(case, file.policies, case.entries) is None, "it does not follow")
    for index, kind in enumerate(kinds):
        if kind != "effect":
            continue
        without = case.entries[:index] + case.entries[index + 1:]
        at = first_difference(case, file.policies, without)
        expect(at == index, f"effect {index} left out: {at}")
        entry = bytearray(case.entries[index])
        entry[-1] ^= 1
        at = first_difference(case, file.policies, case.entries[:index] + [bytes(entry)] + case.entries[index + 1:])
        expect(at == index, f"effect {index} changed: {at}")
        twice = case.entries[:index + 1] + [case.entries[index]] + case.entries[index + 1:]
        at = first_difference(case, file.policies, twice)
        expect(at == index + 1, f"effect {index} twice: {at}")
    other = case.folder / "other.remitc"
    (case.folder / "o.remit").write_text(t.SMALL_POLICY.replace("4 hours", "5 hours"), encoding="utf-8")
    good("build", case.folder / "o.remit", "--output", other)
    at = first_difference(case, [other.read_bytes()] + file.policies[1:], case.entries)
    expect(at == 0, f"another policy: {at}")
    index = rng.choice([n for n, kind in enumerate(kinds) if kind == "event"])
    at = first_difference(case, file.policies, case.entries[:index] + case.entries[index + 1:])
    expect(at is not None, f"the event {index} left out")


def what_does_not_hang_together_is_found(folder: Path) -> None:
    """Signed by the key, and yet the parts are not of each other: what the page's steps 2 to 4 are for."""
    case = versions(folder)
    policies, entries = a.verify(case.raw_attest, case.public).policies, case.entries
    write = [entries, case.public, case.private()]
    expect(not case.found(a.write(policies, *write)), "it is not whole")
    found = case.found(a.write(policies, *write, tree=v.entry_hash(b"another")))
    expect([one["finding"] for one in found] == ["proof"] and "tree of the checkpoint" in found[0]["message"], f"another tree: {found}")
    found = case.found(a.write(policies, *write, more=1))
    expect(found and found[0]["finding"] in ("short", "count"), f"more entries are said: {found}")
    for given in (policies + policies[:1], policies[:1]):
        found = case.found(a.write(given, *write))
        expect([one["finding"] for one in found] == ["policy"], f"{len(given)} policies: {found}")
    found = case.found(a.write(policies[::-1], *write))
    expect([(one["finding"], one["from"]) for one in found] == [("follows", 0)], f"policies turned round: {found}")


# ------------------------------------------------------------------------------------------------ signed policies

def only_signed_policies_are_taken(folder: Path) -> None:
    case, rng = small(folder), random.Random(f"signed {t.SEED}")
    bundle, sig = case.folder / "p.remitc", case.folder / "p.remitc.sig"
    good("build", case.folder / "p.remit", "--sign", case.key, "--output", bundle)
    note = v.note_read(sig.read_bytes())
    name = v.hashlib.sha256(bundle.read_bytes()).hexdigest()
    expect(note.text.decode() == f"remit policy 1\nSmall\n1\n{name}\n" and note.signed_by(case.public), f"{note.text!r}")
    expect(case.entries[0].endswith(bytes.fromhex(name)), "genesis names another bundle")
    call = ["retry", "--ledger", case.ledger, "--policy", bundle, "--require-signature"]
    good(*call, case.pub())
    good(*call, f"{case.witness}.pub", "--require-signature", case.pub())
    refused(2, *call, f"{case.witness}.pub", says="not signed by a key that is required")
    refused(2, "retry", "--ledger", case.ledger, "--policy", case.folder / "p.remit", "--require-signature", case.pub(),
            says="remit build --sign KEY")
    raw = sig.read_bytes()
    for at in sorted(rng.sample(range(len(raw)), 25)):
        sig.write_bytes(raw[:at] + bytes([raw[at] ^ rng.randint(1, 255)]) + raw[at + 1:])
        refused(2, *call, case.pub(), says="p.remitc.sig")
    sig.unlink()
    refused(2, *call, case.pub(), says="is not there")


ALL = [only_signed_policies_are_taken, attestations_are_what_the_page_says, ranges_end_where_an_input_does, a_key_or_unsigned, witnesses_and_older_checkpoints,
       bytes_changed_dropped_and_added, entries_changed_dropped_added_moved, what_is_made_up_does_not_follow, what_does_not_hang_together_is_found]


def main() -> int:
    suite = t.Suite("attest")
    for test in ALL:
        suite.run(test)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
