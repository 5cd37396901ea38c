/* run: what the files that read events share. */
#ifndef REMIT_RUN_EVENT_INT_H
#define REMIT_RUN_EVENT_INT_H

#include "engine/run/event.h"

/* CloudEvents' type String forbids control characters and noncharacters. */
bool event_string_ok(Str s);
/* RFC 3986: the characters that may stand in a URI reference; % only before two hex digits. */
bool event_uri_ok(Str s);
/* A JSON value as one of the field's type. ERR_SYNTAX with *why; when *why is empty the JSON itself
 * is wrong. */
MUST_USE Status event_json_value(EventReader *r, Json *j, const TypeDef *type, Value *out,
                                 Str *why);
/* Whether a number lies in the range of a type, if it has one. ERR_SYNTAX with *why. */
MUST_USE Status event_in_range(const EventReader *r, const TypeDef *type, Dec d, Str *why);
/* The value of a cell, a list or a list of records among them. ERR_SYNTAX with *why. */
MUST_USE Status event_cell(EventReader *r, const TypeDef *type, Str text, Value *out, Str *why);
/* Fields that were not given: presets, absence, or a mistake, which is at the one in *missing. */
MUST_USE Status event_fill_in(Arena *a, const FieldDef *fields, uint32_t n, Value *values,
                              Str *missing, Str *why);
/* SHA-256 of the line and its occurrence in the feed, in hex (engine.md 14). */
MUST_USE Status event_make_id(EventReader *r, Str line, Str *out);
/* Reads a line that has the form in which most producers write events: no white space, the members
 * specversion, id, source, type, time, data in this order and no others, data's members in the
 * order of the declaration, no escape outside data. False: the line is not of that form, or
 * something is wrong with it; then *event means nothing and event_read reads the line from its
 * start. What it takes it takes exactly as event_read does without it. */
bool event_read_usual(EventReader *r, Str line, Input *event);

#endif
