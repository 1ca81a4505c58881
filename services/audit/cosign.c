/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The auditor's own cosignature (audit.md, section 10): under a checkpoint whose whole audit ended with 0, by a key
 * that says this and nothing else. No witness's: that one says that the log only grew. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "commonhold/cli.h"
#include "commonhold/cosign.h"

struct audit_cosigner {
    struct ch_vkey own;
    struct ch_signing_key *key;
};

static const char CHECKPOINT[] = "SELECT c.text FROM log.checkpoint AS c WHERE c.size = $1::bigint AND "
                                 "pg_catalog.encode(c.root, 'hex') = $2";

const char *audit_cosigned_path(struct audit *a)
{
    return ch_printf(a->arena, "%s/%s", a->options->cosign, CH_COSIGN_AUDITED);
}

bool audit_cosign_begin(struct audit *a)
{
    const char *dir = a->options->cosign;
    if (!dir)
        return true;
    a->cosigner = ch_alloc(a->arena, sizeof *a->cosigner);
    if (access(ch_printf(a->arena, "%s/%s", dir, CH_COSIGN_WITNESS), F_OK) == 0)
        return audit_fail(a, "--cosign %s: it is a witness's: what an auditor says has a key of its own", dir);
    const char *wrong = ch_cosign_key(a->arena, dir, &a->cosigner->own, &a->cosigner->key);
    return !wrong || audit_fail(a, "--cosign: %s", wrong);
}

void audit_cosign_end(struct audit *a)
{
    if (a->cosigner)
        ch_signing_key_free(a->cosigner->key);
}

bool audit_cosign(struct audit *a, int code)
{
    struct ch_checkpoint checkpoint;
    if (!a->cosigner)
        return true;
    if (code != AUDIT_CLEAN || a->options->checks || a->checkpoint_size < 0) {
        fputs("commonhold-audit: nothing was cosigned: that needs a log, all checks, and an end with 0\n", stderr);
        return true;
    }
    const char *size = ch_printf(a->arena, "%lld", (long long)a->checkpoint_size), *path = audit_cosigned_path(a);
    PGresult *rows = audit_query(a, a->source, CHECKPOINT, AUDIT_ARGS(size, a->checkpoint_root));
    if (!rows)
        return false;
    const char *text = PQntuples(rows) > 0 ? PQgetvalue(rows, 0, 0) : "";
    const char *wrong = ch_checkpoint_read(text, strlen(text), &checkpoint);
    if (wrong)
        return audit_fail(a, "--cosign: %s", wrong);
    const char *line = ch_cosign(a->arena, &checkpoint, &a->cosigner->own, a->cosigner->key, (uint64_t)time(NULL));
    return ch_write_file(path, ch_printf(a->arena, "%s%s", text, line)) || audit_fail(a, "--cosign: %s: %m", path);
}
