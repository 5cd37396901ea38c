"""The oracle of approvals: who may vote, when one is granted or cannot be had, said a second time, by brute force.

All is computed anew whenever it is asked for: the seats that a person may take at an instant from the intervals
that were told, the votes that count by trying every way to seat them.

Where the specification leaves a choice, READINGS says which one is taken here.
"""

from __future__ import annotations

import itertools
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
    "V8 Stages are asked one after the other, the next one from the vote on that lets the one before be had; a person and an authority"
    " count once in all of them. Whether all can be had is asked of all stages together, each open till its latest possible end; shares of a"
    " stage to come are taken as low as they can become: of the members who may vote now without as many as earlier stages ask for; named seats stay one each.",
    "V9 A share is of those who may vote when its stage opens (members, not excluded, who have not voted; a named seat is one),"
    " rounded up, one at least. Points are had by weights of filled places. While they can be reached, votes count in the first way"
    " to reach them, which none of its places is too many for: the most of an earlier seat first.",
    "V10 Refused by majority: more than half of those who could vote when the stage opened (of a requirement as many as it asks for, at least); by a number: noes of all stages."
    " Noes count an authority once. What noes make impossible is refused by the last of them, and that is judged as if they could still say yes, there or in a later stage.",
    "V11 While a holder of a party is absent, the holders of its deputies' party act for them in it; an absence concerns approvals that ask for what"
    " either holds. `for` is the first authority by absence of a vote whose seat the voter does not hold.",
    "V12 A signer before or after is a stage of its own with the time of the open one; the stage that waits keeps its votes and opens anew. What is"
    " handed on of a team's members is a seat of its own. A removed seat leaves its requirement no more than it can give. A return makes the votes"
    " of its stage and later ones void and opens it anew. Who sits in a seat that still lacks a vote is asked already, and a seat that has signed or lacks one.",
    "V7 One who acts for another does so in the seat named, or in all; a person excluded, one for whom they act and"
    " one who acts for them, in a seat that is asked, are excluded.",
)

ZONE = timezone(timedelta(hours=8))
Wanted = dict[int, int]  # of each requirement
Room = dict[int, int]  # of each seat
Points = dict[int, int]  # of each requirement that asks for points
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
    weight: int = 0  # where points are asked for


@dataclass
class Need:
    kind: str  # one, count, any, all, share, majority, given, points
    seats: list[Seat]
    count: int = 1  # votes, percent or points
    above: Optional[int] = None  # asked only when the event's n is above this
    stage: int = 0


@dataclass
class Stage:
    name: str = ""
    hours: Optional[int] = None
    above: Optional[int] = None


@dataclass
class Policy:
    parties: dict[str, Optional[str]]  # name -> the team whose role it is
    teams: dict[str, Optional[str]]  # name -> the party that votes for it
    needs: list[Need]
    excluding: list[str]  # parties, or who: the event's field
    stages: list[Stage]
    again: bool = False
    refused: str = "any"  # any, majority, or a number
    resubmits: Optional[int] = None  # so often, if it was not granted
    deputies: list[tuple[str, str]] = field(default_factory=list)  # of whom, who
    powers: list[str] = field(default_factory=list)  # parties that may do all that an office does


@dataclass
class Vote:
    by: str
    yes: bool
    pairs: Pairs
    void: bool = False


@dataclass
class Approval:
    key: str
    occurrence: int
    raised: datetime
    asker: str
    stages: list[Stage]
    needs: set[int]  # those that are asked
    stage_of: list[int]  # of each requirement
    counts: list[int]  # of each requirement
    points: set[int]  # requirements that ask for points
    shares: dict[int, Need]
    seats: list[tuple[int, str, bool, int]]  # requirement, party or person, members, weight
    excluded: list[str]
    votes: list[Vote] = field(default_factory=list)
    state: str = "open"
    look: datetime = NEVER
    stage: int = 0
    due: datetime = NEVER
    opened: dict[int, datetime] = field(default_factory=dict)
    voters: dict[int, int] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)  # seats
    handed: set[tuple[int, str]] = field(default_factory=set)

    def subject(self) -> str:
        return "approval/ok/%s%s" % (self.key, "" if self.occurrence == 1 else "#%d" % self.occurrence)

    def of_stage(self, s: int) -> int:
        return self.stage_of[self.seats[s][0]]

    def standing(self) -> list[Vote]:
        return [v for v in self.votes if not v.void]


class Oracle:
    def __init__(self, policy: Policy):
        self.p = policy
        self.held: list[tuple[str, str, datetime, datetime]] = []  # person, party, from, to
        self.acts: list[tuple[str, str, Optional[str], datetime, datetime]] = []  # deputy, for whom, seat
        self.away: list[tuple[str, datetime, datetime]] = []
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
        _, who, members, _ = a.seats[s]
        if members or who not in self.p.teams:
            return self.holds(person, who, at)
        voter = self.p.teams[who]
        return person == who or (voter is not None and self.holds(person, voter, at))

    def acting(self, at: datetime) -> list[tuple[str, str, Optional[str], bool]]:
        """Who acts for whom in which seat, and whether because of an absence."""
        out = [(deputy, whom, limit, False) for deputy, whom, limit, begin, end in self.acts if begin <= at < end]
        persons = {h[0] for h in self.held} | set(self.p.parties) | set(self.p.teams)
        for of, by in self.p.deputies:
            some = sorted({x for x, begin, end in self.away if begin <= at < end and self.holds(x, of, at)})
            out += [(deputy, x, of, True) for x in some for deputy in sorted(persons) if deputy != x and self.holds(deputy, by, at)]
        return out

    def may(self, person: str, at: datetime) -> bool:
        return any(self.holds(person, x, at) or
                   any(deputy == person and limit in (None, x) and self.holds(whom, x, at)
                       for deputy, whom, limit, _ in self.acting(at)) for x in self.p.powers)

    def fits(self, a: Approval, s: int, limit: Optional[str]) -> bool:
        """Whether a delegation in `limit` alone is one of seat s."""
        _, who, members, _ = a.seats[s]
        if limit is None or limit == who:
            return True
        return not members and who in self.p.teams and self.p.teams[who] == limit

    def asked(self, a: Approval) -> list[int]:
        return [s for s, seat in enumerate(a.seats) if seat[0] in a.needs and s not in a.gone]

    def excluded(self, a: Approval, person: str, at: datetime) -> bool:
        persons = {person}
        for deputy, whom, limit, _ in self.acting(at):
            if any(self.fits(a, s, limit) for s in self.asked(a)):
                persons |= {whom} if deputy == person else set()
                persons |= {deputy} if whom == person else set()
        return any(self.holds(x, out, at) for x in persons for out in a.excluded)

    def pairs(self, a: Approval, person: str, at: datetime) -> Pairs:
        """In whose name a person may vote, in which seats."""
        names = [(person, None)] + [(whom, limit) for deputy, whom, limit, _ in self.acting(at) if deputy == person]
        return frozenset((name, s) for name, limit in names for s in self.asked(a)
                         if (name == person or self.fits(a, s, limit)) and (s, name) not in a.handed
                         and self.sits(a, s, name, at))

    # ---- seating votes

    def room(self, a: Approval, s: int) -> int:
        n, _, members, weight = a.seats[s]
        if s in a.gone or n not in a.needs:
            return 0
        if not members:
            return 1
        return -(-a.counts[n] // weight) if n in a.points else a.counts[n]

    def places(self, a: Approval, last: int) -> tuple[Wanted, Room, Points]:
        """What the stages up to `last` ask for."""
        room = {s: self.room(a, s) for s in range(len(a.seats))}
        asked = {n for n in a.needs if a.stage_of[n] <= last}
        points = {n: a.counts[n] for n in asked & a.points}
        wanted = {n: sum(room[s] for s in room if a.seats[s][0] == n) if n in a.points else a.counts[n] for n in asked}
        return wanted, room, points

    def ways(self, a: Approval, state: State, voter: Pairs, wanted: Wanted, room: Room) -> Iterator[tuple[int, State]]:
        """Every way to seat one voter more."""
        names, taken = state
        for name, s in sorted(voter):
            need = a.seats[s][0]
            if name in names or taken.count(s) >= room[s]:
                continue
            if sum(a.seats[t][0] == need for t in taken) < wanted.get(need, 0):
                yield s, (names | {name}, tuple(sorted(taken + (s,))))

    def counting(self, a: Approval, voters: list[Pairs], wanted: Wanted, room: Room) -> dict[State, tuple[int, ...]]:
        """Of all ways to seat some, by what they have taken, the earliest who sit."""
        best: dict[State, tuple[int, ...]] = {(frozenset(), ()): ()}
        for i, voter in enumerate(voters):
            for state, kept in list(best.items()):
                for _, after in self.ways(a, state, voter, wanted, room):
                    best[after] = min(best.get(after, kept + (i,)), kept + (i,))
        return best

    def minimal(self, a: Approval, need: int, points: int, room: Room) -> list[Room]:
        """How many of each seat, so that the points are reached and nobody is too many; in order."""
        seats = [s for s in room if a.seats[s][0] == need]
        weights = [a.seats[s][3] for s in seats]
        out = []
        for some in itertools.product(*[range(room[s], -1, -1) for s in seats]):
            more = sum(c * w for c, w in zip(some, weights)) - points
            if more >= 0 and all(c == 0 or w > more for c, w in zip(some, weights)):
                out.append(dict(zip(seats, some)))
        return out

    def seated(self, a: Approval) -> dict[int, int]:
        """Number of the vote -> its seat."""
        yes = [i for i, v in enumerate(a.votes) if v.yes and not v.void]
        voters = [a.votes[i].pairs for i in yes]
        wanted, room, points = self.places(a, len(a.stages))
        found = not points
        for last in range(len(a.stages) - 1, -1, -1):
            part, rooms, some = self.places(a, last)
            for chosen in itertools.product(*[self.minimal(a, n, some[n], rooms) for n in sorted(some)]):
                if found:
                    break
                way = {**rooms, **{s: c for d in chosen for s, c in d.items()}}
                total = {**part, **{n: sum(d.values()) for n, d in zip(sorted(some), chosen)}}
                if self.full(a, voters, total, way, {}):
                    found, room = True, {**room, **{s: way[s] for s in way if a.seats[s][0] in some}}
                    wanted = {**wanted, **{n: total[n] for n in some}}
        best_of = self.counting(a, voters, wanted, room)
        kept = min(best_of.values(), key=lambda k: (-len(k), k))
        best: dict[State, tuple[int, ...]] = {(frozenset(), ()): ()}
        for k in kept:
            then: dict[State, tuple[int, ...]] = {}
            for state, seats in best.items():
                for s, after in self.ways(a, state, voters[k], wanted, room):
                    then[after] = min(then.get(after, seats + (s,)), seats + (s,))
            best = then
        return {yes[k]: s for k, s in zip(kept, min(best.values()))}

    def full(self, a: Approval, voters: list[Pairs], wanted: Wanted, room: Room, points: Points) -> bool:
        def has(taken: tuple[int, ...], n: int) -> bool:
            mine = [s for s in taken if a.seats[s][0] == n]
            return sum(a.seats[s][3] for s in mine) >= points[n] if n in points else len(mine) == wanted[n]
        return any(all(has(taken, n) for n in wanted) for _, taken in self.counting(a, voters, wanted, room))

    def noes(self, a: Approval, first: int) -> int:
        voters = [v.pairs for v in a.standing() if not v.yes]
        room = {s: 0 if self.room(a, s) == 0 or a.of_stage(s) < first else len(voters) if a.seats[s][2] else 1
                for s in range(len(a.seats))}
        best = self.counting(a, voters, {n: len(voters) for n in a.needs}, room)
        return max(len(kept) for kept in best.values())

    # ---- stages

    def asked_stage(self, a: Approval, stage: int) -> bool:
        return any(a.stage_of[n] == stage for n in a.needs)

    def members(self, a: Approval, s: int, at: datetime) -> int:
        some = {h[0] for h in self.held if self.holds(h[0], a.seats[s][1], at)}
        return len([x for x in some if not self.excluded(a, x, at) and all(v.by != x for v in a.standing())])

    def could_vote(self, a: Approval, n: int, at: datetime, used: int = 0) -> int:
        mine = [s for s, seat in enumerate(a.seats) if seat[0] == n and s not in a.gone]
        teams = [s for s in mine if a.seats[s][2]]
        return len(mine) - len(teams) + max(0, sum(self.members(a, s, at) for s in teams) - used)

    def shares(self, a: Approval, stage: int, at: datetime, used: int) -> None:
        for n, need in a.shares.items():
            if a.stage_of[n] == stage and n in a.needs:
                some = self.could_vote(a, n, at, used)
                a.counts[n] = some // 2 + 1 if need.kind == "majority" else max(1, -(-some * need.count // 100))

    def open_stage(self, a: Approval, stage: int, at: datetime) -> None:
        first = stage not in a.opened
        a.stage, a.opened[stage] = stage, at
        if first:
            self.shares(a, stage, at, 0)
            could = {n: self.could_vote(a, n, at) for n in a.needs if a.stage_of[n] == stage}
            a.voters[stage] = sum(c if n in a.points else max(c, a.counts[n]) for n, c in could.items())
        hours = a.stages[stage].hours
        a.due = NEVER if hours is None else at + timedelta(hours=hours)

    def until(self, a: Approval, at: datetime) -> dict[int, datetime]:
        used, last, out = 0, a.due, {}
        for stage in range(a.stage, len(a.stages)):
            if stage > a.stage and self.asked_stage(a, stage):
                if stage not in a.opened:
                    self.shares(a, stage, at, used)
                hours = a.stages[stage].hours
                last = NEVER if hours is None or last == NEVER else last + timedelta(hours=hours)
            out[stage] = last
            used += sum(a.counts[n] for n in a.needs if a.stage_of[n] == stage)
        return out

    # ---- hope

    def bounds(self, a: Approval, at: datetime, end: datetime) -> list[datetime]:
        known = {x for of in (self.held, self.acts, self.away) for *_, b, c in of for x in (b, c)}
        return sorted(x for x in known if at < x <= end and x != NEVER)

    def last_end(self, a: Approval, until: dict[int, datetime]) -> datetime:
        return max([until[t] for t in until if self.asked_stage(a, t)])

    def hope_of(self, a: Approval, person: str, at: datetime, until: dict[int, datetime]) -> Pairs:
        pairs: Pairs = frozenset()
        for u in [at] + self.bounds(a, at, self.last_end(a, until)):
            if not self.excluded(a, person, u):
                pairs |= frozenset(p for p in self.pairs(a, person, u) if a.of_stage(p[1]) >= a.stage and
                                   (u == at or u <= until[a.of_stage(p[1])]))
        return pairs

    def hopes(self, a: Approval, at: datetime, until: dict[int, datetime]) -> list[Pairs]:
        persons = {h[0] for h in self.held} | {d[0] for d in self.acts} | {w for _, w, m, _ in a.seats if not m}
        out = []
        for person in sorted(persons):
            if self.is_party(person) or any(v.by == person for v in a.standing()):
                continue
            pairs = self.hope_of(a, person, at, until)
            if pairs:
                out.append(pairs)
        for s in self.asked(a):
            need, who, members, _ = a.seats[s]
            party = self.p.teams[who] if who in self.p.teams and not members else who
            if party is None or not self.is_party(party) or a.of_stage(s) < a.stage:
                continue
            names = {party} | ({r for r, t in self.p.parties.items() if t == party} if members else set())
            if not any(what in names and begin <= at for _, what, begin, _ in self.held):
                out += [frozenset([("somebody %d" % (len(out) + k), s)]) for k in range(self.room(a, s))]
        return out

    def lacking(self, a: Approval) -> str:
        taken = list(self.seated(a).values())
        for n in sorted(a.needs):
            mine = [s for s in self.asked(a) if a.seats[s][0] == n]
            have = sum(a.seats[s][3] if n in a.points else 1 for s in taken if s in mine)
            if a.stage_of[n] == a.stage and have < a.counts[n]:
                return self.name(a, next(s for s in mine if taken.count(s) < self.room(a, s)))
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

    def result(self, a: Approval) -> dict[str, Any]:
        return {} if self.p.refused == "any" else {"yes": len(self.seated(a)), "no": self.noes(a, 0)}

    def stage_name(self, a: Approval, stage: int) -> dict[str, Any]:
        return {"stage": a.stages[stage].name} if a.stages[stage].name else {}

    def due(self, a: Approval) -> dict[str, Any]:
        return {} if a.due == NEVER else {"due": text(a.due)}

    def asked_of(self, a: Approval) -> list[str]:
        return [self.name(a, s) for s in self.asked(a) if a.of_stage(s) == a.stage]

    def refuse(self, a: Approval, at: datetime, cause: str, by: str) -> None:
        self.end(a, "refused", at, cause, by=by, **self.stage_name(a, a.stage), **self.result(a))

    def judge(self, a: Approval, at: datetime, cause: str) -> None:
        yes = [v.pairs for v in a.standing() if v.yes]
        a.look = NEVER
        while self.full(a, yes, *self.places(a, a.stage)):
            later = [t for t in range(a.stage + 1, len(a.stages)) if self.asked_stage(a, t)]
            if not later:
                self.end(a, "granted", at, cause, **self.result(a))
                return
            self.open_stage(a, later[0], at)
            self.say_of(a, "advanced", at, cause, **self.stage_name(a, a.stage), seats=self.asked_of(a), **self.due(a))
        until = self.until(a, at)
        can = yes + self.hopes(a, at, until)
        wanted, room, points = self.places(a, len(a.stages))
        if self.full(a, can, wanted, room, points):
            a.look = min(self.bounds(a, at, self.last_end(a, until)) or [NEVER])
            return
        noes = [v for v in a.standing() if not v.yes]
        if noes and self.full(a, can + [v.pairs | self.hope_of(a, v.by, at, until) for v in noes], wanted, room, points):
            self.refuse(a, at, cause, noes[-1].by)
            return
        for n in sorted(a.needs):
            if not any(a.seats[s][0] == n for s in self.asked(a)):  # its list was empty
                self.end(a, "unattainable", at, cause, **self.stage_name(a, a.stage_of[n]))
                return
            before = {m: w for m, w in wanted.items() if m < n}
            some = {m: w for m, w in points.items() if m < n}
            if self.full(a, can, {**before, n: wanted[n]}, room, {**some, **{m: points[m] for m in [n] if n in points}}):
                continue
            mine = [s for s in self.asked(a) if a.seats[s][0] == n]
            if n in points:
                lone = {s: {**room, **{t: int(t == s) for t in mine}} for s in mine}
                out = [s for s in mine if not self.full(a, can, {**before, n: 1}, lone[s], some)] + mine
                self.hopeless(a, at, cause, out[0])
                return
            places = [s for s in mine for _ in range(room[s])]
            for k in range(1, len(places) + 1):
                first = {**room, **{s: places[:k].count(s) for s in mine}}
                if not self.full(a, can, {**before, n: min(k, wanted[n])}, first, some):
                    self.hopeless(a, at, cause, places[k - 1])
                    return
            self.hopeless(a, at, cause, places[-1])
            return
        raise AssertionError("what cannot be had in all can be had in its parts")

    def hopeless(self, a: Approval, at: datetime, cause: str, s: int) -> None:
        self.end(a, "unattainable", at, cause, seat=self.name(a, s), **self.stage_name(a, a.of_stage(s)))

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
                self.end(a, "lapsed", at, cause, seat=self.lacking(a), **self.stage_name(a, a.stage))
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

    def reject(self, e: dict[str, Any], field_name: str, reason: str = "authority") -> bool:
        self.leaf += 1
        self.say("remit.event.rejected", "event/s/" + e["id"], datetime.fromisoformat(e["time"]), e["id"],
                 {"reason": reason, **({"field": field_name} if field_name else {}), "message": "", "source": "s", "id": e["id"]})
        return True

    def about(self, a: Approval) -> set[str]:
        """The parties that it asks or excludes."""
        out, teams = set(), set(x for x in a.excluded if self.is_party(x))
        for s in self.asked(a):
            _, who, members, _ = a.seats[s]
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

    def concerned(self, party: str) -> set[str]:
        def team(x: str) -> Optional[str]:
            return self.p.parties.get(x)
        return {party} | {of for of, by in self.p.deputies if by in (party, team(party)) or team(by) == party}

    def on_absent(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        begin = datetime.fromisoformat(d["from"]) if "from" in d else at
        end = datetime.fromisoformat(d["until"]) if "until" in d else NEVER
        if begin < end:
            self.away.append((d["person"], begin, end))
        self.review(at, cause, {h[1] for h in self.held if h[0] == d["person"]} | {y for _, y in self.p.deputies})

    def on_present(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        cut = [(p, b, min(c, at) if p == d["person"] else c) for p, b, c in self.away]
        self.away = [h for h in cut if h[1] < h[2]]
        self.review(at, cause, {h[1] for h in self.held if h[0] == d["person"]} | {y for _, y in self.p.deputies})

    def on_joined(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        self.held.append((d["person"], d["team"], at, NEVER))
        self.review(at, cause, self.concerned(d["team"]))

    def on_appointed(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        begin = datetime.fromisoformat(d["from"]) if "from" in d else at
        end = datetime.fromisoformat(d["until"]) if "until" in d else NEVER
        if begin < end:
            self.held.append((d["person"], d["seat"], begin, end))
        self.review(at, cause, self.concerned(d["seat"]))

    def on_left(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        who, seat = d["person"], d.get("seat")
        cut = [(p, x, b, min(c, at) if p == who and seat in (None, x) else c) for p, x, b, c in self.held]
        self.held = [h for h in cut if h[2] < h[3]]
        if seat is None:
            ends = [(p, w, s, b, min(c, at) if who in (p, w) else c) for p, w, s, b, c in self.acts]
            self.acts = [x for x in ends if x[3] < x[4]]
        self.review(at, cause, None if seat is None else self.concerned(seat))

    def on_delegated(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        begin = datetime.fromisoformat(d["from"]) if "from" in d else at
        end = datetime.fromisoformat(d["until"]) if "until" in d else NEVER
        if begin < end:
            self.acts.append((d["person"], by, d.get("seat"), begin, end))
        self.review(at, cause, {"a person"} | {h[1] for h in self.held if h[0] in (by, d["person"])})

    def on_ask(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> bool:
        if d["n"] < 0 and any(need.kind == "given" for need in self.p.needs):
            return self.reject(e, "", "failed")
        self.on_asked(at, cause, d, by)
        return False

    def on_asked(self, at: datetime, cause: str, d: dict[str, Any], by: str) -> None:
        self.leaf += 1
        before = [a for a in self.approvals if a.key == d["k"]]
        if before and (not self.p.again and self.p.resubmits is None or before[-1].state == "open"):
            return
        if before and self.p.resubmits is not None and before[-1].state == "granted":
            return
        if before and self.p.resubmits and len(before) > self.p.resubmits:
            self.say("remit.alert", before[-1].subject(), at, cause, {"reason": "resubmitted", "message": ""})
            return

        def holds(above: Optional[int]) -> bool:
            return above is None or d["n"] > above
        seats, counts, needs = [], [], set()
        for n, need in enumerate(self.p.needs):
            mine = [(n, who, s.members, s.weight) for s in need.seats
                    for who in (d[s.name] if s.name == "them" else [s.party or d[s.name]])]
            seats += mine
            counts.append(d["n"] if need.kind == "given" else len(mine) if need.kind == "all" else need.count)
            if holds(need.above) and holds(self.p.stages[need.stage].above) and counts[-1] > 0:
                needs.add(n)
        a = Approval(d["k"], len(before) + 1, at, by, list(self.p.stages), needs, [n.stage for n in self.p.needs], counts,
                     {n for n, need in enumerate(self.p.needs) if need.kind == "points"},
                     {n: need for n, need in enumerate(self.p.needs) if need.kind in ("share", "majority")},
                     seats, [d["who"] if x == "who" else x for x in self.p.excluding])
        later = [t for t in range(len(a.stages)) if self.asked_stage(a, t)]
        self.open_stage(a, later[0] if later else len(a.stages) - 1, at)
        self.say_of(a, "opened", at, cause, seats=self.asked_of(a), **self.due(a), **self.stage_name(a, a.stage))
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
        pairs = frozenset(p for p in self.pairs(a, by, at) if a.of_stage(p[1]) == a.stage)
        if any(v.by == by for v in a.standing()) or self.excluded(a, by, at) or not pairs or at < a.opened[a.stage]:
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
        absent = {whom for deputy, whom, _, away in self.acting(at) if deputy == by and away}
        order = [by] + [whom for deputy, whom, _, _ in self.acting(at) if deputy == by]
        whom = [x for x in order if x in absent and (x, seat) in pairs and (by, seat) not in pairs]
        self.say_of(a, "voted", at, cause, by=by, seat=self.name(a, seat), vote=d["vote"], **note, **self.stage_name(a, a.stage),
                    **({"for": whom[0]} if whom else {}))
        refused = self.p.refused
        noes = self.noes(a, a.stage if refused == "majority" else 0)
        if d["vote"] == "no" and (refused == "any" or refused == "majority" and 2 * noes > a.voters[a.stage] or
                                  refused.isdigit() and noes >= int(refused)):
            self.refuse(a, at, cause, by)
        else:
            self.judge(a, at, cause)
        return False

    def on_withdrawn(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> bool:
        a = self.find(at, d["key"])
        if a is not None and a.asker != by:
            return self.reject(e, "actor")
        self.leaf += 1
        if a is not None:
            self.end(a, "withdrawn", at, cause, by=by)
        return False

    # ---- the office

    def office(self, at: datetime, d: dict[str, Any], by: str, e: Any, urges: bool = False) -> Optional[Approval]:
        """The approval, if who acts has the power; else the event is dealt with."""
        a = self.find(at, d["key"])
        if a is None:
            self.leaf += 1
        elif not self.may(by, at) and not (urges and a.asker == by):
            self.reject(e, "actor")
            a = None
        return a

    def still_asked(self, a: Approval) -> list[int]:
        """The seats of the open stage and later ones that lack a vote."""
        taken, out = list(self.seated(a).values()), []
        for s in self.asked(a):
            n = a.seats[s][0]
            have = sum(a.seats[t][3] if n in a.points else 1 for t in taken if a.seats[t][0] == n)
            if a.of_stage(s) >= a.stage and have < a.counts[n] and taken.count(s) < self.room(a, s):
                out.append(s)
        return out

    def may_sign(self, a: Approval, person: str, at: datetime) -> bool:
        holds = any((s, person) not in a.handed and self.sits(a, s, person, at) for s in self.still_asked(a))
        return not self.excluded(a, person, at) and all(v.by != person for v in a.standing()) and not holds

    def may_ask(self, a: Approval, party: str) -> bool:
        """A seat that has signed or is asked is not added."""
        used = set(self.still_asked(a)) | set(self.seated(a).values())
        return all(a.seats[s][2] or (self.p.teams.get(a.seats[s][1]) or a.seats[s][1]) != (self.p.teams.get(party) or party) for s in used)

    def on_signer_added(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> bool:
        a = self.office(at, d, by, e)
        if a is None:
            return True
        if "person" in d and not self.may_sign(a, d["person"], at):
            return self.reject(e, "person")
        if "seat" in d and not self.may_ask(a, d["seat"]):
            return self.reject(e, "seat")
        self.leaf += 1
        who, place, was = d.get("person") or d["seat"], d.get("place", "with"), self.stage_name(a, a.stage)
        stage = a.stage + (place == "after")
        if place != "with":
            hours = a.stages[a.stage].hours
            a.stages.insert(stage, Stage(who, hours))
            a.stage_of = [t + (t >= stage) for t in a.stage_of]
            a.opened = {t + (t >= stage): x for t, x in a.opened.items()}
            a.voters = {t + (t >= stage): x for t, x in a.voters.items()}
        a.seats.append((len(a.counts), who, False, 0))
        a.needs.add(len(a.counts))
        a.counts.append(1)
        a.stage_of.append(stage)
        self.say_of(a, "signer_added", at, cause, by=by, seat=who, place=place, **was)
        if place == "before":
            self.open_stage(a, stage, at)
            self.say_of(a, "advanced", at, cause, **self.stage_name(a, a.stage), seats=self.asked_of(a), **self.due(a))
        self.judge(a, at, cause)
        return False

    def on_signer_removed(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> bool:
        a = self.office(at, d, by, e)
        if a is None:
            return True
        who, taken = d.get("person") or d["seat"], self.seated(a).values()
        left = [s for s in self.asked(a) if a.of_stage(s) >= a.stage]
        mine = [s for s in left if a.seats[s][1] == who and s not in taken]
        if not mine or len(left) < 2:
            return self.reject(e, "person" if "person" in d else "seat")
        self.leaf += 1
        a.gone.add(mine[0])
        n = a.seats[mine[0]][0]
        def gives(s: int) -> int:
            room, there = self.room(a, s), self.members(a, s, at) + list(taken).count(s) if a.seats[s][2] else 0
            return min(there, room) or room
        most = sum(gives(s) * (a.seats[s][3] if n in a.points else 1) for s in range(len(a.seats)) if a.seats[s][0] == n)
        a.counts[n] = min(a.counts[n], most)
        if a.counts[n] == 0:
            a.needs.discard(n)
        self.say_of(a, "signer_removed", at, cause, by=by, seat=self.name(a, mine[0]), **self.stage_name(a, a.of_stage(mine[0])))
        self.judge(a, at, cause)
        return False

    def on_transferred(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> bool:
        a = self.office(at, d, by, e)
        if a is None:
            return True
        if any(v.by == by for v in a.standing()):
            return self.reject(e, "actor")
        if not self.may_sign(a, d["to"], at):
            return self.reject(e, "to")
        taken = self.seated(a).values()
        mine = [s for s in self.asked(a) if (s, by) not in a.handed and self.sits(a, s, by, at) and a.of_stage(s) >= a.stage and
                (a.seats[s][2] or s not in taken)]
        if "seat" in d:
            mine = [s for s in mine if a.seats[s][1] == d["seat"] or
                    (not a.seats[s][2] and self.p.teams.get(a.seats[s][1]) == d["seat"])]
        if not mine:
            return self.reject(e, "seat" if "seat" in d else "actor")
        self.leaf += 1
        s = min(mine, key=lambda x: (a.of_stage(x), x))
        was, (need, _, members, weight) = self.name(a, s), a.seats[s]
        if members:
            a.handed.add((s, by))
            a.seats.append((need, d["to"], False, weight))
        else:
            a.seats[s] = (need, d["to"], False, weight)
        self.say_of(a, "transferred", at, cause, by=by, **{"from": was}, to=d["to"], **self.stage_name(a, a.of_stage(s)))
        self.judge(a, at, cause)
        return False

    def on_returned(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> bool:
        a = self.office(at, d, by, e)
        if a is None:
            return True
        asked = [t for t in range(len(a.stages)) if self.asked_stage(a, t)]
        stage = max([t for t in asked if t < a.stage] or [a.stage])
        if "stage" in d:
            named = [t for t in asked if (a.stages[t].name or "ok") == d["stage"]]
            if not named or named[0] > a.stage:
                return self.reject(e, "stage", "authority" if named else "schema")
            stage = named[0]
        self.leaf += 1
        for v in a.votes:
            v.void = v.void or any(a.of_stage(s) >= stage for _, s in v.pairs)
        a.opened = {t: x for t, x in a.opened.items() if t < stage}
        self.open_stage(a, stage, at)
        self.say_of(a, "returned", at, cause, by=by, **self.stage_name(a, stage), seats=self.asked_of(a), **self.due(a))
        self.judge(a, at, cause)
        return False

    def on_urged(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> bool:
        a = self.office(at, d, by, e, True)
        if a is None:
            return True
        self.leaf += 1
        to: list[str] = []
        for s in self.still_asked(a):
            if a.of_stage(s) == a.stage and a.seats[s][1] not in to:
                to.append(a.seats[s][1])
        self.say("remit.notified", a.subject(), at, cause, {"to": to, **({"text": d["note"]} if "note" in d else {})})
        return False

    def on_stop(self, at: datetime, cause: str, d: dict[str, Any], by: str, e: Any) -> None:
        self.leaf += 1
        a = self.find(at, d["k"])
        if a is not None:
            self.end(a, "withdrawn", at, cause, **({"by": by} if by else {}))


def lines(out: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(e, ensure_ascii=False, separators=(",", ":")) for e in out]
