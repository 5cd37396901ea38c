/* check: names that other languages and everyday speech have for types, zones and times of day. */
#include "engine/check/elsewhere.h"

#include "engine/base/civil.h"
#include "engine/base/zone.h"

typedef struct Elsewhere {
    const char *word, *here;
} Elsewhere;

static const Elsewhere types[] = {
    {"string", "text"},       {"str", "text"},
    {"varchar", "text"},      {"char", "text"},
    {"字符串", "文本"},       {"int", "integer"},
    {"long", "integer"},      {"bigint", "integer"},
    {"整型", "整数"},         {"float", "number"},
    {"double", "number"},     {"real", "number"},
    {"numeric", "number"},    {"数字", "数"},
    {"bool", "flag"},         {"boolean", "flag"},
    {"布尔", "是否"},         {"布尔值", "是否"},
    {"datetime", "instant"},  {"timestamp", "instant"},
    {"日期时间", "时间点"},   {"uuid", "id"},
    {"guid", "id"},           {"interval", "duration"},
    {"timespan", "duration"}, {"currency", "money"},
    {"人民币", "金额 CNY"},   {"percentage", "percent"},
};

static const Elsewhere zones[] = {
    {"beijing", "Asia/Shanghai"}, {"china", "Asia/Shanghai"},        {"北京", "Asia/Shanghai"},
    {"上海", "Asia/Shanghai"},    {"中国", "Asia/Shanghai"},         {"北京时间", "Asia/Shanghai"},
    {"香港", "Asia/Hong_Kong"},   {"台北", "Asia/Taipei"},           {"东京", "Asia/Tokyo"},
    {"首尔", "Asia/Seoul"},       {"新加坡", "Asia/Singapore"},      {"伦敦", "Europe/London"},
    {"巴黎", "Europe/Paris"},     {"柏林", "Europe/Berlin"},         {"莫斯科", "Europe/Moscow"},
    {"纽约", "America/New_York"}, {"洛杉矶", "America/Los_Angeles"}, {"悉尼", "Australia/Sydney"},
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

static Str here_of(const Elsewhere *rows, size_t n, Str word) {
    for (size_t i = 0; i < n; i++)
        if (same_word(str_of(rows[i].word), word))
            return str_of(rows[i].here);
    return (Str){NULL, 0};
}

Str elsewhere_type(Str word) {
    return here_of(types, sizeof types / sizeof *types, word);
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
    Str here = here_of(zones, sizeof zones / sizeof *zones, word);
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
