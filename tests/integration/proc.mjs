// Master and workers keep their promises: driven through proc_sample, the smallest daemon. No other server is needed.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const build = resolve(root, process.env.ISOLOIR_BUILD ?? '.build/plain');
const program = join(build, 'tests/integration/proc_sample');
const wrap = (process.env.ISOLOIR_WRAP_SAMPLE ?? '').split(' ').filter(Boolean);
if (!existsSync(program))
	execFileSync('make', ['-C', build, 'tests/integration/proc_sample'], { stdio: 'ignore' });

const pause = ms => new Promise(done => setTimeout(done, ms));
const isAlive = pid => {
	try {
		process.kill(pid, 0);
	} catch {
		return false;
	}
	try { // a zombie is dead as well
		return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return false;
	}
};

async function until(what, ms, is) {
	const end = Date.now() + ms;
	for (;;) {
		const value = await is();
		if (value)
			return value;
		assert.ok(Date.now() < end, `not within ${ms} ms: ${what}`);
		await pause(20);
	}
}

const begun = [];
after(() => {
	for (const s of begun)
		s.sweep();
});

// One daemon in a directory of its own.
class Sample {
	constructor(settings = {}) {
		this.dir = mkdtempSync(join(tmpdir(), 'isoloir-proc-'));
		this.conf = join(this.dir, 'isoloir.conf');
		this.log = join(this.dir, 'log');
		this.socket = join(this.dir, 'sample.sock');
		this.settings = { listen: this.socket, workers: 3, deadline: '20s', ...settings };
		this.url = 'http://one';
		this.write();
		begun.push(this);
	}

	write(extra = '') {
		const portal = Object.entries(this.settings).map(([name, value]) => `${name} = ${value}`).join('\n');
		writeFileSync(this.conf, `[isoloir]\nrun_dir = ${this.dir}\nlog_file = ${this.log}\nlog_level = debug\n` +
			`public_url = ${this.url}\n\n# the portal\n[portal]\n${portal}\n${extra}\n[password]\nslots = 1\n`);
	}

	spawn(args = [], options = {}) {
		const [command, ...rest] = [...wrap, program, '-f', '-c', this.conf, ...args];
		const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], ...options });
		child.said = '';
		child.stderr?.on('data', text => child.said += text);
		child.end = new Promise(done => child.on('close', (status, signal) => done({ status, signal })));
		return child;
	}

	async start(options = {}) {
		this.child = this.spawn([], options);
		await until(`it starts: ${this.child.said}`, 10000, async () => {
			assert.equal(this.child.exitCode, null, this.child.said);
			return (await this.control('status').catch(() => null))?.workers.filter(w => w.state === 'idle').length >= this.settings.workers;
		});
		return this;
	}

	ask(line, where = this.socket) {
		return new Promise((done, fail) => {
			const c = connect(typeof where === 'number' ? { port: where, host: '127.0.0.1' } : where);
			let text = '';
			c.on('connect', () => c.write(line + '\n'));
			c.on('data', part => text += part);
			c.on('error', fail);
			c.on('close', () => text.endsWith('\n') ? done(text.trim()) : fail(new Error(`no answer to ${line}: "${text}"`)));
		});
	}

	async control(line) {
		return JSON.parse(await this.ask(line, join(this.dir, 'sample.ctl')));
	}

	async workers() {
		return (await this.control('status')).workers;
	}

	async pids() {
		return (await this.workers()).map(w => w.pid);
	}

	logged(pattern) {
		return readFileSync(this.log, 'utf8').split('\n').filter(line => pattern.test(line));
	}

	async settled(n) {
		return until(`${n} idle workers`, 5000, async () => {
			const all = await this.workers();
			return all.length === n && all.every(w => w.state === 'idle') && all;
		});
	}

	async stop() {
		this.child.kill('SIGTERM');
		return this.child.end;
	}

	sweep() {
		if (this.child?.exitCode === null)
			this.child.kill('SIGQUIT');
		if (process.env.KEEP === undefined)
			rmSync(this.dir, { recursive: true, force: true });
	}
}

test('a worker killed -9 is replaced within a second and the others are unharmed', async () => {
	const s = await new Sample().start();
	const slow = s.ask('sleep 1500');
	const busy = await until('one is busy', 2000, async () => (await s.workers()).find(w => w.step === 'sleep'));
	assert.match(busy.task, /^[0-9a-f]{16}$/);
	const victim = (await s.workers()).find(w => w.state === 'idle').pid;
	process.kill(victim, 'SIGKILL');
	await until('it is replaced', 1000, async () => {
		const pids = await s.pids();
		return pids.length === 3 && !pids.includes(victim);
	});
	assert.equal(await slow, `ok ${busy.pid} http://one`);
	assert.equal(s.logged(/error .* worker died: .*signal=9/).length, 1);
	const status = await s.control('status');
	assert.deepEqual([status.ok, status.program, status.deaths, status.restarts, status.wanted], [true, 'proc_sample', 1, 1, 3]);
	assert.deepEqual([status.listening, status.pending, status.limit, status.generation], [s.socket, 0, 1024, 1]);
	assert.deepEqual(await s.stop(), { status: 0, signal: null });
	assert.ok(!existsSync(s.socket) && !existsSync(join(s.dir, 'sample.pid')) && !existsSync(join(s.dir, 'sample.ctl')));
});

test('all workers killed at once are all back within a second', async () => {
	const s = await new Sample().start();
	const before = await s.pids();
	for (const pid of before)
		process.kill(pid, 'SIGKILL');
	await until('three new ones', 1000, async () => (await s.workers()).filter(w => w.state === 'idle' && !before.includes(w.pid)).length === 3);
	await s.stop();
});

test('last words, step and task of a worker that found itself wrong are in the log, and on its standard error', async () => {
	const s = await new Sample().start();
	await assert.rejects(s.ask('crash'));
	await until('the death is logged', 2000, () => s.logged(/worker died/).length === 1);
	assert.match(s.logged(/worker died/)[0], /signal=6 .*step=crash task=[0-9a-f]{16} .*words=".*must hold: n == -1"/);
	assert.equal(s.logged(/^\S*proc_sample\.c:\d+: must hold: n == -1/).length, 1);
	await s.settled(3);
	assert.deepEqual((await s.stop()).status, 0);
});

test('a sanitizer report of a worker changes the exit status of the program', async () => {
	const s = await new Sample().start();
	await assert.rejects(s.ask('exit 99'));
	await until('the death is logged', 2000, () => s.logged(/status=99 \(sanitizer report\)/).length === 1);
	assert.deepEqual(await s.stop(), { status: 70, signal: null });
});

test('a true leak in a worker is such a report', async t => {
	if (!readFileSync(program).includes('__asan_init'))
		return t.skip('built without sanitizers');
	const s = await new Sample({ workers: 1 }).start();
	await s.ask('leak');
	assert.deepEqual(await s.stop(), { status: 70, signal: null });
	assert.equal(s.logged(/status=99 \(sanitizer report\)/).length, 1);
	assert.equal(s.logged(/LeakSanitizer: detected memory leaks/).length, 1);
});

test('reloads under load lose no request and replace every worker', async () => {
	const s = await new Sample({ workers: 4 }).start();
	const before = await s.pids();
	let going = true, answers = 0;
	const hammer = async () => {
		while (going) {
			assert.match(await s.ask(answers % 7 === 0 ? 'sleep 20' : 'hello'), /^ok /);
			answers++;
		}
	};
	const hammers = Array.from({ length: 8 }, hammer);
	for (let i = 0; i < 12; i++) {
		s.url = `http://reload${i}`;
		s.write();
		s.child.kill('SIGHUP');
		await until('the new generation', 4000, async () => (await s.control('status')).generation === i + 2);
		await pause(i % 3 * 60);
	}
	await until('the last generation alone', 5000, async () => {
		const all = await s.workers();
		return all.length === 4 && all.every(w => w.generation === 13);
	});
	going = false;
	await Promise.all(hammers);
	assert.ok(answers > 100, `${answers} answers`);
	assert.equal(s.logged(/worker died/).length, 0);
	assert.ok((await s.pids()).every(pid => !before.includes(pid)));
	assert.match(await s.ask('hello'), /http:\/\/reload11$/);
	await s.stop();
});

test('a bad file is refused with file and line, and the old settings stay', async () => {
	const s = await new Sample().start();
	const pids = await s.pids();
	s.write('worker = 4');
	const refused = await s.control('reload');
	assert.equal(refused.ok, false);
	assert.match(refused.error, new RegExp(`^${s.conf}:\\d+: .*worker`));
	s.child.kill('SIGHUP');
	await until('the log tells', 2000, () => s.logged(/reload refused/).length === 2);
	assert.match(s.logged(/reload refused/)[1], new RegExp(`why="${s.conf}:\\d+: `));
	s.url = 'http://x.bad';
	s.write();
	assert.deepEqual(await s.control('reload'), { ok: false, error: `${s.conf}:1: no address: http://x.bad` });
	assert.deepEqual(await s.pids(), pids);
	assert.match(await s.ask('hello'), /http:\/\/one$/);
	s.url = 'http://two';
	s.settings.listen = join(s.dir, 'elsewhere');
	s.write();
	assert.deepEqual(await s.control('reload'), { ok: true, generation: 2, restart_needed: 'portal.listen' });
	await s.stop();
});

test('a generation that cannot start leaves the old one at work', async () => {
	const s = await new Sample().start();
	const pids = await s.pids();
	writeFileSync(join(s.dir, 'doom'), '');
	await s.control('reload');
	await pause(700);
	assert.match(await s.ask('hello'), /^ok /);
	assert.ok(pids.every(isAlive));
	rmSync(join(s.dir, 'doom'));
	await until('the new ones', 5000, async () => (await s.workers()).every(w => w.generation === 2));
	await s.settled(3);
	await s.stop();
});

test('workers are added and removed while it runs, and saved into the file', async () => {
	const s = await new Sample().start();
	assert.deepEqual(await s.control('workers'), { ok: true, wanted: 3, actual: 3, units: 'workers' });
	assert.equal((await s.control('workers +2')).wanted, 5);
	await s.settled(5);
	assert.equal((await s.control('workers -4')).wanted, 1);
	await s.settled(1);
	s.child.kill('SIGTTIN');
	await s.settled(2);
	s.child.kill('SIGTTOU');
	await s.settled(1);
	assert.deepEqual(await s.control('workers set 0'), { ok: false, error: '0 workers: there may be 1 to 512' });
	assert.equal((await s.control('workers set 513')).ok, false);
	const unknown = await s.control('workers st 4');
	assert.equal(unknown.ok, false);
	assert.match(unknown.error, /no such order: "workers st 4"; there are "status"/);
	chmodSync(s.conf, 0o640);
	assert.deepEqual(await s.control('workers set 4 save'), { ok: true, saved: s.conf, wanted: 4, actual: 1, units: 'workers' });
	await s.settled(4);
	const text = readFileSync(s.conf, 'utf8');
	assert.match(text, /^workers = 4$/m);
	assert.match(text, /# the portal\n\[portal\]\n/);
	assert.equal(statSync(s.conf).mode & 0o777, 0o640);
	await s.control('workers +1');
	await s.control('reload');
	assert.equal((await s.control('status')).wanted, 5, 'a number set by hand outlives a reload of an unchanged setting');
	rmSync(s.conf);
	const unsaved = await s.control('workers set 3 save');
	assert.equal(unsaved.ok, false);
	assert.match(unsaved.error, /not saved: .*No such file.*write "workers = 3" into its \[portal\] yourself/);
	await s.settled(3);
	await s.stop();
});

test('a removed worker finishes its task', async () => {
	const s = await new Sample({ workers: 1 }).start();
	await s.control('workers +1');
	await s.settled(2);
	const slow = [s.ask('sleep 800'), s.ask('sleep 800')];
	await until('both busy', 1000, async () => (await s.workers()).every(w => w.state === 'busy'));
	await s.control('workers -1');
	assert.match((await Promise.all(slow)).join(), /^ok .*ok /);
	await s.settled(1);
	await s.stop();
});

test('a drain finishes the running requests and refuses new ones', async () => {
	const s = await new Sample().start();
	const slow = s.ask('sleep 1000');
	await until('it runs', 1000, async () => (await s.workers()).some(w => w.state === 'busy'));
	s.child.kill('SIGTERM');
	await pause(200);
	await assert.rejects(s.ask('hello'));
	assert.equal((await s.control('status')).draining, true);
	assert.match(await slow, /^ok /);
	assert.deepEqual(await s.child.end, { status: 0, signal: null });
});

test('stop over the control socket answers, then ends', async () => {
	const s = await new Sample().start();
	assert.deepEqual(await s.control('stop'), { ok: true });
	assert.deepEqual(await s.child.end, { status: 0, signal: null });
});

test('a hanging worker is killed two seconds after its deadline, and the log says where it hung', async () => {
	const s = await new Sample({ deadline: '1s' }).start();
	const begin = Date.now();
	await assert.rejects(s.ask('hang'));
	const took = Date.now() - begin;
	assert.ok(took >= 2900 && took < 4500, `${took} ms`);
	assert.match(s.logged(/worker too late/)[0], /state=busy step=hang task=[0-9a-f]{16}/);
	await s.settled(3);
	await s.stop();
});

test('a worker is replaced after its share of tasks', async () => {
	const s = await new Sample({ workers: 1, max_requests: 10 }).start();
	const seen = new Set();
	for (let i = 0; i < 40; i++)
		seen.add((await s.ask('hello')).split(' ')[1]);
	assert.ok(seen.size >= 4 && seen.size <= 5, `${seen.size} workers`);
	assert.equal(s.logged(/worker died/).length, 0);
	await s.stop();
});

test('the hash slot of a worker killed while hashing comes back', async () => {
	const s = await new Sample().start();
	const first = s.ask('hash 60000').catch(() => 'cut');
	const owner = await until('it hashes', 1000, async () => (await s.control('status')).hash_busy === 1 && (await s.workers()).find(w => w.step === 'hash'));
	const second = s.ask('hash 10');
	await until('the other waits', 1000, async () => (await s.control('status')).hash_waiting === 1);
	process.kill(owner.pid, 'SIGKILL');
	assert.equal(await first, 'cut');
	assert.match(await second, /^ok /);
	assert.equal((await s.control('status')).hash_busy, 0);
	await s.stop();
});

test('a storm is told once, slows down, and ends when a worker lives', async () => {
	const s = await new Sample().start();
	writeFileSync(join(s.dir, 'doom'), '');
	for (const pid of await s.pids())
		process.kill(pid, 'SIGKILL');
	await until('the storm', 6000, async () => (await s.control('status')).storm);
	const count = () => s.logged(/worker died/).length;
	const before = count();
	await pause(3000);
	assert.ok(count() - before <= 4, `${count() - before} tries in 3 s`);
	assert.equal(s.logged(/ storm: /).length, 1);
	rmSync(join(s.dir, 'doom'));
	await until('it is over', 20000, async () => !(await s.control('status')).storm);
	await s.settled(3);
	assert.equal(s.logged(/ storm over: /).length, 1);
	await s.stop();
});

test('a master killed -9 leaves no orphan, the running task ends, and the next takes the address at once', async () => {
	const s = await new Sample().start();
	const pids = await s.pids();
	const slow = s.ask('sleep 2000');
	const busy = await until('it runs', 1000, async () => (await s.workers()).find(w => w.state === 'busy'));
	s.child.kill('SIGKILL');
	await s.child.end;
	await until('the idle ones are gone', 1000, () => pids.filter(isAlive).length === 1);
	const begin = Date.now();
	await s.start();
	assert.ok(Date.now() - begin < 1500);
	assert.match(await s.ask('hello'), /^ok /);
	assert.equal(await slow, `ok ${busy.pid} http://one`);
	await until('no orphan', 1000, () => !pids.some(isAlive));
	await s.stop();
});

test('an orphan that hangs is killed after its deadline by the kernel', async () => {
	const s = await new Sample({ deadline: '1s', workers: 1 }).start();
	const [pid] = await s.pids();
	const hung = s.ask('hang').catch(() => 'cut');
	await until('it hangs', 1000, async () => (await s.workers()).some(w => w.step === 'hang'));
	s.child.kill('SIGKILL');
	await until('it is gone', 4000, () => !isAlive(pid));
	assert.equal(await hung, 'cut');
});

test('the same over TCP: the address is free at once although an orphan still works', async () => {
	const probe = createServer().listen(0, '127.0.0.1');
	await new Promise(done => probe.on('listening', done));
	const { port } = probe.address();
	await new Promise(done => probe.close(done));
	const s = await new Sample({ listen: `127.0.0.1:${port}` }).start();
	const slow = s.ask('sleep 1500', port);
	await until('it runs', 1000, async () => (await s.workers()).some(w => w.state === 'busy'));
	s.child.kill('SIGKILL');
	await s.child.end;
	await s.start();
	assert.match(await s.ask('hello', port), /^ok /);
	assert.match(await slow, /^ok /);
	const status = await s.control('status');
	assert.deepEqual([status.listening, status.pending, status.limit], [`127.0.0.1:${port}`, 0, 1024]);
	await s.stop();
});

test('a second one refuses to start, and so does one whose address is taken', async () => {
	const s = await new Sample().start();
	const second = s.spawn();
	assert.equal((await second.end).status, 69);
	assert.match(second.said, /^proc_sample: .*sample\.pid: it already runs \(pid \d+\); stop it first\n$/);
	const other = new Sample({ listen: s.socket });
	const third = other.spawn();
	assert.equal((await third.end).status, 69);
	assert.match(third.said, /cannot listen: .*somebody else listens there/);
	assert.match(await s.ask('hello'), /^ok /, 'the first still answers');
	writeFileSync(join(other.dir, 'file'), '');
	other.settings.listen = join(other.dir, 'file');
	other.write();
	const fourth = other.spawn();
	assert.equal((await fourth.end).status, 69);
	assert.match(fourth.said, /exists and is no socket/);
	await s.stop();
});

// A little parent that listens, then hands the socket over as systemd does or on fd 0. Python is only the hand.
const hand = `
import os, socket, sys
how, path, *command = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
s.bind(path); s.listen(1024)
fd = 3 if how == 'systemd' else 0
os.dup2(s.fileno(), fd)
os.set_inheritable(fd, True)
if how == 'systemd':
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')
os.execv(command[0], command)
`;

for (const how of ['systemd', 'fd 0']) {
	test(`a socket given by ${how} takes precedence and stays`, async t => {
		const s = new Sample();
		const given = join(s.dir, 'given.sock');
		try {
			execFileSync('python3', ['--version'], { stdio: 'ignore' });
		} catch {
			return t.skip('no python3');
		}
		s.child = spawn('python3', ['-c', hand, how, given, program, '-f', '-c', s.conf], { stdio: ['ignore', 'ignore', 'inherit'] });
		s.child.end = new Promise(done => s.child.on('close', (status, signal) => done({ status, signal })));
		await until('it answers', 5000, () => s.ask('hello', given).catch(() => false));
		assert.equal((await s.control('status')).listening, given);
		assert.ok(!existsSync(s.socket));
		assert.equal((await s.stop()).status, 0);
		assert.ok(existsSync(given), 'it is the giver\'s to remove');
	});
}

test('a slow or endless client of the control socket stops nobody', async () => {
	const s = await new Sample().start();
	const idle = Array.from({ length: 30 }, () => connect(join(s.dir, 'sample.ctl')).on('error', () => {}));
	await pause(100);
	assert.equal((await s.control('status')).ok, true);
	const endless = connect(join(s.dir, 'sample.ctl')).on('error', () => {});
	endless.write('x'.repeat(100000));
	const text = await new Promise(done => endless.on('data', done));
	assert.equal(JSON.parse(text).ok, false);
	assert.equal((await s.control('help')).ok, true);
	for (const c of idle)
		c.destroy();
	await s.stop();
});

test('-t tells good from bad, the command line is checked, and the background works', async () => {
	const s = new Sample();
	const run = (...args) => {
		try {
			return { status: 0, out: execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }) };
		} catch (e) {
			return { status: e.status, out: e.stderr };
		}
	};
	assert.deepEqual(run('-t', '-c', s.conf), { status: 0, out: `proc_sample: ${s.conf}: the settings are good\n` });
	s.write('wokers = 4');
	const bad = run('-t', '-c', s.conf);
	assert.equal(bad.status, 78);
	assert.match(bad.out, /^proc_sample: .*isoloir\.conf:\d+: .*workers/);
	assert.equal(run('-x').status, 64);
	assert.equal(run('word').status, 64);
	assert.equal(run('-c', '/nowhere/isoloir.conf').status, 78);
	assert.match(run('--help').out, /Usage: proc_sample/);
	assert.match(run('--version').out, /^proc_sample /);
	assert.match(run('--explain').out, /max_requests/);
	s.write();
	execFileSync(program, ['-c', s.conf], { stdio: 'ignore' });
	assert.match(await s.ask('hello'), /^ok /);
	const pid = Number(readFileSync(join(s.dir, 'sample.pid'), 'utf8'));
	assert.equal((await s.control('status')).pid, pid);
	process.kill(pid, 'SIGTERM');
	await until('it ends', 3000, () => !isAlive(pid));
});

test('SIGQUIT ends at once', async () => {
	const s = await new Sample().start();
	const hung = s.ask('hang').catch(() => 'cut');
	await until('it hangs', 1000, async () => (await s.workers()).some(w => w.step === 'hang'));
	s.child.kill('SIGQUIT');
	assert.equal((await s.child.end).status, 0);
	assert.equal(await hung, 'cut');
});

test('the log is reopened on SIGHUP', async () => {
	const s = await new Sample().start();
	rmSync(s.log);
	s.child.kill('SIGHUP');
	await until('a new file', 2000, () => existsSync(s.log) && s.logged(/reloaded/).length === 1);
	await s.stop();
});

test('an idle master sleeps', async () => {
	const s = await new Sample().start();
	const ticks = () => readFileSync(`/proc/${s.child.pid}/stat`, 'utf8').split(' ').slice(13, 15).reduce((a, b) => a + Number(b), 0);
	const before = ticks();
	await pause(2000);
	assert.ok(ticks() - before <= 2, 'less than 1 % of a core');
	await s.stop();
});
