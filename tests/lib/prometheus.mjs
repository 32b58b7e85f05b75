/* A Prometheus of its own on a free port, which scrapes every second and forgets all at its end. It must be closed. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { free_port, ROOT } from './demo.mjs';
import { until } from './mail_world.mjs';

export class Prometheus {
	constructor() {
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'isoloir-prometheus-'));
	}

	/** targets: ports on loopback. */
	async start(targets) {
		this.port = await free_port();
		this.url = `http://127.0.0.1:${this.port}`;
		const all = targets.map((port) => `"127.0.0.1:${port}"`).join(', ');
		fs.writeFileSync(path.join(this.dir, 'prometheus.yml'), `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ["${ROOT}/conf/prometheus/isoloir.rules.yml"]
scrape_configs:
  - { job_name: isoloir, static_configs: [{ targets: [${all}] }] }
`);
		this.child = spawn('prometheus', [`--config.file=${this.dir}/prometheus.yml`, `--storage.tsdb.path=${this.dir}/data`, `--web.listen-address=127.0.0.1:${this.port}`,
			`--web.console.templates=${ROOT}/conf/prometheus/consoles`, '--log.level=error'], { stdio: ['ignore', 'ignore', fs.openSync(path.join(this.dir, 'log'), 'a')] });
		this.ended = new Promise((done) => this.child.once('exit', done));
		if (!(await until(() => fetch(`${this.url}/-/ready`).then(({ ok }) => ok, () => false), 30)))
			throw new Error(`Prometheus does not start: ${this.log()}`);
		return this;
	}

	log() {
		return fs.readFileSync(path.join(this.dir, 'log'), 'utf8');
	}

	async #ask(where) {
		const answer = await (await fetch(`${this.url}/api/v1/${where}`)).json();

		if (answer.status !== 'success')
			throw new Error(`${where}: ${answer.error}`);
		return answer.data;
	}

	/** What an expression is now: [{metric: labels, value: number}]. */
	async query(expression) {
		const { result } = await this.#ask(`query?${new URLSearchParams({ query: expression })}`);

		return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
	}

	async rules() {
		return (await this.#ask('rules')).groups.flatMap(({ rules }) => rules);
	}

	async close() {
		this.child.kill();
		await this.ended;
		fs.rmSync(this.dir, { recursive: true });
	}
}
