/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Audits by those who are in the table. A contributor's knowledge reaches only the targets that shown
 * relations link to its cells: the others keep the interval that everybody has.
 */
#include "sdc/audit.h"

#include "sdc/coalitions.h"
#include "sdc/failure.h"
#include "sdc/gauss.h"
#include "sdc/memory.h"

#include <string.h>

typedef struct Audits {
    const SdcContext *context;
    const SdcInsiders *in;
    size_t cells;
    SdcCoalitions owners;
    uint32_t *leader;        /* of a suppressed cell: the lowest of those it is linked to */
    uint8_t *reach;          /* of a leader: bit 0 for the first owner's cells, bit 1 for the second's */
    bool *targets, *suppressed, *others, *disclosed;
    double *low, *high;      /* of the audit at hand */
    uint8_t *states;
    double *best_low, *best_high;
    uint8_t *worst;
    uint32_t *who;
    size_t programs;
} Audits;

static bool audits_init(Audits *a, SdcError *ret_error)
{
    const SdcContext *context = a->context;
    size_t n = a->cells;
    bool **flags[] = {&a->targets, &a->suppressed, &a->others, &a->disclosed};
    double **numbers[] = {&a->low, &a->high, &a->best_low, &a->best_high};
    for (int i = 0; i < 4; i++) {
        *flags[i] = sdc_alloc(context, n, sizeof(bool), ret_error);
        *numbers[i] = *flags[i] != NULL ? sdc_alloc(context, n, sizeof(double), ret_error) : NULL;
        if (*numbers[i] == NULL)
            return false;
    }
    a->leader = sdc_alloc(context, n, sizeof *a->leader, ret_error);
    a->who = sdc_alloc(context, n, sizeof *a->who, ret_error);
    a->reach = sdc_alloc(context, n, sizeof *a->reach, ret_error);
    a->states = sdc_alloc(context, n, sizeof *a->states, ret_error);
    a->worst = sdc_alloc(context, n, sizeof *a->worst, ret_error);
    return a->leader != NULL && a->who != NULL && a->reach != NULL && a->states != NULL && a->worst != NULL;
}

static void audits_clear(Audits *a)
{
    const SdcContext *context = a->context;
    size_t n = a->cells;
    bool *flags[] = {a->targets, a->suppressed, a->others, a->disclosed};
    double *numbers[] = {a->low, a->high, a->best_low, a->best_high};
    for (int i = 0; i < 4; i++) {
        sdc_release(context, flags[i], n, sizeof(bool));
        sdc_release(context, numbers[i], n, sizeof(double));
    }
    sdc_release(context, a->leader, n, sizeof *a->leader);
    sdc_release(context, a->who, n, sizeof *a->who);
    sdc_release(context, a->reach, n, sizeof *a->reach);
    sdc_release(context, a->states, n, sizeof *a->states);
    sdc_release(context, a->worst, n, sizeof *a->worst);
    if (a->owners.owner != NULL)
        sdc_coalitions_clear(&a->owners);
}

/* --- links ------------------------------------------------------------------------------------------- */

static uint32_t find_leader(uint32_t *leader, uint32_t cell)
{
    while (leader[cell] != cell) {
        leader[cell] = leader[leader[cell]];
        cell = leader[cell];
    }
    return cell;
}

static void link_cells(Audits *a)
{
    const SdcRelations *relations = a->in->audit->relations;
    for (uint32_t i = 0; i < a->cells; i++)
        a->leader[i] = i;
    for (size_t r = 0; r < relations->count; r++) {
        uint32_t first = UINT32_MAX;
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            uint32_t cell = relations->columns[k];
            if (!a->in->audit->suppressed[cell])
                continue;
            uint32_t other = find_leader(a->leader, cell);
            first = first == UINT32_MAX || other < first ? other : first;
        }
        for (size_t k = relations->starts[r]; first != UINT32_MAX && k < relations->starts[r + 1]; k++) {
            uint32_t cell = relations->columns[k];
            if (a->in->audit->suppressed[cell])
                a->leader[find_leader(a->leader, cell)] = find_leader(a->leader, first);
        }
    }
}

/* --- one coalition ----------------------------------------------------------------------------------- */

static void mark_cells(Audits *a, size_t owner, uint8_t bit)
{
    for (size_t i = a->owners.starts[owner]; i < a->owners.starts[owner + 1]; i++) {
        uint32_t cell = a->owners.owned[i];
        if (!a->in->audit->suppressed[cell])
            continue;
        a->reach[find_leader(a->leader, cell)] |= bit;
        a->suppressed[cell] = false;
        a->others[cell] = false;
    }
}

/* Targets that everybody's cells of the coalition reach: of less, a part of the coalition knows as much. */
static bool choose_targets(Audits *a, size_t first, size_t second)
{
    const SdcAudit *audit = a->in->audit;
    uint8_t wanted = first == second ? 1 : 3;
    bool any = false;
    memset(a->reach, 0, a->cells * sizeof *a->reach);
    memset(a->others, true, a->cells * sizeof *a->others);
    memcpy(a->suppressed, audit->suppressed, a->cells * sizeof *a->suppressed);
    mark_cells(a, first, 1);
    if (second != first)
        mark_cells(a, second, 2);
    for (uint32_t i = 0; i < a->cells; i++) {
        uint32_t owner = a->owners.owner[i];
        a->targets[i] = audit->suppressed[i] && (audit->targets == NULL || audit->targets[i]) &&
                        owner != first && owner != second && a->reach[find_leader(a->leader, i)] == wanted;
        any = any || a->targets[i];
    }
    return any;
}

static bool narrower(const Audits *a, size_t i)
{
    return a->states[i] > a->worst[i] ||
           a->high[i] - a->low[i] < a->best_high[i] - a->best_low[i];
}

static void take_verdicts(Audits *a, size_t owner)
{
    for (size_t i = 0; i < a->cells; i++) {
        if (!a->targets[i] || a->disclosed[i] || !narrower(a, i))
            continue;
        a->best_low[i] = a->low[i];
        a->best_high[i] = a->high[i];
        a->worst[i] = a->states[i];
        a->who[i] = 1 + a->owners.owned[a->owners.starts[owner]];
    }
}

static bool audit_by(Audits *a, size_t first, size_t second, SdcError *ret_error)
{
    if (!choose_targets(a, first, second))
        return true;
    SdcAudit audit = *a->in->audit;
    SdcAuditSummary summary;
    audit.suppressed = a->suppressed;
    audit.targets = a->targets;
    if (!sdc_audit(a->context, &audit, a->low, a->high, a->states, &summary, ret_error))
        return false;
    a->programs += summary.programs;
    size_t count;
    memset(a->disclosed, 0, a->cells * sizeof *a->disclosed);
    if (summary.exact > 0 &&
        !sdc_gauss_disclosed(a->context, audit.relations, a->others, a->disclosed, &count, ret_error))
        return false;
    take_verdicts(a, first);
    return true;
}

/* --- all ------------------------------------------------------------------------------------------------ */

static bool audit_all(Audits *a, SdcError *ret_error)
{
    for (size_t first = 0; first < a->owners.owners; first++) {
        size_t end = a->in->coalition > 1 ? a->owners.owners : first + 1;
        for (size_t second = first; second < end; second++) {
            if (!audit_by(a, first, second, ret_error))
                return false;
        }
    }
    return true;
}

static bool check_request(const SdcInsiders *in, SdcError *ret_error)
{
    if ((in->singletons != NULL) == (in->contributors != NULL))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Who is alone in a cell must be given in one way: by "
                           "flag or by contributor.");
    if (in->coalition > 2)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Coalitions of %u contributors were asked for; they "
                           "are of 1 or 2.", in->coalition);
    return true;
}

bool sdc_audit_insiders(const SdcContext *context, const SdcInsiders *insiders, double *ret_low,
                        double *ret_high, uint8_t *ret_states, uint32_t *ret_insiders,
                        SdcAuditSummary *ret_summary, SdcError *ret_error)
{
    if (!check_request(insiders, ret_error))
        return false;
    const SdcAudit *audit = insiders->audit;
    Audits a = {.context = context, .in = insiders, .cells = audit->relations->cells};
    SdcAuditSummary summary = {0};
    bool ok = audits_init(&a, ret_error) &&
              sdc_coalitions_init(context, a.cells, audit->suppressed, insiders->singletons,
                                  insiders->contributors, insiders->coalition, &a.owners, ret_error) &&
              sdc_audit(context, audit, a.best_low, a.best_high, a.worst, &summary, ret_error);
    if (ok) {
        a.programs = summary.programs;
        link_cells(&a);
        ok = audit_all(&a, ret_error);
    }
    if (ok) {
        summary.programs = a.programs;
        summary.safe = summary.insufficient = summary.exact = 0;
        for (size_t i = 0; i < a.cells; i++) {
            summary.safe += a.worst[i] == SDC_AUDIT_SAFE;
            summary.insufficient += a.worst[i] == SDC_AUDIT_INSUFFICIENT;
            summary.exact += a.worst[i] == SDC_AUDIT_EXACT;
        }
        memcpy(ret_low, a.best_low, a.cells * sizeof *ret_low);
        memcpy(ret_high, a.best_high, a.cells * sizeof *ret_high);
        memcpy(ret_states, a.worst, a.cells * sizeof *ret_states);
        memcpy(ret_insiders, a.who, a.cells * sizeof *ret_insiders);
        *ret_summary = summary;
    }
    audits_clear(&a);
    return ok;
}
