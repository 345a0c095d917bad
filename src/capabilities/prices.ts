/** Price of a model, US dollars per million tokens. Discounts for batches, caches and contracts are not in it. */
export interface Price {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
  /** Day on which the price was looked up; null for the user's own. */
  readonly asOf: string | null;
  /** The page that a reader can check it against. */
  readonly source: string;
}

/** What the user pays: model name -> US dollars per million tokens. It wins over the table. */
export type OwnPrices = Readonly<Record<string, { readonly input: number; readonly output: number }>>;

/** Tokens that the teacher's calls took, per model. */
export interface TokenUse {
  readonly model: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What a call costs on average, over the models whose price is known. */
export interface MeanPrice {
  /** US dollars a call; null where no model's price is known. */
  readonly perCall: number | null;
  readonly prices: readonly {
    readonly model: string;
    readonly asOf: string | null;
    readonly source: string;
  }[];
  /** Models without a known price: their calls are counted at the mean of the others. */
  readonly unknownModels: readonly string[];
}

/** The one place where tokens become money. */
export function meanPrice(usage: readonly TokenUse[], own: OwnPrices = {}): MeanPrice {
  const unknownModels: string[] = [];
  const prices: MeanPrice['prices'][number][] = [];
  let dollars = 0;
  let calls = 0;
  for (const use of usage) {
    const price = priceOf(use.model, own);
    if (price === null) {
      unknownModels.push(use.model);
      continue;
    }
    dollars += (use.inputTokens * price.inputPerMillion + use.outputTokens * price.outputPerMillion) / 1e6;
    calls += use.calls;
    prices.push({ model: use.model, asOf: price.asOf, source: price.source });
  }
  return { perCall: calls === 0 ? null : dollars / calls, prices, unknownModels };
}

const OPENAI = 'https://openai.com/api/pricing';
const OPENAI_MODELS = 'https://developers.openai.com/api/docs/models';
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
  'gpt-5-mini': [0.25, 2, `${OPENAI_MODELS}/gpt-5-mini`],
  'gpt-5-nano': [0.05, 0.4, `${OPENAI_MODELS}/gpt-5-nano`],
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
  // Up to 200,000 tokens of input.
  'gemini-2.5-pro': [1.25, 10, GOOGLE],
  'gemini-2.5-flash': [0.3, 2.5, GOOGLE],
};

/**
 * The price of a model: the user's own, else the list price. Dates, "latest" and a provider's prefix in the name do not
 * matter; another variant of the name does.
 * @returns null for a model that neither knows.
 */
export function priceOf(model: string, own: OwnPrices = {}): Price | null {
  const bare = bareName(model);
  const paid = Object.entries(own).find(([name]) => name === model || bareName(name) === bare)?.[1];
  if (paid !== undefined && paid.input >= 0 && paid.output >= 0)
    return {
      inputPerMillion: paid.input,
      outputPerMillion: paid.output,
      asOf: null,
      source: 'your settings',
    };
  const known = Object.hasOwn(prices, bare) ? prices[bare] : undefined;
  if (known === undefined) return null;
  return { inputPerMillion: known[0], outputPerMillion: known[1], asOf: AS_OF, source: known[2] };
}

function bareName(model: string): string {
  return model
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/@.*$/, '')
    .replace(/-(?:latest|\d{8}|\d{4}-\d{2}-\d{2})(?:-v\d.*)?$/, '')
    .replace(/-0$/, '');
}
