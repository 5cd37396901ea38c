/* base: the named bounds. Meeting one is a diagnostic or a rejected event, never a cut. */
#ifndef REMIT_BASE_LIMITS_H
#define REMIT_BASE_LIMITS_H

enum {
    LIMIT_SOURCE_BYTES = 64 << 20, /* one policy file */
    LIMIT_SOURCES = 10000,         /* files of one policy */
    LIMIT_PATTERN_USES = 2000,     /* uses of patterns in one policy, one within another too */
    LIMIT_NESTING = 200,           /* depth of braces and of JSON values */
    LIMIT_CHAIN = 1000,          /* operators or fields in a row: what recursion over trees meets */
    LIMIT_NAME_BYTES = 255,      /* one identifier */
    LIMIT_DIAGS = 200,           /* diagnostics of one run */
    LIMIT_LINE_BYTES = 16 << 20, /* one line of input */
    LIMIT_ATTRIBUTE_BYTES = 65536, /* an event's id, source, type or actor */
    LIMIT_EVENT_TEXT = 1 << 20,    /* one text field of an event */
    LIMIT_KEY_BYTES = 4096,        /* a key of a duty or an approval, all parts together */
    LIMIT_FIELDS = 250,            /* fields of one event or record */
    LIMIT_ENTITIES = 250,          /* kinds of entities of one policy */
    LIMIT_ENTITY_FIELDS = 100,     /* fields of one entity */
    LIMIT_LIST_WRITTEN = 100,      /* items of a list as written */
    LIMIT_WINDOW_MONTHS = 1200,    /* months of a sliding window */
    LIMIT_LIST_ITEMS = 100000,     /* items of a list in an event */
    LIMIT_RECORD_TYPES = 250,      /* record types of one policy */
    LIMIT_RECORD_FIELDS = 100,     /* fields of one record type */
    LIMIT_RECORD_DEPTH = 8,        /* records in one another, those of lists counted too */
    LIMIT_LOOPS = 4,               /* loops in one another */
    LIMIT_REGISTERS = 250,         /* registers of one function */
    LIMIT_SEATS = 60,              /* seats of one approval */
    LIMIT_VOTES = 1000,            /* votes that one requirement asks for */
    LIMIT_POINTS = 1000000,        /* points of a requirement, and of a seat */
    LIMIT_SEATINGS = 10000,    /* seatings that are tried at once, where authorities are limited */
    LIMIT_PAUSES = 32,         /* pause clauses of one duty: a bit each in its record */
    LIMIT_PARTS = 1000,        /* events that fulfil a duty together */
    LIMIT_REPEATS = 100,       /* how often a rung comes again */
    LIMIT_RUNGS = 60,          /* rungs of one ladder */
    LIMIT_STEPS = 64,          /* steps of one instant (language.md 15) */
    LIMIT_CASCADE = 10000,     /* emitted events of one input event */
    LIMIT_VALUE_BYTES = 1900,  /* one LMDB value */
    LIMIT_ZONE_CHANGES = 4000, /* changes of offset that one zone lists */
    LIMIT_CAL_SPANS = 48,      /* spans of working time of one date */
    LIMIT_CAL_DATES = 40000,   /* dates of one calendar with hours of their own, holidays too */
    LIMIT_TABLE_DEPTH = 7,     /* tables that compute with one another, in a chain */
    LIMIT_COST = 10000000,     /* what one call of the machine may cost (op.def) */
    LIMIT_PROOF = 40000000,    /* rows that the proof of one table looks at */
    LIMIT_CAL_DAYS = 36525,    /* dates one question to a calendar looks at: 100 years */
};

#endif
