/* cli: one line at a terminal: moving about in it, and the lines that came before. */
#ifndef REMIT_CLI_LINE_H
#define REMIT_CLI_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum { LINE_MOST = 4096, LINE_HISTORY = 64 };

/* Zeroed is empty. Of more than LINE_HISTORY lines the latest are kept. */
typedef struct LineEditor {
    char text[LINE_MOST]; /* the line that was read last, ended by NUL */
    size_t size, at;      /* its bytes; before which of them the cursor stands */
    char before[LINE_HISTORY][LINE_MOST];
    size_t count, shown; /* lines kept; which of them is shown: `count` is the new one */
} LineEditor;

/* Shows `prompt` (ASCII) and reads a line from standard input into editor->text; where the terminal
 * cannot move its cursor, without editing. A line that would be longer than LINE_MOST - 1 bytes
 * takes no more. False at the end of input: Ctrl-D on an empty line. Ctrl-C gives an empty line. */
bool line_read(LineEditor *editor, const char *prompt);

#endif
