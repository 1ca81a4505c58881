/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold sign-in` and `sign-out`: open and end the session the other commands act in. The password is read from
 * the terminal without echo, or from a file; it is never an argument, which every user of the machine could read. */
#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "commonhold/client.h"
#include "commonhold/json.h"

#define LINE_MAX_BYTES 256

/* One line of a file without its end; false with a message. */
static bool read_line(FILE *in, const char *name, char line[LINE_MAX_BYTES])
{
    if (!fgets(line, LINE_MAX_BYTES, in))
        return ch_say(false, "%s: no line could be read", name);
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

/* Asks at the terminal, without showing what is typed where `secret`. */
static bool ask(const char *question, bool secret, char line[LINE_MAX_BYTES])
{
    struct termios before, quiet;
    FILE *terminal = fopen("/dev/tty", "r+e");
    if (!terminal)
        return ch_say(false, "there is no terminal to ask at: give --password-file");
    bool muted = secret && tcgetattr(fileno(terminal), &before) == 0;
    if (muted) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(fileno(terminal), TCSAFLUSH, &quiet);
    }
    fprintf(terminal, "%s: ", question);
    fflush(terminal);
    bool fine = read_line(terminal, "/dev/tty", line);
    if (muted) {
        tcsetattr(fileno(terminal), TCSAFLUSH, &before);
        fputc('\n', terminal);
    }
    fclose(terminal);
    return fine;
}

static bool read_password(const char *path, char password[LINE_MAX_BYTES])
{
    if (!path)
        return ask("Password", true, password);
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!file)
        return ch_say(false, "%s: %s", path, strerror(errno));
    bool fine = read_line(file, path, password);
    if (file != stdin)
        fclose(file);
    return fine;
}

static int open_session(struct ch_arena *arena, struct ch_client *client, const char *email, const char *password,
                        const char *code)
{
    json_t *body = ch_json_pack(arena, "{s:s, s:s}", "email", email, "password", password);
    if (code && *code)
        json_object_set_new(body, "code", json_string(code));
    const struct ch_client_request request = {.method = "POST", .path = "/portal/v1/sign-ins", .json = body};
    ch_client_forget(client);
    struct ch_client_answer answer = ch_client_send(client, &request);
    if (answer.status != 201)
        return ch_client_complain(&request, &answer);
    if (!ch_client_remember(client))
        return CH_EXIT_FAULT;
    printf("signed in as %s until %s\n", email, json_string_value(json_object_get(answer.json, "until")) ?: "?");
    return CH_EXIT_OK;
}

static int sign_in(int argc, char **argv)
{
    const char *origin = NULL, *email = NULL, *file = NULL, *code = NULL;
    const struct ch_option options[] = {{"--origin", &origin, NULL, true},
                                        {"--email", &email, NULL, true},
                                        {"--password-file", &file, NULL, false},
                                        {"--code", &code, NULL, false},
                                        {NULL, NULL, NULL, false}};
    char password[LINE_MAX_BYTES], asked[LINE_MAX_BYTES] = "";
    if (!ch_options(argc, argv, options, NULL))
        return CH_EXIT_USAGE;
    if (!read_password(file, password))
        return CH_EXIT_REFUSED;
    if (!file && !code && ask("Code of the second factor (empty: none)", false, asked))
        code = asked;
    struct ch_arena *arena = ch_arena_new();
    struct ch_client *client = ch_client_open(arena, origin);
    int exit = client ? open_session(arena, client, email, password, code) : CH_EXIT_USAGE;
    ch_client_close(client);
    ch_arena_free(arena);
    explicit_bzero(password, sizeof(password));
    return exit;
}

static int end_session(struct ch_client *client)
{
    const struct ch_client_request request = {.method = "DELETE", .path = "/portal/v1/sign-ins/current"};
    struct ch_client_answer answer = ch_client_send(client, &request);
    bool gone = answer.status == 401 || (answer.status >= 200 && answer.status < 300);
    if (gone)
        ch_client_forget(client);
    return gone ? CH_EXIT_OK : ch_client_complain(&request, &answer);
}

static int sign_out(int argc, char **argv)
{
    const char *origin = NULL;
    const struct ch_option options[] = {{"--origin", &origin, NULL, false}, {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, NULL))
        return CH_EXIT_USAGE;
    struct ch_arena *arena = ch_arena_new();
    struct ch_client *client = ch_client_open(arena, origin);
    int exit = client ? end_session(client) : CH_EXIT_REFUSED;
    ch_client_close(client);
    ch_arena_free(arena);
    return exit;
}

const struct ch_command portal_commands[] = {{"sign-in",
                                              "--origin URL --email ADDRESS [--password-file FILE] [--code DIGITS]",
                                              "opens a session at a trust for the other commands", sign_in},
                                             {"sign-out", "[--origin URL]", "ends that session", sign_out},
                                             {NULL, NULL, NULL, NULL}};
