/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ingest pipeline: errors of every reason, partial acceptance, duplicates, and a week of real data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/licensing/core/ingest.h"
#include "licensing_files.h"

#define AIR                                                                                                            \
    "{'fields':[{'name':'device','type':'string','ch:sensitivity':'direct','constraints':{'maxLength':8}},"            \
    "{'name':'at','type':'datetime','ch:sensitivity':'quasi','ch:timezone':'UTC','constraints':{'required':true}},"    \
    "{'name':'pm10','type':'number','ch:sensitivity':'none','constraints':{'minimum':0,'maximum':'1999.9'}},"          \
    "{'name':'level','type':'string','ch:sensitivity':'none','constraints':{'enum':['low','high']}},"                  \
    "{'name':'n','type':'integer','ch:sensitivity':'none','constraints':{'unique':true}}]}"

/* What the row callback has seen: COPY text, rows ended by LF. */
struct sink {
    char text[65536];
    size_t used, rows, nulls;
};

/* A cell as the text form of COPY has it: easy to compare with. */
static size_t as_text(const struct ch_cell *cell, char *out)
{
    static const char letters[256] = {['\\'] = '\\', ['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r'};
    size_t n = 0;
    if (!cell->text) {
        memcpy(out, "\\N", 2);
        return 2;
    }
    for (size_t i = 0; i < cell->length; i++) {
        char letter = letters[(unsigned char)cell->text[i]];
        if (letter)
            out[n++] = '\\';
        out[n++] = letter ? letter : cell->text[i];
    }
    return n;
}

static void on_row(void *context, const struct ch_cell *cells, size_t count)
{
    struct sink *sink = context;
    sink->rows++;
    for (size_t i = 0; i < count; i++) {
        sink->nulls += cells[i].text == NULL;
        if (sink->used + 2 * cells[i].length + 4 > sizeof sink->text)
            continue;
        sink->used += as_text(&cells[i], sink->text + sink->used);
        sink->text[sink->used++] = i + 1 < count ? '\t' : '\n';
    }
    sink->text[sink->used] = '\0';
}

static struct ch_table_schema *schema_of(struct ch_arena *arena, const char *text)
{
    struct ch_faults faults;
    bool unsupported;
    ch_faults_init(&faults, arena);
    struct ch_table_schema *schema = ch_table_schema_parse(&faults, quick_json(arena, text), &unsupported);
    if (!schema)
        fail_msg("%s", ch_json_canonical(arena, faults.list, NULL));
    return schema;
}

/* Feeds a file in pieces of `piece` bytes. */
static const struct ch_ingest_result *ingest(struct ch_arena *arena, struct ch_ingest_options *options,
                                             struct sink *sink, const char *file, size_t size, size_t piece)
{
    memset(sink, 0, sizeof *sink);
    options->row = on_row;
    options->context = sink;
    struct ch_ingest *reader = ch_ingest_new(arena, options);
    for (size_t i = 0; i < size; i += piece)
        ch_ingest_feed(reader, file + i, size - i < piece ? size - i : piece);
    return ch_ingest_end(reader);
}

static void test_good_rows_come_out_canonical(void **state)
{
    (void)state;
    static const char file[] = "\xef\xbb\xbf"
                               "Zeit;id;PM;level;n;junk\r\n"
                               "2019-05-06T00:00:20;\"a;\"\"b\";12.300;low;+007;x\r\n"
                               "2019-05-06T01:30:00.25+02:00;\"tab\tx\";;;;\r\n";
    static const struct ch_ingest_name map[] = {{"Zeit", "at"}, {"id", "device"}, {"PM", "pm10"}};
    static const char *const ignore[] = {"junk"};
    for (size_t piece = 1; piece < sizeof file; piece++) {
        struct ch_arena *arena = ch_arena_new();
        struct sink sink;
        struct ch_ingest_options options = {.schema = schema_of(arena, AIR),
                                            .delimiter = ';',
                                            .header_map = map,
                                            .header_map_count = 3,
                                            .ignore = ignore,
                                            .ignore_count = 1};
        const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, sizeof file - 1, piece);
        assert_true(result->accepted);
        assert_int_equal(result->good, 2);
        assert_string_equal(sink.text, "a;\"b\t2019-05-06 00:00:20+00\t12.300\tlow\t7\n"
                                       "tab\\tx\t2019-05-05 23:30:00.250000+00\t\\N\t\\N\t\\N\n");
        ch_arena_free(arena);
    }
}

static void test_every_reason(void **state)
{
    (void)state;
    static const char file[] = "device,at,pm10,level,n\n"
                               "a,2019-05-06 00:00:20,1,low,1\n"
                               "ninechars,,abc,mid,x\n"               /* length, missing, type, enum, type */
                               "b,2019-05-06 00:00:20,2000,low,2\n"   /* range */
                               "b,2019-05-06 00:00:20,1,low,1\n"      /* duplicate */
                               "\xff,2019-05-06 00:00:20,1,low,3\n"   /* utf8 */
                               "\"b\"c,2019-05-06 00:00:20,1,low,4\n" /* quote */
                               "b,2019-05-06 00:00:20,1,low\n"        /* field_count */
                               "b\rc,2019-05-06 00:00:20,1,low,5\n"   /* bare CR: quote */
                               "b,2019-05-06 24:00:00,1,low,6\n"      /* type */
                               "\"two\nlines\",2019-05-06 00:00:20,1,low,7\n"
                               "b,2019-05-06 00:00:20,1,low,99999999999999999999\n"; /* length; range, one line down */
    static const struct {
        uint64_t line, row;
        enum ch_cell_reason reason;
    } wanted[] = {
        {3, 2, CH_CELL_LENGTH},   {3, 2, CH_CELL_MISSING},     {3, 2, CH_CELL_TYPE},      {3, 2, CH_CELL_ENUM},
        {3, 2, CH_CELL_TYPE},     {4, 3, CH_CELL_RANGE},       {5, 4, CH_CELL_DUPLICATE}, {6, 5, CH_CELL_UTF8},
        {7, 6, CH_CELL_QUOTE},    {8, 7, CH_CELL_FIELD_COUNT}, {9, 8, CH_CELL_QUOTE},     {10, 9, CH_CELL_TYPE},
        {11, 10, CH_CELL_LENGTH}, {13, 11, CH_CELL_RANGE},
    };
    struct ch_arena *arena = ch_arena_new();
    struct sink sink;
    struct ch_ingest_options options = {.schema = schema_of(arena, AIR), .delimiter = ','};
    const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, sizeof file - 1, 7);
    assert_false(result->accepted);
    assert_int_equal(result->error_count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < result->error_count; i++) {
        assert_int_equal(result->errors[i].line, wanted[i].line);
        assert_int_equal(result->errors[i].row, wanted[i].row);
        assert_string_equal(ch_cell_reason_text(result->errors[i].reason), ch_cell_reason_text(wanted[i].reason));
    }
    assert_string_equal(result->errors[2].column, "pm10");
    assert_string_equal(result->errors[2].value, "abc");
    assert_int_equal(result->good, 1);
    assert_int_equal(result->bad, 10);
    assert_int_equal(sink.rows, 1); /* nothing is handed on behind the first error */
    ch_arena_free(arena);
}

static void check_share(int bad, bool partial, bool accepted)
{
    struct ch_arena *arena = ch_arena_new();
    struct sink sink;
    struct ch_ingest_options options = {.schema = schema_of(arena, AIR), .delimiter = ',', .accept_partial = partial};
    char *file = ch_strdup(arena, "at,pm10\n");
    for (int i = 0; i < 10; i++)
        file = ch_printf(arena, "%s2019-05-06T00:00:0%d,%s\n", file, i, i < bad ? "bad" : "1");
    const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, strlen(file), 64);
    assert_int_equal(result->accepted, accepted);
    assert_int_equal(result->bad, bad);
    assert_int_equal(sink.rows, partial ? 10 - bad : bad ? 0 : 10);
    ch_arena_free(arena);
}

static void test_partial_acceptance_ends_above_a_fifth(void **state)
{
    (void)state;
    check_share(0, false, true);
    check_share(1, false, false);
    check_share(2, true, true);
    check_share(3, true, false);
}

static void check_header(const char *file, enum ch_cell_reason reason)
{
    struct ch_arena *arena = ch_arena_new();
    struct sink sink;
    struct ch_ingest_options options = {.schema = schema_of(arena, AIR), .delimiter = ',', .accept_partial = true};
    const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, strlen(file), 64);
    assert_false(result->accepted);
    assert_true(result->header_bad);
    assert_int_equal(result->errors[0].reason, reason);
    assert_int_equal(result->errors[0].line, 1);
    assert_int_equal(sink.rows, 0);
    ch_arena_free(arena);
}

static void test_header_line_is_checked(void **state)
{
    (void)state;
    check_header("at,colour\n2019-05-06T00:00:00,1\n", CH_CELL_FIELD_COUNT);
    check_header("at,at\n2019-05-06T00:00:00,1\n", CH_CELL_DUPLICATE);
    check_header("pm10\n1\n", CH_CELL_MISSING);
    check_header("at,\"pm10\n", CH_CELL_QUOTE);
    check_header("\n", CH_CELL_FIELD_COUNT);
    check_header("\xef\xbb\xbf", CH_CELL_FIELD_COUNT);
}

static void test_empty_file_and_huge_field(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct sink sink;
    struct ch_ingest_options options = {.schema = schema_of(arena, AIR), .delimiter = ','};
    assert_true(ingest(arena, &options, &sink, "", 0, 1)->empty);
    size_t size = 10 << 20;
    char *file = malloc(size + 64);
    memcpy(file, "at,device\n2019-05-06T00:00:00,\"", 31);
    memset(file + 31, 'x', size);
    memcpy(file + 31 + size, "\"\n", 2);
    const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, size + 33, 65536);
    free(file);
    assert_false(result->accepted);
    assert_int_equal(result->errors[0].reason, CH_CELL_LENGTH);
    assert_int_equal(strlen(result->errors[0].value), 40);
    ch_arena_free(arena);
}

static void test_nul_and_notice(void **state)
{
    (void)state;
    static const char file[] = "at,device\n2019-05-06T00:00:00,a\0b\n2019-05-06T00:00:00,c\n2019-05-06T00:00:00,\n";
    static const bool unanswered[] = {true, false, false, false, false};
    struct ch_arena *arena = ch_arena_new();
    struct sink sink;
    struct ch_ingest_options options = {
        .schema = schema_of(arena, AIR), .delimiter = ',', .accept_partial = true, .unanswered = unanswered};
    const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, sizeof file - 1, 5);
    assert_int_equal(result->error_count, 2);
    assert_int_equal(result->errors[0].reason, CH_CELL_UTF8);
    assert_int_equal(result->errors[1].reason, CH_CELL_NOTICE);
    assert_int_equal(result->good, 1);
    ch_arena_free(arena);
}

static void test_primary_key_counts_numbers_by_value(void **state)
{
    (void)state;
    static const char schema[] = "{'fields':[{'name':'a','type':'number','ch:sensitivity':'none'},"
                                 "{'name':'b','type':'string','ch:sensitivity':'none'}],'primaryKey':['a','b']}";
    static const char file[] = "a,b\n1.50,x\n1.5,y\n+1.500,x\n0,x\n-0.0,x\n,x\n1e1,x\n10,x\n";
    struct ch_arena *arena = ch_arena_new();
    struct sink sink;
    struct ch_ingest_options options = {.schema = schema_of(arena, schema), .delimiter = ','};
    const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, sizeof file - 1, 3);
    assert_int_equal(result->bad, 4);
    assert_int_equal(result->errors[0].line, 4);
    assert_int_equal(result->errors[1].line, 6);
    assert_int_equal(result->errors[2].reason, CH_CELL_MISSING);
    assert_int_equal(result->errors[3].line, 9);
    ch_arena_free(arena);
}

/* A store that is plain memory. */
struct shelf {
    char bytes[4 << 20];
};

static bool shelf_read(void *context, uint64_t offset, void *bytes, size_t size)
{
    const struct shelf *shelf = context;
    if (offset + size > sizeof shelf->bytes)
        return false;
    memcpy(bytes, shelf->bytes + offset, size);
    return true;
}

static bool shelf_write(void *context, uint64_t offset, const void *bytes, size_t size)
{
    struct shelf *shelf = context;
    if (offset + size > sizeof shelf->bytes)
        return false;
    memcpy(shelf->bytes + offset, bytes, size);
    return true;
}

static void test_keys_beyond_memory_count_as_well(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct sink sink;
    struct shelf *shelf = calloc(1, sizeof *shelf);
    const struct ch_seen_store store = {.read = shelf_read, .write = shelf_write, .context = shelf};
    struct ch_ingest_options options = {.schema = schema_of(arena, AIR),
                                        .delimiter = ',',
                                        .unique_limit = 100,
                                        .accept_partial = true,
                                        .stores = &store};
    assert_int_equal(ch_ingest_keys(options.schema), 1);
    char *file = malloc(1 << 18), *at = stpcpy(file, "at,n\n");
    for (int i = 0; i < 6000; i++) /* from row 5001 on each tenth repeats an early row, or one far behind */
        at += snprintf(at, 64, "2019-05-06T00:00:00,%d\n", i >= 5000 && i % 10 == 0 ? i - 5000 + i % 20 * 200 : i);
    const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, (size_t)(at - file), 4096);
    assert_true(result->accepted);
    assert_int_equal(result->bad, 100);
    assert_int_equal(result->errors[0].row, 5001);
    assert_int_equal(result->errors[0].reason, CH_CELL_DUPLICATE);
    free(file);
    free(shelf);
    ch_arena_free(arena);
}

static bool broken_read(void *context, uint64_t offset, void *bytes, size_t size)
{
    (void)context, (void)offset, (void)bytes, (void)size;
    return false;
}

static void test_a_store_that_fails_gives_no_verdict(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct sink sink;
    struct shelf *shelf = calloc(1, sizeof *shelf);
    const struct ch_seen_store store = {.read = broken_read, .write = shelf_write, .context = shelf};
    struct ch_ingest_options options = {
        .schema = schema_of(arena, AIR), .delimiter = ',', .unique_limit = 100, .stores = &store};
    char *file = malloc(1 << 17), *at = stpcpy(file, "at,n\n");
    for (int i = 0; i < 2000; i++)
        at += snprintf(at, 64, "2019-05-06T00:00:00,%d\n", i);
    const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, (size_t)(at - file), 4096);
    assert_true(result->store_failed);
    assert_false(result->accepted);
    free(file);
    free(shelf);
    ch_arena_free(arena);
}

static void test_ndjson(void **state)
{
    (void)state;
    static const char file[] = "{\"at\":\"2019-05-06T00:00:20Z\",\"pm10\":12.3000000000000000001,\"n\":1}\r\n"
                               "{\"at\":\"2019-05-06T00:00:20Z\",\"pm10\":\"7\",\"n\":2, \"level\":null}\n"
                               "{\"at\":\"2019-05-06T00:00:20Z\",\"at\":\"2019-05-06T00:00:20Z\"}\n"
                               "{\"pm10\":1}\n"
                               "{\"at\":\"2019-05-06T00:00:20Z\",\"pm10\":[[[[]]]]}\n"
                               "{\"at\":\"2019-05-06T00:00:20Z\",\"colour\":1}\n"
                               "{\"at\":\"2019-05-06T00:00:20Z\",\"device\":true}\n"
                               "{\"at\":\"2019-05-06T00:00:20\",\"device\":\"\\u0000\"}\n"
                               "{\"at\":\"2019-05-06T00:00:20Z\",\"device\":\"\\ud83d\\ude00\"}";
    static const enum ch_cell_reason wanted[] = {CH_CELL_JSON,        CH_CELL_MISSING, CH_CELL_JSON,
                                                 CH_CELL_FIELD_COUNT, CH_CELL_TYPE,    CH_CELL_JSON};
    for (size_t piece = 1; piece < 300; piece += 13) {
        struct ch_arena *arena = ch_arena_new();
        struct sink sink;
        struct ch_ingest_options options = {
            .schema = schema_of(arena, AIR), .format = CH_INGEST_NDJSON, .accept_partial = true};
        const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, sizeof file - 1, piece);
        assert_int_equal(result->error_count, 6);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(result->errors[i].reason, wanted[i]);
        assert_string_equal(sink.text, "\\N\t2019-05-06 00:00:20+00\t12.3000000000000000001\t\\N\t1\n"
                                       "\\N\t2019-05-06 00:00:20+00\t7\t\\N\t2\n"
                                       "\xf0\x9f\x98\x80\t2019-05-06 00:00:20+00\t\\N\t\\N\t\\N\n");
        assert_false(result->accepted); /* 6 of 9 rows are bad */
        ch_arena_free(arena);
    }
}

/* Unescaped strings have room however long a line is, also behind a shorter one. */
static void test_ndjson_of_long_strings(void **state)
{
    (void)state;
    static const char schema[] = "{'fields':[{'name':'a','type':'string','ch:sensitivity':'none'}]}";
    struct ch_arena *arena = ch_arena_new();
    struct sink sink;
    char *file = malloc(1 << 16), *at = file, *wanted = malloc(1 << 16), *end = wanted;
    for (int count = 1; count <= 4096; count *= 8) {
        at = stpcpy(at, "{\"a\":\"");
        for (int i = 0; i < count; i++) {
            at = stpcpy(at, "\\u00e9");
            end = stpcpy(end, "\xc3\xa9");
        }
        at = stpcpy(at, "\"}\n");
        end = stpcpy(end, "\n");
    }
    struct ch_ingest_options options = {.schema = schema_of(arena, schema), .format = CH_INGEST_NDJSON};
    const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, (size_t)(at - file), 1000);
    assert_int_equal(result->good, 5);
    assert_true(result->accepted);
    assert_string_equal(sink.text, wanted);
    free(file);
    free(wanted);
    ch_arena_free(arena);
}

/* --- A week of air sensors: one gzipped tar, read through gzip and the tar headers --- */

#define ABERDEEN                                                                                                       \
    "{'fields':[{'name':'device','type':'string','ch:sensitivity':'direct','constraints':{'required':true}},"          \
    "{'name':'lat','type':'number','ch:sensitivity':'quasi','constraints':{'minimum':-90,'maximum':90}},"              \
    "{'name':'lon','type':'number','ch:sensitivity':'quasi','constraints':{'minimum':-180,'maximum':180}},"            \
    "{'name':'at','type':'datetime','ch:sensitivity':'quasi','ch:timezone':'UTC','constraints':{'required':true}},"    \
    "{'name':'pm10','type':'number','ch:sensitivity':'none','constraints':{'minimum':0}},"                             \
    "{'name':'pm25','type':'number','ch:sensitivity':'none','constraints':{'minimum':0}}]}"

static void ingest_member(FILE *tar, size_t size, size_t *rows, size_t *nulls)
{
    static const struct ch_ingest_name map[] = {
        {"sensor_id", "device"}, {"timestamp", "at"}, {"P1", "pm10"}, {"P2", "pm25"}};
    static const char *const ignore[] = {"sensor_type", "location", "durP1", "ratioP1", "durP2", "ratioP2"};
    struct ch_arena *arena = ch_arena_new();
    struct sink sink;
    struct ch_faults faults;
    struct ch_ingest_options options = {.schema = schema_of(arena, ABERDEEN),
                                        .delimiter = ';',
                                        .header_map = map,
                                        .header_map_count = 4,
                                        .ignore = ignore,
                                        .ignore_count = 6};
    char *file = malloc(size + 512);
    ch_faults_init(&faults, arena);
    assert_true(ch_ingest_check(&faults, &options));
    size_t padded = (size + 511) / 512 * 512;
    assert_int_equal(fread(file, 1, padded, tar), padded);
    const struct ch_ingest_result *result = ingest(arena, &options, &sink, file, size, 8192);
    assert_true(result->accepted);
    assert_int_equal(result->good, sink.rows);
    *rows += sink.rows;
    *nulls += sink.nulls;
    free(file);
    ch_arena_free(arena);
}

static void test_a_week_of_real_data(void **state)
{
    (void)state;
    static const char path[] = "../shared/data/aberdeen/aberdeen-sds011-2019-05-06_12.tar.gz";
    char header[512];
    size_t files = 0, rows = 0, nulls = 0;
    FILE *found = fopen(path, "r");
    if (!found) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    fclose(found);
    FILE *tar = popen("gzip -dc ../shared/data/aberdeen/aberdeen-sds011-2019-05-06_12.tar.gz", "r");
    while (fread(header, 1, sizeof header, tar) == sizeof header && header[0]) {
        ingest_member(tar, strtoul(header + 124, NULL, 8), &rows, &nulls);
        files++;
    }
    while (fread(header, 1, sizeof header, tar) > 0)
        continue;
    assert_int_equal(pclose(tar), 0);
    assert_int_equal(files, 161);
    assert_int_equal(rows, 88396);
    assert_int_equal(nulls, 1); /* the one empty P2 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_rows_come_out_canonical),
        cmocka_unit_test(test_every_reason),
        cmocka_unit_test(test_partial_acceptance_ends_above_a_fifth),
        cmocka_unit_test(test_header_line_is_checked),
        cmocka_unit_test(test_empty_file_and_huge_field),
        cmocka_unit_test(test_nul_and_notice),
        cmocka_unit_test(test_primary_key_counts_numbers_by_value),
        cmocka_unit_test(test_keys_beyond_memory_count_as_well),
        cmocka_unit_test(test_a_store_that_fails_gives_no_verdict),
        cmocka_unit_test(test_ndjson),
        cmocka_unit_test(test_ndjson_of_long_strings),
        cmocka_unit_test(test_a_week_of_real_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
