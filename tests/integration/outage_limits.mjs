/*
 * Limits: a portal and a mailer that may open 64 files, 10,000 browsers that send one byte and wait, and clocks that step by an hour. A demo of its
 * own, whose portal and mailer run under `prlimit` and under libfaketime, which steps their clock and nobody else's. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, until } from '../lib/demo.mjs';
import { Elector, PASSWORD } from '../lib/elector.mjs';

const SLOW = Number(process.env.ISOLOIR_SLOW ?? 1);
const FILES = 64;
const dir = mkdtempSync(join(tmpdir(), 'isoloir-clock.'));
const clock = join(dir, 'step');
const library = readdirSync('/usr/lib').map((one) => `/usr/lib/${one}/faketime/libfaketime.so.1`).find((one) => existsSync(one));
let d;

function step(seconds) {
	writeFileSync(clock, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`);
}

before(async () => {
	const faked = library ? `env LD_PRELOAD=${library} FAKETIME_TIMESTAMP_FILE=${clock} FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1` : '';
	const wrap = `prlimit --nofile=${FILES}:${FILES} ${faked}`;

	chmodSync(dir, 0o755);
	step(0);
	d = await demo('outage_limits.mjs', {
		/* The mail catcher's certificate is of today: an hour ago it was not valid. */
		settings: '[portal]\nworkers = 4\n[mailer]\nsweep = 500ms\ncooldown = 3s\nstarttls = optional',
		env: { ISOLOIR_WRAP_PORTAL: wrap, ISOLOIR_WRAP_MAILER: wrap },
	});
	d.secrets.add(PASSWORD);
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
	rmSync(dir, { recursive: true });
});

test(`with ${FILES} open files at most, portal and mailer do all their work`, async () => {
	for (const name of ['portal', 'mailer'])
		assert.match(readFileSync(`/proc/${d.workers(name)[0]}/limits`, 'utf8'), new RegExp(`Max open files +${FILES} +${FILES} `));
	assert.match((await new Elector(d).enter(d.fresh(), 'activer')).text, /compte a bien été activé/);
});

for (const name of ['portal', 'mailer'])
	test(`the ${name} says at once, and so does -t, that fewer open files are too few; a soft limit it raises by itself`, () => {
		const program = join(d.dir, `inst/sbin/isoloir-${name}`);
		const run = (soft, hard, how) => spawnSync('prlimit', [`--nofile=${soft}:${hard}`, program, '-c', d.CONF, how], { encoding: 'utf8' });

		for (const how of ['-t', '-f']) {
			const few = run(32, 32, how);
			assert.equal(few.status, 71, few.stderr);
			assert.match(few.stderr, /32 open files are allowed and 64 are needed: raise the limit/);
		}
		assert.equal(run(32, 64, '-t').status, 0);
	});

test('10,000 browsers that send one byte and wait take no elector\'s place, and lose their own', async (t) => {
	const hard = Number(execFileSync('bash', ['-c', 'ulimit -H -n'], { encoding: 'utf8' })) || 1e6;
	const n = Math.min(10000, hard - 1000);
	const head = `POST ${d.path}/accueil HTTP/1.1\r\nHost: ${new URL(d.origin).host}\r\n`
		+ 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 999\r\n\r\ni';
	const slow = new Set();
	let held = 0;

	t.diagnostic(`${n} connections`);
	for (let i = 0; i < n; i++) {
		const one = net.connect({ port: d.port, host: '127.0.0.1', localAddress: `127.0.0.${1 + i % 200}` }, () => {
			held++;
			one.write(i % 2 ? 'G' : head); /* half of them in the middle of a form */
		});
		slow.add(one);
		one.on('error', () => {}).on('close', () => slow.delete(one));
		if (i % 500 === 499)
			await until('these to be held', () => held >= i - 10, 10);
	}
	await until('all to be held', () => held >= n - 10, 20);
	const began = Date.now();
	const connections = slow.size;
	const home = await new Elector(d).enter(d.fresh(), 'sans_activation');
	const took = Date.now() - began;
	assert.match(home.text, /Mon Compte/);
	t.diagnostic(`a whole first visit, mail included, took ${took} ms beside ${connections}`);
	assert.ok(connections > 0.95 * n, `${connections} were still there`);
	assert.ok(took < 8000 * SLOW, `a whole first visit took ${took} ms`);
	await until('nginx to have its places back', () => slow.size < 0.01 * n, 30);
});

/* The clock of portal and mailer steps by an hour, forwards and backwards, while everybody is in the middle of something. */
for (const [what, seconds] of [['an hour on', 3600], ['an hour back', -3600]])
	test(`the clock steps ${what}: nobody is thrown out, links and codes work on, and mails go at once`, async (t) => {
		if (!library)
			return t.skip('libfaketime is not here');
		const [inside, half] = [new Elector(d), new Elector(d)];
		const who = d.fresh();
		const from = d.log('portal').length;

		await inside.enter(d.fresh(), 'sans_activation');
		const link = await new Elector(d).ask(who);
		const late = d.fresh();
		const over = await new Elector(d).ask(late);
		d.sql(`update activation_token t join elector e on e.id = t.elector_id set expires_at = utc_timestamp() + interval 30 minute where e.identifier = '${who}'`);
		d.sql(`update activation_token t join elector e on e.id = t.elector_id set expires_at = utc_timestamp() - interval 30 minute where e.identifier = '${late}'`);
		const page = await half.go(half.at('/accueil'));
		const other = d.fresh();
		const fields = { ...await half.solved(page.text, '/accueil'), identifiant: other };

		step(seconds);
		try {
			assert.match((await inside.go(inside.at('/'))).text, /Mon Compte/, 'a session goes on');
			assert.equal((await half.post(half.at('/accueil'), fields)).status, 303, 'a captcha shown before still counts');
			await d.link(other);
			assert.equal((await new Elector(d).go(over)).status, 410, 'a link that was over is over');
			const me = new Elector(d);
			assert.match((await me.follow(await me.leave(await me.choose(link), 'activer'))).text, /compte a bien été activé/);
			assert.match((await new Elector(d).enter(d.fresh(), 'sans_activation')).text, /Mon Compte/);
		} finally {
			step(0);
		}
		assert.match((await inside.go(inside.at('/'))).text, /Mon Compte/, 'and goes on when the clock is put right');
		const stamps = d.log('portal').slice(from).match(/^20\S+Z/gm).map((stamp) => Date.parse(stamp));
		assert.ok(Math.max(...stamps) - Math.min(...stamps) > 3500e3, 'the portal\'s clock did step');
		return undefined;
	});
