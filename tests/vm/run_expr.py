#!/usr/bin/env python3
"""The compiler and its machine against a slow evaluator that shares no code with them.

    run_expr.py [--remit build/remit] [--seed N] [--policies K] [--keep DIR]

Random typed expressions go into policies as rules that emit them, random events through `remit decide`; what comes
out is compared, to the letter, with what Python's whole numbers and fractions give by the language's definitions:
exact sums, products and quotients or the error that says why not, percentages as fractions, money of one currency,
durations of one family, civil and working time, absence and `else`, conditions that look no further than they need.
REMIT names the program, REMIT_SEED the seed. Ends with `N passed, N failed`; each expression is one.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "oracle"))
import worktime as wt  # noqa: E402  the oracle's own civil and working time

ZONE = "Europe/Amsterdam"
EVENTS_EACH, EXPRESSIONS_EACH = 12, 20
INT_MIN, INT_MAX = -2 ** 63, 2 ** 63 - 1
CALENDAR = wt.Calendar({"zone": ZONE, "week": {d: [["09:00", "17:00"]] for d in ("mon", "tue", "wed", "thu", "fri")}})
FIRST_INSTANT = -62135596800000
LAST_INSTANT = 253402300799999


class Trap(Exception):
    """The event is refused with this code."""


class Skip(Exception):
    """What the slow evaluator does not judge, such as civil time far from now."""


# ---- decimals: a whole number over a power of ten, both in their bounds

class Dec:
    def __init__(self, value, scale):
        self.value, self.scale = Fraction(value), scale

    def text(self, shift=0):
        """All places, `shift` of them before the point instead."""
        value, scale = self.value * 10 ** shift, max(self.scale - shift, 0)
        units = value * 10 ** scale
        assert units.denominator == 1
        digits = str(abs(units.numerator)).rjust(scale + 1, "0")
        sign = "-" if units < 0 else ""
        return sign + (digits if scale == 0 else f"{digits[:-scale]}.{digits[-scale:]}")


def fit(value, scale, inexact="E0904"):
    """The number with `scale` places, or fewer where it does not fit so."""
    for places in range(scale, -1, -1):
        units = value * 10 ** places
        if units.denominator != 1:
            break
        if places <= 18 and INT_MIN <= units <= INT_MAX:
            return Dec(value, places)
    whole = abs(value) // 1 * (-1 if value < 0 else 1)
    raise Trap(inexact if INT_MIN <= whole <= INT_MAX else "E0901")


def quotient(a, b):
    if b.value == 0:
        raise Trap("E0902")
    value = a.value / b.value
    for places in range(max(a.scale - b.scale, 0), 19):
        if (value * 10 ** places).denominator == 1:
            return fit(value, places)
    whole = abs(value) // 1
    if whole > INT_MAX:
        raise Trap("E0901|E0904")  # too big and too long: either may be said
    raise Trap("E0904")


def round_value(value, how):
    """To a whole number."""
    below, rest = value // 1, value % 1
    if rest == 0:
        return below
    if how.startswith("half "):
        if rest != Fraction(1, 2):
            return below + (rest > Fraction(1, 2))
        if how == "half even":
            return below + below % 2
        return below + ((value > 0) == (how == "half up"))
    return below + {"up": value > 0, "down": value < 0, "ceiling": True, "floor": False}[how]


def rounded(d, places, how):
    if places >= d.scale:  # as many zeros as fit
        while d.scale < places and INT_MIN <= d.value * 10 ** (d.scale + 1) <= INT_MAX:
            d = Dec(d.value, d.scale + 1)
        return d
    return fit(Fraction(round_value(d.value * 10 ** places, how), 10 ** places), places)


def rounded_quotient(a, b, places, how):
    """Once, from the exact value."""
    if b.value == 0:
        raise Trap("E0902")
    return fit(Fraction(round_value(a.value / b.value * 10 ** places, how), 10 ** places), places, "E0901")


ROUNDINGS = ["half up", "half even", "half down", "up", "down", "ceiling", "floor"]


def whole_units(d):
    """Of a duration."""
    if d.value.denominator != 1:
        raise Trap("E0904")
    return whole(int(d.value))


def whole(n):
    if not INT_MIN <= n <= INT_MAX:
        raise Trap("E0901")
    return n


# ---- time

UNITS = {"E": [("hour", 3600000), ("minute", 60000), ("second", 1000), ("millisecond", 1)], "D": [("day", 1)],
         "M": [("month", 1)], "WD": [("working day", 1)],
         "W": [("working hour", 3600000), ("working minute", 60000), ("working second", 1000),
               ("working millisecond", 1)]}
FIELD_TYPE = {"E": "duration in hours", "D": "duration in days", "M": "duration in months",
              "W": "duration in working hours", "WD": "duration in working days"}


def duration_text(family, amount):
    for name, size in UNITS[family]:
        if amount % size == 0:
            n = amount // size
            return f"{n} {name}" + ("" if abs(n) == 1 else "s")
    raise AssertionError(family)


def add_months(day, n):
    index = day.year * 12 + day.month - 1 + n
    year, month = index // 12, index % 12 + 1
    if not 1 <= year <= 9999:
        raise Trap("E0907")
    if (year, month) == (9999, 12):
        return date(year, month, day.day)
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))


def add_days(day, n):
    if not 1 <= day.toordinal() + n <= date.max.toordinal():
        raise Trap("E0907")
    return date.fromordinal(day.toordinal() + n)


def date_add(day, family, n):
    if family == "D":
        return add_days(day, n)
    if family == "M":
        return add_months(day, n)
    if abs(n) > 3000:
        raise Skip
    while n != 0:
        day = add_days(day, 1 if n > 0 else -1)
        n -= (1 if n > 0 else -1) if day.weekday() < 5 else 0
    return day


def near(t):
    """Civil time is judged near now, where Python knows the zones well."""
    if not wt.instant_of(datetime(1980, 1, 1, tzinfo=timezone.utc)) <= t < wt.instant_of(
            datetime(2035, 1, 1, tzinfo=timezone.utc)):
        raise Skip
    return t


def instant_add(t, family, n):
    if family == "E":
        if not FIRST_INSTANT <= t + n <= LAST_INSTANT:
            raise Trap("E0907")
        return t + n
    near(t)
    if family == "D":
        return near(wt.add_days(ZONE, t, n)) if abs(n) < 5000 else skip()
    if family == "M":
        return near(wt.add_months(ZONE, t, n)) if abs(n) < 200 else skip()
    if family == "W":
        if abs(n) > 2000 * 3600000:
            raise Skip
        return near(CALENDAR.add(t, n) if n >= 0 else CALENDAR.subtract(t, -n))
    if abs(n) > 2000:
        raise Skip
    if n > 0:
        return near(CALENDAR.add_working_days(t, n))
    return near(sub_working_days(t, -n)) if n < 0 else t


def sub_working_days(t, n):
    """The calendar here has one span a day, so that the wall time needs no other place."""
    begin, end = next(CALENDAR.open_before(t))
    wall = wt.instant_to_wall(ZONE, end)
    return wt.wall_to_instant(ZONE, datetime.combine(date_add(wall.date(), "WD", -n), wall.time()))


def skip():
    raise Skip


# ---- values as the language writes them

PARTIES = ["director", "desk", "desk.lead", "p-17"]
ENUMS = {"A": ["air", "land", "sea"], "B": ["high", "low"]}


def text_of(kind, v):
    if kind == "flag":
        return "yes" if v else "no"
    if kind in ("int", "text", "id", "party") or kind.startswith("enum"):
        return str(v)
    if kind == "num":
        return v.text()
    if kind == "pct":
        return v.text(2) + "%"
    if kind in ("CNY", "USD"):
        return v.text() + " " + kind
    if kind.startswith("d:"):
        return duration_text(kind[2:], v)
    if kind == "date":
        return v.isoformat()
    if kind == "time":
        return f"{v // 60:02}:{v % 60:02}"
    assert kind == "inst", kind
    near(v)
    return wt.show_instant(ZONE, v)


def json_of(kind, v):
    if v is None or kind in ("flag", "int"):
        return v
    return text_of(kind, v)


def type_text(kind):
    plain = {"flag": "flag", "int": "integer", "num": "number", "pct": "percent", "CNY": "money", "USD": "money USD",
             "date": "date", "time": "time", "inst": "instant", "text": "text", "id": "id", "party": "party"}
    if kind in plain:
        return plain[kind]
    if kind.startswith("d:"):
        return FIELD_TYPE[kind[2:]]
    return "one of " + ", ".join(ENUMS[kind[4:]])


DURATIONS = ["d:E", "d:D", "d:M", "d:W", "d:WD"]
KINDS = ["flag", "int", "num", "pct", "CNY", "USD", "date", "time", "inst", "text", "id", "party", "enumA",
         "enumB"] + DURATIONS
NUMERIC = ("int", "num")
ORDERED = ["int", "num", "pct", "CNY", "USD", "date", "time", "inst"] + DURATIONS


class Fuzz:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.tables, self.in_row = [], False
        self.quotients = {}  # by what computes it: its two sides

    # ---- values

    def dec(self):
        r = self.r
        how = r.randrange(12)
        if how == 0:
            return Dec(r.choice([0, 1, -1, 10, Fraction(1, 10), Fraction(-1, 100)]), r.choice([2, 3, 5]))
        if how == 1:
            scale = r.randrange(19)
            return Dec(Fraction(r.choice([INT_MIN, INT_MAX, r.randrange(INT_MIN, INT_MAX)]), 10 ** scale), scale)
        if how == 2:
            return Dec(r.choice([2, 4, 5, 8, 16, 3, 7, 1000]), 0)
        scale = r.randrange(4)
        return Dec(Fraction(r.randrange(-100000, 100000), 10 ** scale), scale)

    def value(self, kind):
        r = self.r
        if kind == "flag":
            return r.random() < 0.5
        if kind == "int":
            return r.choice([0, 1, -1, 2, 3, 7, 12, 100, -45, r.randrange(-10 ** 6, 10 ** 6), 2 ** 31, 10 ** 18, INT_MAX,
                             INT_MIN] if r.random() < 0.3 else [r.randrange(-20, 50)])
        if kind in ("num", "CNY", "USD"):
            return self.dec()
        if kind == "pct":
            d = self.dec()
            return fit(d.value / 100, d.scale + 2) if d.scale < 16 and abs(d.value) < 10 ** 12 else Dec(
                Fraction(5, 100), 2)
        if kind.startswith("d:"):
            n = r.randrange(0, 60) if r.random() < 0.9 else r.choice([-5, 0, 10 ** 6, INT_MAX // 3600000])
            if kind in ("d:E", "d:W"):
                return n * r.choice([60000, 3600000, 1000])
            return INT_MIN if r.random() < 0.02 else n
        if kind == "date":
            if r.random() < 0.1:
                return r.choice([date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29), date(2000, 12, 31)])
            return date(2024, 1, 1) + timedelta(days=r.randrange(1200))
        if kind == "time":
            return r.randrange(24 * 60)
        if kind == "inst":
            t = wt.instant_of(datetime(2024, 1, 1, tzinfo=timezone.utc)) + r.randrange(3 * 366 * 24 * 60) * 60000
            if r.random() < 0.2:  # around the changes of offset
                t = wt.instant_of(datetime(2026, *r.choice([(3, 29), (10, 25)]), tzinfo=timezone.utc))
                t += r.randrange(-4 * 60, 4 * 60) * 60000
            return t + r.choice([0, 0, 0, 1, 999])
        if kind == "text":
            return r.choice(["", "a", "b", "ab", "gegenüber", "上海 \"x\"", "air", "desk", "x" * 40])
        if kind == "id":
            return r.choice(["a", "b", "C-1", "运单", "desk"])
        if kind == "party":
            return r.choice(PARTIES)
        return r.choice(ENUMS[kind[4:]])

    # ---- expressions: (kind, optional, text, precedence, function of the environment)

    def literal(self, kind, want_member=False):
        for _ in range(50):
            v = self.value(kind)
            text = None
            if isinstance(v, Dec) and v.value * 10 ** v.scale == INT_MIN:
                continue  # its digits without the sign do not fit
            if kind == "flag":
                text = "yes" if v else "no"
            elif kind == "int" and abs(v) < 10 ** 18:
                text = str(v)
            elif kind == "num" and v.scale > 0:
                text = v.text()
            elif kind in ("CNY", "USD"):
                text = f"{v.text()} {kind}"
            elif kind == "pct":
                text = v.text(2) + "%"
            elif kind.startswith("d:") and v >= 0:
                text = duration_text(kind[2:], v)
            elif kind in ("date", "time"):
                text = text_of(kind, v)
            elif kind == "inst":
                text = datetime.fromtimestamp(v / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:00Z")
                v = v // 60000 * 60000
            elif kind == "text":
                text = '"' + v.replace('\\', '\\\\').replace('"', '\\"') + '"' if '"' not in v else None
            elif kind == "party" and v != "p-17" or kind.startswith("enum") and want_member:
                text = v
            if text is not None:
                return (kind, False, text, 9, lambda env, v=v: v)
        return self.field(kind)

    def field(self, kind, optional=False):
        name = f"{kind.replace(':', '_')}_{'o' if optional else self.r.randrange(2)}"
        if kind == "inst" and not optional and self.r.random() < 0.2:
            return (kind, False, "i.time", 9, lambda env: env["time"])
        return (kind, optional, f"i.{name}", 9, lambda env: env[name])

    def atom(self, kind, lets):
        fitting = [x for x in lets if x[0] == kind and not x[1]]
        if fitting and self.r.random() < (0.7 if self.in_row else 0.4):
            return self.r.choice(fitting)
        return self.literal(kind) if self.in_row else self.literal(kind) if self.r.random() < 0.35 else self.field(kind)

    def wrap(self, e, least):
        """Parentheses where the grammar needs them, and sometimes where it does not."""
        return f"({e[2]})" if e[3] < least or (e[3] < 9 and self.r.random() < 0.2) else e[2]

    def binary(self, kind, a, op, b, prec, f, right=None):
        """left-associative unless `right` says what the right side needs."""
        text = f"{self.wrap(a, prec)} {op} {self.wrap(b, right or prec + 1)}"

        def run(env):
            x = a[4](env)
            return f(x, b[4](env))
        if op == "/":
            self.quotients[run] = (a, b)
        return (kind, False, text, prec, run)

    def expr(self, kind, depth, lets=()):
        r = self.r
        if depth == 0 or r.random() < 0.1:
            return self.atom(kind, lets)
        tables = [(t, k) for t in self.tables for k, output in enumerate(t.outputs) if output == kind]
        if tables and not self.in_row and r.random() < 0.3:
            return self.call(*r.choice(tables), depth, lets)
        if not self.in_row and r.random() < 0.12:
            e = self.orelse(kind, depth, lets)
            if not e[1]:
                return e
        if r.random() < 0.12 and kind in ("int", "num", "CNY", "USD", "pct"):
            return self.rounding(kind, depth - 1, lets)
        if r.random() < 0.06 and (kind in ("int", "num", "CNY", "USD", "pct") or kind[0:2] == "d:") and not self.in_row:
            return self.negative(kind, depth - 1, lets)
        if r.random() < 0.08 and kind in ORDERED:
            return self.extreme(kind, depth - 1, lets)
        make = getattr(self, "make_" + (kind if not kind.startswith(("d:", "enum")) and kind not in ("CNY", "USD") else
                                        "money" if kind in ("CNY", "USD") else kind[0] if kind[0] == "d" else "enum"))
        return make(kind, depth - 1, lets)

    def call(self, table, k, depth, lets):
        """An output of a table; an input that may be absent takes what may be."""
        given = []
        for _, kind, optional in table.inputs:
            e = self.field(kind, True) if optional and self.r.random() < 0.5 else self.expr(
                "int" if kind == "num" and self.r.random() < 0.3 else kind, depth - 1 if depth > 1 else 0, lets)
            given.append((kind, e))
        text = f"{table.name}({', '.join(e[2] for _, e in given)}).y{k}"

        def run(env):
            values = [e[4](env) for _, e in given]
            return table.row_of([None if v is None else as_num(kind, v) for (kind, _), v in zip(given, values)])[k]
        return (table.outputs[k], False, text, 9, run)

    def orelse(self, kind, depth, lets):
        """x else y: y may be absent too; a whole number may give way to a decimal and the reverse."""
        left, right = kind, kind
        if kind == "num":
            left, right = self.r.choice([("num", "num"), ("num", "int"), ("int", "num")])
        a = self.field(left, True) if self.r.random() < 0.6 else self.choice(left, depth - 1, lets)
        b = self.field(right, True) if self.r.random() < 0.15 else self.expr(right, depth - 1, lets)
        text = f"{self.wrap(a, 0.5)} else {self.wrap(b, 0)}"

        def run(env):
            x = a[4](env)
            if x is not None:
                return as_num(kind, x)
            y = b[4](env)
            return None if y is None else as_num(kind, y)
        return (kind, b[1], text, 0, run)

    def rounding(self, kind, depth, lets):
        """A whole number is what rounding to no places gives."""
        r = self.r
        how, places = r.choice(ROUNDINGS), 0 if kind == "int" else r.choice([0, 1, 2, 2, 3, 6, 17, 18])
        if kind == "num":
            places = max(places, 1)
        e = self.expr(r.choice(NUMERIC) if kind in NUMERIC else kind, depth, lets)
        text = f"{self.wrap(e, 5)} rounded to {places} place{'' if places == 1 else 's'} {how}"
        digits = min(places + 2, 18) if kind == "pct" else places
        sides = self.quotients.get(e[4])

        def run(env):
            if sides is not None:
                x = num(sides[0][4](env))
                d = rounded_quotient(x, num(sides[1][4](env)), digits, how)
            else:
                d = rounded(num(e[4](env)), digits, how)
            return int(d.value) if kind == "int" else d
        return (kind, False, text, 4.5, run)

    def choice(self, kind, depth, lets):
        """x if condition: absent where it does not hold, and then x is not looked at."""
        a = self.field(kind, True) if self.r.random() < 0.2 else self.expr(kind, depth, lets)
        c = self.expr("flag", depth, lets)
        return (kind, True, f"{self.wrap(a, 0.5)} if {self.wrap(c, 1)}", 0.5, lambda env: a[4](env) if c[4](env) else None)

    def negative(self, kind, depth, lets):
        e = self.expr(kind, depth, lets)
        bare = e[3] == 9 and not e[2].startswith("-")

        def run(env):
            v = e[4](env)
            return fit(-v.value, v.scale, "E0901") if isinstance(v, Dec) else whole(-v)
        return (kind, False, f"-{e[2]}" if bare else f"-({e[2]})", 8, run)

    def affix(self, depth, lets):
        a, b = (self.expr(self.r.choice(["text", "id"]), depth, lets) for _ in range(2))
        op, f = self.r.choice([("starts with", str.startswith), ("ends with", str.endswith), ("contains", str.__contains__)])
        return self.binary("flag", a, op, b, 4, f, 5)

    def extreme(self, kind, depth, lets):
        """min, max and abs. The first of equals is what min and max give."""
        r = self.r
        name = r.choice(["min", "max", "abs"] if kind in ("int", "num", "CNY", "USD", "pct") or kind[0:2] == "d:" else [
            "min", "max"])
        if name == "abs":
            e = self.expr(kind, depth, lets)

            def magnitude(env):
                v = e[4](env)
                if not isinstance(v, Dec):
                    return whole(abs(v))
                return v if v.value >= 0 else fit(-v.value, v.scale, "E0901")
            return (kind, False, f"abs({e[2]})", 9, magnitude)
        several = [self.expr(kind, depth, lets) for _ in range(r.choice([2, 2, 3]))]

        def run(env):
            values = [e[4](env) for e in several]
            best = values[0]
            for v in values[1:]:
                if plain(v) < plain(best) if name == "min" else plain(v) > plain(best):
                    best = v
            return best
        return (kind, False, f"{name}({', '.join(e[2] for e in several)})", 9, run)

    def share(self, kind, depth, lets, f):
        """5% of it."""
        return self.binary(kind, self.expr("pct", depth, lets), "of", self.expr(kind, depth, lets), 6, f)

    def make_flag(self, kind, depth, lets):
        r = self.r
        how = r.randrange(8)
        if how < 2:
            op = r.choice(["and", "or"])
            a, b = self.expr("flag", depth, lets), self.expr("flag", depth, lets)
            prec = 2 if op == "and" else 1
            text = f"{self.wrap(a, prec)} {op} {self.wrap(b, prec + 1)}"
            if op == "and":
                return ("flag", False, text, prec, lambda env: a[4](env) and b[4](env))
            return ("flag", False, text, prec, lambda env: a[4](env) or b[4](env))
        if how == 2:
            a = self.expr("flag", depth, lets)
            return ("flag", False, f"not {self.wrap(a, 3)}", 3, lambda env: not a[4](env))
        if how == 4 and r.random() < 0.4:
            return self.affix(depth, lets)
        if how == 3:
            a = self.field(r.choice(KINDS), True)
            no = r.random() < 0.5
            return ("flag", False, f"{a[2]} is {'not ' if no else ''}absent", 4,
                    lambda env: (a[4](env) is None) != no)
        if how < 6:
            left = r.choice(ORDERED)
            right = left
            if left in NUMERIC:
                right = r.choice(NUMERIC)
            op = r.choice(["<", "<=", ">", ">=", "=", "!="])
        else:
            left = right = r.choice([k for k in KINDS if k not in ORDERED])
            if left in ("text", "id"):
                right = r.choice(["text", "id"])
            op = r.choice(["=", "!="])
        a, b = self.expr(left, depth, lets), self.expr(right, depth, lets)
        if left == right and r.random() < 0.25:
            b = a  # equals are rare otherwise
        if left.startswith("enum") and r.random() < 0.5:
            b = self.literal(left, True)
            if r.random() < 0.3:
                a, b = b, a
        test = {"<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y,
                ">=": lambda x, y: x >= y, "=": lambda x, y: x == y, "!=": lambda x, y: x != y}[op]
        return self.binary("flag", a, op, b, 4, lambda x, y: test(plain(x), plain(y)), 5)

    def make_int(self, kind, depth, lets):
        op = self.r.choice("+-*")
        a, b = self.expr("int", depth, lets), self.expr("int", depth, lets)
        f = {"+": lambda x, y: whole(x + y), "-": lambda x, y: whole(x - y), "*": lambda x, y: whole(x * y)}[op]
        return self.binary("int", a, op, b, 6 if op == "*" else 5, f)

    def make_num(self, kind, depth, lets):
        r = self.r
        how = r.randrange(10)
        if how == 7:
            k = r.choice(DURATIONS)
            return self.binary("num", self.expr(k, depth, lets), "/", self.expr(k, depth, lets), 6,
                               lambda x, y: quotient(num(x), num(y)))
        if how == 8:
            return self.binary("num", self.expr("pct", depth, lets), "/", self.expr("pct", depth, lets), 6, quotient)
        if how == 9:
            return self.binary("num", self.expr("pct", depth, lets), "of", self.expr(r.choice(NUMERIC), depth, lets), 6,
                               lambda x, y: arithmetic("*", x, num(y)))
        if how == 0:  # a share of two amounts
            c = r.choice(["CNY", "USD"])
            return self.binary("num", self.expr(c, depth, lets), "/", self.expr(c, depth, lets), 6, quotient)
        if how == 1:  # a number and a percentage
            op = r.choice("*/")
            a, b = self.expr(r.choice(NUMERIC), depth, lets), self.expr("pct", depth, lets)
            return self.binary("num", a, op, b, 6, lambda x, y: arithmetic(op, num(x), y))
        op = r.choice("+-*/")
        kinds = r.choice([("num", "num"), ("int", "num"), ("num", "int")] + ([("int", "int")] if op == "/" else []))
        a, b = self.expr(kinds[0], depth, lets), self.expr(kinds[1], depth, lets)
        return self.binary("num", a, op, b, 6 if op in "*/" else 5, lambda x, y: arithmetic(op, num(x), num(y)))

    def make_pct(self, kind, depth, lets):
        if self.r.random() < 0.15:
            return self.share(kind, depth, lets, lambda x, y: arithmetic("*", x, y))
        op = self.r.choice("+-*/")
        if op in "+-":
            right = "pct"
        elif op == "*":
            right = self.r.choice(["pct", "int", "num"])
        else:
            right = self.r.choice(["int", "num"])
        a, b = self.expr("pct", depth, lets), self.expr(right, depth, lets)
        return self.binary("pct", a, op, b, 6 if op in "*/" else 5, lambda x, y: arithmetic(op, x, num(y)))

    def make_money(self, kind, depth, lets):
        op = self.r.choice("+-*/")
        if self.r.random() < 0.15:
            return self.share(kind, depth, lets, lambda x, y: arithmetic("*", y, x))
        prec = 6 if op in "*/" else 5
        a = self.expr(kind, depth, lets)
        b = self.expr(kind if op in "+-" else self.r.choice(["int", "num", "pct"]), depth, lets)
        if op == "*" and self.r.random() < 0.4:
            a, b = b, a
        return self.binary(kind, a, op, b, prec, lambda x, y: arithmetic(op, num(x), num(y)))

    def make_d(self, kind, depth, lets):
        r = self.r
        how = r.randrange(5)
        if kind == "d:E" and how == 0:
            return self.binary(kind, self.expr("inst", depth, lets), "-", self.expr("inst", depth, lets), 5,
                               lambda x, y: x - y)
        if kind == "d:D" and how == 0:
            return self.binary(kind, self.expr("date", depth, lets), "-", self.expr("date", depth, lets), 5,
                               lambda x, y: (x - y).days)
        if how == 1:
            a, b = self.expr(kind, depth, lets), self.expr("int", depth, lets)
            if r.random() < 0.5:
                a, b = b, a
            return self.binary(kind, a, "*", b, 6, lambda x, y: whole(x * y))
        if how == 2:  # stretched, or a part of it
            op, by = r.choice([("*", "num"), ("*", "pct"), ("/", "int"), ("/", "num")])
            f = (lambda x, y: whole_units(arithmetic("*", num(x), num(y)))) if op == "*" else (
                lambda x, y: whole_units(quotient(num(x), num(y))))
            return self.binary(kind, self.expr(kind, depth, lets), op, self.expr(by, depth, lets), 6, f)
        if how == 3 and r.random() < 0.3:
            return self.share(kind, depth, lets, lambda x, y: whole_units(arithmetic("*", num(y), x)))
        op = r.choice("+-")
        return self.binary(kind, self.expr(kind, depth, lets), op, self.expr(kind, depth, lets), 5,
                           lambda x, y: whole(x + y if op == "+" else x - y))

    def make_inst(self, kind, depth, lets):
        family = self.r.choice(DURATIONS)
        op = self.r.choice("+-")
        return self.binary(kind, self.expr("inst", depth, lets), op, self.expr(family, depth, lets), 5,
                           lambda t, n: instant_add(t, family[2:], whole(n if op == "+" else -n)))

    def make_date(self, kind, depth, lets):
        family = self.r.choice(["d:D", "d:M", "d:WD"])
        op = self.r.choice("+-")
        return self.binary(kind, self.expr("date", depth, lets), op, self.expr(family, depth, lets), 5,
                           lambda t, n: date_add(t, family[2:], whole(n if op == "+" else -n)))

    def make_text(self, kind, depth, lets):
        one = self.r.choice(["text", "id"])
        other = self.r.choice(KINDS)
        a, b = self.expr(one, depth, lets), self.expr(other, depth, lets)
        kinds = (one, other)
        if self.r.random() < 0.4:
            a, b, kinds = b, a, (other, one)
        return self.binary("text", a, "+", b, 5, lambda x, y: text_of(kinds[0], x) + text_of(kinds[1], y))

    def make_id(self, kind, depth, lets):
        return self.atom("id", lets)

    make_party = make_time = make_enum = lambda self, kind, depth, lets: self.atom(kind, lets)


def as_num(kind, v):
    return num(v) if kind == "num" else v


def num(v):
    return Dec(v, 0) if isinstance(v, int) else v


def plain(v):
    return v.value if isinstance(v, Dec) else v


def arithmetic(op, x, y):
    if op == "/":
        return quotient(x, y)
    if op == "*":
        return fit(x.value * y.value, x.scale + y.scale)
    return fit(x.value + y.value if op == "+" else x.value - y.value, max(x.scale, y.scale), "E0901")


# ---- policies of many rules

class Table:
    """A `first` table: rows of cells, each with results that are constants or computed from the inputs."""

    def __init__(self, f, n):
        r = f.r
        self.name = f"table{n}"
        self.inputs = [(f"x{k}", r.choice(["int", "num", "CNY", "flag", "d:W", "date", "enumA"]), r.random() < 0.3)
                       for k in range(r.randrange(1, 4))]
        own = [kind for _, kind, optional in self.inputs if not optional and kind not in ("flag", "enumA")]
        self.outputs = [r.choice(own if own and r.random() < 0.6 else
                                 ["int", "num", "pct", "CNY", "d:E", "d:WD", "date"]) for _ in range(r.randrange(1, 4))]
        bound = [(kind, optional, name, 9, lambda env, name=name: env[name]) for name, kind, optional in self.inputs]
        f.in_row = True
        self.rows = []
        for k in range(r.randrange(1, 5)):
            cells = [self.cell(f, kind, optional) for _, kind, optional in self.inputs]
            self.rows.append((cells, [f.expr(kind, r.randrange(2), bound) for kind in self.outputs]))
        self.rows.append(([("-", lambda v: True)] * len(self.inputs), [f.expr(k, 1, bound) for k in self.outputs]))
        f.in_row = False

    def cell(self, f, kind, optional):
        r = f.r
        if r.random() < 0.3:
            return ("-", lambda v: True)
        if optional and r.random() < 0.3:
            return ("absent", lambda v: v is None)
        bound = f.literal(kind, True)
        v = plain(bound[4]({}))
        if kind in ORDERED:
            op, test = r.choice([("<=", lambda x: x <= v), (">", lambda x: x > v), ("!=", lambda x: x != v)])
            return (f"{op} {bound[2]}", lambda x: x is not None and test(plain(x)))
        return (bound[2], lambda x: x is not None and x == v)

    def text(self):
        inputs = ", ".join(f"{name}: {type_text(kind)}{'?' if optional else ''}" for name, kind, optional in self.inputs)
        outputs = ", ".join(f"y{k}: {type_text(kind)}" for k, kind in enumerate(self.outputs))
        rows = "".join(f"  {' | '.join(text for text, _ in cells)} => {', '.join(f'({e[2]})' for e in results)}\n"
                       for cells, results in self.rows)
        return f"table {self.name}({inputs}) first -> {outputs} {{\n{rows}}}\n"

    def row_of(self, values):
        for cells, results in self.rows:
            if all(test(v) for (_, test), v in zip(cells, values)):
                env = {name: v for (name, _, _), v in zip(self.inputs, values)}
                return [as_num(kind, e[4](env)) for kind, e in zip(self.outputs, results)]
        raise AssertionError("the last row takes all")


class Rule:
    """Lets, a condition and two results of one rule."""

    def __init__(self, f, n):
        self.n, self.lets, r = n, [], f.r
        for k in range(r.randrange(3)):
            e = f.expr(r.choice(KINDS), r.randrange(3), [v for _, v, _ in self.lets])
            name = f"v{k}"
            bound = (e[0], e[1], name, 9, lambda env, name=name: env[name])
            self.lets.append((name, bound, e))
        lets = [v for _, v, _ in self.lets]
        self.where = f.expr("flag", 1, []) if r.random() < 0.3 else None
        self.results = []
        for _ in range(2):
            kind = r.choice(KINDS)
            e = f.orelse(kind, 2, lets) if r.random() < 0.1 else f.expr(kind, r.randrange(1, 4), lets)
            # A whole number may go where a decimal is wanted.
            self.results.append(("num" if kind == "int" and r.random() < 0.2 else kind, e))
        self.turned = r.random() < 0.5

    def text(self):
        fields = "  ".join(f"o{k}: {type_text(kind)}{'?' if e[1] else ''}" for k, (kind, e) in enumerate(self.results))
        inits = [f"o{k}: {e[2]}" for k, (_, e) in enumerate(self.results)]
        where = f" where {self.where[2]}" if self.where else ""
        lets = "".join(f"  let {name} = {e[2]}\n" for name, _, e in self.lets)
        return (f"event out{self.n} {{ {fields} }}\n"
                f"rule r{self.n} on in{self.n} as i{where} {{\n{lets}"
                f"  emit out{self.n} {{ {'  '.join(inits[::-1] if self.turned else inits)} }}\n}}\n")

    def expected(self, env):
        """The data that is emitted, None for nothing; may raise Trap or Skip."""
        env = dict(env)
        if self.where and not self.where[4](env):
            return None
        for name, _, e in self.lets:
            env[name] = e[4](env)
        out = {}
        for k, (kind, e) in enumerate(self.results):
            v = e[4](env)
            out[f"o{k}"] = None if v is None else json_of(kind, as_num(kind, v))
        return out


def fields_text():
    return "  ".join(f"{k.replace(':', '_')}_{n}: {type_text(k)}{'?' if n == 'o' else ''}"
                     for k in KINDS for n in ("0", "1", "o"))


def policy_text(rules, tables):
    fields = fields_text()
    events = "".join(f"event in{r.n} {{ {fields} }}\n" for r in rules)
    return (f'policy "Expressions" version "1" {{ zone "{ZONE}" calendar plain.office currency CNY }}\n'
            "use std.calendar.plain\nrole director\nteam desk { role lead }\n"
            + events + "".join(t.text() for t in tables) + "".join(r.text() for r in rules))


def environment(f):
    env = {"time": f.value("inst")}
    for kind in KINDS:
        for n in ("0", "1", "o"):
            absent = n == "o" and f.r.random() < 0.5
            env[f"{kind.replace(':', '_')}_{n}"] = None if absent else f.value(kind)
    return env


def event_line(f, rule, number, env):
    data = {}
    for kind in KINDS:
        for n in ("0", "1", "o"):
            name = f"{kind.replace(':', '_')}_{n}"
            if env[name] is None:
                continue
            v = env[name]
            if kind == "inst":
                data[name] = utc(v)
            else:
                data[name] = json_of(kind, v)
    return json.dumps({"specversion": "1.0", "id": str(number), "source": "s", "type": f"in{rule.n}",
                       "time": utc(env["time"]), "data": data}, ensure_ascii=False)


def utc(t):
    return (datetime(1970, 1, 1) + timedelta(milliseconds=t)).isoformat(timespec="milliseconds") + "Z"


def answers_of(lines):
    """By the event's id: what was emitted, or the code of its refusal."""
    out = {}
    for line in lines:
        e = json.loads(line)
        if e["type"] == "remit.event.rejected":
            message = e["data"].get("message", "")
            out[e["data"]["id"]] = message[message.rfind("[") + 1:-1] if e["data"]["reason"] == "failed" else message
        else:
            out[e["cause"]] = e["data"]
    return out


def same(got, want):
    """An absent field may be left out."""
    if not isinstance(got, dict) or not isinstance(want, dict):
        return got == want
    return {k: v for k, v in got.items() if v is not None} == {k: v for k, v in want.items() if v is not None} and not (
        set(got) - set(want))


class Counts:
    passed = failed = compared = traps = skipped = 0


def judge(rule, cases, answers, counts):
    for number, env in cases:
        try:
            want = rule.expected(env)
        except Trap as trap:
            want = str(trap)
            counts.traps += 1
        except Skip:
            counts.skipped += 1
            continue
        counts.compared += 1
        got = answers.get(str(number))
        fine = got in want.split("|") if isinstance(want, str) else same(got, want)
        if not fine:
            used = {k: (v.text() if isinstance(v, Dec) else v) for k, v in env.items() if f"i.{k}" in rule.text()}
            return f"event {number}\n{rule.text()}  with {used}\n  gave {got}\n  expected {want}"
    return None


def one_policy(program, seed, counts, keep):
    f = Fuzz(seed)
    f.tables = [Table(f, n) for n in range(3)]
    rules = [Rule(f, n) for n in range(EXPRESSIONS_EACH)]
    cases = {rule.n: [(rule.n * 1000 + k, environment(f)) for k in range(EVENTS_EACH)] for rule in rules}
    with tempfile.TemporaryDirectory() as folder:
        policy, events = os.path.join(folder, "p.remit"), os.path.join(folder, "e.ndjson")
        with open(policy, "w", encoding="utf-8") as out:
            out.write(policy_text(rules, f.tables))
        with open(events, "w", encoding="utf-8") as out:
            for rule in rules:
                for number, env in cases[rule.n]:
                    out.write(event_line(f, rule, number, env) + "\n")
        p = subprocess.run([program, "decide", "--policy", policy, "--events", events, "--json"],
                           capture_output=True, text=True, timeout=60)
        if keep:
            for path in (policy, events):
                os.makedirs(keep, exist_ok=True)
                with open(path, encoding="utf-8") as src, open(
                        os.path.join(keep, f"{seed}-{os.path.basename(path)}"), "w", encoding="utf-8") as dst:
                    dst.write(src.read())
    if p.returncode != 0:
        counts.failed += len(rules)
        print(f"seed {seed}: remit decide ended with {p.returncode}\n{p.stderr[:1500]}")
        return
    answers = answers_of(p.stdout.splitlines())
    for rule in rules:
        fault = judge(rule, cases[rule.n], answers, counts)
        counts.passed += fault is None
        counts.failed += fault is not None
        if fault is not None:
            print(f"seed {seed}, {fault}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--remit", default=os.environ.get("REMIT", os.path.join(ROOT, "build", "remit")))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("REMIT_SEED", "1")))
    parser.add_argument("--policies", type=int, default=40)
    parser.add_argument("--keep")
    args = parser.parse_args()
    print(f"seed {args.seed}")
    counts = Counts()
    for k in range(args.policies):
        one_policy(args.remit, args.seed * 1000 + k, counts, args.keep)
        if counts.failed > 10:
            break
    print(f"{counts.compared} answers compared, {counts.traps} of them refusals; {counts.skipped} not judged")
    if counts.compared < counts.traps * 2:
        print("too few answers that are no refusals")
        counts.failed += 1
    print(f"{counts.passed} passed, {counts.failed} failed")
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
