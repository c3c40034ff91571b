/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relays: a listening socket whose connections are joined, byte for byte, to another address. It
 * knows nothing of HTTP. Half-closes are passed on, a slow reader stops its writer, and there is a
 * limit on everything: connections, time to connect, silence, bytes held.
 */
#ifndef SAS_RELAY_H
#define SAS_RELAY_H

#include "loop.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define RELAY_CONNECTIONS_MAX 2048
#define RELAY_CONNECT_TIMEOUT_MS 10000
#define RELAY_HALF_CLOSED_TIMEOUT_MS 60000
#define RELAY_IDLE_TIMEOUT_MS 3600000
#define RELAY_CHUNK_BYTES 65536

typedef struct Address {
    union {
        struct sockaddr any;
        struct sockaddr_in ip;
        struct sockaddr_un local;
    } name;
    socklen_t size;
} Address;

/* 127.0.0.1:PORT. */
Address address_loopback(int port);
/* A unix socket; false if PATH is too long. */
bool address_unix(const char *path, Address *ret_address);

/* Listens there, without waiting on accept; -1 on failure. A unix socket is open to all who reach
 * its folder, replaces whatever had its name, and appears only once it listens. */
int address_listen(const Address *address);

typedef struct Connection Connection;

/* What all relays of the process share. Zero, then relays_init(). */
typedef struct Relays {
    Loop *loop;
    Connection *first; /* all that are open */
    Connection *dead;  /* closed, freed at the end of the batch */
    int open, limit;
    int64_t last_activity_ms; /* wall clock, of those with counts_activity; 0: none yet */
    char chunk[RELAY_CHUNK_BYTES];
} Relays;

typedef struct Relay {
    Source listener;
    Relays *relays;
    Address to;
    bool counts_activity; /* is it used by people? */
    bool paused;          /* no descriptor was left; tried again at the next sweep */
} Relay;

void relays_init(Relays *relays, Loop *loop);
/* Listens on FROM and relays to TO. */
bool relay_open(Relay *relay, Relays *relays, const Address *from, const Address *to);
/* Closes what has been silent or connecting for too long. To be called every second or so. */
void relays_sweep(Relays *relays);
/* Takes up listening again where it was paused. */
void relay_resume(Relay *relay);
/* Frees what was closed during the batch of events. */
void relays_collect(Relays *relays);

#endif
