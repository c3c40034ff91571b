/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CLP and CBC as SdcSolver, through their C interfaces and dlopen. The linear model lives in CLP, which
 * keeps its basis between solves; a mixed-integer solve copies it into a CBC model, which cannot be
 * solved twice. Both print on the standard output unless their level of logging is 0, and CBC replaces
 * the handler of SIGINT, which is put back.
 */
#include "sdchost/sdchost.h"

#include "sdc/failure.h"

#define COIN_BIG_INDEX 0
#include <Cbc_C_Interface.h>
#include <Clp_C_Interface.h>
#include <dlfcn.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLP_FUNCTIONS(F)                                                                           \
    F(Clp_Version) F(Clp_newModel) F(Clp_deleteModel) F(Clp_loadProblem) F(Clp_addRows)            \
    F(Clp_columnLower) F(Clp_columnUpper) F(Clp_objective) F(Clp_rowLower) F(Clp_rowUpper)         \
    F(Clp_getNumRows) F(Clp_getNumCols) F(Clp_getVectorStarts) F(Clp_getVectorLengths)             \
    F(Clp_getIndices) F(Clp_getElements) F(Clp_setMaximumSeconds) F(Clp_setLogLevel)               \
    F(Clp_dual) F(Clp_primal) F(Clp_status) F(Clp_objectiveValue) F(Clp_primalColumnSolution)      \
    F(Clp_dualRowSolution) F(Clp_setPerturbation)
#define CBC_FUNCTIONS(F)                                                                           \
    F(Cbc_getVersion) F(Cbc_newModel) F(Cbc_deleteModel) F(Cbc_loadProblem) F(Cbc_setInteger)      \
    F(Cbc_setLogLevel) F(Cbc_setMaximumSeconds) F(Cbc_setMIPStartI) F(Cbc_setParameter)            \
    F(Cbc_solve) F(Cbc_status) F(Cbc_isProvenOptimal) F(Cbc_isProvenInfeasible)                    \
    F(Cbc_isContinuousUnbounded) F(Cbc_bestSolution) F(Cbc_getObjValue)                            \
    F(Cbc_getBestPossibleObjValue) F(Cbc_setAllowableGap) F(Cbc_secondaryStatus)

struct SdchostSolver {
    SdcSolver table;
    char name[80];
    void *clp_library, *cbc_library;
    pthread_mutex_t mip_lock;
#define F(function) __typeof__(&function) function;
    CLP_FUNCTIONS(F)
    CBC_FUNCTIONS(F)
#undef F
};

struct SdcModel {
    SdchostSolver *coin;
    Clp_Simplex *clp;
    double *start;          /* a solution given for solve_mip, or NULL */
    double *mip_values;     /* of the last solve_mip, or NULL */
    double mip_objective, mip_bound;
    bool lp_solved;         /* the last solve was an LP and has a solution */
};

static double coin_bound(double bound)
{
    if (bound >= SDC_INFINITY)
        return DBL_MAX;
    return bound <= -SDC_INFINITY ? -DBL_MAX : bound;
}

static void model_destroy(SdcModel *model)
{
    if (model == NULL)
        return;
    if (model->clp != NULL)
        model->coin->Clp_deleteModel(model->clp);
    free(model->start);
    free(model->mip_values);
    free(model);
}

/* SdcColumns in CLP's types. False where a size does not fit or memory runs out. */
typedef struct CoinColumns {
    CoinBigIndex *starts;
    int *rows;
    double *bounds;         /* lower, upper of columns, then of rows */
} CoinColumns;

static bool coin_columns_fill(CoinColumns *out, size_t rows, const double *row_lower,
                              const double *row_upper, const SdcColumns *columns)
{
    size_t count = columns->count, values = columns->starts[count];
    if (rows > INT_MAX / 4 || count > INT_MAX / 4 || values > INT_MAX / 4)
        return false;
    out->starts = calloc(count + 1, sizeof *out->starts);
    out->rows = calloc(values + 1, sizeof *out->rows);
    out->bounds = calloc(2 * (count + rows) + 1, sizeof *out->bounds);
    if (out->starts == NULL || out->rows == NULL || out->bounds == NULL)
        return false;
    for (size_t j = 0; j <= count; j++)
        out->starts[j] = (CoinBigIndex)columns->starts[j];
    for (size_t k = 0; k < values; k++)
        out->rows[k] = (int)columns->rows[k];
    double *next = out->bounds;
    for (size_t j = 0; j < count; j++)
        *next++ = coin_bound(columns->lower[j]);
    for (size_t j = 0; j < count; j++)
        *next++ = coin_bound(columns->upper[j]);
    for (size_t i = 0; i < rows; i++)
        *next++ = coin_bound(row_lower[i]);
    for (size_t i = 0; i < rows; i++)
        *next++ = coin_bound(row_upper[i]);
    return true;
}

static void coin_columns_clear(CoinColumns *columns)
{
    free(columns->starts);
    free(columns->rows);
    free(columns->bounds);
}

static SdcModel *model_create(void *user, size_t rows, const double *row_lower,
                              const double *row_upper, const SdcColumns *columns)
{
    SdchostSolver *coin = user;
    SdcModel *model = calloc(1, sizeof *model);
    CoinColumns c = {0};
    if (model == NULL || !coin_columns_fill(&c, rows, row_lower, row_upper, columns)) {
        coin_columns_clear(&c);
        free(model);
        return NULL;
    }
    size_t count = columns->count;
    model->coin = coin;
    model->clp = coin->Clp_newModel();
    if (model->clp != NULL) {
        coin->Clp_setLogLevel(model->clp, 0);
        coin->Clp_loadProblem(model->clp, (int)count, (int)rows, c.starts, c.rows, columns->values,
                              c.bounds, c.bounds + count, columns->cost, c.bounds + 2 * count,
                              c.bounds + 2 * count + rows);
    }
    coin_columns_clear(&c);
    if (model->clp == NULL) {
        model_destroy(model);
        return NULL;
    }
    return model;
}

static bool is_column(SdcModel *model, size_t column)
{
    return column < (size_t)model->coin->Clp_getNumCols(model->clp);
}

static bool model_set_bounds(SdcModel *model, size_t column, double lower, double upper)
{
    if (!is_column(model, column))
        return false;
    model->coin->Clp_columnLower(model->clp)[column] = coin_bound(lower);
    model->coin->Clp_columnUpper(model->clp)[column] = coin_bound(upper);
    return true;
}

static bool model_set_cost(SdcModel *model, size_t column, double cost)
{
    if (!is_column(model, column))
        return false;
    model->coin->Clp_objective(model->clp)[column] = cost;
    return true;
}

static bool model_set_row_bounds(SdcModel *model, size_t row, double lower, double upper)
{
    if (row >= (size_t)model->coin->Clp_getNumRows(model->clp))
        return false;
    model->coin->Clp_rowLower(model->clp)[row] = coin_bound(lower);
    model->coin->Clp_rowUpper(model->clp)[row] = coin_bound(upper);
    return true;
}

static bool model_add_row(SdcModel *model, const SdcRow *row)
{
    if (row->count > INT_MAX / 4)
        return false;
    int *columns = calloc(row->count + 1, sizeof *columns);
    if (columns == NULL)
        return false;
    for (size_t k = 0; k < row->count; k++) {
        columns[k] = (int)row->columns[k];
        if (!is_column(model, row->columns[k])) {
            free(columns);
            return false;
        }
    }
    double lower = coin_bound(row->lower), upper = coin_bound(row->upper);
    CoinBigIndex starts[2] = {0, (CoinBigIndex)row->count};
    model->coin->Clp_addRows(model->clp, 1, &lower, &upper, starts, columns, row->values);
    free(columns);
    return true;
}

/* --- linear ------------------------------------------------------------------------------------ */

static SdcSolverStatus status_of_clp(int status)
{
    static const SdcSolverStatus statuses[] = {SDC_SOLVER_OPTIMAL, SDC_SOLVER_INFEASIBLE,
                                               SDC_SOLVER_UNBOUNDED, SDC_SOLVER_LIMIT};
    return status >= 0 && status <= 3 ? statuses[status] : SDC_SOLVER_FAILED;
}

static double cpu_now(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* The primal method first: between two solves of an attacker only costs change, so that the last basis
 * stays feasible. What it could not settle is tried by the dual method. */
static SdcSolverStatus model_solve_lp(SdcModel *model, double time_limit_s)
{
    SdchostSolver *coin = model->coin;
    free(model->mip_values);
    model->mip_values = NULL;
    /* A limit that is over already would be taken as none. */
    coin->Clp_setMaximumSeconds(model->clp, time_limit_s > 1e-3 ? time_limit_s : 1e-3);
    double before = cpu_now();
    coin->Clp_primal(model->clp, 0);
    int status = coin->Clp_status(model->clp);
    if (status > 3 || status < 0) {
        coin->Clp_setMaximumSeconds(model->clp, fmax(1e-3, time_limit_s - (cpu_now() - before)));
        coin->Clp_dual(model->clp, 0);
        status = coin->Clp_status(model->clp);
    }
    model->lp_solved = status == 0;
    return status_of_clp(status);
}

/* --- with integers ----------------------------------------------------------------------------- */

/* The columns without the gaps that added rows leave between them. */
static bool copy_matrix(SdcModel *model, CoinColumns *out, double **ret_values)
{
    SdchostSolver *coin = model->coin;
    int count = coin->Clp_getNumCols(model->clp);
    const CoinBigIndex *starts = coin->Clp_getVectorStarts(model->clp);
    const int *lengths = coin->Clp_getVectorLengths(model->clp);
    const int *rows = coin->Clp_getIndices(model->clp);
    const double *values = coin->Clp_getElements(model->clp);
    size_t total = 0;
    for (int j = 0; j < count; j++)
        total += (size_t)lengths[j];
    out->starts = calloc((size_t)count + 1, sizeof *out->starts);
    out->rows = calloc(total + 1, sizeof *out->rows);
    *ret_values = calloc(total + 1, sizeof **ret_values);
    if (out->starts == NULL || out->rows == NULL || *ret_values == NULL)
        return false;
    CoinBigIndex next = 0;
    for (int j = 0; j < count; j++) {
        for (int k = 0; k < lengths[j]; k++, next++) {
            out->rows[next] = rows[starts[j] + k];
            (*ret_values)[next] = values[starts[j] + k];
        }
        out->starts[j + 1] = next;
    }
    return true;
}

static bool fill_cbc(SdcModel *model, Cbc_Model *cbc, const bool *integer)
{
    SdchostSolver *coin = model->coin;
    CoinColumns columns = {0};
    double *values = NULL;
    bool ok = copy_matrix(model, &columns, &values);
    int count = coin->Clp_getNumCols(model->clp);
    if (ok) {
        coin->Cbc_loadProblem(cbc, count, coin->Clp_getNumRows(model->clp), columns.starts,
                              columns.rows, values, coin->Clp_columnLower(model->clp),
                              coin->Clp_columnUpper(model->clp), coin->Clp_objective(model->clp),
                              coin->Clp_rowLower(model->clp), coin->Clp_rowUpper(model->clp));
        for (int j = 0; j < count; j++) {
            if (integer[j])
                coin->Cbc_setInteger(cbc, j);
        }
    }
    int *which = ok && model->start != NULL ? calloc((size_t)count + 1, sizeof *which) : NULL;
    if (which != NULL) {
        for (int j = 0; j < count; j++)
            which[j] = j;
        coin->Cbc_setMIPStartI(cbc, count, which, model->start);
        /* The pump looks for a first solution; one that is known makes it a third of the time for nothing. */
        coin->Cbc_setParameter(cbc, "feasibilityPump", "off");
    }
    ok = ok && (model->start == NULL || which != NULL);
    free(which);
    free(values);
    coin_columns_clear(&columns);
    return ok;
}

static SdcSolverStatus status_of_cbc(SdchostSolver *coin, Cbc_Model *cbc, bool has_solution)
{
    if (coin->Cbc_isContinuousUnbounded(cbc))
        return SDC_SOLVER_UNBOUNDED;
    if (coin->Cbc_isProvenOptimal(cbc) && has_solution)
        return SDC_SOLVER_OPTIMAL;
    if (coin->Cbc_isProvenInfeasible(cbc))
        return SDC_SOLVER_INFEASIBLE;
    return coin->Cbc_status(cbc) == 1 ? SDC_SOLVER_LIMIT : SDC_SOLVER_FAILED;
}

static void run_cbc(SdchostSolver *coin, Cbc_Model *cbc)
{
    struct sigaction before;
    sigaction(SIGINT, NULL, &before);
    coin->Cbc_solve(cbc);
    sigaction(SIGINT, &before, NULL);
}

/* The LP relaxation first: CBC says of an unbounded or infeasible one only that it stopped. */
static SdcSolverStatus model_solve_mip(SdcModel *model, const bool *integer, double time_limit_s,
                                       bool *ret_has_solution)
{
    SdchostSolver *coin = model->coin;
    double before = cpu_now();
    *ret_has_solution = false;
    SdcSolverStatus relaxed = model_solve_lp(model, time_limit_s);
    model->mip_bound = relaxed == SDC_SOLVER_OPTIMAL ? coin->Clp_objectiveValue(model->clp)
                                                     : -SDC_INFINITY;
    model->lp_solved = false;
    if (relaxed != SDC_SOLVER_OPTIMAL)
        return relaxed;
    size_t count = (size_t)coin->Clp_getNumCols(model->clp);
    double *values = calloc(count + 1, sizeof *values);
    pthread_mutex_lock(&coin->mip_lock);
    Cbc_Model *cbc = values != NULL ? coin->Cbc_newModel() : NULL;
    SdcSolverStatus status = SDC_SOLVER_FAILED;
    if (cbc != NULL && fill_cbc(model, cbc, integer)) {
        coin->Cbc_setLogLevel(cbc, 0);
        coin->Cbc_setMaximumSeconds(cbc, fmax(1e-2, time_limit_s - (cpu_now() - before)));
        run_cbc(coin, cbc);
        const double *best = coin->Cbc_bestSolution(cbc);
        status = status_of_cbc(coin, cbc, best != NULL);
        *ret_has_solution = best != NULL;
        model->mip_objective = coin->Cbc_getObjValue(cbc);
        if (best != NULL)
            memcpy(values, best, count * sizeof *values);
        if (status == SDC_SOLVER_OPTIMAL)
            model->mip_bound = model->mip_objective;
        else if (status == SDC_SOLVER_LIMIT)
            model->mip_bound = fmax(model->mip_bound, coin->Cbc_getBestPossibleObjValue(cbc));
    }
    if (cbc != NULL)
        coin->Cbc_deleteModel(cbc);
    pthread_mutex_unlock(&coin->mip_lock);
    if (*ret_has_solution)
        model->mip_values = values;
    else
        free(values);
    return status;
}

static bool model_set_start(SdcModel *model, const double *values)
{
    size_t count = (size_t)model->coin->Clp_getNumCols(model->clp);
    double *copy = NULL;
    if (values != NULL) {
        copy = calloc(count + 1, sizeof *copy);
        if (copy == NULL)
            return false;
        memcpy(copy, values, count * sizeof *copy);
    }
    free(model->start);
    model->start = copy;
    return true;
}

/* --- what came out ----------------------------------------------------------------------------- */

static bool model_solution(SdcModel *model, double *ret_objective, double *ret_primal,
                           double *ret_dual)
{
    SdchostSolver *coin = model->coin;
    bool of_mip = model->mip_values != NULL;
    if (!of_mip && !model->lp_solved)
        return false;
    if (of_mip && ret_dual != NULL)
        return false;
    if (ret_objective != NULL)
        *ret_objective = of_mip ? model->mip_objective : coin->Clp_objectiveValue(model->clp);
    if (ret_primal != NULL)
        memcpy(ret_primal, of_mip ? model->mip_values : coin->Clp_primalColumnSolution(model->clp),
               (size_t)coin->Clp_getNumCols(model->clp) * sizeof *ret_primal);
    if (ret_dual != NULL)
        memcpy(ret_dual, coin->Clp_dualRowSolution(model->clp),
               (size_t)coin->Clp_getNumRows(model->clp) * sizeof *ret_dual);
    return true;
}

static double model_bound(SdcModel *model)
{
    return model->mip_bound;
}

/* --- loading ----------------------------------------------------------------------------------- */

static bool load_symbol(void *library, const char *name, void *slot, SdcError *ret_error)
{
    void *symbol = dlsym(library, name);
    if (symbol == NULL)
        return sdc_failure(ret_error, SDC_ERROR_SOLVER, "The solver's library has no %s: it is not "
                           "the version that this program was built for.", name);
    memcpy(slot, &symbol, sizeof symbol);
    return true;
}

/* The first of NAMES (ended by NULL) that is there: Debian 12 and 13 number CBC's libraries differently, and
 * its interface is the same. */
static void *load_library(const char *const *names, SdcError *ret_error)
{
    void *library = NULL;
    for (const char *const *name = names; library == NULL && *name != NULL; name++)
        library = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        sdc_failure(ret_error, SDC_ERROR_SOLVER, "The solver %s cannot be loaded; install the packages "
                    "coinor-libclp1 and coinor-libcbc3 (Debian 13: coinor-libcbc3.1).", names[0]);
    return library;
}

static bool solver_load(SdchostSolver *coin, SdcError *ret_error)
{
    static const char *const clp_names[] = {"libClp.so.1", NULL};
    static const char *const cbc_names[] = {"libCbcSolver.so.3", "libCbcSolver.so.3.1", NULL};
    coin->clp_library = load_library(clp_names, ret_error);
    coin->cbc_library = coin->clp_library != NULL ? load_library(cbc_names, ret_error) : NULL;
    if (coin->cbc_library == NULL)
        return false;
#define F(function)                                                                                \
    if (!load_symbol(coin->clp_library, #function, &coin->function, ret_error))                    \
        return false;
    CLP_FUNCTIONS(F)
#undef F
#define F(function)                                                                                \
    if (!load_symbol(coin->cbc_library, #function, &coin->function, ret_error))                    \
        return false;
    CBC_FUNCTIONS(F)
#undef F
    return true;
}

SdchostSolver *sdchost_solver_open(SdcError *ret_error)
{
    SdchostSolver *coin = calloc(1, sizeof *coin);
    if (coin == NULL) {
        sdc_failure(ret_error, SDC_ERROR_MEMORY, "There is no memory for the solver.");
        return NULL;
    }
    pthread_mutex_init(&coin->mip_lock, NULL);
    if (!solver_load(coin, ret_error)) {
        sdchost_solver_close(coin);
        return NULL;
    }
    snprintf(coin->name, sizeof coin->name, "CLP %s and CBC %s", coin->Clp_Version(),
             coin->Cbc_getVersion());
    coin->table = (SdcSolver){
        .name = coin->name, .user = coin, .create = model_create, .destroy = model_destroy,
        .set_bounds = model_set_bounds, .set_row_bounds = model_set_row_bounds,
        .set_cost = model_set_cost, .add_row = model_add_row, .solve_lp = model_solve_lp,
        .set_start = model_set_start, .solve_mip = model_solve_mip, .solution = model_solution,
        .bound = model_bound,
    };
    return coin;
}

/* The libraries stay mapped: some of their destructors run at exit. */
void sdchost_solver_close(SdchostSolver *coin)
{
    if (coin == NULL)
        return;
    pthread_mutex_destroy(&coin->mip_lock);
    free(coin);
}

const SdcSolver *sdchost_solver_table(const SdchostSolver *solver)
{
    return &solver->table;
}
