/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person says of a finding, in the findings' database: a breach is explained with a reason, a loss is settled by
 * the journal transaction that booked it under a resolution. Neither takes the finding away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

static const char USAGE[] =
    "usage: commonhold-audit explain CHECK TYPE OBJECT ASPECT --person NAME --reason TEXT --source DSN [--findings "
    "DSN]\n"
    "       commonhold-audit settle CHECK TYPE OBJECT ASPECT --txn ID --source DSN [--findings DSN]\n";

static const char EXPLAIN[] =
    "UPDATE audit.finding SET state = 'explained', reason = $5, person = $6 WHERE (check_id, object_type, object_id, "
    "aspect) = ($1, $2, $3, $4) AND severity = 'breach' AND state IN ('open', 'explained') RETURNING 1";

static const char LOSS[] = "SELECT pg_catalog.abs(f.delta_minor) FROM audit.finding AS f WHERE (f.check_id, "
                           "f.object_type, f.object_id, f.aspect) = ($1, $2, $3, $4) AND f.severity = 'loss' AND "
                           "f.state = 'open' AND f.delta_minor <> 0";

/* A transaction that stands, under a resolution, and books the amount. */
#define BOOKS                                                                                                          \
    "EXISTS (SELECT FROM payout.txn AS t WHERE t.txn_id = x.txn AND t.resolution IS NOT NULL AND t.debit_minor = "     \
    "x.minor AND NOT EXISTS (SELECT FROM payout.txn AS r WHERE r.reverses = t.txn_id))"

static const char BOOKED[] = "SELECT 1 FROM (SELECT $1::uuid AS txn, $2::bigint AS minor) AS x WHERE " BOOKS;

static const char SETTLE[] = "UPDATE audit.finding SET state = 'settled', settled_by = $5::uuid WHERE (check_id, "
                             "object_type, object_id, aspect) = ($1, $2, $3, $4) RETURNING 1";

static const char SETTLED[] = "SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('txn', f.settled_by, "
                              "'minor', pg_catalog.abs(f.delta_minor))), '[]')::text FROM audit.finding AS f WHERE "
                              "f.state = 'settled'";

static const char NOT_BOOKED[] =
    "SELECT COALESCE(pg_catalog.json_agg(x.txn), '[]')::text FROM "
    "pg_catalog.json_to_recordset($1::json) AS x (txn uuid, minor bigint) WHERE NOT " BOOKS;

static const char REOPEN[] = "UPDATE audit.finding SET state = 'open' WHERE state = 'settled' AND settled_by::text IN "
                             "(SELECT x FROM pg_catalog.json_array_elements_text($1::json) AS x)";

enum { CHECK, TYPE, OBJECT, ASPECT, NAMES };

struct said {
    const char *names[NAMES];
    const char *person, *reason, *txn;
};

static bool read_said(struct said *said, struct audit_options *options, int argc, char **argv)
{
    const struct {
        const char *name, **value;
    } flags[] = {{"--person", &said->person},
                 {"--reason", &said->reason},
                 {"--txn", &said->txn},
                 {"--source", &options->source},
                 {"--findings", &options->findings}};
    int names = 0;
    for (int i = 2; i < argc; i++) {
        size_t f = 0;
        while (f < sizeof flags / sizeof *flags && strcmp(flags[f].name, argv[i]) != 0)
            f++;
        if (f < sizeof flags / sizeof *flags) {
            if (++i == argc || *flags[f].value)
                return false;
            *flags[f].value = argv[i];
        } else if (names < NAMES && strncmp(argv[i], "--", 2) != 0) {
            said->names[names++] = argv[i];
        } else {
            return false;
        }
    }
    if (!options->source)
        options->source = getenv("COMMONHOLD_AUDIT_SOURCE");
    return names == NAMES && options->source;
}

static bool explain(struct audit *a, const struct said *said)
{
    PGresult *rows = audit_query(a, a->findings, EXPLAIN,
                                 AUDIT_ARGS(said->names[CHECK], said->names[TYPE], said->names[OBJECT],
                                            said->names[ASPECT], said->reason, said->person));
    if (rows && PQntuples(rows) == 0)
        return audit_fail(a, "there is no such breach that is open: a loss is settled, and what is late is done");
    return rows != NULL;
}

static bool settle(struct audit *a, const struct said *said)
{
    const char *const *n = said->names;
    PGresult *loss = audit_query(a, a->findings, LOSS, AUDIT_ARGS(n[CHECK], n[TYPE], n[OBJECT], n[ASPECT]));
    if (!loss || PQntuples(loss) == 0)
        return loss && audit_fail(a, "there is no such loss that is open");
    const char *minor = PQgetvalue(loss, 0, 0);
    PGresult *booked = audit_query(a, a->source, BOOKED, AUDIT_ARGS(said->txn, minor));
    if (!booked || PQntuples(booked) == 0)
        return booked && audit_fail(a,
                                    "transaction %s does not book %s under a resolution, or was reversed: only that "
                                    "settles a loss",
                                    said->txn, minor);
    return audit_query(a, a->findings, SETTLE, AUDIT_ARGS(n[CHECK], n[TYPE], n[OBJECT], n[ASPECT], said->txn)) != NULL;
}

static int say(const struct said *said, const struct audit_options *options,
               bool (*deed)(struct audit *a, const struct said *said))
{
    struct audit a = {.arena = ch_arena_new(), .options = options, .unit = "*"};
    bool good = audit_open(&a) && deed(&a, said) && audit_query(&a, a.findings, "COMMIT", AUDIT_NO_ARGS);
    if (!good)
        fprintf(stderr, "commonhold-audit: %s\n", a.error);
    audit_close(&a);
    ch_arena_free(a.arena);
    return good ? AUDIT_CLEAN : AUDIT_UNFINISHED;
}

static int wrong(void)
{
    fputs(USAGE, stderr);
    return AUDIT_USAGE;
}

int audit_explain(int argc, char **argv)
{
    struct said said = {0};
    struct audit_options options = {0};
    if (!read_said(&said, &options, argc, argv) || !said.person || !said.reason || said.txn || !*said.person ||
        !*said.reason)
        return wrong();
    return say(&said, &options, explain);
}

int audit_settle(int argc, char **argv)
{
    struct said said = {0};
    struct audit_options options = {0};
    if (!read_said(&said, &options, argc, argv) || !said.txn || said.person || said.reason)
        return wrong();
    return say(&said, &options, settle);
}

bool audit_recheck_settled(struct audit *a)
{
    PGresult *settled = audit_query(a, a->findings, SETTLED, AUDIT_NO_ARGS);
    PGresult *gone = settled ? audit_query(a, a->source, NOT_BOOKED, AUDIT_ARGS(PQgetvalue(settled, 0, 0))) : NULL;
    return gone && audit_query(a, a->findings, REOPEN, AUDIT_ARGS(PQgetvalue(gone, 0, 0)));
}
