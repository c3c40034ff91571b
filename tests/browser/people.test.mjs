// SPDX-License-Identifier: Apache-2.0
// What surrounds the main job, by hand: an officer adds a person and a project; that person sets up
// a second factor and makes a token; a producer describes a source and publishes a dataset.
import { createHmac } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { assert, launchBrowser, newPage, settled, signIn, startDemonstration, watchErrors } from "./support.mjs";

const TAG = Date.now().toString(36);
const LOGIN = `new.${TAG}`;
const PASSWORD = "a quay in calm water";
const STEP_MS = 30_000;

function base32(text) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...text.replace(/[\s=]/g, "")]
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** RFC 6238 with SHA-1 and six digits, what authenticator applications do. */
function totp(secret, now = Date.now()) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / STEP_MS)));
  const digest = createHmac("sha1", base32(secret)).update(counter).digest();
  const at = digest[19] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

describe("people and sources, by hand", { concurrency: 1 }, () => {
  let demonstration, browser;
  const errors = [];

  before(async () => {
    demonstration = await startDemonstration();
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await demonstration?.stop();
  });

  async function watched() {
    const page = await newPage(browser);
    errors.push(watchErrors(page));
    return page;
  }

  it("an officer adds a person; a login that is taken is refused beside the field", async () => {
    const page = await watched();
    await signIn(demonstration, page, "officer");
    await page.getByRole("link", { name: "Platform", exact: true }).click();
    await page.getByRole("navigation", { name: "Sections of the platform" })
      .getByRole("link", { name: "Persons" }).click();
    await page.getByRole("button", { name: "Add a person" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("Noémie Petit");
    await dialog.getByLabel("Login").fill("scientist");
    await dialog.getByLabel("E-mail address").fill("noemie@example.org");
    await dialog.getByLabel("Organisation").selectOption({ index: 1 });
    await dialog.getByLabel("Language").selectOption("en");
    await dialog.getByLabel("First password").fill(PASSWORD);
    await dialog.getByRole("button", { name: "Add" }).click();
    await dialog.getByText("Somebody has this login; choose another.").waitFor();
    assert.equal(await dialog.getByLabel("Login").getAttribute("aria-invalid"), "true");
    await dialog.getByLabel("Login").fill(LOGIN);
    await dialog.getByRole("button", { name: "Add" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByLabel("Search by name or login").fill(LOGIN);
    await page.getByText(LOGIN, { exact: true }).waitFor();
    await page.context().close();
  });

  it("that person sets up a second factor, keeps recovery codes and makes a token", async () => {
    const page = await watched();
    await page.goto(demonstration.url);
    await page.getByLabel("Login").fill(LOGIN);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { level: 1, name: "Terms of use" }).waitFor();
    await page.getByText("Read the terms of use, then accept them to begin.").waitFor();
    await page.getByRole("button", { name: "I have read them and accept them" }).click();
    await page.getByRole("heading", { level: 1, name: "Good day" }).waitFor();
    await page.goto(`${demonstration.url}/account`);
    await settled(page);
    const factor = page.getByRole("region", { name: "Second factor" });
    await factor.getByLabel("Current password").fill(PASSWORD);
    await factor.getByRole("button", { name: "Set up a second factor" }).click();
    await factor.getByRole("img", { name: /QR code/ }).waitFor();
    const secret = await factor.locator(".secret").textContent();
    await factor.getByRole("textbox", { name: "Code of your second factor" }).fill(totp(secret));
    await factor.getByRole("button", { name: "Put it in place" }).click();
    await factor.locator(".codes li").first().waitFor();
    assert.equal(await factor.locator(".codes li").count(), 10);
    await factor.getByRole("button", { name: "I have kept these codes" }).click();
    await factor.locator(".badge", { hasText: "In place" }).waitFor();

    const tokens = page.getByRole("region", { name: "API tokens" });
    await tokens.getByText("Make a token").click();
    await tokens.getByLabel("Name").fill("nightly figures");
    await tokens.getByRole("button", { name: "Make the token" }).click();
    assert.match(await tokens.locator(".secret").textContent(), /^dar_/);
    await tokens.getByRole("button", { name: "Revoke nightly figures" }).click();
    await tokens.getByText("No token.").waitFor();
    await page.context().close();
  });

  it("the language chosen goes with the account", async () => {
    const page = await watched();
    await signIn(demonstration, page, "business");
    await page.locator(".quay-side summary").click();
    await page.getByLabel("Language").selectOption("fr");
    await page.getByRole("heading", { level: 1, name: "Bonjour" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "fr");
    await page.locator(".quay-side summary").click();
    await page.getByLabel("Langue").selectOption("en");
    await page.getByRole("heading", { level: 1, name: "Good day" }).waitFor();
    await page.context().close();
  });

  it("a producer describes a source and publishes a dataset; a file not as described is refused", async () => {
    const page = await watched();
    await signIn(demonstration, page, "producer");
    await page.getByRole("link", { name: "Sources" }).click();
    await page.getByRole("link", { name: "Describe a source" }).click();
    await page.getByLabel("Title", { exact: true }).fill(`Ports ${TAG}`);
    await page.getByLabel("Short name").fill(`ports-${TAG}`);
    await page.getByLabel("Summary").fill("Traffic of ports.");
    await page.getByLabel("Legal basis of collection").fill("A survey of public interest");
    await page.getByLabel("Research, through the committee").check();
    await page.getByRole("checkbox", { name: "Research", exact: true }).check();
    await page.getByLabel("Disclosure rules").selectOption({ index: 1 });
    await page.getByRole("button", { name: "Create the source" }).click();
    await page.getByRole("heading", { level: 1, name: `Ports ${TAG}` }).waitFor();

    await page.getByRole("link", { name: "Publish a dataset" }).click();
    await page.getByLabel("Dataset").fill("Ships by port");
    await page.getByLabel("Short name").fill("ships");
    await page.getByLabel("Vintage").fill("2024");
    await page.getByRole("radio", { name: /^Scientific use/ }).check();
    const file = page.getByLabel("File");
    const csv = (text) => ({ name: "ships.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await file.setInputFiles(csv("port,ships\nBrest,12\nSète,30\n"));
    await page.waitForFunction(() => document.querySelector("[name=variables]").value.includes("ships"));
    await page.getByLabel("Variables").fill("port; Port\nships; Ships in the year");
    await file.setInputFiles(csv("port,boats\nBrest,12\n"));
    await page.getByRole("button", { name: "Publish a dataset" }).click();
    await page.getByText(/The file is not as described/).waitFor({ timeout: 60_000 });
    await file.setInputFiles(csv("port,ships\nBrest,12\nSète,30\n"));
    await page.getByRole("button", { name: "Publish a dataset" }).click();
    await page.getByRole("heading", { level: 1, name: "Ships by port" }).waitFor({ timeout: 60_000 });
    await page.locator(".page-title .badge", { hasText: "Published" }).waitFor();
    await page.getByRole("rowheader", { name: "ships" }).waitFor();
    await page.context().close();
  });

  it("no page made an error", () => assert.deepEqual(errors.flat(), []));
});
