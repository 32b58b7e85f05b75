/*
 * What whoever steals a log, a dump of Redis or of MariaDB, or looks at the processes, gets of it: neither an address nor a link that opens anything. After
 * real activity on the whole of ./demo, with mails that wait, are under way, sent and used. Last, links are planted everywhere: the detector must find each.
 * ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, redis, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';
import { aof_strings, dump_strings, rdb_strings } from '../lib/rdb.mjs';

const TOKEN = /[A-Za-z0-9_-]{43}/;
const SELECTOR = 16; /* bytes of a token that MariaDB knows; the other 16 make it a link */
const WRONG = ['personne.inconnue@ac-nantes.fr', 'élise.faute@ac-nantes.fr', 'pas une adresse', 'trop.longue@ac-rennes.fr '.repeat(3)];
const CONTACTS = ['jardin.secret@ailleurs.example', 'autre.jardin@ailleurs.example'];

let d;
const who = {};
const tokens = new Set(); /* of every mail that was really sent */
const dumps = []; /* [{name, strings}], taken at several times */
const seen_argv = new Set();
let watcher;

/* ---- what may not be found ---- */

/** A token in each dress in which it would still be one, or give one: the part that no database may hold. */
function dresses(token) {
	const bytes = Buffer.from(token, 'base64url');
	const proof = bytes.subarray(SELECTOR);

	return [
		token, token.slice(22), /* whole groups of six bits of the proof alone */
		proof, bytes.toString('hex').slice(2 * SELECTOR), bytes.toString('hex').slice(2 * SELECTOR).toUpperCase(),
		...[0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), proof]).toString('base64').slice(shift ? 4 : 0, -4)),
		...[0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), proof]).toString('base64url').slice(shift ? 4 : 0, -4)),
	].map((dress) => Buffer.from(dress));
}

/* Soft line breaks of quoted-printable would hide a token. */
const unbroken = (bytes) => (bytes.includes('=\r\n') || bytes.includes('=\n') ? Buffer.from(bytes.toString('latin1').replace(/=\r?\n/g, ''), 'latin1') : null);

/** The known tokens that stand in a dump. */
function find_known(dump, all) {
	const wanted = [...all].map((token) => [token, dresses(token)]);
	const found = new Set();

	for (const bytes of dump.strings.flatMap((one) => [one, unbroken(one)].filter(Boolean)))
		for (const [token, forms] of wanted)
			if (forms.some((form) => bytes.includes(form)))
				found.add(token);
	return [...found];
}

/** Whatever in a dump is written as a token is, known or not: 43 signs that 32 bytes can give. */
function candidates(dump) {
	const found = new Set();

	for (const bytes of dump.strings.flatMap((one) => [one, unbroken(one)].filter(Boolean)))
		for (const [run] of bytes.toString('latin1').matchAll(/[A-Za-z0-9_-]{43,}/g))
			for (let at = 0; at + 43 <= run.length; at++) {
				const token = run.slice(at, at + 43);
				if (Buffer.from(token, 'base64url').toString('base64url') === token)
					found.add(token);
			}
	return found;
}

/** Does it lead anywhere but to « Ce lien n’est pas reconnu »? */
async function opens(token) {
	const me = new Elector(d);
	const page = await me.go(me.at(`/activation/${token}`));

	return !/Ce lien n’est pas reconnu/.test(page.text);
}

/** Of these, those whose selector MariaDB knows: all others cannot open, and a share of them is tried all the same. */
async function find_opening(all, others = 100) {
	const selectors = new Set(d.sql('select lower(hex(selector)) from activation_token').split('\n'));
	const known = (token) => selectors.has(Buffer.from(token, 'base64url').toString('hex').slice(0, 2 * SELECTOR));
	const list = [...all].filter(known).concat([...all].filter((token) => !known(token)).slice(0, others));
	const found = [];

	for (let at = 0; at < list.length; at += 20) {
		const some = list.slice(at, at + 20);
		const said_yes = await Promise.all(some.map(opens));
		found.push(...some.filter((_, i) => said_yes[i]));
	}
	return found;
}

/* ---- dumps ---- */

/* One answer in Redis' protocol, its strings as bytes, since a dump is no text; null: it is not all there yet. */
function answer_of(bytes, place) {
	const end = bytes.indexOf('\r\n', place.at);

	if (end < 0)
		return null;
	const kind = String.fromCharCode(bytes[place.at]);
	const rest = bytes.subarray(place.at + 1, end);
	const n = Number(rest.toString());
	place.at = end + 2;
	if (kind === '*') {
		const all = [];
		for (let i = 0; i < n; i++) {
			const one = answer_of(bytes, place);
			if (one === null)
				return null;
			all.push(one.value);
		}
		return { value: all };
	}
	assert.notEqual(kind, '-', rest.toString());
	if (kind !== '$')
		return { value: rest };
	if (n < 0)
		return { value: null };
	if (bytes.length < place.at + n + 2)
		return null;
	place.at += n + 2;
	return { value: bytes.subarray(place.at - n - 2, place.at - 2) };
}

/** Many commands at once; their answers. */
const ask = (socket, commands) => new Promise((done, fail) => {
	const client = net.connect(socket);
	const answers = [];
	let got = Buffer.alloc(0);

	if (commands.length === 0)
		return done([]);
	client.on('error', fail).on('data', (chunk) => {
		const place = { at: 0 };
		let taken = 0;

		got = Buffer.concat([got, chunk]);
		for (let one; (one = answer_of(got, place)) !== null; taken = place.at)
			answers.push(one.value);
		got = got.subarray(taken);
		if (answers.length < commands.length)
			return;
		client.destroy();
		done(answers);
	});
	client.write(Buffer.concat(commands.flatMap((words) => [`*${words.length}\r\n`, ...words.flatMap((w) => [`$${Buffer.byteLength(w)}\r\n`, w, '\r\n'])]).map((p) => Buffer.from(p))));
	return undefined;
});

async function keys(socket) {
	const all = [];
	let cursor = '0';

	do {
		const [[next, some]] = await ask(socket, [['SCAN', cursor, 'COUNT', '1000']]);
		all.push(...some);
		cursor = next.toString();
	} while (cursor !== '0');
	return all;
}

/* Every value by the command that reads it, as somebody at redis-cli would. */
const READ = { string: ['GET'], hash: ['HGETALL'], list: ['LRANGE', '0', '-1'], set: ['SMEMBERS'], zset: ['ZRANGE', '0', '-1', 'WITHSCORES'] };

async function values(socket) {
	const all = await keys(socket);
	const types = await ask(socket, all.map((key) => ['TYPE', key]));
	const there = all.map((key, i) => [key, types[i].toString()]).filter(([, type]) => type !== 'none'); /* others went meanwhile */
	const read = await ask(socket, there.map(([key, type]) => {
		const [verb, ...more] = READ[type] ?? assert.fail(`a key of type ${type}`);
		return [verb, key, ...more];
	}));

	return [...all, ...read.flat().filter((v) => v !== null)];
}

/** One instance in every way in which its content can leave: a snapshot as it is and in its parts, each key's DUMP, the append-only files, all values. */
async function dump_redis(name, when) {
	const socket = d[name === 'queue' ? 'REDIS_QUEUE' : 'REDIS_EPHEMERAL'];
	const dir = (await redis(socket, 'CONFIG', 'GET', 'dir'))[1];
	const file = join(dir, 'dump.rdb');
	const take = (what, strings) => dumps.push({ name: `${what} of redis-${name}, ${when}`, strings });

	rmSync(file, { force: true });
	await redis(socket, 'BGSAVE', 'SCHEDULE');
	await until('the snapshot', () => existsSync(file)); /* it gets its name when it is whole */
	const snapshot = readFileSync(file);
	take('the snapshot', [snapshot, ...rdb_strings(snapshot)]);
	await redis(socket, 'CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
	const over_wire = spawnSync('redis-cli', ['-s', socket, '--rdb', join(d.dir, 'tmp', 'wire.rdb')], { encoding: 'utf8' });
	assert.equal(over_wire.status, 0, over_wire.stderr);
	const copy = readFileSync(join(d.dir, 'tmp', 'wire.rdb'));
	take('the replica', [copy, ...rdb_strings(copy)]);
	const single = [];
	const all = await keys(socket);
	for (const [i, bytes] of (await ask(socket, all.map((key) => ['DUMP', key]))).entries())
		if (bytes !== null)
			single.push(all[i], ...dump_strings(bytes));
	take('every DUMP', single);
	take('every value', await values(socket));
	take('the append-only files', aof_strings(join(dir, 'appendonlydir')));
	assert.ok(rdb_strings(snapshot).length >= single.length - 50, 'a snapshot has what its keys have');
	return { snapshot, single };
}

function dump_mariadb(when) {
	for (const more of [['--hex-blob'], []]) {
		const bytes = execFileSync('mariadb-dump', ['--no-defaults', `--socket=${d.MARIADB}`, '-u', 'root', ...more, '--single-transaction', '--all-databases'], { maxBuffer: 1 << 28 });

		assert.match(bytes.subarray(-200).toString('latin1'), /Dump completed/);
		dumps.push({ name: `mariadb-dump ${more.join('')}, ${when}`, strings: [bytes] });
	}
}

async function dump_all(when) {
	await dump_redis('queue', when);
	await dump_redis('ephemeral', when);
	dump_mariadb(when);
}

/* ---- processes ---- */

function look_at_processes() {
	for (const name of ['portal', 'mailer', 'nginx', 'mariadb', 'redis-queue', 'redis-ephemeral']) {
		const master = d.live_pid(name);
		const all = master ? [master, ...d.workers(name)] : [];

		for (const pid of all)
			try {
				seen_argv.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
			} catch {
				/* it has ended */
			}
	}
}

/* ---- activity ---- */

async function tokens_of_mails() {
	for (const { text, html } of await d.mails())
		for (const [, token] of `${text} ${html}`.matchAll(/\/(?:activation|lien)\/([A-Za-z0-9_-]{43})\b/g))
			tokens.add(token);
	return tokens.size;
}

async function forget(identifier) {
	const me = new Elector(d);
	const page = await me.go(me.at('/mot-de-passe-oublie'));

	assert.equal((await me.post(me.at('/mot-de-passe-oublie'), { ...await me.solved(page.text, '/mot-de-passe-oublie'), identifiant: identifier })).status, 303);
}

/** The link without which no new voting code is handed out. */
async function ask_for_a_code(identifier) {
	const me = new Elector(d);

	assert.equal((await me.enter(identifier, 'activer')).status, 200);
	d.sql(`insert into voting_code (elector_id, hash, how, issued_at) select id, unhex(sha2('x', 256)), 'notice', utc_timestamp() from elector where identifier = '${identifier}'`);
	assert.equal((await me.post(me.at('/reassort/lien'), hidden((await me.get(me.at('/reassort'))).text, '/reassort/lien'))).status, 303);
	return until('a link to a code', async () => (await d.mails(identifier)).map((m) => m.text.match(/http:\/\/\S+\/reassort\/lien\/[\w-]+/)?.[0]).find(Boolean));
}

const claimed = async (courriel) => {
	const me = new Elector(d);
	const page = await me.go(me.at('/reclamation'));

	return me.follow(await me.post(me.at('/reclamation'), { ...await me.solved(page.text, '/reclamation'), objet: 'absent', scrutin_texte: 'CSA', nom: 'Rose TRÉMIÈRE', courriel, affectation: 'Lycée', texte: 'Je ne figure pas sur la liste.' }));
};

const assisted = async (courriel) => {
	const me = new Elector(d);
	const page = await me.go(me.at('/assistance'));

	return me.post(me.at('/assistance'), { ...hidden(page.text, '/assistance'), objet: 'courriel', nom: 'Rose TRÉMIÈRE', courriel, texte: 'Rien ne vient.' });
};

before(async () => {
	d = await demo('privacy.mjs', { settings: '[portal]\nworkers = 3\n[mailer]\ncooldown = 1s\nsweep = 300ms\n[throttle]\nscale = 1000' });
	d.secrets.add(PASSWORD);
	watcher = setInterval(look_at_processes, 100);
});

after(async () => {
	clearInterval(watcher);
	assert.deepEqual(await d.stop(), [], 'the demo ends well');
});

test('real activity: mails asked for while the relay is away, sent, opened, used; claims, assistance, wrong identifiers; a portal that is down when a link is clicked', async () => {
	Object.assign(who, { waits: d.fresh(), half: d.fresh(), done: d.fresh(), reset: d.fresh(), live: d.fresh(), reissue: d.fresh() });
	await d.freeze('mailbox'); /* as a relay that does not answer */
	for (const one of [who.waits, ...WRONG.slice(0, 1)])
		await new Elector(d).identify(one);
	await until('a try at the relay', () => d.sql('select count(*) from activation_token') !== '0');
	await dump_all('with mails that wait');
	d.thaw('mailbox');
	await d.link(who.waits);

	const half = new Elector(d);
	await half.choose(await half.ask(who.half)); /* the password is chosen, the way not ended: its draft is in Redis */
	assert.match((await new Elector(d).enter(who.done, 'activer')).text, /compte a bien été activé/);
	assert.equal((await new Elector(d).enter(who.reset, 'activer')).status, 200);
	await forget(who.reset);
	await until('a link to another password', async () => (await d.mails(who.reset)).some((m) => /nouveau mot de passe/.test(m.subject)));
	const link = await new Elector(d).ask(who.live);
	const token = link.split('/').at(-1);
	const code_link = await ask_for_a_code(who.reissue);
	await dump_all('with links that live');

	assert.equal((await claimed(CONTACTS[0])).status, 200);
	assert.equal((await assisted(CONTACTS[1])).status, 303);
	for (const one of WRONG)
		await new Elector(d).identify(one);
	assert.equal((await new Elector(d).log_in(who.done, 'faux mot de passe')).status, 200);
	for (const odd of [`/activation/${token}x`, `/activation/${token}%20`, `/activation/${token}?a=1`, `/activation/${token}/`, `/activation/.${token}`, `//activation/${token}`, `/ailleurs/${token}`, `/ACTIVATION/${token}`])
		await new Elector(d).get(new Elector(d).at(odd));
	const elsewhere = new Elector(d);
	await d.down('portal'); /* then nginx tells in its error log what was asked for; our pages let no browser send a Referer from a link */
	for (const [url, headers] of [[link], [code_link], [code_link.replace('/lien/', '//lien/')], [code_link.replace('lien', 'l%69en')], [elsewhere.at(`//activation/${token}x`)], [elsewhere.at('/accueil'), { Cookie: `lien=${token}` }]])
		assert.ok((await elsewhere.get(url, { headers })).status >= 500);
	await d.up('portal');
	for (const contact of CONTACTS)
		await d.mail(contact);
	await dump_all('in the end');
	assert.ok(await tokens_of_mails() >= 5);
	assert.ok(tokens.has(token));
	assert.ok(dumps.length >= 3 * 12);
});

test('no dump of Redis or of MariaDB, whenever it was taken, holds the token of a mail that was sent, in any dress', () => {
	assert.ok(tokens.size >= 5 && dumps.length >= 3 * 12);
	for (const dump of dumps)
		assert.deepEqual(find_known(dump, tokens), [], dump.name);
});

test('nothing that looks like a token in a dump of Redis or of MariaDB opens anything', async () => {
	const all = new Set(dumps.flatMap((dump) => [...candidates(dump)]));

	assert.ok(all.size > 0, 'there are signs that look like one: session ids, hashes');
	assert.deepEqual(await find_opening(all), []);
	assert.ok(await opens((await d.link(who.live)).split('/').at(-1)), 'a real one opens: the question can be answered by yes');
});

/** Words that must be in no log: addresses as they were typed, or the part before the @ that names a person, and tokens. */
function unspeakable() {
	const addresses = [...Object.values(who), ...WRONG.filter((w) => w.includes('@')), ...CONTACTS].map((a) => a.trim().split(' ')[0]);

	return [...addresses, ...addresses.map((a) => encodeURIComponent(a)), ...[...tokens].flatMap((t) => [t, t.slice(22)])].map((w) => w.toLowerCase());
}

/** What of these stands in a text. */
const said = (text, words) => words.filter((word) => text.toLowerCase().includes(word));

test('no log at the default level holds an address or a token: portal, mailer, nginx, Redis, MariaDB', () => {
	const logs = readdirSync(join(d.dir, 'log')).filter((name) => statSync(join(d.dir, 'log', name)).isFile());
	const words = unspeakable();

	for (const name of ['portal', 'mailer', 'nginx-access', 'nginx-error', 'redis-queue', 'redis-ephemeral', 'mariadb'])
		assert.ok(logs.includes(`${name}.log`), name);
	for (const name of ['portal', 'mailer', 'nginx-access', 'nginx-error'])
		assert.ok(d.log(name).length > 0, `${name}.log has told something`);
	for (const name of logs)
		assert.deepEqual(said(d.log(name.replace(/\.log$/, '')), words), [], name);
	assert.match(d.ctl('settings'), /log_level = info/, 'that is the default level');
	assert.equal(/^\s*log_level/m.test(readFileSync(d.CONF, 'utf8')), false);
});

test('no process shows an address or a token in its arguments', () => {
	const all = [...seen_argv].join('\n');

	for (const name of ['isoloir-portal', 'isoloir-mailer', 'nginx', 'redis-server', 'mariadbd'])
		assert.ok(all.includes(name), name);
	assert.deepEqual(said(all, unspeakable()), []);
	for (const secret of d.secrets)
		assert.equal(all.includes(secret), false);
});

/* ---- the detector itself ---- */

/* A link in each dress in which somebody careless would have stored it; to the name of its key. */
const PLANTS = [
	['a string', (key, link) => ['SET', key, `see ${link}.`]],
	['a string that Redis packs', (key, link) => ['SET', key, `${'ab '.repeat(200)}${link}${' ab'.repeat(200)}${link}`]],
	['a field of a small hash', (key, link) => ['HSET', key, 'id', '1', 'url', link]],
	['a field of a large hash', (key, link) => ['HSET', key, 'a', 'b'.repeat(200), 'url', link]],
	['a member of a small sorted set', (key, link) => ['ZADD', key, '1', link]],
	['a member of a large sorted set', (key, link) => ['ZADD', key, '1', link, '2', 'b'.repeat(200)]],
	['an element of a list', (key, link) => ['RPUSH', key, '1', '-200', link, '70000', '5000000000']],
	['a long element of a list', (key, link) => ['RPUSH', key, '1', `${'0123456789 '.repeat(2000)}${link}`]],
	['a member of a set', (key, link) => ['SADD', key, link]],
	['the name of a key', (key, link) => ['SET', `${key}:${link}`, '1']],
	['a composed mail', (key, link) => ['SET', key, `Date: now\r\n\r\n<a href=3D"${link.slice(0, -20)}=\r\n${link.slice(-20)}">`]],
	['hexadecimal digits', (key, link, token) => ['SET', key, Buffer.from(token, 'base64url').toString('hex')]],
	['bytes', (key, link, token) => ['SET', key, Buffer.from(token, 'base64url')]],
];
const HIDDEN = 2; /* the last of these are found by who knows them alone */

test('planted links are found, in every shape that Redis has, packed or not, in each way of dumping', async () => {
	const link = await d.link(who.live);
	const live = link.split('/').at(-1);
	const plants = PLANTS.map(([what, plant], i) => ({ what, plant, token: i === 0 ? live : randomBytes(32).toString('base64url'), key: `plant:${i}` }));
	const all = plants.map(({ token }) => token);

	for (const name of ['queue', 'ephemeral']) {
		const socket = d[name === 'queue' ? 'REDIS_QUEUE' : 'REDIS_EPHEMERAL'];
		const from = dumps.length;

		await ask(socket, plants.map(({ plant, key, token }) => plant(key, link.replace(live, token), token)));
		await dump_redis(name, 'planted');
		await ask(socket, [['DEL', ...(await keys(socket)).filter((key) => key.toString().startsWith('plant:'))]]);
		const planted = dumps.splice(from);
		assert.equal(planted.length, 5);
		for (const dump of planted) {
			const found = new Set(find_known(dump, all));
			const read = candidates(dump);

			for (const [i, { what, token }] of plants.entries()) {
				assert.ok(found.has(token), `${what}: in ${dump.name}`);
				assert.equal(read.has(token), i < plants.length - HIDDEN, `${what}: in ${dump.name}, without knowing it`);
			}
			assert.deepEqual(await find_opening(read, 20), [live], dump.name);
		}
	}
});

test('planted in MariaDB, in a log or in arguments they are found too', async () => {
	const token = (await d.link(who.live)).split('/').at(-1);
	const from = dumps.length;

	d.sql(`create table plant (a varbinary(64), b text); insert into plant values (from_base64('${Buffer.from(token, 'base64url').toString('base64')}'), null)`);
	dump_mariadb('planted as bytes');
	d.sql(`update plant set a = null, b = 'https://vote.example/demo/portail/activation/${token}'`);
	dump_mariadb('planted as text');
	d.sql('drop table plant');
	const [hex, bytes, text] = dumps.splice(from);
	for (const dump of [hex, text])
		assert.deepEqual(find_known(dump, tokens), [token], dump.name);
	assert.ok(bytes.strings.length === 1);
	assert.deepEqual(await find_opening(candidates(text), 3), [token]);
	assert.deepEqual(said(`GET /demo/portail/activation/${token} 404`, unspeakable()).length > 0, true);
	assert.deepEqual(said(`mail to ${who.live.toUpperCase()}`, unspeakable()), [who.live]);
	assert.deepEqual(said(`?identifiant=${encodeURIComponent(WRONG[0])}`, unspeakable()), [encodeURIComponent(WRONG[0]).toLowerCase()]);
});
