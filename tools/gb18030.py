#!/usr/bin/env python3
"""Makes engine/base/gb18030-2022.inc, the tables of engine/base/encoding.c, from Python's codec of
GB 18030-2005 and what the edition of 2022 changed:

    tools/gb18030.py > engine/base/gb18030-2022.inc

What is in the tables is said at the head of what is written. The machine's own iconv is not asked: its
mapping depends on its version (of glibc 2.36, 25 pairs differ from Python's), and two machines would
give two ledgers."""

# Pairs that stood for private characters until Unicode had theirs.
CHANGED = {
    0xA6D9: 0xFE10, 0xA6DA: 0xFE12, 0xA6DB: 0xFE11, 0xA6DC: 0xFE13, 0xA6DD: 0xFE14, 0xA6DE: 0xFE15, 0xA6DF: 0xFE16,
    0xA6EC: 0xFE17, 0xA6ED: 0xFE18, 0xA6F3: 0xFE19, 0xA8BC: 0x1E3F, 0xFE59: 0x9FB4, 0xFE61: 0x9FB5, 0xFE66: 0x9FB6,
    0xFE67: 0x9FB7, 0xFE6D: 0x9FB8, 0xFE7E: 0x9FB9, 0xFE90: 0x9FBA, 0xFEA0: 0x9FBB}
HEAD = """/* Tables of GB 18030-2022, made by tools/gb18030.py; not to be changed by hand.
 *
 * GB_PAIRS: the code point of two bytes: (first - 0x81) * 190 + second - 0x40, less 1 above 0x7F.
 * GB_QUADS: four bytes have a number, (((first - 0x81) * 10 + second - 0x30) * 126 + third - 0x81) * 10
 *     + fourth - 0x30. Below GB_QUADS_END it is that of the last row whose number is not above it, and as
 *     many further: {number, code point}. From GB_WIDE on it is U+10000 and as many further. */"""


def pair(first, second):
    code = first << 8 | second
    return CHANGED.get(code) or ord(bytes([first, second]).decode("gb18030"))


def quads():
    """Four bytes stand for what two did not in the first edition, in order."""
    rows, after = [], None
    for number in range(39420):
        fourth, rest = number % 10, number // 10
        third, rest = rest % 126, rest // 126
        four = bytes([0x81 + rest // 10, 0x30 + rest % 10, 0x81 + third, 0x30 + fourth])
        point = 0xE7C7 if number == 7457 else ord(four.decode("gb18030"))
        if point != after:
            rows.append((number, point))
        after = point + 1
    return rows


def lines(items, width=100):
    line = "   "
    for item in items:
        if len(line) + len(item) + 1 > width:
            yield line
            line = "   "
        line += " " + item
    yield line


def main():
    seconds = [b for b in range(0x40, 0xFF) if b != 0x7F]
    print(HEAD)
    print("enum { GB_QUADS_END = 39420, GB_WIDE = 189000 };")
    print("static const uint16_t GB_PAIRS[126 * 190] = {")
    print("\n".join(lines("0x%04X," % pair(first, second) for first in range(0x81, 0xFF) for second in seconds)))
    print("};")
    print("static const uint16_t GB_QUADS[][2] = {")
    print("\n".join(lines("{%d, 0x%04X}," % row for row in quads())))
    print("};")


if __name__ == "__main__":
    main()
