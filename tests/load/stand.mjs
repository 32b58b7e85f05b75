/* What the figures stand on: a demo, the bare references beside it, and hands to measure with. Nothing outlives close(). */
import { execFile, spawn } from 'node:child_process';
import { chownSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { demo, free_port, pause, ROOT, until } from '../lib/demo.mjs';
import { Elector, hidden } from '../lib/elector.mjs';
import { SmtpPeer } from '../lib/smtp_peer.mjs';
import { cookie_of, Wire } from '../lib/wire.mjs';

export const CORES = cpus().length;
export const WORKERS = 4;
export const run = promisify(execFile);
export { pause, until };

/** memory and passes: of one hash; slots: hashes at once. */
export class Stand {
	constructor({ memory = 19 << 20, passes = 2, slots = 0 } = {}) {
		this.hash = { memory, passes, slots };
		this.children = [];
		this.mailed = new Map(); /* who: what to call with the mail's text */
	}

	async open() {
		this.peer = await new SmtpPeer({ keep: ({ to, text }) => this.#mail_came(to, text) }).listen();
		this.demo = await demo('load', {
			env: { ISOLOIR_SMTP_PORT: String(this.peer.port) },
			settings: `[portal]\nworkers = ${WORKERS}\nmax_requests = 0\n[mailer]\nsenders = 4\ncooldown = 0s\ndaily_max = 1000\n[throttle]\nscale = 0\n`
				+ `[password]\nmemory = ${this.hash.memory >> 20}MiB\npasses = ${this.hash.passes}\nslots = ${this.hash.slots}\n`,
		});
		this.wire = new Wire(this.demo);
		const { uid, gid } = statSync(join(this.demo.dir, 'conf/keys'));
		this.user = process.getuid() === 0 ? { uid, gid } : {};
		this.own = join(this.demo.dir, 'load');
		mkdirSync(this.own);
		chownSync(this.own, uid, gid);
		return this;
	}

	async close() {
		this.wire?.close();
		for (const child of this.children)
			child.kill();
		await this.demo?.stop();
		await this.peer?.close();
	}

	/** A program of this directory, with other files of the tree, compiled with the compiler's usual optimization. */
	async compile(name, library, ...files) {
		const out = join(this.own, name);
		const { stdout: flags } = library ? await run('pkg-config', ['--cflags', '--libs', library]) : { stdout: '' };

		await run('cc', ['-O2', '-D_GNU_SOURCE', '-o', out, `-I${ROOT}`, join(ROOT, 'tests/load', `${name}.c`), ...files.map((file) => join(ROOT, file)), ...flags.split(/\s+/).filter(Boolean)]);
		return out;
	}

	start(command, ...words) {
		const child = spawn(command, words, { cwd: this.own, stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }, ...this.user });
		this.children.push(child);
		return child;
	}

	/** An nginx like the demo's in front of the references: the ports by name. */
	async references(sockets) {
		const ports = {};
		let servers = '';

		for (const [name, { socket, script }] of Object.entries(sockets)) {
			ports[name] = await free_port();
			servers += `upstream ${name} { server unix:${socket} max_fails=0; }
				server { listen 127.0.0.1:${ports[name]} backlog=1024; location / {
				include isoloir-fastcgi.inc; ${script ? `fastcgi_param SCRIPT_FILENAME ${script};` : ''}
				fastcgi_keep_conn off; fastcgi_pass ${name}; } }\n`;
		}
		const original = readFileSync(join(this.demo.dir, 'conf/nginx.conf'), 'utf8');
		const conf = join(this.demo.dir, 'conf/load.conf'), here = `${this.own}/nginx`;

		writeFileSync(conf, `${original.slice(0, original.indexOf('    upstream'))
			.replaceAll(`${this.demo.dir}/tmp/nginx`, here).replaceAll(`${this.demo.dir}/log/nginx`, `${here}-log`)}${servers}}\n`);
		this.start('nginx', '-p', this.demo.dir, '-c', conf, '-e', `${here}-log-error.log`);
		for (const port of Object.values(ports))
			await until(`the reference on port ${port}`, () => fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.ok, () => false));
		return ports;
	}

	/** php-fpm with as many workers and the bytes of the page: its socket and script, or nothing where it is not installed. */
	php(page) {
		const found = ['/usr/sbin', '/usr/bin'].flatMap((dir) => readdirSync(dir).filter((file) => /^php-fpm[\d.]*$/.test(file)).map((file) => join(dir, file)))[0];
		const socket = join(this.own, 'php.sock'), conf = join(this.own, 'php.conf'), script = join(this.own, 'same.php');

		if (!found)
			return undefined;
		writeFileSync(join(this.own, 'page.html'), page);
		copyFileSync(join(ROOT, 'tests/load/same.php'), script);
		writeFileSync(conf, `[global]\nerror_log = ${this.own}/php.log\n[www]\nlisten = ${socket}\nlisten.mode = 0666\nlisten.backlog = 1024\n`
			+ `pm = static\npm.max_children = ${WORKERS}\n`);
		this.start(found, '-n', '-F', '-y', conf);
		return { socket, script };
	}

	#mail_came(to, text) {
		const call = this.mailed.get(to);

		this.mailed.delete(to);
		call?.(text);
	}

	/** The link of the next mail to somebody. */
	link(who) {
		return new Promise((done, fail) => {
			const late = setTimeout(() => fail(new Error(`no mail to ${who}`)), 30000);
			this.mailed.set(who, (text) => {
				clearTimeout(late);
				done(text.replace(/=\r\n/g, '').match(/http:\/\/\S+?\/activation\/[A-Za-z0-9_-]+/)?.[0]);
			});
		});
	}

	/** n addresses more on the roll, at most 500. */
	enrol(n, name) {
		const all = Array.from({ length: n }, (_, i) => `${name}.${i}@ac-nantes.fr`);

		this.demo.sql(`insert into elector (election_id, identifier, family_name, given_name) values ${all.map((who) => `(1, '${who}', 'MARTIN', 'Claude')`).join()}`);
		return all;
	}

	/** A scrutin of so many electors, each name ten times, some twenty people a posting, and this one among them: the address of its roll. */
	roll(who, n) {
		this.demo.sql(`set foreign_key_checks = 0, unique_checks = 0;
			update election set rolls_from_at = utc_timestamp() - interval 1 day, rolls_until_at = utc_timestamp() + interval 9 day;
			insert into scrutin (election_id, code, kind, name, place) values (1, 'ROLL', 'X', 'Scrutin national', 900);
			insert into posting (id, election_id, name, academy, name_key) select 5000000 + seq, 1, concat('Lycée ', seq), 'Nantes', concat('lycee ', seq) from seq_1_to_${Math.ceil(n / 20)};
			insert into elector (id, election_id, identifier, family_name, given_name, posting) select 5000000 + seq, 1, concat('roll', seq, '@ac-nantes.fr'),
				concat('Nom', lpad(seq div 10, 7, '0')), 'Marie', concat('Lycée ', 1 + seq mod ${Math.ceil(n / 20)}) from seq_1_to_${n};
			insert into elector_scrutin (elector_id, scrutin_id, name_key, posting_id) select 5000000 + seq, s.id, concat('nom', lpad(seq div 10, 7, '0'), ' marie'),
				5000001 + seq mod ${Math.ceil(n / 20)} from seq_1_to_${n} join scrutin s on s.code = 'ROLL' order by 3, 1;
			insert into elector_scrutin (elector_id, scrutin_id, name_key) select e.id, s.id, 'martin claude' from elector e join scrutin s on s.code = 'ROLL' where e.identifier = '${who}';
			analyze table elector_scrutin, elector, posting`);
		this.first_posting = 5000001;
		return '/mes-scrutins/ROLL/liste-electorale';
	}

	/** A first visit from the identifier to the home page. */
	async activate(who) {
		const me = new Elector({ ...this.demo, base: this.demo.base, origin: this.demo.origin, captcha: (id) => this.demo.captcha(id), secrets: new Set() });
		const link = this.link(who);

		await me.identify(who);
		const challenge = await me.choose(await link);
		const home = await me.leave(challenge, 'activer');
		if (home.status !== 303)
			throw new Error(`the activation of ${who} ended with ${home.status}`);
	}

	/** Many visitors who have given this identifier: a cookie and the fields of the log-in form each. */
	async visitors(who, n) {
		const all = [];

		for (let i = 0; i < n; i++) {
			const page = await this.wire.ask('GET', `${this.demo.path}/accueil`);
			all.push({ cookie: cookie_of(page), form: hidden(page.text, '/accueil') });
		}
		for (const one of all) {
			const captcha = this.demo.captcha(one.form.captcha_id);
			const given = await this.wire.ask('POST', `${this.demo.path}/accueil`, { cookie: one.cookie, form: { ...one.form, captcha, identifiant: who } });
			one.cookie = cookie_of(given);
			one.form = hidden((await this.wire.ask('GET', `${this.demo.path}/connexion`, { cookie: one.cookie })).text, '/connexion');
		}
		return all;
	}

	/** One log-in after the other over some connections until the list is empty or the time is over: {per_second, refused}. */
	async log_in(list, password, connections, seconds = Infinity) {
		const began = performance.now(), end = began + seconds * 1000;
		let done = 0, refused = 0, next = 0;

		await Promise.all(Array.from({ length: connections }, async () => {
			const wire = new Wire(this.demo);
			while ((next < list.length || seconds < Infinity) && performance.now() < end) {
				const { cookie, form } = list[next++ % list.length];
				const answer = await wire.ask('POST', `${this.demo.path}/connexion`, { cookie, form: { ...form, mot_de_passe: password } });
				done++;
				refused += answer.status !== 303;
			}
			wire.close();
		}));
		return { per_second: done / (performance.now() - began) * 1000, refused };
	}

	/** wrk on one page: {per_second, bad}, bad being everything that was not a 2xx or 3xx, or no answer at all. */
	async pages(port, path, seconds, connections = 16) {
		const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, `http://127.0.0.1:${port}${path}`]);
		const errors = stdout.match(/Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/)?.slice(1) ?? [];
		const bad = [stdout.match(/Non-2xx or 3xx responses: (\d+)/)?.[1] ?? 0, ...errors].reduce((sum, n) => sum + Number(n), 0);

		return { per_second: Number(stdout.match(/Requests\/sec:\s+([\d.]+)/)[1]), bad, requests: Number(stdout.match(/(\d+) requests in/)[1]) };
	}

	/** Times of one page asked for again and again for some seconds, with a breath between. */
	async times(path, seconds) {
		const end = performance.now() + seconds * 1000, all = [];

		while (performance.now() < end) {
			all.push((await this.wire.ask('GET', this.demo.path + path)).ms);
			await pause(2);
		}
		return all;
	}

	workers() {
		const pid = this.demo.pid('portal');
		return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
			.filter((child) => readFileSync(`/proc/${child}/comm`, 'utf8') !== 'isoloir-metrics\n');
	}

	/** Private memory of each worker, in MB. */
	memory() {
		return this.workers().map((pid) => {
			const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
			return [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].reduce((sum, [, kb]) => sum + Number(kb), 0) / 1024;
		});
	}
}
