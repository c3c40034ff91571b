// SPDX-License-Identifier: Apache-2.0
// A project's files by hand: sent (also over what is there, also after a break), looked at, renamed,
// removed, downloaded where the tier lets them; and what the tiers close, said in words.
import { after, before, describe, it } from "node:test";
import { readFile } from "node:fs/promises";
import { assert, launchBrowser, newPage, overflow, settled, signIn, startDemonstration, watchErrors } from "./support.mjs";

const SHOTS = process.env.DARSE_SHOTS;
const TABLE = "town,persons\nBrest,140\nNantes,320\n";
const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

describe("files, by hand", { concurrency: 1 }, () => {
  let demonstration, browser, page, errors, open;

  before(async () => {
    demonstration = await startDemonstration();
    browser = await launchBrowser();
    const officer = await newPage(browser);
    await signIn(demonstration, officer, "officer");
    open = await officer.evaluate(async () => {
      const session = await (await fetch("/api/v1/session")).json();
      const call = async (path, body) =>
        (await fetch(`/api/v1${path}`, { method: body ? "POST" : "GET", body: body && JSON.stringify(body),
          headers: { "Content-Type": "application/json", "X-Darse-CSRF": session.csrf } })).json();
      const lead = await call("/persons/lead");
      const made = await call("/projects", { title: "Open files", slug: `open-files-${Date.now().toString(36)}`, summary: "For a test.",
        organisation: lead.organisation.id, route: "research", purpose: "research", legal_basis: "None needed", tier: "open",
        lead: "lead", ends: new Date(Date.now() + 9e9).toISOString() });
      await call(`/projects/${made.id}/members`, { login: "scientist", roles: ["scientist"] });
      await call(`/projects/${made.id}/state`, { state: "open", reason: "For a test" });
      const list = await call("/projects?limit=200");
      return { id: made.id, ...Object.fromEntries(list.items.map((item) => [item.slug, item.id])) };
    });
    page = await newPage(browser);
    errors = watchErrors(page);
    await signIn(demonstration, page, "scientist");
  });

  after(async () => {
    await browser?.close();
    await demonstration?.stop();
  });

  const choose = (...files) => page.locator("input[type=file]").setInputFiles(files);
  const row = (name) => page.getByRole("row", { name: new RegExp(name.replaceAll(".", "\\.")) });
  const shot = async (name) => {
    if (!SHOTS) return;
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.screenshot({ path: `${SHOTS}/files-${name}-${scheme}.png`, fullPage: true });
    }
    await page.emulateMedia({ colorScheme: "light" });
  };

  it("files are sent, and one that is there is replaced only when said so", async () => {
    await page.goto(`${demonstration.url}/projects/${open.id}/files`);
    await settled(page);
    await page.getByText("This folder is empty.").waitFor();
    await shot("empty");
    await choose({ name: "towns.csv", mimeType: "text/csv", buffer: Buffer.from(TABLE) },
      { name: "pixel.png", mimeType: "image/png", buffer: PIXEL });
    await page.getByText("towns.csv is in its place.").waitFor();
    await row("towns.csv").waitFor();
    await choose({ name: "towns.csv", mimeType: "text/csv", buffer: Buffer.from(`${TABLE}Lens,5\n`) });
    const dialog = page.getByRole("dialog", { name: "Replace what is there?" });
    await dialog.getByRole("button", { name: "Replace" }).click();
    await page.getByText("towns.csv is in its place.").waitFor();
    await page.getByRole("button", { name: "Take towns.csv off this list" }).first().click();
    await row("towns.csv").waitFor();
    await shot("full");
  });

  it("a table, a picture and a text are looked at", async () => {
    await page.getByRole("button", { name: "towns.csv", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("cell", { name: "Lens" }).waitFor();
    await shot("table");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "pixel.png", exact: true }).click();
    await dialog.getByRole("img").waitFor();
    assert.equal(await dialog.getByRole("img").evaluate((image) => image.naturalWidth), 1);
    await page.keyboard.press("Escape");
  });

  it("a file is downloaded where the tier lets it", async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download towns.csv" }).click(),
    ]);
    assert.equal(await readFile(await download.path(), "utf8"), `${TABLE}Lens,5\n`);
    assert.equal(download.suggestedFilename(), "towns.csv");
  });

  it("folders are made, names changed; a name that is taken is refused beside the field", async () => {
    await page.getByRole("button", { name: "New folder" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("towns.csv");
    await dialog.getByRole("button", { name: "Make the folder" }).click();
    await dialog.getByText("There already is a file or folder of that name.").waitFor();
    await dialog.getByLabel("Name").fill("results");
    await dialog.getByRole("button", { name: "Make the folder" }).click();
    await page.getByRole("link", { name: "results" }).waitFor();
    await page.getByRole("button", { name: "Rename towns.csv" }).click();
    await dialog.getByLabel("New name or place").fill("results/towns.csv");
    await dialog.getByRole("button", { name: "Rename" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("link", { name: "results" }).click();
    await row("towns.csv").waitFor();
    await page.getByRole("button", { name: "/project" }).click();
    await page.getByRole("button", { name: "Remove results" }).click();
    await dialog.getByText("goes with all that it holds").waitFor();
    await dialog.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("link", { name: "results" }).waitFor({ state: "detached" });
  });

  it("a send that breaks goes on where it stopped", async () => {
    const big = Buffer.alloc(20 * 1024 * 1024, "darse ");
    let broken = 0;
    await page.route(/uploads\/upl-[^/]*\?offset=8388608$/, (route) =>
      broken++ === 0 ? route.abort("connectionreset") : route.continue());
    await choose({ name: "big.txt", mimeType: "text/plain", buffer: big });
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("big.txt is in its place.").waitFor();
    assert.equal(broken, 2);
    await page.unroute(/uploads/);
    await page.getByRole("button", { name: "big.txt", exact: true }).click();
    await page.getByRole("dialog").getByText("only the beginning is shown").waitFor();
    await page.keyboard.press("Escape");
  });

  it("the bucket and the home are places of their own", async () => {
    await page.getByRole("radio", { name: "Bucket" }).check();
    await page.getByText("The project’s bucket, also reached by the S3 API.").waitFor();
    await choose({ name: "object.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
    await row("object.txt").waitFor();
    await page.getByRole("radio", { name: "My home" }).check();
    await page.getByText("This folder is empty.").waitFor();
  });

  it("the restricted tier takes files and gives none; the secure one neither", async () => {
    await page.goto(`${demonstration.url}/projects/${open["care-use"]}/files`);
    await settled(page);
    await page.getByText("no file is downloaded but through the airlock").waitFor();
    await page.getByRole("link", { name: "Ask for an export" }).waitFor();
    await choose({ name: "mine.csv", mimeType: "text/csv", buffer: Buffer.from(TABLE) });
    await row("mine.csv").waitFor();
    assert.equal(await page.getByRole("link", { name: /Download/ }).count(), 0);
    await page.getByRole("button", { name: "mine.csv", exact: true }).click();
    await page.getByRole("dialog").getByRole("cell", { name: "Nantes" }).waitFor();
    await page.keyboard.press("Escape");
    await shot("restricted");
    await page.goto(`${demonstration.url}/projects/${open["market-weight"]}/files`);
    await settled(page);
    assert.equal(await page.getByRole("button", { name: "Send files" }).count(), 0);
    await page.getByRole("link", { name: "received" }).click();
    await row("turnover-by-activity.csv").waitFor();
    assert.equal(await page.getByRole("button", { name: "turnover-by-activity.csv" }).count(), 0);
    await shot("secure");
    await page.setViewportSize({ width: 360, height: 740 });
    assert.ok((await overflow(page)) <= 0);
    await page.goto(`${demonstration.url}/projects/${open.id}/files`);
    await settled(page);
    assert.ok((await overflow(page)) <= 0);
    await shot("narrow");
  });

  it("no script failed, nothing was refused by the content security policy", () => {
    const expected = /ERR_CONNECTION_RESET/;
    assert.deepEqual(errors.filter((line) => !expected.test(line)), []);
  });
});
