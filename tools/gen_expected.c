/* From examples of mistakes to what was expected there: gen_expected OUT.c FILE ...
 * A file has paragraphs: what was expected in English, on the next line in Chinese, then mistakes,
 * each on an indented line that ends with the token that cannot stand there (or with <end>). The
 * parser reads each; its state at that token is what the words are for. `#` begins a line that is
 * not read.
 * `{}` in the words is the list of all that could stand there.
 * With --states in place of OUT.c it prints the states that have words, one a line; with
 * --try the state of each indented line, words or none, a tab and the line. */
#include <stdio.h>
#include <string.h>

#include "engine/syntax/syntax_int.h"
#include "remit_grammar.h"

const Expectation expectations[] = {{0, "", ""}};
const size_t expectation_count = 0;

void *RemitParseAlloc(void *(*take)(size_t), Builder *b);
void RemitParseFree(void *parser, void (*give)(void *));
void RemitParse(void *parser, int kind, Tok tok);

enum { TEXT_MOST = 1 << 24, STATES_MOST = 65536 };

typedef struct Said {
    Str en, zh;
    const char *file;
    int line;
} Said;

static Said said[STATES_MOST];
static bool trying; /* --try */

/* The state that cannot take the last token of the text; -1: it takes all, -2: an earlier one
 * cannot stand, and *wrong is where it ends. */
static int state_of(Str text, bool at_end, Arena *arena, size_t *wrong) {
    Sources sources = {.arena = arena};
    Diags diags = {.arena = arena, .sources = &sources};
    Builder builder = {.arena = arena, .diags = &diags};
    Join *join = new (arena, Join, 1);
    Trial *trial = new (arena, Trial, 1);
    uint32_t file;
    int state = -1;
    void *parser = RemitParseAlloc(mem_alloc, &builder);
    if (join == NULL || trial == NULL || parser == NULL ||
        source_add(&sources, S("example"), text, false, &file) != OK ||
        join_init(join, sources.files.at[0].text, 0, parser, arena, &diags) != OK)
        return -1;
    for (;;) {
        Tok tok = join_next(join);
        if (tok.kind == 0 && !at_end)
            break;
        if (!parse_accepts_any(parser, tok.kind)) {
            trial_begin(trial, parser);
            bool last = tok.kind == 0 || tok.span.to == text.n;
            state = last ? trial_stop(trial, tok.kind) : -2;
            *wrong = tok.span.to;
            break;
        }
        if (tok.kind == 0)
            break;
        RemitParse(parser, tok.kind, tok);
    }
    RemitParseFree(parser, mem_free);
    diags_free(&diags);
    sources_free(&sources);
    return state;
}

static int complain(const char *file, int line, const char *what, Str text) {
    fprintf(stderr, "%s:%d: %s: %.*s\n", file, line, what, STR_ARG(text));
    return 1;
}

static int example_state(Str text, size_t *wrong) {
    Arena arena = {0};
    bool at_end = str_ends(text, S("<end>"));
    if (at_end)
        text = str_trim(str_upto(text, text.n - 5));
    int state = state_of(text, at_end, &arena, wrong);
    arena_free(&arena);
    return state;
}

static int take_example(const char *file, int line, Str text, Str en, Str zh) {
    size_t wrong = 0;
    if (trying) {
        printf("%d\t%.*s\n", example_state(text, &wrong), STR_ARG(text));
        return 0;
    }
    int state = example_state(text, &wrong);
    if (state == -1)
        return complain(file, line, "this is no mistake", text);
    if (state == -2)
        return complain(file, line, "the mistake is not the last word, but already the end of",
                        str_upto(text, wrong));
    if (en.n == 0 || zh.n == 0)
        return complain(file, line, "no words stand before this example", text);
    Said *s = &said[state];
    if (s->file != NULL && !(str_eq(s->en, en) && str_eq(s->zh, zh))) {
        fprintf(stderr, "%s:%d: the same state as the example at %s:%d, which has other words\n",
                file, line, s->file, s->line);
        return 1;
    }
    *s = (Said){en, zh, file, line};
    return 0;
}

static int take_file(const char *file, Str text) {
    Str en = {NULL, 0}, zh = {NULL, 0}, line, rest;
    int failed = 0, number = 0;
    for (bool more = true; more; text = rest) {
        more = str_cut(text, '\n', &line, &rest);
        number++;
        bool indented = line.n > 0 && line.p[0] == ' ';
        line = str_trim(line);
        if (line.n == 0)
            en = zh = line;
        else if (line.p[0] == '#')
            continue;
        else if (indented)
            failed |= take_example(file, number, line, en, zh);
        else if (en.n == 0)
            en = line;
        else if (zh.n == 0)
            zh = line;
        else
            failed |= complain(file, number, "a third line of words", line);
    }
    return failed;
}

static void put_string(FILE *out, Str text) {
    fputc('"', out);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\' || text.p[i] == '?')
            fputc('\\', out);
        fputc(text.p[i], out);
    }
    fputc('"', out);
}

static int put_all(const char *path) {
    FILE *out = fopen(path, "wb");
    if (out == NULL) {
        perror(path);
        return 1;
    }
    int n = 0;
    fprintf(out,
            "#include \"engine/syntax/syntax_int.h\"\n\nconst Expectation expectations[] = {\n");
    for (int state = 0; state < STATES_MOST; state++)
        if (said[state].file != NULL) {
            fprintf(out, "    {%d, ", state);
            put_string(out, said[state].en);
            fprintf(out, ", ");
            put_string(out, said[state].zh);
            fprintf(out, "},\n");
            n++;
        }
    fprintf(out, "    {-1, \"\", \"\"},\n};\nconst size_t expectation_count = %d;\n", n);
    return fclose(out) != 0;
}

int main(int argc, char **argv) {
    if (argc < 2)
        return 2;
    int failed = 0;
    trying = strcmp(argv[1], "--try") == 0;
    char *texts = mem_alloc((size_t)TEXT_MOST);
    size_t used = 0;
    for (int i = 2; texts != NULL && i < argc; i++) {
        FILE *in = fopen(argv[i], "rb");
        size_t n = in == NULL ? 0 : fread(texts + used, 1, TEXT_MOST - used, in);
        if (in == NULL || ferror(in) || fclose(in) != 0 || used + n == TEXT_MOST) {
            perror(argv[i]);
            return 1;
        }
        failed |= take_file(argv[i], (Str){texts + used, n});
        used += n;
    }
    if (texts == NULL || failed)
        return 1;
    if (strcmp(argv[1], "--states") == 0) {
        for (int state = 0; state < STATES_MOST; state++)
            if (said[state].file != NULL)
                printf("%d %s:%d\n", state, said[state].file, said[state].line);
    } else if (!trying)
        failed = put_all(argv[1]);
    mem_free(texts);
    return failed;
}
