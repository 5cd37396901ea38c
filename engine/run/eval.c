/* run: single expressions. */
#include "engine/run/eval.h"

#include "engine/code/emit.h"
#include "engine/code/verify.h"

/* The expression as the last source. Not through source_add, which would keep it for ever. */
static Status add_source(Policy *p, Str text, Arena *arena) {
    Source source = {.name = S("expression"), .stem = S("expression")};
    TRY(arena_str(arena, text, &source.text));
    if (str_find(text, '\n') < 0) {
        source.lines = new (arena, uint32_t, 1);
        if (source.lines == NULL)
            return ERR_NOMEM;
        source.line_count = 1;
    }
    return vec_push(&p->sources.files, source) ? OK : ERR_NOMEM;
}

/* Runs the expression's function; behind it stand those of what it goes over. */
static Status run_function(const Bundle *b, uint32_t fn, const int64_t *at, Arena *arena,
                           Evaluated *out) {
    Vm *vm = new (arena, Vm, 1); /* its registers are too many for the stack */
    if (vm == NULL)
        return ERR_NOMEM;
    vm_init(vm, b, arena, NULL);
    vm->at = at;
    const Value *results = NULL;
    Status status = vm_call(vm, (int32_t)fn, NULL, NULL, NULL, &results, NULL);
    if (status == ERR_TRAP) {
        out->trap = vm->trap;
        return OK;
    }
    TRY(status);
    out->values = results;
    out->count = b->fns[fn].result_count;
    return OK;
}

static const FieldDef *result_names(const Bundle *b, const Node *expr) {
    const Type *type = expr->type;
    const Table *table = type->kind == TY_OUTPUTS ? type->of : NULL;
    return table != NULL && table->result_count > 1 ? b->tables[table->number].outputs : NULL;
}

static Status run_asked(Policy *p, const Asked *asked, const int64_t *at, Arena *arena,
                        Evaluated *out, Err *err) {
    TRY(emit_evaluated(p->program, asked, p->bundle, arena, &out->bundle, err));
    TRY(verify_from(out->bundle, p->bundle->fn_count, arena, err));
    out->names = result_names(out->bundle, asked->expr);
    out->name = asked->name;
    return run_function(out->bundle, p->bundle->fn_count, at, arena, out);
}

Status eval_text(Policy *p, const Str *texts, size_t count, const int64_t *at, Arena *arena,
                 Diags *diags, Evaluated *out, Err *err) {
    *out = (Evaluated){0};
    if (p->program == NULL || p->bundle == NULL)
        return err_say(err, ERR_POLICY, "a bundle has no names to evaluate with: give the files",
                       "编译包里没有可供计算的名称：请给出源文件");
    uint32_t file = (uint32_t)p->sources.files.n;
    for (size_t i = 0; i < count; i++)
        TRY(add_source(p, texts[i], arena));
    Asked asked;
    Status status = check_expression(p->program, file, at, arena, diags, &asked);
    if (status == OK && asked.expr != NULL)
        status = run_asked(p, &asked, at, arena, out, err);
    asked_free(&asked);
    return status;
}
