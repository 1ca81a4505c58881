/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold init`: the folder of a trust: configuration, secrets, keys. It opens no database and overwrites nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "commonhold/crypto.h"

static const char *const LOGINS[] = {"ch_governance", "ch_licensing", "ch_metering", "ch_payout",
                                     "ch_log",        "ch_portal",    "ch_worker",   "ch_audit"};
static const char *const KEYS[] = {"person", "client", "receipt", "agreement", "delivery", "log"};
static const char *const SECRETS[] = {"member", "email", "grant", "webhook"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool make_folder(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0)
        return true;
    struct stat about;
    if (errno == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return true;
    return ch_say(false, "%s: cannot make this folder: %s", path, strerror(errno));
}

/* A new file, never one that is there. */
static bool write_new(const char *path, mode_t mode, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    size_t size = strlen(text);
    bool fine = fd >= 0 && write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
    if (!fine)
        ch_say(0, "%s: cannot be written: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return fine;
}

/* What must not be there yet: everything is checked before anything is made. */
static bool is_free(struct ch_arena *arena, const char *dir)
{
    const char *taken[1 + COUNT(KEYS) + COUNT(SECRETS)] = {ch_printf(arena, "%s/commonhold.ini", dir)};
    size_t count = 1;
    for (size_t i = 0; i < COUNT(KEYS); i++)
        taken[count++] = ch_printf(arena, "%s/secrets/%s.key", dir, KEYS[i]);
    for (size_t i = 0; i < COUNT(SECRETS); i++)
        taken[count++] = ch_printf(arena, "%s/secrets/%s.secret", dir, SECRETS[i]);
    for (size_t i = 0; i < count; i++)
        if (access(taken[i], F_OK) == 0)
            return ch_say(false, "%s is there already: init overwrites nothing. Choose another folder", taken[i]);
    return true;
}

/* Random passwords of the login roles, behind the lines somebody else put there (deploy/pg.sh: the administrator's). */
static bool append_passwords(struct ch_arena *arena, const char *dir)
{
    const char *path = ch_printf(arena, "%s/secrets/pgpass", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const char *text = "";
    for (size_t i = 0; i < COUNT(LOGINS); i++) {
        uint8_t bytes[24];
        char hex[49];
        ch_random(bytes, sizeof(bytes));
        ch_hex(bytes, sizeof(bytes), hex);
        text = ch_printf(arena, "%s*:*:*:%s:%s\n", text, LOGINS[i], hex);
    }
    size_t size = strlen(text);
    bool fine = fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
    if (!fine)
        ch_say(0, "%s: cannot be written: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return fine;
}

static bool make_keys(struct ch_arena *arena, const char *dir)
{
    char error[256];
    for (size_t i = 0; i < COUNT(KEYS); i++)
        if (!ch_signing_key_create(ch_printf(arena, "%s/secrets/%s.key", dir, KEYS[i]), error, sizeof(error)))
            return ch_say(false, "%s", error);
    return true;
}

static bool make_secrets(struct ch_arena *arena, const char *dir)
{
    for (size_t i = 0; i < COUNT(SECRETS); i++) {
        uint8_t bytes[32];
        ch_random(bytes, sizeof(bytes));
        const char *text = ch_printf(arena, "%s\n", ch_base64(arena, bytes, sizeof(bytes)));
        if (!write_new(ch_printf(arena, "%s/secrets/%s.secret", dir, SECRETS[i]), 0400, text))
            return false;
    }
    return true;
}

/* The cluster deploy/pg.sh made in the same folder, or the machine's own. */
static const char *default_database(struct ch_arena *arena, const char *dir)
{
    char error[256];
    size_t size;
    char *socket = ch_read_file(arena, ch_printf(arena, "%s/pg.socket", dir), 4096, &size, error);
    if (!socket)
        return "dbname=commonhold";
    socket[strcspn(socket, "\n")] = '\0';
    return ch_printf(arena, "host=%s port=5432 dbname=commonhold", ch_conninfo_quote(arena, socket));
}

static bool write_configuration(struct ch_arena *arena, const char *dir, const char *origin, const char *listen,
                                const char *database)
{
    const char *conninfo = ch_conninfo_with(arena, database ? database : default_database(arena, dir), "");
    if (!conninfo)
        return false;
    const char *text = ch_printf(
        arena,
        "# SPDX-License-Identifier: AGPL-3.0-or-later\n"
        "# Configuration of this trust's processes. docs/operations.md lists all keys; what is absent has its "
        "default.\n"
        "# A variable COMMONHOLD_<SECTION>_<KEY> goes before the file. Paths are relative to this file's folder.\n\n"
        "[common]\n"
        "# Where people and programs reach this trust: scheme, host, port. Tokens and the log carry it: it must not "
        "change.\n"
        "origin = %s\n\n"
        "# Address and port this machine listens on.\n"
        "listen = %s\n\n"
        "# The database, without a user: each process adds the role it logs in with, and finds its password in the "
        "passfile.\n"
        "database = %s\n"
        "passfile = secrets/pgpass\n",
        origin, listen, conninfo);
    return write_new(ch_printf(arena, "%s/commonhold.ini", dir), 0644, text);
}

static bool is_origin(const char *origin)
{
    const char *host = strncmp(origin, "https://", 8) == 0  ? origin + 8
                       : strncmp(origin, "http://", 7) == 0 ? origin + 7
                                                            : "";
    return *host != '\0' && strpbrk(host, "/?#@ \t\r\n") == NULL;
}

static bool is_listen(const char *listen)
{
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    long port = colon ? strtol(colon + 1, &end, 10) : 0;
    return colon && colon != listen && end != colon + 1 && *end == '\0' && port > 0 && port < 65536 &&
           strpbrk(listen, " \t\r\n#;") == NULL;
}

static int make_all(struct ch_arena *arena, const char *given, const char *origin, const char *listen,
                    const char *database)
{
    char dir[PATH_MAX];
    if (!make_folder(given, 0755))
        return CH_EXIT_FAULT;
    if (!realpath(given, dir))
        return ch_say(CH_EXIT_FAULT, "%s: %s", given, strerror(errno));
    if (strpbrk(dir, "\n\r"))
        return ch_say(CH_EXIT_REFUSED, "%s: a line break in a folder's name would break the configuration", dir);
    if (!is_free(arena, dir))
        return CH_EXIT_REFUSED;
    const char *secrets = ch_printf(arena, "%s/secrets", dir);
    if (!make_folder(secrets, 0700) || !make_folder(ch_printf(arena, "%s/log", dir), 0755) ||
        !append_passwords(arena, dir) || !make_keys(arena, dir) || !make_secrets(arena, dir) ||
        !write_configuration(arena, dir, origin, listen, database))
        return CH_EXIT_FAULT;
    printf("%s/commonhold.ini is written; next: commonhold migrate --config %s/commonhold.ini\n", dir, dir);
    return CH_EXIT_OK;
}

int ch_command_init(int argc, char **argv)
{
    const char *dir = NULL, *origin = NULL, *listen = NULL, *database = NULL;
    const struct ch_option options[] = {{"--dir", &dir, NULL, true},
                                        {"--origin", &origin, NULL, false},
                                        {"--listen", &listen, NULL, false},
                                        {"--database", &database, NULL, false},
                                        {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, NULL))
        return CH_EXIT_USAGE;
    if (!listen)
        listen = "127.0.0.1:8080";
    if (!is_listen(listen))
        return ch_say(CH_EXIT_USAGE, "--listen %s: it must be ADDRESS:PORT", listen);
    struct ch_arena *arena = ch_arena_new();
    if (!origin)
        origin = ch_printf(arena, "http://%s", listen);
    int code = is_origin(origin)
                   ? make_all(arena, dir, origin, listen, database)
                   : ch_say(CH_EXIT_USAGE, "--origin %s: it must be http(s)://HOST[:PORT] without a path", origin);
    ch_arena_free(arena);
    return code;
}
