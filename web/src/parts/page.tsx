// SPDX-License-Identifier: Apache-2.0
// The head of every page: document title, crumbs, the h1 that takes the focus after a move.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Resource } from "../api/resource";
import { t } from "../i18n";
import { place } from "../router";
import { brandName } from "../session";
import { ProblemNotice, Waiting } from "./notice";

export interface Crumb {
  to: string;
  text: string;
}

interface PageProps {
  title: string;
  /** Of the document, when it says more than the h1. */
  documentTitle?: string;
  crumbs?: Crumb[];
  lead?: ComponentChildren;
  beside?: ComponentChildren;
  actions?: ComponentChildren;
  /** Changes when the person moves inside the page: the h1 takes the focus again. */
  at?: string;
  children: ComponentChildren;
}

export function Page(props: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const documentTitle = props.documentTitle ?? props.title;
  useEffect(() => {
    document.title = `${documentTitle} · ${brandName()}`;
  }, [documentTitle]);
  useLayoutEffect(() => {
    if (place.get().moves > 0) heading.current?.focus({ preventScroll: true });
  }, [props.at]);
  return (
    <>
      <div class="page-head">
        {props.crumbs && props.crumbs.length > 0 && (
          <nav class="crumbs" aria-label={t("shell.crumbs")}>
            <ol>
              {props.crumbs.map((crumb) => (
                <li key={crumb.to}>
                  <a href={crumb.to}>{crumb.text}</a>
                </li>
              ))}
            </ol>
          </nav>
        )}
        <div class="page-title">
          <div>
            <h1 ref={heading} tabIndex={-1}>
              {props.title}
            </h1>
            {props.beside}
          </div>
          {props.actions && <div class="row">{props.actions}</div>}
        </div>
        {props.lead && <p class="soft">{props.lead}</p>}
      </div>
      {props.children}
    </>
  );
}

interface PanelProps {
  title?: string;
  level?: 2 | 3;
  beside?: ComponentChildren;
  actions?: ComponentChildren;
  id?: string;
  children: ComponentChildren;
}

export function Panel(props: PanelProps) {
  const Heading = props.level === 3 ? "h3" : "h2";
  return (
    <section class="panel" id={props.id} aria-label={props.title}>
      {props.title && (
        <div class="panel-head">
          <div>
            <Heading>{props.title}</Heading>
            {props.beside}
          </div>
          {props.actions && <div>{props.actions}</div>}
        </div>
      )}
      {props.children}
    </section>
  );
}

/** What was read, or why not, or that it comes. */
export function Loaded<T>(props: {
  of: Resource<T>;
  children: (data: T) => ComponentChildren;
}) {
  const { data, problem, reload } = props.of;
  return (
    <>
      {problem && <ProblemNotice problem={problem} retry={() => void reload()} />}
      {data === undefined ? !problem && <Waiting /> : props.children(data)}
    </>
  );
}

/** A whole page about what was read; when it cannot be read, a page that says so. */
export function LoadedPage<T>(props: {
  of: Resource<T>;
  children: (data: T) => ComponentChildren;
}) {
  const { data, problem, reload } = props.of;
  if (data !== undefined) return <Loaded {...props} />;
  if (problem === undefined) return <Waiting />;
  return (
    <Page title={t("problem.title")}>
      <ProblemNotice problem={problem} retry={() => void reload()} />
    </Page>
  );
}

/** Sections of one thing, each with an address of its own. */
export function Sections(props: { label: string; here: string; items: Crumb[] }) {
  const strip = useRef<HTMLElement>(null);
  useEffect(() => {
    const current = strip.current?.querySelector<HTMLElement>("[aria-current]");
    if (current && strip.current) strip.current.scrollLeft = current.offsetLeft - strip.current.offsetLeft - 48;
  }, [props.here]);
  return (
    <nav class="sections" aria-label={props.label} ref={strip}>
      <ul>
        {props.items.map((item) => (
          <li key={item.to}>
            <a href={item.to} aria-current={item.to === props.here ? "page" : undefined}>
              {item.text}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export function Facts(props: { shape?: "row" | "grid"; items: [string, ComponentChildren][] }) {
  return (
    <dl class={`facts facts-${props.shape ?? "row"}`}>
      {props.items
        .filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
