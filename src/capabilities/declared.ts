import type { TaskVersion, Template } from '../tasks/task.ts';
import type { OutputFormat, ToolDefinition } from '../wire/chat.ts';
import type { Enumeration } from './enumeration.ts';
import { enumerations } from './enumeration.ts';
import { type JsonExamples, jsonExamples } from './example.ts';
import { SLOT } from './item.ts';
import { enumOffer, fieldOffer, labelOffer, type Offer, toolOffer } from './offer.ts';
import { bindFields, pickLabels } from './pick.ts';
import { schemaOffers } from './schema.ts';

/** How a task answers, as far as it is known; helps to tell the list of labels from other lists in the prompt. */
export interface AnswerHint {
  readonly kind: 'text' | 'json' | 'tools' | 'free' | 'unknown';
  /** Folded label -> how often it was answered. */
  readonly labels: ReadonlyMap<string, number>;
  /** Path of a JSON answer -> value -> how often. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export const noHint: AnswerHint = { kind: 'unknown', labels: new Map(), fields: new Map() };

/**
 * What one version of a task declares: labels listed in its prompt, fields and values of its schema, tools and their
 * arguments. Needs no answer; answers seen so far (`hint`) only decide which of several lists is the list of labels.
 */
export function declaredOffers(
  version: Pick<TaskVersion, 'template' | 'toolset' | 'outputFormat'>,
  hint: AnswerHint = noHint,
): Offer[] {
  const tools = version.toolset.kind === 'fixed' ? version.toolset.tools : [];
  const offers = new Map<string, Offer>();
  const add = (offer: Offer): void => {
    if (!offers.has(offer.id)) offers.set(offer.id, offer);
  };
  for (const offer of toolOffers(tools)) add(offer);
  for (const offer of formatOffers(version.outputFormat)) add(offer);
  const callsTools = tools.length > 0 && hint.kind !== 'text' && hint.kind !== 'json';
  if (callsTools || version.toolset.kind === 'varying' || hint.kind === 'tools') return [...offers.values()];
  for (const offer of promptOffers(templateText(version.template), version.outputFormat, hint, offers))
    add(offer);
  return [...offers.values()];
}

/** The tools of a request with their arguments and enumerations. */
export function toolOffers(tools: readonly ToolDefinition[]): Offer[] {
  return tools.flatMap((tool) => [
    toolOffer(tool.name, tool.description),
    ...schemaOffers(tool.parameters, tool.name),
  ]);
}

function formatOffers(format: OutputFormat): Offer[] {
  return format.kind === 'schema' ? schemaOffers(format.schema, null) : [];
}

/** The constant text of a template; slots are one SLOT character each. Few-shot answers are not part of it. */
export function templateText(template: Template): string {
  return template.messages
    .filter((message) => message.role === 'system' || message.role === 'user')
    .map((message) =>
      message.segments.map((segment) => (segment.kind === 'text' ? segment.text : SLOT)).join(''),
    )
    .join('\n\n');
}

function promptOffers(
  text: string,
  format: OutputFormat,
  hint: AnswerHint,
  known: ReadonlyMap<string, Offer>,
): Offer[] {
  // Few calls look like free text even where they are labels: a list that holds the answers shows it.
  if (hint.kind === 'free' && hint.labels.size === 0) return [];
  const example = jsonExamples(text);
  const listed = objectLists(example);
  // Where answers are no JSON, braces in the prompt are no example of one: the prompt itself is written as data.
  const lists: Enumeration[] = [...enumerations(hint.kind === 'text' ? text : example.rest), ...listed];
  const wantsJson =
    hint.kind === 'json' ||
    format.kind !== 'text' ||
    (hint.kind === 'unknown' && example.fields.size > 0 && listed.length === 0);
  if (!wantsJson)
    return pickLabels(lists, text, hint.labels).map((item) => labelOffer(item.value, item.description));
  const offers: Offer[] = [];
  const closed = new Set<string>();
  for (const offer of known.values())
    if (offer.kind === 'enum') closed.add(offer.name.slice(0, offer.name.indexOf(' = ')));
  const fields = new Set([...example.fields.keys(), ...hint.fields.keys()]);
  if (format.kind !== 'schema')
    for (const path of example.fields.keys())
      offers.push(
        fieldOffer({ scope: null, path, parent: parentOf(path), description: '', optional: false }),
      );
  for (const [path, items] of bindFields(lists, text, fields, example, hint.fields)) {
    if (closed.has(path)) continue;
    for (const item of items)
      offers.push(
        enumOffer({
          scope: null,
          path,
          parent: parentOf(path),
          value: item.value,
          description: item.description,
        }),
      );
  }
  return offers;
}

/** `[{"name": "billing", ...}, {"name": "shipping", ...}]`: objects that describe labels, not answers. */
function objectLists(example: JsonExamples): Enumeration[] {
  const lists: Enumeration[] = [];
  for (const [path, { literals }] of example.fields) {
    if (!/^(?:name|id|label|key|intent|category|value|title|tag|class)$/i.test(path) || literals.length < 3)
      continue;
    const values = literals.map((value) => ({ value, description: '' }));
    lists.push({ values, form: 'quoted', lead: path, at: 0, sentences: 0 });
  }
  return lists;
}

/** `a` of `a.b`, '' of `a`. */
export function parentOf(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot < 0 ? '' : path.slice(0, dot);
}
