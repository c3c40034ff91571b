// SPDX-License-Identifier: Apache-2.0
// Variables of one dataset or of all of a source: name, meaning, type, where; found by their words.
import type { Dataset, Variable } from "../api/types";
import { t, tMaybe, tn } from "../i18n";
import { formatNumber } from "../i18n/format";
import { useAddress } from "../router";
import { Filters, holdsWords } from "./filters";
import { Table, type Column } from "./table";

export interface Described extends Variable {
  /** Titles of the datasets that have it. */
  where: string[];
}

/** The variables of all DATASETS, one line a name, in the order in which they come. */
export function variablesOf(datasets: Dataset[]): Described[] {
  const found = new Map<string, Described>();
  for (const dataset of datasets) {
    for (const variable of dataset.variables) {
      const known = found.get(variable.name);
      if (known) known.where.push(dataset.title);
      else found.set(variable.name, { ...variable, where: [dataset.title] });
    }
  }
  return [...found.values()];
}

const NAME: Column<Described>[] = [
  {
    title: "",
    head: true,
    name: "name",
    sort: (variable) => variable.name,
    cell: (variable) => <code class="variable-name">{variable.name}</code>,
  },
];

function columnsFor(many: boolean): Column<Described>[] {
  const shared: Column<Described>[] = [
    ...NAME.map((column) => ({ ...column, title: t("variable.name") })),
    {
      title: t("variable.label"),
      cell: (variable) => (
        <>
          {variable.label}
          {variable.description && <p class="note">{variable.description}</p>}
        </>
      ),
    },
    {
      title: t("variable.type"),
      name: "type",
      sort: (variable) => variable.type ?? "",
      cell: (variable) =>
        variable.type ? (tMaybe(`variable_type.${variable.type}`) ?? variable.type) : "–",
    },
  ];
  const number = (value: number | null | undefined) => (value == null ? "–" : formatNumber(value));
  const bounds = (variable: Described) =>
    variable.min != null && variable.max != null ? `${variable.min} – ${variable.max}` : "–";
  return many
    ? [...shared, { title: t("variable.where"), cell: (variable) => variable.where.join(", ") }]
    : [
        ...shared,
        { title: t("variable.missing"), number: true, cell: (row) => number(row.missing) },
        { title: t("variable.distinct"), number: true, cell: (row) => number(row.distinct) },
        { title: t("variable.bounds"), number: true, cell: bounds },
      ];
}

export function Variables(props: { datasets: Dataset[] }) {
  const [words] = useAddress("v");
  const all = variablesOf(props.datasets);
  const shown = all.filter((variable) =>
    holdsWords(words, variable.name, variable.label, variable.description ?? undefined),
  );
  return (
    <div class="stack">
      {all.length > 8 && <Filters search={{ label: t("variable.search"), name: "v" }} />}
      <p class="note" role="status">
        {words === ""
          ? tn("variable.count", all.length)
          : t("variable.found", { shown: shown.length, all: all.length })}
      </p>
      {shown.length > 0 && (
        <Table
          caption={t("dataset.variables")}
          rows={shown}
          id={(variable) => variable.name}
          address="sort_variables"
          columns={columnsFor(props.datasets.length > 1)}
        />
      )}
    </div>
  );
}
