/* The JSON reader. Laws: skipping and stepping judge a text alike and stop at the same byte, what
 * the padding holds does not matter, and a string that was read is read again once written. */
#include "tests/fuzz/fuzz.h"

#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"

/* Reads one value into its parts, as deep as it goes. */
static void step(Json *j, Buf *written) {
    Str text;
    bool flag;
    switch (json_peek(j)) {
    case '{':
        if (json_object_begin(j))
            while (json_object_next(j, &text))
                step(j, written);
        break;
    case '[':
        if (json_array_begin(j))
            while (json_array_next(j))
                step(j, written);
        break;
    case '"':
        if (json_string(j, &text)) {
            CHECK(utf8_valid(text));
            put_json_string(written, text);
            put_c(written, '\n');
        }
        break;
    case 't':
    case 'f':
        (void)json_bool(j, &flag);
        break;
    case 'n':
        (void)json_literal(j, S("null"));
        break;
    default:
        (void)json_number(j, &text);
    }
}

static void strings_come_back(Str written) {
    Arena arena = {0};
    Buf again = {0};
    Json j;
    Str text;
    CHECK(json_over(written, &arena, &j) == OK);
    while (json_peek(&j) != 0) {
        CHECK(json_string(&j, &text));
        put_json_string(&again, text);
        put_c(&again, '\n');
    }
    CHECK(json_done(&j) && str_eq(buf_str(&again), written));
    buf_free(&again);
    arena_free(&arena);
}

/* What came of reading a text, and where that stopped. */
typedef struct Outcome {
    const char *why;
    Status status;
    size_t at;
} Outcome;

static Outcome read_padded(Str text, char pad, Arena *arena, Buf *written) {
    char *block = mem_alloc(text.n + JSON_PAD); /* just that, so that a read beyond it is seen */
    CHECK(block != NULL);
    if (text.n > 0)
        memcpy(block, text.p, text.n);
    memset(block + text.n, pad, JSON_PAD);
    Json j = json_from((Str){block, text.n}, arena);
    if (written == NULL)
        (void)json_skip(&j, NULL);
    else
        step(&j, written);
    (void)json_done(&j);
    CHECK(j.p == j.end && j.p >= block && j.p <= block + text.n);
    CHECK((j.why == NULL) == (j.status == OK) && (j.why != NULL || j.p == block + text.n));
    Outcome o = {j.why, j.status, (size_t)(j.p - block)};
    mem_free(block);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    Str text = {(const char *)data, n};
    Arena arena = {0};
    Buf written = {0};
    Outcome skipped = read_padded(text, '\0', &arena, NULL);
    Outcome padded = read_padded(text, n % 2 == 0 ? '"' : '0', &arena, NULL);
    Outcome stepped = read_padded(text, '\\', &arena, &written);
    CHECK(skipped.why == padded.why && skipped.at == padded.at);
    CHECK(skipped.status == stepped.status && skipped.at == stepped.at);
    strings_come_back(buf_str(&written));
    buf_free(&written);
    arena_free(&arena);
    return 0;
}
