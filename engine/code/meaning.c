/* code: what a bundle means, apart from how its text is laid out. */
#include "engine/code/meaning.h"

#include "engine/base/sha256.h"

/* Of each item of a list the place is taken out. */
#define UNPLACE(list, count)                                                                       \
    for (uint32_t unplaced = 0; unplaced < (count); unplaced++)                                    \
    (list)[unplaced].file = (list)[unplaced].line = 0

static void plain_tables(Bundle *b) {
    for (uint32_t i = 0; i < b->table_count; i++) {
        b->tables[i].file = 0;
        for (uint32_t row = 0; row < b->tables[i].row_count; row++)
            b->tables[i].lines[row] = 0;
    }
}

static void plain_duties(Bundle *b) {
    UNPLACE(b->duties, b->duty_count);
    for (uint32_t i = 0; i < b->duty_count; i++) {
        DutyDef *d = &b->duties[i];
        UNPLACE(d->acts, d->act_count);
        UNPLACE(d->moves, d->move_count);
        UNPLACE(d->rungs, d->rung_count);
    }
}

static void plain_approvals(Bundle *b) {
    UNPLACE(b->approvals, b->approval_count);
    for (uint32_t i = 0; i < b->approval_count; i++) {
        ApprovalDef *d = &b->approvals[i];
        UNPLACE(d->acts, d->act_count);
        UNPLACE(d->stages, d->stage_count);
        UNPLACE(d->seats, d->seat_count);
    }
}

/* What is said of a KPI as it is written is for people alone. */
static void plain_kpis(Bundle *b, bool named) {
    UNPLACE(b->kpis, b->kpi_count);
    for (uint32_t i = 0; i < b->kpi_count; i++) {
        KpiDef *k = &b->kpis[i];
        k->measure = (Str){NULL, 0};
        if (k->nameless && !named) /* it is called as it is written */
            k->name = (Str){NULL, 0};
        UNPLACE(k->levels, k->level_count);
        UNPLACE(k->reactions, k->reaction_count);
        for (uint32_t n = 0; n < k->level_count; n++) {
            k->levels[n].text = (Str){NULL, 0};
            k->levels[n].raise.text = k->levels[n].clear.text = (Str){NULL, 0};
        }
    }
}

static void plain_others(Bundle *b) {
    UNPLACE(b->entities, b->entity_count);
    UNPLACE(b->rules, b->rule_count);
    UNPLACE(b->deputies, b->deputy_count);
    UNPLACE(b->powers, b->power_count);
    for (uint32_t i = 0; i < b->feed_count; i++)
        UNPLACE(b->feeds[i].fed, b->feeds[i].fed_count);
    for (uint32_t i = 0; i < b->rotation_count; i++)
        UNPLACE(b->rotations[i].layers, b->rotations[i].layer_count);
}

static void plain_code(Bundle *b) {
    for (uint32_t i = 0; i < b->fn_count; i++)
        b->fns[i].name = (Str){NULL, 0};
    for (uint32_t i = 0; i < b->code_count; i++)
        b->lines[i] = 0;
    b->source_count = 0;
}

Status bundle_meaning(Str bytes, bool named, uint8_t out[SHA256_BYTES]) {
    Arena a = {0};
    Bundle *b;
    Buf plain = {0};
    Err err = {0};
    Status status = bundle_take(bytes, &a, &b, &err);
    if (status == OK) {
        plain_tables(b);
        plain_duties(b);
        plain_approvals(b);
        plain_kpis(b, named);
        plain_others(b);
        plain_code(b);
        bundle_put(&plain, b);
        status = buf_status(&plain);
    }
    if (status == OK)
        sha256(buf_str(&plain), out);
    buf_free(&plain);
    arena_free(&a);
    return status;
}
