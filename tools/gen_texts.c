/* Writes text files as C arrays: gen_texts stdlib|pages|start OUT.c FOLDER FILE ...
 * stdlib: calendar/cn.remit becomes the module std.calendar.cn. pages: E0203.md becomes the page
 * E0203. start: a file keeps its path. */
#include <stdio.h>
#include <string.h>

/* What stands before, between and behind the texts of each kind. */
typedef struct Kind {
    const char *name, *header, *array, *none, *count;
} Kind;
static const Kind kinds[] = {
    {"stdlib", "engine/run/stdlib.h", "const StdModule std_modules[]",
     "    {{\"\", 0}, {\"\", 0}, {\"\", 0}},\n", "std_module_count"},
    {"pages", "engine/run/pages.h", "const Page pages[]", "    {{\"\", 0}, {\"\", 0}},\n",
     "page_count"},
    {"start", "engine/cli/start.h", "const StartFile start_files[]",
     "    {{\"\", 0}, {\"\", 0}},\n", "start_file_count"},
};

static int put_file(FILE *out, const char *folder, const char *name, int number) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        perror(path);
        return 1;
    }
    fprintf(out, "static const char text_%d[] = {", number);
    int c;
    for (long n = 0; (c = fgetc(in)) != EOF; n++)
        fprintf(out, "%s%d,", n % 24 == 0 ? "\n" : "", c > 127 ? c - 256 : c);
    fprintf(out, "0};\n");
    return fclose(in) != 0;
}

/* The name up to the ending, with `.` for `/`. */
static size_t stem(const char *file, char *out, size_t most) {
    size_t n = 0;
    for (const char *p = file; *p != '\0' && *p != '.' && n < most - 1; p++)
        out[n++] = *p == '/' ? '.' : *p;
    out[n] = '\0';
    return n;
}

static void put_row(FILE *out, const Kind *kind, const char *file, int number) {
    char name[256];
    size_t n = stem(file, name, sizeof name);
    if (strcmp(kind->name, "stdlib") == 0)
        fprintf(out, "    {{\"std.%s\", %zu}, {\"std/%s\", %zu}, ", name, n + 4, file,
                strlen(file) + 4);
    else if (strcmp(kind->name, "pages") == 0)
        fprintf(out, "    {{\"%s\", %zu}, ", name, n);
    else
        fprintf(out, "    {{\"%s\", %zu}, ", file, strlen(file));
    fprintf(out, "{text_%d, sizeof text_%d - 1}},\n", number, number);
}

int main(int argc, char **argv) {
    const Kind *kind = NULL;
    for (size_t i = 0; argc >= 4 && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            kind = &kinds[i];
    if (kind == NULL)
        return 2;
    FILE *out = fopen(argv[2], "wb");
    if (out == NULL) {
        perror(argv[2]);
        return 1;
    }
    fprintf(out, "#include \"%s\"\n\n", kind->header);
    for (int i = 4; i < argc; i++)
        if (put_file(out, argv[3], argv[i], i) != 0)
            return 1;
    fprintf(out, "%s = {\n", kind->array);
    for (int i = 4; i < argc; i++)
        put_row(out, kind, argv[i], i);
    if (argc == 4)
        fprintf(out, "%s", kind->none);
    fprintf(out, "};\nconst size_t %s = %d;\n", kind->count, argc - 4);
    return fclose(out) != 0;
}
