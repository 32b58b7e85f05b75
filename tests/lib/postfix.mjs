/*
 * A private Postfix: its own configuration, queue and port in one temporary directory, no service of the system's. Its master is our child, and ended by its
 * number. Wants root, as Postfix does. What it takes it relays to 127.0.0.1:PORT. settings and services: further lines of its main.cf and master.cf.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { free_port } from './demo.mjs';
import { sleep, until } from './mail_world.mjs';

const MASTER = '/usr/lib/postfix/sbin/master';

export class Postfix {
	constructor(sink_port, settings = {}, services = []) {
		this.sink_port = sink_port;
		this.settings = settings;
		this.services = services;
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'isoloir-postfix-'));
		this.certificate = path.join(this.dir, 'cert.pem');
	}

	async start() {
		if (!this.port)
			await this.#make();
		this.master = spawn(MASTER, ['-c', this.dir, '-d'], { stdio: 'ignore', env: { ...process.env, MAIL_CONFIG: this.dir } });
		this.ended = new Promise((done) => this.master.once('exit', done));
		if (!(await until(() => this.#answers(), 15)))
			throw new Error(`Postfix does not start: ${this.log()}`);
		return this;
	}

	async #make() {
		const { dir } = this, spool = path.join(dir, 'spool'), data = path.join(dir, 'data');

		this.port = await free_port();
		fs.chmodSync(dir, 0o755);
		for (const one of [spool, data])
			fs.mkdirSync(one);
		spawnSync('chown', ['postfix', data]);
		spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path.join(dir, 'key.pem'), '-out', this.certificate,
			'-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']);
		const main = {
			compatibility_level: '3.6', queue_directory: spool, data_directory: data, command_directory: '/usr/sbin', daemon_directory: '/usr/lib/postfix/sbin',
			mail_owner: 'postfix', setgid_group: 'postdrop', maillog_file: path.join(dir, 'maillog'), maillog_file_prefixes: dir, inet_interfaces: '127.0.0.1', inet_protocols: 'ipv4',
			myhostname: 'relay.example', mydestination: '', mynetworks: '127.0.0.0/8', alias_maps: '', alias_database: '', local_recipient_maps: '',
			relayhost: `[127.0.0.1]:${this.sink_port}`, smtp_dns_support_level: 'disabled', smtp_host_lookup: 'native', smtpd_relay_restrictions: 'permit_mynetworks, reject',
			smtpd_recipient_restrictions: `check_recipient_access texthash:${dir}/access, permit_mynetworks, reject`,
			smtpd_peername_lookup: 'no', smtpd_tls_security_level: 'may', smtpd_tls_cert_file: this.certificate, smtpd_tls_key_file: path.join(dir, 'key.pem'), smtpd_tls_loglevel: '1',
			minimal_backoff_time: '1s', maximal_backoff_time: '2s', queue_run_delay: '1s', smtpd_client_connection_rate_limit: '0', smtpd_client_connection_count_limit: '0',
			default_destination_concurrency_limit: '8', initial_destination_concurrency: '8', ...this.settings,
		};
		const services = [`127.0.0.1:${this.port} inet n - n - - smtpd`, 'pickup unix n - n 60 1 pickup', 'cleanup unix n - n - 0 cleanup', 'qmgr unix n - n 1 1 qmgr',
			'tlsmgr unix - - n 1000? 1 tlsmgr', 'rewrite unix - - n - - trivial-rewrite', 'bounce unix - - n - 0 bounce', 'defer unix - - n - 0 bounce', 'trace unix - - n - 0 bounce',
			'verify unix - - n - 1 verify', 'flush unix n - n 1000? 0 flush', 'proxymap unix - - n - - proxymap', 'smtp unix - - n - - smtp', 'relay unix - - n - - smtp',
			'showq unix n - n - - showq', 'error unix - - n - - error', 'retry unix - - n - - error', 'discard unix - - n - - discard', 'anvil unix - - n - 1 anvil',
			'scache unix - - n - 1 scache', 'postlog unix-dgram n - n - 1 postlogd', 'lmtp unix - - n - - lmtp', ...this.services];

		fs.writeFileSync(path.join(dir, 'main.cf'), `${Object.entries(main).map(([k, v]) => `${k} = ${v}`).join('\n')}\n`);
		fs.writeFileSync(path.join(dir, 'master.cf'), `${services.join('\n')}\n`);
		this.access({});
		const made = spawnSync('postfix', ['-c', dir, 'check'], { encoding: 'utf8' });
		if (made.status !== 0)
			throw new Error(`postfix check: ${made.stdout}${made.stderr}`);
	}

	/** What it answers at RCPT, by recipient: to sessions that begin from now on. */
	access(rows) {
		fs.writeFileSync(path.join(this.dir, 'access'), Object.entries(rows).map(([who, what]) => `${who} ${what}\n`).join(''));
		this.master?.kill('SIGHUP');
	}

	#answers() {
		return fs.existsSync(path.join(this.dir, 'maillog')) && spawnSync('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${this.port} && read -t 2 -u 3 line && [[ $line == 220* ]]`]).status === 0;
	}

	log() {
		const file = path.join(this.dir, 'maillog');

		return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
	}

	/** What its log says of a mail by its queue's name for it, and where that stands in the queue. */
	told(id) {
		const found = spawnSync('find', [path.join(this.dir, 'spool'), '-name', `${id}*`, '-ls'], { encoding: 'utf8' }).stdout;

		return `${this.log().split('\n').filter((line) => line.includes(id)).join('\n')}\n${found}`;
	}

	/* Its programs, which live in its queue's folder and outlive the master. */
	#left() {
		return fs.readdirSync('/proc').filter((pid) => {
			try {
				return /^\d+$/.test(pid) && fs.readlinkSync(`/proc/${pid}/cwd`).startsWith(this.dir);
			} catch {
				return false;
			}
		});
	}

	/** Its queue stays. A mail that an old program has in hand when a new master starts would be put off by a minute: so they deliver what they have, and end. */
	async stop() {
		this.master?.kill('SIGTERM');
		await this.ended;
		await sleep(1000);
		for (const pid of this.#left())
			process.kill(Number(pid), 'SIGTERM');
		if (!(await until(() => this.#left().length === 0, 10)))
			throw new Error(`programs of Postfix do not end: ${this.log().slice(-2000)}`);
	}

	async close() {
		await this.stop();
		fs.rmSync(this.dir, { recursive: true, force: true });
	}
}
