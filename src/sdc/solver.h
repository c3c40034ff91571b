/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear and mixed-integer programming by injection: the library never names a solver. The default one
 * (CLP and CBC of COIN-OR) is in the room `sdchost`; a program that has another one fills the table.
 *
 * A model: minimise c'x subject to row_lower <= A x <= row_upper, lower <= x <= upper, some x
 * integer. SDC_INFINITY is no bound. A model is used by one thread at a time; several models may be
 * used by several threads.
 */
#ifndef DARSE_SDC_SOLVER_H
#define DARSE_SDC_SOLVER_H

#include "sdc/core.h"

#define SDC_INFINITY 1e30

typedef enum SdcSolverStatus {
    SDC_SOLVER_OPTIMAL,
    SDC_SOLVER_INFEASIBLE,
    SDC_SOLVER_UNBOUNDED,
    SDC_SOLVER_LIMIT,      /* time or nodes; the best solution found is there if has_solution */
    SDC_SOLVER_FAILED,
} SdcSolverStatus;

typedef struct SdcModel SdcModel;   /* the solver's own */

/* Sparse columns: column j has rows rows[starts[j] .. starts[j + 1] - 1] with those values. */
typedef struct SdcColumns {
    size_t count;
    const size_t *starts;
    const uint32_t *rows;
    const double *values;
    const double *lower, *upper, *cost;
} SdcColumns;

typedef struct SdcRow {
    size_t count;
    const uint32_t *columns;
    const double *values;
    double lower, upper;
} SdcRow;

typedef struct SdcSolver {
    const char *name;               /* "CLP 1.17.6": reports print it */
    void *user;
    /* NULL when memory runs out. ROW_LOWER and ROW_UPPER have ROWS values. */
    SdcModel *(*create)(void *user, size_t rows, const double *row_lower, const double *row_upper,
                        const SdcColumns *columns);
    void (*destroy)(SdcModel *model);
    bool (*set_bounds)(SdcModel *model, size_t column, double lower, double upper);
    bool (*set_cost)(SdcModel *model, size_t column, double cost);
    bool (*set_row_bounds)(SdcModel *model, size_t row, double lower, double upper);
    bool (*add_row)(SdcModel *model, const SdcRow *row);
    /* LP by warm-started simplex. */
    SdcSolverStatus (*solve_lp)(SdcModel *model, double time_limit_s);
    /* A solution known before solve_mip: COLUMNS values, or NULL to forget it. One that is not feasible is
     * ignored. */
    bool (*set_start)(SdcModel *model, const double *values);
    /* MIP: the columns in INTEGER (COLUMNS flags) are integer. */
    SdcSolverStatus (*solve_mip)(SdcModel *model, const bool *integer, double time_limit_s,
                                 bool *ret_has_solution);
    /* After a solve with a solution. Any pointer may be NULL. PRIMAL: one value a column; DUAL: one a
     * row (LP only; the sign such that an increase of a row's bound by d changes the objective by
     * dual * d). */
    bool (*solution)(SdcModel *model, double *ret_objective, double *ret_primal, double *ret_dual);
    double (*bound)(SdcModel *model);   /* best proven lower bound after solve_mip */
} SdcSolver;

#endif
