/**
 * What keys, tokens and passwords look like. The shapes are facts published by the issuers and collected in the rule sets
 * of gitleaks (github.com/gitleaks/gitleaks, config/gitleaks.toml), GitHub's secret scanning partner list and the clients'
 * own documentation; the expressions are ours and looser than theirs: a placeholder too many costs a word, a key too few
 * costs a key. No expression can cross a quote or begin in the middle of an escape, so JSON inside a string stays JSON;
 * every repetition is bounded where another attempt could begin inside it, so that no text takes more than linear time.
 */
export interface SecretRule {
  /** Names the placeholder. */
  readonly name: string;
  /** Without flags; anchors itself by a prefix that means nothing else. */
  readonly pattern: string;
  /** A text that must be there for the rule to be worth trying, where the prefix is no fixed text. */
  readonly keyword?: string;
  /** Shannon entropy in bits per character below which it is no secret but a word in its shape. */
  readonly entropy?: number;
}

const B = '[A-Za-z0-9_-]';
/** Not in the middle of a word; the end of an escape (`\n`, `\u0022`, `%22`) is no word. */
const start = (literal: string): string =>
  `${literal}(?:(?<![A-Za-z0-9]${literal})|(?<=\\\\[nrtbf]${literal})|(?<=\\\\u[0-9A-Fa-f]{4}${literal})|(?<=%[0-9A-Fa-f]{2}${literal}))`;

const KEY_KIND = '[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?';
/** Of its lines, but for the dash that its headers may have too. */
const KEY_TEXT = '[A-Za-z0-9+/=\\s\\\\:,.()]';
/** Of a key in a text, or in JSON inside a text. */
const LINE_END = '(?:\\s|\\\\{1,7}[nr])';

/** Known by their prefix. */
export const prefixRules: readonly SecretRule[] = [
  {
    name: 'private-key',
    // To its last line; where something else comes before that, or it breaks off, as far as it looks like one.
    pattern: `-----BEGIN ${KEY_KIND}-----(?:${KEY_TEXT}*(?:-(?!----)${KEY_TEXT}*)*(?:-----END ${KEY_KIND}-----|$)|(?:${LINE_END}*(?:[A-Za-z-]{1,40}: [A-Za-z0-9,-]{0,80}|[A-Za-z0-9+/=]{16,})){0,1000}(?:${LINE_END}+[A-Za-z0-9+/]{1,15}={1,2})?)`,
  },
  { name: 'age-key', pattern: 'AGE-SECRET-KEY-1[0-9A-Z]{50,}' },
  { name: 'anthropic-key', pattern: `${start('sk-')}ant-${B}{20,}` },
  // OpenAI, DeepSeek, OpenRouter (sk-or-), Langfuse (sk-lf-), Helicone (sk-helicone-), LiteLLM and others.
  { name: 'api-key', pattern: `${start('sk-')}(?=[A-Za-z_-]{0,200}[0-9])${B}{16,}`, entropy: 3 },
  { name: 'api-key', pattern: `${start('pk-')}lf-[0-9a-f-]{30,}` },
  { name: 'openai-session', pattern: `${start('sess-')}[A-Za-z0-9]{30,}` },
  { name: 'elevenlabs-key', pattern: `${start('sk_')}[0-9a-f]{40,}` },
  { name: 'groq-key', pattern: 'gsk_[A-Za-z0-9]{40,}' },
  { name: 'xai-key', pattern: 'xai-[A-Za-z0-9]{60,}' },
  { name: 'perplexity-key', pattern: 'pplx-[A-Za-z0-9]{40,}' },
  { name: 'replicate-key', pattern: 'r8_[A-Za-z0-9]{37,}' },
  { name: 'nvidia-key', pattern: `nvapi-${B}{40,}` },
  { name: 'cerebras-key', pattern: 'csk-[a-z0-9]{40,}' },
  { name: 'together-key', pattern: `tgp_v1_${B}{30,}` },
  { name: 'fireworks-key', pattern: `${start('fw_')}[A-Za-z0-9]{22,}`, entropy: 3 },
  { name: 'tavily-key', pattern: 'tvly-[A-Za-z0-9-]{20,}' },
  { name: 'langsmith-key', pattern: 'lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}' },
  { name: 'pinecone-key', pattern: 'pcsk_[A-Za-z0-9_]{40,}' },
  { name: 'huggingface-key', pattern: '(?:hf_|api_org_)[A-Za-z0-9]{30,}' },
  { name: 'google-key', pattern: `AIza${B}{30,}` },
  { name: 'google-key', pattern: `${start('AQ\\.')}${B}{30,}` },
  { name: 'google-secret', pattern: `GOCSPX-${B}{20,}` },
  { name: 'google-token', pattern: `ya29\\.[A-Za-z0-9_.-]{20,}` },
  { name: 'google-token', pattern: `${start('1//')}0${B}{30,}` },
  { name: 'aws-key', pattern: '(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])' },
  { name: 'aws-bedrock-key', pattern: '(?:ABSK|bedrock-api-key-)[A-Za-z0-9+/]{60,}={0,3}' },
  { name: 'azure-storage-key', pattern: 'AccountKey=[A-Za-z0-9+/]{40,}={0,2}' },
  { name: 'alibaba-key', pattern: `${start('LTAI')}[A-Za-z0-9]{16,}` },
  { name: 'github-token', pattern: '(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{50,})' },
  { name: 'gitlab-token', pattern: `gl(?:pat|cbt|dt|ft|imt|ptt|rt|soat|oas|agent)-${B}{20,}` },
  { name: 'slack-token', pattern: '(?:xox[abposre]|xapp)-[A-Za-z0-9-]{10,}' },
  {
    name: 'slack-webhook',
    pattern: 'hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{30,}',
  },
  { name: 'stripe-key', pattern: '(?:[sr]k_(?:live|test|prod)_|whsec_)[A-Za-z0-9]{10,}' },
  { name: 'twilio-key', pattern: `${start('SK')}[0-9a-f]{32}(?![A-Za-z0-9])` },
  { name: 'sendgrid-key', pattern: `SG\\.${B}{16,}\\.${B}{30,}` },
  { name: 'mailgun-key', pattern: `${start('key-')}[0-9a-f]{32}(?![A-Za-z0-9])` },
  {
    name: 'discord-webhook',
    pattern: 'discord(?:app)?\\.com/api/webhooks/[0-9]{15,20}/[A-Za-z0-9_-]{50,}',
  },
  { name: 'airtable-token', pattern: `${start('pat')}[A-Za-z0-9]{14}\\.[0-9a-f]{64}` },
  { name: 'heroku-key', pattern: 'HRKU-[A-Za-z0-9_-]{36,}' },
  { name: 'vercel-token', pattern: `${start('vc')}[piarkl]_[A-Za-z0-9]{24,}`, entropy: 3.5 },
  { name: 'circleci-token', pattern: 'CCI(?:PAT|PRJ)_[A-Za-z0-9]{20,}_[0-9a-f]{40}' },
  { name: 'buildkite-token', pattern: 'bkua_[0-9a-f]{40}' },
  { name: 'okta-token', pattern: 'SSWS[ +]{1,3}00[A-Za-z0-9_-]{38,}' },
  { name: 'dropbox-token', pattern: `${start('sl\\.')}(?:u\\.)?[A-Za-z0-9_-]{130,}` },
  { name: 'resend-key', pattern: `${start('re_')}[A-Za-z0-9]{8}_[A-Za-z0-9]{22,}` },
  { name: 'typeform-token', pattern: 'tfp_[A-Za-z0-9_-]{40,}' },
  { name: 'contentful-token', pattern: 'CFPAT-[A-Za-z0-9_-]{40,}' },
  { name: 'plaid-token', pattern: 'access-(?:production|development|sandbox)-[0-9a-f-]{36}' },
  { name: 'notion-key', pattern: `${start('secret_')}[A-Za-z0-9]{43}(?![A-Za-z0-9])` },
  { name: 'npm-token', pattern: 'npm_[A-Za-z0-9]{36}' },
  { name: 'pypi-token', pattern: `pypi-AgE${B}{50,}` },
  { name: 'rubygems-token', pattern: 'rubygems_[0-9a-f]{48}' },
  { name: 'databricks-token', pattern: 'dapi[0-9a-f]{32}' },
  { name: 'digitalocean-token', pattern: 'do[oprt]_v1_[0-9a-f]{64}' },
  { name: 'shopify-token', pattern: 'shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}' },
  { name: 'doppler-token', pattern: 'dp\\.(?:pt|st|ct|sa)\\.[A-Za-z0-9]{40,}' },
  { name: 'vault-token', pattern: `hv[sbr]\\.${B}{20,}` },
  { name: 'linear-key', pattern: 'lin_(?:api|oauth)_[A-Za-z0-9]{32,}' },
  { name: 'notion-key', pattern: 'ntn_[A-Za-z0-9]{40,}' },
  { name: 'figma-token', pattern: `fig[doru]_${B}{30,}` },
  { name: 'atlassian-token', pattern: 'AT(?:ATT|CTT|BBT)3?[A-Za-z0-9_=-]{60,}' },
  { name: 'newrelic-key', pattern: 'NRAK-[A-Z0-9]{27}' },
  { name: 'sentry-token', pattern: 'sntry[su]_[A-Za-z0-9+/=_-]{40,}' },
  { name: 'grafana-token', pattern: '(?:glc_[A-Za-z0-9+/]{32,}={0,2}|glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8})' },
  { name: 'postman-key', pattern: 'PMAK-[0-9a-f]{24}-[0-9a-f]{34}' },
  { name: 'planetscale-token', pattern: `pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_.=-]{30,}` },
  { name: 'pulumi-token', pattern: 'pul-[0-9a-f]{40}' },
  { name: 'prefect-token', pattern: 'pn[ub]_[A-Za-z0-9]{36}' },
  { name: 'dynatrace-token', pattern: 'dt0c01\\.[A-Z0-9]{24}\\.[A-Z0-9]{60,}' },
  { name: 'fly-token', pattern: '(?:fo1_[A-Za-z0-9_-]{40,}|fm[12][ar]?_[A-Za-z0-9+/=]{60,})' },
  { name: 'supabase-key', pattern: '(?:sbp_[0-9a-f]{40}|sb_secret_[A-Za-z0-9_-]{20,})' },
  { name: 'square-token', pattern: '(?:sq0[a-z]{3}-[A-Za-z0-9_-]{22,}|EAAA[A-Za-z0-9_-]{60})' },
  { name: 'facebook-token', pattern: 'EAA[MC][A-Za-z0-9]{100,}' },
  { name: 'onepassword-token', pattern: 'ops_eyJ[A-Za-z0-9+/]{100,}={0,3}' },
  {
    name: 'onepassword-key',
    pattern: 'A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}',
  },
  { name: 'artifactory-key', pattern: 'AKCp[A-Za-z0-9]{60,}' },
  {
    name: 'jwt',
    pattern: `${start('ey')}[A-Za-z0-9_-]{15,}\\.ey[A-Za-z0-9_/-]{15,}\\.[A-Za-z0-9_/-]{10,}={0,2}`,
  },
];

/** Known by a text in their middle. */
export const keywordRules: readonly SecretRule[] = [
  // A private key whose beginning is somewhere else.
  {
    name: 'private-key',
    pattern: `(?:^[A-Za-z0-9+/=]{1,15}${LINE_END}+)?(?:(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{16,}${LINE_END}+){0,130}(?:[A-Za-z0-9+/=]{1,15}${LINE_END}+)?-----END ${KEY_KIND}-----`,
    keyword: '-----END ',
  },
  { name: 'azure-secret', pattern: '[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}', keyword: 'Q~' },
  { name: 'azure-key', pattern: '[A-Za-z0-9]{40,80}JQQJ99[A-Za-z0-9]{6,}={0,2}', keyword: 'JQQJ99' },
  { name: 'mailchimp-key', pattern: '[0-9a-f]{32}-us[0-9]{1,2}(?![A-Za-z0-9])', keyword: '-us' },
  { name: 'telegram-token', pattern: '[0-9]{8,12}:AA[A-Za-z0-9_-]{32,}', keyword: ':AA' },
  {
    name: 'terraform-token',
    pattern: '[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{50,}',
    keyword: '.atlasv1.',
  },
  {
    name: 'discord-token',
    pattern: '[MNO][A-Za-z0-9_-]{23,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,38}(?![A-Za-z0-9_-])',
    keyword: '.',
  },
  { name: 'firebase-key', pattern: 'AAAA[A-Za-z0-9_-]{7}:APA91b[A-Za-z0-9_-]{80,}', keyword: ':APA91b' },
  { name: 'asana-token', pattern: '[0-9]/[0-9]{13,19}:[0-9a-f]{32}(?![A-Za-z0-9])', keyword: ':' },
  { name: 'sentry-dsn', pattern: '//[0-9a-f]{32}(?::[0-9a-f]{32})?@', keyword: '@' },
  { name: 'azure-key', pattern: '[A-Za-z0-9]{40,80}AZCS[A-Za-z0-9]{6,}={0,2}', keyword: 'AZCS' },
];

/** Field names whose text value is a secret whatever it looks like. `token` is not one of them: log probabilities use it. */
export const secretFields =
  /^(?:x[-_])?(?:api[-_]?key|(?:client|app|api|aws)?[-_]?secret(?:[-_]?(?:access[-_]?)?key)?|secret[-_]?(?:access[-_]?)?key|access[-_]?token|refresh[-_]?token|id[-_]?token|auth[-_]?token|session[-_]?token|private[-_]?key|passw(?:or)?d|passphrase|authorization|proxy[-_]authorization|cookie|set[-_]cookie)$/i;

/** Shannon entropy of a text in bits per character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let sum = 0;
  for (const n of counts.values()) sum -= (n / text.length) * Math.log2(n / text.length);
  return sum;
}
