// SPDX-License-Identifier: Apache-2.0
import { formatAgo, formatDate, formatDateTime, formatExactTime } from "../i18n/format";

/** A moment; the exact time is in the title. */
export function Time(props: { at: string | null | undefined; as?: "ago" | "date" | "moment" }) {
  if (!props.at) return <span class="soft">–</span>;
  const shown =
    props.as === "ago"
      ? formatAgo(props.at)
      : props.as === "date"
        ? formatDate(props.at)
        : formatDateTime(props.at);
  return (
    <time dateTime={props.at} title={formatExactTime(props.at)}>
      {shown}
    </time>
  );
}
