/* audit: what changed between two policies, in sentences or as JSON. */
#include "engine/audit/differ_int.h"
#include "engine/base/hex.h"
#include "engine/base/json.h"
#include "engine/base/wrap.h"

enum { INDENT = 2, DEEPER = 4, COLUMNS = 80 };

static bool zh(const Differ *d) {
    return d->opt->chinese;
}

/* A sentence on lines of its own. */
static void say(Differ *d, size_t indent, Sentence what, Args args) {
    Buf line = {0};
    put_sentence(&line, zh(d), what, args);
    for (size_t i = 0; i < indent; i++)
        put_c(d->out, ' ');
    put_wrapped(d->out, buf_str(&line), indent, indent + INDENT,
                d->opt->columns > 0 ? d->opt->columns : COLUMNS);
    put_c(d->out, '\n');
    d->out->failed = d->out->failed || line.failed;
    buf_free(&line);
}

/* ---- where it stands */

static bool place_in(const Differ *d, const Change *c, int side, Str *name, uint32_t *line) {
    const Thing *t = c->thing[side];
    Sources *sources = &d->side[side].policy->sources;
    Span at;
    if (t == NULL || !differ_span(&d->side[side], t, &at))
        return false;
    const Source *source = &sources->files.at[at.file];
    if (source->pattern.n > 0) { /* where it is put to use */
        at = source->used;
        source = &sources->files.at[at.file];
    }
    *name = source->name;
    *line = source_place(sources, at.file, at.from).line;
    return true;
}

static Status place_words(Differ *d, const Change *c, int side, Str *out) {
    Str name;
    uint32_t line;
    *out = S("");
    if (!place_in(d, c, side, &name, &line))
        return OK;
    return arena_printf(&d->arena, out, "%.*s:%u", STR_ARG(name), line);
}

static Str kind_word(const Differ *d, const Change *c) {
    const Thing *t = c->thing[WAS] != NULL ? c->thing[WAS] : c->thing[IS];
    return sentence_word(zh(d), (Sentence)(SAY_DIFF_HEADER + t->kind));
}

/* ---- sentences */

static Status say_head(Differ *d, const Change *c) {
    Str at[SIDES], kind = kind_word(d, c);
    for (int i = 0; i < SIDES; i++)
        TRY(place_words(d, c, i, &at[i]));
    switch ((ChangeFate)c->fate) {
    case CHANGE_OTHER:
        say(d, 0, SAY_DIFF_OTHER, (Args){{kind, c->thing[IS]->name, at[WAS], at[IS]}});
        return OK;
    case CHANGE_NEW:
        say(d, 0, SAY_DIFF_NEW, (Args){{kind, c->thing[IS]->name, at[IS]}});
        return OK;
    case CHANGE_GONE:
        say(d, 0, SAY_DIFF_GONE, (Args){{kind, c->thing[WAS]->name, at[WAS]}});
        return OK;
    case CHANGE_NAME:
        break;
    }
    say(d, 0, SAY_DIFF_RENAMED,
        (Args){{kind, c->thing[WAS]->name, c->thing[IS]->name, at[WAS], at[IS]}});
    return OK;
}

static void say_point(Differ *d, const Point *p) {
    Str word = sentence_word(zh(d), p->what);
    if (p->what == SAY_DIFF_REGION)
        say(d, INDENT, SAY_DIFF_ANSWERS, (Args){{p->name, p->was, p->is}});
    else if (p->what == SAY_DIFF_MORE)
        say(d, INDENT, SAY_DIFF_AND_MORE, (Args){{p->name}});
    else if (p->was.n > 0 && p->is.n > 0)
        say(d, INDENT, SAY_DIFF_WAS_IS, (Args){{word, p->name, p->was, p->is}});
    else if (p->is.n > 0)
        say(d, INDENT, SAY_DIFF_ADDED, (Args){{word, p->name, p->is}});
    else if (p->was.n > 0)
        say(d, INDENT, SAY_DIFF_LEFT, (Args){{word, p->name, p->was}});
    else if (p->given.n == 0)
        say(d, INDENT, p->what, (Args){0});
}

static Status say_witness(Differ *d, const Point *p) {
    Str tries;
    if (p->sought) {
        TRY(arena_printf(&d->arena, &tries, "%u", p->tries));
        say(d, DEEPER, SAY_DIFF_SOUGHT, (Args){{tries}});
    }
    if (p->given.n > 0 && p->gave[WAS].n > 0)
        say(d, DEEPER, SAY_DIFF_SHOWN, (Args){{p->given, p->gave[WAS], p->gave[IS]}});
    else if (p->given.n > 0)
        say(d, DEEPER, SAY_DIFF_EXAMPLE, (Args){{p->given}});
    return OK;
}

static Status say_text(Differ *d) {
    say(d, 0, SAY_DIFF_HEAD,
        (Args){{d->side[IS].b->policy, d->side[WAS].b->version, d->side[IS].b->version}});
    if (d->changes.n == 0)
        say(d, 0, SAY_DIFF_NONE, (Args){0});
    for (uint32_t i = 0; i < d->changes.n; i++) {
        const Change *c = &d->changes.at[i];
        TRY(say_head(d, c));
        for (uint32_t k = 0; k < c->points.n && !d->opt->brief; k++) {
            say_point(d, &c->points.at[k]);
            TRY(say_witness(d, &c->points.at[k]));
        }
    }
    return OK;
}

/* ---- JSON */

static void json_text(Differ *d, const char *name, Str text) {
    put_fmt(d->out, ",\"%s\":", name);
    put_json_string(d->out, text);
}

static void json_point(Differ *d, const Point *p) {
    put_text(d->out, S("{\"what\":"));
    put_json_string(d->out, sentence_word(zh(d), p->what));
    if (p->name.n > 0)
        json_text(d, p->what == SAY_DIFF_REGION ? "where" : "of", p->name);
    if (p->was.n > 0)
        json_text(d, "was", p->was);
    if (p->is.n > 0)
        json_text(d, "now", p->is);
    if (p->given.n > 0) {
        put_text(d->out, S(",\"witness\":{\"given\":"));
        put_json_string(d->out, p->given);
        if (p->inputs.n > 0) {
            put_text(d->out, S(",\"inputs\":"));
            put_text(d->out, p->inputs);
        }
        if (p->events.n > 0) { /* each line is an object */
            put_text(d->out, S(",\"events\":["));
            Str rest = p->events, line;
            for (bool first = true; rest.n > 0; first = false) {
                (void)str_cut(rest, '\n', &line, &rest);
                put_text(d->out, first ? S("") : S(","));
                put_text(d->out, line);
            }
            put_c(d->out, ']');
        }
        if (p->gave[WAS].n > 0) {
            json_text(d, "was", p->gave[WAS]);
            json_text(d, "now", p->gave[IS]);
        }
        put_c(d->out, '}');
    }
    if (p->sought)
        put_fmt(d->out, ",\"tries\":%u", p->tries);
    put_c(d->out, '}');
}

static void json_place(Differ *d, const Change *c, int side) {
    Str name;
    uint32_t line;
    if (c->thing[side] == NULL)
        return;
    put_fmt(d->out, ",\"%s\":{\"name\":", side == WAS ? "was" : "now");
    put_json_string(d->out, c->thing[side]->name);
    if (place_in(d, c, side, &name, &line)) {
        json_text(d, "file", name);
        put_fmt(d->out, ",\"line\":%u", line);
    }
    put_c(d->out, '}');
}

static void json_side(Differ *d, int side) {
    const Bundle *b = d->side[side].b;
    put_fmt(d->out, "%s\"%s\":{\"policy\":", side == WAS ? "" : ",", side == WAS ? "was" : "now");
    put_json_string(d->out, b->policy);
    json_text(d, "version", b->version);
    put_text(d->out, S(",\"bundle\":\""));
    put_hex(d->out, b->hash, sizeof b->hash);
    put_text(d->out, S("\"}"));
}

static void say_json(Differ *d) {
    static const char *const fates[] = {"changed", "new", "gone", "renamed"};
    put_c(d->out, '{');
    json_side(d, WAS);
    json_side(d, IS);
    put_text(d->out, S(",\"changes\":["));
    for (uint32_t i = 0; i < d->changes.n; i++) {
        const Change *c = &d->changes.at[i];
        put_text(d->out, i > 0 ? S(",{\"kind\":") : S("{\"kind\":"));
        put_json_string(d->out, kind_word(d, c));
        put_fmt(d->out, ",\"change\":\"%s\"", fates[c->fate]);
        json_place(d, c, WAS);
        json_place(d, c, IS);
        put_text(d->out, S(",\"points\":["));
        for (uint32_t k = 0; k < c->points.n; k++) {
            put_text(d->out, k > 0 ? S(",") : S(""));
            json_point(d, &c->points.at[k]);
        }
        put_text(d->out, S("]}"));
    }
    put_text(d->out, S("]}\n"));
}

Status differ_say(Differ *d) {
    if (!d->opt->json)
        return say_text(d);
    say_json(d);
    return OK;
}
