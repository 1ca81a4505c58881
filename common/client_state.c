/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where the commands keep a person's sign-in: a folder of mode 0700 with a cookie file for each trust and the origin of
 * the one signed in to last. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client_private.h"
#include "commonhold/cli.h"

#define ORIGIN_MAX 256

static bool make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool fine = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!fine)
            return false;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static const char *state_folder(struct ch_arena *arena)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool given = state && *state == '/';
    if (!given && !home) {
        ch_say(0, "neither XDG_STATE_HOME nor HOME is set: there is no place for the sign-in");
        return NULL;
    }
    char *folder = ch_printf(arena, "%s%s/commonhold", given ? state : home, given ? "" : "/.local/state");
    if (make_folders(folder))
        return folder;
    ch_say(0, "%s: cannot make this folder: %s", folder, strerror(errno));
    return NULL;
}

static const char *remembered_origin(struct ch_arena *arena, const char *folder)
{
    char error[256];
    size_t size;
    char *text = ch_read_file(arena, ch_printf(arena, "%s/origin", folder), ORIGIN_MAX, &size, error);
    if (!text) {
        ch_say(0, "--origin URL is missing, and nobody has signed in from here before (commonhold sign-in)");
        return NULL;
    }
    text[strcspn(text, "\n")] = '\0';
    return text;
}

/* "https://host:port" without a path; NULL with a message otherwise. */
static const char *check_origin(struct ch_arena *arena, const char *origin)
{
    CURLU *url = curl_url();
    char *path = NULL, *user = NULL;
    bool fine = url && strlen(origin) < ORIGIN_MAX &&
                (strncmp(origin, "https://", 8) == 0 || strncmp(origin, "http://", 7) == 0) &&
                curl_url_set(url, CURLUPART_URL, origin, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_USER, &user, 0) != CURLUE_OK &&
                curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK && strcmp(path, "/") == 0;
    curl_free(path);
    curl_free(user);
    curl_url_cleanup(url);
    if (!fine) {
        ch_say(0, "%s is no origin: scheme, host and port, as https://trust.example", origin);
        return NULL;
    }
    size_t size = strlen(origin);
    return ch_memdup(arena, origin, origin[size - 1] == '/' ? size - 1 : size);
}

/* The origin as a file name: what stands between the letters and digits becomes a line. */
static const char *jar_of(struct ch_arena *arena, const char *folder, const char *origin)
{
    char *name = ch_strdup(arena, strstr(origin, "://") + 3);
    for (char *c = name; *c; c++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *c) == NULL)
            *c = '_';
    return ch_printf(arena, "%s/%s.cookies", folder, name);
}

struct ch_client *ch_client_open(struct ch_arena *arena, const char *origin)
{
    const char *folder = state_folder(arena);
    if (folder && !origin)
        origin = remembered_origin(arena, folder);
    if (folder && origin)
        origin = check_origin(arena, origin);
    if (!folder || !origin)
        return NULL;
    struct ch_client *client = ch_alloc(arena, sizeof(*client));
    *client = (struct ch_client){.arena = arena, .origin = origin, .folder = folder, .curl = curl_easy_init()};
    if (!client->curl)
        abort();
    client->jar = jar_of(arena, folder, origin);
    curl_easy_setopt(client->curl, CURLOPT_COOKIEFILE, client->jar);
    curl_easy_setopt(client->curl, CURLOPT_COOKIEJAR, client->jar);
    curl_easy_setopt(client->curl, CURLOPT_COOKIELIST, "RELOAD"); /* the first request needs the CSRF value already */
    curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(client->curl, CURLOPT_USERAGENT, "commonhold");
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    return client;
}

void ch_client_close(struct ch_client *client)
{
    if (!client)
        return;
    mode_t before = umask(077); /* the jar holds a session */
    curl_easy_cleanup(client->curl);
    umask(before);
}

bool ch_client_remember(struct ch_client *client)
{
    const char *path = ch_printf(client->arena, "%s/origin", client->folder);
    const char *text = ch_printf(client->arena, "%s\n", client->origin);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool fine = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (!fine)
        ch_say(0, "%s: cannot be written: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return fine;
}

void ch_client_forget(struct ch_client *client)
{
    curl_easy_setopt(client->curl, CURLOPT_COOKIELIST, "ALL");
    unlink(client->jar); /* a jar without cookies is not written */
}
