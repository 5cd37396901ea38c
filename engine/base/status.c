/* base: the words of errors. */
#include "engine/base/status.h"

#include <stdio.h>

Status err_set(Err *err, Status code, const char *fmt, ...) {
    if (err == NULL || err->code != OK)
        return code;
    err->code = code;
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    if (n < 0) {
        err->text[0] = '\0';
    } else if ((size_t)n >= sizeof err->text) {
        size_t end = sizeof err->text - 1;
        while (end > 0 && ((unsigned char)err->text[end] & 0xC0) == 0x80)
            end--;
        err->text[end] = '\0';
    }
    return code;
}

const char *status_text(Status status) {
    switch (status) {
    case OK:
        return "done";
    case ERR_NOMEM:
        return "out of memory";
    case ERR_IO:
        return "input or output failed";
    case ERR_NOTFOUND:
        return "not found";
    case ERR_LIMIT:
        return "a limit was met";
    case ERR_OVERFLOW:
        return "a number does not fit";
    case ERR_INEXACT:
        return "the result is not exact";
    case ERR_BYZERO:
        return "division by zero";
    case ERR_SYNTAX:
        return "not of the expected form";
    case ERR_DAMAGED:
        return "damaged";
    case ERR_VERSION:
        return "of an unknown version";
    case ERR_LOCKED:
        return "locked by another process";
    case ERR_FULL:
        return "no room left";
    case ERR_TRAP:
        return "a rule stopped on an error";
    case ERR_POLICY:
        return "the policy has errors";
    case ERR_MISMATCH:
        return "things that do not belong together";
    case ERR_STATE:
        return "not allowed now";
    }
    return "unknown";
}
