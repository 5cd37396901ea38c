/* base: the words of errors. */
#include "engine/base/status.h"

#include <stdio.h>

/* Text that does not fit is cut at a whole character. */
static void fill(char *to, size_t room, const char *fmt, va_list args) PRINTF_LIKE(3, 0);

static void fill(char *to, size_t room, const char *fmt, va_list args) {
    int n = vsnprintf(to, room, fmt, args);
    if (n < 0) {
        to[0] = '\0';
    } else if ((size_t)n >= room) {
        size_t end = room - 1;
        while (end > 0 && ((unsigned char)to[end] & 0xC0) == 0x80)
            end--;
        to[end] = '\0';
    }
}

Status err_set(Err *err, Status code, const char *fmt, ...) {
    if (err == NULL || err->code != OK)
        return code;
    va_list args;
    err->code = code;
    va_start(args, fmt);
    fill(err->text, sizeof err->text, fmt, args);
    va_end(args);
    va_start(args, fmt);
    fill(err->chinese, sizeof err->chinese, fmt, args);
    va_end(args);
    return code;
}

Status err_say(Err *err, Status code, const char *en, const char *zh, ...) {
    if (err == NULL || err->code != OK)
        return code;
    va_list args;
    err->code = code;
    va_start(args, zh);
    fill(err->text, sizeof err->text, en, args);
    va_end(args);
    va_start(args, zh);
    fill(err->chinese, sizeof err->chinese, zh, args);
    va_end(args);
    return code;
}

static const struct {
    const char *en, *zh;
} texts[] = {[OK] = {"done", "完成"},
             [ERR_NOMEM] = {"out of memory", "内存不足"},
             [ERR_IO] = {"input or output failed", "输入或输出失败"},
             [ERR_NOTFOUND] = {"not found", "找不到"},
             [ERR_LIMIT] = {"a limit was met", "达到上限"},
             [ERR_OVERFLOW] = {"a number does not fit", "数值超出范围"},
             [ERR_INEXACT] = {"the result is not exact", "结果不精确"},
             [ERR_BYZERO] = {"division by zero", "除数为零"},
             [ERR_SYNTAX] = {"not of the expected form", "格式不符"},
             [ERR_DAMAGED] = {"damaged", "已损坏"},
             [ERR_VERSION] = {"of an unknown version", "版本未知"},
             [ERR_LOCKED] = {"locked by another process", "被另一进程锁定"},
             [ERR_FULL] = {"no room left", "空间已满"},
             [ERR_TRAP] = {"a rule stopped on an error", "规则因错误而停止"},
             [ERR_POLICY] = {"the policy has errors", "政策有错误"},
             [ERR_MISMATCH] = {"things that do not belong together", "两者不相配"},
             [ERR_STATE] = {"not allowed now", "此时不允许"}};

static bool is_known(Status status) {
    return (size_t)status < sizeof texts / sizeof *texts;
}

const char *status_text(Status status) {
    return is_known(status) ? texts[status].en : "unknown";
}

const char *status_chinese(Status status) {
    return is_known(status) ? texts[status].zh : "未知";
}

static bool has_words(const Err *why) {
    return why != NULL && why->code != OK;
}

Status err_status(Err *err, Status code) {
    return err_pair(err, code, status_text(code), status_chinese(code));
}

Status err_pair(Err *err, Status code, const char *en, const char *zh) {
    if (err == NULL || err->code != OK)
        return code;
    err->code = code;
    snprintf(err->text, sizeof err->text, "%s", en);
    snprintf(err->chinese, sizeof err->chinese, "%s", zh);
    return code;
}

Status err_because(Err *err, Status code, const char *en, const char *zh, const Err *why) {
    Err whole = {0};
    (void)err_set(&whole, code, "%s: %s", en, has_words(why) ? why->text : status_text(code));
    Err chinese = {0};
    (void)err_set(&chinese, code, "%s：%s", zh,
                  has_words(why) ? why->chinese : status_chinese(code));
    return err_pair(err, code, whole.text, chinese.text);
}

Status err_as(Err *err, Status code, const Err *why) {
    return has_words(why) ? err_pair(err, code, why->text, why->chinese) : err_status(err, code);
}
