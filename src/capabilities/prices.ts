/** List price of a model, US dollars per million tokens. Discounts for batches, caches and contracts are not in it. */
export interface Price {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
  /** Day on which the price was looked up, and the page that a reader can check it against. */
  readonly asOf: string;
  readonly source: string;
}

const OPENAI = 'https://openai.com/api/pricing';
const ANTHROPIC = 'https://platform.claude.com/docs/en/about-claude/pricing';
const GOOGLE = 'https://ai.google.dev/gemini-api/docs/pricing';
const AS_OF = '2026-11-22';

/** Model name without its date -> [input, output]. Collected from public price tables; unknown models have no price. */
const prices: Readonly<Record<string, readonly [input: number, output: number, source: string]>> = {
  'gpt-3.5-turbo': [0.5, 1.5, OPENAI],
  'gpt-4': [30, 60, OPENAI],
  'gpt-4-turbo': [10, 30, OPENAI],
  'gpt-4o': [2.5, 10, OPENAI],
  'gpt-4o-mini': [0.15, 0.6, OPENAI],
  'gpt-4.1': [2, 8, OPENAI],
  'gpt-4.1-mini': [0.4, 1.6, OPENAI],
  'gpt-4.1-nano': [0.1, 0.4, OPENAI],
  'gpt-5': [1.25, 10, OPENAI],
  'gpt-5-mini': [0.25, 2, OPENAI],
  'gpt-5-nano': [0.05, 0.4, OPENAI],
  'gpt-5.4': [2.5, 15, OPENAI],
  'gpt-5.4-mini': [0.75, 4.5, OPENAI],
  'gpt-5.5': [5, 30, OPENAI],
  'o3-mini': [1.1, 4.4, OPENAI],
  'o4-mini': [1.1, 4.4, OPENAI],
  'claude-3-haiku': [0.25, 1.25, ANTHROPIC],
  'claude-3-5-haiku': [0.8, 4, ANTHROPIC],
  'claude-haiku-4-5': [1, 5, ANTHROPIC],
  'claude-haiku-5-5': [0.1, 0.5, ANTHROPIC],
  'claude-3-5-sonnet': [3, 15, ANTHROPIC],
  'claude-3-7-sonnet': [3, 15, ANTHROPIC],
  'claude-sonnet-4': [3, 15, ANTHROPIC],
  'claude-sonnet-4-5': [3, 15, ANTHROPIC],
  'claude-sonnet-4-6': [3, 15, ANTHROPIC],
  'claude-sonnet-5': [2, 10, ANTHROPIC],
  'claude-sonnet-5-5': [2, 10, ANTHROPIC],
  'claude-3-opus': [15, 75, ANTHROPIC],
  'claude-opus-4': [15, 75, ANTHROPIC],
  'claude-opus-4-1': [15, 75, ANTHROPIC],
  'claude-opus-4-5': [5, 25, ANTHROPIC],
  'claude-opus-5': [5, 25, ANTHROPIC],
  'claude-opus-5-5': [4, 20, ANTHROPIC],
  'gemini-2.5-pro': [1.25, 10, GOOGLE],
  'gemini-2.5-flash': [0.3, 2.5, GOOGLE],
};

/**
 * The list price of a model. Dates, "latest" and a provider's prefix in the name do not matter; another variant of the
 * name does.
 * @returns null for a model that the table does not know.
 */
export function priceOf(model: string): Price | null {
  const bare = model
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/@.*$/, '')
    .replace(/-(?:latest|\d{8}|\d{4}-\d{2}-\d{2})(?:-v\d.*)?$/, '')
    .replace(/-0$/, '');
  const known = Object.hasOwn(prices, bare) ? prices[bare] : undefined;
  if (known === undefined) return null;
  return { inputPerMillion: known[0], outputPerMillion: known[1], asOf: AS_OF, source: known[2] };
}
