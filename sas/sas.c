/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sas: the first process of every bubble. It makes the doors (unix sockets in a folder that the
 * gateway sees), joins them to loopback ports, runs the service as its child, reaps whatever that
 * leaves behind, reports readiness and activity, and ends with the service. It runs as the bubble's
 * person, without any privilege, and links with nothing but libc. It must not know what the service
 * is, nor who comes through the doors: the gateway decides that before it connects.
 *
 *   sas [--door SOCKET=PORT]... [--relay PORT=SOCKET]... [--status SOCKET] [--ready PORT]
 *       [--] COMMAND [ARGUMENT]...
 */
#include "loop.h"
#include "probe.h"
#include "relay.h"
#include "status.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAS_RELAYS_MAX 8
#define SAS_TICK_MS 1000
#define SAS_GRACE_MS 8000 /* from the first request to stop until sas leaves, come what may */
#define SAS_FAILED 125    /* sas itself could not begin */
#define SAS_NO_COMMAND 127

static const int sas_signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

typedef struct Sas {
    Loop loop;
    Relays relays;
    Relay relay[SAS_RELAYS_MAX];
    int relay_count;
    Status status;
    Probe probe;
    Source signals;
    const char *status_path;
    int ready_port;
    char **command;
    pid_t child;
    int64_t stopping_ms; /* 0: not asked to stop */
    bool over;
    int exit_code;
} Sas;

static int sas_fail(const char *what, const char *detail)
{
    dprintf(STDERR_FILENO, "sas: %s%s%s: %s\n", what, detail ? " " : "", detail ? detail : "",
            strerror(errno));
    return SAS_FAILED;
}

static bool port_parse(const char *text, int *ret_port)
{
    char *end = NULL;
    long port = strtol(text, &end, 10);
    if (end == text || *end != '\0' || port < 1 || port > 65535)
        return false;
    *ret_port = (int)port;
    return true;
}

/* TEXT is "SOCKET=PORT" for a door, "PORT=SOCKET" for a relay outwards. */
static bool sas_add_relay(Sas *sas, char *text, bool is_door)
{
    char *equals = strrchr(text, '=');
    int port = 0;
    Address local;
    if (equals == NULL || sas->relay_count == SAS_RELAYS_MAX)
        return false;
    *equals = '\0';
    const char *port_text = is_door ? equals + 1 : text;
    const char *path = is_door ? text : equals + 1;
    if (!port_parse(port_text, &port) || !address_unix(path, &local))
        return false;
    Address ip = address_loopback(port);
    Relay *relay = &sas->relay[sas->relay_count++];
    relay->counts_activity = is_door;
    if (!relay_open(relay, &sas->relays, is_door ? &local : &ip, is_door ? &ip : &local)) {
        sas_fail("cannot listen on", text);
        return false;
    }
    return true;
}

static bool sas_option(Sas *sas, const char *name, char *value)
{
    if (strcmp(name, "--door") == 0)
        return sas_add_relay(sas, value, true);
    if (strcmp(name, "--relay") == 0)
        return sas_add_relay(sas, value, false);
    if (strcmp(name, "--ready") == 0)
        return port_parse(value, &sas->ready_port);
    if (strcmp(name, "--status") == 0) {
        sas->status_path = value;
        return true;
    }
    return false;
}

static bool sas_options(Sas *sas, int argc, char **argv)
{
    int i = 1;
    while (i < argc && strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i], "--") != 0) {
        if (i + 1 >= argc || !sas_option(sas, argv[i], argv[i + 1])) {
            dprintf(STDERR_FILENO, "sas: bad option %s\n", argv[i]);
            return false;
        }
        i += 2;
    }
    if (i < argc && strcmp(argv[i], "--") == 0)
        i++;
    if (i >= argc)
        dprintf(STDERR_FILENO, "sas: no command\n");
    sas->command = argv + i;
    return i < argc;
}

static void sas_child_run(char **command, const sigset_t *before)
{
    setsid();
    sigprocmask(SIG_SETMASK, before, NULL);
    execvp(command[0], command);
    sas_fail("cannot run", command[0]);
    _exit(SAS_NO_COMMAND);
}

static bool sas_start_child(Sas *sas, const sigset_t *before)
{
    sas->child = fork();
    if (sas->child == 0)
        sas_child_run(sas->command, before);
    if (sas->child > 0)
        status_reach(&sas->status, STATE_STARTED);
    return sas->child > 0;
}

/* Reaps the service and every orphan that became ours. */
static void sas_reap(Sas *sas)
{
    int status = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != sas->child)
            continue;
        sas->over = true;
        sas->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

static void sas_signal(Source *source, uint32_t events)
{
    Sas *sas = SOURCE_OWNER(source, Sas, signals);
    struct signalfd_siginfo info;
    (void)events;
    while (read(source->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            sas_reap(sas);
            continue;
        }
        if (info.ssi_signo == SIGTERM && sas->stopping_ms == 0)
            sas->stopping_ms = clock_ms();
        kill(-sas->child, (int)info.ssi_signo);
    }
}

static bool sas_open_signals(Sas *sas, sigset_t *ret_before)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof sas_signals / sizeof sas_signals[0]; i++)
        sigaddset(&set, sas_signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, ret_before) < 0)
        return false;
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    sas->signals = (Source){.fd = fd, .handle = sas_signal};
    return fd >= 0 && loop_watch(&sas->loop, &sas->signals, EPOLLIN);
}

/* What is due every second; returns how long the loop may wait. */
static int sas_tick(Sas *sas, int64_t *tick_ms)
{
    int64_t now = clock_ms();
    if (now - *tick_ms >= SAS_TICK_MS) {
        *tick_ms = now;
        relays_sweep(&sas->relays);
        relays_collect(&sas->relays);
        status_tell_activity(&sas->status);
        for (int i = 0; i < sas->relay_count; i++)
            relay_resume(&sas->relay[i]);
        if (sas->stopping_ms != 0 && now - sas->stopping_ms > SAS_GRACE_MS) {
            sas->over = true; /* the end of process 1 ends every other one */
            sas->exit_code = 128 + SIGKILL;
        }
    }
    int probe = probe_step(&sas->probe);
    return probe >= 0 && probe < SAS_TICK_MS ? probe : SAS_TICK_MS;
}

static int sas_run(Sas *sas)
{
    int64_t tick_ms = clock_ms();
    while (!sas->over) {
        loop_turn(&sas->loop, sas_tick(sas, &tick_ms));
        relays_collect(&sas->relays);
    }
    return sas->exit_code;
}

int main(int argc, char **argv)
{
    Sas *sas = calloc(1, sizeof *sas);
    sigset_t before;
    prctl(PR_SET_DUMPABLE, 0); /* the service has our user id: it may not trace us */
    signal(SIGPIPE, SIG_IGN);
    if (sas == NULL || !loop_open(&sas->loop))
        return sas_fail("cannot begin", NULL);
    relays_init(&sas->relays, &sas->loop);
    if (!sas_options(sas, argc, argv))
        return SAS_FAILED;
    if (!status_open(&sas->status, &sas->loop, &sas->relays, sas->status_path))
        return sas_fail("cannot listen on", sas->status_path);
    if (!sas_open_signals(sas, &before))
        return sas_fail("cannot catch signals", NULL);
    probe_init(&sas->probe, &sas->loop, &sas->status, sas->ready_port);
    signal(SIGPIPE, SIG_DFL); /* not inherited by the service; every send says MSG_NOSIGNAL */
    if (!sas_start_child(sas, &before))
        return sas_fail("cannot fork", NULL);
    return sas_run(sas);
}
