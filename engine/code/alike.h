/* code: what each declaration of a bundle means, in bytes that can be held against those of another
 * bundle. Whatever has a name is told by it, functions and constants by what they are; so a
 * declaration's bytes change when it changes itself, not when what it names does, and never with
 * the layout or the order of the text.
 * Trusts:  bundles of one version each.
 * Memory:  all lives in the arena that is given. */
#ifndef REMIT_CODE_ALIKE_H
#define REMIT_CODE_ALIKE_H

#include "engine/code/bundle.h"

/* In the order in which they are told. */
typedef enum ThingKind {
    THING_HEADER,
    THING_CALENDAR,
    THING_PARTY,
    THING_RECORD,
    THING_EVENT,
    THING_ENTITY,
    THING_TABLE,
    THING_DUTY,
    THING_APPROVAL,
    THING_RULE,
    THING_KPI,
    THING_FEED,
    THING_POWER,  /* all of a verb over one declaration */
    THING_DEPUTY, /* all of one party */
    THING_MOVE,   /* all reassignments of one party */
    THING_KINDS
} ThingKind;

typedef struct Thing {
    uint8_t kind;    /* ThingKind */
    uint32_t number; /* in its list of the bundle; of powers, deputies, moves: of the first */
    uint32_t nth;    /* several have this name, at different times: which of them */
    Str name;
    Str meaning; /* without its name */
} Thing;

typedef struct Things {
    Thing *at; /* by kind, in the order of the bundle */
    uint32_t n, room;
} Things;

/* The numbers that what is alike in several bundles has in common. */
typedef struct Atlas Atlas;
MUST_USE Status atlas_open(Arena *a, Atlas **out);
/* Reads a bundle's bytes, which are borrowed. ERR_LIMIT: together they are too large. ERR_DAMAGED,
 * ERR_VERSION: as bundle_take. */
MUST_USE Status atlas_read(Atlas *atlas, Str bytes, Things *out, Err *err);

#endif
