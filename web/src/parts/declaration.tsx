// SPDX-License-Identifier: Apache-2.0
// What the author of an export says of a table's columns: the fields to say it, and how it is read back.
import type { Declaration, DeclarationNew, DimensionNew, Rules } from "../api/types";
import { t } from "../i18n";
import { formatList } from "../i18n/format";
import { text, TextField } from "./form";

/** Names between commas, without blanks around them. */
export function namesOf(written: string | undefined): string[] {
  return (written ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** "activity, size=Total": columns of categories, each with its total where it is not a usual word. */
export function dimensionsOf(written: string | undefined, nested: string | undefined): DimensionNew[] {
  const deep = namesOf(nested);
  return namesOf(written).map((one) => {
    const [column = "", total] = one.split("=", 2).map((half) => half.trim());
    return { column, nested: deep.includes(column), ...(total ? { total } : {}) };
  });
}

export function declarationOf(values: FormData): DeclarationNew {
  return {
    count: text(values, "count"),
    contributors: text(values, "contributors"),
    total: text(values, "total"),
    absolute: text(values, "absolute"),
    largest: text(values, "largest"),
    next: namesOf(text(values, "next")),
    dimensions: dimensionsOf(text(values, "dimensions"), text(values, "nested")),
  };
}

/** How many of the largest contributors the rules look at. */
export function contributorsNeeded(rules: Rules): number {
  const coalition = rules.p_percent > 0 ? Math.max(1, rules.coalition) + 1 : 0;
  return Math.max(coalition, ...rules.dominance.map((rule) => rule.contributors), 0);
}

function Column(props: { name: string; label: string; hint: string }) {
  return <TextField name={props.name} label={props.label} hint={props.hint} optional />;
}

export function DeclarationFields({ rules }: { rules: Rules }) {
  const needed = contributorsNeeded(rules);
  const groups = rules.minimum_contributors > 0;
  const nextField = (
    <Column name="next" label={t("declaration.next")} hint={t("declaration.next_hint")} />
  );
  const groupsField = (
    <Column
      name="contributors"
      label={t("declaration.contributors")}
      hint={t("declaration.contributors_hint")}
    />
  );
  return (
    <>
      <p class="note">{t("declaration.lead")}</p>
      <Column name="count" label={t("declaration.count")} hint={t("declaration.count_hint")} />
      {groups && groupsField}
      <Column name="total" label={t("declaration.total")} hint={t("declaration.total_hint")} />
      <Column name="largest" label={t("declaration.largest")} hint={t("declaration.largest_hint")} />
      {needed > 1 && (
        <>
          <p class="note">{t("declaration.needed", { number: needed })}</p>
          {nextField}
        </>
      )}
      <Column
        name="dimensions"
        label={t("declaration.dimensions")}
        hint={t("declaration.dimensions_hint")}
      />
      <details class="more">
        <summary>{t("declaration.more")}</summary>
        <div class="stack">
          {needed <= 1 && nextField}
          {!groups && groupsField}
          <Column name="absolute" label={t("declaration.absolute")} hint={t("declaration.absolute_hint")} />
          <Column name="nested" label={t("declaration.nested")} hint={t("declaration.nested_hint")} />
        </div>
      </details>
    </>
  );
}

/** One phrase for all that was declared. */
export function declaredText(declaration: Declaration): string {
  const { count, contributors, total, absolute, largest, next, dimensions } = declaration;
  const parts = [
    count && t("declaration.count_is", { column: count }),
    contributors && t("declaration.contributors_is", { column: contributors }),
    total && t("declaration.total_is", { column: total }),
    absolute && t("declaration.absolute_is", { column: absolute }),
    largest && t("declaration.largest_is", { column: largest }),
    next.length > 0 && t("declaration.next_is", { columns: formatList(next) }),
    dimensions.length > 0 &&
      t("declaration.dimensions_is", { columns: formatList(dimensions.map((one) => one.column)) }),
  ].filter(Boolean);
  return parts.length === 0 ? t("declaration.none") : parts.join(", ");
}

/** What the author declared a column to be. */
export function declaredAs(declaration: Declaration | undefined, column: string): string | undefined {
  if (!declaration) return undefined;
  if (column === declaration.count) return t("declaration.is_count");
  if (column === declaration.contributors) return t("declaration.is_contributors");
  if (column === declaration.total) return t("declaration.is_total");
  if (column === declaration.absolute) return t("declaration.is_absolute");
  if (declaration.dimensions.some((one) => one.column === column)) return t("declaration.is_dimension");
  return undefined;
}
