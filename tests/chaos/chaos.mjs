/*
 * The queue's promise under everything at once: several put mails by the real queue_put, several senders send them to a peer that counts and misbehaves, and
 * meanwhile processes are killed, servers restarted, emptied, filled and set back (plan.mjs, from one seed). Then all is well again, the mail team decides
 * about what is parked, and each mail is accounted for: by the peer's own journal, which it writes before it says 250, and by the history of each row, which
 * triggers of the database write in the transaction that changes it.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';
import { SmtpPeer } from '../lib/smtp_peer.mjs';
import { chance, Plan } from './plan.mjs';

const SETTINGS = { senders: 5, per_session: 20, backoff: '20ms', uncertain_delay: '1s', sweep: '200ms', reply_timeout: '1s', connect_timeout: '1s', cooldown: '10min' };
const PUTTERS = ['activation', 'activation', 'activation', 'activated'];
const ONCE_ONLY = 'activated'; /* of queue.h's rows one that may not be doubled */
const DOMAINS = ['ac-nantes.fr', 'ac-lent.fr', 'ac-polynesie.pf', 'inconnu.example'];
const LIBRARY = fs.readdirSync('/usr/lib').map((one) => `/usr/lib/${one}/faketime/libfaketime.so.1`).find((one) => fs.existsSync(one));
const SETS = /^isoloir:\{mq\}:(ready:.*|leased|held|uncertain|settling|dead)$/;

/* All jobs and all sets at one instant. */
const SNAPSHOT = `local jobs, sets = {}, {}
for _, key in ipairs(redis.call('KEYS', 'isoloir:{mq}:*')) do
	if string.find(key, '{mq}:job:', 1, true) then jobs[#jobs + 1] = string.match(key, ':job:(.*)$')
	elseif redis.call('TYPE', key).ok == 'zset' then sets[#sets + 1] = {key, redis.call('ZRANGE', key, 0, -1)} end
end
return cjson.encode({jobs, sets})`;

/** A run: {seed, mails, seconds} in; run() gives what was wrong, and told the figures. */
export class Chaos {
	constructor({ mails, seconds, seed, tell = () => {} }) {
		Object.assign(this, { mails, seconds, seed, tell });
		this.plan = new Plan(seed);
		this.world = new MailWorld();
		this.wrong = [];
		this.nowhere = new Set();
		this.happened = {};
		this.accepted = { activation: [], activated: [] };
		this.unknown = new Set(); /* addresses that are on no roll */
		this.bad = true; /* the peer misbehaves */
	}

	async run() {
		await this.#open();
		try {
			const turmoil = this.#turmoil(); /* ends when the putters have */
			await Promise.all(PUTTERS.map((mail, i) => this.#put_all(mail, i)));
			this.over = true;
			await turmoil;
			await this.#quiesce();
			await this.#decide();
			this.#account();
		} finally {
			await this.#close();
		}
		return this.wrong;
	}

	// ---- what it stands on ----

	async #open() {
		const { world } = this;

		await world.start();
		this.journal = path.join(world.dir, 'journal');
		this.journal_fd = fs.openSync(this.journal, 'a');
		this.once = path.join(world.dir, 'once');
		this.clock = path.join(world.dir, 'clock');
		this.#step(0);
		world.sql(`grant all on isoloir.* to isoloir_ctl@'%';
			create table chaos_history (n bigint auto_increment primary key, id char(32) character set ascii collate ascii_bin, state varchar(12), attempt_open tinyint, key (id));
			create trigger chaos_born after insert on mail_job for each row insert into chaos_history (id, state, attempt_open) values (new.id, new.state, new.attempt_open);
			create trigger chaos_moved after update on mail_job for each row insert into chaos_history (id, state, attempt_open)
				select new.id, new.state, new.attempt_open from dual where new.state <> old.state or new.attempt_open <> old.attempt_open`);
		PUTTERS.forEach((mail, i) => this.#enrol(i));
		this.peer = await this.#new_peer(0);
		this.port = this.peer.port;
		await this.#start_mailer();
	}

	#new_peer(port) {
		const behaviour = { cue: (at) => (this.bad ? this.plan.cue({ ...at, session: this.sessions + at.session }) : undefined), extensions: (i) => this.plan.extensions(this.sessions + i) };

		this.sessions = (this.sessions ?? 0) + (this.peer?.sessions ?? 0);
		return new SmtpPeer({ ...behaviour, keep: (mail) => this.#keep(mail) }).listen(port);
	}

	/* On the disk before the peer may say 250. */
	#keep({ to, text }) {
		fs.writeSync(this.journal_fd, `${/^Message-Id: <(\w+)@/mi.exec(text)?.[1]} ${to}\n`);
		fs.fdatasyncSync(this.journal_fd);
	}

	#start_mailer() {
		const faked = LIBRARY ? { LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: this.clock, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' } : {};
		const point = this.plan.fault_point(this.starts = (this.starts ?? 0) + 1);

		return this.world.startMailer(this.port, SETTINGS, { ...faked, ISOLOIR_FAULT: `kill:${point}`, ISOLOIR_FAULT_ONCE: this.once });
	}

	#step(seconds) {
		fs.writeFileSync(`${this.clock}.new`, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`);
		fs.renameSync(`${this.clock}.new`, this.clock);
	}

	async #close() {
		await this.peer.close();
		fs.closeSync(this.journal_fd);
		await this.world.stop();
	}

	// ---- those who put mails ----

	/* A putter has a share of the mails, and takes the whole turmoil for them. */
	async #put_all(mail, i) {
		const share = Math.ceil((this.mails - i) / PUTTERS.length), began = Date.now();
		let putter;

		for (let done = 0, n = 0; done < share;) {
			putter ??= this.#new_putter(mail, i);
			const who = this.#somebody(i, n), answer = await putter.put(who);

			if (answer === null)
				putter = null; /* it died: whether the mail was accepted, nobody was told */
			if (answer && answer !== '-') {
				this.accepted[mail].push(who);
				done++;
			} else {
				await sleep(100);
				if (mail !== ONCE_ONLY)
					continue; /* people ask again */
			}
			n++;
			await sleep(Math.max(0, began + this.seconds * 1000 * done / share - Date.now()));
		}
		putter?.child.stdin.end();
	}

	/* One in fifty is on no roll. */
	#somebody(i, n) {
		const who = `elise.martin${i}x${n}@${DOMAINS[n % DOMAINS.length]}`;

		if (chance(this.seed, 'unknown', i, n) < 0.02)
			this.unknown.add(who);
		return who;
	}

	/* Enough for those whose mail was perhaps accepted, too. */
	#enrol(i) {
		const list = Array.from({ length: Math.ceil(this.mails / 2) + 100 }, (_, n) => this.#somebody(i, n));

		this.world.addElectors(list.filter((who) => !this.unknown.has(who)));
	}

	#new_putter(mail, i) {
		const build = process.env.ISOLOIR_BUILD ?? '.build/plain';
		const child = spawn(path.join(build, 'tests/integration/queue_put'), [this.world.conf, mail, '1', '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
		const waiting = [];

		child.stdin.on('error', () => {});
		createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
		child.once('exit', () => waiting.splice(0).forEach((done) => done(null)));
		(this.putters ??= [])[i] = child;
		return {
			child,
			put: (who) => (child.exitCode !== null || child.signalCode !== null ? null : new Promise((done) => {
				waiting.push(done);
				child.stdin.write(`${who}\n`);
			})),
		};
	}

	// ---- what happens meanwhile ----

	async #turmoil() {
		const began = Date.now(), events = {
			'kill a sender': (e) => this.#kill_senders((list) => [list[Math.floor(e.x * list.length)]]),
			'kill all senders': () => this.#kill_senders((list) => list),
			'kill the master': (e) => this.#kill_master(e),
			'arm a fault point': () => fs.writeFileSync(this.once, ''),
			'kill a putter': (e) => this.putters[Math.floor(e.x * PUTTERS.length)]?.kill('SIGKILL'),
			'kill Redis': (e) => this.#restart_redis('SIGKILL', e.away),
			FLUSHALL: () => this.world.redisDo('FLUSHALL'),
			'fill Redis’ disk': (e) => this.#fill(e),
			'kill MariaDB': (e) => this.#restart_mariadb('SIGKILL', e.away),
			'end MariaDB': (e) => this.#restart_mariadb('SIGTERM', e.away),
			'MariaDB is read-only': (e) => this.#read_only(e),
			'the clock steps': (e) => this.#clock(e),
			'the peer dies': (e) => this.#peer_dies(e),
		};

		for (let i = 0; !this.over && Date.now() - began < (this.seconds + 60) * 1000; i++) {
			const e = this.plan.event(i);

			await sleep(e.pause);
			this.happened[e.name] = (this.happened[e.name] ?? 0) + 1;
			await events[e.name](e);
			this.#look('after', e.name);
		}
	}

	#kill_senders(choose) {
		for (const pid of choose(this.world.senders()).filter(Boolean))
			try {
				process.kill(pid, 'SIGKILL');
			} catch { /* it has just ended */ }
	}

	async #kill_master(e) {
		await this.world.end(this.world.mailer, 'SIGKILL');
		await sleep(e.away);
		await this.#start_mailer();
	}

	async #restart_redis(signal, away) {
		await this.world.end(this.world.redis, signal);
		await sleep(away);
		await this.world.startRedis();
	}

	/* It ends by itself at the write that has no room; its supervisor starts it again when there is. */
	async #fill(e) {
		const { redis } = this.world, file = this.#aof(), room = fs.statSync(file).size + Math.floor(e.x * 2000);

		spawnSync('prlimit', ['--pid', String(redis.pid), `--fsize=${room}:${room}`]);
		const ended = await Promise.race([redis.ended, sleep(5000)]);
		if (ended === undefined)
			this.tell('nothing was written while Redis’ disk was full');
		else
			this.filled = (this.filled ?? 0) + 1;
		await this.#restart_redis('SIGKILL', e.away);
	}

	#aof() {
		const dir = path.join(this.world.dir, 'redis/appendonlydir'), name = fs.readdirSync(dir).filter((one) => one.endsWith('.incr.aof')).sort((a, b) => fs.statSync(path.join(dir, b)).mtimeMs - fs.statSync(path.join(dir, a)).mtimeMs)[0];

		return path.join(dir, name);
	}

	async #restart_mariadb(signal, away) {
		await this.world.end(this.world.mariadb, signal);
		await sleep(away);
		await this.world.startMariadb();
	}

	async #read_only(e) {
		this.world.sql('set global read_only = 1');
		await sleep(e.away);
		this.world.sql('set global read_only = 0');
	}

	/* The mailer's alone, by an hour, and back. */
	async #clock(e) {
		this.#step(e.x < 0.5 ? 3600 : -3600);
		await sleep(e.away);
		this.#step(0);
	}

	async #peer_dies(e) {
		await this.peer.close();
		await sleep(e.away);
		this.peer = await this.#new_peer(this.port);
	}

	// ---- when all is well again ----

	/*
	 * Is every job in the one set that there is for it, at this instant? In the midst of it one may stand in none, until the sweep puts it into one: when Redis 7.0
	 * died within a transaction (its disk was full) and starts, it leaves the first half of it in its file, and plays that half at the start after.
	 */
	#look(...when) {
		const text = this.world.redisDo('EVAL', SNAPSHOT, '0');

		if (!text.startsWith('['))
			return this.wrong.push(`${when.join(' ')}: Redis says ${text}`);
		const [jobs, sets] = JSON.parse(text), places = new Map(Object.values(jobs).map((id) => [id, []]));
		const count = {};

		for (const [key, ids] of Object.values(sets)) {
			const set = SETS.exec(key)?.[1];
			if (!set)
				continue;
			count[set] = ids.length;
			for (const id of ids)
				places.has(id) ? places.get(id).push(set) : this.wrong.push(`${when.join(' ')}: ${id} stands in ${set} and is no job`);
		}
		for (const [id, at] of places)
			if (at.length === 0 && when[0] === 'after')
				this.nowhere.add(id);
			else if (at.length !== 1)
				this.wrong.push(`${when.join(' ')}: ${id} stands in ${at.length} sets ${at}; its hash: ${this.world.redisDo('HGETALL', `isoloir:{mq}:job:${id}`).replace(/\n/g, ' ')}`);
		return count;
	}

	#rows() {
		return this.world.sql('select id, mail, identifier, state, finished_at is not null, attempts, last_reply from mail_job order by id')
			.map(([id, mail, who, state, finished, attempts, reply]) => ({ id, mail, who, state, finished: finished === '1', attempts: Number(attempts), reply }));
	}

	/* Every cause is over: what may still wait is parked. */
	async #quiesce() {
		this.bad = false;
		this.#step(0);
		fs.rmSync(this.once, { force: true });
		const began = Date.now();
		const waiting = () => this.#rows().filter((row) => !row.finished && !(row.mail === ONCE_ONLY && row.state === 'uncertain'));

		await until(() => waiting().length === 0, Math.max(90, this.mails / 20)); /* a backlog is no loss */
		for (const row of waiting().slice(0, 20))
			this.wrong.push(`${row.id} (${row.mail}) is ${row.state} after ${row.attempts} attempts and a long time of fine weather: ${row.reply}; ${this.world.redisDo('HGETALL', `isoloir:{mq}:job:${row.id}`).replace(/\n/g, ' ')}`);
		this.calm = (Date.now() - began) / 1000;
	}

	#ctl(...words) {
		return spawnSync(path.join(process.env.ISOLOIR_BUILD ?? '.build/plain', 'isoloirctl'), ['-c', this.world.conf, ...words], { encoding: 'utf8' });
	}

	#delivered() {
		const count = new Map();

		for (const line of fs.readFileSync(this.journal, 'utf8').split('\n').filter(Boolean)) {
			const [id] = line.split(' ');
			count.set(id, (count.get(id) ?? 0) + 1);
		}
		return count;
	}

	/* What may not be doubled and whose fate is unknown is parked for people: they ask at the relay, which knows. */
	async #decide() {
		const delivered = this.#delivered();

		this.parked = this.#rows().filter((row) => row.mail === ONCE_ONLY && row.state === 'uncertain');
		for (const { id } of this.parked) {
			const { status, stderr } = this.#ctl('queue', delivered.has(id) ? 'drop' : 'retry', id, '--reason', 'asked at the relay');
			if (status !== 0)
				this.wrong.push(`isoloirctl queue: ${id}: ${stderr}`);
		}
		await until(() => this.#rows().every((row) => row.finished), 30);
		this.#ctl('queue', 'rebuild');
		const fsck = this.#ctl('queue', 'fsck');
		if (fsck.status !== 0)
			this.wrong.push(`isoloirctl queue fsck: ${fsck.stdout}${fsck.stderr}`);
		if (!(await until(() => Object.keys(this.#look('at the end')).every((set) => set === 'dead'), 10)))
			this.wrong.push(`at the end jobs stand in ${Object.keys(this.#look('at the end'))}`);
		this.log = fs.readFileSync(path.join(this.world.dir, 'mailer.log'), 'utf8');
		const status = await this.world.stopMailer();
		if (status !== 0)
			this.wrong.push(`the mailer ended with ${status}`);
	}

	/* Each row, and each mail that was accepted. */
	#account() {
		const delivered = this.#delivered(), rows = this.#rows(), by = new Map();
		const passes = new Map(this.world.sql("select id, count(*) from chaos_history where state = 'uncertain' group by id").map(([id, n]) => [id, Number(n)]));
		const refusals = new Set(this.plan.given.filter(({ act }) => typeof act === 'string' && act[0] === '5').map(({ act }) => act.match(/\[\w+\]/)[0]));
		const wrong = (row, why) => this.wrong.push(`${row.id} (${row.mail}, ${row.state}, ${row.reply}): ${why}\n    ${this.plan.story(row.who).join('\n    ')}`);

		for (const row of rows) {
			const copies = delivered.get(row.id) ?? 0, unsure = passes.get(row.id) ?? 0;

			by.set(row.who, [...by.get(row.who) ?? [], row]);
			if (!row.finished)
				wrong(row, 'is not final');
			if (copies > 1 && copies - 1 > unsure)
				wrong(row, `came ${copies} times and was uncertain ${unsure} times`);
			if (copies > 1 && row.mail === ONCE_ONLY)
				wrong(row, `may not be doubled and came ${copies} times`);
			if (row.state === 'sent' && copies === 0)
				wrong(row, 'never came');
			if (row.state === 'dead' && !refusals.has(row.reply.match(/^\w+ 5.*(\[\w+\])/)?.[1]))
				wrong(row, 'the peer never refused it so');
			if (row.state === 'dropped' && (copies !== 1 || unsure === 0))
				wrong(row, `was dropped, came ${copies} times and was uncertain ${unsure} times`);
			if (this.unknown.has(row.who) !== (row.state === 'unknown') || (row.state === 'unknown' && copies > 0))
				wrong(row, `${this.unknown.has(row.who) ? 'is' : 'is not'} an address of nobody`);
			if (!['sent', 'dead', 'dropped', 'unknown', 'capped'].includes(row.state))
				wrong(row, 'has an end that there is no cause for');
		}
		for (const id of delivered.keys())
			if (!rows.some((row) => row.id === id))
				this.wrong.push(`a mail came with the Message-ID of no row: ${id}`);
		for (const [mail, list] of Object.entries(this.accepted))
			for (const who of list)
				if (!by.get(who)?.some((row) => row.mail === mail && ['sent', 'dead', 'dropped', 'unknown'].includes(row.state)))
					this.wrong.push(`${mail} to ${who} was accepted and is lost: ${JSON.stringify(by.get(who))}`);
		this.figures = this.#figures(rows, delivered, passes);
	}

	#figures(rows, delivered, passes) {
		const states = {}, count = (list) => list.reduce((sum, n) => sum + n, 0);

		for (const { state } of rows)
			states[state] = (states[state] ?? 0) + 1;
		return {
			accepted: count(Object.values(this.accepted).map((list) => list.length)), rows: states, sessions: this.sessions + this.peer.sessions, cues: this.plan.given.length,
			came: count([...delivered.values()]), doubled: [...delivered.values()].filter((n) => n > 1).length, uncertain: passes.size, parked: this.parked.length,
			events: this.happened, 'Redis ended by its full disk': this.filled ?? 0, 'seconds until all was done': Number(this.calm.toFixed(1)),
			'in no set for a while': this.nowhere.size,
			'errors in the log': (this.log.match(/^\S+ error /gm) ?? []).length,
		};
	}
}
