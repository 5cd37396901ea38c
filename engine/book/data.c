/* book: what the policy reads and keeps: types, events, entities, feeds; and the working time. */
#include "engine/book/book_int.h"

#include "engine/base/civil.h"

/* ---- fields */

static void put_fields(Book *b, const Space *home, const Node *fields) {
    static const BookWord heads[] = {BOOK_FIELD, BOOK_TYPE, BOOK_PRESET};
    if (fields == NULL)
        return;
    book_table(b, "fields", heads, 3);
    for (const Node *f = fields; f != NULL; f = f->next) {
        if (f->kind != N_FIELD_DECL)
            continue;
        book_row(b);
        book_cell(b);
        book_text(b, book_name(b, f->text, f->more));
        if (f->more.n > 0) {
            put_c(b->out, ' ');
            book_code(b, b->chinese ? f->text : f->more);
        }
        if (f->flag != 0) {
            put_text(b->out, S(" ("));
            book_say(b, BOOK_IS_KEY);
            put_c(b->out, ')');
        }
        book_cell(b);
        book_node(b, home, f->a);
        book_cell(b);
        book_node(b, home, f->b);
    }
    book_table_end(b);
}

/* A line under a heading: remark and place. */
static void put_about(Book *b, const Node *node, Span at) {
    Str chapter, remark = book_remark(b, node, &chapter);
    book_para(b);
    if (remark.n > 0) {
        book_text(b, remark);
        put_c(b->out, ' ');
    }
    book_place(b, at);
    book_para_end(b);
}

static bool from_library(const Book *b, Span at) {
    return b->p->sources->files.at[at.file].embedded;
}

static void put_types(Book *b) {
    bool any = false;
    for (size_t i = 0; i < b->p->types.n; i++) {
        const NamedType *type = b->p->types.at[i];
        if (!any)
            book_section(b, "types", BOOK_TYPES);
        any = true;
        book_heading(b, "type", type->name, book_name(b, type->name, type->node->more));
        put_about(b, type->node, type->at);
        book_lines(b, type->home, type->node->a);
        book_heading_end(b);
    }
}

/* The declaration of an event, among those of a file or a module. */
static const Node *event_node(const Node *list, const Event *event) {
    for (; list != NULL; list = list->next) {
        if (list->kind == N_EVENT && list->at.file == event->at.file &&
            list->at.from == event->at.from)
            return list;
        const Node *within = list->kind == N_MODULE    ? event_node(list->a, event)
                             : list->kind == N_PATTERN ? event_node(list->c, event)
                                                       : NULL;
        if (within != NULL)
            return within;
    }
    return NULL;
}

static void put_event(Book *b, const Event *event) {
    const Node *node = NULL;
    for (size_t i = 0; i < b->p->files.n && node == NULL; i++)
        node = event_node(b->p->files.at[i], event);
    book_heading(b, "event", event->name,
                 book_name(b, event->name, node == NULL ? event->alias : node->more));
    if (node != NULL) {
        put_about(b, node, event->at);
        put_fields(b, event->home, node->a);
    }
    book_heading_end(b);
}

static void put_events(Book *b) {
    bool any = false;
    for (size_t i = 0; i < b->p->events.n; i++) {
        const Event *event = b->p->events.at[i];
        if (event->engine || event->told || event->entity != NULL || event->duty != NULL)
            continue;
        if (!any)
            book_section(b, "events", BOOK_EVENTS);
        any = true;
        put_event(b, event);
    }
}

static void put_entities(Book *b) {
    for (size_t i = 0; i < b->p->entities.n; i++) {
        const Entity *entity = b->p->entities.at[i];
        if (i == 0)
            book_section(b, "entities", BOOK_ENTITIES);
        book_heading(b, "entity", entity->name, book_name(b, entity->name, entity->node->more));
        put_about(b, entity->node, entity->at);
        put_fields(b, entity->home, entity->node->a);
        book_heading_end(b);
    }
}

static void put_feeds(Book *b) {
    for (size_t i = 0; i < b->p->feeds.n; i++) {
        const FeedSym *feed = b->p->feeds.at[i];
        if (i == 0)
            book_section(b, "feeds", BOOK_FEEDS);
        book_heading(b, "feed", feed->name, book_name(b, feed->name, feed->node->more));
        put_about(b, feed->node, feed->at);
        book_lines(b, feed->home, feed->node);
        book_heading_end(b);
    }
}

void book_data(Book *b) {
    put_types(b);
    put_events(b);
    put_entities(b);
    put_feeds(b);
}

/* ---- calendars */

static void put_hours(Book *b, Hours hours) {
    if (hours.n == 0)
        book_say(b, BOOK_CLOSED);
    for (uint32_t i = 0; i < hours.n; i++) {
        if (i > 0)
            book_say(b, BOOK_LISTED);
        put_time(b->out, hours.spans[i].from_ms);
        put_text(b->out, S("–"));
        if (hours.spans[i].to_ms == DAY_MS)
            put_text(b->out, S("24:00"));
        else
            put_time(b->out, hours.spans[i].to_ms);
    }
}

static void put_week(Book *b, const Calendar *cal) {
    static const BookWord heads[] = {BOOK_WEEKDAY, BOOK_HOURS};
    static const BookWord days[] = {BOOK_MONDAY, BOOK_TUESDAY,  BOOK_WEDNESDAY, BOOK_THURSDAY,
                                    BOOK_FRIDAY, BOOK_SATURDAY, BOOK_SUNDAY};
    book_table(b, "fields", heads, 2);
    for (int i = 0; i < 7; i++) {
        book_row(b);
        book_cell(b);
        book_say(b, days[i]);
        book_cell(b);
        put_hours(b, cal->week[i]);
    }
    book_table_end(b);
}

static int32_t month_of(int32_t day) {
    Civil c = civil_from_days(day);
    return c.year * 12 + c.month - 1;
}

/* The dates of one month that are closed, or that have hours of their own. */
static void put_dates(Book *b, const Calendar *cal, uint32_t from, uint32_t to, bool closed) {
    bool any = false;
    Str before = {NULL, 0};
    for (uint32_t i = from; i < to; i++) {
        if ((cal->dates[i].hours.n == 0) != closed)
            continue;
        Str name = cal->date_names == NULL ? before : cal->date_names[i];
        if (any)
            book_say(b, BOOK_LISTED);
        any = true;
        put_fmt(b->out, "%d", civil_from_days(cal->dates[i].day).day);
        if (name.n > 0 && !str_eq(name, before)) {
            put_c(b->out, ' ');
            book_text(b, name);
        }
        before = name;
        if (!closed) {
            put_text(b->out, S(" ("));
            put_hours(b, cal->dates[i].hours);
            put_c(b->out, ')');
        }
    }
}

static void put_months(Book *b, const Calendar *cal) {
    static const BookWord heads[] = {BOOK_MONTH, BOOK_HOLIDAYS, BOOK_WORKING};
    if (cal->n_dates == 0)
        return;
    book_table(b, "months", heads, 3);
    for (uint32_t from = 0, to; from < cal->n_dates; from = to) {
        int32_t month = month_of(cal->dates[from].day);
        for (to = from; to < cal->n_dates && month_of(cal->dates[to].day) == month; to++) {
        }
        book_row(b);
        book_cell(b);
        put_fmt(b->out, "%04d-%02d", month / 12, month % 12 + 1);
        book_cell(b);
        put_dates(b, cal, from, to, true);
        book_cell(b);
        put_dates(b, cal, from, to, false);
    }
    book_table_end(b);
}

static void put_calendar(Book *b, const Calend *c) {
    const Calendar *cal = &c->calendar;
    book_heading(b, "calendar", c->name, book_name(b, c->name, c->node->more));
    put_about(b, c->node, c->at);
    put_week(b, cal);
    if (cal->published_from != 0) {
        Str from = {NULL, 0}, to = {NULL, 0};
        if (b->status == OK)
            b->status = arena_printf(&b->arena, &from, "%d", cal->published_from);
        if (b->status == OK)
            b->status = arena_printf(&b->arena, &to, "%d", cal->published_to);
        Str args[] = {from, to};
        book_para(b);
        book_said(b, BOOK_PUBLISHED, args, 2);
        book_para_end(b);
    }
    put_months(b, cal);
    book_heading_end(b);
}

void book_calendars(Book *b) {
    bool any = false;
    for (size_t i = 0; i < b->p->calendars.n; i++) {
        const Calend *c = b->p->calendars.at[i];
        if (!c->used && c != b->p->calendar && from_library(b, c->at))
            continue;
        if (!any)
            book_section(b, "calendars", BOOK_CALENDARS);
        any = true;
        put_calendar(b, c);
    }
}
