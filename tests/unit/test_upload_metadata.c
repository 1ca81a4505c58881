/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Headers of tus that strangers send: what is read, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/licensing/core/upload_metadata.h"
#include "commonhold/crypto.h"

#define ID "01a205e5-1a83-7c6d-85b1-590e507b759d"

/* "contribution <base64 of ID>" and more pairs behind it. */
static const char *header(struct ch_arena *arena, const char *more)
{
    return ch_printf(arena, "contribution %s%s", ch_base64(arena, ID, strlen(ID)), more);
}

static void reads_known_keys_and_passes_over_others(void **state)
{
    struct ch_upload_metadata out;
    struct ch_arena *arena = ch_arena_new();
    (void)state;
    assert_true(ch_upload_metadata_read(arena, header(arena, ", filename Li4vLi4veA==,is_public"), &out));
    assert_string_equal(out.contribution, ID);
    assert_string_equal(out.filename, "../../x"); /* a text for people; files are named by the upload's id */
    assert_null(out.sha256);
    ch_arena_free(arena);
}

static void refuses_malformed_pairs(void **state)
{
    static const char *const BAD[] = {",",
                                      ",,x",
                                      ",a !",
                                      ",a AAA",
                                      ",a a a",
                                      ",contribution YQ==",
                                      ",sha256 YQ==",
                                      ",n\tx YQ==",
                                      ",f Cg==" /* a line break */,
                                      ",f /w==" /* no UTF-8 */,
                                      ",a YQ==,a YQ=="};
    struct ch_upload_metadata out;
    struct ch_arena *arena = ch_arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_false(ch_upload_metadata_read(arena, header(arena, BAD[i]), &out));
    assert_false(ch_upload_metadata_read(arena, NULL, &out));
    assert_false(ch_upload_metadata_read(arena, "", &out));
    assert_false(ch_upload_metadata_read(arena, "filename YQ==", &out));
    assert_false(ch_upload_metadata_read(arena, "contribution YQ==", &out));
    ch_arena_free(arena);
}

static void reads_checksums(void **state)
{
    uint8_t digest[32], bytes[32] = {1};
    struct ch_arena *arena = ch_arena_new();
    (void)state;
    assert_int_equal(ch_upload_checksum_read(NULL, digest), CH_CHECKSUM_NONE);
    assert_int_equal(ch_upload_checksum_read(ch_printf(arena, "sha256 %s", ch_base64(arena, bytes, 32)), digest),
                     CH_CHECKSUM_SHA256);
    assert_memory_equal(digest, bytes, 32);
    assert_int_equal(ch_upload_checksum_read(ch_printf(arena, "sha1 %s", ch_base64(arena, bytes, 20)), digest),
                     CH_CHECKSUM_SHA1);
    assert_int_equal(ch_upload_checksum_read(ch_printf(arena, "sha1 %s", ch_base64(arena, bytes, 32)), digest),
                     CH_CHECKSUM_BAD);
    assert_int_equal(ch_upload_checksum_read("md5 AAAA", digest), CH_CHECKSUM_BAD);
    assert_int_equal(ch_upload_checksum_read("sha256", digest), CH_CHECKSUM_BAD);
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_known_keys_and_passes_over_others),
        cmocka_unit_test(refuses_malformed_pairs),
        cmocka_unit_test(reads_checksums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
