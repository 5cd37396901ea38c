/* The law of the two readers: a line in the usual form, whole or with bytes changed, is read by
 * event_read as the same line with a space before it, which the reader of the usual form leaves to
 * the general one. */
#include "tests/prop/prop.h"

#include "engine/run/event.h"
#include "engine/run/policy.h"

static const char policy_text[] =
    "policy \"P\" version \"1\" { zone \"UTC\" currency CNY }\n"
    "role lead\n"
    "event thing.happened { thing: id kind: one of red, green, blue size: integer 1..50\n"
    "  worth: money share: number noted: flag = no at: date? who: party? what: text? }\n"
    "type part { code: id n: integer 1.. cost: money? tags: list of text = [\"x\"] }\n"
    "type box { label: text part: part? }\n"
    "event thing.ended { thing: id parts: list of part = [] box: box? }\n"
    "rule r on thing.happened as t { notify lead }\n";

static const char *const lines[] = {
    "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/a/b\",\"type\":\"thing.happened\","
    "\"time\":\"2026-03-02T09:00:01Z\",\"data\":{\"thing\":\"T1\",\"kind\":\"green\",\"size\":7,"
    "\"worth\":\"80.05\",\"share\":0.25,\"noted\":true,\"at\":\"2026-03-02\",\"who\":\"lead\","
    "\"what\":\"a b\"}}",
    "{\"specversion\":\"1.0\",\"id\":\"a long id with spaces\",\"source\":\"s\",\"type\":"
    "\"thing.happened\",\"time\":\"2016-12-31T23:59:60Z\",\"data\":{\"thing\":\"T2\",\"kind\":"
    "\"red\",\"size\":50,\"worth\":12,\"share\":\"1000000000000000000\"}}",
    "{\"specversion\":\"1.0\",\"id\":\"3\",\"source\":\"/a/b\",\"type\":\"thing.ended\",\"time\":"
    "\"2026-03-02T23:59:59+08:00\",\"data\":{\"thing\":\"T1\"}}",
    "{\"specversion\":\"1.0\",\"id\":\"5\",\"source\":\"/a/b\",\"type\":\"thing.ended\",\"time\":"
    "\"2026-03-02T23:59:59+08:00\",\"data\":{\"thing\":\"T1\",\"parts\":[{\"code\":\"a\",\"n\":2,"
    "\"cost\":\"1.50\"},{\"n\":1,\"code\":\"b\",\"tags\":[]}],\"box\":{\"label\":\"l\",\"part\":{"
    "\"code\":"
    "\"c\",\"n\":3}}}}",
    "{\"specversion\":\"1.0\",\"id\":\"4\",\"source\":\"/a%20b\",\"type\":\"thing.happened\","
    "\"time\":\"2026-03-02T09:00:01.5Z\",\"data\":{\"thing\":\"\",\"kind\":\"blue\",\"size\":1,"
    "\"worth\":\"1 CNY\",\"share\":5,\"what\":null}}",
};
enum { LINES = sizeof lines / sizeof *lines, ROOM = 1024 };

/* Changes a few bytes: another byte, one more or one less. */
static size_t change(char *p, size_t n) {
    static const char likely[] = "\"\\,:{}[]0159.-+eZTn \x7f\x80\x01/%";
    for (uint32_t changes = prop_roll(3); changes > 0 && n > 2; changes--) {
        size_t at = prop_roll((uint32_t)n);
        char byte = prop_roll(4) == 0 ? (char)(uint8_t)prop_u64()
                                      : likely[prop_roll((uint32_t)sizeof likely - 1)];
        uint32_t how = prop_roll(3);
        if (how == 0) {
            p[at] = byte;
        } else if (how == 1) {
            memmove(p + at + 1, p + at, n - at);
            p[at] = byte;
            n++;
        } else {
            memmove(p + at, p + at + 1, n - at - 1);
            n--;
        }
    }
    return n;
}

/* The digits that are written count too. */
static bool same_value(Value a, Value b) {
    Buf x = {0}, y = {0};
    put_value(&x, a, false);
    put_value(&y, b, false);
    bool same = str_eq(buf_str(&x), buf_str(&y));
    buf_free(&x);
    buf_free(&y);
    return same;
}

static bool same_event(const Input *a, const Input *b) {
    bool same = a->event == b->event && a->time == b->time && str_eq(a->id, b->id) &&
                str_eq(a->source, b->source) && str_eq(a->actor, b->actor) &&
                a->field_count == b->field_count && a->made_id == b->made_id;
    for (uint32_t i = 0; same && i < a->field_count; i++)
        same = same_value(a->fields[i], b->fields[i]);
    return same;
}

static bool read_both(EventReader *r, uint64_t *taken) {
    char text[2][ROOM] = {{0}, {' '}};
    const char *line = lines[prop_roll(LINES)];
    size_t n = strlen(line);
    memcpy(text[0], line, n);
    n = change(text[0], n);
    if (memchr(text[0], '\n', n) != NULL)
        return true;
    memcpy(text[1] + 1, text[0], n);
    Input got[2];
    Refusal why[2];
    Reading what[2];
    for (int i = 0; i < 2; i++)
        if (event_read(r, (Str){text[i], n + (size_t)i}, &what[i], &got[i], &why[i]) != OK)
            return false;
    *taken += what[0] == READ_EVENT;
    bool same = what[0] == what[1];
    if (same && what[0] == READ_EVENT)
        same = same_event(&got[0], &got[1]);
    if (same && what[0] == READ_REFUSED)
        same = why[0].reason == why[1].reason && str_eq(why[0].field, why[1].field);
    if (!same)
        printf("the readers differ on %.*s\n", (int)n, text[0]);
    arena_reset(r->arena);
    return same;
}

int main(int argc, char **argv) {
    prop_start(argc, argv, 200000);
    Policy p;
    Err err = {0};
    policy_init(&p, true);
    bool holds = policy_add_text(&p, S("p.remit"), S(policy_text), &err) == OK &&
                 policy_finish(&p, &err) == OK && p.bundle != NULL;
    Arena arena = {0};
    Seen seen = {0};
    EventReader r = {.b = p.bundle, .arena = &arena, .source = S("remit:input"), .seen = &seen};
    uint64_t taken = 0;
    for (uint64_t i = 0; holds && i < prop_rounds; i++)
        holds = read_both(&r, &taken);
    if (holds && taken < prop_rounds / 10) {
        printf("only %llu events were taken\n", (unsigned long long)taken);
        holds = false;
    }
    seen_free(&seen);
    arena_free(&arena);
    policy_free(&p);
    return prop_end(holds);
}
