// SPDX-License-Identifier: Apache-2.0
// What the server shows of a file: some rows, the beginning of a text, a picture made anew.
import { query } from "../api/client";
import { useResource } from "../api/resource";
import type { FilePreview as Shown } from "../api/types";
import { t, tn } from "../i18n";
import { formatBytes } from "../i18n/format";
import { Dialog } from "./dialog";
import { Empty, Notice } from "./notice";
import { Loaded } from "./page";

function Cells({ of }: { of: Shown }) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t("files.rows")}>
      <table class="table">
        <caption class="unseen">{of.path}</caption>
        <thead>
          <tr>
            {of.columns?.map((column) => (
              <th key={column.name} scope="col">
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {of.values?.map((row, at) => (
            <tr key={at}>
              {row.map((value, column) => (
                <td key={column}>{value ?? <span class="soft">–</span>}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Body({ of }: { of: Shown }) {
  if (of.kind === "table") return <Cells of={of} />;
  if (of.kind === "image")
    return (
      <img
        class="preview-image"
        src={`data:image/png;base64,${of.png}`}
        alt={t("files.picture_of", { name: of.path })}
      />
    );
  if (of.kind === "text")
    return of.text === "" ? (
      <Empty icon="file">
        <p>{t("files.empty_file")}</p>
      </Empty>
    ) : (
      <pre class="preview-text" tabIndex={0} aria-label={of.path}>
        {of.text}
      </pre>
    );
  return (
    <Empty icon="file" title={t("files.not_shown")}>
      <p>{of.problem}</p>
    </Empty>
  );
}

function note(of: Shown): string {
  const parts = [formatBytes(of.size)];
  if (of.kind === "table" && of.rows !== undefined && of.rows !== null)
    parts.push(tn("count.rows", of.rows));
  if (of.kind === "image") parts.push(`${of.width} × ${of.height}`);
  const cut = of.truncated || (of.kind === "table" && (of.rows ?? 0) > (of.values?.length ?? 0));
  if (cut) parts.push(t("files.beginning"));
  return parts.join(" · ");
}

export function FilePreviewDialog(props: {
  project: string;
  place: string;
  path: string;
  close: () => void;
}) {
  const { place, path } = props;
  const shown = useResource<Shown>(
    `/projects/${props.project}/files/preview${query({ place, path })}`,
  );
  return (
    <Dialog title={path.split("/").pop() ?? path} close={props.close} wide>
      <Loaded of={shown}>
        {(of) => (
          <div class="stack">
            <p class="note">{note(of)}</p>
            {of.problem && of.kind !== "none" && (
              <Notice tone="wait">
                <p>{of.problem}</p>
              </Notice>
            )}
            <Body of={of} />
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}
