#!/usr/bin/env python3
"""Writes stdlib/zones-VERSION.txt from the compiled tz database of this machine.

    tools/zones.py [ZONEINFO]        default: /usr/share/zoneinfo

The names come from tzdata.zi (its Z and L lines), the rest from the compiled TZif files (RFC 9636) of those
names. Kept are the instants at which the offset from UTC changes; abbreviations and the daylight flag are
not, nor are changes that the zone's footer (a POSIX TZ rule) implies anyway, which "fat" files write out to
2037. The same database gives the same bytes.
"""

import os
import re
import struct
import sys
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def fail(text):
    sys.exit("zones.py: " + text)


def read_names(root):
    """The version, the zones' names and a map from links to what they name."""
    with open(os.path.join(root, "tzdata.zi"), encoding="ascii") as file:
        lines = file.read().splitlines()
    first = re.fullmatch(r"# version (\S+)", lines[0])
    if not first:
        fail("tzdata.zi does not say its version")
    zones = {line.split()[1] for line in lines if line.startswith("Z ")}
    links = {line.split()[2]: line.split()[1] for line in lines if line.startswith("L ")}
    for name in links:
        while links[name] in links:
            links[name] = links[links[name]]
        if links[name] not in zones:
            fail(f"{name} links to {links[name]}, which is no zone")
    return first[1], zones, links


def read_tzif(data, name):
    """The offsets of a TZif file: the first one, [(instant, offset from then on)], and the footer."""

    def header(at):
        magic, version, *counts = struct.unpack_from(">4sc15x6L", data, at)
        if magic != b"TZif" or version < b"2":
            fail(f"{name} is not a TZif file of version 2 or later")
        return counts  # isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt

    isut, isstd, leap, times, types, chars = header(0)
    at = 44 + times * 5 + types * 6 + chars + leap * 8 + isstd + isut
    isut, isstd, leap, times, types, chars = header(at)
    if leap:
        fail(f"{name} counts leap seconds")
    at += 44
    instants = struct.unpack_from(f">{times}q", data, at)
    kinds = data[at + times * 8 : at + times * 9]
    at += times * 9
    offsets = [struct.unpack_from(">l", data, at + 6 * i)[0] for i in range(types)]
    at += types * 6 + chars + leap * 12 + isstd + isut
    footer = data[at:].decode("ascii")
    if not re.fullmatch(r"\n[^\n]+\n", footer):
        fail(f"{name} has no footer")
    return offsets[0], [(t, offsets[k]) for t, k in zip(instants, kinds)], footer.strip()


def seconds(text):
    sign = -1 if text[0] == "-" else 1
    h, m, s = (text.lstrip("+-").split(":") + ["0", "0"])[:3]
    return sign * (int(h) * 3600 + int(m) * 60 + int(s))


class Rule:
    """A POSIX TZ text: the offsets it gives, and the instants of a year at which they change."""

    NAME = r"(?:<[^>]+>|[A-Za-z]{3,})"
    TIME = r"[+-]?\d+(?::\d+){0,2}"

    def __init__(self, text):
        found = re.fullmatch(f"{self.NAME}({self.TIME})(?:{self.NAME}({self.TIME})?,([^,]+),([^,]+))?", text)
        if not found:
            fail(f"the rule {text} cannot be read")
        std, dst, start, end = found.groups()
        self.std = -seconds(std)
        self.dst = None if start is None else -seconds(dst) if dst else self.std + 3600
        self.dates = (start, end)

    @staticmethod
    def date(text, year):
        """The wall time of a rule's date, in seconds since 1970 as if it were UTC."""
        day, _, time = text.partition("/")
        jan1 = (datetime(year, 1, 1, tzinfo=timezone.utc) - EPOCH).days
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if day[0] == "M":
            month, week, weekday = (int(n) for n in day[1:].split("."))
            first = (datetime(year, month, 1, tzinfo=timezone.utc) - EPOCH).days
            then = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=timezone.utc)
            days = first + (weekday - (first + 4)) % 7 + 7 * (week - 1)
            if days >= (then - EPOCH).days:
                days -= 7
        elif day[0] == "J":
            days = jan1 + int(day[1:]) - 1 + (leap and int(day[1:]) >= 60)
        else:
            days = jan1 + int(day)
        return days * 86400 + (seconds(time) if time else 7200)

    def changes(self, first_year, last_year):
        out = []
        for year in range(first_year, last_year + 1) if self.dst is not None else ():
            out.append((self.date(self.dates[1], year) - self.dst, self.std))
            out.append((self.date(self.dates[0], year) - self.std, self.dst))
        return sorted(out)

    def offset(self, t):
        if self.dst is None:
            return self.std
        year = (EPOCH + timedelta(seconds=t)).year
        return [offset for at, offset in self.changes(year - 2, year + 1) if at <= t][-1]


def slim(first, changes, rule, name):
    """Drops what changes nothing, and at the end what the rule implies."""
    kept, offset = [], first
    for at, then in changes:
        if then != offset:
            kept.append((at, then))
        offset = then
    if kept and kept[-1][1] != rule.offset(kept[-1][0]) or not kept and rule.offset(0) != first:
        fail(f"{name}: the rule does not go on from the last change")
    while len(kept) > 1:
        before, (last, _) = kept[-2], kept[-1]
        implied = [c for c in rule.changes(year_of(before[0]) - 1, year_of(last) + 1) if before[0] < c[0] <= last]
        if before[1] != rule.offset(before[0]) or implied != [kept[-1]]:
            break
        kept.pop()
    return kept


def year_of(t):
    return (EPOCH + timedelta(seconds=t)).year


def offset_text(offset):
    sign, offset = "-" if offset < 0 else "+", abs(offset)
    text = f"{sign}{offset // 3600:02}"
    if offset % 3600:
        text += f":{offset // 60 % 60:02}"
    return text + f":{offset % 60:02}" if offset % 60 else text


def instant_text(t):
    text = (EPOCH + timedelta(seconds=t)).strftime("%Y-%m-%dT%H:%M:%S")
    return text[:-3] if text.endswith(":00") else text


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/zoneinfo"
    version, zones, links = read_names(root)

    def data_of(name):
        with open(os.path.join(root, name), "rb") as file:
            return file.read()

    out = [
        f"# Time zones of the tz database {version} (public domain), written by tools/zones.py. A zone opens with",
        "# its first offset from UTC; then each instant (UTC) at which the offset changes, and the offset from then",
        "# on; `tail` is the POSIX TZ rule that holds from the last of them on. `link A B`: A is another name of B.",
        f"version {version}",
    ]
    for name in sorted(zones):
        first, changes, footer = read_tzif(data_of(name), name)
        out.append(f"zone {name} {offset_text(first)}")
        out += [f"{instant_text(at)} {offset_text(to)}" for at, to in slim(first, changes, Rule(footer), name)]
        out.append(f"tail {footer}")
    for name in sorted(links):
        if data_of(name) != data_of(links[name]):
            fail(f"{name} and {links[name]} differ")
        out.append(f"link {name} {links[name]}")
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "stdlib", f"zones-{version}.txt")
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write("\n".join(out) + "\n")
    print(f"{path}: {len(zones)} zones, {len(links)} links")


if __name__ == "__main__":
    main()
