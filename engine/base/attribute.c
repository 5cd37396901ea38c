/* base: what a duty says of itself. */
#include "engine/base/attribute.h"

#define TEXT(text)                                                                                 \
    { text, sizeof(text) - 1 }
const AttributeRow attribute_rows[ATTRIBUTES] = {
#define ATTRIBUTE(name, of, need, datum, en, zh)                                                   \
    {ATTRIBUTE_OF_##of, TEXT(#datum), TEXT(en), TEXT(zh)},
#include "grammar/keywords.def"
};
