/* cli: the files that `remit init` writes, made from engine/cli/start/ at build time. */
#ifndef REMIT_CLI_START_H
#define REMIT_CLI_START_H

#include "remit.h"

typedef struct StartFile {
    RemitText path; /* en/complaints.remit */
    RemitText text;
} StartFile;

extern const StartFile start_files[];
extern const size_t start_file_count;

#endif
