/* The lexer: bytes -> words, numbers, strings and marks. Words are looked up later (join.c), so that this file
 * knows the form of Remit's tokens and no keyword. Full-width forms are read as their ASCII twins. */
#include "engine/syntax/token.h"

#include <string.h>

#include "engine/base/check.h"
#include "remit_grammar.h"

void lexer_init(Lexer *lx, Str text, uint32_t file, Arena *arena) {
    ASSERT(text.p[text.n] == '\0');
    *lx = (Lexer){text, file, text.p, arena, true, false};
    if (str_starts(text, S("\xEF\xBB\xBF")))
        lx->at += 3; /* a byte order mark, as spreadsheets write it */
}

/* Digits and marks of a number or a time in ASCII: full-width forms are three bytes, EF BC xx. */
static Str lexer_ascii(Lexer *lx, const char *from, const char *to) {
    Str raw = {from, (size_t)(to - from)};
    if (str_find(raw, '\xEF') < 0)
        return raw;
    char *out = arena_take(lx->arena, raw.n, 1);
    if (out == NULL) {
        lx->nomem = true;
        return raw;
    }
    size_t n = 0;
    for (const char *p = from; p < to;) {
        if (*p == '\xEF') {
            out[n++] = (char)((unsigned char)p[2] - 0x80 + 0x20);
            p += 3;
        } else {
            out[n++] = *p++;
        }
    }
    return (Str){out, n};
}

static RawToken lexer_token(Lexer *lx, RawKind kind, int mark, const char *from, Str text, bool space,
                            bool line) {
    uint32_t a = (uint32_t)(from - lx->text.p), b = (uint32_t)(lx->at - lx->text.p);
    return (RawToken){kind, mark, space, line, text, {lx->file, a, b}};
}

RawToken lexer_next(Lexer *lx) {
    const char *YYCURSOR = lx->at, *YYMARKER = NULL, *from;
    const char *end = lx->text.p + lx->text.n;
    bool space = lx->at == lx->text.p, line = lx->line;
#define GIVE(kind, text)                                                                           \
    do {                                                                                           \
        lx->at = YYCURSOR;                                                                         \
        lx->line = false;                                                                          \
        return lexer_token(lx, kind, 0, from, text, space, line);                                  \
    } while (0)
#define MARK(mark)                                                                                 \
    do {                                                                                           \
        lx->at = YYCURSOR;                                                                         \
        lx->line = false;                                                                          \
        Str mark_text = {from, (size_t)(YYCURSOR - from)};                                         \
        return lexer_token(lx, RAW_MARK, mark, from, mark_text, space, line);                      \
    } while (0)
#define TEXT(skip, cut) ((Str){from + (skip), (size_t)(YYCURSOR - from) - (skip) - (cut)})
    for (;;) {
        from = YYCURSOR;
        /*!re2c
        re2c:define:YYCTYPE = "unsigned char";
        re2c:yyfill:enable = 0;
        re2c:encoding:utf8 = 1;
        re2c:flags:type-header = 0;
        re2c:define:YYPEEK = "(unsigned char)*YYCURSOR";

        digit  = [0-9\uFF10-\uFF19];
        digits = digit (digit | "_")*;
        number = digits (("." | "\uFF0E") digit (digit | "_")*)?;
        colon  = ":" | "\uFF1A";
        percent = "%" | "\uFF05";
        eq     = "=" | "\uFF1D";
        lt     = "<" | "\uFF1C";
        gt     = ">" | "\uFF1E";
        minus  = "-" | "\uFF0D";
        date   = digit{4} "-" digit{2} "-" digit{2};
        clock  = digit{1,2} colon digit{2} (colon digit{2} ("." digit+)?)?;
        odd    = [\u3000-\u3003\u3008-\u3011\u3014-\u301F\u2010-\u2027\u2030-\u205E\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65\u2190-\u22FF\u00A0\u00D7\u00F7\uFEFF];
        letter = [A-Za-z_\u0080-\U0010FFFF] \ odd \ [\uFF10-\uFF19];
        word   = letter (letter | digit)*;

        "\x00" {
            if (from >= end) {
                YYCURSOR = from;
                GIVE(RAW_END, S(""));
            }
            GIVE(RAW_BAD_BYTE, TEXT(0, 0));
        }
        [ \t\u00A0\u3000] | "\r\n" { /* CR LF */
            space = true;
            line = line || YYCURSOR[-1] == '\n';
            continue;
        }
        "\r"          {
            lx->at = YYCURSOR;
            lx->line = true; /* for what follows */
            return lexer_token(lx, RAW_BAD_BYTE, 0, from, TEXT(0, 0), space, line);
        }
        "\n"          { space = true; line = true; continue; }
        "--" [^\r\n\x00]* { space = true; continue; }

        word          { GIVE(RAW_WORD, TEXT(0, 0)); }
        number        { GIVE(RAW_NUMBER, lexer_ascii(lx, from, YYCURSOR)); }
        number percent {
            size_t mark = YYCURSOR[-1] == '%' ? 1 : 3;
            GIVE(RAW_PERCENT, lexer_ascii(lx, from, YYCURSOR - mark));
        }
        date          { GIVE(RAW_DATE, lexer_ascii(lx, from, YYCURSOR)); }
        clock         { GIVE(RAW_TIME, lexer_ascii(lx, from, YYCURSOR)); }
        date "T" clock ("Z" | [+-] clock) { GIVE(RAW_INSTANT, lexer_ascii(lx, from, YYCURSOR)); }

        "\"" ([^"\\\n\x00] | "\\" [^\n\x00])* "\"" { GIVE(RAW_STRING, TEXT(1, 1)); }
        "\u201C" ([^\u201D\n\x00])* "\u201D"      { GIVE(RAW_STRING, TEXT(3, 3)); }
        "\"" ([^"\\\n\x00] | "\\" [^\n\x00])*      { GIVE(RAW_BAD_STRING, TEXT(1, 0)); }
        "\u201C" ([^\u201D\n\x00])*               { GIVE(RAW_BAD_STRING, TEXT(3, 0)); }

        "{" | "\uFF5B" { MARK(TK_LB); }
        "}" | "\uFF5D" { MARK(TK_RB); }
        "(" | "\uFF08" { MARK(TK_LP); }
        ")" | "\uFF09" { MARK(TK_RP); }
        "[" | "\uFF3B" { MARK(TK_LBRACK); }
        "]" | "\uFF3D" { MARK(TK_RBRACK); }
        "," | "\uFF0C" | "\u3001" { MARK(TK_COMMA); }
        ";" | "\uFF1B" { MARK(TK_SEMI); }
        colon          { MARK(TK_COLON); }
        ".." | "\uFF0E\uFF0E" { MARK(TK_DOTDOT); }
        "." | "\uFF0E" { MARK(TK_DOT); }
        "|" | "\uFF5C" { MARK(TK_BAR); }
        eq gt          { MARK(TK_FAT); }
        minus gt       { MARK(TK_ARROW); }
        eq             { MARK(TK_EQ); }
        ("!" | "\uFF01") eq | lt gt | "\u2260" { MARK(TK_NE); }
        lt eq | "\u2264" { MARK(TK_LE); }
        gt eq | "\u2265" { MARK(TK_GE); }
        lt             { MARK(TK_LT); }
        gt             { MARK(TK_GT); }
        "+" | "\uFF0B" { MARK(TK_PLUS); }
        minus          { MARK(TK_MINUS); }
        "*" | "\uFF0A" { MARK(TK_STAR); }
        "/" | "\uFF0F" { MARK(TK_SLASH); }
        "?" | "\uFF1F" { MARK(TK_QUESTION); }
        [^\x00]        { GIVE(RAW_BAD_BYTE, TEXT(0, 0)); }
        *              { GIVE(RAW_BAD_BYTE, TEXT(0, 0)); }
        */
    }
#undef GIVE
#undef MARK
#undef TEXT
}
