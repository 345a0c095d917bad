/** One file per format, made by hand after the formats' documentation; always the same two or three conversations. */

const lines = (...records: unknown[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

const love = 'user: I love it => positive';
const classified = 'system: Classify sentiment. | user: I love it => positive';
const weather = 'user: Oslo? => get_weather({"city":"Oslo"})';

const completion = (content: string | null, tool_calls?: unknown): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1750000000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [
    {
      index: 0,
      finish_reason: tool_calls ? 'tool_calls' : 'stop',
      message: { role: 'assistant', content, ...(tool_calls ? { tool_calls } : {}) },
    },
  ],
  usage: { prompt_tokens: 21, completion_tokens: 1, total_tokens: 22 },
});
const getWeather = [
  { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
];
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [{ type: 'text', text: 'positive' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 9, output_tokens: 1 },
};

export const anthropicBatch = {
  requests: lines(
    {
      custom_id: 'r1',
      params: {
        model: 'claude',
        max_tokens: 10,
        system: 'Classify sentiment.',
        messages: [{ role: 'user', content: 'I love it' }],
      },
    },
    {
      custom_id: 'r2',
      params: { model: 'claude', max_tokens: 10, messages: [{ role: 'user', content: 'I love it' }] },
    },
  ),
  results: lines(
    { custom_id: 'r2', result: { type: 'succeeded', message: { ...message, id: 'msg_2' } } },
    { custom_id: 'r1', result: { type: 'succeeded', message } },
    { custom_id: 'r3', result: { type: 'expired' } },
  ),
};

const span = (id: string, attributes: object, more: object = {}): object => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: id,
  name: 'chat gpt-4o-mini',
  kind: 3,
  startTimeUnixNano: '1750000000000000000',
  endTimeUnixNano: '1750000000850000000',
  attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) })),
  ...more,
});

function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return {
    kvlistValue: { values: Object.entries(value as object).map(([key, v]) => ({ key, value: anyValue(v) })) },
  };
}

const resourceSpans = (...spans: object[]): string =>
  JSON.stringify({ resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: {}, spans }] }] });

const genAi = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o-mini',
  'gen_ai.usage.input_tokens': 21,
  'gen_ai.usage.output_tokens': 1,
};

export const otlpLatest = resourceSpans(
  span('eee19b7ec3c1b174', {
    ...genAi,
    'gen_ai.system_instructions': '[{"type":"text","content":"Classify sentiment."}]',
    'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"I love it"}]}]',
    'gen_ai.output.messages':
      '[{"role":"assistant","parts":[{"type":"text","content":"positive"}],"finish_reason":"stop"}]',
  }),
  span('eee19b7ec3c1b175', { 'http.request.method': 'POST' }, { name: 'POST' }),
  span('eee19b7ec3c1b176', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.request.model': 'x' }),
);

export interface ImportFile {
  readonly name: string;
  readonly text: string;
  /** Calls in short, in the order of storing. */
  readonly expected: readonly string[];
  readonly skipped?: number;
  readonly companion?: string;
}

export const files: readonly ImportFile[] = [
  {
    name: 'traffic file',
    text: lines(
      {
        ts: '2026-11-01T10:00:00Z',
        provider: 'openai',
        status: 200,
        request: { model: 'm', messages: [{ role: 'user', content: 'I love it' }] },
        response: completion('positive'),
      },
      {
        ts: '2026-11-01T10:00:01Z',
        provider: 'anthropic',
        status: 200,
        request: { model: 'c', max_tokens: 9, messages: [{ role: 'user', content: 'I love it' }] },
        response: message,
      },
      {
        ts: '2026-11-01T10:00:02Z',
        provider: 'openai',
        status: 429,
        request: { model: 'm', messages: [{ role: 'user', content: 'I love it' }] },
        response: { error: { message: 'slow down' } },
      },
    ),
    expected: [love, love, 'user: I love it => status 429'],
  },
  {
    name: 'fine-tuning',
    text: lines(
      {
        messages: [
          { role: 'system', content: 'Classify sentiment.' },
          { role: 'user', content: 'I love it' },
          { role: 'assistant', content: 'positive' },
        ],
      },
      {
        messages: [
          { role: 'user', content: 'Oslo?' },
          { role: 'assistant', tool_calls: getWeather },
        ],
        tools: [{ type: 'function', function: { name: 'get_weather', parameters: {} } }],
      },
      {
        messages: [
          { role: 'user', content: 'Oslo?' },
          { role: 'assistant', function_call: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
        ],
      },
      {
        messages: [
          { role: 'user', content: 'old' },
          { role: 'assistant', content: 'context', weight: 0 },
        ],
      },
      {
        messages: [
          { role: 'system', content: 'Classify sentiment.' },
          { role: 'user', content: 'I love it' },
          { role: 'assistant', content: 'neutral', weight: 0 },
          { role: 'user', content: 'sure?' },
          { role: 'assistant', content: 'positive', weight: 1 },
        ],
      },
    ),
    expected: [
      classified,
      weather,
      weather,
      'system: Classify sentiment. | user: I love it | assistant: neutral | user: sure? => positive',
    ],
    skipped: 1,
  },
  {
    name: 'preferences',
    text: lines({
      input: { messages: [{ role: 'user', content: 'I love it' }], tools: [] },
      preferred_output: [{ role: 'assistant', content: 'positive' }],
      non_preferred_output: [{ role: 'assistant', content: 'neutral' }],
    }),
    expected: [love],
  },
  {
    name: 'stored completions with their messages',
    text: JSON.stringify({
      object: 'list',
      data: [{ ...completion('positive'), request_id: 'req_1', temperature: 0, tools: null }],
      has_more: false,
    }),
    companion: JSON.stringify({
      object: 'list',
      data: [
        { id: 'chatcmpl-1-0', role: 'system', content: 'Classify sentiment.', content_parts: null },
        { id: 'chatcmpl-1-1', role: 'user', content: 'I love it', content_parts: null },
      ],
    }),
    expected: [classified],
  },
  {
    name: 'stored completions that carry their messages',
    text: lines({ ...completion('positive'), messages: [{ role: 'user', content: 'I love it' }] }),
    expected: [love],
  },
  {
    name: 'an OpenAI batch in one file',
    text: lines(
      { id: 'b1', custom_id: 'x', response: { status_code: 200, body: completion('positive') }, error: null },
      {
        custom_id: 'x',
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: 'm', messages: [{ role: 'user', content: 'I love it' }] },
      },
    ),
    expected: [love],
  },
  {
    name: 'an Anthropic batch in two files',
    text: anthropicBatch.results,
    companion: anthropicBatch.requests,
    expected: [love, classified],
    skipped: 1,
  },
  {
    name: 'an Anthropic batch whose requests are the body that created it',
    text: anthropicBatch.results,
    companion: JSON.stringify(
      {
        requests: anthropicBatch.requests
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      },
      null,
      2,
    ),
    expected: [love, classified],
    skipped: 1,
  },
  {
    name: 'a table of Langfuse observations',
    text: [
      'id,traceId,type,name,startTime,endTime,model,input,output,level',
      'o1,t1,GENERATION,classify,2025-06-15T15:06:40.000Z,2025-06-15T15:06:41.000Z,m,"[{""role"":""user"",""content"":""I love it""}]",positive,DEFAULT',
      'o2,t1,SPAN,step,2025-06-15T15:06:40.000Z,,,"several\nlines",,DEFAULT',
      'o3,t1,GENERATION,too,few',
      '',
    ].join('\r\n'),
    expected: [love],
    skipped: 2,
  },
  {
    name: 'a table of questions and answers from Helicone',
    text: '\ufeff"user_message","assistant_response"\n"I love it","positive"\n"say ""a, b""","a, b\nand c"\n',
    expected: [love, 'user: say "a, b" => a, b\nand c'],
  },
  {
    name: 'a table of LangSmith runs',
    text: [
      'id,run_type,name,start_time,inputs,outputs,status',
      'r1,llm,ChatOpenAI,2025-06-15T15:06:40.000000,"{""messages"":[{""role"":""user"",""content"":""I love it""}],""model"":""m""}","{""choices"":[{""message"":{""role"":""assistant"",""content"":""positive""},""finish_reason"":""stop""}]}",success',
    ].join('\n'),
    expected: [love],
  },
  {
    name: 'litellm',
    text: lines(
      {
        id: 'chatcmpl-1',
        call_type: 'acompletion',
        status: 'success',
        startTime: 1750000000,
        endTime: 1750000000.85,
        model: 'gpt-4o-mini',
        cache_hit: false,
        messages: [{ role: 'user', content: 'I love it' }],
        response: completion('positive'),
        model_parameters: { temperature: 0 },
      },
      {
        request_id: 'chatcmpl-2',
        call_type: 'completion',
        startTime: '2025-06-15T15:06:41.000Z',
        endTime: '2025-06-15T15:06:42.000Z',
        model: 'gpt-4o-mini',
        cache_hit: 'False',
        messages: '[{"role":"user","content":"Oslo?"}]',
        response: JSON.stringify(completion(null, getWeather)),
      },
      {
        request_id: 'chatcmpl-3',
        call_type: 'acompletion',
        startTime: '2025-06-15T15:06:40.000Z',
        model: 'm',
        cache_hit: 'False',
        messages: '{}',
        response: '{}',
      },
      {
        id: 'chatcmpl-4',
        call_type: 'acompletion',
        startTime: 1750000000,
        cache_hit: true,
        messages: [{ role: 'user', content: 'x' }],
        response: completion('y'),
      },
      { id: 'chatcmpl-5', call_type: 'aembedding', startTime: 1750000000, messages: [], response: {} },
    ),
    expected: [love, weather],
    skipped: 3,
  },
  {
    name: 'langfuse',
    text: lines(
      {
        id: 'obs-1',
        trace_id: 'tr-1',
        type: 'GENERATION',
        start_time: '2025-06-15 15:06:40.000000',
        end_time: '2025-06-15 15:06:40.850000',
        name: 'classify',
        level: 'DEFAULT',
        input: '[{"role":"system","content":"Classify sentiment."},{"role":"user","content":"I love it"}]',
        output: '{"role":"assistant","content":"positive"}',
        provided_model_name: 'gpt-4o-mini',
        model_parameters: '{"temperature":0}',
        usage_details: { input: 21, output: 1, total: 22 },
        tool_calls: [],
        tool_definitions: {},
      },
      {
        id: 'obs-2',
        trace_id: 'tr-1',
        type: 'GENERATION',
        start_time: '2025-06-15 15:06:41.000000',
        end_time: '',
        level: 'DEFAULT',
        input: '{"messages":[{"role":"user","content":"Oslo?"}]}',
        output: '',
        tool_calls: ['{"id":"call_1","name":"get_weather","arguments":"{\\"city\\":\\"Oslo\\"}"}'],
        tool_definitions: { get_weather: '{"description":"","parameters":{}}' },
      },
      {
        id: 'obs-3',
        trace_id: 'tr-1',
        type: 'GENERATION',
        start_time: '2025-06-15 15:06:42.000000',
        level: 'DEFAULT',
        input: 'I love it',
        output: 'positive',
      },
      {
        id: 'obs-4',
        trace_id: 'tr-1',
        type: 'SPAN',
        start_time: '2025-06-15 15:06:42.000000',
        input: 'x',
        output: 'y',
      },
      {
        id: 'obs-5',
        trace_id: 'tr-1',
        type: 'GENERATION',
        start_time: '2025-06-15 15:06:42.000000',
        level: 'ERROR',
        status_message: 'timeout',
        input: 'x',
        output: '',
      },
    ),
    expected: [classified, weather, love],
    skipped: 2,
  },
  {
    name: 'langsmith',
    text: lines(
      {
        id: 'a',
        run_type: 'llm',
        status: 'success',
        start_time: '2025-06-15T15:06:40.000000',
        end_time: '2025-06-15T15:06:40.850000',
        error: null,
        extra: {
          metadata: { ls_model_name: 'gpt-4o-mini' },
          invocation_params: { model: 'gpt-4o-mini', temperature: 0 },
        },
        inputs: {
          messages: [
            [
              {
                lc: 1,
                type: 'constructor',
                id: ['langchain', 'schema', 'messages', 'SystemMessage'],
                kwargs: { content: 'Classify sentiment.' },
              },
              {
                lc: 1,
                type: 'constructor',
                id: ['langchain', 'schema', 'messages', 'HumanMessage'],
                kwargs: { content: 'I love it' },
              },
            ],
          ],
        },
        outputs: {
          generations: [
            [
              {
                text: 'positive',
                generation_info: { finish_reason: 'stop' },
                message: {
                  lc: 1,
                  type: 'constructor',
                  id: ['langchain', 'schema', 'messages', 'AIMessage'],
                  kwargs: { content: 'positive' },
                },
              },
            ],
          ],
          llm_output: { token_usage: { prompt_tokens: 21, completion_tokens: 1 } },
        },
      },
      {
        id: 'b',
        run_type: 'llm',
        status: 'success',
        start_time: '2025-06-15T15:06:41',
        end_time: '2025-06-15T15:06:42',
        inputs: { model: 'm', messages: [{ role: 'user', content: 'Oslo?' }] },
        outputs: completion(null, getWeather),
      },
      {
        id: 'c',
        run_type: 'llm',
        start_time: '2025-06-15T15:06:43',
        inputs: {
          messages: [
            [{ lc: 1, type: 'constructor', id: ['x', 'HumanMessage'], kwargs: { content: 'Oslo?' } }],
          ],
        },
        outputs: {
          generations: [
            [
              {
                text: '',
                message: {
                  lc: 1,
                  type: 'constructor',
                  id: ['x', 'AIMessageChunk'],
                  kwargs: {
                    content: '',
                    tool_calls: [{ id: 'call_1', name: 'get_weather', args: { city: 'Oslo' } }],
                  },
                },
              },
            ],
          ],
        },
      },
      { id: 'd', run_type: 'chain', inputs: {}, outputs: {} },
      { id: 'e', run_type: 'llm', error: 'timeout', inputs: { messages: [] }, outputs: null },
    ),
    expected: [classified, weather, weather],
    skipped: 2,
  },
  {
    name: 'helicone',
    text: lines(
      {
        request_id: 'q1',
        request_created_at: '2025-06-15T15:06:40.000Z',
        response_created_at: '2025-06-15T15:06:40.850Z',
        response_status: 200,
        provider: 'OPENAI',
        delay_ms: 850,
        request_body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'I love it' }] },
        response_body: {
          choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'positive' } }],
        },
      },
      {
        request_id: 'q2',
        request_created_at: '2025-06-15T15:06:41.000Z',
        response_status: 200,
        provider: 'ANTHROPIC',
        request_body: { model: 'claude', max_tokens: 9, messages: [{ role: 'user', content: 'I love it' }] },
        response_body: message,
      },
      {
        request_id: 'q3',
        request_created_at: '2025-06-15T15:06:42.000Z',
        request_body: null,
        response_body: null,
        signed_body_url: 'https://example.com/body',
      },
      { user_message: 'I love it', assistant_response: 'positive' },
    ),
    expected: [love, love, love],
    skipped: 1,
  },
  { name: 'OTLP with the latest names', text: otlpLatest, expected: [classified] },
  {
    name: 'OTLP with structured attributes and tool calls',
    text: resourceSpans(
      span('1', {
        ...genAi,
        'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'Oslo?' }] }],
        'gen_ai.output.messages': [
          {
            role: 'assistant',
            parts: [{ type: 'tool_call', id: 'c', name: 'get_weather', arguments: { city: 'Oslo' } }],
          },
        ],
      }),
      span('2', {
        ...genAi,
        'gen_ai.input.messages': [
          { role: 'user', parts: [{ type: 'text', content: 'Oslo?' }] },
          { role: 'assistant', parts: [{ type: 'tool_call', id: 'c', name: 'f', arguments: {} }] },
          { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c', result: '4C' }] },
        ],
        'gen_ai.output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: '4 °C' }] }],
      }),
      span('3', { ...genAi, 'error.type': 'timeout' }),
    ),
    expected: [weather, 'user: Oslo? | assistant:  | tool: 4C => 4 °C'],
    skipped: 1,
  },
  {
    name: 'OTLP with message events',
    text: resourceSpans(
      span(
        '1',
        { 'gen_ai.system': 'openai', 'gen_ai.request.model': 'gpt-4o-mini' },
        {
          events: [
            {
              name: 'gen_ai.system.message',
              attributes: [{ key: 'content', value: { stringValue: 'Classify sentiment.' } }],
            },
            {
              name: 'gen_ai.user.message',
              attributes: [{ key: 'content', value: { stringValue: 'I love it' } }],
            },
            {
              name: 'gen_ai.choice',
              attributes: [
                { key: 'index', value: { intValue: '0' } },
                { key: 'finish_reason', value: { stringValue: 'stop' } },
                { key: 'message', value: { stringValue: '{"role":"assistant","content":"positive"}' } },
              ],
            },
          ],
        },
      ),
    ),
    expected: [classified],
  },
  {
    name: 'OTLP log records',
    text: JSON.stringify({
      resourceLogs: [
        {
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: '1750000000000000000',
                  traceId: 'a',
                  spanId: 'b',
                  eventName: 'gen_ai.client.inference.operation.details',
                  attributes: [
                    { key: 'gen_ai.request.model', value: { stringValue: 'm' } },
                    {
                      key: 'gen_ai.input.messages',
                      value: anyValue([{ role: 'user', parts: [{ type: 'text', content: 'I love it' }] }]),
                    },
                    {
                      key: 'gen_ai.output.messages',
                      value: anyValue([
                        { role: 'assistant', parts: [{ type: 'text', content: 'positive' }] },
                      ]),
                    },
                  ],
                },
              ],
            },
          ],
        },
      ],
    }),
    expected: [love],
  },
  {
    name: 'spans of other instrumentations',
    text: lines(
      {
        name: 'openai.chat',
        attributes: {
          'gen_ai.system': 'OpenAI',
          'llm.request.type': 'chat',
          'gen_ai.request.model': 'm',
          'gen_ai.prompt.0.role': 'system',
          'gen_ai.prompt.0.content': 'Classify sentiment.',
          'gen_ai.prompt.1.role': 'user',
          'gen_ai.prompt.1.content': 'I love it',
          'gen_ai.completion.0.role': 'assistant',
          'gen_ai.completion.0.content': 'positive',
          'gen_ai.completion.0.finish_reason': 'stop',
        },
      },
      {
        name: 'openai.chat',
        attributes: {
          'llm.request.type': 'chat',
          'gen_ai.prompt.0.role': 'user',
          'gen_ai.prompt.0.content': 'Oslo?',
          'gen_ai.completion.0.role': 'assistant',
          'gen_ai.completion.0.tool_calls.0.id': 'c',
          'gen_ai.completion.0.tool_calls.0.name': 'get_weather',
          'gen_ai.completion.0.tool_calls.0.arguments': '{"city":"Oslo"}',
        },
      },
      {
        name: 'ChatCompletion',
        attributes: {
          'openinference.span.kind': 'LLM',
          'llm.model_name': 'm',
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.content': 'I love it',
          'llm.output_messages.0.message.role': 'assistant',
          'llm.output_messages.0.message.content': 'positive',
        },
      },
      {
        name: 'ChatCompletion',
        attributes: {
          openinference: { span: { kind: 'LLM' } },
          llm: {
            model_name: 'n',
            input_messages: [{ message: { role: 'user', content: 'Oslo?' } }],
            output_messages: [
              {
                message: {
                  role: 'assistant',
                  tool_calls: [
                    {
                      tool_call: { id: 'c', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
                    },
                  ],
                },
              },
            ],
          },
        },
      },
      {
        name: 'ai.generateText.doGenerate',
        attributes: {
          'ai.operationId': 'ai.generateText.doGenerate',
          'ai.model.id': 'm2',
          'ai.prompt.messages':
            '[{"role":"system","content":"Classify sentiment."},{"role":"user","content":[{"type":"text","text":"I love it"}]}]',
          'ai.response.text': 'positive',
          'ai.response.finishReason': 'stop',
        },
      },
      {
        name: 'ai.generateText',
        attributes: {
          'ai.operationId': 'ai.generateText',
          'ai.model.id': 'm2',
          'ai.prompt': '{}',
          'ai.response.text': 'positive',
        },
      },
      { name: 'retriever', attributes: { 'openinference.span.kind': 'RETRIEVER' } },
    ),
    expected: [classified, weather, love, weather, classified],
    skipped: 2,
  },
  {
    name: 'sharegpt',
    text: lines(
      {
        id: '1',
        system: 'Classify sentiment.',
        conversations: [
          { from: 'human', value: 'I love it' },
          { from: 'gpt', value: 'positive' },
        ],
      },
      {
        conversations: [
          { from: 'human', value: 'Oslo?' },
          { from: 'function_call', value: '{"name":"get_weather","arguments":{"city":"Oslo"}}' },
        ],
        tools: '[{"name":"get_weather","parameters":{}}]',
      },
      {
        conversations: [
          { from: 'human', value: 'Oslo?' },
          { from: 'function_call', value: '{"name":"f","arguments":{}}' },
          { from: 'observation', value: '4C' },
          { from: 'gpt', value: '4 °C' },
        ],
      },
      {
        conversations: [
          { from: 'gpt', value: 'a' },
          { from: 'human', value: 'b' },
        ],
      },
      { conversations: [{ from: 'alien', value: 'a' }] },
    ),
    expected: [classified, weather, 'user: Oslo? | assistant:  | tool: 4C => 4 °C'],
    skipped: 2,
  },
];
