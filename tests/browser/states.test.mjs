/*
 * Every page in every state (states.mjs), for everybody: by keyboard, enlarged, at 320 pixels, in light, dark and forced colours, without movement,
 * without scripts; and as a screen reader is told it. ISOLOIR_RENEW=1 writes the accessibility trees of the journey anew: read the difference.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, ROOT } from '../lib/demo.mjs';
import { edges, forced_colours, forms, keyboard, reflow, skeleton, stillness, targets } from './inspect.mjs';
import { close_browser, look, new_page, open_browser } from './lib.mjs';
import { AUTOCOMPLETE, constant, prepare, STATES } from './states.mjs';

const TREES = join(ROOT, 'tests/browser/snapshots/journey.txt');

let d;
const titles = new Map(); /* a title's words → the h1 that they stand for */
const trees = new Map();

before(async () => {
	d = await demo('states.mjs', { settings: '[portal]\nworkers = 3\n[mailer]\ncooldown = 1s\ndaily_max = 1000\n' });
	await open_browser();
	await prepare(d);
});

after(async () => {
	await close_browser();
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

async function inspect(page, row) {
	await skeleton(page, row);
	await forms(page, row, AUTOCOMPLETE);
	if (row.snapshot)
		trees.set(row.name, constant(await page.locator('body').ariaSnapshot()));
	await keyboard(page, row);
	await page.emulateMedia({ forcedColors: 'active' });
	await keyboard(page, { ...row, errors: [] });
	await forced_colours(page, row.name);
	await targets(page);
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		await edges(page);
	}
	await stillness(page);
	await reflow(page, row.name);
	await look(page, row.name);
}

/* No two pages are called alike. */
async function name(page) {
	const title = (await page.title()).replace(/^Erreur\u00a0: /, '');
	const h1 = constant(await page.locator('h1').innerText());

	assert.equal(titles.get(title) ?? h1, h1, `two pages are titled « ${title} »`);
	titles.set(title, h1);
	return h1;
}

for (const row of STATES)
	test(`for everybody: ${row.name}`, async () => {
		const shown = [];

		for (const script of [true, false]) {
			const page = await new_page({ script });
			try {
				await row.reach(page);
				assert.equal(page.answer.status(), row.status ?? 200);
				if (script)
					await inspect(page, row);
				shown.push(await name(page));
				if (!script)
					assert.equal(await page.locator('[data-voir]:visible').count(), 0, 'without scripts no button is there in vain');
			} finally {
				await page.context().close();
				await row.undo?.();
			}
		}
		assert.equal(shown[1], shown[0], 'the same page with scripts and without');
	});

test('what waits or was refused never moves on by itself', async () => {
	for (const one of ['refus-404', 'connexion', 'refus-429', 'nginx-503']) {
		const row = STATES.find(({ name: wanted }) => wanted === one);
		const page = await new_page();
		let moved = 0;

		try {
			await page.clock.install();
			await row.reach(page);
			page.on('request', (request) => { moved += !/\/theme\//.test(request.url()); });
			await page.clock.fastForward('03:00:00');
			await page.clock.runFor(10000);
			assert.equal(moved, 0, `${one} asks for something by itself`);
		} finally {
			await page.context().close();
			await row.undo?.();
		}
	}
});

test('the journey is told to a screen reader as it was read and approved', () => {
	const now = [...trees].map(([state, tree]) => `### ${state}\n${tree}\n`).join('\n');

	assert.equal(trees.size, STATES.filter((row) => row.snapshot).length, 'each state of the journey was reached');
	if (process.env.ISOLOIR_RENEW || !existsSync(TREES))
		writeFileSync(TREES, now);
	assert.equal(now, readFileSync(TREES, 'utf8'));
});
