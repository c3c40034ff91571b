/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people do to projects, each as one decided and logged action, and the engine's part of it.
 *
 * Rows come first and the engine follows: what a row says is true even if the engine is away, and
 * the duty `projects.vaults` brings the folders to what the rows say (open and frozen projects
 * unlocked, closed ones locked), after a restart too. Only opening asks the engine beforehand, as
 * nobody may be let into a project whose folders are not there.
 */
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/times.h"
#include "engine/engine.h"
#include "identity/identity.h"
#include "notices/notices.h"
#include "projects/internal.h"

#include <string.h>

/* ---- the engine's part ---------------------------------------------------------------------- */

/* What the engine was last brought to, by project, in this run of the program. */
struct ProjectsData {
    GMutex lock;
    GHashTable *applied;              /* project id -> "open" or "closed" */
    GHashTable *waiting;              /* project id -> int64_t *: not tried again before (monotonic) */
};

#define VAULT_RETRY_MS TIME_MINUTE_MS

bool projects_start(App *app, GError **error)
{
    (void)error;
    struct ProjectsData *data = g_new0(struct ProjectsData, 1);
    g_mutex_init(&data->lock);
    data->applied = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    data->waiting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    app->room_data[ROOM_PROJECTS] = data;
    return true;
}

void projects_stop(App *app)
{
    struct ProjectsData *data = app->room_data[ROOM_PROJECTS];
    if (data == NULL)
        return;
    g_hash_table_unref(data->applied);
    g_hash_table_unref(data->waiting);
    g_mutex_clear(&data->lock);
    g_free(data);
    app->room_data[ROOM_PROJECTS] = NULL;
}

static void vault_note(App *app, const char *project, const char *state)
{
    struct ProjectsData *data = app->room_data[ROOM_PROJECTS];
    if (data == NULL)
        return;
    g_mutex_lock(&data->lock);
    g_hash_table_replace(data->applied, g_strdup(project), (void *)state);
    g_hash_table_remove(data->waiting, project);
    g_mutex_unlock(&data->lock);
}

/* What failed for a reason that does not go away by itself is tried once a minute, not each round. */
static void vault_wait(App *app, const char *project)
{
    struct ProjectsData *data = app->room_data[ROOM_PROJECTS];
    int64_t *until = g_new(int64_t, 1);
    *until = time_monotonic_ms() + VAULT_RETRY_MS;
    g_mutex_lock(&data->lock);
    g_hash_table_replace(data->waiting, g_strdup(project), until);
    g_mutex_unlock(&data->lock);
}

static bool vault_waits(App *app, const char *project)
{
    struct ProjectsData *data = app->room_data[ROOM_PROJECTS];
    g_mutex_lock(&data->lock);
    const int64_t *until = g_hash_table_lookup(data->waiting, project);
    bool waits = until != NULL && *until > time_monotonic_ms();
    g_mutex_unlock(&data->lock);
    return waits;
}

static bool vault_is(App *app, const char *project, const char *state)
{
    struct ProjectsData *data = app->room_data[ROOM_PROJECTS];
    g_mutex_lock(&data->lock);
    bool same = g_strcmp0(g_hash_table_lookup(data->applied, project), state) == 0;
    g_mutex_unlock(&data->lock);
    return same;
}

static const char vault_open[] = "open";
static const char vault_closed[] = "closed";

static bool vault_unlock(App *app, const char *project, int64_t id_base, bool *ret_encrypted,
                         GError **error)
{
    g_autoptr(Plan) plan = plan_project_open_new(project, id_base);
    g_autoptr(json_t) result = NULL;
    if (!engine_client_run(app->engine, plan, NULL, NULL, &result, error))
        return false;
    *ret_encrypted = json_is_true(json_object_get(result, "encrypted"));
    vault_note(app, project, vault_open);
    return true;
}

static bool vault_lock(App *app, const char *project, int64_t id_base, GError **error)
{
    g_autoptr(Plan) plan = plan_project_close_new(project, id_base);
    if (!engine_client_run(app->engine, plan, NULL, NULL, NULL, error))
        return false;
    vault_note(app, project, vault_closed);
    return true;
}

static bool host_encrypts(App *app, bool *ret_encrypts, GError **error)
{
    g_autoptr(Plan) plan = plan_host_check_new();
    g_autoptr(json_t) result = NULL;
    if (!engine_client_run(app->engine, plan, NULL, NULL, &result, error))
        return false;
    *ret_encrypts = json_is_true(json_object_get(result, "encrypted"));
    return true;
}

/* Which line of the configuration accepts an unencrypted project of a tier. The open tier asks for
 * no encryption, hence for no acceptance. */
static const char *const accept_keys[TIER_COUNT] = {
    [TIER_RESTRICTED] = "engine.accept_unencrypted_restricted",
    [TIER_SECURE] = "engine.accept_unencrypted_secure",
};

static bool accepts_unencrypted(const App *app, PolicyTier tier)
{
    return accept_keys[tier] != NULL && config_boolean(app->config, accept_keys[tier]);
}

typedef struct VaultRow {
    char *id;
    int64_t id_base;
    bool closed;
} VaultRow;

static void vault_row_free(void *data)
{
    VaultRow *row = data;
    g_free(row->id);
    g_free(row);
}

static bool vaults_read(StoreTx *tx, void *data, GError **error)
{
    GPtrArray *list = data;
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT id, id_base, state FROM project WHERE state <> $1 ORDER BY id",
        store_text(policy_name(SET_STATE, STATE_PLANNED)));
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        VaultRow *row = g_new0(VaultRow, 1);
        row->id = g_strdup(store_row_text(rows, 0));
        row->id_base = store_row_integer(rows, 1);
        row->closed = strcmp(store_row_text(rows, 2), policy_name(SET_STATE, STATE_CLOSED)) == 0;
        g_ptr_array_add(list, row);
    }
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* One round. A project that cannot be locked yet (its services are being stopped) is tried again. */
static bool projects_reconcile(App *app, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(vault_row_free);
    if (!store_read(app->store, vaults_read, list, error))
        return false;
    for (guint i = 0; i < list->len; i++) {
        const VaultRow *row = g_ptr_array_index(list, i);
        g_autoptr(GError) problem = NULL;
        bool encrypted = false;
        if (vault_is(app, row->id, row->closed ? vault_closed : vault_open) ||
            vault_waits(app, row->id))
            continue;
        bool ok = row->closed ? vault_lock(app, row->id, row->id_base, &problem)
                              : vault_unlock(app, row->id, row->id_base, &encrypted, &problem);
        if (!ok && error_is(problem, ERROR_UNAVAILABLE))
            return true; /* no engine: it is restarted, the next round asks again */
        if (!ok && !error_is(problem, ERROR_CONFLICT)) {
            log_warning("projects.vault_failed", "project", row->id, "why", problem->message);
            vault_wait(app, row->id);
        }
    }
    return true;
}

const Duty projects_duties[] = {
    {"projects.vaults", 1000, projects_reconcile},
    {0},
};

/* ---- creation ------------------------------------------------------------------------------- */

typedef struct CreateCall {
    const ProjectNew *given;
    char *id;
    bool encrypted;
    int64_t id_base;
} CreateCall;

static bool create_in(Act *act, void *data, GError **error)
{
    CreateCall *call = data;
    const ProjectNew *given = call->given;
    const App *app = act->app;
    int64_t now = time_now_ms();
    PolicyFacts facts = {
        .tier = given->tier, .route = given->route, .purpose = given->purpose,
        .encrypted = call->encrypted, .accept_unencrypted = accepts_unencrypted(app, given->tier),
    };
    g_autoptr(IdentityPerson) lead = NULL;
    g_autoptr(Project) project = NULL;
    act_about(act, call->id, call->id);
    act_detail(act, "slug", given->slug);
    act_detail(act, "tier", policy_name(SET_TIER, given->tier));
    if (!act_allow(act, &facts, error) ||
        !identity_person_find(act->tx, given->lead, &lead, error) ||
        !project_insert(act->tx, given, call->id, act->actor->id,
                        config_integer(app->config, "engine.id_range_start"),
                        config_integer(app->config, "lake.project_quota_bytes"), call->encrypted,
                        now, error) ||
        !project_load(act->tx, call->id, &project, error))
        return false;
    call->id_base = project->id_base;
    act_detail(act, "lead", lead->id);
    act_notify(act, PROJECTS_TOPIC_RIGHTS);
    g_autofree char *topic = g_strconcat("person:", lead->id, NULL);
    act_notify(act, topic);
    return project_member_put(act->tx, project, lead->id, PROJECT_LEAD | PROJECT_SCIENTIST,
                              MIN(project->starts_ms, now), project->ends_ms, act->actor->id, now,
                              error);
}

typedef struct FoldersCall {
    const char *id;
    bool encrypted;
    const char *reason;
} FoldersCall;

static bool folders_in(StoreTx *tx, void *data, GError **error)
{
    const FoldersCall *call = data;
    return store_exec(tx, error,
                      "UPDATE project SET encrypted = $1, state_reason = $2 WHERE id = $3",
                      store_integer(call->encrypted), store_text(call->reason),
                      store_text(call->id));
}

bool project_create(App *app, const PolicyActor *actor, const ProjectNew *given, char **ret_id,
                    GError **error)
{
    g_autofree char *id = id_new("prj");
    CreateCall call = {.given = given, .id = id};
    /* Where no engine answers, nothing is known to be encrypted: policy then decides. */
    g_autoptr(GError) problem = NULL;
    if (!host_encrypts(app, &call.encrypted, &problem))
        log_warning("projects.host_check_failed", "why", problem->message);
    g_clear_error(&problem);
    if (!act_run(app, actor, VERB_PROJECT_CREATE, create_in, &call, NULL, error))
        return false;
    FoldersCall folders = {.id = id, .encrypted = call.encrypted, .reason = ""};
    if (!vault_unlock(app, id, call.id_base, &folders.encrypted, &problem)) {
        log_warning("projects.vault_failed", "project", id, "why", problem->message);
        folders.encrypted = false;
        folders.reason = "The engine has not made the project's folders yet; opening the project "
                         "tries again.";
    }
    if (!store_write(app->store, folders_in, &folders, error))
        return false;
    *ret_id = g_steal_pointer(&id);
    return true;
}

/* ---- edition -------------------------------------------------------------------------------- */

typedef struct EditCall {
    const char *project;
    const ProjectEdit *edit;
} EditCall;

static bool edit_end(Act *act, const Project *project, int64_t ends_ms, GError **error)
{
    if (ends_ms == 0 || ends_ms == project->ends_ms)
        return true;
    if (!project_check_dates(project->starts_ms, ends_ms, error))
        return false;
    g_autofree char *text = time_format(ends_ms);
    act_detail(act, "ends", text);
    /* Members who were there until the end of the project stay until its new end; no membership
     * outlives the project. */
    return store_exec(act->tx, error,
                      "UPDATE project_member SET ends_ms = $1 WHERE project = $2 AND "
                      "(ends_ms = $3 OR ends_ms > $1)", store_integer(ends_ms),
                      store_text(project->id), store_integer(project->ends_ms));
}

static bool edit_in(Act *act, void *data, GError **error)
{
    const EditCall *call = data;
    const ProjectEdit *edit = call->edit;
    PolicyFacts facts = {0};
    g_autoptr(Project) project = NULL;
    act_about(act, call->project, call->project);
    if (!project_facts_visible(act->tx, act->actor, call->project, time_now_ms(), &facts, error) ||
        !act_allow(act, &facts, error) || !project_load(act->tx, call->project, &project, error))
        return false;
    /* The end of a project is the end of rights: it is the officer's, like its quota. */
    bool officers = edit->bucket_quota_bytes >= 0 || edit->ends_ms != 0;
    if (officers && !policy_enforce(act->actor, VERB_PROJECT_QUOTA, &facts, error))
        return false;
    if (!edit_end(act, project, edit->ends_ms, error))
        return false;
    if (edit->bucket_quota_bytes >= 0) {
        g_autofree char *quota = g_strdup_printf("%" G_GINT64_FORMAT, edit->bucket_quota_bytes);
        act_detail(act, "bucket_quota_bytes", quota);
    }
    act_notify(act, PROJECTS_TOPIC_RIGHTS);
    g_autofree char *topic = g_strconcat("project:", call->project, NULL);
    act_notify(act, topic);
    return store_exec(
        act->tx, error,
        "UPDATE project SET title = $1, summary = $2, ends_ms = $3, bucket_quota_bytes = $4, "
        "version = version + 1 WHERE id = $5",
        store_text(edit->title != NULL ? edit->title : project->title),
        store_text(edit->summary != NULL ? edit->summary : project->summary),
        store_integer(edit->ends_ms != 0 ? edit->ends_ms : project->ends_ms),
        store_integer(edit->bucket_quota_bytes >= 0 ? edit->bucket_quota_bytes
                                                    : project->bucket_quota_bytes),
        store_text(call->project));
}

bool project_edit(App *app, const PolicyActor *actor, const char *project,
                  const ProjectEdit *edit, GError **error)
{
    EditCall call = {project, edit};
    return act_run(app, actor, VERB_PROJECT_EDIT, edit_in, &call, NULL, error);
}

/* ---- states --------------------------------------------------------------------------------- */

typedef struct MoveCall {
    const char *project;
    unsigned to;
    const char *reason;
    bool encrypted;              /* as the engine found it */
    int64_t id_base;
} MoveCall;

static bool move_facts(StoreTx *tx, const PolicyActor *actor, const MoveCall *call,
                       Project **ret_project, PolicyFacts *ret_facts, GError **error)
{
    return project_facts_visible(tx, actor, call->project, time_now_ms(), ret_facts, error) &&
           project_load(tx, call->project, ret_project, error);
}

static bool move_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    MoveCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(Project) project = NULL;
    if (!move_facts(tx, actor, call, &project, &facts, error) ||
        !policy_enforce(actor, VERB_PROJECT_STATE, &facts, error) ||
        !project_move_check(project->state, call->to, error))
        return false;
    call->encrypted = project->encrypted;
    call->id_base = project->id_base;
    return true;
}

static bool move_tell(Act *act, const MoveCall *call, GError **error)
{
    NoticeNew notice = {.kind = NOTICE_PROJECT_STATE, .object = call->project,
                        .project = call->project, .detail = call->reason};
    g_autoptr(GPtrArray) members = project_members(act->tx, call->project, error);
    for (guint i = 0; members != NULL && i < members->len; i++) {
        const ProjectMember *member = g_ptr_array_index(members, i);
        if (!notice_add(act, member->person, &notice, error))
            return false;
    }
    return members != NULL;
}

static bool move_in(Act *act, void *data, GError **error)
{
    const MoveCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(Project) project = NULL;
    act_about(act, call->project, call->project);
    act_detail(act, "to", policy_name(SET_STATE, call->to));
    act_detail(act, "reason", call->reason);
    if (!move_facts(act->tx, act->actor, call, &project, &facts, error) ||
        !act_allow(act, &facts, error))
        return false;
    facts.encrypted = call->encrypted;
    facts.accept_unencrypted = accepts_unencrypted(act->app, project->tier);
    if (call->to == STATE_OPEN && policy_tier(project->tier)->encryption && !facts.encrypted &&
        !facts.accept_unencrypted)
        return error_set(error, ERROR_DENIED, "policy.encryption",
                         "The project's folders are not encrypted at rest, which its tier "
                         "requires; use a file system that can (fscrypt), or accept it "
                         "explicitly in the configuration.");
    act_notify(act, PROJECTS_TOPIC_RIGHTS);
    g_autofree char *topic = g_strconcat("project:", call->project, NULL);
    act_notify(act, topic);
    return project_state_set(act->tx, project, call->to, call->reason, call->encrypted, error) &&
           move_tell(act, call, error);
}

bool project_move(App *app, const PolicyActor *actor, const char *project, unsigned to,
                  const char *reason, GError **error)
{
    MoveCall call = {.project = project, .to = to, .reason = reason};
    if (!look_run(app, actor, VERB_PROJECT_STATE, project, false, move_look, &call, error))
        return false;
    if (to == STATE_OPEN && !vault_unlock(app, project, call.id_base, &call.encrypted, error))
        return false;
    return act_run(app, actor, VERB_PROJECT_STATE, move_in, &call, NULL, error);
}

/* ---- members -------------------------------------------------------------------------------- */

typedef struct MemberCall {
    const char *project;
    const ProjectMemberNew *member;
    const char *person;
} MemberCall;

static bool member_begin(Act *act, const char *project_id, Project **ret_project, GError **error)
{
    PolicyFacts facts = {0};
    act_about(act, project_id, project_id);
    if (!project_facts_visible(act->tx, act->actor, project_id, time_now_ms(), &facts, error) ||
        !act_allow(act, &facts, error) ||
        !project_load(act->tx, project_id, ret_project, error))
        return false;
    g_autofree char *topic = g_strconcat("project:", project_id, NULL);
    act_notify(act, topic);
    act_notify(act, PROJECTS_TOPIC_RIGHTS);
    return true;
}

static bool member_is_live(StoreTx *tx, const char *project, const char *person, bool *ret_live,
                           GError **error)
{
    int64_t count = 0;
    if (!store_query_integer(tx, &count, 0, error,
                             "SELECT count(*) FROM project_member WHERE project = $1 AND "
                             "person = $2 AND removed_ms IS NULL",
                             store_text(project), store_text(person)))
        return false;
    *ret_live = count > 0;
    return true;
}

static bool member_set_in(Act *act, void *data, GError **error)
{
    const MemberCall *call = data;
    const ProjectMemberNew *member = call->member;
    g_autoptr(Project) project = NULL;
    g_autoptr(IdentityPerson) person = NULL;
    int64_t now = time_now_ms();
    if (!member_begin(act, call->project, &project, error) ||
        !identity_person_find(act->tx, member->login, &person, error))
        return false;
    if (person->disabled_ms != 0)
        return error_set(error, ERROR_CONFLICT, "projects.person_disabled",
                         "The account \"%s\" is disabled.", member->login);
    g_autofree char *roles = policy_format_set(SET_PROJECT_ROLE, member->roles);
    g_autofree char *topic = g_strconcat("person:", person->id, NULL);
    act_detail(act, "person", person->id);
    act_detail(act, "roles", roles);
    act_notify(act, topic);
    bool was_member = false;
    if (!member_is_live(act->tx, call->project, person->id, &was_member, error))
        return false;
    NoticeNew notice = {.kind = was_member ? NOTICE_MEMBER_CHANGED : NOTICE_MEMBER_ADDED,
                        .object = call->project, .project = call->project};
    return project_member_put(act->tx, project, person->id, member->roles,
                              member->starts_ms != 0 ? member->starts_ms : now,
                              member->ends_ms != 0 ? member->ends_ms : project->ends_ms,
                              act->actor->id, now, error) &&
           notice_add(act, person->id, &notice, error);
}

bool project_member_set(App *app, const PolicyActor *actor, const char *project,
                        const ProjectMemberNew *member, GError **error)
{
    MemberCall call = {.project = project, .member = member};
    return act_run(app, actor, VERB_PROJECT_MEMBER, member_set_in, &call, NULL, error);
}

static bool member_remove_in(Act *act, void *data, GError **error)
{
    const MemberCall *call = data;
    g_autoptr(Project) project = NULL;
    if (!member_begin(act, call->project, &project, error))
        return false;
    g_autofree char *topic = g_strconcat("person:", call->person, NULL);
    act_detail(act, "removed", call->person);
    act_notify(act, topic);
    NoticeNew notice = {.kind = NOTICE_MEMBER_REMOVED, .object = call->project,
                        .project = call->project};
    return project_member_drop(act->tx, call->project, call->person, time_now_ms(), error) &&
           notice_add(act, call->person, &notice, error);
}

bool project_member_remove(App *app, const PolicyActor *actor, const char *project,
                           const char *person, GError **error)
{
    MemberCall call = {.project = project, .person = person};
    return act_run(app, actor, VERB_PROJECT_MEMBER, member_remove_in, &call, NULL, error);
}
