#!/usr/bin/env python3
"""Makes a week of complaints for rules/department/complaints.remit: CloudEvents lines, as messy as real ones.

    gen_week.py [--seed N] [--events N] [--start DATE] [--out FILE]

The same seed, number and start give the same bytes on every machine and Python: the random numbers
are made here, from whole numbers only. --events (default 6000) is the least number of lines.
--start (default 2026-03-02) is the first of seven days, in Shanghai time. What was made is summed
up on stderr.

The department takes complaints all day and night, most between 09:00 and 21:00 and more in the
evening; the fourth day is a rush with three times as many. People work from 09:00 to 21:00. A
complaint is answered, perhaps waits for its customer, is resolved or withdrawn; what would happen
after the seventh day is not told. Some are resolved at the very instant at which an ordinary
deadline ends, some a millisecond after; some waitings are told when the deadline that they move has
passed. One in sixteen is of a customer who has complained before. Data analytics' members report on
suspected fraud, and the customer service's lead on large claims.

The mess, in 1,000 complaints, which have about three lines each:
  repeats       40 lines come again byte for byte, 30 with their members in another order and the
                time said otherwise
  late          100 lines come minutes to days after their own time; of these some openings, after
                what they open
  malformed     12 are no JSON, or no CloudEvent: cut off, no id, no or a bad time, ...
  unknown       10 have a type that no policy knows, 10 a field that it doesn't know
  out of range  15 have a severity, category, amount or flag that can't be, or lack a field
  conflicts     10 come with an id that is taken, and other content
  unmatched     15 acts are for complaints that nobody opened
  again         6 complaints are opened twice, with two ids
  too late      3 come 40 days after their time
  unauthorised  some reports on fraud come from people of other groups
"""

import argparse
import collections
import json
import sys
from datetime import date

from eventlines import instant_text

MINUTE = 60 * 1000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SHANGHAI = 8 * 60    # minutes east of UTC

# Complaints by the hour of the day, from midnight.
HOURS = (1, 0, 0, 0, 0, 0, 0, 1, 2, 9, 11, 11, 8, 7, 9, 10, 10, 10, 12, 17, 20, 8, 4, 2)
DAYS = (10, 10, 10, 30, 10, 12, 12)
CATEGORIES = (("quality", 30), ("delivery", 30), ("refund", 25), ("fraud", 3), ("other", 12))
SEVERITIES = ((1, 20), (2, 35), (3, 27), (4, 13), (5, 5))
# Amounts in fen: (from, to, weight).
AMOUNTS = ((500, 30000, 60), (30000, 200000, 25), (200000, 1000000, 10), (1000000, 5000000, 4),
           (5000000, 8000000, 1))
# Minutes of work until the answer, and from then to the solution: (from, to, weight).
ANSWERS = ((3, 40, 50), (40, 120, 30), (120, 300, 14), (300, 1500, 6))
SOLUTIONS = ((5, 120, 35), (120, 480, 35), (480, 1000, 20), (1000, 3000, 10))
DELAYS = ((1, 90, 60), (90, 720, 25), (720, 4320, 15))
OUTCOMES = ("已退款", "已换货", "已补发，运费由我方承担", "部分退款，客户满意", "核实为误投诉",
            "已道歉并赠送优惠券", "转售后维修", "物流赔付完成", "客户撤回要求，无需处理",
            "“七天无理由”退货完成", "refunded in full", "已联系商家；三日内到账 👍")
AGENTS = ("wang.min", "chen.jie", "liu.yang", "he.xin", "ma.rui")
ANALYSTS = ("zhou.ling", "wu.tao", "qian.yu")
PEOPLE = ([("remit.appointed", {"person": "fang.wei", "seat": "management"}),
           ("remit.appointed", {"person": "zhao.ning", "seat": "director"}),
           ("remit.appointed", {"person": "li.na", "seat": "customer_service.lead"}),
           ("remit.appointed", {"person": "sun.hao", "seat": "data_analytics.lead"}),
           ("remit.joined", {"person": "li.na", "team": "customer_service"}),
           ("remit.joined", {"person": "sun.hao", "team": "data_analytics"})]
          + [("remit.joined", {"person": name, "team": "customer_service"}) for name in AGENTS]
          + [("remit.joined", {"person": name, "team": "data_analytics"}) for name in ANALYSTS])


class Random:
    """splitmix64: whole numbers only, so that it is the same everywhere."""

    MASK = (1 << 64) - 1

    def __init__(self, seed):
        self.state = seed & self.MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & self.MASK
        return z ^ (z >> 31)

    def below(self, limit):
        """0 <= n < limit, limit >= 1."""
        return (self.next() * limit) >> 64

    def between(self, low, high):
        """low <= n <= high."""
        return low + self.below(high - low + 1)

    def chance(self, part, whole=100):
        return self.below(whole) < part

    def pick(self, items):
        return items[self.below(len(items))]

    def weighted(self, pairs):
        """An item of [(item, weight)]."""
        n = self.below(sum(weight for _, weight in pairs))
        for item, weight in pairs:
            if n < weight:
                return item
            n -= weight
        raise AssertionError("weights don't add up")

    def span(self, spans):
        """A number from [(from, to, weight)]."""
        low, high = self.weighted([((low, high), weight) for low, high, weight in spans])
        return self.between(low, high)

    def shuffled(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items


class Event:
    """An event before it is a line: own time and arrival in ms, members, spelling of the time."""

    def __init__(self, ms, kind, data, source, actor=None):
        self.ms, self.arrival = ms, ms
        self.kind, self.data, self.source, self.actor = kind, data, source, actor
        self.ident = None
        self.zulu = False

    def members(self):
        offset = 0 if self.zulu else SHANGHAI
        time = instant_text(self.ms, offset)
        found = [("specversion", "1.0"), ("id", self.ident), ("source", self.source),
                 ("type", self.kind), ("time", time.replace("+00:00", "Z"))]
        if self.actor is not None:
            found.append(("actor", self.actor))
        return found + [("data", self.data)]

    def line(self):
        text = json.dumps(dict(self.members()), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8")

    def copy(self):
        twin = Event(self.ms, self.kind, dict(self.data), self.source, self.actor)
        twin.ident, twin.arrival, twin.zulu = self.ident, self.arrival, self.zulu
        return twin


class Week:
    """The week under construction: events, then lines with their arrival."""

    def __init__(self, seed, first, complaints):
        self.random = Random(seed)
        self.year = first.year
        self.start = (first - date(1970, 1, 1)).days * DAY - SHANGHAI * MINUTE    # first midnight
        self.end = self.start + 7 * DAY
        self.complaints = complaints
        self.events = []
        self.lines = []             # (arrival, order made, bytes)
        self.made = collections.Counter()

    def share(self, per_thousand):
        """How many of a kind of mess there are for the number of complaints, at least 1."""
        return max(1, self.complaints * per_thousand // 1000)

    # -- what happens ------------------------------------------------------------------------------

    def happen(self, ms, kind, data, source="shop:desk", actor=None):
        """An event of the week, unless it lies past its end."""
        if ms >= self.end:
            return None
        event = Event(ms, kind, data, source, actor)
        event.zulu = self.random.chance(10)
        self.events.append(event)
        return event

    def at_work(self, ms, minutes):
        """`ms` plus minutes of people's work, 09:00 to 21:00 every day."""
        left = minutes * MINUTE
        while True:
            day = (ms - self.start) // DAY * DAY + self.start
            opens, closes = day + 9 * HOUR, day + 21 * HOUR
            ms = max(ms, opens)
            if ms < closes and left <= closes - ms:
                return ms + left
            left -= max(0, closes - ms)
            ms = day + DAY

    def moment(self):
        """When a complaint comes in: the days' and hours' rhythm, a third at a full minute."""
        r = self.random
        ms = self.start + r.weighted(list(enumerate(DAYS))) * DAY
        ms += r.weighted(list(enumerate(HOURS))) * HOUR + r.below(60) * MINUTE
        if r.chance(67):
            ms += r.below(60) * 1000
        if r.chance(10):
            ms += r.below(1000)
        return ms

    def opening(self):
        """The fields of a complaint but its id."""
        r = self.random
        fen = r.span(AMOUNTS)
        if r.chance(10):
            value = fen // 100          # a JSON number, in whole yuan
        else:
            value = "%d.%02d" % (fen // 100, fen % 100) + (" CNY" if r.chance(20) else "")
        data = {"category": r.weighted(CATEGORIES), "severity": r.weighted(SEVERITIES),
                "order_value": value}
        if r.chance(12):
            data["vip"] = True
        elif r.chance(50):
            data["vip"] = False
        return data, fen

    def complaint(self, ident, ms):
        """All that happens to one complaint."""
        r = self.random
        data, fen = self.opening()
        opened = dict([("complaint", ident)] + list(data.items()))
        if int(ident[-5:]) % 16 == 11:
            opened["repeated"] = True
        self.happen(ms, "complaint.opened", opened, r.pick(("shop:web", "shop:app", "shop:desk")))
        agent = r.pick(AGENTS)
        only = {"complaint": ident}
        if data["category"] == "fraud":
            done = self.at_work(ms, r.between(60, 900))
            self.reported("investigate_fraud", ident, ms, done, ANALYSTS)
        if fen > 5000000 and r.chance(60):
            done = self.at_work(ms, r.between(100, 1500))
            self.reported("review_claim", ident, ms, done, ("li.na",))
        withdrawn = r.chance(4)
        if withdrawn:
            self.happen(ms + r.between(10, 2000) * MINUTE, "complaint.withdrawn", only, "shop:app")
            if r.chance(70):
                return
        at = self.at_work(ms, r.span(ANSWERS))
        if r.chance(93):
            self.happen(at, "complaint.answered", only, actor=agent)
        if r.chance(22):
            at, goes_on = self.waiting(at, only, agent)
            if not goes_on:
                return
        done = self.at_work(at, r.span(SOLUTIONS))
        if r.chance(96):
            self.happen(done + r.below(60) * 1000, "complaint.resolved",
                        {"complaint": ident, "outcome": r.pick(OUTCOMES)}, actor=agent)
            if r.chance(1):
                self.happen(done + HOUR, "complaint.customer_replied", only, "shop:app")
        elif r.chance(30):
            self.happen(done, "complaint.customer_replied", only, "shop:app")

    def waiting(self, at, only, agent):
        """Asks the customer, once or twice. Gives when that is over, and whether things go on."""
        r = self.random
        for _ in range(2 if r.chance(25) else 1):
            at = self.at_work(at, r.between(5, 60))
            self.happen(at, "complaint.waiting_customer", only, actor=agent)
            if r.chance(10):
                self.happen(at + r.between(1, 30) * MINUTE, "complaint.waiting_customer", only,
                            actor=agent)
            if r.chance(12):
                return at, r.chance(40)
            at += r.between(30, 2500) * MINUTE
            self.happen(at, "complaint.customer_replied", only, "shop:app")
        return at, True

    def reported(self, duty, ident, opened, ms, people):
        """A report that a duty is done; at times there is none, at times a wrong person's first."""
        r = self.random
        if r.chance(20):
            return
        if r.chance(12):
            if self.happen((opened + ms) // 2, "remit.reported", {"duty": duty, "key": ident},
                           "desk:remit", r.pick(AGENTS)):
                self.made["unauthorised"] += 1
        self.happen(ms, "remit.reported", {"duty": duty, "key": ident, "note": "已核查"},
                    "desk:remit", r.pick(people))

    def special(self, ident, ms, after):
        """An ordinary complaint that is resolved `after` ms later to the millisecond."""
        self.happen(ms, "complaint.opened", {"complaint": ident, "category": "quality",
                                             "severity": 2, "order_value": "99.00"}, "shop:web")
        self.happen(ms + HOUR, "complaint.answered", {"complaint": ident}, actor=AGENTS[0])
        self.happen(ms + after, "complaint.resolved", {"complaint": ident, "outcome": OUTCOMES[0]},
                    actor=AGENTS[0])

    def same_instant(self, ident, ms):
        """Two acts at one instant: the reply counts before the waiting, the solution before all."""
        self.happen(ms, "complaint.opened", {"complaint": ident, "category": "delivery",
                                             "severity": 3, "order_value": "45.00"}, "shop:web")
        only = {"complaint": ident}
        self.happen(ms + HOUR, "complaint.waiting_customer", only, actor=AGENTS[1])
        self.happen(ms + HOUR, "complaint.customer_replied", only, "shop:app")
        self.happen(ms + 3 * HOUR, "complaint.customer_replied", only, "shop:app")
        self.happen(ms + 4 * HOUR, "complaint.waiting_customer", only, actor=AGENTS[1])
        self.happen(ms + 4 * HOUR, "complaint.resolved",
                    {"complaint": ident, "outcome": OUTCOMES[1]}, actor=AGENTS[1])

    def told_late(self, ident, ms):
        """A waiting that is told after the deadline that it moves: a breach is taken back."""
        self.happen(ms, "complaint.opened", {"complaint": ident, "category": "refund",
                                             "severity": 1, "order_value": "268.00"}, "shop:app")
        only = {"complaint": ident}
        waiting = self.happen(ms + 2 * HOUR, "complaint.waiting_customer", only, actor=AGENTS[2])
        waiting.arrival += 25 * HOUR
        self.happen(ms + 44 * HOUR, "complaint.customer_replied", only, "shop:app")

    def reports(self):
        """The reports: a weekly one in time, one too early for its duty; the quality one late."""
        def publish(day, hour, minute, name, kind, actor):
            self.happen(self.start + day * DAY + hour * HOUR + minute * MINUTE, "report.published",
                        {"report": name, "kind": kind}, "desk:reports", actor)
        publish(0, 9, 30, "W-08", "weekly", ANALYSTS[0])
        publish(0, 13, 40, "W-09", "weekly", ANALYSTS[0])
        publish(2, 11, 0, "M-02", "monthly", ANALYSTS[1])
        publish(4, 19, 10, "Q-09", "quality", "li.na")

    def live(self):
        """All that happens in the week, in the order of its own times, with ids."""
        r = self.random
        for kind, data in PEOPLE:
            self.happen(self.start, kind, data, "hr:people")
        self.reports()
        hour = (10, 11, 13, 14, 15, 16)
        specials = [("exact", self.start + (n % 4) * DAY + hour[n % 6] * HOUR + n * MINUTE)
                    for n in range(16)]
        specials += [("same", self.start + (n % 5) * DAY + 10 * HOUR + n * MINUTE)
                     for n in range(5)]
        specials += [("told", self.start + n * DAY + 9 * HOUR + n * MINUTE) for n in range(3)]
        opened = [("normal", self.moment()) for _ in range(self.complaints)] + specials
        order = sorted(range(len(opened)), key=lambda i: (opened[i][1], i))
        again = set(r.shuffled(range(len(opened)))[:self.share(6)])
        exact = 0
        for number, i in enumerate(order, start=1):
            what, ms = opened[i]
            ident = "C-%d-%05d" % (self.year, number)
            before = len(self.events)
            if what == "exact":
                self.special(ident, ms, DAY + (1 if exact % 4 == 3 else 0))
                exact += 1
            elif what == "same":
                self.same_instant(ident, ms)
            elif what == "told":
                self.told_late(ident, ms)
            else:
                self.complaint(ident, ms)
            if i in again:
                first = self.events[before]
                if self.happen(first.ms + r.between(1, 600) * MINUTE, first.kind, first.data,
                               first.source):
                    self.made["again"] += 1
        self.made["complaints"] = len(opened)
        self.events.sort(key=lambda event: event.ms)    # stable: at one instant in the order made
        count = collections.Counter()
        for event in self.events:                       # each source numbers its own: ids recur
            count[event.source] += 1
            event.ident = "%06d" % count[event.source]

    # -- how it arrives ----------------------------------------------------------------------------

    def arrive(self, event, line=None):
        self.lines.append((event.arrival, len(self.lines), event.line() if line is None else line))

    def sample(self, count, fits=None):
        """`count` events at random, each at most once."""
        found = [i for i, event in enumerate(self.events) if fits is None or fits(event)]
        return [self.events[i] for i in sorted(self.random.shuffled(found)[:count])]

    def anytime(self):
        return self.start + 10 * HOUR + self.random.below(7 * DAY - 12 * HOUR)

    def stray(self, ms, kind, data, source):
        """An event that belongs to nothing that happened: own ids, comes at its own time."""
        event = Event(ms, kind, data, source)
        self.made["strays"] += 1
        event.ident = "x%05d" % self.made["strays"]
        return event

    def lateness(self):
        # Not people, nor suspected fraud: whether who reports on it may do so shouldn't hang on
        # delays.
        for event in self.sample(self.share(100), lambda event: event.source != "hr:people"
                                 and event.data.get("category") != "fraud"):
            event.arrival += self.random.span(DELAYS) * MINUTE + self.random.below(60) * 1000
            self.made["late"] += 1

    def repeats(self):
        r = self.random
        for event in self.sample(self.share(70)):
            twin = event.copy()
            twin.arrival += r.between(0, 3000) * MINUTE
            if r.chance(4, 7):
                self.arrive(twin)
                self.made["repeats, same bytes"] += 1
                continue
            twin.zulu = not twin.zulu
            members = [(key, dict(r.shuffled(value.items())) if key == "data" else value)
                       for key, value in r.shuffled(twin.members())]
            line = json.dumps(dict(members), ensure_ascii=r.chance(50)).encode("utf-8")
            self.arrive(twin, line)
            self.made["repeats, other order"] += 1

    def conflicts(self):
        r = self.random
        for event in self.sample(self.share(10), lambda event: event.kind == "complaint.opened"):
            twin = event.copy()
            twin.arrival += r.between(1, 600) * MINUTE
            twin.data["severity"] = 1 + event.data["severity"] % 5
            self.arrive(twin)
            self.made["conflicts"] += 1

    def refused(self):
        """Lines that are refused: no CloudEvent, unknown types or fields, values that can't be."""
        r = self.random
        good = {"complaint": "C-%d-00001" % self.year, "category": "quality", "severity": 2,
                "order_value": "20.00"}
        wrong = ({"severity": 0}, {"severity": 6}, {"severity": 9}, {"severity": "high"},
                 {"severity": 2.5}, {"category": "praise"}, {"order_value": "12.00 EUR"},
                 {"order_value": "much"},
                 {"vip": "maybe"}, {"complaint": None}, {"severity": None}, {"order_value": True})
        for n in range(self.share(15)):
            data = dict(good, **wrong[n % len(wrong)])
            event = self.stray(self.anytime(), "complaint.opened", data, "shop:web")
            if event.data["complaint"] is None:
                del event.data["complaint"]
            self.arrive(event)
            self.made["out of range"] += 1
        kinds = ("complaint.openend", "complaint.praised", "order.paid", "remit.decidet",
                 "heartbeat")
        for n in range(self.share(10)):
            self.arrive(self.stray(self.anytime(), kinds[n % len(kinds)], dict(good), "shop:app"))
            self.made["unknown type"] += 1
        for n in range(self.share(10)):
            extra = (("customer_name", "王先生"), ("severty", 3), ("channel", "web"))[n % 3]
            data = dict(good, **dict([extra]))
            self.arrive(self.stray(self.anytime(), "complaint.opened", data, "shop:web"))
            self.made["unknown field"] += 1
        for n in range(self.share(12)):
            event = self.stray(self.anytime(), "complaint.opened", good, "shop:web")
            self.arrive(event, self.malformed(event, n, r))
            self.made["malformed"] += 1

    @staticmethod
    def malformed(event, n, r):
        """A line that is no CloudEvent in JSON, of the n-th kind."""
        members, line = dict(event.members()), event.line()
        number = b"%d" % r.below(1 << 30)   # no two alike, though the lines say little
        def without(key):
            return json.dumps({k: v for k, v in members.items() if k != key}).encode("utf-8")
        kinds = (
            lambda: line[:20 + r.below(len(line) - 40)],
            lambda: without("id"),
            lambda: without("time"),
            lambda: without("type"),
            lambda: b"ERROR 502 upstream timed out " + number,
            lambda: b"[1,2," + number + b"]",
            lambda: line[:-1] + b',"note":"\xff\xfe"}',
            lambda: json.dumps(dict(members, time="2026-03-32T10:00:00+08:00")).encode("utf-8"),
            lambda: json.dumps(dict(members, time=members["time"][:19])).encode("utf-8"),
            lambda: line[:-1] + b',}',
            lambda: json.dumps(dict(members, specversion="0.3")).encode("utf-8"),
        )
        return kinds[n % len(kinds)]()

    def unmatched(self):
        kinds = ("complaint.resolved", "complaint.withdrawn", "complaint.waiting_customer",
                 "complaint.customer_replied", "complaint.answered")
        for n in range(self.share(15)):
            data = {"complaint": "C-%d-%05d" % (self.year - 1, 90000 + n)}
            if n % len(kinds) == 0:
                data["outcome"] = self.random.pick(OUTCOMES)
            self.arrive(self.stray(self.anytime(), kinds[n % len(kinds)], data, "shop:desk"))
            self.made["unmatched"] += 1

    def too_late(self):
        for n in range(self.share(3)):
            data = {"complaint": "C-%d-%05d" % (self.year, 1 + n), "outcome": OUTCOMES[4]}
            event = self.stray(self.anytime(), "complaint.resolved", data, "shop:desk")
            event.ms -= 40 * DAY
            self.arrive(event)
            self.made["too late"] += 1

    def tell(self):
        """All lines in the order of arrival, as bytes."""
        self.lateness()
        for event in self.events:
            self.arrive(event)
        self.repeats()
        self.conflicts()
        self.refused()
        self.unmatched()
        self.too_late()
        self.lines.sort()
        return [line for _, _, line in self.lines]


def generate(seed, events, start):
    """(lines as bytes, Counter of what was made) for at least `events` lines. start: a date."""
    complaints = max(40, events // 3)
    while True:
        week = Week(seed, start, complaints)
        week.live()
        lines = week.tell()
        if len(lines) >= events:
            return lines, week.made
        complaints = complaints * 11 // 10


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=6000, help="the least number of lines")
    parser.add_argument("--start", type=date.fromisoformat, default=date(2026, 3, 2))
    parser.add_argument("--out", help="file for the lines (default: standard output)")
    options = parser.parse_args(arguments)
    lines, made = generate(options.seed, options.events, options.start)
    text = b"".join(line + b"\n" for line in lines)
    if options.out:
        with open(options.out, "wb") as out:
            out.write(text)
    else:
        sys.stdout.buffer.write(text)
    del made["strays"]
    print("gen_week: %d lines: %s" % (len(lines), ", ".join(
        "%d %s" % (made[what], what) for what in sorted(made))), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
