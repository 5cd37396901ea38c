"""A verifier of journals and proofs by docs/journal.md alone: no code of the engine, Python's own library only.

It reads exported journals, entries, keys, signed notes, checkpoints, rotations and proofs, and raises Wrong where
something is not as the page says.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import Any, Callable, Optional


class Wrong(Exception):
    """What is read is not what the page says."""


def need(holds: Any, what: str) -> None:
    if not holds:
        raise Wrong(what)


# ------------------------------------------------------------------------------------------------ Ed25519, RFC 8032

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z


def point_add(a: Point, b: Point) -> Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return (i * j % P, k * m % P, j * k % P, i * m % P)


def point_times(n: int, point: Point) -> Point:
    out: Point = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            out = point_add(out, point)
        point = point_add(point, point)
        n >>= 1
    return out


def x_of(y: int, odd: int) -> int:
    need(y < P, "no point")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    need((x * x - square) % P == 0 and not (x == 0 and odd), "no point")
    return P - x if x & 1 != odd else x


def point_read(raw: bytes) -> Point:
    y = int.from_bytes(raw, "little")
    odd, y = y >> 255, y & (2**255 - 1)
    x = x_of(y, odd)
    return (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = x_of(BASE_Y, 0)
BASE: Point = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    if len(key) != 32 or len(signature) != 64:
        return False
    try:
        a, r = point_read(key), point_read(signature[:32])
    except Wrong:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = point_times(s, BASE), point_add(r, point_times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ---------------------------------------------------------------------------------------------- the tree, RFC 9162

def entry_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes: list[bytes]) -> bytes:
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root_of(hashes[:k]), root_of(hashes[k:]))


def root_by_inclusion(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """The root that a proof of inclusion leads to, by the definition of 2.1.3.1 turned round."""
    need(0 <= index < size, "no such entry")
    if size == 1:
        need(not path, "the proof is too long")
        return leaf
    need(path, "the proof is too short")
    k = 1 << (size - 1).bit_length() - 1
    if index < k:
        return node_hash(root_by_inclusion(index, k, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_by_inclusion(index - k, size - k, leaf, path[:-1]))


def roots_by_consistency(old: int, size: int, whole: bool, old_root: bytes, path: list[bytes]) -> tuple[bytes, bytes]:
    """Both roots that a proof of consistency leads to, by 2.1.4.1 turned round."""
    if old == size:
        if whole:
            need(not path, "the proof is too long")
            return old_root, old_root
        need(len(path) == 1, "the proof is of another length")
        return path[0], path[0]
    need(path, "the proof is too short")
    k = 1 << (size - 1).bit_length() - 1
    if old <= k:
        a, b = roots_by_consistency(old, k, whole, old_root, path[:-1])
        return a, node_hash(b, path[-1])
    a, b = roots_by_consistency(old - k, size - k, False, old_root, path[:-1])
    return node_hash(path[-1], a), node_hash(path[-1], b)


# --------------------------------------------------------------------------------------------------------- bytes

@dataclass
class Take:
    raw: bytes
    at: int = 0

    def bytes(self, n: int) -> bytes:
        need(n <= len(self.raw) - self.at, "it is cut")
        self.at += n
        return self.raw[self.at - n:self.at]

    def byte(self) -> int:
        return self.bytes(1)[0]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                need(value < 2**64 and (byte != 0 or shift == 0), "a varint is not in its shortest form")
                return value
            shift += 7
            need(shift < 70, "a varint is too long")

    def zigzag(self) -> int:
        v = self.varint()
        return v >> 1 ^ -(v & 1)

    def text(self) -> bytes:
        return self.bytes(self.varint())

    def many(self, read: Callable[[], Any]) -> list[Any]:
        return [read() for _ in range(self.varint())]

    def end(self) -> None:
        need(self.at == len(self.raw), "bytes are left over")


# -------------------------------------------------------------------------------------------- the exported journal

HEAD = b"remit journal 1\n"


@dataclass
class Seal:
    first: int
    hashes: list[bytes]
    root: bytes


@dataclass
class Journal:
    """The parts of a file in order: entries (bytes) and seals, then the end."""
    parts: list[Any] = field(default_factory=list)
    size: int = 0
    root: bytes = b""

    def entries(self) -> list[bytes]:
        return [part for part in self.parts if isinstance(part, bytes)]


def journal_read(raw: bytes) -> Journal:
    need(raw.startswith(HEAD), "it is no exported journal of form 1")
    out, take = Journal(), Take(raw, len(HEAD))
    while (tag := take.byte()) != 3:
        if tag == 1:
            out.parts.append(take.text())
            continue
        need(tag == 2, f"there is no part {tag}")
        first, n = take.varint(), take.varint()
        out.parts.append(Seal(first, [take.bytes(32) for _ in range(n)], take.bytes(32)))
    out.size, out.root = take.varint(), take.bytes(32)
    take.end()
    return out


def journal_whole(journal: Journal) -> None:
    """That the file is what the page says: each seal and the end are those of the entries."""
    hashes: list[bytes] = []
    sealed = 0
    for part in journal.parts:
        if isinstance(part, bytes):
            hashes.append(entry_hash(part))
            continue
        need(part.first == sealed and sealed % 256 == 0 and 0 < len(part.hashes) <= 256, "a seal of other entries")
        need(part.hashes == hashes[sealed:], "a seal has other hashes")
        need(part.root == root_of(part.hashes), "a seal has another root")
        sealed = len(hashes)
    need(sealed == len(hashes) == journal.size, "entries without a seal, or another number")
    need(journal.root == root_of(hashes), "another root")


def varint(n: int) -> bytes:
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def journal_write(journal: Journal) -> bytes:
    out = bytearray(HEAD)
    for part in journal.parts:
        if isinstance(part, bytes):
            out += b"\1" + varint(len(part)) + part
        else:
            out += b"\2" + varint(part.first) + varint(len(part.hashes)) + b"".join(part.hashes) + part.root
    return bytes(out + b"\3" + varint(journal.size) + journal.root)


def journal_of(entries: list[bytes]) -> Journal:
    """A file of these entries that is right in itself."""
    out = Journal(size=len(entries))
    hashes = [entry_hash(entry) for entry in entries]
    for first in range(0, len(entries), 256):
        block = hashes[first:first + 256]
        out.parts += entries[first:first + 256] + [Seal(first, block, root_of(block))]
    out.root = root_of(hashes)
    return out


# ------------------------------------------------------------------------------------------------------- entries

REASONS = ["malformed", "schema", "conflict", "late", "future", "authority", "failed"]
FEWER = {13: [5], 11: [2, 3], 2: [6], 3: [6], 52: [6]}


class Entries:
    """Entries by the page; effects: number -> (type, names of its data), from its table."""

    def __init__(self, effects: dict[int, tuple[str, list[str]]]) -> None:
        self.effects = effects

    def value(self, t: Take) -> Any:
        kind = t.byte()
        if kind == 0:
            return None
        if kind in (3, 4):
            return [kind, t.byte(), t.zigzag()]
        if kind == 5:
            return [kind, t.varint(), t.byte(), t.zigzag()]
        if kind == 6:
            return [kind, t.byte(), t.zigzag()]
        if kind == 10:
            return t.text().decode("utf-8")
        if kind == 11:
            return [kind, t.varint(), t.zigzag()]
        if kind == 12:
            return [kind, t.text()] if (person := t.byte()) == 1 else [kind, person, t.zigzag()]
        if kind == 13:
            return t.many(lambda: self.value(t))
        if kind == 14:
            return [kind, t.varint(), t.many(lambda: self.value(t))]
        need(kind in (1, 2, 7, 8, 9), f"there is no value {kind}")
        return [kind, t.zigzag()]

    def subject(self, t: Take) -> Any:
        kind = t.byte()
        need(kind <= 7, f"there is no subject {kind}")
        return None if kind == 0 else (kind, t.varint(), t.varint(), t.many(t.text))

    def cause(self, t: Take) -> Any:
        kind = t.byte()
        need(kind <= 3, f"there is no cause {kind}")
        if kind == 0:
            return None
        return (kind, t.zigzag(), self.subject(t)) if kind == 3 else (kind, t.varint())

    def values(self, t: Take) -> list[Any]:
        return t.many(lambda: self.value(t))

    def effect(self, t: Take) -> dict[str, Any]:
        number = t.varint()
        need(number in self.effects, f"there is no effect {number}")
        kind, names = self.effects[number]
        out: dict[str, Any] = {"kind": "effect", "type": kind, "has_time": t.byte(), "time": t.zigzag()}
        out["seen"] = out["time"] + t.zigzag()
        out |= {"cause": self.cause(t), "subject": self.subject(t), "policy": t.varint(), "owner": self.value(t)}
        data = self.values(t)
        need(len(data) == len(names) or len(data) in FEWER.get(number, []), f"{len(data)} data of {kind}")
        out["data"] = dict(zip(names, data))
        if number == 14:
            out |= {"event": t.varint(), "fields": self.values(t)}
        out |= {"rule": t.varint(), "line": t.varint()}
        out["tables"] = t.many(lambda: (t.varint(), t.varint(), self.values(t)))
        return out

    def change(self, t: Take) -> dict[str, Any]:
        how = t.byte()
        need(how <= 2, f"no change is {how}")
        out: dict[str, Any] = {"kind": "change", "how": ["set", "created", "deleted"][how], "time": t.zigzag()}
        out["seen"] = out["time"] + t.zigzag()
        out |= {"cause": self.cause(t), "subject": self.subject(t), "by": self.subject(t), "policy": t.varint(),
                "before": t.varint(), "rule": t.varint(), "line": t.varint()}
        out["fields"] = t.many(lambda: (t.varint(), self.value(t), self.value(t), t.varint(), t.varint()))
        return out

    def read(self, entry: bytes) -> dict[str, Any]:
        t = Take(entry)
        kind, version = t.byte(), t.byte()
        need(version == 1, f"version {version}")
        if kind == 1:
            out: dict[str, Any] = {"kind": "genesis", "ledger": t.text().decode(), "policy": t.text().decode(),
                                   "version": t.text().decode(), "bundle": t.text().hex()}
        elif kind in (2, 4):
            out = {"kind": "clock" if kind == 2 else "tick", "time": t.zigzag()}
        elif kind == 3:
            out = {"kind": "event", "event": t.varint(), "time": t.zigzag(), "source": t.text().decode(),
                   "id": t.text().decode(), "actor": t.text().decode(), "policy": t.varint(), "fields": self.values(t)}
        elif kind == 5:
            out = {"kind": "reject", "reason": REASONS[t.byte()], "has_time": t.byte(), "time": t.zigzag(),
                   "bound": t.zigzag(), "source": t.text(), "id": t.text(), "line": t.text()}
        elif kind == 6:
            out = self.effect(t)
        elif kind == 7:
            out = self.change(t)
        elif kind == 9:
            out = {"kind": "policy", "version": t.text().decode(), "bundle": t.text(), "from": t.zigzag()}
        elif kind == 11:
            out = {"kind": "migrate", "duty": t.text().decode(),
                   "key": [t.text().decode() for _ in range(t.varint())], "actor": t.text().decode()}
        else:
            need(kind == 8, f"there is no entry {kind}")
            out = {"kind": "retried", "reject": t.varint(), "events": t.varint()}
        t.end()
        return out


# ------------------------------------------------------------------------------------------------ keys and notes

def base64_read(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise Wrong("no base64") from e
    need(base64.b64encode(raw).decode() == text, "base64 with stray bits")
    return raw


@dataclass
class Key:
    name: str
    id: bytes
    type: int
    public: bytes


def key_read(text: str) -> Key:
    name, id, rest = text.strip().split("+", 2)
    raw = base64_read(rest)
    need(len(raw) == 33 and raw[0] in (1, 4), "no Ed25519 key")
    digest = hashlib.sha256(name.encode() + b"\n" + raw).digest()
    need(digest[:4].hex() == id, "the id is not the key's")
    return Key(name, digest[:4], raw[0], raw[1:])


@dataclass
class Note:
    text: bytes
    lines: list[tuple[str, bytes]]

    def signed_by(self, key: Key) -> bool:
        signed = False
        for name, raw in self.lines:
            if name != key.name or raw[:4] != key.id:
                continue
            message, signature = self.text, raw[4:]
            if key.type == 4:
                when = int.from_bytes(signature[:8], "big")
                message, signature = b"cosignature/v1\ntime %d\n" % when + message, signature[8:]
            need(ed25519_verifies(key.public, message, signature), f"a signature of {name} does not verify")
            signed = True
        return signed


def note_read(raw: bytes) -> Note:
    need(b"\n\n" in raw and raw.endswith(b"\n"), "no signed note")
    at = raw.rindex(b"\n\n")
    lines = []
    for line in raw[at + 2:-1].decode("utf-8").split("\n"):
        dash, name, rest = line.split(" ")
        need(dash == "\u2014" and name and "+" not in name, "no signature")
        lines.append((name, base64_read(rest)))
    return Note(raw[:at + 1], lines)


@dataclass
class Checkpoint:
    note: Note
    origin: str
    size: int
    root: bytes


def number(text: str) -> int:
    need(text.isascii() and text.isdigit() and (text == "0" or text[0] != "0"), "no number")
    return int(text)


def checkpoint_read(raw: bytes) -> Checkpoint:
    note = note_read(raw)
    lines = note.text.decode("utf-8").split("\n")[:-1]
    need(len(lines) >= 3 and all(lines), "no checkpoint")
    root = base64_read(lines[2])
    need(len(root) == 32, "no root")
    return Checkpoint(note, lines[0], number(lines[1]), root)


def checkpoint_verify(c: Checkpoint, log: Key, witnesses: list[Key], least: int) -> None:
    need(log.type == 1 and c.origin == log.name and c.note.signed_by(log), "the log has not signed it")
    need(sum(w.type == 4 and c.note.signed_by(w) for w in witnesses) >= least, "too few witnesses")


def rotation_read(raw: bytes, old: Key) -> tuple[int, Key]:
    note = note_read(raw)
    lines = note.text.decode("utf-8").split("\n")
    need(len(lines) == 5 and lines[0] == "remit key rotation 1" and lines[4] == "", "no rotation")
    key = key_read(lines[3])
    need(key.name == old.name == lines[1] and key.type == 1 and note.signed_by(old), "no rotation of this key")
    return number(lines[2]), key


# -------------------------------------------------------------------------------------------------------- proofs

@dataclass
class Proof:
    number: int
    entry: Optional[bytes]
    path: list[bytes]
    checkpoint: Optional[Checkpoint]


def proof_read(raw: bytes) -> Proof:
    head, _, rest = raw.partition(b"\n\n")
    lines = head.decode("utf-8").split("\n")
    entry = None
    if lines[0] == "c2sp.org/tlog-proof@v1":
        lines.pop(0)
        if lines[0].startswith("extra "):
            entry = base64_read(lines.pop(0)[6:])
        need(lines[0].startswith("index "), "no index")
        at = number(lines.pop(0)[6:])
    else:
        need(lines[0].startswith("old "), "no proof")
        at = number(lines.pop(0)[4:])
    path = [base64_read(line) for line in lines]
    need(all(len(hash) == 32 for hash in path), "no hashes")
    return Proof(at, entry, path, checkpoint_read(rest) if rest else None)


def inclusion_verify(proof: Proof, c: Checkpoint) -> None:
    need(proof.entry is not None, "no entry")
    assert proof.entry is not None
    need(root_by_inclusion(proof.number, c.size, entry_hash(proof.entry), proof.path) == c.root, "another root")


def consistency_verify(proof: Proof, old_root: bytes, c: Checkpoint) -> None:
    if proof.number == 0:
        need(not proof.path, "the proof is too long")
        return
    need(proof.number <= c.size, "it has shrunk")
    a, b = roots_by_consistency(proof.number, c.size, True, old_root, proof.path)
    need(a == old_root and b == c.root, "another root")
