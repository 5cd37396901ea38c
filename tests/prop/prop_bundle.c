/* Laws of bundles: one that is written, read and written again has the same bytes, and the name
 * that is their SHA-256; one whose bytes were changed, cut, doubled or taken from elsewhere is
 * refused by its checksum, and where that is made anew is refused or runs clean. */
#include "tests/prop/prop.h"

#include "engine/base/sha256.h"
#include "tests/fuzz/bundle_run.h"

static Policy policy;

static bool come_back(void) {
    Buf again = {0};
    uint8_t hash[32];
    bundle_put(&again, policy.bundle);
    sha256(policy.bytes, hash);
    bool same = str_eq(buf_str(&again), policy.bytes) && memcmp(hash, policy.bundle->hash, 32) == 0;
    if (!same)
        printf("%zu bytes came back as %zu, or under another name\n", policy.bytes.n, again.n);
    buf_free(&again);
    return same;
}

/* Bytes that are worth writing: the ends of ranges, lengths, kinds. */
static uint8_t odd_byte(void) {
    static const uint8_t odd[] = {0, 1, 2, 12, 13, 14, 127, 128, 254, 255};
    return prop_roll(2) == 0 ? (uint8_t)prop_u64() : odd[prop_roll(sizeof odd)];
}

static size_t damage(char *bytes, size_t n) {
    uint32_t times = 1 + prop_roll(3);
    for (uint32_t i = 0; i < times && n > 8; i++) {
        size_t at = prop_roll((uint32_t)n), other = prop_roll((uint32_t)n),
               length = 1 + prop_roll(16);
        if (prop_roll(4) > 0) { /* the sources stand last and matter least */
            at %= n / 2 + 1;
            other %= n / 2 + 1;
        }
        length = at + length > n ? n - at : length;
        length = other + length > n ? n - other : length;
        switch (prop_roll(6)) {
        case 0:
            bytes[at] = (char)odd_byte();
            break;
        case 1:
            bytes[at] = (char)(bytes[at] ^ (1 << prop_roll(8)));
            break;
        case 2: /* a piece of it elsewhere */
            memmove(bytes + at, bytes + other, length);
            break;
        case 3: /* a piece is gone */
            memmove(bytes + at, bytes + at + length, n - at - length);
            n -= length;
            break;
        case 4: /* one more or less: counts and numbers */
            bytes[at] = (char)(bytes[at] + (prop_roll(2) == 0 ? 1 : -1));
            break;
        default:
            if (prop_roll(10) == 0)
                n = at;
            break;
        }
    }
    return n;
}

/* Whether a bundle of these bytes is taken, in a block of just their size, so that reading past the
 * end is seen. */
static bool taken(const char *bytes, size_t n, bool sealed) {
    char *exact = malloc(n + (n == 0));
    if (exact == NULL)
        exit(3);
    memcpy(exact, bytes, n);
    if (sealed)
        bundle_seal(exact, n);
    bool ran = bundle_run((Str){exact, n});
    free(exact);
    return ran;
}

/* Each byte with one bit of it turned: none is taken. */
static bool bits_are_seen(void) {
    char *bytes = malloc(policy.bytes.n);
    if (bytes == NULL)
        exit(3);
    memcpy(bytes, policy.bytes.p, policy.bytes.n);
    bool seen = true;
    for (size_t at = 0; at < policy.bytes.n && seen; at++) {
        char turned = (char)(1 << prop_roll(8));
        bytes[at] ^= turned;
        seen = !taken(bytes, policy.bytes.n, false);
        bytes[at] ^= turned;
        if (!seen)
            printf("a bit of byte %zu of %zu was turned, and the bundle taken\n", at,
                   policy.bytes.n);
    }
    free(bytes);
    return seen;
}

/* Many changes at random. */
static bool damaged(uint64_t *refused, uint64_t *ran) {
    bool holds = true;
    char *bytes = malloc(policy.bytes.n + 1);
    if (bytes == NULL)
        exit(3);
    for (uint64_t i = 0; i < prop_rounds && holds; i++) {
        memcpy(bytes, policy.bytes.p, policy.bytes.n);
        size_t n = damage(bytes, policy.bytes.n);
        if (!str_eq((Str){bytes, n}, policy.bytes))
            holds = !taken(bytes, n, false);
        if (!holds)
            printf("a changed bundle was taken without a new checksum\n");
        ++*(taken(bytes, n, true) ? ran : refused);
    }
    free(bytes);
    return holds;
}

/* Bytes as large as they can be, one in eight, each under a checksum that fits: a count of what
 * goes into an array of a few, say. Whether it is taken or not, nothing is written where nothing
 * is. */
static void large_is_harmless(uint64_t *refused, uint64_t *ran) {
    char *bytes = malloc(policy.bytes.n);
    if (bytes == NULL)
        exit(3);
    memcpy(bytes, policy.bytes.p, policy.bytes.n);
    for (size_t at = 0; at < policy.bytes.n; at += 1 + prop_roll(15)) {
        char before = bytes[at];
        bytes[at] = (char)0xFF;
        ++*(taken(bytes, policy.bytes.n, true) ? ran : refused);
        bytes[at] = before;
    }
    free(bytes);
}

static bool cut_is_refused(void) {
    for (size_t n = 0; n < policy.bytes.n; n += n < 200 ? 1 : 1 + prop_roll(97)) {
        bool ran = taken(policy.bytes.p, n, false) || taken(policy.bytes.p, n, true);
        if (ran) {
            printf("a bundle cut to %zu of %zu bytes was taken\n", n, policy.bytes.n);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv) {
    prop_start(argc, argv, 4000);
    bool holds = true;
    uint64_t refused = 0, ran = 0;
    for (size_t i = 0; i < sizeof bundle_policies / sizeof *bundle_policies && holds; i++) {
        holds = bundle_compile(bundle_policies[i], &policy);
        if (!holds)
            printf("policy %zu has errors\n", i);
        holds = holds && come_back() && cut_is_refused() && bits_are_seen() &&
                bundle_run(policy.bytes) && damaged(&refused, &ran);
        if (holds)
            large_is_harmless(&refused, &ran);
        policy_free(&policy);
    }
    printf("%llu refused, %llu ran clean\n", (unsigned long long)refused, (unsigned long long)ran);
    return prop_end(holds && refused > 0 && ran > 0);
}
