/* audit: why-not: of a table that did not give what a condition wants, the row that came nearest:
 * that of the fewest cells that did not take what it was asked for. */
#include "engine/audit/whynot_int.h"
#include "engine/base/json.h"
#include "engine/check/check_int.h"
#include "engine/syntax/marks.h"

/* What a condition asks of a table: that this output be so. */
typedef struct Wanted {
    const Node *call;
    const Table *table;
    uint32_t output;
    Value value;
} Wanted;

/* Whether a node is what a table gives. */
static bool is_given(const Node *node, Wanted *out) {
    const Node *call = node;
    out->output = 0;
    if (node->kind == N_FIELD && node->bind == BIND_OUTPUT) {
        out->output = node->slot;
        call = node->a;
    }
    out->call = call;
    out->table = call->kind == N_CALL && call->bind == BIND_TABLE ? call->means : NULL;
    return out->table != NULL && out->table->feeds == NULL && out->table->later == NULL &&
           out->table->called == out->table && out->output < out->table->output_count;
}

/* `TABLE(...) = VALUE`, or a table that gives a flag alone. */
static bool wanted_of(const Probe *p, const Node *failed, Wanted *out) {
    out->value = value_flag(true);
    if (is_given(failed, out))
        return true;
    if (failed->kind != N_BINARY || failed->op != MARK_EQ)
        return false;
    if (is_given(failed->a, out))
        return probe_value(p, failed->b, &out->value);
    return is_given(failed->b, out) && probe_value(p, failed->a, &out->value);
}

/* How a row stood to what it was asked. */
typedef struct Fit {
    int32_t row;
    uint32_t failing;
    uint64_t cells; /* bit 1 << input: of the first 64, it did not take its value */
} Fit;

static Status cell_takes(const Bundle *b, const TableDef *t, uint32_t row, uint32_t input, Value v,
                         Arena *a, bool *yes) {
    const Cell *cell = &t->cells[(size_t)row * t->input_count + input];
    ColumnType type = bundle_column(b, &t->inputs[input].type);
    Column column;
    AtomRanges ranges;
    TRY(column_cut(&type, cell, 1, 1, a, &column));
    TRY(column_ranges(&column, cell, a, &ranges));
    *yes = cell->any || ranges_have(&ranges, column_atom(&column, v));
    return OK;
}

static Status row_fit(const Bundle *b, const TableDef *t, uint32_t row, const Value *inputs,
                      Arena *a, Fit *out) {
    *out = (Fit){.row = (int32_t)row};
    for (uint32_t i = 0; i < t->input_count; i++) {
        bool yes;
        TRY(cell_takes(b, t, row, i, inputs[i], a, &yes));
        out->failing += yes ? 0 : 1;
        out->cells |= !yes && i < 64 ? (uint64_t)1 << i : 0;
    }
    return OK;
}

/* The row that would give what is wanted and came nearest; -1: none gives it. */
static Status nearest_row(const Bundle *b, const Wanted *want, const Value *inputs, Arena *a,
                          Fit *best) {
    const TableDef *t = &b->tables[want->table->number];
    *best = (Fit){.row = -1};
    for (uint32_t i = 0; i < t->row_count; i++) {
        uint32_t row = t->order[i];
        Value gives = t->results[(size_t)row * t->output_count + want->output];
        Fit fit;
        if (t->row_fns[row] >= 0 || !value_eq(gives, want->value))
            continue;
        TRY(row_fit(b, t, row, inputs, a, &fit));
        if (best->row < 0 || fit.failing < best->failing)
            *best = fit;
    }
    return OK;
}

static const Node *nth(const Node *list, uint32_t n) {
    for (; list != NULL && n > 0; n--)
        list = list->next;
    return list;
}

/* The cells that did not take what they were asked: the value, and what the cell says. */
static void put_cells(WhyNot *n, const Wanted *want, const Fit *fit, const Value *inputs) {
    Why *w = &n->w;
    const TableDef *t = &w->r->b->tables[want->table->number];
    const Node *row = nth(want->table->row_nodes, (uint32_t)fit->row);
    if (w->json)
        put_text(w->out, S(",\"cells\":["));
    bool comma = false;
    for (uint32_t i = 0; i < t->input_count && i < 64; i++) {
        if ((fit->cells >> i & 1) == 0)
            continue;
        const Node *cell = row == NULL ? NULL : nth(row->a, i);
        Str needs = cell == NULL ? S("?") : probe_text(n, cell);
        Str name = t->inputs[i].name;
        if (!w->json) {
            Str is =
                inputs[i].kind == V_ABSENT ? why_word(w, SAY_NOT_THERE) : why_value(w, inputs[i]);
            why_say(w, SAY_NOT_CELL, (Args){{name, is, needs}});
            continue;
        }
        put_text(w->out, comma ? S(",{\"input\":") : S("{\"input\":"));
        put_json_string(w->out, name);
        why_json_value(w, "value", inputs[i]);
        why_json_value(w, "needs", value_text(needs));
        put_c(w->out, '}');
        comma = true;
    }
    if (w->json)
        put_c(w->out, ']');
}

Status probe_row(WhyNot *n, const Node *failed) {
    Why *w = &n->w;
    const Bundle *b = w->r->b;
    Wanted want;
    Fit fit;
    if (!wanted_of(&n->probe, failed, &want))
        return OK;
    const TableDef *t = &b->tables[want.table->number];
    Value *inputs = new (&w->arena, Value, (size_t)t->input_count + 1);
    if (inputs == NULL)
        return ERR_NOMEM;
    const Node *arg = want.call->a;
    for (uint32_t i = 0; i < t->input_count; i++, arg = arg->next)
        if (arg == NULL || !probe_value(&n->probe, arg, &inputs[i]))
            return OK; /* a part of it that was not computed */
    TRY(nearest_row(b, &want, inputs, &w->arena, &fit));
    if (fit.row < 0) {
        not_tell(n, "no_row", SAY_NOT_ANY_ROW,
                 (Fact[]){fact_text("table", t->name),
                          {"wanted", want.value, {NULL, 0}},
                          fact_text("place", why_place(w, t->file, t->lines[0]))},
                 3);
        return OK;
    }
    uint32_t line = t->lines[fit.row];
    const Fact facts[] = {fact_text("table", t->name), fact_number("row", (uint64_t)fit.row + 1),
                          fact_number("rows", t->row_count),
                          fact_text("place", why_place(w, t->file, line)),
                          fact_text("line", why_source(w, t->file, line))};
    not_begin(n, fit.failing > 0 ? "nearest_row" : "other_row_first",
              fit.failing > 0 ? SAY_NOT_NEAREST_ROW : SAY_NOT_OTHER_ROW, facts, 5);
    put_cells(n, &want, &fit, inputs);
    not_end(n);
    return OK;
}
