/* The documents that say what was proved point at what is there; and the script that says so finds a pointer that leads nowhere. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { join } from 'node:path';
import { ROOT } from '../lib/demo.mjs';
import { fault_of, pointers, rows } from '../lib/model.mjs';
import { STATES } from '../browser/states.mjs';

const read = (file) => readFileSync(join(ROOT, file), 'utf8');
const THEMES = [9, 2, 3, 13, 8, 2, 5, 10, 4, 14, 13, 11, 12];

for (const file of ['docs/RGAA.md', 'docs/SECURITY-MODEL.md'])
	test(`every file, function and test that ${file} names exists`, () => {
		const all = pointers(read(file));
		const faults = all.map((one) => [one, fault_of(one)]).filter(([, why]) => why).map(([one, why]) => `${one}: ${why}`);

		assert.deepEqual(faults, []);
		assert.ok(all.filter((one) => fault_of(one) === null).length > 50, 'it points at something');
	});

test('a pointer that leads nowhere is found', () => {
	for (const wrong of ['portal/nowhere.c', 'portal/guard.c:guard_nothing', 'portal/pages/access.c:queue_put', 'tests/integration/journey.mjs › a promise that nobody made',
		'tests/unit/test_token.c › no_such_story', 'no <main', 'a test › without a file'])
		assert.ok(fault_of(wrong), wrong);
	for (const right of ['portal/guard.c', 'portal/guard.c:guard_is_foreign', 'tests/unit/test_token.c › no_changed_sign_passes',
		'tests/browser/states.test.mjs › for everybody: acces', 'no <iframe', 'HACKING.md'])
		assert.equal(fault_of(right), null, right);
	assert.equal(fault_of('Retry-After'), undefined);
});

test('states that the grid names are rows of states.mjs', () => {
	const named = [...read('docs/RGAA.md').matchAll(/for everybody: ([\w-]+)/g)].map(([, name]) => name);

	assert.deepEqual(named.filter((name) => !STATES.some((row) => row.name === name)), []);
});

test('the grid holds the 106 criteria, each with its state, and what is said conform is shown', () => {
	const grid = rows(read('docs/RGAA.md'), /^\d+\.\d+$/);

	assert.deepEqual(grid.map(([id]) => id), THEMES.flatMap((n, theme) => Array.from({ length: n }, (_, i) => `${theme + 1}.${i + 1}`)));
	for (const [id, , state, evidence] of grid) {
		assert.match(state, /^(C|NC|NA|P)$/, id);
		if (state === 'C')
			assert.ok(pointers(evidence).some((one) => fault_of(one) === null), `${id} is shown by something`);
		if (state === 'P')
			assert.match(evidence, /manual: \S/, `${id} says what a person is to look at`);
	}
});

test('the sums of the grid are those that the grid and the accessibility page tell', () => {
	const text = read('docs/RGAA.md');
	const grid = rows(text, /^\d+\.\d+$/);
	const sum = (state) => grid.filter((row) => row[2] === state).length;
	const [all, applicable] = [grid.length, grid.length - sum('NA')];

	for (const [state, n] of rows(text, /^(C|NC|NA|P) /).map(([cell, n]) => [cell.split(' ')[0], Number(n)]))
		assert.equal(n, sum(state), `sum of ${state}`);
	const page = read('portal/theme/default/accessibilite.html').replace(/\s/gu, ' ');
	assert.ok(page.includes(`Sur les ${all} critères du RGAA, ${applicable} concernent le portail`), `${applicable} of ${all}`);
	assert.ok(page.includes(`des essais automatiques ou la lecture du code montrent que ${sum('C')} sont respectés`), `${sum('C')} shown`);
	assert.ok(sum('NC') === 0 ? page.includes('aucun n’est connu pour ne pas l’être') : page.includes(`${sum('NC')} ne l’est pas`) || page.includes(`${sum('NC')} ne le sont pas`), `${sum('NC')} not`);
	assert.ok(page.includes(`${sum('P')} restent à juger par une personne`), `${sum('P')} left`);
});

test('the table of data in the security model is docs/donnees.csv', () => {
	const model = rows(read('docs/SECURITY-MODEL.md').split('## Data')[1], /./).slice(2);
	const csv = read('docs/donnees.csv').trim().split('\n').slice(1).map((line) => line.split(';'));

	assert.deepEqual(model.map((row) => row.join(';')), csv.map((row) => row.join(';')));
	const names = csv.map(([what]) => what.split(/\s:/)[0]);
	assert.deepEqual(names, [...new Set(names)], 'each kind of data stands there once');
});
