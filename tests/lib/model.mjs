/*
 * What docs/RGAA.md and docs/SECURITY-MODEL.md point at, between backticks, and whether it is there:
 *   `dir/file`            a file
 *   `dir/file:word`       a function or a row of that name in it
 *   `dir/file › name`     a test of that name; one made from a table is named by its beginning or by a row of it
 *   `no <thing`           no page of the theme holds that
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './demo.mjs';

const text_of = (file) => readFileSync(join(ROOT, file), 'utf8');
const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/* Names of tests, ${…} standing for anything. */
function tests_of(file) {
	const text = text_of(file);

	if (file.endsWith('.c'))
		return [...text.matchAll(/cmocka_unit_test(?:_\w+)?\((\w+)/g)].map(([, name]) => new RegExp(`^${name}$`));
	return [...text.matchAll(/\btest\(\s*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)/g)].map(([, literal]) =>
		new RegExp(`^${literal.slice(1, -1).replaceAll("\\'", "'").split(/\$\{[^}]*\}/).map(escape).join('.*')}$`, 's'));
}

/* In C a function begins its line; elsewhere a word is enough. */
const defines = (file, word) => (file.endsWith('.c') ? new RegExp(`^(?:${word}\\(|.*\\b${word}(?:\\[.*\\]| =|\\[\\]))`, 'm') : new RegExp(`\\b${word}\\b`));

const pages = () => readdirSync(join(ROOT, 'portal/theme/default'), { recursive: true }).filter((name) => name.endsWith('.html'))
	.map((name) => text_of(join('portal/theme/default', name))).join('\n');

/** Why a pointer leads nowhere; null when it leads somewhere, undefined when it is no pointer but a word of code. */
export function fault_of(pointer) {
	const [place, name] = pointer.split(' › ');
	const [, file, word] = place.match(/^([\w.-]+(?:\/[\w.-]+)+\/?|[\w-]+\.(?:md|ac|am))(?::(\w+))?$/) ?? [];

	if (/^no </.test(pointer))
		return pages().includes(pointer.slice(3)) ? `a page holds ${pointer.slice(3)}` : null;
	if (!file)
		return name === undefined ? undefined : 'a test without a file';
	if (!existsSync(join(ROOT, file)))
		return `no file ${file}`;
	if (word && !(statSync(join(ROOT, file)).isFile() && defines(file, word).test(text_of(file))))
		return `no ${word} in ${file}`;
	if (name !== undefined && !tests_of(file).some((known) => known.test(name)))
		return `no test « ${name} » in ${file}`;
	return null;
}

/** All pointers of a document. */
export const pointers = (text) => [...text.replace(/```[^]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, one]) => one);

/** Rows of the tables of a document whose first cell matches. */
export const rows = (text, first) => text.split('\n').filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
	.filter(([cell]) => first.test(cell));
