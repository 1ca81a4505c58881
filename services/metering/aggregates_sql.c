/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The statement that makes cells: grouped by cell and contribution first, then by cell, so that who is in a cell comes
 * as arrays and nothing is sorted. Its text is made of whitelisted identifiers, parsed numbers and constants. */
#include "aggregates.h"

#include <inttypes.h>
#include <stdlib.h>

#include "commonhold/db.h"

static const char *identifier(struct ch_arena *arena, const struct plan_column *column)
{
    const char *name = ch_sql_identifier(arena, column->name);
    if (!name)
        abort(); /* licensing checked names when the pool was made */
    return ch_printf(arena, "t.%s", name);
}

static const char *expression(struct ch_arena *arena, const struct plan_column *column)
{
    return plan_expression(arena, column, identifier(arena, column));
}

/* Values as the rows of a delivery show them: instants in RFC 3339. */
static const char *as_text(struct ch_arena *arena, enum plan_type type, const char *value)
{
    if (type != PLAN_DATETIME)
        return ch_printf(arena, "(%s)::text", value);
    return ch_printf(arena,
                     "CASE WHEN pg_catalog.isfinite(%s) THEN pg_catalog.replace((%s)::text, ' ', 'T') || 'Z' ELSE "
                     "(%s)::text END",
                     value, value, value);
}

static const char *conditions(struct ch_arena *arena, const struct aggregate *aggregate)
{
    const char *text = "";
    int parameter = AGGREGATE_FIXED + 1;
    for (size_t i = 0; i < aggregate->filter_count; i++) {
        const struct filter *filter = &aggregate->filters[i];
        text = ch_printf(arena, "%s AND %s", text,
                         filter_condition(arena, filter, expression(arena, filter->column), parameter));
        parameter += filter_has_value(filter);
    }
    return text;
}

/* ---- inside: by cell and contribution ---- */

static bool has(const struct aggregate *aggregate, size_t channel, enum measure_kind a, enum measure_kind b)
{
    for (size_t i = 0; i < aggregate->measure_count; i++)
        if ((size_t)aggregate->measures[i].channel == channel &&
            (aggregate->measures[i].kind == a || aggregate->measures[i].kind == b))
            return true;
    return false;
}

/* What the measures of one column are put together from: n, sum, sum of squares, least, greatest. */
static const char *partial(struct ch_arena *arena, const struct aggregate *aggregate, size_t channel, bool of_rows)
{
    const struct plan_column *column = aggregate->measured[channel - 1];
    const char *value = expression(arena, column), *text = "";
    if (!of_rows || has(aggregate, channel, MEASURE_AVG, MEASURE_STDDEV))
        text = ch_printf(arena, ", pg_catalog.count(%s) AS n%zu", identifier(arena, column), channel);
    if (has(aggregate, channel, MEASURE_SUM, MEASURE_AVG) || has(aggregate, channel, MEASURE_STDDEV, MEASURE_STDDEV))
        text = ch_printf(arena, "%s, pg_catalog.sum(%s) AS s%zu", text, value, channel);
    if (has(aggregate, channel, MEASURE_STDDEV, MEASURE_STDDEV))
        text =
            ch_printf(arena, "%s, pg_catalog.sum((%s)::numeric * (%s)::numeric) AS q%zu", text, value, value, channel);
    if (has(aggregate, channel, MEASURE_MIN, MEASURE_MIN))
        text = ch_printf(arena, "%s, pg_catalog.min(%s) AS l%zu", text, value, channel);
    if (has(aggregate, channel, MEASURE_MAX, MEASURE_MAX))
        text = ch_printf(arena, "%s, pg_catalog.max(%s) AS g%zu", text, value, channel);
    return text;
}

/* Lane 1 of a row, as sketch_lane has it. This hash function does not change between versions of PostgreSQL: hash
 * indexes rest on it. */
static const char HASH[] = "pg_catalog.hashint8(t.row_id)";

/* Lane 0 needs no sums of its own: it is how many rows there are. The channels of columns are of the rows without a
 * value, of which there are few, so that little is hashed twice; what has a value is the difference. */
static const char *lanes(struct ch_arena *arena, const struct aggregate *aggregate)
{
    const char *text = ch_printf(arena, ", pg_catalog.sum(%s) AS x0", HASH);
    for (size_t c = 1; c <= aggregate->measured_count; c++)
        text = ch_printf(arena, "%s, pg_catalog.sum(%s) FILTER (WHERE %s IS NULL) AS x%zu", text, HASH,
                         identifier(arena, aggregate->measured[c - 1]), c);
    return text;
}

static const char *each_row(struct ch_arena *arena, const struct aggregate *aggregate)
{
    const char *mask = "1";
    for (size_t c = 1; c <= aggregate->measured_count; c++)
        mask = ch_printf(arena, "%s + CASE WHEN %s IS NULL THEN 0 ELSE %d END", mask,
                         identifier(arena, aggregate->measured[c - 1]), 1 << c);
    return ch_printf(arena,
                     ", pg_catalog.string_agg(pg_catalog.int4send(%s) || pg_catalog.int2send((%s)::int2), ''::bytea) "
                     "AS x",
                     HASH, mask);
}

static const char *keys(struct ch_arena *arena, const struct aggregate *aggregate)
{
    const char *text = "";
    for (size_t i = 0; i < aggregate->by_count; i++)
        text = ch_printf(arena, "%s%s AS b%zu, ", text, expression(arena, aggregate->by[i]), i);
    return text;
}

/* "b0, b1" with something in front of each. */
static const char *listed(struct ch_arena *arena, const struct aggregate *aggregate, const char *before)
{
    const char *text = "";
    for (size_t i = 0; i < aggregate->by_count; i++)
        text = ch_printf(arena, "%s%s%sb%zu", text, i ? ", " : "", before, i);
    return text;
}

/* A pool's table holds no other pool (its check constraint says so), so that a look through all of it need not compare
 * the pool of each row; picking contributions goes by the index that the pool leads. */
static const char *rows_of(struct ch_arena *arena, const struct aggregate *aggregate, const char *table, bool few)
{
    return ch_printf(arena, "FROM %s AS t WHERE %s%s", table,
                     few ? "t.pool_id = $1::uuid AND t.contribution_id = ANY ($2::uuid[])" : "$1::uuid IS NOT NULL",
                     conditions(arena, aggregate));
}

static const char *inside(struct ch_arena *arena, const struct aggregate *aggregate, const char *table, bool of_rows,
                          bool few)
{
    const char *parts = "";
    for (size_t c = 1; c <= aggregate->measured_count; c++)
        parts = ch_printf(arena, "%s%s", parts, partial(arena, aggregate, c, of_rows));
    return ch_printf(
        arena, "SELECT %st.contribution_id AS id, pg_catalog.count(*) AS n%s%s %s GROUP BY %s%st.contribution_id",
        keys(arena, aggregate), parts, of_rows ? each_row(arena, aggregate) : lanes(arena, aggregate),
        rows_of(arena, aggregate, table, few), listed(arena, aggregate, ""), aggregate->by_count ? ", " : "");
}

/* ---- outside: by cell ---- */

/* Rounded half away from zero at ten digits behind the point, zeros at the end dropped. */
static const char *rounded(struct ch_arena *arena, const char *value)
{
    return ch_printf(arena, "pg_catalog.trim_scale(pg_catalog.round(%s, 10))::text", value);
}

static const char *outer_measure(struct ch_arena *arena, const struct measure *measure, size_t place)
{
    int c = measure->channel;
    switch (measure->kind) {
    case MEASURE_COUNT:
        return "pg_catalog.sum(i.n)::text";
    case MEASURE_SUM:
        return ch_printf(arena, "pg_catalog.sum(i.s%d)::text", c);
    case MEASURE_AVG:
        return rounded(arena, ch_printf(arena, "pg_catalog.sum(i.s%d) / NULLIF(pg_catalog.sum(i.n%d), 0)", c, c));
    case MEASURE_MIN:
        return as_text(arena, measure->column->type, ch_printf(arena, "pg_catalog.min(i.l%d)", c));
    case MEASURE_MAX:
        return as_text(arena, measure->column->type, ch_printf(arena, "pg_catalog.max(i.g%d)", c));
    case MEASURE_STDDEV:
        return rounded(arena, ch_printf(arena,
                                        "pg_catalog.sqrt((pg_catalog.sum(i.n%d) * pg_catalog.sum(i.q%d) - "
                                        "pg_catalog.sum(i.s%d) * pg_catalog.sum(i.s%d)) / NULLIF(pg_catalog.sum(i.n%d) "
                                        "* (pg_catalog.sum(i.n%d) - 1), 0))",
                                        c, c, c, c, c, c));
    case MEASURE_PERCENTILE:
        return ch_printf(arena, "pg_catalog.min(p.p%zu)::text", place);
    }
    abort();
}

static const char *outer_measures(struct ch_arena *arena, const struct aggregate *aggregate)
{
    const char *text = "";
    for (size_t i = 0; i < aggregate->measure_count; i++)
        text = ch_printf(arena, "%s%s, ", text, outer_measure(arena, &aggregate->measures[i], i));
    return text;
}

static const char *outer_rows(struct ch_arena *arena, const struct aggregate *aggregate, bool of_rows)
{
    const char *text = "";
    if (of_rows)
        return ", pg_catalog.string_agg(i.x, ''::bytea)";
    text = ", pg_catalog.array_agg(i.x0)";
    for (size_t c = 1; c <= aggregate->measured_count; c++)
        text = ch_printf(arena, "%s, pg_catalog.array_agg(i.n - i.n%zu), pg_catalog.array_agg(i.x%zu)", text, c, c);
    return text;
}

static const char *outer_keys(struct ch_arena *arena, const struct aggregate *aggregate)
{
    const char *text = "";
    for (size_t i = 0; i < aggregate->by_count; i++)
        text = ch_printf(arena, "%s%s, ", text, as_text(arena, aggregate->by[i]->type, ch_printf(arena, "i.b%zu", i)));
    return text;
}

/* Percentiles do not add up over contributions: they are made by cell from the rows, in the same statement and so of
 * the same snapshot. percentile_disc: the least value at or under which lie so many percent of the values. */
static const char *percentiles(struct ch_arena *arena, const struct aggregate *aggregate, const char *table)
{
    const char *columns = "", *on = "true";
    size_t count = 0;
    for (size_t i = 0; i < aggregate->measure_count; i++) {
        const struct measure *measure = &aggregate->measures[i];
        if (measure->kind != MEASURE_PERCENTILE)
            continue;
        columns = ch_printf(
            arena, "%s%spg_catalog.percentile_disc(%" PRId64 " / 100000000.0) WITHIN GROUP (ORDER BY %s) AS p%zu",
            columns, count++ ? ", " : "", measure->micro, expression(arena, measure->column), i);
    }
    if (count == 0)
        return "";
    for (size_t i = 0; i < aggregate->by_count; i++)
        on = ch_printf(arena, "%s AND p.b%zu IS NOT DISTINCT FROM i.b%zu", on, i, i);
    return ch_printf(arena, " JOIN (SELECT %s%s %s%s%s) AS p ON %s", keys(arena, aggregate), columns,
                     rows_of(arena, aggregate, table, true), aggregate->by_count ? " GROUP BY " : "",
                     listed(arena, aggregate, ""), on);
}

static const char *ordered(struct ch_arena *arena, const struct aggregate *aggregate)
{
    const char *text = "";
    for (size_t i = 0; i < aggregate->by_count; i++)
        text = ch_printf(arena, "%s%si.b%zu%s", text, i ? ", " : " ORDER BY ", i,
                         aggregate->by[i]->type == PLAN_STRING ? " COLLATE \"C\"" : "");
    return text;
}

/* Materialized: planned by itself, so that no order asked for outside makes it sort the rows. */
const char *aggregates_sql(struct ch_arena *arena, const struct aggregate *aggregate, const char *table, bool of_rows,
                           bool few)
{
    return ch_printf(
        arena,
        "WITH g AS MATERIALIZED (%s) SELECT %s%spg_catalog.sum(i.n)::text, pg_catalog.array_agg(u.place), "
        "pg_catalog.array_agg(i.n)%s FROM g AS i JOIN ROWS FROM (pg_catalog.unnest($2::uuid[])) WITH ORDINALITY AS u "
        "(id, place) ON u.id = i.id%s%s%s%s LIMIT %d",
        inside(arena, aggregate, table, of_rows, few), outer_keys(arena, aggregate), outer_measures(arena, aggregate),
        outer_rows(arena, aggregate, of_rows), percentiles(arena, aggregate, table),
        aggregate->by_count ? " GROUP BY " : " HAVING pg_catalog.count(*) > 0", listed(arena, aggregate, "i."),
        ordered(arena, aggregate), AGGREGATE_CELLS_MOST + 1);
}

int aggregates_sql_columns(const struct aggregate *aggregate, bool of_rows)
{
    size_t rows = of_rows ? 1 : SKETCH_LANES - 1 + aggregate->measured_count * SKETCH_LANES;
    return (int)(aggregate->by_count + aggregate->measure_count + 3 + rows);
}
