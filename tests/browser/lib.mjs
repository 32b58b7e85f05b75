/*
 * Chromium for the tests: pages with and without JavaScript, wide and 320 pixels, and look(), which each screen in each state goes through: axe-core in
 * light and dark, html-validate over what the server sent, nothing that scrolls sideways, a screenshot in .build/screenshots.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { HtmlValidate } from 'html-validate';
import { chromium } from 'playwright-core';
import { ROOT } from '../lib/demo.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const SHOTS = join(ROOT, '.build/screenshots');
const validator = new HtmlValidate({
	extends: ['html-validate:recommended', 'html-validate:document'],
	rules: {
		/* House style: lower case, bare void elements. All scripts and styles are our own: integrity is for those of others. */
		'doctype-style': ['error', { style: 'lowercase' }],
		'void-style': ['error', { style: 'omit' }],
		'require-sri': ['error', { target: 'crossorigin' }],
		/* Advice for search engines and American telephone numbers. */
		'long-title': 'off',
		'tel-non-breaking': 'off',
		'no-trailing-whitespace': 'off',
	},
});

let browser;

export async function open_browser() {
	mkdirSync(SHOTS, { recursive: true });
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync'],
	});
	return browser;
}

export const close_browser = () => browser.close();

/** A browser of its own (cookies apart); what the console complains of fails the test through page.complaints. */
export async function new_page({ script = true, width = 1000, height = 900, timezoneId = 'Europe/Paris' } = {}) {
	const context = await browser.newContext({ javaScriptEnabled: script, viewport: { width, height }, locale: 'fr-FR', timezoneId });
	const page = await context.newPage();

	page.setDefaultTimeout(30000);
	page.script = script;
	page.complaints = [];
	page.on('console', (message) => {
		/* The browser's own line for an answer of 4xx or 5xx is no fault of the page. */
		if (message.type() === 'error' && !/Failed to load resource: the server responded with a status of [45]\d\d/.test(message.text()))
			page.complaints.push(message.text());
	});
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('request', (request) => {
		const { hostname } = new URL(request.url());
		if (hostname !== '127.0.0.1' && hostname !== 'localhost')
			page.complaints.push(`third-party request to ${request.url()}`);
	});
	page.on('response', (response) => {
		if (response.request().isNavigationRequest() && /text\/html/.test(response.headers()['content-type'] ?? ''))
			page.answer = response;
	});
	return page;
}

/** Without scripts Playwright waits in vain for a button to hold still, and a click at where it was may miss it: then by keyboard. */
export const press = (page, selector) => (page.script ? page.click(selector) : page.press(selector, 'Enter'));

async function axe(page, name) {
	const findings = await page.evaluate(async () => {
		const { violations } = await window.axe.run(document, {
			runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
		});
		return violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
	});
	assert.deepEqual(findings, [], `axe-core on ${name}`);
}

async function validate(page, name) {
	const report = await validator.validateString(await page.answer.text());
	const found = report.results.flatMap((r) => r.messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`));
	assert.deepEqual(found, [], `html-validate on ${name}`);
}

/** Everything that must be true of any screen. */
export async function look(page, name) {
	if (page.script)
		await page.evaluate(AXE);
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		await page.screenshot({ path: join(SHOTS, `${name}-${page.viewportSize().width}-${colorScheme}.png`), fullPage: true });
		if (page.script)
			await axe(page, `${name}, ${colorScheme}`);
	}
	await page.emulateMedia({ colorScheme: 'light' });
	if (page.script) {
		const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
		assert.ok(over <= 0, `${name} scrolls sideways by ${over} pixels`);
	}
	assert.ok((await page.title()).length > 5);
	assert.deepEqual(page.complaints, [], name);
	await validate(page, name);
}
