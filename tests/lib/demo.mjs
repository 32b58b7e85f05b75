/*
 * A ./demo of one's own for a test file: starts it, knows its addresses, reads its stores and its mails, harms its servers on purpose, and
 * when it stops looks into every log for what must never stand there. ISOLOIR_BUILD: the build to run (.build/plain).
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export { pause };
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BUILD = resolve(ROOT, process.env.ISOLOIR_BUILD ?? '.build/plain');
const SLOW = Number(process.env.ISOLOIR_SLOW ?? 1); /* valgrind's and ASan's patience */

/* What a log shows of a daemon that did wrong in memory. */
const REPORTS = /AddressSanitizer|LeakSanitizer|runtime error:|^==\d+==.*(Invalid |uninitialised|definitely lost (in|from)|Mismatched|overlap|ERROR SUMMARY: [1-9])|last words|assertion/i;

/** Ask again until the answer is true; an error with `what` otherwise. */
export async function until(what, ask, seconds = 20) {
	const end = Date.now() + seconds * SLOW * 1000;

	for (;;) {
		const answer = await ask();
		if (answer)
			return answer;
		if (Date.now() > end)
			throw new Error(`waited in vain for ${what}`);
		await pause(40);
	}
}

const can_listen = (port) => new Promise((done) => {
	const server = net.createServer().once('error', () => done(false)).listen(port, '127.0.0.1', () => server.close(() => done(true)));
});

/* Below those that the system gives to outgoing connections (from 32768 on): nobody takes it before it is bound. */
export async function free_port() {
	for (;;) {
		const port = 20000 + Math.floor(Math.random() * 12000);

		if (await can_listen(port))
			return port;
	}
}

/** The code to a captcha's id, as portal/captcha/captcha.c derives it; only who can read the key can. */
export function captcha_code(keys_dir, id) {
	const hmac = createHmac('sha256', Buffer.from(readFileSync(join(keys_dir, 'page.key'), 'utf8').trim(), 'hex'));

	for (const part of ['captcha code', id]) {
		const size = Buffer.alloc(8);
		size.writeBigUInt64BE(BigInt(Buffer.byteLength(part)));
		hmac.update(size).update(part);
	}
	return String(hmac.digest().readBigUInt64LE() % 1000000n).padStart(6, '0');
}

/* One command to Redis, in its own protocol; the answer as a string, a number, null or an array. */
export function redis(socket, ...words) {
	return new Promise((done, fail) => {
		const client = net.connect(socket);
		let text = '';

		client.setEncoding('latin1').on('error', fail).on('data', (chunk) => {
			text += chunk;
			const answer = read(text, { at: 0 });
			if (answer === undefined)
				return;
			client.destroy();
			done(answer);
		});
		client.write(`*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(String(w))}\r\n${w}\r\n`).join('')}`);
	});

	function read(text, place) {
		const end = text.indexOf('\r\n', place.at);
		if (end < 0)
			return undefined;
		const kind = text[place.at];
		const rest = text.slice(place.at + 1, end);
		place.at = end + 2;
		if (kind === '*')
			return read_array(text, place, Number(rest));
		if (kind !== '$')
			return kind === ':' ? Number(rest) : rest;
		if (rest === '-1')
			return null;
		const size = Number(rest);
		if (text.length < place.at + size + 2)
			return undefined;
		place.at += size + 2;
		return Buffer.from(text.slice(place.at - size - 2, place.at - 2), 'latin1').toString();
	}

	function read_array(text, place, n) {
		const all = [];
		for (let i = 0; i < n; i++) {
			const one = read(text, place);
			if (one === undefined)
				return undefined;
			all.push(one);
		}
		return all;
	}
}

class Demo {
	constructor(name, options) {
		this.name = name;
		this.dir = mkdtempSync(join(tmpdir(), 'isoloir-t.'));
		this.options = options;
		this.output = '';
		this.frozen = new Set(); /* servers that stand still: SIGTERM would wait for ever */
		this.secrets = new Set(); /* tokens, passwords, answers that no log may hold */
		this.used = 0;
	}

	async start() {
		this.port = await free_port();
		this.child = spawn(join(ROOT, 'demo'), ['--yes', '--dir', this.dir, '--port', String(this.port)], {
			stdio: ['ignore', 'pipe', 'pipe'],
			env: {
				...process.env,
				ISOLOIR_BUILD: BUILD,
				ISOLOIR_CONF_EXTRA: this.options.settings ?? '',
				...this.options.env,
			},
		});
		this.child.ended = new Promise((done) => this.child.once('exit', (code, signal) => done(code ?? signal)));
		for (const stream of [this.child.stdout, this.child.stderr])
			stream.setEncoding('utf8').on('data', (chunk) => { this.output += chunk; });
		await until(`the demo (${this.dir})`, () => {
			if (this.child.exitCode !== null)
				throw new Error(`the demo did not start:\n${this.output}`);
			return existsSync(join(this.dir, 'demo.env'));
		}, 120).catch((error) => {
			this.child.kill('SIGTERM'); /* else it would keep the tests from ending */
			throw new Error(`${error.message}\n${this.output}`);
		});
		this.#read_env();
		return this;
	}

	#read_env() {
		for (const line of readFileSync(join(this.dir, 'demo.env'), 'utf8').trim().split('\n')) {
			const [, name, value] = line.match(/^(\w+)='(.*)'$/);
			this[name] = value;
		}
		this.identifiers = this.IDENTIFIERS.split(',');
		this.base = this.PORTAL_URL.replace(/\/accueil$/, '');
		this.origin = new URL(this.base).origin;
		this.path = new URL(this.base).pathname;
	}

	/** An elector of the sample that no test of this file has used yet. */
	fresh() {
		const identifier = this.identifiers[this.used++];
		if (!identifier)
			throw new Error('the sample election has no more electors');
		return identifier;
	}

	async mails(to, after = 0) {
		const answer = await fetch(`${this.MAILBOX_JSON_URL}?after=${after}${to ? `&to=${encodeURIComponent(to)}` : ''}`);
		return answer.json();
	}

	/** The newest mail to somebody, once there are at least n. */
	async mail(to, n = 1) {
		const all = await until(`mail ${n} to ${to}`, async () => {
			const mails = await this.mails(to);
			return mails.length >= n && mails;
		}, 30);
		return all.at(-1);
	}

	/** The link in the newest mail to somebody. */
	async link(to, n = 1) {
		const mail = await this.mail(to, n);
		const [link] = mail.text.match(/http:\/\/\S+\/activation\/[A-Za-z0-9_-]+/);

		this.secrets.add(link.split('/').at(-1));
		return link;
	}

	captcha(id) {
		return captcha_code(join(this.dir, 'conf/keys'), id);
	}

	sql(text) {
		return execFileSync('mariadb', ['--no-defaults', `--socket=${this.MARIADB}`, '-u', 'root', '-BN', 'isoloir', '-e', text],
			{ encoding: 'utf8' }).trim();
	}

	ctl(...words) {
		return execFileSync(this.ISOLOIRCTL, ['-c', this.CONF, ...words], { encoding: 'utf8' });
	}

	pid(name) {
		return Number(readFileSync(join(this.dir, 'run', `${name}.pid`), 'utf8'));
	}

	/** Its pid while it runs, else 0: the file may be gone, or name one that has ended. */
	live_pid(name) {
		try {
			const pid = this.pid(name);
			return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')) ? 0 : pid;
		} catch {
			return 0;
		}
	}

	runs(name) {
		return this.live_pid(name) !== 0;
	}

	/** Another one than `before`. */
	runs_anew(name, before) {
		return ![0, before].includes(this.live_pid(name));
	}

	/** End a server and keep it down until release(name). */
	hold(name, signal = 'SIGTERM') {
		writeFileSync(join(this.dir, 'run', `${name}.hold`), '');
		process.kill(this.pid(name), signal);
	}

	release(name) {
		rmSync(join(this.dir, 'run', `${name}.hold`));
	}

	/* ---- bad days ---- */

	/** Down, by a polite end or (SIGKILL) at once, until up(name). */
	async down(name, signal) {
		this.hold(name, signal);
		await until(`${name} to end`, () => !this.runs(name));
	}

	/** Up again; done when it answers. */
	async up(name) {
		this.release(name);
		await until(`${name} to answer`, () => this.runs(name) && this.#answers(name));
	}

	/** Ended and started again by its supervisor. */
	async again(name, signal = 'SIGTERM') {
		const before = this.pid(name);

		process.kill(before, signal);
		await until(`another ${name}`, () => this.runs_anew(name, before) && this.#answers(name));
	}

	async #answers(name) {
		if (name === 'mariadb')
			return spawnSync('mariadb-admin', ['--no-defaults', `--socket=${this.MARIADB}`, '-u', 'root', 'ping']).status === 0;
		if (name.startsWith('redis'))
			return await redis(this[name === 'redis-queue' ? 'REDIS_QUEUE' : 'REDIS_EPHEMERAL'], 'PING').catch(() => '') === 'PONG';
		return existsSync(join(this.dir, 'run', name === 'portal' ? 'portal.sock' : `${name}.ctl`));
	}

	/** Hangs without dying, until thaw(name); done when each of its threads stands still. */
	async freeze(name) {
		const tasks = `/proc/${this.pid(name)}/task`;

		process.kill(this.pid(name), 'SIGSTOP');
		this.frozen.add(name);
		await until(`${name} to stand still`, () => readdirSync(tasks).every((one) => /\) T /.test(readFileSync(join(tasks, one, 'stat'), 'utf8'))));
	}

	thaw(name) {
		process.kill(this.pid(name), 'SIGCONT');
		this.frozen.delete(name);
	}

	/** Whatever a story has left frozen or down. */
	async heal() {
		for (const name of this.frozen)
			this.thaw(name);
		for (const file of readdirSync(join(this.dir, 'run')).filter((one) => one.endsWith('.hold')))
			await this.up(basename(file, '.hold'));
	}

	/** The portal's or mailer's workers, without the child that tells the metrics. */
	workers(name) {
		const r = spawnSync('ps', ['--ppid', String(this.pid(name)), '-o', 'pid=,comm='], { encoding: 'utf8' });

		return r.stdout.split('\n').filter((line) => !line.includes('isoloir-metrics')).map((line) => parseInt(line, 10)).filter(Boolean);
	}

	/** As if the disk had room for files of this size and no more ("unlimited": all that is wanted), for a server and its workers. */
	room(name, bytes) {
		const limits = (pid) => ['prlimit', '--pid', String(pid), `--fsize=${bytes}:`];
		const as_them = process.getuid() === 0 ? ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'] : ['env'];

		for (const pid of [this.pid(name), ...this.workers(name)])
			execFileSync(as_them[0], [...as_them.slice(1), ...limits(pid)]);
	}

	/** Lines of a log that hold all of these words, from the place `from` on. */
	told(name, words, from = 0) {
		return this.log(name).slice(from).split('\n').filter((line) => words.every((word) => line.includes(word)));
	}

	log(name) {
		const file = join(this.dir, 'log', `${name}.log`);
		return existsSync(file) ? readFileSync(file, 'utf8') : '';
	}

	/** End all of it; the sentences of what the logs should not say. */
	async stop() {
		const faults = [];

		for (const name of this.frozen)
			this.thaw(name);
		faults.push(...this.#hashes_astray());
		this.child.kill('SIGTERM');
		const status = await this.child.ended;
		if (status !== 0)
			faults.push(`the demo ended with ${status}: ${this.output.slice(-500)}`);
		faults.push(...this.#look_into_logs());
		const kept = join(ROOT, '.build/logs', `${this.name}${process.env.ISOLOIR_SUITE ? `-${process.env.ISOLOIR_SUITE}` : ''}`);
		rmSync(kept, { recursive: true, force: true });
		cpSync(join(this.dir, 'log'), kept, { recursive: true });
		rmSync(this.dir, { recursive: true, force: true });
		return faults;
	}

	/* Did nginx send a post that needs a hash to where all others come? */
	#hashes_astray() {
		if (!this.runs('portal'))
			return [];
		const { hash_unseated: astray } = JSON.parse(this.ctl('status', 'portal', '--json')).portal;
		return astray === 0 ? [] : [`${astray} hashes were computed outside their address: see conf/nginx/isoloir-http.inc`];
	}

	#look_into_logs() {
		const logs = readdirSync(join(this.dir, 'log')).map((file) => [file, readFileSync(join(this.dir, 'log', file), 'utf8')]);
		const faults = [];

		for (const [file, text] of logs)
			for (const line of text.split('\n'))
				faults.push(...this.#faults_of(line).map((what) => `${file}: ${what}: ${line}`));
		return faults;
	}

	#faults_of(line) {
		const faults = [];

		if (REPORTS.test(line))
			faults.push('a report');
		for (const secret of this.secrets)
			if (secret && line.includes(secret))
				faults.push('a secret');
		if (/\/activation\/[A-Za-z0-9_-]{8}/.test(line))
			faults.push('a link');
		for (const identifier of this.identifiers ?? [])
			if (line.toLowerCase().includes(identifier))
				faults.push('an address');
		return faults;
	}
}

/** options: settings (lines that override isoloir.conf), env. */
export function demo(name, options = {}) {
	return new Demo(basename(name).replace(/\..*/, ''), options).start();
}
