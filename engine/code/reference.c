/* code: the reference page of the instructions, from op.def. */
#include "engine/code/reference.h"

static const char intro[] =
    "# The instructions\n"
    "\n"
    "An instruction has 32 bits: its number in bits 0 to 7, `A` in 8 to 15, and then either `B` in "
    "16 to 23 and\n"
    "`C` in 24 to 31 (form ABC), or `Bx` in 16 to 31 (form ABx). `A`, `B` and `C` are registers or "
    "small numbers,\n"
    "`Bx` is the number of a thing in the bundle or a distance. Jumps only go forward. A bundle is "
    "refused unless\n"
    "each register that is read was written on every way that leads there, with the kind that is "
    "wanted.\n"
    "\n"
    "Operands: *gets K* is a register that is written with kind K; *K* alone one that is read, "
    "holds kind K and is\n"
    "present; *any* holds anything, absence too; *whole* holds a kind whose value is an integer "
    "(flag, integer,\n"
    "duration, date, time, instant, enumeration), *decimal* one whose value is a decimal (number, "
    "percent, money),\n"
    "*same* the kind of `B`; *registers* is the first of several. Cost is what the meter counts.\n"
    "\n"
    "| no. | name | form | operands | cost | effect |\n"
    "| ---: | --- | --- | --- | ---: | --- |\n";

typedef struct Row {
    const char *name, *form, *operand[3];
    int cost;
    const char *effect;
} Row;

#define W(kind) "gets " #kind
#define R(kind) #kind
#define WSAME "gets the kind of B"
#define WLIKE "gets what that holds"
#define RANY "any"
#define RINT "whole"
#define RDEC "decimal"
#define SAME "same"
#define REGS "registers"
#define TEXTREG "TEXT or 255"
#define COUNT "how many"
#define CONST "constant"
#define FIELD "field"
#define ATTR "attribute"
#define FRAME "kept value"
#define ARG "argument"
#define TABLE "table"
#define EVENT "event"
#define DUTY "duty"
#define APPROVAL "approval"
#define DECL "declaration"
#define ENTITY "entity"
#define LOOP "loop"
#define RECTYPE "record type"
#define PICKED "field of a record type"
#define FWD "distance"
#define NONE ""
static const Row rows[] = {
#define OP(name, form, a, b, c, cost, effect) {#name, #form, {a, b, c}, cost, effect},
#include "engine/code/op.def"
};

void put_op_reference(Buf *out) {
    put_text(out, S(intro));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const Row *row = &rows[i];
        put_fmt(out, "| %zu | %s | %s | ", i, row->name, row->form);
        const char *const letters[] = {"A ", row->form[2] == 'x' ? "Bx " : "B ", "C "};
        for (int k = 0, n = 0; k < 3; k++)
            if (row->operand[k][0] != '\0')
                put_fmt(out, "%s%s%s", n++ > 0 ? ", " : "", letters[k], row->operand[k]);
        put_fmt(out, " | %d | %s |\n", row->cost, row->effect);
    }
}
