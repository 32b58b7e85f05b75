/*
 * docs/INSTALL.md, typed by somebody who believes it: on a throwaway Debian, step by step, with its own commands, to the units under systemd and an elector who
 * gets in through nginx over TLS. Where a person edits a file or chooses a password, EDITS says what; all else is run as it stands there.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, until } from '../lib/demo.mjs';
import { Machine, TREE, why_no_machine } from '../lib/machine.mjs';

const skip = why_no_machine() || false;
const host = new Machine();
const guide = readFileSync(join(ROOT, 'docs/INSTALL.md'), 'utf8');
const SOURCES = '/usr/src/isoloir';
const NAME = 'elections.example.fr';
const ORIGIN = `https://${NAME}`;
const CURL = 'curl -s --cacert /etc/ssl/isoloir/fullchain.pem';
const TOKEN = 'n0tA-tOken_but-longEnough-t0-be_One0000000000';
const MAILBOX = 2580;

before(() => skip || host.start());
after(() => skip || host.stop());

/* The blocks of a step: what is indented, and the fenced ones of a language. */
function step(number) {
	const [, text] = guide.match(new RegExp(`^## ${number}\\. [^]*?\\n([^]*?)(?=^## )`, 'm'));
	const commands = text.split('\n').filter((line) => line.startsWith('    ')).map((line) => line.slice(4)).join('\n');
	const fenced = Object.fromEntries([...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language, body]) => [language, body]));

	return { commands, ...fenced };
}

/* There is no sudo in a bare Debian, nobody to answer an editor, and no need to run the unit tests here once more. */
const EDITS = [
	[/sudo -u isoloir /g, 'runuser -u isoloir -- '],
	[/^make && make check$/m, 'make -s -j2'],
	[/^editor .*password$/m, 'for a in ctl portal mailer; do printf "word-of-$a\\n" >isoloir_$a.password; done'],
	[/^editor .*sites-available.*$/m, ''],
];
const typed = (text) => EDITS.reduce((all, [from, to]) => all.replace(from, to), text);

function run(commands, options) {
	const { status, out } = host.run(commands, options);

	assert.equal(status, 0, `${commands}\n${out}`);
	return out;
}

const type = (number, options) => run(typed(step(number).commands), options);
const workers = () => JSON.parse(run('isoloirctl status portal --json')).portal.workers.length;
const active = (unit) => host.run(`systemctl is-active ${unit}`).out.trim();

test('step 1: the packages that it names are those that the build and the programs need', { skip }, () => {
	const named = new Set(step(1).commands.replaceAll('\\\n', ' ').split('\n').flatMap((line) => line.replace('apt-get install', '').trim().split(/\s+/)));
	const listed = readFileSync(join(ROOT, 'conf/packages.txt'), 'utf8').split('\n').map((line) => line.split(/\s+/));
	const build = listed.filter(([need]) => need === 'build').map(([, name]) => name);

	assert.deepEqual(build.filter((name) => !named.has(name)), []);
	run(`dpkg-query -W ${[...named].join(' ')}`);
});

test('step 2: it builds from the sources and installs', { skip }, () => {
	type(2, { cwd: SOURCES });
	assert.match(run('isoloirctl --version'), /\d+\.\d+\.\d+/);
	for (const page of ['isoloirctl.1', 'isoloir.conf.5', 'isoloir-portal.8', 'isoloir-mailer.8', 'isoloir-dsn.8', 'isoloir-queue.7'])
		run(`test -s /usr/share/man/man${page.at(-1)}/${page}`);
	run('echo "# mine" >>/etc/isoloir/isoloir.conf && make -s -C build install >/dev/null && tail -n 1 /etc/isoloir/isoloir.conf | grep "# mine"', { cwd: SOURCES });
});

test('steps 3 and 4: user, directories, database and its accounts', { skip }, () => {
	type(3);
	run('systemctl start mariadb');
	const words = ['ctl', 'portal', 'mailer'];
	run('mariadb', { input: step(4).sql.replace(/identified by '…'/g, () => `identified by 'word-of-${words.shift()}'`) });
	assert.equal(words.length, 0, 'three accounts');
	type(4);
	assert.equal(run('stat -c "%a %U:%G" /etc/isoloir/secrets/*').trim().split('\n').every((line) => line === '640 root:isoloir'), true);
});

test('steps 5 to 7: Redis, settings, keys, schema', { skip }, () => {
	type(5, { cwd: SOURCES });
	const before_keys = host.run('isoloir-portal -t');
	assert.notEqual(before_keys.status, 0);
	const settings = step(6).ini.replace(/^(host = ).*$/m, '$1127.0.0.1').replace(/^(port = ).*$/m, '$12525').replace('starttls = required', 'starttls = off')
		.replace(/^(?:user|password_file) = .*\n/gm, '').replace(/…/g, 'exemple');
	run('cat >>/etc/isoloir/isoloir.conf', { input: settings });
	type(7);
	assert.equal(run('stat -c %a /etc/isoloir/keys/*.key').trim().split('\n').join(), '440,440,440,440,440');
	run('runuser -u isoloir -- isoloir-portal -t && runuser -u isoloir -- isoloir-mailer -t');
});

test('step 8: the units run, hardened, and say so', { skip }, async () => {
	assert.equal(run('cd /usr/lib/systemd/system && systemd-analyze verify --man=no isoloir-*.service isoloir-*.socket'), '');
	type(8);
	for (const unit of ['isoloir-redis-queue', 'isoloir-redis-ephemeral', 'isoloir-portal', 'isoloir-mailer', 'isoloir-dsn'])
		assert.equal(active(unit), 'active', `${unit}\n${host.run(`journalctl --no-pager -u ${unit} | tail -n 20; systemctl status --no-pager ${unit}`).out}`);
	for (const unit of ['portal', 'mailer', 'dsn', 'redis-queue']) {
		const [, exposure] = run(`systemd-analyze security isoloir-${unit}`).match(/exposure level for \S+: ([\d.]+)/);
		assert.ok(Number(exposure) < 2, `${unit}: ${exposure}`);
	}
	assert.match(run('isoloirctl queue'), /No mail waits/);
});

test('steps 9 and 10: nginx, an election, and an elector who gets in', { skip }, () => {
	run(`mkdir -p /etc/ssl/isoloir && cd /etc/ssl/isoloir && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${NAME} -addext subjectAltName=DNS:${NAME} \\
		-keyout privkey.pem -out fullchain.pem && echo 127.0.0.1 ${NAME} >>/etc/hosts && systemctl start nginx`);
	type(9, { cwd: SOURCES });
	assert.match(run(`${CURL} -i ${ORIGIN}/demo/portail/accueil`), /^HTTP\/2 404 [^]*<html lang="fr">/, 'a page of the portal, before there is an election');
	run('mkdir -p /srv/isoloir && cp -r /usr/share/isoloir/sample/demo /srv/isoloir/2026');
	type(10);
	run(`systemd-run -q --unit=mailbox node ${TREE}/tests/lib/mailbox.mjs --ready /run/mailbox --smtp 2525 --http ${MAILBOX}`);
	const who = run('cut -d ";" -f 1 /srv/isoloir/2026/electors.csv | sed -n 2p').trim();
	const seen = JSON.parse(run(`NODE_EXTRA_CA_CERTS=/etc/ssl/isoloir/fullchain.pem node ${TREE}/tests/lib/visit.mjs ${ORIGIN} http://127.0.0.1:${MAILBOX}/mails.json ${who}`));
	assert.deepEqual(seen, { image: 'image/png', sound: 'audio/wav', home: 200, back: 200, who_is_in: true });
	assert.equal(JSON.parse(run(`isoloirctl elector show ${who} --json`)).account.state, 'activated');
	assert.equal(run(`journalctl --no-pager -u isoloir-portal -u isoloir-mailer | grep -c ${who} || true`).trim(), '0', 'the journal names nobody');
});

test('nginx as Debian brings it: pages are not compressed, the style is; plain http leads to TLS; no link stands in a log', { skip }, () => {
	const headers = (path) => run(`${CURL} -o /dev/null -D - -H 'Accept-Encoding: gzip' ${path}`);
	const page = headers(`${ORIGIN}/demo/portail/accueil`);

	assert.match(page, /^HTTP\/2 200 /);
	assert.doesNotMatch(page, /content-encoding/i);
	assert.match(page, /strict-transport-security: max-age=63072000/i);
	assert.match(headers(`${ORIGIN}/theme/style.css`), /content-encoding: gzip/i);
	assert.match(headers(`http://${NAME}/demo/portail/aide`), new RegExp(`^HTTP/1.1 301 [^]*Location: ${ORIGIN}/demo/portail/aide`));
	assert.match(headers(`http://${NAME}/demo/portail/activation/${TOKEN}`), new RegExp(`^HTTP/1.1 301 [^]*Location: ${ORIGIN}/\\r`));
	assert.notEqual(host.run(`${CURL} -k https://127.0.0.1/`).status, 0, 'names that are not ours get nothing');
	run(`${CURL} -o /dev/null ${ORIGIN}/demo/portail/activation/${TOKEN}`);
	run('grep -qF "(link)" /var/log/nginx/isoloir.access.log');
	assert.equal(run(`grep -rlE '${TOKEN}|activation/' /var/log/nginx || true`), '');
});

test('day by day: reload, other settings, a wrong file that is refused, a killed master, a restart', { skip }, async () => {
	run('systemctl reload isoloir-portal && systemctl reload isoloir-mailer');
	run('isoloirctl workers portal set 6');
	await until('six workers', () => workers() === 6);
	run('cp /etc/isoloir/isoloir.conf /root/good && echo "[portal]\nworkerz = 3" >>/etc/isoloir/isoloir.conf');
	const refused = host.run('systemctl reload isoloir-portal');
	assert.notEqual(refused.status, 0);
	assert.match(run('journalctl --no-pager -u isoloir-portal | tail -n 20'), /isoloir\.conf:\d+.*workerz.*workers/);
	assert.equal(active('isoloir-portal'), 'active');
	run('cp /root/good /etc/isoloir/isoloir.conf');
	const pid = run('systemctl show -P MainPID isoloir-portal').trim();
	run(`kill -9 ${pid}`);
	await until('systemd to start it again', () => active('isoloir-portal') === 'active' && run('systemctl show -P MainPID isoloir-portal').trim() !== pid);
	run('systemctl restart isoloir-portal isoloir-mailer');
	assert.match(run(`${CURL} --retry 3 ${ORIGIN}/demo/portail/accueil`), /CAPTCHA/);
	assert.equal(run('systemctl --failed --no-legend | grep isoloir || true'), '');
});

test('a number of workers is saved once the unit may write the settings', { skip }, async () => {
	const save = () => host.run('isoloirctl workers portal set 5 --save');

	assert.match(save().out, /isoloir\.conf.*(read-only|permission)/i);
	run(`chown isoloir /etc/isoloir /etc/isoloir/isoloir.conf
		mkdir -p /etc/systemd/system/isoloir-portal.service.d
		printf '[Service]\\nReadWritePaths=/etc/isoloir\\n' >/etc/systemd/system/isoloir-portal.service.d/override.conf
		systemctl daemon-reload && systemctl restart isoloir-portal`);
	assert.equal(save().status, 0);
	run('grep "^workers = 5" /etc/isoloir/isoloir.conf && systemctl restart isoloir-portal');
	await until('five workers', () => workers() === 5);
});

test('with the socket unit a restart loses no request', { skip }, async () => {
	run('systemctl stop isoloir-portal && systemctl enable -q --now isoloir-portal.socket && systemctl start isoloir-portal');
	run(`systemd-run -q --unit=crowd bash -c 'while [ ! -e /run/enough ]; do ${CURL} -o /dev/null -w "%{http_code}\n" ${ORIGIN}/demo/portail/accueil; done >/run/codes'`);
	for (let i = 0; i < 3; i++)
		run('sleep 0.5; systemctl restart isoloir-portal; sleep 0.5');
	run('touch /run/enough');
	await until('the crowd to end', () => active('crowd') === 'inactive');
	const codes = run('sort /run/codes | uniq -c').trim();
	assert.match(codes, /^\d{2,} 200$/, codes);
});

test('a copy of the database, with the keys, is all that a restore needs', { skip }, () => {
	const known = () => run(`isoloirctl elector show $(cut -d ';' -f 1 /srv/isoloir/2026/electors.csv | sed -n 2p) --json`);
	const before_it = known();
	const head = run('isoloirctl audit verify');

	run('mariadb-dump --single-transaction --routines isoloir | gzip >/root/copy.sql.gz && systemctl stop isoloir-portal isoloir-mailer isoloir-dsn');
	run('redis-cli -s /run/isoloir/redis-queue.sock flushall && mariadb -e "drop database isoloir; create database isoloir character set utf8mb4 collate utf8mb4_unicode_ci"');
	run('gunzip </root/copy.sql.gz | mariadb isoloir && isoloirctl migrate');
	assert.equal(run('isoloirctl audit verify'), head);
	run('systemctl start isoloir-portal isoloir-mailer isoloir-dsn');
	assert.equal(known(), before_it);
	assert.match(run(`${CURL} --retry 3 ${ORIGIN}/demo/portail/accueil`), /CAPTCHA/);
});

test('what was installed can be taken away again, but for what is the office’s', { skip }, () => {
	run('systemctl stop isoloir-portal isoloir-mailer isoloir-dsn isoloir-redis-queue isoloir-redis-ephemeral');
	run('make -s -C build uninstall', { cwd: SOURCES });
	assert.equal(run('find /usr/bin /usr/sbin /usr/lib /usr/share -path /usr/src -prune -o -name "*isoloir*" ! -type d -print').trim(), '');
	run('test -s /etc/isoloir/keys/pepper.key');
});
