import { type Arguments, readArguments, stringOption } from './arguments.ts';
import { mask, type SourceLanguage } from './mask.ts';

/** A place in a program where a model's client is made, or where it is called. Offsets count UTF-16 units. */
export interface CallSite {
  readonly kind: 'client' | 'call';
  readonly provider: string;
  /** The name that was recognised: `OpenAI`, `chat.completions.create`. */
  readonly name: string;
  readonly start: number;
  /** Just behind the opening parenthesis. */
  readonly open: number;
  readonly arguments: Arguments;
  /** The task that this place names by itself through `x-understudy-task`. */
  readonly task: string | null;
  readonly client: ClientForm | null;
}

/** How a client is told where to call and what headers to send. */
export interface ClientForm {
  readonly urlOption: string;
  readonly headersOption: string;
  /** The variable its own code reads; null where it reads none. */
  readonly variable: string | null;
  /** What follows the provider's base URL in this client's URL. */
  readonly suffix: string;
}

interface Pattern {
  readonly find: RegExp;
  readonly provider: string;
  readonly client: ClientForm | null;
}

const js = (
  urlOption: string,
  headersOption: string,
  variable: string | null,
  suffix: string,
): ClientForm => ({
  urlOption,
  headersOption,
  variable,
  suffix,
});
const openaiJs = js('baseURL', 'defaultHeaders', 'OPENAI_BASE_URL', '/v1');
const anthropicJs = js('baseURL', 'defaultHeaders', 'ANTHROPIC_BASE_URL', '');
const openaiPython = js('base_url', 'default_headers', 'OPENAI_BASE_URL', '/v1');
const anthropicPython = js('base_url', 'default_headers', 'ANTHROPIC_BASE_URL', '');

/** What official clients look like; the AI SDK's factories read the same options under their own names. */
const patterns: Readonly<Record<SourceLanguage, readonly Pattern[]>> = {
  javascript: [
    { find: /\bnew\s+(OpenAI)\s*\(/g, provider: 'openai', client: openaiJs },
    { find: /\b(createOpenAI)\s*\(/g, provider: 'openai', client: { ...openaiJs, headersOption: 'headers' } },
    { find: /\bnew\s+(Anthropic)\s*\(/g, provider: 'anthropic', client: anthropicJs },
    // It asks for `/messages` below the same variable, which the gateway understands.
    {
      find: /\b(createAnthropic)\s*\(/g,
      provider: 'anthropic',
      client: { ...anthropicJs, headersOption: 'headers' },
    },
    {
      find: /\b(createGoogleGenerativeAI)\s*\(/g,
      provider: 'gemini',
      client: js('baseURL', 'headers', null, '/v1beta'),
    },
    { find: /\bnew\s+(Ollama)\s*\(/g, provider: 'ollama', client: js('host', 'headers', null, '') },
    { find: /\b(chat\.completions\.(?:create|parse|stream))\s*\(/g, provider: 'openai', client: null },
    { find: /\b(responses\.(?:create|parse|stream))\s*\(/g, provider: 'openai', client: null },
    {
      find: /(?<!threads\.)\b(messages\.(?:create|stream|parse))\s*\(/g,
      provider: 'anthropic',
      client: null,
    },
    { find: /\b(models\.generateContent(?:Stream)?)\s*\(/g, provider: 'gemini', client: null },
    { find: /\b(ollama\.(?:chat|generate))\s*\(/g, provider: 'ollama', client: null },
  ],
  python: [
    { find: /\b((?:Async)?OpenAI)\s*\(/g, provider: 'openai', client: openaiPython },
    { find: /\b((?:Async)?Anthropic)\s*\(/g, provider: 'anthropic', client: anthropicPython },
    {
      find: /\bollama\.((?:Async)?Client)\s*\(/g,
      provider: 'ollama',
      client: js('host', 'headers', null, ''),
    },
    { find: /\b(chat\.completions\.(?:create|parse|stream))\s*\(/g, provider: 'openai', client: null },
    { find: /\b(responses\.(?:create|parse|stream))\s*\(/g, provider: 'openai', client: null },
    {
      find: /(?<!threads\.)\b(messages\.(?:create|stream|parse))\s*\(/g,
      provider: 'anthropic',
      client: null,
    },
    { find: /\b(models\.generate_content(?:_stream)?)\s*\(/g, provider: 'gemini', client: null },
    { find: /\b(ollama\.(?:chat|generate))\s*\(/g, provider: 'ollama', client: null },
  ],
};

/** Where a file calls language models, in the order of the text. Comments and strings are not code. */
export function findCallSites(text: string, language: SourceLanguage): readonly CallSite[] {
  if (text.length > 1_000_000) return [];
  const code = mask(text, language);
  const found: CallSite[] = [];
  for (const { find, provider, client } of patterns[language]) {
    for (const match of code.matchAll(find)) {
      const open = match.index + match[0].length;
      const args = readArguments(text, code, open, language);
      if (args === null || isDefinition(code, match.index)) continue;
      const name = match[1] ?? '';
      const task = stringOption(text, args, 'x-understudy-task');
      found.push({
        kind: client ? 'client' : 'call',
        provider,
        name,
        start: match.index,
        open,
        arguments: args,
        task,
        client,
      });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** `class OpenAI(` and `def OpenAI(` make the name, they do not call it. */
function isDefinition(code: string, start: number): boolean {
  return /\b(class|def|function)\s+$/.test(code.slice(Math.max(0, start - 12), start));
}
