/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets are asked on the terminal itself, without echo, or read from a descriptor that the caller
 * opened; never taken from the command line, which others can see.
 */
#include "cli/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

/* Byte by byte: a second secret may follow on the same descriptor. */
static char *read_line(int fd, const char *what, GError **error)
{
    char *line = g_malloc0(LINE_MAX_BYTES + 1);
    size_t size = 0;
    ssize_t got = 0;
    while (size < LINE_MAX_BYTES) {
        got = read(fd, line + size, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || line[size] == '\n')
            break;
        size++;
    }
    bool too_long = size == LINE_MAX_BYTES;
    line[too_long || got < 0 ? 0 : size] = '\0';
    g_strchomp(line);
    if (*line != '\0' && g_utf8_validate(line, -1, NULL))
        return line;
    error_set(error, ERROR_INVALID, "cli.input", "No %s came.", what);
    explicit_bzero(line, LINE_MAX_BYTES);
    g_free(line);
    return NULL;
}

static char *ask_terminal(int tty, const char *question, bool secret, GError **error)
{
    struct termios before;
    bool hidden = secret && tcgetattr(tty, &before) == 0;
    if (secret && !hidden) {
        error_set_errno(error, errno, "cli.terminal", "The terminal cannot be silenced");
        return NULL;
    }
    dprintf(tty, "%s: ", question);
    if (hidden) {
        struct termios silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        silent.c_lflag |= ECHONL;
        tcsetattr(tty, TCSAFLUSH, &silent);
    }
    char *line = read_line(tty, question, error);
    if (hidden)
        tcsetattr(tty, TCSAFLUSH, &before);
    return line;
}

char *cli_ask(const Cli *cli, const char *name, const char *question, bool secret, GError **error)
{
    g_autofree char *option = g_strconcat(name, "-fd", NULL);
    int64_t fd = -1;
    if (!cli_option_integer(cli, option, 0, 1023, &fd, error))
        return NULL;
    if (fd >= 0)
        return read_line((int)fd, name, error);
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) {
        error_set(error, ERROR_INVALID, "cli.usage",
                  "There is no terminal to ask for the %s; give --%s N, a descriptor to read it "
                  "from.", name, option);
        return NULL;
    }
    char *line = ask_terminal(tty, question, secret, error);
    close(tty);
    return line;
}
