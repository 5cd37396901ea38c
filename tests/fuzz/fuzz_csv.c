/* CSV through the engine. The first byte says whether a good header is put before the rest. */
#include "tests/fuzz/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    Buf text = {0};
    if (n > 0 && data[0] % 4 != 0)
        put_text(&text, S("id,source,type,time,actor,k,n,d,m,t,e,f,who\n"));
    if (n > 0)
        put_bytes(&text, data + 1, n - 1);
    CHECK(buf_status(&text) == OK);
    fuzz_input((const uint8_t *)text.p, text.n, FEED_CSV);
    buf_free(&text);
    return 0;
}
