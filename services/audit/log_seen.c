/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What others have of the log, asked for before the snapshot is taken: the published checkpoint, and what each witness
 * of --policy cosigned last. Judged later, by T1, T3, T4 and T5. */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "log.h"

enum { POLICY_MAX = 256 * 1024, COPY_MAX = 65536, WITNESS_S = 10, STANDBY_S = 60 };

static const char ORIGIN[] =
    "SELECT pg_catalog.split_part(c.text, E'\\n', 1) FROM log.checkpoint AS c ORDER BY c.size DESC LIMIT 1";

static const char BEHIND[] = "SELECT pg_catalog.pg_is_in_recovery() AND NOT EXISTS (SELECT FROM log.checkpoint AS c "
                             "WHERE c.size >= $1::bigint)";

static bool read_policy(struct audit *a)
{
    char error[256];
    size_t size;
    const char *path = a->options->policy;
    const char *text = ch_read_file(a->arena, path, POLICY_MAX, &size, error);
    if (!text)
        return audit_fail(a, "--policy: %s", error);
    a->seen->policy = ch_tlog_policy_read(a->arena, text, size, error);
    return a->seen->policy || audit_fail(a, "--policy: %s: %s", path, error);
}

/* A file that a witness gave, by its name in the policy. */
static bool read_copy(struct audit *a, struct log_copy *copy)
{
    char error[256];
    const char *path = ch_printf(a->arena, "%s/%s", a->options->witnesses, copy->witness->name);
    copy->missing = access(path, F_OK) == 0 ? NULL : "there is no file of it";
    copy->text = copy->missing ? NULL : ch_read_file(a->arena, path, COPY_MAX, &copy->length, error);
    return copy->missing || copy->text || audit_fail(a, "--witnesses: %s", error);
}

static void fetch_copy(struct audit *a, struct log_copy *copy, const char *origin)
{
    struct ch_fetch_response response;
    const char *url = copy->witness->url;
    char hex[65];
    ch_sha256_hex(origin, strlen(origin), hex);
    if (!url) {
        copy->missing = "the policy gives no address";
        return;
    }
    int length = (int)strlen(url) - (url[strlen(url) - 1] == '/');
    log_fetch(a->arena, ch_printf(a->arena, "%.*s/%s/checkpoint", length, url, hex), WITNESS_S, &response);
    if (response.verdict != CH_FETCH_OK)
        copy->missing = ch_strdup(a->arena, response.detail);
    else if (response.status != 200)
        copy->missing = ch_printf(a->arena, "it answered %d", response.status);
    copy->text = copy->missing ? NULL : response.body;
    copy->length = response.size;
}

static bool see_witnesses(struct audit *a)
{
    struct log_seen *seen = a->seen;
    PGresult *origin = audit_query(a, a->source, ORIGIN, AUDIT_NO_ARGS);
    if (!origin || !read_policy(a))
        return false;
    seen->copies = ch_alloc_array(a->arena, CH_TLOG_POLICY_MAX, sizeof *seen->copies);
    for (size_t i = 0; i < seen->policy->node_count; i++) {
        if (seen->policy->nodes[i].count > 0)
            continue;
        struct log_copy *copy = &seen->copies[seen->count++];
        copy->witness = &seen->policy->nodes[i];
        if (PQntuples(origin) == 0)
            copy->missing = "there is no log yet";
        else if (!a->options->witnesses)
            fetch_copy(a, copy, PQgetvalue(origin, 0, 0));
        else if (!read_copy(a, copy))
            return false;
    }
    return true;
}

static uint64_t size_of(const char *text, size_t length)
{
    struct ch_checkpoint checkpoint;
    return text && ch_checkpoint_read(text, length, &checkpoint) == NULL ? checkpoint.size : 0;
}

static uint64_t largest_seen(const struct log_seen *seen)
{
    uint64_t largest = size_of(seen->published, seen->published_length);
    for (size_t i = 0; i < seen->count; i++) {
        uint64_t size = size_of(seen->copies[i].text, seen->copies[i].length);
        largest = size > largest ? size : largest;
    }
    return largest;
}

/* What others have seen already may not have come to a standby yet. */
static bool await_standby(struct audit *a)
{
    const char *size = ch_printf(a->arena, "%" PRIu64, largest_seen(a->seen));
    bool behind = true;
    for (time_t until = time(NULL) + STANDBY_S; behind && time(NULL) <= until;) {
        PGresult *rows = audit_query(a, a->source, BEHIND, AUDIT_ARGS(size));
        if (!rows)
            return false;
        behind = strcmp(size, "0") != 0 && *PQgetvalue(rows, 0, 0) == 't';
        if (behind)
            nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    }
    return true;
}

bool audit_see_log(struct audit *a)
{
    struct log_seen *seen = a->seen = ch_alloc(a->arena, sizeof *a->seen);
    return (!a->options->tiles || log_published(a, "checkpoint", &seen->published, &seen->published_length)) &&
           (!a->options->policy || see_witnesses(a)) && await_standby(a);
}
