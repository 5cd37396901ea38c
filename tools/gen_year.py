#!/usr/bin/env python3
"""Makes a year of the operations department for rules/department, as messy as a real one.

    gen_year.py --out FOLDER [--seed N] [--events N]

Into FOLDER go, for each week of 2026 (Shanghai time), `week-NN.jsonl`, CloudEvents in the order in which they
came, and `orders-NN.csv`, the shop's export of the week's orders, which comes when the week is over. The same
seed and number give the same bytes on every machine and Python. --events (default 20000) is about how many
lines there are. What was made is summed up on stderr.

120 people belong to the company in the course of the year: management, a director, four groups. Some join,
some leave, all are absent for a time, two leads hand over. What customers do follows the seasons: 18 June,
the days before 11 November, the quiet of the Spring Festival; the busier the day, the slower the work.

The mess: of a thousand lines about 20 come minutes to hours after their own time and 4 come days after,
10 come again as they were, one comes with a taken id and other content; a few are cut off or no events, have
a field that cannot be, or come more than 30 days late. Some acts are done at the very deadline.
"""

import argparse
import csv
import io
import os
import sys
from collections import Counter
from datetime import date, timedelta
from json import JSONEncoder

from gen_month import AMOUNTS, DAY, HOUR, MINUTE, Random

START = date(2026, 1, 1)    # a Thursday
DAYS = 365
SHIFT = 8 * HOUR
BEGIN = (START - date(1970, 1, 1)).days * DAY - SHIFT
WEEK_OFFSET = 3             # days from a Monday to the year's first day
SECOND = 1000
HOURS = (1, 1, 0, 0, 0, 0, 0, 1, 3, 9, 11, 10, 7, 8, 10, 10, 10, 9, 9, 11, 13, 9, 4, 2)
# How much comes on a day: (first, last, weight); an ordinary day has 10, a weekend 8.
SEASONS = (("2026-02-15", "2026-02-23", 4), ("2026-06-01", "2026-06-17", 22), ("2026-06-18", "2026-06-18", 70),
           ("2026-11-01", "2026-11-10", 26), ("2026-11-11", "2026-11-11", 90), ("2026-12-12", "2026-12-12", 25))
BUSY = 20
CATEGORIES = (("quality", 30), ("delivery", 30), ("refund", 25), ("fraud", 2), ("other", 13))
SEVERITIES = ((1, 20), (2, 35), (3, 27), (4, 13), (5, 5))
CHANNELS = (("chat", 60), ("phone", 25), ("email", 15))
# Minutes until an answer: (from, to, weight).
REPLIES = {"chat": ((0, 2, 80), (2, 5, 15), (6, 60, 5)), "phone": ((1, 19, 90), (19, 120, 10)),
           "email": ((10, 115, 80), (115, 240, 14), (240, 1500, 6))}
SLOW_REPLIES = {"chat": ((1, 3, 55), (3, 8, 35), (8, 90, 10)), "phone": ((5, 22, 70), (22, 200, 30)),
                "email": ((30, 130, 55), (130, 300, 30), (300, 3000, 15))}
ANSWERS = ((3, 40, 55), (40, 130, 35), (130, 400, 7), (400, 1500, 3))
SOLUTIONS = ((10, 110, 35), (110, 400, 40), (400, 1000, 17), (1000, 5000, 8))
GOODS = (("clothing", 30), ("food", 35), ("electronics", 14), ("home", 20), ("gifts", 1))
PRICES = ((1000, 30000, 60), (30001, 120000, 32), (120001, 400000, 7), (400001, 800000, 1))    # fen
REFUNDS = ((500, 20000, 70), (20001, 200000, 22), (200001, 2000000, 7), (2000001, 5000000, 1))    # fen
SYSTEMS = ("checkout", "search", "app", "warehouse")
SOURCES = (("orders", "data_analytics"), ("ads", "marketing_ops"), ("stock", "product_ops"))
GROUPS = ("product", "promotion", "service", "analytics")
TEAMS = {"product": "product_ops", "promotion": "marketing_ops", "service": "customer_service",
         "analytics": "data_analytics"}
SIZES = (("service", 48), ("product", 25), ("promotion", 24), ("analytics", 14))
SURNAMES = "wang li zhang liu chen yang zhao huang zhou wu xu sun ma zhu hu".split()
NAMES = "min jie yang xin rui lei yan bo ran xue yi jun ling tao yu".split()
ENCODE = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# What each kind of story weighs among a thousand that are drawn.
STORIES = (("question", 300), ("complaint", 80), ("order", 300), ("checks", 4), ("payments", 4), ("refund", 55),
           ("back", 40), ("feedback", 90), ("incident", 12), ("launch", 4), ("campaign", 6), ("request", 12),
           ("suggestion", 10), ("anomaly", 12), ("fault", 10), ("score", 50), ("user", 40), ("change", 8))


class Clock:
    """Names of instants, a day's made once."""

    def __init__(self):
        self.days = [(START + timedelta(days=n)).isoformat() for n in range(DAYS + 400)]

    def date(self, ms):
        return self.days[(ms - BEGIN) // DAY]

    def text(self, ms):
        day, rest = divmod(ms - BEGIN, DAY)
        rest, milli = divmod(rest, 1000)
        return "%sT%02d:%02d:%02d%s+08:00" % (self.days[day], rest // 3600, rest // 60 % 60, rest % 60,
                                             ".%03d" % milli if milli else "")


class Year:
    """The year under construction: lines with their arrival, orders apart."""

    def __init__(self, seed, size):
        self.random, self.size = Random(seed), size
        self.clock = Clock()
        self.end = BEGIN + DAYS * DAY
        self.weights = [self.weight(START + timedelta(days=n)) for n in range(DAYS)]
        self.total = sum(self.weights)
        self.lines = []             # (arrival, order made, bytes)
        self.orders = []            # (ms, row)
        self.made, self.next = Counter(), Counter()
        self.seats = {}             # seat -> [(from, person)]
        self.people = {group: [] for group in GROUPS}

    @staticmethod
    def weight(day):
        name = day.isoformat()
        for first, last, weight in reversed(SEASONS):
            if first <= name <= last:
                return weight
        return 8 if day.weekday() >= 5 else 10

    # -- times -------------------------------------------------------------------------------------

    @staticmethod
    def at(day, hour=0, minute=0):
        """An instant of a day, said as MM-DD or as the number of the day in the year, from 0 on."""
        if isinstance(day, str):
            day = (date.fromisoformat("2026-" + day) - START).days
        return BEGIN + day * DAY + hour * HOUR + minute * MINUTE

    def moment(self):
        """Some time of the year, as customers come."""
        r = self.random
        n = r.below(self.total)
        for day, weight in enumerate(self.weights):
            if n < weight:
                break
            n -= weight
        ms = BEGIN + day * DAY + r.weighted(list(enumerate(HOURS))) * HOUR + r.below(3600) * SECOND
        return ms + r.below(1000) if r.chance(5) else ms

    def office(self):
        """Some time between nine and six of a day in the week."""
        r = self.random
        while True:
            day = r.below(DAYS)
            if (day + WEEK_OFFSET) % 7 < 5:
                return BEGIN + day * DAY + 9 * HOUR + r.below(9 * 3600) * SECOND

    def busy(self, ms):
        return self.weights[min(DAYS - 1, (ms - BEGIN) // DAY)] >= BUSY

    def work(self, ms, minutes):
        """`ms` plus minutes of people's work, 09:00 to 21:00."""
        left = minutes * MINUTE
        while True:
            day = (ms - BEGIN) // DAY * DAY + BEGIN
            opens, closes = day + 9 * HOUR, day + 21 * HOUR
            ms = max(ms, opens)
            if ms < closes and left <= closes - ms:
                return ms + left
            left -= max(0, closes - ms)
            ms = day + DAY

    def later(self, ms, low, high):
        """So many days later, by day."""
        r = self.random
        return self.work(ms + r.between(low, high) * DAY, r.below(500)) + r.below(60) * SECOND

    # -- lines -------------------------------------------------------------------------------------

    def ident(self, prefix):
        self.next[prefix] += 1
        return "%s%06d" % (prefix, self.next[prefix])

    def line(self, ms, kind, data, source, actor, ident):
        event = {"specversion": "1.0", "id": ident, "source": source, "type": kind, "time": self.clock.text(ms)}
        if actor is not None:
            event["actor"] = actor
        event["data"] = data
        return ENCODE(event).encode()

    def put(self, arrival, line):
        if arrival < self.end:
            self.lines.append((arrival, len(self.lines), line))

    def happen(self, ms, kind, data, source="shop", actor=None, prompt=False):
        """An event, unless it lies past the year; a `prompt` one comes at its own time."""
        if ms >= self.end:
            return
        r = self.random
        ident = "y%07d" % len(self.lines)
        line = self.line(ms, kind, data, source, actor, ident)
        arrival, mess = ms, 1000 if prompt else r.below(1000)
        if mess < 20:
            arrival += r.between(1, 600) * MINUTE
        elif mess < 24:
            arrival += r.between(1, 20) * DAY
        if arrival >= self.end:
            arrival = ms
        self.put(arrival, line)
        if 24 <= mess < 34:
            self.made["again"] += 1
            self.put(arrival + r.between(1, 3000) * MINUTE, line)
        elif mess == 34:
            self.made["conflicts"] += 1
            self.put(arrival + r.between(1, 300) * MINUTE,
                     self.line(ms + SECOND, kind, data, source, actor, ident))

    def spoil(self, n):
        """A line that is none, one that does not fit, or one that comes too late."""
        r = self.random
        ms = self.moment()
        whole = self.line(ms, "anomaly.found", {"anomaly": self.ident("BAD"), "severity": 3}, "shop", None,
                          "bad%06d" % n)
        what = r.below(4)
        if what == 0:
            self.made["malformed"] += 1
            whole = r.pick((whole[:-1 - r.below(40)], b"[]", b'{"specversion":"1.0","id":"%d"}' % n))
        elif what == 1:
            self.made["schema"] += 1
            whole = r.pick((whole.replace(b'"severity":3', b'"severity":9'),
                            whole.replace(b"anomaly.found", b"anomaly.fuond"),
                            whole.replace(b',"severity":3', b""),
                            whole.replace(b'"severity":3', b'"severity":3,"colour":"red"')))
        elif what == 2 and ms + 45 * DAY < self.end:
            self.made["too late"] += 1
            return self.put(ms + r.between(32, 44) * DAY, whole)
        self.put(ms, whole)

    # -- people ------------------------------------------------------------------------------------

    def lead(self, seat, ms):
        """Who holds a seat at `ms`."""
        return [person for since, person in self.seats[seat] if since <= ms][-1]

    def told(self, ms, kind, data, actor=None):
        self.happen(ms, "remit." + kind, data, "hr", actor, prompt=True)

    def appoint(self, seat, person, ms):
        self.seats.setdefault(seat, []).append((ms, person))
        self.told(ms, "appointed", {"person": person, "seat": seat})

    def staff(self):
        r = self.random
        names = ["%s.%s" % (a, b) for a in SURNAMES for b in NAMES]
        names = r.shuffled(names)
        begin = BEGIN
        for seat in ("management", "director", "technology.lead", "marketing.lead", "sales.lead"):
            self.appoint(seat, names.pop(), begin)
        for group, size in SIZES:
            team = TEAMS[group]
            chief = names.pop()
            self.appoint(team + ".lead", chief, begin)
            self.told(begin, "joined", {"person": chief, "team": team})
            for n in range(size):
                person = names.pop()
                since = begin if n * 5 < size * 4 else self.at(r.between(20, 340), 9)
                until = self.at(r.between(200, 364), 18) if r.chance(12) and since == begin else None
                self.member(person, group, team, since, until)
        for seat, day in (("marketing_ops.lead", "05-12"), ("data_analytics.lead", "09-08")):
            group = "promotion" if seat.startswith("marketing") else "analytics"
            stays = [one for one in self.people[group] if one[2] is None and one[1] < self.at("02-01")]
            self.told(self.at(day, 18), "left", {"person": self.lead(seat, begin), "seat": seat})
            self.appoint(seat, stays[0][0], self.at(day, 18))
        for _ in range(6):
            ms = self.at(r.between(20, 340), 9)
            self.told(ms - HOUR, "absent", {"person": self.lead("director", begin), "from": self.clock.text(ms),
                                            "until": self.clock.text(ms + r.between(1, 4) * DAY)})

    def member(self, person, group, team, since, until):
        r = self.random
        self.people[group].append((person, since, until))
        self.told(since, "joined", {"person": person, "team": team})
        if since > BEGIN + DAY and group == "service":
            self.happen(since, "employee.hired", {"employee": person}, "hr", prompt=True)
            self.happen(self.later(since, 3, 12), "employee.trained", {"employee": person}, "hr")
            self.happen(self.later(since, 9, 16), "employee.examined", {"employee": person, "passed": True}, "hr")
        for _ in range(2):
            ms = self.at(r.between(10, 350), 9)
            if since < ms and (until is None or ms < until):
                self.told(ms - HOUR, "absent", {"person": person, "from": self.clock.text(ms),
                                                "until": self.clock.text(ms + r.between(1, 10) * DAY)})
        for quarter in ("01-20", "04-14", "07-14", "10-20"):
            ms = self.at(quarter, 10) + r.below(18 * 24) * HOUR
            if since < ms and (until is None or ms < until) and r.chance(95):
                self.happen(ms, "appraisal.held", {"person": person}, "hr")
        for _ in range(r.between(4, 8)):
            ms = self.at(r.between(15, 360), 14)
            if since < ms and (until is None or ms < until):
                self.happen(ms, "training.attended", {"training": self.ident("T"), "person": person,
                                                      "hours": r.between(4, 12)}, "hr")
        if until is not None:
            self.told(until, "left", {"person": person})

    def someone(self, group, ms):
        """A member of a group at `ms`."""
        there = [one[0] for one in self.people[group] if one[1] <= ms and (one[2] is None or ms < one[2])]
        return self.random.pick(there)

    # -- what comes round --------------------------------------------------------------------------

    def routine(self):
        r = self.random
        for name, owner in SOURCES:
            self.happen(BEGIN + 9 * HOUR, "source.registered", {"name": name, "owner": owner}, "data", prompt=True)
        for n, channel in enumerate(("search", "social", "video", "affiliate")):
            self.happen(BEGIN + 9 * HOUR, "ad_budget.given", {"channel": channel, "amount": "%d CNY" % (90000 - n)},
                        "data", prompt=True)
        for day in range(1, DAYS):
            for name, _ in SOURCES:
                bad = 150 <= day < 157 and name == "ads"
                ms = BEGIN + day * DAY + r.span(((350, 470, 92), (471, 479, 3), (480, 480, 2), (481, 900, 3))) * MINUTE
                expected = r.between(800, 1200)
                rows = expected - (r.between(60, 200) if bad or r.chance(1) else r.below(8))
                wrong = r.between(10, 40) if 220 <= day < 226 else r.below(5)
                if not r.chance(1):
                    self.happen(ms, "data.collected", {"run": self.ident("D"), "name": name, "expected": expected,
                                                       "rows": rows, "wrong": wrong}, "data")
            if (day + WEEK_OFFSET) % 7 == 0:
                self.monday(day)
            if (START + timedelta(days=day)).day == 1:
                self.month(day)

    def monday(self, day):
        r = self.random
        for kind, prefix in (("report.weekly", "RW"), ("service.analysed", "SA")):
            if r.chance(96):
                self.happen(self.at(day, 10) + r.between(5, 330) * MINUTE, kind, {"report": self.ident(prefix)}, "data")
        if r.chance(96):
            meeting, ms = self.ident("M"), self.at(day, 14) + r.below(200) * MINUTE
            self.happen(ms, "meeting.held", {"meeting": meeting}, "desk", prompt=True)
            self.happen(ms + r.between(60, 1900) * MINUTE, "minutes.published", {"meeting": meeting}, "desk")

    def month(self, day):
        for kind in ("report.monthly", "operations.analysed", "profiles.published"):
            if self.random.chance(92):
                self.happen(self.later(self.at(day), 2, 8), kind, {"report": self.ident("RM")}, "data")

    # -- customers ---------------------------------------------------------------------------------

    def question(self):
        r = self.random
        ident, ms, via = self.ident("Q"), self.moment(), r.weighted(CHANNELS)
        only = {"question": ident}
        self.happen(ms, "question.asked", {"question": ident, "via": via})
        if r.chance(4):
            self.happen(ms + r.between(1, 30) * MINUTE, "question.dropped", only)
        if r.chance(1):
            return
        hour = (ms + SHIFT) % DAY // HOUR
        if hour < 8 or hour >= 22:
            ms = self.work(ms, 0)
        minutes = {"chat": 3, "phone": 20, "email": 120}[via] if r.chance(2) else \
            r.span((SLOW_REPLIES if self.busy(ms) else REPLIES)[via])
        self.happen(ms + minutes * MINUTE, "question.answered", only, "desk")

    def complaint(self):
        r = self.random
        ident, ms = self.ident("C"), self.moment()
        fen = r.span(AMOUNTS)
        data = {"complaint": ident, "customer": "k%d" % r.below(max(50, self.size // 40)),
                "category": r.weighted(CATEGORIES), "severity": r.weighted(SEVERITIES),
                "order_value": "%d.%02d CNY" % (fen // 100, fen % 100)}
        if r.chance(12):
            data["vip"] = True
        self.happen(ms, "complaint.opened", data, prompt=True)
        only = {"complaint": ident}
        if data["category"] == "fraud" and r.chance(80):
            done = self.work(ms, r.between(60, 900))
            self.happen(done, "remit.reported", {"duty": "investigate_fraud", "key": ident}, "desk",
                        self.someone("analytics", done))
        if r.chance(4):
            self.happen(ms + r.between(10, 2000) * MINUTE, "complaint.withdrawn", only)
        at = self.work(ms, r.span(ANSWERS) * (2 if self.busy(ms) else 1))
        if r.chance(93):
            self.happen(at, "complaint.answered", only, "desk")
        if r.chance(20):
            at = self.work(at, r.between(1, 60))
            self.happen(at, "complaint.waiting_customer", only, "desk")
            if r.chance(8):
                return
            at += r.between(20, 4000) * MINUTE
            self.happen(at, "complaint.customer_replied", only)
        if r.chance(97):
            self.happen(self.work(at, r.span(SOLUTIONS)), "complaint.resolved", dict(only, outcome="已处理"), "desk")

    def order(self):
        r = self.random
        ms, fen = self.moment() // SECOND * SECOND, r.span(PRICES)
        row = (self.ident("O"), r.weighted(GOODS), "%d.%02d" % (fen // 100, fen % 100), self.clock.text(ms)[:19].replace("T", " "))
        self.orders.append((ms, row))
        if r.chance(1):         # the shop lists some twice
            self.made["rows again"] += 1
            self.orders.append((ms + 1, row))

    def refund(self):
        r = self.random
        ident, ms, fen = self.ident("R"), self.moment(), r.span(REFUNDS)
        goods, agent = r.weighted(GOODS), self.someone("service", ms)
        amount = "%d.%02d CNY" % (fen // 100, fen % 100)
        self.happen(ms, "refund.requested", {"refund": ident, "goods": goods, "amount": amount, "agent": agent})
        done = ms
        if fen > 20000:
            seats = ["customer_service.lead"] + ["director"] * (fen > 200000) + ["management"] * (fen > 2000000)
            for seat in seats:
                done = self.work(done, r.between(10, 300))
                vote = "no" if r.chance(5) else "yes"
                self.decide("refund_amount", ident, done, self.lead(seat, done), vote)
        if r.chance(95):
            self.happen(self.work(done, r.span(((10, 500, 80), (500, 1500, 17), (1500, 4000, 3)))), "refund.paid",
                        {"refund": ident, "goods": goods, "amount": amount}, "bank")

    def decide(self, approval, key, ms, person, vote="yes"):
        self.happen(ms, "remit.decided", {"approval": approval, "key": key, "vote": vote}, "desk", person, prompt=True)

    def back(self):
        r = self.random
        ident, ms, sealed = self.ident("B"), self.moment(), r.chance(40)
        self.happen(ms, "return.received", {"return": ident, "sealed": sealed})
        if r.chance(5):
            return self.happen(self.later(ms, 0, 2), "return.rejected", {"return": ident})
        if r.chance(98):
            at = ms + (2 if sealed else 7) * DAY if r.chance(3) else self.later(ms, 0, 3 if sealed else 8)
            self.happen(at, "return.refunded", {"return": ident}, "bank")

    def feedback(self):
        r = self.random
        ident, ms = self.ident("F"), self.moment()
        kind = r.weighted((("defect", 40), ("wish", 35), ("praise", 25)))
        self.happen(ms, "feedback.received", {"feedback": ident, "product": "P%d" % r.below(90), "kind": kind})
        if kind != "praise" and r.chance(97):
            self.happen(self.work(ms, r.span(((20, 500, 45), (500, 2000, 35), (2000, 6000, 20)))),
                        "feedback.analysed", {"feedback": ident}, "desk")

    def score(self):
        r = self.random
        ms = self.moment()
        pairs = ((1, 30), (2, 25), (3, 20), (4, 15), (5, 10)) if self.busy(ms) else ((5, 50), (4, 30), (3, 12), (2, 5), (1, 3))
        self.happen(ms, "survey.returned", {"survey": self.ident("V"), "score": r.weighted(pairs)})

    def user(self):
        r = self.random
        ident, ms = self.ident("U"), self.moment()
        if r.chance(70):
            return self.happen(ms, "user.registered", {
                "user": ident, "channel": r.pick(("search", "social", "video", "affiliate"))})
        self.happen(ms, "user.profiled", {"user": ident, "recency": "%d days" % r.between(1, 250),
                                          "frequency": r.below(14), "spent": "%d CNY" % r.between(10, 9000)})
        if r.chance(60):
            self.happen(self.later(ms, 1, 9), "user.contacted", {"user": ident}, "desk")

    # -- machines ----------------------------------------------------------------------------------

    def checks(self):
        """A service is watched for some hours; in one case in three it fails for a time."""
        r = self.random
        system, ms, fails = r.pick(SYSTEMS), self.moment(), r.chance(35)
        first, last = r.between(10, 40), r.between(41, 90)
        for n in range(90):
            failed = r.chance(60 if fails and first <= n < last else 1)
            self.happen(ms + n * 2 * MINUTE, "check.run", {"check": self.ident("K"), "service": system,
                                                           "failed": failed}, "monitor")
        if fails and r.chance(80):
            self.happen(ms + (last * 2 + r.between(1, 300)) * MINUTE, "service.mended", {"service": system}, "monitor")

    def payments(self):
        r = self.random
        ms, fails = self.moment(), r.chance(25)
        for n in range(70):
            ident, at = self.ident("Z"), ms + n * 100 * SECOND
            self.happen(at, "payment.attempted", {"payment": ident}, "bank")
            if r.chance(30 if fails and 20 <= n < 60 else 1):
                self.happen(at + r.below(90) * SECOND, "payment.failed", {"payment": ident}, "bank")

    def incident(self):
        r = self.random
        ident, ms = self.ident("I"), self.moment()
        data = {"incident": ident, "system": r.pick(SYSTEMS), "users": r.span(((0, 499, 50), (500, 999, 20), (1000, 20000, 30)))}
        if r.chance(8):
            data["sales_stopped"] = True
        self.happen(ms, "incident.reported", data, "monitor")
        if r.chance(97):
            self.happen(ms + r.span(((10, 120, 55), (120, 120, 3), (120, 480, 25), (480, 3500, 17))) * MINUTE,
                        "incident.resolved", {"incident": ident}, "monitor")
        if r.chance(70):
            self.happen(self.later(ms, 1, 6), "incident.explained", {"incident": ident}, "desk")

    def anomaly(self):
        r = self.random
        ident, ms = self.ident("A"), self.moment()
        self.happen(ms, "anomaly.found", {"anomaly": ident, "severity": r.between(1, 5)}, "data")
        if r.chance(8):
            return self.happen(self.work(ms, r.between(5, 300)), "anomaly.dismissed", {"anomaly": ident}, "data")
        finding = "" if r.chance(5) else "促销"
        self.happen(self.work(ms, r.span(((30, 700, 60), (700, 5000, 40)))), "anomaly.explained",
                    {"anomaly": ident, "finding": finding}, "data")

    def fault(self):
        r = self.random
        ident, ms = self.ident("X"), self.office()
        self.happen(ms, "tool.fault", {"fault": ident, "severity": r.between(1, 5)}, "desk")
        if r.chance(95):
            self.happen(self.work(ms, r.span(((2, 40, 50), (40, 200, 30), (200, 1500, 20)))), "tool.fault_answered",
                        {"fault": ident}, "data")

    # -- the department ----------------------------------------------------------------------------

    def launch(self):
        r = self.random
        ident, product, ms = self.ident("L"), "P%d" % r.below(90), self.office()
        who, only = self.someone("product", ms), {"launch": ident}
        self.happen(ms, "launch.proposed", {"launch": ident, "product": product, "requester": who}, "desk")
        if r.chance(6):
            return self.happen(self.later(ms, 1, 9), "launch.cancelled", only, "desk")
        ms = self.later(ms, 1, 8)
        self.happen(ms, "launch.specified", only, "desk")
        if r.chance(15):
            ms = self.later(ms, 1, 3)
            self.happen(ms, "launch.tested", dict(only, passed=False), "desk")
        ms = self.later(ms, 1, 7)
        self.happen(ms, "launch.tested", dict(only, passed=True), "desk")
        ms = self.later(ms, 0, 3)
        fen = r.span(((1000000, 50000000, 76), (50000001, 200000000, 19), (500000001, 600000000, 5)))
        self.happen(ms, "launch.review_requested", {"launch": ident, "requester": who, "budget": "%d CNY" % (fen // 100),
                                                    "customers_data": r.chance(20)}, "desk", prompt=True)
        seats = ["product_ops.lead", "customer_service.lead", "marketing_ops.lead", "data_analytics.lead", "director", "management"]
        for seat in seats:
            at = self.work(ms, r.span(((30, 600, 90), (600, 2500, 10))))
            if not r.chance(4):
                self.decide("product_launch", ident, at, self.lead(seat, at), "no" if r.chance(2) else "yes")
        ms = self.later(ms, 1, 7)
        if not r.chance(10):
            self.happen(ms, "launch.published", {"launch": ident, "product": product}, "shop", prompt=True)
            self.happen(self.later(ms, 0, 4), "document.updated", {"product": product}, "desk")

    def change(self):
        ms, product = self.office(), "P%d" % self.random.below(90)
        self.happen(ms, "product.changed", {"change": self.ident("H"), "product": product}, "desk")
        self.happen(self.later(ms, 0, 4), "document.updated", {"product": product}, "desk")

    def campaign(self):
        r = self.random
        ident, ms = self.ident("G"), self.office()
        only, fen = {"campaign": ident}, r.span(((300000, 5000000, 65), (5000001, 50000000, 25), (50000001, 90000000, 10)))
        self.happen(ms, "campaign.proposed", {"campaign": ident, "budget": "%d CNY" % (fen // 100),
                                              "proposer": self.someone("promotion", ms)}, "desk", prompt=True)
        for seat in ("marketing_ops.lead", "director", "management"):
            ms = self.work(ms, r.between(10, 500))
            self.decide("campaign_budget", ident, ms, self.lead(seat, ms), "no" if r.chance(4) else "yes")
        ms = self.later(ms, 1, 4)
        self.happen(ms, "campaign.started", only, "desk")
        for n in range(20):
            at = ms + r.below(5 * 24 * 3600) * SECOND
            self.happen(at, "campaign.visited", dict(only, visitor="v%d" % n))
            if r.chance(18):
                self.happen(at + MINUTE, "campaign.converted", dict(only, visitor="v%d" % n))
        ms = self.later(ms, 5, 8)
        self.happen(ms, "campaign.ended", only, "desk")
        if r.chance(95):
            self.happen(self.later(ms, 1, 6), "campaign.reviewed", only, "desk")

    def request(self):
        r = self.random
        ident, ms = self.ident("N"), self.office()
        asker, asked = r.pick((("technology.lead", "product_ops"), ("data_analytics", "sales.lead"),
                               ("marketing.lead", "marketing_ops"), ("customer_service", "technology.lead")))
        urgency = r.weighted((("urgent", 30), ("normal", 50), ("low", 20)))
        self.happen(ms, "cooperation.requested", {"request": ident, "asker": asker, "asked": asked, "urgency": urgency}, "desk")
        if r.chance(5):
            return self.happen(self.work(ms, r.between(30, 600)), "cooperation.withdrawn", {"request": ident}, "desk")
        span = {"urgent": ((20, 300, 80), (300, 900, 20)), "normal": ((60, 1400, 80), (1400, 4000, 20)),
                "low": ((100, 3500, 85), (3500, 8000, 15))}[urgency]
        self.happen(self.work(ms, r.span(span)), "cooperation.answered", {"request": ident}, "desk")

    def suggestion(self):
        r = self.random
        ident, ms, group = self.ident("S"), self.office(), r.pick(GROUPS)
        only = {"suggestion": ident}
        self.happen(ms, "suggestion.made", {"suggestion": ident, "group": group, "author": self.someone(group, ms)}, "desk")
        if r.chance(5):
            return self.happen(self.later(ms, 0, 5), "suggestion.withdrawn", only, "desk")
        if r.chance(85):
            self.happen(self.later(ms, 0, 2), "suggestion.acknowledged", only, "desk")
        if r.chance(95):
            self.happen(self.later(ms, 3, 18), "suggestion.decided", dict(only, adopted=r.chance(40)), "desk")

    # -- all of it ---------------------------------------------------------------------------------

    def make(self):
        self.staff()
        self.routine()
        while len(self.lines) + len(self.orders) < self.size:
            getattr(self, self.random.weighted(STORIES))()
        for n in range(max(12, self.size // 700)):
            self.spoil(n)

    def write(self, folder):
        """The files of each week. Returns their number of lines."""
        def week_of(ms):
            return ((ms - BEGIN) // DAY + WEEK_OFFSET) // 7 + 1
        self.lines.sort()
        self.orders.sort()
        weeks = week_of(self.end - 1)
        events, orders = [[] for _ in range(weeks)], [[] for _ in range(weeks)]
        for arrival, _, line in self.lines:
            events[week_of(arrival) - 1].append(line)
        for ms, row in self.orders:
            orders[week_of(min(ms, self.end - 1)) - 1].append(row)
        for n in range(weeks):
            with open(os.path.join(folder, "week-%02d.jsonl" % (n + 1)), "wb") as file:
                file.writelines(line + b"\n" for line in events[n])
            text = io.StringIO(newline="")
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(("订单号", "品类", "金额", "支付时间"))
            writer.writerows(orders[n])
            with open(os.path.join(folder, "orders-%02d.csv" % (n + 1)), "wb") as file:
                file.write(text.getvalue().encode())
        return len(self.lines), len(self.orders)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="the folder, made when it is not there")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=20000)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    year = Year(options.seed, options.events)
    year.make()
    lines, rows = year.write(options.out)
    people = sum(len(found) for found in year.people.values()) + len(SIZES) + 5
    print("gen_year: %d lines, %d rows of orders, %d people, %s" % (
        lines, rows, people, ", ".join("%d %s" % (n, what) for what, n in sorted(year.made.items()))), file=sys.stderr)


if __name__ == "__main__":
    main()
