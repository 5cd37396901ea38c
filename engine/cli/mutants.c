/* cli: mutants. Each process tries every n-th of them and sends what came of each through one pipe;
 * they are told in their order, so that the number of processes cannot show. */
#include "engine/cli/mutants.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MOST = 64, TITLE_MOST = 200 };

/* What a process says of one; it goes through the pipe in one piece. */
typedef struct Told {
    size_t number;
    RemitFate fate;
    size_t tests;
    size_t by_n;
    char by[TITLE_MOST];
    bool failed; /* it could not be tried */
} Told;

typedef struct Mutants {
    const Args *args;
    RemitMutants *all;
    size_t count, noticed, survived, wrong, same, columns;
    size_t unreached; /* of those that survived: no test touches what they change */
    bool list;
} Mutants;

/* ---- trying */

static Told tell(RemitMutants *all, size_t i) {
    RemitMutantResult result;
    RemitError error;
    Told told = {.number = i};
    told.failed = remit_mutants_try(all, i, &result, &error) != REMIT_OK;
    told.fate = result.fate;
    told.tests = result.tests;
    told.by_n = result.by.size < TITLE_MOST ? result.by.size : TITLE_MOST;
    if (told.by_n > 0)
        memcpy(told.by, result.by.data, told.by_n);
    return told;
}

static bool send_all(int fd, const Told *told) {
    const char *p = (const char *)told;
    size_t sent = 0;
    while (sent < sizeof *told) {
        ssize_t n = write(fd, p + sent, sizeof *told - sent);
        if (n <= 0 && errno != EINTR)
            return false;
        sent += n > 0 ? (size_t)n : 0;
    }
    return true;
}

_Noreturn static void work(RemitMutants *all, size_t first, size_t step, int to) {
    size_t n = remit_mutants_count(all);
    bool good = true;
    for (size_t i = first; i < n && good; i += step) {
        Told told = tell(all, i);
        good = send_all(to, &told);
    }
    _exit(good ? 0 : 1);
}

static bool read_told(int from, Told *told) {
    char *p = (char *)told;
    size_t got = 0;
    while (got < sizeof *told) {
        ssize_t n = read(from, p + got, sizeof *told - got);
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        got += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static size_t jobs_of(size_t asked, size_t mutants) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t jobs = asked > 0 ? asked : cores > 0 ? (size_t)cores : 1;
    jobs = jobs < JOBS_MOST ? jobs : JOBS_MOST;
    return jobs < mutants ? jobs : mutants;
}

/* The processes, from each of which comes what it tried, in order. */
typedef struct Workers {
    int from[JOBS_MOST];
    pid_t pids[JOBS_MOST];
    size_t n;
} Workers;

static bool workers_start(Workers *w, RemitMutants *all, size_t jobs) {
    fflush(stdout);
    for (; w->n < jobs; w->n++) {
        int ends[2];
        if (pipe(ends) != 0)
            return false;
        pid_t pid = fork();
        if (pid == 0) {
            for (size_t i = 0; i < w->n; i++)
                close(w->from[i]);
            close(ends[0]);
            work(all, w->n, jobs, ends[1]);
        }
        close(ends[1]);
        if (pid < 0) {
            close(ends[0]);
            return false;
        }
        w->from[w->n] = ends[0];
        w->pids[w->n] = pid;
    }
    return true;
}

static bool workers_end(Workers *w) {
    bool good = true;
    for (size_t i = 0; i < w->n; i++) {
        int status = 0;
        close(w->from[i]);
        while (waitpid(w->pids[i], &status, 0) < 0 && errno == EINTR)
            continue;
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return good;
}

/* ---- telling */

/* As much of a text as goes into so many columns. */
static void put_cut(RemitText text, size_t columns) {
    size_t n = text.size;
    if (remit_columns(text) > columns) {
        while (n > 0 && (remit_columns((RemitText){text.data, n}) + 4 > columns ||
                         ((unsigned char)text.data[n] & 0xC0) == 0x80))
            n--;
    }
    printf("%.*s%s\n", (int)n, text.data, n < text.size ? " ..." : "");
}

static void put_json(RemitText text) {
    putchar('"');
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            putchar('\\');
        if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void put_member(const char *name, RemitText text) {
    printf(",\"%s\":", name);
    put_json(text);
}

static RemitText text_of(const char *p, size_t n) {
    return (RemitText){p, n};
}

static bool begins_letter(RemitText text, size_t i) {
    return i >= text.size || ((unsigned char)text.data[i] & 0xC0) != 0x80;
}

enum { SEEN_BEFORE = 24 }; /* columns that are shown before what changes */

/* Where a line that is too long is to begin, so that what changes can be seen. */
static size_t seen_from(RemitText before, RemitText after, size_t columns) {
    size_t most = before.size < after.size ? before.size : after.size, same = 0, from = 0;
    if (remit_columns(before) <= columns && remit_columns(after) <= columns)
        return 0;
    while (same < most && before.data[same] == after.data[same])
        same++;
    while (from < same && (remit_columns(text_of(before.data + from, same - from)) > SEEN_BEFORE ||
                           !begins_letter(before, from)))
        from++;
    while (from > 0 && !begins_letter(before, from))
        from--;
    return from < before.size && before.data[from] == ' ' ? from + 1 : from;
}

static void put_change(const Mutants *m, const RemitMutant *mutant) {
    const RemitText lines[] = {mutant->before, mutant->after};
    size_t from = seen_from(lines[0], lines[1], m->columns - 6);
    for (int i = 0; i < 2; i++) {
        if (lines[i].size == 0)
            continue;
        printf("    %c %s", i == 0 ? '-' : '+', from > 0 ? "... " : "");
        put_cut(text_of(lines[i].data + from, lines[i].size - from),
                m->columns - 6 - (from > 0 ? 4 : 0));
    }
}

static void put_json_line(const Mutants *m, const RemitMutant *mutant, const Told *told) {
    static const char *const fates[] = {"wrong", "same", "noticed", "survived"};
    printf("{\"mutant\":%zu", told->number + 1);
    put_member("file", mutant->file);
    printf(",\"line\":%zu", mutant->line);
    put_member("what", mutant->what);
    put_member("before", mutant->before);
    put_member("after", mutant->after);
    if (!m->list) {
        printf(",\"result\":\"%s\",\"tests\":%zu", fates[told->fate], told->tests);
        if (told->fate == REMIT_MUTANT_NOTICED)
            put_member("by", text_of(told->by, told->by_n));
        if (told->fate == REMIT_MUTANT_SURVIVED)
            put_member("advice", mutant->advice);
    }
    printf("}\n");
}

static void put_text_lines(const Mutants *m, const RemitMutant *mutant, const Told *told) {
    RemitText what = m->args->look.chinese ? mutant->what_chinese : mutant->what;
    printf("%.*s:%zu: %.*s%s\n", (int)mutant->file.size, mutant->file.data, mutant->line,
           (int)what.size, what.data,
           m->list            ? ""
           : told->tests == 0 ? said(m->args, ", and no test reaches it", "，没有测试触及")
                              : said(m->args, ", and no test notices", "，没有测试发现"));
    put_change(m, mutant);
    if (m->list)
        return;
    printf("    ");
    put_cut(m->args->look.chinese ? mutant->advice_chinese : mutant->advice, m->columns - 4);
}

static int put_told(Mutants *m, const Told *told) {
    RemitMutant mutant;
    RemitError error;
    m->wrong += told->fate == REMIT_MUTANT_WRONG;
    m->same += told->fate == REMIT_MUTANT_SAME;
    m->noticed += told->fate == REMIT_MUTANT_NOTICED;
    m->survived += told->fate == REMIT_MUTANT_SURVIVED;
    m->unreached += told->fate == REMIT_MUTANT_SURVIVED && told->tests == 0;
    int code = (int)remit_mutants_get(m->all, told->number, &mutant, &error);
    if (code != REMIT_OK)
        return fail(m->args, &error);
    if (m->args->look.format == REMIT_JSON) {
        if (m->list || told->fate >= REMIT_MUTANT_NOTICED)
            put_json_line(m, &mutant, told);
    } else if (m->list || told->fate == REMIT_MUTANT_SURVIVED) {
        put_text_lines(m, &mutant, told);
    }
    return REMIT_OK;
}

static int not_tried(const Mutants *m) {
    return complain(m->args, REMIT_FAILED, "a mutant could not be tried", "有一处改动无法试");
}

static int try_all(Mutants *m, size_t jobs) {
    Workers w = {.n = 0};
    int code = workers_start(&w, m->all, jobs)
                   ? REMIT_OK
                   : complain(m->args, REMIT_FAILED, "no process can be started", "无法启动进程");
    for (size_t i = 0; i < m->count && code == REMIT_OK; i++) {
        Told told;
        if (!read_told(w.from[i % jobs], &told) || told.failed)
            code = not_tried(m);
        else
            code = put_told(m, &told);
    }
    bool good = workers_end(&w);
    return code == REMIT_OK && !good ? not_tried(m) : code;
}

static int list_all(Mutants *m) {
    int code = REMIT_OK;
    for (size_t i = 0; i < m->count && code == REMIT_OK; i++)
        code = put_told(m, &(Told){.number = i});
    return code;
}

/* ---- the whole */

static void put_sums(const Mutants *m) {
    size_t counted = m->noticed + m->survived;
    size_t tenths = counted == 0 ? 1000 : m->noticed * 1000 / counted;
    if (m->args->look.format == REMIT_JSON) {
        printf("{\"mutants\":{\"noticed\":%zu,\"survived\":%zu,\"unreached\":%zu,\"same\":%zu,"
               "\"wrong\":%zu}}\n",
               m->noticed, m->survived, m->unreached, m->same, m->wrong);
        return;
    }
    bool chinese = m->args->look.chinese;
    printf(chinese ? "发现 %zu，漏过 %zu，%zu.%zu %%" : "%zu noticed, %zu survived, %zu.%zu %%",
           m->noticed, m->survived, tenths / 10, tenths % 10);
    if (m->same + m->wrong > 0)
        printf(chinese ? "；不计：含义不变的 %zu，不能编译的 %zu"
                       : "; left out: %zu that mean the same, %zu that do not compile",
               m->same, m->wrong);
    printf("\n");
}

static int tried(Mutants *m, size_t jobs, size_t least) {
    int code = try_all(m, jobs_of(jobs, m->count));
    if (code != REMIT_OK)
        return code;
    put_sums(m);
    return too_little(m->args, m->noticed, m->noticed + m->survived, least);
}

int mutants_run(Args *args, RemitPolicy *policy, const RemitTestOptions *meant) {
    Mutants m = {.args = args, .list = meant->list, .columns = 80};
    size_t limit, seed, jobs, least;
    RemitError error;
    if (!arg_number(args, "--limit", &limit) || !arg_number(args, "--seed", &seed) ||
        !arg_number(args, "--jobs", &jobs) || !arg_number(args, "--least", &least))
        return REMIT_CALL;
    if (args->look.columns > 40)
        m.columns = (size_t)args->look.columns;
    int code = (int)remit_mutants_open(policy, meant, limit, seed, &m.all, &error);
    if (code != REMIT_OK)
        return fail(args, &error);
    m.count = remit_mutants_count(m.all);
    code = m.list ? list_all(&m) : tried(&m, jobs, least);
    if (m.list && code == REMIT_OK && args->look.format == REMIT_TEXT)
        printf(args->look.chinese ? "%zu 处改动\n" : "%zu mutants\n", m.count);
    remit_mutants_close(m.all);
    return done(args, code);
}
