// SPDX-License-Identifier: Apache-2.0
// A table of things. On a narrow screen each row becomes a card (tables.css); the roles are
// written out because a changed `display` takes them away in some browsers.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { List } from "../api/resource";
import { t } from "../i18n";
import { Loaded } from "./page";

export interface Column<T> {
  title: string;
  cell: (row: T) => ComponentChildren;
  number?: boolean;
  /** The cell that names the row. */
  head?: boolean;
}

interface TableProps<T> {
  caption: string;
  columns: Column<T>[];
  rows: T[];
  id: (row: T) => string;
}

export function Table<T>(props: TableProps<T>) {
  return (
    <div class="table-frame">
      <table class="table table-cards" role="table">
        <caption class="unseen">{props.caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {props.columns.map((column) => (
              <th
                key={column.title}
                scope="col"
                role="columnheader"
                class={column.number ? "number" : undefined}
              >
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {props.rows.map((row) => (
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

/** A list of the API: waiting, problem, nothing, rows, and the next page. */
export function ListTable<T>(
  props: Omit<TableProps<T>, "rows"> & { list: List<T>; empty: ComponentChildren },
) {
  const [busy, setBusy] = useState(false);
  const { more } = props.list;
  const readMore = async () => {
    setBusy(true);
    try {
      await more?.();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Loaded of={props.list}>
      {(rows) =>
        rows.length === 0 ? (
          props.empty
        ) : (
          <div class="stack">
            <Table {...props} rows={rows} />
            {more && (
              <div>
                <button
                  type="button"
                  class="button"
                  aria-busy={busy}
                  onClick={() => void readMore()}
                >
                  {t("action.more")}
                </button>
              </div>
            )}
          </div>
        )
      }
    </Loaded>
  );
}
