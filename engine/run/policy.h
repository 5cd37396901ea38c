/* run: a policy made ready: from files of text (checked and compiled) or from a bundle (verified).
 * There is one way to run it: what was compiled goes through its bytes and the verifier too. */
#ifndef REMIT_RUN_POLICY_H
#define REMIT_RUN_POLICY_H

#include "engine/check/check.h"
#include "engine/code/bundle.h"
#include "engine/code/emit.h"

typedef struct Policy {
    Arena arena;
    Sources sources;
    Diags diags;
    size_t allowed;    /* warnings that remarks allow */
    Program *program;  /* NULL when it came as a bundle, or nothing could be read */
    Bundle *bundle;    /* NULL when the policy has errors */
    Str bytes;         /* of the bundle */
    EmitMarks marks;   /* of its code, where it was compiled */
    bool traced;       /* set before policy_finish: `values` is wanted */
    EmitMarks values;  /* where its expressions are known */
    bool header;       /* a policy header is required */
    Settings settings; /* in place of the header's; borrowed until policy_finish */
} Policy;

/* Begins an empty policy; header: it must have a policy header. Free it with policy_free, whatever
 * happens. */
void policy_init(Policy *p, bool header);
void policy_free(Policy *p);
/* Adds a text under a name. ERR_LIMIT, ERR_NOMEM. */
MUST_USE Status policy_add_text(Policy *p, Str name, Str text, Err *err);
/* Adds a file, or all *.remit below a folder, by path; a bundle (*.remitc) becomes the policy
 * itself. */
MUST_USE Status policy_add_path(Policy *p, Str path, Err *err);
/* Adds once more what another policy was read from, its file `file` with another text. Modules are
 * among what is added, tables' files are read again. */
MUST_USE Status policy_add_again(Policy *p, const Policy *from, uint32_t file, Str text, Err *err);
/* The sources that a bundle carries, as they were given: what was compiled from them is the bundle
 * again, and has its names. */
MUST_USE Status policy_add_sources(Policy *p, const Bundle *b, Err *err);
/* Checks and compiles what was added. OK also when the policy has errors: diags tell, and bundle is
 * NULL. */
MUST_USE Status policy_finish(Policy *p, Err *err);

#endif
