/* The risk of a small file: cc example.c $(pkg-config --cflags --libs darse-sdc) && ./a.out */
#include <darse-sdc.h>
#include <stdio.h>

int main(void)
{
    /* Six persons: sex and age class as codes 1, 2, ... (0 would be missing), and what each one weighs. */
    static const uint32_t sex[] = {1, 1, 2, 2, 2, 1}, age[] = {1, 1, 2, 2, 3, 3};
    static const double weight[] = {10, 10, 20, 20, 50, 4};
    const SdcCodes keys[] = {{.rows = 6, .categories = 2, .codes = sex},
                             {.rows = 6, .categories = 3, .codes = age}};
    const SdcNumbers weights = {.rows = 6, .values = weight};
    SdcFrequencies f;
    SdcGlobalRisk global;
    SdcError error;
    double risk[6];
    if (!sdc_frequencies_count(NULL, keys, 2, &weights, SDC_MISSING_CATEGORY, &f, &error) ||
        !sdc_risk_individual(NULL, &f, SDC_RISK_EXACT, risk, &error) ||
        !sdc_risk_global(NULL, risk, 6, .01, &global, &error)) {
        fprintf(stderr, "%s\n", error.sentence);
        return 1;
    }
    for (int i = 0; i < 6; i++)
        printf("record %d: f %u, F %g, risk %.6f\n", i + 1, f.sample[i], f.population[i], risk[i]);
    printf("unique records: %zu; expected re-identifications: %.6f\n",
           sdc_anonymity(&f, 2).uniques, global.expected);
    sdc_frequencies_clear(NULL, &f);
    return 0;
}
