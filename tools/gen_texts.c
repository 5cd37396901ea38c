/* Writes text files as C arrays: gen_texts stdlib|pages OUT.c FOLDER FILE ...
 * stdlib: calendar/cn.remit becomes the module std.calendar.cn. pages: E0203.md becomes the page
 * E0203. */
#include <stdio.h>
#include <string.h>

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

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    int pages = strcmp(argv[1], "pages") == 0;
    FILE *out = fopen(argv[2], "wb");
    if (out == NULL) {
        perror(argv[2]);
        return 1;
    }
    fprintf(out, "#include \"engine/run/%s.h\"\n\n", pages ? "pages" : "stdlib");
    for (int i = 4; i < argc; i++)
        if (put_file(out, argv[3], argv[i], i) != 0)
            return 1;
    fprintf(out, pages ? "const Page pages[] = {\n" : "const StdModule std_modules[] = {\n");
    for (int i = 4; i < argc; i++) {
        char name[256];
        size_t n = stem(argv[i], name, sizeof name);
        if (pages)
            fprintf(out, "    {{\"%s\", %zu}, {text_%d, sizeof text_%d - 1}},\n", name, n, i, i);
        else
            fprintf(out,
                    "    {{\"std.%s\", %zu}, {\"std/%s\", %zu}, {text_%d, sizeof text_%d - 1}},\n",
                    name, n + 4, argv[i], strlen(argv[i]) + 4, i, i);
    }
    if (argc == 4)
        fprintf(out, pages ? "    {{\"\", 0}, {\"\", 0}},\n"
                           : "    {{\"\", 0}, {\"\", 0}, {\"\", 0}},\n");
    fprintf(out, "};\nconst size_t %s = %d;\n", pages ? "page_count" : "std_module_count",
            argc - 4);
    return fclose(out) != 0;
}
