/* run: what the office does to an approval under way (semantics.md 16): signers are added and
 * removed, a seat is handed on, a stage is returned to, those who have not signed are reminded.
 * Each needs a power of the policy. */
#include "engine/run/approval.h"

/* ---- refusing */

static Status refuse_with(Engine *e, const Flow *flow, RejectReason reason, Str field,
                          Str message) {
    Status status = refuse_authority(e, flow, field, message);
    e->refusal.reason = reason;
    return status;
}

static Status refuse_person(Engine *e, const Flow *flow, const char *field, Str person,
                            const char *why) {
    Str message;
    TRY(arena_printf(&e->event, &message, "%.*s %s", STR_ARG(person), why));
    return refuse_authority(e, flow, str_of(field), message);
}

/* Whether who acts has the power; *line: of the clause that gives it. */
static Status office_power(Engine *e, const Approval *a, const Flow *flow, PowerVerb verb,
                           uint32_t *line) {
    static const char *const verbs[POWER_VERBS] = {[POWER_TO_ADD_SIGNER] = "add signers to",
                                                   [POWER_TO_REMOVE_SIGNER] = "remove signers from",
                                                   [POWER_TO_TRANSFER] = "transfer",
                                                   [POWER_TO_RETURN] = "return",
                                                   [POWER_TO_URGE] = "urge"};
    Power asked = {.verb = verb, .approval = true, .of = a->decl};
    const PowerDef *by;
    Str message;
    TRY(power_permits(e, &asked, flow->by, flow->vm.time, &by));
    *line = by == NULL ? 0 : by->file << 20 | by->line;
    if (by != NULL || (verb == POWER_TO_URGE && a->asker.n > 0 && str_eq(a->asker, flow->by)))
        return OK;
    if (power_given(e->b, &asked))
        TRY(power_missing(e, &asked, flow->by, &message));
    else
        TRY(arena_printf(&e->event, &message,
                         "the policy gives nobody the power to do this: it would say `WHO may %s "
                         "%.*s`",
                         verbs[verb], STR_ARG(a->def->name)));
    return refuse_authority(e, flow, S("actor"), message);
}

/* ---- who is meant */

/* The seat or the person that an event names. */
static Value signer_of(const Value *fields) {
    return fields[2].kind == V_ABSENT ? value_person(value_str(fields[3])) : fields[2];
}

static const char *field_of(const Value *fields) {
    return fields[2].kind == V_ABSENT ? "person" : "seat";
}

static Status refuse_asked(Engine *e, const Approval *a, const Flow *flow, const char *field,
                           Str who, uint32_t seat) {
    Value name;
    Str why;
    TRY(seat_text(e, a, seat, &name));
    if (str_eq(value_str(name), who))
        return refuse_person(e, flow, field, who, "is asked already");
    TRY(arena_printf(&e->event, &why, "is asked already, as %.*s", STR_ARG(value_str(name))));
    return refuse_person(e, flow, field, who, why.p);
}

/* Whether a person may come to sign: not excluded, without a vote, and in no seat themselves that
 * still lacks one: each counts once. */
static Status may_sign(Engine *e, const Approval *a, const Flow *flow, const char *field,
                       Str person) {
    Str because;
    bool out;
    uint64_t own;
    uint32_t *taken;
    TRY(is_excluded(e, a, person, flow->vm.time, &out, &because));
    if (out)
        return refuse_person(e, flow, field, person, "is excluded from this approval");
    if (has_voted(a, person))
        return refuse_person(e, flow, field, person, "has voted in this approval already");
    TRY(seats_own(e, a, person, flow->vm.time, &own));
    TRY(approval_arrange(&e->event, a, &taken));
    for (uint32_t s = 0; s < a->seat_count; s++)
        if ((own >> s & 1) != 0 && seat_lacking(a, s, taken))
            return refuse_asked(e, a, flow, field, person, s);
    return OK;
}

/* Whether a seat may be asked too: one that signed, or still has to, is not asked once more. A team
 * signs by whom it names for votes. */
static Status may_ask(Engine *e, const Approval *a, const Flow *flow, int64_t which) {
    const char *field = field_of(flow->vm.fields);
    const PartyDef *party = &e->b->parties[which];
    bool team = party->kind == PARTY_TEAM_DEF;
    int64_t direct = team ? party->votes : which;
    uint32_t *taken;
    if (direct < 0)
        return refuse_person(e, flow, field, party->name, "has nobody who votes for it");
    TRY(approval_arrange(&e->event, a, &taken));
    for (uint32_t s = 0; s < a->seat_count; s++) {
        if (!seat_asked(a, s) || a->seats[s].members || seat_party(e, a, s) != direct)
            continue;
        for (uint32_t i = 0; i < a->vote_count; i++)
            if (taken[i] == s)
                return refuse_person(e, flow, field, party->name, "has signed already");
        if (seat_lacking(a, s, taken))
            return refuse_asked(e, a, flow, field, party->name, s);
    }
    return OK;
}

static Status may_add(Engine *e, const Approval *a, const Flow *flow, Value who) {
    return who.aux == 1 ? may_sign(e, a, flow, field_of(flow->vm.fields), value_str(who))
                        : may_ask(e, a, flow, who.i);
}

static Status refuse_full(Engine *e, const Flow *flow) {
    return refuse_with(e, flow, REJECT_FAILED, (Str){NULL, 0},
                       S("an approval has 60 seats at most"));
}

/* ---- signers */

/* Makes room for one more of each. */
static Status asked_grow(Engine *e, Approval *a) {
    AskedStage *stages = new (&e->event, AskedStage, a->stage_count + 1);
    AskedNeed *needs = new (&e->event, AskedNeed, a->need_count + 1);
    AskedSeat *seats = new (&e->event, AskedSeat, a->seat_count + 1);
    Handed *handed = new (&e->event, Handed, a->handed_count + 1);
    if (stages == NULL || needs == NULL || seats == NULL || handed == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < a->stage_count; i++)
        stages[i] = a->stages[i];
    for (uint32_t i = 0; i < a->need_count; i++)
        needs[i] = a->needs[i];
    for (uint32_t i = 0; i < a->seat_count; i++)
        seats[i] = a->seats[i];
    for (uint32_t i = 0; i < a->handed_count; i++)
        handed[i] = a->handed[i];
    a->stages = stages;
    a->needs = needs;
    a->seats = seats;
    a->handed = handed;
    return OK;
}

/* Puts a stage in, with the time of the one that is open. */
static void stage_insert(Approval *a, uint32_t at, Str name) {
    for (uint32_t i = a->stage_count; i > at; i--)
        a->stages[i] = a->stages[i - 1];
    a->stage_count++;
    a->stages[at] = (AskedStage){
        .name = name, .each = a->stages[a->open + (at <= a->open)].each, .opened = INSTANT_NEVER};
    for (uint32_t i = 0; i < a->need_count; i++)
        a->needs[i].stage += a->needs[i].stage >= at;
}

static Status signer_add(Engine *e, Approval *a, const Flow *flow, uint32_t line) {
    const Value *f = flow->vm.fields;
    Value who = signer_of(f);
    Str place = f[4].kind == V_ABSENT ? S("with") : value_str(f[4]);
    TRY(may_add(e, a, flow, who));
    if (a->seat_count == LIMIT_SEATS || a->need_count == LIMIT_SEATS ||
        a->stage_count == APPROVAL_STAGES)
        return refuse_full(e, flow);
    Effect effect = {.id = EFFECT_SIGNER_ADDED, .line = line};
    effect.values[3] = stage_text(a, a->open);
    TRY(hang_all(e, a, false));
    TRY(asked_grow(e, a));
    bool before = str_eq(place, S("before"));
    uint32_t stage = a->open + str_eq(place, S("after"));
    if (before || stage > a->open)
        stage_insert(a, stage, party_text(e->b, who));
    a->needs[a->need_count] =
        (AskedNeed){.stage = stage, .def = NO_SEAT, .count = 1, .asked = true};
    a->seats[a->seat_count] = (AskedSeat){.who = who, .def = NO_SEAT, .need = a->need_count++};
    a->seat_count++;
    TRY(hang_all(e, a, true));
    effect.values[0] = value_text(flow->by);
    TRY(seat_text(e, a, a->seat_count - 1, &effect.values[1]));
    effect.values[2] = value_text(place);
    effect.values[4] = f[5];
    TRY(approval_say(e, a, &effect));
    if (!before)
        return approval_judge(e, a);
    TRY(stage_open(e, a, stage, e->now));
    TRY(say_advanced(e, a));
    return approval_judge(e, a);
}

static uint32_t seats_left(const Approval *a) {
    uint32_t n = 0;
    for (uint32_t s = 0; s < a->seat_count; s++)
        n += seat_asked(a, s) && seat_stage(a, s) >= a->open;
    return n;
}

/* How many votes a seat can give: of a team's members those that count in it and those who may vote
 * now. Where that is nobody it stays as many as are asked for: who comes may vote. */
static Status seat_gives(Engine *e, const Approval *a, uint32_t seat, const uint32_t *taken,
                         uint32_t *out) {
    uint32_t n, room = seat_room(a, seat);
    *out = room;
    if (room == 0 || !a->seats[seat].members)
        return OK;
    TRY(seat_voters(e, a, seat, e->now, &n));
    for (uint32_t i = 0; i < a->vote_count; i++)
        n += taken[i] == seat;
    *out = n > 0 && n < room ? n : room;
    return OK;
}

/* The requirement asks for no more than what its seats can give. */
static Status need_lower(Engine *e, Approval *a, uint32_t need, const uint32_t *taken) {
    uint64_t most = 0;
    AskedNeed *n = &a->needs[need];
    for (uint32_t s = 0; s < a->seat_count; s++) {
        uint32_t gives;
        if (a->seats[s].need != need)
            continue;
        TRY(seat_gives(e, a, s, taken, &gives));
        most += (uint64_t)gives * (n->points ? a->seats[s].weight : 1);
    }
    if (n->count > most)
        n->count = (uint32_t)most;
    n->asked = n->count > 0;
    return OK;
}

static Status signer_remove(Engine *e, Approval *a, const Flow *flow, uint32_t line) {
    const Value *f = flow->vm.fields;
    Value who = signer_of(f);
    uint32_t *seats, seat = NO_SEAT;
    bool signed_already = false;
    TRY(approval_arrange(&e->event, a, &seats));
    for (uint32_t s = 0; s < a->seat_count && seat == NO_SEAT; s++) {
        if (!seat_asked(a, s) || seat_stage(a, s) < a->open || !value_eq(a->seats[s].who, who))
            continue;
        bool taken = false;
        for (uint32_t i = 0; i < a->vote_count; i++)
            taken = taken || seats[i] == s;
        signed_already = signed_already || taken;
        seat = taken ? NO_SEAT : s;
    }
    Str name = party_text(e->b, who);
    if (seat == NO_SEAT)
        return refuse_person(e, flow, field_of(f), name,
                             signed_already ? "has signed already"
                                            : "is no seat that is still asked");
    if (seats_left(a) < 2)
        return refuse_person(e, flow, field_of(f), name,
                             "is the last who is asked: the approval may be withdrawn instead");
    Effect effect = {.id = EFFECT_SIGNER_REMOVED, .line = line};
    effect.values[0] = value_text(flow->by);
    TRY(seat_text(e, a, seat, &effect.values[1]));
    effect.values[2] = stage_text(a, seat_stage(a, seat));
    effect.values[3] = f[4];
    TRY(hang_all(e, a, false));
    a->seats[seat].gone = true;
    TRY(need_lower(e, a, a->seats[seat].need, seats));
    TRY(hang_all(e, a, true));
    TRY(approval_say(e, a, &effect));
    return approval_judge(e, a);
}

/* ---- handing on */

/* The first seat of their own that somebody may hand on, of the open stage first. */
static Status seat_to_hand(Engine *e, const Approval *a, const Flow *flow, Value named,
                           uint32_t *out) {
    uint64_t own;
    uint32_t *taken;
    *out = NO_SEAT;
    TRY(seats_own(e, a, flow->by, flow->vm.time, &own));
    TRY(approval_arrange(&e->event, a, &taken));
    for (uint32_t s = 0; s < a->seat_count; s++) {
        bool fits = (own >> s & 1) != 0 && seat_stage(a, s) >= a->open &&
                    (named.kind == V_ABSENT || value_eq(a->seats[s].who, named) ||
                     (named.aux == 0 && seat_party(e, a, s) == named.i));
        for (uint32_t i = 0; i < a->vote_count && !a->seats[s].members; i++)
            fits = fits && taken[i] != s;
        if (fits && (*out == NO_SEAT || seat_stage(a, s) < seat_stage(a, *out)))
            *out = s;
    }
    return OK;
}

static Status hand_on(Engine *e, Approval *a, const Flow *flow, uint32_t line) {
    const Value *f = flow->vm.fields;
    Str to = value_str(f[2]), asked;
    uint32_t seat;
    if (bundle_party(e->b, to) >= 0)
        return refuse_with(e, flow, REJECT_SCHEMA, S("to"),
                           S("a seat is handed to a person, not to a role or a team"));
    if (has_voted(a, flow->by))
        return refuse_person(e, flow, "actor", flow->by, "has voted in this approval already");
    TRY(may_sign(e, a, flow, "to", to));
    TRY(seat_to_hand(e, a, flow, f[3], &seat));
    if (seat == NO_SEAT) {
        Str message;
        TRY(put_seats_asked(e, a, &asked));
        TRY(arena_printf(&e->event, &message,
                         "%.*s holds none of the seats that are still asked: %.*s",
                         STR_ARG(flow->by), STR_ARG(asked)));
        return refuse_authority(e, flow, f[3].kind == V_ABSENT ? S("actor") : S("seat"), message);
    }
    if (a->seats[seat].members && a->seat_count == LIMIT_SEATS)
        return refuse_full(e, flow);
    Effect effect = {.id = EFFECT_APPROVAL_TRANSFERRED, .line = line};
    effect.values[0] = value_text(flow->by);
    TRY(seat_text(e, a, seat, &effect.values[1]));
    effect.values[2] = value_text(to);
    effect.values[3] = stage_text(a, seat_stage(a, seat));
    effect.values[4] = f[4];
    TRY(hang_all(e, a, false));
    TRY(asked_grow(e, a));
    if (a->seats[seat].members) { /* one place of several: it is a seat of its own from now on */
        a->handed[a->handed_count++] = (Handed){seat, flow->by};
        a->seats[a->seat_count] = a->seats[seat];
        a->seats[a->seat_count].members = false;
        a->seats[a->seat_count++].who = value_person(to);
    } else {
        a->seats[seat].who = value_person(to);
    }
    TRY(hang_all(e, a, true));
    TRY(approval_say(e, a, &effect));
    return approval_judge(e, a);
}

/* ---- going back */

/* The stage that is meant: the one that is named, else the one before that which is open. */
static Status stage_named(Engine *e, const Approval *a, const Flow *flow, Value named,
                          uint32_t *out) {
    Buf text = {0};
    Str message;
    *out = a->open;
    if (named.kind == V_ABSENT) {
        for (uint32_t i = a->open; i-- > 0 && *out == a->open;)
            *out = stage_asked(a, i) ? i : *out;
        return OK;
    }
    for (uint32_t i = 0; i < a->stage_count; i++)
        if (str_eq(stage_name(a, i), value_str(named)) && stage_asked(a, i)) {
            *out = i;
            if (i <= a->open)
                return OK;
            TRY(arena_printf(&e->event, &message, "stage %.*s is not open yet, but %.*s is",
                             STR_ARG(value_str(named)), STR_ARG(stage_name(a, a->open))));
            return refuse_authority(e, flow, S("stage"), message);
        }
    put_fmt(&text, "no stage %.*s is asked here; those are: ", STR_ARG(value_str(named)));
    for (uint32_t i = 0, n = 0; i < a->stage_count; i++)
        if (stage_asked(a, i))
            put_fmt(&text, "%s%.*s", n++ == 0 ? "" : ", ", STR_ARG(stage_name(a, i)));
    Status status = text.failed ? ERR_NOMEM : arena_str(&e->event, buf_str(&text), &message);
    buf_free(&text);
    TRY(status);
    return refuse_with(e, flow, REJECT_SCHEMA, S("stage"), message);
}

static Status go_back(Engine *e, Approval *a, const Flow *flow, uint32_t line) {
    const Value *f = flow->vm.fields;
    uint32_t stage;
    TRY(stage_named(e, a, flow, f[2], &stage));
    for (uint32_t i = 0; i < a->vote_count; i++)
        for (uint32_t s = 0; s < a->seat_count; s++)
            if ((a->votes[i].seats >> s & 1) != 0 && seat_stage(a, s) >= stage)
                a->votes[i].returned = true;
    for (uint32_t i = stage; i < a->stage_count; i++)
        a->stages[i].opened = INSTANT_NEVER;
    TRY(stage_open(e, a, stage, e->now));
    Effect effect = {.id = EFFECT_APPROVAL_RETURNED, .line = line};
    effect.values[0] = value_text(flow->by);
    effect.values[1] = stage_text(a, stage);
    TRY(seats_text(e, a, stage, &effect.values[2]));
    effect.values[3] = due_value(a);
    effect.values[4] = f[3];
    TRY(approval_say(e, a, &effect));
    return approval_judge(e, a);
}

/* ---- reminding */

static void party_add(Value *list, uint32_t *n, Value who) {
    for (uint32_t i = 0; i < *n; i++)
        if (value_eq(list[i], who))
            return;
    list[(*n)++] = who;
}

static Status urge(Engine *e, Approval *a, const Flow *flow, uint32_t line) {
    uint32_t *seats, n = 0;
    TRY(approval_arrange(&e->event, a, &seats));
    Value *to = new (&e->event, Value, a->seat_count + 1);
    if (to == NULL)
        return ERR_NOMEM;
    for (uint32_t s = 0; s < a->seat_count; s++)
        if (seat_stage(a, s) == a->open && seat_lacking(a, s, seats))
            party_add(to, &n, a->seats[s].who);
    Effect effect = {.id = EFFECT_NOTIFIED, .line = line};
    effect.values[0] = (Value){.items = to, .n = n, .kind = V_LIST};
    effect.values[1] = flow->vm.fields[2];
    TRY(approval_say(e, a, &effect));
    return approval_save(e, a);
}

Status office_act(Engine *e, Approval *a, Flow *flow) {
    static const struct {
        int32_t event;
        PowerVerb verb;
        Status (*act)(Engine *, Approval *, const Flow *, uint32_t);
    } rows[] = {{ENGINE_SIGNER_ADDED, POWER_TO_ADD_SIGNER, signer_add},
                {ENGINE_SIGNER_REMOVED, POWER_TO_REMOVE_SIGNER, signer_remove},
                {ENGINE_TRANSFERRED, POWER_TO_TRANSFER, hand_on},
                {ENGINE_RETURNED, POWER_TO_RETURN, go_back},
                {ENGINE_URGED, POWER_TO_URGE, urge}};
    uint32_t line;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].event == e->b->events[flow->event].engine) {
            TRY(office_power(e, a, flow, rows[i].verb, &line));
            e->matched = true;
            return rows[i].act(e, a, flow, line);
        }
    return OK;
}
