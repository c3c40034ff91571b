/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables print: usage, help of a verb, the reference, completion of shells. */
#include "cli/internal.h"

#include <string.h>

static const VerbOption *options_of(const Verb *verb)
{
    static const VerbOption none[] = {{0}};
    if (verb->act == NULL)
        return none;
    return verb->options != NULL ? verb->options : cli_common_options;
}

char *cli_usage(const Verb *verb)
{
    bool options = verb->act != NULL && options_of(verb)->name != NULL;
    return g_strdup_printf("%s%s%s%s", verb->name, *verb->usage != '\0' ? " " : "", verb->usage,
                           options ? " [options]" : "");
}

static char *option_text(const VerbOption *option)
{
    g_autofree char *letter = option->letter != 0 ? g_strdup_printf("-%c, ", option->letter)
                                                  : g_strdup("");
    return g_strdup_printf("%s--%s%s%s", letter, option->name, option->value != NULL ? " " : "",
                           option->value != NULL ? option->value : "");
}

void cli_print_verb_help(const Verb *verb, FILE *out)
{
    g_autofree char *usage = cli_usage(verb);
    fprintf(out, "usage: darse %s\n\n%s.\n", usage, verb->summary);
    if (verb->about != NULL)
        fprintf(out, "%s\n", verb->about);
    for (const VerbOption *option = options_of(verb); option->name != NULL; option++) {
        g_autofree char *text = option_text(option);
        fprintf(out, "%s  %-24s %s%s\n", option == options_of(verb) ? "\n" : "", text,
                option->summary, option->repeated ? " (may be repeated)" : "");
    }
    g_auto(GStrv) examples = g_strsplit(verb->examples != NULL ? verb->examples : "", "\n", -1);
    for (char **example = examples; *example != NULL; example++)
        fprintf(out, "%s  %s\n", example == examples ? "\n" : "", *example);
}

/* ---- the reference ---- */

static void print_verb_markdown(const Verb *verb, FILE *out)
{
    g_autofree char *usage = cli_usage(verb);
    fprintf(out, "### darse %s\n\n    darse %s\n\n%s.", verb->name, usage, verb->summary);
    if (verb->about != NULL)
        fprintf(out, " %s", verb->about);
    fputs("\n\n", out);
    const VerbOption *options = options_of(verb);
    bool own = false;
    for (const VerbOption *option = options; option->name != NULL; option++) {
        if (strcmp(option->name, "server") == 0 || strcmp(option->name, "json") == 0)
            continue;
        g_autofree char *text = option_text(option);
        if (!own)
            fputs("| option | |\n|---|---|\n", out);
        own = true;
        fprintf(out, "| `%s` | %s%s |\n", text, option->summary,
                option->repeated ? "; may be repeated" : "");
    }
    if (own)
        fputs("\n", out);
    g_auto(GStrv) examples = g_strsplit(verb->examples != NULL ? verb->examples : "", "\n", -1);
    for (char **example = examples; *example != NULL; example++)
        fprintf(out, "%s    %s\n", example == examples ? "For example:\n\n" : "", *example);
    if (examples[0] != NULL)
        fputs("\n", out);
}

static void print_local_verbs(const Verb *const *tables, FILE *out)
{
    fputs("## On the machine\n\nThese verbs work on a state directory (`--state DIR`, else "
          "`$DARSE_STATE`, else `./state`) or are the program's own; `darse VERB --help` says more.\n\n"
          "| verb | |\n|---|---|\n", out);
    for (; *tables != NULL; tables++) {
        for (const Verb *verb = *tables; verb->name != NULL; verb++) {
            g_auto(GStrv) parts = g_strsplit(verb->usage, "|", -1);
            g_autofree char *usage = g_strjoinv("\\|", parts);
            if (verb->act == NULL && !verb->hidden)
                fprintf(out, "| `darse %s%s%s` | %s |\n", verb->name,
                        *usage != '\0' ? " " : "", usage, verb->summary);
        }
    }
}

void cli_print_markdown(const Verb *const *tables, FILE *out)
{
    fputs("# The command line\n\n"
          "<!-- Printed by `darse help --markdown`; do not edit. -->\n\n"
          "`darse VERB` talks to a server's public API with a token of yours: it may do what you may "
          "do, and no more. `darse login` makes the token. Tables are printed for people, cut to the "
          "width of the terminal and never coloured; with `--json` the API's own answer is printed. "
          "What is asked (a password, a code) is asked on the terminal, or read from a descriptor "
          "(`--password-fd`, `--code-fd`); it is never an option's value.\n\n"
          "PROJECT is a project's short name or identifier; PERSON a login; DATASET an identifier, or "
          "`SOURCE/DATASET` by short names; other things are named by their identifiers. The server is "
          "`--server URL`, else `$DARSE_SERVER`, else the one that you signed in to last; `$DARSE_TOKEN`, "
          "where it is set, is used instead of the kept token. Where a project is needed and not a word, "
          "it is `--project`, else `$DARSE_PROJECT`. A DATE is 2027-01-31, or `90d` for ninety days from "
          "now.\n\n"
          "Completion: `source <(darse completion bash)`, `source <(darse completion zsh)`, "
          "`darse completion fish | source`.\n\n"
          "| exit code | |\n|---|---|\n", out);
    for (const CliExit *row = cli_exits; row->meaning != NULL; row++)
        fprintf(out, "| %d | %s |\n", row->code, row->meaning);
    fputs("\n## With a server\n\nAll take `--server URL` (`-s`), and those that print something "
          "`--json` (`-j`).\n\n", out);
    for (const Verb *const *table = tables; *table != NULL; table++) {
        for (const Verb *verb = *table; verb->name != NULL; verb++) {
            if (verb->act != NULL && !verb->hidden)
                print_verb_markdown(verb, out);
        }
    }
    print_local_verbs(tables, out);
}

/* ---- completion ---- */

/* The options that a usage names. */
static void print_usage_options(const Verb *verb, FILE *out)
{
    for (const char *at = strstr(verb->usage, "--"); at != NULL; at = strstr(at + 2, "--")) {
        int length = (int)strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-");
        fprintf(out, " --%.*s", length, at + 2);
    }
}

/* "VERB|--option --option" lines: what the script of bash reads. "@": a verb of the machine, which parses
 * its own options; its --help is asked for them as one types. A name that is both has a line of each. */
static void print_rows(const Verb *const *tables, FILE *out)
{
    for (; *tables != NULL; tables++) {
        for (const Verb *verb = *tables; verb->name != NULL; verb++) {
            if (verb->hidden)
                continue;
            fprintf(out, "%s|%s", verb->name, verb->act != NULL ? "--help" : "@");
            for (const VerbOption *option = options_of(verb); option->name != NULL; option++)
                fprintf(out, " --%s", option->name);
            if (verb->act == NULL)
                print_usage_options(verb, out);
            fputc('\n', out);
        }
    }
}

static void print_bash(const Verb *const *tables, FILE *out)
{
    fputs("# Completion of darse for bash: source <(darse completion bash)\n"
          "_darse() {\n"
          "  local current=${COMP_WORDS[COMP_CWORD]} typed= at row verb options best= found=\n"
          "  for ((at = 1; at < COMP_CWORD; at++)); do\n"
          "    [[ ${COMP_WORDS[at]} == -* ]] && break\n"
          "    typed+=\"${COMP_WORDS[at]} \"\n"
          "  done\n"
          "  local next=()\n"
          "  while IFS='|' read -r verb options; do\n"
          "    [[ $verb ]] || continue\n"
          "    if [[ \"$typed\" == \"$verb \"* ]]; then\n"
          "      [[ $verb == \"$found\" ]] && options=\"$best $options\"\n"
          "      best=$options found=$verb\n"
          "    fi\n"
          "    if [[ \"$verb \" == \"$typed\"* ]]; then\n"
          "      row=${verb:${#typed}}\n"
          "      next+=(\"${row%% *}\")\n"
          "    fi\n"
          "  done <<'ROWS'\n", out);
    print_rows(tables, out);
    fputs("ROWS\n"
          "  if [[ $current == -* && \" $best \" == *' @ '* ]]; then\n"
          "    best=\"${best//@/} $(\"${COMP_WORDS[0]}\" $found --help 2>/dev/null |\n"
          "      grep -oE -- '--[a-z][a-z-]*' | sort -u | tr '\\n' ' ')\"\n"
          "  fi\n"
          "  if [[ $current == -* ]]; then\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$best\" -- \"$current\")\n"
          "  elif ((${#next[@]})); then\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"${next[*]}\" -- \"$current\" | sort -u)\n"
          "  else\n"
          "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
          "  fi\n"
          "}\n"
          "complete -F _darse darse\n", out);
}

static void print_fish(const Verb *const *tables, FILE *out)
{
    fputs("# Completion of darse for fish: darse completion fish | source\n"
          "function __darse_typed\n"
          "    set -l words (commandline -opc)\n"
          "    string join ' ' -- $words[2..-1]\n"
          "end\n", out);
    for (; *tables != NULL; tables++) {
        for (const Verb *verb = *tables; verb->name != NULL; verb++) {
            g_auto(GStrv) words = g_strsplit(verb->name, " ", -1);
            g_autofree char *before = g_strdup("");
            for (char **word = words; !verb->hidden && *word != NULL; word++) {
                fprintf(out, "complete -c darse -f -n 'test (__darse_typed) = \"%s\"' -a '%s'\n",
                        before, *word);
                char *longer = cli_path("%s%s%s", before, *before != '\0' ? " " : "", *word);
                g_free(before);
                before = longer;
            }
            for (const VerbOption *option = options_of(verb); option->name != NULL; option++)
                fprintf(out, "complete -c darse -n 'string match -q \"%s*\" (__darse_typed)' -l %s%s\n",
                        verb->name, option->name, option->value != NULL ? " -r" : "");
            if (verb->act == NULL && !verb->hidden)
                fprintf(out, "complete -c darse -n 'string match -q \"%s*\" (__darse_typed)' -a "
                        "'(darse %s --help 2>/dev/null | string match -rga -- \"(--[a-z][a-z-]*)\")'\n",
                        verb->name, verb->name);
        }
    }
}

bool cli_print_completion(const Verb *const *tables, const char *shell, FILE *out)
{
    if (strcmp(shell, "zsh") == 0)
        fputs("autoload -U +X bashcompinit && bashcompinit\n", out);
    if (strcmp(shell, "bash") == 0 || strcmp(shell, "zsh") == 0)
        print_bash(tables, out);
    else if (strcmp(shell, "fish") == 0)
        print_fish(tables, out);
    else
        return false;
    return true;
}
