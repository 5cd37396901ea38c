/* The policy that lies in a ledger is the one that its journal's first entry names: another in its
 * place, or one bit of it, is seen by whatever opens the ledger. */
#include <unistd.h>

#include "engine/audit/record.h"
#include "engine/run/engine.h"
#include "engine/run/policy.h"
#include "tests/unit/unit.h"

static const char pattern[] = "/tmp/remit-named-XXXXXX";
static char dir[sizeof pattern];
static Policy first, second;

static void make(Policy *p, const char *version) {
    char text[200];
    Err err = {0};
    (void)snprintf(text, sizeof text, "policy \"P\" version \"%s\" { zone \"UTC\" }\nrole r\n",
                   version);
    policy_init(p, true);
    bool good = policy_add_text(p, S("p.remit"), str_of(text), &err) == OK &&
                policy_finish(p, &err) == OK && p->bundle != NULL;
    EXPECT(good);
    if (!good)
        exit(1);
}

static Ledger *open_ledger(void) {
    Ledger *l = NULL;
    Err err = {0};
    LedOptions options = {.dir = str_of(dir), .name = S("main"), .create = true, .no_sync = true};
    EXPECT(led_open(&options, &l, &err) == OK);
    if (l == NULL)
        exit(1);
    return l;
}

/* What opening the engine on the ledger under a policy comes to. */
static Status opens(const Policy *p, Err *err) {
    Ledger *l = open_ledger();
    Engine *e = NULL;
    EngineOptions options = {0};
    Status status = engine_open(p->bundle, p->bytes, l, &options, &e, err);
    if (status == OK) {
        EXPECT(engine_commit(e, err) == OK);
        engine_close(e);
    }
    led_close(l);
    return status;
}

static Status is_read(Err *err) {
    Record r;
    Status status = record_open(&r, str_of(dir), err);
    record_close(&r);
    return status;
}

/* Puts other bytes where the ledger's policy lies. */
static void lay(Str bytes) {
    Err err = {0};
    Ledger *l = open_ledger();
    EXPECT(led_put(l, LED_POLICY, S("0"), bytes) == OK);
    EXPECT(led_commit(l, &err) == OK);
    led_close(l);
}

/* A ledger that began under the first policy. */
static void begin(void) {
    Err err = {0};
    memcpy(dir, pattern, sizeof dir);
    if (mkdtemp(dir) == NULL)
        exit(3);
    make(&first, "1");
    make(&second, "2");
    EXPECT_INT(opens(&first, &err), OK);
}

static void end(void) {
    static const char *const files[] = {"data.mdb", "lock.mdb", "lock", "keys"};
    char path[100];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
    policy_free(&first);
    policy_free(&second);
}

TEST(another_policy_in_its_place_is_seen) {
    Err err = {0}, run = {0}, own = {0}, other = {0};
    begin();
    lay(second.bytes);
    EXPECT_INT(is_read(&err), ERR_DAMAGED);
    EXPECT(strstr(err.text, "is not the one that its journal names") != NULL);
    EXPECT_INT(opens(&first, &run), ERR_DAMAGED);
    EXPECT_INT(opens(&second, &own), ERR_MISMATCH);
    lay(first.bytes);
    EXPECT_INT(is_read(&other), OK);
    EXPECT_INT(opens(&first, &other), OK);
    end();
}

TEST(a_bit_of_it_is_seen) {
    Err err = {0}, run = {0};
    begin();
    char *bytes = malloc(first.bytes.n);
    if (bytes == NULL)
        exit(3);
    memcpy(bytes, first.bytes.p, first.bytes.n);
    bytes[first.bytes.n / 2] ^= 4;
    lay((Str){bytes, first.bytes.n});
    EXPECT_INT(is_read(&err), ERR_DAMAGED);
    EXPECT(strstr(err.text, "this bundle was cut or changed") != NULL);
    EXPECT_INT(opens(&first, &run), ERR_DAMAGED);
    free(bytes);
    end();
}

UNIT_MAIN(T(another_policy_in_its_place_is_seen) T(a_bit_of_it_is_seen))
