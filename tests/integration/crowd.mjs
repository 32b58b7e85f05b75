/*
 * A crowd of log-ins on ./demo with a slow hash and one slot: pages do not wait for it, and whoever comes to too long a queue is told at once.
 * ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, ROOT, until } from '../lib/demo.mjs';
import { Elector, hidden } from '../lib/elector.mjs';
import { Wire } from '../lib/wire.mjs';

const WRONG = 'Pas la bonne-1 phrase', WORKERS = 4;
let d, visitor;

before(async () => {
	d = await demo('crowd.mjs', { settings: `[portal]\nworkers = ${WORKERS}\n[password]\nmemory = 64MiB\npasses = 3\nslots = 1\n[throttle]\nscale = 0\n` });
	d.secrets.add(WRONG);
	const me = new Elector(d), page = await me.follow(await me.identify(d.fresh()));
	visitor = { cookie: `__Host-isoloir=${me.cookies.get('__Host-isoloir')}`, form: { ...hidden(page.text, '/connexion'), mot_de_passe: WRONG } };
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, no hash went astray, and the demo ends well');
});

const status = () => JSON.parse(d.ctl('status', 'portal', '--json')).portal;

/* n log-ins at once, each on a connection of its own; the answers. */
function crowd(n) {
	return Array.from({ length: n }, async () => {
		const wire = new Wire(d);
		const answer = await wire.ask('POST', `${d.path}/connexion`, visitor);
		wire.close();
		return answer;
	});
}

test('pages are answered while a crowd of log-ins waits for its turn', async () => {
	let left = 40;
	const all = crowd(left).map((one) => one.finally(() => left--));

	await until('the crowd', () => status().hash_pending > 20);
	const me = new Elector(d), { hash_seats: seats, hash_seats_taken: taken } = status();
	assert.equal(seats, 2, 'twice the slots');
	assert.ok(taken <= seats);
	for (let i = 0; i < 20; i++)
		assert.equal((await me.get(me.at('/accueil'))).status, 200);
	assert.ok(left > 10, `${left} of the crowd still waited when all pages had come`);
	for (const answer of await Promise.all(all)) {
		assert.equal(answer.status, 200);
		assert.match(answer.text, /n’ouvre pas de compte activé/);
	}
	await until('all seats to be free', () => status().hash_seats_taken === 0);
});

test('a worker killed at a hash leaves its seat to others', async () => {
	const busy = crowd(6);
	await until('both seats taken', () => status().hash_seats_taken === 2);
	for (const { pid, state } of status().workers)
		if (state === 'busy')
			process.kill(pid, 'SIGKILL');
	const answers = await Promise.all(busy);
	assert.ok(answers.filter(({ status: code }) => code === 200).length >= 3, 'those that waited are served');
	assert.equal((await crowd(1)[0]).status, 200);
	await until('all seats to be free', () => status().hash_seats_taken === 0);
});

test('with fewer workers there are fewer seats, and the last worker takes everything', async () => {
	for (const [workers, seats] of [[2, 1], [1, 1], [WORKERS, 2]]) {
		d.ctl('workers', 'portal', 'set', String(workers));
		await until('the workers', () => status().actual === workers);
		assert.equal(status().hash_seats, seats);
		const [login, page] = await Promise.all([crowd(1)[0], new Elector(d).get(`${d.base}/aide`)]);
		assert.deepEqual([login.status, page.status], [200, 200]);
	}
});

test('whoever comes to a queue of more than ten seconds is told at once to come back, and all others have their turn', async () => {
	const limit = status().hash_limit;
	assert.ok(limit > 80 && limit < 150, `${limit} hashes of 64 MiB and three passes in ten seconds`);
	let waiting = 0;
	const all = crowd(limit + 60), refused = [];
	for (const one of all) {
		waiting++;
		one.then((answer) => {
			waiting--;
			if (answer.status === 503)
				refused.push({ ...answer, waiting });
		});
	}
	const answers = await Promise.all(all);
	assert.ok(refused.length >= 40, `${refused.length} refused`);
	assert.ok(refused.every((answer) => answer.waiting > limit - 20), 'before the others were served');
	assert.equal(answers.filter((answer) => answer.status === 200).length, answers.length - refused.length);
	assert.ok(Number(refused[0].headers['retry-after']) > 0);
	assert.match(refused[0].text, /<h1>Le portail ne répond pas pour le moment/);
});

test('nginx sends posts of our own table to the hashes', () => {
	const [, paths] = readFileSync(join(ROOT, 'conf/nginx/isoloir-http.inc'), 'utf8').match(/portail\/\(([^)]*)\)\$" isoloir_hash/);
	const rows = [...readFileSync(join(ROOT, 'portal/routes.def'), 'utf8').matchAll(/^ROUTE\(POST, +"([^"]*)"/gm)].map(([, path]) => path);

	for (const path of paths.split('|'))
		assert.ok(rows.includes(`/${path}`), path);
});
