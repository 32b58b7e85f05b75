/*
 * Mails from end to end against a bare libesmtp loop, the queue in Redis against a bare list, and a voter's mail while a campaign is under way. On servers of
 * their own, with a sink (sink.c) for a relay. ISOLOIR_MAILS: of a round (2000); ISOLOIR_JOBS: in the queue (100 000); ISOLOIR_CAMPAIGN: of a campaign (20 000);
 * ISOLOIR_QUEUED: mails of its class that stand in Redis beside it (none).
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../lib/demo.mjs';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';
import { Postfix } from '../lib/postfix.mjs';
import { median, quantile } from '../lib/rank.mjs';

const BUILD = process.env.ISOLOIR_BUILD ?? join(ROOT, '.build/plain');
const MAILS = Number(process.env.ISOLOIR_MAILS ?? 2000);
const JOBS = Number(process.env.ISOLOIR_JOBS ?? 100000);
const CAMPAIGN = Number(process.env.ISOLOIR_CAMPAIGN ?? 20000);
const QUEUED = Number(process.env.ISOLOIR_QUEUED ?? 0);
const VOTERS = 200;
const SENDERS = 4;
const ROUNDS = 3;
const PATIENCE = 600; /* seconds */
const SETTINGS = { senders: SENDERS, per_session: 100, cooldown: '0s', daily_max: 1000, sweep: '5s', campaign_ramp: 0 };
const TEST = 'essai@vote.example';
const list = (all, digits = 0) => all.map((x) => x.toFixed(digits)).join(' ');

/* A sink.c that answers the end of a mail after so many ms. taken: {at (ms since 1970), to}. */
class Sink {
	constructor(program, delay, file) {
		this.child = spawn(program, ['0', String(delay), ...(file ? [file] : [])], { stdio: ['ignore', 'pipe', 'inherit'] });
		this.ended = new Promise((done) => this.child.once('exit', done));
		this.taken = [];
	}

	listen() {
		return new Promise((done) => {
			createInterface({ input: this.child.stdout }).on('line', (line) => {
				const [first, to] = line.split(' ');
				if (to === undefined)
					done(Object.assign(this, { port: Number(first) }));
				else
					this.taken.push({ at: Number(first) / 1000, to });
			});
		});
	}

	/* Mails a second from the first tenth to the last of n; they are forgotten then. */
	async rate(n) {
		if (!(await until(() => this.taken.length >= n, PATIENCE)))
			throw new Error(`${this.taken.length} of ${n} mails came`);
		const at = this.taken.map((mail) => mail.at).sort((a, b) => a - b), from = Math.floor(at.length / 10);
		const twice = this.taken.length - new Set(this.taken.map(({ to }) => to)).size;
		this.taken = [];
		if (at.length !== n || twice > 0)
			throw new Error(`${at.length} mails of ${n} came, ${twice} of them twice`);
		return (at.length - 1 - from) / (at.at(-1) - at[from]) * 1000;
	}

	close() {
		this.child.kill();
		return this.ended;
	}
}

/* What one figure stands on; work gets it, and it ends with it. */
async function in_world(stand, work) {
	const world = new MailWorld(), own = [], program = await stand.compile('sink');

	try {
		await world.start();
		world.sql("grant all on isoloir.* to isoloir_ctl@'%'");
		world.configure(25);
		await work(world, async (delay, file) => {
			own.push(await new Sink(program, delay, file).listen());
			return own.at(-1);
		});
	} finally {
		await Promise.all(own.map((sink) => sink.close()));
		await world.stop();
	}
}

/* So many people more, all of one domain. Returns their addresses. */
function people(world, n, name) {
	world.sql(`insert into elector (election_id, identifier, civility, family_name, given_name, academy)
		select 1, concat('${name}.', seq, '@ac-nantes.fr'), 'Mme', 'MARTIN', 'Élise', 'Nantes' from seq_1_to_${n}`);
	return Array.from({ length: n }, (_, i) => `${name}.${i + 1}@ac-nantes.fr`);
}

/* As if replies had taught it long ago that the domain and the relay stand a mail of each sender at once. */
function learned(world) {
	for (const lane of ['ac-nantes.fr', '@relay'])
		world.redisDo('HSET', `isoloir:{mq}:limit:${lane}`, 'at', String(SENDERS), 'won', '0');
}

/* Put with the mailer at rest, then let go: mails a second. */
async function end_to_end(world, sink, name) {
	world.put(people(world, MAILS, name));
	learned(world);
	await world.startMailer(sink.port, SETTINGS);
	const rate = await sink.rate(MAILS);
	if (!(await until(() => world.redisDo('ZCARD', 'isoloir:{mq}:leased') === '0')))
		throw new Error('a mail was not settled');
	await world.stopMailer();
	return rate;
}

async function loop(program, how, sink, file, processes = SENDERS) {
	const child = spawn(program, [how, String(sink.port), String(processes), String(MAILS), file], { stdio: ['ignore', 'ignore', 'inherit'] });
	const ended = new Promise((done) => child.once('exit', done));
	const rate = await sink.rate(MAILS);

	if ((await ended) !== 0)
		throw new Error(`smtp_loop ${how} failed`);
	return rate;
}

/* Postfix with as many connections at once; the mails are held in its queue until all are in. The reason instead, where it cannot be measured. */
async function postfix_rate(program, sink, file) {
	if (!existsSync('/usr/lib/postfix/sbin/master') || process.getuid() !== 0)
		return 'not measured: it wants to be installed, and root';
	const postfix = new Postfix(sink.port, {
		smtpd_recipient_restrictions: 'check_recipient_access static:HOLD, permit_mynetworks, reject', default_destination_concurrency_limit: String(SENDERS),
		initial_destination_concurrency: String(SENDERS), smtp_connection_reuse_count_limit: '100', smtp_tls_security_level: 'none',
	});
	const order = (command, ...words) => {
		const { status, stderr } = spawnSync(command, ['-c', postfix.dir, ...words], { encoding: 'utf8' });
		if (status !== 0)
			throw new Error(`${command}: ${stderr}`);
	};
	const queued = () => spawnSync('postqueue', ['-c', postfix.dir, '-j'], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout.split('\n').length - 1;

	await postfix.start();
	try {
		const child = spawn(program, ['library', String(postfix.port), String(SENDERS), String(MAILS), file], { stdio: ['ignore', 'ignore', 'inherit'] });
		await new Promise((done) => child.once('exit', done));
		if (!(await until(() => queued() === MAILS, 30)))
			return `not measured: ${queued()} of ${MAILS} mails stand in its queue`;
		order('postsuper', '-H', 'ALL');
		order('postqueue', '-f');
		return await sink.rate(MAILS);
	} finally {
		await postfix.close();
	}
}

export async function mails(stand) {
	const rows = [], program = await stand.compile('smtp_loop', 'libesmtp-1.0');

	await in_world(stand, async (world, sink_of) => {
		const file = join(world.dir, 'mail');
		for (const delay of [20, 0]) {
			const sink = await sink_of(delay, file), all = [];
			for (let i = 0; i < ROUNDS; i++)
				all.push({ us: await end_to_end(world, sink, `mails${delay}x${i}`), loop: await loop(program, 'library', sink, file),
					eager: await loop(program, 'eager', sink, file), raw: await loop(program, 'raw', sink, file) });
			const postfix = await postfix_rate(program, sink, file), told = typeof postfix === 'number';
			const of = (name) => list(all.map((round) => round[name])), ratio = (name) => median(all.map((round) => round.us / round[name]));
			const how = delay ? `a relay that answers after ${delay} ms` : 'one that answers at once', bare = ratio('loop');
			rows.push({ what: `mails a second / bare libesmtp loop, ${how}`, value: bare, digits: 2, ...(delay ? { target: '≥ 0.7', good: bare >= 0.7 } : {}),
				raw: `us ${of('us')}, loop ${of('loop')} a second; ${MAILS} mails of ${readFileSync(file).length} bytes, ${SENDERS} at once, 100 a session` });
			rows.push({ what: '  the same / that loop with TCP_NODELAY', value: ratio('eager'), digits: 2, raw: `${of('eager')} a second` });
			rows.push({ what: '  the same / raw client, one write a mail', value: ratio('raw'), digits: 2, raw: `${of('raw')} a second` });
			rows.push({ what: '  the same / Postfix from its queue', value: told ? median(all.map(({ us }) => us)) / postfix : NaN, digits: 2,
				raw: told ? `${postfix.toFixed(0)} a second, once` : postfix });
		}
	});
	return rows;
}

/* VmHWM of a command in MB, and what it said. */
function peak_of(command, words) {
	return new Promise((done, fail) => {
		const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
		let bytes = 0, peak = 0;
		const look = setInterval(() => {
			try {
				peak = Math.max(peak, Number(readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)?.[1] ?? 0));
			} catch { /* it has just ended */ }
		}, 10);
		child.stdout.on('data', (chunk) => { bytes += chunk.length; });
		child.once('close', (code) => {
			clearInterval(look);
			if (code === 0)
				done({ peak: peak / 1024, bytes });
			else
				fail(new Error(`${words.join(' ')} ended with ${code}`));
		});
	});
}

/* Jobs first to last as rows, and in Redis. */
function fill(world, cost, socket, first, last) {
	const id = "lpad(hex(seq), 32, '0')";

	world.sql(`insert into mail_job (id, election_id, mail, identifier, domain, reference, created_at, due_at, deadline_at)
		select ${id}, 1, 'opening', concat('job.', seq, '@ac-nantes.fr'), 'ac-nantes.fr', lpad(conv(seq, 10, 32), 8, '0'), utc_timestamp(3), utc_timestamp(3),
		utc_timestamp() + interval 7 day from seq_${first}_to_${last}`);
	const ids = Array.from({ length: last - first + 1 }, (_, i) => (first + i).toString(16).toUpperCase().padStart(32, '0'));
	const put = spawnSync(cost, [socket, 'put'], { input: `${ids.join('\n')}\n`, encoding: 'utf8' });
	if (put.status !== 0)
		throw new Error(put.stderr);
}

export async function queue(stand) {
	const rows = [], cost = join(BUILD, 'tests/load/queue_cost'), few = Math.ceil(JOBS / 10);

	await in_world(stand, async (world) => {
		const socket = join(world.dir, 'redis/s'), n = Math.min(JOBS, 5000);
		for (const [durable, how] of [['no', 'without a wait for the disk'], ['always', 'each on the disk before it is answered']]) {
			world.redisDo('CONFIG', 'SET', 'appendfsync', durable);
			const all = Array.from({ length: ROUNDS }, () => {
				world.redisDo('FLUSHALL');
				const turns = spawnSync(cost, [socket, 'turns', String(n)], { encoding: 'utf8' });
				if (turns.status !== 0)
					throw new Error(turns.stderr);
				const [put, turn, push] = turns.stdout.split(' ').map(Number);
				return { put, turn, push };
			});
			const of = (name) => list(all.map((round) => round[name]));
			rows.push({ what: `a job taken and settled / LPUSH, ${how}`, value: median(all.map(({ turn, push }) => turn / push)), digits: 1,
				raw: `µs each: lease and finish ${of('turn')}, LPUSH ${of('push')}; put ${of('put')}; ${n} of them, one connection` });
		}
		world.redisDo('CONFIG', 'SET', 'appendfsync', 'no');
		world.redisDo('FLUSHALL');
		const used = () => Number(/used_memory:(\d+)/.exec(world.redisDo('INFO', 'memory'))[1]), empty = used();
		const look = () => peak_of(join(BUILD, 'isoloirctl'), ['-c', world.conf, 'queue', 'list', '--json']);
		fill(world, cost, socket, 1, few);
		const small = await look();
		fill(world, cost, socket, few + 1, JOBS);
		const whole = await look(), each = (used() - empty) / JOBS;
		if (Number(world.redisDo('ZCARD', 'isoloir:{mq}:ready:2:ac-nantes.fr')) !== JOBS)
			throw new Error('not all jobs stand in the queue');
		rows.push({ what: 'bytes of Redis a job', value: each, target: '≤ 600', good: each <= 600, raw: `${JOBS} jobs, each with the key of its cool-down` });
		rows.push({ what: 'isoloirctl queue list --json, MB more than for a tenth', value: whole.peak - small.peak, digits: 1, target: '≤ 2', good: whole.peak - small.peak <= 2,
			raw: `VmHWM ${small.peak.toFixed(1)} MB for ${few} mails, ${whole.peak.toFixed(1)} MB for ${JOBS} (${(whole.bytes / 2 ** 20).toFixed(1)} MB of answer)` });
	});
	return rows;
}

/* A voter every 50 ms or so clicks: ms from then to the 250 of each mail. */
async function clicks(world, sink, who) {
	const put = spawn(join(BUILD, 'tests/integration/queue_put'), [world.conf, 'activation', '1', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
	const ended = new Promise((done) => put.once('exit', done)), clicked = new Map();

	for (const one of who) {
		clicked.set(one, Date.now());
		put.stdin.write(`${one}\n`);
		await sleep(25 + Math.random() * 50);
	}
	put.stdin.end();
	await ended;
	const waits = () => sink.taken.filter(({ to }) => clicked.has(to)).map(({ at, to }) => at - clicked.get(to));
	if (!(await until(() => waits().length >= who.length, PATIENCE)))
		throw new Error(`${waits().length} of ${who.length} voters have their mail`);
	return waits();
}

function done(world, ...words) {
	const { status, stdout, stderr } = world.ctl(...words, '--json');

	if (status !== 0)
		throw new Error(`isoloirctl ${words.join(' ')}: ${stdout}${stderr}`);
	return JSON.parse(stdout);
}

export async function voter(stand) {
	const rows = [];

	await in_world(stand, async (world, sink_of) => {
		const sink = await sink_of(20), crowd = 'foule';
		world.sql("insert into scrutin (id, election_id, code, kind, name, place) values (1, 1, 'CSA', 'CSA', 'Comité', 1)");
		people(world, CAMPAIGN, crowd);
		world.sql('insert into elector_scrutin (elector_id, scrutin_id) select id, 1 from elector');
		const [first, second] = ['calme', 'presse'].map((name) => people(world, VOTERS, name)); /* in no scrutin: the campaign is not for them */
		learned(world);
		await world.startMailer(sink.port, SETTINGS);
		const idle = await clicks(world, sink, first);
		if (QUEUED > 0) {
			people(world, QUEUED, 'job');
			world.redisDo('CONFIG', 'SET', 'appendfsync', 'no');
			fill(world, join(BUILD, 'tests/load/queue_cost'), join(world.dir, 'redis/s'), 1, QUEUED);
			world.redisDo('CONFIG', 'SET', 'appendfsync', 'always');
		}
		done(world, 'campaign', 'create', 'opening', crowd, '--test', TEST);
		done(world, 'campaign', 'start', crowd);
		if (!(await until(() => world.ctl('campaign', 'start', crowd, '--confirmed', '--dry-run').status === 0)))
			throw new Error('the test mailbox has no mail');
		done(world, 'campaign', 'start', crowd, '--confirmed', '--reason', 'figure');
		const gone = () => sink.taken.filter(({ to }) => to.startsWith(`${crowd}.`) || to.startsWith('job.')).length;
		if (!(await until(() => gone() > CAMPAIGN / 50, PATIENCE)))
			throw new Error('the campaign does not begin');
		const before = gone(), began = Date.now(), busy = await clicks(world, sink, second);
		const { waiting, planned, people: meant } = done(world, 'campaign', 'status', crowd);
		const left = Number(world.redisDo('ZCARD', 'isoloir:{mq}:ready:2:ac-nantes.fr'));
		const p99 = (all) => quantile(all, 0.99), ratio = p99(busy) / p99(idle), rate = (gone() - before) / (Date.now() - began) * 1000;
		if (waiting === 0)
			throw new Error(`the campaign of ${planned ?? meant} was over before the voters: ISOLOIR_CAMPAIGN is too small`);
		rows.push({ what: 'click to 250 beside a campaign / an empty queue, p99', value: ratio, digits: 2, target: '< 3', good: ratio < 3,
			raw: `p99 ${p99(busy).toFixed(0)} ms, median ${median(busy).toFixed(0)} ms; empty ${p99(idle).toFixed(0)} and ${median(idle).toFixed(0)} ms; ${VOTERS} voters each; `
				+ `meanwhile ${rate.toFixed(0)} mails a second of the campaign of ${CAMPAIGN}, ${waiting} of which still waited, and ${left} mails of its class in Redis` });
		done(world, 'campaign', 'cancel', crowd, '--reason', 'figure taken');
		await world.stopMailer();
	});
	return rows;
}
