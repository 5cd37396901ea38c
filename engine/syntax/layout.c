/* syntax: where lines break, how far they are indented, and what is aligned. It knows brackets,
 * lists and keywords, and of the constructs no more than the rows of `columns` below. */
#include "engine/syntax/format.h"

#include "engine/base/check.h"
#include "engine/syntax/keyword.h"
#include "remit_grammar.h"

/* Levels of one item, from that of its braces on; deeper items begin LEVELS later. */
enum {
    LEVEL_BRACES,      /* of its own braces, and what stands between the items in them */
    LEVEL_PART,        /* before a keyword that begins a part: where, until, by */
    LEVEL_EQUALS,      /* behind a = */
    LEVEL_INNER,       /* operators and commas, the outer ones first */
    LEVEL_FIELDS = 62, /* between the fields in its braces */
    LEVELS = 63,
    DEPTH_MOST = 1000
};

/* Where in the text a shape stands. */
typedef struct LayoutPlace {
    uint16_t indent;   /* of the item */
    uint16_t follow;   /* of a line of it that is not its first */
    uint16_t here;     /* of such a line inside the part that is being read */
    uint16_t depth;    /* of braces */
    uint16_t nest;     /* of brackets and operators */
    bool row, bracket; /* in a row of a table; in brackets */
    bool value;        /* in a call */
} LayoutPlace;

static int kind_at(const Layout *l, size_t i) {
    return i < l->of->pieces.n ? l->of->pieces.at[i].tok.kind : 0;
}

static bool is_leaf(const Layout *l, const Shape *s, int kind) {
    return s != NULL && s->kind == SHAPE_LEAF && s->token != SHAPE_NONE &&
           kind_at(l, s->token) == kind;
}

static bool opens(int kind) {
    return kind == TK_LP || kind == TK_CALLP || kind == TK_LBRACK;
}

static bool closes(int kind) {
    return kind == TK_RP || kind == TK_RBRACK;
}

static bool is_label(int kind) {
    return kind == TK_LABEL || kind == TK_COMMALABEL;
}

/* Operators before which a line may break; before others it never does. */
static bool breaks_before(int kind) {
    return kind == TK_AND || kind == TK_OR || kind == TK_IF || kind == TK_ELSE || kind == TK_PLUS ||
           kind == TK_MINUS || kind == TK_STAR || kind == TK_SLASH;
}

/* Conditions each go on a line of their own; sums and texts fill lines. */
static BreakHow how_before(int kind) {
    bool whole = kind == TK_AND || kind == TK_OR || kind == TK_IF || kind == TK_ELSE;
    return whole ? BREAK_ALL : BREAK_FILL;
}

/* ---- planning */

static uint16_t level_of(const LayoutPlace *at, unsigned level, unsigned nest) {
    unsigned depth = at->depth < DEPTH_MOST ? at->depth : DEPTH_MOST;
    unsigned inner =
        level + (nest < LEVEL_FIELDS - LEVEL_INNER ? nest : LEVEL_FIELDS - LEVEL_INNER - 1);
    return (uint16_t)(depth * LEVELS + (level < LEVEL_INNER ? level : inner));
}

/* A line may break before token i, and does where the writer had it so. */
static void may_break(Layout *l, uint32_t i, BreakHow how, uint16_t level, uint16_t indent) {
    if (i == SHAPE_NONE)
        return;
    Gap *gap = &l->gaps[i];
    if (gap->item)
        return;
    gap->how = (uint8_t)how;
    gap->level = level;
    gap->indent = gap->remarks = indent;
    if (l->of->pieces.at[i].tok.line)
        gap->broken = true;
}

static void plan(Layout *l, const Shape *s, LayoutPlace at);

/* Whether a line begins at one of the tokens. */
static bool is_broken(const Layout *l, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i <= to; i++)
        if (l->gaps[i].broken)
            return true;
    return false;
}

/* The same, or whether one did where the writer had it, at the first or the last. */
static bool is_spread(const Layout *l, uint32_t from, uint32_t to) {
    if (is_broken(l, from, to))
        return true;
    return l->of->pieces.at[from].tok.line || l->of->pieces.at[to].tok.line;
}

static bool has_braces(const Layout *l, const Shape *item) {
    if (item->first_token == SHAPE_NONE)
        return false;
    for (uint32_t i = item->first_token; i <= item->last_token; i++)
        if (kind_at(l, i) == TK_LB)
            return true;
    return false;
}

/* A part of a list in braces, or a declaration. */
static void plan_item(Layout *l, const Shape *item, uint16_t indent, uint16_t depth) {
    unsigned follow = indent + FORMAT_INDENT * (has_braces(l, item) ? 2u : 1u);
    for (uint32_t i = item->first_token + 1; i <= item->last_token; i++)
        l->gaps[i].indent = l->gaps[i].remarks = (uint16_t)follow;
    plan(l, item,
         (LayoutPlace){.indent = indent,
                       .follow = (uint16_t)follow,
                       .here = (uint16_t)follow,
                       .depth = depth});
}

static void begin_item(Layout *l, uint32_t i, uint32_t before, uint16_t level, uint16_t fields,
                       uint16_t indent) {
    Gap *gap = &l->gaps[i];
    bool field = is_label(kind_at(l, i));
    gap->item = true;
    gap->item_before = before;
    gap->how = field ? BREAK_FILL : BREAK_ALL;
    gap->level = field ? fields : level;
    gap->indent = gap->remarks = indent;
    gap->space = l->of->pieces.at[i].comma ? 1 : 2;
    gap->broken |= l->of->pieces.at[i].tok.line;
}

/* { list } in a row of a table, which is one line whatever stands in it. */
static void plan_inline(Layout *l, const Shape *list, LayoutPlace at) {
    for (const Shape *item = list->first; item != NULL; item = item->next) {
        if (item->first_token == SHAPE_NONE)
            continue;
        l->gaps[item->first_token].space = item == list->first ? 1 : 2;
        plan(l, item, at);
    }
}

/* Notes the braces of a value, which stand where the line is that they are on. */
static void note_value(Layout *l, uint32_t lb, uint32_t rb, uint16_t indent) {
    LayoutValue value = {lb, rb, indent};
    if (!vec_push(&l->values, value))
        l->nomem = true;
}

/* { list }, where `open` is the brace: of the item itself, or of a value in it. */
static void plan_braces(Layout *l, const Shape *open, const Shape *list, LayoutPlace at) {
    uint32_t lb = open->token, rb = list->next->token, before = SHAPE_NONE;
    bool own = kind_at(l, lb) == TK_LB;
    uint16_t level = level_of(&at, own ? LEVEL_BRACES : LEVEL_INNER, own ? 0 : at.nest);
    uint16_t inner = (uint16_t)(at.indent + FORMAT_INDENT);
    if (!own)
        note_value(l, lb, rb, at.indent);
    for (const Shape *item = list->first; item != NULL; item = item->next) {
        if (item->first_token == SHAPE_NONE)
            continue;
        uint32_t i = item->first_token;
        begin_item(l, i, before == SHAPE_NONE ? i : before, level, level_of(&at, LEVEL_FIELDS, 0),
                   inner);
        if (before == SHAPE_NONE) {
            l->gaps[i].how = BREAK_ALL;
            l->gaps[i].level = level;
            l->gaps[i].space = 1;
        }
        plan_item(l, item, inner, (uint16_t)(at.depth + 1));
        if (before != SHAPE_NONE && is_broken(l, i + 1, item->last_token))
            l->gaps[i].broken = true; /* what takes several lines begins one */
        before = i;
    }
    Gap *end = &l->gaps[rb];
    end->how = rb > lb + 1 ? BREAK_ALL : BREAK_NEVER;
    end->level = level;
    end->indent = at.indent;
    end->remarks = inner;
    if (rb > lb + 1 ? is_spread(l, lb + 1, rb) : end->broken)
        l->gaps[lb + 1].broken = end->broken = true;
    if (!vec_push(&l->blocks, list))
        l->nomem = true;
}

/* What brackets from..to hold, as one line or each part of it on its own. A part begins behind a
 * comma. */
static void plan_spread(Layout *l, uint32_t from, uint32_t to, uint16_t level, uint16_t indent) {
    bool spread = is_spread(l, from, to);
    uint16_t inner = (uint16_t)(indent + FORMAT_INDENT);
    int depth = 0;
    for (uint32_t i = from; i <= to; i++) {
        int kind = kind_at(l, i);
        depth -= closes(kind) || kind == TK_RB;
        bool behind = l->of->pieces.at[i].comma || kind_at(l, i - 1) == TK_COMMA;
        if (i == from || i == to || (depth == 0 && behind)) {
            Gap *gap = &l->gaps[i];
            gap->how = BREAK_ALL;
            gap->level = level;
            gap->indent = i == to ? indent : inner;
            gap->remarks = inner;
            gap->broken = spread;
        }
        depth += opens(kind) || token_opens(kind);
    }
}

/* Whether values with braces stand between two tokens. */
static bool holds_braces(const Layout *l, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++)
        if (token_opens(kind_at(l, i)))
            return true;
    return false;
}

static const Shape *closing(const Layout *l, const Shape *open) {
    const Shape *s = open->next;
    while (s != NULL && !(s->kind == SHAPE_LEAF && closes(kind_at(l, s->token))))
        s = s->next;
    return s;
}

/* What stands between brackets, from the opening one on; gives the closing one. Names with their
 * types and lists of values with braces are spread, all else fills lines. */
static const Shape *plan_brackets(Layout *l, const Shape *open, LayoutPlace at) {
    const Shape *end = closing(l, open);
    LayoutPlace inner = at;
    inner.bracket = true;
    inner.nest++;
    bool named = end != NULL && !at.row && kind_at(l, open->token + 1) == TK_LABEL;
    bool list = end != NULL && !at.row && kind_at(l, open->token) == TK_LBRACK &&
                holds_braces(l, open->token, end->token);
    if (list) {
        note_value(l, open->token, end->token, at.indent);
        inner.indent = (uint16_t)(at.indent + FORMAT_INDENT);
        inner.here = (uint16_t)(inner.indent + FORMAT_INDENT);
    }
    for (const Shape *s = open->next; s != NULL && s != end; s = s->next)
        plan(l, s, inner);
    if (named || list)
        plan_spread(l, open->token + 1, end->token, level_of(&at, LEVEL_INNER, at.nest), at.indent);
    return end;
}

/* Whether what stands before a part is complete: a name, a value, closing brackets; no keyword and
 * no mark that wants more. */
static bool is_complete(const Layout *l, const Shape *before) {
    if (before == NULL || before->last_token == SHAPE_NONE)
        return false;
    int kind = kind_at(l, before->last_token);
    return before->kind != SHAPE_LEAF || kind == TK_ID || kind == TK_STRING || closes(kind) ||
           kind == TK_RB || token_is_literal(kind);
}

/* Whether a token begins a part: a keyword that is no operator. */
static bool is_part_word(const Layout *l, uint32_t i) {
    return i != SHAPE_NONE && l->gaps[i].is.keyword && !token_is_operator(kind_at(l, i));
}

/* Whether a shape may begin a line of its own: a part that a keyword begins, behind something that
 * is complete. */
static bool begins_part(const Layout *l, const Shape *s, const Shape *before) {
    return s->kind == SHAPE_GROUP && is_part_word(l, s->first_token) &&
           s->last_token != s->first_token && is_complete(l, before);
}

/* The same of a keyword that stands in a rule by itself, with more of the rule behind it. */
static bool divides(const Layout *l, const Shape *s, const Shape *before, int nth) {
    const Shape *more = s->next;
    while (more != NULL && more->first_token == SHAPE_NONE)
        more = more->next;
    return s->kind == SHAPE_LEAF && more != NULL && nth >= 2 && is_part_word(l, s->token) &&
           is_complete(l, before) && !l->gaps[before->last_token].is.keyword;
}

/* Whether a rule is a value, called with something: its parts belong to it alone. */
static bool is_call(const Layout *l, const Shape *s) {
    for (const Shape *part = s->first; part != NULL; part = part->next)
        if (is_leaf(l, part, TK_CALLP) && part->symbol == TK_CALLP)
            return true;
    return false;
}

static void plan_part(Layout *l, uint32_t i, LayoutPlace *at) {
    if (at->row || at->bracket)
        return;
    may_break(l, i, BREAK_FILL, level_of(at, at->value ? LEVEL_INNER : LEVEL_PART, at->nest),
              at->value ? at->here : at->follow);
}

static void plan_group(Layout *l, const Shape *s, LayoutPlace at) {
    const Shape *before = NULL;
    int nth = 0;
    at.value = is_call(l, s);
    for (const Shape *part = s->first; part != NULL; part = part->next) {
        LayoutPlace in = at;
        if (part->first_token == SHAPE_NONE)
            continue;
        int kind = part->kind == SHAPE_LEAF ? kind_at(l, part->token) : 0;
        if (divides(l, part, before, nth) || begins_part(l, part, before)) {
            plan_part(l, part->first_token, &at);
            in.here = (uint16_t)(at.follow + FORMAT_INDENT);
            if (part->kind == SHAPE_LEAF)
                at.here = in.here;
        } else if (before != NULL && is_leaf(l, before, TK_COMMA) && !at.row) {
            may_break(l, part->first_token, BREAK_FILL, level_of(&at, LEVEL_INNER, at.nest),
                      at.here);
        } else if (before != NULL && is_leaf(l, before, TK_EQ) && nth >= 2 && !at.row &&
                   !at.bracket) {
            may_break(l, part->first_token, BREAK_ALL, level_of(&at, LEVEL_EQUALS, 0), at.follow);
            in.here = (uint16_t)(at.follow + FORMAT_INDENT);
        } else if (kind != 0 && nth > 0 && breaks_before(kind) && !at.row) {
            may_break(l, part->token, how_before(kind), level_of(&at, LEVEL_INNER, at.nest),
                      at.here);
        }
        if (token_opens(kind) && part->next != NULL && is_leaf(l, part->next->next, TK_RB)) {
            if (at.row)
                plan_inline(l, part->next, at);
            else
                plan_braces(l, part, part->next, at);
            part = part->next->next;
            at.follow = at.here = (uint16_t)(at.indent + FORMAT_INDENT);
        } else if (opens(kind)) {
            const Shape *end = plan_brackets(l, part, in);
            part = end == NULL ? part : end;
        } else {
            plan(l, part, in);
        }
        before = part;
        nth++;
    }
}

/* Changes of operator from here to the end of a chain: an earlier one binds more closely. */
static unsigned switches_of(const Layout *l, const Shape *chain) {
    unsigned n = 0;
    int last = 0;
    for (const Shape *s = chain->first->next; s != NULL; s = s->next) {
        int kind = s->first_token == SHAPE_NONE ? 0 : kind_at(l, s->first_token);
        n += kind != last;
        last = kind;
    }
    return n;
}

static void plan_further(Layout *l, const Shape *s, const Shape *before, LayoutPlace at,
                         unsigned nest) {
    uint32_t i = s->first_token;
    int kind = kind_at(l, i);
    LayoutPlace in = at;
    in.nest = (uint16_t)(at.nest + nest + 1);
    uint16_t level = level_of(&at, LEVEL_INNER, at.nest + nest);
    if (at.row) {
        plan(l, s, in);
        return;
    }
    if (kind == TK_COMMA && s->kind == SHAPE_GROUP)
        may_break(l, s->first->next->first_token, BREAK_FILL, level, at.here);
    else if (kind == TK_COMMALABEL)
        may_break(l, i, BREAK_FILL, level, at.here);
    else if (breaks_before(kind))
        may_break(l, i, how_before(kind), level, at.here);
    else if (begins_part(l, s, before))
        plan_part(l, i, &at);
    plan(l, s, in);
}

static void plan_chain(Layout *l, const Shape *s, LayoutPlace at) {
    const Shape *before = NULL;
    unsigned nest = s->listed || s->first == NULL ? 0 : switches_of(l, s);
    int last = 0;
    LayoutPlace first = at;
    first.nest = (uint16_t)(at.nest + nest + 1);
    for (const Shape *part = s->first; part != NULL; part = part->next) {
        if (part->first_token == SHAPE_NONE)
            continue;
        int kind = kind_at(l, part->first_token);
        if (s->listed) {
            if (l->gaps[part->first_token].is.keyword)
                plan_part(l, part->first_token, &at);
            plan(l, part, at);
        } else if (before == NULL) {
            plan(l, part, first);
        } else {
            nest -= nest > 0 && kind != last;
            last = kind;
            plan_further(l, part, before, at, nest);
        }
        before = part;
    }
}

static void plan(Layout *l, const Shape *s, LayoutPlace at) {
    if (s->kind == SHAPE_CHAIN) {
        plan_chain(l, s, at);
    } else if (s->kind == SHAPE_GROUP) {
        for (const Shape *part = s->first; part != NULL; part = part->next)
            at.row |= is_leaf(l, part, TK_FAT);
        plan_group(l, s, at);
    }
}

/* ---- blanks */

/* A mark that stands at what is before it. */
static bool is_tight(int kind) {
    switch (kind) {
    case TK_COMMA:
    case TK_SEMI:
    case TK_COLON:
    case TK_RP:
    case TK_RBRACK:
    case TK_DOT:
    case TK_DOTDOT:
    case TK_QUESTION:
    case TK_CALLP:
        return true;
    default:
        return false;
    }
}

static bool no_space(const Layout *l, uint32_t i) {
    int before = kind_at(l, i - 1);
    return is_tight(kind_at(l, i)) || opens(before) || before == TK_DOT || before == TK_DOTDOT;
}

/* A range that is open at an end is a word of its own: 1.. = 2. */
static void space_range(Layout *l, const Shape *s) {
    uint32_t last = s->last_token, first = s->first_token;
    if (last != SHAPE_NONE && kind_at(l, last) == TK_DOTDOT && l->gaps[last + 1].space == 0 &&
        !is_tight(kind_at(l, last + 1)))
        l->gaps[last + 1].space = 1;
    if (first != SHAPE_NONE && first > 0 && kind_at(l, first) == TK_DOTDOT &&
        !opens(kind_at(l, first - 1)))
        l->gaps[first].space = 1;
}

/* Brackets that are no call follow a name at once, a word or a text at a distance; a sign stands at
 * its number. */
static void space_shape(Layout *l, const Shape *s) {
    if (s->kind == SHAPE_LEAF) {
        int kind = s->token == SHAPE_NONE ? 0 : kind_at(l, s->token);
        if (opens(kind) && kind != TK_LBRACK && s->symbol != kind && s->token > 0)
            l->gaps[s->token].space = kind_at(l, s->token - 1) != TK_ID;
        return;
    }
    if (s->kind == SHAPE_GROUP)
        space_range(l, s);
    if (s->kind == SHAPE_GROUP && !s->further && is_leaf(l, s->first, TK_MINUS) &&
        s->first->next == s->last && s->last->first_token != SHAPE_NONE)
        l->gaps[s->last->first_token].space = 0;
    for (const Shape *part = s->first; part != NULL; part = part->next)
        space_shape(l, part);
}

/* ---- breaking */

static uint32_t line_end(const Layout *l, uint32_t from) {
    uint32_t i = from + 1;
    while (i < l->of->pieces.n && !l->gaps[i].broken)
        i++;
    return i;
}

static unsigned piece_room(const Layout *l, uint32_t i) {
    bool comma = i + 1 < l->of->pieces.n && l->of->pieces.at[i + 1].comma;
    return l->gaps[i].is.room + comma;
}

static unsigned line_room(const Layout *l, uint32_t from, uint32_t to) {
    unsigned room = l->gaps[from].indent + piece_room(l, from);
    for (uint32_t i = from + 1; i < to; i++)
        room += l->gaps[i].space + piece_room(l, i);
    return room;
}

/* Whether from..to has room on a line of its own; looks no further than that line. */
static bool has_room(const Layout *l, uint32_t from, uint32_t to) {
    unsigned room = l->gaps[from].indent + piece_room(l, from);
    for (uint32_t i = from + 1; i < to && room <= FORMAT_COLUMNS; i++)
        room += l->gaps[i].space + piece_room(l, i);
    return room <= FORMAT_COLUMNS;
}

/* Breaks the line from..to at the places of one level, as few of them as will do. */
static void break_fill(Layout *l, uint32_t from, uint32_t to, uint16_t level) {
    unsigned room = l->gaps[from].indent + piece_room(l, from), since = 0;
    uint32_t last = SHAPE_NONE;
    bool broke = false;
    for (uint32_t i = from + 1; i < to; i++) {
        Gap *gap = &l->gaps[i];
        if (gap->how == BREAK_FILL && gap->level == level) {
            last = i;
            since = 0;
        }
        unsigned more = gap->space + piece_room(l, i);
        room += more;
        since += more - (i == last ? gap->space : 0);
        if (room <= FORMAT_COLUMNS || last == SHAPE_NONE)
            continue;
        l->gaps[last].broken = broke = true;
        room = l->gaps[last].indent + since;
        last = SHAPE_NONE;
    }
    for (uint32_t i = from + 1; i < to && !broke; i++)
        if (l->gaps[i].how == BREAK_FILL && l->gaps[i].level == level)
            l->gaps[i].broken = broke = true;
}

/* Behind a = a line breaks only if what follows has room on the next one. */
static bool is_vain(const Layout *l, uint32_t i, uint32_t to) {
    return l->gaps[i].level % LEVELS == LEVEL_EQUALS && !has_room(l, i, to);
}

/* Where a line breaks first; SHAPE_NONE: nowhere. */
static uint32_t first_break(const Layout *l, uint32_t from, uint32_t to) {
    uint32_t best = SHAPE_NONE, vain = SHAPE_NONE;
    for (uint32_t i = from + 1; i < to; i++) {
        if (l->gaps[i].how == BREAK_NEVER)
            continue;
        uint32_t *first = is_vain(l, i, to) ? &vain : &best;
        if (*first == SHAPE_NONE || l->gaps[i].level < l->gaps[*first].level)
            *first = i;
    }
    return best == SHAPE_NONE ? vain : best;
}

static bool break_line(Layout *l, uint32_t from, uint32_t to) {
    uint32_t best = first_break(l, from, to);
    if (best == SHAPE_NONE)
        return false;
    if (l->gaps[best].how == BREAK_FILL) {
        break_fill(l, from, to, l->gaps[best].level);
        return true;
    }
    for (uint32_t i = from + 1; i < to; i++)
        if (l->gaps[i].how == BREAK_ALL && l->gaps[i].level == l->gaps[best].level)
            l->gaps[i].broken = true;
    return true;
}

/* What follows an item of several lines begins a line, too. */
static void break_behind(Layout *l, uint32_t from) {
    uint32_t to = line_end(l, from);
    for (uint32_t i = from + 1; i < to; i++)
        if (l->gaps[i].item && from > l->gaps[i].item_before) {
            l->gaps[i].broken = true;
            return;
        }
}

/* Items on one line stand two blanks apart, or one where their braces would be opened else. */
static bool close_up(Layout *l, uint32_t from, uint32_t to) {
    unsigned room = line_room(l, from, to), saved = 0;
    uint32_t first = first_break(l, from, to);
    for (uint32_t i = from + 1; i < to; i++)
        saved += l->gaps[i].space == 2;
    if (saved == 0 || room > FORMAT_COLUMNS + saved || l->gaps[first].how != BREAK_ALL)
        return false;
    for (uint32_t i = from + 1; i < to; i++)
        if (l->gaps[i].space == 2)
            l->gaps[i].space = 1;
    return true;
}

/* What follows a last brace goes to the next line, if that is enough: the braces then stay closed.
 */
static bool break_tail(Layout *l, uint32_t from, uint32_t to) {
    uint32_t tail = to - 1;
    while (tail > from && !(l->gaps[tail].how == BREAK_FILL && kind_at(l, tail - 1) == TK_RB))
        tail--;
    if (tail == from || l->gaps[tail].item || !has_room(l, from, tail) || !has_room(l, tail, to))
        return false;
    l->gaps[tail].broken = true;
    return true;
}

/* Moves what is in the braces of values on a line to where that line is. */
static void shift_values(Layout *l, uint32_t from, uint32_t to, size_t *next) {
    for (; *next < l->values.n && l->values.at[*next].from < to; (*next)++) {
        LayoutValue *value = &l->values.at[*next];
        int by = l->gaps[from].indent - value->indent;
        for (uint32_t i = value->from + 1; by != 0 && i <= value->to; i++) {
            l->gaps[i].indent = (uint16_t)(l->gaps[i].indent + by);
            l->gaps[i].remarks = (uint16_t)(l->gaps[i].remarks + by);
        }
        for (size_t k = *next + 1; by != 0 && k < l->values.n && l->values.at[k].from < value->to;
             k++)
            l->values.at[k].indent = (uint16_t)(l->values.at[k].indent + by);
    }
}

static void break_lines(Layout *l) {
    size_t value = 0;
    for (uint32_t from = 0; from < l->of->pieces.n;) {
        break_behind(l, from);
        uint32_t to = line_end(l, from);
        while (!has_room(l, from, to) && !close_up(l, from, to) &&
               (break_tail(l, from, to) || break_line(l, from, to)))
            to = line_end(l, from);
        shift_values(l, from, to, &value);
        from = to;
    }
}

void layout_plan(Layout *l) {
    uint32_t n = (uint32_t)l->of->pieces.n;
    for (uint32_t i = 0; i < n; i++) {
        l->gaps[i].space = i == 0 || no_space(l, i) ? 0 : 1;
        l->gaps[i].broken = l->of->pieces.at[i].notes > 0;
        l->gaps[i].indent = l->gaps[i].remarks = FORMAT_INDENT;
        l->gaps[i].item_before = i;
    }
    space_shape(l, l->of->root);
    for (const Shape *item = l->of->root->first; item != NULL; item = item->next) {
        uint32_t i = item->first_token;
        if (i == SHAPE_NONE)
            continue;
        begin_item(l, i, i, 0, 0, 0);
        l->gaps[i].broken = true;
        plan_item(l, item, 0, 0);
    }
    begin_item(l, n - 1, n - 1, 0, 0, 0);
    l->gaps[0].broken = l->gaps[n - 1].broken = true;
    break_lines(l);
}

/* ---- aligning */

typedef enum ColumnAt {
    AT_CELLS,  /* of a table's row: each bar, the arrow, each output */
    AT_PART,   /* at a part that begins with the token, behind another */
    AT_BRACES, /* at the brace, of those that are alike before it */
    AT_SECOND, /* at the second token */
    AT_WORD,   /* at the word, in lines that follow each other */
    AT_KEPT    /* at labels and the like, where the writer has begun to align them */
} ColumnAt;

/* What is aligned in lists. first: the token that an item begins with; 0: any. */
typedef struct ColumnRow {
    int first, second, token;
    ColumnAt at;
} ColumnRow;

static const ColumnRow columns[] = {
    {0, 0, TK_FAT, AT_CELLS},
    {0, 0, TK_REMIND, AT_PART},
    {0, 0, TK_TO, AT_PART},
    {TK_WHEN, TK_STATE, TK_LB, AT_BRACES},
    {TK_WHEN, TK_LEVEL, TK_LB, AT_BRACES},
    {TK_LEVEL, 0, 0, AT_SECOND},
    {0, 0, TK_MAY, AT_WORD},
    {TK_LABEL, 0, TK_FROM, AT_WORD},
    {0, 0, 0, AT_KEPT},
};

enum { COLUMN_ROWS = sizeof columns / sizeof *columns };

/* An item on one line, and the tokens that are to stand below others. */
typedef struct Lined {
    uint32_t from, to;       /* tokens: the line's first, the next line's first */
    int row;                 /* of `columns`; -1: nothing is aligned */
    uint32_t first, n, bars; /* of Aligner.keys; the first `bars` are no outputs */
    uint64_t alike;          /* AT_KEPT: of the words before the last key */
    uint32_t at;             /* while columns are counted: a token of it */
    unsigned column;         /* and where that stands */
} Lined;

typedef struct Aligner {
    Layout *l;
    Lined *lines;
    VEC(uint32_t) keys;
} Aligner;

/* Of an item that grows, what it began with. */
static const Shape *item_base(const Shape *item) {
    while (item->kind == SHAPE_CHAIN && item->first != NULL)
        item = item->first;
    return item;
}

static void key_add(Aligner *a, Lined *line, uint32_t token) {
    if (!vec_push(&a->keys, token))
        a->l->nomem = true;
    else
        line->n++;
}

static void keys_of_row(Aligner *a, Lined *line) {
    bool arrow = false;
    int depth = 0;
    for (uint32_t i = line->from; i < line->to; i++) {
        int kind = kind_at(a->l, i);
        bool inside = depth > 0, mark = kind == TK_BAR || kind == TK_FAT;
        depth += opens(kind) + token_opens(kind) - closes(kind) - (kind == TK_RB);
        if (inside)
            continue;
        if (mark || (arrow && kind_at(a->l, i - 1) == TK_COMMA))
            key_add(a, line, i);
        arrow |= kind == TK_FAT;
        line->bars += mark;
    }
}

/* A part of the item that begins with `kind`, or its leaf; SHAPE_NONE: it has none. */
static uint32_t part_at(const Layout *l, const Shape *item, int kind, bool leaf) {
    const Shape *base = item_base(item);
    for (const Shape *s = base->first; s != NULL; s = s->next)
        if (s != base->first && s->first_token != SHAPE_NONE && (s->kind == SHAPE_LEAF) == leaf &&
            kind_at(l, s->first_token) == kind)
            return s->first_token;
    return SHAPE_NONE;
}

/* Whether the writer has put more than one blank before a token. */
static bool is_apart(const Layout *l, uint32_t i) {
    uint32_t from = l->of->pieces.at[i - 1].to, to = l->of->pieces.at[i].from;
    for (uint32_t k = from; k < to; k++)
        if (l->of->text.p[k] != ' ' && l->of->text.p[k] != '\t')
            return false;
    return to > from + 1;
}

/* Labels, what they are under, `on`, `where`, =, the brace. Lines are alike that have the same
 * words of the language: their names alone differ in width. */
static void keys_kept(Aligner *a, Lined *line) {
    uint64_t alike = 0, sofar = 0;
    for (uint32_t i = line->from; i < line->to; i++) {
        int kind = kind_at(a->l, i);
        if (kind == TK_LABEL || kind == TK_COMMALABEL)
            break;
        bool name = kind == TK_ID || kind == TK_DOT || kind == TK_COMMA;
        if (!name)
            sofar = sofar * 1099511628211u + (uint64_t)kind;
        if (a->l->gaps[i].is.room != a->l->gaps[i].is.columns || token_is_literal(kind))
            sofar = sofar * 1099511628211u + str_hash(a->l->of->pieces.at[i].tok.text);
        if (i < line->from + 2 || !(kind == TK_STRING || kind == TK_UNDER || kind == TK_ON ||
                                    kind == TK_WHERE || kind == TK_EQ || kind == TK_LB))
            continue;
        key_add(a, line, i);
        alike = sofar;
        if (kind == TK_LB || kind == TK_WHERE || kind == TK_EQ)
            break;
    }
    line->alike = alike;
    line->bars = line->n;
}

static void keys_of(Aligner *a, const Shape *item, const ColumnRow *row, Lined *line) {
    const Layout *l = a->l;
    uint32_t from = line->from, key = SHAPE_NONE;
    line->first = (uint32_t)a->keys.n;
    line->n = line->bars = 0;
    if ((row->first != 0 && kind_at(l, from) != row->first) ||
        (row->second != 0 && kind_at(l, from + 1) != row->second))
        return;
    switch (row->at) {
    case AT_CELLS:
        if (part_at(l, item, row->token, true) != SHAPE_NONE)
            keys_of_row(a, line);
        return;
    case AT_PART:
        key = part_at(l, item, row->token, false);
        break;
    case AT_BRACES:
        key = part_at(l, item, row->token, true);
        break;
    case AT_WORD:
        key = part_at(l, item, row->token, true);
        key = key == SHAPE_NONE ? part_at(l, item, row->token, false) : key;
        break;
    case AT_SECOND:
        key = from + 1;
        break;
    case AT_KEPT:
        keys_kept(a, line);
        return;
    }
    if (key != SHAPE_NONE)
        key_add(a, line, key);
}

/* What of an item is aligned, if it stands on a line of its own. */
static void line_of(Aligner *a, const Shape *item, Lined *line) {
    line->from = item->first_token;
    line->to = line_end(a->l, line->from);
    line->row = -1;
    if (!a->l->gaps[line->from].broken || line->to != item->last_token + 1)
        return;
    for (int i = 0; i < (int)COLUMN_ROWS && line->row < 0; i++) {
        keys_of(a, item, &columns[i], line);
        if (line->n > 0)
            line->row = i;
    }
}

/* Whether lines are aligned with one another; those of a ladder begin with different words. */
static bool belong(const Layout *l, const Lined *a, const Lined *b) {
    if (a->row < 0 || b->row < 0 || columns[a->row].at != columns[b->row].at || a->n != b->n ||
        columns[a->row].first != columns[b->row].first)
        return false;
    bool next = !l->of->pieces.at[b->from].blank && l->of->pieces.at[b->from].notes == 0;
    return columns[a->row].at == AT_KEPT   ? next && a->alike == b->alike
           : columns[a->row].at == AT_WORD ? next
                                           : true;
}

/* Goes on along a line to a token of it; gives its column. */
static unsigned column_to(const Layout *l, Lined *line, uint32_t token) {
    for (; line->at < token; line->at++)
        line->column += l->gaps[line->at].is.columns +
                        (l->of->pieces.at[line->at + 1].comma ? 1u : 0u) +
                        l->gaps[line->at + 1].space + l->gaps[line->at + 1].pad;
    return line->column;
}

static void column_start(const Layout *l, Lined *line) {
    line->at = line->from;
    line->column = l->gaps[line->from].indent;
}

static bool any_apart(const Aligner *a, size_t n, uint32_t key) {
    for (size_t i = 0; i < n; i++)
        if (is_apart(a->l, a->keys.at[a->lines[i].first + key]))
            return true;
    return false;
}

/* Aligns the first `keys` of each line, and no others. */
static void align_keys(Aligner *a, size_t n, uint32_t keys) {
    for (size_t i = 0; i < n; i++) {
        column_start(a->l, &a->lines[i]);
        for (uint32_t k = 0; k < a->lines[i].n; k++)
            a->l->gaps[a->keys.at[a->lines[i].first + k]].pad = 0;
    }
    for (uint32_t k = 0; k < keys; k++) {
        if (columns[a->lines[0].row].at == AT_KEPT && !any_apart(a, n, k))
            continue;
        unsigned most = 0;
        for (size_t i = 0; i < n; i++) {
            unsigned at = column_to(a->l, &a->lines[i], a->keys.at[a->lines[i].first + k]);
            most = at > most ? at : most;
        }
        for (size_t i = 0; i < n; i++) {
            a->l->gaps[a->keys.at[a->lines[i].first + k]].pad =
                (uint16_t)(most - a->lines[i].column);
            a->lines[i].column = most;
        }
    }
}

/* Measured by the longer of the two languages, so that both align alike. */
static bool too_wide(const Aligner *a, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned room = line_room(a->l, a->lines[i].from, a->lines[i].to);
        for (uint32_t k = a->lines[i].from + 1; k < a->lines[i].to; k++)
            room += a->l->gaps[k].pad;
        if (room > FORMAT_COLUMNS)
            return true;
    }
    return false;
}

/* Aligns a run of lines, as much of it as has room: the cells of tables always, since there nothing
 * else shows what belongs together. */
static void align_run(Aligner *a, size_t n) {
    const Lined *first = &a->lines[0];
    bool cells = columns[first->row].at == AT_CELLS, wide = too_wide(a, n);
    align_keys(a, n, first->n);
    if (wide || !too_wide(a, n))
        return;
    align_keys(a, n, first->bars);
    if (!cells && too_wide(a, n))
        align_keys(a, n, 0);
}

static void align_list(Aligner *a, const Shape *list) {
    size_t n = 0;
    a->keys.n = 0;
    for (const Shape *item = list->first; item != NULL; item = item->next) {
        if (item->first_token == SHAPE_NONE)
            continue;
        Lined line;
        line_of(a, item, &line);
        if (n > 0 && !belong(a->l, &a->lines[0], &line)) {
            align_run(a, n);
            n = 0;
        }
        a->lines[n] = line;
        n += line.row >= 0;
    }
    if (n > 0)
        align_run(a, n);
}

void layout_align(Layout *l) {
    size_t most = 0;
    if (!vec_push(&l->blocks, l->of->root))
        l->nomem = true;
    for (size_t b = 0; b < l->blocks.n; b++) {
        size_t n = 1;
        for (const Shape *item = l->blocks.at[b]->first; item != NULL; item = item->next)
            n++;
        most = n > most ? n : most;
    }
    Aligner a = {.l = l, .lines = most == 0 ? NULL : mem_alloc(most * sizeof *a.lines)};
    if (most > 0 && a.lines == NULL)
        l->nomem = true;
    for (size_t b = 0; a.lines != NULL && b < l->blocks.n; b++)
        if (l->blocks.at[b]->kind == SHAPE_CHAIN)
            align_list(&a, l->blocks.at[b]);
    vec_free(&a.keys);
    mem_free(a.lines);
}
