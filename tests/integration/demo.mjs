/*
 * ./demo itself keeps its word: clear sentences and clean stops when it cannot run, data kept in --dir, nothing left behind; and the
 * production site of nginx is one that nginx takes, with TLS, HSTS and links that stand in no log.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { demo, free_port, pause, ROOT, until } from '../lib/demo.mjs';
import { Elector } from '../lib/elector.mjs';

const BUILD = process.env.ISOLOIR_BUILD ?? join(ROOT, '.build/plain');

function run(words, env = {}) {
	const done = spawnSync(join(ROOT, 'demo'), ['--yes', ...words], { encoding: 'utf8', timeout: 60000, env: { ...process.env, ISOLOIR_BUILD: BUILD, ...env } });
	return { status: done.status, said: done.stdout + done.stderr };
}

/* Processes that have dir in their command line or stand in it. */
function processes(dir) {
	return readdirSync('/proc').filter((pid) => {
		if (!/^\d+$/.test(pid) || Number(pid) === process.pid)
			return false;
		try {
			return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir);
		} catch {
			return false;
		}
	});
}

test('a port in use is said in one sentence', async () => {
	const server = net.createServer().listen(0, '127.0.0.1');
	await until('the port', () => server.address());
	const { status, said } = run(['--port', String(server.address().port)]);
	server.close();
	assert.equal(status, 1);
	assert.match(said, /^demo: port \d+ is in use: choose another with --port\.\n$/);
});

test('what is no port, no option, no right, no empty directory is said in one sentence', () => {
	const dir = mkdtempSync(join(tmpdir(), 'isoloir-t.'));

	writeFileSync(join(dir, 'something'), '');
	assert.match(run(['--port', 'x']).said, /^demo: --port takes a number/);
	assert.equal(run(['--nonsense']).status, 64);
	assert.match(run(['--dir', dir]).said, /demo: .* holds other things: name a new or empty directory\.\n$/);
	assert.deepEqual(readdirSync(dir), ['something']);
	const lowest = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
	if (lowest > 1)
		assert.match(run(['--port', String(lowest - 1)]).said, /^demo: missing right: ports under/);
	rmSync(dir, { recursive: true });
});

test('a server that does not start: a sentence, the end of its log, a clean stop', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'isoloir-t.'));
	const { status, said } = run(['--dir', dir, '--port', String(await free_port())], { ISOLOIR_CONF_EXTRA: '[portal]\nworkers = many' });

	assert.equal(status, 1);
	assert.match(said, /demo: \S.* (did not start|failed)\.\n/);
	assert.match(said, /isoloir\.conf:\d+: /);
	assert.deepEqual(processes(dir), []);
	rmSync(dir, { recursive: true });
});

test('without --dir the directory goes with the demo; SIGTERM stops all of it and nothing else', async () => {
	const parent = mkdtempSync(join(tmpdir(), 'isoloir-t.'));
	chmodSync(parent, 0o755);
	const child = spawn(join(ROOT, 'demo'), ['--yes', '--port', String(await free_port())],
		{ stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ISOLOIR_BUILD: BUILD, TMPDIR: parent } });
	let said = '';
	child.stdout.on('data', (chunk) => { said += chunk; });
	await until('the demo', () => said.includes('Isoloir is up.'), 60);
	const [dir] = readdirSync(parent);
	assert.ok(processes(dir).length > 7);
	for (const word of ['Portal ', 'Mailbox ', 'Identifiers '])
		assert.ok(said.includes(word));
	/* What it names to be tried can be tried as it stands there; nobody has asked for a mail yet. */
	const tried = [...said.matchAll(/(?:curl|\S+isoloirctl) .*/g)].map(([line]) => spawnSync('bash', ['-c', line], { encoding: 'utf8', input: '' }));
	const ended = new Promise((done) => child.once('exit', done));
	child.kill('SIGTERM');
	assert.equal(await ended, 0);
	assert.deepEqual(processes(dir), []);
	assert.deepEqual(readdirSync(parent), []);
	rmSync(parent, { recursive: true });
	assert.deepEqual(tried.map(({ status }) => status), [0, 0, 0, 67, 0, 0], JSON.stringify(tried));
	for (const [i, shows] of [/^isoloir_up\{program="portal",what="redis_ephemeral"\} 1$/m, /^isoloir_up\{program="mailer",what="mariadb"\} 1$/m, /domain +waiting[^]*senders/,
		/no mail was asked for/, /59 people/, /campaign +ouverture\n/].entries())
		assert.match(tried[i].stdout + tried[i].stderr, shows);
});

test('--dir keeps the data: the account of one run opens in the next, which takes seconds, and is no longer offered', async () => {
	const first = await demo('demo-first.mjs');
	const who = first.fresh();

	assert.match((await new Elector(first).enter(who, 'activer')).text, /Mon Compte/);
	first.child.kill('SIGTERM');
	await first.child.ended;
	const began = Date.now();
	await first.start();
	assert.ok(Date.now() - began < 20000, `${Date.now() - began} ms`);
	assert.ok(!first.identifiers.includes(who));
	assert.equal((await new Elector(first).log_in(who)).status, 303);
	const busy = run(['--dir', first.dir, '--port', String(await free_port())]);
	assert.match(busy.said, /^demo: another demo runs in /);
	assert.deepEqual(await first.stop(), []);
});

test('killed -9, the demo takes its servers with it', async () => {
	const d = await demo('demo-killed.mjs');

	d.child.kill('SIGKILL');
	await d.child.ended;
	await until('the servers to end', () => processes(d.dir).length === 0, 20);
	rmSync(d.dir, { recursive: true });
});

/* The production site in a private nginx: paths and ports are ours, all else is as shipped. */
async function production(portal_socket) {
	const dir = mkdtempSync(join(tmpdir(), 'isoloir-t.'));
	const [http_port, tls_port] = [await free_port(), await free_port()];

	for (const file of readdirSync(join(ROOT, 'conf/nginx')))
		cpSync(join(ROOT, 'conf/nginx', file), join(dir, file));
	mkdirSync(join(dir, 'tmp'));
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=elections.example.fr',
		'-keyout', join(dir, 'privkey.pem'), '-out', join(dir, 'fullchain.pem')], { stdio: 'ignore' });
	const site = readFileSync(join(dir, 'isoloir.conf'), 'utf8')
		.replaceAll('/etc/ssl/isoloir', dir).replaceAll('/var/log/nginx', dir).replaceAll('/run/isoloir/portal.sock', portal_socket).replaceAll('/run/isoloir/portal-hash.sock', portal_socket.replace('.sock', '-hash.sock'))
		.replaceAll('/usr/share/isoloir/theme', join(ROOT, 'portal/theme'))
		.replace(/listen \[::\].*\n/g, '').replaceAll('listen 80', `listen 127.0.0.1:${http_port}`).replaceAll('listen 443', `listen 127.0.0.1:${tls_port}`);
	writeFileSync(join(dir, 'isoloir.conf'), site);
	const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${dir}/tmp/${one};`).join('\n');
	writeFileSync(join(dir, 'nginx.conf'), `daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log info;\n`
		+ `events {}\nhttp { access_log ${dir}/access.log;\n${temp}\ninclude ${dir}/isoloir.conf;\n}\n`);
	const child = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
	await until('nginx', () => {
		if (child.exitCode !== null)
			throw new Error(readFileSync(join(dir, 'error.log'), 'utf8'));
		return existsSync(join(dir, 'pid'));
	});
	await pause(200);
	return { dir, child, http_port, tls_port };
}

function tls_get(port, path, host = 'elections.example.fr') {
	return new Promise((done, fail) => {
		https.get({ host: '127.0.0.1', port, path, servername: host, headers: { Host: host }, rejectUnauthorized: false, agent: false }, (answer) => {
			let text = '';
			answer.on('data', (chunk) => { text += chunk; });
			answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
		}).on('error', fail);
	});
}

test('the production site: TLS, HSTS everywhere, http led to https, strangers refused, no link in any log', async () => {
	const d = await demo('demo-nginx.mjs');
	const site = await production(join(d.dir, 'run/portal.sock'));
	const token = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE';

	try {
		for (const [path, status] of [['/demo/portail/accueil', 200], ['/theme/style.css?v=1', 200], ['/theme/none.css', 404], ['/demo/portail/rien', 404],
			[`/demo/portail/activation/${token}`, 303]]) {
			const answer = await tls_get(site.tls_port, path);
			assert.equal(answer.status, status, path);
			assert.match(answer.headers['strict-transport-security'] ?? '', /max-age=63072000/, path);
		}
		await assert.rejects(tls_get(site.tls_port, '/', 'someone.else.example'));
		const plain = await fetch(`http://127.0.0.1:${site.http_port}/`, { redirect: 'manual' }).catch((wrong) => wrong);
		assert.ok(plain instanceof Error, 'a name that is not ours gets nothing');
		d.hold('portal');
		await until('the portal to end', () => !d.runs('portal'));
		for (const path of [`/demo/portail/activation/${token}`, `/demo/portail/%61ctivation/${token}`, `/demo/portail/activation/${token}?x=${token}`]) {
			const away = await tls_get(site.tls_port, path);
			assert.equal(away.status, 503);
			assert.match(away.text, /ne répond pas/);
		}
		d.release('portal');
		const logs = readdirSync(site.dir).filter((file) => file.endsWith('.log')).map((file) => readFileSync(join(site.dir, file), 'utf8')).join('');
		assert.match(logs, /\(link\)/);
		assert.ok(!logs.includes(token.slice(0, 12)), logs);
	} finally {
		site.child.kill('SIGTERM');
		await d.stop();
		rmSync(site.dir, { recursive: true, force: true });
	}
});
