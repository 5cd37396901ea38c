/* cli: remit init. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/cli/start.h"

static const Option init_options[] = {
    {NULL, NULL, NULL, NULL, false},
};

enum { PATH_MOST = 4096, SHELL_MOST = 4 * PATH_MOST };

/* What is written where. */
typedef struct Start {
    const char *folder; /* as it was named */
    const char *language;
    bool made; /* the folder was not there */
} Start;

/* The path of one file in the folder; of the present folder without `./`. False: it is too long. */
static bool path_in(const char *folder, const char *name, char *out) {
    bool here = strcmp(folder, ".") == 0;
    size_t n = strlen(folder);
    const char *between = here || (n > 0 && folder[n - 1] == '/') ? "" : "/";
    return snprintf(out, PATH_MOST, "%s%s%s", here ? "" : folder, between, name) < PATH_MOST;
}

/* The file's name where it is one of this language, else NULL. */
static const char *name_of(const Start *s, size_t i) {
    const char *path = start_files[i].path.data;
    size_t n = strlen(s->language);
    return strncmp(path, s->language, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* A folder that is named wrongly is a wrong call. */
static int cannot(const Args *args, const char *path) {
    int code = errno == ENOENT || errno == ENOTDIR ? REMIT_CALL : REMIT_FAILED;
    return complain(args, code, "%s: %s", "%s：%s", path, strerror(errno));
}

static bool is_policy(const char *name) {
    size_t n = strlen(name);
    return n > 6 && strcmp(name + n - 6, ".remit") == 0;
}

/* A folder as deep as those that are read (os_list). */
enum { FOLDERS_DEEP = 32 };

/* The path of a policy in a folder or one below it into `found`, as they are read: without those
 * whose names begin with a point. False: there is none. */
static bool find_policy(const char *path, int depth, char *found) {
    DIR *folder = opendir(path);
    bool is = false;
    for (struct dirent *e = folder == NULL ? NULL : readdir(folder); e != NULL && !is;
         e = readdir(folder)) {
        char below[PATH_MOST];
        struct stat st;
        if (e->d_name[0] == '.' || !path_in(path, e->d_name, below) || stat(below, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            is = depth < FOLDERS_DEEP && find_policy(below, depth + 1, found);
        else if ((is = is_policy(e->d_name)))
            snprintf(found, PATH_MOST, "%s", below);
    }
    if (folder != NULL)
        closedir(folder);
    return is;
}

/* A folder without policies, made if it is not there: those that it has, also in folders below it,
 * and the new one would be one. */
static int folder_ready(const Args *args, Start *s) {
    char found[PATH_MOST];
    s->made = mkdir(s->folder, 0777) == 0;
    if (!s->made && errno != EEXIST)
        return cannot(args, s->folder);
    DIR *folder = opendir(s->folder);
    if (folder == NULL)
        return cannot(args, s->folder);
    closedir(folder);
    if (!find_policy(s->folder, 0, found))
        return REMIT_OK;
    size_t n = strcmp(s->folder, ".") == 0 ? 0 : strlen(s->folder);
    const char *name = found + n + (n > 0 && found[n] == '/');
    if (strchr(name, '/') == NULL)
        return usage(args, "%s holds a policy already: %s", "%s 中已经有政策：%s", s->folder, name);
    return usage(args,
                 "%s holds a policy already, in a folder below it: %s; both would be read as one. "
                 "Choose a folder of its own",
                 "%s 的下级文件夹中已经有政策：%s；两者会被当作一个政策。请另选文件夹", s->folder,
                 name);
}

/* Never over a file that is there. */
static int write_file(const Args *args, const char *path, RemitText text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd < 0)
        return errno == EEXIST ? usage(args, "%s is there already", "%s 已经存在", path)
                               : cannot(args, path);
    size_t at = 0;
    while (at < text.size) {
        ssize_t n = write(fd, text.data + at, text.size - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        at += (size_t)n;
    }
    int code = at < text.size ? cannot(args, path) : REMIT_OK;
    if (close(fd) != 0 && code == REMIT_OK)
        code = cannot(args, path);
    if (code != REMIT_OK)
        unlink(path);
    return code;
}

/* All files or none. */
static int write_all_files(const Args *args, const Start *s) {
    char path[PATH_MOST];
    size_t i = 0;
    int code = REMIT_OK;
    for (; i < start_file_count && code == REMIT_OK; i++) {
        const char *name = name_of(s, i);
        if (name == NULL)
            continue;
        code = path_in(s->folder, name, path) ? write_file(args, path, start_files[i].text)
                                              : usage(args, "%s is too long", "%s 太长", s->folder);
    }
    if (code == REMIT_OK)
        return code;
    for (i = i > 0 ? i - 1 : 0; i > 0; i--) /* the one that failed is not there, or was before */
        if (name_of(s, i - 1) != NULL && path_in(s->folder, name_of(s, i - 1), path))
            unlink(path);
    if (s->made)
        rmdir(s->folder);
    return code;
}

/* ---- what is said then */

/* A path as one word of a shell. */
static const char *word(const char *path, char *out) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";
    bool fits = *path != '\0' && *path != '-';
    for (const char *p = path; fits && *p != '\0'; p++)
        fits = (unsigned char)*p >= 0x80 || strchr(plain, *p) != NULL;
    char *to = out;
    if (!fits)
        *to++ = '\'';
    for (const char *p = path; *p != '\0'; p++) {
        const char *as = *p == '\'' ? "'\\''" : NULL;
        for (; as != NULL && *as != '\0'; as++)
            *to++ = *as;
        if (*p != '\'')
            *to++ = *p;
    }
    if (!fits)
        *to++ = '\'';
    *to = '\0';
    return out;
}

static const char *file_word(const Start *s, const char *name, char *out) {
    char path[PATH_MOST];
    return word(path_in(s->folder, name, path) ? path : name, out);
}

static void say_json(const char *path) {
    printf("{\"file\":\"");
    for (const char *p = path; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            printf("\\%c", *p);
        else if ((unsigned char)*p < 0x20)
            printf("\\u%04x", (unsigned char)*p);
        else
            putchar(*p);
    }
    printf("\"}\n");
}

static void say_files(const Args *args, const Start *s) {
    char path[PATH_MOST];
    for (size_t i = 0; i < start_file_count; i++) {
        if (name_of(s, i) == NULL || !path_in(s->folder, name_of(s, i), path))
            continue;
        if (args->look.format == REMIT_JSON)
            say_json(path);
        else
            printf("%s\n", path);
    }
}

static void say_commands(const Args *args, const Start *s) {
    bool chinese = args->look.chinese;
    char folder[SHELL_MOST], ledger[SHELL_MOST], events[SHELL_MOST], effects[SHELL_MOST];
    word(s->folder, folder);
    file_word(s, chinese ? "账本" : "ledger", ledger);
    file_word(s, chinese ? "事件.csv" : "events.csv", events);
    file_word(s, chinese ? "结果.jsonl" : "effects.jsonl", effects);
    printf("\n%s\n", chinese ? "依次试试：" : "Try, one after the other:");
    printf("  remit test %s\n", folder);
    printf("  remit run --policy %s --ledger %s --events %s \\\n"
           "      --effects %s --until 2026-03-04T17:00:00%s\n",
           folder, ledger, events, effects, chinese ? "+08:00" : "Z");
    printf("  remit why %s --ledger %s\n", chinese ? "duty/处理投诉/T1" : "duty/answer/C1", ledger);
}

static int run_init(Args *args) {
    if (args->path_count > 1)
        return usage(args, "one folder is taken", "只能给出一个文件夹");
    Start s = {.folder = args->path_count == 1 ? args->paths[0] : ".",
               .language = args->look.chinese ? "zh" : "en"};
    int code = folder_ready(args, &s);
    if (code == REMIT_OK)
        code = write_all_files(args, &s);
    if (code != REMIT_OK)
        return code;
    say_files(args, &s);
    if (args->look.format != REMIT_JSON)
        say_commands(args, &s);
    return done(args, REMIT_OK);
}

const Command command_init = {
    "init",
    "[DIR]",
    "writes a policy to start from, with tests and events to run\n"
    "Into the folder DIR, which is made if it is not there (default: the present one); a file "
    "that\n"
    "is there is never overwritten. The policy is in the language of messages: with --lang zh it "
    "is Chinese.",
    "写出一份可以入手的政策，附测试和可运行的事件\n"
    "写进文件夹 DIR，没有就新建（默认当前文件夹）；已有的文件从不覆盖。\n"
    "政策用信息所用的语言：--lang zh 得到中文的政策。",
    init_options,
    run_init};
