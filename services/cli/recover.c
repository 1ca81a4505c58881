/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold log recover`: begins a new log under a new name where the old one cannot be continued, because the
 * database is older than what was published. It signs nothing: the worker does, once it is started with the new name.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../log/core/note.h"
#include "cli.h"
#include "commonhold/db.h"

enum { CHECKPOINT_MAX = 65536 };

CH_FUNCTION(recover_log, "log.recover", "$1::text, $2::text, $3::bigint");

/* The last checkpoint known: text and size, both NULL where there is no file. False with a message. */
static bool read_known(struct ch_arena *arena, const char *path, const char **text, const char **size)
{
    char error[256];
    size_t length;
    uint64_t number;
    uint8_t root[32];
    *text = *size = NULL;
    if (access(path, F_OK) != 0)
        return true;
    const char *bytes = ch_read_file(arena, path, CHECKPOINT_MAX, &length, error);
    if (!bytes)
        return ch_say(false, "%s", error);
    const char *origin = ch_memdup(arena, bytes, strcspn(bytes, "\n"));
    if (!note_read_checkpoint(bytes, origin, &number, root))
        return ch_say(false, "%s is no checkpoint: restore it, or move it away if nothing is known any more", path);
    *text = bytes;
    *size = ch_printf(arena, "%" PRIu64, number);
    return true;
}

/* The old file is evidence: it stays, under another name. */
static bool put_aside(struct ch_arena *arena, const char *path, const char *size)
{
    const char *aside = ch_printf(arena, "%s.before-recovery-%s", path, size);
    if (access(aside, F_OK) == 0)
        return ch_say(false, "%s is there already", aside);
    return rename(path, aside) == 0 || ch_say(false, "%s: %s", path, strerror(errno));
}

/* In one transaction; the file is moved before its end, since a database without its file is refused to sign, while a
 * file without its database is only moved back. */
static int begin_new(struct ch_arena *arena, struct ch_db *db, const struct ch_settings *settings, const char *vkey)
{
    struct ch_answer answer;
    const char *text, *size;
    if (!read_known(arena, settings->checkpoint_file, &text, &size))
        return CH_EXIT_REFUSED;
    if (ch_db_begin(db) != CH_FAULT_NONE ||
        ch_db_call(db, arena, &recover_log, CH_ARGS(vkey, text, size), &answer) != CH_FAULT_NONE)
        return ch_say(CH_EXIT_FAULT, "%s", ch_db_error(db));
    if (!ch_is_done(arena, &answer) || (text && !put_aside(arena, settings->checkpoint_file, size)))
        return CH_EXIT_REFUSED;
    if (ch_db_commit(db) != CH_FAULT_NONE)
        return ch_say(CH_EXIT_FAULT, "%s (the checkpoint file was moved aside: move it back)", ch_db_error(db));
    printf("a new log named %s begins behind size %s of the old one; its key is %s\n", settings->log_name,
           size ? size : "0", vkey);
    return CH_EXIT_OK;
}

static int recover(struct ch_arena *arena, const char *config, const char *database)
{
    struct ch_settings settings;
    char error[512];
    if (!ch_settings_read(arena, config, database, &settings))
        return CH_EXIT_REFUSED;
    const char *vkey = ch_log_vkey(arena, &settings);
    if (!vkey)
        return CH_EXIT_REFUSED;
    struct ch_db *db = ch_db_open(settings.administrator, error);
    if (!db)
        return ch_say(CH_EXIT_FAULT, "%s", error);
    int code = begin_new(arena, db, &settings, vkey);
    ch_db_close(db);
    return code;
}

int ch_command_recover(int argc, char **argv)
{
    const char *config = NULL, *database = NULL;
    const struct ch_option options[] = {
        {"--config", &config, NULL, true}, {"--database", &database, NULL, false}, {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, NULL))
        return CH_EXIT_USAGE;
    struct ch_arena *arena = ch_arena_new();
    int code = recover(arena, config, database);
    ch_arena_free(arena);
    return code;
}
