/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unknowns are deviations from the true values, so that nothing at all is a solution: every program
 * starts feasible, and the right-hand sides are zero. Suppressed cells fall into components that no
 * relation joins.
 */
#include "sdc/audit.h"

#include "sdc/failure.h"
#include "sdc/memory.h"
#include "sdc/solver.h"

#include <math.h>
#include <string.h>

enum { PIECE = 64 };
#define TOLERANCE 1e-6
#define NONE UINT32_MAX
#define PROGRAM_SECONDS 600.0

typedef struct Piece {
    size_t begin, end;         /* cells of one component in BY_COMPONENT */
    size_t first, last;        /* of these, the targets from FIRST to LAST - 1 */
    SdcError error;
    size_t programs;
} Piece;

typedef struct Attack {
    const SdcContext *context;
    const SdcAudit *in;
    size_t cells;
    bool *open;                /* suppressed and not known to be fixed */
    uint32_t *leader;          /* union-find over cells */
    uint32_t *by_component;    /* open cells, component by component, targets first */
    uint32_t *column;          /* of a cell in its component */
    size_t *use_starts;        /* of a cell: relations that have it */
    uint32_t *uses;
    uint32_t *unknowns;        /* of a relation: open cells */
    double *low, *high;
    Piece *pieces;
    size_t piece_count, piece_room, components;
    bool any_negative;
} Attack;

static bool is_target(const Attack *a, size_t cell)
{
    return a->in->suppressed[cell] && (a->in->targets == NULL || a->in->targets[cell]);
}

static double least(const Attack *a, size_t cell)
{
    if (a->in->lower != NULL)
        return a->in->lower[cell];
    return a->any_negative ? -INFINITY : 0;
}

static double greatest(const Attack *a, size_t cell)
{
    return a->in->upper != NULL ? a->in->upper[cell] : (double)INFINITY;
}

static bool check_request(Attack *a, SdcError *ret_error)
{
    const SdcAudit *in = a->in;
    for (size_t i = 0; i < a->cells; i++) {
        if (!isfinite(in->values[i]))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has no finite value.", i + 1);
        a->any_negative = a->any_negative || in->values[i] < 0;
    }
    for (size_t i = 0; i < a->cells; i++) {
        if (!(least(a, i) <= in->values[i] && in->values[i] <= greatest(a, i)))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu is %g, which is not within what is said "
                               "to be known of it beforehand, %g to %g.", i + 1, in->values[i], least(a, i),
                               greatest(a, i));
        if ((in->below != NULL && !(in->below[i] >= 0)) || (in->above != NULL && !(in->above[i] >= 0)))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu is to be protected by a negative or "
                               "missing amount.", i + 1);
    }
    return true;
}

static bool attack_init(Attack *a, SdcError *ret_error)
{
    const SdcRelations *relations = a->in->relations;
    const SdcContext *context = a->context;
    a->open = sdc_alloc(context, a->cells, sizeof *a->open, ret_error);
    a->leader = sdc_alloc(context, a->cells, sizeof *a->leader, ret_error);
    a->by_component = sdc_alloc(context, a->cells, sizeof *a->by_component, ret_error);
    a->column = sdc_alloc(context, a->cells, sizeof *a->column, ret_error);
    a->use_starts = sdc_alloc(context, a->cells + 2, sizeof *a->use_starts, ret_error);
    a->uses = sdc_alloc(context, relations->terms, sizeof *a->uses, ret_error);
    a->unknowns = sdc_alloc(context, relations->count, sizeof *a->unknowns, ret_error);
    a->low = sdc_alloc(context, a->cells, sizeof *a->low, ret_error);
    a->high = sdc_alloc(context, a->cells, sizeof *a->high, ret_error);
    return a->open != NULL && a->leader != NULL && a->by_component != NULL && a->column != NULL &&
           a->use_starts != NULL && a->uses != NULL && a->unknowns != NULL && a->low != NULL &&
           a->high != NULL;
}

static void attack_clear(Attack *a)
{
    const SdcRelations *relations = a->in->relations;
    const SdcContext *context = a->context;
    sdc_release(context, a->open, a->cells, sizeof *a->open);
    sdc_release(context, a->leader, a->cells, sizeof *a->leader);
    sdc_release(context, a->by_component, a->cells, sizeof *a->by_component);
    sdc_release(context, a->column, a->cells, sizeof *a->column);
    sdc_release(context, a->use_starts, a->cells + 2, sizeof *a->use_starts);
    sdc_release(context, a->uses, relations->terms, sizeof *a->uses);
    sdc_release(context, a->unknowns, relations->count, sizeof *a->unknowns);
    sdc_release(context, a->low, a->cells, sizeof *a->low);
    sdc_release(context, a->high, a->cells, sizeof *a->high);
    sdc_release(context, a->pieces, a->piece_room, sizeof *a->pieces);
}

/* --- what needs no program ------------------------------------------------------------------------ */

static void index_uses(Attack *a)
{
    const SdcRelations *relations = a->in->relations;
    for (size_t k = 0; k < relations->terms; k++)
        a->use_starts[relations->columns[k] + 2]++;
    for (size_t c = 0; c < a->cells; c++)
        a->use_starts[c + 2] += a->use_starts[c + 1];
    for (size_t r = 0; r < relations->count; r++) {
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            uint32_t c = relations->columns[k];
            a->uses[a->use_starts[c + 1]++] = (uint32_t)r;
            a->unknowns[r] += a->open[c];
        }
    }
}

static uint32_t only_unknown(const Attack *a, uint32_t r)
{
    const SdcRelations *relations = a->in->relations;
    for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
        if (a->open[relations->columns[k]])
            return relations->columns[k];
    }
    return NONE;
}

/* Cells that are the only unknown of a relation, and those that become it. BY_COMPONENT is the stack. */
static void close_fixed(Attack *a)
{
    uint32_t *stack = a->by_component;
    size_t waiting = 0;
    for (uint32_t r = 0; r < a->in->relations->count; r++) {
        uint32_t c = a->unknowns[r] == 1 ? only_unknown(a, r) : NONE;
        if (c == NONE)
            continue;
        a->open[c] = false;
        stack[waiting++] = c;
        while (waiting > 0) {
            uint32_t fixed = stack[--waiting];
            for (size_t u = a->use_starts[fixed]; u < a->use_starts[fixed + 1]; u++) {
                if (--a->unknowns[a->uses[u]] != 1)
                    continue;
                uint32_t next = only_unknown(a, a->uses[u]);
                if (next != NONE) {
                    a->open[next] = false;
                    stack[waiting++] = next;
                }
            }
        }
    }
}

/* --- components ----------------------------------------------------------------------------------- */

static uint32_t find_leader(uint32_t *leader, uint32_t cell)
{
    while (leader[cell] != cell) {
        leader[cell] = leader[leader[cell]];
        cell = leader[cell];
    }
    return cell;
}

static void join_cells(Attack *a)
{
    const SdcRelations *relations = a->in->relations;
    for (uint32_t i = 0; i < a->cells; i++)
        a->leader[i] = i;
    for (size_t r = 0; r < relations->count; r++) {
        uint32_t first = NONE;
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            uint32_t c = relations->columns[k];
            if (!a->open[c])
                continue;
            if (first == NONE)
                first = find_leader(a->leader, c);
            uint32_t other = find_leader(a->leader, c), low = other < first ? other : first;
            a->leader[other] = a->leader[first] = low;
            first = low;
        }
    }
}

static bool add_piece(Attack *a, Piece piece, SdcError *ret_error)
{
    if (a->piece_count == a->piece_room) {
        size_t room = 2 * a->piece_room + 16;
        Piece *pieces = sdc_resize(a->context, a->pieces, a->piece_room, room, sizeof *pieces, ret_error);
        if (pieces == NULL)
            return false;
        a->pieces = pieces;
        a->piece_room = room;
    }
    a->pieces[a->piece_count++] = piece;
    return true;
}

/* Cells of a leader in a row, targets before the others: counting twice by leader. COLUMN counts. */
static size_t sort_components(Attack *a)
{
    size_t at = 0;
    memset(a->column, 0, a->cells * sizeof *a->column);
    for (uint32_t i = 0; i < a->cells; i++) {
        if (a->open[i])
            a->column[find_leader(a->leader, i)]++;
    }
    for (uint32_t i = 0; i < a->cells; i++) {
        uint32_t count = a->column[i];
        a->column[i] = (uint32_t)at;
        at += count;
    }
    for (int others = 0; others < 2; others++) {
        for (uint32_t i = 0; i < a->cells; i++) {
            if (a->open[i] && is_target(a, i) != (others == 1))
                a->by_component[a->column[find_leader(a->leader, i)]++] = i;
        }
    }
    return at;
}

static bool cut_pieces(Attack *a, SdcError *ret_error)
{
    size_t count = sort_components(a);
    for (size_t begin = 0, end; begin < count; begin = end) {
        size_t targets = begin;
        uint32_t leader = find_leader(a->leader, a->by_component[begin]);
        for (end = begin; end < count; end++) {
            uint32_t cell = a->by_component[end];
            if (find_leader(a->leader, cell) != leader)
                break;
            a->column[cell] = (uint32_t)(end - begin);
            targets = is_target(a, cell) ? end + 1 : targets;
        }
        a->components += targets > begin;
        for (size_t first = begin; first < targets; first += PIECE) {
            size_t last = first + PIECE < targets ? first + PIECE : targets;
            if (!add_piece(a, (Piece){begin, end, first, last, {0}, 0}, ret_error))
                return false;
        }
    }
    return true;
}

/* --- programs ------------------------------------------------------------------------------------- */

typedef struct Program {
    size_t count, rows, terms;
    size_t *starts;
    uint32_t *row_of;        /* of a relation in this program; all relations */
    uint32_t *term_rows;
    double *numbers;         /* values of terms, then lower, upper and cost of columns, then zeros of rows */
    double scale;
} Program;

static void program_clear(const Attack *a, Program *p)
{
    sdc_release(a->context, p->starts, p->count + 1, sizeof *p->starts);
    sdc_release(a->context, p->row_of, a->in->relations->count, sizeof *p->row_of);
    sdc_release(a->context, p->term_rows, p->terms, sizeof *p->term_rows);
    sdc_release(a->context, p->numbers, p->terms + 3 * p->count + p->rows, sizeof *p->numbers);
}

/* Relations are numbered as the component's cells meet them. */
static bool number_rows(const Attack *a, const Piece *piece, Program *p, SdcError *ret_error)
{
    double most = 0;
    p->row_of = sdc_alloc(a->context, a->in->relations->count, sizeof *p->row_of, ret_error);
    if (p->row_of == NULL)
        return false;
    p->count = piece->end - piece->begin;
    for (size_t i = piece->begin; i < piece->end; i++) {
        uint32_t cell = a->by_component[i];
        most = fmax(most, fabs(a->in->values[cell]));
        for (size_t u = a->use_starts[cell]; u < a->use_starts[cell + 1]; u++, p->terms++) {
            if (p->row_of[a->uses[u]] == 0)
                p->row_of[a->uses[u]] = (uint32_t)++p->rows;
        }
    }
    p->scale = most > 1e9 ? most / 1e9 : most > 0 && most < 1e3 ? most / 1e3 : 1;
    return true;
}

static double sign_in(const SdcRelations *relations, uint32_t r, uint32_t cell)
{
    return relations->columns[relations->starts[r]] == cell ? -1 : 1;
}

static double scaled(double bound, double value, double scale)
{
    double distance = (bound - value) / scale;
    return fabs(distance) < SDC_INFINITY ? distance : distance < 0 ? -SDC_INFINITY : SDC_INFINITY;
}

static bool fill_program(const Attack *a, const Piece *piece, Program *p, SdcError *ret_error)
{
    p->starts = sdc_alloc(a->context, p->count + 1, sizeof *p->starts, ret_error);
    p->term_rows = sdc_alloc(a->context, p->terms, sizeof *p->term_rows, ret_error);
    p->numbers = sdc_alloc(a->context, p->terms + 3 * p->count + p->rows, sizeof *p->numbers, ret_error);
    if (p->starts == NULL || p->term_rows == NULL || p->numbers == NULL)
        return false;
    double *lower = p->numbers + p->terms, *upper = lower + p->count;
    size_t at = 0;
    for (size_t j = 0; j < p->count; j++) {
        uint32_t cell = a->by_component[piece->begin + j];
        p->starts[j] = at;
        lower[j] = scaled(least(a, cell), a->in->values[cell], p->scale);
        upper[j] = scaled(greatest(a, cell), a->in->values[cell], p->scale);
        for (size_t u = a->use_starts[cell]; u < a->use_starts[cell + 1]; u++, at++) {
            p->term_rows[at] = p->row_of[a->uses[u]] - 1;
            p->numbers[at] = sign_in(a->in->relations, a->uses[u], cell);
        }
    }
    p->starts[p->count] = at;
    return true;
}

/* The least deviation of COLUMN (SIGN 1) or minus the greatest (SIGN -1). */
static bool solve_one(const SdcSolver *solver, SdcModel *model, size_t column, double sign,
                      double *ret_least, SdcError *ret_error)
{
    if (!solver->set_cost(model, column, sign))
        return sdc_failure(ret_error, SDC_ERROR_SOLVER, "The solver refused a cost.");
    SdcSolverStatus status = solver->solve_lp(model, PROGRAM_SECONDS);
    if (status == SDC_SOLVER_UNBOUNDED) {
        *ret_least = -INFINITY;
        return true;
    }
    if (status != SDC_SOLVER_OPTIMAL || !solver->solution(model, ret_least, NULL, NULL))
        return sdc_failure(ret_error, SDC_ERROR_SOLVER, "The solver %s did not solve an attacker's program "
                           "(status %d).", solver->name, (int)status);
    return true;
}

static bool bound_cell(Attack *a, const Program *p, SdcModel *model, uint32_t cell, SdcError *ret_error)
{
    const SdcSolver *solver = a->context->solver;
    size_t column = a->column[cell];
    double down, up;
    bool ok = solve_one(solver, model, column, 1, &down, ret_error) &&
              solve_one(solver, model, column, -1, &up, ret_error) && solver->set_cost(model, column, 0);
    if (ok) {
        /* The true value is one solution: what rounding puts beyond it is put back. */
        a->low[cell] = a->in->values[cell] + p->scale * fmin(down, 0);
        a->high[cell] = a->in->values[cell] + p->scale * fmax(-up, 0);
    }
    return ok;
}

static void task_piece(void *data, size_t index)
{
    Attack *a = data;
    Piece *piece = &a->pieces[index];
    const SdcSolver *solver = a->context->solver;
    Program p = {0};
    bool ok = number_rows(a, piece, &p, &piece->error) && fill_program(a, piece, &p, &piece->error);
    SdcModel *model = NULL;
    if (ok) {
        double *lower = p.numbers + p.terms, *zeros = lower + 3 * p.count;
        SdcColumns columns = {p.count, p.starts, p.term_rows, p.numbers, lower, lower + p.count,
                              lower + 2 * p.count};
        model = solver->create(solver->user, p.rows, zeros, zeros, &columns);
        if (model == NULL)
            ok = sdc_failure(&piece->error, SDC_ERROR_MEMORY, "The solver has no memory for a program.");
    }
    for (size_t i = piece->first; ok && i < piece->last; i++) {
        ok = bound_cell(a, &p, model, a->by_component[i], &piece->error);
        piece->programs += 2;
    }
    if (model != NULL)
        solver->destroy(model);
    program_clear(a, &p);
}

static bool solve_pieces(Attack *a, SdcError *ret_error)
{
    if (a->piece_count == 0)
        return true;
    if (a->context == NULL || a->context->solver == NULL)
        return sdc_failure(ret_error, SDC_ERROR_SOLVER, "An audit needs a solver of linear programs, and "
                           "none was given.");
    sdc_run_tasks(a->context, a->piece_count, task_piece, a);
    for (size_t i = 0; i < a->piece_count; i++) {
        if (a->pieces[i].error.code == SDC_ERROR_NONE)
            continue;
        if (ret_error != NULL)
            *ret_error = a->pieces[i].error;
        return false;
    }
    return true;
}

/* --- the verdict ---------------------------------------------------------------------------------- */

static SdcAuditState judge(const Attack *a, size_t cell)
{
    const SdcAudit *in = a->in;
    double value = in->values[cell], room = TOLERANCE + 1e-9 * fabs(value);
    double below = in->below != NULL ? in->below[cell] : 0, above = in->above != NULL ? in->above[cell] : 0;
    if (a->high[cell] - a->low[cell] <= room)
        return SDC_AUDIT_EXACT;
    bool enough = a->low[cell] <= value - below + room && a->high[cell] >= value + above - room;
    return enough ? SDC_AUDIT_SAFE : SDC_AUDIT_INSUFFICIENT;
}

static void give_back(const Attack *a, double *ret_low, double *ret_high, uint8_t *ret_states,
                      SdcAuditSummary *ret_summary)
{
    SdcAuditSummary summary = {.components = a->components};
    for (size_t i = 0; i < a->piece_count; i++)
        summary.programs += a->pieces[i].programs;
    for (size_t i = 0; i < a->cells; i++) {
        ret_low[i] = a->low[i];
        ret_high[i] = a->high[i];
        ret_states[i] = SDC_AUDIT_SHOWN;
        if (!is_target(a, i))
            continue;
        SdcAuditState state = judge(a, i);
        ret_states[i] = (uint8_t)state;
        summary.targets++;
        summary.safe += state == SDC_AUDIT_SAFE;
        summary.insufficient += state == SDC_AUDIT_INSUFFICIENT;
        summary.exact += state == SDC_AUDIT_EXACT;
    }
    *ret_summary = summary;
}

bool sdc_audit(const SdcContext *context, const SdcAudit *audit, double *ret_low, double *ret_high,
               uint8_t *ret_states, SdcAuditSummary *ret_summary, SdcError *ret_error)
{
    Attack a = {.context = context, .in = audit, .cells = audit->relations->cells};
    bool ok = check_request(&a, ret_error) && attack_init(&a, ret_error);
    if (ok) {
        for (size_t i = 0; i < a.cells; i++) {
            a.open[i] = audit->suppressed[i];
            a.low[i] = a.high[i] = audit->values[i];
        }
        index_uses(&a);
        close_fixed(&a);
        join_cells(&a);
        ok = cut_pieces(&a, ret_error) && sdc_report(context, 0, "attacker's programs", ret_error) &&
             solve_pieces(&a, ret_error);
    }
    if (ok)
        give_back(&a, ret_low, ret_high, ret_states, ret_summary);
    attack_clear(&a);
    return ok;
}
