"""The oracle of approvals: who may vote, when one is granted or cannot be had, said a second time, by brute force.

All is computed anew whenever it is asked for: the seats that a person may take at an instant from the intervals
that were told, the votes that count by trying every way to seat them.

Where the specification leaves a choice, READINGS says which one is taken here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Iterator, Optional

READINGS = (
    "V1 A vote's authority, and who is excluded, are judged at its own time, by what has been told so far.",
    "V2 A person counts once, as voter and as the one in whose name a vote is: the holder and their deputy, or two"
    " deputies, do not count both. As many votes count as possible, earlier ones first; each takes the first seat (in text order) that it can"
    " take while all that count stay seated, earlier votes choosing first. `voted` names that seat; a vote that"
    " does not count, or is a no, names the first of its seats.",
    "V3 An approval can still be had at t when those who have not voted, each in a seat that they may take at some"
    " instant from t to the deadline by what is known, can fill what is missing. A seat whose party nobody has held"
    " by t may be filled by anybody.",
    "V4 `seat` of lapsed: of the first requirement that lacks votes the first seat that lacks one. Of unattainable:"
    " of the first requirement that cannot be had together with those before it, the first seat that cannot be had"
    " together with those before it.",
    "V5 A vote that comes when its approval has ended, or is older than it, is unmatched.",
    "V6 What an event of the organisation takes away is found by it, for approvals that ask or exclude the seats it is"
    " about (of a delegation: those that either person has held); what mere time takes away, by a timer.",
    "V7 One who acts for another does so in the seat named, or in all; a person excluded, one for whom they act and"
    " one who acts for them, in a seat that is asked, are excluded.",
)

ZONE = timezone(timedelta(hours=8))
Places = dict[int, list[int]]
Pairs = frozenset[tuple[str, int]]  # in whose name, in which seat
State = tuple[frozenset[str], tuple[int, ...]]  # in whose names votes are, in which seats
NEVER = datetime(9999, 1, 1, tzinfo=ZONE)


def text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


@dataclass
class Seat:
    party: str  # a party, or "" when a field of the event names it
    name: str = ""  # of the field
    members: bool = False


@dataclass
class Need:
    kind: str  # one, count, any, all
    seats: list[Seat]
    count: int = 1
    above: Optional[int] = None  # asked only when the event's n is above this


@dataclass
class Policy:
    parties: dict[str, Optional[str]]  # name -> the team whose role it is
    teams: dict[str, Optional[str]]  # name -> the party that votes for it
    needs: list[Need]
    excluding: list[str]  # parties, or who: the event's field
    hours: Optional[int] = None
    again: bool = False


@dataclass
class Vote:
    by: str
    yes: bool
    pairs: Pairs


@dataclass
class Approval:
    key: str
    occurrence: int
    raised: datetime
    due: datetime
    asker: str
    needs: set[int]
    seats: list[tuple[int, str, bool]]  # requirement, party or person, members
    excluded: list[str]
    votes: list[Vote] = field(default_factory=list)
    state: str = "open"
    look: datetime = NEVER

    def subject(self) -> str:
        return "approval/ok/%s%s" % (self.key, "" if self.occurrence == 1 else "#%d" % self.occurrence)


class Oracle:
    def __init__(self, policy: Policy):
        self.p = policy
        self.held: list[tuple[str, str, datetime, datetime]] = []  # person, party, from, to
        self.acts: list[tuple[str, str, Optional[str], datetime, datetime]] = []  # deputy, for whom, seat
        self.approvals: list[Approval] = []
        self.clock: Optional[datetime] = None
        self.ticked: Optional[datetime] = None
        self.leaf = 1
        self.out: list[dict[str, Any]] = []

    # ---- saying

    def say(self, kind: str, subject: str, at: datetime, cause: str, data: dict[str, Any]) -> None:
        e: dict[str, Any] = {"specversion": "1.0", "id": str(self.leaf), "source": "remit:main/A", "type": kind,
                             "subject": subject, "time": text(at), "cause": cause}
        if self.clock != at:
            e["seen"] = text(self.clock) if self.clock else ""
        e.update(policy="1", data=data)
        self.leaf += 1
        self.out.append(e)

    def say_of(self, a: Approval, what: str, at: datetime, cause: str, **data: Any) -> None:
        self.say("remit.approval." + what, a.subject(), at, cause, {"approval": "ok", "key": [a.key], **data})

    # ---- who may

    def is_party(self, name: str) -> bool:
        return name in self.p.parties or name in self.p.teams

    def holds(self, person: str, party: str, at: datetime) -> bool:
        """The party itself, one who holds it, or of a team one who holds one of its roles."""
        if person == party:
            return True
        names = {party} | {r for r, team in self.p.parties.items() if team == party}
        return any(who == person and what in names and a <= at < b for who, what, a, b in self.held)

    def sits(self, a: Approval, s: int, person: str, at: datetime) -> bool:
        _, who, members = a.seats[s]
        if members or who not in self.p.teams:
            return self.holds(person, who, at)
        voter = self.p.teams[who]
        return person == who or (voter is not None and self.holds(person, voter, at))

    def fits(self, a: Approval, s: int, limit: Optional[str]) -> bool:
        """Whether a delegation in `limit` alone is one of seat s."""
        _, who, members = a.seats[s]
        if limit is None or limit == who:
            return True
        return not members and who in self.p.teams and self.p.teams[who] == limit

    def asked(self, a: Approval) -> list[int]:
        return [s for s, seat in enumerate(a.seats) if seat[0] in a.needs]

    def excluded(self, a: Approval, person: str, at: datetime) -> bool:
        persons = {person}
        for deputy, whom, limit, begin, end in self.acts:
            if begin <= at < end and any(self.fits(a, s, limit) for s in self.asked(a)):
                persons |= {whom} if deputy == person else set()
                persons |= {deputy} if whom == person else set()
        return any(self.holds(x, out, at) for x in persons for out in a.excluded)

    def pairs(self, a: Approval, person: str, at: datetime) -> Pairs:
        """In whose name a person may vote, in which seats."""
        names = [(person, None)] + [(whom, limit) for deputy, whom, limit, begin, end in self.acts
                                    if deputy == person and begin <= at < end]
        return frozenset((name, s) for name, limit in names for s in self.asked(a)
                         if (name == person or self.fits(a, s, limit)) and self.sits(a, s, name, at))

    # ---- seating votes

    def wanted(self, need: int, places: Places) -> int:
        count = self.p.needs[need].count
        return min(count, len(places[need])) if need in places else count

    def ways(self, a: Approval, state: State, voter: Pairs, needs: set[int],
             places: Places) -> Iterator[tuple[int, State]]:
        """Every way to seat one voter more; of the requirements in `places` there are those only."""
        names, taken = state
        for name, s in sorted(voter):
            need = a.seats[s][0]
            if need not in needs or name in names:
                continue
            wanted = self.wanted(need, places)
            copies = places[need].count(s) if need in places else wanted if a.seats[s][2] else 1
            if taken.count(s) < copies and sum(a.seats[t][0] == need for t in taken) < wanted:
                yield s, (names | {name}, tuple(sorted(taken + (s,))))

    def counting(self, a: Approval, voters: list[Pairs], needs: set[int], places: Places) -> list[int]:
        """Of all ways to seat some, by what they have taken, the earliest who sit; then the most of these."""
        best: dict[State, tuple[int, ...]] = {(frozenset(), ()): ()}
        for i, voter in enumerate(voters):
            for state, kept in list(best.items()):
                for _, after in self.ways(a, state, voter, needs, places):
                    best[after] = min(best.get(after, kept + (i,)), kept + (i,))
        return list(min(best.values(), key=lambda kept: (-len(kept), kept)))

    def seated(self, a: Approval) -> dict[int, int]:
        """Number of the vote -> its seat."""
        yes = [i for i, v in enumerate(a.votes) if v.yes]
        voters = [a.votes[i].pairs for i in yes]
        kept = self.counting(a, voters, a.needs, {})
        best: dict[State, tuple[int, ...]] = {(frozenset(), ()): ()}
        for k in kept:
            then: dict[State, tuple[int, ...]] = {}
            for state, seats in best.items():
                for s, after in self.ways(a, state, voters[k], a.needs, {}):
                    then[after] = min(then.get(after, seats + (s,)), seats + (s,))
            best = then
        return {yes[k]: s for k, s in zip(kept, min(best.values()))}

    def full(self, a: Approval, voters: list[Pairs], needs: set[int], places: Places) -> bool:
        return len(self.counting(a, voters, needs, places)) == sum(self.wanted(n, places) for n in needs)

    # ---- hope

    def bounds(self, a: Approval, at: datetime) -> list[datetime]:
        known = {x for _, _, b, c in self.held for x in (b, c)} | {x for *_, b, c in self.acts for x in (b, c)}
        return sorted(x for x in known if at < x <= a.due and x != NEVER)

    def hopes(self, a: Approval, at: datetime) -> list[Pairs]:
        persons = {h[0] for h in self.held} | {d[0] for d in self.acts} | {w for _, w, m in a.seats if not m}
        out = []
        for person in sorted(persons):
            if self.is_party(person) or any(v.by == person for v in a.votes):
                continue
            pairs: Pairs = frozenset()
            for u in [at] + self.bounds(a, at):
                if not self.excluded(a, person, u):
                    pairs |= self.pairs(a, person, u)
            if pairs:
                out.append(pairs)
        for s in self.asked(a):
            need, who, members = a.seats[s]
            party = self.p.teams[who] if who in self.p.teams and not members else who
            if party is None or not self.is_party(party):
                continue
            names = {party} | ({r for r, t in self.p.parties.items() if t == party} if members else set())
            if not any(what in names and begin <= at for _, what, begin, _ in self.held):
                out += [frozenset([("somebody %d" % (len(out) + k), s)])
                        for k in range(self.p.needs[need].count if members else 1)]
        return out

    def lacking(self, a: Approval) -> str:
        taken = list(self.seated(a).values())
        for n, wanted in enumerate(self.p.needs):
            mine = [s for s in self.asked(a) if a.seats[s][0] == n]
            if n in a.needs and sum(s in mine for s in taken) < wanted.count:
                return self.name(a, next(s for s in mine if taken.count(s) < (wanted.count if a.seats[s][2] else 1)))
        raise AssertionError("what lapses lacks a vote")

    def name(self, a: Approval, s: int) -> str:
        return a.seats[s][1] + (".members" if a.seats[s][2] else "")

    # ---- ending

    def end(self, a: Approval, state: str, at: datetime, cause: str, **data: Any) -> None:
        a.state = state
        self.say_of(a, state, at, cause, **data)
        if state == "granted":
            self.say("done", a.subject(), at, cause, {"k": a.key})
        elif state == "lapsed":
            self.say_of(a, "escalated", at, cause, to="director")
        else:
            self.say("remit.notified", a.subject(), at, cause, {"to": ["director"], "text": state})

    def judge(self, a: Approval, at: datetime, cause: str) -> None:
        yes = [v.pairs for v in a.votes if v.yes]
        a.look = NEVER
        if self.full(a, yes, a.needs, {}):
            self.end(a, "granted", at, cause)
            return
        can = yes + self.hopes(a, at)
        if self.full(a, can, a.needs, {}):
            a.look = min(self.bounds(a, at) or [NEVER])
            return
        for n in sorted(a.needs):
            before = {m for m in a.needs if m <= n}
            if not self.full(a, can, before, {}):
                count = self.p.needs[n].count
                places = [s for s in self.asked(a) if a.seats[s][0] == n for _ in range(count if a.seats[s][2] else 1)]
                out = next(k for k in range(len(places)) if not self.full(a, can, before, {n: places[:k + 1]}))
                self.end(a, "unattainable", at, cause, seat=self.name(a, places[out]))
                return
        raise AssertionError("what cannot be had in all can be had in its parts")

    def fire(self, before: datetime) -> None:
        while True:
            due = [(min(a.due, a.look), i) for i, a in enumerate(self.approvals) if a.state == "open"]
            due = [d for d in due if d[0] < before]
            if not due:
                return
            at, i = min(due)
            a = self.approvals[i]
            cause = "%s@%s" % (a.subject(), text(at))
            if at == a.due:
                self.end(a, "lapsed", at, cause, seat=self.lacking(a))
            else:
                self.judge(a, at, cause)

    # ---- input

    def move(self, at: datetime) -> None:
        if self.clock is None or at > self.clock:
            self.clock = at
            self.leaf += 1
            self.fire(at)

    def tick(self, at: datetime) -> None:
        if self.clock is None or at > self.clock:
            self.clock = at
            self.leaf += 1
        self.fire(at + timedelta(milliseconds=1))
        self.leaf += 1
        self.ticked = at

    def horizon(self) -> datetime:
        assert self.clock is not None
        return self.clock + timedelta(milliseconds=1) if self.ticked == self.clock else self.clock

    def take(self, e: dict[str, Any]) -> None:
        at = datetime.fromisoformat(e["time"])
        self.move(at)
        data, by = e["data"], e.get("actor", "")
        kind = e["type"].replace("remit.", "on_").replace("ask", "on_ask").replace("stop", "on_stop")
        refused = getattr(self, kind)(at, e["id"], data, by, e)
        if not refused:
            self.fire(self.horizon())

    def reject(self, e: dict[str, Any], field_name: str) -> bool:
        self.leaf += 1
        self.say("remit.event.rejected", "event/s/" + e["id"], datetime.fromisoformat(e["time"]), e["id"],
                 {"reason": "authority", "field": field_name, "message": "", "source": "s", "id": e["id"]})
        return True

    def about(self, a: Approval) -> set[str]:
        """The parties that it asks or excludes."""
        out, teams = set(), set(x for x in a.excluded if self.is_party(x))
        for s in self.asked(a):
            _, who, members = a.seats[s]
            if members:
                teams.add(who)
            elif not self.is_party(who):
                out.add("a person")
            else:
                out.add(self.p.teams.get(who) or who)
        return out | teams | {r for r, t in self.p.parties.items() if t in teams}

    def review(self, at: datetime, cause: str, parties: Optional[set[str]]) -> None:
        for a in self.approvals:
            if a.state == "open" and (parties is None or parties & self.about(a)):
                self.judge(a, at, cause)

    def on_joined(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        self.held.append((d["person"], d["team"], at, NEVER))
        self.review(at, cause, {d["team"]})

    def on_appointed(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        begin = datetime.fromisoformat(d["from"]) if "from" in d else at
        end = datetime.fromisoformat(d["until"]) if "until" in d else NEVER
        if begin < end:
            self.held.append((d["person"], d["seat"], begin, end))
        self.review(at, cause, {d["seat"]})

    def on_left(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        who, seat = d["person"], d.get("seat")
        cut = [(p, x, b, min(c, at) if p == who and seat in (None, x) else c) for p, x, b, c in self.held]
        self.held = [h for h in cut if h[2] < h[3]]
        if seat is None:
            ends = [(p, w, s, b, min(c, at) if who in (p, w) else c) for p, w, s, b, c in self.acts]
            self.acts = [x for x in ends if x[3] < x[4]]
        self.review(at, cause, None if seat is None else {seat})

    def on_delegated(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        begin = datetime.fromisoformat(d["from"]) if "from" in d else at
        end = datetime.fromisoformat(d["until"]) if "until" in d else NEVER
        if begin < end:
            self.acts.append((d["person"], by, d.get("seat"), begin, end))
        self.review(at, cause, {"a person"} | {h[1] for h in self.held if h[0] in (by, d["person"])})

    def on_ask(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        before = [a for a in self.approvals if a.key == d["k"]]
        if before and (not self.p.again or before[-1].state == "open"):
            return
        needs = {n for n, need in enumerate(self.p.needs) if need.above is None or d["n"] > need.above}
        seats = [(n, s.party or d[s.name], s.members) for n, need in enumerate(self.p.needs) for s in need.seats]
        due = NEVER if self.p.hours is None else at + timedelta(hours=self.p.hours)
        a = Approval(d["k"], len(before) + 1, at, due, by, needs, seats,
                     [d["who"] if x == "who" else x for x in self.p.excluding])
        more = {} if due == NEVER else {"due": text(due)}
        self.say_of(a, "opened", at, cause, seats=[self.name(a, s) for s in self.asked(a)], **more)
        self.approvals.append(a)
        self.judge(a, at, cause)

    def find(self, at: datetime, key: str) -> Optional[Approval]:
        of = [a for a in self.approvals if a.key == key and a.raised <= at]
        return of[-1] if of and of[-1].state == "open" else None

    def on_decided(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> bool:
        a = self.find(at, d["key"])
        if a is None:
            self.leaf += 1
            return False
        pairs = self.pairs(a, by, at)
        if any(v.by == by for v in a.votes) or self.excluded(a, by, at) or not pairs:
            return self.reject(e, "actor")
        if "seat" in d:
            pairs = frozenset((name, s) for name, s in pairs if a.seats[s][1] == d["seat"] or
                              (not a.seats[s][2] and self.p.teams.get(a.seats[s][1]) == d["seat"]))
            if not pairs:
                return self.reject(e, "seat")
        self.leaf += 1
        a.votes.append(Vote(by, d["vote"] == "yes", pairs))
        seat = self.seated(a).get(len(a.votes) - 1, min(s for _, s in pairs))
        note = {"note": d["note"]} if "note" in d else {}
        self.say_of(a, "voted", at, cause, by=by, seat=self.name(a, seat), vote=d["vote"], **note)
        if d["vote"] == "yes":
            self.judge(a, at, cause)
        else:
            self.end(a, "refused", at, cause, by=by)
        return False

    def on_withdrawn(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> bool:
        a = self.find(at, d["key"])
        if a is not None and a.asker != by:
            return self.reject(e, "actor")
        self.leaf += 1
        if a is not None:
            self.end(a, "withdrawn", at, cause, by=by)
        return False

    def on_stop(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        a = self.find(at, d["k"])
        if a is not None:
            self.end(a, "withdrawn", at, cause, **({"by": by} if by else {}))


def lines(out: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(e, ensure_ascii=False, separators=(",", ":")) for e in out]
