/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/rows.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/rows.h"

static const struct plan_column TEXT = {.name = "s", .type = PLAN_STRING}, NUMBER = {.name = "n", .type = PLAN_NUMBER},
                                TIME = {.name = "t", .type = PLAN_DATETIME}, FLAG = {.name = "b", .type = PLAN_BOOLEAN};
static const struct plan_column *const COLUMNS[] = {&TEXT, &NUMBER, &TIME, &FLAG};

static const char *const ROWS[][4] = {{"plain", "1.50", "2026-01-02 03:04:05", "t"},
                                      {"a,\"b\"\r\nc", "-0.1", "2026-01-02 03:04:05.123456", "f"},
                                      {"", NULL, NULL, NULL},
                                      {NULL, "NaN", "infinity", "t"},
                                      {" x\x01\\", "0", "0044-03-15 00:00:00 BC", "f"}};

static void write_all(const struct rows_writer *writer, struct out *out)
{
    writer->begin(out, COLUMNS, 4);
    for (size_t r = 0; r < 5; r++) {
        int lengths[4];
        for (size_t c = 0; c < 4; c++)
            lengths[c] = ROWS[r][c] ? (int)strlen(ROWS[r][c]) : 0;
        size_t at = writer->row(out, COLUMNS, 4, ROWS[r], lengths);
        assert_memory_equal(out->bytes + at, "0000000000000", ROW_REF);
    }
    writer->end(out, "{\"rows\":5,\"end\":\"complete\"}");
    out_byte(out, '\0');
}

static void csv_is_rfc_4180(void **state)
{
    (void)state;
    struct out out = {0};
    write_all(&ROWS_CSV, &out);
    assert_string_equal(out.bytes, "_row,s,n,t,b\r\n"
                                   "0000000000000,plain,1.50,2026-01-02T03:04:05Z,true\r\n"
                                   "0000000000000,\"a,\"\"b\"\"\r\nc\",-0.1,2026-01-02T03:04:05.123456Z,false\r\n"
                                   "0000000000000,\"\",,,\r\n"
                                   "0000000000000,,NaN,infinity,true\r\n"
                                   "0000000000000,\" x\x01\\\",0,0044-03-15 00:00:00 BC,false\r\n"
                                   "# rows: 5\r\n# end: complete\r\n");
    out_free(&out);
}

static void ndjson_lines_are_json(void **state)
{
    (void)state;
    struct out out = {0};
    write_all(&ROWS_NDJSON, &out);
    assert_string_equal(
        out.bytes,
        "{\"_row\":\"0000000000000\",\"s\":\"plain\",\"n\":1.50,\"t\":\"2026-01-02T03:04:05Z\",\"b\":true}\n"
        "{\"_row\":\"0000000000000\",\"s\":\"a,\\\"b\\\"\\u000d\\u000ac\",\"n\":-0.1,\"t\":\"2026-01-02T03:04:05."
        "123456Z\",\"b\":false}\n"
        "{\"_row\":\"0000000000000\",\"s\":\"\",\"n\":null,\"t\":null,\"b\":null}\n"
        "{\"_row\":\"0000000000000\",\"s\":null,\"n\":\"NaN\",\"t\":\"infinity\",\"b\":true}\n"
        "{\"_row\":\"0000000000000\",\"s\":\" x\\u0001\\\\\",\"n\":0,\"t\":\"0044-03-15 00:00:00 BC\",\"b\":false}\n"
        "{\"_end\":{\"rows\":5,\"end\":\"complete\"}}\n");
    out_free(&out);
}

/* A reader of RFC 4180 written from its grammar: what it reads back is what was written. */
static size_t read_field(const char *text, size_t at, char *field)
{
    bool quoted = text[at] == '"';
    at += quoted;
    while (quoted ? !(text[at] == '"' && text[at + 1] != '"') : text[at] != ',' && text[at] != '\r') {
        at += quoted && text[at] == '"';
        *field++ = text[at++];
    }
    *field = '\0';
    return at + quoted;
}

static void csv_reads_back(void **state)
{
    (void)state;
    static const struct plan_column *const ONE[] = {&TEXT, &TEXT};
    uint32_t seed = 7;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 20000; round++) {
        char a[16], b[16], field[64];
        const char *values[] = {a, b};
        int lengths[2] = {round % 15, round % 11};
        for (int i = 0; i < 15; i++) {
            seed = seed * 1664525 + 1013904223;
            a[i] = ",\"\r\n ax#"[seed >> 29];
            b[i] = ",\"\r\n ax#"[seed >> 26 & 7];
        }
        a[lengths[0]] = b[lengths[1]] = '\0';
        struct out out = {0};
        ROWS_CSV.row(&out, ONE, 2, values, lengths);
        out_byte(&out, '\0');
        size_t at = read_field(out.bytes, 0, field);
        at = read_field(out.bytes, at + 1, field);
        assert_string_equal(field, a);
        at = read_field(out.bytes, at + 1, field);
        assert_string_equal(field, b);
        assert_string_equal(out.bytes + at, "\r\n");
        out_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(csv_is_rfc_4180), cmocka_unit_test(ndjson_lines_are_json),
                                       cmocka_unit_test(csv_reads_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
