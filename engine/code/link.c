/* code: a new version of a policy linked to those before it.
 *
 * The new bundle's parts are taken one kind after the other, each after those that it names: each
 * gets the numbers of what it names, and then is either one that the old bundle has, byte for byte,
 * or is put behind the old ones. Declarations name one another, so it is first assumed that each is
 * what the old one of its name is; where that turns out wrong all begins again without it. */
#include "engine/code/link_int.h"

const Part link_decl_parts[DECL_KINDS] = {PART_DUTY, PART_RULE, PART_APPROVAL, PART_KPI};

static const DatedDef *link_dated_of(const Bundle *b, DeclKind kind, uint32_t n) {
    switch (kind) {
    case DECL_DUTY:
        return &b->duties[n].dated;
    case DECL_RULE:
        return &b->rules[n].dated;
    case DECL_APPROVAL:
        return &b->approvals[n].dated;
    case DECL_KPI:
    case DECL_KINDS:
        break;
    }
    return &b->kpis[n].dated;
}

Str link_name_of(const Bundle *b, DeclKind kind, uint32_t n) {
    switch (kind) {
    case DECL_DUTY:
        return b->duties[n].name;
    case DECL_RULE:
        return b->rules[n].name;
    case DECL_APPROVAL:
        return b->approvals[n].name;
    case DECL_KPI:
    case DECL_KINDS:
        break;
    }
    return b->kpis[n].name;
}

/* The last of a name that still applies at the instant; a KPI that goes on with another's series
 * stands for that one. -1: there is none. */
static int32_t link_decl_named(const Link *k, DeclKind kind, Str name) {
    for (uint32_t i = part_count(k->old, link_decl_parts[kind]); i-- > 0;)
        if (str_eq(link_name_of(k->old, kind, i), name) &&
            link_dated_of(k->old, kind, i)->until > k->plan->from)
            return (int32_t)i;
    return -1;
}

static uint32_t link_base_of(const Bundle *b, uint32_t kpi) {
    return b->kpis[kpi].base < 0 ? kpi : (uint32_t)b->kpis[kpi].base;
}

/* When it applies from the new version's instant on. */
static DatedDef link_rest_of(const Link *k, DatedDef d) {
    if (d.from < k->plan->from)
        d.from = k->plan->from;
    return d;
}

/* ---- declarations: which is which */

static Status assume(Link *k, Arena *keep) {
    for (int kind = 0; kind < DECL_KINDS; kind++) {
        uint32_t n = part_count(k->add, link_decl_parts[kind]);
        k->assumed[kind] = new (keep, Assumed, n + 1);
        if (k->assumed[kind] == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < n; i++) {
            int32_t old =
                link_decl_named(k, (DeclKind)kind, link_name_of(k->add, (DeclKind)kind, i));
            k->assumed[kind][i] = (Assumed){old, old >= 0 ? LINK_SAME : LINK_NEW};
        }
    }
    return OK;
}

/* The numbers that they have if what is assumed is true. */
static void number_decls(Link *k) {
    uint32_t next[DECL_KINDS];
    for (int kind = 0; kind < DECL_KINDS; kind++)
        next[kind] = part_count(k->old, link_decl_parts[kind]);
    for (int kind = 0; kind < DECL_KINDS; kind++)
        for (uint32_t i = 0; i < part_count(k->add, link_decl_parts[kind]); i++) {
            const Assumed *as = &k->assumed[kind][i];
            bool kpi = kind == DECL_KPI && as->fate <= LINK_JUDGES;
            k->to.to[link_decl_parts[kind]][i] = kpi ? link_base_of(k->old, (uint32_t)as->old)
                                                 : as->fate == LINK_SAME ? (uint32_t)as->old
                                                                         : next[kind];
            next[kind] += as->fate != LINK_SAME;
        }
    uint32_t decls = k->old->decl_count;
    for (uint32_t i = 0; i < k->add->decl_count; i++) {
        DeclDef d = k->add->decls[i];
        const Assumed *as = &k->assumed[d.kind][d.number];
        uint32_t number = k->to.to[link_decl_parts[d.kind]][d.number], n = 0;
        while (n < k->old->decl_count &&
               (k->old->decls[n].kind != d.kind || k->old->decls[n].number != number))
            n++;
        k->to.to[PART_DECL][i] = n < k->old->decl_count ? n : decls;
        decls += as->fate != LINK_SAME;
    }
}

/* ---- declarations: whether they are alike */

/* A copy of a list without places in the text. */
#define UNPLACED(k, list, count)                                                                   \
    do {                                                                                           \
        void *unplaced = arena_array((k)->a, sizeof *(list), 16, (count) + 1);                     \
        if (unplaced == NULL)                                                                      \
            return ERR_NOMEM;                                                                      \
        if ((count) > 0)                                                                           \
            memcpy(unplaced, (list), (count) * sizeof *(list));                                    \
        (list) = unplaced;                                                                         \
        for (uint32_t un = 0; un < (count); un++)                                                  \
            (list)[un].file = (list)[un].line = 0;                                                 \
    } while (0)

static void canon_acts(const Link *k, ActDef *acts, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        acts[i].link_fn = link_canon_fn(k, acts[i].link_fn);
        acts[i].test_fn = link_canon_fn(k, acts[i].test_fn);
    }
}

static Status canon_reactions(const Link *k, ReactionDef **list, uint32_t n) {
    ReactionDef *copy = new (k->a, ReactionDef, n + 1);
    if (copy == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        copy[i] = (*list)[i];
        copy[i].fn = link_canon_fn(k, copy[i].fn);
    }
    *list = copy;
    return OK;
}

static void put_powers(const Link *k, Buf *out, const Bundle *b, bool approval, uint32_t of) {
    for (uint32_t i = 0; i < b->power_count; i++) {
        PowerDef p = b->powers[i];
        if (p.verb == POWER_TO_SWAP || p.approval != approval || p.of != of ||
            p.dated.until <= k->plan->from)
            continue;
        p.file = p.line = 0;
        p.dated = link_rest_of(k, p.dated);
        put_part(out, &(Bundle){.powers = &p, .power_count = 1}, PART_POWER, 0);
    }
}

static Status put_duty_meaning(Link *k, Buf *out, const Bundle *b, uint32_t n, uint32_t number) {
    DutyDef d = b->duties[n];
    d.file = d.line = d.version = 0;
    d.dated = link_rest_of(k, d.dated);
    UNPLACED(k, d.acts, d.act_count);
    UNPLACED(k, d.rungs, d.rung_count);
    UNPLACED(k, d.moves, d.move_count);
    canon_acts(k, d.acts, d.act_count);
    TRY(canon_reactions(k, &d.reactions, d.reaction_count));
    for (uint32_t i = 0; i < d.rung_count; i++)
        d.rungs[i].to_fn = link_canon_fn(k, d.rungs[i].to_fn);
    d.raise_fn = link_canon_fn(k, d.raise_fn);
    d.each_fn = link_canon_fn(k, d.each_fn);
    d.silent_fn = link_canon_fn(k, d.silent_fn);
    d.group_fn = link_canon_fn(k, d.group_fn);
    put_part(out, &(Bundle){.duties = &d, .duty_count = 1}, PART_DUTY, 0);
    put_powers(k, out, b, false, number);
    return OK;
}

static Status put_approval_meaning(Link *k, Buf *out, const Bundle *b, uint32_t n,
                                   uint32_t number) {
    ApprovalDef d = b->approvals[n];
    d.file = d.line = d.version = 0;
    d.dated = link_rest_of(k, d.dated);
    UNPLACED(k, d.acts, d.act_count);
    UNPLACED(k, d.stages, d.stage_count);
    UNPLACED(k, d.seats, d.seat_count);
    canon_acts(k, d.acts, d.act_count);
    TRY(canon_reactions(k, &d.reactions, d.reaction_count));
    d.raise_fn = link_canon_fn(k, d.raise_fn);
    put_part(out, &(Bundle){.approvals = &d, .approval_count = 1}, PART_APPROVAL, 0);
    put_powers(k, out, b, true, number);
    return OK;
}

static Status put_rule_meaning(Link *k, Buf *out, const Bundle *b, uint32_t n) {
    RuleDef u = b->rules[n];
    u.file = u.line = u.version = 0;
    u.dated = link_rest_of(k, u.dated);
    u.fn = link_canon_fn(k, u.fn);
    put_part(out, &(Bundle){.rules = &u, .rule_count = 1}, PART_RULE, 0);
    return OK;
}

/* measured: only what it measures, by which levels, and when. */
static Status put_kpi_meaning(Link *k, Buf *out, const Bundle *b, uint32_t n, bool measured) {
    KpiDef d = b->kpis[n];
    d.file = d.line = d.version = d.rank = 0;
    d.base = -1;
    d.measure = d.label = (Str){NULL, 0};
    d.dated = link_rest_of(k, d.dated);
    UNPLACED(k, d.reactions, d.reaction_count);
    for (uint32_t i = 0; i < d.reaction_count; i++)
        d.reactions[i].fn = link_canon_fn(k, d.reactions[i].fn);
    for (uint32_t i = 0; i < d.agg_count; i++)
        d.aggs[i].fn = link_canon_fn(k, d.aggs[i].fn);
    for (uint32_t i = 0; i < d.level_count; i++) {
        d.levels[i].file = d.levels[i].line = 0;
        d.levels[i].raise.fn = link_canon_fn(k, d.levels[i].raise.fn);
        d.levels[i].clear.fn = link_canon_fn(k, d.levels[i].clear.fn);
        d.levels[i].text = d.levels[i].raise.text = d.levels[i].clear.text = (Str){NULL, 0};
        if (measured)
            d.levels[i] = (LevelDef){.level = d.levels[i].level};
    }
    if (measured) {
        d.alias = (Str){NULL, 0};
        d.dated = (DatedDef){0, 0};
        d.empty = 0;
        d.reaction_count = d.group_by_count = 0;
        d.group_within = value_absent();
    }
    put_part(out, &(Bundle){.kpis = &d, .kpi_count = 1}, PART_KPI, 0);
    return OK;
}

static Status put_meaning(Link *k, Buf *out, const Bundle *b, DeclKind kind, uint32_t n,
                          uint32_t number, bool measured) {
    buf_reset(out);
    switch (kind) {
    case DECL_DUTY:
        return put_duty_meaning(k, out, b, n, number);
    case DECL_APPROVAL:
        return put_approval_meaning(k, out, b, n, number);
    case DECL_RULE:
        return put_rule_meaning(k, out, b, n);
    case DECL_KPI:
    case DECL_KINDS:
        break;
    }
    return put_kpi_meaning(k, out, b, n, measured);
}

static Status alike(Link *k, DeclKind kind, uint32_t is, uint32_t was, bool measured, bool *out) {
    Buf other = {0};
    uint32_t number = k->to.to[link_decl_parts[kind]][is];
    Status status = put_meaning(k, &k->scratch, k->add, kind, is, number, measured);
    if (status == OK)
        status = put_meaning(k, &other, k->old, kind, was, was, measured);
    if (status == OK && (other.failed || k->scratch.failed))
        status = ERR_NOMEM;
    *out = status == OK && str_eq(buf_str(&other), buf_str(&k->scratch));
    buf_free(&other);
    return status;
}

/* Whether what is assumed of a declaration is so; otherwise the next that may be. */
static Status assumed_right(Link *k, DeclKind kind, uint32_t n) {
    Assumed *as = &k->assumed[kind][n];
    bool same = true;
    if (as->fate == LINK_SAME)
        TRY(alike(k, kind, n, (uint32_t)as->old, false, &same));
    if (!same && kind == DECL_KPI) {
        as->fate = LINK_JUDGES;
        k->wrong = true;
        return OK;
    }
    if (kind == DECL_KPI && as->fate == LINK_JUDGES)
        TRY(alike(k, kind, n, link_base_of(k->old, (uint32_t)as->old), true, &same));
    if (!same) {
        as->fate = LINK_CHANGED;
        k->wrong = true;
    }
    return OK;
}

static Status link_decls(Link *k) {
    for (uint32_t i = 0; i < k->add->power_count; i++)
        relocate_power(&k->to, &k->add->powers[i]);
    for (uint32_t i = 0; i < k->add->duty_count; i++)
        relocate_duty(&k->to, &k->add->duties[i]);
    for (uint32_t i = 0; i < k->add->approval_count; i++)
        relocate_approval(&k->to, &k->add->approvals[i]);
    for (uint32_t i = 0; i < k->add->rule_count; i++)
        relocate_rule(&k->to, &k->add->rules[i]);
    for (uint32_t i = 0; i < k->add->kpi_count; i++)
        relocate_kpi(&k->to, &k->add->kpis[i]);
    for (int kind = 0; kind < DECL_KINDS; kind++)
        for (uint32_t i = 0; i < part_count(k->add, link_decl_parts[kind]); i++)
            TRY(assumed_right(k, (DeclKind)kind, i));
    return OK;
}

/* ---- declarations: what becomes of them */

static void end_at(DatedDef *d, int64_t at) {
    if (d->until > at)
        d->until = at;
}

/* What the new version says otherwise, or no more, takes nothing new from its instant on. */
static Status end_old(Link *k) {
    for (int kind = 0; kind < DECL_KINDS; kind++) {
        uint32_t n = part_count(k->old, link_decl_parts[kind]);
        bool *goes_on = new (k->a, bool, n + 1);
        if (goes_on == NULL)
            return ERR_NOMEM;
        for (uint32_t i = 0; i < part_count(k->add, link_decl_parts[kind]); i++) {
            const Assumed *as = &k->assumed[kind][i];
            if (as->fate <= LINK_JUDGES)
                goes_on[as->old] = true;
            if (as->fate <= LINK_JUDGES && kind == DECL_KPI)
                goes_on[link_base_of(k->old, (uint32_t)as->old)] = true;
        }
        for (uint32_t i = 0; i < n; i++)
            if (!goes_on[kind == DECL_KPI ? link_base_of(k->old, i) : i])
                end_at((DatedDef *)(uintptr_t)link_dated_of(k->out, (DeclKind)kind, i),
                       k->plan->from);
    }
    return OK;
}

/* A KPI whose series is judged otherwise goes on, whatever its own dates say: those of who judges
 * it count. */
static void kpi_append(Link *k, uint32_t n) {
    const Assumed *as = &k->assumed[DECL_KPI][n];
    KpiDef *d = &k->out->kpis[k->out->kpi_count++];
    *d = k->add->kpis[n];
    d->version = k->old->version_count;
    d->base = as->fate == LINK_JUDGES ? (int32_t)link_base_of(k->old, (uint32_t)as->old) : -1;
    d->dated = link_rest_of(k, d->dated);
    uint32_t last = 0;
    for (uint32_t i = 0; i < k->old->kpi_count; i++)
        last = k->old->kpis[i].rank >= last ? k->old->kpis[i].rank + 1 : last;
    d->rank += last;
}

static void decl_append(Link *k, DeclKind kind, uint32_t n) {
    uint32_t version = k->old->version_count;
    switch (kind) {
    case DECL_DUTY: {
        DutyDef *d = &k->out->duties[k->out->duty_count++];
        *d = k->add->duties[n];
        d->version = version;
        d->dated = link_rest_of(k, d->dated);
        return;
    }
    case DECL_APPROVAL: {
        ApprovalDef *d = &k->out->approvals[k->out->approval_count++];
        *d = k->add->approvals[n];
        d->version = version;
        d->dated = link_rest_of(k, d->dated);
        return;
    }
    case DECL_RULE: {
        RuleDef *d = &k->out->rules[k->out->rule_count++];
        *d = k->add->rules[n];
        d->version = version;
        d->dated = link_rest_of(k, d->dated);
        return;
    }
    case DECL_KPI:
    case DECL_KINDS:
        break;
    }
    kpi_append(k, n);
}

static void append_new(Link *k) {
    for (int kind = 0; kind < DECL_KINDS; kind++)
        for (uint32_t i = 0; i < part_count(k->add, link_decl_parts[kind]); i++)
            if (k->assumed[kind][i].fate != LINK_SAME)
                decl_append(k, (DeclKind)kind, i);
    for (uint32_t i = 0; i < k->add->decl_count; i++) {
        DeclDef d = k->add->decls[i];
        const Assumed *as = &k->assumed[d.kind][d.number];
        if (as->fate == LINK_SAME)
            continue;
        uint32_t number = part_count(k->old, link_decl_parts[d.kind]);
        for (uint32_t n = 0; n < d.number; n++)
            number += k->assumed[d.kind][n].fate != LINK_SAME;
        k->out->decls[k->out->decl_count++] = (DeclDef){d.kind, number};
    }
}

/* ---- powers, deputies, rotations */

static bool of_old(const Link *k, const PowerDef *p) {
    return p->of < part_count(k->old, p->approval ? PART_APPROVAL : PART_DUTY);
}

/* Those over what changed go with it; what is the same has the same. */
static void link_powers(Link *k) {
    Buf a = {0}, b = {0};
    for (uint32_t i = 0; i < k->old->power_count; i++)
        if (k->old->powers[i].verb == POWER_TO_SWAP) {
            PowerDef p = k->old->powers[i];
            p.file = p.line = 0;
            p.dated = link_rest_of(k, p.dated);
            if (p.dated.until > k->plan->from)
                put_part(&a, &(Bundle){.powers = &p, .power_count = 1}, PART_POWER, 0);
        }
    for (uint32_t i = 0; i < k->add->power_count; i++)
        if (k->add->powers[i].verb == POWER_TO_SWAP) {
            PowerDef p = k->add->powers[i];
            p.file = p.line = 0;
            p.dated = link_rest_of(k, p.dated);
            put_part(&b, &(Bundle){.powers = &p, .power_count = 1}, PART_POWER, 0);
        }
    /* who may swap, of all rotations together */
    bool same = !a.failed && !b.failed && str_eq(buf_str(&a), buf_str(&b));
    buf_free(&a);
    buf_free(&b);
    for (uint32_t i = 0; i < k->out->power_count; i++)
        if (k->out->powers[i].verb == POWER_TO_SWAP && !same)
            end_at(&k->out->powers[i].dated, k->plan->from);
    for (uint32_t i = 0; i < k->add->power_count; i++) {
        PowerDef p = k->add->powers[i];
        bool swap = p.verb == POWER_TO_SWAP;
        if (swap ? same : of_old(k, &p))
            continue;
        if (swap)
            p.dated = link_rest_of(k, p.dated);
        k->out->powers[k->out->power_count++] = p;
    }
}

static bool same_deputy(const Link *k, const DeputyDef *a, const DeputyDef *b) {
    DatedDef x = link_rest_of(k, a->dated), y = link_rest_of(k, b->dated);
    return a->of == b->of && a->by == b->by && x.from == y.from && x.until == y.until;
}

static void link_deputies(Link *k) {
    uint32_t old = k->old->deputy_count;
    for (uint32_t i = 0; i < old; i++) {
        bool stays = false;
        for (uint32_t n = 0; n < k->add->deputy_count; n++) {
            DeputyDef d = k->add->deputies[n];
            relocate_deputy(&k->to, &d);
            stays = stays || same_deputy(k, &d, &k->old->deputies[i]);
        }
        if (!stays)
            end_at(&k->out->deputies[i].dated, k->plan->from);
    }
    for (uint32_t n = 0; n < k->add->deputy_count; n++) {
        DeputyDef d = k->add->deputies[n];
        bool there = false;
        relocate_deputy(&k->to, &d);
        for (uint32_t i = 0; i < old; i++)
            there = there || same_deputy(k, &d, &k->old->deputies[i]);
        d.dated = link_rest_of(k, d.dated);
        if (!there && d.dated.from < d.dated.until)
            k->out->deputies[k->out->deputy_count++] = d;
    }
}

/* Who takes turns is told by the newest version. */
static void link_rotations(Link *k) {
    for (uint32_t n = 0; n < k->add->rotation_count; n++) {
        relocate_rotation(&k->to, &k->add->rotations[n]);
        uint32_t i = 0;
        while (i < k->out->rotation_count &&
               k->out->rotations[i].party != k->add->rotations[n].party)
            i++;
        k->out->rotations[i] = k->add->rotations[n];
        k->out->rotation_count += i == k->out->rotation_count;
    }
}

/* Rows of files become events of the newest version. */
static void link_feeds(Link *k) {
    k->out->feeds = k->add->feeds;
    k->out->feed_count = k->add->feed_count;
    for (uint32_t i = 0; i < k->add->feed_count; i++)
        relocate_feed(&k->to, &k->add->feeds[i]);
}

static Status link_version(Link *k) {
    VersionDef *v = &k->out->versions[k->out->version_count];
    uint32_t *events = new (k->a, uint32_t, k->add->event_count + 1);
    if (events == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < k->add->event_count; i++)
        events[i] = k->to.to[PART_EVENT][i];
    *v = k->add->versions[0];
    v->from = k->plan->from;
    v->first = k->plan->first;
    v->events = events;
    k->out->version_count++;
    return OK;
}

/* ---- both together */

static Status headers_fit(Link *k) {
    const Bundle *old = k->old, *add = k->add;
    const VersionDef *last = &old->versions[old->version_count - 1];
    if (add->version_count != 1)
        return err_say(k->err, ERR_MISMATCH,
                       "this is a bundle of several versions: give the new one alone",
                       "这是含多个版本的编译包：请只给新版本");
    if (!str_eq(old->policy, add->policy))
        return err_say(k->err, ERR_MISMATCH,
                       "the ledger's policy is \"%.*s\", this one is \"%.*s\": a ledger belongs "
                       "to one policy, in all its versions",
                       "账本的政策是“%.*s”，这个是“%.*s”：一个账本只属于一个政策（的各个版本）",
                       STR_ARG(old->policy), STR_ARG(add->policy));
    for (uint32_t i = 0; i < old->version_count; i++)
        if (str_eq(old->versions[i].version, add->version))
            return err_say(k->err, ERR_MISMATCH,
                           "the ledger has a version \"%.*s\" already: give the new one another in "
                           "its header, policy ... version \"...\"",
                           "账本已有版本“%.*s”：请在政策开头为新版本另起一个版本名",
                           STR_ARG(add->version));
    if (!str_eq(old->zones[old->zone].name, add->zones[add->zone].name))
        return err_say(k->err, ERR_MISMATCH,
                       "the policy's zone was %.*s and is %.*s: the ledger's instants are written "
                       "in it; give duties or teams a zone of their own",
                       "政策的时区原为 %.*s，现为 %.*s：账本的时刻按它书写；可给职责或团队另设时区",
                       STR_ARG(old->zones[old->zone].name), STR_ARG(add->zones[add->zone].name));
    if (old->currency != add->currency)
        return err_say(k->err, ERR_MISMATCH,
                       "the policy's currency changed: amounts without one were read in the old",
                       "政策的币种变了：未写币种的金额曾按旧币种读取");
    if (k->plan->from <= last->from)
        return err_say(k->err, ERR_MISMATCH,
                       "version \"%.*s\" applies from the same instant or a later one: a new "
                       "version follows it",
                       "版本“%.*s”从同一时刻或更晚起生效：新版本须在其后", STR_ARG(last->version));
    return OK;
}

static Status link_round(Link *k) {
    TRY(bundle_take(k->bytes, k->a, &k->add, k->err));
    TRY(headers_fit(k));
    TRY(link_know_old(k));
    TRY(link_begin(k));
    number_decls(k);
    TRY(link_places(k));
    for (uint32_t i = 0; i < k->add->enum_count; i++)
        PLACE(k, PART_ENUM, enums, enum_count, i);
    TRY(link_parties(k));
    TRY(link_records(k));
    TRY(link_entities(k));
    TRY(link_events(k));
    TRY(link_code(k));
    return link_decls(k);
}

static Status link_told(Link *k, Arena *a, Linked *linked) {
    size_t most = 0;
    for (int kind = 0; kind < DECL_KINDS; kind++)
        most +=
            part_count(k->add, link_decl_parts[kind]) + part_count(k->old, link_decl_parts[kind]);
    *linked = (Linked){.at = new (a, LinkedDecl, most + 1)};
    if (linked->at == NULL)
        return ERR_NOMEM;
    for (int kind = 0; kind < DECL_KINDS; kind++) {
        uint32_t n = part_count(k->add, link_decl_parts[kind]);
        for (uint32_t i = 0; i < n; i++) {
            LinkedDecl *d = &linked->at[linked->n++];
            *d = (LinkedDecl){.kind = (uint8_t)kind, .fate = k->assumed[kind][i].fate};
            TRY(arena_str(a, link_name_of(k->add, (DeclKind)kind, i), &d->name));
        }
        for (uint32_t o = 0; o < part_count(k->old, link_decl_parts[kind]); o++) {
            Str name = link_name_of(k->old, (DeclKind)kind, o);
            bool there = link_decl_named(k, (DeclKind)kind, name) != (int32_t)o;
            for (uint32_t i = 0; i < n; i++)
                there = there || str_eq(link_name_of(k->add, (DeclKind)kind, i), name);
            if (there)
                continue;
            LinkedDecl *d = &linked->at[linked->n++];
            *d = (LinkedDecl){.kind = (uint8_t)kind, .fate = LINK_GONE};
            TRY(arena_str(a, name, &d->name));
        }
    }
    return OK;
}

/* Whether a declaration of the new bundle was put behind the old ones, where one of these is of its
 * name. */
static bool follows_one_of(const Link *k, DeclKind kind, uint32_t n, const EventDef *told) {
    bool follows = k->assumed[kind][n].fate == LINK_CHANGED;
    bool named = false;
    for (uint32_t i = 0; follows && i < told->of_count; i++)
        named =
            named || str_eq(link_name_of(k->out, kind, told->of[i]), link_name_of(k->add, kind, n));
    return named;
}

/* What runs under an old version hears what is said of those that follow, too. */
static Status told_of_newer(Link *k) {
    for (uint32_t e = 0; e < k->old->event_count; e++) {
        EventDef *told = &k->out->events[e];
        if (told->told < 0)
            continue;
        DeclKind kind = told_of((ToldRow)told->told);
        uint32_t n = part_count(k->add, link_decl_parts[kind]);
        uint32_t *all = new (k->a, uint32_t, (size_t)told->of_count + n + 1);
        if (all == NULL)
            return ERR_NOMEM;
        if (told->of_count > 0)
            memcpy(all, told->of, told->of_count * sizeof *all);
        uint32_t count = told->of_count;
        for (uint32_t i = 0; i < n; i++)
            if (follows_one_of(k, kind, i, told))
                all[count++] = k->to.to[link_decl_parts[kind]][i];
        told->of = all;
        told->of_count = count;
    }
    return OK;
}

static Status link_finish(Link *k) {
    TRY(end_old(k));
    append_new(k);
    TRY(told_of_newer(k));
    link_powers(k);
    link_deputies(k);
    link_rotations(k);
    link_feeds(k);
    return link_version(k);
}

Status bundle_link(const Bundle *old, Str bytes, const LinkPlan *plan, Arena *a, Buf *out,
                   Linked *linked, Err *err) {
    Arena round = {0};
    Link k = {.old = old, .bytes = bytes, .plan = plan, .a = &round, .err = err};
    Status status = bundle_take(bytes, &round, &k.add, err);
    if (status == OK)
        status = assume(&k, a);
    do { /* each round finds one declaration at least to be another, or is the last */
        arena_reset(&round);
        k.wrong = false;
        if (status == OK)
            status = link_round(&k);
    } while (status == OK && k.wrong);
    if (status == OK)
        status = link_finish(&k);
    if (status == OK && linked != NULL)
        status = link_told(&k, a, linked);
    if (status == OK) {
        bundle_put(out, k.out);
        status = buf_status(out);
    }
    buf_free(&k.scratch);
    arena_free(&round);
    if (status == ERR_NOMEM && err->code == OK)
        (void)err_say(err, status, "out of memory", "内存不足");
    return status;
}
