/* base: what the engine says that a policy can hear, as events (told.def). */
#ifndef REMIT_BASE_TOLD_H
#define REMIT_BASE_TOLD_H

#include "engine/base/decl.h"
#include "engine/base/str.h"

typedef enum ToldRow {
#define TOLD(effect, type, of) TOLD_##effect,
#include "engine/base/told.def"
    TOLD_ROWS
} ToldRow;

typedef enum ToldType {
    TOLD_AS_ID,
    TOLD_AS_TEXT,
    TOLD_AS_PARTY,
    TOLD_AS_INSTANT,
    TOLD_AS_INTEGER,
    TOLD_AS_FLAG
} ToldType;

typedef struct ToldField {
    Str name, alias; /* alias: in Chinese */
    ToldType type;
    bool optional;
} ToldField;

enum { TOLD_FIELDS_MOST = 8 };

/* The row of a type, or -1. */
int told_find(Str type);
Str told_type(ToldRow row);
/* Of what kind of declaration it is said. */
DeclKind told_of(ToldRow row);
/* Its fields, in order: name and key first. The number of them. */
uint32_t told_fields(ToldRow row, ToldField out[TOLD_FIELDS_MOST]);

#endif
