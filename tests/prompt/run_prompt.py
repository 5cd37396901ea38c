#!/usr/bin/env python3
"""The prompt of `remit eval`, at a terminal of its own: what is typed, key by key, and what stands on the screen then.

The screen is kept by a small model of a terminal: blanks, carriage returns, wide letters, and the two movements that the line editor
uses. What it shows in the end is compared, so that a cursor at a wrong place is seen."""

import os
import pty
import re
import select
import struct
import sys
import termios
import time
import unicodedata

REMIT = os.path.abspath(os.environ.get("REMIT", "build/remit"))
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, DELETE, BACK = "\x1b[H", "\x1b[F", "\x1b[3~", "\x7f"


class Screen:
    """Lines of cells; a wide letter takes two, the second one empty."""

    def __init__(self):
        self.lines, self.row, self.column = [[]], 0, 0

    def put(self, letter):
        line = self.lines[self.row]
        wide = unicodedata.east_asian_width(letter) in "WF"
        line += [" "] * (self.column + 1 + wide - len(line))
        line[self.column] = letter
        if wide:
            line[self.column + 1] = ""
        self.column += 1 + wide

    def take(self, text):
        for mark in re.findall(r"\x1b\[(\d*)([A-Za-z])|(.)", text, re.S):
            number, movement, letter = mark
            if movement == "K":
                del self.lines[self.row][self.column:]
            elif movement == "C":
                self.column += int(number or 1)
            elif letter == "\r":
                self.column = 0
            elif letter == "\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append([])
            elif letter >= " ":
                self.put(letter)

    def text(self):
        return ["".join(line).rstrip() for line in self.lines]


def typed(keys, arguments=(), columns=80, term="xterm"):
    """(what stands on the screen, the exit code) after the keys were typed, one string at a time."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update({"TERM": term, "LANG": "C.UTF-8", "NO_COLOR": "1"})
        os.execv(REMIT, ["remit", "eval", *arguments])
    import fcntl
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    seen = b""

    def read(until):
        nonlocal seen
        end = time.monotonic() + 20
        while time.monotonic() < end and not until():
            if select.select([terminal], [], [], 0.02)[0]:
                try:
                    more = os.read(terminal, 65536)
                except OSError:
                    return False
                if not more:
                    return False
                seen += more
        return True

    read(lambda: b"> " in seen)
    for key in keys:
        before = len(seen)
        os.write(terminal, key.encode())
        if not read(lambda: len(seen) > before):
            break
        # all that it answers: nothing new for a moment, and a prompt again
        quiet = time.monotonic() + 0.05
        while select.select([terminal], [], [], max(0, quiet - time.monotonic()))[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
    read(lambda: False)  # the end of the program takes the terminal away
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    screen = Screen()
    screen.take(seen.decode("utf-8", "replace"))
    return screen.text(), os.waitstatus_to_exitcode(status)


BEGINS = "An expression a line; .help tells more, .quit ends."
CASES = {
    "values, names and the end": (["1 + 2\r", "let x = 4\r", "x * x\r", ".names\r", ".quit\r"], [
        "> 1 + 2", "3", "> let x = 4", "4", "> x * x", "16", "> .names", "let x = 4", "> .quit"]),
    "a name is given anew": (["let x = 4\r", "let x = x + 1\r", "x\r", ".names\r", "\x04"], [
        "> let x = 4", "4", "> let x = x + 1", "5", "> x", "5", "> .names", "let x = x + 1", ">"]),
    "a mistake is told with its place": (["let y = 1 + z\r", "y\r", "\x04"], [
        "> let y = 1 + z", "error[E0301]: nothing is called z here", " --> expression:1:13",
        "1 | let y = 1 + z", "  |             ^", "> y", "error[E0301]: nothing is called y here",
        " --> expression:1:1", "1 | y", "  | ^", ">"]),
    "lines come back": (["1 + 1\r", "2 + 2\r", UP, UP, DOWN, UP, "0\r", "\x04"], [
        "> 1 + 1", "2", "> 2 + 2", "4", "> 1 + 10", "11", ">"]),
    "moving and deleting": (["13", LEFT, "2", HOME, "9", DELETE, END, BACK, "7\r", "\x04"], [
        "> 927", "927", ">"]),
    "wide letters": (["设 甲乙 = 3", *[LEFT] * 4, BACK, END, "0", "\r", "甲 + 1\r", "\x04"], [
        "> 设 甲 = 30", "30", "> 甲 + 1", "31", ">"]),
    "cutting": (["1 + 2 + 44", "\x17", "3", "\x01", RIGHT, RIGHT, RIGHT, RIGHT, "\x15", "\r",
                 "8 + 9", LEFT, LEFT, LEFT, LEFT, "\x0b", "\r", "\x04"], ["> 2 + 3", "5", "> 8", "8", ">"]),
    "Ctrl-C takes the line away": (["1 + ", "\x03", "5\r", "\x04"], ["> 1 + ^C", "> 5", "5", ">"]),
    "what is no command": ([".exit\r", "\r", "-- a remark\r", "\x04"], [
        "> .exit", "there is no .exit; .help lists what there is", ">", "> -- a remark", ">"]),
    "left as other prompts are": (["exi\r", "quit\r"], [
        "> exi", "error[E0301]: nothing is called exi here", " --> expression:1:1", "1 | exi", "  | ^^^", "> quit"]),
    "keys that mean nothing": (["\x1b[5~", "\x1bOP", "\x00", "\x1a", "4\r", "\x04"], ["> 4", "4", ">"]),
}


def check(name, got, wanted):
    if got == wanted:
        return 0
    print(f"{name}: wanted {wanted}\n{' ' * len(name)}      got {got}")
    return 1


def main():
    failed = 0
    for name, (keys, wanted) in CASES.items():
        lines, code = typed(keys)
        failed += check(name, (lines[:1] + lines[1:len(wanted) + 1], code), ([BEGINS] + wanted, 0))
    lines, _ = typed(["1 + " * 15, HOME, "2", END, "3", "\r", "\x04"], columns=40)
    failed += check("a line wider than the terminal", lines[1:3], ["> " + ("1 + " * 15 + "3")[-37:], "38"])
    lines, _ = typed([".help\r", "\x04"], ["--lang", "zh"])
    failed += check("help in Chinese", any("设 甲" in line for line in lines), True)
    lines, code = typed(["1 + 2\n", ".quit\n"], term="dumb")
    failed += check("a terminal that cannot move its cursor", ("3" in lines, code), (True, 0))
    long = "1 + " * 1500
    lines, code = typed([long, "\x01", "\x0b", "7\r", "\x04"])
    failed += check("a line longer than there is room for", ("7" in lines, code), (True, 0))
    count = len(CASES) + 4
    print(f"{count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
