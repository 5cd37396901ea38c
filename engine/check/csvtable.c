/* check: tables whose rows stand in a CSV file beside the policy: the header says which column is
 * which, the rows become the same trees as those of a policy. */
#include "engine/check/check_int.h"

#include "engine/syntax/csv.h"

typedef struct CsvTable {
    Csv csv;
    CsvRecord head;
    CsvCell *names;        /* of each column of the file: its name; empty: a note */
    CsvColumn *columns;    /* inputs, then outputs */
    uint32_t first_output; /* the column of the header that begins with -> */
} CsvTable;

static void say_csv(Program *p, Span at, Str what, Str hint) {
    diag_add2(p->diags, DIAG_CSV, at, what, hint);
}

static CsvCell trim(const Csv *csv, CsvCell cell) {
    while (cell.at.from < cell.at.to && csv_text(csv, cell).p[0] == ' ')
        cell.at.from++;
    while (cell.at.from < cell.at.to && str_ends(csv_text(csv, cell), S(" ")))
        cell.at.to--;
    return cell;
}

/* A column's name: what stands before the colon, without the arrow of an output. */
static CsvCell name_of(const Csv *csv, CsvCell cell, bool *arrow) {
    *arrow = str_starts(csv_text(csv, cell), S("->"));
    if (*arrow)
        cell.at.from += 2;
    Str s = csv_text(csv, cell);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ':' || str_starts(str_from(s, i), S("：")))
            cell.at.to = cell.at.from + (uint32_t)(s.n = i);
    return trim(csv, cell);
}

static bool is_note(Str s) {
    return s.n == 0 || str_starts(s, S("--"));
}

static bool csv_find(Program *p, const Table *t, uint32_t *file) {
    const Node *at = t->file_node;
    Str why = {NULL, 0};
    if (p->modules != NULL && p->modules->file != NULL &&
        p->modules->file(p->modules->ctx, t->at.file, at->text, file, &why))
        return true;
    say_csv(
        p, at->span,
        say(p, "%.*s%.*s", STR_ARG(at->text), STR_ARG(say_both(p, " cannot be read", " 无法读取"))),
        why);
    return false;
}

static bool csv_read_head(Program *p, Table *t, CsvTable *c) {
    bool more = false, ok = false;
    uint32_t file;
    if (!csv_find(p, t, &file))
        return false;
    Status status = csv_open(&c->csv, p->sources, file, p->arena, p->diags, &ok);
    if (status == OK && ok)
        status = csv_next(&c->csv, &c->head, &more);
    p->nomem = p->nomem || status != OK;
    if (p->nomem || !ok)
        return false;
    if (!more || c->head.empty) {
        say_csv(p, c->head.at, say_both(p, "the file has no header", "文件没有表头"),
                say_both(p, "begin with a line of the names of its columns", "第一行请写各列名称"));
        return false;
    }
    c->names = new (p->arena, CsvCell, c->head.n);
    c->first_output = c->head.n;
    p->nomem = c->names == NULL;
    for (uint32_t i = 0; !p->nomem && i < c->head.n; i++) {
        bool arrow = false;
        c->names[i] = name_of(&c->csv, c->head.cells[i], &arrow);
        if (is_note(csv_text(&c->csv, c->head.cells[i])))
            c->names[i].at.to = c->names[i].at.from;
        if (arrow && c->first_output == c->head.n)
            c->first_output = i;
    }
    return !p->nomem;
}

/* Inputs and outputs from a header that has their types. */
static bool csv_signature(Program *p, Table *t, CsvTable *c) {
    if (c->first_output == c->head.n) {
        say_csv(p, c->head.at, say_both(p, "no column is an output", "没有一列是输出"),
                say_both(p, "write -> before the name of the first output: -> owner: party",
                         "请在第一个输出的名称前写 ->：-> 责任方: 主体"));
        return false;
    }
    Node **last[] = {&t->in_nodes, &t->out_nodes};
    bool ok = true;
    for (uint32_t i = 0; i < c->head.n; i++) {
        CsvCell cell = c->head.cells[i];
        Node *param = NULL;
        if (csv_text(&c->csv, c->names[i]).n == 0)
            continue;
        cell.at.from = c->names[i].at.from;
        if (csv_param(&c->csv, cell, &param) != OK) {
            p->nomem = true;
            return false;
        }
        ok = ok && param != NULL;
        Node ***to = &last[i >= c->first_output];
        if (param != NULL) {
            **to = param;
            *to = &param->next;
        }
    }
    return ok;
}

bool csv_head(Program *p, Table *t) {
    CsvTable *c = t->csv = new (p->arena, CsvTable, 1);
    if (c == NULL) {
        p->nomem = true;
        return false;
    }
    return csv_read_head(p, t, c) && (t->node->a != NULL || csv_signature(p, t, c));
}

/* The column of the file that holds an input or output. */
static bool column_find(Program *p, const Table *t, const Field *field, bool output,
                        CsvColumn *out) {
    const CsvTable *c = t->csv;
    bool found = false;
    for (uint32_t i = 0; i < c->head.n; i++) {
        Str name = csv_text(&c->csv, c->names[i]);
        if (name.n == 0 || (!str_eq(name, field->name) && !str_eq(name, field->alias)))
            continue;
        if (found) {
            say_csv(p, c->names[i].at,
                    say(p, "%.*s%.*s",
                        STR_ARG(say_both(p, "there are two columns ", "有两列都叫 ")),
                        STR_ARG(name)),
                    say_both(p, "rename one, or make it a note with --",
                             "请改名，或以 -- 开头作为备注"));
            return false;
        }
        *out = (CsvColumn){i, field->type.kind == TY_TEXT || field->type.kind == TY_ID};
        found = true;
    }
    if (!found)
        say_csv(p, c->head.at,
                say(p, "%.*s%.*s",
                    STR_ARG(output ? say_both(p, "the file has no column for the output ",
                                              "文件缺少输出列 ")
                                   : say_both(p, "the file has no column for the input ",
                                              "文件缺少输入列 ")),
                    STR_ARG(field->name)),
                say_both(p, "its header has the names of inputs and outputs",
                         "表头须写出各输入与输出的名称"));
    return found;
}

/* Which column is which; each of the file must be one of the table's, or a note. */
static bool csv_columns(Program *p, Table *t) {
    CsvTable *c = t->csv;
    uint32_t n = t->column_count + t->output_count;
    c->columns = new (p->arena, CsvColumn, n + 1);
    if (c->columns == NULL) {
        p->nomem = true;
        return false;
    }
    bool ok = true;
    for (uint32_t i = 0; i < n; i++) {
        bool output = i >= t->column_count;
        const Field *field = output ? &t->outputs[i - t->column_count] : &t->inputs[i];
        ok = column_find(p, t, field, output, &c->columns[i]) && ok;
    }
    for (uint32_t i = 0; i < c->head.n; i++) {
        Str name = csv_text(&c->csv, c->names[i]);
        if (name.n == 0 || field_find(t->inputs, t->column_count, name) >= 0 ||
            field_find(t->outputs, t->output_count, name) >= 0)
            continue;
        say_csv(p, c->names[i].at,
                say(p, "%.*s%.*s%.*s", STR_ARG(t->name),
                    STR_ARG(say_both(p, " has no input or output ", " 没有这样的输入或输出：")),
                    STR_ARG(name)),
                say_both(p, "a column for people begins with --", "仅供阅读的列以 -- 开头"));
        ok = false;
    }
    return ok;
}

/* A row as long as its header, without a cell that says nothing. */
static bool record_ok(Program *p, const Table *t, const CsvRecord *r) {
    const CsvTable *c = t->csv;
    if (r->n != c->head.n) {
        say_csv(p, r->at,
                say(p, "%.*s%.*s%.*s",
                    STR_ARG(say_number(p, r->n, " cell stands here", " cells stand here", " 格")),
                    STR_ARG(say_both(p, ", but the header has ", "，而表头有 ")),
                    STR_ARG(say_count(p, c->head.n))),
                say_both(p, "a cell with a comma in it stands in quotes", "含逗号的格须加引号"));
        return false;
    }
    bool ok = true;
    for (uint32_t i = 0; i < t->column_count + t->output_count; i++) {
        CsvCell cell = r->cells[c->columns[i].place];
        bool output = i >= t->column_count;
        const Type *type = output ? &t->outputs[i - t->column_count].type : &t->inputs[i].type;
        if (cell.at.from < cell.at.to || (!output && !type->optional))
            continue;
        say_csv(p, cell.at, say_both(p, "this cell is empty", "这一格是空的"),
                output ? say_both(p, "write what the row gives", "请写出本行给出的值")
                       : say_both(p, "write - for any value, or absent for none",
                                  "任意值请写 -，无值请写 空缺"));
        ok = false;
    }
    return ok;
}

void csv_rows(Program *p, Table *t) {
    CsvTable *c = t->csv;
    Node **last = &t->row_nodes;
    if (!csv_columns(p, t))
        return;
    for (bool more = true; more && !p->nomem;) {
        CsvRecord record;
        Node *row = NULL;
        p->nomem = csv_next(&c->csv, &record, &more) != OK;
        if (p->nomem || !more || record.empty || !record_ok(p, t, &record))
            continue;
        p->nomem =
            csv_row(&c->csv, &record, c->columns, t->column_count, t->output_count, &row) != OK;
        if (row == NULL)
            continue;
        *last = row;
        last = &row->next;
    }
}
