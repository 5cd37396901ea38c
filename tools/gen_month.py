#!/usr/bin/env python3
"""Makes a month of the department for rules/shop: CloudEvents lines, as messy as real ones.

    gen_month.py [--seed N] [--events N] [--out FILE]

The same seed and number give the same bytes on every machine and Python: the random numbers are
made here, from whole numbers only. --events (default 20000) is the least number of lines. The month
is March 2026, in Shanghai time; what would happen after it is not told. What was made is summed up
on stderr.

Five groups take part, the director's office, product operations, marketing operations, customer
service and data analytics:
  complaints     answered, perhaps waiting for their customer, resolved or withdrawn; most between
                 09:00 and 21:00, in a rush from the 18th to the 20th, when answers come slowly and
                 customers are less content. Some are resolved at the very instant of an ordinary
                 deadline, some a millisecond after; some waitings are told when the deadline that
                 they move has passed
  questions      of users by chat, phone and e-mail
  orders         of clothing, food, electronics, things for the home, and a few gifts; some are
                 refunded, great refunds after an approval. A bad batch of clothing comes back on
                 the 11th and 12th, a smaller one of electronics on the 20th
  launches       in each of their stages: proposed, specified, tested, reviewed by several parties,
                 published, documented; some are published without a granted review
  campaigns      proposed and approved by tiers of budget, started, ended, reviewed
  incidents      of four services, at any hour, and what is reported on the grave ones; two services
                 are checked every 20 minutes
  feedback       of users: defects, wishes and praise; customers' scores
  data, reports  each source's collection by 08:00, the weekly, quality and monthly reports
  people         the director is away from the 9th to the 13th and has named a deputy; the leads of
                 marketing (16th) and of product operations (23rd) hand over, with a night between
                 in which nobody leads; others come, are trained, and leave

The mess, in 1,000 complaints (with all that comes beside them about 19,000 lines):
  repeats        40 lines come again byte for byte, 30 with their members in another order and the
                 time said otherwise
  late           250 lines come minutes to days after their own time; of these some openings, after
                 what they open, and some samples of KPIs
  malformed      12 are no JSON, or no CloudEvent: cut off, no id, no or a bad time, ...
  unknown        10 have a type that no policy knows, 10 a field that it doesn't know
  out of range   15 have a severity, category, amount or flag that can't be, or lack a field
  conflicts      10 come with an id that is taken, and other content
  unmatched      15 acts are for complaints that nobody opened
  again          6 complaints are opened twice, with two ids
  too late       3 come 40 days after their time
  unauthorised   reports on a duty by people of other groups; votes of those who hold no seat, on
                 one's own matter, twice, after leaving, in another's seat, on what is decided
"""

import argparse
import json
import sys
from bisect import bisect_left
from collections import Counter
from datetime import date

from eventlines import instant_text

MINUTE = 60 * 1000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SHANGHAI = 8 * 60    # minutes east of UTC
START = date(2026, 3, 1)    # a Sunday
DAYS = 31
RUSH = (18, 19, 20)
# What comes by the hour of the day, from midnight.
HOURS = (1, 0, 0, 0, 0, 0, 0, 1, 2, 9, 11, 11, 8, 7, 9, 10, 10, 10, 12, 17, 20, 8, 4, 2)
CATEGORIES = (("quality", 30), ("delivery", 30), ("refund", 25), ("fraud", 3), ("other", 12))
SEVERITIES = ((1, 20), (2, 35), (3, 27), (4, 13), (5, 5))
# Amounts in fen: (from, to, weight).
AMOUNTS = ((500, 30000, 60), (30000, 200000, 25), (200000, 1000000, 10), (1000000, 5000000, 4),
           (5000000, 8000000, 1))
# Minutes of work until the answer, on an ordinary day and in the rush, and from then to the
# solution: (from, to, weight).
ANSWERS = ((3, 40, 60), (40, 100, 28), (100, 300, 8), (300, 1500, 4))
SLOW_ANSWERS = ((20, 100, 25), (100, 300, 45), (300, 1500, 30))
SOLUTIONS = ((5, 120, 35), (120, 480, 35), (480, 1000, 20), (1000, 3000, 10))
DELAYS = ((1, 90, 60), (90, 720, 25), (720, 4320, 15))
OUTCOMES = ("已退款", "已换货", "已补发，运费由我方承担", "部分退款，客户满意", "核实为误投诉",
            "已道歉并赠送优惠券", "转售后维修", "物流赔付完成", "客户撤回要求，无需处理",
            "“七天无理由”退货完成", "refunded in full", "已联系商家；三日内到账 👍")
SCORES = ((5, 50), (4, 30), (3, 12), (2, 5), (1, 3))
LOW_SCORES = ((5, 8), (4, 14), (3, 28), (2, 28), (1, 22))
CHANNELS = (("chat", 60), ("phone", 25), ("email", 15))
# Minutes of work until an answer, by channel: (from, to, weight).
REPLIES = {"chat": ((1, 9, 90), (10, 90, 10)), "phone": ((2, 28, 90), (29, 300, 10)),
           "email": ((10, 230, 85), (230, 1500, 15))}
GOODS = (("clothing", 30), ("food", 35), ("electronics", 15), ("home", 20))
# What is given back, by kind of goods: home's share goes to and fro about five in a hundred.
RETURNED = (("clothing", 26), ("food", 18), ("electronics", 12), ("home", 30))
# When gifts are ordered: never five within a week.
GIFTS = (3, 4, 9, 20, 21, 22, 28)
PRICES = ((1000, 30000, 45), (30001, 120000, 44), (120001, 400000, 9), (400001, 800000, 2))    # fen
SERVICES = ("checkout", "search", "app", "warehouse")
# Services that are checked every 20 minutes, and when they fail: (day, hour, minute, minutes).
CHECKED = {"checkout": ((12, 14, 5, 160),), "app": ((20, 10, 0, 100), (27, 2, 30, 45))}
ABOUT = (("defect", 40), ("wish", 35), ("praise", 25))
BUDGETS = ((300000, 5000000, 65), (5000001, 50000000, 25), (50000001, 90000000, 10))    # fen
LAUNCH_BUDGETS = ((1000000, 50000000, 76), (50000001, 200000000, 19), (500000001, 600000000, 5))
AGENTS = ("wang.min", "chen.jie", "liu.yang", "he.xin", "ma.rui")
ANALYSTS = ("zhou.ling", "wu.tao", "qian.yu")
PRODUCT = ("xu.lei", "deng.yan", "song.bo", "mo.ran")
MARKETING = ("han.xue", "cao.yi", "luo.jun")
DIRECTOR, MANAGEMENT, SERVICE, DATA = "zhao.ning", "fang.wei", "li.na", "sun.hao"
STRANGER = "someone.else"


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


class Month:
    """The month under construction: events, then lines with their arrival.

    `size` is the number of complaints; all else follows it.
    """

    def __init__(self, seed, size):
        self.random = Random(seed)
        self.year, self.complaints = START.year, size
        self.start = (START - date(1970, 1, 1)).days * DAY - SHANGHAI * MINUTE    # first midnight
        self.end = self.start + DAYS * DAY
        # How much comes on each day.
        self.days = [(day, 30 if day + 1 in RUSH else (6 if (day - 6) % 7 < 2 else 10))
                     for day in range(DAYS)]
        self.events = []
        self.lines = []             # (arrival, order made, bytes)
        self.made = Counter()
        self.orders = {}            # goods -> [(ms, order, fen)]
        # Of the votes made last: whether one says no, whether all that are asked say yes in time.
        self.says_no, self.all_agree = False, True

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

    def at(self, day, hour, minute=0):
        return self.start + (day - 1) * DAY + hour * HOUR + minute * MINUTE

    def moment(self):
        r = self.random
        ms = self.start + r.weighted(self.days) * DAY + r.weighted(list(enumerate(HOURS))) * HOUR
        ms += r.below(60) * MINUTE
        if r.chance(67):
            ms += r.below(60) * 1000
        return ms + r.below(1000) if r.chance(10) else ms

    def anytime(self):
        return self.start + 10 * HOUR + self.random.below(DAYS * DAY - 12 * HOUR)

    def office(self, ms, minutes):
        """`ms` plus minutes of work, 09:00 to 18:00 on Monday to Friday."""
        left = minutes * MINUTE
        while True:
            day = (ms - self.start) // DAY
            opens, closes = self.start + day * DAY + 9 * HOUR, self.start + day * DAY + 18 * HOUR
            ms = max(ms, opens)
            if day % 7 not in (0, 6) and ms < closes:
                if left <= closes - ms:
                    return ms + left
                left -= closes - ms
            ms = self.start + (day + 1) * DAY

    @staticmethod
    def money(fen):
        return "%d.%02d CNY" % (fen // 100, fen % 100)

    # -- people ----------------------------------------------------------------------------------

    def people(self):
        def told(ms, kind, data, actor=None):
            self.happen(ms, "remit." + kind, data, "hr:people", actor)
        begin = self.start
        teams = {"customer_service": (SERVICE,) + AGENTS, "data_analytics": (DATA,) + ANALYSTS,
                 "product_ops": ("gao.fei",) + PRODUCT[:3], "marketing_ops": ("tang.mei",) + MARKETING}
        for seat, person in (("management", MANAGEMENT), ("director", DIRECTOR)):
            told(begin, "appointed", {"person": person, "seat": seat})
        for team, persons in teams.items():
            told(begin, "appointed", {"person": persons[0], "seat": team + ".lead"})
            for person in persons:
                told(begin, "joined", {"person": person, "team": team})
        span = {"from": instant_text(self.at(9, 0), SHANGHAI),
                "until": instant_text(self.at(14, 0), SHANGHAI)}
        told(self.at(6, 17), "delegated", dict({"person": "gao.fei", "seat": "director"}, **span),
             DIRECTOR)
        for day, person, team, examined in ((2, "mo.ran", "product_ops", self.at(18, 10)),
                                            (9, "lin.fang", "customer_service", self.at(20, 15)),
                                            (16, "guo.pei", "data_analytics", None)):
            told(self.at(day, 9), "joined", {"person": person, "team": team})
            hired = {"employee": person, "team": team}
            self.happen(self.at(day, 9), "employee.hired", hired, "hr:people")
            if examined:
                self.happen(examined, "employee.examined", {"employee": person}, "hr:people")
        told(self.at(16, 18), "left", {"person": "tang.mei"})
        told(self.at(17, 10), "appointed", {"person": "luo.jun", "seat": "marketing_ops.lead"})
        told(self.at(20, 18), "left", {"person": "wang.min"})
        told(self.at(23, 18), "left", {"person": "gao.fei", "seat": "product_ops.lead"})
        told(self.at(24, 9, 30), "appointed", {"person": "deng.yan", "seat": "product_ops.lead"})
        told(self.at(25, 18), "left", {"person": "qian.yu"})

    def lead(self, seat, ms):
        """Who votes for a seat at `ms`, as those who plan the votes know it."""
        if seat == "director":
            return "gao.fei" if self.at(9, 0) <= ms < self.at(14, 0) else DIRECTOR
        if seat == "product_ops":
            return "gao.fei" if ms < self.at(24, 9, 30) else "deng.yan"
        if seat == "marketing_ops":
            return "tang.mei" if ms < self.at(17, 10) else "luo.jun"
        return {"customer_service": SERVICE, "data_analytics": DATA, "management": MANAGEMENT}[seat]

    # -- approvals -------------------------------------------------------------------------------

    def decide(self, approval, key, ms, person, vote="yes", **more):
        data = dict({"approval": approval, "key": key, "vote": vote}, **more)
        return self.happen(ms, "remit.decided", data, "desk:remit", person)

    def votes(self, approval, key, opened, seats, proposer, slow):
        """Votes of `seats`, one after the other or not, and what goes wrong. When the last is told."""
        r = self.random
        last = opened
        refusing = r.below(len(seats)) if r.chance(9) else -1
        self.says_no = refusing >= 0
        self.all_agree = refusing < 0
        for n, seat in enumerate(r.shuffled(seats)):
            ms = self.office(opened, r.span(slow))
            if r.chance(3):
                self.all_agree = False
                continue
            person = self.lead(seat, ms)
            self.all_agree = self.all_agree and person != proposer and ms < opened + 40 * HOUR
            vote = "no" if n == refusing else "yes"
            more = {"note": "预算需压缩"} if vote == "no" and r.chance(50) else {}
            if r.chance(10) and seat in ("director", "management"):
                more["seat"] = seat
            self.decide(approval, key, ms, person, vote, **more)
            last = max(last, ms)
            if r.chance(5):
                self.decide(approval, key, ms + r.between(1, 90) * MINUTE, person)
                self.made["votes twice"] += 1
        between = opened + r.between(5, 240) * MINUTE
        if r.chance(5):
            self.decide(approval, key, between, proposer)
            self.made["votes on one's own"] += 1
        if r.chance(5):
            self.decide(approval, key, between, r.pick((STRANGER,) + AGENTS + MARKETING[:2]))
            self.made["votes without a seat"] += 1
        if r.chance(3):
            person = "tang.mei" if opened > self.at(16, 18) else r.pick(ANALYSTS)
            self.decide(approval, key, between, person)
            self.made["votes without a seat"] += 1
        if r.chance(2):
            self.decide(approval, key, between, SERVICE, seat="management")
            self.made["votes in another's seat"] += 1
        return last

    # -- what happens ----------------------------------------------------------------------------

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
        rush = self.at(RUSH[0], 0) <= ms < self.at(RUSH[-1] + 1, 0)
        at = self.at_work(ms, r.span(SLOW_ANSWERS if rush else ANSWERS))
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
            if r.chance(40):
                self.happen(done + r.between(1, 20) * HOUR, "survey.returned",
                            {"survey": "S-" + ident, "score": r.weighted(LOW_SCORES if rush else SCORES)},
                            "shop:app")
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

    def question(self, number):
        r = self.random
        ident, ms, channel = "Q-%06d" % number, self.moment(), r.weighted(CHANNELS)
        self.happen(ms, "question.asked", {"question": ident, "channel": channel}, "shop:" + channel)
        if r.chance(96):
            self.happen(self.office(ms, r.span(REPLIES[channel])) + r.below(60) * 1000,
                        "question.answered", {"question": ident}, "shop:" + channel, r.pick(AGENTS))

    def buy(self, ms, number, goods):
        fen = self.random.span(PRICES)
        ident = "O-%06d" % number
        self.happen(ms, "order.paid", {"order": ident, "goods": goods, "amount": self.money(fen)},
                    "shop:till")
        self.orders.setdefault(goods, []).append((ms, ident, fen))

    def order(self):
        """What is bought."""
        count = self.share(3000)
        for number in range(1, count + 1):
            self.buy(self.moment(), number, self.random.weighted(GOODS))
        for n, day in enumerate(GIFTS, start=1):
            self.buy(self.at(day, 9 + n, 7 * n), count + n, "gifts")
        for bought in self.orders.values():
            bought.sort()
        self.give_back("R-gift", self.at(5, 10), self.orders["gifts"][0], 100)
        self.made["orders"] = count + len(GIFTS)

    def bad_batches(self):
        """Goods that come back all at once."""
        r = self.random
        for goods, day, hours, per_thousand in (("clothing", 11, 30, 22), ("electronics", 20, 9, 9)):
            for n in range(self.share(per_thousand)):
                ms = self.at(day, 9) + r.below(hours * 60) * MINUTE
                self.give_back("R-%s-%03d" % (goods, n + 1), ms, self.bought(goods, ms), 100)

    def bought(self, goods, ms):
        """An order of the fortnight before `ms`, or the first of all."""
        found = self.orders[goods]
        low, high = bisect_left(found, (ms - 14 * DAY,)), bisect_left(found, (ms,))
        return found[self.random.between(low, high - 1)] if low < high else found[0]

    def refund(self, number):
        r = self.random
        ms, goods = self.moment(), r.weighted(RETURNED)
        part = 100 if r.chance(30) else r.between(10, 60)
        self.give_back("R-%05d" % number, ms, self.bought(goods, ms), part)

    def give_back(self, ident, ms, order, part):
        """A refund of `part` percent of an order's price."""
        r = self.random
        goods = next(name for name, bought in self.orders.items() if order in bought)
        fen, agent = order[2] * part // 100, r.pick(AGENTS + (SERVICE,) * r.chance(12))
        about = {"refund": ident, "order": order[1], "goods": goods, "amount": self.money(fen)}
        self.happen(ms, "refund.requested", dict(about, agent=agent), "shop:desk", agent)
        paid = ms
        if fen > 50000:
            seats = ["director"] if agent == SERVICE else ["customer_service"]
            if fen > 500000:
                seats = ["customer_service", "director"]
            paid = self.votes("refund_amount", ident, ms, seats, agent,
                              ((5, 240, 70), (240, 470, 20), (470, 900, 10)))
        if r.chance(4):
            self.happen(ms + r.between(10, 900) * MINUTE, "refund.dropped", {"refund": ident},
                        "shop:app")
        if r.chance(95):
            self.happen(self.office(paid, r.span(((5, 300, 80), (300, 800, 20)))), "order.refunded",
                        about, "shop:till")

    def campaign(self, number):
        r = self.random
        ident, ms, fen = "K-%04d" % number, self.office(self.moment(), r.between(1, 60)), r.span(BUDGETS)
        proposer = r.pick(MARKETING + ("tang.mei",))
        if proposer == "tang.mei" and ms > self.at(16, 18):
            proposer = "luo.jun"
        only = {"campaign": ident}
        self.happen(ms, "campaign.proposed",
                    {"campaign": ident, "budget": self.money(fen), "proposer": proposer}, "desk:plans", proposer)
        seats = ["director"] if proposer == self.lead("marketing_ops", ms) else ["marketing_ops"]
        if fen > 5000000:
            seats = ["marketing_ops", "director"]
        if fen > 50000000:
            seats.append("management")
        done = self.votes("campaign_budget", ident, ms, seats, proposer,
                          ((10, 500, 70), (500, 1000, 22), (1000, 1600, 8)))
        if r.chance(7):
            self.happen(ms + r.between(20, 300) * MINUTE, "remit.withdrawn",
                        {"approval": "campaign_budget", "key": [ident]}, "desk:remit",
                        proposer if r.chance(60) else STRANGER)
        if r.chance(60 if self.says_no else 3):
            again = self.office(done, r.between(30, 600))
            less = {"campaign": ident, "budget": self.money(fen // 2), "proposer": proposer}
            self.happen(again, "campaign.proposed", less, "desk:plans", proposer)
            done = self.votes("campaign_budget", ident, again, seats, proposer,
                              ((10, 500, 80), (500, 1000, 20)))
            self.made["asked again"] += 1
        if r.chance(4):
            self.happen(ms + r.between(20, 2000) * MINUTE, "campaign.dropped", only, "desk:plans", proposer)
        started = self.office(done, r.span(((30, 1200, 80), (1200, 2400, 20))))
        if r.chance(92):
            self.happen(started, "campaign.started", only, "desk:plans", proposer)
            ended = started + r.between(1, 6) * DAY
            self.happen(ended, "campaign.ended", only, "desk:plans")
            if r.chance(90):
                self.happen(self.office(ended, r.span(((60, 1500, 80), (1500, 2500, 20)))),
                            "campaign.reviewed", only, "desk:plans", proposer)

    def launch(self, number):
        """A launch from one of its stages on: what lies before the month is not told."""
        r = self.random
        ident, ms, fen = "L-%04d" % number, self.office(self.moment(), r.between(1, 60)), r.span(LAUNCH_BUDGETS)
        requester = self.lead("product_ops", ms) if number % 12 == 5 else r.pick(PRODUCT[:3])
        only, stage = {"launch": ident}, r.below(10)
        about = {"launch": ident, "requester": requester, "budget": self.money(fen)}
        if r.chance(6):
            self.happen(ms + r.between(20, 9000) * MINUTE, "launch.cancelled", only, "desk:plans", requester)
        if stage < 5:
            self.happen(ms, "launch.proposed", about, "desk:plans", requester)
            ms = self.office(ms, r.span(((300, 2500, 85), (2500, 3600, 15))))
        if stage < 7:
            self.happen(ms, "launch.specified", only, "desk:plans", r.pick(PRODUCT))
            ms = self.office(ms, r.span(((300, 2500, 85), (2500, 3600, 15))))
            if r.chance(8):
                return
            self.happen(ms, "launch.tested", only, "desk:builds", r.pick(PRODUCT))
            ms = self.office(ms, r.between(20, 400))
        data = r.chance(25)
        self.review(ident, ms, requester, about, fen, data)

    def review(self, ident, ms, requester, about, fen, data):
        """A launch's review, perhaps once more, and what comes after it."""
        r = self.random
        groups = ("customer_service", "marketing_ops", "data_analytics")
        for turn in range(2):
            asked = dict(about, customers_data=True) if data else about
            self.happen(ms, "launch.review_requested", asked, "desk:plans", requester)
            seats = ["product_ops"] + r.shuffled(groups)[:3 if data else 2 + r.chance(30)]
            seats += ["director"] * (fen > 50000000) + ["management"] * (fen > 500000000)
            done = self.votes("product_launch", ident, ms, seats, requester,
                              ((10, 500, 77), (500, 1000, 21), (1000, 1600, 2)))
            if turn or not r.chance(60 if self.says_no else 4):
                break
            ms = self.office(done, r.between(200, 1500))
            self.made["asked again"] += 1
        if r.chance(10) or not (self.all_agree or r.chance(20)):
            return
        early = r.chance(4)
        published = self.office(ms if early else done, r.span(((60, 1800, 85), (1800, 4000, 15))))
        only = {"launch": ident}
        self.happen(published, "launch.published", only, "desk:builds")
        if early or not self.all_agree:
            self.reported("explain_launch", ident, published, self.office(published, r.between(30, 900)),
                          (self.lead("product_ops", published),))
        if r.chance(88):
            self.happen(self.office(published, r.span(((30, 900, 80), (900, 2500, 20)))),
                        "launch.documented", only, "desk:plans", requester)

    def check(self):
        """The checks of two services: on all days, or, of a short month, on those about the 12th and 20th."""
        r = self.random
        failing = {service: [(self.at(day, hour, minute), self.at(day, hour, minute + length))
                             for day, hour, minute, length in spans] for service, spans in CHECKED.items()}
        for service in CHECKED:
            for number in range(DAYS * 72):
                ms = self.start + number * 20 * MINUTE + r.below(120) * 1000
                if self.complaints < 400 and not any(abs(ms - begin) < 4 * HOUR for begin, _ in failing[service]):
                    continue
                down = any(begin <= ms < end for begin, end in failing[service])
                if r.chance(2, 1000):
                    continue                # no check, or none that came through
                self.happen(ms, "check.run", {
                    "check": "%s-%04d" % (service, number), "service": service,
                    "failed": r.chance(90) if down else r.chance(1)}, "watch:" + service)
                self.made["checks"] += 1

    def incident(self, number):
        r = self.random
        ident, service = "I-%04d" % number, r.pick(SERVICES)
        ms = self.start + r.below(DAYS * DAY)
        users = r.span(((1, 499, 60), (500, 9999, 30), (10000, 400000, 10)))
        stopped = service == "checkout" and r.chance(10)
        data = {"incident": ident, "system": service, "users": users}
        if stopped:
            data["sales_stopped"] = True
        self.happen(ms, "incident.reported", data, "watch:" + service)
        grave = stopped or users >= 10000 or (service == "checkout" and users >= 1000)
        hours = 2 if grave else (8 if service == "checkout" or users >= 500 else 48)
        if r.chance(97):
            self.happen(ms + hours * HOUR * r.span(((5, 90, 80), (100, 100, 3), (101, 600, 17))) // 100,
                        "incident.resolved", {"incident": ident}, "watch:" + service)
        if grave:
            self.reported("explain_incident", ident, ms, self.office(ms, r.between(200, 2500)), PRODUCT)

    def feedback(self, number):
        r = self.random
        ident, ms, about = "F-%05d" % number, self.moment(), r.weighted(ABOUT)
        self.happen(ms, "feedback.received", {"feedback": ident, "about": about}, "shop:app")
        if r.chance(90):
            self.happen(self.office(ms, r.span(((60, 1400, 88), (1400, 2600, 12)))),
                        "feedback.analysed", {"feedback": ident}, "desk:plans", r.pick(PRODUCT))

    def reports(self):
        """What is due on schedules: each source's data every morning, and the reports."""
        r = self.random
        for day in range(1, DAYS + 1):
            for source in ("orders", "traffic", "service"):
                if r.chance(4):
                    continue                # the source is missing, until the next morning
                minute = r.span(((1, 115, 93), (120, 120, 2), (121, 300, 5)))
                event = self.happen(self.at(day, 6, minute), "data.collected",
                                    {"run": "%s-%02d" % (source, day), "source": source}, "data:" + source)
                if r.chance(6):
                    event.arrival += r.between(1, 12) * HOUR
        for day in range(2, DAYS + 1):
            for goods in ("clothing", "food", "electronics", "home"):
                if day % 7 > 1 and r.chance(45):
                    self.happen(self.at(day, r.pick((10, 11, 14, 16)), r.below(60)), "goods.looked_into",
                                {"goods": goods}, "desk:reports", r.pick(PRODUCT[:3]))
        self.happen(self.at(27, 16, 40), "remit.reported", {"duty": "improve_service", "key": "1"},
                    "desk:remit", SERVICE)
        for name, kind, day, hour, minute in (
                ("W-09", "weekly", 2, 13, 40), ("W-10", "weekly", 9, 14, 59), ("W-11", "weekly", 16, 16, 20),
                ("W-12", "weekly", 23, 15, 0), ("Q-10", "quality", 6, 17, 10), ("Q-11", "quality", 13, 18, 0),
                ("Q-12", "quality", 20, 19, 10), ("Q-13", "quality", 27, 16, 0), ("M-02", "monthly", 6, 11, 0)):
            self.happen(self.at(day, hour, minute), "report.published", {"report": name, "kind": kind},
                        "desk:reports", SERVICE if kind == "quality" else r.pick(ANALYSTS))

    def complain(self):
        """The complaints, the special ones among them."""
        r = self.random
        specials = [("exact", self.at(2 + n % 3 + 7 * (n // 4), 10 + n % 2, n)) for n in range(16)]
        specials += [("same", self.at(3 + n, 10, n)) for n in range(5)]
        specials += [("told", self.at(10 + n, 9, n)) for n in range(3)]
        opened = [("normal", self.moment()) for _ in range(self.complaints)] + specials
        order = sorted(range(len(opened)), key=lambda i: (opened[i][1], i))
        again = set(r.shuffled(range(len(opened)))[:self.share(6)])
        exact = 0
        for number, i in enumerate(order, start=1):
            what, ms = opened[i]
            ident, before = "C-%d-%05d" % (self.year, number), len(self.events)
            if what == "exact":
                self.special(ident, ms, DAY + (1 if exact % 4 == 3 else 0))
                exact += 1
            elif what == "same":
                self.same_instant(ident, ms)
            elif what == "told":
                self.told_late(ident, ms)
            else:
                self.complaint(ident, ms)
            first = self.events[before]
            if i in again and self.happen(first.ms + r.between(1, 600) * MINUTE, first.kind,
                                          first.data, first.source):
                self.made["again"] += 1
        self.made["complaints"] = len(opened)

    def live(self):
        """All that happens in the month, in the order of its own times, with ids."""
        self.people()
        self.reports()
        self.complain()
        self.order()
        self.bad_batches()
        self.check()
        for what, make, share in (("questions", self.question, 2400), ("refunds", self.refund, 250),
                                  ("campaigns", self.campaign, 50), ("launches", self.launch, 50),
                                  ("incidents", self.incident, 60), ("feedback", self.feedback, 300)):
            for number in range(1, self.share(share) + 1):
                make(number)
            self.made[what] = self.share(share)
        self.events.sort(key=lambda event: event.ms)    # stable: at one instant in the order made
        count = Counter()
        for event in self.events:                       # each source numbers its own: ids recur
            count[event.source] += 1
            event.ident = "%06d" % count[event.source]

    # -- how it arrives --------------------------------------------------------------------------

    def arrive(self, event, line=None):
        self.lines.append((event.arrival, len(self.lines), event.line() if line is None else line))

    def sample(self, count, fits=None):
        """`count` events at random, each at most once."""
        found = [i for i, event in enumerate(self.events) if fits is None or fits(event)]
        return [self.events[i] for i in sorted(self.random.shuffled(found)[:count])]

    def stray(self, ms, kind, data, source):
        """An event that belongs to nothing that happened: own ids, comes at its own time."""
        event = Event(ms, kind, data, source)
        self.made["strays"] += 1
        event.ident = "x%05d" % self.made["strays"]
        return event

    def lateness(self):
        """Late are a tenth of the lines, but not people nor what schedules ask for."""
        for event in self.sample(self.share(250), lambda event: event.source.split(":")[0] not in (
                "hr", "data") and event.source != "desk:reports"
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
        kinds = ("complaint.openend", "complaint.praised", "order.payed", "remit.decidet",
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


def generate(seed, events):
    """(lines as bytes, Counter of what was made) for at least `events` lines."""
    size = max(40, events // 18)
    while True:
        month = Month(seed, size)
        month.live()
        lines = month.tell()
        if len(lines) >= events:
            return lines, month.made
        size = size * 11 // 10


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=20000, help="the least number of lines")
    parser.add_argument("--out", help="file for the lines (default: standard output)")
    options = parser.parse_args(arguments)
    lines, made = generate(options.seed, options.events)
    text = b"".join(line + b"\n" for line in lines)
    if options.out:
        with open(options.out, "wb") as out:
            out.write(text)
    else:
        sys.stdout.buffer.write(text)
    del made["strays"]
    print("gen_month: %d lines: %s" % (len(lines), ", ".join(
        "%d %s" % (made[what], what) for what in sorted(made))), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
