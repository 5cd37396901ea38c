/* base: text in the encodings of other programs, as UTF-8. What is not of an encoding is told with
 * its place, never guessed at. The mapping of GB 18030-2022 is a table of our own
 * (gb18030-2022.inc), so that all machines read a file alike; it holds GBK and GB 2312, and 0x80 is
 * the euro sign, as Windows writes it. Nothing here allocates or fails on hostile bytes. Source:
 * GB 18030-2022; RFC 2781 for UTF-16; the bytes that windows-1252 leaves open stand for themselves,
 * as in the Encoding Standard of the WHATWG. */
#ifndef REMIT_BASE_ENCODING_H
#define REMIT_BASE_ENCODING_H

#include "engine/base/str.h"

typedef enum Encoding {
    ENCODED_UTF8,
    ENCODED_WINDOWS_1252,
    ENCODED_LATIN_1,
    ENCODED_GB18030,
    ENCODED_UTF16, /* the mark at the start of the file says which */
    ENCODED_UTF16LE,
    ENCODED_UTF16BE,
    ENCODINGS
} Encoding;

/* Of the name that a policy gives it; false: there is none. */
bool encoding_named(Str name, Encoding *out);
/* The name that a policy gives it, and what people call it. */
Str encoding_name(Encoding e);
Str encoding_title(Encoding e);
/* The length of the mark of an encoding at the start of a file, 0: there is none. It is whole
 * within ENCODING_MARK bytes. */
enum { ENCODING_MARK = 4 };
size_t encoding_mark(Str start, Encoding *out);

static inline bool encoding_is_wide(Encoding e) {
    return e == ENCODED_UTF16LE || e == ENCODED_UTF16BE;
}
/* What stands for a character that is not of ASCII. */
enum { ENCODED_OTHER = 0x80 };
/* The character at the start of s, where it is of ASCII, and how many bytes it takes: 1 where they
 * are none of the encoding, and at the end of s. s is not empty. */
unsigned char encoded_char(Encoding e, Str s, size_t *step);
/* The length of the line at the start of s, its end included; 0: it does not end in s. */
size_t encoded_line(Encoding e, Str s);
/* How many lines end in s. */
uint32_t encoded_lines(Encoding e, Str s);
/* The line without the marks of its end. */
Str encoded_without_end(Encoding e, Str line);

/* Whether all of s is of the encoding. */
bool encoding_has(Encoding e, Str s);
/* The most bytes that s takes as UTF-8. */
size_t encoding_room(Encoding e, Str s);
/* Writes s as UTF-8 to `to`, in which there is room, and gives the length. *read: how much of s
 * that was; less than all: there stands what is not of the encoding. */
size_t encoding_read(Encoding e, Str s, char *to, size_t *read);

#endif
