/* run: one mutant tried: compiled like any policy, then the tests that touch what was changed are
 * run until one fails. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/sha256.h"
#include "engine/code/meaning.h"
#include "engine/run/mutate.h"

enum { EFFECTS_LEAST = 1000, EFFECTS_TIMES = 20 };

struct MutantTrial {
    Policy *p;
    Arena *a;
    Cover *cover;
    MutantList mutants;
    uint8_t meaning[SHA256_BYTES]; /* of the policy as it is */
    /* of each test, by its number */
    bool *meant;
    uint64_t *effects; /* how many a mutant's may say */
    uint8_t *touches;  /* of each test, of each declaration */
    size_t tests, decls;
};

/* Compiles the policy with one file's text changed. *policy is to be freed whatever happens. */
static Status compile_with(const Policy *from, uint32_t file, Str text, Policy *policy, Err *err) {
    policy_init(policy, from->header);
    TRY(policy_add_again(policy, from, file, text, err));
    return policy_finish(policy, err);
}

/* What the policy means as it is, compiled as mutants are. */
static Status meaning_before(MutantTrial *t, Err *err) {
    Policy same;
    Status status = compile_with(t->p, UINT32_MAX, (Str){NULL, 0}, &same, err);
    if (status == OK)
        status = same.bundle == NULL
                     ? err_say(err, ERR_STATE, "the policy does not compile again as it is",
                               "政策原样重新编译不能通过")
                     : bundle_meaning(same.bytes, true, t->meaning);
    policy_free(&same);
    return status;
}

static void note_touched(MutantTrial *t, size_t test) {
    size_t n;
    const CoverDecl *decls = cover_decls(t->cover, &n);
    for (size_t i = 0; i < n; i++)
        t->touches[test * t->decls + i] = decls[i].touched;
}

static Status run_as_it_is(MutantTrial *t, Buf *report, Err *err) {
    const Program *p = t->p->program;
    TestRun run = cover_run(t->cover);
    run.silent = true;
    run.effects = UINT64_MAX;
    for (size_t i = 0; i < t->tests; i++) {
        bool passed;
        if (!t->meant[i])
            continue;
        run.said = &t->effects[i];
        TRY(policy_test(t->p, &p->tests.at[i], &run, report, &passed, err));
        if (!passed)
            return err_say(err, ERR_POLICY,
                           "the test \"%.*s\" fails as the policy is: mutants tell nothing then",
                           "政策未改动时，测试“%.*s”就没有通过：这样试改动没有意义",
                           STR_ARG(p->tests.at[i].title));
        t->effects[i] = EFFECTS_LEAST + EFFECTS_TIMES * t->effects[i];
        note_touched(t, i);
    }
    return OK;
}

static Status tests_meant(MutantTrial *t, const TestFilter *filter, Err *err) {
    size_t meant = 0;
    for (size_t i = 0; i < t->tests; i++) {
        t->meant[i] = policy_test_meant(t->p, &t->p->program->tests.at[i], filter);
        meant += t->meant[i];
    }
    return meant > 0 ? OK
                     : err_say(err, ERR_NOTFOUND, "none of the %zu tests is meant",
                               "%zu 个测试中没有一个符合条件", t->tests);
}

Status trial_open(Policy *p, const TestFilter *filter, Arena *a, MutantTrial **out, Err *err) {
    MutantTrial *t = new (a, MutantTrial, 1);
    Buf report = {0};
    *out = t;
    if (t == NULL)
        return ERR_NOMEM;
    t->p = p;
    t->a = a;
    t->tests = p->program->tests.n;
    TRY(cover_open(p, a, &t->cover));
    (void)cover_decls(t->cover, &t->decls);
    t->meant = new (a, bool, t->tests + 1);
    t->effects = new (a, uint64_t, t->tests + 1);
    t->touches = new (a, uint8_t, t->tests * t->decls + 1);
    if (t->meant == NULL || t->effects == NULL || t->touches == NULL)
        return ERR_NOMEM;
    TRY(tests_meant(t, filter, err));
    Status status = run_as_it_is(t, &report, err);
    buf_free(&report);
    if (status == OK)
        status = meaning_before(t, err);
    return status == OK ? mutants_find(p, t->cover, a, &t->mutants, err) : status;
}

void trial_close(MutantTrial *t) {
    if (t == NULL)
        return;
    cover_close(t->cover);
    vec_free(&t->mutants);
}

const MutantList *trial_mutants(const MutantTrial *t) {
    return &t->mutants;
}

/* The next number of a sequence that looks random (splitmix64), the same everywhere. */
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Each is kept with the chance that is left for it, so that just `most` stay. */
void trial_draw(MutantTrial *t, size_t most, uint64_t seed) {
    size_t kept = 0, n = t->mutants.n;
    for (size_t i = 0; i < n && kept < most; i++)
        if (draw(&seed) % (n - i) < most - kept)
            t->mutants.at[kept++] = t->mutants.at[i];
    if (most < n)
        t->mutants.n = kept;
}

/* Runs tests until one fails; a test that runs away, or cannot be run, has noticed too. */
static Status run_tests(const MutantTrial *t, Policy *policy, const Mutant *m, MutantResult *out,
                        Err *err) {
    TestRun run = {.silent = true};
    Buf report = {0};
    Status status = OK;
    bool passed = true;
    for (size_t i = 0; i < t->tests && status == OK && passed; i++) {
        bool touches = m->everywhere || t->touches[i * t->decls + (size_t)m->decl] != 0;
        if (!t->meant[i] || !touches || i >= policy->program->tests.n)
            continue;
        run.effects = t->effects[i];
        out->tried++;
        out->by = (uint32_t)i;
        status = policy_test(policy, &policy->program->tests.at[i], &run, &report, &passed, err);
    }
    buf_free(&report);
    out->fate = status == OK && passed ? MUTANT_IS_SURVIVING : MUTANT_IS_NOTICED;
    return status == ERR_NOMEM || status == ERR_IO ? status : OK;
}

/* Of a change in a table: whether it gives the same all the same. */
static Status table_agrees(const MutantTrial *t, const Policy *policy, const Mutant *m,
                           bool *same) {
    size_t n;
    const CoverDecl *decls = cover_decls(t->cover, &n);
    const Node *node = m->decl >= 0 ? decls[m->decl].node : NULL;
    const Program *p = t->p->program;
    *same = false;
    for (size_t i = 0; node != NULL && node->kind == N_TABLE && i < p->tables.n; i++)
        if (p->tables.at[i]->node == node && p->tables.n == policy->program->tables.n)
            return tables_agree(t->p->bundle, &t->p->bundle->tables[i], policy->bundle,
                                &policy->bundle->tables[i], same);
    return OK;
}

static Status try_compiled(const MutantTrial *t, Policy *policy, const Mutant *m, MutantResult *out,
                           Err *err) {
    uint8_t meaning[SHA256_BYTES];
    if (policy->bundle == NULL)
        return OK; /* out->fate is MUTANT_IS_WRONG */
    Status status = bundle_meaning(policy->bytes, true, meaning);
    bool same = status == OK && memcmp(meaning, t->meaning, sizeof meaning) == 0;
    if (status == OK && !same)
        status = table_agrees(t, policy, m, &same);
    if (same)
        out->fate = MUTANT_IS_SAME;
    else if (status == OK)
        status = run_tests(t, policy, m, out, err);
    return status;
}

Status trial_try(MutantTrial *t, const Mutant *m, MutantResult *out, Err *err) {
    Str text = t->p->sources.files.at[m->at.file].text;
    Policy policy;
    Buf changed = {0};
    *out = (MutantResult){.fate = MUTANT_IS_WRONG};
    put_text(&changed, str_upto(text, m->at.from));
    put_text(&changed, m->text);
    put_text(&changed, str_from(text, m->at.to));
    Status status = buf_status(&changed);
    if (status == OK)
        status = compile_with(t->p, m->at.file, buf_str(&changed), &policy, err);
    else
        policy_init(&policy, true);
    if (status == OK)
        status = try_compiled(t, &policy, m, out, err);
    else if (status != ERR_NOMEM && status != ERR_IO)
        status = OK; /* more than the compiler takes */
    policy_free(&policy);
    buf_free(&changed);
    return status;
}
