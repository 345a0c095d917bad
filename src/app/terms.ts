/**
 * What vendors' terms say about training on their models' answers, in plain words, so that the user decides with open
 * eyes. Our reading, not legal advice, and terms change: each entry names the document to check and the day of our reading.
 */
export interface ProviderTerms {
  /** As `wire/vendor.ts` calls it. */
  readonly provider: string;
  /** As people call it. */
  readonly name: string;
  readonly says: string;
  readonly source: string;
  readonly asOf: string;
}

const asOf = '2026-11-21';
const asOfVendors = '2026-11-22';

export const providerTerms: readonly ProviderTerms[] = [
  {
    provider: 'openai',
    name: 'OpenAI',
    says: 'OpenAI forbids using its output to develop models that compete with it. Its business terms make an exception for models that mainly categorise, classify or organise data, as long as they are not distributed or sold. A student that extracts or calls tools for your own application is less clearly covered; keep it to yourself.',
    source:
      'OpenAI Services Agreement, restrictions and "Permitted Exception" (openai.com/policies/services-agreement)',
    asOf,
  },
  {
    provider: 'azure',
    name: 'Azure OpenAI',
    says: 'Microsoft passes on a similar restriction for Azure OpenAI: no use of output to build a competing model. A narrow student for your own application is commonly read as allowed.',
    source: 'Microsoft Product Terms, Azure OpenAI Service (microsoft.com/licensing/terms)',
    asOf,
  },
  {
    provider: 'anthropic',
    name: 'Anthropic',
    says: 'Anthropic forbids using its services to build a competing product or service, including to train competing AI models, without its approval. A narrow student that only serves your own application is a different thing, but ask if in doubt.',
    source: 'Anthropic Commercial Terms of Service, use restrictions (anthropic.com/legal/commercial-terms)',
    asOf,
  },
  {
    provider: 'gemini',
    name: 'Google',
    says: 'Google forbids using the service or its output to develop models that compete with it.',
    source: 'Gemini API Additional Terms of Service, use restrictions (ai.google.dev/gemini-api/terms)',
    asOf,
  },
  {
    provider: 'deepseek',
    name: 'DeepSeek',
    says: 'DeepSeek says that its openly licensed models may be distilled. Its API has terms of its own, which we did not read: check them.',
    source:
      'DeepSeek on its model licences (deepseeklicense.github.io), and its Open Platform Terms of Service',
    asOf: asOfVendors,
  },
  {
    provider: 'mistral',
    name: 'Mistral AI',
    says: 'Mistral AI forbids using images that it generated to build a competing image product. We know of no such ban for text, and did not read every document: check the one of your contract.',
    source: 'Mistral AI Commercial Terms of Service (mistral.ai/terms)',
    asOf: asOfVendors,
  },
  {
    provider: 'groq',
    name: 'Groq',
    says: 'Groq runs models of others: the licence of the model decides, beside its own agreement. Some licences forbid improving other models with the output.',
    source:
      'Groq Services Agreement (console.groq.com/docs/legal/services-agreement) and the licence of the model',
    asOf: asOfVendors,
  },
  {
    provider: 'xai',
    name: 'xAI',
    says: 'xAI forbids using its service or output to develop models or services that compete with it, and names distilling.',
    source: 'xAI Terms of Service, restrictions (x.ai/legal), as others quote them',
    asOf: asOfVendors,
  },
  ...[
    ['openrouter', 'OpenRouter'],
    ['together', 'Together AI'],
    ['fireworks', 'Fireworks AI'],
    ['bedrock', 'Amazon Bedrock'],
  ].map(([provider = '', name = '']) => ({
    provider,
    name,
    says: 'This service passes calls on to models of others: what their makers say about training on output holds, beside its own terms. Look up the makers of the models that you call.',
    source: 'The terms of the service and of the maker of each model',
    asOf: asOfVendors,
  })),
  {
    provider: 'local',
    name: 'a server of your own',
    says: 'A server on this machine or network. If it runs open weights, their licence decides, and some forbid improving other models with the output. If it passes calls on, the terms of whoever answers them decide.',
    source: 'The licence of the model, or the terms of the provider behind the server',
    asOf: asOfVendors,
  },
  {
    provider: 'ollama',
    name: 'Ollama',
    says: 'Local models have the licence of their weights. Some licences (early Llama ones, for example) forbid improving other models with the output; most open ones do not.',
    source: 'The licence of the model you run (shown by its publisher)',
    asOf,
  },
];

export function termsOf(provider: string): ProviderTerms {
  const known = providerTerms.find((terms) => terms.provider === provider);
  return (
    known ?? {
      provider,
      name: provider,
      says: `The terms of ${provider} are not known here. Read what they say about training on outputs before you go on.`,
      source: `The terms of ${provider}`,
      asOf: asOfVendors,
    }
  );
}
