// SPDX-License-Identifier: Apache-2.0
// What the check of a table found, in words: each rule with its cells and the figure behind each, what
// could not be checked and why, and whether hidden cells follow from what is shown.
import type { Flag, Lint } from "../api/types";
import { t, tMaybe, tn } from "../i18n";
import { formatList, formatNumber } from "../i18n/format";
import { word } from "../i18n/words";
import { Icon } from "./icon";
import { Notice } from "./notice";

const FLAGS_SHOWN = 8;

const rounded = (value: number) => formatNumber(Math.round(value * 10) / 10);

/** "98 % by the largest alone, at most 85 %": what the cell has beside what the rule asks. */
export function flagFigure(flag: Flag): string | undefined {
  const { measure, limit, contributors } = flag;
  if (measure === null || limit === null) return undefined;
  const figures = { measure: rounded(measure), limit: rounded(limit) };
  switch (flag.rule) {
    case "minimum_count":
    case "minimum_contributors":
      return t("figure.minimum", figures);
    case "dominance":
      return contributors === 1
        ? t("figure.dominance_one", figures)
        : t("figure.dominance", { ...figures, contributors });
    case "p_percent":
      return t("figure.p_percent", figures);
    case "group":
      return t("figure.group", figures);
    default:
      return undefined;
  }
}

export function flagText(flag: Flag): string {
  const where = t("preview.flag", { row: flag.row, column: flag.column, value: flag.value ?? "–" });
  const figure = flagFigure(flag);
  return figure === undefined ? where : t("preview.flag_figure", { where, figure });
}

function RuleFlags(props: { rule: Flag["rule"]; flags: Flag[]; mend: boolean }) {
  const { rule, flags } = props;
  return (
    <li>
      <p>
        <span class="strong">{word("flag", rule)}</span>{" "}
        <span class="note">{tn("preview.cells", flags.length)}</span>
      </p>
      {props.mend && tMaybe(`mend.${rule}`) && <p>{tMaybe(`mend.${rule}`)}</p>}
      <ul role="list" class="note">
        {flags.slice(0, FLAGS_SHOWN).map((flag) => (
          <li key={`${flag.row} ${flag.column}`}>{flagText(flag)}</li>
        ))}
      </ul>
      {flags.length > FLAGS_SHOWN && <p class="note">{t("preview.more_flags")}</p>}
    </li>
  );
}

/** Each rule with its flagged cells, and for the author what can be done about them. */
export function Flags({ lint, mend }: { lint: Lint; mend: boolean }) {
  const rules = [...new Set(lint.flags.map((flag) => flag.rule))];
  if (rules.length === 0) return null;
  return (
    <div class="stack-tight">
      <h4>{tn("count.flagged", lint.summary.flagged)}</h4>
      <ul class="flag-rules">
        {rules.map((rule) => (
          <RuleFlags
            key={rule}
            rule={rule}
            flags={lint.flags.filter((flag) => flag.rule === rule)}
            mend={mend}
          />
        ))}
      </ul>
      {!lint.flags_listed_all && <p class="note">{t("preview.flags_cut")}</p>}
    </div>
  );
}

/** What was not checked, rule by rule, and which column would allow it. */
function NotChecked({ lint }: { lint: Lint }) {
  const { not_applied, short_of } = lint.summary;
  const lines = [
    ...not_applied.map((rule) => ({ rule, why: tMaybe(`unchecked.${rule}`) })),
    ...short_of.map((rule) => ({ rule: `${rule}+`, why: t("unchecked.short_of") })),
  ];
  if (lines.length === 0) return null;
  return (
    <Notice tone="wait">
      <p>{t("unchecked.lead")}</p>
      <ul>
        {lines.map(({ rule, why }) => (
          <li key={rule}>
            <span class="strong">{word("rule_name", rule.replace("+", ""))}</span> {why}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** Hidden cells: tried by subtraction, or why not. */
function Subtraction({ lint }: { lint: Lint }) {
  const { structure, summary } = lint;
  switch (structure.state) {
    case "checked":
      return structure.recomputable > 0 ? null : (
        <p class="said">
          <Icon name="check" />
          <span class="note">
            {t("subtraction.none", {
              hidden: structure.hidden,
              dimensions: formatList(structure.dimensions),
            })}
          </span>
        </p>
      );
    case "too_large":
      return <Notice tone="wait">{t("subtraction.too_large")}</Notice>;
    case "not_declared":
      return summary.suppressed > 0 ? (
        <Notice tone="wait">{t("subtraction.not_declared")}</Notice>
      ) : null;
    default:
      return null;
  }
}

/** Everything but the flagged cells themselves. */
export function LintRemarks({ lint }: { lint: Lint }) {
  return (
    <>
      <NotChecked lint={lint} />
      <Subtraction lint={lint} />
      {lint.withheld.length > 0 && (
        <p class="said">
          <Icon name="info" />
          <span class="note">{t("preview.withheld", { columns: formatList(lint.withheld) })}</span>
        </p>
      )}
      {lint.notes.map((note) => (
        <p key={note} class="said">
          <Icon name="info" />
          <span class="note" lang="en">
            {note}
          </span>
        </p>
      ))}
    </>
  );
}
