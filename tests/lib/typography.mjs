// French typography over everything that people read: templates, refusals, the sentences in C, sample elections and office texts. They must have
// no-break spaces before : ; ? ! and inside « », the apostrophe ’, the ellipsis …, and no double space.
// Run: node tests/lib/typography.mjs [FILE or DIR…]; prints file:line: what, exits 1 if anything.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
// Where words for people stand. The control command speaks to operators, in English.
export const spoken = ['portal', 'mailer', 'common/base/clock.c', 'conf/sample', 'ctl/leaflet.c'];
const NB = '\u00a0\u202f';

const rules = [
  [/ [:;?!»]/u, 'plain space before a sign that wants a no-break one'],
  [/« /u, 'plain space after «'],
  [new RegExp(`«[^${NB} ]`, 'u'), 'no space after «'],
  [new RegExp(`[^${NB} ]»`, 'u'), 'no space before »'],
  [new RegExp(`[^${NB} \\d?!][:;?!](?=[ ${NB}]|$)`, 'u'), 'no space before : ; ? or !'],
  [/\p{L}'\p{L}/u, "straight apostrophe (') in a word"],
  [/"/u, 'straight quotation mark'],
  [/\.\.\./u, 'three dots instead of …'],
  [new RegExp(`[ ${NB}]{2,}`, 'u'), 'double space'],
  [new RegExp(`[ ${NB}][,.](?![\\w.])`, 'u'), 'space before a comma or full stop'],
];

const blank = (s) => s.replace(/[^\n]/gu, '');

// Words that French sentences have and English ones, which are for logs, have not.
const french = /[À-ÿŒœ’«»…]|(?:^|\P{L})(?:aux?|avec|ces?|cette|dans|des?|du|elle|est|et|ils?|la|les?|mais|ou|par|pas|pour|que|qui|sans|sur|une?|votre|vos|vous)(?!\p{L})/iu;
const escapes = { n: '\n', t: '\t', '"': '"', "'": "'", '\\': '\\' };

const decode = (literal) => literal.slice(1, -1).replace(/\\u([0-9a-f]{4})|\\(.)/giu, (all, code, sign) =>
  code ? String.fromCharCode(Number.parseInt(code, 16)) : escapes[sign] ?? all);

// String literals that are sentences, neighbours joined as the compiler does, each on the line where it begins.
function sentences(text, quotes) {
  const one = quotes.map((q) => `${q}(?:[^${q}\\\\\n]|\\\\.)*${q}`).join('|');
  const token = new RegExp(`/\\*[\\s\\S]*?\\*/|//.*|'\\\\?.'|((?:${one})(?:\\s*(?:${one}))*)`, 'gu');
  const lines = text.split('\n').map(() => []);

  for (const found of text.matchAll(token)) {
    if (!found[1] || /#include .*$/u.test(text.slice(0, found.index).split('\n').at(-1))) continue;
    const said = [...found[1].matchAll(new RegExp(one, 'gu'))].map(([literal]) => decode(literal)).join('');
    if (said.includes(' ') && french.test(said)) lines[text.slice(0, found.index).split('\n').length - 1].push(said.replace(/\n/gu, ' '));
  }
  return lines.map((all) => all.join('\v').replace(/%(?:\.?\*)?[a-z]+/gu, 'x').replace(listed, '(x)')).join('\n');
}

// Signs that a sentence lists are no punctuation.
const listed = /\(par exemple [^\p{L})]*\)/gu;

// Fields of a CSV file apart; a doubled quotation mark is one that stands in the text, and is not French.
const fields = (text) => text.replace(/"((?:[^"]|"")*)"|;/gu, (all, quoted) => quoted === undefined ? '\v' : quoted.replace(/""/gu, '”'));

// Only what people read, one line for one line. A variable counts as a letter, a section or part sign as nothing.
export function readable(file, text) {
  if (/\.(?:c|h|def)$/u.test(file)) return sentences(text, ['"']);
  if (file.endsWith('.js')) return sentences(text, ['"', "'", '`']);
  if (file.endsWith('.csv')) return fields(text);
  const words = text.replace(/\{\{[#^/>][^}]*\}\}/gu, '').replace(/\{\{[^}]*\}\}/gu, 'x');
  if (!file.endsWith('.html')) return words.replace(/https?:\S+/gu, 'x').replace(/^[A-Z][\w-]*: /gmu, '');
  return words
    .replace(/<!--[\s\S]*?-->|<style[\s\S]*?<\/style>/gu, blank)
    .replace(/<[^>]*>/gu, (tag) => {
      const said = [...tag.matchAll(/\s(?:alt|title|aria-label|placeholder)="([^"]*)"/gu)].map((m) => m[1]);
      return said.length > 0 ? `\n${said.join('\n')}\n`.replace(/\n/gu, '\v') : blank(tag);
    })
    .replace(/&(?:nbsp|#160|#8239);/gu, '\u00a0')
    .replace(/&[a-z0-9#]+;/giu, 'x');
}

export function faults(file, text) {
  const found = [];
  readable(file, text).split('\n').forEach((line, i) => {
    for (const words of line.split('\v'))
      for (const [wrong, why] of rules) {
        const at = wrong.exec(words.trim());
        if (at) found.push(`${file}:${i + 1}: ${why}: “${words.trim().slice(Math.max(0, at.index - 20), at.index + 20)}”`);
      }
  });
  return found;
}

// names.def tells authors of themes, in English; the names of a roll are as the payroll spells them.
const unspoken = /(?:names\.def|electors\.csv)$/u;

function* files(path) {
  if (!statSync(path).isDirectory()) return yield path;
  for (const name of readdirSync(path)) yield* files(join(path, name));
}

function main(paths) {
  const all = paths.flatMap((p) => [...files(p)]).filter((f) => /\.(html|txt|c|def|js|csv)$/u.test(f) && !unspoken.test(f));
  const found = all.flatMap((f) => faults(f, readFileSync(f, 'utf8')));
  for (const line of found) console.log(line);
  if (found.length === 0) console.log(`typography: ${all.length} files, nothing to mend`);
  process.exitCode = found.length > 0 || all.length === 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  main(process.argv.length > 2 ? process.argv.slice(2) : spoken.map((path) => join(top, path)));
