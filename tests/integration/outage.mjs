/*
 * Bad days: each server on which the portal stands is absent, dies in mid-request, hangs, refuses to write and comes back. What the elector reads
 * is a page in French that says what to do, nothing typed is lost, posting again works, and nothing of ours is started anew. ISOLOIR_BUILD: the
 * build to run. What the relay does is mail.mjs' affair, what masters and workers do proc.mjs'.
 */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { demo, pause, redis, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';

const SLOW = Number(process.env.ISOLOIR_SLOW ?? 1);
const TIMEOUT = 1000 * SLOW; /* as the settings below have it */
const STORES = ['mariadb', 'redis-ephemeral', 'redis-queue'];
const NEEDED = ['mariadb', 'redis-ephemeral']; /* without redis-queue a request is accepted all the same */
let d;
let pids;

before(async () => {
	d = await demo('outage.mjs', {
		settings: `[database]\ntimeout = ${TIMEOUT}ms\n[redis]\ntimeout = ${TIMEOUT}ms\n[portal]\nworkers = 4\ndeadline = 15s\n`
			+ '[mailer]\ncooldown = 3s\nsweep = 500ms',
	});
	d.secrets.add(PASSWORD);
	await settled();
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

/* Whatever the story, all servers are there after it and the portal is well, within what a time-out and a breaker's pause take. */
afterEach(async () => {
	await d.heal();
	await until('the portal to be well', async () => (await new Elector(d).identify(d.identifiers.at(-1)).catch(() => ({}))).status === 303, 10);
});

/* What the servers of ours that no story ends on purpose look like: the same masters and workers all along. */
const processes = () => [d.pid('portal'), d.pid('mailer'), ...d.workers('portal'), ...d.workers('mailer')].join();

/* After one of ours was ended on purpose. */
async function settled() {
	await until('all workers', () => d.workers('portal').length === 4 && d.workers('mailer').length === 2);
	pids = processes();
}

const same_processes = () => assert.equal(processes(), pids, 'none of ours was started again');

async function timed(promise) {
	const began = Date.now();
	const answer = await promise;

	return [answer, Date.now() - began];
}

/* An elector with the first form filled in and its captcha solved. */
async function ready_to_ask() {
	const who = d.fresh();
	const me = new Elector(d);
	const page = await me.go(me.at('/accueil'));

	return { who, me, fields: { ...await me.solved(page.text, '/accueil'), identifiant: who } };
}

function is_trouble(answer) {
	assert.equal(answer.status, 503, answer.text.slice(0, 1500));
	assert.equal(answer.headers['retry-after'], '30');
	assert.match(answer.text, /<html lang="fr">[^]*<h1>Le portail est momentanément indisponible/);
	assert.match(answer.text, /Attendez une minute/);
}

/* The button of the page that told of the trouble: what it posts, and to where. */
function again(me, trouble) {
	return me.post(me.at('/accueil'), hidden(trouble.text, '/accueil'));
}

/* Nothing typed was lost, and the button leads on: to the next page, or, when the code was never looked at, to the same with the address kept. */
async function goes_on(story, trouble, code_was_looked_at) {
	const { me, who } = story;
	let answer;

	assert.equal(hidden(trouble.text, '/accueil').identifiant, who);
	await until('the server to be known to answer again', async () => (answer = await again(me, trouble)).status !== 503, 10);
	if (answer.status === 200) {
		assert.ok(!code_was_looked_at, 'a code that was right is not asked for again');
		assert.ok(answer.text.includes(`value="${who}"`), 'the address is kept');
		answer = await me.post(me.at('/accueil'), { ...await me.solved(answer.text, '/accueil'), identifiant: who });
	}
	assert.equal(answer.status, 303, answer.text);
	await d.link(who);
	assert.equal((await d.mails(who)).length, 1);
}

for (const store of STORES)
	test(`${store} absent when portal and mailer start: they start, say it once, and need no other start when it comes`, async () => {
		await d.down(store);
		await Promise.all([d.again('portal'), d.again('mailer')]);
		await settled();
		const from = d.log('portal').length;
		const me = new Elector(d);
		const first = await me.get(me.at('/accueil'));
		const access = await me.get(me.at('/accueil'));
		const help = await me.get(me.at('/aide'));
		await pause(2500); /* for whoever would say it every second */
		const senders = d.workers('mailer');
		const said = senders.map((pid) => d.told('mailer', ['outage begins', `[${pid}]`]).length);

		assert.equal(first.status, store === 'mariadb' ? 503 : 200, 'the first page of a first visit needs no session');
		if (store !== 'redis-queue')
			is_trouble(access);
		assert.equal(help.status, store === 'mariadb' ? 503 : 200);
		if (store !== 'redis-ephemeral')
			assert.deepEqual(said, [1, 1], 'each of the two senders says it once');
		assert.ok(d.told('portal', ['outage begins'], from).length <= 1);
		await d.up(store);
		const story = await until('the portal', () => ready_to_ask().catch(() => null), 10);
		assert.equal((await story.me.post(story.me.at('/accueil'), story.fields)).status, 303);
		await d.link(story.who);
		same_processes();
	});

test('workers that have never read the election, since MariaDB is away: nothing typed is lost, an unknown page is not said to be unknown, and posting again works', async () => {
	const story = await ready_to_ask();

	await d.down('mariadb');
	await d.again('portal');
	await settled();
	const answer = await story.me.post(story.me.at('/accueil'), story.fields);
	is_trouble(answer);
	is_trouble(await story.me.get(story.me.at('/nulle-part')));
	await d.up('mariadb');
	await goes_on(story, answer, false);
	assert.equal((await story.me.get(story.me.at('/nulle-part'))).status, 404);
	same_processes();
});

for (const store of STORES)
	test(`${store} hangs without dying: an answer within a time-out, nothing typed is lost, and posting again works once it wakes`, async () => {
		const story = await ready_to_ask();

		await d.freeze(store);
		const [answer, took] = await timed(story.me.post(story.me.at('/accueil'), story.fields));
		d.thaw(store);
		assert.ok(took < TIMEOUT + 1500 * SLOW, `answered after ${took} ms`);
		if (NEEDED.includes(store)) {
			is_trouble(answer);
			await goes_on(story, answer, store === 'mariadb');
		} else {
			assert.equal(answer.status, 303);
			await d.link(story.who);
			assert.equal((await d.mails(story.who)).length, 1);
		}
		same_processes();
	});

for (const store of STORES)
	test(`${store} killed -9 in mid-request: the same, and its supervisor brings it back`, async () => {
		const story = await ready_to_ask();
		const step = () => JSON.stringify(JSON.parse(d.ctl('status', 'portal', '--json')));

		await d.freeze(store);
		const asked = story.me.post(story.me.at('/accueil'), story.fields);
		await until('a worker in the middle of it', () => /"busy"/.test(step()));
		await d.again(store, 'SIGKILL');
		d.frozen.delete(store);
		const answer = await asked;
		if (answer.status === 503 || store !== 'redis-queue') {
			is_trouble(answer);
			await goes_on(story, answer, store === 'mariadb');
		} else {
			assert.equal(answer.status, 303);
			await d.link(story.who);
		}
		same_processes();
	});

for (const [store, wants_it] of [['mariadb', '/assistance/recue/K7M-2ABC'], ['redis-ephemeral', '/accueil']])
	test(`while ${store} hangs, a crowd that wants it keeps nobody from the pages that need nothing`, async () => {
		const me = new Elector(d);
		const times = [];
		let going = true;

		await me.go(me.at('/accueil')); /* a cookie: somebody whose session would be asked for */
		await Promise.all(Array.from({ length: 60 }, () => new Elector(d).get(me.at('/aide')))); /* each worker has read the election */
		await d.freeze(store);
		const crowd = Array.from({ length: 8 }, async () => {
			const one = new Elector(d);
			one.cookies = new Map(me.cookies);
			while (going)
				await one.get(one.at(wants_it));
		});
		await pause(1500 * SLOW); /* the first time-out holds all workers */
		for (const end = Date.now() + 5000; Date.now() < end;) {
			const [answer, took] = await timed(me.get(me.at('/aide')));
			assert.equal(answer.status, 200);
			times.push(took);
		}
		going = false;
		d.thaw(store);
		await Promise.all(crowd);
		assert.ok(Math.max(...times) < 2 * TIMEOUT + 1000, `the slowest took ${Math.max(...times)} ms`);
		assert.ok(times.filter((ms) => ms < 300 * SLOW).length > 0.8 * times.length && times.length > 20, `ms of ${times.length}: ${times}`);
		same_processes();
	});

const tell = (store, ...words) => redis(store === 'redis-queue' ? d.REDIS_QUEUE : d.REDIS_EPHEMERAL, ...words);
const set = (store, ...words) => tell(store, 'CONFIG', 'SET', ...words);
/* InnoDB's disk cannot be filled without the right to mount one: its own error for that, from where the row would be written. */
const FULL = "create trigger full before insert on mail_job for each row signal sqlstate 'HY000' set mysql_errno = 1114, message_text = 'The table is full'";

const refusals = [
	['mariadb', 'is read-only', () => d.sql('set global read_only = 1'), () => d.sql('set global read_only = 0')],
	['mariadb', 'has a full disk', () => d.sql(FULL), () => d.sql('drop trigger full')],
	...['redis-ephemeral', 'redis-queue'].flatMap((store) => [
		[store, 'has become a replica', () => tell(store, 'REPLICAOF', '127.0.0.1', '1'), () => tell(store, 'REPLICAOF', 'NO', 'ONE')],
		[store, 'misses its replicas', () => set(store, 'min-replicas-to-write', '1'), () => set(store, 'min-replicas-to-write', '0')],
		[store, 'is out of memory', () => set(store, 'maxmemory-policy', 'noeviction', 'maxmemory', '1'), () => set(store, 'maxmemory', '64mb')],
	]),
];

for (const [store, what, harm, heal] of refusals)
	test(`${store} ${what}: what only reads still answers, nothing typed is lost, and posting again works afterwards`, async () => {
		const story = await ready_to_ask();

		await harm();
		const help = await story.me.get(story.me.at('/aide'));
		const answer = await story.me.post(story.me.at('/accueil'), story.fields);
		await heal();
		assert.equal(help.status, 200);
		if (NEEDED.includes(store)) {
			is_trouble(answer);
			await goes_on(story, answer, store === 'mariadb');
		} else {
			assert.equal(answer.status, 303, answer.text.slice(0, 1500));
			await d.link(story.who);
			assert.equal((await d.mails(story.who)).length, 1);
		}
		same_processes();
	});

test('the append-only file of the queue finds no room: Redis ends, comes back, and no mail is lost or doubled', async () => {
	const story = await ready_to_ask();
	const before_pid = d.pid('redis-queue');

	d.room('redis-queue', 4096); /* less than it has by now */
	assert.equal((await story.me.post(story.me.at('/accueil'), story.fields)).status, 303);
	await until('another Redis', () => d.runs_anew('redis-queue', before_pid));
	await d.link(story.who);
	assert.equal((await d.mails(story.who)).length, 1);
	same_processes();
});

test('the log finds no room: pages go on, and when there is room again it says how many lines it lacks', async () => {
	const me = new Elector(d);
	const size = () => statSync(join(d.dir, 'log/portal.log')).size;

	d.room('portal', size());
	const full = size();		/* the last story's lines may have come until now */
	for (let i = 0; i < 20; i++)
		assert.equal((await me.get(me.at('/aide'))).status, 200);
	assert.equal(size(), full);
	d.room('portal', 'unlimited');
	for (let i = 0; i < 20; i++)
		assert.equal((await me.get(me.at('/aide'))).status, 200);
	const lost = d.told('portal', ['log lines lost']).map((line) => Number(/ n=(\d+) /.exec(line)[1]));
	assert.ok(lost.length >= 1 && lost.reduce((a, b) => a + b) >= 15, `${lost}`);
	same_processes();
});

test('the sessions are lost: an elector who was in is led to a page, never round in circles', async () => {
	const me = new Elector(d);

	await me.enter(d.fresh(), 'sans_activation');
	await redis(d.REDIS_EPHEMERAL, 'FLUSHALL');
	for (const path of ['/', '/accueil', '/connexion', '/deconnexion', '/mon-compte', '/session']) {
		const page = await me.go(me.at(path));
		assert.equal(page.status, 200, path);
		assert.doesNotMatch(page.text, /Mon Compte/);
		if (['/connexion', '/mon-compte', '/session'].includes(path))
			assert.match(page.text, /Votre session n’est plus ouverte[^]*name="identifiant"/, path);
	}
});

test('the mailer is down: requests are accepted, the queue tells of them, and they go when it is back', async () => {
	await d.down('mailer', 'SIGKILL');
	const story = await ready_to_ask();
	const answer = await story.me.post(story.me.at('/accueil'), story.fields);
	const queue = d.ctl('queue', '--json');

	await d.up('mailer');
	await settled();
	assert.equal(answer.status, 303);
	assert.match(queue, /ready/);
	await d.link(story.who);
	assert.equal((await d.mails(story.who)).length, 1);
});

test('the portal is stopped: nginx says so in French and when to come back, and no word of its own', async () => {
	await d.down('portal');
	const me = new Elector(d);
	const answers = [await me.get(me.at('/accueil')), await me.post(me.at('/accueil'), 'identifiant=a'), await me.get(me.at('/activation/abcdefgh'))];

	await d.up('portal');
	await settled();
	for (const answer of answers) {
		assert.equal(answer.status, 503);
		assert.equal(answer.headers['retry-after'], '30');
		assert.equal(answer.headers['cache-control'], 'no-store');
		assert.match(answer.text, /<html lang="fr">[^]*<h1>Le portail ne répond pas[^]*Attendez une minute/);
		assert.doesNotMatch(answer.text, /nginx\/|Bad Gateway/);
	}
});

test('the portal\'s master killed -9 under load: no worker is left over, its successor takes the socket, and little is lost', async () => {
	const old = d.workers('portal');
	const statuses = {};
	let going = true;
	const crowd = Array.from({ length: 6 }, async () => {
		const me = new Elector(d);
		while (going) {
			const { status } = await me.get(me.at('/aide'));
			statuses[status] = (statuses[status] ?? 0) + 1;
			if (status !== 200)
				await pause(20);
		}
	});

	await pause(300);
	await d.again('portal', 'SIGKILL');
	await until('the old workers to be gone', () => old.every((pid) => !is_alive(pid)), 5);
	statuses[200] = 0;
	await until('pages from the new ones', () => statuses[200] > 50, 5);
	going = false;
	await Promise.all(crowd);
	await settled();
	assert.deepEqual(Object.keys(statuses).filter((status) => !['200', '503'].includes(status)), []);
	assert.equal(JSON.parse(d.ctl('status', 'portal', '--json')).wanted ?? 4, 4);
});

function is_alive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

test('the mailer\'s master killed -9 with a mail on its way: no sender is left over, and the mail goes once', async () => {
	const old = d.workers('mailer');
	const story = await ready_to_ask();

	const asked = story.me.post(story.me.at('/accueil'), story.fields);
	await d.again('mailer', 'SIGKILL');
	await settled();
	assert.equal((await asked).status, 303);
	await until('the old senders to be gone', () => old.every((pid) => !is_alive(pid)), 10);
	await d.link(story.who);
	await pause(700);
	assert.equal((await d.mails(story.who)).length, 1);
});
