/* code: what a bundle means, apart from how its text is laid out: its remarks, tests, blanks. */
#ifndef REMIT_CODE_MEANING_H
#define REMIT_CODE_MEANING_H

#include "engine/code/bundle.h"

/* SHA-256 over the bundle without its sources, its places in them and its words for people. Two
 * bundles that have it in common do the same. named: what a KPI without a name is called, which is
 * its text, counts too. ERR_DAMAGED, ERR_VERSION, ERR_NOMEM. */
MUST_USE Status bundle_meaning(Str bytes, bool named, uint8_t out[32]);

#endif
