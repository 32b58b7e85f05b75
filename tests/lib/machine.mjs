/*
 * A throwaway Debian: a copy of the system that this runs on, which costs nothing but what is changed in it (an overlay in memory), with systemd as its first
 * process and a network of its own. Nothing that is done there reaches the real one. It needs root.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, until } from './demo.mjs';

/* Services of the real system that a test machine may have, and that are not the story's. */
const NOT_HERE = ['postfix.service', 'prometheus.service', 'prometheus-node-exporter.service', 'cron.service', 'apt-daily.timer', 'apt-daily-upgrade.timer'];

/** Where the source tree is there, as it stands here, to be read; a copy without what was built is in /usr/src/isoloir. */
export const TREE = '/mnt';

/* $1: an empty directory; $2: the source tree; what follows are units. All mounts die with the name space. */
const BOOT = `
set -e
dir=$1 tree=$2
shift 2
mount -t tmpfs tmpfs "$dir"
mkdir "$dir/up" "$dir/work" "$dir/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/up,workdir=$dir/work" "$dir/root"
for unit; do ln -sf /dev/null "$dir/root/etc/systemd/system/$unit"; done
mkdir -p "$dir/root/usr/src/isoloir"
tar -C "$tree" --exclude=./.build --exclude=./node_modules --exclude=./.git -cf - . | tar -C "$dir/root/usr/src/isoloir" -xf -
mount -t tmpfs tmpfs /run
mkdir /run/systemd
exec systemd-nspawn -q --directory="$dir/root" --bind-ro="$tree:/mnt" --register=no --keep-unit --private-network --link-journal=no \\
	--console=pipe -b systemd.log_target=null systemd.show_status=0
`;

const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);

/** Why there can be no such machine here; empty: there can. */
export function why_no_machine() {
	if (process.getuid() !== 0)
		return 'a throwaway system needs root';
	const { status } = spawnSync('unshare', ['--mount', '--pid', '--cgroup', '--fork', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
	return status === 0 ? '' : 'a throwaway system needs the right to mount';
}

export class Machine {
	async start() {
		this.dir = mkdtempSync(join(tmpdir(), 'isoloir-machine-'));
		this.nspawn = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'private', 'sh', '-c', BOOT, 'sh', this.dir, ROOT, ...NOT_HERE],
			{ stdio: ['ignore', 'pipe', 'pipe'] });
		this.said = '';
		for (const out of [this.nspawn.stdout, this.nspawn.stderr])
			out.on('data', (text) => { this.said += text; });
		this.ended = new Promise((done) => this.nspawn.once('exit', done));
		try {
			this.init = await until('its first process', () => children(this.nspawn.pid).find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'systemd\n'), 60);
			await until('systemd to be up', () => /running|degraded/.test(this.run('systemctl is-system-running').out), 60);
		} catch (error) {
			throw new Error(`${error.message}: ${this.said}`);
		}
		return this;
	}

	/** Shell commands as its root; they end at the first that fails. Returns {status, out}, both outputs in one. */
	run(commands, { input = '', cwd = '/' } = {}) {
		const r = spawnSync('nsenter', ['-t', this.init, '-m', '-u', '-i', '-n', '-p', '-C', 'env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
			'HOME=/root', 'LANG=C.UTF-8', 'bash', '-e', '-o', 'pipefail', '-c', `exec 2>&1; cd ${cwd}\n${commands}`], { input, encoding: 'utf8', maxBuffer: 1 << 26 });

		return { status: r.status, out: r.stdout };
	}

	async stop() {
		if (this.init)
			this.run('systemctl poweroff --no-block');
		const timer = setTimeout(() => this.nspawn.kill('SIGKILL'), 30000);
		await this.ended;
		clearTimeout(timer);
		rmdirSync(this.dir);
	}
}
