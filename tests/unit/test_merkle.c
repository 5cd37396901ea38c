/* The hash tree: roots and proofs against a tree built another way, and the published proofs, right
 * and damaged, of ../shared/data/merkle where that folder is there. */
#include "engine/ledger/merkle.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

enum { LEAVES = 300 };

static MerkleHash leaf_no(uint64_t i) {
    char text[32];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)i);
    return merkle_leaf((Str){text, (size_t)n});
}

static Status source_leaf(void *ctx, uint64_t index, MerkleHash *out) {
    (void)ctx;
    *out = leaf_no(index);
    return OK;
}

static const MerkleSource source = {NULL, source_leaf, NULL};

/* The definition of 2.1.1, word for word. */
static MerkleHash slow_root(uint64_t from, uint64_t n) {
    if (n == 1)
        return leaf_no(from);
    uint64_t k = 1;
    while (k * 2 < n)
        k *= 2;
    MerkleHash l = slow_root(from, k), r = slow_root(from + k, n - k);
    return merkle_node(&l, &r);
}

static bool hash_is(const MerkleHash *h, const char *hex) {
    char text[2 * MERKLE_BYTES + 1];
    for (size_t i = 0; i < MERKLE_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", h->b[i]);
    return strcmp(text, hex) == 0;
}

TEST(the_empty_trees_root_is_the_hash_of_nothing) {
    MerkleHash root = merkle_root(&(MerklePeaks){0});
    EXPECT(hash_is(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    EXPECT(merkle_root_at(&source, 0, &root) == OK);
    EXPECT(hash_is(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

TEST(leaves_and_nodes_are_hashed_apart) {
    /* of an empty leaf, and of the leaf "L123456": RFC 9162's prefixes 0x00 and 0x01 */
    MerkleHash leaf = merkle_leaf((Str){NULL, 0});
    EXPECT(hash_is(&leaf, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"));
    char pair[2 * MERKLE_BYTES];
    memcpy(pair, leaf.b, MERKLE_BYTES);
    memcpy(pair + MERKLE_BYTES, leaf.b, MERKLE_BYTES);
    MerkleHash as_leaf = merkle_leaf((Str){pair, sizeof pair}), node = merkle_node(&leaf, &leaf);
    EXPECT(!merkle_eq(&as_leaf, &node));
}

TEST(roots_by_adding_are_roots_by_definition) {
    MerklePeaks t = {0};
    for (uint64_t n = 1; n <= LEAVES; n++) {
        MerkleHash leaf = leaf_no(n - 1), want = slow_root(0, n), at;
        merkle_add(&t, &leaf, NULL, NULL);
        MerkleHash root = merkle_root(&t);
        EXPECT(merkle_eq(&root, &want));
        EXPECT(merkle_root_at(&source, n, &at) == OK && merkle_eq(&at, &want));
    }
}

static MerkleHash nodes_seen[8][LEAVES];

static void see(void *ctx, unsigned level, uint64_t index, const MerkleHash *hash) {
    (*(unsigned *)ctx)++;
    if (level < 8)
        nodes_seen[level][index] = *hash;
}

TEST(adding_tells_each_perfect_subtree_once) {
    MerklePeaks t = {0};
    unsigned count = 0, want = 0;
    for (uint64_t n = 0; n < 256; n++) {
        MerkleHash leaf = leaf_no(n);
        merkle_add(&t, &leaf, see, &count);
    }
    for (unsigned level = 1; level < 8; level++)
        for (uint64_t i = 0; i < 256u >> level; i++, want++) {
            MerkleHash root = slow_root(i << level, (uint64_t)1 << level);
            EXPECT(merkle_eq(&nodes_seen[level][i], &root));
        }
    EXPECT_INT(count, want + 1); /* and that of all 256 */
}

TEST(inclusion_is_proved_for_every_leaf_of_every_size) {
    MerkleHash proof[MERKLE_MOST];
    size_t n;
    for (uint64_t size = 1; size <= 70; size++) {
        MerkleHash root = slow_root(0, size);
        for (uint64_t i = 0; i < size; i++) {
            MerkleHash leaf = leaf_no(i);
            EXPECT(merkle_inclusion(&source, i, size, proof, &n) == OK);
            EXPECT(merkle_included(&leaf, i, size, proof, n, &root));
            EXPECT(!merkle_included(&leaf, i + 1, size, proof, n, &root));
            EXPECT(!merkle_included(&leaf, i, size, proof, n + 1, &root));
            EXPECT(n == 0 || !merkle_included(&leaf, i, size, proof, n - 1, &root));
            proof[size % 7].b[i % 32] ^= 1;
            EXPECT(size % 7 >= n || !merkle_included(&leaf, i, size, proof, n, &root));
        }
        EXPECT(merkle_inclusion(&source, size, size, proof, &n) == ERR_NOTFOUND);
    }
}

TEST(consistency_is_proved_between_all_sizes) {
    MerkleHash proof[MERKLE_MOST];
    size_t n;
    for (uint64_t size = 1; size <= 70; size++) {
        MerkleHash root = slow_root(0, size);
        for (uint64_t old = 1; old <= size; old++) {
            MerkleHash was = slow_root(0, old);
            EXPECT(merkle_consistency(&source, old, size, proof, &n) == OK);
            EXPECT(merkle_consistent(old, &was, size, &root, proof, n));
            EXPECT(!merkle_consistent(old, &was, size, &root, proof, n + 1));
            EXPECT(n == 0 || !merkle_consistent(old, &was, size, &root, proof, n - 1));
            EXPECT(old == size || !merkle_consistent(old, &root, size, &root, proof, n));
            was.b[3] ^= 4;
            EXPECT(!merkle_consistent(old, &was, size, &root, proof, n));
        }
        EXPECT(merkle_consistency(&source, 0, size, proof, &n) == ERR_NOTFOUND);
        EXPECT(merkle_consistency(&source, size + 1, size, proof, &n) == ERR_NOTFOUND);
        EXPECT(!merkle_consistent(0, &root, size, &root, proof, 0));
    }
}

static unsigned leaves_asked;

static Status counted_leaf(void *ctx, uint64_t index, MerkleHash *out) {
    leaves_asked++;
    return source_leaf(ctx, index, out);
}

static Status known_node(void *ctx, unsigned level, uint64_t index, MerkleHash *out, bool *found) {
    (void)ctx;
    *found = level == 4;
    if (*found)
        *out = slow_root(index << 4, 16);
    return OK;
}

TEST(known_nodes_save_leaves) {
    MerkleSource src = {NULL, counted_leaf, known_node};
    MerkleHash proof[MERKLE_MOST], plain[MERKLE_MOST];
    size_t n, m;
    EXPECT(merkle_inclusion(&src, 100, 250, proof, &n) == OK);
    EXPECT_INT(leaves_asked, 15 + 10); /* its own 16's others, and the 10 at the end */
    EXPECT(merkle_inclusion(&source, 100, 250, plain, &m) == OK);
    EXPECT(n == m && memcmp(proof, plain, n * sizeof *proof) == 0);
}

/* ---- the published vectors: lines of JSON in which each member is asked for by name ---- */

static const char *member(const char *line, const char *name) {
    char want[40];
    snprintf(want, sizeof want, "\"%s\": ", name);
    const char *at = strstr(line, want);
    return at == NULL ? NULL : at + strlen(want);
}

static uint64_t number(const char *line, const char *name) {
    const char *at = member(line, name);
    return at == NULL ? 0 : strtoull(at, NULL, 10);
}

static int base64_digit(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* A quoted text in base64 or, when 64 bytes long, in hex. *at goes behind it. False: not 32 bytes;
 * what there is then stands before zeros. */
static bool take_hash(const char **at, MerkleHash *out) {
    *out = (MerkleHash){0};
    const char *p = *at + 1, *end = strchr(p, '"');
    *at = end + 1;
    size_t n = 0;
    if (end - p == 2 * MERKLE_BYTES) {
        for (; n < MERKLE_BYTES; n++) {
            unsigned byte = 0;
            sscanf(p + 2 * n, "%2x", &byte);
            out->b[n] = (uint8_t)byte;
        }
        return true;
    }
    unsigned bits = 0, have = 0;
    for (; p < end && *p != '='; p++) {
        bits = bits << 6 | (unsigned)base64_digit(*p);
        have += 6;
        if (have >= 8) {
            have -= 8;
            if (n == MERKLE_BYTES)
                return false;
            out->b[n++] = (uint8_t)(bits >> have);
        }
    }
    return n == MERKLE_BYTES;
}

/* An array of hashes, or null. False: one of them is not 32 bytes. */
static bool take_proof(const char *at, MerkleHash proof[MERKLE_MOST], size_t *n) {
    *n = 0;
    bool good = true;
    if (*at != '[')
        return true;
    for (at++; *at != ']';) {
        if (*at == '"') {
            good &= take_hash(&at, &proof[*n]);
            if (*n + 1 < MERKLE_MOST)
                (*n)++;
        } else {
            at++;
        }
    }
    return good;
}

static bool hash_member(const char *line, const char *name, MerkleHash *out) {
    const char *at = member(line, name);
    return at != NULL && *at == '"' && take_hash(&at, out);
}

static char line[1 << 20];

static FILE *vectors(const char *name) {
    char path[100];
    snprintf(path, sizeof path, "../shared/data/merkle/%s", name);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        printf("skipped: %s is not there (%s)\n", path, unit_name);
    return f;
}

TEST(published_inclusion_proofs_are_judged_right) {
    FILE *f = vectors("inclusion.jsonl");
    int count = 0;
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        MerkleHash proof[MERKLE_MOST], leaf, root;
        size_t n;
        bool good = hash_member(line, "leafHash", &leaf) && hash_member(line, "root", &root) &&
                    take_proof(member(line, "proof"), proof, &n) &&
                    merkle_included(&leaf, number(line, "leafIdx"), number(line, "treeSize"), proof,
                                    n, &root);
        EXPECT_INT(good, strncmp(member(line, "wantErr"), "false", 5) == 0);
        count++;
    }
    EXPECT(f == NULL || count == 58);
    if (f != NULL)
        fclose(f);
}

TEST(published_consistency_proofs_are_judged_right) {
    FILE *f = vectors("consistency.jsonl");
    int count = 0;
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        MerkleHash proof[MERKLE_MOST], was, root;
        size_t n;
        /* Some roots that do not matter are shorter than a hash: they count as filled up with
         * zeros. */
        hash_member(line, "root1", &was);
        hash_member(line, "root2", &root);
        bool good = take_proof(member(line, "proof"), proof, &n);
        good = good && merkle_consistent(number(line, "size1"), &was, number(line, "size2"), &root,
                                         proof, n);
        EXPECT_INT(good, strncmp(member(line, "wantErr"), "false", 5) == 0);
        count++;
    }
    EXPECT(f == NULL || count == 58);
    if (f != NULL)
        fclose(f);
}

/* The trees' leaves: numbers, lines with the number in them, or all empty. */
static Status tree_leaf(void *ctx, uint64_t index, MerkleHash *out) {
    unsigned long long i = index;
    char text[60] = "";
    if (strstr(ctx, "\"lines-") != NULL)
        snprintf(text, sizeof text, "{\"seq\":%llu,\"what\":\"x\"}", i);
    else if (strstr(ctx, "\"counter-") != NULL)
        snprintf(text, sizeof text, "%llu", i);
    *out = merkle_leaf(str_of(text));
    return OK;
}

/* One of a tree's proofs, of which `at` is the object: ours must be the same, byte for byte. */
static void check_proof(const MerkleSource *src, const char *at, uint64_t size, const char *index,
                        bool inclusion) {
    MerkleHash ours[MERKLE_MOST], theirs[MERKLE_MOST];
    size_t n = 0, m = 0;
    uint64_t which = number(at, index);
    Status status = inclusion ? merkle_inclusion(src, which, size, ours, &n)
                              : merkle_consistency(src, which, size, ours, &n);
    EXPECT(status == OK && take_proof(member(at, "proof"), theirs, &m));
    EXPECT(n == m && memcmp(ours, theirs, n * sizeof *ours) == 0);
}

TEST(computed_trees_have_our_roots_and_proofs) {
    FILE *f = vectors("trees.jsonl");
    int trees = 0, proofs = 0;
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        MerkleSource src = {line, tree_leaf, NULL};
        uint64_t size = number(line, "size");
        MerkleHash want, root;
        EXPECT(hash_member(line, "root", &want) && merkle_root_at(&src, size, &root) == OK);
        EXPECT(merkle_eq(&root, &want));
        for (const char *at = line; (at = strstr(at, "{\"index\"")) != NULL; at++, proofs++)
            check_proof(&src, at, size, "index", true);
        for (const char *at = line; (at = strstr(at, "{\"old\"")) != NULL; at++, proofs++)
            check_proof(&src, at, size, "old", false);
        trees++;
    }
    EXPECT(f == NULL || (trees == 57 && proofs > 300));
    if (f != NULL)
        fclose(f);
}

UNIT_MAIN(T(the_empty_trees_root_is_the_hash_of_nothing) T(leaves_and_nodes_are_hashed_apart)
              T(roots_by_adding_are_roots_by_definition) T(adding_tells_each_perfect_subtree_once)
                  T(inclusion_is_proved_for_every_leaf_of_every_size)
                      T(consistency_is_proved_between_all_sizes) T(known_nodes_save_leaves)
                          T(published_inclusion_proofs_are_judged_right)
                              T(published_consistency_proofs_are_judged_right)
                                  T(computed_trees_have_our_roots_and_proofs))
