/* What the targets and laws of bundles share: policies that have everything in them, compiled, and
 * a bundle of any bytes taken, printed, written again and run on a few events in memory. */
#ifndef REMIT_TESTS_BUNDLE_RUN_H
#define REMIT_TESTS_BUNDLE_RUN_H

#include <stdio.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/civil.h"
#include "engine/base/sha256.h"
#include "engine/code/verify.h"
#include "engine/run/engine.h"
#include "engine/run/policy.h"

__attribute__((unused)) static const char *const bundle_policies[] = {
    "policy \"All\" version \"1\" { zone \"Asia/Shanghai\" calendar plain.office currency CNY }\n"
    "use std.calendar.plain\n"
    "role director \"总监\"\nteam desk \"前台\" under director { role lead role agent }\n"
    "event a.b { k: id  n: integer 0..9  x: number  p: percent  m: money  f: flag = no  t: text?\n"
    "  e: one of air, land, sea  d: date  w: time  i: instant  h: duration in working hours\n"
    "  who: party  o: integer? }\n"
    "event a.c { k: id  n: number  m: money?  t: text  f: flag  p: percent  d: date  i: instant }\n"
    "event a.z { k: id  m: money }\n"
    "table route(e, n: integer 0..9, m: money, t: text?) first -> who: party, within: working "
    "duration, fee: money {\n"
    "  air | -      | -         | absent => director,  2 working hours, 5 CNY\n"
    "  -   | 3..5   | > 100 CNY | -      => desk.lead, 1 working day,   (m / 4)\n"
    "  -   | not 7  | -         | \"x\"  => desk,      3 working hours, (m + 1.50 CNY)\n"
    "  -   | -      | -         | -      => desk,      1 working day,   m\n"
    "}\n"
    "rule say on a.b as q where q.n >= 2 and not (q.f and q.e = sea) or q.who = director {\n"
    "  let r = route(q.e, q.n, q.m, q.t)\n"
    "  emit a.c { k: q.k  n: q.x * 2 + q.n - (q.o else 0.5)  m: r.fee * q.p  t: q.k + \" \" + q.h\n"
    "    f: q.x < q.n or q.m = r.fee or q.w > 09:00  p: 100% - q.p  d: q.d + 2 working days\n"
    "    i: q.i - q.h }\n"
    "  notify r.who, desk.lead \"look at \" + q.k + (q.t else \"-\")\n"
    "  oblige check(q.k, q.n)\n"
    "}\n"
    "duty check(k: id, n: integer) { owed by desk  due within 2 days  fulfilled by remit.reported "
    "}\n"
    "duty answer on a.b as q where q.n < 8 {\n"
    "  let r = route(q.e, q.n, q.m, q.t)\n"
    "  owed by r.who\n  owed to q.who\n  due within r.within\n"
    "  fulfilled by a.c where it.k = q.k and it.n >= q.x\n"
    "  fulfilled by a.z where it.m = q.m\n"
    "  waived by a.z where it.k = q.k\n"
    "  paused from a.c where it.k = q.k until a.z where it.k = q.k\n"
    "  again\n"
    "  escalate { at 50% remind r.who  1 working hour before due remind desk  at due to director\n"
    "    after 30 minutes to desk.lead, q.who  after q.h to director }\n"
    "  when breached { emit a.z { k: q.k  m: q.m } notify director \"late \" + q.k }\n"
    "  when fulfilled { notify q.who }\n"
    "}\n"
    "duty weekly every monday at 10:00 { owed by desk  due within 4 working hours\n"
    "  fulfilled by a.z where it.m > 3 CNY since 3 days before }\n"
    "duty monthly every month on day 31 at 10:00 { owed by director  due within 1 month\n"
    "  fulfilled by remit.reported }\n",
    "policy \"State\" version \"1\" { zone \"UTC\" currency CNY }\n"
    "role r\nteam t { role lead }\n"
    "entity thing { key k: id  key n: integer  count: integer 0..9 = 0  cost: money  of: text?\n"
    "  kind: one of air, land = air  who: party = r  since: date?  flag: flag = no }\n"
    "event e { k: id  n: integer  m: money  t: text? }\nevent f { k: id }\n"
    "define count_of(k: id, n: integer) -> integer = thing(k, n).count else 0\n"
    "rule make on e as x where thing(x.k, x.n) is absent {\n"
    "  set thing(x.k, x.n) { cost: x.m  of: x.t  count: thing(x.k, x.n).count + 1 }  emit f { k: "
    "x.k } }\n"
    "rule count on e as x where thing(x.k, x.n) is present and count_of(x.k, x.n) < 9 {\n"
    "  set thing(x.k, x.n).cost = thing(x.k, x.n).cost + x.m  set thing(x.k, x.n).kind = land }\n"
    "rule drop on e as x where x.n > 3 and (thing(x.k, 1).flag else yes) { delete thing(x.k, 1) }\n"
    "duty look on f as x {\n  let p = thing(x.k, 1)\n  owed by p.who else t.lead\n  due within 1 "
    "hour\n"
    "  fulfilled by e where it.k = x.k and p is present and it.n = (thing(it.k, 1).count else 2)\n"
    "  when breached { set thing(x.k, 1) { cost: p.cost else 1 CNY  since: 2026-03-02 } } }\n"
    "rule all on e as x where count(thing where it.n = x.n) > 0 and any(t.members where it = r) = "
    "no {\n"
    "  let m = x.m\n  for each p in thing where p.count < 9 and all(thing where it.cost >= p.cost) "
    "{\n"
    "    set thing(p.k, p.n).since = 2026-03-03\n"
    "    for each w in t.members { notify w \"\" + p.k + (max(thing.cost) else m) + sum(thing, "
    "it.cost + m where it.flag) }\n"
    "    notify r \"\" + (x.k in (\"a\", p.k)) } }\n"
    "kpi seen { measure count(e where (thing(it.k, it.n).count else 0) > 0) over 1 day  warning "
    "above 1\n"
    "  when warning { set thing(\"w\", 0).cost = 1 CNY } }\n",
    "policy \"Times\" version \"2\" { zone \"Europe/Amsterdam\" }\n"
    "role r\n"
    "event e { k: id  a: date  b: date  c: instant  d: instant  n: integer  h: duration in hours\n"
    "  g: duration in days  p: percent?  who: party  m: money USD }\n"
    "event o { k: id  a: date  b: instant  c: duration in hours  d: duration in days  e: number\n"
    "  f: duration in hours  g: instant  h: date  m: money USD  l: flag }\n"
    "rule t on e as q where q.p is not absent {\n"
    "  emit o { k: q.k  a: q.a + 1 month  b: q.c - 3 days  c: q.d - q.c  d: q.b - q.a\n"
    "    e: q.n / 8 - q.n * (q.p else 5%)  f: q.h * q.n - 5 minutes + q.h  g: q.time + q.h\n"
    "    h: q.a - q.g  m: (q.m - 1 USD) * 3 + q.m / 2  l: q.a <= q.b and q.k != q.id or q.n = 1 }\n"
    "}\n"
    "duty d on e as q { key (q.k, q.n)  owed by q.who  due by q.c\n"
    "  fulfilled by o where it.k = q.k  cancelled by e where it.n = q.n\n"
    "  escalate { 1 hour before due remind r  at due to q.who } }\n",
    "policy \"Consent\" version \"3\" { zone \"Asia/Shanghai\" calendar plain.office currency CNY "
    "}\n"
    "use std.calendar.plain\n"
    "role director\nteam desk under director { role lead role agent }\n"
    "team shop under director { role lead votes lead }\n"
    "event ask { k: id  n: integer 1..9  m: money  who: party?  with: party }\n"
    "event stop { k: id }\n"
    "event done { k: id  n: number }\n"
    "event paid { e: one of air, sea  m: money?  n: number  f: flag = no }\n"
    "event back { e: one of air, sea  m: money  n: number }\n"
    "event alarm { e: one of air, sea }\n"
    "approval ok on ask as q {\n"
    "  requires { desk.lead  2 of director, shop, q.with, desk.members when q.m > 5 CNY\n"
    "    one of desk, shop.lead when q.n >= 3 and q.who is not absent }\n"
    "  excluding q.who, shop.lead\n  each within 2 working hours\n  again\n"
    "  withdrawn by stop where it.k = q.k\n"
    "  when granted { emit done { k: q.k  n: 10 / (q.n - 5) } ask second(q.n, q.with) }\n"
    "  when refused { notify q.with \"no \" + q.k }\n"
    "  when lapsed { escalate to director, desk.lead }\n"
    "  when withdrawn { oblige look(q.k) }\n"
    "  when unattainable { notify director }\n"
    "}\n"
    "approval second(n: integer, p: party) { requires { all of p, director }  excluding desk\n"
    "  when granted { notify p } when lapsed { escalate to p } }\n"
    "deputy of desk.lead is director\ndesk may add signers to, return ok\n"
    "approval third(e: one of air, sea) { key (e)  requires { stage a { 60% of desk.members }\n"
    "  stage b when e = air { each within 2 hours  3 points of director 2, desk.members 1 } }\n"
    "  refused by majority  again\n"
    "  each within 1 day  when granted { notify director } when unattainable { notify desk } }\n"
    "duty look(k: id) { owed by desk  due within 3 hours  fulfilled by remit.reported }\n"
    "duty dig(e: one of air, sea) { owed by shop  due within 1 day  fulfilled by done where it.n > "
    "1 }\n"
    "kpi rate by e { measure sum(back.m) / sum(paid.m where it.n > 1) over 2 days\n"
    "  at least 2 samples  empty: clear\n"
    "  warning above 5% for 1 hour, clear below 4% for 30 minutes\n  critical at least 50%\n"
    "  when warning { oblige dig(e) emit alarm { e: e } ask third(e) }\n"
    "  when critical { notify director \"now \" + value } when cleared { notify desk.lead } }\n"
    "kpi mean { measure average(paid.n) over 90 minutes by 30 minutes  empty: alert\n"
    "  warning below 3  when warning { notify director \"mean \" + value } }\n"
    "kpi least by e { measure min(back.n) over 1 hour  critical at most 2, clear above 4 }\n"
    "kpi daily { measure count(paid where it.f) / count(paid) per day  warning above 20% }\n"
    "kpi top { measure max(paid.m) per week  warning at least 9 CNY for 1 day }\n"
    "kpi alarms { measure count(alarm) over 3 hours  warning at least 1\n"
    "  when warning { notify director } }\n",
    "policy \"Desk\" version \"4\" { zone \"Asia/Shanghai\" calendar plain.office currency CNY\n"
    "  accept events up to 3 days late }\n"
    "use std.calendar.plain\n"
    "role board\n"
    "role director \"Head\" under board\n"
    "team desk under director { role lead role agent }\n"
    "event ask { k: id  n: integer 0..9  e: one of low, mid, high  i: instant\n"
    "  h: duration in hours  who: party }\n"
    "event got { k: id  m: money  e: one of low, mid, high }\n"
    "event stop { k: id  m: money }\n"
    "event alarm { e: one of low, mid, high  n: integer }\n"
    "rule say on ask as q where duty answer(q.k) is not open and approval ok(q.k) is granted or\n"
    "    kpi load(q.e) is warning or kpi total() is not clear or duty weekly(q.i) is breached or\n"
    "    duty look(q.k, q.n) is open or q.n > 3 {\n"
    "  emit got { k: q.k  m: 1.5 CNY * q.n  e: q.e }\n"
    "  emit stop { k: q.k  m: 10 CNY / q.n rounded to 2 places down }\n"
    "  oblige look(q.k, q.n)\n"
    "}\n"
    "duty answer on ask as q {\n"
    "  owed by q.who  due within q.h  again\n"
    "  fulfilled by got where it.k = q.k and (it.actor else director) = owner\n"
    "  waived by remit.waived where it.note is not absent\n"
    "  paused from remit.paused until remit.resumed\n"
    "  escalate { at 20% remind owner every 10 minutes until acknowledged at most 3 times\n"
    "    1 hour before due remind owner.superior  at due to desk.lead every 30 minutes at most 4 "
    "times\n"
    "    after q.h to owner.superior, director.superior every 1 working day until acknowledged }\n"
    "  when breached { notify owner \"late\" oblige look(q.k, q.n) }\n"
    "}\n"
    "duty look(k: id, n: integer) { owed by desk.agent  due by end of working day  again\n"
    "  fulfilled by remit.reported  escalate { at due remind owner every 1 day at most 2 times } "
    "}\n"
    "duty weekly every monday, friday at 10:00 { owed by desk  due by 17:00 fulfilled by "
    "remit.reported }\n"
    "duty daily every day at 02:30 missed latest { owed by desk  due by end of week\n"
    "  fulfilled by stop where it.m > 3 CNY since 3 days before each }\n"
    "duty books every month on working day 5 at 09:00 { owed by director  due by last working day "
    "of month\n"
    "  fulfilled by remit.reported }\n"
    "duty board every quarter on last friday at 09:00 missed none { owed by board  due by end of "
    "quarter\n"
    "  fulfilled by remit.reported }\n"
    "duty second every month on tuesday 2 at 09:00 { owed by board  due by end of day\n"
    "  fulfilled by remit.reported }\n"
    "duty drill every 9 days from 2026-01-05 at 09:00 { owed by director.superior  due within 1 "
    "month\n"
    "  fulfilled by remit.reported }\n"
    "duty renew every 1 month from 2026-01-31 at 00:00 { owed by desk  due by end of year\n"
    "  fulfilled by remit.reported }\n"
    "rule sweep every working day at 18:00 missed latest {\n"
    "  emit alarm { e: high  n: 3 }  oblige tidy  ask again(\"x\", desk)  notify director "
    "\"swept\" }\n"
    "rule friday every last friday at 16:00 { notify desk \"over\"  oblige look(\"f\", 1) }\n"
    "duty tidy { owed by desk  due by last working day of quarter  fulfilled by remit.reported  "
    "again }\n"
    "approval ok on ask as q { requires { q.who  one of desk.lead, director when duty tidy() is "
    "open }\n"
    "  again  when granted { oblige tidy } when unattainable { notify q.who } }\n"
    "approval again(k: id, p: party) { requires { 2 of desk.members, p, director  majority of "
    "desk, p }\n"
    "  refused by 2  resubmit at most 3 times\n"
    "  each within 3 working hours  when lapsed { escalate to p.superior } when unattainable { "
    "notify p } }\n"
    "kpi load by e { measure sum(got.m) / count(got) over 3 hours by 1 hour  warning above 2 CNY "
    "for 30 minutes\n"
    "  when warning { emit alarm { e: e  n: 1 }  oblige dig(e) } }\n"
    "duty dig(e: one of low, mid, high) { owed by director  due within 2 working days\n"
    "  fulfilled by got where it.e = high }\n"
    "kpi total { measure count(ask) per day  warning at least 2  critical at least 3 for 90 "
    "minutes\n"
    "  when cleared { notify desk \"fine\" } }\n"
    "kpi span { measure max(ask.h) over 1 day  critical above 2 hours, clear at most 1 hour for 1 "
    "hour }\n"
    "desk.lead, director may waive, pause, reassign answer\n"
    "owner may acknowledge answer for 2 working hours\n"
    "director may acknowledge answer for 1 hour\n"
    "desk may pause look\n"
    "director may withdraw ok, again\n",
    "policy \"Sums\" version \"5\" { zone \"Asia/Shanghai\" calendar plain.office currency CNY }\n"
    "use std.calendar.plain\n"
    "role director\n"
    "team desk under director { role lead role agent }\n"
    "type grade = one of low, mid, high\n"
    "type grades = list of grade\n"
    "event ask { k: id  n: integer 0..9  x: number  m: money  p: percent  e: one of low, mid, "
    "high\n"
    "  t: text?  d: date  c: date  i: instant  j: instant  h: duration in hours  o: number?\n"
    "  who: party  tags: list of text }\n"
    "event got { k: id  x: number  m: money  e: one of low, mid, high  fees: list of money\n"
    "  all: list of party  es: grades  n: integer  p: percent\n"
    "  h: duration in hours  w: duration in working hours  l: flag }\n"
    "table judge(e, n: integer 0..9) priority -> v: one of high, mid, low {\n"
    "  - | - => low   mid | - => mid   - | 3..5 => high }\n"
    "table either(e, n: integer 0..9) any -> by: party {\n"
    "  low | - => desk   - | < 5 => desk   not low | >= 5 => director }\n"
    "table line(e, m: money) rule order -> fee: money, to: party {\n"
    "  - | - => 1 CNY, desk   high | - => (m * 2%), director   - | > 1 CNY => (m + 1 CNY), "
    "desk.lead }\n"
    "table ranked(e, m: money) output order -> v: one of high, mid, low {\n"
    "  - | - => low   high, mid | - => high   - | > 1 CNY => mid }\n"
    "table fee(e, m: money) collect sum -> fee: money {\n"
    "  - | - => 4 CNY   high | - => (m / 4)   - | > 1 CNY => 6.50 CNY }\n"
    "table marks(e, m: money) collect count -> why: text { high | - => \"h\"   - | > 1 CNY => "
    "\"dear\" }\n"
    "table least(e, m: money) collect min -> m: money? { high | - => (m * 2)   mid | - => 9 CNY }\n"
    "table most(e) collect max -> h: duration in hours { - => 1 hour   high => 3 hours }\n"
    "table fine(d: date, c: date, m: money) by late = d - c, m first -> fine: money {\n"
    "  <= 0 days | - => 0 CNY   (0 days..30 days] | < 5 CNY => 2 CNY   - | - => (m * 2%) }\n"
    "table near(t: text?) unique -> z: number {\n"
    "  starts with \"C\" => 1   absent => 2   not starts with \"C\" => (1 + 2) }\n"
    "define share(x: number) -> number = x * x / 3 rounded to 2 places half even\n"
    "define capped(m: money, n: integer) -> money =\n"
    "  min(2% of m rounded to 2 places half down, abs(m) * n / 7 rounded to 3 places up)\n"
    "rule say on ask as q where q.e in (low, high) and (q.t else \"y\") not in (\"y\", \"z\") or "
    "q.n >= 1 {\n"
    "  let r = line(q.e, q.m)\n"
    "  emit got { k: q.k  x: share(q.x) + near(q.t)  m: capped(q.m, q.n) + fee(q.e, q.m)\n"
    "    e: judge(q.e, q.n)  fees: r.fee  all: r.to  es: ranked(q.e, q.m)\n"
    "    n: (q.m / 3 CNY rounded to 0 places ceiling) + marks(q.e, q.m)\n"
    "    p: q.p rounded to 1 place floor  h: q.h * 1.5 + most(q.e) / 2\n"
    "    w: 50% of worked(q.i, q.j)  l: (least(q.e, q.m) else q.m) > fine(q.d, q.c, q.m) }\n"
    "  notify either(q.e, q.n), q.who.superior \"h \" + (q.h / 1 hour rounded to 1 place half up)\n"
    "}\n"
    "duty both on ask as q from 2026-03-01 until 2026-03-02 { owed by q.who  due within q.h  "
    "again\n"
    "  fulfilled by all of { got where it.k = q.k  ask where it.k = q.k and it.n >= q.n } }\n"
    "duty some on ask as q until 2026-03-31 { owed by desk  due within 2 days\n"
    "  fulfilled by 2 of got where it.m > 1 CNY }\n"
    "rule sale every day at 10:00 from 2026-03-03 until 2026-03-05 { notify desk \"sale\" }\n"
    "kpi season by e { measure sum(got.m) / count(got) per quarter  warning at least 3 CNY for 1 "
    "hour }\n"
    "kpi term { measure average(ask.x) per year  critical below 1 for 2 hours }\n",
    /* clocks of one's own, modules, patterns */
    "policy \"Clocks\" version \"1\" { zone \"Asia/Shanghai\" calendar plain.office }\n"
    "use std.calendar.plain\nuse std.calendar.de\nuse night\n"
    "module night { calendar shift { zone \"America/New_York\" sunday to thursday 22:00..06:00 } "
    "}\n"
    "role chief\nteam here under chief { role lead }\n"
    "team there under chief { calendar de.office role lead }\n"
    "team far under chief { zone \"Australia/Lord_Howe\" calendar plain.six_days role lead }\n"
    "event ask { k: id  who: party  i: instant  j: instant }\nevent got { k: id }\n"
    "duty answer on ask as q { owed by q.who  due within 3 working hours  fulfilled by got since 1 "
    "day before\n"
    "  escalate { after 2 working hours to chief } }\n"
    "duty own on ask as q { zone \"Europe/Berlin\" calendar night.shift owed by here\n"
    "  due by last working day of week  fulfilled by got }\n"
    "duty daily every working day at 02:30 { calendar de.office owed by far.lead  due by 17:00\n"
    "  fulfilled by remit.reported }\n"
    "approval vote on ask as q { calendar night.shift requires { chief } each within 1 working "
    "day\n"
    "  when unattainable { notify chief } }\n"
    "rule say on ask as q { calendar de.office\n"
    "  notify chief \"w \" + worked(q.i, q.j) + \" \" + (q.i + 2 working days) }\n"
    "rule month every month on last working day at 09:00 { calendar night.shift notify chief }\n"
    "kpi per_day { zone \"America/New_York\" measure count(ask) per day  warning above 1 for 2 "
    "days "
    "}\n"
    "pattern told(of: event, key: id field of of, span: duration) {\n"
    "  event missed { m: id }\n"
    "  duty tell on of as o { key (o.key) owed by chief due within span fulfilled by "
    "remit.reported\n"
    "    when breached { emit missed { m: o.key } } } }\n"
    "use told with { of: ask  key: k  span: 2 hours } as soon\n"
    "use told with { of: got  key: k  span: 2 days } as later\n"
    "rule both on soon.missed as m { oblige again(m.m) }\n"
    "duty again(m: id) { owed by there.lead  due within 1 working day  fulfilled by later.missed "
    "}\n",
    /* records */
    "policy \"Boxes\" version \"1\" { zone \"UTC\" currency CNY }\n"
    "role desk\n"
    "type part { code: id  n: integer 1..  cost: money?  tags: list of text = [\"x\"] }\n"
    "type box { label: text  e: one of a, b = b  main: part  more: list of part = [] }\n"
    "event boxed { k: id  box: box  parts: list of part  other: box? }\n"
    "event packed { k: id  first: part  box: box = box { label: \"l\" main: part { code: \"c\" n: "
    "1 } } }\n"
    "entity shelf { key k: id  box: box  parts: list of part = []  n: integer = 0 }\n"
    "define worth(parts: list of part) -> money = sum(p in parts, (p.cost else 0 CNY) * p.n)\n"
    "define twice(p: part) -> part = part { code: p.code  n: p.n * 2  tags: [\"y\", p.code] }\n"
    "table best(tags: list of text) by rare = tags contains \"y\" unique -> part: part {\n"
    "  yes => part { code: \"r\" n: 3 }   no => part { code: \"s\" n: 4 cost: 2 CNY } }\n"
    "rule pack on boxed as b where b.box.main.n > 1 or b.parts = b.box.more or b.box != (b.other "
    "else b.box) {\n"
    "  set shelf(b.k) { box: b.box  parts: b.box.more  n: count(b.parts where it = b.box.main) }\n"
    "  emit packed { k: b.k  first: twice(part { code: b.k  n: 2  cost: worth(b.parts) }) }\n"
    "  emit packed { k: b.k + \"2\"  first: best(b.box.main.tags)  box: b.box }\n"
    "  for each p in b.parts where p.cost is present { notify desk \"p \" + p.code + p.n } }\n"
    "duty unpack on boxed as b { key (b.box.main.code)  owed by desk  due within 1 day\n"
    "  fulfilled by packed where it.box = b.box and it.first.code = b.box.main.code }\n"};

__attribute__((unused)) static bool bundle_compile(const char *text, Policy *out) {
    Err err = {0};
    policy_init(out, true);
    Status status = policy_add_text(out, S("policy"), str_of(text), &err);
    if (status == OK)
        status = policy_finish(out, &err);
    return status == OK && out->bundle != NULL;
}

/* Values that a field of this type may have, the n-th of several. */
static Value bundle_value(const Bundle *b, const FieldDef *f, uint32_t n, Arena *a) {
    static const char *const texts[] = {"C1", "x", "", "C2"};
    const TypeDef *type = &f->type;
    Value v = value_of((ValueKind)type->kind, n);
    if (type->optional && n % 3 == 2)
        return value_absent();
    switch ((ValueKind)type->kind) {
    case V_FLAG:
        v.i = n % 2;
        return v;
    case V_MONEY:
        v.n = type->currency;
        break;
    case V_DURATION:
        for (unsigned family = 0; family < FAMILIES; family++)
            if ((type->families >> family & 1) != 0)
                return value_duration((Family)family, n * 3600000);
        return value_duration(FAMILY_ELAPSED, 1);
    case V_DATE:
        v.i = 20500 + n;
        return v;
    case V_TIME:
        v.i = n * 3600000;
        return v;
    case V_INSTANT:
        v.i = 1772413200000 + n * INT64_C(7200000);
        return v;
    case V_TEXT: {
        if (str_eq(f->name, S("duty")) && b->duty_count > 0)
            return value_text(b->duties[n % b->duty_count].name);
        if (str_eq(f->name, S("approval")) && b->approval_count > 0)
            return value_text(b->approvals[n % b->approval_count].name);
        const char *text = texts[n % 4];
        return value_text(type->is_id && *text == '\0' ? S("C1") : str_of(text));
    }
    case V_ENUM:
        v.n = type->members;
        v.i = b->enums[type->members].count == 0 ? 0 : n % b->enums[type->members].count;
        return v;
    case V_PARTY:
        if (b->party_count == 0 || n % 2 == 0 || type->person_only)
            return value_person(S("p-1"));
        v.i = n % b->party_count;
        return v;
    case V_LIST: {
        Value *items = new (a, Value, 2);
        if (items == NULL)
            return value_absent();
        FieldDef one = {.name = f->name, .type = type_of_item(type)};
        bool text = type->item == V_TEXT; /* a key, among others */
        items[0] = text ? value_text(S("C1")) : bundle_value(b, &one, n, a);
        items[1] = text ? value_text(S("3")) : bundle_value(b, &one, n + 1, a);
        return (Value){.items = items, .n = 1 + n % 2, .kind = V_LIST};
    }
    case V_RECORD: {
        const RecordDef *def = &b->records[type->members];
        Value *items = new (a, Value, def->field_count + 1u);
        for (uint32_t i = 0; items != NULL && i < def->field_count; i++)
            items[i] = bundle_value(b, &def->fields[i], n + i, a);
        return items == NULL ? value_absent()
                             : value_record(type->members, items, def->field_count);
    }
    case V_INT:
    case V_DEC:
    case V_PERCENT:
        break;
    case V_ABSENT:
    case V_KINDS:
        return value_absent();
    }
    if (type->bounded) {
        Dec d = n % 2 == 0 ? type->lo : type->hi;
        int64_t whole = 0;
        v.i = type->kind == V_INT && dec_to_i64(d, &whole) == OK ? whole : d.coef;
        v.scale = type->kind == V_INT ? 0 : d.scale;
    }
    return v;
}

/* One event of each type, several times. What an event may be refused for is its own affair; what
 * the engine itself cannot do is not. */
static void bundle_events(const Bundle *b, Engine *e, uint32_t rounds) {
    static const char *const actors[] = {"p-1", "", "p-2", "director", "desk.lead"};
    const uint32_t actor_count = sizeof actors / sizeof *actors;
    for (uint32_t n = 0; n < rounds; n++)
        for (uint32_t k = 0; k < b->event_count; k++) {
            const EventDef *event = &b->events[k];
            Arena *a = engine_arena(e);
            Value *fields = new (a, Value, event->field_count + 1);
            char id[24];
            Str text = {id, (size_t)snprintf(id, sizeof id, "%u-%u", n, k)};
            if (fields == NULL)
                return;
            for (uint32_t i = 0; i < event->field_count; i++)
                fields[i] = bundle_value(b, &event->fields[i], n + i, a);
            Input in = {.event = k,
                        .time = 1772413200000 + n * INT64_C(5400000),
                        .source = S("s"),
                        .id = text,
                        .actor = str_of(actors[(n + k) % actor_count]),
                        .fields = fields,
                        .field_count = event->field_count,
                        .raw = text};
            Status status = engine_take(e, &in);
            CHECK(status == OK || status == ERR_NOMEM);
        }
}

static void bundle_play(const Bundle *b, Str bytes) {
    Err err = {0};
    Ledger *l = NULL;
    Engine *e = NULL;
    LedOptions led = {.name = S("test")};
    EngineOptions options = {0};
    CHECK(led_open(&led, &l, &err) == OK);
    if (engine_open(b, bytes, l, &options, &e, &err) == OK) {
        bundle_events(b, e, 5);
        Status status = engine_tick(e, 1772413200000 + 40 * DAY_MS);
        CHECK(status == OK || status == ERR_NOMEM);
        CHECK(engine_commit(e, &err) == OK);
        uint8_t digest[32];
        CHECK(led_digest(l, digest, &err) == OK);
        engine_close(e);
    }
    led_close(l);
}

/* Puts the checksum of all but the last 32 bytes there, as one would who changes a bundle on
 * purpose: only then do the verifier and the other checks see what was changed. */
__attribute__((unused)) static void bundle_seal(char *bytes, size_t n) {
    uint8_t sum[SHA256_BYTES];
    if (n < SHA256_BYTES)
        return;
    sha256((Str){bytes, n - SHA256_BYTES}, sum);
    memcpy(bytes + n - SHA256_BYTES, sum, SHA256_BYTES);
}

/* Whether the bytes are a bundle; if so, it is printed, comes back as the same bytes, and runs. */
static bool bundle_run(Str bytes) {
    Arena arena = {0};
    Bundle *b = NULL;
    Err err = {0};
    Status status = bundle_take(bytes, &arena, &b, &err);
    CHECK(status == OK || status == ERR_DAMAGED || status == ERR_VERSION || status == ERR_NOMEM);
    CHECK(status == OK || status == ERR_NOMEM || err.code != OK);
    if (status == OK) {
        Buf out = {0};
        put_disassembly(&out, b);
        buf_reset(&out);
        bundle_put(&out, b);
        CHECK(out.failed || str_eq(buf_str(&out), bytes));
        buf_free(&out);
        bundle_play(b, bytes);
    }
    arena_free(&arena);
    return status == OK;
}

#endif
