/* SPDX-License-Identifier: Apache-2.0 */
/* What the report says, in two languages, and how it looks. */
#include "protect/report_page.h"

#include <string.h>

static const char *const texts[T_COUNT][2] = {
    [T_TITLE] = {"Protection report", "Rapport de protection"},
    [T_LEAD] = {"What the recipe did to the risk and to the use of the file.",
                "Ce que la recette a fait du risque et de l'utilité du fichier."},
    [T_KEYS] = {"Keys", "Variables clés"},
    [T_SEED] = {"Seed", "Graine"},
    [T_WEIGHT] = {"Weight", "Pondération"},
    [T_RISK] = {"Risk", "Risque"},
    [T_BEFORE] = {"Before", "Avant"},
    [T_AFTER] = {"After", "Après"},
    [T_CHANGE_OF] = {"Change", "Évolution"},
    [T_MEASURE] = {"Measure", "Mesure"},
    [T_RECORDS] = {"Records", "Enregistrements"},
    [T_COLUMNS] = {"Columns", "Colonnes"},
    [T_COMBINATIONS] = {"Combinations of keys", "Combinaisons des clés"},
    [T_UNIQUES] = {"Unique records", "Enregistrements uniques"},
    [T_BELOW] = {"Records with fewer than k alike", "Enregistrements avec moins de k semblables"},
    [T_WILDCARD] = {"missing matches everything", "manquant égale tout"},
    [T_CATEGORY] = {"missing is a value", "manquant est une valeur"},
    [T_SMALLEST] = {"Fewest alike", "Plus petit nombre de semblables"},
    [T_EXPECTED] = {"Expected re-identifications", "Réidentifications attendues"},
    [T_RATE] = {"Rate of re-identification", "Taux de réidentification"},
    [T_LARGEST] = {"Largest individual risk", "Plus grand risque individuel"},
    [T_HOUSEHOLD] = {"Largest household risk", "Plus grand risque de ménage"},
    [T_SUDA] = {"Records with a special unique (SUDA2)", "Enregistrements à unicité spéciale (SUDA2)"},
    [T_PLOT] = {"Records by the number of records alike", "Enregistrements selon le nombre de semblables"},
    [T_PLOT_NOTE] = {"Share of all records; a missing key is counted as a value of its own.",
                     "Part de tous les enregistrements ; une clé manquante compte comme une valeur."},
    [T_ALIKE] = {"alike", "semblables"},
    [T_UTILITY] = {"Utility", "Utilité"},
    [T_UTILITY_NOTE] = {"Means and deviations of the records that are left, before and after.",
                        "Moyennes et écarts types des enregistrements conservés, avant et après."},
    [T_COLUMN] = {"Column", "Colonne"},
    [T_EMPTY] = {"Missing", "Manquants"},
    [T_MEAN] = {"Mean", "Moyenne"},
    [T_DEVIATION] = {"Standard deviation", "Écart type"},
    [T_REMOVED] = {"removed", "supprimée"},
    [T_RECODED] = {"recoded", "recodée"},
    [T_CHANGED] = {"changed", "modifiée"},
    [T_KEPT] = {"same figures", "mêmes chiffres"},
    [T_ADDED] = {"added", "ajoutée"},
    [T_LOSSES] = {"Loss of information", "Perte d'information"},
    [T_IL1S] = {"IL1s, mean (0: nothing lost)", "IL1s, moyenne (0 : rien de perdu)"},
    [T_CORRELATION] = {"Loss of correlations", "Perte de corrélations"},
    [T_EIGENVALUES] = {"Loss of eigenvalues", "Perte de valeurs propres"},
    [T_TABLES] = {"Counts in tables of dimension", "Effectifs des tableaux de dimension"},
    [T_HELLINGER_MEAN] = {"Hellinger distance, mean", "distance de Hellinger, moyenne"},
    [T_HELLINGER_LARGEST] = {"Hellinger distance, largest", "distance de Hellinger, maximum"},
    [T_STEPS] = {"Steps", "Étapes"},
    [T_DONE] = {"Effect", "Effet"},
    [T_NOTHING] = {"The recipe has no step: nothing was changed.",
                   "La recette n'a aucune étape : rien n'a changé."},
    [T_FILES] = {"To make it again", "Pour le refaire"},
    [T_FILES_NOTE] = {"The same recipe, input, keys and version give the same bytes.",
                      "Mêmes recette, entrée, clés et version donnent les mêmes octets."},
    [T_SENSITIVE] = {"Sensitive columns", "Variables sensibles"},
    [T_DISTINCT] = {"Fewest values in a group (l)", "Plus petit nombre de valeurs d'un groupe (l)"},
    [T_DISTANCE] = {"Largest distance to the file (t)", "Plus grande distance au fichier (t)"},
    [T_ABSENT] = {"Keys that are gone", "Clés supprimées"},
    [T_IDENTIFIERS] = {"Columns that look like direct identifiers",
                       "Colonnes qui ressemblent à des identifiants directs"},
    [T_IDENTIFIERS_LEFT] = {"still there", "encore là"},
    [T_NONE_LEFT] = {"none", "aucune"},
    [T_KEY_USED] = {"Key of the domain", "Clé du domaine"},
    [T_LIMITS] = {"What this report does not say", "Ce que ce rapport ne dit pas"},
    [T_LIMITS_NOTE] = {"It measures the keys that the recipe names. A column that identifies people and is "
                       "not among them is not seen; nor is what else an intruder knows.",
                       "Il mesure les clés que nomme la recette. Une colonne qui identifie des personnes et "
                       "n'en fait pas partie n'est pas vue, ni ce qu'un intrus sait par ailleurs."},
};

const char *report_text(Text text, int language)
{
    return texts[text][language];
}

static const char *const words[][3] = {
    /* steps */
    {"drop", "Columns removed", "Colonnes supprimées"},
    {"pseudonym", "Keyed code", "Code sous clé"},
    {"record_key", "Record keys", "Clés d'enregistrement"},
    {"shuffle", "Order of records", "Ordre des enregistrements"},
    {"sample", "Sample", "Échantillon"},
    {"recode", "Recoding", "Recodage"},
    {"cut", "Intervals", "Intervalles"},
    {"tails", "Top and bottom coding", "Codage des extrêmes"},
    {"round", "Rounding", "Arrondi"},
    {"lattice", "Best combination of levels", "Meilleure combinaison de niveaux"},
    {"suppress", "Local suppression", "Suppression locale"},
    {"pram", "Changes at random (PRAM)", "Changements au hasard (PRAM)"},
    {"microaggregate", "Microaggregation", "Microagrégation"},
    {"swap", "Swapping of ranks", "Échange de rangs"},
    {"noise", "Noise", "Bruit"},
    /* parameters and figures */
    {"columns", "columns", "colonnes"},
    {"column", "column", "colonne"},
    {"domain", "domain", "domaine"},
    {"as", "as", "en"},
    {"fraction", "share kept", "part gardée"},
    {"strata", "strata", "strates"},
    {"level", "level", "niveau"},
    {"at", "bounds", "bornes"},
    {"top", "above", "au-dessus de"},
    {"bottom", "below", "au-dessous de"},
    {"base", "base", "base"},
    {"how", "how", "manière"},
    {"limit", "most removed", "part supprimée au plus"},
    {"loss", "loss", "perte"},
    {"rule", "rule", "règle"},
    {"costs", "costs", "coûts"},
    {"percent", "per cent", "pour cent"},
    {"correlated", "correlated", "corrélé"},
    {"values", "values", "valeurs"},
    {"records", "records", "enregistrements"},
    {"categories_before", "categories before", "modalités avant"},
    {"categories_after", "categories after", "modalités après"},
    {"values_changed", "values changed", "valeurs modifiées"},
    {"cells", "values made missing", "valeurs rendues manquantes"},
    {"cells_by_column", "by column", "par colonne"},
    {"levels", "levels chosen", "niveaux choisis"},
    {"records_removed", "records removed", "enregistrements supprimés"},
    {"nodes", "combinations tried", "combinaisons essayées"},
    {"groups", "groups", "groupes"},
    {"units_repeated", "records of a unit met before", "enregistrements d'une unité déjà vue"},
    /* words */
    {"mean", "mean of what lies beyond", "moyenne de ce qui dépasse"},
    {"nearest", "nearest", "au plus proche"},
    {"random", "random", "au hasard"},
    {"thrifty", "thrifty", "économe"},
    {"greedy", "greedy", "gloutonne"},
    {"share", "share", "part"},
    {"discernibility", "discernibility", "discernabilité"},
    {"entropy", "entropy", "entropie"},
    /* identifiers */
    {"name", "name", "nom"},
    {"address", "address", "adresse"},
    {"phone", "telephone", "téléphone"},
    {"email", "e-mail", "courriel"},
    /* digests */
    {"recipe SHA-256", "Recipe, SHA-256", "Recette, SHA-256"},
    {"input SHA-256", "Input, SHA-256", "Entrée, SHA-256"},
    {"output SHA-256", "Output, SHA-256", "Sortie, SHA-256"},
    {"darse", "Program", "Programme"},
};

const char *report_word(const char *word, int language)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_strcmp0(words[i][0], word) == 0)
            return words[i][1 + language];
    }
    return word != NULL ? word : "";
}

/* Bars are as wide as their shares by style attributes; nothing is fetched, nothing runs. */
#define LIGHT                                                                                      \
    "--ground:#f2f5f5;--panel:#fff;--sunken:#e8eeef;--line:#d2dcde;--ink:#11242b;--soft:#465b64;"  \
    "--old:#8fa3ab;--new:#0a5b75;--good:#17633a;--good-tint:#e0f2e7;--bad:#9c1f1c;--bad-tint:#fce7e5"
#define DARK                                                                                       \
    "--ground:#0c1517;--panel:#132023;--sunken:#1b2b2f;--line:#294046;--ink:#e4edef;"              \
    "--soft:#a6b8be;--old:#5d747c;--new:#79c9e1;--good:#7fd7a3;--good-tint:#133021;--bad:#ffa199;" \
    "--bad-tint:#3b1a18"
const char report_style[] =
    ":root{color-scheme:light dark;" LIGHT "}"
    "@media(prefers-color-scheme:dark){:root{" DARK "}}"
    ":root[data-theme=light]{color-scheme:light;" LIGHT "}"
    ":root[data-theme=dark]{color-scheme:dark;" DARK "}"
    "*{box-sizing:border-box}"
    "body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);margin:0 auto;"
    "padding:2rem 1.5rem 4rem;max-width:64rem;font-variant-numeric:tabular-nums}"
    "h1,h2{text-wrap:balance;hyphens:auto}"
    "h1{font-size:clamp(1.5rem,1.2rem + 1.2vw,2rem);line-height:1.2;margin:.2rem 0 .4rem}"
    "h2{font-size:1.25rem;line-height:1.2;margin:0 0 .8rem}h3{font-size:1rem;margin:1.4rem 0 .5rem}"
    "p{margin:.3rem 0}.soft{color:var(--soft)}.over{color:var(--soft);font-weight:600;margin:0}"
    "section{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:1.5rem;"
    "margin:1.25rem 0}"
    ".facts{display:flex;flex-wrap:wrap;gap:.3rem 1.5rem;margin:.8rem 0 0;padding:0}"
    ".facts div{display:flex;gap:.4rem}.facts dt{color:var(--soft)}.facts dd{margin:0;font-weight:600}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:1rem;"
    "margin:1.25rem 0}"
    ".tile{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:1rem 1.25rem}"
    ".tile p{color:var(--soft);margin:0;line-height:1.3;min-height:2.6em}"
    ".tile strong{font-size:1.6rem;line-height:1.2}.tile .from{color:var(--soft)}"
    ".tile .arrow{color:var(--soft);margin:0 .35rem}"
    ".wide{overflow-x:auto;margin:0 -.25rem;padding:0 .25rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{padding:.45rem .6rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}"
    "th:first-child,td:first-child{text-align:left;padding-left:0}"
    "th:last-child,td:last-child{padding-right:0}"
    "tbody tr:last-child>*{border-bottom:0}"
    "thead th{color:var(--soft);font-weight:600;white-space:nowrap}tbody th{font-weight:400}"
    "small{color:var(--soft);font-size:.875em;display:block}small.narrow{display:none}"
    ".left{text-align:left!important}"
    ".mark{display:inline-block;border-radius:99px;padding:0 .6rem;background:var(--sunken);"
    "color:var(--soft);white-space:nowrap;font-size:.875rem;line-height:1.6}"
    ".less{color:var(--good)}.more{color:var(--bad)}"
    ".mark.good{background:var(--good-tint);color:var(--good)}"
    ".mark.bad{background:var(--bad-tint);color:var(--bad)}"
    ".plot{display:grid;grid-template-columns:auto 1fr;gap:.7rem .9rem;align-items:center;margin:0}"
    ".plot dt{text-align:right;white-space:nowrap}.plot dd{margin:0;display:grid;gap:3px}"
    ".bar{display:flex;align-items:center;gap:.5rem;line-height:1.2;font-size:.875rem}"
    ".bar i{display:block;height:.95rem;border-radius:0 3px 3px 0;min-width:2px;background:var(--old)}"
    ".bar.new i{background:var(--new)}.bar.new{font-weight:600}"
    ".track{flex:1;display:flex;align-items:center;gap:.5rem}"
    ".legend{display:flex;gap:1.25rem;margin:0 0 1rem;color:var(--soft)}"
    ".legend span:before{content:\"\";display:inline-block;width:.8rem;height:.8rem;border-radius:2px;"
    "margin-right:.4rem;background:var(--old)}.legend .new:before{background:var(--new)}"
    "ol.steps{list-style:none;margin:0;padding:0;counter-reset:step}"
    "ol.steps>li{counter-increment:step;position:relative;padding:0 0 1.2rem 2.6rem}"
    "ol.steps>li:last-child{padding-bottom:0}"
    "ol.steps>li:before{content:counter(step);position:absolute;left:0;top:0;width:1.7rem;height:1.7rem;"
    "border-radius:99px;background:var(--sunken);color:var(--soft);display:grid;place-items:center;"
    "font-size:.875rem;font-weight:600}"
    "ol.steps h3{margin:0 0 .2rem}"
    ".pairs{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;margin:0}.pairs div{display:flex;gap:.4rem;"
    "flex-wrap:wrap}.pairs dt{color:var(--soft)}.pairs dd{margin:0;overflow-wrap:anywhere}"
    ".pairs.done dd{font-weight:600}"
    ".rows{margin:0;display:grid;grid-template-columns:auto 1fr;gap:.35rem 1.2rem}.rows dt{color:var(--soft)}"
    ".rows dd{margin:0}"
    "code{font:.875em ui-monospace,monospace;overflow-wrap:anywhere}"
    "@media(max-width:40rem){body{padding:1.25rem 1rem 3rem}section{padding:1rem}"
    ".tiles{grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:.6rem}.tile p{hyphens:auto}.roomy{display:none}"
    "tbody small.narrow{display:block}.tile{padding:.7rem .75rem}.tile strong{font-size:1.2rem}.tile .arrow{margin:0 .2rem}"
    "th,td{padding:.4rem .35rem}table{font-size:.9rem}.rows{grid-template-columns:1fr}"
    ".rows dd{margin:0 0 .4rem}}"
    "@media print{body{background:none;padding:0}section,.tile{break-inside:avoid}}";
