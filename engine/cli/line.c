/* cli: a line at a terminal. */
#include "engine/cli/line.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "engine/cli/cli.h"

/* What a key does; what is none of these is a letter. */
typedef enum Key {
    KEY_LETTER,
    KEY_ENTER,
    KEY_CANCEL,
    KEY_CLOSE, /* Ctrl-D: the end on an empty line, else as KEY_DELETE */
    KEY_LEFT,
    KEY_RIGHT,
    KEY_UP,
    KEY_DOWN,
    KEY_HOME,
    KEY_END,
    KEY_BACKSPACE,
    KEY_DELETE,
    KEY_CUT_BEFORE,
    KEY_CUT_BEHIND,
    KEY_CUT_WORD,
    KEY_CLEAR,
    KEY_NOTHING,
    KEY_GONE, /* no more input */
} Key;

/* ---- places in the line: always between whole letters */

static bool is_inside(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

static size_t step_left(const LineEditor *e, size_t at) {
    while (at > 0 && is_inside(e->text[at - 1]))
        at--;
    return at > 0 ? at - 1 : 0;
}

static size_t step_right(const LineEditor *e, size_t at) {
    at += at < e->size;
    while (at < e->size && is_inside(e->text[at]))
        at++;
    return at;
}

static size_t step_word(const LineEditor *e, size_t at) {
    while (at > 0 && e->text[at - 1] == ' ')
        at--;
    while (at > 0 && e->text[at - 1] != ' ')
        at--;
    return at;
}

static size_t columns_of(const LineEditor *e, size_t from, size_t to) {
    return remit_columns((RemitText){e->text + from, to - from});
}

/* ---- changes */

static void cut(LineEditor *e, size_t from, size_t to) {
    memmove(e->text + from, e->text + to, e->size - to);
    e->size -= to - from;
    e->text[e->size] = '\0';
    e->at = from;
}

static bool insert(LineEditor *e, const char *letter, size_t n) {
    if (e->size + n >= LINE_MOST)
        return false;
    memmove(e->text + e->at + n, e->text + e->at, e->size - e->at);
    memcpy(e->text + e->at, letter, n);
    e->size += n;
    e->at += n;
    e->text[e->size] = '\0';
    return true;
}

static void show_kept(LineEditor *e, size_t which) {
    e->shown = which;
    const char *text = which < e->count ? e->before[which] : "";
    e->size = e->at = strlen(text);
    memcpy(e->text, text, e->size + 1);
}

static void keep(LineEditor *e) {
    bool again = e->count > 0 && strcmp(e->before[e->count - 1], e->text) == 0;
    if (e->size == 0 || again)
        return;
    if (e->count == LINE_HISTORY)
        memmove(e->before[0], e->before[1], sizeof e->before[0] * (LINE_HISTORY - 1));
    else
        e->count++;
    memcpy(e->before[e->count - 1], e->text, e->size + 1);
}

/* ---- keys */

static int next_byte(void) {
    unsigned char c;
    return read(STDIN_FILENO, &c, 1) == 1 ? c : -1;
}

/* What follows an escape: `[` or `O`, digits, and a letter or `~`. */
static Key escaped(void) {
    static const struct {
        int number;
        char end;
        Key key;
    } keys[] = {{0, 'A', KEY_UP},     {0, 'B', KEY_DOWN}, {0, 'C', KEY_RIGHT}, {0, 'D', KEY_LEFT},
                {0, 'H', KEY_HOME},   {0, 'F', KEY_END},  {1, '~', KEY_HOME},  {7, '~', KEY_HOME},
                {3, '~', KEY_DELETE}, {4, '~', KEY_END},  {8, '~', KEY_END}};
    int c = next_byte(), number = 0;
    if (c != '[' && c != 'O')
        return KEY_NOTHING;
    for (c = next_byte(); (c >= '0' && c <= '9') || c == ';'; c = next_byte())
        number = number > 99 || c == ';' ? 100 : number * 10 + (c - '0');
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].end == c && keys[i].number == number)
            return keys[i].key;
    return KEY_NOTHING;
}

static Key control(int c) {
    static const Key keys[32] = {
        ['A' - 64] = KEY_HOME,      ['B' - 64] = KEY_LEFT,       ['C' - 64] = KEY_CANCEL,
        ['D' - 64] = KEY_CLOSE,     ['E' - 64] = KEY_END,        ['F' - 64] = KEY_RIGHT,
        ['H' - 64] = KEY_BACKSPACE, ['J' - 64] = KEY_ENTER,      ['K' - 64] = KEY_CUT_BEHIND,
        ['L' - 64] = KEY_CLEAR,     ['M' - 64] = KEY_ENTER,      ['N' - 64] = KEY_DOWN,
        ['P' - 64] = KEY_UP,        ['U' - 64] = KEY_CUT_BEFORE, ['W' - 64] = KEY_CUT_WORD,
    };
    return c == 0x7F ? KEY_BACKSPACE : keys[c] == KEY_LETTER ? KEY_NOTHING : keys[c];
}

/* The next key; of a letter its bytes. */
static Key next_key(char letter[4], size_t *n) {
    int c = next_byte();
    *n = 0;
    if (c < 0)
        return KEY_GONE;
    if (c == 0x1B)
        return escaped();
    if (c == '\t')
        c = ' ';
    if (c < 0x20 || c == 0x7F)
        return control(c);
    size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    letter[(*n)++] = (char)c;
    for (; more > 0; more--) {
        c = next_byte();
        if (c < 0)
            return KEY_GONE;
        if (!is_inside((char)c))
            return KEY_NOTHING; /* no letter of UTF-8 */
        letter[(*n)++] = (char)c;
    }
    return is_inside(letter[0]) ? KEY_NOTHING : KEY_LETTER;
}

/* ---- the screen */

/* Whether more was typed already, as when something is pasted: it is drawn when all has come. */
static bool is_waiting(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0;
}

/* The part of the line around the cursor that has room, and the cursor in it. */
static void draw(const LineEditor *e, const char *prompt) {
    size_t room = (size_t)terminal_columns(), taken = strlen(prompt) + 1;
    room = room > taken + 8 ? room - taken : 8;
    size_t from = e->at, to = e->at, left = 0, right = 0;
    while (from > 0 && left + columns_of(e, step_left(e, from), from) <= room) {
        left += columns_of(e, step_left(e, from), from);
        from = step_left(e, from);
    }
    while (to < e->size && left + right + columns_of(e, to, step_right(e, to)) <= room) {
        right += columns_of(e, to, step_right(e, to));
        to = step_right(e, to);
    }
    printf("\r%s%.*s\x1b[K\r\x1b[%zuC", prompt, (int)(to - from), e->text + from,
           strlen(prompt) + left);
    fflush(stdout);
}

static void apply(LineEditor *e, Key key) {
    switch (key) {
    case KEY_LEFT:
        e->at = step_left(e, e->at);
        break;
    case KEY_RIGHT:
        e->at = step_right(e, e->at);
        break;
    case KEY_HOME:
        e->at = 0;
        break;
    case KEY_END:
        e->at = e->size;
        break;
    case KEY_BACKSPACE:
        cut(e, step_left(e, e->at), e->at);
        break;
    case KEY_CLOSE:
    case KEY_DELETE:
        cut(e, e->at, step_right(e, e->at));
        break;
    case KEY_CUT_BEFORE:
        cut(e, 0, e->at);
        break;
    case KEY_CUT_BEHIND:
        cut(e, e->at, e->size);
        break;
    case KEY_CUT_WORD:
        cut(e, step_word(e, e->at), e->at);
        break;
    case KEY_UP:
        if (e->shown > 0)
            show_kept(e, e->shown - 1);
        break;
    case KEY_DOWN:
        if (e->shown < e->count)
            show_kept(e, e->shown + 1);
        break;
    case KEY_CLEAR:
        printf("\x1b[H\x1b[2J");
        break;
    case KEY_LETTER:
    case KEY_ENTER:
    case KEY_CANCEL:
    case KEY_NOTHING:
    case KEY_GONE:
        break;
    }
}

static bool edit(LineEditor *e, const char *prompt) {
    char letter[4];
    size_t n;
    show_kept(e, e->count);
    for (;;) {
        if (!is_waiting())
            draw(e, prompt);
        Key key = next_key(letter, &n);
        bool ends = key == KEY_GONE || (key == KEY_CLOSE && e->size == 0);
        if (ends || key == KEY_ENTER || key == KEY_CANCEL) {
            draw(e, prompt);
            printf("%s\r\n", key == KEY_CANCEL ? "^C" : "");
            fflush(stdout);
            if (key == KEY_CANCEL)
                cut(e, 0, e->size);
            return !ends;
        }
        if (key == KEY_LETTER && !insert(e, letter, n))
            printf("\a"); /* no more goes in */
        apply(e, key);
    }
}

/* A terminal that shows what is typed by itself. */
static bool read_plain(LineEditor *e, const char *prompt) {
    printf("%s", prompt);
    fflush(stdout);
    e->size = 0;
    for (int c = next_byte(); c != '\n'; c = next_byte()) {
        if (c < 0)
            return false;
        if (e->size + 1 < LINE_MOST)
            e->text[e->size++] = (char)c;
    }
    e->text[e->size] = '\0';
    return true;
}

bool line_read(LineEditor *e, const char *prompt) {
    struct termios as_it_was, raw;
    const char *term = getenv("TERM");
    bool moves = term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
    if (!moves || tcgetattr(STDIN_FILENO, &as_it_was) != 0)
        return read_plain(e, prompt);
    raw = as_it_was;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0)
        return read_plain(e, prompt);
    bool more = edit(e, prompt);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &as_it_was);
    if (more)
        keep(e);
    return more;
}
