/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Native TLS for a deployment without a proxy in front: OpenSSL under libevent's bufferevents. TLS 1.2 and newer, the
 * library's own choice of ciphers. */
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <stdio.h>

#include "http_private.h"

#define ERROR_SIZE 256

static SSL_CTX *fail(SSL_CTX *tls, const char *what, const char *path, char *error)
{
    char reason[120] = "";
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    snprintf(error, ERROR_SIZE, "%s %.80s: %s", what, path, reason);
    SSL_CTX_free(tls);
    return NULL;
}

SSL_CTX *ch_tls_context(const char *certificate, const char *key, char *error)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1)
        return fail(tls, "TLS cannot be set up", "", error);
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1)
        return fail(tls, "cannot read tls_certificate", certificate, error);
    if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
        return fail(tls, "cannot read tls_key", key, error);
    if (SSL_CTX_check_private_key(tls) != 1)
        return fail(tls, "tls_key does not belong to tls_certificate", key, error);
    return tls;
}

struct bufferevent *ch_tls_bufferevent(struct event_base *base, SSL_CTX *tls, int fd)
{
    SSL *ssl = SSL_new(tls);
    if (!ssl)
        return NULL;
    struct bufferevent *bev =
        bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (!bev)
        SSL_free(ssl);
    else
        bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}

void ch_tls_close_notify(struct bufferevent *bev)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);
    if (ssl)
        SSL_shutdown(ssl);
    ERR_clear_error();
}
