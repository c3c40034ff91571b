/* SPDX-License-Identifier: Apache-2.0 */
/* Losses by hand, and what must not change them. */
#include "sdc_fixture.h"

static void test_il1s(void)
{
    /* s of 1 2 3 is 1; |x - z| sum 1.5 over three terms. */
    static const double x[] = {1, 2, 3, NAN}, z[] = {2, 2, 2.5, 7}, constant[] = {4, 4, 4, 4};
    SdcNumbers before[] = {{4, x}, {4, constant}}, after[] = {{4, z}, {4, x}};
    SdcNumbersLoss loss;
    g_assert_true(sdc_numbers_loss(NULL, before, after, 1, &loss, NULL));
    g_assert_cmpfloat(fabs(loss.il1s - 1.5 / sqrt(2)), <, 1e-15);
    g_assert_cmpuint(loss.terms, ==, 3);
    g_assert_true(isnan(loss.correlation));
    g_assert_true(sdc_numbers_loss(NULL, before, after, 2, &loss, NULL));
    g_assert_cmpuint(loss.terms, ==, 3);        /* the constant variable has no scale */
    g_assert_true(isnan(loss.correlation));     /* nor a correlation */
    g_assert_true(sdc_numbers_loss(NULL, before, before, 2, &loss, NULL));
    g_assert_cmpfloat(loss.il1s, ==, 0);
    g_assert_cmpfloat(loss.eigenvalues, ==, 0);
}

static void test_moments(void)
{
    /* Correlation of x and y is .5: eigenvalues 1.5 and .5 of the scaled covariance. Masked: the order of
     * y is turned, correlation -.5: the same eigenvalues, and the same inverse diagonal. */
    static const double x[] = {1, 2, 3}, y[] = {1, 3, 2}, turned[] = {3, 1, 2}, other[] = {2, 1, 4};
    SdcNumbers before[] = {{3, x}, {3, y}}, same[] = {{3, x}, {3, turned}}, after[] = {{3, x}, {3, other}};
    SdcNumbersLoss loss;
    g_assert_true(sdc_numbers_loss(NULL, before, same, 2, &loss, NULL));
    g_assert_cmpfloat(fabs(loss.eigenvalues), <, 1e-14);
    g_assert_cmpfloat(fabs(loss.correlation), <, 1e-14);
    g_assert_true(sdc_numbers_loss(NULL, before, after, 2, &loss, NULL));
    /* other: variance 7/3, covariance with x 1: eigenvalues of (1 1; 1 7/3) */
    double middle = 5. / 3, reach = sqrt(4. / 9 + 1);
    double expected = fabs(1.5 - middle - reach) / 1.5 + fabs(.5 - middle + reach) / .5;
    g_assert_cmpfloat(fabs(loss.eigenvalues - expected), <, 1e-12);
    /* Three variables: diagonals of the inverses of two known correlation matrices. */
    static const double a[] = {1, -1, 1, -1, 0, 0}, b[] = {1, 1, -1, -1, 0, 0}, c[] = {0, 0, 0, 0, 1, -1};
    static const double d[] = {1, 1, -1, -1, 1, -1};   /* of b and c: r(b,d)=4/sqrt(24), r(c,d)=2/sqrt(12) */
    SdcNumbers first[] = {{6, a}, {6, b}, {6, c}}, second[] = {{6, a}, {6, b}, {6, d}};
    g_assert_true(sdc_numbers_loss(NULL, first, second, 3, &loss, NULL));
    /* identity: 1 1 1; second: 1, 1/(1 - r^2), 1/(1 - r^2) with r^2 = 2/3: 1 3 3 */
    double u = 1 / sqrt(3), v = 1 / sqrt(19), w = 3 / sqrt(19);
    g_assert_cmpfloat(fabs(loss.correlation -
                           sqrt(((u - v) * (u - v) + 2 * (u - w) * (u - w)) / 2)), <, 1e-12);
}

static void test_tables(void)
{
    static const uint32_t a[] = {1, 1, 2, 2}, b[] = {1, 2, 1, 2}, masked[] = {1, 1, 2, 0};
    SdcCodes before[] = {{4, 2, a, NULL}, {4, 2, b, NULL}}, after[] = {{4, 2, masked, NULL}, {4, 2, b, NULL}};
    SdcTablesLoss loss;
    g_assert_true(sdc_tables_loss(NULL, before, after, 2, 1, &loss, NULL));
    g_assert_cmpuint(loss.tables, ==, 2);
    /* 1/2 1/2 0 against 1/2 1/4 1/4 */
    double hellinger = sqrt(((sqrt(.5) - .5) * (sqrt(.5) - .5) + .25) / 2);
    g_assert_cmpfloat(fabs(loss.hellinger_largest - hellinger), <, 1e-15);
    g_assert_cmpfloat(fabs(loss.hellinger_mean - hellinger / 2), <, 1e-15);
    g_assert_cmpfloat(loss.variation_largest, ==, .25);
    g_assert_true(sdc_tables_loss(&threaded, before, after, 2, 2, &loss, NULL));
    g_assert_cmpuint(loss.tables, ==, 1);
    g_assert_cmpfloat(loss.variation_mean, ==, .25);
    SdcError error = {0};
    g_assert_false(sdc_tables_loss(NULL, before, after, 2, 3, &loss, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    SdcCodes many[64], shorter[] = {{3, 2, a, NULL}, {4, 2, b, NULL}};
    for (int v = 0; v < 64; v++)
        many[v] = before[0];
    g_assert_false(sdc_tables_loss(NULL, many, many, 64, 8, &loss, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    g_assert_true(sdc_tables_loss(NULL, many, many, 64, 2, &loss, NULL));
    g_assert_cmpuint(loss.tables, ==, 2016);
    g_assert_cmpfloat(loss.hellinger_largest, ==, 0);
    g_assert_false(sdc_tables_loss(NULL, before, shorter, 2, 1, &loss, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
}

static void test_refused(void)
{
    static const double x[] = {1, 2}, huge[] = {1e308, -1e308};
    SdcNumbers a = {2, x}, b = {1, x}, c = {2, huge};
    SdcNumbersLoss loss;
    SdcError error = {0};
    g_assert_false(sdc_numbers_loss(NULL, &a, &b, 1, &loss, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    g_assert_false(sdc_numbers_loss(NULL, &a, &a, 0, &loss, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    g_assert_false(sdc_numbers_loss(NULL, &c, &c, 1, &loss, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    b.rows = 0;
    g_assert_true(sdc_numbers_loss(NULL, &b, &b, 1, &loss, &error));
    g_assert_cmpfloat(loss.il1s_mean, ==, 0);
}

static bool call_both(const SdcContext *context, SdcError *error)
{
    static const double x[] = {1, 2, 3}, y[] = {1, 3, 2};
    static const uint32_t a[] = {1, 2, 2};
    SdcNumbers numbers[] = {{3, x}, {3, y}};
    SdcCodes codes = {3, 2, a, NULL};
    SdcNumbersLoss numbers_loss;
    SdcTablesLoss tables_loss;
    return sdc_numbers_loss(context, numbers, numbers, 2, &numbers_loss, error) &&
           sdc_tables_loss(context, &codes, &codes, 1, 1, &tables_loss, error);
}

static void test_no_memory(void)
{
    check_every_allocation(call_both);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/utility/il1s", test_il1s);
    g_test_add_func("/sdc/utility/moments", test_moments);
    g_test_add_func("/sdc/utility/tables", test_tables);
    g_test_add_func("/sdc/utility/refused", test_refused);
    g_test_add_func("/sdc/utility/no_memory", test_no_memory);
    return g_test_run();
}
