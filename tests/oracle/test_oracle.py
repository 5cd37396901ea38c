"""The oracle against cases worked by hand: the contract's example to the byte, the definitions' examples, small
streams on the fold, pauses, late events and rounds; then laws of the oracle itself over random cases.

    python3 test_oracle.py
"""

from __future__ import annotations

import io
import json
import random
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Optional
from unittest import mock

import events as ce
import run_oracle
import streams
import worktime as wt
from duties import Clause, Duty, Effect, Oracle, Pause, Policy, Rung, Span, Unknown

SHANGHAI = "Asia/Shanghai"
ROME = "Europe/Rome"
YORK = "America/New_York"


def at(text: str, zone: str = SHANGHAI) -> int:
    """`2026-03-02 09:00`, `02 09:00` (March 2026) or `09:00` (that month's 2nd) as an instant."""
    full = {5: "2026-03-02 ", 8: "2026-03-"}.get(len(text), "") + text
    return wt.wall_to_instant(zone, wt.datetime.fromisoformat(full))


def brief(text: Optional[str]) -> str:
    """The reverse of `at`, from RFC 3339."""
    if text is None:
        return "-"
    day, clock = text[:10], text[11:].split("+")[0].split("-")[0].removesuffix(":00")
    if day == "2026-03-02":
        return clock
    return (day[8:] if day.startswith("2026-03-") else day) + " " + clock


def tell(effect: Effect) -> str:
    """An effect in one short line: kind, key, time, seen, then its data."""
    members: dict[str, Any] = effect.members
    data = dict(members["data"])
    kind = members["type"].split(".")[-1]
    words = [kind, *data.pop("key", [])]
    words.append(brief(members.get("time")))
    if "seen" in members:
        words.append("seen " + brief(members["seen"]))
    for name, value in data.items():
        if name in ("duty", "owner", "message", "assumed", "source") or isinstance(value, Unknown):
            continue
        if name in ("was", "is"):
            inner = ["late" if value["late"] else "", "due " + brief(value.get("due"))]
            inner.append("at " + brief(value["at"]) if "at" in value else "")
            words.append(f"{name}({' '.join([value['state'], *filter(None, inner)])})")
        elif name == "due":
            words.append("due " + brief(value))
        elif isinstance(value, bool):
            words += [name] if value else []
        else:
            words.append(f"{name}={','.join(value) if isinstance(value, list) else value}")
    return " ".join(words)


class Desk:
    """One duty `d` with every clause, and a ledger to feed: events are `TIME TYPE KEY [ID]`."""

    FIELDS = [ce.Field("k", "id")]

    def __init__(self, due: Span = Span(10, "hour"), rungs: Optional[tuple[Rung, ...]] = None,
                 zone: str = SHANGHAI, more: tuple[Duty, ...] = (), calendar: Any = wt.CN_OFFICE):
        if rungs is None:
            rungs = (Rung(50, "remind", "desk"), Rung("due", "to", "lead"), Rung(Span(2, "hour"), "to", "boss"))
        pauses = (Pause(Clause("p"), Clause("r")), Pause(Clause("P"), Clause("R")))
        duty = Duty("d", "desk", due, on="o", key=("k",), fulfilled=(Clause("f"),), waived=(Clause("w"),),
                    pauses=pauses, rungs=rungs)
        kinds = {name: self.FIELDS for name in ("o", "f", "w", "p", "r", "P", "R", "x")}
        kinds["report"] = [ce.Field("kind", "one of", members=("weekly", "other"))]
        self.zone = zone
        self.oracle = Oracle(Policy("T", "1", zone, kinds, [duty, *more], wt.Calendar(calendar)))
        self.count = 0

    def line(self, text: str) -> str:
        words = text.split()
        when = 2 if ":" in words[1] else 1
        time = wt.show_instant(self.zone, at(" ".join(words[:when]), self.zone))
        kind, key, *rest = words[when:]
        self.count += 1
        data = {"kind": key} if kind == "report" else {"k": key}
        id = rest[0] if rest else f"e{self.count:03d}"
        return json.dumps({"specversion": "1.0", "id": id, "source": "/t", "type": kind, "time": time, "data": data})

    def run(self, *lines: str, until: Optional[str] = None) -> list[str]:
        """The effects of one run, told briefly."""
        before = len(self.oracle.effects)
        raw = [line if line.startswith(("{", "!")) else self.line(line) for line in lines]
        self.oracle.run(raw, at(until, self.zone) if until else None)
        return [tell(effect) for effect in self.oracle.effects[before:]]

    def show(self, index: int = 0) -> dict[str, Any]:
        return json.loads(self.oracle.show_duties()[index])


class Contract(unittest.TestCase):
    def test_worked_example_to_the_byte(self) -> None:
        events = {
            "complaint.opened": [
                ce.Field("complaint", "id"),
                ce.Field("category", "one of", members=("quality", "delivery", "refund", "fraud", "other")),
                ce.Field("severity", "integer", low=1, high=5), ce.Field("order_value", "money"),
                ce.Field("vip", "flag", default=False)],
            "complaint.resolved": [ce.Field("complaint", "id"), ce.Field("outcome", "text")],
            "report.published": [ce.Field("kind", "one of", members=("weekly",))]}
        complaint = Duty(
            "handle_complaint", "customer_service", Span(1, "working day"), on="complaint.opened",
            key=("complaint",), fulfilled=(Clause("complaint.resolved", (("complaint", "complaint"),)),),
            rungs=(Rung(50, "remind", "customer_service"), Rung("due", "to", "customer_service.lead"),
                   Rung(Span(4, "working hour"), "to", "director")))
        report = Duty("weekly_report", "data_analytics", Span(4, "working hour"), weekly=(0, "10:00"),
                      fulfilled=(Clause("report.published", None, (("kind", "weekly"),)),))
        policy = Policy("E-commerce operations", "2026.1", SHANGHAI, events, [complaint, report],
                        wt.Calendar(wt.CN_OFFICE))
        oracle = Oracle(policy)
        oracle.run([json.dumps({
            "specversion": "1.0", "id": "e1", "source": "/t", "type": "complaint.opened",
            "time": "2026-03-02T09:00:00+08:00",
            "data": {"complaint": "C1", "category": "quality", "severity": 2, "order_value": "80.00"}})],
            until=at("04 00:00"))
        h, w = "duty/handle_complaint/C1", "duty/weekly_report/2026-03-02T10:00:00+08:00"
        s = '"seen":"2026-03-04T00:00:00+08:00","policy":"2026.1"'
        d = '"duty":"handle_complaint","key":["C1"],"owner":"customer_service"'
        u = '"due":"2026-03-03T09:00:00+08:00"'
        e = ('"duty":"weekly_report","key":["2026-03-02T10:00:00+08:00"],"owner":"data_analytics",'
             '"due":"2026-03-02T15:00:00+08:00"')

        def line(id: int, kind: str, subject: str, time: str, data: str, seen: str = s,
                 cause: Optional[str] = None) -> str:
            return (f'{{"specversion":"1.0","id":"{id}","source":"remit:main/E-commerce%20operations",'
                    f'"type":"remit.duty.{kind}","subject":"{subject}","time":"{time}",'
                    f'"cause":"{cause or subject + "@" + time}",{seen},"data":{{{data}}}}}')

        self.assertEqual([effect.text() for effect in oracle.effects], [
            line(3, "opened", h, "2026-03-02T09:00:00+08:00", f'{d},{u},"assumed":false', '"policy":"2026.1"', "e1"),
            line(5, "opened", w, "2026-03-02T10:00:00+08:00", f'{e},"assumed":false'),
            line(6, "reminded", h, "2026-03-02T14:00:00+08:00", f'{d},"to":"customer_service","rung":1,{u}'),
            line(7, "breached", w, "2026-03-02T15:00:00+08:00", e),
            line(8, "breached", h, "2026-03-03T09:00:00+08:00", f"{d},{u}"),
            line(9, "escalated", h, "2026-03-03T09:00:00+08:00", f'{d},"to":"customer_service.lead","rung":2,{u}'),
            line(10, "escalated", h, "2026-03-03T14:00:00+08:00", f'{d},"to":"director","rung":3,{u}')])
        self.assertEqual(oracle.journal[-1], "tick 2026-03-04T00:00:00+08:00")
        self.assertEqual(len(oracle.journal), 12)

    def test_the_definitions_examples(self) -> None:
        self.assertEqual(wt.check_examples(), 9)

    def test_the_definitions_rows(self) -> None:
        if not wt.DATA.exists():
            self.skipTest("../shared/data is absent")
        self.assertEqual(len(wt.self_test()), 5)

    def test_keys_in_subjects(self) -> None:
        desk = Desk()
        line = desk.line("09:00 o X").replace('"X"', '"a b/c#%d\\u6295"')
        desk.run(line)
        effect = desk.oracle.effects[0]
        self.assertEqual(effect["subject"], "duty/d/a%20b%2Fc%23%25d投")
        self.assertEqual(effect["data"]["key"], ["a b/c#%d投"])

    def test_a_line_is_compared_to_the_byte(self) -> None:
        desk = Desk()
        desk.run("09:00 o A", "09:00 f A", "!x")
        opened, _, reject = desk.oracle.effects
        self.assertFalse(opened.differs(opened.text()))
        self.assertTrue(opened.differs(opened.text().replace('"key"', ' "key"')))
        self.assertTrue(opened.differs(opened.text().replace('"3"', '"4"', 1)))
        made = {**reject.members, "subject": "event/remit:input/" + "0" * 64, "cause": "0" * 64}
        made["data"] = {**reject["data"], "message": "no JSON", "id": "0" * 64}
        del made["data"]["field"]
        line = json.dumps(made, separators=(",", ":"))
        self.assertFalse(reject.differs(line))
        self.assertTrue(reject.differs(line.replace('"message":"no JSON",', "")))
        self.assertTrue(reject.differs(line.replace("0" * 64, "0" * 63)))


class InTime(unittest.TestCase):
    def test_answered(self) -> None:
        self.assertEqual(Desk().run("09:00 o A", "12:00 f A", until="23:00"),
                         ["opened A 09:00 due 19:00", "fulfilled A 12:00 due 19:00"])

    def test_at_the_very_deadline(self) -> None:
        self.assertEqual(Desk().run("09:00 o A", "19:00 f A", until="23:00"),
                         ["opened A 09:00 due 19:00", "reminded A 14:00 seen 19:00 to=desk rung=1 due 19:00",
                          "fulfilled A 19:00 due 19:00"])

    def test_one_minute_late(self) -> None:
        desk = Desk()
        self.assertEqual(desk.run("09:00 o A", "19:01 f A", until="23:00"), [
            "opened A 09:00 due 19:00", "reminded A 14:00 seen 19:01 to=desk rung=1 due 19:00",
            "breached A 19:00 seen 19:01 due 19:00", "escalated A 19:00 seen 19:01 to=lead rung=2 due 19:00",
            "fulfilled A 19:01 due 19:00 late"])
        self.assertEqual(desk.show()["state"], "fulfilled")

    def test_until_fires_what_is_due_at_it(self) -> None:
        self.assertEqual(Desk(rungs=()).run("09:00 o A", until="19:00"),
                         ["opened A 09:00 due 19:00", "breached A 19:00 due 19:00"])

    def test_without_until_the_clock_keeps_its_timers(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(desk.run("09:00 o A", "19:00 x B"), ["opened A 09:00 due 19:00"])
        self.assertEqual(desk.show()["state"], "open")
        self.assertEqual(desk.run(until="19:00"), ["breached A 19:00 due 19:00"])
        self.assertEqual(desk.oracle.journal[-2:], ["remit.duty.breached", "tick 2026-03-02T19:00:00+08:00"])

    def test_timers_by_time_then_creation_then_rung(self) -> None:
        desk = Desk(rungs=(Rung(Span(1, "hour"), "to", "boss"), Rung("due", "to", "lead"), Rung("due", "remind", "me")))
        got = desk.run("09:00 o A", "10:00 o B", until="20:00")
        self.assertEqual(got[2:], [
            "breached A 19:00 seen 20:00 due 19:00", "escalated A 19:00 seen 20:00 to=lead rung=2 due 19:00",
            "reminded A 19:00 seen 20:00 to=me rung=3 due 19:00", "escalated A 20:00 to=boss rung=1 due 19:00",
            "breached B 20:00 due 20:00", "escalated B 20:00 to=lead rung=2 due 20:00",
            "reminded B 20:00 to=me rung=3 due 20:00"])

    def test_raised_once(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(desk.run("09:00 o A", "10:00 o A", "11:00 f A", "12:00 o A", until="23:00"),
                         ["opened A 09:00 due 19:00", "fulfilled A 11:00 due 19:00"])

    def test_waived_after_the_breach(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(desk.run("09:00 o A", "20:00 w A", until="23:00"), [
            "opened A 09:00 due 19:00", "breached A 19:00 seen 20:00 due 19:00", "waived A 20:00"])

    def test_by_is_the_actor(self) -> None:
        desk = Desk(rungs=())
        line = json.loads(desk.line("10:00 f A"))
        self.assertEqual(desk.run("09:00 o A", json.dumps({**line, "actor": "ann"}))[1],
                         "fulfilled A 10:00 due 19:00 by=ann")


class Pauses(unittest.TestCase):
    def test_a_pause_moves_all_that_follows(self) -> None:
        self.assertEqual(Desk().run("09:00 o A", "10:00 p A", "12:00 r A", until="23:30"), [
            "opened A 09:00 due 19:00", "paused A 10:00 left=9 hours", "resumed A 12:00 due 21:00",
            "reminded A 16:00 seen 23:30 to=desk rung=1 due 21:00", "breached A 21:00 seen 23:30 due 21:00",
            "escalated A 21:00 seen 23:30 to=lead rung=2 due 21:00",
            "escalated A 23:00 seen 23:30 to=boss rung=3 due 21:00"])

    def test_left_in_the_largest_unit(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(desk.run("09:00 o A", "10:20 p A")[1], "paused A 10:20 left=520 minutes")
        self.assertEqual(desk.show()["left"], "520 minutes")
        self.assertNotIn("due", desk.show())

    def test_left_in_working_time(self) -> None:
        desk = Desk(due=Span(1, "working day"), rungs=())
        self.assertEqual(desk.run("09:00 o A", "14:47 p A")[1], "paused A 14:47 left=193 working minutes")

    def test_resume_without_pause(self) -> None:
        self.assertEqual(len(Desk(rungs=()).run("09:00 o A", "10:00 r A", "11:00 R A")), 1)

    def test_pausing_twice_is_pausing_once(self) -> None:
        self.assertEqual(Desk(rungs=()).run("09:00 o A", "10:00 p A", "11:00 p A", "12:00 r A", "13:00 r A"), [
            "opened A 09:00 due 19:00", "paused A 10:00 left=9 hours", "resumed A 12:00 due 21:00"])

    def test_two_reasons(self) -> None:
        self.assertEqual(Desk(rungs=()).run("09:00 o A", "10:00 p A", "11:00 P A", "12:00 r A", "13:00 R A"), [
            "opened A 09:00 due 19:00", "paused A 10:00 left=9 hours", "resumed A 13:00 due 22:00"])

    def test_a_paused_duty_does_not_breach(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(len(desk.run("09:00 o A", "10:00 p A", until="20 00:00")), 2)
        self.assertEqual(desk.show()["state"], "paused")

    def test_fulfilled_while_paused(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(desk.run("09:00 o A", "10:00 p A", "23:00 f A")[2], "fulfilled A 23:00")
        self.assertNotIn("due", desk.show())

    def test_the_ladder_after_due_stands_still(self) -> None:
        rungs = (Rung(Span(2, "hour"), "to", "boss"),)
        self.assertEqual(Desk(rungs=rungs).run("09:00 o A", "20:00 p A", "22:00 r A", until="23:30"), [
            "opened A 09:00 due 19:00", "breached A 19:00 seen 20:00 due 19:00", "paused A 20:00 left=0 hours",
            "resumed A 22:00 due 19:00", "escalated A 23:00 seen 23:30 to=boss rung=1 due 19:00"])

    def test_a_pause_at_the_deadline_is_too_late(self) -> None:
        self.assertEqual(Desk(rungs=()).run("09:00 o A", "19:00 p A", until="20:00")[1:], [
            "paused A 19:00 left=0 hours", "breached A 19:00 seen 20:00 due 19:00"])

    def test_a_pause_in_closed_time_moves_nothing(self) -> None:
        desk = Desk(due=Span(10, "working hour"), rungs=())
        self.assertEqual(desk.run("09:00 o A", "18:00 p A", "03 09:00 r A"), [
            "opened A 09:00 due 03 11:00", "paused A 18:00 left=2 working hours", "resumed A 03 09:00 due 03 11:00"])

    def test_due_is_not_before_the_unpaused_deadline(self) -> None:
        # Monday 12:20 + 1 working day is Tuesday 13:00; the eight hours are used up at 12:00.
        desk = Desk(due=Span(1, "working day"), rungs=())
        self.assertEqual(desk.run("12:20 o A", "03 12:10 p A", "03 12:50 r A"), [
            "opened A 12:20 due 03 13:00", "paused A 03 12:10 left=0 working hours", "resumed A 03 12:50 due 03 13:00"])
        self.assertEqual(Desk(due=Span(1, "working day"), rungs=()).run("12:20 o A", "03 10:00 p A", "03 10:30 r A")[2],
                         "resumed A 03 10:30 due 03 13:30")

    def test_resume_then_pause_at_one_instant(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(desk.run("09:00 o A", "10:00 p A", "10:00 r A")[1:], ["paused A 10:00 left=9 hours"])
        self.assertEqual(desk.show()["state"], "paused")

    def test_fulfilment_before_a_pause_at_one_instant(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(desk.run("09:00 o A", "10:00 p A", "10:00 f A")[2], "fulfilled A 10:00 due 19:00")


class Ladders(unittest.TestCase):
    def test_shares_of_working_time(self) -> None:
        # Friday 15:00 to Tuesday 15:00: 16 hours, a quarter of them on Monday at 10:00.
        desk = Desk(due=Span(2, "working day"), rungs=(Rung(25, "remind", "desk"), Rung(75, "remind", "lead")))
        self.assertEqual(desk.run("06 15:00 o A", until="10 14:00"), [
            "opened A 06 15:00 due 10 15:00", "reminded A 09 10:00 seen 10 14:00 to=desk rung=1 due 10 15:00",
            "reminded A 10 10:00 seen 10 14:00 to=lead rung=2 due 10 15:00"])

    def test_a_share_rounds_up_to_the_millisecond(self) -> None:
        desk = Desk(due=Span(7, "millisecond"), rungs=(Rung(50, "remind", "desk"),))
        desk.run("09:00 o A", until="09:01")
        self.assertEqual(desk.oracle.effects[1]["time"], "2026-03-02T09:00:00.004+08:00")

    def test_working_rungs_after_an_elapsed_deadline(self) -> None:
        # Due on Friday at 19:00; working time goes on on Monday.
        rungs = (Rung(Span(2, "working hour"), "to", "lead"), Rung(Span(1, "working day"), "to", "boss"),
                 Rung(Span(1, "day"), "to", "chief"))
        self.assertEqual(Desk(rungs=rungs).run("06 09:00 o A", until="20 00:00")[2:], [
            "escalated A 07 19:00 seen 20 00:00 to=chief rung=3 due 06 19:00",
            "escalated A 09 11:00 seen 20 00:00 to=lead rung=1 due 06 19:00",
            "escalated A 10 09:00 seen 20 00:00 to=boss rung=2 due 06 19:00"])

    def test_an_ended_duty_climbs_no_more(self) -> None:
        self.assertEqual(Desk().run("09:00 o A", "20:00 f A", until="20 00:00")[-1],
                         "fulfilled A 20:00 due 19:00 late")


class Late(unittest.TestCase):
    def test_in_time_but_told_after_the_breach(self) -> None:
        desk = Desk()
        got = desk.run("09:00 o A", "21:30 x B", "15:00 f A", until="23:00")
        self.assertEqual(got[-2:], [
            "fulfilled A 15:00 seen 21:30 due 19:00 reported_late",
            "corrected A 15:00 seen 21:30 was(breached due 19:00 at 19:00)"
            " is(fulfilled due 19:00 at 15:00) to=lead,boss"])
        self.assertTrue(desk.show()["reported_late"])

    def test_in_time_and_told_before_the_breach(self) -> None:
        self.assertEqual(Desk(rungs=()).run("09:00 o A", "18:00 x B", "15:00 f A", until="23:00"), [
            "opened A 09:00 due 19:00", "fulfilled A 15:00 seen 18:00 due 19:00"])

    def test_late_and_told_later(self) -> None:
        self.assertEqual(Desk(rungs=()).run("09:00 o A", "22:00 x B", "20:00 f A")[2],
                         "fulfilled A 20:00 seen 22:00 due 19:00 late")

    def test_the_deadline_told_after_its_tick(self) -> None:
        desk = Desk(rungs=())
        desk.run("09:00 o A", until="19:00")
        self.assertEqual(desk.run("19:00 f A"), [
            "fulfilled A 19:00 due 19:00 reported_late",
            "corrected A 19:00 was(breached due 19:00 at 19:00) is(fulfilled due 19:00 at 19:00) to="])

    def test_a_pause_at_the_deadline_after_its_tick(self) -> None:
        desk = Desk(rungs=())
        desk.run("09:00 o A", until="19:00")
        self.assertEqual(desk.run("19:00 p A"), ["paused A 19:00 left=0 hours"])
        self.assertEqual((desk.show()["state"], desk.show()["round"]), ("breached", 1))

    def test_waived_in_time_told_after_the_breach(self) -> None:
        self.assertEqual(Desk(rungs=()).run("09:00 o A", "20:00 x B", "18:00 w A")[2:], [
            "waived A 18:00 seen 20:00",
            "corrected A 18:00 seen 20:00 was(breached due 19:00 at 19:00) is(waived due 19:00 at 18:00) to="])

    def test_an_earlier_end_of_an_ended_duty(self) -> None:
        desk = Desk()
        got = desk.run("09:00 o A", "19:30 f A", "18:00 f A", "23:00 f A")
        self.assertEqual(got[4:], [
            "fulfilled A 19:30 due 19:00 late",
            "corrected A 18:00 seen 19:30 was(fulfilled late due 19:00 at 19:30)"
            " is(fulfilled due 19:00 at 18:00) to=lead"])
        self.assertTrue(desk.show()["reported_late"])

    def test_a_late_pause_makes_a_late_end_timely(self) -> None:
        got = Desk(rungs=()).run("09:00 o A", "20:00 f A", "10:00 p A", "12:00 r A")
        self.assertEqual(got[2:], [
            "fulfilled A 20:00 due 19:00 late",
            "corrected A 10:00 seen 20:00 was(fulfilled late due 19:00 at 20:00) is(fulfilled due - at 20:00) to="])

    def test_a_late_resume_makes_a_timely_end_late(self) -> None:
        got = Desk(rungs=()).run("09:00 o A", "10:00 p A", "22:00 f A", "11:00 r A")
        self.assertEqual(got[2:], [
            "fulfilled A 22:00",
            "corrected A 11:00 seen 22:00 was(fulfilled due - at 22:00) is(fulfilled late due 20:00 at 22:00) to="])

    def test_what_lies_before_the_start(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(desk.run("08:00 f A", "09:00 o A", "08:30 f A", "08:30 p A", until="10:00"),
                         ["opened A 09:00 due 19:00"])
        self.assertEqual(desk.oracle.unmatched, ["e001"])

    def test_raised_late(self) -> None:
        self.assertEqual(Desk().run("20:00 x B", "09:00 o A", until="23:00"), [
            "opened A 09:00 seen 20:00 due 19:00", "reminded A 14:00 seen 20:00 to=desk rung=1 due 19:00",
            "breached A 19:00 seen 20:00 due 19:00", "escalated A 19:00 seen 20:00 to=lead rung=2 due 19:00",
            "escalated A 21:00 seen 23:00 to=boss rung=3 due 19:00"])

    def test_found_at_the_clock_waits(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(desk.run("19:00 x B", "09:00 o A"), ["opened A 09:00 seen 19:00 due 19:00"])
        self.assertEqual(desk.run("19:01 x C"), ["breached A 19:00 seen 19:01 due 19:00"])

    def test_found_at_an_instant_that_was_ticked_does_not_wait(self) -> None:
        desk = Desk(rungs=())
        desk.run("19:00 x B", until="19:00")
        self.assertEqual(desk.run("09:00 o A"),
                         ["opened A 09:00 seen 19:00 due 19:00", "breached A 19:00 due 19:00"])


class Rounds(unittest.TestCase):
    def test_a_late_pause_takes_the_breach_back(self) -> None:
        desk = Desk()
        got = desk.run("09:00 o A", "20:00 x B", "10:00 p A", "12:00 r A", until="23:30")
        self.assertEqual(got[3:], [
            "escalated A 19:00 seen 20:00 to=lead rung=2 due 19:00", "paused A 10:00 seen 20:00 left=9 hours",
            "corrected A 10:00 seen 20:00 was(breached due 19:00 at 19:00) is(paused due -) to=lead",
            "resumed A 12:00 seen 20:00 due 21:00", "breached A 21:00 seen 23:30 due 21:00 round=2",
            "escalated A 21:00 seen 23:30 to=lead rung=2 due 21:00 round=2",
            "escalated A 23:00 seen 23:30 to=boss rung=3 due 21:00 round=2"])
        self.assertEqual(desk.show()["round"], 2)

    def test_resume_first_then_pause(self) -> None:
        got = Desk(rungs=()).run("09:00 o A", "20:00 x B", "12:00 r A", "10:00 p A")
        self.assertEqual(got[2:], [
            "paused A 10:00 seen 20:00 left=9 hours",
            "corrected A 10:00 seen 20:00 was(breached due 19:00 at 19:00) is(open due 21:00) to="])

    def test_moved_but_still_before_the_clock(self) -> None:
        desk = Desk()
        got = desk.run("09:00 o A", "22:00 x B", "12:00 r A", "10:30 p A", "20:00 f A", until="23:50")
        self.assertEqual(got[4:], [
            "escalated A 21:00 seen 22:00 to=boss rung=3 due 19:00",
            "paused A 10:30 seen 22:00 left=510 minutes",
            "fulfilled A 20:00 seen 22:00 due 20:30 reported_late",
            "corrected A 20:00 seen 22:00 was(breached due 20:30 at 20:30) is(fulfilled due 20:30 at 20:00)"
            " to=lead,boss"])
        self.assertEqual(desk.show()["round"], 1)

    def test_moved_to_the_very_clock(self) -> None:
        desk = Desk(rungs=())
        got = desk.run("09:00 o A", "20:00 x B", "11:00 r A", "10:00 p A", "20:00 x C", "20:01 x D")
        self.assertEqual(got[1:], [
            "breached A 19:00 seen 20:00 due 19:00", "paused A 10:00 seen 20:00 left=9 hours",
            "corrected A 10:00 seen 20:00 was(breached due 19:00 at 19:00) is(open due 20:00) to=",
            "breached A 20:00 seen 20:01 due 20:00 round=2"])

    def test_a_reminder_does_not_come_twice(self) -> None:
        got = Desk().run("09:00 o A", "15:00 x B", "12:00 r A", "10:00 p A", until="18:00")
        self.assertEqual(got[1:], ["reminded A 14:00 seen 15:00 to=desk rung=1 due 19:00",
                                   "paused A 10:00 seen 15:00 left=9 hours"])

    def test_a_late_resume_finds_timers(self) -> None:
        got = Desk().run("09:00 o A", "10:00 p A", "22:30 x B", "11:00 r A")
        self.assertEqual(got[2:], [
            "resumed A 11:00 seen 22:30 due 20:00", "reminded A 15:00 seen 22:30 to=desk rung=1 due 20:00",
            "breached A 20:00 seen 22:30 due 20:00", "escalated A 20:00 seen 22:30 to=lead rung=2 due 20:00",
            "escalated A 22:00 seen 22:30 to=boss rung=3 due 20:00"])

    def test_two_rounds_taken_back(self) -> None:
        desk = Desk(rungs=(Rung("due", "to", "lead"),))
        got = desk.run("09:00 o A", "20:00 x B", "12:00 r A", "10:00 p A", "22:00 x C", "15:00 R A", "13:00 P A",
                       until="23:30")
        self.assertEqual([line for line in got if line.startswith(("breached", "corrected", "escalated"))], [
            "breached A 19:00 seen 20:00 due 19:00", "escalated A 19:00 seen 20:00 to=lead rung=1 due 19:00",
            "corrected A 10:00 seen 20:00 was(breached due 19:00 at 19:00) is(open due 21:00) to=lead",
            "breached A 21:00 seen 22:00 due 21:00 round=2",
            "escalated A 21:00 seen 22:00 to=lead rung=1 due 21:00 round=2",
            "corrected A 13:00 seen 22:00 was(breached due 21:00 at 21:00) is(open due 23:00) to=lead",
            "breached A 23:00 seen 23:30 due 23:00 round=3",
            "escalated A 23:00 seen 23:30 to=lead rung=1 due 23:00 round=3"])

    def test_a_late_pause_after_due_takes_nothing_back(self) -> None:
        desk = Desk()
        got = desk.run("09:00 o A", "20:30 x B", "20:00 p A", "23:00 r A", until="03 02:00")
        self.assertEqual(got[4:], [
            "paused A 20:00 seen 20:30 left=0 hours", "resumed A 23:00 due 19:00",
            "escalated A 03 00:00 seen 03 02:00 to=boss rung=3 due 19:00"])


class Zones(unittest.TestCase):
    def test_days_and_hours_over_a_gap(self) -> None:
        days = Desk(due=Span(1, "day"), zone=YORK, rungs=(Rung(50, "remind", "desk"),))
        self.assertEqual(days.run("07 02:30 o A", until="08 12:00"), [
            "opened A 07 02:30 due 08 03:00", "reminded A 07 14:15 seen 08 12:00 to=desk rung=1 due 08 03:00",
            "breached A 08 03:00 seen 08 12:00 due 08 03:00"])
        hours = Desk(due=Span(24, "hour"), zone=YORK, rungs=())
        self.assertEqual(hours.run("07 02:30 o A"), ["opened A 07 02:30 due 08 03:30"])

    def test_a_day_of_25_hours(self) -> None:
        desk = Desk(due=Span(1, "day"), zone=ROME, rungs=())
        self.assertEqual(desk.run("2026-10-24 12:00 o A", "2026-10-24 13:00 p A")[1],
                         "paused A 2026-10-24 13:00 left=24 hours")

    def test_months_end(self) -> None:
        desk = Desk(due=Span(1, "month"), rungs=())
        self.assertEqual(desk.run("31 10:00 o A"), ["opened A 31 10:00 due 2026-04-30 10:00"])

    def test_offsets_follow_the_zone(self) -> None:
        desk = Desk(due=Span(1, "day"), zone=ROME, rungs=())
        desk.run("28 12:00 o A", until="29 12:00")
        self.assertEqual(desk.oracle.effects[0]["time"], "2026-03-28T12:00:00+01:00")
        self.assertEqual(desk.oracle.effects[1]["cause"], "duty/d/A@2026-03-29T12:00:00+02:00")

    def test_assumed_past_the_published_year(self) -> None:
        desk = Desk(due=Span(3, "working day"), rungs=())
        desk.run("2026-12-29 10:00 o A", "2026-12-28 10:00 o B")
        self.assertEqual([effect["data"]["assumed"] for effect in desk.oracle.effects], [True, False])


class Schedules(unittest.TestCase):
    WEEKLY = Duty("week", "desk", Span(4, "working hour"), weekly=(0, "10:00"),
                  fulfilled=(Clause("report", None, (("kind", "weekly"),)),))

    def test_catch_up_each_at_its_instant(self) -> None:
        desk = Desk(more=(self.WEEKLY,))
        got = desk.run("10:00 x A", until="17 00:00")
        self.assertEqual([line.replace("2026-03-", "") for line in got], [
            "opened 02T10:00:00+08:00 10:00 seen 17 00:00 due 15:00",
            "breached 02T10:00:00+08:00 15:00 seen 17 00:00 due 15:00",
            "opened 09T10:00:00+08:00 09 10:00 seen 17 00:00 due 09 15:00",
            "breached 09T10:00:00+08:00 09 15:00 seen 17 00:00 due 09 15:00",
            "opened 16T10:00:00+08:00 16 10:00 seen 17 00:00 due 16 15:00",
            "breached 16T10:00:00+08:00 16 15:00 seen 17 00:00 due 16 15:00"])

    def test_from_the_first_clock(self) -> None:
        desk = Desk(more=(self.WEEKLY,))
        self.assertEqual(desk.run("10:01 x A", until="03 00:00"), [])
        first = Desk(more=(self.WEEKLY,))
        self.assertEqual(first.run(until="10:00"), ["opened 2026-03-02T10:00:00+08:00 10:00 due 15:00"])
        self.assertEqual(first.oracle.journal[1:], [
            "clock 2026-03-02T10:00:00+08:00", "remit.duty.opened", "tick 2026-03-02T10:00:00+08:00"])

    def test_a_report_takes_the_oldest_open_one(self) -> None:
        desk = Desk(more=(self.WEEKLY,))
        got = desk.run("09:00 x A", "09 11:00 report other", "09 12:00 report weekly", "09 13:00 report weekly")
        self.assertEqual([line.replace("2026-03-", "") for line in got[-2:]], [
            "fulfilled 02T10:00:00+08:00 09 12:00 due 15:00 late",
            "fulfilled 09T10:00:00+08:00 09 13:00 due 09 15:00"])

    def test_a_report_from_before_the_first_one(self) -> None:
        desk = Desk(more=(self.WEEKLY,))
        self.assertEqual(desk.run("09:00 x A", "11:00 x A", "09:59 report weekly")[1:], [])
        self.assertEqual(len(desk.oracle.unmatched), 1)

    def test_a_schedule_in_a_gap(self) -> None:
        duty = Duty("night", "desk", Span(1, "hour"), weekly=(6, "02:30"), fulfilled=(Clause("report"),))
        desk = Desk(more=(duty,), zone=YORK)
        got = desk.run("07 00:00 x A", until="08 04:00")
        self.assertEqual(got, ["opened 2026-03-08T03:00:00-04:00 08 03:00 seen 08 04:00 due 08 04:00",
                               "breached 2026-03-08T03:00:00-04:00 08 04:00 due 08 04:00"])

    def test_schedules_before_duties(self) -> None:
        duty = Duty("week", "desk", Span(1, "hour"), weekly=(0, "19:00"), fulfilled=(Clause("report"),))
        got = Desk(rungs=(), more=(duty,)).run("09:00 o A", until="19:00")
        self.assertEqual([line.split()[0] for line in got], ["opened", "opened", "breached"])


class Input(unittest.TestCase):
    def test_leaves(self) -> None:
        desk = Desk(rungs=())
        first = desk.line("09:00 o A same")
        desk.run(first, first, desk.line("09:00 o B same"), desk.line("09:00 o B same"), "!not json", "08:00 x C",
                 desk.line("09:30 zz D"), until="10:00")
        clock = "2026-03-02T{}:00:00+08:00"
        self.assertEqual(desk.oracle.journal, [
            "genesis", "clock " + clock.format("09"), "event same", "remit.duty.opened", "reject conflict",
            "remit.event.rejected", "reject malformed", "remit.event.rejected", "event e005", "reject schema",
            "remit.event.rejected", "clock " + clock.format("10"), "tick " + clock.format("10")])
        self.assertEqual(desk.oracle.repeats, 2)

    def test_ticks_repeat_by_their_instant(self) -> None:
        desk = Desk()
        desk.run(until="10:00")
        leaves = desk.oracle.leaves
        desk.run(until="10:00")
        desk.run(until="09:00")
        self.assertEqual(desk.oracle.leaves, leaves)
        desk.run("12:00 x A")
        desk.run(until="11:00")
        self.assertEqual(desk.oracle.journal[-1], "tick 2026-03-02T11:00:00+08:00")

    def test_thirty_days_late(self) -> None:
        desk = Desk()
        self.assertEqual(desk.run("2026-04-10 09:00 x A", "11 09:00 x B"), [])
        self.assertEqual(desk.run("11 08:59 x C lost"),
                         ["rejected 11 08:59 seen 2026-04-10 09:00 reason=late id=lost"])
        self.assertEqual(desk.run(desk.line("2026-04-10 09:00 x C lost")), [])

    def test_a_mended_event_is_welcome(self) -> None:
        desk = Desk(rungs=())
        self.assertEqual(desk.run(desk.line("09:00 zz A e"), desk.line("09:00 zz A e"), desk.line("09:00 o A e")),
                         ["rejected 09:00 reason=schema field=type id=e", "opened A 09:00 due 19:00"])

    def test_equal_content(self) -> None:
        desk = Desk(rungs=())
        line = ('{"id":"1","source":"/t","specversion":"1.0","type":"o","time":"2026-03-02T01:00:00.0000Z",'
                '"data":{"k":"A"}}')
        other = ('{ "data" : {"k":"\\u0041"}, "time":"2026-03-02T01:00:00+00:00","type":"o","specversion":"1.0",'
                 '"source":"/t","id":"1"}')
        self.assertEqual(len(desk.run(line, other)), 1)
        self.assertEqual(desk.oracle.repeats, 1)

    def test_milliseconds(self) -> None:
        desk = Desk(rungs=())
        line = ('{"id":"1","source":"/t","specversion":"1.0","type":"o","time":"2026-03-02T01:00:00.0001Z",'
                '"data":{"k":"A"}}')
        desk.run(line)
        self.assertEqual(desk.oracle.effects[0]["time"], "2026-03-02T09:00:00.001+08:00")

    def test_not_after(self) -> None:
        desk = Desk()
        desk.oracle.run([desk.line("09:00 x A"), desk.line("12:00 o B far")], at("13:00"), at("11:59"))
        self.assertEqual([tell(effect) for effect in desk.oracle.effects],
                         ["rejected 12:00 seen 09:00 reason=future id=far"])

    def test_faults(self) -> None:
        desk = Desk()
        good = json.loads(desk.line("09:00 x A id"))
        for change, reason, field in (
                ({"time": None}, "malformed", "time"), ({"time": "2026-03-02T09:00:00"}, "malformed", "time"),
                ({"id": 7}, "malformed", "id"), ({"specversion": "0.3"}, "malformed", "specversion"),
                ({"Ext": "a"}, "malformed", "Ext"), ({"type": "nobody.knows"}, "schema", "type"),
                ({"data": {}}, "schema", "k"), ({"data": {"k": 5}}, "schema", "k"),
                ({"data": {"k": "A", "kk": "B"}}, "schema", "kk")):
            with self.assertRaises(ce.Fault) as caught:
                ce.read(json.dumps({**good, **change}), desk.oracle.policy.events)
            self.assertEqual((caught.exception.reason, caught.exception.field), (reason, field))

    def test_published_lines(self) -> None:
        path = wt.DATA / "cloudevents" / "written.jsonl"
        if not path.exists():
            self.skipTest("../shared/data is absent")
        for text in path.read_text(encoding="utf-8").strip("\n").split("\n"):
            case = json.loads(text)
            try:
                ce.read_envelope(case["line"])
                got = "accept"
            except ce.Fault:
                got = "reject"
            self.assertIn(case["expect"], ("either", got), case["name"])


class OrderInOneEvent(unittest.TestCase):
    def test_acts_then_raising_by_text_order(self) -> None:
        fields = [ce.Field("k", "id")]
        rungs: tuple[Rung, ...] = ()
        first = Duty("first", "desk", Span(1, "hour"), on="a", key=("k",), fulfilled=(Clause("b"),), rungs=rungs)
        second = Duty("second", "desk", Span(1, "hour"), on="b", key=("k",), fulfilled=(Clause("a"),), rungs=rungs)
        both = Duty("both", "desk", Span(1, "hour"), on="b", key=("k",), fulfilled=(Clause("b"),), rungs=rungs)
        oracle = Oracle(Policy("T", "1", SHANGHAI, {"a": fields, "b": fields}, [first, second, both]))
        desk = Desk()
        oracle.run([desk.line("09:00 a A"), desk.line("09:10 b A"), desk.line("09:20 a A"), desk.line("09:30 b A")])
        self.assertEqual([effect["subject"].split("/")[1] + " " + tell(effect).split()[0]
                          for effect in oracle.effects],
                         ["first opened", "first fulfilled", "second opened", "both opened", "second fulfilled",
                          "both fulfilled"])

    def test_an_event_that_resumes_one_and_pauses_the_other(self) -> None:
        fields = [ce.Field("k", "id")]
        duty = Duty("d", "desk", Span(10, "hour"), on="o", key=("k",), fulfilled=(Clause("f"),),
                    pauses=(Pause(Clause("p"), Clause("m")), Pause(Clause("m"), Clause("r"))))
        oracle = Oracle(Policy("T", "1", SHANGHAI, {name: fields for name in "ofpmr"}, [duty]))
        desk = Desk()
        oracle.run([desk.line(text) for text in ("09:00 o A", "10:00 p A", "11:00 m A", "12:00 r A")])
        self.assertEqual([tell(effect) for effect in oracle.effects[1:]], [
            "paused A 10:00 left=9 hours", "resumed A 11:00 due 20:00", "paused A 11:00 left=9 hours",
            "resumed A 12:00 due 21:00"])


class Laws(unittest.TestCase):
    """Of the oracle over random cases; a failure names the seed."""

    CASES = 80

    def test_the_order_of_arrival_does_not_matter(self) -> None:
        for seed in range(self.CASES):
            case = streams.make_lawful(seed)
            states = []
            for parts in case.variants.values():
                oracle = streams.follow(case, parts)
                states.append(oracle.state())
            for name, state in zip(case.variants, states):
                self.assertEqual(state, states[0], f"seed {seed}, {name}")

    def test_a_second_run_changes_nothing(self) -> None:
        for seed in range(self.CASES):
            case = streams.make_wild(seed)
            oracle = streams.follow(case, case.parts)
            leaves, repeats = oracle.leaves, oracle.repeats
            for part in case.parts:
                oracle.run(part.lines, part.until, part.not_after)
            self.assertEqual(oracle.leaves, leaves, f"seed {seed}")
            ticks = sum(part.until is not None for part in case.parts)
            lines = sum(len(part.lines) for part in case.parts)
            self.assertEqual(oracle.repeats - repeats, lines + ticks, f"seed {seed}")

    def test_effects_are_told_once_and_in_order(self) -> None:
        for seed in range(self.CASES):
            case = streams.make_wild(seed)
            oracle = streams.follow(case, case.parts)
            ids = [int(effect["id"]) for effect in oracle.effects]
            self.assertEqual(ids, sorted(set(ids)), f"seed {seed}")
            fired: set[tuple[Any, ...]] = set()
            ended: set[str] = set()
            for effect in oracle.effects:
                kind, subject = effect["type"], effect["subject"]
                if kind in ("remit.duty.reminded", "remit.duty.escalated"):
                    mark = (subject, effect["data"]["rung"], effect["data"].get("round", 1))
                    self.assertNotIn(mark, fired, f"seed {seed}")
                    fired.add(mark)
                if kind == "remit.duty.corrected" and effect["data"]["is"]["state"] not in ("fulfilled", "waived"):
                    ended.discard(subject)  # of a prohibition: a late pause moved its end, or a late violation came
                found_late = kind == "remit.duty.breached" and "violation" in effect["data"]
                if kind not in ("remit.event.rejected", "remit.duty.corrected") and not found_late:
                    self.assertNotIn(subject, ended, f"seed {seed}: {effect.text()}")
                if kind in ("remit.duty.fulfilled", "remit.duty.waived"):
                    ended.add(subject)

    def test_a_seed_gives_one_case(self) -> None:
        random.seed()
        for seed in (1, 2, 3):
            one, two = streams.make_wild(seed), streams.make_wild(seed)
            self.assertEqual((one.text, one.parts), (two.text, two.parts))


class Harness(unittest.TestCase):
    """run_oracle.py against a stand-in for the program: right, and with one flaw at a time."""

    def judge(self, flaw: str, *words: str) -> tuple[int, str]:
        out = io.StringIO()
        program = str(Path(__file__).with_name("stand_in.py"))
        with mock.patch.dict("os.environ", REMIT_FLAW=flaw), redirect_stdout(out):
            code = run_oracle.main(["--remit", program, "--cases", "1", *words])
        return code, out.getvalue()

    def test_it_passes_what_is_right(self) -> None:
        for kind in ("wild", "lawful"):
            self.assertEqual(self.judge("", "--kind", kind), (0, "1 passed, 0 failed\n"))

    def test_it_finds_each_flaw(self) -> None:
        for flaw, kind, word in (("lost", "wild", "effect line"), ("spaced", "wild", "white space"),
                                 ("duties", "wild", "show duties"), ("batch", "wild", "--batch 1: other digest"),
                                 ("again", "wild", "second run"), ("state", "lawful", "digest --state")):
            code, out = self.judge(flaw, "--kind", kind)
            self.assertEqual((code, out.splitlines()[-1]), (1, "0 passed, 1 failed"), flaw)
            self.assertIn(word, out, flaw)

    def test_it_skips_without_the_program(self) -> None:
        for words in (["--remit", "/nonexistent/remit"], ["--remit", str(Path(__file__).with_name("stand_in.py"))]):
            with mock.patch.dict("os.environ", REMIT_FLAW="bare"), redirect_stdout(io.StringIO()) as out:
                self.assertEqual(run_oracle.main(words), 0)
            self.assertEqual(out.getvalue().splitlines()[-1], "0 passed, 0 failed, 1 skipped")


if __name__ == "__main__":
    unittest.main()
