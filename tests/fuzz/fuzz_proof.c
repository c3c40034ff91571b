/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints and inclusion proofs that somebody hands in. The key is one that nobody signs with. */
#include "fuzz.h"

#include "audit/note.h"
#include "audit/tree.h"
#include "base/encode.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    g_auto(Checkpoint) checkpoint = {0};
    g_autoptr(json_t) proof = json_parse((const char *)data, size, NULL);
    const char *own_key = json_string_value(json_object_get(proof, "key"));
    const char *note = json_string_value(json_object_get(proof, "checkpoint"));
    /* As an attacker who signs with a key of their own, and as anybody. */
    if (own_key != NULL && note != NULL && checkpoint_open(note, own_key, &checkpoint, NULL))
        g_assert_cmpint(checkpoint.size, >=, 0);
    g_autoptr(json_t) entry = NULL;
    if (own_key != NULL && audit_verify_proof(proof, own_key, &entry, NULL))
        g_assert_nonnull(entry);
    g_auto(Checkpoint) bare = {0};
    checkpoint_open(text, "nobody+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &bare, NULL);
    return 0;
}
