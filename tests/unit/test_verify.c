/* Refused bundles: each instruction of op.def with each operand broken in each way, and the reason
 * that is given. The rows are read here as text, so that a new opcode is tried as soon as it is in
 * the table. */
#include "tests/unit/unit.h"

#include "engine/base/mem.h"
#include "engine/code/verify.h"

#define NOT_THERE "it names something that there is not"
#define NO_REGISTER "a register that the function does not have"
#define UNWRITTEN "a register is read before it is written"
#define OTHER_KIND "a register holds another kind than is wanted"
#define NO_WAY "no way leads here"
#define NO_END "it does not end"
#define OUTSIDE "a jump leaves the function"

typedef struct Row {
    const char *name, *form, *operand[3];
} Row;

static const Row rows[] = {
#define OP(name, form, a, b, c, cost, effect) {#name, #form, {#a, #b, #c}},
#include "engine/code/op.def"
};

/* ---- a bundle with a thing of each kind in it */

enum { REGISTERS = 40, PLENTY = 200, WORDS = 64, EVENTS = 3, WIDE = 0, OUT = 1, ENGINES_OWN = 2 };

/* Fields of the wide event: kind k present is field 2 * k, optional 2 * k + 1. */
static FieldDef wide[2 * V_KINDS], out_fields[2], inputs[2], outputs[2], params[2];
static EventDef events[EVENTS];
static Value constants[V_KINDS];
static TableDef tables[1];
static KindDef table_kinds[2]; /* what a call of it gives */
static DutyDef duties[2];
static ApprovalDef approvals[2];
static DeclDef decls[] = {{DECL_DUTY, 1}, {DECL_KPI, 0}};
static FieldDef kpi_by[1];
static KpiDef kpis[1];     /* a sum of money by a text */
static uint32_t kpi_parts; /* how many parts its group has: 0 or 1 */
static uint8_t kpi_agg;    /* or what it is instead */
static FieldDef held[3];
static uint32_t keys[] = {0};
static EntityDef entities[1];
static FieldDef parts[2];
static RecordDef records[1];
static uint16_t record_of[2];
static uint32_t key_parts; /* of the duty that a condition asks for */
static KindDef frame[2] = {{V_INT, false}, {V_TEXT, true}},
               args[2] = {{V_DEC, false}, {V_INT, true}};
static KindDef results[2] = {{V_TEXT, false}, {V_MONEY, true}};
static uint32_t code[WORDS];
static KindDef each_args[] = {
    {V_INT, false}, {V_FLAG, false}, {V_INT, false}, {V_DATE, false}, {V_TEXT, true}};
static KindDef each_gives[1];
static LoopDef loops[1];
static FnDef fns[2]; /* the one that is tried, and that of a loop */
static Bundle bundle;

static FieldDef field(ValueKind kind, bool optional) {
    return (FieldDef){.name = S("f"), .type = {.kind = (uint8_t)kind, .optional = optional}};
}

static void begin(void) {
    for (unsigned k = 0; k < V_KINDS; k++) {
        wide[2 * k] = field((ValueKind)k, false);
        wide[2 * k + 1] = field((ValueKind)k, true);
        constants[k] = value_of((ValueKind)k, 0);
    }
    out_fields[0] = inputs[0] = params[0] = field(V_INT, false);
    out_fields[1] = inputs[1] = params[1] = field(V_TEXT, true);
    outputs[0] = field(V_MONEY, false);
    outputs[1] = field(V_DATE, true);
    events[WIDE] = (EventDef){.engine = -1,
                              .duty = -1,
                              .entity = -1,
                              .told = -1,
                              .fields = wide,
                              .field_count = 2 * V_KINDS};
    events[OUT] = (EventDef){
        .engine = -1, .duty = -1, .entity = -1, .told = -1, .fields = out_fields, .field_count = 2};
    events[ENGINES_OWN] = (EventDef){.engine = 0, .duty = -1, .entity = -1, .told = -1};
    table_kinds[0] = (KindDef){V_MONEY, false};
    table_kinds[1] = (KindDef){V_DATE, true};
    tables[0] = (TableDef){.inputs = inputs,
                           .input_count = 2,
                           .outputs = outputs,
                           .output_count = 2,
                           .kinds = table_kinds,
                           .result_count = 2};
    duties[0] = (DutyDef){.each_fn = -1,
                          .again_slot = -1,
                          .event = -1,
                          .params = params,
                          .param_count = 2,
                          .frame = frame,
                          .frame_count = 2};
    duties[1] = (DutyDef){.each_fn = -1, .again_slot = -1, .event = WIDE, .key_count = key_parts};
    approvals[0] = (ApprovalDef){
        .event = -1, .params = params, .param_count = 2, .frame = frame, .frame_count = 2};
    approvals[1] = (ApprovalDef){.event = WIDE};
    kpi_by[0] = field(V_TEXT, false);
    kpis[0] = (KpiDef){.by = kpi_by,
                       .by_count = kpi_parts,
                       .agg_count = 1,
                       .aggs = {{.kind = kpi_agg, .sample = V_MONEY}}};
    held[0] = field(V_INT, false);
    held[1] = field(V_DATE, false);
    held[2] = field(V_TEXT, true);
    entities[0] = (EntityDef){.fields = held, .field_count = 3, .keys = keys, .key_count = 1};
    parts[0] = field(V_PARTY, false);
    parts[1] = field(V_PARTY, true);
    records[0] = (RecordDef){.fields = parts, .field_count = 2};
    fns[0] = (FnDef){.name = S("f"),
                     .event = WIDE,
                     .owner = 0,
                     .args = args,
                     .arg_count = 2,
                     .results = results,
                     .registers = REGISTERS};
    loops[0] =
        (LoopDef){.does = LOOP_COUNTS, .index = -1, .fn = 1, .given = 1, .result = {V_INT, false}};
    each_args[0].kind = V_INT;
    fns[1] =
        (FnDef){.event = -1, .owner = -1, .args = each_args, .arg_count = 5, .results = each_gives};
    bundle = (Bundle){.events = events,
                      .event_count = EVENTS,
                      .constants = constants,
                      .constant_count = V_KINDS,
                      .tables = tables,
                      .table_count = 1,
                      .duties = duties,
                      .duty_count = 2,

                      .approvals = approvals,
                      .approval_count = 2,
                      .kpis = kpis,
                      .kpi_count = 1,
                      .records = records,
                      .record_count = 1,
                      .record_of = record_of,
                      .record_field_count = 2,
                      .entities = entities,
                      .entity_count = 1,
                      .decls = decls,
                      .decl_count = 2,
                      .loops = loops,
                      .loop_count = 1,
                      .fns = fns,
                      .fn_count = 1,
                      .code = code};
}

static void abc(Op op, uint32_t a, uint32_t b, uint32_t c) {
    code[fns[0].to++] = (uint32_t)op | a << 8 | b << 16 | c << 24;
}

static void abx(Op op, uint32_t a, uint32_t bx) {
    code[fns[0].to++] = (uint32_t)op | a << 8 | bx << 16;
}

static void load(uint32_t reg, ValueKind kind, bool optional) {
    abx(OP_FIELD, reg, 2 * (uint32_t)kind + optional);
}

static const char *what; /* what a failure is about */

/* The verifier's answer to what was written: `reason`, or NULL for a bundle that is accepted. */
static void expect_answer(const char *reason) {
    Arena scratch = {0};
    Err err = {0};
    Status status = verify_code(&bundle, &scratch, &err);
    arena_free(&scratch);
    Str said = str_of(err.text);
    bool same = reason == NULL ? status == OK
                               : status == ERR_DAMAGED && str_ends(said, str_of(reason)) &&
                                     str_starts(said, S("bundle: f, instruction "));
    if (!same)
        printf("%s: answered %d \"%s\", expected \"%s\"\n", what, (int)status, err.text,
               reason == NULL ? "OK" : reason);
    EXPECT(same);
}

/* ---- instructions from rows */

static bool is(const Row *row, int i, const char *mode) {
    return strcmp(row->operand[i], mode) == 0;
}

static bool starts(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static ValueKind kind_named(const char *operand) {
    static const char *const names[V_KINDS] = {
        [V_FLAG] = "FLAG",         [V_INT] = "INT",      [V_DEC] = "DEC",   [V_PERCENT] = "PERCENT",
        [V_MONEY] = "MONEY",       [V_DATE] = "DATE",    [V_TIME] = "TIME", [V_INSTANT] = "INSTANT",
        [V_DURATION] = "DURATION", [V_TEXT] = "TEXT",    [V_ENUM] = "ENUM", [V_PARTY] = "PARTY",
        [V_LIST] = "LIST",         [V_RECORD] = "RECORD"};
    for (unsigned k = 1; k < V_KINDS; k++) {
        size_t n = strlen(names[k]);
        if (strncmp(operand + 2, names[k], n) == 0 && operand[2 + n] == ')')
            return (ValueKind)k;
    }
    printf("%s: an operand that this test does not know\n", operand);
    exit(1);
}

static bool reads(const Row *row, int i) {
    return starts(row->operand[i], "R(") || is(row, i, "RANY") || is(row, i, "RINT") ||
           is(row, i, "RDEC") || is(row, i, "SAME");
}

static bool writes(const Row *row, int i) {
    return starts(row->operand[i], "W(") || is(row, i, "WSAME") || is(row, i, "WLIKE");
}

/* A / B in ROUND_QUOT are both any register to its row, and more than that to the verifier. */
static bool is_quotient(const Row *row, int i) {
    return strcmp(row->name, "ROUND_QUOT") == 0 && i < 2;
}

/* The kind that operand i reads in the instruction that is right. */
static ValueKind wanted(const Row *row, int i) {
    if (is_quotient(row, i))
        return V_DEC;
    if (is(row, i, "SAME"))
        return wanted(row, i - 1);
    if (is(row, i, "RINT") || is(row, i, "RANY"))
        return V_INT;
    return is(row, i, "RDEC") ? V_DEC : kind_named(row->operand[i]);
}

static int32_t number_of_things(const Row *row, int i) {
    return is(row, i, "CONST")      ? V_KINDS
           : is(row, i, "FIELD")    ? 2 * V_KINDS
           : is(row, i, "ATTR")     ? 4
           : is(row, i, "FRAME")    ? 2
           : is(row, i, "ARG")      ? 2
           : is(row, i, "TABLE")    ? 1
           : is(row, i, "EVENT")    ? EVENTS
           : is(row, i, "DUTY")     ? 2
           : is(row, i, "APPROVAL") ? 2
           : is(row, i, "DECL")     ? 2
           : is(row, i, "ENTITY")   ? 1
           : is(row, i, "LOOP")     ? 1
           : is(row, i, "RECTYPE")  ? 1
           : is(row, i, "PICKED")   ? 2
                                    : -1;
}

static Op op_of(const Row *row) {
    return (Op)(row - rows);
}

static bool is_end(const Row *row) {
    return strcmp(row->name, "STOP") == 0 || strcmp(row->name, "RET") == 0;
}

/* The registers from BASE on as LOOKUP, EMIT and OBLIGE take them here, parties for NOTIFY, and
 * behind them what NOTIFY_AS takes. */
enum { BASE = 20, PARTIES = 10, TEXT = 14 };

enum { OF_DUTY, OF_KPI }; /* in decls */

static bool measures(const Row *row) {
    return starts(row->name, "MEASURE");
}

/* The operand of an instruction that is right, once load_right has gone before it. */
static uint32_t right(const Row *row, int i) {
    if (is(row, i, "REGS"))
        return is(row, 1, "COUNT") || i == 1 ? PARTIES : BASE;
    if (is(row, i, "EVENT"))
        return OUT;
    if (is(row, i, "DECL") && measures(row))
        return OF_KPI;
    if (is(row, i, "COUNT"))
        return 2;
    if (is(row, i, "TEXTREG"))
        return TEXT;
    if (number_of_things(row, i) >= 0 || is(row, i, "FWD") || is(row, i, "NONE"))
        return is(row, i, "CONST") || is(row, i, "FIELD") ? 2 : 0;
    return 1 + (uint32_t)i;
}

static void load_right(const Row *row) {
    if (strcmp(row->name, "ESCALATE") == 0)
        fns[0].of = DECL_APPROVAL;
    for (int i = 0; i < 3; i++)
        if (reads(row, i))
            load(right(row, i), wanted(row, i), false);
    load(BASE, strcmp(row->name, "PICK") == 0 ? V_RECORD : V_INT, false);
    load(BASE + 1, measures(row) ? V_MONEY : V_TEXT, !measures(row)); /* a bound */
    load(PARTIES, V_PARTY, false);
    load(PARTIES + 1, V_PARTY, false);
    load(PARTIES + 2, V_DURATION, false);
    load(PARTIES + 3, V_FLAG, false);
    load(TEXT, V_TEXT, false);
}

static void put_row(const Row *row, uint32_t a, uint32_t b, uint32_t c) {
    if (strcmp(row->form, "ABx") == 0)
        abx(op_of(row), a, b);
    else
        abc(op_of(row), a, b, c);
    if (!is_end(row))
        abx(OP_RET, 0, 0);
}

/* The instruction with `n` at operand i; what goes before it is as it should be. */
static void put_with(const Row *row, int i, uint32_t n) {
    uint32_t operand[3] = {right(row, 0), right(row, 1), right(row, 2)};
    if (i >= 0)
        operand[i] = n;
    put_row(row, operand[0], operand[1], operand[2]);
}

static void try_row(const Row *row, int i, uint32_t n, const char *reason) {
    begin();
    load_right(row);
    put_with(row, i, n);
    expect_answer(reason);
}

#define EACH_ROW(row)                                                                              \
    for (const Row *row = rows; row < rows + OP_COUNT && (what = row->name, true); row++)

TEST(each_opcode_that_is_right_is_accepted) {
    EACH_ROW(row) try_row(row, -1, 0, NULL);
}

TEST(a_register_that_is_not_there_is_refused) {
    EACH_ROW(row)
    for (int i = 0; i < 3; i++)
        if (reads(row, i) || writes(row, i)) {
            try_row(row, i, REGISTERS, NO_REGISTER);
            try_row(row, i, 255, NO_REGISTER);
        }
}

TEST(a_register_that_was_not_written_is_refused) {
    EACH_ROW(row)
    for (int i = 0; i < 3; i++)
        if (reads(row, i))
            try_row(row, i, 39, UNWRITTEN);
}

TEST(a_register_written_on_one_way_only_is_refused) {
    EACH_ROW(row)
    for (int i = 0; i < 3; i++) {
        if (!reads(row, i))
            continue;
        begin();
        load_right(row);
        load(30, V_FLAG, false);
        abx(OP_SKIP_IF, 30, 1);
        load(31, wanted(row, i), false);
        put_with(row, i, 31);
        expect_answer(UNWRITTEN);
    }
}

/* Kinds that operand i may hold beside the one it wants. */
static bool also_holds(const Row *row, int i, ValueKind kind) {
    bool integer = kind == V_FLAG || kind == V_INT || kind == V_DURATION || kind == V_DATE ||
                   kind == V_TIME || kind == V_INSTANT || kind == V_ENUM;
    bool decimal = kind == V_DEC || kind == V_PERCENT || kind == V_MONEY;
    if (is_quotient(row, i)) /* beside a number */
        return kind == V_DEC || (i == 0 && kind == V_MONEY);
    if (is(row, i, "RANY"))
        return true;
    if (is(row, i, "RINT"))
        return integer;
    return is(row, i, "RDEC") ? decimal : kind == wanted(row, i);
}

TEST(a_register_of_another_kind_is_refused) {
    EACH_ROW(row)
    for (int i = 0; i < 3; i++)
        for (unsigned k = 1; k < V_KINDS; k++) {
            /* C is of B's kind: what B may be is tried with C the same. */
            bool twin = i == 1 && is(row, 2, "SAME");
            if (!reads(row, i))
                continue;
            begin();
            load_right(row);
            load(31, (ValueKind)k, false);
            if (twin)
                put_row(row, right(row, 0), 31, 31);
            else
                put_with(row, i, 31);
            expect_answer(also_holds(row, i, (ValueKind)k) ? NULL : OTHER_KIND);
        }
}

static bool may_be_absent(const Row *row, int i) {
    return is(row, i, "RANY") && !is_quotient(row, i);
}

TEST(a_register_that_may_be_absent_is_refused) {
    EACH_ROW(row)
    for (int i = 0; i < 3; i++) {
        if (!reads(row, i))
            continue;
        begin();
        load_right(row);
        load(31, wanted(row, i), true);
        put_with(row, i, 31);
        expect_answer(may_be_absent(row, i) ? NULL : OTHER_KIND);
        begin(); /* absent on one of two ways */
        load_right(row);
        load(30, V_FLAG, false);
        load(31, wanted(row, i), false);
        abx(OP_SKIP_IF, 30, 1);
        abx(OP_LOADK, 31, V_ABSENT);
        put_with(row, i, 31);
        expect_answer(may_be_absent(row, i) ? NULL : OTHER_KIND);
    }
}

TEST(a_number_of_nothing_is_refused) {
    EACH_ROW(row)
    for (int i = 0; i < 3; i++) {
        int32_t things = number_of_things(row, i);
        if (things < 0)
            continue;
        try_row(row, i, (uint32_t)things, NOT_THERE);
        try_row(row, i, UINT16_MAX, NOT_THERE);
    }
}

TEST(what_a_function_does_not_have_is_refused) {
    static const char *const of[] = {"FIELD", "ATTR", "FRAME", "ARG"};
    for (size_t k = 0; k < 4; k++) {
        EACH_ROW(row)
        if (is(row, 1, of[k])) {
            begin();
            fns[0].arg_count = 0;
            fns[0].event = fns[0].owner = -1;
            put_row(row, 0, 0, 0);
            expect_answer(NOT_THERE);
        }
    }
}

TEST(the_engines_own_events_cannot_be_emitted) {
    what = "EMIT";
    try_row(&rows[OP_EMIT], 1, ENGINES_OWN, NOT_THERE);
}

TEST(a_duty_that_an_event_raises_cannot_be_obliged) {
    what = "OBLIGE";
    try_row(&rows[OP_OBLIGE], 1, 1, NOT_THERE);
}

TEST(what_is_told_of_an_approval_is_told_by_one) {
    static const DeclKind others[] = {DECL_DUTY, DECL_RULE};
    what = "ESCALATE";
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        begin();
        load_right(&rows[OP_ESCALATE]);
        fns[0].of = (uint8_t)others[i];
        put_with(&rows[OP_ESCALATE], -1, 0);
        expect_answer("no approval is at hand");
    }
    begin();
    load_right(&rows[OP_ESCALATE]);
    fns[0].owner = -1;
    put_with(&rows[OP_ESCALATE], -1, 0);
    expect_answer("no approval is at hand");
}

TEST(an_approval_that_an_event_opens_cannot_be_asked_for) {
    what = "ASK";
    try_row(&rows[OP_ASK], 1, 1, NOT_THERE);
}

TEST(only_an_approval_can_escalate_how_it_ended) {
    what = "ESCALATE";
    begin();
    load(1, V_PARTY, false);
    abc(OP_ESCALATE, 1, 1, 0);
    abx(OP_RET, 0, 0);
    expect_answer("no approval is at hand");
    fns[0].owner = -1;
    expect_answer("no approval is at hand");
    fns[0].of = DECL_APPROVAL;
    fns[0].owner = 0;
    expect_answer(NULL);
    code[1] = (uint32_t)OP_ESCALATE | 1 << 8 | 2 << 16;
    expect_answer(UNWRITTEN);
}

TEST(what_is_always_absent_cannot_be_unwrapped) {
    what = "UNWRAP";
    begin();
    abx(OP_LOADK, 1, V_ABSENT);
    abc(OP_UNWRAP, 2, 1, 0);
    abx(OP_RET, 0, 0);
    expect_answer("what is always absent cannot be unwrapped");
}

TEST(a_jump_out_of_the_function_is_refused) {
    EACH_ROW(row)
    for (int i = 0; i < 3; i++) {
        if (!is(row, i, "FWD"))
            continue;
        try_row(row, i, 1, OUTSIDE);
        try_row(row, i, UINT16_MAX, OUTSIDE);
    }
}

TEST(an_instruction_that_nothing_reaches_is_refused) {
    EACH_ROW(row) {
        begin();
        load_right(row);
        abc(OP_STOP, 0, 0, 0);
        put_with(row, -1, 0);
        expect_answer(NO_WAY);
    }
    what = "SKIP";
    begin();
    abx(OP_SKIP, 0, 1);
    load(0, V_INT, false);
    abx(OP_RET, 0, 0);
    expect_answer(NO_WAY);
}

TEST(a_function_that_does_not_end_is_refused) {
    EACH_ROW(row) {
        begin();
        load_right(row);
        put_with(row, -1, 0);
        if (!is_end(row))
            fns[0].to--;
        bool jumps = is(row, 1, "FWD");
        expect_answer(is_end(row) ? NULL : jumps ? OUTSIDE : NO_END);
    }
}

TEST(an_opcode_that_there_is_not_is_refused) {
    what = "no opcode";
    for (unsigned op = OP_COUNT; op < 256; op++) {
        begin();
        abx((Op)op, 0, 0);
        abx(OP_RET, 0, 0);
        expect_answer("there is no such instruction");
    }
}

/* ---- instructions that take several registers */

/* Registers from `base` on hold kinds[0..n), then the instruction. */
static void try_block(Op op, uint32_t base, uint32_t bx, const KindDef *kinds, unsigned n,
                      const char *reason) {
    begin();
    for (unsigned i = 0; i < n; i++)
        load(base + i, (ValueKind)kinds[i].kind, kinds[i].optional);
    abx(op, base, bx);
    abx(OP_RET, 0, 0);
    expect_answer(reason);
}

/* A record is made of registers that hold what its fields take. */
static void try_record(const KindDef *kinds, unsigned n, const char *reason) {
    begin();
    for (unsigned i = 0; i < n; i++)
        load(5 + i, (ValueKind)kinds[i].kind, kinds[i].optional);
    abc(OP_RECORD, 4, 5, 0);
    abx(OP_RET, 0, 0);
    expect_answer(reason);
}

TEST(a_record_gets_what_its_type_declares) {
    KindDef good[] = {{V_PARTY, false}, {V_PARTY, true}};
    KindDef absent[] = {{V_PARTY, true}, {V_PARTY, true}};
    KindDef other[] = {{V_PARTY, false}, {V_INT, false}};
    what = "RECORD";
    try_record(good, 2, NULL);
    try_record(good, 1, UNWRITTEN);
    try_record(absent, 2, OTHER_KIND);
    try_record(other, 2, OTHER_KIND);
}

/* What a field is taken from, and what then stands in the register. */
static void try_pick(ValueKind from, bool optional, uint32_t part, Op then, const char *reason) {
    begin();
    load(5, from, optional);
    abx(OP_PICK, 5, part);
    abc(then, 6, 5, 5);
    abx(OP_RET, 0, 0);
    expect_answer(reason);
}

TEST(a_field_is_taken_from_a_record_alone) {
    what = "PICK";
    try_pick(V_RECORD, false, 0, OP_EQ_PARTY, NULL);
    try_pick(V_RECORD, true, 0, OP_EQ_PARTY, OTHER_KIND); /* absent where the record is */
    try_pick(V_RECORD, false, 1, OP_EQ_PARTY, OTHER_KIND);
    try_pick(V_RECORD, false, 0, OP_EQ_TEXT, OTHER_KIND);
    try_pick(V_LIST, false, 0, OP_EQ_PARTY, OTHER_KIND);
    try_pick(V_TEXT, false, 0, OP_MOVE, OTHER_KIND);
}

TEST(tables_events_and_duties_get_what_they_declare) {
    static const Op ops[] = {OP_LOOKUP, OP_EMIT, OP_OBLIGE};
    static const uint32_t things[] = {0, OUT, 0};
    for (size_t k = 0; k < 3; k++) {
        what = rows[ops[k]].name;
        KindDef good[] = {{V_INT, false}, {V_TEXT, true}};
        try_block(ops[k], 5, things[k], good, 2, NULL);
        try_block(ops[k], 5, things[k], good, 1, UNWRITTEN);
        try_block(ops[k], 5, things[k], good, 0, UNWRITTEN);
        KindDef present[] = {{V_INT, false}, {V_TEXT, false}};
        try_block(ops[k], 5, things[k], present, 2, NULL);
        KindDef absent[] = {{V_INT, true}, {V_TEXT, true}};
        try_block(ops[k], 5, things[k], absent, 2, OTHER_KIND);
        KindDef other[] = {{V_INT, false}, {V_PARTY, false}};
        try_block(ops[k], 5, things[k], other, 2, OTHER_KIND);
        begin(); /* the last register of the block is not there */
        load(REGISTERS - 1, V_INT, false);
        abx(ops[k], REGISTERS - 1, things[k]);
        abx(OP_RET, 0, 0);
        expect_answer(NO_REGISTER);
    }
}

TEST(the_state_of_a_declaration_gets_its_key) {
    what = "STATE_IS";
    KindDef good[] = {{V_INT, false}, {V_TEXT, false}};
    KindDef optional[] = {{V_INT, false}, {V_TEXT, true}};
    KindDef list[] = {{V_INT, false}, {V_LIST, false}};
    KindDef no_state[] = {{V_TEXT, false}, {V_TEXT, false}};
    key_parts = 1;
    try_block(OP_STATE_IS, 5, 0, good, 2, NULL);
    try_block(OP_STATE_IS, 5, 0, good, 1, UNWRITTEN);
    try_block(OP_STATE_IS, 5, 0, optional, 2, OTHER_KIND);
    try_block(OP_STATE_IS, 5, 0, list, 2, OTHER_KIND);
    try_block(OP_STATE_IS, 5, 0, no_state, 2, OTHER_KIND);
    key_parts = 0;
}

TEST(a_measure_gets_its_group) {
    what = "MEASURE";
    kpi_parts = 1;
    KindDef good[] = {{V_INT, false}, {V_TEXT, false}};
    KindDef optional[] = {{V_INT, false}, {V_TEXT, true}};
    KindDef other[] = {{V_INT, false}, {V_INT, false}};
    try_block(OP_MEASURE, 5, OF_KPI, good, 2, NULL);
    try_block(OP_MEASURE, 5, OF_KPI, good, 1, UNWRITTEN);
    try_block(OP_MEASURE, 5, OF_KPI, optional, 2, OTHER_KIND);
    try_block(OP_MEASURE, 5, OF_KPI, other, 2, OTHER_KIND);
    try_block(OP_MEASURE, 5, OF_DUTY, good, 2, NOT_THERE);
    what = "MEASURE_IS";
    KindDef bound[] = {{V_INT, false}, {V_MONEY, false}, {V_TEXT, false}};
    KindDef no_bound[] = {{V_INT, false}, {V_MONEY, true}, {V_TEXT, false}};
    KindDef no_number[] = {{V_INT, false}, {V_DATE, false}, {V_TEXT, false}};
    KindDef no_side[] = {{V_TEXT, false}, {V_MONEY, false}, {V_TEXT, false}};
    KindDef no_group[] = {{V_INT, false}, {V_MONEY, false}, {V_INT, false}};
    try_block(OP_MEASURE_IS, 5, OF_KPI, bound, 3, NULL);
    try_block(OP_MEASURE_IS, 5, OF_KPI, bound, 2, UNWRITTEN);
    try_block(OP_MEASURE_IS, 5, OF_KPI, no_bound, 3, OTHER_KIND);
    try_block(OP_MEASURE_IS, 5, OF_KPI, no_number, 3, OTHER_KIND);
    try_block(OP_MEASURE_IS, 5, OF_KPI, no_side, 3, OTHER_KIND);
    try_block(OP_MEASURE_IS, 5, OF_KPI, no_group, 3, OTHER_KIND);
    try_block(OP_MEASURE_IS, 5, OF_DUTY, bound, 3, NOT_THERE);
    kpi_parts = 0;
}

TEST(an_entity_is_read_by_its_key) {
    what = "GET";
    KindDef key = {V_INT, false}, perhaps = {V_INT, true}, other = {V_TEXT, false};
    try_block(OP_GET, 5, 0, &key, 1, NULL);
    try_block(OP_GET, 5, 0, &key, 0, UNWRITTEN);
    try_block(OP_GET, 5, 0, &perhaps, 1, OTHER_KIND);
    try_block(OP_GET, 5, 0, &other, 1, OTHER_KIND);
    begin(); /* its fields do not fit the registers */
    load(REGISTERS - 3, V_INT, false);
    abx(OP_GET, REGISTERS - 3, 0);
    abx(OP_RET, 0, 0);
    expect_answer(NO_REGISTER);
    begin(); /* a flag, then fields that may be absent */
    load(5, V_INT, false);
    abx(OP_GET, 5, 0);
    abc(OP_NOT, 9, 5, 0);
    abc(OP_NEED, 10, 7, 6);
    abc(OP_EQ_INT, 11, 10, 10);
    abx(OP_RET, 0, 0);
    expect_answer(NULL);
    code[3] = (uint32_t)OP_MOVE | 10 << 8 | 7 << 16;
    expect_answer(OTHER_KIND);
}

/* A loop with registers of these kinds from 5 on; what it finds is a whole number. */
static void try_loop(const KindDef *kinds, unsigned n, const char *reason) {
    for (unsigned i = 0; i < n; i++)
        load(5 + i, (ValueKind)kinds[i].kind, kinds[i].optional);
    abx(OP_LOOP, 5, 0);
    abc(OP_ADD_INT, 6, 5, 5);
    abx(OP_RET, 0, 0);
    expect_answer(reason);
}

TEST(a_loop_goes_with_its_function) {
    what = "LOOP";
    static const char *const unlike = "a loop does not go with its function";
    KindDef given = {V_INT, false}, perhaps = {V_INT, true};
    begin();
    try_loop(&given, 1, NULL);
    begin();
    try_loop(&given, 0, UNWRITTEN);
    begin();
    try_loop(&perhaps, 1, OTHER_KIND);
    begin();
    loops[0].fn = 0; /* itself */
    try_loop(&given, 1, unlike);
    begin();
    fns[1].event = OUT;
    try_loop(&given, 1, unlike);
    begin();
    fns[1].of = DECL_APPROVAL;
    fns[1].owner = 0;
    try_loop(&given, 1, unlike);
    begin();
    fns[1].arg_count = 4;
    try_loop(&given, 1, unlike);
    begin();
    fns[1].result_count = 1;
    try_loop(&given, 1, unlike);
    begin();
    held[1].type.optional = true; /* the function takes a date that is there */
    try_loop(&given, 1, unlike);
    begin(); /* what is found of none may be absent */
    loops[0].does = LOOP_LEAST;
    loops[0].result.optional = true;
    fns[1].result_count = 1;
    each_gives[0] = (KindDef){V_INT, false};
    try_loop(&given, 1, OTHER_KIND);
    begin();
    loops[0].does = LOOP_SUMS;
    fns[1].result_count = 1;
    each_gives[0] = (KindDef){V_INT, true};
    try_loop(&given, 1, unlike);
}

TEST(a_loop_over_a_list_takes_one) {
    what = "LOOP";
    KindDef good[] = {{V_LIST, false}, {V_INT, false}}, none[] = {{V_TEXT, false}, {V_INT, false}},
            perhaps[] = {{V_LIST, true}, {V_INT, false}};
    for (int k = 0; k < 3; k++) {
        begin();
        loops[0].entity = -1;
        loops[0].item = (KindDef){V_FLAG, false};
        fns[1].arg_count = 2;
        try_loop(k == 0 ? good : k == 1 ? none : perhaps, 2, k == 0 ? NULL : OTHER_KIND);
    }
    begin();
    loops[0].entity = -1;
    loops[0].item = (KindDef){V_TEXT, false};
    fns[1].arg_count = 2;
    try_loop(good, 2, "a loop does not go with its function");
}

TEST(a_list_holds_what_is_there) {
    what = "LIST";
    for (int k = 0; k < 3; k++) {
        begin();
        load(5, V_INT, false);
        if (k != 1)
            load(6, V_INT, k == 2);
        abc(OP_LIST, 7, 5, 2);
        abc(OP_AMONG, 8, 5, 7);
        abx(OP_RET, 0, 0);
        expect_answer(k == 0 ? NULL : k == 1 ? UNWRITTEN : OTHER_KIND);
    }
}

TEST(an_entity_is_set_to_what_its_fields_take) {
    what = "SET";
    begin();
    load(5, V_INT, false);
    load(6, V_TEXT, true);
    abc(OP_SET, 5, 0, 2);
    abx(OP_RET, 0, 0);
    expect_answer(NULL);
    for (uint32_t c = 0; c < 256; c++) {
        code[2] = (uint32_t)OP_SET | 5 << 8 | c << 24;
        expect_answer(c == 2   ? NULL
                      : c == 1 ? OTHER_KIND /* a text, for a date */
                               : "there is no such field to set");
    }
    begin(); /* absent, where a field must be there */
    load(5, V_INT, false);
    load(6, V_DATE, true);
    abc(OP_SET, 5, 0, 1);
    abx(OP_RET, 0, 0);
    expect_answer(OTHER_KIND);
    load(6, V_DATE, false);
    code[1] = code[4];
    fns[0].to--;
    expect_answer(NULL);
    what = "DELETE";
    KindDef key = {V_INT, false}, other = {V_TEXT, false};
    try_block(OP_DELETE, 5, 0, &key, 1, NULL);
    try_block(OP_DELETE, 5, 0, &other, 1, OTHER_KIND);
}

TEST(a_table_gives_its_outputs) {
    what = "LOOKUP";
    begin();
    load(5, V_INT, false);
    load(6, V_TEXT, true);
    abx(OP_LOOKUP, 5, 0);
    abc(OP_ADD_MONEY, 7, 5, 5);
    abx(OP_RET, 0, 0);
    expect_answer(NULL);
    code[3] = (uint32_t)OP_ADD_INT | 7 << 8 | 5 << 16 | 5u << 24;
    expect_answer(OTHER_KIND);
    begin(); /* outputs that do not fit the registers */
    inputs[0] = field(V_INT, false);
    tables[0].input_count = 1;
    load(REGISTERS - 1, V_INT, false);
    abx(OP_LOOKUP, REGISTERS - 1, 0);
    abx(OP_RET, 0, 0);
    expect_answer(NO_REGISTER);
}

TEST(a_table_that_gathers_gives_what_it_gathers) {
    what = "LOOKUP";
    begin(); /* a list for each output */
    table_kinds[0] = table_kinds[1] = (KindDef){V_LIST, false};
    fns[0].results = table_kinds;
    fns[0].result_count = 2;
    load(5, V_INT, false);
    load(6, V_TEXT, true);
    abx(OP_LOOKUP, 5, 0);
    abx(OP_RET, 5, 0);
    expect_answer(NULL);
    fns[0].results = results; /* a list is no text */
    expect_answer(OTHER_KIND);
    begin(); /* one number of two outputs: the second register still holds the second input */
    table_kinds[0] = (KindDef){V_INT, false};
    tables[0].result_count = 1;
    load(5, V_INT, false);
    load(6, V_TEXT, false);
    abx(OP_LOOKUP, 5, 0);
    abc(OP_ADD_INT, 7, 5, 5);
    abc(OP_CONCAT, 7, 6, 6);
    abx(OP_RET, 0, 0);
    expect_answer(NULL);
    table_kinds[0].optional = true; /* the least of no rows */
    expect_answer(OTHER_KIND);
    code[4] = code[3];
    code[3] = (uint32_t)OP_UNWRAP | 5 << 8 | 5 << 16;
    expect_answer(NULL);
}

/* A / B where they hold these kinds. */
static void try_quotient(KindDef a, KindDef b, uint32_t how, const char *reason) {
    begin();
    load(1, (ValueKind)a.kind, a.optional);
    load(2, (ValueKind)b.kind, b.optional);
    abc(OP_ROUND_QUOT, 1, 2, how);
    abx(OP_RET, 0, 0);
    expect_answer(reason);
}

TEST(a_quotient_is_of_numbers_of_money_or_of_time) {
    what = "ROUND_QUOT";
    for (unsigned a = 1; a < V_KINDS; a++)
        for (unsigned b = 1; b < V_KINDS; b++) {
            KindDef above = {(uint8_t)a, false}, below = {(uint8_t)b, false};
            bool alike = a == b && (a == V_DEC || a == V_MONEY || a == V_DURATION);
            bool good = alike || (a == V_MONEY && b == V_DEC);
            try_quotient(above, below, 2, good ? NULL : OTHER_KIND);
            above.optional = true;
            try_quotient(above, below, 2, OTHER_KIND);
            above.optional = false;
            below.optional = true;
            try_quotient(above, below, 2, OTHER_KIND);
        }
    static const struct {
        ValueKind a, b, gives;
    } rows_of[] = {{V_DEC, V_DEC, V_DEC},
                   {V_MONEY, V_DEC, V_MONEY},
                   {V_MONEY, V_MONEY, V_DEC},
                   {V_DURATION, V_DURATION, V_DEC}};
    for (size_t k = 0; k < 4; k++)
        for (unsigned g = 1; g < V_KINDS; g++) {
            KindDef gives = {(uint8_t)g, false};
            begin();
            fns[0].results = &gives;
            fns[0].result_count = 1;
            load(1, rows_of[k].a, false);
            load(2, rows_of[k].b, false);
            abc(OP_ROUND_QUOT, 1, 2, 2);
            abx(OP_RET, 1, 0);
            expect_answer(g == rows_of[k].gives ? NULL : OTHER_KIND);
        }
}

TEST(a_rounding_that_there_is_not_is_refused) {
    for (uint32_t how = 0; how < 256; how++) {
        bool good = how % 32 <= DEC_SCALE_MAX && how / 32 <= DEC_FLOOR;
        what = "ROUND_QUOT";
        try_quotient((KindDef){V_DEC, false}, (KindDef){V_DEC, false}, how,
                     good ? NULL : "there is no such rounding");
        what = "ROUND";
        begin();
        load(2, V_DEC, false);
        abc(OP_ROUND, 1, 2, how);
        abx(OP_RET, 0, 0);
        expect_answer(good ? NULL : "there is no such rounding");
    }
}

TEST(a_notice_takes_parties_and_a_text) {
    what = "NOTIFY";
    begin();
    load(1, V_PARTY, false);
    abc(OP_NOTIFY, 1, 1, 255);
    abx(OP_RET, 0, 0);
    expect_answer(NULL);
    code[1] = (uint32_t)OP_NOTIFY | 1 << 8 | 2 << 16 | 255u << 24;
    expect_answer(UNWRITTEN); /* two parties where there is one */
    code[1] = (uint32_t)OP_NOTIFY | 1 << 8 | 1 << 16 | 1u << 24;
    expect_answer(OTHER_KIND); /* a party for the text */
    code[1] = (uint32_t)OP_NOTIFY | 1 << 8 | 1 << 16 | 7u << 24;
    expect_answer(UNWRITTEN);
    code[1] = (uint32_t)OP_NOTIFY | 1 << 8 | 1 << 16 | 254u << 24;
    expect_answer(NO_REGISTER);
    code[1] = (uint32_t)OP_NOTIFY | 39 << 8 | 255 << 16 | 255u << 24;
    expect_answer(UNWRITTEN);
    begin();
    load(1, V_PARTY, true);
    abc(OP_NOTIFY, 1, 1, 255);
    abx(OP_RET, 0, 0);
    expect_answer(OTHER_KIND);
}

TEST(a_notice_that_may_wait_takes_a_duration_and_a_flag) {
    static const struct {
        ValueKind stale, urgent;
        const char *reason;
    } cases[] = {{V_DURATION, V_FLAG, NULL},
                 {V_INT, V_FLAG, OTHER_KIND},
                 {V_DURATION, V_INT, OTHER_KIND},
                 {V_ABSENT, V_FLAG, UNWRITTEN},
                 {V_DURATION, V_ABSENT, UNWRITTEN}};
    what = "NOTIFY_AS";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        load(1, V_PARTY, false);
        if (cases[i].stale != V_ABSENT)
            load(2, cases[i].stale, false);
        if (cases[i].urgent != V_ABSENT)
            load(3, cases[i].urgent, false);
        abc(OP_NOTIFY_AS, 1, 1, 255);
        abx(OP_RET, 0, 0);
        expect_answer(cases[i].reason);
    }
    begin();
    load(39, V_PARTY, false); /* the last register there is */
    abc(OP_NOTIFY_AS, 39, 1, 255);
    abx(OP_RET, 0, 0);
    expect_answer(NO_REGISTER);
}

TEST(results_are_what_the_function_promises) {
    what = "RET";
    for (int k = 0; k < 5; k++) {
        static const char *const answers[] = {NULL, NULL, UNWRITTEN, OTHER_KIND, NO_REGISTER};
        begin();
        fns[0].result_count = 2;
        load(38, k == 3 ? V_ENUM : V_TEXT, false);
        if (k == 1)
            abx(OP_LOADK, 39, V_ABSENT); /* the second may be absent */
        else if (k != 2)
            load(39, V_MONEY, true);
        abx(OP_RET, k == 4 ? 39 : 38, 0);
        expect_answer(k == 4 ? OTHER_KIND : answers[k]);
    }
    begin();
    fns[0].result_count = 2;
    load(39, V_TEXT, false);
    abx(OP_RET, 39, 0);
    expect_answer(NO_REGISTER);
}

TEST(every_way_brings_the_same_kind) {
    what = "two ways";
    begin();
    load(0, V_FLAG, false);
    abx(OP_SKIP_UNLESS, 0, 2);
    load(1, V_INT, false);
    abx(OP_SKIP, 0, 1);
    load(1, V_DEC, false);
    abc(OP_MOVE, 2, 1, 0);
    abx(OP_RET, 0, 0);
    expect_answer(UNWRITTEN); /* an integer on one, a decimal on the other: not usable */
    code[4] = (uint32_t)OP_FIELD | 1 << 8 | (uint32_t)(2 * V_INT) << 16;
    expect_answer(NULL);
}

TEST(more_registers_than_there_can_be_are_not_read) {
    what = "registers";
    begin();
    fns[0].registers = PLENTY;
    load(PLENTY, V_INT, false);
    abx(OP_RET, 0, 0);
    expect_answer(NO_REGISTER);
}

UNIT_MAIN(
    T(each_opcode_that_is_right_is_accepted) T(a_register_that_is_not_there_is_refused) T(
        a_register_that_was_not_written_is_refused) T(a_register_written_on_one_way_only_is_refused)
        T(a_register_of_another_kind_is_refused) T(a_register_that_may_be_absent_is_refused) T(
            a_number_of_nothing_is_refused) T(what_a_function_does_not_have_is_refused)
            T(the_engines_own_events_cannot_be_emitted) T(
                a_duty_that_an_event_raises_cannot_be_obliged) T(what_is_told_of_an_approval_is_told_by_one)
                T(an_approval_that_an_event_opens_cannot_be_asked_for) T(
                    only_an_approval_can_escalate_how_it_ended) T(what_is_always_absent_cannot_be_unwrapped)
                    T(a_jump_out_of_the_function_is_refused) T(
                        an_instruction_that_nothing_reaches_is_refused)
                        T(a_function_that_does_not_end_is_refused) T(
                            an_opcode_that_there_is_not_is_refused)
                            T(tables_events_and_duties_get_what_they_declare) T(
                                a_record_gets_what_its_type_declares) T(a_field_is_taken_from_a_record_alone)
                                T(the_state_of_a_declaration_gets_its_key) T(
                                    an_entity_is_read_by_its_key) T(a_loop_goes_with_its_function)
                                    T(a_loop_over_a_list_takes_one) T(a_list_holds_what_is_there) T(
                                        an_entity_is_set_to_what_its_fields_take)
                                        T(a_measure_gets_its_group) T(a_table_gives_its_outputs) T(
                                            a_table_that_gathers_gives_what_it_gathers)
                                            T(a_quotient_is_of_numbers_of_money_or_of_time) T(
                                                a_rounding_that_there_is_not_is_refused)
                                                T(a_notice_takes_parties_and_a_text) T(
                                                    a_notice_that_may_wait_takes_a_duration_and_a_flag)
                                                    T(results_are_what_the_function_promises) T(
                                                        every_way_brings_the_same_kind)
                                                        T(more_registers_than_there_can_be_are_not_read))
