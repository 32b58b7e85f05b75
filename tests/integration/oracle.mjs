/*
 * No oracle: whether an address is on the roll, or has an account, shows in no byte and in no time of what the portal answers. Known addresses
 * (half of them activated) and unknown ones, as many and as long, are asked about in one shuffled row over one connection.
 * ISOLOIR_BUILD: the build to run. ISOLOIR_ORACLE_N: how many of each (2,000).
 */
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { demo, pause, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';
import { compare, median, told_twice } from '../lib/rank.mjs';
import { cookie_of, Wire } from '../lib/wire.mjs';

const N = Number(process.env.ISOLOIR_ORACLE_N ?? 2000);
const GROUPS = ['unknown', 'known', 'activated'];
/* The lowest cost that the settings allow, so that 4,000 log-ins pass in half a minute. */
const CHEAP = '[password]\nmemory = 8MiB\npasses = 1\n';

/* Not to be limited is what this test needs, and no elector. */
const UNLIMITED = '[throttle]\nscale = 0\n';

let d, wire, sink;

before(async () => {
	d = await demo(import.meta.filename ?? 'oracle.mjs', { settings: `[portal]\nworkers = 2\n[mailer]\nsenders = 1\n${CHEAP}${UNLIMITED}` });
	d.secrets.add(PASSWORD);
	wire = new Wire(d);
});

after(async () => {
	wire?.close();
	await sink?.terminate();
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

function shuffle(list) {
	for (let i = list.length - 1; i > 0; i--) {
		const j = randomInt(i + 1);
		[list[i], list[j]] = [list[j], list[i]];
	}
	return list;
}

/* As long as each other, and in no order that goes with the group. */
function addresses(n) {
	return Array.from({ length: n }, () => `p${randomBytes(9).toString('hex')}@ac-nantes.fr`);
}

/* Statements for a list, not so long that no command line takes them. */
function sql_for(list, statement) {
	for (let i = 0; i < list.length; i += 500)
		d.sql(statement(list.slice(i, i + 500).map((who) => `'${who}'`)));
}

function put_on_roll(list) {
	sql_for(list, (some) => `insert into elector (election_id, identifier, family_name, given_name)
		values ${some.map((who) => `(1, ${who}, 'MARTIN', 'Claude')`).join()}`);
}

const real = {}; /* who has really activated */
let account; /* and the hash that this made, which all others get too */

function activate(list) {
	sql_for(list, (some) => `insert into account (elector_id, password_hash, challenge_question_id, answer_hash, activated_at, changed_at)
		select id, '${account}', (select min(id) from challenge_question), '', utc_timestamp(), utc_timestamp() from elector
		where identifier in (${some.join()})`);
}

/* 2n people, half of them known, half of those activated, in the order in which they are asked about. */
function people(n) {
	const all = addresses(2 * n), known = all.slice(n), activated = known.slice(n >> 1);
	const group = (i) => (i < n ? 'unknown' : i < n + (n >> 1) ? 'known' : 'activated');

	put_on_roll(known);
	activate(activated);
	return shuffle(all.map((who, i) => ({ who, group: group(i) })));
}

/* A page of the journey for each: its cookie and the fields of its form, captchas solved. */
async function open_forms(all, page, action = page) {
	for (const one of all) {
		const answer = await wire.ask('GET', d.path + page, { cookie: one.cookie });
		assert.equal(answer.status, 200, `${page}: ${answer.text.slice(0, 200)}`);
		one.cookie = cookie_of(answer) || one.cookie;
		one.fields = hidden(answer.text, action);
	}
	for (const { fields } of all)
		if (fields.captcha_id)
			fields.captcha = d.captcha(fields.captcha_id);
}

/* What an answer looks like once what is each one's own has gone: the address, signs that chance made, the time, and nginx' end of a connection. */
function shape_of(answer, who) {
	const own = (text) => text.replaceAll(who, 'WHO').replaceAll(encodeURIComponent(who), 'WHO').replace(/[A-Za-z0-9_-]{22,}/g, 'CHANCE')
		.replace(/class="code">[^<]*/g, 'class="code">CHANCE').replace(/(\/recue\/)[^/ ]+$/, '$1CHANCE');
	const headers = Object.entries(answer.headers).filter(([name]) => !['date', 'connection'].includes(name)).map(([name, value]) => `${name}: ${own(value)}`);

	return JSON.stringify([answer.status, headers, answer.names, own(answer.text)]);
}

/* Posts each one's form; the times by group. All answers must look the same. */
async function post_all(all, { path, fields }) {
	const times = Object.fromEntries(GROUPS.map((group) => [group, []]));
	const shapes = new Map();

	for (const one of all) {
		const answer = await wire.ask('POST', d.path + path, { cookie: one.cookie, form: { ...one.fields, ...fields(one.who) } });
		const shape = shape_of(answer, one.who);
		shapes.set(shape, (shapes.get(shape) ?? new Set()).add(one.group));
		times[one.group].push(answer.ms);
		one.cookie = cookie_of(answer) || one.cookie;
	}
	assert.deepEqual([...shapes.keys()].slice(1), [], `one answer for all: the first of these looks otherwise than ${[...shapes.keys()][0].slice(0, 1500)}`);
	return times;
}

function tell(t, pairs, times) {
	t.diagnostic(GROUPS.map((group) => `${group} ${median(times[group]).toFixed(3)} ms`).join(', '));
	for (const { pair, p, difference, control } of pairs)
		t.diagnostic(`${pair}: p = ${p.toPrecision(2)}, medians differ by ${(difference * 1000).toFixed(0)} µs, the control by ${(control * 1000).toFixed(0)} µs`);
}

/* One way of asking: once for all, and once more with other people when a pair can be told apart. */
async function examine(t, ask, all = people(N)) {
	const one = await run(all);
	if (!one.some(({ tells }) => tells))
		return;
	t.diagnostic('told apart once: asked again');
	assert.deepEqual(told_twice(one, await run(people(N))), [], 'the time tells who is known');

	async function run(some) {
		const times = await ask(shuffle(some));
		const pairs = compare(times, ['known', 'activated']);
		tell(t, pairs, times);
		return pairs;
	}
}

/* No mail is being made: the mailer's work for some would show as a slower machine for the next. */
function mails_are_done() {
	return until('the last mail', async () => {
		const left = Number(d.sql('select count(*) from mail_job where finished_at is null'));
		await pause(left);
		return left === 0;
	}, 300);
}

async function enter(all) {
	await open_forms(all, '/accueil');
	return post_all(all, { path: '/accueil', fields: (who) => ({ identifiant: who }) });
}

/* Thousands of mails go where nobody looks at them: a relay of its own thread, so that its work delays no clock of ours. behaviour: the peer's, as text. */
async function to_sink(behaviour = '{}') {
	await sink?.terminate();
	sink = new Worker(`import('${new URL('../lib/smtp_peer.mjs', import.meta.url)}')
		.then(async ({ SmtpPeer }) => require('node:worker_threads').parentPort.postMessage((await new SmtpPeer(${behaviour}).listen()).port))`, { eval: true });
	const port = await new Promise((done, fail) => sink.once('message', done).once('error', fail));
	const settings = readFileSync(d.CONF, 'utf8');

	writeFileSync(d.CONF, settings.replace(/^port = .*/m, `port = ${port}`).replace(/^starttls = .*/m, 'starttls = off'));
	d.ctl('reload', 'mailer');
}

async function has(page) {
	return (await wire.ask('GET', d.path + page)).status === 200;
}

function hash_of(who) {
	return d.sql(`select a.password_hash from account a join elector e on e.id = a.elector_id where e.identifier = '${who}'`);
}

test('an account is activated as people do it, and lends its hash to the others', async () => {
	real.who = d.fresh();
	await new Elector(d).enter(real.who, 'activer');
	account = hash_of(real.who);
	assert.match(account, /^\$argon2id\$v=19\$m=8192,t=1,p=1\$/);
});

let entered; /* those whom the first test left with a session */

test('access: the identifier alone tells nothing', async (t) => {
	await to_sink();
	await examine(t, (all) => enter(entered = all));
	await mails_are_done();
});

test('access again, after the mail: that some have had one tells nothing', async (t) => {
	await examine(t, async (all) => {
		if (all.some(({ cookie }) => !cookie))
			await enter(all);
		await mails_are_done();
		return enter(all);
	}, entered);
	await mails_are_done();
});

/* Whoever has not given the identifier yet does so first. */
async function try_wrong(all) {
	if (all.some(({ cookie }) => !cookie))
		await enter(all);
	await mails_are_done();
	await open_forms(all, '/connexion');
	return post_all(all, { path: '/connexion', fields: () => ({ mot_de_passe: 'Pas le bon-1 du tout' }) });
}

test('log-in: a wrong password tells nothing', async (t) => {
	await examine(t, try_wrong, entered);
});

/* The settings ask for another cost from now on; the one person whose password is known has a hash of that cost then. */
async function raise_cost(memory, passes) {
	writeFileSync(d.CONF, readFileSync(d.CONF, 'utf8').replace(CHEAP, `[password]\nmemory = ${memory}MiB\npasses = ${passes}\n`));
	d.ctl('reload', 'portal');
	return until('the renewed hash', async () => {
		await new Elector(d).log_in(real.who);
		const hash = hash_of(real.who);
		return hash !== account && hash;
	});
}

test('when the settings ask for dearer hashes, unknown addresses cost what the stored hashes cost', async (t) => {
	const some = GROUPS.flatMap((group) => entered.filter((one) => one.group === group).slice(0, 30));
	const renewed = await raise_cost(32, 3);

	assert.match(renewed, /m=32768,t=3/);
	d.sql(`update account set password_hash = '${account}'`);
	await examine(t, try_wrong, some);
	const times = await try_wrong(some);
	assert.ok(median(times.unknown) < 3 * median(times.activated), 'none costs the new hash before there is one');

	/* Another load on the machine only adds to a time: the least of two is taken, and a hash is dear from half its cost on. */
	d.sql(`update account set password_hash = '${renewed}'`);
	const dear_ms = Math.min(...Object.values(await try_wrong(some.slice(0, 5))).flat()) / 2;
	d.sql(`update account set password_hash = '${account}' where elector_id % 2`);
	const rounds = [];
	for (let i = 0; i < 4; i++)
		rounds.push(await try_wrong(some));
	for (const group of GROUPS) {
		const [first, second] = [0, 2].map((i) => rounds[i][group].map((ms, who) => Math.min(ms, rounds[i + 1][group][who]) > dear_ms));
		const dear = first.filter(Boolean).length;
		t.diagnostic(`${group}: ${dear} of ${first.length} cost the dearer hash`);
		assert.ok(dear >= 4 && dear <= 26, 'half of each group, as half of the accounts');
		assert.ok(second.filter((is_dear, i) => is_dear !== first[i]).length <= 4, 'and each address always the same one');
	}
});

test('password forgotten: asking for a link tells nothing', async (t) => {
	if (!await has('/mot-de-passe-oublie'))
		return t.skip('no such page');
	await examine(t, async (all) => {
		await open_forms(all, '/mot-de-passe-oublie');
		return post_all(all, { path: '/mot-de-passe-oublie', fields: (who) => ({ identifiant: who }) });
	}, entered);
	await mails_are_done();
});

test('assistance: the address to answer to tells nothing', async (t) => {
	await examine(t, async (all) => {
		await open_forms(all, '/assistance');
		return post_all(all, { path: '/assistance', fields: (who) => ({ objet: 'lien', nom: 'Claude Martin', courriel: who, texte: 'Je n’ai rien reçu.' }) });
	}, entered);
});

test('access again, from full mailboxes: that a click will have their mails tried at once tells nothing', async (t) => {
	const waiting = (what) => Number(d.sql(`select count(*) from mail_job where mail = 'activation' and finished_at is null and ${what}`));

	await to_sink("{ cue: ({ phase }) => (phase === 'rcpt' ? '452 4.2.2 over quota' : undefined) }");
	await examine(t, async (all) => {
		await enter(all);
		await until('the last refusal', () => waiting('attempts = 0') === 0, 120);
		await d.down('mailer');
		d.sql('update mail_job set forward_at = utc_timestamp(3) where forward_at is not null');
		const full = waiting('forward_at is not null');
		const times = await enter(all);
		assert.equal(full, times.known.length);
		assert.equal(waiting('forward_at <= utc_timestamp(3) and repeated_at > deferred_at'), full, 'the next sweep would have each of them tried');
		d.sql("update mail_job set state = 'dropped', finished_at = utc_timestamp(3) where mail = 'activation' and finished_at is null");
		await d.up('mailer');
		return times;
	}, people(N >> 1));
});
