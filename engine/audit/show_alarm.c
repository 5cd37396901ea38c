/* audit: alarms that wait to be told, and the timers of what waits. */
#include "engine/audit/show_int.h"

#include "engine/base/civil.h"
#include "engine/base/json.h"
#include "engine/base/mem.h"
#include "engine/run/gather.h"
#include "engine/run/rotation.h"

static Status group_get(Show *s, uint64_t number, Group *out) {
    Buf key = {0};
    Str value;
    bool found;
    put_key_u64(&key, number);
    Status status =
        key.failed ? ERR_NOMEM : led_find(s->r->l, LED_GROUP, buf_str(&key), &value, &found);
    buf_free(&key);
    TRY(status);
    return found ? view_group(s->r->b, number, value, &s->arena, out) : ERR_DAMAGED;
}

Status show_gather_timer(Show *s, uint64_t number, Str *owner, Str *what) {
    Group g;
    TRY(group_get(s, number & ~(number >= DIGEST_TIMER ? DIGEST_TIMER : NOTICE_TIMER), &g));
    *what = show_word(s, g.kind == GATHER_NOTICE ? SAY_TIMER_NOTIFY : SAY_TIMER_DIGEST);
    *owner = show_word(s, SAY_NOTICE);
    if (g.kind == GATHER_NOTICE)
        return OK;
    Subject subject;
    TRY(digest_subject(s->r->b, &g, &s->arena, &subject));
    return show_subject(s, &subject, owner);
}

/* One that waits: the group's number, of what is stale its addressee, then the leaf. */
static Status each_waiting(Show *s, Str key, Str value) {
    Take t = take_from(key), end = take_from(str_from(key, key.n < 8 ? 0 : key.n - 8));
    Group g;
    Leaf leaf;
    uint64_t number = take_key_u64(&t);
    (void)value;
    TRY(record_leaf(s->r, take_key_u64(&end), &s->arena, &leaf, s->err));
    if (leaf.kind != LEAF_EFFECT || number == 0)
        return ERR_DAMAGED;
    TRY(group_get(s, number, &g));
    const Effect *e = &leaf.effect;
    Value to = g.kind == GATHER_NOTICE ? effect_value(e, S("to")) : g.to;
    Str subject;
    TRY(show_subject(s, &e->subject, &subject));
    s->rows++;
    if (!s->opt->json) {
        TRY(show_cell_time(s, g.timer_at));
        TRY(show_cell_value(s, to));
        TRY(show_cell(s, show_engine_word(s, value_str(effect_value(e, S("reason"))))));
        TRY(show_cell(s, subject));
        TRY(show_cell_time(s, e->time));
        return show_end_row(s);
    }
    Buf out = {0};
    put_text(&out, S("{\"until\":\""));
    zone_put_instant(&out, &s->r->render.zone, g.timer_at);
    put_c(&out, '"');
    show_json(s, &out, "to", to);
    show_json(s, &out, "reason", effect_value(e, S("reason")));
    put_text(&out, S(",\"subject\":"));
    put_json_string(&out, subject);
    show_json(s, &out, "since", value_of(V_INSTANT, e->time));
    show_json(s, &out, "text", effect_value(e, S("text")));
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

static Status held_row(Show *s, const Duty *d, uint32_t rung, int64_t until, Value since) {
    Subject of = duty_subject(d);
    Str subject, what = {NULL, 0};
    TRY(show_subject(s, &of, &subject));
    TRY(show_rung(s, rung, &what));
    s->rows++;
    if (!s->opt->json) {
        TRY(show_cell_time(s, until));
        TRY(show_cell(s, what));
        TRY(show_cell(s, show_word(s, SAY_QUIET)));
        TRY(show_cell(s, subject));
        TRY(show_cell_time(s, since.i));
        return show_end_row(s);
    }
    Buf out = {0};
    put_text(&out, S("{\"until\":\""));
    zone_put_instant(&out, &s->r->render.zone, until);
    put_fmt(&out, "\",\"rung\":%u", rung);
    show_json(s, &out, "reason", value_text(S("quiet")));
    put_text(&out, S(",\"subject\":"));
    put_json_string(&out, subject);
    show_json(s, &out, "since", since);
    put_c(&out, '}');
    Status status = show_end_line(s, &out);
    buf_free(&out);
    return status;
}

/* Rungs of a duty whose instant is over, which quiet hours hold. */
static Status each_held(Show *s, Str key, Str value) {
    Duty d;
    Take t = take_from(key);
    TRY(view_duty(s->r->b, take_key_u64(&t), value, &s->arena, &d));
    if (d.fold.ended)
        return OK;
    for (uint32_t i = 0; i < d.def->rung_count; i++) {
        uint32_t again;
        int64_t at;
        Value since;
        TRY(duty_rung(&d, i, &again, &at));
        bool left = (d.fired >> i & 1) == 0 || again > 0;
        if (!left || at == INSTANT_NEVER || at <= s->r->clock)
            continue;
        TRY(duty_held(&d, i, again, at, &since));
        if (since.kind == V_INSTANT && since.i <= s->r->clock)
            TRY(held_row(s, &d, i + 1, at, since));
    }
    return OK;
}

Status show_waiting(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_UNTIL, SAY_HEAD_TO, SAY_HEAD_REASON, SAY_HEAD_OF,
                                       SAY_HEAD_SINCE};
    TRY(show_columns(s, columns, 5));
    TRY(show_walk(s, LED_WAITING, each_waiting));
    return show_walk(s, LED_DUTY, each_held);
}

/* ---- rotations */

enum { SHIFTS = 10, STEPS_MOST = 20000 };

static bool same_call(const OnCall *a, const OnCall *b) {
    return a->how == b->how && value_eq(a->who, b->who) && value_eq(a->turn, b->turn) &&
           a->layer == b->layer;
}

/* Who is on call from one instant to another. */
static Status shift_row(Show *s, const OnCall *on, int64_t from, int64_t until) {
    Str how =
        on->unknown && on->how == ONCALL_NOBODY ? S("nobody has joined") : on_call_text(on->how);
    bool other = on->how == ONCALL_STANDS || on->how == ONCALL_SWAP;
    s->rows++;
    if (s->opt->json) {
        Buf out = {0};
        put_text(&out, S("{\"from\":\""));
        zone_put_instant(&out, &s->r->render.zone, from);
        put_c(&out, '"');
        show_json(s, &out, "until",
                  until == INSTANT_NEVER ? value_absent() : value_of(V_INSTANT, until));
        show_json(s, &out, "on_call", on->who);
        show_json(s, &out, "why", value_text(how));
        show_json(s, &out, "turn_of", other ? on->turn : value_absent());
        show_json(s, &out, "layer",
                  on->layer == NULL ? value_absent() : value_text(on->layer->name));
        put_c(&out, '}');
        Status status = show_end_line(s, &out);
        buf_free(&out);
        return status;
    }
    TRY(show_cell_time(s, from));
    if (until == INSTANT_NEVER)
        TRY(show_cell(s, S("")));
    else
        TRY(show_cell_time(s, until));
    TRY(on->who.kind == V_ABSENT ? show_cell(s, show_word(s, SAY_NOBODY))
                                 : show_cell_value(s, on->who));
    TRY(show_cell(s, show_engine_word(s, how)));
    TRY(other ? show_cell_value(s, on->turn) : show_cell(s, S("")));
    TRY(show_cell(s, on->layer == NULL ? S("") : on->layer->name));
    return show_end_row(s);
}

/* From the clock on, shift by shift: instants at which nothing changes are passed over. */
static Status shifts_walk(Show *s, Engine *e, const RotationDef *def, int64_t at) {
    size_t most = s->opt->limit > 0 ? s->opt->limit : SHIFTS;
    OnCall now, then;
    int64_t from = at, next = at;
    TRY(on_call(e, def, at, &now));
    for (int step = 0; step < STEPS_MOST && s->rows < most; step++) {
        TRY(on_call_next(e, def, next, &next));
        if (next == INSTANT_NEVER)
            return shift_row(s, &now, from, INSTANT_NEVER);
        TRY(on_call(e, def, next, &then));
        if (same_call(&now, &then))
            continue;
        TRY(shift_row(s, &now, from, next));
        now = then;
        from = next;
    }
    return s->rows < most ? shift_row(s, &now, from, INSTANT_NEVER) : OK;
}

static const RotationDef *rotation_named(const Bundle *b, Str name) {
    int32_t party = bundle_party(b, name);
    return party < 0 ? NULL : bundle_rotation(b, value_of(V_PARTY, party));
}

static Status say_no_rotation(Show *s, Str name) {
    const Bundle *b = s->r->b;
    Str *names = new (&s->arena, Str, b->rotation_count + 1);
    if (names == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < b->rotation_count; i++)
        names[i] = b->parties[b->rotations[i].party].name;
    if (b->rotation_count == 0)
        return err_set(s->err, ERR_SYNTAX, "the policy has no rotation");
    return show_unknown(s->err, "no rotation is called", name, names, b->rotation_count);
}

/* An engine to read rotations with, and nothing else: made when it is first asked for. NULL: there
 * is not enough memory. */
static Engine *reader_of(Show *s) {
    if (s->reader != NULL)
        return s->reader;
    Engine *e = mem_zalloc(sizeof *e);
    if (e == NULL)
        return NULL;
    e->b = s->r->b;
    e->l = s->r->l;
    e->has_people = true;
    s->reader = e;
    return e;
}

void show_reader_free(Show *s) {
    if (s->reader == NULL)
        return;
    arena_free(&s->reader->event);
    arena_free(&s->reader->rota);
    buf_free(&s->reader->key);
    mem_free(s->reader);
}

Status show_is_on_call(Show *s, Value rotation, Str person, bool *yes) {
    OnCall on;
    Engine *e = reader_of(s);
    if (e == NULL)
        return ERR_NOMEM;
    arena_reset(&e->event);
    TRY(on_call(e, bundle_rotation(s->r->b, rotation), s->r->clock, &on));
    *yes = on.how != ONCALL_NOBODY && str_eq(party_text(s->r->b, on.who), person);
    return OK;
}

Status show_rotation(Show *s) {
    static const Sentence columns[] = {SAY_HEAD_FROM, SAY_HEAD_UNTIL,   SAY_HEAD_ON_CALL,
                                       SAY_HEAD_WHY,  SAY_HEAD_TURN_OF, SAY_HEAD_LAYER};
    const RotationDef *def = rotation_named(s->r->b, s->opt->rotation);
    if (def == NULL)
        return say_no_rotation(s, s->opt->rotation);
    TRY(show_columns(s, columns, 6));
    Engine *e = reader_of(s);
    return e == NULL ? ERR_NOMEM : shifts_walk(s, e, def, s->r->clock);
}
