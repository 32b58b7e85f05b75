/*
 * Limits of pace on the whole of ./demo: an attack on one elector, an academy behind one address, and what people read who are over a limit.
 * Clients come from different addresses of 127.0.0.0/8. Time passes by lowering what Redis holds (pass), so that the real budgets are tried.
 * ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { demo, redis, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';

const WRONG = 'Pas la bonne-1 phrase';
let d, serial = 0;

before(async () => {
	d = await demo(import.meta.filename ?? 'throttle.mjs', {
		settings: '[portal]\nworkers = 4\n[password]\nmemory = 8MiB\npasses = 1\n[throttle]\nnetworks = 127.77.0.0/16\n',
	});
	d.secrets.add(PASSWORD);
	d.secrets.add(WRONG);
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

/* Electors with an account, and the password that tests use: copies of one that came in by its own link. */
let model;
async function electors(n) {
	const story = ++serial, list = Array.from({ length: n }, (_, i) => `elise.martin${story}x${i}@ac-nantes.fr`);

	if (!model) {
		model = d.fresh();
		await new Elector(d).enter(model, 'activer');
	}
	d.sql(`insert into elector (election_id, identifier, civility, family_name, given_name, time_zone)
		values ${list.map((who) => `(1, '${who}', 'Mme', 'MARTIN', 'Élise', 'Europe/Paris')`).join(',')};
		insert into account (elector_id, password_hash, challenge_question_id, answer_hash, activated_at, changed_at) select n.id, a.password_hash, a.challenge_question_id, a.answer_hash, a.activated_at, a.changed_at
		from elector n, account a join elector m on m.id = a.elector_id where m.identifier = '${model}' and n.identifier like 'elise.martin${story}x%'`);
	return list;
}

const stranger = (n) => `nobody.atall${++serial}x${n}@ac-nantes.fr`;
const hashed = () => Number(d.sql("select count(*) from audit where act like 'login %'"));
const keys = (name) => redis(d.REDIS_EPHEMERAL, 'KEYS', `{limit}:${name}:*`);
const wants_captcha = (page) => /name="captcha"/.test(page.text);

/** So much time passes for the limits: each key holds the moment at which it is whole again. */
async function pass(ms, name = '*') {
	for (const key of await keys(name)) {
		const at = Number(await redis(d.REDIS_EPHEMERAL, 'GET', key)) - ms * 1000;
		await redis(d.REDIS_EPHEMERAL, 'SET', key, at, 'KEEPTTL');
	}
}

async function forget_all() {
	for (const key of await keys('*'))
		await redis(d.REDIS_EPHEMERAL, 'DEL', key);
}

/** The page with the password field, for somebody at that address. */
async function arrive(identifier, address) {
	const me = new Elector(d, { address });

	return { me, page: await me.follow(await me.identify(identifier)) };
}

const try_password = ({ me, page }, password = WRONG, more = {}) =>
	me.post(me.at('/connexion'), { ...hidden(page.text, '/connexion'), mot_de_passe: password, ...more });

/** What Redis is asked about limits while work goes on: lines of MONITOR. */
async function asked(work) {
	const lines = [], watcher = net.connect(d.REDIS_EPHEMERAL);
	const found = () => lines.join('').split('\n').filter((line) => /"evalsha".*\{limit\}.*"\r?$/i.test(line));

	watcher.setEncoding('utf8').on('data', (chunk) => lines.push(chunk)).write('MONITOR\r\n');
	await until('MONITOR', () => lines.join('').includes('+OK'));
	await work();
	await until('the script', () => found().length > 0);
	watcher.destroy();
	return found();
}

async function in_parallel(n, work, width = 24) {
	let next = 0;
	await Promise.all(Array.from({ length: Math.min(width, n) }, async () => {
		while (next < n)
			await work(next++);
	}));
}

test('parallel tries cannot exceed the budget, whatever the number of addresses', async () => {
	const who = stranger(0), before_all = hashed(), statuses = [];
	const visits = await Promise.all(Array.from({ length: 20 }, (_, i) => arrive(who, `127.2.${i}.1`)));

	await Promise.all(visits.flatMap((visit) => Array.from({ length: 5 }, async () => statuses.push((await try_password(visit)).status))));
	assert.equal(hashed() - before_all, 10);
	assert.deepEqual([statuses.length, statuses.filter((s) => s === 200).length, statuses.filter((s) => s === 429).length], [100, 10, 90]);
	visits.forEach(({ me }) => me.leave_net());
});

test('10,000 bad guesses from 1,000 addresses: the elector is in the first time from the known device, and from a new one after the told delay', async () => {
	const who = d.fresh(), known = new Elector(d, { address: '127.1.1.1' }), counts = {};

	await new Elector(d).enter(who, 'activer');
	const first = await arrive(who, '127.1.1.1');
	assert.equal((await try_password(first, PASSWORD)).status, 303);
	known.cookies = first.me.cookies;
	known.cookies.delete('__Host-isoloir'); /* the browser was closed since */
	const before_all = hashed(), began = Date.now();
	await in_parallel(1000, async (i) => {
		const visit = await arrive(who, `127.${20 + (i >> 8)}.${i & 255}.1`);
		for (let k = 0; k < 10; k++) {
			const { status } = await try_password(visit);
			counts[status] = (counts[status] ?? 0) + 1;
		}
		visit.me.leave_net();
	}, 32);
	const minutes = (Date.now() - began) / 60000, guesses = hashed() - before_all;
	assert.equal(Object.values(counts).reduce((a, b) => a + b), 10000);
	assert.ok(guesses >= 10 && guesses <= 10 + Math.ceil(minutes / 1.5), `${guesses} guesses were looked at in ${minutes} minutes`);

	const answer = await known.log_in(who);
	assert.equal(answer.status, 303, 'from the known device, the first time');
	const fresh = await arrive(who, '127.30.1.1');
	const refused = await try_password(fresh, PASSWORD);
	assert.equal(refused.status, 429);
	await pass(Number(refused.headers['retry-after']) * 1000);
	assert.equal((await try_password(fresh, PASSWORD)).status, 303, 'from a new device after the told delay');
});

test('a known device has its own budget: its failures lock no other, and its right password forgets them', async () => {
	const who = d.fresh();

	await new Elector(d).enter(who, 'activer');
	const devices = [await arrive(who, '127.12.1.1'), await arrive(who, '127.12.2.1')];
	for (const visit of devices) {
		assert.equal((await try_password(visit, PASSWORD)).status, 303);
		visit.me.cookies.delete('__Host-isoloir');
	}
	const again = async ({ me }, password) => me.log_in(who, password);
	for (let i = 0; i < 19; i++)
		assert.equal((await again(devices[0], WRONG)).status, 200, `failure ${i}`);
	assert.equal((await again(devices[0], PASSWORD)).status, 303);
	devices[0].me.cookies.delete('__Host-isoloir');
	for (let i = 0; i < 20; i++)
		assert.equal((await again(devices[0], WRONG)).status, 200, `failure ${i} after a right one`);
	assert.equal((await again(devices[0], PASSWORD)).status, 429);
	assert.equal((await again(devices[1], PASSWORD)).status, 303);
	assert.equal((await try_password(await arrive(who, '127.12.3.1'), PASSWORD)).status, 303, 'nor a stranger');
	const shown = JSON.parse(d.ctl('--json', 'throttle', 'show', who));
	assert.deepEqual(shown.charged.map((row) => [row.limit, row.used]), [['PASSWORD_DEVICE', 20]]);
});

test('500 electors behind one address log in, one in ten after a mistake, and none sees a limit or a captcha', async () => {
	const all = await electors(500);

	await in_parallel(500, async (i) => {
		const visit = await arrive(all[i], '127.3.3.3');
		let answer;

		assert.ok(!wants_captcha(visit.page), `elector ${i} is asked for a captcha`);
		if (i % 10 === 0)
			visit.page = await try_password(visit);
		assert.ok(!wants_captcha(visit.page), `elector ${i} is asked for a captcha after a mistake`);
		answer = await try_password(visit, PASSWORD);
		assert.equal(answer.status, 303, `elector ${i}`);
		visit.me.leave_net();
	});
});

test('an address with many failures must answer a captcha each time, and is never refused', async () => {
	const [who] = await electors(1);
	let last;

	for (let i = 0; i < 12; i++) {
		const visit = await arrive(stranger(i), '127.4.4.4');
		for (let k = 0; k < 5; k++)
			visit.page = last = await try_password(visit);
		visit.me.leave_net();
	}
	const visit = await arrive(who, '127.4.4.4');
	assert.ok(wants_captcha(visit.page), 'the form shows it from the start');
	const before_all = hashed();
	const none = await try_password(visit, PASSWORD);
	assert.equal(none.status, 200);
	assert.match(none.text, /Recopiez aussi le code[^]*Recommencez à partir de \d+\sh\s\d\d, heure de Paris \(dans \d+ minutes?\)/);
	const wrong = await try_password({ me: visit.me, page: none }, PASSWORD, { captcha: '000' });
	assert.match(wrong.text, /La saisie du code est incorrecte/);
	const other = await try_password({ me: visit.me, page: wrong }, PASSWORD, { autre_code: '1' });
	assert.ok(wants_captcha(other));
	assert.equal(hashed(), before_all, 'no password was looked at without the code');
	const solved = { ...await visit.me.solved(other.text, '/connexion'), mot_de_passe: WRONG };
	const twice = await Promise.all([1, 2, 3, 4].map(() => visit.me.post(visit.me.at('/connexion'), solved)));
	assert.match((await visit.me.post(visit.me.at('/connexion'), solved)).text, /La saisie du code est incorrecte/);
	assert.equal(hashed() - before_all, 1, 'one code opens one try');
	const page = twice.find((answer) => /n’ouvre pas de compte/.test(answer.text));
	assert.equal((await visit.me.post(visit.me.at('/connexion'), { ...await visit.me.solved(page.text, '/connexion'), mot_de_passe: PASSWORD })).status, 303);
	assert.ok(!wants_captcha((await arrive(who, '127.4.5.4')).page), 'and the next address is free of it');
	assert.match(last.text, /name="mot_de_passe"/);
});

test('a listed network has a wider budget', async () => {
	let visit;

	for (let i = 0; i < 13; i++) {
		visit = await arrive(stranger(i), '127.77.1.1');
		for (let k = 0; k < 5; k++)
			visit.page = await try_password(visit);
		visit.me.leave_net();
	}
	assert.ok(!wants_captcha((await arrive(stranger(99), '127.77.1.1')).page));
});

test('the refusal says when to come back, the same for known and unknown, and then lets in', async () => {
	const [known] = await electors(1), unknown = known.replace('elise', 'elisa'), pages = [];

	for (const who of [known, unknown]) {
		const visit = await arrive(who, '127.5.5.5');
		for (let i = 0; i < 10; i++) {
			const one = await arrive(who, `127.5.${i}.1`);
			await try_password(one);
			one.me.leave_net();
		}
		const refused = await try_password(visit, PASSWORD);
		assert.equal(refused.status, 429);
		const wait = Number(refused.headers['retry-after']);
		assert.ok(wait > 80 && wait <= 90, `Retry-After ${wait}`);
		const [, minutes] = refused.text.match(/Recommencez à partir de \d+\sh\s\d\d, heure de Paris \(dans (\d+) minutes?\)/);
		assert.ok(minutes * 60 >= wait && minutes * 60 < wait + 121, `${minutes} minutes for ${wait} seconds`);
		assert.match(refused.text, /01 99 00 12 34/);
		assert.doesNotMatch(refused.text, /http-equiv/i);
		pages.push(refused.text.replace(/name="csrf" value="[^"]*"/g, '').replace(/<code>[^<]*<\/code>|[0-9a-f]{16}/g, '').replace(/à partir de [^)]*\)/, ''));
		await pass(wait * 1000 - 3000);
		assert.equal((await try_password(visit, PASSWORD)).status, 429, 'not before the time that was told');
		await pass(3000);
		assert.equal((await try_password(visit, PASSWORD)).status, who === known ? 303 : 200);
		await forget_all();
	}
	assert.equal(pages[1], pages[0]);
});

test('when all come at once the page says so, and posts again what was typed', async () => {
	const me = new Elector(d), who = stranger(0);
	const [[key]] = (await asked(() => me.identify(stranger(1))))[0].matchAll(/\{limit\}:ASK_ALL:\w+/g);
	const [now] = await redis(d.REDIS_EPHEMERAL, 'TIME');

	await redis(d.REDIS_EPHEMERAL, 'SET', key, (Number(now) + 62) * 1e6);
	const busy = await me.post(me.at('/accueil'), { ...await me.solved((await me.go(me.at('/accueil'))).text, '/accueil'), identifiant: who });
	assert.equal(busy.status, 503);
	assert.ok(Number(busy.headers['retry-after']) >= 1);
	assert.match(busy.text, /Beaucoup d’électeurs arrivent en ce moment/);
	assert.equal(hidden(busy.text, '/accueil').identifiant, who);
	await pass(3000, 'ASK_ALL');
	const again = await me.post(me.at('/accueil'), hidden(busy.text, '/accueil'));
	assert.equal(again.status, 200);
	assert.ok(again.text.includes(`value="${who}"`));
});

test('a captcha never stands between an elector and the assistance but for many from one place, and one may wait instead', async () => {
	let page;
	const ask = async (me, more = {}) => {
		const form = await me.go(me.at('/assistance'));
		return [form, await me.post(me.at('/assistance'), {
			...hidden(form.text, '/assistance'), objet: form.text.match(/<option value="(\w+)"/)[1], nom: 'Élise Martin',
			courriel: `elise.${++serial}@exemple.fr`, texte: 'Je ne trouve pas.\nMerci.', ...more })];
	};

	for (let i = 0; i < 20; i++) {
		const [form, answer] = await ask(new Elector(d, { address: '127.6.6.6' }), i === 3 ? { nom: '' } : {});
		assert.ok(!wants_captcha(form));
		assert.equal(answer.status, i === 3 ? 200 : 303, `request ${i}`);
	}
	const me = new Elector(d, { address: '127.6.6.6' });
	[, page] = await ask(me);
	assert.equal(page.status, 303, 'the one with a mistake was no request');
	[page] = await ask(new Elector(d, { address: '127.6.6.6' }));
	assert.ok(wants_captcha(page));
	const [, without] = await ask(me);
	assert.equal(without.status, 200);
	assert.match(without.text, /Recopiez aussi le code[^]*Recommencez à partir de/);
	assert.match(without.text, /Je ne trouve pas\.\r?\nMerci\./);
	await pass(Number(3600 / 20) * 1000);
	const [free, sent] = await ask(me);
	assert.ok(!wants_captcha(free));
	assert.equal(sent.status, 303);
});

test('no clock of ours enters: what the portal tells Redis of a try holds no time', async () => {
	const lines = await asked(async () => try_password(await arrive(stranger(0), '127.8.8.8')));

	for (const line of lines)
		for (const [, number] of line.matchAll(/"(\d+)"/g))
			assert.ok(Number(number) < 1e10, `${number} in ${line}`);
	const [seconds] = await redis(d.REDIS_EPHEMERAL, 'TIME');
	for (const key of await keys('PASSWORD_IDENTIFIER'))
		assert.ok(Math.abs(Number(await redis(d.REDIS_EPHEMERAL, 'GET', key)) / 1e6 - Number(seconds)) <= 901, 'Redis counts by its own clock');
});

test('isoloirctl shows what is charged to an identifier and to an address, and forgives it with a reason in the audit trail', async () => {
	const [who] = await electors(1);
	const json = (...words) => JSON.parse(d.ctl('--json', ...words));

	await forget_all();
	for (let i = 0; i < 10; i++)
		await try_password(await arrive(who, '127.9.9.9'));
	const visit = await arrive(who, '127.10.9.9');
	assert.equal((await try_password(visit, PASSWORD)).status, 429);
	const shown = json('throttle', 'show', who.toUpperCase());
	assert.deepEqual(shown.charged.map((row) => [row.limit, row.election, row.used, row.budget, row.state]), [['PASSWORD_IDENTIFIER', 'demo', 10, 10, 'refused']]);
	assert.ok(shown.charged[0].open_in_s > 80 && shown.charged[0].open_in_s <= 90);
	const place = json('throttle', 'show', '127.9.9.9');
	assert.deepEqual(place.charged.map((row) => [row.limit, row.used, row.budget]), [['PASSWORD_ADDRESS', 10, 60], ['PASSWORD_NETWORK', 10, 300]]);
	assert.equal(json('throttle', 'show', '127.77.9.9').listed, true);
	assert.throws(() => d.ctl('throttle', 'forgive', who), /--reason/);
	assert.equal(json('throttle', 'forgive', who, '--reason', 'appel 12', '--dry-run').forgiven, false);
	assert.equal((await try_password(visit, PASSWORD)).status, 429);
	assert.equal(json('throttle', 'forgive', who, '--reason', 'appel 12').forgiven, true);
	assert.equal((await try_password(visit, PASSWORD)).status, 303);
	assert.equal(json('throttle', 'show', who).charged.length, 0);
	assert.match(d.sql("select concat(actor, '|', subject, '|', detail) from audit where act = 'limits forgiven'"), /^isoloirctl \w+\|[0-9a-f]{16}\|limits=1 reason=appel 12$/);
	assert.throws(() => d.ctl('throttle', 'show', 'not-a-name'), /neither an identifier nor an address/);
	assert.equal(json('throttle').limits.find((row) => row.limit === 'PASSWORD_ADDRESS').budget, 60);
});

test('the scale 0 switches every limit off, and a bad network is refused with its line', async () => {
	const conf = readFileSync(d.CONF, 'utf8');

	writeFileSync(d.CONF, `${conf}\n[throttle]\nnetworks = 10.0.0.1/8\n`);
	assert.throws(() => d.ctl('reload', 'portal'), /throttle\.networks takes networks such as .* not "10\.0\.0\.1\/8"/);
	writeFileSync(d.CONF, `${conf}\n[throttle]\nscale = 0\n`);
	d.ctl('reload', 'portal');
	const visit = await until('workers of the new generation', async () => {
		const one = await arrive(stranger(0), '127.11.1.1');
		for (let i = 0; i < 7 && !wants_captcha(one.page); i++)
			one.page = await try_password(one);
		return !wants_captcha(one.page) && one;
	});
	for (let i = 0; i < 8; i++)
		assert.equal((await try_password(visit)).status, 200);
	writeFileSync(d.CONF, conf);
	d.ctl('reload', 'portal');
	await until('the limits again', async () => {
		const answer = await try_password(visit);
		return answer.status === 429 || wants_captcha(answer);
	});
});
