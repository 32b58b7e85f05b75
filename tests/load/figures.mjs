/*
 * The figures: each a name, a sentence, and a function of a stand that gives rows {what, value, target, good, raw}. Ratios are taken round by
 * round, the reference right after us, and the median of the rounds is told; README says how to read each.
 */
import { spawn } from 'node:child_process';
import { get } from 'node:http';
import { join } from 'node:path';
import { PASSWORD } from '../lib/elector.mjs';
import { median, quantile } from '../lib/rank.mjs';
import { cookie_of } from '../lib/wire.mjs';
import { import_figure } from './import.mjs';
import { mails, queue, voter } from './mails.mjs';
import { CORES, pause, run, until, WORKERS } from './stand.mjs';

const ROUNDS = 5;
const number = (x, digits = 0) => x.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, (digits ? (match, _, at, all) => (at < all.indexOf('.') ? ' ' : '') : ' '));
const list = (all, digits) => all.map((x) => number(x, digits)).join(' ');

async function rounds(n, one) {
	const all = [];
	for (let i = 0; i < n; i++)
		all.push(await one(i));
	return all;
}

async function pages(stand) {
	const { demo } = stand;
	const page = await (await fetch(demo.PORTAL_URL)).text();
	const hello = join(stand.own, 'hello.sock'), php = stand.php(page);

	stand.start(await stand.compile('hello', 'fcgi'), hello, String(WORKERS));
	const ports = await stand.references({ hello: { socket: hello }, ...(php ? { php } : {}) });
	const ours = () => stand.pages(demo.port, `${demo.path}/accueil`, 2);
	await ours();
	const all = await rounds(ROUNDS, async () => ({ us: await ours(), hello: await stand.pages(ports.hello, '/', 2), php: ports.php && await stand.pages(ports.php, '/', 2) }));
	const bad = all.reduce((sum, { us }) => sum + us.bad, 0);
	const against = (name) => median(all.map((round) => round.us.per_second / round[name].per_second));
	const raw = (name) => `${name} ${list(all.map((round) => round[name].per_second))} a second`;

	return [
		{ what: 'pages a second / bare libfcgi hello', value: against('hello'), digits: 2, target: '≥ 0.5', good: against('hello') >= 0.5, raw: `${raw('us')}; ${raw('hello')}` },
		...(php ? [{ what: 'pages a second / php-fpm, same bytes', value: against('php'), digits: 2, raw: raw('php') }] : []),
		{ what: 'of them not answered 200', value: bad, target: '0', good: bad === 0, raw: '' },
	];
}

/* An account with the password of the tests. */
async function account(stand, name) {
	const [who] = stand.enrol(1, name);

	await stand.activate(who);
	return who;
}

async function logins(stand) {
	const { memory, passes } = stand.hash;
	const hasher = await stand.compile('hasher', 'libsodium', 'common/arena.c'), who = await account(stand, 'login');
	const raw = async (...how) => Number((await run(hasher, [CORES, 3, memory, passes, ...how].map(String))).stdout);
	const count = Math.ceil(await raw() * 3);
	const all = await rounds(ROUNDS, async () => {
		const visitors = await stand.visitors(who, count);
		return { us: await stand.log_in(visitors, PASSWORD, 2 * CORES), hasher: await raw(), keeping: await raw('keep') };
	});
	const ratio = median(all.map(({ us, hasher: bare }) => us.per_second / bare)), kept = median(all.map(({ us, keeping }) => us.per_second / keeping));
	const refused = all.reduce((sum, { us }) => sum + us.refused, 0);

	return [
		{ what: `log-ins a second, ${stand.hash.slots || 'default'} slots / raw hashing on ${CORES} cores`, value: ratio, digits: 2, target: '≥ 0.85', good: ratio >= 0.85,
			raw: `us ${list(all.map(({ us }) => us.per_second), 1)}, hasher ${list(all.map(({ hasher: bare }) => bare), 1)} a second` },
		{ what: 'the same / hashing that keeps its memory, as ours does', value: kept, digits: 2, raw: `hasher ${list(all.map(({ keeping }) => keeping), 1)} a second` },
		{ what: 'of them not let in', value: refused, target: '0', good: refused === 0, raw: '' },
	];
}

async function activations(stand) {
	const all = await rounds(ROUNDS, async (i) => {
		const people = stand.enrol(40, `activation${i}`), began = performance.now();
		await Promise.all(Array.from({ length: 8 }, async (_, j) => {
			for (let k = j; k < people.length; k += 8)
				await stand.activate(people[k]);
		}));
		return people.length / (performance.now() - began) * 1000;
	});

	return [{ what: 'whole activations a second, 8 at once', value: median(all), digits: 1, raw: `${list(all, 1)}; two hashes, one mail and seven pages each` }];
}

/* A page's times before, and while so many log-ins at once go on and on. Wrong passwords cost the same hash, and a visitor may go on with them. */
async function beside(stand, visitors, connections) {
	const idle = await stand.times('/aide', 3);
	const load = stand.log_in(visitors, 'Pas le bon-1 du tout', connections, 4);

	await pause(500);
	const busy = await stand.times('/aide', 3);
	return { idle, busy, hashes: (await load).per_second };
}

/* Fewer log-ins than workers, and many more. */
async function pace(stand) {
	const visitors = await stand.visitors(await account(stand, 'pace'), 8 * WORKERS), rows = [];

	for (const crowd of [WORKERS - 1, 8 * WORKERS])
		rows.push(...await pace_beside(stand, visitors, crowd));
	return rows;
}

async function pace_beside(stand, visitors, crowd) {
	const all = await rounds(ROUNDS, () => beside(stand, visitors, crowd));
	const of = (name, share) => list(all.map((round) => quantile(round[name], share)), 2);
	const p50 = median(all.map(({ idle, busy }) => quantile(busy, 0.5) / quantile(idle, 0.5)));
	const p99 = median(all.map(({ idle, busy }) => quantile(busy, 0.99) - quantile(idle, 0.99)));

	return [
		{ what: `a page beside ${crowd} log-ins at once, ${stand.hash.slots || 'default'} slots: p50 / idle`, value: p50, digits: 2, target: '≤ 3', good: p50 <= 3, raw: `idle ${of('idle', 0.5)} ms, then ${of('busy', 0.5)} ms` },
		{ what: 'p99 − idle, ms', value: p99, digits: 1, target: '≤ 25', good: p99 <= 25,
			raw: `idle ${of('idle', 0.99)} ms, then ${of('busy', 0.99)} ms; ${list(all.map(({ hashes }) => hashes), 1)} log-ins a second meanwhile` },
	];
}

async function mail(stand) {
	const people = stand.enrol(100, 'mail'), visitors = [];

	for (const who of people) {
		const page = await stand.wire.ask('GET', `${stand.demo.path}/accueil`);
		const id = page.text.match(/name="captcha_id" value="([^"]*)"/)[1], csrf = page.text.match(/name="csrf" value="([^"]*)"/)[1];
		visitors.push({ who, cookie: cookie_of(page), form: { csrf, captcha_id: id, captcha: stand.demo.captcha(id), identifiant: who } });
	}
	const times = await rounds(visitors.length, async (i) => {
		const { who, cookie, form } = visitors[i], came = stand.link(who), began = performance.now();
		await stand.wire.ask('POST', `${stand.demo.path}/accueil`, { cookie, form });
		await came;
		return performance.now() - began;
	});

	return [{ what: 'click to mail, median ms', value: median(times), digits: 1, raw: `p99 ${number(quantile(times, 0.99), 1)} ms; of ${times.length}, one after the other, to a relay on this machine` }];
}

async function memory(stand) {
	const { demo } = stand, path = `${demo.path}/accueil`, turn = (seconds) => stand.pages(demo.port, path, seconds);

	await turn(1);
	const early = Math.max(...stand.memory());
	let asked = 0;
	for (let i = 0; asked < 100000 && i < 40; i++)
		asked += (await turn(5)).requests;
	const late = Math.max(...stand.memory());

	return [
		{ what: 'private memory of a worker, idle, MB', value: early, digits: 1, target: '≤ 12', good: early <= 12, raw: 'the largest of the workers, each warm and without a hash' },
		{ what: `the same after ${number(asked)} requests, MB more`, value: late - early, digits: 2, target: 'flat: ≤ 0.5', good: late - early <= 0.5, raw: `${number(late, 1)} MB` },
	];
}

/* What a browser with an empty cache reads for a page, headers of HTTP apart: the bytes of the page, and of whatever it names. */
function fetched(url) {
	return new Promise((done, fail) => {
		get(url, { headers: { 'Accept-Encoding': 'gzip' } }, (answer) => {
			const chunks = [];
			answer.on('data', (chunk) => chunks.push(chunk)).on('end', () => done(Buffer.concat(chunks)));
		}).on('error', fail);
	});
}

async function bytes(stand) {
	const html = await fetched(stand.demo.PORTAL_URL), parts = { html: html.length };
	const named = new Set([...html.toString().matchAll(/<(?:link|script|img)[^>]*\b(?:href|src)="([^"#]+)"/g)].map(([, url]) => url));

	for (const url of named) {
		const kind = new URL(url, stand.demo.origin).pathname.match(/\.(\w+)$/)?.[1] ?? 'other';
		parts[kind] = (parts[kind] ?? 0) + (await fetched(new URL(url, stand.demo.origin))).length;
	}
	const total = Object.values(parts).reduce((sum, n) => sum + n, 0);

	return [{ what: 'bytes of the access page, all in', value: total, target: '≤ 20 480', good: total <= 20480, raw: Object.entries(parts).map(([kind, n]) => `${kind} ${number(n)}`).join(', ') }];
}

async function start(stand) {
	const { demo } = stand;

	demo.hold('portal');
	await until('the portal to end', () => !demo.runs('portal'));
	const all = await rounds(ROUNDS, async () => {
		const began = performance.now();
		const child = spawn(join(demo.dir, 'inst/sbin/isoloir-portal'), ['-f', '-c', demo.CONF], { stdio: 'ignore', ...stand.user });
		const ended = new Promise((done) => child.once('exit', done));
		while (await fetch(demo.PORTAL_URL).then((answer) => !answer.ok, () => true))
			await pause(2);
		const ms = performance.now() - began;
		child.kill();
		await ended;
		return ms;
	});
	demo.release('portal');
	await until('the portal', () => fetch(demo.PORTAL_URL).then((answer) => answer.ok, () => false));

	return [{ what: 'start of the portal to its first answer, ms', value: median(all), raw: list(all) }];
}

/* Milliseconds of one address after the other, by somebody who is in. */
async function turns(stand, cookie, paths, n) {
	const all = [];

	for (let i = 0; i < n; i++) {
		const answer = await stand.wire.ask('GET', stand.demo.path + paths[i % paths.length], { cookie });
		if (answer.status !== 200)
			throw new Error(`${paths[i % paths.length]}: ${answer.status}`);
		all.push(answer.ms);
	}
	return all;
}

/* A roll against a page of the same elector whose own statement is one look at a key (Mes scrutins). */
async function roll(stand) {
	const electors = Number(process.env.ISOLOIR_ELECTORS ?? 200000), who = await account(stand, 'roll');
	const began = performance.now();
	const address = stand.roll(who, electors), seconds = (performance.now() - began) / 1000;
	const [visitor] = await stand.visitors(who, 1);
	const cookie = cookie_of(await stand.wire.ask('POST', `${stand.demo.path}/connexion`, { cookie: visitor.cookie, form: { ...visitor.form, mot_de_passe: PASSWORD } }));
	const deep = (i) => `${address}?apres=nom${String(Math.floor(electors / 10 * (i + 1) / 60)).padStart(7, '0')}%20marie.0`;
	const back = (i) => deep(i).replace('apres', 'avant');
	const pages = {
		'first page': [address], 'deep page': Array.from({ length: 50 }, (_, i) => deep(i)), 'page before': Array.from({ length: 50 }, (_, i) => back(i)),
		'name': Array.from({ length: 10 }, (_, i) => `${address}?q=nom00001${i}&lieu=`), 'name and forename': Array.from({ length: 50 }, (_, i) => `${address}?q=marie+nom00000${10 + i}&lieu=`),
		'nobody': [`${address}?q=zzz&lieu=`], 'within a posting': Array.from({ length: 50 }, (_, i) => `${address}?q=nom&dans=${stand.first_posting + i}`),
		'postings offered': [`${address}?q=&lieu=lycee`, `${address}?q=&lieu=lycee+5`],
	};
	const rows = [];

	await turns(stand, cookie, ['/mes-scrutins'], 200);
	for (const [what, paths] of Object.entries(pages)) {
		await turns(stand, cookie, paths, 50);
		const all = await rounds(ROUNDS, async () => ({ us: await turns(stand, cookie, paths, 200), look: await turns(stand, cookie, ['/mes-scrutins'], 200) }));
		const of = (name, share) => list(all.map((round) => quantile(round[name], share)), 2);
		const ratio = median(all.map(({ us, look }) => quantile(us, 0.99) / quantile(look, 0.99)));
		rows.push({ what: `roll of ${number(electors)}, ${what}: p99 / one look-up`, value: ratio, digits: 2, target: '≤ 3', good: ratio <= 3,
			raw: `p99 ${of('us', 0.99)} ms, look-up ${of('look', 0.99)} ms; p50 ${of('us', 0.5)} ms, look-up ${of('look', 0.5)} ms` });
	}
	rows[0].raw += `; filled in ${number(seconds)} s`;
	return rows;
}

/** In the order in which they are taken; slots: hashes at once, where not the default. */
export const figures = [
	{ name: 'bytes', measure: bytes },
	{ name: 'pages', measure: pages },
	{ name: 'mail', measure: mail },
	{ name: 'activations', measure: activations },
	{ name: 'pace', measure: pace },
	{ name: 'start', measure: start },
	{ name: 'memory', measure: memory },
	{ name: 'roll', measure: roll },
	{ name: 'logins', measure: logins, slots: CORES },
	{ name: 'import', measure: import_figure },
	{ name: 'mails', measure: mails },
	{ name: 'queue', measure: queue },
	{ name: 'voter', measure: voter },
	{ name: 'pace-all-cores', measure: pace, slots: CORES },
];

export function line({ what, value, digits = 0, target, good, raw }) {
	const verdict = target === undefined ? '' : good ? 'met' : 'MISSED';
	return `${what.padEnd(58)} ${number(value, digits).padStart(9)}  ${(target ?? '').padEnd(12)} ${verdict.padEnd(7)}${raw ? `\n    ${raw}` : ''}`;
}
