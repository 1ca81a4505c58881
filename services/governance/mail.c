/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The job that sends notices as e-mail, through the trust's own mail server. A letter that was taken by the server is
 * settled at once; a worker that dies in between sends it again under the same Message-ID, which mail programs show
 * once. Letters that are refused wait longer each time; the portal shows the notice in any case. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "commonhold/log.h"
#include "core/notice_text.h"
#include "governance.h"

#define AT_ONCE      "20"  /* letters of one round; the clock asks for the next */
#define HOLD_S       "600" /* lease of a round: all its letters at LETTER_S */
#define LETTER_S     25L
#define CONNECT_S    10L
#define PASSWORD_MAX 1024

struct mail_settings {
    const char *server, *from;   /* "": no e-mail is sent; an address */
    const char *user, *password; /* "": without sign-in */
    bool plain;                  /* without TLS over smtp:// */
};

CH_FUNCTION(take, "governance.take_notices", "$1::integer, $2::integer");
CH_FUNCTION(settle, "governance.settle_notice", "$1::bigint, $2::text");
CH_FUNCTION(put_off, "governance.put_off_notice", "$1::bigint, $2::text");
CH_FUNCTION(skip, "governance.skip_notices", "$1::text");

struct mailer {
    struct ch_job *job;
    struct mail_settings settings;
    struct notice_sender sender;
    struct people_secrets secrets; /* under which the addresses are sealed */
    const char *domain;            /* of Message-IDs */
    CURL *curl;
    char why[CURL_ERROR_SIZE];
    bool away; /* the server could not be spoken to: the rest of the round is not tried */
};

static bool read_password(struct ch_arena *arena, const char *path, struct mail_settings *settings, char *error,
                          size_t error_size)
{
    char why[256];
    size_t size;
    char *text = ch_read_file(arena, path, PASSWORD_MAX, &size, why);
    if (text == NULL) {
        snprintf(error, error_size, "governance.mail_password: %s", why);
        return false;
    }
    text[strcspn(text, "\r\n")] = '\0';
    settings->password = text;
    return true;
}

static bool load_settings(struct ch_arena *arena, const struct ch_config *config, struct mail_settings *settings,
                          char *error, size_t error_size)
{
    *settings = (struct mail_settings){.server = ch_config_text(config, "governance", "mail_server"),
                                       .from = ch_config_text(config, "governance", "mail_from"),
                                       .user = ch_config_text(config, "governance", "mail_user"),
                                       .password = "",
                                       .plain = ch_config_bool(config, "governance", "mail_plain")};
    if (*settings->server == '\0')
        return true;
    if (strncmp(settings->server, "smtp://", 7) != 0 && strncmp(settings->server, "smtps://", 8) != 0) {
        snprintf(error, error_size, "governance.mail_server is smtp://host:port or smtps://host:port");
        return false;
    }
    const char *at = strchr(settings->from, '@');
    if (at == NULL || at == settings->from || at[1] == '\0' || strpbrk(settings->from, " \t\r\n<>\",")) {
        snprintf(error, error_size, "governance.mail_from is the address notices come from, such as trust@example.org");
        return false;
    }
    return *settings->user == '\0' ||
           read_password(arena, ch_config_text(config, "governance", "mail_password"), settings, error, error_size);
}

bool mail_is_set(const struct ch_config *config, char *error, size_t error_size)
{
    struct mail_settings settings;
    struct ch_arena *arena = ch_arena_new();
    bool set = load_settings(arena, config, &settings, error, error_size);
    ch_arena_free(arena);
    return set;
}

static void set_server(struct mailer *mailer)
{
    const struct mail_settings *settings = &mailer->settings;
    CURL *curl = mailer->curl;
    curl_easy_setopt(curl, CURLOPT_URL, settings->server);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(settings->plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, LETTER_S);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, mailer->why);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, settings->from);
    if (*settings->user) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, settings->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, settings->password);
    }
}

/* Lines of 76 characters, as RFC 2045 wants them. */
static const char *fold(struct ch_arena *arena, const char *base64)
{
    size_t length = strlen(base64);
    char *folded = ch_alloc(arena, length + 2 * (length / 76 + 1) + 1), *end = folded;
    for (size_t at = 0; at < length; at += 76) {
        end = mempcpy(end, base64 + at, length - at < 76 ? length - at : 76);
        end = mempcpy(end, "\r\n", 2);
    }
    return folded;
}

/* The letter as it goes over the line (RFC 5322). */
static const char *compose(const struct mailer *mailer, const char *to, const char *id, const struct notice_mail *mail)
{
    struct ch_arena *arena = mailer->job->arena;
    char date[64];
    struct tm parts;
    time_t now = time(NULL);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&now, &parts));
    return ch_printf(arena,
                     "Date: %s\r\nFrom: %s <%s>\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <notice-%s@%s>\r\n"
                     "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n%s",
                     date, notice_phrase(arena, mailer->sender.trust), mailer->settings.from, to,
                     notice_header(arena, mail->subject), id, mailer->domain,
                     fold(arena, ch_base64(arena, mail->text, strlen(mail->text))));
}

/* Why a letter was not taken: the server's last answer where it gave one. */
static void explain(struct mailer *mailer, CURLcode code)
{
    mailer->away = code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
                   code == CURLE_OPERATION_TIMEDOUT || code == CURLE_USE_SSL_FAILED;
    long answered = 0;
    size_t length = strlen(mailer->why);
    if (length == 0)
        length = (size_t)snprintf(mailer->why, sizeof mailer->why, "%s", curl_easy_strerror(code));
    curl_easy_getinfo(mailer->curl, CURLINFO_RESPONSE_CODE, &answered);
    if (answered > 0)
        snprintf(mailer->why + length, sizeof mailer->why - length, " (the mail server answered %ld)", answered);
}

/* What of a letter has not gone out yet. */
struct rest {
    const char *bytes;
    size_t size;
};

static size_t give(char *bytes, size_t size, size_t count, void *arg)
{
    struct rest *rest = arg;
    size_t length = size * count < rest->size ? size * count : rest->size;
    memcpy(bytes, rest->bytes, length);
    rest->bytes += length;
    rest->size -= length;
    return length;
}

/* True when the server has taken the letter; else mailer->why. */
static bool send_letter(struct mailer *mailer, const char *to, const char *letter)
{
    CURL *curl = mailer->curl;
    struct rest rest = {.bytes = letter, .size = strlen(letter)};
    struct curl_slist *readers = curl_slist_append(NULL, to);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, readers);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_READDATA, &rest);
    *mailer->why = '\0';
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        explain(mailer, code);
    curl_slist_free_all(readers);
    return code == CURLE_OK;
}

static bool record(struct mailer *mailer, const struct ch_statement *statement, const char *id, const char *why)
{
    struct ch_answer answer;
    return ch_db_call(mailer->job->db, mailer->job->arena, statement, CH_ARGS(id, why), &answer) == CH_FAULT_NONE;
}

static bool send_notice(struct mailer *mailer, const json_t *item)
{
    struct ch_arena *arena = mailer->job->arena;
    struct notice_mail mail;
    const char *id = json_string_value(json_object_get(item, "id"));
    const char *to = json_string_value(json_object_get(item, "email"));
    const struct notice notice = {.kind = json_string_value(json_object_get(item, "kind")),
                                  .title = json_string_value(json_object_get(item, "title")),
                                  .body = json_object_get(item, "body")};
    if (to == NULL)
        return record(mailer, &settle, id, "the address cannot be read");
    if (mailer->away)
        return record(mailer, &put_off, id, mailer->why);
    notice_write(arena, &mailer->sender, &notice, &mail);
    if (send_letter(mailer, to, compose(mailer, to, id, &mail)))
        return record(mailer, &settle, id, NULL);
    ch_log(CH_LOG_WARN, "a notice was not sent", "notice", id, "kind", notice.kind, "why", mailer->why, NULL);
    return record(mailer, &put_off, id, mailer->why);
}

static const char *domain_of(const char *address)
{
    return strrchr(address, '@') + 1;
}

/* One round over one connection. False when the database did not answer. */
static bool send_all(struct mailer *mailer, json_t *taken)
{
    struct ch_arena *arena = mailer->job->arena;
    const json_t *items = json_object_get(taken, "items");
    bool fine = true;
    mailer->sender = (struct notice_sender){
        .trust = json_string_value(json_object_get(taken, "trust")),
        .language = json_string_value(json_object_get(taken, "language")),
        .origin = ch_config_text(mailer->job->context->config, "common", "origin"),
    };
    mailer->domain = domain_of(mailer->settings.from);
    people_open(arena, &mailer->secrets, taken);
    mailer->curl = curl_easy_init();
    if (mailer->curl == NULL)
        abort();
    set_server(mailer);
    for (size_t i = 0; fine && i < json_array_size(items) && !ch_job_stopping(mailer->job); i++)
        fine = send_notice(mailer, json_array_get(items, i));
    curl_easy_cleanup(mailer->curl);
    return fine;
}

static enum ch_job_result retry(struct ch_job *job)
{
    snprintf(job->reason, sizeof job->reason, "the database did not answer: %.400s", ch_db_error(job->db));
    return CH_JOB_RETRY;
}

enum ch_job_result send_notices(struct ch_job *job)
{
    struct mailer mailer = {.job = job};
    struct ch_answer answer;
    struct ch_json_error error;
    const struct ch_config *config = job->context->config;
    if (!load_settings(job->arena, config, &mailer.settings, job->reason, sizeof job->reason) ||
        !people_load(&mailer.secrets, ch_config_text(config, "governance", "member_secret"),
                     ch_config_text(config, "governance", "email_secret"), job->reason, sizeof job->reason))
        return CH_JOB_RETRY;
    if (*mailer.settings.server == '\0')
        return ch_db_call(job->db, job->arena, &skip, CH_ARGS("no mail server is configured"), &answer) == CH_FAULT_NONE
                   ? CH_JOB_DONE
                   : retry(job);
    if (ch_db_call(job->db, job->arena, &take, CH_ARGS(AT_ONCE, HOLD_S), &answer) != CH_FAULT_NONE)
        return retry(job);
    static const struct ch_json_limits OWN = {.bytes = (size_t)1024 * 1024, .depth = 32};
    json_t *taken = ch_json_parse(job->arena, answer.body, strlen(answer.body), &OWN, &error);
    if (taken == NULL) {
        snprintf(job->reason, sizeof job->reason, "the notices cannot be read: %.400s", error.detail);
        return CH_JOB_DEAD;
    }
    bool fine = send_all(&mailer, taken);
    explicit_bzero(&mailer.secrets, sizeof mailer.secrets);
    return fine ? CH_JOB_DONE : retry(job);
}
