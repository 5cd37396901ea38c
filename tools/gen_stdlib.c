/* Writes the standard library's modules as C arrays: gen_stdlib OUT.c FOLDER FILE ...
 * FILE calendar/cn.remit becomes the module std.calendar.cn. */
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

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    FILE *out = fopen(argv[1], "wb");
    if (out == NULL) {
        perror(argv[1]);
        return 1;
    }
    fprintf(out, "#include \"engine/run/stdlib.h\"\n\n");
    for (int i = 3; i < argc; i++)
        if (put_file(out, argv[2], argv[i], i) != 0)
            return 1;
    fprintf(out, "const StdModule std_modules[] = {\n");
    for (int i = 3; i < argc; i++) {
        char module[256];
        size_t n = 0;
        for (const char *p = argv[i];
             *p != '\0' && strcmp(p, ".remit") != 0 && n < sizeof module - 1; p++)
            module[n++] = *p == '/' ? '.' : *p;
        module[n] = '\0';
        fprintf(out, "    {{\"std.%s\", %zu}, {\"std/%s\", %zu}, {text_%d, sizeof text_%d - 1}},\n",
                module, n + 4, argv[i], strlen(argv[i]) + 4, i, i);
    }
    fprintf(out, "};\nconst size_t std_module_count = %d;\n", argc - 3);
    return fclose(out) != 0;
}
