"""Attestations by docs/journal.md alone: no code of the engine, Python's own library only. Reads and verifies a file, and
writes one that is signed, for what somebody with the key could make up.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "proof"))

import verifier as v  # noqa: E402
from verifier import need  # noqa: E402

MARK = b"remit attest 1\n"


@dataclass
class Attest:
    note: v.Note
    origin: str
    key: v.Key
    first: int
    last: int
    root: bytes
    policies: list[bytes] = field(default_factory=list)
    proof: bytes = b""
    journal: bytes = b""
    places: list[tuple[str, int, int]] = field(default_factory=list)  # of the parts in the file


def head_end(raw: bytes) -> int:
    """Where the note ends: at the empty line behind its signatures."""
    dash = "\n\u2014 ".encode("utf-8")
    need(raw.startswith(MARK) and dash in raw, "no attestation of form 1")
    at = raw.index(b"\n\n", raw.index(dash))
    return at + 1


def read(raw: bytes) -> Attest:
    end = head_end(raw)
    note = v.note_read(raw[:end])
    need(note.text.startswith(MARK), "no attestation of form 1")
    lines = note.text[len(MARK):-1].decode("utf-8").split("\n")
    word, key = lines[1].split(" ", 1)
    need(word == "key", "a key was expected")
    word, first, last, root = lines[2].split(" ")
    need(word == "entries", "the entries were expected")
    out = Attest(note, lines[0], v.key_read(key), int(first), int(last), v.base64_read(root))
    at = end + 1
    for line in lines[3:]:
        kind, size, sha = line.split(" ")
        part = raw[at:at + int(size)]
        need(len(part) == int(size), "the file is cut")
        need(hashlib.sha256(part).digest() == v.base64_read(sha), f"the {kind} has another hash")
        out.places.append((kind, at, at + len(part)))
        at += len(part)
        if kind == "policy":
            need(not out.proof, "a policy behind the proof")
            out.policies.append(part)
        elif kind == "proof":
            need(out.policies and not out.proof, "a proof in another place")
            out.proof = part
        else:
            need(kind == "journal" and out.proof and not out.journal, f"a {kind} in another place")
            out.journal = part
    need(at == len(raw) and out.journal, "bytes are left over, or there is no journal")
    return out


def verify(raw: bytes, key: v.Key) -> Attest:
    """All but whether the entries follow: whose it is, and that its entries are those of the checkpoint's tree."""
    out = read(raw)
    need(out.key == key and out.origin == key.name and out.note.signed_by(key), "not signed by the key")
    journal = v.journal_read(out.journal)
    v.journal_whole(journal)
    entries = journal.entries()
    need(len(entries) == out.last - out.first + 1 and journal.root == out.root, "other entries than the head says")
    need(out.first == 0, "the range does not begin with entry 0")
    proof = v.proof_read(out.proof)
    need(proof.checkpoint is not None and proof.number == len(entries), "a proof of another number")
    assert proof.checkpoint is not None
    v.checkpoint_verify(proof.checkpoint, key, [], 0)
    v.consistency_verify(proof, out.root, proof.checkpoint)
    hashes = [entry[-32:] for entry in entries[:1]]
    for entry in entries:
        if entry[0] == 9:
            t = v.Take(entry, 2)
            t.text()
            hashes.append(t.text())
    need(hashes == [hashlib.sha256(policy).digest() for policy in out.policies], "other policies than the entries name")
    return out


# ------------------------------------------------------------------------------------------------------- signing

def point_write(point: v.Point) -> bytes:
    inverse = pow(point[2], v.P - 2, v.P)
    x, y = point[0] * inverse % v.P, point[1] * inverse % v.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    digest = hashlib.sha512(seed).digest()
    a = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    public = point_write(v.point_times(a, v.BASE))
    r = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % v.ORDER
    first = point_write(v.point_times(r, v.BASE))
    h = int.from_bytes(hashlib.sha512(first + public + message).digest(), "little") % v.ORDER
    return first + ((r + h * a) % v.ORDER).to_bytes(32, "little")


def signed(text: bytes, private: str) -> bytes:
    """The note of a text by the private key, as its file has it."""
    name, _, raw = private.strip().removeprefix("PRIVATE+KEY+").split("+", 2)
    seed = v.base64_read(raw)[1:]
    public = point_write(v.point_times(int.from_bytes(hashlib.sha512(seed).digest()[:32], "little") & (1 << 254) - 8 | 1 << 254, v.BASE))
    id = hashlib.sha256(name.encode() + b"\n\1" + public).digest()[:4]
    line = base64.b64encode(id + ed25519_sign(seed, text)).decode()
    return text + f"\n\u2014 {name} {line}\n".encode("utf-8")


def write(policies: list[bytes], entries: list[bytes], key: v.Key, private: str, tree: Optional[bytes] = None, more: int = 0) -> bytes:
    """A file of these entries, with a checkpoint of just them, right in itself; or with one of another root, or with a head
    that says so many more entries."""
    root = v.root_of([v.entry_hash(entry) for entry in entries])
    journal = v.journal_write(v.journal_of(entries))
    signed_root = base64.b64encode(root if tree is None else tree).decode()
    checkpoint = signed(f"{key.name}\n{len(entries)}\n{signed_root}\n".encode(), private)
    proof = f"old {len(entries)}\n\n".encode() + checkpoint
    public = base64.b64encode(bytes([key.type]) + key.public).decode()
    text = MARK.decode() + f"{key.name}\nkey {key.name}+{key.id.hex()}+{public}\n"
    text += f"entries 0 {len(entries) - 1 + more} {base64.b64encode(root).decode()}\n"
    for kind, part in [("policy", policy) for policy in policies] + [("proof", proof), ("journal", journal)]:
        text += f"{kind} {len(part)} {base64.b64encode(hashlib.sha256(part).digest()).decode()}\n"
    return signed(text.encode("utf-8"), private) + b"\n" + b"".join(policies) + proof + journal
