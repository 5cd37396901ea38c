#!/usr/bin/env python3
"""why and why-not over random events of whole policies.

For every duty and approval that an event raises, and every key that came: exactly one of `why` and `why-not` says
that it arose. Where `why-not` names a part of a condition, that part does not hold on the values it tells (checked
for comparisons of what it tells with a constant), and an event that is mended in one of them makes the duty arise, or
names another part: for one of the values tried of the field.

    REMIT_SEED=N run_whynot.py
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import urllib.parse

REMIT = os.path.abspath(os.environ.get("REMIT", "build/remit"))
POLICIES = ["rules/department", "rules/helpdesk", "rules/contracts", "rules/expenses", "tests/why/conditions.remit"]
EVENTS = 60    # of each policy
KEYS = 4       # ids of one kind
ASKED = 6      # keys that are asked of each declaration
TIME_LIMIT_S = 60
MENDED_MOST = 8  # events mended of one policy
TRIED_MOST = 16   # values of one mended event

passed, failures = 0, []


def check(right, what):
    global passed
    if right:
        passed += 1
    else:
        failures.append(what)


def call(*args):
    p = subprocess.run([REMIT, *args], capture_output=True, text=True, timeout=TIME_LIMIT_S, encoding="utf-8")
    return p.returncode, p.stdout, p.stderr


# ---- events


class Schema:
    def __init__(self, policy):
        code, out, err = call("schema", "--policy", policy)
        if code != 0:
            sys.exit(f"schema of {policy}: {err}")
        self.doc = json.loads(out)
        self.events = {name: self.data(form) for name, form in self.doc["$defs"]["event"].items()
                       if not name.startswith("remit.")}

    def data(self, form):
        return form["properties"].get("data", {"properties": {}, "required": []})

    def resolved(self, form):
        while "$ref" in form:
            at = self.doc
            for part in form["$ref"].removeprefix("#/").split("/"):
                at = at[urllib.parse.unquote(part).replace("~1", "/").replace("~0", "~")]
            form = at
        return form

    def is_id(self, name, form):
        return form.get("type") == "string" and form.get("minLength") == 1 and "description" not in form

    def value(self, rng, form, name=""):
        """A value that fits, of few, so that conditions meet both sides."""
        form = self.resolved(form)
        if "enum" in form:
            return rng.choice(form["enum"])
        if "anyOf" in form:
            first = self.resolved(form["anyOf"][0])
            texts = [f.get("pattern", "") for f in form["anyOf"] if f.get("type") == "string"]
            if first.get("type") == "integer":
                low = first.get("minimum", 0)
                return rng.randint(low, min(first.get("maximum", low + 6), low + 6))
            if first.get("type") == "number":
                money = re.search(r"\( ([A-Z]{3})\)", texts[0]) if texts else None
                amount = rng.choice([1, 40, 400, 499, 500, 501, 4_000, 60_000, 150_000, 900_000])
                return f"{amount} {money.group(1)}" if money else amount
            return self.value(rng, first, name)
        kind = form.get("type")
        if kind == "boolean":
            return rng.random() < 0.5
        if kind == "array":
            return [self.value(rng, form["items"], name) for _ in range(rng.randint(1, 2))]
        if kind == "object":
            return self.object(rng, form)
        if kind == "integer":
            return rng.randint(form.get("minimum", 0), form.get("maximum", 6))
        if form.get("format") == "date-time":
            return "2026-03-09T09:00:00+08:00"
        if form.get("format") == "date":
            return "2026-03-09"
        return f"{name[:1].upper() or 'X'}{rng.randint(1, KEYS)}"

    def object(self, rng, form):
        return {name: self.value(rng, of, name) for name, of in form.get("properties", {}).items()
                if name in form.get("required", []) or rng.random() < 0.7}

    def event(self, rng, number):
        name = rng.choice(sorted(self.events))
        hour, minute = divmod(number * 20, 60)
        day, hour = divmod(hour, 24)
        return {"specversion": "1.0", "id": f"e{number}", "source": "test", "type": name,
                "time": f"2026-03-{2 + day:02}T{hour:02}:{minute:02}:00+08:00",
                "data": self.object(rng, self.events[name])}


def run(policy, events, folder, name):
    path, ledger = os.path.join(folder, name + ".jsonl"), os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        for event in events:
            out.write(json.dumps(event, ensure_ascii=False) + "\n")
    code, _, err = call("run", "--policy", policy, "--ledger", ledger, "--events", path, "--effects",
                        os.path.join(folder, name + ".effects"))
    if code != 0:
        sys.exit(f"run of {policy}: {err}")
    return ledger


# ---- subjects


DECLARED = re.compile(r'^(duty|approval|职责|审批)\s+([^\s("]+)(?:\s+"[^"]*")?\s*(?:\([^)]*\))?\s*(?:(?:on|当)\s+(\S+))?', re.M)


def declared(policy):
    """(kind, name, event or None) of what stands in the policy's files."""
    paths = [policy] if policy.endswith(".remit") else [
        os.path.join(policy, f) for f in sorted(os.listdir(policy)) if f.endswith(".remit")]
    for path in paths:
        with open(path, encoding="utf-8") as text:
            for kind, name, event in DECLARED.findall(text.read()):
                yield "duty" if kind in ("duty", "职责") else "approval", name, event


def keys_of(schema, events):
    """Every text of the events that may be a key."""
    keys = set()
    for event in events:
        for name, form in schema.events[event["type"]]["properties"].items():
            value = event["data"].get(name)
            if isinstance(value, str) and schema.is_id(name, schema.resolved(form)):
                keys.add(value)
    return sorted(keys)


def asked(ledger, subject):
    """why-not's answer, once it is known to agree with why's."""
    code, out, err = call("why-not", subject, "--ledger", ledger, "--json")
    if code != 0:
        return {"state": f"exit {code}: {err}", "reasons": []}
    return json.loads(out)


AROSE = {"arose", "open", "granted", "refused", "lapsed", "withdrawn", "unattainable"}


def agree(ledger, subject, answer):
    arose = call("why", subject, "--ledger", ledger)[0] == 0
    said = answer["state"] in AROSE
    check(arose == said, f"{ledger} {subject}: why {'tells' if arose else 'does not know'}, why-not says {answer['state']}")
    check(answer["state"] in AROSE | {"not_raised", "not_asked"}, f"{ledger} {subject}: {answer['state']}")
    check(said or answer["reasons"], f"{ledger} {subject}: no reason")
    for reason in answer["reasons"]:
        if reason["reason"] == "condition":
            check(not holds(reason), f"{ledger} {subject}: {reason} holds")
            for field in re.findall(r"\b[a-z]\.[a-z_]+\b", reason["condition"]):
                check(field in reason["values"], f"{ledger} {subject}: {field} was not read: {reason}")


# ---- conditions


COMPARED = re.compile(r"^(.+?) (=|!=|<|<=|>|>=) ([0-9_]+|yes|no|[\w]+)(?: ([A-Z]{3}))?$")


def number_of(value):
    try:
        return float(str(value).split(" ")[0].replace("_", ""))
    except ValueError:
        return None


def holds(reason):
    """Whether a comparison that is said not to hold does, on the values told; None: not one that can be told here."""
    if reason.get("condition") in reason.get("values", {}):
        return reason["values"][reason["condition"]]
    match = COMPARED.match(reason.get("condition", ""))
    if not match or match.group(1) not in reason.get("values", {}):
        return None
    value, op, wanted = reason["values"][match.group(1)], match.group(2), match.group(3)
    a, b = number_of(value), number_of(wanted)
    if a is not None and b is not None:
        return {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]
    value = {True: "yes", False: "no"}.get(value, value)
    return {"=": str(value) == wanted, "!=": str(value) != wanted}.get(op)


def candidates(schema, event, condition):
    """The event with one or two of the fields that the condition names set to something else."""
    forms = schema.events[event["type"]]["properties"]
    names = [name for name in forms if re.search(r"(?<![\w])" + re.escape(name) + r"(?![\w])", condition)]
    for name in names:
        form = schema.resolved(forms[name])
        first = schema.resolved(form["anyOf"][0]) if "anyOf" in form else form
        tried = {json.dumps(schema.value(random.Random(i), form, name), ensure_ascii=False) for i in range(24)}
        if first.get("type") == "boolean":
            tried = {"true", "false"}
        for value in sorted(tried):
            if json.loads(value) != event["data"].get(name):
                yield {**event, "data": {**event["data"], name: json.loads(value)}}


def mend(policy, schema, events, folder, subject, reason, count):
    """Some change of the fields that failed makes it arise, or another condition fails."""
    if re.search(r" is | else |\(a\.matter\)", reason["condition"]):
        return None  # it asks for the state
    if holds(reason) is None and not re.search(r"\b(yes|no)\b|\bor\b|^\S+$", reason["condition"]):
        return None
    at = next(i for i, e in enumerate(events) if e["id"] == reason["event"]["id"])
    for i, mended in enumerate(candidates(schema, events[at], reason["condition"])):
        if i == TRIED_MOST:
            break
        ledger = run(policy, events[:at] + [mended], folder, f"mended{count}-{i}")
        answer = asked(ledger, subject)
        mine = [r for r in answer["reasons"] if r["reason"] == "condition" and r["event"]["id"] == mended["id"]]
        if answer["state"] in AROSE or (mine and mine[-1]["condition"] != reason["condition"]):
            return True
    return False


def one_policy(policy, seed):
    rng = random.Random(f"{seed} {policy}")
    schema = Schema(policy)
    events = [schema.event(rng, i) for i in range(EVENTS)]
    mended = met = 0
    with tempfile.TemporaryDirectory() as folder:
        ledger = run(policy, events, folder, "ledger")
        for kind, name, event in declared(policy):
            if event and event not in schema.events and kind == "approval":
                continue
            keys = keys_of(schema, events)
            for key in rng.sample(keys, min(ASKED, len(keys))):
                subject = f"{kind}/{name}/{key}"
                answer = asked(ledger, subject)
                if "the key is missing" in answer["state"]:
                    break
                agree(ledger, subject, answer)
                for reason in answer["reasons"]:
                    if reason["reason"] != "condition" or "id" not in reason["event"] or mended == MENDED_MOST \
                            or answer["state"] in AROSE:
                        continue
                    met += 1
                    done = mend(policy, schema, events, folder, subject, reason, mended)
                    mended += done is not None
                    if done is not None:
                        check(done, f"seed {seed}, {policy}, {subject}: no value makes it other than {reason}")
                    break
    return met, mended


def main():
    seed = int(os.environ.get("REMIT_SEED", "1"))
    print(f"seed {seed}")
    for policy in POLICIES:
        met, mended = one_policy(policy, seed)
        print(f"{policy}: {met} conditions that failed, {mended} events mended")
    for failure in failures[:20]:
        print(failure)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
