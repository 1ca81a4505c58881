/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of core/csv.c on its own: what it keeps of records of any length, however the file is cut. What its records
 * become is test_ingest_csv.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/licensing/core/csv.h"

#define CELL ((size_t)4 * CH_STRING_LENGTH) /* the longest a string of a column can be */

/* A file of two records: `cells` cells of `length` bytes, and one short cell. */
struct file {
    size_t cells, length, size;
    char *text;
    enum ch_cell_reason problem; /* expected of the first record */
    unsigned rows;
};

static char letter(size_t cell)
{
    return (char)('a' + cell % 26);
}

static void check_cells(const struct file *file, const struct ch_csv_row *row)
{
    char *wanted = malloc(file->length);
    for (size_t i = 0; i < row->count; i++) {
        memset(wanted, letter(i), file->length);
        assert_int_equal(row->cells[i].length, file->length);
        assert_false(row->cells[i].cut);
        assert_memory_equal(row->cells[i].text, wanted, file->length);
    }
    free(wanted);
}

static void on_row(void *context, const struct ch_csv_row *row)
{
    struct file *file = context;
    assert_int_equal(row->number, file->rows);
    assert_int_equal(row->line, file->rows + 1);
    if (file->rows++ == 0) {
        assert_int_equal(row->count, file->cells);
        assert_int_equal(row->problem, file->problem);
        assert_true(row->valid_utf8);
        if (!row->problem)
            check_cells(file, row);
        return;
    }
    assert_int_equal(row->problem, CH_CELL_GOOD);
    assert_int_equal(row->count, 1);
    assert_int_equal(row->cells[0].length, 4);
    assert_memory_equal(row->cells[0].text, "next", 4);
}

static void read_in_pieces(struct file *file, size_t piece)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_csv *csv = ch_csv_new(arena, ',', on_row, file);
    file->rows = 0;
    for (size_t i = 0; i < file->size; i += piece)
        ch_csv_feed(csv, file->text + i, file->size - i < piece ? file->size - i : piece);
    ch_csv_end(csv);
    assert_int_equal(file->rows, 2);
    ch_arena_free(arena);
}

static void check_record(size_t cells, size_t length, enum ch_cell_reason problem)
{
    struct file file = {.cells = cells, .length = length, .problem = problem};
    file.text = malloc(cells * (length + 1) + 4);
    for (size_t i = 0; i < cells; i++) {
        memset(file.text + file.size, letter(i), length);
        file.size += length;
        file.text[file.size++] = i + 1 < cells ? ',' : '\n';
    }
    memcpy(file.text + file.size, "next", 4);
    file.size += 4;
    read_in_pieces(&file, file.size);
    read_in_pieces(&file, 65536);
    read_in_pieces(&file, 997);
    read_in_pieces(&file, 7);
    free(file.text);
}

/* Cells that were read already must stay what they were while the room for their record grows behind them. */
static void test_records_of_any_length(void **state)
{
    (void)state;
    for (size_t length = 1000; length <= 1030; length++)
        check_record(1, length, CH_CELL_GOOD);
    check_record(1000, 0, CH_CELL_GOOD);
    check_record(1000, 1, CH_CELL_GOOD);
    check_record(999, 1023, CH_CELL_GOOD);
    check_record(2, CELL, CH_CELL_GOOD);
    check_record(255, CELL, CH_CELL_GOOD);
}

static void test_no_more_is_kept_than_a_row_may_have(void **state)
{
    (void)state;
    assert_true(256 * (CELL + 1) > CH_CSV_ROW_BYTES);
    check_record(256, CELL, CH_CELL_LENGTH);
    check_record(1000, CELL / 2, CH_CELL_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_of_any_length),
        cmocka_unit_test(test_no_more_is_kept_than_a_row_may_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
