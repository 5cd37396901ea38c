/* syntax: characters that nobody sees, by their number and what they are called. */
#include "engine/syntax/unseen.h"

#include "engine/base/utf8.h"

typedef struct Unseen {
    uint32_t from, to;
    const char *en, *zh;
    bool breaks; /* it ends a line, so that it cannot simply be left out */
} Unseen;

static const Unseen unseen[] = {
    {0x00, 0x1F, "a control character", "控制字符", false},
    {0x7F, 0x9F, "a control character", "控制字符", false},
    {0xAD, 0xAD, "a soft hyphen", "软连字符", false},
    {0x200B, 0x200B, "a zero-width space", "零宽空格", false},
    {0x200C, 0x200D, "a zero-width joiner", "零宽连接符", false},
    {0x200E, 0x200F, "a mark of the writing direction", "书写方向符", false},
    {0x2028, 0x2028, "a line separator", "行分隔符", true},
    {0x2029, 0x2029, "a paragraph separator", "段分隔符", true},
    {0x202A, 0x202E, "a mark of the writing direction", "书写方向符", false},
    {0x2060, 0x2064, "a zero-width mark", "零宽符号", false},
    {0x2066, 0x206F, "a mark of the writing direction", "书写方向符", false},
    {0xFEFF, 0xFEFF, "a byte order mark", "字节顺序标记", false},
};

static const Unseen *unseen_find(Str text, uint32_t *cp, size_t *bytes) {
    *bytes = utf8_decode(text, cp);
    for (size_t i = 0; *bytes > 0 && i < sizeof unseen / sizeof *unseen; i++)
        if (*cp >= unseen[i].from && *cp <= unseen[i].to)
            return &unseen[i];
    return NULL;
}

bool unseen_at(Diags *d, Str text, size_t *bytes, Str *called, bool *breaks) {
    uint32_t cp;
    const Unseen *u = unseen_find(text, &cp, bytes);
    if (u == NULL)
        return false;
    Str what = diag_both(d, u->en, u->zh), open = diag_both(d, " (", "（"),
        close = diag_both(d, ")", "）");
    *breaks = u->breaks;
    if (arena_printf(d->arena, called, "U+%04X%.*s%.*s%.*s", (unsigned)cp, STR_ARG(open),
                     STR_ARG(what), STR_ARG(close)) != OK)
        d->nomem = true;
    return true;
}

Str unseen_without(Diags *d, Str text) {
    Buf out = {0};
    Str kept = text;
    for (size_t i = 0, n; i < text.n; i += n == 0 ? 1 : n) {
        uint32_t cp;
        if (unseen_find(str_from(text, i), &cp, &n) == NULL)
            put_text(&out, (Str){text.p + i, n == 0 ? 1 : n});
    }
    if (out.failed || (out.n < text.n && arena_str(d->arena, buf_str(&out), &kept) != OK))
        d->nomem = true;
    buf_free(&out);
    return kept;
}
