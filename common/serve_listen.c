/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The port, and the way down from root. One socket for each process (SO_REUSEPORT), all bound by the parent, so that a
 * process that is started again finds its port open without being root. They become listening only when their process
 * is ready. */
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "commonhold/log.h"
#include "serve_private.h"

/* "host:port" or "[v6]:port" into its parts; false when it has not that form. */
static bool split_address(const char *text, char host[64], char port[8])
{
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;
    if (length > 1 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length == 0 || length >= 64 || strlen(colon + 1) == 0 || strlen(colon + 1) >= 8)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

static bool resolve(const char *text, struct sockaddr_storage *address, socklen_t *size)
{
    char host[64], port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    if (!split_address(text, host, port) || getaddrinfo(host, port, &hints, &found) != 0) {
        ch_log(CH_LOG_ERROR, "listen must be ADDRESS:PORT, e.g. 127.0.0.1:8080 or [::]:443", "given", text, NULL);
        return false;
    }
    memcpy(address, found->ai_addr, found->ai_addrlen);
    *size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static int open_socket(const struct sockaddr_storage *address, socklen_t size, bool shared)
{
    const int on = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* accepted sockets inherit it */
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)address, size) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* A second daemon on the same port would share it in silence: this binding fails where somebody listens. */
static bool is_free(const struct sockaddr_storage *address, socklen_t size)
{
    int fd = open_socket(address, size, false);
    bool ok = fd >= 0 && listen(fd, 1) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return ok;
}

static void name_address(struct ch_daemon *daemon, struct sockaddr_storage *address, socklen_t size)
{
    char host[64] = "", port[8] = "";
    getsockname(daemon->listeners[0], (struct sockaddr *)address, &size);
    getnameinfo((struct sockaddr *)address, size, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(daemon->address, sizeof daemon->address, "%s %s", host, port);
}

bool ch_daemon_bind(struct ch_daemon *daemon)
{
    struct sockaddr_storage address;
    socklen_t size;
    const char *text = ch_common_text(daemon, "listen");
    if (daemon->processes == 0)
        return true;
    if (!resolve(text, &address, &size))
        return false;
    bool ok = is_free(&address, size);
    for (unsigned i = 0; ok && i < daemon->processes; i++) {
        daemon->listeners[i] = open_socket(&address, size, daemon->processes > 1);
        ok = daemon->listeners[i] >= 0;
        if (ok && i == 0)
            name_address(daemon, &address, size); /* port 0: the others take the one it got */
    }
    if (!ok)
        ch_log(CH_LOG_ERROR, "cannot open the port", "listen", text, "error", strerror(errno), NULL);
    return ok;
}

void ch_daemon_close_listeners(struct ch_daemon *daemon, int but)
{
    for (unsigned i = 0; i < daemon->processes; i++) {
        if ((int)i != but && daemon->listeners[i] >= 0)
            close(daemon->listeners[i]);
        if ((int)i != but)
            daemon->listeners[i] = -1;
    }
}

bool ch_daemon_drop_privileges(const struct ch_daemon *daemon)
{
    const char *name = ch_common_text(daemon, "user");
    if (!*name)
        return true;
    const struct passwd *user = getpwnam(name);
    if (!user) {
        ch_log(CH_LOG_ERROR, "the system has no such user", "user", name, NULL);
        return false;
    }
    if (getuid() == user->pw_uid)
        return true;
    if (initgroups(name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0 ||
        setuid(0) == 0) {
        ch_log(CH_LOG_ERROR, "cannot become that user", "user", name, "error", strerror(errno), NULL);
        return false;
    }
    return true;
}
