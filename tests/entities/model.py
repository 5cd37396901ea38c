"""Random policies of entities, streams for them, and what must become of them: a small model of the rule that rules of
one event read the state before it (docs/guide/entities.md), written from the guide and not from the engine.

An expression is a pair: its text, and a function of (event, state, own) that gives its value. `own` is what a `set` is about,
as it is written: "e0(x.k)", or None.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

KEYS = ["A", "B", "C", "D"]
COLOURS = ["red", "green", "blue"]
EVENTS = ["first", "second", "third"]  # each may emit those behind it


class Refused(Exception):
    """The event is refused whole."""


@dataclass
class Field:
    name: str
    kind: str  # integer, flag, colour, text
    low: int = -10**6
    high: int = 10**6
    optional: bool = False
    has_preset: bool = False
    preset: Any = None

    def declared(self) -> str:
        kinds = {"integer": "integer %d..%d" % (self.low, self.high), "flag": "flag",
                 "colour": "one of " + ", ".join(COLOURS), "text": "text"}
        preset = " = " + literal(self.preset) if self.has_preset else ""
        return "  %s: %s%s%s\n" % (self.name, kinds[self.kind], "?" if self.optional else "", preset)


@dataclass
class Entity:
    name: str
    keys: list[str]  # kinds of its key: id, integer
    fields: list[Field]
    indexes: list[str] = field(default_factory=list)  # they find the same, only sooner

    def declared(self) -> str:
        keys = "".join("  key k%d: %s\n" % (i, kind) for i, kind in enumerate(self.keys))
        indexes = "".join("  index by %s\n" % name for name in self.indexes)
        return "entity %s {\n%s%s%s}\n" % (self.name, keys, "".join(f.declared() for f in self.fields), indexes)

    def indexed(self, rng: random.Random) -> Entity:
        self.indexes = [f.name for f in self.fields if rng.random() < 0.5] + (["k0"] if rng.random() < 0.3 else [])
        return self

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)


State = dict[tuple[str, tuple[Any, ...]], dict[str, Any]]
Where = Optional[str]
Expr = tuple[str, Callable[[dict[str, Any], State, Where], Any]]


def literal(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) or value in COLOURS else '"%s"' % value


@dataclass
class Rule:
    name: str
    event: str
    where: Optional[Expr]
    actions: list[Any]

    def declared(self) -> str:
        where = " where " + self.where[0] if self.where else ""
        return "rule %s on %s as x%s {\n%s}\n" % (self.name, self.event, where,
                                                  "".join("  %s\n" % a.text() for a in self.actions))


@dataclass
class Set:
    entity: Entity
    key: list[Expr]
    values: dict[str, Expr]
    short: bool

    def text(self) -> str:
        of = called(self.entity, self.key)
        if self.short:
            name, value = next(iter(self.values.items()))
            return "set %s.%s = %s" % (of, name, value[0])
        return "set %s { %s }" % (of, "  ".join("%s: %s" % (n, v[0]) for n, v in self.values.items()))


@dataclass
class Delete:
    entity: Entity
    key: list[Expr]

    def text(self) -> str:
        return "delete " + called(self.entity, self.key)


@dataclass
class Notify:
    said: Expr

    def text(self) -> str:
        return 'notify r "" + ' + self.said[0]


@dataclass
class Emit:
    event: str
    fields: dict[str, Expr]

    def text(self) -> str:
        return "emit %s { %s }" % (self.event, "  ".join("%s: %s" % (n, v[0]) for n, v in self.fields.items()))


@dataclass
class ForEach:
    """What it does is in terms of x, the event, and p, the item, whose fields stand in the event as "p.NAME"."""
    entity: Entity
    where: Optional[Expr]
    actions: list[Any]

    def text(self) -> str:
        where = " where " + self.where[0] if self.where else ""
        return "for each p in %s%s {\n    %s\n  }" % (self.entity.name, where, "\n    ".join(a.text() for a in self.actions))


def rows(entity: Entity, state: State) -> list[dict[str, Any]]:
    """All of a kind in the order of their keys, with the keys among the fields."""
    found = sorted((at[1], held) for at, held in state.items() if at[0] == entity.name)
    return [{**held, **{"k%d" % i: part for i, part in enumerate(key)}} for key, held in found]


def at_item(event: dict[str, Any], name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {**event, **{"%s.%s" % (name, field_name): value for field_name, value in row.items()}}


# ------------------------------------------------------------------------------------------------ expressions

def of_event(name: str) -> Expr:
    return "x." + name, lambda event, state, own: event[name]


def keys_of(rng: random.Random, entity: Entity) -> list[Expr]:
    def one(kind: str) -> Expr:
        if kind == "id":
            constant = rng.choice(KEYS)
            return rng.choice((of_event("k"), of_event("k"), ('"%s"' % constant, lambda e, s, o: constant)))
        return rng.choice((of_event("n"), ("(x.n * 2)", lambda e, s, o: e["n"] * 2)))
    return [one(kind) for kind in entity.keys]


def key_value(key: list[Expr], event: dict[str, Any], state: State) -> tuple[Any, ...]:
    return tuple(part[1](event, state, None) for part in key)


def called(entity: Entity, key: list[Expr]) -> str:
    return "%s(%s)" % (entity.name, ", ".join(part[0] for part in key))


def read(entity: Entity, key: list[Expr], of: Field, otherwise: Optional[Expr]) -> Expr:
    """otherwise None: it is a field of what is set, which stands at its default where it is not there."""
    text = "%s.%s" % (called(entity, key), of.name)

    def value(event: dict[str, Any], state: State, own: Where) -> Any:
        there = state.get((entity.name, key_value(key, event, state)))
        if there is None and not of.optional and own == called(entity, key):
            if not of.has_preset:
                raise Refused("not there")
            return of.preset
        held = None if there is None else there[of.name]
        return otherwise[1](event, state, own) if held is None and otherwise else held
    return (text if otherwise is None else "(%s else %s)" % (text, otherwise[0])), value


@dataclass
class Maker:
    rng: random.Random
    entities: list[Entity] = field(default_factory=list)
    loops: int = 0

    def plain(self, kind: str) -> Expr:
        constants: dict[str, list[Any]] = {"integer": [-2, 0, 1, 3], "flag": [True, False], "colour": COLOURS, "text": ["a", "b"]}
        names = {"integer": "n", "flag": "f", "colour": "c", "text": "k"}
        constant = self.rng.choice(constants[kind])
        return self.rng.choice((of_event(names[kind]), (literal(constant) if not isinstance(constant, int) or constant >= 0 or
                                                        isinstance(constant, bool) else "(%d)" % constant,
                                                        lambda e, s, o: constant)))

    def any_read(self, kind: str, depth: int) -> Optional[Expr]:
        found = [(e, f) for e in self.entities for f in e.fields if f.kind == kind]
        if not found:
            return None
        entity, of = self.rng.choice(found)
        return read(entity, keys_of(self.rng, entity), of, self.value(kind, depth - 1, None))

    def of_item(self, entity: Entity, name: str, kind: str) -> Optional[Expr]:
        """A field of what a loop is at: `p.f0`, `it.f0`."""
        found = [f.name for f in entity.fields if f.kind == kind and not f.optional]
        found += ["k%d" % i for i, of in enumerate(entity.keys) if {"id": "text", "integer": "integer"}[of] == kind]
        if not found:
            return None
        path = "%s.%s" % (name, self.rng.choice(found))
        return path, lambda e, s, o: e[path]

    def that(self, entity: Entity, name: str) -> Optional[Expr]:
        """A condition on what a loop is at."""
        item = self.of_item(entity, name, "integer")
        if item is None:
            return None
        sign, other = self.rng.choice(("<", ">=", "=", "=")), self.value("integer", 1, None)
        holds = {"<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "=": lambda a, b: a == b}[sign]
        return "(%s %s %s)" % (item[0], sign, other[0]), lambda e, s, o: holds(item[1](e, s, o), other[1](e, s, o))

    def many(self) -> Optional[Expr]:
        """How many there are, the sum or the least of a field, whether there is any or all are so."""
        entity = self.rng.choice(self.entities)
        if self.loops == 1:  # no deeper: it goes over all for each of all
            return None
        self.loops += 1
        out = self.of_many(entity)
        self.loops -= 1
        return out

    def of_many(self, entity: Entity) -> Optional[Expr]:
        rng = self.rng
        where = self.that(entity, "it") if rng.random() < 0.7 else None
        tail = " where " + where[0] if where else ""
        kind = rng.choice(("count", "sum", "max", "min", "any", "all"))

        def taken(e: dict[str, Any], s: State, o: Where) -> list[dict[str, Any]]:
            inner = [at_item(e, "it", row) for row in rows(entity, s)]
            return [one for one in inner if where is None or where[1](one, s, o)]

        if kind == "count":
            return "count(%s%s)" % (entity.name, tail), lambda e, s, o: len(taken(e, s, o))
        if kind == "any" or (kind == "all" and where):
            text = "%s(%s%s)" % (kind, entity.name, tail)
            return "count(%s where %s)" % (entity.name, text), lambda e, s, o: len(rows(entity, s)) * \
                (bool(taken(e, s, o)) if kind == "any" else len(taken(e, s, o)) == len(rows(entity, s)))
        item = self.of_item(entity, "it", "integer")
        if item is None or kind == "all":
            return None
        text = "%s(%s, %s + x.n%s)" % (kind, entity.name, item[0], tail)
        value = {"sum": sum, "max": lambda of: max(of, default=7), "min": lambda of: min(of, default=7)}[kind]
        return text if kind == "sum" else "(%s else 7)" % text, \
            lambda e, s, o: value([item[1](one, s, o) + e["n"] for one in taken(e, s, o)])

    def value(self, kind: str, depth: int, target: Optional[tuple[Entity, list[Expr]]]) -> Expr:
        rng = self.rng
        if depth <= 0 or rng.random() < 0.2:
            return self.plain(kind)
        if target and rng.random() < 0.5:
            own = [f for f in target[0].fields if f.kind == kind and not f.optional]
            if own:
                mine = read(target[0], target[1], rng.choice(own), None)
                if kind != "integer":
                    return mine
                other = self.value(kind, depth - 1, target)
                return "(%s + %s)" % (mine[0], other[0]), lambda e, s, o: mine[1](e, s, o) + other[1](e, s, o)
        if kind == "integer" and rng.random() < 0.2:
            found = self.many()
            if found:
                return found
        if rng.random() < 0.5:
            found = self.any_read(kind, depth)
            if found:
                return found
        if kind == "integer":
            a, b, sign = self.value(kind, depth - 1, target), self.value(kind, depth - 1, target), rng.choice("+-")
            return "(%s %s %s)" % (a[0], sign, b[0]), \
                lambda e, s, o: a[1](e, s, o) + (b[1](e, s, o) if sign == "+" else -b[1](e, s, o))
        if kind == "flag":
            return self.condition(depth - 1)
        return self.plain(kind)

    def condition(self, depth: int) -> Expr:
        rng = self.rng
        if depth <= 0:
            return of_event("f")
        kind = rng.random()
        if kind < 0.3:
            entity = rng.choice(self.entities)
            key, present = keys_of(rng, entity), rng.random() < 0.7
            return "(%s is %s)" % (called(entity, key), "present" if present else "absent"), \
                lambda e, s, o: ((entity.name, key_value(key, e, s)) in s) == present
        if kind < 0.7:
            a, b, sign = self.value("integer", depth, None), self.value("integer", depth - 1, None), rng.choice(("<", ">=", "="))
            return "(%s %s %s)" % (a[0], sign, b[0]), \
                lambda e, s, o: {"<": lambda p, q: p < q, ">=": lambda p, q: p >= q,
                                 "=": lambda p, q: p == q}[sign](a[1](e, s, o), b[1](e, s, o))
        a, b, both = self.condition(depth - 1), self.condition(depth - 1), rng.random() < 0.5
        return "(%s %s %s)" % (a[0], "and" if both else "or", b[0]), \
            lambda e, s, o: (a[1](e, s, o) and b[1](e, s, o)) if both else (a[1](e, s, o) or b[1](e, s, o))

    # -------------------------------------------------------------------------------------------- declarations

    def a_field(self, number: int) -> Field:
        rng = self.rng
        out = Field("f%d" % number, rng.choice(("integer", "integer", "integer", "flag", "colour", "text")))
        if out.kind == "integer" and rng.random() < 0.5:
            out.low, out.high = -rng.randint(0, 4), rng.randint(5, 30)
        out.optional = rng.random() < 0.2
        if not out.optional and rng.random() < 0.75:
            out.has_preset = True
            out.preset = {"integer": rng.randint(0, 5), "flag": rng.random() < 0.5, "colour": rng.choice(COLOURS),
                          "text": "new"}[out.kind]
        return out

    def an_entity(self, number: int) -> Entity:
        rng = self.rng
        return Entity("e%d" % number, rng.choice((["id"], ["id"], ["id", "integer"], ["integer"])),
                      [self.a_field(i) for i in range(rng.randint(1, 4))]).indexed(rng)

    def action(self, event: str, taken: set[tuple[str, str]]) -> Any:
        rng = self.rng
        kind = rng.random()
        later = EVENTS[EVENTS.index(event) + 1:]
        if kind < 0.12 and later:
            return Emit(rng.choice(later), {name: self.plain(of) for name, of in
                                            (("k", "text"), ("n", "integer"), ("c", "colour"), ("f", "flag"))})
        if kind < 0.3:
            found = self.any_read(rng.choice(("integer", "text")), 2) or of_event("k")
            return Notify(found)
        entity = rng.choice(self.entities)
        key = keys_of(rng, entity)
        if kind > 0.85:
            return self.loop(entity)
        if kind < 0.38:
            return Delete(entity, key)
        free = [f for f in entity.fields if (called(entity, key), f.name) not in taken]
        if not free:
            return Notify(of_event("k"))
        whole = rng.random() < 0.5
        chosen = free if whole else [rng.choice(free)]
        taken.update((called(entity, key), f.name) for f in chosen)
        return Set(entity, key, {f.name: self.set_value(f, entity, key) for f in chosen}, not whole)

    def loop(self, entity: Entity) -> ForEach:
        rng = self.rng
        said = self.of_item(entity, "p", rng.choice(("text", "integer"))) or of_event("k")
        actions: list[Any] = [Notify(said)]
        key: list[Expr] = []
        for i in range(len(entity.keys)):
            path = "p.k%d" % i
            key.append((path, lambda e, s, o, path=path: e[path]))  # type: ignore[misc]
        numbers = [f for f in entity.fields if f.kind == "integer" and not f.optional]
        if numbers and rng.random() < 0.6:
            of = rng.choice(numbers)
            path = "p." + of.name
            actions.append(Set(entity, key, {of.name: ("(%s + x.n)" % path, lambda e, s, o: e[path] + e["n"])}, True))
        elif rng.random() < 0.3:
            actions.append(Delete(entity, key))
        return ForEach(entity, self.that(entity, "p") if rng.random() < 0.7 else None, actions)

    def set_value(self, of: Field, entity: Entity, key: list[Expr]) -> Expr:
        """Never a bare constant, so that nothing can be proved of it."""
        names = {"flag": "f", "colour": "c", "text": "k"}
        if of.kind != "integer":
            found = self.value(of.kind, 2, (entity, key))
            return found if "(" in found[0] else of_event(names[of.kind])
        out = self.value("integer", 2, (entity, key))
        return "(%s + x.n)" % out[0], lambda e, s, o: out[1](e, s, o) + e["n"]

    def rule(self, number: int) -> Rule:
        rng = self.rng
        event = rng.choice(EVENTS[:1] * 3 + EVENTS)
        taken: set[tuple[str, str]] = set()
        return Rule("r%d" % number, event, self.condition(2) if rng.random() < 0.6 else None,
                    [self.action(event, taken) for _ in range(rng.randint(1, 3))])


@dataclass
class Policy:
    entities: list[Entity]
    rules: list[Rule]

    def text(self) -> str:
        events = "".join("event %s { k: id  n: integer  c: one of red, green, blue  f: flag }\n" % e for e in EVENTS)
        return 'policy "Entities" version "1" { zone "UTC" }\nrole r\n' + events + \
            "".join(e.declared() for e in self.entities) + "".join(r.declared() for r in self.rules)


def policy(rng: random.Random) -> Policy:
    maker = Maker(rng)
    maker.entities = [maker.an_entity(i) for i in range(rng.randint(1, 3))]
    return Policy(maker.entities, [maker.rule(i) for i in range(rng.randint(2, 7))])


# ------------------------------------------------------------------------------------------------ what must be

@dataclass
class Outcome:
    state: State = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def shown(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


class Changes:
    """What the rules of one event set: a value for each field, or that it is deleted."""

    def __init__(self) -> None:
        self.sets: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = {}
        self.gone: set[tuple[str, tuple[Any, ...]]] = set()

    def put(self, entity: Entity, key: tuple[Any, ...], name: str, value: Any) -> None:
        of, at = entity.field(name), (entity.name, key)
        if of.kind == "integer" and value is not None and not of.low <= value <= of.high:
            raise Refused("out of range")
        held = self.sets.setdefault(at, {})
        if at in self.gone or (name in held and held[name] != value):
            raise Refused("set twice")
        held[name] = value

    def drop(self, entity: Entity, key: tuple[Any, ...]) -> None:
        at = (entity.name, key)
        if self.sets.get(at):
            raise Refused("set and deleted")
        self.gone.add(at)

    def apply(self, entities: list[Entity], state: State) -> None:
        for at in self.gone:
            state.pop(at, None)
        for at, values in self.sets.items():
            if at in self.gone:
                continue
            held = state.get(at)
            if held is None:
                entity = next(e for e in entities if e.name == at[0])
                held = {f.name: f.preset if f.has_preset else None for f in entity.fields}
                missing = [f for f in entity.fields if not f.optional and not f.has_preset and values.get(f.name) is None]
                if missing:
                    raise Refused("incomplete")
            state[at] = {**held, **values}


def carry_out(action: Any, event: dict[str, Any], before: State, changes: Changes, emitted: list[tuple[str, dict[str, Any]]],
              out: Outcome) -> None:
    if isinstance(action, Notify):
        out.said.append(shown(action.said[1](event, before, None)))
    elif isinstance(action, Emit):
        emitted.append((action.event, {n: v[1](event, before, None) for n, v in action.fields.items()}))
    elif isinstance(action, ForEach):
        for row in rows(action.entity, before):
            inner = at_item(event, "p", row)
            if action.where is None or action.where[1](inner, before, None):
                for one in action.actions:
                    carry_out(one, inner, before, changes, emitted, out)
    elif isinstance(action, Delete):
        changes.drop(action.entity, key_value(action.key, event, before))
    else:
        key = key_value(action.key, event, before)
        for name, value in action.values.items():
            changes.put(action.entity, key, name, value[1](event, before, called(action.entity, action.key)))


def handle(p: Policy, kind: str, event: dict[str, Any], state: State, out: Outcome) -> list[tuple[str, dict[str, Any]]]:
    changes = Changes()
    emitted: list[tuple[str, dict[str, Any]]] = []
    before = {at: dict(held) for at, held in state.items()}
    for rule in p.rules:
        if rule.event != kind or (rule.where and not rule.where[1](event, before, None)):
            continue
        for action in rule.actions:
            carry_out(action, event, before, changes, emitted, out)
    changes.apply(p.entities, state)
    return emitted


def run(p: Policy, events: list[tuple[str, str, dict[str, Any]]]) -> Outcome:
    """events: (id, type, fields)."""
    out = Outcome()
    for name, kind, data in events:
        trial = {at: dict(held) for at, held in out.state.items()}
        said = Outcome()
        try:
            queue = [(kind, data)]
            while queue:
                one, fields = queue.pop(0)
                queue += handle(p, one, fields, trial, said)
        except Refused:
            out.refused.append(name)
            continue
        out.state = trial
        out.said += said.said
    return out


def stream(rng: random.Random, count: int) -> list[tuple[str, str, dict[str, Any]]]:
    return [("i%d" % i, rng.choice(EVENTS[:1] * 4 + EVENTS),
             {"k": rng.choice(KEYS), "n": rng.randint(-2, 4), "c": rng.choice(COLOURS), "f": rng.random() < 0.5})
            for i in range(count)]
