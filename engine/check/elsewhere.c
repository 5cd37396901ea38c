/* check: names that other languages and everyday speech have for types, zones and times of day. */
#include "engine/check/elsewhere.h"

#include "engine/base/civil.h"
#include "engine/base/zone.h"

typedef struct Elsewhere {
    const char *word, *here;
    bool guess; /* it may have been meant otherwise */
} Elsewhere;

static const Elsewhere types[] = {
    {"string", "text", false},       {"str", "text", false},
    {"varchar", "text", false},      {"char", "text", false},
    {"字符串", "文本", false},       {"int", "integer", false},
    {"long", "integer", false},      {"bigint", "integer", false},
    {"整型", "整数", false},         {"float", "number", false},
    {"double", "number", false},     {"real", "number", false},
    {"numeric", "number", false},    {"数字", "数", false},
    {"bool", "flag", false},         {"boolean", "flag", false},
    {"布尔", "是否", false},         {"布尔值", "是否", false},
    {"datetime", "instant", true},   {"timestamp", "instant", true},
    {"日期时间", "时间点", true},    {"uuid", "id", false},
    {"guid", "id", false},           {"interval", "duration", false},
    {"timespan", "duration", false}, {"currency", "money", true},
    {"人民币", "金额 CNY", true},    {"percentage", "percent", false},
};

static const Elsewhere zones[] = {
    {"beijing", "Asia/Shanghai", false},
    {"china", "Asia/Shanghai", false},
    {"北京", "Asia/Shanghai", false},
    {"上海", "Asia/Shanghai", false},
    {"中国", "Asia/Shanghai", false},
    {"北京时间", "Asia/Shanghai", false},
    {"香港", "Asia/Hong_Kong", false},
    {"台北", "Asia/Taipei", false},
    {"东京", "Asia/Tokyo", false},
    {"首尔", "Asia/Seoul", false},
    {"新加坡", "Asia/Singapore", false},
    {"伦敦", "Europe/London", false},
    {"巴黎", "Europe/Paris", false},
    {"柏林", "Europe/Berlin", false},
    {"莫斯科", "Europe/Moscow", false},
    {"纽约", "America/New_York", false},
    {"洛杉矶", "America/Los_Angeles", false},
    {"悉尼", "Australia/Sydney", false},
};

static char folded(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == ' ' ? '_' : c;
}

/* In capitals or not, with blanks or with the _ of the zones. */
static bool same_word(Str a, Str b) {
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = folded(a.p[i]) == folded(b.p[i]);
    return same;
}

static Str here_of(const Elsewhere *rows, size_t n, Str word, bool *sure) {
    for (size_t i = 0; i < n; i++)
        if (same_word(str_of(rows[i].word), word)) {
            *sure = !rows[i].guess;
            return str_of(rows[i].here);
        }
    return (Str){NULL, 0};
}

Str elsewhere_type(Str word, bool *sure) {
    return here_of(types, sizeof types / sizeof *types, word, sure);
}

/* Its city alone: Berlin, New York. */
static Str zone_of_city(Str city) {
    for (size_t i = 0; i < zone_names(); i++) {
        Str name = zone_name(i);
        size_t slash = city.n == 0 || name.n <= city.n ? 0 : name.n - city.n - 1;
        if (slash > 0 && name.p[slash] == '/' && same_word(str_from(name, slash + 1), city))
            return name;
    }
    return (Str){NULL, 0};
}

Str elsewhere_zone(Str word) {
    bool sure;
    Str here = here_of(zones, sizeof zones / sizeof *zones, word, &sure);
    return here.n > 0 ? here : zone_of_city(word);
}

Str elsewhere_time(Program *p, Str text) {
    int32_t ms;
    Str padded = say(p, "0%.*s", STR_ARG(text));
    bool short_hour = text.n > 1 && text.p[1] == ':';
    return short_hour && time_parse(padded, true, &ms) == OK ? padded : (Str){NULL, 0};
}

Str elsewhere_hint(Program *p, Str padded, Str others) {
    return padded.n == 0
               ? others
               : say(p, "%.*s%.*s", STR_ARG(say_both(p, "write ", "请写 ")), STR_ARG(padded));
}
