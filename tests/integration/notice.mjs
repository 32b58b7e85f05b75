/*
 * Printed notices: one code for each elector, once, whatever the run was cut at. ISOLOIR_BUILD: a build with fault points, or those stories are skipped.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CODE, hash_of, LSAN } from '../lib/code.mjs';
import { demo } from '../lib/demo.mjs';
import { Elector } from '../lib/elector.mjs';

const MORE = 2050; /* three chunks */
const FEW = 150; /* of those, the academy of the other stories */
let d;
let faults;

before(async () => {
	d = await demo('notice.mjs', { settings: '[portal]\nworkers = 2\n' });
	d.sql(`insert into elector (election_id, identifier, civility, family_name, given_name, posting, academy)
		select x.id, concat('imprime', seq, '@ac-lille.fr'), if(seq % 2, 'Mme', 'M.'), concat('DURAND ', seq % 97), if(seq % 50 = 0, 'Zoé "la;petite"', 'Anne'),
		concat('Lycée n° ', seq % 31), if(seq <= ${FEW}, 'Essai', 'Masse') from seq_1_to_${MORE} join election x on x.slug = 'demo'`);
	d.sql(`insert into elector_scrutin (elector_id, scrutin_id) select e.id, s.id from elector e join scrutin s on s.election_id = e.election_id and s.place = 1
		where e.identifier like 'imprime%'`);
	faults = spawnSync('grep', ['-q', 'notice-half', d.ISOLOIRCTL]).status === 0;
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, and the demo ends well');
});

function ctl(words, env = {}) {
	const run = spawnSync(d.ISOLOIRCTL, ['-c', d.CONF, '--json', ...words], { encoding: 'utf8', env: { ...process.env, ...LSAN, ...env } });
	return { status: run.status, signal: run.signal, stderr: run.stderr, ...(run.stdout ? JSON.parse(run.stdout) : {}) };
}

const make = (batch, dir, env, ...more) => ctl(['notice', 'make', '--batch', batch, dir, ...more], env);
const dir_of = (name) => join(d.dir, 'tmp', name);
const lines = (text) => text.trim().split('\n');

/** The printer's file: rows of [number, academy, posting, civility, family name, given name, code]. */
const read = (dir, batch) => lines(readFileSync(join(dir, `${batch}.csv`), 'utf8')).slice(1)
	.map((line) => [...line.matchAll(/(?:^|;)(?:"((?:[^"]|"")*)"|([^;]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain));

/** One code for each elector of the plan, that of the file and no other. */
function check_batch(dir, batch) {
	const rows = read(dir, batch);
	const stored = lines(d.sql(`select n.place, hex(v.hash), e.family_name, e.given_name from code_notice n join code_batch b on b.id = n.batch_id
		join elector e on e.id = n.elector_id join voting_code v on v.elector_id = n.elector_id and v.batch_id = n.batch_id where b.name = '${batch}' order by n.place`))
		.map((line) => line.split('\t'));

	assert.deepEqual(rows.map((row) => [row[0], hash_of(d, row[6]), row[4], row[5]]), stored);
	assert.equal(d.sql(`select count(*), count(distinct elector_id) from voting_code v join code_batch b on b.id = v.batch_id where b.name = '${batch}'`),
		`${rows.length}\t${rows.length}`);
	for (const file of readdirSync(dir))
		assert.equal(statSync(join(dir, file)).mode & 0o777, 0o600, file);
	return rows;
}

/** The codes on the sheets, in their order. */
const printed = (dir, batch) => readdirSync(dir).filter((file) => file.startsWith(`${batch}-`) && file.endsWith('.pdf')).toSorted().flatMap((file) => {
	const { stdout } = spawnSync('pdftotext', ['-layout', join(dir, file), '-'], { encoding: 'utf8', maxBuffer: 1 << 28 });
	return stdout.split('\f').slice(0, -1).map((page) => page.match(CODE)?.[0]);
});

test('killed at every fault point and begun again, each elector has exactly one code, that of the printed file and of the sheet', (t) => {
	const dir = dir_of('un');

	if (!faults)
		return t.skip('no fault points in this build');
	const once = join(d.dir, 'once');
	for (const point of ['planned', 'pdf', 'half', 'written', 'committed', 'half']) {
		writeFileSync(once, '');
		const run = make('lot-1', dir, { ISOLOIR_FAULT: `kill:notice-${point}`, ISOLOIR_FAULT_ONCE: once });
		assert.equal(run.signal, 'SIGKILL', point);
		const { issued } = ctl(['notice', 'status', 'lot-1']);
		assert.equal(issued, Number(d.sql('select count(*) from voting_code')), `${point}: what is committed is whole`);
	}
	const last = make('lot-1', dir);
	assert.equal(last.status, 0, last.stderr);
	const rows = check_batch(dir, 'lot-1');
	assert.ok(rows.length > MORE);
	assert.equal(rows.length, last.notices);
	assert.match(last.message, /destroy every copy/);
	assert.deepEqual(rows.map(([place]) => Number(place)), rows.map((_, i) => i + 1));
	assert.deepEqual(printed(dir, 'lot-1'), rows.map((row) => row[6]));
	assert.deepEqual(readdirSync(dir).toSorted(), ['lot-1-00001.pdf', 'lot-1-00002.pdf', 'lot-1-00003.pdf', 'lot-1.csv']);
	const again = make('lot-1', dir);
	assert.equal(again.status, 65);
	assert.match(again.error, /nothing is printed twice/);
	assert.equal(ctl(['notice', 'void', 'lot-1', '--reason', 'essai']).ended, rows.length);
});

test('by academy, posting and name; who has a code, or no scrutin, gets none', () => {
	const dir = dir_of('deux');

	d.sql(`delete from elector_scrutin where elector_id = (select id from elector where identifier = 'imprime7@ac-lille.fr')`);
	d.sql(`insert into voting_code (elector_id, hash, how, issued_at) select id, unhex(sha2('x', 256)), 'desk', utc_timestamp() from elector where identifier = 'imprime8@ac-lille.fr'`);
	assert.equal(make('lille', dir, {}, '--academy', 'Essai', '--dry-run').notices, FEW - 2);
	const made = make('lille', dir, {}, '--academy', 'Essai');
	assert.equal(made.status, 0, made.stderr);
	const rows = check_batch(dir, 'lille');
	assert.equal(rows.length, FEW - 2);
	assert.ok(rows.every(([, academy]) => academy === 'Essai'));
	const keys = rows.map((row) => `${row[2]}\0${row[4]}`);
	assert.deepEqual(keys, keys.toSorted());
	assert.equal(rows.filter((row) => row[5] === 'Zoé "la;petite"').length, FEW / 50);
	assert.deepEqual(ctl(['notice', 'status']).batches.at(-1).state, 'complete');
});

test('a directory that others may enter, another file and a file that was changed are refused, and change nothing', () => {
	const open = dir_of('ouvert');
	const dir = dir_of('trois');

	mkdirSync(open);
	chmodSync(open, 0o750);
	assert.equal(make('lot-3', open).status, 77);
	assert.equal(make('../lot', dir).status, 64);
	assert.equal(d.sql("select count(*) from code_batch where name = 'lot-3'"), '0');
	ctl(['notice', 'void', 'lille', '--reason', 'essai']);
	assert.equal(make('lot-3', dir, {}, '--academy', 'Essai').status, 0);
	/* As if the last chunk had not been made. */
	d.sql(`update code_batch set state = 'making' where name = 'lot-3'`);
	assert.match(make('lot-3', dir_of('ailleurs')).error, /is not there, and the batch has begun/);
	assert.match(make('lot-3', dir, {}, '--academy', 'Nantes').error, /was begun for the academy "Essai"/);
	const file = join(dir, 'lot-3.csv');
	const whole = readFileSync(file);
	writeFileSync(file, whole.toString().replace(/([^\n]{3})\n$/, 'AAA\n'));
	assert.match(make('lot-3', dir).error, /holds no code|is not the file of this batch/);
	truncateSync(file, whole.length - 1);
	assert.match(make('lot-3', dir).error, /is shorter than what was committed/);
	writeFileSync(file, whole);
	appendFileSync(file, '9999;what a cut run left');
	assert.equal(make('lot-3', dir).status, 0);
	assert.deepEqual(readFileSync(file), whole);
});

test('envelopes: signed for by posting, ended by number when they come back, ended all when the batch is destroyed', () => {
	const list = join(d.dir, 'tmp', 'emargement.csv');
	const back = join(d.dir, 'tmp', 'retours.csv');
	const rows = read(dir_of('trois'), 'lot-3');

	assert.equal(ctl(['notice', 'handout', 'lot-3', list]).notices, rows.length);
	const signed = readFileSync(list, 'utf8');
	assert.equal(lines(signed).length, rows.length + 1);
	assert.doesNotMatch(signed, CODE);
	assert.equal(ctl(['notice', 'handout', 'lot-3', list]).status, 73, 'never written over');
	writeFileSync(back, 'numero;motif\n3;parti\n99999;?\nx;?\n');
	const wrong = ctl(['notice', 'undelivered', 'lot-3', back]);
	assert.equal(wrong.status, 65);
	assert.deepEqual(wrong.errors.map((one) => one.replace(back, '')), [':3: no such envelope in this batch', ':4: no number of an envelope']);
	assert.equal(ctl(['notice', 'status', 'lot-3']).codes.returned, '0');
	writeFileSync(back, 'numero;motif\n3;parti\n12;refusé\n');
	assert.equal(ctl(['notice', 'undelivered', 'lot-3', back]).ended, 2);
	assert.equal(ctl(['notice', 'undelivered', 'lot-3', back]).ended, 0, 'again changes nothing');
	assert.deepEqual(ctl(['notice', 'status', 'lot-3']).codes, { in_force: String(rows.length - 2), replaced: '0', returned: '2', destroyed: '0' });
	assert.equal(ctl(['notice', 'void', 'lot-3']).status, 64, 'no reason');
	assert.equal(ctl(['notice', 'void', 'lot-3', '--reason', 'palette perdue', '--dry-run']).status, 0);
	assert.equal(ctl(['notice', 'void', 'lot-3', '--reason', 'palette perdue']).ended, rows.length - 2);
	assert.equal(ctl(['notice', 'status', 'lot-3']).state, 'void');
	assert.equal(make('lot-3', dir_of('trois')).status, 65);
	assert.equal(d.sql("select count(*) from voting_code v join code_batch b on b.id = v.batch_id where live = 1 and b.name = 'lot-3'"), '0');
	assert.match(d.sql("select detail from audit where act = 'notices voided'"), /batch=lot-3: palette perdue/);
});

test('what a notice gave, a réassort can replace', async () => {
	const who = d.fresh();
	const me = new Elector(d);

	await me.enter(who, 'activer');
	assert.match((await me.get(me.at('/reassort'))).text, faults ? /a été annulé, parce que le courrier est revenu ou a été détruit[^]*RECEVOIR UN LIEN/ : /Aucun code/);
	assert.equal(make('reste', dir_of('quatre'), {}, '--academy', d.sql(`select academy from elector where identifier = '${who}'`)).status, 0);
	assert.match((await me.get(me.at('/reassort'))).text, /votre code actuel reste bon[^]*RECEVOIR UN LIEN/);
});
