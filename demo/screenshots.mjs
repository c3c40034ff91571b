// SPDX-License-Identifier: Apache-2.0
// The pictures of docs/getting-started.md: a demonstration of its own is started, its tour is played, a notebook is
// launched, and each page is taken as its person sees it, light and dark, then made small by pngquant.
//
// usage: DARSE_BUILD=build DARSE_PYTHON=.venv/bin/python node demo/screenshots.mjs [FOLDER]
import { execFile } from "node:child_process";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { launchBrowser, newPage, settled, signIn, startDemonstration } from "../tests/browser/support.mjs";

const run = promisify(execFile);
const FOLDER = process.argv[2] ?? fileURLToPath(new URL("../docs/pictures", import.meta.url));
const SIZE = { width: 1280, height: 800 };
const THEMES = ["light", "dark"];
const TOUR_MS = 600_000;
const READY_MS = 90_000;

/** What the API answers to the person of PAGE. */
function get(page, path) {
  return page.evaluate(async (address) => (await fetch(address)).json(), path);
}

async function project(page, slug) {
  const { items } = await get(page, "/api/v1/projects?limit=200");
  return items.find((one) => one.slug === slug);
}

const first = async (page, path) => (await get(page, path)).items[0];

/** Posts BODY as the person of PAGE. */
async function post(page, path, body) {
  const answer = await page.evaluate(async ([address, content]) => {
    const { csrf } = await (await fetch("/api/v1/session")).json();
    const sent = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Darse-CSRF": csrf },
      body: JSON.stringify(content),
    });
    return { ok: sent.ok, json: await sent.json() };
  }, [path, body]);
  if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(answer.json)}`);
  return answer.json;
}

/** The tour ends with the producer taking the agreement back: it is given again. */
async function agreeAgain(page) {
  const { id } = await first(page, "/api/v1/applications");
  const { datasets } = await get(page, `/api/v1/applications/${id}`);
  for (const dataset of datasets) {
    await post(page, `/api/v1/applications/${id}/agreements`, {
      dataset: dataset.id, outcome: "agreed", comment: "Within the agreement of 2026." });
  }
}

/** An export with the tour's raw table, whose small cells are flagged; not submitted. */
async function draftExport(page) {
  const { id } = await project(page, "care-use");
  const { title } = await first(page, `/api/v1/projects/${id}/exports`);
  const draft = await post(page, `/api/v1/projects/${id}/exports`, {
    title: "Visits by state of health", context: "Counts of person-years by class, for a paper on the use of care." });
  await post(page, `/api/v1/exports/${draft.id}/files`, {
    path: `${title.replace("Tables of ", "")}/raw.csv`, name: "visits.csv", declaration: { count: "persons" } });
}

/** Launches a notebook and waits until it is ready. */
async function launchNotebook(page) {
  const { id } = await project(page, "care-use");
  const service = await post(page, `/api/v1/projects/${id}/services`, { definition: "jupyter", name: "Counting" });
  const until = Date.now() + READY_MS;
  let state = "";
  while (state !== "ready") {
    if (Date.now() > until || state === "failed") throw new Error(`the notebook is ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    ({ state } = await get(page, `/api/v1/services/${service.id}`));
  }
  return service.id;
}

// Each picture: its name, whose it is, the address (found with the person's own eyes).
const PICTURES = [
  ["application", "producer", async (page) => `/applications/${(await first(page, "/api/v1/applications")).id}`],
  ["home", "scientist", () => "/"],
  ["data", "scientist", async (page) => `/projects/${(await project(page, "care-use")).id}/data`],
  ["launch", "scientist", () => "/launch/jupyter"],
  ["service", "scientist", async (page) => {
    const { id } = await project(page, "care-use");
    const { items } = await get(page, `/api/v1/projects/${id}/services?limit=50`);
    return `/services/${items.find((one) => one.state === "ready").id}`;
  }],
  ["export", "scientist", async (page) => {
    const { id } = await project(page, "care-use");
    const { items } = await get(page, `/api/v1/projects/${id}/exports`);
    return `/exports/${items.find((one) => one.state === "draft").id}`;
  }],
  ["sources", "producer", () => "/sources"],
  ["platform", "officer", () => "/officer"],
  ["audit", "auditor", () => "/audit"],
];

/** A page is fetched anew for each theme: icons keep the colours of the theme that they were first drawn in. */
async function take(page, name, path, url) {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.goto(`${url}${path}`);
    await settled(page);
    if (name === "data") {
      for (const closed of await page.locator("main details:not([open]) > summary").all()) await closed.click();
    }
    const problem = page.locator("main [role=alert] .notice");
    if (await problem.count()) throw new Error(`${path} shows: ${await problem.first().innerText()}`);
    const file = `${FOLDER}/${name}-${colorScheme}.png`;
    await page.screenshot({ path: file });
    await run("pngquant", ["--force", "--skip-if-larger", "--speed", "1", "--strip", "--output", file, "96",
      file]).catch((error) => {
      // 98: it would have become larger, and stays as it is.
      if (error.code !== 98) throw error;
    });
    const { size } = await stat(file);
    console.log(`${name}-${colorScheme}.png ${Math.round(size / 1024)} KiB`);
  }
}

async function main() {
  await mkdir(FOLDER, { recursive: true });
  for (const name of await readdir(FOLDER)) {
    if (name.endsWith(".png")) await rm(`${FOLDER}/${name}`);
  }
  const demonstration = await startDemonstration();
  const browser = await launchBrowser();
  try {
    await run(demonstration.binary, ["tour", "--state", demonstration.state], { timeout: TOUR_MS, cwd: "/" });
    const pages = new Map();
    for (const [name, person, find] of PICTURES) {
      if (!pages.has(person)) {
        const page = await newPage(browser, { viewport: SIZE });
        await signIn(demonstration, page, person);
        pages.set(person, page);
        if (person === "producer") await agreeAgain(page);
        if (person === "scientist") {
          await draftExport(page);
          await launchNotebook(page);
        }
      }
      const page = pages.get(person);
      await take(page, name, await find(page), demonstration.url);
    }
  } finally {
    await browser.close();
    await demonstration.stop();
  }
}

await main();
