/*
 * What whoever steals a log, a dump of Redis or of MariaDB, or looks at the processes, gets of it: neither an address nor a link that opens anything. After
 * real activity on the whole of ./demo, with mails that wait, are under way, sent and used. Last, links are planted everywhere: the detector must find each.
 * ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
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
async function find_opening(all) {
	const selectors = new Set(d.sql('select lower(hex(selector)) from link').split('\n'));
	const known = (token) => selectors.has(Buffer.from(token, 'base64url').toString('hex').slice(0, 2 * SELECTOR));
	const list = [...all].filter(known).concat([...all].filter((token) => !known(token)).slice(0, 200));
	const found = [];

	for (const token of list)
		if (await opens(token))
			found.push(token);
	return found;
}

/* ---- dumps ---- */

/* The answer to one command as it came: a dump is no text. */
const raw = (socket, ...words) => new Promise((done, fail) => {
	const client = net.connect(socket);
	let got = Buffer.alloc(0);

	client.on('error', fail).on('data', (chunk) => {
		got = Buffer.concat([got, chunk]);
		const line = got.indexOf('\r\n');
		const size = Number(got.subarray(1, line).toString());

		if (line < 0 || (size >= 0 && got.length < line + 4 + size))
			return;
		client.destroy();
		done(size < 0 ? null : got.subarray(line + 2, line + 2 + size));
	});
	client.write(Buffer.concat([`*${words.length}\r\n`, ...words.flatMap((w) => [`$${Buffer.byteLength(w)}\r\n`, w, '\r\n'])].map((p) => Buffer.from(p))));
});

async function keys(socket) {
	const all = [];
	let cursor = '0';

	do {
		const [next, some] = await redis(socket, 'SCAN', cursor, 'COUNT', 1000);
		all.push(...some);
		cursor = next;
	} while (cursor !== '0');
	return all;
}

/* Every value by the command that reads it, as somebody at redis-cli would. */
const READ = { string: ['GET'], hash: ['HGETALL'], list: ['LRANGE', '0', '-1'], set: ['SMEMBERS'], zset: ['ZRANGE', '0', '-1', 'WITHSCORES'] };

async function values(socket) {
	const all = [];

	for (const key of await keys(socket)) {
		const type = await redis(socket, 'TYPE', key);
		if (type === 'none')
			continue; /* gone meanwhile */
		const [verb, ...more] = READ[type] ?? assert.fail(`a key of type ${type}`);
		all.push(key, ...[await redis(socket, verb, key, ...more)].flat().filter((v) => v !== null));
	}
	return all.map((v) => Buffer.from(String(v)));
}

/** One instance in every way in which its content can leave: a snapshot as it is and in its parts, each key's DUMP, the append-only files, all values. */
async function dump_redis(name, when) {
	const socket = d[name === 'queue' ? 'REDIS_QUEUE' : 'REDIS_EPHEMERAL'];
	const dir = (await redis(socket, 'CONFIG', 'GET', 'dir'))[1];
	const before_it = await redis(socket, 'LASTSAVE');
	const take = (what, strings) => dumps.push({ name: `${what} of redis-${name}, ${when}`, strings });

	await until('another second', async () => Number((await redis(socket, 'TIME'))[0]) > before_it);
	await redis(socket, 'BGSAVE', 'SCHEDULE');
	await until('the snapshot', async () => await redis(socket, 'LASTSAVE') > before_it);
	const snapshot = readFileSync(join(dir, 'dump.rdb'));
	take('the snapshot', [snapshot, ...rdb_strings(snapshot)]);
	const over_wire = spawnSync('redis-cli', ['-s', socket, '--rdb', join(d.dir, 'tmp', 'wire.rdb')], { encoding: 'utf8' });
	assert.equal(over_wire.status, 0, over_wire.stderr);
	const copy = readFileSync(join(d.dir, 'tmp', 'wire.rdb'));
	take('the replica', [copy, ...rdb_strings(copy)]);
	const single = [];
	for (const key of await keys(socket)) {
		const bytes = await raw(socket, 'DUMP', key);
		if (bytes !== null)
			single.push(Buffer.from(key), ...dump_strings(bytes));
	}
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
	Object.assign(who, { waits: d.fresh(), half: d.fresh(), done: d.fresh(), reset: d.fresh(), live: d.fresh() });
	await d.down('mailbox');
	for (const one of [who.waits, ...WRONG.slice(0, 1)])
		await new Elector(d).identify(one);
	await until('a try at the relay', () => d.sql("select count(*) from link") !== '0');
	await dump_all('with mails that wait');
	await d.up('mailbox');
	await d.link(who.waits);

	const half = new Elector(d);
	await half.choose(await half.ask(who.half)); /* the password is chosen, the way not ended: its draft is in Redis */
	assert.match((await new Elector(d).enter(who.done, 'activer')).text, /compte a bien été activé/);
	assert.equal((await new Elector(d).enter(who.reset, 'activer')).status, 200);
	await forget(who.reset);
	await until('a link to another password', async () => (await d.mails(who.reset)).some((m) => /nouveau mot de passe/.test(m.subject)));
	const link = await new Elector(d).ask(who.live);
	const token = link.split('/').at(-1);
	await dump_all('with links that live');

	assert.equal((await claimed(CONTACTS[0])).status, 200);
	assert.equal((await assisted(CONTACTS[1])).status, 303);
	for (const one of WRONG)
		await new Elector(d).identify(one);
	assert.equal((await new Elector(d).log_in(who.done, 'faux mot de passe')).status, 200);
	for (const odd of [`/activation/${token}x`, `/activation/${token}%20`, `/activation/${token}?a=1`, `/activation/${token}/`, `/activation/.${token}`, `//activation/${token}`, `/ailleurs/${token}`, `/ACTIVATION/${token}`])
		await new Elector(d).get(new Elector(d).at(odd));
	const elsewhere = new Elector(d);
	await d.down('portal');
	for (const [path, headers] of [[`/activation/${token}`, {}], ['/accueil', { Referer: link }], [`/accueil`, { Cookie: `lien=${token}` }], [`/accueil?identifiant=${who.live}`, {}]])
		assert.ok((await elsewhere.get(elsewhere.at(path), { headers })).status >= 500);
	await d.up('portal');
	for (const contact of CONTACTS)
		await d.mail(contact);
	await dump_all('in the end');
	assert.ok(await tokens_of_mails() >= 5);
	assert.ok(tokens.has(token));
	assert.ok(dumps.length >= 3 * 12);
});

test('no dump of Redis or of MariaDB, whenever it was taken, holds the token of a mail that was sent, in any dress', () => {
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
	assert.match(d.ctl('settings'), /log_level\s+info/, 'that is the default level');
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

/* A live link in the dress in which somebody careless would have stored it. */
const PLANTS = [
	['a string', (socket, link) => ['SET', 'plant', `see ${link}.`]],
	['a string that Redis packs', (socket, link) => ['SET', 'plant', `${'ab'.repeat(300)}${link}${'ab'.repeat(300)}${link}`]],
	['a field of a small hash', (socket, link) => ['HSET', 'plant', 'id', '1', 'url', link]],
	['a field of a large hash', (socket, link) => ['HSET', 'plant', 'a', 'b'.repeat(200), 'url', link]],
	['a member of a small sorted set', (socket, link) => ['ZADD', 'plant', '1', link]],
	['an element of a list', (socket, link) => ['RPUSH', 'plant', '1', '2', link, '70000']],
	['a long element of a list', (socket, link) => ['RPUSH', 'plant', '1', `${'0123456789'.repeat(2000)}${link}`]],
	['a member of a set', (socket, link) => ['SADD', 'plant', link]],
	['the name of a key', (socket, link) => ['SET', `plant:${link}`, '1']],
	['half a token, as hexadecimal digits', (socket, link, token) => ['SET', 'plant', Buffer.from(token, 'base64url').toString('hex')]],
	['a composed mail', (socket, link) => ['SET', 'plant', `Date: now\r\n\r\n<a href=3D"${link.slice(0, -20)}=\r\n${link.slice(-20)}">`]],
];

test('planted links are found, in every shape that Redis has, packed or not, in each way of dumping', async () => {
	const link = await d.link(who.live);
	const token = link.split('/').at(-1);

	for (const [what, plant] of PLANTS) {
		const name = PLANTS.findIndex(([one]) => one === what) % 2 ? 'queue' : 'ephemeral';
		const socket = d[name === 'queue' ? 'REDIS_QUEUE' : 'REDIS_EPHEMERAL'];
		const from = dumps.length;

		await redis(socket, ...plant(socket, link, token));
		await dump_redis(name, `planted: ${what}`);
		for (const key of (await keys(socket)).filter((k) => k.startsWith('plant')))
			await redis(socket, 'DEL', key);
		for (const dump of dumps.splice(from)) {
			assert.deepEqual(find_known(dump, tokens), [token], dump.name);
			if (!/hexadecimal/.test(what))
				assert.deepEqual(await find_opening(candidates(dump)), [token], `${dump.name}: found without knowing it`);
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
	assert.deepEqual(await find_opening(candidates(text)), [token]);
	assert.deepEqual(said(`GET /demo/portail/activation/${token} 404`, unspeakable()).length > 0, true);
	assert.deepEqual(said(`mail to ${who.live.toUpperCase()}`, unspeakable()), [who.live]);
	assert.deepEqual(said(`?identifiant=${encodeURIComponent(WRONG[0])}`, unspeakable()), [encodeURIComponent(WRONG[0]).toLowerCase()]);
});
