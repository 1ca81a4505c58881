/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The log as it is published (audit.md, section 7), read from an address or from a folder that holds the same names. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "commonhold/cli.h"
#include "log.h"

/* An entry bundle of 256 entries of 65,535 bytes. */
#define LARGEST ((size_t)256 * 65537)

const char *log_tile_name(struct ch_arena *arena, const char *what, uint64_t number, unsigned width)
{
    const char *name = ch_printf(arena, "%03" PRIu64, number % 1000);
    for (number /= 1000; number > 0; number /= 1000)
        name = ch_printf(arena, "x%03" PRIu64 "/%s", number % 1000, name);
    return width == LOG_TILE ? ch_printf(arena, "tile/%s/%s", what, name)
                             : ch_printf(arena, "tile/%s/%s.p/%u", what, name, width);
}

static bool read_file(struct audit *a, const char *path, const char **bytes, size_t *size)
{
    char error[256];
    *bytes = NULL;
    if (access(path, F_OK) != 0)
        return errno == ENOENT || errno == ENOTDIR || audit_fail(a, "%s: %m", path);
    *bytes = ch_read_file(a->arena, path, LARGEST, size, error);
    return *bytes != NULL || audit_fail(a, "%s", error);
}

void log_fetch(struct ch_arena *arena, const char *url, int seconds, struct ch_fetch_response *response)
{
    const struct ch_fetch_policy policy = {
        .allow_http = true, .allow_private = true, .any_port = true, .body_max = LARGEST, .timeout_s = seconds};
    ch_fetch(arena, &policy, &(struct ch_fetch_request){.method = "GET", .url = url}, response);
}

static bool read_address(struct audit *a, const char *url, const char **bytes, size_t *size)
{
    struct ch_fetch_response response;
    *bytes = NULL;
    log_fetch(a->arena, url, 60, &response);
    if (response.verdict == CH_FETCH_OK && (response.status == 404 || response.status == 409))
        return true;
    if (response.verdict != CH_FETCH_OK || response.status != 200)
        return audit_fail(a, "%s: %s (status %d)", url, response.detail, response.status);
    *bytes = ch_memdup(a->arena, response.body, response.size);
    *size = response.size;
    return true;
}

bool log_published(struct audit *a, const char *name, const char **bytes, size_t *size)
{
    const char *at = a->options->tiles;
    const char *whole = ch_printf(a->arena, "%s%s%s", at, at[strlen(at) - 1] == '/' ? "" : "/", name);
    bool is_address = strncmp(at, "http://", 7) == 0 || strncmp(at, "https://", 8) == 0;
    return is_address ? read_address(a, whole, bytes, size) : read_file(a, whole, bytes, size);
}
