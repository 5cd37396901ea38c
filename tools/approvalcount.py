"""A second way to count approvals, for checking the demo's figures: slow, plain, not the engine's.

Times are whole milliseconds since 1970 UTC. Only Python's standard library is used.

Rules:
 1. A person holds a seat from one instant until just before another. A seat is vacant when it was
    held at some time and isn't now; a team when neither it nor any of its seats is held.
 2. A team votes by its lead. One who holds a seat may name another person who may act in that seat,
    or in all, for a time; naming doesn't go on to a third.
 3. An approval is a list of needs, each a number of its seats. It is granted when the votes of
    yes fill all needs, each person in one seat, however they have to be placed for that. One vote
    of no refuses it. Those that are excluded, those who act for them in one of its seats and those
    for whom they do, don't vote; nor does one who has voted, nor one who holds none of its seats,
    or not the one named: such a vote is refused and counts for nothing.
 4. It is unattainable as soon as the votes, together with all who could still vote, can't fill all
    needs. This is looked at when it is opened, at each vote, when people come and go, and when the
    time of a holder, or of one who acts for a holder, is over. Who holds a seat, or acts for its holder, only later counts as well, if
    that begins by the due instant; a seat that was never held could be anybody's.
 5. It lapses when it is open at its due instant. A vote at that very instant still counts.
"""

from itertools import combinations

FOREVER = 1 << 62


class Organisation:
    """Who holds what, from when to when, and who acts for whom."""

    def __init__(self):
        self.held = {}          # seat -> {person: [[from, until]]}
        self.deputies = []      # [principal, deputy, seat or None, from, until]

    def event(self, kind, ms, data, actor):
        person = data["person"]
        begin, end = data.get("from", ms), data.get("until", FOREVER)
        if kind == "remit.joined":
            self.held.setdefault(data["team"], {}).setdefault(person, []).append([ms, FOREVER])
        elif kind == "remit.appointed" and begin < end:
            self.held.setdefault(data["seat"], {}).setdefault(person, []).append([begin, end])
        elif kind == "remit.delegated" and begin < end:
            self.deputies.append([actor, person, data.get("seat"), begin, end])
        elif kind == "remit.left":
            for seat, people in self.held.items():
                if data.get("seat") in (None, seat):
                    for span in people.get(person, ()):
                        span[1] = min(span[1], ms)
            if "seat" not in data:
                for deputy in self.deputies:
                    if person in deputy[:2]:
                        deputy[4] = min(deputy[4], ms)

    def spans(self, seat, person=None):
        """The intervals in which a seat, or a team and its seats, is held: [(person, from, until)]."""
        for name, people in self.held.items():
            if name == seat or name.startswith(seat + "."):
                for holder, spans in people.items():
                    if person in (None, holder):
                        for begin, end in spans:
                            if begin < end:
                                yield holder, begin, end

    def holds(self, person, seat, ms):
        """Whether one acts as a seat: holds it, belongs to the team, holds one of its seats."""
        return person == seat or any(begin <= ms < end
                                     for _, begin, end in self.spans(seat, person))

    def vacant(self, seat, ms):
        ever = False
        for _, begin, end in self.spans(seat):
            if begin <= ms < end:
                return False
            ever = ever or begin <= ms
        return ever

    def acting(self, ms):
        """[(principal, deputy, seat or None)] in force at `ms`."""
        return [(p, d, seat) for p, d, seat, begin, end in self.deputies if begin <= ms < end]


class Need:
    def __init__(self, count, seats):
        self.count, self.seats = count, seats


def voter_of(seat):
    """The seat whose holder votes: a team's lead's, or itself."""
    return seat + ".lead" if "." not in seat and seat not in ("director", "management") else seat


def seat_people(seats, people, spent=frozenset()):
    """Whether each of `seats` can be given to another of `people`, [set of (seat that one may take, whose
    authority that is)], and no authority twice."""
    if not seats:
        return True
    return any(seat == seats[0] and whose not in spent
               and seat_people(seats[1:], people[:i] + people[i + 1:], spent | {whose})
               for i, may in enumerate(people) for seat, whose in sorted(may))


def fill(needs, people, taken=()):
    """Whether people can fill all needs, each need with its number of different seats."""
    if not needs:
        return seat_people(list(taken), people)
    return any(fill(needs[1:], people, taken + chosen)
               for chosen in combinations(needs[0].seats, needs[0].count))


class Approval:
    """One approval. state: open, granted, refused, lapsed, withdrawn, unattainable.

    next: the instant at which to look at it again (pass_by), if nothing happens before.
    """

    def __init__(self, name, key, raised, asker, due, needs, excluded, people):
        self.name, self.key, self.raised, self.asker, self.due = name, key, raised, asker, due
        self.needs, self.excluded, self.people = needs, excluded, people
        self.seats = [seat for need in needs for seat in need.seats]
        self.state, self.next = "open", FOREVER
        self.votes = {}         # person -> (yes or no, the seats they may take and by whose authority)

    def concerns(self, seat):
        """Which of the seats one who acts for the holder of `seat` may take. None: for all of them."""
        return {s for s in self.seats if seat in (None, s, voter_of(s))}

    def is_excluded(self, person, ms):
        if person in self.excluded:
            return True
        return any(self.concerns(seat) and ((deputy == person and principal in self.excluded)
                                            or (principal == person and deputy in self.excluded))
                   for principal, deputy, seat in self.people.acting(ms))

    def may_take(self, person, ms):
        """The seats in which a person may vote, each with whose authority that is."""
        found = {(s, person) for s in self.seats if self.people.holds(person, voter_of(s), ms)}
        for principal, deputy, seat in self.people.acting(ms):
            if deputy == person:
                found |= {(s, principal) for s in self.concerns(seat)
                          if self.people.holds(principal, voter_of(s), ms)}
        return found

    def vote(self, person, ballot, ms, seat=None):
        """Whether the vote counts."""
        if person in self.votes or self.is_excluded(person, ms):
            return False
        seats = self.may_take(person, ms)
        if seat is not None:
            seats = {(s, whose) for s, whose in seats if seat in (s, voter_of(s))}
        if not seats:
            return False
        self.votes[person] = (ballot, seats)
        if ballot == "no":
            self.state = "refused"
        else:
            self.judge(ms)
        return True

    def judge(self, ms):
        people = [seats for ballot, seats in self.votes.values() if ballot == "yes"]
        if fill(self.needs, people):
            self.state = "granted"
            return
        hopes, self.next = self.hopes(ms)
        if fill(self.needs, people + hopes):
            self.next = max(min(self.next, self.due), self.raised)
        else:
            self.state = "unattainable"

    def hopes(self, ms):
        """([the seats of each who could still vote], when the first of their holders ends)."""
        could, anybody, change = {}, [], FOREVER
        for s in set(self.seats):
            holders, ever = set(), False
            for person, begin, end in self.people.spans(voter_of(s)):
                ever = ever or begin <= ms
                if end > ms and begin <= self.due:
                    holders.add(person)
                    change = min(change, end)
            if not ever and not holders:
                anybody.append({(s, "whoever gets " + s)})
            for principal, deputy, seat, begin, end in self.people.deputies:
                could_act = end > ms and begin <= self.due and begin < end
                if could_act and principal in holders and s in self.concerns(seat):
                    could.setdefault(deputy, set()).add((s, principal))
                    change = min(change, end)
            for person in holders:
                could.setdefault(person, set()).add((s, person))
        return [seats for person, seats in could.items()
                if person not in self.votes and not self.is_excluded(person, ms)] + anybody, change

    def pass_by(self, ms):
        """Its next instant is over."""
        if ms >= self.due:
            self.state = "lapsed"
        else:
            self.judge(ms)
