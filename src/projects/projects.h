/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Projects: the unit of work. Their rows, their members, their states, and the facts about them
 * that policy needs. A state changes in one function, by one table. The folders of a project are
 * made, unlocked and locked by the engine; a duty brings the engine to what the rows say, so that a
 * crash between the two is mended by the next round.
 *
 * The room knows nothing of datasets and accreditations.
 */
#ifndef DARSE_PROJECTS_PROJECTS_H
#define DARSE_PROJECTS_PROJECTS_H

#include "app/app.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

extern const Room projects_room;
extern const HttpRoute projects_routes[];

/* Published after every change that may give or end somebody's right. */
#define PROJECTS_TOPIC_RIGHTS "rights"

typedef struct Project {
    char *id, *slug, *title, *summary;
    char *organisation, *organisation_name;
    char *legal_basis;
    char *state_reason;
    unsigned route, purpose;        /* PolicyRoute, PolicyPurpose */
    PolicyTier tier;
    unsigned state;                 /* PolicyState, as decided by an officer */
    int64_t id_base;                /* first host user id of the project's bubbles */
    bool encrypted;                 /* its folders are encrypted at rest */
    int64_t bucket_quota_bytes;
    int64_t starts_ms, ends_ms;     /* [starts, ends) */
    int64_t created_ms;
} Project;
void project_free(Project *project);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Project, project_free)

typedef struct ProjectMember {
    char *person, *login, *name;
    unsigned roles;                 /* PolicyProjectRole */
    int64_t starts_ms, ends_ms;     /* [starts, ends) */
} ProjectMember;
void project_member_free(ProjectMember *member);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProjectMember, project_member_free)

/* ---- reading; ERROR_NOT_FOUND "projects.no_project" ---- */

bool project_load(StoreTx *tx, const char *id, Project **ret_project, GError **error);
bool project_find(StoreTx *tx, const char *slug, Project **ret_project, GError **error);

/* The projects IDS that there are: id -> Project. */
GHashTable *project_load_many(StoreTx *tx, const GPtrArray *ids, GError **error);

/* The state that counts at NOW: an open project is planned before its first day and frozen after
 * its last. */
unsigned project_state_at(const Project *project, int64_t now_ms);

/* Facts of the project for ACTOR: live roles, tier, state, route, purpose, encryption. What is of a
 * dataset, a volume or an export stays zero. Fails only when there is no such project: it does not
 * ask whether the actor may see it (stewards, committee and checkers are outside of it). For the
 * door of a service, "service:<id>", there are no roles: the caller sets `inside`. */
bool project_facts_load(StoreTx *tx, const PolicyActor *actor, const char *project,
                        int64_t now_ms, PolicyFacts *ret_facts, GError **error);
/* The facts of each of PROJECTS (of Project): id -> PolicyFacts, none twice. ACTOR may be NULL. */
GHashTable *project_facts_many(StoreTx *tx, const PolicyActor *actor, const GPtrArray *projects,
                               int64_t now_ms, GError **error);
/* As above, for what lies inside a project: whoever may not see the project is told that there is
 * none. */
bool project_facts_visible(StoreTx *tx, const PolicyActor *actor, const char *project,
                           int64_t now_ms, PolicyFacts *ret_facts, GError **error);

/* Projects that ACTOR may view, by id after AFTER ("" for the first). Array of Project. */
GPtrArray *project_list(StoreTx *tx, const PolicyActor *actor, int64_t now_ms, const char *after,
                        int64_t limit, GError **error);
/* Members now or later, by login. Array of ProjectMember. */
GPtrArray *project_members(StoreTx *tx, const char *project, GError **error);

/* Those of them who lead, for each of PROJECTS: id -> array of ProjectMember. */
GHashTable *project_leads_many(StoreTx *tx, const GPtrArray *projects, GError **error);

/* Live roles of PERSON at NOW (0: none) and when they end. */
bool project_member_live(StoreTx *tx, const char *project, const char *person, int64_t now_ms,
                         unsigned *ret_roles, int64_t *ret_ends_ms, GError **error);

/* Has, had or will PERSON have a part in it? Nobody who does decides about it. */
bool project_was_member(StoreTx *tx, const char *project, const char *person, bool *ret_was,
                        GError **error);

/* ---- the state machine ---- */

typedef struct ProjectMove {
    PolicyState from, to;
    const char *when;               /* for the diagram */
} ProjectMove;
extern const ProjectMove project_moves[]; /* ended by a row with `when` NULL */

/* True if the table has a row from FROM to TO; else ERROR_CONFLICT "projects.state". */
bool project_move_check(unsigned from, unsigned to, GError **error);

/* ---- acting. Each runs as one decided, logged action. ---- */

typedef struct ProjectNew {
    const char *title, *slug, *summary;
    const char *organisation;       /* id */
    const char *lead;               /* login */
    const char *legal_basis;
    unsigned route, purpose;
    PolicyTier tier;
    int64_t starts_ms, ends_ms;
} ProjectNew;

/* Makes the row (planned), then its folders. When the engine does not answer, the project is there
 * all the same, its state_reason says so, and opening it tries again. Caller frees *RET_ID. */
bool project_create(App *app, const PolicyActor *actor, const ProjectNew *given, char **ret_id,
                    GError **error);

typedef struct ProjectEdit {
    const char *title, *summary;    /* NULL: as it is */
    int64_t ends_ms;                /* 0: as it is */
    int64_t bucket_quota_bytes;     /* -1: as it is */
} ProjectEdit;
bool project_edit(App *app, const PolicyActor *actor, const char *project,
                  const ProjectEdit *edit, GError **error);

/* TO: STATE_OPEN, STATE_FROZEN or STATE_CLOSED. Opening unlocks the folders first. */
bool project_move(App *app, const PolicyActor *actor, const char *project, unsigned to,
                  const char *reason, GError **error);

typedef struct ProjectMemberNew {
    const char *login;
    unsigned roles;
    int64_t starts_ms, ends_ms;     /* 0: now; 0: the project's end */
} ProjectMemberNew;
/* Adds somebody, or gives a member other roles and dates. The last lead cannot lose that role. */
bool project_member_set(App *app, const PolicyActor *actor, const char *project,
                        const ProjectMemberNew *member, GError **error);
bool project_member_remove(App *app, const PolicyActor *actor, const char *project,
                           const char *person, GError **error);

/* ---- inside the actions above, and for tests: rows alone, no policy ---- */

bool project_insert(StoreTx *tx, const ProjectNew *given, const char *id, const char *created_by,
                    int64_t id_range_start, int64_t quota_bytes, bool encrypted, int64_t now_ms,
                    GError **error);
bool project_state_set(StoreTx *tx, const Project *project, unsigned to, const char *reason,
                       bool encrypted, GError **error);
bool project_member_put(StoreTx *tx, const Project *project, const char *person, unsigned roles,
                        int64_t starts_ms, int64_t ends_ms, const char *added_by, int64_t now_ms,
                        GError **error);
bool project_member_drop(StoreTx *tx, const char *project, const char *person, int64_t now_ms,
                         GError **error);

#endif
