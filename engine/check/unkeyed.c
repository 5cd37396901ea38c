/* check: clauses of duties and approvals that take an event of any instance: what their conditions
 * say does not tell which one is meant, though nothing says that any is. */
#include "engine/check/check_int.h"

#include "engine/syntax/keyword.h"
#include "engine/syntax/marks.h"

int field_for_key(const DutySym *duty, const Event *event, uint32_t part) {
    const Node *key = duty->key[part];
    if (key != NULL && key->kind != N_FIELD && key->kind != N_REF)
        return -1;
    Str name = key == NULL ? duty->params[part].name : key->text;
    int found = field_find(event->fields, event->field_count, name);
    return found >= 0 && type_fits(&event->fields[found].type, &duty->key_types[part]) ? found : -1;
}

/* Whether something of what raised the duty stands in an expression. */
static bool names_own(const Node *node) {
    for (; node != NULL; node = node->next)
        if (node->bind == BIND_EVENT || node->bind == BIND_LOCAL || node->bind == BIND_ITEM ||
            names_own(node->a) || names_own(node->b) || names_own(node->c) || names_own(node->d))
            return true;
    return false;
}

/* Whether a field of the event that could be one of the key stands in an expression. */
static bool names_key(const DutySym *duty, const Event *event, const Node *node) {
    for (; node != NULL; node = node->next) {
        bool of_it = node->bind == BIND_FIELD && node->a != NULL && node->a->bind == BIND_IT;
        for (uint32_t i = 0; of_it && i < duty->key_count; i++)
            if (field_for_key(duty, event, i) == (int)node->slot)
                return true;
        if (names_key(duty, event, node->a) || names_key(duty, event, node->b) ||
            names_key(duty, event, node->c) || names_key(duty, event, node->d))
            return true;
    }
    return false;
}

/* A name for the event that raises the duty, where it has none. */
static Str name_for_event(Program *p, const DutySym *duty, bool chinese) {
    Str name = duty->scope.event->name, rest;
    while (str_cut(name, '.', NULL, &rest))
        name = rest;
    bool letter = !chinese && name.n > 0 && name.p[0] >= 'a' && name.p[0] <= 'z';
    Str short_name = letter ? (Str){name.p, 1} : say(p, chinese ? "本件" : "own");
    for (size_t i = 0; i < duty->scope.locals.n; i++)
        if (str_eq(duty->scope.locals.at[i].name, short_name))
            return say(p, chinese ? "本件" : "own");
    return short_name;
}

/* What tells which instance is meant: `it.ticket = a.ticket and it.line = a.line`. */
static Str which_text(Program *p, const DutySym *duty, const Event *event, Str alias,
                      bool chinese) {
    Str it = keyword_of(TK_IT, -1, chinese), and = keyword_of(TK_AND, -1, chinese);
    Str all = {NULL, 0};
    for (uint32_t i = 0; i < duty->key_count; i++) {
        int field = field_for_key(duty, event, i);
        if (field < 0)
            continue;
        const Node *key = duty->key[i];
        bool implied = key != NULL && key->kind == N_FIELD && key->a->text.n == 0;
        Str own = key == NULL ? duty->params[i].name
                  : implied || key->span.from == duty->at.from
                      ? say(p, "%.*s.%.*s", STR_ARG(alias), STR_ARG(key->text))
                      : source_text(p->sources, key->span);
        all = say(p, "%.*s%s%.*s%s%.*s.%.*s = %.*s", STR_ARG(all), all.n > 0 ? " " : "",
                  STR_ARG(all.n > 0 ? and : all), all.n > 0 ? " " : "", STR_ARG(it),
                  STR_ARG(event->fields[field].name), STR_ARG(own));
    }
    return all;
}

/* The condition with what tells which instance is meant, and a name for the event that raises the
 * duty where it needs one. */
static void fix_which(Program *p, Diag *diag, const DutySym *duty, const Node *where, Str which,
                      Str alias) {
    bool chinese = source_chinese(p->sources, where->span.file);
    Str and = keyword_of(TK_AND, -1, chinese), as = keyword_of(TK_AS, -1, chinese);
    Span at = where->span;
    bool either = where->kind == N_BINARY && where->op == MARK_OR;
    Str text = either ? say(p, "%.*s %.*s (%.*s)", STR_ARG(which), STR_ARG(and),
                            STR_ARG(source_text(p->sources, at)))
                      : say(p, "%.*s %.*s ", STR_ARG(which), STR_ARG(and));
    if (!either)
        at.to = at.from;
    if (alias.n > 0) {
        uint32_t head = duty->node->b->a->span.to;
        text = say(p, " %.*s %.*s%.*s%.*s", STR_ARG(as), STR_ARG(alias),
                   STR_ARG(source_text(p->sources, (Span){at.file, head, at.from})), STR_ARG(text));
        at.from = head;
    }
    diag_guess(diag, at, text); /* any instance may be meant */
}

/* The key's fields that the event has, joined. */
static Str key_fields(Program *p, const DutySym *duty, const Event *event) {
    Str names = {NULL, 0};
    for (uint32_t i = 0; i < duty->key_count; i++) {
        int field = event == NULL ? -1 : field_for_key(duty, event, i);
        if (event != NULL && field < 0)
            continue;
        Str name = event != NULL              ? event->fields[field].name
                   : duty->key[i] == NULL     ? duty->params[i].name
                   : duty->key[i]->text.n > 0 ? duty->key[i]->text
                                              : source_text(p->sources, duty->key[i]->span);
        names = names.n == 0 ? name : say(p, "%.*s, %.*s", STR_ARG(names), STR_ARG(name));
    }
    return names;
}

/* Whether the key is known, and differs from one instance to the next by what is known of it here.
 */
static bool key_differs(const DutySym *duty) {
    bool differs = false;
    for (uint32_t i = 0; i < duty->key_count; i++) {
        if (duty->key_types[i].kind == TY_ERROR)
            return false;
        differs = differs || duty->key[i] == NULL || names_own(duty->key[i]);
    }
    return differs;
}

/* Whether the condition of a clause says nothing of which instance is meant. */
static bool says_not_which(const DutySym *duty, const ActSym *act, const Node *where) {
    const Node *during = act->node->d;
    return !names_own(where) && !names_key(duty, act->event, where) &&
           (during == NULL || !names_own(during));
}

void unkeyed_check(Program *p, const DutySym *duty, const ActSym *act, const Node *where) {
    const Event *event = act->event;
    if (act->each || duty->broken || duty->keyless || event->broken || !key_differs(duty))
        return;
    Str fields = key_fields(p, duty, event);
    if (where == NULL) {
        bool ends = act->kind == ACT_FULFIL || act->kind == ACT_PART || act->kind == ACT_PORTION;
        if (ends && act->link_count == 0)
            diag_add2(p->diags, DIAG_ANY_FULFILS, act->node->at, event->name,
                      key_fields(p, duty, NULL));
        return;
    }
    if (fields.n == 0 || act->kind == ACT_WITHDRAW || !says_not_which(duty, act, where))
        return; /* what withdraws an approval must name its whole key anyway */
    bool chinese = source_chinese(p->sources, where->span.file);
    bool unnamed = duty->scope.event != NULL && duty->scope.alias.n == 0;
    Str alias = unnamed ? name_for_event(p, duty, chinese) : duty->scope.alias;
    Str which = which_text(p, duty, event, alias, chinese);
    Str said = say(p, "%.*s %.*s", STR_ARG(keyword_of(TK_WHERE, -1, chinese)), STR_ARG(which));
    if (unnamed)
        said = say(p, "%.*s %.*s %.*s ... %.*s",
                   STR_ARG(source_text(p->sources, duty->node->b->a->span)),
                   STR_ARG(keyword_of(TK_AS, -1, chinese)), STR_ARG(alias), STR_ARG(said));
    Diag *diag = diag_add3(p->diags, DIAG_KEY_NOT_COMPARED, where->span, event->name, fields, said);
    fix_which(p, diag, duty, where, which, unnamed ? alias : (Str){NULL, 0});
}
