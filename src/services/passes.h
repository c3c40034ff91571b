/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tickets and cookies of services' origins. A ticket is made in the portal by the person's session,
 * works once within 30 seconds, and becomes a cookie of that one service, tied to that session.
 * What the cookie opens is decided again at each request; a decision is remembered for at most
 * 400 ms and not across a change of rights.
 */
#ifndef DARSE_SERVICES_PASSES_H
#define DARSE_SERVICES_PASSES_H

#include "services/live.h"

#define PASS_TICKET_MS 30000

/* Inside an act: makes a ticket for ACTOR on SERVICE. The caller owns the text. */
bool passes_ticket_new(StoreTx *tx, const PolicyActor *actor, const char *service,
                       int64_t now_ms, char **ret_ticket, GError **error);
/* Uses TICKET up and makes the cookie. ERROR_DENIED "services.ticket" if it is not one of SERVICE,
 * used, or too old. */
bool passes_enter(App *app, const char *service, const char *ticket, char **ret_cookie,
                  GError **error);
/* True if COOKIE opens SERVICE now. RET_OWNER: user id behind its doors. Errors:
 * ERROR_UNAUTHENTICATED "services.cookie" (none, or of another service, or its session ended),
 * ERROR_DENIED with policy's reason, ERROR_CONFLICT "services.not_running" with why it stopped. */
bool passes_authorise(App *app, const char *service, const char *cookie, uid_t *ret_owner,
                      GError **error);
void passes_start(Services *services);
void passes_stop(Services *services);
/* Removes tickets and cookies that have ended. A duty of the clock. */
bool passes_sweep(App *app, GError **error);

#endif
