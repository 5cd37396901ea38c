/* base: what the engine says that a policy can hear. */
#include "engine/base/told.h"

#include "engine/base/check.h"

static const struct {
    const char *type;
    DeclKind of;
} rows[TOLD_ROWS] = {
#define TOLD(effect, text, kind) [TOLD_##effect] = {text, DECL_##kind},
#include "engine/base/told.def"
};

int told_find(Str type) {
    for (int i = 0; i < TOLD_ROWS; i++)
        if (str_eq(str_of(rows[i].type), type))
            return i;
    return -1;
}

Str told_type(ToldRow row) {
    return str_of(rows[row].type);
}

DeclKind told_of(ToldRow row) {
    return rows[row].of;
}

uint32_t told_fields(ToldRow row, ToldField out[TOLD_FIELDS_MOST]) {
    static const struct {
        DeclKind of;
        const char *name, *alias;
        ToldType type;
    } shared[] = {
#define TOLD_OF(kind, name, alias, type) {DECL_##kind, name, alias, TOLD_AS_##type},
#include "engine/base/told.def"
    };
    static const struct {
        ToldRow row;
        const char *name, *alias;
        ToldType type;
        bool optional;
    } own[] = {
#define TOLD_FIELD(effect, name, alias, type, optional)                                            \
    {TOLD_##effect, name, alias, TOLD_AS_##type, optional},
#include "engine/base/told.def"
    };
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (shared[i].of == rows[row].of)
            out[n++] =
                (ToldField){str_of(shared[i].name), str_of(shared[i].alias), shared[i].type, false};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i].row == row)
            out[n++] = (ToldField){str_of(own[i].name), str_of(own[i].alias), own[i].type,
                                   own[i].optional};
    ASSERT(n <= TOLD_FIELDS_MOST);
    return n;
}
