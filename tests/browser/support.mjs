// SPDX-License-Identifier: Apache-2.0
// What the browser tests share: a demonstration (given in DARSE_URL and DARSE_STATE, else one of
// their own), a browser, people who sign in.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const START_MS = 180_000;
const CODE_MS = 70_000;

/** A running demonstration: {url, state, binary, password, stop()}. */
export async function startDemonstration() {
  if (process.env.DARSE_URL) {
    return {
      url: process.env.DARSE_URL,
      state: process.env.DARSE_STATE,
      binary: process.env.DARSE_BINARY ?? "darse",
      password: process.env.DARSE_PASSWORD ?? "basin-and-lock-2026",
      stop: async () => {},
    };
  }
  const python = process.env.DARSE_PYTHON ?? "python3";
  const child = spawn(python, ["tests/scenario/darse.py"], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const line = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the demonstration did not start")), START_MS);
    child.once("exit", (code) => reject(new Error(`the demonstration ended with ${code}`)));
    createInterface({ input: child.stdout }).once("line", (text) => {
      clearTimeout(timer);
      resolve(text);
    });
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  return { ...JSON.parse(line), stop };
}

/** A code of LOGIN's second factor that was not used yet; may wait for the next one. */
export async function codeOf(demonstration, login) {
  const { stdout } = await promisify(execFile)(
    demonstration.binary,
    ["demo", "code", login, "--state", demonstration.state],
    { timeout: CODE_MS, cwd: "/" },
  );
  return stdout.trim();
}

export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
}

/** Collects what a page should never do: script errors, refusals of the content security policy. */
export function watchErrors(page) {
  const errors = [];
  page.on("pageerror", (error) => errors.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // A refused request is told in the page itself; the console repeats it.
    if (message.type() !== "error" || /the server responded with a status of/.test(message.text()))
      return;
    errors.push(`console: ${message.text()}`);
  });
  return errors;
}

export async function newPage(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: "en",
    ...options,
  });
  context.setDefaultTimeout(15_000);
  return context.newPage();
}

/** Signs in as a person does: login and password, then the code. */
export async function signIn(demonstration, page, login) {
  await page.goto(`${demonstration.url}/`);
  await page.getByLabel("Login").fill(login);
  await page.getByLabel("Password").fill(demonstration.password);
  await page.getByRole("button", { name: "Continue" }).click();
  const code = page.getByLabel("Code of your second factor");
  const home = page.getByRole("heading", { level: 1, name: "Good day" });
  await code.or(home).waitFor();
  if (await code.isVisible()) {
    await code.fill(await codeOf(demonstration, login));
    await page.getByRole("button", { name: "Sign in" }).click();
  }
  await home.waitFor();
}

/** Nothing is being loaded any more, and the h1 is there. */
export async function settled(page) {
  await page.locator("h1").waitFor();
  await page.waitForFunction(() => document.querySelector(".waiting:not(.specimen-waiting *)") === null);
  await page.evaluate(() => document.fonts.ready);
}

const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe-core finds, in short; RULES limits it to some. */
export async function accessibilityProblems(page, rules) {
  await page.addScriptTag({ path: AXE });
  const only = rules ? { type: "rule", values: rules } : { type: "tag", values: STANDARDS };
  const found = await page.evaluate(async (runOnly) => {
    const { violations } = await globalThis.axe.run(document, { runOnly });
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(" | ")}`,
    );
  }, only);
  return found;
}

/** By how many pixels the page is wider than the window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

export { assert };
