/* cli: JUnit XML. */
#include "engine/cli/junit.h"

#include <string.h>
#include <time.h>

#include "engine/cli/cli.h"

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void junit_begin(Junit *j) {
    j->suites = tmpfile();
    j->cases = tmpfile();
    j->failed = j->suites == NULL || j->cases == NULL;
    j->since_us = now_us();
}

/* How many bytes the character here has in UTF-8, n of them being left; 0: XML cannot have it. */
static size_t xml_char(const char *p, size_t n) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c = (unsigned char)p[0];
    size_t size = c < 0x80 ? 1 : c < 0xC0 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF8 ? 4 : 0;
    if (size == 1)
        return c >= 0x20 || c == '\n' || c == '\t';
    if (size == 0 || size > n)
        return 0;
    uint32_t cp = c & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)p[i] & 0xC0) != 0x80)
            return 0;
        cp = cp << 6 | ((unsigned char)p[i] & 0x3F);
    }
    bool surrogate = cp >= 0xD800 && cp < 0xE000;
    bool none = cp < least[size] || cp > 0x10FFFF || surrogate || cp == 0xFFFE || cp == 0xFFFF;
    return none ? 0 : size;
}

/* Text as XML has it; what XML cannot have becomes a question mark. Line breaks and tabs would be
 * blanks in an attribute. */
static void put_escaped(FILE *to, const char *p, size_t n, bool attribute) {
    for (size_t i = 0, size; i < n; i += size) {
        unsigned char c = (unsigned char)p[i];
        size = xml_char(p + i, n - i);
        const char *as = c == '&'                 ? "&amp;"
                         : c == '<'               ? "&lt;"
                         : c == '>'               ? "&gt;"
                         : c == '"'               ? "&quot;"
                         : attribute && c == '\n' ? "&#10;"
                         : attribute && c == '\t' ? "&#9;"
                         : size == 0              ? "?"
                                                  : NULL;
        if (as != NULL)
            fputs(as, to);
        else
            fwrite(p + i, 1, size, to);
        size = size == 0 ? 1 : size;
    }
}

static void put_attribute(FILE *to, const char *name, const char *p, size_t n) {
    fprintf(to, " %s=\"", name);
    put_escaped(to, p, n, true);
    fputc('"', to);
}

static void put_took(FILE *to, int64_t us) {
    fprintf(to, " time=\"%lld.%06lld\"", (long long)(us / 1000000), (long long)(us % 1000000));
}

static void put_counts(FILE *to, const JunitCounts *c) {
    fprintf(to, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\"", c->tests,
            c->failures);
    put_took(to, c->took_us);
}

/* Moves what waits in one file behind what is in another. */
static void move_all(FILE *from, FILE *to) {
    char part[4096];
    size_t n;
    rewind(from);
    while ((n = fread(part, 1, sizeof part, from)) > 0)
        fwrite(part, 1, n, to);
}

static void suite_end(Junit *j) {
    if (j->suite.tests == 0 || j->failed)
        return;
    fputs("  <testsuite", j->suites);
    put_attribute(j->suites, "name", j->file, strlen(j->file));
    put_counts(j->suites, &j->suite);
    fputs(">\n", j->suites);
    move_all(j->cases, j->suites);
    fputs("  </testsuite>\n", j->suites);
    fclose(j->cases);
    j->cases = tmpfile();
    j->failed = j->cases == NULL;
    j->suite = (JunitCounts){0};
}

static void put_case(FILE *to, const RemitTestResult *r, int64_t took_us) {
    fputs("    <testcase", to);
    put_attribute(to, "name", r->title.data, r->title.size);
    put_attribute(to, "classname", r->file.data, r->file.size);
    put_attribute(to, "file", r->file.data, r->file.size);
    fprintf(to, " line=\"%zu\"", r->line);
    put_took(to, took_us);
    if (r->passed) {
        fputs("/>\n", to);
        return;
    }
    const char *end = memchr(r->report.data, '\n', r->report.size);
    size_t first = end == NULL ? r->report.size : (size_t)(end - r->report.data);
    size_t blank = 0;
    while (blank < first && r->report.data[blank] == ' ')
        blank++;
    fputs(">\n      <failure", to);
    put_attribute(to, "message", r->report.data + blank, first - blank);
    fputs(">", to);
    put_escaped(to, r->report.data, r->report.size, false);
    fputs("</failure>\n    </testcase>\n", to);
}

static void count(JunitCounts *c, bool passed, int64_t took_us) {
    c->tests++;
    c->failures += !passed;
    c->took_us += took_us;
}

void junit_add(Junit *j, const RemitTestResult *r) {
    int64_t now = now_us(), took = now - j->since_us;
    size_t n = r->file.size < sizeof j->file - 1 ? r->file.size : sizeof j->file - 1;
    if (strlen(j->file) != n || memcmp(j->file, r->file.data, n) != 0)
        suite_end(j);
    if (j->failed)
        return;
    memcpy(j->file, r->file.data, n);
    j->file[n] = '\0';
    count(&j->suite, r->passed, took);
    count(&j->all, r->passed, took);
    put_case(j->cases, r, took);
    j->since_us = now_us();
}

static bool write_to(Junit *j, const char *name, FILE *to) {
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", to);
    put_attribute(to, "name", name, strlen(name));
    put_counts(to, &j->all);
    fputs(">\n", to);
    move_all(j->suites, to);
    fputs("</testsuites>\n", to);
    bool bad = j->failed || ferror(j->suites) || ferror(to);
    return fclose(to) == 0 && !bad;
}

int junit_write(Junit *j, const Args *args, const char *path) {
    suite_end(j);
    FILE *to = fopen(path, "w");
    bool good = to != NULL && !j->failed && write_to(j, args->paths[0], to);
    if (j->suites != NULL)
        fclose(j->suites);
    if (j->cases != NULL)
        fclose(j->cases);
    *j = (Junit){0};
    if (good)
        return REMIT_OK;
    return complain(args, REMIT_FAILED, "%s: cannot be written", "%s：无法写入", path);
}
