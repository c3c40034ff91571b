/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the service manager how far we are: systemd's sd_notify protocol, one datagram. */
#ifndef DARSE_SERVER_NOTIFY_H
#define DARSE_SERVER_NOTIFY_H

/* STATE: "READY=1\nSTATUS=...". Does nothing where no manager listens ($NOTIFY_SOCKET). */
void notify_manager(const char *state);

#endif
