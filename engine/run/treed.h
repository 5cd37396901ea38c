/* run: the trees of a policy's files, for editors: as the parser reads them, mistakes passed over.
 */
#ifndef REMIT_RUN_TREED_H
#define REMIT_RUN_TREED_H

#include "engine/run/policy.h"

/* Source number `file`: as JSON on one line, {"file":...,"items":[...]}, or as indented lines for
 * people. An item has its kind (node.def, in lower case), name and label where it has them, its
 * place and its items, in the order of the text. What could not be read is not in it. ERR_NOMEM,
 * ERR_LIMIT. */
MUST_USE Status put_tree(Policy *p, uint32_t file, bool json, Buf *out);

#endif
