/* tools: turns stdlib/zones-VERSION.txt into the C table that engine/base/zonedata.h declares.
 *   gen_zones IN OUT
 * It reads and writes zones with the engine's own code, so that the two cannot disagree. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/zone.h"

typedef struct Entry {
    Str name;
    Str link; /* of what, if it is one */
    size_t at, n;
} Entry;

typedef struct Gen {
    Str version;
    Buf bytes;
    VEC(Entry) entries;
    VEC(int64_t) at;
    VEC(int32_t) offsets;
    Str name; /* of the zone that is being read */
    int line;
} Gen;

static _Noreturn void fail(const Gen *g, const char *what) {
    fprintf(stderr, "gen_zones: line %d: %s\n", g->line, what);
    exit(1);
}

static void must(const Gen *g, bool ok, const char *what) {
    if (!ok)
        fail(g, what);
}

static Str read_all(const Gen *g, const char *path, Buf *b) {
    FILE *file = fopen(path, "rb");
    must(g, file != NULL, "cannot open the input");
    char part[4096];
    size_t n;
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        put_bytes(b, part, n);
    must(g, !ferror(file) && buf_status(b) == OK, "cannot read the input");
    fclose(file);
    return buf_str(b);
}

/* `+08`, `-00:30:20`. */
static int32_t offset_of(const Gen *g, Str s) {
    int32_t away = 0;
    must(g, s.n >= 3 && (s.p[0] == '+' || s.p[0] == '-'), "an offset without a sign");
    if (s.n == 3)
        away = (s.p[1] - '0') * 10 + (s.p[2] - '0');
    else
        must(g, time_parse(str_from(s, 1), false, &away) == OK, "not an offset");
    away = s.n == 3 ? away * (int32_t)HOUR_MS : away;
    return s.p[0] == '-' ? -away : away;
}

/* `1986-05-03T18:00 +09` */
static void read_change(Gen *g, Str s) {
    Str when, offset;
    int32_t day = 0, time = 0;
    must(g, str_cut(s, ' ', &when, &offset) && when.n > 11 && when.p[10] == 'T', "not a change");
    must(g, date_parse((Str){when.p, 10}, &day) == OK, "not a date");
    must(g, time_parse(str_from(when, 11), false, &time) == OK, "not a time");
    must(g, vec_push(&g->at, day * DAY_MS + time), "out of memory");
    must(g, vec_push(&g->offsets, offset_of(g, offset)), "out of memory");
}

static void add_entry(Gen *g, Entry entry) {
    must(g, vec_push(&g->entries, entry), "out of memory");
}

/* The tail ends a zone. */
static void read_tail(Gen *g, Str s) {
    Zone z = {.name = g->name, .n = (uint32_t)g->at.n, .at = g->at.at, .offsets = g->offsets.at};
    must(g, g->name.n > 0, "a tail without a zone");
    must(g, zone_tail_parse(s, &z.tail) == OK, "not a POSIX TZ text");
    must(g, zone_check(&z) == OK, "the zone is not valid");
    size_t at = g->bytes.n;
    zone_put_rules(&g->bytes, &z);
    add_entry(g, (Entry){.name = z.name, .at = at, .n = g->bytes.n - at});
    g->at.n = g->offsets.n = 0;
    g->name = S("");
}

static void read_line(Gen *g, Str s) {
    Str word, rest, second = {0};
    str_cut(s, ' ', &word, &rest);
    if (str_eq(word, S("version"))) {
        g->version = rest;
    } else if (str_eq(word, S("zone"))) {
        must(g, g->name.n == 0 && str_cut(rest, ' ', &g->name, &second), "not a zone");
        must(g, vec_push(&g->offsets, offset_of(g, second)), "out of memory");
    } else if (str_eq(word, S("tail"))) {
        read_tail(g, rest);
    } else if (str_eq(word, S("link"))) {
        must(g, g->name.n == 0 && str_cut(rest, ' ', &word, &second), "not a link");
        add_entry(g, (Entry){.name = word, .link = second});
    } else {
        must(g, g->name.n > 0, "a change without a zone");
        read_change(g, s);
    }
}

static int by_name(const void *a, const void *b) {
    return str_cmp(((const Entry *)a)->name, ((const Entry *)b)->name);
}

static void resolve_links(Gen *g) {
    for (size_t i = 0; i < g->entries.n; i++) {
        Entry *entry = &g->entries.at[i];
        if (entry->link.n == 0)
            continue;
        Entry key = {.name = entry->link};
        const Entry *to = bsearch(&key, g->entries.at, g->entries.n, sizeof key, by_name);
        must(g, to != NULL && to->link.n == 0, "a link to no zone");
        entry->at = to->at;
        entry->n = to->n;
    }
}

static void write_all(const Gen *g, const char *path) {
    FILE *out = fopen(path, "wb");
    must(g, out != NULL, "cannot open the output");
    fprintf(out,
            "/* Made by tools/gen_zones.c. */\n#include \"engine/base/zonedata.h\"\n\n"
            "const Str zonedata_version = {\"%.*s\", %zu};\n"
            "const size_t zonedata_count = %zu;\n\nconst unsigned char zonedata_bytes[] = {",
            STR_ARG(g->version), g->version.n, g->entries.n);
    for (size_t i = 0; i < g->bytes.n; i++)
        fprintf(out, "%s%d,", i % 24 == 0 ? "\n" : "", (unsigned char)g->bytes.p[i]);
    fprintf(out, "\n};\n\nconst ZoneEntry zonedata_entries[] = {\n");
    for (size_t i = 0; i < g->entries.n; i++) {
        const Entry *entry = &g->entries.at[i];
        fprintf(out, "    {{\"%.*s\", %zu}, %zu, %zu},\n", STR_ARG(entry->name), entry->name.n,
                entry->at, entry->n);
    }
    fprintf(out, "};\n");
    must(g, !ferror(out) && fclose(out) == 0, "cannot write the output");
}

int main(int argc, char **argv) {
    Gen g = {0};
    Buf input = {0};
    must(&g, argc == 3, "usage: gen_zones IN OUT");
    Str text = read_all(&g, argv[1], &input);
    for (Str line; text.n > 0;) {
        g.line++;
        must(&g, str_cut(text, '\n', &line, &text), "a line without an end");
        if (!str_starts(line, S("#")))
            read_line(&g, line);
    }
    must(&g, g.version.n > 0 && g.name.n == 0 && g.entries.n > 0, "the input ends too early");
    qsort(g.entries.at, g.entries.n, sizeof *g.entries.at, by_name);
    for (size_t i = 1; i < g.entries.n; i++)
        must(&g, by_name(&g.entries.at[i - 1], &g.entries.at[i]) != 0, "a name twice");
    resolve_links(&g);
    must(&g, buf_status(&g.bytes) == OK, "out of memory");
    write_all(&g, argv[2]);
    buf_free(&input);
    buf_free(&g.bytes);
    vec_free(&g.entries);
    vec_free(&g.at);
    vec_free(&g.offsets);
    return 0;
}
