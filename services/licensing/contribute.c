/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold contribute`: hashes a file, finds or announces its contribution, uploads, follows the validation and says
 * what became of it. A file is known by its SHA-256 at the trust, so that the same command, run again from anywhere,
 * goes on where it broke off and sends nothing twice. */
#include "contribute.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "commonhold/crypto.h"
#include "commonhold/json.h"

#define ABOUT_MAX        ((size_t)256 * 1024)
#define CONTRIBUTIONS    "/licensing/v1/contributions"
#define HASH_BUFFER      ((size_t)1 << 20)
#define POLL_MS          300
#define ERRORS_SHOWN     20
#define PATIENCE_DEFAULT 600

struct options {
    const char *about, *pool, *origin, *patience;
    bool again, no_wait;
    int patience_s;
};

/* What is said of the file: the object of --about, the pool, the hash. NULL with a message. */
static json_t *read_about(struct ch_arena *arena, const struct options *options)
{
    static const struct ch_json_limits LIMITS = {.bytes = ABOUT_MAX, .depth = 16, .integers = true};
    struct ch_json_error error;
    char message[256];
    size_t size;
    const char *text = ch_read_file(arena, options->about, ABOUT_MAX, &size, message);
    if (!text) {
        ch_say(0, "%s", message);
        return NULL;
    }
    json_t *about = ch_json_parse(arena, text, size, &LIMITS, &error);
    if (!json_is_object(about)) {
        ch_say(0, "%s, line %d: %s", options->about, about ? 1 : error.line,
               about ? "an object is wanted: format, provenance, licence, dialect" : error.detail);
        return NULL;
    }
    if (options->pool)
        json_object_set_new(about, "pool", json_string(options->pool));
    if (json_is_string(json_object_get(about, "pool")))
        return about;
    ch_say(0, "%s names no pool, and --pool is missing", options->about);
    return NULL;
}

static bool hash_file(struct outgoing *file)
{
    struct ch_sha256 *hash = ch_sha256_begin();
    uint8_t *buffer = ch_alloc(file->arena, HASH_BUFFER), digest[32];
    uint64_t total = 0;
    ssize_t got;
    while ((got = pread(file->fd, buffer, HASH_BUFFER, (off_t)total)) > 0) {
        ch_sha256_add(hash, buffer, (size_t)got);
        total += (uint64_t)got;
    }
    int reason = errno;
    ch_sha256_end(hash, digest);
    ch_hex(digest, sizeof(digest), file->sha256);
    file->size = total;
    return got == 0 || ch_say(false, "%s: cannot be read: %s", file->name, strerror(reason));
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool is_under_way(const json_t *contribution)
{
    const char *state = text_of(contribution, "state");
    return strcmp(state, "awaiting_upload") == 0 || strcmp(state, "received") == 0 ||
           strcmp(state, "validating") == 0 || strcmp(state, "accepted") == 0;
}

/* The latest contribution of this file to this pool that is under way or accepted; NULL: there is none. False where the
 * trust did not say. */
static bool find(struct outgoing *file, const char *pool, const json_t **found)
{
    const char *after = "";
    *found = NULL;
    do {
        const struct ch_client_request request = {.method = "GET",
                                                  .path =
                                                      ch_printf(file->arena, CONTRIBUTIONS "?limit=100&sha256=%s%s%s",
                                                                file->sha256, *after ? "&after=" : "", after)};
        struct ch_client_answer answer = ch_client_send(file->client, &request);
        size_t index;
        json_t *item;
        if (answer.status != 200)
            return ch_client_complain(&request, &answer) == CH_EXIT_OK;
        json_array_foreach(json_object_get(answer.json, "items"), index,
                           item) if (strcmp(text_of(item, "pool"), pool) == 0 && is_under_way(item)) *found = item;
        after = text_of(answer.json, "next");
    } while (*after);
    return true;
}

static const json_t *announce(struct outgoing *file, json_t *about)
{
    json_object_set_new(about, "sha256", json_string(file->sha256));
    const struct ch_client_request request = {.method = "POST", .path = CONTRIBUTIONS, .json = about};
    struct ch_client_answer answer = ch_client_send(file->client, &request);
    if (answer.status == 201)
        return answer.json;
    ch_client_complain(&request, &answer);
    return NULL;
}

/* Row errors, as many as somebody reads. */
static void tell_errors(struct outgoing *file)
{
    const struct ch_client_request request = {.method = "GET",
                                              .path = ch_printf(file->arena, CONTRIBUTIONS "/%s/errors", file->id)};
    struct ch_client_answer answer = ch_client_send(file->client, &request);
    const json_t *items = json_object_get(answer.json, "items");
    size_t index;
    json_t *error;
    json_array_foreach(items, index, error)
    {
        if (index == ERRORS_SHOWN)
            break;
        ch_say(0, "  line %lld, row %lld, column %s: %s: %s",
               (long long)json_integer_value(json_object_get(error, "line")),
               (long long)json_integer_value(json_object_get(error, "row")), text_of(error, "column"),
               text_of(error, "reason"), text_of(error, "value"));
    }
    if (json_array_size(items) > ERRORS_SHOWN)
        ch_say(0, "  and %zu more: GET %s", json_array_size(items) - ERRORS_SHOWN, request.path);
}

static int tell_decision(struct outgoing *file, const json_t *contribution)
{
    const char *state = text_of(contribution, "state");
    long long rows = json_integer_value(json_object_get(contribution, "rows"));
    long long bad = json_integer_value(json_object_get(contribution, "bad_rows"));
    if (strcmp(state, "accepted") == 0) {
        printf("%s: accepted, %lld rows, %lld bad rows left out, contribution %s\n", file->name, rows, bad, file->id);
        if (bad > 0)
            tell_errors(file);
        return CH_EXIT_OK;
    }
    ch_say(0, "%s: %s: %s, %lld bad rows, contribution %s", file->name, state, text_of(contribution, "reason"), bad,
           file->id);
    tell_errors(file);
    return CH_EXIT_REFUSED;
}

static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Follows a contribution until it is decided. Patience counts from the last time the trust said something of it. */
static int follow(struct outgoing *file)
{
    const struct ch_client_request request = {.method = "GET",
                                              .path = ch_printf(file->arena, CONTRIBUTIONS "/%s", file->id)};
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    struct ch_progress bar = {0};
    time_t heard = now_s();
    for (;;) {
        struct ch_client_answer answer = ch_client_send(file->client, &request);
        const char *state = text_of(answer.json, "state");
        bool busy = answer.status == 0 || answer.status == 503;
        if (answer.status == 200)
            heard = now_s();
        else if (!busy || now_s() - heard >= file->patience_s)
            return ch_client_complain(&request, &answer);
        bool waits = strcmp(state, "received") == 0 || strcmp(state, "validating") == 0;
        uint64_t done =
            (uint64_t)json_integer_value(json_object_get(json_object_get(answer.json, "progress"), "bytes"));
        if (waits && done > 0 && !bar.what)
            ch_progress_begin(&bar, ch_printf(file->arena, "%s: checking", file->name), 0, file->size);
        if (waits && bar.what)
            ch_progress_show(&bar, done < file->size ? done : file->size);
        if (answer.status == 200 && !waits) {
            if (bar.what)
                ch_progress_end(&bar, file->size);
            return tell_decision(file, answer.json);
        }
        nanosleep(&pause, NULL);
    }
}

static int send_file(struct outgoing *file, json_t *about, const struct options *options)
{
    const json_t *contribution = NULL;
    if (!hash_file(file) || !(options->again || find(file, text_of(about, "pool"), &contribution)))
        return CH_EXIT_REFUSED;
    if (!contribution)
        contribution = announce(file, about);
    if (!contribution)
        return CH_EXIT_REFUSED;
    file->id = text_of(contribution, "id");
    if (strcmp(text_of(contribution, "state"), "accepted") == 0) {
        printf("%s: contributed before, contribution %s (--again contributes it once more)\n", file->name, file->id);
        return CH_EXIT_OK;
    }
    file->upload_id = json_string_value(json_object_get(json_object_get(contribution, "upload"), "id"));
    int code = strcmp(text_of(contribution, "state"), "awaiting_upload") == 0 ? contribute_upload(file) : CH_EXIT_OK;
    if (code != CH_EXIT_OK || !options->no_wait)
        return code != CH_EXIT_OK ? code : follow(file);
    printf("%s: uploaded, contribution %s\n", file->name, file->id);
    return CH_EXIT_OK;
}

/* Each file in an arena of its own: a week of files takes no more memory than one. */
static int contribute_path(const char *path, const struct options *options)
{
    struct ch_arena *arena = ch_arena_new();
    struct outgoing file = {
        .arena = arena, .patience_s = options->patience_s, .name = basename(ch_strdup(arena, path))};
    json_t *about = read_about(arena, options);
    int code = CH_EXIT_REFUSED;
    file.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (file.fd < 0)
        ch_say(0, "%s: %s", path, strerror(errno));
    else if (about && (file.client = ch_client_open(arena, options->origin)))
        code = send_file(&file, about, options);
    ch_client_close(file.client);
    if (file.fd >= 0)
        close(file.fd);
    ch_arena_free(arena);
    return code;
}

int ch_command_contribute(int argc, char **argv)
{
    struct options options = {.patience_s = PATIENCE_DEFAULT};
    const struct ch_option table[] = {{"--about", &options.about, NULL, true},
                                      {"--pool", &options.pool, NULL, false},
                                      {"--origin", &options.origin, NULL, false},
                                      {"--patience", &options.patience, NULL, false},
                                      {"--again", NULL, &options.again, false},
                                      {"--no-wait", NULL, &options.no_wait, false},
                                      {NULL, NULL, NULL, false}};
    int words, read = 0, code = CH_EXIT_OK;
    if (!ch_options(argc, argv, table, &words))
        return CH_EXIT_USAGE;
    if (words == 0)
        return ch_say(CH_EXIT_USAGE, "FILE is missing");
    if (options.patience && (sscanf(options.patience, "%9d%n", &options.patience_s, &read) != 1 ||
                             options.patience[read] || options.patience_s < 1))
        return ch_say(CH_EXIT_USAGE, "--patience takes whole seconds from 1");
    for (int i = 0; i < words; i++) {
        int one = contribute_path(argv[i], &options);
        code = one != CH_EXIT_OK ? one : code;
        if (one == CH_EXIT_FAULT)
            break;
    }
    return code;
}
