/* audit: which entries of the journal are asked for: by subject, type, person, declaration, time.
 */
#include "engine/audit/log.h"
#include "engine/audit/show_int.h"

/* Whether a value names a party or a person, alone or in a list or record. */
static bool names(const Bundle *b, Value v, Str who) {
    if (v.kind == V_LIST || v.kind == V_RECORD) {
        for (uint32_t i = 0; i < v.n; i++)
            if (names(b, v.items[i], who))
                return true;
        return false;
    }
    return v.kind == V_PARTY && str_eq(party_text(b, v), who);
}

static bool any_names(const Bundle *b, const Value *values, uint32_t n, Str who) {
    for (uint32_t i = 0; i < n; i++)
        if (names(b, values[i], who))
            return true;
    return false;
}

/* Of the engine's own events persons are texts: remit.joined { person: "zhao" }. */
static bool event_names(const Bundle *b, const EventLeaf *e, Str who) {
    if (str_eq(e->actor, who) || any_names(b, e->fields, e->field_count, who))
        return true;
    if (b->events[e->event].engine < 0)
        return false;
    for (uint32_t i = 0; i < e->field_count; i++)
        if (e->fields[i].kind == V_TEXT && str_eq(value_str(e->fields[i]), who))
            return true;
    return false;
}

static bool is_of_person(const Record *r, const Leaf *leaf, Str who) {
    if (leaf->kind == LEAF_EVENT)
        return event_names(r->b, &leaf->event, who);
    if (leaf->kind == LEAF_EFFECT)
        return names(r->b, leaf->effect.owner, who) ||
               any_names(r->b, leaf->effect.values, EFFECT_VALUES, who) ||
               any_names(r->b, leaf->effect.fields, leaf->effect.field_count, who);
    if (leaf->kind != LEAF_CHANGE)
        return false;
    for (uint32_t i = 0; i < leaf->change.field_count; i++)
        if (names(r->b, leaf->change.fields[i].is, who) ||
            names(r->b, leaf->change.fields[i].was, who))
            return true;
    return false;
}

static bool is_called(Str name, Str alias, Str asked) {
    return str_eq(name, asked) || (alias.n > 0 && str_eq(alias, asked));
}

static bool is_declared_as(const Bundle *b, const Subject *s, Str name) {
    if (s->kind == SUBJECT_DUTY)
        return is_called(b->duties[s->decl].name, b->duties[s->decl].alias, name);
    if (s->kind == SUBJECT_APPROVAL)
        return is_called(b->approvals[s->decl].name, b->approvals[s->decl].alias, name);
    if (s->kind == SUBJECT_KPI)
        return is_called(b->kpis[s->decl].name, b->kpis[s->decl].alias, name);
    if (s->kind == SUBJECT_ENTITY)
        return is_called(b->entities[s->decl].name, b->entities[s->decl].alias, name);
    return s->kind == SUBJECT_RULE && str_eq(b->rules[s->decl].name, name);
}

/* Of what was made by a rule, or is about a duty, approval, KPI or entity, that name. */
static bool is_of_rule(const Record *r, const Leaf *leaf, Str name) {
    if (leaf->kind != LEAF_EFFECT && leaf->kind != LEAF_CHANGE)
        return false;
    bool change = leaf->kind == LEAF_CHANGE;
    uint32_t rule = change ? leaf->change.rule : leaf->effect.rule;
    if (change && rule == 0 && leaf->change.field_count > 0)
        rule = leaf->change.fields[0].rule;
    return (rule > 0 && str_eq(r->b->rules[rule - 1].name, name)) ||
           is_declared_as(r->b, change ? &leaf->change.subject : &leaf->effect.subject, name) ||
           (change && is_declared_as(r->b, &leaf->change.by, name));
}

static bool is_of_type(const Record *r, const Leaf *leaf, Str type) {
    if (leaf->kind == LEAF_EFFECT)
        return str_eq(effect_type(r->b, &leaf->effect), type);
    return leaf->kind == LEAF_EVENT && str_eq(r->b->events[leaf->event.event].name, type);
}

static bool is_about(const Record *r, const Leaf *leaf, Str asked) {
    if (leaf->kind != LEAF_EFFECT && leaf->kind != LEAF_CHANGE)
        return false;
    Buf subject = {0};
    put_subject(&subject, r->b,
                leaf->kind == LEAF_CHANGE ? &leaf->change.subject : &leaf->effect.subject);
    Str text = buf_str(&subject);
    bool same = str_eq(text, asked) || (text.n > asked.n && str_starts(text, asked) &&
                                        (text.p[asked.n] == '/' || text.p[asked.n] == '#'));
    buf_free(&subject);
    return same;
}

/* The entry's own time; false when it has none. */
static bool time_of(const Leaf *leaf, int64_t *at) {
    *at = leaf->kind == LEAF_EVENT    ? leaf->event.time
          : leaf->kind == LEAF_EFFECT ? leaf->effect.time
          : leaf->kind == LEAF_CHANGE ? leaf->change.time
          : leaf->kind == LEAF_REJECT ? leaf->reject.time
                                      : leaf->time;
    if (leaf->kind == LEAF_REJECT)
        return leaf->reject.has_time;
    if (leaf->kind == LEAF_EFFECT)
        return leaf->effect.has_time;
    return leaf->kind != LEAF_GENESIS && leaf->kind != LEAF_RETRIED && leaf->kind != LEAF_POLICY &&
           leaf->kind != LEAF_MIGRATE;
}

static bool is_in_time(const Leaf *leaf, const LogOptions *opt) {
    int64_t at;
    if (!opt->has_since && !opt->has_until)
        return true;
    return time_of(leaf, &at) && (!opt->has_since || at >= opt->since) &&
           (!opt->has_until || at <= opt->until);
}

bool log_is_asked(Record *r, const Leaf *leaf, const LogOptions *opt) {
    return (!opt->effects_only || leaf->kind == LEAF_EFFECT) && is_in_time(leaf, opt) &&
           (opt->type.n == 0 || is_of_type(r, leaf, opt->type)) &&
           (opt->who.n == 0 || is_of_person(r, leaf, opt->who)) &&
           (opt->rule.n == 0 || is_of_rule(r, leaf, opt->rule)) &&
           (opt->subject.n == 0 || is_about(r, leaf, opt->subject));
}

Status log_rule_known(const Record *r, Str name, Err *err) {
    const Bundle *b = r->b;
    uint32_t most =
        b->duty_count + b->approval_count + b->kpi_count + b->rule_count + b->entity_count;
    Arena a = {0};
    Str *all = new (&a, Str, 2 * (size_t)most + 1);
    size_t n = 0;
    if (all == NULL)
        return ERR_NOMEM;
#define ALL(list, count)                                                                           \
    for (uint32_t i = 0; i < (count); i++) {                                                       \
        all[n++] = (list)[i].name;                                                                 \
        if ((list)[i].alias.n > 0)                                                                 \
            all[n++] = (list)[i].alias;                                                            \
    }
    ALL(b->duties, b->duty_count)
    ALL(b->approvals, b->approval_count)
    ALL(b->kpis, b->kpi_count)
    ALL(b->entities, b->entity_count)
    for (uint32_t i = 0; i < b->rule_count; i++)
        all[n++] = b->rules[i].name;
    Status status = OK;
    bool known = false;
    for (size_t i = 0; i < n; i++)
        known = known || str_eq(all[i], name);
    if (!known)
        status = show_unknown(err, "nothing in the policy is called", name, all, n);
    arena_free(&a);
    return status;
}
