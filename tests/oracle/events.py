"""Input lines read as the contract says: CloudEvents 1.0 in JSON, then the declared fields of the type.

`read` gives an `Event`, or raises `Fault` with the reason that a reject carries.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Optional

from worktime import instant_of

TICK = "remit.tick"
CORRECTED = "remit.corrected"
RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")
ATTRIBUTE = re.compile(r"[a-z0-9]+")
INTEGER = re.compile(r"-?\d+")
MONEY = re.compile(r"(-?\d+(?:\.\d+)?)(?: ([A-Z]{3}))?")
REQUIRED = ("specversion", "id", "source", "type", "time")


@dataclass(frozen=True)
class Field:
    """A declared field: type is id, text, integer, flag, money or `one of`."""

    name: str
    type: str
    optional: bool = False
    default: Any = None
    low: Optional[int] = None
    high: Optional[int] = None
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Event:
    source: str
    id: str
    type: str
    time: int
    actor: Optional[str]
    data: dict[str, Any] = field(hash=False)
    content: str = ""


class Fault(Exception):
    """A line that can't be accepted; what could be read of it is kept."""

    def __init__(self, reason: str, where: Optional[str], source: Optional[str] = None,
                 id: Optional[str] = None, time: Optional[int] = None, content: str = ""):
        super().__init__(f"{reason} {where or ''}")
        self.reason, self.field = reason, where
        self.source, self.id, self.time, self.content = source, id, time, content


def parse_instant(text: Any) -> Optional[int]:
    """Milliseconds since 1970; digits finer than that round up. None: not RFC 3339."""
    match = RFC3339.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    day, clock, digits, offset = match.groups()
    sign = -1 if offset[0] == "-" else 1
    hours, minutes = (0, 0) if offset == "Z" else (int(offset[1:3]), int(offset[4:6]))
    if hours > 23 or minutes > 59:
        return None
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    finer = digits or "0"
    milliseconds = -(-int(finer) * 1000 // 10 ** len(finer))
    shift = timedelta(hours=hours, minutes=minutes)
    return instant_of(moment) + milliseconds - sign * (shift // timedelta(milliseconds=1))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in pairs:
        if name in out:
            raise ValueError(f"member {name} twice")
        out[name] = value
    return out


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def parse_json(line: str) -> Any:
    return json.loads(line, object_pairs_hook=_object, parse_float=Decimal, parse_constant=_no_constant)


def _good_string(value: Any) -> bool:
    """A CloudEvents String that is not empty."""
    if not isinstance(value, str) or value == "":
        return False
    for char in value:
        code = ord(char)
        if code < 0x20 or 0x7F <= code <= 0x9F or 0xD800 <= code <= 0xDFFF:
            return False
        if 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE:
            return False
    return True


def _attribute_fault(name: str, value: Any) -> bool:
    if name == "specversion":
        return value != "1.0"
    if name in ("id", "source", "type", "subject", "datacontenttype"):
        return not _good_string(value)
    if name == "time":
        return parse_instant(value) is None
    if name == "dataschema":
        return not _good_string(value) or ":" not in value
    if name == "data_base64":
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, TypeError, ValueError):
            return True
        return False
    if not ATTRIBUTE.fullmatch(name):
        return True
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return not -(2**31) <= value < 2**31
    return not isinstance(value, str) or (value != "" and not _good_string(value))


def read_envelope(line: str) -> dict[str, Any]:
    """The members of a CloudEvent, or a Fault `malformed`."""
    try:
        members = parse_json(line)
    except (ValueError, RecursionError):
        raise Fault("malformed", None) from None
    if not isinstance(members, dict):
        raise Fault("malformed", None)
    present = {name: value for name, value in members.items() if value is not None}
    source = present.get("source") if _good_string(present.get("source")) else None
    id = present.get("id") if _good_string(present.get("id")) else None
    known = dict(source=source, id=id, time=parse_instant(present.get("time")), content=as_json(members))
    for name in REQUIRED:
        if name not in present:
            raise Fault("malformed", name, **known)
    for name, value in present.items():
        if name != "data" and _attribute_fault(name, value):
            raise Fault("malformed", name, **known)
    if "data" in present and "data_base64" in present:
        raise Fault("malformed", "data_base64", **known)
    return present


def as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def typed(kind: Field, value: Any) -> Any:
    """The canonical value; ValueError when it isn't of the type."""
    if kind.type in ("id", "text") and isinstance(value, str):
        return value
    if kind.type == "integer" and isinstance(value, (int, str)) and not isinstance(value, bool):
        if INTEGER.fullmatch(str(value)) and _in_range(kind, int(value)):
            return int(value)
    if kind.type == "flag" and isinstance(value, bool):
        return value
    if kind.type == "one of" and isinstance(value, str) and value in kind.members:
        return value
    if kind.type == "money" and isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        match = MONEY.fullmatch(str(value))
        if match:
            return f"{Decimal(match.group(1)).normalize():f} {match.group(2) or 'CNY'}"
    raise ValueError(kind.name)


def _in_range(kind: Field, value: int) -> bool:
    return (kind.low is None or kind.low <= value) and (kind.high is None or value <= kind.high)


def typed_data(fields: list[Field], given: Any) -> dict[str, Any]:
    """The fields in declared order, defaults filled in; ValueError names the first that is wrong."""
    if not isinstance(given, dict):
        raise ValueError("data")
    names = {kind.name for kind in fields}
    for name in given:
        if name not in names:
            raise ValueError(name)
    out = {}
    for kind in fields:
        value = given.get(kind.name)
        if value is not None:
            out[kind.name] = typed(kind, value)
        elif kind.default is not None:
            out[kind.name] = kind.default
        elif not kind.optional:
            raise ValueError(kind.name)
    return out


def read(line: str, schemas: dict[str, list[Field]]) -> Event:
    """A line as an event of a declared type, or a Fault `malformed` or `schema`."""
    members = read_envelope(line)
    time = parse_instant(members["time"])
    assert time is not None
    known = dict(source=members["source"], id=members["id"], time=time, content=as_json(members))
    kind = members["type"]
    if kind == TICK:
        fields: list[Field] = []
    elif kind == CORRECTED:
        fields = [Field("id", "text"), Field("source", "text", optional=True), Field("note", "text", optional=True)]
    elif kind in schemas:
        fields = schemas[kind]
    else:
        raise Fault("schema", "type", **known)
    try:
        data = typed_data(fields, members.get("data", {}))
    except ValueError as fault:
        raise Fault("schema", str(fault), **known) from None
    actor = members.get("actor")
    content = as_json([kind, time, actor, data])
    return Event(members["source"], members["id"], kind, time, actor, data, content)
