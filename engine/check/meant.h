/* check: what the names in a part of a checked tree mean, for who shows it to people. */
#ifndef REMIT_CHECK_MEANT_H
#define REMIT_CHECK_MEANT_H

#include "engine/check/check.h"

typedef enum MeantKind {
    MEANT_PARTY,
    MEANT_EVENT,
    MEANT_TABLE,
    MEANT_ENTITY,
    MEANT_DUTY,
    MEANT_APPROVAL,
    MEANT_KPI,
    MEANT_CALENDAR,
    MEANT_TYPE,
    MEANT_WORD /* a field or a member: it has no place of its own */
} MeantKind;

typedef struct Meant {
    Span at;
    MeantKind kind;
    const void *of;  /* the symbol: Party, Event, Table, Entity, DutySym (also of an approval),
                        KpiSym,  Calend, NamedType; of a word NULL */
    Str name, alias; /* alias: empty when there is none */
} Meant;

typedef struct Meants {
    VEC(Meant) all;
    bool nomem;
} Meants;

/* Adds what the names in a node mean, those behind it in its list apart, where names are looked up
 * as in `home` (NULL: the policy itself). The program stays as it was. */
void names_meant(Program *p, const Space *home, const Node *node, Meants *out);
/* What a name alone means there, a party, event, duty, table or KPI; false: nothing of these. */
bool name_meant(Program *p, const Space *home, Str name, Meant *out);
/* What is given for a parameter of a pattern by the name, or NULL. */
const Given *name_given(const Space *home, Str name);

#endif
