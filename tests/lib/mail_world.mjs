/*
 * What the mailer's tests need and nothing more: a private MariaDB, a private Redis for the queue, an SMTP peer, and isoloir-mailer between them.
 * Everything lives in one temporary directory and is ended by stop().
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SmtpPeer } from './smtp_peer.mjs';

const tree = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.ISOLOIR_BUILD ?? path.join(tree, '.build/plain');
const isRoot = process.getuid() === 0;
const asNobody = isRoot ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Ask again until the answer is true; the last answer otherwise. */
export async function until(ask, seconds = 15) {
	const end = Date.now() + seconds * 1000;
	let answer;

	while (!(answer = await ask()) && Date.now() < end)
		await sleep(50);
	return answer;
}

function find(...candidates) {
	const found = candidates.map((c) => path.join(build, c)).find((c) => fs.existsSync(c));

	if (!found)
		throw new Error(`${candidates[0]} is not built in ${build}`);
	return found;
}

export class MailWorld {
	constructor() {
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'isoloir-mail-'));
		fs.chmodSync(this.dir, 0o755);
		this.children = [];
		this.peers = [];
		this.mailer = null;
	}

	async start() {
		for (const name of ['run', 'keys', 'secrets', 'redis'])
			fs.mkdirSync(path.join(this.dir, name));
		for (const name of ['pepper', 'token', 'page', 'reference', 'audit'])
			fs.writeFileSync(path.join(this.dir, 'keys', `${name}.key`), Buffer.alloc(32, name).toString('hex'), { mode: 0o440 });
		await Promise.all([this.#newMariadb(), this.startRedis()]);
		this.#makeTables();
		return this;
	}

	#spawn(command, options = {}) {
		const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'ignore', 'inherit'], ...options });

		this.children.push(child);
		child.ended = new Promise((done) => child.once('exit', (code, signal) => done(code ?? signal)));
		return child;
	}

	async end(child, signal = 'SIGTERM') {
		if (child && child.exitCode === null && child.signalCode === null)
			child.kill(signal);
		return child?.ended;
	}

	// ---- MariaDB ----

	async #newMariadb() {
		const data = path.join(this.dir, 'mariadb');

		fs.mkdirSync(data);
		if (isRoot)
			spawnSync('chown', ['nobody:nogroup', data]);
		const made = spawnSync([...asNobody, 'mariadb-install-db'][0], [...asNobody, 'mariadb-install-db', '--no-defaults',
			`--datadir=${data}/data`, '--auth-root-authentication-method=normal', '--skip-test-db'].slice(1), { encoding: 'utf8' });

		if (made.status !== 0)
			throw new Error(`mariadb-install-db: ${made.stdout}${made.stderr}`);
		await this.startMariadb();
	}

	async startMariadb() {
		const d = path.join(this.dir, 'mariadb');

		this.mariadb = this.#spawn([...asNobody, 'mariadbd', '--no-defaults', `--datadir=${d}/data`, `--socket=${d}/s`,
			`--pid-file=${d}/pid`, '--skip-networking', '--skip-log-error', '--innodb-buffer-pool-size=64M'],
		{ stdio: ['ignore', 'ignore', fs.openSync(path.join(this.dir, 'mariadb.log'), 'a')] });
		if (!(await until(() => this.sql('select 1', '') !== null, 30)))
			throw new Error('MariaDB does not start');
	}

	/** Rows of tab-separated columns; null when the server does not answer. */
	sql(text, database = 'isoloir') {
		const r = spawnSync('mariadb', ['--no-defaults', '-N', '-B', '-u', 'root', '-S', path.join(this.dir, 'mariadb/s'),
			'--default-character-set=utf8mb4', ...(database ? [database] : [])], { input: text, encoding: 'utf8', maxBuffer: 1 << 26 });

		if (r.status !== 0) {
			if (/ERROR 2\d\d\d/.test(r.stderr))
				return null;
			throw new Error(r.stderr);
		}
		return r.stdout.split('\n').filter((l) => l !== '').map((l) => l.split('\t'));
	}

	#makeTables() {
		const words = { database: '`isoloir`', portal: 'isoloir_portal', mailer: 'isoloir_mailer', ctl: 'isoloir_ctl' };
		const schema = path.join(tree, 'conf/schema');
		const rights = fs.readFileSync(path.join(schema, 'rights.sql'), 'utf8').replace(/\$\{(\w+)\}/g, (_, w) => words[w] ?? w);

		this.sql('create database isoloir character set utf8mb4', '');
		this.sql(['portal', 'mailer', 'ctl'].map((w) => `create user isoloir_${w}@'%';`).join('\n'), '');
		this.sql('create table schema_migration (number int unsigned not null primary key)');
		for (const name of fs.readdirSync(schema).filter((n) => /^\d{3}-.*\.sql$/.test(n)).sort())
			this.sql(`${fs.readFileSync(path.join(schema, name), 'utf8')}; insert into schema_migration values (${Number(name.slice(0, 3))})`);
		this.sql(rights);
		this.sql(`insert into election (id, slug, title, opens_at, closes_at) values (1, 'demo', 'Élections d’essai',
			utc_timestamp() + interval 16 day, utc_timestamp() + interval 24 day);
			insert into mail_domain values ('ac-nantes.fr'), ('ac-lent.fr'), ('ac-polynesie.pf');`);
	}

	addElectors(identifiers, zone = 'Europe/Paris') {
		const values = identifiers.map((i) => `(1, '${i}', 'Mme', 'MARTIN', 'Élise', '${zone}')`);

		this.sql(`insert into elector (election_id, identifier, civility, family_name, given_name, time_zone) values ${values.join(',')}`);
	}

	job(identifier) {
		const [row] = this.sql(`select id, state, attempts, attempt_open, last_reply, reference from mail_job
			where identifier = '${identifier}' order by created_at desc limit 1`) ?? [];

		return row && { id: row[0], state: row[1], attempts: Number(row[2]), open: row[3] === '1', reply: row[4], reference: row[5] };
	}

	/** Whether it was tried so often and waits again: by its row, and in Redis, which is told after it. */
	waitsAgain(identifier, attempts) {
		return until(() => {
			const job = this.job(identifier);

			return job.attempts === attempts && job.state === 'ready' && !job.open && this.redisDo('HGET', `isoloir:{mq}:job:${job.id}`, 'place').startsWith('ready');
		});
	}

	/** The states of their last mails, of one moment. */
	states(identifiers) {
		const rows = new Map(this.sql(`select identifier, state from mail_job where identifier in ('${identifiers.join("','")}') order by created_at`));

		return identifiers.map((one) => rows.get(one));
	}

	// ---- Redis ----

	async startRedis() {
		const d = path.join(this.dir, 'redis');

		this.redis = this.#spawn(['redis-server', '--port', '0', '--unixsocket', `${d}/s`, '--dir', d, '--appendonly', 'yes',
			'--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction', '--enable-debug-command', 'local', '--logfile', `${d}/log`]);
		if (!(await until(() => this.redisDo('PING') === 'PONG')))
			throw new Error('Redis does not start');
	}

	redisDo(...words) {
		return spawnSync('redis-cli', ['-s', path.join(this.dir, 'redis/s'), ...words], { encoding: 'utf8' }).stdout.trim();
	}

	/** Every job in exactly one set? Returns what is wrong, and the number of jobs in each set. */
	fsck() {
		const keys = this.redisDo('--scan', '--pattern', 'isoloir:{mq}:*').split('\n').filter(Boolean);
		const jobs = keys.filter((k) => k.includes(':job:')).map((k) => k.split(':job:')[1]);
		const places = new Map(jobs.map((j) => [j, []]));
		const counts = {};
		const wrong = [];

		for (const key of keys.filter((k) => this.redisDo('TYPE', k) === 'zset' && !/:(lanes|flight|took):/.test(k))) {
			const members = this.redisDo('ZRANGE', key, '0', '-1').split('\n').filter(Boolean);

			counts[key.replace('isoloir:{mq}:', '')] = members.length;
			for (const m of members)
				places.has(m) ? places.get(m).push(key) : wrong.push(`${m} is in ${key} without a hash`);
		}
		for (const [job, at] of places)
			if (at.length !== 1)
				wrong.push(`${job} is in ${at.length} sets`);
		return { wrong, counts, jobs: jobs.length };
	}

	/** Jobs that still have a way to go: not those that are dead or parked. */
	busy() {
		const { counts, jobs } = this.fsck();

		return jobs - (counts.dead ?? 0) - (counts.uncertain ?? 0);
	}

	// ---- the mailer ----

	/** settings: of [mailer]; `more`: further sections, as text. */
	configure(port, { more = '', ...settings } = {}) {
		const d = this.dir;
		const mailer = {
			senders: 2, host: '127.0.0.1', port, starttls: 'off', from: 'elections@vote.example', from_name: 'Bureau de vote',
			theme: path.join(tree, 'mailer/theme/default'), sweep: '200ms', backoff: '100ms', uncertain_delay: '1s', cooldown: '2min',
			connect_timeout: '2s', reply_timeout: '5s', ...settings,
		};
		const lines = ['[isoloir]', `run_dir = ${d}/run`, `keys_dir = ${d}/keys`, 'public_url = https://vote.example', `log_file = ${d}/mailer.log`,
			'[database]', `socket = ${d}/mariadb/s`, 'name = isoloir', `password_dir = ${d}/secrets`, 'timeout = 2s',
			'[redis]', `queue = ${d}/redis/s`, `ephemeral = ${d}/redis/s`, 'timeout = 1s',
			'[mailer]', ...Object.entries(mailer).map(([k, v]) => `${k} = ${v}`)];

		this.conf = path.join(d, 'isoloir.conf');
		fs.writeFileSync(this.conf, `${lines.join('\n')}\n${more}`);
	}

	async startMailer(port, settings = {}, env = {}) {
		this.configure(port, settings);
		this.logFrom = 0;
		this.logFrom = this.log().length;
		this.mailer = this.#spawn([find('isoloir-mailer'), '-f', '-c', this.conf], { env: { ...process.env, ...env } });
		if (!(await until(() => fs.existsSync(path.join(this.dir, 'run/mailer.pid')))))
			throw new Error(`the mailer does not start: ${this.log()}`);
	}

	async stopMailer(signal = 'SIGTERM') {
		const status = await this.end(this.mailer, signal);

		this.mailer = null;
		return status;
	}

	/** A peer that behaves so, until rest(). */
	async newPeer(behaviour = {}, port = 0) {
		const peer = await new SmtpPeer(behaviour).listen(port);

		this.peers.push(peer);
		return peer;
	}

	/** A mailer, and the peer that it talks with. */
	async withMailer(behaviour = {}, settings = {}) {
		const peer = await this.newPeer(behaviour);

		await this.startMailer(peer.port, settings);
		return peer;
	}

	/** Between two stories: the mailer and its senders end well, the peers close, and every job stands in exactly one set. */
	async rest(...peers) {
		if (this.mailer)
			assert.equal(await this.stopMailer(), 0, `the mailer and its senders end well: ${this.log()}`);
		await Promise.all([...peers, ...this.peers.splice(0)].map((peer) => peer?.close()));
		assert.deepEqual(this.fsck().wrong, [], 'every job stands in exactly one set');
	}

	/** A file of stories in this world, with the hooks of its runner: isoloirctl may do all, no mailer runs at first, and a story leaves nothing to the next one. */
	tell({ before, after, afterEach }) {
		before(async () => {
			await this.start();
			this.sql("grant all on isoloir.* to isoloir_ctl@'%'");
			this.configure(25);
		});
		after(() => this.stop());
		afterEach(async () => {
			await this.rest();
			assert.equal(this.ctl('queue', 'fsck').status, 0);
			this.sql("delete from mail_policy; update mail_job set state = 'dropped', finished_at = utc_timestamp(3) - interval 2 day");
			this.redisDo('FLUSHALL');
		});
	}

	/** isoloirctl as people and programs see it. */
	ctl(...words) {
		const { status, stdout, stderr } = spawnSync(find('isoloirctl'), ['-c', this.conf, ...words], { encoding: 'utf8', maxBuffer: 1 << 28 });

		return { status, stdout, stderr };
	}

	/** What it says with --json, beside how it ended. */
	answer(...words) {
		const { status, stdout, stderr } = this.ctl(...words, '--json');

		return { status, stderr, ...JSON.parse(stdout || '{}') };
	}

	/** So many people more on the roll. */
	newElectors(n, domain = 'ac-nantes.fr') {
		this.serial = (this.serial ?? 0) + 1;
		const list = Array.from({ length: n }, (_, i) => `elise.martin${this.serial}x${i}@${domain}`);

		this.addElectors(list);
		return list;
	}

	/** Process ids of the senders. */
	senders() {
		const r = spawnSync('ps', ['--ppid', String(this.mailer.pid), '-o', 'pid='], { encoding: 'utf8' });

		return r.stdout.split('\n').map(Number).filter(Boolean);
	}

	/** The mailer knows what the rows say by now. A sweep that is under way may have read them before, so two of them: each writes the paces anew, without our mark. */
	async swept() {
		for (let i = 0; i < 2; i++) {
			this.redisDo('HSET', 'isoloir:{mq}:pace', 'mark', '');
			assert.ok(await until(() => this.redisDo('HEXISTS', 'isoloir:{mq}:pace', 'mark') === '0', 30), 'the mailer sweeps');
		}
	}

	/** What the mailer logged since it was started last. */
	log() {
		const file = path.join(this.dir, 'mailer.log');

		return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').slice(this.logFrom ?? 0) : '';
	}

	/** As the portal does. Returns the references. env: a fault point where it dies. */
	put(identifiers, mail = 'activation', env = {}) {
		const many = identifiers.length > 50;
		const r = spawnSync(find('tests/integration/queue_put', 'queue_put'), [this.conf, mail, '1', ...(many ? ['-'] : identifiers)],
			{ input: many ? `${identifiers.join('\n')}\n` : '', encoding: 'utf8', env: { ...process.env, ...env } });

		if (r.status !== 0)
			throw new Error(r.stderr);
		return r.stdout.trim().split('\n');
	}

	hasFaults() {
		return fs.readFileSync(find('isoloir-mailer')).includes('ISOLOIR_FAULT');
	}

	async stop() {
		for (const child of [...this.children].reverse())
			await this.end(child);
		if (!process.env.KEEP)
			fs.rmSync(this.dir, { recursive: true, force: true });
	}
}
