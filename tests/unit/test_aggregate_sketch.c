/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/aggregate_sketch.c: bytes and back, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/aggregate_sketch.h"

/* Two cells, members 7 and 9 in the first and 9 in the second; one measured column. */
static struct sketch made(bool of_rows)
{
    struct sketch sketch;
    static const size_t rows[] = {0, 2, 3, 6};
    sketch_init(&sketch, of_rows, 2, 2, 3, 6);
    sketch.where = 5;
    sketch.by_count = 1;
    sketch.by[0] = 11;
    sketch.condition_count = 1;
    sketch.conditions[0] = (struct sketch_condition){.text = 21, .column = 22};
    sketch.names[1] = 31;
    for (size_t c = 0; c < 2; c++)
        sketch.cell[c] = (struct sketch_cell){.key = {100 + c}, .summed = 2, .counted = c ? 2 : 0};
    sketch.first[1] = 2;
    sketch.first[2] = 3;
    for (size_t e = 0; e < 3; e++) {
        sketch.member[e] = e ? 9 : 7;
        for (size_t r = rows[e]; r < rows[e + 1]; r++) {
            uint32_t hash = (uint32_t)(r * UINT32_C(2654435761));
            for (unsigned lane = 0; !of_rows && lane < SKETCH_LANES; lane++) {
                sketch.lanes[2 * e * SKETCH_LANES + lane] += sketch_lane(hash, lane);
                sketch.lanes[(2 * e + 1) * SKETCH_LANES + lane] += r % 2 ? sketch_lane(hash, lane) : 0;
            }
            if (of_rows) {
                sketch.hash[r] = hash;
                sketch.mask[r] = r % 2 ? 3 : 1;
            }
        }
        if (of_rows)
            sketch.row[e + 1] = rows[e + 1];
    }
    return sketch;
}

static void there_and_back(void **state)
{
    (void)state;
    for (int of_rows = 0; of_rows < 2; of_rows++) {
        struct sketch sketch = made(of_rows), again;
        struct out bytes = {0}, second = {0};
        sketch_write(&sketch, &bytes);
        assert_true(sketch_read(&again, (const uint8_t *)bytes.bytes, bytes.size));
        sketch_write(&again, &second);
        assert_int_equal(bytes.size, second.size);
        assert_memory_equal(bytes.bytes, second.bytes, bytes.size);
        assert_int_equal(again.cell[1].key[0], 101);
        assert_int_equal(again.conditions[0].column, 22);
        assert_int_equal(again.member[2], 9);
        assert_false(sketch_is_old((const uint8_t *)bytes.bytes, bytes.size));
        for (size_t size = 0; size < bytes.size; size++) {
            struct sketch none;
            assert_false(sketch_read(&none, (const uint8_t *)bytes.bytes, size));
        }
        sketch_free(&sketch);
        sketch_free(&again);
        out_free(&bytes);
        out_free(&second);
    }
}

static void lanes_of_rows(void **state)
{
    (void)state;
    struct sketch rows = made(true), lanes = made(false);
    for (size_t e = 0; e < 3; e++)
        for (unsigned c = 0; c < 2; c++) {
            int64_t of_rows[SKETCH_LANES], of_lanes[SKETCH_LANES];
            sketch_lanes(&rows, e, c, of_rows);
            sketch_lanes(&lanes, e, c, of_lanes);
            assert_memory_equal(of_rows, of_lanes, sizeof of_rows);
            assert_true(c == 1 || (uint64_t)of_rows[0] == rows.row[e + 1] - rows.row[e]);
        }
    sketch_free(&rows);
    sketch_free(&lanes);
}

static void an_older_version(void **state)
{
    (void)state;
    static const uint8_t old[] = {1, 4, 1, 0, 0, 0, 0};
    struct sketch none;
    assert_true(sketch_is_old(old, sizeof old));
    assert_false(sketch_read(&none, old, sizeof old));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(lanes_of_rows),
                                       cmocka_unit_test(an_older_version)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
