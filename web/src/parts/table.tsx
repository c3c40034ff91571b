// SPDX-License-Identifier: Apache-2.0
// A table of things. On a narrow screen each row becomes a card (tables.css); the roles are
// written out because a changed `display` takes them away in some browsers.
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import type { List } from "../api/resource";
import { language, t, tn } from "../i18n";
import { useAddress } from "../router";
import { Icon } from "./icon";
import { Loaded } from "./page";

type SortKey = string | number | boolean | null | undefined;

export interface Column<T> {
  title: string;
  cell: (row: T) => ComponentChildren;
  number?: boolean;
  /** The cell that names the row. */
  head?: boolean;
  /** Makes the column one that rows can be sorted by. Nothing comes last, either way. */
  sort?: (row: T) => SortKey;
  /** The column's name in the address (`?sort=-ends`); needed with `sort`. */
  name?: string;
}

interface TableProps<T> {
  caption: string;
  columns: Column<T>[];
  rows: T[];
  id: (row: T) => string;
  /** The order at first: a column's name, "-" before it for the other way. */
  sorted?: string;
  /** Of the sort in the address, when a page has two tables. */
  address?: string;
}

interface Order<T> {
  column: Column<T>;
  down: boolean;
}

function orderOf<T>(columns: Column<T>[], written: string): Order<T> | undefined {
  const down = written.startsWith("-");
  const name = down ? written.slice(1) : written;
  const column = columns.find((one) => one.sort && one.name === name);
  return column && { column, down };
}

function compareKeys(a: SortKey, b: SortKey, words: Intl.Collator): number {
  if (typeof a === "string" && typeof b === "string") return words.compare(a, b);
  return Number(a) - Number(b);
}

export function sortRows<T>(rows: T[], order: Order<T> | undefined): T[] {
  const key = order?.column.sort;
  if (!key) return rows;
  const words = new Intl.Collator(language.get(), { numeric: true });
  const missing = (value: SortKey) => value === null || value === undefined || value === "";
  return rows
    .map((row) => ({ row, key: key(row) }))
    .sort((a, b) => {
      if (missing(a.key) || missing(b.key)) return Number(missing(a.key)) - Number(missing(b.key));
      const way = compareKeys(a.key, b.key, words);
      return order.down ? -way : way;
    })
    .map((pair) => pair.row);
}

function Heading<T>(props: {
  column: Column<T>;
  order: Order<T> | undefined;
  choose: (written: string) => void;
}) {
  const { column, order } = props;
  const here = order?.column === column;
  const direction = here ? (order.down ? "descending" : "ascending") : "none";
  const name = column.name ?? "";
  return (
    <th
      scope="col"
      role="columnheader"
      class={column.number ? "number" : undefined}
      aria-sort={column.sort && here ? direction : undefined}
    >
      {column.sort ? (
        <button
          type="button"
          class={`sort sort-${direction}`}
          onClick={() => props.choose(here && !order.down ? `-${name}` : name)}
        >
          {column.title}
          <Icon name={here ? (order.down ? "down" : "up") : "sort"} />
        </button>
      ) : (
        column.title
      )}
    </th>
  );
}

/** Where the headings are not drawn, the order is chosen from a list. */
function SortSelect<T>(props: {
  columns: Column<T>[];
  written: string;
  choose: (written: string) => void;
}) {
  const id = useId();
  const sortable = props.columns.filter((column) => column.sort);
  if (sortable.length === 0) return null;
  return (
    <div class="sort-select field">
      <label for={id}>{t("table.sort")}</label>
      <select id={id} value={props.written} onChange={(event) => props.choose(event.currentTarget.value)}>
        {props.written === "" && <option value="">–</option>}
        {sortable.flatMap((column) => [
          <option key={column.name} value={column.name}>
            {t("table.ascending", { column: column.title })}
          </option>,
          <option key={`-${column.name}`} value={`-${column.name}`}>
            {t("table.descending", { column: column.title })}
          </option>,
        ])}
      </select>
    </div>
  );
}

export function Table<T>(props: TableProps<T>) {
  const [written, choose] = useAddress(props.address ?? "sort", props.sorted ?? "");
  const order = orderOf(props.columns, written);
  const rows = sortRows(props.rows, order);
  return (
    <div class="table-frame">
      <SortSelect columns={props.columns} written={order ? written : ""} choose={choose} />
      <table class="table table-cards" role="table">
        <caption class="unseen">{props.caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {props.columns.map((column) => (
              <Heading key={column.title} column={column} order={order} choose={choose} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={props.id(row)} role="row">
              {props.columns.map((column) =>
                column.head ? (
                  <th key={column.title} scope="row" role="rowheader" data-label={column.title}>
                    <span>{column.cell(row)}</span>
                  </th>
                ) : (
                  <td
                    key={column.title}
                    role="cell"
                    data-label={column.title}
                    class={column.number ? "number" : undefined}
                  >
                    <span>{column.cell(row)}</span>
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function More({ more }: { more: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const readMore = async () => {
    setBusy(true);
    try {
      await more();
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" class="button" aria-busy={busy} onClick={() => void readMore()}>
      {t("action.more")}
    </button>
  );
}

type ListTableProps<T> = Omit<TableProps<T>, "rows"> & {
  list: List<T>;
  empty: ComponentChildren;
  /** Rows that the page leaves out (its own filters); the others are counted in words. */
  only?: (row: T) => boolean;
  /** Said when there are rows and ONLY leaves none. */
  noneLeft?: ComponentChildren;
};

/** A list of the API: waiting, problem, nothing, rows, and the next page. */
export function ListTable<T>(props: ListTableProps<T>) {
  const { list, only } = props;
  return (
    <Loaded of={list}>
      {(rows) => {
        const shown = only ? rows.filter(only) : rows;
        const left = shown.length < rows.length;
        return (
          <div class="stack">
            {shown.length > 0 ? (
              <Table {...props} rows={shown} />
            ) : left ? (
              (props.noneLeft ?? <p class="soft">{t("table.none_left")}</p>)
            ) : (
              props.empty
            )}
            {(list.more || left) && (
              <div class="row table-foot" aria-live="polite">
                {list.more && <More more={list.more} />}
                <span class="note">
                  {left
                    ? t("table.shown", { shown: shown.length, read: rows.length })
                    : tn("count.rows", rows.length)}
                  {list.more && ` ${t("table.more_exist")}`}
                </span>
              </div>
            )}
          </div>
        );
      }}
    </Loaded>
  );
}

/** What one can do with a row: LABEL tells it from the same button of the other rows. */
export function RowButton(props: { label: string; act: () => void; children: ComponentChildren }) {
  return (
    <button type="button" class="button button-small" aria-label={props.label} onClick={props.act}>
      {props.children}
    </button>
  );
}
