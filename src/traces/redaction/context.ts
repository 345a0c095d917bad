import { keywordRules, prefixRules, type SecretRule } from './secrets.ts';

/** A quote around a name or a value, with the escapes that JSON inside JSON puts before it. */
const QUOTE = String.raw`\\{0,7}["'\`]?`;
const ASSIGNED = String.raw`${QUOTE}\s{0,3}(?:=|:|=>)\s{0,3}${QUOTE}`;
/** What a value is made of: no quote, no end of an escape, no bracket of a placeholder. */
const VALUE = String.raw`[^\s"'\`\\<>,;)]`;
const WORD = '[A-Za-z0-9_.=+/-]';
const has = (what: string): string => `(?=${VALUE}{0,200}${what})`;

const passwordName = String.raw`(?:[Pp]ass(?:word|wd|phrase)|PASS(?:WORD|WD|PHRASE)|pwd|PWD)\w{0,20}`;
const secretName = [
  ...[
    '[Ss]ecret',
    'SECRET',
    '[Aa]pi[_ -]?[Kk]ey',
    'API[_ -]?KEY',
    '[Aa]ccess[_ -]?[Kk]ey',
    'ACCESS[_ -]?KEY',
  ],
  ...['[Pp]rivate[_ -]?[Kk]ey', 'PRIVATE[_ -]?KEY', '[Aa]uth[_ -]?[Kk]ey', 'AUTH[_ -]?KEY'],
  ...['[Tt]oken', 'TOKEN', '[Cc]redentials?', 'CREDENTIALS?', 'x-[a-z-]{0,20}key', '[A-Z0-9]{2,30}_KEY'],
  String.raw`\b_?auth(?=\\{0,7}["'\`])`,
].join('|');

/**
 * Known by what stands before them; the value is group 1. All have the name `secret`: the same value gets the same
 * placeholder wherever it stands.
 */
export const contextRules: readonly SecretRule[] = (
  [
    {
      pattern: String.raw`\b(?:[Bb]earer|BEARER|[Bb]asic|[Tt]oken)[ +]((?=[A-Za-z._~+/-]{0,200}[0-9])[A-Za-z0-9._~+/-]{16,}={0,2})`,
      entropy: 3,
    },
    // The password in a URL.
    {
      keyword: '://',
      pattern: String.raw`[a-z][a-z0-9+.-]{1,20}://[^\s/:@"'\\<>]{0,80}:([^\s/@"'\\<>]{3,200})@`,
    },
    {
      pattern: `${passwordName}${ASSIGNED}(${has('[A-Za-z]')}${has('[0-9!#$%^&*~@+?]')}${VALUE}{6,200})`,
    },
    {
      pattern: String.raw`(?:${secretName})[\w.-]{0,20}${ASSIGNED}((?=${WORD}{0,200}[0-9])(?=(?:[0-9_.=+/-]{0,60}[A-Za-z]){3})${WORD}{12,200})`,
      entropy: 3.2,
    },
    // Of a command line, and of a .netrc file.
    {
      keyword: '--',
      pattern: `--(?:pass(?:word|wd)?|token|secret|api-?key|access-key|auth-token)[ =]${QUOTE}(${has('[0-9]')}${VALUE}{8,200})`,
      entropy: 2.8,
    },
    {
      keyword: 'mysql',
      pattern: String.raw`\bmysql\w{0,10}\s[^\n]{0,100}?\s-p([^\s"'\\<>-][^\s"'\\<>]{5,200})`,
    },
    {
      keyword: 'curl',
      pattern: String.raw`\bcurl\s[^\n]{0,300}?\s(?:-u|--user)[ =]${QUOTE}[^\s:"'\\<>]{1,80}:([^\s"'\\<>]{4,200})`,
    },
    {
      keyword: 'login',
      pattern: String.raw`\blogin\s{1,4}[^\s"'\\<>]{1,100}\s{1,4}password\s{1,4}([^\s"'\\<>]{4,200})`,
    },
    // Signed addresses.
    {
      keyword: '=',
      pattern: `[?&](?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature|[Ss]ignature|X-(?:Amz|Goog)-(?:Signature|Security-Token))=([A-Za-z0-9%+/=_-]{20,2000})`,
      entropy: 3,
    },
    {
      keyword: '=',
      pattern: String.raw`[?&](?:key|apikey|api_key|access_token|auth)=((?=[\w.~%-]{0,200}[0-9])[\w.~%-]{16,400})`,
      entropy: 3,
    },
    // A header's cookies, all of them.
    {
      keyword: 'ookie',
      pattern: String.raw`\b(?:[Ss]et-)?[Cc]ookie2?\s?:\s{0,3}([\w.-]{1,80}=[^\s"'\\<>;]{1,2000}(?:;\s?[\w.-]{1,80}=[^\s"'\\<>;]{1,2000}){0,40})`,
      entropy: 3,
    },
  ] satisfies readonly Omit<SecretRule, 'name'>[]
).map((rule) => ({ name: 'secret', ...rule }));

/** Names of the rules that find secrets: what they found is one wherever else it stands. */
export const secretNames: ReadonlySet<string> = new Set(
  [...prefixRules, ...keywordRules].map((rule) => rule.name).concat('secret', 'key'),
);
