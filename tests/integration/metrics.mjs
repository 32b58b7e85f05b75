/*
 * What Prometheus is told agrees with what was sent, is told whatever else is away, and to nobody's harm: the mailer on a real MariaDB, Redis and a peer that
 * refuses on cue, the portal on ./demo. promtool reads every scrape, the alert rules and the dashboard's expressions. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { demo, free_port, ROOT } from '../lib/demo.mjs';
import { Elector, PASSWORD } from '../lib/elector.mjs';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';
import { Prometheus } from '../lib/prometheus.mjs';
import { SmtpPeer } from '../lib/smtp_peer.mjs';

const SLOW = Number(process.env.ISOLOIR_SLOW ?? 1);
const RULES = path.join(ROOT, 'conf/prometheus/isoloir.rules.yml'), RULES_TEST = path.join(ROOT, 'tests/prometheus/isoloir.rules.test.yml');
const world = new MailWorld();
let peer, port, serial = 0;

before(async () => {
	await world.start();
	world.sql("grant all on isoloir.* to isoloir_ctl@'%'");
	port = await free_port();
});

after(() => world.stop());

afterEach(async () => {
	if (world.mailer)
		assert.equal(await world.stopMailer(), 0, `the mailer, its senders and the child beside them end well: ${world.log()}`);
	await peer?.close();
	peer = null;
	world.sql('delete from mail_policy; update mail_job set state = "dropped", finished_at = utc_timestamp(3) - interval 2 day');
	world.redisDo('FLUSHALL');
});

/* ---- asking ---- */

/** One request on a connection of its own: {status, headers, text, ms}. */
function ask(where, { method = 'GET', target = '/metrics', headers = {}, body } = {}) {
	const began = Date.now();

	asked.set(where, began);
	return new Promise((done, fail) => {
		const to = typeof where === 'number' ? { host: '127.0.0.1', port: where } : { socketPath: where };
		const out = http.request({ ...to, method, path: target, headers, agent: false }, (answer) => {
			let text = '';
			answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
			answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text, ms: Date.now() - began }));
		});
		out.on('error', fail);
		out.end(body);
	});
}

/** Bytes on a raw connection, and all that comes back until it is closed: {text, ms}. */
function raw(bytes, keep = () => {}) {
	const began = Date.now();

	return new Promise((done) => {
		const c = net.connect(port, '127.0.0.1');
		let text = '';

		c.on('data', (chunk) => (text += chunk)).on('error', () => {});
		c.on('close', () => done({ text, ms: Date.now() - began }));
		c.write(bytes);
		keep(c);
	});
}

/** The samples of a scrape: values('isoloir_mail_jobs', {state: 'ready'}) are those with these labels, value() their sum. */
class Scrape {
	constructor(text) {
		this.text = text;
		this.samples = text.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
			const [, name, labels, value] = line.match(/^(\w+)(?:\{(.*)\})? (\S+)$/) ?? assert.fail(line);

			return { name, labels: Object.fromEntries([...(labels ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, k, v]) => [k, v])), value: Number(value) };
		});
	}

	values(name, labels = {}) {
		return this.samples.filter((s) => s.name === name && Object.entries(labels).every(([k, v]) => s.labels[k] === v)).map(({ value }) => value);
	}

	value(name, labels) {
		return this.values(name, labels).reduce((sum, n) => sum + n, 0);
	}

	/** What is not 0, as {"2xx x.0": 3}. */
	of(name, ...labels) {
		return Object.fromEntries(this.samples.filter((s) => s.name === name && s.value !== 0).map((s) => [labels.map((l) => s.labels[l]).join(' '), s.value]));
	}

	families() {
		return new Map([...this.text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]));
	}
}

const asked = new Map();
/** Not what was told within the last second. */
async function scrape(where = port) {
	await sleep(Math.max(0, (asked.get(where) ?? 0) + 1050 - Date.now()));
	const { status, headers, text } = await ask(where);

	assert.equal(status, 200);
	assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
	return new Scrape(text);
}

/** Asked until it is so. */
async function scraped(is, where = port) {
	let s;

	await until(async () => is(s = await scrape(where)), 15 * SLOW);
	return s;
}

/* ---- the mailer ---- */

function electors(n, domain = 'ac-nantes.fr') {
	const list = Array.from({ length: n }, (_, i) => `elise.martin${++serial}x${i}@${domain}`);

	world.addElectors(list);
	return list;
}

async function with_mailer(behaviour = {}, settings = {}) {
	await peer?.close();
	peer = await new SmtpPeer(behaviour).listen();
	const where = settings.metrics ?? port;
	await world.startMailer(peer.port, { metrics: `127.0.0.1:${port}`, ...settings });
	assert.ok(await until(() => ask(where).catch(() => null)), world.log());
}

const states = (list) => list.map((who) => world.job(who).state);
const come_to = (state, list) => until(() => states(list).every((one) => one === state), 15 * SLOW);
const status = () => new Promise((done) => {
	const c = net.connect(path.join(world.dir, 'run/mailer.ctl'));
	let text = '';
	c.on('data', (chunk) => (text += chunk)).on('close', () => done(JSON.parse(text)));
	c.write('status\n');
});
/* The child beside the workers, by its name; undefined while there is none. */
const child = () => world.senders().find((pid) => {
	try {
		return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'isoloir-metrics';
	} catch {
		return false;
	}
});

test('the numbers agree with what was sent, refused, put off, cut and found nobody', async () => {
	const taken = electors(4), busy = electors(2), refused = electors(1), cut = electors(1);
	const cue = ({ to, n, phase }) => {
		if (busy.includes(to) && phase === 'rcpt' && n === 1)
			return '451 4.2.1 mailbox busy';
		if (refused.includes(to) && phase === 'rcpt')
			return '550 5.1.1 no such user';
		if (cut.includes(to) && phase === 'dot')
			return { cut: true };
	};
	world.configure(25);
	world.put(taken);
	await sleep(1200); /* they wait for a mailer, from the click on */
	await with_mailer({ cue });
	world.put(busy);
	world.put(refused);
	world.put(cut, 'activated'); /* must not double: it stays of unknown fate */
	world.put(['personne.1@ac-nantes.fr', 'personne.2@ac-nantes.fr']);
	assert.ok(await come_to('sent', [...taken, ...busy]));
	assert.ok(await come_to('dead', refused));
	assert.ok(await come_to('uncertain', cut));
	assert.ok(await come_to('unknown', ['personne.1@ac-nantes.fr', 'personne.2@ac-nantes.fr']));
	const s = await scrape();
	assert.deepEqual(s.of('isoloir_mail_attempts_total', 'reply', 'family'), { '2xx x.0': 6, '4xx x.2': 2, '5xx x.1': 1, 'cut none': 1 });
	assert.deepEqual(s.of('isoloir_mail_outcomes_total', 'class', 'outcome'),
		{ 'interactive sent': 6, 'interactive ready': 2, 'interactive dead': 1, 'interactive unknown': 2, 'notice uncertain': 1 });
	assert.deepEqual(s.of('isoloir_mail_jobs', 'state', 'class'), { 'dead interactive': 1, 'uncertain notice': 1 });
	const bucket = (le) => s.value('isoloir_mail_delivery_seconds_bucket', { class: 'interactive', le });
	assert.equal(s.value('isoloir_mail_delivery_seconds_count', { class: 'interactive' }), 6);
	assert.equal(bucket('+Inf'), 6);
	assert.ok(bucket('1') <= 2, 'those that waited a second for a mailer are told as such');
	assert.ok(s.value('isoloir_mail_delivery_seconds_sum', { class: 'interactive' }) > 4 * 1.2);
	assert.equal(s.value('isoloir_mail_delivery_seconds_count', { class: 'notice' }), 0);
	assert.deepEqual(s.of('isoloir_up', 'what'), { mariadb: 1, redis_queue: 1 });
	assert.deepEqual(s.of('isoloir_workers', 'state'), { idle: 2 });
	assert.doesNotMatch(s.text, /@ac-|martin|personne|vote\.example/, 'nobody is named');
});

test('what waits is told by class and domain, with its age; a pause is told by whom', async () => {
	const paused = electors(3), slow = electors(1, 'ac-lent.fr'), lone = electors(1, 'ac-polynesie.pf');
	const row = (pattern, conc, by_hand) => world.sql(`insert into mail_policy (pattern, concurrency, paused, changed_at, changed_by) values ('${pattern}', ${conc}, ${by_hand}, utc_timestamp(), 'x')`);
	row('ac-nantes.fr', 2, 1);
	row('*', 3, 0);
	await with_mailer({ cue: ({ to, phase }) => (/lent/.test(to ?? '') && phase === 'dot' ? { wait: 4000 } : undefined) });
	await sleep(500);
	world.redisDo('HSET', 'isoloir:{mq}:trouble:ac-polynesie.pf', 'until', String(Date.now() + 900000)); /* as after refusals by policy */
	world.put(paused);
	world.put(slow);
	world.put(lone, 'activated');
	await sleep(1000);
	const s = await scraped((one) => one.value('isoloir_mail_domain_in_flight', { domain: 'other' }) === 1);
	assert.deepEqual(s.of('isoloir_mail_jobs', 'state', 'class'), { 'ready interactive': 3, 'ready notice': 1, 'leased interactive': 1 });
	assert.deepEqual(s.of('isoloir_mail_domain_waiting', 'domain'), { 'ac-nantes.fr': 3, other: 1, '@relay': 4 });
	assert.deepEqual(s.of('isoloir_mail_domain_paused', 'domain', 'by'), { 'ac-nantes.fr hand': 1, 'other breaker': 1 });
	assert.deepEqual(s.of('isoloir_mail_domain_limit', 'domain'), { 'ac-nantes.fr': 1, '@relay': 1 }, 'nothing is known of them yet');
	const top = JSON.parse(world.ctl('top', '--json').stdout), seen = Object.fromEntries(top.domains.map((row) => [row.domain, row]));
	assert.deepEqual([seen['@relay'].waiting, seen['@relay'].on_their_way, seen['ac-nantes.fr'].waiting, seen['ac-nantes.fr'].limit, seen['ac-lent.fr'].on_their_way,
		seen['ac-polynesie.pf'].waiting], [4, 1, 3, 1, 1, 1], 'isoloirctl top tells the same');
	assert.deepEqual([seen['ac-nantes.fr'].paused_until, /^20\d\d-/.test(seen['ac-polynesie.pf'].paused_until)], ['by hand', true]);
	for (const [taught, limit] of [[9, 2], [1, 1]]) {
		world.redisDo('HSET', 'isoloir:{mq}:limit:ac-nantes.fr', 'at', taught);
		assert.equal((await scrape()).value('isoloir_mail_domain_limit', { domain: 'ac-nantes.fr' }), limit, 'the lesser of what replies taught and its row');
	}
	assert.deepEqual(s.of('isoloir_mail_domain_in_flight', 'domain'), { other: 1, '@relay': 1 });
	assert.deepEqual(s.of('isoloir_workers', 'state'), { busy: 1, idle: 1 });
	assert.deepEqual(s.of('isoloir_worker_steps', 'step'), { talk: 1 });
	for (const name of ['isoloir_mail_oldest_seconds', 'isoloir_mail_overdue_seconds']) {
		const age = s.value(name, { class: 'interactive' });

		assert.ok(age > 0.9 && age < 60, `${name} ${age}`);
		assert.equal(s.value(name, { class: 'campaign' }), 0);
	}
	world.sql('delete from mail_policy');
	world.redisDo('DEL', 'isoloir:{mq}:trouble:ac-polynesie.pf');
	assert.ok(await come_to('sent', [...paused, ...slow, ...lone]));
});

test('counters outlive senders, reloads and the child that tells them; kill -9 of it, and it is back', async () => {
	await with_mailer();
	const first = electors(3);
	world.put(first);
	assert.ok(await come_to('sent', first));
	const victim = (await status()).workers[0].pid, before = child();
	assert.ok(before && !(await status()).workers.some(({ pid }) => pid === before), 'it is no sender');
	process.kill(victim, 'SIGKILL');
	process.kill(before, 'SIGKILL');
	assert.ok(await until(() => child() && child() !== before, 2 * SLOW), 'another one');
	let s = await scraped((one) => one.value('isoloir_workers', { state: 'idle' }) === 2);
	assert.equal(s.value('isoloir_mail_delivery_seconds_count'), 3);
	assert.equal(s.value('isoloir_worker_deaths_total'), 1, 'the child beside is none of the senders');
	assert.equal(s.value('isoloir_settings_generation'), 1);
	const second = child();
	world.mailer.kill('SIGHUP');
	assert.ok(await until(() => child() && child() !== second, 5 * SLOW), 'a reload replaces it');
	const more = electors(2);
	world.put(more);
	assert.ok(await come_to('sent', more));
	s = await scraped((one) => one.value('isoloir_settings_generation') === 2);
	assert.equal(s.value('isoloir_mail_delivery_seconds_count'), 5);
	assert.equal((world.log().match(/metrics died/g) ?? []).length, 1);
	assert.doesNotMatch(world.log(), /storm/);
});

test('a child that dies at once, again and again, is tried at longer and longer intervals, and harms no mail', async () => {
	await with_mailer();
	for (let i = 0; i < 5; i++) {
		const pid = await until(child, 5 * SLOW);
		process.kill(pid, 'SIGKILL');
		await until(() => child() !== pid);
	}
	const list = electors(1);
	world.put(list);
	assert.ok(await come_to('sent', list));
	assert.ok(await until(() => ask(port).catch(() => null), 40));
});

test('Redis or MariaDB away or hanging is told, and quickly; what they would say is then missing', async () => {
	await with_mailer();
	const list = electors(1);
	world.put(list);
	assert.ok(await come_to('sent', list));
	await world.end(world.redis);
	await sleep(1050);
	let { text, ms } = await ask(port), s = new Scrape(text);
	assert.ok(ms < 500 * SLOW, `${ms} ms`);
	assert.deepEqual(s.of('isoloir_up', 'what'), { mariadb: 1 });
	assert.deepEqual(s.values('isoloir_mail_jobs'), []);
	assert.equal(s.value('isoloir_mail_delivery_seconds_count'), 1, 'what was counted is still told');
	await world.startRedis();
	await scraped((one) => one.value('isoloir_up') === 2);
	world.redis.kill('SIGSTOP');
	const db = Number(fs.readFileSync(path.join(world.dir, 'mariadb/pid'), 'utf8'));
	process.kill(db, 'SIGSTOP');
	try {
		await sleep(1050);
		({ text, ms } = await ask(port));
		assert.ok(ms < 3000 * SLOW, `${ms} ms while both hang`);
		assert.deepEqual(new Scrape(text).of('isoloir_up', 'what'), {});
	} finally {
		world.redis.kill('SIGCONT');
		process.kill(db, 'SIGCONT');
	}
	assert.equal((await scraped((one) => one.value('isoloir_up') === 2)).value('isoloir_up'), 2);
});

test('GET /metrics and nothing else; whoever is slow, silent, long-winded or talks nonsense keeps nobody waiting', async () => {
	await with_mailer();
	assert.equal((await ask(port, { target: '/' })).status, 404);
	assert.equal((await ask(port, { target: '/metrics/../etc/passwd' })).status, 404);
	assert.equal((await ask(port, { target: '/metrics?x=1' })).status, 200);
	for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
		const { status: said, headers } = await ask(port, { method, ...(method === 'POST' ? { body: 'x'.repeat(100000) } : {}) }).catch(() => ({}));
		assert.ok(said === 405 || (said === undefined && method === 'POST'), `${method}: ${said}`);
		assert.ok(said === undefined || headers.allow === 'GET');
	}
	assert.match((await raw(`GET /metrics HTTP/1.1\r\nHost: x\r\nX-Long: ${'y'.repeat(200000)}\r\n\r\n`)).text, /^(HTTP\/1\.\d 431|HTTP\/1\.\d 413|$)/);
	assert.match((await raw(`GET /${'z'.repeat(200000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).text, /^(HTTP\/1\.\d 4|$)/);
	assert.match((await raw('GET /metrics HTTP/1.0\r\n\r\n')).text, /^HTTP\/1\.\d 200/);
	const before = child();
	const nonsense = raw('\0\x16\x03\x01nonsense\r\n\r\n');
	const silent = Array.from({ length: 40 }, () => net.connect(port, '127.0.0.1').on('error', () => {}).resume()), slow = raw('GET /met', (c) => {
		const drip = setInterval(() => c.write('r'), 300);
		c.on('close', () => clearInterval(drip));
	});
	await sleep(200);
	for (let i = 0; i < 3; i++) {
		const { status: said, ms } = await ask(port);
		assert.equal(said, 200);
		assert.ok(ms < 1500 * SLOW, `${ms} ms among forty who say nothing`);
	}
	const { text, ms } = await slow;
	assert.ok(ms < 7500 * SLOW, `a byte now and then is let go after ${ms} ms`);
	assert.doesNotMatch(text, /200/);
	assert.match((await nonsense).text, /^(HTTP\/1\.\d 4|$)/);
	assert.ok(await until(() => silent.every((c) => c.closed), 12 * SLOW), 'who says nothing is let go as well');
	assert.equal(child(), before, 'none of this ended it');
	const open = fs.readdirSync(`/proc/${before}/fd`).length;
	assert.ok(open < 24, `${open} open files`);
});

test('a unix socket, told until the last mail has gone; an address that others reach, or that is taken, is refused', async () => {
	const socket = path.join(world.dir, 'run/metrics.sock'), list = electors(1);
	await with_mailer({ cue: ({ phase }) => (phase === 'dot' ? { wait: 3000 } : undefined) }, { metrics: socket });
	assert.equal(fs.statSync(socket).mode & 0o777, 0o660);
	assert.equal((await status()).listening_metrics, socket);
	world.put(list);
	await until(() => peer.mails.length === 1);
	world.mailer.kill('SIGTERM');
	await sleep(600);
	assert.equal((await scrape(socket)).value('isoloir_mail_jobs', { state: 'leased' }), 1, 'while it drains');
	assert.equal(await world.stopMailer(), 0);
	assert.deepEqual(states(list), ['sent']);
	assert.ok(!fs.existsSync(socket));
	const program = path.resolve(process.env.ISOLOIR_BUILD ?? '.build/plain', 'isoloir-mailer');
	const taken = net.createServer().listen(0, '127.0.0.1');
	await new Promise((done) => taken.once('listening', done));
	for (const [where, why] of [['0.0.0.0:0', /for this host alone/], [':0', /for this host alone/], [`127.0.0.1:${taken.address().port}`, /somebody else listens/], ['nonsense', /neither a path/]]) {
		world.configure(25, { metrics: where });
		const r = spawnSync(program, ['-f', '-c', world.conf], { encoding: 'utf8', timeout: 10000 });
		assert.equal(r.status, 69, `${where}: ${r.stderr}`);
		assert.match(r.stderr, why);
	}
	taken.close();
});

test('the master killed: the child ends, and the next one has its address', async () => {
	await with_mailer();
	const orphan = child();
	await world.stopMailer('SIGKILL');
	assert.ok(await until(() => !fs.existsSync(`/proc/${orphan}`), 3 * SLOW));
	await with_mailer();
	assert.equal((await ask(port)).status, 200);
});

test('without the setting there is no child and no socket', async () => {
	peer = await new SmtpPeer({}).listen();
	await world.startMailer(peer.port);
	await until(async () => (await status()).workers.length === 2);
	assert.equal(child(), undefined);
	assert.equal((await status()).listening_metrics, undefined);
});

/* ---- both, and what is written about them ---- */

test('portal: requests by status, hashes and workers agree; promtool, manual, rules and dashboard fit what both programs tell', async () => {
	const ports = { portal: await free_port(), mailer: await free_port() };
	const d = await demo('metrics.mjs', { settings: `[portal]\nworkers = 3\nmetrics = 127.0.0.1:${ports.portal}\n[mailer]\nmetrics = 127.0.0.1:${ports.mailer}\n[password]\nmemory = 8MiB\npasses = 1\n` });

	try {
		d.secrets.add(PASSWORD);
		const before = await scrape(ports.portal), who = d.fresh(), counted = [];
		const count = (e) => {
			const request = e.request.bind(e);
			e.request = async (...words) => {
				const answer = await request(...words);
				counted.push(`${answer.status}`[0]);
				return answer;
			};
			return e;
		};
		const e = count(new Elector(d));
		await e.enter(who, 'activer');
		await e.request('GET', `${d.path}/nulle-part`);
		const portal = await scraped((one) => one.value('isoloir_workers', { state: 'idle' }) === 3, ports.portal);
		const grown = (labels) => portal.value('isoloir_http_requests_total', labels) - before.value('isoloir_http_requests_total', labels);
		for (const family of ['2', '3', '4', '5'])
			assert.equal(grown({ status: `${family}xx` }), counted.filter((one) => one === family).length, `${family}xx of ${counted}`);
		assert.equal(portal.value('isoloir_http_request_seconds_count'), portal.value('isoloir_http_requests_total'));
		assert.equal(portal.value('isoloir_hashes_total'), 2, 'a password and a challenge answer');
		assert.deepEqual(portal.of('isoloir_up', 'what'), { mariadb: 1, redis_queue: 1, redis_ephemeral: 1 });
		assert.equal(portal.value('isoloir_connections_limit', { address: 'listen' }), 1024);
		assert.equal(portal.values('isoloir_connections_waiting').length, 2);
		assert.doesNotMatch(portal.text, new RegExp(`${who}|@`), 'nobody is named');
		await d.down('redis-ephemeral');
		assert.equal((await scrape(ports.portal)).value('isoloir_up', { what: 'redis_ephemeral' }), 0);
		await d.up('redis-ephemeral');
		all_fits(portal, await scrape(ports.mailer));
		await shown(Object.values(ports));
	} finally {
		assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
	}
});

function promtool(words, input = '') {
	return spawnSync('promtool', words, { input, encoding: 'utf8' });
}

function all_fits(...scrapes) {
	const families = new Map(scrapes.flatMap((s) => [...s.families()]));
	const exist = new Set([...families].flatMap(([name, type]) => (type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name])));

	for (const s of scrapes)
		assert.deepEqual([promtool(['check', 'metrics'], s.text).status, promtool(['check', 'metrics'], s.text).stderr], [0, '']);
	told_in_manual(scrapes, families);
	const expressions = dashboard_expressions();
	assert.ok(expressions.length > 20);
	const used = [fs.readFileSync(RULES, 'utf8').replace(/^#.*$/gm, ''), ...expressions].flatMap((text) => text.match(/\bisoloir_\w+/g));
	for (const name of new Set(used))
		assert.ok(exist.has(name), `${name} is in a rule or on the dashboard, and nobody tells it`);
	for (const name of families.keys())
		assert.ok(used.some((one) => one.startsWith(name)), `${name} is told, and neither a rule nor the dashboard shows it`);
	const records = expressions.map((expr, i) => `      - { record: "x:${i}", expr: ${JSON.stringify(expr.replaceAll('$__rate_interval', '5m'))} }`);
	const file = path.join(world.dir, 'dashboard.yml');
	fs.writeFileSync(file, `groups:\n  - name: dashboard\n    rules:\n${records.join('\n')}\n`);
	const { status: said, stdout, stderr } = promtool(['check', 'rules', file]);
	assert.equal(said, 0, stdout + stderr);
}

const dashboard_expressions = () => JSON.parse(fs.readFileSync(path.join(ROOT, 'conf/grafana/isoloir.json'), 'utf8')).panels.flatMap((p) => (p.targets ?? []).map(({ expr }) => expr));

/* A Prometheus that scrapes both has something to show for each panel and each graph, its rules can be worked out, and its own page tells each number. */
async function shown(targets) {
	const prometheus = await new Prometheus().start(targets);

	try {
		const all = async (list) => (await Promise.all(list.map(async (expr) => [expr, (await prometheus.query(expr)).length]))).filter(([, n]) => n === 0).map(([expr]) => expr);
		assert.ok(await until(async () => (await prometheus.query('sum(count_over_time(up[1m]) >= 2)')).some(({ value }) => value >= 2 * targets.length), 30));
		assert.deepEqual((await prometheus.query('up')).map(({ value }) => value), targets.map(() => 1));
		const expressions = dashboard_expressions().map((expr) => expr.replaceAll('$__rate_interval', '1m'));
		assert.deepEqual((await all(expressions)).filter((expr) => !expr.endsWith('> 0')), [], 'nothing to show');
		assert.ok(await until(async () => (await prometheus.rules()).every(({ health }) => health !== 'unknown'), 10));
		assert.deepEqual((await prometheus.rules()).filter(({ health }) => health !== 'ok'), []);
		const answer = await fetch(`${prometheus.url}/consoles/isoloir.html?hours=6`), page = await answer.text();
		assert.equal(answer.status, 200, page);
		assert.equal([...page.matchAll(/<dt>[^<]+<\/dt><dd>[\d.]+(?:s|m\d*s)?<\/dd>/g)].length, [...page.matchAll(/<dt>/g)].length, page);
		const drawn = [...page.matchAll(/: '([^']+)'/g)].map(([, expr]) => expr);
		assert.ok(drawn.length >= 12);
		assert.deepEqual(await all(drawn), [], 'nothing to draw');
		assert.match(page, /duration: "6" \* 3600/);
	} finally {
		await prometheus.close();
	}
}

/* Name, type and labels of each. */
function told_in_manual(scrapes, families) {
	const items = [...fs.readFileSync(path.join(ROOT, 'man/isoloir-metrics.7'), 'utf8').matchAll(/^\.It Li (isoloir_\w+)(?:\{([\w,]+)\})? Pq (\w+)\n(.*)$/gm)];

	assert.deepEqual(items.map(([, name]) => name), [...families.keys()].sort((a, b) => items.findIndex(([, n]) => n === a) - items.findIndex(([, n]) => n === b)));
	for (const [, name, labels, type, sentence] of items) {
		const of = scrapes.flatMap((s) => s.samples).filter((s) => s.name === name || (type === 'histogram' && s.name === `${name}_count`));

		assert.equal(families.get(name), type, name);
		assert.ok(of.length > 0, `${name} has samples`);
		assert.ok(of.every((s) => Object.keys(s.labels).join() === (labels ?? '')), `${name}: ${labels}`);
		assert.ok(scrapes.some((s) => s.text.includes(`# HELP ${name} ${sentence}\n`)), `${name}: ${sentence}`);
	}
}

test('alert rules: each says what to do in words that exist, sounds when it must and not on a good day', () => {
	const text = fs.readFileSync(RULES, 'utf8'), tests = fs.readFileSync(RULES_TEST, 'utf8');
	const alerts = [...text.matchAll(/^ {6}- alert: (\w+)\n([^]*?)(?=^ {6}- alert|^ {2}- name|(?![^]))/gm)];
	const commands = [...fs.readFileSync(path.join(ROOT, 'ctl/commands.def'), 'utf8').matchAll(/^COMMAND\("([a-z ]+)"/gm)].map(([, words]) => words);

	assert.ok(alerts.length >= 20);
	for (const [, name, body] of alerts) {
		assert.match(body, /^ {8}labels: \{ severity: (page|ticket) \}$/m, name);
		assert.match(body, /^ {10}summary: /m, name);
		assert.match(body, /^ {10}action: .{30}/m, name);
		for (const [, said] of body.matchAll(/isoloirctl ([a-z ]*[a-z])/g))
			assert.ok(commands.some((words) => said === words || said.startsWith(`${words} `)), `${name}: isoloirctl ${said}`);
		assert.match(tests, new RegExp(`alertname: ${name}\\n +eval_time: \\w+\\n +exp_alerts:\\n +- exp_labels`), `${name} is heard in a test`);
	}
	assert.equal(promtool(['check', 'rules', RULES]).status, 0);
	const good = promtool(['test', 'rules', RULES_TEST]);
	assert.equal(good.status, 0, good.stdout + good.stderr);
	/* And the tests can fail: with rules that never sound, each alert is missed. */
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'isoloir-rules-'));
	fs.writeFileSync(path.join(dir, 'deaf.yml'), text.replace(/expr: (>-\n(?: {10}.*\n)+|.*\n)/g, 'expr: vector(0) > 1\n'));
	fs.writeFileSync(path.join(dir, 'test.yml'), tests.replace(/rule_files: .*/, 'rule_files: [deaf.yml]'));
	const deaf = promtool(['test', 'rules', path.join(dir, 'test.yml')]);
	fs.rmSync(dir, { recursive: true });
	assert.equal(deaf.status, 1);
	for (const [, name] of alerts)
		assert.match(deaf.stdout + deaf.stderr, new RegExp(`alertname: ?${name}\\b`), `${name} would be missed`);
});
