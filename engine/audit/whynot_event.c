/* audit: why-not: the events of a type, and why one that came did not make a declaration act. */
#include "engine/audit/whynot_int.h"

#include "engine/base/sha256.h"

/* ---- all of a type */

static Value actor_of(const Bundle *b, Str actor) {
    int32_t party = actor.n > 0 ? bundle_party(b, actor) : -1;
    return actor.n == 0 ? value_absent()
           : party >= 0 ? value_of(V_PARTY, party)
                        : value_person(actor);
}

/* Fields as functions expect them: one for each that is declared. */
static Status fields_of(const Bundle *b, uint32_t event, const Value *from, uint32_t n, Arena *a,
                        const Value **out) {
    uint32_t want = b->events[event].field_count;
    Value *fields = new (a, Value, (size_t)want + 1);
    if (fields == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < want; i++)
        fields[i] = i < n ? from[i] : value_absent();
    *out = fields;
    return OK;
}

static Status heard_take(Why *w, uint64_t index, const Leaf *leaf, uint32_t event, Arena *a,
                         HeardEvent *out, bool *is) {
    const Bundle *b = w->r->b;
    *is = false;
    if (leaf->kind == LEAF_EVENT && leaf->event.event == event) {
        const EventLeaf *e = &leaf->event;
        *out = (HeardEvent){
            .index = index,
            .event = event,
            .vm = {
                .time = e->time, .id = e->id, .source = e->source, .actor = actor_of(b, e->actor)}};
        *is = true;
        return fields_of(b, event, e->fields, e->field_count, a, &out->vm.fields);
    }
    if (leaf->kind == LEAF_EFFECT && leaf->effect.id == EFFECT_EMITTED &&
        leaf->effect.event == event) {
        const Effect *e = &leaf->effect;
        *out =
            (HeardEvent){.index = index, .event = event, .emitted = true, .vm = {.time = e->time}};
        *is = true;
        return fields_of(b, event, e->fields, e->field_count, a, &out->vm.fields);
    }
    return OK;
}

Status each_heard(WhyNot *n, uint32_t event,
                  Status (*each)(void *ctx, const HeardEvent *e, bool *stop), void *ctx) {
    Ledger *l = n->w.r->l;
    Arena a = {0};
    Status status = OK;
    bool stop = false;
    for (uint64_t i = 1; i < led_size(l) && status == OK && !stop; i++) {
        Str bytes, kept;
        Leaf leaf;
        HeardEvent heard;
        bool is = false;
        status = led_leaf(l, i, &bytes);
        if (status != OK || bytes.n == 0 || (bytes.p[0] != LEAF_EVENT && bytes.p[0] != LEAF_EFFECT))
            continue;
        arena_reset(&a);
        status = arena_str(&a, bytes, &kept);
        if (status == OK)
            status = take_leaf(kept, &a, &leaf);
        if (status == OK && leaf_fits(&leaf, n->w.r->b))
            status = heard_take(&n->w, i, &leaf, event, &a, &heard, &is);
        if (status == OK && is)
            status = each(ctx, &heard, &stop);
    }
    arena_free(&a);
    return status;
}

/* ---- one that came */

static Status find_event(Why *w, Str source, Str id, uint64_t *index, bool *found) {
    Sha256 h;
    uint8_t hash[SHA256_BYTES];
    uint64_t content;
    sha256_begin(&h);
    sha256_update(&h, source);
    sha256_update(&h, (Str){"", 1});
    sha256_update(&h, id);
    sha256_final(&h, hash);
    return led_set_find(w->r->l, LED_SET_EVENTS, hash, &content, index, found);
}

/* What may hear an event under a condition of its own. */
typedef struct Hearer {
    const char *kind;
    Sentence word; /* the kind in words */
    Str name;
    uint32_t file, line;
    const DatedDef *dated;
    int32_t fn;
    const Node *where;
} Hearer;

static bool hearer_of(const WhyNot *n, DeclDef decl, uint32_t event, Hearer *out) {
    const Bundle *b = n->w.r->b;
    uint32_t i = decl.number;
    if (decl.kind == DECL_DUTY && b->duties[i].event == (int32_t)event) {
        const DutyDef *d = &b->duties[i];
        *out = (Hearer){"duty",  SAY_HEAD_DUTY, d->name,     d->file,
                        d->line, &d->dated,     d->raise_fn, probe_duty_where(&n->probe, i)};
        return true;
    }
    if (decl.kind == DECL_APPROVAL && b->approvals[i].event == (int32_t)event) {
        const ApprovalDef *d = &b->approvals[i];
        *out = (Hearer){
            "approval", SAY_HEAD_APPROVAL, d->name,     d->file,
            d->line,    &d->dated,         d->raise_fn, probe_approval_where(&n->probe, i)};
        return true;
    }
    if (decl.kind == DECL_RULE && b->rules[i].event == (int32_t)event) {
        const RuleDef *d = &b->rules[i];
        *out = (Hearer){"rule",  SAY_KIND_RULE, d->name, d->file,
                        d->line, &d->dated,     d->fn,   probe_rule_where(&n->probe, i)};
        return true;
    }
    return false;
}

static Status tell_hearer(WhyNot *n, const Hearer *h, const HeardEvent *e) {
    const Value *results;
    bool applies;
    Str kind = str_of(h->kind);
    const Fact facts[] = {{"kind", value_text(kind), why_word(&n->w, h->word)},
                          fact_text("name", h->name),
                          fact_text("place", why_place(&n->w, h->file, h->line)),
                          fact_text("line", why_source(&n->w, h->file, h->line))};
    if (!dated_at(h->dated, e->vm.time)) {
        not_tell(n, "not_in_force", SAY_NOT_HEARD_DATED, facts, 4);
        return OK;
    }
    if (h->where == NULL && n->probe.has_policy)
        return OK; /* it has no condition */
    TRY(probe_run(&n->probe, h->fn, &e->vm, &results, &applies));
    if (applies && (!n->probe.asks_state || h->where == NULL))
        return OK; /* it applied, or the state that it asked for is not known */
    bool holds;
    TRY(probe_holds(n, h->where, e, &holds));
    if (holds)
        return OK;
    not_tell(n, "not_heard", SAY_NOT_HEARD, facts, 4);
    return probe_tell(n, h->where, e, h->file, h->line);
}

static Status tell_taken(WhyNot *n, Str subject, const HeardEvent *e) {
    const Bundle *b = n->w.r->b;
    TRY(probe_open(n));
    not_head(n, subject, "taken", SAY_NOT_TAKEN, (Args){{subject}});
    TRY(not_of_event(n, e));
    n->event = NULL;
    for (uint32_t i = 0; i < b->decl_count; i++) {
        Hearer h;
        if (hearer_of(n, b->decls[i], e->event, &h))
            TRY(tell_hearer(n, &h, e));
    }
    if (n->reasons == 0)
        not_tell(n, "all_heard", SAY_NOT_ALL_HEARD, NULL, 0);
    return not_foot(n);
}

Status not_event(WhyNot *n, Str subject, Str source, Str id) {
    Why *w = &n->w;
    uint64_t index;
    bool found, is = false;
    Leaf leaf;
    HeardEvent heard;
    TRY(find_event(w, source, id, &index, &found));
    if (!found)
        return why_event(w, subject, source, id);
    TRY(record_leaf(w->r, index, &w->arena, &leaf, w->err));
    if (leaf.kind == LEAF_EVENT)
        TRY(heard_take(w, index, &leaf, leaf.event.event, &w->arena, &heard, &is));
    return is ? tell_taken(n, subject, &heard) : why_event(w, subject, source, id);
}
