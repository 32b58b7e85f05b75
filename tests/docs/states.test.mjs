/* Nothing that somebody may see is left out of tests/browser/states.mjs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { join } from 'node:path';
import { NO_PAGE, STATES } from '../browser/states.mjs';
import { ROOT } from '../lib/demo.mjs';

const rows_of = (file, pattern) => [...readFileSync(join(ROOT, file), 'utf8').matchAll(pattern)].map(([, one]) => one);

test('every GET route has its states, and no state is of a route that is no more', () => {
	const routes = rows_of('portal/routes.def', /^ROUTE\(GET,\s*"([^"]+)"/gm);

	assert.deepEqual(routes.filter((route) => !NO_PAGE[route] && !STATES.some((row) => row.route === route)), []);
	assert.deepEqual(STATES.map((row) => row.route).filter((route) => route && !routes.includes(route)), []);
});

test('every refusal has its state', () => {
	const statuses = rows_of('portal/refusals.def', /^REFUSAL\((\d+)/gm).map(Number);

	/* 500 is what a status without a row becomes; nothing of ours answers it. */
	assert.deepEqual(statuses.filter((status) => status !== 500 && !STATES.some((row) => row.status === status)), []);
});

test('every page of nginx has its state', () => {
	const pages = rows_of('conf/nginx/isoloir-portal.inc', /^error_page .*\/(nginx-\d+)\.html/gm);

	assert.deepEqual([...new Set(pages)].filter((page) => !STATES.some((row) => row.bare && row.name === page)), []);
});

test('each state has a name of its own', () => {
	assert.equal(new Set(STATES.map((row) => row.name)).size, STATES.length);
});
