#!/usr/bin/env python3
"""Makes engine/base/unicode-VERSION.inc, the tables of engine/base/unicode.c, from the Unicode
Character Database as Debian's package unicode-data installs it:

    tools/unicode.py [FOLDER] > engine/base/unicode-15.0.0.inc

FOLDER is /usr/share/unicode unless said otherwise. The same database gives the same bytes. What is
in the tables is said at the head of what is written."""
import os
import re
import sys

LAST = 0x10FFFF
HANGUL = range(0xAC00, 0xD7A4)  # composed and taken apart by arithmetic, not by table
START, CONTINUE, WIDTH_SHIFT, UNSURE, DECOMPOSES = 1, 2, 2, 16, 32


def rows(folder, name):
    """The fields of each line, without comments."""
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        for line in file:
            fields = [field.strip() for field in line.split("#")[0].split(";")]
            if fields != [""]:
                yield fields


def span(text):
    ends = [int(end, 16) for end in text.split("..")]
    return range(ends[0], ends[-1] + 1)


def version(folder):
    with open(os.path.join(folder, "DerivedCoreProperties.txt"), encoding="utf-8") as file:
        return re.match(r"# DerivedCoreProperties-([0-9.]+)\.txt", file.readline()).group(1)


class Database:
    def __init__(self, folder):
        self.category = ["Cn"] * (LAST + 1)
        self.combining = [0] * (LAST + 1)
        self.pairs = {}
        self.read_main(folder)
        self.start = self.having(folder, "DerivedCoreProperties.txt", "XID_Start")
        self.go_on = self.having(folder, "DerivedCoreProperties.txt", "XID_Continue")
        self.excluded = self.having(folder, "DerivedNormalizationProps.txt",
                                    "Full_Composition_Exclusion")
        self.unsure = self.having(folder, "DerivedNormalizationProps.txt", "NFC_QC")
        self.wide = self.read_wide(folder)

    def read_main(self, folder):
        first = None
        for fields in rows(folder, "UnicodeData.txt"):
            cp = int(fields[0], 16)
            if fields[1].endswith(", First>"):
                first = cp
                continue
            for at in range(first if fields[1].endswith(", Last>") else cp, cp + 1):
                self.category[at] = fields[2]
                self.combining[at] = int(fields[3])
            if fields[5] and not fields[5].startswith("<"):
                parts = [int(part, 16) for part in fields[5].split()]
                assert len(parts) <= 2
                self.pairs[cp] = (parts[0], parts[1] if len(parts) == 2 else 0)
        # unicode.c takes only the first half of a pair apart again.
        assert not any(second in self.pairs or second in HANGUL
                       for _, second in self.pairs.values())

    @staticmethod
    def having(folder, name, prop):
        """The code points with a property; of NFC_QC those that have N or M."""
        found = set()
        for fields in rows(folder, name):
            if fields[1] == prop:
                found.update(span(fields[0]))
        return found

    @staticmethod
    def read_wide(folder):
        # UAX #11: what is not assigned in these ranges is wide all the same.
        wide = {cp for ends in ("3400..4DBF", "4E00..9FFF", "F900..FAFF", "20000..2FFFD",
                                "30000..3FFFD") for cp in span(ends)}
        for fields in rows(folder, "EastAsianWidth.txt"):
            (wide.update if fields[1] in ("W", "F") else wide.difference_update)(span(fields[0]))
        return wide

    def kind(self, cp):
        """What the class of a code point holds: its flags and its combining class."""
        width = 0 if self.category[cp] in ("Mn", "Me", "Cf") else 2 if cp in self.wide else 1
        flags = width << WIDTH_SHIFT
        flags |= START if cp in self.start else 0
        flags |= CONTINUE if cp in self.go_on else 0
        flags |= UNSURE if cp in self.unsure else 0
        flags |= DECOMPOSES if cp in self.pairs else 0
        return flags, self.combining[cp]


def classes(kinds):
    """The kinds there are, the most frequent first, so that most numbers have one digit."""
    count = {}
    for kind in kinds:
        count[kind] = count.get(kind, 0) + 1
    return sorted(count, key=lambda kind: (-count[kind], kind))


def trie(values, bits):
    """The values cut into blocks of 2^bits, each different block once: (index, blocks)."""
    size, seen, index = 1 << bits, {}, []
    for at in range(0, len(values), size):
        block = tuple(values[at:at + size])
        index.append(seen.setdefault(block, len(seen)))
    return index, [value for block in seen for value in block]


def table(name, kind, values):
    """A C array, as short as it goes within 100 columns."""
    lines, line = [], ""
    for value in values:
        word = f"{value},"
        if len(line) + len(word) > 100:
            lines.append(line)
            line = ""
        line += word
    body = "\n".join(lines + [line])
    return f"static const {kind} {name}[{len(values)}] = {{\n{body}\n}};\n"


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode"
    data = Database(folder)
    kinds = [data.kind(cp) for cp in range(LAST + 1)]
    names = classes(kinds)
    number = {kind: at for at, kind in enumerate(names)}
    numbers = [number[kind] for kind in kinds]
    # Behind the last code point that differs from it, all is as the last one is.
    end = LAST + 1
    while numbers[end - 1] == numbers[LAST]:
        end -= 1
    tries = [(bits, *trie(numbers[:(end + (1 << bits) - 1) >> bits << bits], bits))
             for bits in range(5, 9)]
    bits, index, blocks = min(tries, key=lambda each: len(each[1]) + len(each[2]))
    assert len(names) <= 256 and max(index) < 65536
    pairs = sorted(data.pairs.items())
    composed = sorted((pair, at) for at, (cp, pair) in enumerate(pairs) if cp not in data.excluded)
    release = version(folder)
    sys.stdout.write(f"""\
/* Tables of Unicode {release}, made by tools/unicode.py; not to be changed by hand.
 * From the Unicode Character Database, (c) 1991-2022 Unicode, Inc., under the Unicode licence
 * (https://www.unicode.org/license.txt).
 *
 * UC_CLASS_FLAGS, UC_CLASS_COMBINING: for each class of code points its flags (1 XID_Start,
 *     2 XID_Continue, 4 * columns in a terminal, 16 NFC_Quick_Check is not Yes, 32 is in UC_PAIRS) and
 *     its canonical combining class.
 * UC_INDEX, UC_BLOCKS: the class of cp is UC_BLOCKS[UC_INDEX[cp >> UC_BITS] << UC_BITS | low bits of cp];
 *     from UC_END on it is UC_REST.
 * UC_PAIRS: code point, first and second of its canonical decomposition (0 where it is of one);
 *     by code point, without the Hangul syllables.
 * UC_COMPOSED: the rows of UC_PAIRS that compose again, by first and second. */
enum {{ UC_BITS = {bits}, UC_END = {len(index) << bits}, UC_REST = {numbers[LAST]} }};
""")
    sys.stdout.write(table("UC_CLASS_FLAGS", "uint8_t", [flags for flags, _ in names]))
    sys.stdout.write(table("UC_CLASS_COMBINING", "uint8_t", [combining for _, combining in names]))
    sys.stdout.write(table("UC_INDEX", "uint16_t", index))
    sys.stdout.write(table("UC_BLOCKS", "uint8_t", blocks))
    sys.stdout.write(table("UC_PAIRS", "uint32_t",
                           [part for cp, pair in pairs for part in (cp, *pair)]))
    sys.stdout.write(table("UC_COMPOSED", "uint16_t", [at for _, at in composed]))


if __name__ == "__main__":
    main()
