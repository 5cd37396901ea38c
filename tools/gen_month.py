#!/usr/bin/env python3
"""Makes a month of the department for rules/department: CloudEvents lines, as messy as real ones.

    gen_month.py [--seed N] [--events N] [--out FILE]

The same seed and number give the same bytes on every machine and Python. --events (default 20000)
is the least number of lines. The month is March 2026, in Shanghai time; what would happen after it
is not told. What was made is summed up on stderr.

Five groups take part, the director's office, product operations, marketing operations, customer
service and data analytics:
  complaints     as in gen_week.py, most on weekdays and in a rush from the 18th to the 20th
  questions      of users by chat, phone and e-mail, the most of all that comes
  orders         paid and, some, refunded; great refunds wait for an approval
  releases       asked for, tested, reviewed by several parties, published, documented
  campaigns      proposed and approved by tiers of budget, started, ended, reviewed
  incidents      of four services, at any hour, and what is reported on the grave ones
  feedback       of users: defects, wishes and praise
  data, reports  each source's collection by 08:00, the weekly, quality and monthly reports
  people         the director is away from the 9th to the 13th and has named a deputy; the leads of
                 marketing (16th) and of product operations (23rd) hand over, with a night between
                 in which nobody leads; others come, are trained, and leave

The mess: what gen_week.py's head lists, and acts without authority: votes of those who hold no
seat, on one's own matter, twice, after leaving, in another's seat, on what is decided already.
"""

import argparse
import sys
from collections import Counter
from datetime import date

from gen_week import (AGENTS, ANALYSTS, CATEGORIES, DAY, DELAYS, HOUR, MINUTE, PEOPLE, SHANGHAI, Week)
from eventlines import instant_text

START = date(2026, 3, 1)
DAYS = 31
# How much comes on each day of the month, which begins on a Sunday.
RUSH = (18, 19, 20)
CHANNELS = (("chat", 60), ("phone", 25), ("email", 15))
# Minutes of work until an answer, by channel: (from, to, weight).
REPLIES = {"chat": ((1, 9, 90), (10, 90, 10)), "phone": ((2, 28, 90), (29, 300, 10)),
           "email": ((10, 230, 85), (230, 1500, 15))}
GOODS = ("clothing", "food", "electronics", "home")
SERVICES = ("checkout", "search", "app", "warehouse")
ABOUT = (("defect", 40), ("wish", 35), ("praise", 25))
BUDGETS = ((300000, 5000000, 65), (5000001, 50000000, 25), (50000001, 90000000, 10))    # fen
RELEASE_BUDGETS = ((1000000, 50000000, 80), (50000001, 200000000, 20))
REFUNDS = ((1000, 50000, 60), (50001, 500000, 32), (500001, 1200000, 8))
PRODUCT = ("xu.lei", "deng.yan", "song.bo", "mo.ran")
MARKETING = ("han.xue", "cao.yi", "luo.jun")
DIRECTOR, MANAGEMENT, SERVICE, DATA = "zhao.ning", "fang.wei", "li.na", "sun.hao"
STRANGER = "someone.else"


class Month(Week):
    """The month under construction. `size` is the number of complaints; the rest follows it."""

    def __init__(self, seed, size):
        super().__init__(seed, START, size)
        self.end = self.start + DAYS * DAY
        self.days = [(day, 30 if day + 1 in RUSH else (6 if (day - 6) % 7 < 2 else 10))
                     for day in range(DAYS)]
        self.hours = [(h, n) for h, n in enumerate((1, 0, 0, 0, 0, 0, 0, 1, 2, 9, 11, 11, 8, 7, 9,
                                                    10, 10, 10, 12, 17, 20, 8, 4, 2))]

    # -- time ------------------------------------------------------------------------------------

    def at(self, day, hour, minute=0):
        return self.start + (day - 1) * DAY + hour * HOUR + minute * MINUTE

    def moment(self):
        r = self.random
        ms = self.start + r.weighted(self.days) * DAY + r.weighted(self.hours) * HOUR
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
        for kind, data in PEOPLE:
            self.happen(begin, kind, data, "hr:people")
        told(begin, "appointed", {"person": "gao.fei", "seat": "product_ops.lead"})
        told(begin, "appointed", {"person": "tang.mei", "seat": "marketing_ops.lead"})
        for person, team in ([("gao.fei", "product_ops"), ("tang.mei", "marketing_ops")]
                             + [(name, "product_ops") for name in PRODUCT[:3]]
                             + [(name, "marketing_ops") for name in MARKETING]):
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
        for n, seat in enumerate(r.shuffled(seats)):
            ms = self.office(opened, r.span(slow))
            if r.chance(4):
                continue
            person = self.lead(seat, ms)
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

    def question(self, number):
        r = self.random
        ident, ms, channel = "Q-%06d" % number, self.moment(), r.weighted(CHANNELS)
        self.happen(ms, "question.asked", {"question": ident, "channel": channel}, "shop:" + channel)
        if r.chance(96):
            self.happen(self.office(ms, r.span(REPLIES[channel])) + r.below(60) * 1000,
                        "question.answered", {"question": ident}, "shop:" + channel, r.pick(AGENTS))

    def order(self, number):
        r = self.random
        fen = r.between(1000, 400000)
        self.happen(self.moment(), "order.paid", {
            "order": "O-%06d" % number, "category": r.weighted(CATEGORIES), "amount": self.money(fen)},
            "shop:till")

    def refund(self, number):
        r = self.random
        ident, ms, fen = "R-%05d" % number, self.moment(), r.span(REFUNDS)
        goods, agent = r.pick(GOODS), r.pick(AGENTS + (SERVICE,) * (number % 8 == 0))
        about = {"refund": ident, "goods": goods, "amount": self.money(fen)}
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
            self.happen(self.office(paid, r.span(((5, 400, 70), (400, 800, 30)))), "refund.paid",
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
        done = self.votes("campaign_tiers", ident, ms, seats, proposer,
                          ((10, 500, 70), (500, 1000, 22), (1000, 1600, 8)))
        if r.chance(7):
            by, kind = (proposer, "remit.withdrawn") if r.chance(60) else (STRANGER, "remit.withdrawn")
            self.happen(ms + r.between(20, 300) * MINUTE, kind,
                        {"approval": "campaign_tiers", "key": [ident]}, "desk:remit", by)
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

    def release(self, number):
        r = self.random
        ident, ms, fen = "L-%04d" % number, self.office(self.moment(), r.between(1, 60)), r.span(RELEASE_BUDGETS)
        requester = r.pick(PRODUCT[:3])
        if number % 12 == 5:
            requester = self.lead("product_ops", ms)
        only = {"release": ident}
        self.happen(ms, "release.requested",
                    {"release": ident, "budget": self.money(fen), "requester": requester}, "desk:plans", requester)
        if r.chance(90):
            self.happen(self.office(ms, r.span(((200, 1400, 85), (1400, 2200, 15)))),
                        "release.tested", only, "desk:builds", r.pick(PRODUCT))
        seats = ["product_ops"] + r.shuffled(("customer_service", "marketing_ops", "data_analytics"))[
            :2 + r.chance(30)]
        if fen > 50000000:
            seats.append("director")
        done = self.votes("release_review", ident, ms, seats, requester,
                          ((10, 500, 75), (500, 1000, 20), (1000, 1600, 5)))
        if r.chance(5):
            self.happen(ms + r.between(20, 3000) * MINUTE, "release.dropped", only, "desk:plans", requester)
        published = self.office(done, r.span(((60, 2000, 85), (2000, 4000, 15))))
        if r.chance(90):
            self.happen(published, "release.published", only, "desk:builds")
            if r.chance(88):
                self.happen(self.office(published, r.span(((30, 1000, 80), (1000, 2500, 20)))),
                            "release.documented", only, "desk:plans", requester)

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
        for name, kind, day, hour, minute in (
                ("W-09", "weekly", 2, 13, 40), ("W-10", "weekly", 9, 14, 59), ("W-11", "weekly", 16, 16, 20),
                ("W-12", "weekly", 23, 15, 0), ("Q-10", "quality", 6, 17, 10), ("Q-11", "quality", 13, 18, 0),
                ("Q-12", "quality", 20, 19, 10), ("Q-13", "quality", 27, 16, 0), ("M-02", "monthly", 6, 11, 0)):
            self.happen(self.at(day, hour, minute), "report.published", {"report": name, "kind": kind},
                        "desk:reports", SERVICE if kind == "quality" else r.pick(ANALYSTS))

    def complain(self):
        """The complaints: gen_week's, over the month."""
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
        self.people()
        self.reports()
        self.complain()
        for what, make, share in (("questions", self.question, 3000), ("orders", self.order, 1600),
                                  ("refunds", self.refund, 400), ("campaigns", self.campaign, 50),
                                  ("releases", self.release, 50), ("incidents", self.incident, 90),
                                  ("feedback", self.feedback, 350)):
            for number in range(1, self.share(share) + 1):
                make(number)
            self.made[what] = self.share(share)
        self.events.sort(key=lambda event: event.ms)    # stable: at one instant in the order made
        count = Counter()
        for event in self.events:
            count[event.source] += 1
            event.ident = "%06d" % count[event.source]

    # -- how it arrives --------------------------------------------------------------------------

    def lateness(self):
        """Late are a tenth of the lines, but not people nor what schedules ask for."""
        for event in self.sample(self.share(250), lambda event: event.source.split(":")[0] not in (
                "hr", "data") and event.source != "desk:reports"
                and event.data.get("category") != "fraud"):
            event.arrival += self.random.span(DELAYS) * MINUTE + self.random.below(60) * 1000
            self.made["late"] += 1


def generate(seed, events):
    """(lines as bytes, Counter of what was made) for at least `events` lines."""
    size = max(40, events // 14)
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
