/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DARSE_OFFICER_INTERNAL_H
#define DARSE_OFFICER_INTERNAL_H

#include "officer/officer.h"

/* ---- overview.c ---- */

/* {"persons": n, ...}: what is there and what waits. */
bool overview_count(StoreTx *tx, int64_t now_ms, json_t **ret_counts, GError **error);
bool overview_show(HttpRequest *request, GError **error);
extern const HttpField overview_answer[];

/* ---- usage_api.c ---- */

bool usage_services(HttpRequest *request, GError **error);
extern const HttpField usage_services_answer[];
bool usage_projects(HttpRequest *request, GError **error);
extern const HttpField usage_projects_answer[];
extern const HttpField usage_page_query[];

/* ---- check.c: the verification of the audit log, one at a time, on a thread of its own ---- */

typedef struct Check Check;
Check *check_new(App *app);
void check_free(Check *check);       /* waits for the one that runs */
bool check_begin(HttpRequest *request, GError **error);
bool check_show(HttpRequest *request, GError **error);
extern const HttpField check_answer[];

/* ---- the room's state ---- */

Check *officer_check(const App *app);

json_t *officer_time(int64_t time_ms);

#endif
