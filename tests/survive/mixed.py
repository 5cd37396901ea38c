"""Random policies in which approvals, KPIs and duties set each other off, and streams for them: people who come, go
and stand in for each other, ballots good and bad, samples on time and late, timers of all kinds at the same instants.

What they lead to is judged elsewhere (tests/oracle); here it must only be the same, whatever happens to the run.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Optional

ZONE = timezone(timedelta(hours=8))
BEGIN = datetime(2026, 3, 2, 8, tzinfo=ZONE)
STEP = timedelta(minutes=10)
PERSONS = ["p%d" % n for n in range(1, 7)]
SEATS = ["director", "a.lead", "a.member", "b.lead", "b.member"]
PARTIES = SEATS + ["a", "b"]
KEYS = ["K%d" % n for n in range(1, 9)]
COLOURS = ["red", "green", "blue"]

HEAD = """policy "Mixed" version "1" { zone "Asia/Shanghai" calendar cn.office currency CNY }
use std.calendar.cn
role director "总监"
team a "甲组" under director { role lead role member }
team b "乙组" under director { role lead role member votes member }
event ask { k: id  n: integer 1..9  who: party?  with: party }
event stop { k: id }
event done { k: id  n: number }
event paid { k: id  colour: one of red, green, blue  amount: money?  big: flag = no }
event back { k: id  colour: one of red, green, blue  amount: money  big: flag = no }
event alarm { colour: one of red, green, blue }
entity seen { key k: id  n: integer 0..60 = 0  last: number? }
entity shade { key colour: one of red, green, blue  alarms: integer = 0 }
duty answer on ask as q { owed by q.with  due within 3 hours  fulfilled by done where it.k = q.k
  escalate { at 50% remind q.with  at due to director }
  when breached { ask second(q.k, q.n)  set seen(q.k).n = seen(q.k).n + 2 } }
duty look(k: id) { owed by a  due within 2 hours  fulfilled by remit.reported  escalate { at due to a.lead } }
duty dig(colour: one of red, green, blue) { owed by b  due within 4 hours  fulfilled by remit.reported }
kpi waiting by owner { measure count(open, breached duty answer)  warning above 1 for 10 minutes  when warning { notify director "has " + value } }
kpi faster by colour { measure average(paid.amount) over 1 hour as change from 40 minutes before  warning above 10% for 10 minutes
  when warning { notify director "up " + value } when cleared { notify a } }
kpi overdue { measure count(breached duty dig) / count(open, breached duty dig)  critical above 40%  when critical { notify director } }
kpi took by n { measure average(answer.elapsed) over 1 day  warning above 1 hour, clear below 50 minutes }
rule burden on stop where waiting(a) at least 1 or percentile(50, answer.elapsed) over 1 day above 90 minutes { notify b.lead "burden" }
rule often on paid as p where count(paid where it.colour = p.colour) over 1 hour at least 2 { notify a.lead "often " + p.k }
rule large on back as r where sum(back.amount where it.colour = r.colour and it.big) over 1 day above 20 CNY { oblige look(r.k) }
rule mean on back where average(paid.amount) per day above 3 CNY { notify b.lead }
rule tell on done as d where d.n > 3 { notify director "done " + d.k }
rule note on done as d { set seen(d.k).n = seen(d.k).n + 1 }
rule clear on stop as s where (seen(s.k).n else 0) > 3 { delete seen(s.k) }
rule colour on alarm as x { set shade(x.colour).alarms = shade(x.colour).alarms + 1 }
"""

# Prohibitions, sums, renewals, standing duties of many, hand-overs at a date, and powers to correct.
OWED = """duty settle on ask as q { owed by a  due within 1 day  fulfilled by (q.n * 2 CNY) of paid.amount where it.colour = red
  waived by approval first granted  escalate { at due to a.lead }  when fulfilled { set seen(q.k).last = 1 } }
duty seal on ask as q { owed by b  due within 5 hours  must not back where it.colour = green  paused from stop where it.k = q.k until done where it.k = q.k
  when breached { notify director "touched " + q.k  set seen(q.k).n = seen(q.k).n + 1 } }
duty renew on ask as q { owed by q.with  due within 2 hours  again 3 hours after done  fulfilled by done where it.k = q.k
  fulfilled by all of { paid where it.big  2 of back }  cancelled by approval first(q.k) withdrawn  when breached { ask second(q.k, q.n) } }
duty round(p) every working day at 10:30 for each p in a.members { owed by p  due within 2 hours  fulfilled by done }
duty tend every 1 day at 12:00 for each s in seen where s.n > 1 { owed by b  due within 3 hours  fulfilled by done where it.k = s.k }
reassign duty settle, renew, seal from a to b from 2026-03-03 running move
reassign duty seal from b to a from 2026-03-03 running move
director, a, b may correct settle, seal, renew, answer
director may reassign renew
"""

OFFICE = """a, director may add signers to first, second
a, director may remove signers from first, second
a, director may transfer first, second
a, b, director may return, urge first, second
deputy of director is a.lead
deputy of a.member is b
"""


@dataclass
class Mixed:
    policy: str
    lines: list[str]
    until: str
    votes_shuffled: list[str]


def text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


# ------------------------------------------------------------------------------------------------- policies

def need(rng: random.Random, fields: list[str], n: str) -> str:
    kind = rng.choice(("one", "one of", "one of", "n of", "n of", "all of", "60% of", "majority of", "points"))
    seats = rng.sample(PARTIES + fields, rng.randint(2, 4))
    if rng.random() < 0.3 and kind != "all of":
        seats.append(rng.choice(("a.members", "b.members")))
    count = {"one": "", "n of": "%d of" % rng.randint(1, min(3, len(seats))),
             "points": "%d points of" % rng.randint(1, len(seats))}.get(kind, kind)
    if kind == "points":
        seats = ["%s %d" % (seat, rng.choice((1, 1, 2, 3))) for seat in seats]
    shown = rng.choice(seats) if kind == "one" else ", ".join(seats)
    return "%s %s%s" % (count, shown, rng.choice(("", "", " when %s > %d" % (n, rng.randint(1, 8)))))


def needs(rng: random.Random, fields: list[str], n: str, lawful: bool) -> str:
    """In stages only where the order of ballots may matter."""
    out = ["    %s" % need(rng, fields, n) for _ in range(rng.choice((1, 1, 2, 3)))]
    if not lawful and rng.random() < 0.6:
        some = ["one of %s, a.members" % ", ".join(rng.sample(PARTIES, 3)) for _ in range(rng.randint(2, 3))]
        out = [one if rng.random() < 0.3 else "    " + some[i % len(some)] for i, one in enumerate(out + some)][:3]
        out = ["    stage s%d%s {%s\n  %s\n    }" % (i, rng.choice(("", "", " when %s > 3" % n)),
                                                  rng.choice(("", " each within 1 hour")), one) for i, one in enumerate(out)]
    refused = "" if lawful else rng.choice(("", "", "  refused by majority\n", "  refused by 2\n"))
    return "  requires {\n%s\n  }\n%s" % ("\n".join(out), refused)


def each(rng: random.Random) -> str:
    return rng.choice(("", "  each within 1 day\n", "  each within %d hours\n" % rng.randint(1, 3), "  each within 40 minutes\n",
                       "  each within 1 working day\n", "  each within 2 working hours\n"))


def first(rng: random.Random, lawful: bool) -> str:
    excluding = rng.choice(("", "  excluding q.who\n", "  excluding q.who\n", "  excluding b.lead\n"))
    value = "1" if lawful else rng.choice(("q.n", "q.n", "10 / (q.n - 5)"))
    granted = rng.choice(("", " ask second(q.k, q.n)", " oblige look(q.k)"))
    return ("approval first on ask as q {\n" + needs(rng, ["q.with"], "q.n", lawful) + excluding + each(rng) +
            rng.choice(("", "  again\n", "  resubmit at most 2 times\n")) + "  withdrawn by stop where it.k = q.k\n"
            "  when granted { emit done { k: q.k  n: %s }%s }\n" % (value, granted) +
            "  when refused { notify q.with \"no \" + q.k  ask second(q.k, q.n) }\n"
            "  when lapsed { escalate to director  emit done { k: q.k  n: %s } }\n" %
            rng.choice(("0", "12 / (q.n - 4)")) +
            "  when withdrawn { oblige look(q.k) }\n"
            "  when unattainable { notify director  oblige look(q.k)%s }\n}\n" %
            rng.choice(("", " ask second(q.k, q.n)")))


def second(rng: random.Random, lawful: bool) -> str:
    return ("approval second(k: id, n: integer) {\n" + needs(rng, [], "n", lawful) + rng.choice(("", "  excluding a.lead\n")) +
            each(rng) + rng.choice(("", "  again\n")) + "  when granted { notify a, b }\n"
            "  when lapsed { escalate to a.lead, director }\n  when unattainable { notify director }\n}\n")


def third(rng: random.Random) -> str:
    return ("approval third(colour: one of red, green, blue) {\n  key (colour)\n" +
            "  requires { %s }\n" % rng.choice(("director", "2 of a.members", "1 of a, b", "all of a.lead, b.lead")) +
            each(rng) + "  again\n  when granted { emit alarm { colour: colour } }\n"
            "  when lapsed { oblige dig(colour) }\n  when unattainable { notify b }\n}\n")


def bound(rng: random.Random, unit: str, up: bool) -> tuple[str, str]:
    n = rng.randint(1, 9)
    side = rng.choice(("above", "at least") if up else ("below", "at most"))
    back = rng.choice(("below", "at most") if up else ("above", "at least"))
    other = max(n - 1, 0) if up else n + 1
    hold = rng.choice(("", " for 10 minutes", " for 40 minutes"))
    clear = rng.choice(("", ", clear %s %d%s" % (back, other, unit), ", clear %s %d%s for 20 minutes" % (back, other, unit)))
    return "%s %d%s%s" % (side, n, unit, hold), clear


def kpi(rng: random.Random, number: int, of_alarms: bool) -> str:
    measure, unit = rng.choice((
        ("sum(back.amount) / sum(paid.amount)", "%"), ("count(paid where it.big) / count(paid)", "%"),
        ("average(paid.amount)", " CNY"), ("count(paid)", ""), ("max(back.amount)", " CNY"), ("sum(back.amount)", " CNY"),
        ("min(paid.amount)", " CNY")))
    if of_alarms:
        measure, unit = "count(alarm)", ""
    window = rng.choice(("over 1 hour", "over 30 minutes", "over 1 day", "over 1 hour by 10 minutes", "per day",
                         "over 2 days", "over 30 minutes by 30 minutes"))
    by = rng.random() < 0.7
    up = rng.random() < 0.7
    out = ["kpi k%d%s {" % (number, " by colour" if by else ""), "  measure %s %s" % (measure, window)]
    out += ["  at least %d samples" % rng.randint(2, 3)] if rng.random() < 0.3 else []
    out += ["  empty: %s" % rng.choice(("hold", "clear", "alert"))] if rng.random() < 0.5 else []
    for level in ("warning", "critical"):
        out.append("  %s %s%s" % (level, *bound(rng, unit, up)))
    colour = "colour" if by else "green"
    warning = rng.choice(("oblige dig(%s)", "ask third(%s)", "ask third(%s) oblige dig(%s)")).replace("%s", colour)
    alarm = "" if of_alarms else rng.choice(("", " emit alarm { colour: %s }" % colour))
    counted = "set seen(\"%d\").n = seen(\"%d\").n + 1" % (number, number)
    if of_alarms:
        warning = "notify director"  # what it sets off must not lead back to it
    out += ["  when warning { %s%s }" % (warning, alarm), "  when critical { notify director \"now \" + value }",
            "  when cleared { notify a.lead  %s }" % counted]
    return "\n".join(out + ["}"]) + "\n"


def alarms(rng: random.Random, head: str) -> str:
    """Quiet hours, groups and notices that grow stale, some of each."""
    quiet = rng.choice(("", " quiet from 10:00 to 11:30", " quiet from 15:00 to 09:00"))
    head = head.replace("currency CNY }", "currency CNY%s }" % quiet, 1)
    within = lambda: "within %s" % rng.choice(("10 minutes", "1 hour", "1 day"))
    head = head.replace("fulfilled by done where it.k = q.k\n", "fulfilled by done where it.k = q.k%s\n" %
                        rng.choice(("", "  grouped " + within(), "  grouped by q.with, q.n " + within())), 1)
    head = head.replace("escalate { at due to a.lead }", "grouped %s  escalate { at due to a.lead%s }" % (within(), rng.choice((
        "", " stale after 30 minutes", " every 20 minutes at most 5 times"))), 1)
    head = head.replace("at 50% remind q.with", "at 50%% remind q.with stale after %s" % rng.choice(("20 minutes", "2 hours")), 1)
    head = head.replace('"has " + value }', '"has " + value stale after 20 minutes }', 1)
    head = head.replace("kpi faster by colour {", "kpi faster by colour { grouped %s%s" % (rng.choice(("", "by colour ")), within()), 1)
    turns = "handover every %s at %s from 2026-02-27  of %s" % rng.choice((
        ("day", "09:30", "a.members, b.lead"), ("monday, wednesday", "10:00", "b.members"), ("3 days", "12:00", "a.lead, b.members")))
    if "3 days" in turns:
        turns = turns.replace(" at 12:00 from 2026-02-27", " from 2026-02-27 at 12:00")
    head = head.replace("event ask {", "rotation watch under director%s { %s }\na, b may swap watch\nevent ask {" % (
        rng.choice(("", "", " from 08:00 to 20:00", " while open")), turns), 1)
    head = head.replace("at due to director }", "at due to watch  after 10 minutes to director }", 1)
    head = head.replace('notify director "has "', 'notify watch "has "', 1)
    if quiet:
        head = head.replace('"done " + d.k }', '"done " + d.k even in quiet hours }', 1)
    return head


def policy(rng: random.Random, lawful: bool) -> str:
    kpis = [kpi(rng, number, of_alarms=False) for number in range(rng.randint(1, 3))]
    kpis.append(kpi(rng, len(kpis), of_alarms=True))
    more = "" if lawful else "rule frequent on done as d where (seen(d.k).n else 0) > 2 { notify b \"often \" + d.k }\n"
    parts = [more, first(rng, lawful), second(rng, lawful), third(rng)] + kpis
    rng.shuffle(parts)  # their order is that in which they are judged
    head = HEAD if lawful else alarms(rng, HEAD)
    return head + "".join(parts) + OFFICE + ("" if lawful else OWED)


# -------------------------------------------------------------------------------------------------- streams

@dataclass
class Draft:
    type: str
    at: datetime
    data: dict[str, Any]
    actor: Optional[str] = None


def term(rng: random.Random, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    if rng.random() < 0.2:
        data["from"] = text(at + STEP * rng.randint(-3, 6))
    if rng.random() < 0.4:
        data["until"] = text(at + STEP * rng.randint(1, 20))
    return data


def ballot(rng: random.Random, lawful: bool, asked: list[Draft]) -> Draft:
    approval = rng.choice(("first", "first", "first", "second", "third"))
    key: Any = rng.choice(KEYS)
    if asked and rng.random() < 0.9:
        key = rng.choice(asked[-3:]).data["k"]
    if approval == "second":
        key = [key, str(rng.choice([one.data["n"] for one in asked if one.data["k"] == key] or [1]))]
    elif approval == "third":
        key = rng.choice(COLOURS)
    data = {"approval": approval, "key": key, "vote": "yes" if lawful else rng.choice(["yes"] * 9 + ["no"])}
    if rng.random() < 0.1:
        data["note"] = "同意"
    if rng.random() < 0.1:
        data["seat"] = rng.choice(PARTIES)
    return Draft("remit.decided", BEGIN, data, rng.choice(PERSONS * 4 + PARTIES))


def office(rng: random.Random, at: datetime, asked: list[Draft]) -> Draft:
    one, who = rng.choice(asked[-3:]), rng.choice(PERSONS + ["a", "director"])
    data: dict[str, Any] = {"approval": "first", "key": one.data["k"]}
    if rng.random() < 0.3:
        data = {"approval": "second", "key": [one.data["k"], str(one.data["n"])]}
    signer = {"person": rng.choice(PERSONS)} if rng.random() < 0.5 else {"seat": rng.choice(PARTIES)}
    more = rng.choice(({**signer, "place": rng.choice(("before", "after", "with"))}, signer, {"to": rng.choice(PERSONS)},
                       rng.choice(({}, {"stage": "s0"})), {"note": "now"}))
    kind = ("signer_added" if "place" in more else "signer_removed" if signer == more else "transferred" if "to" in more
            else "urged" if "note" in more else "returned")
    return Draft("remit." + kind, at, {**data, **more}, who)


def something(rng: random.Random, at: datetime, lawful: bool, asked: list[Draft]) -> Draft:
    who, kind = rng.choice(PERSONS), rng.random()
    last = rng.choice(asked[-2:]) if asked else None
    if kind < 0.05:
        return Draft("remit.appointed", at, term(rng, at, {"person": who, "seat": rng.choice(SEATS)}))
    if kind < 0.07:
        return Draft("remit.joined", at, {"person": who, "team": rng.choice("ab")})
    if kind < 0.11:
        return Draft("remit.left", at, {"person": who, **({"seat": rng.choice(SEATS)} if rng.random() < 0.6 else {})})
    if kind < 0.15:
        data = term(rng, at, {"person": rng.choice([p for p in PERSONS if p != who])})
        return Draft("remit.delegated", at, {**data, **({"seat": rng.choice(SEATS)} if rng.random() < 0.4 else {})}, who)
    if kind < 0.27:
        more = {"who": rng.choice(PERSONS + ["a"])} if rng.random() < 0.8 else {}
        return Draft("ask", at, {"k": rng.choice(KEYS), "n": rng.choice((4, 5, rng.randint(1, 9))),
                                 "with": rng.choice(PERSONS + PARTIES), **more}, who)
    if kind < 0.29:
        return Draft("stop", at, {"k": last.data["k"] if last else "K1"}, rng.choice((who, None)))
    if kind < 0.31 and last:
        return Draft("remit.withdrawn", at, {"approval": "first", "key": last.data["k"]}, rng.choice((who, last.actor)))
    if kind > 0.95 and asked and not lawful:
        return office(rng, at, asked)
    if kind > 0.92:
        return Draft(*rng.choice((("remit.absent", at, term(rng, at, {"person": who})), ("remit.present", at, {"person": who}))))
    if kind > 0.905 and not lawful:
        return Draft("remit.swapped", at, term(rng, at, {"rotation": "watch", "person": rng.choice(PERSONS),
                                                          "until": text(at + STEP * rng.randint(1, 40))}), who)
    if kind < 0.33:
        return Draft("remit.reported", at, {"duty": "look", "key": rng.choice(KEYS)}, rng.choice(("a", who)))
    if kind < 0.35:
        return Draft("done", at, {"k": rng.choice(KEYS), "n": rng.randint(0, 5)})
    if kind < 0.60:
        draft = ballot(rng, lawful, asked)
        draft.at = at
        return draft
    late = STEP * rng.choice((0, 0, 0, 1, 3, 6, 150))
    data = {"k": "s", "colour": rng.choice(COLOURS), "amount": rng.choice(("1", "2.50", "9", "0", "4.000 CNY")),
            "big": rng.random() < 0.3}
    return Draft(rng.choice(("paid", "paid", "back")), at - late, data)


def mistake(rng: random.Random, at: datetime, out: list[Draft]) -> Optional[Draft]:
    """Takes back one of the last events that act on duties."""
    acted = [number for number, one in enumerate(out) if one.type in ("ask", "done", "paid", "back", "stop")][-12:]
    return Draft("remit.corrected", at, {"id": "e%d" % rng.choice(acted)}, rng.choice(PERSONS + ["a"] * 4)) if acted else None


def drafts(rng: random.Random, count: int, lawful: bool) -> list[Draft]:
    at, out = BEGIN, []
    for seat in SEATS:  # most are held from the beginning
        for person in rng.sample(PERSONS, rng.choice((0, 1, 2, 3, 3))):
            out.append(Draft("remit.appointed", at, {"person": person, "seat": seat}))
    while len(out) < count:
        at += STEP * rng.choice((0, 0, 0, 0, 1, 1, 2, 3))
        draft = something(rng, at, lawful, [one for one in out if one.type == "ask"])
        if not lawful and rng.random() < 0.12:
            draft = mistake(rng, at, out) or draft
        if draft.type == "remit.decided":  # several at one instant
            out += [Draft(draft.type, at, {**draft.data, "vote": draft.data["vote"]}, person)
                    for person in rng.sample(PERSONS, rng.randint(1, 3)) if person != draft.actor]
        out.append(draft)
    return out


def line(number: int, draft: Draft) -> str:
    members = {"specversion": "1.0", "id": "e%d" % number, "source": "/m", "type": draft.type, "time": text(draft.at)}
    members.update({"actor": draft.actor} if draft.actor else {})
    return json.dumps({**members, "data": draft.data}, ensure_ascii=False)


def spoilt(rng: random.Random, number: int, draft: Draft) -> str:
    data = {**draft.data, rng.choice(("vot", "colur", "x")): 1}
    return line(number, Draft(draft.type, draft.at, data, draft.actor)).replace('"e', '"bad', 1)


def votes_mixed(rng: random.Random, made: list[Draft], lines: list[str]) -> list[str]:
    """Yes votes of several people in one approval at one instant, one after another, in another order."""
    out, at = list(lines), 0
    while at < len(made):
        end = at + 1
        while end < len(made) and same_ballot(made[at], made[end]) and \
                made[end].actor not in [one.actor for one in made[at:end]]:
            end += 1
        group = out[at:end]
        rng.shuffle(group)
        out[at:end] = group
        at = end
    return out


def same_ballot(a: Draft, b: Draft) -> bool:
    return a.type == b.type == "remit.decided" and a.at == b.at and a.data["vote"] == b.data["vote"] == "yes" and \
        (a.data["approval"], a.data["key"]) == (b.data["approval"], b.data["key"])


def make(seed: int, count: int, lawful: bool) -> Mixed:
    """lawful: no ballot says no and no reaction fails, so that the order of ballots at an instant cannot matter."""
    rng = random.Random("mixed %d %s" % (seed, lawful))
    made = drafts(rng, count, lawful)
    good = [line(number, draft) for number, draft in enumerate(made)]
    lines = []
    for number, (draft, one) in enumerate(zip(made, good)):
        lines.append(one)
        if not lawful and rng.random() < 0.05:
            lines.append(spoilt(rng, number, draft))
    until = text(max(draft.at for draft in made) + STEP * rng.choice((0, 1, 6, 30, 300)))
    return Mixed(policy(rng, lawful), lines, until, votes_mixed(rng, made, good))


if __name__ == "__main__":
    shown = make(int(sys.argv[1]) if len(sys.argv) > 1 else 1, 60, False)
    print(shown.policy, *shown.lines, "-- until " + shown.until, sep="\n")
